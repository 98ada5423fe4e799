"""Networks with one hidden layer, counted independently by deletion and restriction."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from math import gcd, lcm

import pytest

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network import library
from polytope_engine.network.library import NamedNetwork

Row = tuple[int, ...]


def primitive(row: Iterable[Fraction | int]) -> Row:
    """The smallest integer row of the same hyperplane."""
    values = [Fraction(x) for x in row]
    scale = lcm(*(x.denominator for x in values))
    integers = [int(x * scale) for x in values]
    common = gcd(*integers)
    leading = next(x for x in integers if x)
    return tuple(x // common * (1 if leading > 0 else -1) for x in integers)


def restricted(row: Row, others: Iterable[Row]) -> list[Row | None]:
    """The other hyperplanes inside this one, one coordinate less; None where parallel to it."""
    j = next(i for i, x in enumerate(row[:-1]) if x)
    result: list[Row | None] = []
    for other in others:
        v = [other[i] * row[j] - row[i] * other[j] for i in range(len(row)) if i != j]
        result.append(primitive(v) if any(v[:-1]) else None)
    return result


@cache
def characteristic_polynomial(d: int, rows: frozenset[Row]) -> tuple[int, ...]:
    """Coefficients from low to high, by deletion and restriction."""
    if not rows:
        return (0,) * d + (1,)
    *rest, last = sorted(rows)
    deleted = characteristic_polynomial(d, frozenset(rest))
    inside = characteristic_polynomial(d - 1, frozenset(r for r in restricted(last, rest) if r is not None))
    return tuple(deleted[k] - (inside[k] if k < d else 0) for k in range(d + 1))


def n_regions(d: int, rows: frozenset[Row]) -> int:
    return abs(sum(c * (-1) ** k for k, c in enumerate(characteristic_polynomial(d, rows))))


def n_bounded(d: int, rows: frozenset[Row]) -> int:
    return abs(sum(characteristic_polynomial(d, rows)))


def f_vector(d: int, rows: frozenset[Row]) -> tuple[int, ...]:
    """Sum over the flats of each dimension of the regions of the restriction."""
    totals = [0] * (d + 1)
    named = tuple(sorted(rows))
    level = {frozenset[Row](): [(row, frozenset([row])) for row in named]}
    for k in range(d, -1, -1):
        below: dict[frozenset[Row], list[tuple[Row, frozenset[Row]]]] = {}
        for flat, inside in level.items():
            totals[k] += n_regions(k, frozenset(row for row, _ in inside))
            for row, members in inside:
                if flat | members in below:
                    continue
                merged: dict[Row, frozenset[Row]] = {}
                others = [(r, m) for r, m in inside if r != row]
                for smaller, (_, m) in zip(restricted(row, [r for r, _ in others]), others, strict=True):
                    if smaller is not None:
                        merged[smaller] = merged.get(smaller, frozenset()) | m
                below[flat | members] = list(merged.items())
        level = below
    return tuple(totals)


def hyperplanes(named: NamedNetwork) -> frozenset[Row]:
    """The distinct hyperplanes of the only hidden layer, exactly as stored."""
    W, b = named.network.weights[0]
    rows = [[*map(Fraction, w), Fraction(c)] for w, c in zip(W.tolist(), b.tolist(), strict=True)]
    return frozenset(primitive(row) for row in rows if any(row[:-1]))


SHALLOW = [named for named in library.catalog() if named.network.n_hidden_layers == 1]


@pytest.mark.parametrize("named", SHALLOW, ids=lambda named: named.name)
def test_shallow_counts_agree_with_deletion_and_restriction(named: NamedNetwork) -> None:
    d, rows = named.network.input_dim, hyperplanes(named)
    assert named.n_regions == n_regions(d, rows)
    if named.n_bounded is not None:
        is_essential = f_vector(d, rows)[0] > 0 if d <= 3 else True
        assert named.n_bounded == (n_bounded(d, rows) if is_essential else 0)


@pytest.mark.parametrize(
    "named",
    [n for n in SHALLOW if n.f_vector is not None and len(n.f_vector) <= 5],
    ids=lambda named: named.name,
)
def test_shallow_f_vectors_agree_with_the_sum_over_flats(named: NamedNetwork) -> None:
    assert named.f_vector == f_vector(named.network.input_dim, hyperplanes(named))


@pytest.mark.parametrize(
    "named", [n for n in library.catalog() if n.f_vector is not None], ids=lambda n: n.name
)
def test_f_vectors_satisfy_euler_in_the_whole_space(named: NamedNetwork) -> None:
    assert named.f_vector is not None
    d = named.network.input_dim
    assert len(named.f_vector) == d + 1
    assert sum((-1) ** k * f for k, f in enumerate(named.f_vector)) == (-1) ** d
    assert named.f_vector[-1] == named.n_regions
    assert named.n_walls == named.f_vector[-2]


@pytest.mark.parametrize(
    ("family", "first", "values"),
    [
        (library.boolean, 1, [2, 4, 8]),
        (library.braid, 2, [2, 6, 24, 120, 720]),
        (library.type_b, 1, [2, 8, 48, 384, 3840, 46080]),
        (library.type_d, 2, [4, 24, 192, 1920, 23040]),
        (library.shi, 2, [3, 16, 125, 1296, 16807]),
        (library.catalan, 2, [4, 30, 336, 5040]),
        (library.linial, 2, [2, 7, 36, 246, 2104]),
        (library.semiorder, 2, [3, 19, 183, 2371, 38703]),
        (library.threshold, 1, [4, 14, 104, 1882, 94572]),
        (library.resonance, 1, [2, 6, 32, 370, 11292, 1066044]),
    ],
)
def test_families_give_the_published_numbers(family: object, first: int, values: list[int]) -> None:
    assert [family(n).n_regions for n in range(first, first + len(values))] == values  # type: ignore[operator]


@pytest.mark.parametrize(
    ("family", "values"),
    [
        (library.shi, [1, 4, 27, 256, 3125]),
        (library.catalan, [2, 12, 120, 1680]),
        (library.linial, [0, 1, 4, 26, 212]),
        (library.semiorder, [1, 7, 61, 751, 11821]),
    ],
)
def test_families_give_the_published_numbers_of_bounded_regions(family: object, values: list[int]) -> None:
    assert [family(n).n_bounded for n in range(2, 2 + len(values))] == values  # type: ignore[operator]


def test_reflection_groups_have_the_right_numbers_of_mirrors_and_chambers() -> None:
    found = {k: library.exceptional(k) for k in ("G2", "F4", "E6", "E7", "E8")}
    assert [n.network.n_neurons for n in found.values()] == [6, 24, 36, 63, 120]
    assert [n.n_regions for n in found.values()] == [12, 1152, 51840, 2903040, 696729600]


def test_graphs_count_their_acyclic_orientations() -> None:
    cube = [(i, i | 1 << k) for i in range(8) for k in range(3) if not i & 1 << k]
    wheel = [(0, 1), (1, 2), (2, 3), (3, 0), (4, 0), (4, 1), (4, 2), (4, 3)]
    assert library.graphical(8, cube).n_regions == 1862
    assert library.graphical(5, wheel).n_regions == 78
    assert library.graphical(5, [(k, (k + 1) % 5) for k in range(5)]).n_regions == 30
    assert library.petersen().n_regions == 16680


def test_the_icosahedron_in_floats_has_48_regions_more_than_the_ideal_one() -> None:
    assert n_regions(3, hyperplanes(library.icosahedron())) == 120 + 48


def test_known_characteristic_polynomials() -> None:
    assert characteristic_polynomial(3, hyperplanes(library.type_b(3))) == (-15, 23, -9, 1)
    assert characteristic_polynomial(4, hyperplanes(library.exceptional("F4"))) == (385, -552, 190, -24, 1)
    assert characteristic_polynomial(4, hyperplanes(library.resonance(4))) == (104, -170, 80, -15, 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: library.boolean(0), "`n` is 0, but must be at least 1"),
        (lambda: library.braid(1), "`n` is 1, but must be at least 2"),
        (lambda: library.grid(2, 0), "must be at least 1"),
        (lambda: library.generic(100, 9), r"n\*\*d must be at most"),
        (lambda: library.parallel_families((9,) * 9, 4), "do not fit into float64"),
        (lambda: library.exceptional("H3"), "`kind` is 'H3', but must be one of G2, F4"),
        (lambda: library.graphical(3, [(0, 3)]), "must be pairs of different numbers from 0 to 2"),
        (lambda: library.sawtooth(0), "`depth` is 0"),
        (lambda: library.folding_line(1), "numbers of at least 2"),
        (lambda: library.folding_plane(3, 3), "must be even numbers"),
        (lambda: library.zigzag((3,), (3, 3)), "sequences of equal length"),
        (lambda: library.zigzag_plane(7), "must be from 1 to 6"),
        (lambda: library.zonotope([(1, 0)], 1, 1), "`width` at least 2"),
    ],
)
def test_parameters_without_a_network_are_refused(make: object, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        make()  # type: ignore[operator]
