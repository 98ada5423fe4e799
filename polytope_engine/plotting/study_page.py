"""A study as a directory: `study.json`, figures as .png and .pdf, and `index.html`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.studies.result import StudyResult, Table

_MOST_ROWS = 40
_DPI = 150


def write_page(study: StudyResult, directory: Path) -> Path:
    """Write a study's files; the path of its page.

    Parameters
    ----------
    study : StudyResult
    directory : Path
        Made if it is not there.

    Raises
    ------
    InvalidArgumentError
        If no files can be written there.
    """
    from jinja2 import Environment, PackageLoader

    prepared(directory)
    (directory / "study.json").write_text(study.to_json(), encoding="utf-8")
    figures = study.figures()
    for drawn in figures:
        for suffix in ("png", "pdf"):
            drawn.figure.savefig(directory / f"{drawn.name}.{suffix}", dpi=_DPI, bbox_inches="tight")
    pages = Environment(
        loader=PackageLoader("polytope_engine.plotting", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = directory / "index.html"
    text = pages.get_template("study_page.html").render(
        study=study,
        figures=figures,
        settings={name: repr(value) for name, value in study.settings.items()},
        tables={name: _shown(table) for name, table in study.tables.items()},
    )
    page.write_text(text, encoding="utf-8")
    return page


def prepared(directory: Path) -> Path:
    """The directory, made if it is not there.

    Raises
    ------
    InvalidArgumentError
        If no files can be written there.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise InvalidArgumentError(
            f"`directory` is {str(directory)!r}, where no files can be written ({error.strerror}); "
            "name a folder where they can.",
            directory=directory,
        ) from error
    return directory


def _shown(table: Table) -> dict[str, Any]:
    """The first rows of a table as texts, and which columns hold numbers."""
    return {
        "about": table.about,
        "columns": table.columns,
        "rows": [[_text(row[name]) for name in table.columns] for row in table.rows[:_MOST_ROWS]],
        "n_rows": len(table),
        "n_left_out": max(0, len(table) - _MOST_ROWS),
    }


def _text(value: Any) -> str:
    """A value as a person reads it.

    Examples
    --------
    >>> _text(41280), _text(0.123456789), _text(None), _text(True)
    ('41,280', '0.12346', '–', 'yes')
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.5g}" if isinstance(value, float) else str(value)
