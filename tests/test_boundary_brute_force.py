"""Boundaries against other ways to the same numbers: sign cells, lines, grids; on small integer networks."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import random_network

import polytope_engine as pe
from polytope_engine.polytope.hpolytope import HPolytope

Point = tuple[Fraction, ...]

small = st.integers(-2, 2)


@st.composite
def integer_networks(draw: st.DrawFn, n_outputs: int = 1) -> pe.ReLUNetwork:
    """Up to three inputs and three hidden layers, with entries so small that everything ties."""
    widths = [draw(st.integers(1, 3)), *draw(st.lists(st.integers(1, 3), max_size=3)), n_outputs]
    layers = [
        (
            np.array(draw(st.lists(small, min_size=a * b, max_size=a * b))).reshape(b, a),
            np.array(draw(st.lists(small, min_size=b, max_size=b))),
        )
        for a, b in pairwise(widths)
    ]
    return pe.ReLUNetwork(layers, negative_slope=draw(st.sampled_from([0, 0, 0, -1, Fraction(1, 2)])))


# -- sign cells -----------------------------------------------------------------------------------


def cells_of_level_set(network: pe.ReLUNetwork, value: Fraction, domain: HPolytope | None) -> pe.SignCells:
    """All sign cells of the network with one more neuron, the output minus the value."""
    W, b = network.exact_weights[-1]
    layers = [*network.exact_weights[:-1], (W, b - value), (np.zeros((0, 1)), np.zeros(0))]
    return pe.sign_cells(pe.ReLUNetwork(layers, negative_slope=[*network.exact_slopes, 0]), domain)


def n_maximal_below(signs: np.ndarray, dimensions: np.ndarray, d: int) -> int:
    """Cells of dimension less than d in the closure of no other: their signs are no other's with some made 0."""
    n = 0
    for k in np.flatnonzero(dimensions < d):
        n += np.count_nonzero(((signs[k] == 0) | (signs[k] == signs)).all(axis=1)) == 1
    return n


@given(network=integer_networks(), value=small, half_width=st.sampled_from([None, 1, 3]))
@settings(max_examples=150)
def test_pieces_and_plateaus_are_the_sign_cells_on_which_the_output_has_the_value(
    network: pe.ReLUNetwork, value: int, half_width: int | None
) -> None:
    d = network.input_dim
    domain = None if half_width is None else pe.box(-half_width, half_width, dimension=d)
    found = pe.enumerate_regions(network, domain).level_set(value)
    cells = cells_of_level_set(network, Fraction(value), domain)
    is_zero = cells.sign_vectors[:, -1] == 0
    counts = np.bincount(cells.dimensions[is_zero], minlength=d + 1)
    assert counts[d] == len(found.ties)
    if not found.ties:
        assert counts[d - 1] == len(found)
        assert n_maximal_below(cells.sign_vectors[is_zero], cells.dimensions[is_zero], d - 1) == len(
            found.touching
        )
        if domain is None:
            assert tuple(counts[:d]) == found.f_vector()
            bounded = np.bincount(cells.dimensions[is_zero & cells.is_bounded], minlength=d + 1)
            assert tuple(bounded[:d]) == found.f_vector(bounded=True)


# -- along segments -------------------------------------------------------------------------------


def values_along(network: pe.ReLUNetwork, start: Point, end: Point) -> list[tuple[Fraction, list[Fraction]]]:
    """Where the network bends on a segment, and its outputs there: layer by layer, by interpolation."""
    knots = [(Fraction(0), list(start)), (Fraction(1), list(end))]
    for layer, (W, b) in enumerate(network.exact_weights):
        moved = [
            (t, [sum(w * x for w, x in zip(row, h, strict=True)) + c for row, c in zip(W, b, strict=True)])
            for t, h in knots
        ]
        if layer == network.n_hidden_layers:
            return moved
        moved = with_crossings(moved, [(i, None) for i in range(len(b))])
        slopes = network.exact_slopes[layer]
        knots = [(t, [z if z > 0 else s * z for z, s in zip(h, slopes, strict=True)]) for t, h in moved]
    raise AssertionError


