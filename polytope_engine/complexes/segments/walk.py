"""Find the regions along segments: arguments checked, blocks of the sweep put together."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.segments.segment_regions import SegmentRegions
from polytope_engine.complexes.segments.segment_set import Columns, SegmentSet
from polytope_engine.complexes.segments.sweep import Nodes, Sweep
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.rationals import ExactArray, as_exact_points, as_fractions
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.regions.arguments import check_network, check_progress

Progress = Callable[[int, float], None]
Indices = NDArray[np.int64]
SignRows = NDArray[np.int8]

_SECONDS_BETWEEN_REPORTS = 0.1


def regions_on_segment(
    network: ReLUNetwork, x0: Any, x1: Any, *, progress: Progress | None = None
) -> SegmentRegions:
    """Find every region along a segment, exactly.

    Parameters
    ----------
    network : ReLUNetwork
        The network, of any input dimension.
    x0, x1 : array_like of float or Fraction, shape (d,)
        The ends, taken as the rational numbers that they are.
    progress : callable, optional
        Called several times a second as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    SegmentRegions

    Raises
    ------
    InvalidArgumentError, InvalidNetworkError
        If an argument is not what it must be.

    Notes
    -----
    Layer by layer, the zeros of a neuron are found between those of the layers before, where it is affine [1]_. Its
    signs there, and the order of zeros, are proven by bounds on rounding errors [2]_ or decided in rational arithmetic.
    A walk from region to region whose steps have a smallest length [3]_ misses short pieces; this misses none.

    References
    ----------
    .. [1] M. Sotoudeh, A. V. Thakur, "Computing Linear Restrictions of Neural Networks", NeurIPS 2019,
       arXiv:1908.06214, algorithm ExactLine.
    .. [2] N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, §3.1.
    .. [3] M. Gamba, A. Chmielewski-Anders, J. Sullivan, H. Azizpour, M. Björkman, "Are All Linear Regions Created
       Equal?", AISTATS 2022, arXiv:2202.11749.

    Examples
    --------
    Two zeros so close to each other that there is no float64 between them:

    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1], [3]], [-1, -3.0000000000000004]), ([[1, 1]], [0])])
    >>> segment = pe.regions_on_segment(net, [0], [2])
    >>> segment.sign_vectors.tolist()
    [[-1, -1], [1, -1], [1, 1]]
    >>> segment.exact_breakpoint(2) - segment.exact_breakpoint(1)
    Fraction(1, 13510798882111488)
    """
    check_network(network)
    starts, is_single = as_exact_points(x0, network.input_dim, "x0")
    ends, is_single_too = as_exact_points(x1, network.input_dim, "x1")
    for name, points, one in (("x0", starts, is_single), ("x1", ends, is_single_too)):
        if not one:
            raise InvalidArgumentError(
                f"`{name}` has shape {points.shape}, but must be ({network.input_dim},), one point; for many segments "
                "use regions_on_segments.",
                shape=points.shape,
            )
    check_progress(progress, "n_regions")
    found: SegmentRegions = swept(network, starts, ends, progress)[0]
    return found


def regions_on_segments(
    network: ReLUNetwork, x0: Any, x1: Any, *, progress: Progress | None = None
) -> SegmentSet:
    """Find every region along each of many segments, exactly; see `regions_on_segment`.

    Parameters
    ----------
    network : ReLUNetwork
        The network.
    x0, x1 : array_like of float or Fraction, shapes (m, d)
        The ends of the segments, row by row. One may be a single point of shape (d,), which all segments share.
    progress : callable, optional
        Called several times a second as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    SegmentSet
        A sequence of `SegmentRegions`, with columns.

    Raises
    ------
    InvalidArgumentError, InvalidNetworkError
        If an argument is not what it must be.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.library.hamming_trap().network
    >>> pe.regions_on_segments(net, [-20], [[20], [5], [-19]]).n_regions
    array([5, 4, 1])
    """
    check_network(network)
    starts, is_single = as_exact_points(x0, network.input_dim, "x0")
    ends, is_single_too = as_exact_points(x1, network.input_dim, "x1")
    if is_single and not is_single_too:
        starts = np.repeat(starts, len(ends), axis=0)
    elif is_single_too and not is_single:
        ends = np.repeat(ends, len(starts), axis=0)
    if len(starts) != len(ends):
        raise InvalidArgumentError(
            f"`x0` has {len(starts)} points and `x1` has {len(ends)}; each segment needs one of both.",
            n_starts=len(starts),
            n_ends=len(ends),
        )
    check_progress(progress, "n_regions")
    return swept(network, starts, ends, progress)


def swept(
    network: ReLUNetwork, starts: ExactArray, ends: ExactArray, progress: Progress | None
) -> SegmentSet:
    """The regions along segments whose ends are checked."""
    if starts.dtype != ends.dtype:
        starts, ends = as_fractions(starts), as_fractions(ends)
    sweep = Sweep(network, starts, ends)
    columns = _Columns(network, len(starts))
    reported = time.monotonic()
    for nodes in sweep.blocks():
        columns.add(nodes)
        if progress is not None and time.monotonic() - reported > _SECONDS_BETWEEN_REPORTS:
            progress(columns.n_pieces, (int(nodes.segment[-1]) + float(nodes.t[-1])) / len(starts))
            reported = time.monotonic()
    if progress is not None:
        progress(columns.n_pieces, 1.0)
    return SegmentSet(network, starts, ends, columns.joined(), sweep.n_exact)


class _Columns:
    """Collects blocks of nodes as columns."""

    def __init__(self, network: ReLUNetwork, m: int) -> None:
        self.network = network
        self.n_nodes = np.zeros(m, dtype=np.int64)
        self.first_signs = np.zeros((m, network.n_neurons), dtype=np.int8)
        self.n_pieces = 0
        self.parts: list[tuple[NDArray[Any], ...]] = []
        self.signs_before = np.zeros(network.n_neurons, dtype=np.int8)  # at the last node but one so far

    def add(self, nodes: Nodes) -> None:
        """Add nodes that follow those so far."""
        signs, segment = nodes.signs, nodes.segment
        before = np.zeros_like(signs)
        after = np.zeros_like(signs)
        same = nodes.has_piece
        before[1:][same] = signs[:-1][same]
        after[:-1][same] = signs[1:][same]
        if nodes.continues:
            # the node was the last of the nodes before: now it is known what follows it
            self._drop_last()
            self.n_nodes[segment[0]] -= 1
            before[0] = self.signs_before
        first_of = np.flatnonzero(np.diff(segment, prepend=segment[0] - (not nodes.continues)))
        self.first_signs[segment[first_of]] = np.where(signs[first_of] != 0, signs[first_of], after[first_of])
        row, neuron = np.nonzero((signs == 0) & ((before != 0) | (after != 0)))
        is_last = np.append(~same, True)
        next_sign = np.where(is_last[row], before[row, neuron], after[row, neuron])
        counts = np.bincount(row, minlength=len(nodes))
        self.parts.append((nodes.t, nodes.t_error, nodes.h, counts, neuron, next_sign))
        np.add.at(self.n_nodes, segment, 1)
        self.n_pieces += int(same.sum())
        self.signs_before = signs[-2].copy()

    def _drop_last(self) -> None:
        t, t_error, outputs, counts, neuron, next_sign = self.parts[-1]
        keep = len(neuron) - int(counts[-1])
        self.parts[-1] = (t[:-1], t_error[:-1], outputs[:-1], counts[:-1], neuron[:keep], next_sign[:keep])

    def joined(self) -> Columns:
        """All of it."""
        n_out = self.network.output_dim
        empty: tuple[NDArray[Any], ...] = (
            np.zeros(0), np.zeros(0), np.zeros((0, n_out)), np.zeros(0, np.int64), np.zeros(0, np.int64),
            np.zeros(0, np.int8),
        )  # fmt: skip
        t, t_error, outputs, counts, neuron, next_sign = (
            np.concatenate(column) for column in zip(empty, *self.parts, strict=True)
        )
        return Columns(
            first_node=np.concatenate([[0], np.cumsum(self.n_nodes)]),
            t=t,
            t_error=t_error,
            outputs=outputs,
            first_signs=self.first_signs,
            first_zero=np.concatenate([[0], np.cumsum(counts)]),
            zeros=neuron.astype(np.int64),
            sign_after=next_sign.astype(np.int8),
        )
