"""Vertices and rays of many cells, by double description in floats with error bounds.

A cell is given by rows ``a . x + b >= 0``. With one more coordinate, t = 1 at points and t = 0 at directions, it
becomes a cone, whose extreme rays, the *generators*, are the vertices and rays of the cell. Rows are inserted one
at a time: generators on the right side stay, those on the wrong side go, and every edge between the two sides
gives a new one (Motzkin, Raiffa, Thompson, Thrall 1953; Fukuda, Prodon 1996). All that this asks for are the
signs of a row at the generators; with the right signs the result is right, whatever the coordinates say.

So signs are what is proven. Each generator comes with a bound of the error of each coordinate, from which follows
a bound of the error of a row's value there. A sign that this leaves open is asked again with coordinates that were
solved for anew from the generator's own rows, and then taken for a tie, which residues modulo primes prove: the row
is a combination of the rows that make the generator. What is still open is left to the caller, who decides it in
rational arithmetic.

Coordinates are local: the origin is a point inside the cell, the unit a length like that of the cell, so that
small cells far from the origin of the input lose nothing.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polytope_engine.kernels.jit import counter, hot, inner, kernel
from polytope_engine.kernels.layer_maps import power_of_two_scale
from polytope_engine.kernels.residue_proofs import first_dependent_row, row_modulo
from polytope_engine.kernels.search_state import (
    LABEL_LAYER,
    MOST_PRIMES,
    PRIME_BITS,
    TINY,
    UNIT,
    Cells,
    Layers,
    Residues,
)
from polytope_engine.kernels.sharp_rows import (
    CHAIN_LARGEST,
    GRADIENT_ERROR,
    VALUE,
    VALUE_ERROR,
    Chain,
    exact_offset,
    new_chain,
    product_error,
    sharpen,
)
from polytope_engine.kernels.simplex import invert

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.int8]
Words = NDArray[np.uint64]

# What can become of a cell.
DONE = 0
OPEN = 1  # something is not proven
TOO_SMALL = 2  # the workspace
MORE_PRIMES = 3
MORE_VERTICES = 4

# Signs besides -1, 0 and 1.
UNPROVEN = 2
WANT_PRIMES = 3

# Stands for a number of simplices that hangs on an order that is not proven.
UNPROVEN_COUNT = -1

# Columns of `Cone.state`.
N_TIGHT = 0
IS_SOLVED = 1  # 1 if y was solved for from the generator's rows

# Columns of `Cone.values`: of the row that is inserted, and bounds of the sum of |y_k| and of twice its error.
AT_ROW = 0
AT_ROW_ERROR = 1
SIZE = 2
SLACK = 3

# Columns of `Cone.row_errors`: bounds of the errors of each coefficient, of the constant, and of a value over SIZE.
COEFFICIENT = 0
CONSTANT = 1
ROW_NOISE = 2

# Columns of `Faces.state`.
NEXT_FACET = 0
LEVEL_VERTEX = 1
PIVOT = 2

INFINITY = 0  # the bit of the row t >= 0; the bit of the cell's row k is k + 1

# Columns of `Answers.integers`.
N_FACETS = 0
N_VERTICES = 1
N_RAYS = 2
N_SIMPLICES = 3
HAS_INTERIOR_RAYS = 4
N_COUNTS = 5

# Columns of `Answers.floats`, in input units: each with LOWER, UPPER and NEAREST.
VOLUME = 0
AREA = 3
DIAMETER = 6
CIRCUMRADIUS = 9
N_SIZES = 12

LOWER = 0
UPPER = 1
NEAREST = 2

# What is asked for, as bits.
WANT_VOLUME = 1
WANT_SIMPLICES = 2
WANT_AREA = 4
WANT_DIAMETER = 8
WANT_CIRCUMRADIUS = 16
WANT_VERTICES = 32
WANT_REACH = 64
WANT_FACET_AREAS = 128


class Answers(NamedTuple):
    """What is found out about a batch of cells."""

    status: Ints  # (n_cells,): DONE or OPEN
    facet: Ints  # (n_rows,): 1 for rows that are a facet (the first of equal ones), 0 for the others
    integers: Ints  # (n_cells, N_COUNTS)
    floats: Floats  # (n_cells, N_SIZES): bounds and nearest values
    areas: Floats  # (n_rows, 3), if asked for: bounds and nearest values for facets; nan where they are not known
    centroids: Floats  # (n_cells, r): in working coordinates
    reach: Floats  # (n_cells, r): bounds of |x_k - point_k|; infinite if the cell is unbounded
    vertex_starts: Ints  # (n_cells + 1,)
    vertices: Floats  # (n_vertices, r): in input units, from the cell's point
    vertex_errors: Floats  # (n_vertices, r)
    vertex_tight: Words  # (n_vertices, n_words)


class Cone(NamedTuple):
    """The generators so far, and the rows they are cut with."""

    y: Floats  # (capacity, r + 1): generators, the largest |y_k| in [1, 2)
    error: Floats  # (capacity, r + 1): bounds of the errors of y
    tight: Words  # (capacity, n_words): rows that vanish there
    state: Ints  # (capacity, 2): N_TIGHT, IS_SOLVED
    values: Floats  # (capacity, 4): AT_ROW, AT_ROW_ERROR, SIZE, SLACK
    rows: Floats  # (max_rows + 1, r + 1): local rows, no coefficient larger than 2; row INFINITY is t >= 0
    row_errors: Floats  # (max_rows + 1, 3): COEFFICIENT, CONSTANT, ROW_NOISE


class Solver(NamedTuple):
    """Scratch of linear systems."""

    matrix: Floats  # (r, r)
    matrix_error: Floats  # (r, r)
    inverse: Floats  # (r, r)
    inverse_error: Floats  # (r, r)
    scratch: Floats  # (4, r, r + 1)
    vectors: Floats  # (4, r + 1)
    basis: Ints  # (r + 1,)
    pivots: Ints  # (r + 1,)
    residues: Words  # (r + 2, r + 1)
    wanted: Ints  # (1,): primes


class Faces(NamedTuple):
    """The face lattice of one cell, and its triangulation under way."""

    sides: Ints  # (2, capacity): positive and negative generators
    closure: Words  # (max_rows + 1, n_words): rows that vanish wherever a row does
    order: Ints  # (capacity,): vertices, in lexicographic order
    u: Floats  # (capacity, r): their coordinates
    u_error: Floats  # (capacity, r)
    points: Floats  # (capacity, r): the same in the proportions of the input
    facets: Ints  # (max_rows,)
    sets: Words  # (max_rows, n_vertex_words): the vertices of each facet
    levels: Words  # (r + 2, n_vertex_words): faces under way
    state: Ints  # (r + 2, 3): NEXT_FACET, LEVEL_VERTEX, PIVOT
    echelon: Floats  # (r + 1, r)
    echelon_error: Floats  # (r + 1, r)
    products: Floats  # (r + 2, 3): determinants, LOWER, UPPER and NEAREST
    sums: Floats  # (r + 2, r)
    totals: Floats  # (r + 3,): LOWER, UPPER, NEAREST, then a vector
    sizes: Floats  # (N_SIZES,)
    area: Floats  # (3,): LOWER, UPPER and NEAREST of a facet


class Workspace(NamedTuple):
    """Scratch of one worker."""

    cone: Cone
    solver: Solver
    faces: Faces
    chain: Chain


def new_workspace(r: int, max_rows: int, capacity: int, widest: int) -> Workspace:
    """Scratch for cells of up to this many rows and generators, and layers of up to this width."""
    n_words = max_rows // 64 + 1
    n_vertex_words = (capacity - 1) // 64 + 1
    cone = Cone(
        y=np.zeros((capacity, r + 1)),
        error=np.zeros((capacity, r + 1)),
        tight=np.zeros((capacity, n_words), dtype=np.uint64),
        state=np.zeros((capacity, 2), dtype=np.int64),
        values=np.zeros((capacity, 4)),
        rows=np.zeros((max_rows + 1, r + 1)),
        row_errors=np.zeros((max_rows + 1, 3)),
    )
    solver = Solver(
        matrix=np.zeros((r, r)),
        matrix_error=np.zeros((r, r)),
        inverse=np.zeros((r, r)),
        inverse_error=np.zeros((r, r)),
        scratch=np.zeros((4, r, r + 1)),
        vectors=np.zeros((4, r + 1)),
        basis=np.zeros(r + 1, dtype=np.int64),
        pivots=np.zeros(r + 1, dtype=np.int64),
        residues=np.zeros((r + 2, r + 1), dtype=np.uint64),
        wanted=np.zeros(1, dtype=np.int64),
    )
    faces = Faces(
        sides=np.zeros((2, capacity), dtype=np.int64),
        closure=np.zeros((max_rows + 1, n_words), dtype=np.uint64),
        order=np.zeros(capacity, dtype=np.int64),
        u=np.zeros((capacity, r)),
        u_error=np.zeros((capacity, r)),
        points=np.zeros((capacity, r)),
        facets=np.zeros(max_rows, dtype=np.int64),
        sets=np.zeros((max_rows, n_vertex_words), dtype=np.uint64),
        levels=np.zeros((r + 2, n_vertex_words), dtype=np.uint64),
        state=np.zeros((r + 2, 3), dtype=np.int64),
        echelon=np.zeros((r + 1, r)),
        echelon_error=np.zeros((r + 1, r)),
        products=np.zeros((r + 2, 3)),
        sums=np.zeros((r + 2, r)),
        totals=np.zeros(r + 3),
        sizes=np.zeros(N_SIZES),
        area=np.zeros(3),
    )
    return Workspace(cone, solver, faces, new_chain(r, widest))


def most_rows(workspace: Workspace) -> int:
    """How many rows a cell may have."""
    return len(workspace.cone.rows) - 1


def new_answers(
    n_cells: int, n_rows: int, r: int, n_vertices: int, n_words: int, *, with_areas: bool = False
) -> Answers:
    """Room for the answers about a batch of cells."""
    return Answers(
        status=np.full(n_cells, OPEN, dtype=np.int64),
        facet=np.zeros(n_rows, dtype=np.int64),
        integers=np.zeros((n_cells, N_COUNTS), dtype=np.int64),
        floats=np.zeros((n_cells, N_SIZES)),
        areas=np.full((n_rows if with_areas else 0, 3), np.nan),
        centroids=np.zeros((n_cells, r)),
        reach=np.full((n_cells, r), np.inf),
        vertex_starts=np.zeros(n_cells + 1, dtype=np.int64),
        vertices=np.zeros((n_vertices, r)),
        vertex_errors=np.zeros((n_vertices, r)),
        vertex_tight=np.zeros((n_vertices, n_words), dtype=np.uint64),
    )


def with_more_vertices(answers: Answers) -> Answers:
    """The same with twice the room for vertices."""
    grown = [
        np.concatenate([array, np.zeros_like(array)])
        for array in (answers.vertices, answers.vertex_errors, answers.vertex_tight)
    ]
    return answers._replace(vertices=grown[0], vertex_errors=grown[1], vertex_tight=grown[2])


# -- sets of rows and of vertices, as bits -----------------------------------------------------------


@hot
def count_bits(word: np.uint64) -> int:
    """Number of ones."""
    x = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    x = x + (x >> np.uint64(8))
    x = x + (x >> np.uint64(16))
    x = x + (x >> np.uint64(32))
    ones: int = np.int64(x & np.uint64(0x7F))  # type: ignore[assignment]
    return ones


@hot
def has_bit(words: Words, bit: int) -> bool:
    """Whether a set contains an element."""
    return bool((words[bit >> 6] >> np.uint64(bit & 63)) & np.uint64(1))


@hot
def set_bit(words: Words, bit: int) -> None:
    """Add an element to a set."""
    words[bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)


@inner
def lowest_bit(words: Words, n_words: int) -> int:
    """The smallest element, or -1."""
    for w in range(n_words):
        word = words[w]
        if word != np.uint64(0):
            return w * 64 + count_bits((word & (~word + np.uint64(1))) - np.uint64(1))
    return -1


# -- coordinates with bounds of their errors ---------------------------------------------------------


@inner
def bounded_inverse(solver: Solver, n: int) -> bool:
    """Invert ``matrix``, whose entries are off by at most ``matrix_error``; False if that is not proven.

    With R the float inverse and D = I - (matrix) R, the inverse is R + R D + R D^2 + ...; each term is bounded
    entry by entry, so that entries that are zero by structure have the bound zero.
    """
    work = solver.scratch[0]
    inverse = solver.inverse
    for i in range(n):
        for j in range(n):
            work[i, j] = solver.matrix[i, j]
    if not invert(work, inverse, n):
        return False
    gamma = (n + 4.0) * 2.0 * UNIT
    delta = solver.scratch[1]
    largest = 0.0
    for j in range(n):
        total = 0.0
        for i in range(n):
            residual = 1.0 if i == j else 0.0
            magnitude = residual
            error = 0.0
            for k in range(n):
                term = solver.matrix[i, k] * inverse[k, j]
                if inverse[k, j] != 0.0 and (solver.matrix[i, k] != 0.0 or solver.matrix_error[i, k] != 0.0):
                    error += TINY  # a product may have been too small for a float
                residual -= term
                magnitude += abs(term)
                error += solver.matrix_error[i, k] * abs(inverse[k, j])
            delta[i, j] = (abs(residual) + gamma * magnitude + error) * (1.0 + gamma)
            total += delta[i, j]
        largest = max(largest, total)
    if not largest < 0.25:
        return False
    term_now = solver.scratch[2]
    term_next = solver.scratch[3]
    bound = solver.inverse_error
    for i in range(n):
        for j in range(n):
            total = 0.0
            for k in range(n):
                if inverse[i, k] != 0.0 and delta[k, j] != 0.0:
                    total += abs(inverse[i, k]) * delta[k, j] + TINY
            term_now[i, j] = total
            bound[i, j] = total
    is_closed = False
    while not is_closed:
        is_closed = True
        size = 0.0
        for i in range(n):
            for j in range(n):
                total = 0.0
                for k in range(n):
                    if term_now[i, k] != 0.0 and delta[k, j] != 0.0:
                        total += term_now[i, k] * delta[k, j] + TINY
                term_next[i, j] = total
                size = max(size, total)
                if total > 0.0 and bound[i, j] == 0.0:
                    is_closed = False
        for i in range(n):
            for j in range(n):
                term_now[i, j] = term_next[i, j]
                bound[i, j] += term_next[i, j]
        if is_closed:
            rest = size * largest / (1.0 - largest)
            for i in range(n):
                for j in range(n):
                    if bound[i, j] > 0.0:
                        bound[i, j] = (bound[i, j] + rest) * (1.0 + 1e-12) + TINY
    return True


@hot
def normalize(cone: Cone, g: int, r: int) -> bool:
    """Scale a generator by a power of two that brings its largest coordinate into [1, 2)."""
    size = 0.0
    for k in range(r + 1):
        size = max(size, abs(cone.y[g, k]))
    if not (size > 0.0 and size < math.inf):
        return False
    scale = power_of_two_scale(size)
    total = 0.0
    slack = 0.0
    for k in range(r + 1):
        if cone.y[g, k] != 0.0 or cone.error[g, k] != 0.0:
            cone.y[g, k] *= scale
            cone.error[g, k] = cone.error[g, k] * scale + (TINY if scale < 1.0 else 0.0)
        total += abs(cone.y[g, k])
        slack += cone.error[g, k]
    cone.values[g, SIZE] = (total + slack) * (1.0 + 1e-12)
    cone.values[g, SLACK] = 2.0 * slack * (1.0 + 1e-12)
    return True


@hot
def quick_sign(cone: Cone, row: int, g: int, r: int) -> int:
    """The sign of a row at a generator, if rough bounds prove it. No coefficient of a row exceeds 2."""
    value = 0.0
    for k in range(r + 1):
        value += cone.rows[row, k] * cone.y[g, k]
    cone.values[g, AT_ROW] = value
    cone.values[g, AT_ROW_ERROR] = math.nan
    error = cone.values[g, SLACK] + cone.row_errors[row, ROW_NOISE] * cone.values[g, SIZE]
    if value > error:
        return 1
    if value < -error:
        return -1
    return UNPROVEN


@inner
def evaluate(cone: Cone, row: int, g: int, r: int) -> int:
    """The sign of a row at a generator, if its bounds prove it; the value and its bound are kept."""
    value = 0.0
    magnitude = 0.0
    error = 0.0
    size = 0.0
    for k in range(r + 1):
        a = cone.rows[row, k]
        term = a * cone.y[g, k]
        value += term
        magnitude += abs(term)
        error += abs(a) * cone.error[g, k]
        reach = abs(cone.y[g, k]) + cone.error[g, k]
        if k < r:
            size += reach
        # What is not zero by structure may have been too small for a float.
        row_error = cone.row_errors[row, COEFFICIENT if k < r else CONSTANT]
        if reach != 0.0 and (a != 0.0 or row_error != 0.0):
            error += TINY
    error += cone.row_errors[row, COEFFICIENT] * size
    error += cone.row_errors[row, CONSTANT] * (abs(cone.y[g, r]) + cone.error[g, r])
    error += (r + 5.0) * 2.0 * UNIT * magnitude
    error *= 1.0 + 1e-12
    cone.values[g, AT_ROW] = value
    cone.values[g, AT_ROW_ERROR] = error
    if value > error:
        return 1
    if value < -error:
        return -1
    return 0 if error == 0.0 else UNPROVEN


@inner
def choose_basis(cone: Cone, solver: Solver, g: int, r: int, n_words: int) -> bool:
    """Write r rows that vanish at the generator, probably independent ones, to ``basis``."""
    n = counter(0)
    echelon = solver.scratch[3]
    is_simple = cone.state[g, N_TIGHT] == r
    for w in range(n_words):
        word = cone.tight[g, w]
        while word != np.uint64(0) and n < r:
            low = word & (~word + np.uint64(1))
            row = w * 64 + count_bits(low - np.uint64(1))
            word ^= low
            solver.basis[n] = row
            if is_simple:
                n += 1
                continue
            vector = solver.vectors[0]
            for k in range(r + 1):
                vector[k] = cone.rows[row, k]
            for m in range(n):
                top = solver.pivots[m]
                factor = vector[top] / echelon[m, top]
                for k in range(r + 1):
                    vector[k] -= factor * echelon[m, k]
                vector[top] = 0.0
            top = 0
            for k in range(1, r + 1):
                if abs(vector[k]) > abs(vector[top]):
                    top = k
            if abs(vector[top]) > 1e-6:
                solver.pivots[n] = top
                for k in range(r + 1):
                    echelon[n, k] = vector[k]
                n += 1
    return n == r


@inner
def find_residuals(cone: Cone, solver: Solver, g: int, r: int) -> None:
    """The values of the basis's rows at a generator, as if in twice the precision, and bounds of the true ones.

    They are ``vectors[1]`` and ``vectors[2]``. All would be zero if the coordinates were exact.
    """
    square = ((r + 4.0) * 2.0 * UNIT) ** 2
    for i in range(r):
        row = solver.basis[i]
        total = 0.0
        rest = 0.0
        magnitude = 0.0
        size = 0.0
        tiny = 0.0
        for k in range(r + 1):
            product = cone.rows[row, k] * cone.y[g, k]
            rest += product_error(cone.rows[row, k], cone.y[g, k], product)
            following = total + product
            part = following - total
            rest += (total - (following - part)) + (product - part)
            total = following
            magnitude += abs(product)
            if cone.y[g, k] != 0.0:
                row_error = cone.row_errors[row, COEFFICIENT if k < r else CONSTANT]
                if cone.rows[row, k] != 0.0 or row_error != 0.0:
                    tiny = TINY  # products, or what they lack, may have been too small for floats
            if k < r:
                size += abs(cone.y[g, k])
        value = total + rest
        error = cone.row_errors[row, COEFFICIENT] * size + cone.row_errors[row, CONSTANT] * abs(cone.y[g, r])
        solver.vectors[1, i] = value
        bound = abs(value) * (1.0 + 4.0 * UNIT) + square * magnitude + error
        solver.vectors[2, i] = bound * (1.0 + 1e-12) + tiny


@inner
def orient(cells: Cells, i: int, g: int, r: int, cone: Cone) -> bool:
    """Turn a generator that is known up to its sign; False if the sign is not proven.

    All generators lie in the cone of the rows of the basis and t >= 0, which are independent: none of these rows is
    negative at a generator, and one is positive.
    """
    for j in range(r + 1):
        row = INFINITY if j == r else cells.bases[i, j] + 1
        sign = evaluate(cone, row, g, r)
        if sign == -1:
            for k in range(r + 1):
                cone.y[g, k] = -cone.y[g, k]
        if sign in (-1, 1):
            return True
    return False


@inner
def solve_for(cells: Cells, i: int, g: int, r: int, n_words: int, cone: Cone, solver: Solver) -> bool:
    """Find a generator's coordinates anew, from r rows that vanish there, its largest coordinate fixed."""
    if not choose_basis(cone, solver, g, r, n_words):
        return False
    fixed = 0
    for k in range(1, r + 1):
        if abs(cone.y[g, k]) > abs(cone.y[g, fixed]):
            fixed = k
    is_sign_known = abs(cone.y[g, fixed]) > cone.error[g, fixed]
    for m in range(r):
        row = solver.basis[m]
        place = 0
        for k in range(r + 1):
            if k == fixed:
                continue
            solver.matrix[m, place] = cone.rows[row, k]
            solver.matrix_error[m, place] = cone.row_errors[row, COEFFICIENT if k < r else CONSTANT]
            place += 1
    if not bounded_inverse(solver, r):
        return False
    one = cone.y[g, fixed]
    place = 0
    for k in range(r + 1):
        if k == fixed:
            continue
        total = 0.0
        for m in range(r):
            total -= solver.inverse[place, m] * cone.rows[solver.basis[m], fixed] * one
        cone.y[g, k] = total
        place += 1
    # one step of refinement; what is left of the rows' values bounds the error
    find_residuals(cone, solver, g, r)
    place = 0
    for k in range(r + 1):
        if k == fixed:
            continue
        for m in range(r):
            cone.y[g, k] -= solver.inverse[place, m] * solver.vectors[1, m]
        place += 1
    find_residuals(cone, solver, g, r)
    place = 0
    for k in range(r + 1):
        if k == fixed:
            cone.error[g, k] = 0.0
            continue
        error = 0.0
        for m in range(r):
            weight = abs(solver.inverse[place, m]) + solver.inverse_error[place, m]
            if weight != 0.0 and solver.vectors[2, m] != 0.0:
                error += weight * solver.vectors[2, m] + TINY
        cone.error[g, k] = error * (1.0 + 1e-12)
        place += 1
    cone.state[g, IS_SOLVED] = 1
    if not is_sign_known and not orient(cells, i, g, r, cone):
        return False
    return normalize(cone, g, r)


