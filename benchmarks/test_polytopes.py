"""How long does it take to take one cell apart exactly? Beside cddlib, equal before the clock starts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.exact.polyhedron import polyhedron

N_CELLS = 8


def cells(widths: tuple[int, ...]) -> list[pe.HPolytope]:
    """Some regions of a random network in [-1, 1]^d."""
    rng = np.random.default_rng(0)
    layers = [
        (rng.standard_normal((n_out, n_in)) / n_in**0.5, 0.3 * rng.standard_normal(n_out))
        for n_in, n_out in pairwise(widths)
    ]
    domain = pe.box(-1, 1, dimension=widths[0])
    regions = pe.enumerate_regions(pe.ReLUNetwork(layers), domain, max_regions=3000)
    return [regions[int(k)].polytope for k in rng.choice(len(regions), N_CELLS, replace=False)]


@pytest.mark.parametrize("engine", ["own", "cdd"])
@pytest.mark.parametrize("widths", [(3, 32, 32, 1), (4, 16, 16, 1), (6, 16, 16, 1)], ids=str)
def test_generators_of_a_cell(benchmark: Any, widths: tuple[int, ...], engine: str) -> None:
    polytopes = cells(widths)
    for p in polytopes:
        assert polyhedron(p.exact_rows, p.dimension) == polyhedron(p.exact_rows, p.dimension, engine="cdd")

    def run() -> int:
        return sum(len(polyhedron(p.exact_rows, p.dimension, engine=engine).points) for p in polytopes)

    n_vertices = benchmark.pedantic(run, rounds=3, iterations=1)
    benchmark.extra_info.update(
        milliseconds_per_cell=round(1000 * benchmark.stats.stats.median / N_CELLS, 2),
        vertices_per_cell=n_vertices / N_CELLS,
    )
