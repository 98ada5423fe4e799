"""Colors and line styles: legible in color and in grey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from polytope_engine.plotting.polygons import Polygons
from polytope_engine.regions.region_set import RegionSet

# Light throughout, and steadily darker, so that lines stand out on all of it and grey keeps its order.
OUTPUT_COLORS = LinearSegmentedColormap.from_list(
    "polytope_engine", ["#fffbe0", "#e6f1b4", "#b5deb5", "#86c6bf", "#66a9c6", "#5b89bd", "#5f6bab"]
)
# Evenly spaced in lightness, so that neighbors differ in grey too.
REGION_COLORS = np.array(
    ["#fcf3d9", "#ffe0e0", "#bbebd6", "#fccf99", "#add2f1", "#b9cb90", "#d2afda", "#ee9d89", "#63b3d1"]
)
# Classes side by side: light, and as far apart in lightness as they come.
CLASS_COLORS = (
    "#fdf1cf",
    "#9cc4e6",
    "#d8896a",
    "#cfe3b4",
    "#c9a9d6",
    "#6d957b",
    "#f7dede",
    "#6f86ad",
    "#e0c46c",
)
# Lit surfaces.
SURFACE_COLORS = ("#7fb2d9", "#f0b36e", "#9ccf8e", "#c99ad1", "#e98f85", "#d6cf7a")


@dataclass(frozen=True)
class LineStyle:
    """How the bent hyperplanes of a layer are drawn."""

    color: str
    width: float
    dashes: Any


_LINE_STYLES = (
    LineStyle("#101418", 1.7, "solid"),
    LineStyle("#b3122a", 1.2, (0, (6, 1.6))),
    LineStyle("#6b2fa0", 1.1, (0, (1.3, 1.2))),
    LineStyle("#00665e", 1.0, (0, (7, 1.5, 1.3, 1.5))),
    LineStyle("#a84b00", 0.9, (0, (3.2, 1.4))),
    LineStyle("#23408e", 0.8, (0, (7, 1.4, 1.2, 1.4, 1.2, 1.4))),
)


def line_style(layer: int) -> LineStyle:
    """The style of a layer; the styles come round again after the last one."""
    return _LINE_STYLES[layer % len(_LINE_STYLES)]


def distinguishable_colors(regions: RegionSet, polygons: Polygons, seed: int) -> NDArray[np.str_]:
    """A random color for each region that its neighbors do not have."""
    generator = np.random.default_rng(seed)
    n_colors = len(REGION_COLORS)
    neighbors = _neighbors(regions, polygons)
    chosen = np.full(len(regions), -1, dtype=np.int64)
    preferences = generator.permuted(np.tile(np.arange(n_colors), (len(regions), 1)), axis=1)
    for index in generator.permutation(len(regions)):
        taken = {int(chosen[k]) for k in neighbors[index]}
        free = [k for k in preferences[index].tolist() if k not in taken]
        chosen[index] = free[0] if free else preferences[index, 0]
    colors: NDArray[np.str_] = REGION_COLORS[chosen]
    return colors


def _neighbors(regions: RegionSet, polygons: Polygons) -> list[list[int]]:
    """The regions across the edges of each: those that differ from it in the sign of one neuron."""
    neighbors: list[list[int]] = [[] for _ in range(len(regions))]
    region, place = np.nonzero((polygons.edges >= 0) & polygons.is_corner)
    if not len(region):
        return neighbors
    neuron = polygons.edges[region, place]
    across = regions.sign_vectors[region].copy()
    across[np.arange(len(region)), neuron] *= -1
    found = regions.sign_index.find(across)
    for a, b in zip(region[found >= 0].tolist(), found[found >= 0].tolist(), strict=True):
        neighbors[a].append(b)
        neighbors[b].append(a)
    return neighbors
