"""Points that are proven to lie strictly inside a cell."""

from __future__ import annotations

import math

from polytope_engine.kernels.float_proofs import first_row_missed
from polytope_engine.kernels.jit import hot, inner
from polytope_engine.kernels.search_state import NOISE, Dictionary, Floats, Ints, Path, Space
from polytope_engine.kernels.simplex import descend, express, find_ratios, noise_of


@inner
def simplex_center(T: Floats, n_rows: int, r: int, fixed: int, ratios: Floats, x: Floats) -> None:
    """The center of the vertex and its neighbors along the edges; a ray gets a finite length.

    The edge of column ``fixed`` (0 for none) is left out: the point lies on that column's facet.
    """
    base = T[0]
    longest = 0.0
    for k in range(r):
        longest = max(longest, abs(base[k]))
        x[k] = base[k]
    share = 1.0 / (r + 1.0)
    for j in range(1, r + 1):
        if j == fixed:
            continue
        column = T[j]
        find_ratios(base, column, n_rows, r, ratios)
        t = math.inf
        for i in range(r, n_rows):
            t = min(t, ratios[i])
        if t == math.inf:
            size = 0.0
            for k in range(r):
                size = max(size, abs(column[k]))
            t = (1.0 + longest) / max(size, 1e-300)
        for k in range(r):
            x[k] += share * t * column[k]


@hot
def find_point(D: Dictionary, n_rows: int, depth: int, path: Path, space: Space, control: Ints) -> bool:
    """Find a point that is proven to lie strictly inside the cell; it stands in ``point``."""
    r = space.dimension
    simplex_center(D.T, n_rows, r, 0, D.column, D.point)
    blocking = first_row_missed(path.rows, path.bounds, depth, r, D.point, -1)
    return blocking < 0 or find_point_further(D, n_rows, depth, path, r, blocking, control)


@inner
def find_point_further(
    D: Dictionary, n_rows: int, depth: int, path: Path, r: int, blocking: int, control: Ints
) -> bool:
    """Move away from the row that blocks; the mean of what is seen on the way lies inside."""
    for attempt in range(1, 2 * r + 5):
        for k in range(r + 1):
            D.g[k] = -path.rows[blocking, k]
        express(D.T, D.g, D.z, r)
        margin = 10.0 * NOISE * noise_of(D.T, D.g, r, 0)
        if descend(D, n_rows, r, -margin, control) < 0:
            return False
        simplex_center(D.T, n_rows, r, 0, D.column, D.trial)
        for k in range(r):
            D.point[k] += (D.trial[k] - D.point[k]) / (attempt + 1.0)
        blocking = first_row_missed(path.rows, path.bounds, depth, r, D.point, -1)
        if blocking < 0:
            return True
    return False
