"""Statistics of the shapes of all regions, as papers plot them: `polytope_engine.statistics`.

Each function measures what it needs with `RegionSet.measure`, or takes columns that are measured already.
With `clip`, every region is cut to it first, and regions that miss it are left out.
"""

from polytope_engine.regions.face_numbers import (
    FacetStatistics,
    SimplicesHistogram,
    facets_per_region,
    simplices_histogram,
)
from polytope_engine.regions.normal_angles import NormalAngles, normal_angles, random_direction_density
from polytope_engine.regions.sizes import Inradii, Volumes, inradii, volumes

__all__ = [
    "FacetStatistics",
    "Inradii",
    "NormalAngles",
    "SimplicesHistogram",
    "Volumes",
    "facets_per_region",
    "inradii",
    "normal_angles",
    "random_direction_density",
    "simplices_histogram",
    "volumes",
]
