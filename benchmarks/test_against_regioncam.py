"""How fast beside regioncam, which draws networks with two inputs in float32? Counts are compared first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from measuring import CLOCK, file_named

import polytope_engine as pe


@pytest.mark.parametrize("name", ["2-10-5-1", "2-16-16-1", "2-64-64-64-1", "2-256-256-1"])
@pytest.mark.benchmark(timer=CLOCK)
def test_ratio_to_regioncam(
    benchmark: Any, nets_folder: Path, tmp_path: Path, record: Any, peer: Any, name: str
) -> None:
    """In the box; a count that differs is a row, without a time, and no failure: float32 cannot tell all regions."""
    path = file_named(nets_folder, tmp_path, f"random/{name}")
    network, box = pe.load_network(path), pe.box(-1, 1, dimension=2)
    count = pe.count_regions(network, box, n_workers=1)
    theirs = peer("regioncam_count", path)
    if theirs.get("n_regions") != count.n_regions:
        record(regions=count.n_regions, beside="regioncam", remark=f"disagreement: {theirs}")
        return
    benchmark.pedantic(
        pe.enumerate_regions, args=(network, box), kwargs={"n_workers": 1}, rounds=5, iterations=1
    )
    # of both: other programs on the machine only add to a time
    fastest = benchmark.stats.stats.min
    benchmark.extra_info.update(
        regions=count.n_regions,
        seconds=fastest,
        regions_per_second=count.n_regions / fastest,
        ratio=theirs["seconds"] / fastest,
        beside=f"regioncam {theirs['seconds']:.3g} s, unproven",
    )
