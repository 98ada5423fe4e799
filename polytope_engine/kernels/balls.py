"""Facets, boundedness and largest balls of many cells, by linear programs that start at the cell tree's vertices."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polytope_engine.kernels.float_proofs import first_row_missed, proven_bounded, proven_by_tight_rows
from polytope_engine.kernels.frame_proofs import proven_in_frame
from polytope_engine.kernels.interior_points import simplex_center
from polytope_engine.kernels.jit import counter, inner, kernel
from polytope_engine.kernels.layer_maps import power_of_two_scale
from polytope_engine.kernels.search_state import (
    EC,
    EG,
    FAR,
    LABEL_LAYER,
    LABEL_NEURON,
    LABEL_SIGN,
    N_ROWS,
    NO,
    NOISE,
    NORM_VALID,
    PIVOT_NOISE,
    TC,
    TG,
    TINY,
    UNIT,
    YES,
    Cells,
    Dictionary,
    Frame,
    Layers,
    Path,
    Space,
)
from polytope_engine.kernels.sharp_rows import (
    CHAIN_LARGEST,
    GRADIENT_ERROR,
    VALUE,
    VALUE_ERROR,
    Chain,
    exact_offset,
    sharpen,
)
from polytope_engine.kernels.simplex import descend, express, noise_of, pivot, rebuild

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.int8]

# What is not known about a row, or about the cell.
UNKNOWN = -1

# How the radius of a largest ball was proven: by positive multipliers on r + 1 rows, or otherwise.
NOT_PROVEN = 0
PROVEN = 1
PROVEN_BY_ALL = 2

# Relative distance of the bounds between which a radius is proven to lie.
RADIUS_GAP = 1e-9

# Columns of the answers about cells.
N_FACETS = 0
BOUNDED = 1
INFINITE_RADIUS = 2
CENTER_IS_UNIQUE = 3
N_ANSWERS = 4


class BallTask(NamedTuple):
    """What is asked about a cell's shape, and the answers."""

    metric: Floats  # (r, r): a metric a gives the squared norm of a normal in input coordinates / unit
    lengths: Floats  # (r,): upper bounds of the roots of the metric's diagonal
    metric_error: float  # relative rounding error of the metric's entries and of a metric a
    unit: float  # a power of two: the length in input coordinates that counts as 1
    directions: Floats  # (r + 1, r): integer directions that positively span the space
    recover: Floats  # (r, r): upper bounds of |inverse of the first r directions|
    extents: Floats  # (r + 1,): bounds of the directions on the cell, where it is proven bounded
    reach: Floats  # (r + 1,): bounds of the coordinates and of the radius on the cell
    local_reach: Floats  # (r,): bounds of the domain's coordinates, from the cell's point
    facet: Ints  # (max depth,): YES, NO or UNKNOWN for each row of the path
    radius: Floats  # (1,): nan where it is not proven


@inner
def prove_facet(D: Dictionary, n_rows: int, r: int, q: int, depth: int, path: Path) -> bool:
    """Prove that the tight row of column ``q`` is irredundant: a point beyond it, inside all others."""
    column = D.T[q]
    x = D.trial
    simplex_center(D.T, n_rows, r, q, D.column, x)
    size = 0.0
    for k in range(r):
        size = max(size, abs(column[k]))
    t = math.inf
    for i in range(r, n_rows):
        c = column[i]
        if c > PIVOT_NOISE * size:
            row = path.rows[D.row_label[i]]
            value = row[r]
            for k in range(r):
                value += row[k] * x[k]
            t = min(t, max(value, 0.0) / c)
    if t == math.inf:
        longest = 1.0
        for k in range(r):
            longest = max(longest, abs(x[k]))
        t = longest / max(size, 1e-300)
    for k in range(r):
        x[k] -= 0.5 * t * column[k]
    return first_row_missed(path.rows, path.bounds, depth, r, x, D.col_label[q - 1]) < 0


@inner
def asked_row_is_positive(
    D: Dictionary, path: Path, layers: Layers, space: Space, signs: Bytes, frame: Frame, p: int, control: Ints
) -> bool:
    """Prove that row ``p`` of the path, which stands in ``g``, follows from the tight rows."""
    r = space.dimension
    eg = path.bounds[p, EG]
    ec = path.bounds[p, EC]
    if space.bounded:
        return proven_bounded(D, path, space, eg, ec, path.bounds[p, TG], abs(D.g[r]))
    if proven_by_tight_rows(D, path, r, frame, eg, ec, control):
        return True
    layer = path.labels[p, LABEL_LAYER]
    neuron = path.labels[p, LABEL_NEURON]
    sign = path.labels[p, LABEL_SIGN]
    return proven_in_frame(D, path, layers, r, signs, frame, layer, neuron, sign, control)


