"""The search itself: compiled steps through the cell tree, and exact answers where they ask for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.exact.decisions import (
    CUT,
    EMPTY,
    NEGATIVE,
    POSITIVE,
    ZERO,
    InteriorPoint,
    SignDecision,
    interior_point,
    sign_on_cell,
)
from polytope_engine.kernels import cell_tree as tree
from polytope_engine.kernels import search_state as state
from polytope_engine.kernels import vertex_tree
from polytope_engine.network.rationals import nearest_float
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.regions.harvest import LARGEST, Harvest, full_point
from polytope_engine.regions.outcome import Certificate, Work
from polytope_engine.regions.recording import ProofRecorder
from polytope_engine.regions.residues import IntegerNetwork
from polytope_engine.regions.root_vertices import root_vertices
from polytope_engine.regions.working_space import Row, WorkingSpace, restrict

BUFFER_ROWS = 1 << 14
# Regions that are passed on together, and the rows that they may have together.
BATCH_CELLS = 1 << 10
BATCH_ROWS = 1 << 15
# A domain that reaches further is searched like an unbounded one.
FAR = 1e250


class CellSearch:
    """A walk through the cell tree of one network, which can be advanced step by step.

    Parameters
    ----------
    network : ReLUNetwork
        At least one hidden layer.
    space : WorkingSpace
        At least one working coordinate.
    store : bool
        Whether sign vectors and interior points are kept, or regions only counted.
    on_region : callable, optional
        Called at each region, while the kernel's state still describes it.
    recorder : ProofRecorder, optional
        Writes down the proof.
    on_cells : callable, optional
        Receives the regions in batches, instead of their being stored: the index of the first one, and the
        batch, which is the callee's to keep. `flush` sends the last ones. For `another` it must know how to make
        another of itself.
    method : {"lp", "vertex"}
        What decides which neurons cut a cell: linear programs, or the cell's vertices, and linear programs where
        these do not suffice.
    like : CellSearch, optional
        A search of the same network and space, whose tables are shared. The new one has nothing to do until it
        adopts a subtree.
    """

    def __init__(
        self,
        network: ReLUNetwork,
        space: WorkingSpace,
        store: bool = True,
        on_region: Callable[[], None] | None = None,
        recorder: ProofRecorder | None = None,
        on_cells: Any = None,
        method: str = "lp",
        like: CellSearch | None = None,
    ) -> None:
        self.method = method
        self.like = like
        self.network = network
        self.space = space
        self.store = store
        self.on_region = on_region
        self.recorder = recorder
        self.on_cells = on_cells
        self.chunks: list[tuple[int, NDArray[np.int8], NDArray[np.float64]]] = []
        self.exact_points: dict[int, tuple[Fraction, ...]] = {}
        self.exact_regions: set[int] = set()
        self.buffer_start = 0
        self.n_harvested = 0
        self.n_exact_harvested = 0
        self.n_exact_decisions = 0
        self.n_drops_exact = 0
        self.n_zero_exact = 0
        self.n_cuts_exact = 0
        self.n_empty = 0
        self._allocate()
        self._plant_root()

    # -- set-up ------------------------------------------------------------------------------------

    def _allocate(self) -> None:
        network, space = self.network, self.space
        r = space.dimension
        widths = network.hidden_widths
        n_layers, widest, n_neurons = len(widths), max(widths), sum(widths)
        deepest = len(space.domain_rows) + n_neurons
        like = self.like
        self.layers: state.Layers = kernel_layers(network, space) if like is None else like.layers
        self.kernel_space: state.Space = kernel_space(space) if like is None else like.kernel_space
        self.maps = state.new_maps(r, n_layers, widest, n_neurons)
        self.path = state.new_path(r, deepest)
        self.dictionary = state.new_dictionary(r, deepest)
        self.stack = state.new_stack(r, deepest, n_neurons, widest)
        self.frame = state.new_frame(r, widest)
        if self.on_cells is None:
            rows = BUFFER_ROWS if self.store else 1
            self.cells = state.new_cells(r, n_neurons, 0, 0)
            self.found = state.Found(
                sign_vectors=np.zeros((rows, n_neurons), dtype=np.int8), points=np.zeros((rows, r))
            )
        else:
            self.cells = state.new_cells(r, n_neurons, BATCH_CELLS, max(deepest, BATCH_ROWS))
            self.found = state.Found(sign_vectors=self.cells.signs, points=self.cells.points)
        self.signs = np.zeros(n_neurons, dtype=np.int8)
        self.waiting = np.zeros(widest, dtype=np.int64)
        self.control = np.zeros(state.N_CONTROL, dtype=np.int64)
        self.integers: IntegerNetwork = IntegerNetwork(network, space) if like is None else like.integers
        self.residues = self.integers.residues(0, deepest)

    def _plant_root(self) -> None:
        space, control = self.space, self.control
        n_domain = len(space.domain_rows)
        scales = np.ones(n_domain)
        for p, row in enumerate(space.domain_rows):
            values, gradient_error, constant_error, exponent = float_row(row, space.shifts)
            scales[p] = 2.0**-exponent
            self.path.rows[p] = values
            self.path.bounds[p] = np.abs(values[:-1]).max(), abs(values[-1]), gradient_error, constant_error
            self.path.labels[p] = -1, p, 1
        labels = [*space.root_rows, *(n_domain + f for f in range(len(space.forced)))]
        self.dictionary.col_label[:] = labels
        control[state.DEPTH] = control[state.N_DOMAIN] = n_domain
        control[state.PHASE] = state.PLANT if self.like is None else state.POP
        self.corners: vertex_tree.Corners | None = None
        if self.method == "vertex" and self.like is None:
            self._plant_vertices()
        self.record: state.Record | None = None
        if self.recorder is not None:
            self.record = self.recorder.attach(space, len(self.path.rows), scales)

    def _plant_vertices(self) -> None:
        """Begin with the vertices of the domain, if it is simple."""
        roots = root_vertices(self.space)
        if roots is None or not self.kernel_space.bounded:
            return
        n = len(roots.points)
        corners = self.corners_with_room(n)
        corners.points[:n], corners.radii[:n], corners.facets[:n] = roots.points, roots.radii, roots.facets
        corners.tables[0] = np.arange(vertex_tree.MOST_FACETS)
        corners.nodes[0, vertex_tree.NODE_DEPTH] = len(self.space.domain_rows)
        corners.nodes[0, vertex_tree.NODE_SIZE] = n
        self.control[state.N_CORNER_NODES] = 1
        self.control[state.PHASE] = state.POP

    def corners_with_room(self, n_vertices: int) -> vertex_tree.Corners:
        """The stack of cells with vertices, with room for a cell with so many of them and its parts."""
        room = max(1 << 14, 8 * n_vertices)
        if self.corners is None:
            widths = np.array(self.network.hidden_widths, dtype=np.int64)
            self.corners = vertex_tree.new_corners(self.space.dimension, widths, room)
        elif len(self.corners.points) < room:
            self.corners = vertex_tree.with_room(self.corners, room)
        return self.corners

    # -- walking -----------------------------------------------------------------------------------

    def advance(self, budget: int, max_regions: int) -> bool:
        """Walk on until about ``budget`` linear programs and splits are spent. True when the tree is finished."""
        target = self._n_steps + budget
        while True:
            remaining = max(target - self._n_steps, 1)
            if self.corners is not None and self._is_on_vertices:
                status = self._advance_on_vertices(self.corners, remaining, max_regions)
            else:
                status = self._advance_by_programs(remaining, max_regions)
            target -= self._respond(status)
            is_over = status == state.BUDGET_SPENT or self._n_steps >= target or self.n_regions >= max_regions
            if is_over or self._is_at_the_end:
                return self._is_at_the_end

    def _advance_by_programs(self, budget: int, max_regions: int) -> int:
        """Walk on with linear programs as far as that goes."""
        status = tree.run(
            self.layers,
            self.kernel_space,
            self.maps,
            self.path,
            self.dictionary,
            self.stack,
            self.frame,
            self.residues,
            self.found,
            self.cells,
            self.record,
            self.signs,
            self.waiting,
            self.control,
            budget,
            max_regions,
            self.store,
            self.on_region is not None,
        )
        return int(status)

    def _respond(self, status: int) -> int:
        """Do what the kernel needs before it can go on; about how many steps that is worth."""
        if status == state.BUFFER_FULL:
            self._empty_buffer()
        elif status == vertex_tree.NEED_ROOM and self.corners is not None:
            self.corners = vertex_tree.with_room(self.corners, 2 * len(self.corners.points))
        elif status == state.NEED_PRIMES:
            self._add_primes()
        elif status == state.RECORD_FULL and self.recorder is not None:
            self.recorder.flush(int(self.control[state.DEPTH]))
        elif status == state.NEED_DECISION:
            self._answer_decision()
            return 200
        elif status == state.NEED_POINT:
            self._answer_point()
            return 200
        elif status == state.PAUSED and self.on_region is not None:
            self.on_region()
            return 20
        return 0

    def _advance_on_vertices(self, corners: vertex_tree.Corners, budget: int, max_regions: int) -> int:
        """Walk on with vertices as far as that goes."""
        status = vertex_tree.run_on_vertices(
            self.layers,
            self.kernel_space,
            self.maps,
            self.path,
            self.dictionary,
            self.frame,
            corners,
            self.found,
            self.cells,
            self.signs,
            self.waiting,
            self.control,
            budget,
            max_regions,
            self.store,
        )
        return int(status)

    @property
    def is_between_cells(self) -> bool:
        """Whether no cell is under way: all that is left waits."""
        return bool(self.control[state.PHASE] == state.POP)

    @property
    def _is_on_vertices(self) -> bool:
        """Whether no linear programs are under way."""
        return self.is_between_cells and bool(self.control[state.N_STACK] == 0)

    @property
    def _is_at_the_end(self) -> bool:
        return self._is_on_vertices and bool(self.control[state.N_CORNER_NODES] == 0)

    def another(self) -> CellSearch:
        """A search of the same tree that has nothing to do, and tells somebody of its own."""
        receiver = None if self.on_cells is None else self.on_cells.another()
        search = CellSearch(
            self.network, self.space, self.store, on_cells=receiver, method=self.method, like=self
        )
        if receiver is not None:
            receiver.search = search
        return search

    @property
    def _n_steps(self) -> int:
        return int(self.control[state.N_LPS] + self.control[state.N_SPLITS])

    @property
    def n_regions(self) -> int:
        """Regions proven since the last harvest."""
        return int(self.control[state.N_REGIONS])

    @property
    def keeps_regions(self) -> bool:
        """Whether what was found is kept here, and not only counted or passed on."""
        return self.store and self.on_cells is None

    @property
    def n_regions_in_all(self) -> int:
        """Regions proven so far."""
        return self.n_harvested + self.n_regions

    @property
    def fraction_left(self) -> float:
        """Share of the tree that is not finished, each split halving its parent's share."""
        control = self.control
        nodes = self.stack.nodes[: control[state.N_STACK]]
        depths = nodes[nodes[:, state.NODE_LAYER] != state.TAKEN, state.NODE_DEPTH]
        left = sum(map(self.share, depths))
        if self.corners is not None:
            cells = self.corners.nodes[: control[state.N_CORNER_NODES]]
            depths = cells[cells[:, vertex_tree.NODE_STATE] != vertex_tree.TAKEN, vertex_tree.NODE_DEPTH]
            left += sum(map(self.share, depths))
        if control[state.PHASE] != state.POP:
            left += self.share(control[state.DEPTH])
        return left

    def share(self, depth: int) -> float:
        """The share of a cell with this many rows in the tree."""
        return math.exp2(len(self.space.domain_rows) - depth)

    def _add_primes(self) -> None:
        """Make at least as many primes ready as the kernel asks for."""
        n_domain, depth = len(self.space.domain_rows), len(self.path.rows)
        wanted = max(int(self.control[state.PRIMES_WANTED]), 2 * len(self.residues.primes))
        self.residues = self.integers.residues(min(wanted, state.MOST_PRIMES), depth)
        self.path.n_residues[:] = 0
        self.path.n_residues[:n_domain] = state.MOST_PRIMES

    def _empty_buffer(self) -> None:
        """Set the buffer's regions aside. Its first index goes with it: an interrupt repeats nothing."""
        n = int(self.control[state.N_FOUND])
        if n and self.on_cells is not None:
            self.control[state.N_FOUND] = 0
            self.buffer_start += n
            self.on_cells(self.buffer_start - n, self._batch(n))
        elif n:
            chunk = (self.buffer_start, self.found.sign_vectors[:n].copy(), self.found.points[:n].copy())
            self.chunks.append(chunk)
            self.control[state.N_FOUND] = 0
            self.buffer_start += n

    def _batch(self, n: int) -> state.Cells:
        """A copy of the cells in the buffer."""
        cells = self.cells
        n_rows = int(cells.starts[n])
        return state.Cells(
            rows=cells.rows[:n_rows].copy(),
            bounds=cells.bounds[:n_rows].copy(),
            labels=cells.labels[:n_rows].copy(),
            starts=cells.starts[: n + 1].copy(),
            bases=cells.bases[:n].copy(),
            points=cells.points[:n].copy(),
            signs=cells.signs[:n].copy(),
            ties=cells.ties[: int(cells.tie_starts[n])].copy(),
            tie_starts=cells.tie_starts[: n + 1].copy(),
        )

    def flush(self) -> None:
        """Pass on the regions that are still in the buffer."""
        self._empty_buffer()

    # -- exact answers -----------------------------------------------------------------------------

    def _exact_row(self, layer: int, neuron: int) -> Row:
        rows, _ = self.network.exact.pre_activation_rows(
            layer, self.signs[: self.layers.shape[state.OFFSET, layer]]
        )
        return restrict(rows[neuron], self.space.columns)

    def exact_path(self) -> list[Row]:
        """The rows of the current cell, exactly: integer rows (a, b) meaning a . x + b >= 0."""
        n_domain = len(self.space.domain_rows)
        rows = list(self.space.domain_rows)
        for p in range(n_domain, int(self.control[state.DEPTH])):
            layer, neuron, sign = (int(label) for label in self.path.labels[p])
            row = self._exact_row(layer, neuron)
            rows.append(row if sign > 0 else [-entry for entry in row])
        return rows

    def _answer_decision(self) -> None:
        control, recorder = self.control, self.recorder
        self.n_exact_decisions += 1
        layer, neuron = int(control[state.LAYER]), int(control[state.CURRENT_NEURON])
        rows = self.exact_path()
        target = self._exact_row(layer, neuron)
        decision = sign_on_cell(rows, target, basis=[int(p) for p in self.dictionary.col_label])
        if decision.verdict == EMPTY:
            self._prune(rows)
        elif decision.verdict == CUT and decision.basis is not None:
            self.n_cuts_exact += 1
            self.dictionary.proposal[:] = decision.basis
            self._split_as_proposed()
        elif decision.verdict == ZERO:
            self.n_zero_exact += 1
            if recorder is not None:
                recorder.zero(neuron, len(rows))
            self._set_sign(0)
        elif decision.verdict in (POSITIVE, NEGATIVE):
            self.n_drops_exact += 1
            self._note_tie(layer, neuron, decision)
            if recorder is not None:
                recorder.drop(neuron, decision.verdict, list(decision.multipliers), len(rows))
            self._set_sign(1 if decision.verdict == POSITIVE else -1)
        else:
            raise AssertionError(f"the verdict {decision.verdict} cannot be acted on")

    def _set_sign(self, sign: int) -> None:
        tree.set_sign(sign, self.layers, self.maps, self.signs, self.space.dimension, self.control)

    def _split_as_proposed(self) -> None:
        tree.split_as_proposed(
            self.layers,
            self.maps,
            self.path,
            self.dictionary,
            self.stack,
            self.frame,
            self.record,
            self.signs,
            self.waiting,
            self.control,
        )

    def _note_tie(self, layer: int, neuron: int, decision: SignDecision) -> None:
        """Note a neuron that is a positive multiple of one row of the path, as the kernel does."""
        if decision.constant == 0 and len(decision.multipliers) == 1:
            n_ties = int(self.control[state.N_TIES])
            place = int(self.layers.shape[state.OFFSET, layer]) + neuron
            self.path.ties[n_ties] = place, next(iter(decision.multipliers))
            self.control[state.N_TIES] = n_ties + 1

    def _answer_point(self) -> None:
        control = self.control
        self.n_exact_decisions += 1
        rows = self.exact_path()
        witness = interior_point(rows, self.space.dimension)
        if witness.point is None:
            self._prune(rows, witness)
            return
        self.exact_regions.add(self.n_regions)
        if self.store:
            self._store_exact(witness.point)
        if self.recorder is not None:
            self.recorder.region(self._full_point(witness.point), len(rows))
        # A region counts from here on; what was noted of it before an interrupt does not.
        control[state.N_REGIONS] += 1
        control[state.PHASE] = state.POP
        if self.on_region is not None:
            self.on_region()

    def _store_exact(self, point: Sequence[Fraction]) -> None:
        slot = int(self.control[state.N_FOUND])
        scaled = [x / Fraction(2) ** int(s) for x, s in zip(point, self.space.shifts, strict=True)]
        rounded = [nearest_finite(x) for x in scaled]
        self.found.sign_vectors[slot] = self.signs
        self.found.points[slot] = rounded
        if self.on_cells is not None:
            self._keep_cell(slot)
        if any(Fraction(value) != x for value, x in zip(rounded, scaled, strict=True)):
            self.exact_points[self.n_regions] = self._full_point(point)
        self.control[state.N_FOUND] = slot + 1

    def _keep_cell(self, slot: int) -> None:
        """Copy the rows of the current cell to the buffer, as the kernel does; there is room."""
        cells, depth = self.cells, int(self.control[state.DEPTH])
        start = int(cells.starts[slot])
        cells.rows[start : start + depth] = self.path.rows[:depth]
        cells.bounds[start : start + depth] = self.path.bounds[:depth]
        cells.labels[start : start + depth] = self.path.labels[:depth]
        cells.bases[slot] = self.dictionary.col_label
        cells.starts[slot + 1] = start + depth
        start, n_ties = int(cells.tie_starts[slot]), int(self.control[state.N_TIES])
        cells.ties[start : start + n_ties] = self.path.ties[:n_ties]
        cells.tie_starts[slot + 1] = start + n_ties

    def _full_point(self, point: Sequence[Fraction]) -> tuple[Fraction, ...]:
        return full_point(point, self.space, self.network.input_dim)

    def _prune(self, rows: list[Row], witness: InteriorPoint | None = None) -> None:
        """The cell is empty: drop every waiting child below the first false split."""
        if witness is None:
            witness = interior_point(rows, self.space.dimension)
        side = witness.empty_prefix
        if side is None or witness.multipliers is None or side <= len(self.space.domain_rows):
            raise AssertionError("a cell was called empty and is not")
        self.n_empty += 1
        if self.recorder is not None:
            factors = self._row_factors()
            stated = {label: value * factors[label] for label, value in witness.multipliers.items()}
            self.recorder.empty(stated, side, len(rows))
        depths = self.stack.nodes[: self.control[state.N_STACK], state.NODE_DEPTH]
        self.control[state.N_STACK] = np.searchsorted(depths, side, side="right")
        self.control[state.PHASE] = state.POP

    def _row_factors(self) -> list[Fraction]:
        """What each of the rows of `exact_path` is the recorded proof's row times."""
        if self.recorder is None:
            return []
        factors = self.recorder.domain_factors(self.space)
        for p in range(len(factors), int(self.control[state.DEPTH])):
            layer = int(self.path.labels[p, state.LABEL_LAYER])
            before = self.signs[: self.layers.shape[state.OFFSET, layer]]
            _, unit = self.network.exact.pre_activation_rows(layer, before)
            factors.append(1 / unit)
        return factors

    # -- results -----------------------------------------------------------------------------------

    def harvest(self) -> Harvest:
        """What was found since the last harvest; it is forgotten here."""
        if self.on_cells is not None:
            self._empty_buffer()
        signs, points = self._stored()
        n = self.n_regions
        harvest = Harvest(
            n_regions=n,
            n_exact=sum(index < n for index in self.exact_regions),
            signs=signs,
            points=points,
            exact_points={index: point for index, point in self.exact_points.items() if index < n},
        )
        self.n_harvested += n
        self.n_exact_harvested += harvest.n_exact
        self.control[state.N_REGIONS] = self.control[state.N_FOUND] = 0
        self.buffer_start = 0
        self.exact_points, self.exact_regions = {}, set()
        return harvest

    def _stored(self) -> tuple[list[NDArray[np.int8]], list[NDArray[np.float64]]]:
        """The stored regions, each once and only those that count, whatever an interrupt left behind."""
        n_found = min(int(self.control[state.N_FOUND]), len(self.found.points))
        # copies: the buffer is filled again
        rest = (
            self.buffer_start,
            self.found.sign_vectors[:n_found].copy(),
            self.found.points[:n_found].copy(),
        )
        pieces = [*self.chunks, rest]
        self.chunks = []
        signs, points, total = [], [], 0
        for first, piece_signs, piece_points in pieces:
            if first == total:
                n = min(len(piece_points), self.n_regions - total)
                signs.append(piece_signs[:n])
                points.append(piece_points[:n])
                total += n
        return signs, points

    def work(self, seconds: float) -> Work:
        """What the walk cost so far."""
        control = self.control
        return Work(
            n_linear_programs=int(control[state.N_LPS]),
            n_pivots=int(control[state.N_PIVOTS]),
            n_splits=int(control[state.N_SPLITS]),
            n_rebuilds=int(control[state.N_REBUILDS]),
            n_residue_decisions=int(control[state.N_DROPS_BY_RESIDUES] + control[state.N_ZERO_BY_RESIDUES]),
            n_exact_decisions=self.n_exact_decisions,
            seconds=seconds,
            n_vertex_decisions=int(control[state.N_SIFTED]),
        )

    def certificate(self) -> Certificate:
        """How the decisions so far were proven."""
        control = self.control
        n_regions_exact = self.n_exact_harvested + sum(index < self.n_regions for index in self.exact_regions)
        return Certificate(
            n_regions_float=self.n_regions_in_all - n_regions_exact,
            n_regions_exact=n_regions_exact,
            n_drops_float=int(control[state.N_DROPS] - control[state.N_DROPS_BY_RESIDUES]),
            n_drops_residues=int(control[state.N_DROPS_BY_RESIDUES]),
            n_drops_exact=self.n_drops_exact,
            n_identically_zero=int(control[state.N_ZERO]) + self.n_zero_exact,
            n_cuts_exact=self.n_cuts_exact,
            n_empty_sides=self.n_empty,
        )


