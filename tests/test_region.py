"""One region: its polytope, facets, map and ball."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.regions.region import Region
from polytope_engine.regions.region_set import RegionSet

CATALOG = {net.name: net for net in pe.library.catalog(max_regions=2_000)}
SMALL = [net for net in CATALOG.values() if (net.n_regions or 0) <= 60]


@cache
def regions_of(name: str) -> RegionSet:
    return pe.enumerate_regions(CATALOG[name].network)


def only(regions: RegionSet, *point: float) -> Region:
    return regions[regions.locate(list(point))]


@pytest.mark.parametrize("named", SMALL, ids=lambda named: named.name)
def test_each_polytope_holds_its_own_interior_point_and_no_other(named: pe.library.NamedNetwork) -> None:
    regions = regions_of(named.name)
    points = np.array([region.exact_interior_point for region in regions], dtype=object)
    for region in regions:
        inside = region.polytope.contains(points)
        assert np.flatnonzero(inside).tolist() == [region.index]


@pytest.mark.parametrize("named", [n for n in SMALL if n.n_bounded is not None], ids=lambda named: named.name)
def test_as_many_regions_are_bounded_as_the_library_says(named: pe.library.NamedNetwork) -> None:
    regions = regions_of(named.name)
    assert sum(region.is_bounded() for region in regions) == named.n_bounded


@pytest.mark.parametrize("named", SMALL[:30], ids=lambda named: named.name)
def test_the_affine_map_is_the_network(named: pe.library.NamedNetwork) -> None:
    for region in regions_of(named.name):
        A, c = region.affine_map
        x = region.interior_point
        np.testing.assert_allclose(A @ x + c, named.network(x), rtol=1e-9, atol=1e-9 * (1 + np.abs(x).max()))


def test_the_map_is_that_of_the_output_layer_not_of_the_last_hidden_one() -> None:
    regions = pe.enumerate_regions(pe.ReLUNetwork([([[1.0]], [0.0]), ([[5.0], [7.0]], [1.0, 2.0])]))
    A, c = only(regions, 1.0).affine_map
    assert A.tolist() == [[5.0], [7.0]]
    assert c.tolist() == [1.0, 2.0]


def test_rows_are_labeled_by_neuron_and_by_row_of_the_domain() -> None:
    network = pe.ReLUNetwork([([[1, 0], [0, 0]], [0, 1]), ([[1, 1], [1, 0]], [0, 0]), ([[1, 1]], [0])])
    regions = pe.enumerate_regions(network, pe.box(-1, 1, dimension=2))
    region = only(regions, -0.5, 0.5)
    # the second neuron is the constant 1; where the first is off, so are all functions of the second layer
    assert region.sign_vector.tolist() == [-1, 1, 1, 0]
    assert region.polytope.labels == (("neuron", 0, 0), *(("domain", k) for k in range(4)))
    other = only(regions, 0.5, 0.5)
    assert other.polytope.labels[:3] == (("neuron", 0, 0), ("neuron", 1, 0), ("neuron", 1, 1))


def test_facets_leave_out_rows_that_only_touch_and_name_all_that_coincide() -> None:
    network = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1], [2, 0], [0, -1]], [0, 0, 0, 0, 0]), ([[1] * 5], [0])])
    quadrant = only(pe.enumerate_regions(network), 1.0, 1.0)
    assert quadrant.polytope.n_rows == 5
    assert [facet.labels for facet in quadrant.facets()] == [
        (("neuron", 0, 0), ("neuron", 0, 3)),
        (("neuron", 0, 1), ("neuron", 0, 4)),
    ]


def test_a_facet_names_neurons_and_domain_rows_that_share_it() -> None:
    network = pe.ReLUNetwork([([[1, 0]], [0]), ([[1]], [0])])
    (region,) = pe.enumerate_regions(network, pe.box([0, 0], [1, 1]))
    assert (("neuron", 0, 0), ("domain", 2)) in [facet.labels for facet in region.facets()]


def test_every_chamber_of_a_braid_arrangement_has_as_many_facets_as_its_rank() -> None:
    for region in regions_of("braid(4)"):
        assert len(region.facets()) == 3


def test_bounded_is_decided_by_directions_not_by_size() -> None:
    # the lines x, y = 0 and 1: only the middle cell of nine is bounded; moved far out it still is
    for width in (1.0, 1e12):
        network = pe.ReLUNetwork(
            [([[1, 0], [1, 0], [0, 1], [0, 1]], [0, -width, 0, -width]), ([[1] * 4], [0])]
        )
        regions = pe.enumerate_regions(network)
        assert len(regions) == 9
        assert [region.index for region in regions if region.is_bounded()] == [
            regions.locate([width / 2] * 2)
        ]


def test_the_ball_of_a_triangle_is_its_incircle() -> None:
    network = pe.ReLUNetwork([([[1, 0], [0, 1], [-1, -1]], [0, 0, 1]), ([[1, 1, 1]], [0])])
    ball = only(pe.enumerate_regions(network), 0.25, 0.25).chebyshev_ball()
    assert ball.radius == pytest.approx(1 / (2 + np.sqrt(2)))
    assert ball.center == pytest.approx([ball.radius] * 2)


def test_an_interior_point_is_always_there_as_fractions() -> None:
    regions = pe.enumerate_regions(pe.ReLUNetwork([([[1], [3]], [-1, -3.0000000000000004]), ([[1, 1]], [0])]))
    for region in regions:
        (x,) = region.exact_interior_point
        assert isinstance(x, Fraction)
        assert region.regions.network.exact.signs_at([x]).tolist() == region.sign_vector.tolist()
    thin = next(region for region in regions if region.index in regions.exact_interior_points)
    assert Fraction(float(thin.interior_point[0])) != thin.exact_interior_point[0]


def test_a_network_without_neurons_has_its_domain_as_only_region() -> None:
    affine = pe.ReLUNetwork([([[1.0, 2.0]], [3.0])])
    (whole,) = pe.enumerate_regions(affine)
    assert repr(whole) == "<Region 0: no neurons in R^2, 0 facets>"
    assert not whole.is_bounded()
    assert whole.neighbors() == []
    (square,) = pe.enumerate_regions(affine, pe.box(0, 1, dimension=2))
    assert len(square.facets()) == 4
    assert square.neighbors() == []
    assert square.is_bounded()


def test_a_repr_is_short_mathematics() -> None:
    regions = regions_of("zero_plateau")
    plateau = only(regions, -1.0, -1.0)
    assert repr(plateau) == f"<Region {plateau.index}: --|0 in R^2, 2 facets>"
    wide = pe.enumerate_regions(
        pe.ReLUNetwork([(np.ones((200, 1)), np.arange(200.0)), (np.ones((1, 200)), [0])])
    )
    assert len(repr(wide[0])) < 100


def test_views_of_the_same_row_are_equal() -> None:
    regions = regions_of("hat")
    assert regions[1] == regions[1] != regions[2]
    assert len({regions[1], regions[1], regions[2]}) == 2
    assert regions[1] != 1
    assert regions[1] != pe.enumerate_regions(CATALOG["hat"].network)[1]


def test_a_view_keeps_nothing() -> None:
    region = regions_of("hat")[0]
    assert not hasattr(region, "__dict__")
    with pytest.raises(AttributeError):
        region.cache = 1  # type: ignore[attr-defined]


def test_many_regions_are_no_objects() -> None:
    rng = np.random.default_rng(0)
    net = pe.ReLUNetwork([(rng.normal(size=(14, 4)), rng.normal(size=14)), (np.ones((1, 14)), [0])])
    pe.enumerate_regions(net, max_regions=1)
    tracemalloc.start()
    regions = pe.enumerate_regions(net)
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    columns = regions.sign_vectors.nbytes + regions.interior_points.nbytes
    assert len(regions) == 1471
    assert used < columns + 3_000_000


def test_domain_rows_that_hold_everywhere_do_not_disturb_a_region_with_lines() -> None:
    network = pe.ReLUNetwork([([[1.0, 1.0]], [0.0]), ([[1.0]], [0.0])])
    domain = pe.HPolytope([[0.0, 0.0], [1.0, 1.0]], [0.0, 2.0])
    regions = pe.enumerate_regions(network, domain)
    assert len(regions) == 2
    above = regions[regions.locate([0.5, 0.5])]
    assert [facet.labels for facet in above.facets()] == [(("neuron", 0, 0),), (("domain", 1),)]
    assert [neighbor.sign_vector.tolist() for neighbor in above.neighbors()] == [[-1]]