@inner
def classify_row(
    D: Dictionary,
    n_rows: int,
    depth: int,
    path: Path,
    layers: Layers,
    space: Space,
    signs: Bytes,
    frame: Frame,
    p: int,
    control: Ints,
) -> int:
    """Whether row ``p`` of the path is a facet of the cell, proven."""
    r = space.dimension
    for k in range(r + 1):
        D.g[k] = path.rows[p, k]
    express(D.T, D.g, D.z, r)
    margin = 10.0 * NOISE * noise_of(D.T, D.g, r, 0) + 4.0 * path.bounds[p, EC]
    if descend(D, n_rows, r, -margin, control) != 0:
        return UNKNOWN
    if D.z[0] > margin:
        if asked_row_is_positive(D, path, layers, space, signs, frame, p, control):
            return NO
        return UNKNOWN
    q = counter(0)
    for j in range(1, r + 1):
        if D.col_label[j - 1] == p:
            q = j
    if q == 0:
        slot = counter(0)
        for i in range(r, n_rows):
            if D.row_label[i] == p:
                slot = i
        q = counter(1)
        for j in range(2, r + 1):
            if abs(D.T[j, slot]) > abs(D.T[q, slot]):
                q = j
        pivot(D, n_rows, r, slot, q, control)
    return YES if prove_facet(D, n_rows, r, q, depth, path) else UNKNOWN


@inner
def ray_is_interior(path: Path, depth: int, r: int, ray: Floats) -> bool:
    """Prove that a direction points strictly into every row: the cell contains balls of any size."""
    size = 0.0
    for k in range(r):
        size += abs(ray[k])
    gamma = (r + 4.0) * 2.0 * UNIT
    for p in range(depth):
        value = 0.0
        magnitude = 0.0
        for k in range(r):
            term = path.rows[p, k] * ray[k]
            value += term
            magnitude += abs(term)
        if not (value > (path.bounds[p, EG] * size + gamma * magnitude) * (1.0 + gamma) + TINY):
            return False
    return True


@inner
def prove_bounded(
    D: Dictionary, n_rows: int, path: Path, r: int, frame: Frame, shape: BallTask, control: Ints
) -> bool:
    """Prove that no direction of a positively spanning set leads to infinity."""
    for w in range(r + 1):
        for k in range(r):
            D.g[k] = -shape.directions[w, k]
        D.g[r] = 0.0
        express(D.T, D.g, D.z, r)
        if descend(D, n_rows, r, -FAR, control) != 0:
            return False
        # The multipliers are what matters: any constant will do.
        D.g[r] = 1.0 + 4.0 * abs(D.z[0]) + noise_of(D.T, D.g, r, 0)
        shape.extents[w] = D.g[r]
        if not proven_by_tight_rows(D, path, r, frame, 0.0, 0.0, control):
            return False
    return True


@inner
def append_ball_row(path: Path, p: int, r: int, shape: BallTask, ball_path: Path, count: int) -> None:
    """Row a . x + b >= 0 becomes a . x - |a| radius + b >= 0, the norm taken in input coordinates.

    The exact norm is that of the exact row: its distance from the float one is bounded from the
    errors of a, of the metric and of the sum. By Cauchy and Schwarz no entry of the metric exceeds
    the product of two lengths.
    """
    row = ball_path.rows[count]
    square = 0.0
    size = 0.0
    total = 0.0
    for k in range(r):
        row[k] = path.rows[p, k]
        size += abs(path.rows[p, k]) * shape.lengths[k]
        total += shape.lengths[k]
        for m in range(r):
            square += path.rows[p, k] * shape.metric[k, m] * path.rows[p, m]
    norm = math.sqrt(max(square, 0.0))
    error = shape.metric_error * size * size / norm + 2.0 * UNIT * norm + path.bounds[p, EG] * total
    row[r] = -norm
    row[r + 1] = path.rows[p, r]
    ball_path.bounds[count, TG] = max(path.bounds[p, TG], norm)
    ball_path.bounds[count, EG] = max(path.bounds[p, EG], error * (1.0 + 1e-12))
    ball_path.bounds[count, EC] = path.bounds[p, EC]


