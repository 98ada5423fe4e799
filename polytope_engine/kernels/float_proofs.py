"""Proofs from the path's own rows, by bounds on all rounding errors."""

from __future__ import annotations

import math

from polytope_engine.kernels.jit import counter, hot, inner
from polytope_engine.kernels.search_state import (
    EC,
    EG,
    LARGEST,
    NORM_VALID,
    TG,
    TINY,
    UNIT,
    Dictionary,
    Floats,
    Frame,
    Ints,
    Path,
    Space,
)


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
