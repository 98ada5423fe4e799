"""What the tables of the study `estimators` say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from polytope_engine.studies.recorder import Tables
from polytope_engine.studies.result import Finding, Row, Table

NAMES = {
    "unique_patterns": "unique patterns",
    "chao1": "Chao1",
    "chao1_bias_corrected": "Chao1, bias-corrected",
    "ace": "ACE",
    "jackknife1": "jackknife 1",
    "jackknife2": "jackknife 2",
    "inverse_volume": "inverse volume",
    "random_walk": "random walk",
    "grid": "grid",
}
"""Estimators of the number of regions, as sentences and figures call them."""

_RICHNESS = ("chao1", "chao1_bias_corrected", "ace", "jackknife1", "jackknife2")
_WELL_COVERED = 0.9


def findings(tables: Tables) -> list[Finding]:
    """Whether the sampling is right, how low estimates are, what intervals are worth."""
    return [
        _expectations(tables["patterns"]),
        _needed(tables["networks"]),
        *(_values(tables["estimates"], names) for names in (("unique_patterns", "grid"), _RICHNESS)),
        _intervals(tables["estimates"]),
        _inverse_volume(tables),
        _good_turing(tables["estimates"]),
        _random_walk(tables),
    ]


def _expectations(patterns: Table) -> Finding:
    away = [abs(x) for x in patterns["deviation"] if x is not None]
    n_within = sum(x <= 3 for x in away)
    largest = max(away, default=0.0)
    return Finding(
        f"The mean number of regions met by uniform points lies within 3 standard errors of its expectation from "
        f"exact volumes in {n_within} of {len(away)} cases; the largest deviation is {largest:.1f} standard errors. "
        "(Samples of different sizes overlap, so that cases depend on each other.)",
        {"n_within": n_within, "n_cases": len(away), "largest": largest},
    )


def _needed(networks: Table) -> Finding:
    ratios = {row["network"]: row["samples_for_99"] / row["n_regions"] for row in networks}
    least, most = min(ratios, key=ratios.__getitem__), max(ratios, key=ratios.__getitem__)
    text = f"To meet 99 % of the regions on average takes {_short(ratios[least])} points a region for {least}"
    if most != least:
        text += f", and {_short(ratios[most])} for {most}"
    return Finding(
        f"{text} (from exact volumes).",
        {"least": least, "least_ratio": ratios[least], "most": most, "most_ratio": ratios[most]},
    )


def _values(estimates: Table, names: Sequence[str]) -> Finding:
    """Means at the largest samples, over all networks."""
    parts: list[str] = []
    numbers: dict[str, float] = {}
    for name in names:
        means = [row["mean"] for row in largest(estimates, name)]
        parts.append(f"{NAMES[name]} {_span(means)}")
        numbers |= {f"{name}_least": min(means), f"{name}_most": max(means)}
    once = " (a single value for the grid)" if "grid" in names else ""
    return Finding(
        f"At the largest samples ({_sizes(largest(estimates, names[0]))}) the mean over seeds{once} of estimate / "
        f"exact number, over the networks, is: {'; '.join(parts)}.",
        numbers,
    )


def _intervals(estimates: Table) -> Finding:
    """How often intervals contain the exact number at the largest samples."""
    parts: list[str] = []
    numbers: dict[str, float] = {}
    n_networks = len(largest(estimates, "chao1"))
    for name in _RICHNESS:
        shares = [row["coverage"] for row in largest(estimates, name)]
        n_well = sum(share >= _WELL_COVERED for share in shares)
        parts.append(f"{NAMES[name]} {_percents(shares)} ({n_well})")
        numbers |= {f"{name}_least": min(shares), f"{name}_most": max(shares), f"{name}_n_well": n_well}
    return Finding(
        "At the largest samples 95 % intervals contain the exact number in these shares of seeds, over the networks "
        f"(in brackets, for how many of {n_networks} networks that is at least 90 %): "
        f"{'; '.join(parts)}.",
        {"n_networks": n_networks, **numbers},
    )


def _inverse_volume(tables: Tables) -> Finding:
    rows = largest(tables["estimates"], "inverse_volume")
    n_within = 0
    for row in rows:
        (known,) = tables["networks"].where(network=row["network"]).rows
        error = known["inverse_volume_sd"] / math.sqrt(row["n_samples"] * row["n_seeds"])
        n_within += abs(row["mean"] - 1) <= 3 * error + 1e-9
    lowest = min(row["median"] for row in rows)
    shares = [row["coverage"] for row in rows]
    unbiased = ", as an unbiased estimate should" if n_within == len(rows) else ""
    tail = (
        f"; half of the samples give at most {lowest:.2f} of the exact number on the worst network, for the smallest "
        "regions are hardly ever met"
        if lowest < 0.95
        else ""
    )
    return Finding(
        f"Inverse volume: at the largest samples the mean over seeds lies within 3 of its known standard errors of the "
        f"exact number for {n_within} of {len(rows)} networks{unbiased}{tail}. Its 95 % "
        f"intervals contain the exact number in {_percents(shares)} of seeds.",
        {
            "n_within": n_within,
            "n_networks": len(rows),
            "lowest_median": lowest,
            "least_coverage": min(shares),
            "most_coverage": max(shares),
        },
    )


def _good_turing(estimates: Table) -> Finding:
    rows = [
        row for row in estimates.where(estimator="good_turing_coverage") if row["samples_per_region"] >= 1
    ]
    means, shares = [row["mean"] for row in rows], [row["coverage"] for row in rows]
    return Finding(
        f"Good-Turing coverage is, on average, {min(means):.3f} to {max(means):.3f} times the volume of the regions "
        f"that were met, at samples of at least one point a region; its 95 % intervals contain that volume in "
        f"{_percents(shares)} of seeds.",
        {
            "least": min(means),
            "most": max(means),
            "least_coverage": min(shares),
            "most_coverage": max(shares),
        },
    )


def _random_walk(tables: Tables) -> Finding:
    rows = largest(tables["estimates"], "random_walk")
    means, shares = [row["mean"] for row in rows], [row["coverage"] for row in rows]
    slowest = max(1 / gap if gap else math.inf for gap in tables["networks"]["spectral_gap"])
    return Finding(
        f"Random walk: with {rows[0]['n_samples']:,} regions compared, twenty steps apart, means of estimate / exact "
        f"number are {_span(means)}, and 95 % intervals contain the exact number in {_percents(shares)} of seeds. "
        f"The slowest of the walks has a relaxation time of {_short(slowest)} steps"
        + ("; at twenty steps its samples depend on each other." if slowest > 20 else "."),
        {
            "n_samples": rows[0]["n_samples"],
            "least": min(means),
            "most": max(means),
            "least_coverage": min(shares),
            "most_coverage": max(shares),
            "relaxation_steps": slowest,
        },
    )


def largest(estimates: Table, name: str) -> list[Row]:
    """The row of the largest sample for each network, for one estimator."""
    rows = estimates.where(estimator=name)
    return [
        max(rows.where(network=network), key=lambda row: row["n_samples"])
        for network in rows.distinct("network")
    ]


def _sizes(rows: Iterable[Row]) -> str:
    ratios = [row["samples_per_region"] for row in rows]
    low, high = _short(min(ratios)), _short(max(ratios))
    return f"{low} points a region" if low == high else f"{low} to {high} points a region"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _span(values: Sequence[float]) -> str:
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low} to {high}"


def _percents(shares: Sequence[float]) -> str:
    low, high = f"{100 * min(shares):.0f}", f"{100 * max(shares):.0f}"
    return f"{low} %" if low == high else f"{low} to {high} %"
