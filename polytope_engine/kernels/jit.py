"""The one door to numba: typed decorators, so that mypy sees through compiled functions.

Signs are decided in these functions, so floating-point operations keep the order and the rounding
that the source gives them: no fastmath anywhere.

Kernels allocate nothing and keep nothing: every array belongs to the caller. So numba's reference
counting is switched off for them (``_nrt=False``); without that, atomic counters around each of the
many small inlined functions took two thirds of the time of a search.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")

NO_REFERENCE_COUNTS: dict[str, Any] = {"_nrt": False}
NO_WRAPPERS: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that Python calls; the machine code is kept on disk."""
    compiled: Callable[P, R] = numba.njit(cache=True, nogil=True, error_model="numpy", **NO_REFERENCE_COUNTS)(
        function
    )
    return compiled


def inner(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that only compiled functions call: no wrapper, no file of its own."""
    compiled: Callable[P, R] = numba.njit(
        nogil=True, error_model="numpy", **NO_REFERENCE_COUNTS, **NO_WRAPPERS
    )(function)
    return compiled


def hot(function: Callable[P, R]) -> Callable[P, R]:
    """Like `inner`, but its source becomes part of its callers: no call, and nothing compiled apart.

    A call passes every field of every array; around the steps of a linear program that took two thirds
    of the time of a search.
    """
    compiled: Callable[P, R] = numba.njit(
        nogil=True, error_model="numpy", inline="always", **NO_REFERENCE_COUNTS, **NO_WRAPPERS
    )(function)
    return compiled
