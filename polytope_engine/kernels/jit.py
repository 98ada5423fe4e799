"""The one door to numba: a typed decorator, so that mypy sees through compiled functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function with numba, cached on disk, without the GIL and without fastmath.

    Signs are decided in these functions, so floating-point operations keep the order and the
    rounding that the source gives them.
    """
    compiled: Callable[P, R] = numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")(function)
    return compiled
