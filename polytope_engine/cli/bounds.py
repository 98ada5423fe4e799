"""`bounds`: the published bounds that apply to a network, beside its number of regions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from polytope_engine.cli.exit_codes import COMPLETE, exit_code
from polytope_engine.cli.facts import Facts, domain_facts, network_facts, status_text
from polytope_engine.cli.facts import as_json as to_json
from polytope_engine.cli.progress import watched
from polytope_engine.cli.search import SearchOptions, network_and_domain
from polytope_engine.cli.text import domain_lines, labeled, network_lines

if TYPE_CHECKING:
    from polytope_engine.theory.table import BoundTable


def run_bounds(file: Path, search: SearchOptions, *, count: bool, as_json: bool) -> int:
    """List the bounds that apply to a network; the exit code."""
    search.check()
    network, domain = network_and_domain(file, search)
    from polytope_engine.theory.table import table

    with watched("counting regions", quiet=as_json or not count) as progress:
        found = table(network, domain, count=count, time_limit=search.time_limit, progress=progress)
    facts: Facts = {
        "command": "bounds",
        "network": network_facts(network, str(file)),
        "domain": domain_facts(domain, network.input_dim),
        "status": None if found.count is None else found.count.status.name.lower(),
        **found.as_dict(),
    }
    if as_json:
        typer.echo(to_json(facts))
    else:
        typer.echo(
            "\n".join([*network_lines(facts["network"]), *domain_lines(facts["domain"]), *_lines(found)])
        )
    return COMPLETE if found.count is None else exit_code(found.count.status)


def _lines(found: BoundTable) -> list[str]:
    counted = []
    if found.count is not None:
        counted = labeled("regions", f"{found.n_regions:,}") + labeled("status", status_text(found.count))
    unverified = sorted({row.name for row in found if not row.record.verified})
    notes = [f"Not verified against the paper: {', '.join(unverified)}."] if unverified else []
    about = "Upper bounds hold for this network, lower bounds for the best ReLU network of the same widths."
    return [*counted, "", *found.lines(), "", about, *notes]
