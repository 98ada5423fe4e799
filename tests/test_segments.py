"""Regions along segments agree with enumeration, with rational arithmetic and with samples, also where all ties."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import random_network
from segment_proofs import by_enumeration, point_at, prove

import polytope_engine as pe
from polytope_engine.complexes.segments import sweep
from polytope_engine.complexes.segments.bounds import layer_bounds, lengths, spectral_norm_bound
from polytope_engine.complexes.segments.ties import as_fraction

CATALOG = [net for net in pe.library.catalog(max_regions=400) if net.network.n_neurons <= 40]
THIN = [2.0**-30, 2.0**-52, Fraction(1, 2**80), Fraction(1, 3**700)]


def hard_network(seed: int, kind: str, widths: tuple[int, ...], slope: Any = 0) -> pe.ReLUNetwork:
    """Random floats, small integers, or thirds; `twins` repeats neurons, also opposite, and adds dead ones."""
    rng = np.random.default_rng(seed)
    layers: list[tuple[Any, Any]] = []
    n_in = widths[0]
    for n_out in widths[1:]:
        W, b = rng.integers(-2, 3, (n_out, n_in)), rng.integers(-2, 3, n_out)
        if kind == "generic":
            W, b = rng.normal(size=(n_out, n_in)), rng.normal(size=n_out)
        elif kind == "central":
            b = np.zeros(n_out)
        elif kind == "twins":
            chosen, factors = rng.integers(0, n_out, 2), rng.choice([1, -1, 2, -3], 2)
            W = np.vstack([W, W[chosen] * factors[:, np.newaxis], np.zeros((1, n_in))])
            b = np.concatenate([b, b[chosen] * factors, [0]])
        layers.append((W, b))
        n_in = len(b)
    layers.append((rng.integers(-2, 3, (2, n_in)), rng.integers(-2, 3, 2)))
    return pe.ReLUNetwork(layers, slope, denominators=3 if kind == "thirds" else None)


@pytest.mark.parametrize("named", CATALOG, ids=lambda named: named.name)
def test_on_networks_of_the_library_pieces_are_the_regions_of_the_segments_own_network(
    named: pe.library.NamedNetwork,
) -> None:
    rng = np.random.default_rng(len(named.name))
    d = named.network.input_dim
    x0, x1 = rng.integers(-5, 6, (2, 2, d))
    for segment in pe.regions_on_segments(named.network, x0, x1):
        prove(segment)
        found = {tuple(row) for row in segment.sign_vectors.tolist()}
        if segment.length:
            assert found == by_enumeration(named.network, segment.start, segment.end)


@settings(deadline=None, max_examples=150)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["generic", "integer", "central", "twins", "thirds"]),
    widths=st.sampled_from([(1, 4), (2, 4, 3), (3, 3, 3, 3), (1, 2, 2, 2, 2), (12, 5, 4)]),
    slope=st.sampled_from([0, 0.5, -1, Fraction(1, 3)]),
    is_short=st.booleans(),
)
def test_pieces_of_random_networks_are_proven_and_those_that_enumeration_finds(
    seed: int, kind: str, widths: tuple[int, ...], slope: Any, is_short: bool
) -> None:
    network = hard_network(seed, kind, widths, slope)
    rng = np.random.default_rng(seed)
    x0, x1 = rng.integers(-3, 4, (2, widths[0])) * (1 if is_short else 7)
    segment = pe.regions_on_segment(network, x0, x1)
    prove(segment)
    if (x0 != x1).any():
        assert {tuple(row) for row in segment.sign_vectors.tolist()} == by_enumeration(network, x0, x1)


@pytest.mark.parametrize("widths", [(784, 24, 24, 10), (50, 40, 40), (3, 16, 16, 16, 16, 16)])
def test_wide_and_deep_networks_are_proven_too(widths: tuple[int, ...]) -> None:
    network = random_network(*widths, 2, seed=5)
    rng = np.random.default_rng(6)
    segment = pe.regions_on_segment(network, *rng.normal(size=(2, widths[0])))
    assert len(segment) > 20
    prove(segment)


def test_no_sample_finds_a_region_that_the_sweep_does_not() -> None:
    network = random_network(20, 30, 30, 1, seed=2)
    x0, x1 = np.random.default_rng(3).normal(size=(2, 20))
    segment = pe.regions_on_segment(network, x0, x1)
    t = np.linspace(0, 1, 20_001)
    found = network.sign_vector(segment.points(t))
    place = {row.tobytes(): k for k, row in enumerate(segment.sign_vectors)}
    order = [place[row.tobytes()] for row in found]
    assert order == sorted(order)
    assert set(np.flatnonzero(np.diff(segment.breakpoints) > 1e-4)) <= set(order)


# -- ties, thin pieces and everything flat ---------------------------------------------------------


@pytest.mark.parametrize("gap", THIN)
def test_pieces_below_the_resolution_of_floats_are_found_in_their_order(gap: Any) -> None:
    # zeros at (1 + k gap) / 3 for k = 0, 1, 2, listed out of order, and a second layer that is positive in between
    first = ([[3], [3], [3]], [-1 - 2 * Fraction(gap), -1, -1 - Fraction(gap)])
    second = ([[0, 2, -4]], [-Fraction(gap)])
    segment = pe.regions_on_segment(pe.ReLUNetwork([first, second, ([[1]], [0])]), [0], [1])
    prove(segment)
    assert segment.sign_vectors.tolist() == [
        [-1, -1, -1, -1],
        [-1, 1, -1, -1],
        [-1, 1, -1, 1],
        [-1, 1, 1, 1],
        [-1, 1, 1, -1],
        [1, 1, 1, -1],
    ]  # fmt: skip
    assert segment.exact_breakpoint(2) - segment.exact_breakpoint(1) == Fraction(gap) / 6


def test_a_neuron_that_is_noise_in_floats_is_zero_all_along() -> None:
    # four copies of 0.36 x + 0.29, times weights that add up to zero
    first = (np.full((4, 1), 0.36), np.full(4, 0.29))
    network = pe.ReLUNetwork([first, ([[7, 5, 6, -18]], [0]), ([[1]], [0])])
    segments = pe.regions_on_segments(
        network, np.linspace(-2, -1, 40)[:, np.newaxis], np.linspace(1, 9, 40)[:, np.newaxis]
    )
    for segment in segments:
        assert segment.sign_vectors.tolist() == [[-1, -1, -1, -1, 0], [1, 1, 1, 1, 0]]


@pytest.mark.parametrize("seed", range(6))
def test_neurons_that_vanish_within_rounding_of_one_point_are_put_in_their_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, direction = rng.normal(size=(2, 5))
    first, second = rng.normal(size=(12, 5)), rng.normal(size=(8, 12))
    b = -first @ x
    b[:4] = 1.0
    # what floats make of it: those of the second layer would vanish at x, too, were it not for rounding
    c = -second @ np.maximum(first @ x + b, 0)
    segment = pe.regions_on_segment(
        pe.ReLUNetwork([(first, b), (second, c), (np.ones((1, 8)), [0])]), x - direction, x + direction
    )
    assert int((np.abs(segment.breakpoints - 0.5) < 1e-12).sum()) >= 10
    assert segment.segments.n_exact > 0
    prove(segment)


def test_a_segment_inside_a_bent_hyperplane_has_sign_zero_there() -> None:
    network = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [-1]), ([[1]], [0])])
    segment = pe.regions_on_segment(network, [0, -1], [0, 2])
    prove(segment)
    assert segment.sign_vectors.tolist() == [[0, -1, -1], [0, 1, -1], [0, 1, 1]]
    assert [segment.neurons_at(k) for k in range(4)] == [(), (1,), (2,), ()]


def test_ends_on_walls_make_no_breakpoints_but_are_named() -> None:
    network = pe.ReLUNetwork([([[1], [2], [1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    segment = pe.regions_on_segment(network, [0], [1])
    assert (len(segment), segment.n_crossings) == (1, 0)
    assert segment.sign_vectors.tolist() == [[1, 1, -1]]
    assert (segment.neurons_at(0), segment.neurons_at(1), segment.neurons_at(-1)) == ((0, 1), (2,), (2,))


@pytest.mark.parametrize(("x", "signs"), [(0, [0, 0, -1]), (1, [1, 1, 0]), (0.5, [1, 1, -1])])
def test_a_segment_of_one_point_is_one_piece_with_the_signs_there(x: float, signs: list[int]) -> None:
    network = pe.ReLUNetwork([([[1], [2], [1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    segment = pe.regions_on_segment(network, [x], [x])
    assert segment.sign_vectors.tolist() == [signs]
    assert (segment.breakpoints.tolist(), segment.length, segment.n_crossings) == ([0, 1], 0, 0)


def test_neurons_that_break_at_one_point_are_all_named_and_those_that_touch_zero_too() -> None:
    # the second layer is |x|
    network = pe.ReLUNetwork([([[1], [-3], [0]], [0, 0, 0]), ([[3, 1, 1]], [0]), ([[1]], [0])])
    segment = pe.regions_on_segment(network, [-1], [2])
    prove(segment)
    assert segment.labels(1) == (("neuron", 0, 0), ("neuron", 0, 1), ("neuron", 1, 0))
    assert (len(segment), segment.n_crossings) == (2, 2)
    assert segment.exact_breakpoints() == [0, Fraction(1, 3), 1]


def test_networks_without_neurons_have_one_piece() -> None:
    segment = pe.regions_on_segment(pe.ReLUNetwork([([[1, 2]], [3])]), [0, 0], [1, 1])
    assert (segment.outputs.tolist(), segment.sign_vectors.shape) == ([[3], [6]], (1, 0))


@pytest.mark.parametrize("size", [2.0**-600, 1e-12, 1e12, 2.0**500])
def test_the_scale_of_weights_and_points_changes_nothing(size: float) -> None:
    network = random_network(4, 12, 12, 1, seed=8)
    scaled = pe.ReLUNetwork(
        [(W * size, b * size) if k == 0 else (W, b * size) for k, (W, b) in enumerate(network.weights)]
    )
    x0, x1 = np.random.default_rng(1).normal(size=(2, 4))
    expected = pe.regions_on_segment(network, x0, x1)
    # the biases are rounded where numbers are tiny, so only signs are compared
    found = pe.regions_on_segment(scaled, x0, x1)
    prove(found)
    assert np.array_equal(found.sign_vectors, expected.sign_vectors)
    far = pe.ReLUNetwork([(W / size, b) if k == 0 else (W, b) for k, (W, b) in enumerate(network.weights)])
    assert np.array_equal(pe.regions_on_segment(far, x0 * size, x1 * size).n_crossings, expected.n_crossings)


# -- the released walk -----------------------------------------------------------------------------


def released_walk(network: pe.ReLUNetwork, x0: float, x1: float) -> int:
    """Regions that the walk of Gamba et al. (AISTATS 2022) records: steps of min(-z / z') + 1e-6, in floats."""
    position, n_regions = 0.0, 1
    while True:
        x, direction = np.array([x0 + position * (x1 - x0)]), np.array([x1 - x0])
        steps = []
        for W, b in network.weights[:-1]:
            z, slope = W @ x + b, W @ direction
            with np.errstate(divide="ignore", invalid="ignore"):
                step = -z / slope
            steps.append(step[(step > 0) & np.isfinite(step)])
            x, direction = np.where(z > 0, z, 0), np.where(z > 0, slope, 0)
        ahead = np.concatenate(steps)
        if not len(ahead) or position + ahead.min() >= 1:
            return n_regions
        position += ahead.min() + 1e-6
        n_regions += 1


@pytest.mark.parametrize(("widths", "seed"), [((1, 128, 128, 1), 0), ((1, 128, 128, 128, 1), 1)])
def test_the_released_walk_misses_pieces_that_are_there(widths: tuple[int, ...], seed: int) -> None:
    network = random_network(*widths, seed=seed)
    # so long a segment that many pieces are thinner than a step; enumeration proves how many there are
    segment = pe.regions_on_segment(network, [-3000], [3000])
    assert len(segment) == len(by_enumeration(network, [-3000], [3000]))
    assert released_walk(network, -3000, 3000) < len(segment)
    # on one whose pieces are all longer than that it is right
    wide = pe.ReLUNetwork([([[1], [1], [-1]], [-1, -2, 3.5]), ([[1, 1, 1]], [0])])
    assert released_walk(wide, 0, 10) == len(pe.regions_on_segment(wide, [0], [10])) == 4


# -- how it is done --------------------------------------------------------------------------------


def test_generic_networks_need_hardly_any_rational_arithmetic() -> None:
    network = random_network(100, 64, 64, 1, seed=1)
    rng = np.random.default_rng(0)
    segments = pe.regions_on_segments(network, *rng.normal(size=(2, 20, 100)))
    assert segments.n_regions.sum() > 500
    assert segments.n_exact <= 4


def test_a_dead_layer_is_seen_to_be_dead_without_rational_arithmetic() -> None:
    network = pe.ReLUNetwork([([[1.5], [-0.1]], [-10, -10]), (np.eye(2), [0, 0]), ([[1, 1]], [0])])
    segment = pe.regions_on_segment(network, [0], [1])
    assert (segment.sign_vectors.tolist(), segment.segments.n_exact) == ([[-1, -1, 0, 0]], 0)


def bumps(n: int) -> pe.ReLUNetwork:
    """Hats with corners k, k + 1 and k + 2, each identically zero elsewhere."""
    second = np.eye(n, n + 2) - 2 * np.eye(n, n + 2, 1) + np.eye(n, n + 2, 2)
    return pe.ReLUNetwork(
        [(np.ones((n + 2, 1)), -np.arange(n + 2)), (second, np.zeros(n)), (np.ones((1, n)), [0])]
    )


def test_hats_are_zero_on_all_pieces_but_two() -> None:
    segment = pe.regions_on_segment(bumps(6), [-1], [9])
    prove(segment)
    assert (segment.sign_vectors[:, 8:] != 0).sum(axis=0).tolist() == [2] * 6


@pytest.mark.parametrize(
    "network",
    [*(hard_network(3, kind, (1, 12, 12, 6)) for kind in ("generic", "integer", "twins")), bumps(12)],
    ids=["generic", "integer", "twins", "bumps"],
)
def test_looking_at_few_nodes_at_a_time_changes_nothing(
    network: pe.ReLUNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(4)
    x0, x1 = rng.integers(-9, 15, (2, 30, 1))
    expected = pe.regions_on_segments(network, x0, x1)
    for entries in (1, 40, 300):
        monkeypatch.setattr(sweep, "_ENTRIES", entries)
        monkeypatch.setattr(sweep, "_MOST_ENTRIES", 2 * entries)
        found = pe.regions_on_segments(network, x0, x1)
        for name in ("first_node", "first_signs", "first_zero", "zeros", "sign_after"):
            assert np.array_equal(getattr(found.columns, name), getattr(expected.columns, name)), name
        assert np.allclose(found.columns.t, expected.columns.t, rtol=0, atol=1e-9)
        assert np.allclose(found.columns.outputs, expected.columns.outputs)


@pytest.mark.parametrize("kind", ["generic", "integer", "twins", "thirds"])
def test_floats_only_save_work(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = hard_network(9, kind, (2, 6, 6), 0.25)
    rng = np.random.default_rng(2)
    x0, x1 = rng.integers(-9, 10, (2, 5, 2))
    expected = pe.regions_on_segments(network, x0, x1)
    # bounds so large that nothing is proven
    monkeypatch.setattr(
        sweep, "layer_bounds", lambda form: [replace(b, gamma=1e30) for b in layer_bounds(form)]
    )
    found = pe.regions_on_segments(network, x0, x1)
    assert found.n_exact > 10 * expected.n_exact + 100
    assert np.array_equal(found.columns.zeros, expected.columns.zeros)
    for one, other in zip(found, expected, strict=True):
        assert np.array_equal(one.sign_vectors, other.sign_vectors)
        assert (
            np.abs(one.breakpoints - other.breakpoints) <= one.breakpoint_errors + other.breakpoint_errors
        ).all()
        prove(one)


def exact_layer(network: pe.ReLUNetwork, point: list[Fraction], n_layers: int) -> np.ndarray[Any, Any]:
    h = np.array(point, dtype=object)
    for (W, b), slope in zip(network.exact_weights[:n_layers], network.exact_slopes, strict=False):
        z = W @ h + b
        h = np.where(z > 0, z, slope * z)
    return h


@pytest.mark.parametrize("kind", ["generic", "thirds", "steep", "flat"])
def test_errors_at_nodes_are_within_their_bounds(kind: str) -> None:
    network = hard_network(7, "thirds" if kind == "thirds" else "generic", (3, 8, 8, 8), Fraction(1, 3))
    x0, x1 = [-7.3, 5.1, 3.3], [6.1, -4.2, 1.7]
    if kind == "flat":
        # the first neuron of the second layer has a slope of 2**-24 where numbers have the size of 10
        first = ([[1], [1], [3]], [9.7, 9.1, 40])
        second = (
            [[1, -1 + 2.0**-24, 0], [0.7, -0.3, 0.3], [0.1, 0.7, 0.9]],
            [-0.6 - 9.4 * 2.0**-24, 0.3, 0.7],
        )
        third = ([[3, 0.7, -0.3], [1, 0.1, 0.3]], [0.1, -0.7])
        network, x0, x1 = pe.ReLUNetwork([first, second, third, ([[1, 1]], [0])]), [-1], [2]
    if kind == "steep":
        # sums are beyond the range of floats
        network = pe.ReLUNetwork([(W * 2.0**400, b) for W, b in network.weights])
    segment = pe.regions_on_segment(network, x0, x1)
    prove(segment)
    ends = np.array([[x0], [x1]])
    followed = sweep.Sweep(network, *ends)
    nodes = followed._ends_of(range(1))
    for layer in range(network.n_hidden_layers):
        found = followed._step(layer, nodes)
        assert found is not None
        nodes = found
        for k in range(len(nodes)):
            t = as_fraction(followed._exact_t(nodes, k))
            exact = exact_layer(network, point_at(segment, t), layer + 1)
            scales = network.float_form.scales
            exact = exact * (1 if scales is None else np.array(scales[layer], dtype=object))
            off = sum(
                (Fraction(a) - b) ** 2 for a, b in zip(nodes.h[k].tolist(), exact.tolist(), strict=True)
            )
            assert np.isinf(nodes.h_error[k]) or off <= Fraction(nodes.h_error[k]) ** 2
            assert abs(Fraction(nodes.t[k]) - t) <= Fraction(nodes.t_error[k])


def test_norms_are_bounded_from_above_and_not_by_much() -> None:
    rng = np.random.default_rng(0)
    for shape in ((5, 9), (40, 7), (60, 60), (1, 1)):
        W = rng.normal(size=shape) * 1e-3
        norm = np.linalg.norm(W, 2)
        assert norm <= spectral_norm_bound(W) <= 1.3 * norm
    assert (spectral_norm_bound(np.zeros((2, 2))), spectral_norm_bound(np.full((1, 1), np.inf))) == (
        0,
        np.inf,
    )
    assert lengths(np.array([[3e300, 4e300], [np.inf, 0], [5e-324, 0]])).tolist() == [5e300, np.inf, 5e-324]


# -- what it gives ---------------------------------------------------------------------------------


def test_outputs_and_maps_are_those_of_the_network() -> None:
    network = random_network(6, 10, 8, 3, seed=4)
    x0, x1 = np.random.default_rng(5).normal(size=(2, 6))
    segment = pe.regions_on_segment(network, x0, x1)
    assert np.allclose(segment.outputs, network(segment.points(segment.breakpoints)))
    slopes, t = segment.slopes(), segment.midpoints
    for k in range(len(segment)):
        A, c = segment.affine_map(k)
        slope, value = segment.output_map(k)
        x = segment.points(t[k])
        assert np.allclose(A @ x + c, network(x))
        assert np.allclose(slope * t[k] + value, network(x))
        assert np.allclose(slope, A @ segment.direction)
        assert np.allclose(slope, slopes[k])


def test_many_segments_are_those_one_by_one_and_may_share_an_end() -> None:
    network = hard_network(1, "twins", (3, 6, 5), 0)
    ends = np.random.default_rng(5).integers(-6, 7, (7, 3))
    segments = pe.regions_on_segments(network, [1, 2, -3], ends)
    assert len(segments) == len(list(segments)) == 7
    for k, segment in enumerate(segments):
        one = pe.regions_on_segment(network, [1, 2, -3], ends[k])
        assert np.array_equal(segment.sign_vectors, one.sign_vectors)
        assert np.array_equal(segment.breakpoints, one.breakpoints)
        assert (segment.n_regions, segment.n_crossings) == (segments.n_regions[k], segments.n_crossings[k])
        assert segment.length == segments.lengths[k]
    assert [one.index for one in segments[1:3]] == [1, 2]
    assert segments[-1].index == 6


def test_no_segments_are_no_mistake() -> None:
    network = random_network(2, 3, 1)
    segments = pe.regions_on_segments(network, np.zeros((0, 2)), np.zeros((0, 2)))
    assert (len(segments), segments.n_regions.tolist(), segments.columns.outputs.shape) == (0, [], (0, 1))
    assert (segments.n_crossings.tolist(), segments.lengths.tolist(), list(segments)) == ([], [], [])


def test_ends_may_be_fractions_that_no_float_is() -> None:
    third = Fraction(1, 3)
    network = pe.ReLUNetwork([([[3, 0], [3, 0]], [-1, -1 - Fraction(1, 10**30)]), ([[1, 1]], [0])])
    segment = pe.regions_on_segment(network, [third, 0], [1, 1])
    prove(segment)
    assert segment.sign_vectors.tolist() == [[1, -1], [1, 1]]
    assert segment.neurons_at(0) == (0,)
    assert pe.regions_on_segment(network, [0, 0], [third, 0]).sign_vectors.tolist() == [[-1, -1]]


def test_progress_is_told_and_an_interrupt_is_let_through() -> None:
    network = random_network(3, 8, 8, 1)
    calls: list[tuple[int, float]] = []
    segments = pe.regions_on_segments(
        network, np.zeros(3), np.ones((5, 3)), progress=lambda n, f: calls.append((n, f))
    )
    assert calls[-1] == (int(segments.n_regions.sum()), 1.0)

    def interrupt(n_regions: int, fraction_done: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pe.regions_on_segment(network, np.zeros(3), np.ones(3), progress=interrupt)


def test_bad_arguments_are_named() -> None:
    network = random_network(2, 3, 1)
    error = pe.errors.InvalidArgumentError
    with pytest.raises(error, match=r"`x0` has shape \(1, 2\).*regions_on_segments"):
        pe.regions_on_segment(network, [[0, 0]], [1, 1])
    with pytest.raises(error, match="`x1` has shape"):
        pe.regions_on_segment(network, [0, 0], [1, 1, 1])
    with pytest.raises(error, match="`x1` is NaN"):
        pe.regions_on_segment(network, [0, 0], [1, np.nan])
    with pytest.raises(error, match="`x0` has 3 points and `x1` has 2"):
        pe.regions_on_segments(network, np.zeros((3, 2)), np.zeros((2, 2)))
    with pytest.raises(error, match="`progress` is 3"):
        pe.regions_on_segment(network, [0, 0], [1, 1], progress=3)  # type: ignore[arg-type]
    with pytest.raises(pe.errors.InvalidNetworkError, match="`network` has type int"):
        pe.regions_on_segment(3, [0, 0], [1, 1])  # type: ignore[arg-type]
    segment = pe.regions_on_segment(network, [0, 0], [1, 1])
    with pytest.raises(error, match="`t` has shape"):
        segment.points([[0.5]])
    with pytest.raises(IndexError):
        segment.sign_vector(1000)


@pytest.mark.nets
def test_segments_of_real_networks_are_proven(nets_folder: Path) -> None:
    rng = np.random.default_rng(0)
    for entry in json.loads((nets_folder / "real" / "catalog.json").read_text()):
        network = pe.load_network(nets_folder / "real" / entry["file"])
        if network.n_neurons <= 300 and "domain" in entry:
            lower, upper = np.array(entry["domain"], dtype=float)
            ends = lower + (upper - lower) * rng.uniform(size=(2, 50, network.input_dim))
            prove(min(pe.regions_on_segments(network, *ends), key=lambda segment: abs(len(segment) - 20)))


def test_lengths_are_right_beyond_where_squares_overflow_or_vanish() -> None:
    network = pe.library.l1_norm().network
    segments = pe.regions_on_segments(network, [[0, 0], [0, 0]], [[3e200, 4e200], [3e-200, 4e-200]])
    assert segments.lengths.tolist() == pytest.approx([5e200, 5e-200], rel=1e-15, abs=0)
