"""A fully connected network with ReLU or leaky ReLU neurons, taken as the rational map it is."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError, InvalidNetworkError
from polytope_engine.network.arrays import FloatArray, as_points, frozen
from polytope_engine.network.exact_maps import ExactMaps, Signs
from polytope_engine.network.float_form import FloatForm, float_form, scaled_back
from polytope_engine.network.float_signs import bounded_signs
from polytope_engine.network.rationals import (
    ExactArray,
    Fractions,
    as_exact_points,
    as_fractions,
    exact_numbers,
    is_float_array,
    nearest_floats,
    number_text,
)


class ReLUNetwork:
    """A fully connected network: affine layers with (leaky) ReLU between them.

    Hidden layer l computes ``z = W h + b`` and passes on ``h_i = z_i`` where ``z_i > 0`` and
    ``slope_i * z_i`` elsewhere. The last layer is affine. The network is the rational numbers that
    are passed, a float being the dyadic rational that it stands for; nothing is rounded.

    Parameters
    ----------
    layers : sequence of (W, b)
        Weights of shape (n_out, n_in) and biases of shape (n_out,), input side first. The last
        pair is the linear output layer; without any other pair the network is affine. An output
        layer with no rows is allowed, for regions do not depend on it. Entries are floats, integers
        of any size, Fractions, or a mixture of them.
    negative_slope : number or sequence, optional
        0 for ReLU (the default), any finite number for leaky ReLU. A sequence has one entry a
        hidden layer, each a number or an array with one number a neuron.
    denominators : int or sequence of int, optional
        What the weights and biases of each layer are divided by, exactly: for integer arrays with a
        common denominator. One positive integer for all layers, or one for each.
    rounded_layers : sequence of str, optional
        Names of layers whose weights a reader had to round; kept as an attribute.

    Attributes
    ----------
    input_dim, output_dim : int
        Numbers of inputs and outputs.
    hidden_widths : tuple of int
        Number of neurons of each hidden layer.
    n_neurons, n_hidden_layers : int
        Numbers of hidden neurons and of hidden layers.
    weights : tuple of (W, b)
        Read-only float64 arrays: the numbers themselves or, if `is_rational`, the nearest floats
        (infinite beyond their range).
    negative_slopes : tuple of ndarray, each of shape (n_l,)
        One read-only array a hidden layer; nearest floats, too.
    is_rational : bool
        Whether some weight, bias or slope is no float64. `exact_weights` and `exact_slopes` are the
        network then, and everything exact reads those.
    float_form : FloatForm
        The floats that computations in floating point use, with the rounding that they had to do.
        For a network of floats, `weights` and `negative_slopes`.
    layer_offsets : tuple of int
        Position in the sign vector where each hidden layer starts.
    rounded_layers : tuple of str
        Layers that are not exactly those of the file or module the network was read from, because
        composing two layers, or a batch normalization, gives numbers that are no float64. Each
        entry was rounded once, to the nearest float64. Empty where the network is exactly what
        was read. The regions found are always those of `weights`.

    Raises
    ------
    InvalidNetworkError
        If layers do not fit, hold anything but finite rational numbers, or hold numbers so large,
        small or far apart that no scaling of the neurons brings them into the range of floats.

    Examples
    --------
    >>> net = ReLUNetwork([([[1], [1]], [0, -0.5]), ([[2, -4]], [0])])
    >>> net
    <ReLUNetwork 1-2-1, 2 neurons>
    >>> net([[0.25], [0.5], [0.75]])
    array([[0.5],
           [1. ],
           [0.5]])
    >>> net.sign_vector([0.5])
    array([1, 0], dtype=int8)

    Thirds that are thirds:

    >>> third = Fraction(1, 3)
    >>> net = ReLUNetwork([([[third], [1]], [0, -third]), ([[1, 2]], [0])])
    >>> net.is_rational, net.sign_vector([third])
    (True, array([1, 0], dtype=int8))
    >>> same = ReLUNetwork([([[1], [3]], [0, -1]), ([[3, 6]], [0])], denominators=3)
    >>> same.digest == net.digest
    True
    """

    def __init__(
        self,
        layers: Sequence[tuple[Any, Any]],
        negative_slope: Any = 0.0,
        *,
        denominators: int | Sequence[int] | None = None,
        rounded_layers: Sequence[str] = (),
    ) -> None:
        self._layers = _checked_layers(layers, denominators)
        self.weights = tuple((_as_floats(W), _as_floats(b)) for W, b in self._layers)
        self.input_dim = int(self.weights[0][0].shape[1])
        self.output_dim = int(self.weights[-1][0].shape[0])
        self.hidden_widths = tuple(int(W.shape[0]) for W, _ in self.weights[:-1])
        self.n_hidden_layers = len(self.hidden_widths)
        self.n_neurons = sum(self.hidden_widths)
        self.layer_offsets = tuple(sum(self.hidden_widths[:k]) for k in range(self.n_hidden_layers))
        self._slopes = _checked_slopes(negative_slope, self.hidden_widths)
        self.negative_slopes = tuple(_as_floats(slope) for slope in self._slopes)
        self.rounded_layers = tuple(rounded_layers)
        arrays = [array for pair in self._layers for array in pair]
        self.is_rational = not all(is_float_array(array) for array in (*arrays, *self._slopes))
        self.float_form: FloatForm = float_form(self._layers, self._slopes)

    # -- readers and writers ----------------------------------------------------------------

    @classmethod
    def from_torch(cls, module: Any) -> ReLUNetwork:
        """The network that a `torch.nn.Module` computes in evaluation mode.

        See `polytope_engine.network.torch_reader.read_module` for what is understood. The result
        is compared with the module's own forward pass before it is returned.

        Examples
        --------
        >>> import torch
        >>> module = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
        >>> ReLUNetwork.from_torch(module)
        <ReLUNetwork 2-8-1, 8 neurons>
        """
        from polytope_engine.network.torch_reader import read_module

        return read_module(module)

    @classmethod
    def from_state_dict(cls, state_dict: Mapping[str, Any], activation: Any = None) -> ReLUNetwork:
        """The network with the weights of a state dict and the activation that the caller names.

        See `polytope_engine.network.state_dict.read_state_dict`.

        Examples
        --------
        >>> import numpy as np
        >>> state_dict = {"0.weight": np.ones((3, 2)), "0.bias": np.zeros(3), "2.weight": np.ones((1, 3))}
        >>> ReLUNetwork.from_state_dict(state_dict, activation="relu")
        <ReLUNetwork 2-3-1, 3 neurons>
        """
        from polytope_engine.network.state_dict import read_state_dict

        return read_state_dict(state_dict, activation)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the weights to an `.npz` file that `load_network` reads.

        Raises
        ------
        InvalidArgumentError
            If the file name does not end in `.npz`.
        """
        from polytope_engine.network.npz import write_npz

        write_npz(self, path)

    # -- values in floating point -----------------------------------------------------------

    def __call__(self, x: Any) -> FloatArray:
        """The output at points, in floating point.

        Parameters
        ----------
        x : array_like, shape (n_points, d) or (d,)

        Returns
        -------
        ndarray, shape (n_points, n_out) or (n_out,)
        """
        points, is_single = as_points(x, self.input_dim)
        h, _ = self._forward(points)
        W, b = self.float_form.weights[-1]
        y: FloatArray = h @ W.T + b
        return y[0] if is_single else y

    def pre_activations(self, x: Any) -> FloatArray:
        """The pre-activation of every hidden neuron, in floating point.

        Parameters
        ----------
        x : array_like, shape (n_points, d) or (d,)

        Returns
        -------
        ndarray, shape (n_points, N) or (N,)
        """
        points, is_single = as_points(x, self.input_dim)
        _, z = self._forward(points)
        z = scaled_back(z, self.float_form.scales)
        return z[0] if is_single else z

    def _forward(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        h = points
        parts = [np.empty((points.shape[0], 0))]
        for (W, b), slope in zip(self.float_form.weights[:-1], self.float_form.slopes, strict=True):
            z = h @ W.T + b
            parts.append(z)
            h = np.where(z > 0, z, slope * z)
        return h, np.concatenate(parts, axis=1)

    # -- exact values -----------------------------------------------------------------------

    @cached_property
    def exact(self) -> ExactMaps:
        """The network's affine maps in exact arithmetic."""
        return ExactMaps(self._layers, self._slopes)

    @property
    def exact_weights(self) -> tuple[tuple[Fractions, Fractions], ...]:
        """Weights and biases as arrays of Fractions, made anew each time.

        Examples
        --------
        >>> net = ReLUNetwork([([[1]], [0.5]), ([[1]], [2])], denominators=[3, 1])
        >>> net.exact_weights[0]
        (array([[Fraction(1, 3)]], dtype=object), array([Fraction(1, 6)], dtype=object))
        """
        return tuple((as_fractions(W), as_fractions(b)) for W, b in self._layers)

    @property
    def exact_slopes(self) -> tuple[Fractions, ...]:
        """The slopes of each hidden layer as an array of Fractions, made anew each time."""
        return tuple(as_fractions(slope) for slope in self._slopes)

    def sign_vector(self, x: Any) -> Signs:
        """The exact sign of every hidden neuron at points.

        Floats decide where a rigorous error bound allows it, integers decide the rest.

        Parameters
        ----------
        x : array_like of float or Fraction, shape (n_points, d) or (d,)
            Points, taken as the rational numbers that they are.

        Returns
        -------
        ndarray of int8, shape (n_points, N) or (N,)
            -1, 0 or +1.

        Examples
        --------
        In floats 10 * 0.1 - 1 is zero, but the number that 0.1 stands for is more than 1/10:

        >>> ReLUNetwork([([[10.0]], [-1.0]), ([[1.0]], [0.0])]).sign_vector([0.1])
        array([1], dtype=int8)
        """
        points, is_single = as_exact_points(x, self.input_dim)
        if not is_float_array(points):
            signs = np.array([self.exact.signs_at(point) for point in points], dtype=np.int8)
            return signs[0] if is_single else signs
        form = self.float_form
        signs, proven = bounded_signs(form.weights, form.slopes, points, form.rounding)
        is_open = ~proven.all(axis=1)
        if is_open.any():
            signs[is_open] = self.exact.signs_at_floats(points[is_open])
        return signs[0] if is_single else signs

    def activation_pattern(self, x: Any) -> NDArray[np.bool_]:
        """Which hidden neurons are active (z > 0) at points, decided exactly.

        Parameters
        ----------
        x : array_like of float or Fraction, shape (n_points, d) or (d,)

        Returns
        -------
        ndarray of bool, shape (n_points, N) or (N,)
        """
        pattern: NDArray[np.bool_] = self.sign_vector(x) > 0
        return pattern

    def affine_map(self, sign_vector: Any) -> tuple[FloatArray, FloatArray]:
        """The network's output on a cell, ``y = A x + c``.

        Parameters
        ----------
        sign_vector : array_like of -1, 0, +1, shape (N,)
            The signs of the hidden neurons on the cell; 0 counts as not active.

        Returns
        -------
        A : ndarray, shape (n_out, d)
        c : ndarray, shape (n_out,)
            The exact coefficients, each rounded once to the nearest float64.

        Raises
        ------
        InvalidArgumentError
            If `sign_vector` has another shape or other entries.
        OverflowError
            If a coefficient is beyond the largest float64.

        Examples
        --------
        >>> net = ReLUNetwork([([[1], [1]], [0, -0.5]), ([[2, -4]], [0])])
        >>> net.affine_map([1, 1])
        (array([[-2.]]), array([2.]))
        """
        rows, unit = self.exact.output_rows(self._checked_signs(sign_vector))
        numerator, denominator = unit.numerator, unit.denominator
        table = [[int(k) * numerator / denominator for k in row] for row in rows]
        both = np.array(table, dtype=np.float64).reshape(self.output_dim, self.input_dim + 1)
        return both[:, :-1].copy(), both[:, -1].copy()

    def _checked_signs(self, sign_vector: Any) -> Signs:
        signs = np.asarray(sign_vector)
        if signs.shape != (self.n_neurons,):
            raise InvalidArgumentError(
                f"`sign_vector` has shape {signs.shape}, but must be ({self.n_neurons},), "
                f"one sign for each hidden neuron.",
                shape=signs.shape,
            )
        if signs.size and (signs.dtype.kind not in "if" or not np.isin(signs, (-1, 0, 1)).all()):
            raise InvalidArgumentError("`sign_vector` must hold only -1, 0 and +1.")
        return signs.astype(np.int8)

    # -- identity ---------------------------------------------------------------------------

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the shapes and exact numbers of weights and slopes, as 64 hexadecimal digits."""
        state = hashlib.sha256()
        arrays = [array for pair in self._layers for array in pair]
        for array in (*arrays, *self._slopes):
            state.update(repr(array.shape).encode())
            if is_float_array(array):
                state.update(array.astype("<f8").tobytes())
            else:
                state.update(b"rational " + " ".join(map(number_text, array.ravel())).encode())
        return state.hexdigest()

    def __repr__(self) -> str:
        shape = "-".join(str(n) for n in (self.input_dim, *self.hidden_widths, self.output_dim))
        is_leaky = any(slope.any() for slope in self.negative_slopes)
        count = f"{self.n_neurons} neuron" + ("" if self.n_neurons == 1 else "s")
        return f"<ReLUNetwork {shape}, {count}{', leaky' if is_leaky else ''}>"

    def __reduce__(self) -> tuple[Any, ...]:
        layers = [tuple(map(_packed, pair)) for pair in self._layers]
        return _rebuilt, (layers, [_packed(slope) for slope in self._slopes], self.rounded_layers)


def _packed(array: ExactArray) -> Any:
    """An array that pickles whatever its size: Fractions go through text, which Python limits."""
    if is_float_array(array):
        return array
    return array.shape, [number.as_integer_ratio() for number in array.ravel()]


def _unpacked(packed: Any) -> ExactArray:
    if isinstance(packed, np.ndarray):
        return packed
    shape, ratios = packed
    array = np.empty(len(ratios), dtype=object)
    array[:] = [Fraction(numerator, denominator) for numerator, denominator in ratios]
    return array.reshape(shape)


def _rebuilt(layers: Any, slopes: Any, rounded_layers: Any) -> ReLUNetwork:
    pairs = [(_unpacked(W), _unpacked(b)) for W, b in layers]
    return ReLUNetwork(pairs, [_unpacked(slope) for slope in slopes], rounded_layers=rounded_layers)


def _as_floats(array: ExactArray) -> FloatArray:
    """The array itself if it is one of floats, else the nearest ones."""
    return array if is_float_array(array) else frozen(nearest_floats(array))


def _checked_layers(
    layers: Any, denominators: int | Sequence[int] | None
) -> tuple[tuple[ExactArray, ExactArray], ...]:
    try:
        pairs = [tuple(pair) for pair in layers]
    except TypeError as failure:
        raise InvalidNetworkError(
            "`layers` must be a sequence of pairs (W, b), the last one the output layer."
        ) from failure
    if not pairs:
        raise InvalidNetworkError("`layers` is empty; pass at least the output layer (W, b).")
    divisors = _checked_denominators(denominators, len(pairs))
    result: list[tuple[ExactArray, ExactArray]] = []
    for k, pair in enumerate(pairs):
        if len(pair) != 2:
            raise InvalidNetworkError(f"Layer {k} has {len(pair)} parts, but must be a pair (W, b).", layer=k)
        W = exact_numbers(pair[0], f"The weight matrix of layer {k}", denominator=divisors[k])
        b = exact_numbers(pair[1], f"The bias of layer {k}", denominator=divisors[k])
        _check_shapes(k, W, b, is_output=k == len(pairs) - 1)
        if result and result[-1][0].shape[0] != W.shape[1]:
            raise misfit(f"Layer {k}", W.shape[1], f"layer {k - 1}", result[-1][0].shape[0])
        result.append((frozen(W), frozen(b)))
    return tuple(result)


def _checked_denominators(denominators: Any, n_layers: int) -> list[int]:
    if denominators is None:
        return [1] * n_layers
    is_sequence = isinstance(denominators, Sequence | np.ndarray) and np.ndim(denominators) == 1
    entries = list(denominators) if is_sequence else [denominators] * n_layers
    if len(entries) != n_layers:
        raise InvalidNetworkError(
            f"`denominators` has {len(entries)} entries, but there are {n_layers} layers, the output layer "
            f"included; pass one positive integer, or one for each layer.",
            n_entries=len(entries),
            n_layers=n_layers,
        )
    for entry in entries:
        if isinstance(entry, bool) or not isinstance(entry, int | np.integer) or entry < 1:
            raise InvalidNetworkError(
                f"`denominators` holds {entry!r}, but must be a positive integer, or one for each layer."
            )
    return [int(entry) for entry in entries]


def _check_shapes(k: int, W: ExactArray, b: ExactArray, *, is_output: bool) -> None:
    if W.ndim != 2:
        raise InvalidNetworkError(
            f"The weight matrix of layer {k} has shape {W.shape}, but must be (n_out, n_in).",
            layer=k,
            shape=W.shape,
        )
    if b.shape != (W.shape[0],):
        raise InvalidNetworkError(
            f"The bias of layer {k} has shape {b.shape}, but must be ({W.shape[0]},), "
            f"one entry for each row of its weight matrix.",
            layer=k,
            shape=b.shape,
        )
    if W.shape[1] == 0:
        raise InvalidNetworkError(f"Layer {k} has no inputs; it must have at least one.", layer=k)
    if W.shape[0] == 0 and not is_output:
        raise InvalidNetworkError(
            f"Hidden layer {k} has no neurons, so the output is constant; every hidden layer must have at least one.",
            layer=k,
        )


def misfit(name: str, n_inputs: int, previous: str, n_outputs: int) -> InvalidNetworkError:
    """The error for two layers that do not fit."""
    return InvalidNetworkError(
        f"{name} expects {n_inputs} input{'s' if n_inputs != 1 else ''}, "
        f"but {previous} has {n_outputs} output{'s' if n_outputs != 1 else ''}.",
        n_inputs=n_inputs,
        n_outputs=n_outputs,
    )


def _checked_slopes(negative_slope: Any, widths: tuple[int, ...]) -> tuple[ExactArray, ...]:
    if np.ndim(negative_slope) == 0 if not isinstance(negative_slope, list | tuple) else False:
        entries: list[Any] = [negative_slope] * len(widths)
    else:
        entries = list(negative_slope)
    if len(entries) != len(widths):
        raise InvalidNetworkError(
            f"`negative_slope` has {len(entries)} entries, but there are {len(widths)} hidden layers; "
            f"pass one number, or one entry for each hidden layer.",
            n_entries=len(entries),
            n_hidden_layers=len(widths),
        )
    result = []
    for k, (entry, width) in enumerate(zip(entries, widths, strict=True)):
        slope = exact_numbers(entry, f"`negative_slope` of layer {k}")
        if slope.shape not in ((), (width,)):
            raise InvalidNetworkError(
                f"`negative_slope` of layer {k} has shape {slope.shape}, but must be a number or "
                f"({width},), one entry for each neuron.",
                layer=k,
                shape=slope.shape,
            )
        result.append(frozen(np.broadcast_to(slope, (width,)).copy()))
    return tuple(result)
