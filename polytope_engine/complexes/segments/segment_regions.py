"""The regions along one segment."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.segments.ties import ExactSegment, as_fraction
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.rationals import is_float_array, nearest_floats
from polytope_engine.network.relu_network import ReLUNetwork

if TYPE_CHECKING:
    from polytope_engine.complexes.segments.segment_set import SegmentSet

FloatArray = NDArray[np.float64]
Indices = NDArray[np.int64]
SignRows = NDArray[np.int8]
NeuronLabel = tuple[str, int, int]


class SegmentRegions:
    """The regions that the segment ``x(t) = start + t (end - start)`` passes, for t from 0 to 1.

    A *piece* is an open interval of t on which all signs are constant, as long as can be. Pieces are counted from
    0, and so are *nodes*: node 0 is t = 0, the last is t = 1, the others are *breakpoints* between two pieces. A
    neuron that vanishes at t = 0 or t = 1 makes no breakpoint there. One that vanishes all along a piece has sign 0 on
    it; this is so where the segment lies inside a bent hyperplane. If both ends are one point there is one piece,
    with the signs at that point.

    Made by `regions_on_segment`.

    Parameters
    ----------
    segments : SegmentSet
        The set that it is one of.
    index : int
        Its place there.

    Attributes
    ----------
    network, start, end
        The network, and the ends as given: arrays of floats or Fractions, of shape (d,).

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [-1]), ([[1]], [0])])
    >>> segment = pe.regions_on_segment(net, [-1, -1], [3, 3])
    >>> segment
    <SegmentRegions: 3 regions on a segment in R^2>
    >>> segment.breakpoints, segment.exact_breakpoint(2)
    (array([0.   , 0.25 , 0.375, 1.   ]), Fraction(3, 8))
    >>> segment.sign_vectors
    array([[-1, -1, -1],
           [ 1,  1, -1],
           [ 1,  1,  1]], dtype=int8)
    >>> segment.labels(1), segment.outputs[:, 0]
    ((('neuron', 0, 0), ('neuron', 0, 1)), array([0., 0., 0., 5.]))
    """

    def __init__(self, segments: SegmentSet, index: int) -> None:
        self.segments = segments
        self.index = index
        self.network: ReLUNetwork = segments.network
        self.start = segments.starts[index]
        self.end = segments.ends[index]

    @property
    def _nodes(self) -> slice:
        first = self.segments.columns.first_node
        return slice(int(first[self.index]), int(first[self.index + 1]))

    # -- where ------------------------------------------------------------------------------

    def __len__(self) -> int:
        """The number of pieces."""
        return self.n_regions

    def __repr__(self) -> str:
        n = self.n_regions
        return f"<SegmentRegions: {n:,} region{'' if n == 1 else 's'} on a segment in R^{self.network.input_dim}>"

    @property
    def n_regions(self) -> int:
        """The number of pieces: regions met.

        Sets of points with the same signs are convex, so no two pieces have the same signs.
        """
        nodes = self._nodes
        return int(nodes.stop - nodes.start) - 1

    @property
    def breakpoints(self) -> FloatArray:
        """The positions t of all nodes, from 0 to 1, shape (n_regions + 1,).

        Floats within `breakpoint_errors` of the exact positions, in their order. Two may be the same float. The bounds
        are cautious: on random networks of ten layers positions are right to 1e-14. `exact_breakpoint` rounds nothing.
        """
        return self.segments.columns.t[self._nodes]

    @property
    def breakpoint_errors(self) -> FloatArray:
        """Bounds on the errors of `breakpoints`, shape (n_regions + 1,)."""
        return self.segments.columns.t_error[self._nodes]

    @property
    def midpoints(self) -> FloatArray:
        """The position t in the middle of each piece, shape (n_regions,).

        Of a piece that is too thin for floats it may be one of its ends.
        """
        t = self.breakpoints
        middle: FloatArray = t[:-1] + 0.5 * np.diff(t)
        return middle

    @property
    def length(self) -> float:
        """The Euclidean length of the segment."""
        return math.hypot(*self.direction.tolist())  # whose squares do not overflow

    @property
    def direction(self) -> FloatArray:
        """``end - start``, rounded once, shape (d,)."""
        if is_float_array(self.start):
            rounded: FloatArray = self.end - self.start
            return rounded
        return nearest_floats(self.end - self.start)

    def points(self, t: Any) -> FloatArray:
        """The points at positions t, shape (n, d), or (d,) for a number.

        Raises
        ------
        InvalidArgumentError
            If `t` is neither a number nor an array of shape (n,).
        """
        places = np.asarray(t, dtype=np.float64)
        if places.ndim > 1:
            raise InvalidArgumentError(
                f"`t` has shape {places.shape}; it must be a number or an array of shape (n,).",
                shape=places.shape,
            )
        first, last = nearest_floats(self.start), nearest_floats(self.end)
        found: FloatArray = (1.0 - places[..., np.newaxis]) * first + places[..., np.newaxis] * last
        return found

    def exact_breakpoint(self, node: int) -> Fraction:
        """The position of a node, exactly."""
        k = range(self.n_regions + 1)[node]
        if k in (0, self.n_regions):
            return Fraction(0 if k == 0 else 1)
        # of all neurons that vanish, the first in layer order is affine around the node
        neuron = self.neurons_at(k)[0]
        _, layer, i = self.label(neuron)
        return as_fraction(self._exact.roots(layer, [i], self.sign_vector(k))[0])

    def exact_breakpoints(self) -> list[Fraction]:
        """The positions of all nodes, exactly."""
        return [self.exact_breakpoint(k) for k in range(self.n_regions + 1)]

    @cached_property
    def _exact(self) -> ExactSegment:
        return ExactSegment(self.network, self.start, self.end)

    # -- which regions ----------------------------------------------------------------------

    def _zeros(self, node: int) -> slice:
        k = self._nodes.start + range(self.n_regions + 1)[node]
        first = self.segments.columns.first_zero
        return slice(int(first[k]), int(first[k + 1]))

    def neurons_at(self, node: int) -> tuple[int, ...]:
        """All neurons that vanish at a node, by their places in the sign vector.

        Neurons that touch zero there without a change of sign are named, those that vanish all along the pieces on
        both sides are not.
        """
        return tuple(self.segments.columns.zeros[self._zeros(node)].tolist())

    def label(self, neuron: int) -> NeuronLabel:
        """A neuron by its place in the sign vector, as ``("neuron", layer, i)``."""
        offsets = np.asarray(self.network.layer_offsets)
        layer = int(np.searchsorted(offsets, neuron, side="right")) - 1
        return ("neuron", layer, int(neuron - offsets[layer]))

    def labels(self, node: int) -> tuple[NeuronLabel, ...]:
        """All neurons that vanish at a node, as ``("neuron", layer, i)``."""
        return tuple(self.label(neuron) for neuron in self.neurons_at(node))

    @property
    def sign_vectors(self) -> SignRows:
        """The signs on each piece, int8, shape (n_regions, N); made anew each time."""
        n = self.n_regions
        signs = np.empty((n, self.network.n_neurons), dtype=np.int8)
        for k, row in enumerate(self._iter_signs()):
            signs[k] = row
        return signs

    def sign_vector(self, piece: int) -> SignRows:
        """The signs on one piece, int8, shape (N,)."""
        wanted = range(self.n_regions)[piece]
        columns = self.segments.columns
        signs: SignRows = columns.first_signs[self.index].copy()
        first = self._nodes.start
        rows = slice(int(columns.first_zero[first + 1]), int(columns.first_zero[first + wanted + 1]))
        # a neuron that changes several times stands there several times, the last time last
        signs[columns.zeros[rows]] = columns.sign_after[rows]
        return signs

    def _iter_signs(self) -> Iterator[SignRows]:
        columns = self.segments.columns
        signs = columns.first_signs[self.index].copy()
        for node in range(self.n_regions):
            if node:
                rows = self._zeros(node)
                signs[columns.zeros[rows]] = columns.sign_after[rows]
            yield signs

    @property
    def crossings(self) -> tuple[Indices, Indices]:
        """Every change of a sign along the segment: nodes and neurons, int64 arrays of shape (n_crossings,)."""
        node, neuron = self.segments.columns.changes(slice(self.index, self.index + 1))
        return node - self._nodes.start, neuron

    @property
    def n_crossings(self) -> int:
        """How often a neuron's sign changes; at a breakpoint each neuron that changes counts."""
        return len(self.crossings[0])

    # -- the network along the segment ------------------------------------------------------

    @property
    def outputs(self) -> FloatArray:
        """The network's output at each node, in floating point, shape (n_regions + 1, n_out)."""
        return self.segments.columns.outputs[self._nodes]

    def slopes(self) -> FloatArray:
        """The derivative of the output by t on each piece, in floating point, shape (n_regions, n_out).

        Computed from the signs, not from differences, so that it is right on thin pieces, too.
        """
        form = self.network.float_form
        signs = self.sign_vectors
        g = np.broadcast_to(self.direction, (self.n_regions, self.network.input_dim))
        for k, ((W, _), slope) in enumerate(zip(form.weights[:-1], form.slopes, strict=True)):
            first = self.network.layer_offsets[k]
            z = g @ W.T if k else np.broadcast_to(W @ self.direction, (self.n_regions, len(W)))
            g = np.where(signs[:, first : first + len(W)] > 0, z, slope * z)
        result: FloatArray = g @ form.weights[-1][0].T
        return result

    def output_map(self, piece: int) -> tuple[FloatArray, FloatArray]:
        """The output on a piece as a function of t, ``y = slope * t + value``.

        Returns
        -------
        slope, value : float64 arrays, shape (n_out,)
            The exact coefficients, each rounded once.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> net = pe.ReLUNetwork([([[1], [1]], [0, -0.5]), ([[2, -4]], [0])])
        >>> pe.regions_on_segment(net, [0], [2]).output_map(1)
        (array([-4.]), array([2.]))
        """
        slope, value = self.exact_output_map(piece)
        return _rounded(slope), _rounded(value)

    def exact_output_map(self, piece: int) -> tuple[list[Fraction], list[Fraction]]:
        """The output on a piece as a function of t, exactly: slopes, and values at t = 0 of the affine functions."""
        return self._exact.output_map(self.sign_vector(piece))

    def affine_map(self, piece: int) -> tuple[FloatArray, FloatArray]:
        """The network's affine map on the region of a piece, ``y = A x + c``; see `ReLUNetwork.affine_map`.

        A has shape (n_out, d); `output_map` and `slopes` are cheaper where the map along the segment is enough.
        """
        return self.network.affine_map(self.sign_vector(piece))


def _rounded(numbers: list[Fraction]) -> FloatArray:
    array = np.empty(len(numbers), dtype=object)
    array[:] = numbers
    return nearest_floats(array)
