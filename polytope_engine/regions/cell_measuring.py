"""The columns of a batch of cells: compiled kernels first, rational arithmetic where they prove nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import NumericalError
from polytope_engine.kernels import balls
from polytope_engine.kernels import generators as kernel
from polytope_engine.kernels import search_state as state
from polytope_engine.kernels.sharp_rows import new_chain
from polytope_engine.network.exact_maps import ExactMaps
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.polytope.triangulation import delaunay_simplices
from polytope_engine.regions.columns import COLUMNS, FACET_COLUMNS
from polytope_engine.regions.exact_row import exact_row
from polytope_engine.regions.metric import ball_shape
from polytope_engine.regions.residues import IntegerNetwork
from polytope_engine.regions.search import CellSearch
from polytope_engine.regions.working_space import WorkingSpace

FEW_GENERATORS = 512
MOST_GENERATORS = 1 << 20
VERTICES_A_CELL = 64
# Where linear programs leave more cells of a batch open than this, in few enough inputs, vertices decide the rest.
FEW_UNPROVEN = 50
MOST_INPUTS_FOR_TIES = 8

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Task:
    """What is measured, of which cells.

    Attributes
    ----------
    network : ReLUNetwork
    domain : HPolytope or None
        The search's domain: that of the regions, and the rows of the clip after it.
    n_domain_rows : int
        How many rows of `domain` are those of the regions' domain.
    space : WorkingSpace
    names : tuple of str
    rule : {"pulling", "delaunay"}
    exact : bool
        Whether everything is wanted in rationals.
    accuracy : float
        The largest relative error that floats may be proven to have.
    """

    network: ReLUNetwork
    domain: HPolytope | None
    n_domain_rows: int
    space: WorkingSpace
    names: tuple[str, ...]
    rule: str
    exact: bool
    accuracy: float

    @property
    def needs_generators(self) -> bool:
        """Whether a column rests on vertices and rays."""
        return any(COLUMNS[name].needs_generators for name in self.names)

    @property
    def needs_ball(self) -> bool:
        """Whether a column rests on a largest ball."""
        return any(COLUMNS[name].needs_ball for name in self.names)

    @property
    def wants(self) -> int:
        """What the kernel is asked for besides the generators."""
        wants = kernel.WANT_REACH if self.needs_ball else 0
        for name in self.names:
            wants |= COLUMNS[name].wants
        if "n_simplices" in self.names and self.rule == "delaunay":
            wants |= kernel.WANT_VERTICES | kernel.WANT_VOLUME
        return wants

    def empty_columns(self, n: int) -> Columns:
        """Columns of n rows, as if every region missed the clip."""
        columns: Columns = {}
        for name in self.names:
            column = COLUMNS[name]
            shape = (n, self.network.input_dim) if column.is_vector else (n,)
            dtype = object if self.exact and column.dtype is np.float64 else column.dtype
            columns[name] = np.full(shape, column.absent, dtype=dtype)
        return columns


class CellMeasurer:
    """What one worker needs to measure batches of cells, one after the other.

    Parameters
    ----------
    task : Task
    search : CellSearch
        The search that makes the batches.
    """

    def __init__(self, task: Task, search: CellSearch) -> None:
        self.task = task
        self.layers = search.layers
        self.kernel_space = search.kernel_space
        self.r = r = task.space.dimension
        self.is_pointed = r == task.network.input_dim
        deepest = len(search.path.rows)
        with np.errstate(over="ignore", under="ignore"):
            self.scales = np.exp2(task.space.shifts.astype(np.float64))
        # Threads keep their own maps of recent cells.
        self.maps = ExactMaps(task.network.exact_weights, [*task.network.exact_slopes])
        self.integers = IntegerNetwork(task.network, task.space)
        self.residues = self.integers.residues(0, 1 + len(task.space.domain_rows))
        self.workspace = kernel.new_workspace(r, 63, FEW_GENERATORS, max(task.network.hidden_widths))
        self.n_exact = 0
        self.uses_generators = task.needs_generators
        domain_rows = [] if task.domain is None else task.domain.exact_rows
        axis_box = len(task.space.domain_rows) == len(domain_rows)
        self.domain_places = [k for k, row in enumerate(domain_rows) if axis_box or any(row[:-1])]
        if not task.exact and (task.needs_ball or not task.needs_generators):
            self.path = state.new_path(r, deepest)
            self.dictionary = state.new_dictionary(r, deepest)
            self.frame = state.new_frame(r, max(task.network.hidden_widths))
            self.control = np.zeros(state.N_CONTROL, dtype=np.int64)
            self.shape = ball_shape(task.network, task.domain, task.space, deepest)
            self.ball = state.new_dictionary(r + 1, deepest + 1)
            self.ball_path = state.new_path(r + 1, deepest + 1)
            self.ball_frame = state.new_frame(r + 1, 1)
            self.chain = new_chain(r, max(task.network.hidden_widths))

    def measure(self, cells: state.Cells) -> Columns:
        """The columns of a batch, in its order."""
        n = len(cells.bases)
        if self.task.exact:
            columns, unproven = self.task.empty_columns(n), np.ones(n, dtype=np.bool_)
        else:
            columns, unproven = self._compiled(cells)
            if not self.uses_generators and self._ties(int(unproven.sum()), n):
                self.uses_generators = True
                columns, unproven = self._compiled(cells)
        for i in np.flatnonzero(unproven):
            self.n_exact += 1
            values = exact_row(
                self.polytope(cells, int(i)), self.task.names, self.task.rule, exact=self.task.exact
            )
            for name, value in values.items():
                columns[name][i] = value
        return columns

    def _ties(self, n_unproven: int, n: int) -> bool:
        """Whether linear programs leave so much open that generators, which know of ties, are the faster way."""
        return n_unproven > max(FEW_UNPROVEN, n // 10) and self.r <= MOST_INPUTS_FOR_TIES

    def _compiled(self, cells: state.Cells) -> tuple[Columns, NDArray[np.bool_]]:
        """What the kernels find, and of which cells they leave something open."""
        n = len(cells.bases)
        columns = self.task.empty_columns(n)
        unproven = np.zeros(n, dtype=np.bool_)
        answers = np.full((n, balls.N_ANSWERS), balls.UNKNOWN, dtype=np.int64)
        facet, reach = np.zeros(len(cells.rows), dtype=np.int64), np.zeros((n, self.r))
        if self.uses_generators:
            found = self._generators(cells)
            unproven |= found.status != kernel.DONE
            facet, reach, answers = found.facet, found.reach, self._known(found, answers)
            self._fill_sizes(found, columns, unproven)
        if self.task.needs_ball or not self.uses_generators:
            wants_facets = any(name in columns for name in FACET_COLUMNS)
            radii, centers = self._balls(cells, facet, answers, reach, wants_facets=wants_facets)
            self._fill_balls(columns, answers, radii, centers, unproven)
        self._fill_facets(cells, facet, answers, columns, unproven)
        return columns, unproven

    def facets(self, cells: state.Cells) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which rows of a batch are facets, and of which cells the kernels leave that open."""
        n = len(cells.bases)
        if not self.uses_generators:
            answers = np.full((n, balls.N_ANSWERS), balls.UNKNOWN, dtype=np.int64)
            facet = np.zeros(len(cells.rows), dtype=np.int64)
            self._balls(cells, facet, answers, np.zeros((n, self.r)), wants_facets=True)
            is_open = answers[:, balls.N_FACETS] == balls.UNKNOWN
            if not self._ties(int(is_open.sum()), n):
                return facet == state.YES, is_open
            self.uses_generators = True
        found = self._generators(cells)
        return found.facet == state.YES, found.status != kernel.DONE

    def polytope(self, cells: state.Cells, i: int) -> HPolytope:
        """The exact rows of one cell of a batch, redundant ones included."""
        task = self.task
        rows: list[Any] = []
        labels: list[tuple[Any, ...]] = []
        signs = cells.signs[i]
        for layer, neuron, sign in cells.labels[cells.starts[i] : cells.starts[i + 1]].tolist():
            if layer < 0:
                place = self.domain_places[neuron]
                rows.append(list(task.domain.exact_rows[place]) if task.domain is not None else [])
                is_clip = place >= task.n_domain_rows
                labels.append(("clip", place - task.n_domain_rows) if is_clip else ("domain", place))
            else:
                functions, _ = self.maps.pre_activation_rows(layer, signs)
                rows.append(functions[neuron] if sign > 0 else [-entry for entry in functions[neuron]])
                labels.append(("neuron", layer, neuron))
        return HPolytope.from_exact_rows(rows, labels, dimension=task.network.input_dim)

    # -- kernels ------------------------------------------------------------------------------------

    def facet_areas(
        self, cells: state.Cells
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.bool_]]:
        """Which rows of a batch are facets, their areas, nan where that is not proven, and which cells are open."""
        found = self._generators(cells, kernel.WANT_FACET_AREAS)
        with np.errstate(invalid="ignore"):
            nearest, is_known = self._nearest(found.areas)
        areas = np.where(is_known | np.isinf(nearest), nearest, np.nan)
        if not self.is_pointed:
            areas[:] = np.inf
        if self.task.network.input_dim == 1:
            areas[:] = 1
        return found.facet == state.YES, areas, found.status != kernel.DONE

    def _generators(self, cells: state.Cells, wants: int | None = None) -> kernel.Answers:
        n, wants = len(cells.bases), self.task.wants if wants is None else wants
        most_rows = int(np.diff(cells.starts).max(initial=0))
        if most_rows > kernel.most_rows(self.workspace):
            self.workspace = self._new_workspace(2 * most_rows, len(self.workspace.cone.y))
        room = n * VERTICES_A_CELL if wants & kernel.WANT_VERTICES else 0
        with_areas = bool(wants & kernel.WANT_FACET_AREAS)
        n_words = self.workspace.cone.tight.shape[1]
        answers = kernel.new_answers(n, len(cells.rows), self.r, room, n_words, with_areas=with_areas)
        done = 0
        while done < n:
            done = kernel.measure_cells(
                cells, done, self.layers, self.residues, self.scales, wants, self.workspace, answers
            )
            if done < n:
                answers = self._with_more_room(done, answers)
                done += int(answers.status[done] == kernel.TOO_SMALL)
        return answers

    def _new_workspace(self, most_rows: int, capacity: int) -> kernel.Workspace:
        return kernel.new_workspace(self.r, most_rows, capacity, max(self.task.network.hidden_widths))

    def _with_more_room(self, at: int, answers: kernel.Answers) -> kernel.Answers:
        """Make room for whatever the kernel stopped for at a cell; `TOO_SMALL` if there is an end to it."""
        reason, workspace = int(answers.status[at]), self.workspace
        answers.status[at] = kernel.OPEN
        if reason == kernel.MORE_PRIMES:
            wanted = max(int(workspace.solver.wanted[0]), 2 * len(self.residues.primes))
            n_primes = min(wanted, state.MOST_PRIMES)
            self.residues = self.integers.residues(n_primes, 1 + len(self.task.space.domain_rows))
        elif reason == kernel.MORE_VERTICES:
            return kernel.with_more_vertices(answers)
        elif len(workspace.cone.y) >= MOST_GENERATORS:
            answers.status[at] = kernel.TOO_SMALL
        else:
            self.workspace = self._new_workspace(kernel.most_rows(workspace), 4 * len(workspace.cone.y))
        return answers

    def _balls(
        self,
        cells: state.Cells,
        facet: NDArray[np.int64],
        answers: NDArray[np.int64],
        reach: NDArray[np.float64],
        *,
        wants_facets: bool,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        n = len(cells.bases)
        radii, centers = np.full(n, np.nan), np.full((n, self.r), np.nan)
        balls.measure_balls(
            cells,
            self.layers,
            self.kernel_space,
            self.path,
            self.dictionary,
            self.frame,
            self.control,
            self.shape,
            self.ball,
            self.ball_path,
            self.ball_frame,
            self.chain,
            self.uses_generators,
            wants_facets,
            self.task.needs_ball,
            facet,
            answers,
            reach,
            radii,
            centers,
        )
        return radii, centers

    # -- columns ------------------------------------------------------------------------------------

    def _known(self, found: kernel.Answers, answers: NDArray[np.int64]) -> NDArray[np.int64]:
        """What the generators say, as the kernel of balls wants to know it."""
        counts = found.integers
        answers[:, balls.N_FACETS] = counts[:, kernel.N_FACETS]
        answers[:, balls.BOUNDED] = counts[:, kernel.N_RAYS] == 0
        answers[:, balls.INFINITE_RADIUS] = counts[:, kernel.HAS_INTERIOR_RAYS]
        return answers

    def _fill_sizes(self, found: kernel.Answers, columns: Columns, unproven: NDArray[np.bool_]) -> None:
        counts = found.integers
        is_bounded = (counts[:, kernel.N_RAYS] == 0) & self.is_pointed
        n_vertices = counts[:, kernel.N_VERTICES] if self.is_pointed else 0
        whole = {"n_vertices": n_vertices, "n_rays": counts[:, kernel.N_RAYS]}
        for name, values in whole.items():
            if name in columns:
                columns[name][:] = values
        sizes = {
            "volume": kernel.VOLUME,
            "surface_area": kernel.AREA,
            "diameter": kernel.DIAMETER,
            "aspect": kernel.CIRCUMRADIUS,
        }
        for name, place in sizes.items():
            if name in columns:
                nearest, is_known = self._nearest(found.floats[:, place : place + 3])
                unproven |= is_bounded & ~is_known
                columns[name][:] = np.where(is_bounded, nearest, np.nan if name == "aspect" else np.inf)
        if "surface_area" in columns:
            # In R^1 facets are points of area 1. Elsewhere an unbounded region has an unbounded facet, or none.
            n_facets = counts[:, kernel.N_FACETS]
            is_finite = ~is_bounded & ((n_facets == 0) | (self.task.network.input_dim == 1))
            columns["surface_area"][is_finite] = n_facets[is_finite]
        if "centroid" in columns:
            _, is_known = self._nearest(found.floats[:, kernel.VOLUME : kernel.VOLUME + 3])
            unproven |= is_bounded & ~is_known
            columns["centroid"][:] = np.nan
            if self.is_pointed:
                columns["centroid"][is_bounded] = (found.centroids * self.scales)[is_bounded]
        if "n_simplices" in columns:
            n_simplices = counts[:, kernel.N_SIMPLICES].astype(np.float64)
            if self.task.rule == "delaunay":
                for i in np.flatnonzero(is_bounded & ~unproven):
                    n_simplices[i] = self._n_delaunay(found, int(i))
            unproven |= is_bounded & (n_simplices < 0)
            columns["n_simplices"][:] = np.where(is_bounded, n_simplices, np.nan)

    def _nearest(self, found: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Values that lie between bounds, and whether the bounds are within the accuracy."""
        lower, upper, nearest = found[:, kernel.LOWER], found[:, kernel.UPPER], found[:, kernel.NEAREST]
        with np.errstate(all="ignore"):
            is_known = upper - lower <= self.task.accuracy * lower
            is_known &= np.isfinite(nearest) & (lower > np.finfo(np.float64).tiny)
        return nearest, is_known

    def _n_delaunay(self, found: kernel.Answers, i: int) -> int:
        """The number of Delaunay simplices of one cell, or -1 if it is not proven.

        Simplices within a facet are flat, and left out. The others must be proven to have a volume, and to add up to
        that of the cell so closely that none of them can be missing, or be there twice.
        """
        part = slice(int(found.vertex_starts[i]), int(found.vertex_starts[i + 1]))
        points, errors = found.vertices[part], found.vertex_errors[part]
        try:
            simplices = delaunay_simplices(points)
        except NumericalError:
            return -1
        common = np.bitwise_and.reduce(found.vertex_tight[part][simplices], axis=1)
        simplices = simplices[~common.any(axis=1)]
        lower, upper = np.zeros(len(simplices)), np.zeros(len(simplices))
        kernel.simplex_volumes(points, errors, simplices, self.workspace, lower, upper)
        least, most, _ = found.floats[i, kernel.VOLUME : kernel.VOLUME + 3]
        missing, surplus = most - lower.sum() * (1 - 1e-12), upper.sum() * (1 + 1e-12) - least
        smallest = lower.min(initial=np.inf)
        return len(simplices) if 0 <= missing < smallest and 0 <= surplus < smallest else -1

    def _fill_balls(
        self,
        columns: Columns,
        answers: NDArray[np.int64],
        radii: NDArray[np.float64],
        centers: NDArray[np.float64],
        unproven: NDArray[np.bool_],
    ) -> None:
        if self.task.needs_ball:
            unproven |= np.isnan(radii)
        if "chebyshev_radius" in columns:
            columns["chebyshev_radius"][:] = radii
        if "chebyshev_center" in columns:
            is_known = answers[:, balls.CENTER_IS_UNIQUE] == state.YES
            unproven |= np.isfinite(radii) & ~(is_known & self.is_pointed)
            if self.is_pointed:
                columns["chebyshev_center"][:] = np.where(
                    is_known[:, np.newaxis], centers * self.scales, np.nan
                )
        if "aspect" in columns:
            with np.errstate(all="ignore"):
                columns["aspect"][:] = radii / columns["aspect"]

    def _fill_facets(
        self,
        cells: state.Cells,
        facet: NDArray[np.int64],
        answers: NDArray[np.int64],
        columns: Columns,
        unproven: NDArray[np.bool_],
    ) -> None:
        if "is_bounded" in columns:
            unproven |= answers[:, balls.BOUNDED] == balls.UNKNOWN
            columns["is_bounded"][:] = (answers[:, balls.BOUNDED] == state.YES) & self.is_pointed
        if any(name in columns for name in FACET_COLUMNS):
            unproven |= answers[:, balls.N_FACETS] == balls.UNKNOWN
            places = np.array([*self.domain_places, 0])
            labels = cells.labels
            is_outer = labels[:, 0] < 0
            is_clip = is_outer & (places[np.where(is_outer, labels[:, 1], -1)] >= self.task.n_domain_rows)
            kinds = {
                "n_facets": np.ones(len(labels), dtype=np.bool_),
                "n_neuron_facets": ~is_outer,
                "n_domain_facets": is_outer & ~is_clip,
                "n_clip_facets": is_clip,
            }
            for name, is_kind in kinds.items():
                if name in columns:
                    flags = np.where(is_kind & (facet == state.YES), 1, 0)
                    sums = np.concatenate([[0], np.cumsum(flags)])
                    columns[name][:] = sums[cells.starts[1:]] - sums[cells.starts[:-1]]
