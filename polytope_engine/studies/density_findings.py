"""What the tables of the study `density` say."""

from __future__ import annotations

import statistics
from typing import NamedTuple

import numpy as np

from polytope_engine.studies.means import geometric_mean, standard_error, with_error
from polytope_engine.studies.paired import pairs_of
from polytope_engine.studies.rank_correlation import rank_correlation
from polytope_engine.studies.recorder import Tables
from polytope_engine.studies.result import Finding, Table

INTERPOLATES = 0.01
"""A network with at most this train error is said to interpolate."""

MEASURES = {
    "density": "density of crossings",
    "total_variation": "total variation",
    "deviation": "deviation from the chord",
    "released_deviation": "its released bound",
}


def mean_by_width(rows: Table, column: str) -> list[float]:
    """The mean of a column for each width, in the order of the widths."""
    return [statistics.fmean(rows.where(width=width)[column]) for width in rows.distinct("width")]


def first_that_interpolates(rows: Table) -> int | None:
    """The smallest width from which on the mean train error is at most 1%; None if there is none."""
    found = None
    errors = mean_by_width(rows, "train_error")
    for width, error in reversed(list(zip(rows.distinct("width"), errors, strict=True))):
        if error > INTERPOLATES:
            break
        found = width
    return found


def findings(tables: Tables) -> list[Finding]:
    """The test error, what grows with width, what follows the test error, and how far the bound is off."""
    rows = tables["density"]
    found = [_descent(rows.where(images="train"))]
    for images in ("train", "test"):
        of_images = rows.where(images=images)
        found.append(_by_width(of_images, images))
        found += _followers(of_images, images)
    ratios = [row["released_deviation"] / row["deviation"] for row in rows if row["deviation"]]
    if ratios:
        found.append(
            Finding(
                f"The released bound of the deviation is {geometric_mean(ratios):.2f} times the exact integral "
                f"(geometric mean of {len(ratios)} rows; from {min(ratios):.2f} to {max(ratios):.2f} times).",
                {"ratio": geometric_mean(ratios), "least": min(ratios), "most": max(ratios)},
            )
        )
    return found


def _descent(rows: Table) -> Finding:
    """Where networks interpolate, and whether the test error rises before it falls for good."""
    rise = _largest_rise(rows)
    by_width = dict(zip(rows.distinct("width"), mean_by_width(rows, "test_error"), strict=True))
    narrowest, widest = min(by_width), max(by_width)
    wide = first_that_interpolates(rows)
    numbers = {"interpolates": wide, "rise": rise.size, "from_width": rise.start, "to_width": rise.end}
    start = (
        f"The mean train error is at most {INTERPOLATES:.0%} from width {wide} on."
        if wide is not None
        else f"From no width on is the mean train error at most {INTERPOLATES:.0%}."
    )
    if narrowest == widest:
        return Finding(f"{start} The mean test error is {by_width[widest]:.1%} at width {widest}.", numbers)
    if rise.size <= 0:
        change = f"from {by_width[narrowest]:.1%} to {by_width[widest]:.1%}"
        return Finding(f"{start} The mean test error never rises with width: {change}.", numbers)
    numbers |= {"error": rise.error, "n_risen": rise.n_risen, "n_pairs": rise.n_pairs}
    between = f"from {by_width[rise.start]:.1%} at width {rise.start} to {by_width[rise.end]:.1%} at width {rise.end}"
    in_pairs = f"in {rise.n_risen} of {rise.n_pairs} pairs of networks on the same data"
    if rise.error is not None:
        in_pairs = f"by {with_error(100 * rise.size, 100 * rise.error)} points; {in_pairs}"
    if not rise.is_clear:
        return Finding(
            f"{start} No rise of the mean test error with width exceeds two standard errors; the largest is {between} "
            f"({in_pairs}). At width {widest} it is {by_width[widest]:.1%}.",
            numbers,
        )
    return Finding(
        f"{start} The mean test error rises {between} ({in_pairs}), and is {by_width[widest]:.1%} at width {widest}.",
        numbers,
    )


