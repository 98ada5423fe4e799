"""The regions along many segments, as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.segments.segment_regions import SegmentRegions
from polytope_engine.network.rationals import ExactArray
from polytope_engine.network.relu_network import ReLUNetwork

FloatArray = NDArray[np.float64]
Indices = NDArray[np.int64]
SignRows = NDArray[np.int8]


class Columns(NamedTuple):
    """What a sweep along m segments finds.

    Attributes
    ----------
    first_node : int64 array, shape (m + 1,)
        Where each segment's nodes begin. Nodes are the ends and the breakpoints, in order.
    t, t_error : float64 arrays, shape (n_nodes,)
    outputs : float64 array, shape (n_nodes, n_out)
    first_signs : int8 array, shape (m, N)
        Signs on the first piece of each segment.
    first_zero : int64 array, shape (n_nodes + 1,)
        Where each node's rows in the next two columns begin.
    zeros : int64 array, shape (n_zeros,)
        Neurons that vanish at a node but not all around it.
    sign_after : int8 array, shape (n_zeros,)
        Their signs on the piece that follows; at the end of a segment on the piece before.
    """

    first_node: Indices
    t: FloatArray
    t_error: FloatArray
    outputs: FloatArray
    first_signs: SignRows
    first_zero: Indices
    zeros: Indices
    sign_after: SignRows

    def changes(self, segments: slice | None = None) -> tuple[Indices, Indices]:
        """Every change of a sign, along some segments or all: nodes and neurons, int64 arrays of one shape."""
        first, last, _ = (segments or slice(None)).indices(len(self.first_signs))
        nodes = slice(int(self.first_node[first]), int(self.first_node[last]))
        rows = slice(int(self.first_zero[nodes.start]), int(self.first_zero[nodes.stop]))
        node = np.repeat(
            np.arange(nodes.start, nodes.stop), np.diff(self.first_zero[nodes.start : nodes.stop + 1])
        )
        segment = np.searchsorted(self.first_node, node, side="right") - 1
        is_inner = (node != self.first_node[segment]) & (node != self.first_node[segment + 1] - 1)
        node, segment = node[is_inner], segment[is_inner]
        neuron, after = self.zeros[rows][is_inner], self.sign_after[rows][is_inner]
        # the sign before is the one after the same neuron's last zero, if there is one on the segment
        order = np.lexsort((node, neuron, segment))
        is_first = (np.diff(neuron[order], prepend=-1) != 0) | (np.diff(segment[order], prepend=-1) != 0)
        before = np.empty_like(after)
        before[order] = np.roll(after[order], 1)
        start = order[is_first]
        before[start] = self.first_signs[segment[start], neuron[start]]
        return node[before != after], neuron[before != after]


class SegmentSet(Sequence[SegmentRegions]):
    """The regions along many segments: a sequence of `SegmentRegions`, and columns of their numbers.

    Made by `regions_on_segments`.

    Parameters
    ----------
    network : ReLUNetwork
        The network.
    starts, ends : ndarray, shape (m, d)
        The segments' ends.
    columns : Columns
        What was found along them.
    n_exact : int
        Signs and zeros that were decided in rational arithmetic.

    Attributes
    ----------
    network, starts, ends, columns, n_exact
        As given.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [-1]), ([[1]], [0])])
    >>> segments = pe.regions_on_segments(net, [[-1, 2], [-1, -1]], [[2, -1], [3, 3]])
    >>> segments
    <SegmentSet: 2 segments in R^2, 6 regions>
    >>> segments.n_regions, segments.n_crossings
    (array([3, 3]), array([4, 3]))
    >>> segments[0].breakpoints
    array([0.        , 0.33333333, 0.66666667, 1.        ])
    """

    def __init__(
        self, network: ReLUNetwork, starts: ExactArray, ends: ExactArray, columns: Columns, n_exact: int
    ) -> None:
        self.network = network
        self.starts = starts
        self.ends = ends
        self.columns = columns
        self.n_exact = n_exact

    def __len__(self) -> int:
        """The number of segments."""
        return len(self.starts)

    def __getitem__(self, index: Any) -> Any:
        """The regions along one segment; a slice gives a list of them."""
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        k = range(len(self))[index]
        return SegmentRegions(self, k)

    def __iter__(self) -> Iterator[SegmentRegions]:
        return (SegmentRegions(self, k) for k in range(len(self)))

    def __repr__(self) -> str:
        m = len(self)
        return (
            f"<SegmentSet: {m:,} segment{'' if m == 1 else 's'} in R^{self.network.input_dim}, "
            f"{int(self.n_regions.sum()):,} regions>"
        )

    @property
    def n_regions(self) -> Indices:
        """The number of pieces of each segment, shape (m,)."""
        counts: Indices = np.diff(self.columns.first_node) - 1
        return counts

    @property
    def n_crossings(self) -> Indices:
        """How often a neuron's sign changes along each segment, shape (m,).

        At a breakpoint where several neurons change sign each counts.
        """
        columns = self.columns
        node, _ = columns.changes()
        segment = np.searchsorted(columns.first_node, node, side="right") - 1
        return np.bincount(segment, minlength=len(self))

    @property
    def lengths(self) -> FloatArray:
        """Euclidean length of each segment, shape (m,)."""
        return np.array([segment.length for segment in self])
