"""The adjacency of regions as a sparse matrix, and as a graph of networkx with attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from polytope_engine.complexes.walls import Walls
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.rationals import number_text
from polytope_engine.regions.region_set import RegionSet

if TYPE_CHECKING:
    from networkx import Graph

EDGE_ATTRIBUTES = ("wall", "neuron", "layer", "neurons")
_MOST_COORDINATES = 10
_EDGES_AT_ONCE = 1 << 16
_LARGEST_INT32 = np.iinfo(np.int32).max


def adjacency_matrix(walls: Walls) -> csr_array:
    """The symmetric matrix of a set's walls, an entry for each region on each side of a wall.

    Parameters
    ----------
    walls : Walls
        The walls between n regions.

    Returns
    -------
    scipy.sparse.csr_array, shape (n, n)
        One more than the first neuron of the wall (its place in the sign vector), so that no stored entry is zero;
        columns ascend in each row. Entries are int32; so are indices, or int64 where these do not suffice.

    Notes
    -----
    Linear time and memory, without loops: a tenth of a second and a few hundred MB for six million walls.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> regions = pe.enumerate_regions(pe.library.generic(2, 2).network)
    >>> matrix = adjacency_matrix(regions.walls())
    >>> matrix.nnz, sorted(matrix.data.tolist())
    (8, [1, 1, 1, 1, 2, 2, 2, 2])
    """
    n = len(walls.regions)
    index = np.int32 if max(n, 2 * len(walls)) <= _LARGEST_INT32 else np.int64
    pointers = np.zeros(n + 1, dtype=index)
    np.cumsum(np.bincount(walls.pairs[:, 0], minlength=n), out=pointers[1:])
    entries = (walls.neurons + 1).astype(np.int32)
    upper = csr_array((entries, walls.pairs[:, 1].astype(index), pointers), shape=(n, n))
    return (upper + upper.T.tocsr()).tocsr()


def networkx_graph(walls: Walls, columns: Mapping[str, Any] | None = None) -> Graph:
    """The graph of a set's regions, with attributes that GraphML can hold.

    Parameters
    ----------
    walls : Walls
        The walls between n regions.
    columns : mapping of str to array_like, shape (n,) or (n, k), optional
        More attributes of the regions, such as what `RegionSet.measure` returns. A column of vectors becomes k
        attributes ``name_0, name_1, ...``.

    Returns
    -------
    networkx.Graph
        Nodes 0, ..., n - 1 with ``signs``, as in ``"+-|+0"``, the coordinates ``point_0, point_1, ...`` of the
        interior point if there are at most ten, and the columns. Edges with ``wall``, its place among the walls,
        ``neuron``, the first neuron's place in the sign vector, ``layer``, that neuron's layer, and ``neurons``,
        all of them as ``"layer:i"`` with spaces between. Numbers and text only.

    Raises
    ------
    InvalidArgumentError
        If a column does not have a row for each region, or its name is taken.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> regions = pe.enumerate_regions(pe.library.identity().network)
    >>> graph = networkx_graph(regions.walls(), {"first": [True, False]})
    >>> graph.nodes[0]["signs"], graph.nodes[0]["first"], graph.edges[0, 1]
    ('+-', True, {'wall': 0, 'neuron': 0, 'layer': 0, 'neurons': '0:0 0:1'})
    """
    import networkx as nx

    attributes = node_attributes(walls.regions, columns)
    graph = nx.Graph()
    rows = zip(*attributes.values(), strict=True)
    graph.add_nodes_from((k, dict(zip(attributes, row, strict=True))) for k, row in enumerate(rows))
    graph.add_edges_from(
        (a, b, dict(zip(EDGE_ATTRIBUTES, values, strict=True))) for a, b, *values in iter_edges(walls)
    )
    return graph


def node_attributes(regions: RegionSet, columns: Mapping[str, Any] | None = None) -> dict[str, list[Any]]:
    """The attributes of the nodes, by name: lists of numbers, of bools or of text; see `networkx_graph`."""
    attributes: dict[str, Any] = {"signs": list(_sign_texts(regions))}
    given: dict[str, Any] = dict(columns or {})
    if regions.network.input_dim <= _MOST_COORDINATES:
        given = {"point": regions.interior_points, **given}
    for name, values in _flat(given, len(regions)):
        if name in attributes:
            raise InvalidArgumentError(f"`columns` names {name!r} twice over; rename that column.", name=name)
        attributes[name] = values
    return attributes


def _flat(columns: Mapping[str, Any], n: int) -> Iterator[tuple[str, list[Any]]]:
    """Each column as a list of plain numbers or text; vectors as several columns."""
    for name, column in columns.items():
        values = np.asarray(column)
        if values.ndim not in (1, 2) or len(values) != n:
            raise InvalidArgumentError(
                f"`columns[{name!r}]` has shape {values.shape}; it must have a row for each of the {n:,} regions.",
                shape=values.shape,
            )
        if values.ndim == 1:
            yield name, _plain(values)
        else:
            yield from ((f"{name}_{k}", _plain(values[:, k])) for k in range(values.shape[1]))


def _plain(values: NDArray[Any]) -> list[Any]:
    if values.dtype.kind in "biufU":
        found: list[Any] = values.tolist()
        return found
    return [number_text(value) if isinstance(value, Fraction) else str(value) for value in values]


def _sign_texts(regions: RegionSet) -> Iterator[str]:
    """The signs of each region, as "+-|+0" with a bar between layers."""
    signs, network = regions.sign_vectors, regions.network
    offsets = network.layer_offsets[1:]
    if not network.n_neurons:
        return repeat("", len(regions))
    marks = np.insert(np.frombuffer(b"-0+", dtype=np.uint8)[signs + 1], offsets, ord("|"), axis=1)
    text, width = marks.tobytes().decode("ascii"), marks.shape[1]
    return (text[start : start + width] for start in range(0, len(text), width))


def iter_edges(walls: Walls) -> Iterator[tuple[int, int, int, int, int, str]]:
    """Each edge: its two regions, then its attributes in the order of `EDGE_ATTRIBUTES`."""
    network = walls.regions.network
    places = [(layer, i) for layer, width in enumerate(network.hidden_widths) for i in range(width)]
    names = [f"{layer}:{i}" for layer, i in places]
    for start in range(0, len(walls), _EDGES_AT_ONCE):
        part = slice(start, start + _EDGES_AT_ONCE)
        rows = zip(walls.pairs[part].tolist(), walls.neurons[part].tolist(), strict=True)
        for wall, ((a, b), neuron) in enumerate(rows, start):
            shared = walls.shared.get(wall)
            neurons = names[neuron] if shared is None else " ".join(names[k] for k in shared)
            yield a, b, wall, neuron, places[neuron][0], neurons
