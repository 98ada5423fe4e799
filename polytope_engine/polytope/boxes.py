"""Boxes."""

from __future__ import annotations

import numpy as np

from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.polytope.inputs import box_bounds


def box(lower: object, upper: object, dimension: int | None = None) -> HPolytope:
    """Make the box ``lower <= x <= upper``.

    Parameters
    ----------
    lower, upper : number or sequence of d numbers
        Finite, lower below upper: floats, integers or Fractions, taken as the rational numbers that they are.
        A single number stands for every coordinate.
    dimension : int, optional
        d; needed only if both bounds are single numbers.

    Returns
    -------
    HPolytope
        2 d rows: row k is ``x_k <= upper[k]``, row d + k is ``-x_k <= -lower[k]``.

    Raises
    ------
    EmptyDomainError, FlatDomainError
        If lower exceeds upper, or equals it, in some coordinate.
    InvalidDomainError
        If a bound is nan or infinite, or shapes do not fit.

    Examples
    --------
    >>> from fractions import Fraction
    >>> import polytope_engine as pe
    >>> pe.box(-1, 1, dimension=2)
    <HPolytope in R^2, 4 rows>
    >>> pe.box([0, 0], [1, 2]).b
    array([1., 2., 0., 0.])
    >>> pe.box(0, Fraction(1, 3), dimension=1).exact_rows
    ((-3, 1), (1, 0))
    """
    low, high = box_bounds(lower, upper, dimension)
    identity = np.eye(len(low))
    return HPolytope(np.vstack([identity, 0.0 - identity]), np.concatenate([high, 0 - low]))
