"""Laws: no network has more regions than an upper bound that applies to it, and exact formulas are exact."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import random_network

import polytope_engine as pe
from polytope_engine import bounds

SMALL = st.integers(-3, 3)


@st.composite
def networks(draw: st.DrawFn) -> pe.ReLUNetwork:
    """Integer networks with repeated, opposite, zero and dead neurons, low ranks, slopes, and perhaps no biases."""
    d = draw(st.integers(1, 3))
    widths = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    has_biases = draw(st.integers(0, 3)) > 0
    layers: list[tuple[Any, Any]] = []
    before = d
    for n in widths:
        rows = draw(st.lists(st.tuples(*[SMALL] * (before + 1)), min_size=n, max_size=n))
        for k in range(1, n):
            kind = draw(st.sampled_from(["own", "own", "own", "copy", "opposite", "parallel", "zero"]))
            first = rows[0]
            if kind == "copy":
                rows[k] = first
            elif kind == "opposite":
                rows[k] = tuple(-a for a in first)
            elif kind == "parallel":
                rows[k] = (*first[:-1], rows[k][-1])
            elif kind == "zero":
                rows[k] = (0,) * before + rows[k][-1:]
        layers.append(([row[:-1] for row in rows], [row[-1] * has_biases for row in rows]))
        before = n
    slope = draw(st.sampled_from([0, 0, Fraction(1, 10), -1, "mixed"]))
    slopes: Any = slope
    if slope == "mixed":
        slopes = [draw(st.lists(st.sampled_from([0, 0, 0.5]), min_size=n, max_size=n)) for n in widths]
    return pe.ReLUNetwork([*layers, ([[1] * before], [0])], negative_slope=slopes)


def check(network: pe.ReLUNetwork, domain: pe.HPolytope | None, n_regions: int) -> None:
    table = bounds.table(network, domain, count=n_regions)
    assert any(row.kind == "upper" for row in table)
    for row in table:
        if row.kind == "exact":
            assert row.value == n_regions, (row, n_regions)
        elif row.kind == "upper":
            assert row.value >= n_regions, (row, n_regions)
    best_upper = min(row.value for row in table if row.name in {"serra_2018_upper", "montufar_2014_upper"})
    if all(not slope.any() for slope in network.negative_slopes):
        widths_only = bounds.serra_2018_upper(network.input_dim, network.hidden_widths)
        lowers = [row.value for row in table if row.kind == "lower"]
        assert max(lowers, default=0) <= widths_only
        assert best_upper <= widths_only


@settings(max_examples=150)
@given(networks())
def test_no_network_has_more_regions_than_a_bound(network: pe.ReLUNetwork) -> None:
    check(network, None, int(pe.count_regions(network)))


@settings(max_examples=60)
@given(networks(), st.integers(-2, 2), st.integers(1, 3))
def test_no_network_has_more_regions_in_a_box_than_a_bound(
    network: pe.ReLUNetwork, low: int, side: int
) -> None:
    domain = pe.box(low, low + side, dimension=network.input_dim)
    check(network, domain, int(pe.count_regions(network, domain)))


@settings(max_examples=40)
@given(networks(), st.integers(-2, 2), st.integers(1, 3))
def test_neurons_called_stable_have_one_sign_on_every_region(
    network: pe.ReLUNetwork, low: int, side: int
) -> None:
    for domain in (None, pe.box(low, low + side, dimension=network.input_dim)):
        active, open_ = bounds.stable_neurons(network, domain)
        signs = pe.enumerate_regions(network, domain).sign_vectors
        varies = (signs != signs[0]).any(axis=0)
        is_active = (signs >= 0).all(axis=0)
        for layer, start in enumerate(network.layer_offsets):
            place = slice(start, start + network.hidden_widths[layer])
            changing = int((varies[place] & ~is_active[place] & ~(signs <= 0).all(axis=0)[place]).sum())
            assert changing <= open_[layer]
            assert active[layer] <= int(is_active[place].sum())


@pytest.mark.parametrize("seed", range(6))
def test_random_networks_stay_below_every_bound(seed: int) -> None:
    for shape in ((2, 6, 6, 1), (3, 3, 4, 4, 1), (4, 7, 5, 1)):
        network = random_network(*shape, seed=seed)
        check(network, None, int(pe.count_regions(network)))
        box = pe.box(-1, 1, dimension=shape[0])
        check(network, box, int(pe.count_regions(network, box)))


LISTED = pe.library.catalog(max_regions=20_000)


@pytest.mark.parametrize("named", LISTED, ids=lambda named: named.name)
def test_no_network_of_the_library_has_more_regions_than_a_bound(named: pe.library.NamedNetwork) -> None:
    assert named.n_regions is not None
    check(named.network, None, named.n_regions)


@settings(max_examples=60)
@given(st.integers(1, 3), st.lists(st.tuples(SMALL, SMALL, SMALL, SMALL), min_size=1, max_size=7))
def test_zaslavsky_agrees_with_the_search_on_any_layer(d: int, rows: list[tuple[int, ...]]) -> None:
    network = pe.ReLUNetwork(
        [([row[:d] for row in rows], [row[-1] for row in rows]), ([[1] * len(rows)], [0])]
    )
    regions = pe.enumerate_regions(network)
    assert bounds.zaslavsky_1975(network) == len(regions)
    assert bounds.zaslavsky_1975_bounded(network) == int(regions.measure("is_bounded")["is_bounded"].sum())
    faces = bounds.zaslavsky_1975_faces(network)
    assert faces == regions.f_vector()
    assert sum((-1) ** k * f for k, f in enumerate(faces)) == (-1) ** d
    for domain in (
        pe.box(-1, 1, dimension=d),
        pe.box(0, 2, dimension=d),
        pe.HPolytope([[1] * d, [0] * d], [1, 0]),
    ):
        assert bounds.zaslavsky_1975(network, domain) == int(pe.count_regions(network, domain))
    # average number of facets: at most 2 d for one layer
    assert 2 * faces[-2] <= 2 * d * faces[-1]


@settings(max_examples=60)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 4), st.booleans(), st.randoms())
def test_ranks_are_exact(n: int, m: int, r: int, as_floats: bool, random: Any) -> None:
    left = [[random.randint(-4, 4) for _ in range(r)] for _ in range(n)]
    right = [[random.randint(-4, 4) for _ in range(m)] for _ in range(r)]
    W = [[sum(left[i][k] * right[k][j] for k in range(r)) for j in range(m)] for i in range(n)]
    scaled = [[a * 0.375 if as_floats else Fraction(a, 7) for a in row] for row in W]
    network = pe.ReLUNetwork([(scaled, [0] * n), ([[1] * n], [0])])
    assert bounds.weight_ranks(network) == (int(np.linalg.matrix_rank(np.array(W, dtype=float))),)


@pytest.mark.parametrize("size", [Fraction(1, 10**400), Fraction(10**400), Fraction(1)])
def test_stable_neurons_of_any_size_are_told_apart(size: Fraction) -> None:
    W = [[size, 0], [-size, 0], [0, size]]
    network = pe.ReLUNetwork(
        [
            (W, [size, -size, 0]),
            ([[1, 1, 0], [-size, -1, -1], [1, -1, 0], [0, 0, 0]], [0, -size, 0, size]),
            ([[1] * 4], [0]),
        ],
        negative_slope=[0, 0],
    )
    assert bounds.stable_neurons(network) == ((0, 2), (3, 1))
    assert bounds.stable_neurons(network, pe.HPolytope([[-1, 0]], [0])) == ((1, 3), (1, 0))
    assert bounds.stable_neurons(network, pe.box([1, 1], [2, 3])) == ((2, 3), (0, 0))


def test_ranks_see_what_floats_do_not() -> None:
    nearly = [[1.0, 3.0], [1 / 3, 1.0]]  # the stored third is no third
    third = Fraction(1, 3)
    tiny = [[1.0, 1.0], [1.0, 1.0 + 2.0**-52]]
    for W, rank in (
        (nearly, 2),
        ([[1, 3], [third, 1]], 1),
        (tiny, 2),
        ([[5e-324, 0], [0, 1e300]], 2),
        ([[0, 0], [0, 0]], 0),
    ):
        assert bounds.weight_ranks(pe.ReLUNetwork([(W, [0, 0]), ([[1, 1]], [0])])) == (rank,)
    # entries that vanish modulo the prime
    prime = 2**31 - 1
    assert bounds.weight_ranks(pe.ReLUNetwork([([[prime, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])) == (2,)


def test_the_mean_number_of_facets_is_at_most_twice_the_dimension_where_that_is_so() -> None:
    for shape in ((2, 5, 4, 1), (2, 3, 3, 3, 1), (3, 8, 1), (1, 4, 4, 1)):
        for seed in range(3):
            network = random_network(*shape, seed=seed)
            f = pe.enumerate_regions(network).f_vector()
            most = bounds.fukuda_1991_upper(network.input_dim, network.hidden_widths)
            assert most is not None
            assert 2 * f[-2] <= most * f[-1]
            least = bounds.gaines_bi_2026_least_facets(network.input_dim, network.hidden_widths)
            facets = pe.enumerate_regions(network).measure("n_facets")["n_facets"]
            assert facets.min() >= least
    surface = pe.library.generic_surface()
    assert bounds.fukuda_1991_upper(3, surface.network.hidden_widths) is None
    assert surface.f_vector is not None
    assert 2 * surface.f_vector[2] > 6 * surface.f_vector[3]


@settings(max_examples=60)
@given(networks())
def test_degenerate_networks_have_no_more_facets_on_average_either(network: pe.ReLUNetwork) -> None:
    """At each corner in the plane at least four edges meet, whatever coincides; and one layer is an arrangement."""
    f = pe.enumerate_regions(network).f_vector()
    most = bounds.fukuda_1991_upper(network.input_dim, network.hidden_widths)
    if most is not None:
        assert 2 * f[-2] <= most * f[-1]


def convolved(size: int, n_channels: int, kernel: int, filters: np.ndarray) -> np.ndarray:
    """The weights of a layer of filters, shape (n_filters, kernel * n_channels), slid along a row of inputs."""
    n_positions = size - kernel + 1
    W = np.zeros((n_positions * len(filters), size * n_channels), dtype=filters.dtype)
    for p in range(n_positions):
        rows = slice(p * len(filters), (p + 1) * len(filters))
        W[rows, p * n_channels : (p + kernel) * n_channels] = filters
    return W


@settings(max_examples=40)
@given(
    st.integers(2, 3),
    st.integers(1, 2),
    st.lists(st.tuples(st.integers(1, 2), st.integers(1, 2)), min_size=1, max_size=3),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
def test_no_convolutional_network_has_more_regions_than_its_bound(
    size: int, n_channels: int, layers: list[tuple[int, int]], seed: int, is_integer: bool
) -> None:
    rng, shape = np.random.default_rng(seed), (size, n_channels)
    hidden, used = [], []
    for kernel, n_filters in layers:
        if kernel > size:
            break
        n = kernel * n_channels + 1
        drawn = rng.integers(-2, 3, (n_filters, n)) if is_integer else rng.normal(size=(n_filters, n))
        W = convolved(size, n_channels, kernel, drawn[:, :-1])
        hidden.append((W, np.tile(drawn[:, -1], size - kernel + 1)))
        used.append((kernel, n_filters))
        size, n_channels = size - kernel + 1, n_filters
    if not used:
        return
    network = pe.ReLUNetwork([*hidden, (np.ones((1, len(hidden[-1][1]))), [0])])
    upper = bounds.xiong_2020_upper(*shape, used)
    assert int(pe.count_regions(network)) <= upper
    assert bounds.xiong_2020_lower(*shape, used) <= min(
        upper, bounds.serra_2018_upper(network.input_dim, network.hidden_widths)
    )


def test_neurons_that_are_identically_zero_are_not_active() -> None:
    # z_1 = x, z_2 = 0, z_3 = 1; then relu(z_1), 0 and 1 add up to at least 1
    network = pe.ReLUNetwork(
        [([[1], [0], [0]], [0, 0, 1]), ([[1, 1, 1], [0, 1, 0]], [0, 0]), ([[1, 1]], [0])]
    )
    for domain in (None, pe.box(-1, 1, dimension=1)):
        assert bounds.stable_neurons(network, domain) == ((1, 1), (1, 0))
