"""Sizes, faces and sections of one polytope: worked values, laws that hold exactly, and other programs."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product
from math import comb, factorial, inf, sqrt

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.spatial import ConvexHull, HalfspaceIntersection

import polytope_engine as pe
from polytope_engine.errors import EmptyDomainError, FlatDomainError, InvalidArgumentError, UnboundedError
from polytope_engine.exact.enclosing_ball import enclosing_ball
from polytope_engine.exact.nearest_point import nearest_point
from polytope_engine.exact.rational import square_root, total
from polytope_engine.exact.simplices import facet_content

QUADRANT = pe.HPolytope([[-1, 0], [0, -1]], [0, 0])
FLAT = pe.HPolytope([[1, 0], [-1, 0], [0, 1], [0, -1]], [2, -2, 1, 1])
EMPTY = pe.HPolytope([[1.0, 0.0], [-1.0, 0.0]], [0.0, -1.0])
STRIP = pe.HPolytope([[1, 1], [-1, -1]], [1, 1])


def simplex(d: int) -> pe.HPolytope:
    return pe.HPolytope(np.vstack([-np.eye(d), np.ones((1, d))]), [*[0] * d, 1])


def cross_polytope(d: int) -> pe.HPolytope:
    return pe.HPolytope(list(product((1, -1), repeat=d)), [1] * 2**d)


def cell(seed: int, d: int | None = None) -> pe.HPolytope:
    """A bounded polytope with interior: small integers (much is degenerate) or floats."""
    rng = np.random.default_rng(seed)
    d = d or int(rng.integers(1, 5))
    m = int(rng.integers(0, 3 * d))
    if rng.integers(2):
        cuts = pe.HPolytope(rng.integers(-2, 3, (m, d)), rng.integers(1, 5, m))
    else:
        cuts = pe.HPolytope(rng.normal(size=(m, d)), rng.random(m) + 0.1)
    return pe.box(-2, 2, dimension=d).intersection(cuts)


# -- worked values --------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [2, 3, 4])
def test_simplex_cube_and_cross_polytope_have_their_sizes(d: int) -> None:
    s, c, x = simplex(d), pe.box(0, 1, dimension=d), cross_polytope(d)
    assert s.chebyshev_ball().radius == pytest.approx(1 / (d + sqrt(d)), rel=1e-15)
    assert c.chebyshev_ball().radius == 0.5
    assert x.chebyshev_ball().radius == pytest.approx(1 / sqrt(d), rel=1e-15)
    assert s.exact.volume() == Fraction(1, factorial(d))
    assert c.exact.volume() == 1
    assert x.exact.volume() == Fraction(2**d, factorial(d))
    assert s.exact.squared_diameter() == 2
    assert c.exact.squared_diameter() == d
    assert x.exact.squared_diameter() == 4
    # around the simplex, the ball touches the long facet's corners if d > 2, and is centered in that facet
    assert s.exact.squared_circumradius() == Fraction(d - 1, d)
    assert c.exact.squared_circumradius() == Fraction(d, 4)
    assert x.exact.squared_circumradius() == 1
    assert s.exact.squared_facet_areas() == (
        *[Fraction(1, factorial(d - 1) ** 2)] * d,
        Fraction(d, factorial(d - 1) ** 2),
    )
    assert c.surface_area() == 2 * d
    assert x.surface_area() == pytest.approx(2**d * sqrt(d) / factorial(d - 1), rel=1e-15)
    assert s.aspect() == pytest.approx(s.chebyshev_ball().radius / sqrt((d - 1) / d), rel=1e-15)
    assert c.aspect() == pytest.approx(1 / sqrt(d), rel=1e-15)
    assert s.f_vector().tolist() == [comb(d + 1, k + 1) for k in range(d + 1)]


def test_an_interval_is_a_polytope_like_others() -> None:
    p = pe.box(-1, Fraction(1, 2), dimension=1)
    assert p.vertices().tolist() == [[-1], [0.5]]
    assert p.incidence().tolist() == [[False, True], [True, False]]
    assert (p.volume(), p.surface_area(), p.diameter(), p.circumradius(), p.aspect()) == (
        1.5,
        2,
        1.5,
        0.75,
        1,
    )
    assert p.centroid().tolist() == [-0.25]
    assert [facet.area() for facet in p.facets()] == [1, 1]
    assert p.f_vector().tolist() == [2, 1]


# -- laws -----------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_facets_times_their_distances_are_the_volume(seed: int) -> None:
    """The divergence theorem: d vol = sum of area times distance of the origin, in rationals."""
    p = cell(seed).exact
    contents = [
        facet_content(p.polyhedron, p._lattice, mask, p.rows[rows[0]])
        for rows, mask in zip(p.facets(), p.polyhedron.tight, strict=True)
    ]
    offsets = [p.rows[rows[0]][-1] for rows in p.facets()]
    assert total(c * b for c, b in zip(contents, offsets, strict=True)) == p.dimension * p.volume()
    for content, rows, square in zip(contents, p.facets(), p.squared_facet_areas(), strict=True):
        assert content**2 * sum(a * a for a in p.rows[rows[0]][:-1]) == square


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_closed_surfaces_have_normals_that_add_up_to_zero(seed: int) -> None:
    p = cell(seed)
    weighted = [facet.area() * facet.normal for facet in p.facets()]
    assert np.sum(weighted, axis=0) == pytest.approx(np.zeros(p.dimension), abs=1e-12)


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_affine_maps_take_volume_and_centroid_along_exactly(seed: int) -> None:
    """Also another order of the vertices: the map turns the polytope around."""
    p = cell(seed)
    d = p.dimension
    rng = np.random.default_rng(seed)
    M = -np.eye(d, dtype=int) + np.tril(rng.integers(-2, 3, (d, d)), -1)
    q = pe.HPolytope(p.exact_inequalities[0] @ M, p.exact_inequalities[1])  # x in q iff M x in p
    assert q.exact.volume() == p.exact.volume()
    image = [
        sum((int(a) * x for a, x in zip(row, q.exact.centroid(), strict=True)), Fraction(0)) for row in M
    ]
    assert tuple(image) == p.exact.centroid()
    assert (q.f_vector() == p.f_vector()).all()


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_the_two_parts_of_a_cut_polytope_make_the_whole(seed: int) -> None:
    p = cell(seed)
    rng = np.random.default_rng(seed)
    a = rng.integers(1, 4, p.dimension)
    below = p.intersection(pe.HPolytope([a], [0])).exact
    above = p.intersection(pe.HPolytope([-a], [0])).exact
    assert below.volume() + above.volume() == p.exact.volume()
    parts = [part for part in (below, above) if part.volume()]
    for k in range(p.dimension):
        moment = sum(part.volume() * part.centroid()[k] for part in parts)
        assert moment == p.exact.volume() * p.exact.centroid()[k]


@settings(max_examples=30)
@given(st.integers(0, 10**6))
def test_the_areas_of_parallel_slices_integrate_to_the_volume(seed: int) -> None:
    """Between vertices the area is a polynomial of degree d - 1, which Simpson's rule integrates for d <= 4."""
    d = 2 + seed % 3
    p = cell(seed, d)
    heights = sorted({vertex[-1] for vertex in p.exact.vertices()})

    def area(height: Fraction) -> Fraction:
        section = p.slice([*[0] * (d - 1), height], np.eye(d - 1, d))
        return section.exact.volume()

    pieces = [
        (high - low)
        / 6
        * (inner(area, low, high, 0) + 4 * area((low + high) / 2) + inner(area, low, high, 1))
        for low, high in zip(heights, heights[1:], strict=False)
    ]
    assert sum(pieces) == p.exact.volume()


