"""`describe`: what the regions of a network look like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from polytope_engine.cli.exit_codes import INTERRUPTED, exit_code
from polytope_engine.cli.facts import Facts, description_facts
from polytope_engine.cli.progress import watched
from polytope_engine.cli.search import SearchOptions, regions_facts, regions_of, say
from polytope_engine.cli.shape import ShapeOptions, ShapeReport, measured_columns, shape_of
from polytope_engine.cli.text import description_lines, labeled
from polytope_engine.regions.outcome import Status

if TYPE_CHECKING:
    from polytope_engine.regions.measurements import Measurements
    from polytope_engine.regions.region_set import RegionSet


def run_describe(file: Path, search: SearchOptions, shape: ShapeOptions, *, as_json: bool) -> int:
    """Describe the regions in a file, or those of the network in it; the exit code."""
    shape.check(file)
    regions, was_saved = regions_of(file, search, quiet=as_json)
    if regions.status is Status.INTERRUPTED and not was_saved:
        facts = {"command": "describe", **regions_facts(regions, source(file, was_saved))}
        say(facts, *labeled("note", "interrupted: their shapes were not looked at"), as_json=as_json)
        return INTERRUPTED
    # Without a clip, one walk measures all that is asked for.
    columns = None
    if shape.is_asked_for and shape.clip is None:
        columns = measured_columns(regions, shape, quiet=as_json)
    description = described(regions, columns, quiet=as_json)
    facts = {
        "command": "describe",
        **regions_facts(regions, source(file, was_saved)),
        "description": description,
    }
    n_described = description["n_described"]
    more = description_lines(description, regions.network.hidden_widths)
    if n_described < len(regions) and columns is None:
        more += labeled("note", f"interrupted: shapes are those of the first {n_described:,} regions")
    if n_described == len(regions) and not regions.status.is_complete:
        more += labeled("note", "regions are missing: all of this is about those that were found")
    report = ShapeReport()
    if shape.is_asked_for and columns is None and n_described == len(regions):
        columns = measured_columns(regions, shape, quiet=as_json)
    if columns is not None:
        report = shape_of(regions, columns, shape, quiet=as_json)
        facts["shape"] = report.facts
        more += report.lines
    say(facts, *more, as_json=as_json)
    if n_described < len(regions) or report.is_interrupted:
        return INTERRUPTED
    return exit_of(regions, was_saved)


def described(regions: RegionSet, columns: Measurements | None = None, *, quiet: bool) -> Facts:
    """The description of a region set, of what was measured of it or else measured under a progress bar."""
    from polytope_engine.regions.description import describe_regions

    with watched("describing regions", quiet=quiet) as progress:
        description = describe_regions(regions, progress, measurements=columns)
    return description_facts(description, regions.lineality_dimension)


def source(file: Path, was_saved: bool) -> str:
    """Where the network comes from, in words."""
    return f"from the saved regions {file}" if was_saved else str(file)


def exit_of(regions: RegionSet, was_saved: bool) -> int:
    """The exit code; a saved set that an earlier Ctrl-C cut short is incomplete, and no more than that."""
    if was_saved and regions.status is Status.INTERRUPTED:
        return exit_code(Status.TIME_LIMIT)
    return exit_code(regions.status)
