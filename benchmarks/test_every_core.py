"""How much faster are all cores than one? The regions and their order are the same before a time is reported."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from measuring import torch_default

import polytope_engine as pe


def check_ratio(record: Any, network: pe.ReLUNetwork, domain: pe.HPolytope | None, **columns: object) -> None:
    """A row: seconds with all cores, and the ratio to one of them."""
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for method in ("lp", "vertex"):  # compiled, whatever ran before
        pe.count_regions(torch_default(2, 8, 1), pe.box(-1, 1, dimension=2), method)
    counts, seconds = [], []
    for n in (1, n_cores):
        start = time.perf_counter()
        counts.append(pe.count_regions(network, domain, n_workers=n))
        seconds.append(time.perf_counter() - start)
    assert all(count.status.is_complete for count in counts)
    assert counts[0].n_regions == counts[1].n_regions
    record(
        **columns,
        regions=counts[0].n_regions,
        seconds=seconds[1],
        regions_per_second=counts[0].n_regions / seconds[1],
        ratio=seconds[0] / seconds[1],
        beside=f"one core {seconds[0]:.3g} s",
        asked="ratio 1.7 with two cores, over a second",
        n_cores=n_cores,
    )


@pytest.mark.parametrize(
    ("widths", "is_box"), [((8, 16, 16, 1), True), ((6, 16, 16, 1), False), ((3, 160, 160, 1), True)], ids=str
)
def test_all_cores_beside_one(record: Any, widths: tuple[int, ...], is_box: bool) -> None:
    network = torch_default(*widths)
    domain = pe.box(-1, 1, dimension=widths[0]) if is_box else None
    place = f"in [-1, 1]^{widths[0]}" if is_box else f"on R^{widths[0]}"
    check_ratio(record, network, domain, case=f"{'-'.join(map(str, widths))} {place}")


@pytest.mark.nets
def test_all_cores_beside_one_on_a_trained_network(record: Any, nets_folder: Path) -> None:
    catalog = json.loads((nets_folder / "real" / "catalog.json").read_text())
    entry = next(entry for entry in catalog if entry["name"] == "acasxu_1_1")
    network = pe.load_network(nets_folder / "real" / entry["file"])
    check_ratio(record, network, pe.box(*entry["property_3_box"]), case="acasxu_1_1, property 3")


def test_the_order_is_the_same(record: Any) -> None:
    network, box = torch_default(4, 16, 16, 1), pe.box(-1, 1, dimension=4)
    one, all_ = (pe.enumerate_regions(network, box, n_workers=n) for n in (1, None))
    assert (one.sign_vectors == all_.sign_vectors).all()
    record(regions=len(one), remark="same regions in the same order")
