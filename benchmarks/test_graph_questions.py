"""How long do questions about a graph of a million regions take, once its walls are known?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.complexes.region_graph import RegionGraph

SIDE, DIMENSION = 10, 6
N_REGIONS, N_WALLS = SIDE**DIMENSION, DIMENSION * (SIDE - 1) * SIDE ** (DIMENSION - 1)


@pytest.fixture(scope="module")
def cubes() -> pe.Walls:
    """The walls between ten to the sixth cubes, written down rather than found."""
    planes = np.tile(np.arange(1.0, SIDE), DIMENSION)
    normals = np.repeat(np.eye(DIMENSION), SIDE - 1, axis=0)
    network = pe.ReLUNetwork([(normals, -planes), (np.ones((1, len(planes))), [0])])
    places = np.column_stack(np.unravel_index(np.arange(N_REGIONS), (SIDE,) * DIMENSION))
    signs = np.where(np.repeat(places, SIDE - 1, axis=1) >= planes, 1, -1).astype(np.int8)
    one = pe.enumerate_regions(network, max_regions=1)
    complete = pe.enumerate_regions(pe.library.identity().network).status
    regions = pe.RegionSet(
        network, None, signs, places + 0.5,
        exact_interior_points={}, status=complete, work=one.work, certificate=one.certificate,
    )  # fmt: skip
    pairs, neurons = [], []
    for k in range(DIMENSION):
        first = np.flatnonzero(places[:, k] < SIDE - 1)
        pairs.append(np.column_stack([first, first + SIDE ** (DIMENSION - 1 - k)]))
        neurons.append(k * (SIDE - 1) + places[first, k])
    joined, on = np.concatenate(pairs), np.concatenate(neurons)
    order = np.lexsort((joined[:, 1], joined[:, 0]))
    return pe.Walls(regions, joined[order], on[order], {})


QUESTIONS: dict[str, tuple[Callable[[RegionGraph], Any], Any]] = {
    "matrix": (lambda graph: graph.matrix.nnz, 2 * N_WALLS),
    "components": (lambda graph: graph.connected_components().max(), 0),
    "distances": (lambda graph: graph.distances_from(0).max(), DIMENSION * (SIDE - 1)),
    "path": (lambda graph: len(graph.shortest_path(0, N_REGIONS - 1)), DIMENSION * (SIDE - 1)),
    "diameter": (lambda graph: graph.diameter().upper, DIMENSION * (SIDE - 1)),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_million_regions(benchmark: Any, cubes: pe.Walls, name: str) -> None:
    ask, expected = QUESTIONS[name]
    # A new graph for each round: its matrix is part of every answer.
    answer = benchmark.pedantic(lambda: ask(RegionGraph(cubes)), rounds=3, iterations=1)
    assert answer == expected
    assert benchmark.stats.stats.median < 5
