"""The figures of the study `estimators`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from polytope_engine.plotting.figure import new_page
from polytope_engine.plotting.study_figures.style import (
    StudyFigure,
    finish,
    legend_below,
    series,
    share_limits,
)
from polytope_engine.studies.estimators_findings import NAMES
from polytope_engine.studies.result import Row, StudyResult

_VALUES = (
    "unique_patterns",
    "grid",
    "inverse_volume",
    "chao1",
    "chao1_bias_corrected",
    "ace",
    "jackknife1",
    "jackknife2",
    "random_walk",
)
_INTERVALS = tuple(name for name in _VALUES if name not in ("unique_patterns", "grid"))
_TOPMOST = 4.0
_PLAIN = FuncFormatter(lambda value, _: f"{value:g}")


def draw_estimators(study: StudyResult) -> list[StudyFigure]:
    """Relative values, coverage of intervals, and the volume that was met."""
    return [_draw_values(study), _draw_intervals(study), _draw_covered(study)]


def _draw_values(study: StudyResult) -> StudyFigure:
    """Estimate / exact number against samples a region, a panel an estimator."""
    figure, panels = new_page(3, 3, (11.0, 9.6))
    for place, (name, axes) in enumerate(zip(_VALUES, panels, strict=True)):
        axes.axhline(1, color="#15191d", linewidth=0.9)
        for k, network in enumerate(study.tables["networks"]["network"]):
            rows = _rows(study, name, network)
            _mean_and_spread(axes, rows, k, network, is_line=name != "unique_patterns")
            if name == "unique_patterns":
                met = study.tables["patterns"].where(network=network)
                axes.plot(met["samples_per_region"], met["expected"], **_expectation(k))
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_ylim(top=_TOPMOST)
        axes.xaxis.set_major_formatter(_PLAIN)
        axes.yaxis.set_major_formatter(_PLAIN)
        finish(
            axes,
            _across(name) if place >= 6 or name == "grid" else "uniform points / region",
            "estimate / exact number" if place % 3 == 0 else "",
            NAMES[name],
            legend=False,
        )
    _level(panels)
    legend_below(figure, [panels[1]], n_columns=min(len(study.tables["networks"]), 6))
    caption = (
        f"Estimates of the number of regions divided by the exact number, for {_networks(study)}. Markers: means over "
        f"{study.settings['n_seeds']} seeds; shaded: from the 5 % to the 95 % quantile, cut at {_TOPMOST:g}; lines "
        "in the first panel: expectations from exact volumes. Infinite means are left out. A grid is not random; "
        "twenty steps of a walk lead from one of its samples to the next."
    )
    return StudyFigure("estimators_values", caption, figure)


def _draw_intervals(study: StudyResult) -> StudyFigure:
    """How many of the intervals contain the exact number, a panel an estimator."""
    figure, panels = new_page(3, 3, (11.0, 9.6))
    names = (*_INTERVALS, "good_turing_coverage")
    for place, (name, axes) in enumerate(zip(names, panels, strict=False)):
        axes.axhline(95, color="#15191d", linewidth=1.1, label="95 %")
        for k, network in enumerate(study.tables["networks"]["network"]):
            rows = _rows(study, name, network)
            axes.plot(
                [row["samples_per_region"] for row in rows],
                [100 * row["coverage"] for row in rows],
                **_thin(k, network),
            )
        axes.set_xscale("log")
        axes.set_ylim(-4, 104)
        axes.xaxis.set_major_formatter(_PLAIN)
        title = NAMES.get(name, "Good-Turing (of the covered volume)")
        finish(
            axes,
            _across(name),
            "intervals with exact value, %" if place % 3 == 0 else "",
            title,
            legend=False,
        )
    _level(panels[: len(names)])
    panels[-1].set_axis_off()
    handles, labels = panels[0].get_legend_handles_labels()
    panels[-1].legend(handles, labels, loc="center", frameon=False)
    caption = (
        f"How many of the 95 % intervals of {study.settings['n_seeds']} seeds contain the exact number of regions (for "
        "Good-Turing: the exact volume of the regions that were met), for the same networks; the line is at 95 %."
    )
    return StudyFigure("estimators_intervals", caption, figure)


def _draw_covered(study: StudyResult) -> StudyFigure:
    """The volume of regions that were met, and Good-Turing's estimate of it."""
    figure, (left, right) = new_page(1, 2, (11.0, 4.6))
    right.axhline(1, color="#15191d", linewidth=0.9)
    for k, network in enumerate(study.tables["networks"]["network"]):
        met = study.tables["patterns"].where(network=network)
        sizes = met["samples_per_region"]
        left.plot(sizes, met["expected_covered"], **_expectation(k))
        left.plot(sizes, met["covered"], **_thin(k, network) | {"linestyle": ""})
        _mean_and_spread(right, _rows(study, "good_turing_coverage", network), k, network)
    for axes in (left, right):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(_PLAIN)
    x = "uniform points / region"
    finish(left, x, "volume of regions met / volume of domain", "Covered volume", legend=False)
    finish(right, x, "Good-Turing coverage / covered volume", "Good-Turing coverage", legend=False)
    right.set_ylim(0, 2)
    legend_below(figure, [right], n_columns=min(len(study.tables["networks"]), 6))
    caption = (
        "Left: the share of the domain's volume that lies in regions met by the sample, means over "
        f"{study.settings['n_seeds']} seeds (markers) and their expectations from exact volumes (lines). Right: "
        "Good-Turing's estimate of that share divided by the share itself, means and 5 % to 95 % quantiles, cut at 2."
    )
    return StudyFigure("estimators_covered", caption, figure)


def _rows(study: StudyResult, name: str, network: str) -> list[Row]:
    return list(study.tables["estimates"].where(estimator=name, network=network))


def _thin(k: int, label: str | None) -> dict[str, Any]:
    return series(k, label=label, markersize=4, linewidth=1.0)


def _expectation(k: int) -> dict[str, Any]:
    """A line through markers of series k."""
    return _thin(k, None) | {"marker": "", "color": "#5b646c", "zorder": 1.9}


def _mean_and_spread(axes: Axes, rows: Sequence[Row], k: int, label: str, *, is_line: bool = True) -> None:
    """Means with markers, and what lies between the quantiles, shaded."""
    finite = [row for row in rows if math.isfinite(row["mean"])]
    style = _thin(k, label) if is_line else _thin(k, label) | {"linestyle": ""}
    axes.plot(
        [row["samples_per_region"] for row in finite], [min(row["mean"], _TOPMOST) for row in finite], **style
    )
    if any(row["n_seeds"] > 1 for row in rows):
        axes.fill_between(
            [row["samples_per_region"] for row in rows],
            [row["low"] for row in rows],
            [min(row["high"], _TOPMOST) for row in rows],
            color=style["color"],
            alpha=0.13,
            linewidth=0,
        )


def _across(name: str) -> str:
    if name == "grid":
        return "points of the grid / region"
    return "samples of the walk / region" if name == "random_walk" else "uniform points / region"


def _level(panels: Sequence[Axes]) -> None:
    """The same reach for all panels."""
    x = [axes.get_xlim() for axes in panels]
    share_limits(panels)
    for axes in panels:
        axes.set_xlim(min(low for low, _ in x), max(high for _, high in x))


def _networks(study: StudyResult) -> str:
    return ", ".join(f"{row['network']} ({row['n_regions']:,} regions)" for row in study.tables["networks"])
