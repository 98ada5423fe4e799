"""Pictures of regions. The only part of the package that imports matplotlib."""

from polytope_engine.plotting.figure import new_axes as new_axes
from polytope_engine.plotting.regions_2d import plot_regions as plot_regions
from polytope_engine.plotting.regions_2d import require_two_inputs as require_two_inputs

__all__ = ["new_axes", "plot_regions", "require_two_inputs"]
