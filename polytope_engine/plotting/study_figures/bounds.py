"""The figures of the study `bounds`."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from polytope_engine.plotting.figure import new_page
from polytope_engine.plotting.study_figures.style import StudyFigure, finish, legend_below, series
from polytope_engine.studies.result import Row, StudyResult, Table

# with sizes of markers that nest, for these bounds often agree
_UPPER = {
    "montufar_2014_upper": ("upper bound: 2^N", 5.0),
    "raghu_2017_upper": ("upper bound: Raghu 2017", 10.0),
    "montufar_2017_upper": ("upper bound: Montúfar 2017", 7.0),
    "serra_2018_upper": ("upper bound: Serra 2018", 3.5),
}
_ROOM = 1e4
_LARGEST = 10**300


def draw_bounds(study: StudyResult) -> list[StudyFigure]:
    """Numbers of regions beside their bounds, and beside N^d / d!."""
    return [_draw_bounds(study), _draw_growth(study)]


def _draw_bounds(study: StudyResult) -> StudyFigure:
    """A row a number of inputs, a column a depth (the least, a middle one, the largest)."""
    counts = study.tables["counts"]
    inputs, depths = counts.distinct("n_inputs"), sorted(counts.distinct("depth"))
    shown = sorted({depths[0], depths[len(depths) // 2], depths[-1]})
    figure, panels = new_page(len(inputs), len(shown), (1.5 + 3.3 * len(shown), 1.2 + 3.0 * len(inputs)))
    for place, axes in enumerate(panels):
        d, depth = inputs[place // len(shown)], shown[place % len(shown)]
        _draw_one(study, axes, d, depth)
        layers = "one layer" if depth == 1 else f"{depth} layers"
        x = "neurons N" if d == inputs[-1] else ""
        finish(axes, x, "regions" if depth == shown[0] else "", f"d = {d}, {layers}", legend=False)
    legend_below(figure, panels, n_columns=3)
    caption = (
        f"Regions of random networks with d inputs and N neurons ({_networks(study)}) in the cube [-1, 1]^d and in all "
        "of R^d: means, with the least and most. Beside them upper bounds from the widths, and the largest lower bound "
        "for the best network of the same widths; where lines coincide, bounds agree. Axes end "
        f"{_ROOM:,.0f} times above the largest count, where some bounds leave them."
    )
    return StudyFigure("bounds", caption, figure)


def _draw_one(study: StudyResult, axes: Axes, d: int, depth: int) -> None:
    counts = study.tables["counts"].where(n_inputs=d, depth=depth)
    bounds = study.tables["bounds"].where(n_inputs=d, depth=depth)
    for k, (name, (label, size)) in enumerate(_UPPER.items(), 1):
        known = _by_neurons(bounds.where(bound=name, domain="box"))
        axes.plot(
            [row["n_neurons"] for row in known],
            [float(min(row["least"], _LARGEST)) for row in known],
            **series(k, label=label, markersize=size, linewidth=1.1, markerfacecolor="none"),
        )
    lower = _best_lower(bounds)
    axes.plot(
        list(lower),
        list(lower.values()),
        **series(
            5, label="largest lower bound for the best network", marker="", linestyle=":", linewidth=1.6
        ),
    )
    for domain, label, marker, line in (
        ("everywhere", "exact, all of R^d", "X", (0, (5, 2))),
        ("box", "exact, cube [-1, 1]^d", "P", "-"),
    ):
        _draw_counts(axes, counts.where(domain=domain), label, marker, line)
    axes.set_xscale("log")
    axes.set_yscale("log")
    _plain_neurons(axes, counts.distinct("n_neurons"))
    axes.set_ylim(top=_ROOM * max(counts["most"]), bottom=0.5 * min(counts["least"]))


def _draw_counts(axes: Axes, counts: Table, label: str, marker: str, line: Any) -> None:
    rows = _by_neurons(counts)
    if not rows:
        return
    axes.errorbar(
        [row["n_neurons"] for row in rows],
        [row["mean"] for row in rows],
        yerr=[[row["mean"] - row["least"] for row in rows], [row["most"] - row["mean"] for row in rows]],
        color="#15191d" if marker == "P" else "#6d747b",
        marker=marker,
        markersize=6,
        linewidth=1.2,
        capsize=2,
        linestyle=line,
        label=label,
    )


def _best_lower(bounds: Table) -> dict[int, float]:
    """The largest lower bound by the number of neurons."""
    best: dict[int, float] = {}
    for row in _by_neurons(bounds.where(kind="lower")):
        best[row["n_neurons"]] = max(best.get(row["n_neurons"], 0.0), float(min(row["most"], _LARGEST)))
    return best


def _draw_growth(study: StudyResult) -> StudyFigure:
    """Means over N^d / d!: a row a domain, a column a number of inputs, a line a depth."""
    counts = study.tables["counts"]
    inputs, domains = counts.distinct("n_inputs"), counts.distinct("domain")
    size = (1.2 + 3.4 * len(inputs), 0.8 + 3.3 * len(domains))
    figure, panels = new_page(len(domains), len(inputs), size)
    for place, axes in enumerate(panels):
        domain, d = domains[place // len(inputs)], inputs[place % len(inputs)]
        _draw_ratios(axes, counts.where(domain=domain, n_inputs=d))
        _plain_neurons(axes, counts.distinct("n_neurons"))
        where = f"cube [-1, 1]^{d}" if domain == "box" else f"all of R^{d}"
        y = "mean regions / (N^d / d!)" if d == inputs[0] else ""
        finish(axes, "neurons N" if domain == domains[-1] else "", y, f"d = {d}, {where}", legend=place == 0)
    caption = (
        "The mean number of regions in the cube [-1, 1]^d and in all of R^d divided by N^d / d!, for random networks "
        f"with N neurons in layers of equal width ({_networks(study)}); bars: two standard errors either way. A "
        "horizontal line is growth like N^d; lines on top of each other would mean independence of depth."
    )
    return StudyFigure("bounds_growth", caption, figure)


def _draw_ratios(axes: Axes, counts: Table) -> None:
    for k, depth in enumerate(sorted(counts.distinct("depth"))):
        rows = _by_neurons(counts.where(depth=depth))
        axes.errorbar(
            [row["n_neurons"] for row in rows],
            [row["ratio"] for row in rows],
            yerr=[2 * (row["standard_error"] or 0.0) / row["natural"] for row in rows],
            capsize=2,
            **series(k, label="one layer" if depth == 1 else f"{depth} layers"),
        )
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)


def _by_neurons(rows: Table) -> list[Row]:
    return sorted(rows, key=lambda row: row["n_neurons"])


def _plain_neurons(axes: Axes, n_neurons: list[int]) -> None:
    axes.xaxis.set_major_locator(FixedLocator(sorted(n_neurons)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))


def _networks(study: StudyResult) -> str:
    settings = study.settings
    return (
        f"{settings['n_random']} of each architecture, normal weights of variance 2 / inputs of the layer, biases of "
        f"standard deviation {settings['bias_scale']:g}"
    )
