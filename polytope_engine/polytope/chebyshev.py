"""The largest ball inside a polytope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf

import numpy as np
from numpy.typing import NDArray

from polytope_engine.exact.dictionary import Dictionary
from polytope_engine.exact.extents import basis_from_hint, independent_rows
from polytope_engine.exact.rational import Point, Row, integer_row, nearest_floats, significant
from polytope_engine.polytope.rows import row_length

FloatArray = NDArray[np.float64]
_LEVEL_BITS = 96

HalfSpace = tuple[tuple[int, ...], Fraction]


@dataclass(frozen=True, eq=False)
class Ball:
    """A ball: center, shape (d,), and radius (may be 0, or infinite)."""

    center: FloatArray
    radius: float

    def __repr__(self) -> str:
        center = ", ".join(f"{x:.6g}" for x in self.center)
        return f"<Ball of radius {self.radius:.6g} at ({center})>"


def chebyshev_ball(rows: Sequence[Row], dimension: int, interior: Sequence[Fraction]) -> Ball:
    """Return the largest ball inside integer rows, given a rational point strictly inside.

    Notes
    -----
    Linear programs in rationals: maximize t with ``a . x + b >= t |a|``. The lengths ``|a|`` are
    rounded to about 64 bits, which is the only rounding before the answer is rounded to floats; thin
    cells are no harder than round ones. The radius is unbounded iff the recession cone has interior.

    Where several balls are largest, the center is lexicographic: the half-spaces that touch all of them are
    fixed at their distance, then the smallest distance to the other half-spaces is made as large as
    possible, and so on until the center is unique. Where the other half-spaces can be left arbitrarily far
    behind, the sum of their distances is made as small as the radius allows, and the component along
    lines contained in the polytope is 0. So the center does not depend on the order of the rows or on
    duplicates.
    """
    distinct = dict.fromkeys(integer_row(row) for row in rows if any(row[:dimension]))
    half_spaces = [(row, row_length(row)) for row in distinct]
    center, radius = _lexicographic_center(half_spaces, dimension)
    if radius is None:
        return Ball(np.array(nearest_floats(interior)), inf)
    position = np.array(nearest_floats(center))
    normals = [row[:dimension] for row, _ in half_spaces]
    if len(independent_rows(normals)) < dimension:
        position = _without_lines(normals, position)
    return Ball(position, nearest_floats([radius])[0])


def chebyshev_radius(rows: Sequence[Row], lengths: Sequence[Fraction], tight: Sequence[int] = ()) -> float:
    """Return the radius of a largest ball inside integer rows, which must leave an interior.

    Parameters
    ----------
    rows : sequence of integer rows (a, b)
        None may be constant.
    lengths : sequence of Fraction
        What counts as the length of each normal; about 64 bits are enough.
    tight : sequence of int
        Rows believed to touch the ball, where to start. They may be anything.

    Examples
    --------
    >>> chebyshev_radius([(1, 0), (-1, 3)], [Fraction(1), Fraction(1)], tight=(0, 1))
    1.5
    """
    n = len(rows[0])
    program = [integer_row([*row[:-1], -length, row[-1]]) for row, length in zip(rows, lengths, strict=True)]
    objective = len(program)
    cell = Dictionary([*program, (*[0] * (n - 1), 1, 0)], n)
    cell.move_to(basis_from_hint(cell, tight))
    cell.insert_all(range(objective))
    if not cell.raise_to_end(objective):
        return inf
    return nearest_floats([cell.point()[-1]])[0]


def _lexicographic_center(half_spaces: list[HalfSpace], dimension: int) -> tuple[Point, Fraction | None]:
    """Return the center and the radius; no radius if it is unbounded."""
    fixed: list[tuple[int, ...]] = []
    free = list(range(len(half_spaces)))
    radius: Fraction | None = None
    center: Point = (Fraction(0),) * dimension
    reached = Fraction(0)
    while free and len(fixed) < dimension:
        cell = _level(half_spaces, fixed, free, dimension)
        cell.insert_all(range(cell.n_rows - 1))
        if not cell.raise_to_end(cell.n_rows - 1):
            if radius is not None:
                center = _snug(half_spaces, fixed, free, reached, dimension) or center
            return center, radius
        *center_now, top = cell.point()
        center = tuple(center_now)
        radius = top if radius is None else radius
        reached = significant(top, _LEVEL_BITS)
        touching = [free[k] for k in cell.multipliers(cell.n_rows - 1) if k < len(free)]
        for half_space in touching:
            _fix(half_spaces[half_space], reached, fixed, dimension)
        free = [half_space for half_space in free if half_space not in touching]
    return center, radius


def _level(
    half_spaces: list[HalfSpace], fixed: list[tuple[int, ...]], free: list[int], dimension: int
) -> Dictionary:
    """State one level: variables (x, t), the free half-spaces at least t away, and t as the last row."""
    rows = [integer_row([*half_spaces[k][0][:-1], -half_spaces[k][1], half_spaces[k][0][-1]]) for k in free]
    for row in fixed:
        equation = (*row[:-1], 0, row[-1])
        rows += [equation, tuple(-entry for entry in equation)]
    return Dictionary([*rows, (*[0] * dimension, 1, 0)], dimension + 1)


def _fix(half_space: HalfSpace, distance: Fraction, fixed: list[tuple[int, ...]], dimension: int) -> None:
    """Note that a half-space stays at a distance, unless those already fixed say so."""
    row, length = half_space
    normals = [[*equation[:dimension]] for equation in fixed]
    if len(independent_rows([*normals, row[:dimension]])) > len(fixed):
        fixed.append(integer_row([*row[:-1], row[-1] - distance * length]))


def _snug(
    half_spaces: list[HalfSpace],
    fixed: list[tuple[int, ...]],
    free: list[int],
    reached: Fraction,
    dimension: int,
) -> Point | None:
    """Keep the free half-spaces at least `reached` away, and the sum of their distances smallest.

    None if half_spaces at nearly the same angle leave no room for the rounding of `reached`.
    """
    distance = reached * (1 - Fraction(1, 1 << (_LEVEL_BITS - 8)))
    rows = [
        integer_row([*half_spaces[k][0][:-1], half_spaces[k][0][-1] - distance * half_spaces[k][1]])
        for k in free
    ]
    for row in fixed:
        rows += [row, tuple(-entry for entry in row)]
    total = [sum(Fraction(half_spaces[k][0][i]) / half_spaces[k][1] for k in free) for i in range(dimension)]
    cell = Dictionary([*rows, integer_row([*total, 0])], dimension)
    if cell.insert_all(range(len(rows))) is not None:
        return None
    cell.raise_to_end(len(rows), -1)
    return cell.point()


def _without_lines(normals: Sequence[Sequence[int]], center: FloatArray) -> FloatArray:
    """Remove the component along directions orthogonal to all normals."""
    chosen = [normals[k] for k in independent_rows(normals)]
    scaled = [[entry / max(map(abs, normal)) for entry in normal] for normal in chosen]
    _, _, span = np.linalg.svd(np.array(scaled), full_matrices=False)
    return np.asarray(span.T @ (span @ center))