def inner(area, low: Fraction, high: Fraction, end: int) -> Fraction:
    """The area at an end of a piece, as the limit from inside: by the polynomial through four inner points."""
    nodes = [Fraction(k, 5) for k in (1, 2, 3, 4)]
    at = Fraction(end)
    value = Fraction(0)
    for k, node in enumerate(nodes):
        weight = Fraction(1)
        for j, other in enumerate(nodes):
            if j != k:
                weight *= (at - other) / (node - other)
        value += weight * area(low + node * (high - low))
    return value


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_the_enclosing_ball_holds_the_vertices_and_is_carried_by_them(seed: int) -> None:
    """It is smallest iff its center lies in the hull of the vertices on its sphere."""
    p = cell(seed).exact
    center, square = p.enclosing_ball()
    distances = [sum((x - y) ** 2 for x, y in zip(v, center, strict=True)) for v in p.vertices()]
    assert max(distances) == square
    carriers = np.array([v for v, s in zip(p.vertices(), distances, strict=True) if s == square], dtype=float)
    table = np.vstack([carriers.T, np.ones(len(carriers))])
    found = linprog(np.zeros(len(carriers)), A_eq=table, b_eq=[*map(float, center), 1])
    assert found.status == 0
    largest = max(
        sum((x - y) ** 2 for x, y in zip(u, v, strict=True)) for u, v in combinations(p.vertices(), 2)
    )
    assert largest == p.squared_diameter()


