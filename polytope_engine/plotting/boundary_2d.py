"""Decision boundaries and level sets over the regions of a network with two inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import Normal, Stroke

from polytope_engine.complexes.boundary import Boundary
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.plotting.figure import new_axes
from polytope_engine.plotting.palette import CLASS_COLORS
from polytope_engine.plotting.piece_paths import paths, touching_points
from polytope_engine.plotting.polygons import FloatArray, Polygons, View, region_polygons
from polytope_engine.plotting.regions_2d import plot_regions
from polytope_engine.plotting.view import chosen_view, view_from_bounds
from polytope_engine.regions.region_set import RegionSet

_DASHES: tuple[Any, ...] = ("solid", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (2.6, 1.3)))
_WIDTH = 2.0
_INK = "#101418"
_WALLS = "#55606a"
_BEYOND = 1 + 1e-6
_LEGEND: dict[str, Any] = {
    "loc": "lower left",
    "bbox_to_anchor": (0.0, 1.0),
    "borderaxespad": 0.2,
    "borderpad": 0.1,
    "frameon": False,
    "fontsize": "small",
    "handlelength": 3.0,
    "columnspacing": 1.6,
}
_LEGEND_COLUMNS = 3


def plot_boundary(
    boundaries: Boundary | Sequence[Boundary],
    ax: Axes | None = None,
    *,
    bounds: Any = None,
    walls: bool = True,
    legend: bool = True,
) -> Axes:
    """Draw a decision boundary, or one or several level sets of an output, over the regions.

    Parameters
    ----------
    boundaries : Boundary or sequence of Boundary
        A decision boundary, or level sets of one output, of a network with two inputs.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default, which is ``ax.figure`` of the result.
    bounds : pair (lower, upper), optional
        What part of the plane to show, each a number or two; see `plot_regions`.
    walls : bool
        Whether to draw the walls between regions.
    legend : bool
        Whether to say what is what.

    Returns
    -------
    matplotlib Axes
        Classes, or the output, are shown in color.

    Raises
    ------
    InvalidArgumentError
        If the network does not have two inputs, or the boundaries are not of one region set and kind.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> W = [[1, 0], [-1, 0], [0, 1], [0, -1]]
    >>> regions = pe.enumerate_regions(pe.ReLUNetwork([(W, [0] * 4), ([[1] * 4], [0])]))
    >>> ax = plot_boundary([regions.level_set(value) for value in (0.5, 1)], bounds=(-2, 2))
    >>> ax.get_title(loc="left")
    '2 level sets of output 0: 8 pieces'
    """
    chosen = _checked(boundaries)
    regions = chosen[0].regions
    view = chosen_view(regions) if bounds is None else view_from_bounds(bounds)
    axes = new_axes() if ax is None else ax
    polygons = region_polygons(regions, view.grown(_BEYOND) if bounds is None else view)
    handles: list[Any] = []
    output = chosen[0].output
    if output is None:
        handles += _fill_classes(axes, regions, polygons)
        _dress(axes, view)
    else:
        plot_regions(
            regions,
            axes,
            output=output,
            bounds=(view.lower, view.upper),
            bent_hyperplanes=False,
            legend=False,
        )
    if walls:
        handles += _draw_walls(axes, polygons)
    for k, boundary in enumerate(chosen):
        handles += _draw_pieces(axes, boundary, view, _DASHES[k % len(_DASHES)])
    _say(axes, chosen, handles if legend else [])
    return axes


def _checked(boundaries: Boundary | Sequence[Boundary]) -> list[Boundary]:
    chosen = [boundaries] if isinstance(boundaries, Boundary) else list(boundaries)
    if not chosen or not all(isinstance(boundary, Boundary) for boundary in chosen):
        raise InvalidArgumentError(
            "`boundaries` must be a Boundary or a sequence of them, as decision_boundary and level_set return."
        )
    first = chosen[0]
    if first.dimension != 2:
        advice = "; use plot_surface." if first.dimension == 3 else "."
        raise InvalidArgumentError(
            f"The network has {first.dimension} input{'' if first.dimension == 1 else 's'}, but only boundaries in the "
            f"plane can be drawn over regions{advice}",
            input_dim=first.dimension,
        )
    if any(boundary.regions is not first.regions or boundary.output != first.output for boundary in chosen):
        raise InvalidArgumentError(
            "`boundaries` are of different region sets, outputs or kinds; draw level sets of one output together, "
            "and each decision boundary by itself."
        )
    return chosen


# -- classes --------------------------------------------------------------------------------------


def _fill_classes(axes: Axes, regions: RegionSet, polygons: Polygons) -> list[Patch]:
    """Color where each class wins, in floating point; a legend entry for each that does."""
    n = regions.network.output_dim
    areas: list[list[FloatArray]] = [[] for _ in range(n)]
    for index in np.flatnonzero(polygons.is_visible).tolist():
        corners = polygons.corners[index, : polygons.n_corners[index]]
        rows = polygons.outputs[index]
        at_corners = corners @ rows[:, :2].T + rows[:, 2]
        candidates = np.flatnonzero((at_corners >= at_corners.max(axis=1, keepdims=True)).any(axis=0))
        likely = range(n) if len(candidates) > 1 else candidates.tolist()
        for k in likely:
            part = corners
            for other in likely:
                if other != k:
                    part = _clipped(part, rows[k] - rows[other])
            if len(part) > 2:
                areas[k].append(part)
    for k, parts in enumerate(areas):
        color = CLASS_COLORS[k % len(CLASS_COLORS)]
        axes.add_collection(
            PolyCollection(
                parts, facecolors=color, edgecolors=color, linewidths=0.3, zorder=1, label=f"class {k}"
            )
        )
    return [
        Patch(
            facecolor=CLASS_COLORS[k % len(CLASS_COLORS)], edgecolor="0.5", linewidth=0.5, label=f"class {k}"
        )
        for k, parts in enumerate(areas)
        if parts
    ]


def _clipped(corners: FloatArray, row: FloatArray) -> FloatArray:
    """The part of a convex polygon where an affine function is not negative."""
    if not len(corners):
        return corners
    values = corners @ row[:2] + row[2]
    kept: list[FloatArray] = []
    for k in range(len(corners)):
        here, there = values[k - 1], values[k]
        if (here < 0) != (there < 0):
            share = here / (here - there)
            kept.append(corners[k - 1] + share * (corners[k] - corners[k - 1]))
        if there >= 0:
            kept.append(corners[k])
    return np.array(kept).reshape(-1, 2)


# -- lines ----------------------------------------------------------------------------------------


def _draw_walls(axes: Axes, polygons: Polygons) -> list[Line2D]:
    visible = np.flatnonzero(polygons.is_visible)
    outlines = [polygons.corners[k, : polygons.n_corners[k]] for k in visible]
    width = min(0.8, max(0.25, 8 / max(len(visible), 1) ** 0.5))
    axes.add_collection(
        PolyCollection(
            outlines, facecolors="none", edgecolors=_WALLS, linewidths=width, zorder=2, label="walls"
        )
    )
    return [Line2D([], [], color=_WALLS, linewidth=0.8, label="walls between regions")]


def _draw_pieces(axes: Axes, boundary: Boundary, view: View, dashes: Any) -> list[Line2D]:
    label = boundary.title if boundary.value is not None else "decision boundary"
    halo = [Stroke(linewidth=_WIDTH + 2.2, foreground="white"), Normal()]
    style: dict[str, Any] = {"linewidth": _WIDTH, "linestyle": dashes, "path_effects": halo}
    curves = paths(boundary, view.lower, view.upper)
    axes.add_collection(
        LineCollection(
            curves,
            colors=_INK,
            linewidths=_WIDTH,
            linestyles=[dashes],
            path_effects=halo,
            label=label,
            zorder=4,
        )
    )
    points = touching_points(boundary)
    if len(points):
        axes.plot(*points.T, linestyle="none", marker="o", markersize=5, color=_INK, zorder=5, clip_on=True)
    return [Line2D([], [], color=_INK, label=label, **style)]


# -- what is said ---------------------------------------------------------------------------------


def _dress(axes: Axes, view: View) -> None:
    axes.set_xlim(view.lower[0], view.upper[0])
    axes.set_ylim(view.lower[1], view.upper[1])
    axes.set_aspect("equal")
    axes.set_xlabel("$x_1$")
    axes.set_ylabel("$x_2$", rotation=0)
    axes.tick_params(length=3, color="0.5")
    axes.spines[:].set_color("0.5")


def _say(axes: Axes, chosen: Sequence[Boundary], handles: Sequence[Any]) -> None:
    n = sum(map(len, chosen))
    pieces = f"{n:,} piece{'' if n == 1 else 's'}"
    first = chosen[0]
    if first.value is None:
        title = f"Decision boundary of {first.regions.network.output_dim} classes: {pieces}"
    elif len(chosen) == 1:
        title = f"Level set, {first.title}: {pieces}"
    else:
        title = f"{len(chosen)} level sets of output {first.output}: {pieces}"
    axes.set_title(title, loc="left", pad=8 + 16 * -(-len(handles) // _LEGEND_COLUMNS))
    if handles:
        axes.legend(handles=list(handles), ncols=_LEGEND_COLUMNS, **_LEGEND)
    for text in list(axes.texts):
        text.remove()  # the caption of the picture below speaks of regions
    messages = [boundary.message for boundary in chosen if boundary.message]
    if messages:
        axes.annotate(
            messages[0],
            (0.0, 0.0),
            (0, -34),
            xycoords="axes fraction",
            textcoords="offset points",
            verticalalignment="top",
            fontsize="small",
            color="0.3",
        )
