"""The cell tree: the regions of a network, found depth first with a simplex dictionary.

One file, because numba's disk cache does not notice edits in other files.

A *node* is a convex cell of the domain on which every earlier layer is affine, given by the rows
of its *path*: domain rows first, then one row for each neuron that was split above it. Row p reads

    rows[p, :r] . x + rows[p, r] >= 0        on the cell, r the working dimension,

scaled by a power of two so that its largest coefficient lies in [1, 2). The stored row differs from
the exact one by at most ``row_eg[p]`` in every coefficient and ``row_ec[p]`` in the constant.

The node's *dictionary* writes everything in the slacks s_j >= 0 of r tight rows (``col_label``):
column 0 of ``T`` holds constants, column 1 + j the coefficients of s_j; rows 0..r-1 of it are the
coordinates, the rest are the slacks of the rows that are not tight (``row_label``).

Nothing that the dictionary says is believed: each dropped side is proven from the path's own rows
by rigorous bounds on the rounding errors, each region by an interior point. What floats cannot
prove is handed back to the caller (``NEED_DECISION``, ``NEED_POINT``), who decides it in rational
arithmetic and calls again.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polytope_engine.kernels.jit import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.int8]

# What `run` returns.
FINISHED = 0
NEED_DECISION = 1
NEED_POINT = 2
BUFFER_FULL = 3
BUDGET_SPENT = 4

# What the caller may answer (`control[VERDICT]`).
NO_VERDICT = 0
VERDICT_POSITIVE = 1
VERDICT_NEGATIVE = 2
VERDICT_ZERO = 3
VERDICT_CUT = 4
VERDICT_REGION = 5
VERDICT_EMPTY = 6

# What a decision can say besides +1 and -1.
CUT = 2
UNDECIDED = 3

# Places in `control`.
PHASE = 0
LAYER = 1
POSITION = 2
DEPTH = 3
N_ROWS = 4
N_STACK = 5
SINCE_REBUILD = 6
VERDICT = 7
PRUNE_DEPTH = 8
N_FOUND = 9
N_LPS = 10
N_PIVOTS = 11
N_SPLITS = 12
N_REBUILDS = 13
N_DROPS = 14
N_ZERO = 15
N_REGIONS = 16
CURRENT_NEURON = 17
N_CONTROL = 18

# Phases.
DESCEND = 0
ANSWERED = 1
POP = 2

UNIT = 2.0**-53
TINY = 1e-290
NOISE = 1e-13
PIVOT_NOISE = 1e-11
REBUILD_EVERY = 100


class Layers(NamedTuple):
    """The network in working coordinates. Flat arrays; ``start`` says where a layer begins."""

    widths: Ints
    offsets: Ints
    weights: Floats  # transposed: for each layer (n_in, n_out), row-major
    weights_start: Ints
    biases: Floats
    slopes: Floats
    first_order: Ints  # order in which the first layer's neurons are asked


class Space(NamedTuple):
    """Where the search happens."""

    dimension: int
    n_domain: int
    n_forced: int
    bounded: bool
    reach: Floats  # bound of |x_k| on the domain, when it is bounded
    reach_sum: float


class Maps(NamedTuple):
    """Affine maps of each layer's pre-activations on the current cell, with error bounds."""

    values: Floats  # (n_layers, r + 1, max width): gradients, then the constant
    tg: Floats  # (n_layers, max width): largest |gradient entry|; 0 only if it is zero by structure
    tc: Floats  # largest possible |constant|
    eg: Floats  # error bound of each gradient entry
    ec: Floats  # error bound of the constant
    scale: Floats  # power of two that normalizes the row
    outputs: Floats  # (r + 1, max width): scratch
    outputs_bounds: Floats  # (4, max width): scratch


class Path(NamedTuple):
    """The rows of the current cell."""

    rows: Floats  # (max depth, r + 1)
    eg: Floats
    ec: Floats
    tg: Floats
    layer: Ints  # -1 for a row of the domain
    neuron: Ints
    sign: Ints


class Dictionary(NamedTuple):
    """The simplex dictionary of the current cell and its scratch space."""

    T: Floats  # (r + 1, capacity)
    row_label: Ints
    col_label: Ints
    g: Floats  # (r + 1,): the row that is asked about, normalized
    z: Floats  # (r + 1,): the same in the dictionary: constant, then coefficients
    noise: Floats  # (r + 1,): sums of absolute values behind z
    factors: Floats
    matrix: Floats  # (r, r)
    inverse: Floats  # (r, r)
    theta: Floats  # (r, r): bound on |I - A B|
    theta_state: Ints  # [0]: 1 if theta is valid
    point: Floats
    trial: Floats
    proposal: Ints  # tight rows that the caller proposes with VERDICT_CUT


class Stack(NamedTuple):
    """Second children that wait."""

    T: Floats  # (entries, (r + 1) * capacity)
    row_label: Ints
    col_label: Ints
    layer: Ints
    position: Ints
    depth: Ints
    n_rows: Ints
    column: Ints
    since: Ints


class Frame(NamedTuple):
    """Scratch of the proof in the coordinates of a narrow layer's active units."""

    vector: Floats
    vector_error: Floats
    next_vector: Floats
    next_error: Floats
    alpha: Floats  # (r + 1, r): rows of the tight labels, then of the target
    alpha_error: Floats
    beta: Floats
    beta_error: Floats
    units: Ints
    columns: Ints