def with_crossings(
    knots: list[tuple[Fraction, list[Fraction]]], functions: list[tuple[int, int | None]]
) -> list[tuple[Fraction, list[Fraction]]]:
    """The knots, and those between them at which an entry, or a difference of two, is zero."""
    times = {t for t, _ in knots}
    for (t, h), (u, k) in pairwise(knots):
        for i, j in functions:
            before, after = (x[i] - (x[j] if j is not None else 0) for x in (h, k))
            if before * after < 0:
                times.add(t + (u - t) * before / (before - after))
    result, k = [], 0
    for t in sorted(times):
        while k + 2 < len(knots) and knots[k + 1][0] < t:
            k += 1
        (a, h), (b, g) = knots[k], knots[k + 1]
        share = (t - a) / (b - a)
        result.append((t, [x + share * (y - x) for x, y in zip(h, g, strict=True)]))
    return result


def changes_along(network: pe.ReLUNetwork, start: Point, end: Point) -> set[Fraction]:
    """The times at which the set of the largest outputs is another before than after."""
    n = network.output_dim
    knots = with_crossings(values_along(network, start, end), [(i, j) for i in range(n) for j in range(i)])
    winners = []
    for (_, h), (_, k) in pairwise(knots):
        middle = [(x + y) / 2 for x, y in zip(h, k, strict=True)]
        winners.append({i for i, x in enumerate(middle) if x == max(middle)})
    return {
        t for (t, _), (before, after) in zip(knots[1:], pairwise(winners), strict=False) if before != after
    }


def crossings(boundary: pe.Boundary, start: Point, end: Point, *, changing: bool) -> set[Fraction]:
    """The times at which a segment crosses pieces, of all or of those with different winners on their sides."""
    times = set()
    for k in range(len(boundary)):
        *normal, offset = boundary.equation(k)
        before, after = (sum(n * x for n, x in zip(normal, p, strict=True)) + offset for p in (start, end))
        if before * after >= 0 or (changing and boundary.winners[k, 0] == boundary.winners[k, 1]):
            continue
        t = Fraction(before, before - after)
        if boundary.piece(k).contains([x + t * (y - x) for x, y in zip(start, end, strict=True)]):
            times.add(t)
    return times


def segments(d: int, seed: int) -> list[tuple[Point, Point]]:
    """Random segments with ends in a box; denominators so large that they miss everything of codimension two."""
    generator = np.random.default_rng(seed)
    ends = generator.integers(-(10**9), 10**9, size=(4, 2, d))
    return [tuple(tuple(Fraction(int(x), 3 * 10**8 + 7) for x in p) for p in pair) for pair in ends]  # type: ignore[misc]


@given(network=integer_networks(n_outputs=3), seed=st.integers(0, 10**6))
@settings(max_examples=80)
def test_the_largest_output_changes_on_a_segment_exactly_where_it_crosses_a_piece(
    network: pe.ReLUNetwork, seed: int
) -> None:
    boundary = pe.enumerate_regions(network).decision_boundary()
    for start, end in segments(network.input_dim, seed):
        assert changes_along(network, start, end) == crossings(boundary, start, end, changing=True)


@given(network=integer_networks(), value=small, seed=st.integers(0, 10**6))
@settings(max_examples=80)
def test_the_output_passes_a_value_on_a_segment_exactly_where_it_crosses_a_piece(
    network: pe.ReLUNetwork, value: int, seed: int
) -> None:
    W, b = network.exact_weights[-1]
    against = pe.ReLUNetwork(
        [*network.exact_weights[:-1], (np.vstack([0 * W, W]), np.array([Fraction(value), *b], dtype=object))],
        negative_slope=list(network.exact_slopes),
    )
    boundary = pe.enumerate_regions(network).level_set(value)
    for start, end in segments(network.input_dim, seed):
        assert changes_along(against, start, end) == crossings(boundary, start, end, changing=True)


