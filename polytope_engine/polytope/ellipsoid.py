"""The ellipsoid of largest volume inside a polytope."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gamma, inf, pi, prod

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import MissingDependencyError, NumericalError
from polytope_engine.exact.rational import Point, nearest_floats
from polytope_engine.polytope.exact_polytope import ExactPolytope
from polytope_engine.polytope.rows import row_length

FloatArray = NDArray[np.float64]
_TOLERANCE = 1e-6
_GAP = 1e-12


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """The points ``center + matrix @ u`` with |u| <= 1.

    Attributes
    ----------
    center : float64 array, shape (d,)
    matrix : float64 array, shape (d, d)
        Symmetric and positive definite: its eigenvectors are the axes, its eigenvalues the half lengths.
    volume : float

    Examples
    --------
    >>> Ellipsoid(np.zeros(2), np.diag([2.0, 0.5]), pi)
    <Ellipsoid of volume 3.14159 at (0, 0)>
    """

    center: FloatArray
    matrix: FloatArray
    volume: float

    def __repr__(self) -> str:
        center = ", ".join(f"{x:.6g}" for x in self.center)
        return f"<Ellipsoid of volume {self.volume:.6g} at ({center})>"


def inscribed_ellipsoid(p: ExactPolytope) -> Ellipsoid:
    """Return the ellipsoid of largest volume in a bounded polytope with interior.

    Raises
    ------
    EmptyDomainError, FlatDomainError, UnboundedError
        If the polytope has no interior, or is unbounded.
    MissingDependencyError
        If cvxpy is not installed.
    NumericalError
        If the solver fails, or its answer does not fit.

    Notes
    -----
    Affine maps take the largest ellipsoid to the largest ellipsoid. So the program is solved in the coordinates in
    which the largest simplex of the pulling triangulation is the standard one, where no polytope is thin, small or
    far away; the change of coordinates is exact. The answer is then scaled, by next to nothing, so that it touches
    the polytope's facets from inside, up to the rounding of `center` and `matrix`. Multipliers of the facets bound
    the volume of every other ellipsoid inside, and the bound must agree with the answer.

    Examples
    --------
    >>> inscribed_ellipsoid(ExactPolytope([(1, 0), (-1, 2)], 1))
    <Ellipsoid of volume 2 at (1)>

    References
    ----------
    S. Boyd, L. Vandenberghe, Convex Optimization, 2004, section 8.4.2.
    """
    p.interior_or_refusal("the largest ellipsoid inside")
    found = p.triangulation()
    largest = max(range(len(found)), key=lambda k: found.volumes[k])
    origin, *corners = (found.points[k] for k in found.simplices[largest])
    edges = [tuple(x - y for x, y in zip(corner, origin, strict=True)) for corner in corners]
    G, h = _unit_rows([p.rows[rows[0]] for rows in p.facets()], origin, edges)
    shape, center, weights = _solved(G, h)
    room = float(np.min((h - G @ center) / np.linalg.norm(G @ shape, axis=1)))
    if not abs(room - 1) < _TOLERANCE:
        raise NumericalError(
            f"The solver's ellipsoid misses the facets by a factor of {room:.9g}, so it is not trusted.",
            factor=room,
        )
    shape = shape * room
    excess = _possible_gain(G, h, shape, center, weights)
    if not excess < _TOLERANCE:
        raise NumericalError(
            f"The solver's ellipsoid may be too small by a factor of {np.exp(excess):.9g}, so it is not trusted.",
            factor=float(np.exp(excess)),
        )
    d = p.dimension
    exact_center = _image([Fraction(x) for x in center.tolist()], edges, origin)
    exact_shape = [_image([Fraction(x) for x in column], edges) for column in shape.T.tolist()]
    ball = pi ** (d / 2) / gamma(d / 2 + 1)
    simplex = float(np.linalg.det(shape)) * ball * prod(range(1, d + 1))
    (volume,) = nearest_floats([found.volumes[largest] * Fraction(simplex)])
    return Ellipsoid(np.array(nearest_floats(exact_center)), _symmetric(exact_shape), volume)


def _unit_rows(
    rows: Sequence[Sequence[int]], origin: Point, edges: Sequence[Point]
) -> tuple[FloatArray, FloatArray]:
    """Return ``G @ u <= h`` for rows in the coordinates u of ``origin + u @ edges``, each normal of length 1."""
    G: list[tuple[float, ...]] = []
    h: list[float] = []
    for row in rows:
        normal = [sum((a * x for a, x in zip(row, edge, strict=False)), Fraction(0)) for edge in edges]
        value = sum((a * x for a, x in zip(row, origin, strict=False)), Fraction(row[-1]))
        scale = max(map(abs, normal))
        length = row_length([int(x / scale * 2**70) for x in normal] + [0]) * scale / 2**70
        G.append(nearest_floats([-x / length for x in normal]))
        h.append(*nearest_floats([value / length]))
    return np.array(G), np.array(h)


def _possible_gain(
    G: FloatArray, h: FloatArray, shape: FloatArray, center: FloatArray, weights: FloatArray
) -> float:
    """Bound the logarithm of the volume of an ellipsoid in ``G @ u <= h`` over that of this one.

    With w >= 0 and unit vectors e_i, every ellipsoid c + B u inside has ``sum w_i e_i . B g_i <= sum w_i (h_i -
    g_i . c)``. The left side is tr(M B), and log det B <= d log(tr(M B) / d) - log det M.
    """
    d = len(center)
    weights = np.maximum(weights, 0.0)
    images = G @ shape
    units = images / np.linalg.norm(images, axis=1, keepdims=True)
    M = (G * weights[:, np.newaxis]).T @ units
    M = (M + M.T) / 2
    imbalance = float(np.linalg.norm(weights @ G))  # 0 where the center cannot matter
    reach = 2 * d * float(np.linalg.norm(shape, 2))
    budget = float(weights @ (h - G @ center)) + imbalance * reach
    if not (budget > 0 and np.linalg.eigvalsh(M).min() > 0):
        return inf
    return float(d * np.log(budget / d) - np.linalg.slogdet(M)[1] - np.linalg.slogdet(shape)[1])


def _image(u: Sequence[Fraction], edges: Sequence[Point], origin: Point | None = None) -> Point:
    start = origin or (Fraction(0),) * len(edges[0])
    return tuple(
        x + sum((c * edge[k] for c, edge in zip(u, edges, strict=True)), Fraction(0))
        for k, x in enumerate(start)
    )


def _symmetric(columns: Sequence[Point]) -> FloatArray:
    """Return the positive definite matrix that maps the unit ball where the columns do."""
    scale = max(abs(x) for column in columns for x in column)
    unit = Fraction(2) ** (scale.numerator.bit_length() - scale.denominator.bit_length())
    matrix = np.array([nearest_floats([x / unit for x in column]) for column in columns]).T
    axes, lengths, _ = np.linalg.svd(matrix)
    symmetric = (axes * lengths) @ axes.T
    return np.asarray((symmetric + symmetric.T) / 2 * nearest_floats([unit])[0])


def _solved(G: FloatArray, h: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Solve for shape and center of the largest ellipsoid in ``G @ u <= h``, and the rows' multipliers."""
    try:
        import cvxpy as cp
    except ImportError as failure:
        raise MissingDependencyError(
            'The inscribed ellipsoid needs cvxpy: pip install "polytope_engine[cvx]"', package="cvxpy"
        ) from failure
    d = G.shape[1]
    shape = cp.Variable((d, d), PSD=True)
    center = cp.Variable(d)
    inside = cp.norm(G @ shape, axis=1) + G @ center <= h
    problem = cp.Problem(cp.Maximize(cp.log_det(shape)), [inside])
    # The volume hardly changes near its maximum, so the shape needs a gap much smaller than its own error.
    fine = {"tol_gap_abs": _GAP, "tol_gap_rel": _GAP, "tol_feas": _GAP}
    reason = "it ended without an answer"
    for settings in (fine, {}):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an inaccurate answer is judged by the caller
                problem.solve(solver=cp.CLARABEL, **settings)
        except (cp.error.SolverError, ValueError) as failure:
            reason = str(failure).strip().split("\n")[0].rstrip(".")
            continue
        if shape.value is not None and center.value is not None:
            found = (shape.value + shape.value.T) / 2
            return np.asarray(found), np.asarray(center.value), np.asarray(inside.dual_value)
        reason = f"its status is {problem.status}"
    raise NumericalError(f"The solver found no inscribed ellipsoid: {reason}.")
