"""Measure every region of a set: the cell tree is walked once more, and its leaves are measured in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.kernels import search_state as state
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.polytope.triangulation import checked_rule
from polytope_engine.regions.arguments import check_progress, checked_workers
from polytope_engine.regions.cell_measuring import CellMeasurer, Columns, Task
from polytope_engine.regions.cell_walk import CellWalk, Progress, Rows, checked_clip, clipped
from polytope_engine.regions.columns import checked_names
from polytope_engine.regions.exact_row import exact_row
from polytope_engine.regions.measurements import Measurements
from polytope_engine.regions.working_space import working_space

if TYPE_CHECKING:
    from polytope_engine.regions.region_set import RegionSet

ACCURACY = 1e-7


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
    checked_accuracy(accuracy)
    n_workers = checked_workers(n_workers)
    domain, meets = clipped(regions, checked_clip(regions.network, clip))
    n_domain_rows = 0 if regions.domain is None else regions.domain.n_rows
    n, network = len(regions), regions.network
    space = working_space(network, domain) if meets and network.n_neurons and n else None
    if space is None or space.dimension == 0:
        columns = _one_by_one(regions, chosen, domain, n_domain_rows, rule, exact=exact, meets=meets)
        return Measurements(columns, rule=rule, clip=clip, n_exact=n if meets else 0, accuracy=accuracy)
    task = Task(network, domain, n_domain_rows, space, chosen, rule, exact, accuracy)
    columns = task.empty_columns(n)

    def keep(rows: Rows, measured: Columns) -> None:
        for name, column in measured.items():
            columns[name][rows] = column

    walk = CellWalk(regions, task, _measure, keep, progress, n_workers)
    walk.walk()
    n_done = n if walk.done.all() else int(np.argmin(walk.done))
    return Measurements(
        {name: column[:n_done] for name, column in columns.items()},
        is_complete=n_done == n,
        n_exact=walk.n_exact,
        rule=rule,
        clip=clip,
        accuracy=accuracy,
    )


def _measure(measurer: CellMeasurer, _: Rows, cells: state.Cells) -> Columns:
    return measurer.measure(cells)


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


def checked_accuracy(accuracy: Any) -> None:
    """Refuse what is no relative error."""
    if isinstance(accuracy, bool) or not isinstance(accuracy, float | np.floating) or not 0 < accuracy < 1:
        raise InvalidArgumentError(
            f"`accuracy` is {accuracy!r}; it must be a relative error between 0 and 1, such as 1e-7.",
            accuracy=accuracy,
        )
