"""Facets and largest ball of one region by a simplex dictionary, rational arithmetic where floats prove nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.lone_balls import LoneBalls
from polytope_engine.complexes.sign_rows import SignCell, SignRows
from polytope_engine.exact.decisions import CUT, feasible_basis, sign_on_cell
from polytope_engine.kernels import balls
from polytope_engine.kernels import search_state as state
from polytope_engine.kernels.lone_cells import classify_lone_cell

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ExactPoint = tuple[Fraction, ...]

_TIGHT = 1e-9


@dataclass(frozen=True, eq=False)
class Side:
    """A facet of a region, as the walk needs it to cross.

    Attributes
    ----------
    row : int
        Its row in the region.
    on, beyond : ndarray of float64, shape (r,), or None
        A point on it, about, and one beyond it and inside all other rows.
    vertex : tuple of int
        The places of r independent rows, its own among them, that meet at a vertex of it.
    """

    row: int
    on: Floats | None
    beyond: Floats | None
    vertex: tuple[int, ...]


@dataclass(eq=False)
class Look:
    """What was found out about a region.

    Attributes
    ----------
    sides : list of Side
        Its facets, in the order of its rows.
    n_domain_facets : int
        Facets on the domain's boundary; -1 if they were not looked for, and are no rows.
    radius : float
        Of a largest ball, proven up to a relative 1e-9; nan if nothing was proven.
    center : ndarray of float64, shape (r,)
        Of one such ball; nan if the radius is infinite.
    point : ndarray of float64, shape (r,), or None
        A better interior point than the one that was given.
    n_drops, n_drops_exact : int
        Rows that are no facets, and those for which that took rational arithmetic.
    n_exact : int
        Questions that took rational arithmetic.
    """

    sides: list[Side] = field(default_factory=list)
    n_domain_facets: int = -1
    radius: float = np.nan
    center: Floats = field(default_factory=lambda: np.zeros(0))
    point: Floats | None = None
    n_drops: int = 0
    n_drops_exact: int = 0
    n_exact: int = 0


class DictionaryLooks:
    """Looks at regions in working coordinates so few that a simplex dictionary with all rows is small.

    Parameters
    ----------
    rows : SignRows
    """

    def __init__(self, rows: SignRows) -> None:
        self.rows = rows
        self.r = r = rows.r
        widest = max(rows.chart.working.hidden_widths)
        self.path = state.new_path(r, max(rows.deepest, r))
        self.dictionary = state.new_dictionary(r, max(rows.deepest, r))
        self.frame = state.new_frame(r, widest)
        self.control = np.zeros(state.N_CONTROL, dtype=np.int64)
        self.balls = LoneBalls(rows, self.path, self.dictionary, self.control)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Linear programs, pivots and rebuilt dictionaries so far."""
        control = self.control
        return int(control[state.N_LPS]), int(control[state.N_PIVOTS]), int(control[state.N_REBUILDS])

    def look(
        self, cell: SignCell, y: Floats, exact: ExactPoint | None, vertex: tuple[int, ...] | None
    ) -> Look:
        """Find the facets and a largest ball of a region.

        Parameters
        ----------
        cell : SignCell
        y : ndarray of float64, shape (r,)
            A point strictly inside, or near one.
        exact : tuple of Fraction, or None
            A point strictly inside, if `y` is not proven to be.
        vertex : tuple of int, or None
            The places of r independent rows that meet at a vertex of the region, if they are known.
        """
        look = Look()
        basis = None if vertex is None else cell.rows_at(vertex)
        batch = self._batch(cell, y, self._vertex(cell, y) if basis is None else basis)
        m, r = len(cell.rows), self.r
        facet = np.full(m, balls.UNKNOWN, dtype=np.int64)
        bases, on, beyond = np.zeros((m, r), dtype=np.int64), np.zeros((m, r)), np.zeros((m, r))
        for attempt in range(2):
            is_regular = classify_lone_cell(
                batch, self.rows.layers, self.rows.space, self.path, self.dictionary, self.frame, self.control,
                facet, bases, on, beyond,
            )  # fmt: skip
            if is_regular or attempt == 1:
                break
            look.n_exact += 1
            known = feasible_basis(self.rows.exact_rows(cell), r)
            batch = self._batch(cell, y, np.array(known, dtype=np.int64))
        exact_vertices = self._decide(look, cell, exact or _fractions(y), facet, bases)
        is_facet = facet == state.YES
        look.n_drops = m - int(is_facet.sum())
        for p in np.flatnonzero(is_facet):
            known_vertex = exact_vertices.get(int(p))
            places = bases[p] if known_vertex is None else np.array(known_vertex)
            vertex = tuple(int(place) for place in cell.places[places])
            if known_vertex is None:
                look.sides.append(Side(int(p), on[p], beyond[p], vertex))
            else:
                look.sides.append(Side(int(p), None, None, vertex))
        look.n_domain_facets = int(np.count_nonzero(is_facet & (cell.places < self.rows.n_domain)))
        self.balls.inscribe(look, cell, y, is_facet, batch.bases[0])
        return look

    def _batch(self, cell: SignCell, y: Floats, basis: Ints) -> state.Cells:
        m = len(cell.rows)
        return state.Cells(
            rows=cell.rows,
            bounds=cell.bounds,
            labels=cell.labels,
            starts=np.array([0, m]),
            bases=basis.reshape(1, self.r),
            points=np.ascontiguousarray(y.reshape(1, self.r)),
            signs=cell.signs.reshape(1, -1),
            ties=np.zeros((0, 2), dtype=np.int64),
            tie_starts=np.zeros(2, dtype=np.int64),
        )

    def _decide(
        self, look: Look, cell: SignCell, inside: ExactPoint, facet: Ints, bases: Ints
    ) -> dict[int, Sequence[int]]:
        """Decide in rational arithmetic what floats left open; vertices of the facets among that.

        No two rows coincide, so the rows that are no facets follow from the others together, and may be left out.
        """
        vertices: dict[int, Sequence[int]] = {}
        undecided = np.flatnonzero(facet == balls.UNKNOWN)
        if not len(undecided):
            return vertices
        candidates = np.flatnonzero(facet != state.NO).tolist()
        exact = dict(zip(candidates, self.rows.exact_rows(cell, candidates), strict=True))
        for p in undecided.tolist():
            others = [k for k in candidates if k != p]
            position = {k: i for i, k in enumerate(others)}
            hint = [position[k] for k in bases[p].tolist() if k in position]
            decision = sign_on_cell([exact[k] for k in others], exact[p], basis=hint, interior=inside)
            look.n_exact += 1
            if decision.verdict == CUT:
                facet[p] = state.YES
                labels = [*others, p]
                vertices[p] = [labels[k] for k in decision.basis or ()]
            else:
                facet[p] = state.NO
                look.n_drops_exact += 1
                candidates.remove(p)
        return vertices

    # -- a first vertex ----------------------------------------------------------------------------------

    def _vertex(self, cell: SignCell, y: Floats) -> Ints:
        """A vertex of the region, as r rows: shot at from inside, each time along the rows that were hit."""
        found = nearby_vertex(cell.rows, y)
        if len(found) < self.r:
            known = feasible_basis(self.rows.exact_rows(cell), self.r)
            found = np.array(known, dtype=np.int64)
        return found


