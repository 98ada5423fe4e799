"""`study`: an experiment that puts exact numbers beside bounds and estimates, as a page with figures."""

from __future__ import annotations

from pathlib import Path

import typer

from polytope_engine.cli.exit_codes import COMPLETE, INTERRUPTED
from polytope_engine.cli.facts import as_json as to_json
from polytope_engine.cli.progress import watched
from polytope_engine.cli.text import labeled, table_lines


def run_study(name: str | None, out: Path | None, seed: int, *, quick: bool, as_json: bool) -> int:
    """Run a study, or list them all; the exit code."""
    from polytope_engine import studies
    from polytope_engine.plotting.study_page import prepared

    if name is None:
        rows = [(about.name, about.question) for about, _ in studies.STUDIES.values()]
        listed = [{"name": study, "question": question} for study, question in rows]
        typer.echo(
            to_json({"command": "study", "studies": listed})
            if as_json
            else "\n".join(table_lines(("study", "what it asks"), rows))
        )
        return COMPLETE
    studies.named(name)
    folder = prepared(out or Path(f"study_{name}"))
    with watched(name, quiet=as_json, noun="steps") as progress:
        found = studies.run(name, quick=quick, seed=seed, progress=progress)
    try:
        page = found.save(folder)
    except KeyboardInterrupt:
        numbers = folder / "study.json"
        numbers.write_text(found.to_json(), encoding="utf-8")
        typer.echo(
            f"polytope-engine: interrupted while the page was written; all numbers are in {numbers}.",
            err=True,
        )
        return INTERRUPTED
    if as_json:
        typer.echo(found.to_json(), nl=False)
    else:
        lines = [*labeled("study", found.title), *labeled("question", found.question)]
        if not found.is_finished:
            lines += labeled("status", "interrupted; the page has what was done until then")
        lines += labeled("findings", *[f"- {finding}" for finding in found.findings])
        lines += labeled("page", str(page))
        typer.echo("\n".join(lines))
    return COMPLETE if found.is_finished else INTERRUPTED
