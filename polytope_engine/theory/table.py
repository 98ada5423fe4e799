"""The bounds that apply to one network, beside its exact number of regions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from polytope_engine.errors import InvalidArgumentError, InvalidNetworkError
from polytope_engine.network.library.parameters import checked_integer
from polytope_engine.network.rationals import number_text
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.arguments import check_limits, check_network, check_progress
from polytope_engine.regions.enumeration import Progress, RegionCount, count_regions
from polytope_engine.regions.working_space import checked_domain
from polytope_engine.theory.applicable import applicable_bounds
from polytope_engine.theory.arguments import ratio_of
from polytope_engine.theory.record import BoundRecord, record

_EXACT_UP_TO = 10**15


@dataclass(frozen=True)
class BoundRow:
    """One bound, for one network.

    Attributes
    ----------
    name : str
        The function in `pe.bounds`.
    value : int
        Its value.
    note : str
        What of the network it uses.
    kind : str
        "upper", "lower" or "exact".
    ratio : float or None
        The value divided by the number of regions, if these were counted; at most this if only some were. Infinite
        beyond the range of floats.
    record : BoundRecord
        Where it is from, and what it is about.
    """

    name: str
    value: int
    note: str
    kind: str
    ratio: float | None
    record: BoundRecord

    def as_dict(self) -> dict[str, Any]:
        """The row for JSON; the value as text, for it may have more digits than a float."""
        facts = {
            "name": self.name,
            "kind": self.kind,
            "value": number_text(Fraction(self.value)),
            "note": self.note,
        }
        ratio = None if self.ratio is None or math.isinf(self.ratio) else self.ratio
        return {**self.record.as_dict(), **facts, "ratio": ratio}


@dataclass(frozen=True)
class BoundTable:
    """Bounds on the number of regions of a network, the largest first, and the number itself.

    Attributes
    ----------
    rows : tuple of BoundRow
        Exact numbers, then upper bounds, then lower bounds on the best network of the same widths.
    n_regions : int or None
        How many regions were counted; None if they were not.
    is_complete : bool
        Whether that is all of them.
    title : str
        The network and the domain.
    count : RegionCount or None
        The count made for the table.
    """

    rows: tuple[BoundRow, ...]
    n_regions: int | None
    is_complete: bool
    title: str
    count: RegionCount | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[BoundRow]:
        return iter(self.rows)

    def __getitem__(self, name: str) -> BoundRow:
        """The row of this name with the smallest value."""
        found = [row for row in self.rows if row.name == name]
        if not found:
            names = ", ".join(dict.fromkeys(row.name for row in self.rows))
            raise InvalidArgumentError(f'"{name}" is no bound of this table, which has {names}.', name=name)
        return min(found, key=lambda row: row.value)

    def as_dict(self) -> dict[str, Any]:
        """The table for JSON."""
        return {
            "n_regions": self.n_regions,
            "complete": self.is_complete,
            "bounds": [row.as_dict() for row in self.rows],
        }

    def __str__(self) -> str:
        counted = [] if self.n_regions is None else [self._counted()]
        return "\n".join([self.title, *counted, "", *self.lines()])

    def lines(self) -> list[str]:
        """The table alone, as lines of text of at most 100 characters."""
        lines = []
        titles = ("kind", "bound", "value", "value/regions", "about")
        cells = [titles, *((r.kind, r.name, short(r.value), self._ratio(r), r.note) for r in self.rows)]
        kept = [k for k in range(5) if k != 3 or self.n_regions is not None]
        widths = {k: max(len(row[k]) for row in cells) for k in kept}
        for row in cells:
            parts = [row[k].rjust(widths[k]) if k in (2, 3) else row[k].ljust(widths[k]) for k in kept]
            lines.append("  ".join(parts).rstrip())
        return lines

    def _counted(self) -> str:
        at_least = "" if self.is_complete else "at least "
        return f"{at_least}{self.n_regions:,} region{'' if self.n_regions == 1 else 's'}, counted exactly"

    def _ratio(self, row: BoundRow) -> str:
        if row.ratio is None:
            return ""
        at_most = "" if self.is_complete else "<= "
        if row.ratio < 1000:
            return f"{at_most}{row.ratio:.2f}"
        if math.isinf(row.ratio):
            return at_most + short(row.value // (self.n_regions or 1))
        return at_most + (f"{row.ratio:,.0f}" if row.ratio < 1e6 else f"{row.ratio:.2e}")


def short(value: int) -> str:
    """An integer in full if it has at most 15 digits, else rounded to four.

    Examples
    --------
    >>> short(616666), short(2**1000)
    ('616,666', '~1.072e+301')
    """
    if value < _EXACT_UP_TO:
        return f"{value:,}"
    exponent = int((value.bit_length() - 1) * math.log10(2))
    leading = float(Fraction(value, 10**exponent))
    if leading >= 9.9995:
        leading, exponent = leading / 10, exponent + 1
    return f"~{leading:.3f}e+{exponent}"


def table(
    network: ReLUNetwork,
    domain: HPolytope | None = None,
    *,
    count: bool | int | RegionCount = True,
    time_limit: float | None = 60.0,
    progress: Progress | None = None,
) -> BoundTable:
    """The bounds that apply to a network, by its widths, slopes, biases, ranks and domain, beside its regions.

    Upper bounds hold for this network: in all of R^d, and so on any domain. Lower bounds hold for the best
    ReLU network of the same widths, and may be larger than the number of regions of this one.

    Parameters
    ----------
    network : ReLUNetwork
        With at least one hidden layer.
    domain : HPolytope, optional
        Where regions are counted; all of R^d by default.
    count : bool, int or RegionCount
        Whether to count the regions; or how many there are, if that is known.
    time_limit : float, optional
        Stop counting after about that many seconds; ratios are upper bounds then. None for no limit.
    progress : callable, optional
        Called several times a second as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    BoundTable
        Print it, or read its rows. Ctrl-C ends the counting, with what was found.

    Raises
    ------
    InvalidNetworkError, InvalidDomainError, InvalidArgumentError
        If an argument is not what it must be.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> print(pe.bounds.table(pe.library.tight_plane().network))
    2-2-2-1 with ReLU in all of R^2
    11 regions, counted exactly
    <BLANKLINE>
    kind   bound                value  value/regions  about
    upper  montufar_2014_upper     16           1.45  2^N
    upper  raghu_2017_upper        16           1.45  widths
    upper  montufar_2017_upper     16           1.45  widths
    upper  serra_2018_upper        11           1.00  widths
    lower  arora_2018_lower         4           0.36  the best network of these widths
    lower  montufar_2014_lower      4           0.36  the best network of these widths
    lower  pascanu_2013_lower       4           0.36  the best network of these widths
    """
    check_network(network)
    check_limits(time_limit=time_limit)
    check_progress(progress, "n_regions")
    if not network.n_hidden_layers:
        raise InvalidNetworkError(
            "`network` has no hidden layer, so it has one region and no bounds.", network=network
        )
    domain = checked_domain(network, domain)
    bounds = applicable_bounds(network, domain)
    found: RegionCount | None = None
    n_regions, is_complete = None, False
    if isinstance(count, RegionCount):
        found = count
    elif count is True:
        found = count_regions(network, domain, time_limit=time_limit, progress=progress)
    elif count is not False:
        n_regions, is_complete = _checked_count(count), True
    if found is not None:
        n_regions, is_complete = found.n_regions, found.status.is_complete
    rows = tuple(
        BoundRow(name, value, note, kind, ratio_of(value, n_regions) if n_regions else None, record(name))
        for name, value, note, kind in bounds
    )
    return BoundTable(rows, n_regions, is_complete, _title(network, domain), found)


def _checked_count(count: Any) -> int:
    try:
        return checked_integer("count", count, 1)
    except InvalidArgumentError as failure:
        raise InvalidArgumentError(
            f"`count` is {count!r}, but must be True, False, or a positive number of regions.", count=count
        ) from failure


def _title(network: ReLUNetwork, domain: HPolytope | None) -> str:
    d = network.input_dim
    shape = "-".join(map(str, (d, *network.hidden_widths, network.output_dim)))
    kind = "leaky ReLU" if any(slope.any() for slope in network.negative_slopes) else "ReLU"
    return f"{shape} with {kind} in {f'all of R^{d}' if domain is None else f'a polytope of R^{d}'}"
