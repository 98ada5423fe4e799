"""Inverse volumes: unbiased, and resting on volumes that are those of a full enumeration."""

from __future__ import annotations

import numpy as np
import pytest
from random_networks import random_network

import polytope_engine as pe
from polytope_engine import estimators
from polytope_engine.complexes.lone_volumes import lone_volumes
from polytope_engine.errors import InvalidArgumentError

SQUARE = pe.box(-2, 2, dimension=2)
LINES = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
TRIANGLE = pe.HPolytope([[-1, 0], [0, -1], [1, 1]], [1, 1, 1])

NETWORKS = {
    "three lines": (LINES, SQUARE),
    "one input": (random_network(1, 4, 3, 1, seed=2), pe.box(-1, 1, dimension=1)),
    "two inputs": (random_network(2, 4, 3, 1, seed=3), pe.box(-1, 1, dimension=2)),
    "three inputs": (random_network(3, 3, 2, 1, seed=1), pe.box(-1, 1, dimension=3)),
    "touching quadrants": (pe.library.touching_quadrants().network, SQUARE),
    "in a triangle": (random_network(2, 4, 2, 1, seed=7), TRIANGLE),
}
DEGENERATE = {
    "zero plateau": (pe.library.zero_plateau().network, SQUARE),
    "duplicated": (
        pe.ReLUNetwork([([[1, 0], [2, 0], [-1, 0], [0, 1]], [0, 0, 0, 0]), ([[1] * 4], [0])]),
        SQUARE,
    ),
    "braid": (pe.library.braid(4).network, pe.box(-1, 1, dimension=3)),
    "no cut": (pe.ReLUNetwork([([[0, 0]], [1]), ([[1]], [0])]), SQUARE),
    "one direction": (pe.ReLUNetwork([([[1, 1]], [0]), ([[1]], [0])]), SQUARE),
    "four inputs": (random_network(4, 6, 4, 1), pe.box(-1, 1, dimension=4)),
}


@pytest.mark.parametrize("name", [*NETWORKS, *DEGENERATE])
def test_volumes_of_single_regions_are_those_of_a_full_enumeration(name: str) -> None:
    network, domain = (NETWORKS | DEGENERATE)[name]
    regions = pe.enumerate_regions(network, domain)
    sample = estimators.sample_patterns(network, domain, 60, rng=1)
    volumes, _ = lone_volumes(network, domain, sample.sign_vectors, sample.points)
    reference = regions.measure("volume")["volume"][regions.sign_index.find(sample.sign_vectors)]
    assert volumes == pytest.approx(reference, rel=1e-7)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_mean_over_many_samples_is_the_number_of_regions(name: str) -> None:
    """Within three standard errors, which exact volumes give."""
    network, domain = NETWORKS[name]
    volumes = pe.enumerate_regions(network, domain).measure("volume")["volume"]
    mean, sd = estimators.expected_inverse_volume(volumes)
    assert mean == len(volumes)
    n = 40_000
    found = estimators.inverse_volume(network, domain, n, rng=4)
    assert abs(found.value - mean) < 3 * sd / np.sqrt(n)
    assert found.details["n_seen"] <= found.interval[0] <= found.interval[1]
    assert found.details["n_seen"] <= mean


def test_the_standard_error_is_that_of_the_exact_variance() -> None:
    _, sd = estimators.expected_inverse_volume([0.5, 3.5, 4, 0.5, 3.5, 0.5, 3.5])
    assert sd**2 == pytest.approx(16 * (3 / 0.5 + 3 / 3.5 + 1 / 4) - 49)
    found = estimators.inverse_volume(LINES, SQUARE, 20_000, rng=1)
    assert found.standard_error == pytest.approx(sd / np.sqrt(20_000), rel=0.05)
    intervals = [estimators.inverse_volume(LINES, SQUARE, 400, rng=seed).contains(7) for seed in range(60)]
    assert sum(intervals) >= 51


def test_a_sample_at_hand_is_not_drawn_again() -> None:
    sample = estimators.sample_patterns(LINES, SQUARE, 500, rng=9)
    direct = estimators.inverse_volume(LINES, SQUARE, 500, rng=9)
    assert estimators.inverse_volume(LINES, SQUARE, 1, sample=sample).value == direct.value
    with pytest.raises(InvalidArgumentError, match="another domain"):
        estimators.inverse_volume(LINES, pe.box(-1, 1, dimension=2), 1, sample=sample)
    told: list[float] = []
    estimators.inverse_volume(LINES, SQUARE, 500, rng=9, progress=lambda n, fraction: told.append(fraction))
    assert told[-1] == 1.0
