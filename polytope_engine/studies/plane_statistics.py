"""What a study says of all regions of a classifier of the plane, inside a box."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.boundary import Boundary
from polytope_engine.complexes.segments.walk import regions_on_segments
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.enumeration import enumerate_regions
from polytope_engine.regions.normal_angles import normal_angles
from polytope_engine.regions.region_set import RegionSet
from polytope_engine.regions.sizes import inradii
from polytope_engine.studies.whole import all_measured, whole

FloatArray = NDArray[np.float64]

NEAR = 0.1
"""How far from the decision boundary is near it."""


def plane_statistics(
    network: ReLUNetwork,
    domain: HPolytope,
    points: FloatArray,
    n_segments: int,
    generator: np.random.Generator,
) -> dict[str, int | float | None]:
    """Number, sizes, shapes and place of the regions of a classifier with two inputs.

    Parameters
    ----------
    network : ReLUNetwork
        Two inputs, and a score for each class.
    domain : HPolytope
        A bounded one.
    points : float64 array, shape (n, 2)
        Data, for the inradii of their regions.
    n_segments : int
        Segments of length 0.2 that are laid at random places of the decision boundary, in random directions.
    generator : numpy.random.Generator
        Of these.

    Returns
    -------
    dict
        By the names of the columns in the study `training`.

    Examples
    --------
    A cross, and a boundary x = 1 that one arm of it crosses:

    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 0], [0, 0]], [0, 1])])
    >>> found = plane_statistics(net, pe.box(-2, 2, dimension=2), np.ones((1, 2)), 9, np.random.default_rng(0))
    >>> found["n_regions"], found["n_affine"], found["crossed_share"], found["boundary_length"], found["mean_cosine"]
    (4, 2, 0.5, 4.0, 0.0)
    """
    regions = whole(enumerate_regions(network, domain))
    columns = ("n_facets", "chebyshev_radius", "surface_area", "volume")
    measurements = all_measured(regions.measure(*columns))
    balls = inradii(regions, points, measurements=measurements)
    at_data = balls.quantiles_at_points
    angles = all_measured(normal_angles(regions))
    n_pairs = int(angles.within.sum() + angles.across.sum())
    # Each wall is on the rim of two regions, and the rim of the domain on that of one.
    walls = (float(measurements["surface_area"].sum()) - domain.surface_area()) / 2
    return {
        "n_regions": len(regions),
        "n_open": len(regions.linear_regions("open")),
        "n_affine": len(regions.linear_regions("affine")),
        "inradius_quarter": balls.quantiles[0.25],
        "inradius_median": balls.quantiles[0.5],
        "inradius_three_quarters": balls.quantiles[0.75],
        "inradius_of_data": at_data.get(0.5),
        "mean_facets": float(measurements["n_facets"].mean()),
        "mean_cosine": float(angles.sums.sum()) / n_pairs if n_pairs else None,
        "cosine_within": angles.mean_within,
        "cosine_across": angles.mean_across,
        **_at_boundary(regions, walls / float(measurements["volume"].sum()), n_segments, generator),
    }


def _at_boundary(
    regions: RegionSet, walls_per_area: float, n_segments: int, generator: np.random.Generator
) -> dict[str, float | None]:
    """How many regions the decision boundary crosses, and how dense walls are near it."""
    boundary = regions.decision_boundary()
    length, concentration = float(boundary.total_area) if len(boundary) else 0.0, None
    if length and walls_per_area:
        starts, ends = _across(boundary, n_segments, generator)
        segments = regions_on_segments(regions.network, starts, ends)
        met = float(segments.n_crossings.sum() / segments.lengths.sum())
        concentration = met / (2 / np.pi * walls_per_area)
    return {
        "boundary_length": length,
        "crossed_share": len(boundary.crossed_regions) / len(regions),
        "concentration": concentration,
    }


def _across(boundary: Boundary, n: int, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Short segments in random directions, in the middle of each a random point of the boundary."""
    areas = boundary.areas()
    pieces = generator.choice(len(boundary), n, p=areas / areas.sum())
    ends = np.array([boundary.vertices(int(k)) for k in pieces])
    shares = generator.uniform(size=(n, 1))
    middles = shares * ends[:, 0] + (1 - shares) * ends[:, 1]
    angles = generator.uniform(0, 2 * np.pi, size=n)
    reach = NEAR * np.column_stack([np.cos(angles), np.sin(angles)])
    return middles - reach, middles + reach
