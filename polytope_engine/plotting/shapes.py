"""Histograms of the shapes of all regions: simplices, facets, degrees, inscribed balls, angles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from polytope_engine.complexes.region_graph import RegionGraph
from polytope_engine.plotting.figure import new_axes, new_page
from polytope_engine.plotting.palette import line_style
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions import statistics
from polytope_engine.regions.measurements import Measurements
from polytope_engine.regions.region_set import RegionSet
from polytope_engine.regions.statistics import FacetStatistics, Inradii, NormalAngles, SimplicesHistogram

FloatArray = NDArray[np.float64]
Progress = Callable[[int, float], None]

_SIZE = (6.4, 4.4)
_PAGE = (11.0, 8.2)
_DARK, _RED, _VIOLET = (line_style(k) for k in range(3))
_FILLED: dict[str, Any] = {"facecolor": "#b5c9dd", "edgecolor": _DARK.color, "linewidth": 0.8}
_HATCHED: dict[str, Any] = {
    "facecolor": "none",
    "edgecolor": _RED.color,
    "linewidth": 1.6,
    "linestyle": _RED.dashes,
    "hatch": "////",
}
_N_RADIUS_BINS = 30
_MOST_BARS = 60
# Height of a line of a legend, as a share of that of the data, with which these figures stay clear of it.
_LEGEND_LINE = 0.085


def plot_simplices(
    regions: RegionSet | SimplicesHistogram,
    ax: Axes | None = None,
    *,
    rule: str = "pulling",
    clip: HPolytope | None = None,
) -> Axes:
    """Draw how many simplices the triangulated regions have; see `statistics.simplices_histogram`.

    Parameters
    ----------
    regions : RegionSet or SimplicesHistogram
        Regions of a network; or the histogram, where it is made already (then `rule` and `clip` are its own).
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default, which is ``ax.figure`` of the result.
    rule : {"pulling", "delaunay"}
        How regions are triangulated.
    clip : HPolytope, optional
        Cut every region to this first.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> ax = plot_simplices(pe.enumerate_regions(net), clip=pe.box(-1, 2, dimension=2))
    >>> ax.get_xlabel()
    'simplices of a region (pulling triangulation)'
    """
    if isinstance(regions, SimplicesHistogram):
        histogram = regions
    else:
        histogram = statistics.simplices_histogram(regions, rule, clip)
    axes = new_axes(_SIZE) if ax is None else ax
    width = _bars(axes, histogram.counts, label=None, **_FILLED)
    if histogram.mean is not None:
        _upright(axes, float(histogram.mean), f"mean, {_number(histogram.mean)}", _DARK)
        _legend(axes)
    rule_name = "Delaunay" if histogram.rule == "delaunay" else histogram.rule
    per_bar = f", {width} numbers a bar" if width > 1 else ""
    _dress(axes, f"simplices of a region ({rule_name} triangulation{per_bar})", "share of regions (%)")
    notes = [f"{_counted(histogram.n_bounded)}"]
    if histogram.clip is not None:
        notes.append("cut to the clip")
    if histogram.n_unbounded:
        notes.append(f"{histogram.n_unbounded:,} unbounded left out")
    _title(axes, "Simplices", notes, is_complete=histogram.is_complete)
    return axes


def plot_facets(
    regions: RegionSet | FacetStatistics, ax: Axes | None = None, *, clip: HPolytope | None = None
) -> Axes:
    """Draw how many facets the regions have, the mean and 2d; see `statistics.facets_per_region`.

    Bars are walls, the facets that two regions share; where the domain or the clip has a boundary, a hatched
    outline shows all facets.

    Parameters
    ----------
    regions : RegionSet or FacetStatistics
        Regions of a network; or the statistics, where they are made already.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    clip : HPolytope, optional
        Cut every region to this first.

    Returns
    -------
    matplotlib Axes
    """
    facets = regions if isinstance(regions, FacetStatistics) else statistics.facets_per_region(regions, clip)
    axes = new_axes(_SIZE) if ax is None else ax
    _bars(axes, facets.wall_counts, label="walls to other regions", **_FILLED)
    if facets.n_domain_facets:
        _bars(axes, facets.counts, label="all facets", zorder=3, **_HATCHED)
    if facets.mean_neuron_facets is not None:
        mean = facets.mean_neuron_facets
        _upright(axes, float(mean), f"mean number of walls, {_number(mean)}", _DARK)
    d = facets.dimension
    _upright(axes, facets.twice_dimension, f"2d = {facets.twice_dimension} (d = {d})", _VIOLET)
    _dress(axes, "facets of a region", "share of regions (%)")
    _legend(axes)
    _title(axes, "Facets", [_counted(facets.n_regions)], is_complete=facets.is_complete)
    return axes


def plot_degrees(graph: RegionGraph, ax: Axes | None = None) -> Axes:
    """Draw how many walls the regions have, the mean and 2d; of an incomplete set, those between its own regions.

    Parameters
    ----------
    graph : RegionGraph
        The graph of regions.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Axes
    """
    regions, degrees = graph.regions, graph.degrees
    axes = new_axes(_SIZE) if ax is None else ax
    numbers, counts = np.unique(degrees, return_counts=True)
    _bars(axes, dict(zip(numbers.tolist(), counts.tolist(), strict=True)), label=None, **_FILLED)
    if len(degrees):
        _upright(axes, degrees.mean(), f"mean, {_number(degrees.mean())}", _DARK)
    d = regions.network.input_dim
    _upright(axes, 2 * d, f"2d = {2 * d} (d = {d})", _VIOLET)
    _dress(axes, "walls of a region, its degree in the adjacency graph", "share of regions (%)")
    _legend(axes)
    _title(axes, "Degrees", [_counted(len(regions))], is_complete=regions.status.is_complete)
    return axes


def plot_inradii(
    regions: RegionSet | Inradii,
    ax: Axes | None = None,
    *,
    points: Any = None,
    clip: HPolytope | None = None,
) -> Axes:
    """Draw how large the largest balls inside regions are, on a log axis; see `statistics.inradii`.

    Parameters
    ----------
    regions : RegionSet or Inradii
        Regions of a network; or the radii, where they are measured already.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    points : array_like, shape (n_points, d), optional
        Data points, whose regions are drawn beside all.
    clip : HPolytope, optional
        Cut every region to this first.

    Returns
    -------
    matplotlib Axes
    """
    balls = regions if isinstance(regions, Inradii) else statistics.inradii(regions, points, clip)
    axes = new_axes(_SIZE) if ax is None else ax
    finite = balls.radii[np.isfinite(balls.radii) & (balls.radii > 0)]
    if len(finite):
        low, high = np.log10(finite.min()), np.log10(finite.max())
        margin = max(0.02 * (high - low), 0.05)
        edges = np.logspace(low - margin, high + margin, _N_RADIUS_BINS + 1)
        axes.set_xscale("log")
        _steps(axes, edges, balls.radii, f"all regions ({len(balls.radii):,})", _FILLED)
        if balls.at_points is not None and len(balls.at_points):
            label = f"regions of data points ({len(balls.at_points):,})"
            _steps(axes, edges, balls.at_points, label, {**_HATCHED, "zorder": 3})
        of_what = "the finite radii" if balls.n_infinite else "all regions"
        _upright(axes, float(np.median(finite)), f"median of {of_what}, {np.median(finite):.3g}", _DARK)
        _legend(axes)
    _dress(axes, "Chebyshev radius of a region (units of the input)", "share (%)")
    notes = [_counted(len(balls.radii))]
    if balls.n_infinite:
        notes.append(f"{balls.n_infinite:,} of infinite radius not shown")
    _title(axes, "Largest inscribed balls", notes, is_complete=balls.is_complete)
    return axes


def plot_normal_angles(
    regions: RegionSet | NormalAngles,
    ax: Axes | None = None,
    *,
    n_bins: int = 20,
    clip: HPolytope | None = None,
    n_sampled: int | None = None,
    seed: int = 0,
) -> Axes:
    """Draw the angles between facets of one region, within and across layers; see `statistics.normal_angles`.

    The dotted curve is the density for independent random directions in R^d.

    Parameters
    ----------
    regions : RegionSet or NormalAngles
        Regions of a network; or the angles, where they are collected already.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    n_bins, clip, n_sampled, seed
        As in `statistics.normal_angles`.

    Returns
    -------
    matplotlib Axes
    """
    if isinstance(regions, NormalAngles):
        angles = regions
    else:
        angles = statistics.normal_angles(regions, n_bins, clip, n_sampled=n_sampled, seed=seed)
    axes = new_axes(_SIZE) if ax is None else ax
    widths = np.diff(angles.edges)
    tops = [0.0]
    for label, counts, style in (
        ("facets of one layer", angles.within.sum(axis=0), _FILLED),
        ("facets of two layers", angles.across, {**_HATCHED, "zorder": 3}),
    ):
        n = int(counts.sum())
        if n:
            density = counts / (n * widths)
            axes.stairs(density, angles.edges, label=f"{label} ({n:,} pairs)", fill=True, **style)
            tops.append(float(density.max()))
    if angles.dimension > 1:
        t = np.linspace(0.0, 1.0, 401)[:-1]
        density = statistics.random_direction_density(angles.dimension, t)
        axes.plot(
            t, density, color=_DARK.color, linewidth=2.0, linestyle=(0, (1, 1.2)), label="random directions"
        )
        tops.append(float(density[0]))
    axes.set_ylim(0, max(tops) or 1.0)
    axes.set_xlim(0, 1)
    _dress(axes, "|cos| of the angle between normals (0: orthogonal, 1: parallel)", "density")
    _legend(axes)
    notes = [_counted(angles.n_looked_at)]
    if angles.clip is not None:
        notes.append("cut to the clip")
    if angles.n_looked_at < angles.n_regions:
        notes.append(f"drawn from {angles.n_regions:,}")
    _title(axes, "Angles between facets", notes, is_complete=angles.is_complete)
    return axes


def plot_shapes(
    regions: RegionSet,
    *,
    points: Any = None,
    rule: str = "pulling",
    clip: HPolytope | None = None,
    n_sampled: int | None = None,
    seed: int = 0,
    measurements: Measurements | None = None,
    angles: NormalAngles | None = None,
    progress: Progress | None = None,
) -> Figure:
    """Draw the four statistics of shape on one page: simplices, facets, inscribed balls, angles.

    Parameters
    ----------
    regions : RegionSet
        Regions of a network.
    points : array_like, shape (n_points, d), optional
        Data points, whose regions' inscribed balls are drawn beside all.
    rule : {"pulling", "delaunay"}
        How regions are triangulated.
    clip : HPolytope, optional
        Cut every region to this first.
    n_sampled, seed
        Angles are those of so many regions, drawn at random; all by default.
    measurements : Measurements, optional
        Columns `n_facets`, `n_neuron_facets`, `n_simplices` and `chebyshev_radius`, measured already with the
        same rule and clip.
    angles : NormalAngles, optional
        The angles, where they are collected already.
    progress : callable, optional
        Called while measuring, as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    matplotlib Figure

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> figure = plot_shapes(pe.enumerate_regions(net, pe.box(-1, 2, dimension=2)))
    >>> [ax.get_title(loc="left").split(":")[0] for ax in figure.axes]
    ['Simplices', 'Facets', 'Largest inscribed balls', 'Angles between facets']
    >>> figure.savefig("shapes.png")                                     # doctest: +SKIP
    """
    columns = measurements
    if columns is None:
        names = ("n_facets", "n_neuron_facets", "n_simplices", "chebyshev_radius")
        columns = regions.measure(*names, rule=rule, clip=clip, progress=progress)
    if angles is None:
        angles = statistics.normal_angles(regions, clip=columns.clip, n_sampled=n_sampled, seed=seed)
    figure, (first, second, third, fourth) = new_page(2, 2, _PAGE)
    plot_simplices(statistics.simplices_histogram(regions, columns.rule, measurements=columns), first)
    plot_facets(statistics.facets_per_region(regions, measurements=columns), second)
    plot_inradii(statistics.inradii(regions, points, measurements=columns), third)
    plot_normal_angles(angles, fourth)
    return figure


# -- parts --------------------------------------------------------------------------------------


def _bars(axes: Axes, counts: dict[int, int], label: str | None, **style: Any) -> int:
    """A bar at each number, in percent; many numbers share bars. Returns how many numbers a bar stands for."""
    if not counts:
        return 1
    numbers, n = np.array(list(counts)), np.array(list(counts.values()))
    width = max(1, -(-(int(numbers[-1]) - int(numbers[0]) + 1) // _MOST_BARS))
    edges = np.arange(numbers[0], numbers[-1] + width + 1, width) - 0.5
    heights, _ = np.histogram(numbers, edges, weights=100 * n / n.sum())
    shown = heights > 0
    axes.bar(edges[:-1][shown] + width / 2, heights[shown], width=0.84 * width, label=label, **style)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return width


def _steps(axes: Axes, edges: FloatArray, values: FloatArray, label: str, style: dict[str, Any]) -> None:
    """A histogram in percent of all values, of those within the edges."""
    heights, _ = np.histogram(values[np.isfinite(values)], edges)
    axes.stairs(100 * heights / len(values), edges, label=label, fill=True, **style)


def _upright(axes: Axes, at: float, label: str, style: Any) -> None:
    """A line up to where the data end, which are drawn before."""
    top = axes.get_ylim()[1]
    axes.plot(
        [at, at], [0, top], color=style.color, linewidth=2.0, linestyle=style.dashes, label=label, zorder=4
    )
    axes.set_ylim(0, top)


def _legend(axes: Axes) -> None:
    """A legend above the data."""
    _, top = axes.get_ylim()
    n_lines = len(axes.get_legend_handles_labels()[0])
    axes.set_ylim(0, top * (1.02 + _LEGEND_LINE * n_lines))
    axes.legend(loc="upper left", fontsize="small", frameon=False, handlelength=2.6)


def _dress(axes: Axes, horizontal: str, vertical: str) -> None:
    axes.set_xlabel(horizontal)
    axes.set_ylabel(vertical)
    axes.tick_params(length=3, color="0.5")
    axes.spines[["left", "bottom"]].set_color("0.5")
    axes.spines[["top", "right"]].set_visible(False)


def _title(axes: Axes, name: str, notes: list[str], *, is_complete: bool) -> None:
    notes = notes if is_complete else [*notes, "incomplete"]
    axes.set_title(f"{name}: {', '.join(notes)}", loc="left", fontsize="medium")


def _counted(n: int) -> str:
    return f"{n:,} region{'' if n == 1 else 's'}"


def _number(value: Any) -> str:
    """A mean in five digits."""
    return f"{float(value):.5g}"
