"""Theorems about the regions of a network, as properties of what the search returns."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polytope_engine as pe

Layer = tuple[list[list[int]], list[int]]


def layer(draw: st.DrawFn, n_in: int, n_out: int, size: int) -> Layer:
    entry = st.integers(-size, size)
    weight = [[draw(entry) for _ in range(n_in)] for _ in range(n_out)]
    bias = [draw(entry) for _ in range(n_out)]
    if n_out > 1 and draw(st.booleans()):
        source, target = draw(st.integers(0, n_out - 1)), draw(st.integers(0, n_out - 1))
        factor = draw(st.sampled_from([-2, -1, 0, 1, 2]))
        weight[target] = [factor * w for w in weight[source]]
        bias[target] = factor * bias[source]
    return weight, bias


@st.composite
def integer_networks(draw: st.DrawFn) -> pe.ReLUNetwork:
    """Small integer weights, with repeated, opposite, scaled and dead neurons planted."""
    widths = [draw(st.integers(1, 3)), *draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)), 1]
    layers = [layer(draw, n_in, n_out, 2) for n_in, n_out in zip(widths[:-1], widths[1:], strict=True)]
    return pe.ReLUNetwork(layers, negative_slope=draw(st.sampled_from([0.0, 0.0, 0.5, -1.0])))


def serra_upper(n_inputs: int, widths: tuple[int, ...]) -> int:
    """Upper bound of Serra, Tjandraatmadja, Ramalingam 2018, Theorem 1, as a recurrence."""
    if not widths:
        return 1
    return sum(
        comb(widths[0], j) * serra_upper(min(n_inputs, widths[0] - j), widths[1:])
        for j in range(min(n_inputs, widths[0]) + 1)
    )


def sign_set(regions: pe.RegionSet) -> set[bytes]:
    return {signs.tobytes() for signs in regions.sign_vectors}


def exact_signs(network: pe.ReLUNetwork, regions: pe.RegionSet, index: int) -> list[int]:
    region = regions[index]
    return [int(s) for s in network.exact.signs_at(region.exact_interior_point)]


@settings(max_examples=60)
@given(integer_networks())
def test_every_region_holds_its_interior_point_and_no_two_are_the_same(network: pe.ReLUNetwork) -> None:
    regions = pe.enumerate_regions(network)
    assert len(sign_set(regions)) == len(regions)
    for index in range(len(regions)):
        assert exact_signs(network, regions, index) == regions.sign_vectors[index].tolist()


@settings(max_examples=60)
@given(integer_networks())
def test_no_point_of_a_grid_lies_in_a_region_that_is_missing(network: pe.ReLUNetwork) -> None:
    """Points off every hyperplane, at odd fractions, all lie in regions that were found."""
    regions = pe.enumerate_regions(network)
    found = sign_set(regions)
    values = [Fraction(k, 997) * 13 + Fraction(1, 10007) for k in (-500, -120, -31, -7, 0, 11, 42, 150, 613)]
    zero_columns = {i for signs in regions.sign_vectors for i in np.flatnonzero(signs == 0)}
    for number, point in enumerate(product(values, repeat=network.input_dim)):
        if number > 120:
            break
        signs = np.array(network.exact.signs_at(point), dtype=np.int8)
        if any(s == 0 and i not in zero_columns for i, s in enumerate(signs)):
            continue
        if signs.tobytes() not in found:
            assert (signs == 0).any(), f"the region of {point} is missing"


@settings(max_examples=40)
@given(integer_networks(), st.randoms(use_true_random=False))
def test_permuting_and_scaling_neurons_leaves_the_number_of_regions(
    network: pe.ReLUNetwork, random: object
) -> None:
    layers = [(np.array(W), np.array(b)) for W, b in network.weights]
    generator = np.random.default_rng(random.randint(0, 1000))  # type: ignore[attr-defined]
    for position in range(len(layers) - 1):
        (W, b), (after, c) = layers[position], layers[position + 1]
        order = generator.permutation(len(b))
        factor = 2.0 ** generator.integers(-3, 4, size=len(b))
        layers[position] = ((W * factor[:, None])[order], (b * factor)[order])
        layers[position + 1] = ((after / factor)[:, order], c)
    slope = float(network.negative_slopes[0][0])
    moved = pe.ReLUNetwork(layers, negative_slope=slope)
    assert int(pe.count_regions(moved)) == int(pe.count_regions(network))


@settings(max_examples=40)
@given(integer_networks())
def test_dropping_the_last_layer_gives_fewer_regions_which_contain_the_others(
    network: pe.ReLUNetwork,
) -> None:
    if len(network.hidden_widths) < 2:
        return
    n_before = sum(network.hidden_widths[:-1])
    last = network.hidden_widths[-2]
    truncated = pe.ReLUNetwork(
        [*network.weights[:-2], (np.ones((1, last)), [0.0])],
        negative_slope=float(network.negative_slopes[0][0]),
    )
    fine, coarse = pe.enumerate_regions(network), pe.enumerate_regions(truncated)
    assert {signs[:n_before].tobytes() for signs in fine.sign_vectors} == sign_set(coarse)


@settings(max_examples=40)
@given(integer_networks())
def test_the_upper_bound_of_serra_2018_holds(network: pe.ReLUNetwork) -> None:
    if any((slopes != 0).any() for slopes in network.negative_slopes):
        return
    regions = pe.enumerate_regions(network)
    patterns = {pattern.tobytes() for pattern in regions.sign_vectors > 0}
    assert len(patterns) <= serra_upper(network.input_dim, network.hidden_widths)


@settings(max_examples=25)
@given(integer_networks())
def test_a_box_that_grows_holds_more_regions_and_at_most_those_of_the_space(network: pe.ReLUNetwork) -> None:
    everywhere = sign_set(pe.enumerate_regions(network))
    before: set[bytes] = set()
    for radius in (0.25, 3, 1000):
        inside = sign_set(pe.enumerate_regions(network, pe.box(-radius, radius, dimension=network.input_dim)))
        assert before <= inside <= everywhere
        before = inside


@pytest.mark.parametrize(("n", "d"), [(3, 2), (5, 2), (10, 2), (4, 3), (6, 3), (12, 3), (5, 4), (9, 5)])
def test_hyperplanes_in_general_position_have_the_number_of_cells_of_zaslavsky(n: int, d: int) -> None:
    """Zaslavsky 1975: sum of C(n, j) for j <= d. Normals on the moment curve are in general position."""
    normals = [[t**k for k in range(d)] for t in range(1, n + 1)]
    network = pe.ReLUNetwork([(normals, [t**d for t in range(1, n + 1)]), ([[1] * n], [0])])
    regions = pe.enumerate_regions(network)
    assert len(regions) == sum(comb(n, j) for j in range(d + 1))
    bounded = sum(region.is_bounded() for region in regions)
    assert bounded == comb(n - 1, d)


def test_the_regions_of_a_product_are_the_products_of_the_regions() -> None:
    generator = np.random.default_rng(4)
    (a, b), (c, e) = (
        [
            (generator.normal(size=(3, 1)), generator.normal(size=3)),
            (generator.normal(size=(3, 3)), generator.normal(size=3)),
        ]
        for _ in range(2)
    )
    zero31, zero33 = np.zeros((3, 1)), np.zeros((3, 3))
    out = (np.ones((1, 3)), [0.0])
    first, second = pe.ReLUNetwork([a, b, out]), pe.ReLUNetwork([c, e, out])
    both = pe.ReLUNetwork(
        [
            (np.block([[a[0], zero31], [zero31, c[0]]]), np.concatenate([a[1], c[1]])),
            (np.block([[b[0], zero33], [zero33, e[0]]]), np.concatenate([b[1], e[1]])),
            (np.ones((1, 6)), [0.0]),
        ]
    )
    assert int(pe.count_regions(both)) == int(pe.count_regions(first)) * int(pe.count_regions(second))


def test_first_layers_of_lower_rank_leave_a_lineality_space() -> None:
    network = pe.ReLUNetwork([([[1, 2, 3], [2, 4, 6], [1, 2, 3.5]], [0, 1, 2]), ([[1, 1, 1]], [0])])
    regions = pe.enumerate_regions(network)
    assert regions.lineality_dimension == 1
    assert len(regions) == 6
    assert not any(region.is_bounded() for region in regions)


def test_half_spaces_and_wedges_are_domains_like_any_other() -> None:
    network = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    assert len(pe.enumerate_regions(network, pe.HPolytope([[-1, 0]], [-0.25]))) == 4
    wedge = pe.HPolytope([[-1, 0], [0, -1]], [0, 0])
    assert len(pe.enumerate_regions(network, wedge)) == 2
    triangle = pe.HPolytope([[-1, 0], [0, -1], [1, 1]], [-0.25, 0.5, 1])
    assert len(pe.enumerate_regions(network, triangle)) == 2
    strip = pe.HPolytope([[1, 1], [-1, -1]], [0.5, 0.5])
    assert len(pe.enumerate_regions(network, strip)) == 4
