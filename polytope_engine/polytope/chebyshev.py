"""The largest ball inside a polytope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf

import numpy as np
from numpy.typing import NDArray

from polytope_engine.exact.interior import interior_point
from polytope_engine.exact.rational import Row, nearest_floats
from polytope_engine.polytope.rows import distances, unit_row

FloatArray = NDArray[np.float64]
_TIGHT = 1e-7


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
    Linear programs in floats (HiGHS), in coordinates centered at the interior point and scaled by its
    distance to the nearest wall, so that thin cells are as well posed as round ones.

    Where several balls are largest, the center is lexicographic: the walls that touch all of them are
    fixed at their distance, then the smallest distance to the other walls is made as large as
    possible, and so on until the center is unique. Where the other walls can be left arbitrarily far
    behind, the sum of their distances is made as small as the radius already reached allows, and the
    component along lines contained in the polytope is 0. So the center does not depend on the order of the
    rows, on duplicates, or on redundant rows that touch nothing.
    """
    walls = [row for row in rows if any(row[:dimension])]
    cone = interior_point([(*row[:dimension], 0) for row in walls], dimension)
    if cone.point is not None:
        return Ball(np.array(nearest_floats(interior)), inf)
    gaps = distances(walls, interior)
    unit = float(gaps.min())
    normals = np.array([unit_row(row)[0] for row in walls])
    shift, radius = _lexicographic_center(normals, gaps / unit)
    start = np.array(nearest_floats(interior))
    return Ball(start + unit * shift, unit * radius)


def _lexicographic_center(normals: FloatArray, gaps: FloatArray) -> tuple[FloatArray, float]:
    """Solve for the center in scaled coordinates; the first level reached is the radius."""
    n_rows, d = normals.shape
    level = np.full(n_rows, np.nan)
    center, radius, reached = np.zeros(d), 1.0, 1.0
    while True:
        fixed = ~np.isnan(level)
        if fixed.any() and np.linalg.matrix_rank(normals[fixed], tol=1e-9) == d:
            break
        if fixed.all():
            break
        solution = _raise_level(normals, gaps, level)
        if solution is None:
            center = _snug_center(normals, gaps, level, reached)
            break
        center, reached, tight = solution
        if not fixed.any():
            radius = reached
        level[tight] = reached
    fixed = ~np.isnan(level)
    center = _polished(normals[fixed], gaps[fixed] - level[fixed], center)
    return _without_lines(normals, center), radius


def _raise_level(
    normals: FloatArray, gaps: FloatArray, level: FloatArray
) -> tuple[FloatArray, float, NDArray[np.bool_]] | None:
    """Maximize the smallest distance to the walls without a level; None if it is unbounded.

    Returns the center, the distance, and which walls are at it in every solution (positive duals).
    """
    from scipy.optimize import linprog

    n_rows, d = normals.shape
    fixed = ~np.isnan(level)
    objective = np.zeros(d + 1)
    objective[d] = -1.0
    upper = np.column_stack([normals[~fixed], np.ones(n_rows - fixed.sum())])
    equal = np.column_stack([normals[fixed], np.zeros(fixed.sum())])
    result = linprog(
        objective,
        A_ub=upper,
        b_ub=gaps[~fixed],
        A_eq=equal if fixed.any() else None,
        b_eq=(gaps - level)[fixed] if fixed.any() else None,
        bounds=(None, None),
        method="highs-ds",
    )
    if result.status in (3, 4) or result.x is None:
        return None
    duals = -result.ineqlin.marginals
    tight = np.zeros(n_rows, dtype=bool)
    tight[np.flatnonzero(~fixed)[duals > _TIGHT * duals.max()]] = True
    return result.x[:d], float(result.x[d]), tight


def _snug_center(normals: FloatArray, gaps: FloatArray, level: FloatArray, reached: float) -> FloatArray:
    """Keep all other walls at least `reached` away, and the sum of those distances smallest."""
    from scipy.optimize import linprog

    d = normals.shape[1]
    fixed = ~np.isnan(level)
    free = normals[~fixed]
    result = linprog(
        -free.sum(axis=0),
        A_ub=free,
        b_ub=gaps[~fixed] - reached * (1 - _TIGHT),
        A_eq=normals[fixed],
        b_eq=(gaps - level)[fixed],
        bounds=(None, None),
        method="highs-ds",
    )
    return result.x if result.x is not None else np.zeros(d)


def _polished(normals: FloatArray, offsets: FloatArray, center: FloatArray) -> FloatArray:
    """Move the center by the smallest step that meets the fixed distances to full precision."""
    residual = offsets - normals @ center
    step = np.linalg.lstsq(normals, residual, rcond=1e-9)[0]
    return np.asarray(center + step)


def _without_lines(normals: FloatArray, center: FloatArray) -> FloatArray:
    """Remove the component along directions orthogonal to all normals."""
    _, sizes, directions = np.linalg.svd(normals, full_matrices=False)
    span = directions[sizes > 1e-9 * max(float(sizes.max()), 1.0)]
    return np.asarray(span.T @ (span @ center))
