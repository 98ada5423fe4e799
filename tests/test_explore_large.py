"""Walks in many dimensions: against another solver, against other coordinates, and in large boxes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from exploring import CASES, THIRD, assert_same
from random_networks import random_network

import polytope_engine as pe
from polytope_engine.complexes.chart import Chart


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
