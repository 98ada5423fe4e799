"""Constructions of any depth and width attain the bounds they are made for: counted, and proven by hand."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polytope_engine as pe
from polytope_engine.network.library.cubes import rows_crossing_in_the_cube
from polytope_engine.network.library.named_network import NamedNetwork

MOMENT = {d: [[t**k for k in range(d)] for t in range(1, 6)] for d in (1, 2, 3)}


def count(named: NamedNetwork) -> int:
    return int(pe.count_regions(named.network))


def count_in_domain(named: NamedNetwork) -> int:
    assert named.domain_bounds is not None
    return int(pe.count_regions(named.network, pe.box(*named.domain_bounds)))


def solved(rows: list[list[int]], offsets: list[int]) -> list[Fraction] | None:
    """The point where d hyperplanes meet, by elimination; None if they do not meet in one."""
    d = len(rows)
    table = [[*map(Fraction, row), Fraction(-c)] for row, c in zip(rows, offsets, strict=True)]
    for k in range(d):
        pivot = next((r for r in range(k, d) if table[r][k]), None)
        if pivot is None:
            return None
        table[k], table[pivot] = table[pivot], table[k]
        table[k] = [a / table[k][k] for a in table[k]]
        for r in range(d):
            if r != k:
                table[r] = [a - table[r][k] * b for a, b in zip(table[r], table[k], strict=True)]
    return [line[-1] for line in table]


@pytest.mark.parametrize(("n", "d"), [(9, 1), (12, 2), (2, 3), (3, 3), (8, 3), (7, 4), (3, 6), (9, 6)])
def test_all_crossings_of_the_rows_are_different_points_inside_the_cube(n: int, d: int) -> None:
    rows, offsets = rows_crossing_in_the_cube(max(n, d), d)
    assert rows_crossing_in_the_cube(n, d) == (rows[:n], offsets[:n])  # where n < d, some of those of d
    points = set()
    for chosen in combinations(range(max(n, d)), d):
        point = solved([rows[k] for k in chosen], [offsets[k] for k in chosen])
        assert point is not None
        assert all(0 < x < 1 for x in point)
        points.add(tuple(point))
    assert len(points) == comb(max(n, d), d)


@pytest.mark.parametrize(
    "named",
    [
        pe.library.generic_in_cube(n, d)
        for n, d in ((1, 1), (5, 1), (20, 2), (2, 3), (9, 3), (7, 4), (4, 6), (8, 5))
    ],
    ids=lambda named: named.name,
)
def test_all_regions_of_generic_hyperplanes_meet_the_cube(named: NamedNetwork) -> None:
    assert count(named) == count_in_domain(named) == named.n_regions
    assert named.n_regions == pe.bounds.zaslavsky_1975(named.network)


FOLDED = [(1, 3, 2), (1, 2, 2, 3), (1, 1, 4, 2), (2, 4, 3), (2, 2, 7), (2, 4, 4, 3), (2, 6, 9), (2, 5, 3), (2, 3, 5, 4),
          (3, 3, 4), (3, 6, 4), (3, 6, 3, 5), (3, 7, 2), (4, 8, 5), (2, 40, 12), (5, 5, 3)]  # fmt: skip


@pytest.mark.parametrize("shape", FOLDED, ids=str)
def test_folded_cubes_have_as_many_regions_in_the_cube_as_the_lower_bound(shape: tuple[int, ...]) -> None:
    named = pe.library.folded_cube(*shape)
    d, *widths = shape
    bound = pe.bounds.montufar_2014_lower(d, widths)
    assert count_in_domain(named) == named.n_regions_in_domain
    if all(n % d == 0 for n in widths[:-1]):
        assert named.n_regions_in_domain == bound
    else:
        assert named.n_regions_in_domain is not None
        assert named.n_regions_in_domain > bound
    assert bound <= named.n_regions_in_domain <= count(named) <= pe.bounds.serra_2018_upper(d, widths)
    if d == 1:
        assert count(named) == named.n_regions


def test_the_worked_numbers_of_folding_in_the_plane() -> None:
    for widths, inside in (((4, 3), 28), ((4, 4), 44), ((6, 4), 99), ((4, 4, 3), 112)):
        assert pe.bounds.montufar_2014_lower(2, widths) == inside
        assert pe.library.folded_cube(2, *widths).n_regions_in_domain == inside
        assert pe.library.folding_plane(*widths).n_regions_in_domain == inside


@pytest.mark.parametrize(
    "shape",
    [
        (1, 3, 3),
        (1, 3, 4, 2),
        (2, 6, 3),
        (2, 6, 6),
        (2, 7, 4),
        (2, 6, 6, 3),
        (3, 9, 4),
        (3, 10, 2),
        (2, 8, 13),
        (3, 9, 9),
        (3, 9, 9, 5),
    ],
    ids=str,
)
def test_zigzag_cubes_have_as_many_regions_in_space_as_the_lower_bound(shape: tuple[int, ...]) -> None:
    named = pe.library.zigzag_cube(*shape)
    d, *widths = shape
    bound = pe.bounds.serra_2018_lower(d, widths)
    assert count(named) == named.n_regions
    assert named.n_regions is not None
    assert (named.n_regions == bound) == all(n % d == 0 for n in widths[:-1])
    assert bound <= named.n_regions <= pe.bounds.serra_2018_upper(d, widths)


@pytest.mark.parametrize("widths", [(3,), (4,), (3, 3), (5, 4), (3, 3, 3), (3, 4, 3, 5), (9, 11, 7)], ids=str)
def test_zigzags_attain_the_upper_bound_on_the_line(widths: tuple[int, ...]) -> None:
    named = pe.library.zigzag(widths)
    assert count(named) == named.n_regions == pe.bounds.serra_2018_line(widths)
    assert named.n_regions == pe.bounds.serra_2018_upper(1, widths)


@pytest.mark.parametrize(
    ("d", "m", "widths"),
    [(1, 1, (3,)), (1, 1, (3, 3)), (2, 2, (3,)), (2, 5, (3, 4)), (3, 4, (3,)), (3, 5, (4, 3))],
)
def test_zigzags_of_a_norm_attain_the_bound_with_zonotopes(d: int, m: int, widths: tuple[int, ...]) -> None:
    generators = [[1]] if d == 1 else MOMENT[d][:m]
    named = pe.library.zigzag_zonotope(generators, *widths)
    bound = pe.bounds.serra_2018_zonotope_lower(d, [2 * m, *widths])
    assert count(named) == named.n_regions == bound
    regions = pe.enumerate_regions(named.network)
    shapes = regions.measure("n_facets", "is_bounded")
    assert named.f_vector is not None
    assert shapes["n_facets"].sum() == 2 * named.f_vector[-2]
    assert shapes["is_bounded"].sum() == named.n_bounded
    if d <= 2:
        assert regions.f_vector() == named.f_vector


@pytest.mark.parametrize(
    ("d", "m", "width", "depth"),
    [(2, 2, 2, 1), (2, 3, 3, 1), (2, 4, 3, 2), (3, 4, 2, 1), (3, 5, 3, 2), (2, 3, 2, 2)],
)
def test_zonotopes_attain_the_bound_of_arora_but_for_the_outside(
    d: int, m: int, width: int, depth: int
) -> None:
    named = pe.library.zonotope(MOMENT[d][:m], width, depth)
    bound = pe.bounds.arora_2018_lower(d, [2 * m] + [width] * depth)
    outside = bound // width**depth if depth > 1 and width % 2 == 0 else 0
    assert count(named) == named.n_regions == bound + outside


@pytest.mark.parametrize("depth", [1, 2, 3, 7, 12])
def test_sawtooths_have_two_to_the_depth_pieces_in_the_unit_interval(depth: int) -> None:
    named = pe.library.sawtooth(depth)
    assert count_in_domain(named) == pe.bounds.telgarsky_2016_lower(depth)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 16, 60])
def test_two_neurons_and_then_n_attain_the_upper_bound_in_the_plane(n: int) -> None:
    named = pe.library.tight_plane(n)
    assert count(named) == named.n_regions == pe.bounds.serra_2018_upper(2, [2, n]) == comb(n + 2, 2) + n + 3
    regions = pe.enumerate_regions(named.network)
    assert named.f_vector is not None
    assert regions.measure("n_facets")["n_facets"].sum() == 2 * named.f_vector[1]
    if n <= 5:
        assert regions.f_vector() == named.f_vector
        assert regions.f_vector(bounded=True)[-1] == named.n_bounded


SMALL = ["hat", "identity", "zero_plateau", "sawtooth(2)", "zigzag((3,3))", "leaky_line", "duplicate_neuron",
         "dead_layer", "false_cut", "tight_plane", "folding_line(2,2,2)", "generic(3,2)", "thin_region"]  # fmt: skip


@settings(max_examples=25)
@given(st.lists(st.sampled_from(SMALL), min_size=1, max_size=3))
def test_products_of_any_factors_have_the_product_of_their_regions(names: list[str]) -> None:
    named = pe.library.side_by_side(*(pe.library.named(name) for name in names))
    assert count(named) == named.n_regions


@pytest.mark.parametrize(
    "names", [("hat", "sawtooth(2)"), ("leaky_line", "hat"), ("hamming_trap", "identity", "hat")]
)
def test_products_of_unequal_depths_have_the_product_of_all_cells(names: tuple[str, ...]) -> None:
    parts = [pe.library.named(name) for name in names]
    named = pe.library.side_by_side(*parts)
    assert pe.enumerate_regions(named.network).f_vector() == named.f_vector
    cells = pe.sign_cells(named.network)
    expected = 1
    for part in parts:
        expected *= pe.sign_cells(part.network).n_activation_patterns
    assert cells.n_activation_patterns == expected


def test_a_deeper_product_computes_what_its_factors_compute() -> None:
    for short in (pe.library.hat(), pe.library.leaky_line()):
        product = pe.library.side_by_side(short, pe.library.zigzag((3, 3, 3)))
        for x in (-3.0, -0.25, 0.5, 1.75, 4.0):
            apart = [short.network([x])[0], pe.library.zigzag((3, 3, 3)).network([x])[0]]
            assert product.network([x, x]).tolist() == apart


def test_rational_factors_stay_exact() -> None:
    large = pe.library.generic_in_cube(59, 9)
    assert large.network.is_rational
    product = pe.library.side_by_side(pe.library.hat(), large)
    assert (product.network.exact_weights[0][0][3:, 1:] == large.network.exact_weights[0][0]).all()


def test_the_new_families_are_found_by_their_names() -> None:
    for name in ("folded_cube(3,6,4)", "zigzag_cube(2,6,6)", "generic_in_cube(4,2)", "tight_plane(4)",
                 "zigzag_zonotope(((1,0),(0,1)),3)"):  # fmt: skip
        assert pe.library.named(name).name == name


@pytest.mark.parametrize(
    "shape",
    [(1, 3, 3), (1, 3, 2, 2, 4), (2, 4, 3), (2, 4, 4), (2, 6, 4), (2, 5, 3), (2, 4, 4, 3), (3, 6, 4)],
    ids=str,
)
def test_folded_cubes_have_as_many_linear_regions_if_the_last_layer_is_wide(shape: tuple[int, ...]) -> None:
    """No region has all neurons of the last layer inactive, so none has the map of its mirror image."""
    named = pe.library.folded_cube(*shape)
    assert named.domain_bounds is not None
    regions = pe.enumerate_regions(named.network, pe.box(*named.domain_bounds))
    assert len(regions.linear_regions("open")) == len(regions) == named.n_regions_in_domain
    assert (regions.sign_vectors[:, -shape[-1] :] > 0).any(axis=1).all()
    narrow = pe.library.folded_cube(*shape[:-1], shape[0])
    regions = pe.enumerate_regions(narrow.network, pe.box(*named.domain_bounds))
    assert len(regions.linear_regions("open")) < len(regions)


@pytest.mark.parametrize(
    "shape", [(1, 3, 4), (1, 3, 3, 3), (2, 6, 3), (2, 6, 6), (2, 7, 4), (3, 9, 4)], ids=str
)
def test_zigzag_cubes_have_as_many_linear_regions_if_the_last_layer_is_wide(shape: tuple[int, ...]) -> None:
    regions = pe.enumerate_regions(pe.library.zigzag_cube(*shape).network)
    assert len(regions.linear_regions("open")) == len(regions)


def test_zigzags_of_a_norm_are_linear_regions_too() -> None:
    regions = pe.enumerate_regions(pe.library.zigzag_zonotope([(1, 0), (0, 1), (1, 1)], 3, 3).network)
    bound = pe.bounds.serra_2018_zonotope_lower(2, [6, 3, 3])
    assert len(regions.linear_regions("open")) == len(regions) == bound == 96


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_sawtooths_have_different_maps_on_the_unit_interval(depth: int) -> None:
    regions = pe.enumerate_regions(pe.library.sawtooth(depth).network, pe.box(0, 1, dimension=1))
    assert len(regions.linear_regions("affine")) == pe.bounds.telgarsky_2016_lower(depth)
