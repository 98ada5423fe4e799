"""How a run ended, what it cost, and how its decisions were proven."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields


class Status(enum.Enum):
    """How a run ended; the value is the sentence a user reads.

    Examples
    --------
    >>> Status.MAX_REGIONS.is_complete
    False
    >>> print(Status.COMPLETE)
    complete: every region was found and proven
    """

    COMPLETE = "complete: every region was found and proven"
    MAX_REGIONS = "incomplete: stopped at `max_regions`; raise it, or leave it out, to find the rest"
    MAX_DISTANCE = "incomplete: stopped at `max_distance`; raise it, or leave it out, to find the rest"
    MAX_CELLS = "incomplete: stopped at `max_cells`; raise it, or leave it out, to find the rest"
    TIME_LIMIT = "incomplete: stopped at `time_limit`; raise it, or leave it out, to find the rest"
    INTERRUPTED = "incomplete: interrupted; run again to find the rest"

    @property
    def is_complete(self) -> bool:
        """Whether no region is missing."""
        return self is Status.COMPLETE

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Work:
    """What a run cost.

    Attributes
    ----------
    n_linear_programs : int
        Questions "which signs does this neuron take on this cell?" that the tree asked. Neurons whose sign a vertex
        told without a pivot are not among them.
    n_pivots : int
        Simplex pivots in floating point.
    n_splits : int
        Cells cut in two.
    n_rebuilds : int
        Dictionaries formed again from their tight rows.
    n_residue_decisions : int
        Questions that floating point left tied, decided by residues modulo primes in compiled code.
    n_exact_decisions : int
        Questions that neither could settle, decided in rational arithmetic.
    seconds : float
        Wall time of the run, compilation included.
    n_vertex_decisions : int
        Questions "which signs does this neuron take on this cell?" that the cell's vertices answered.
    """

    n_linear_programs: int
    n_pivots: int
    n_splits: int
    n_rebuilds: int
    n_residue_decisions: int
    n_exact_decisions: int
    seconds: float
    n_vertex_decisions: int = 0

    def as_dict(self) -> dict[str, int | float]:
        """The fields as a dictionary."""
        return asdict(self)

    @classmethod
    def total(cls, parts: Sequence[Work], seconds: float) -> Work:
        """The sum of several, with the time that they took together."""
        sums = {name: sum(int(getattr(part, name)) for part in parts) for name in _COUNTED_WORK}
        return cls(**sums, seconds=seconds)


_COUNTED_WORK = tuple(field.name for field in fields(Work) if field.name != "seconds")


@dataclass(frozen=True)
class Certificate:
    """How the decisions behind a result were proven.

    A *dropped side* is one side of a neuron's hyperplane that a cell does not reach. Each is
    proven empty by Farkas multipliers. Each region is proven to exist by an interior point.

    Attributes
    ----------
    n_regions_float, n_regions_exact : int
        Regions whose interior point was verified with a rigorous float error bound, or in
        rational arithmetic.
    n_drops_float, n_drops_residues, n_drops_exact : int
        Dropped sides whose multipliers were proven with a rigorous float error bound; with floats for
        the multipliers that are positive and residues modulo primes for those that are zero; or in
        rational arithmetic.
    n_identically_zero : int
        Cells on which a neuron was proven to vanish identically.
    n_cuts_exact : int
        Cuts decided in rational arithmetic, because floats could not tell.
    n_empty_sides : int
        Sides that floats proposed and rational arithmetic proved empty.
    """

    n_regions_float: int
    n_regions_exact: int
    n_drops_float: int
    n_drops_residues: int
    n_drops_exact: int
    n_identically_zero: int
    n_cuts_exact: int
    n_empty_sides: int

    def as_dict(self) -> dict[str, int]:
        """The fields as a dictionary."""
        return asdict(self)

    @classmethod
    def total(cls, parts: Sequence[Certificate]) -> Certificate:
        """The sum of several."""
        names = [field.name for field in fields(cls)]
        return cls(**{name: sum(getattr(part, name) for part in parts) for name in names})

    def __str__(self) -> str:
        regions = self.n_regions_float + self.n_regions_exact
        drops = self.n_drops_float + self.n_drops_residues + self.n_drops_exact
        return (
            f"{_counted(regions, 'region')} proven to exist ({self.n_regions_exact:,} in rational arithmetic), "
            f"{_counted(drops, 'dropped side')} proven empty ({self.n_drops_residues:,} with residues modulo primes, "
            f"{self.n_drops_exact:,} in rational arithmetic), "
            f"{_counted(self.n_identically_zero, 'neuron')} proven to vanish on a cell, "
            f"{_counted(self.n_empty_sides, 'proposed side')} refused"
        )


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
