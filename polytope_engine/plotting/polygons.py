"""The regions of a network with two inputs as polygons, all clipped to a view box at once.

The rows of a layer are formed for many regions in one product, and one neuron at a time clips the
polygons of all of them. This is floating point, for pictures: no statement about regions rests on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.region_set import RegionSet

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

VIEW, DOMAIN = -2, -1
_NUMBERS_AT_ONCE = 1 << 23
_TOLERANCE = 1e-12


@dataclass(frozen=True)
class View:
    """A rectangle of the plane.

    Attributes
    ----------
    lower, upper : float64 arrays, shape (2,)
    """

    lower: FloatArray
    upper: FloatArray

    @property
    def size(self) -> float:
        """The longer side."""
        return float(np.max(self.upper - self.lower))

    def grown(self, factor: float) -> View:
        """The rectangle with each side longer by that factor, about the same center."""
        margin = (self.upper - self.lower) * (factor - 1) / 2
        return View(self.lower - margin, self.upper + margin)


@dataclass(frozen=True)
class Polygons:
    """Convex polygons in padded arrays; the corners of each run counterclockwise.

    Attributes
    ----------
    corners : float64 array, shape (n, most_corners, 2)
        Only the first ``n_corners[i]`` rows of polygon i mean anything.
    edges : int64 array, shape (n, most_corners)
        What the edge from each corner to the next lies on: a neuron (its place in the sign vector), or
        `DOMAIN`, or `VIEW`.
    n_corners : int64 array, shape (n,)
        0 where the region lies outside the view.
    outputs : float64 array, shape (n, n_out, 3)
        Output k of the network on region i is ``outputs[i, k] @ (x_1, x_2, 1)``.
    """

    corners: FloatArray
    edges: IntArray
    n_corners: IntArray
    outputs: FloatArray

    @property
    def is_corner(self) -> NDArray[np.bool_]:
        """Which places of the padded arrays hold corners, shape (n, most_corners)."""
        inside: NDArray[np.bool_] = np.arange(self.corners.shape[1]) < self.n_corners[:, np.newaxis]
        return inside

    @property
    def is_visible(self) -> NDArray[np.bool_]:
        """Which regions reach into the view, shape (n,)."""
        visible: NDArray[np.bool_] = self.n_corners >= 3
        return visible

    @property
    def is_cut_off(self) -> NDArray[np.bool_]:
        """Which visible regions go on beyond the view, shape (n,)."""
        cut_off: NDArray[np.bool_] = ((self.edges == VIEW) & self.is_corner).any(axis=1) & self.is_visible
        return cut_off

    def next_corners(self) -> FloatArray:
        """The other end of the edge that starts at each corner, shape (n, most_corners, 2)."""
        following = _following(self.n_corners, self.corners.shape[1])
        return np.take_along_axis(self.corners, following[:, :, np.newaxis], axis=1)


def region_polygons(regions: RegionSet, view: View) -> Polygons:
    """The part of every region of a set that lies in a view.

    Parameters
    ----------
    regions : RegionSet
        Regions of a network with two inputs.
    view : View
        The rectangle to clip to.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
    >>> quadrants = region_polygons(pe.enumerate_regions(net), View(np.full(2, -1.0), np.full(2, 1.0)))
    >>> quadrants.n_corners
    array([4, 4, 4, 4])
    >>> bool(quadrants.is_cut_off.all())
    True
    """
    network = regions.network
    widest = max((network.input_dim, network.output_dim, *network.hidden_widths))
    at_once = max(_NUMBERS_AT_ONCE // (3 * widest), 1)
    parts = [
        _some_polygons(network, regions.domain, regions.sign_vectors[start : start + at_once], view)
        for start in range(0, max(len(regions), 1), at_once)
    ]
    return _joined(parts)


def _some_polygons(
    network: ReLUNetwork, domain: HPolytope | None, signs: NDArray[np.int8], view: View
) -> Polygons:
    n = len(signs)
    clipping = _Clipping(n, view)
    if domain is not None:
        for row in np.column_stack([-domain.A, domain.b]):
            clipping.clip(np.broadcast_to(row, (n, 3)), DOMAIN)
    maps = np.broadcast_to(np.eye(3)[:2], (n, 2, 3))
    form = network.float_form
    layers = zip(form.weights[:-1], form.slopes, network.layer_offsets, strict=True)
    for (W, b), slopes, offset in layers:
        rows = _composed(W, b, maps)
        here = signs[:, offset : offset + len(b)]
        for neuron in range(len(b)):
            clipping.clip(here[:, neuron, np.newaxis] * rows[:, neuron], offset + neuron)
        maps = np.where(here > 0, 1.0, slopes)[:, :, np.newaxis] * rows
    return Polygons(clipping.corners, clipping.edges, clipping.n_corners, _composed(*form.weights[-1], maps))


def _composed(W: FloatArray, b: FloatArray, maps: FloatArray) -> FloatArray:
    rows: FloatArray = np.matmul(W, maps)
    rows[:, :, 2] += b
    return rows


class _Clipping:
    """Polygons that half-planes are cut off from; they start as the view."""

    def __init__(self, n: int, view: View) -> None:
        (x0, y0), (x1, y1) = view.lower, view.upper
        self.corners = np.tile(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]), (n, 1, 1))
        self.edges = np.full((n, 4), VIEW, dtype=np.int64)
        self.n_corners = np.full(n, 4, dtype=np.int64)
        self.reach = float(np.max(np.abs([view.lower, view.upper])))

    def clip(self, rows: FloatArray, name: int) -> None:
        """Keep the part of polygon i where ``rows[i] @ (x_1, x_2, 1) >= 0``; a zero row keeps all."""
        values = np.einsum("nmk,nk->nm", self.corners, rows[:, :2]) + rows[:, 2:]
        scale = np.abs(rows[:, :2]).sum(axis=1) * self.reach + np.abs(rows[:, 2])
        margin = _TOLERANCE * scale[:, np.newaxis]
        used = np.arange(self.corners.shape[1]) < self.n_corners[:, np.newaxis]
        is_out = (values < -margin) & used
        has_rest = ((values > margin) & used).any(axis=1)
        touched = is_out.any(axis=1)
        self.n_corners[touched & ~has_rest] = 0
        crossed = np.flatnonzero(touched & has_rest)
        if len(crossed):
            self._cut(crossed, values[crossed], ~is_out[crossed] & used[crossed], name)

    def _cut(self, which: IntArray, values: FloatArray, stays: NDArray[np.bool_], name: int) -> None:
        """Replace the corners that go by the two points where the boundary crosses the line."""
        corners, edges = self.corners[which], self.edges[which]
        n, most = edges.shape
        following = _following(self.n_corners[which], most)
        used = np.arange(most) < self.n_corners[which][:, np.newaxis]
        next_stays = np.take_along_axis(stays, following, axis=1)
        next_values = np.take_along_axis(values, following, axis=1)
        next_corners = np.take_along_axis(corners, following[:, :, np.newaxis], axis=1)
        crosses = (stays != next_stays) & used
        step = np.where(crosses, values - next_values, 1.0)
        share = np.where(crosses, values, 0.0) / np.where(step == 0, 1.0, step)
        share = np.clip(share, 0.0, 1.0)[:, :, np.newaxis]
        crossings = corners + share * (next_corners - corners)
        # each corner, then the crossing on the edge behind it; an edge that leaves starts the new edge
        slots = np.stack([corners, crossings], axis=2).reshape(n, 2 * most, 2)
        labels = np.stack([edges, np.where(stays, name, edges)], axis=2).reshape(n, 2 * most)
        kept = np.stack([stays, crosses], axis=2).reshape(n, 2 * most)
        counts = kept.sum(axis=1)
        self._widen(int(counts.max()))
        row, slot = np.nonzero(kept)
        place = (np.cumsum(kept, axis=1) - 1)[row, slot]
        self.corners[which[row], place] = slots[row, slot]
        self.edges[which[row], place] = labels[row, slot]
        self.n_corners[which] = counts

    def _widen(self, most: int) -> None:
        missing = most - self.corners.shape[1]
        if missing > 0:
            self.corners = np.pad(self.corners, ((0, 0), (0, missing), (0, 0)))
            self.edges = np.pad(self.edges, ((0, 0), (0, missing)), constant_values=VIEW)


def _following(n_corners: IntArray, most: int) -> IntArray:
    """The place of the corner after each corner, shape (n, most)."""
    places = np.arange(1, most + 1)
    following: IntArray = np.where(places < n_corners[:, np.newaxis], places, 0)
    return following


def _joined(parts: list[Polygons]) -> Polygons:
    most = max(part.edges.shape[1] for part in parts)

    def widened(array: NDArray[np.generic]) -> NDArray[np.generic]:
        margin = [(0, 0), (0, most - array.shape[1]), *[(0, 0)] * (array.ndim - 2)]
        return np.pad(array, margin)

    return Polygons(
        np.concatenate([widened(part.corners) for part in parts]),
        np.concatenate([widened(part.edges) for part in parts]),
        np.concatenate([part.n_corners for part in parts]),
        np.concatenate([part.outputs for part in parts]),
    )
