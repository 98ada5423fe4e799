"""The one door to numba: typed decorators, so that mypy sees through compiled functions.

Signs are decided in these functions, so floating-point operations keep the order and the rounding
that the source gives them: no fastmath anywhere.

Numba keeps machine code on disk and notices edits in the file of a function, but not in files whose functions it
calls. Here every function is stamped with the state of all files of this folder.

Kernels allocate nothing and keep nothing: every array belongs to the caller. So numba's reference
counting is switched off for them (``_nrt=False``); without that, atomic counters around each of the
many small inlined functions took two thirds of the time of a search.

LLVM optimizes them at its level 1: their loops are short, as many turns as the input has dimensions. What levels 2 and
3 make of such loops, unrolled and peeled, takes longer to compile, and to run.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from pickle import PickleError
from typing import Any, ParamSpec, TypeVar

import numba
from numba.core import event

P = ParamSpec("P")
R = TypeVar("R")

NO_REFERENCE_COUNTS: dict[str, Any] = {"_nrt": False}
# Numba says no types of these.
CONFIG: Any = numba.config
REGISTER: Any = event.register
NO_WRAPPERS: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def sources_stamp() -> tuple[tuple[str, int, int], ...]:
    """Name, time and size of every source file of the kernels."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files)


STAMP = sources_stamp()


class ShortCompilation(event.Listener):
    """Shortens the time of compiling the functions of this folder.

    LLVM optimizes at level 1, unless NUMBA_OPT asks for another than numba's own, and Python's garbage collector rests:
    it would walk through all of the growing program again and again. Numba has one such level for all functions; it
    compiles one at a time, and within it those that it calls.
    """

    def __init__(self) -> None:
        self.depth = 0
        self.level = CONFIG.OPT
        self.collects = False

    def on_start(self, event: event.Event) -> None:
        """Compilation begins."""
        if is_kernel(event):
            if self.depth == 0:
                self.level, self.collects = CONFIG.OPT, gc.isenabled()
                gc.disable()
                if self.level == DEFAULT_LEVEL:
                    CONFIG.OPT = type(self.level)(1)
            self.depth += 1

    def on_end(self, event: event.Event) -> None:
        """Compilation ends, perhaps with an error."""
        if is_kernel(event):
            self.depth -= 1
            if self.depth == 0:
                CONFIG.OPT = self.level
                if self.collects:
                    gc.enable()


DEFAULT_LEVEL = 3


def is_kernel(event: event.Event) -> bool:
    """Whether a function of this folder is compiled."""
    function = getattr(event.data["dispatcher"], "py_func", None)
    return getattr(function, "__module__", "").startswith(f"{__package__}.")


REGISTER("numba:compile", ShortCompilation())


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that Python calls; the machine code is kept on disk."""
    compiled: Callable[P, R] = numba.njit(cache=True, nogil=True, error_model="numpy", **NO_REFERENCE_COUNTS)(
        function
    )
    index: Any = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if hasattr(index, "_source_stamp"):
        _guard(index)
    return compiled


def _guard(index: Any) -> None:
    """Stamp a function's index of machine code, and make one that cannot be read an empty one.

    An index names the types of arguments. After an upgrade that renames one it cannot be read at all. Numba has no
    public way to say either.
    """
    index._source_stamp = STAMP  # noqa: SLF001
    load = index._load_index  # noqa: SLF001

    def load_or_forget() -> Any:
        try:
            return load()
        except (AttributeError, ImportError, EOFError, PickleError):
            return {}

    index._load_index = load_or_forget  # noqa: SLF001


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


@inner
def counter(start: int) -> int:
    """An integer that numba does not take for a literal: it would compile what it is passed to twice."""
    return start + 0
