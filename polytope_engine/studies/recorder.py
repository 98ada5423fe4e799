"""How a study keeps its rows as they come, so that Ctrl-C loses only the one under way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from polytope_engine.errors import InvalidArgumentError
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


_SEEDS_END = 2**63
"""Seeds are below it, because torch takes no larger ones."""


def checked_seed(seed: object) -> int:
    """A seed: an integer from 0 to 2^63 - 1.

    Examples
    --------
    >>> checked_seed(-1)
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `seed` is -1; it must be an integer from 0 to 2^63 - 1.
    """
    number = _as_integer(seed)
    if number is None or not 0 <= number < _SEEDS_END:
        raise InvalidArgumentError(
            f"`seed` is {seed!r}; it must be an integer from 0 to 2^63 - 1.", seed=seed
        )
    return number


def checked_integer(value: object, name: str, least: int = 1) -> int:
    """One integer, from `least`.

    Examples
    --------
    >>> checked_integer([2, 3], "n_random")
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `n_random` is [2, 3]; it must be one integer, from 1.
    """
    number = _as_integer(value)
    if number is None or number < least:
        raise InvalidArgumentError(
            f"`{name}` is {value!r}; it must be one integer, from {least}.", value=value
        )
    return number


def checked_integers(
    values: object, name: str, least: int = 1, *, are_distinct: bool = False
) -> tuple[int, ...]:
    """One integer or several, each from `least`, and each once if they must be distinct.

    Examples
    --------
    >>> checked_integers([2, 0], "widths")
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `widths` has 0; each must be an integer from 1.
    >>> checked_integers([2, 2], "widths", are_distinct=True)
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `widths` has 2 twice; pass each once.
    """
    if isinstance(values, np.ndarray) and values.ndim == 1:
        values = list(values)
    listed = tuple(values) if isinstance(values, list | tuple | range) else (values,)
    if not listed:
        raise InvalidArgumentError(f"`{name}` is empty; pass at least one integer from {least}.")
    numbers: list[int] = []
    for value in listed:
        number = _as_integer(value)
        if number is None or number < least:
            raise InvalidArgumentError(
                f"`{name}` has {value!r}; each must be an integer from {least}.", value=value
            )
        if are_distinct and number in numbers:
            raise InvalidArgumentError(f"`{name}` has {number} twice; pass each once.", value=value)
        numbers.append(number)
    return tuple(numbers)


def _as_integer(value: object) -> int | None:
    """Python's or numpy's integer as Python's, which JSON holds; None for everything else."""
    return int(value) if isinstance(value, int | np.integer) and not isinstance(value, bool) else None
