"""Measure every region of a set: the cell tree is walked once more, and its leaves are measured in batches."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import EmptyDomainError, FlatDomainError, InvalidArgumentError
from polytope_engine.kernels import cell_tree as tree
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.polytope.triangulation import checked_rule
from polytope_engine.regions.arguments import check_progress
from polytope_engine.regions.cell_measuring import CellMeasurer, Columns, Task
from polytope_engine.regions.columns import checked_names
from polytope_engine.regions.exact_row import exact_row
from polytope_engine.regions.measurements import Measurements
from polytope_engine.regions.search import CellSearch
from polytope_engine.regions.working_space import checked_domain, working_space

if TYPE_CHECKING:
    from polytope_engine.regions.region_set import RegionSet

Progress = Callable[[int, float], None]

ACCURACY = 1e-7
SECONDS_A_STEP = 0.1
UNLIMITED = 1 << 62


def measure(
    regions: RegionSet,
    *names: str,
    clip: HPolytope | None = None,
    rule: str = "pulling",
    exact: bool = False,
    accuracy: float = ACCURACY,
    progress: Progress | None = None,
    n_workers: int | None = None,
) -> Measurements:
    """Measure every region of a set, in columns; see `RegionSet.measure`."""
    chosen = checked_names(names, exact=exact)
    checked_rule(rule)
    check_progress(progress, "n_regions")
    _check_accuracy(accuracy)
    n_workers = _checked_workers(n_workers)
    domain, meets = _clipped(regions, checked_clip(regions.network, clip))
    n_domain_rows = 0 if regions.domain is None else regions.domain.n_rows
    n, network = len(regions), regions.network
    space = working_space(network, domain) if meets and network.n_neurons and n else None
    if space is None or space.dimension == 0:
        columns = _one_by_one(regions, chosen, domain, n_domain_rows, rule, exact=exact, meets=meets)
        return Measurements(columns, rule=rule, clip=clip, n_exact=n if meets else 0, accuracy=accuracy)
    task = Task(network, domain, n_domain_rows, space, chosen, rule, exact, accuracy)
    run = _Run(regions, task, n_workers, progress)
    run.walk()
    n_done = n if run.done.all() else int(np.argmin(run.done))
    if clip is None and run.n_stray:
        raise InvalidArgumentError(
            "`regions` lacks regions that a search finds although it is complete; measure the set that "
            "enumerate_regions or load_regions returned."
        )
    columns = {name: column[:n_done] for name, column in run.columns.items()}
    return Measurements(
        columns, is_complete=n_done == n, n_exact=run.n_exact, rule=rule, clip=clip, accuracy=accuracy
    )


class _Run:
    """A walk through the cell tree whose batches are measured by several workers."""

    def __init__(self, regions: RegionSet, task: Task, n_workers: int, progress: Progress | None) -> None:
        self.regions, self.task, self.progress = regions, task, progress
        self.columns = task.empty_columns(len(regions))
        self.done = np.zeros(len(regions), dtype=np.bool_)
        self.n_done = 0
        self.n_stray = 0
        self.search = CellSearch(task.network, task.space, on_cells=self._receive)
        self.idle: queue.SimpleQueue[CellMeasurer] = queue.SimpleQueue()
        self.measurers = [CellMeasurer(task, self.search) for _ in range(n_workers)]
        for measurer in self.measurers:
            self.idle.put(measurer)
        self.pool = ThreadPoolExecutor(n_workers) if n_workers > 1 else None
        self.waiting: list[Future[tuple[NDArray[np.int64], Columns]]] = []

    @property
    def n_exact(self) -> int:
        """Regions of which something was decided in rationals."""
        return sum(measurer.n_exact for measurer in self.measurers)

    def walk(self) -> None:
        """Measure everything, or what there is time for before Ctrl-C."""
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
            # What the search never came to misses the clip: its columns are made that way.
            self.done[:] = True
            self.n_done = n
            self._tell()
        except KeyboardInterrupt:
            for future in self.waiting:
                future.cancel()
        finally:
            if self.pool is not None:
                self.pool.shutdown(wait=True, cancel_futures=True)

    def _tell(self) -> None:
        if self.progress is not None:
            n = len(self.regions)
            self.progress(self.n_done, self.n_done / n)

    def _receive(self, first: int, cells: tree.Cells) -> None:
        if self.pool is None:
            self._store(*self._measure(first, cells))
            return
        while len(self.waiting) > 2 * len(self.measurers):
            self._collect(self.waiting.pop(0))
        self.waiting.append(self.pool.submit(self._measure, first, cells))

    def _measure(self, first: int, cells: tree.Cells) -> tuple[NDArray[np.int64], Columns]:
        """Measure a batch, in whatever thread this is; also which rows of the set they are."""
        measurer = self.idle.get()
        try:
            signs = self.regions.sign_vectors[first : first + len(cells.signs)]
            if signs.shape == cells.signs.shape and np.array_equal(signs, cells.signs):
                rows = np.arange(first, first + len(signs))
            else:
                rows = self.regions.sign_index.find(cells.signs)
            return rows, measurer.measure(cells)
        finally:
            self.idle.put(measurer)

    def _collect(self, future: Future[tuple[NDArray[np.int64], Columns]]) -> None:
        self._store(*future.result())

    def _store(self, rows: NDArray[np.int64], columns: Columns) -> None:
        known = rows >= 0
        self.n_stray += int(np.count_nonzero(~known)) if self.regions.status.is_complete else 0
        for name, column in columns.items():
            self.columns[name][rows[known]] = column[known]
        self.done[rows[known]] = True
        self.n_done += int(np.count_nonzero(known))


def _n_rows(domain: HPolytope | None) -> int:
    return 0 if domain is None else domain.n_rows


def _one_by_one(
    regions: RegionSet,
    names: tuple[str, ...],
    domain: HPolytope | None,
    n_domain_rows: int,
    rule: str,
    *,
    exact: bool,
    meets: bool,
) -> Columns:
    """The columns of the few regions that need no search: the whole domain, if there is anything in it."""
    task = Task(regions.network, domain, n_domain_rows, None, names, rule, exact, ACCURACY)  # type: ignore[arg-type]
    columns = task.empty_columns(len(regions))
    if meets and len(regions):
        labels = [
            ("domain", k) if k < n_domain_rows else ("clip", k - n_domain_rows)
            for k in range(_n_rows(domain))
        ]
        rows = [] if domain is None else domain.exact_rows
        polytope = HPolytope.from_exact_rows(rows, labels, dimension=regions.network.input_dim)
        for name, value in exact_row(polytope, names, rule, exact=exact).items():
            columns[name][0] = value
    return columns


def checked_clip(network: ReLUNetwork, clip: object) -> HPolytope | None:
    """Return the clip, if regions can be cut to it.

    Raises
    ------
    InvalidArgumentError
        If it is no polytope, or lies in another space.
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
    return clip


