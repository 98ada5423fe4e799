"""Figures of shapes, by their artists."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch
from random_networks import random_network

import polytope_engine as pe
from polytope_engine.plotting import (
    plot_degrees,
    plot_facets,
    plot_inradii,
    plot_normal_angles,
    plot_shapes,
    plot_simplices,
)
from polytope_engine.regions.statistics import Inradii, SimplicesHistogram

BOX = pe.box(-2, 2, dimension=2)


@pytest.fixture(scope="module")
def regions() -> pe.RegionSet:
    return pe.enumerate_regions(random_network(2, 6, 5, 2), BOX)


@pytest.fixture(scope="module")
def unbounded() -> pe.RegionSet:
    return pe.enumerate_regions(random_network(2, 6, 5, 2))


def legend_of(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def steps(axes: Axes) -> list[Any]:
    return [patch for patch in axes.patches if isinstance(patch, StepPatch)]


def test_bars_of_simplices_are_percentages(regions: pe.RegionSet) -> None:
    axes = plot_simplices(regions)
    histogram = pe.statistics.simplices_histogram(regions)
    heights = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in axes.patches}
    assert heights == pytest.approx({k: 100 * n / len(regions) for k, n in histogram.counts.items()})
    assert axes.get_ylabel() == "share of regions (%)"
    assert axes.get_xlabel() == "simplices of a region (pulling triangulation)"
    assert legend_of(axes) == [f"mean, {float(histogram.mean or 0):.5g}"]


def test_the_title_says_what_is_left_out_and_cut(unbounded: pe.RegionSet) -> None:
    assert plot_simplices(unbounded).get_title(loc="left") == "Simplices: 51 regions, 20 unbounded left out"
    cut = plot_simplices(unbounded, rule="delaunay", clip=BOX)
    assert cut.get_title(loc="left") == "Simplices: 53 regions, cut to the clip"
    assert "Delaunay" in cut.get_xlabel()
    assert "of infinite radius not shown" in plot_inradii(unbounded).get_title(loc="left")


def test_many_numbers_share_bars() -> None:
    counts = dict.fromkeys(range(1, 1001), 1)
    axes = plot_simplices(SimplicesHistogram(counts, 1000, 0, "pulling", None, is_complete=False))
    assert len(axes.patches) <= 60
    assert sum(bar.get_height() for bar in axes.patches) == pytest.approx(100)
    assert axes.get_xlabel() == "simplices of a region (pulling triangulation, 17 numbers a bar)"
    assert axes.get_title(loc="left").endswith("incomplete")


def test_nothing_to_draw_is_drawn_as_that() -> None:
    quadrants = pe.enumerate_regions(pe.ReLUNetwork([(np.eye(2), [0, 0]), ([[1, 1]], [0])]))
    assert len(plot_simplices(quadrants).patches) == 0
    assert len(plot_inradii(quadrants).patches) == 0
    assert len(plot_normal_angles(quadrants).patches) == 1
    point = Inradii(np.array([0.5]), np.zeros(0), 3, 0, 0, is_complete=True)
    assert len(steps(plot_inradii(point))) == 1


def test_facets_show_the_mean_beside_2d(regions: pe.RegionSet, unbounded: pe.RegionSet) -> None:
    axes = plot_facets(regions)
    facets = pe.statistics.facets_per_region(regions)
    at = sorted(line.get_xdata()[0] for line in axes.lines)
    assert at == pytest.approx([float(facets.mean_neuron_facets or 0), 4])
    assert len({line.get_linestyle() for line in axes.lines}) == 2
    assert {"2d = 4 (d = 2)", "walls to other regions", "all facets"} < set(legend_of(axes))
    assert "all facets" not in legend_of(plot_facets(unbounded))


def test_radii_of_data_points_stand_beside_those_of_all_regions(regions: pe.RegionSet) -> None:
    points = np.random.default_rng(0).uniform(-2, 2, size=(50, 2))
    axes = plot_inradii(regions, points=points)
    assert axes.get_xscale() == "log"
    everywhere, at_points = steps(axes)
    for patch in (everywhere, at_points):
        assert np.sum(patch.get_data().values) == pytest.approx(100)
    assert at_points.get_hatch()
    assert legend_of(axes)[:2] == ["all regions (53)", "regions of data points (50)"]
    assert len(steps(plot_inradii(regions))) == 1


def test_radii_that_are_all_the_same_have_a_bin() -> None:
    quadrants = pe.enumerate_regions(pe.ReLUNetwork([(np.eye(2), [0, 0]), ([[1, 1]], [0])]), BOX)
    (patch,) = steps(plot_inradii(quadrants))
    assert max(patch.get_data().values) == 100


def test_angles_are_densities_with_random_directions_beside_them(regions: pe.RegionSet) -> None:
    axes = plot_normal_angles(regions, n_bins=8)
    for patch in steps(axes):
        values, edges, _ = patch.get_data()
        assert np.sum(values * np.diff(edges)) == pytest.approx(1)
    assert len(steps(axes)) == 2
    (curve,) = axes.lines
    assert curve.get_ydata()[0] == pytest.approx(2 / np.pi)
    assert legend_of(axes)[-1] == "random directions"
    cut = plot_normal_angles(regions, clip=pe.box(-1, 1, dimension=2))
    assert cut.get_title(loc="left") == "Angles between facets: 30 regions, cut to the clip"
    sample = plot_normal_angles(regions, n_sampled=10)
    assert sample.get_title(loc="left") == "Angles between facets: 10 regions, drawn from 53"


def test_legends_stay_above_the_data(regions: pe.RegionSet) -> None:
    figure = plot_shapes(regions, points=np.zeros((1, 2)) + 0.1)
    figure.canvas.draw()
    for axes in figure.axes:
        legend = axes.get_legend()
        assert legend is not None
        low = axes.transData.inverted().transform((0, legend.get_window_extent().y0))[1]
        tops = [np.max(patch.get_data().values) for patch in steps(axes)]
        tops += [bar.get_height() for bar in axes.patches if not isinstance(bar, StepPatch)]
        assert low >= max(tops)


def test_a_page_has_the_four_and_takes_what_is_measured(
    regions: pe.RegionSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("n_facets", "n_neuron_facets", "n_simplices", "chebyshev_radius")
    columns = regions.measure(*names, rule="delaunay", clip=pe.box(-1, 1, dimension=2))
    angles = pe.statistics.normal_angles(regions)
    monkeypatch.setattr(pe.RegionSet, "measure", None)
    monkeypatch.setattr(pe.statistics, "normal_angles", None)
    figure = plot_shapes(regions, measurements=columns, angles=angles)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Simplices: 30 regions, cut to the clip",
        "Facets: 30 regions",
        "Largest inscribed balls: 30 regions",
        "Angles between facets: 53 regions",
    ]
    assert all(axes.get_xlabel() and axes.get_ylabel() for axes in figure.axes)


def test_bars_of_degrees_are_those_of_the_walls(unbounded: pe.RegionSet) -> None:
    graph = unbounded.graph()
    axes = plot_degrees(graph)
    heights = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in axes.patches}
    share = 100 * np.bincount(graph.degrees) / len(unbounded)
    assert heights == pytest.approx({k: height for k, height in enumerate(share) if height})
    assert legend_of(axes) == [f"mean, {2 * len(graph.walls) / len(unbounded):.5g}", "2d = 4 (d = 2)"]
    assert axes.get_title(loc="left") == "Degrees: 71 regions"
    some = pe.enumerate_regions(unbounded.network, max_regions=3)
    assert plot_degrees(some.graph()).get_title(loc="left") == "Degrees: 3 regions, incomplete"