@inner
def tie_of(cells: Cells, i: int, row: int, r: int, layers: Layers, residues: Residues, solver: Solver) -> int:
    """0 if residues prove that a row vanishes at a generator; UNPROVEN or WANT_PRIMES if not.

    ``basis`` holds r rows that vanish at the generator, and are independent, because they are so modulo a prime. The
    row vanishes there, too, if and only if it is a combination of them: if the minors of all of them, at most the
    product of the rows' lengths (Hadamard), are zero modulo primes with a larger product. Where t >= 0 is among
    the rows, constants do not count.
    """
    first = cells.starts[i]
    signs = cells.signs[i]
    n_columns = r + 1
    bits = 1.0
    for m in range(r + 1):
        index = row if m == r else solver.basis[m]
        if index == INFINITY:
            n_columns = r
        else:
            label = cells.labels[first + index - 1]
            place = layers.biases.shape[0] if label[0] < 0 else layers.shape[1, label[0]]
            bits += residues.bits[place + label[1]]
    n_primes = int(bits / PRIME_BITS) + 1
    if n_primes > MOST_PRIMES:
        return UNPROVEN
    if n_primes > residues.primes.shape[0]:
        solver.wanted[0] = n_primes
        return WANT_PRIMES
    for q in range(n_primes):
        n_rows = counter(0)
        for m in range(r + 1):
            index = row if m == r else solver.basis[m]
            if index == INFINITY:
                continue
            label = cells.labels[first + index - 1]
            if label[0] < 0:
                for k in range(r + 1):
                    solver.residues[n_rows, k] = residues.rows[q, label[1], k]
            else:
                row_modulo(q, label[0], label[1], r, layers, residues, signs, solver.residues[n_rows])
            n_rows += 1
        if first_dependent_row(solver.residues, n_rows, n_columns, residues.primes[q]) != n_rows - 1:
            return UNPROVEN
    return 0


