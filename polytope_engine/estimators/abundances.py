"""How many species there are, by how often those that were seen were seen.

A sample of n points meets D patterns, pattern i of them ``counts[i]`` times; f_k patterns were met exactly k times.
All of these rest on such numbers alone, and know nothing of geometry. Volumes of regions differ by many orders of
magnitude, so that estimates of the number of regions are mostly far too low, and so are the intervals.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.estimators.arguments import as_counts
from polytope_engine.estimators.estimate import Z_95, Estimate, normal_interval

Frequencies = NDArray[np.float64]

PATTERNS = (
    "number of patterns with positive probability: regions by definition R2', in a domain sampled uniformly"
)
COVERAGE = (
    "total probability of the patterns that were seen: the share of the domain's volume in seen regions"
)
RARE = 10
"""Patterns seen at most so often count as rare for ACE."""

_LOW = "at most the true number in expectation; regions that are much smaller than the rest are missed"
_TOO_LOW = "low where probabilities differ much, as volumes of regions do"


# -- coverage -----------------------------------------------------------------------------------


def good_turing_coverage(counts: Any) -> Estimate:
    """The share of all probability that seen patterns have: ``1 - f_1 / n``.

    Parameters
    ----------
    counts : sequence of int
        How often each pattern was seen.

    Returns
    -------
    Estimate
        With a normal interval from the variance ``(f_1 (1 - f_1/n) + 2 f_2) / n^2``; None where that is 0.

    References
    ----------
    I. J. Good, "The Population Frequencies of Species and the Estimation of Population Parameters", Biometrika 40
    (1953). W. W. Esty, "A Normal Limit Law for a Nonparametric Estimator of the Coverage of a Random
    Sample", Annals of Statistics 11 (1983), for the variance.

    Examples
    --------
    >>> good_turing_coverage([1, 1, 1, 2, 2, 3, 5, 10]).value
    0.88
    """
    counts = as_counts(counts)
    f1, _ = _first_frequencies(counts)
    unseen = f1 / int(counts.sum())
    found = _coverage("Good-Turing coverage", 1.0 - unseen, counts, "at most 1/n", "Good 1953: 1 - f_1/n")
    return replace(found, details={"unseen_mass": unseen})


def chao_jost_coverage(counts: Any) -> Estimate:
    """A sharper estimate of coverage: ``1 - (f_1/n) (n-1) f_1 / ((n-1) f_1 + 2 f_2)``.

    References
    ----------
    A. Chao, L. Jost, "Coverage-based rarefaction and extrapolation", Ecology 93 (2012), equation (4a). The interval has
    the variance that `good_turing_coverage` has, from which the estimate differs in second order.

    Examples
    --------
    >>> round(chao_jost_coverage([1, 1, 1, 2, 2, 3, 5, 10]).value, 6)
    0.886316
    """
    counts = as_counts(counts)
    n, (f1, f2) = int(counts.sum()), _first_frequencies(counts)
    share = (n - 1) * f1 / ((n - 1) * f1 + 2 * f2) if f2 else 1.0
    value = 1.0 - f1 / n * share
    source = "Chao & Jost 2012, equation (4a)"
    return _coverage("Chao-Jost coverage", value, counts, "small, of second order", source)


def _coverage(name: str, value: float, counts: NDArray[np.int64], bias: str, source: str) -> Estimate:
    """An estimate of the coverage, which is random itself: Esty's variance is that of the difference of both."""
    n, (f1, f2) = int(counts.sum()), _first_frequencies(counts)
    error = math.sqrt(f1 * (1.0 - f1 / n) + 2.0 * f2) / n
    interval = normal_interval(value, error, 0.0, 1.0) if error else None
    return Estimate(name, value, interval, n, COVERAGE, bias, f"{source}; interval by Esty 1983", error)


def homogeneous(counts: Any) -> Estimate:
    """The number of patterns if all were equally probable: D over the Good-Turing coverage.

    Infinite if every pattern was seen once.

    References
    ----------
    J. N. Darroch, D. Ratcliff, "A Note on Capture-Recapture Estimation", Biometrics 36 (1980).

    Examples
    --------
    >>> round(homogeneous([1, 1, 1, 2, 2, 3, 5, 10]).value, 6)
    9.090909
    """
    counts = as_counts(counts)
    n = int(counts.sum())

    def number(f: Frequencies) -> float:
        return _over(float(f.sum()), 1.0 - _first(f) / n)

    return _richness("homogeneous", number, counts, _TOO_LOW, "Darroch & Ratcliff 1980")


# -- numbers of patterns ------------------------------------------------------------------------


