"""Surfaces in space: decision boundaries and level sets of networks with three inputs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import LightSource, to_rgb
from matplotlib.patches import Patch
from mpl_toolkits.mplot3d.art3d import Poly3DCollection
from numpy.typing import NDArray

from polytope_engine.complexes.boundary import Boundary
from polytope_engine.errors import InvalidArgumentError, MissingDependencyError
from polytope_engine.plotting.figure import new_space
from polytope_engine.plotting.palette import SURFACE_COLORS
from polytope_engine.polytope.boxes import box
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.archive import write_whole

FloatArray = NDArray[np.float64]
_LIGHT = LightSource(azdeg=300, altdeg=50)
_MARGIN = 1.3


def plot_surface(
    boundary: Boundary, ax: Any = None, *, edges: bool = True, legend: bool = True, bounds: Any = None
) -> Any:
    """Draw a boundary in space with matplotlib.

    Parameters
    ----------
    boundary : Boundary
        Of a network with three inputs.
    ax : matplotlib 3-D Axes, optional
        Where to draw; a new figure by default, which is ``ax.figure`` of the result.
    edges : bool
        Whether to draw the edges of the polygons.
    legend : bool
        Whether to say which colors stand for which pair of classes, where there is more than one.
    bounds : pair (lower, upper), optional
        Cut everything to this box, each bound a number or three. By default unbounded pieces are cut to a box
        around all vertices.

    Returns
    -------
    matplotlib 3-D Axes

    Raises
    ------
    InvalidArgumentError
        If the network does not have three inputs, or the axes are flat.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> import numpy as np
    >>> net = pe.ReLUNetwork([(np.vstack([np.eye(3), -np.eye(3)]), np.zeros(6)), (np.ones((1, 6)), [0])])
    >>> ax = plot_surface(pe.enumerate_regions(net).level_set(1))
    >>> ax.get_title(loc="left")
    'Level set, output 0 = 1: 8 pieces'
    """
    _check_in_space(boundary)
    axes: Any = new_space() if ax is None else ax
    if not hasattr(axes, "set_zlim"):
        raise InvalidArgumentError('`ax` is flat; pass axes made with projection="3d".')
    polygons, classes = visible_polygons(boundary, bounds)
    pairs = sorted(set(classes))
    handles = []
    for k, pair in enumerate(pairs):
        color = SURFACE_COLORS[k % len(SURFACE_COLORS)]
        part = [polygon for polygon, own in zip(polygons, classes, strict=True) if own == pair]
        axes.add_collection3d(
            Poly3DCollection(
                part,
                facecolors=_shaded(part, color),
                edgecolors=(0.06, 0.08, 0.1, 0.55) if edges else "face",
                linewidths=_line_width(len(polygons)) if edges else 0.2,
            )
        )
        handles.append(
            Patch(facecolor=color, edgecolor="0.3", label=f"between class {pair[0]} and class {pair[1]}")
        )
    _dress(axes, polygons)
    axes.set_title(surface_title(boundary), loc="left")
    if legend and boundary.value is None and len(pairs) > 1:
        axes.legend(handles=handles, loc="upper left", frameon=False, fontsize="small")
    return axes


def surface_title(boundary: Boundary) -> str:
    """What the picture shows, in a line."""
    n = len(boundary)
    what = "Level set, " + boundary.title if boundary.value is not None else boundary.title.capitalize()
    return f"{what}: {n:,} piece{'' if n == 1 else 's'}"


def visible_polygons(
    boundary: Boundary, bounds: Any = None
) -> tuple[list[FloatArray], list[tuple[int, int]]]:
    """The polygons of a boundary in space, cut to a box if need be, and the classes that tie on each.

    Raises
    ------
    InvalidArgumentError
        If `bounds` makes no box.
    """
    classes = [(low, high) for low, high in boundary.classes.tolist()]
    if bounds is None and boundary.is_bounded.all():
        return [boundary.vertices(piece) for piece in range(len(boundary))], classes
    view = _view(boundary) if bounds is None else _box_of(bounds)
    polygons, kept = [], []
    for piece, pair in enumerate(classes):
        corners = boundary.piece(piece).intersection(view).vertices()
        if len(corners) > 2:
            polygons.append(_around(corners))
            kept.append(pair)
    return polygons, kept


def _view(boundary: Boundary) -> HPolytope:
    """A cube around all vertices."""
    numbers = boundary.complex.vertices_of(range(len(boundary.complex.generators)))
    reach = _MARGIN * float(np.abs(boundary.complex.float_points(numbers)).max(initial=0.0)) or 1.0
    return box(-reach, reach, dimension=3)


def _box_of(bounds: Any) -> HPolytope:
    try:
        lower, upper = (np.broadcast_to(np.asarray(side, dtype=np.float64), (3,)) for side in bounds)
    except (TypeError, ValueError) as failure:
        raise InvalidArgumentError(
            f"`bounds` is {bounds!r}; it must be a pair (lower, upper), each a finite number or three of them.",
            bounds=bounds,
        ) from failure
    return box(lower, upper)


def _around(corners: FloatArray) -> FloatArray:
    """The corners of a flat convex polygon in their order around it."""
    middle = corners - corners.mean(axis=0)
    _, _, axes = np.linalg.svd(middle)
    flat = middle @ axes[:2].T
    return corners[np.argsort(np.arctan2(flat[:, 1], flat[:, 0]))]


def _check_in_space(boundary: object) -> None:
    if not isinstance(boundary, Boundary):
        raise InvalidArgumentError(
            f"`boundary` has type {type(boundary).__name__}; it must be a Boundary, as decision_boundary and level_set "
            "return."
        )
    d = boundary.dimension
    if d != 3:
        advice = "; use plot_boundary." if d == 2 else "."
        raise InvalidArgumentError(
            f"The network has {d} input{'' if d == 1 else 's'}, but a surface is drawn in the space of three{advice}",
            input_dim=d,
        )


def _shaded(polygons: Sequence[FloatArray], color: str) -> FloatArray:
    """The color of each polygon in the light: by its normal, whichever way that points."""
    base = np.array(to_rgb(color))
    normals = np.array([_normal(polygon) for polygon in polygons]).reshape(-1, 3)
    share = 0.55 + 0.45 * np.abs(normals @ _LIGHT.direction)
    shaded: FloatArray = np.clip(base * share[:, np.newaxis], 0, 1)
    return shaded


def _normal(polygon: FloatArray) -> FloatArray:
    """The unit normal of a flat polygon; of one too small for that, any."""
    total = np.cross(polygon[1:-1] - polygon[0], polygon[2:] - polygon[0]).sum(axis=0)
    length = np.linalg.norm(total)
    normal: FloatArray = total / length if length > 0 else np.array([0.0, 0.0, 1.0])
    return normal


def _line_width(n: int) -> float:
    return float(np.clip(12 / max(n, 1) ** 0.5, 0.2, 0.9))


def _dress(axes: Any, polygons: Sequence[FloatArray]) -> None:
    corners = np.vstack(polygons) if polygons else np.array([[-1.0] * 3, [1.0] * 3])
    lower, upper = corners.min(axis=0), corners.max(axis=0)
    spread = np.maximum(upper - lower, 0.05 * max(float((upper - lower).max()), 1e-12))
    middle = (lower + upper) / 2
    for name, center, width in zip("xyz", middle, spread, strict=True):
        getattr(axes, f"set_{name}lim")(center - 0.53 * width, center + 0.53 * width)
    axes.set_box_aspect(spread / spread.max(), zoom=0.95)
    axes.view_init(elev=36, azim=-58)
    axes.set_xlabel("$x_1$", labelpad=8)
    axes.set_ylabel("$x_2$", labelpad=8)
    axes.set_zlabel("$x_3$")
    axes.tick_params(labelsize="small")
    axes.locator_params(nbins=5)


# -- plotly ---------------------------------------------------------------------------------------


def plotly_surface(boundary: Boundary, *, edges: bool = True, bounds: Any = None) -> Any:
    """Return a boundary in space as a plotly figure, to be turned around with the mouse.

    Parameters
    ----------
    boundary, edges, bounds
        As in `plot_surface`.

    Raises
    ------
    InvalidArgumentError
        If the network does not have three inputs.
    MissingDependencyError
        If plotly is not installed.
    """
    _check_in_space(boundary)
    graphs = _plotly()
    polygons, classes = visible_polygons(boundary, bounds)
    figure = graphs.Figure()
    for k, pair in enumerate(sorted(set(classes))):
        part = [polygon for polygon, own in zip(polygons, classes, strict=True) if own == pair]
        name = (
            boundary.title if boundary.value is not None else f"between class {pair[0]} and class {pair[1]}"
        )
        figure.add_trace(_mesh(graphs, part, SURFACE_COLORS[k % len(SURFACE_COLORS)], name))
    if edges and polygons:
        figure.add_trace(_outlines(graphs, polygons))
    axes = {f"{name}axis": {"title": {"text": f"x<sub>{k}</sub>"}} for k, name in enumerate("xyz", start=1)}
    figure.update_layout(title=surface_title(boundary), scene={**axes, "aspectmode": "data"})
    return figure


def save_html(
    boundary: Boundary, path: str | os.PathLike[str], *, edges: bool = True, bounds: Any = None
) -> None:
    """Write `plotly_surface` as one `.html` file that needs no network.

    Raises
    ------
    InvalidArgumentError
        If the network does not have three inputs, the name does not end in .html, or the file cannot be written.
    MissingDependencyError, MissingFileError
        If plotly is not installed, or the folder does not exist.
    """
    target = Path(path)
    if target.suffix.lower() != ".html":
        raise InvalidArgumentError(f"`path` is {target.name!r}, but must end in .html.", path=target)
    text = plotly_surface(boundary, edges=edges, bounds=bounds).to_html(include_plotlyjs=True)
    write_whole(target, lambda file: file.write(text.encode("utf-8")))


def _plotly() -> Any:
    try:
        from plotly import graph_objects
    except ImportError as failure:
        raise MissingDependencyError(
            "A surface as .html needs plotly; install it with: pip install 'polytope_engine[plotly]'"
        ) from failure
    return graph_objects


def _mesh(graphs: Any, polygons: Sequence[FloatArray], color: str, name: str) -> Any:
    corners = np.vstack(polygons)
    starts = np.cumsum([0, *map(len, polygons)])
    cut = [
        (start, start + k, start + k + 1)
        for start, polygon in zip(starts.tolist(), polygons, strict=False)
        for k in range(1, len(polygon) - 1)
    ]
    first, second, third = np.array(cut).T
    x, y, z = corners.T
    return graphs.Mesh3d(
        x=x, y=y, z=z, i=first, j=second, k=third, color=color, flatshading=True, name=name, showlegend=True
    )


def _outlines(graphs: Any, polygons: Sequence[FloatArray]) -> Any:
    gap = np.full((1, 3), np.nan)
    x, y, z = np.vstack([np.vstack([polygon, polygon[:1], gap]) for polygon in polygons]).T
    line = {"color": "#101418", "width": 1.5}
    return graphs.Scatter3d(x=x, y=y, z=z, mode="lines", line=line, name="edges", hoverinfo="skip")
