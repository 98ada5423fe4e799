"""The regions that the points of a regular grid lie in."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.estimators.arguments import bounded_domain
from polytope_engine.estimators.domain_sizes import box_bounds
from polytope_engine.estimators.estimate import Estimate
from polytope_engine.estimators.patterns import Progress, Tally
from polytope_engine.estimators.richness import UNIQUE
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.arguments import check_progress
from polytope_engine.regions.enumeration import enumerate_regions

_AT_ONCE = 1 << 14
MOST_POINTS = 10**9


def grid(
    network: ReLUNetwork, domain: HPolytope, spacing: float, *, progress: Progress | None = None
) -> Estimate:
    """Count the regions that the points of a grid lie in: a lower bound.

    Parameters
    ----------
    network : ReLUNetwork
    domain : HPolytope
        Bounded, with interior. The grid begins at the lowest corner of its bounding box.
    spacing : float
        From one point to the next, in each direction.
    progress : callable, optional
        Called as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    Estimate
        ``details``: ``n_on_walls`` points that lie exactly on a wall and count for nothing; in one dimension,
        ``is_exact``, whether the grid cannot have missed a region.

    Raises
    ------
    InvalidNetworkError, InvalidDomainError, UnboundedError, InvalidArgumentError
        If an argument is not what it must be, or the grid has more than 10^9 points.

    Notes
    -----
    A region without a point of the grid is missed, however large it is otherwise. In one dimension nothing is missed if
    the spacing is less than the length of every region; see `smallest_gap`.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.library.hamming_trap().network
    >>> found = grid(net, pe.box(-20, 20, dimension=1), 0.75)
    >>> found, found.details["is_exact"]
    (<Estimate grid: 5 in [5, inf] from ... samples>, True)
    """
    domain = bounded_domain(network, domain)
    h = _checked_spacing(spacing)
    check_progress(progress, "n_regions")
    lower, upper = box_bounds(domain) or domain.bounding_box()
    sides = [int((high - low) / h) + 1 for low, high in zip(lower.tolist(), upper.tolist(), strict=True)]
    n_points = math.prod(sides)
    if n_points > MOST_POINTS:
        raise InvalidArgumentError(
            f"`spacing` is {h:g}, which gives more than 10^9 points; pass a larger one, or sample at random.",
            n_points=n_points,
        )
    tally, widest = Tally(network), Fraction(0)
    before, end = interval_of(domain.exact_rows) if domain.dimension == 1 else (Fraction(0), Fraction(0))
    for start in range(0, n_points, _AT_ONCE):
        places = np.unravel_index(np.arange(start, min(start + _AT_ONCE, n_points)), sides)
        points = lower + h * np.array(places, dtype=np.float64).T
        points = points[np.asarray(domain.contains(points))]
        if len(points):
            tally.add(points)
            if domain.dimension == 1:
                widest, before = _widest(points[:, 0], widest, before)
        if progress is not None:
            progress(len(tally.index), min(start + _AT_ONCE, n_points) / n_points)
    sample = tally.sample(domain)
    details: dict[str, Any] = {"n_on_walls": sample.n_on_walls, "spacing": h}
    if domain.dimension == 1:
        details["is_exact"] = max(widest, end - before) < smallest_gap(network, domain)
    n_seen = float(len(sample))
    return Estimate(
        "grid",
        n_seen,
        (n_seen, math.inf),
        sample.n_samples,
        UNIQUE,
        "a lower bound, always; regions without a point of the grid are missed",
        "the usual picture of regions, counted",
        None,
        details,
    )


def smallest_gap(network: ReLUNetwork, domain: HPolytope) -> Fraction:
    """The length of the shortest region of a network with one input, exactly; any closer grid finds all regions.

    Raises
    ------
    InvalidArgumentError
        If the network has more than one input.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> smallest_gap(pe.library.hat().network, pe.box(0, 1, dimension=1))
    Fraction(1, 2)
    """
    domain = bounded_domain(network, domain)
    if network.input_dim != 1:
        raise InvalidArgumentError(
            f"`network` has {network.input_dim} inputs; gaps are those of a network with one input.",
            input_dim=network.input_dim,
        )
    regions = enumerate_regions(network, domain)
    return min(
        upper - lower for lower, upper in (interval_of(region.polytope.exact_rows) for region in regions)
    )


def interval_of(rows: Any) -> tuple[Fraction, Fraction]:
    """The ends of a bounded interval that is given by rows (a, c): ``a x + c >= 0``.

    Examples
    --------
    >>> interval_of([(2, 1), (-1, 3), (1, 5)])
    (Fraction(-1, 2), Fraction(3, 1))
    """
    lower = max(Fraction(-int(c), int(a)) for a, c in rows if a > 0)
    upper = min(Fraction(-int(c), int(a)) for a, c in rows if a < 0)
    return lower, upper


def _widest(x: NDArray[np.float64], widest: Fraction, before: Fraction) -> tuple[Fraction, Fraction]:
    """The largest exact distance between neighbors, the last of the points before them included."""
    exact = [before, *map(Fraction, x.tolist())]
    steps = (b - a for a, b in pairwise(exact))
    return max(widest, *steps), exact[-1]


def _checked_spacing(spacing: Any) -> float:
    if isinstance(spacing, bool) or not isinstance(spacing, int | float | np.number | Fraction):
        raise InvalidArgumentError(
            f"`spacing` is {spacing!r}; it must be a positive number.", spacing=spacing
        )
    value = float(spacing)
    if not 0 < value < math.inf:
        raise InvalidArgumentError(
            f"`spacing` is {spacing!r}; it must be a positive number.", spacing=spacing
        )
    return value
