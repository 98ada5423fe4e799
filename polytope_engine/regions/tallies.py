"""How often each number of facets, or size, occurs among regions that are counted and not kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.kernels import search_state as state
from polytope_engine.regions.cell_measuring import CellMeasurer, Task
from polytope_engine.regions.columns import COLUMNS, checked_names
from polytope_engine.regions.search import CellSearch

BINS_AN_OCTAVE = 4


@dataclass
class Tally:
    """How often the values of a column of `RegionSet.measure` occur.

    Attributes
    ----------
    name : str
        Of the column.
    counts : dict of int to int
        For numbers (facets, vertices, simplices, truth values): how many regions have each. For sizes: how many have a
        size of at least 2**(k / 4) and less than 2**((k + 1) / 4), by k.
    n_infinite : int
        Regions whose size is infinite.
    least, greatest : float or None
        Of the finite values.

    Examples
    --------
    >>> tally = Tally("n_facets")
    >>> tally.add(np.array([3, 4, 4]))
    >>> tally.counts, tally.n_regions, tally.mean, tally.least
    ({3: 1, 4: 2}, 3, 3.6666666666666665, 3)
    >>> sizes = Tally("volume")
    >>> sizes.add(np.array([1.0, 1.1, 2.0, np.inf]))
    >>> sizes.counts, sizes.n_infinite, sizes.edges(4)
    ({0: 2, 4: 1}, 1, (2.0, 2.378414230005442))
    """

    name: str
    counts: dict[int, int] = field(default_factory=dict)
    n_infinite: int = 0
    least: float | None = None
    greatest: float | None = None

    @property
    def is_binned(self) -> bool:
        """Whether values are sizes, in bins."""
        return COLUMNS[self.name].dtype is np.float64 and self.name != "n_simplices"

    @property
    def n_regions(self) -> int:
        """How many values there are."""
        return sum(self.counts.values()) + self.n_infinite

    @property
    def mean(self) -> float | None:
        """The mean of numbers; None for sizes, of which only bins are known, and where one is infinite."""
        if self.is_binned or self.n_infinite or not self.counts:
            return None
        return sum(value * n for value, n in self.counts.items()) / self.n_regions

    def edges(self, k: int) -> tuple[float, float]:
        """Where bin k begins and ends."""
        return 2.0 ** (k / BINS_AN_OCTAVE), 2.0 ** ((k + 1) / BINS_AN_OCTAVE)

    def add(self, values: NDArray[Any]) -> None:
        """Count more values."""
        finite = np.asarray(values[np.isfinite(values)] if values.dtype.kind == "f" else values)
        self.n_infinite += len(values) - len(finite)
        if not len(finite):
            return
        low, high = finite.min().item(), finite.max().item()
        self.least = low if self.least is None else min(self.least, low)
        self.greatest = high if self.greatest is None else max(self.greatest, high)
        if self.is_binned:
            finite = np.floor(BINS_AN_OCTAVE * np.log2(finite))
        keys, times = np.unique(finite, return_counts=True)
        counts = Counter(self.counts)
        counts.update(dict(zip((int(key) for key in keys), times.tolist(), strict=True)))
        self.counts = dict(sorted(counts.items()))

    @classmethod
    def total(cls, name: str, parts: Iterable[Tally]) -> Tally:
        """The sum of several."""
        result, counts = cls(name), Counter[int]()
        for part in parts:
            counts.update(part.counts)
            result.n_infinite += part.n_infinite
            if part.least is not None and part.greatest is not None:
                result.least = part.least if result.least is None else min(result.least, part.least)
                result.greatest = (
                    part.greatest if result.greatest is None else max(result.greatest, part.greatest)
                )
        result.counts = dict(sorted(counts.items()))
        return result

    def as_dict(self) -> dict[str, Any]:
        """The attributes, for JSON."""
        return {
            "name": self.name,
            "counts": {str(value): n for value, n in self.counts.items()},
            "n_infinite": self.n_infinite,
            "least": self.least,
            "greatest": self.greatest,
        }

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Tally:
        """What `as_dict` returned."""
        counts = {int(value): int(n) for value, n in facts["counts"].items()}
        return cls(facts["name"], counts, facts["n_infinite"], facts["least"], facts["greatest"])


class CellTallier:
    """Measures the cells that a search finds, batch by batch, and keeps tallies alone.

    Parameters
    ----------
    task : Task
        Its columns are tallied.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.tallies = {name: Tally(name) for name in task.names}
        self.search: CellSearch | None = None
        self.measurer: CellMeasurer | None = None

    def __call__(self, _first: int, cells: state.Cells) -> None:
        """Take a batch."""
        if self.measurer is None and self.search is not None:
            self.measurer = CellMeasurer(self.task, self.search)
        if self.measurer is not None:
            for name, column in self.measurer.measure(cells).items():
                self.tallies[name].add(column)

    def another(self) -> CellTallier:
        """One for another search."""
        return CellTallier(self.task)


def checked_statistics(names: Any) -> tuple[str, ...]:
    """The columns that are tallied, each once.

    Raises
    ------
    InvalidArgumentError
        If there is no such column, or it holds points.

    Examples
    --------
    >>> checked_statistics("n_facets")
    ('n_facets',)
    >>> checked_statistics(["centroid"])
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `statistics` has 'centroid', which holds points; ...
    """
    if not isinstance(names, Iterable):
        raise InvalidArgumentError(
            f"`statistics` is {names!r}; it must be the name of a column, or several.", statistics=names
        )
    listed: Sequence[Any] = [names] if isinstance(names, str) else list(names)
    if not listed:
        return ()
    chosen = checked_names(listed, exact=False)
    for name in chosen:
        if COLUMNS[name].is_vector:
            raise InvalidArgumentError(
                f"`statistics` has {name!r}, which holds points; pass columns of numbers.", name=name
            )
    return chosen
