"""The adjacency graph of regions, drawn over their picture."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke
from numpy.typing import NDArray

from polytope_engine.complexes.walls import Walls
from polytope_engine.plotting.polygons import FloatArray, IntArray, Polygons

# Not white: that is the curve where two outputs are equal.
_INK, _CORE, _PAPER = "#101418", "#ffb81f", "white"
_EDGE_WIDTH, _NODE_SIZE, _RIM = 1.6, 5.2, 0.7
# An edge keeps this share of its wall's length away from the wall's ends, where walls meet.
_MARGIN = 0.12
_SHORTEST = 1e-9


def draw_adjacency(
    axes: Axes, walls: Walls, polygons: Polygons, size: float, thinner: float
) -> tuple[Line2D, int]:
    """Draw a node in each visible region and an edge through each visible wall.

    Parameters
    ----------
    axes : matplotlib Axes
    walls : Walls
        The walls between the regions.
    polygons : Polygons
        What is visible of the regions.
    size : float
        Of the view.
    thinner : float
        At most 1; lines and nodes are that much thinner than in a picture of a few regions.

    Returns
    -------
    handle : Line2D
        For the legend.
    n_hidden : int
        Walls between two visible regions of which nothing is visible.
    """
    edges, _ = edge_paths(walls, polygons, size)
    rim = _RIM * thinner
    effects = [Stroke(linewidth=_EDGE_WIDTH * thinner + 2 * rim, foreground=_INK), Normal()]
    axes.add_collection(
        LineCollection(
            list(edges),
            colors=_CORE,
            linewidths=_EDGE_WIDTH * thinner,
            joinstyle="round",
            capstyle="round",
            path_effects=effects,
            label="edges",
            zorder=5,
        )
    )
    nodes = centers(polygons)[polygons.is_visible]
    axes.plot(
        nodes[:, 0],
        nodes[:, 1],
        "o",
        markersize=_NODE_SIZE * thinner,
        markerfacecolor=_INK,
        markeredgecolor=_PAPER,
        markeredgewidth=rim,
        label="regions",
        zorder=6,
    )
    handle = Line2D(
        [],
        [],
        color=_CORE,
        linewidth=_EDGE_WIDTH * thinner,
        path_effects=effects,
        marker="o",
        markersize=_NODE_SIZE * thinner,
        markerfacecolor=_INK,
        markeredgecolor=_PAPER,
        label="adjacency graph",
    )
    n_visible = int(np.count_nonzero(polygons.is_visible[walls.pairs].all(axis=1)))
    return handle, n_visible - len(edges)


def centers(polygons: Polygons) -> FloatArray:
    """The center of mass of each polygon, shape (n, 2); nan where there is none.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> from polytope_engine.plotting.polygons import View, region_polygons
    >>> quadrants = pe.enumerate_regions(pe.ReLUNetwork([(np.eye(2), [0, 0]), ([[1, 1]], [0])]))
    >>> centers(region_polygons(quadrants, View(np.zeros(2) - 1, np.zeros(2) + 1))).round(12).tolist()
    [[0.5, 0.5], [0.5, -0.5], [-0.5, 0.5], [-0.5, -0.5]]
    """
    origin = polygons.corners[:, :1]
    used = polygons.is_corner[:, :, np.newaxis]
    start = np.where(used, polygons.corners - origin, 0.0)
    end = np.where(used, polygons.next_corners() - origin, 0.0)
    area = start[:, :, 0] * end[:, :, 1] - start[:, :, 1] * end[:, :, 0]
    total = area.sum(axis=1)[:, np.newaxis]
    moment = ((start + end) / 3 * area[:, :, np.newaxis]).sum(axis=1)
    mean = start.sum(axis=1) / np.maximum(polygons.n_corners, 1)[:, np.newaxis]
    found: FloatArray = origin[:, 0] + np.where(total > 0, moment / np.where(total > 0, total, 1.0), mean)
    found[~polygons.is_visible] = np.nan
    return found


def edge_paths(walls: Walls, polygons: Polygons, size: float) -> tuple[FloatArray, IntArray]:
    """From one region to the next, straight if that meets their wall, else by the nearest point well within it.

    Parameters
    ----------
    walls : Walls
    polygons : Polygons
        What is visible of the regions.
    size : float
        Of the view.

    Returns
    -------
    paths : ndarray of float64, shape (n_visible, 3, 2)
        Center of one region, a point of the wall, center of the other. A region being convex, such a path crosses
        no other wall.
    which : ndarray of int64, shape (n_visible,)
        The walls of which some part is visible.
    """
    region, place = _wall_edges(walls, polygons)
    which = np.flatnonzero(place >= 0)
    region, place = region[which], place[which]
    start = polygons.corners[region, place]
    along = polygons.next_corners()[region, place] - start
    is_seen = np.max(np.abs(along), axis=1, initial=0.0) > _SHORTEST * size
    is_seen &= polygons.is_visible[walls.pairs[which]].all(axis=1)
    which, start, along = which[is_seen], start[is_seen], along[is_seen]
    nodes = centers(polygons)[walls.pairs[which]]
    step = nodes[:, 1] - nodes[:, 0]
    crossing = _cross(along, step)
    share = _cross(nodes[:, 0] - start, step) / np.where(crossing == 0, 1.0, crossing)
    share = np.clip(np.where(crossing == 0, 0.5, share), _MARGIN, 1 - _MARGIN)
    middle = start + share[:, np.newaxis] * along
    return np.stack([nodes[:, 0], middle, nodes[:, 1]], axis=1), which


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    product: FloatArray = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return product


def _wall_edges(walls: Walls, polygons: Polygons) -> tuple[IntArray, IntArray]:
    """For each wall one of its regions, and the place among that polygon's edges; -1 where none is visible.

    A polygon's edge is named after one of the neurons that vanish there, any of them.
    """
    names = np.where(polygons.is_corner, polygons.edges, -3)
    region = walls.pairs[:, 0].copy()
    place = np.full(len(walls), -1, dtype=np.int64)
    for side in (0, 1):
        missing = np.flatnonzero(place < 0)
        place[missing] = _place_of(names[walls.pairs[missing, side]], walls.neurons[missing])
        others = [k for k in np.flatnonzero(place < 0).tolist() if k in walls.shared]
        for k in others:
            on_wall = np.isin(names[walls.pairs[k, side]], walls.shared[k])
            place[k] = int(np.argmax(on_wall)) if on_wall.any() else -1
        region[missing] = walls.pairs[missing, side]
    return region, place


def _place_of(names: IntArray, wanted: IntArray) -> IntArray:
    is_it: NDArray[np.bool_] = names == wanted[:, np.newaxis]
    found: IntArray = np.where(is_it.any(axis=1), is_it.argmax(axis=1), -1)
    return found
