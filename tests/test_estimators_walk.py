"""Random walks on the graph of regions: neighbors, collisions, and how fast they mix."""

from __future__ import annotations

import math

import numpy as np
import pytest
from random_networks import random_network
from scipy.sparse import csr_array

import polytope_engine as pe
from polytope_engine import estimators
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.estimators.neighborhoods import ExactNeighborhoods, WallNeighborhoods

SQUARE = pe.box(-1, 1, dimension=2)


@pytest.mark.parametrize(
    ("network", "domain", "start"),
    [
        (random_network(2, 6, 5, 1), SQUARE, [0.1, 0.2]),
        (random_network(3, 5, 4, 1), None, [0.1, 0.2, 0.3]),
        (pe.library.hamming_trap().network, None, [2.0]),
        (pe.library.zero_plateau().network, None, [-1.0, -2.0]),
        (pe.library.duplicate_neuron().network, pe.box(-1, 1, dimension=1), [0.5]),
        (pe.ReLUNetwork([([[0, 0]], [1]), ([[1]], [0])]), SQUARE, [0, 0]),
    ],
)
def test_neighbors_found_on_the_way_are_those_of_all_walls(network, domain, start) -> None:
    walls = pe.enumerate_regions(network, domain).walls()
    lazy, known = ExactNeighborhoods(network, start, domain), WallNeighborhoods(walls, start)
    names, queue = {lazy.start: known.start}, [lazy.start]
    degrees = {}
    while queue:
        here = queue.pop()
        degrees[names[here]] = len(lazy.neighbors(here))
        for there in lazy.neighbors(here).tolist():
            if there not in names:
                signs = list(lazy._index)[there]
                row = np.frombuffer(signs, dtype=np.int8)[np.newaxis]
                names[there] = int(walls.regions.sign_index.find(row)[0])
                queue.append(there)
        assert sorted(names[k] for k in lazy.neighbors(here).tolist()) == sorted(
            known.neighbors(names[here]).tolist()
        )
    assert sorted(names.values()) == list(range(len(walls.regions)))


def test_both_kinds_of_walk_find_the_number_of_regions() -> None:
    network = random_network(2, 8, 6, 1)
    regions = pe.enumerate_regions(network, SQUARE)
    walls, n = regions.walls(), len(regions)
    for kind in ("simple", "metropolis"):
        gap = estimators.spectral_gap(regions.adjacency(), kind)
        thinning = int(3 / gap)
        values = [
            estimators.random_walk(
                network,
                [0.1, 0.2],
                SQUARE,
                120,
                seed,
                kind=kind,
                burn_in=3 * thinning,
                thinning=thinning,
                walls=walls,
            ).value
            for seed in range(20)
        ]
        assert abs(np.mean(values) - n) < 3 * np.std(values, ddof=1) / math.sqrt(20) + 0.02 * n
        assert np.std(values) < 0.25 * n


def test_known_walls_and_facets_found_on_the_way_give_the_same_law() -> None:
    network = random_network(2, 5, 4, 1)
    walls = pe.enumerate_regions(network, SQUARE).walls()
    with_walls = estimators.random_walk(network, [0.1, 0.2], SQUARE, 400, 3, walls=walls)
    lazily = estimators.random_walk(network, [0.1, 0.2], SQUARE, 400, 3)
    n = len(walls.regions)
    for found in (with_walls, lazily):
        assert found.value == pytest.approx(n, rel=0.25)
        assert found.details["n_visited"] <= n
    again = estimators.random_walk(network, [0.1, 0.2], SQUARE, 400, 3)
    assert again.value == lazily.value


def test_the_walk_is_lazy_so_that_bipartite_graphs_do_not_halve_the_estimate() -> None:
    network = pe.library.generic(7, 2).network
    regions = pe.enumerate_regions(network)  # 29, and every wall flips one sign
    values = [
        estimators.random_walk(network, [0.3, 0.4], None, 150, seed, thinning=40, walls=regions.walls()).value
        for seed in range(12)
    ]
    assert len(regions) == 29
    assert np.mean(values) == pytest.approx(29, rel=0.12)  # a walk that always moves would say about 15


def test_collisions_by_hand() -> None:
    found = estimators.collision_estimate([4, 7, 4, 4, 9], [2, 1, 2, 2, 4])
    assert found.details["n_collisions"] == 3
    assert found.value == pytest.approx((2 + 1 + 2 + 2 + 4) * (3 / 2 + 1 + 1 / 4) / (2 * 3))
    assert estimators.collision_estimate([4, 7, 4, 4, 9], [2, 1, 2, 2, 4], "metropolis").value == 10 / 3
    never = estimators.collision_estimate([1, 2, 3], [2, 2, 2])
    assert never.value == math.inf
    assert never.interval[1] == math.inf
    assert never.interval[0] > 1


