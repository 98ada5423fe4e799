"""The command line: `polytope-engine`. The only part of the package that prints."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line with the arguments of the process, and leave with its exit code."""
    try:
        from polytope_engine.cli.application import application

        application(prog_name="polytope-engine")
    except KeyboardInterrupt:
        sys.exit(130)
