"""Species richness: the numbers of the literature, the limits of each formula, and laws that hold for any counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polytope_engine as pe
from polytope_engine import estimators
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.estimators.abundances import log_normal_interval

X = [1, 1, 1, 2, 2, 3, 5, 10]
ALL = [
    estimators.good_turing_coverage, estimators.chao_jost_coverage, estimators.homogeneous, estimators.chao1,
    estimators.chao1_bias_corrected, estimators.ace, estimators.jackknife1, estimators.jackknife2,
]  # fmt: skip
RICHNESS = ALL[2:]


@pytest.mark.parametrize(
    ("estimator", "value"),
    [
        (estimators.good_turing_coverage, 0.88),
        (estimators.chao_jost_coverage, 0.886316),
        (estimators.homogeneous, 9.090909),
        (estimators.chao1, 10.16),
        (estimators.chao1_bias_corrected, 8.96),
        (estimators.ace, 11.880165),
        (estimators.jackknife1, 10.88),
        (estimators.jackknife2, 11.876667),
    ],
)
def test_each_estimator_gives_the_known_value(estimator, value) -> None:
    found = estimator(X)
    assert found.value == pytest.approx(value, abs=1e-6)
    assert found.n_samples == 25


def test_chao1_has_the_known_standard_error_and_interval() -> None:
    found = estimators.chao1(X)
    assert found.standard_error == pytest.approx(3.273164, abs=1e-6)
    assert found.interval == pytest.approx((8.253987, 26.369468), abs=1e-6)
    assert estimators.ace(X).details["squared_variation"] == pytest.approx(0.818182, abs=1e-6)
    assert found.contains(10)
    assert not found.contains(30)


def test_variances_by_hand_are_those_of_the_delta_method() -> None:
    """Burnham and Overton: sum of a_k^2 f_k, minus the estimate."""
    f, n = {1: 3, 2: 2, 3: 1, 5: 1, 10: 1}, 25
    first = dict.fromkeys(f, 1.0) | {1: 1 + (n - 1) / n}
    second = dict.fromkeys(f, 1.0) | {1: 1 + (2 * n - 3) / n, 2: 1 - (n - 2) ** 2 / (n * (n - 1))}
    for estimator, a in ((estimators.jackknife1, first), (estimators.jackknife2, second)):
        value = sum(a[k] * f[k] for k in f)
        found = estimator(X)
        assert found.value == pytest.approx(value)
        assert found.standard_error**2 == pytest.approx(sum(a[k] ** 2 * f[k] for k in f) - value, rel=1e-6)


def test_formulas_at_their_limits() -> None:
    assert estimators.chao1([1, 1, 1, 5]).value == 4 + 7 / 8 * 3  # no doubletons
    assert estimators.chao1_bias_corrected([1, 1, 1, 5]).value == 4 + 7 / 8 * 3
    assert estimators.homogeneous([1, 1]).value == math.inf  # only singletons
    assert estimators.good_turing_coverage([1, 1]).value == 0
    assert estimators.good_turing_coverage([1, 1]).interval is None
    found = [estimators.chao_jost_coverage(x).value for x in ([1], [1, 1], [2], [1, 1, 4])]
    assert found == pytest.approx([0, 0, 1, 2 / 3])
    assert estimators.ace([1, 1, 1, 20]).value == 4 + 3  # all rare ones are singletons
    assert estimators.ace([20, 30]).value == 2  # none is rare
    assert estimators.jackknife2([1]).value == 1
    assert [estimator([7]).value for estimator in RICHNESS] == [1] * 6


def test_nothing_unseen_is_estimated_where_all_are_abundant() -> None:
    low, high = estimators.chao1([9, 9, 9]).interval
    assert low == 3
    assert 3 < high < 3.1  # each would be missed with probability e^-9
    assert log_normal_interval(np.array([2, 2]), 2.0, 0.0)[1] > 3


@pytest.mark.parametrize("counts", [[], [0, 0], [-1, 2], [1.5], [[1, 2]], "ab", [True, False]])
def test_what_is_no_count_is_refused(counts) -> None:
    with pytest.raises(InvalidArgumentError, match="counts"):
        estimators.chao1(counts)


counts = st.lists(st.integers(0, 30), min_size=1, max_size=40).filter(any)


@given(counts)
def test_any_counts_give_estimates_in_their_range(x: list[int]) -> None:
    D = sum(k > 0 for k in x)
    for estimator in RICHNESS:
        found = estimator(x)
        low, high = found.interval
        assert D <= low <= high
        if estimator is not estimators.jackknife2:  # which may fall below what was seen
            assert found.value >= D - 1e-9
            assert low <= found.value * (1 + 1e-9) or found.value <= D + 1e-9
    for estimator in ALL[:2]:
        assert 0 <= estimator(x).value <= 1
    assert estimators.chao1_bias_corrected(x).value <= estimators.chao1(x).value + 1e-9


def test_abundant_patterns_cost_nothing_however_often_they_were_seen() -> None:
    often, rarely = estimators.ace([*X, 10**15]), estimators.ace([*X, 11])
    assert (often.value, often.standard_error) == (rarely.value, rarely.standard_error)


@given(counts, st.randoms())
def test_order_and_zeros_do_not_matter(x: list[int], random) -> None:
    shuffled = [*x, 0, 0]
    random.shuffle(shuffled)
    for estimator in ALL:
        assert estimator(shuffled).value == pytest.approx(estimator(x).value, nan_ok=True)


def test_chao1_is_a_lower_bound_on_average_and_coverage_is_nearly_unbiased() -> None:
    """Over all outcomes of drawing four times from three species, with their exact probabilities."""
    p, n = (0.6, 0.3, 0.1), 4
    mean_chao, mean_coverage, coverage = 0.0, 0.0, 0.0
    for a in range(n + 1):
        for b in range(n - a + 1):
            x = (a, b, n - a - b)
            weight = math.factorial(n) * math.prod(
                q**k / math.factorial(k) for q, k in zip(p, x, strict=True)
            )
            mean_chao += weight * estimators.chao1_bias_corrected(x).value
            mean_coverage += weight * estimators.good_turing_coverage(x).value
            coverage += weight * sum(q for q, k in zip(p, x, strict=True) if k)
    assert mean_chao < 3
    assert 0 < coverage - mean_coverage < 1 / n  # Good's theorem: off by at most 1/n


@pytest.mark.parametrize("estimator", [estimators.good_turing_coverage, estimators.chao_jost_coverage])
@pytest.mark.parametrize("n", [60, 300])
def test_intervals_hold_the_coverage_of_the_sample_that_they_are_from(estimator, n: int) -> None:
    """The coverage is random, too: an interval for its mean would hold it three times out of four."""
    generator = np.random.default_rng(2)
    p = generator.pareto(1.0, 60)
    p /= p.sum()
    held = 0
    for _ in range(300):
        x = generator.multinomial(n, p)
        held += estimator(x).contains(p[x > 0].sum())
    assert held >= 270


def test_estimates_print_what_they_are_about() -> None:
    found = estimators.chao1(X)
    assert repr(found) == "<Estimate Chao1: 10.16 in [8.25399, 26.3695] from 25 samples>"
    assert "estimates  number of patterns" in str(found)
    assert "source     Chao 1984" in str(found)
    assert float(found) == found.value


def test_the_module_is_part_of_the_package() -> None:
    assert pe.estimators is estimators
    assert all(getattr(estimators, name).__doc__ for name in estimators.__all__)
