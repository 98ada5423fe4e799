"""Laws of the regions along segments and paths, and integrals along them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import random_network
from scipy.integrate import quad
from segment_proofs import fractions, point_at

import polytope_engine as pe
from polytope_engine.complexes.segments.variation import (
    deviation_from_chord,
    output_length,
    released_deviation_from_chord,
    total_variation,
)

networks = st.builds(
    lambda seed, is_integer, slope: _network(seed, is_integer=is_integer, slope=slope),
    st.integers(0, 10**6),
    st.booleans(),
    st.sampled_from([0, 0.25]),
)
points = st.lists(st.integers(-6, 6), min_size=2, max_size=2)


def _network(seed: int, *, is_integer: bool, slope: float) -> pe.ReLUNetwork:
    rng = np.random.default_rng(seed)
    widths = (2, 4, 4, 3)
    draw: Any = (lambda *n: rng.integers(-2, 3, n)) if is_integer else (lambda *n: rng.normal(size=n))
    return pe.ReLUNetwork(
        [(draw(b, a), draw(b)) for a, b in zip(widths, (*widths[1:], 1), strict=True)], slope
    )


def summary(segment: pe.SegmentRegions) -> tuple[list[Any], list[Any], list[Any]]:
    nodes = range(len(segment) + 1)
    return segment.exact_breakpoints(), segment.sign_vectors.tolist(), [segment.neurons_at(k) for k in nodes]


@settings(deadline=None, max_examples=60)
@given(network=networks, x0=points, x1=points)
def test_backwards_the_pieces_come_in_reverse(network: pe.ReLUNetwork, x0: list[int], x1: list[int]) -> None:
    t, signs, neurons = summary(pe.regions_on_segment(network, x0, x1))
    back = summary(pe.regions_on_segment(network, x1, x0))
    assert back == ([1 - place for place in reversed(t)], signs[::-1], neurons[::-1])


@settings(deadline=None, max_examples=60)
@given(network=networks, x0=points, x1=points, cut=st.fractions(0, 1), is_at_node=st.booleans())
def test_the_parts_of_a_segment_have_its_pieces(
    network: pe.ReLUNetwork, x0: list[int], x1: list[int], cut: Fraction, is_at_node: bool
) -> None:
    whole = pe.regions_on_segment(network, x0, x1)
    t, signs, _ = summary(whole)
    if is_at_node:
        cut = t[len(t) // 2]
    if cut in (0, 1) or x0 == x1:
        return
    middle = point_at(whole, cut)
    first = pe.regions_on_segment(network, x0, middle)
    second = pe.regions_on_segment(network, middle, x1)
    places = [cut * place for place in first.exact_breakpoints()]
    places += [cut + (1 - cut) * place for place in second.exact_breakpoints()[1:]]
    joined = first.sign_vectors.tolist()
    rest = second.sign_vectors.tolist()
    if joined[-1] == rest[0]:
        places.remove(cut)
        rest = rest[1:]
    assert (places, joined + rest) == (t, signs)
    path = pe.regions_on_path(network, [x0, middle, x1])
    assert (path.n_visits, path.n_regions, path.n_crossings) == (len(whole), len(whole), whole.n_crossings)


@settings(deadline=None, max_examples=60)
@given(network=networks, x0=points, x1=points, start=st.fractions(-2, 0), end=st.fractions(1, 3))
def test_a_longer_segment_on_the_same_line_has_the_same_breakpoints(
    network: pe.ReLUNetwork, x0: list[int], x1: list[int], start: Fraction, end: Fraction
) -> None:
    segment = pe.regions_on_segment(network, x0, x1)
    if x0 == x1:
        return
    longer = pe.regions_on_segment(network, point_at(segment, start), point_at(segment, end))
    places = [start + (end - start) * place for place in longer.exact_breakpoints()]
    assert [place for place in places if 0 < place < 1] == segment.exact_breakpoints()[1:-1]


@settings(deadline=None, max_examples=60)
@given(
    network=networks,
    x0=points,
    x1=points,
    factors=st.lists(st.fractions(Fraction(1, 9), 9), min_size=11, max_size=11),
)
def test_positive_factors_of_neurons_change_nothing(
    network: pe.ReLUNetwork, x0: list[int], x1: list[int], factors: list[Fraction]
) -> None:
    layers, scale = [], np.array([Fraction(1)] * network.input_dim, dtype=object)
    for (W, b), first in zip(network.exact_weights, (*network.layer_offsets, None), strict=True):
        new = np.array(
            [Fraction(1)] * len(b) if first is None else factors[first : first + len(b)], dtype=object
        )
        layers.append((new[:, np.newaxis] * W / scale, new * b))
        scale = new
    scaled = pe.ReLUNetwork(layers, list(network.exact_slopes))
    one, other = pe.regions_on_segment(network, x0, x1), pe.regions_on_segment(scaled, x0, x1)
    assert summary(one) == summary(other)
    assert np.allclose(one.outputs, other.outputs)
    assert np.allclose(one.slopes(), other.slopes())


@settings(deadline=None, max_examples=40)
@given(network=networks, corners=st.lists(points, min_size=2, max_size=6), closed=st.booleans())
def test_visits_of_a_path_are_runs_of_equal_signs(
    network: pe.ReLUNetwork, corners: list[list[int]], closed: bool
) -> None:
    if all(corner == corners[0] for corner in corners):
        return
    path = pe.regions_on_path(network, corners, closed)
    signs = path.sign_vectors
    changes = (signs[1:] != signs[:-1]).sum(axis=1)
    around = int((signs[0] != signs[-1]).sum()) if closed else 0
    assert path.n_crossings == int(changes.sum()) + around
    n_runs = int((changes > 0).sum()) + (0 if closed and around == 0 and (changes > 0).any() else 1)
    assert path.n_visits == n_runs
    assert path.n_regions == len(np.unique(signs, axis=0)) <= path.n_visits
    assert len(path) == len(path.visits) == len(path.positions) == len(path.piece_segments) == len(signs)
    assert np.allclose(path.positions[1:, 0], path.positions[:-1, 1])
    # the sign of a point inside each piece, as the network says
    for row, (a, b), index in zip(signs, path.positions, path.piece_segments, strict=True):
        segment = path.segments[index]
        k = int(np.flatnonzero((segment.sign_vectors == row).all(axis=1))[0])
        t = segment.exact_breakpoints()
        middle = (t[k] + t[k + 1]) / 2
        assert a - index - 1e-6 <= middle <= b - index + 1e-6
        assert np.array_equal(network.sign_vector(point_at(segment, middle)), row)


def test_a_closed_path_returns_to_its_first_region() -> None:
    network = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
    square = [[1, 1], [-1, 1], [-1, -1], [1, -1]]
    path = pe.regions_on_path(network, square, closed=True)
    assert (path.n_visits, path.n_regions, path.n_crossings, path.length) == (4, 4, 4, 8)
    path = pe.regions_on_path(network, square)
    assert (path.n_visits, path.n_regions, path.n_crossings, path.length) == (4, 4, 3, 6)
    assert "4 visits of 4 regions" in repr(path)


def test_crossings_at_corners_count_and_touching_does_not() -> None:
    network = pe.ReLUNetwork([([[1, 0], [2, 0]], [0, 0]), ([[1, 1]], [0])])
    through = pe.regions_on_path(network, [[-1, 0], [0, 1], [1, 0]])
    assert (len(through), through.n_visits, through.n_crossings) == (2, 2, 2)
    touching = pe.regions_on_path(network, [[-1, 0], [0, 1], [-1, 2]])
    assert (len(touching), touching.n_visits, touching.n_crossings) == (2, 1, 0)
    along = pe.regions_on_path(network, [[-1, 0], [0, 0], [0, 1], [1, 1]])
    assert along.sign_vectors.tolist() == [[-1, -1], [0, 0], [1, 1]]
    assert (along.n_visits, along.n_crossings) == (3, 4)


def test_repeated_corners_are_left_out() -> None:
    network = random_network(2, 5, 1)
    once = pe.regions_on_path(network, [[0, 0], [3, 1], [-1, 2]], closed=True)
    often = pe.regions_on_path(network, [[0, 0], [0, 0], [3, 1], [3, 1], [-1, 2], [0, 0]], closed=True)
    assert np.array_equal(once.positions, often.positions)
    assert np.array_equal(once.sign_vectors, often.sign_vectors)


@pytest.mark.parametrize("corners", [[[1, 1]], [1, 1], np.zeros((0, 2)), [[1, 1], [1, 1]]])
def test_a_path_needs_two_points(corners: Any) -> None:
    with pytest.raises(pe.errors.InvalidArgumentError, match="`points` has shape"):
        pe.regions_on_path(random_network(2, 3, 1), corners)


def test_bad_arguments_of_paths_are_named() -> None:
    with pytest.raises(pe.errors.InvalidArgumentError, match="`closed` is 3"):
        pe.regions_on_path(random_network(2, 3, 1), [[0, 0], [1, 1]], 3)  # type: ignore[arg-type]


# -- integrals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_integrals_are_those_of_quadrature(seed: int) -> None:
    network = random_network(5, 12, 10, 2, seed=seed)
    x0, x1 = np.random.default_rng(seed).normal(size=(2, 5)) * 2
    segment = pe.regions_on_segment(network, x0, x1)
    first, last = network(np.array([x0, x1]))

    def difference(t: float, output: int) -> float:
        chord = (1 - t) * first[output] + t * last[output]
        return float(np.abs(network(segment.points(t))[output] - chord))

    for output in range(2):
        inner = segment.breakpoints[1:-1].tolist()
        expected = quad(difference, 0, 1, args=(output,), points=inner, limit=400, epsabs=1e-6, epsrel=1e-6)[
            0
        ]
        assert deviation_from_chord(segment)[output] == pytest.approx(expected * segment.length, rel=1e-4)
    assert (released_deviation_from_chord(segment) >= deviation_from_chord(segment)).all()
    assert (total_variation(segment) >= np.abs(last - first) * (1 - 1e-12)).all()
    assert output_length(segment) >= np.linalg.norm(last - first) * (1 - 1e-12)
    t = np.linspace(0, 1, 20_001)
    sampled = np.abs(np.diff(network(segment.points(t)), axis=0)).sum(axis=0)
    assert total_variation(segment) == pytest.approx(sampled, rel=1e-3)


def test_the_released_formula_is_right_only_where_the_difference_keeps_its_sign_and_grows() -> None:
    # A = 1, B = -1 on [0, 1]: the integral of |1 - t| is 1/2, the released formula says 3/2
    constant, linear = 1.0, -1.0
    assert abs(constant) + 0.5 * abs(linear) == 1.5
    # max(0, t - 1/2), minus its chord t / 2: -t / 2, then t / 2 - 1/2
    network = pe.ReLUNetwork([([[1]], [-0.5]), ([[1]], [0])])
    segment = pe.regions_on_segment(network, [0], [1])
    assert deviation_from_chord(segment) == pytest.approx([1 / 16 + 1 / 16])
    first = 0.5 * 0.25 * 0.5
    second = 0.5 * 0.5 + 0.5 * 0.75 * 0.5
    assert released_deviation_from_chord(segment) == pytest.approx([first + second])


def test_integrals_of_an_affine_function_and_of_one_point_are_zero() -> None:
    network = pe.ReLUNetwork([([[1, 1]], [-100]), ([[1]], [3])])
    for x1 in ([1, 2], [0, 0]):
        segment = pe.regions_on_segment(network, [0, 0], x1)
        assert total_variation(segment).tolist() == deviation_from_chord(segment).tolist() == [0]
        assert released_deviation_from_chord(segment).tolist() == [0]
        assert output_length(segment) == 0


def test_points_are_taken_as_the_numbers_that_they_are() -> None:
    assert fractions([0.1]) == [Fraction(0.1)]
    network = pe.ReLUNetwork([([[10]], [-1]), ([[1]], [0])])
    assert pe.regions_on_segment(network, [0.0], [0.1]).n_regions == 2