class Found(NamedTuple):
    """Buffer of finished regions."""

    sign_vectors: Bytes
    points: Floats


@kernel
def multiplier(sign: int, slope: float) -> float:
    """What the activation multiplies by where the pre-activation has this sign."""
    if sign > 0:
        return 1.0
    if sign < 0:
        return slope
    return 0.0


@kernel
def power_of_two_scale(size: float) -> float:
    """The power of two that brings ``size`` into [1, 2); 1 for extreme sizes."""
    if size < 1e-250 or size > 1e250 or not (size == size):
        return 1.0
    _, exponent = math.frexp(size)
    return math.ldexp(1.0, 1 - exponent)


@kernel
def first_layer_map(layers: Layers, space: Space, maps: Maps) -> None:
    """The first layer's rows, which are exact."""
    r = space.dimension
    n = layers.widths[0]
    start = layers.weights_start[0]
    for i in range(n):
        size = 0.0
        for k in range(r):
            value = layers.weights[start + k * n + i]
            maps.values[0, k, i] = value
            size = max(size, abs(value))
        maps.values[0, r, i] = layers.biases[i]
        maps.tg[0, i] = size
        maps.tc[0, i] = abs(layers.biases[i])
        maps.eg[0, i] = 0.0
        maps.ec[0, i] = 0.0
        maps.scale[0, i] = power_of_two_scale(size)


@kernel
def next_layer_map(layer: int, layers: Layers, space: Space, maps: Maps, signs: Bytes) -> None:
    """Form the map of ``layer`` from the map and the signs of the layer before it.

    Forward error analysis: a sum of n products, each of a weight and an entry with error e and
    size t, has error at most sum |w| e + gamma (sum |w| t), gamma = (n + 3) units in the last place.
    """
    r = space.dimension
    before = layer - 1
    n_in = layers.widths[before]
    n = layers.widths[layer]
    offset = layers.offsets[before]
    values = maps.values[layer]
    for i in range(n):
        for k in range(r):
            values[k, i] = 0.0
        values[r, i] = layers.biases[layers.offsets[layer] + i]
        maps.tg[layer, i] = 0.0
        maps.tc[layer, i] = abs(values[r, i])
        maps.eg[layer, i] = 0.0
        maps.ec[layer, i] = 0.0
    n_used = 0
    start = layers.weights_start[layer]
    for j in range(n_in):
        factor = multiplier(signs[offset + j], layers.slopes[offset + j])
        if factor == 0.0:
            continue
        size = abs(factor)
        tg = size * maps.tg[before, j]
        tc = size * maps.tc[before, j]
        eg = size * maps.eg[before, j]
        ec = size * maps.ec[before, j]
        if factor != 1.0:
            if tg > 0.0:
                eg += 2.0 * UNIT * tg + TINY
                tg += TINY
            ec += 2.0 * UNIT * tc + TINY
        if tg == 0.0 and tc == 0.0 and ec == 0.0:
            continue
        n_used += 1
        weight = layers.weights[start + j * n : start + (j + 1) * n]
        if tg > 0.0:
            for k in range(r):
                entry = factor * maps.values[before, k, j]
                row = values[k]
                for i in range(n):
                    row[i] += weight[i] * entry
        entry = factor * maps.values[before, r, j]
        row = values[r]
        for i in range(n):
            row[i] += weight[i] * entry
        tg_row = maps.tg[layer]
        tc_row = maps.tc[layer]
        eg_row = maps.eg[layer]
        ec_row = maps.ec[layer]
        for i in range(n):
            w = abs(weight[i])
            tg_row[i] += w * tg
            tc_row[i] += w * tc
            eg_row[i] += w * eg
            ec_row[i] += w * ec
        if tg > 0.0:
            for i in range(n):
                if weight[i] != 0.0:
                    tg_row[i] += TINY
    gamma = (n_used + 6.0) * 2.0 * UNIT
    for i in range(n):
        if maps.tg[layer, i] > 0.0:
            maps.eg[layer, i] = (maps.eg[layer, i] + gamma * maps.tg[layer, i]) * (1.0 + gamma) + TINY
            size = 0.0
            for k in range(r):
                size = max(size, abs(values[k, i]))
            # tg is a bound on the exact entries, too
            maps.tg[layer, i] = size + 2.0 * maps.eg[layer, i]
            maps.scale[layer, i] = power_of_two_scale(size)
        else:
            maps.eg[layer, i] = 0.0
            maps.scale[layer, i] = 1.0
        if n_used > 0:
            maps.ec[layer, i] = (maps.ec[layer, i] + gamma * maps.tc[layer, i]) * (1.0 + gamma) + TINY
            maps.tc[layer, i] = abs(values[r, i]) + 2.0 * maps.ec[layer, i]


@kernel
def pivot(D: Dictionary, n_rows: int, r: int, p: int, q: int) -> None:
    """Exchange the basic row ``p`` with the nonbasic column ``q`` (columns count from 1)."""
    T = D.T
    inverse = 1.0 / T[q, p]
    for j in range(r + 1):
        D.factors[j] = -T[j, p] * inverse
    column = T[q]
    for j in range(r + 1):
        if j != q:
            factor = D.factors[j]
            if factor != 0.0:
                row = T[j]
                for i in range(n_rows):
                    row[i] += factor * column[i]
    for i in range(n_rows):
        column[i] *= inverse
    for j in range(r + 1):
        T[j, p] = D.factors[j]
    T[q, p] = inverse
    label = D.row_label[p]
    D.row_label[p] = D.col_label[q - 1]
    D.col_label[q - 1] = label
    D.theta_state[0] = 0


