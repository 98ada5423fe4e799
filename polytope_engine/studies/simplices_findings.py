"""What the numbers of the study `simplices` say."""

from __future__ import annotations

import statistics
from collections import Counter
from fractions import Fraction

from polytope_engine.studies.recorder import Tables
from polytope_engine.studies.result import Finding, Table

_STATES = ("initial", "trained")


def findings(tables: Tables) -> list[Finding]:
    """Sentences from the tables, of which each has a row at least."""
    networks = tables["networks"]
    return [
        *(_simple(tables["histograms"].where(n_inputs=d), d) for d in networks.distinct("n_inputs")),
        _averages(networks),
        _one_layer(tables["one_layer"]),
        *_special(tables["special"]),
    ]


def counted(histograms: Table, of: str, state: str) -> Counter[int]:
    """Numbers of regions by number of simplices or facets, over all networks."""
    counts: Counter[int] = Counter()
    for row in histograms.where(of=of, state=state):
        counts[row["number"]] += row["n_regions"]
    return counts


def _simple(histograms: Table, d: int) -> Finding:
    """How few simplices and facets most regions have, before and after."""
    numbers: dict[str, int | float] = {"n_inputs": d}
    parts = []
    for state in _STATES:
        simplices, facets = (
            counted(histograms, of, state) for of in ("simplices, pulling", "facets in the cube")
        )
        mean, middle, most = _of(simplices)
        mean_facets, middle_facets, most_facets = _of(facets)
        parts.append(
            f"{state}: {mean:.2f} simplices on average, at most {middle} in half of the regions, {most} at most; "
            f"{mean_facets:.2f} facets, at most {middle_facets} in half, {most_facets} at most"
        )
        numbers |= {f"{state}_simplices": mean, f"{state}_median": middle, f"{state}_most": most}
        numbers |= {f"{state}_facets": mean_facets}
    return Finding(
        f"d = {d}, regions cut to the cube (pulling triangulation; facets on the cube's boundary count): "
        f"{'; '.join(parts)}.",
        numbers,
    )


def _of(counts: Counter[int]) -> tuple[float, int, int]:
    """Mean, median and maximum."""
    n, below = counts.total(), 0
    mean = sum(k * times for k, times in counts.items()) / n
    for k in sorted(counts):
        below += counts[k]
        if 2 * below >= n:
            return mean, k, max(counts)
    raise AssertionError("unreachable")


def _averages(networks: Table) -> Finding:
    """Walls of a region in all of R^d against 2d."""
    parts = []
    for d in networks.distinct("n_inputs"):
        initial, trained = (
            statistics.fmean(networks.where(n_inputs=d, state=state)["mean_walls_float"]) for state in _STATES
        )
        parts.append(f"{initial:.3f} and {trained:.3f} for d = {d}")
    n_above = sum(Fraction(row["mean_walls"]) > row["twice_dimension"] for row in networks)
    proven = networks.where(n_inputs=2)
    n_broken = sum(Fraction(row["mean_walls"]) > row["twice_dimension"] for row in proven)
    n_above_in_cube = sum(row["mean_facets"] > row["twice_dimension"] for row in networks)
    theorem = (
        f" For d = 2 at most 2d is a theorem, which {n_broken or 'none'} of {len(proven)} break."
        if len(proven)
        else ""
    )
    return Finding(
        f"Walls of a region in all of R^d, on average before and after training: {', '.join(parts)}. The average is "
        f"above 2d in {n_above} of {len(networks)} networks, and, where regions are cut to the cube and its boundary "
        f"counts, in {n_above_in_cube}.{theorem}",
        {
            "n_above": n_above,
            "n_above_in_cube": n_above_in_cube,
            "n_networks": len(networks),
            "n_broken": n_broken,
        },
    )


def _one_layer(table: Table) -> Finding:
    """One hidden layer: the formula, and 2d."""
    n_as_said = sum(row["mean_walls"] == row["general_position"] for row in table)
    n_below = sum(Fraction(row["mean_walls"]) < row["twice_dimension"] for row in table)
    last = max(table, key=lambda row: (row["n_inputs"], row["n_neurons"]))
    return Finding(
        f"One hidden layer: in {n_as_said} of {len(table)} networks the average is exactly 2 n Z(n-1, d-1) / Z(n, d), "
        f"in {n_below} it is below 2d; for d = {last['n_inputs']} and n = {last['n_neurons']} it is "
        f"{last['mean_walls_float']:.3f}.",
        {"n_as_said": n_as_said, "n_below": n_below, "n_networks": len(table)},
    )


def _special(table: Table) -> list[Finding]:
    """The counterexamples, as computed."""
    found = []
    for row in table:
        mean, before, most = (
            Fraction(row["mean_walls"]),
            Fraction(row["mean_walls_before"]),
            row["twice_dimension"],
        )
        side = "above" if mean > most else "not above"
        position = "generic cells" if row["is_generic"] else "degenerate cells"
        change = "less" if mean < before else "more" if mean > before else "as much"
        found.append(
            Finding(
                f"{row['network']} ({row['widths']}, {position}): {row['n_regions']:,} regions, {row['n_walls']:,} "
                f"walls, {mean} = {float(mean):.4f} walls of a region on average, {side} 2d = {most}; without the last "
                f"neuron {before} = {float(before):.4f}, so that neuron makes it {change}.",
                {
                    "mean": float(mean),
                    "before": float(before),
                    "is_above": mean > most,
                    "is_less": mean < before,
                },
            )
        )
    return found
