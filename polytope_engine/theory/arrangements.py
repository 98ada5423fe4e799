"""One hidden layer is an arrangement of hyperplanes: exact counts for any weights, and for general position."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import Any

from polytope_engine.network.library.counting import (
    Polynomial,
    elementary_symmetric,
    rank_of,
    through_the_origin,
    value_at,
    where_generic_sets_meet,
)
from polytope_engine.network.library.parameters import checked_integer, checked_integers
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.working_space import checked_domain
from polytope_engine.theory.arguments import one_layer
from polytope_engine.theory.arrangement_in_domain import regions_in_domain
from polytope_engine.theory.deletion_restriction import characteristic, distinct_hyperplanes, flats
from polytope_engine.theory.histograms import general_position, through_origin
from polytope_engine.theory.record import bound

_ZASLAVSKY = "Zaslavsky, Facing up to arrangements, Memoirs of the AMS 154 (1975), doi 10.1090/memo/0154"
_BUCK = "Buck, Partition of space, Amer. Math. Monthly 50 (1943)"
_ONE_LAYER = "one hidden layer, any weights"
_GENERIC = "one hidden layer in general position"


def characteristic_polynomial(network: Any) -> Polynomial:
    """The characteristic polynomial of a network with one hidden layer; coefficients, the constant first.

    By deletion and restriction, in integers. Neurons with zero weights have no hyperplane; repeated, opposite and
    scaled neurons have one together. The time grows like the number of sets of fewer than d independent hyperplanes
    whose intersections differ.

    Parameters
    ----------
    network : ReLUNetwork
        With one hidden layer.

    Raises
    ------
    InvalidNetworkError
        If it has not one.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> characteristic_polynomial(pe.library.type_b(3).network)
    (-15, 23, -9, 1)
    """
    d, rows = one_layer(network)
    return characteristic(d, distinct_hyperplanes(rows))


@bound("exact", _ONE_LAYER, _ZASLAVSKY)
def zaslavsky_1975(network: Any, domain: HPolytope | None = None) -> int:
    """The number of regions of a network with one hidden layer: in all of R^d |chi(-1)|.

    In a convex domain it is the sum of |mu(F)| over the flats F (intersections of hyperplanes) that meet its
    interior, mu being the Moebius function of all flats; in general position, the number of these flats.

    Hypotheses: none beyond one hidden layer; any activation with two pieces. Source: Zaslavsky, "Facing up to
    arrangements", Memoirs of the AMS 154 (1975), doi 10.1090/memo/0154; for domains derived here.

    Parameters
    ----------
    network : ReLUNetwork
        With one hidden layer.
    domain : HPolytope, optional
        Where regions are counted; all of R^d by default.

    Raises
    ------
    InvalidNetworkError, InvalidDomainError
        If it has not one, or the domain cannot be used.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.library.resonance(4).network
    >>> zaslavsky_1975(net), zaslavsky_1975(net, pe.box(0, 1, dimension=4))
    (370, 1)
    """
    d, rows = one_layer(network)
    planes = distinct_hyperplanes(rows)
    chosen = checked_domain(network, domain)
    if chosen is not None:
        return regions_in_domain(d, planes, chosen)
    return abs(value_at(characteristic(d, planes), -1))


@bound("exact", _ONE_LAYER, _ZASLAVSKY, region_definition="bounded R2")
def zaslavsky_1975_bounded(network: Any) -> int:
    """The number of bounded regions of a network with one hidden layer: |chi(1)| if its weights span R^d, else none.

    Hypotheses and source: as `zaslavsky_1975`.

    Parameters
    ----------
    network : ReLUNetwork
        With one hidden layer.

    Raises
    ------
    InvalidNetworkError
        If it has not one.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> zaslavsky_1975_bounded(pe.library.shi(4).network)
    27
    """
    d, rows = one_layer(network)
    planes = distinct_hyperplanes(rows)
    if rank_of(row[:-1] for row in planes) < d:
        return 0
    return abs(value_at(characteristic(d, planes), 1))


@bound("exact", _ONE_LAYER, _ZASLAVSKY, region_definition="cells of each dimension")
def zaslavsky_1975_faces(network: Any) -> tuple[int, ...]:
    """The numbers of cells of dimension 0, ..., d of a network with one hidden layer.

    The sum over the flats of each dimension (the intersections of hyperplanes) of the regions inside them. The time
    grows with the number of flats.

    Hypotheses and source: as `zaslavsky_1975`.

    Parameters
    ----------
    network : ReLUNetwork
        With one hidden layer.

    Raises
    ------
    InvalidNetworkError
        If it has not one.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> zaslavsky_1975_faces(pe.library.grid(3, 2).network)
    (6, 17, 12)
    """
    d, rows = one_layer(network)
    totals = [0] * (d + 1)
    for dimension, _, planes in flats(d, distinct_hyperplanes(rows)):
        totals[dimension] += abs(value_at(characteristic(dimension, planes), -1))
    return tuple(totals)


@bound("upper", _ONE_LAYER, _BUCK, attained_by="generic")
def buck_1943_upper(n_hyperplanes: int, dimension: int) -> int:
    """C(n, 0) + ... + C(n, d): the regions of n hyperplanes in general position, the most that n can have.

    Hypotheses: none; equality if any d normals are independent and no d + 1 hyperplanes share a point. Source:
    Schlaefli, Steiner; Buck, "Partition of space", Amer. Math. Monthly 50 (1943).

    Parameters
    ----------
    n_hyperplanes, dimension : int
        n, at least 0, and d, at least 1.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> buck_1943_upper(10, 2)
    56
    """
    return general_position(
        checked_integer("n_hyperplanes", n_hyperplanes, 0), checked_integer("dimension", dimension, 1)
    )


@bound(
    "exact",
    _GENERIC,
    _BUCK,
    needs_generic=True,
    region_definition="cells of each dimension",
    attained_by="generic",
)
def buck_1943_faces(n_hyperplanes: int, dimension: int) -> tuple[int, ...]:
    """The cells of dimension 0, ..., d of n hyperplanes in general position.

    f_k = C(n, d-k) (C(n-d+k, 0) + ... + C(n-d+k, k)). Hypotheses: general position, as for `buck_1943_upper`.
    Source: Buck, "Partition of space", Amer. Math. Monthly 50 (1943).

    Parameters
    ----------
    n_hyperplanes, dimension : int
        n, at least 0, and d, at least 1.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> buck_1943_faces(4, 3)
    (4, 18, 28, 15)
    """
    n, d = checked_integer("n_hyperplanes", n_hyperplanes, 0), checked_integer("dimension", dimension, 1)
    return tuple(comb(n, d - k) * general_position(n - d + k, k) if n >= d - k else 0 for k in range(d + 1))


@bound(
    "exact",
    _GENERIC,
    _ZASLAVSKY,
    needs_generic=True,
    region_definition="bounded cells of each dimension",
    attained_by="generic",
)
def bounded_faces(n_hyperplanes: int, dimension: int) -> tuple[int, ...]:
    """The bounded cells of dimension 0, ..., d of n hyperplanes in general position: C(n, d-k) C(n-d+k-1, k).

    The last of them, C(n-1, d), are the bounded regions. Hypotheses: general position, as for `buck_1943_upper`.
    Source: Zaslavsky 1975, for general position.

    Parameters
    ----------
    n_hyperplanes, dimension : int
        n, at least 0, and d, at least 1.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> bounded_faces(5, 2)
    (10, 15, 6)
    """
    n, d = checked_integer("n_hyperplanes", n_hyperplanes, 0), checked_integer("dimension", dimension, 1)
    if n < d:
        return (0,) * (d + 1)
    return tuple(comb(n, d - k) * (comb(n - d + k - 1, k) if k else 1) for k in range(d + 1))


@bound("upper", "one hidden layer without biases", _ZASLAVSKY, attained_by="central_generic")
def central_arrangement_upper(n_hyperplanes: int, dimension: int) -> int:
    """2 (C(n-1, 0) + ... + C(n-1, d-1)): the regions of n hyperplanes through the origin, any d normals independent.

    The most that n hyperplanes through a point can have. Also the number of vertices of a generic zonotope with n
    generators. Hypotheses: all biases zero; equality if any d normals are independent. Source: Zaslavsky 1975, for
    such arrangements.

    Parameters
    ----------
    n_hyperplanes, dimension : int
        n, at least 0, and d, at least 1.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> central_arrangement_upper(8, 3)
    58
    """
    return through_origin(
        checked_integer("n_hyperplanes", n_hyperplanes, 0), checked_integer("dimension", dimension, 1)
    )


@bound(
    "exact",
    "one hidden layer without biases, generic weights",
    _ZASLAVSKY,
    needs_generic=True,
    region_definition="cells of each dimension",
    attained_by="central_generic",
)
def central_faces(n_hyperplanes: int, dimension: int) -> tuple[int, ...]:
    """The cells of dimension 0, ..., d of n hyperplanes through the origin, any d of whose normals are independent.

    f_k = 2 C(n, d-k) (C(n-d+k-1, 0) + ... + C(n-d+k-1, k-1)) for k > 0, and f_0 = 1 if n >= d. Source: Zaslavsky
    1975, for such arrangements.

    Parameters
    ----------
    n_hyperplanes, dimension : int
        At least 1.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> central_faces(8, 3)
    (1, 56, 112, 58)
    """
    n, d = checked_integer("n_hyperplanes", n_hyperplanes, 1), checked_integer("dimension", dimension, 1)
    return tuple(through_the_origin(n, d)["f_vector"])


@bound(
    "exact",
    "one hidden layer of parallel families in generic directions",
    f"{_ZASLAVSKY}; derived here from chi(t)",
    needs_generic=True,
    attained_by="parallel_families",
)
def parallel_families_regions(family_sizes: Sequence[int], dimension: int) -> int:
    """Families of parallel hyperplanes in generic directions: e_0 + ... + e_d of their sizes.

    Hypotheses: any d of the directions are independent, and hyperplanes of more than d families share no point.
    Source: Zaslavsky 1975, with chi(t) = sum of (-1)^j e_j t^(d-j), e_j the elementary symmetric polynomials.

    Parameters
    ----------
    family_sizes : sequence of int
        How many hyperplanes each family has.
    dimension : int
        d, at least 1.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> parallel_families_regions([2, 2, 2], 2)
    19
    """
    d = checked_integer("dimension", dimension, 1)
    sizes = checked_integers("family_sizes", family_sizes, 0)
    return int(where_generic_sets_meet(elementary_symmetric(sizes), d)["n_regions"])
