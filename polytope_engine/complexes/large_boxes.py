"""Facets and largest ball of a region in a box of many dimensions: HiGHS proposes, multipliers and points prove."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, identity, vstack

from polytope_engine.complexes.cell_looks import ExactPoint, Look, Side
from polytope_engine.complexes.float_box import FloatBox, exact_sides
from polytope_engine.complexes.lone_balls import ball_by_exact_programs, exact_distances
from polytope_engine.complexes.sign_rows import SignCell, SignRows
from polytope_engine.exact.decisions import CUT, sign_on_cell
from polytope_engine.kernels import search_state as state
from polytope_engine.kernels.balls import RADIUS_GAP

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Multipliers are rounded to integers of this many bits before anything is proven from them.
_BITS = 60
# Regions closer to a wall than this are not left to the solver.
_SMALLEST = 1e-9
# A solver that finds no end gives up; what it leaves open is decided otherwise.
_OPTIONS = {
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
    "presolve": False,
    "time_limit": 20.0,
}


class BoxLooks:
    """Looks at regions in a box with so many inputs that its sides are left to bounds of variables.

    Parameters
    ----------
    rows : SignRows
        Made without the domain's rows, with a box.
    domain_facets : bool
        Whether to decide which sides of the box are facets, too: two more questions an input.

    References
    ----------
    A. Neumaier, O. Shcherbina, Safe bounds in linear and mixed-integer linear programming, Mathematical Programming
    99, 2004: any nonnegative multipliers bound a function on a box, whatever solver they come from.
    """

    def __init__(self, rows: SignRows, *, domain_facets: bool) -> None:
        if rows.box is None:
            raise AssertionError("a search without a box")
        self.rows, self.box = rows, rows.box
        self.domain_facets = domain_facets
        self.n_programs = self.n_pivots = 0

    @property
    def counts(self) -> tuple[int, int, int]:
        """Linear programs, iterations of the solver, and no rebuilt dictionaries."""
        return self.n_programs, self.n_pivots, 0

    def look(
        self, cell: SignCell, y: Floats, exact: ExactPoint | None, vertex: tuple[int, ...] | None
    ) -> Look:
        """Find the facets and a largest ball of a region; see `DictionaryLooks.look`. No vertex is used."""
        del vertex
        look = Look()
        m, box = len(cell.rows), self.box
        is_facet = np.zeros(m, dtype=np.bool_)
        kept = self._may_matter(cell)
        points: dict[int, Floats] = {}
        for p in np.flatnonzero(kept).tolist():
            self._shoot(cell, kept, y, -cell.rows[p, :-1], points)
        for p in np.flatnonzero(kept).tolist():
            if p not in points:
                others = kept.copy()
                others[p] = False
                answer = self._decide(
                    cell, cell.rows[p], cell.bounds[p], others, box.low, box.high, y, strict=box
                )
                if answer is None:
                    answer = self._decide_exactly(look, cell, p, others, exact)
                    look.n_drops_exact += answer is False
                kept[p] = answer is not False
                if isinstance(answer, np.ndarray):
                    points[p] = answer
            is_facet[p] = kept[p]
        look.n_drops = int(m - is_facet.sum())
        for p in np.flatnonzero(is_facet).tolist():
            on = None
            if p in points:
                on = _meets(cell.rows[p], y, points[p])
            look.sides.append(Side(p, on, points.get(p), ()))
        if self.domain_facets:
            look.n_domain_facets = self._sides_of_box(look, cell, is_facet, y, exact)
        self._inscribe(look, cell, np.flatnonzero(is_facet), y)
        return look

    # -- facets --------------------------------------------------------------------------------------------

    def _may_matter(self, cell: SignCell) -> Flags:
        """The rows that are not proven positive on the whole box."""
        normals = cell.rows[:, :-1]
        low, high = self.box.low, self.box.high
        least = np.where(normals > 0, normals * low, normals * high).sum(axis=1) + cell.rows[:, -1]
        return np.asarray(~(least > self._error(normals, cell.rows[:, -1], cell.bounds, low, high)))

    def _error(self, normals: Floats, constants: Floats, bounds: Floats, low: Floats, high: Floats) -> Floats:
        """Bounds of what rounding and the rows' own errors can change about rows at points of a box."""
        reach = np.maximum(np.abs(low), np.abs(high))
        gamma = (self.rows.r + self.rows.deepest + 16.0) * 2.0 * state.UNIT
        size = np.abs(normals) @ reach + np.abs(constants)
        own = bounds[..., state.EG] * reach.sum() + bounds[..., state.EC]
        return np.asarray((gamma * size + own) * (1.0 + 1e-9) + state.TINY)

    def _shoot(
        self, cell: SignCell, kept: Flags, y: Floats, direction: Floats, points: dict[int, Floats]
    ) -> None:
        """Note the row that a ray from inside meets first, with a point that is proven to lie beyond it alone."""
        normals, constants = cell.rows[kept, :-1], cell.rows[kept, -1]
        values, rates = normals @ y + constants, normals @ direction
        with np.errstate(all="ignore"):
            steps = np.where(rates < 0, np.maximum(values, 0.0) / -rates, np.inf)
        first = int(np.argmin(steps))
        p = int(np.flatnonzero(kept)[first])
        if not np.isfinite(steps[first]) or p in points:
            return
        begin = float(steps[first])
        steps[first] = np.inf
        end = min(float(steps.min(initial=np.inf)), self.box.reach(y, direction))
        if end > begin:
            step = (begin + end) / 2 if np.isfinite(end) else 2 * begin
            point = y + step * direction
            if self._is_beyond(cell, p, point):
                points[p] = point

    def _is_beyond(self, cell: SignCell, p: int, point: Floats) -> bool:
        """Prove that a point lies strictly beyond one row, and strictly inside all others and the box."""
        values = cell.rows[:, :-1] @ point + cell.rows[:, -1]
        values[p] = -values[p]
        error = self._error(cell.rows[:, :-1], cell.rows[:, -1], cell.bounds, point, point)
        return bool(np.all(values > error)) and self.box.contains(point)

    def _decide(
        self,
        cell: SignCell,
        row: Floats,
        bounds: Floats,
        others: Flags,
        low: Floats,
        high: Floats,
        y: Floats,
        *,
        strict: FloatBox,
    ) -> Floats | bool | None:
        """A point proven beyond a row and inside the others, False if multipliers prove that there is none, or None.

        The box from `low` to `high` takes part in the multipliers; a point must lie strictly inside `strict`.
        """
        normals, constants = cell.rows[others, :-1], cell.rows[others, -1]
        self.n_programs += 1
        found = linprog(
            row[:-1],
            A_ub=-normals if len(normals) else None,
            b_ub=constants if len(normals) else None,
            bounds=np.column_stack([low, high]),
            method="highs-ds",
            options=_OPTIONS,
        )
        if found.status != 0:
            return None
        self.n_pivots += int(found.nit)
        lowest = float(row[:-1] @ found.x + row[-1])
        if lowest < 0:
            here = float(row[:-1] @ y + row[-1])
            point = found.x + 0.5 * (-lowest / (here - lowest)) * (y - found.x)
            values = normals @ point + constants
            errors = self._error(normals, constants, cell.bounds[others], point, point)
            error = self._error(row[:-1], row[-1], bounds, point, point)
            beyond = -(row[:-1] @ point + row[-1]) > error
            if beyond and np.all(values > errors) and strict.contains(point):
                return np.asarray(point)
            return None
        multipliers = np.maximum(-np.asarray(found.ineqlin.marginals), 0.0) if len(normals) else np.zeros(0)
        if not np.all(np.isfinite(multipliers)):
            return None
        rest = row[:-1] - multipliers @ normals
        constant = row[-1] - multipliers @ constants
        least = np.where(rest > 0, rest * low, rest * high).sum() + constant
        error = self._error(row[:-1], row[-1], bounds, low, high)
        error += multipliers @ self._error(normals, constants, cell.bounds[others], low, high)
        return False if least > error else None

    def _decide_exactly(
        self, look: Look, cell: SignCell, p: int, others: Flags, exact: ExactPoint | None
    ) -> bool:
        """Whether a row is a facet, in rational arithmetic: slow, and hardly ever asked."""
        look.n_exact += 1
        rows = [*self.rows.exact_rows(cell, np.flatnonzero(others)), *exact_sides(self.rows.chart.space)]
        target = self.rows.exact_rows(cell, [p])[0]
        return sign_on_cell(rows, target, interior=exact).verdict == CUT

    def _sides_of_box(
        self, look: Look, cell: SignCell, is_facet: Flags, y: Floats, exact: ExactPoint | None
    ) -> int:
        """The number of sides of the box that are facets of the region."""
        count, box = 0, self.box
        for k in range(self.rows.r):
            for side in (1, -1):
                low, high = box.low.copy(), box.high.copy()
                row = np.zeros(self.rows.r + 1)
                row[k] = side
                width = high[k] - low[k]
                bound = -low[k] if side > 0 else high[k]
                row[-1] = bound
                wider = box.without(k, side, width)
                (low if side > 0 else high)[k] -= side * width
                exactly = np.zeros(4)
                exactly[state.EC] = box.error
                answer = self._decide(cell, row, exactly, is_facet, low, high, y, strict=wider)
                if answer is None:
                    look.n_exact += 1
                    place = 2 * k + (side < 0)
                    sides = exact_sides(self.rows.chart.space)
                    target = sides.pop(place)
                    rows = [*self.rows.exact_rows(cell, np.flatnonzero(is_facet)), *sides]
                    answer = sign_on_cell(rows, target, interior=exact).verdict == CUT
                count += answer is not False
        return count

    # -- largest ball --------------------------------------------------------------------------------------

    def _inscribe(self, look: Look, cell: SignCell, chosen: NDArray[np.int64], y: Floats) -> None:
        """Write the radius and center of a largest ball, proven by integers, into what is known of a region."""
        shifts = self.rows.chart.space.shifts
        low, high = np.ldexp(self.box.low, shifts), np.ldexp(self.box.high, shifts)
        center = np.ldexp(y, shifts)
        normals = np.ldexp(cell.rows[chosen, :-1], -shifts)
        lengths = np.linalg.norm(normals, axis=1)
        units = normals / lengths[:, np.newaxis]
        exact = _ExactBall(self.rows, cell, chosen)
        look.center = np.full(self.rows.r, np.nan)
        if not exact.is_complete:
            return
        for _ in range(3):
            distances = exact.distances(center)
            found = self._ball_program(units, distances, low - center, high - center)
            if found is None:
                break
            step, multipliers = found
            moved = center + step
            lower = exact.lower(moved)
            upper = exact.upper(multipliers)
            if upper - lower > RADIUS_GAP * upper:
                room = np.minimum(moved - low, high - moved)
                polished = _polished(units, multipliers, room > lower * (1 + 1e-6))
                upper = min(upper, exact.upper(polished))
            if lower > 0 and upper - lower <= RADIUS_GAP * upper:
                look.radius = (lower + upper) / 2
                look.center = np.ldexp(moved, -shifts)
                look.point = look.center
                return
            center = moved if lower > 0 else center
        look.n_exact += 1
        exactly = ball_by_exact_programs(self.rows, cell)
        if exactly is not None:
            look.radius, look.center = exactly

    def _ball_program(
        self, units: Floats, distances: Floats, low: Floats, high: Floats
    ) -> tuple[Floats, Floats] | None:
        """The step from a point to the center of a largest ball, and multipliers of the unit rows, in floats."""
        m, r = units.shape
        scale = float(min(distances.min(initial=np.inf), -low.max(), high.min()))
        if not scale > _SMALLEST:
            return None
        eye = identity(r, format="csr")
        ones = csr_array(np.ones((m + 2 * r, 1)))
        matrix = hstack([vstack([csr_array(-units), -eye, eye]), ones], format="csr")
        self.n_programs += 1
        found = linprog(
            np.append(np.zeros(r), -1.0),
            A_ub=matrix,
            b_ub=np.concatenate([distances, -low, high]) / scale,
            bounds=(None, None),
            method="highs-ipm",
            options=_OPTIONS,
        )
        if found.status != 0:
            return None
        self.n_pivots += int(found.nit)
        return found.x[:r] * scale, np.maximum(-np.asarray(found.ineqlin.marginals)[:m], 0.0)


