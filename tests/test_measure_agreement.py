"""Columns by compiled kernels beside the double description in rationals, and beside single polytopes."""

from __future__ import annotations

from fractions import Fraction

import make_nets
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measuring import (
    assert_balls_and_lengths_are_those_of_polytopes,
    assert_floats_are_exact_numbers_rounded,
    one_layer,
    random_network,
    simplex,
    without_neurons,
)

import polytope_engine as pe

HARD = sorted((make_nets.Path(make_nets.__file__).parent / "nets" / "hard").glob("*.npz"))
CATALOG = {
    named.name: named
    for named in pe.library.catalog(max_regions=400)
    if named.n_regions is None or named.n_regions <= 400
}


def assert_right(
    network: pe.ReLUNetwork,
    domain: pe.HPolytope | None = None,
    clip: pe.HPolytope | None = None,
    every: int = 1,
    rule: str = "pulling",
) -> None:
    regions = pe.enumerate_regions(network, domain)
    found, _ = assert_floats_are_exact_numbers_rounded(regions, clip, rule)
    assert_balls_and_lengths_are_those_of_polytopes(regions, found, clip, every)


# -- random networks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("is_bounded", [True, False])
@pytest.mark.parametrize("slope", [0.0, 0.25, -0.5])
@pytest.mark.parametrize("widths", [(1, 5, 3, 1), (2, 6, 4, 1), (3, 6, 4, 1), (4, 5, 3, 1), (5, 6, 1)])
def test_columns_of_random_networks_are_right(
    widths: tuple[int, ...], slope: float, is_bounded: bool
) -> None:
    domain = pe.box(-1, 1, dimension=widths[0]) if is_bounded else None
    assert_right(random_network(*widths, seed=1, slope=slope), domain, every=5)


@pytest.mark.parametrize("rule", ["pulling", "delaunay"])
def test_both_rules_triangulate_alike_in_floats_and_in_rationals(rule: str) -> None:
    for widths in ((2, 8, 5, 1), (3, 6, 3, 1), (4, 5, 1)):
        assert_right(random_network(*widths, seed=4), pe.box(-2, 2, dimension=widths[0]), every=20, rule=rule)


@pytest.mark.parametrize("path", HARD, ids=[path.stem for path in HARD])
def test_columns_of_hard_cases_are_right(path: make_nets.Path) -> None:
    network = pe.load_network(path)
    assert_right(network, every=9)
    assert_right(network, pe.box(-3, 3, dimension=network.input_dim), every=9)


@pytest.mark.parametrize("domain", ["simplex", "cut box", "wedge", "slab", "half-space"])
@pytest.mark.parametrize("d", [2, 3])
def test_columns_in_domains_that_are_no_boxes_are_right(d: int, domain: str) -> None:
    domains = {
        "simplex": simplex(d, 2),
        "cut box": pe.box(-1, 1, dimension=d).intersection(
            pe.HPolytope(np.random.default_rng(d).normal(size=(4, d)), [0.7] * 4)
        ),
        "wedge": pe.HPolytope([[-2, 1, *[0] * (d - 2)], [1, -2, *[0] * (d - 2)]], [0, 1]),
        "slab": pe.HPolytope([[1, 2, *[3] * (d - 2)], [-1, -2, *[-3] * (d - 2)]], [1, Fraction(1, 3)]),
        "half-space": pe.HPolytope([[3, -1, *[1] * (d - 2)]], [Fraction(1, 7)]),
    }
    assert_right(random_network(d, 6, 4, 1, seed=8), domains[domain], every=5)


@pytest.mark.parametrize("seed", range(3))
def test_columns_of_networks_whose_regions_contain_lines_are_right(seed: int) -> None:
    """Two hidden neurons see three inputs; and a matrix of rank two."""
    assert_right(random_network(3, 2, 4, 1, seed=seed))
    assert_right(random_network(3, 2, 4, 1, seed=seed), pe.box(-1, 1, dimension=3), every=4)
    assert_right(random_network(3, 2, 4, 1, seed=seed), clip=simplex(3), every=4)
    rows = np.random.default_rng(seed).integers(-3, 4, (5, 2)) @ np.array([[1, 2, 0, 1], [0, 1, 1, -1]])
    assert_right(one_layer(rows, np.random.default_rng(seed).integers(-3, 4, 5)))


