"""Polytopes in simplices: known counts, exact volumes, and the rules themselves."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations, product
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polytope_engine as pe
from polytope_engine.errors import (
    EmptyDomainError,
    FlatDomainError,
    InvalidArgumentError,
    NumericalError,
    UnboundedError,
)
from polytope_engine.exact import simplices as exact_simplices
from polytope_engine.polytope import triangulation as module
from polytope_engine.polytope.triangulation import delaunay_simplices, unit_sized


def random_polytope(seed: int, most: int = 4) -> pe.HPolytope:
    """A bounded polytope with interior; small integers half of the time, so that it is degenerate."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, most + 1))
    m = int(rng.integers(0, 3 * d))
    if seed % 2:
        return pe.box(-2, 2, dimension=d).intersection(
            pe.HPolytope(rng.integers(-2, 3, (m, d)), rng.integers(1, 5, m))
        )
    return pe.box(-2, 2, dimension=d).intersection(pe.HPolytope(rng.normal(size=(m, d)), rng.random(m) + 0.1))


def hull_2d(points: list[tuple[int, int]]) -> pe.HPolytope:
    """A polygon by its corners in counterclockwise order."""
    rows = []
    for (x, y), (u, v) in zip(points, [*points[1:], points[0]], strict=True):
        rows.append((y - v, u - x, x * v - u * y))
    return pe.HPolytope.from_exact_rows(rows)


SQUARE = pe.box(0, 1, dimension=2)
HEXAGON = hull_2d([(2, 0), (1, 1), (-1, 1), (-2, 0), (-1, -1), (1, -1)])
PRISM = pe.HPolytope([[-1, 0, 0], [0, -1, 0], [1, 1, 0], [0, 0, 1], [0, 0, -1]], [0, 0, 1, 1, 0])
OCTAHEDRON = pe.HPolytope(list(product((1, -1), repeat=3)), [1] * 8)


@pytest.mark.parametrize(
    ("polytope", "n_pulled", "n_delaunay"),
    [
        (pe.box(0, 1, dimension=1), 1, 1),
        (SQUARE, 2, 2),
        (HEXAGON, 4, 4),
        (pe.box(0, 1, dimension=3), 6, 6),
        (pe.box(-1, 1, dimension=4), 24, 22),
        (PRISM, 3, 3),
        (OCTAHEDRON, 4, 4),
        (pe.box(0, 1, dimension=5), 120, None),
    ],
    ids=["interval", "square", "hexagon", "cube", "4-cube", "prism", "octahedron", "5-cube"],
)
def test_numbers_of_simplices_that_are_known(
    polytope: pe.HPolytope, n_pulled: int, n_delaunay: int | None
) -> None:
    assert len(polytope.triangulation()) == n_pulled
    if n_delaunay is not None:
        found = polytope.triangulation("delaunay")
        assert (len(found), found.method) == (n_delaunay, "qhull")


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_the_exact_subdivision_of_a_cube_is_one_cell_and_is_pulled(d: int) -> None:
    points = pe.box(0, 1, dimension=d).exact.polyhedron.points
    assert len(exact_simplices.delaunay_simplices(points)) == factorial(d)


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_simplices_fill_the_polytope_and_meet_in_common_faces(seed: int) -> None:
    p = random_polytope(seed)
    d = p.dimension
    for rule in ("pulling", "delaunay"):
        found = p.exact.triangulation(rule)
        assert sum(found.volumes) == p.exact.volume() > 0
        assert min(found.volumes) > 0
        if found.n_flat:
            continue  # the faces on the two sides of a flat simplex need not be the same
        # a face of d corners belongs to two simplices, or to one and lies in a facet
        masks = p.exact.polyhedron.tight
        for face, n in Counter(f for s in found.simplices for f in combinations(s, d)).items():
            bits = sum(1 << k for k in face)
            assert n == (1 if any(mask & bits == bits for mask in masks) else 2)


