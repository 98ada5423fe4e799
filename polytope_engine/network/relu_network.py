"""A fully connected network with ReLU or leaky ReLU neurons, taken as the rational map it is."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError, InvalidNetworkError
from polytope_engine.network.arrays import FloatArray, as_points, exact_float64, frozen
from polytope_engine.network.dyadic import nearest_float
from polytope_engine.network.exact_maps import ExactMaps, Signs
from polytope_engine.network.float_signs import bounded_signs


class ReLUNetwork:
    """A fully connected network: affine layers with (leaky) ReLU between them.

    Hidden layer l computes ``z = W h + b`` and passes on ``h_i = z_i`` where ``z_i > 0`` and
    ``slope_i * z_i`` elsewhere. The last layer is affine. The weights are the rational numbers
    that the floats are; nothing is rounded.

    Parameters
    ----------
    layers : sequence of (W, b)
        Weights of shape (n_out, n_in) and biases of shape (n_out,), input side first. The last
        pair is the linear output layer; without any other pair the network is affine. An output
        layer with no rows is allowed, for regions do not depend on it.
    negative_slope : float or sequence, optional
        0 for ReLU (the default), any finite number for leaky ReLU. A sequence has one entry a
        hidden layer, each a number or an array with one number a neuron.
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
        Read-only float64 arrays.
    negative_slopes : tuple of ndarray, each of shape (n_l,)
        One read-only array a hidden layer.
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
        If layers do not fit, or hold anything but finite numbers that float64 represents.

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
    """

    def __init__(
        self,
        layers: Sequence[tuple[Any, Any]],
        negative_slope: Any = 0.0,
        *,
        rounded_layers: Sequence[str] = (),
    ) -> None:
        self.weights = _checked_layers(layers)
        self.input_dim = int(self.weights[0][0].shape[1])
        self.output_dim = int(self.weights[-1][0].shape[0])
        self.hidden_widths = tuple(int(W.shape[0]) for W, _ in self.weights[:-1])
        self.n_hidden_layers = len(self.hidden_widths)
        self.n_neurons = sum(self.hidden_widths)
        self.layer_offsets = tuple(sum(self.hidden_widths[:k]) for k in range(self.n_hidden_layers))
        self.negative_slopes = _checked_slopes(negative_slope, self.hidden_widths)
        self.rounded_layers = tuple(rounded_layers)

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
        W, b = self.weights[-1]
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
        return z[0] if is_single else z

    def _forward(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        h = points
        parts = [np.empty((points.shape[0], 0))]
        for (W, b), slope in zip(self.weights[:-1], self.negative_slopes, strict=True):
            z = h @ W.T + b
            parts.append(z)
            h = np.where(z > 0, z, slope * z)
        return h, np.concatenate(parts, axis=1)

    # -- exact values -----------------------------------------------------------------------

    @cached_property
    def exact(self) -> ExactMaps:
        """The network's affine maps in exact arithmetic."""
        return ExactMaps(self.weights, self.negative_slopes)

    def sign_vector(self, x: Any) -> Signs:
        """The exact sign of every hidden neuron at float points.

        Floats decide where a rigorous error bound allows it, integers decide the rest.

        Parameters
        ----------
        x : array_like, shape (n_points, d) or (d,)
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
        points, is_single = as_points(x, self.input_dim)
        signs, proven = bounded_signs(self.weights, self.negative_slopes, points)
        is_open = ~proven.all(axis=1)
        if is_open.any():
            signs[is_open] = self.exact.signs_at_floats(points[is_open])
        return signs[0] if is_single else signs

    def activation_pattern(self, x: Any) -> NDArray[np.bool_]:
        """Which hidden neurons are active (z > 0) at float points, decided exactly.

        Parameters
        ----------
        x : array_like, shape (n_points, d) or (d,)

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
        rows, exponent = self.exact.output_rows(self._checked_signs(sign_vector))
        table = [[nearest_float(int(k), exponent) for k in row] for row in rows]
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
        """SHA-256 of the shapes and bytes of weights and slopes, as 64 hexadecimal digits."""
        state = hashlib.sha256()
        arrays = [array for pair in self.weights for array in pair]
        for array in (*arrays, *self.negative_slopes):
            state.update(repr(array.shape).encode())
            state.update(array.astype("<f8").tobytes())
        return state.hexdigest()

    def __repr__(self) -> str:
        shape = "-".join(str(n) for n in (self.input_dim, *self.hidden_widths, self.output_dim))
        is_leaky = any(slope.any() for slope in self.negative_slopes)
        count = f"{self.n_neurons} neuron" + ("" if self.n_neurons == 1 else "s")
        return f"<ReLUNetwork {shape}, {count}{', leaky' if is_leaky else ''}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.weights, self.negative_slopes, self.rounded_layers)


def _rebuilt(weights: Any, slopes: Any, rounded_layers: Any) -> ReLUNetwork:
    return ReLUNetwork(weights, slopes, rounded_layers=rounded_layers)


def _checked_layers(layers: Any) -> tuple[tuple[FloatArray, FloatArray], ...]:
    try:
        pairs = [tuple(pair) for pair in layers]
    except TypeError as failure:
        raise InvalidNetworkError(
            "`layers` must be a sequence of pairs (W, b), the last one the output layer."
        ) from failure
    if not pairs:
        raise InvalidNetworkError("`layers` is empty; pass at least the output layer (W, b).")
    result: list[tuple[FloatArray, FloatArray]] = []
    for k, pair in enumerate(pairs):
        if len(pair) != 2:
            raise InvalidNetworkError(f"Layer {k} has {len(pair)} parts, but must be a pair (W, b).", layer=k)
        W = exact_float64(pair[0], f"The weight matrix of layer {k}")
        b = exact_float64(pair[1], f"The bias of layer {k}")
        _check_shapes(k, W, b, is_output=k == len(pairs) - 1)
        if result and result[-1][0].shape[0] != W.shape[1]:
            raise misfit(f"Layer {k}", W.shape[1], f"layer {k - 1}", result[-1][0].shape[0])
        result.append((frozen(W), frozen(b)))
    return tuple(result)


def _check_shapes(k: int, W: FloatArray, b: FloatArray, *, is_output: bool) -> None:
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


def _checked_slopes(negative_slope: Any, widths: tuple[int, ...]) -> tuple[FloatArray, ...]:
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
        slope = exact_float64(entry, f"`negative_slope` of layer {k}")
        if slope.shape not in ((), (width,)):
            raise InvalidNetworkError(
                f"`negative_slope` of layer {k} has shape {slope.shape}, but must be a number or "
                f"({width},), one entry for each neuron.",
                layer=k,
                shape=slope.shape,
            )
        result.append(frozen(np.full(width, slope)))
    return tuple(result)
