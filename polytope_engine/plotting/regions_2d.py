"""Pictures of the regions of a network with two inputs."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke
from matplotlib.tri import Triangulation

from polytope_engine.complexes.region_graph import RegionGraph
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.plotting.adjacency_2d import draw_adjacency
from polytope_engine.plotting.curves import bent_hyperplanes as hyperplane_curves
from polytope_engine.plotting.curves import level_set
from polytope_engine.plotting.figure import new_axes
from polytope_engine.plotting.palette import OUTPUT_COLORS, distinguishable_colors, line_style
from polytope_engine.plotting.polygons import FloatArray, Polygons, View, region_polygons
from polytope_engine.plotting.triangles import fans, halved_until
from polytope_engine.plotting.view import chosen_view, view_from_bounds
from polytope_engine.regions.region_set import RegionSet

Color = Literal["output", "random"]
Output = int | tuple[int, int]

_COLOR_STEPS = 24
_EQUALITY_WIDTH = 2.2
_BEYOND = 1 + 1e-6
_CALM_NUMBER = 250
_THINNEST = 0.3


def plot_regions(
    regions: RegionSet,
    ax: Axes | None = None,
    *,
    color: Color = "output",
    output: Output = 0,
    bounds: Any = None,
    bent_hyperplanes: bool = True,
    adjacency: bool | RegionGraph = False,
    legend: bool = True,
) -> Axes:
    """Draw the regions of a network with two inputs.

    Parameters
    ----------
    regions : RegionSet
        Regions of a network with two inputs.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default, which is ``ax.figure`` of the result.
    color : {"output", "random"}
        "output": by the value of the network's output, which is affine on each region. "random": at
        random, neighbors differently.
    output : int or pair of int
        Which output, counted from 0; a pair (i, j) means output i minus output j, for classifiers, and
        the curve where the two are equal is drawn too.
    bounds : pair (lower, upper), optional
        What part of the plane to show, each a number or two. By default the domain, or, where that is
        unbounded, a square around the points where facets meet.
    bent_hyperplanes : bool
        Whether to draw the bent hyperplane of each neuron, with a line style for each layer.
    adjacency : bool or RegionGraph
        Whether to draw the adjacency graph: a node in the middle of each region, or of what is visible of it, and an
        edge through each visible wall. The graph itself where it is known already.
    legend : bool
        Whether to explain the line styles.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidArgumentError
        If the network does not have two inputs, or an option is not what it must be.

    Notes
    -----
    The polygons are computed in floating point from the proven sign vectors. Regions that go on beyond
    the picture are clipped at its edge, and the caption says how many.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> ax = plot_regions(pe.enumerate_regions(net), bounds=(-1, 2))
    >>> ax.get_title(loc="left")
    '7 regions of a 2-3-1 network'
    >>> ax.figure.savefig("regions.png")                                 # doctest: +SKIP
    """
    _check_is_region_set(regions)
    check_options(regions.network, color, output)
    graph = _graph_of(regions, adjacency)
    view = chosen_view(regions) if bounds is None else view_from_bounds(bounds)
    # the facets of a domain that fills the view are drawn as the domain's, not as cuts
    polygons = region_polygons(regions, view.grown(_BEYOND) if bounds is None else view)
    axes = new_axes() if ax is None else ax
    if color == "output":
        _fill_by_output(axes, regions.network, polygons, output)
    else:
        _fill_at_random(axes, regions, polygons)
    handles = _draw_bent_hyperplanes(axes, regions, polygons, view) if bent_hyperplanes else []
    if color == "output" and isinstance(output, tuple) and len(output) == 2:
        handles += _draw_equality(axes, polygons, output, view)
    n_hidden = 0
    if graph is not None:
        handle, n_hidden = draw_adjacency(axes, graph.walls, polygons, view.size, _thinner(polygons))
        handles.append(handle)
    _dress(axes, view)
    handles = handles if legend else []
    n_columns = _n_legend_columns(axes)
    axes.set_title(_title(regions), loc="left", pad=8 + 16 * -(-len(handles) // n_columns))
    if handles:
        axes.legend(handles=handles, ncols=n_columns, **_LEGEND)
    _write_below(axes, _caption(regions, polygons, n_hidden))
    return axes


_INCHES_A_LEGEND_COLUMN = 1.45
_LEGEND: dict[str, Any] = {
    "loc": "lower left",
    "bbox_to_anchor": (0.0, 1.0),
    "borderaxespad": 0.2,
    "borderpad": 0.1,
    "frameon": False,
    "fontsize": "small",
    "handlelength": 3.4,
    "columnspacing": 1.6,
}


# -- the door -----------------------------------------------------------------------------------


def _check_is_region_set(regions: object) -> None:
    if not isinstance(regions, RegionSet):
        raise InvalidArgumentError(
            f"`regions` has type {type(regions).__name__}; it must be a RegionSet, as enumerate_regions returns."
        )


def _graph_of(regions: RegionSet, adjacency: object) -> RegionGraph | None:
    if isinstance(adjacency, RegionGraph):
        if adjacency.regions is regions:
            return adjacency
        raise InvalidArgumentError(
            "`adjacency` is a graph of other regions; pass `regions.graph()`, or True."
        )
    if not isinstance(adjacency, bool):
        raise InvalidArgumentError(
            f"`adjacency` has type {type(adjacency).__name__}; it must be True, False or a RegionGraph."
        )
    return regions.graph() if adjacency else None


def check_options(network: ReLUNetwork, color: object, output: object) -> None:
    """Refuse what could not be drawn, before regions are looked for.

    Raises
    ------
    InvalidArgumentError
        If the network does not have two inputs, or an option is not what it must be.
    """
    if network.input_dim != 2:
        raise _not_in_the_plane(network.input_dim)
    if color not in ("output", "random"):
        raise InvalidArgumentError(f"`color` is {color!r}; it must be 'output' or 'random'.", color=color)
    if color == "output":
        _check_output(network.output_dim, output)


def _not_in_the_plane(d: int) -> InvalidArgumentError:
    advice = (
        "add a second input of weight zero."
        if d == 1
        else f"choose a plane x = p + U t with U of shape ({d}, 2), and give the network with (W U, W p + b) in "
        "place of its first layer (W, b)."
    )
    inputs = f"{d} input{'' if d == 1 else 's'}"
    return InvalidArgumentError(
        f"The network has {inputs}, but only regions in the plane can be drawn; {advice}", input_dim=d
    )


def _check_output(n: int, output: object) -> None:
    if n == 0:
        raise InvalidArgumentError("The network has no output to color by; choose color 'random'.")
    chosen = output if isinstance(output, tuple) else (output,)
    are_numbers = all(isinstance(k, int | np.integer) and not isinstance(k, bool) for k in chosen)
    if len(chosen) in (1, 2) and are_numbers and all(0 <= k < n for k in chosen):
        return
    must = "it must be 0" if n == 1 else f"it must be an integer from 0 to {n - 1}, or a pair of them"
    raise InvalidArgumentError(
        f"`output` is {output!r}; the network has {n} output{'' if n == 1 else 's'}, so {must}.",
        output=output,
    )


# -- what is drawn ------------------------------------------------------------------------------


def _fill_by_output(axes: Axes, network: ReLUNetwork, polygons: Polygons, output: Output) -> None:
    rows = _output_rows(polygons, output)
    corners, values = fans(polygons, rows)
    if not len(values):
        return
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        middle = (low + high) / 2
        low, high = middle - 0.5, middle + 0.5
    corners, values = halved_until(corners, values, (high - low) / _COLOR_STEPS)
    flat = corners.reshape(-1, 2)
    mesh = Triangulation(flat[:, 0], flat[:, 1], np.arange(len(flat)).reshape(-1, 3))
    filled = axes.tripcolor(
        mesh,
        values.ravel(),
        shading="gouraud",
        cmap=OUTPUT_COLORS,
        vmin=low,
        vmax=high,
        zorder=1,
        rasterized=True,
    )
    figure = axes.get_figure()
    if figure is not None:
        bar = figure.colorbar(filled, ax=axes, shrink=0.85, aspect=28, pad=0.02)
        bar.set_label(_output_name(network, output))
        bar.outline.set_visible(False)


def _output_rows(polygons: Polygons, output: Output) -> FloatArray:
    if isinstance(output, tuple):
        first, *second = output
        rows: FloatArray = polygons.outputs[:, first].copy()
        for k in second:
            rows -= polygons.outputs[:, k]
        return rows
    chosen: FloatArray = polygons.outputs[:, output]
    return chosen


def _output_name(network: ReLUNetwork, output: Output) -> str:
    if isinstance(output, tuple):
        return " minus ".join(f"output {k}" for k in output)
    return "output" if network.output_dim == 1 else f"output {output}"


def _fill_at_random(axes: Axes, regions: RegionSet, polygons: Polygons) -> None:
    colors = distinguishable_colors(regions, polygons, seed=len(regions))
    visible = np.flatnonzero(polygons.is_visible)
    outlines = [polygons.corners[k, : polygons.n_corners[k]] for k in visible]
    axes.add_collection(
        PolyCollection(
            outlines, facecolors=colors[visible].tolist(), edgecolors="face", linewidths=0.4, zorder=1
        )
    )


def _draw_bent_hyperplanes(axes: Axes, regions: RegionSet, polygons: Polygons, view: View) -> list[Line2D]:
    network = regions.network
    curves = hyperplane_curves(
        polygons, regions.sign_vectors, view.size, is_complete=regions.status.is_complete
    )
    thinner = _thinner(polygons)
    handles = []
    for layer in reversed(range(network.n_hidden_layers)):
        style = line_style(layer)
        start = network.layer_offsets[layer]
        paths = [path for neuron in curves[start : start + network.hidden_widths[layer]] for path in neuron]
        label = f"bent hyperplanes of layer {layer}" if layer == 0 else f"of layer {layer}"
        if not paths:
            continue
        axes.add_collection(
            LineCollection(
                paths,
                colors=style.color,
                linewidths=style.width * thinner,
                linestyles=[style.dashes],
                capstyle="butt",
                joinstyle="round",
                label=label,
                zorder=3 - layer / 100,
            )
        )
        handles.append(
            Line2D([], [], color=style.color, linewidth=style.width, linestyle=style.dashes, label=label)
        )
    return handles[::-1]


def _thinner(polygons: Polygons) -> float:
    """Many regions, thin lines: as thin as the regions are small."""
    n_visible = int(np.count_nonzero(polygons.is_visible))
    return max(min(1.0, math.sqrt(_CALM_NUMBER / max(n_visible, 1))), _THINNEST)


def _draw_equality(axes: Axes, polygons: Polygons, output: tuple[int, int], view: View) -> list[Line2D]:
    """The curve where two outputs are equal, white with a dark rim."""
    paths = level_set(polygons, _output_rows(polygons, output), view.size)
    if not paths:
        return []
    label = f"output {output[0]} = output {output[1]}"
    rim = [Stroke(linewidth=_EQUALITY_WIDTH + 1.6, foreground="#101418"), Normal()]
    curve = LineCollection(
        paths,
        colors="white",
        linewidths=_EQUALITY_WIDTH,
        joinstyle="round",
        path_effects=rim,
        label=label,
        zorder=4,
    )
    axes.add_collection(curve)
    return [Line2D([], [], color="white", linewidth=_EQUALITY_WIDTH, path_effects=rim, label=label)]


# -- what is said -------------------------------------------------------------------------------


def _dress(axes: Axes, view: View) -> None:
    axes.set_xlim(view.lower[0], view.upper[0])
    axes.set_ylim(view.lower[1], view.upper[1])
    axes.set_aspect("equal")
    axes.set_xlabel("$x_1$")
    axes.set_ylabel("$x_2$", rotation=0)
    axes.tick_params(length=3, color="0.5")
    axes.spines[:].set_color("0.5")


def _n_legend_columns(axes: Axes) -> int:
    """As many columns as fit above the axes."""
    figure = axes.get_figure(root=True)
    dpi = 100.0 if figure is None else figure.dpi
    return max(1, min(3, int(axes.get_window_extent().width / dpi / _INCHES_A_LEGEND_COLUMN)))


def _title(regions: RegionSet) -> str:
    network = regions.network
    shape = "-".join(str(n) for n in (network.input_dim, *network.hidden_widths, network.output_dim))
    return f"{_counted(len(regions))} of a {shape} network"


def _counted(n: int) -> str:
    return f"{n:,} region{'' if n == 1 else 's'}"


def _caption(regions: RegionSet, polygons: Polygons, n_hidden_walls: int) -> str:
    """What the picture leaves out."""
    parts = []
    n_cut, n_hidden = int(polygons.is_cut_off.sum()), int((~polygons.is_visible).sum())
    if n_cut:
        parts.append(f"{_counted(n_cut)} {'goes' if n_cut == 1 else 'go'} on beyond this view")
    if n_hidden:
        verb = "lies" if n_hidden == 1 else "lie"
        parts.append(
            f"{n_hidden:,} {verb} outside it" if n_cut else f"{_counted(n_hidden)} {verb} outside this view"
        )
    sentences = [", ".join(parts)] if parts else []
    if n_hidden_walls:
        walls = "1 wall lies" if n_hidden_walls == 1 else f"{n_hidden_walls:,} walls lie"
        sentences.append(f"{walls} outside it, though the regions on both sides are seen")
    if not regions.status.is_complete:
        sentences.append("incomplete: regions are missing where it is blank")
    return "\n".join(sentences)


def _write_below(axes: Axes, caption: str) -> None:
    """Small print under the axis label."""
    if caption:
        axes.annotate(
            caption,
            (0.0, 0.0),
            (0, -34),
            xycoords="axes fraction",
            textcoords="offset points",
            verticalalignment="top",
            fontsize="small",
            color="0.3",
        )
