"""A chain of affine maps and activations on the way to a network.

Readers describe what they read as a chain. Consecutive affine maps are composed in rational
arithmetic, and each entry of the result is rounded once, to the nearest float64, if it is not one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any

import flint
import numpy as np

from polytope_engine.errors import InvalidNetworkError, UnsupportedLayerError
from polytope_engine.network.arrays import FloatArray, exact_float64
from polytope_engine.network.dyadic import DyadicMatrix
from polytope_engine.network.relu_network import ReLUNetwork, misfit

_FACTOR_BITS = 256


@dataclass(frozen=True)
class _Affine:
    name: str
    matrix: DyadicMatrix
    offset: DyadicMatrix
    is_exact: bool


@dataclass(frozen=True)
class _Activation:
    name: str
    slope: FloatArray


@dataclass(frozen=True)
class _ScalarShift:
    """``x_i -> factor * x_i + offset`` for all i, before the number of inputs is known."""

    name: str
    factor: float
    offset: float

    def widened(self, width: int) -> _Affine:
        matrix = DyadicMatrix.from_floats(self.factor * np.eye(width))
        return _Affine(self.name, matrix, DyadicMatrix.from_floats(np.full(width, self.offset)), True)


class LayerChain:
    """Affine maps and activations in the order in which they act.

    Parameters
    ----------
    label : callable, optional
        How a layer's name appears in messages; by default in backquotes.

    Examples
    --------
    >>> chain = LayerChain()
    >>> chain.affine("first", [[2.0]], [1.0])
    >>> chain.affine("second", [[3.0], [1.0]], [0.0, 0.0])
    >>> chain.activation("relu", 0.0)
    >>> net = chain.network()
    >>> net, net.weights[0][0].tolist(), net.rounded_layers
    (<ReLUNetwork 1-2-2, 2 neurons>, [[6.0], [2.0]], ())
    """

    def __init__(self, label: Callable[[str], str] = "Layer `{}`".format) -> None:
        self._label = label
        self._steps: list[_Affine | _Activation] = []
        self._width: int | None = None
        self._last = ""
        self._leading: list[_Activation | _ScalarShift] = []

    @property
    def width(self) -> int | None:
        """Number of values that come out of the chain so far, or None where still open."""
        return self._width

    @property
    def has_affine(self) -> bool:
        """Whether there is any affine map."""
        return any(isinstance(step, _Affine) for step in self._steps)

    def affine(self, name: str, matrix: Any, offset: Any = None) -> None:
        """``x -> matrix @ x + offset``, from floats."""
        W = exact_float64(matrix, f"The weight of {self._in_sentence(name)}")
        if W.ndim != 2:
            raise InvalidNetworkError(
                f"The weight of {self._in_sentence(name)} has shape {W.shape}, but must be (n_out, n_in)."
            )
        self._expect(name, W.shape[1])
        b = (
            np.zeros(W.shape[0])
            if offset is None
            else exact_float64(offset, f"The bias of {self._in_sentence(name)}")
        )
        if b.shape != (W.shape[0],):
            raise InvalidNetworkError(
                f"The bias of {self._in_sentence(name)} has shape {b.shape}, but must be ({W.shape[0]},)."
            )
        self._push(_Affine(name, DyadicMatrix.from_floats(W), DyadicMatrix.from_floats(b), True))

    def scaled_affine(
        self, name: str, matrix: FloatArray, offset: FloatArray, scale: float, offset_scale: float
    ) -> None:
        """``x -> scale * matrix @ x + offset_scale * offset``, multiplied out exactly."""
        self._expect(name, matrix.shape[1])
        self._push(
            _Affine(
                name,
                _times(DyadicMatrix.from_floats(matrix), scale),
                _times(DyadicMatrix.from_floats(offset), offset_scale),
                True,
            )
        )

    def shift(self, name: str, constant: FloatArray, *, factor: float = 1.0, sign: float = 1.0) -> None:
        """``x -> factor * x + sign * constant``; the constant is one number, or one for each value."""
        if constant.size == 1 and self._width is None:
            self._leading.append(_ScalarShift(name, factor, sign * float(constant.item())))
            return
        width = self._width or constant.size
        if constant.size not in (1, width) or (constant.size > 1 and max(constant.shape) != constant.size):
            raise InvalidNetworkError(
                f"The constant of {self._in_sentence(name)} has shape "
                f"{constant.shape}, but must have one entry "
                f"for each of the {width} values."
            )
        offset = sign * np.broadcast_to(constant.ravel(), (width,))
        self.affine(name, factor * np.eye(width), offset)

    def batch_norm(self, name: str, gamma: Any, beta: Any, mean: Any, variance: Any, epsilon: float) -> None:
        """``x -> gamma * (x - mean) / sqrt(variance + epsilon) + beta``, entry by entry.

        The square root is taken to 256 bits, so that only the final rounding to float64 shows.
        """
        where = self._in_sentence(name)
        parts = [exact_float64(v, f"A parameter of {where}") for v in (gamma, beta, mean, variance)]
        n = parts[2].size
        self._expect(name, n)
        if any(part.shape != (n,) for part in parts):
            shapes = ", ".join(str(part.shape) for part in parts)
            raise InvalidNetworkError(
                f"The parameters of {where} have shapes {shapes}, but must all have shape ({n},)."
            )
        factors = [
            _batch_norm_factor(g, v, epsilon, where)
            for g, v in zip(parts[0].tolist(), parts[3].tolist(), strict=True)
        ]
        exponent = min([e for _, e, _ in factors], default=0)
        column = DyadicMatrix(flint.fmpz_mat(n, 1, [k << (e - exponent) for k, e, _ in factors]), exponent)
        scale = DyadicMatrix.diagonal(column)
        offset = scale @ DyadicMatrix.from_floats(-parts[2]) + DyadicMatrix.from_floats(parts[1])
        self._push(_Affine(name, scale, offset, all(exact for _, _, exact in factors)))

    def activation(self, name: str, slope: Any) -> None:
        """``x_i -> x_i`` where positive, else ``slope_i * x_i``; slope a number or one a neuron."""
        s = exact_float64(slope, f"The slope of {self._in_sentence(name)}")
        if s.shape == (1,):
            s = s.reshape(())
        if self._width is None:
            self._leading.append(_Activation(name, s))
            return
        if s.shape not in ((), (self._width,)):
            raise misfit(self._label(name), s.size, self._in_sentence(self._last), self._width)
        self._steps.append(_Activation(name, s))

    def expect_width(self, name: str, width: int) -> None:
        """Refuse a reshape to another number of values than there are."""
        self._expect(name, width)

    def network(self) -> ReLUNetwork:
        """The network of the chain; an activation at the end gets an identity as output layer.

        Raises
        ------
        InvalidNetworkError
            If there is no affine map, or a composed entry is beyond the float range.
        """
        layers: list[tuple[FloatArray, FloatArray]] = []
        slopes: list[FloatArray] = []
        rounded: list[str] = []
        pending: list[_Affine] = []
        width = self._input_width()
        for step in [*self._leading, *self._steps]:
            if isinstance(step, _ScalarShift):
                pending.append(step.widened(width))
            elif isinstance(step, _Affine):
                pending.append(step)
                width = step.matrix.shape[0]
            else:
                layers.append(_composed(pending, width, rounded))
                slopes.append(step.slope)
                pending = []
        layers.append(_composed(pending, width, rounded))
        return ReLUNetwork(layers, slopes, rounded_layers=rounded)

    def _input_width(self) -> int:
        for step in self._steps:
            if isinstance(step, _Affine):
                return step.matrix.shape[1]
        raise InvalidNetworkError("There is no linear layer, so the number of inputs is not known.")

    def _expect(self, name: str, n_inputs: int) -> None:
        if self._width is None:
            self._width = n_inputs
        elif self._width != n_inputs and not self._last:
            raise InvalidNetworkError(
                f"{self._label(name)} expects {n_inputs} inputs, but there are {self._width}."
            )
        elif self._width != n_inputs:
            raise misfit(self._label(name), n_inputs, self._in_sentence(self._last), self._width)

    def _push(self, step: _Affine) -> None:
        self._steps.append(step)
        self._width = step.matrix.shape[0]
        self._last = step.name

    def _in_sentence(self, name: str) -> str:
        label = self._label(name)
        return label[:1].lower() + label[1:]


def _times(matrix: DyadicMatrix, scale: float) -> DyadicMatrix:
    factor = DyadicMatrix.from_floats([[scale]])
    return DyadicMatrix(matrix.integers * factor.integers.entries()[0], matrix.exponent + factor.exponent)


def _composed(pending: list[_Affine], width: int, rounded: list[str]) -> tuple[FloatArray, FloatArray]:
    """The composition of affine maps as floats; its name goes to `rounded` if it was rounded."""
    if not pending:
        return np.eye(width), np.zeros(width)
    matrix, offset = pending[0].matrix, pending[0].offset
    for step in pending[1:]:
        matrix, offset = step.matrix @ matrix, step.matrix @ offset + step.offset
    name = " + ".join(step.name for step in pending)
    try:
        W, b = matrix.to_floats(), offset.to_floats().ravel()
    except OverflowError as failure:
        raise InvalidNetworkError(
            f"The composition of `{name}` has an entry beyond the largest float64; scale the weights.",
            layer=name,
        ) from failure
    is_exact = all(step.is_exact for step in pending)
    if not (is_exact and matrix.equals_floats(W) and offset.equals_floats(b)):
        rounded.append(name)
    return W, b


def _batch_norm_factor(gamma: float, variance: float, epsilon: float, where: str) -> tuple[int, int, bool]:
    """Integers k, e and whether ``gamma / sqrt(variance + epsilon)`` is exactly ``k * 2**e``."""
    total = Fraction(variance) + Fraction(epsilon)
    if total <= 0:
        raise UnsupportedLayerError(
            f"The variance of {where} plus its epsilon is {float(total)}, but must be positive."
        )
    square = Fraction(gamma) ** 2 / total
    if square == 0:
        return 0, 0, True
    bits = _FACTOR_BITS - (square.numerator.bit_length() - square.denominator.bit_length()) // 2
    bits = max(bits, 0)
    root = isqrt((square.numerator << (2 * bits)) // square.denominator)
    is_exact = Fraction(root, 1 << bits) ** 2 == square
    return (root if gamma > 0 else -root), -bits, is_exact
