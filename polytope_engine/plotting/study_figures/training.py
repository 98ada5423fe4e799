"""The figures of the study `training`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from polytope_engine.plotting.figure import new_page
from polytope_engine.plotting.regions_2d import plot_regions
from polytope_engine.plotting.study_figures.style import (
    StudyFigure,
    finish,
    mean_and_error,
    series,
    share_limits,
)
from polytope_engine.regions.enumeration import enumerate_regions
from polytope_engine.studies.data_sets import moons_domain
from polytope_engine.studies.result import StudyResult, Table
from polytope_engine.studies.training_loop import in_words
from polytope_engine.studies.written_networks import network_of_rows

_SIZES = (
    ("n_regions", "regions"),
    ("inradius_median", "median inradius"),
    ("inradius_of_data", "median inradius,\nregions of data"),
    ("density", "crossings per\nunit length"),
)
_PLACES = (
    ("crossed_share", "share of regions\non the boundary"),
    ("concentration", "wall density at the\nboundary / in the box"),
    ("mean_cosine", "mean |cos|\nof normals"),
    ("test_accuracy", "test accuracy"),
)


def draw_training(study: StudyResult) -> list[StudyFigure]:
    """Statistics against steps, a row of panels for each and a column for each optimizer; and pictures of regions."""
    settings = study.settings
    means = (
        f"Means over {settings['n_seeds']} networks of {_widths(settings)} hidden neurons, with the standard error as "
        f"a bar, along their training on {settings['n_points']} points of two moons, by optimizer (columns) and "
        "regularizer (lines). Regions are activation regions (R2) in the box [-2, 2] x [-1.25, 1.25]"
    )
    sizes = f"{means}; crossings are those along segments between data points."
    places = (
        f"{means}; those on the boundary are crossed by the decision boundary. Above the dotted line walls are denser "
        "near the decision boundary than in the box. Before training some networks have no such boundary."
    )
    return [
        StudyFigure("training_sizes", sizes, _curves(study, _SIZES)),
        StudyFigure("training_places", places, _curves(study, _PLACES)),
        _pictures(study),
    ]


def _curves(study: StudyResult, statistics: Sequence[tuple[str, str]]) -> Figure:
    rows = study.tables["training"]
    optimizers = rows.distinct("optimizer")
    n = len(optimizers)
    figure, panels = new_page(len(statistics), n, (1.6 + 3.0 * n, 0.9 + 2.0 * len(statistics)))
    for k, (column, words) in enumerate(statistics):
        row_of_panels = panels[k * n : (k + 1) * n]
        is_last = k == len(statistics) - 1
        for optimizer, axes in zip(optimizers, row_of_panels, strict=True):
            is_first = axes is row_of_panels[0]
            _draw_curves(axes, rows.where(optimizer=optimizer), column)
            title = str(optimizer) if k == 0 else ""
            finish(axes, "step" if is_last else "", words if is_first else "", title, legend=False)
            axes.tick_params(labelbottom=is_last, labelleft=is_first)
            if column == "concentration":
                axes.axhline(1.0, color="#6d747b", linewidth=0.9, linestyle=":")
        share_limits(row_of_panels)
        for axes in row_of_panels:
            axes.set_xlim(-0.25, len(rows.distinct("step")) - 0.75)
    figure.align_ylabels()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(handles), frameon=False)
    return figure


def _draw_curves(axes: Axes, rows: Table, column: str) -> None:
    steps = rows.distinct("step")
    for k, regularizer in enumerate(rows.distinct("regularizer")):
        means, errors, at = [], [], []
        for place, step in enumerate(steps):
            values = [v for v in rows.where(regularizer=regularizer, step=step)[column] if v is not None]
            if values:
                mean, error = mean_and_error(values)
                means.append(mean)
                errors.append(error)
                at.append(place)
        axes.errorbar(
            at,
            means,
            yerr=errors,
            capsize=2,
            elinewidth=0.8,
            **series(k, label=in_words(regularizer), markersize=4),
        )
    axes.set_xticks(range(len(steps)), [f"{step:,}" for step in steps], rotation=45, fontsize="small")


def _pictures(study: StudyResult) -> StudyFigure:
    """One network at the first, a middle and the last step, then the other regularizers at the last step."""
    rows = study.tables["pictured"]
    first, *others = rows.distinct("regularizer")
    steps = rows.where(regularizer=first).distinct("step")
    shown = [(first, step) for step in dict.fromkeys((steps[0], steps[len(steps) // 2], steps[-1]))]
    shown += [(other, steps[-1]) for other in others if len(rows.where(regularizer=other, step=steps[-1]))]
    n_columns = min(3, len(shown))
    n_rows = -(-len(shown) // n_columns)
    figure, panels = new_page(n_rows, n_columns, (4.1 * n_columns, 2.95 * n_rows))
    for axes, (regularizer, step) in zip(panels, shown, strict=False):
        _draw_regions(axes, rows.where(regularizer=regularizer, step=step), regularizer, step)
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    n_steps = sum(regularizer == first for regularizer, _ in shown)
    at = "at the only step" if n_steps == 1 else f"at {'two' if n_steps == 2 else 'three'} steps"
    caption = (
        f"Activation regions of networks trained with {study.settings['optimizers'][0]}, all from the same first "
        f"weights (seed {study.settings['seed']}), colored by the first score minus the second (darker: larger; "
        "each panel has its own scale), with the bent hyperplanes of the first layer (solid) and deeper ones (dashed), "
        "and the decision boundary (white): "
        f"{in_words(first)} {at}" + ("; then the other regularizers at the last step." if others else ".")
    )
    return StudyFigure("training_regions", caption, figure)


def _draw_regions(axes: Axes, rows: Table, regularizer: str, step: int) -> None:
    regions = enumerate_regions(network_of_rows(rows), moons_domain())
    plot_regions(regions, axes, output=(0, 1), legend=False)
    for filled in axes.collections:
        if filled.colorbar is not None:
            filled.colorbar.remove()
    for text in [*axes.texts]:
        text.remove()
    axes.set_title("", loc="left")
    axes.set_title(f"{in_words(regularizer)}, step {step:,}: {len(regions)} regions", fontsize="medium")


def _widths(settings: Mapping[str, Any]) -> str:
    return " + ".join(map(str, settings["hidden"]))