def nearby_vertex(rows: Floats, y: Floats) -> Ints:
    """Rows that are tight at a vertex which rays from an interior point lead to; fewer than r if floats fail."""
    r = len(y)
    generator = np.random.default_rng(0)
    tight: list[int] = []
    span = np.zeros((0, r))
    y = y.copy()
    lengths = np.linalg.norm(rows[:, :-1], axis=1)
    with np.errstate(all="ignore"):
        rows = rows / lengths[:, np.newaxis]
    for _ in range(r):
        direction = generator.standard_normal(r)
        for _ in range(2):
            direction -= span.T @ (span @ direction)
        size = np.linalg.norm(direction)
        if not size > 0:
            break
        direction /= size
        values = np.maximum(rows[:, :-1] @ y + rows[:, -1], 0.0)
        rates = rows[:, :-1] @ direction
        rates[tight] = 0.0
        moving = np.abs(rates) > _TIGHT
        with np.errstate(all="ignore"):
            steps = np.where(moving, values / np.abs(rates), np.inf)
        ahead, behind = np.where(rates < 0, steps, np.inf), np.where(rates > 0, steps, np.inf)
        nearest = [int(np.argmin(ahead)), int(np.argmin(behind))]
        reach = [float(ahead[nearest[0]]), float(behind[nearest[1]])]
        side = int(reach[1] < reach[0])
        if not np.isfinite(reach[side]):
            break
        y += (reach[side], -reach[side])[side] * direction
        tight.append(nearest[side])
        normal = rows[nearest[side], :-1].copy()
        for _ in range(2):
            normal -= span.T @ (span @ normal)
        size = np.linalg.norm(normal)
        if not size > 0:
            break
        span = np.vstack([span, normal / size])
    return np.array(tight, dtype=np.int64)


def _fractions(y: Floats) -> ExactPoint:
    return tuple(map(Fraction, y.tolist()))
