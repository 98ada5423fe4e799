"""Trained networks with rounded, dead and repeated weights: proofs are checked, sets are closed, counts agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.data import load_demo
from polytope_engine.exact.closure import check_closure


def rounded(network: pe.ReLUNetwork, denominator: int) -> pe.ReLUNetwork:
    """Weights and biases rounded to multiples of 1 / denominator."""
    return pe.ReLUNetwork(
        [
            (np.round(W * denominator) / denominator, np.round(b * denominator) / denominator)
            for W, b in network.weights
        ]
    )


def with_idle_neurons(network: pe.ReLUNetwork) -> pe.ReLUNetwork:
    """Beside the neurons of each hidden layer: a dead one, one that is zero, a repeated and an opposite one."""
    layers = []
    for k, (W, b) in enumerate(network.weights):
        rows = np.hstack([W, W[:, :4] * 0.5]) if k else W
        if k < len(network.weights) - 1:
            zero = np.zeros((1, rows.shape[1]))
            rows = np.vstack([rows, zero, zero, 2 * rows[:1], -rows[1:2]])
            b = np.concatenate([b, [-1.0, 0.0, 2 * b[0], -b[1]]])
        layers.append((rows, b))
    return pe.ReLUNetwork(layers)


@pytest.mark.parametrize("denominator", [4, 8, 64])
@pytest.mark.parametrize("idle", [False, True], ids=["as trained", "with idle neurons"])
def test_a_rounded_classifier_is_proven_twice(tmp_path: Path, denominator: int, idle: bool) -> None:
    """By the checker, step by step, and by closure under exact facet neighbors."""
    network, domain = load_demo("two_moons")
    network = rounded(network, denominator)
    network = with_idle_neurons(network) if idle else network
    regions = pe.enumerate_regions(network, domain, record_proof=True)
    assert regions.proof is not None
    assert regions.proof.check().is_proven
    assert regions.work.n_exact_decisions <= len(regions) / 20
    regions.save(tmp_path / "regions.npz")
    verdict = check_closure(tmp_path / "regions.npz")
    assert verdict.is_proven, verdict.sentence


@pytest.mark.parametrize("denominator", [4, 8, 64])
def test_idle_neurons_change_nothing_in_the_first_layer(denominator: int) -> None:
    network, domain = load_demo("two_moons")
    (W, b), *_ = rounded(network, denominator).weights
    alone = pe.ReLUNetwork([(W, b), (np.ones((1, len(W))), [0.0])])
    assert int(pe.count_regions(with_idle_neurons(alone), domain)) == int(pe.count_regions(alone, domain))


@pytest.mark.parametrize("denominator", [1, 4, 64])
@pytest.mark.parametrize("seed", range(4))
def test_a_float_search_and_a_rational_one_agree(denominator: int, seed: int) -> None:
    """The same network stated over a common denominator is searched in other numbers."""
    generator = np.random.default_rng(seed)
    widths = (3, 8, 6, 1)
    integers = [
        (generator.integers(-60, 61, size=(n, m)), generator.integers(-60, 61, size=n))
        for m, n in zip(widths[:-1], widths[1:], strict=True)
    ]
    whole = pe.ReLUNetwork([(W / denominator, b / denominator) for W, b in integers])
    stated = pe.ReLUNetwork(integers, denominators=denominator)
    found = pe.enumerate_regions(whole)
    again = pe.enumerate_regions(stated)
    assert {signs.tobytes() for signs in found.sign_vectors} == {
        signs.tobytes() for signs in again.sign_vectors
    }
    cells = pe.sign_cells(whole)
    assert cells.n_regions == len(found)
