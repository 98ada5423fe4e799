"""Stacked half-spaces: what is accepted, and what is answered exactly."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytope_engine.errors import (
    EmptyDomainError,
    FlatDomainError,
    InvalidArgumentError,
    InvalidDomainError,
)
from polytope_engine.exact import rational
from polytope_engine.exact.rational import row_value
from polytope_engine.polytope.boxes import box
from polytope_engine.polytope.hpolytope import HPolytope

TRIANGLE = HPolytope([[-1, 0], [0, -1], [1, 1]], [0, 0, 1])
QUADRANT = HPolytope([[-1, 0], [0, -1]], [0, 0])
EMPTY = HPolytope([[1.0], [-1.0]], [0.0, -1.0])
FLAT = HPolytope([[1, 0], [-1, 0], [0, 1], [0, -1]], [2, -2, 1, 1])


# -- the door -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("A", "b", "sentence"),
    [
        ([[1.0, float("nan")]], [0.0], r"`A\[0\]\[1\]` is nan"),
        ([[1.0]], [float("inf")], r"`b\[0\]` is inf"),
        ([1.0, 2.0], [0.0], r"`A` has shape \(2,\)"),
        (np.zeros((2, 0)), [0.0, 0.0], r"`A` has shape \(2, 0\)"),
        ([[1.0], [2.0]], [0.0], r"`b` has shape \(1,\); it must have shape \(2,\)"),
        ([[1.0], [2.0]], [[0.0], [0.0]], r"`b` has shape \(2, 1\)"),
        ([[1.0], [2.0, 3.0]], [0.0, 0.0], "`A` is ragged"),
        ([["x"]], [0.0], "`A` holds"),
        ([[1j]], [0.0], "`A` holds complex"),
        ([[True]], [0.0], "`A` holds bool"),
        ([[Fraction(1, 3)]], [float("inf")], r"`b\[0\]` is inf; it must be a finite number"),
        ([[10**400, float("nan")]], [0.0], r"`A\[0\]\[1\]` is nan; it must be a finite number"),
        ([[None]], [0.0], "NoneType"),
    ],
)
def test_what_is_no_stack_of_half_spaces_is_refused_in_one_sentence(A, b, sentence):
    with pytest.raises(InvalidArgumentError, match=sentence):
        HPolytope(A, b)


def test_labels_must_be_as_many_as_rows():
    with pytest.raises(InvalidArgumentError, match="`labels` has 1 entries; it must have 2"):
        HPolytope([[1], [2]], [0, 0], labels=[("domain", 0)])


def test_rows_are_copied_and_read_only():
    A = np.array([[1.0, 0.0]])
    p = HPolytope(A, [1.0])
    A[0, 0] = 7.0
    assert p.A[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        p.A[0, 0] = 2.0


@pytest.mark.parametrize(
    "number", [np.float32(0.5), np.int64(2), 2, Fraction(1, 2), np.longdouble(0.25), np.uint8(3)]
)
def test_every_number_that_float64_holds_is_taken(number):
    assert HPolytope([[number]], [1]).A[0, 0] == float(number)


@pytest.mark.parametrize(
    ("lower", "upper", "dimension", "error", "sentence"),
    [
        (0, 1, None, InvalidDomainError, "pass `dimension`"),
        ([0, 0], [1, 1, 1], None, InvalidDomainError, "`lower` has 2 entries, `upper` has 3 entries"),
        ([0, 0], 1, 3, InvalidDomainError, "`dimension` is 3"),
        (0, 1, 0, InvalidDomainError, "`dimension` is 0; it must be a positive integer"),
        (0, 1, True, InvalidDomainError, "`dimension` is True"),
        (0, 1, 2.0, InvalidDomainError, "`dimension` is 2.0"),
        ([], [], None, InvalidDomainError, "at least one coordinate"),
        ([[0.0]], [[1.0]], None, InvalidDomainError, "`lower` has shape"),
        ([0, float("nan")], 1, None, InvalidDomainError, r"`lower\[1\]` is nan"),
        (0, float("inf"), 2, InvalidDomainError, "`upper` is inf"),
        ([0, 1], [1, 1], None, FlatDomainError, r"flat: `lower\[1\]` and `upper\[1\]` are both 1.0"),
        ([0, 2], [1, 1], None, EmptyDomainError, r"empty: `lower\[1\]` is 2.0 and `upper\[1\]` is 1.0"),
    ],
)
def test_what_is_no_box_is_refused_in_one_sentence(lower, upper, dimension, error, sentence):
    with pytest.raises(error, match=sentence):
        box(lower, upper, dimension)


def test_a_box_knows_its_rows():
    p = box([-1, 0], 2)
    assert p.dimension == 2
    assert p.A.tolist() == [[1, 0], [0, 1], [-1, 0], [0, -1]]
    assert p.b.tolist() == [2, 2, 1, 0]
    assert p.labels == (("domain", 0), ("domain", 1), ("domain", 2), ("domain", 3))
    assert repr(p) == "<HPolytope in R^2, 4 rows>"
    assert repr(HPolytope([[1.0]], [0.0])) == "<HPolytope in R^1, 1 row>"


# -- yes or no ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "empty", "full", "bounded"),
    [
        (TRIANGLE, False, True, True),
        (QUADRANT, False, True, False),
        (EMPTY, True, False, True),
        (FLAT, False, False, True),
        (HPolytope(np.zeros((0, 2)), []), False, True, False),
        (HPolytope([[0, 0]], [0]), False, True, False),
        (HPolytope([[0, 0]], [-1]), True, False, True),
        (HPolytope([[1, 0], [-1, 0]], [1, 1]), False, True, False),
    ],
)
def test_empty_flat_and_bounded_are_told_apart(p, empty, full, bounded):
    assert (p.is_empty(), p.is_full_dimensional(), p.is_bounded()) == (empty, full, bounded)


def test_a_gap_below_the_resolution_of_floats_is_still_a_gap():
    # x + y <= 0.3 and x + y >= 0.1 + 0.2, which is the next float: empty by 2^-54.
    assert HPolytope([[1, 1], [-1, -1]], [0.3, -(0.1 + 0.2)]).is_empty()
    assert not HPolytope([[1, 1], [-1, -1]], [0.1 + 0.2, -0.3]).is_empty()


rows_and_points = st.integers(1, 4).flatmap(
    lambda d: st.tuples(
        st.lists(st.lists(st.integers(-9, 9), min_size=d + 1, max_size=d + 1), min_size=1, max_size=6),
        st.lists(
            st.lists(st.sampled_from([-1e300, -2.0, 0.1, 1 / 3, 1e-320, 7.0]), min_size=d, max_size=d),
            max_size=5,
        ),
    )
)


@given(rows_and_points, st.sampled_from([0.1, 1 / 3, 1e-150, 1e150]))
@settings(deadline=None)
def test_containment_is_decided_as_in_fractions(case, factor):
    rows, points = case
    scaled = np.array(rows, dtype=float) * factor
    p = HPolytope(scaled[:, :-1], scaled[:, -1])
    points = np.array(points).reshape(-1, p.dimension)
    expected = [
        all(
            sum(Fraction(a) * Fraction(x) for a, x in zip(row[:-1], point, strict=True)) <= Fraction(row[-1])
            for row in scaled
        )
        for point in points
    ]
    assert p.contains(points).tolist() == expected


@pytest.mark.parametrize("seed", range(5))
def test_points_that_float_arithmetic_puts_on_a_wall_are_decided_as_in_fractions(seed):
    rng = np.random.default_rng(seed)
    A, points = rng.normal(size=(40, 5)), rng.normal(size=(40, 5))
    for row, point in zip(A, points, strict=True):
        p = HPolytope([row], [float(row @ point)])
        left = sum(Fraction(a) * Fraction(x) for a, x in zip(row, point, strict=True))
        for offset in (np.nextafter(p.b[0], -np.inf), p.b[0], np.nextafter(p.b[0], np.inf)):
            assert HPolytope([row], [offset]).contains(point) == (left <= Fraction(offset))


def test_products_that_underflow_are_decided_as_in_fractions():
    assert not HPolytope([[2e-162] * 3], [5e-324]).contains([1e-162] * 3)


def test_points_on_the_boundary_are_contained():
    p = HPolytope([[0.1, 0.2]], [0.5 * 0.1 + 0.25 * 0.2])
    wall = (Fraction(p.b[0]) - Fraction(0.1) * Fraction(1, 2)) / Fraction(0.2)
    assert p.contains([Fraction(1, 2), wall]) is True
    assert p.contains([Fraction(1, 2), wall + Fraction(1, 10**80)]) is False


@pytest.mark.parametrize(
    "points", [[0.0], [[0.0, 0.0, 0.0]], [float("nan"), 0.0], [[[0.0, 0.0]]], ["a", "b"]]
)
def test_points_of_another_shape_are_refused(points):
    with pytest.raises(InvalidArgumentError, match="`points"):
        TRIANGLE.contains(points)


# -- extents and faces ----------------------------------------------------------------------------


def test_the_bounding_box_is_rounded_outward():
    lower, upper = HPolytope([[3.0], [-3.0]], [1.0, 1.0]).bounding_box()
    assert Fraction(lower[0]) < Fraction(-1, 3)
    assert Fraction(upper[0]) > Fraction(1, 3)
    assert upper[0] == np.nextafter(1 / 3, 1)
    lower, upper = QUADRANT.bounding_box()
    assert lower.tolist() == [0, 0]
    assert upper.tolist() == [np.inf, np.inf]
    with pytest.raises(EmptyDomainError, match="no point satisfies"):
        EMPTY.bounding_box()


def test_facets_name_all_rows_and_labels_on_one_wall():
    p = HPolytope(
        [[1, 0], [2, 0], [0, 1], [-1, 0], [0, -1], [1, 1]],
        [1, 2, 1, 0, 0, 2],
        labels=[("neuron", 0, 4), ("neuron", 1, 2), *(("domain", k) for k in range(4))],
    )
    facets = p.facets()
    assert [facet.rows for facet in facets] == [(0, 1), (2,), (3,), (4,)]
    assert facets[0].labels == (("neuron", 0, 4), ("neuron", 1, 2))
    assert facets[0].normal.tolist() == [1, 0]
    assert facets[0].offset == 1


def test_facet_witnesses_lie_on_their_facet_only():
    for facet in TRIANGLE.facets():
        point = facet.interior_point()
        on = [k for k, row in enumerate(TRIANGLE.exact_rows) if row_value(row, point) == 0]
        assert tuple(on) == facet.rows
        assert row_value(facet.exact_row, point) == 0
        assert facet.normal @ np.array([float(x) for x in point]) == pytest.approx(facet.offset, abs=1e-15)
        assert np.linalg.norm(facet.normal) == pytest.approx(1.0, abs=1e-15)


def test_flat_and_empty_polytopes_have_no_interior_point_and_no_facets():
    with pytest.raises(FlatDomainError, match="flat"):
        FLAT.facets()
    with pytest.raises(EmptyDomainError, match="empty"):
        EMPTY.interior_point()


# -- integer rows ---------------------------------------------------------------------------------


def test_integer_rows_are_kept_exactly_and_rounded_once():
    big = 3**200
    p = HPolytope.from_exact_rows([(big, -1, 5 * big), (-7, 0, 1)], labels=[("neuron", 0, 0), ("domain", 1)])
    assert p.exact_rows[0] == (big, -1, 5 * big)
    assert np.abs(p.A).max(axis=1).min() >= 1
    assert np.abs(p.A).max() < 2
    assert p.b[0] == 5 * -p.A[0, 0]
    assert p.labels[0] == ("neuron", 0, 0)
    assert p.contains([Fraction(-5) + Fraction(1, big), Fraction(1)])
    assert not p.contains([Fraction(-5), Fraction(1)])


def test_the_rows_of_a_box_survive_the_way_through_integers():
    p = box([-0.1, 1], [0.7, 3])
    again = HPolytope.from_exact_rows(p.exact_rows, p.labels)
    assert np.array_equal(p.A, again.A)
    assert np.array_equal(p.b, again.b)


def test_integer_rows_need_a_dimension():
    with pytest.raises(InvalidArgumentError, match="pass `dimension`"):
        HPolytope.from_exact_rows([])
    assert HPolytope.from_exact_rows([], dimension=3).n_rows == 0
    with pytest.raises(InvalidArgumentError, match="d \\+ 1 = 3 entries"):
        HPolytope.from_exact_rows([(1, 2, 3), (1, 2)])


def test_zeros_of_a_row_are_not_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = []
    fraction = rational.fraction
    monkeypatch.setattr(rational, "fraction", lambda value: looked_at.append(value) or fraction(value))
    rows = box(0.0, 0.5, dimension=50).exact_rows
    assert len(looked_at) == 3 * 50  # +-1 in each of 100 rows, and the upper bounds
    assert rows[0] == (-2, *[0] * 49, 1)
    assert rational.integer_row([0.0, -0.0, 0, Fraction(0), 0.5]) == (0, 0, 0, 0, 1)
    with pytest.raises(ValueError, match="NaN"):
        rational.integer_row([0.0, float("nan")])
