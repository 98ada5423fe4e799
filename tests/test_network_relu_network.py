"""What a network accepts, refuses, and says about itself."""

from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from polytope_engine.errors import InvalidArgumentError, InvalidNetworkError
from polytope_engine.network.relu_network import ReLUNetwork

TENT: list[tuple[Any, Any]] = [([[1.0], [1.0]], [0.0, -0.5]), ([[2.0, -4.0]], [0.0])]


def test_a_network_knows_its_shape() -> None:
    network = ReLUNetwork(
        [(np.ones((3, 2)), np.zeros(3)), (np.ones((4, 3)), np.zeros(4)), (np.ones((1, 4)), [0])]
    )
    assert (network.input_dim, network.hidden_widths, network.output_dim) == (2, (3, 4), 1)
    assert (network.n_neurons, network.n_hidden_layers, network.layer_offsets) == (7, 2, (0, 3))
    assert repr(network) == "<ReLUNetwork 2-3-4-1, 7 neurons>"
    assert repr(ReLUNetwork(TENT, 0.1)) == "<ReLUNetwork 1-2-1, 2 neurons, leaky>"
    assert network.rounded_layers == ()


def test_forward_pass_uses_slopes_per_layer_and_per_neuron() -> None:
    layers = [([[1.0], [1.0]], [0.0, 0.0]), ([[1.0, 10.0]], [0.0]), ([[1.0]], [0.0])]
    network = ReLUNetwork(layers, [[0.5, 0.25], 2.0])
    assert network(np.array([-1.0])).tolist() == [2 * (-0.5 - 2.5)]
    assert network.pre_activations([-1.0]).tolist() == [-1.0, -1.0, -3.0]
    assert network.pre_activations([[-1.0], [1.0]]).shape == (2, 3)
    A, c = network.affine_map([-1, -1, -1])
    assert (A.tolist(), c.tolist()) == ([[6.0]], [0.0])
    assert network([[1.0], [2.0]]).tolist() == [[11.0], [22.0]]


def test_weights_are_read_only_copies() -> None:
    W = np.asfortranarray(np.arange(6.0).reshape(3, 2))
    network = ReLUNetwork([(W, np.zeros(3)), (np.ones((1, 3)), np.zeros(1))])
    W[0, 0] = 99
    stored = network.weights[0][0]
    assert stored[0, 0] == 0
    assert stored.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        stored[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        network.negative_slopes[0][0] = 1


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, np.uint64, np.int64, ">f8"])
def test_every_dtype_that_float64_holds_is_taken_exactly(dtype: Any) -> None:
    W = np.array([[1, 3], [5, 7]], dtype=dtype)[:, ::-1]
    network = ReLUNetwork([(W, np.zeros(2, dtype=dtype)), (np.ones((1, 2), dtype=dtype), [0])])
    assert network.weights[0][0].tolist() == [[3, 1], [7, 5]]


def test_float32_weights_and_points_keep_their_exact_value() -> None:
    tenth = np.float32(0.1)
    network = ReLUNetwork([(np.array([[tenth]]), np.zeros(1)), ([[1.0]], [0.0])])
    assert Fraction(network.weights[0][0].item()) == Fraction(float(tenth))
    wall = ReLUNetwork([([[1.0]], [-float(tenth)]), ([[1.0]], [0.0])])
    assert wall.sign_vector(np.array([tenth])).tolist() == [0]
    assert wall.sign_vector([0.1]).tolist() == [-1]


def test_a_network_without_hidden_layers_is_affine() -> None:
    network = ReLUNetwork([([[1.0, 2.0]], [3.0])])
    assert (network.n_neurons, network.layer_offsets, network.hidden_widths) == (0, (), ())
    assert network.sign_vector([[0, 0], [1, 1]]).shape == (2, 0)
    assert network.affine_map([])[0].tolist() == [[1.0, 2.0]]
    assert network.exact.signs_at([1, 2]).shape == (0,)
    assert network.exact.directional_signs([1, 2], [1, 0]).shape == (0,)


