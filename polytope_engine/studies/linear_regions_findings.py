"""What the numbers of the study `linear_regions` say."""

from __future__ import annotations

import math
import statistics

from polytope_engine.studies.means import standard_error
from polytope_engine.studies.recorder import Tables
from polytope_engine.studies.result import Finding, Row, Table

_COUNTS = ("n_regions", "n_open", "n_closed", "n_affine")


def findings(tables: Tables) -> list[Finding]:
    """Sentences from the tables, of which each has a row at least."""
    random = tables["random"]
    return [
        *(_merged(random.where(varied=varied), varied) for varied in random.distinct("varied")),
        _because(random),
        _volumes(random),
        _quantized(tables["quantized"]),
        _decisions(tables["outputs"]),
        _named(tables["named"]),
    ]


def share_merged(row: Row, definition: str = "n_open") -> float:
    """1 - R4 / R2, or the like for another definition."""
    return 1 - float(row[definition] / row["n_regions"])


def _merged(table: Table, varied: str) -> Finding:
    """How many random networks have fewer linear regions, and by how much at both ends."""
    column = varied.replace(" ", "_")
    n_fewer = sum(row["n_open"] < row["n_regions"] for row in table)
    ends = [min(table[column]), max(table[column])]
    shares = [statistics.fmean(map(share_merged, table.where(**{column: end}))) for end in ends]
    return Finding(
        f"Random networks, {varied} varied: {n_fewer} of {len(table)} have fewer linear regions (R4) than activation "
        f"regions (R2); the share 1 - R4/R2 is {_percent(shares[0])} on average at {varied} {ends[0]}, "
        f"{_percent(shares[1])} at {varied} {ends[1]}.",
        {"n_fewer": n_fewer, "n_networks": len(table), "share_least": shares[0], "share_most": shares[1]},
    )


def _because(table: Table) -> Finding:
    """Whether inactive layers explain all of it."""
    n_merging, n_because = sum(table["n_merging"]), sum(table["n_merging_inactive"])
    n_as_said = sum(row["n_affine"] == row["n_affine_generic"] for row in table)
    n_closed = sum(row["n_closed"] == row["n_open"] for row in table)
    n_apart = sum(row["n_affine"] < row["n_closed"] for row in table)
    if not n_merging:
        cause = ""
    elif n_because == n_merging:
        cause = ", and all of them have an inactive hidden layer on both sides"
    else:
        cause = (
            f", and {n_because:,} of them have, and {n_merging - n_because:,} have not, an inactive hidden layer on "
            "both sides"
        )
    apart = f"in {n_apart}, where one map is that of separate parts" if n_apart else "in none"
    return Finding(
        f"Why: of {sum(table['n_walls']):,} walls of the random networks {n_merging:,} separate regions with one "
        f"affine map{cause}. R6 is what the inactive layers say in {n_as_said} of {len(table)} networks, and R5 = R4 "
        f"in {n_closed}; R6 < R5 {apart}.",
        {
            "n_merging": n_merging,
            "n_because": n_because,
            "n_as_said": n_as_said,
            "n_closed_is_open": n_closed,
            "n_apart": n_apart,
            "n_networks": len(table),
        },
    )


def _volumes(table: Table) -> Finding:
    """The volume without slope against its expectation, in standard errors over seeds."""
    scores = []
    for widths in table.distinct("widths"):
        volumes = _inactive_volumes(table, widths)
        mean = table.where(widths=widths)["inactive_volume_mean"][0]
        scores.append(_standard_error_score(volumes, mean))
    known = [score for score in scores if score is not None]
    n_within = sum(abs(score) <= 2 for score in known)
    largest = max(map(abs, known), default=0.0)
    narrowest = min(table, key=lambda row: row["last_width"] if row["varied"] == "last width" else math.inf)
    volumes = _inactive_volumes(table, narrowest["widths"])
    share, mean = statistics.fmean(volumes), narrowest["inactive_volume_mean"]
    away = (
        f" Of {len(known)} shapes {n_within} are within two standard errors of that mean, the farthest is "
        f"{largest:.2f} away (shapes share seeds, so that they depend on each other)."
        if known
        else ""
    )
    return Finding(
        f"Networks {narrowest['widths']} are constant, because a layer is inactive, on {_percent(share)} of the cube's "
        f"volume on average over {len(volumes)} draws; the mean over all weights is {_percent(mean)}.{away}",
        {"share": share, "mean": mean, "n_shapes": len(known), "n_within": n_within, "farthest": largest},
    )


