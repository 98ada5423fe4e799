"""Graphs of regions that several files of tests look at."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from random_networks import random_network

import polytope_engine as pe
from polytope_engine.complexes.region_graph import RegionGraph
from polytope_engine.regions.outcome import Status
from polytope_engine.regions.region_set import RegionSet

SQUARE = pe.box(-1, 1, dimension=2)
# One arrangement, with neurons that repeat others: the graph stays what it is.
PLANES = [([1, 0], 0), ([0, 1], 0), ([1, 1], -1)]
SAME_PLANES = {
    "as they are": PLANES,
    "duplicated": [*PLANES, *PLANES],
    "opposite": [*PLANES, *(([-a, -b], -c) for (a, b), c in PLANES)],
    "scaled": [*PLANES, *(([3 * a, 3 * b], 3 * c) for (a, b), c in PLANES)],
    "dead": [([0, 0], 0), *PLANES, ([0, 0], -1)],
}


@cache
def graph_of(name: str) -> RegionGraph:
    return pe.enumerate_regions(pe.library.named(name).network).graph()


@cache
def medium() -> RegionGraph:
    return pe.enumerate_regions(random_network(2, 6, 5, 2), SQUARE).graph()


def some_of(regions: RegionSet, chosen: Any) -> RegionSet:
    """An incomplete set: these regions, in this order."""
    return RegionSet(
        regions.network, None, regions.sign_vectors[chosen], regions.interior_points[chosen],
        exact_interior_points={}, status=Status.MAX_REGIONS, work=regions.work, certificate=regions.certificate,
    )  # fmt: skip


@cache
def two_pieces() -> RegionGraph:
    """Two regions at each end of a line of five, and not the one between."""
    regions = graph_of("hamming_trap").regions
    return some_of(regions, np.argsort(regions.interior_points[:, 0])[[0, 4, 1, 3]]).graph()


def one_layer(planes: list[Any]) -> pe.ReLUNetwork:
    return pe.ReLUNetwork([([w for w, _ in planes], [b for _, b in planes]), ([[1] * len(planes)], [0])])