@kernel
def insert_target(D: Dictionary, n_rows: int, r: int, q: int, label: int) -> None:
    """Make the asked row tight in column ``q``; the row that leaves gets the slot ``n_rows``."""
    T = D.T
    z = D.z
    inverse = 1.0 / z[q]
    column = T[q]
    for j in range(r + 1):
        if j != q:
            factor = -z[j] * inverse
            if factor != 0.0:
                row = T[j]
                for i in range(n_rows):
                    row[i] += factor * column[i]
            T[j, n_rows] = factor
    for i in range(n_rows):
        column[i] *= inverse
    T[q, n_rows] = inverse
    D.row_label[n_rows] = D.col_label[q - 1]
    D.col_label[q - 1] = label
    D.theta_state[0] = 0


@kernel
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


@kernel
def rebuild(D: Dictionary, path: Path, depth: int, r: int) -> int:
    """Form the dictionary again from its tight rows. Returns its number of rows, or -1."""
    for i in range(r):
        for k in range(r):
            D.matrix[i, k] = path.rows[D.col_label[i], k]
    if not invert(D.matrix, D.inverse, r):
        return -1
    T = D.T
    for k in range(r):
        value = 0.0
        for j in range(r):
            value -= D.inverse[k, j] * path.rows[D.col_label[j], r]
            T[1 + j, k] = D.inverse[k, j]
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
    D.theta_state[0] = 0
    return slot


@kernel
def express(D: Dictionary, r: int) -> None:
    """Write the asked row ``g`` in the dictionary: ``z``, and the sizes behind it in ``noise``."""
    T = D.T
    for j in range(r + 1):
        value = 0.0
        size = 0.0
        for k in range(r):
            term = D.g[k] * T[j, k]
            value += term
            size += abs(term)
        D.z[j] = value
        D.noise[j] = size
    D.z[0] += D.g[r]
    D.noise[0] += abs(D.g[r])


@kernel
def edge_reaches(D: Dictionary, n_rows: int, r: int, q: int, t: float) -> bool:
    """Whether the edge of column ``q`` stays in the cell up to length ``t``."""
    base = D.T[0]
    column = D.T[q]
    for i in range(r, n_rows):
        if column[i] < 0.0 and base[i] + column[i] * t < 0.0:
            return False
    return True


@kernel
def ratio_test(D: Dictionary, n_rows: int, r: int, q: int, bland: bool) -> int:
    """The row that blocks column ``q`` first, or -1 where nothing does."""
    base = D.T[0]
    column = D.T[q]
    size = 0.0
    for k in range(r):
        size = max(size, abs(column[k]))
    threshold = -PIVOT_NOISE * size
    best = -1
    best_t = math.inf
    for i in range(r, n_rows):
        c = column[i]
        if c < threshold:
            t = max(base[i], 0.0) / -c
            if t < best_t:
                best_t = t
                best = i
            elif t == best_t:
                if bland:
                    if D.row_label[i] < D.row_label[best]:
                        best = i
                elif c < column[best]:
                    best = i
    return best


@kernel
def descend(D: Dictionary, n_rows: int, r: int, goal: float, control: Ints) -> int:
    """Primal simplex: make the asked row as small as it gets, or stop below ``goal``.

    Returns a column (from 1) along whose edge the row falls below ``goal``, 0 at an optimum,
    -1 where it gives up.
    """
    degenerate = 0
    for step in range(40 + 10 * n_rows):
        bland = degenerate > 12 + 2 * r
        entering = 0
        steepest = 0.0
        drop = D.z[0] - goal
        for j in range(1, r + 1):
            if D.z[j] < -NOISE * D.noise[j]:
                t = drop / -D.z[j]
                if t <= 0.0 or edge_reaches(D, n_rows, r, j, t):
                    return j
                if bland:
                    if entering == 0 or D.col_label[j - 1] < D.col_label[entering - 1]:
                        entering = j
                elif D.z[j] < steepest:
                    steepest = D.z[j]
                    entering = j
        if entering == 0:
            return 0
        leaving = ratio_test(D, n_rows, r, entering, bland)
        if leaving < 0:
            return entering
        before = D.z[0]
        pivot(D, n_rows, r, leaving, entering)
        control[N_PIVOTS] += 1
        control[SINCE_REBUILD] += 1
        express(D, r)
        if before - D.z[0] <= NOISE * D.noise[0]:
            degenerate += 1
        else:
            degenerate = 0
    return -1


@kernel
def flip(D: Dictionary, r: int) -> None:
    """Ask about minus the row."""
    for k in range(r + 1):
        D.g[k] = -D.g[k]
        D.z[k] = -D.z[k]