@pytest.mark.parametrize("denominators", [(3, 7), (10, 10)])
def test_columns_of_rational_networks_are_right(denominators: tuple[int, ...]) -> None:
    """Their rows are no floats: every bound has to say so."""
    generator = np.random.default_rng(denominators[0])
    layers = [
        (generator.integers(-9, 10, (n_out, n_in)), generator.integers(-9, 10, n_out))
        for n_in, n_out in ((2, 5), (5, 4), (4, 1))
    ]
    exact = [
        (
            [[Fraction(int(x), q) for x in row] for row in W.tolist()],
            [Fraction(int(x), q) for x in b.tolist()],
        )
        for (W, b), q in zip(layers, (*denominators, 1), strict=True)
    ]
    network = pe.ReLUNetwork(exact)
    assert_right(network, every=3)
    assert_right(network, pe.box(Fraction(-4, 3), Fraction(5, 3), dimension=2), every=3)


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_columns_of_networks_without_walls_are_right(d: int) -> None:
    """No neurons, only constant neurons, and a wall far away from the domain."""
    constant = one_layer(np.zeros((2, d)), [1.0, -1.0])
    far = one_layer([[1.0] + [0.0] * (d - 1)], [1e9])
    for network in (without_neurons(d), constant, far):
        for domain in (None, simplex(d), pe.box(-1, 2, dimension=d), pe.HPolytope([[1] * d], [1])):
            assert_right(network, domain)
            assert_right(network, domain, clip=pe.box(0, Fraction(1, 3), dimension=d))
            assert_right(network, domain, clip=pe.HPolytope([[-1] + [0] * (d - 1)], [0]))


# -- clips -------------------------------------------------------------------------------------------

CLIPS = {
    "inside": pe.box(Fraction(-1, 3), Fraction(1, 7), dimension=2),
    "across": pe.box([0, -5], [3, Fraction(1, 2)]),
    "equal": pe.box(-1, 1, dimension=2),
    "around": pe.box(-2, 2, dimension=2),
    "no box": pe.HPolytope([[1, 1], [-3, 1], [1, -2]], [Fraction(1, 2), 1, Fraction(2, 3)]),
    "half-plane": pe.HPolytope([[2, 1]], [0]),
    "tiny": pe.box([0.3, 0.4], [0.3 + 1e-9, 0.4 + 1e-9]),
    "in a corner": pe.box([0.99, 0.99], [2, 2]),
}


@pytest.mark.parametrize("is_bounded", [True, False])
@pytest.mark.parametrize("clip", CLIPS.values(), ids=CLIPS.keys())
def test_columns_of_clipped_regions_are_right(clip: pe.HPolytope, is_bounded: bool) -> None:
    domain = pe.box(-1, 1, dimension=2) if is_bounded else None
    assert_right(random_network(2, 7, 5, 1, seed=3), domain, clip=clip, every=3)


def test_a_clip_equal_to_the_domain_changes_no_column() -> None:
    domain = pe.box(-1, 1, dimension=3)
    regions = pe.enumerate_regions(random_network(3, 6, 4, 1, seed=2), domain)
    plain, clipped = regions.measure(), regions.measure(clip=pe.box(-1, 1, dimension=3))
    assert int(plain["n_domain_facets"].sum()) > 0
    assert not clipped["n_clip_facets"].any()
    for name, column in plain.items():
        np.testing.assert_allclose(clipped[name], column, rtol=1e-12, atol=1e-14, err_msg=name)


