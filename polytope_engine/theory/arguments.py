"""What bounds take, checked where it comes in."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from polytope_engine.errors import InvalidArgumentError, InvalidNetworkError
from polytope_engine.network.library.parameters import checked_integer, checked_integers
from polytope_engine.network.rationals import as_fraction
from polytope_engine.network.relu_network import ReLUNetwork


def checked_shape(input_dim: Any, hidden_widths: Any) -> tuple[int, tuple[int, ...]]:
    """A number of inputs and the widths of at least one hidden layer.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> checked_shape(2, [4, 3])
    (2, (4, 3))
    >>> checked_shape(2, 4)
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `hidden_widths` is 4, but must be a sequence of integers.
    """
    return checked_integer("input_dim", input_dim, 1), checked_integers("hidden_widths", hidden_widths, 1)


def checked_ranks(ranks: Any, hidden_widths: Sequence[int]) -> tuple[int, ...] | None:
    """One rank for each layer, at most its width; None stays None."""
    if ranks is None:
        return None
    checked = checked_integers("ranks", ranks, 0)
    if len(checked) != len(hidden_widths) or any(r > n for r, n in zip(checked, hidden_widths, strict=True)):
        raise InvalidArgumentError(
            f"`ranks` is {checked}, but must have one number for each of the layers of widths {tuple(hidden_widths)}, "
            "at most that width.",
            ranks=checked,
        )
    return checked


def checked_number(name: str, value: Any) -> Fraction:
    """A nonnegative number, exactly.

    Raises
    ------
    InvalidArgumentError
        If it is none.
    """
    number = as_fraction(value)
    if number is None or number < 0:
        raise InvalidArgumentError(
            f"`{name}` is {value!r}, but must be a finite number of at least 0.", name=name
        )
    return number


def one_layer(network: Any) -> tuple[int, list[tuple[int, ...]]]:
    """The dimension, and the rows (weights, bias) of the only hidden layer, in integers.

    Raises
    ------
    InvalidNetworkError
        If `network` is no network with one hidden layer.
    """
    if not isinstance(network, ReLUNetwork):
        raise InvalidNetworkError(
            f"`network` has type {type(network).__name__}, but must be a ReLUNetwork with one hidden layer.",
            network=network,
        )
    if network.n_hidden_layers != 1:
        raise InvalidNetworkError(
            f"`network` has {network.n_hidden_layers} hidden layers, but a hyperplane arrangement is one hidden "
            "layer; use `pe.count_regions` for deep networks.",
            network=network,
        )
    W, b, _ = network.exact.integer_layers()[0]
    return network.input_dim, [(*row, bias) for row, bias in zip(W, b, strict=True)]


def ratio_of(value: int | Fraction, count: int) -> float:
    """A quotient of large numbers as a float, infinite where floats end."""
    try:
        return float(Fraction(value) / count)
    except OverflowError:
        return float(np.inf)
