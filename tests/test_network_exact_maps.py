"""Exact maps and exact signs, against a forward pass written in fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytope_engine.network.dyadic import DyadicMatrix, integers_and_exponent, nearest_float
from polytope_engine.network.relu_network import ReLUNetwork

MIXED = st.one_of(
    st.integers(-3, 3).map(float),
    st.floats(-4, 4, allow_subnormal=False),
    st.sampled_from([1e-300, -1e-300, 5e-324, 1e150, -1e150, 0.1, 1e-17]),
)


@st.composite
def networks(draw: st.DrawFn, entries: st.SearchStrategy[float] = MIXED) -> ReLUNetwork:
    sizes = [draw(st.integers(1, 3)) for _ in range(draw(st.integers(2, 5)))]
    layers = []
    for n, m in pairwise(sizes):
        W = draw(st.lists(st.lists(entries, min_size=n, max_size=n), min_size=m, max_size=m))
        layers.append((W, draw(st.lists(entries, min_size=m, max_size=m))))
    slope = draw(st.sampled_from([0.0, 0.0, 0.1, 1.0, -1.0, 3.0]))
    return ReLUNetwork(layers, slope)


def forward(network: ReLUNetwork, point: list[Fraction]) -> tuple[list[Fraction], list[Fraction]]:
    """All pre-activations and the output, by the definition."""
    h, all_z = list(point), []
    for k, (W, b) in enumerate(network.weights):
        z = [
            sum((Fraction(w) * x for w, x in zip(row, h, strict=True)), Fraction(c))
            for row, c in zip(W.tolist(), b.tolist(), strict=True)
        ]
        if k == network.n_hidden_layers:
            return all_z, z
        all_z += z
        slopes = network.negative_slopes[k].tolist()
        h = [v if v > 0 else Fraction(s) * v for v, s in zip(z, slopes, strict=True)]
    raise AssertionError


def signs(values: list[Fraction]) -> list[int]:
    return [(v > 0) - (v < 0) for v in values]


def value(rows: list[list[object]], unit: Fraction, point: list[Fraction]) -> list[Fraction]:
    scale = unit
    return [
        scale * sum((int(a) * x for a, x in zip(row, [*point, Fraction(1)], strict=True)), Fraction(0))  # type: ignore[call-overload]
        for row in rows
    ]


@given(networks(), st.data())
@settings(deadline=None, max_examples=80)
def test_exact_maps_agree_with_a_forward_pass_in_fractions(network: ReLUNetwork, data: st.DataObject) -> None:
    d = network.input_dim
    point = data.draw(st.lists(st.fractions(-3, 3, max_denominator=7), min_size=d, max_size=d))
    z, output = forward(network, point)
    found = network.exact.signs_at(point)
    assert found.dtype == np.int8
    assert found.tolist() == signs(z)
    for layer, start in enumerate(network.layer_offsets):
        rows, unit = network.exact.pre_activation_rows(layer, found)
        assert value(rows, unit, point) == z[start : start + network.hidden_widths[layer]]
    assert value(*network.exact.output_rows(found), point) == output
    assert value(*network.exact.pre_activation_rows(network.n_hidden_layers, found), point) == output


@given(networks(), st.data())
@settings(deadline=None, max_examples=80)
def test_sign_vector_is_exact_at_float_points_and_ties(network: ReLUNetwork, data: st.DataObject) -> None:
    d = network.input_dim
    coordinate = st.one_of(st.integers(-2, 2).map(float), st.floats(-1e3, 1e3), st.just(1e-308))
    points = data.draw(st.lists(st.lists(coordinate, min_size=d, max_size=d), min_size=1, max_size=4))
    expected = [signs(forward(network, [Fraction(x) for x in point])[0]) for point in points]
    assert network.sign_vector(points).tolist() == expected
    assert network.exact.signs_at_floats(np.array(points)).tolist() == expected
    assert network.sign_vector(points[0]).tolist() == expected[0]
    assert (network.activation_pattern(points) == (np.array(expected).reshape(len(points), -1) > 0)).all()


@given(networks(st.integers(-2, 2).map(float)), st.data())
@settings(deadline=None, max_examples=80)
def test_directional_signs_are_the_signs_a_little_further_on(
    network: ReLUNetwork, data: st.DataObject
) -> None:
    d = network.input_dim
    point = data.draw(st.lists(st.fractions(-2, 2, max_denominator=2), min_size=d, max_size=d))
    direction = data.draw(st.lists(st.fractions(-2, 2, max_denominator=3), min_size=d, max_size=d))
    step = Fraction(1, 10**30)
    further = [x + step * v for x, v in zip(point, direction, strict=True)]
    assert network.exact.directional_signs(point, direction).tolist() == signs(forward(network, further)[0])


@given(networks(), st.data())
@settings(deadline=None, max_examples=50)
def test_affine_map_is_rounded_once_from_the_exact_coefficients(
    network: ReLUNetwork, data: st.DataObject
) -> None:
    d = network.input_dim
    point = data.draw(st.lists(st.integers(-3, 3), min_size=d, max_size=d))
    found = network.exact.signs_at(point)
    rows, scale = network.exact.output_rows(found)
    try:
        expected = [[float(int(k) * scale) for k in row] for row in rows]
    except OverflowError:
        with pytest.raises(OverflowError):
            network.affine_map(found)
        return
    A, c = network.affine_map(found)
    assert A.shape == (network.output_dim, d)
    assert [[*a, k] for a, k in zip(A.tolist(), c.tolist(), strict=True)] == expected


def test_dead_rows_with_slope_zero_drop_out_of_the_next_layer() -> None:
    network = ReLUNetwork([([[1.0], [-1.0]], [0.0, 0.0]), ([[2.0, 7.0]], [1.0]), ([[1.0]], [0.0])])
    rows, unit = network.exact.pre_activation_rows(1, np.array([1, -1, 0], dtype=np.int8))
    assert ([int(k) for k in rows[0]], unit) == ([2, 1], 1)


def test_a_neuron_that_vanishes_identically_has_sign_zero_in_every_direction() -> None:
    network = ReLUNetwork([([[1.0]], [0.0]), ([[1.0]], [0.0]), ([[1.0]], [0.0])])
    assert network.exact.signs_at([-1]).tolist() == [-1, 0]
    assert network.exact.directional_signs([0], [-1]).tolist() == [-1, 0]
    assert network.exact.directional_signs([0], [1]).tolist() == [1, 1]


def test_copies_of_a_neuron_cancel_exactly_where_floats_leave_noise() -> None:
    network = ReLUNetwork([([[0.36]] * 4, [0.29] * 4), ([[7, 5, 6, -18]], [0]), ([[1.0]], [0.0])])
    points = np.linspace(-0.7, 3, 50)[:, None]
    assert (network.sign_vector(points)[:, 4] == 0).all()
    assert (network.pre_activations(points)[:, 4] != 0).any()


def test_floats_decide_nearly_everything_at_random_points() -> None:
    from polytope_engine.network.float_signs import bounded_signs

    rng = np.random.default_rng(0)
    sizes = [4, 32, 32, 32, 1]
    network = ReLUNetwork([(rng.normal(size=(m, n)), rng.normal(size=m)) for n, m in pairwise(sizes)])
    points = rng.normal(size=(500, 4))
    found, proven = bounded_signs(network.weights, network.negative_slopes, points)
    assert proven.mean() > 0.9999
    assert (found == network.exact.signs_at_floats(points)).all()


def test_overflow_in_floats_leaves_the_sign_to_integers() -> None:
    huge = 1.5e308
    network = ReLUNetwork([([[huge, huge, -huge]], [-huge]), ([[1.0]], [-1.0]), ([[1.0]], [0.0])])
    with np.errstate(all="ignore"):
        assert network.sign_vector([[1, 1, 1], [1, 1, 2], [2, 2, 2]]).tolist() == [[0, -1], [-1, -1], [1, 1]]


def test_underflow_in_floats_leaves_the_sign_to_integers() -> None:
    tiny = 2.0**-600
    network = ReLUNetwork([([[tiny]], [0.0]), ([[tiny]], [0.0]), ([[1.0]], [0.0])])
    assert network.sign_vector([[tiny], [-tiny], [0.0]]).tolist() == [[1, 1], [-1, 0], [0, 0]]


def test_a_sum_that_overflows_on_the_way_is_left_to_integers() -> None:
    huge = 1.5e308
    for row in ([huge, huge, -huge, -huge], [-huge, -huge, huge, huge], [huge, huge, huge, -huge]):
        network = ReLUNetwork([([row], [-1.0]), ([[1.0]], [0.0])])
        for point in (np.ones(4), np.array([1.0, 1.0, 1.0, 2.0]), np.array([1.0, 1.0, 3.0, 3.0])):
            expected = signs(forward(network, [Fraction(x) for x in point.tolist()])[0])
            with np.errstate(all="ignore"):
                assert network.sign_vector(point).tolist() == expected


def test_products_that_are_rounded_up_to_the_smallest_float_are_left_to_integers() -> None:
    smallest = 5e-324
    network = ReLUNetwork([([[0.6, 0.6, 0.6]], [-2 * smallest]), ([[1.0]], [0.0])])
    assert network.pre_activations([smallest] * 3)[0] > 0
    assert network.sign_vector([smallest] * 3).tolist() == [-1]


def test_errors_of_earlier_layers_count_in_later_ones() -> None:
    from polytope_engine.network.float_signs import bounded_signs

    n = 20_000
    wide = np.full((1, n), 0.1)
    total = float(ReLUNetwork([(wide, [0.0])])(np.ones(n))[0])
    levels = total + np.spacing(total) * np.arange(-3000, 3000, 8)
    network = ReLUNetwork(
        [(wide, [0.0]), (np.ones((levels.size, 1)), -levels), (np.ones((1, levels.size)), [0])]
    )
    found, proven = bounded_signs(network.weights, network.negative_slopes, np.ones((1, n)))
    exact = [1, *signs([n * Fraction(0.1) - Fraction(level) for level in levels.tolist()])]
    assert (found[0] != exact).any()
    assert (found[0] == exact)[proven[0]].all()


def test_sign_zero_is_treated_like_an_inactive_neuron() -> None:
    network = ReLUNetwork([([[1.0], [1.0]], [0.0, 1.0]), ([[2.0, 4.0]], [0.0]), ([[1.0]], [0.0])], [0.5, 0.0])
    zero, inactive = (network.exact.pre_activation_rows(1, np.array([s, 1], dtype=np.int8)) for s in (0, -1))
    assert zero == inactive
    assert value(*zero, [Fraction(1)]) == [Fraction(9)]


def test_the_cache_of_exact_maps_stays_small_and_right() -> None:
    rng = np.random.default_rng(1)
    hidden = [(rng.normal(size=(12, 2)), rng.normal(size=12)), (rng.normal(size=(2, 12)), np.zeros(2))]
    network = ReLUNetwork([*hidden, ([[1.0, 1.0]], [0.0])])
    maps = network.exact
    patterns = rng.choice(np.array([-1, 1], dtype=np.int8), size=(700, 14))
    first = [maps.output_rows(s) for s in patterns]
    assert len(maps._known) <= 512
    assert maps._n_known_integers == sum(m.shape[0] * m.shape[1] for m in maps._known.values())
    assert [maps.output_rows(s) for s in patterns] == first


def test_changing_returned_rows_does_not_change_later_answers() -> None:
    network = ReLUNetwork([([[1.0]], [0.0]), ([[1.0]], [0.0])])
    empty = np.zeros(0, dtype=np.int8)
    rows, _ = network.exact.pre_activation_rows(0, empty)
    rows[0][0] = 99
    assert int(network.exact.pre_activation_rows(0, empty)[0][0][0]) == 1


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=5))
@settings(deadline=None)
def test_floats_are_exactly_integers_times_a_power_of_two(values: list[float]) -> None:
    integers, exponent = integers_and_exponent(values)
    assert [k * Fraction(2) ** exponent for k in integers] == [Fraction(x) for x in values]
    assert all(k == 0 for k in integers) or any(k % 2 for k in integers)
    assert [nearest_float(k, exponent) for k in integers] == values


def test_dyadic_matrices_multiply_add_and_compare_exactly() -> None:
    a = DyadicMatrix.from_floats([[0.1, 1e-300], [3.0, -2.0]])
    b = DyadicMatrix.from_floats([[1.0], [1e300]])
    product = [[Fraction(0.1) + Fraction(1e-300) * Fraction(1e300)], [3 - 2 * Fraction(1e300)]]
    assert (a @ b).fractions() == product
    total = a + DyadicMatrix.from_floats([[0.2, 0.0], [0.0, 0.0]])
    assert total.fractions()[0][0] == Fraction(0.1) + Fraction(0.2)
    assert not total.equals_floats(total.to_floats())
    assert a.equals_floats(a.to_floats())
    assert DyadicMatrix.diagonal(b).fractions() == [[1, 0], [0, Fraction(1e300)]]
