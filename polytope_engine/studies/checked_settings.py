"""Settings of studies, checked before anything runs."""

from __future__ import annotations

import math
from collections.abc import Iterable

from polytope_engine.errors import InvalidArgumentError


def checked_seed(seed: object) -> int:
    """A seed: an integer from 0.

    Examples
    --------
    >>> checked_seed(-1)
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `seed` is -1; it must be an integer from 0.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InvalidArgumentError(f"`seed` is {seed!r}; it must be an integer from 0.", seed=seed)
    return seed


def checked_integers(values: object, name: str, least: int = 1) -> tuple[int, ...]:
    """One integer or several, each from `least`.

    Examples
    --------
    >>> checked_integers([2, 0], "widths")
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `widths` has 0; each must be an integer from 1.
    """
    listed = tuple(values) if isinstance(values, list | tuple | range) else (values,)
    if not listed:
        raise InvalidArgumentError(f"`{name}` is empty; pass at least one integer from {least}.")
    for value in listed:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise InvalidArgumentError(
                f"`{name}` has {value!r}; each must be an integer from {least}.", value=value
            )
    return listed


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
