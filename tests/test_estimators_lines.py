"""Random lines: the chords, what they cross, and the area of all walls by Crofton's formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
from random_networks import random_network

import polytope_engine as pe
from polytope_engine import estimators
from polytope_engine.errors import InvalidArgumentError, UnboundedError
from polytope_engine.estimators.restriction import crossings_on_segments

LINES = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
SQUARE = pe.box(-2, 2, dimension=2)
TRIANGLE = pe.HPolytope([[-1, 0], [0, -1], [1, 1]], [1, 1, 1])


def test_the_constants_of_crofton() -> None:
    values = [1, 2 / math.pi, 1 / 2, 4 / (3 * math.pi)]
    assert [estimators.crossing_constant(d) for d in (1, 2, 3, 4)] == pytest.approx(values)
    generator = np.random.default_rng(0)
    for d in (2, 5):  # the mean of |cos|, by random directions
        u = generator.standard_normal((100_000, d))
        mean = np.abs(u[:, 0] / np.linalg.norm(u, axis=1)).mean()
        assert mean == pytest.approx(estimators.crossing_constant(d), abs=0.005)


@pytest.mark.parametrize(
    "domain", [SQUARE, TRIANGLE, pe.box([0, 0, 0], [1, 2, 3]), pe.box(-1, 1, dimension=1)]
)
def test_chords_end_on_the_boundary_and_have_the_mean_length_of_crofton(domain: pe.HPolytope) -> None:
    n, d = 4000, domain.dimension
    starts, ends = estimators.random_chords(domain, n, rng=3)
    lengths = np.linalg.norm(ends - starts, axis=1)
    for points in (starts, ends):
        slack = (domain.b - points @ domain.A.T).min(axis=1)
        assert np.abs(slack).max() < 1e-12
    boundary = domain.surface_area() if d > 1 else 2.0
    mean = 2 * domain.volume() / (boundary * estimators.crossing_constant(d))
    assert abs(lengths.mean() - mean) <= 3 * lengths.std() / np.sqrt(n) + 1e-12


def test_three_lines_in_a_square() -> None:
    found = estimators.line_crossings(LINES, SQUARE, 700, rng=0)
    area = 8 + 3 * math.sqrt(2)
    assert pe.enumerate_regions(LINES, SQUARE).walls().areas().sum() == pytest.approx(area)
    for estimate, value in (
        (found.wall_area, area),
        (found.crossings_per_chord, 1.530330),
        (found.regions_per_chord, 2.530330),
        (found.crossing_density, 0.487119),
    ):
        assert abs(estimate.value - value) < 3 * estimate.standard_error
    assert found.wall_area.details["from_chords"] == found.crossings_per_chord.value * 8
    assert "wall area" in repr(found)


def test_horizontal_lines_through_three_lines() -> None:
    found = estimators.line_crossings(LINES, SQUARE, 400, rng=1, direction=[1, 0])
    assert found.lengths == pytest.approx(np.full(400, 4.0))
    assert abs(found.crossings_per_chord.value - 1.75) < 3 * found.crossings_per_chord.standard_error
    assert found.crossing_density.value == pytest.approx(found.crossings_per_chord.value / 4)
    assert found.wall_area is None


@pytest.mark.parametrize(
    ("widths", "seed", "n", "most"), [((2, 16, 12, 1), 0, 1000, 0.02), ((3, 12, 1), 0, 1500, 0.02)]
)
def test_crofton_agrees_with_the_exact_areas_of_walls(
    widths: tuple[int, ...], seed: int, n: int, most: float
) -> None:
    network, domain = random_network(*widths, seed=seed), pe.box(-1, 1, dimension=widths[0])
    exact = pe.enumerate_regions(network, domain).walls().areas().sum()
    area = estimators.line_crossings(network, domain, n, rng=2).wall_area
    assert abs(area.value - exact) < 3 * area.standard_error
    assert area.value == pytest.approx(exact, rel=most)


def test_crossings_agree_with_where_points_along_the_segment_lie() -> None:
    network, domain = random_network(2, 6, 5, 1, seed=3), pe.box(-1, 1, dimension=2)
    regions = pe.enumerate_regions(network, domain)
    starts, ends = estimators.random_chords(domain, 8, rng=5)
    for start, end, n in zip(starts, ends, crossings_on_segments(network, starts, ends), strict=True):
        pieces = pe.regions_on_segment(network, start, end)
        middles = (pieces.breakpoints[1:] + pieces.breakpoints[:-1]) / 2
        visited = regions.locate(start + middles[:, np.newaxis] * (end - start))
        assert len(visited) == n + 1
        assert (visited >= 0).all()
        assert np.array_equal(regions.sign_vectors[visited], pieces.sign_vectors)
        assert pieces.outputs == pytest.approx(
            network(start + pieces.breakpoints[:, np.newaxis] * (end - start))
        )


def test_duplicated_and_opposite_neurons_are_one_wall_and_lines_in_one_dimension_are_the_domain() -> None:
    twice = pe.ReLUNetwork([([[1], [2], [-1]], [0, 0, 0]), ([[1, 1, 1]], [0])])
    found = estimators.line_crossings(twice, pe.box(-1, 1, dimension=1), 5)
    assert found.n_crossings.tolist() == [1] * 5
    assert found.wall_area.value == pytest.approx(1)


def test_what_makes_no_lines_is_refused() -> None:
    with pytest.raises(UnboundedError):
        estimators.line_crossings(LINES, None, 10)
    for direction in ([0, 0], [1, 0, 0], [[1, 0]]):
        with pytest.raises(InvalidArgumentError, match="direction"):
            estimators.line_crossings(LINES, SQUARE, 10, direction=direction)
    with pytest.raises(InvalidArgumentError, match="n_chords"):
        estimators.line_crossings(LINES, SQUARE, 0)


# -- random Gaussian lines ------------------------------------------------------------------------


def regions_in_the_disc(rows: np.ndarray) -> int:
    """Cells of lines w . x + b = 0 that meet the open unit disc: 1, and the lines in it, and their crossings."""
    w, b = rows[:, :2], rows[:, 2]
    n_lines = int((np.abs(b) < np.hypot(w[:, 0], w[:, 1])).sum())
    i, j = np.triu_indices(len(rows), 1)
    determinant = w[i, 0] * w[j, 1] - w[i, 1] * w[j, 0]
    x = (w[i, 1] * b[j] - w[j, 1] * b[i]) / determinant
    y = (w[j, 0] * b[i] - w[i, 0] * b[j]) / determinant
    return 1 + n_lines + int((x * x + y * y < 1).sum())


def test_random_gaussian_networks_have_the_expected_number_of_regions_near_the_origin() -> None:
    n, generator = 10, np.random.default_rng(11)
    counts = [regions_in_the_disc(generator.standard_normal((n, 3))) for _ in range(3000)]
    expected = 1 + n / math.sqrt(2) + math.comb(n, 2) * (1 - 1 / math.sqrt(2))
    assert expected == pytest.approx(21.2513, abs=1e-4)
    assert abs(np.mean(counts) - expected) < 3 * np.std(counts, ddof=1) / math.sqrt(len(counts))


def test_regions_near_the_origin_are_those_whose_polytopes_are() -> None:
    """The count that the last test rests on, against exact nearest points of enumerated regions."""
    generator = np.random.default_rng(12)
    for _ in range(4):
        rows = generator.standard_normal((5, 3))
        regions = pe.enumerate_regions(pe.ReLUNetwork([(rows[:, :2], rows[:, 2]), (np.ones((1, 5)), [0])]))
        near = sum(bool(np.linalg.norm(region.polytope.project([0.0, 0.0])) < 1) for region in regions)
        assert near == regions_in_the_disc(rows)


def test_a_neuron_changes_sign_between_two_points_by_their_angle() -> None:
    """Between 0 and (1, 0), with weights and biases of one variance, with probability 1/4."""
    generator = np.random.default_rng(13)
    hidden = (generator.normal(size=(4000, 2)), generator.normal(size=4000))
    network = pe.ReLUNetwork([hidden, (np.ones((1, 4000)), [0])])
    found = estimators.sampled_transitions(network, [[0, 0], [1, 0]], closed=False)
    assert abs(found.value / 4000 - 0.25) < 3 * math.sqrt(0.1875 / 4000)


def test_lines_through_a_box_are_those_that_rejection_draws() -> None:
    """The two ways of drawing lines, by mean and spread of the lengths of chords."""
    sides = np.array([1.0, 2.0, 4.0])
    box = pe.box([0, 0, 0], sides)
    cut = pe.HPolytope(
        np.vstack([box.A, [1, 1, 1]]), np.append(box.b, 7)
    )  # the same points, but no box by its rows
    for direction in (None, [1.0, -2.0, 0.5]):
        lengths = []
        for domain in (box, cut):
            starts, ends = estimators.random_chords(domain, 4000, rng=1, direction=direction)
            assert domain.contains((starts + ends) / 2).all()
            lengths.append(np.linalg.norm(ends - starts, axis=1))
        for power in (1, 2):
            a, b = (length**power for length in lengths)
            assert abs(a.mean() - b.mean()) < 3.5 * math.hypot(a.std(), b.std()) / math.sqrt(4000)


def test_many_inputs_are_no_obstacle() -> None:
    network, domain = random_network(100, 5, 1), pe.box(0, 1, dimension=100)
    found = estimators.line_crossings(network, domain, 5, rng=1)
    assert found.n_crossings.max() <= 5
    assert len(estimators.sample_patterns(network, domain, 50)) >= 1
