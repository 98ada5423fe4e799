"""Lengths in the input's metric, as the kernel of largest balls needs them in working coordinates."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from polytope_engine.exact.rational import nearest_floats
from polytope_engine.kernels import balls
from polytope_engine.kernels.search_state import UNIT
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.working_space import WorkingSpace


def ball_shape(
    network: ReLUNetwork, domain: HPolytope | None, space: WorkingSpace, deepest: int
) -> balls.BallTask:
    """What the kernel of largest balls must know, and its scratch for cells of up to this many rows."""
    r = space.dimension
    metric, unit = _metric(network, domain, space)
    directions = _spanning_directions(r)
    return balls.BallTask(
        metric=metric,
        lengths=np.sqrt(np.diag(metric)) * (1 + 1e-12),
        metric_error=(3 * network.input_dim + 2 * r + 20) * 2 * UNIT,
        unit=unit,
        directions=directions,
        recover=_absolute_inverse(directions[:-1]),
        extents=np.zeros(r + 1),
        reach=np.zeros(r + 1),
        local_reach=np.zeros(r),
        facet=np.zeros(deepest, dtype=np.int64),
        radius=np.zeros(1),
    )


def _spanning_directions(r: int) -> NDArray[np.float64]:
    """R integer directions that are a basis, and minus their sum: together they span positively."""
    generator = np.random.default_rng(0)
    while True:
        basis = generator.integers(-1000, 1001, size=(r, r))
        if fmpq_mat(r, r, [int(v) for v in basis.ravel()]).rank() == r:
            return np.vstack([basis, -basis.sum(axis=0)]).astype(np.float64)


def _absolute_inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Absolute values of the inverse of an integer matrix, rounded up."""
    r = len(matrix)
    inverse = fmpq_mat(r, r, [int(v) for v in matrix.ravel()]).inv()
    exact = [abs(Fraction(int(inverse[i, k].p), int(inverse[i, k].q))) for i in range(r) for k in range(r)]
    return np.array(nearest_floats(exact)).reshape(r, r) * (1 + 1e-12)


def _metric(
    network: ReLUNetwork, domain: HPolytope | None, space: WorkingSpace
) -> tuple[NDArray[np.float64], float]:
    """G with a G a = (|normal| unit)^2: from scaled working coordinates to the length of the full normal.

    The coordinates that the search leaves out are combinations of those it keeps: with N the normals
    that span the row space, N = N[:, columns] (I | Q), and G = I + Q Q^T, scaled. The unit is a power
    of two that brings the largest entry near 1.
    """
    metric = np.eye(space.dimension)
    rest = _rest(network, domain, space)
    with np.errstate(all="ignore"):  # what is too large for floats leads to rational arithmetic
        metric = metric + rest @ rest.T
    scale = np.exp2(-space.shifts.astype(float))
    with np.errstate(all="ignore"):
        metric = metric * np.outer(scale, scale)
    largest = np.sqrt(np.diag(metric).max())
    exponent = int(np.frexp(largest)[1]) if np.isfinite(largest) else 0
    return np.ascontiguousarray(np.ldexp(metric, -2 * exponent)), float(np.ldexp(1.0, -exponent))


def full_normals(network: ReLUNetwork, domain: HPolytope | None, space: WorkingSpace) -> NDArray[np.float64]:
    """L, shape (r, d), with a L the full normal of a row a in scaled working coordinates."""
    r, d = space.dimension, network.input_dim
    lift = np.zeros((r, d))
    lift[:, list(space.columns)] = np.eye(r)
    lift[:, [k for k in range(d) if k not in space.columns]] = _rest(network, domain, space)
    return np.asarray(lift * np.exp2(-space.shifts.astype(float))[:, np.newaxis])


def _rest(network: ReLUNetwork, domain: HPolytope | None, space: WorkingSpace) -> NDArray[np.float64]:
    """Q, shape (r, d - r): each coordinate that the search leaves out, as a combination of those it keeps."""
    r, d = space.dimension, network.input_dim
    if r == d:
        return np.zeros((r, 0))
    first, _ = network.exact.pre_activation_rows(0, np.zeros(0, dtype=np.int8))
    normals = [[Fraction(int(v)) for v in row[:-1]] for row in first]
    if domain is not None:
        normals += [[Fraction(int(v)) for v in row[:-1]] for row in domain.exact_rows]
    full = fmpq_mat(len(normals), d, [fmpq(v.numerator, v.denominator) for row in normals for v in row])
    order = [*space.columns, *(k for k in range(d) if k not in space.columns)]
    arranged = fmpq_mat(len(normals), d, [full[i, k] for i in range(len(normals)) for k in order])
    reduced, _ = arranged.rref()
    exact = [Fraction(int(reduced[i, k].p), int(reduced[i, k].q)) for i in range(r) for k in range(r, d)]
    return np.array(nearest_floats(exact)).reshape(r, d - r)
