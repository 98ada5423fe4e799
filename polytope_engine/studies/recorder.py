"""How a study keeps its rows as they come, so that Ctrl-C loses only the one under way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from polytope_engine.studies.result import Finding, Row, StudyResult, Table, Value

Progress = Callable[[int, float], None]
Tables = Mapping[str, Table]


@dataclass(frozen=True)
class About:
    """What is known of a study before it runs."""

    name: str
    title: str
    question: str
    sources: tuple[str, ...]


@dataclass
class Recorder:
    """The tables of a study while it runs.

    Parameters
    ----------
    about : About
    settings : dict
        With what it runs.
    empty_tables : dict of str to Table
        What will be filled.
    n_steps : int
        How many calls of `step` there will be.
    progress : callable, optional
        Called as ``progress(n_steps_done, fraction_done)`` after each step.

    Examples
    --------
    >>> about = About("squares", "Squares", "What are the squares?", ())
    >>> recorder = Recorder(about, {}, {"squares": Table("One row a number.", {"n": "", "square": ""})}, 2)
    >>> with recorder.running():
    ...     for n in (2, 3):
    ...         recorder.add("squares", n=n, square=n * n)
    ...         recorder.step()
    >>> recorder.result(lambda tables: [Finding(f"The last is {tables['squares']['square'][-1]}.")])
    <StudyResult squares: 2 rows in 1 table, 1 finding>
    """

    about: About
    settings: dict[str, Any]
    empty_tables: Tables
    n_steps: int
    progress: Progress | None = None
    is_finished: bool = False
    _n_done: int = 0
    _began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._rows: dict[str, list[Row]] = {name: [] for name in self.empty_tables}

    def add(self, table: str, **values: Value) -> None:
        """Keep a row, which has a value for every column of its table and for nothing else."""
        columns = self.empty_tables[table].columns
        if values.keys() != columns.keys():
            raise KeyError(f"{table}: {sorted(values.keys() ^ columns.keys())}")
        self._rows[table].append({name: _as_value(values[name]) for name in columns})

    def step(self) -> None:
        """One more of the steps is done."""
        self._n_done += 1
        if self.progress is not None:
            self.progress(self._n_done, min(1.0, self._n_done / self.n_steps))

    @contextmanager
    def running(self) -> Iterator[None]:
        """The work itself; Ctrl-C inside ends it, and `is_finished` stays False."""
        try:
            yield
            self.is_finished = True
        except KeyboardInterrupt:
            self.is_finished = False

    def result(self, findings: Callable[[Tables], list[Finding]]) -> StudyResult:
        """What was found; `findings` writes the sentences from tables that have at least one row each."""
        from polytope_engine import __version__

        tables = {
            name: Table(table.about, table.columns, tuple(self._rows[name]))
            for name, table in self.empty_tables.items()
        }
        sentences = findings(tables) if self.is_finished else []
        return StudyResult(
            self.about.name,
            self.about.title,
            self.about.question,
            self.settings,
            tables,
            tuple(sentences),
            self.about.sources,
            self.is_finished,
            time.monotonic() - self._began,
            __version__,
        )


def _as_value(value: object) -> Value:
    """A value of a row; numpy's numbers become Python's.

    Examples
    --------
    >>> _as_value(np.int64(3)), _as_value(np.bool_(True)), _as_value(None)
    (3, True, None)
    """
    plain = value.item() if isinstance(value, np.generic) else value
    if plain is not None and not isinstance(plain, int | float | str):
        raise TypeError(f"{value!r} is no number, text, truth value or None")
    return plain