@inner
def sign_at(
    cells: Cells,
    i: int,
    row: int,
    g: int,
    r: int,
    n_words: int,
    layers: Layers,
    residues: Residues,
    cone: Cone,
    solver: Solver,
) -> int:
    """The sign of a row at a generator where the bounds at hand leave it open."""
    if cone.state[g, IS_SOLVED] == 0 or not choose_basis(cone, solver, g, r, n_words):
        if not solve_for(cells, i, g, r, n_words, cone, solver):
            return UNPROVEN
        sign = evaluate(cone, row, g, r)
        if sign != UNPROVEN:
            return sign
    return tie_of(cells, i, row, r, layers, residues, solver)


# -- double description ------------------------------------------------------------------------------


@inner
def localize(cells: Cells, i: int, r: int, cone: Cone) -> float:
    """Write the rows of a cell around its point, in a unit like its size. The unit; 0 if the point is not proven."""
    first = cells.starts[i]
    n_rows = cells.starts[i + 1] - first
    x = cells.points[i]
    reach = 0.0
    for k in range(r):
        reach += abs(x[k])
    gamma = (r + 4.0) * 2.0 * UNIT
    smallest = math.inf
    for p in range(n_rows):
        row = cells.rows[first + p]
        local = cone.rows[p + 1]
        magnitude = abs(row[r])
        for k in range(r):
            local[k] = row[k]
            magnitude += abs(row[k] * x[k])
        offset = exact_offset(row, x, r)
        error = cells.bounds[first + p, 3] + cells.bounds[first + p, 2] * reach
        error = (error + gamma * gamma * magnitude + 2.0 * UNIT * abs(offset)) * (1.0 + 1e-12) + TINY
        if not offset > error:
            return 0.0
        local[r] = offset
        cone.row_errors[p + 1, COEFFICIENT] = cells.bounds[first + p, 2]
        cone.row_errors[p + 1, CONSTANT] = error
        smallest = min(smallest, offset)
    if not (smallest > 1e-250 and smallest < 1e250):
        return 0.0
    shrink = power_of_two_scale(smallest)
    for p in range(1, n_rows + 1):
        local = cone.rows[p]
        local[r] *= shrink
        if not local[r] < 1e250:
            return 0.0
        scale = 1.0
        if local[r] > 1.0:
            scale = power_of_two_scale(local[r])
        for k in range(r + 1):
            if local[k] != 0.0:
                local[k] *= scale
                if not abs(local[k]) > 1e-290:
                    return 0.0
        if cone.row_errors[p, COEFFICIENT] > 0.0:
            cone.row_errors[p, COEFFICIENT] = cone.row_errors[p, COEFFICIENT] * scale + TINY
        cone.row_errors[p, CONSTANT] = cone.row_errors[p, CONSTANT] * (shrink * scale) + TINY
        noise = cone.row_errors[p, COEFFICIENT] + cone.row_errors[p, CONSTANT] + (r + 5.0) * 4.0 * UNIT
        cone.row_errors[p, ROW_NOISE] = noise * (1.0 + 1e-12) + TINY
    infinity = cone.rows[INFINITY]
    for k in range(r):
        infinity[k] = 0.0
    infinity[r] = 1.0
    cone.row_errors[INFINITY, COEFFICIENT] = 0.0
    cone.row_errors[INFINITY, CONSTANT] = 0.0
    return 1.0 / shrink


