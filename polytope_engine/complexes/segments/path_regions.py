"""The regions along a path: segments joined end to end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.segments.segment_set import SegmentSet
from polytope_engine.complexes.segments.walk import swept
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.rationals import as_exact_points
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.regions.arguments import check_flag, check_network, check_progress

FloatArray = NDArray[np.float64]
Indices = NDArray[np.int64]
SignRows = NDArray[np.int8]


class PathRegions:
    """The regions that a path passes, in order.

    A *visit* is a part of the path, as long as can be, on which all signs are constant. It may go around corners,
    also around one that touches a wall, if the path turns back there. On a closed path the last visit is also the
    first, if both have the same signs. A path may visit a region several times.

    Made by `regions_on_path`.

    Parameters
    ----------
    segments : SegmentSet
        The regions along each segment of the path, in order.
    is_closed : bool
        Whether the last segment leads back to the first point.

    Attributes
    ----------
    segments, is_closed
        As given.

    Examples
    --------
    Around the origin, through the four quadrants; the corners lie inside them:

    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
    >>> path = pe.regions_on_path(net, [[1, 1], [-1, 1], [-1, -1], [1, -1]], closed=True)
    >>> path
    <PathRegions: closed, 4 segments, 4 visits of 4 regions>
    >>> path.n_crossings, path.visits.tolist()
    (4, [0, 1, 1, 2, 2, 3, 3, 0])

    With corners on the axes, where the path turns back and never enters another region:

    >>> pe.regions_on_path(net, [[0, 1], [1, 2], [2, 0]]).n_crossings
    0
    """

    def __init__(self, segments: SegmentSet, *, is_closed: bool) -> None:
        self.segments = segments
        self.is_closed = is_closed

    def __len__(self) -> int:
        """The number of pieces: visits, cut at corners."""
        return int(self.segments.n_regions.sum())

    def __repr__(self) -> str:
        m, n = len(self.segments), self.n_visits
        return (
            f"<PathRegions: {'closed' if self.is_closed else 'open'}, {m:,} segment{'' if m == 1 else 's'}, "
            f"{n:,} visit{'' if n == 1 else 's'} of {self.n_regions:,} region{'' if self.n_regions == 1 else 's'}>"
        )

    @property
    def piece_segments(self) -> Indices:
        """The segment of each piece, shape (n_pieces,)."""
        return np.repeat(np.arange(len(self.segments)), self.segments.n_regions)

    @property
    def positions(self) -> FloatArray:
        """Where each piece begins and ends, shape (n_pieces, 2): the number of its segment plus t."""
        t = [segment.breakpoints + segment.index for segment in self.segments]
        rows = [np.stack([places[:-1], places[1:]], axis=1) for places in t]
        return np.concatenate([np.zeros((0, 2)), *rows])

    @property
    def sign_vectors(self) -> SignRows:
        """The signs on each piece, int8, shape (n_pieces, N); made anew each time."""
        rows = [segment.sign_vectors for segment in self.segments]
        return np.concatenate([np.zeros((0, self.segments.network.n_neurons), dtype=np.int8), *rows])

    def _corner_changes(self) -> Indices:
        """How many signs differ across each corner, in order; on a closed path the first point is the last corner."""
        segments = list(self.segments)
        after = segments[1:] + segments[:1] if self.is_closed else segments[1:]
        changes = [
            int((one.sign_vector(-1) != other.sign_vector(0)).sum())
            for one, other in zip(segments, after, strict=False)
        ]
        return np.array(changes, dtype=np.int64)

    @property
    def visits(self) -> Indices:
        """The visit that each piece belongs to, from 0, shape (n_pieces,)."""
        is_first = np.ones(len(self), dtype=np.bool_)
        corners = self._corner_changes()
        n_inner = len(self.segments) - 1
        is_first[np.cumsum(self.segments.n_regions)[:-1]] = corners[:n_inner] > 0
        found: Indices = np.cumsum(is_first) - 1
        if self.is_closed and corners[-1] == 0:
            found[found == found[-1]] = 0
        return found

    @property
    def n_visits(self) -> int:
        """How many visits there are: what other programs call the number of regions on a path."""
        return int(self.visits.max()) + 1

    @property
    def n_regions(self) -> int:
        """How many different regions are visited: different sign vectors."""
        return len({row.tobytes() for row in self.sign_vectors})

    @property
    def n_crossings(self) -> int:
        """How often a neuron's sign changes, at corners too.

        Samples along a closed path estimate it from below, as its transitions (R. Novak et al., ICLR 2018,
        arXiv:1802.08760). Neurons that pass from + to - by way of a piece on which they are 0 count twice here.
        """
        return int(self.segments.n_crossings.sum() + self._corner_changes().sum())

    @property
    def length(self) -> float:
        """The Euclidean length of the path."""
        return float(self.segments.lengths.sum())


def regions_on_path(
    network: ReLUNetwork,
    points: Any,
    closed: bool = False,
    *,
    progress: Callable[[int, float], None] | None = None,
) -> PathRegions:
    """Find every region along a path of segments, exactly.

    Parameters
    ----------
    network : ReLUNetwork
        The network.
    points : array_like of float or Fraction, shape (n_points, d)
        The corners, in order. A point that equals the one before it is left out.
    closed : bool
        Whether the path leads from the last point back to the first.
    progress : callable, optional
        Called several times a second as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    PathRegions

    Raises
    ------
    InvalidArgumentError, InvalidNetworkError
        If an argument is not what it must be, or there are not two different points.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.library.hamming_trap().network
    >>> pe.regions_on_path(net, [[-20], [20], [-20]]).n_visits    # there and back again
    9
    """
    check_network(network)
    corners, is_single = as_exact_points(points, network.input_dim, "points")
    check_flag("closed", closed)
    check_progress(progress, "n_regions")
    if not is_single and len(corners):
        following = np.roll(corners, -1, axis=0)
        is_kept = (corners != following).any(axis=1)
        if not closed:
            is_kept[-1] = False
        starts, ends = corners[is_kept], following[is_kept]
    if is_single or not len(corners) or not len(starts):
        raise InvalidArgumentError(
            f"`points` has shape {corners.shape} and no two neighboring points that differ; a path needs a row for "
            "each of two points or more.",
            shape=corners.shape,
        )
    return PathRegions(swept(network, starts, ends, progress), is_closed=bool(closed))