def test_a_segment_meets_a_wall_where_the_output_only_touches_the_value() -> None:
    distance = pe.ReLUNetwork([([[1, 0], [-1, 0]], [0, 0]), ([[1, 1]], [0])])
    boundary = pe.enumerate_regions(distance).level_set(0)
    start, end = (Fraction(-1), Fraction(0)), (Fraction(2), Fraction(1))
    assert crossings(boundary, start, end, changing=False) == {Fraction(1, 3)}
    assert crossings(boundary, start, end, changing=True) == set()


# -- sizes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [1, 2, 4])
def test_the_length_of_a_boundary_is_what_a_fine_grid_of_lines_crosses(n_classes: int) -> None:
    """Cauchy and Crofton: the length is pi / 2 times the mean, over directions, of crossings per unit of offset.

    In floating point: outputs along parallel lines, in many directions; changes of the winner are counted.
    """
    network = random_network(2, 8, 6, n_classes, seed=3)
    box = pe.box(-1, 1, dimension=2)
    regions = pe.enumerate_regions(network, box)
    value = float(network([0.1, 0.2])[0])
    boundary = regions.level_set(value) if n_classes == 1 else regions.decision_boundary()
    offsets = (np.arange(200) + 0.5) / 200 * 2 * np.sqrt(2) - np.sqrt(2)
    along = np.linspace(-np.sqrt(2), np.sqrt(2), 600)
    n_crossings = []
    for angle in (np.arange(16) + 0.5) * np.pi / 16:
        u, v = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        points = offsets[:, np.newaxis, np.newaxis] * u + along[:, np.newaxis] * v
        values = network(points.reshape(-1, 2))
        winners = (values[:, 0] > value if n_classes == 1 else values.argmax(axis=1)).reshape(200, 600)
        inside = (np.abs(points) <= 1).all(axis=2)
        n_crossings.append(
            np.count_nonzero((winners[:, 1:] != winners[:, :-1]) & inside[:, 1:] & inside[:, :-1])
        )
    estimate = np.pi / 2 * np.mean(n_crossings) * (2 * np.sqrt(2) / 200)
    assert boundary.total_area > 1
    assert boundary.total_area == pytest.approx(estimate, rel=0.02)


@pytest.mark.parametrize("d", [2, 3, 4])
def test_areas_are_those_of_the_polytope_that_a_piece_is_the_base_of(d: int) -> None:
    """A pyramid over the piece with its top at height 1 has volume area / d."""
    network = random_network(d, 5, 4, 1, seed=d)
    box = pe.box(-1, 1, dimension=d)
    boundary = pe.enumerate_regions(network, box).level_set(float(network(np.full(d, 0.1))[0]))
    assert len(boundary) > 3
    for k in range(min(len(boundary), 6)):
        *normal, _ = boundary.equation(k)
        corners = boundary.piece(k).vertices()
        direction = np.array([float(Fraction(x, max(map(abs, normal)))) for x in normal])
        top = corners.mean(axis=0) + direction / np.linalg.norm(direction)
        from scipy.spatial import ConvexHull

        assert boundary.areas()[k] == pytest.approx(
            d * ConvexHull(np.vstack([corners, top])).volume, rel=1e-6
        )


@pytest.mark.parametrize("signs", list(product([1, -1], repeat=2)))
def test_the_axes_may_be_mirrored(signs: tuple[int, int]) -> None:
    network, box = random_network(2, 6, 5, 3, seed=5), pe.box(-2, 2, dimension=2)
    (W, b), *others = network.weights
    mirrored = pe.ReLUNetwork([(W * np.array(signs), b), *others])
    one, other = (pe.enumerate_regions(net, box).decision_boundary() for net in (network, mirrored))
    assert one.f_vector() == other.f_vector()
    assert one.betti_numbers() == other.betti_numbers()
    np.testing.assert_allclose(np.sort(one.areas()), np.sort(other.areas()), rtol=1e-15)
