"""The number of regions, from how often a random walk on their graph comes to the same one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array, issparse
from scipy.sparse.linalg import ArpackNoConvergence, eigsh
from scipy.special import gammaincinv

from polytope_engine.complexes.walls import Walls
from polytope_engine.errors import InvalidArgumentError, NumericalError
from polytope_engine.estimators.arguments import Generator, Seed, as_generator, check_same
from polytope_engine.estimators.estimate import Estimate, at_least
from polytope_engine.estimators.neighborhoods import ExactNeighborhoods, Neighborhoods, WallNeighborhoods
from polytope_engine.network.library.parameters import checked_integer
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.arguments import check_network, check_progress

Progress = Callable[[int, float], None]
Indices = NDArray[np.int64]
Floats = NDArray[np.float64]

KINDS = ("simple", "metropolis")
_DENSE = 500
_INTEGERS = ("ii", "iu", "ui", "uu")


def random_walk(
    network: ReLUNetwork,
    start: Any,
    domain: HPolytope | None = None,
    n_samples: int = 1000,
    rng: Seed = 0,
    *,
    kind: str = "simple",
    burn_in: int = 200,
    thinning: int = 20,
    walls: Walls | None = None,
    progress: Progress | None = None,
) -> Estimate:
    """Walk at random from region to region, and estimate their number from how often the walk returns to one.

    Parameters
    ----------
    network : ReLUNetwork
    start : array_like of float or Fraction, shape (d,)
        A point on no wall, whose region the walk begins in.
    domain : HPolytope, optional
        Where the walk stays, bounded or not; all of R^d by default.
    n_samples : int
        How many regions along the way are compared, s.
    rng : int or numpy.random.Generator
    kind : {"simple", "metropolis"}
        "simple" crosses one of the facets of its region, all equally probable, and ends up in regions in proportion to
        their degrees, which the estimate corrects for. "metropolis" refuses some of these steps (Metropolis-Hastings,
        accepted with probability min(1, degree here / degree there)), and ends up in all regions equally often.
    burn_in, thinning : int
        Steps before the first of the samples, and from one to the next.
    walls : Walls, optional
        All walls of the network in this domain, if they are at hand. Otherwise the facets of each region that the walk
        comes to are found, exactly, once.
    progress : callable, optional
        Called as ``progress(n_visited, fraction_done)``.

    Returns
    -------
    Estimate
        ``(sum d_i) (sum 1/d_i) / (2 C)`` with the degrees d_i at the samples and the number C of pairs of samples in
        the same region, or ``s (s - 1) / (2 C)`` for the other kind; infinite if there is no such pair. The interval
        is that of C as a Poisson number, cut to at least the number of regions that were visited; for the first kind
        it is widened by how the sums vary with the degrees. ``details``: ``n_collisions``, ``n_seen`` regions among
        the samples, ``n_visited`` with those between, ``mean_degree``.

    Raises
    ------
    InvalidNetworkError, InvalidDomainError, InvalidArgumentError
        If an argument is not what it must be.
    KeyboardInterrupt
        On Ctrl-C, if not enough has been sampled; otherwise the estimate from the samples so far.

    Notes
    -----
    *The walk is lazy*: at each step it stays with probability 1/2. For the graph of regions is bipartite in general, a
    wall flipping one sign, and a walk that always moves would see one half of it at even times.

    *Bias*: samples must be independent, as good as. Neither burn-in nor thinning is known to suffice without the
    `spectral_gap`; samples that are too close collide more often, and the estimate is low. Independent ones give a C
    whose inverse is high by one part in C on average.

    References
    ----------
    L. Katzir, E. Liberty, O. Somekh, "Estimating Sizes of Social Networks via Biased Sampling", WWW 2011.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.library.generic(6, 2).network
    >>> len(pe.enumerate_regions(net))
    22
    >>> random_walk(net, [0.3, 0.4], n_samples=300, rng=1)
    <Estimate random walk, simple: 2... in [..., ...] from 300 samples>
    """
    check_network(network)
    n_samples, generator = checked_integer("n_samples", n_samples, 2), as_generator(rng)
    burn_in, thinning = checked_integer("burn_in", burn_in, 0), checked_integer("thinning", thinning, 1)
    _check_kind(kind)
    check_progress(progress, "n_visited")
    if isinstance(walls, Walls):
        check_same("walls", network, domain, walls.regions.network, walls.regions.domain)
    graph: Neighborhoods
    graph = ExactNeighborhoods(network, start, domain) if walls is None else WallNeighborhoods(walls, start)
    here, samples, degrees = 0, [], []
    try:
        here = _steps(graph, graph.start, burn_in, kind, generator)
        for k in range(n_samples):
            here = _steps(graph, here, thinning, kind, generator)
            samples.append(here)
            degrees.append(len(graph.neighbors(here)))
            if progress is not None:
                progress(graph.n_visited, (k + 1) / n_samples)
    except KeyboardInterrupt:
        if len(degrees) < 2:
            raise
    return collision_estimate(samples[: len(degrees)], degrees, kind, graph.n_visited)


def _steps(graph: Neighborhoods, here: int, n_steps: int, kind: str, generator: Generator) -> int:
    """Walk so many lazy steps."""
    for _ in range(int(generator.binomial(n_steps, 0.5)) if n_steps else 0):
        around = graph.neighbors(here)
        if not len(around):
            return here
        there = int(around[generator.integers(len(around))])
        if kind == "metropolis" and generator.random() * len(graph.neighbors(there)) > len(around):
            continue
        here = there
    return here


def collision_estimate(
    samples: Sequence[int], degrees: Sequence[int], kind: str = "simple", n_visited: int | None = None
) -> Estimate:
    """Estimate the number of nodes of a graph from some that were drawn by their degrees, or uniformly.

    Parameters
    ----------
    samples, degrees : sequences of int, of one length
        Nodes and their degrees.
    kind : {"simple", "metropolis"}
        Whether a node's probability is proportional to its degree, or the same for all.
    n_visited : int, optional
        All that the walk came to, for the record; the interval begins there, or at those among the samples.

    References
    ----------
    Katzir, Liberty, Somekh 2011, as in `random_walk`.

    Examples
    --------
    >>> collision_estimate([0, 1, 0, 2], [2, 2, 2, 2]).value
    8.0
    >>> collision_estimate([0, 1, 0, 2], [2, 2, 2, 2], "metropolis").value
    6.0
    """
    _check_kind(kind)
    nodes, d = np.asarray(samples), np.asarray(degrees)
    if (
        nodes.ndim != 1
        or nodes.shape != d.shape
        or not len(d)
        or nodes.dtype.kind + d.dtype.kind not in _INTEGERS
    ):
        raise InvalidArgumentError(
            f"`samples` has shape {nodes.shape} and dtype {nodes.dtype}, `degrees` {d.shape} and {d.dtype}; they must "
            "be sequences of integers, as long as each other and not empty."
        )
    s, d = len(nodes), d.astype(np.float64)
    _, times = np.unique(nodes, return_counts=True)
    n_collisions = int((times * (times - 1)).sum()) // 2
    if np.all(d == 0):
        weight = float(n_collisions)  # a single region, without neighbors
    elif kind == "simple":
        weight = float(d.sum()) * float((1 / d).sum()) / 2
    else:
        weight = s * (s - 1) / 2
    value = weight / n_collisions if n_collisions else math.inf
    # as precise as a Poisson number that is `worth` on average
    worth = 1 / _relative_variance(samples, d, kind, n_collisions) if n_collisions else 0.0
    scale = value * worth if n_collisions else weight
    fewest = float(gammaincinv(worth, 0.025)) if n_collisions else 0.0
    most = float(gammaincinv(worth + 1, 0.975))
    return Estimate(
        f"random walk, {kind}",
        value,
        at_least(max(len(times), n_visited or 0), (scale / most, scale / fewest if fewest else math.inf)),
        s,
        "number of regions by definition R2', in the domain of the walk",
        "high by about one part in the number of collisions; low, if the walk mixes slowly",
        "Katzir, Liberty & Somekh 2011",
        value / math.sqrt(worth) if n_collisions else None,
        {
            "n_collisions": n_collisions,
            "n_seen": len(times),
            "n_visited": n_visited,
            "mean_degree": float(d.mean()),
        },
    )


def _relative_variance(samples: Sequence[int], degrees: Floats, kind: str, n_collisions: int) -> float:
    """The variance of the estimate over its square, about.

    Pairs of uniform samples collide independently, two by two, so that their number varies like a Poisson number.
    Nodes of many neighbors are met together more often than that: what each sample adds to the three sums then varies
    too, by the delta method. Its own second-order part, 2 / C, holds that of C twice.
    """
    poisson = 1 / n_collisions
    if kind == "metropolis" or not degrees.all():
        return poisson
    s = len(samples)
    _, place, times = np.unique(np.asarray(samples, dtype=np.int64), return_inverse=True, return_counts=True)
    pulls = degrees / degrees.mean() + (1 / degrees) / (1 / degrees).mean()
    pulls -= s * (times[place] - 1) / n_collisions
    return max(float(pulls.var(ddof=1)) / s - poisson, poisson)


def spectral_gap(adjacency: csr_array, kind: str = "simple") -> float:
    """The gap 1 - lambda_2 of the lazy walk on a graph: its inverse is about how many steps it takes to forget.

    Parameters
    ----------
    adjacency : scipy.sparse array, shape (n, n)
        Symmetric, an entry other than 0 for each edge, as ``regions.adjacency()`` gives.
    kind : {"simple", "metropolis"}

    Returns
    -------
    float
        From 0, if the graph is not connected, to 1, for a single node.

    Raises
    ------
    InvalidArgumentError
        If an argument is not what it must be.
    NumericalError
        If the eigenvalues of a large graph are not found.

    References
    ----------
    D. A. Levin, Y. Peres, E. L. Wilmer, Markov Chains and Mixing Times, 2nd ed., AMS 2017, theorem 12.4.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> square = pe.enumerate_regions(pe.library.l1_norm().network).adjacency()    # four quadrants, a cycle
    >>> round(spectral_gap(square), 12)
    0.5
    """
    _check_kind(kind)
    if not issparse(adjacency) or adjacency.ndim != 2 or adjacency.shape[0] != adjacency.shape[1]:
        raise InvalidArgumentError(
            "`adjacency` must be a square array of scipy.sparse, as regions.adjacency() gives."
        )
    adjacency = csr_array(adjacency)
    n = adjacency.shape[0]
    if n == 1:
        return 1.0
    links = csr_array((np.ones(adjacency.nnz), adjacency.indices, adjacency.indptr), shape=adjacency.shape)
    degrees = np.asarray(links.sum(axis=1)).ravel()
    if np.any(degrees == 0):
        return 0.0
    row = np.repeat(np.arange(n), np.diff(links.indptr))
    if kind == "simple":
        rates = 1 / np.sqrt(degrees[row] * degrees[links.indices])
        matrix = csr_array((rates, links.indices, links.indptr), shape=links.shape)
    else:
        rates = 1 / np.maximum(degrees[row], degrees[links.indices])
        moves = csr_array((rates, links.indices, links.indptr), shape=links.shape)
        matrix = moves + diags_array(1 - np.asarray(moves.sum(axis=1)).ravel())
    if n <= _DENSE:
        second = float(np.linalg.eigvalsh(matrix.toarray())[-2])
    else:
        start = np.random.default_rng(0).random(n)
        try:
            second = float(np.sort(eigsh(matrix, k=2, which="LA", return_eigenvectors=False, v0=start))[0])
        except ArpackNoConvergence as failure:
            raise NumericalError(
                f"The second eigenvalue of a graph of {n:,} regions was not found: its gap is tiny, or the graph is "
                "not connected."
            ) from failure
    return min(max((1 - second) / 2, 0.0), 1.0)


def _check_kind(kind: object) -> None:
    if kind not in KINDS:
        raise InvalidArgumentError(f"`kind` is {kind!r}; it must be 'simple' or 'metropolis'.", kind=kind)