def test_an_output_layer_without_rows_is_allowed() -> None:
    network = ReLUNetwork([([[1.0, 0.0]], [0.0]), (np.zeros((0, 1)), np.zeros(0))])
    assert network.output_dim == 0
    assert network([1.0, 2.0]).shape == (0,)
    assert network.affine_map([1])[0].shape == (0, 2)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "`layers` is empty"),
        (5, "`layers` must be a sequence of pairs"),
        ([([[1.0]],)], "Layer 0 has 1 parts, but must be a pair"),
        ([([1.0], [0.0])], r"weight matrix of layer 0 has shape \(1,\), but must be \(n_out, n_in\)"),
        ([([[1.0]], [0.0, 0.0])], r"bias of layer 0 has shape \(2,\), but must be \(1,\)"),
        ([([[1.0]], [[0.0]])], r"bias of layer 0 has shape \(1, 1\)"),
        ([(np.ones((2, 0)), np.zeros(2))], "Layer 0 has no inputs"),
        ([(np.ones((0, 2)), np.zeros(0)), (np.ones((1, 0)), [0])], "Hidden layer 0 has no neurons"),
        (
            [(np.ones((12, 2)), np.zeros(12)), (np.ones((1, 16)), [0])],
            "^Layer 1 expects 16 inputs, but layer 0 has 12 outputs.$",
        ),
        ([([[1.0], [np.nan]], [0.0, 0.0])], r"weight matrix of layer 0 is NaN at position \(1, 0\)"),
        ([([[1.0]], [-np.inf])], "bias of layer 0 is infinite at position 0"),
        ([([[Fraction(1, 3), None]], [0])], r"dtype object and holds a NoneType at position \(0, 1\)"),
        ([([[Fraction(1, 3), True]], [0])], r"dtype object and holds a bool at position \(0, 1\)"),
        ([([[Fraction(1, 3), np.nan]], [0])], r"weight matrix of layer 0 is NaN at position \(0, 1\)"),
        ([([[Fraction(1, 3)]], [-np.inf])], "bias of layer 0 is infinite at position 0"),
        ([([[1j]], [0])], "dtype complex128"),
        ([([[True]], [0])], "dtype bool"),
        ([([["a"]], [0])], "dtype <U1"),
        ([([[1.0], [1.0, 2.0]], [0])], "cannot be read as an array of numbers"),
        ([(np.ma.masked_array([[1.0]], mask=[[True]]), [0])], "is a masked array"),
        ([(np.ones((1, 1), dtype=np.longdouble), [0])], "at most 64 bits"),
        ([([[1.0]], None)], "bias of layer 0 has dtype object"),
    ],
)
def test_layers_that_make_no_network_are_refused(layers: Any, message: str) -> None:
    with pytest.raises(InvalidNetworkError, match=message):
        ReLUNetwork(layers)


@pytest.mark.parametrize(
    ("slope", "message"),
    [
        ([0.1, 0.2], "has 2 entries, but there are 1 hidden layers"),
        ([[0.1, 0.2, 0.3]], r"of layer 0 has shape \(3,\), but must be a number or \(2,\)"),
        (np.nan, "`negative_slope` of layer 0 is NaN"),
        (np.inf, "`negative_slope` of layer 0 is infinite"),
        ("steep", "dtype"),
        (None, "dtype object"),
    ],
)
def test_slopes_that_do_not_fit_are_refused(slope: Any, message: str) -> None:
    with pytest.raises(InvalidNetworkError, match=message):
        ReLUNetwork(TENT, slope)


@pytest.mark.parametrize("slope", [0.3, np.float32(0.25), [0.3], [[0.1, 0.2]], np.array([0.3]), -1.0, 1.0])
def test_slopes_are_a_number_or_one_entry_a_layer(slope: Any) -> None:
    assert ReLUNetwork(TENT, slope).negative_slopes[0].shape == (2,)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([1.0, 2.0], r"`x` has shape \(2,\), but must be \(1,\) for one point or \(n_points, 1\)"),
        ([[[1.0]]], r"`x` has shape \(1, 1, 1\)"),
        (1.0, r"`x` has shape \(\)"),
        ([np.nan], "`x` is NaN at position 0"),
        ([[0.0], [np.inf]], r"`x` is infinite at position \(1, 0\)"),
        (["0"], "`x` has dtype"),
    ],
)
@pytest.mark.parametrize("method", ["__call__", "sign_vector", "activation_pattern", "pre_activations"])
def test_points_that_are_no_points_are_refused(method: str, x: Any, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        getattr(ReLUNetwork(TENT), method)(x)


@pytest.mark.parametrize("method", ["__call__", "pre_activations"])
def test_values_in_floats_are_not_asked_at_points_that_are_none(method: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"`x` holds integers beyond 2\*\*53"):
        getattr(ReLUNetwork(TENT), method)([2**60 + 1])


def test_no_points_give_no_signs() -> None:
    assert ReLUNetwork(TENT).sign_vector(np.zeros((0, 1))).shape == (0, 2)
    assert ReLUNetwork(TENT)(np.zeros((0, 1))).shape == (0, 1)


@pytest.mark.parametrize(
    ("signs", "message"),
    [
        ([1], r"shape \(1,\), but must be \(2,\)"),
        ([1, 2], "only -1, 0"),
        ([True, False], "only"),
        ([0.5, 1], "only"),
    ],
)
def test_sign_vectors_that_are_none_are_refused(signs: Any, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        ReLUNetwork(TENT).affine_map(signs)


def test_digest_tells_weights_slopes_and_shapes_apart() -> None:
    network = ReLUNetwork(TENT)
    assert len(network.digest) == 64
    assert network.digest == ReLUNetwork([(np.float32(W), b) for W, b in TENT]).digest
    assert ReLUNetwork([([[-0.0]], [0.0])]).digest == ReLUNetwork([([[0.0]], [-0.0])]).digest
    others = [
        ReLUNetwork(TENT, 0.1),
        ReLUNetwork([TENT[0], ([[2.0, -4.0]], [1.0])]),
        ReLUNetwork([(np.ones((1, 3)), np.ones(1))]),
        ReLUNetwork([(np.ones((2, 1)), np.ones(2))]),
    ]
    assert len({network.digest, *(n.digest for n in others)}) == 5


def test_a_network_survives_pickling_with_its_exact_maps_in_use() -> None:
    network = ReLUNetwork(TENT, [[0.1, 0.2]], rounded_layers=["a + b"])
    network.sign_vector([0.5])
    copy = pickle.loads(pickle.dumps(network))
    assert (copy.digest, copy.rounded_layers) == (network.digest, ("a + b",))
    assert not copy.weights[0][0].flags.writeable