@inner
def start_cone(cells: Cells, i: int, r: int, n_words: int, cone: Cone, solver: Solver) -> bool:
    """The r + 1 generators of the cone of the rows of a basis, and t >= 0."""
    for j in range(r):
        row = cells.bases[i, j] + 1
        for k in range(r):
            solver.matrix[j, k] = cone.rows[row, k]
            solver.matrix_error[j, k] = cone.row_errors[row, COEFFICIENT]
    if not bounded_inverse(solver, r):
        return False
    gamma = (r + 4.0) * 2.0 * UNIT
    for g in range(r + 1):
        for w in range(n_words):
            cone.tight[g, w] = np.uint64(0)
        for j in range(r):
            if j + 1 != g:
                set_bit(cone.tight[g], cells.bases[i, j] + 1)
        cone.state[g, N_TIGHT] = r
        cone.state[g, IS_SOLVED] = 1
        if g > 0:
            set_bit(cone.tight[g], INFINITY)
            for k in range(r):
                cone.y[g, k] = solver.inverse[k, g - 1]
                cone.error[g, k] = solver.inverse_error[k, g - 1]
            cone.y[g, r] = 0.0
            cone.error[g, r] = 0.0
        else:
            for k in range(r):
                total = 0.0
                magnitude = 0.0
                error = 0.0
                for j in range(r):
                    row = cells.bases[i, j] + 1
                    term = solver.inverse[k, j] * cone.rows[row, r]
                    total -= term
                    magnitude += abs(term)
                    offset_error = cone.row_errors[row, CONSTANT]
                    error += solver.inverse_error[k, j] * (abs(cone.rows[row, r]) + offset_error)
                    error += abs(solver.inverse[k, j]) * offset_error
                    if solver.inverse[k, j] != 0.0 or solver.inverse_error[k, j] != 0.0:
                        error += TINY
                cone.y[g, k] = total
                cone.error[g, k] = (error + gamma * magnitude) * (1.0 + 1e-12)
            cone.y[g, r] = 1.0
            cone.error[g, r] = 0.0
        if not normalize(cone, g, r):
            return False
    return True


@hot
def common_rows(cone: Cone, p: int, n: int, n_words: int) -> int:
    """Number of rows that vanish at both generators."""
    common = 0
    for w in range(n_words):
        common += count_bits(cone.tight[p, w] & cone.tight[n, w])
    return common


@inner
def are_alone(cone: Cone, p: int, n: int, n_generators: int, n_words: int) -> bool:
    """Whether no third generator lies on all rows on which these two lie: they span a face of dimension 2."""
    for g in range(n_generators):
        if g in (p, n):
            continue
        is_on_all = True
        for w in range(n_words):
            both = cone.tight[p, w] & cone.tight[n, w]
            if both & cone.tight[g, w] != both:
                is_on_all = False
                break
        if is_on_all:
            return False
    return True


@hot
def combine(cone: Cone, p: int, n: int, row: int, slot: int, r: int, n_words: int) -> bool:
    """Write the generator where a row vanishes between a positive and a negative one."""
    if math.isnan(cone.values[p, AT_ROW_ERROR]):
        evaluate(cone, row, p, r)
    if math.isnan(cone.values[n, AT_ROW_ERROR]):
        evaluate(cone, row, n, r)
    a = -cone.values[n, AT_ROW]
    b = cone.values[p, AT_ROW]
    a_error = cone.values[n, AT_ROW_ERROR]
    b_error = cone.values[p, AT_ROW_ERROR]
    for k in range(r + 1):
        first = a * cone.y[p, k]
        second = b * cone.y[n, k]
        cone.y[slot, k] = first + second
        error = a * cone.error[p, k] + b * cone.error[n, k]
        error += a_error * (abs(cone.y[p, k]) + cone.error[p, k])
        error += b_error * (abs(cone.y[n, k]) + cone.error[n, k])
        error += 4.0 * UNIT * (abs(first) + abs(second))
        is_zero = cone.y[p, k] == 0.0 and cone.error[p, k] == 0.0 and cone.y[n, k] == 0.0
        if not (is_zero and cone.error[n, k] == 0.0):
            error += TINY
        cone.error[slot, k] = error * (1.0 + 1e-12)
    n_tight = counter(1)
    for w in range(n_words):
        both = cone.tight[p, w] & cone.tight[n, w]
        cone.tight[slot, w] = both
        n_tight += count_bits(both)
    set_bit(cone.tight[slot], row)
    cone.state[slot, N_TIGHT] = n_tight
    cone.state[slot, IS_SOLVED] = 0
    return normalize(cone, slot, r)


@hot
def copy_generator(cone: Cone, source: int, target: int, r: int, n_words: int) -> None:
    """Move a generator to another place."""
    for k in range(r + 1):
        cone.y[target, k] = cone.y[source, k]
        cone.error[target, k] = cone.error[source, k]
    for w in range(n_words):
        cone.tight[target, w] = cone.tight[source, w]
    cone.state[target, N_TIGHT] = cone.state[source, N_TIGHT]
    cone.values[target, SIZE] = cone.values[source, SIZE]
    cone.values[target, SLACK] = cone.values[source, SLACK]
    cone.state[target, IS_SOLVED] = cone.state[source, IS_SOLVED]