@kernel
def decide(D: Dictionary, n_rows: int, r: int, error: float, control: Ints, column: Ints) -> int:
    """Propose what signs the asked row takes on the cell: +1, -1, CUT or UNDECIDED.

    For CUT, ``column[0]`` is a column whose edge meets the row's hyperplane. For +1 and -1 the
    asked row has been negated so that it is the nonnegative one, and ``z`` holds multipliers.
    """
    control[N_LPS] += 1
    express(D, r)
    margin = 10.0 * NOISE * D.noise[0] + 4.0 * error
    sign = 1
    if abs(D.z[0]) > margin:
        if D.z[0] < 0.0:
            flip(D, r)
            sign = -1
        found = descend(D, n_rows, r, -margin, control)
        if found < 0:
            return UNDECIDED
        if found == 0:
            return sign
        column[0] = found
        return CUT
    # The hyperplane passes through the vertex, as far as floats can tell: look on both sides.
    below = descend(D, n_rows, r, -margin, control)
    if below < 0:
        return UNDECIDED
    if below == 0:
        if D.z[0] < -margin:
            return UNDECIDED
        return 1
    if D.z[0] > margin:
        column[0] = below
        return CUT
    flip(D, r)
    above = descend(D, n_rows, r, -margin, control)
    if above < 0:
        return UNDECIDED
    if above == 0:
        return -1
    column[0] = above
    if D.z[0] < -margin:
        return UNDECIDED
    return CUT


@kernel
def proven_bounded(
    D: Dictionary, path: Path, space: Space, eg: float, ec: float, tg: float, tc: float
) -> bool:
    """Prove that the asked row is positive on the cell, the domain being bounded.

    row = constant + sum_j multiplier_j row_j + residual holds for any multipliers >= 0; the residual
    is bounded over the domain's outer box, rounding and the rows' own errors are subtracted.
    """
    r = space.dimension
    total = space.reach_sum
    constant = D.g[r]
    size = tg * total + tc
    error = eg * total + ec
    for k in range(r):
        D.trial[k] = D.g[k]
    for j in range(r):
        multiplier_j = D.z[1 + j]
        if multiplier_j > 0.0:
            p = D.col_label[j]
            row = path.rows[p]
            for k in range(r):
                D.trial[k] -= multiplier_j * row[k]
            constant -= multiplier_j * row[r]
            size += multiplier_j * (path.tg[p] * total + abs(row[r]))
            error += multiplier_j * (path.eg[p] * total + path.ec[p])
    residual = 0.0
    for k in range(r):
        residual += abs(D.trial[k]) * space.reach[k]
    gamma = (4.0 * r + 20.0) * UNIT
    return constant - residual - (error + gamma * size) * (1.0 + gamma) - TINY * (1.0 + size) > 0.0


@kernel
def bound_theta(A: Floats, A_error: Floats, B: Floats, theta: Floats, n: int) -> float:
    """Bound |I - A B| entry by entry for every A within its errors; returns the norm, or inf."""
    gamma = (n + 4.0) * 2.0 * UNIT
    norm = 0.0
    for i in range(n):
        total = 0.0
        for j in range(n):
            value = 0.0
            size = 0.0
            column = 0.0
            for k in range(n):
                term = A[i, k] * B[k, j]
                value += term
                size += abs(term)
                column += abs(B[k, j])
            if i == j:
                value -= 1.0
                size += 1.0
            bound = (abs(value) + gamma * size + A_error[i] * column) * (1.0 + gamma) + TINY
            theta[i, j] = bound
            total += bound
        if not (total <= 1e300):
            return math.inf
        norm = max(norm, total)
    return norm * (1.0 + gamma)


@kernel
def proven_by_inverse(
    n: int,
    A: Floats,
    b: Floats,
    A_error: Floats,
    b_error: Floats,
    B: Floats,
    theta: Floats,
    norm: float,
    g: Floats,
    g_constant: float,
    g_error: float,
    g_constant_error: float,
    work: Floats,
) -> bool:
    """Prove that exact multipliers g A^-1 exist and are positive, and so is the constant.

    With ``|I - A B| <= theta`` and ``norm < 1/2`` the matrix A is nonsingular, so the multipliers
    exist; they differ from g B by at most |g B| theta / (1 - norm) and the errors of g B itself.
    """
    if not (norm <= 0.5):
        return False
    gamma = (n + 4.0) * 2.0 * UNIT
    # work[0]: multipliers, work[1]: their errors
    for j in range(n):
        value = 0.0
        size = 0.0
        column = 0.0
        for k in range(n):
            term = g[k] * B[k, j]
            value += term
            size += abs(term)
            column += abs(B[k, j])
        if not (value > 0.0):
            return False
        work[0, j] = value
        work[1, j] = (gamma * size + g_error * column) * (1.0 + gamma) + TINY
    total = 0.0
    for j in range(n):
        q = 0.0
        for i in range(n):
            q += (work[0, i] + work[1, i]) * theta[i, j]
        work[2, j] = q
        total += q
    tail = 2.0 * total * norm
    constant = g_constant
    size = abs(g_constant)
    error = g_constant_error
    for j in range(n):
        delta = (work[1, j] + work[2, j] + tail) * (1.0 + 4.0 * gamma) + TINY
        if not (work[0, j] > delta):
            return False
        constant -= work[0, j] * b[j]
        size += work[0, j] * abs(b[j])
        error += delta * abs(b[j]) + (work[0, j] + delta) * b_error[j]
    return constant - (error + gamma * size) * (1.0 + 4.0 * gamma) - TINY > 0.0


