"""What a study answers with: tables of numbers, and sentences that are computed from them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polytope_engine.errors import FileFormatError, InvalidArgumentError, MissingFileError

if TYPE_CHECKING:
    from polytope_engine.plotting.study_figures import StudyFigure

FORMAT = "polytope_engine study"
FORMAT_VERSION = 1

Value = int | float | str | bool | None
Row = dict[str, Any]


@dataclass(frozen=True, repr=False)
class Table:
    """Numbers of a study, row by row.

    Attributes
    ----------
    about : str
        What a row is, in a sentence.
    columns : mapping of str to str
        What each column holds, with its unit, by the column's name.
    rows : tuple of dict
        The rows; each has a value for every column: a number, a text, a truth value, or None where there is none.

    Examples
    --------
    >>> squares = Table("One row a number.", {"n": "the number", "square": "its square"}, ({"n": 2, "square": 4},))
    >>> squares["square"], len(squares), squares.where(n=3).rows
    ([4], 1, ())
    """

    about: str
    columns: Mapping[str, str]
    rows: tuple[Row, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, column: str) -> list[Any]:
        """A column.

        Raises
        ------
        InvalidArgumentError
            If there is none of this name.
        """
        if column not in self.columns:
            raise InvalidArgumentError(
                f"There is no column {column!r}; the columns are {', '.join(self.columns)}.", column=column
            )
        return [row[column] for row in self.rows]

    def __repr__(self) -> str:
        return f"<Table: {len(self)} rows of {', '.join(self.columns)}>"

    def where(self, **values: Value) -> Table:
        """The rows that have these values."""
        kept = tuple(row for row in self.rows if all(row[name] == value for name, value in values.items()))
        return Table(self.about, self.columns, kept)

    def distinct(self, column: str) -> list[Any]:
        """The values of a column, each once, in the order in which they come."""
        return list(dict.fromkeys(self[column]))

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON; columns in full."""
        return {
            "about": self.about,
            "columns": dict(self.columns),
            "values": {name: self[name] for name in self.columns},
        }


@dataclass(frozen=True)
class Finding:
    """A sentence that a study's numbers say, and these numbers.

    Attributes
    ----------
    sentence : str
    numbers : mapping of str to a number, a text or a truth value
        What the sentence was written from.
    """

    sentence: str
    numbers: Mapping[str, Value] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, eq=False, repr=False)
class StudyResult:
    """What a study found.

    Attributes
    ----------
    name : str
        Of the study, as in ``polytope-engine study NAME``.
    title, question : str
        What it is about, and what it asks, in a sentence each.
    settings : mapping of str to anything that JSON holds
        With what it ran; with the same, and the same version, it finds the same.
    tables : mapping of str to Table
        The numbers.
    findings : tuple of Finding
        What they say.
    sources : tuple of str
        Papers and theorems.
    is_finished : bool
        False if it was interrupted; the tables then hold what was done until then.
    seconds : float
        How long it took.
    version : str
        Of polytope_engine.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> found = pe.studies.depth(quick=True)
    >>> found
    <StudyResult depth: ... rows in 2 tables, 3 findings>
    """

    name: str
    title: str
    question: str
    settings: Mapping[str, Any]
    tables: Mapping[str, Table]
    findings: tuple[Finding, ...]
    sources: tuple[str, ...]
    is_finished: bool
    seconds: float
    version: str

    def __repr__(self) -> str:
        n_rows = sum(len(table) for table in self.tables.values())
        state = "" if self.is_finished else ", interrupted"
        n_tables, n_findings = len(self.tables), len(self.findings)
        return (
            f"<StudyResult {self.name}: {n_rows} rows in {n_tables} table{'s'[: n_tables != 1]}, "
            f"{n_findings} finding{'s'[: n_findings != 1]}{state}>"
        )

    def figures(self) -> list[StudyFigure]:
        """The pictures of the numbers, each with a name and a caption; see `polytope_engine.plotting.study_figures`."""
        from polytope_engine.plotting.study_figures import draw_study

        return draw_study(self)

    def save(self, directory: str | os.PathLike[str]) -> Path:
        """Write `study.json`, the figures as .png and .pdf, and `index.html`, a page to read.

        Parameters
        ----------
        directory : path
            Made if it is not there; files of the same names are replaced.

        Returns
        -------
        Path
            Of the page.

        Raises
        ------
        InvalidArgumentError
            If no files can be written there.
        """
        from polytope_engine.plotting.study_page import write_page

        return write_page(self, Path(directory))

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "name": self.name,
            "title": self.title,
            "question": self.question,
            "settings": dict(self.settings),
            "is_finished": self.is_finished,
            "findings": [{"sentence": f.sentence, "numbers": dict(f.numbers)} for f in self.findings],
            "tables": {name: table.as_dict() for name, table in self.tables.items()},
            "sources": list(self.sources),
            "seconds": self.seconds,
            "version": self.version,
        }

    def to_json(self) -> str:
        """`as_dict` as text; infinities and nans are written as texts, so that every reader takes it."""
        return json.dumps(_plain(self.as_dict()), indent=1, allow_nan=False) + "\n"


def load_study(path: str | os.PathLike[str]) -> StudyResult:
    """Read the `study.json` that `StudyResult.save` wrote.

    Parameters
    ----------
    path : path
        Of the file, or of the directory that it is in.

    Raises
    ------
    MissingFileError, FileFormatError
        If there is no such file, or it holds no study.
    """
    file = Path(path)
    file = file / "study.json" if file.is_dir() else file
    if not file.is_file():
        raise MissingFileError(
            f"There is no file {str(file)!r}; a study is saved in a directory, as study.json."
        )
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
        if facts["format"] != FORMAT or not 1 <= facts["format_version"] <= FORMAT_VERSION:
            raise KeyError("format")
        return _from_dict(facts)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FileFormatError(
            f"{str(file)!r} holds no study that this version reads; run the study again."
        ) from error


def _from_dict(facts: dict[str, Any]) -> StudyResult:
    tables = {}
    for name, table in facts["tables"].items():
        columns = {column: [_number(v) for v in table["values"][column]] for column in table["columns"]}
        rows = zip(*columns.values(), strict=True)
        tables[name] = Table(
            table["about"],
            dict(table["columns"]),
            tuple(dict(zip(columns, row, strict=True)) for row in rows),
        )
    findings = tuple(
        Finding(f["sentence"], {k: _number(v) for k, v in f["numbers"].items()}) for f in facts["findings"]
    )
    if not isinstance(facts["name"], str) or not isinstance(facts["is_finished"], bool):
        raise TypeError("name, is_finished")
    return StudyResult(
        facts["name"],
        facts["title"],
        facts["question"],
        {name: _number(value) for name, value in facts["settings"].items()},
        tables,
        findings,
        tuple(facts["sources"]),
        facts["is_finished"],
        float(facts["seconds"]),
        facts["version"],
    )


_NOT_FINITE = {"Infinity": np.inf, "-Infinity": -np.inf, "NaN": np.nan}


def _number(value: Any) -> Any:
    return _NOT_FINITE.get(value, value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    """What JSON holds: no numpy, no infinities."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return "NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
