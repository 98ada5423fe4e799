"""Numbers along paths, on slices, and of batches: exact ones beside dense sampling and the literature's formulas."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_networks import random_network
from scipy import sparse

import polytope_engine as pe
from polytope_engine import estimators
from polytope_engine.complexes.segments.variation import mean_of_absolute, released_bound
from polytope_engine.errors import InvalidArgumentError, InvalidDomainError, InvalidNetworkError

HAT = pe.library.hat().network
DEEP = random_network(3, 7, 6, 2, seed=5)
PATH = np.array([[-1.0, -0.5, 0.3], [0.8, 0.1, -0.9], [0.2, 1.0, 0.4]])


def dense(network: pe.ReLUNetwork, path: np.ndarray, n: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    """Many points on each segment, and the outputs there."""
    t = np.linspace(0, 1, n + 1)[:, np.newaxis]
    segments = [a + t * (b - a) for a, b in zip(path[:-1], path[1:], strict=True)]
    return np.array(segments), np.array([network(x) for x in segments])


def test_deviations_of_one_piece() -> None:
    one, zero = np.array([1.0]), np.array([0.0])
    assert mean_of_absolute(one, zero) == 0.5
    assert released_bound(one, -one, zero, one) == 1.5
    assert mean_of_absolute(one, -one) == 0.5
    assert mean_of_absolute(zero, zero) == 0


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(0, 9), st.integers(1, 9))
def test_the_integral_of_an_absolute_value_is_at_most_the_released_bound(
    a: int, b: int, t0: int, step: int
) -> None:
    t1, zero = Fraction(t0 + step), Fraction(-a, b) if b else None
    cuts = [Fraction(t0), *([zero] if zero is not None and t0 < zero < t1 else []), t1]
    exact = sum(abs(a + b * (s + e) / 2) * (e - s) for s, e in zip(cuts[:-1], cuts[1:], strict=True))
    A, B, start, end = (np.array([float(x)]) for x in (a, b, t0, t1))
    found = step * mean_of_absolute(A + B * start, A + B * end)
    assert found == pytest.approx(float(exact))
    assert found <= released_bound(A, B, start, end) + 1e-9


def test_pieces_thinner_than_floats_have_deviations() -> None:
    first = [-Fraction(1, 3), -Fraction(1, 3) - Fraction(1, 10**30)]
    net = pe.ReLUNetwork([([[1], [1]], first), ([[1, 1]], [0])])
    # 0 up to 1/3, then rising by 4/3: a triangle with the chord as its long side
    assert estimators.crossing_count(net, [[0], [1]]).value == 2
    assert estimators.absolute_deviation(net, [[0], [1]]).value == pytest.approx(2 / 9)
    assert estimators.released_absolute_deviation(net, [[0], [1]]).value > 2 / 9


def test_numbers_along_a_path_are_those_of_dense_sampling() -> None:
    x, y = dense(DEEP, PATH)
    lengths = np.linalg.norm(np.diff(PATH, axis=0), axis=1)
    assert estimators.trajectory_length(DEEP, PATH).value == pytest.approx(
        np.linalg.norm(np.diff(y, axis=1), axis=2).sum(), rel=1e-4
    )
    assert estimators.total_variation(DEEP, PATH).details["per_output"] == pytest.approx(
        np.abs(np.diff(y, axis=1)).sum(axis=(0, 1)), rel=1e-4
    )
    t = np.linspace(0, 1, y.shape[1])[:, np.newaxis]
    chords = y[:, :1] + t * (y[:, -1:] - y[:, :1])
    deviation = (np.trapezoid(np.abs(y - chords), t[:, 0], axis=1) * lengths[:, np.newaxis]).sum(axis=0)
    found = estimators.absolute_deviation(DEEP, PATH)
    assert found.details["per_output"] == pytest.approx(deviation, rel=1e-3)
    assert estimators.released_absolute_deviation(DEEP, PATH).value > found.value
    signs = np.array([DEEP.sign_vector(points) for points in x])
    n = int((signs[:, 1:] != signs[:, :-1]).any(axis=2).sum())
    assert estimators.crossing_count(DEEP, PATH).value == n
    assert estimators.crossing_count(DEEP, PATH).details["density"] == pytest.approx(n / lengths.sum())
    assert estimators.transitions(DEEP, PATH, closed=False).value == (signs[:, 1:] != signs[:, :-1]).sum()


def test_the_length_of_a_hidden_layer_is_that_of_its_activations() -> None:
    x, _ = dense(DEEP, PATH)
    for layer in (0, 1):
        h = x
        for (W, b), _ in zip(DEEP.weights, range(layer + 1), strict=False):
            h = np.maximum(h @ W.T + b, 0)
        expected = np.linalg.norm(np.diff(h, axis=1), axis=2).sum()
        assert estimators.trajectory_length(DEEP, PATH, layer).value == pytest.approx(expected, rel=1e-4)
    for layer in (2, -1, 0.5, True):
        with pytest.raises(InvalidArgumentError, match="layer"):
            estimators.trajectory_length(DEEP, PATH, layer)


def test_closed_paths_return_and_points_that_are_repeated_do_nothing() -> None:
    loop = estimators.transitions(DEEP, PATH, closed=True)
    assert loop.value == estimators.transitions(DEEP, [*PATH, PATH[0]], closed=False).value
    assert loop.value % 2 == 0
    assert estimators.sampled_transitions(DEEP, PATH).value <= loop.value
    again = estimators.total_variation(DEEP, [PATH[0], PATH[0], *PATH[1:]])
    assert again.value == estimators.total_variation(DEEP, PATH).value
    for points in ([[0, 0, 0]], [0, 0, 0], []):
        with pytest.raises(InvalidArgumentError, match="points"):
            estimators.transitions(DEEP, points)


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize(
    "points",
    [
        [[-1, 0], [0, 1], [1, 0]],  # through a wall in a corner
        [[-1, 0], [0, 1], [-1, 2]],  # touching it
        [[0, 0], [1, 0], [-1, 0]],  # from a wall; the way back ends there, on its other side
        [[0, 0], [1, 1], [1, -1]],
        [[-1, 0], [0, 0], [0, 1], [1, 1]],  # along it
        [[0, 0], [1, 0], [1, 0], [-1, 2], [0, 0], [0, 0]],
    ],
)
def test_walls_are_crossed_in_corners_too(points: list[list[int]], closed: bool) -> None:
    """As the visits of the exact path say, and as it is once the corners are cut off."""
    network = pe.ReLUNetwork([([[1, 0], [2, 0], [-1, 0], [0, 1]], [0, 0, 0, -5]), ([[1] * 4], [0])])
    path = pe.regions_on_path(network, points, closed)
    n_walls = path.n_visits if closed and path.n_visits > 1 else path.n_visits - 1
    assert estimators.crossing_count(network, points, closed=closed).value == n_walls
    found = estimators.transitions(network, points, closed=closed)
    assert found.details["n_crossings"] == n_walls
    is_active = path.sign_vectors > 0
    if closed:
        is_active = np.concatenate([is_active, is_active[:1]])
        assert found.value % 2 == 0
    assert found.value == (is_active[1:] != is_active[:-1]).sum()


def test_long_paths_are_followed_some_segments_at_a_time() -> None:
    points = np.random.default_rng(8).normal(size=(150, 3))
    points[70:90] = points[69]
    told: list[int] = []
    found = estimators.crossing_count(DEEP, points, progress=lambda n, fraction: told.append(n))
    assert told == [64, 128, 149]
    apart = [estimators.crossing_count(DEEP, points[k : k + 2]).value for k in range(149)]
    assert (found.value, found.n_samples) == (sum(apart), 129)
    assert estimators.sampled_transitions(DEEP, PATH, closed=True).n_samples == len(PATH)


def test_rational_corners_are_taken_as_they_are() -> None:
    third = Fraction(1, 3)
    network = pe.ReLUNetwork([([[3]], [-1]), ([[1]], [0])])
    assert estimators.crossing_count(network, [[0], [third]]).value == 0  # it ends on the wall
    assert estimators.crossing_count(network, [[0], [third + Fraction(1, 10**30)]]).value == 1
    through_corner = estimators.transitions(network, [[0], [third], [1]], closed=False)
    assert (through_corner.value, through_corner.details["n_crossings"]) == (1, 1)


# -- slices ---------------------------------------------------------------------------------------


def test_a_slice_has_the_regions_that_dense_points_of_it_meet() -> None:
    regions = estimators.slice_regions(DEEP, PATH)
    assert regions.status.is_complete
    u, v = np.meshgrid(*[np.linspace(-0.5, 1.5, 301)] * 2)
    t = np.c_[u.ravel(), v.ravel()]
    p, q, r = PATH
    met = {row.tobytes() for row in DEEP.sign_vector(p + t[:, :1] * (q - p) + t[:, 1:] * (r - p))}
    assert met <= {row.tobytes() for row in regions.sign_vectors}
    assert len(met) > 0.8 * len(regions)
    for region in list(regions)[:5]:
        s = region.interior_point
        x = p + s[0] * (q - p) + s[1] * (r - p)
        assert regions.network(s) == pytest.approx(DEEP(x))


def test_a_slice_of_a_box_is_cut_to_it_and_drawn() -> None:
    domain = pe.box(-1, 1, dimension=3)
    regions = estimators.slice_regions(DEEP, PATH, domain)
    volume = regions.measure("volume")["volume"].sum()
    section = domain.slice(PATH[0], [PATH[1] - PATH[0], PATH[2] - PATH[0]])
    assert volume == pytest.approx(section.volume())
    ax = regions.plot()
    assert len(ax.collections) + len(ax.patches) > 0


def test_three_points_of_a_line_make_no_slice() -> None:
    for points in ([[0, 0, 0], [1, 1, 1], [2, 2, 2]], [[0, 0, 0], [0, 0, 0], [1, 2, 3]], PATH[:2], PATH[0]):
        with pytest.raises(InvalidArgumentError, match="points"):
            estimators.slice_regions(DEEP, points)
    for margin in (-0.5, np.nan, np.inf, "1"):
        with pytest.raises(InvalidArgumentError, match="margin"):
            estimators.slice_regions(DEEP, PATH, margin=margin)


# -- proxies --------------------------------------------------------------------------------------


def test_scores_of_a_batch_by_hand() -> None:
    network = pe.ReLUNetwork([([[1, 0], [2, 0], [0, 1], [0, 0]], [0, 0, 0, 1]), ([[1] * 4], [0])])
    x = [[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [-2.0, -3.0]]
    patterns = network.activation_pattern(x).astype(int)
    score = estimators.swap_score(network, x)
    assert score.value == len({tuple(column) for column in patterns.T}) == 3
    assert score.details["n_rows"] == len({tuple(row) for row in patterns}) == 3
    assert estimators.naswot(network, x).value == -np.inf
    kernel = np.array([[4 - int((a != b).sum()) for b in patterns[:3]] for a in patterns[:3]])
    assert estimators.naswot(network, x[:3]).value == pytest.approx(np.log(np.linalg.det(kernel)))
    for none in (x[0], [], np.zeros((0, 2))):
        with pytest.raises(InvalidArgumentError, match="batch"):
            estimators.swap_score(network, none)


def test_a_kernel_of_different_patterns_may_be_singular_all_the_same() -> None:
    quadrants = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
    x = [[1, 1], [1, -1], [-1, 1], [-1, -1]]  # eigenvalues 4, 2, 2, 0; in floats the logarithm would be -34
    assert estimators.naswot(quadrants, x).value == -np.inf
    assert estimators.naswot(quadrants, x[:3]).value == pytest.approx(np.log(4))


def test_swap_scores_are_bounded_and_repeating_points_changes_nothing() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (50, 3))
    score = estimators.swap_score(DEEP, x)
    assert score.value <= DEEP.n_neurons
    again = estimators.swap_score(DEEP, np.concatenate([x, x]))
    assert (again.value, again.details) == (score.value, score.details)


def test_jacobian_nonlinearity_is_the_mean_over_walls() -> None:
    network, domain = random_network(2, 5, 4, 1), pe.box(-1, 1, dimension=2)
    regions = pe.enumerate_regions(network, domain)
    walls = regions.walls()
    maps = [region.affine_map[0] for region in regions]
    norm = np.linalg.norm
    ratios = np.array(
        [norm(maps[i] - maps[j]) / max(norm(maps[i]) + norm(maps[j]), 1e-300) for i, j in walls.pairs]
    )
    assert estimators.jacobian_nonlinearity(walls).value == pytest.approx(ratios.mean())
    areas = walls.areas()
    by_area = estimators.jacobian_nonlinearity(walls, "areas").value
    assert by_area == pytest.approx((ratios * areas).sum() / areas.sum())
    with pytest.raises(InvalidArgumentError, match="weights"):
        estimators.jacobian_nonlinearity(walls, "volume")
    with pytest.raises(InvalidArgumentError, match="unbounded"):
        estimators.jacobian_nonlinearity(pe.enumerate_regions(network).walls(), "areas")


SQUARE = pe.box(-1, 1, dimension=2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: estimators.total_variation("net", [[0], [1]]), "`network` has type str"),
        (lambda: estimators.absolute_deviation("net", [[0], [1]]), "`network` has type str"),
        (lambda: estimators.restricted("net", [0], [[1]]), "`network` has type str"),
        (lambda: estimators.slice_regions("net", PATH), "`network` has type str"),
        (lambda: estimators.slice_regions(DEEP, np.eye(3), "box"), "`domain`"),
        (lambda: estimators.patterns_at(DEEP, [[0.0, 1.0]]), "`points` has shape"),
        (lambda: estimators.patterns_at(DEEP, [[0.0, 1.0, np.nan]]), "`points` is NaN"),
        (lambda: estimators.inverse_volume(DEEP, SQUARE, 5, sample=[1, 2]), "`sample` must be a PatternSample"),
        (lambda: estimators.jacobian_nonlinearity([1, 2]), "`walls` must be walls"),
        (lambda: estimators.spectral_gap([[0, 1], [1, 0]]), "`adjacency` must be a square"),
        (lambda: estimators.spectral_gap(sparse.csr_array((2, 3))), "`adjacency` must be a square"),
        (lambda: estimators.collision_estimate([], []), "not empty"),
        (lambda: estimators.collision_estimate([0, 1, 1], [2, 2]), "as long as each other"),
        (lambda: estimators.collision_estimate([0.5, 1.0], [2, 2]), "sequences of integers"),
        (lambda: pe.library.named(3), "`name` is 3, but must be a call"),
    ],
)  # fmt: skip
def test_what_cannot_be_looked_at_is_refused_by_name(call, message: str) -> None:
    with pytest.raises((InvalidArgumentError, InvalidDomainError, InvalidNetworkError), match=message):
        call()


def test_the_gap_is_that_of_any_sparse_matrix() -> None:
    links = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    for kind in (sparse.csr_array, sparse.coo_array, sparse.csc_matrix):
        assert estimators.spectral_gap(kind(links)) == pytest.approx(0.5)