@inner
def radius_is_proven(
    r: int,
    count: int,
    radius: float,
    B: Dictionary,
    ball_path: Path,
    ball_frame: Frame,
    space: Space,
    control: Ints,
) -> int:
    """Prove that the largest radius is this one, up to RADIUS_GAP: how, or NOT_PROVEN.

    From below: a ball that is slightly smaller, around the center that the dictionary says, keeps
    clear of every row. From above: the rows say that no ball is slightly larger. ``space`` bounds
    the cell and the radius, if it is bounded.
    """
    n = r + 1
    for k in range(r):
        B.point[k] = B.T[0, k]
    B.point[r] = radius * (1.0 - 0.4 * RADIUS_GAP)
    if (
        not (B.point[r] > 0.0)
        or first_row_missed(ball_path.rows, ball_path.bounds, count, n, B.point, -1) >= 0
    ):
        return NOT_PROVEN
    above = radius * (1.0 + 0.4 * RADIUS_GAP)
    B.g[n] = above
    control[NORM_VALID] = 0
    positive = proven_by_tight_rows(B, ball_path, n, ball_frame, 0.0, 0.0, control)
    control[NORM_VALID] = 0
    if positive:
        return PROVEN_BY_ALL
    if space.bounded and proven_bounded(B, ball_path, space, 0.0, 0.0, 1.0, above):
        return PROVEN
    return NOT_PROVEN


@inner
def inscribe_ball(
    D: Dictionary,
    path: Path,
    depth: int,
    r: int,
    shape: BallTask,
    B: Dictionary,
    ball_path: Path,
    ball_frame: Frame,
    control: Ints,
) -> int:
    """The largest inscribed ball, by a linear program in r + 1 variables; B is left at its end.

    The first label of a row of the program is the row of the path that it comes from, or -1.
    Returns the number of rows of the program, 0 if it failed, and -1 if it has no end; then its
    direction stands in ``trial``.
    """
    n = r + 1
    count = counter(0)
    for k in range(n + 1):
        ball_path.rows[count, k] = 0.0
    ball_path.rows[count, r] = 1.0
    ball_path.labels[count, 0] = -1
    ball_path.bounds[count, TG] = 1.0
    ball_path.bounds[count, EG] = 0.0
    ball_path.bounds[count, EC] = 0.0
    B.col_label[r] = count
    count += 1
    for p in range(depth):
        tight = counter(-1)
        for j in range(r):
            if D.col_label[j] == p:
                tight = j
        if shape.facet[p] == NO and tight < 0:
            continue
        append_ball_row(path, p, r, shape, ball_path, count)
        ball_path.labels[count, 0] = p
        if tight >= 0:
            B.col_label[tight] = count
        count += 1
    if rebuild(B, ball_path, ball_frame, count, n, control) < 0:
        return 0
    for k in range(n + 1):
        B.g[k] = 0.0
    B.g[r] = -1.0
    express(B.T, B.g, B.z, n)
    column = descend(B, control[N_ROWS], n, -FAR, control)
    if column > 0:
        for k in range(r):
            D.trial[k] = B.T[column, k]
        return -1
    return count if column == 0 else 0


@inner
def prove_radius(
    r: int,
    count: int,
    shape: BallTask,
    B: Dictionary,
    ball_path: Path,
    ball_frame: Frame,
    space: Space,
    control: Ints,
) -> int:
    """Take over the radius that the program says if it is proven; on a bounded cell, try twice."""
    n = r + 1
    for attempt in range(2):
        radius = -B.z[0]
        how = radius_is_proven(r, count, radius, B, ball_path, ball_frame, space, control)
        if how != NOT_PROVEN:
            shape.radius[0] = radius * shape.unit
            return how
        if attempt == 0:
            if not space.bounded or rebuild(B, ball_path, ball_frame, count, n, control) < 0:
                return NOT_PROVEN
            B.g[n] = 0.0
            express(B.T, B.g, B.z, n)
            if descend(B, control[N_ROWS], n, -FAR, control) != 0:
                return NOT_PROVEN
    return NOT_PROVEN


@inner
def bound_cell(r: int, space: Space, shape: BallTask) -> Space:
    """Bounds of the coordinates and of the radius on a bounded cell.

    They are the domain's, or, where that is unbounded, come from the extents of directions that
    positively span the space. A ball in the cell is no larger than any coordinate allows.
    """
    total = 0.0
    for w in range(r + 1):
        total += max(shape.extents[w], 0.0)
    size = 0.0
    smallest = math.inf
    for k in range(r):
        reach = 0.0
        if space.bounded:
            reach = space.reach[k]
        else:
            for w in range(r):
                # minus the direction is the sum of the others
                reach += shape.recover[k, w] * total * (1.0 + 1e-12)
        shape.reach[k] = reach
        size += reach
        smallest = min(smallest, reach / shape.lengths[k])
    shape.reach[r] = smallest * (1.0 + 1e-9)
    reach_sum = (size + shape.reach[r]) * (1.0 + 1e-12)
    return Space(r + 1, n_forced=0, bounded=True, reach=shape.reach, reach_sum=reach_sum)


