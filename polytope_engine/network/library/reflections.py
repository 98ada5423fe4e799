"""Mirrors of finite reflection groups: crystallographic ones exactly, the icosahedral ones in floats."""

from __future__ import annotations

from itertools import combinations, permutations, product
from math import comb, factorial, prod, sqrt
from typing import Any

import numpy as np

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.library.arrangements import STANLEY, unit_row
from polytope_engine.network.library.counting import (
    from_polynomial,
    stirling,
    stirling_without_singletons,
    with_roots,
)
from polytope_engine.network.library.named_network import NamedNetwork, arrangement
from polytope_engine.network.library.parameters import call, check_size, checked_integer

_HUMPHREYS = "J. E. Humphreys, Reflection Groups and Coxeter Groups, Cambridge 1990"
_ORLIK_TERAO = "P. Orlik and H. Terao, Arrangements of Hyperplanes, Springer 1992"
_FLOATS = "exact deletion and restriction on the float64 entries"

# bonds of the Dynkin diagram (i, j, a_ij, a_ji)
_DIAGRAMS: dict[str, tuple[int, list[tuple[int, int, int, int]]]] = {
    "G2": (2, [(0, 1, -1, -3)]),
    "F4": (4, [(0, 1, -1, -1), (1, 2, -2, -1), (2, 3, -1, -1)]),
    "E6": (6, [(k, k + 1, -1, -1) for k in range(4)] + [(2, 5, -1, -1)]),
    "E7": (7, [(k, k + 1, -1, -1) for k in range(5)] + [(2, 6, -1, -1)]),
    "E8": (8, [(k, k + 1, -1, -1) for k in range(6)] + [(2, 7, -1, -1)]),
}
GOLDEN_RATIO = (1 + sqrt(5)) / 2
# what is known of the icosahedral mirrors by the golden ratio's stand-in: 8/5, float32, float64
_KNOWN_RATIOS = (8 / 5, float(np.float32(GOLDEN_RATIO)), GOLDEN_RATIO)
_ICOSAHEDRON_F_VECTOR = (1, 122, 288, 168)
_SIX_HUNDRED_CELL = (13261, -14628, 1426, -60, 1)


def type_b(n: int) -> NamedNetwork:
    """x_i = 0 and x_i = +-x_j in R^n, the reflections of the cube: 2^n n! regions.

    chi(t) = (t - 1)(t - 3) ... (t - 2n + 1). Each flat of dimension k is the same arrangement in R^k, and there
    are sum_i C(n,i) 2^(i-k) S(i,k) of them, the i coordinates that are not zero making k blocks. Source: Stanley
    2007.

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
    >>> type_b(3).f_vector
    (1, 26, 72, 48)
    """
    n = checked_integer("n", n, 1)
    check_size(n * n, n)
    flats = [sum(comb(n, i) * 2 ** (i - k) * stirling(i, k) for i in range(k, n + 1)) for k in range(n + 1)]
    return NamedNetwork(
        call("type_b", n),
        arrangement([unit_row(k, n) for k in range(n)] + _plus_minus(n)),
        "the reflections of the cube",
        STANLEY,
        f_vector=tuple(flats[k] * 2**k * factorial(k) for k in range(n + 1)),
        bounded_f_vector=(1, *[0] * n),
        **from_polynomial(with_roots(range(1, 2 * n, 2))),
    )


