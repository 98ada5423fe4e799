"""One cell, known by its signs: its rows, which of them are facets, and its largest ball.

The cell tree hands its cells on with rows and a vertex. Whoever walks from cell to cell across facets has the
signs of the next cell, a point in it, and a vertex of the facet that both share; this is what the kernels of the
tree and of the balls need to know.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from polytope_engine.kernels.balls import (
    NOT_PROVEN,
    UNKNOWN,
    BallTask,
    bound_cell,
    center_rows,
    centered_space,
    classify_row,
    inscribe_ball,
    load_cell,
    prove_facet,
    prove_radius,
    ray_is_interior,
)
from polytope_engine.kernels.float_proofs import first_row_missed
from polytope_engine.kernels.interior_points import simplex_center
from polytope_engine.kernels.jit import counter, inner, kernel
from polytope_engine.kernels.layer_maps import append_row, first_layer_map, next_layer_map
from polytope_engine.kernels.search_state import (
    LABEL_SIGN,
    N_LPS,
    N_ROWS,
    NO,
    OFFSET,
    REBUILD_EVERY,
    SINCE_REBUILD,
    TG,
    WIDTH,
    YES,
    Cells,
    Dictionary,
    Frame,
    Layers,
    Maps,
    Path,
    Space,
)
from polytope_engine.kernels.sharp_rows import Chain
from polytope_engine.kernels.simplex import rebuild

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.int8]

# What is known about a largest ball.
BALL_OPEN = 0
BALL_PROVEN = 1
BALL_INFINITE = 2
BALL_ENDLESS = 3  # the program has no end, but its direction is not proven to be interior


@kernel
def write_rows(layers: Layers, space: Space, maps: Maps, signs: Bytes, path: Path, depth: int) -> int:
    """Append to the path the rows of all neurons that are not constant by structure; the new depth.

    Neurons with sign 0, which vanish on the cell, have no row.
    """
    r = space.dimension
    n_layers = layers.shape.shape[1] - 1
    filled = counter(depth)
    for layer in range(n_layers):
        if layer == 0:
            first_layer_map(layers, space, maps)
        else:
            next_layer_map(layer, layers, space, maps, signs)
        offset = layers.shape[OFFSET, layer]
        for i in range(layers.shape[WIDTH, layer]):
            if signs[offset + i] == 0 or maps.bounds[layer, TG, i] == 0.0:
                continue
            append_row(layer, i, r, maps, path, filled)
            if signs[offset + i] < 0:
                for k in range(r + 1):
                    path.rows[filled, k] = -path.rows[filled, k]
                path.labels[filled, LABEL_SIGN] = -1
            filled += 1
    return filled


@kernel
def first_missed(path: Path, depth: int, r: int, x: Floats, beyond: int) -> int:
    """`first_row_missed`, for Python."""
    return first_row_missed(path.rows, path.bounds, depth, r, x, beyond)


@inner
def note_facet(
    D: Dictionary, n_rows: int, r: int, q: int, p: int, bases: Ints, on: Floats, beyond: Floats
) -> None:
    """Write down the vertex, a point near the middle of the facet, and the point beyond that proves it."""
    for k in range(r):
        bases[p, k] = D.col_label[k]
        beyond[p, k] = D.trial[k]
    simplex_center(D.T, n_rows, r, q, D.column, on[p])


@kernel
def classify_lone_cell(
    cells: Cells,
    layers: Layers,
    space: Space,
    path: Path,
    D: Dictionary,
    frame: Frame,
    control: Ints,
    facet: Ints,
    bases: Ints,
    on: Floats,
    beyond: Floats,
) -> bool:
    """Tell for each row of the only cell whether it is a facet. False if its basis is singular in floats.

    ``facet`` says YES, NO or UNKNOWN. For a facet, its row of ``bases`` holds a vertex of it, ``on`` a point near
    its middle, ``beyond`` a point that lies strictly beyond it and inside all other rows. For what is UNKNOWN,
    ``bases`` holds the vertex where the row was smallest.
    """
    r = space.dimension
    depth = load_cell(cells, 0, path, D)
    for p in range(depth):
        facet[p] = UNKNOWN
    if rebuild(D, path, frame, depth, r, control) < 0:
        return False
    n_rows = control[N_ROWS]
    for j in range(1, r + 1):
        p = D.col_label[j - 1]
        if prove_facet(D, n_rows, r, j, depth, path):
            facet[p] = YES
            note_facet(D, n_rows, r, j, p, bases, on, beyond)
    for p in range(depth):
        for attempt in range(2):
            if facet[p] != UNKNOWN:
                break
            if (attempt == 1 and control[SINCE_REBUILD] > 0) or control[SINCE_REBUILD] > REBUILD_EVERY:
                if rebuild(D, path, frame, depth, r, control) < 0:
                    return False
                n_rows = control[N_ROWS]
            control[N_LPS] += 1
            facet[p] = classify_row(D, n_rows, depth, path, layers, space, cells.signs[0], frame, p, control)
            if facet[p] == YES:
                q = counter(0)
                for j in range(1, r + 1):
                    if D.col_label[j - 1] == p:
                        q = j
                note_facet(D, n_rows, r, q, p, bases, on, beyond)
            elif facet[p] != NO:
                for k in range(r):
                    bases[p, k] = D.col_label[k]
    return True


@kernel
def lone_ball(
    cells: Cells,
    layers: Layers,
    space: Space,
    path: Path,
    D: Dictionary,
    control: Ints,
    shape: BallTask,
    B: Dictionary,
    ball_path: Path,
    ball_frame: Frame,
    chain: Chain,
    center: Floats,
    support: Ints,
) -> int:
    """The largest ball in the only cell, whose rows may all be facets: one of the BALL constants.

    The radius stands in ``shape.radius``, proven or not; ``center`` is that of the ball, or the direction in which
    balls of any size lie, and ``support`` names the r + 1 rows that hold the ball (-1: the radius itself).
    """
    r = space.dimension
    depth = load_cell(cells, 0, path, D)
    for p in range(depth):
        shape.facet[p] = UNKNOWN
    unit = center_rows(cells, 0, depth, r, layers, path, shape, chain)
    around = centered_space(cells, 0, r, unit, space, shape)
    control[N_LPS] += 1
    count = inscribe_ball(D, path, depth, r, shape, B, ball_path, ball_frame, control)
    shape.radius[0] = math.nan
    for j in range(r + 1):
        support[j] = -1
    if count < 0:
        for k in range(r):
            center[k] = D.trial[k]
        return BALL_INFINITE if ray_is_interior(path, depth, r, D.trial) else BALL_ENDLESS
    if count == 0:
        return BALL_OPEN
    bounds = bound_cell(r, around, shape) if space.bounded else around
    how = prove_radius(r, count, shape, B, ball_path, ball_frame, bounds, control)
    if how == NOT_PROVEN:
        shape.radius[0] = -B.z[0] * shape.unit
    shape.radius[0] *= unit
    for k in range(r):
        center[k] = cells.points[0, k] + unit * B.T[0, k]
    for j in range(r + 1):
        support[j] = ball_path.labels[B.col_label[j], 0]
    return BALL_OPEN if how == NOT_PROVEN else BALL_PROVEN
