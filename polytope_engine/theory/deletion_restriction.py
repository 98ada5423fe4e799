"""Hyperplane arrangements by deletion and restriction, in integers: characteristic polynomials and flats.

A hyperplane a.x + b = 0 of R^d is a row (a_1, ..., a_d, b) of integers without a common factor, its first nonzero
entry positive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from math import gcd

from polytope_engine.network.library.counting import Polynomial

Row = tuple[int, ...]
_KEPT = 100_000


def distinct_hyperplanes(rows: Iterable[Iterable[int]]) -> frozenset[Row]:
    """The hyperplanes of the rows that have one, each once.

    Examples
    --------
    >>> sorted(distinct_hyperplanes([(2, 4, 6), (-1, -2, -3), (0, 0, 5), (1, 0, 0)]))
    [(1, 0, 0), (1, 2, 3)]
    """
    return frozenset(_primitive(row) for row in map(tuple, rows) if any(row[:-1]))


def _primitive(row: Row) -> Row:
    common = gcd(*row)
    if next(a for a in row if a) < 0:
        common = -common
    return tuple(a // common for a in row)


def restricted(row: Row, others: Iterable[Row]) -> frozenset[Row]:
    """The other hyperplanes inside this one, in one coordinate less; parallel ones are gone.

    Examples
    --------
    >>> restricted((1, 0, 0), [(1, 1, -1), (0, 1, -1), (1, 0, -1)])
    frozenset({(1, -1)})
    """
    j = next(k for k, a in enumerate(row[:-1]) if a)
    pivot = row[j]
    inside = (tuple(other[k] * pivot - a * other[j] for k, a in enumerate(row) if k != j) for other in others)
    return frozenset(_primitive(v) for v in inside if any(v[:-1]))


@lru_cache(maxsize=_KEPT)
def characteristic(d: int, planes: frozenset[Row]) -> Polynomial:
    """The characteristic polynomial of distinct hyperplanes in R^d, the constant first.

    chi(A) = chi(A without H) - chi(A restricted to H) [Zaslavsky 1975], summed over the hyperplanes one after the
    other: t^d minus chi of each hyperplane's restriction of those before it. A hyperplane alone with its direction,
    as when there are at most d in general position, leaves the factor (t - 1) / t.

    Examples
    --------
    >>> characteristic(2, frozenset([(1, 0, 0), (0, 1, 0), (1, 1, -1)]))
    (3, -3, 1)
    """
    if d == 1:
        return (-len(planes), 1)
    rows = sorted(planes)
    lonely = _lonely(d, rows)
    rest = [row for k, row in enumerate(rows) if k not in lonely]
    total = [0] * d + [1]
    for k, row in enumerate(rest):
        for power, a in enumerate(characteristic(d - 1, restricted(row, rest[:k]))):
            total[power] -= a
    for _ in lonely:  # the polynomial is divisible by t as often as there are such rows
        total = [a - b for a, b in zip(total, [*total[1:], 0], strict=True)]
    return tuple(total)


def _lonely(d: int, rows: list[Row]) -> set[int]:
    """The rows whose normals are in no dependency: those that are alone in a column of the reduced echelon form."""
    # columns of the matrix with the normals as columns; row k is lonely if its unit vector is in the row space
    matrix = [[row[i] for row in rows] for i in range(d)]
    pivots: list[int] = []
    for column in range(len(rows)):
        at = len(pivots)
        chosen = next((r for r in range(at, len(matrix)) if matrix[r][column]), None)
        if chosen is None:
            continue
        matrix[at], matrix[chosen] = matrix[chosen], matrix[at]
        pivot = matrix[at]
        for r, line in enumerate(matrix):
            if r != at and line[column]:
                mixed = [a * pivot[column] - b * line[column] for a, b in zip(line, pivot, strict=True)]
                common = gcd(*mixed) or 1
                matrix[r] = [a // common for a in mixed]
        pivots.append(column)
        if len(pivots) == len(matrix):
            break
    return {column for line, column in zip(matrix, pivots, strict=False) if sum(map(bool, line)) == 1}


def flats(d: int, planes: frozenset[Row]) -> Iterator[tuple[int, frozenset[Row], frozenset[Row]]]:
    """Each intersection of hyperplanes: its dimension, those through it, and the others inside it; R^d is the first.

    Examples
    --------
    >>> [k for k, _, _ in flats(2, frozenset([(1, 0, 0), (0, 1, 0), (1, 1, 0)]))]
    [2, 1, 1, 1, 0]
    """
    # each hyperplane inside a flat with all the original ones that contain it; those contain the flat below
    level = {frozenset[Row](): {row: frozenset([row]) for row in planes}}
    for dimension in range(d, -1, -1):
        below: dict[frozenset[Row], dict[Row, frozenset[Row]]] = {}
        for containing, inside in level.items():
            yield dimension, containing, frozenset(inside)
            for row, members in inside.items():
                if containing | members not in below:
                    below[containing | members] = _inside(row, inside)
        level = below


def _inside(row: Row, inside: dict[Row, frozenset[Row]]) -> dict[Row, frozenset[Row]]:
    merged: dict[Row, frozenset[Row]] = {}
    for other, members in inside.items():
        if other != row:
            for smaller in restricted(row, [other]):
                merged[smaller] = merged.get(smaller, frozenset()) | members
    return merged
