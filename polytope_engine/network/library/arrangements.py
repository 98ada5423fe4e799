"""Hyperplane arrangements with closed formulas, as networks with one hidden layer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from math import comb, factorial, prod

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.library.named_network import NamedNetwork, arrangement

_STANLEY = (
    "R. P. Stanley, An introduction to hyperplane arrangements, IAS/Park City Mathematics Series 14 (2007)"
)
_ZASLAVSKY = "T. Zaslavsky, Facing up to arrangements, Memoirs of the AMS 154 (1975)"
_THRESHOLD = {1: 4, 2: 14, 3: 104, 4: 1882, 5: 94572}
_RESONANCE = {1: 2, 2: 6, 3: 32, 4: 370, 5: 11292, 6: 1066044}


def _require(name: str, value: int, at_least: int) -> None:
    if value < at_least:
        raise InvalidArgumentError(
            f"`{name}` is {value}, but must be at least {at_least}.", name=name, value=value
        )


def _unit(k: int, n: int, sign: int = 1) -> list[int]:
    return [sign if i == k else 0 for i in range(n)]


def _difference(i: int, j: int, dimension: int) -> list[int]:
    """The row x_i - x_j, with coordinates from `dimension` on set to zero."""
    return [(k == i) - (k == j) for k in range(dimension)]


def boolean(n: int) -> NamedNetwork:
    """The n coordinate hyperplanes of R^n: 2^n orthants.

    Examples
    --------
    >>> boolean(3)
    <NamedNetwork boolean(3): <ReLUNetwork 3-3-1, 3 neurons>, 8 regions>
    """
    _require("n", n, 1)
    return NamedNetwork(
        f"boolean({n})",
        arrangement([_unit(k, n) for k in range(n)]),
        "the coordinate hyperplanes",
        _STANLEY,
        n_regions=2**n,
        n_bounded=0,
        f_vector=tuple(comb(n, k) * 2**k for k in range(n + 1)),
    )


def _moment_rows(n: int, d: int) -> tuple[list[list[int]], list[int]]:
    if n**d > 2**53:
        raise InvalidArgumentError(f"`n` is {n} and `d` is {d}, but n**d must be at most 2**53 to be exact.")
    return [[t**k for k in range(d)] for t in range(1, n + 1)], [t**d for t in range(1, n + 1)]


def generic(n: int, d: int) -> NamedNetwork:
    """N hyperplanes of R^d in general position, with normals on the moment curve."""
    _require("n", n, 1)
    _require("d", d, 1)
    normals, offsets = _moment_rows(n, d)
    f_vector = tuple(
        comb(n, d - k) * sum(comb(n - d + k, i) for i in range(k + 1)) if n >= d - k else 0
        for k in range(d + 1)
    )
    return NamedNetwork(
        f"generic({n},{d})",
        arrangement(normals, offsets),
        "hyperplanes in general position",
        "R. C. Buck, Partition of space, Amer. Math. Monthly 50 (1943)",
        n_regions=f_vector[d],
        n_bounded=comb(n - 1, d),
        f_vector=f_vector,
    )


def central_generic(n: int, d: int) -> NamedNetwork:
    """N hyperplanes through the origin of R^d, any d normals independent."""
    _require("n", n, 1)
    _require("d", d, 1)
    normals, _ = _moment_rows(n, d)
    f_vector = (
        1,
        *(comb(n, d - k) * 2 * sum(comb(n - d + k - 1, i) for i in range(k)) for k in range(1, d + 1)),
    )
    return NamedNetwork(
        f"central_generic({n},{d})",
        arrangement(normals),
        "hyperplanes through the origin in general position",
        _ZASLAVSKY,
        n_regions=2 * sum(comb(n - 1, j) for j in range(d)),
        n_bounded=0,
        f_vector=f_vector if n >= d else None,
    )


def grid(*sizes: int) -> NamedNetwork:
    """The hyperplanes x_i = 0, ..., p_i - 1 for each coordinate i of R^d."""
    _require("number of sizes", len(sizes), 1)
    _require("smallest size", min(sizes), 1)
    d = len(sizes)
    rows = [(_unit(i, d), -j) for i, p in enumerate(sizes) for j in range(p)]
    f_vector = tuple(
        sum(prod(p + 1 if i in S else p for i, p in enumerate(sizes)) for S in combinations(range(d), k))
        for k in range(d + 1)
    )
    return NamedNetwork(
        f"grid({','.join(map(str, sizes))})",
        arrangement(*map(list, zip(*rows, strict=True))),
        "families of parallel hyperplanes, one family a coordinate",
        "product of arrangements on lines",
        n_regions=prod(p + 1 for p in sizes),
        n_bounded=prod(p - 1 for p in sizes),
        f_vector=f_vector,
    )


def parallel_families(sizes: Sequence[int], d: int) -> NamedNetwork:
    """Families of parallel hyperplanes in R^d, otherwise in general position."""
    _require("d", d, 1)
    n = len(sizes)
    # with steps that grow this fast no d + 1 hyperplanes of different families meet: in the
    # determinant of their rows the largest step outweighs all other terms together
    largest_minor = max(n, 1) ** (d * (d + 1) // 2)
    step = 1 + max(sizes, default=1) * (d + 2) * largest_minor
    offsets = [(t, t**d + j * step**t) for t, p in enumerate(sizes, start=1) for j in range(p)]
    if any(offset > 2**53 for _, offset in offsets):
        raise InvalidArgumentError(
            f"`sizes` is {tuple(sizes)} and `d` is {d}, whose offsets do not fit into "
            "float64; take fewer families."
        )
    symmetric = [sum(prod(S) for S in combinations(sizes, j)) for j in range(d + 1)]
    return NamedNetwork(
        f"parallel_families({','.join(map(str, sizes))};{d})",
        arrangement([[t**k for k in range(d)] for t, _ in offsets], [offset for _, offset in offsets]),
        "families of parallel hyperplanes with generic directions",
        _ZASLAVSKY,
        n_regions=sum(symmetric),
    )


def braid(n: int) -> NamedNetwork:
    """x_i = x_j in the n - 1 dimensions that are left with x_n = 0: n! regions."""
    _require("n", n, 2)
    rows = [_difference(i, j, n - 1) for i, j in combinations(range(n), 2)]
    return NamedNetwork(
        f"braid({n})",
        arrangement(rows),
        "the reflections of the symmetric group",
        _STANLEY,
        n_regions=factorial(n),
        n_bounded=0,
        f_vector=tuple(factorial(k + 1) * _stirling(n, k + 1) for k in range(n)),
    )


def type_b(n: int) -> NamedNetwork:
    """x_i = 0 and x_i = +-x_j in R^n: 2^n n! regions."""
    _require("n", n, 1)
    rows = [_unit(k, n) for k in range(n)] + _plus_minus(n)
    f_vectors = {3: (1, 26, 72, 48)}
    return NamedNetwork(
        f"type_b({n})",
        arrangement(rows),
        "the reflections of the hyperoctahedral group",
        _STANLEY,
        n_regions=2**n * factorial(n),
        n_bounded=0,
        f_vector=f_vectors.get(n),
    )


def type_d(n: int) -> NamedNetwork:
    """x_i = +-x_j in R^n: 2^(n-1) n! regions."""
    _require("n", n, 2)
    f_vectors = {4: (1, 48, 240, 384, 192)}
    return NamedNetwork(
        f"type_d({n})",
        arrangement(_plus_minus(n)),
        "the reflections of type D",
        _STANLEY,
        n_regions=2 ** (n - 1) * factorial(n),
        n_bounded=0,
        f_vector=f_vectors.get(n),
    )


def _plus_minus(n: int) -> list[list[int]]:
    return [
        [(k == i) + sign * (k == j) for k in range(n)]
        for i, j in combinations(range(n), 2)
        for sign in (1, -1)
    ]


def _deformation(name: str, n: int, levels: Sequence[int], description: str, **known: object) -> NamedNetwork:
    """x_i - x_j = level for i < j, in the n - 1 dimensions that are left with x_n = 0."""
    _require("n", n, 2)
    rows = [(_difference(i, j, n - 1), -c) for i, j in combinations(range(n), 2) for c in levels]
    network = arrangement(*map(list, zip(*rows, strict=True)))
    return NamedNetwork(f"{name}({n})", network, description, _STANLEY, **known)  # type: ignore[arg-type]


def shi(n: int) -> NamedNetwork:
    """x_i - x_j = 0, 1: (n + 1)^(n - 1) regions, (n - 1)^(n - 1) of them bounded."""
    f_vectors = {3: (6, 21, 16), 4: (24, 144, 244, 125)}
    return _deformation(
        "shi", n, (0, 1), "the Shi arrangement",
        n_regions=(n + 1) ** (n - 1), n_bounded=(n - 1) ** (n - 1), f_vector=f_vectors.get(n),
    )  # fmt: skip


def catalan(n: int) -> NamedNetwork:
    """x_i - x_j = -1, 0, 1: n! times a Catalan number of regions."""
    f_vectors = {3: (13, 42, 30)}
    return _deformation(
        "catalan", n, (-1, 0, 1), "the Catalan arrangement",
        n_regions=factorial(n) * _catalan_number(n),
        n_bounded=factorial(n) * _catalan_number(n - 1),
        f_vector=f_vectors.get(n),
    )  # fmt: skip


def linial(n: int) -> NamedNetwork:
    """x_i - x_j = 1: as many regions as alternating trees on n + 1 vertices."""
    f_vectors = {4: (10, 51, 76, 36)}
    regions = sum(comb(n, k) * (k + 1) ** (n - 1) for k in range(n + 1)) // 2**n
    bounded = sum(comb(n, k) * (k - 1) ** (n - 1) for k in range(n + 1)) // 2**n
    return _deformation(
        "linial", n, (1,), "the Linial arrangement",
        n_regions=regions, n_bounded=bounded, f_vector=f_vectors.get(n),
    )  # fmt: skip


def semiorder(n: int) -> NamedNetwork:
    """x_i - x_j = -1, 1: as many regions as semiorders on n labeled points (OEIS A006531)."""
    f_vectors = {3: (12, 30, 19)}

    def alternating(shift: int) -> int:
        return sum(
            (-1 if (n - k) % 2 else 1) * _stirling(n, k) * factorial(k) * _catalan_number(k - shift)
            for k in range(1, n + 1)
        )

    return _deformation(
        "semiorder", n, (-1, 1), "the semiorder arrangement",
        n_regions=alternating(0), n_bounded=alternating(1), f_vector=f_vectors.get(n),
    )  # fmt: skip


def threshold(n: int) -> NamedNetwork:
    """w.v + b = 0 for all v in {0,1}^n: regions are threshold functions (OEIS A000609)."""
    _require("n", n, 1)
    return NamedNetwork(
        f"threshold({n})",
        arrangement([[*v, 1] for v in product((0, 1), repeat=n)]),
        "one region for each Boolean threshold function",
        "OEIS A000609",
        n_regions=_THRESHOLD.get(n),
        n_bounded=0,
    )


def resonance(n: int) -> NamedNetwork:
    """Sums over all non-empty sets of coordinates are zero (OEIS A034997).

    Examples
    --------
    >>> resonance(4)
    <NamedNetwork resonance(4): <ReLUNetwork 4-15-1, 15 neurons>, 370 regions>
    """
    _require("n", n, 1)
    f_vectors = {3: (1, 18, 48, 32)}
    return NamedNetwork(
        f"resonance({n})",
        arrangement([list(v) for v in product((0, 1), repeat=n) if any(v)]),
        "the all-subsets arrangement: generalized retarded functions",
        "OEIS A034997",
        n_regions=_RESONANCE.get(n),
        n_bounded=0,
        f_vector=f_vectors.get(n),
    )


def _stirling(n: int, k: int) -> int:
    """Number of partitions of n points into k blocks."""
    if k in (0, n):
        return int(k == n)
    return _stirling(n - 1, k - 1) + k * _stirling(n - 1, k)


def _catalan_number(n: int) -> int:
    return comb(2 * n, n) // (n + 1)
