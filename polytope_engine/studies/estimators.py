"""Estimators of the number of regions against the exact number, as samples grow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.adjacency import adjacency_matrix
from polytope_engine.complexes.wall_search import all_walls
from polytope_engine.complexes.walls import Walls
from polytope_engine.estimators import abundances
from polytope_engine.estimators.domain_sizes import volume_of
from polytope_engine.estimators.estimate import Estimate
from polytope_engine.estimators.expectations import expected_inverse_volume, expected_patterns
from polytope_engine.estimators.grid import grid
from polytope_engine.estimators.inverse_volume import inverse_volume_at
from polytope_engine.estimators.random_walk import random_walk, spectral_gap
from polytope_engine.estimators.richness import unique_patterns
from polytope_engine.estimators.uniform import uniform_points
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.enumeration import enumerate_regions
from polytope_engine.regions.region_set import RegionSet
from polytope_engine.studies.checked_settings import checked_integer, checked_seed
from polytope_engine.studies.estimators_findings import findings
from polytope_engine.studies.known_networks import checked_names, known_network
from polytope_engine.studies.recorder import About, Progress, Recorder
from polytope_engine.studies.result import StudyResult, Table
from polytope_engine.studies.whole import all_measured, whole

ABOUT = About(
    "estimators",
    "Estimators of the number of regions against the exact number",
    "How far from the exact number of regions are estimates from samples, and how often do their intervals contain it?",
    (
        "Chao 1984, 1987; Chao, Lee 1992: lower bounds and coverage from how often patterns are met",
        "Burnham, Overton 1978: the jackknife",
        "Good 1953; Esty 1983: coverage",
        "Horvitz, Thompson 1952: inverse probabilities, here volumes of regions",
        "Katzir, Liberty, Somekh 2011: collisions of a random walk",
    ),
)
TABLES = {
    "networks": Table(
        "One row a network: its regions (R2, activation regions with interior) in the domain, all of them known.",
        {
            "network": "widths of inputs and hidden layers of a random network on [-1, 1]^d, or a name",
            "n_inputs": "inputs d",
            "n_neurons": "neurons in all",
            "n_regions": "regions in the domain, R (counted exactly)",
            "smallest_share": "volume of the smallest region / volume of the domain",
            "median_share": "volume of the median region / volume of the domain",
            "largest_share": "volume of the largest region / volume of the domain",
            "samples_for_90": "points after which 90 % of the regions are met on average (from volumes)",
            "samples_for_99": "points after which 99 % of the regions are met on average (from volumes)",
            "inverse_volume_sd": "standard deviation of domain volume / region volume at one uniform point / R",
            "spectral_gap": "of the lazy walk on the graph of regions; its inverse is the relaxation time in steps",
        },
    ),
    "estimates": Table(
        "One row a network, estimator and number of samples: the estimate / the exact number, over independent seeds.",
        {
            "network": "as in `networks`",
            "estimator": "its function in `pe.estimators`",
            "n_samples": "uniform points; points of the grid; regions compared along the walk",
            "samples_per_region": "n_samples / R",
            "n_seeds": "independent samples",
            "mean": "mean of estimate / exact number; for good_turing_coverage, / volume of the regions met",
            "low": "5 % quantile of the same",
            "median": "median of the same",
            "high": "95 % quantile of the same",
            "coverage": "share of seeds whose 95 % interval contains the exact value; none for certain lower bounds",
        },
    ),
    "patterns": Table(
        "One row a network and number of uniform points: regions met, and what exact volumes say of them.",
        {
            "network": "as in `networks`",
            "n_samples": "uniform points",
            "samples_per_region": "n_samples / R",
            "n_seeds": "independent samples",
            "expected": "expected number of regions met, from exact volumes, / R",
            "expected_sd": "its standard deviation in one sample, from exact volumes, / R",
            "mean": "mean number of regions met / R",
            "deviation": "(mean - expected) in standard errors expected_sd / sqrt(n_seeds); none where that is 0",
            "expected_covered": "expected share of the volume in regions that were met",
            "covered": "mean of the same",
        },
    ),
}
NETWORKS = ("sawtooth(6)", "generic_in_cube(12,2)", "2-12", "2-16-16", "3-12-12", "two_moons")
_FEWEST = 8
_FEWEST_STEPS = 16
_THINNING = 20  # as the findings say
_ABUNDANCES = {
    "unique_patterns": unique_patterns,
    "chao1": abundances.chao1,
    "chao1_bias_corrected": abundances.chao1_bias_corrected,
    "ace": abundances.ace,
    "jackknife1": abundances.jackknife1,
    "jackknife2": abundances.jackknife2,
}
_CERTAIN = ("unique_patterns", "grid")
_ROUNDING = 1e-12

Key = tuple[str, int]
Floats = NDArray[np.float64]


def estimators(
    *,
    networks: Sequence[str] | str = NETWORKS,
    n_seeds: int = 100,
    samples_per_region: int = 32,
    n_walk: int = 1024,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
) -> StudyResult:
    """Estimate the number of regions R in a box from samples of 8, 16, 32, ... points, many times, beside R itself.

    All estimators but `grid` and `random_walk` see the same points: those of a seed are drawn once, and its smaller
    samples are the first of them. Regions and volumes are exact, so that the expectation of the number of regions met
    is known, too.

    Parameters
    ----------
    networks : str or sequence of str
        Widths of inputs and hidden layers, such as ``"2-16-16"``, for a random network on [-1, 1]^d;
        ``"two_moons"``, which comes with the package, trained; or a name of the library, with a known box.
    n_seeds : int
        Independent samples.
    samples_per_region : int
        The largest sample is the least power of two with so many points for each region.
    n_walk : int
        The most regions that are compared along a random walk, at least 16; twenty steps lead from one to the next.
    seed : int
        Of the weights of random networks, and of all samples.
    quick : bool
        Take smaller networks and fewer samples, whatever all settings but `seed` say, so that it takes seconds.
    progress : callable, optional
        Called as ``progress(n_steps, fraction_done)``, a step being a network's exact facts or one of its seeds.

    Returns
    -------
    StudyResult
        Tables `networks`, `estimates` and `patterns`.

    Raises
    ------
    InvalidArgumentError
        If an argument is not what it must be.

    Notes
    -----
    Sources: the estimators' own, and P. Flajolet, D. Gardy, L. Thimonier, "Birthday paradox, coupon collectors,
    caching algorithms and self-organizing search", Discrete Applied Mathematics 39 (1992), for expectations under
    unequal probabilities.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> found = pe.studies.estimators(networks="sawtooth(3)", n_seeds=5, samples_per_region=4, n_walk=16)
    >>> found.tables["networks"]["n_regions"], found.tables["patterns"]["n_samples"]
    ([8], [8, 16, 32])
    """
    if quick:
        networks = ("sawtooth(5)", "generic_in_cube(8,2)", "2-12", "2-8-8")
        n_seeds, samples_per_region, n_walk = 20, 16, 128
    names = checked_names(networks)
    n_draws = checked_integer(n_seeds, "n_seeds")
    ratio = checked_integer(samples_per_region, "samples_per_region")
    n_steps = checked_integer(n_walk, "n_walk", _FEWEST_STEPS)
    first = checked_seed(seed)
    known = [
        known_network(name, np.random.default_rng([first, 0, place])) for place, name in enumerate(names, 1)
    ]
    settings = {
        "networks": list(names),
        "n_seeds": n_draws,
        "samples_per_region": ratio,
        "n_walk": n_steps,
        "seed": first,
    }
    recorder = Recorder(ABOUT, settings, TABLES, len(names) * (1 + n_draws), progress)
    with recorder.running():
        for name, (network, domain) in zip(names, known, strict=True):
            _add_network(recorder, _Known(name, network, domain, ratio, n_steps))
    return recorder.result(findings)


class _Known:
    """A network of which everything is known, and how it will be sampled."""

    def __init__(
        self, name: str, network: ReLUNetwork, domain: HPolytope, samples_per_region: int, n_walk: int
    ) -> None:
        self.name, self.network, self.domain = name, network, domain
        self.regions: RegionSet = whole(enumerate_regions(network, domain))
        self.n_regions = len(self.regions)
        self.volumes: Floats = np.asarray(all_measured(self.regions.measure("volume"))["volume"])
        self.total = volume_of(domain)
        self.shares: Floats = self.volumes / self.total
        self.walls: Walls = all_walls(self.regions)
        self.sizes = _powers_of_two(_FEWEST, samples_per_region * self.n_regions)
        self.walk_sizes = _powers_of_two(_FEWEST_STEPS, n_walk // 2 + 1)
        self.expected = {n: expected_patterns(self.volumes, n) for n in self.sizes}


@dataclass
class _Draws:
    """What each seed found: estimate / exact value, and whether the interval contains it; regions met."""

    ratios: dict[Key, list[float]]
    is_contained: dict[Key, list[bool]]
    met: dict[int, list[float]]
    covered: dict[int, list[float]]

    def keep(self, name: str, n: int, estimate: Estimate, exact: float) -> None:
        """One estimate; where there is no interval, because nothing varies, it is the estimate alone."""
        low, high = estimate.interval or (estimate.value, estimate.value)
        slack = _ROUNDING * exact
        self.ratios.setdefault((name, n), []).append(estimate.value / exact)
        self.is_contained.setdefault((name, n), []).append(low - slack <= exact <= high + slack)


def _powers_of_two(least: int, reach: int) -> list[int]:
    """From `least`, itself a power of two, up to the first that is `reach` or more."""
    sizes = [least]
    while sizes[-1] < reach:
        sizes.append(2 * sizes[-1])
    return sizes


def _add_network(recorder: Recorder, known: _Known) -> None:
    """Everything about one network; after Ctrl-C, of the seeds so far, which takes no time then."""
    seed, n_seeds = recorder.settings["seed"], recorder.settings["n_seeds"]
    _add_facts(recorder, known)
    draws, n_drawn = _Draws({}, {}, {}, {}), 0
    try:
        recorder.step()
        for k in range(1, n_seeds + 1):
            one = _Draws({}, {}, {}, {})
            points, where = _drawn(known, np.random.default_rng([seed, k]))
            for n in known.sizes:
                _estimate(known, where[:n], one)
            _walk(known, points[0], seed, k, one)
            _join(draws, one)
            n_drawn += 1
            recorder.step()
    finally:
        if n_drawn:
            _add_rows(recorder, known, draws)


def _add_facts(recorder: Recorder, known: _Known) -> None:
    recorder.add(
        "networks",
        network=known.name,
        n_inputs=known.network.input_dim,
        n_neurons=known.network.n_neurons,
        n_regions=known.n_regions,
        smallest_share=float(known.shares.min()),
        median_share=float(np.median(known.shares)),
        largest_share=float(known.shares.max()),
        samples_for_90=_samples_for(known.shares, 0.90),
        samples_for_99=_samples_for(known.shares, 0.99),
        inverse_volume_sd=expected_inverse_volume(known.volumes)[1] / known.n_regions,
        spectral_gap=spectral_gap(adjacency_matrix(known.walls)),
    )
    for n in known.sizes:
        found = grid(known.network, known.domain, _spacing(known, n))
        _add_estimate(recorder, known, "grid", found.n_samples, [found.value / known.n_regions], None)


def _samples_for(shares: Floats, part: float) -> int:
    """The least n for which n points meet that part of the regions on average.

    Examples
    --------
    >>> _samples_for(np.array([0.5, 0.5]), 0.75)
    2
    """

    def is_enough(n: int) -> bool:
        with np.errstate(divide="ignore"):
            return float(np.mean(-np.expm1(n * np.log1p(-shares)))) >= part

    high = 1
    while not is_enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _drawn(known: _Known, generator: np.random.Generator) -> tuple[Floats, NDArray[np.int64]]:
    """Uniform points of the domain that lie on no wall, and the region of each, decided exactly."""
    points = np.empty((0, known.network.input_dim))
    where = np.empty(0, dtype=np.int64)
    while len(points) < known.sizes[-1]:
        more = uniform_points(known.domain, known.sizes[-1] - len(points), generator)
        found = known.regions.locate(more)
        points, where = np.concatenate([points, more[found >= 0]]), np.append(where, found[found >= 0])
    return points, where


def _estimate(known: _Known, where: NDArray[np.int64], draws: _Draws) -> None:
    """All estimates from the regions that points lie in."""
    n = len(where)
    times = np.bincount(where, minlength=known.n_regions)
    seen = np.flatnonzero(times)
    counts = times[seen]
    for name, estimator in _ABUNDANCES.items():
        draws.keep(name, n, estimator(counts), known.n_regions)
    by_volume = inverse_volume_at(counts, known.volumes[seen], known.total)
    draws.keep("inverse_volume", n, by_volume, known.n_regions)
    covered = math.fsum(known.shares[seen])
    draws.keep("good_turing_coverage", n, abundances.good_turing_coverage(counts), covered)
    draws.met.setdefault(n, []).append(len(seen) / known.n_regions)
    draws.covered.setdefault(n, []).append(covered)


def _walk(known: _Known, start: Floats, seed: int, k: int, draws: _Draws) -> None:
    """Estimates from random walks, which Ctrl-C would leave with fewer samples."""
    for n in known.walk_sizes:
        generator = np.random.default_rng([seed, k, n])
        found = random_walk(
            known.network, start, known.domain, n, generator, thinning=_THINNING, walls=known.walls
        )
        if found.n_samples < n:
            raise KeyboardInterrupt
        draws.keep("random_walk", n, found, known.n_regions)


def _join(draws: _Draws, one: _Draws) -> None:
    for every, new in zip(vars(draws).values(), vars(one).values(), strict=True):
        for key, values in new.items():
            every.setdefault(key, []).extend(values)


def _add_rows(recorder: Recorder, known: _Known, draws: _Draws) -> None:
    for n in known.sizes:
        _add_patterns(recorder, known, n, draws)
    for (name, n), ratios in sorted(draws.ratios.items()):
        contained = None if name in _CERTAIN else float(np.mean(draws.is_contained[name, n]))
        _add_estimate(recorder, known, name, n, ratios, contained)


def _spacing(known: _Known, n: int) -> float:
    """Of a grid of about n points; half a step is left at its end, lest its points be halves of halves, on walls."""
    d = known.network.input_dim
    return float(known.total ** (1 / d) / (n ** (1 / d) + 0.5))


def _add_patterns(recorder: Recorder, known: _Known, n: int, draws: _Draws) -> None:
    expected = known.expected[n]
    R, met = known.n_regions, draws.met[n]
    mean, error = float(np.mean(met)), expected.standard_deviation / known.n_regions / math.sqrt(len(met))
    recorder.add(
        "patterns",
        network=known.name,
        n_samples=n,
        samples_per_region=n / R,
        n_seeds=len(met),
        expected=expected.mean / R,
        expected_sd=expected.standard_deviation / R,
        mean=mean,
        deviation=(mean - expected.mean / R) / error if error > _ROUNDING else None,
        expected_covered=1 - expected.missing_mass,
        covered=float(np.mean(draws.covered[n])),
    )


def _add_estimate(
    recorder: Recorder, known: _Known, name: str, n: int, ratios: list[float], coverage: Any
) -> None:
    low, median, high = (float(q) for q in np.quantile(ratios, [0.05, 0.5, 0.95], method="inverted_cdf"))
    recorder.add(
        "estimates",
        network=known.name,
        estimator=name,
        n_samples=n,
        samples_per_region=n / known.n_regions,
        n_seeds=len(ratios),
        mean=float(np.mean(ratios)),
        low=low,
        median=median,
        high=high,
        coverage=coverage,
    )
