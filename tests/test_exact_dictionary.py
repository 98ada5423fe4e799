"""The integer simplex dictionary and the numbers it is made of."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytope_engine.exact.dictionary import Dictionary
from polytope_engine.exact.rational import (
    fraction,
    integer_row,
    nearest_floats,
    row_value,
    significant,
)

SQUARE = [(1, 0, 0), (0, 1, 0), (-1, 0, 1), (0, -1, 1)]


def identity_holds(cell, rows, target):
    """Whether target = value + sum of multipliers times rows, as polynomials in x."""
    total = [Fraction(0)] * (cell.dimension + 1)
    total[-1] = Fraction(int(cell.values[target]), int(cell.determinant))
    for label, factor in cell.multipliers(target).items():
        share = Fraction(int(factor), int(cell.determinant))
        total = [t + share * a for t, a in zip(total, rows[label], strict=True)]
    return total == list(rows[target])


@given(st.permutations(range(4)), st.lists(st.integers(-9, 9), min_size=3, max_size=3))
@settings(deadline=None)
def test_rows_are_combinations_of_the_basis_at_every_vertex(order, target):
    rows = [*SQUARE, tuple(target)]
    cell = Dictionary(rows, 2)
    assert cell.insert_all(order) is None
    cell.drop_free_coordinates()
    assert all(identity_holds(cell, rows, k) for k in range(5))
    assert cell.raise_to_end(4)
    assert identity_holds(cell, rows, 4)
    best = max(row_value(target, (Fraction(x), Fraction(y))) for x in (0, 1) for y in (0, 1))
    assert row_value(target, cell.point()) == best


def test_a_singular_basis_is_refused_and_nothing_moves():
    cell = Dictionary([(1, 1, 0), (2, 2, 3)], 2)
    before = cell.point()
    assert not cell.move_to([0, 1])
    assert cell.point() == before
    assert cell.labels == [-1, -2]


def test_a_row_that_cannot_hold_is_named():
    assert Dictionary([(1, 0), (-1, -2), (1, 5)], 1).insert_all(range(3)) == 1


def test_an_unbounded_climb_ends_in_a_ray():
    cell = Dictionary([(1, 0, 0), (0, 1, 0), (1, 1, -7)], 2)
    cell.insert_all(range(2))
    edge = cell.climb(2)
    assert edge.leaving is None
    assert row_value((1, 1, -7), cell.far_point(edge, 2)) > 0


def test_lines_stay_free():
    cell = Dictionary([(1, 1, 0)], 2)
    cell.insert_all(range(1))
    cell.drop_free_coordinates()
    assert cell.row_labels() == [0]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_an_integer_row_is_a_positive_multiple_of_its_floats(values):
    row = integer_row(values)
    exact = [Fraction(x) for x in values]
    k = next((k for k, x in enumerate(exact) if x), None)
    if k is None:
        assert not any(row)
    else:
        factor = row[k] / exact[k]
        assert factor > 0
        assert [factor * x for x in exact] == list(row)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_no_number_has_no_integer_row(bad):
    with pytest.raises((ValueError, OverflowError)):
        integer_row([1.0, bad])


@given(st.fractions(), st.integers(1, 70))
def test_significant_digits_are_few_and_near(value, bits):
    rounded = significant(value, bits)
    assert abs(rounded - value) * 2**bits <= 2 * abs(value)
    odd = rounded.numerator
    while odd and odd % 2 == 0:
        odd //= 2
    assert abs(odd).bit_length() <= bits + 1
    denominator = rounded.denominator
    assert denominator & (denominator - 1) == 0


def test_nearest_floats_are_correctly_rounded_and_may_overflow():
    assert nearest_floats([Fraction(0.1), -(Fraction(10) ** 400)]) == (0.1, float("-inf"))
    assert fraction(0.1) == Fraction(0.1)