def test_of_an_obtuse_triangle_two_corners_carry_the_ball_and_doubles_do_no_harm() -> None:
    corners = [tuple(map(Fraction, corner)) for corner in [(0, 0), (4, 0), (1, 1), (0, 0), (4, 0), (3, 1)]]
    assert enclosing_ball(corners) == ((2, 0), 4)
    assert enclosing_ball(corners[:1] * 3) == ((0, 0), 0)


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_the_nearest_point_sees_the_polyhedron_on_its_far_side(seed: int) -> None:
    """x is nearest to p iff (x - p) . (v - x) >= 0 for each v of the polyhedron; bounded or not, flat or not."""
    rng = np.random.default_rng(seed)
    d, m = int(rng.integers(1, 5)), int(rng.integers(0, 9))
    p = pe.HPolytope(rng.integers(-2, 3, (m, d)), rng.integers(-1, 4, m))
    start = [Fraction(int(x), 3) for x in rng.integers(-20, 20, d)]
    if p.is_empty():
        assert nearest_point(p.exact_rows, start) is None
        return
    found = p.exact.project(start)
    assert p.contains(list(found))

    def outlook(direction) -> Fraction:
        return sum((x - s) * y for x, s, y in zip(found, start, direction, strict=True))

    for v in p.exact.vertices():
        assert outlook([a - b for a, b in zip(v, found, strict=True)]) >= 0
    assert all(outlook(ray) >= 0 for ray in p.exact.rays())
    assert all(outlook(line) == 0 for line in p.exact.lines())


# -- other programs -------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [2, 3, 4, 5, 6])
def test_qhull_finds_the_same_vertices_volume_and_surface(d: int) -> None:
    rng = np.random.default_rng(d)
    for _ in range(2):
        m = 2 * d + 3
        A, b = rng.normal(size=(m, d)), rng.random(m) + 0.2
        A, b = np.vstack([A, np.eye(d), -np.eye(d)]), np.append(b, np.full(2 * d, 2.0))
        p = pe.HPolytope(A, b)
        points = HalfspaceIntersection(np.column_stack([A, -b]), np.zeros(d)).intersections
        hull = ConvexHull(points)
        assert len(np.unique(points.round(7), axis=0)) == len(p.vertices())
        assert p.volume() == pytest.approx(hull.volume, rel=1e-9)
        if d < 6:
            assert p.surface_area() == pytest.approx(hull.area, rel=1e-9)


