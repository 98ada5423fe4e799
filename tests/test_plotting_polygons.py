"""Polygons of regions: against exact facets, areas, and the network itself."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.plotting.curves import bent_hyperplanes, level_set
from polytope_engine.plotting.polygons import DOMAIN, VIEW, Polygons, View, region_polygons
from polytope_engine.plotting.triangles import fans, halved_until

UNIT = View(np.full(2, -1.0), np.full(2, 1.0))


def random_network(*widths: int, seed: int = 0, slope: float = 0.0) -> pe.ReLUNetwork:
    generator = np.random.default_rng(seed)
    layers = [(generator.normal(size=(b, a)), generator.normal(size=b) / 2) for a, b in pairwise(widths)]
    return pe.ReLUNetwork(layers, slope)


def areas(polygons: Polygons) -> np.ndarray:
    a, b = polygons.corners, polygons.next_corners()
    cross = (a[:, :, 0] * b[:, :, 1] - a[:, :, 1] * b[:, :, 0]) / 2
    return np.where(polygons.is_corner, cross, 0.0).sum(axis=1)


@pytest.mark.parametrize("slope", [0.0, 0.1, -0.5])
def test_polygons_tile_the_box(slope: float) -> None:
    network = random_network(2, 7, 6, 1, slope=slope)
    regions = pe.enumerate_regions(network, pe.box(-1, 1, dimension=2))
    polygons = region_polygons(regions, UNIT)
    assert (areas(polygons) > 0).all()
    assert areas(polygons).sum() == pytest.approx(4.0)


def test_a_polygon_has_the_facets_that_are_proven() -> None:
    regions = pe.enumerate_regions(random_network(2, 5, 4, 1), pe.box(-1, 1, dimension=2))
    polygons = region_polygons(regions, UNIT.grown(1.001))
    for k, region in enumerate(regions):
        facets = {facet.labels[0] for facet in region.facets()}
        names = polygons.edges[k, : polygons.n_corners[k]].tolist()
        assert len(names) == len(facets)
        proven = {5 * label[1] + label[2] for label in facets if label[0] == "neuron"}
        assert {name for name in names if name >= 0} == proven
        assert (DOMAIN in names) == any(label[0] == "domain" for label in facets)


def test_the_outputs_of_a_polygon_are_those_of_the_network() -> None:
    network = random_network(2, 6, 5, 3, slope=0.2)
    regions = pe.enumerate_regions(network)
    polygons = region_polygons(regions, UNIT)
    for k in np.flatnonzero(polygons.is_visible):
        corners = polygons.corners[k, : polygons.n_corners[k]]
        np.testing.assert_allclose(
            np.column_stack([corners, np.ones(len(corners))]) @ polygons.outputs[k].T,
            network(corners),
            atol=1e-9,
        )


def test_regions_outside_the_view_have_no_polygon() -> None:
    regions = pe.enumerate_regions(pe.ReLUNetwork([([[1.0, 0.0]], [-5.0]), ([[1.0]], [0.0])]))
    polygons = region_polygons(regions, UNIT)
    assert sorted(polygons.n_corners.tolist()) == [0, 4]
    assert polygons.is_cut_off.sum() == 1


def test_regions_that_go_on_beyond_the_view_are_cut_off_and_inner_ones_are_not() -> None:
    walls = [[1, 0], [-1, 0], [0, 1], [0, -1]]
    regions = pe.enumerate_regions(pe.ReLUNetwork([(walls, [0.5] * 4), ([[1] * 4], [0])]))
    polygons = region_polygons(regions, UNIT)
    inner = regions.locate([0.0, 0.0])
    assert len(regions) == 9
    assert polygons.is_cut_off.sum() == 8
    assert not polygons.is_cut_off[inner]
    assert VIEW not in polygons.edges[inner, : polygons.n_corners[inner]]


def test_large_sets_are_worked_through_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    regions = pe.enumerate_regions(random_network(2, 6, 5, 1), pe.box(-1, 1, dimension=2))
    whole = region_polygons(regions, UNIT)
    monkeypatch.setattr("polytope_engine.plotting.polygons._NUMBERS_AT_ONCE", 3 * 6 * 7)
    parts = region_polygons(regions, UNIT)
    np.testing.assert_array_equal(parts.n_corners, whole.n_corners)
    np.testing.assert_allclose(areas(parts), areas(whole))


@pytest.mark.parametrize("is_complete", [True, False])
def test_a_bent_hyperplane_is_where_its_neuron_is_zero(is_complete: bool) -> None:
    network = random_network(2, 6, 5, 1, seed=4)
    regions = pe.enumerate_regions(network, pe.box(-1, 1, dimension=2))
    polygons = region_polygons(regions, UNIT)
    curves = bent_hyperplanes(polygons, regions.sign_vectors, 2.0, is_complete=is_complete)
    assert len(curves) == network.n_neurons
    for neuron, paths in enumerate(curves):
        for path in paths:
            middles = (path[1:] + path[:-1]) / 2
            for points in (path, middles):
                np.testing.assert_allclose(network.pre_activations(points)[:, neuron], 0.0, atol=1e-9)


def test_a_line_through_many_regions_is_one_curve() -> None:
    regions = pe.enumerate_regions(random_network(2, 6, 1, seed=1), pe.box(-1, 1, dimension=2))
    polygons = region_polygons(regions, UNIT)
    for paths in bent_hyperplanes(polygons, regions.sign_vectors, 2.0, is_complete=True):
        assert len(paths) <= 1
        for path in paths:
            assert np.max(np.abs(path[0])) == pytest.approx(1.0)
            assert np.max(np.abs(path[-1])) == pytest.approx(1.0)


def test_a_closed_bent_hyperplane_comes_back_to_its_start() -> None:
    corner = [[1, 0], [-1, 0], [0, 1], [0, -1]]
    diamond = pe.ReLUNetwork([(corner, [0] * 4), ([[-1] * 4], [0.5]), ([[1]], [0])])
    regions = pe.enumerate_regions(diamond, pe.box(-1, 1, dimension=2))
    polygons = region_polygons(regions, UNIT)
    (path,) = bent_hyperplanes(polygons, regions.sign_vectors, 2.0, is_complete=True)[4]
    np.testing.assert_allclose(path[0], path[-1])
    np.testing.assert_allclose(np.abs(path).sum(axis=1), 0.5)


def test_the_level_set_is_where_the_output_has_that_value() -> None:
    network = random_network(2, 6, 5, 1, seed=2)
    regions = pe.enumerate_regions(network, pe.box(-1, 1, dimension=2))
    polygons = region_polygons(regions, UNIT)
    level = float(network([0.1, 0.2])[0])
    paths = level_set(polygons, polygons.outputs[:, 0] - [0.0, 0.0, level], 2.0)
    assert paths
    for path in paths:
        np.testing.assert_allclose(network(path), level, atol=1e-9)


def test_triangles_tile_the_polygons_and_halving_keeps_area_and_values() -> None:
    network = random_network(2, 6, 5, 1, seed=3)
    regions = pe.enumerate_regions(network, pe.box(-1, 1, dimension=2))
    polygons = region_polygons(regions, UNIT)
    corners, values = fans(polygons, polygons.outputs[:, 0])
    step = float(np.ptp(values)) / 20
    fine_corners, fine_values = halved_until(corners, values, step)
    assert len(fine_values) > len(values)
    assert np.ptp(fine_values, axis=1).max() <= step
    for points in (corners, fine_corners):
        sides = points[:, 1:] - points[:, :1]
        assert np.abs(np.linalg.det(sides)).sum() / 2 == pytest.approx(4.0)
    np.testing.assert_allclose(network(fine_corners.reshape(-1, 2))[:, 0], fine_values.ravel(), atol=1e-9)
