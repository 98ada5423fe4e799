"""All estimates of a number of regions that rest on how often regions are met."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from polytope_engine.estimators import abundances
from polytope_engine.estimators.arguments import Seed, as_counts
from polytope_engine.estimators.estimate import Estimate
from polytope_engine.estimators.patterns import PatternSample, Progress, sample_patterns
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope

UNIQUE = "number of regions by definition R2', in the domain"

_BY_NAME = {
    "homogeneous": abundances.homogeneous,
    "chao1": abundances.chao1,
    "chao1_bias_corrected": abundances.chao1_bias_corrected,
    "ace": abundances.ace,
    "jackknife1": abundances.jackknife1,
    "jackknife2": abundances.jackknife2,
    "good_turing_coverage": abundances.good_turing_coverage,
    "chao_jost_coverage": abundances.chao_jost_coverage,
}


class Richness(Mapping[str, Estimate]):
    """Estimates by name, from one sample.

    Parameters
    ----------
    counts : array_like of int
        How often each pattern was met.
    sample : PatternSample, optional
        Where they come from.

    Attributes
    ----------
    sample : PatternSample or None

    Examples
    --------
    >>> print(Richness([1, 1, 1, 2, 2, 3, 5, 10]))
    estimator                 value  95 % interval
    unique patterns               8  [8, inf]
    homogeneous             9.09091  [8.15973, 15.4508]
    Chao1                     10.16  [8.25399, 26.3695]
    Chao1, bias-corrected      8.96  [8.08921, 18.3308]
    ACE                     11.8802  [8.6731, 30.3676]
    jackknife 1               10.88  [8.70162, 19.8219]
    jackknife 2             11.8767  [8.72971, 28.5951]
    Good-Turing coverage       0.88  [0.677981, 1]
    Chao-Jost coverage     0.886316  [0.684297, 1]
    """

    def __init__(self, counts: Any, sample: PatternSample | None = None) -> None:
        self.sample = sample
        self._estimates = {"unique_patterns": unique_patterns(counts)}
        self._estimates |= {name: estimator(counts) for name, estimator in _BY_NAME.items()}

    def __getitem__(self, name: str) -> Estimate:
        return self._estimates[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._estimates)

    def __len__(self) -> int:
        return len(self._estimates)

    def __repr__(self) -> str:
        first = self["unique_patterns"]
        return (
            f"<Richness: {first.value:,.0f} patterns from {first.n_samples:,} samples, {len(self)} estimates>"
        )

    def __str__(self) -> str:
        lines = ["estimator                 value  95 % interval"]
        for estimate in self.values():
            interval = estimate.interval
            within = "" if interval is None else f"[{interval[0]:.6g}, {interval[1]:.6g}]"
            lines.append(f"{estimate.name:<22} {estimate.value:>8.6g}  {within}".rstrip())
        return "\n".join(lines)


def unique_patterns(counts: Any) -> Estimate:
    """The number of distinct patterns in a sample, a lower bound on their number that is certain.

    Examples
    --------
    >>> unique_patterns([1, 1, 1, 2, 2, 3, 5, 10])
    <Estimate unique patterns: 8 in [8, inf] from 25 samples>
    """
    counts = as_counts(counts)
    D = float(len(counts))
    return Estimate(
        "unique patterns",
        D,
        (D, math.inf),
        int(np.sum(counts)),
        UNIQUE,
        "a lower bound, always; see `expected_patterns`",
        "the plain count; law of its size in `expected_patterns`",
    )


def richness(
    network: ReLUNetwork,
    domain: HPolytope,
    n_samples: int,
    rng: Seed = 0,
    *,
    method: str = "auto",
    progress: Progress | None = None,
) -> Richness:
    """Estimate the number of regions from those that uniform points meet, in all the ways of `abundances`.

    Parameters
    ----------
    network, domain, n_samples, rng, method, progress
        As in `sample_patterns`.

    Returns
    -------
    Richness
        A mapping from names to estimates, which prints as a table.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.library.generic(3, 2).network
    >>> found = richness(net, pe.box(-9, 9, dimension=2), 500, rng=1)    # of 7
    >>> found
    <Richness: 6 patterns from 500 samples, 9 estimates>
    >>> found["chao1"].value
    6.0
    """
    sample = sample_patterns(network, domain, n_samples, rng, method=method, progress=progress)
    return Richness(sample.counts, sample)
