"""The coordinates that a walk from region to region runs in, and the way back to the network's inputs."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat, nmod_mat
from numpy.typing import NDArray

from polytope_engine.exact.decisions import rank_columns, strictly_inside
from polytope_engine.kernels import search_state as state
from polytope_engine.kernels.balls import BallTask
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.metric import full_normals
from polytope_engine.regions.search import nearest_finite
from polytope_engine.regions.working_space import WorkingSpace, working_space

Floats = NDArray[np.float64]
Signs = NDArray[np.int8]
ExactPoint = tuple[Fraction, ...]

_PRIME = (1 << 61) - 1


class Chart:
    """Working coordinates y of a network: ``y = lift @ x + offset``, and nothing else about x matters.

    If the first layer's rows are independent and the domain is all of R^d, its pre-activations are the
    coordinates: the rows of that layer are unit vectors then and those of the next one the weights themselves,
    without any rounding. Otherwise the coordinates are some of the inputs, as many as the rank of all normals.

    Parameters
    ----------
    network : ReLUNetwork
        At least one hidden layer.
    domain : HPolytope or None

    Attributes
    ----------
    working : ReLUNetwork
        The network as a function of the working coordinates. Its sign vectors are those of `network`.
    space : WorkingSpace
        Its coordinates; the kernels' are these, divided by powers of two.
    is_input : bool
        Whether working coordinates are all the inputs, up to powers of two.
    """

    def __init__(self, network: ReLUNetwork, domain: HPolytope | None) -> None:
        self.network = network
        self.domain = domain
        self.by_neurons = domain is None and not network.is_rational and _is_independent(network)
        if self.by_neurons:
            width = network.hidden_widths[0]
            layers = [(np.eye(width), np.zeros(width)), *network.weights[1:]]
            self.working = ReLUNetwork(layers, list(network.negative_slopes))
        else:
            self.working = network
        self.space: WorkingSpace = working_space(self.working, domain)
        self.is_input = not self.by_neurons and self.space.dimension == network.input_dim

    @property
    def dimension(self) -> int:
        """The number r of working coordinates."""
        return self.space.dimension

    @cached_property
    def lift(self) -> Floats:
        """The linear part of the kernels' coordinates, up to rounding."""
        lift = full_normals(self.working, self.domain, self.space)
        return np.asarray(lift @ self.network.weights[0][0]) if self.by_neurons else lift

    @cached_property
    def offset(self) -> Floats:
        """The constant part of the kernels' coordinates."""
        if not self.by_neurons:
            return np.zeros(self.dimension)
        return np.ldexp(self.network.weights[0][1], -self.space.shifts)

    @cached_property
    def _back(self) -> Floats:
        return np.asarray(np.linalg.pinv(self.lift))

    # -- there ---------------------------------------------------------------------------------------

    def to_working(self, x: Floats) -> Floats:
        """The kernels' coordinates of an input, up to rounding."""
        if self.is_input:
            return np.asarray(np.ldexp(x[list(self.space.columns)], -self.space.shifts))
        return np.asarray(self.lift @ x + self.offset)

    def ball_task(self, deepest: int) -> BallTask:
        """What the kernel of largest balls must know about lengths of normals in the input's metric."""
        r = self.dimension
        with np.errstate(all="ignore"):
            metric = self.lift @ self.lift.T
            largest = np.sqrt(np.diag(metric).max())
            exponent = int(np.frexp(largest)[1]) if np.isfinite(largest) else 0
            metric = np.ascontiguousarray(np.ldexp(metric, -2 * exponent))
        return BallTask(
            metric=metric,
            lengths=np.sqrt(np.diag(metric)) * (1 + 1e-12),
            metric_error=(3 * self.network.input_dim + 2 * r + 20) * 2 * state.UNIT,
            unit=float(np.ldexp(1.0, -exponent)),
            directions=np.zeros((r + 1, r)),
            recover=np.zeros((r, r)),
            extents=np.zeros(r + 1),
            reach=np.zeros(r + 1),
            local_reach=np.zeros(r),
            facet=np.zeros(deepest, dtype=np.int64),
            radius=np.zeros(1),
        )

    # -- and back ------------------------------------------------------------------------------------

    def near(self, y: Floats, x: Floats) -> Floats:
        """The input nearest to x, up to rounding, that has these kernels' coordinates."""
        if self.is_input:
            found = np.empty(self.network.input_dim)
            with np.errstate(over="ignore"):
                found[list(self.space.columns)] = np.ldexp(y, self.space.shifts)
            return found
        return np.asarray(x + self._back @ (y - self.to_working(x)))

    def exact_input(self, y: Sequence[Fraction]) -> ExactPoint:
        """Some input that has exactly these kernels' coordinates."""
        values = [v * Fraction(2) ** int(s) for v, s in zip(y, self.space.shifts, strict=True)]
        columns: Sequence[int] = self.space.columns
        if self.by_neurons:
            rows, unit = self.network.exact.pre_activation_rows(0, np.zeros(0, dtype=np.int8))
            _, _, columns = rank_columns([row[:-1] for row in rows])
            r = len(rows)
            matrix = fmpq_mat(r, r, [fmpq(rows[i][k]) for i in range(r) for k in columns])
            wanted = [value / unit - int(row[-1]) for value, row in zip(values, rows, strict=True)]
            solved = matrix.solve(fmpq_mat(r, 1, [fmpq(v.numerator, v.denominator) for v in wanted]))
            values = [Fraction(int(solved[k, 0].p), int(solved[k, 0].q)) for k in range(r)]
        full = [Fraction(0)] * self.network.input_dim
        for k, value in zip(columns, values, strict=True):
            full[k] = value
        return tuple(full)

    def interior_input(
        self, signs: Signs, y: Floats, exact: ExactPoint | None, x: Floats
    ) -> tuple[Floats, ExactPoint | None]:
        """An input strictly inside a region near x: as floats, and exactly where these are not inside.

        The kernels' coordinates y, or `exact` if it is given, are known to lie strictly inside.
        """
        if exact is None:
            found = self.near(y, x)
            if np.all(np.isfinite(found)) and self._is_inside(signs, y, found):
                return found, None
            exact = tuple(map(Fraction, y.tolist()))
        point = self.exact_input(exact)
        rounded = np.array([nearest_finite(v) for v in point])
        is_float = all(Fraction(v) == w for v, w in zip(rounded.tolist(), point, strict=True))
        return rounded, None if is_float else point

    def _is_inside(self, signs: Signs, y: Floats, x: Floats) -> bool:
        if self.is_input:
            return bool(np.array_equal(self.to_working(x), y))
        if not np.array_equal(self.network.sign_vector(x), signs):
            return False
        if self.domain is None:
            return True
        rows: list[Any] = [row for row in self.domain.exact_rows if any(row[:-1])]
        return strictly_inside(rows, x.tolist())


def _is_independent(network: ReLUNetwork) -> bool:
    """Whether the first layer's rows are proven linearly independent, and of a size that floats can square."""
    matrix = network.weights[0][0]
    width, d = matrix.shape
    sizes = np.abs(matrix).max(axis=1, initial=0.0)
    if width > d or not np.all((sizes > 1e-100) & (sizes < 1e100)):
        return False
    rows, _ = network.exact.pre_activation_rows(0, np.zeros(0, dtype=np.int8))
    # The rank modulo a prime is at most the rank.
    entries = [int(a) % _PRIME for row in rows for a in row[:-1]]
    return bool(nmod_mat(width, d, entries, _PRIME).rank() == width)
