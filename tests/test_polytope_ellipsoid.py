"""The largest ellipsoid inside: known ratios, affine maps, thin and distant cells."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from itertools import product
from math import gamma, pi, sqrt

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.errors import (
    EmptyDomainError,
    FlatDomainError,
    MissingDependencyError,
    NumericalError,
    UnboundedError,
)
from polytope_engine.polytope import ellipsoid as module

pytest.importorskip("cvxpy")

SIMPLEX_RATIO = {2: pi / (3 * sqrt(3)), 3: pi / (6 * sqrt(3))}


def ball_volume(d: int) -> float:
    return pi ** (d / 2) / gamma(d / 2 + 1)


def simplex(d: int) -> pe.HPolytope:
    return pe.HPolytope(np.vstack([-np.eye(d, dtype=int), np.ones((1, d), dtype=int)]), [*[0] * d, 1])


def image(p: pe.HPolytope, M: list[list[Fraction]], shift: list[Fraction]) -> pe.HPolytope:
    """The image of p under x -> M x + shift, exactly; M is lower triangular."""
    d = len(M)
    inverse = [[Fraction(0)] * d for _ in range(d)]
    for k in range(d):
        for i in range(k, d):
            known = sum((M[i][j] * inverse[j][k] for j in range(i)), Fraction(0))
            inverse[i][k] = (Fraction(int(i == k)) - known) / M[i][i]
    A, b = p.exact_inequalities
    mapped = A @ np.array(inverse, dtype=object)
    return pe.HPolytope(mapped, b + mapped @ np.array(shift, dtype=object), p.labels)


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_every_triangle_and_every_tetrahedron_has_the_known_ratio(d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    M = [
        [Fraction(int(x)) for x in row]
        for row in np.tril(rng.integers(-5, 6, (d, d)), -1) + np.diag(rng.integers(1, 6, d))
    ]
    p = image(simplex(d), M, [Fraction(int(x)) for x in rng.integers(-9, 9, d)])
    assert p.inscribed_ellipsoid().volume / p.volume() == pytest.approx(SIMPLEX_RATIO[d], rel=1e-7)


@pytest.mark.parametrize("width", [Fraction(1, 10**8), Fraction(1, 10**25)])
@pytest.mark.parametrize(("size", "at"), [(Fraction(1), 0), (Fraction(1, 10**9), 10**6)])
def test_thin_small_and_distant_tetrahedra_have_the_same_ratio(
    width: Fraction, size: Fraction, at: int
) -> None:
    M = [[size, 0, 0], [3 * size, size / 7, 0], [size / 3, size, size * width]]
    p = image(simplex(3), M, [Fraction(at)] * 3)
    found = p.inscribed_ellipsoid()
    assert found.volume / p.volume() == pytest.approx(SIMPLEX_RATIO[3], rel=1e-7)
    assert found.center == pytest.approx(p.centroid(), rel=1e-6, abs=1e-6 * float(size))


@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_in_a_box_it_has_the_half_lengths_of_the_box(d: int) -> None:
    lower, lengths = np.arange(d) - 1.5, 2.0 ** np.arange(0, -3 * d, -3)
    found = pe.box(lower, lower + lengths).inscribed_ellipsoid()
    assert found.center == pytest.approx(lower + lengths / 2, rel=1e-6)
    assert found.matrix == pytest.approx(np.diag(lengths / 2), rel=1e-5, abs=1e-6)
    assert found.volume == pytest.approx(ball_volume(d) * np.prod(lengths / 2), rel=1e-7)


def test_in_a_cross_polytope_it_is_the_ball() -> None:
    p = pe.HPolytope(list(product((1, -1), repeat=3)), [1] * 8)
    found = p.inscribed_ellipsoid()
    assert found.matrix == pytest.approx(np.eye(3) / sqrt(3), abs=1e-6)
    assert found.volume == pytest.approx(ball_volume(3) / sqrt(27), rel=1e-7)


@pytest.mark.parametrize("seed", range(6))
def test_it_touches_the_facets_from_inside_and_is_larger_than_the_ball(seed: int) -> None:
    rng = np.random.default_rng(seed)
    d = 2 + seed % 3
    cuts = pe.HPolytope(rng.normal(size=(3 * d, d)), rng.random(3 * d) + 0.1)
    p = pe.box(-2, 2, dimension=d).intersection(cuts)
    found = p.inscribed_ellipsoid()
    assert (found.matrix == found.matrix.T).all()
    assert np.linalg.eigvalsh(found.matrix).min() > 0
    assert found.volume == pytest.approx(ball_volume(d) * np.linalg.det(found.matrix), rel=1e-9)
    normals = np.array([facet.normal for facet in p.facets()])
    offsets = np.array([facet.offset for facet in p.facets()])
    gaps = offsets - normals @ found.center - np.linalg.norm(normals @ found.matrix, axis=1)
    assert abs(gaps.min()) < 1e-12
    assert found.volume > ball_volume(d) * p.chebyshev_ball().radius ** d
    # John: blown up by d from its center it contains the polytope
    outward = np.linalg.solve(found.matrix, (p.vertices() - found.center).T)
    assert np.linalg.norm(outward, axis=0).max() <= d * (1 + 1e-5)


def test_where_there_is_no_largest_ellipsoid_the_error_says_why() -> None:
    with pytest.raises(UnboundedError, match=r"direction \(0, 1\) never leaves it"):
        pe.HPolytope([[-1, 0], [0, -1]], [0, 0]).inscribed_ellipsoid()
    with pytest.raises(FlatDomainError, match="The polytope is flat"):
        pe.HPolytope([[1], [-1]], [0, 0]).inscribed_ellipsoid()
    with pytest.raises(EmptyDomainError, match="The polytope is empty"):
        pe.HPolytope([[1], [-1]], [0, -1]).inscribed_ellipsoid()


def test_without_cvxpy_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cvxpy", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "polytope_engine\[cvx\]"'):
        simplex(2).inscribed_ellipsoid()


@pytest.mark.parametrize("factor", [0.99, 1.01, float("nan")])
def test_an_answer_that_does_not_fit_is_not_trusted(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    solved = module._solved

    def wrong(G: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        shape, center, weights = solved(G, h)
        return shape * factor, center, weights

    monkeypatch.setattr(module, "_solved", wrong)
    with pytest.raises(NumericalError, match="misses the facets by a factor of"):
        simplex(2).inscribed_ellipsoid()


def test_an_ellipsoid_that_is_not_the_largest_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """It touches sides of the rectangle, but is flatter than it could be."""
    solved = module._solved

    def smaller(G: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        shape, center, weights = solved(G, h)
        flat = shape @ np.diag([1.0, 0.9])
        return flat * np.min((h - G @ center) / np.linalg.norm(G @ flat, axis=1)), center, weights

    monkeypatch.setattr(module, "_solved", smaller)
    with pytest.raises(NumericalError, match=r"may be too small by a factor of 1\.0[67]"):
        pe.box([0, 0], [2, 1]).inscribed_ellipsoid()


def test_what_the_solver_refuses_is_an_error_of_the_project() -> None:
    with pytest.raises(NumericalError, match="The solver found no inscribed ellipsoid: its status is"):
        module._solved(np.array([[1.0], [-1.0]]), np.array([0.0, -1.0]))


def test_repr_is_short() -> None:
    assert repr(pe.box(0, 2, dimension=1).inscribed_ellipsoid()).startswith("<Ellipsoid of volume 2 at (1")


def test_cvxpy_and_scipy_wait_until_they_are_asked() -> None:
    code = (
        "import sys, polytope_engine as pe; p = pe.box(0, 1, dimension=3);"
        "p.volume(), p.aspect(), p.project([2, 2, 2]);"
        "print(*{'cvxpy', 'scipy', 'cdd'} & sys.modules.keys())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "\n"