def pulled_by_definition(p: pe.HPolytope, vertices: frozenset[int]) -> list[tuple[int, ...]]:
    """The same rule written with sets of vertices and rows, and with ranks from floats."""
    points = p.vertices()

    def dimension(face: frozenset[int]) -> int:
        corners = points[sorted(face)]
        return int(np.linalg.matrix_rank(corners - corners[0], tol=1e-9))

    first = min(vertices)
    if len(vertices) == 1:
        return [(first,)]
    sides = {vertices & frozenset(np.flatnonzero(row).tolist()) for row in p.incidence()}
    facets = [side for side in sides if side and dimension(side) == dimension(vertices) - 1]
    return [
        (first, *simplex) for side in facets if first not in side for simplex in pulled_by_definition(p, side)
    ]


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_pulling_is_what_its_definition_says(seed: int) -> None:
    p = random_polytope(seed)
    whole = frozenset(range(len(p.vertices())))
    assert list(map(tuple, p.triangulation().simplices.tolist())) == sorted(pulled_by_definition(p, whole))


def test_pulling_depends_on_the_vertices_only() -> None:
    p = random_polytope(13)
    rows = [tuple(3 * x for x in row) for row in reversed(p.exact_rows)]
    q = pe.HPolytope.from_exact_rows([*rows, *p.exact_rows[:3]])
    assert p.exact.triangulation() == q.exact.triangulation()


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_no_vertex_lies_inside_the_circumscribed_sphere_of_an_exact_delaunay_simplex(seed: int) -> None:
    p = random_polytope(seed, most=3)
    points = p.exact.polyhedron.points
    vertices = p.exact.vertices()
    simplices = exact_simplices.delaunay_simplices(points)
    assert sum(exact_simplices.simplex_volumes(points, simplices)) == p.exact.volume()
    for simplex in simplices:
        corners = [vertices[k] for k in simplex]
        for k in set(range(len(vertices))) - set(simplex):
            lifted = [[*x, sum(c * c for c in x), 1] for x in (*corners, vertices[k])]
            # minus the power of the last point, times the square of the last factor
            assert determinant(lifted) * determinant([[*x, 1] for x in corners]) <= 0


def determinant(matrix: list[list[Fraction]]) -> Fraction:
    rows, result = [list(map(Fraction, row)) for row in matrix], Fraction(1)
    for k in range(len(rows)):
        pivot = next((i for i in range(k, len(rows)) if rows[i][k]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != k:
            rows[k], rows[pivot], result = rows[pivot], rows[k], -result
        result *= rows[k][k]
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k], strict=True)]
    return result


@settings(max_examples=30)
@given(st.integers(0, 5 * 10**5))
def test_where_no_points_lie_on_a_common_sphere_qhull_and_rationals_agree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 4))
    m = int(rng.integers(d + 2, 10))
    p = pe.HPolytope(
        np.vstack([rng.normal(size=(m, d)), np.eye(d), -np.eye(d)]),
        np.append(rng.random(m) + 0.5, 9 + rng.random(2 * d)),
    )
    found = p.exact.triangulation("delaunay")
    assert found.method == "qhull"
    assert found.simplices == tuple(exact_simplices.delaunay_simplices(p.exact.polyhedron.points))


@pytest.mark.parametrize("failure", ["raises", "leaves a hole"])
def test_what_qhull_gets_wrong_is_found_in_rationals(failure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def bad(points: np.ndarray) -> np.ndarray:
        if failure == "raises":
            raise NumericalError("no")
        return delaunay_simplices(points)[1:]

    monkeypatch.setattr(module, "delaunay_simplices", bad)
    p = pe.HPolytope(PRISM.A, PRISM.b)
    found = p.triangulation("delaunay")
    assert (found.method, len(found), found.n_flat) == ("exact", 3, 0)
    assert p.exact.triangulation("delaunay").simplices == p.exact.triangulation().simplices


def test_flat_simplices_are_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        module, "delaunay_simplices", lambda points: np.array([[0, 1, 3], [0, 1, 1], [0, 2, 3]])
    )
    found = pe.HPolytope(SQUARE.A, SQUARE.b).triangulation("delaunay")
    assert (found.method, len(found), found.n_flat) == ("qhull", 2, 1)


