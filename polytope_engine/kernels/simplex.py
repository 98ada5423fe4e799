"""The simplex dictionary of a cell: pivots, and linear programs about one neuron. Floats that only propose."""

from __future__ import annotations

import math

from polytope_engine.kernels.jit import counter, hot, inner
from polytope_engine.kernels.search_state import (
    CUT,
    CUT_COLUMN,
    LANES,
    N_LPS,
    N_PIVOTS,
    N_REBUILDS,
    N_ROWS,
    NOISE,
    NORM_VALID,
    PIVOT_NOISE,
    SINCE_REBUILD,
    UNDECIDED,
    VERTEX_SEEN,
    Dictionary,
    Floats,
    Frame,
    Ints,
    Path,
)


@hot
def pivot(D: Dictionary, n_rows: int, r: int, p: int, q: int, control: Ints) -> None:
    """Exchange the basic row ``p`` with the nonbasic column ``q`` (columns count from 1).

    Rows are worked through in full lanes, the last of them perhaps past the end.
    """
    T = D.T
    column = D.column
    padded = (n_rows + LANES - 1) // LANES * LANES
    inverse = 1.0 / T[q, p]
    for i in range(padded):
        column[i] = T[q, i]
    for j in range(r + 1):
        if j != q:
            factor = -T[j, p] * inverse
            for i in range(padded):
                T[j, i] += factor * column[i]
            T[j, p] = factor
    for i in range(padded):
        T[q, i] = column[i] * inverse
    T[q, p] = inverse
    label = D.row_label[p]
    D.row_label[p] = D.col_label[q - 1]
    D.col_label[q - 1] = label
    control[N_PIVOTS] += 1
    control[SINCE_REBUILD] += 1
    control[NORM_VALID] = 0
    control[VERTEX_SEEN] = 0


@inner
def insert_target(D: Dictionary, n_rows: int, r: int, q: int, label: int, control: Ints) -> None:
    """Make the asked row tight in column ``q``; the row that leaves gets the slot ``n_rows``."""
    T = D.T
    column = D.column
    padded = (n_rows + LANES - 1) // LANES * LANES
    inverse = 1.0 / D.z[q]
    for i in range(padded):
        column[i] = T[q, i]
    for j in range(r + 1):
        if j != q:
            factor = -D.z[j] * inverse
            for i in range(padded):
                T[j, i] += factor * column[i]
            T[j, n_rows] = factor
    for i in range(padded):
        T[q, i] = column[i] * inverse
    T[q, n_rows] = inverse
    D.row_label[n_rows] = D.col_label[q - 1]
    D.col_label[q - 1] = label
    control[SINCE_REBUILD] += 1
    control[NORM_VALID] = 0


@inner
def invert(matrix: Floats, inverse: Floats, n: int) -> bool:
    """Gauss-Jordan inversion with row pivoting; the matrix is destroyed. False if singular."""
    for i in range(n):
        for j in range(n):
            inverse[i, j] = 0.0
        inverse[i, i] = 1.0
    for c in range(n):
        best = c
        for i in range(c + 1, n):
            if abs(matrix[i, c]) > abs(matrix[best, c]):
                best = i
        top = matrix[best, c]
        if not (abs(top) > 1e-200):
            return False
        if best != c:
            for j in range(n):
                matrix[c, j], matrix[best, j] = matrix[best, j], matrix[c, j]
                inverse[c, j], inverse[best, j] = inverse[best, j], inverse[c, j]
        for j in range(n):
            matrix[c, j] /= top
            inverse[c, j] /= top
        for i in range(n):
            if i != c:
                factor = matrix[i, c]
                if factor != 0.0:
                    for j in range(n):
                        matrix[i, j] -= factor * matrix[c, j]
                        inverse[i, j] -= factor * inverse[c, j]
    return True


@inner
def rebuild(D: Dictionary, path: Path, frame: Frame, depth: int, r: int, control: Ints) -> int:
    """Form the dictionary again from its tight rows. Returns its number of rows, or -1."""
    control[N_REBUILDS] += 1
    control[SINCE_REBUILD] = 0
    control[NORM_VALID] = 0
    for i in range(r):
        for k in range(r):
            frame.matrix[i, k] = path.rows[D.col_label[i], k]
    if not invert(frame.matrix, frame.inverse, r):
        return -1
    T = D.T
    for k in range(r):
        value = 0.0
        for j in range(r):
            value -= frame.inverse[k, j] * path.rows[D.col_label[j], r]
            T[1 + j, k] = frame.inverse[k, j]
        T[0, k] = value
    slot = r
    for p in range(depth):
        tight = False
        for j in range(r):
            if D.col_label[j] == p:
                tight = True
        if tight:
            continue
        value = path.rows[p, r]
        for k in range(r):
            value += path.rows[p, k] * T[0, k]
        T[0, slot] = value
        for j in range(r):
            value = 0.0
            for k in range(r):
                value += path.rows[p, k] * T[1 + j, k]
            T[1 + j, slot] = value
        D.row_label[slot] = p
        slot += 1
    control[N_ROWS] = slot
    return slot


