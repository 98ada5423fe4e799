"""The cell tree, walked once more for the regions of a set: its leaves come in batches, to several workers."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import EmptyDomainError, FlatDomainError, InvalidArgumentError
from polytope_engine.kernels import search_state as state
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.cell_measuring import CellMeasurer, Task
from polytope_engine.regions.search import CellSearch
from polytope_engine.regions.working_space import checked_domain

if TYPE_CHECKING:
    from polytope_engine.regions.region_set import RegionSet

Progress = Callable[[int, float], None]
Rows = NDArray[np.int64]
Result = TypeVar("Result")

SECONDS_A_STEP = 0.1
UNLIMITED = 1 << 62


class CellWalk(Generic[Result]):
    """A walk through the cell tree that finds the regions of a set again, as cells with the rows of their paths.

    Parameters
    ----------
    regions : RegionSet
    task : Task
        The domain, which may be cut to a clip, and what the workers' measurers are for.
    look : callable
        ``look(measurer, rows, cells)``, in whatever thread: a batch of cells, and which rows of the set they are.
    keep : callable
        ``keep(rows, result)``, in this thread, with what `look` returned.
    progress : callable, optional
        Called several times a second as ``progress(n_regions, fraction_done)``.
    n_workers : int, optional
        Threads that look; all cores by default.

    Attributes
    ----------
    done : bool array, shape (n_regions,)
        Which regions have been kept; all of them, those that miss the clip included, once the walk has ended.
    n_done : int
        Regions that have been kept.
    is_finished : bool
        Whether the walk came to its end, not to Ctrl-C.
    """

    def __init__(
        self,
        regions: RegionSet,
        task: Task,
        look: Callable[[CellMeasurer, Rows, state.Cells], Result],
        keep: Callable[[Rows, Result], None],
        progress: Progress | None = None,
        n_workers: int | None = None,
    ) -> None:
        self.regions, self.look, self.keep, self.progress = regions, look, keep, progress
        self.domain = task.domain
        self.done = np.zeros(len(regions), dtype=np.bool_)
        self.n_done = 0
        self.n_stray = 0
        self.is_finished = False
        self.search = CellSearch(task.network, task.space, on_cells=self._receive)
        self.idle: queue.SimpleQueue[CellMeasurer] = queue.SimpleQueue()
        n_workers = n_workers or os.cpu_count() or 1
        self.measurers = [CellMeasurer(task, self.search) for _ in range(n_workers)]
        for measurer in self.measurers:
            self.idle.put(measurer)
        self.pool = ThreadPoolExecutor(n_workers) if n_workers > 1 else None
        self.waiting: list[Future[tuple[Rows, Result]]] = []

    @property
    def n_exact(self) -> int:
        """Regions of which something was decided in rationals."""
        return sum(measurer.n_exact for measurer in self.measurers)

    def walk(self) -> None:
        """Look at everything, or at what there is time for before Ctrl-C.

        Raises
        ------
        InvalidArgumentError
            If the set says that it is complete, but lacks regions.
        """
        n = len(self.regions)
        budget, finished = 500, False
        try:
            while not finished and self.n_done < n:
                before = time.perf_counter()
                finished = self.search.advance(budget, UNLIMITED)
                taken = max(time.perf_counter() - before, 1e-6)
                budget = int(np.clip(budget * SECONDS_A_STEP / taken, 100, 10 * budget))
                self._tell()
            self.search.flush()
            while self.waiting:
                self._collect(self.waiting.pop(0))
                self._tell()
            # What the search never came to misses the clip.
            self.done[:] = True
            self.is_finished = True
            if self.progress is not None:
                self.progress(n, 1.0)
        except KeyboardInterrupt:
            for future in self.waiting:
                future.cancel()
        finally:
            if self.pool is not None:
                self.pool.shutdown(wait=True, cancel_futures=True)
        if self.n_stray and self.regions.status.is_complete and self.domain is self.regions.domain:
            raise InvalidArgumentError(
                "`regions` lacks regions that a search finds although it is complete; measure the set that "
                "enumerate_regions or load_regions returned."
            )

    def _tell(self) -> None:
        if self.progress is not None:
            self.progress(self.n_done, self.n_done / len(self.regions))

    def _receive(self, first: int, cells: state.Cells) -> None:
        if self.pool is None:
            self._store(*self._look(first, cells))
            return
        while len(self.waiting) > 2 * len(self.measurers):
            self._collect(self.waiting.pop(0))
        self.waiting.append(self.pool.submit(self._look, first, cells))

    def _look(self, first: int, cells: state.Cells) -> tuple[Rows, Result]:
        """Look at a batch, in whatever thread this is; also which rows of the set they are."""
        measurer = self.idle.get()
        try:
            signs = self.regions.sign_vectors[first : first + len(cells.signs)]
            if signs.shape == cells.signs.shape and np.array_equal(signs, cells.signs):
                rows = np.arange(first, first + len(signs))
            else:
                rows = self.regions.sign_index.find(cells.signs)
                if np.any(rows < 0):
                    self.n_stray += int(np.count_nonzero(rows < 0))
                    cells, rows = selected(cells, rows >= 0), rows[rows >= 0]
            return rows, self.look(measurer, rows, cells)
        finally:
            self.idle.put(measurer)

    def _collect(self, future: Future[tuple[Rows, Result]]) -> None:
        self._store(*future.result())

    def _store(self, rows: Rows, result: Result) -> None:
        self.keep(rows, result)
        self.done[rows] = True
        self.n_done += len(rows)


def selected(cells: state.Cells, chosen: NDArray[np.bool_]) -> state.Cells:
    """Return some cells of a batch, in its order."""
    lengths, n_ties = np.diff(cells.starts), np.diff(cells.tie_starts)
    is_row = np.repeat(chosen, lengths)
    return state.Cells(
        rows=cells.rows[is_row],
        bounds=cells.bounds[is_row],
        labels=cells.labels[is_row],
        starts=np.concatenate([[0], np.cumsum(lengths[chosen])]),
        bases=cells.bases[chosen],
        points=cells.points[chosen],
        signs=cells.signs[chosen],
        ties=cells.ties[np.repeat(chosen, n_ties)],
        tie_starts=np.concatenate([[0], np.cumsum(n_ties[chosen])]),
    )


def checked_clip(network: ReLUNetwork, clip: object) -> HPolytope | None:
    """Return the clip, if regions can be cut to it.

    Raises
    ------
    InvalidArgumentError
        If it is no polytope, has no interior, or lies in another space.
    """
    if clip is None:
        return None
    if not isinstance(clip, HPolytope):
        raise InvalidArgumentError(
            f"`clip` has type {type(clip).__name__}; it must be a polytope such as "
            f"pe.box(-1, 1, dimension={network.input_dim}), or None.",
            clip=clip,
        )
    if clip.dimension != network.input_dim:
        raise InvalidArgumentError(
            f"`clip` lies in R^{clip.dimension}, but the network has {network.input_dim} inputs; pass a clip in "
            f"R^{network.input_dim}.",
            clip_dimension=clip.dimension,
            input_dim=network.input_dim,
        )
    if not clip.is_full_dimensional():
        raise InvalidArgumentError(
            "`clip` has no interior: it is empty or flat, so nothing would be left of any region; pass a clip "
            "with interior."
        )
    return clip


def clipped(regions: RegionSet, clip: HPolytope | None) -> tuple[HPolytope | None, bool]:
    """The domain cut to a checked clip, and whether that has an interior. The rows of the domain come first."""
    if clip is None:
        return regions.domain, True
    known = [] if regions.domain is None else list(regions.domain.exact_rows)
    rows = known + [row for row in clip.exact_rows if row not in set(known)]
    cut = HPolytope.from_exact_rows(rows, dimension=clip.dimension)
    try:
        return checked_domain(regions.network, cut), True
    except (EmptyDomainError, FlatDomainError):
        return cut, False