@inner
def insert_row(
    cells: Cells,
    i: int,
    row: int,
    n_generators: int,
    r: int,
    n_words: int,
    layers: Layers,
    residues: Residues,
    cone: Cone,
    solver: Solver,
    faces: Faces,
) -> int:
    """Cut the cone with a row: the number of generators after it, or minus a status."""
    n_positive = counter(0)
    n_negative = counter(0)
    for g in range(n_generators):
        sign = quick_sign(cone, row, g, r)
        if sign == UNPROVEN:
            sign = evaluate(cone, row, g, r)
        if sign == UNPROVEN:
            sign = sign_at(cells, i, row, g, r, n_words, layers, residues, cone, solver)
            if sign == WANT_PRIMES:
                return -MORE_PRIMES
            if sign == UNPROVEN:
                return -OPEN
        if sign > 0:
            faces.sides[0, n_positive] = g
            n_positive += 1
        elif sign < 0:
            faces.sides[1, n_negative] = g
            n_negative += 1
        else:
            set_bit(cone.tight[g], row)
            cone.state[g, N_TIGHT] += 1
    if n_negative == 0:
        return n_generators
    last = n_generators
    capacity = cone.y.shape[0]
    for m in range(n_positive):
        p = faces.sides[0, m]
        for j in range(n_negative):
            n = faces.sides[1, j]
            if common_rows(cone, p, n, n_words) < r - 1:
                continue
            # The rows at a simple generator are independent: any r - 1 of them are an edge.
            is_simple = cone.state[p, N_TIGHT] == r or cone.state[n, N_TIGHT] == r
            if is_simple or are_alone(cone, p, n, n_generators, n_words):
                if last == capacity:
                    return -TOO_SMALL
                if not combine(cone, p, n, row, last, r, n_words):
                    return -OPEN
                last += 1
    for m in range(n_negative):
        hole = faces.sides[1, n_negative - 1 - m]
        last -= 1
        if last != hole:
            copy_generator(cone, last, hole, r, n_words)
    return last


@inner
def generate(
    cells: Cells,
    i: int,
    r: int,
    n_words: int,
    layers: Layers,
    residues: Residues,
    cone: Cone,
    solver: Solver,
    faces: Faces,
) -> int:
    """All generators of a cell: their number, or minus a status."""
    n_rows = cells.starts[i + 1] - cells.starts[i]
    if not start_cone(cells, i, r, n_words, cone, solver):
        return -OPEN
    n_generators = r + 1
    for p in range(n_rows - 1, -1, -1):
        is_inserted = False
        for j in range(r):
            if cells.bases[i, j] == p:
                is_inserted = True
        if is_inserted:
            continue
        n_generators = insert_row(
            cells, i, p + 1, n_generators, r, n_words, layers, residues, cone, solver, faces
        )
        if n_generators < 0:
            return n_generators
    return n_generators


@inner
def find_facets(
    cells: Cells, i: int, n_generators: int, n_words: int, cone: Cone, faces: Faces, answers: Answers
) -> int:
    """Tell which rows are facets, the first of equal ones; list them in `facets`. Their number.

    The generators on a facet are not all on another row's face, unless that is the same facet; of every other row
    they are all on some facet, maybe that at infinity.
    """
    first = cells.starts[i]
    n_rows = cells.starts[i + 1] - first
    for p in range(n_rows + 1):
        for w in range(n_words):
            faces.closure[p, w] = ~np.uint64(0)
    for g in range(n_generators):
        for w in range(n_words):
            word = cone.tight[g, w]
            while word != np.uint64(0):
                low = word & (~word + np.uint64(1))
                word ^= low
                p = w * 64 + count_bits(low - np.uint64(1))
                for v in range(n_words):
                    faces.closure[p, v] &= cone.tight[g, v]
    n_facets = counter(0)
    for p in range(1, n_rows + 1):
        is_facet = not has_bit(faces.closure[p], INFINITY)  # all ones, too, if it vanishes nowhere
        if is_facet:
            for q in range(1, n_rows + 1):
                if q != p and has_bit(faces.closure[p], q) and (q < p or not has_bit(faces.closure[q], p)):
                    is_facet = False
                    break
        answers.facet[first + p - 1] = 1 if is_facet else 0
        if is_facet:
            faces.facets[n_facets] = p
            n_facets += 1
    return n_facets


@inner
def take_row(row: int, r: int, unit: float, chain: Chain, cone: Cone) -> None:
    """Replace a local row by the one that the chain found, if the bounds of its errors are smaller."""
    value = chain.result[VALUE] / unit
    value_error = chain.result[VALUE_ERROR] / unit
    gradient_error = chain.result[GRADIENT_ERROR]
    largest = chain.result[CHAIN_LARGEST]
    local = cone.rows[row]
    errors = cone.row_errors[row]
    size = 0.0
    for k in range(r):
        size = max(size, abs(local[k]))
    if not (value > 2.0 * value_error and value < 1e250 and value > 1e-250):
        return
    if (
        not gradient_error / largest + value_error / value
        < errors[COEFFICIENT] / size + errors[CONSTANT] / local[r]
    ):
        return
    scale = power_of_two_scale(max(largest, value))
    for k in range(r):
        local[k] = chain.high[0, k] * scale
    local[r] = value * scale
    errors[COEFFICIENT] = gradient_error * scale + TINY
    errors[CONSTANT] = value_error * scale + TINY
    noise = errors[COEFFICIENT] + errors[CONSTANT] + (r + 5.0) * 4.0 * UNIT
    errors[ROW_NOISE] = noise * (1.0 + 1e-12) + TINY


@inner
def sharpen_facets(
    cells: Cells,
    i: int,
    n_generators: int,
    n_facets: int,
    r: int,
    n_words: int,
    unit: float,
    layers: Layers,
    chain: Chain,
    cone: Cone,
    faces: Faces,
) -> None:
    """Work out the facets' rows again, and keep only facets among the rows that vanish at each generator."""
    first = cells.starts[i]
    mask = faces.closure[0]
    for w in range(n_words):
        mask[w] = np.uint64(0)
    set_bit(mask, INFINITY)
    for f in range(n_facets):
        row = faces.facets[f]
        set_bit(mask, row)
        is_neuron = cells.labels[first + row - 1, LABEL_LAYER] >= 0
        if is_neuron and layers.rounding == 0.0 and sharpen(cells, i, row - 1, r, layers, chain):
            take_row(row, r, unit, chain, cone)
    for g in range(n_generators):
        n_tight = counter(0)
        for w in range(n_words):
            cone.tight[g, w] &= mask[w]
            n_tight += count_bits(cone.tight[g, w])
        cone.state[g, N_TIGHT] = n_tight
        cone.state[g, IS_SOLVED] = 0


# -- sizes -------------------------------------------------------------------------------------------


@inner
def locate_vertices(
    cells: Cells,
    i: int,
    n_generators: int,
    r: int,
    n_words: int,
    is_rough: bool,
    cone: Cone,
    solver: Solver,
    faces: Faces,
) -> int:
    """Write the vertices' coordinates to `u`, in the order of the generators. Their number, or -1.

    Unless they may be rough, they are solved for anew.
    """
    n = counter(0)
    for g in range(n_generators):
        if has_bit(cone.tight[g], INFINITY):
            continue
        is_to_solve = not is_rough and cone.state[g, IS_SOLVED] == 0
        if is_to_solve and not solve_for(cells, i, g, r, n_words, cone, solver):
            return -1
        t = cone.y[g, r]
        t_error = cone.error[g, r]
        if not t > 2.0 * t_error:
            return -1
        faces.order[n] = g
        for k in range(r):
            x = cone.y[g, k] / t
            faces.u[n, k] = x
            error = (cone.error[g, k] + abs(x) * t_error) / (t - t_error) + 2.0 * UNIT * abs(x)
            faces.u_error[n, k] = error * (1.0 + 1e-12)
        n += 1
    return n


@inner
def coordinate_row(cells: Cells, i: int, k: int, r: int, n_words: int, common: Words) -> bool:
    """Whether one of these rows fixes coordinate k by itself, all its other coefficients exactly zero."""
    first = cells.starts[i]
    for w in range(n_words):
        word = common[w]
        while word != np.uint64(0):
            low = word & (~word + np.uint64(1))
            word ^= low
            p = w * 64 + count_bits(low - np.uint64(1)) - 1
            if p < 0 or cells.labels[first + p, 0] > 0 or cells.bounds[first + p, 2] != 0.0:
                continue
            is_alone = cells.rows[first + p, k] != 0.0
            for m in range(r):
                if m != k and cells.rows[first + p, m] != 0.0:
                    is_alone = False
            if is_alone:
                return True
    return False


