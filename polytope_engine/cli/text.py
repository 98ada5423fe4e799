"""What a command found, as lines for a person."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from polytope_engine.cli.facts import Facts

if TYPE_CHECKING:
    from polytope_engine.regions.tallies import Tally

_LABEL = 12
_BAR = 40


def labeled(label: str, *lines: str) -> list[str]:
    """Lines behind a label in the left margin."""
    return [f"{label if k == 0 else '':<{_LABEL}}{line}" for k, line in enumerate(lines)]


def table_lines(titles: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """A table with its titles in the first line; the columns `right` are flush right.

    Examples
    --------
    >>> print(*table_lines(("name", "n"), [("hat", "4"), ("boolean(4)", "16")], right=(1,)), sep="\\n")
    name         n
    hat          4
    boolean(4)  16
    """
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if k in right else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (titles, *rows)
    ]


def network_lines(network: Facts) -> list[str]:
    """The network in one line, and what its reader had to round."""
    shape = "-".join(str(n) for n in (network["input_dim"], *network["hidden_widths"], network["output_dim"]))
    kind = "leaky ReLU" if network["is_leaky"] else "ReLU"
    lines = [f"{shape}, {counted(network['n_neurons'], f'{kind} neuron')}  ({network['source']})"]
    if network["rounded_layers"]:
        lines.append(f"rounded to float64 when it was read: {', '.join(network['rounded_layers'])}")
    return labeled("network", *lines)


def domain_lines(domain: Facts) -> list[str]:
    """The domain in one line."""
    d = domain["dimension"]
    if domain["kind"] == "whole_space":
        return labeled("domain", f"all of R^{d}")
    if domain["kind"] == "polytope":
        return labeled("domain", f"a polytope in R^{d} with {counted(len(domain['b']), 'row')}")
    lower, upper = domain["lower"], domain["upper"]
    if len(set(lower)) == len(set(upper)) == 1:
        return labeled("domain", f"the box [{lower[0]:g}, {upper[0]:g}]^{d}")
    sides = [f"[{low:g}, {high:g}]" for low, high in zip(lower, upper, strict=True)]
    return labeled("domain", f"the box {' x '.join(sides)}")


def result_lines(result: Facts) -> list[str]:
    """The number of regions, whether that is all, the proof in a sentence, and the work."""
    work = result["work"]
    return [
        *labeled("regions", f"{result['n_regions']:,}"),
        *labeled("status", result["status_text"]),
        *labeled("proof", *_clauses(result["certificate"]["sentence"])),
        *labeled(
            "work",
            f"{counted(work['n_vertex_decisions'], 'decision')} at vertices, "
            f"{counted(work['n_linear_programs'], 'linear program')}, {counted(work['n_pivots'], 'pivot')}, "
            f"{counted(work['n_residue_decisions'], 'tie')} settled by residues, "
            f"{counted(work['n_exact_decisions'], 'rational decision')}, {result['seconds']:.2f} s",
        ),
    ]


def _clauses(sentence: str) -> list[str]:
    """A long sentence, one clause to a line."""
    return [part + ("," if k < sentence.count("), ") else "") for k, part in enumerate(_split(sentence))]


def _split(sentence: str) -> list[str]:
    parts = sentence.split("), ")
    return [part + ")" if k < len(parts) - 1 else part for k, part in enumerate(parts)]


def description_lines(description: Facts, n_neurons_by_layer: Sequence[int]) -> list[str]:
    """The shapes of the regions and the dead and always active neurons."""
    n = description["n_described"]
    lines = labeled(
        "bounded", f"{description['n_bounded']:,} bounded, {description['n_unbounded']:,} unbounded"
    )
    lineality = description["lineality_dimension"]
    if lineality:
        lines += labeled("lineality", f"nothing changes along {counted(lineality, 'direction')} of the input")
    lines += labeled("facets", *histogram_rows(description["facet_histogram"], n))
    if description["mean_facets"] is not None:
        lines += labeled("", f"{description['mean_facets']:.2f} on average")
    lines += labeled("radius", *_quantiles(description))
    lines += labeled("dead", *_by_layer(description["dead_neurons"], n_neurons_by_layer))
    lines += labeled("always on", *_by_layer(description["always_active_neurons"], n_neurons_by_layer))
    return lines


def histogram_rows(counts: dict[str, int], total: int) -> list[str]:
    """A bar, a count and a share for each number."""
    highest = max(counts.values(), default=1)
    mark = _bar_mark()
    lines = []
    for k, n in counts.items():
        bar = mark * max(1, round(_BAR * n / highest))
        lines.append(f"{k:>3}  {bar:<{_BAR}}  {n:>9,}  {_percent(n, total):>6}")
    return lines


def tally_lines(tallies: Mapping[str, Tally]) -> list[str]:
    """How often each value of a column occurs; sizes in a line."""
    lines = []
    for name, tally in tallies.items():
        if tally.is_binned:
            found = "none is finite"
            if tally.counts:
                most = max(tally.counts, key=lambda k: tally.counts[k])
                low, high = tally.edges(most)
                found = (
                    f"from {tally.least:.3g} to {tally.greatest:.3g}, most often in [{low:.3g}, {high:.3g})"
                )
            lines += ["", f"{name}: {found}; infinite: {tally.n_infinite:,}"]
        else:
            rows = histogram_rows({str(k): n for k, n in tally.counts.items()}, max(tally.n_regions, 1))
            lines += ["", name, *rows]
    return lines


def _percent(n: int, total: int) -> str:
    share = 100 * n / total
    return f"{share:.1f} %" if share >= 0.05 else "<0.1 %"


def _bar_mark() -> str:
    """A block where stdout can print one."""
    try:
        "█".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "#"
    return "█"


def _quantiles(description: Facts) -> list[str]:
    return quantile_rows(
        description["chebyshev_radius_quantiles"], description["n_infinite_chebyshev_radius"]
    )


def quantile_rows(quantiles: dict[str, float], n_infinite: int) -> list[str]:
    """The Chebyshev radii of the regions in a few words."""
    radii = {q: f"{radius:.3g}" for q, radius in quantiles.items()}
    lines = []
    if radii:
        half, most = (radii["0.25"], radii["0.75"]), (radii["0.05"], radii["0.95"])
        lines += [
            "Chebyshev radius, of a largest inscribed ball:",
            f"smallest {radii['0']}, median {radii['0.5']}, largest {radii['1']}",
            f"half lie between {' and '.join(half)}, nine tenths between {' and '.join(most)}",
        ]
    if n_infinite:
        holds = "holds" if n_infinite == 1 else "hold"
        lines.append(f"{counted(n_infinite, 'region')} {holds} balls of any size")
    return lines


def _by_layer(places: Sequence[Sequence[int]], widths: Sequence[int]) -> list[str]:
    """The neurons of each layer that has any, as "layer 1: 3, 7"."""
    lines = []
    for layer, width in enumerate(widths):
        neurons = [str(neuron) for at, neuron in places if at == layer]
        if neurons:
            lines.append(f"layer {layer}: {len(neurons)} of {width} neurons ({_shortened(neurons)})")
    return lines or ["no neuron"]


def _shortened(names: list[str], most: int = 12) -> str:
    return ", ".join(names) if len(names) <= most else f"{', '.join(names[:most])}, ..."


def counted(n: int, noun: str) -> str:
    """A number and its noun.

    Examples
    --------
    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