def chao1(counts: Any) -> Estimate:
    """Chao's lower bound: ``D + ((n-1)/n) f_1^2 / (2 f_2)``, or ``D + ((n-1)/n) f_1 (f_1 - 1) / 2`` if f_2 is 0.

    Returns
    -------
    Estimate
        With the log-normal interval ``[D + T/K, D + T K]``, T = S - D and K = exp(z sqrt(log(1 + var/T^2))).

    References
    ----------
    A. Chao, "Nonparametric Estimation of the Number of Classes in a Population", Scandinavian Journal of Statistics 11
    (1984); A. Chao, "Estimating the Population Size for Capture-Recapture Data with Unequal Catchability", Biometrics
    43 (1987), for variance and interval.

    Examples
    --------
    >>> chao1([1, 1, 1, 2, 2, 3, 5, 10])
    <Estimate Chao1: 10.16 in [8.25399, 26.3695] from 25 samples>
    """
    counts = as_counts(counts)
    n, D, (f1, f2) = int(counts.sum()), len(counts), _first_frequencies(counts)
    a = (n - 1) / n
    if f2 == 0:
        return _chao1("Chao1", counts, D + a * f1 * (f1 - 1) / 2, _variance_without_doubletons(counts), _LOW)
    r = f1 / f2
    variance = f2 * (a * r**2 / 2 + a**2 * r**3 + a**2 * r**4 / 4)
    return _chao1("Chao1", counts, D + a * f1**2 / (2 * f2), variance, _LOW)


def chao1_bias_corrected(counts: Any) -> Estimate:
    """Chao's lower bound without the bias of its ratio: ``D + ((n-1)/n) f_1 (f_1 - 1) / (2 (f_2 + 1))``.

    References
    ----------
    A. Chao, "Species Estimation and Applications", Encyclopedia of Statistical Sciences (2005); variance and interval
    as in R. K. Colwell, EstimateS, appendix B, equations (6) and (13).

    Examples
    --------
    >>> round(chao1_bias_corrected([1, 1, 1, 2, 2, 3, 5, 10]).value, 6)
    8.96
    """
    counts = as_counts(counts)
    n, D, (f1, f2) = int(counts.sum()), len(counts), _first_frequencies(counts)
    a, g = (n - 1) / n, f2 + 1
    if f2 == 0:
        variance = _variance_without_doubletons(counts)
    else:
        variance = (
            a * f1 * (f1 - 1) / (2 * g)
            + a**2 * f1 * (2 * f1 - 1) ** 2 / (4 * g**2)
            + a**2 * f1**2 * f2 * (f1 - 1) ** 2 / (4 * g**4)
        )
    value = D + a * f1 * (f1 - 1) / (2 * g)
    return _chao1("Chao1, bias-corrected", counts, value, variance, _LOW)


def ace(counts: Any) -> Estimate:
    """The abundance-based coverage estimator, with patterns that were seen at most ten times as the rare ones.

    ``S_abundant + S_rare / C + (f_1 / C) g`` with the coverage ``C = 1 - f_1 / N_rare`` of the rare ones and their
    squared coefficient of variation g. If all rare ones were seen once, ``D + f_1 (f_1 - 1) / 2``.

    References
    ----------
    A. Chao, S.-M. Lee, "Estimating the Number of Classes via Sample Coverage", JASA 87 (1992); the
    interval is log-normal, with the variance of the delta method.

    Examples
    --------
    >>> found = ace([1, 1, 1, 2, 2, 3, 5, 10])
    >>> round(found.value, 6), round(found.details["squared_variation"], 6)
    (11.880165, 0.818182)
    """
    counts = as_counts(counts)
    squared_variation = float(_squared_variation(_frequencies(counts)))
    found = _richness("ACE", _ace, counts, _TOO_LOW, "Chao & Lee 1992, with cutoff 10")
    return replace(found, details={"squared_variation": squared_variation})


def jackknife1(counts: Any) -> Estimate:
    """The jackknife of first order: ``D + f_1 (n-1)/n``.

    References
    ----------
    K. P. Burnham, W. S. Overton, "Estimation of the Size of a Closed Population when Capture Probabilities Vary Among
    Animals", Biometrika 65 (1978), with their variance ``sum a_k^2 f_k - S``.

    Examples
    --------
    >>> round(jackknife1([1, 1, 1, 2, 2, 3, 5, 10]).value, 6)
    10.88
    """
    n = int(as_counts(counts).sum())

    def number(f: Frequencies) -> float:
        return float(f.sum()) + _first(f) * (n - 1) / n

    return _richness("jackknife 1", number, as_counts(counts), _TOO_LOW, "Burnham & Overton 1978, k = 1")


def jackknife2(counts: Any) -> Estimate:
    """The jackknife of second order: ``D + f_1 (2n-3)/n - f_2 (n-2)^2 / (n (n-1))``.

    It may lie below D. For a single point, whose second order does not exist, it is that of first order.

    References
    ----------
    As for `jackknife1`, k = 2.

    Examples
    --------
    >>> round(jackknife2([1, 1, 1, 2, 2, 3, 5, 10]).value, 6)
    11.876667
    """
    counts = as_counts(counts)
    n = int(counts.sum())
    if n == 1:
        return jackknife1(counts)

    def number(f: Frequencies) -> float:
        return float(f.sum()) + _first(f) * (2 * n - 3) / n - _second(f) * (n - 2) ** 2 / (n * (n - 1))

    return _richness("jackknife 2", number, counts, _TOO_LOW, "Burnham & Overton 1978, k = 2")


