"""`count` and `enumerate`, and the search that `describe` and `plot` begin with."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from polytope_engine.cli.exit_codes import exit_code
from polytope_engine.cli.facts import Facts, domain_facts, network_facts, result_facts
from polytope_engine.cli.facts import as_json as to_json
from polytope_engine.cli.inputs import (
    DomainOptions,
    NetworkOptions,
    check_writable,
    chosen_domain,
    holds_regions,
    read_network,
    read_regions,
)
from polytope_engine.cli.progress import watched
from polytope_engine.cli.text import domain_lines, labeled, network_lines, result_lines, tally_lines
from polytope_engine.errors import InvalidArgumentError

if TYPE_CHECKING:
    from polytope_engine.network.relu_network import ReLUNetwork
    from polytope_engine.polytope.hpolytope import HPolytope
    from polytope_engine.regions.region_set import RegionSet

_METHODS = ("auto", "lp", "vertex")


@dataclass(frozen=True)
class SearchOptions:
    """What regions are looked for, and when to stop."""

    domain: DomainOptions
    network: NetworkOptions
    max_regions: int | None
    time_limit: float | None
    method: str
    n_workers: int | None = None
    statistics: str | None = None

    def check(self) -> None:
        """Refuse limits that are none.

        Raises
        ------
        InvalidArgumentError
            If a limit or the method is not what it must be.
        """
        if self.method not in _METHODS:
            raise InvalidArgumentError(f"--method is {self.method!r}; it must be auto, lp or vertex.")
        if self.time_limit is not None and not 0 < self.time_limit < math.inf:
            raise InvalidArgumentError(
                f"--time-limit is {self.time_limit:g}; it must be a positive number of seconds; leave it out for "
                "no limit."
            )

    def given(self) -> list[str]:
        """The options that were given, in the order of the help."""
        flags = {
            "--max-regions": self.max_regions is not None,
            "--time-limit": self.time_limit is not None,
            "--method": self.method != "auto",
        }
        limits = [name for name, is_given in flags.items() if is_given]
        return [*self.domain.given(), *limits, *self.network.given()]


def run_count(file: Path, search: SearchOptions, checkpoint: Path | None = None, *, as_json: bool) -> int:
    """Count the regions of a network; the exit code."""
    search.check()
    if checkpoint is not None:
        check_writable(checkpoint, (".npz",), not_this=file, option="--checkpoint")
    network, domain = network_and_domain(file, search)
    from polytope_engine.regions.enumeration import count_regions

    with watched("counting regions", quiet=as_json) as progress:
        result = count_regions(
            network,
            domain,
            search.method,
            progress=progress,
            time_limit=search.time_limit,
            n_workers=search.n_workers,
            checkpoint=checkpoint,
            statistics=[] if search.statistics is None else search.statistics.split(","),
        )
    facts = {
        "command": "count",
        "network": network_facts(network, str(file)),
        "domain": domain_facts(domain, network.input_dim),
        **result_facts(result, result.n_regions),
    }
    if result.statistics:
        facts["statistics"] = {name: tally.as_dict() for name, tally in result.statistics.items()}
    say(facts, *tally_lines(result.statistics), as_json=as_json)
    return exit_code(result.status)


def run_enumerate(
    file: Path, out: Path, search: SearchOptions, proof: Path | None = None, *, as_json: bool
) -> int:
    """Find the regions of a network and save them, and their proof if asked; the exit code."""
    search.check()
    check_writable(out, (".npz",), not_this=file)
    if proof is not None:
        check_writable(proof, (".proof",), not_this=file, option="--proof")
    network, domain = network_and_domain(file, search)
    regions = found_regions(network, domain, search, quiet=as_json, proof=proof)
    regions.save(out)
    facts = {"command": "enumerate", **regions_facts(regions, str(file)), "out": str(out)}
    lines = labeled("saved", str(out))
    if proof is not None:
        facts["proof_file"] = None if regions.proof is None else str(proof)
        lines += labeled(
            "proof file", "none, for the run is incomplete" if regions.proof is None else str(proof)
        )
    say(facts, *lines, as_json=as_json)
    return exit_code(regions.status)


def regions_of(
    file: Path, search: SearchOptions, *, quiet: bool, check: Callable[[ReLUNetwork], None] | None = None
) -> tuple[RegionSet, bool]:
    """The regions in a file, or those of the network in it; and whether they were saved ones.

    `check` looks at the network before any work is done.
    """
    search.check()
    check = check or _anything_goes
    if holds_regions(file):
        regions = read_regions(file, search.given())
        check(regions.network)
        return regions, True
    network, domain = network_and_domain(file, search)
    check(network)
    return found_regions(network, domain, search, quiet=quiet), False


def found_regions(
    network: ReLUNetwork,
    domain: HPolytope | None,
    search: SearchOptions,
    *,
    quiet: bool,
    proof: Path | None = None,
) -> RegionSet:
    """The regions of a network, found under a progress bar."""
    from polytope_engine.regions.enumeration import enumerate_regions

    with watched("finding regions", quiet=quiet) as progress:
        return enumerate_regions(
            network,
            domain,
            search.method,
            progress=progress,
            max_regions=search.max_regions,
            time_limit=search.time_limit,
            n_workers=search.n_workers,
            record_proof=False if proof is None else proof,
        )


def network_and_domain(file: Path, search: SearchOptions) -> tuple[ReLUNetwork, HPolytope | None]:
    """The network of a file, and the domain that the options say."""
    network = read_network(file, search.network)
    return network, chosen_domain(network, search.domain)


def _anything_goes(_network: ReLUNetwork) -> None:
    """Nothing to refuse."""


def regions_facts(regions: RegionSet, source: str) -> Facts:
    """What there is to say of any region set."""
    return {
        "network": network_facts(regions.network, source),
        "domain": domain_facts(regions.domain, regions.network.input_dim),
        **result_facts(regions, len(regions)),
    }


def say(facts: Facts, *more: str, as_json: bool) -> None:
    """Print what was found: one JSON object, or lines for a person."""
    if as_json:
        typer.echo(to_json(facts))
        return
    lines = [*network_lines(facts["network"]), *domain_lines(facts["domain"]), *result_lines(facts), *more]
    typer.echo("\n".join(lines))
