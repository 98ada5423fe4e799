"""Walks from region to region: the same regions, walls and balls as the enumeration, and limits that are kept."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from random_networks import random_network

import polytope_engine as pe
from polytope_engine.complexes import walk
from polytope_engine.complexes.chart import Chart
from polytope_engine.errors import InvalidArgumentError, InvalidDomainError, InvalidNetworkError

rng = np.random.default_rng(7)
W, b = rng.integers(-3, 4, (5, 2)), rng.integers(-3, 4, 5)
DUPLICATED = [
    np.vstack([W, W[:2], -W[:2], 2 * W[2:4], 0 * W[:1]]),
    np.concatenate([b, b[:2], -b[:2], 2 * b[2:4], [0]]),
]
SECOND = rng.integers(-2, 3, (6, 12)), rng.integers(-2, 3, 6)
LAST = np.ones((1, 6)), [0.0]
QUADRANT = pe.HPolytope([[-1, 0], [0, -1]], [0, 0])
STRIP = pe.HPolytope([[0, 1], [0, -1]], [1, 0])
TRIANGLE = pe.HPolytope([[-1, 0], [0, -1], [1, 1]], [0, 0, 1])
THIRD = Fraction(1, 3)
LINEAL = pe.ReLUNetwork([(np.hstack([W, W[:, :1]]), b), (np.ones((3, 5)), [-1, -2, -3]), ([[1] * 3], [0])])
CENTRAL = pe.ReLUNetwork(
    [(rng.normal(size=(5, 3)), np.zeros(5)), (rng.normal(size=(4, 5)), np.zeros(4)), ([[1] * 4], [0])]
)
THIRDS = pe.ReLUNetwork(
    [
        ([[THIRD, 1], [2 * THIRD, 2], [1, THIRD]], [THIRD, 2 * THIRD, 0]),
        ([[1, -THIRD, 2]], [1]),
        ([[1]], [0]),
    ]
)

CASES: dict[str, tuple[pe.ReLUNetwork, pe.HPolytope | None]] = {
    "generic": (random_network(2, 8, 8, 1, seed=1), None),
    "generic in a box": (random_network(3, 8, 8, 1, seed=2), pe.box(-1, 1, dimension=3)),
    "more inputs than neurons": (random_network(6, 4, 5, 3, 1, seed=3), None),
    "as many inputs as neurons": (random_network(4, 4, 5, 1, seed=4), None),
    "duplicated, opposite, scaled and dead": (pe.ReLUNetwork([DUPLICATED, SECOND, LAST]), None),
    "the same with slopes": (pe.ReLUNetwork([DUPLICATED, SECOND, LAST], 0.25), None),
    "the same in a triangle": (pe.ReLUNetwork([DUPLICATED, SECOND, LAST]), TRIANGLE),
    "the same in a quadrant": (pe.ReLUNetwork([DUPLICATED, SECOND, LAST]), QUADRANT),
    "the same in a strip": (pe.ReLUNetwork([DUPLICATED, SECOND, LAST]), STRIP),
    "lineality": (LINEAL, None),
    "no biases": (CENTRAL, None),
    "thirds": (THIRDS, None),
    "a domain of thirds": (random_network(2, 6, 1, seed=5), pe.box(THIRD, 2, dimension=2)),
    "thin": (pe.ReLUNetwork([([[1], [3]], [-1, -3.0000000000000004]), ([[1, 1]], [0])]), None),
    "five intervals": (pe.library.hamming_trap().network, None),
    "one neuron": (pe.ReLUNetwork([([[2, 0]], [1]), ([[1]], [0])]), None),
    "no neurons": (pe.ReLUNetwork([([[1.0, 2.0]], [0])]), pe.box(0, 1, dimension=2)),
    "constant neurons": (pe.ReLUNetwork([([[0, 0]], [1]), ([[1]], [0])]), None),
}  # fmt: skip


def walls_of(walls: pe.Walls) -> set[tuple[frozenset[bytes], int]]:
    signs = walls.regions.sign_vectors
    return {
        (frozenset((signs[i].tobytes(), signs[j].tobytes())), int(neuron))
        for (i, j), neuron in zip(walls.pairs, walls.neurons, strict=True)
    }


def distances_by_hand(found: pe.Exploration) -> NDArray[np.int64]:
    """Distances from region 0 in the graph of the walls."""
    beside: list[list[int]] = [[] for _ in range(len(found))]
    for i, j in found.walls.pairs.tolist():
        beside[i].append(j)
        beside[j].append(i)
    reached, front = {0: 0}, [0]
    while front:
        front = [
            j
            for i in front
            for j in beside[i]
            if j not in reached and not reached.update({j: reached[i] + 1})
        ]
    return np.array([reached[k] for k in range(len(found))])


def assert_same(found: pe.Exploration, regions: pe.RegionSet) -> None:
    assert found.status.is_complete
    order = regions.sign_index.find(found.regions.sign_vectors)
    assert sorted(order) == list(range(len(regions)))
    known = regions.measure("n_neuron_facets", "n_domain_facets", "n_facets", "chebyshev_radius")
    np.testing.assert_array_equal(found.n_neuron_facets, known["n_neuron_facets"][order])
    np.testing.assert_array_equal(found.n_domain_facets, known["n_domain_facets"][order])
    np.testing.assert_array_equal(found.n_facets, known["n_facets"][order])
    np.testing.assert_allclose(found.chebyshev_radius, known["chebyshev_radius"][order], rtol=3e-9)
    assert walls_of(found.walls) == walls_of(regions.walls())
    assert not found.n_exits.any()


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


# -- many inputs --------------------------------------------------------------------------------------------


def facet_labels_by_highs(region: Any) -> set[tuple[Any, ...]]:
    """The rows without which the region would be larger, by one linear program each."""
    from scipy.optimize import linprog

    p = region.polytope
    lengths = np.linalg.norm(p.A, axis=1)
    A, offsets = p.A / lengths[:, np.newaxis], p.b / lengths
    found = set()
    for k in range(p.n_rows):
        relaxed = offsets.copy()
        relaxed[k] += 1.0
        solved = linprog(-A[k], A_ub=A, b_ub=relaxed, bounds=(None, None), method="highs")
        assert solved.status == 0
        if -solved.fun > offsets[k] + 1e-7:
            found.add(p.labels[k])
    return found


def labels_of(found: pe.Exploration, region: int) -> set[tuple[Any, ...]]:
    """The neurons on the facets of a region that lie inside the domain."""
    network = found.regions.network
    flat = [("neuron", layer, i) for layer, width in enumerate(network.hidden_widths) for i in range(width)]
    on = list(found.exits(region)[0])
    on += [found.walls.neurons_on(w) for w, pair in enumerate(found.walls.pairs.tolist()) if region in pair]
    return {flat[neuron] for neurons in on for neuron in neurons}


@pytest.mark.parametrize("widths", [(100, 24, 24, 1), (64, 40, 30, 1), (80, 6, 40, 1)])
def test_facets_in_many_dimensions_are_those_that_another_solver_finds(widths: tuple[int, ...]) -> None:
    network = random_network(*widths, seed=3)
    found = pe.explore(network, np.random.default_rng(1).normal(size=widths[0]) / 10, max_regions=4)
    assert labels_of(found, 0) == facet_labels_by_highs(found.regions[0])
    assert labels_of(found, 3) == facet_labels_by_highs(found.regions[3])
    assert not np.isnan(found.chebyshev_radius).any()


def test_what_lies_beyond_a_facet_in_many_dimensions_is_what_the_network_says() -> None:
    network = random_network(70, 16, 16, 16, 1, seed=5)
    start = np.random.default_rng(2).normal(size=70) / 10
    near = pe.explore(network, start, max_distance=1)
    assert len(near) == 1 + near.n_facets[0]
    for region in near.regions:
        point = region.exact_interior_point
        assert network.exact.signs_at(point).tolist() == region.sign_vector.tolist()
    # the walls of the first region are those of a walk that goes no further, and lead to the same regions
    alone = pe.explore(network, start, max_distance=0)
    assert len(alone) == 1
    beyond = {signs.tobytes() for signs in alone.exits(0)[1]}
    assert beyond == {signs.tobytes() for signs in near.regions.sign_vectors[1:]}


def test_radii_in_many_dimensions_do_not_depend_on_how_the_walk_takes_its_coordinates() -> None:
    """Beside the network, one with a neuron more, a copy: its first layer's rows are not independent."""
    network = random_network(60, 6, 20, 1, seed=8)
    (W0, b0), (W1, b1), last = network.weights
    copied = pe.ReLUNetwork(
        [(np.vstack([W0, W0[:1]]), np.append(b0, b0[0])), (np.hstack([W1, 0 * W1[:, :1]]), b1), last]
    )
    assert Chart(network, None).by_neurons
    assert not Chart(copied, None).by_neurons
    start = np.random.default_rng(3).normal(size=60) / 10
    first, second = (pe.explore(net, start, max_regions=12) for net in (network, copied))
    np.testing.assert_array_equal(first.n_facets, second.n_facets)
    np.testing.assert_allclose(first.chebyshev_radius, second.chebyshev_radius, rtol=3e-9)
    assert np.isfinite(first.chebyshev_radius).any()
    kept = np.delete(second.regions.sign_vectors, 6, axis=1)
    np.testing.assert_array_equal(first.regions.sign_vectors, kept)


