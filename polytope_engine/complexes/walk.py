"""Regions one after the other, outward from a first one: breadth-first search across facets."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.cell_looks import Look, Side
from polytope_engine.complexes.sign_rows import SignCell, SignRows
from polytope_engine.regions.outcome import Status
from polytope_engine.regions.search import nearest_finite

Floats = NDArray[np.float64]
Signs = NDArray[np.int8]
ExactPoint = tuple[Fraction, ...]
Progress = Callable[[int, float], None]

SECONDS_A_REPORT = 0.1
_NEWTON_STEPS = 4


class Looks(Protocol):
    """What finds the facets and the largest ball of a region."""

    @property
    def counts(self) -> tuple[int, int, int]:
        """Linear programs, pivots and rebuilt dictionaries so far."""

    def look(
        self, cell: SignCell, y: Floats, exact: ExactPoint | None, vertex: tuple[int, ...] | None
    ) -> Look:
        """Find the facets and a largest ball of a region."""


@dataclass(frozen=True, eq=False)
class Crossing:
    """A facet inside the domain: the neurons on it that vanish on neither side, and the signs beyond."""

    neurons: tuple[int, ...]
    signs: Signs
    is_exact: bool


@dataclass(frozen=True, eq=False)
class Visit:
    """A region that the walk has been to.

    Attributes
    ----------
    signs : ndarray of int8, shape (N,)
    y : ndarray of float64, shape (r,)
        A point strictly inside, in the kernels' coordinates, or the floats nearest to `exact`.
    exact : tuple of Fraction, or None
        A point strictly inside, if `y` is not proven to be.
    distance : int
        From the first region.
    look : Look
    crossings : list of Crossing
        For each facet inside the domain, what lies beyond.
    """

    signs: Signs
    y: Floats
    exact: ExactPoint | None
    distance: int
    look: Look
    crossings: list[Crossing]


@dataclass(frozen=True, eq=False)
class Pending:
    """A region that is known to lie beyond a facet, and has not been visited."""

    signs: Signs
    distance: int
    on: Floats | None
    beyond: Floats | None
    vertex: tuple[int, ...] | None


class Walk:
    """A breadth-first search that visits regions until nothing is left or a limit is reached.

    Parameters
    ----------
    rows : SignRows
    looks : Looks
    first : Pending
        Where it begins.
    """

    def __init__(self, rows: SignRows, looks: Looks, first: Pending) -> None:
        self.rows, self.looks = rows, looks
        self.queue = deque([first])
        self.known = {first.signs.tobytes()}
        self.visits: list[Visit] = []
        self.is_cut_off = self.is_full = False

    def run(
        self,
        max_regions: int | None,
        max_distance: int | None,
        time_limit: float | None,
        progress: Progress | None,
        start: float,
    ) -> Status:
        """Visit regions until there are no more, or a limit or Ctrl-C ends the walk."""
        told = start
        try:
            while self.queue:
                is_late = time_limit is not None and time.perf_counter() - start >= time_limit
                if self.visits and is_late:
                    return Status.TIME_LIMIT
                visit, sides = self.visit(self.queue[0])
                # From here on the region counts; whatever an interrupt cuts short is not lost.
                self.visits.append(visit)
                self.queue.popleft()
                room = None if max_regions is None else max_regions - len(self.visits)
                self._look_ahead(visit, sides, max_distance, room)
                now = time.perf_counter()
                if progress is not None and now - told >= SECONDS_A_REPORT:
                    told = now
                    progress(len(self.visits), self._fraction(max_regions))
        except KeyboardInterrupt:
            return Status.INTERRUPTED
        if progress is not None:
            progress(len(self.visits), 1.0)
        if self.is_full:
            return Status.MAX_REGIONS
        return Status.MAX_DISTANCE if self.is_cut_off else Status.COMPLETE

    def _fraction(self, max_regions: int | None) -> float:
        n = len(self.visits)
        expected = n + len(self.queue)
        return n / (expected if max_regions is None else min(max_regions, max(expected, 1)))

    def visit(self, pending: Pending) -> tuple[Visit, list[Side]]:
        """Look at a region, and at what lies beyond its facets; also the facets, one for each crossing."""
        cell = self.rows.cell(pending.signs)
        y, exact = self._point(cell, pending)
        look = self.looks.look(cell, y, exact, pending.vertex)
        look.n_exact += exact is not None
        if look.point is not None and self.rows.is_inside(cell, look.point):
            y, exact = look.point, None
        sides, crossings = [], []
        for side in look.sides:
            beyond = self.rows.signs_across(cell, side.row)
            if beyond is None:
                continue
            on = [place - self.rows.n_domain for place in cell.on_facet(side.row)]
            neurons = tuple(neuron for neuron in on if beyond[neuron])
            crossings.append(Crossing(neurons, beyond, side.on is None or len(on) > 1))
            sides.append(side)
        look.sides = []
        return Visit(pending.signs, y, exact, pending.distance, look, crossings), sides

    def _look_ahead(
        self, visit: Visit, sides: list[Side], max_distance: int | None, room: int | None
    ) -> None:
        """Put the regions beyond into the queue, as far as the limits let the walk come to them."""
        is_last = max_distance is not None and visit.distance >= max_distance
        for side, crossing in zip(sides, visit.crossings, strict=True):
            key = crossing.signs.tobytes()
            if key in self.known:
                continue
            if is_last:
                self.is_cut_off = True
            elif room is not None and len(self.queue) >= room:
                self.is_full = True
            else:
                self.known.add(key)
                on = None if side.on is None else side.on.copy()
                beyond = None if side.beyond is None else side.beyond.copy()
                self.queue.append(Pending(crossing.signs, visit.distance + 1, on, beyond, side.vertex))

    # -- a point strictly inside ---------------------------------------------------------------------------

    def _point(self, cell: SignCell, pending: Pending) -> tuple[Floats, ExactPoint | None]:
        """A point strictly inside the region, near the facet that led there or near its analytic center."""
        if pending.on is not None:
            box, y = self.rows.box, pending.on
            if pending.beyond is not None:
                direction = pending.beyond - y
                room = np.inf if box is None else box.reach(y, direction)
                y = y + half_chord(cell.rows, y, direction, room) * direction
            candidates = [y] if box is not None else [centered(cell.rows, y), y]
            for candidate in candidates:
                if self.rows.is_inside(cell, candidate):
                    return candidate, None
        exact = self.rows.interior_point(cell)
        if exact is None:
            raise AssertionError("what lies beyond a facet has no interior")
        y = np.array([nearest_finite(v) for v in exact])
        return y, None if self.rows.is_inside(cell, y) else exact


def half_chord(rows: Floats, on: Floats, direction: Floats, room: float) -> float:
    """How far to go from a point of the boundary: half the way to where the ray leaves the cell, and at most 1."""
    values = np.maximum(rows[:, :-1] @ on + rows[:, -1], 0.0)
    rates = rows[:, :-1] @ direction
    falling = rates < 0
    with np.errstate(all="ignore"):
        reach = float(np.min(values[falling] / -rates[falling], initial=room))
    return min(0.5 * reach, 1.0)


def centered(rows: Floats, y: Floats) -> Floats:
    """A few damped Newton steps from an interior point towards the analytic center: a proposal only."""
    normals, offsets = rows[:, :-1], rows[:, -1]
    with np.errstate(all="ignore"):
        for _ in range(_NEWTON_STEPS):
            values = normals @ y + offsets
            if not (np.all(values > 0) and len(values)):
                break
            scaled = normals / values[:, np.newaxis]
            hessian = scaled.T @ scaled
            ridge = 1e-10 * hessian.diagonal().max()
            hessian[np.diag_indices_from(hessian)] += ridge
            if not np.all(np.isfinite(hessian)):
                break
            try:
                step = np.linalg.solve(hessian, scaled.sum(axis=0))
            except np.linalg.LinAlgError:
                break
            rates = (normals @ step) / values
            fastest = float(-rates.min())
            y = y + min(1.0, 0.75 / fastest if fastest > 0 else 1.0) * step
            if np.abs(rates).max() < 0.1:
                break
    return y
