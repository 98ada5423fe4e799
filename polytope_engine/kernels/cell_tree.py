"""The cell tree: the regions of a network, found depth first with a simplex dictionary.

A *node* is a convex cell of the domain on which every earlier layer is affine, given by the rows
of its *path*: domain rows first, then one row for each neuron that was split above it. Row p reads

    rows[p, :r] . x + rows[p, r] >= 0        on the cell, r the working dimension,

scaled by a power of two so that its largest coefficient lies in [1, 2). The stored row differs from
the exact one by at most ``row_eg[p]`` in every coefficient and ``row_ec[p]`` in the constant.

The node's *dictionary* writes everything in the slacks s_j >= 0 of r tight rows (``col_label``):
column 0 of ``T`` holds constants, column 1 + j the coefficients of s_j; rows 0..r-1 of it are the
coordinates, the rest are the slacks of the rows that are not tight (``row_label``).

Nothing that the dictionary says is believed: each dropped side is proven from the path's own rows
by rigorous bounds on the rounding errors, each region by an interior point. Where multipliers tie
with zero, floats prove the others positive and residues modulo primes prove these to be zero. What
neither can prove is handed back to the caller (``NEED_DECISION``, ``NEED_POINT``), who decides it in
rational arithmetic, says so (`set_sign`, `split_as_proposed`), and calls again.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polytope_engine.kernels.jit import hot, inner, kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.int8]
Words = NDArray[np.uint64]

# What `run` returns.
FINISHED = 0
NEED_DECISION = 1
NEED_POINT = 2
BUFFER_FULL = 3
BUDGET_SPENT = 4
PAUSED = 5
NEED_PRIMES = 6
RECORD_FULL = 7

# What a decision can say besides +1 and -1.
CUT = 2
UNDECIDED = 3
MORE_PRIMES = 4

# What `control[HELD]` says besides a sign and the attempt (1 or 2) that it is of.
AFTER_ATTEMPTS = 3

# Yes or no.
NO = 0
YES = 1

# Places in `control`.
PHASE = 0
LAYER = 1
N_WAITING = 2
DEPTH = 3
N_ROWS = 4
N_STACK = 5
SINCE_REBUILD = 6
N_FOUND = 7
N_LPS = 8
N_PIVOTS = 9
N_SPLITS = 10
N_REBUILDS = 11
N_DROPS = 12
N_ZERO = 13
N_REGIONS = 14
CURRENT_NEURON = 15
NORM_VALID = 16
CUT_COLUMN = 17
N_DROPS_BY_RESIDUES = 18
N_ZERO_BY_RESIDUES = 19
PRIMES_WANTED = 20
PROOF = 21
PROOF_SIZE = 22
N_TIES = 23
VERTEX_SEEN = 24
N_CORNER_NODES = 25
N_SIFTED = 26
HELD = 27
N_DOMAIN = 28
N_CONTROL = 29

# What `ask` leaves in `control[PROOF]`: how it proved a sign.
BY_CONSTANT = 0
BY_MULTIPLIERS = 1  # those in `Dictionary.z`
BY_TIGHT_ROWS = 2
BY_RESIDUES = 3  # the tight rows that are no suspects in `Frame.suspects`
BY_FRAME = 4  # the first `control[PROOF_SIZE]` of `Frame.indices[1]`

# Events of a recorded proof; see docs/proof-format.md.
EVENT_SPLIT = 0
EVENT_ZERO = 4
EVENT_REGION = 10
EVENT_POSITIVE = 16
EVENT_NEGATIVE = 20
EVENT_TIGHT = 1
EVENT_FLOATS = 2

# Places in `Record.sizes`.
N_EVENTS = 0
N_LABELS = 1
N_POINTS = 2
N_WRITTEN = 3

# Rows of `Layers.shape`.
WIDTH = 0
OFFSET = 1
START = 2

# Columns of bounds: largest |gradient entry| (0 only if the gradient is zero by structure), largest
# |constant|, error bounds of each gradient entry and of the constant, normalizing power of two.
TG = 0
TC = 1
EG = 2
EC = 3
SCALE = 4

# Columns of `Path.labels`.
LABEL_LAYER = 0
LABEL_NEURON = 1
LABEL_SIGN = 2

# Columns of `Stack.nodes`.
NODE_LAYER = 0
NODE_WAITING = 1
NODE_DEPTH = 2
NODE_ROWS = 3
NODE_COLUMN = 4
NODE_SINCE = 5
NODE_TIES = 6
N_NODE = 7
# The layer of a node that another search has taken over.
TAKEN = -1

# Columns of `Path.ties`.
TIE_NEURON = 0
TIE_ROW = 1

LANES = 8

# A goal that no vertex reaches.
FAR = 1e200

# Phases.
DESCEND = 0
POP = 1
PLANT = 2

UNIT = 2.0**-53
TINY = 1e-290
LARGEST = 1e300
NOISE = 1e-13
PIVOT_NOISE = 1e-11
REBUILD_EVERY = 100

# Every prime is larger than 2**PRIME_BITS and smaller than 2**30.
PRIME_BITS = 29.9
MOST_PRIMES = 256
FEW_PRIMES = 6


class Layers(NamedTuple):
    """The network in working coordinates."""

    shape: Ints  # (3, n_layers + 1): widths, offsets in the sign vector, starts in `weights`
    weights: Floats  # flat and transposed: for each layer (n_in, n_out), row-major
    biases: Floats
    slopes: Floats
    first_order: Ints  # order in which the first layer's neurons are asked
    rounding: float  # 0 if the numbers are exact, else twice the bound on their relative errors


class Space(NamedTuple):
    """Where the search happens."""

    dimension: int
    n_forced: int
    bounded: bool
    reach: Floats  # bound of |x_k| on the domain, when it is bounded
    reach_sum: float


class Maps(NamedTuple):
    """Affine maps of each layer's pre-activations on the current cell, with error bounds."""

    values: Floats  # (n_layers, r + 1, max width): gradients, then the constant
    bounds: Floats  # (n_layers, 5, max width): TG, TC, EG, EC, SCALE
    sums: Floats  # (levels, r + 5, max width): the next layer's values as far as units have a sign, and TG to EC
    n_used: Ints  # (levels,): how many units


class Path(NamedTuple):
    """The rows of the current cell."""

    rows: Floats  # (max depth, r + 1)
    bounds: Floats  # (max depth, 4): TG, TC, EG, EC
    labels: Ints  # (max depth, 3): layer (-1 for the domain), neuron, sign
    n_residues: Ints  # (max depth,): how many primes have this row in `Residues.rows`
    ties: Ints  # (max depth, 2): neurons that were dropped as positive multiples of a row, and that row


class Dictionary(NamedTuple):
    """The simplex dictionary of the current cell and its scratch space."""

    T: Floats  # (r + 1, capacity), the capacity a multiple of LANES
    row_label: Ints
    col_label: Ints
    g: Floats  # (r + 1,): the row that is asked about, normalized
    z: Floats  # (r + 1,): the same in the dictionary: constant, then coefficients
    column: Floats  # (capacity,)
    point: Floats
    trial: Floats
    proposal: Ints  # the tight rows that the caller of `split_as_proposed` proposes


class Stack(NamedTuple):
    """Second children that wait."""

    T: Floats  # (entries, (r + 1) * capacity)
    row_label: Ints  # (entries, capacity)
    col_label: Ints  # (entries, r)
    waiting: Ints  # (entries, max width): the neurons of the layer that have no sign yet
    nodes: Ints  # (entries, 7): layer, waiting neurons, depth, rows, column to negate, pivots since rebuild, ties


class Frame(NamedTuple):
    """Scratch of the proof by an approximate inverse: tight rows and, last, the asked row."""

    rows: Floats  # (r + 1, r + 1): n coefficients, and the constant
    bounds: Floats  # (r + 1, 4): EG and EC, as in `Path`
    matrix: Floats  # (r, r)
    inverse: Floats  # (r, r)
    T: Floats  # (r + 1, r): from the second row on the inverse transposed, as in `Dictionary`
    z: Floats  # (r + 1,)
    labels: Ints  # (r,): 0, 1, ...
    scratch: Floats  # (3, r)
    vectors: Floats  # (4, max width)
    indices: Ints  # (2, r)
    norm: Floats  # (1,): `distance_from_inverse` of the dictionary, if control[NORM_VALID]
    suspects: Ints  # (r + 1,): 1 for multipliers, and last the constant, that floats do not tell from zero
    suspects_inside: Ints  # (r + 1,): the same of the rows of the frame


class Residues(NamedTuple):
    """The network and the path's rows modulo primes, all rows scaled to integers."""

    primes: Words  # (n_primes,)
    weights: Words  # (n_primes, as in `Layers.weights`)
    biases: Words  # (n_primes, n_neurons)
    slopes: Words  # (n_primes, 2, n_neurons): what the activation multiplies by below zero, and above
    bits: Floats  # (n_neurons + n_domain,): bounds of log2 of the Euclidean length of the integer rows
    rows: Words  # (n_primes, max depth, r + 1): rows of the path, up to sign
    matrix: Words  # (r + 2, r + 1)
    vectors: Words  # (2, max width)


