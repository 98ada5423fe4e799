"""Signs of functions on cells: every answer is checked by its own reason, in plain fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytope_engine.exact.decisions import CUT, EMPTY, NEGATIVE, POSITIVE, ZERO, interior_point, sign_on_cell

TRIANGLE = [(1, 0, 0), (0, 1, 0), (-1, -1, 1)]
SQUARE = [(1, 0, 1), (-1, 0, 1), (0, 1, 1), (0, -1, 1)]


def value(row, point):
    return sum((Fraction(int(a)) * x for a, x in zip(row[:-1], point, strict=True)), Fraction(int(row[-1])))


def combination(rows, multipliers, constant):
    total = [Fraction(0)] * len(rows[0])
    total[-1] = constant
    for row, factor in multipliers.items():
        assert factor > 0
        total = [t + factor * int(a) for t, a in zip(total, rows[row], strict=True)]
    return total


def solve(matrix, right):
    """Solve a square system in fractions; None if it is singular."""
    rows = [
        [Fraction(int(a)) for a in row] + [Fraction(int(b))] for row, b in zip(matrix, right, strict=True)
    ]
    n = len(rows)
    for column in range(n):
        pivot = next((r for r in range(column, n) if rows[r][column]), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [a / rows[column][column] for a in rows[column]]
        for r in range(n):
            if r != column and rows[r][column]:
                rows[r] = [a - rows[r][column] * b for a, b in zip(rows[r], rows[column], strict=True)]
    return [row[n] for row in rows]


def closed_vertices(rows):
    d = len(rows[0]) - 1
    for chosen in combinations(rows, d):
        point = solve([row[:d] for row in chosen], [-row[d] for row in chosen])
        if point is not None and all(value(row, point) >= 0 for row in rows):
            yield point


def check_reason(rows, target, answer):
    """Verify an answer from what it carries."""
    d = len(target) - 1
    if answer.verdict in (POSITIVE, NEGATIVE):
        assert answer.constant >= 0
        total = combination([*rows, target], answer.multipliers, answer.constant)
        assert total == [answer.verdict * int(a) for a in target]
        assert any(total)
    elif answer.verdict == ZERO:
        assert not any(target)
    elif answer.verdict == EMPTY:
        assert answer.constant >= 0
        assert answer.multipliers
        assert not any(combination(rows, answer.multipliers, answer.constant))
    else:
        opposite = [-a for a in target]
        above = interior_point([*rows, target], d).point
        below = interior_point([*rows, opposite], d).point
        assert all(value(row, above) > 0 and value(row, below) > 0 for row in rows)
        assert value(target, above) > 0 > value(target, below)
        stacked = [*rows, target]
        assert answer.basis[-1] == len(rows)
        tight = [stacked[label] for label in answer.basis]
        corner = solve([row[:d] for row in tight], [-row[d] for row in tight])
        assert corner is not None
        assert all(value(row, corner) >= 0 for row in rows)
        assert value(target, corner) == 0


@st.composite
def cells(draw, *, boxed=False, max_dimension=4):
    """Integer rows with planted duplicates, opposites, parallels and zero rows; of full rank."""
    d = draw(st.integers(1, max_dimension))
    size = draw(st.sampled_from([1, 3, 40]))
    row = st.lists(st.integers(-size, size), min_size=d + 1, max_size=d + 1)
    rows = draw(st.lists(row, max_size=7))
    for _ in range(draw(st.integers(0, 3)) if rows else 0):
        source = draw(st.sampled_from(rows))
        factor = draw(st.sampled_from([-1, 1, 2]))
        planted = [factor * a for a in source]
        planted[-1] += draw(st.sampled_from([0, 0, 1]))
        rows.insert(draw(st.integers(0, len(rows))), planted)
    units = [[int(i == k) for i in range(d)] for k in range(d)]
    rows += [[*unit, 3] for unit in units]
    if boxed:
        rows += [[*(-a for a in unit), 3] for unit in units]
    target = draw(row)
    return rows, target, draw(st.lists(st.integers(0, len(rows) - 1), min_size=d, max_size=d))


@given(cells())
@settings(deadline=None, max_examples=300)
def test_every_answer_is_proven_by_what_it_carries(cell):
    rows, target, _ = cell
    check_reason(rows, target, sign_on_cell(rows, target))


@given(cells())
@settings(deadline=None, max_examples=200)
def test_a_hint_may_be_anything_and_the_answer_stays_proven(cell):
    rows, target, hint = cell
    answer = sign_on_cell(rows, target, hint)
    check_reason(rows, target, answer)
    if interior_point(rows, len(target) - 1).point is not None:
        assert answer.verdict == sign_on_cell(rows, target).verdict


@given(cells(boxed=True, max_dimension=3))
@settings(deadline=None, max_examples=150)
def test_the_sign_agrees_with_all_vertices_of_the_cell(cell):
    rows, target, _ = cell
    values = [value(target, point) for point in closed_vertices(rows)]
    answer = sign_on_cell(rows, target)
    if interior_point(rows, len(target) - 1).point is None:
        assert answer.verdict != CUT
        return
    if not any(target):
        assert answer.verdict == ZERO
    elif min(values) >= 0:
        assert answer.verdict == POSITIVE
    elif max(values) <= 0:
        assert answer.verdict == NEGATIVE
    else:
        assert answer.verdict == CUT


@given(cells())
@settings(deadline=None, max_examples=100)
def test_the_opposite_function_has_the_opposite_sign(cell):
    rows, target, _ = cell
    if interior_point(rows, len(target) - 1).point is not None:
        verdict = sign_on_cell(rows, target).verdict
        opposite = sign_on_cell(rows, [-a for a in target]).verdict
        assert opposite == (CUT if verdict == CUT else -verdict)


def test_a_function_that_only_touches_the_cell_has_one_sign():
    assert sign_on_cell(TRIANGLE, (1, 1, 0)).verdict == POSITIVE
    assert sign_on_cell(TRIANGLE, (1, 0, -1)).verdict == NEGATIVE


def test_the_zero_function_has_sign_zero_and_constants_their_own():
    assert sign_on_cell(TRIANGLE, (0, 0, 0)).verdict == ZERO
    assert sign_on_cell(TRIANGLE, (0, 0, 4)).verdict == POSITIVE
    answer = sign_on_cell(TRIANGLE, (0, 0, -4))
    assert (answer.verdict, answer.constant, answer.multipliers) == (NEGATIVE, 4, {})


def test_a_flat_cell_is_empty_even_where_a_function_would_cut_it():
    flat = [*SQUARE, (1, 1, 0), (-1, -1, 0)]
    answer = sign_on_cell(flat, (1, -1, 0))
    assert answer.verdict == EMPTY
    check_reason(flat, (1, -1, 0), answer)


def test_an_empty_closed_cell_is_empty():
    empty = [*SQUARE, (1, 1, -3)]
    answer = sign_on_cell(empty, (1, -1, 0))
    assert answer.verdict == EMPTY
    check_reason(empty, (1, -1, 0), answer)


def test_a_cut_in_an_unbounded_cell_has_a_common_vertex():
    quadrant = [(1, 0, 0), (0, 1, 0)]
    answer = sign_on_cell(quadrant, (1, -1, 5))
    assert answer.verdict == CUT
    check_reason(quadrant, (1, -1, 5), answer)


def test_a_cut_through_a_degenerate_vertex_only_is_a_cut():
    pyramid = [(0, 0, 1, 0), (1, 0, -1, 1), (-1, 0, -1, 1), (0, 1, -1, 1), (0, -1, -1, 1)]
    answer = sign_on_cell(pyramid, (1, 2, 0, 0))
    assert answer.verdict == CUT
    check_reason(pyramid, (1, 2, 0, 0), answer)


def test_a_known_interior_point_saves_no_truth():
    flat = [*SQUARE, (1, 0, 0), (-1, 0, 0)]
    assert sign_on_cell(flat, (0, 1, 0), interior=(Fraction(0), Fraction(0))).verdict == EMPTY
    assert sign_on_cell(SQUARE, (0, 1, 0), interior=(Fraction(0), Fraction(0))).verdict == CUT


def test_a_gap_of_one_part_in_ten_to_the_thirty_is_seen():
    big = 10**30
    thin = [(1, 3, 0), (-big, -3 * big, 1), (1, -1, 1), (-1, 1, 1)]
    assert sign_on_cell(thin, (2 * big, 6 * big, -1)).verdict == CUT
    assert sign_on_cell(thin, (big, 3 * big, -1)).verdict == NEGATIVE


def test_a_reason_with_one_number_changed_is_refused():
    answer = sign_on_cell(TRIANGLE, (1, 1, 1))
    total = combination(TRIANGLE, {**answer.multipliers, 0: Fraction(2)}, answer.constant)
    assert total != [1, 1, 1]


@pytest.mark.parametrize("dimension", [2, 5, 8])
def test_a_decision_on_a_cube_takes_few_pivots(dimension):
    units = [[int(i == k) for i in range(dimension)] for k in range(dimension)]
    cube = [[*u, 1] for u in units] + [[*(-a for a in u), 1] for u in units]
    far = [1] * dimension + [dimension + 1]
    through = [1] * dimension + [0]
    assert sign_on_cell(cube, far).n_pivots <= 2 * dimension
    assert sign_on_cell(cube, through).n_pivots <= 2 * dimension


def test_bland_by_label_ends_on_the_most_degenerate_cell():
    # Every pair (i, j) of coordinates gives x_i >= x_j's half-spaces through the origin, repeated.
    d = 5
    rows = [[int(k == i) - int(k == j) for k in range(d)] + [0] for i in range(d) for j in range(i)]
    rows += [[int(k == i) for k in range(d)] + [0] for i in range(d)]
    rows += rows[:6]
    target = [1, -2, 3, -4, 5, 0]
    answer = sign_on_cell(rows, target)
    check_reason(rows, target, answer)
    assert answer.n_pivots <= 60