@inner
def is_before(cells: Cells, i: int, a: int, b: int, r: int, n_words: int, cone: Cone, faces: Faces) -> int:
    """Whether vertex a comes before vertex b in lexicographic order: 1, 0, or UNPROVEN."""
    for k in range(r):
        difference = faces.u[a, k] - faces.u[b, k]
        error = (faces.u_error[a, k] + faces.u_error[b, k] + 2.0 * UNIT * abs(difference)) * (1.0 + 1e-12)
        if difference < -error:
            return 1
        if difference > error:
            return 0
        common = faces.closure[0]
        for w in range(n_words):
            common[w] = cone.tight[faces.order[a], w] & cone.tight[faces.order[b], w]
        if not coordinate_row(cells, i, k, r, n_words, common):
            return UNPROVEN
    return UNPROVEN


@inner
def sort_vertices(
    cells: Cells, i: int, n_vertices: int, r: int, n_words: int, cone: Cone, faces: Faces
) -> bool:
    """Sort the vertices lexicographically; False if the order of two of them is not proven."""
    is_proven = True
    for m in range(1, n_vertices):
        at = m
        while at > 0:
            before = is_before(cells, i, at, at - 1, r, n_words, cone, faces)
            if before == UNPROVEN:
                is_proven = False
            if before != 1:
                break
            for k in range(r):
                faces.u[at, k], faces.u[at - 1, k] = faces.u[at - 1, k], faces.u[at, k]
                faces.u_error[at, k], faces.u_error[at - 1, k] = (
                    faces.u_error[at - 1, k],
                    faces.u_error[at, k],
                )
            faces.order[at], faces.order[at - 1] = faces.order[at - 1], faces.order[at]
            at -= 1
    return is_proven


@inner
def collect_sets(n_vertices: int, n_facets: int, n_vertex_words: int, cone: Cone, faces: Faces) -> bool:
    """Write the vertices of each facet as sets. Whether the polytope is simple."""
    for f in range(n_facets):
        for w in range(n_vertex_words):
            faces.sets[f, w] = np.uint64(0)
    is_simple = True
    for v in range(n_vertices):
        tight = cone.tight[faces.order[v]]
        n = 0
        for f in range(n_facets):
            if has_bit(tight, faces.facets[f]):
                set_bit(faces.sets[f], v)
                n += 1
        if n != faces.u.shape[1]:
            is_simple = False
    return is_simple


@inner
def is_facet_of_face(face: Words, f: int, n_facets: int, n_vertex_words: int, faces: Faces) -> bool:
    """Whether the part of a face on facet f is a facet of the face, the first of equal ones."""
    for other in range(n_facets):
        if other == f:
            continue
        is_within = True
        is_equal = True
        is_all = True
        for w in range(n_vertex_words):
            part = face[w] & faces.sets[f, w]
            rest = face[w] & faces.sets[other, w]
            if part & ~rest != np.uint64(0):
                is_within = False
                break
            if part != rest:
                is_equal = False
            if rest != face[w]:
                is_all = False
        if is_within and not is_all and (not is_equal or other < f):
            return False
    return True


@inner
def reduce_edge(faces: Faces, level: int, n_before: int, r: int) -> None:
    """Reduce a row of `echelon` by those before it, and multiply the bounds of the determinant by its pivot."""
    row = faces.echelon[level]
    error = faces.echelon_error[level]
    for m in range(n_before):
        top = faces.state[m, PIVOT]
        pivot = faces.echelon[m, top]
        factor = row[top] / pivot
        rest = abs(pivot) - faces.echelon_error[m, top]
        factor_error = math.inf
        if rest > 0.0:
            factor_error = (error[top] + abs(factor) * faces.echelon_error[m, top]) / rest
        factor_error += 2.0 * UNIT * abs(factor)
        for k in range(r):
            entry = faces.echelon[m, k]
            product = factor * entry
            if factor_error > 0.0 and (entry != 0.0 or faces.echelon_error[m, k] > 0.0):
                error[k] += factor_error * (abs(entry) + faces.echelon_error[m, k])
            error[k] += (
                abs(factor) * faces.echelon_error[m, k] + 3.0 * UNIT * (abs(product) + abs(row[k])) + TINY
            )
            row[k] -= product
        row[top] = 0.0
        error[top] = 0.0
    top = 0
    for k in range(1, r):
        if abs(row[k]) > abs(row[top]):
            top = k
    faces.state[level, PIVOT] = top
    size = abs(row[top])
    rounding = (r + 4.0) * 4.0 * UNIT
    # How far a pivot column is chosen only changes the sign of the determinant.
    faces.products[level + 1, LOWER] = (
        faces.products[level, LOWER] * max(size - error[top] * (1.0 + 1e-12), 0.0) * (1.0 - rounding)
    )
    faces.products[level + 1, UPPER] = (
        faces.products[level, UPPER] * (size + error[top] * (1.0 + 1e-12)) * (1.0 + rounding)
    )
    faces.products[level + 1, NEAREST] = faces.products[level, NEAREST] * size


@inner
def enter_face(faces: Faces, level: int, from_origin: bool, n_words: int, r: int) -> None:
    """Pull the first vertex of the face at this level: its edge from the apex becomes a row of `echelon`."""
    v = lowest_bit(faces.levels[level], n_words)
    faces.state[level, LEVEL_VERTEX] = v
    faces.state[level, NEXT_FACET] = 0
    for k in range(r):
        faces.sums[level, k] = faces.u[v, k] + (faces.sums[level - 1, k] if level > 0 else 0.0)
    if from_origin:
        for k in range(r):
            faces.echelon[level, k] = faces.u[v, k]
            faces.echelon_error[level, k] = faces.u_error[v, k]
        reduce_edge(faces, level, level, r)
    elif level > 0:
        apex = faces.state[0, LEVEL_VERTEX]
        for k in range(r):
            edge = faces.u[v, k] - faces.u[apex, k]
            faces.echelon[level - 1, k] = edge
            error = faces.u_error[v, k] + faces.u_error[apex, k] + 2.0 * UNIT * abs(edge)
            faces.echelon_error[level - 1, k] = error * (1.0 + 1e-12)
        reduce_edge(faces, level - 1, level - 1, r)


@inner
def pull(dimension: int, is_simple: bool, n_facets: int, n_words: int, r: int, faces: Faces) -> int:
    """Triangulate the face `levels[0]` by pulling the first vertex of each face. The number of simplices.

    A face is triangulated by the cones from its first vertex over the triangulations of those of its facets that
    do not contain it. `totals` receives the bounds of the sum of the determinants of the simplices (with one more
    vertex at the origin, if so asked), and the sum of their vertices' sums times these.
    """
    n_simplices = counter(0)
    for k in range(r + 3):
        faces.totals[k] = 0.0
    faces.products[0, LOWER] = 1.0
    faces.products[0, UPPER] = 1.0
    faces.products[0, NEAREST] = 1.0
    from_origin = dimension < r
    level = counter(0)
    enter_face(faces, level, from_origin, n_words, r)
    while level >= 0:
        if level == dimension:
            n_simplices += 1
            last = level + 1 if from_origin else level
            for bound in range(3):
                faces.totals[bound] += faces.products[last, bound]
            for k in range(r):
                faces.totals[3 + k] += faces.products[last, NEAREST] * faces.sums[level, k]
            level -= 1
            continue
        f = faces.state[level, NEXT_FACET]
        if f == n_facets:
            level -= 1
            continue
        faces.state[level, NEXT_FACET] = f + 1
        face = faces.levels[level]
        part = faces.levels[level + 1]
        v = faces.state[level, LEVEL_VERTEX]
        if has_bit(faces.sets[f], v):
            continue
        size = counter(0)
        for w in range(n_words):
            part[w] = face[w] & faces.sets[f, w]
            size += count_bits(part[w])
        if size < dimension - level:
            continue
        if not is_simple and not is_facet_of_face(face, f, n_facets, n_words, faces):
            continue
        level += 1
        enter_face(faces, level, from_origin, n_words, r)
    return n_simplices


