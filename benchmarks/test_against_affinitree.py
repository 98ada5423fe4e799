"""How much faster than affinitree, on one core, in the same run? Counts are compared before any time is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from measuring import CLOCK

import polytope_engine as pe

NETWORKS = [
    "2-10-5-1", "2-16-16-1", "3-12-12-1", "4-10-10-1", "6-12-1", "3-20-20-1", "4-16-16-1", "8-14-1",
]  # fmt: skip


def least_ratio(n_regions: int) -> float:
    """What is asked of us, all of R^d."""
    return 40 if n_regions > 10_000 else 20 if n_regions > 2_000 else 0


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.benchmark(timer=CLOCK)
def test_ratio_to_affinitree(benchmark: Any, nets_folder: Path, record: Any, peer: Any, name: str) -> None:
    path = nets_folder / "random" / f"{name}.npz"
    network = pe.load_network(path)
    count = pe.count_regions(network, n_workers=1)
    theirs = peer("affinitree_count", path)
    if theirs.get("n_regions") != count.n_regions:
        record(regions=count.n_regions, beside="affinitree", remark=f"disagreement: {theirs}")
        pytest.fail(f"affinitree: {theirs}; polytope_engine: {count.n_regions} regions")
    benchmark.pedantic(
        pe.enumerate_regions, args=(network,), kwargs={"n_workers": 1}, rounds=40, iterations=1
    )
    # of both: other programs on the machine only add to a time
    fastest = benchmark.stats.stats.min
    ratio = theirs["seconds"] / fastest
    asked = least_ratio(count.n_regions)
    benchmark.extra_info.update(
        regions=count.n_regions,
        seconds=fastest,
        regions_per_second=count.n_regions / fastest,
        ratio=ratio,
        beside=f"affinitree {theirs['seconds']:.3g} s",
        asked=f"ratio {asked}" if asked else "",
    )
    assert ratio >= asked
