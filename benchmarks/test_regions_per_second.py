"""How many proven regions a second, on one core? The count is checked before the clock starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from measuring import CLOCK, file_named

import polytope_engine as pe

# Network, domain, regions, regions a second aimed at, and what the fastest other program reached on this shape on
# a machine of this kind: float, no proof, other weights where they are random. Times are no assertions.
ROWS = [
    ("random/3-32-32-1", "box_1", 11_512, 500_000, ("edge subdivision", 103_000)),
    ("random/4-16-16-1", "box_1", 6_658, 400_000, ("edge subdivision", 95_000)),
    ("random/2-64-64-64-1", "box_1", 6_668, 150_000, None),
    ("random/2-256-256-1", "box_1", 37_357, 40_000, ("veritex", 11_800)),
    ("real/double_pendulum_more_robust", "box_2", 59_714, 350_000, ("edge subdivision", 73_000)),
    ("real/hcas_pra0_tau00_5x25", "domain", 111_254, 250_000, ("edge subdivision", 44_000)),
    ("real/acasxu_1_1", "property_3_box", 71_930, 60_000, ("veritex", 11_300)),
    ("random/8-16-16-1", "box_1", 1_031_208, 80_000, ("veritex", 2_400)),
    ("random/6-16-16-1", "whole_space", 1_082_903, 300_000, None),
    ("random/6-16-16-1", "box_1", 35_227, None, ("edge subdivision", 35_000)),
    ("real/vcas_pra01_5x20", "domain", 34_806, None, ("edge subdivision", 60_000)),
    ("random/4-16-16-1", "whole_space", 41_280, None, None),
    ("random/5-16-16-1", "whole_space", 249_444, None, None),
    ("random/10-20-1", "whole_space", 616_666, None, None),
]


def domain_named(words: str, folder: Path, network: pe.ReLUNetwork, file: str) -> pe.HPolytope | None:
    """`whole_space`, or `box_k` for [-k, k]^d, or a box of the catalog."""
    if words == "whole_space":
        return None
    if words.startswith("box_"):
        return pe.box(-int(words[4:]), int(words[4:]), dimension=network.input_dim)
    catalog = json.loads((folder / "real" / "catalog.json").read_text())
    return pe.box(*next(entry[words] for entry in catalog if entry["file"] == file))


@pytest.mark.parametrize(
    ("name", "words", "n_regions", "aim", "field"), ROWS, ids=[f"{r[0]} {r[1]}" for r in ROWS]
)
@pytest.mark.benchmark(timer=CLOCK)
def test_regions_per_second(
    benchmark: Any,
    nets_folder: Path,
    tmp_path: Path,
    name: str,
    words: str,
    n_regions: int,
    aim: int | None,
    field: tuple[str, int] | None,
) -> None:
    path = file_named(nets_folder, tmp_path, name)
    if path is None:
        pytest.skip(f"no {name}.npz in the folder of networks; give another with --nets DIR")
    network = pe.load_network(path)
    domain = domain_named(words, nets_folder, network, path.name)
    count = pe.count_regions(network, domain, n_workers=1)
    assert (count.n_regions, count.status.is_complete) == (n_regions, True)
    assert count.work.n_exact_decisions <= 100
    benchmark.pedantic(
        pe.enumerate_regions, args=(network, domain), kwargs={"n_workers": 1}, rounds=3, iterations=1
    )
    rate = n_regions / benchmark.stats.stats.median
    benchmark.extra_info.update(
        regions=n_regions,
        regions_per_second=round(rate),
        linear_programs_per_region=count.work.n_linear_programs / n_regions,
        pivots_per_region=count.work.n_pivots / n_regions,
        exact_decisions=count.work.n_exact_decisions,
    )
    if aim is not None:
        benchmark.extra_info.update(asked=f"{aim:,} a second", share_of_aim=rate / aim)
    if field is not None:
        benchmark.extra_info.update(
            ratio=rate / field[1], beside=f"{field[0]}, {field[1]:,} a second elsewhere"
        )
