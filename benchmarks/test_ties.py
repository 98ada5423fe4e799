"""How fast are networks on which everything ties? Counts are checked before the clock starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import polytope_engine as pe

# A library network, its number of regions, and the most seconds that are acceptable.
ARRANGEMENTS = [
    ("resonance(5)", 11_292, 0.2),
    ("resonance(6)", 1_066_044, 25.0),
    ("threshold(5)", 94_572, 2.0),
    ('exceptional("E6")', 51_840, 5.0),
]


def rounded(network: pe.ReLUNetwork, denominator: int) -> pe.ReLUNetwork:
    """The network with weights and biases rounded to multiples of 1 / denominator."""
    return pe.ReLUNetwork(
        [
            (np.round(W * denominator) / denominator, np.round(b * denominator) / denominator)
            for W, b in network.weights
        ]
    )


@pytest.mark.parametrize(("name", "n_regions", "most"), ARRANGEMENTS, ids=[row[0] for row in ARRANGEMENTS])
def test_seconds_for_an_arrangement(benchmark: Any, name: str, n_regions: int, most: float) -> None:
    network = pe.library.named(name).network
    count = pe.count_regions(network)
    assert (count.n_regions, count.status.is_complete) == (n_regions, True)
    assert count.work.n_exact_decisions <= 100
    benchmark.pedantic(pe.count_regions, args=(network,), rounds=1 if most > 10 else 5, iterations=1)
    benchmark.extra_info.update(
        regions_per_second=round(n_regions / benchmark.stats.stats.median),
        residue_decisions=count.work.n_residue_decisions,
        exact_decisions=count.work.n_exact_decisions,
    )
    assert benchmark.stats.stats.median < most


@pytest.mark.parametrize(("denominator", "n_regions"), [(64, 59_659), (8, 57_503), (4, 58_590)])
def test_regions_per_second_of_a_quantized_controller(
    benchmark: Any, nets_folder: Path, denominator: int, n_regions: int
) -> None:
    path = nets_folder / "real" / "double_pendulum_more_robust.npz"
    if not path.exists():
        pytest.skip(
            "no real/double_pendulum_more_robust.npz in the folder of networks; give another with --nets DIR"
        )
    network, domain = rounded(pe.load_network(path), denominator), pe.box(-2, 2, dimension=4)
    count = pe.count_regions(network, domain)
    assert (count.n_regions, count.status.is_complete) == (n_regions, True)
    benchmark.pedantic(pe.enumerate_regions, args=(network, domain), rounds=3, iterations=1)
    rate = n_regions / benchmark.stats.stats.median
    benchmark.extra_info.update(regions_per_second=round(rate), exact_decisions=count.work.n_exact_decisions)
    assert rate >= 20_000
