"""Distances in a graph, and its diameter: exact where that is quick, else between proven bounds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

Distances = NDArray[np.int32]
Progress = Callable[[int, float], None]

SECONDS_A_REPORT = 0.1
# By default a search for the diameter looks at about so many edges, but from so many regions at least.
_WORK = 300_000_000
_FEWEST_SEARCHES = 16


@dataclass(frozen=True)
class Diameter:
    """The largest distance between two regions, or bounds on it.

    Attributes
    ----------
    lower, upper : int
        Proven bounds, in walls crossed.
    ends : pair of int, or None
        Two regions at distance `lower`; None if there are no regions.
    n_searches : int
        Breadth-first searches made.
    is_interrupted : bool
        Whether Ctrl-C ended the search.

    Examples
    --------
    >>> Diameter(12, 14, (3, 8), 16)
    <Diameter: 12 to 14, regions 3 and 8 are 12 apart>
    """

    lower: int
    upper: int
    ends: tuple[int, int] | None
    n_searches: int
    is_interrupted: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether the bounds are equal."""
        return self.lower == self.upper

    def __repr__(self) -> str:
        bounds = f"{self.lower}" if self.is_exact else f"{self.lower} to {self.upper}"
        ends = (
            "" if self.ends is None else f", regions {self.ends[0]} and {self.ends[1]} are {self.lower} apart"
        )
        return f"<Diameter: {bounds}{ends}>"


def breadth_first(matrix: csr_array, start: int) -> tuple[Distances, Distances]:
    """Distance of each node from one, and the node before it on a shortest path.

    Parameters
    ----------
    matrix : csr_array, shape (n, n)
        Symmetric; what is stored is an edge.
    start : int

    Returns
    -------
    distances, predecessors : ndarrays of int32, shape (n,)
        -1 where no path leads, and a negative number where nothing comes before.

    Examples
    --------
    >>> path = csr_array(np.diag([1.0, 1.0], 1) + np.diag([1.0, 1.0], -1))
    >>> breadth_first(path, 0)[0]
    array([0, 1, 2], dtype=int32)
    """
    order, before = breadth_first_order(matrix, start)
    place = np.empty(matrix.shape[0], dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    # A queue: the places of the predecessors ascend, so each distance is a stretch of the order.
    parents = place[before[order[1:]]]
    borders = [0, 1]
    while borders[-1] < len(order):
        borders.append(1 + int(np.searchsorted(parents, borders[-1])))
    distances = np.full(matrix.shape[0], -1, dtype=np.int32)
    distances[order] = np.repeat(np.arange(len(borders) - 1, dtype=np.int32), np.diff(borders))
    return distances, before


def diameter_bounds(
    matrix: csr_array,
    eccentricity_limit: NDArray[np.integer],
    max_searches: int | None = None,
    progress: Progress | None = None,
) -> Diameter:
    """The largest finite distance in a graph, or bounds on it.

    Parameters
    ----------
    matrix : csr_array, shape (n, n)
        Symmetric; what is stored is an edge.
    eccentricity_limit : ndarray of int, shape (n,)
        Proven upper bounds on each node's largest distance to another, such as n - 1.
    max_searches : int, optional
        Breadth-first searches after which to stop; by default as many as look at about 300 million edges.
    progress : callable, optional
        Called several times a second as ``progress(n_nodes, fraction_done)`` with the number of nodes that are
        known to be no ends of anything longer than what was found.

    Returns
    -------
    Diameter
        Exact if the searches suffice, which they always do if there is one for each node. After Ctrl-C the bounds
        are those of the searches so far.

    Notes
    -----
    A search from w with eccentricity e shows for each node v at distance d that its eccentricity is at least
    max(d, e - d) and at most e + d. A node whose upper bound does not exceed the largest distance found is done
    with; the searches start, in turn, where the upper bound is largest and where the lower bound is smallest.

    References
    ----------
    .. [1] F. W. Takes, W. A. Kosters, "Determining the diameter of small world networks", CIKM 2011.
    """
    n = matrix.shape[0]
    if n == 0:
        return Diameter(0, 0, None, 0)
    if max_searches is None:
        max_searches = max(_FEWEST_SEARCHES, _WORK // (n + matrix.nnz))
    search = _Search(matrix.astype(np.float64), eccentricity_limit)
    next_report = time.perf_counter()
    is_interrupted = False
    try:
        while search.is_open.any() and search.n_searches < max_searches:
            search.step()
            now = time.perf_counter()
            if progress is not None and now >= next_report:
                n_done = n - int(np.count_nonzero(search.is_open))
                progress(n_done, max(n_done / n, search.n_searches / max_searches))
                next_report = now + SECONDS_A_REPORT
        if progress is not None:
            progress(n - int(np.count_nonzero(search.is_open)), 1.0)
    except KeyboardInterrupt:
        is_interrupted = True
    return search.result(is_interrupted=is_interrupted)


class _Search:
    """Bounds on the eccentricity of each node, better with each step."""

    def __init__(self, matrix: csr_array, limit: NDArray[np.integer]) -> None:
        self.matrix = matrix
        self.degrees = np.diff(matrix.indptr)
        self.low = np.zeros(len(limit), dtype=np.int32)
        self.high = np.minimum(limit, np.iinfo(np.int32).max).astype(np.int32)
        self.is_open = self.high > 0
        self.is_fresh = np.ones(len(limit), dtype=np.bool_)
        self.longest = (0, 0, 0)  # a distance, and two nodes that far apart
        self.n_searches = 0

    def step(self) -> None:
        """Search from one node."""
        start = self._next_start()
        distances, _ = breadth_first(self.matrix, start)
        farthest = int(np.argmax(distances))
        reach = int(distances[farthest])
        is_reached = distances >= 0
        # The bounds hold after each of these lines, so Ctrl-C may come between any two of them.
        np.minimum(self.high, distances + reach, out=self.high, where=is_reached)
        np.maximum(self.low, np.maximum(distances, reach - distances), out=self.low, where=is_reached)
        self.high[start] = self.low[start] = reach
        self.is_fresh[start] = False
        self.longest = max(self.longest, (reach, start, farthest), key=itemgetter(0))
        self.is_open &= self.high > self.longest[0]
        self.n_searches += 1

    def _next_start(self) -> int:
        if self.n_searches == 0:
            return int(np.argmax(self.degrees))
        open_nodes = np.flatnonzero(self.is_open)
        if self.n_searches % 2:
            high, low = self.high[open_nodes], self.low[open_nodes]
            return int(open_nodes[np.lexsort((-low, -high))[0]])
        # In a component that holds a longer path, all eccentricities are at least half of that.
        fresh = np.flatnonzero(self.is_fresh & (2 * self.high > self.longest[0]))
        return int(fresh[np.argmin(self.low[fresh])])

    def result(self, *, is_interrupted: bool) -> Diameter:
        """The bounds so far."""
        lower, *ends = self.longest
        upper = max(lower, int(self.high[self.is_open].max(initial=0)))
        return Diameter(lower, upper, (ends[0], ends[1]), self.n_searches, is_interrupted)
