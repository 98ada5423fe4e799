"""The areas of walls, in bulk."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.across import Across
from polytope_engine.complexes.walls import Walls
from polytope_engine.kernels import search_state as state
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.arguments import check_progress, checked_workers
from polytope_engine.regions.cell_measuring import CellMeasurer, Task
from polytope_engine.regions.cell_walk import CellWalk, checked_clip, clipped
from polytope_engine.regions.measure import checked_accuracy
from polytope_engine.regions.working_space import working_space

FloatArray = NDArray[np.float64]
Indices = NDArray[np.int64]


def wall_areas(
    walls: Walls,
    clip: HPolytope | None,
    accuracy: float,
    progress: Callable[[int, float], None] | None,
    n_workers: int | None,
) -> FloatArray:
    """Return the (d - 1)-volume of each wall; see `Walls.areas`."""
    regions = walls.regions
    check_progress(progress, "n_regions")
    checked_accuracy(accuracy)
    n_workers = checked_workers(n_workers)
    domain, meets = clipped(regions, checked_clip(regions.network, clip))
    if not len(walls) or not meets:
        return np.zeros(len(walls))
    space = working_space(regions.network, domain)
    n_domain_rows = 0 if regions.domain is None else regions.domain.n_rows
    task = Task(
        regions.network,
        domain,
        n_domain_rows,
        space,
        ("surface_area",),
        "pulling",
        exact=False,
        accuracy=accuracy,
    )
    sides = _Sides(walls)
    walk = CellWalk(regions, task, sides.look, sides.keep, progress, n_workers)
    walk.walk()
    if not walk.is_finished:
        raise KeyboardInterrupt
    areas = np.where(np.isnan(sides.areas[:, 0]), sides.areas[:, 1], sides.areas[:, 0])
    for wall in np.flatnonzero(np.isnan(areas) & sides.is_seen.any(axis=1)):
        areas[wall] = _exact_area(walls, int(wall), clip)
    areas[~sides.is_seen.any(axis=1)] = 0
    return areas


class _Sides:
    """Collects what the cells on both sides of each wall say of its area."""

    def __init__(self, walls: Walls) -> None:
        self.across = Across(walls.regions)
        self.n = len(walls.regions)
        self.keys = walls.pairs[:, 0] * self.n + walls.pairs[:, 1]
        self.areas = np.full((len(walls), 2), np.nan)
        self.is_seen = np.zeros((len(walls), 2), dtype=np.bool_)

    def look(
        self, measurer: CellMeasurer, own: Indices, cells: state.Cells
    ) -> tuple[Indices, Indices, FloatArray]:
        """Return walls, the side that each is seen from, and its area: nan where that is not proven."""
        is_facet, areas, is_open = measurer.facet_areas(cells)
        cell_of = np.repeat(np.arange(len(own)), np.diff(cells.starts))
        across = self.across.places(measurer, cells)
        rows = np.flatnonzero((is_facet | is_open[cell_of]) & (across >= 0))
        areas = np.where(is_open[cell_of[rows]], np.nan, areas[rows])
        here, there = own[cell_of[rows]], across[rows]
        keys = np.minimum(here, there) * self.n + np.maximum(here, there)
        found = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        is_wall = self.keys[found] == keys
        return found[is_wall], (here > there).astype(np.int64)[is_wall], areas[is_wall]

    def keep(self, _: Indices, seen: tuple[Indices, Indices, FloatArray]) -> None:
        """Set the areas of a batch aside."""
        found, side, areas = seen
        self.areas[found, side] = areas
        self.is_seen[found, side] = True


def _exact_area(walls: Walls, wall: int, clip: HPolytope | None) -> float:
    """The area of a wall, from rational arithmetic; 0 if it misses the interior of the clip."""
    polytope, label = walls.regions[int(walls.pairs[wall, 0])].polytope, walls.labels(wall)[0]
    if clip is not None:
        rows = [*polytope.exact_rows, *clip.exact_rows]
        labels = [*polytope.labels, *(("clip", k) for k in range(clip.n_rows))]
        polytope = HPolytope.from_exact_rows(rows, labels, dimension=polytope.dimension)
        if not polytope.is_full_dimensional():
            return 0.0
    for facet in polytope.facets():
        if label in facet.labels:
            return facet.area() if all(kind == "neuron" for kind, *_ in facet.labels) else 0.0
    return 0.0
