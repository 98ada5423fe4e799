"""Exact geometry of ReLU networks: every region, proven.

Names are loaded when they are first used, so that importing the package is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polytope_engine import estimators, studies
    from polytope_engine.complexes.boundary import Boundary as Boundary
    from polytope_engine.complexes.exploration import Exploration as Exploration
    from polytope_engine.complexes.explore import explore as explore
    from polytope_engine.complexes.hamming import hamming_pairs as hamming_pairs
    from polytope_engine.complexes.region_graph import RegionGraph as RegionGraph
    from polytope_engine.complexes.segments.path_regions import PathRegions as PathRegions
    from polytope_engine.complexes.segments.path_regions import regions_on_path as regions_on_path
    from polytope_engine.complexes.segments.segment_regions import SegmentRegions as SegmentRegions
    from polytope_engine.complexes.segments.segment_set import SegmentSet as SegmentSet
    from polytope_engine.complexes.segments.walk import regions_on_segment as regions_on_segment
    from polytope_engine.complexes.segments.walk import regions_on_segments as regions_on_segments
    from polytope_engine.complexes.sign_cell_set import SignCells as SignCells
    from polytope_engine.complexes.sign_cells import sign_cells as sign_cells
    from polytope_engine.complexes.walls import Walls as Walls
    from polytope_engine.network import library
    from polytope_engine.network.loading import load_network as load_network
    from polytope_engine.network.relu_network import ReLUNetwork as ReLUNetwork
    from polytope_engine.polytope.boxes import box as box
    from polytope_engine.polytope.hpolytope import HPolytope as HPolytope
    from polytope_engine.regions import statistics as statistics
    from polytope_engine.regions.enumeration import count_regions as count_regions
    from polytope_engine.regions.enumeration import enumerate_regions as enumerate_regions
    from polytope_engine.regions.measurements import Measurements as Measurements
    from polytope_engine.regions.measurements import load_measurements as load_measurements
    from polytope_engine.regions.region_set import RegionSet as RegionSet
    from polytope_engine.regions.storage import load_regions as load_regions
    from polytope_engine.theory import bounds as bounds

__version__ = "0.1.0"

_HOME = {
    "ReLUNetwork": "polytope_engine.network.relu_network",
    "load_network": "polytope_engine.network.loading",
    "HPolytope": "polytope_engine.polytope.hpolytope",
    "box": "polytope_engine.polytope.boxes",
    "enumerate_regions": "polytope_engine.regions.enumeration",
    "count_regions": "polytope_engine.regions.enumeration",
    "RegionSet": "polytope_engine.regions.region_set",
    "load_regions": "polytope_engine.regions.storage",
    "Measurements": "polytope_engine.regions.measurements",
    "load_measurements": "polytope_engine.regions.measurements",
    "sign_cells": "polytope_engine.complexes.sign_cells",
    "SignCells": "polytope_engine.complexes.sign_cell_set",
    "Boundary": "polytope_engine.complexes.boundary",
    "Walls": "polytope_engine.complexes.walls",
    "RegionGraph": "polytope_engine.complexes.region_graph",
    "hamming_pairs": "polytope_engine.complexes.hamming",
    "explore": "polytope_engine.complexes.explore",
    "Exploration": "polytope_engine.complexes.exploration",
    "regions_on_segment": "polytope_engine.complexes.segments.walk",
    "regions_on_segments": "polytope_engine.complexes.segments.walk",
    "regions_on_path": "polytope_engine.complexes.segments.path_regions",
    "SegmentRegions": "polytope_engine.complexes.segments.segment_regions",
    "SegmentSet": "polytope_engine.complexes.segments.segment_set",
    "PathRegions": "polytope_engine.complexes.segments.path_regions",
}
_MODULES = {
    "bounds": "polytope_engine.theory.bounds",
    "estimators": "polytope_engine.estimators",
    "library": "polytope_engine.network.library",
    "statistics": "polytope_engine.regions.statistics",
    "studies": "polytope_engine.studies",
    "errors": "polytope_engine.errors",
}

__all__ = [  # noqa: PLE0604  (the keys are strings)
    "__version__",
    *_HOME,
    *_MODULES,
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name in _MODULES:
        return import_module(_MODULES[name])
    raise AttributeError(f"module 'polytope_engine' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