def type_d(n: int) -> NamedNetwork:
    """x_i = +-x_j in R^n, the reflections of type D: 2^(n-1) n! regions.

    chi(t) = (t - 1)(t - 3) ... (t - 2n + 3) (t - n + 1). On a flat with k blocks of coordinates that are not zero,
    y_a = 0 is one of the hyperplanes for j of its k coordinates: for all if some coordinates are zero, else for the
    blocks of two or more. So it has 2^(k-1) (k-1)! (k+j) regions. Source: Orlik and Terao 1992, Section 6.4.

    Parameters
    ----------
    n : int
        The dimension, at least 2.

    Raises
    ------
    InvalidArgumentError
        If `n` is not that.

    Examples
    --------
    >>> type_d(4).f_vector
    (1, 48, 240, 384, 192)
    """
    n = checked_integer("n", n, 2)
    check_size(n * (n - 1), n)

    def cells(k: int) -> int:
        with_zeros = sum(comb(n, i) * 2 ** (i - k) * stirling(i, k) for i in range(k, n - 1))
        total: int = with_zeros * 2**k * factorial(k)
        for j in range(k + 1) if k else ():
            flats = comb(n, k - j) * stirling_without_singletons(n - k + j, j) * 2 ** (n - k)
            total += flats * 2 ** (k - 1) * factorial(k - 1) * (k + j)
        return total

    return NamedNetwork(
        call("type_d", n),
        arrangement(_plus_minus(n)),
        "the reflections of type D",
        _ORLIK_TERAO,
        f_vector=tuple(cells(k) for k in range(n + 1)),
        bounded_f_vector=(1, *[0] * n),
        **from_polynomial(with_roots([*range(1, 2 * n - 2, 2), n - 1])),
    )


def _plus_minus(n: int) -> list[list[int]]:
    return [
        [(k == i) + sign * (k == j) for k in range(n)]
        for i, j in combinations(range(n), 2)
        for sign in (1, -1)
    ]


def exceptional(kind: str) -> NamedNetwork:
    """The reflection arrangement of G2, F4, E6, E7 or E8, in coordinates of simple roots.

    With the exponents e_1, e_2, ... of the group, chi(t) = (t - e_1)(t - e_2) ..., so the number of regions is its
    order, (1 + e_1)(1 + e_2) .... Cells correspond to cosets of the subgroups that sets of simple reflections
    generate. Source: Humphreys 1990, Sections 1.15 and 3.20.

    Parameters
    ----------
    kind : str
        "G2", "F4", "E6", "E7" or "E8".

    Raises
    ------
    InvalidArgumentError
        If `kind` is not one of these.

    Examples
    --------
    >>> exceptional("F4")
    <NamedNetwork exceptional(F4): <ReLUNetwork 4-24-1, 24 neurons>, 1,152 regions>
    >>> exceptional("E8").n_regions
    696729600
    """
    if kind not in _DIAGRAMS:
        raise InvalidArgumentError(
            f"`kind` is {kind!r}, but must be one of {', '.join(_DIAGRAMS)}.", kind=kind
        )
    rank, bonds = _DIAGRAMS[kind]
    cartan = [[2 * (i == j) for j in range(rank)] for i in range(rank)]
    for i, j, a, b in bonds:
        cartan[i][j], cartan[j][i] = a, b
    roots = _positive_roots(cartan)
    order = prod(1 + e for e in _exponents(roots))
    f_vector = [0] * (rank + 1)
    for size in range(rank + 1):
        for simple in combinations(range(rank), size):
            others = [k for k in range(rank) if k not in simple]
            inside = [root for root in roots if not any(root[k] for k in others)]
            f_vector[rank - size] += order // prod(1 + e for e in _exponents(inside))
    return NamedNetwork(
        call("exceptional", kind),
        arrangement([list(root) for root in roots]),
        f"the reflections of type {kind}",
        _HUMPHREYS,
        f_vector=tuple(f_vector),
        bounded_f_vector=(1, *[0] * rank),
        **from_polynomial(with_roots(_exponents(roots))),
    )


def _positive_roots(cartan: list[list[int]]) -> list[tuple[int, ...]]:
    """All positive roots, by reflecting the simple ones."""
    rank = len(cartan)
    found = {tuple(int(i == k) for i in range(rank)) for k in range(rank)}
    fresh = list(found)
    while fresh:
        root = fresh.pop()
        for k in range(rank):
            image = list(root)
            image[k] -= sum(c * cartan[j][k] for j, c in enumerate(root))
            if min(image) >= 0 and tuple(image) not in found:
                found.add(tuple(image))
                fresh.append(tuple(image))
    return sorted(found)