# -- extreme sizes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "at"), [(1e-9, 0.0), (1.0, 1e6), (1e-9, 1e6), (1e150, 0.0), (2.0**-60, 1.0)]
)
def test_small_and_distant_cells_have_exact_sizes(size: float, at: float) -> None:
    """A right triangle; at 1e6, floats are 1e-10 apart."""
    exact_size, exact_at = Fraction(size), Fraction(at)
    p = pe.HPolytope([[-1, 0], [0, -1], [1, 1]], [-exact_at, -exact_at, 2 * exact_at + exact_size])
    assert p.exact.volume() == exact_size**2 / 2
    assert p.volume() == pytest.approx(size**2 / 2, rel=1e-15)
    assert p.diameter() == pytest.approx(size * sqrt(2), rel=1e-15)
    assert p.circumradius() == pytest.approx(size / sqrt(2), rel=1e-15)
    assert p.surface_area() == pytest.approx(size * (2 + sqrt(2)), rel=1e-15)
    assert p.aspect() == pytest.approx(sqrt(2) / (2 + sqrt(2)), rel=1e-15)
    assert p.exact.centroid() == (exact_at + exact_size / 3,) * 2
    assert len(p.triangulation("delaunay")) == 1


@pytest.mark.parametrize("width", [1e-8, 1e-300])
def test_a_needle_has_the_aspect_of_its_width(width: float) -> None:
    p = pe.box([0, 0, 0], [1, 1, width])
    assert p.volume() == width
    assert p.aspect() == pytest.approx(width / sqrt(2), rel=1e-12)
    assert p.surface_area() == pytest.approx(2 + 4 * width, rel=1e-15)
    assert len(p.triangulation()) == 6
    assert p.triangulation("delaunay").volumes.sum() == pytest.approx(width, rel=1e-15)


def test_a_square_root_is_good_to_the_last_bit() -> None:
    for value in (Fraction(2), Fraction(1, 3), Fraction(10) ** 300, Fraction(1, 10**300)):
        root = square_root(value)
        assert root**2 <= value < (root * (1 + Fraction(1, 1 << 79))) ** 2
    assert square_root(Fraction(0)) == 0


# -- unbounded, flat, empty -----------------------------------------------------------------------


def test_unbounded_polyhedra_have_infinite_sizes_and_no_center() -> None:
    assert (
        QUADRANT.volume() == QUADRANT.diameter() == QUADRANT.circumradius() == QUADRANT.surface_area() == inf
    )
    assert QUADRANT.rays().tolist() == [[0, 1], [1, 0]]
    assert QUADRANT.f_vector().tolist() == [1, 2, 1]
    assert [facet.area() for facet in QUADRANT.facets()] == [inf, inf]
    for question in (QUADRANT.centroid, QUADRANT.aspect):
        with pytest.raises(UnboundedError, match=r"direction \(0, 1\) never leaves it") as caught:
            question()
        assert caught.value.direction == (0, 1)


def test_a_bounded_facet_of_an_unbounded_polyhedron_has_an_area() -> None:
    p = pe.HPolytope([[-1, 0], [0, -1], [-1, -1]], [0, 0, -1])
    assert [facet.area() for facet in p.facets()] == [inf, inf, sqrt(2)]


def test_a_strip_contains_lines_and_has_no_vertices() -> None:
    assert STRIP.lines().tolist() == [[1, -1]]
    assert STRIP.lineality_dimension() == 1
    assert STRIP.f_vector().tolist() == [0, 2, 1]
    assert STRIP.vertices().tolist() == [[0, -1], [0, 1]]
    assert STRIP.exact.polyhedron.n_vertices == 0
    assert STRIP.volume() == STRIP.surface_area() == inf


def test_a_flat_polytope_has_length_and_no_volume() -> None:
    assert (FLAT.volume(), FLAT.diameter(), FLAT.circumradius(), FLAT.aspect()) == (0, 2, 1, 0)
    assert FLAT.affine_dimension() == 1
    assert FLAT.exact.facets() == ((2,), (3,))
    assert FLAT.incidence().tolist() == [[False, True], [True, False]]
    for question in (FLAT.centroid, FLAT.surface_area):
        with pytest.raises(FlatDomainError, match=r"its affine dimension is 1 in R\^2"):
            question()


