"""The largest ball in a region, proven in floats or by integers."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import fmpz, fmpz_mat
from numpy.typing import NDArray

from polytope_engine.complexes.sign_rows import SignCell, SignRows
from polytope_engine.exact.decisions import interior_point
from polytope_engine.exact.rational import nearest_floats
from polytope_engine.kernels import search_state as state
from polytope_engine.kernels.balls import RADIUS_GAP
from polytope_engine.kernels.lone_cells import BALL_INFINITE, BALL_OPEN, BALL_PROVEN, lone_ball
from polytope_engine.kernels.sharp_rows import new_chain
from polytope_engine.polytope.hpolytope import HPolytope

if TYPE_CHECKING:
    from polytope_engine.complexes.cell_looks import Look

Floats = NDArray[np.float64]

# Where nothing else proves a radius, exact linear programs do, in so few inputs.
MOST_INPUTS = 12


class LoneBalls:
    """Largest balls of regions, one after the other.

    Parameters
    ----------
    rows : SignRows
    path, dictionary, control
        Scratch that the caller shares.
    """

    def __init__(
        self, rows: SignRows, path: state.Path, dictionary: state.Dictionary, control: NDArray[np.int64]
    ) -> None:
        self.rows, self.path, self.dictionary, self.control = rows, path, dictionary, control
        self.r = r = rows.r
        deepest = len(path.rows)
        self.shape = rows.chart.ball_task(deepest)
        self.ball = state.new_dictionary(r + 1, deepest + 1)
        self.ball_path = state.new_path(r + 1, deepest + 1)
        self.ball_frame = state.new_frame(r + 1, 1)
        self.chain = new_chain(r, max(rows.chart.working.hidden_widths))

    def inscribe(
        self, look: Look, cell: SignCell, y: Floats, is_facet: NDArray[np.bool_], basis: NDArray[np.int64]
    ) -> None:
        """Write the radius and a center of a largest ball into what is known of a region."""
        used = is_facet.copy()
        used[basis] = True
        chosen = np.flatnonzero(used)
        position = np.cumsum(used) - 1
        batch = state.Cells(
            rows=cell.rows[chosen],
            bounds=cell.bounds[chosen],
            labels=cell.labels[chosen],
            starts=np.array([0, len(chosen)]),
            bases=position[basis].reshape(1, self.r),
            points=np.ascontiguousarray(y.reshape(1, self.r)),
            signs=cell.signs.reshape(1, -1),
            ties=np.zeros((0, 2), dtype=np.int64),
            tie_starts=np.zeros(2, dtype=np.int64),
        )
        center, support = np.zeros(self.r), np.zeros(self.r + 1, dtype=np.int64)
        status = lone_ball(
            batch, self.rows.layers, self.rows.space, self.path, self.dictionary, self.control, self.shape,
            self.ball, self.ball_path, self.ball_frame, self.chain, center, support,
        )  # fmt: skip
        look.center = np.full(self.r, np.nan)
        if status == BALL_INFINITE:
            look.radius = math.inf
            return
        radius = float(self.shape.radius[0])
        if status == BALL_PROVEN:
            look.radius, look.center = radius, center
            return
        look.n_exact += 1
        exact = self.rows.exact_rows(cell, chosen)
        if status == BALL_OPEN and np.all(np.isfinite(center)):
            places = [int(p) for p in cell.places[chosen]]
            with np.errstate(all="ignore"):
                proven = self._by_integers(exact, places, cell, support, center)
            if proven is not None:
                look.radius, look.center = proven
                return
        self._by_exact_programs(look, cell, exact)

    def _by_integers(
        self,
        exact: list[list[Any]],
        places: list[int],
        cell: SignCell,
        support: NDArray[np.int64],
        center: Floats,
    ) -> tuple[float, Floats] | None:
        """Prove a radius from the rows that hold the ball: multipliers without any error, and exact distances.

        If ``sum(m_i a_i) = 0`` with m_i >= 0, not all 0, then no ball in the cell has a radius above
        ``sum(m_i b_i) / sum(m_i |a_i|)``, bounded or not. Rows that are a basis of the program for the largest
        ball determine such multipliers up to a factor.
        """
        held = [int(k) for k in support if k >= 0]
        multipliers = _positive_relation([exact[k] for k in held])
        if multipliers is None:
            return None
        known = [self.rows.length(place, cell.signs) for place in places]
        lengths = [length for length in known if length is not None]
        if len(lengths) < len(known):
            return None
        pairs = list(zip(multipliers, held, strict=True))
        total = sum(m * int(exact[k][-1]) for m, k in pairs)
        upper = float(Fraction(total) / sum((m * lengths[k] for m, k in pairs), Fraction(0)))
        matrix = np.array([self._normal(exact[k], lengths[k]) for k in held])
        for _ in range(4):
            distances = exact_distances(exact, center, lengths)
            lower = float(distances.min())
            if lower > 0 and upper - lower <= 0.9 * RADIUS_GAP * upper:
                return (lower + upper) / 2, center
            system = np.hstack([matrix, -np.ones((len(held), 1))])
            step = np.linalg.lstsq(system, upper - distances[held], rcond=None)[0]
            center = center + step[:-1]
            if not np.all(np.isfinite(center)):
                return None
        return None

    def _normal(self, row: list[Any], length: Fraction) -> list[float]:
        return list(nearest_floats([int(a) / length for a in row[:-1]]))

    def _by_exact_programs(self, look: Look, cell: SignCell, exact: list[list[Any]]) -> None:
        """Decide everything in rational arithmetic: whether there are balls of any size, and the largest."""
        cone = interior_point([[*row[:-1], 0] for row in exact], self.r)
        if cone.point is not None:
            look.radius = math.inf
            return
        found = ball_by_exact_programs(self.rows, cell)
        if found is not None:
            look.radius, look.center = found


def ball_by_exact_programs(rows: SignRows, cell: SignCell) -> tuple[float, Floats] | None:
    """A largest ball in rational arithmetic; None beyond `MOST_INPUTS`, where that would take too long."""
    chart = rows.chart
    if chart.network.input_dim > MOST_INPUTS:
        return None
    full: list[Any] = []
    for layer, start in enumerate(chart.network.layer_offsets):
        functions, _ = chart.network.exact.pre_activation_rows(layer, cell.signs)
        for i, function in enumerate(functions):
            if any(function[:-1]):
                full.append(function if cell.signs[start + i] > 0 else [-entry for entry in function])
    if chart.domain is not None:
        full += chart.domain.exact_rows
    ball = HPolytope.from_exact_rows(full, dimension=chart.network.input_dim).chebyshev_ball()
    return float(ball.radius), chart.to_working(np.asarray(ball.center))


def _positive_relation(rows: list[list[Any]]) -> list[int] | None:
    """Integers m_i >= 0, not all 0, with ``sum(m_i a_i) = 0``, if the rows (a_i, b_i) have only one relation."""
    if not rows:
        return None
    r = len(rows[0]) - 1
    matrix = fmpz_mat(r, len(rows), [row[k] for k in range(r) for row in rows])
    kernel, nullity = matrix.nullspace()
    if nullity != 1:
        return None
    relation = [int(kernel[k, 0]) for k in range(len(rows))]
    if all(m <= 0 for m in relation):
        relation = [-m for m in relation]
    return relation if all(m >= 0 for m in relation) else None


def exact_distances(exact: list[list[Any]], point: Floats, lengths: list[Fraction]) -> Floats:
    """The distances of a point from hyperplanes, each with a relative error of a few roundings."""
    ratios = [x.as_integer_ratio() for x in point.tolist()]
    scale = max(denominator for _, denominator in ratios)  # all are powers of two
    column = [fmpz(numerator * (scale // denominator)) for numerator, denominator in ratios] + [fmpz(scale)]
    flat = [entry for row in exact for entry in row]
    values = (fmpz_mat(len(exact), len(column), flat) * fmpz_mat(len(column), 1, column)).entries()
    return np.array(
        nearest_floats([int(v) / (scale * size) for v, size in zip(values, lengths, strict=True)])
    )