def nearest_finite(x: Fraction) -> float:
    """The nearest float that is finite."""
    return min(max(nearest_float(x), -LARGEST), LARGEST)


def kernel_layers(network: ReLUNetwork, space: WorkingSpace) -> state.Layers:
    """The network in working coordinates, as the kernels read it."""
    form = network.float_form
    widths = np.array(network.hidden_widths, dtype=np.int64)
    first = np.ldexp(form.weights[0][0][:, list(space.columns)], space.shifts)
    matrices = [first] + [W for W, _ in form.weights[1:-1]]
    rest = [i for i in range(widths[0]) if i not in set(space.forced)]
    starts = np.concatenate([[0], np.cumsum([W.size for W in matrices])])
    offsets = np.concatenate([[0], np.cumsum(widths)])
    return state.Layers(
        shape=np.array([[*widths, 0], offsets, starts], dtype=np.int64),
        weights=np.concatenate([np.ascontiguousarray(W.T).ravel() for W in matrices]),
        biases=np.concatenate([b for _, b in form.weights[:-1]]),
        slopes=np.concatenate(form.slopes),
        first_order=np.array([*space.forced, *rest], dtype=np.int64),
        rounding=form.rounding,
    )


def kernel_space(space: WorkingSpace) -> state.Space:
    """The working space, as the kernels read it: with float bounds, from above, on a bounded domain."""
    reach = np.zeros(space.dimension)
    if space.box is not None:
        for k, (low, high) in enumerate(space.box):
            size = max(abs(low), abs(high)) / Fraction(2) ** int(space.shifts[k])
            value = nearest_float(size)
            is_bound = value == np.inf or Fraction(value) >= size
            reach[k] = value if is_bound else np.nextafter(value, np.inf)
    return state.Space(
        dimension=space.dimension,
        n_forced=len(space.forced),
        bounded=space.box is not None and bool(np.all(reach < FAR)),
        reach=reach,
        reach_sum=float(np.sum(reach)) * (1 + 1e-12),
    )


def float_row(row: Row, shifts: NDArray[np.int64]) -> tuple[NDArray[np.float64], float, float, int]:
    """A row in scaled coordinates, its largest coefficient in [1, 2), the errors, and the power of two it lost."""
    exact = [Fraction(int(a)) * Fraction(2) ** int(s) for a, s in zip(row[:-1], shifts, strict=True)]
    exact.append(Fraction(int(row[-1])))
    largest = max(abs(a) for a in exact[:-1])
    exponent = largest.numerator.bit_length() - largest.denominator.bit_length()
    exact = [a / Fraction(2) ** exponent for a in exact]
    values = np.array([nearest_finite(a) for a in exact])
    errors = [abs(Fraction(value) - a) for value, a in zip(values, exact, strict=True)]
    return values, _rounded_up(max(errors[:-1])), _rounded_up(errors[-1]), exponent


def _rounded_up(x: Fraction) -> float:
    """A float that is at least x >= 0, and 0 only if x is; infinite beyond the range of floats."""
    return 0.0 if x == 0 else float(np.nextafter(nearest_float(x) * (1 + 1e-12), np.inf))
