"""What the tables of the study `training` say, and how that compares with Zhang and Wu 2020."""

from __future__ import annotations

import statistics
from typing import NamedTuple

from polytope_engine.studies.means import geometric_mean
from polytope_engine.studies.paired import compared, pairs_of
from polytope_engine.studies.recorder import Tables
from polytope_engine.studies.result import Finding, Table
from polytope_engine.studies.training_loop import in_words


def findings(tables: Tables) -> list[Finding]:
    """What training does, what regularizers change, and how that compares with Zhang and Wu."""
    rows = tables["training"]
    last = rows.where(step=max(rows["step"]))
    found = [*_growth(rows, last), *_spread(last)]
    trained = rows.distinct("regularizer")
    if last["step"][0]:
        found += [
            _held(rows, last, claim) for claim in _CLAIMS if {claim.regularizer, "none"} <= set(trained)
        ]
    found.append(_linear(rows))
    return found


class _Claim(NamedTuple):
    """What Zhang and Wu 2020 report of a regularizer, and a column that says whether it is so here."""

    regularizer: str
    report: str
    column: str
    words: str
    becomes: str


_CLAIMS = (
    _Claim(
        "batch_norm", "smaller regions", "inradius_median", "the median inradius of all regions", "smaller"
    ),
    _Claim(
        "batch_norm",
        "smaller regions",
        "inradius_of_data",
        "the median inradius of the regions of data",
        "smaller",
    ),
    _Claim(
        "batch_norm", "more orthogonal normals", "mean_cosine", "the mean |cos| between normals", "smaller"
    ),
    _Claim(
        "dropout",
        "regions that gather at decision boundaries",
        "concentration",
        "the density of walls near the decision boundary, over that in the box,",
        "larger",
    ),
    _Claim(
        "dropout",
        "regions that gather at decision boundaries",
        "crossed_share",
        "the share of regions that the decision boundary crosses",
        "larger",
    ),
    _Claim("dropout", "less orthogonal normals", "mean_cosine", "the mean |cos| between normals", "larger"),
)


def _held(rows: Table, last: Table, claim: _Claim) -> Finding:
    """A claim beside the numbers at the end, and how it is on the way there."""
    treatments = (claim.regularizer, "none")
    found = compared(
        pairs_of(last, "regularizer", treatments, ("optimizer", "seed"), claim.column),
        f"After {last['step'][0]:,} steps {claim.words} is",
        f"with {in_words(claim.regularizer)} than without",
        "of networks with the same optimizer, first weights and points",
        f"Zhang and Wu report {claim.report}",
        becomes_larger=claim.becomes == "larger",
        numbers={"regularizer": claim.regularizer, "column": claim.column},
    )
    between = [step for step in rows.distinct("step") if min(rows["step"]) < step < last["step"][0]]
    pairs = []
    for step in between:
        pairs += pairs_of(
            rows.where(step=step), "regularizer", treatments, ("optimizer", "seed"), claim.column
        )
    if not pairs:
        return found
    n_so = sum(x > y if claim.becomes == "larger" else x < y for x, y in pairs)
    when = f"From step {between[0]:,} to {between[-1]:,}" if len(between) > 1 else f"At step {between[0]:,}"
    return Finding(
        f"{found.sentence} {when} it is {claim.becomes} in {n_so} of {len(pairs)} pairs.",
        {**found.numbers, "n_pairs_before": len(pairs), "n_so_before": n_so},
    )


def _growth(rows: Table, last: Table) -> list[Finding]:
    """Regions at the end against those before training, for each regularizer."""
    start = rows.where(step=min(rows["step"]))
    if start["step"][0] == last["step"][0]:
        return []
    found = []
    for regularizer in rows.distinct("regularizer"):
        ratios = [
            after["n_regions"] / before["n_regions"]
            for after, before in zip(
                last.where(regularizer=regularizer), start.where(regularizer=regularizer), strict=True
            )
        ]
        mean = geometric_mean(ratios)
        name = _named(regularizer)
        found.append(
            Finding(
                f"{name}: after {last['step'][0]:,} steps there are {mean:.2f} times as many regions as after "
                f"{start['step'][0]:,} (geometric mean of {len(ratios)} networks, from {min(ratios):.2f} to "
                f"{max(ratios):.2f} times).",
                {"regularizer": regularizer, "ratio": mean, "least": min(ratios), "most": max(ratios)},
            )
        )
    return found


def _spread(last: Table) -> list[Finding]:
    """How much accuracy and regions differ between recipes, if there are several that differ."""
    means: dict[str, list[tuple[float, str]]] = {"test_accuracy": [], "n_regions": [], "inradius_median": []}
    for optimizer in last.distinct("optimizer"):
        for regularizer in last.distinct("regularizer"):
            chosen = last.where(optimizer=optimizer, regularizer=regularizer)
            for column, values in means.items():
                name = f"{optimizer}, {in_words(regularizer)}"
                values.append((statistics.fmean(chosen[column]), name))
    if len(means["n_regions"]) < 2 or not last["step"][0]:
        return []
    (low, high), (few, many), (small, large) = ((min(values), max(values)) for values in means.values())
    found = Finding(
        f"Between {len(means['n_regions'])} recipes of optimizer and regularizer the mean test accuracy goes from "
        f"{low[0]:.1%} to {high[0]:.1%}, the mean number of regions from {few[0]:.0f} ({few[1]}) to {many[0]:.0f} "
        f"({many[1]}), and the mean of the median inradius from {small[0]:.3g} ({small[1]}) to {large[0]:.3g} "
        f"({large[1]}).",
        {
            "least_accuracy": low[0],
            "most_accuracy": high[0],
            "fewest_regions": few[0],
            "most_regions": many[0],
            "least_inradius": small[0],
            "most_inradius": large[0],
        },
    )
    return [found]


def _linear(rows: Table) -> Finding:
    """How far linear regions are from activation regions."""
    n_fewer = sum(row["n_open"] < row["n_regions"] for row in rows)
    n_apart = sum(row["n_affine"] < row["n_open"] for row in rows)
    share = min(row["n_open"] / row["n_regions"] for row in rows)
    numbers = {"n_fewer": n_fewer, "n_networks": len(rows), "least_share": share, "n_apart": n_apart}
    if not n_fewer:
        sentence = (
            f"In all {len(rows)} networks every activation region (R2) is a linear region (R4) of its own"
        )
    else:
        sentence = (
            f"In {n_fewer} of {len(rows)} networks there are fewer linear regions (R4) than activation regions (R2), "
            f"at the least {share:.1%} as many"
        )
    apart = f"in {n_apart} of all {len(rows)}" if n_apart else "in none"
    return Finding(f"{sentence}; {apart} do two linear regions share an affine map (R6).", numbers)


def _named(regularizer: str) -> str:
    return "Without regularizer" if regularizer == "none" else f"With {in_words(regularizer)}"
