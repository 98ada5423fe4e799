"""The figure of the study `depth`."""

from __future__ import annotations

import statistics

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from polytope_engine.plotting.figure import new_page
from polytope_engine.plotting.study_figures.style import (
    StudyFigure,
    finish,
    legend_below,
    series,
    share_limits,
)
from polytope_engine.studies.result import StudyResult


def draw_depth(study: StudyResult) -> list[StudyFigure]:
    """For each width a panel: regions against depth, by construction, at random, and the bounds."""
    widths = study.tables["random"].distinct("width")
    figure, panels = new_page(1, len(widths), (1.2 + 3.9 * len(widths), 5.0))
    for width, axes in zip(widths, panels, strict=True):
        _draw_width(study, width, axes)
    share_limits(panels)
    legend_below(figure, panels)
    d = study.settings["n_inputs"]
    caption = (
        f"Regions of networks with {d} inputs and as many neurons in all at each depth. Lines: the constructions and "
        "one layer in general position, counted exactly; lines without markers: bounds for the best network of these "
        f"widths; grey: means of {study.settings['n_random']} random networks in the cube [-1, 1]^{d}, with bars from "
        "their least to their most regions."
    )
    return [StudyFigure("depth", caption, figure)]


def _draw_width(study: StudyResult, width: int, axes: Axes) -> None:
    made = study.tables["constructions"].where(width=width)
    depths = made["depth"]
    axes.plot(
        depths,
        made["serra_2018_upper"],
        **series(3, label="upper bound (Serra 2018)", marker="", linestyle=":"),
    )
    if made["zigzag"][-1] is not None:
        axes.plot(depths, made["zigzag"], **series(0, label="deep: zigzags"))
    axes.plot(depths, made["folded"], **series(1, label="deep: folded cube"))
    axes.plot(
        depths,
        made["pascanu_2013_lower"],
        **series(5, label="lower bound (Pascanu 2013)", marker=""),
    )
    axes.plot(depths, made["shallow"], **series(2, label="one layer, general position"))
    for shape, marker, shift in (("deep", "P", 0.04), ("shallow", "X", -0.04)):
        counts = [
            study.tables["random"].where(width=width, depth=depth, shape=shape)["n_regions"]
            for depth in depths
        ]
        drawn = [k for k, numbers in enumerate(counts) if numbers]
        means = [statistics.fmean(counts[k]) for k in drawn]
        reach = (
            [mean - min(counts[k]) for k, mean in zip(drawn, means, strict=True)],
            [max(counts[k]) - mean for k, mean in zip(drawn, means, strict=True)],
        )
        axes.errorbar(
            [depths[k] + shift for k in drawn],
            means,
            yerr=reach,
            color="#6d747b",
            marker=marker,
            markersize=6,
            linewidth=0.9,
            capsize=2,
            linestyle="-" if shape == "deep" else (0, (5, 2)),
            label=f"random, {'deep' if shape == 'deep' else 'one layer'}",
        )
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    finish(axes, f"hidden layers of {width} neurons", "regions", f"width {width}", legend=False)
