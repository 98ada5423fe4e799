"""Pictures of boundaries, by their artists."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from mpl_toolkits.mplot3d.art3d import Poly3DCollection
from random_networks import random_network

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError, MissingDependencyError
from polytope_engine.plotting import new_axes, plot_boundary, plot_surface, plotly_surface, save_html
from polytope_engine.plotting.piece_paths import paths

SQUARE = pe.box(-2, 2, dimension=2)


@pytest.fixture(scope="module")
def classes() -> pe.Boundary:
    network = pe.ReLUNetwork([([[1, 0], [0, 1], [0, 0]], [0, 0, 0])])
    return pe.enumerate_regions(network, SQUARE).decision_boundary()


@pytest.fixture(scope="module")
def norm() -> pe.RegionSet:
    W = [[1, 0], [-1, 0], [0, 1], [0, -1]]
    return pe.enumerate_regions(pe.ReLUNetwork([(W, [0] * 4), ([[1] * 4], [0])]))


@pytest.fixture(scope="module")
def octahedron() -> pe.Boundary:
    W = np.vstack([np.eye(3), -np.eye(3)])
    return pe.enumerate_regions(pe.ReLUNetwork([(W, np.zeros(6)), (np.ones((1, 6)), [0])])).level_set(1)


def labeled(axes: Axes, label: str) -> Any:
    return next(artist for artist in axes.collections if artist.get_label() == label)


def legend_of(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def area(polygon: np.ndarray) -> float:
    x, y = polygon[:-1].T if (polygon[0] == polygon[-1]).all() else polygon.T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


# -- in the plane ---------------------------------------------------------------------------------


def test_each_class_is_colored_where_it_wins(classes: pe.Boundary) -> None:
    axes = classes.plot()
    areas = []
    for k in range(3):
        collection = labeled(axes, f"class {k}")
        assert isinstance(collection, PolyCollection)
        areas.append(sum(area(np.asarray(path.vertices)) for path in collection.get_paths()))
    assert areas == pytest.approx([6, 6, 4])
    assert legend_of(axes) == ["class 0", "class 1", "class 2", "walls between regions", "decision boundary"]
    assert axes.get_title(loc="left") == "Decision boundary of 3 classes: 3 pieces"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("$x_1$", "$x_2$")


def test_pieces_that_share_a_vertex_are_one_curve(norm: pe.RegionSet) -> None:
    (curve,) = paths(norm.level_set(1), np.full(2, -2.0), np.full(2, 2.0))
    assert len(curve) == 5
    assert {tuple(point) for point in curve.tolist()} == {(1, 0), (0, 1), (-1, 0), (0, -1)}


def test_curves_end_at_junctions(classes: pe.Boundary) -> None:
    curves = paths(classes, np.full(2, -2.0), np.full(2, 2.0))
    assert len(curves) == 3
    assert all([0.0, 0.0] in curve.tolist() for curve in curves)


def test_unbounded_pieces_leave_the_view() -> None:
    line = pe.enumerate_regions(pe.ReLUNetwork([([[1, 1]], [0])])).level_set(0)  # no vertex at all
    (curve,) = paths(line, np.full(2, -1.0), np.full(2, 1.0))
    assert np.abs(curve).min() > 1
    np.testing.assert_allclose(curve.sum(axis=1), 0, atol=1e-12)
    ray = pe.enumerate_regions(pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, -1]], [0])])).level_set(0)
    curves = paths(ray, np.full(2, -1.0), np.full(2, 1.0))
    assert max(np.abs(curve).max() for curve in curves) > 1


def test_several_levels_have_their_own_dashes_and_labels(norm: pe.RegionSet) -> None:
    axes = plot_boundary([norm.level_set(value) for value in (0.5, 1, 1.5)], bounds=(-2, 2))
    names = ["output 0 = 1/2", "output 0 = 1", "output 0 = 3/2"]
    assert legend_of(axes) == ["walls between regions", *names]
    dashes = [labeled(axes, name).get_linestyles()[0] for name in names]
    assert len({str(d) for d in dashes}) == 3
    assert axes.get_title(loc="left") == "3 level sets of output 0: 12 pieces"
    assert axes.get_xlim() == (-2, 2)


def test_what_touches_is_a_dot_and_the_caption_says_so(norm: pe.RegionSet) -> None:
    axes = plot_boundary(norm.level_set(0), bounds=(-2, 2))
    (dots,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert np.asarray(dots.get_xydata()).tolist() == [[0.0, 0.0]]
    assert [text.get_text() for text in axes.texts] == ["1 cell of smaller dimension touches"]


def test_walls_and_legend_may_be_left_out(classes: pe.Boundary) -> None:
    axes = classes.plot(new_axes(), walls=False, legend=False)
    assert legend_of(axes) == []
    assert "walls" not in [str(artist.get_label()) for artist in axes.collections]
    assert isinstance(labeled(axes, "decision boundary"), LineCollection)


def test_boundaries_of_different_things_are_not_drawn_together(
    norm: pe.RegionSet, classes: pe.Boundary
) -> None:
    with pytest.raises(InvalidArgumentError, match="different region sets, outputs or kinds"):
        plot_boundary([norm.level_set(1), classes])
    with pytest.raises(InvalidArgumentError, match="must be a Boundary or a sequence of them"):
        plot_boundary([])


# -- in space -------------------------------------------------------------------------------------


def test_a_surface_is_its_polygons_between_equal_axes(octahedron: pe.Boundary) -> None:
    axes = octahedron.plot()
    (surface,) = axes.collections
    assert isinstance(surface, Poly3DCollection)
    assert len(surface.get_facecolor()) == 8
    assert axes.get_title(loc="left") == "Level set, output 0 = 1: 8 pieces"
    labels = axes.get_xlabel(), axes.get_ylabel(), axes.get_zlabel()  # type: ignore[attr-defined]
    assert labels == ("$x_1$", "$x_2$", "$x_3$")


def test_unbounded_surfaces_are_cut_to_a_box() -> None:
    network = pe.ReLUNetwork([([[1, 0, 0], [0, 1, 0], [0, 0, 0]], [0, 0, 0])])
    book = pe.enumerate_regions(network).decision_boundary()
    axes = plot_surface(book, bounds=(-1, 1))
    assert len(axes.collections) == 3
    assert legend_of(axes) == [f"between class {p} and class {q}" for p, q in ((0, 1), (0, 2), (1, 2))]
    assert plot_surface(book).get_title(loc="left") == "Decision boundary of 3 classes: 3 pieces"


def test_an_empty_surface_is_drawn_as_nothing(octahedron: pe.Boundary) -> None:
    assert not octahedron.regions.level_set(-1).plot().collections


def test_a_surface_in_plotly_has_the_triangles_of_the_mesh(octahedron: pe.Boundary, tmp_path: Path) -> None:
    figure = plotly_surface(octahedron)
    mesh, edges = figure.data
    assert (mesh.type, len(mesh.i), mesh.name) == ("mesh3d", 8, "output 0 = 1")
    assert len(edges.x) == 8 * 5
    save_html(octahedron, tmp_path / "surface.html")
    text = (tmp_path / "surface.html").read_text(encoding="utf-8")
    assert "<html>" in text[:50]
    assert "Level set, output 0 = 1: 8 pieces" in text
    with pytest.raises(InvalidArgumentError, match=r"'surface.htm', but must end in .html"):
        save_html(octahedron, tmp_path / "surface.htm")


def test_without_plotly_the_error_says_how_to_get_it(
    octahedron: pe.Boundary, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without_plotly(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "plotly":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_plotly)
    with pytest.raises(MissingDependencyError, match=r"pip install 'polytope_engine\[plotly\]'"):
        plotly_surface(octahedron)


REFUSALS: list[tuple[Any, str]] = [
    (
        lambda flat, solid: plot_surface(flat),
        "The network has 2 inputs, but a surface is drawn in the space of three",
    ),
    (lambda flat, solid: plot_boundary(solid), "The network has 3 inputs, but only boundaries in the plane"),
    (
        lambda flat, solid: plot_surface(solid, new_axes()),
        '`ax` is flat; pass axes made with projection="3d".',
    ),
    (lambda flat, solid: plot_surface(3), "`boundary` has type int; it must be a Boundary"),
    (lambda flat, solid: plot_surface(solid, bounds=3), "`bounds` is 3; it must be a pair (lower, upper)"),
]


@pytest.mark.parametrize(("call", "message"), REFUSALS, ids=[message for _, message in REFUSALS])
def test_what_cannot_be_drawn_is_refused(
    classes: pe.Boundary, octahedron: pe.Boundary, call: Any, message: str
) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        call(classes, octahedron)
    assert message in str(refused.value)


def test_boundaries_in_four_dimensions_are_not_drawn() -> None:
    boundary = pe.enumerate_regions(random_network(4, 3, 1)).level_set(0)
    with pytest.raises(
        InvalidArgumentError, match="The network has 4 inputs, but only boundaries in the plane"
    ):
        boundary.plot()