class _ExactBall:
    """Exact distances and bounds of radii for some rows of a region and the box, in input coordinates."""

    def __init__(self, rows: SignRows, cell: SignCell, chosen: NDArray[np.int64]) -> None:
        self.shifts = [int(s) for s in rows.chart.space.shifts]
        self.exact = rows.exact_rows(cell, chosen)
        self.matrix = fmpz_mat(len(chosen), rows.r + 1, [a for row in self.exact for a in row])
        known = [rows.length(place, cell.signs) for place in cell.places[chosen].tolist()]
        self.lengths = [length for length in known if length is not None]
        self.is_complete = len(self.lengths) == len(known)
        self.box = rows.chart.space.box or []

    def distances(self, center: Floats) -> Floats:
        """Distances from the rows."""
        return exact_distances(self.exact, np.ldexp(center, [-s for s in self.shifts]), self.lengths)

    def lower(self, center: Floats) -> float:
        """The radius of the ball around a point that fits, rounded."""
        exact = [Fraction(c) for c in center.tolist()]
        sides = [min(c - low, high - c) for c, (low, high) in zip(exact, self.box, strict=True)]
        return min(float(self.distances(center).min(initial=np.inf)), float(min(sides)))

    def upper(self, multipliers: Floats) -> float:
        """A bound of all radii, rounded: from any nonnegative multipliers of the unit rows.

        With G the combined row, every x of the box has ``radius * (sum(m_i |a_i|) + sum|G_k|)`` at most
        ``G(x) + sum of |G_k| times the distance to the side that G_k points to``, which no longer depends on x.
        """
        sides = float(min((high - low) / 2 for low, high in self.box))
        if not np.any(multipliers > 0):
            return sides
        unit = max(self.lengths) * (1 << _BITS)
        integers = [int(Fraction(m) * unit / size) for m, size in zip(multipliers, self.lengths, strict=True)]
        combined = (fmpz_mat(1, len(integers), integers) * self.matrix).entries()
        total, weight = Fraction(int(combined[-1])), Fraction(0)
        for entry, shift, (low, high) in zip(combined[:-1], self.shifts, self.box, strict=True):
            slope = Fraction(int(entry)) / Fraction(2) ** shift
            total += slope * (high if slope > 0 else low)
            weight += abs(slope)
        weight += sum((m * size for m, size in zip(integers, self.lengths, strict=True)), Fraction(0))
        return min(float(total / weight), sides)


def _polished(units: Floats, multipliers: Floats, is_free: Flags) -> Floats:
    """Multipliers whose combined row vanishes better in the coordinates in which no side holds the ball."""
    held = np.flatnonzero(multipliers > 1e-9 * multipliers.max(initial=0.0))
    if not len(held):
        return multipliers
    system = units[held].T * is_free[:, np.newaxis]
    wanted = system @ multipliers[held]
    system = np.vstack([system, np.full(len(held), 1.0)])
    step = np.linalg.lstsq(system, np.append(wanted, 0.0), rcond=None)[0]
    polished = np.zeros_like(multipliers)
    polished[held] = np.maximum(multipliers[held] - step, 0.0)
    return polished


def _meets(row: Floats, inside: Floats, beyond: Floats) -> Floats:
    """Where the segment between two points meets a row's hyperplane, about."""
    here, there = float(row[:-1] @ inside + row[-1]), float(row[:-1] @ beyond + row[-1])
    return np.asarray(inside + here / (here - there) * (beyond - inside))
