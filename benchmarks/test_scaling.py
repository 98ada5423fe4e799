"""How does the cost of a region grow with dimension, width, depth and number of regions? One core, boxes."""

from __future__ import annotations

from typing import Any

import pytest
from measuring import seconds_of, torch_default

import polytope_engine as pe

# What grows, the networks' widths, and half the width of the box.
CASES = (
    [("dimension", (d, 16, 16, 1), 1.0) for d in (2, 3, 4, 5, 6, 7)]
    + [("width", (2, w, w, 1), 1.0) for w in (16, 32, 64, 128, 256)]
    + [("width", (4, w, w, 1), 1.0) for w in (8, 16, 32)]
    + [("width", (7, w, w, 1), size) for w, size in ((32, 0.1), (64, 0.05), (128, 0.02), (256, 0.01))]
    + [("depth", (3, *[20] * n, 1), 1.0) for n in (1, 2, 3, 5, 7)]
    + [("number of regions", (3, 32, 32, 1), size) for size in (0.25, 0.5, 1.0, 2.0, 4.0)]
)


@pytest.mark.parametrize(
    ("grows", "widths", "size"), CASES, ids=[f"{g} {'-'.join(map(str, w))} in {s:g}" for g, w, s in CASES]
)
def test_cost_of_a_region(record: Any, grows: str, widths: tuple[int, ...], size: float) -> None:
    network = torch_default(*widths)
    domain = pe.box(-size, size, dimension=widths[0])
    count = pe.count_regions(network, domain, n_workers=1)
    assert count.status.is_complete
    if widths[0] <= 6:  # the other engine agrees, before the clock starts
        other = "lp" if count.work.n_vertex_decisions else "vertex"
        assert pe.count_regions(network, domain, other).n_regions == count.n_regions
    seconds = seconds_of(lambda: pe.count_regions(network, domain, n_workers=1))
    record(
        case=f"{grows}: {'-'.join(map(str, widths))} in [-{size:g}, {size:g}]^{widths[0]}",
        regions=count.n_regions,
        seconds=seconds,
        regions_per_second=count.n_regions / seconds,
        linear_programs_per_region=count.work.n_linear_programs / count.n_regions,
        pivots_per_region=count.work.n_pivots / count.n_regions,
    )