@kernel
def row_in_frame(
    layer: int,
    neuron: int,
    frame_layer: int,
    n_units: int,
    layers: Layers,
    signs: Bytes,
    frame: Frame,
    out: int,
) -> None:
    """Write neuron's pre-activation as an affine function of a layer's active outputs."""
    n = layers.widths[layer]
    start = layers.weights_start[layer]
    previous = layer - 1
    for j in range(layers.widths[previous]):
        frame.vector[j] = layers.weights[start + j * n + neuron]
        frame.vector_error[j] = 0.0
    constant = layers.biases[layers.offsets[layer] + neuron]
    constant_size = abs(constant)
    constant_error = 0.0
    while previous > frame_layer:
        width = layers.widths[previous]
        offset = layers.offsets[previous]
        n_before = layers.widths[previous - 1]
        start = layers.weights_start[previous]
        gamma = (width + 4.0) * 2.0 * UNIT
        for j in range(width):
            factor = multiplier(signs[offset + j], layers.slopes[offset + j])
            frame.vector[j] *= factor
            frame.vector_error[j] *= abs(factor)
            if factor != 1.0 and factor != 0.0:
                frame.vector_error[j] += 2.0 * UNIT * abs(frame.vector[j]) + TINY
            term = frame.vector[j] * layers.biases[offset + j]
            constant += term
            constant_size += abs(term)
            constant_error += frame.vector_error[j] * abs(layers.biases[offset + j])
        constant_error = (constant_error + gamma * constant_size) * (1.0 + gamma) + TINY
        for k in range(n_before):
            value = 0.0
            size = 0.0
            error = 0.0
            for j in range(width):
                if frame.vector[j] != 0.0 or frame.vector_error[j] != 0.0:
                    w = layers.weights[start + k * width + j]
                    term = frame.vector[j] * w
                    value += term
                    size += abs(term)
                    error += frame.vector_error[j] * abs(w)
            frame.next_vector[k] = value
            frame.next_error[k] = (error + gamma * size) * (1.0 + gamma) + TINY
        for k in range(n_before):
            frame.vector[k] = frame.next_vector[k]
            frame.vector_error[k] = frame.next_error[k]
        previous -= 1
    error = 0.0
    for u in range(n_units):
        frame.alpha[out, u] = frame.vector[frame.units[u]]
        error = max(error, frame.vector_error[frame.units[u]])
    frame.alpha_error[out] = error
    frame.beta[out] = constant
    frame.beta_error[out] = constant_error


@kernel
def normalize_frame_row(frame: Frame, out: int, n: int, sign: int) -> None:
    """Give a row of the frame its sign, and scale it by a power of two."""
    size = 0.0
    for u in range(n):
        size = max(size, abs(frame.alpha[out, u]))
    scale = power_of_two_scale(size)
    for u in range(n):
        frame.alpha[out, u] *= sign * scale
    frame.alpha_error[out] = frame.alpha_error[out] * scale + TINY
    frame.beta[out] *= sign * scale
    frame.beta_error[out] = frame.beta_error[out] * scale + TINY


@kernel
def proven_in_frame(
    D: Dictionary,
    path: Path,
    layers: Layers,
    space: Space,
    signs: Bytes,
    frame: Frame,
    layer: int,
    neuron: int,
    sign: int,
    work: Floats,
) -> bool:
    """Prove a dropped side in the coordinates of an earlier layer's active outputs.

    Where a layer has k < r active units, every later row is a function of those k outputs. If k of
    the tight rows are, too, the other multipliers are zero by structure and are left out.
    """
    r = space.dimension
    for frame_layer in range(layer - 1, -1, -1):
        offset = layers.offsets[frame_layer]
        n_units = 0
        for j in range(layers.widths[frame_layer]):
            if multiplier(signs[offset + j], layers.slopes[offset + j]) != 0.0:
                if n_units < r:
                    frame.units[n_units] = j
                n_units += 1
        if n_units >= r or n_units == 0:
            continue
        n_inside = 0
        for j in range(r):
            p = D.col_label[j]
            inside = path.layer[p] > frame_layer
            if path.layer[p] == frame_layer:
                index = offset + path.neuron[p]
                inside = multiplier(signs[index], layers.slopes[index]) != 0.0
            if inside:
                if n_inside < r:
                    frame.columns[n_inside] = j
                n_inside += 1
        if n_inside != n_units:
            continue
        for c in range(n_inside):
            p = D.col_label[frame.columns[c]]
            if path.layer[p] == frame_layer:
                index = offset + path.neuron[p]
                factor = multiplier(signs[index], layers.slopes[index])
                for u in range(n_units):
                    frame.alpha[c, u] = 0.0
                    if frame.units[u] == path.neuron[p]:
                        frame.alpha[c, u] = 1.0 / factor
                frame.alpha_error[c] = 0.0 if factor == 1.0 else 2.0 * UNIT / abs(factor) + TINY
                frame.beta[c] = 0.0
                frame.beta_error[c] = 0.0
            else:
                row_in_frame(
                    path.layer[p], path.neuron[p], frame_layer, n_units, layers, signs, frame, c
                )
            normalize_frame_row(frame, c, n_units, path.sign[p])
        row_in_frame(layer, neuron, frame_layer, n_units, layers, signs, frame, n_units)
        normalize_frame_row(frame, n_units, n_units, sign)
        for i in range(n_units):
            for k in range(n_units):
                D.matrix[i, k] = frame.alpha[i, k]
        if not invert(D.matrix, D.inverse, n_units):
            continue
        D.theta_state[0] = 0
        norm = bound_theta(frame.alpha, frame.alpha_error, D.inverse, D.theta, n_units)
        if proven_by_inverse(
            n_units,
            frame.alpha,
            frame.beta,
            frame.alpha_error,
            frame.beta_error,
            D.inverse,
            D.theta,
            norm,
            frame.alpha[n_units],
            frame.beta[n_units],
            frame.alpha_error[n_units],
            frame.beta_error[n_units],
            work,
        ):
            return True
    return False


