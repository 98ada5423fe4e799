"""Pictures of regions. The only part of the package that imports matplotlib."""

from polytope_engine.plotting.figure import new_axes as new_axes
from polytope_engine.plotting.regions_2d import check_options as check_options
from polytope_engine.plotting.regions_2d import plot_regions as plot_regions

__all__ = ["check_options", "new_axes", "plot_regions"]