def _clipped(regions: RegionSet, clip: HPolytope | None) -> tuple[HPolytope | None, bool]:
    """The domain cut to the clip, and whether that has an interior. The rows of the domain come first."""
    if clip is None:
        return regions.domain, True
    if not clip.is_full_dimensional():
        raise InvalidArgumentError(
            "`clip` has no interior: it is empty or flat, so nothing would be left of any region; pass a clip "
            "with interior."
        )
    known = [] if regions.domain is None else list(regions.domain.exact_rows)
    rows = known + [row for row in clip.exact_rows if row not in set(known)]
    cut = HPolytope.from_exact_rows(rows, dimension=clip.dimension)
    try:
        return checked_domain(regions.network, cut), True
    except (EmptyDomainError, FlatDomainError):
        return cut, False


def _check_accuracy(accuracy: Any) -> None:
    if isinstance(accuracy, bool) or not isinstance(accuracy, float | np.floating) or not 0 < accuracy < 1:
        raise InvalidArgumentError(
            f"`accuracy` is {accuracy!r}; it must be a relative error between 0 and 1, such as 1e-7.",
            accuracy=accuracy,
        )


def _checked_workers(n_workers: Any) -> int:
    if n_workers is None:
        return os.cpu_count() or 1
    if isinstance(n_workers, bool) or not isinstance(n_workers, int | np.integer) or n_workers < 1:
        raise InvalidArgumentError(
            f"`n_workers` is {n_workers!r}; it must be a positive integer, or None for all cores.",
            n_workers=n_workers,
        )
    return int(n_workers)
