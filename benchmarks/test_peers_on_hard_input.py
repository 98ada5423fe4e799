"""Who counts degenerate networks right? Each answer is a row; ours must be the known one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import polytope_engine as pe

NETWORKS = [
    "braid4",
    "dup_same",
    "dead_b0",
    "parallel_1e-09",
    "tent5_1d",
    "nobias_3-6-6-1",
    "integer_3-6-6-1_s0",
]


@pytest.mark.parametrize("program", ["affinitree", "relucent"])
@pytest.mark.parametrize("name", NETWORKS)
def test_counts_of_degenerate_networks(
    nets_folder: Path, record: Any, peer: Any, name: str, program: str
) -> None:
    path = nets_folder / "hard" / f"{name}.npz"
    known = json.loads((nets_folder / "counts.json").read_text())[f"hard/{name}"]["whole_space"]
    assert pe.count_regions(pe.load_network(path)).n_regions == known
    theirs = peer(f"{program}_count", path)
    if "error" in theirs:
        remark = f"it refuses: {theirs['error'].partition(': ')[2][:80]}"
    else:
        found = theirs["n_regions"]
        remark = "agreement" if found == known else f"disagreement: {found}"
    record(regions=known, beside=program, remark=remark)
