"""Deep networks on the line and in the plane, counted by cutting polygons in rational arithmetic."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest

from polytope_engine.network import library
from polytope_engine.network.library import NamedNetwork
from polytope_engine.network.relu_network import ReLUNetwork

Point = tuple[Fraction, ...]
FAR = Fraction(2**20)


def cut(cell: list[Point], values: list[Fraction], side: int) -> list[Point]:
    """The part of a convex cell (vertices in order) where the values have this sign or vanish."""
    if len(cell[0]) == 1:
        kept = [p for p, v in zip(cell, values, strict=True) if v * side >= 0]
        (a, b), (u, v) = cell, values
        return [*kept, tuple(x + (y - x) * u / (u - v) for x, y in zip(a, b, strict=True))]
    result = []
    for k, (p, v) in enumerate(zip(cell, values, strict=True)):
        q, w = cell[k - 1], values[k - 1]
        if v * w < 0:
            result.append(tuple(y + (x - y) * w / (w - v) for x, y in zip(p, q, strict=True)))
        if v * side >= 0:
            result.append(p)
    return result


def cells(
    network: ReLUNetwork, lower: tuple[Fraction, ...], upper: tuple[Fraction, ...]
) -> list[tuple[list[Point], bytes]]:
    """All regions that meet the open box, as polygons or segments with their signs."""
    if network.input_dim == 1:
        box: list[Point] = [(lower[0],), (upper[0],)]
    else:
        (a, b), (c, d) = lower, upper
        box = [(a, b), (c, b), (c, d), (a, d)]
    pieces = [(box, b"")]
    for layer, width in enumerate(network.hidden_widths):
        refined = []
        for start, signs in pieces:
            known = np.frombuffer(signs, dtype=np.int8)
            rows = [[int(k) for k in row] for row in network.exact.pre_activation_rows(layer, known)[0]]
            parts = [(start, signs)]
            for i in range(width):
                parts = [new for part, s in parts for new in split(part, s, rows[i])]
            refined += parts
        pieces = refined
    return pieces


def split(cell: list[Point], signs: bytes, row: list[int]) -> list[tuple[list[Point], bytes]]:
    values = [sum(a * x for a, x in zip(row, (*p, Fraction(1)), strict=True)) for p in cell]
    if min(values) < 0 < max(values):
        return [(cut(cell, values, side), signs + np.int8(side).tobytes()) for side in (-1, 1)]
    sign = 1 if max(values) > 0 else (-1 if min(values) < 0 else 0)
    return [(cell, signs + np.int8(sign).tobytes())]


def faces(cell: list[Point]) -> tuple[list[Point], list[Point]]:
    """The vertices, and a point inside each edge."""
    if len(cell[0]) == 1:
        return cell, []
    edges = [tuple((x + y) / 2 for x, y in zip(p, cell[k - 1], strict=True)) for k, p in enumerate(cell)]
    return cell, edges


def is_inside(p: Point) -> bool:
    return all(abs(x) < FAR for x in p)


def whole_space(named: NamedNetwork) -> tuple[tuple[int, ...], dict[str, int], int]:
    """The f-vector, the counts by definition and the number of bounded regions."""
    network, d = named.network, named.network.input_dim
    found = cells(network, (-FAR,) * d, (FAR,) * d)
    by_dimension: list[set[bytes]] = [set() for _ in range(d + 1)]
    by_dimension[d] = {signs for _, signs in found}
    touching: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    n_bounded = 0
    for index, (cell, _) in enumerate(found):
        vertices, edges = faces(cell)
        n_bounded += all(map(is_inside, vertices))
        for dimension, points in ((0, vertices), (1, edges)):
            for p in filter(is_inside, points):
                signs = network.exact.signs_at(p).tobytes()
                by_dimension[dimension].add(signs)
                touching[dimension, signs].append(index)
    maps = [repr(network.affine_map(np.frombuffer(signs, dtype=np.int8))) for _, signs in found]
    patterns = {tuple(np.frombuffer(s, dtype=np.int8) > 0) for level in by_dimension for s in level}
    counts = {
        "R1": len(patterns),
        "R2": len({tuple(np.frombuffer(s, dtype=np.int8) > 0) for s in by_dimension[d]}),
        "R4": components(maps, [g for (k, _), g in touching.items() if k == d - 1]),
        "R5": components(maps, list(touching.values())),
        "R6": len(set(maps)),
    }
    assert len(found) == len(by_dimension[d])
    return tuple(map(len, by_dimension)), counts, n_bounded


def components(maps: list[str], groups: list[list[int]]) -> int:
    """Classes of regions that have one map and are joined through shared faces."""
    parent = list(range(len(maps)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for group in groups:
        for i in group:
            for j in group:
                if maps[i] == maps[j]:
                    parent[root(i)] = root(j)
    return sum(parent[i] == i for i in range(len(maps)))


LOW = [
    n for n in library.catalog() if n.network.input_dim <= 2 and (n.network.n_hidden_layers > 1 or n.counts)
]
OTHER_PARAMETERS = [
    library.sawtooth(7), library.folding_line(2, 3), library.folding_line(3, 3, 2), library.folding_line(3, 2, 3),
    library.folding_plane(8, 2), library.folding_plane(6, 6, 2), library.folding_plane(6, 4, 5),
    library.folding_plane(4, 6), library.zonotope([(1, 0), (0, 1)], 3, 2), library.zonotope([(1, 0), (0, 1)], 2, 3),
    library.zonotope([(2,)], 2, 2), library.falling_average(8), library.zigzag_plane(4),
    library.tight_plane(1), library.tight_plane(5), library.zigzag_cube(2, 7, 4), library.zigzag_cube(1, 4, 2),
    library.zigzag_zonotope([(1, 0), (1, 2)], 4), library.generic_in_cube(7, 2), library.folded_cube(1, 2, 3, 2),
    library.folded_cube(1, 3, 1, 4), library.side_by_side(library.hat(), library.sawtooth(2)),
]  # fmt: skip
WITH_DOMAIN = [
    *(n for n in library.catalog() if n.domain_bounds is not None and n.network.input_dim <= 2),
    library.folded_cube(2, 5, 3), library.folded_cube(2, 3, 4, 5), library.generic_in_cube(7, 2),
]  # fmt: skip


@pytest.mark.parametrize("named", [*LOW, *OTHER_PARAMETERS], ids=lambda named: named.name)
def test_counts_in_low_dimension_agree_with_cutting_polygons(named: NamedNetwork) -> None:
    f_vector, counts, n_bounded = whole_space(named)
    assert sum((-1) ** k * f for k, f in enumerate(f_vector)) == (-1) ** named.network.input_dim
    assert f_vector[-1] == named.n_regions
    if named.f_vector is not None:
        assert f_vector == named.f_vector
    if named.n_bounded is not None:
        assert n_bounded == named.n_bounded
    assert {key: counts[key] for key in named.counts} == dict(named.counts)


@pytest.mark.parametrize("named", WITH_DOMAIN, ids=lambda named: named.name)
def test_counts_in_a_domain_agree_with_cutting_polygons(named: NamedNetwork) -> None:
    assert named.domain_bounds is not None
    lower, upper = (tuple(map(Fraction, corner)) for corner in named.domain_bounds)
    assert len(cells(named.network, lower, upper)) == named.n_regions_in_domain


def test_names_are_unique_and_every_entry_has_a_count_a_description_and_a_source() -> None:
    catalog = library.catalog()
    assert len({named.name for named in catalog}) == len(catalog)
    assert all(named.n_regions and named.description and named.source for named in catalog)
    assert max(named.n_regions or 0 for named in catalog) <= 100_000
    small = library.catalog(max_regions=2_000)
    assert [n.name for n in small] == [n.name for n in catalog if n.n_regions and n.n_regions <= 2_000]


def test_catalog_holds_each_kind_of_degenerate_network() -> None:
    names = {named.name for named in library.catalog()}
    assert {
        "duplicate_neuron",
        "identity",
        "dead_neuron",
        "zero_plateau",
        "false_cut",
        "thin_region",
    } <= names


def test_a_named_network_reads_as_short_mathematics() -> None:
    assert repr(library.hat()) == "<NamedNetwork hat: <ReLUNetwork 1-3-1, 3 neurons>, 4 regions>"
    assert repr(library.cube_graph(4)) == "<NamedNetwork cube_graph(4): <ReLUNetwork 15-32-1, 32 neurons>>"
    assert library.cube_graph(4).n_walls is None
    assert library.folding_line(2, 3).n_walls == 7


def test_the_sawtooth_is_the_tent_map_composed() -> None:
    x = np.linspace(0, 1, 65)[:, None]
    expected = x
    for _ in range(4):
        expected = np.where(expected <= 0.5, 2 * expected, 2 - 2 * expected)
    assert (library.sawtooth(4).network(x) == expected).all()


def test_the_zigzag_covers_the_unit_interval_with_each_piece() -> None:
    network = library.zigzag((4,)).network
    assert (network([[-0.5], [0], [1], [2], [3], [4]]) - 4).ravel().tolist() == [1, 0, 1, 0, 1, 0]


def test_the_thin_region_holds_no_float() -> None:
    network = library.thin_region().network
    near = [np.nextafter(1.0, 0.0), 1.0, np.nextafter(1.0, 2.0)]
    assert network.sign_vector(np.array(near)[:, None]).tolist() == [[-1, -1], [0, -1], [1, 1]]
    assert network.exact.signs_at([1 + Fraction(1, 2**54)]).tolist() == [1, -1]
