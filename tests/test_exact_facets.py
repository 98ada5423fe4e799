"""Facets, extents and ranks of cells."""

from __future__ import annotations

from fractions import Fraction
from math import gcd

import cdd.gmp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytope_engine.exact.decisions import (
    facet_point,
    feasible_basis,
    interior_point,
    irredundant_rows,
    is_bounded,
    outer_box,
    rank_columns,
    recession_ray,
)
from polytope_engine.exact.rational import row_value


@st.composite
def cells_with_interior(draw):
    """Rows that are positive at a hidden point, with duplicates, parallels and zero rows."""
    d = draw(st.integers(1, 4))
    size = draw(st.sampled_from([1, 3, 20]))
    normals = draw(
        st.lists(st.lists(st.integers(-size, size), min_size=d, max_size=d), min_size=1, max_size=12)
    )
    hidden = draw(st.lists(st.integers(-3, 3), min_size=d, max_size=d))
    rows = []
    for normal in normals:
        slack = draw(st.integers(1, 4))
        rows.append([*normal, slack - sum(a * x for a, x in zip(normal, hidden, strict=True))])
    for _ in range(draw(st.integers(0, 3))):
        source = draw(st.sampled_from(rows))
        factor = draw(st.integers(1, 3))
        rows.append(
            [*(factor * a for a in source[:-1]), factor * source[-1] + draw(st.sampled_from([0, 0, 1]))]
        )
    return rows, d


def primitive(row):
    divisor = gcd(*row)
    return tuple(a // divisor for a in row)


def cdd_facets(rows):
    """Return the primitive rows that cddlib keeps after removing redundancy, exactly."""
    table = [[Fraction(row[-1]), *map(Fraction, row[:-1])] for row in rows]
    matrix = cdd.gmp.matrix_from_array(table, rep_type=cdd.RepType.INEQUALITY)
    cdd.gmp.matrix_canonicalize(matrix)
    kept = []
    for entries in matrix.array:
        scale = 1
        for entry in entries:
            scale = scale * entry.denominator // gcd(scale, entry.denominator)
        integers = [int(entry * scale) for entry in entries]
        kept.append(primitive([*integers[1:], integers[0]]))
    return sorted(kept)


@given(cells_with_interior())
@settings(deadline=None, max_examples=250)
def test_facets_agree_with_cddlib_in_rational_arithmetic(case):
    rows, d = case
    groups = irredundant_rows(rows, d)
    assert sorted(primitive(rows[group[0]]) for group in groups) == cdd_facets(rows)


@given(cells_with_interior())
@settings(deadline=None, max_examples=150)
def test_each_facet_has_a_witness_and_no_other_row_has_one(case):
    rows, d = case
    groups = irredundant_rows(rows, d)
    grouped = {row for group in groups for row in group}
    for group in groups:
        assert len({primitive(rows[row]) for row in group}) == 1
        witness = facet_point(rows, group[0], d)
        for k, row in enumerate(rows):
            assert (row_value(row, witness) == 0) == (k in group)
            assert row_value(row, witness) >= 0
    for k in set(range(len(rows))) - grouped:
        assert facet_point(rows, k, d) is None


@given(cells_with_interior())
@settings(deadline=None, max_examples=100)
def test_the_box_and_the_recession_ray_tell_the_same_about_boundedness(case):
    rows, d = case
    bounds = outer_box(rows, d)
    ray = recession_ray(rows, d)
    assert (ray is None) == all(bound is not None for pair in bounds for bound in pair)
    assert is_bounded(rows, d) == (ray is None)
    if ray is not None:
        assert any(ray)
        assert all(sum(a * v for a, v in zip(row, ray, strict=False)) >= 0 for row in rows)


@given(cells_with_interior())
@settings(deadline=None, max_examples=100)
def test_the_outer_box_is_tight(case):
    rows, d = case
    for k, (low, high) in enumerate(outer_box(rows, d)):
        for bound, sign in ((low, 1), (high, -1)):
            if bound is None:
                continue
            scale = bound.denominator
            beyond = [-sign * scale * int(i == k) for i in range(d)] + [sign * bound.numerator]
            assert interior_point([*rows, beyond], d).point is None
            wider = [a * 1000 for a in beyond]
            wider[-1] += 1
            assert interior_point([*rows, wider], d).point is not None


@given(cells_with_interior())
@settings(deadline=None, max_examples=100)
def test_a_feasible_basis_is_independent_and_as_large_as_the_rank(case):
    rows, d = case
    basis = feasible_basis(rows, d)
    normals = [row[:d] for row in rows]
    rank = rank_columns(normals)[0]
    assert len(basis) == rank
    assert rank == 0 or rank_columns([normals[k] for k in basis])[0] == rank


def test_rows_that_only_touch_a_corner_are_no_facets():
    square = [(1, 0, 0), (0, 1, 0), (-1, 0, 1), (0, -1, 1)]
    assert irredundant_rows([(1, 1, 0), *square, (2, 0, 0)], 2) == [[1, 5], [2], [3], [4]]


def test_a_zero_row_is_no_facet():
    assert irredundant_rows([(0, 0, 3), (1, 0, 1)], 2) == [[1]]


def test_the_cell_of_no_rows_has_no_facets():
    assert irredundant_rows([], 2) == []


def test_a_flat_cell_has_no_facets_to_name():
    with pytest.raises(ValueError, match="strictly inside"):
        irredundant_rows([(1, 0), (-1, 0)], 1)


def test_three_hundred_tangent_planes_of_a_sphere_like_body_are_all_facets():
    # Tangent lines of a circle at rational points: ((1 - t^2), 2 t) / (1 + t^2).
    rows = [(-(400 - t * t), -2 * 20 * t, 400 + t * t) for t in range(-150, 150)]
    assert len(irredundant_rows(rows, 2)) == 300


def test_a_wall_with_its_opposite_has_no_witness():
    assert facet_point([(1, 2, 0), (-2, -4, 0), (0, 1, 1)], 0, 2) is None
    assert facet_point([(0, 0, 1), (1, 0, 0)], 0, 2) is None


def test_an_empty_cell_has_neither_box_nor_basis():
    empty = [(1, 0), (-1, -1)]
    assert outer_box(empty, 1) is None
    assert feasible_basis(empty, 1) is None


def test_a_strip_contains_a_line():
    ray = recession_ray([(1, 2, 0), (-1, -2, 5)], 2)
    assert ray in {(2, -1), (-2, 1)}


def test_rank_names_the_first_independent_rows_and_columns():
    assert rank_columns([[0, 0, 0], [0, 2, 4], [0, 1, 2], [0, 3, 1]]) == (2, (1, 3), (1, 2))
    assert rank_columns([]) == (0, (), ())


@pytest.mark.parametrize("point", [(Fraction(2), Fraction(0)), (Fraction(1), Fraction(1, 2))])
def test_facets_are_not_looked_for_from_a_point_that_is_not_inside(point: tuple[Fraction, ...]) -> None:
    square = [(1, 0, 0), (0, 1, 0), (-1, 0, 1), (0, -1, 1)]
    with pytest.raises(ValueError, match="`interior` lies outside a row or on it"):
        irredundant_rows(square, 2, point)
