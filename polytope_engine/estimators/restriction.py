"""A network on an affine subspace, and the walls along segments, exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.segments.walk import regions_on_segments
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.rationals import as_exact_points, as_fractions
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.boxes import box
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.arguments import check_network
from polytope_engine.regions.enumeration import enumerate_regions
from polytope_engine.regions.region_set import RegionSet
from polytope_engine.regions.working_space import checked_domain

Floats = NDArray[np.float64]
Signs = NDArray[np.int8]


def restricted(network: ReLUNetwork, origin: Any, basis: Any) -> ReLUNetwork:
    """The network as a function of t, at the points ``origin + t @ basis``, in rational numbers without rounding.

    Parameters
    ----------
    network : ReLUNetwork
    origin : array_like of float or Fraction, shape (d,)
    basis : array_like of float or Fraction, shape (k, d)

    Returns
    -------
    ReLUNetwork
        With k inputs; its sign vectors are those of the network.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 2]], [0.5]), ([[1]], [0])])
    >>> restricted(net, [1, 0], [[0, 1]]).weights[0]
    (array([[2.]]), array([1.5]))
    """
    check_network(network)
    start, single = as_exact_points(origin, network.input_dim, "origin")
    rows, is_row = as_exact_points(basis, network.input_dim, "basis")
    if not single or is_row:
        raise InvalidArgumentError(
            f"`origin` has shape {np.shape(origin)} and `basis` {np.shape(basis)}; they must have shapes "
            f"({network.input_dim},) and (k, {network.input_dim})."
        )
    (W, b), *others = network.exact_weights
    directions, point = as_fractions(rows), as_fractions(start)[0]
    layers = [(W @ directions.T, b + W @ point), *others]
    return ReLUNetwork(layers, list(network.exact_slopes))


def slice_regions(
    network: ReLUNetwork, points: Any, domain: HPolytope | None = None, *, margin: float | Fraction = 0.5
) -> RegionSet:
    """Find all regions that the plane through three points meets, exactly, and where it meets them.

    Parameters
    ----------
    network : ReLUNetwork
    points : array_like of float or Fraction, shape (3, d)
        Three points that are not on one line: p, q and r.
    domain : HPolytope, optional
        Where to look, in the input space of the network; its section by the plane is the domain of the result.
    margin : float
        Without a domain: the result's domain is the square from -margin to 1 + margin.

    Returns
    -------
    RegionSet
        Of the network ``(u, v) -> f(p + u (q - p) + v (r - p))`` with two inputs; ``.plot()`` draws it.

    Raises
    ------
    InvalidNetworkError, InvalidArgumentError, InvalidDomainError
        If the points lie on one line, or an argument is not what it must be.

    Notes
    -----
    The coordinates u and v are oblique: lengths and areas are not those of the input space. The number of regions that
    a plane meets bounds nothing but itself from above; the network has at least as many.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.library.generic(5, 3).network
    >>> regions = slice_regions(net, [[0, 0, 0], [1, 0, 0], [0, 1, 0]], margin=50)
    >>> regions
    <RegionSet: 12 regions of 2-5-1 in R^2, complete>
    """
    check_network(network)
    domain = checked_domain(network, domain)
    corners, single = as_exact_points(points, network.input_dim, "points")
    if single or len(corners) != 3:
        raise InvalidArgumentError(
            f"`points` has shape {np.shape(points)}; it must be three points, of shape (3, {network.input_dim})."
        )
    p, q, r = as_fractions(corners)
    basis = np.array([q - p, r - p], dtype=object)
    if _are_parallel(basis):
        raise InvalidArgumentError("`points` lie on one line; pass three points that span a plane.")
    if not isinstance(margin, int | float | Fraction) or not -0.5 < margin < np.inf:
        raise InvalidArgumentError(f"`margin` is {margin!r}; it must be a number above -1/2.", margin=margin)
    section = (
        box(-Fraction(margin), 1 + Fraction(margin), dimension=2)
        if domain is None
        else domain.slice(p, basis)
    )
    return enumerate_regions(restricted(network, p, basis), section)


def _are_parallel(basis: NDArray[np.object_]) -> bool:
    a, b = basis
    k = next((k for k, entry in enumerate(a) if entry), None)
    return k is None or all(a[k] * y == b[k] * x for x, y in zip(a, b, strict=True))


def crossings_on_segments(network: ReLUNetwork, starts: Floats, ends: Floats) -> NDArray[np.int64]:
    """How many walls each of some segments crosses, exactly: one less than the regions on it; shape (m,).

    Examples
    --------
    >>> import polytope_engine as pe
    >>> crossings_on_segments(pe.library.hamming_trap().network, np.array([[-20.0]]), np.array([[20.0]]))
    array([4])
    """
    return regions_on_segments(network, starts, ends).n_regions - 1