class Found(NamedTuple):
    """Buffer of finished regions."""

    sign_vectors: Bytes
    points: Floats


class Cells(NamedTuple):
    """Buffer of finished regions as cells, each with the rows of its path; without room where they are not kept.

    Cell i has the rows from ``starts[i]`` up to ``starts[i + 1]``.
    """

    rows: Floats  # (n_rows, r + 1): a, b of a . x + b >= 0, as in `Path`
    bounds: Floats  # (n_rows, 4)
    labels: Ints  # (n_rows, 3)
    starts: Ints  # (n_cells + 1,)
    bases: Ints  # (n_cells, r): r independent rows that meet at a vertex of the cell, counted from its first
    points: Floats  # (n_cells, r): a point inside
    signs: Bytes  # (n_cells, n_neurons)
    ties: Ints  # (n_ties, 2): a neuron, by its place in the sign vector, that vanishes where one row does; the row
    tie_starts: Ints  # (n_cells + 1,)


class Record(NamedTuple):
    """Buffer of the proof's events; None where no proof is recorded, which numba compiles by itself."""

    codes: Ints  # (n_events,)
    neurons: Ints  # (n_events,)
    starts: Ints  # (n_events + 1,): where the labels of each event begin
    labels: Ints  # (n_labels,)
    multipliers: Floats  # (n_labels,)
    points: Floats  # (n_points, r)
    sides: Ints  # (max depth + 1,): number of events before the current side at each depth
    scales: Floats  # (n_neurons + n_domain,): what the rows were multiplied by before they came here
    sizes: Ints  # N_EVENTS, N_LABELS, N_POINTS in the buffer; N_WRITTEN: events that have left it


def new_cells(r: int, n_neurons: int, n_cells: int, n_rows: int) -> Cells:
    """An empty buffer with room for this many cells, and for this many rows and ties."""
    return Cells(
        rows=np.zeros((n_rows, r + 1)),
        bounds=np.zeros((n_rows, 4)),
        labels=np.zeros((n_rows, 3), dtype=np.int64),
        starts=np.zeros(n_cells + 1, dtype=np.int64),
        bases=np.zeros((n_cells, r), dtype=np.int64),
        points=np.zeros((n_cells, r)),
        signs=np.zeros((n_cells, n_neurons), dtype=np.int8),
        ties=np.zeros((n_rows, 2), dtype=np.int64),
        tie_starts=np.zeros(n_cells + 1, dtype=np.int64),
    )


def new_record(r: int, depth: int, n_events: int, scales: Floats) -> Record:
    """An empty record with room for this many events."""
    return Record(
        codes=np.zeros(n_events, dtype=np.int64),
        neurons=np.zeros(n_events, dtype=np.int64),
        starts=np.zeros(n_events + 1, dtype=np.int64),
        labels=np.zeros(n_events * r, dtype=np.int64),
        multipliers=np.zeros(n_events * r),
        points=np.zeros((n_events, r)),
        sides=np.zeros(depth + 1, dtype=np.int64),
        scales=scales,
        sizes=np.zeros(4, dtype=np.int64),
    )


def new_maps(r: int, n_layers: int, widest: int, levels: int) -> Maps:
    """Empty maps, with sums for this many splits and one more."""
    return Maps(
        values=np.zeros((n_layers, r + 1, widest)),
        bounds=np.zeros((n_layers, 5, widest)),
        sums=np.empty((levels + 1, r + 5, widest)),
        n_used=np.zeros(levels + 1, dtype=np.int64),
    )


def new_path(r: int, depth: int) -> Path:
    """An empty path with room for ``depth`` rows."""
    return Path(
        rows=np.zeros((depth, r + 1)),
        bounds=np.zeros((depth, 4)),
        labels=np.zeros((depth, 3), dtype=np.int64),
        n_residues=np.zeros(depth, dtype=np.int64),
        ties=np.zeros((depth, 2), dtype=np.int64),
    )


