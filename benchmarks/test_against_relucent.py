"""How much faster than relucent, on one core, in the same run? Counts are compared before any time is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from measuring import CLOCK

import polytope_engine as pe

# Networks, and the least ratio asked: 2,000 above 2,000 regions. Larger ones take relucent minutes.
NETWORKS = [("2-10-5-1", 0), ("2-16-16-1", 0), ("3-12-12-1", 2_000), ("6-12-1", 2_000)]


@pytest.mark.parametrize(("name", "asked"), NETWORKS)
@pytest.mark.benchmark(timer=CLOCK)
def test_ratio_to_relucent(
    benchmark: Any, nets_folder: Path, record: Any, peer: Any, name: str, asked: int
) -> None:
    path = nets_folder / "random" / f"{name}.npz"
    network = pe.load_network(path)
    count = pe.count_regions(network, n_workers=1)
    theirs = peer("relucent_count", path)
    if theirs.get("n_regions") != count.n_regions:
        record(regions=count.n_regions, beside="relucent", remark=f"disagreement: {theirs}")
        pytest.fail(f"relucent: {theirs}; polytope_engine: {count.n_regions} regions")
    benchmark.pedantic(pe.enumerate_regions, args=(network,), kwargs={"n_workers": 1}, rounds=5, iterations=1)
    # of both: other programs on the machine only add to a time
    fastest = benchmark.stats.stats.min
    ratio = theirs["seconds"] / fastest
    benchmark.extra_info.update(
        regions=count.n_regions,
        seconds=fastest,
        regions_per_second=count.n_regions / fastest,
        ratio=ratio,
        beside=f"relucent {theirs['seconds']:.3g} s",
        asked=f"ratio {asked}" if asked else "",
    )
    assert ratio >= asked