@pytest.mark.parametrize("width", [Fraction(1, 10**8), Fraction(1, 10**30)])
def test_needles_far_away_are_filled_exactly(width: Fraction) -> None:
    """A skew box with sides 1, 1 and `width`, at 10^6 from the origin; the thinner one is flat in floats."""
    edges = [[1, Fraction(1, 3), 0], [0, 1, Fraction(1, 7)], [width, 0, width]]
    inverse_rows = []
    for k in range(3):
        u, v = edges[(k + 1) % 3], edges[(k + 2) % 3]
        normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
        inverse_rows.append(normal)
    det = sum(x * y for x, y in zip(edges[0], inverse_rows[0], strict=True))
    offset = [10**6, -(10**6), 10**6]
    at = [sum(x * y for x, y in zip(normal, offset, strict=True)) for normal in inverse_rows]
    sign = 1 if det > 0 else -1
    A = [[sign * x for x in n] for n in inverse_rows] + [[-sign * x for x in n] for n in inverse_rows]
    b = [sign * t + abs(det) for t in at] + [-sign * t for t in at]
    p = pe.HPolytope(A, b)
    assert p.exact.volume() == abs(det)
    for rule in ("pulling", "delaunay"):
        assert sum(p.exact.triangulation(rule).volumes) == abs(det)
    assert len(p.triangulation()) == 6
    assert p.exact.centroid() == tuple(o + sum(edge[k] for edge in edges) / 2 for k, o in enumerate(offset))


def test_bulk_delaunay_does_not_mind_where_points_lie_and_how_large_they_are() -> None:
    points = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [2.0, 2.0]])
    expected = [[0, 1, 2], [1, 2, 3]]
    for scale, shift in ((1.0, 2.0**20), (2.0**-300, 0.0), (2.0**300, 0.0)):
        assert delaunay_simplices(points * scale + shift).tolist() == expected
    assert delaunay_simplices(np.array([[3.0], [1.0], [2.0]])).tolist() == [[0, 2], [1, 2]]


@pytest.mark.parametrize(
    "points", [[[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], [[0.0, 0.0], [1.0, 0.0]], [[1.0, 1.0]] * 4]
)
def test_points_that_span_too_little_are_an_error_of_its_own(points: list[list[float]]) -> None:
    with pytest.raises(NumericalError, match="Qhull found no Delaunay triangulation of the"):
        delaunay_simplices(np.array(points))


@given(st.integers(-200, 200), st.integers(1, 10**9))
def test_unit_sized_points_are_below_1_and_at_least_a_quarter(exponent: int, size: int) -> None:
    scale = Fraction(2) ** exponent * size
    points = [(7, 3), (7 * scale.denominator + 3 * scale.numerator, 3 * scale.denominator)]
    (zero,), (one,) = unit_sized(points)
    assert zero == 0
    assert 0.25 <= one < 1


def test_what_cannot_be_cut_into_simplices_is_refused() -> None:
    with pytest.raises(
        UnboundedError, match=r"direction \(0, 1\) never leaves it. A triangulation needs a bounded"
    ):
        pe.HPolytope([[1, 0], [-1, 0], [0, -1]], [1, 1, 0]).triangulation()
    with pytest.raises(FlatDomainError, match="its affine dimension is 1 in R\\^2"):
        pe.HPolytope([[1, 0], [-1, 0], [0, 1], [0, -1]], [0, 0, 1, 1]).triangulation()
    with pytest.raises(EmptyDomainError, match="The polytope is empty"):
        pe.HPolytope([[1], [-1]], [0, -1]).triangulation()
    with pytest.raises(
        InvalidArgumentError, match='`rule` is \'placing\'; it must be "pulling" or "delaunay"'
    ):
        SQUARE.triangulation("placing")


def test_floats_are_the_exact_answers_rounded() -> None:
    p = pe.box(0, Fraction(1, 3), dimension=2)
    found = p.triangulation()
    assert found.points.tolist() == [[0, 0], [0, 1 / 3], [1 / 3, 0], [1 / 3, 1 / 3]]
    assert found.volumes.tolist() == [1 / 18, 1 / 18]
    assert repr(found) == "<Triangulation of 4 points in R^2, 2 simplices, pulling>"