def new_dictionary(r: int, depth: int) -> Dictionary:
    """A dictionary with room for the rows of a path of this depth."""
    capacity = -(-(r + depth + 1) // LANES) * LANES
    return Dictionary(
        T=np.zeros((r + 1, capacity)),
        row_label=np.zeros(capacity, dtype=np.int64),
        col_label=np.zeros(r, dtype=np.int64),
        g=np.zeros(r + 1),
        z=np.zeros(r + 1),
        column=np.zeros(capacity),
        point=np.zeros(r),
        trial=np.zeros(r),
        proposal=np.zeros(r, dtype=np.int64),
    )


def new_stack(r: int, depth: int, entries: int, widest: int) -> Stack:
    """An empty stack; its memory is touched only as far as it is used."""
    capacity = -(-(r + depth + 1) // LANES) * LANES
    return Stack(
        T=np.empty((entries, (r + 1) * capacity)),
        row_label=np.empty((entries, capacity), dtype=np.int64),
        col_label=np.zeros((entries, r), dtype=np.int64),
        waiting=np.empty((entries, widest), dtype=np.int64),
        nodes=np.zeros((entries, N_NODE), dtype=np.int64),
    )


def new_frame(r: int, widest: int) -> Frame:
    """Scratch for proofs with r tight rows and layers of at most this width."""
    return Frame(
        rows=np.zeros((r + 1, r + 1)),
        bounds=np.zeros((r + 1, 4)),
        matrix=np.zeros((r, r)),
        inverse=np.zeros((r, r)),
        T=np.zeros((r + 1, r)),
        z=np.zeros(r + 1),
        labels=np.arange(r),
        scratch=np.zeros((3, r)),
        vectors=np.zeros((4, widest)),
        indices=np.zeros((2, r), dtype=np.int64),
        norm=np.zeros(1),
        suspects=np.zeros(r + 1, dtype=np.int64),
        suspects_inside=np.zeros(r + 1, dtype=np.int64),
    )


@inner
def counter(start: int) -> int:
    """An integer that numba does not take for a literal: it would compile what it is passed to twice."""
    return start + 0


@inner
def multiplier(sign: int, slope: float) -> float:
    """What the activation multiplies by where the pre-activation has this sign."""
    if sign > 0:
        return 1.0
    if sign < 0:
        return slope
    return 0.0


@inner
def power_of_two_scale(size: float) -> float:
    """The power of two that brings ``size`` into [1, 2); 1 for extreme sizes."""
    if not (1e-250 <= size <= 1e250):
        return 1.0
    _, exponent = math.frexp(size)
    return math.ldexp(1.0, 1 - exponent)


@inner
def rounded_error(value: float, rounding: float) -> float:
    """The error of a weight or bias that stands for a rational number: none where it is zero."""
    if rounding == 0.0 or value == 0.0:
        return 0.0
    return rounding * abs(value) + TINY


@inner
def first_layer_map(layers: Layers, space: Space, maps: Maps) -> None:
    """The first layer's rows, which are exact up to the rounding of the weights."""
    r = space.dimension
    n = layers.shape[WIDTH, 0]
    start = layers.shape[START, 0]
    for i in range(n):
        size = 0.0
        for k in range(r):
            value = layers.weights[start + k * n + i]
            maps.values[0, k, i] = value
            size = max(size, abs(value))
        maps.values[0, r, i] = layers.biases[i]
        maps.bounds[0, EG, i] = rounded_error(size, layers.rounding)
        maps.bounds[0, EC, i] = rounded_error(layers.biases[i], layers.rounding)
        maps.bounds[0, TG, i] = size + 2.0 * maps.bounds[0, EG, i]
        maps.bounds[0, TC, i] = abs(layers.biases[i]) + 2.0 * maps.bounds[0, EC, i]
        maps.bounds[0, SCALE, i] = power_of_two_scale(size)


@inner
def begin_sums(layer: int, level: int, r: int, layers: Layers, maps: Maps) -> None:
    """Begin the map of a layer with its biases: no unit before it has a sign yet."""
    sums = maps.sums[level]
    for i in range(layers.shape[WIDTH, layer]):
        for k in range(r + 5):
            sums[k, i] = 0.0
        bias = layers.biases[layers.shape[OFFSET, layer] + i]
        sums[r, i] = bias
        sums[r + 1 + TC, i] = abs(bias)
        sums[r + 1 + EC, i] = rounded_error(bias, layers.rounding)
    maps.n_used[level] = 0


@inner
def add_unit(
    unit: int, factor: float, r: int, n: int, weights: Floats, values: Floats, bounds: Floats, sums: Floats
) -> int:
    """Add what a unit passes on to the map of the next layer; 1 if that is anything.

    Forward error analysis: a sum of n products, each of a weight and an entry with error e and
    size t, has error at most sum |w| e + gamma (sum |w| t), gamma = (n + 3) units in the last place,
    and where weights and slopes are roundings, one relative error of each more.
    """
    size = abs(factor)
    tg = size * bounds[TG, unit]
    tc = size * bounds[TC, unit]
    eg = size * bounds[EG, unit]
    ec = size * bounds[EC, unit]
    if factor != 1.0:
        if bounds[TG, unit] > 0.0:  # the product may underflow, and is not zero by structure
            eg += 2.0 * UNIT * tg + TINY
            tg += TINY
        ec += 2.0 * UNIT * tc + TINY
    if tg == 0.0 and tc == 0.0 and ec == 0.0:
        return 0
    weight = weights[unit * n : (unit + 1) * n]
    if tg > 0.0:
        for k in range(r):
            entry = factor * values[k, unit]
            row = sums[k]
            for i in range(n):
                row[i] += weight[i] * entry
    entry = factor * values[r, unit]
    row = sums[r]
    for i in range(n):
        row[i] += weight[i] * entry
    tg_row = sums[r + 1 + TG]
    tc_row = sums[r + 1 + TC]
    eg_row = sums[r + 1 + EG]
    ec_row = sums[r + 1 + EC]
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
    return 1


@inner
def finish_map(layer: int, level: int, r: int, layers: Layers, maps: Maps) -> None:
    """The map of a layer, all units before it having a sign, and its error bounds."""
    sums = maps.sums[level]
    values = maps.values[layer]
    bounds = maps.bounds[layer]
    n_used = maps.n_used[level]
    n = layers.shape[WIDTH, layer]
    for k in range(r + 1):
        for i in range(n):
            values[k, i] = sums[k, i]
    for k in range(4):
        for i in range(n):
            bounds[k, i] = sums[r + 1 + k, i]
    gamma = (n_used + 6.0) * 2.0 * UNIT + 2.0 * layers.rounding
    for i in range(n):
        if bounds[TG, i] == 0.0:
            bounds[EG, i] = 0.0
            bounds[SCALE, i] = 1.0
        else:
            bounds[EG, i] = (bounds[EG, i] + gamma * bounds[TG, i]) * (1.0 + gamma) + TINY
            size = 0.0
            for k in range(r):
                size = max(size, abs(values[k, i]))
            # tg is a bound on the exact entries, too
            bounds[TG, i] = size + 2.0 * bounds[EG, i]
            bounds[SCALE, i] = power_of_two_scale(size)
            if not (bounds[EG, i] <= LARGEST):  # overflow: nothing is known
                bounds[EG, i] = math.inf
                bounds[TG, i] = math.inf
        if n_used > 0:
            bounds[EC, i] = (bounds[EC, i] + gamma * bounds[TC, i]) * (1.0 + gamma) + TINY
            bounds[TC, i] = abs(values[r, i]) + 2.0 * bounds[EC, i]
            if not (bounds[EC, i] <= LARGEST):
                bounds[EC, i] = math.inf
                bounds[TC, i] = math.inf


@inner
def next_layer_map(layer: int, layers: Layers, space: Space, maps: Maps, signs: Bytes) -> None:
    """Form the map of ``layer`` from the map and all signs of the layer before it."""
    begin_sums(layer, 0, space.dimension, layers, maps)
    for unit in range(layers.shape[WIDTH, layer - 1]):
        add_to_next_layer(
            layer - 1, unit, signs[layers.shape[OFFSET, layer - 1] + unit], 0, space.dimension, layers, maps
        )
    finish_map(layer, 0, space.dimension, layers, maps)


@hot
def add_to_next_layer(
    layer: int, unit: int, sign: int, level: int, r: int, layers: Layers, maps: Maps
) -> None:
    """Add to the sums of a level what a unit passes on, its sign being known."""
    factor = multiplier(sign, layers.slopes[layers.shape[OFFSET, layer] + unit])
    if factor != 0.0:
        start = layers.shape[START, layer + 1]
        maps.n_used[level] += add_unit(
            unit,
            factor,
            r,
            layers.shape[WIDTH, layer + 1],
            layers.weights[start:],
            maps.values[layer],
            maps.bounds[layer],
            maps.sums[level],
        )


@inner
def enter_side(layer: int, unit: int, sign: int, level: int, r: int, layers: Layers, maps: Maps) -> None:
    """The sums of one side of a split: those of the level before, and what the unit that was split passes on."""
    n = layers.shape[WIDTH, layer + 1]
    for k in range(r + 5):
        before = maps.sums[level - 1, k]
        row = maps.sums[level, k]
        for i in range(n):
            row[i] = before[i]
    maps.n_used[level] = maps.n_used[level - 1]
    add_to_next_layer(layer, unit, sign, level, r, layers, maps)


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


@hot
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
            size += multiplier_j * (path.bounds[p, TG] * total + abs(row[r]))
            error += multiplier_j * (path.bounds[p, EG] * total + path.bounds[p, EC])
    residual = 0.0
    for k in range(r):
        residual += abs(D.trial[k]) * space.reach[k]
    gamma = (4.0 * r + 28.0) * UNIT  # eight of them for multipliers that are rounded when a proof is recorded
    underflow = TINY * (1.0 + size + total)
    left: float = constant - residual - (error + gamma * size) * (1.0 + gamma) - underflow
    return left > 0.0


@inner
def distance_from_inverse(
    T: Floats, rows: Floats, bounds: Floats, labels: Ints, sums: Floats, n: int
) -> float:
    """Bound the norm of I - A B for every A that the n rows may stand for.

    B is the approximate inverse that stands transposed in ``T`` from its second row on. The norm is the largest sum
    of absolute values in a row; below one, A is nonsingular.
    """
    gamma = (n + 4.0) * 2.0 * UNIT
    total = 0.0
    for k in range(n):
        value = 0.0
        for j in range(1, n + 1):
            value += abs(T[j, k])
        sums[k] = value
        total += value
    norm = 0.0
    for i in range(n):
        p = labels[i]
        size = 1.0
        for k in range(n):
            size += abs(rows[p, k]) * sums[k]
        distance = gamma * size + bounds[p, EG] * total
        for j in range(n):
            value = -1.0 if i == j else 0.0
            for k in range(n):
                value += rows[p, k] * T[1 + j, k]
            distance += abs(value)
        if not (distance <= LARGEST):
            return math.inf
        norm = max(norm, distance)
    return norm * (1.0 + 4.0 * gamma) + TINY


@inner
def count_suspects(
    T: Floats,
    rows: Floats,
    bounds: Floats,
    labels: Ints,
    norm: float,
    g: Floats,
    eg: float,
    ec: float,
    z: Floats,
    scratch: Floats,
    suspects: Ints,
    n: int,
) -> int:
    """Prove the signs of the multipliers, and of the constant, that make the row ``g`` of n rows.

    Let A be the n rows, B their approximate inverse, transposed in ``T``, and ``z`` approximate multipliers.
    Where |I - A B| has a norm of at most 1/2, A is nonsingular, and the exact multipliers g A^-1 exist. They
    differ from z by v (A B)^-1, where v = (g - z A) B, and so in each entry by at most |v| there and the sum
    of |v| times twice the norm.

    Returns the number of suspects: multipliers, and the constant, that may be zero for all that the bounds
    say. The others are proven positive; -1 if one is negative, or nothing is proven at all.
    """
    if not (norm <= 0.5):
        return -1
    gamma = (n + 4.0) * 2.0 * UNIT
    left = scratch[0]
    deltas = scratch[1]
    error = eg
    for j in range(n):
        error += abs(z[1 + j]) * bounds[labels[j], EG]
    for k in range(n):
        value = g[k]
        size = abs(value)
        for j in range(n):
            term = z[1 + j] * rows[labels[j], k]
            value -= term
            size += abs(term)
        left[k] = (abs(value) + gamma * size + error) * (1.0 + gamma) + TINY
    total = 0.0
    for j in range(n):
        delta = 0.0
        for k in range(n):
            delta += left[k] * abs(T[1 + j, k])
        deltas[j] = delta
        total += delta
    tail = 2.0 * total * norm
    constant = g[n]
    size = abs(constant)
    error = ec
    n_suspects = 0
    for j in range(n):
        delta = (deltas[j] + tail) * (1.0 + 4.0 * gamma) + TINY
        value = z[1 + j]
        if not (value >= -delta):
            return -1
        suspects[j] = 0
        if not (value > delta):
            suspects[j] = 1
            n_suspects += 1
        p = labels[j]
        side = rows[p, n]
        constant -= value * side
        size += abs(value * side)
        error += delta * abs(side) + (abs(value) + delta) * bounds[p, EC]
    error = (error + gamma * size) * (1.0 + 4.0 * gamma) + TINY
    if not (constant >= -error):
        return -1
    suspects[n] = 0
    if not (constant > error):
        suspects[n] = 1
        n_suspects += 1
    return n_suspects


@inner
def refine(T: Floats, rows: Floats, labels: Ints, g: Floats, z: Floats, left: Floats, n: int) -> None:
    """Take what the multipliers leave of ``g`` times the inverse, and add it to them.

    Where rows differ in size, products of ``g`` and the inverse cancel: `count_suspects` is sharp only after this.
    """
    for k in range(n):
        left[k] = g[k]
        for j in range(n):
            left[k] -= z[1 + j] * rows[labels[j], k]
    for j in range(1, n + 1):
        for k in range(n):
            z[j] += left[k] * T[j, k]


@inner
def put_row_in_frame(
    layer: int,
    neuron: int,
    sign: int,
    frame_layer: int,
    n_units: int,
    layers: Layers,
    signs: Bytes,
    frame: Frame,
    out: int,
) -> None:
    """Write sign times a neuron's pre-activation as an affine function of a layer's active outputs.

    The row of the frame is scaled by a power of two, like every row.
    """
    units = frame.indices[0]
    constant = 0.0
    constant_error = 0.0
    error = 0.0
    if layer == frame_layer:
        index = layers.shape[OFFSET, layer] + neuron
        factor = multiplier(signs[index], layers.slopes[index])
        for u in range(n_units):
            frame.rows[out, u] = 1.0 / factor if units[u] == neuron else 0.0
        if factor != 1.0 or layers.rounding > 0.0:
            error = (2.0 * UNIT + 2.0 * layers.rounding) / abs(factor) + TINY
    else:
        vector = frame.vectors[0]
        vector_error = frame.vectors[1]
        n = layers.shape[WIDTH, layer]
        start = layers.shape[START, layer]
        previous = layer - 1
        for j in range(layers.shape[WIDTH, previous]):
            vector[j] = layers.weights[start + j * n + neuron]
            vector_error[j] = rounded_error(vector[j], layers.rounding)
        constant = layers.biases[layers.shape[OFFSET, layer] + neuron]
        constant_size = abs(constant)
        constant_error = rounded_error(constant, layers.rounding)
        while previous > frame_layer:
            width = layers.shape[WIDTH, previous]
            offset = layers.shape[OFFSET, previous]
            n_before = layers.shape[WIDTH, previous - 1]
            start = layers.shape[START, previous]
            gamma = (width + 4.0) * 2.0 * UNIT + 2.0 * layers.rounding
            for j in range(width):
                factor = multiplier(signs[offset + j], layers.slopes[offset + j])
                if factor == 0.0:  # and not 0 * infinity
                    vector[j] = 0.0
                    vector_error[j] = 0.0
                    continue
                vector[j] *= factor
                vector_error[j] *= abs(factor)
                if factor != 1.0 or layers.rounding > 0.0:
                    vector_error[j] += (2.0 * UNIT + 2.0 * layers.rounding) * abs(vector[j]) + TINY
                bias = layers.biases[offset + j]
                term = vector[j] * bias
                constant += term
                constant_size += abs(term)
                constant_error += vector_error[j] * abs(bias)
                constant_error += abs(vector[j]) * rounded_error(bias, layers.rounding)
            constant_error = (constant_error + gamma * constant_size) * (1.0 + gamma) + TINY
            for k in range(n_before):
                value = 0.0
                size = 0.0
                inherited = 0.0
                for j in range(width):
                    w = layers.weights[start + k * width + j]
                    term = vector[j] * w
                    value += term
                    size += abs(term)
                    inherited += vector_error[j] * abs(w)
                frame.vectors[2, k] = value
                frame.vectors[3, k] = (inherited + gamma * size) * (1.0 + gamma) + TINY
            for k in range(n_before):
                vector[k] = frame.vectors[2, k]
                vector_error[k] = frame.vectors[3, k]
            previous -= 1
        for u in range(n_units):
            frame.rows[out, u] = vector[units[u]]
            if not (vector_error[units[u]] <= error):  # and not max, which forgets a NaN
                error = vector_error[units[u]]
    size = 0.0
    for u in range(n_units):
        size = max(size, abs(frame.rows[out, u]))
    scale = power_of_two_scale(size)
    for u in range(n_units):
        frame.rows[out, u] *= sign * scale
    frame.rows[out, n_units] = constant * sign * scale
    frame.bounds[out, EG] = error * scale + TINY
    frame.bounds[out, EC] = constant_error * scale + TINY


@inner
def follows_in_frame(frame: Frame, n: int) -> bool:
    """Prove that the last of n + 1 rows of the frame is a positive combination of the others and 1."""
    if not invert(frame.matrix, frame.inverse, n):
        return False
    for j in range(n):
        value = 0.0
        for k in range(n):
            frame.T[1 + j, k] = frame.inverse[k, j]
            value += frame.rows[n, k] * frame.inverse[k, j]
        frame.z[1 + j] = value
    refine(frame.T, frame.rows, frame.labels, frame.rows[n], frame.z, frame.scratch[0], n)
    norm = distance_from_inverse(frame.T, frame.rows, frame.bounds, frame.labels, frame.scratch[0], n)
    n_suspects = count_suspects(
        frame.T,
        frame.rows,
        frame.bounds,
        frame.labels,
        norm,
        frame.rows[n],
        frame.bounds[n, EG],
        frame.bounds[n, EC],
        frame.z,
        frame.scratch,
        frame.suspects_inside,
        n,
    )
    return n_suspects == 0


@inner
def proven_in_frame(
    D: Dictionary,
    path: Path,
    layers: Layers,
    r: int,
    signs: Bytes,
    frame: Frame,
    layer: int,
    neuron: int,
    sign: int,
    control: Ints,
) -> bool:
    """Prove a dropped side in the coordinates of an earlier layer's active outputs.

    Where a layer has k < r active units, every later row is a function of those k outputs. If k of
    the tight rows are, too, the other multipliers are zero by structure and are left out.
    """
    units = frame.indices[0]
    columns = frame.indices[1]
    for frame_layer in range(layer - 1, -1, -1):
        offset = layers.shape[OFFSET, frame_layer]
        n_units = counter(0)
        for j in range(layers.shape[WIDTH, frame_layer]):
            if multiplier(signs[offset + j], layers.slopes[offset + j]) != 0.0:
                if n_units < r:
                    units[n_units] = j
                n_units += 1
        if n_units >= r or n_units == 0:
            continue
        n_inside = 0
        for j in range(r):
            p = D.col_label[j]
            inside = path.labels[p, LABEL_LAYER] > frame_layer
            if path.labels[p, LABEL_LAYER] == frame_layer:
                index = offset + path.labels[p, LABEL_NEURON]
                inside = multiplier(signs[index], layers.slopes[index]) != 0.0
            if inside:
                columns[n_inside] = p
                n_inside += 1
        if n_inside != n_units:
            continue
        for c in range(n_units + 1):
            row_layer = layer
            row_neuron = neuron
            row_sign = sign
            if c < n_units:
                p = columns[c]
                row_layer = path.labels[p, LABEL_LAYER]
                row_neuron = path.labels[p, LABEL_NEURON]
                row_sign = path.labels[p, LABEL_SIGN]
            put_row_in_frame(row_layer, row_neuron, row_sign, frame_layer, n_units, layers, signs, frame, c)
        for i in range(n_units):
            for k in range(n_units):
                frame.matrix[i, k] = frame.rows[i, k]
        if follows_in_frame(frame, n_units):
            control[PROOF_SIZE] = n_units
            return True
    return False


@hot
def suspects_on_tight_rows(
    D: Dictionary, path: Path, r: int, frame: Frame, eg: float, ec: float, control: Ints
) -> int:
    """`count_suspects` for the asked row, whose multipliers stand in ``z``, and the r tight rows."""
    if control[NORM_VALID] == 0:
        frame.norm[0] = distance_from_inverse(D.T, path.rows, path.bounds, D.col_label, frame.scratch[0], r)
        control[NORM_VALID] = 1
    return count_suspects(
        D.T,
        path.rows,
        path.bounds,
        D.col_label,
        frame.norm[0],
        D.g,
        eg,
        ec,
        D.z,
        frame.scratch,
        frame.suspects,
        r,
    )


@hot
def proven_by_tight_rows(
    D: Dictionary, path: Path, r: int, frame: Frame, eg: float, ec: float, control: Ints
) -> bool:
    """Prove that the asked row is positive on the cell from the r tight rows, whatever the domain."""
    return suspects_on_tight_rows(D, path, r, frame, eg, ec, control) == 0


@inner
def row_modulo(
    q: int, layer: int, neuron: int, r: int, layers: Layers, residues: Residues, signs: Bytes, out: Words
) -> None:
    """A neuron's integer row on the current cell modulo prime q, back through the layers."""
    prime = residues.primes[q]
    weights = residues.weights[q]
    biases = residues.biases[q]
    slopes = residues.slopes[q]
    vector = residues.vectors[0]
    product = residues.vectors[1]
    constant = biases[layers.shape[OFFSET, layer] + neuron]
    n = layers.shape[WIDTH, layer]
    start = layers.shape[START, layer]
    if layer == 0:
        for k in range(r):
            out[k] = weights[start + k * n + neuron]
        out[r] = constant
        return
    previous = layer - 1
    for j in range(layers.shape[WIDTH, previous]):
        vector[j] = weights[start + j * n + neuron]
    while True:
        width = layers.shape[WIDTH, previous]
        offset = layers.shape[OFFSET, previous]
        start = layers.shape[START, previous]
        n_active = counter(0)
        for j in range(width):
            if signs[offset + j] > 0:
                vector[j] = vector[j] * slopes[1, offset + j] % prime
            elif signs[offset + j] < 0:
                vector[j] = vector[j] * slopes[0, offset + j] % prime
            else:
                vector[j] = 0
            if vector[j] != 0:
                constant = (constant + vector[j] * biases[offset + j]) % prime
                n_active += 1
        n_before = r if previous == 0 else layers.shape[WIDTH, previous - 1]
        for k in range(n_before):
            total = np.uint64(0)
            if n_active > 0:
                row = weights[start + k * width : start + (k + 1) * width]
                for j in range(width):
                    # fifteen products below 2**60 fit into 64 bits
                    total += vector[j] * row[j]
                    if j % 15 == 14:
                        total %= prime
            product[k] = total % prime
        if previous == 0:
            break
        for k in range(n_before):
            vector[k] = product[k]
        previous -= 1
    for k in range(r):
        out[k] = product[k]
    out[r] = constant


@inner
def first_dependent_row(matrix: Words, n_rows: int, n_columns: int, prime: np.uint64) -> int:
    """The first row that depends on those before it modulo a prime, or ``n_rows``; the matrix is destroyed."""
    for i in range(n_rows):
        top = counter(-1)
        for c in range(n_columns):
            if matrix[i, c] != 0:
                top = c
                break
        if top < 0:
            return i
        head = matrix[i, top]
        for m in range(i + 1, n_rows):
            factor = matrix[m, top]
            if factor != 0:
                factor = prime - factor
                for c in range(n_columns):
                    matrix[m, c] = (matrix[m, c] * head + matrix[i, c] * factor) % prime
    return n_rows


@inner
def row_bits(path: Path, p: int, layers: Layers, residues: Residues) -> float:
    """Bound of log2 of the length of a row of the path, scaled to integers."""
    layer = path.labels[p, LABEL_LAYER]
    neuron = path.labels[p, LABEL_NEURON]
    place = layers.biases.shape[0] if layer < 0 else layers.shape[OFFSET, layer]
    bits: float = residues.bits[place + neuron]
    return bits


@inner
def tie_is_proven(
    layer: int,
    neuron: int,
    r: int,
    layers: Layers,
    path: Path,
    D: Dictionary,
    frame: Frame,
    residues: Residues,
    signs: Bytes,
    most: int,
    control: Ints,
) -> int:
    """Prove that all suspects of `count_suspects` are zero. YES, NO, or MORE_PRIMES.

    The tight rows are independent; the suspects among the multipliers are zero if and only if the
    asked row is a combination of the k other tight rows, that is, if all minors of order k + 1 of
    these k + 1 integer rows vanish. A minor is at most the product of the rows' lengths (Hadamard),
    and is zero if it is divisible by primes with a larger product. Where the constant is a suspect,
    the rows are taken with their constants; where it is not, without.
    """
    bits = residues.bits[layers.shape[OFFSET, layer] + neuron] + 1.0
    for j in range(r):
        if frame.suspects[j] == 0:
            bits += row_bits(path, D.col_label[j], layers, residues)
    n_primes = int(bits / PRIME_BITS) + 1
    if n_primes > most:
        return NO
    if n_primes > residues.primes.shape[0]:
        control[PRIMES_WANTED] = n_primes
        return MORE_PRIMES
    n_columns = r + frame.suspects[r]
    for q in range(n_primes):
        n_rows = counter(0)
        for j in range(r):
            if frame.suspects[j] == 0:
                p = D.col_label[j]
                if path.n_residues[p] <= q:
                    row_modulo(
                        q,
                        path.labels[p, LABEL_LAYER],
                        path.labels[p, LABEL_NEURON],
                        r,
                        layers,
                        residues,
                        signs,
                        residues.rows[q, p],
                    )
                    path.n_residues[p] = q + 1
                row = residues.rows[q, p]
                for k in range(n_columns):
                    residues.matrix[n_rows, k] = row[k]
                n_rows += 1
        row_modulo(q, layer, neuron, r, layers, residues, signs, residues.matrix[n_rows])
        if first_dependent_row(residues.matrix, n_rows + 1, n_columns, residues.primes[q]) > n_rows:
            return NO
    return YES


@inner
def row_vanishes(
    layer: int,
    neuron: int,
    n_columns: int,
    r: int,
    layers: Layers,
    residues: Residues,
    signs: Bytes,
    control: Ints,
) -> int:
    """Prove that the first coefficients of a neuron's row are zero on the cell. YES, NO or MORE_PRIMES."""
    n_primes = int((residues.bits[layers.shape[OFFSET, layer] + neuron] + 1.0) / PRIME_BITS) + 1
    if n_primes > MOST_PRIMES:
        return NO
    if n_primes > residues.primes.shape[0]:
        control[PRIMES_WANTED] = n_primes
        return MORE_PRIMES
    row = residues.matrix[0]
    for q in range(n_primes):
        row_modulo(q, layer, neuron, r, layers, residues, signs, row)
        for k in range(n_columns):
            if row[k] != 0:
                return NO
    return YES


@inner
def first_row_missed(rows: Floats, bounds: Floats, depth: int, r: int, x: Floats, beyond: int) -> int:
    """-1 if the point is proven strictly inside every row, else the first row that is not proven.

    For the row ``beyond``, if there is one, the point must lie strictly outside.
    """
    size = 0.0
    for k in range(r):
        size += abs(x[k])
    gamma = (r + 4.0) * 2.0 * UNIT
    for p in range(depth):
        value = rows[p, r]
        magnitude = abs(value)
        for k in range(r):
            term = rows[p, k] * x[k]
            value += term
            magnitude += abs(term)
        if p == beyond:
            value = -value
        bound = (bounds[p, EG] * size + bounds[p, EC] + gamma * magnitude) * (1.0 + gamma) + TINY
        if not (value > bound):
            return p
    return -1


@inner
def simplex_center(T: Floats, n_rows: int, r: int, fixed: int, ratios: Floats, x: Floats) -> None:
    """The center of the vertex and its neighbors along the edges; a ray gets a finite length.

    The edge of column ``fixed`` (0 for none) is left out: the point lies on that column's facet.
    """
    base = T[0]
    longest = 0.0
    for k in range(r):
        longest = max(longest, abs(base[k]))
        x[k] = base[k]
    share = 1.0 / (r + 1.0)
    for j in range(1, r + 1):
        if j == fixed:
            continue
        column = T[j]
        find_ratios(base, column, n_rows, r, ratios)
        t = math.inf
        for i in range(r, n_rows):
            t = min(t, ratios[i])
        if t == math.inf:
            size = 0.0
            for k in range(r):
                size = max(size, abs(column[k]))
            t = (1.0 + longest) / max(size, 1e-300)
        for k in range(r):
            x[k] += share * t * column[k]


@hot
def find_point(D: Dictionary, n_rows: int, depth: int, path: Path, space: Space, control: Ints) -> bool:
    """Find a point that is proven to lie strictly inside the cell; it stands in ``point``."""
    r = space.dimension
    simplex_center(D.T, n_rows, r, 0, D.column, D.point)
    blocking = first_row_missed(path.rows, path.bounds, depth, r, D.point, -1)
    return blocking < 0 or find_point_further(D, n_rows, depth, path, r, blocking, control)


@inner
def find_point_further(
    D: Dictionary, n_rows: int, depth: int, path: Path, r: int, blocking: int, control: Ints
) -> bool:
    """Move away from the row that blocks; the mean of what is seen on the way lies inside."""
    for attempt in range(1, 2 * r + 5):
        for k in range(r + 1):
            D.g[k] = -path.rows[blocking, k]
        express(D.T, D.g, D.z, r)
        margin = 10.0 * NOISE * noise_of(D.T, D.g, r, 0)
        if descend(D, n_rows, r, -margin, control) < 0:
            return False
        simplex_center(D.T, n_rows, r, 0, D.column, D.trial)
        for k in range(r):
            D.point[k] += (D.trial[k] - D.point[k]) / (attempt + 1.0)
        blocking = first_row_missed(path.rows, path.bounds, depth, r, D.point, -1)
        if blocking < 0:
            return True
    return False


@inner
def load_row(layer: int, neuron: int, r: int, maps: Maps, D: Dictionary) -> None:
    """Put a neuron's normalized row into ``g``."""
    scale = maps.bounds[layer, SCALE, neuron]
    for k in range(r + 1):
        D.g[k] = maps.values[layer, k, neuron] * scale


@inner
def errors_of(bounds: Floats) -> tuple[float, float]:
    """Bounds on the errors of a normalized row: of each coefficient, and of the constant."""
    scale = bounds[SCALE]
    underflow = TINY if scale < 1.0 else 0.0  # of small entries
    return bounds[EG] * scale + underflow, bounds[EC] * scale + underflow


@inner
def append_row(layer: int, neuron: int, r: int, maps: Maps, path: Path, depth: int) -> None:
    """Append a neuron's positive side to the path."""
    scale = maps.bounds[layer, SCALE, neuron]
    for k in range(r + 1):
        path.rows[depth, k] = maps.values[layer, k, neuron] * scale
    eg, ec = errors_of(maps.bounds[layer, :, neuron])
    path.bounds[depth, EG] = eg
    path.bounds[depth, EC] = ec
    path.bounds[depth, TG] = maps.bounds[layer, TG, neuron] * scale
    path.labels[depth, LABEL_LAYER] = layer
    path.labels[depth, LABEL_NEURON] = neuron
    path.labels[depth, LABEL_SIGN] = 1
    path.n_residues[depth] = 0


@inner
def resembles_a_row(g: Floats, rows: Floats, bounds: Floats, depth: int, r: int) -> bool:
    """Whether a row, row ``depth`` of the path, may be a multiple of a row before it; False is proven.

    Of exact rows with a = factor * b, floats differ by their errors, and by the error of the factor, which is taken
    where b is largest.
    """
    top = counter(0)
    for k in range(1, r):
        if abs(g[k]) > abs(g[top]):
            top = k
    head = g[top]
    if head == 0.0:
        return True
    inverse = 1.0 / head
    stretch = 1.0 + abs(g[r]) * abs(inverse)
    for p in range(depth):
        factor = rows[p, top] * inverse
        error = bounds[p, EG] + abs(factor) * bounds[depth, EG]
        is_near = True
        for k in range(r):
            other = factor * g[k]
            if abs(rows[p, k] - other) > 8.0 * error + 64.0 * UNIT * (abs(rows[p, k]) + abs(other)) + TINY:
                is_near = False
                break
        if is_near:
            other = factor * g[r]
            error = 8.0 * error * stretch + 8.0 * (bounds[p, EC] + abs(factor) * bounds[depth, EC])
            # also if one is no number, as where 1 / head overflows
            if not (abs(rows[p, r] - other) > error + 64.0 * UNIT * (abs(rows[p, r]) + abs(other)) + TINY):
                return True
    return False


@inner
def push_second_child(
    layer: int,
    depth: int,
    n_rows: int,
    q: int,
    r: int,
    D: Dictionary,
    stack: Stack,
    waiting: Ints,
    control: Ints,
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
    stack.nodes[s, NODE_LAYER] = layer
    for i in range(control[N_WAITING]):
        stack.waiting[s, i] = waiting[i]
    stack.nodes[s, NODE_WAITING] = control[N_WAITING]
    stack.nodes[s, NODE_DEPTH] = depth
    stack.nodes[s, NODE_ROWS] = n_rows
    stack.nodes[s, NODE_COLUMN] = q
    stack.nodes[s, NODE_SINCE] = control[SINCE_REBUILD]
    stack.nodes[s, NODE_TIES] = control[N_TIES]
    control[N_STACK] = s + 1


@hot
def split_cell(
    layer: int,
    neuron: int,
    q: int,
    r: int,
    layers: Layers,
    maps: Maps,
    D: Dictionary,
    stack: Stack,
    record: Record | None,
    signs: Bytes,
    waiting: Ints,
    control: Ints,
) -> None:
    """Go on with the positive side of a cut, whose row stands last in the path and is tight in column ``q``."""
    depth = control[DEPTH] + 1
    control[DEPTH] = depth
    control[N_WAITING] -= 1
    control[N_SPLITS] += 1
    control[VERTEX_SEEN] = 0
    signs[layers.shape[OFFSET, layer] + neuron] = 1
    if layer + 2 < layers.shape.shape[1]:
        enter_side(layer, neuron, 1, depth - control[N_DOMAIN], r, layers, maps)
    push_second_child(layer, depth, control[N_ROWS], q, r, D, stack, waiting, control)
    if record is not None:
        record_split(record, neuron, depth)


@inner
def pop_second_child(
    r: int,
    layers: Layers,
    path: Path,
    D: Dictionary,
    stack: Stack,
    maps: Maps,
    signs: Bytes,
    waiting: Ints,
    control: Ints,
) -> None:
    """Go on with the child that waited last."""
    s = control[N_STACK] - 1
    control[N_STACK] = s
    n_rows = stack.nodes[s, NODE_ROWS]
    T = stack.T[s]
    for j in range(r + 1):
        row = D.T[j]
        for i in range(n_rows):
            row[i] = T[j * n_rows + i]
    for i in range(r, n_rows):
        D.row_label[i] = stack.row_label[s, i]
    for j in range(r):
        D.col_label[j] = stack.col_label[s, j]
    column = D.T[stack.nodes[s, NODE_COLUMN]]
    for i in range(n_rows):
        column[i] = -column[i]
    depth = stack.nodes[s, NODE_DEPTH]
    last = depth - 1
    for k in range(r + 1):
        path.rows[last, k] = -path.rows[last, k]
    path.labels[last, LABEL_SIGN] = -1
    layer = path.labels[last, LABEL_LAYER]
    neuron = path.labels[last, LABEL_NEURON]
    signs[layers.shape[OFFSET, layer] + neuron] = -1
    if layer + 2 < layers.shape.shape[1]:
        enter_side(layer, neuron, -1, depth - control[N_DOMAIN], r, layers, maps)
    control[LAYER] = stack.nodes[s, NODE_LAYER]
    control[N_WAITING] = stack.nodes[s, NODE_WAITING]
    for i in range(control[N_WAITING]):
        waiting[i] = stack.waiting[s, i]
    control[VERTEX_SEEN] = 0
    control[DEPTH] = depth
    control[N_ROWS] = n_rows
    control[SINCE_REBUILD] = stack.nodes[s, NODE_SINCE]
    control[N_TIES] = stack.nodes[s, NODE_TIES]
    control[NORM_VALID] = 0


@inner
def constant_sign(
    layer: int,
    neuron: int,
    layers: Layers,
    space: Space,
    maps: Maps,
    residues: Residues,
    signs: Bytes,
    control: Ints,
) -> int:
    """The sign of a neuron whose gradient is zero on the cell: +1, -1, 0, UNDECIDED or MORE_PRIMES."""
    r = space.dimension
    constant = maps.values[layer, r, neuron]
    error = maps.bounds[layer, EC, neuron]
    control[PROOF] = BY_CONSTANT
    if abs(constant) > error:
        return 1 if constant > 0.0 else -1
    if constant == 0.0 and error == 0.0:
        return 0
    answer = row_vanishes(layer, neuron, r + 1, r, layers, residues, signs, control)
    if answer == YES:
        control[N_ZERO_BY_RESIDUES] += 1
        return 0
    return MORE_PRIMES if answer == MORE_PRIMES else UNDECIDED


@hot
def proven_by_floats(
    D: Dictionary, path: Path, space: Space, frame: Frame, layer: int, neuron: int, maps: Maps, control: Ints
) -> bool:
    """Prove by bounds on rounding errors alone that the asked row, in ``g``, is positive on the cell."""
    bounds = maps.bounds[layer, :, neuron]
    eg, ec = errors_of(bounds)
    if space.bounded:
        control[PROOF] = BY_MULTIPLIERS
        return proven_bounded(D, path, space, eg, ec, bounds[TG] * bounds[SCALE], bounds[TC] * bounds[SCALE])
    control[PROOF] = BY_TIGHT_ROWS
    return proven_by_tight_rows(D, path, space.dimension, frame, eg, ec, control)


@hot
def drop_at_vertex(
    layer: int,
    layers: Layers,
    space: Space,
    maps: Maps,
    path: Path,
    D: Dictionary,
    frame: Frame,
    record: Record | None,
    signs: Bytes,
    waiting: Ints,
    control: Ints,
) -> None:
    """Drop the waiting neurons whose sign the current vertex tells, and put the one that is farthest from zero last.

    At an optimum all multipliers are nonnegative; a neuron for which the vertex is one needs no pivots. The farthest
    is asked next: it is the likeliest to have one sign, which is best known before the cell is split further.
    """
    r = space.dimension
    T = D.T
    values = maps.values[layer]
    level = control[DEPTH] - control[N_DOMAIN]
    offset = layers.shape[OFFSET, layer]
    n_kept = counter(0)
    farthest = counter(0)
    largest = -1.0
    for t in range(control[N_WAITING]):
        neuron = waiting[t]
        waiting[n_kept] = neuron
        top = values[r, neuron]
        for k in range(r):
            top += values[k, neuron] * T[0, k]
        is_candidate = top != 0.0
        for j in range(1, r + 1):
            z = 0.0
            for k in range(r):
                z += values[k, neuron] * T[j, k]
            if not (z * top >= 0.0):
                is_candidate = False
                break
        if is_candidate:
            load_row(layer, neuron, r, maps, D)
            express(D.T, D.g, D.z, r)
            if top < 0.0:
                flip(D, r)
            if proven_by_floats(D, path, space, frame, layer, neuron, maps, control):
                sign = 1 if top > 0.0 else -1
                signs[offset + neuron] = sign
                if layer + 2 < layers.shape.shape[1]:
                    add_to_next_layer(layer, neuron, sign, level, r, layers, maps)
                control[N_DROPS] += 1
                if record is not None:
                    record_drop(record, layer, neuron, sign, r, layers, maps, path, D, frame, control)
                continue
        size = abs(top) * maps.bounds[layer, SCALE, neuron]
        if size > largest:
            largest = size
            farthest = n_kept
        n_kept += 1
    control[N_WAITING] = n_kept
    control[VERTEX_SEEN] = 1
    if n_kept > 0:
        neuron = waiting[farthest]
        waiting[farthest] = waiting[n_kept - 1]
        waiting[n_kept - 1] = neuron


@hot
def prove_sign(
    layer: int,
    neuron: int,
    answer: int,
    layers: Layers,
    space: Space,
    maps: Maps,
    path: Path,
    D: Dictionary,
    frame: Frame,
    residues: Residues,
    signs: Bytes,
    control: Ints,
) -> int:
    """Prove that the asked row, in ``g``, is positive on the cell. YES, NO or MORE_PRIMES."""
    if proven_by_floats(D, path, space, frame, layer, neuron, maps, control):
        return YES
    r = space.dimension
    eg, ec = errors_of(maps.bounds[layer, :, neuron])
    refine(D.T, path.rows, D.col_label, D.g, D.z, frame.scratch[0], r)
    n_suspects = suspects_on_tight_rows(D, path, r, frame, eg, ec, control)
    if n_suspects == 0:
        control[PROOF] = BY_TIGHT_ROWS
        return YES
    for attempt in range(2):
        most = MOST_PRIMES
        if attempt == 0 and not space.bounded:
            # Many bits: a zero is rather one by structure, which the frame below finds sooner.
            most = FEW_PRIMES
        # If all r + 1 are zero the row vanishes: no sign.
        if 0 < n_suspects <= r:
            proven = tie_is_proven(layer, neuron, r, layers, path, D, frame, residues, signs, most, control)
            if proven == YES:
                control[PROOF] = BY_RESIDUES
                control[N_DROPS_BY_RESIDUES] += 1
            if proven != NO:
                return proven
        if space.bounded or attempt == 1:
            return NO
        if proven_in_frame(D, path, layers, r, signs, frame, layer, neuron, answer, control):
            control[PROOF] = BY_FRAME
            return YES
    return NO


@hot
def ask(
    layer: int,
    neuron: int,
    layers: Layers,
    space: Space,
    maps: Maps,
    path: Path,
    D: Dictionary,
    frame: Frame,
    residues: Residues,
    signs: Bytes,
    control: Ints,
) -> int:
    """What signs the neuron takes on the cell, proven.

    +1, -1, 0 (identically zero), CUT, UNDECIDED or MORE_PRIMES.
    """
    r = space.dimension
    bounds = maps.bounds[layer, :, neuron]
    if bounds[TG] == 0.0:
        return constant_sign(layer, neuron, layers, space, maps, residues, signs, control)
    eg, ec = errors_of(bounds)
    size = 0.0
    for k in range(r):
        size = max(size, abs(maps.values[layer, k, neuron] * bounds[SCALE]))
    # Where primes were missing, nothing has moved since: to decide once more would end in another dictionary.
    held = control[HELD]
    control[HELD] = 0
    is_due = held == 0 and control[SINCE_REBUILD] > REBUILD_EVERY
    if is_due and rebuild(D, path, frame, control[DEPTH], r, control) < 0:
        return UNDECIDED
    for attempt in range(max(abs(held) - 1, 0), 2):
        if held != 0:
            answer = 1 if held > 0 else -1
            held = 0
            express_anew(D, r)
        else:
            load_row(layer, neuron, r, maps, D)
            answer = decide(D, control[N_ROWS], r, ec, control)
        if answer == CUT and size > eg:
            return CUT
        if answer == CUT:
            break
        if answer != UNDECIDED:
            proven = prove_sign(
                layer, neuron, answer, layers, space, maps, path, D, frame, residues, signs, control
            )
            if proven == YES:
                return answer
            if proven == MORE_PRIMES:
                control[HELD] = answer * (attempt + 1)
                return MORE_PRIMES
        # Once more from a fresh dictionary; after that it is decided exactly.
        if attempt == 1 or control[SINCE_REBUILD] == 0:
            break
        if rebuild(D, path, frame, control[DEPTH], r, control) < 0:
            return UNDECIDED
    if size <= eg:
        # Within its errors the gradient may be zero.
        answer = row_vanishes(layer, neuron, r, r, layers, residues, signs, control)
        if answer == YES:
            answer = constant_sign(layer, neuron, layers, space, maps, residues, signs, control)
        elif answer == NO:
            answer = UNDECIDED
        if answer == MORE_PRIMES:
            control[HELD] = AFTER_ATTEMPTS
        return answer
    return UNDECIDED


@inner
def record_event(record: Record, code: int, neuron: int) -> None:
    """Note an event whose labels stand in the record already."""
    n = record.sizes[N_EVENTS]
    record.codes[n] = code
    record.neurons[n] = neuron
    record.starts[n + 1] = record.sizes[N_LABELS]
    record.sizes[N_EVENTS] = n + 1


@inner
def record_split(record: Record, neuron: int, depth: int) -> None:
    """Note a split; the positive side, of this depth, comes next."""
    record_event(record, EVENT_SPLIT, neuron)
    record.sides[depth] = record.sizes[N_WRITTEN] + record.sizes[N_EVENTS]


@inner
def record_drop(
    record: Record,
    layer: int,
    neuron: int,
    sign: int,
    r: int,
    layers: Layers,
    maps: Maps,
    path: Path,
    D: Dictionary,
    frame: Frame,
    control: Ints,
) -> None:
    """Note how `ask` proved a sign."""
    proof = control[PROOF]
    code = EVENT_POSITIVE if sign > 0 else EVENT_NEGATIVE
    if proof == BY_MULTIPLIERS:
        code += EVENT_FLOATS
    elif proof != BY_CONSTANT:
        code += EVENT_TIGHT
    n_candidates = counter(0)
    if proof == BY_FRAME:
        n_candidates = control[PROOF_SIZE]
    elif proof != BY_CONSTANT:
        n_candidates = r
    n = record.sizes[N_LABELS]
    for j in range(n_candidates):
        p = frame.indices[1, j] if proof == BY_FRAME else D.col_label[j]
        if proof == BY_RESIDUES and frame.suspects[j] != 0:
            continue
        value = 0.0
        if proof == BY_MULTIPLIERS:
            if not (D.z[1 + j] > 0.0):
                continue
            # the multiplier of the row itself, and not of the scaled one
            asked = layers.shape[OFFSET, layer] + neuron
            value = D.z[1 + j] / (maps.bounds[layer, SCALE, neuron] * record.scales[asked])
            row_layer = path.labels[p, LABEL_LAYER]
            row_neuron = path.labels[p, LABEL_NEURON]
            if row_layer < 0:
                value *= record.scales[layers.biases.shape[0] + row_neuron]
            else:
                value *= maps.bounds[row_layer, SCALE, row_neuron]
                value *= record.scales[layers.shape[OFFSET, row_layer] + row_neuron]
        record.labels[n] = p
        record.multipliers[n] = value
        n += 1
    if n == record.sizes[N_LABELS] and proof != BY_CONSTANT:
        code = EVENT_POSITIVE if sign > 0 else EVENT_NEGATIVE
        if proof == BY_MULTIPLIERS:
            code += EVENT_FLOATS
    record.sizes[N_LABELS] = n
    record_event(record, code, neuron)


@inner
def plant_root(
    layers: Layers,
    space: Space,
    maps: Maps,
    path: Path,
    D: Dictionary,
    frame: Frame,
    waiting: Ints,
    control: Ints,
) -> None:
    """The root: the domain's rows stand in the path, the tight rows' labels in ``col_label``."""
    first_layer_map(layers, space, maps)
    n = layers.shape[WIDTH, 0]
    control[N_WAITING] = n
    for i in range(n):
        waiting[i] = layers.first_order[n - 1 - i]
    n_domain = control[DEPTH]
    for position in range(space.n_forced):
        append_row(counter(0), layers.first_order[position], space.dimension, maps, path, n_domain + position)
    if layers.shape.shape[1] > 2:
        begin_sums(counter(1), counter(0), space.dimension, layers, maps)
    control[N_ROWS] = space.dimension
    rebuild(D, path, frame, n_domain + space.n_forced, space.dimension, control)


@inner
def adopt_proposal(
    layer: int,
    neuron: int,
    depth: int,
    r: int,
    maps: Maps,
    path: Path,
    D: Dictionary,
    frame: Frame,
    control: Ints,
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
    if rebuild(D, path, frame, depth + 1, r, control) >= 0:
        return q
    for j in range(r):
        D.col_label[j] = D.proposal[j]
    load_row(layer, neuron, r, maps, D)
    express(D.T, D.g, D.z, r)
    q = counter(1)
    for j in range(2, r + 1):
        if abs(D.z[j]) > abs(D.z[q]):
            q = j
    if D.z[q] == 0.0 or D.z[q] != D.z[q]:
        D.z[q] = 1.0
    insert_target(D, control[N_ROWS], r, q, depth, control)
    control[N_ROWS] += 1
    return q


@inner
def note_tie(index: int, r: int, D: Dictionary, frame: Frame, path: Path, control: Ints) -> None:
    """Note a neuron whose proof by residues says that it is a positive multiple of one tight row.

    A neuron with a positive constant or with two positive multipliers vanishes on no facet of the cell.
    """
    if frame.suspects[r] == 0:
        return
    row = counter(-1)
    n_positive = 0
    for j in range(r):
        if frame.suspects[j] == 0:
            row = D.col_label[j]
            n_positive += 1
    if n_positive == 1:
        path.ties[control[N_TIES], TIE_NEURON] = index
        path.ties[control[N_TIES], TIE_ROW] = row
        control[N_TIES] += 1


@inner
def keep_cell(cells: Cells, slot: int, path: Path, D: Dictionary, depth: int, n_ties: int) -> None:
    """Copy the rows and ties of the current cell to the buffer."""
    start = cells.starts[slot]
    for p in range(depth):
        for k in range(path.rows.shape[1]):
            cells.rows[start + p, k] = path.rows[p, k]
        for k in range(4):
            cells.bounds[start + p, k] = path.bounds[p, k]
        for k in range(3):
            cells.labels[start + p, k] = path.labels[p, k]
    for j in range(D.col_label.shape[0]):
        cells.bases[slot, j] = D.col_label[j]
    cells.starts[slot + 1] = start + depth
    start = cells.tie_starts[slot]
    for t in range(n_ties):
        for k in range(2):
            cells.ties[start + t, k] = path.ties[t, k]
    cells.tie_starts[slot + 1] = start + n_ties


@kernel
def set_sign(sign: int, layers: Layers, maps: Maps, signs: Bytes, r: int, control: Ints) -> None:
    """Go on with the sign that the caller found for ``control[CURRENT_NEURON]`` on the whole cell."""
    layer = control[LAYER]
    neuron = control[CURRENT_NEURON]
    signs[layers.shape[OFFSET, layer] + neuron] = sign
    if layer + 2 < layers.shape.shape[1]:
        add_to_next_layer(layer, neuron, sign, control[DEPTH] - control[N_DOMAIN], r, layers, maps)
    control[N_WAITING] -= 1


@kernel
def split_as_proposed(
    layers: Layers,
    maps: Maps,
    path: Path,
    D: Dictionary,
    stack: Stack,
    frame: Frame,
    record: Record | None,
    signs: Bytes,
    waiting: Ints,
    control: Ints,
) -> None:
    """Split the cell by ``control[CURRENT_NEURON]``, at the vertex whose tight rows stand in ``proposal``."""
    layer = control[LAYER]
    neuron = control[CURRENT_NEURON]
    depth = control[DEPTH]
    r = D.col_label.shape[0]
    append_row(layer, neuron, r, maps, path, depth)
    q = adopt_proposal(layer, neuron, depth, r, maps, path, D, frame, control)
    split_cell(layer, neuron, q, r, layers, maps, D, stack, record, signs, waiting, control)


@kernel
def run(
    layers: Layers,
    space: Space,
    maps: Maps,
    path: Path,
    D: Dictionary,
    stack: Stack,
    frame: Frame,
    residues: Residues,
    found: Found,
    cells: Cells,
    record: Record | None,
    signs: Bytes,
    waiting: Ints,
    control: Ints,
    budget: int,
    max_regions: int,
    store: bool,
    pause: bool,
) -> int:
    """Walk the tree until it ends, the budget of linear programs and splits is spent, or help is needed.

    With ``pause`` it also stops at each region, whose dictionary then stands ready. The first
    ``control[N_WAITING]`` entries of ``waiting`` are the neurons of the layer that have no sign yet, the
    next one last.
    """
    r = space.dimension
    n_layers = layers.shape.shape[1] - 1
    n_neurons = layers.biases.shape[0]
    last_step = control[N_LPS] + control[N_SPLITS] + budget
    are_kept = cells.rows.shape[0] > 0
    while True:
        if record is not None and record.sizes[N_EVENTS] + waiting.shape[0] >= record.codes.shape[0]:
            return RECORD_FULL
        phase = control[PHASE]
        if phase == PLANT:
            plant_root(layers, space, maps, path, D, frame, waiting, control)
            control[PHASE] = DESCEND
            continue
        if phase == POP:
            while control[N_STACK] > 0 and stack.nodes[control[N_STACK] - 1, NODE_LAYER] == TAKEN:
                control[N_STACK] -= 1
            if control[N_STACK] == 0:
                return FINISHED
            if control[N_LPS] + control[N_SPLITS] >= last_step:
                return BUDGET_SPENT
            pop_second_child(r, layers, path, D, stack, maps, signs, waiting, control)
            if record is not None:
                record.sides[control[DEPTH]] = record.sizes[N_WRITTEN] + record.sizes[N_EVENTS]
            control[PHASE] = DESCEND

        layer = control[LAYER]
        if control[N_WAITING] == 0:
            if layer + 1 < n_layers:
                control[LAYER] = layer + 1
                n = layers.shape[WIDTH, layer + 1]
                control[N_WAITING] = n
                control[VERTEX_SEEN] = 0
                for i in range(n):
                    waiting[i] = n - 1 - i
                level = control[DEPTH] - control[N_DOMAIN]
                finish_map(layer + 1, level, r, layers, maps)
                if layer + 2 < n_layers:
                    begin_sums(layer + 2, level, r, layers, maps)
                continue
            # A leaf: every neuron has a sign on the whole cell.
            if found.sign_vectors.shape[0] == control[N_FOUND]:
                return BUFFER_FULL
            if are_kept:
                room = cells.rows.shape[0]
                if cells.starts[control[N_FOUND]] + control[DEPTH] > room:
                    return BUFFER_FULL
                if cells.tie_starts[control[N_FOUND]] + control[N_TIES] > room:
                    return BUFFER_FULL
            if not find_point(D, control[N_ROWS], control[DEPTH], path, space, control):
                return NEED_POINT
            if store:
                slot = control[N_FOUND]
                for i in range(n_neurons):
                    found.sign_vectors[slot, i] = signs[i]
                for k in range(r):
                    found.points[slot, k] = D.point[k]
                if are_kept:
                    keep_cell(cells, slot, path, D, control[DEPTH], control[N_TIES])
                control[N_FOUND] = slot + 1
            if record is not None:
                for k in range(r):
                    record.points[record.sizes[N_POINTS], k] = D.point[k]
                record.sizes[N_POINTS] += 1
                record_event(record, EVENT_REGION, 0)
            control[N_REGIONS] += 1
            control[PHASE] = POP
            if pause:
                return PAUSED
            if control[N_REGIONS] >= max_regions:
                return BUDGET_SPENT
            continue

        n_waiting = control[N_WAITING]
        neuron = waiting[n_waiting - 1]
        control[CURRENT_NEURON] = neuron
        # Where columns are still free, the neuron is independent of all before it, and cuts.
        is_forced = layer == 0 and layers.shape[WIDTH, 0] - n_waiting < space.n_forced
        if not is_forced and control[VERTEX_SEEN] == 0 and control[HELD] == 0:
            drop_at_vertex(layer, layers, space, maps, path, D, frame, record, signs, waiting, control)
            continue
        answer = CUT
        if not is_forced:
            answer = ask(layer, neuron, layers, space, maps, path, D, frame, residues, signs, control)
        if answer == MORE_PRIMES:
            return NEED_PRIMES
        if answer == UNDECIDED:
            return NEED_DECISION
        if answer != CUT:
            index = layers.shape[OFFSET, layer] + neuron
            signs[index] = answer
            if layer + 1 < n_layers:
                add_to_next_layer(layer, neuron, answer, control[DEPTH] - control[N_DOMAIN], r, layers, maps)
            control[N_WAITING] = n_waiting - 1
            if answer == 0:
                control[N_ZERO] += 1
                if record is not None:
                    record_event(record, EVENT_ZERO, neuron)
            else:
                control[N_DROPS] += 1
                if control[PROOF] == BY_RESIDUES:
                    note_tie(index, r, D, frame, path, control)
                if record is not None:
                    record_drop(record, layer, neuron, answer, r, layers, maps, path, D, frame, control)
            continue
        depth = control[DEPTH]
        append_row(layer, neuron, r, maps, path, depth)
        q = r - space.n_forced + layers.shape[WIDTH, 0] - n_waiting + 1
        if not is_forced:
            if resembles_a_row(D.g, path.rows, path.bounds, depth, r):
                return NEED_DECISION  # two rows of a path never coincide
            q = control[CUT_COLUMN]
            insert_target(D, control[N_ROWS], r, q, depth, control)
            control[N_ROWS] += 1
        split_cell(layer, neuron, q, r, layers, maps, D, stack, record, signs, waiting, control)
