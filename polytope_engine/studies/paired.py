"""Comparing two treatments of the same networks, pair by pair."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from polytope_engine.studies.result import Finding, Table, Value

CLEAR = 0.8
"""The share of pairs that must agree before a sentence says that there is a direction."""

FEW = 6
"""With fewer pairs a sentence says that they are few: all of five agree by chance once in sixteen times."""

Pairs = list[tuple[float, float]]


def pairs_of(
    table: Table, column: str, treatments: tuple[Value, Value], same: Sequence[str], value: str
) -> Pairs:
    """Values of rows that differ in one column and agree in others; pairs with a missing value are left out.

    Examples
    --------
    >>> rows = [{"drug": drug, "who": who, "y": y} for drug, who, y in (("a", 1, 5), ("b", 1, 3), ("a", 2, 4))]
    >>> pairs_of(Table("", dict.fromkeys(rows[0], ""), tuple(rows)), "drug", ("a", "b"), ("who",), "y")
    [(5, 3)]
    """
    first, second = (
        {tuple(row[name] for name in same): row[value] for row in table.where(**{column: treatment})}
        for treatment in treatments
    )
    both = [(first[key], second[key]) for key in first if key in second]
    return [(x, y) for x, y in both if x is not None and y is not None]


def compared(
    pairs: Pairs,
    subject: str,
    rest: str,
    kind: str,
    report: str,
    *,
    becomes_larger: bool,
    numbers: Mapping[str, Value],
) -> Finding:
    """Whether the first of each pair is larger than the second as a rule, and whether a report says the same.

    Parameters
    ----------
    pairs : list of pair of float
    subject, rest, kind : str
        The sentence around its numbers: ``{subject} smaller {rest} in 4 of 5 pairs {kind}``.
    report : str
        What was published, in words.
    becomes_larger : bool
        Whether it says that the first is larger.
    numbers : mapping
        More of what the sentence is about.

    Examples
    --------
    >>> words = "Loss is", "with X than Y", "of nets", "They report more"
    >>> print(compared([(2, 1), (4, 1), (3, 1)], *words, becomes_larger=True, numbers={}))
    Loss is larger with X than Y in 3 of 3 pairs of nets (means 3 and 1). They report more; here it is so, in few pairs.
    """
    if not pairs:
        return Finding(
            f"{subject} missing where it would be compared: there are no pairs {kind}.", dict(numbers)
        )
    n = len(pairs)
    n_larger, n_smaller = sum(x > y for x, y in pairs), sum(x < y for x, y in pairs)
    first, second = (statistics.fmean(values) for values in zip(*pairs, strict=True))
    word, count = ("larger", n_larger) if n_larger >= n_smaller else ("smaller", n_smaller)
    if not count:
        word, count = "neither larger nor smaller", n
    n_as_reported, n_opposite = (n_larger, n_smaller) if becomes_larger else (n_smaller, n_larger)
    verdict, of_few = "no direction is clear here", ", in few pairs" if n < FEW else ""
    if n_as_reported >= CLEAR * n:
        verdict = f"here it is so{of_few}"
    elif n_opposite >= CLEAR * n:
        verdict = f"here it is the other way round{of_few}"
    return Finding(
        f"{subject} {word} {rest} in {count} of {n} pairs {kind} (means {first:.3g} and {second:.3g}). {report}; "
        f"{verdict}.",
        {
            **numbers,
            "n_pairs": n,
            "n_larger": n_larger,
            "n_smaller": n_smaller,
            "mean": first,
            "mean_other": second,
            "verdict": verdict,
        },
    )
