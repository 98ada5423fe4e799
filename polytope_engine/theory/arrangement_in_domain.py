"""The regions of an arrangement that meet the interior of a convex domain: a sum over the flats that do."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.polytope.sections import sliced_rows
from polytope_engine.theory.deletion_restriction import Row, characteristic, flats

Point = list[Fraction]


def regions_in_domain(d: int, planes: frozenset[Row], domain: HPolytope) -> int:
    """The sum of |mu(F)| over the flats F that meet the interior of the domain; for R^d all of them.

    |mu(F)| is the last coefficient of the characteristic polynomial of the hyperplanes through F; in general
    position it is 1.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> regions_in_domain(2, frozenset([(1, 0, 0), (0, 1, 0), (1, 1, -1)]), pe.box(0, 1, dimension=2))
    2
    """
    rows = [row for row in domain.exact_rows if any(row[:-1])]
    total = 0
    for k, through, _ in flats(d, planes):
        if _meets(rows, d, *_parametrized(d, through)):
            total += abs(characteristic(d, through)[k])
    return total


def _parametrized(d: int, planes: Iterable[Row]) -> tuple[Point, list[Point]]:
    """A point of the intersection of some hyperplanes, and independent directions along it."""
    reduced: dict[int, Point] = {}  # by pivot column
    for plane in planes:
        row = [Fraction(a) for a in plane]
        for column, other in reduced.items():
            row = [a - row[column] * b for a, b in zip(row, other, strict=True)]
        column = next((k for k in range(d) if row[k]), -1)
        if column < 0:
            continue
        row = [a / row[column] for a in row]
        for key, other in reduced.items():
            reduced[key] = [a - other[column] * b for a, b in zip(other, row, strict=True)]
        reduced[column] = row
    origin = [-reduced[k][-1] if k in reduced else Fraction(0) for k in range(d)]
    free = [k for k in range(d) if k not in reduced]
    basis = [[-reduced[k][f] if k in reduced else Fraction(k == f) for k in range(d)] for f in free]
    return origin, basis


def _meets(rows: list[tuple[int, ...]], d: int, origin: Point, basis: list[Point]) -> bool:
    """Whether some point of a flat satisfies all rows strictly."""
    if not basis:
        return all(sum(a * x for a, x in zip(row, [*origin, Fraction(1)], strict=True)) > 0 for row in rows)
    section = sliced_rows(rows, d, origin, basis)
    if any(row[-1] <= 0 and not any(row[:-1]) for row in section):
        return False
    inside = HPolytope.from_exact_rows([row for row in section if any(row[:-1])], dimension=len(basis))
    return inside.is_full_dimensional()
