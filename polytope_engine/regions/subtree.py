"""A part of the cell tree that waits, with all that a search needs to go on from there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.kernels import search_state as state
from polytope_engine.kernels import vertex_tree

if TYPE_CHECKING:
    from polytope_engine.regions.search import CellSearch

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Subtree:
    """A node of the cell tree, copied: its path, the maps of the layers so far, and its vertices or its dictionary.

    Attributes
    ----------
    node : int array
        As in the kernel that it comes from: `vertex_tree.Corners.nodes` or `search_state.Stack.nodes`.
    signs : int8 array, shape (n_neurons,)
        Those of the layers before; of the node's own layer, those that are decided.
    rows, bounds, labels, ties : arrays
        As in `search_state.Path`.
    values, errors : arrays
        As in `search_state.Maps`, up to the node's layer.
    sums, n_used : arrays
        As in `search_state.Maps`, of the level before the node's and of its own.
    waiting : int array
        The neurons of the node's layer that have no sign yet.
    points, radii, facets, table, margins : arrays
        The vertices, as in `vertex_tree.Corners`; empty where there is a dictionary.
    T, row_label, col_label : arrays
        The dictionary, as in `search_state.Stack`; empty where there are vertices.
    """

    node: Ints
    signs: NDArray[np.int8]
    rows: Floats
    bounds: Floats
    labels: Ints
    ties: Ints
    values: Floats
    errors: Floats
    sums: Floats
    n_used: Ints
    points: Floats
    radii: Floats
    facets: NDArray[np.uint64]
    table: NDArray[np.int32]
    waiting: Ints
    margins: Floats
    T: Floats
    row_label: Ints
    col_label: Ints

    @property
    def has_vertices(self) -> bool:
        """Whether it goes on with vertices, or with a dictionary."""
        return len(self.points) > 0

    @property
    def depth(self) -> int:
        """How many rows its path has."""
        return len(self.rows)


def waiting_subtrees(search: CellSearch) -> list[Subtree]:
    """Copies of all nodes that wait, in the order in which the search will come to them.

    The search must be between two cells.
    """
    control = search.control
    found = [_with_dictionary(search, s) for s in range(int(control[state.N_STACK]) - 1, -1, -1)]
    if search.corners is not None:
        found += [_with_vertices(search, s) for s in range(int(control[state.N_CORNER_NODES]) - 1, -1, -1)]
    return [subtree for subtree in found if subtree is not None]


def take_last_subtree(search: CellSearch) -> Subtree | None:
    """Take away the node that the search would come to last; None if fewer than two wait.

    The search must be between two cells.
    """
    control, places = search.control, []
    if search.corners is not None:
        nodes = search.corners.nodes[: control[state.N_CORNER_NODES]]
        states = nodes[:, vertex_tree.NODE_STATE]
        places = [(True, int(s)) for s in np.flatnonzero(states != vertex_tree.TAKEN)]
    layers = search.stack.nodes[: control[state.N_STACK], state.NODE_LAYER]
    places += [(False, int(s)) for s in np.flatnonzero(layers != state.TAKEN)]
    if len(places) < 2:
        return None
    has_vertices, s = places[0]
    if has_vertices and search.corners is not None:
        subtree = _with_vertices(search, s)
        search.corners.nodes[s, vertex_tree.NODE_STATE] = vertex_tree.TAKEN
    else:
        subtree = _with_dictionary(search, s)
        search.stack.nodes[s, state.NODE_LAYER] = state.TAKEN
    return subtree


def _with_vertices(search: CellSearch, s: int) -> Subtree | None:
    corners = search.corners
    if corners is None or corners.nodes[s, vertex_tree.NODE_STATE] == vertex_tree.TAKEN:
        return None
    node = corners.nodes[s].copy()
    layer = int(node[vertex_tree.NODE_LAYER])
    first, waits = int(node[vertex_tree.NODE_FIRST]), int(node[vertex_tree.NODE_WAITING])
    here = slice(first, first + int(node[vertex_tree.NODE_SIZE]))
    return _copied(
        search,
        node,
        layer,
        int(node[vertex_tree.NODE_DEPTH]),
        0,
        points=corners.points[here],
        radii=corners.radii[here],
        facets=corners.facets[here],
        table=corners.tables[s],
        waiting=corners.waiting[waits : waits + int(node[vertex_tree.NODE_N_WAITING])],
        margins=corners.margins[layer],
    )


def _with_dictionary(search: CellSearch, s: int) -> Subtree | None:
    stack, r = search.stack, search.space.dimension
    if stack.nodes[s, state.NODE_LAYER] == state.TAKEN:
        return None
    node = stack.nodes[s].copy()
    n_rows = int(node[state.NODE_ROWS])
    return _copied(
        search,
        node,
        int(node[state.NODE_LAYER]),
        int(node[state.NODE_DEPTH]),
        int(node[state.NODE_TIES]),
        T=stack.T[s, : (r + 1) * n_rows],
        row_label=stack.row_label[s, :n_rows],
        col_label=stack.col_label[s],
        waiting=stack.waiting[s, : int(node[state.NODE_WAITING])],
    )


_NO_FLOATS = np.zeros(0)
_NO_INTS = np.zeros(0, dtype=np.int64)


def _copied(
    search: CellSearch, node: Ints, layer: int, depth: int, n_ties: int, **arrays: NDArray[Any]
) -> Subtree:
    """A node with its path and maps, all copied."""
    path, maps = search.path, search.maps
    level = depth - int(search.control[state.N_DOMAIN])
    levels = slice(max(level - 1, 0), level + 1)
    either: dict[str, NDArray[Any]] = {
        "points": np.zeros((0, search.space.dimension)),
        "radii": _NO_FLOATS,
        "facets": np.zeros(0, dtype=np.uint64),
        "table": np.zeros(0, dtype=np.int32),
        "waiting": _NO_INTS,
        "margins": np.zeros((0, 0)),
        "T": _NO_FLOATS,
        "row_label": _NO_INTS,
        "col_label": _NO_INTS,
    }
    return Subtree(
        node=node,
        signs=search.signs.copy(),
        rows=path.rows[:depth].copy(),
        bounds=path.bounds[:depth].copy(),
        labels=path.labels[:depth].copy(),
        ties=path.ties[:n_ties].copy(),
        values=maps.values[: layer + 1].copy(),
        errors=maps.bounds[: layer + 1].copy(),
        sums=maps.sums[levels].copy(),
        n_used=maps.n_used[levels].copy(),
        **{name: arrays.get(name, nothing).copy() for name, nothing in either.items()},
    )


def adopt(search: CellSearch, subtree: Subtree) -> None:
    """Let a search that has nothing to do go on from a node."""
    control, path, depth = search.control, search.path, subtree.depth
    path.rows[:depth], path.bounds[:depth], path.labels[:depth] = subtree.rows, subtree.bounds, subtree.labels
    path.ties[: len(subtree.ties)] = subtree.ties
    path.n_residues[len(search.space.domain_rows) :] = 0
    n_layers = len(subtree.values)
    search.maps.values[:n_layers], search.maps.bounds[:n_layers] = subtree.values, subtree.errors
    level = depth - int(control[state.N_DOMAIN])
    levels = slice(level + 1 - len(subtree.n_used), level + 1)
    search.maps.sums[levels], search.maps.n_used[levels] = subtree.sums, subtree.n_used
    search.signs[:] = subtree.signs
    control[state.PHASE] = state.POP
    control[state.N_STACK] = control[state.N_CORNER_NODES] = 0
    if subtree.has_vertices:
        _adopt_vertices(search, subtree)
        return
    stack, n_rows = search.stack, len(subtree.row_label)
    stack.T[0, : len(subtree.T)] = subtree.T
    stack.row_label[0, :n_rows] = subtree.row_label
    stack.col_label[0] = subtree.col_label
    stack.waiting[0, : len(subtree.waiting)] = subtree.waiting
    stack.nodes[0] = subtree.node
    control[state.N_STACK] = 1


def _adopt_vertices(search: CellSearch, subtree: Subtree) -> None:
    n, n_waiting = len(subtree.points), len(subtree.waiting)
    corners = search.corners_with_room(n)
    corners.points[:n], corners.radii[:n], corners.facets[:n] = subtree.points, subtree.radii, subtree.facets
    corners.tables[0] = subtree.table
    corners.waiting[:n_waiting] = subtree.waiting
    corners.nodes[0] = subtree.node
    corners.nodes[0, vertex_tree.NODE_FIRST] = corners.nodes[0, vertex_tree.NODE_WAITING] = 0
    corners.margins[int(subtree.node[vertex_tree.NODE_LAYER])] = subtree.margins
    search.control[state.N_CORNER_NODES] = 1
