"""Find the walls between the regions of a set."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from polytope_engine.complexes.neighbors import neighbors
from polytope_engine.complexes.walls import Walls
from polytope_engine.regions.region_set import RegionSet

Progress = Callable[[int, float], None]


def find_walls(regions: RegionSet, progress: Progress | None = None, n_workers: int | None = None) -> Walls:
    """Return the walls between the regions of a set; see `RegionSet.walls`."""
    offsets = regions.network.layer_offsets
    found: dict[tuple[int, int], tuple[int, ...]] = {}
    for k, region in enumerate(regions):
        for neighbor in neighbors(region):
            if neighbor.index is not None and neighbor.index > k:
                on = sorted(offsets[layer] + i for _, layer, i in neighbor.facet.labels)
                found[k, neighbor.index] = tuple(on)
    keys = sorted(found)
    pairs = np.array(keys, dtype=np.int64).reshape(len(keys), 2)
    neurons = np.array([found[key][0] for key in keys], dtype=np.int64)
    shared = {k: found[key] for k, key in enumerate(keys) if len(found[key]) > 1}
    return Walls(regions, pairs, neurons, shared, len(keys))
