"""The floats that stand for a network of rational numbers where floats are needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

import numpy as np

from polytope_engine.errors import InvalidNetworkError
from polytope_engine.network.arrays import FloatArray, frozen
from polytope_engine.network.rationals import (
    ExactArray,
    Fractions,
    as_fractions,
    is_float_array,
    nearest_float,
    nearest_floats,
)

# Twice the largest relative error of rounding to the nearest float64.
ROUNDING = 2.0**-52
# Exponents of two: weights within the first range are left alone, all others must be brought within the second.
_COMFORTABLE = 200
_LARGEST = 1000

Layer = tuple[FloatArray, FloatArray]


class FloatForm(NamedTuple):
    """A network in floats, with the signs of the exact one up to the rounding that it states.

    Attributes
    ----------
    weights : tuple of (W, b)
        All layers. No nonzero weight is zero here.
    slopes : tuple of ndarray
        One array a hidden layer. No nonzero slope is zero here.
    rounding : float
        0 where the hidden layers and the slopes are exact. Otherwise every number differs from the exact one
        by at most half of this, relatively; a bias that is smaller than 2**-1022 by at most 2**-1074.
    scales : tuple of lists of Fraction, or None
        The positive factor of each hidden neuron's pre-activation, one list a hidden layer: row i of W
        and b are multiplied by it, column i of the next layer is divided. None if all are 1.

    Notes
    -----
    The activation is positively homogeneous, so the factors change neither signs nor outputs. Where
    factors turn all numbers of the hidden layers into integers that float64 holds, as they do if the
    network has a modest common denominator, nothing is rounded. Otherwise the factors are powers of two,
    and 1 unless the numbers are near the ends of the range of float64.
    """

    weights: tuple[Layer, ...]
    slopes: tuple[FloatArray, ...]
    rounding: float
    scales: tuple[list[Fraction], ...] | None


def float_form(weights: Sequence[tuple[ExactArray, ExactArray]], slopes: Sequence[ExactArray]) -> FloatForm:
    """The floats that stand for a network.

    Raises
    ------
    InvalidNetworkError
        If numbers are too large, too small or too far apart for float64, whatever the factors.

    Examples
    --------
    Thirds become integers:

    >>> third = as_fractions(np.ones((1, 1))) / 3
    >>> form = float_form([(third, third[0]), (np.ones((1, 1)), np.zeros(1))], [np.zeros(1)])
    >>> form.weights[0], form.scales, form.rounding
    ((array([[1.]]), array([1.])), ([Fraction(3, 1)],), 0.0)
    """
    if all(is_float_array(array) for pair in weights for array in pair) and all(
        is_float_array(slope) for slope in slopes
    ):
        return FloatForm(_frozen(weights), tuple(slopes), 0.0, None)
    hidden = [(as_fractions(W), as_fractions(b)) for W, b in weights[:-1]]
    scales = _clearing_scales(hidden) if all(is_float_array(slope) for slope in slopes) else None
    rounding = 0.0
    if scales is None:
        scales = _fitting_scales(hidden)
        rounding = ROUNDING
    output = as_fractions(weights[-1][0]), as_fractions(weights[-1][1])
    layers = [_scaled(W, b, scales, k) for k, (W, b) in enumerate([*hidden, output])]
    is_scaled = any(scale != 1 for layer in scales for scale in layer)
    return FloatForm(
        _frozen(layers),
        tuple(_rounded_slopes(slope, k) for k, slope in enumerate(slopes)),
        rounding,
        tuple(scales) if is_scaled else None,
    )


def _frozen(layers: Sequence[tuple[ExactArray, ExactArray]]) -> tuple[Layer, ...]:
    return tuple((frozen(W), frozen(b)) for W, b in layers)


def _scaled(W: Fractions, b: Fractions, scales: Sequence[list[Fraction]], layer: int) -> Layer:
    """One layer in floats: rows multiplied by its own factors, columns divided by those of the layer before."""
    if layer:
        W = W / np.array(scales[layer - 1], dtype=object)
    if layer < len(scales):
        factors = np.array(scales[layer], dtype=object)
        W, b = W * factors[:, np.newaxis], b * factors
    biases = nearest_floats(b)
    for i in np.flatnonzero(biases == 0.0):
        if b[i]:
            biases[i] = math.copysign(2.0**-1074, b[i].numerator)
    return nearest_floats(W), biases


def _rounded_slopes(slope: ExactArray, layer: int) -> FloatArray:
    floats = nearest_floats(slope)
    if not is_float_array(slope):
        for value, number in zip(floats.tolist(), slope, strict=True):
            if number and not 2.0**-1022 <= abs(value) < math.inf:
                raise InvalidNetworkError(
                    f"`negative_slope` of layer {layer} is about 2**{_size(number)}, beyond the range of float64; "
                    f"slopes must be 0 or between 1e-307 and 1e308 in size.",
                    layer=layer,
                )
    return frozen(floats)


# -- factors that make everything exact ---------------------------------------------------------


def _clearing_scales(hidden: Sequence[tuple[Fractions, Fractions]]) -> list[list[Fraction]] | None:
    """Factors that turn the hidden layers into floats without rounding; None if none are found.

    One factor for all rows of a layer leaves the next layer's numbers simple; where it does not do,
    each row gets its own.
    """
    scales: list[list[Fraction]] = []
    for W, b in hidden:
        columns = W / np.array(scales[-1], dtype=object) if scales else W
        rows = [[*row, bias] for row, bias in zip(columns, b, strict=True)]
        found = _clearing_factors(rows, together=True) or _clearing_factors(rows, together=False)
        if found is None:
            return None
        scales.append(found)
    return scales


def _clearing_factors(rows: Sequence[Sequence[Fraction]], *, together: bool) -> list[Fraction] | None:
    if together:
        factor = _clearing_factor([entry for row in rows for entry in row])
        factors = [factor] * len(rows)
    else:
        factors = [_clearing_factor(row) for row in rows]
    fits = all(_is_float(entry * f) for row, f in zip(rows, factors, strict=True) for entry in row)
    return factors if fits else None


def _clearing_factor(entries: Sequence[Fraction]) -> Fraction:
    """The positive factor that turns entries into coprime integers; 1 where floats hold them already."""
    if all(_is_float(entry) for entry in entries):
        return Fraction(1)
    return Fraction(
        lcm(*(entry.denominator for entry in entries)), gcd(*(entry.numerator for entry in entries))
    )


def _is_float(number: Fraction) -> bool:
    """Whether float64 holds a number, far from the ends of its range."""
    if not number:
        return True
    if not -_LARGEST < _size(number) < _LARGEST:
        return False
    odd = number.numerator // (number.numerator & -number.numerator)
    return odd.bit_length() <= 53 and number.denominator & (number.denominator - 1) == 0


# -- powers of two that bring everything into the range of floats -------------------------------


def _size(number: Fraction) -> int:
    """The binary logarithm of the absolute value, rounded up or down."""
    return number.numerator.bit_length() - number.denominator.bit_length()


def _fitting_scales(hidden: Sequence[tuple[Fractions, Fractions]]) -> list[list[Fraction]]:
    scales: list[list[Fraction]] = []
    for layer, (W, b) in enumerate(hidden):
        columns = W / np.array(scales[-1], dtype=object) if scales else W
        scales.append(
            [
                Fraction(2) ** _fitting_exponent(row, bias, layer, i)
                for i, (row, bias) in enumerate(zip(columns, b, strict=True))
            ]
        )
    return scales


def _fitting_exponent(row: Sequence[Fraction], bias: Fraction, layer: int, neuron: int) -> int:
    sizes = [_size(entry) for entry in row if entry]
    largest = max(sizes, default=0)
    smallest = min(sizes, default=0)
    offset = _size(bias) if bias else largest
    if smallest >= -_COMFORTABLE and max(largest, offset) <= _COMFORTABLE:
        return 0
    least = -_LARGEST - smallest if sizes else -offset
    most = _LARGEST - max(largest, offset)
    if least > most:
        raise InvalidNetworkError(
            f"Neuron {neuron} of layer {layer} has weights of about 2**{smallest} beside numbers of about "
            f"2**{max(largest, offset)}, which no scaling brings into the range of float64; such networks are not "
            f"supported.",
            layer=layer,
            neuron=neuron,
        )
    return min(max(-largest, least), most)


def scaled_back(z: FloatArray, scales: Sequence[Sequence[Fraction]] | None) -> FloatArray:
    """Pre-activations of the network itself from those of its float form, shape (n_points, N)."""
    if scales is None:
        return z
    with np.errstate(all="ignore"):
        result: FloatArray = z * np.array([nearest_float(1 / scale) for layer in scales for scale in layer])
    return result
