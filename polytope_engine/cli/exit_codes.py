"""What the exit code of a command says."""

from __future__ import annotations

from polytope_engine.regions.outcome import Status

COMPLETE = 0
FAILURE = 1
BAD_INPUT = 2
INCOMPLETE = 3
INTERRUPTED = 130

EXPLANATION = (
    "Exit codes: 0 complete; 2 bad input or options; 3 incomplete, because a limit was reached; "
    "130 interrupted by Ctrl-C (what was found by then is printed, and saved)."
)


def exit_code(status: Status) -> int:
    """The exit code of a run that ended like this.

    Examples
    --------
    >>> exit_code(Status.COMPLETE), exit_code(Status.TIME_LIMIT), exit_code(Status.INTERRUPTED)
    (0, 3, 130)
    """
    if status.is_complete:
        return COMPLETE
    return INTERRUPTED if status is Status.INTERRUPTED else INCOMPLETE
