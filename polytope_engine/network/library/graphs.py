"""Graphical arrangements: x_i = x_j for the edges of a graph, a region for each acyclic orientation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from math import comb
from typing import Any

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.library.counting import (
    Polynomial,
    falling_factorial,
    from_polynomial,
    plus,
    stirling,
    through_the_origin,
    times,
    where_generic_sets_meet,
    with_roots,
)
from polytope_engine.network.library.deformations import difference_row
from polytope_engine.network.library.named_network import NamedNetwork, arrangement
from polytope_engine.network.library.parameters import call, check_size, checked_integer

_GREENE_ZASLAVSKY = "C. Greene and T. Zaslavsky, Trans. Amer. Math. Soc. 280 (1983)"
_STANLEY_1973 = "R. P. Stanley, Acyclic orientations of graphs, Discrete Math. 5 (1973)"
_SOURCE = f"{_STANLEY_1973}; {_GREENE_ZASLAVSKY}"
# the sum over partitions into independent sets takes 3^n steps at worst
_MOST_VERTICES = 12

Edges = Sequence[tuple[int, int]]


def graphical(n: int, edges: Iterable[tuple[int, int]]) -> NamedNetwork:
    """x_i = x_j for the edges of a graph on 0, ..., n - 1, in the n - 1 dimensions left with x_{n-1} = 0.

    There is a region for each acyclic orientation, and t chi(t) is the chromatic polynomial. Sources: Stanley 1973;
    Greene and Zaslavsky 1983. It is worked out for up to 12 vertices; the counts are None beyond.

    Parameters
    ----------
    n : int
        The number of vertices, at least 2.
    edges : iterable of pairs of int
        The edges; repeated ones count once.

    Raises
    ------
    InvalidArgumentError
        If there is no edge, or one that joins no two different vertices.

    Examples
    --------
    >>> graphical(4, [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]).n_regions
    18
    """
    n = checked_integer("n", n, 2)
    pairs = _checked_edges(n, edges)
    known = from_polynomial(_chromatic(n, pairs)[1:]) if n <= _MOST_VERTICES else {}
    return _graphical(
        call("graphical", n, tuple(pairs)), n, pairs, "acyclic orientations of a graph", **known
    )


def path(n: int) -> NamedNetwork:
    """The graphical arrangement of the path on n vertices: n - 1 independent hyperplanes, 2^(n-1) regions.

    Source: Stanley 1973.

    Parameters
    ----------
    n : int
        The number of vertices, at least 2.

    Raises
    ------
    InvalidArgumentError
        If `n` is not that.

    Examples
    --------
    >>> path(5).n_regions
    16
    """
    n = checked_integer("n", n, 2)
    check_size(n - 1, n - 1)
    return _graphical(
        call("path", n), n, [(k, k + 1) for k in range(n - 1)], "acyclic orientations of a path",
        **where_generic_sets_meet([comb(n - 1, j) for j in range(n)], n - 1),
    )  # fmt: skip


def cycle(n: int) -> NamedNetwork:
    """The graphical arrangement of the cycle on n vertices: 2^n - 2 regions.

    Its n hyperplanes are central and generic in R^(n-1): t chi(t) = (t - 1)^n + (-1)^n (t - 1). Source: Stanley
    1973.

    Parameters
    ----------
    n : int
        The number of vertices, at least 3.

    Raises
    ------
    InvalidArgumentError
        If `n` is not that.

    Examples
    --------
    >>> [cycle(n).n_regions for n in (3, 4, 5)]
    [6, 14, 30]
    """
    n = checked_integer("n", n, 3)
    check_size(n, n - 1)
    return _graphical(
        call("cycle", n), n, _ring(n), "acyclic orientations of a cycle", **through_the_origin(n, n - 1)
    )


def wheel(n: int) -> NamedNetwork:
    """The graphical arrangement of a cycle on n vertices and a hub joined to all of them: 3^n - 3 regions.

    chi(t) = (t - 2)^n + (-1)^n (t - 2). Source: Stanley 1973.

    Parameters
    ----------
    n : int
        The number of vertices on the rim, at least 3.

    Raises
    ------
    InvalidArgumentError
        If `n` is not that.

    Examples
    --------
    >>> wheel(4).n_regions
    78
    """
    n = checked_integer("n", n, 3)
    check_size(2 * n, n)
    chi = plus(with_roots([2] * n), times(((-1) ** n,), (-2, 1)))
    edges = [*_ring(n), *((k, n) for k in range(n))]
    return _graphical(
        call("wheel", n), n + 1, edges, "acyclic orientations of a wheel", **from_polynomial(chi)
    )


def complete_bipartite(a: int, b: int) -> NamedNetwork:
    """The graphical arrangement of the graph that joins each of a vertices to each of b others.

    t chi(t) = sum_k S(a,k) t (t - 1) ... (t - k + 1) (t - k)^b: the a vertices take k colors. Source: Stanley 1973.

    Parameters
    ----------
    a, b : int
        The numbers of vertices, at least 1.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> complete_bipartite(3, 3).n_regions
    230
    """
    a, b = checked_integer("a", a, 1), checked_integer("b", b, 1)
    check_size(a * b, a + b - 1)
    terms = [times((stirling(a, k),), falling_factorial(k), with_roots([k] * b)) for k in range(1, a + 1)]
    edges = [(i, a + j) for i in range(a) for j in range(b)]
    return _graphical(
        call("complete_bipartite", a, b), a + b, edges, "acyclic orientations of a complete bipartite graph",
        **from_polynomial(plus(*terms)[1:]),
    )  # fmt: skip


def cube_graph(n: int) -> NamedNetwork:
    """The graphical arrangement of the n-dimensional cube's graph, with 2^n vertices.

    It has 1862 regions for n = 3. No formula is known: the counts are worked out for n up to 3, and None beyond.
    Source: Stanley 1973.

    Parameters
    ----------
    n : int
        The dimension of the cube, at least 1.

    Raises
    ------
    InvalidArgumentError
        If `n` is not that, or too large to write down.

    Examples
    --------
    >>> cube_graph(3)
    <NamedNetwork cube_graph(3): <ReLUNetwork 7-12-1, 12 neurons>, 1,862 regions>
    """
    n = checked_integer("n", n, 1, 20)
    check_size(n * 2 ** (n - 1), 2**n - 1)
    edges = [(i, i | 1 << k) for i in range(2**n) for k in range(n) if not i & 1 << k]
    known = from_polynomial(_chromatic(2**n, edges)[1:]) if 2**n <= _MOST_VERTICES else {}
    return _graphical(call("cube_graph", n), 2**n, edges, "acyclic orientations of a cube's graph", **known)


def petersen() -> NamedNetwork:
    """The graphical arrangement of the Petersen graph: 16680 regions in R^9.

    Source: Stanley 1973, with the chromatic polynomial.

    Examples
    --------
    >>> petersen().n_regions
    16680
    """
    outer, inner = _ring(5), [(5 + k, 5 + (k + 2) % 5) for k in range(5)]
    edges = [*outer, *inner, *((k, 5 + k) for k in range(5))]
    return _graphical(
        "petersen", 10, edges, "acyclic orientations of the Petersen graph",
        **from_polynomial(_chromatic(10, edges)[1:]),
    )  # fmt: skip


def _ring(n: int) -> list[tuple[int, int]]:
    return [(k, (k + 1) % n) for k in range(n)]


def _graphical(name: str, n: int, edges: Edges, description: str, **known: Any) -> NamedNetwork:
    check_size(len(edges), n - 1)
    network = arrangement([difference_row(i, j, n - 1) for i, j in edges])
    return NamedNetwork(name, network, description, _SOURCE, **{"n_bounded": 0, **known})


def _checked_edges(n: int, edges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    try:
        pairs = sorted({(min(i, j), max(i, j)) for i, j in edges})
        are_edges = all(0 <= i < j < n and i == int(i) and j == int(j) for i, j in pairs)
    except (TypeError, ValueError):
        pairs, are_edges = [], False
    if not pairs or not are_edges:
        raise InvalidArgumentError(
            f"`edges` must be pairs of different numbers from 0 to {n - 1}, at least one."
        )
    return [(int(i), int(j)) for i, j in pairs]


def _chromatic(n: int, edges: Edges) -> Polynomial:
    """The chromatic polynomial, as a sum over partitions of the vertices into independent sets."""
    neighbors = [sum(1 << (i + j - k) for i, j in edges if k in (i, j)) for k in range(n)]
    independent = [True] * (1 << n)
    for mask in range(1, 1 << n):
        top = mask.bit_length() - 1
        rest = mask ^ (1 << top)
        independent[mask] = independent[rest] and not neighbors[top] & rest

    @cache
    def partitions(mask: int) -> Polynomial:
        """How many partitions of these vertices have 0, 1, 2, ... blocks."""
        if mask == 0:
            return (1,)
        lowest = mask & -mask
        others = mask ^ lowest
        total: Polynomial = (0,)
        chosen = others
        while True:  # the block of the lowest vertex
            if independent[chosen | lowest]:
                total = plus(total, (0, *partitions(others ^ chosen)))
            if chosen == 0:
                return total
            chosen = (chosen - 1) & others

    blocks = partitions((1 << n) - 1)
    return plus(*(times((number,), falling_factorial(k)) for k, number in enumerate(blocks)))
