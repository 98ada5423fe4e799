"""Pictures of regions. The only part of the package that imports matplotlib."""

from polytope_engine.plotting.boundary_2d import plot_boundary as plot_boundary
from polytope_engine.plotting.figure import new_axes as new_axes
from polytope_engine.plotting.regions_2d import check_options as check_options
from polytope_engine.plotting.regions_2d import plot_regions as plot_regions
from polytope_engine.plotting.segments import plot_segment as plot_segment
from polytope_engine.plotting.shapes import plot_degrees as plot_degrees
from polytope_engine.plotting.shapes import plot_facets as plot_facets
from polytope_engine.plotting.shapes import plot_inradii as plot_inradii
from polytope_engine.plotting.shapes import plot_normal_angles as plot_normal_angles
from polytope_engine.plotting.shapes import plot_shapes as plot_shapes
from polytope_engine.plotting.shapes import plot_simplices as plot_simplices
from polytope_engine.plotting.surfaces_3d import plot_surface as plot_surface
from polytope_engine.plotting.surfaces_3d import plotly_surface as plotly_surface
from polytope_engine.plotting.surfaces_3d import save_html as save_html

__all__ = [
    "check_options",
    "new_axes",
    "plot_boundary",
    "plot_degrees",
    "plot_facets",
    "plot_inradii",
    "plot_normal_angles",
    "plot_regions",
    "plot_segment",
    "plot_shapes",
    "plot_simplices",
    "plot_surface",
    "plotly_surface",
    "save_html",
]
