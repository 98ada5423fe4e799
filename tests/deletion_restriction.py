"""Counts of hyperplane arrangements by deletion and restriction, in plain integers.

For a hyperplane H of an arrangement A: r(A) = r(A without H) + r(A restricted to H), and likewise
chi(A) = chi(A without H) - chi(A restricted to H) for the characteristic polynomial (Zaslavsky 1975). A hyperplane
``a.x + b = 0`` is a row (a_1, ..., a_d, b) of integers without a common factor, its first nonzero entry positive.
Nothing of the package is imported: this is the second opinion.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from math import gcd, lcm
from typing import Any

Row = tuple[int, ...]


def primitive(row: Iterable[Fraction | int]) -> Row:
    """The smallest integer row of the same hyperplane."""
    values = [Fraction(x) for x in row]
    scale = lcm(*(x.denominator for x in values))
    return _reduced([int(x * scale) for x in values])


def _reduced(integers: list[int]) -> Row:
    common = gcd(*integers)
    if next(x for x in integers if x) < 0:
        common = -common
    return tuple(x // common for x in integers)


def restricted(row: Row, others: Iterable[Row]) -> list[Row | None]:
    """The other hyperplanes inside this one, one coordinate less; None where parallel to it."""
    j = next(i for i, x in enumerate(row[:-1]) if x)
    result: list[Row | None] = []
    for other in others:
        v = [other[i] * row[j] - row[i] * other[j] for i in range(len(row)) if i != j]
        result.append(_reduced(v) if any(v[:-1]) else None)
    return result


def _inside(row: Row, others: Iterable[Row]) -> frozenset[Row]:
    return frozenset(r for r in restricted(row, others) if r is not None)


@cache
def n_regions(d: int, rows: frozenset[Row]) -> int:
    """The number of regions."""
    if not rows:
        return 1
    if d == 1:
        return len(rows) + 1
    *rest, last = sorted(rows)
    return n_regions(d, frozenset(rest)) + n_regions(d - 1, _inside(last, rest))


@cache
def characteristic_polynomial(d: int, rows: frozenset[Row]) -> tuple[int, ...]:
    """Coefficients, constant first."""
    if not rows:
        return (0,) * d + (1,)
    if d == 1:
        return (-len(rows), 1)
    *rest, last = sorted(rows)
    deleted = characteristic_polynomial(d, frozenset(rest))
    inside = characteristic_polynomial(d - 1, _inside(last, rest))
    return tuple(deleted[k] - (inside[k] if k < d else 0) for k in range(d + 1))


def rank(rows: Iterable[Row]) -> int:
    """How many of the normals are independent."""
    left = [list(map(Fraction, row[:-1])) for row in rows]
    found = 0
    while left:
        row = left.pop()
        pivot = next((k for k, x in enumerate(row) if x), None)
        if pivot is not None:
            found += 1
            left = [[x - y * o[pivot] / row[pivot] for x, y in zip(o, row, strict=True)] for o in left]
    return found


def n_bounded(d: int, rows: frozenset[Row]) -> int:
    """The number of bounded regions; none where all hyperplanes share a direction."""
    return abs(sum(characteristic_polynomial(d, rows))) if rank(rows) == d else 0


def f_vectors(d: int, rows: frozenset[Row]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The numbers of cells of each dimension, and of bounded ones: sums over the flats of that dimension."""
    totals, bounded = [0] * (d + 1), [0] * (d + 1)
    level = {frozenset[Row](): [(row, frozenset([row])) for row in sorted(rows)]}
    for k in range(d, -1, -1):
        below: dict[frozenset[Row], list[tuple[Row, frozenset[Row]]]] = {}
        for flat, inside in level.items():
            here = frozenset(row for row, _ in inside)
            totals[k] += n_regions(k, here)
            bounded[k] += n_bounded(k, here)
            for row, members in inside:
                if flat | members in below:
                    continue
                merged: dict[Row, frozenset[Row]] = {}
                others = [(r, m) for r, m in inside if r != row]
                for smaller, (_, m) in zip(restricted(row, [r for r, _ in others]), others, strict=True):
                    if smaller is not None:
                        merged[smaller] = merged.get(smaller, frozenset()) | m
                below[flat | members] = list(merged.items())
        level = below
    return tuple(totals), tuple(bounded)


def hyperplanes(network: Any) -> frozenset[Row]:
    """The distinct hyperplanes of a network's only hidden layer, exactly as stored."""
    W, b = network.weights[0]
    rows = [[*map(Fraction, w), Fraction(c)] for w, c in zip(W.tolist(), b.tolist(), strict=True)]
    return frozenset(primitive(row) for row in rows if any(row[:-1]))