def test_facets_on_a_clip_within_the_domain_are_the_clips() -> None:
    regions = pe.enumerate_regions(without_neurons(2), pe.box(0, 2, dimension=2))
    found = regions.measure(clip=pe.box([0, 0], [1, 2]))
    kinds = ("n_facets", "n_neuron_facets", "n_domain_facets", "n_clip_facets")
    assert [int(found[kind][0]) for kind in kinds] == [4, 0, 3, 1]
    walled = pe.enumerate_regions(one_layer([[1, 0], [0, 1]], [-1, -1]), pe.box(0, 2, dimension=2))
    found = walled.measure(clip=pe.box([0, 0], [1, 2]))  # one of its sides lies in a wall
    is_there = found["volume"] > 0
    assert is_there.sum() == 2
    assert [set(found[kind][is_there].tolist()) for kind in kinds] == [{4}, {1}, {2}, {1}]


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("is_bounded", [True, False])
def test_regions_that_miss_the_clip_have_nothing(exact: bool, is_bounded: bool) -> None:
    network = one_layer([[1, 0], [1, 0]], [0, -3])
    domain = pe.box(-4, 4, dimension=2) if is_bounded else None
    regions = pe.enumerate_regions(network, domain)
    # all miss a clip outside of the domain; two of three miss one beside the walls, which it touches
    outside = pe.box([4, -1], [5, 1]) if is_bounded else None
    for clip in filter(None, (outside, pe.box([0, 0], [3, 1]))):
        found = regions.measure(clip=clip, exact=exact)
        is_gone = found["n_facets"] == 0
        assert is_gone.sum() == (3 if clip is outside else 2)
        for name, column in found.items():
            gone = column[is_gone].astype(np.float64)
            if name in ("centroid", "chebyshev_center", "aspect"):
                assert np.all(np.isnan(gone)), name
            else:
                assert np.all(gone == (name == "is_bounded")), name
        if clip is outside:
            assert found.n_exact == 0


# -- degenerate networks -----------------------------------------------------------------------------

small = st.integers(-3, 3)


@st.composite
def degenerate_networks(draw: st.DrawFn) -> pe.ReLUNetwork:
    """Small integers, so that planes meet in a point; repeated, negated, doubled, shifted and zero rows."""
    d = draw(st.integers(1, 4))
    n = draw(st.integers(1, 5 if d < 4 else 4))
    rows = [[draw(small) for _ in range(d + 1)] for _ in range(n)]
    for kind in draw(
        st.lists(st.sampled_from(["same", "negated", "double", "parallel", "zero"]), max_size=2)
    ):
        source = draw(st.sampled_from(rows))
        rows.append(
            {
                "same": source,
                "negated": [-x for x in source],
                "double": [2 * x for x in source],
                "parallel": [*source[:-1], source[-1] + 1],
                "zero": [0] * (d + 1),
            }[kind]
        )
    first = (np.array([row[:-1] for row in rows]), np.array([row[-1] for row in rows]))
    layers = [first]
    if draw(st.booleans()):
        layers.append(
            (
                np.array([[draw(small) for _ in rows] for _ in range(2)]),
                np.array([draw(small) for _ in range(2)]),
            )
        )
    slope = draw(st.sampled_from([0.0, 0.5]))
    return pe.ReLUNetwork([*layers, (np.ones((1, len(layers[-1][1]))), [0.0])], negative_slope=slope)


@settings(max_examples=60)
@given(degenerate_networks(), st.sampled_from([None, "box", "simplex", "wedge"]), st.booleans())
def test_columns_of_degenerate_networks_are_right(
    network: pe.ReLUNetwork, where: str | None, is_clipped: bool
) -> None:
    d = network.input_dim
    domains = {
        "box": pe.box(-2, 2, dimension=d),
        "simplex": simplex(d, 3),
        "wedge": pe.HPolytope(-np.eye(d, dtype=int), [0] * d),
    }
    clip = pe.box(-1, 1, dimension=d) if is_clipped else None
    assert_right(network, domains.get(where) if where else None, clip, every=7)


# -- the library -------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", CATALOG.values(), ids=CATALOG.keys())
def test_columns_of_library_families_are_right(named: pe.library.NamedNetwork) -> None:
    regions = pe.enumerate_regions(named.network)
    assert_floats_are_exact_numbers_rounded(regions)
    d = named.network.input_dim
    if d <= 3 and len(regions) <= 150:
        assert_floats_are_exact_numbers_rounded(regions, pe.box(-1, Fraction(3, 2), dimension=d))
