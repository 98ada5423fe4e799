"""What a search through the cell tree keeps: the network, the maps, the path, the dictionary, the stack.

All of it belongs to the caller; the kernels only read and write it. Integers stand in one array, `control`, whose
places have names here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
