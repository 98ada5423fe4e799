"""Generators and facets of closed polyhedra of every kind: against cddlib, linear programs and Euler's relation."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polytope_engine as pe
from polytope_engine.errors import MissingDependencyError
from polytope_engine.exact.face_lattice import f_vector
from polytope_engine.exact.polyhedron import Polyhedron, polyhedron
from polytope_engine.exact.redundancy import irredundant_rows

Rows = list[tuple[int, ...]]


def random_rows(seed: int) -> tuple[Rows, int]:
    """Small integers, so that much is degenerate; with duplicate, opposite, parallel and implied rows planted."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 5))
    m = int(rng.integers(0, 11))
    size = int(rng.integers(1, 3))
    rows = np.column_stack([rng.integers(-size, size + 1, (m, d)), rng.integers(-1, 4, m)]).tolist()
    for row in rows[: int(rng.integers(0, 3))]:
        kind = int(rng.integers(0, 4))
        planted = [3 * x for x in row]
        if kind == 1:
            planted = [-x for x in row]
        elif kind == 2:
            planted = [*row[:-1], row[-1] + 1]
        elif kind == 3:
            planted = [x + y for x, y in zip(row, rows[-1], strict=True)]
        rows.insert(int(rng.integers(0, len(rows) + 1)), planted)
    return [tuple(row) for row in rows], d


def alternating(p: Polyhedron) -> int:
    return sum((-1) ** k * n for k, n in enumerate(f_vector(p)))


@settings(max_examples=200)
@given(st.integers(0, 10**6))
def test_the_answer_is_that_of_cddlib(seed: int) -> None:
    pytest.importorskip("cdd")
    rows, d = random_rows(seed)
    assert polyhedron(rows, d) == polyhedron(rows, d, engine="cdd")


@settings(max_examples=100)
@given(st.integers(0, 10**6))
def test_emptiness_dimension_and_facets_are_those_that_linear_programs_decide(seed: int) -> None:
    rows, d = random_rows(seed)
    p = polyhedron(rows, d)
    domain = pe.HPolytope.from_exact_rows(rows, dimension=d)
    assert (p.dimension < 0) == domain.is_empty()
    assert p.is_full_dimensional == domain.is_full_dimensional()
    assert p.is_bounded == domain.is_bounded()
    if p.is_full_dimensional:
        assert [list(facet) for facet in p.facets] == irredundant_rows(rows, d)


@settings(max_examples=100)
@given(st.integers(0, 10**6))
def test_generators_satisfy_the_rows_and_are_tight_where_it_is_said(seed: int) -> None:
    rows, d = random_rows(seed)
    p = polyhedron(rows, d)
    generators = [*p.points, *((*ray, 0) for ray in p.rays)]
    values = [[sum(a * x for a, x in zip(row, g, strict=True)) for g in generators] for row in rows]
    assert all(value >= 0 for row in values for value in row)
    assert all(not sum(a * x for a, x in zip(row, line, strict=False)) for row in rows for line in p.lines)
    for group, mask in zip(p.facets, p.tight, strict=True):
        for row in group:
            assert [not value for value in values[row]] == [
                bool(mask >> k & 1) for k in range(len(generators))
            ]
    if p.points:
        assert p.equalities == tuple(k for k, row in enumerate(values) if not any(row) and any(rows[k][:-1]))


@settings(max_examples=100)
@given(st.integers(0, 10**6))
def test_numbers_of_faces_alternate_to_what_euler_says(seed: int) -> None:
    """1 if it is bounded (modulo lines, which shift the signs), else 0: a pointed polyhedron is a cone at infinity."""
    rows, d = random_rows(seed)
    p = polyhedron(rows, d)
    if p.dimension >= 0:
        assert alternating(p) == (0 if p.rays else (-1) ** len(p.lines))
        assert len(f_vector(p)) == p.dimension + 1
        assert f_vector(p)[0] == (p.n_vertices if p.dimension else 1 - len(p.lines))
        if p.dimension > len(p.lines):
            assert f_vector(p)[-2] == len(p.facets)


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_neither_order_nor_scale_nor_repetition_of_rows_matters(seed: int) -> None:
    rows, d = random_rows(seed)
    rng = np.random.default_rng(seed)
    other = [tuple(2 * x for x in rows[k]) for k in rng.permutation(len(rows))] + rows[:2]
    p, q = polyhedron(rows, d), polyhedron(other, d)
    assert (p.points, p.rays, p.lines, sorted(p.tight)) == (q.points, q.rays, q.lines, sorted(q.tight))


def cube(d: int) -> Polyhedron:
    return polyhedron(pe.box(0, 1, dimension=d).exact_rows, d)


