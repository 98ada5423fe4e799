"""How many proven regions a second, on one core? The count is checked before the clock starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import polytope_engine as pe

# Network, domain, regions, and the least number of proven regions a second that is acceptable.
ROWS = [
    ("random/3-32-32-1", "box_1", 11_512, 0),
    ("random/4-16-16-1", "box_1", 6_658, 0),
    ("random/4-16-16-1", "whole_space", 41_280, 0),
    ("random/5-16-16-1", "whole_space", 249_444, 0),
    ("random/6-16-16-1", "whole_space", 1_082_903, 200_000),
    ("random/8-16-16-1", "box_1", 1_031_208, 50_000),
    ("random/10-20-1", "whole_space", 616_666, 0),
    ("random/2-64-64-64-1", "box_1", 6_668, 0),
    ("real/double_pendulum_more_robust", "box_2", 59_714, 50_000),
]


def domain_named(words: str, dimension: int) -> pe.HPolytope | None:
    """`whole_space`, or `box_k` for [-k, k]^d."""
    return None if words == "whole_space" else pe.box(-int(words[4:]), int(words[4:]), dimension=dimension)


@pytest.mark.parametrize(("name", "words", "n_regions", "least"), ROWS, ids=[f"{r[0]} {r[1]}" for r in ROWS])
def test_regions_per_second(
    benchmark: Any, nets_folder: Path, name: str, words: str, n_regions: int, least: int
) -> None:
    path = nets_folder / f"{name}.npz"
    if not path.exists():
        pytest.skip(f"no {name}.npz in the folder of networks; give another with --nets DIR")
    network = pe.load_network(path)
    domain = domain_named(words, network.input_dim)
    count = pe.count_regions(network, domain)
    assert (count.n_regions, count.status.is_complete) == (n_regions, True)
    assert count.work.n_exact_decisions <= 100
    benchmark.pedantic(pe.enumerate_regions, args=(network, domain), rounds=3, iterations=1)
    rate = n_regions / benchmark.stats.stats.median
    benchmark.extra_info.update(
        regions_per_second=round(rate),
        linear_programs_per_region=round(count.work.n_linear_programs / n_regions, 2),
        pivots_per_region=round(count.work.n_pivots / n_regions, 2),
        exact_decisions=count.work.n_exact_decisions,
    )
    assert rate >= least
