"""Pictures of regions, by their artists."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection, TriMesh
from matplotlib.figure import Figure

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.plotting import plot_regions
from polytope_engine.plotting.palette import distinguishable_colors, line_style
from polytope_engine.plotting.polygons import region_polygons
from polytope_engine.plotting.view import chosen_view

SQUARE = pe.box(-1, 1, dimension=2)


def random_network(*widths: int, seed: int = 0) -> pe.ReLUNetwork:
    generator = np.random.default_rng(seed)
    pairs = pairwise(widths)
    return pe.ReLUNetwork([(generator.normal(size=(b, a)), generator.normal(size=b) / 2) for a, b in pairs])


@pytest.fixture(scope="module")
def regions() -> pe.RegionSet:
    return pe.enumerate_regions(random_network(2, 6, 5, 2), SQUARE)


def artists(axes: Axes, kind: type) -> list[Any]:
    return [artist for artist in axes.get_children() if type(artist) is kind]


def texts(axes: Axes) -> Iterator[str]:
    yield from (text.get_text() for text in axes.texts)


def test_each_layer_is_one_collection_with_a_color_and_a_dash_of_its_own(regions: pe.RegionSet) -> None:
    lines = artists(plot_regions(regions), LineCollection)
    assert [line.get_label() for line in lines] == ["of layer 1", "bent hyperplanes of layer 0"]
    assert len({tuple(line.get_color()[0]) for line in lines}) == 2
    assert len({str(line.get_linestyle()) for line in lines}) == 2
    assert lines[0].get_linewidth()[0] < lines[1].get_linewidth()[0]


def test_the_styles_of_the_first_layers_differ_in_dash_and_color() -> None:
    styles = [line_style(layer) for layer in range(6)]
    assert len({str(style.dashes) for style in styles}) == 6
    assert len({style.color for style in styles}) == 6
    assert line_style(6) == styles[0]


def test_color_by_output_shows_the_values_of_the_output(regions: pe.RegionSet) -> None:
    axes = plot_regions(regions, output=1)
    (mesh,) = artists(axes, TriMesh)
    points = np.column_stack([mesh._triangulation.x, mesh._triangulation.y])
    np.testing.assert_allclose(mesh.get_array(), regions.network(points)[:, 1], atol=1e-9)
    assert axes.figure.axes[1].get_ylabel() == "output 1"


def test_a_pair_of_outputs_is_their_difference_and_its_zero_curve(regions: pe.RegionSet) -> None:
    axes = plot_regions(regions, output=(1, 0))
    (mesh,) = artists(axes, TriMesh)
    points = np.column_stack([mesh._triangulation.x, mesh._triangulation.y])
    values = regions.network(points)
    np.testing.assert_allclose(mesh.get_array(), values[:, 1] - values[:, 0], atol=1e-9)
    equality = [line for line in artists(axes, LineCollection) if line.get_label() == "output 1 = output 0"]
    for path in equality[0].get_segments():
        both = regions.network(path)
        np.testing.assert_allclose(both[:, 0], both[:, 1], atol=1e-9)


def test_colors_at_random_tell_neighbors_apart(regions: pe.RegionSet) -> None:
    (filled,) = artists(plot_regions(regions, color="random"), PolyCollection)
    assert len(filled.get_paths()) == len(regions)
    colors = distinguishable_colors(regions, region_polygons(regions, chosen_view(regions)), seed=1)
    for index, region in enumerate(regions):
        for neighbor in region.neighbors():
            assert colors[index] != colors[neighbor.index]


def test_the_axes_are_equal_and_show_the_domain(regions: pe.RegionSet) -> None:
    axes = plot_regions(regions)
    assert axes.get_aspect() == 1.0
    assert axes.get_xlim() == axes.get_ylim() == (-1.0, 1.0)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("$x_1$", "$x_2$")
    assert axes.get_title(loc="left") == f"{len(regions)} regions of a 2-6-5-2 network"
    assert not list(texts(axes))


def test_a_legend_names_the_layers_and_can_be_left_out(regions: pe.RegionSet) -> None:
    legend = plot_regions(regions).get_legend()
    assert legend is not None
    assert [t.get_text() for t in legend.get_texts()] == ["bent hyperplanes of layer 0", "of layer 1"]
    assert plot_regions(regions, legend=False).get_legend() is None
    bare = plot_regions(regions, bent_hyperplanes=False)
    assert bare.get_legend() is None
    assert not artists(bare, LineCollection)


def test_on_the_whole_plane_the_caption_says_what_the_view_cuts_off() -> None:
    regions = pe.enumerate_regions(pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])]))
    axes = plot_regions(regions)
    assert list(texts(axes)) == ["4 regions go on beyond this view"]
    shifted = plot_regions(regions, bounds=([1, -1], [2, 1]))
    assert list(texts(shifted)) == ["2 regions go on beyond this view, 2 lie outside it"]
    assert shifted.get_xlim() == (1.0, 2.0)


def test_an_incomplete_set_is_said_to_be_one() -> None:
    some = pe.enumerate_regions(random_network(2, 6, 5, 1), SQUARE, max_regions=5)
    assert "incomplete: regions are missing where it is blank" in "".join(texts(plot_regions(some)))


def test_the_view_of_the_whole_plane_holds_all_corners_of_a_compact_picture() -> None:
    triangle = pe.ReLUNetwork([([[1, 0], [0, 1], [-1, -1]], [0, 0, 1]), ([[1, 1, 1]], [0])])
    view = chosen_view(pe.enumerate_regions(triangle))
    for corner in [(0, 0), (1, 0), (0, 1)]:
        assert (view.lower < corner).all()
        assert (corner < view.upper).all()
    assert view.size < 3


def test_a_corner_far_away_does_not_shrink_the_rest() -> None:
    grid = [[1, 0]] * 4 + [[0, 1]] * 4 + [[1, 1e-6]]
    regions = pe.enumerate_regions(pe.ReLUNetwork([(grid, [0, 1, 2, 3, 0, 1, 2, 3, 9]), ([[1] * 9], [0])]))
    assert chosen_view(regions).size < 30


def test_parallel_lines_that_never_meet_are_in_view() -> None:
    strips = pe.ReLUNetwork([([[1, 0], [2, 0]], [0, -20]), ([[1, 1]], [0])])
    view = chosen_view(pe.enumerate_regions(strips))
    assert view.lower[0] < 0
    assert view.upper[0] > 10


@pytest.mark.parametrize(
    "layers",
    [
        [([[1.0, 2.0]], [0.0])],
        [([[0.0, 0.0]], [1.0]), ([[1.0]], [0.0])],
        [([[1.0, 0.0]], [7.0]), ([[0.0]], [3.0])],
    ],
    ids=["no hidden layer", "a constant neuron", "a constant output"],
)
def test_the_least_networks_can_be_drawn(layers: Any) -> None:
    axes = plot_regions(pe.enumerate_regions(pe.ReLUNetwork(layers)))
    axes.figure.savefig(io.BytesIO())


def test_it_draws_on_axes_that_are_given(regions: pe.RegionSet) -> None:
    left, right = Figure().subplots(1, 2)
    assert regions.plot(left) is left
    assert not right.collections


def test_a_new_figure_shows_itself_in_notebooks(regions: pe.RegionSet) -> None:
    figure: Any = regions.plot().figure
    assert figure._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"color": "red"}, "`color` is 'red'; it must be 'output' or 'random'."),
        ({"output": 2}, "`output` is 2; the network has 2 outputs, so it must be an integer from 0 to 1"),
        ({"output": (0, 1, 1)}, "`output` is"),
        ({"output": "0"}, "`output` is '0'"),
        ({"output": True}, "`output` is True"),
        ({"bounds": (1, 1)}, "`bounds` is"),
        ({"bounds": 3}, "`bounds` is 3"),
        ({"bounds": (0, float("nan"))}, "`bounds` is"),
    ],
)
def test_options_that_cannot_be_met_are_refused(
    regions: pe.RegionSet, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        plot_regions(regions, **options)
    assert sentence in str(refusal.value)


@pytest.mark.parametrize("d", [1, 3])
def test_only_networks_with_two_inputs_are_drawn(d: int) -> None:
    regions = pe.enumerate_regions(random_network(d, 3, 1))
    with pytest.raises(InvalidArgumentError, match="only regions in the plane can be drawn"):
        plot_regions(regions)


def test_a_network_without_outputs_is_drawn_at_random_only() -> None:
    regions = pe.enumerate_regions(pe.ReLUNetwork([([[1.0, 2.0]], [0.0]), (np.zeros((0, 1)), [])]))
    with pytest.raises(InvalidArgumentError, match="no output"):
        plot_regions(regions)
    assert artists(plot_regions(regions, color="random"), PolyCollection)


def test_something_else_than_regions_is_refused() -> None:
    wrong: Any = [1, 2]
    with pytest.raises(InvalidArgumentError, match="must be a RegionSet"):
        plot_regions(wrong)


def test_plotting_leaves_pyplot_alone() -> None:
    code = "import sys, polytope_engine.plotting; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
