"""Regions by the dimension of their images: the sums behind the upper bounds.

A layer of n neurons on a space of dimension i cuts it into regions, in each of which some neurons are active. An
*activation histogram* gamma(i, n) is a list whose entry a bounds how many of these regions have a active neurons,
in the sense of sums over all entries from a on. After a ReLU layer the image of a region has dimension at most i and
at most a. Source: Hinz and van de Geer 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from math import comb

Histogram = Callable[[int, int], Sequence[int]]


def binomials(n: int, most: int | None = None) -> list[int]:
    """The numbers C(n, 0), C(n, 1), ..., C(n, most), each from the one before.

    Examples
    --------
    >>> binomials(5, 2)
    [1, 5, 10]
    """
    row = [1]
    for j in range(min(n, n if most is None else most)):
        row.append(row[-1] * (n - j) // (j + 1))
    return row


def general_position(n: int, d: int) -> int:
    """C(n, 0) + ... + C(n, d), the most regions of n hyperplanes in R^d.

    Examples
    --------
    >>> general_position(5, 2), general_position(3, 5)
    (16, 8)
    """
    return sum(binomials(n, d))


def through_origin(n: int, d: int) -> int:
    """The most regions of n hyperplanes through the origin of R^d: 2 (C(n-1, 0) + ... + C(n-1, d-1)).

    Examples
    --------
    >>> through_origin(5, 3), through_origin(0, 3), through_origin(5, 0)
    (22, 1, 1)
    """
    return 1 if n == 0 or d == 0 else 2 * general_position(n - 1, d - 1)


def everything_active(total: int, n: int) -> list[int]:
    """A histogram that says nothing of inactive neurons: `total` regions with n active ones."""
    return [0] * n + [total]


def naive(_i: int, n: int) -> list[int]:
    """2^n regions."""
    return everything_active(2**n, n)


def montufar(i: int, n: int) -> list[int]:
    """As many regions as n hyperplanes in R^i can have."""
    return everything_active(general_position(n, i), n)


def central(i: int, n: int) -> list[int]:
    """As many regions as n hyperplanes through the origin of R^i can have."""
    return everything_active(through_origin(n, i), n)


def serra(i: int, n: int) -> list[int]:
    """C(n, j) regions with j inactive neurons, for j up to i.

    Examples
    --------
    >>> serra(2, 4)
    [0, 0, 6, 4, 1]
    """
    row = binomials(n, i)
    return [0] * (n + 1 - len(row)) + row[::-1]


HISTOGRAMS: dict[str, Histogram] = {"naive": naive, "montufar": montufar, "serra": serra}


def regions_by_histograms(
    n_inputs: int, widths: Sequence[int], histograms: Sequence[Histogram], ranks: Sequence[int] | None = None
) -> int:
    """The number of regions after all layers, each of which passes on what its activation histogram says.

    Parameters
    ----------
    n_inputs : int
        The dimension before the first layer.
    widths : sequence of int
        How many neurons each layer has.
    histograms : sequence of callable
        gamma(i, n) of each layer: a list of n + 1 numbers.
    ranks : sequence of int, optional
        The ranks of the weights, which bound the dimension that a layer sees.

    Examples
    --------
    >>> regions_by_histograms(2, [4, 4], [serra, serra])
    121
    >>> regions_by_histograms(2, [4, 4], [serra, serra], ranks=[1, 4])
    25
    """
    by_dimension = {n_inputs: 1}
    for n, gamma, rank in zip(widths, histograms, widths if ranks is None else ranks, strict=True):
        after: dict[int, int] = {}
        seen: dict[int, int] = {}
        for i, number in by_dimension.items():
            least = min(i, n, rank)
            seen[least] = seen.get(least, 0) + number
        for i, number in seen.items():
            entries = gamma(i, n)
            _add(after, i, number * sum(entries[i:]))
            for active, entry in enumerate(entries[:i]):
                _add(after, active, number * entry)
        by_dimension = after
    return sum(by_dimension.values())


def regions_through_layers(
    n_inputs: int,
    widths: Sequence[int],
    is_relu: Sequence[bool],
    ranks: Sequence[int] | None = None,
) -> int:
    """The same with the histograms `serra` for ReLU layers and `montufar` for others, in time linear in the dimensions.

    Examples
    --------
    >>> regions_through_layers(2, [2, 4], [True, True]), regions_through_layers(2, [2, 4], [False, False])
    (22, 44)
    """
    by_dimension = {n_inputs: 1}
    for n, relu, rank in zip(widths, is_relu, widths if ranks is None else ranks, strict=True):
        seen: dict[int, int] = {}
        for i, number in by_dimension.items():
            _add(seen, min(i, n, rank), number)
        by_dimension = (
            after_relu(seen, n) if relu else {i: k * general_position(n, i) for i, k in seen.items()}
        )
    return sum(by_dimension.values())


def after_relu(by_dimension: dict[int, int], n: int, n_active: int = 0) -> dict[int, int]:
    """Regions by dimension after a ReLU layer of n neurons that may cut, and more that are active everywhere.

    A region of dimension i becomes C(n, j) of dimension min(i, n_active + n - j), for j up to i. Those whose
    dimension falls to k have one and the same j, so the regions that they come from are added up first.

    Examples
    --------
    >>> after_relu({2: 1}, 3), after_relu({2: 1}, 3, n_active=1)
    ({1: 3, 2: 4}, {2: 7})
    """
    row, top = binomials(n), max(by_dimension)
    up_to = list(accumulate(row))
    least = [0] * (top + 2)  # how many have at least this dimension
    for i in range(top, -1, -1):
        least[i] = least[i + 1] + by_dimension.get(i, 0)
    after: dict[int, int] = {}
    for k in range(top + 1):
        j = n_active + n - k
        if 0 <= j <= n and max(k + 1, j) <= top:
            _add(after, k, row[j] * least[max(k + 1, j)])
        if j >= 0 and k in by_dimension:
            _add(after, k, by_dimension[k] * up_to[min(k, j, n)])
    return after


def _add(totals: dict[int, int], key: int, number: int) -> None:
    if number:
        totals[key] = totals.get(key, 0) + number


def most_dimensions(n_inputs: int, widths: Sequence[int]) -> list[int]:
    """The dimension of what each layer sees: the least of the inputs and the widths before.

    Examples
    --------
    >>> most_dimensions(3, [4, 2, 5])
    [3, 3, 2]
    """
    return list(accumulate(widths[:-1], min, initial=n_inputs))


def truncated_product(counts: Sequence[int], d: int) -> int:
    """e_0 + e_1 + ... + e_d of the elementary symmetric polynomials of some numbers.

    Examples
    --------
    >>> truncated_product([2, 2, 2], 2)
    19
    """
    grouped = {c: counts.count(c) for c in sorted(set(counts))}
    total = [1]
    for value, times in grouped.items():
        factor = [comb(times, j) * value**j for j in range(min(times, d) + 1)]
        longer = [0] * min(len(total) + len(factor) - 1, d + 1)
        for i, a in enumerate(total):
            for j, b in enumerate(factor[: d + 1 - i]):
                longer[i + j] += a * b
        total = longer
    return sum(total)
