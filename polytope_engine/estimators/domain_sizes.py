"""Bounds, volume and boundary of a domain, for boxes without looking at their vertices."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidDomainError
from polytope_engine.network.rationals import nearest_float
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.working_space import axis_aligned_bounds

Floats = NDArray[np.float64]

_FEWEST_FLOATS = 2.0**16
"""Across a domain, in each coordinate, for random floats to be as good as uniform."""


def box_bounds(domain: HPolytope) -> tuple[Floats, Floats] | None:
    """The lower and upper bounds of a box, each rounded to the nearest float; None for any other polytope.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> box_bounds(pe.box([0, 1], [2, 3]))
    (array([0., 1.]), array([2., 3.]))
    """
    found = axis_aligned_bounds(domain)
    if found is None:
        return None
    rows = domain.exact_rows
    bounds = np.empty((2, domain.dimension))
    for k, pair in enumerate(found):
        for side, row in enumerate(pair):
            bounds[side, k] = nearest_float(-_fraction(rows[row][-1], rows[row][k]))
    return bounds[0], bounds[1]


def sampling_bounds(domain: HPolytope) -> tuple[Floats, Floats]:
    """The bounds of a bounded polytope in each coordinate, between which floats are dense enough to draw points.

    Raises
    ------
    InvalidDomainError
        If they are not.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> sampling_bounds(pe.box(10**20, 10**20 + 1, dimension=1))
    Traceback (most recent call last):
    polytope_engine.errors.InvalidDomainError: `domain` is so thin near 1e+20 in coordinate 0 ...
    """
    lower, upper = box_bounds(domain) or domain.bounding_box()
    with np.errstate(over="ignore"):
        sides = upper - lower
    spacing = np.spacing(np.maximum(np.abs(lower), np.abs(upper)))
    is_thin = sides < _FEWEST_FLOATS * spacing
    for k in np.flatnonzero(is_thin | np.isinf(sides)):
        what = (
            f"so thin near {lower[k]:g} in coordinate {k} that few floats lie in it"
            if is_thin[k]
            else f"wider than the largest float in coordinate {k}"
        )
        raise InvalidDomainError(
            f"`domain` is {what}, so no random points can be drawn; move and scale the domain and the network.",
            coordinate=int(k),
        )
    return lower, upper


def _fraction(numerator: int, denominator: int) -> Fraction:
    return Fraction(int(numerator), int(denominator))


def is_bounded(domain: HPolytope) -> bool:
    """Whether a polytope lies in some ball; at once, if it is a box."""
    return axis_aligned_bounds(domain) is not None or domain.is_bounded()


def volume_of(domain: HPolytope) -> float:
    """The volume of a bounded polytope.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> volume_of(pe.box(-1, 1, dimension=100)) == 2.0**100
    True
    """
    bounds = box_bounds(domain)
    return domain.volume() if bounds is None else math.prod((bounds[1] - bounds[0]).tolist())


def boundary_of(domain: HPolytope) -> float:
    """The area of the boundary of a bounded polytope; 2 in one dimension, for its two ends.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> boundary_of(pe.box([0, 0, 0], [1, 2, 3])), boundary_of(pe.box(0, 9, dimension=1))
    (22.0, 2.0)
    """
    bounds = box_bounds(domain)
    if bounds is None:
        return domain.surface_area()
    sides = (bounds[1] - bounds[0]).tolist()
    return 2 * math.fsum(math.prod(sides[:k] + sides[k + 1 :]) for k in range(len(sides)))