def test_uniform_samples_of_a_cycle_cover_its_size() -> None:
    generator, n = np.random.default_rng(1), 200
    covered, values, collisions = 0, [], []
    for _ in range(400):
        found = estimators.collision_estimate(generator.integers(n, size=60).tolist(), [2] * 60, "metropolis")
        covered += found.contains(n)
        values.append(found.value)
        collisions.append(found.details["n_collisions"])
        assert found.details["n_seen"] <= found.interval[0] <= found.interval[1]
    assert covered >= 370
    assert np.mean(1 / np.array(values)) == pytest.approx(1 / n, rel=0.1)  # one over it is unbiased
    # and it is high by about one part in the number of collisions, 60 * 59 / 400
    assert np.mean(collisions) == pytest.approx(8.85, rel=0.1)
    assert 1.05 < np.mean(values) / n < 1.25


@pytest.mark.parametrize("n_samples", [60, 1000, 5000])
def test_samples_by_degree_cover_the_number_of_nodes_however_many_there_are(n_samples: int) -> None:
    # with many samples of few nodes, collisions vary far more than a Poisson number: by it alone, 20 % are covered
    generator, degrees = np.random.default_rng(1), np.array([3, 3, 2, 3, 2, 3, 2])
    covered, values, errors = 0, [], []
    for _ in range(200):
        nodes = generator.choice(7, size=n_samples, p=degrees / degrees.sum())
        found = estimators.collision_estimate(nodes.tolist(), degrees[nodes].tolist())
        covered += found.contains(7)
        values.append(found.value)
        errors.append(found.standard_error)
    assert covered >= 175
    assert np.median(errors) == pytest.approx(np.std(values), rel=0.25)


def test_a_single_region_is_one() -> None:
    still = pe.ReLUNetwork([([[0, 0]], [1]), ([[1]], [0])])
    assert estimators.random_walk(still, [0, 0], SQUARE, 10).value == 1
    assert estimators.spectral_gap(pe.enumerate_regions(still, SQUARE).adjacency()) == 1


def test_spectral_gaps_of_known_graphs() -> None:
    for n in (5, 600):  # a cycle: eigenvalues cos(2 pi k / n); 600 takes the sparse way
        i = np.arange(n)
        cycle = csr_array((np.ones(2 * n), (np.r_[i, i], np.r_[(i + 1) % n, (i - 1) % n])), shape=(n, n))
        for kind in ("simple", "metropolis"):
            gap = estimators.spectral_gap(cycle.tocsr(), kind)
            assert gap == pytest.approx((1 - math.cos(2 * math.pi / n)) / 2, rel=1e-6)
    path = csr_array(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]))
    assert estimators.spectral_gap(path) == pytest.approx(0.5)
    assert estimators.spectral_gap(path, "metropolis") == pytest.approx(0.25)  # rates 1/2: 1, 1/2, -1/2
    apart = csr_array(np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]))
    assert estimators.spectral_gap(apart) == pytest.approx(0)


def test_what_makes_no_walk_is_refused_and_ctrl_c_keeps_what_is_known() -> None:
    network = random_network(2, 5, 4, 1)
    for keywords in ({"kind": "drunk"}, {"thinning": 0}, {"burn_in": -1}, {"n_samples": 1}, {"walls": "all"}):
        with pytest.raises(InvalidArgumentError, match=next(iter(keywords))):
            estimators.random_walk(network, [0.1, 0.2], SQUARE, **keywords)
    others = pe.enumerate_regions(random_network(2, 4, 1), SQUARE).walls()
    with pytest.raises(InvalidArgumentError, match="another network"):
        estimators.random_walk(network, [0.1, 0.2], SQUARE, walls=others)
    with pytest.raises(InvalidArgumentError, match="another domain"):
        estimators.random_walk(network, [0.1, 0.2], walls=pe.enumerate_regions(network, SQUARE).walls())
    with pytest.raises(InvalidArgumentError, match="start"):
        estimators.random_walk(network, [5.0, 0.2], SQUARE)

    def stop(n: int, fraction: float) -> None:
        if fraction >= 0.5:
            raise KeyboardInterrupt

    assert estimators.random_walk(network, [0.1, 0.2], SQUARE, 40, progress=stop).n_samples == 20


def test_one_walk_favors_regions_by_their_degree_and_the_other_none() -> None:
    """Four intervals on a line: two have one neighbor, two have two."""
    network = pe.library.hat().network
    walls = pe.enumerate_regions(network).walls()
    n = 1500
    for kind, mean in (("simple", (1 + 4 + 4 + 1) / 6), ("metropolis", 6 / 4)):
        found = estimators.random_walk(network, [-1.0], None, n, 2, kind=kind, walls=walls)
        assert abs(found.details["mean_degree"] - mean) < 3 * 0.5 / math.sqrt(n)
        assert found.value == pytest.approx(4, rel=0.02)
