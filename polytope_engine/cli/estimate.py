"""`estimate`: what random points, lines and walks say of the regions, beside the exact number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from polytope_engine.cli.exit_codes import COMPLETE, INTERRUPTED
from polytope_engine.cli.facts import Facts, domain_facts, network_facts
from polytope_engine.cli.facts import as_json as to_json
from polytope_engine.cli.inputs import DomainOptions, NetworkOptions, chosen_domain, read_network
from polytope_engine.cli.progress import watched
from polytope_engine.cli.text import domain_lines, labeled, network_lines, table_lines
from polytope_engine.errors import InvalidArgumentError

if TYPE_CHECKING:
    from polytope_engine.estimators import Estimate, Richness
    from polytope_engine.network.relu_network import ReLUNetwork
    from polytope_engine.polytope.hpolytope import HPolytope

MOST_INPUTS = 6
"""Regions in more dimensions are not measured: their volumes take too long."""


@dataclass(frozen=True)
class EstimateOptions:
    """How much is sampled."""

    n_samples: int
    n_chords: int
    n_steps: int
    seed: int
    time_limit: float

    def check(self) -> None:
        """Refuse a time limit that is none, and a walk of one region.

        Raises
        ------
        InvalidArgumentError
            If the limit is not a number of seconds from 0, or `n_steps` is 1.
        """
        if self.n_steps == 1:
            raise InvalidArgumentError(
                "--steps is 1; a walk compares regions, so it must be 0, or at least 2."
            )
        if not 0 <= self.time_limit < math.inf:
            raise InvalidArgumentError(
                f"--time-limit is {self.time_limit:g}; it must be a number of seconds, 0 for no exact count."
            )


def run_estimate(
    file: Path, domain: DomainOptions, network: NetworkOptions, options: EstimateOptions, *, as_json: bool
) -> int:
    """Estimate the number of regions of the network in a file in every way there is; the exit code."""
    from polytope_engine.estimators.arguments import bounded_domain

    options.check()
    net = read_network(file, network)
    if not domain.given():
        raise InvalidArgumentError("There is no domain to sample; give one, as in --box -1 1.")
    box = bounded_domain(net, chosen_domain(net, domain))
    found, is_finished = _estimates(net, box, options, quiet=as_json)
    exact = None
    if is_finished:
        exact, is_finished = _exact_count(net, box, options, quiet=as_json)
    facts = {
        "command": "estimate",
        "network": network_facts(net, str(file)),
        "domain": domain_facts(box, net.input_dim),
        "seed": options.seed,
        "n_regions": exact,
        "is_finished": is_finished,
        "estimates": {name: _facts(estimate) for name, estimate in found.items()},
    }
    typer.echo(to_json(facts) if as_json else "\n".join(_lines(facts, found)))
    return COMPLETE if is_finished else INTERRUPTED


def _estimates(
    network: ReLUNetwork, domain: HPolytope, options: EstimateOptions, *, quiet: bool
) -> tuple[dict[str, Estimate], bool]:
    """All estimates, or those before Ctrl-C."""
    from polytope_engine import estimators

    with watched("sampling points", quiet=quiet) as progress:
        sampled = estimators.richness(network, domain, options.n_samples, options.seed, progress=progress)
    found: dict[str, Estimate] = dict(sampled)
    if sampled.sample is None or not sampled.sample.is_finished:
        return found, False
    try:
        _add_geometric(found, network, domain, options, sampled, quiet=quiet)
    except KeyboardInterrupt:
        return found, False
    return found, True


def _add_geometric(
    found: dict[str, Estimate],
    network: ReLUNetwork,
    domain: HPolytope,
    options: EstimateOptions,
    sampled: Richness,
    *,
    quiet: bool,
) -> None:
    """Add the estimates that look at regions and lines, one by one, so that Ctrl-C loses only the one under way."""
    from polytope_engine import estimators

    sample = sampled.sample
    if network.input_dim <= MOST_INPUTS and sample is not None:
        with watched("measuring regions", quiet=quiet) as progress:
            found["inverse_volume"] = estimators.inverse_volume(
                network, domain, options.n_samples, sample=sample, progress=progress
            )
    if options.n_steps and sample is not None:
        with watched("walking", quiet=quiet) as progress:
            found["random_walk"] = estimators.random_walk(
                network, sample.points[0], domain, options.n_steps, options.seed, progress=progress
            )
        if found["random_walk"].n_samples < options.n_steps:
            raise KeyboardInterrupt  # which ended the walk, and is meant for the rest, too
    if options.n_chords:
        with watched("following lines", quiet=quiet, noun="lines") as progress:
            lines = estimators.line_crossings(
                network, domain, options.n_chords, options.seed, progress=progress
            )
        found |= {"regions_per_chord": lines.regions_per_chord, "crossing_density": lines.crossing_density}
        if lines.wall_area is not None:
            found["wall_area"] = lines.wall_area


def _exact_count(
    network: ReLUNetwork, domain: HPolytope, options: EstimateOptions, *, quiet: bool
) -> tuple[int | None, bool]:
    """The number of regions, if it is found within the time limit; and whether there was no Ctrl-C."""
    from polytope_engine.regions.enumeration import count_regions
    from polytope_engine.regions.outcome import Status

    if not options.time_limit:
        return None, True
    with watched("counting regions", quiet=quiet) as progress:
        count = count_regions(network, domain, progress=progress, time_limit=options.time_limit)
    return int(count) if count.status.is_complete else None, count.status is not Status.INTERRUPTED


def _facts(estimate: Estimate) -> Facts:
    interval = None if estimate.interval is None else [_finite(bound) for bound in estimate.interval]
    return {
        "name": estimate.name,
        "value": _finite(estimate.value),
        "interval": interval,
        "n_samples": estimate.n_samples,
        "definition": estimate.definition,
        "bias": estimate.bias,
        "source": estimate.source,
    }


def _finite(value: float) -> float | None:
    """JSON has no infinity."""
    return float(value) if math.isfinite(value) else None


def _lines(facts: Facts, found: dict[str, Estimate]) -> list[str]:
    n = facts["n_regions"]
    exact = f"{n:,}, proven" if n is not None else "not counted within the time limit"
    if not facts["is_finished"]:
        exact = "not counted: interrupted"
    return [
        *network_lines(facts["network"]),
        *domain_lines(facts["domain"]),
        *labeled("regions", exact),
        *labeled("estimates", *_table([e for e in found.values() if _is_count(e)], n)),
        *labeled("others", *_table([e for e in found.values() if not _is_count(e)], None)),
        *labeled("seed", str(facts["seed"])),
    ]


def _is_count(estimate: Estimate) -> bool:
    """Whether it is the number of regions that is estimated."""
    return "definition R2'" in estimate.definition


def _table(estimates: list[Estimate], exact: int | None) -> list[str]:
    titles = ("estimator", "value", "95 % interval", "samples")
    rows = []
    for estimate in estimates:
        interval = estimate.interval
        within = "" if interval is None else f"[{interval[0]:.5g}, {interval[1]:.5g}]"
        row = [estimate.name, f"{estimate.value:.5g}", within, f"{estimate.n_samples:,}"]
        rows.append(row if exact is None else [*row, f"{estimate.value / exact:.3f}"])
    return table_lines(titles if exact is None else (*titles, "of exact"), rows, right=(1, 3, 4))