@kernel
def proven_unbounded(
    D: Dictionary,
    path: Path,
    layers: Layers,
    space: Space,
    signs: Bytes,
    frame: Frame,
    layer: int,
    neuron: int,
    sign: int,
    eg: float,
    ec: float,
    work: Floats,
) -> bool:
    """Prove that the asked row is positive on the cell, whatever the domain."""
    r = space.dimension
    structural = False
    for j in range(1, r + 1):
        if D.z[j] <= NOISE * D.noise[j]:
            structural = True
    if not structural:
        if D.theta_state[0] == 0:
            for i in range(r):
                p = D.col_label[i]
                for k in range(r):
                    D.matrix[i, k] = path.rows[p, k]
                    D.inverse[k, i] = D.T[1 + i, k]
                work[3, i] = path.eg[p]
                work[4, i] = path.rows[p, r]
                work[5, i] = path.ec[p]
            work[6, 0] = bound_theta(D.matrix, work[3], D.inverse, D.theta, r)
            D.theta_state[0] = 1
        if proven_by_inverse(
            r,
            D.matrix,
            work[4],
            work[3],
            work[5],
            D.inverse,
            D.theta,
            work[6, 0],
            D.g,
            D.g[r],
            eg,
            ec,
            work,
        ):
            return True
    return proven_in_frame(D, path, layers, space, signs, frame, layer, neuron, sign, work)


@kernel
def inside_rows(path: Path, depth: int, space: Space, x: Floats) -> int:
    """-1 if the point is proven strictly inside every row of the path, else the first row that is not."""
    r = space.dimension
    size = 0.0
    for k in range(r):
        size += abs(x[k])
    gamma = (r + 4.0) * 2.0 * UNIT
    for p in range(depth):
        row = path.rows[p]
        value = row[r]
        magnitude = abs(row[r])
        for k in range(r):
            term = row[k] * x[k]
            value += term
            magnitude += abs(term)
        bound = (path.eg[p] * size + path.ec[p] + gamma * magnitude) * (1.0 + gamma) + TINY
        if not (value > bound):
            return p
    return -1


@kernel
def simplex_center(D: Dictionary, n_rows: int, r: int, x: Floats) -> None:
    """The center of the vertex and its neighbors along the edges; a ray gets a finite length."""
    base = D.T[0]
    longest = 0.0
    for k in range(r):
        longest = max(longest, abs(base[k]))
        x[k] = base[k]
    share = 1.0 / (r + 1.0)
    for j in range(1, r + 1):
        column = D.T[j]
        size = 0.0
        for k in range(r):
            size = max(size, abs(column[k]))
        t = math.inf
        for i in range(r, n_rows):
            c = column[i]
            if c < -PIVOT_NOISE * size and base[i] < -c * t:
                t = max(base[i], 0.0) / -c
        if t == math.inf:
            t = (1.0 + longest) / max(size, 1e-300)
        for k in range(r):
            x[k] += share * t * column[k]


@kernel
def find_point(D: Dictionary, n_rows: int, depth: int, path: Path, space: Space, control: Ints) -> bool:
    """Find a point that is proven to lie strictly inside the cell; it stands in ``point``."""
    r = space.dimension
    simplex_center(D, n_rows, r, D.point)
    blocking = inside_rows(path, depth, space, D.point)
    n_points = 1.0
    for attempt in range(2 * r + 4):
        if blocking < 0:
            return True
        # Move away from the row that blocks, and take the mean with what was there before.
        for k in range(r + 1):
            D.g[k] = -path.rows[blocking, k]
        express(D, r)
        margin = 10.0 * NOISE * D.noise[0]
        if descend(D, n_rows, r, -margin, control) < 0:
            return False
        simplex_center(D, n_rows, r, D.trial)
        n_points += 1.0
        for k in range(r):
            D.point[k] += (D.trial[k] - D.point[k]) / n_points
        blocking = inside_rows(path, depth, space, D.point)
    return blocking < 0


@kernel
def load_row(layer: int, neuron: int, r: int, maps: Maps, D: Dictionary) -> None:
    """Put a neuron's normalized row into ``g``."""
    scale = maps.scale[layer, neuron]
    for k in range(r + 1):
        D.g[k] = maps.values[layer, k, neuron] * scale


@kernel
def append_row(layer: int, neuron: int, r: int, maps: Maps, path: Path, depth: int) -> None:
    """Append a neuron's positive side to the path."""
    scale = maps.scale[layer, neuron]
    for k in range(r + 1):
        path.rows[depth, k] = maps.values[layer, k, neuron] * scale
    path.eg[depth] = maps.eg[layer, neuron] * scale
    path.ec[depth] = maps.ec[layer, neuron] * scale
    path.tg[depth] = maps.tg[layer, neuron] * scale
    if scale < 1.0:  # small entries may underflow
        path.eg[depth] += TINY
        path.ec[depth] += TINY
    path.layer[depth] = layer
    path.neuron[depth] = neuron
    path.sign[depth] = 1


@kernel
def push_second_child(
    layer: int, position: int, depth: int, n_rows: int, q: int, r: int, D: Dictionary, stack: Stack, control: Ints
) -> None:
    """Store the child on the negative side: the same dictionary, column ``q`` to be negated."""
    s = control[N_STACK]
    T = stack.T[s]
    for j in range(r + 1):
        row = D.T[j]
        for i in range(n_rows):
            T[j * n_rows + i] = row[i]
    for i in range(r, n_rows):
        stack.row_label[s, i] = D.row_label[i]
    for j in range(r):
        stack.col_label[s, j] = D.col_label[j]
    stack.layer[s] = layer
    stack.position[s] = position
    stack.depth[s] = depth
    stack.n_rows[s] = n_rows
    stack.column[s] = q
    stack.since[s] = control[SINCE_REBUILD]
    control[N_STACK] = s + 1