@inner
def load_cell(cells: Cells, i: int, path: Path, D: Dictionary) -> int:
    """Copy the rows of a cell of the buffer to the path; their number."""
    start = cells.starts[i]
    depth: int = cells.starts[i + 1] - start
    for p in range(depth):
        for k in range(path.rows.shape[1]):
            path.rows[p, k] = cells.rows[start + p, k]
        for k in range(4):
            path.bounds[p, k] = cells.bounds[start + p, k]
        for k in range(3):
            path.labels[p, k] = cells.labels[start + p, k]
    for j in range(D.col_label.shape[0]):
        D.col_label[j] = cells.bases[i, j]
    return depth


@inner
def classify_rows(
    cells: Cells,
    i: int,
    depth: int,
    layers: Layers,
    space: Space,
    path: Path,
    D: Dictionary,
    frame: Frame,
    control: Ints,
    shape: BallTask,
) -> int:
    """Tell for each row whether it is a facet, by linear programs. The number of facets, or UNKNOWN."""
    r = space.dimension
    for p in range(depth):
        shape.facet[p] = UNKNOWN
    if rebuild(D, path, frame, depth, r, control) < 0:
        return UNKNOWN
    n_rows = control[N_ROWS]
    for j in range(1, r + 1):
        if prove_facet(D, n_rows, r, j, depth, path):
            shape.facet[D.col_label[j - 1]] = YES
    n_facets = 0
    for p in range(depth):
        if shape.facet[p] == UNKNOWN:
            shape.facet[p] = classify_row(
                D, n_rows, depth, path, layers, space, cells.signs[i], frame, p, control
            )
        if shape.facet[p] == UNKNOWN:
            n_facets = UNKNOWN
        elif shape.facet[p] == YES and n_facets != UNKNOWN:
            n_facets += 1
    return n_facets


@inner
def bounds_of(r: int, unit: float, reach: Floats, shape: BallTask) -> Space:
    """Bounds of the coordinates and of the radius on a cell whose coordinates have these bounds."""
    size = 0.0
    smallest = math.inf
    for k in range(r):
        shape.reach[k] = reach[k] / unit
        size += shape.reach[k]
        smallest = min(smallest, shape.reach[k] / shape.lengths[k])
    shape.reach[r] = smallest * (1.0 + 1e-9)
    reach_sum = (size + shape.reach[r]) * (1.0 + 1e-12)
    return Space(r + 1, n_forced=0, bounded=True, reach=shape.reach, reach_sum=reach_sum)


@inner
def center_rows(
    cells: Cells, i: int, depth: int, r: int, layers: Layers, path: Path, shape: BallTask, chain: Chain
) -> float:
    """Move the rows of the path to the cell's point, in a unit like the cell's size, which is returned.

    Rows that may be facets are worked out anew. The largest coefficient stays in [1, 2).
    """
    smallest = math.inf
    x = cells.points[i]
    reach = 0.0
    for k in range(r):
        reach += abs(x[k])
    gamma = (r + 4.0) * 2.0 * UNIT
    for p in range(depth):
        row = path.rows[p]
        bounds = path.bounds[p]
        is_neuron = path.labels[p, LABEL_LAYER] >= 0 and shape.facet[p] != NO and layers.rounding == 0.0
        if is_neuron and sharpen(cells, i, p, r, layers, chain):
            scale = power_of_two_scale(chain.result[CHAIN_LARGEST])
            for k in range(r):
                row[k] = chain.high[0, k] * scale
            row[r] = chain.result[VALUE] * scale
            bounds[EG] = chain.result[GRADIENT_ERROR] * scale
            bounds[EC] = chain.result[VALUE_ERROR] * scale
        else:
            magnitude = abs(row[r])
            for k in range(r):
                magnitude += abs(row[k] * x[k])
            value = exact_offset(row, x, r)
            error = bounds[EC] + bounds[EG] * reach + gamma * gamma * magnitude + 2.0 * UNIT * abs(value)
            row[r] = value
            bounds[EC] = error * (1.0 + 1e-12) + TINY
        bounds[TG] = 0.0
        for k in range(r):
            bounds[TG] = max(bounds[TG], abs(row[k]))
        if shape.facet[p] != NO:
            smallest = min(smallest, row[r])
    unit = 1.0
    if smallest > 1e-250 and smallest < 1e250:
        unit = 1.0 / power_of_two_scale(smallest)
    for p in range(depth):
        path.rows[p, r] /= unit
        path.bounds[p, EC] = path.bounds[p, EC] / unit + TINY
        path.bounds[p, TC] = abs(path.rows[p, r])
    return unit


