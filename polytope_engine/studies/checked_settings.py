"""Settings of studies, checked before anything runs."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from polytope_engine.errors import InvalidArgumentError

_SEEDS_END = 2**63
"""Seeds are below it, because torch takes no larger ones."""


def checked_seed(seed: object) -> int:
    """A seed: an integer from 0 to 2^63 - 1.

    Examples
    --------
    >>> checked_seed(-1)
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `seed` is -1; it must be an integer from 0 to 2^63 - 1.
    """
    number = _as_integer(seed)
    if number is None or not 0 <= number < _SEEDS_END:
        raise InvalidArgumentError(
            f"`seed` is {seed!r}; it must be an integer from 0 to 2^63 - 1.", seed=seed
        )
    return number


def checked_integer(value: object, name: str, least: int = 1) -> int:
    """One integer, from `least`.

    Examples
    --------
    >>> checked_integer([2, 3], "n_random")
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `n_random` is [2, 3]; it must be one integer, from 1.
    """
    number = _as_integer(value)
    if number is None or number < least:
        raise InvalidArgumentError(
            f"`{name}` is {value!r}; it must be one integer, from {least}.", value=value
        )
    return number


def checked_integers(
    values: object, name: str, least: int = 1, *, are_distinct: bool = False
) -> tuple[int, ...]:
    """One integer or several, each from `least`, and each once if they must be distinct.

    Examples
    --------
    >>> checked_integers([2, 0], "widths")
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `widths` has 0; each must be an integer from 1.
    >>> checked_integers([2, 2], "widths", are_distinct=True)
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `widths` has 2 twice; pass each once.
    """
    if isinstance(values, np.ndarray) and values.ndim == 1:
        values = list(values)
    listed = tuple(values) if isinstance(values, list | tuple | range) else (values,)
    if not listed:
        raise InvalidArgumentError(f"`{name}` is empty; pass at least one integer from {least}.")
    numbers: list[int] = []
    for value in listed:
        number = _as_integer(value)
        if number is None or number < least:
            raise InvalidArgumentError(
                f"`{name}` has {value!r}; each must be an integer from {least}.", value=value
            )
        if are_distinct and number in numbers:
            raise InvalidArgumentError(f"`{name}` has {number} twice; pass each once.", value=value)
        numbers.append(number)
    return tuple(numbers)


def _as_integer(value: object) -> int | None:
    """Python's or numpy's integer as Python's, which JSON holds; None for everything else."""
    return int(value) if isinstance(value, int | np.integer) and not isinstance(value, bool) else None


def checked_number(value: object, name: str) -> float:
    """A finite number from 0.

    Examples
    --------
    >>> checked_number(float("inf"), "noise")
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `noise` is inf; it must be a finite number from 0.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise InvalidArgumentError(f"`{name}` is {value!r}; it must be a finite number from 0.", value=value)
    return float(value)


def checked_share(value: object, name: str) -> float:
    """A number from 0 to 1.

    Examples
    --------
    >>> checked_share(1.5, "label_noise")
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `label_noise` is 1.5; it must be a number from 0 to 1.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise InvalidArgumentError(f"`{name}` is {value!r}; it must be a number from 0 to 1.", value=value)
    return float(value)


def checked_choices(values: object, known: Iterable[str], name: str) -> tuple[str, ...]:
    """One name or several, each of those that are known.

    Examples
    --------
    >>> checked_choices("adam", ("sgd", "adam"), "optimizers")
    ('adam',)
    >>> checked_choices(["adam", "lion"], ("sgd", "adam"), "optimizers")
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `optimizers` is 'lion'; it must be sgd or adam.
    """
    listed = tuple(values) if isinstance(values, list | tuple) else (values,)
    *others, last = known
    allowed = f"{', '.join(others)} or {last}"
    if not listed:
        raise InvalidArgumentError(f"`{name}` is empty; pass at least one of {allowed}.")
    for value in listed:
        if value not in (*others, last):
            raise InvalidArgumentError(f"`{name}` is {value!r}; it must be {allowed}.", value=value)
    return listed
