"""The figures of the study `simplices`."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from polytope_engine.plotting.figure import new_page
from polytope_engine.plotting.study_figures.style import StudyFigure, finish, legend_below, series
from polytope_engine.studies.result import StudyResult, Table
from polytope_engine.studies.simplices_findings import counted

_BARS: dict[str, dict[str, Any]] = {
    "initial": {"facecolor": "#b5c9dd", "edgecolor": "#101418", "linewidth": 0.8},
    "trained": {"facecolor": "none", "edgecolor": "#b3122a", "linewidth": 1.5, "hatch": "////"},
}
_ROWS = {
    "simplices, pulling": "simplices of a region (pulling)",
    "simplices, Delaunay": "simplices of a region (Delaunay)",
    "facets in the cube": "facets of a region in the cube",
    "walls in R^d": "facets of a region in R^d",
}
_LABELS = {"initial": "before training", "trained": "after training"}
_SHOWN = 0.99
_MOST_BARS = 26


def draw_simplices(study: StudyResult) -> list[StudyFigure]:
    """Draw histograms of simplices and facets, and averages of facets against 2d."""
    return [_histograms(study), _averages(study)]


def _histograms(study: StudyResult) -> StudyFigure:
    table = study.tables["histograms"]
    dimensions = table.distinct("n_inputs")
    figure, panels = new_page(len(_ROWS), len(dimensions), (1.0 + 3.8 * len(dimensions), 11.2))
    for k, (of, label) in enumerate(_ROWS.items()):
        for j, d in enumerate(dimensions):
            axes = panels[k * len(dimensions) + j]
            step = _draw_bars(axes, table.where(n_inputs=d), of, None if "simplices" in of else 2 * d)
            finish(
                axes,
                label + (f", {step} numbers a bar" if step > 1 else ""),
                "" if j else "regions (%)",
                "" if k else f"d = {d}",
                legend=False,
            )
            axes.grid(visible=False, axis="x")
    legend_below(figure, panels)
    chosen = study.settings
    hidden = "-".join(map(str, chosen["hidden"]))
    caption = (
        f"Simplices and facets of regions, before training and after {chosen['n_steps']:,} steps of Adam: all regions "
        f"of {chosen['n_networks']} networks d-{hidden}-2 for each d. In the upper three rows regions are cut to the "
        "cube [-1, 1]^d, and its boundary counts as facets; flat simplices do not count. In the last row facets are "
        "the walls in all of R^d. The largest numbers, of 1% of the regions, are left out. Dotted lines: 2d."
    )
    return StudyFigure("histograms", caption, figure)


def _draw_bars(axes: Axes, table: Table, of: str, twice: int | None) -> int:
    """Bars before and after; how many numbers a bar stands for."""
    counts = {state: counted(table, of, state) for state in table.distinct("state")}
    least = min(min(numbers) for numbers in counts.values())
    most = max(_nearly_all(numbers) for numbers in counts.values())
    step = -(-(most - least + 1) // _MOST_BARS)
    edges = np.arange(least, most + step + 1, step) - 0.5
    for state, numbers in counts.items():
        heights, _ = np.histogram(list(numbers), edges, weights=list(numbers.values()))
        shares = 100 * heights / numbers.total()
        axes.bar(edges[:-1] + step / 2, shares, width=0.86 * step, label=_LABELS[state], **_BARS[state])
    axes.set_xlim(edges[0] - 0.1 * step, edges[-1] + 0.1 * step)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if twice is not None:
        axes.axvline(twice, color="#6b2fa0", linestyle=(0, (1.3, 1.2)), linewidth=2.2, label="2d")
    return int(step)


def _nearly_all(counts: Counter[int]) -> int:
    """The number that 99% of the regions do not exceed."""
    below = 0
    for number in sorted(counts):
        below += counts[number]
        if below >= _SHOWN * counts.total():
            return number
    return 0


def _averages(study: StudyResult) -> StudyFigure:
    one, networks, special = (study.tables[name] for name in ("one_layer", "networks", "special"))
    figure, (axes, deep, names) = new_page(1, 3, (14.0, 4.7))
    for k, d in enumerate(one.distinct("n_inputs")):
        rows = one.where(n_inputs=d)
        share = [row["mean_walls_float"] / row["twice_dimension"] for row in rows]
        axes.plot(rows["n_neurons"], share, **series(k, label=f"d = {d}"))
    axes.axhline(1, color="#101418", linewidth=1.0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    finish(axes, "hidden neurons", "average facets in R^d / 2d", "one hidden layer")
    _draw_deep(deep, networks)
    _draw_special(names, special)
    hidden = "-".join(map(str, study.settings["hidden"]))
    caption = (
        "The average number of facets of a region in all of R^d, over 2d. Left: random networks with one hidden layer, "
        f"for which it is at most 1 by a theorem. Middle: networks d-{hidden}-2, before and after training. Right: "
        "networks of the library, whole and without the last neuron of the last layer; above the line 2d is exceeded."
    )
    return StudyFigure("average_facets", caption, figure)


def _draw_deep(axes: Axes, networks: Table) -> None:
    """Every network before and after, joined by a line."""
    dimensions = networks.distinct("n_inputs")
    for place, d in enumerate(dimensions):
        for k, seed in enumerate(networks.distinct("seed")):
            rows = networks.where(n_inputs=d, seed=seed)
            share = [row["mean_walls_float"] / row["twice_dimension"] for row in rows]
            places = [place - 0.18, place + 0.18][: len(share)]
            axes.plot(places, share, color="#9aa1a8", linewidth=0.8, zorder=1)
            for state, label, at, y in zip((0, 1), _LABELS.values(), places, share, strict=False):
                style = series(1 - state, linestyle="none", label=label if place == k == 0 else None)
                axes.plot(at, y, **style)
    axes.axhline(1, color="#101418", linewidth=1.0)
    axes.set_xticks(range(len(dimensions)), [f"d = {d}" for d in dimensions])
    finish(axes, "inputs", "", "trained networks")
    axes.legend(frameon=False, fontsize="small", loc="lower left")


def _draw_special(axes: Axes, special: Table) -> None:
    places = range(len(special))
    after = [row["mean_walls_float"] / row["twice_dimension"] for row in special]
    before = [float(Fraction(row["mean_walls_before"])) / row["twice_dimension"] for row in special]
    axes.plot(places, before, **series(1, linestyle="none", label="without the last neuron", markersize=7))
    axes.plot(places, after, **series(0, linestyle="none", label="whole", markersize=6))
    for k, row in enumerate(special):
        axes.annotate(
            row["mean_walls"], (k, after[k]), xytext=(8, 3), textcoords="offset points", fontsize="small"
        )
    axes.axhline(1, color="#101418", linewidth=1.0)
    labels = [f"{row['network'].split('(')[0].replace('_', ' ')}\n{row['widths']}" for row in special]
    axes.set_xticks(list(places), labels, fontsize="x-small")
    axes.set_xlim(-0.5, len(special) - 0.3)
    finish(axes, "network", "", "networks of the library")
    axes.legend(frameon=False, fontsize="small", loc="lower left")