def _inactive_volumes(table: Table, widths: str) -> list[float]:
    """Of the networks of a shape, each once: a shape may stand among those of several widths and depths."""
    return list({row["seed"]: float(row["inactive_volume"]) for row in table.where(widths=widths)}.values())


def _standard_error_score(values: list[float], mean: float) -> float | None:
    """How many standard errors the average is away; None if that cannot be said."""
    error = standard_error(values)
    return (statistics.fmean(values) - mean) / error if error else None


def _quantized(table: Table) -> Finding:
    """Rounded weights: how much merges, and that inactive layers no longer explain it all."""
    powers = sorted(table.distinct("q"))
    shares = {q: statistics.fmean(map(share_merged, table.where(q=q))) for q in powers}
    least = table.where(q=powers[0])
    n_other = sum(least["n_merging"]) - sum(least["n_merging_inactive"])
    cause = ": there terms cancel, or weights are 0" if n_other else ""
    others = f", of 1/{powers[-1]}: {_percent(shares[powers[-1]])}" if len(powers) > 1 else ""
    n_finer = sum(row["n_closed"] < row["n_open"] for row in table)
    return Finding(
        f"Weights that are multiples of 1/{powers[0]}: 1 - R4/R2 is {_percent(shares[powers[0]])} on average"
        f"{others}. At 1/{powers[0]} {n_other:,} of {sum(least['n_merging']):,} "
        f"merging walls have no inactive layer on both sides{cause}. R5 < R4 in "
        f"{n_finer} of {len(table)} rounded networks.",
        {
            "q_least": powers[0],
            "share_least": shares[powers[0]],
            "q_most": powers[-1],
            "share_most": shares[powers[-1]],
            "n_other": n_other,
            "n_closed_is_less": n_finer,
        },
    )


def _decisions(table: Table) -> Finding:
    """How few sets the argmax has."""
    random = table.where(network="random")
    m = max(random["n_outputs"])
    rows = random.where(n_outputs=m)
    regions, decided = statistics.fmean(rows["n_regions"]), statistics.fmean(rows["n_open_argmax"])
    parts = [
        f"the argmax of {row['network']} has {row['n_open_argmax']} connected sets for {row['n_regions']:,} regions"
        for row in table
        if row["network"] != "random"
    ]
    n_less = sum(row["n_open_first"] < row["n_open"] for row in table)
    return Finding(
        f"The decision of a random network with {m} outputs is one class on {decided:.1f} connected sets on average, "
        f"for {regions:.1f} activation regions{'; ' if parts else ''}{'; '.join(parts)}. One output has fewer linear "
        f"regions (R4) than all outputs in {n_less} of {len(table)} networks.",
        {"n_outputs": m, "regions": regions, "decided": decided, "n_less": n_less, "n_networks": len(table)},
    )


def _named(table: Table) -> Finding:
    """Trained networks, and the library's."""
    known = [row["is_as_known"] for row in table if row["is_as_known"] is not None]
    n_fewer = sum(row["n_open"] < row["n_regions"] for row in table.where(is_trained=False))
    n_trained = len(table.where(is_trained=True))
    parts = []
    for row in table.where(is_trained=True):
        counts = [row[name] for name in _COUNTS]
        said = (
            f"R2 = R4 = R5 = R6 = {counts[0]:,}"
            if len(set(counts)) == 1
            else f"R2, R4, R5, R6 = {', '.join(f'{n:,}' for n in counts)}"
        )
        parts.append(f"trained {row['network']} ({row['widths']}): {said}")
    return Finding(
        f"{'; '.join(parts)}{'; ' if parts else ''}of {len(table) - n_trained} small networks of the "
        f"library {n_fewer} have R4 < R2, and {sum(known)} of {len(known)} the numbers stated there.",
        {"n_as_known": sum(known), "n_known": len(known), "n_fewer": n_fewer},
    )


def _percent(share: float) -> str:
    """A share for people.

    Examples
    --------
    >>> _percent(0.12345), _percent(0.0), _percent(0.00012)
    ('12.3%', '0%', '0.012%')
    """
    return f"{100 * share:.3g}%" if share >= 0.01 else f"{100 * share:.2g}%"