def _exponents(roots: list[tuple[int, ...]]) -> list[int]:
    """The exponents: as many are at least h as there are roots of height h [Humphreys, 3.20]."""
    heights = [sum(root) for root in roots]
    n_of_height = [heights.count(h) for h in range(1, max(heights, default=0) + 1)]
    return [sum(n > k for n in n_of_height) for k in range(max(n_of_height, default=0))]


def icosahedron(golden_ratio: float = GOLDEN_RATIO) -> NamedNetwork:
    """The 15 mirror planes of the icosahedron, with a stored number for the golden ratio: 168 regions.

    With the irrational golden ratio the planes would have 120 regions. With the float64 next to it, planes that
    should meet in one line do not, and 48 regions some 1e-16 wide open up. They belong to the network that is
    stored. Source: exact deletion and restriction; chi(t) = (t - 1)(t^2 - 14 t + 69).

    Parameters
    ----------
    golden_ratio : float
        The number to take. The count is known for the nearest float64, the nearest float32, and 8/5.

    Raises
    ------
    InvalidArgumentError
        If it is no number between 1 and 2.

    Examples
    --------
    >>> icosahedron()
    <NamedNetwork icosahedron: <ReLUNetwork 3-15-1, 15 neurons>, 168 regions>
    """
    phi = _checked_ratio(golden_ratio)
    rows = [[float(i == k) for i in range(3)] for k in range(3)]
    for signs in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        a, b, c = 1.0, signs[0] * phi, signs[1] * (phi - 1)
        rows += [[a, b, c], [c, a, b], [b, c, a]]
    known: dict[str, Any] = {}
    if phi in _KNOWN_RATIOS:
        known = {"f_vector": _ICOSAHEDRON_F_VECTOR, **from_polynomial((-69, 83, -15, 1))}
    return NamedNetwork(
        "icosahedron" if phi == GOLDEN_RATIO else call("icosahedron", phi),
        arrangement(rows),
        "mirror planes whose exact regions differ from the ideal 120",
        _FLOATS,
        bounded_f_vector=(1, 0, 0, 0),
        **{"n_bounded": 0, **known},
    )


def six_hundred_cell(golden_ratio: float = GOLDEN_RATIO) -> NamedNetwork:
    """The 60 mirrors of the 600-cell in R^4 (type H4), with a stored number for the golden ratio.

    With the irrational golden ratio they would have 14400 regions; with the float64 next to it they have 29376. Source:
    exact deletion and restriction on the stored entries.

    Parameters
    ----------
    golden_ratio : float
        The number to take. The count is known for the nearest float64.

    Raises
    ------
    InvalidArgumentError
        If it is no number between 1 and 2.

    Examples
    --------
    >>> six_hundred_cell().network
    <ReLUNetwork 4-60-1, 60 neurons>
    """
    phi = _checked_ratio(golden_ratio)
    rows = [[float(i == k) for i in range(4)] for k in range(4)]
    rows += [[1.0, *signs] for signs in product((1.0, -1.0), repeat=3)]
    for places in permutations(range(4)):
        if sum(a > b for a, b in combinations(places, 2)) % 2 == 0:
            for second, third in product((1.0, -1.0), repeat=2):
                row = [0.0] * 4
                row[places[0]], row[places[1]] = phi, second
                row[places[2]] = third * (phi - 1)
                rows.append(row)
    known = from_polynomial(_SIX_HUNDRED_CELL) if phi == GOLDEN_RATIO else {}
    return NamedNetwork(
        "six_hundred_cell" if phi == GOLDEN_RATIO else call("six_hundred_cell", phi),
        arrangement(rows),
        "mirrors whose exact regions differ from the ideal 14400",
        _FLOATS,
        bounded_f_vector=(1, 0, 0, 0, 0),
        **{"n_bounded": 0, **known},
    )


def _checked_ratio(golden_ratio: float) -> float:
    if not isinstance(golden_ratio, int | float) or not 1 < golden_ratio < 2:
        raise InvalidArgumentError(
            f"`golden_ratio` is {golden_ratio!r}, but must be a number between 1 and 2.",
            golden_ratio=golden_ratio,
        )
    return float(golden_ratio)
