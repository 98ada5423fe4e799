"""What the tables of the study `bounds` say."""

from __future__ import annotations

import math

from polytope_engine.studies.means import with_error
from polytope_engine.studies.recorder import Tables
from polytope_engine.studies.result import Finding, Table, Value


def findings(tables: Tables) -> list[Finding]:
    """That bounds hold, how far they are, how numbers grow, and what depth does."""
    counts, growth = tables["counts"], tables["growth"]
    return [
        _held(tables["bounds"]),
        *(_distance(tables["bounds"], d) for d in counts.distinct("n_inputs")),
        *([_below_best(tables["bounds"])] if "lower" in tables["bounds"]["kind"] else []),
        *(_growth(growth, d) for d in growth.distinct("n_inputs") if growth["exponent"][0] is not None),
        *(
            _of_depth(counts.where(n_inputs=d, domain=domain))
            for domain in counts.distinct("domain")
            for d in counts.where(domain=domain).distinct("n_inputs")
        ),
        *([_constant(counts)] if any(row["constant"] is not None for row in counts) else []),
    ]


def _held(bounds: Table) -> Finding:
    checked = [row for row in bounds if row["n_violated"] is not None]
    n_compared = sum(row["n_networks"] for row in checked)
    n_violated = sum(row["n_violated"] for row in checked)
    n_bounds = len({row["bound"] for row in checked})
    n_broken = f"{n_violated:,}" if n_violated else "None"
    return Finding(
        f"{n_broken} of {n_compared:,} comparisons of a number of regions with an upper bound or an exact formula "
        f"({n_bounds} of them) {'find' if n_violated > 1 else 'finds'} it broken.",
        {"n_compared": n_compared, "n_violated": n_violated, "n_bounds": n_bounds},
    )


def _distance(bounds: Table, d: int) -> Finding:
    """How far below the bound from widths random networks are, at the most neurons, in the cube."""
    rows = bounds.where(n_inputs=d, domain="box", bound="serra_2018_upper")
    n_neurons = max(rows["n_neurons"])
    rows = rows.where(n_neurons=n_neurons)
    first = min(rows, key=lambda row: row["depth"])
    last = max(rows, key=lambda row: row["depth"])
    text = f"{_factor(1 / first['mean_ratio'])} times the number of regions in the cube for {_layers(first['depth'])}"
    if last["depth"] != first["depth"]:
        text += f", {_factor(1 / last['mean_ratio'])} times for {_layers(last['depth'])}"
    return Finding(
        f"d = {d}, N = {n_neurons}: the upper bound of Serra et al. 2018 is {text} (harmonic means over networks).",
        {
            "n_inputs": d,
            "n_neurons": n_neurons,
            "depth_first": first["depth"],
            "factor_first": 1 / first["mean_ratio"],
            "depth_last": last["depth"],
            "factor_last": 1 / last["mean_ratio"],
        },
    )


def _below_best(bounds: Table) -> Finding:
    """Whether random networks reach what some network of their widths has."""
    best: dict[tuple[Value, ...], float] = {}
    for row in bounds.where(kind="lower"):
        shape = (row["n_inputs"], row["n_neurons"], row["depth"], row["domain"])
        best[shape] = min(best.get(shape, float("inf")), row["most_ratio"])
    deep = {shape: ratio for shape, ratio in best.items() if isinstance(shape[2], int) and shape[2] > 1}
    n_below = sum(ratio < 1 for ratio in deep.values())
    if not deep:
        return Finding("Lower bounds for the best network are compared for one layer only.", {"n_deep": 0})
    return Finding(
        f"In {n_below} of {len(deep)} cases of more than one layer, no random network had as many regions as the best "
        "network of its widths is known to have.",
        {"n_below": n_below, "n_deep": len(deep)},
    )


