"""What the figures of studies share: series that color, marker and dashes tell apart, in grey, too."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from polytope_engine.plotting.palette import line_style
from polytope_engine.studies.means import standard_error

_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")


@dataclass(frozen=True)
class StudyFigure:
    """A figure, with the name of its file and the caption below it.

    Attributes
    ----------
    name : str
        Without suffix.
    caption : str
        What is drawn, in a sentence or two.
    figure : matplotlib Figure
    """

    name: str
    caption: str
    figure: Figure


def series(k: int, **changes: Any) -> dict[str, Any]:
    """Options of `Axes.plot` for series k: its color, dashes and marker.

    Examples
    --------
    >>> series(0)["marker"], series(1, marker="")["marker"]
    ('o', '')
    """
    style = line_style(k)
    return {
        "color": style.color,
        "linestyle": style.dashes,
        "linewidth": 1.4,
        "marker": _MARKERS[k % len(_MARKERS)],
        "markersize": 5,
        "markerfacecolor": "white" if k % 2 else style.color,
        **changes,
    }


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """The mean and its standard error, 0 for a single value.

    Examples
    --------
    >>> mean_and_error([1.0, 3.0]), mean_and_error([5.0])
    ((2.0, 1.0), (5.0, 0.0))
    """
    return statistics.fmean(values), standard_error(values) or 0.0


def finish(axes: Axes, x: str, y: str, title: str = "", *, legend: bool = True) -> None:
    """Label axes, with a title, a legend and light lines."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if title:
        axes.set_title(title, fontsize="medium")
    axes.grid(visible=True, which="major", color="#d5d9dd", linewidth=0.6)
    axes.set_axisbelow(True)
    if legend:
        axes.legend(frameon=False, fontsize="small")


def share_limits(panels: Sequence[Axes]) -> None:
    """Give all panels the limits of y that hold what each shows, so that they can be compared."""
    limits = [axes.get_ylim() for axes in panels]
    for axes in panels:
        axes.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))


def legend_below(figure: Figure, panels: Sequence[Axes], *, n_columns: int | None = None) -> None:
    """One legend for all panels, below them; each label once."""
    shown: dict[str, Any] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            shown.setdefault(label, handle)
    columns = n_columns or max(1, min(4, len(shown), int(figure.get_figwidth() / 2.6)))
    figure.legend(
        list(shown.values()),
        list(shown),
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        fontsize="small",
        handlelength=3.2,
    )
