"""Progress on stderr, for people who wait."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, float], None]

_PATIENCE = 1.5
_PREPARING = "preparing (the first run on a machine compiles the search, which takes 10 to 30 seconds)"


@contextmanager
def watched(task: str, *, quiet: bool, noun: str = "regions") -> Iterator[Progress | None]:
    """A progress callback that shows how many were found and how much of the tree is done.

    Parameters
    ----------
    task : str
        What is going on.
    quiet : bool
        Show nothing at all. Where stderr is no terminal there is no bar, but a note if the work is slow
        to begin.
    noun : str
        What is found.
    """
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar(task, noun) as progress:
            yield progress
    else:
        with _note_if_slow_to_begin() as progress:
            yield progress


@contextmanager
def _bar(task: str, noun: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:5.1f} %  {task.fields[found]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bars:
        bar = bars.add_task(f"{task}: preparing", total=1.0, found="")
        waiting = threading.Timer(_PATIENCE, lambda: bars.update(bar, description=f"{task}: {_PREPARING}"))
        waiting.daemon = True
        waiting.start()

        def progress(n_found: int, fraction_done: float) -> None:
            waiting.cancel()
            bars.update(bar, description=task, completed=fraction_done, found=f"{n_found:,} {noun}")

        try:
            yield progress
        finally:
            waiting.cancel()


@contextmanager
def _note_if_slow_to_begin() -> Iterator[Progress]:
    waiting = threading.Timer(_PATIENCE, lambda: print(f"{_PREPARING} ...", file=sys.stderr, flush=True))
    waiting.daemon = True
    waiting.start()

    def progress(_n_found: int, _fraction_done: float) -> None:
        waiting.cancel()

    try:
        yield progress
    finally:
        waiting.cancel()