def _growth(growth: Table, d: int) -> Finding:
    """The exponents in the cube, beside d."""
    rows = list(growth.where(n_inputs=d, domain="box"))
    numbers: dict[str, Value] = {"n_inputs": d}
    parts = []
    for row in rows:
        parts.append(f"{with_error(row['exponent'], row['standard_error'])} (depth {row['depth']})")
        numbers |= {f"exponent_{row['depth']}": row["exponent"], f"last_{row['depth']}": row["last_exponent"]}
    known = [row for row in rows if row["standard_error"] is not None]
    steep = [row["depth"] for row in known if row["exponent"] - 2 * row["standard_error"] > d]
    flat = [row["depth"] for row in known if row["exponent"] + 2 * row["standard_error"] < d]
    verdicts = [
        f"{word} than N^{d} at depth {_listed(depths)}"
        for word, depths in (("steeper", steep), ("flatter", flat))
        if depths
    ]
    if not known:
        verdict = "one network each, so that errors are unknown"
    elif verdicts:
        verdict = f"{', '.join(verdicts)}, by more than two standard errors"
    else:
        verdict = f"in agreement with N^{d} at all depths, within two standard errors"
    last = [with_error(row["last_exponent"], row["last_error"]) for row in rows]
    numbers |= {"n_steep": len(steep), "n_flat": len(flat)}
    return Finding(
        f"d = {d}: the mean number of regions in the cube grows with exponent {', '.join(parts)}: {verdict}. Between "
        f"the two largest N the exponents are {', '.join(last)}.",
        numbers,
    )


def _of_depth(counts: Table) -> Finding:
    """Numbers of regions at equally many neurons, by depth, for one number of inputs and domain."""
    rows = counts.where(n_neurons=max(counts["n_neurons"]))
    parts = []
    for row in rows:
        error = None if row["standard_error"] is None else row["standard_error"] / row["natural"]
        parts.append(f"{with_error(row['ratio'], error)} (depth {row['depth']})")
    first, last = rows.rows[0], rows.rows[-1]
    d = first["n_inputs"]
    where = "in the cube" if first["domain"] == "box" else f"in all of R^{d}"
    factor = last["mean"] / first["mean"]
    numbers: dict[str, Value] = {"n_inputs": d, "n_neurons": first["n_neurons"], "factor": factor}
    verdict = ""
    if len(rows) > 1:
        layers = f"from {_layers(first['depth'])} to {_layers(last['depth'])}"
        verdict = f"; {layers} the mean changes by a factor {factor:.2f}"
        both = math.hypot(first["standard_error"] or 0.0, last["standard_error"] or 0.0)
        if both:
            numbers["deviation"] = deviation = (last["mean"] - first["mean"]) / both
            verdict += f", by {abs(deviation):.1f} standard errors, {_dependence(abs(deviation))}"
    return Finding(
        f"d = {d}, N = {first['n_neurons']}: mean number of regions {where} / (N^d / d!) is {', '.join(parts)}"
        f"{verdict}.",
        numbers,
    )


def _dependence(n_errors: float) -> str:
    """What a difference of so many standard errors says; a few of several are above two by chance."""
    n_errors = round(n_errors, 1)  # as it is written
    if n_errors >= 3:
        return "and so depends on depth at this N and scale of biases"
    if n_errors >= 2:
        return "a sign, not a strong one, that it depends on depth"
    return "so that no dependence on depth is seen between these"


def _constant(counts: Table) -> Finding:
    """The constant of Hanin & Rolnick's form that would do for all means."""
    known = [row for row in counts if row["constant"] is not None]
    least, most = (pick(known, key=lambda row: row["constant"]) for pick in (min, max))
    return Finding(
        "The least T with which (T N)^d / d! in each unit of volume, the form of Hanin and Rolnick 2019, is as large "
        f"as all means in the cube is {most['constant']:.2f} (needed at d = {most['n_inputs']}, N = "
        f"{most['n_neurons']}, depth {most['depth']}); the architecture that needs the least needs "
        f"{least['constant']:.2f}.",
        {"most": most["constant"], "least": least["constant"]},
    )


def _layers(depth: int) -> str:
    return "one layer" if depth == 1 else f"{depth} layers"


def _factor(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}" if value < 1e6 else f"{value:.1e}"


def _listed(depths: list[int]) -> str:
    return ", ".join(map(str, depths))
