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

from polytope_engine.kernels.float_proofs import (
    proven_bounded,
    proven_by_tight_rows,
    refine,
    resembles_a_row,
    suspects_on_tight_rows,
)
from polytope_engine.kernels.frame_proofs import proven_in_frame
from polytope_engine.kernels.interior_points import find_point
from polytope_engine.kernels.jit import counter, hot, inner, kernel
from polytope_engine.kernels.layer_maps import (
    add_to_next_layer,
    append_row,
    begin_sums,
    enter_side,
    errors_of,
    finish_map,
    first_layer_map,
    load_row,
)
from polytope_engine.kernels.proof_events import (
    can_be_stated,
    record_drop,
    record_event,
    record_split,
)
from polytope_engine.kernels.residue_proofs import row_vanishes, tie_is_proven
from polytope_engine.kernels.search_state import (
    AFTER_ATTEMPTS,
    BUDGET_SPENT,
    BUFFER_FULL,
    BY_CONSTANT,
    BY_FRAME,
    BY_MULTIPLIERS,
    BY_RESIDUES,
    BY_TIGHT_ROWS,
    CURRENT_NEURON,
    CUT,
    CUT_COLUMN,
    DEPTH,
    DESCEND,
    EC,
    EVENT_REGION,
    EVENT_ZERO,
    FEW_PRIMES,
    FINISHED,
    HELD,
    LABEL_LAYER,
    LABEL_NEURON,
    LABEL_SIGN,
    LAYER,
    MORE_PRIMES,
    MOST_PRIMES,
    N_DOMAIN,
    N_DROPS,
    N_DROPS_BY_RESIDUES,
    N_EVENTS,
    N_FOUND,
    N_LPS,
    N_POINTS,
    N_REGIONS,
    N_ROWS,
    N_SPLITS,
    N_STACK,
    N_TIES,
    N_WAITING,
    N_WRITTEN,
    N_ZERO,
    N_ZERO_BY_RESIDUES,
    NEED_DECISION,
    NEED_POINT,
    NEED_PRIMES,
    NO,
    NODE_COLUMN,
    NODE_DEPTH,
    NODE_LAYER,
    NODE_ROWS,
    NODE_SINCE,
    NODE_TIES,
    NODE_WAITING,
    NORM_VALID,
    OFFSET,
    PAUSED,
    PHASE,
    PLANT,
    POP,
    PROOF,
    REBUILD_EVERY,
    RECORD_FULL,
    SCALE,
    SINCE_REBUILD,
    TAKEN,
    TC,
    TG,
    TIE_NEURON,
    TIE_ROW,
    UNDECIDED,
    VERTEX_SEEN,
    WIDTH,
    YES,
    Bytes,
    Cells,
    Dictionary,
    Found,
    Frame,
    Ints,
    Layers,
    Maps,
    Path,
    Record,
    Residues,
    Space,
    Stack,
)
from polytope_engine.kernels.simplex import decide, express, express_anew, flip, insert_target, rebuild


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
            is_proven = proven_by_floats(D, path, space, frame, layer, neuron, maps, control)
            if record is not None:
                is_proven = is_proven and can_be_stated(
                    layer, neuron, r, layers, maps, path, D, record, control
                )
            if is_proven:
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
        is_stated = True
        if record is not None and answer in (1, -1):
            is_stated = can_be_stated(layer, neuron, r, layers, maps, path, D, record, control)
        if answer == UNDECIDED or not is_stated:
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
