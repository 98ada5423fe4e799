"""What lies across the rows of many cells, and which of these rows are walls, in compiled code.

A facet of a cell lies on one row of the cell's path: a neuron that coincides with a row cuts nothing, and the search
splits by no row that may be a multiple of one before it. On it vanish the row's own neuron, the neurons noted as ties
with the row, and those that are zero on the whole cell. All other neurons were dropped with a positive constant or
with two positive multipliers, and vanish on no facet.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polytope_engine.kernels.balls import UNKNOWN, classify_row, load_cell, prove_facet
from polytope_engine.kernels.float_proofs import first_row_missed
from polytope_engine.kernels.jit import inner, kernel
from polytope_engine.kernels.search_state import (
    LABEL_LAYER,
    LABEL_NEURON,
    N_ROWS,
    NO,
    OFFSET,
    TIE_NEURON,
    TIE_ROW,
    YES,
    Cells,
    Dictionary,
    Frame,
    Layers,
    Path,
    Space,
)
from polytope_engine.kernels.sign_table import NOWHERE, SignTable, hash_of, slot_of
from polytope_engine.kernels.simplex import rebuild

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.int8]

# What `find_across` says instead of a place.
OUTSIDE = -2
ASK_RATIONALS = -3


@inner
def flip(table: SignTable, neuron: int, total: np.uint64, signs: Bytes) -> np.uint64:
    """Negate one sign; the hash of what comes out."""
    total ^= table.words[neuron, signs[neuron] + 1]
    signs[neuron] = -signs[neuron]
    total ^= table.words[neuron, signs[neuron] + 1]
    return total


@kernel
def find_across(
    cells: Cells, layers: Layers, layer_of: Ints, table: SignTable, signs: Bytes, across: Ints
) -> None:
    """Which row of the table lies across each row of the cells, if that is a facet.

    NOWHERE if the table lacks it, OUTSIDE for rows of the domain. The neurons on a facet are affine beyond it, too. If
    all are of one layer, and no later neuron is zero on the cell, nothing before them changes, and each changes sign;
    otherwise what they are beyond has to be worked out, in rationals: ASK_RATIONALS. ``layer_of`` (N,) is -1 for
    neurons that are zero everywhere; ``signs`` (N,) is scratch.
    """
    n_neurons = layer_of.shape[0]
    for i in range(cells.bases.shape[0]):
        last_zero = -1
        for j in range(n_neurons):
            signs[j] = cells.signs[i, j]
            if signs[j] == 0:
                last_zero = max(last_zero, layer_of[j])
        total = hash_of(table.words, signs)
        start = cells.starts[i]
        for p in range(cells.starts[i + 1] - start):
            layer = cells.labels[start + p, LABEL_LAYER]
            if layer < 0:
                across[start + p] = OUTSIDE
                continue
            if last_zero > layer:
                across[start + p] = ASK_RATIONALS
                continue
            beyond = flip(
                table, layers.shape[OFFSET, layer] + cells.labels[start + p, LABEL_NEURON], total, signs
            )
            is_plain = True
            for t in range(cells.tie_starts[i], cells.tie_starts[i + 1]):
                if cells.ties[t, TIE_ROW] == p:
                    beyond = flip(table, cells.ties[t, TIE_NEURON], beyond, signs)
                    is_plain = is_plain and layer_of[cells.ties[t, TIE_NEURON]] == layer
            across[start + p] = table.places[slot_of(table, beyond, signs)] if is_plain else ASK_RATIONALS
            signs[layers.shape[OFFSET, layer] + cells.labels[start + p, LABEL_NEURON]] *= -1
            for t in range(cells.tie_starts[i], cells.tie_starts[i + 1]):
                if cells.ties[t, TIE_ROW] == p:
                    signs[cells.ties[t, TIE_NEURON]] *= -1


@inner
def is_crossed(path: Path, depth: int, r: int, x: Floats, y: Floats, p: int, trial: Floats) -> bool:
    """Prove that row ``p`` is a facet: the line from a point of the cell to another leaves it there first."""
    value = path.rows[p, r]
    slope = 0.0
    for k in range(r):
        value += path.rows[p, k] * x[k]
        slope += path.rows[p, k] * (y[k] - x[k])
    if not (value > 0.0 and slope < 0.0):
        return False
    here = -value / slope
    next_one = 2.0 * here
    for q in range(depth):
        if q == p:
            continue
        row = path.rows[q]
        value = row[r]
        slope = 0.0
        for k in range(r):
            value += row[k] * x[k]
            slope += row[k] * (y[k] - x[k])
        if slope < 0.0 and value < -slope * next_one:
            next_one = -value / slope
            if not (next_one > here):
                return False
    middle = 0.5 * (here + next_one)
    for k in range(r):
        trial[k] = x[k] + middle * (y[k] - x[k])
    return first_row_missed(path.rows, path.bounds, depth, r, trial, p) < 0


@kernel
def prove_walls(
    cells: Cells,
    own: Ints,
    across: Ints,
    points: Floats,
    layers: Layers,
    space: Space,
    path: Path,
    D: Dictionary,
    frame: Frame,
    control: Ints,
    facet: Ints,
) -> None:
    """Whether the rows of cells that have a larger place across them than their ``own`` are facets.

    ``points`` (n_regions, r) are near points of the regions, by their places; they only say where to look. ``facet``
    is YES, NO, or UNKNOWN for each of these rows, and NO for the others.
    """
    r = space.dimension
    for i in range(cells.bases.shape[0]):
        start = cells.starts[i]
        depth = -1
        is_ready = False
        n_rows = 0
        for p in range(cells.starts[i + 1] - start):
            place = across[start + p]
            facet[start + p] = NO
            if place <= own[i]:
                continue
            if depth < 0:
                depth = load_cell(cells, i, path, D)
            if is_crossed(path, depth, r, cells.points[i], points[place], p, D.trial):
                facet[start + p] = YES
                continue
            facet[start + p] = UNKNOWN
            if not is_ready:
                is_ready = rebuild(D, path, frame, depth, r, control) >= 0
                n_rows = control[N_ROWS]
            if not is_ready:
                continue
            for j in range(1, r + 1):
                if D.col_label[j - 1] == p and prove_facet(D, n_rows, r, j, depth, path):
                    facet[start + p] = YES
            if facet[start + p] != YES:
                facet[start + p] = classify_row(
                    D, n_rows, depth, path, layers, space, cells.signs[i], frame, p, control
                )


__all__ = ["ASK_RATIONALS", "NO", "NOWHERE", "OUTSIDE", "UNKNOWN", "YES", "find_across", "prove_walls"]