@kernel
def pop_second_child(r: int, layers: Layers, path: Path, D: Dictionary, stack: Stack, signs: Bytes, control: Ints) -> None:
    """Go on with the child that waited last."""
    s = control[N_STACK] - 1
    control[N_STACK] = s
    n_rows = stack.n_rows[s]
    T = stack.T[s]
    for j in range(r + 1):
        row = D.T[j]
        for i in range(n_rows):
            row[i] = T[j * n_rows + i]
    for i in range(r, n_rows):
        D.row_label[i] = stack.row_label[s, i]
    for j in range(r):
        D.col_label[j] = stack.col_label[s, j]
    column = D.T[stack.column[s]]
    for i in range(n_rows):
        column[i] = -column[i]
    depth = stack.depth[s]
    last = depth - 1
    for k in range(r + 1):
        path.rows[last, k] = -path.rows[last, k]
    path.sign[last] = -1
    signs[layers.offsets[path.layer[last]] + path.neuron[last]] = -1
    control[LAYER] = stack.layer[s]
    control[POSITION] = stack.position[s]
    control[DEPTH] = depth
    control[N_ROWS] = n_rows
    control[SINCE_REBUILD] = stack.since[s]
    D.theta_state[0] = 0


@kernel
def drop_is_proven(
    sign: int,
    layer: int,
    neuron: int,
    layers: Layers,
    space: Space,
    maps: Maps,
    path: Path,
    D: Dictionary,
    frame: Frame,
    signs: Bytes,
    work: Floats,
) -> bool:
    """Prove that the asked neuron has this sign on the whole cell."""
    scale = maps.scale[layer, neuron]
    eg = maps.eg[layer, neuron] * scale
    ec = maps.ec[layer, neuron] * scale
    if scale < 1.0:  # small entries may underflow
        eg += TINY
        ec += TINY
    if space.bounded:
        tg = maps.tg[layer, neuron] * scale
        tc = maps.tc[layer, neuron] * scale
        return proven_bounded(D, path, space, eg, ec, tg, tc)
    return proven_unbounded(D, path, layers, space, signs, frame, layer, neuron, sign, eg, ec, work)


@kernel
def ask(
    layer: int,
    neuron: int,
    layers: Layers,
    space: Space,
    maps: Maps,
    path: Path,
    D: Dictionary,
    frame: Frame,
    signs: Bytes,
    control: Ints,
    column: Ints,
    work: Floats,
) -> int:
    """What signs the neuron takes on the cell, proven: +1, -1, 0 (identically zero), CUT, UNDECIDED."""
    r = space.dimension
    if maps.tg[layer, neuron] == 0.0:
        # No gradient, by structure: the neuron is constant.
        constant = maps.values[layer, r, neuron]
        if abs(constant) > maps.ec[layer, neuron]:
            return 1 if constant > 0.0 else -1
        if constant == 0.0 and maps.ec[layer, neuron] == 0.0:
            return 0
        return UNDECIDED
    size = 0.0
    for k in range(r):
        size = max(size, abs(maps.values[layer, k, neuron]))
    nonzero = size > maps.eg[layer, neuron]
    load_row(layer, neuron, r, maps, D)
    scale = maps.scale[layer, neuron]
    error = maps.ec[layer, neuron] * scale
    if control[SINCE_REBUILD] > REBUILD_EVERY:
        n_rows = rebuild(D, path, control[DEPTH], r)
        control[N_REBUILDS] += 1
        control[SINCE_REBUILD] = 0
        if n_rows < 0:
            return UNDECIDED
        control[N_ROWS] = n_rows
    for attempt in range(2):
        answer = decide(D, control[N_ROWS], r, error, control, column)
        if answer == CUT:
            return CUT if nonzero else UNDECIDED
        if answer != UNDECIDED and drop_is_proven(
            answer, layer, neuron, layers, space, maps, path, D, frame, signs, work
        ):
            return answer
        if control[SINCE_REBUILD] == 0:
            return UNDECIDED
        n_rows = rebuild(D, path, control[DEPTH], r)
        control[N_REBUILDS] += 1
        control[SINCE_REBUILD] = 0
        if n_rows < 0:
            return UNDECIDED
        control[N_ROWS] = n_rows
        load_row(layer, neuron, r, maps, D)
    return UNDECIDED


@kernel
def adopt_proposal(
    layer: int, neuron: int, depth: int, r: int, maps: Maps, path: Path, D: Dictionary, control: Ints
) -> int:
    """Move to the vertex whose tight rows the caller proposes; returns the new row's column.

    The new row stands in the proposal under its label ``depth``. Where floats find the tight rows
    singular, the row is made tight in the column where it is steepest instead: a poor dictionary
    costs exact decisions, never a wrong one.
    """
    q = 0
    for j in range(r):
        label = D.proposal[j]
        D.proposal[j] = D.col_label[j]
        D.col_label[j] = label
        if label == depth:
            q = j + 1
    control[N_REBUILDS] += 1
    n_rows = rebuild(D, path, depth + 1, r)
    if n_rows >= 0:
        control[SINCE_REBUILD] = 0
        control[N_ROWS] = n_rows
        return q
    for j in range(r):
        D.col_label[j] = D.proposal[j]
    load_row(layer, neuron, r, maps, D)
    express(D, r)
    q = 1
    for j in range(2, r + 1):
        if abs(D.z[j]) > abs(D.z[q]):
            q = j
    if D.z[q] == 0.0 or D.z[q] != D.z[q]:
        D.z[q] = 1.0
    insert_target(D, control[N_ROWS], r, q, depth)
    control[N_ROWS] += 1
    control[SINCE_REBUILD] += 1
    return q