def test_a_large_box_is_walked_like_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same box once with its sides as rows, and once with its sides as bounds of variables."""
    from polytope_engine.complexes import explore as door

    network, domain = random_network(5, 8, 6, 1, seed=6), pe.box(0, 1, dimension=5)
    regions = pe.enumerate_regions(network, domain)
    monkeypatch.setattr(door, "LARGE_BOX", 3)
    found = pe.explore(network, np.zeros(5), domain, domain_facets=True)
    assert_same(found, regions)
    assert found.work.n_exact_decisions == 0
    less = pe.explore(network, np.zeros(5), domain)
    np.testing.assert_array_equal(less.n_neuron_facets, found.n_neuron_facets)
    assert set(less.n_domain_facets) == {-1} == set(less.n_facets)


def test_degenerate_networks_in_a_large_box(monkeypatch: pytest.MonkeyPatch) -> None:
    from polytope_engine.complexes import explore as door

    monkeypatch.setattr(door, "LARGE_BOX", 1)
    for name in ("duplicated, opposite, scaled and dead", "the same with slopes", "thirds"):
        network, domain = CASES[name][0], pe.box(-THIRD, 2, dimension=2)
        regions = pe.enumerate_regions(network, domain)
        start = regions[0].exact_interior_point
        assert_same(pe.explore(network, start, domain, domain_facets=True), regions)


def test_thin_regions_in_a_large_box(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three parallel walls within 1e-15 of one another, which no solver in floats can tell apart."""
    from polytope_engine.complexes import explore as door

    monkeypatch.setattr(door, "LARGE_BOX", 1)
    offsets = [-1, -3.0000000000000004, -3.0000000000000013]
    network = pe.ReLUNetwork([([[1, 0], [3, 0], [3, 1e-17]], offsets), ([[1, 1, 1]], [0])])
    domain = pe.box(0, 2, dimension=2)
    regions = pe.enumerate_regions(network, domain)
    assert len(regions) == 4
    assert_same(pe.explore(network, [0, 1], domain, domain_facets=True), regions)


