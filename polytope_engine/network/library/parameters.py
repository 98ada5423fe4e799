"""Parameters of the library's families, checked where they come in."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from operator import index
from typing import Any

from polytope_engine.errors import InvalidArgumentError

# More weights than this are refused: they, and their counts, would take long to write down.
MOST_WEIGHTS = 1_000_000
# Integers up to here are float64 numbers.
LARGEST_INTEGER = 2**53


def checked_integer(name: str, value: Any, at_least: int, at_most: int | None = None) -> int:
    """The value as an int.

    Raises
    ------
    InvalidArgumentError
        If it is no integer, or out of range.

    Examples
    --------
    >>> checked_integer("n", 3, 1)
    3
    """
    allowed = f"at least {at_least}" if at_most is None else f"from {at_least} to {at_most}"
    try:
        number = None if isinstance(value, bool) else index(value)
    except TypeError:
        number = None
    if number is None:
        raise InvalidArgumentError(
            f"`{name}` is {value!r}, but must be an integer, {allowed}.", name=name, value=value
        )
    if number < at_least or (at_most is not None and number > at_most):
        raise InvalidArgumentError(f"`{name}` is {number}, but must be {allowed}.", name=name, value=number)
    return number


def checked_integers(name: str, values: Any, at_least: int, at_most: int | None = None) -> tuple[int, ...]:
    """A non-empty sequence of such integers, as a tuple.

    Examples
    --------
    >>> checked_integers("sizes", [2, 2], 1)
    (2, 2)
    """
    numbers = checked_sequence(name, values, "integers")
    if not numbers:
        raise InvalidArgumentError(f"`{name}` is empty, but must hold at least one integer.", name=name)
    return tuple(
        checked_integer(f"{name}[{k}]", number, at_least, at_most) for k, number in enumerate(numbers)
    )


def checked_sequence(name: str, values: Any, of: str) -> tuple[Any, ...]:
    """The entries of a sequence, or of anything else that has them in order.

    Examples
    --------
    >>> checked_sequence("sizes", {3, 3}, "integers")
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `sizes` is {3}, but must be a sequence of integers.
    """
    try:
        if not isinstance(values, str | AbstractSet | Mapping):
            return tuple(values)
    except TypeError:  # numbers, and arrays without dimensions
        pass
    raise InvalidArgumentError(
        f"`{name}` is {values!r}, but must be a sequence of {of}.", name=name, value=values
    )


def checked_flag(name: str, value: Any) -> bool:
    """The value, which must be True or False."""
    if not isinstance(value, bool):
        raise InvalidArgumentError(
            f"`{name}` is {value!r}, but must be True or False.", name=name, value=value
        )
    return value


def checked_positive(name: str, value: Any) -> float:
    """The value as a float, which must be positive and finite."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise InvalidArgumentError(
            f"`{name}` is {value!r}, but must be a positive number.", name=name, value=value
        )
    return float(value)


def check_size(n_rows: int, n_columns: int) -> None:
    """Refuse layers that are too large to write down.

    Raises
    ------
    InvalidArgumentError
        If they would have more than a million weights.
    """
    if n_rows * n_columns > MOST_WEIGHTS:
        many = f"{n_rows:,}" if n_rows < 10**15 else "more than 10^15"
        raise InvalidArgumentError(
            f"These parameters make {many} neurons on R^{n_columns}, but a layer of the library may have at most "
            f"{MOST_WEIGHTS:,} weights; take smaller ones."
        )


def call(family: str, *arguments: object) -> str:
    """The call that makes a network, which is its name.

    Examples
    --------
    >>> call("zigzag", (3, 3), (4, 4)), call("exceptional", "F4")
    ('zigzag((3,3),(4,4))', 'exceptional(F4)')
    """
    return f"{family}({','.join(map(_written, arguments))})"


def _written(argument: object) -> str:
    if isinstance(argument, tuple):
        inside = ",".join(map(_written, argument))
        return f"({inside},)" if len(argument) == 1 else f"({inside})"
    return argument if isinstance(argument, str) else f"{argument!r}"
