"""How long does a walk around a data point of 784 inputs take? Answers are checked before the clock counts."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

import polytope_engine as pe
from polytope_engine.regions.region import Region

N_REGIONS = 200
SECONDS = 120.0


def upscaled_digits() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Eight by eight images of digits, drawn on 28 by 28 pixels between 0 and 1 by linear interpolation."""
    datasets = pytest.importorskip("sklearn.datasets")
    images, labels = datasets.load_digits(return_X_y=True)
    places = np.clip((np.arange(28) + 0.5) * 8 / 28 - 0.5, 0, 7)
    below = np.minimum(places.astype(int), 6)
    matrix = np.zeros((28, 8))
    matrix[np.arange(28), below] = 1 - (places - below)
    matrix[np.arange(28), below + 1] = places - below
    images = images.reshape(-1, 8, 8) / 16
    return np.einsum("ai,nij,bj->nab", matrix, images, matrix).reshape(-1, 784), labels


def trained() -> tuple[pe.ReLUNetwork, NDArray[np.float64]]:
    networks = pytest.importorskip("sklearn.neural_network")
    images, labels = upscaled_digits()
    classifier = networks.MLPClassifier((64, 64), max_iter=30, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classifier.fit(images, labels)
    assert classifier.score(images, labels) > 0.95
    layers = [(W.T.copy(), b) for W, b in zip(classifier.coefs_, classifier.intercepts_, strict=True)]
    return pe.ReLUNetwork(layers), images[0]


def drawn(*widths: int) -> tuple[pe.ReLUNetwork, NDArray[np.float64]]:
    """Weights and biases uniform within one over the root of the number of inputs, as torch draws them."""
    generator = np.random.default_rng(0)
    layers = [
        (generator.uniform(-1, 1, (n, m)) / np.sqrt(m), generator.uniform(-1, 1, n) / np.sqrt(m))
        for m, n in pairwise(widths)
    ]
    return pe.ReLUNetwork(layers), generator.uniform(0, 1, widths[0])


def n_facets_by_highs(region: Region) -> int:
    p = region.polytope
    lengths = np.linalg.norm(p.A, axis=1)
    A, b = p.A / lengths[:, np.newaxis], p.b / lengths
    # only the row space of the first layer matters
    basis = np.linalg.qr(A[: region.regions.network.hidden_widths[0]].T)[0]
    A = A @ basis
    count = 0
    for k in range(p.n_rows):
        relaxed = b.copy()
        relaxed[k] += 1.0
        solved = linprog(-A[k], A_ub=A, b_ub=relaxed, bounds=(None, None), method="highs")
        count += -solved.fun > b[k] + 1e-7
    return count


@pytest.mark.parametrize("name", ["trained", "784-64-64-10", "784-8-64-64-10"])
def test_two_hundred_regions_around_a_point_of_784_inputs(benchmark: Any, name: str) -> None:
    network, start = trained() if name == "trained" else drawn(*map(int, name.split("-")))
    first = pe.explore(network, start, max_regions=1)
    assert first.n_facets[0] == n_facets_by_highs(first.regions[0])
    found = benchmark.pedantic(
        pe.explore, args=(network, start), kwargs={"max_regions": N_REGIONS}, rounds=1, iterations=1
    )
    assert len(found) == N_REGIONS
    assert not np.isnan(found.chebyshev_radius).any()
    assert found.regions.locate(start) == 0
    signs = network.sign_vector(found.regions.interior_points)
    np.testing.assert_array_equal(signs, found.regions.sign_vectors)
    inner = np.bincount(found.walls.pairs.ravel(), minlength=N_REGIONS)
    np.testing.assert_array_equal(inner + found.n_exits, found.n_facets)
    seconds = benchmark.stats.stats.min
    benchmark.extra_info.update(
        ms_per_region=round(1000 * seconds / N_REGIONS, 1),
        facets_per_region=round(float(found.n_facets.mean()), 1),
        infinite_radii=int(np.isinf(found.chebyshev_radius).sum()),
        exact_decisions=found.work.n_exact_decisions,
    )
    assert seconds < SECONDS


def test_a_few_regions_in_the_box_of_images(benchmark: Any) -> None:
    network, start = trained()
    domain = pe.box(0, 1, dimension=784)
    pe.explore(network, start, domain, max_regions=1)
    found = benchmark.pedantic(
        pe.explore, args=(network, start, domain), kwargs={"max_regions": 5}, rounds=1, iterations=1
    )
    assert np.all((found.chebyshev_radius > 0) & (found.chebyshev_radius <= 0.5))
    benchmark.extra_info.update(
        seconds_per_region=round(benchmark.stats.stats.min / len(found), 2),
        facets_per_region=round(float(found.n_neuron_facets.mean()), 1),
        exact_decisions=found.work.n_exact_decisions,
    )