@inner
def enclose(n_vertices: int, r: int, solver: Solver, faces: Faces) -> None:
    """Bounds of the squared radius of the smallest ball around `points`, in `totals`.

    The dual active-set method (Goldfarb, Idnani 1983): a ball around some support points grows until the farthest
    point lies on it, and support points whose weight reaches zero are let go. The ball's center is a combination
    with weights w of the support points p; no ball around them has a squared radius below sum w |p - sum w p|^2.
    """
    center = solver.vectors[0]
    toward = solver.vectors[1]
    weights = solver.vectors[2]
    shares = solver.vectors[3]
    points = faces.points
    basis = solver.scratch[0]
    for k in range(r):
        center[k] = points[0, k]
    n_support = counter(1)
    solver.basis[0] = 0
    weights[0] = 1.0
    for _ in range(100 + 20 * n_vertices):
        far = 0
        largest = -1.0
        for v in range(n_vertices):
            square = 0.0
            for k in range(r):
                square += (points[v, k] - center[k]) ** 2
            if square > largest:
                largest = square
                far = v
        radius = 0.0
        for k in range(r):
            radius += (points[solver.basis[0], k] - center[k]) ** 2
        is_support = False
        for m in range(n_support):
            if solver.basis[m] == far:
                is_support = True
        if largest <= radius * (1.0 + 1e-14) or is_support:
            break
        weight = 0.0
        for _ in range(r + 3):
            # an orthonormal basis of the support's span, and the part of the way to the far point across it
            base = solver.basis[0]
            for k in range(r):
                toward[k] = points[far, k] - points[base, k]
            for m in range(1, n_support):
                for k in range(r):
                    basis[m - 1, k] = points[solver.basis[m], k] - points[base, k]
            solve_across(basis, n_support - 1, r, toward, shares, solver)
            square = 0.0
            for k in range(r):
                square += toward[k] * toward[k]
            excess = 0.0
            for k in range(r):
                excess += (points[far, k] - center[k]) ** 2 - (points[base, k] - center[k]) ** 2
            step = math.inf
            if square > 0.0 and n_support <= r:
                step = 0.5 * excess / square
            first = 1.0
            for m in range(1, n_support):
                first -= shares[m]
            shares[0] = first
            leaving = counter(-1)
            for m in range(n_support):
                if shares[m] > 0.0 and weights[m] < step * shares[m]:
                    step = weights[m] / shares[m]
                    leaving = m
            if step == math.inf:
                break
            for k in range(r):
                center[k] += step * toward[k]
            for m in range(n_support):
                weights[m] = max(weights[m] - step * shares[m], 0.0)
            weight += step
            if leaving < 0:
                solver.basis[n_support] = far
                weights[n_support] = weight
                n_support += 1
                break
            n_support -= 1
            solver.basis[leaving] = solver.basis[n_support]
            weights[leaving] = weights[n_support]
            if n_support == 0:
                solver.basis[0] = far
                weights[0] = 1.0
                n_support = 1
                for k in range(r):
                    center[k] = points[far, k]
                break
    total = 0.0
    for m in range(n_support):
        total += weights[m]
    for k in range(r):
        center[k] = 0.0
        for m in range(n_support):
            center[k] += weights[m] / total * points[solver.basis[m], k]
    lower = 0.0
    for m in range(n_support):
        square = 0.0
        for k in range(r):
            square += (points[solver.basis[m], k] - center[k]) ** 2
        lower += weights[m] / total * square
    upper = 0.0
    for v in range(n_vertices):
        square = 0.0
        for k in range(r):
            square += (points[v, k] - center[k]) ** 2
        upper = max(upper, square)
    rounding = (2.0 * r + 20.0) * UNIT
    faces.totals[LOWER] = lower * (1.0 - rounding)
    faces.totals[UPPER] = upper * (1.0 + rounding)
    faces.totals[NEAREST] = upper


@inner
def solve_across(basis: Floats, n: int, r: int, toward: Floats, shares: Floats, solver: Solver) -> None:
    """Split a vector into ``sum(shares[m] basis[m - 1])`` and what is orthogonal to the basis, which it becomes."""
    unit = solver.scratch[1]
    triangle = solver.scratch[2]
    for m in range(n):
        for k in range(r):
            unit[m, k] = basis[m, k]
        for j in range(m):
            dot = 0.0
            for k in range(r):
                dot += unit[j, k] * unit[m, k]
            triangle[j, m] = dot
            for k in range(r):
                unit[m, k] -= dot * unit[j, k]
        norm = 0.0
        for k in range(r):
            norm += unit[m, k] * unit[m, k]
        norm = math.sqrt(norm)
        triangle[m, m] = norm
        if norm > 0.0:
            for k in range(r):
                unit[m, k] /= norm
    for m in range(n):
        dot = 0.0
        for k in range(r):
            dot += unit[m, k] * toward[k]
        shares[m + 1] = dot
        for k in range(r):
            toward[k] -= dot * unit[m, k]
    for m in range(n - 1, -1, -1):
        for j in range(m + 1, n):
            shares[m + 1] -= triangle[m, j] * shares[j + 1]
        if triangle[m, m] > 0.0:
            shares[m + 1] /= triangle[m, m]


@inner
def facet_area(
    f: int,
    is_simple: bool,
    n_facets: int,
    n_words: int,
    r: int,
    unit: float,
    scales: Floats,
    cone: Cone,
    faces: Faces,
) -> None:
    """Put the bounds of a facet's area in input units into `area`: r / distance times the cone from the origin."""
    for w in range(n_words):
        faces.levels[0, w] = faces.sets[f, w]
    pull(r - 1, is_simple, n_facets, n_words, r, faces)
    row = cone.rows[faces.facets[f]]
    errors = cone.row_errors[faces.facets[f]]
    square = 0.0
    spread = 0.0
    factor = scales[0]
    divisor = 1.0
    for k in range(r):
        square += (row[k] / scales[k]) ** 2
        spread += errors[COEFFICIENT] / scales[k]
        if k > 0:
            factor *= unit * scales[k]
            divisor *= k
    norm = math.sqrt(square)
    rounding = (3.0 * r + 20.0) * UNIT
    lower = faces.totals[LOWER] * (1.0 - rounding) * max(norm - spread, 0.0) / (row[r] + errors[CONSTANT])
    upper = faces.totals[UPPER] * (1.0 + rounding) * (norm + spread) / max(row[r] - errors[CONSTANT], 0.0)
    faces.area[LOWER] = lower * factor / divisor * (1.0 - rounding)
    faces.area[UPPER] = upper * factor / divisor * (1.0 + rounding)
    faces.area[NEAREST] = faces.totals[NEAREST] * norm / row[r] * factor / divisor


@inner
def are_in_range(unit: float, scales: Floats, r: int) -> bool:
    """Whether lengths, their squares, areas and volumes in input units are far from the ends of the floats."""
    volume = 1.0
    area = scales[0]
    for k in range(r):
        length = unit * scales[k]
        if not (1e-100 < length < 1e100 and 1e-100 < scales[k] < 1e100):
            return False
        volume *= length
        if k > 0:
            area *= length
    return 1e-250 < volume < 1e250 and 1e-250 < area < 1e250


