"""`count --sign-cells`: the cells of every dimension, and the counts of each definition."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from polytope_engine.cli.exit_codes import exit_code
from polytope_engine.cli.facts import Facts, domain_facts, network_facts, status_text
from polytope_engine.cli.facts import as_json as to_json
from polytope_engine.cli.progress import watched
from polytope_engine.cli.search import SearchOptions, network_and_domain
from polytope_engine.cli.text import counted, domain_lines, labeled, network_lines
from polytope_engine.errors import InvalidArgumentError

if TYPE_CHECKING:
    from polytope_engine.complexes.sign_cell_set import SignCells


def run_sign_cells(file: Path, search: SearchOptions, *, closed: bool, as_json: bool) -> int:
    """Count the sign cells of a network; the exit code."""
    search.check()
    if search.method != "auto":
        raise InvalidArgumentError("--method says how regions are found; leave it out with --sign-cells.")
    network, domain = network_and_domain(file, search)
    from polytope_engine.complexes.sign_cells import sign_cells

    with watched("finding sign cells", quiet=as_json, noun="sign cells") as progress:
        cells = sign_cells(network, domain, progress=progress, time_limit=search.time_limit, closed=closed)
    facts = {
        "command": "count",
        "network": network_facts(network, str(file)),
        "domain": domain_facts(domain, network.input_dim),
        **_result_facts(cells),
    }
    if as_json:
        typer.echo(to_json(facts))
    else:
        lines = [*network_lines(facts["network"]), *domain_lines(facts["domain"]), *_result_lines(facts)]
        typer.echo("\n".join(lines))
    return exit_code(cells.status)


def _result_facts(cells: SignCells) -> Facts:
    return {
        "n_sign_cells": len(cells),
        "f_vector": list(cells.f_vector()),
        "bounded_f_vector": list(cells.f_vector(bounded=True)),
        "euler_characteristic": cells.euler_characteristic(),
        "closed": cells.is_closed and cells.domain is not None,
        "n_regions": cells.n_regions,
        "n_activation_patterns": cells.n_activation_patterns,
        "n_proper_activation_regions": cells.n_proper_activation_regions,
        "complete": cells.status.is_complete,
        "status": cells.status.name.lower(),
        "status_text": status_text(cells, "sign cell"),
        "seconds": cells.work.seconds,
        "work": cells.work.as_dict(),
    }


def _result_lines(result: Facts) -> list[str]:
    work = result["work"]
    bounded = result["bounded_f_vector"]
    where = ", those in the domain's boundary included" if result["closed"] else ""
    return [
        *labeled("sign cells", f"{result['n_sign_cells']:,}{where}", _by_dimension(result["f_vector"])),
        *labeled("bounded", f"{sum(bounded):,}", _by_dimension(bounded)),
        *labeled(
            "Euler", f"{result['euler_characteristic']}, cells of even dimension less those of odd dimension"
        ),
        *labeled("regions", f"{result['n_regions']:,}, the cells with interior (R2')"),
        *labeled(
            "patterns",
            f"{counted(result['n_activation_patterns'], 'activation pattern')} (R1), "
            f"{result['n_proper_activation_regions']:,} of them with interior (R2)",
        ),
        *labeled("status", result["status_text"]),
        *labeled(
            "work",
            f"{counted(work['n_decisions'], 'exact decision')}, {counted(work['n_cuts'], 'cut')}, "
            f"{result['seconds']:.2f} s",
        ),
    ]


def _by_dimension(f_vector: list[int]) -> str:
    return ", ".join(f"{n:,} of dimension {k}" for k, n in enumerate(f_vector))
