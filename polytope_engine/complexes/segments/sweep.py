"""The sweep along segments: layer by layer, every zero of every neuron is put in its place.

Between two neighboring zeros of the layers before, a neuron is an affine function of the position. So its signs at
these nodes say where it vanishes: once between two nodes of opposite signs, all along between two nodes at which it is
zero, else nowhere. Signs at nodes are proven by bounds on rounding errors, or decided in rational arithmetic, and so is
the order of zeros between the same two nodes. Nothing else is decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import fmpq
from numpy.typing import NDArray

from polytope_engine.complexes.segments.bounds import SLACK, TINY, UNIT, LayerBounds, layer_bounds, lengths
from polytope_engine.complexes.segments.crossings import Crossings, ordered, running_max, shares
from polytope_engine.complexes.segments.ties import ExactSegment, nearest
from polytope_engine.network.rationals import ExactArray, is_float_array, nearest_floats
from polytope_engine.network.relu_network import ReLUNetwork

FloatArray = NDArray[np.float64]
Indices = NDArray[np.int64]
SignRows = NDArray[np.int8]

START, END = -1, -2
# Entries of the arrays that a step works with: enough for compiled loops, few enough for the cache.
_ENTRIES = 1 << 19
_MOST_ENTRIES = 8 * _ENTRIES
# Segments at a time, and those of them whose maps in rational arithmetic are kept.
_MOST_SEGMENTS = 2048
_MOST_MAPS = 128


@dataclass
class Nodes:
    """Points along segments, in order, and the network's first layers there.

    Attributes
    ----------
    segment : int64 array, shape (k,)
        The segment of each node; one that has a node here has at least two.
    t, t_error : float64 arrays, shape (k,)
        Position, and a bound on its error.
    origin : int64 array, shape (k,)
        A neuron that vanishes there and not around it; START or END for the ends of segments.
    exact : object array, shape (k,)
        Position as flint.fmpq where it is known, else None.
    signs : int8 array, shape (k, neurons so far)
        Exact signs.
    h : float64 array, shape (k, width of the last layer so far)
        Its outputs.
    h_error : float64 array, shape (k,)
        Bound on the length of their error.
    continues : bool
        Whether the first node is the last one of the nodes before.
    """

    segment: Indices
    t: FloatArray
    t_error: FloatArray
    origin: Indices
    exact: NDArray[np.object_]
    signs: SignRows
    h: FloatArray
    h_error: FloatArray
    continues: bool = False

    def __len__(self) -> int:
        return len(self.t)

    @property
    def has_piece(self) -> NDArray[np.bool_]:
        """Which nodes but the last are followed by one of the same segment."""
        same: NDArray[np.bool_] = self.segment[1:] == self.segment[:-1]
        return same

    def part(self, start: int, stop: int, *, continues: bool) -> Nodes:
        """Some of the nodes."""
        rows = slice(start, stop)
        return Nodes(
            self.segment[rows], self.t[rows], self.t_error[rows], self.origin[rows], self.exact[rows],
            self.signs[rows], self.h[rows], self.h_error[rows], continues,
        )  # fmt: skip

    def halves(self) -> tuple[Nodes, Nodes]:
        """Two parts of four or more nodes that together have all pieces."""
        middle = len(self) // 2
        if self.segment[middle - 1] != self.segment[middle]:
            return self.part(0, middle, continues=self.continues), self.part(
                middle, len(self), continues=False
            )
        if self.segment[middle] != self.segment[middle + 1]:
            middle += 1
            return self.part(0, middle, continues=self.continues), self.part(
                middle, len(self), continues=False
            )
        return self.part(0, middle + 1, continues=self.continues), self.part(
            middle, len(self), continues=True
        )


def piece_signs(signs: SignRows) -> SignRows:
    """The signs between nodes and those that follow: where a neuron is zero at one end, it has the other's sign."""
    return np.where(signs[:-1] != 0, signs[:-1], signs[1:])


