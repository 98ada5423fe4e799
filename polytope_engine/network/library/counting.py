"""Formulas that several families share. Polynomials are tuples of coefficients, constant first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate
from math import comb, factorial
from typing import Any

Polynomial = tuple[int, ...]


def times(*factors: Sequence[int]) -> Polynomial:
    """The product of polynomials; that of none is 1.

    Examples
    --------
    >>> times((-1, 1), (-3, 1))
    (3, -4, 1)
    """
    result = [1]
    for factor in factors:
        longer = [0] * (len(result) + len(factor) - 1)
        for i, a in enumerate(result):
            for j, b in enumerate(factor):
                longer[i + j] += a * b
        result = longer
    return tuple(result)


def with_roots(roots: Iterable[int]) -> Polynomial:
    """The polynomial with these roots and leading coefficient 1.

    Examples
    --------
    >>> with_roots([1, 3])
    (3, -4, 1)
    """
    return times(*((-root, 1) for root in roots))


def plus(*terms: Sequence[int]) -> Polynomial:
    """The sum of polynomials."""
    total = [0] * max(map(len, terms))
    for term in terms:
        for k, a in enumerate(term):
            total[k] += a
    return tuple(total)


def value_at(polynomial: Sequence[int], t: int) -> int:
    """The polynomial's value at t."""
    return list(accumulate(reversed(polynomial), lambda value, a: value * t + a))[-1]


def sign(k: int) -> int:
    """(-1)^k."""
    return -1 if k % 2 else 1


def falling_factorial(k: int) -> Polynomial:
    """The polynomial t (t - 1) ... (t - k + 1)."""
    return with_roots(range(k))


@cache
def stirling(n: int, k: int) -> int:
    """Number of partitions of n points into k blocks.

    Examples
    --------
    >>> [stirling(4, k) for k in range(5)]
    [0, 1, 7, 6, 1]
    """
    if k > n:
        return 0
    surjections: int = sum(sign(k - i) * comb(k, i) * i**n for i in range(k + 1))
    return surjections // factorial(k)


@cache
def stirling_without_singletons(n: int, k: int) -> int:
    """Number of partitions of n points into k blocks of at least two.

    Examples
    --------
    >>> stirling_without_singletons(4, 2)
    3
    """
    # inclusion and exclusion over the points that are blocks of their own
    return sum(sign(i) * comb(n, i) * stirling(n - i, k - i) for i in range(min(n, k) + 1))


def ordered_partitions(n: int, k: int) -> int:
    """Number of partitions of n points into k blocks in a row."""
    return factorial(k) * stirling(n, k)


def catalan_number(n: int) -> int:
    """Number of triangulations of a polygon with n + 2 corners.

    Examples
    --------
    >>> [catalan_number(n) for n in range(6)]
    [1, 1, 2, 5, 14, 42]
    """
    return comb(2 * n, n) // (n + 1)


def elementary_symmetric(values: Iterable[int]) -> Polynomial:
    """The elementary symmetric polynomials e_0, e_1, ... of some numbers.

    Examples
    --------
    >>> elementary_symmetric((2, 2, 2))
    (1, 6, 12, 8)
    """
    return times(*((1, value) for value in values))


def from_polynomial(characteristic: Polynomial, *, is_essential: bool = True) -> dict[str, Any]:
    """What a characteristic polynomial says: `n_regions` is |chi(-1)|, `n_bounded` is |chi(1)| [Zaslavsky 1975].

    An arrangement whose hyperplanes share a direction (not essential) has no bounded region.

    Examples
    --------
    >>> from_polynomial((9, -6, 1))
    {'n_regions': 16, 'n_bounded': 4, 'characteristic_polynomial': (9, -6, 1)}
    """
    return {
        "n_regions": abs(value_at(characteristic, -1)),
        "n_bounded": abs(value_at(characteristic, 1)) if is_essential else 0,
        "characteristic_polynomial": characteristic,
    }


def where_generic_sets_meet(independent: Sequence[int], d: int) -> dict[str, Any]:
    """All counts of an arrangement in R^d in which sets of hyperplanes meet only if their normals are independent.

    Such a set of j hyperplanes meets in dimension d - j, and no other set meets there. So each
    region of a flat corresponds to an independent set around the one that defines the flat:
    f_k = sum_j C(d-k+j, j) i_(d-k+j), with signs (-1)^j for bounded cells, and
    chi(t) = sum_j (-1)^j i_j t^(d-j).

    Parameters
    ----------
    independent : sequence of int
        The number i_j of independent sets of j hyperplanes, for j = 0, 1, ...; sets of more than d are left out.
    d : int
        The dimension.

    Examples
    --------
    >>> where_generic_sets_meet([1, 5, 10], 2)["f_vector"]
    (10, 25, 16)
    """
    i = [*independent[: d + 1], *[0] * (d + 1 - len(independent))]
    f_vector = tuple(sum(comb(d - k + j, j) * i[d - k + j] for j in range(k + 1)) for k in range(d + 1))
    bounded = tuple(
        abs(sum((-1) ** j * comb(d - k + j, j) * i[d - k + j] for j in range(k + 1))) if i[d] else 0
        for k in range(d + 1)
    )
    return {
        "n_regions": f_vector[d],
        "n_bounded": bounded[d],
        "f_vector": f_vector,
        "bounded_f_vector": bounded,
        "characteristic_polynomial": tuple((-1) ** (d - k) * i[d - k] for k in range(d + 1)),
    }


def through_the_origin(n: int, d: int) -> dict[str, Any]:
    """All counts of n hyperplanes through the origin of R^d, any d of whose normals are independent.

    r = 2 sum_{j<d} C(n-1, j), and f_k = C(n, d-k) 2 sum_{i<k} C(n-d+k-1, i) for k > 0.

    Examples
    --------
    >>> through_the_origin(5, 3)["f_vector"]
    (1, 20, 40, 22)
    """
    if n < d:  # n coordinate hyperplanes and d - n free directions
        return where_generic_sets_meet([comb(n, j) for j in range(n + 1)], d)
    f_vector = (
        1,
        *(comb(n, d - k) * 2 * sum(comb(n - d + k - 1, i) for i in range(k)) for k in range(1, d + 1)),
    )
    upper = tuple((-1) ** (d - k) * comb(n, d - k) for k in range(1, d + 1))
    return {
        "n_regions": f_vector[d],
        "n_bounded": 0,
        "f_vector": f_vector,
        "bounded_f_vector": (1, *[0] * d),
        "characteristic_polynomial": (-sum(upper), *upper),
    }


def rank_of(rows: Iterable[Sequence[int]]) -> int:
    """The rank of an integer matrix, exactly.

    Examples
    --------
    >>> rank_of([(1, 2), (2, 4), (0, 1)])
    2
    """
    left = [list(row) for row in rows]
    rank = 0
    while left:
        row = left.pop()
        pivot = next((k for k, a in enumerate(row) if a), None)
        if pivot is not None:
            rank += 1
            left = [
                [row[pivot] * a - other[pivot] * b for a, b in zip(other, row, strict=True)] for other in left
            ]
    return rank
