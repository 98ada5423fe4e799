"""The columns that a statistic rests on: given, or measured now."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.polytope.triangulation import RULES
from polytope_engine.regions.measurements import Measurements
from polytope_engine.regions.region_set import RegionSet

Progress = Callable[[int, float], None]


def measured(
    regions: RegionSet,
    names: Sequence[str],
    rule: str | None,
    clip: HPolytope | None,
    measurements: Measurements | None,
    progress: Progress | None,
) -> Measurements:
    """The columns of these names, measured now if they are not given."""
    if not isinstance(regions, RegionSet):
        raise InvalidArgumentError(
            f"`regions` has type {type(regions).__name__}; it must be a RegionSet, as enumerate_regions returns."
        )
    if measurements is None:
        return regions.measure(*names, clip=clip, rule=rule or RULES[0], progress=progress)
    missing = [name for name in names if name not in measurements]
    if missing:
        raise InvalidArgumentError(
            f"`measurements` lack the column {missing[0]}; measure it as well: regions.measure({missing[0]!r}, ...)."
        )
    if rule is not None and measurements.rule != rule:
        raise InvalidArgumentError(
            f"`rule` is {rule!r}, but `measurements` were made with {measurements.rule!r}; pass the same."
        )
    if clip is not None and (measurements.clip is None or measurements.clip.exact_rows != clip.exact_rows):
        raise InvalidArgumentError("`clip` is not that of `measurements`; pass the same, or none.")
    if measurements.n_regions != len(regions) and (
        measurements.is_complete or measurements.n_regions > len(regions)
    ):
        raise InvalidArgumentError(
            f"`measurements` have {measurements.n_regions} rows, but `regions` has {len(regions)} regions; "
            "measure these regions."
        )
    return measurements


def meets_clip(columns: Measurements) -> NDArray[np.bool_]:
    """Which regions meet the interior of the clip; what is cut to a clip has facets."""
    meets: NDArray[np.bool_] = np.ones(columns.n_regions, dtype=np.bool_)
    if columns.clip is not None:
        meets &= columns["n_facets"] > 0
    return meets


def are_complete(regions: RegionSet, columns: Measurements) -> bool:
    """Whether no region is missing, and every one was measured."""
    return regions.status.is_complete and columns.is_complete
