"""Searches and measurements that are complete or not at all, lest Ctrl-C within one leave a wrong number in a table.

Elsewhere a search that is interrupted answers with what it found, and says that it is not all. In a study that would be
one more row.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.enumeration import count_regions
from polytope_engine.regions.outcome import Status


class Enumerated(Protocol):
    """What an enumeration returns."""

    @property
    def status(self) -> Status:
        """How it ended."""


class ForAllRegions(Protocol):
    """What a walk over all regions returns."""

    @property
    def is_complete(self) -> bool:
        """Whether it came to all of them."""


Found = TypeVar("Found", bound=Enumerated)
Measured = TypeVar("Measured", bound=ForAllRegions)


def whole(found: Found) -> Found:
    """What an enumeration found, if it is all there is.

    An enumeration that Ctrl-C ends returns what it has; its number of regions is none of the network.

    Raises
    ------
    KeyboardInterrupt
        If it was ended early: the study ends, too, and keeps the rows so far.
    """
    if not found.status.is_complete:
        raise KeyboardInterrupt
    return found


def all_measured(measured: Measured) -> Measured:
    """Measurements or angles, if they are of every region; Ctrl-C ends these early, too.

    Raises
    ------
    KeyboardInterrupt
        If it was ended early.
    """
    if not measured.is_complete:
        raise KeyboardInterrupt
    return measured


def number_of_regions(network: ReLUNetwork, domain: HPolytope | None = None) -> int:
    """How many regions there are; otherwise as `whole`.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> number_of_regions(pe.library.generic(3, 2).network)
    7
    """
    return whole(count_regions(network, domain)).n_regions
