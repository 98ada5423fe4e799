"""What every search takes, checked at the door: a network, limits, and somebody to tell."""

from __future__ import annotations

import os
import reprlib
from numbers import Real
from typing import Any

import numpy as np

from polytope_engine.errors import InvalidArgumentError, InvalidNetworkError
from polytope_engine.network.relu_network import ReLUNetwork

# Each worker has some megabytes of its own.
MOST_WORKERS = 64


def check_network(network: object) -> None:
    """Refuse what is no network."""
    if not isinstance(network, ReLUNetwork):
        raise InvalidNetworkError(
            f"`network` has type {type(network).__name__}; it must be a ReLUNetwork: build one from (weight, "
            "bias) pairs, with ReLUNetwork.from_torch, or with load_network.",
            network=network,
        )


def check_limits(*, time_limit: object, **max_found: object) -> None:
    """Refuse limits that are none; `max_found` is the largest number of results, under its own name.

    Examples
    --------
    >>> check_limits(time_limit=None, max_regions=0)
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `max_regions` is 0; it must be a positive integer, or None ...
    """
    for name, value in max_found.items():
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1
        ):
            raise InvalidArgumentError(
                f"`{name}` is {value!r}; it must be a positive integer, or None for no limit.",
                **{name: value},
            )
    if time_limit is not None and not _is_duration(time_limit):
        raise InvalidArgumentError(
            f"`time_limit` is {reprlib.repr(time_limit)}; it must be a positive number of seconds, or None for no "
            "limit.",
            time_limit=time_limit,
        )


def _is_duration(value: object) -> bool:
    """Whether it is a positive number that a float can hold."""
    if isinstance(value, bool) or not isinstance(value, Real | np.number):
        return False
    try:
        return float(value) > 0
    except (OverflowError, TypeError):
        return False


def check_progress(progress: object, counted: str) -> None:
    """Refuse a callback that cannot be called; `counted` names its first argument."""
    if progress is not None and not callable(progress):
        raise InvalidArgumentError(
            f"`progress` is {progress!r}; it must be a function of ({counted}, fraction_done), or None.",
            progress=progress,
        )


def check_flag(name: str, value: object) -> None:
    """Refuse what is neither True nor False."""
    if not isinstance(value, bool | np.bool_):
        raise InvalidArgumentError(f"`{name}` is {value!r}; it must be True or False.", **{name: value})


def checked_workers(n_workers: Any) -> int:
    """The number of threads; None stands for all cores.

    Examples
    --------
    >>> checked_workers(0)
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `n_workers` is 0; it must be a positive integer, or None for all cores.
    """
    n_cores = os.cpu_count() or 1
    if n_workers is None:
        return min(n_cores, MOST_WORKERS)
    if isinstance(n_workers, bool) or not isinstance(n_workers, int | np.integer) or n_workers < 1:
        raise InvalidArgumentError(
            f"`n_workers` is {n_workers!r}; it must be a positive integer, or None for all cores.",
            n_workers=n_workers,
        )
    return min(int(n_workers), max(MOST_WORKERS, n_cores))
