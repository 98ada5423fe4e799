"""The figures of the study `linear_regions`."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from polytope_engine.plotting.figure import new_page
from polytope_engine.plotting.study_figures.style import (
    StudyFigure,
    finish,
    legend_below,
    mean_and_error,
    series,
)
from polytope_engine.studies.result import Row, StudyResult, Table

_DEFINITIONS = {
    "n_open": "R4 / R2, open connected",
    "n_closed": "R5 / R2, closed connected",
    "n_affine": "R6 / R2, maps",
}
_SIZE = (12.4, 4.6)


def draw_linear_regions(study: StudyResult) -> list[StudyFigure]:
    """Draw how many regions remain by each definition, and where layers are inactive, and decisions."""
    return [_merged(study), _inactive(study)]


def _merged(study: StudyResult) -> StudyFigure:
    random, chosen = study.tables["random"], study.settings
    width, narrow = chosen["width"], chosen["narrow"]
    figure, (first, second, third) = new_page(1, 3, _SIZE)
    _ratios(first, random.where(varied="last width"), "last_width")
    finish(
        first,
        "neurons of the last hidden layer",
        "share of the activation regions",
        "two hidden layers",
        legend=False,
    )
    _ratios(second, random.where(varied="depth"), "depth")
    finish(second, "hidden layers", "", f"layers of {narrow} neurons", legend=False)
    for axes in (first, second):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _ratios(third, study.tables["quantized"], "q")
    third.set_xscale("log", base=2)
    third.xaxis.set_major_formatter(lambda q, _: f"1/{q:g}")
    finish(third, "weights are multiples of", "", "rounded weights", legend=False)
    for axes in (first, second, third):
        axes.set_ylim(-0.03, 1.04)
    legend_below(figure, [first])
    caption = (
        "Linear regions by three definitions over activation regions (R2), of random networks with "
        f"{chosen['n_inputs']} inputs and one output in the cube [-1, 1]^{chosen['n_inputs']}: means over "
        f"{chosen['n_random']} draws; bars are standard errors of R4 / R2. Left: a layer of {width} neurons and then "
        f"the last. Middle: equal layers. Right: two layers of {width} neurons, weights rounded. Where R4 = R5 = R6, "
        "the markers lie on each other."
    )
    return StudyFigure("linear_regions", caption, figure)


def _ratios(axes: Axes, table: Table, column: str) -> None:
    values = sorted(table.distinct(column))
    sizes, marks = (9, 6, 3.5), ("white", "white", None)
    for k, (name, label) in enumerate(_DEFINITIONS.items()):
        ratios = [
            [float(row[name] / row["n_regions"]) for row in table.where(**{column: value})]
            for value in values
        ]
        style = series(k, label=label, markersize=sizes[k])
        if marks[k]:
            style["markerfacecolor"] = marks[k]
        else:
            style["markerfacecolor"] = style["color"]
        _means(axes, values, ratios, style, bars=k == 0)


def _means(
    axes: Axes, x: list[float], samples: list[list[float]], style: dict[str, object], *, bars: bool
) -> None:
    means, errors = zip(*map(mean_and_error, samples), strict=True)
    axes.errorbar(x, means, yerr=errors if bars else None, capsize=2, elinewidth=0.9, **style)  # type: ignore[arg-type]


def _inactive(study: StudyResult) -> StudyFigure:
    random, outputs = study.tables["random"].where(varied="last width"), study.tables["outputs"]
    figure, (first, second) = new_page(1, 2, (10.4, 4.6))
    widths = sorted(random.distinct("last_width"))

    def drawn(value: Callable[[Row], float]) -> list[list[float]]:
        return [[value(row) for row in random.where(last_width=width)] for width in widths]

    _means(
        first, widths, drawn(lambda row: row["inactive_volume"]), series(0, label="of the volume"), bars=True
    )
    _means(
        first, widths, drawn(lambda row: row["n_inactive"] / row["n_regions"]), series(1, label="of the regions (R2)"),
        bars=True,
    )  # fmt: skip
    means = [random.where(last_width=width)["inactive_volume_mean"][0] for width in widths]
    first.plot(widths, means, **series(2, label="of the volume, mean over all weights", marker=""))
    first.xaxis.set_major_locator(MaxNLocator(integer=True))
    finish(first, "neurons of the last hidden layer", "share with an inactive layer", "why regions merge")

    table = outputs.where(network="random")
    numbers = sorted(table.distinct("n_outputs"))
    for k, (column, label) in enumerate(
        {
            "n_cut": "regions, cut where outputs tie",
            "n_open": "linear regions (R4), all outputs",
            "n_open_first": "linear regions (R4), one output",
            "n_open_argmax": "connected sets (R4) of the argmax",
            "n_affine_argmax": "classes that are the argmax somewhere",
        }.items()
    ):
        samples = [[float(n) for n in table.where(n_outputs=m)[column]] for m in numbers]
        _means(second, numbers, samples, series(k, label=label), bars=True)
    second.set_yscale("log")
    second.xaxis.set_major_locator(MaxNLocator(integer=True))
    finish(second, "outputs", "number", "maps and decisions", legend=False)
    second.legend(frameon=False, fontsize="small", loc="center right")
    width = study.settings["width"]
    caption = (
        "Left: where all neurons of a hidden layer are inactive, and the network is constant; random networks as in "
        "the left panel above, and the mean 1 - (1 - 2^-n_1)(1 - 2^-n_2) of the volume. Right: two hidden layers of "
        f"{width} neurons with several outputs. Means of "
        f"{study.settings['n_random']} draws; bars are standard errors."
    )
    return StudyFigure("inactive_layers_and_decisions", caption, figure)
