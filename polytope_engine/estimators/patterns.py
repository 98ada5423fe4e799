"""Which regions random points lie in, and how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polytope_engine.estimators.arguments import Seed, as_generator, bounded_domain
from polytope_engine.estimators.uniform import uniform_points
from polytope_engine.network.arrays import as_points
from polytope_engine.network.float_signs import bounded_signs
from polytope_engine.network.library.parameters import checked_integer
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.arguments import check_network, check_progress
from polytope_engine.regions.point_location import is_on_a_wall

Floats = NDArray[np.float64]
Signs = NDArray[np.int8]
Progress = Callable[[int, float], None]

_AT_ONCE = 1 << 13


@dataclass(frozen=True, eq=False, repr=False)
class PatternSample:
    """The regions that points lie in, with how many lie in each.

    Attributes
    ----------
    network : ReLUNetwork
    domain : HPolytope or None
        Where the points are from.
    sign_vectors : ndarray of int8, shape (n_seen, N)
        Of the regions, each once, in the order in which they were met.
    counts : ndarray of int64, shape (n_seen,)
        How many points lie in each.
    points : ndarray of float64, shape (n_seen, d)
        The first point in each.
    n_samples : int
        All points that lie in a region.
    n_on_walls : int
        Points exactly on a wall, which count for no region.
    n_exact : int
        Points of which some sign was decided in rational arithmetic.
    n_misread : int
        Points among those whose signs in floats are wrong: phantom patterns, if they were believed.
    is_finished : bool
        False after Ctrl-C, with the points so far.
    """

    network: ReLUNetwork
    domain: HPolytope | None
    sign_vectors: Signs
    counts: NDArray[np.int64]
    points: Floats
    n_samples: int
    n_on_walls: int
    n_exact: int
    n_misread: int
    is_finished: bool = True

    def __len__(self) -> int:
        """The number of regions that were met."""
        return len(self.counts)

    def __repr__(self) -> str:
        return f"<PatternSample: {len(self):,} regions met by {self.n_samples:,} points>"


def sample_patterns(
    network: ReLUNetwork,
    domain: HPolytope,
    n_samples: int,
    rng: Seed = 0,
    *,
    method: str = "auto",
    progress: Progress | None = None,
) -> PatternSample:
    """Draw uniform points, and find the region of each, exactly.

    Parameters
    ----------
    network : ReLUNetwork
    domain : HPolytope
        Bounded, with interior.
    n_samples : int
        Points in regions; those that fall exactly on a wall are drawn anew, and counted.
    rng : int or numpy.random.Generator
    method : {"auto", "rejection", "hit-and-run"}
        How points are drawn; see `uniform_points`.
    progress : callable, optional
        Called several times a second as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    PatternSample
        After Ctrl-C, of the points so far.

    Raises
    ------
    InvalidNetworkError, InvalidDomainError, UnboundedError, InvalidArgumentError
        If an argument is not what it must be.

    Notes
    -----
    Signs come from floats where those exceed a rigorous bound of their errors, and else from rational arithmetic, so
    that every pattern is one of a region.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.library.generic(3, 2).network
    >>> sample_patterns(net, pe.box(-9, 9, dimension=2), 500, rng=1)    # of 7
    <PatternSample: 6 regions met by 500 points>
    """
    domain = bounded_domain(network, domain)
    n_samples, generator = checked_integer("n_samples", n_samples, 1), as_generator(rng)
    check_progress(progress, "n_regions")
    tally = Tally(network)
    try:
        while tally.n_samples < n_samples:
            n = min(n_samples - tally.n_samples, _AT_ONCE)
            tally.add(uniform_points(domain, n, generator, method))
            if progress is not None:
                progress(len(tally.index), tally.n_samples / n_samples)
    except KeyboardInterrupt:
        if not tally.n_samples:
            raise
        return tally.sample(domain, is_finished=False)
    return tally.sample(domain)


def patterns_at(network: ReLUNetwork, points: ArrayLike, domain: HPolytope | None = None) -> PatternSample:
    """Find the region of each of some given points, exactly.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> found = patterns_at(pe.library.hat().network, [[-1.0], [0.0], [0.2], [0.25]])
    >>> found, found.counts, found.n_on_walls
    (<PatternSample: 2 regions met by 3 points>, array([1, 2]), 1)
    """
    check_network(network)
    points, _ = as_points(points, network.input_dim, "points")
    tally = Tally(network)
    for start in range(0, len(points), _AT_ONCE):
        tally.add(points[start : start + _AT_ONCE])
    return tally.sample(domain)


class Tally:
    """Counts points by region, a batch at a time.

    Attributes
    ----------
    index : dict of bytes to int
        The place of each pattern.
    n_on_walls, n_exact, n_misread : int
        As in `PatternSample`.
    """

    def __init__(self, network: ReLUNetwork) -> None:
        self.network = network
        self.index: dict[bytes, int] = {}
        self.n_on_walls = self.n_exact = self.n_misread = 0
        self._counts: list[int] = []
        self._points: list[Floats] = []
        self._on_wall: dict[bytes, bool] = {}

    @property
    def n_samples(self) -> int:
        """Points counted so far, for some region."""
        return sum(self._counts)

    def add(self, points: Floats) -> None:
        """Count a batch of points."""
        signs = self._signs(points)
        first, counts = distinct_rows(signs)
        for place, count in zip(first.tolist(), counts.tolist(), strict=True):
            key = signs[place].tobytes()
            if self._is_on_a_wall(signs[place], key):
                self.n_on_walls += count
                continue
            known = self.index.get(key)
            if known is not None:
                self._counts[known] += count
                continue
            self._points.append(points[place].copy())
            self._counts.append(count)
            self.index[key] = len(self._counts) - 1

    def _is_on_a_wall(self, signs: Signs, key: bytes) -> bool:
        if signs.all():
            return False
        if key not in self._on_wall:
            self._on_wall[key] = is_on_a_wall(self.network, signs)
        return self._on_wall[key]

    def _signs(self, points: Floats) -> Signs:
        form = self.network.float_form
        signs, proven = bounded_signs(form.weights, form.slopes, points, form.rounding)
        is_open = np.flatnonzero(~proven.all(axis=1))
        if len(is_open):
            exact = self.network.exact.signs_at_floats(points[is_open])
            self.n_exact += len(is_open)
            self.n_misread += int((exact != signs[is_open]).any(axis=1).sum())
            signs[is_open] = exact
        return signs

    def sample(self, domain: HPolytope | None, *, is_finished: bool = True) -> PatternSample:
        """What has been counted."""
        n, network = len(self.index), self.network  # an interrupt may have left a point without its pattern
        rows = [np.frombuffer(key, dtype=np.int8) for key in self.index]
        return PatternSample(
            network,
            domain,
            np.array(rows, dtype=np.int8).reshape(n, network.n_neurons),
            np.array(self._counts[:n], dtype=np.int64),
            np.array(self._points[:n], dtype=np.float64).reshape(n, network.input_dim),
            sum(self._counts[:n]),
            self.n_on_walls,
            self.n_exact,
            self.n_misread,
            is_finished,
        )


def distinct_rows(signs: Signs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first place of each distinct row, in ascending order, and how often it occurs.

    Examples
    --------
    >>> distinct_rows(np.array([[1, 1], [0, 1], [1, 1]], dtype=np.int8))
    (array([0, 1]), array([2, 1]))
    """
    if not signs.shape[1] or not len(signs):
        some = min(len(signs), 1)
        return np.zeros(some, dtype=np.int64), np.full(some, len(signs), dtype=np.int64)
    whole = np.ascontiguousarray(signs).view(np.dtype((np.void, signs.shape[1]))).ravel()
    _, first, counts = np.unique(whole, return_index=True, return_counts=True)
    order = np.argsort(first)
    return first[order].astype(np.int64), counts[order].astype(np.int64)
