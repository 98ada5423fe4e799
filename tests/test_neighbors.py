"""Neighbors across facets: exact, complete, and the same from both sides."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.regions.region import Region
from polytope_engine.regions.region_set import RegionSet

CATALOG = {net.name: net for net in pe.library.catalog(max_regions=2_000)}
SMALL = [net for net in CATALOG.values() if (net.n_regions or 0) <= 64]
LARGE = [net for net in CATALOG.values() if 64 < (net.n_regions or 0) <= 500]


@cache
def regions_of(name: str) -> RegionSet:
    return pe.enumerate_regions(CATALOG[name].network)


def closure(regions: RegionSet, start: int) -> set[int]:
    """All regions that a walk across facets reaches."""
    reached, waiting = {start}, [start]
    while waiting:
        for neighbor in regions[waiting.pop()].neighbors():
            assert neighbor.index is not None, "a sign vector beyond a wall that is not in the set"
            if neighbor.index not in reached:
                reached.add(neighbor.index)
                waiting.append(neighbor.index)
    return reached


def edges(regions: RegionSet) -> list[tuple[int, int]]:
    return [(region.index, n.index) for region in regions for n in region.neighbors() if n.index is not None]


def output_at(region: Region, point: tuple[Fraction, ...]) -> list[Fraction]:
    rows, unit = region.regions.network.exact.output_rows(region.sign_vector)
    return [unit * sum(int(a) * x for a, x in zip(row, (*point, 1), strict=True)) for row in rows]


def random_network(
    seed: int, widths: tuple[int, ...], *, integer: bool, slope: float = 0.0
) -> pe.ReLUNetwork:
    rng = np.random.default_rng(seed)
    pairs = zip(widths, [*widths[1:], 1], strict=True)
    if integer:
        return pe.ReLUNetwork(
            [(rng.integers(-1, 2, (n, m)), rng.integers(-1, 2, n)) for m, n in pairs], slope
        )
    return pe.ReLUNetwork([(rng.normal(size=(n, m)), rng.normal(size=n)) for m, n in pairs], slope)


@pytest.mark.parametrize("named", SMALL, ids=lambda named: named.name)
def test_walking_across_facets_reaches_every_region_of_the_library(named: pe.library.NamedNetwork) -> None:
    regions = regions_of(named.name)
    assert len(closure(regions, len(regions) // 2)) == named.n_regions
    pairs = edges(regions)
    assert set(pairs) == {(j, i) for i, j in pairs}
    assert len(set(pairs)) == len(pairs)
    if named.n_walls is not None:
        assert len(pairs) == 2 * named.n_walls


@pytest.mark.parametrize("named", LARGE, ids=lambda named: named.name)
def test_neighbors_of_some_regions_of_larger_networks_are_in_the_set(
    named: pe.library.NamedNetwork,
) -> None:
    regions = regions_of(named.name)
    for region in regions[:: max(1, len(regions) // 12)]:
        for neighbor in region.neighbors():
            assert neighbor.index is not None
            assert region.index in [back.index for back in regions[neighbor.index].neighbors()]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("widths", "integer", "slope"),
    [((2, 5, 4), False, 0.0), ((2, 4, 4), True, 0.0), ((3, 4, 3), True, 0.25), ((2, 3, 3, 2), True, -1.0)],
)
def test_the_sign_vector_beyond_a_facet_is_that_of_a_step_from_a_point_on_it(
    seed: int, widths: tuple[int, ...], integer: bool, slope: float
) -> None:
    network = random_network(seed, widths, integer=integer, slope=slope)
    regions = pe.enumerate_regions(network)
    for region in regions[:: max(1, len(regions) // 15)]:
        for neighbor in region.neighbors():
            point = neighbor.facet.interior_point()
            outward = [-a for a in neighbor.facet.exact_row[:-1]]
            assert np.array_equal(neighbor.sign_vector, network.exact.directional_signs(point, outward))


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_walking_across_facets_stays_in_a_convex_domain_and_reaches_all_of_it(
    seed: int, integer: bool
) -> None:
    network = random_network(seed, (2, 5, 4), integer=integer)
    for domain in (pe.box(-1, 1, dimension=2), pe.HPolytope([[1, 1], [-1, 2]], [1, 1]), None):
        regions = pe.enumerate_regions(network, domain)
        assert closure(regions, 0) == set(range(len(regions)))


@pytest.mark.parametrize("name", ["stargalla", "touching_quadrants", "zero_plateau", "folding_plane(4,3)"])
def test_the_maps_of_two_neighbors_agree_on_their_facet(name: str) -> None:
    regions = regions_of(name)
    for region in regions:
        for neighbor in region.neighbors():
            assert neighbor.index is not None
            point = neighbor.facet.interior_point()
            assert output_at(region, point) == output_at(regions[neighbor.index], point)


def test_in_the_hamming_trap_five_regions_have_four_walls_but_five_pairs_at_distance_one() -> None:
    regions = regions_of("hamming_trap")
    signs = regions.sign_vectors.astype(int)
    distances = np.count_nonzero(signs[:, None] != signs[None], axis=2)
    assert len(regions) == 5
    assert np.count_nonzero(distances == 1) == 2 * 5
    assert len(edges(regions)) == 2 * 4


def test_every_neuron_of_a_shared_wall_flips() -> None:
    network = pe.ReLUNetwork([([[1], [2], [-3]], [0, 0, 0]), ([[1, 1, 1]], [0])])
    left, right = sorted(pe.enumerate_regions(network), key=lambda region: region.interior_point[0])
    (neighbor,) = left.neighbors()
    assert neighbor.index == right.index
    assert neighbor.sign_vector.tolist() == [1, 1, -1]
    assert neighbor.facet.labels == (("neuron", 0, 0), ("neuron", 0, 1), ("neuron", 0, 2))


def test_a_neuron_that_vanishes_beyond_the_wall_gets_sign_zero() -> None:
    # the second layer's neuron is relu(x), so it vanishes identically where x < 0
    network = pe.ReLUNetwork([([[1.0]], [0.0]), ([[1.0]], [0.0]), ([[1.0]], [0.0])])
    regions = pe.enumerate_regions(network)
    right = regions[regions.locate([1.0])]
    left = regions[regions.locate([-1.0])]
    assert [n.sign_vector.tolist() for n in right.neighbors()] == [[-1, 0]]
    assert [n.sign_vector.tolist() for n in left.neighbors()] == [[1, 1]]


def test_a_neuron_that_only_touches_zero_on_the_wall_keeps_its_sign() -> None:
    # the second layer's neuron is |x|
    network = pe.ReLUNetwork([([[1.0], [-1.0]], [0.0, 0.0]), ([[1.0, 1.0]], [0.0]), ([[1.0]], [0.0])])
    regions = pe.enumerate_regions(network)
    right = regions[regions.locate([1.0])]
    (neighbor,) = right.neighbors()
    assert neighbor.sign_vector.tolist() == [-1, 1, 1]
    assert ("neuron", 1, 0) in neighbor.facet.labels


def test_nothing_lies_beyond_a_wall_that_is_the_boundary_of_the_domain() -> None:
    network = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
    regions = pe.enumerate_regions(network, pe.box([0, -1], [1, 1]))
    assert len(regions) == 2
    for region in regions:
        (neighbor,) = region.neighbors()
        assert neighbor.facet.labels == (("neuron", 0, 1),)
        assert neighbor.index == 1 - region.index


def test_an_incomplete_set_says_which_neighbors_it_lacks() -> None:
    network = random_network(0, (2, 6), integer=False)
    regions = pe.enumerate_regions(network, max_regions=1)
    lacking = [n for region in regions for n in region.neighbors() if n.index is None]
    assert lacking
    assert "a region that the set lacks" in repr(lacking[0])
    everything = pe.enumerate_regions(network)
    assert all(everything.sign_index.find(n.sign_vector[None])[0] >= 0 for n in lacking)


def test_lines_that_every_region_contains_do_not_matter() -> None:
    flat = pe.ReLUNetwork([([[1, 1, 0], [1, 1, 0], [-1, -1, 0]], [0, -1, 3]), ([[1, 1, 1]], [0])])
    regions = pe.enumerate_regions(flat)
    assert len(regions) == 4
    assert len(edges(regions)) == 2 * 3
    assert closure(regions, 0) == {0, 1, 2, 3}
