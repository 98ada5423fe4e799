"""The affine maps of a network on its cells, in integers.

Weights are rational numbers, so every coefficient of every affine map that the network has on a cell is
one, too. Each layer has one odd common denominator (1 where its numbers are floats), and denominators are
cleared once: what is computed are integers with one common power of two, which only the denominators of
the layers passed through, a product that does not depend on the cell, divide in the end.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from copy import copy
from fractions import Fraction
from math import lcm
from threading import Lock
from typing import Any, NamedTuple

import flint
import numpy as np
from numpy.typing import NDArray

from polytope_engine.network.dyadic import DyadicMatrix
from polytope_engine.network.rationals import (
    ExactArray,
    as_fractions,
    integers_and_denominator,
    is_float_array,
)

Signs = NDArray[np.int8]

_MAX_ENTRIES = 512
_MAX_INTEGERS = 2_000_000
_POINTS_AT_ONCE = 256
# What is known of cells is looked up and kept by several threads; one lock for all networks, which can be copied so.
_KEEPING = Lock()


class ExactMaps:
    """Exact pre-activations of a network, as affine functions on cells and as signs at points.

    Parameters
    ----------
    weights : sequence of (W, b)
        Arrays of floats or of Fractions, of shapes (n_l, n_{l-1}) and (n_l,); the last pair is the output layer.
    slopes : sequence of ndarray, each of shape (n_l,)
        The slope of each hidden neuron where its pre-activation is not positive.

    Notes
    -----
    The maps of recently asked cells are kept, so that asking for many cells which share their
    first layers costs one product of matrices each.

    Examples
    --------
    The network relu(x) - 2 relu(x - 1/2), where both neurons are active:

    >>> import numpy as np
    >>> maps = ExactMaps([(np.array([[1.0], [1.0]]), np.array([0.0, -0.5])),
    ...                   (np.array([[1.0, -2.0]]), np.array([0.0]))], [np.zeros(2)])
    >>> rows, unit = maps.output_rows(np.array([1, 1], dtype=np.int8))
    >>> [int(k) for k in rows[0]], unit
    ([-2, 2], Fraction(1, 2))
    """

    def __init__(
        self,
        weights: Sequence[tuple[ExactArray, ExactArray]],
        slopes: Sequence[ExactArray],
    ) -> None:
        self.n_hidden_layers = len(weights) - 1
        self._cleared_slopes = [_cleared_slopes(s) for s in slopes]
        self._slopes = [(s.integers, s.exponent, s.denominator << -s.exponent) for s in self._cleared_slopes]
        widths = [int(W.shape[0]) for W, _ in weights[:-1]]
        self._offsets = [sum(widths[:k]) for k in range(len(widths) + 1)]
        self._widths = [*widths, int(weights[-1][0].shape[0])]
        self._begin(int(weights[0][0].shape[1]), [_cleared(W, b) for W, b in weights])

    def _begin(self, dimension: int, layers: list[_ClearedLayer]) -> ExactMaps:
        """Take over layers, nothing known of them yet."""
        self.dimension = dimension
        self._layers = layers
        self._weights = [layer.weights for layer in self._layers]
        # What divides the integers of each layer in the end; biases carry the part from earlier layers.
        self._denominators: list[int] = []
        self._biases: list[DyadicMatrix] = []
        passed = 1
        for layer, (_, biases, denominator) in enumerate(self._layers):
            self._biases.append(
                biases if passed == 1 else DyadicMatrix(biases.integers * passed, biases.exponent)
            )
            self._denominators.append(passed * denominator)
            if layer < self.n_hidden_layers:
                passed *= denominator * self._cleared_slopes[layer].denominator
        self._known: OrderedDict[tuple[int, bytes], DyadicMatrix] = OrderedDict()
        self._n_known_integers = 0
        self._units: dict[tuple[int, int], Fraction] = {}
        return self

    @property
    def n_neurons(self) -> int:
        """Number of hidden neurons."""
        return self._offsets[-1]

    def along(self, start: Iterable[Fraction | float], end: Iterable[Fraction | float]) -> ExactMaps:
        """The maps of the network with one input t whose values are those at ``start + t * (end - start)``.

        Parameters
        ----------
        start, end : d numbers each
            Fractions, integers or floats.

        Examples
        --------
        Halfway between 0 and 1 on the first axis, x_1 - x_2 - 1/2 vanishes:

        >>> import numpy as np
        >>> hidden, output = (np.array([[1.0, -1.0]]), np.array([-0.5])), (np.ones((1, 1)), np.zeros(1))
        >>> maps = ExactMaps([hidden, output], [np.zeros(1)]).along([0, 0], [1, 0])
        >>> maps.signs_at([0.5]), maps.signs_at([0.75])
        (array([0], dtype=int8), array([1], dtype=int8))
        """
        numerators, denominator = _common_denominator([*start, *end])
        exponent = 1 - (denominator & -denominator).bit_length()
        odd = denominator >> -exponent
        first, last = numerators[: self.dimension], numerators[self.dimension :]
        flat = [k for a, b in zip(first, last, strict=True) for k in (b - a, a)]
        columns = DyadicMatrix(flint.fmpz_mat(self.dimension, 2, flat), exponent)
        weights, biases, divisor = self._layers[0]
        both = weights @ columns
        n, integers = self._widths[0], both.integers.entries()
        slopes = DyadicMatrix(flint.fmpz_mat(n, 1, integers[0::2]), both.exponent)
        offsets = DyadicMatrix(flint.fmpz_mat(n, 1, integers[1::2]), both.exponent)
        offsets += DyadicMatrix(biases.integers * odd, biases.exponent)
        first_layer = _ClearedLayer(slopes, offsets, divisor * odd)
        maps = copy(self)
        return maps._begin(1, [first_layer, *self._layers[1:]])  # noqa: SLF001  (of this class)

    # -- affine functions on a cell ---------------------------------------------------------

    def pre_activation_rows(self, layer: int, signs: Signs) -> tuple[list[list[Any]], Fraction]:
        """The pre-activations of one layer as affine functions of the input.

        Parameters
        ----------
        layer : int
            The layer, from 0; `n_hidden_layers` stands for the output layer.
        signs : ndarray of int8, at least as long as there are neurons before `layer`
            The signs of all neurons before `layer`; further entries are not looked at. 0 is
            treated like -1 (the neuron's output is zero in both readings).

        Returns
        -------
        rows : list of n_l lists of d + 1 integers (flint.fmpz)
        unit : Fraction
            A positive number: on the cell, ``z_i(x) = unit * (rows[i][:d] @ x + rows[i][d])``.
        """
        prefix = np.ascontiguousarray(signs[: self._offsets[layer]], dtype=np.int8)
        matrix = self._pre_activations(layer, prefix)
        return matrix.integers.tolist(), self._unit(layer, matrix.exponent)

    def _unit(self, layer: int, exponent: int) -> Fraction:
        unit = self._units.get((layer, exponent))
        if unit is None:
            unit = self._units[layer, exponent] = Fraction(2) ** exponent / self._denominators[layer]
        return unit

    def output_rows(self, signs: Signs) -> tuple[list[list[Any]], Fraction]:
        """The network's output on the cell with these signs; see `pre_activation_rows`."""
        return self.pre_activation_rows(self.n_hidden_layers, signs)

    # -- the layers themselves --------------------------------------------------------------

    def integer_layers(self) -> list[tuple[list[list[int]], list[int], int]]:
        """The hidden layers in integers, each over one positive denominator.

        Returns
        -------
        list of (W, b, denominator)
            For each hidden layer, lists of integers with weights ``W / denominator`` and biases
            ``b / denominator``.

        Examples
        --------
        >>> import numpy as np
        >>> hidden, output = (np.array([[0.5, 3.0]]), np.array([0.25])), (np.ones((1, 1)), np.zeros(1))
        >>> ExactMaps([hidden, output], [np.zeros(1)]).integer_layers()
        [([[2, 12]], [1], 4)]
        """
        result = []
        for weights, biases, denominator in self._layers[:-1]:
            shift = -min(weights.exponent, biases.exponent, 0)
            rows, column = weights.integers.tolist(), biases.integers.entries()
            result.append(
                (
                    [[int(k) << (weights.exponent + shift) for k in row] for row in rows],
                    [int(k) << (biases.exponent + shift) for k in column],
                    denominator << shift,
                )
            )
        return result

    def integer_slopes(self) -> list[tuple[list[int], int]]:
        """The slopes of each hidden layer in integers, over one positive denominator.

        Examples
        --------
        >>> import numpy as np
        >>> hidden, output = (np.ones((2, 1)), np.zeros(2)), (np.ones((1, 2)), np.zeros(1))
        >>> ExactMaps([hidden, output], [np.array([0.25, 1.0])]).integer_slopes()
        [([1, 4], 4)]
        """
        return [([int(k) for k in slopes], one) for slopes, _, one in self._slopes]

    def _pre_activations(self, layer: int, signs: Signs) -> DyadicMatrix:
        key = (layer, signs.tobytes())
        with _KEEPING:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known
        W, b = self._weights[layer], self._biases[layer]
        if layer == 0:
            linear = W
        else:
            start = self._offsets[layer - 1]
            hidden = self._activated(
                layer - 1, self._pre_activations(layer - 1, signs[:start]), signs[start:].tolist()
            )
            linear = W @ hidden
        result = self._with_bias(linear, b, is_input=layer == 0)
        self._keep(key, result)
        return result

    def _with_bias(self, linear: DyadicMatrix, bias: DyadicMatrix, *, is_input: bool) -> DyadicMatrix:
        """Append the bias as last column (first layer), or add it to the last column."""
        exponent = min(linear.exponent, bias.exponent)
        shift = bias.exponent - exponent
        column = [k << shift for k in bias.integers.entries()]
        n_rows, n_columns = linear.shape
        scaled = linear.integers
        if linear.exponent > exponent:
            scaled = scaled * (1 << (linear.exponent - exponent))
        if is_input:
            flat: list[Any] = []
            for row, constant in zip(scaled.tolist(), column, strict=True):
                flat.extend(row)
                flat.append(constant)
            return DyadicMatrix(flint.fmpz_mat(n_rows, n_columns + 1, flat), exponent)
        last = n_columns - 1
        flat = [0] * (n_rows * n_columns)
        flat[last::n_columns] = column
        return DyadicMatrix(scaled + flint.fmpz_mat(n_rows, n_columns, flat), exponent)

    def _activated(self, layer: int, z: DyadicMatrix, signs: list[int]) -> DyadicMatrix:
        """Each row of `z` times 1 where its sign is positive, else times the neuron's slope."""
        slopes, exponent, one = self._slopes[layer]
        n_rows, n_columns = z.shape
        flat: list[Any] = []
        zeros = [0] * n_columns
        for row, sign, slope in zip(z.integers.tolist(), signs, slopes, strict=True):
            factor = one if sign > 0 else slope
            if factor == 1:
                flat.extend(row)
            elif factor == 0:
                flat.extend(zeros)
            else:
                flat.extend([k * factor for k in row])
        return DyadicMatrix(flint.fmpz_mat(n_rows, n_columns, flat), z.exponent + exponent)

    def _keep(self, key: tuple[int, bytes], matrix: DyadicMatrix) -> None:
        with _KEEPING:
            if key in self._known:  # another thread was faster
                return
            self._known[key] = matrix
            self._n_known_integers += matrix.shape[0] * matrix.shape[1]
            while len(self._known) > _MAX_ENTRIES or (
                self._n_known_integers > _MAX_INTEGERS and len(self._known) > 1
            ):
                _, oldest = self._known.popitem(last=False)
                self._n_known_integers -= oldest.shape[0] * oldest.shape[1]

    # -- signs at points --------------------------------------------------------------------

    def signs_at(self, point: Iterable[Fraction | float]) -> Signs:
        """The sign of every hidden neuron at a rational point.

        Parameters
        ----------
        point : d numbers
            Fractions, integers or floats, taken as the rational numbers that they are.

        Returns
        -------
        ndarray of int8, shape (N,)
        """
        numerators, denominator = _common_denominator(point)
        x = DyadicMatrix(flint.fmpz_mat(self.dimension, 1, numerators), 0)
        signs: Signs = self._signs_of_columns(x, denominator)[0]
        return signs

    def signs_at_floats(self, points: NDArray[np.float64]) -> Signs:
        """The sign of every hidden neuron at each of n points, shape (n, N), given as floats."""
        n = points.shape[0]
        result = np.empty((n, self.n_neurons), dtype=np.int8)
        for start in range(0, n, _POINTS_AT_ONCE):
            chunk = points[start : start + _POINTS_AT_ONCE]
            result[start : start + _POINTS_AT_ONCE] = self._signs_of_columns(
                DyadicMatrix.from_floats(chunk.T), 1
            )
        return result

    def directional_signs(
        self, point: Iterable[Fraction | float], direction: Iterable[Fraction | float]
    ) -> Signs:
        """The sign of every hidden neuron just beyond `point` in a direction.

        The sign of z_i at ``point + t * direction`` for all small enough t > 0: the sign of its
        value at the point, or where that is 0 the sign of its derivative, or where both are 0
        then 0, because then z_i vanishes all along the way.

        Parameters
        ----------
        point, direction : d numbers each
            Fractions, integers or floats.

        Returns
        -------
        ndarray of int8, shape (N,)
        """
        numerators, denominator = _common_denominator(point)
        slopes, _ = _common_denominator(direction)
        flat = [k for pair in zip(numerators, slopes, strict=True) for k in pair]
        h = DyadicMatrix(flint.fmpz_mat(self.dimension, 2, flat), 0)
        parts: list[list[int]] = []
        for layer in range(self.n_hidden_layers):
            z = self._value(layer, h, [denominator, 0])
            signs = [_sign(value) or _sign(derivative) for value, derivative in z.integers.tolist()]
            parts.append(signs)
            h = self._activated(layer, z, signs)
        return np.array([s for part in parts for s in part], dtype=np.int8)

    def _signs_of_columns(self, h: DyadicMatrix, denominator: int) -> Signs:
        """Signs at the points ``column / denominator``, one row of signs for each column."""
        n_points = h.shape[1]
        parts = [np.empty((0, n_points), dtype=np.int8)]
        for layer in range(self.n_hidden_layers):
            z = self._value(layer, h, [denominator] * n_points)
            table = z.integers.tolist()
            signs = np.array([[_sign(k) for k in row] for row in table], dtype=np.int8)
            parts.append(signs.reshape(len(table), n_points))
            if layer + 1 < self.n_hidden_layers:
                h = self._rectified(layer, z.exponent, table)
        return np.concatenate(parts).T

    def _value(self, layer: int, h: DyadicMatrix, multiples: list[int]) -> DyadicMatrix:
        """``W h + b`` with the bias times a multiple in each column (0 for a derivative)."""
        b = self._biases[layer]
        flat = [k * m for k in b.integers.entries() for m in multiples]
        constant = DyadicMatrix(flint.fmpz_mat(b.shape[0], len(multiples), flat), b.exponent)
        return self._weights[layer] @ h + constant

    def _rectified(self, layer: int, exponent: int, table: list[list[Any]]) -> DyadicMatrix:
        slopes, slope_exponent, one = self._slopes[layer]
        flat = [
            k * one if k > 0 else k * slope for row, slope in zip(table, slopes, strict=True) for k in row
        ]
        n_columns = len(table[0])
        return DyadicMatrix(flint.fmpz_mat(len(table), n_columns, flat), exponent + slope_exponent)


def _sign(k: Any) -> int:
    return 1 if k > 0 else (-1 if k < 0 else 0)


class _ClearedLayer(NamedTuple):
    """Weights and biases times one positive odd denominator."""

    weights: DyadicMatrix
    biases: DyadicMatrix
    denominator: int


class _ClearedSlopes(NamedTuple):
    """Slopes that are ``integers * 2**exponent / denominator``, the exponent not positive."""

    integers: list[Any]
    exponent: int
    denominator: int


def _cleared(W: ExactArray, b: ExactArray) -> _ClearedLayer:
    if is_float_array(W) and is_float_array(b):
        return _ClearedLayer(DyadicMatrix.from_floats(W), DyadicMatrix.from_floats(b), 1)
    n_rows, n_columns = W.shape
    joint = np.concatenate([as_fractions(W).ravel(), as_fractions(b)])
    integers, denominator = integers_and_denominator(joint)
    exponent = 1 - (denominator & -denominator).bit_length()
    matrix, column = integers[: n_rows * n_columns], integers[n_rows * n_columns :]
    return _ClearedLayer(
        DyadicMatrix(flint.fmpz_mat(n_rows, n_columns, matrix), exponent),
        DyadicMatrix(flint.fmpz_mat(n_rows, 1, column), exponent),
        denominator >> -exponent,
    )


def _cleared_slopes(slopes: ExactArray) -> _ClearedSlopes:
    if is_float_array(slopes):
        column = DyadicMatrix.from_floats(slopes)
        shift = max(column.exponent, 0)
        return _ClearedSlopes([k << shift for k in column.integers.entries()], min(column.exponent, 0), 1)
    integers, denominator = integers_and_denominator(slopes)
    return _ClearedSlopes(integers, 0, denominator)


def _common_denominator(numbers: Iterable[Fraction | float]) -> tuple[list[int], int]:
    ratios = [Fraction(x) for x in numbers]
    denominator = lcm(*(r.denominator for r in ratios))
    return [r.numerator * (denominator // r.denominator) for r in ratios], denominator
