"""The cell tree again, its cells given by their vertices: fast in few dimensions, on bounded domains.

A *node* is a convex cell of the domain, with the rows of its path as in `cell_tree`, and its vertices: for each a
point, a bound on how far the exact vertex may be from it in any coordinate, and the set of the r rows that it lies on.

A neuron is affine on the cell. It is positive there if it is positive at all vertices; if it is positive at some and
negative at the others, it cuts the cell, and each of the two parts has the old vertices of its side, and one new
vertex on each edge whose ends have different signs. Two vertices are the ends of an edge if and only if they share
r - 1 rows.

All this is exact as long as each vertex lies on no more than r rows (the cell is *simple*) and each sign is certain:
a neuron's value at a vertex is believed only where it exceeds the errors of the row, of the point and of the
arithmetic. So the sets of rows are those of the exact vertices, by induction along the path, from a simple domain.
Where a sign is not certain the cell is handed over to `cell_tree.run` (`HANDED_OVER`), which decides by linear
programs and in rational arithmetic.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polytope_engine.kernels.cell_tree import keep_cell
from polytope_engine.kernels.float_proofs import first_row_missed
from polytope_engine.kernels.jit import inner, kernel
from polytope_engine.kernels.layer_maps import (
    add_to_next_layer,
    append_row,
    begin_sums,
    enter_side,
    finish_map,
    first_layer_map,
)
from polytope_engine.kernels.search_state import (
    BUDGET_SPENT,
    BUFFER_FULL,
    DEPTH,
    DESCEND,
    EC,
    EG,
    FINISHED,
    LABEL_SIGN,
    LARGEST,
    LAYER,
    N_CORNER_NODES,
    N_DOMAIN,
    N_DROPS,
    N_FOUND,
    N_REGIONS,
    N_ROWS,
    N_SIFTED,
    N_SPLITS,
    N_TIES,
    N_WAITING,
    N_ZERO,
    NORM_VALID,
    OFFSET,
    PHASE,
    SINCE_REBUILD,
    TC,
    TG,
    TINY,
    UNIT,
    VERTEX_SEEN,
    WIDTH,
    Bytes,
    Cells,
    Dictionary,
    Floats,
    Found,
    Frame,
    Ints,
    Layers,
    Maps,
    Path,
    Space,
    Words,
)
from polytope_engine.kernels.simplex import invert, rebuild

# What `run_on_vertices` returns besides what `cell_tree.run` does.
HANDED_OVER = 8
NEED_ROOM = 9

MOST_FACETS = 64
# A vertex that is not known better than this, as a share of the domain's size, is solved for anew.
ROUGH = 1e-6

# Columns of `Corners.nodes`.
NODE_LAYER = 0
NODE_DEPTH = 1
NODE_SIDE = 2
NODE_FIRST = 3
NODE_SIZE = 4
NODE_WAITING = 5
NODE_N_WAITING = 6
NODE_STATE = 7
N_NODE = 8

# States of a node.
LAYER_BEGINS = 0
FRESH = 1
SIFTED = 2
SHARP = 3
TAKEN = 4  # another search has taken it over


class Corners(NamedTuple):
    """The stack of cells that wait, with their vertices."""

    points: Floats  # (room, r)
    radii: Floats  # (room,): bound of the distance to the exact vertex, in each coordinate
    facets: Words  # (room,): which rows a vertex lies on: bit b stands for row `tables[node, b]` of the path
    waiting: Ints  # (room,): neurons of the layer that may cut
    settled: Ints  # (max width,): the neurons that just got a sign
    tables: NDArray[np.int32]  # (n_nodes, MOST_FACETS)
    nodes: Ints  # (n_nodes, N_NODE)
    margins: Floats  # (n_layers, 2, widest): a, b: a neuron's value is wrong by at most a + b * radius
    rows: Floats  # (r + 1, widest): rows of the neurons that wait, side by side
    extremes: Floats  # (3, widest): least and largest value on the vertices, and scratch
    heights: Floats  # (room,): the values of one neuron at the vertices of one cell


def new_corners(r: int, widths: Ints, room: int) -> Corners:
    """An empty stack with room for this many vertices."""
    widest, n_neurons = int(widths.max()), int(widths.sum())
    n_nodes = n_neurons + 2
    return Corners(
        points=np.zeros((room, r)),
        radii=np.zeros(room),
        facets=np.zeros(room, dtype=np.uint64),
        waiting=np.zeros(n_nodes * widest, dtype=np.int64),
        settled=np.zeros(widest, dtype=np.int64),
        tables=np.zeros((n_nodes, MOST_FACETS), dtype=np.int32),
        nodes=np.zeros((n_nodes, N_NODE), dtype=np.int64),
        margins=np.zeros((len(widths), 2, widest)),
        rows=np.zeros((r + 1, widest)),
        extremes=np.zeros((3, widest)),
        heights=np.zeros(room),
    )


def with_room(corners: Corners, room: int) -> Corners:
    """The same stack with room for more vertices."""
    more = room - len(corners.points)
    return corners._replace(
        points=np.concatenate([corners.points, np.zeros((more, corners.points.shape[1]))]),
        radii=np.concatenate([corners.radii, np.zeros(more)]),
        facets=np.concatenate([corners.facets, np.zeros(more, dtype=np.uint64)]),
        heights=np.concatenate([corners.heights, np.zeros(more)]),
    )


@inner
def find_margins(
    layer: int, n: int, r: int, reach: float, values: Floats, bounds: Floats, margins: Floats
) -> None:
    """How wrong the value of each neuron of a layer may be at a point: a + b times the point's own error.

    Of the row's error, the arithmetic, and the point. The point is at most its error farther out than the domain.
    """
    gamma = (r + 4.0) * 2.0 * UNIT
    underflow = TINY * (1.0 + reach)
    for i in range(n):
        tg = bounds[layer, TG, i]
        size = tg * reach + bounds[layer, TC, i]
        error = bounds[layer, EG, i] * reach + bounds[layer, EC, i]
        margins[layer, 0, i] = (error + gamma * size) * (1.0 + gamma) + underflow
        if not (size <= LARGEST):  # values, or their differences, may overflow: nothing is known
            margins[layer, 0, i] = math.inf
        steepness = 0.0
        for k in range(r):
            steepness += abs(values[layer, k, i])
        margins[layer, 1, i] = steepness * (1.0 + 3.0 * r * gamma) + 4.0 * r * bounds[layer, EG, i] + TINY


@inner
def find_extremes(
    rows: Floats, n: int, points: Floats, first: int, n_points: int, r: int, extremes: Floats
) -> None:
    """The least and the largest value of n rows at the vertices."""
    low = extremes[0]
    high = extremes[1]
    value = extremes[2]
    for i in range(n):
        low[i] = math.inf
        high[i] = -math.inf
    for v in range(first, first + n_points):
        constants = rows[r]
        for i in range(n):
            value[i] = constants[i]
        for k in range(r):
            x = points[v, k]
            row = rows[k]
            for i in range(n):
                value[i] += row[i] * x
        for i in range(n):
            y = value[i]
            low[i] = min(low[i], y)
            high[i] = max(high[i], y)


@inner
def gather(values: Floats, r: int, waiting: Ints, first: int, n: int, rows: Floats) -> None:
    """Copy the rows of the neurons that wait."""
    for k in range(r + 1):
        source = values[k]
        row = rows[k]
        for i in range(n):
            row[i] = source[waiting[first + i]]


@inner
def sift(
    n: int,
    is_whole_layer: bool,
    radius: float,
    first: int,
    offset: int,
    bounds: Floats,
    margins: Floats,
    extremes: Floats,
    waiting: Ints,
    settled: Ints,
    signs: Bytes,
    control: Ints,
) -> int:
    """Give a sign to the neurons that have one on the cell; the others wait on. How many do.

    The one that cuts most evenly comes last. Those that get a sign are listed in ``settled``.
    """
    n_left = 0
    best = -1.0
    for i in range(n):
        neuron = i if is_whole_layer else waiting[first + i]
        margin = margins[0, neuron] + margins[1, neuron] * radius
        low = extremes[0, i]
        high = extremes[1, i]
        settled[i - n_left] = neuron
        if low > margin:
            signs[offset + neuron] = 1
            control[N_DROPS] += 1
        elif high < -margin:
            signs[offset + neuron] = -1
            control[N_DROPS] += 1
        elif bounds[TG, neuron] == 0.0 and bounds[TC, neuron] == 0.0 and bounds[EC, neuron] == 0.0:
            signs[offset + neuron] = 0
            control[N_ZERO] += 1
        else:
            waiting[first + n_left] = neuron
            n_left += 1
            evenness = min(high, -low) / max(high, -low)
            if evenness > best:
                best = evenness
            elif n_left > 1:
                last = first + n_left - 1
                waiting[last], waiting[last - 1] = waiting[last - 1], waiting[last]
    control[N_SIFTED] += n
    return n_left


@inner
def find_heights(
    values: Floats,
    neuron: int,
    a: float,
    b: float,
    r: int,
    first: int,
    n_points: int,
    points: Floats,
    radii: Floats,
    heights: Floats,
) -> int:
    """The values of a neuron at the vertices: how many are positive, or -1 if the sign of one is not certain."""
    n_positive = 0
    for v in range(n_points):
        value = values[r, neuron]
        for k in range(r):
            value += values[k, neuron] * points[first + v, k]
        heights[v] = value
        if not (abs(value) > a + b * radii[first + v]):
            return -1
        if value > 0.0:
            n_positive += 1
    return n_positive


@inner
def put_in_frame(path: Path, p: int, n: int, r: int, frame: Frame) -> None:
    """Row n of the frame: a row of the path."""
    for k in range(r):
        frame.rows[n, k] = path.rows[p, k]
        frame.matrix[n, k] = path.rows[p, k]
    frame.rows[n, r] = path.rows[p, r]
    frame.bounds[n, EG] = path.bounds[p, EG]
    frame.bounds[n, EC] = path.bounds[p, EC]


@inner
def sharpen(
    first: int,
    n_points: int,
    table: NDArray[np.int32],
    r: int,
    path: Path,
    frame: Frame,
    points: Floats,
    radii: Floats,
    facets: Words,
) -> None:
    """Solve for all vertices of a cell anew."""
    for v in range(first, first + n_points):
        radius = solve_vertex(facets[v], table, r, path, frame, points[v], -1)
        if radius < radii[v]:
            radii[v] = radius
        else:
            for k in range(r):
                points[v, k] = frame.scratch[2, k]


@inner
def solve_vertex(
    facets: Any, table: NDArray[np.int32], r: int, path: Path, frame: Frame, point: Floats, last_label: int
) -> float:
    """Move a point to the vertex where r rows vanish, and bound its error; infinity if nothing is proven.

    Where it was stands in ``frame.scratch[2]``.
    With an approximate inverse B of the rows A and |I - B A| <= theta < 1/2, the vertex is at most
    |B (A x + c)| / (1 - theta) from x, the errors of the rows included.
    """
    n = 0
    if last_label >= 0:
        put_in_frame(path, last_label, 0, r, frame)
        n = 1
    for bit in range(MOST_FACETS):
        if n < r and (facets >> np.uint64(bit)) & np.uint64(1):
            put_in_frame(path, table[bit], n, r, frame)
            n += 1
    for k in range(r):
        frame.scratch[2, k] = point[k]
    if not invert(frame.matrix, frame.inverse, r):
        return math.inf
    gamma = (r + 4.0) * 2.0 * UNIT
    for attempt in range(2):
        size = 0.0
        for k in range(r):
            size += abs(point[k])
        for i in range(r):
            residual = frame.rows[i, r]
            magnitude = abs(residual)
            for k in range(r):
                term = frame.rows[i, k] * point[k]
                residual += term
                magnitude += abs(term)
            frame.scratch[0, i] = residual
            frame.scratch[1, i] = (gamma * magnitude + frame.bounds[i, EG] * size + frame.bounds[i, EC]) * (
                1.0 + gamma
            ) + TINY
        if attempt == 0:
            for k in range(r):
                step = 0.0
                for i in range(r):
                    step += frame.inverse[k, i] * frame.scratch[0, i]
                point[k] -= step
    radius = 0.0
    for k in range(r):
        total = 0.0
        error = 0.0
        for j in range(r):
            value = -1.0 if j == k else 0.0
            magnitude = 1.0
            inherited = 0.0
            for i in range(r):
                term = frame.inverse[k, i] * frame.rows[i, j]
                value += term
                magnitude += abs(term)
                inherited += abs(frame.inverse[k, i]) * frame.bounds[i, EG]
            total += abs(value) + gamma * magnitude + inherited
            error += abs(frame.inverse[k, j]) * (abs(frame.scratch[0, j]) + frame.scratch[1, j])
        # also if one is no number, which a maximum would forget
        if not (total <= 0.5) or not (error < math.inf):
            return math.inf
        radius = max(radius, error)
    return 2.0 * radius * (1.0 + 4.0 * gamma) + TINY


@inner
def split(
    first: int,
    n_points: int,
    n_positive: int,
    bit: int,
    a: float,
    b: float,
    r: int,
    reach: float,
    depth: int,
    table: NDArray[np.int32],
    points: Floats,
    radii: Floats,
    facets: Words,
    heights: Floats,
    path: Path,
    frame: Frame,
) -> int:
    """Make the new vertices, behind those of the cell, and then the vertices of the two parts.

    The negative part takes the place of the cell; the positive part stands behind all. Returns how many new vertices
    there are, or -1 if there is no room.
    """
    room = points.shape[0]
    behind = first + n_points
    top = behind
    new_facet = np.uint64(1) << np.uint64(bit)
    one = np.uint64(1)
    for u in range(n_points):
        hu = heights[u]
        if hu < 0.0:
            continue
        mask = facets[first + u]
        error_u = a + b * radii[first + u]
        for w in range(n_points):
            hw = heights[w]
            if hw > 0.0:
                continue
            other = mask & ~facets[first + w]
            if other & (other - one):
                continue
            if top >= room:
                return -1
            total = hu - hw
            share = hu / total
            error_w = a + b * radii[first + w]
            # |t - share| for the exact share t; both lie between 0 and 1
            slip = 1.0
            gap = total - error_u - error_w
            if gap > max(error_u, error_w):
                slip = max(error_u, error_w) / gap
            longest = 0.0
            for k in range(r):
                x = points[first + u, k]
                step = points[first + w, k] - x
                longest = max(longest, abs(step))
                points[top, k] = x + share * step
            radius = (
                max(radii[first + u], radii[first + w]) + (slip + 8.0 * UNIT) * longest + 4.0 * UNIT * reach
            )
            radius = radius * (1.0 + 64.0 * UNIT) + TINY
            shared = mask & facets[first + w]
            if not (radius <= ROUGH * reach):
                better = solve_vertex(shared, table, r, path, frame, points[top], depth)
                if better < radius:
                    radius = better
                else:
                    for k in range(r):
                        points[top, k] = frame.scratch[2, k]
            radii[top] = radius
            facets[top] = shared | new_facet
            top += 1
    n_new = top - behind
    if top + n_positive + n_new > room:
        return -1
    place = top
    for u in range(n_points):
        if heights[u] > 0.0:
            for k in range(r):
                points[place, k] = points[first + u, k]
            radii[place] = radii[first + u]
            facets[place] = facets[first + u]
            place += 1
    for u in range(behind, top):
        for k in range(r):
            points[place, k] = points[u, k]
        radii[place] = radii[u]
        facets[place] = facets[u]
        place += 1
    place = first
    for u in range(n_points):
        if heights[u] < 0.0:
            for k in range(r):
                points[place, k] = points[first + u, k]
            radii[place] = radii[first + u]
            facets[place] = facets[first + u]
            place += 1
    for u in range(behind, top):
        for k in range(r):
            points[place, k] = points[u, k]
        radii[place] = radii[u]
        facets[place] = facets[u]
        place += 1
    return n_new


@inner
def free_bit(facets: Words, first: int, n_points: int) -> int:
    """A bit that stands for no facet of the cell, or -1."""
    used = np.uint64(0)
    for v in range(first, first + n_points):
        used |= facets[v]
    for bit in range(MOST_FACETS):
        if (used >> np.uint64(bit)) & np.uint64(1) == 0:
            return bit
    return -1


@inner
def label_vertex(facets: Words, v: int, table: NDArray[np.int32], r: int, labels: Ints) -> None:
    """The rows of the path that a vertex lies on."""
    n = 0
    for bit in range(MOST_FACETS):
        if n < r and (facets[v] >> np.uint64(bit)) & np.uint64(1):
            labels[n] = table[bit]
            n += 1


@inner
def mean_point(points: Floats, first: int, n_points: int, r: int, point: Floats) -> None:
    """The mean of the vertices."""
    share = 1.0 / n_points
    for k in range(r):
        total = 0.0
        for v in range(first, first + n_points):
            total += points[v, k]
        point[k] = total * share


@inner
def hand_over(
    s: int,
    corners: Corners,
    path: Path,
    D: Dictionary,
    frame: Frame,
    waiting: Ints,
    r: int,
    control: Ints,
) -> None:
    """Make the node ready for `cell_tree.run`: a dictionary at one of its vertices, and what has a sign already."""
    node = corners.nodes[s]
    layer = node[NODE_LAYER]
    depth = node[NODE_DEPTH]
    n = node[NODE_N_WAITING]
    for i in range(n):
        waiting[i] = corners.waiting[node[NODE_WAITING] + i]
    control[N_TIES] = 0
    control[LAYER] = layer
    control[N_WAITING] = n
    control[VERTEX_SEEN] = 0
    control[DEPTH] = depth
    control[PHASE] = DESCEND
    found = False
    for v in range(node[NODE_FIRST], node[NODE_FIRST] + node[NODE_SIZE]):
        label_vertex(corners.facets, v, corners.tables[s], r, D.col_label)
        if rebuild(D, path, frame, depth, r, control) >= 0:
            found = True
            break
    if not found:
        # A poor dictionary costs exact decisions, never a wrong one.
        D.T[:] = 0.0
        slot = r
        for p in range(depth):
            tight = False
            for j in range(r):
                if D.col_label[j] == p:
                    tight = True
            if not tight:
                D.row_label[slot] = p
                slot += 1
        control[N_ROWS] = slot
    control[SINCE_REBUILD] = 0
    control[NORM_VALID] = 0


@kernel
def run_on_vertices(
    layers: Layers,
    space: Space,
    maps: Maps,
    path: Path,
    D: Dictionary,
    frame: Frame,
    corners: Corners,
    found: Found,
    cells: Cells,
    signs: Bytes,
    waiting: Ints,
    control: Ints,
    budget: int,
    max_regions: int,
    store: bool,
) -> int:
    """Walk the tree until it ends, the budget of splits is spent, or help is needed."""
    r = space.dimension
    n_layers = layers.shape.shape[1] - 1
    n_neurons = layers.biases.shape[0]
    reach = space.reach_sum
    last_step = control[N_SPLITS] + budget
    are_kept = cells.rows.shape[0] > 0
    points = corners.points
    nodes = corners.nodes
    while True:
        while control[N_CORNER_NODES] > 0 and nodes[control[N_CORNER_NODES] - 1, NODE_STATE] == TAKEN:
            control[N_CORNER_NODES] -= 1
        if control[N_CORNER_NODES] == 0:
            return FINISHED
        if control[N_SPLITS] >= last_step:
            return BUDGET_SPENT
        s = control[N_CORNER_NODES] - 1
        layer = nodes[s, NODE_LAYER]
        depth = nodes[s, NODE_DEPTH]
        level = depth - control[N_DOMAIN]
        first = nodes[s, NODE_FIRST]
        n_points = nodes[s, NODE_SIZE]
        offset = layers.shape[OFFSET, layer]
        side = nodes[s, NODE_SIDE]
        if side != 0:
            last = depth - 1
            if path.labels[last, LABEL_SIGN] != side:
                for k in range(r + 1):
                    path.rows[last, k] = -path.rows[last, k]
                path.labels[last, LABEL_SIGN] = side
            signs[layers.shape[OFFSET, path.labels[last, 0]] + path.labels[last, 1]] = side
            if path.labels[last, 0] + 1 < n_layers:
                enter_side(path.labels[last, 0], path.labels[last, 1], side, level, r, layers, maps)
            nodes[s, NODE_SIDE] = 0
        state = nodes[s, NODE_STATE]
        list_start = nodes[s, NODE_WAITING]
        if state < SIFTED:
            n = nodes[s, NODE_N_WAITING]
            if state == LAYER_BEGINS:
                n = layers.shape[WIDTH, layer]
                if layer == 0:
                    first_layer_map(layers, space, maps)
                else:
                    finish_map(layer, level, r, layers, maps)
                if layer + 1 < n_layers:
                    begin_sums(layer + 1, level, r, layers, maps)
                find_margins(layer, n, r, reach, maps.values, maps.bounds, corners.margins)
                find_extremes(maps.values[layer], n, points, first, n_points, r, corners.extremes)
            elif n > 0:
                gather(maps.values[layer], r, corners.waiting, list_start, n, corners.rows)
                find_extremes(corners.rows, n, points, first, n_points, r, corners.extremes)
            radius = 0.0
            for v in range(first, first + n_points):
                radius = max(radius, corners.radii[v])
            n_left = sift(
                n,
                state == LAYER_BEGINS,
                radius,
                list_start,
                offset,
                maps.bounds[layer],
                corners.margins[layer],
                corners.extremes,
                corners.waiting,
                corners.settled,
                signs,
                control,
            )
            for i in range(n - n_left if layer + 1 < n_layers else 0):
                unit = corners.settled[i]
                add_to_next_layer(layer, unit, signs[offset + unit], level, r, layers, maps)
            n = n_left
            nodes[s, NODE_N_WAITING] = n
            nodes[s, NODE_STATE] = SIFTED
        n = nodes[s, NODE_N_WAITING]
        if n == 0:
            if layer + 1 < n_layers:
                nodes[s, NODE_LAYER] = layer + 1
                nodes[s, NODE_STATE] = LAYER_BEGINS
                continue
            if found.sign_vectors.shape[0] == control[N_FOUND]:
                return BUFFER_FULL
            if are_kept and cells.starts[control[N_FOUND]] + depth > cells.rows.shape[0]:
                return BUFFER_FULL
            mean_point(points, first, n_points, r, D.point)
            if first_row_missed(path.rows, path.bounds, depth, r, D.point, -1) >= 0:
                hand_over(s, corners, path, D, frame, waiting, r, control)
                control[N_CORNER_NODES] = s
                return HANDED_OVER
            if store:
                slot = control[N_FOUND]
                for i in range(n_neurons):
                    found.sign_vectors[slot, i] = signs[i]
                for k in range(r):
                    found.points[slot, k] = D.point[k]
                if are_kept:
                    label_vertex(corners.facets, first, corners.tables[s], r, D.col_label)
                    keep_cell(cells, slot, path, D, depth, 0)
                control[N_FOUND] = slot + 1
            control[N_REGIONS] += 1
            control[N_CORNER_NODES] = s
            if control[N_REGIONS] >= max_regions:
                return BUDGET_SPENT
            continue

        # The neuron that cuts most evenly, or any whose signs are certain.
        n_positive = -1
        bit = free_bit(corners.facets, first, n_points)
        neuron = -1
        if bit >= 0:
            for i in range(n - 1, -1, -1):
                neuron = corners.waiting[list_start + i]
                n_positive = find_heights(
                    maps.values[layer],
                    neuron,
                    corners.margins[layer, 0, neuron],
                    corners.margins[layer, 1, neuron],
                    r,
                    first,
                    n_points,
                    points,
                    corners.radii,
                    corners.heights,
                )
                if n_positive >= 0:
                    corners.waiting[list_start + i] = corners.waiting[list_start + n - 1]
                    break
        if n_positive < 0 and bit >= 0 and state != SHARP:
            sharpen(first, n_points, corners.tables[s], r, path, frame, points, corners.radii, corners.facets)
            nodes[s, NODE_STATE] = SHARP
            continue
        if n_positive < 0:
            hand_over(s, corners, path, D, frame, waiting, r, control)
            control[N_CORNER_NODES] = s
            return HANDED_OVER
        if n_positive == 0 or n_positive == n_points:
            signs[offset + neuron] = 1 if n_positive > 0 else -1
            if layer + 1 < n_layers:
                add_to_next_layer(layer, neuron, signs[offset + neuron], level, r, layers, maps)
            control[N_DROPS] += 1
            nodes[s, NODE_N_WAITING] = n - 1
            continue
        append_row(layer, neuron, r, maps, path, depth)
        n_new = split(
            first,
            n_points,
            n_positive,
            bit,
            corners.margins[layer, 0, neuron],
            corners.margins[layer, 1, neuron],
            r,
            reach,
            depth,
            corners.tables[s],
            points,
            corners.radii,
            corners.facets,
            corners.heights,
            path,
            frame,
        )
        if n_new < 0:
            corners.waiting[list_start + n - 1] = neuron
            return NEED_ROOM
        control[N_SPLITS] += 1
        corners.tables[s, bit] = depth
        nodes[s, NODE_DEPTH] = depth + 1
        nodes[s, NODE_SIDE] = -1
        nodes[s, NODE_SIZE] = n_points - n_positive + n_new
        nodes[s, NODE_N_WAITING] = n - 1
        nodes[s, NODE_STATE] = FRESH
        t = s + 1
        nodes[t, NODE_LAYER] = layer
        nodes[t, NODE_DEPTH] = depth + 1
        nodes[t, NODE_SIDE] = 1
        nodes[t, NODE_FIRST] = first + n_points + n_new
        nodes[t, NODE_SIZE] = n_positive + n_new
        nodes[t, NODE_WAITING] = list_start + n - 1
        nodes[t, NODE_N_WAITING] = n - 1
        nodes[t, NODE_STATE] = FRESH
        for i in range(n - 1):
            corners.waiting[list_start + n - 1 + i] = corners.waiting[list_start + i]
        for b in range(MOST_FACETS):
            corners.tables[t, b] = corners.tables[s, b]
        control[N_CORNER_NODES] = t + 1
