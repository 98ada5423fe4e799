"""What a search costs is counted, and does not creep up; where floats disagree, proofs decide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.data import load_demo

# Network, domain, regions, and upper limits a region: linear programs, pivots.
WORK = [
    ("random/2-16-16-1", "whole_space", 572, 11.5, 7.5),
    ("random/3-12-12-1", "whole_space", 2050, 6.0, 4.7),
    ("random/4-16-16-1", "whole_space", 41280, 6.2, 7.8),
    ("random/6-12-1", "whole_space", 2510, 1.5, 1.2),
    ("random/2-16-16-1", "box_1", 127, 11.0, 9.0),
    ("random/4-16-16-1", "box_1", 6658, 7.0, 11.5),
    ("random/6-16-16-1", "box_1", 35227, 9.5, 26.0),
    ("random/8-20-1", "box_1", 74942, 2.3, 6.0),
    ("random/2-64-64-64-1", "box_1", 6668, 70.0, 66.0),
]


@pytest.mark.parametrize(("name", "words", "n_regions", "most_lps", "most_pivots"), WORK)
def test_generic_networks_cost_few_linear_programs_and_no_exact_decision(
    name: str, words: str, n_regions: int, most_lps: float, most_pivots: float
) -> None:
    network = pe.load_network(Path(__file__).parent / "fixtures" / "nets" / f"{name}.npz")
    domain = pe.box(-1, 1, dimension=network.input_dim) if words == "box_1" else None
    count = pe.count_regions(network, domain)
    assert count.n_regions == n_regions
    assert count.work.n_splits == n_regions - 1
    assert count.work.n_linear_programs <= most_lps * n_regions
    assert count.work.n_pivots <= most_pivots * n_regions
    assert count.work.n_exact_decisions == 0
    certificate = count.certificate
    assert certificate.n_regions_float == n_regions
    # every linear program ended in a split or in a proven drop; forced splits ask none
    asked = certificate.n_drops_float + certificate.n_identically_zero + count.work.n_splits
    assert count.work.n_linear_programs <= asked


def test_rows_of_very_different_sizes_are_mostly_proven_in_floats() -> None:
    n_exact = 0
    for seed in (3, 5, 9):
        generator = np.random.default_rng(seed)
        layers = [
            (
                generator.normal(size=(b, a)) * 10.0 ** generator.integers(-5, 6, size=(b, 1)),
                generator.normal(size=b),
            )
            for a, b in [(5, 8), (8, 4), (4, 1)]
        ]
        n_exact += pe.count_regions(pe.ReLUNetwork(layers), method="lp").certificate.n_drops_exact
    assert n_exact <= 5  # of 2,000; 50 with multipliers as the dictionary has them


def test_a_network_on_which_two_float_programs_disagree_is_counted_right() -> None:
    """They found 127,768 and 127,760 regions. All neighbors of a sample of regions are in the set.

    (All 988,714 sides of walls were looked across once: no neighbor is missing.)
    """
    import torch

    torch.manual_seed(5)
    widths = (4, 18, 12, 12, 1)
    modules: list[torch.nn.Module] = []
    for n_in, n_out in zip(widths[:-1], widths[1:], strict=True):
        modules += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    network = pe.ReLUNetwork.from_torch(torch.nn.Sequential(*modules[:-1]))
    regions = pe.enumerate_regions(network)
    assert len(regions) == 127_760
    assert regions.status.is_complete
    assert regions.work.n_exact_decisions < 100
    for index in np.random.default_rng(0).integers(len(regions), size=150):
        for neighbor in regions[index].neighbors():
            assert neighbor.index is not None


def test_the_shipped_classifier_is_closed_under_exact_neighbors() -> None:
    """Its regions are connected through walls, and a closed set that is not empty is all of them."""
    network, domain = load_demo("two_moons")
    regions = pe.enumerate_regions(network, domain)
    across = [[neighbor.index for neighbor in region.neighbors()] for region in regions]
    assert all(index is not None for found in across for index in found)
    reached, waiting = {0}, [0]
    while waiting:
        for index in across[waiting.pop()]:
            if index is not None and index not in reached:
                reached.add(index)
                waiting.append(index)
    assert len(reached) == len(regions)
