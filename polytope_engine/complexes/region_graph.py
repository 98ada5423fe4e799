"""The graph of regions: a node for each region, an edge for each wall, and questions about paths."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import index as as_integer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from polytope_engine.complexes.adjacency import adjacency_matrix, networkx_graph, node_attributes
from polytope_engine.complexes.diameter import Diameter, breadth_first, diameter_bounds
from polytope_engine.complexes.graphml import graphml
from polytope_engine.complexes.walls import Walls, checked_complete
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions.archive import write_whole
from polytope_engine.regions.arguments import check_limits, check_progress
from polytope_engine.regions.point_location import NOT_FOUND, ON_A_WALL, OUTSIDE
from polytope_engine.regions.region import Region
from polytope_engine.regions.region_set import RegionSet

if TYPE_CHECKING:
    from networkx import Graph

Indices = NDArray[np.int64]
Progress = Callable[[int, float], None]

_NOWHERE = {
    OUTSIDE: "outside the domain; choose a point of the domain",
    ON_A_WALL: "exactly on a wall, where no region is; move it to one side",
    NOT_FOUND: "in a region that the set, being incomplete, lacks; enumerate all regions",
}


@dataclass(frozen=True, eq=False)
class RegionPath:
    """A walk from region to region across walls.

    Attributes
    ----------
    regions : ndarray of int64, shape (k + 1,)
        The regions, first and last included.
    walls : ndarray of int64, shape (k,)
        The walls between one and the next, by their places in the `Walls`.
    """

    regions: Indices
    walls: Indices

    def __len__(self) -> int:
        """The number of walls crossed."""
        return len(self.walls)

    def __repr__(self) -> str:
        crossed = f"{len(self):,} wall{'' if len(self) == 1 else 's'}"
        return f"<RegionPath: from region {self.regions[0]} to region {self.regions[-1]} across {crossed}>"


class RegionGraph:
    """The adjacency graph of regions: two are adjacent if they share a facet.

    Adjacency is decided by walls, never by signs: regions whose signs differ in one entry may lie far apart, and
    several entries change at a wall that several neurons share (see `hamming_pairs`). On a convex domain the graph
    of a complete set is connected. Made by `RegionSet.graph`, or from walls that are known already.

    A region is named by its index, as a `Region`, or by a point in it, shape (d,), which is located exactly.

    Parameters
    ----------
    walls : Walls
        The walls between the regions of a set.

    Attributes
    ----------
    walls : Walls
        As given.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> graph = pe.enumerate_regions(pe.library.hamming_trap().network).graph()
    >>> graph
    <RegionGraph: 5 regions, 4 walls>
    >>> sorted(graph.degrees.tolist()), graph.is_connected(), graph.diameter().upper
    ([1, 1, 2, 2, 2], True, 4)
    >>> path = graph.shortest_path([-20.0], [20.0])
    >>> [graph.walls.labels(k) for k in path.walls]
    [(('neuron', 1, 0),), (('neuron', 0, 0),), (('neuron', 1, 0),), (('neuron', 0, 1),)]
    """

    def __init__(self, walls: Walls) -> None:
        if not isinstance(walls, Walls):
            raise InvalidArgumentError(
                f"`walls` has type {type(walls).__name__}; it must be Walls, as RegionSet.walls returns."
            )
        self.walls = checked_complete(walls)

    def __repr__(self) -> str:
        n, n_walls = len(self.regions), len(self.walls)
        return f"<RegionGraph: {n:,} region{'' if n == 1 else 's'}, {n_walls:,} wall{'' if n_walls == 1 else 's'}>"

    # -- the graph itself ---------------------------------------------------------------------

    @property
    def regions(self) -> RegionSet:
        """The regions, whose order is that of the nodes."""
        return self.walls.regions

    @cached_property
    def matrix(self) -> csr_array:
        """The adjacency as a sparse matrix, made when first needed; see `RegionSet.adjacency`."""
        return adjacency_matrix(self.walls)

    @property
    def degrees(self) -> Indices:
        """Number of walls of each region, shape (n,)."""
        return np.bincount(self.walls.pairs.ravel(), minlength=len(self.regions)).astype(np.int64)

    def to_networkx(self, columns: Mapping[str, Any] | None = None) -> Graph:
        """The graph for networkx, with attributes; see `RegionSet.adjacency_graph`."""
        return networkx_graph(self.walls, columns)

    def save_graphml(self, path: str | os.PathLike[str], columns: Mapping[str, Any] | None = None) -> None:
        """Write the graph that `to_networkx` makes as GraphML, which networkx, Gephi, Cytoscape and igraph read.

        It is written line by line: a million regions take no more memory than their columns.

        Parameters
        ----------
        path : path
            A file whose name ends in `.graphml`; it appears under its name only when it is complete.
        columns : mapping of str to array_like, shape (n,) or (n, k), optional
            More attributes of the regions.

        Raises
        ------
        InvalidArgumentError
            If the name ends in something else, the file cannot be written, or a column does not fit.
        MissingFileError
            If the folder does not exist.
        """
        target = Path(path)
        if target.suffix.lower() != ".graphml":
            raise InvalidArgumentError(f"`path` is {target.name!r}, but must end in .graphml.", path=target)
        attributes = node_attributes(self.regions, columns)
        write_whole(target, lambda file: file.writelines(graphml(self.walls, attributes)))

    # -- connection ---------------------------------------------------------------------------

    def connected_components(self) -> Indices:
        """The component of each region, shape (n,): numbers from 0, in the order of their first regions."""
        if not len(self.regions):
            return np.zeros(0, dtype=np.int64)
        # The matrix is symmetric, so strong components are the components, and nothing need be transposed.
        _, labels = connected_components(self.matrix, directed=True, connection="strong")
        _, first, places = np.unique(labels, return_index=True, return_inverse=True)
        rank = np.empty(len(first), dtype=np.int64)
        rank[np.argsort(first)] = np.arange(len(first))
        return rank[places.ravel()]

    def is_connected(self) -> bool:
        """Whether there is one component, or no region at all."""
        return int(self.connected_components().max(initial=0)) == 0

    # -- distances ----------------------------------------------------------------------------

    def distances_from(self, region: Any) -> Indices:
        """Fewest walls to cross from one region to each, shape (n,); -1 where no path leads.

        Parameters
        ----------
        region : int, Region or point
            Where to start.
        """
        distances, _ = breadth_first(self.matrix, located(self.regions, region, "region"))
        return distances.astype(np.int64)

    def eccentricity(self, region: Any) -> int:
        """Distance from one region to the farthest of its component."""
        return int(self.distances_from(region).max())

    def shortest_path(self, start: Any, end: Any) -> RegionPath:
        """A path between two regions that crosses as few walls as possible.

        Parameters
        ----------
        start, end : int, Region or point
            Where it begins and ends.

        Returns
        -------
        RegionPath
            One of the shortest, always the same.

        Raises
        ------
        InvalidArgumentError
            If there is no such region, a point lies on a wall or outside the domain, or the set, being incomplete,
            holds no path.
        """
        first, last = located(self.regions, start, "start"), located(self.regions, end, "end")
        # Searched from the end, the predecessors lead from the start onwards.
        distances, after = breadth_first(self.matrix, last)
        if distances[first] < 0:
            raise InvalidArgumentError(
                f"No path leads from region {first} to region {last} within this incomplete set; enumerate all "
                "regions.",
                regions=(first, last),
            )
        path = np.empty(int(distances[first]) + 1, dtype=np.int64)
        path[0] = first
        for k in range(1, len(path)):
            path[k] = after[path[k - 1]]
        return RegionPath(path, self._walls_between(path[:-1], path[1:]))

    def _walls_between(self, these: Indices, those: Indices) -> Indices:
        """The place of the wall between each of these regions and the adjacent one of those."""
        pairs, n = self.walls.pairs, len(self.regions)
        keys = pairs[:, 0] * n + pairs[:, 1]
        found: Indices = np.searchsorted(keys, np.minimum(these, those) * n + np.maximum(these, those))
        return found

    def diameter(self, *, max_searches: int | None = None, progress: Progress | None = None) -> Diameter:
        """The largest distance between two regions of one component, or proven bounds on it.

        Parameters
        ----------
        max_searches : int, optional
            Searches from single regions after which to stop with the bounds they give. By default as many as take
            some seconds, which settles graphs of five thousand regions always, and larger ones often.
        progress : callable, optional
            Called several times a second as ``progress(n_regions, fraction_done)``.

        Returns
        -------
        Diameter
            ``lower`` and ``upper``, which are equal if ``is_exact``, and two regions at distance ``lower``. After
            Ctrl-C the bounds found by then.

        Notes
        -----
        Lower bounds are distances found. Upper bounds come from the triangle inequality [1]_ and, for complete
        sets, from segments: one between generic points of two regions crosses at most one wall of each first-layer
        hyperplane, and, layer after layer, at most u walls of a layer with u bent hyperplanes within each piece of the
        segment that the layers before leave; so the diameter is at most the product of all u + 1, less one, as in
        [2]_. For one hidden layer, that is the number of hyperplanes.

        References
        ----------
        .. [1] F. W. Takes, W. A. Kosters, "Determining the diameter of small world networks", CIKM 2011.
        .. [2] B. Gaines, J. Bi, "Characterizing the discrete geometry of ReLU networks", ICLR 2026, Theorem 3.8.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.enumerate_regions(pe.library.boolean(4).network).graph().diameter()
        <Diameter: 4, regions 0 and 15 are 4 apart>
        """
        check_limits(time_limit=None, max_searches=max_searches)
        check_progress(progress, "n_regions")
        components = self.connected_components()
        limit = np.bincount(components)[components] - 1
        if self.regions.status.is_complete:
            limit = np.minimum(limit, min(segment_bound(self.walls), np.iinfo(np.int64).max))
        return diameter_bounds(self.matrix, limit, max_searches, progress)


def segment_bound(walls: Walls) -> int:
    """Most walls that a generic segment crosses; see the notes of `RegionGraph.diameter`.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> segment_bound(pe.enumerate_regions(pe.library.hamming_trap().network).walls())
    5
    """
    neurons = np.unique(walls.neurons)
    offsets = np.asarray(walls.regions.network.layer_offsets)
    by_layer = np.bincount(np.searchsorted(offsets, neurons, side="right") - 1)
    return math.prod(int(n) + 1 for n in by_layer) - 1


def located(regions: RegionSet, region: Any, name: str) -> int:
    """The index of a region that is given by its index, as a `Region`, or by a point in it.

    Parameters
    ----------
    regions : RegionSet
        The set it must be in.
    region : int, Region or point
        The region.
    name : str
        What errors call it.

    Raises
    ------
    InvalidArgumentError
        If there is no such region, or the point lies on a wall or outside the domain.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> regions = pe.enumerate_regions(pe.library.identity().network)
    >>> located(regions, [0.0], "start")
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `start` is (0.0), exactly on a wall, where no region is; move it ...
    """
    if isinstance(region, Region):
        if region.regions is not regions:
            raise InvalidArgumentError(
                f"`{name}` is a region of another set; pass one of this set, or a point in it.", region=region
            )
        return region.index
    if np.ndim(region) == 0:
        return _checked_index(regions, region, name)
    where = regions.locate(region)
    if np.ndim(where):
        raise InvalidArgumentError(
            f"`{name}` has shape {np.shape(region)}; it must be a single point, shape ({regions.network.input_dim},)."
        )
    if where < 0:
        point = ", ".join(str(x) for x in region)
        raise InvalidArgumentError(f"`{name}` is ({point}), {_NOWHERE[where]}.", point=region)
    return int(where)


def _checked_index(regions: RegionSet, region: Any, name: str) -> int:
    try:
        k = as_integer(region)
    except TypeError:
        k = -1
    if isinstance(region, bool) or not 0 <= k < len(regions):
        raise InvalidArgumentError(
            f"`{name}` is {region!r}; it must be an index from 0 to {len(regions) - 1}, a Region, or a point.",
            region=region,
        )
    return k
