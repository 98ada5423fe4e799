"""How long does it take to join regions into linear ones? Answers are checked first; walls are at hand."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

import polytope_engine as pe

# Network, key of its box in the catalog or none for all of R^d, regions, linear regions, the most seconds.
LIMITS = [
    ("random/6-16-16-1", None, 1_082_903, 1_082_903, 60),
    ("real/hcas_pra0_tau00_5x25", "domain", 111_254, 111_254, 10),
]


@pytest.mark.parametrize(
    ("name", "key", "n_regions", "n_linear", "most_seconds"),
    LIMITS,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_open_linear_regions_of_large_networks(
    benchmark: Any,
    nets_folder: Path,
    name: str,
    key: str | None,
    n_regions: int,
    n_linear: int,
    most_seconds: float,
) -> None:
    path = nets_folder / f"{name}.npz"
    if not path.exists():
        pytest.skip(f"no {name}.npz in the folder of networks; give another with --nets DIR")
    domain = None
    if key is not None:
        catalog = json.loads((nets_folder / "real" / "catalog.json").read_text())
        domain = pe.box(*next(entry[key] for entry in catalog if entry["file"] == path.name))
    regions = pe.enumerate_regions(pe.load_network(path), domain)
    assert len(regions) == n_regions
    walls = regions.walls()
    start = time.process_time()
    linear = benchmark.pedantic(
        regions.linear_regions, kwargs={"definition": "open", "walls": walls}, rounds=1, iterations=1
    )
    seconds = time.process_time() - start
    benchmark.extra_info.update(regions_a_second=round(n_regions / seconds), n_exact=linear.n_exact)
    assert len(linear) == n_linear
    assert seconds < most_seconds
