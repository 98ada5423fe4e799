"""The figure of the study `density`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator

from polytope_engine.plotting.figure import new_page
from polytope_engine.plotting.study_figures.style import StudyFigure, finish, mean_and_error, series
from polytope_engine.studies.density_findings import first_that_interpolates
from polytope_engine.studies.result import StudyResult, Table


def draw_density(study: StudyResult) -> list[StudyFigure]:
    """Error, density, variation and deviation against width."""
    rows = study.tables["density"]
    figure, (errors, crossings, up_and_down, apart) = new_page(2, 2, (10.4, 7.6))
    nets = rows.where(images="train")
    _draw(errors, nets, "train_error", series(0, label="train (some classes are wrong)"))
    _draw(errors, nets, "test_error", series(1, label="test (all classes are right)"))
    for k, images in enumerate(rows.distinct("images")):
        around, words = rows.where(images=images), f"around {images} images"
        _draw(crossings, around, "density", series(k, label=words))
        _draw(up_and_down, around, "total_variation", series(k, label=words))
        _draw(apart, around, "deviation", series(k, label=f"{words}, exact"))
        _draw(apart, around, "released_deviation", series(k + 2, label=f"{words}, released bound"))
    wide = first_that_interpolates(nets)
    for axes, words, is_log in (
        (errors, "error (share of images)", False),
        (crossings, "crossings per unit length", True),
        (up_and_down, "total variation per unit length", False),
        (apart, "deviation from chord per unit length", True),
    ):
        has_numbers = any(bool(np.any(np.asarray(line.get_ydata()) > 0)) for line in axes.lines)
        _dress(axes, nets.distinct("width"), wide, is_log=is_log and has_numbers)
        finish(axes, _neurons(study.settings), words)
    return [StudyFigure("density", _caption(study.settings, wide), figure)]


def _draw(axes: Axes, rows: Table, column: str, style: dict[str, Any]) -> None:
    widths = rows.distinct("width")
    found = [mean_and_error(rows.where(width=width)[column]) for width in widths]
    means, errors = zip(*found, strict=True)
    axes.errorbar(widths, means, yerr=errors, capsize=2, elinewidth=0.8, **style)


def _dress(axes: Axes, widths: list[int], wide: int | None, *, is_log: bool) -> None:
    axes.set_xscale("log")
    axes.set_xticks(widths, [str(width) for width in widths], rotation=45)
    if is_log:
        axes.set_yscale("log", nonpositive="clip")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        axes.set_ylim(bottom=0)
    axes.minorticks_off()
    if wide is not None:
        axes.axvline(wide, color="#6d747b", linewidth=0.9, linestyle=":")


def _neurons(settings: Mapping[str, Any]) -> str:
    n = settings["n_layers"]
    return "neurons of the hidden layer" if n == 1 else f"neurons of each of {n} hidden layers"


def _caption(settings: Mapping[str, Any], wide: int | None) -> str:
    line = "" if wide is None else " From the dotted line on the mean train error is at most 1%."
    return (
        f"Networks trained on {settings['n_points']} handwritten digits (8 x 8 pixels), {settings['label_noise']:.0%} "
        f"of them with a wrong class: means over {settings['n_seeds']} networks of each width, with the standard error "
        f"as a bar. Paths go around {settings['n_paths']} images that were trained on, and as many others, through the "
        f"image moved by one pixel in eight directions.{line}"
    )
