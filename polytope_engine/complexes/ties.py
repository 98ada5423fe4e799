"""Which functions compete on a region: a network's outputs, or one output and a constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.rationals import Fractions, as_fraction
from polytope_engine.network.relu_network import ReLUNetwork

IntegerRow = tuple[int, ...]
FractionPair = tuple[Sequence[Fraction], Fraction]
_SLAB = 20  # a slab is about 2^-20 of the usual difference of two functions wide


class Competition(Protocol):
    """Functions of which the largest wins; a boundary is where two that differ tie for it."""

    @property
    def network(self) -> ReLUNetwork:
        """The network."""

    @property
    def n_classes(self) -> int:
        """The number of functions."""

    def rows(self, signs: NDArray[np.int8]) -> list[IntegerRow]:
        """The functions on a region, as integer rows (a, b) over one positive denominator."""

    def difference(self, p: int, q: int) -> FractionPair:
        """Weights w and bias c with function p - function q = w @ h + c, h the last hidden layer's outputs."""


@dataclass(frozen=True)
class Argmax:
    """The outputs of a classifier."""

    network: ReLUNetwork

    @property
    def n_classes(self) -> int:
        """The number of outputs."""
        return self.network.output_dim

    def rows(self, signs: NDArray[np.int8]) -> list[IntegerRow]:
        """The outputs on a region."""
        return [tuple(map(int, row)) for row in self.network.exact.output_rows(signs)[0]]

    def difference(self, p: int, q: int) -> FractionPair:
        """One output minus another."""
        W, b = self._last_layer
        return list(W[p] - W[q]), b[p] - b[q]

    @cached_property
    def _last_layer(self) -> tuple[Fractions, Fractions]:
        return self.network.exact_weights[-1]


@dataclass(frozen=True)
class Level:
    """A constant (class 0, which wins below it) and one output (class 1, which wins above it)."""

    network: ReLUNetwork
    output: int
    value: Fraction

    @property
    def n_classes(self) -> int:
        """Two: below and above."""
        return 2

    def rows(self, signs: NDArray[np.int8]) -> list[IntegerRow]:
        """The constant and the output on a region."""
        rows, unit = self.network.exact.output_rows(signs)
        scale = unit.numerator * self.value.denominator
        constant = self.value.numerator * unit.denominator
        above = tuple(int(x) * scale for x in rows[self.output])
        return [(*(0,) * self.network.input_dim, constant), above]

    def difference(self, p: int, q: int) -> FractionPair:
        """The output minus the constant, or the negative of that."""
        W, b = self.network.exact_weights[-1]
        sign = p - q
        return [sign * x for x in W[self.output]], sign * (b[self.output] - self.value)


def argmax(network: ReLUNetwork) -> Argmax:
    """The outputs of a network with two or more.

    Raises
    ------
    InvalidArgumentError
        If it has fewer.
    """
    if network.output_dim < 2:
        n = network.output_dim
        raise InvalidArgumentError(
            f"The network has {n} output{'' if n == 1 else 's'}; a decision boundary needs two or more classes. "
            + ("Use `level_set` for where the output has a value." if n else "It decides nothing."),
            output_dim=n,
        )
    return Argmax(network)


def level(network: ReLUNetwork, value: Any, output: Any) -> Level:
    """One output of a network, against a value.

    Raises
    ------
    InvalidArgumentError
        If `value` is not a finite number, or there is no such output.
    """
    exact = as_fraction(value)
    if exact is None:
        raise InvalidArgumentError(
            f"`value` is {value!r}; it must be a finite number: an integer, a float or a Fraction.",
            value=value,
        )
    n = network.output_dim
    is_index = isinstance(output, int | np.integer) and not isinstance(output, bool)
    if not is_index or not 0 <= output < n:
        must = "it must be 0" if n == 1 else f"it must be an integer from 0 to {n - 1}"
        advice = must if n else "there is nothing to choose"
        raise InvalidArgumentError(
            f"`output` is {output!r}; the network has {n} output{'' if n == 1 else 's'}, so {advice}.",
            output=output,
        )
    return Level(network, int(output), exact)


def difference(row: IntegerRow, other: IntegerRow) -> IntegerRow:
    """One function minus another."""
    return tuple(a - b for a, b in zip(row, other, strict=True))


def pairs(competition: Competition) -> list[tuple[int, int]]:
    """All pairs p < q of functions."""
    return list(combinations(range(competition.n_classes), 2))


def slab_network(competition: Competition, p: int, q: int, usual: float) -> ReLUNetwork:
    """The network with two more neurons, whose signs tell where |function p - function q| is small.

    Parameters
    ----------
    competition : Competition
    p, q : int
    usual : float
        A usual size of the difference.

    Notes
    -----
    The neurons are the difference minus and plus a positive number e, in rationals. A region whose closure meets
    the set where the difference is zero has points where it is between -e and e. The converse fails for few
    regions if e is small, and any e is right. A difference alone would miss a region that the set touches at its
    boundary.
    """
    network = competition.network
    W, b = competition.difference(p, q)
    exponent = int(np.frexp(usual)[1]) if np.isfinite(usual) and usual > 0 else 0
    e = Fraction(2) ** (max(exponent, -900) - _SLAB)
    hidden = network.exact_weights[:-1] if network.is_rational else network.weights[:-1]
    slopes = network.exact_slopes if network.is_rational else network.negative_slopes
    slab = np.array([W, W], dtype=object).reshape(2, len(W)), np.array([b - e, b + e], dtype=object)
    nothing = np.zeros((0, 2)), np.zeros(0)
    return ReLUNetwork([*hidden, slab, nothing], negative_slope=[*slopes, 0.0])