def test_of_an_empty_polytope_only_what_makes_sense_is_answered() -> None:
    assert (EMPTY.volume(), EMPTY.affine_dimension(), EMPTY.lineality_dimension()) == (0, -1, 0)
    assert EMPTY.vertices().shape == EMPTY.rays().shape == EMPTY.lines().shape == (0, 2)
    assert EMPTY.f_vector().tolist() == []
    assert EMPTY.incidence().shape == (0, 0)
    questions = (
        EMPTY.centroid,
        EMPTY.surface_area,
        EMPTY.diameter,
        EMPTY.circumradius,
        EMPTY.aspect,
        EMPTY.irredundant,
    )
    for question in (*questions, lambda: EMPTY.project([0, 0]), EMPTY.exact.bounding_box):
        with pytest.raises(EmptyDomainError, match="The polytope is empty"):
            question()


# -- other polytopes from one ---------------------------------------------------------------------


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_irredundant_rows_describe_the_same_polytope_and_none_can_go(seed: int) -> None:
    rng = np.random.default_rng(seed)
    d, m = int(rng.integers(1, 4)), int(rng.integers(0, 9))
    p = pe.HPolytope(
        rng.integers(-1, 2, (m, d)), rng.integers(-1, 3, m), labels=[("row", k) for k in range(m)]
    )
    assume(not p.is_empty())
    q = p.irredundant()
    assert (q.exact.vertices(), q.exact.rays(), q.exact.lines()) == (
        p.exact.vertices(), p.exact.rays(), p.exact.lines(),
    )  # fmt: skip
    assert [p.exact_rows[k] for _, k in q.labels] == list(q.exact_rows)
    if p.is_full_dimensional():
        assert [label for (label,) in zip(q.labels)] == [facet.labels[0] for facet in p.facets()]
    exact = pe.HPolytope.from_exact_rows(p.exact_rows, p.labels, dimension=d).irredundant()
    assert (exact.exact_rows, exact.labels) == (q.exact_rows, q.labels)


def test_irredundant_keeps_the_numbers_that_were_passed() -> None:
    p = pe.HPolytope([[0.1, 0.3], [-1.0, 0.0], [0.0, -1.0], [1.0, 1.0]], [0.7, 0.0, 0.0, 100.0])
    assert p.irredundant().A.tolist() == [[0.1, 0.3], [-1.0, 0.0], [0.0, -1.0]]
    assert p.irredundant().exact_rows == p.exact_rows[:3]
    assert pe.HPolytope([[0, 0]], [1]).irredundant().n_rows == 0


def test_facets_incidence_and_exact_facets_stand_in_one_order() -> None:
    for seed in range(30):
        p = cell(seed)
        assert [facet.rows for facet in p.facets()] == list(p.exact.facets())
        for facet, row in zip(p.facets(), p.incidence(), strict=True):
            on_it = np.abs(p.vertices() @ facet.normal - facet.offset) < 1e-9
            assert (on_it == row).all()


def test_an_intersection_keeps_rows_numbers_and_labels() -> None:
    p, q = pe.box(0, 2, dimension=2), pe.HPolytope([[Fraction(1, 3), 1]], [1], labels=[("neuron", 0, 4)])
    both = p.intersection(q)
    assert both.labels == (*p.labels, ("neuron", 0, 4))
    assert both.exact_rows == p.exact_rows + q.exact_rows
    assert (both.A[:4] == p.A).all()
    assert both.exact.volume() == Fraction(4, 3)
    made = pe.HPolytope.from_exact_rows(q.exact_rows, q.labels).intersection(p)
    assert made.exact_rows == q.exact_rows + p.exact_rows
    with pytest.raises(InvalidArgumentError, match=r"`other` lies in R\^1; it must lie in R\^2"):
        p.intersection(pe.box(0, 1, dimension=1))


