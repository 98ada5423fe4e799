"""The largest ball inside, and which of several largest balls."""

from __future__ import annotations

from math import inf, sqrt

import numpy as np
import pytest
from scipy.optimize import linprog

from polytope_engine.errors import EmptyDomainError
from polytope_engine.exact.rational import integer_row
from polytope_engine.polytope.boxes import box
from polytope_engine.polytope.hpolytope import HPolytope


def simplex(d):
    return HPolytope(np.vstack([-np.eye(d), np.ones((1, d))]), [0.0] * d + [1.0])


def cross_polytope(d):
    signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * d)).reshape(d, -1).T
    return HPolytope(signs, np.ones(len(signs)))


@pytest.mark.parametrize("d", range(1, 7))
def test_the_balls_of_simplex_cube_and_cross_polytope_are_the_known_ones(d):
    assert simplex(d).chebyshev_ball().radius == pytest.approx(1 / (d + sqrt(d)), rel=1e-14)
    ball = box(0, 1, dimension=d).chebyshev_ball()
    assert ball.radius == 0.5
    assert ball.center.tolist() == [0.5] * d
    assert cross_polytope(d).chebyshev_ball().radius == pytest.approx(1 / sqrt(d), rel=1e-14)


@pytest.mark.parametrize("seed", range(25))
def test_radius_agrees_with_highs_and_the_ball_touches_its_walls(seed):
    rng = np.random.default_rng(seed)
    d, m = rng.integers(1, 6), rng.integers(4, 20)
    A = np.vstack([rng.normal(size=(m, d)), np.eye(d), -np.eye(d)])
    b = np.concatenate([rng.uniform(0.1, 2, m), np.ones(2 * d)])
    ball = HPolytope(A, b).chebyshev_ball()
    lengths = np.linalg.norm(A, axis=1)
    reference = linprog(np.r_[np.zeros(d), -1.0], A_ub=np.c_[A, lengths], b_ub=b, bounds=(None, None))
    assert ball.radius == pytest.approx(-reference.fun, rel=1e-7)
    assert np.min((b - A @ ball.center) / lengths) == pytest.approx(ball.radius, rel=1e-12)


@pytest.mark.parametrize("width", [1e-3, 1e-9, 1e-12, 1e-30, 1e-200])
def test_thin_cells_are_no_harder_than_round_ones(width):
    rows = [(1, 3, 0), (-1, -3, width), (1, -1, 1), (-1, 1, 1)]
    ball = HPolytope.from_exact_rows([integer_row(row) for row in rows]).chebyshev_ball()
    assert ball.radius == pytest.approx(width / 2 / sqrt(10), rel=1e-14)
    assert ball.center == pytest.approx([width / 8, width / 8], rel=1e-14)


def test_of_many_largest_balls_the_lexicographic_one_is_taken():
    ball = box([0, 0, 0], [1, 2, 5]).chebyshev_ball()
    assert ball.radius == 0.5
    assert ball.center.tolist() == [0.5, 1.0, 2.5]


def test_order_and_repetition_of_rows_do_not_move_the_center():
    rng = np.random.default_rng(3)
    p = box([0, 0, 0], [1, 2, 5])
    for _ in range(5):
        order = rng.permutation(np.r_[np.arange(6), rng.integers(0, 6, 4)])
        factors = 2.0 ** rng.integers(-3, 3, len(order))
        again = HPolytope(p.A[order] * factors[:, None], p.b[order] * factors)
        assert again.chebyshev_ball().center.tolist() == [0.5, 1.0, 2.5]


def test_an_endless_strip_holds_its_ball_at_the_near_end():
    half_strip = HPolytope([[0, 1], [0, -1], [-1, 0]], [1, 1, 0])
    ball = half_strip.chebyshev_ball()
    assert ball.radius == 1
    assert ball.center == pytest.approx([1, 0], abs=1e-15)


@pytest.mark.parametrize("mirrored", [False, True])
def test_of_the_balls_in_an_endless_slab_the_nearest_to_the_other_walls_is_taken(mirrored):
    # |z| <= 1, x >= 0, y >= 0, x + 2 y >= 20; the two corners of that are not equally near.
    A = np.array([[0, 0, 1], [0, 0, -1], [-1, 0, 0], [0, -1, 0], [-1, -2, 0]])
    center = [1, (19 + sqrt(5)) / 2, 0]
    if mirrored:
        A, center = A[:, [1, 0, 2]], [center[1], center[0], 0]
    ball = HPolytope(A, [1, 1, 0, 0, -20]).chebyshev_ball()
    assert ball.radius == 1
    assert ball.center == pytest.approx(center, rel=1e-14)


def test_along_lines_the_center_has_no_component():
    ball = HPolytope([[1, 1], [-1, -1]], [4, 0]).chebyshev_ball()
    assert ball.radius == pytest.approx(sqrt(2), rel=1e-15)
    assert ball.center == pytest.approx([1, 1], rel=1e-14)


@pytest.mark.parametrize("p", [HPolytope([[-1, 0], [0, -1]], [0, 0]), HPolytope(np.zeros((0, 3)), [])])
def test_where_the_recession_cone_has_interior_the_radius_is_infinite(p):
    ball = p.chebyshev_ball()
    assert ball.radius == inf
    assert p.contains(ball.center)


def test_a_flat_polytope_holds_a_ball_of_radius_zero_and_an_empty_one_none():
    flat = HPolytope([[1, 0], [-1, 0], [0, 1], [0, -1]], [2, -2, 1, 1])
    ball = flat.chebyshev_ball()
    assert ball.radius == 0
    assert flat.contains(ball.center)
    with pytest.raises(EmptyDomainError, match="empty"):
        HPolytope([[1.0], [-1.0]], [0.0, -1.0]).chebyshev_ball()
