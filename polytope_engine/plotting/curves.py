"""Curves across the regions: segments that lie on polygons, joined end to end."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from polytope_engine.plotting.polygons import FloatArray, Polygons

_GRID = 1e-7

Node = tuple[int, int]


def bent_hyperplanes(
    polygons: Polygons, sign_vectors: NDArray[np.int8], size: float, *, is_complete: bool
) -> list[list[FloatArray]]:
    """For each neuron, the curves that make up its bent hyperplane.

    Parameters
    ----------
    polygons : Polygons
        The regions of a network.
    sign_vectors : int8 array, shape (n, N)
        Their signs.
    size : float
        Length against which points are close enough to be the same corner.
    is_complete : bool
        Whether each region's neighbors are there too. Then an edge is taken from the side where its
        neuron is positive; otherwise from whichever side is there.

    Returns
    -------
    list, for each neuron, of lists of float64 arrays of shape (n_points, 2)
    """
    starts, ends = polygons.corners, polygons.next_corners()
    region, place = np.nonzero((polygons.edges >= 0) & polygons.is_corner)
    neuron = polygons.edges[region, place]
    if is_complete:
        kept = sign_vectors[region, neuron] > 0
        region, place, neuron = region[kept], place[kept], neuron[kept]
    order = np.argsort(neuron, kind="stable")
    segments = np.stack([starts[region, place], ends[region, place]], axis=1)[order]
    borders = np.searchsorted(neuron[order], np.arange(sign_vectors.shape[1] + 1))
    return [_joined(segments[a:b], _GRID * size) for a, b in pairwise(borders)]


def level_set(polygons: Polygons, rows: FloatArray, size: float) -> list[FloatArray]:
    """The curves on which a function that is affine on each polygon, and continuous, is zero.

    Parameters
    ----------
    polygons : Polygons
        n polygons.
    rows : float64 array, shape (n, 3)
        The function on polygon i is ``rows[i] @ (x_1, x_2, 1)``.
    size : float
        Length against which points are close enough to be the same.

    Returns
    -------
    list of float64 arrays of shape (n_points, 2)
    """
    starts, ends = polygons.corners, polygons.next_corners()
    before = np.einsum("nmk,nk->nm", starts, rows[:, :2]) + rows[:, 2:]
    after = np.einsum("nmk,nk->nm", ends, rows[:, :2]) + rows[:, 2:]
    crosses = ((before > 0) != (after > 0)) & polygons.is_corner
    crosses &= crosses.sum(axis=1, keepdims=True) == 2
    share = (before[crosses] / (before[crosses] - after[crosses]))[:, np.newaxis]
    points = starts[crosses] + share * (ends[crosses] - starts[crosses])
    return _joined(points.reshape(-1, 2, 2), _GRID * size)


def _joined(segments: FloatArray, grid: float) -> list[FloatArray]:
    """Segments joined to curves as long as can be; a segment that is there twice is taken once."""
    points: dict[Node, FloatArray] = {}
    links: dict[Node, list[Node]] = {}
    for ends, keys in zip(segments, np.round(segments / grid).astype(np.int64).tolist(), strict=True):
        a, b = tuple(keys[0]), tuple(keys[1])
        if a == b or b in links.get(a, ()):
            continue
        points.setdefault(a, ends[0])
        points.setdefault(b, ends[1])
        links.setdefault(a, []).append(b)
        links.setdefault(b, []).append(a)
    curves = []
    for start in [*(k for k, near in links.items() if len(near) != 2), *links]:
        while links[start]:
            curves.append(np.array([points[key] for key in _walk(links, start)]))
    return curves


def _walk(links: dict[Node, list[Node]], start: Node) -> list[Node]:
    """Follow links from a point, taking each away, until there are none."""
    path, here = [start], start
    while links[here]:
        there = links[here].pop()
        links[there].remove(here)
        path.append(there)
        here = there
    return path