@inner
def measure_sizes(
    cells: Cells,
    i: int,
    n_vertices: int,
    n_facets: int,
    r: int,
    n_words: int,
    unit: float,
    scales: Floats,
    want: int,
    cone: Cone,
    solver: Solver,
    faces: Faces,
    answers: Answers,
) -> bool:
    """Volume, triangulation, areas, diameter and circumradius of a bounded cell. False if the order is not proven."""
    n_vertex_words = (n_vertices - 1) // 64 + 1
    is_sorted = sort_vertices(cells, i, n_vertices, r, n_words, cone, faces)
    is_simple = collect_sets(n_vertices, n_facets, n_vertex_words, cone, faces)
    sizes = faces.sizes
    is_in_range = are_in_range(unit, scales, r)
    rounding = (3.0 * r + 20.0) * UNIT
    if want & (WANT_VOLUME | WANT_SIMPLICES):
        for w in range(n_vertex_words):
            faces.levels[0, w] = ~np.uint64(0)
        rest = n_vertices % 64
        if rest > 0:
            faces.levels[0, n_vertex_words - 1] = (np.uint64(1) << np.uint64(rest)) - np.uint64(1)
        n_simplices = pull(r, is_simple, n_facets, n_vertex_words, r, faces)
        answers.integers[i, N_SIMPLICES] = n_simplices
        for k in range(r):
            weight = faces.totals[NEAREST] * (r + 1.0)
            answers.centroids[i, k] = cells.points[i, k] + unit * faces.totals[3 + k] / weight
        if not faces.totals[LOWER] > 1e-200:
            is_in_range = False
        summing = 1.0 + 2.0 * UNIT * n_simplices
        factor = 1.0
        divisor = 1.0
        for k in range(r):
            factor *= unit * scales[k]
            divisor *= k + 1.0
        sizes[VOLUME + LOWER] = faces.totals[LOWER] * factor / divisor / summing * (1.0 - rounding)
        sizes[VOLUME + UPPER] = faces.totals[UPPER] * factor / divisor * summing * (1.0 + rounding)
        sizes[VOLUME + NEAREST] = faces.totals[NEAREST] * factor / divisor
    if want & (WANT_AREA | WANT_FACET_AREAS):
        for k in range(3):
            sizes[AREA + k] = 0.0
        for f in range(n_facets):
            facet_area(f, is_simple, n_facets, n_vertex_words, r, unit, scales, cone, faces)
            for k in range(3):
                sizes[AREA + k] += faces.area[k]
                if want & WANT_FACET_AREAS and is_in_range:
                    answers.areas[cells.starts[i] + faces.facets[f] - 1, k] = faces.area[k]
    if want & (WANT_DIAMETER | WANT_CIRCUMRADIUS):
        largest_error = 0.0
        for v in range(n_vertices):
            error = 0.0
            for k in range(r):
                faces.points[v, k] = faces.u[v, k] * scales[k]
                error += faces.u_error[v, k] * scales[k]
            largest_error = max(largest_error, error)
        if want & WANT_DIAMETER:
            largest = 0.0
            for a in range(n_vertices):
                for b in range(a):
                    square = 0.0
                    for k in range(r):
                        square += (faces.points[a, k] - faces.points[b, k]) ** 2
                    largest = max(largest, square)
            length = math.sqrt(largest)
            sizes[DIAMETER + LOWER] = (length * (1.0 - rounding) - 2.0 * largest_error) * unit
            sizes[DIAMETER + UPPER] = (length * (1.0 + rounding) + 2.0 * largest_error) * unit
            sizes[DIAMETER + NEAREST] = length * unit
        if want & WANT_CIRCUMRADIUS:
            enclose(n_vertices, r, solver, faces)
            lower = math.sqrt(max(faces.totals[LOWER], 0.0)) * (1.0 - rounding) - largest_error
            upper = math.sqrt(faces.totals[UPPER]) * (1.0 + rounding) + largest_error
            sizes[CIRCUMRADIUS + LOWER] = lower * unit
            sizes[CIRCUMRADIUS + UPPER] = upper * unit
            sizes[CIRCUMRADIUS + NEAREST] = math.sqrt(faces.totals[NEAREST]) * unit
    for k in range(N_SIZES):
        answers.floats[i, k] = sizes[k] if is_in_range else math.inf
    return is_sorted


@inner
def store_vertices(
    i: int,
    n_vertices: int,
    r: int,
    n_words: int,
    unit: float,
    scales: Floats,
    cone: Cone,
    faces: Faces,
    answers: Answers,
) -> bool:
    """Copy the vertices to the answers; False if there is no room."""
    start = answers.vertex_starts[i]
    if start + n_vertices > answers.vertices.shape[0]:
        return False
    for v in range(n_vertices):
        for k in range(r):
            answers.vertices[start + v, k] = faces.u[v, k] * (unit * scales[k])
            answers.vertex_errors[start + v, k] = faces.u_error[v, k] * (unit * scales[k])
        for w in range(n_words):
            answers.vertex_tight[start + v, w] = cone.tight[faces.order[v], w]
    answers.vertex_starts[i + 1] = start + n_vertices
    return True


@inner
def bound_coordinates(n_vertices: int, r: int, unit: float, faces: Faces, reach: Floats) -> None:
    """Bounds of the distances of a bounded cell's coordinates from its point."""
    for k in range(r):
        largest = 0.0
        for v in range(n_vertices):
            largest = max(largest, abs(faces.u[v, k]) + faces.u_error[v, k])
        reach[k] = unit * largest * (1.0 + 1e-12)


@inner
def mark_unbounded_facets(
    cells: Cells, i: int, n_generators: int, n_facets: int, cone: Cone, faces: Faces, answers: Answers
) -> None:
    """A facet with a ray has infinite area; what the bounded facets of an unbounded cell have is not looked for."""
    for f in range(n_facets):
        p = faces.facets[f]
        for g in range(n_generators):
            if has_bit(cone.tight[g], INFINITY) and has_bit(cone.tight[g], p):
                for k in range(3):
                    answers.areas[cells.starts[i] + p - 1, k] = math.inf


@kernel
def measure_cells(
    cells: Cells,
    first: int,
    layers: Layers,
    residues: Residues,
    scales: Floats,
    want: int,
    ws: Workspace,
    answers: Answers,
) -> int:
    """Measure the cells from the first on; the number of cells done. It is less than all if a workspace is too small.

    ``solver.wanted`` holds the number of primes that are missing, or 0 if it is room.
    """
    cone = ws.cone
    solver = ws.solver
    faces = ws.faces
    n_cells: int = cells.bases.shape[0]
    r = cells.points.shape[1]
    for i in range(first, n_cells):
        n_rows = cells.starts[i + 1] - cells.starts[i]
        n_words = n_rows // 64 + 1
        answers.status[i] = OPEN
        answers.vertex_starts[i + 1] = answers.vertex_starts[i]
        for k in range(N_SIZES):
            faces.sizes[k] = math.inf
        unit = localize(cells, i, r, cone)
        if unit == 0.0:
            continue
        n_generators = generate(cells, i, r, n_words, layers, residues, cone, solver, faces)
        if n_generators < 0:
            if n_generators == -OPEN:
                continue
            answers.status[i] = -n_generators
            return i
        n_facets = find_facets(cells, i, n_generators, n_words, cone, faces, answers)
        n_rays = counter(0)
        for w in range(n_words):
            faces.closure[0, w] = ~np.uint64(0)
        for g in range(n_generators):
            if has_bit(cone.tight[g], INFINITY):
                n_rays += 1
                for w in range(n_words):
                    faces.closure[0, w] &= cone.tight[g, w]
        n_vertices = n_generators - n_rays
        has_interior = n_rays > 0
        for w in range(n_words):
            rows = faces.closure[0, w]
            if w == 0:
                rows &= ~np.uint64(1)
            if rows != np.uint64(0):
                has_interior = False
        answers.integers[i, N_FACETS] = n_facets
        answers.integers[i, N_VERTICES] = n_vertices
        answers.integers[i, N_RAYS] = n_rays
        answers.integers[i, N_SIMPLICES] = 0
        answers.integers[i, HAS_INTERIOR_RAYS] = 1 if has_interior else 0
        if n_rays > 0 and want & WANT_FACET_AREAS:
            mark_unbounded_facets(cells, i, n_generators, n_facets, cone, faces, answers)
        if n_rays == 0 and want != 0:
            is_rough = want == WANT_REACH
            if not is_rough:
                sharpen_facets(
                    cells, i, n_generators, n_facets, r, n_words, unit, layers, ws.chain, cone, faces
                )
            n_located = locate_vertices(cells, i, n_generators, r, n_words, is_rough, cone, solver, faces)
            if n_located != n_vertices:
                continue
            bound_coordinates(n_vertices, r, unit, faces, answers.reach[i])
            if is_rough:
                answers.status[i] = DONE
                continue
            if not measure_sizes(
                cells, i, n_vertices, n_facets, r, n_words, unit, scales, want, cone, solver, faces, answers
            ):
                answers.integers[i, N_SIMPLICES] = UNPROVEN_COUNT
            if want & WANT_VERTICES and not store_vertices(
                i, n_vertices, r, n_words, unit, scales, cone, faces, answers
            ):
                answers.status[i] = MORE_VERTICES
                return i
        answers.status[i] = DONE
    return n_cells


@kernel
def simplex_volumes(
    points: Floats, errors: Floats, simplices: Ints, ws: Workspace, lower: Floats, upper: Floats
) -> None:
    """Bounds of the volumes of simplices whose vertices are known up to errors."""
    faces = ws.faces
    r = points.shape[1]
    rounding = (3.0 * r + 20.0) * UNIT
    for s in range(simplices.shape[0]):
        faces.products[0, LOWER] = 1.0
        faces.products[0, UPPER] = 1.0
        faces.products[0, NEAREST] = 1.0
        apex = simplices[s, 0]
        for level in range(r):
            v = simplices[s, level + 1]
            for k in range(r):
                edge = points[v, k] - points[apex, k]
                faces.echelon[level, k] = edge
                error = errors[v, k] + errors[apex, k] + 2.0 * UNIT * abs(edge)
                faces.echelon_error[level, k] = error * (1.0 + 1e-12)
            reduce_edge(faces, level, level, r)
        factor = 1.0
        for k in range(r):
            factor /= k + 1.0
        lower[s] = faces.products[r, LOWER] * factor * (1.0 - rounding)
        upper[s] = faces.products[r, UPPER] * factor * (1.0 + rounding)
