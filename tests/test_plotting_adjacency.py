"""The adjacency graph over the picture of regions, by its artists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from random_networks import random_network

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.plotting.adjacency_2d import centers, edge_paths
from polytope_engine.plotting.polygons import View, region_polygons

SQUARE = pe.box(-1, 1, dimension=2)
VIEW = View(np.full(2, -1.0), np.full(2, 1.0))
NETWORKS = {
    "random": random_network(2, 6, 5, 2),
    "quadrants that touch": pe.library.touching_quadrants().network,
    "duplicated": pe.ReLUNetwork(
        [([[1, 0], [0, 1], [1, 1], [1, 0], [0, -2], [-1, -1]], [0.0] * 6), ([[1] * 6], [0])]
    ),
    "deep duplicated": pe.ReLUNetwork(
        [([[1, 0], [0, 1]], [0, 0]), ([[2, -1], [4, -2], [-2, 1]], [0.25, 0.5, -0.25]), ([[1, 1, 1]], [0])]
    ),
}


def drawn(axes: Axes, label: str) -> Any:
    return next(artist for artist in axes.get_children() if artist.get_label() == label)


@pytest.mark.parametrize("name", NETWORKS)
def test_each_edge_crosses_its_own_wall_and_no_other(name: str) -> None:
    regions = pe.enumerate_regions(NETWORKS[name], SQUARE)
    walls = regions.walls()
    paths, which = edge_paths(walls, region_polygons(regions, VIEW), VIEW.size)
    assert which.tolist() == list(range(len(walls)))
    for (start, middle, end), (a, b) in zip(paths, walls.pairs, strict=True):
        inner = [start + t * (middle - start) for t in (0, 0.5, 0.99)]
        outer = [end + t * (middle - end) for t in (0, 0.5, 0.99)]
        assert set(regions.locate(inner).tolist()) == {a}
        assert set(regions.locate(outer).tolist()) == {b}


def test_an_edge_is_found_by_any_neuron_of_its_wall() -> None:
    regions = pe.enumerate_regions(NETWORKS["duplicated"], SQUARE)
    walls, polygons = regions.walls(), region_polygons(regions, VIEW)
    twins = {0: 3, 1: 4, 2: 5}
    names = np.vectorize(lambda name: twins.get(name, name))(polygons.edges)
    assert not np.array_equal(names, polygons.edges)
    paths, which = edge_paths(walls, replace(polygons, edges=names), VIEW.size)
    expected, all_walls = edge_paths(walls, polygons, VIEW.size)
    assert np.array_equal(which, all_walls)
    np.testing.assert_allclose(paths, expected, atol=1e-12)


def test_the_center_of_a_polygon_is_that_of_its_area() -> None:
    regions = pe.enumerate_regions(NETWORKS["random"], SQUARE)
    measured = regions.measure("centroid")["centroid"]
    np.testing.assert_allclose(centers(region_polygons(regions, VIEW)), measured, atol=1e-12)


def test_nodes_and_edges_are_drawn_and_named_in_the_legend() -> None:
    regions = pe.enumerate_regions(NETWORKS["random"], SQUARE)
    graph = regions.graph()
    axes = regions.plot(adjacency=graph)
    edges: LineCollection = drawn(axes, "edges")
    assert len(edges.get_segments()) == len(graph.walls)
    assert len(drawn(axes, "regions").get_xdata()) == len(regions)
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_texts()[-1].get_text() == "adjacency graph"
    assert not axes.texts
    assert len(drawn(regions.plot(adjacency=True), "edges").get_segments()) == len(graph.walls)
    assert "edges" not in [artist.get_label() for artist in regions.plot().get_children()]


def test_walls_out_of_view_are_counted_in_the_caption() -> None:
    # A diamond about the origin, cut by both axes; the axes go on outside of it, beyond this view.
    diamond = pe.ReLUNetwork(
        [([[1, 0], [-1, 0], [0, 1], [0, -1]], [0] * 4), ([[-1, -1, -1, -1]], [1]), ([[1]], [0])]
    )
    axes = pe.enumerate_regions(diamond).plot(adjacency=True, bounds=([-1.2, 0.1], [1.2, 0.2]))
    assert len(drawn(axes, "regions").get_xdata()) == 4
    assert len(drawn(axes, "edges").get_segments()) == 3
    assert axes.texts[0].get_text() == (
        "4 regions go on beyond this view, 4 lie outside it\n"
        "1 wall lies outside it, though the regions on both sides are seen"
    )


def test_a_set_of_one_region_is_a_node() -> None:
    one = pe.enumerate_regions(pe.ReLUNetwork([([[1.0, 2.0]], [0.0])]), SQUARE)
    axes = one.plot(adjacency=True)
    assert len(drawn(axes, "regions").get_xdata()) == 1
    assert len(drawn(axes, "edges").get_segments()) == 0


@pytest.mark.parametrize(
    ("wrong", "sentence"), [(3, "has type int"), ("other", "is a graph of other regions")]
)
def test_what_is_no_graph_of_these_regions_is_refused(wrong: Any, sentence: str) -> None:
    regions = pe.enumerate_regions(pe.library.identity().network, pe.box(-1, 1, dimension=1))
    plane = pe.enumerate_regions(NETWORKS["random"], SQUARE)
    with pytest.raises(InvalidArgumentError, match=sentence):
        plane.plot(adjacency=regions.graph() if wrong == "other" else wrong)