@inner
def express(T: Floats, g: Floats, z: Floats, r: int) -> None:
    """Write the asked row ``g`` in the dictionary: ``z``."""
    for j in range(r + 1):
        value = 0.0
        for k in range(r):
            value += g[k] * T[j, k]
        z[j] = value
    z[0] += g[r]


@inner
def express_anew(D: Dictionary, r: int) -> None:
    """`express` where it is rarely needed: with one call more, LLVM would not inline it in the hot loops."""
    express(D.T, D.g, D.z, r)


@inner
def noise_of(T: Floats, g: Floats, r: int, j: int) -> float:
    """The sizes behind entry ``j`` of ``z``: an entry that ought to be zero has the noise of its column."""
    size = 0.0
    longest = 0.0
    for k in range(r):
        entry = T[j, k]
        size += abs(g[k] * entry)
        longest = max(longest, abs(entry))
    if j == 0:
        size += abs(g[r])
    return size + longest


@hot
def find_ratios(base: Floats, column: Floats, n_rows: int, r: int, ratios: Floats) -> None:
    """How far one can go along a column until each row blocks; infinity where it does not.

    Rows are worked through in full lanes, the last of them perhaps past the end.
    """
    size = 0.0
    for k in range(r):
        size = max(size, abs(column[k]))
    threshold = -PIVOT_NOISE * size
    padded = (n_rows + LANES - 1) // LANES * LANES
    for i in range(padded):
        c = column[i]
        height = max(0.0, base[i])
        ratios[i] = height / -c if c < threshold else math.inf


@hot
def ratio_test(D: Dictionary, n_rows: int, r: int, q: int, bland: bool) -> int:
    """The row that blocks column ``q`` first, or -1 where nothing does."""
    column = D.T[q]
    ratios = D.column
    find_ratios(D.T[0], column, n_rows, r, ratios)
    best = -1
    best_t = math.inf
    for i in range(r, n_rows):
        t = ratios[i]
        if t < best_t:
            best_t = t
            best = i
        elif t == best_t and best >= 0:
            if bland:
                if D.row_label[i] < D.row_label[best]:
                    best = i
            elif column[i] < column[best]:
                best = i
    return best


@inner
def descend(D: Dictionary, n_rows: int, r: int, goal: float, control: Ints) -> int:
    """Primal simplex: make the asked row as small as it gets, or stop below ``goal``.

    Returns a column (from 1) along whose edge the row falls below ``goal``, 0 at an optimum,
    -1 where it gives up.
    """
    degenerate = 0
    for step in range(40 + 10 * n_rows):
        bland = degenerate > 12 + 2 * r
        entering = counter(0)
        steepest = 0.0
        drop = D.z[0] - goal
        for j in range(1, r + 1):
            better = D.z[j] < steepest
            if bland and entering > 0:
                better = D.z[j] < 0.0 and D.col_label[j - 1] < D.col_label[entering - 1]
            if better and D.z[j] < -NOISE * noise_of(D.T, D.g, r, j):
                steepest = D.z[j]
                entering = j
        if entering == 0:
            return 0
        if drop < 0.0:
            return entering
        t = drop / -D.z[entering]
        leaving = ratio_test(D, n_rows, r, entering, bland)
        if leaving < 0 or D.T[0, leaving] + D.T[entering, leaving] * t > 0.0:
            return entering
        before = D.z[0]
        pivot(D, n_rows, r, leaving, entering, control)
        express(D.T, D.g, D.z, r)
        if before - D.z[0] <= NOISE * noise_of(D.T, D.g, r, 0):
            degenerate += 1
        else:
            degenerate = 0
    return -1


@hot
def flip(D: Dictionary, r: int) -> None:
    """Ask about minus the row."""
    for k in range(r + 1):
        D.g[k] = -D.g[k]
        D.z[k] = -D.z[k]


@hot
def decide(D: Dictionary, n_rows: int, r: int, error: float, control: Ints) -> int:
    """Propose what signs the asked row takes on the cell: +1, -1, CUT or UNDECIDED.

    For CUT, ``control[CUT_COLUMN]`` is a column whose edge meets the row's hyperplane. For -1 the asked
    row has been negated: after +1 and -1 it is nonnegative, and ``z`` holds multipliers.
    """
    control[N_LPS] += 1
    express(D.T, D.g, D.z, r)
    margin = 10.0 * NOISE * noise_of(D.T, D.g, r, 0) + 4.0 * error
    # Where the hyperplane passes through the vertex, as far as floats can tell, both sides are tried.
    touching = abs(D.z[0]) <= margin
    sign = 1
    if D.z[0] < 0.0 and not touching:
        flip(D, r)
        sign = -1
    for side in range(2):
        found = descend(D, n_rows, r, -margin, control)
        if found < 0:
            return UNDECIDED
        if found == 0:
            return sign
        control[CUT_COLUMN] = found
        if not touching or side == 1:
            if sign < 0:
                flip(D, r)
            return CUT
        flip(D, r)
        sign = -sign
    return UNDECIDED
