"""`demo`: the two networks that ship with the package."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from polytope_engine.cli.describe import described
from polytope_engine.cli.exit_codes import COMPLETE, INTERRUPTED, exit_code
from polytope_engine.cli.facts import Facts
from polytope_engine.cli.facts import as_json as to_json
from polytope_engine.cli.inputs import (
    PICTURES,
    DomainOptions,
    NetworkOptions,
    check_writable,
    check_writable_folder,
)
from polytope_engine.cli.plot import PictureOptions, draw
from polytope_engine.cli.search import SearchOptions, found_regions, regions_facts, say
from polytope_engine.cli.text import description_lines, labeled
from polytope_engine.errors import InvalidArgumentError

if TYPE_CHECKING:
    from polytope_engine.regions.region_set import RegionSet

_STORIES = {
    "two_moons": "A classifier of points in the plane, trained to tell two half-moons apart.",
    "cart_pole": "A controller that balances a pole on a cart, from four measurements.",
}


def run_demo(folder: Path, *, as_json: bool) -> int:
    """Describe the networks that ship with the package, and draw the one with two inputs; the exit code."""
    picture = _picture(folder)
    start = time.perf_counter()
    parts: dict[str, Facts] = {}
    code = COMPLETE
    for name, story in _STORIES.items():
        if not as_json:
            typer.echo(story)
        regions, parts[name] = _part(name, as_json=as_json)
        code = exit_code(regions.status)
        if parts[name]["description"]["n_described"] < len(regions):
            code = INTERRUPTED
        if regions.network.input_dim == 2:
            difference = "1-0" if regions.network.output_dim == 2 else "0"
            draw(regions, replace(picture, output=difference))
            parts[name]["picture"] = str(picture.out)
        if not as_json:
            _say_part(regions, parts[name])
        if code == INTERRUPTED:
            break
    seconds = time.perf_counter() - start
    if as_json:
        typer.echo(to_json({"command": "demo", "networks": parts, "seconds": seconds}))
    else:
        typer.echo(f"All of this took {seconds:.1f} s. Next: polytope-engine --help")
    return code


def _part(name: str, *, as_json: bool) -> tuple[RegionSet, Facts]:
    from polytope_engine.data import load_demo

    network, domain = load_demo(name)
    search = SearchOptions(
        DomainOptions(None, None, None, False), NetworkOptions(None, False), None, None, "auto"
    )
    regions = found_regions(network, domain, search, quiet=as_json)
    facts = regions_facts(regions, f"{name}, shipped")
    return regions, {**facts, "description": described(regions, quiet=as_json)}


def _say_part(regions: RegionSet, facts: Facts) -> None:
    description = description_lines(facts["description"], regions.network.hidden_widths)
    picture = labeled("picture", facts["picture"]) if "picture" in facts else []
    say(facts, *description, *picture, "", as_json=False)


def _picture(folder: Path) -> PictureOptions:
    """The picture's options; the folder is made, or refused, before any work is done."""
    if folder.exists() and not folder.is_dir():
        raise InvalidArgumentError(f"--out is `{folder}`, which is a file; name a folder.", path=folder)
    if not folder.exists():
        check_writable_folder(folder.parent)
        folder.mkdir()
    out = folder / "two_moons.png"
    check_writable(out, PICTURES)
    return PictureOptions(out, None, "output", "0", True, True, None, (7.2, 6.4), 150)