@inner
def centered_space(cells: Cells, i: int, r: int, unit: float, space: Space, shape: BallTask) -> Space:
    """Bounds of a bounded domain's coordinates, from the cell's point and in its unit."""
    size = 0.0
    for k in range(r):
        shape.local_reach[k] = (space.reach[k] + abs(cells.points[i, k])) / unit * (1.0 + 1e-12)
        size += shape.local_reach[k]
    return Space(
        r, n_forced=0, bounded=space.bounded, reach=shape.local_reach, reach_sum=size * (1.0 + 1e-12)
    )


@kernel
def measure_balls(
    cells: Cells,
    layers: Layers,
    space: Space,
    path: Path,
    D: Dictionary,
    frame: Frame,
    control: Ints,
    shape: BallTask,
    B: Dictionary,
    ball_path: Path,
    ball_frame: Frame,
    chain: Chain,
    are_known: bool,
    wants_facets: bool,
    wants_ball: bool,
    facet: Ints,
    answers: Ints,
    reach: Floats,
    radii: Floats,
    centers: Floats,
) -> None:
    """Facets, boundedness and largest balls of a batch of cells, by linear programs.

    If `are_known`, the facets, and whether cells are bounded and hold balls of any size, have been found out
    already, and so have bounds of their coordinates in `reach`. If not, they are found if `wants_facets`; a ball needs
    none. What is not proven is UNKNOWN in ``answers``
    (n_cells, 4) and nan in ``radii`` and ``centers``; the caller decides it in rational arithmetic.
    """
    r = space.dimension
    for i in range(cells.bases.shape[0]):
        depth = load_cell(cells, i, path, D)
        start = cells.starts[i]
        radii[i] = math.nan
        for k in range(r):
            centers[i, k] = math.nan
        if are_known or not wants_facets:
            for p in range(depth):
                shape.facet[p] = facet[start + p] if are_known else UNKNOWN
        else:
            answers[i, N_FACETS] = classify_rows(
                cells, i, depth, layers, space, path, D, frame, control, shape
            )
            for p in range(depth):
                facet[start + p] = shape.facet[p]
        if not are_known:
            answers[i, BOUNDED] = YES if space.bounded else UNKNOWN
            answers[i, INFINITE_RADIUS] = NO if space.bounded else UNKNOWN
        elif answers[i, INFINITE_RADIUS] == YES:
            radii[i] = math.inf
            continue
        if not wants_ball and (are_known or space.bounded):
            continue
        unit = center_rows(cells, i, depth, r, layers, path, shape, chain)
        around = centered_space(cells, i, r, unit, space, shape)
        count = inscribe_ball(D, path, depth, r, shape, B, ball_path, ball_frame, control)
        if count < 0 and ray_is_interior(path, depth, r, D.trial):
            answers[i, INFINITE_RADIUS] = YES
            answers[i, BOUNDED] = NO
            radii[i] = math.inf
            continue
        how = NOT_PROVEN
        shape.radius[0] = math.nan
        is_bounded = space.bounded or (are_known and answers[i, BOUNDED] == YES)
        if not is_bounded:
            if count > 0:
                how = prove_radius(r, count, shape, B, ball_path, ball_frame, around, control)
            if not are_known:
                # Rows that are a basis, all with positive multipliers, leave no direction to infinity.
                if how != PROVEN_BY_ALL and (
                    rebuild(D, path, frame, depth, r, control) < 0
                    or not prove_bounded(D, control[N_ROWS], path, r, frame, shape, control)
                ):
                    continue
                answers[i, INFINITE_RADIUS] = NO
                answers[i, BOUNDED] = YES
                is_bounded = True
        if count > 0 and how == NOT_PROVEN and is_bounded:
            bounds = bounds_of(r, unit, reach[i], shape) if are_known else bound_cell(r, around, shape)
            how = prove_radius(r, count, shape, B, ball_path, ball_frame, bounds, control)
        radii[i] = shape.radius[0] * unit
        if how != NOT_PROVEN:
            for k in range(r):
                centers[i, k] = cells.points[i, k] + unit * B.T[0, k]
        answers[i, CENTER_IS_UNIQUE] = YES if how == PROVEN_BY_ALL else UNKNOWN
