"""What a bound says of itself: of which number, of which networks, by whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from polytope_engine.errors import InvalidArgumentError

KINDS = ("upper", "lower", "exact", "expectation")
Function = TypeVar("Function", bound=Callable[..., Any])
_RECORDS: dict[str, BoundRecord] = {}


@dataclass(frozen=True)
class BoundRecord:
    """The facts about a bound that a program can read.

    Attributes
    ----------
    name : str
        The function in `pe.bounds`.
    kind : {"upper", "lower", "exact", "expectation"}
        An upper bound holds for every network that it applies to; a lower bound for the best of them,
        so that some network has as many. "exact" numbers hold for every network, or for almost all if
        `needs_generic`.
    applies_to : str
        The class of networks.
    needs_generic : bool
        Whether weights must be in general position.
    region_definition : str
        What is bounded: R1, R2, R4, R5 or R6 of `docs/concepts.md`, or other words where it is no number of regions.
    source : str
        Paper, theorem, and DOI or arXiv number; or how it is derived.
    verified : bool
        Whether the statement was compared with the paper, or proven or computed independently. If not,
        the docstring says what is in doubt.
    attained_by : str or None
        A family of `pe.library` that has this many regions (R2), or faces, or facets. How many linear regions it has
        depends on its output layer, too.
    """

    name: str
    kind: str
    applies_to: str
    needs_generic: bool
    region_definition: str
    source: str
    verified: bool
    attained_by: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The attributes, for JSON."""
        return asdict(self)


def bound(
    kind: str,
    applies_to: str,
    source: str,
    *,
    region_definition: str = "R2",
    needs_generic: bool = False,
    verified: bool = True,
    attained_by: str | None = None,
) -> Callable[[Function], Function]:
    """Register a function as a bound; its record then stands in `records()`."""

    def registered(function: Function) -> Function:
        name = function.__name__
        _RECORDS[name] = BoundRecord(
            name, kind, applies_to, needs_generic, region_definition, source, verified, attained_by
        )
        return function

    return registered


def records(kind: str | None = None) -> tuple[BoundRecord, ...]:
    """The records of all bounds, by kind and name.

    Parameters
    ----------
    kind : {"upper", "lower", "exact", "expectation"}, optional
        Only those of this kind.

    Raises
    ------
    InvalidArgumentError
        If there is no such kind.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> pe.bounds.records("lower")[0].name
    'arora_2018_lower'
    """
    if kind is not None and kind not in KINDS:
        raise InvalidArgumentError(f"`kind` is {kind!r}, but must be one of {', '.join(KINDS)}.", kind=kind)
    listed = sorted(_RECORDS.values(), key=lambda r: (KINDS.index(r.kind), r.name))
    return tuple(r for r in listed if kind in (None, r.kind))


def record(name: str) -> BoundRecord:
    """The record of one bound.

    Raises
    ------
    InvalidArgumentError
        If there is no bound of this name.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> pe.bounds.record("serra_2018_upper").region_definition
    'R2'
    """
    if name not in _RECORDS:
        raise InvalidArgumentError(
            f"`name` is {name!r}, but must be that of a bound: {', '.join(_RECORDS)}.", name=name
        )
    return _RECORDS[name]
