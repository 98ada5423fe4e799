"""What a command found, as plain data: the keys of `--json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from polytope_engine.complexes.sign_cell_set import SignCells
    from polytope_engine.network.relu_network import ReLUNetwork
    from polytope_engine.polytope.hpolytope import HPolytope
    from polytope_engine.regions.description import Description
    from polytope_engine.regions.enumeration import RegionCount
    from polytope_engine.regions.region_set import RegionSet

Facts = dict[str, Any]


def network_facts(network: ReLUNetwork, source: str) -> Facts:
    """The network: where it is from, its widths, and the digest of its weights."""
    return {
        "source": source,
        "input_dim": network.input_dim,
        "hidden_widths": list(network.hidden_widths),
        "output_dim": network.output_dim,
        "n_neurons": network.n_neurons,
        "is_leaky": any(slope.any() for slope in network.negative_slopes),
        "rounded_layers": list(network.rounded_layers),
        "digest": network.digest,
    }


def domain_facts(domain: HPolytope | None, dimension: int) -> Facts:
    """The domain: `whole_space`, `box` with its bounds, or `polytope` with its rows ``A x <= b``."""
    if domain is None:
        return {"kind": "whole_space", "dimension": dimension}
    bounds = _box_bounds(domain)
    if bounds is None:
        return {
            "kind": "polytope",
            "dimension": dimension,
            "A": domain.A.tolist(),
            "b": domain.b.tolist(),
        }
    return {"kind": "box", "dimension": dimension, "lower": bounds[0], "upper": bounds[1]}


def _box_bounds(domain: HPolytope) -> tuple[list[float], list[float]] | None:
    """The bounds of a domain whose rows are those that `pe.box` makes, or None."""
    d = domain.dimension
    identity = np.eye(d)
    if domain.A.shape != (2 * d, d) or not np.array_equal(domain.A, np.vstack([identity, -identity])):
        return None
    # plus zero: no -0.0
    return (0.0 - domain.b[d:]).tolist(), (0.0 + domain.b[:d]).tolist()


def result_facts(result: RegionSet | RegionCount, n_regions: int) -> Facts:
    """How many regions, whether that is all, what it cost, and how it was proven."""
    return {
        "n_regions": n_regions,
        "complete": result.status.is_complete,
        "status": result.status.name.lower(),
        "status_text": status_text(result),
        "seconds": result.work.seconds,
        "work": result.work.as_dict(),
        "certificate": {**result.certificate.as_dict(), "sentence": str(result.certificate)},
    }


def status_text(result: RegionSet | RegionCount | SignCells, noun: str = "region") -> str:
    """The status in the words of the command line; `noun` is what was looked for."""
    text = str(result.status).replace("every region", f"every {noun}")
    return text.replace("`max_regions`", "--max-regions").replace("`time_limit`", "--time-limit")


def description_facts(description: Description, lineality_dimension: int) -> Facts:
    """What the regions look like."""
    histogram = description.facet_histogram
    return {
        "n_described": description.n_described,
        "n_bounded": description.n_bounded,
        "n_unbounded": description.n_described - description.n_bounded,
        "lineality_dimension": lineality_dimension,
        "facet_histogram": {str(k): n for k, n in histogram.items()},
        "mean_facets": _mean(histogram),
        "chebyshev_radius_quantiles": {
            f"{q:g}": radius for q, radius in description.chebyshev_radius_quantiles.items()
        },
        "n_infinite_chebyshev_radius": description.n_infinite_chebyshev_radius,
        "dead_neurons": [list(place) for place in description.dead_neurons],
        "always_active_neurons": [list(place) for place in description.always_active_neurons],
    }


def _mean(histogram: dict[int, int]) -> float | None:
    n = sum(histogram.values())
    return sum(k * count for k, count in histogram.items()) / n if n else None


def as_json(facts: Facts) -> str:
    """One JSON object, as text."""
    return json.dumps(facts, indent=2, allow_nan=False, ensure_ascii=False)
