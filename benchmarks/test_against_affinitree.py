"""How much faster than affinitree, in the same run? The counts are compared before any time is."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

import polytope_engine as pe

PEER = Path(__file__).parent / "peers" / "affinitree_count.py"


@pytest.mark.parametrize(
    ("name", "least_ratio"), [("3-12-12-1", 1), ("4-10-10-1", 1), ("3-20-20-1", 1), ("4-16-16-1", 20)]
)
def test_ratio_to_affinitree(
    benchmark: Any, nets_folder: Path, peers_python: Path, name: str, least_ratio: float
) -> None:
    path = nets_folder / "random" / f"{name}.npz"
    network = pe.load_network(path)
    count = pe.count_regions(network)
    command = [str(peers_python), "-W", "ignore", str(PEER), str(path)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    peer = json.loads(answer.splitlines()[-1])
    assert peer["n_regions"] == count.n_regions
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        pe.enumerate_regions(network)
        seconds.append(time.perf_counter() - start)
    benchmark.pedantic(pe.enumerate_regions, args=(network,), rounds=3, iterations=1)
    ratio = peer["seconds"] / sorted(seconds)[1]
    benchmark.extra_info.update(affinitree_seconds=round(peer["seconds"], 3), ratio=round(ratio, 1))
    assert ratio >= least_ratio