@kernel
def run(
    layers: Layers,
    space: Space,
    maps: Maps,
    path: Path,
    D: Dictionary,
    stack: Stack,
    frame: Frame,
    found: Found,
    signs: Bytes,
    control: Ints,
    column: Ints,
    work: Floats,
    budget: int,
    max_regions: int,
    store: bool,
) -> int:
    """Walk the tree until it ends, the budget of linear programs is spent, or help is needed."""
    r = space.dimension
    n_layers = layers.widths.shape[0]
    n_neurons = layers.biases.shape[0]
    last_lp = control[N_LPS] + budget
    while True:
        phase = control[PHASE]
        if phase == POP:
            if control[N_STACK] == 0:
                return FINISHED
            pop_second_child(r, layers, path, D, stack, signs, control)
            control[PHASE] = DESCEND
            if control[N_LPS] >= last_lp:
                return BUDGET_SPENT

        layer = control[LAYER]
        answer = 0
        if phase == ANSWERED:
            verdict = control[VERDICT]
            control[VERDICT] = NO_VERDICT
            control[PHASE] = DESCEND
            if verdict == VERDICT_REGION or verdict == VERDICT_EMPTY:
                if verdict == VERDICT_EMPTY:
                    while control[N_STACK] > 0 and stack.depth[control[N_STACK] - 1] > control[PRUNE_DEPTH]:
                        control[N_STACK] -= 1
                control[PHASE] = POP
                continue
            neuron = control[CURRENT_NEURON]
            if verdict == VERDICT_CUT:
                depth = control[DEPTH]
                append_row(layer, neuron, r, maps, path, depth)
                q = adopt_proposal(layer, neuron, depth, r, maps, path, D, control)
                n_rows = control[N_ROWS]
                control[DEPTH] = depth + 1
                control[N_SPLITS] += 1
                control[POSITION] += 1
                signs[layers.offsets[layer] + neuron] = 1
                push_second_child(layer, control[POSITION], depth + 1, n_rows, q, r, D, stack, control)
            else:
                sign = 0
                if verdict == VERDICT_POSITIVE:
                    sign = 1
                elif verdict == VERDICT_NEGATIVE:
                    sign = -1
                signs[layers.offsets[layer] + neuron] = sign
                control[POSITION] += 1
            continue

        if control[POSITION] == layers.widths[layer]:
            if layer + 1 < n_layers:
                control[LAYER] = layer + 1
                control[POSITION] = 0
                next_layer_map(layer + 1, layers, space, maps, signs)
                continue
            # A leaf: every neuron has a sign on the whole cell.
            if found.sign_vectors.shape[0] == control[N_FOUND]:
                return BUFFER_FULL
            if not find_point(D, control[N_ROWS], control[DEPTH], path, space, control):
                return NEED_POINT
            if store:
                slot = control[N_FOUND]
                for i in range(n_neurons):
                    found.sign_vectors[slot, i] = signs[i]
                for k in range(r):
                    found.points[slot, k] = D.point[k]
                control[N_FOUND] = slot + 1
            control[N_REGIONS] += 1
            control[PHASE] = POP
            if control[N_REGIONS] >= max_regions:
                return BUDGET_SPENT
            continue

        position = control[POSITION]
        neuron = position
        if layer == 0:
            neuron = layers.first_order[position]
            if position < space.n_forced:
                # Columns that are still free: the neuron is independent of all before it, and cuts.
                depth = control[DEPTH]
                append_row(0, neuron, r, maps, path, depth)
                control[DEPTH] = depth + 1
                control[POSITION] = position + 1
                control[N_SPLITS] += 1
                signs[neuron] = 1
                q = r - space.n_forced + position + 1
                push_second_child(0, position + 1, depth + 1, control[N_ROWS], q, r, D, stack, control)
                continue

        answer = ask(layer, neuron, layers, space, maps, path, D, frame, signs, control, column, work)
        if answer == UNDECIDED:
            control[CURRENT_NEURON] = neuron
            return NEED_DECISION
        control[POSITION] = position + 1
        index = layers.offsets[layer] + neuron
        if answer != CUT:
            signs[index] = answer
            if answer == 0:
                control[N_ZERO] += 1
            else:
                control[N_DROPS] += 1
            continue
        depth = control[DEPTH]
        append_row(layer, neuron, r, maps, path, depth)
        # decide() may have asked about minus the row: express the row itself.
        load_row(layer, neuron, r, maps, D)
        express(D, r)
        q = column[0]
        n_rows = control[N_ROWS]
        insert_target(D, n_rows, r, q, depth)
        control[N_ROWS] = n_rows + 1
        control[DEPTH] = depth + 1
        control[SINCE_REBUILD] += 1
        control[N_SPLITS] += 1
        signs[index] = 1
        push_second_child(layer, position + 1, depth + 1, n_rows + 1, q, r, D, stack, control)
