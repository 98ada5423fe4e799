"""Reflection arrangements beyond the classical types, graphs, and the icosahedron in floats."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from math import prod, sqrt

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.library.named_network import NamedNetwork, arrangement

# bonds of the Dynkin diagram (i, j, a_ij, a_ji) and exponents
_DIAGRAMS: dict[str, tuple[int, list[tuple[int, int, int, int]], tuple[int, ...]]] = {
    "G2": (2, [(0, 1, -1, -3)], (1, 5)),
    "F4": (4, [(0, 1, -1, -1), (1, 2, -2, -1), (2, 3, -1, -1)], (1, 5, 7, 11)),
    "E6": (6, [(k, k + 1, -1, -1) for k in range(4)] + [(2, 5, -1, -1)], (1, 4, 5, 7, 8, 11)),
    "E7": (7, [(k, k + 1, -1, -1) for k in range(5)] + [(2, 6, -1, -1)], (1, 5, 7, 9, 11, 13, 17)),
    "E8": (8, [(k, k + 1, -1, -1) for k in range(6)] + [(2, 7, -1, -1)], (1, 7, 11, 13, 17, 19, 23, 29)),
}


def exceptional(kind: str) -> NamedNetwork:
    """The reflection arrangement of G2, F4, E6, E7 or E8, in coordinates of simple roots.

    The number of regions is the order of the group, the product of 1 + e over its exponents e.

    Examples
    --------
    >>> exceptional("F4")
    <NamedNetwork exceptional(F4): <ReLUNetwork 4-24-1, 24 neurons>, 1,152 regions>
    """
    if kind not in _DIAGRAMS:
        raise InvalidArgumentError(
            f"`kind` is {kind!r}, but must be one of {', '.join(_DIAGRAMS)}.", kind=kind
        )
    rank, bonds, exponents = _DIAGRAMS[kind]
    cartan = [[2 * (i == j) for j in range(rank)] for i in range(rank)]
    for i, j, a, b in bonds:
        cartan[i][j], cartan[j][i] = a, b
    return NamedNetwork(
        f"exceptional({kind})",
        arrangement([list(root) for root in _positive_roots(cartan)]),
        f"the reflections of type {kind}",
        "J. E. Humphreys, Reflection Groups and Coxeter Groups, Cambridge 1990",
        n_regions=prod(1 + e for e in exponents),
        n_bounded=0,
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


def icosahedron() -> NamedNetwork:
    """Fifteen mirror planes of the icosahedron with the golden ratio as a float64: 168 regions.

    With the irrational golden ratio the planes have 120 regions. With the float64 next to it,
    planes that should meet in one line do not, and 48 regions some 1e-16 wide open up. They
    belong to the network that is stored.
    """
    phi = (1 + sqrt(5)) / 2
    rows = [[float(i == k) for i in range(3)] for k in range(3)]
    for signs in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        a, b, c = 1.0, signs[0] * phi, signs[1] * (phi - 1)
        rows += [[a, b, c], [c, a, b], [b, c, a]]
    return NamedNetwork(
        "icosahedron",
        arrangement(rows),
        "mirror planes whose exact regions differ from the ideal 120",
        "exact deletion and restriction on the float64 entries",
        n_regions=168,
        n_bounded=0,
    )


def graphical(n: int, edges: Iterable[tuple[int, int]], name: str | None = None) -> NamedNetwork:
    """x_i = x_j for the edges of a graph on 0, ..., n - 1: a region for each acyclic orientation.

    The coordinate x_{n-1} is set to zero.

    Examples
    --------
    >>> graphical(4, [(0, 1), (1, 2), (2, 3), (3, 0)]).n_regions
    14
    """
    pairs = sorted({(min(i, j), max(i, j)) for i, j in edges})
    if n < 2 or not pairs or any(i == j or i < 0 or j >= n for i, j in pairs):
        raise InvalidArgumentError(f"`edges` must be pairs of different numbers from 0 to {n - 1}.")
    rows = [[(k == i) - (k == j) for k in range(n - 1)] for i, j in pairs]
    return NamedNetwork(
        f"graphical({name or f'{n} vertices, {len(pairs)} edges'})",
        arrangement(rows),
        "one region for each acyclic orientation of a graph",
        "C. Greene and T. Zaslavsky, Trans. Amer. Math. Soc. 280 (1983)",
        n_regions=_acyclic_orientations(n, pairs),
        n_bounded=0,
    )


def petersen() -> NamedNetwork:
    """The graphical arrangement of the Petersen graph: 16680 regions in R^9."""
    outer = [(k, (k + 1) % 5) for k in range(5)]
    inner = [(5 + k, 5 + (k + 2) % 5) for k in range(5)]
    return graphical(10, [*outer, *inner, *((k, 5 + k) for k in range(5))], name="Petersen")


def _acyclic_orientations(n: int, edges: list[tuple[int, int]]) -> int:
    """By inclusion and exclusion over the sets of sources, which are independent sets."""
    neighbors = [sum(1 << (i + j - k) for i, j in edges if k in (i, j)) for k in range(n)]
    independent = {0: True}
    for mask in range(1, 1 << n):
        top = mask.bit_length() - 1
        rest = mask ^ (1 << top)
        independent[mask] = independent[rest] and not neighbors[top] & rest

    @cache
    def orientations(mask: int) -> int:
        total, sources = (1 if mask == 0 else 0), mask
        while sources:
            if independent[sources]:
                total += (-1) ** (sources.bit_count() + 1) * orientations(mask ^ sources)
            sources = (sources - 1) & mask
        return total

    return orientations((1 << n) - 1)
