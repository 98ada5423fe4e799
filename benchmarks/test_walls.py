"""How long does it take to find every wall? Answers are checked before the clock starts; one core, warm."""

from __future__ import annotations

import json
import resource
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

import polytope_engine as pe
from polytope_engine.complexes.neighbors import neighbors

PEER = Path(__file__).parent / "peers" / "relucent_graph.py"
MEGABYTES = 1024

# Network, key of its box in the catalog or none for all of R^d, regions, walls, the most seconds and megabytes.
LIMITS = [
    ("random/6-16-16-1", None, 1_082_903, 6_207_732, 120, 2_000),
    ("real/hcas_pra0_tau00_5x25", "domain", 111_254, 327_366, 10, 2_000),
]


def regions_of(folder: Path, name: str, key: str | None) -> pe.RegionSet:
    path = folder / f"{name}.npz"
    if not path.exists():
        pytest.skip(f"no {name}.npz in the folder of networks; give another with --nets DIR")
    domain = None
    if key is not None:
        catalog = json.loads((folder / "real" / "catalog.json").read_text())
        domain = pe.box(*next(entry[key] for entry in catalog if entry["file"] == path.name))
    return pe.enumerate_regions(pe.load_network(path), domain)


@pytest.mark.parametrize(
    ("name", "key", "n_regions", "n_walls", "most_seconds", "most_megabytes"),
    LIMITS,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_adjacency_of_large_networks(
    benchmark: Any,
    nets_folder: Path,
    name: str,
    key: str | None,
    n_regions: int,
    n_walls: int,
    most_seconds: float,
    most_megabytes: float,
) -> None:
    pe.enumerate_regions(pe.library.generic(3, 2).network).walls()  # compiled, whatever ran before
    regions = regions_of(nets_folder, name, key)
    assert len(regions) == n_regions
    start = time.process_time()
    walls = benchmark.pedantic(regions.walls, kwargs={"n_workers": 1}, rounds=1, iterations=1)
    matrix = pe.RegionGraph(walls).matrix
    seconds = time.process_time() - start
    assert (len(walls), matrix.nnz) == (n_walls, 2 * n_walls)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTES
    benchmark.extra_info.update(
        walls_a_second=round(n_walls / seconds), megabytes=round(peak), n_exact=walls.n_exact
    )
    assert seconds < most_seconds
    assert peak < most_megabytes


@pytest.mark.parametrize(("name", "n_walls"), [("2-16-16-1", 1111), ("3-12-12-1", 5846)])
def test_the_graph_beside_relucent(
    benchmark: Any, nets_folder: Path, peers_python: Path, name: str, n_walls: int
) -> None:
    """Its edges are the pairs of regions whose signs differ once. Those that share no facet are false."""
    path = nets_folder / "random" / f"{name}.npz"
    regions = regions_of(nets_folder, f"random/{name}", None)

    def search() -> pe.Walls:
        return pe.enumerate_regions(regions.network).walls(n_workers=1)

    search()
    walls = benchmark.pedantic(search, rounds=3, iterations=1)
    assert len(walls) == n_walls
    command = [str(peers_python), "-W", "ignore", str(PEER), str(path)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    peer = json.loads(answer.splitlines()[-1])
    assert peer["n_regions"] == len(regions)
    flips = {(int(a), int(b)) for a, b in pe.hamming_pairs(regions)}
    assert peer["n_walls"] == len(flips)
    false = flips - {tuple(pair) for pair in walls.pairs.tolist()}
    for a, b in false:
        assert b not in [neighbor.index for neighbor in neighbors(regions[a])]
    ratio = peer["seconds"] / benchmark.stats.stats.median
    benchmark.extra_info.update(
        relucent_seconds=round(peer["seconds"], 2), ratio=round(ratio), false=len(false)
    )
    assert len(false) == peer["n_walls"] - n_walls
