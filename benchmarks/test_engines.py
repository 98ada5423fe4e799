"""Which engine is faster in which dimension? Both count the same regions before any time is taken; one core, boxes.

The rule of ``polytope_engine/regions/engines.py`` is drawn from these rows.
"""

from __future__ import annotations

from typing import Any

import pytest
from measuring import seconds_of, torch_default

import polytope_engine as pe
from polytope_engine.regions.engines import chosen_method
from polytope_engine.regions.working_space import working_space

# Hidden widths after the dimension, and half the width of the box.
CASES = {
    (2, 32, 32): 1, (2, 64, 64, 64): 1, (3, 16, 16): 1, (3, 32, 32): 1, (3, *[20] * 5): 1, (4, 16, 16): 1,
    (4, 24, 24): 1, (4, *[12] * 4): 1, (5, 12, 12): 1, (5, 16, 16): 1, (5, 20, 20): 1, (5, 24, 24): 1,
    (5, *[10] * 4): 1, (5, *[20] * 3): 0.5, (6, 12, 12): 1, (6, 16, 16): 1, (6, *[10] * 3): 1,
    (6, 32, 32): 0.25, (6, 64, 64): 0.125, (6, *[24] * 4): 0.375, (7, 12, 12): 1, (7, *[20] * 4): 0.25,
}  # fmt: skip


@pytest.mark.parametrize("widths", CASES, ids=lambda widths: "-".join(map(str, widths)))
def test_vertices_beside_linear_programs(record: Any, widths: tuple[int, ...]) -> None:
    size = CASES[widths]
    network, domain = torch_default(*widths, 1), pe.box(-size, size, dimension=widths[0])
    counts = {m: pe.count_regions(network, domain, m, n_workers=1) for m in ("lp", "vertex")}
    assert counts["lp"].n_regions == counts["vertex"].n_regions
    n_regions = counts["lp"].n_regions
    seconds = {
        m: seconds_of(lambda m=m: pe.count_regions(network, domain, m, n_workers=1), rounds=3) for m in counts
    }
    ratio = seconds["lp"] / seconds["vertex"]
    record(
        case=f"{'-'.join(map(str, widths))} in [-{size:g}, {size:g}]^{widths[0]}",
        engine=chosen_method("auto", network, working_space(network, domain)),
        regions=n_regions,
        seconds=seconds["vertex"],
        regions_per_second=n_regions / seconds["vertex"],
        ratio=ratio,
        beside=f"lp {seconds['lp']:.3g} s",
    )
