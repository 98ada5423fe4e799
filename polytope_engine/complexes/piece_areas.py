"""Lengths, areas and volumes of the pieces of a boundary, exactly up to one square root."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from polytope_engine.exact.rational import Point
from polytope_engine.polytope.hpolytope import HPolytope

if TYPE_CHECKING:
    from polytope_engine.complexes.boundary import Boundary


def squared_area(boundary: Boundary, piece: int) -> Fraction | float:
    """Return the square of the (d - 1)-volume of a piece, ``math.inf`` if it is unbounded.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> line = pe.enumerate_regions(pe.ReLUNetwork([([[2, 1]], [0])]), pe.box(0, 1, dimension=2)).level_set(1)
    >>> squared_area(line, 0)
    Fraction(5, 4)
    """
    if not boundary.is_bounded[piece]:
        return float("inf")
    d = boundary.dimension
    if d == 1:
        return Fraction(1)
    if d <= 3:
        points = [boundary.complex.point(number) for number in boundary.vertex_numbers(piece)]
        return _squared_length(*points) if d == 2 else _squared_polygon_area(points)
    return _squared_content(boundary, piece)


def _squared_length(first: Point, second: Point) -> Fraction:
    return sum(((a - b) ** 2 for a, b in zip(first, second, strict=True)), Fraction(0))


def _squared_polygon_area(points: list[Point]) -> Fraction:
    """Half the sum of the cross products of edges from the first vertex is the area times the normal."""
    base, *others = points
    edges = [[a - b for a, b in zip(point, base, strict=True)] for point in others]
    total = [Fraction(0)] * 3
    for u, v in pairwise(edges):
        for k in range(3):
            i, j = (k + 1) % 3, (k + 2) % 3
            total[k] += u[i] * v[j] - u[j] * v[i]
    return sum((x * x for x in total), Fraction(0)) / 4


def _squared_content(boundary: Boundary, piece: int) -> Fraction:
    """The volume of the projection along a coordinate, times |n|^2 / n_k^2 for the normal n."""
    *normal, offset = boundary.equation(piece)
    k = max(range(len(normal)), key=lambda i: abs(normal[i]))
    p = boundary.piece(piece)
    scale = abs(normal[k])
    sign = 1 if normal[k] > 0 else -1
    rows = []
    for row in p.exact_rows[2:]:
        # x_k = -(offset + sum of the others) / n_k
        kept = [scale * a - sign * row[k] * n for a, n in zip(row[:-1], normal, strict=True)]
        last = scale * row[-1] - sign * row[k] * offset
        rows.append([*(a for i, a in enumerate(kept) if i != k), last])
    projected = HPolytope.from_exact_rows([row for row in rows if any(row)], dimension=len(normal) - 1)
    volume = Fraction(projected.exact.volume())
    return volume**2 * Fraction(sum(n * n for n in normal), normal[k] ** 2)
