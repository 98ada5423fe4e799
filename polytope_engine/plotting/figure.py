"""New figures that need no global state, show themselves in notebooks, and can be saved."""

from __future__ import annotations

import io

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


class NotebookFigure(Figure):
    """A figure that a notebook shows when it is the value of a cell."""

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.savefig(file, format="png", dpi=150, bbox_inches="tight")
        return file.getvalue()


def new_axes(size: tuple[float, float] = (7.2, 6.4)) -> Axes:
    """Axes that fill a new figure of a size in inches."""
    figure = NotebookFigure(figsize=size, layout="compressed")
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def new_space(size: tuple[float, float] = (7.2, 6.4)) -> Axes:
    """Axes with three dimensions that fill a new figure of a size in inches."""
    figure = NotebookFigure(figsize=size, layout="compressed")
    FigureCanvasAgg(figure)
    axes: Axes = figure.add_subplot(projection="3d")
    return axes


def new_page(n_rows: int, n_columns: int, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """Return a new figure of a size in inches, and its axes row by row."""
    figure = NotebookFigure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(n_rows, n_columns, squeeze=False).ravel())
