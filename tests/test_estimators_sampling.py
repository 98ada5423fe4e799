"""Random points: where they fall, which regions they meet, and what exact volumes say of that."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_networks import random_network

import polytope_engine as pe
from polytope_engine import estimators
from polytope_engine.errors import (
    InvalidArgumentError,
    InvalidDomainError,
    InvalidNetworkError,
    UnboundedError,
)

LINES = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
SQUARE = pe.box(-2, 2, dimension=2)
VOLUMES = [0.5, 3.5, 4, 0.5, 3.5, 0.5, 3.5]
TRIANGLE = pe.HPolytope([[-1, 0], [0, -1], [1, 1]], [0, 0, 1])

NETWORKS = {
    "three lines": (LINES, SQUARE),
    "hat": (pe.library.hat().network, pe.box(-1, 1, dimension=1)),
    "duplicated": (pe.library.duplicate_neuron().network, pe.box(-1, 1, dimension=1)),
    "opposite": (pe.library.identity().network, pe.box(-1, 1, dimension=1)),
    "zero plateau": (pe.library.zero_plateau().network, SQUARE),
    "dead layer": (pe.library.dead_layer().network, SQUARE),
    "touching quadrants": (pe.library.touching_quadrants().network, SQUARE),
    "deep": (random_network(2, 6, 5, 1), pe.box(-1, 1, dimension=2)),
    "three inputs": (random_network(3, 5, 4, 1), pe.box(-1, 1, dimension=3)),
    "in a triangle": (random_network(2, 5, 4, 1), TRIANGLE),
    "no cut": (pe.ReLUNetwork([([[0, 0]], [1]), ([[1]], [0])]), SQUARE),
}


# -- expectations -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "mean", "sd"), [(10, 4.505648, 0.826742), (50, 6.386638, 0.689373), (100, 6.874601, 0.345138)]
)
def test_expected_patterns_of_three_lines(n: int, mean: float, sd: float) -> None:
    volumes = pe.enumerate_regions(LINES, SQUARE).measure("volume")["volume"]
    assert sorted(volumes) == pytest.approx(sorted(VOLUMES))
    found = estimators.expected_patterns(volumes, n)
    assert (found.mean, found.standard_deviation) == pytest.approx((mean, sd), abs=1e-6)
    if n == 100:
        assert found.missing_mass == pytest.approx(0.003919, abs=1e-6)


def test_a_region_far_smaller_than_the_rest_is_expected_all_the_same() -> None:
    found = estimators.expected_patterns([1, 1e-30], 10)  # the small one is met 10 in 1e30 times
    assert found.mean == 1
    assert found.standard_deviation == pytest.approx(1e-15 * 10**0.5)
    assert found.missing_mass == pytest.approx(1e-30)
    huge = estimators.expected_patterns([1e308, 1e308], 1)
    assert (huge.mean, huge.missing_mass) == (1, 0.5)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 4))
def test_expectations_are_those_of_all_outcomes(volumes: list[int], n: int) -> None:
    total, moments, missing = Fraction(sum(volumes)), [Fraction(0), Fraction(0)], Fraction(0)
    for outcome in product(range(len(volumes)), repeat=n):
        weight = Fraction(1)
        for k in outcome:
            weight *= volumes[k] / total
        seen = set(outcome)
        moments = [moments[0] + weight * len(seen), moments[1] + weight * len(seen) ** 2]
        missing += weight * (1 - sum(volumes[k] for k in seen) / total)
    found = estimators.expected_patterns(volumes, n)
    assert found.mean == pytest.approx(float(moments[0]))
    assert found.standard_deviation**2 == pytest.approx(float(moments[1] - moments[0] ** 2), abs=1e-12)
    assert found.missing_mass == pytest.approx(float(missing), abs=1e-15)


def test_scales_and_empty_regions_do_not_matter_and_nonsense_is_refused() -> None:
    scaled = estimators.expected_patterns([3 * v for v in VOLUMES] + [0], 10)
    plain = estimators.expected_patterns(VOLUMES, 10)
    assert (scaled.mean, scaled.standard_deviation) == pytest.approx((plain.mean, plain.standard_deviation))
    for volumes in ([], [0.0], [-1, 2], [np.inf, 1], [[1.0]], ["a"]):
        with pytest.raises(InvalidArgumentError, match="volumes"):
            estimators.expected_patterns(volumes, 10)


def test_means_over_seeds_lie_within_the_exact_expectation() -> None:
    n_seeds = 200
    for network, domain, n in [
        (LINES, SQUARE, 50),
        (*NETWORKS["deep"], 200),
        (*NETWORKS["three inputs"], 200),
    ]:
        volumes = pe.enumerate_regions(network, domain).measure("volume")["volume"]
        expected = estimators.expected_patterns(volumes, n)
        seen = [len(estimators.sample_patterns(network, domain, n, seed)) for seed in range(n_seeds)]
        error = expected.standard_deviation / np.sqrt(n_seeds)
        assert abs(np.mean(seen) - expected.mean) < 3 * error
        assert np.std(seen, ddof=1) == pytest.approx(expected.standard_deviation, rel=0.2)


# -- samples ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_patterns_that_are_met_are_regions_and_counts_are_those_of_locate(name: str) -> None:
    network, domain = NETWORKS[name]
    regions = pe.enumerate_regions(network, domain)
    sample = estimators.sample_patterns(network, domain, 400, rng=5)
    places = regions.sign_index.find(sample.sign_vectors)
    assert (places >= 0).all()
    assert len(set(places.tolist())) == len(sample)
    assert sample.counts.sum() == sample.n_samples == 400
    assert np.array_equal(regions.locate(sample.points), places)
    assert sample.n_misread <= sample.n_exact
    again = estimators.sample_patterns(network, domain, 400, rng=np.random.default_rng(5))
    assert np.array_equal(again.sign_vectors, sample.sign_vectors)
    assert np.array_equal(again.counts, sample.counts)


def test_points_on_walls_count_for_nothing_and_zeros_all_around_do() -> None:
    plateau = pe.library.zero_plateau().network  # its second layer vanishes identically where x < 0 and y < 0
    found = estimators.patterns_at(plateau, np.array([[-1.0, -1.0], [-1.0, 0.0], [1.0, 1.0], [2.0, 1.0]]))
    assert (found.n_on_walls, found.n_samples) == (2, 2)
    assert sorted(found.sign_vectors.tolist()) == [[-1, -1, 0], [1, 1, 1]]


def test_signs_that_floats_misread_are_counted() -> None:
    network = pe.ReLUNetwork(
        [([[10.0]], [-1.0]), ([[1.0]], [0.0])]
    )  # 10 * 0.1 - 1 is 0 in floats, and positive
    found = estimators.patterns_at(network, np.array([[0.1], [0.5]]))
    assert (found.n_exact, found.n_misread, len(found)) == (1, 1, 1)


def test_points_are_uniform_in_polytopes_that_are_no_boxes() -> None:
    for method, n in (("rejection", 4000), ("hit-and-run", 1500)):
        x = estimators.uniform_points(TRIANGLE, n, rng=2, method=method)
        assert TRIANGLE.contains(x).all()
        # the corner x + y < 1/2 has a quarter of the area
        assert abs(np.mean(x.sum(axis=1) < 0.5) - 0.25) < 3 * np.sqrt(0.1875 / n)
        assert x.mean(axis=0) == pytest.approx([1 / 3, 1 / 3], abs=0.03)


def test_hit_and_run_reaches_what_rejection_does_not() -> None:
    d = 12
    simplex = pe.HPolytope(np.vstack([-np.eye(d), np.ones(d)]), np.append(np.zeros(d), 1.0))
    with pytest.raises(InvalidArgumentError, match="hit-and-run"):
        estimators.uniform_points(simplex, 10)
    assert simplex.contains(estimators.uniform_points(simplex, 10, method="hit-and-run", thinning=20)).all()


def test_what_cannot_be_sampled_is_refused() -> None:
    with pytest.raises(UnboundedError, match="domain"):
        estimators.sample_patterns(LINES, None, 10)
    with pytest.raises(UnboundedError, match="unbounded"):
        estimators.sample_patterns(LINES, pe.HPolytope([[1, 0]], [1]), 10)
    with pytest.raises(InvalidNetworkError):
        estimators.sample_patterns("net", SQUARE, 10)
    with pytest.raises(InvalidArgumentError, match="n_samples"):
        estimators.sample_patterns(LINES, SQUARE, 0)
    for rng in (-1, 0.5, None, True):
        with pytest.raises(InvalidArgumentError, match="rng"):
            estimators.sample_patterns(LINES, SQUARE, 10, rng=rng)


def test_ctrl_c_leaves_the_sample_so_far() -> None:
    def stop(n: int, fraction: float) -> None:
        raise KeyboardInterrupt

    found = estimators.sample_patterns(LINES, SQUARE, 50_000, progress=stop)
    assert not found.is_finished
    assert 0 < found.n_samples < 50_000
    assert found.counts.sum() == found.n_samples


# -- richness and grids -------------------------------------------------------------------------


def test_richness_holds_every_estimate_of_one_sample() -> None:
    found = estimators.richness(LINES, SQUARE, 300, rng=1)
    assert found.sample.n_samples == 300
    assert list(found)[:3] == ["unique_patterns", "homogeneous", "chao1"]
    assert found["chao1"].value == estimators.chao1(found.sample.counts).value
    assert found["unique_patterns"].value <= 7
    assert len(str(found).splitlines()) == len(found) + 1


def test_good_turing_coverage_is_the_volume_of_what_was_met() -> None:
    network, domain = NETWORKS["deep"]
    regions = pe.enumerate_regions(network, domain)
    volumes = regions.measure("volume")["volume"]
    errors = []
    for seed in range(40):
        sample = estimators.sample_patterns(network, domain, 150, seed)
        covered = volumes[regions.sign_index.find(sample.sign_vectors)].sum() / volumes.sum()
        errors.append(estimators.good_turing_coverage(sample.counts).value - covered)
    assert abs(np.mean(errors)) < 1 / 150 + 3 * np.std(errors) / np.sqrt(40)


def test_a_grid_is_exact_in_one_dimension_if_it_is_finer_than_every_gap() -> None:
    trap, line = pe.library.hamming_trap().network, pe.box(-20, 20, dimension=1)
    gap = estimators.smallest_gap(trap, line)
    assert gap == 1  # 10 < x < 11
    for spacing, n, is_exact in ((0.9, 5, True), (7.0, None, False)):
        found = estimators.grid(trap, line, spacing)
        assert found.details["is_exact"] is is_exact
        assert found.value == n if n else found.value <= 5
    assert estimators.grid(trap, line, 1.0).details["is_exact"] is False  # points fall on the kinks
    assert estimators.grid(trap, line, 1.0).details["n_on_walls"] > 0


def test_the_ends_of_a_line_that_are_no_floats_are_not_rounded() -> None:
    beyond = pe.box([0], [1 + Fraction(1, 2**54)])  # whose nearest float is 1
    wall_at_its_end = pe.ReLUNetwork([([[1]], [0]), ([[1]], [0])])
    found = estimators.grid(wall_at_its_end, beyond, 100)
    assert (found.value, found.details["n_on_walls"]) == (0, 1)
    assert found.details["is_exact"] is False


def test_a_grid_meets_regions_only_and_finer_ones_meet_more() -> None:
    network, domain = NETWORKS["in a triangle"]
    n = len(pe.enumerate_regions(network, domain))
    coarse, fine = (estimators.grid(network, domain, h).value for h in (0.2, 0.05))
    assert coarse <= fine <= n
    for spacing in (0, -1, np.inf, "1", True, 1e-9):
        with pytest.raises(InvalidArgumentError, match="spacing"):
            estimators.grid(network, domain, spacing)


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        (pe.box(10**20, 10**20 + 1, dimension=2), "so thin near 1e.20 in coordinate 0"),
        (pe.box([0, 0], [1, Fraction(1, 10**400)]), "so thin near 0 in coordinate 1"),
        (pe.box(-1e308, 1e308, dimension=2), "wider than the largest float"),
        (
            pe.HPolytope([[-1, 0], [0, -1], [1, 1]], [-(10**20), -(10**20), 2 * 10**20 + 1]),
            "so thin near 1e.20",
        ),
    ],
)
def test_domains_without_enough_floats_are_refused(domain: pe.HPolytope, why: str) -> None:
    for draw in (
        lambda: estimators.uniform_points(domain, 3),
        lambda: estimators.uniform_points(domain, 3, method="hit-and-run"),
        lambda: estimators.random_chords(domain, 3),
        lambda: estimators.inverse_volume(LINES, domain, 3),
        lambda: estimators.line_crossings(LINES, domain, 3),
    ):
        with pytest.raises(InvalidDomainError, match=why):
            draw()


def test_grids_of_any_dimension_are_refused_if_they_are_too_large() -> None:
    wide = pe.ReLUNetwork([([[1] * 784], [0]), ([[1]], [0])])
    with pytest.raises(InvalidArgumentError, match=r"gives more than 10\^9 points"):
        estimators.grid(wide, pe.box(-1, 1, dimension=784), 0.1)
