"""Find the walls between the regions of a set: each is looked for from one side, where its facet is proven."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.across import Across, tied
from polytope_engine.complexes.walls import Walls
from polytope_engine.exact.redundancy import facet_point
from polytope_engine.kernels import search_state as state
from polytope_engine.kernels import walls as kernel
from polytope_engine.regions.arguments import check_progress, checked_workers
from polytope_engine.regions.cell_measuring import CellMeasurer, Task
from polytope_engine.regions.cell_walk import CellWalk
from polytope_engine.regions.region_set import RegionSet
from polytope_engine.regions.working_space import WorkingSpace, working_space

Progress = Callable[[int, float], None]
Indices = NDArray[np.int64]


def find_walls(regions: RegionSet, progress: Progress | None = None, n_workers: int | None = None) -> Walls:
    """Return the walls between the regions of a set; see `RegionSet.walls`.

    Notes
    -----
    The cell tree is walked once more. A facet lies on a row of its cell's path, so for each row the signs beyond
    are looked up in a hash table of all sign vectors. If a region has them, the row is proven to be a facet, or none,
    from the side of the region with the smaller index: by a point beyond it and inside all other rows, by
    linear programs, or in rational arithmetic. Of a complete set, a row whose signs beyond no region has is no facet.
    """
    check_progress(progress, "n_regions")
    n_workers = checked_workers(n_workers)
    network = regions.network
    space = working_space(network, regions.domain) if network.n_neurons and len(regions) > 1 else None
    if space is None or space.dimension == 0:
        return Walls(regions, np.zeros((0, 2), dtype=np.int64), np.zeros(0, dtype=np.int64), {})
    n_domain_rows = 0 if regions.domain is None else regions.domain.n_rows
    task = Task(
        network, regions.domain, n_domain_rows, space, ("n_facets",), "pulling", exact=False, accuracy=0.0
    )
    finder = _Finder(regions, space)
    walk = CellWalk(regions, task, finder.look, finder.keep, progress, n_workers)
    walk.walk()
    return finder.walls(is_complete=walk.is_finished)


def all_walls(regions: RegionSet, progress: Progress | None = None, n_workers: int | None = None) -> Walls:
    """Return the walls between the regions of a set, for somebody who has no use for a part of them.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C.
    """
    walls = regions.walls(progress, n_workers)
    if not walls.is_complete:
        raise KeyboardInterrupt
    return walls


class _Found(NamedTuple):
    """The walls of a batch."""

    pairs: Indices  # (n, 2): the smaller index first
    neurons: Indices  # (n,)
    shared: dict[int, tuple[int, ...]]
    n_exact: int


class _Finder:
    """Looks at batches of cells, and collects their walls."""

    def __init__(self, regions: RegionSet, space: WorkingSpace) -> None:
        self.regions = regions
        self.across = Across(regions)
        with np.errstate(all="ignore"):
            points = np.ldexp(regions.interior_points[:, list(space.columns)], -space.shifts)
        self.points = np.ascontiguousarray(points)
        self.found: list[_Found] = []

    def look(self, measurer: CellMeasurer, own: Indices, cells: state.Cells) -> _Found:
        """Return the walls between the regions of a batch and those of larger index."""
        across = self.across.places(measurer, cells)
        cell_of = np.repeat(np.arange(len(own)), np.diff(cells.starts))
        facet = np.empty(len(across), dtype=np.int64)
        kernel.prove_walls(
            cells,
            np.ascontiguousarray(own),
            across,
            self.points,
            measurer.layers,
            measurer.kernel_space,
            measurer.path,
            measurer.dictionary,
            measurer.frame,
            measurer.control,
            facet,
        )
        undecided = np.flatnonzero(facet == kernel.UNKNOWN)
        for row in undecided:
            is_facet = _is_facet(measurer, cells, int(cell_of[row]), int(row))
            facet[row] = kernel.YES if is_facet else kernel.NO
        rows = np.flatnonzero(facet == kernel.YES)
        pairs = np.stack([own[cell_of[rows]], across[rows]], axis=1)
        neurons = self.across.offsets[cells.labels[rows, 0]] + cells.labels[rows, 1]
        neurons, shared = self._with_others(cells, rows, cell_of[rows], across[rows], neurons)
        return _Found(pairs, neurons, shared, len(undecided))

    def keep(self, _: Indices, found: _Found) -> None:
        """Set the walls of a batch aside."""
        self.found.append(found)

    def walls(self, *, is_complete: bool) -> Walls:
        """All walls, in order."""
        n = len(self.regions)
        pairs = np.concatenate([np.zeros((0, 2), dtype=np.int64), *(found.pairs for found in self.found)])
        neurons = np.concatenate([np.zeros(0, dtype=np.int64), *(found.neurons for found in self.found)])
        shared: dict[int, tuple[int, ...]] = {}
        first = 0
        for found in self.found:
            shared |= {first + k: on for k, on in found.shared.items()}
            first += len(found.pairs)
        order = np.argsort(pairs[:, 0] * n + pairs[:, 1])
        if shared:
            place = np.empty(len(order), dtype=np.int64)
            place[order] = np.arange(len(order))
            shared = {int(place[k]): on for k, on in sorted(shared.items(), key=lambda item: place[item[0]])}
        n_exact = sum(found.n_exact for found in self.found)
        return Walls(self.regions, pairs[order], neurons[order], shared, n_exact, is_complete=is_complete)

    def _with_others(
        self,
        cells: state.Cells,
        rows: NDArray[np.intp],
        cell_of: NDArray[np.intp],
        across: Indices,
        neurons: Indices,
    ) -> tuple[Indices, dict[int, tuple[int, ...]]]:
        """The first neuron on each wall, and all of them where there are several."""
        has_others = np.diff(cells.tie_starts)[cell_of] > 0
        has_others |= (cells.signs == 0).any(axis=1)[cell_of]
        shared: dict[int, tuple[int, ...]] = {}
        for k in np.flatnonzero(has_others).tolist():
            i = int(cell_of[k])
            is_zero_here = (cells.signs[i] == 0) & (self.across.table.signs[across[k]] != 0)
            others = [*tied(cells, i, int(rows[k])), *np.flatnonzero(is_zero_here).tolist()]
            if others:
                shared[k] = tuple(sorted([int(neurons[k]), *others]))
                neurons[k] = shared[k][0]
        return neurons, shared


def _is_facet(measurer: CellMeasurer, cells: state.Cells, i: int, row: int) -> bool:
    """Decide in rational arithmetic whether a row of a cell is one of its facets."""
    polytope = measurer.polytope(cells, i)
    return facet_point(polytope.exact_rows, row - int(cells.starts[i]), polytope.dimension) is not None