def test_a_start_on_the_boundary_of_a_box_in_many_dimensions() -> None:
    network = random_network(120, 10, 8, 1, seed=9)
    start = np.zeros(120)
    found = pe.explore(network, start, pe.box(0, 1, dimension=120), max_regions=3)
    assert found.regions.locate(start) == 0
    assert np.all((found.regions.interior_points > 0) & (found.regions.interior_points < 1))
    assert np.all((found.chebyshev_radius > 0) & (found.chebyshev_radius <= 0.5))
    assert labels_of(found, 0) == {
        label for label in facet_labels_by_highs(found.regions[0]) if label[0] == "neuron"
    }


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


# -- proofs that must not be given --------------------------------------------------------------------------------


def test_a_point_proves_a_facet_only_if_it_lies_beyond_that_row_alone() -> None:
    from polytope_engine.complexes.large_boxes import BoxLooks
    from polytope_engine.complexes.sign_rows import SignRows

    network = pe.ReLUNetwork([([[1, 0], [0, 1]], [-0.5, -0.5]), ([[1, 1]], [0])])
    rows = SignRows(Chart(network, pe.box(0, 1, dimension=2)), with_domain=False)
    looks, cell = BoxLooks(rows, domain_facets=False), rows.cell(np.array([-1, -1], dtype=np.int8))
    points = {
        (0.75, 0.25): True,
        (0.75, 0.75): False,
        (0.25, 0.25): False,
        (1.25, 0.25): False,
        (0.5, 0.25): False,
    }
    for point, is_proof in points.items():
        y = rows.chart.to_working(np.array(point))
        assert looks._is_beyond(cell, 0, y) is is_proof


@pytest.mark.parametrize(
    ("rows", "relation"),
    [
        ([[1, 0, 5], [-2, 0, 5], [0, 3, 1]], [2, 1, 0]),
        ([[1, 0, 0], [0, 1, 0], [-1, -1, 1]], [1, 1, 1]),
        ([[1, 0, 0], [2, 0, 0], [0, 1, 0]], None),  # of two signs
        ([[1, 0, 0], [0, 1, 0]], None),  # independent
        ([[1, 0, 0], [-1, 0, 1], [2, 0, 1]], None),  # more than one
        ([], None),
    ],
)
def test_multipliers_are_taken_only_where_there_is_one_relation_and_it_is_positive(
    rows: list[list[int]], relation: list[int] | None
) -> None:
    from polytope_engine.complexes.lone_balls import _positive_relation

    found = _positive_relation(rows)
    if relation is None:
        assert found is None
    else:
        assert found is not None
        assert [Fraction(m, found[0]) for m in found] == [Fraction(m, relation[0]) for m in relation]