@pytest.mark.parametrize("d", [1, 2, 3, 4, 6])
def test_a_cube_has_its_faces(d: int) -> None:
    assert f_vector(cube(d)) == tuple(2 ** (d - k) * comb(d, k) for k in range(d + 1))
    assert cube(d).points == tuple((*corner, 1) for corner in product((0, 1), repeat=d))


@pytest.mark.parametrize("d", [2, 3, 4])
def test_a_cross_polytope_has_its_faces(d: int) -> None:
    rows = [(*signs, 1) for signs in product((1, -1), repeat=d)]
    assert f_vector(polyhedron(rows, d)) == (*(2 ** (k + 1) * comb(d, k + 1) for k in range(d)), 1)


@pytest.mark.parametrize(
    ("rows", "d", "dimension", "counts", "f"),
    [
        ([], 2, 2, (1, 0, 2), (0, 0, 1)),
        ([(1, 0, 0)], 2, 2, (1, 1, 1), (0, 1, 1)),
        ([(1, 0), (-1, 0)], 1, 0, (1, 0, 0), (1,)),
        ([(1, 0, 0), (-1, 0, 0)], 2, 1, (1, 0, 1), (0, 1)),
        ([(0, 0, 5), (0, 0, 0)], 2, 2, (1, 0, 2), (0, 0, 1)),
        ([(0, 0, -1)], 2, -1, (0, 0, 0), ()),
        ([(1, 0, 0), (-1, 0, -1)], 2, -1, (0, 0, 0), ()),
        ([(1, 0, 0), (0, 1, 0), (-1, -1, 0)], 2, 0, (1, 0, 0), (1,)),
        ([(1, 0, 0), (0, 1, 0), (1, 1, 0)], 2, 2, (1, 2, 0), (1, 2, 1)),
        ([(1, 0, 0, 0), (0, 1, 0, 0), (-1, -1, 0, 1)], 3, 3, (3, 0, 1), (0, 3, 3, 1)),
    ],
    ids=[
        "everything", "half-plane", "point", "line", "constant rows", "no", "disjoint", "cone that is a point", "wedge",
        "prism without ends",
    ],
)  # fmt: skip
@pytest.mark.parametrize("engine", ["own", "cdd"])
def test_degenerate_polyhedra(
    rows: Rows, d: int, dimension: int, counts: tuple[int, int, int], f: tuple[int, ...], engine: str
) -> None:
    if engine == "cdd":
        pytest.importorskip("cdd")
    p = polyhedron(rows, d, engine=engine)
    assert p.dimension == dimension
    assert (len(p.points), len(p.rays), len(p.lines)) == counts
    assert f_vector(p) == f
    assert p.n_vertices == (f[0] if f else 0)


def test_of_a_flat_square_the_facets_are_its_sides() -> None:
    """In the plane x + y + z = 1 of R^3, with a row that cuts the plane along a side, and one that only touches."""
    rows = [(1, 1, 1, -1), (-1, -1, -1, 1), (1, 0, 0, 0), (-1, 0, 0, 1), (0, 1, 0, 0), (0, -1, 0, 1)]
    p = polyhedron([*rows, (2, 1, 1, -1), (1, 1, 0, 0)], 3)
    assert p.dimension == 2
    assert p.equalities == (0, 1)
    assert p.facets == ((2, 6), (3,), (4,), (5,))
    assert f_vector(p) == (4, 4, 1)


def test_rows_that_meet_in_a_vertex_of_a_degenerate_pyramid_give_one_vertex() -> None:
    """A pyramid over an octagon: eight sides at the apex."""
    sides = [(2, 1), (1, 2), (-1, 2), (-2, 1), (-2, -1), (-1, -2), (1, -2), (2, -1)]
    p = polyhedron([(-a, -b, -3, 3) for a, b in sides] + [(0, 0, 1, 0)], 3)
    assert f_vector(p) == (9, 16, 9, 1)
    assert sorted(mask.bit_count() for mask in p.tight) == [3] * 8 + [8]


def test_large_numbers_are_no_matter() -> None:
    big = 10**60
    p = polyhedron([(big, 1, 0), (-big, 1, 0), (0, -1, big + 1)], 2)
    assert p.points == ((-(big + 1), big * (big + 1), big), (0, 0, 1), (big + 1, big * (big + 1), big))


def test_an_engine_of_another_name_is_refused() -> None:
    with pytest.raises(ValueError, match="`engine` is 'ppl'; it must be 'own', 'cdd' or None"):
        polyhedron([], 1, engine="ppl")


def test_cddlib_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cdd", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "polytope_engine\[cdd\]"'):
        polyhedron([(1, 0)], 1, engine="cdd")
