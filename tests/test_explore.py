"""Walks from region to region: the same regions, walls and balls as the enumeration, and limits that are kept."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from exploring import CASES, assert_same, distances_by_hand
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import random_network

import polytope_engine as pe
from polytope_engine.complexes import walk
from polytope_engine.errors import InvalidArgumentError, InvalidDomainError, InvalidNetworkError


@pytest.mark.parametrize("name", CASES)
def test_a_walk_without_limits_finds_what_the_enumeration_finds(name: str) -> None:
    network, domain = CASES[name]
    regions = pe.enumerate_regions(network, domain)
    start = regions[len(regions) // 2].exact_interior_point
    found = pe.explore(network, start, domain)
    assert_same(found, regions)
    assert found.regions.locate(start) == 0
    np.testing.assert_array_equal(found.distances, distances_by_hand(found))
    for region in found.regions:
        point = region.exact_interior_point
        assert network.exact.signs_at(point).tolist() == region.sign_vector.tolist()


@pytest.mark.parametrize(
    "named",
    list(pe.library.catalog(max_regions=40)),
    ids=lambda named: named.name,
)
def test_a_walk_through_a_network_of_the_library_finds_what_the_enumeration_finds(
    named: pe.library.NamedNetwork,
) -> None:
    regions = pe.enumerate_regions(named.network)
    assert_same(pe.explore(named.network, regions[0].exact_interior_point), regions)


@settings(max_examples=25, deadline=None)
@given(
    widths=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    seed=st.integers(0, 10_000),
    slope=st.sampled_from([0.0, 0.5]),
    bound=st.sampled_from([None, 1]),
)
def test_integer_networks_are_walked_completely(
    widths: list[int], seed: int, slope: float, bound: int | None
) -> None:
    generator = np.random.default_rng(seed)
    layers = [
        (generator.integers(-1, 2, (n, m)), generator.integers(-1, 2, n)) for m, n in pairwise([*widths, 1])
    ]
    network = pe.ReLUNetwork(layers, slope)
    domain = None if bound is None else pe.box(-bound, bound, dimension=widths[0])
    regions = pe.enumerate_regions(network, domain)
    assert_same(pe.explore(network, regions[-1].exact_interior_point, domain), regions)


@pytest.mark.nojit
def test_the_center_of_each_ball_keeps_its_radius_from_every_facet() -> None:
    network, domain = CASES["generic in a box"]
    found = pe.explore(network, [0.1, 0.2, 0.3], domain)
    for region, radius, center in zip(
        found.regions, found.chebyshev_radius, found.chebyshev_center, strict=True
    ):
        p = region.polytope
        distances = (p.b - p.A @ center) / np.linalg.norm(p.A, axis=1)
        assert distances.min() == pytest.approx(radius, rel=1e-8)


@pytest.mark.nojit
def test_several_neurons_on_one_wall_are_all_named() -> None:
    network = pe.ReLUNetwork([([[1], [-2], [3]], [0, 0, 0]), ([[1, 1, 1]], [0])])
    found = pe.explore(network, [-1.0])
    assert found.walls.labels(0) == (("neuron", 0, 0), ("neuron", 0, 1), ("neuron", 0, 2))
    assert found.regions.sign_vectors.tolist() == [[-1, 1, -1], [1, -1, 1]]


def test_regions_of_a_walk_answer_like_others() -> None:
    network, _ = CASES["generic"]
    found = pe.explore(network, [0.1, 0.2], max_regions=5)
    neighbors = found.regions[0].neighbors()
    assert len(neighbors) == found.n_facets[0]
    beyond = {n.sign_vector.tobytes() for n in neighbors if n.index is None}
    assert beyond == {signs.tobytes() for signs in found.exits(0)[1]}
    assert len(beyond) == found.n_exits[0]
    assert not found.regions.status.is_complete
    assert found.regions.locate([1e6, 1e6]) == -3


# -- limits ---------------------------------------------------------------------------------------------------


def test_limits_keep_a_beginning_of_the_whole_walk() -> None:
    network, _ = CASES["generic"]
    whole = pe.explore(network, [0.1, 0.2])
    for limit in (1, 2, 7, len(whole) - 1):
        part = pe.explore(network, [0.1, 0.2], max_regions=limit)
        assert part.status.name == "MAX_REGIONS"
        np.testing.assert_array_equal(part.regions.sign_vectors, whole.regions.sign_vectors[:limit])
        np.testing.assert_array_equal(part.distances, whole.distances[:limit])
        np.testing.assert_array_equal(part.n_facets, whole.n_facets[:limit])
        inner = np.bincount(part.walls.pairs.ravel(), minlength=limit)
        np.testing.assert_array_equal(inner + part.n_exits, part.n_neuron_facets)
    assert pe.explore(network, [0.1, 0.2], max_regions=len(whole)).status.is_complete
    near = pe.explore(network, [0.1, 0.2], max_distance=2)
    assert near.status.name == "MAX_DISTANCE"
    assert len(near) == np.count_nonzero(whole.distances <= 2)
    far = int(whole.distances.max())
    assert pe.explore(network, [0.1, 0.2], max_distance=far).status.is_complete
    late = pe.explore(network, [0.1, 0.2], time_limit=1e-9)
    assert (len(late), late.status.name) == (1, "TIME_LIMIT")


def test_an_interrupt_keeps_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    network, _ = CASES["generic"]
    whole = pe.explore(network, [0.1, 0.2])
    visit = walk.Walk.visit

    def interrupted(self: walk.Walk, pending: walk.Pending) -> Any:
        if len(self.visits) == 6:
            raise KeyboardInterrupt
        return visit(self, pending)

    monkeypatch.setattr(walk.Walk, "visit", interrupted)
    found = pe.explore(network, [0.1, 0.2])
    assert found.status.name == "INTERRUPTED"
    np.testing.assert_array_equal(found.regions.sign_vectors, whole.regions.sign_vectors[:6])
    np.testing.assert_array_equal(found.n_facets, whole.n_facets[:6])
    inner = np.bincount(found.walls.pairs.ravel(), minlength=6)
    np.testing.assert_array_equal(inner + found.n_exits, found.n_neuron_facets)


def test_progress_grows_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "SECONDS_A_REPORT", 0.0)
    told: list[tuple[int, float]] = []
    found = pe.explore(CASES["generic"][0], [0.1, 0.2], progress=lambda n, done: told.append((n, done)))
    assert [n for n, _ in told][:3] == [1, 2, 3]
    assert told[-1] == (len(found), 1.0)
    assert all(0 < done <= 1 for _, done in told)


def test_a_walk_is_cheap() -> None:
    """Linear programs a region: at most one for each row that is no vertex, and one for the ball."""
    network = random_network(40, 20, 20, 1, seed=4)
    found = pe.explore(network, np.zeros(40), max_regions=20)
    assert found.work.n_linear_programs <= 20 * 41
    assert found.work.n_exact_decisions <= 20
    assert not found.regions.exact_interior_points
    assert found.regions.certificate.n_regions_exact == 0


# -- refusals ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        ([0.1], "`start`"),
        ([[0.1, 0.2]], "one point"),
        ([np.nan, 0.0], "`start`"),
        ([np.inf, 0.0], "`start`"),
        (["a", 0.0], "`start`"),
        ([1.5, 0.0], "outside `domain`"),
        ([0.5, 0.25], "lies on a wall: neuron 1 of layer 0"),
    ],
)
def test_a_start_that_is_none_is_refused(start: Any, sentence: str) -> None:
    network = pe.ReLUNetwork([([[1, 0], [2, -4]], [3, 0]), ([[1, 1]], [0])])
    with pytest.raises(InvalidArgumentError, match=sentence):
        pe.explore(network, start, pe.box(-1, 1, dimension=2))


def test_the_origin_of_a_network_without_biases_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="lies on a wall"):
        pe.explore(CASES["no biases"][0], [0, 0, 0])


def test_a_neuron_that_vanishes_all_around_is_no_wall() -> None:
    network = pe.ReLUNetwork([([[1, 0], [0, 0]], [0, 0]), ([[1, 1]], [0])])
    assert pe.explore(network, [1.0, 0.0]).regions.sign_vectors.tolist() == [[1, 0], [-1, 0]]


def test_other_arguments_that_are_none_are_refused() -> None:
    network = CASES["generic"][0]
    with pytest.raises(InvalidNetworkError):
        pe.explore("network", [0, 0])  # type: ignore[arg-type]
    with pytest.raises(InvalidDomainError):
        pe.explore(network, [0.1, 0.2], pe.box(0, 1, dimension=3))
    for name, value in {"max_regions": 0, "max_distance": -1, "time_limit": 0, "progress": 5}.items():
        with pytest.raises(InvalidArgumentError, match=f"`{name}`"):
            pe.explore(network, [0.1, 0.2], **{name: value})  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="`max_distance`"):
        pe.explore(network, [0.1, 0.2], max_distance=1.5)  # type: ignore[arg-type]