def test_the_middle_slice_of_a_cube_is_a_hexagon() -> None:
    cube = pe.box(0, 1, dimension=3)
    hexagon = cube.slice([0.5] * 3, [[1, -1, 0], [1, 1, -2]])
    assert hexagon.f_vector().tolist() == [6, 6, 1]
    # times the Gram determinant of the basis, sqrt(12), it is the regular hexagon of side sqrt(1/2)
    assert hexagon.volume() * sqrt(12) == pytest.approx(3 * sqrt(3) / 4, rel=1e-15)
    assert hexagon.labels == cube.labels


def test_rows_that_are_constant_on_a_slice_hold_or_leave_nothing() -> None:
    square = pe.box(0, 1, dimension=2)
    side = square.slice([0, 1], [[2, 0]])
    assert side.exact_rows == ((-2, 1), (0, 0), (1, 0), (0, 1))
    assert side.vertices().tolist() == [[0], [0.5]]
    assert square.slice([0, 2], [[1, 0]]).is_empty()
    third = square.slice([Fraction(1, 3), 0], [[0, Fraction(1, 7)]])
    assert third.exact.vertices() == ((0,), (7,))


@pytest.mark.parametrize(
    ("origin", "basis", "sentence"),
    [
        ([0], [[1, 0]], r"`origin` has shape \(1,\); it must have shape \(2,\)"),
        ([0, 0], [1, 0], r"`basis` has shape \(2,\); it must have shape \(k, 2\)"),
        ([0, 0], np.zeros((0, 2)), r"`basis` has shape \(0, 2\)"),
        ([0, 0], [[1, 2], [Fraction(1, 2), 1]], "`basis` is dependent"),
        ([0, 0], [[0, 0]], "`basis` is dependent"),
        ([0, float("nan")], [[1, 0]], r"`origin\[1\]` is nan"),
    ],
)
def test_what_spans_no_subspace_is_refused(origin: object, basis: object, sentence: str) -> None:
    with pytest.raises(InvalidArgumentError, match=sentence):
        pe.box(0, 1, dimension=2).slice(origin, basis)


def test_projections_have_the_shape_of_the_points() -> None:
    p = pe.box(0, 1, dimension=2)
    assert p.project([[2, 0.5], [Fraction(1, 3), -1]]).tolist() == [[1, 0.5], [1 / 3, 0]]
    assert p.project([0.25, 0.5]).tolist() == [0.25, 0.5]
    with pytest.raises(InvalidArgumentError, match=r"`points` has shape \(3,\)"):
        p.project([1, 2, 3])


def test_exact_and_rounded_answers_have_the_same_names() -> None:
    p = cell(3, 3)
    for name in ("vertices", "rays", "lines", "centroid"):
        exact = [
            [float(x) for x in row] for row in np.atleast_2d(np.array(getattr(p.exact, name)(), dtype=object))
        ]
        assert np.atleast_2d(getattr(p, name)()).tolist() == [row for row in exact if row]
    for name in (
        "volume",
        "affine_dimension",
        "lineality_dimension",
        "is_bounded",
        "is_empty",
        "is_full_dimensional",
    ):
        assert getattr(p, name)() == float(getattr(p.exact, name)())
    assert p.f_vector().tolist() == list(p.exact.f_vector())
    for (low, high), (lower, upper) in zip(
        p.exact.bounding_box(), np.transpose(p.bounding_box()), strict=True
    ):
        assert lower <= low <= high <= upper
    assert repr(p.exact) == f"<ExactPolytope in R^3, {p.n_rows} rows>"


def test_a_region_knows_its_shape() -> None:
    """The regions of a network fill its domain, exactly."""
    net = pe.ReLUNetwork([([[1, 2], [3, -1], [1, 1]], [0.1, 0.2, -0.3]), ([[1, -1, 2]], [0.1]), ([[1]], [0])])
    regions = pe.enumerate_regions(net, pe.box(-1, 1, dimension=2))
    assert sum(region.polytope.exact.volume() for region in regions) == 4
