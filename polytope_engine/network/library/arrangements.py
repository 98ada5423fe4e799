"""Hyperplane arrangements in general position, their central and parallel kin, and those of 0/1 normals.

Each is a network with one hidden layer, whose neurons are the hyperplanes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import comb

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.library.counting import (
    Polynomial,
    elementary_symmetric,
    from_polynomial,
    through_the_origin,
    where_generic_sets_meet,
)
from polytope_engine.network.library.named_network import NamedNetwork, arrangement
from polytope_engine.network.library.parameters import (
    LARGEST_INTEGER,
    call,
    check_size,
    checked_integer,
    checked_integers,
)

STANLEY = (
    "R. P. Stanley, An introduction to hyperplane arrangements, IAS/Park City Mathematics Series 14 (2007)"
)
ZASLAVSKY = "T. Zaslavsky, Facing up to arrangements, Memoirs of the AMS 154 (1975)"
_BUCK = "R. C. Buck, Partition of space, Amer. Math. Monthly 50 (1943)"
_SYMMETRY = (
    "T. Brysiewicz, H. Eble, L. Kuehne, Enumerating chambers of hyperplane arrangements, arXiv 2105.14542"
)

# OEIS A000609 from n = 1: no formula is known
_THRESHOLD = (
    4, 14, 104, 1882, 94572, 15028134, 8378070864, 17561539552946, 144130531453121108,
)  # fmt: skip
# by deletion and restriction, and by summing the regions of all flats
_THRESHOLD_POLYNOMIALS: dict[int, Polynomial] = {
    1: (1, -2, 1),
    2: (-3, 6, -4, 1),
    3: (23, -44, 28, -8, 1),
    4: (-465, 820, -460, 120, -16, 1),
    5: (27129, -43014, 19660, -4240, 496, -32, 1),
}
_THRESHOLD_F_VECTORS = {
    1: (1, 4, 4),
    2: (1, 12, 24, 14),
    3: (1, 40, 192, 256, 104),
    4: (1, 280, 2320, 6080, 5920, 1882),
}
# OEIS A344494 (rows of Betti numbers, which are the coefficients without their signs): no formula is known
_RESONANCE_BETTI = (
    (1,),
    (3, 2),
    (7, 15, 9),
    (15, 80, 170, 104),
    (31, 375, 2130, 5270, 3485),
    (63, 1652, 22435, 159460, 510524, 371909),
    (127, 7035, 215439, 3831835, 37769977, 169824305, 135677633),
    (255, 29360, 1957200, 81029004, 2076831708, 30623870732, 207507589302, 178881449368),
    (
        511, 120975, 17153460, 1582492380, 96834110730, 3829831100340, 89702833260450, 973784079284874,
        887815808473419,
    ),
)  # fmt: skip
# by summing the regions of all flats
_RESONANCE_F_VECTORS = {1: (1, 2), 2: (1, 6, 6), 3: (1, 18, 48, 32), 4: (1, 90, 480, 760, 370)}


def unit_row(k: int, n: int) -> list[int]:
    """The row x_k on R^n."""
    return [int(i == k) for i in range(n)]


def moment_rows(n: int, d: int) -> tuple[list[list[int]], list[int]]:
    """Rows (1, t, ..., t^(d-1)) and offsets t^d for t = 1, ..., n: any d + 1 are independent (Vandermonde).

    Raises
    ------
    InvalidArgumentError
        If an offset is no float64 number.
    """
    check_size(n, d)
    if n**d > LARGEST_INTEGER:
        raise InvalidArgumentError(
            f"`n` is {n} and `d` is {d}, but n**d must be at most 2**53 to be exact; take smaller ones."
        )
    return [[t**k for k in range(d)] for t in range(1, n + 1)], [t**d for t in range(1, n + 1)]


def boolean(n: int) -> NamedNetwork:
    """The n coordinate hyperplanes x_i = 0 of R^n: 2^n orthants, and C(n, k) 2^k cells of dimension k.

    Source: Stanley 2007.

    Parameters
    ----------
    n : int
        The dimension, at least 1.

    Raises
    ------
    InvalidArgumentError
        If `n` is not that.

    Examples
    --------
    >>> boolean(3)
    <NamedNetwork boolean(3): <ReLUNetwork 3-3-1, 3 neurons>, 8 regions>
    """
    n = checked_integer("n", n, 1)
    check_size(n, n)
    return NamedNetwork(
        call("boolean", n),
        arrangement([unit_row(k, n) for k in range(n)]),
        "the coordinate hyperplanes",
        STANLEY,
        **where_generic_sets_meet([comb(n, j) for j in range(n + 1)], n),
    )


def generic(n: int, d: int) -> NamedNetwork:
    """Hyperplanes (n of them) of R^d in general position, with normals on the moment curve.

    There are C(n,0) + ... + C(n,d) regions, C(n-1,d) of them bounded: the most that n
    hyperplanes can make. Source: Buck 1943.

    Parameters
    ----------
    n, d : int
        How many, and in which dimension; at least 1, with n^d at most 2^53.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> generic(5, 2).f_vector
    (10, 25, 16)
    """
    n, d = checked_integer("n", n, 1), checked_integer("d", d, 1)
    return NamedNetwork(
        call("generic", n, d),
        arrangement(*moment_rows(n, d)),
        "hyperplanes in general position",
        _BUCK,
        **where_generic_sets_meet([comb(n, j) for j in range(n + 1)], d),
    )


def central_generic(n: int, d: int) -> NamedNetwork:
    """Hyperplanes (n of them) through the origin of R^d, any d normals independent.

    There are 2 (C(n-1,0) + ... + C(n-1,d-1)) regions, as many as a generic zonotope with n
    generators has vertices. Source: Zaslavsky 1975.

    Parameters
    ----------
    n, d : int
        How many, and in which dimension; at least 1, with n^d at most 2^53.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> central_generic(5, 3).f_vector
    (1, 20, 40, 22)
    """
    n, d = checked_integer("n", n, 1), checked_integer("d", d, 1)
    normals, _ = moment_rows(n, d)
    return NamedNetwork(
        call("central_generic", n, d),
        arrangement(normals),
        "hyperplanes through the origin in general position",
        ZASLAVSKY,
        **through_the_origin(n, d),
    )


def grid(*sizes: int) -> NamedNetwork:
    """The hyperplanes x_i = 0, ..., p_i - 1 for each coordinate i of R^d: a product of lines.

    There are (p_1 + 1) ... (p_d + 1) regions, (p_1 - 1) ... (p_d - 1) of them bounded, and
    chi(t) = (t - p_1) ... (t - p_d). Source: products of arrangements, Zaslavsky 1975.

    Parameters
    ----------
    *sizes : int
        The number p_i of hyperplanes for each coordinate, at least 1.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> grid(3, 2).f_vector
    (6, 17, 12)
    """
    sizes, d = checked_integers("sizes", sizes, 1), len(sizes)
    check_size(sum(sizes), d)
    rows = [(unit_row(i, d), -j) for i, p in enumerate(sizes) for j in range(p)]
    return NamedNetwork(
        call("grid", *sizes),
        arrangement(*map(list, zip(*rows, strict=True))),
        "families of parallel hyperplanes, one family a coordinate",
        ZASLAVSKY,
        **where_generic_sets_meet(elementary_symmetric(sizes), d),
    )


def parallel_families(sizes: Sequence[int], d: int) -> NamedNetwork:
    """Families of p_1, p_2, ... parallel hyperplanes in R^d, otherwise in general position.

    There are e_0 + ... + e_d regions, e_j the elementary symmetric polynomials of the p_i: the
    most that maxout units of rank p_i + 1 can make. Source: Zaslavsky 1975.

    Parameters
    ----------
    sizes : sequence of int
        The sizes p_i of the families, at least 1.
    d : int
        The dimension, at least 1.

    Raises
    ------
    InvalidArgumentError
        If they are not that, or so large that the offsets are no float64 numbers.

    Examples
    --------
    >>> parallel_families((2, 2, 2), 2).n_regions
    19
    """
    sizes, d = checked_integers("sizes", sizes, 1), checked_integer("d", d, 1)
    n = len(sizes)
    check_size(sum(sizes), d)
    # with steps that grow this fast no d + 1 hyperplanes of different families meet: in the
    # determinant of their rows the largest step outweighs all other terms together
    largest_minor = n ** (d * (d + 1) // 2)
    step = 1 + max(sizes) * (d + 2) * largest_minor
    if n**d + (max(sizes) - 1) * step**n > LARGEST_INTEGER:
        raise InvalidArgumentError(
            f"`sizes` is {sizes} and `d` is {d}, whose offsets do not fit into float64; take fewer families.",
            sizes=sizes,
            d=d,
        )
    offsets = [(t, t**d + j * step**t) for t, p in enumerate(sizes, start=1) for j in range(p)]
    return NamedNetwork(
        call("parallel_families", sizes, d),
        arrangement([[t**k for k in range(d)] for t, _ in offsets], [offset for _, offset in offsets]),
        "families of parallel hyperplanes with generic directions",
        ZASLAVSKY,
        **where_generic_sets_meet(elementary_symmetric(sizes), d),
    )


def threshold(n: int) -> NamedNetwork:
    """w.v + b = 0 for all v in {0,1}^n, in the space R^(n+1) of (w, b).

    The regions are the Boolean threshold functions of n variables. No formula is known: the
    counts are a table up to n = 9, and None beyond. Source: OEIS A000609.

    Parameters
    ----------
    n : int
        The number of variables, at least 1; the network has 2^n neurons.

    Raises
    ------
    InvalidArgumentError
        If `n` is not that, or too large to write down.

    Examples
    --------
    >>> threshold(4)
    <NamedNetwork threshold(4): <ReLUNetwork 5-16-1, 16 neurons>, 1,882 regions>
    """
    n = checked_integer("n", n, 1)
    check_size(2**n if n < 64 else 2**64, n + 1)
    return NamedNetwork(
        call("threshold", n),
        arrangement([[*v, 1] for v in product((0, 1), repeat=n)]),
        "one region for each Boolean threshold function",
        "OEIS A000609",
        n_regions=_THRESHOLD[n - 1] if n <= len(_THRESHOLD) else None,
        n_bounded=0,
        f_vector=_THRESHOLD_F_VECTORS.get(n),
        bounded_f_vector=(1, *[0] * (n + 1)),
        characteristic_polynomial=_THRESHOLD_POLYNOMIALS.get(n),
    )


def resonance(n: int) -> NamedNetwork:
    """The sum over each non-empty set of coordinates of R^n is zero: the all-subsets arrangement.

    No formula is known: the characteristic polynomials are a table up to n = 9, and None
    beyond. Sources: OEIS A034997 and A344494; Brysiewicz, Eble and Kuehne 2021.

    Parameters
    ----------
    n : int
        The dimension, at least 1; the network has 2^n - 1 neurons.

    Raises
    ------
    InvalidArgumentError
        If `n` is not that, or too large to write down.

    Examples
    --------
    >>> resonance(4)
    <NamedNetwork resonance(4): <ReLUNetwork 4-15-1, 15 neurons>, 370 regions>
    >>> resonance(4).characteristic_polynomial
    (104, -170, 80, -15, 1)
    """
    n = checked_integer("n", n, 1)
    check_size(2**n if n < 64 else 2**64, n)
    known = {}
    if n <= len(_RESONANCE_BETTI):
        betti = (1, *_RESONANCE_BETTI[n - 1])
        known = from_polynomial(tuple((-1) ** (n - k) * betti[n - k] for k in range(n + 1)))
    return NamedNetwork(
        call("resonance", n),
        arrangement([list(v) for v in product((0, 1), repeat=n) if any(v)]),
        "sums over all sets of coordinates: generalized retarded functions",
        f"OEIS A034997 and A344494; {_SYMMETRY}",
        f_vector=_RESONANCE_F_VECTORS.get(n),
        bounded_f_vector=(1, *[0] * n),
        **{"n_bounded": 0, **known},
    )
