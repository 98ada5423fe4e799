"""Failures as one line on stderr and an exit code; never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from polytope_engine.cli.exit_codes import BAD_INPUT, FAILURE, INTERRUPTED
from polytope_engine.errors import PolytopeEngineError


class _InterruptedEarlyError(Exception):
    """Ctrl-C at a moment when there was nothing to report yet."""


class OneLineFailures(TyperGroup):
    """A group of commands whose failures are one line on stderr."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; Ctrl-C where the command itself does not answer it becomes a failure like others."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as failure:
            raise _InterruptedEarlyError from failure

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line; leave with the exit code where a process is to end with it."""
        run = super().main
        code = _code_of(lambda: run(args, prog_name, complete_var, False, windows_expand_args, **extra))
        if standalone_mode:
            sys.exit(code)
        return code


def _code_of(run: Callable[[], Any]) -> int:
    try:
        code = run()
    except (_InterruptedEarlyError, KeyboardInterrupt, typer.Abort):
        return _say("interrupted before there was anything to report.", INTERRUPTED)
    except typer.Exit as leaving:
        return int(leaving.exit_code)
    except PolytopeEngineError as failure:
        return _say(str(failure), BAD_INPUT)
    except MemoryError:
        return _say(
            "out of memory; `count` keeps no regions, and a smaller domain has fewer of them", FAILURE
        )
    except OSError as failure:
        return _environment_failed(failure)
    except Exception as failure:  # noqa: BLE001  the last line of defense: no traceback for whoever types
        if isinstance(failure.__cause__, KeyboardInterrupt):  # while a class was made, say: Python wraps it
            return _say("interrupted before there was anything to report.", INTERRUPTED)
        if hasattr(failure, "format_message"):
            return _usage(failure)
        reason = f"{type(failure).__name__}: {failure}"
        return _say(f"something went wrong inside polytope_engine ({reason}); please report it", FAILURE)
    return code if isinstance(code, int) else 0


def _usage(failure: Any) -> int:
    context = getattr(failure, "ctx", None)
    message = failure.format_message().rstrip(".")
    if context is None:
        return _say(f"{message}.", BAD_INPUT)
    return _say(f"{message}. See `{context.command_path} --help`.", BAD_INPUT)


def _environment_failed(failure: OSError) -> int:
    name = f"`{failure.filename}`: " if failure.filename else ""
    return _say(f"{name}{failure.strerror or failure}.", BAD_INPUT)


def _say(message: str, code: int) -> int:
    line = " ".join(message.split())
    print(f"polytope-engine: {line}", file=sys.stderr)
    return code