# -- what they share ----------------------------------------------------------------------------


def _frequencies(counts: NDArray[np.int64]) -> Frequencies:
    """f_1, f_2, ..., and last how many were seen more than RARE times, however often."""
    return np.bincount(np.minimum(counts, RARE + 1))[1:].astype(np.float64)


def _first(f: Frequencies) -> float:
    return float(f[0])


def _second(f: Frequencies) -> float:
    return float(f[1]) if len(f) > 1 else 0.0


def _first_frequencies(counts: NDArray[np.int64]) -> tuple[int, int]:
    return int(np.count_nonzero(counts == 1)), int(np.count_nonzero(counts == 2))


def _over(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else math.inf


def _squared_variation(f: Frequencies) -> float:
    k = np.arange(1, min(len(f), RARE) + 1)
    rare = f[:RARE]
    n_rare = float(k @ rare)
    if n_rare == _first(f):
        return 0.0
    coverage = 1.0 - _first(f) / n_rare
    pairs = float((k * (k - 1)) @ rare)
    return max(float(rare.sum()) * pairs / (coverage * n_rare * (n_rare - 1)) - 1.0, 0.0)


def _ace(f: Frequencies) -> float:
    n_rare = float(np.arange(1, min(len(f), RARE) + 1) @ f[:RARE])
    if n_rare == _first(f):
        return float(f.sum()) + _first(f) * (_first(f) - 1) / 2
    coverage = 1.0 - _first(f) / n_rare
    n_species = float(f[:RARE].sum())
    return float(f[RARE:].sum()) + n_species / coverage + _first(f) / coverage * _squared_variation(f)


def _delta_variance(number: Callable[[Frequencies], float], counts: NDArray[np.int64], total: float) -> float:
    """The variance of a function of the f_k, whose covariances are ``f_k (1 - f_k / S)`` and ``-f_j f_k / S``."""
    f = _frequencies(counts)
    used = np.flatnonzero(f)
    if not math.isfinite(total):
        return math.inf
    gradient = np.empty(len(used))
    for place, k in enumerate(used):
        step = 1e-4 * max(f[k], 1.0)
        above, below = f.copy(), f.copy()
        above[k] += step
        below[k] -= step
        gradient[place] = (number(above) - number(below)) / (2 * step)
    variance = float(gradient**2 @ f[used]) - float(gradient @ f[used]) ** 2 / total
    return max(variance, 0.0)


def _variance_without_doubletons(counts: NDArray[np.int64]) -> float:
    n, D, (f1, _) = int(counts.sum()), len(counts), _first_frequencies(counts)
    a = (n - 1) / n
    total = D + a * f1 * (f1 - 1) / 2
    variance = a * f1 * (f1 - 1) / 2 + a**2 * f1 * (2 * f1 - 1) ** 2 / 4 - a**2 * f1**4 / 4 / total
    return max(variance, 0.0)


def _chao1(name: str, counts: NDArray[np.int64], value: float, variance: float, bias: str) -> Estimate:
    interval = log_normal_interval(counts, value, variance)
    n = int(counts.sum())
    return Estimate(name, value, interval, n, PATTERNS, bias, "Chao 1984, 1987", math.sqrt(variance))


def _richness(
    name: str, number: Callable[[Frequencies], float], counts: NDArray[np.int64], bias: str, source: str
) -> Estimate:
    value = float(number(_frequencies(counts)))
    variance = _delta_variance(number, counts, value)
    interval = log_normal_interval(counts, value, variance)
    return Estimate(name, value, interval, int(counts.sum()), PATTERNS, bias, source, math.sqrt(variance))


def log_normal_interval(counts: NDArray[np.int64], value: float, variance: float) -> tuple[float, float]:
    """The interval in which the number of unseen patterns, taken as log-normal, lies with probability 0.95.

    Where the estimate is not above the number D of seen patterns, all of them being abundant, D / (1 - P) with the
    share P of patterns that a sample like this one misses is the middle of a normal interval.

    References
    ----------
    A. Chao 1987; R. K. Colwell, EstimateS, appendix B, equations (13) and (14).
    """
    D = len(counts)
    unseen = value - D
    if not math.isfinite(value):
        return float(D), math.inf
    if unseen > 0:
        # log1p and expm1 of huge ratios stay within floats
        factor = math.exp(min(Z_95 * math.sqrt(math.log1p(variance / unseen**2)), 700.0))
        return D + unseen / factor, D + unseen * factor
    n, k = int(counts.sum()), counts.astype(np.float64)
    missed = float(np.exp(-k).sum())
    spread = float((np.exp(-k) * (1 - np.exp(-k))).sum()) - float((k * np.exp(-k)).sum()) ** 2 / n
    share = missed / D
    middle, reach = D / (1 - share), Z_95 * math.sqrt(max(spread, 0.0)) / (1 - share)
    return max(float(D), middle - reach), middle + reach