class _Rise(NamedTuple):
    """From which width to which wider one the mean test error rises most, by how much, and in how many pairs."""

    start: int
    end: int
    size: float
    error: float | None
    n_risen: int
    n_pairs: int

    @property
    def is_clear(self) -> bool:
        """Whether there is a rise, and of more than two standard errors if these are known."""
        return self.size > 2 * (self.error or 0.0)


def _largest_rise(rows: Table) -> _Rise:
    """The error is that of the mean of differences between networks on the same data."""
    widths, errors = rows.distinct("width"), mean_by_width(rows, "test_error")
    rises = [(errors[j] - errors[i], widths[i], widths[j]) for j in range(len(widths)) for i in range(j)]
    size, low, high = max(rises, default=(0.0, widths[0], widths[0]))
    pairs = pairs_of(rows, "width", (high, low), ("seed",), "test_error")
    changes = [at_high - at_low for at_high, at_low in pairs]
    return _Rise(low, high, size, standard_error(changes), sum(x > 0 for x in changes), len(changes))


def _by_width(rows: Table, images: str) -> Finding:
    """The growth of density, and where the variation peaks."""
    widths = rows.distinct("width")
    crossings, up_and_down = mean_by_width(rows, "density"), mean_by_width(rows, "total_variation")
    apart = mean_by_width(rows, "deviation")
    top, other = int(np.argmax(up_and_down)), int(np.argmax(apart))
    grows = "at every step" if all(np.diff(crossings) > 0) else "though not at every step"
    change = "grows" if crossings[-1] > crossings[0] else "does not grow"
    grown = f"from {crossings[0]:.3g} to {crossings[-1]:.3g} crossings a unit of length" + (
        f", {grows}," if change == "grows" else ""
    )
    if len(widths) == 1:
        return Finding(
            f"Around {images} images density is {crossings[0]:.3g} crossings a unit of length at width {widths[0]}.",
            {"images": images, "first": crossings[0], "last": crossings[0]},
        )
    rise = _largest_rise(rows)
    place = f" The largest rise of the mean test error ends at width {rise.end}." if rise.is_clear else ""
    return Finding(
        f"Around {images} images density {change} {grown} from width {widths[0]} to {widths[-1]}; total variation is "
        f"largest at width {widths[top]}, deviation at width {widths[other]}.{place}",
        {
            "images": images,
            "first": crossings[0],
            "last": crossings[-1],
            "widest_variation": widths[top],
            "widest_deviation": widths[other],
            "end_of_rise": rise.end if rise.is_clear else None,
        },
    )


def _followers(rows: Table, images: str) -> list[Finding]:
    """Rank correlations with the test error, over all networks and over those that interpolate."""
    fitted = tuple(row for row in rows if row["train_error"] <= INTERPOLATES)
    found = []
    for kind, chosen in (
        ("networks", rows),
        ("networks that interpolate", Table(rows.about, rows.columns, fitted)),
    ):
        if len(chosen) < 3:
            continue
        correlations = {column: rank_correlation(chosen[column], chosen["test_error"]) for column in MEASURES}
        words = ", ".join(
            f"{MEASURES[column]} {'undefined' if r is None else format(r, '+.2f')}"
            for column, r in correlations.items()
        )
        known = {column: r for column, r in correlations.items() if r is not None}
        verdict = ""
        if known:
            best = max(known, key=lambda column: known[column])
            verdict = (
                f" The largest is that of {MEASURES[best]}." if known[best] > 0 else " None is positive."
            )
            if 0 > known.get("density", 0.0) < known[best]:
                verdict += " That of density is negative."
        found.append(
            Finding(
                f"Rank correlation with the test error over {len(chosen)} {kind}, around {images} images: {words}."
                f"{verdict}",
                {"images": images, "networks": kind, "n_networks": len(chosen), **correlations},
            )
        )
    return found
