"""Which part of the plane a picture of regions shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.plotting.polygons import FloatArray, Polygons, View, region_polygons
from polytope_engine.regions.region_set import RegionSet

_FAR = 1e4
_MARGIN = 1.2
_CROWD = 0.8
_WORTH_ZOOMING = 1.5


def view_from_bounds(bounds: Any) -> View:
    """The view that a caller asked for: a pair (lower, upper) of numbers or of pairs of numbers.

    Raises
    ------
    InvalidArgumentError
        If `bounds` is anything else, or encloses no area.

    Examples
    --------
    >>> view_from_bounds((-1, [1, 2])).upper
    array([1., 2.])
    """
    try:
        lower, upper = bounds
        low = np.broadcast_to(np.asarray(lower, dtype=np.float64), (2,)).copy()
        high = np.broadcast_to(np.asarray(upper, dtype=np.float64), (2,)).copy()
    except (TypeError, ValueError) as failure:
        raise _refused(bounds) from failure
    if not (np.isfinite(low).all() and np.isfinite(high).all() and (low < high).all()):
        raise _refused(bounds)
    return View(low, high)


def _refused(bounds: object) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"`bounds` is {bounds!r}; it must be a pair (lower, upper), each a finite number or two of them, "
        "lower below upper: for example (-1, 1) or ([-2, 0], [2, 5]).",
        bounds=bounds,
    )


def chosen_view(regions: RegionSet) -> View:
    """A view in which the regions can be seen: the domain if it is bounded, else where the corners are.

    Parameters
    ----------
    regions : RegionSet
        Regions of a network with two inputs.

    Notes
    -----
    Where the domain is unbounded, the view is a square around all corners. If a few of them lie
    far from the others (where facets are nearly parallel), the square holds the closest four fifths.
    """
    if regions.domain is not None:
        lower, upper = regions.domain.bounding_box()
        if np.isfinite([lower, upper]).all():
            return View(lower, upper)
    middle = np.median(regions.interior_points, axis=0) if len(regions) else np.zeros(2)
    reach = _FAR * (1.0 + float(np.max(np.abs(regions.interior_points), initial=0.0)))
    polygons = region_polygons(regions, View(middle - reach, middle + reach))
    points = _corners_between_walls(polygons)
    if len(points) < 2:
        points = np.vstack([points, _feet_on_walls(polygons, np.zeros(2))])
    return _square_around(points if len(points) else middle[np.newaxis])


def _corners_between_walls(polygons: Polygons) -> FloatArray:
    """Each corner where two facets meet, once."""
    last = (polygons.n_corners - 1)[:, np.newaxis]
    before = np.roll(polygons.edges, 1, axis=1)
    before[:, :1] = np.take_along_axis(polygons.edges, np.maximum(last, 0), axis=1)
    is_wall: NDArray[np.bool_] = (polygons.edges >= -1) & (before >= -1) & polygons.is_corner
    return _distinct(polygons.corners[is_wall])


def _feet_on_walls(polygons: Polygons, origin: FloatArray) -> FloatArray:
    """The point of each facet's line that is closest to a point."""
    is_wall = (polygons.edges >= -1) & polygons.is_corner
    start, end = polygons.corners[is_wall], polygons.next_corners()[is_wall]
    along = end - start
    length = np.einsum("nk,nk->n", along, along)
    share = np.einsum("nk,nk->n", origin - start, along) / np.where(length == 0, 1.0, length)
    return _distinct(start + share[:, np.newaxis] * along)


def _distinct(points: FloatArray) -> FloatArray:
    if not len(points):
        return np.zeros((0, 2))
    step = 1e-6 * max(float(np.median(np.abs(points))), 1e-300)
    _, first = np.unique(np.round(points / step), axis=0, return_index=True)
    return points[np.sort(first)]


def _square_around(points: FloatArray) -> View:
    center = (points.min(axis=0) + points.max(axis=0)) / 2
    radius = float(np.max(np.abs(points - center)))
    if len(points) > 2:
        middle = np.median(points, axis=0)
        distances = np.max(np.abs(points - middle), axis=1)
        crowd = float(np.quantile(distances, _CROWD))
        if 0 < _WORTH_ZOOMING * crowd < radius:
            center, radius = middle, crowd
    if radius == 0:
        radius = max(1.0, float(np.max(np.abs(center)))) / _MARGIN
    return View(center - _MARGIN * radius, center + _MARGIN * radius)