class Sweep:
    """A network that is followed along segments.

    Parameters
    ----------
    network : ReLUNetwork
        The network.
    starts, ends : ndarray, shape (m, d)
        Of floats or of Fractions.

    Attributes
    ----------
    n_exact : int
        Signs and zeros that were decided in rational arithmetic so far.
    """

    def __init__(self, network: ReLUNetwork, starts: ExactArray, ends: ExactArray) -> None:
        self.network = network
        self.starts = starts
        self.ends = ends
        self.form = network.float_form
        self.bounds = layer_bounds(self.form)
        self.n_exact = 0
        self._exact: dict[int, ExactSegment] = {}

    def blocks(self) -> Iterator[Nodes]:
        """All nodes with all signs, in order, some at a time; `h` is then the network's output."""
        m = len(self.starts)
        width = max(self.network.input_dim, *self.network.hidden_widths, 1)
        first = self.network.hidden_widths[0] if self.network.hidden_widths else 1
        step = max(1, min(_ENTRIES // (2 * width), 4 * _ENTRIES // (first * first), _MOST_SEGMENTS))
        for start in range(0, m, step):
            self._exact.clear()
            yield from self._swept(self._ends_of(range(start, min(start + step, m))))

    def _ends_of(self, segments: range) -> Nodes:
        rows = slice(segments.start, segments.stop)
        points = np.stack([nearest_floats(a[rows]) for a in (self.starts, self.ends)], axis=1)
        h = points.reshape(2 * len(segments), self.network.input_dim)
        is_exact = is_float_array(self.starts) and is_float_array(self.ends)
        n = len(segments)
        return Nodes(
            segment=np.repeat(np.arange(segments.start, segments.stop), 2),
            t=np.tile([0.0, 1.0], n),
            t_error=np.zeros(2 * n),
            origin=np.tile([START, END], n),
            exact=np.array([fmpq(0), fmpq(1)] * n, dtype=object),
            signs=np.zeros((2 * n, 0), dtype=np.int8),
            h=h,
            h_error=np.zeros(2 * n) if is_exact else (2.0 * UNIT * lengths(h) + TINY),
        )

    def _swept(self, nodes: Nodes) -> Iterator[Nodes]:
        """Depth first, so that the nodes of one part at a time are kept."""
        waiting = [(0, nodes)]
        while waiting:
            layer, nodes = waiting.pop()
            if layer == self.network.n_hidden_layers:
                W, b = self.form.weights[-1]
                with np.errstate(all="ignore"):
                    nodes.h = nodes.h @ W.T + b
                yield nodes
                continue
            width = max(self.network.hidden_widths[layer], nodes.h.shape[1])
            is_small = len(nodes) * width <= _MOST_ENTRIES or len(nodes) <= 3
            stepped = self._step(layer, nodes) if is_small else None
            if stepped is None:
                before, after = nodes.halves()
                waiting += [(layer, after), (layer, before)]
            else:
                waiting.append((layer + 1, stepped))

    # -- one layer --------------------------------------------------------------------------

    @np.errstate(all="ignore")
    def _step(self, layer: int, nodes: Nodes) -> Nodes | None:
        """The nodes of one more layer; None if they are so many that their halves should be looked at one by one."""
        W, b = self.form.weights[layer]
        bounds = self.bounds[layer]
        n_exact_before = self.n_exact
        z = nodes.h @ W.T + b
        size = lengths(nodes.h)
        is_dead = (nodes.h_error == 0.0) & ~nodes.h.any(axis=1)
        reach = (nodes.h_error + bounds.gamma * size) * SLACK
        error = reach[:, np.newaxis] * bounds.rows + (bounds.gamma * bounds.biases + TINY)
        is_beyond = ~np.isfinite(z)
        error[is_beyond | np.isnan(error)] = np.inf
        is_proven = np.abs(z) > error
        # what is a bias alone has its sign, zero too
        is_proven[:, bounds.rows == 0.0] = True
        is_proven[is_dead] = True
        of_biases = TINY if bounds.rounding else 0.0
        error[is_dead] = bounds.rounding * bounds.biases + of_biases
        z[is_beyond] = 0.0
        signs = np.sign(z).astype(np.int8)
        self._decide_signs(layer, nodes, signs, z, is_proven)
        z_error = bounds.spectral * nodes.h_error + bounds.gamma * (
            bounds.frobenius * size + bounds.bias_length
        )
        z_error = np.where(is_dead, bounds.rounding * bounds.bias_length + of_biases, z_error * SLACK + TINY)
        z_error[np.isnan(z_error) | is_beyond.any(axis=1)] = np.inf

        crosses = (signs[:-1] * signs[1:] == -1) & nodes.has_piece[:, np.newaxis]
        piece, neuron = np.nonzero(crosses)
        n_rows = len(nodes) + len(piece)
        if n_rows * len(b) > _MOST_ENTRIES and len(nodes) > 3:
            self.n_exact = n_exact_before
            return None
        share, share_error = shares(
            np.abs(z[piece, neuron]),
            np.abs(z[piece + 1, neuron]),
            np.maximum(error[piece, neuron], error[piece + 1, neuron]),
        )
        found = ordered(
            piece,
            neuron,
            share,
            share_error,
            np.diff(nodes.t),
            lambda k, neurons: self._roots(layer, nodes, k, neurons),
            lambda k, t: self._place(nodes, k, t),
        )
        self.n_exact += found.n_exact
        return _inserted(
            self.network.layer_offsets[layer], nodes, signs, z, z_error, found, self._activation(layer)
        )

    def _activation(self, layer: int) -> _Activation:
        return _Activation(self.form.slopes[layer], self.bounds[layer])

    def _decide_signs(
        self, layer: int, nodes: Nodes, signs: SignRows, z: FloatArray, is_proven: NDArray[np.bool_]
    ) -> None:
        """Replace the signs that floats do not prove by the exact ones, and values of the wrong sign by zero."""
        open_rows = np.flatnonzero(~is_proven.all(axis=1))
        for k in open_rows.tolist():
            neurons = np.flatnonzero(~is_proven[k])
            exact = self.exact(int(nodes.segment[k]))
            signs[k, neurons] = exact.signs(
                layer, neurons.tolist(), self._before(nodes, k), self._exact_t(nodes, k)
            )
            z[k, neurons] = np.where(np.sign(z[k, neurons]) == signs[k, neurons], z[k, neurons], 0.0)
            self.n_exact += len(neurons)

    # -- in rational arithmetic -------------------------------------------------------------

    def exact(self, segment: int) -> ExactSegment:
        """The segment's own maps."""
        if segment not in self._exact:
            if len(self._exact) >= _MOST_MAPS:
                del self._exact[next(iter(self._exact))]
            self._exact[segment] = ExactSegment(self.network, self.starts[segment], self.ends[segment])
        return self._exact[segment]

    def _before(self, nodes: Nodes, k: int) -> SignRows:
        """The signs on a piece at node k, of the layers so far."""
        if k == len(nodes) - 1 or nodes.segment[k] != nodes.segment[k + 1]:
            k -= 1
        signs: SignRows = piece_signs(nodes.signs[k : k + 2])[0]
        return signs

    def _exact_t(self, nodes: Nodes, k: int) -> fmpq:
        if nodes.exact[k] is None:
            layer, i = self._layer_and_place(int(nodes.origin[k]))
            nodes.exact[k] = self.exact(int(nodes.segment[k])).roots(layer, [i], self._before(nodes, k))[0]
        found: fmpq = nodes.exact[k]
        return found

    def _layer_and_place(self, neuron: int) -> tuple[int, int]:
        """The layer of a neuron and its place there."""
        offsets = self.network.layer_offsets
        layer = int(np.searchsorted(offsets, neuron, side="right")) - 1
        return layer, neuron - offsets[layer]

    def _roots(self, layer: int, nodes: Nodes, piece: int, neurons: Sequence[int]) -> list[fmpq]:
        return self.exact(int(nodes.segment[piece])).roots(layer, neurons, self._before(nodes, piece))

    def _place(self, nodes: Nodes, piece: int, t: fmpq) -> float:
        first, last = self._exact_t(nodes, piece), self._exact_t(nodes, piece + 1)
        return nearest((t - first) / (last - first))


@dataclass(frozen=True)
class _Activation:
    slopes: FloatArray
    bounds: LayerBounds

    def __call__(self, z: FloatArray, signs: SignRows, z_error: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The layer's outputs, and bounds on the length of their error."""
        is_active = signs > 0
        if not self.slopes.any():
            h = np.where(is_active, z, 0.0)
            return h, np.where(is_active.any(axis=1), z_error, 0.0)
        h = np.where(is_active, z, self.slopes * z)
        own = 2.0 * (2.0 * UNIT + self.bounds.rounding) * lengths(h) + TINY
        error = (self.bounds.steepest * z_error * (1.0 + 2.0 * self.bounds.rounding) + own) * SLACK
        is_beyond = ~np.isfinite(h)
        h[is_beyond] = 0.0
        return h, np.where(np.isnan(error) | is_beyond.any(axis=1), np.inf, error)


def _inserted(
    offset: int,
    nodes: Nodes,
    signs: SignRows,
    z: FloatArray,
    z_error: FloatArray,
    found: Crossings,
    activation: _Activation,
) -> Nodes:
    """The nodes with those at the zeros of one more layer between them."""
    n_old, width = z.shape
    first = np.flatnonzero(found.is_new)
    piece, share, share_error = found.piece[first], found.share[first], found.share_error[first]
    n_before = np.zeros(n_old, dtype=np.int64)
    np.cumsum(np.bincount(piece, minlength=n_old)[:-1], out=n_before[1:])
    old = np.arange(n_old) + n_before
    new = np.arange(len(piece)) + piece + 1
    n = n_old + len(piece)

    all_signs = np.empty((n, offset + width), dtype=np.int8)
    all_z = np.empty((n, width))
    all_signs[old, :offset], all_signs[old, offset:], all_z[old] = nodes.signs, signs, z
    all_signs[new, :offset] = np.where(nodes.signs[piece] != 0, nodes.signs[piece], nodes.signs[piece + 1])
    inside = _signs_inside(signs, found, piece, n_before)
    all_signs[new, offset:] = inside
    across = z[piece + 1] - z[piece]
    between = z[piece] + share[:, np.newaxis] * across
    between = np.where((np.sign(between) == inside) & np.isfinite(between), between, 0.0)
    sizes = lengths(z)
    new_error = np.maximum(z_error[piece], z_error[piece + 1]) + share_error * lengths(across)
    new_error += 6.0 * UNIT * (sizes[piece] + sizes[piece + 1])
    new_error = new_error * SLACK + TINY
    new_error[np.isnan(new_error)] = np.inf
    all_z[new] = between

    def merged(of_old: NDArray[Any], of_new: NDArray[Any]) -> NDArray[Any]:
        result = np.empty(n, dtype=of_old.dtype)
        result[old], result[new] = of_old, of_new
        return result

    step = nodes.t[piece + 1] - nodes.t[piece]
    t = np.clip(nodes.t[piece] + share * step, nodes.t[piece], nodes.t[piece + 1])
    t_error = np.maximum(nodes.t_error[piece], nodes.t_error[piece + 1]) + share_error * step + 4.0 * UNIT
    exact = found.exact[first]
    for k in np.flatnonzero(exact != None).tolist():  # noqa: E711  (entry by entry)
        t[k], t_error[k] = nearest(exact[k]), UNIT
    t, t_error = merged(nodes.t, t), merged(nodes.t_error, t_error)
    segment = merged(nodes.segment, nodes.segment[piece])
    if (np.diff(t)[segment[1:] == segment[:-1]] < 0.0).any():
        # positions that are not in their exact order are off by no more than those before them
        t, t_error = running_max(t, segment), running_max(t_error, segment)
    h, h_error = activation(all_z, all_signs[:, offset:], merged(z_error, new_error))
    return Nodes(
        segment=segment,
        t=t,
        t_error=t_error,
        origin=merged(nodes.origin, offset + found.neuron[first]),
        exact=merged(nodes.exact, exact),
        signs=all_signs,
        h=h,
        h_error=h_error,
        continues=nodes.continues,
    )


def _signs_inside(signs: SignRows, found: Crossings, piece: Indices, n_before: Indices) -> SignRows:
    """The signs of a layer at new nodes: those of the piece, and of the other side once a neuron's zero is passed."""
    inside: SignRows = np.where(signs[piece] != 0, signs[piece], signs[piece + 1])
    if not len(piece):
        return inside
    # each neuron with a zero in the piece: the rank of its node there; further than any node without
    owner = np.cumsum(found.is_new) - 1
    pieces, row_of = np.unique(piece, return_inverse=True)
    rank = np.full((len(pieces), signs.shape[1]), len(owner), dtype=np.int64)
    rank[row_of[owner], found.neuron] = owner - n_before[found.piece]
    here = np.arange(len(piece)) - n_before[piece]
    difference = rank[row_of] - here[:, np.newaxis]
    inside[difference == 0] = 0
    np.negative(inside, out=inside, where=difference < 0)
    return inside
