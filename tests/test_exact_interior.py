"""Interior points: strictly inside, or a proof that there are none."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytope_engine.exact.centering import analytic_step
from polytope_engine.exact.decisions import interior_point, strictly_inside
from polytope_engine.exact.rational import integer_row, row_value


@st.composite
def any_rows(draw):
    """Integer rows of any rank, with duplicates, opposites and zero rows."""
    d = draw(st.integers(0, 4))
    size = draw(st.sampled_from([1, 2, 9, 10**12]))
    row = st.lists(st.integers(-size, size), min_size=d + 1, max_size=d + 1)
    rows = draw(st.lists(row, max_size=9))
    for _ in range(draw(st.integers(0, 2)) if rows else 0):
        source = draw(st.sampled_from(rows))
        planted = [draw(st.sampled_from([-1, 1, 3])) * a for a in source]
        planted[-1] += draw(st.sampled_from([0, 1]))
        rows.insert(draw(st.integers(0, len(rows))), planted)
    return rows, d


@given(any_rows())
@settings(deadline=None, max_examples=300)
def test_a_point_is_strictly_inside_or_multipliers_show_the_shortest_empty_prefix(case):
    rows, d = case
    found = interior_point(rows, d)
    if found.point is not None:
        assert all(row_value(row, found.point) > 0 for row in rows)
        assert strictly_inside(rows, found.point)
        assert found.empty_prefix is None
        assert found.multipliers is None
        return
    assert found.multipliers
    assert all(factor > 0 and row < found.empty_prefix for row, factor in found.multipliers.items())
    total = [sum(f * rows[row][k] for row, f in found.multipliers.items()) for k in range(d + 1)]
    assert not any(total[:d])
    assert total[d] <= 0
    assert interior_point(rows[: found.empty_prefix - 1], d).point is not None


@given(st.integers(-(10**6), 10**6), st.integers(-50, 50), st.sampled_from([1, 2, 3]))
@settings(deadline=None, max_examples=100)
def test_a_strip_of_width_ten_to_the_minus_thirty_has_a_point(offset, slope, d):
    row = [1, slope, -3, 7][:d] + [offset]
    upper = [-(10**30) * a for a in row]
    upper[-1] += 1
    found = interior_point([row, upper], d)
    assert found.point is not None
    assert strictly_inside([row, upper], found.point)


def test_a_cell_that_holds_no_float_still_has_a_rational_point():
    # W = [[1], [3]], b = [-1, -3.0000000000000004]: x > 1 and 3 x < 3.0000000000000004.
    rows = [integer_row([1, -1]), integer_row([-3, 3.0000000000000004])]
    point = interior_point(rows, 1).point
    assert strictly_inside(rows, point)
    assert Fraction(float(point[0])) != point[0]


def test_the_point_is_a_float_wherever_rounding_stays_inside():
    rows = [integer_row([1, 0.1, -1]), integer_row([-1, 0.3, 1.0001]), (0, 1, 0), (0, -1, 1)]
    point = interior_point(rows, 2).point
    assert all(Fraction(float(x)) == x for x in point)


def test_the_point_keeps_its_distance_from_the_walls_of_a_cube():
    d = 6
    units = [[int(i == k) for i in range(d)] for k in range(d)]
    cube = [[*u, 0] for u in units] + [[*(-a for a in u), 1] for u in units]
    assert min(row_value(row, interior_point(cube, d).point) for row in cube) >= Fraction(1, 4)


def test_a_cell_that_contains_lines_has_a_point():
    found = interior_point([(1, 1, 0, -5)], 3)
    assert row_value((1, 1, 0, -5), found.point) > 0


def test_without_rows_the_origin_will_do():
    assert interior_point([], 3).point == (0, 0, 0)


def test_without_variables_only_constants_decide():
    assert interior_point([(3,), (1,)], 0).point == ()
    assert interior_point([(3,), (0,)], 0).multipliers == {1: 1}


@pytest.mark.parametrize("constant", [0, -7])
def test_a_constant_row_that_is_not_positive_empties_the_cell(constant):
    found = interior_point([(1, 0, 0), (0, 0, constant), (1, 1, 1)], 2)
    assert (found.empty_prefix, found.multipliers) == (2, {1: 1})


def test_work_stays_small_where_every_row_moves_the_point():
    # Intervals x > k that push the point again and again.
    rows = [(1, -(3**k)) for k in range(40)]
    found = interior_point(rows, 1)
    assert found.point is not None
    assert found.n_pivots <= 80


def test_a_proposal_that_leaves_the_cell_is_not_taken(monkeypatch):
    monkeypatch.setattr("polytope_engine.exact.interior.analytic_step", lambda rows, d: [1e300] * d)
    square = [(1, 0, 0), (0, 1, 0), (-1, 0, 1), (0, -1, 1)]
    assert interior_point(square, 2).point == (Fraction(1, 2), Fraction(1, 2))


def test_strictly_inside_counts_walls_as_outside():
    assert not strictly_inside([(1, 0)], [0.0])
    assert strictly_inside([], [0.0])


def test_rows_whose_sum_overflows_propose_no_step() -> None:
    assert analytic_step([[1e308], [1e308]], 1) == [0.0]
    assert analytic_step([[float("inf"), 1.0], [-float("inf"), 1.0]], 2) == [0.0, 0.0]
