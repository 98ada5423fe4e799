"""How many walls random lines cross, and how large all walls are together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError, UnboundedError
from polytope_engine.estimators.arguments import Generator, Seed, as_generator, bounded_domain
from polytope_engine.estimators.domain_sizes import (
    boundary_of,
    box_bounds,
    is_bounded,
    sampling_bounds,
    volume_of,
)
from polytope_engine.estimators.estimate import Estimate, normal_interval
from polytope_engine.estimators.restriction import crossings_on_segments
from polytope_engine.estimators.uniform import chord
from polytope_engine.network.arrays import as_points
from polytope_engine.network.library.parameters import checked_integer
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.arguments import check_progress

Floats = NDArray[np.float64]
Progress = Callable[[int, float], None]

_AT_ONCE = 64
_MOST_MISSES = 1 << 17
_SOURCE = "Crofton's formula: L. A. Santalo, Integral Geometry and Geometric Probability (1976)"


def crossing_constant(dimension: int) -> float:
    """The constant a_d: an isotropic line crosses ``a_d |S| / vol(K)`` walls a unit of length.

    ``a_d = Gamma(d/2) / (sqrt(pi) Gamma((d+1)/2))``, the mean of |cos| of the angle between a line and a normal.

    Examples
    --------
    >>> [round(crossing_constant(d), 6) for d in (1, 2, 3, 4)]
    [1.0, 0.63662, 0.5, 0.424413]
    """
    d = checked_integer("dimension", dimension, 1)
    return math.exp(math.lgamma(d / 2) - math.lgamma((d + 1) / 2)) / math.sqrt(math.pi)


def random_chords(
    domain: HPolytope, n_chords: int, rng: Seed = 0, direction: Any = None
) -> tuple[Floats, Floats]:
    """Draw chords of a bounded polytope, on isotropic uniformly random lines, or on lines of one direction.

    Parameters
    ----------
    domain : HPolytope
        Bounded, with interior.
    n_chords : int
    rng : int or numpy.random.Generator
    direction : array_like of float, shape (d,), optional
        Of all the lines, which are then uniformly random among those that meet the polytope.

    Returns
    -------
    starts, ends : ndarray of float64, shape (n_chords, d)
        On the boundary, up to rounding.

    Notes
    -----
    In a box: a facet by its area, a uniform point of it, and a direction whose part in the facet is uniform in the unit
    ball, which makes angles to the normal as likely as their cosines. Otherwise, a direction uniform on the sphere and
    a point uniform in the ball across it, around a ball that holds the polytope; lines that miss it are drawn anew.
    A segment between two uniform points is no such line: long chords are favored there.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> starts, ends = random_chords(pe.box(-2, 2, dimension=2), 1000, rng=1, direction=[1, 0])
    >>> np.linalg.norm(ends - starts, axis=1).min()
    np.float64(4.0)
    """
    n_chords, generator = checked_integer("n_chords", n_chords, 1), as_generator(rng)
    if not isinstance(domain, HPolytope) or not is_bounded(domain):
        raise UnboundedError("`domain` must be a bounded polytope, such as pe.box(-1, 1, dimension=2).")
    fixed = None if direction is None else _unit(direction, domain.dimension)
    lower, upper = sampling_bounds(domain)
    if box_bounds(domain) is not None:
        return _of_box(lower, upper, n_chords, generator, fixed)
    return _by_rejection(domain, lower, upper, n_chords, generator, fixed)


def _of_box(
    lower: Floats, upper: Floats, n: int, generator: Generator, fixed: Floats | None
) -> tuple[Floats, Floats]:
    """Chords that begin on a random facet, which lines meet in proportion to its area and their cosine."""
    d, each = len(lower), np.arange(n)
    weights = 1 / (upper - lower) if fixed is None else np.abs(fixed) / (upper - lower)
    facet = generator.choice(d, size=n, p=weights / weights.sum())
    starts = lower + (upper - lower) * generator.random((n, d))
    if fixed is None:
        v = generator.standard_normal((n, d))
        v[each, facet] = 0.0
        size = np.linalg.norm(v, axis=1, keepdims=True)
        reach = generator.random((n, 1)) ** (1 / max(d - 1, 1)) if d > 1 else np.zeros((n, 1))
        v *= reach / np.where(size > 0, size, 1.0)
        v[each, facet] = np.sqrt(1 - reach[:, 0] ** 2) * generator.choice([-1.0, 1.0], size=n)
    else:
        v = np.broadcast_to(fixed, (n, d))
    starts[each, facet] = np.where(v[each, facet] > 0, lower[facet], upper[facet])
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(v == 0, np.inf, (np.where(v > 0, upper, lower) - starts) / v)
    ends = starts + steps.min(axis=1, keepdims=True) * v
    return starts, np.clip(ends, lower, upper)


def _by_rejection(
    domain: HPolytope, lower: Floats, upper: Floats, n: int, generator: Generator, fixed: Floats | None
) -> tuple[Floats, Floats]:
    """Chords on lines that meet a ball around the polytope, and the polytope."""
    d = domain.dimension
    middle, radius = (lower + upper) / 2, float(np.linalg.norm(upper - lower)) / 2
    starts, ends = np.empty((n, d)), np.empty((n, d))
    k = n_missed = 0
    while k < n:
        v = _unit(generator.standard_normal(d), d) if fixed is None else fixed
        x = middle + radius * _across(v, generator)
        span = chord(domain.A, domain.b, x, v)
        if span is not None:
            starts[k], ends[k] = x + span[0] * v, x + span[1] * v
            k, n_missed = k + 1, 0
            continue
        n_missed += 1
        if n_missed >= _MOST_MISSES:
            raise InvalidArgumentError(
                f"`domain` is so thin, or its dimension {d} so high, that {n_missed:,} random lines in a row missed "
                "it; pass a box instead."
            )
    return starts, ends


def _across(v: Floats, generator: Generator) -> Floats:
    """A uniform point of the unit ball orthogonal to a unit vector."""
    d = len(v)
    if d == 1:
        return np.zeros(1)
    while True:
        u = generator.standard_normal(d)
        u -= (u @ v) * v
        size = float(np.linalg.norm(u))
        if size > 0:
            point: Floats = u / size * generator.random() ** (1 / (d - 1))
            return point


def _unit(direction: Any, d: int) -> Floats:
    vector, single = as_points(direction, d, "direction")
    size = float(np.linalg.norm(vector))
    if not single or size == 0:
        raise InvalidArgumentError(
            f"`direction` must be one vector other than 0, of shape ({d},).", shape=np.shape(direction)
        )
    unit: Floats = vector[0] / size
    return unit


@dataclass(frozen=True, eq=False, repr=False)
class LineCrossings:
    """What random lines say of the walls in a bounded domain K, with walls S.

    Attributes
    ----------
    n_crossings : ndarray of int64, shape (n_chords,)
        Walls that each chord crosses, exactly.
    lengths : ndarray of float64, shape (n_chords,)
    crossings_per_chord, regions_per_chord : Estimate
        On a line that meets K: ``2 |S| / |boundary of K|`` on average for isotropic ones, and one more.
    crossing_density : Estimate
        Walls crossed a unit of length: ``a_d |S| / vol(K)`` for isotropic lines, ``sum |n . v| vol(wall) / vol(K)`` for
        lines along v.
    wall_area : Estimate or None
        Of |S|, as ``crossing_density vol(K) / a_d``, which varies less than ``crossings_per_chord |boundary of K| / 2``
        because long chords cross more; that one is ``details["from_chords"]``. None for lines of one direction.
    """

    n_crossings: NDArray[np.int64]
    lengths: Floats
    crossings_per_chord: Estimate
    regions_per_chord: Estimate
    crossing_density: Estimate
    wall_area: Estimate | None

    def __repr__(self) -> str:
        area = "" if self.wall_area is None else f", wall area {self.wall_area.value:.6g}"
        n = len(self.n_crossings)
        return f"<LineCrossings: {self.crossings_per_chord.value:.6g} a chord on {n:,} chords{area}>"


def line_crossings(
    network: ReLUNetwork,
    domain: HPolytope,
    n_chords: int,
    rng: Seed = 0,
    direction: Any = None,
    *,
    progress: Progress | None = None,
) -> LineCrossings:
    """Count the walls that random lines cross, exactly on each line, and estimate the area of all walls from that.

    Parameters
    ----------
    network, domain
        The network, and a bounded polytope with interior.
    n_chords, rng, direction
        As in `random_chords`.
    progress : callable, optional
        Called as ``progress(n_chords, fraction_done)``.

    Returns
    -------
    LineCrossings
        The exact number for ``wall_area`` is ``regions.walls().areas().sum()``.

    Raises
    ------
    InvalidNetworkError, InvalidDomainError, UnboundedError, InvalidArgumentError
        If an argument is not what it must be.

    Examples
    --------
    Three lines of total length 8 + 3 sqrt(2) in a square:

    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> found = line_crossings(net, pe.box(-2, 2, dimension=2), 400, rng=1)
    >>> found.wall_area.contains(8 + 3 * 2 ** 0.5)
    True
    """
    domain = bounded_domain(network, domain)
    check_progress(progress, "n_chords")
    starts, ends = random_chords(domain, n_chords, rng, direction)
    parts = []
    for start in range(0, n_chords, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        parts.append(crossings_on_segments(network, starts[part], ends[part]))
        if progress is not None:
            progress(min(part.stop, n_chords), min(part.stop / n_chords, 1.0))
    return _summary(
        domain, np.concatenate(parts), np.linalg.norm(ends - starts, axis=1), is_isotropic=direction is None
    )


def _summary(
    domain: HPolytope,
    n_crossings: NDArray[np.int64],
    lengths: Floats,
    *,
    is_isotropic: bool,
) -> LineCrossings:
    n, lines = len(lengths), "isotropic lines" if is_isotropic else "lines of one direction"
    mean, error = float(n_crossings.mean()), _error(n_crossings)

    def made(name: str, value: float, error: float, definition: str, bias: str, low: float = 0.0) -> Estimate:
        interval = normal_interval(value, error, low) if n > 1 else None
        return Estimate(name, value, interval, n, definition, bias, _SOURCE, error)

    density = float(n_crossings.sum() / lengths.sum())
    density_error = _error(n_crossings - density * lengths) / float(lengths.mean())
    factor = volume_of(domain) / crossing_constant(domain.dimension)
    definition, bias = (
        "total (d-1)-volume of the walls in the domain",
        "of order 1/n, as of any ratio of means",
    )
    area = made("wall area", density * factor, density_error * factor, definition, bias)
    area = replace(area, details={"from_chords": mean * boundary_of(domain) / 2})
    return LineCrossings(
        n_crossings,
        lengths,
        made("crossings per chord", mean, error, f"mean number of walls crossed by {lines}", "none"),
        made("regions per chord", mean + 1, error, f"mean number of regions met by {lines}", "none", 1.0),
        made(
            "crossing density",
            density,
            density_error,
            f"walls crossed by {lines}, a unit of length",
            bias,
        ),
        area if is_isotropic else None,
    )


def _error(values: NDArray[Any]) -> float:
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.inf
