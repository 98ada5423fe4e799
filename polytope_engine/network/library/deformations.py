"""Deformations of the braid arrangement: hyperplanes x_i - x_j = c.

All live in the n - 1 dimensions that are left with x_n = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb, factorial, perm
from typing import Any

from polytope_engine.network.library.arrangements import STANLEY
from polytope_engine.network.library.counting import (
    from_polynomial,
    ordered_partitions,
    plus,
    sign,
    stirling,
    times,
    with_roots,
)
from polytope_engine.network.library.named_network import NamedNetwork, arrangement
from polytope_engine.network.library.parameters import call, check_size, checked_integer

_ATHANASIADIS = (
    "C. A. Athanasiadis, Characteristic polynomials of subspace arrangements, Adv. Math. 122 (1996)"
)
_POSTNIKOV_STANLEY = (
    "A. Postnikov, R. P. Stanley, Deformations of Coxeter arrangements, J. Combin. Theory A 91 (2000)"
)
# by summing the regions of all flats; no formula is known
_LINIAL_F_VECTORS = {
    2: (1, 2),
    3: (3, 9, 7),
    4: (10, 51, 76, 36),
    5: (40, 305, 740, 720, 246),
    6: (192, 2031, 7080, 10992, 7854, 2104),
}
_LINIAL_BOUNDED = {
    2: (1, 0),
    3: (3, 3, 1),
    4: (10, 21, 16, 4),
    5: (40, 145, 200, 120, 26),
    6: (192, 1071, 2280, 2322, 1134, 212),
}


def difference_row(i: int, j: int, dimension: int) -> list[int]:
    """The row x_i - x_j, with coordinates from `dimension` on set to zero."""
    return [(k == i) - (k == j) for k in range(dimension)]


def _deformation(
    name: str, n: int, levels: Sequence[int], description: str, source: str, **known: Any
) -> NamedNetwork:
    """x_i - x_j = level for i < j."""
    rows = [(difference_row(i, j, n - 1), -c) for i, j in combinations(range(n), 2) for c in levels]
    network = arrangement(*map(list, zip(*rows, strict=True)))
    return NamedNetwork(call(name, n), network, description, source, **known)


def _checked(n: int, n_levels: int) -> int:
    n = checked_integer("n", n, 2)
    check_size(n_levels * n * (n - 1) // 2, n - 1)
    return n


def braid(n: int) -> NamedNetwork:
    """x_i = x_j for i < j <= n, the reflections of the symmetric group: n! regions.

    There are (k+1)! S(n, k+1) cells of dimension k, the ordered partitions of n points, and
    chi(t) = (t - 1) ... (t - n + 1). Source: Stanley 2007.

    Parameters
    ----------
    n : int
        The number of points, at least 2; the dimension is n - 1.

    Raises
    ------
    InvalidArgumentError
        If `n` is not that.

    Examples
    --------
    >>> braid(4).f_vector
    (1, 14, 36, 24)
    """
    n = _checked(n, 1)
    return _deformation(
        "braid", n, (0,), "the reflections of the symmetric group", STANLEY,
        f_vector=tuple(ordered_partitions(n, k + 1) for k in range(n)),
        bounded_f_vector=(1, *[0] * (n - 1)),
        **from_polynomial(with_roots(range(1, n))),
    )  # fmt: skip


def shi(n: int) -> NamedNetwork:
    """x_i - x_j = 0, 1 for i < j <= n: (n + 1)^(n - 1) regions, (n - 1)^(n - 1) of them bounded.

    chi(t) = (t - n)^(n - 1). Of dimension k - 1 there are C(n,k) sum_i (-1)^i C(n-k,i) (n-i+1)^(n-1)
    cells, and C(n,k) sum_i (-1)^i C(n-k,i) (n-i-1)^(n-1) bounded ones. Source: Athanasiadis 1996.

    Parameters
    ----------
    n : int
        The number of points, at least 2; the dimension is n - 1.

    Raises
    ------
    InvalidArgumentError
        If `n` is not that.

    Examples
    --------
    >>> shi(4).f_vector
    (24, 144, 244, 125)
    """
    n = _checked(n, 2)

    def cells(k: int, shift: int) -> int:
        signed: int = sum(sign(i) * comb(n - k, i) * (n - i + shift) ** (n - 1) for i in range(n - k + 1))
        return comb(n, k) * signed

    return _deformation(
        "shi", n, (0, 1), "the Shi arrangement", _ATHANASIADIS,
        f_vector=tuple(cells(k, 1) for k in range(1, n + 1)),
        bounded_f_vector=tuple(cells(k, -1) for k in range(1, n + 1)),
        **from_polynomial(with_roots([n] * (n - 1))),
    )  # fmt: skip


def catalan(n: int) -> NamedNetwork:
    """x_i - x_j = -1, 0, 1 for i < j <= n: n! times the n-th Catalan number of regions.

    chi(t) = (t - n - 1) ... (t - 2n + 1). Source: Stanley 2007. A flat of dimension k - 1 chains the points to k
    blocks with T levels in all; of those there are S(n,T) T! C(T-1,k-1) / k!, each has (T+k)! / (T+1)! regions,
    and (T+k-2)! / (T-1)! bounded ones, which gives the numbers of cells of all dimensions.

    Parameters
    ----------
    n : int
        The number of points, at least 2; the dimension is n - 1.

    Raises
    ------
    InvalidArgumentError
        If `n` is not that.

    Examples
    --------
    >>> catalan(3).f_vector, catalan(3).bounded_f_vector
    ((13, 42, 30), (13, 24, 12))
    """
    n = _checked(n, 3)

    def flats(k: int, levels: int) -> int:
        return ordered_partitions(n, levels) * comb(levels - 1, k - 1) // factorial(k)

    def cells(k: int, shift: int) -> int:
        return sum(
            flats(k, T) * factorial(T + k + shift) // factorial(T + 1 + shift) for T in range(k, n + 1)
        )

    return _deformation(
        "catalan", n, (-1, 0, 1), "the Catalan arrangement", STANLEY,
        f_vector=tuple(cells(k, 0) for k in range(1, n + 1)),
        bounded_f_vector=tuple(cells(k, -2) for k in range(1, n + 1)),
        **from_polynomial(with_roots(range(n + 1, 2 * n))),
    )  # fmt: skip


def linial(n: int) -> NamedNetwork:
    """x_i - x_j = 1 for i < j <= n: as many regions as alternating trees on n + 1 vertices.

    chi(t) = 2^-n sum_k C(n,k) (t - k)^(n-1). Source: Postnikov and Stanley 2000. For the cells of lower dimension
    no formula is known: they are a table up to n = 6, and None beyond.

    Parameters
    ----------
    n : int
        The number of points, at least 2; the dimension is n - 1.

    Raises
    ------
    InvalidArgumentError
        If `n` is not that.

    Examples
    --------
    >>> linial(4).n_regions, linial(4).n_bounded
    (36, 4)
    """
    n = _checked(n, 1)
    terms = [[comb(n, k) * comb(n - 1, j) * (-k) ** (n - 1 - j) for j in range(n)] for k in range(n + 1)]
    return _deformation(
        "linial", n, (1,), "the Linial arrangement", _POSTNIKOV_STANLEY,
        f_vector=_LINIAL_F_VECTORS.get(n), bounded_f_vector=_LINIAL_BOUNDED.get(n),
        **from_polynomial(tuple(a // 2**n for a in plus(*terms))),
    )  # fmt: skip


def semiorder(n: int) -> NamedNetwork:
    """x_i - x_j = -1, 1 for i < j <= n: as many regions as semiorders on n labeled points (OEIS A006531).

    chi(t) = sum_k S(n,k) times that of the Catalan arrangement of k points. Source: Stanley 2007. A flat of
    dimension k - 1 has s points that are tied to no other, and k - s blocks of at least two levels; on it, the
    tied ones behave as in the Catalan arrangement, and the s others as in this one.

    Parameters
    ----------
    n : int
        The number of points, at least 2; the dimension is n - 1.

    Raises
    ------
    InvalidArgumentError
        If `n` is not that.

    Examples
    --------
    >>> semiorder(3).f_vector, semiorder(3).bounded_f_vector
    ((12, 30, 19), (12, 18, 7))
    """
    n = _checked(n, 2)

    def flats(free: int, blocks: int, levels: int) -> int:
        if blocks == 0:
            return int(free == n)
        chains = ordered_partitions(n - free, levels) * comb(levels - blocks - 1, blocks - 1)
        return comb(n, free) * chains // factorial(blocks)

    def regions(free: int, blocks: int, levels: int, shift: int) -> int:
        """|chi| of the flat, over t, at -1 or (with `shift` -2) at 1; the free points fall together in j groups."""
        return abs(
            sum(
                sign(j) * stirling(free, j) * perm(levels + 2 * j + blocks + shift, j + blocks - 1)
                for j in range(min(free, 1), free + 1)
            )
        )

    totals = [[0, 0] for _ in range(n)]
    for free in range(n + 1):
        for blocks in range((n - free) // 2 + 1):
            for levels in range(2 * blocks, n - free + 1) if blocks else (0,):
                number = flats(free, blocks, levels)
                if number:
                    for kind, shift in enumerate((0, -2)):
                        totals[free + blocks - 1][kind] += number * regions(free, blocks, levels, shift)
    terms = [times((stirling(n, k),), with_roots(range(k + 1, 2 * k))) for k in range(1, n + 1)]
    return _deformation(
        "semiorder", n, (-1, 1), "the semiorder arrangement", STANLEY,
        f_vector=tuple(total for total, _ in totals), bounded_f_vector=tuple(inside for _, inside in totals),
        **from_polynomial(plus(*terms)),
    )  # fmt: skip
