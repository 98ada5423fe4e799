"""Areas of walls in bulk: those of the rational facets, with and without a clip."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull
from test_walls import random_network

import polytope_engine as pe
from polytope_engine.complexes.walls import Walls


def one_by_one(walls: Walls, clip: pe.HPolytope | None = None) -> list[float]:
    """The area of what two closed regions share, by the convex hull of its vertices in its own plane."""
    return [shared_area(walls, int(a), int(b), clip) for a, b in walls.pairs]


def shared_area(walls: Walls, a: int, b: int, clip: pe.HPolytope | None) -> float:
    first, second = walls.regions[a].polytope, walls.regions[b].polytope
    d = first.dimension
    rows = [*first.exact_rows, *second.exact_rows, *(() if clip is None else clip.exact_rows)]
    shared = pe.HPolytope.from_exact_rows(rows, dimension=d)
    if shared.is_empty():
        return 0.0
    if not shared.is_bounded():
        return math.inf
    vertices = shared.vertices()
    if clip is not None and (np.abs(clip.A @ vertices.T - clip.b[:, np.newaxis]) < 1e-12).all(axis=1).any():
        return 0.0
    if d == 1:
        return 1.0
    edges = vertices - vertices[0]
    _, sizes, axes = np.linalg.svd(edges)
    if np.count_nonzero(sizes > 1e-12) < d - 1:
        return 0.0
    flat = edges @ axes[: d - 1].T
    return float(np.ptp(flat)) if d == 2 else float(ConvexHull(flat).volume)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["generic", "integer", "twins"]),
    widths=st.sampled_from([(1, 3, 2), (2, 4, 3), (2, 3, 3, 2), (3, 4, 2)]),
    domain_side=st.sampled_from([None, 2]),
    clip_side=st.sampled_from([None, 1, 3]),
)
def test_areas_are_those_of_the_rational_facets(
    seed: int, kind: str, widths: tuple[int, ...], domain_side: int | None, clip_side: int | None
) -> None:
    d = widths[0]
    domain, clip = (None if s is None else pe.box(-s, s, dimension=d) for s in (domain_side, clip_side))
    walls = pe.enumerate_regions(random_network(seed, kind, *widths), domain).walls()
    np.testing.assert_allclose(walls.areas(clip=clip), one_by_one(walls, clip), rtol=1e-9, atol=0)


def test_three_lines_have_the_length_that_a_ruler_says() -> None:
    net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    square = pe.box(-2, 2, dimension=2)
    inside = pe.enumerate_regions(net, square).walls().areas().sum()
    clipped = pe.enumerate_regions(net).walls().areas(clip=square).sum()
    assert inside == pytest.approx(8 + 3 * math.sqrt(2), rel=1e-12)
    assert clipped == pytest.approx(inside, rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_twice_the_areas_and_the_boundary_are_the_surfaces_of_all_regions(seed: int) -> None:
    regions = pe.enumerate_regions(random_network(seed, "generic", 3, 8, 6), pe.box(-1, 1, dimension=3))
    surfaces = regions.measure("surface_area")["surface_area"].sum()
    assert 2 * regions.walls().areas().sum() + 24 == pytest.approx(surfaces, rel=1e-9)


def test_a_bounded_wall_between_unbounded_regions_has_an_area() -> None:
    # |x| <= 1 is cut by y = 0 between two walls: the segment's two sides are half-strips
    net = pe.ReLUNetwork([([[1, 0], [1, 0], [0, 1]], [1, -1, 0]), ([[1, 1, 1]], [0])])
    areas = pe.enumerate_regions(net).walls().areas()
    assert sorted(areas) == [2.0, *[math.inf] * 6]


def test_walls_that_contain_lines_are_unbounded() -> None:
    net = pe.ReLUNetwork([([[1, 1, 0], [1, 1, 0]], [0, -1]), ([[1, 1]], [0])])
    assert pe.enumerate_regions(net).walls().areas().tolist() == [math.inf, math.inf]


def test_a_wall_on_the_boundary_of_the_clip_is_not_inside_it() -> None:
    net = pe.ReLUNetwork([([[1, 0], [1, 0]], [0, -1]), ([[1, 1]], [0])])
    walls = pe.enumerate_regions(net).walls()
    assert sorted(walls.areas(clip=pe.box(0, 2, dimension=2))) == [0.0, 2.0]
    assert walls.areas(clip=pe.box(5, 6, dimension=2)).tolist() == [0.0, 0.0]


def test_areas_are_the_same_whatever_the_number_of_threads() -> None:
    walls = pe.enumerate_regions(random_network(2, "generic", 3, 10, 8), pe.box(-1, 1, dimension=3)).walls()
    assert walls.areas(n_workers=1).tolist() == walls.areas(n_workers=3).tolist()


def test_an_interrupt_leaves_no_areas() -> None:
    walls = pe.enumerate_regions(random_network(7, "generic", 4, 10, 8), pe.box(-1, 1, dimension=4)).walls()

    def interrupt(n_regions: int, fraction_done: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        walls.areas(progress=interrupt)


def test_bad_arguments_are_named() -> None:
    walls = pe.enumerate_regions(random_network(0, "generic", 2, 3)).walls()
    with pytest.raises(pe.errors.InvalidArgumentError, match="`clip` lies in R\\^3"):
        walls.areas(clip=pe.box(0, 1, dimension=3))
    with pytest.raises(pe.errors.InvalidArgumentError, match="`accuracy` is 2"):
        walls.areas(accuracy=2)
