"""The neighbors of regions, as a random walk asks for them: from known walls, or found on the way."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.chart import Chart
from polytope_engine.complexes.explore import a_middle, checked_start, engine
from polytope_engine.complexes.walk import Pending, Walk
from polytope_engine.complexes.walls import Walls
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.working_space import checked_domain

Indices = NDArray[np.int64]


class Neighborhoods(Protocol):
    """Regions by number, and which lie next to which."""

    @property
    def start(self) -> int:
        """Where the walk begins."""

    @property
    def n_visited(self) -> int:
        """Regions whose neighbors have been asked for."""

    def neighbors(self, region: int) -> Indices:
        """The regions across the facets of one."""


class WallNeighborhoods:
    """Neighbors from all walls of a region set.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> regions = pe.enumerate_regions(pe.library.hat().network)
    >>> graph = WallNeighborhoods(regions.walls(), [-1.0])
    >>> len(graph.neighbors(graph.start)), graph.n_visited
    (1, 1)
    """

    def __init__(self, walls: Walls, start: Any) -> None:
        if not isinstance(walls, Walls) or not walls.is_complete:
            raise InvalidArgumentError(
                "`walls` must be all walls of a region set, as regions.walls() returns."
            )
        found = walls.regions.locate(start)
        if not isinstance(found, int) or found < 0:
            raise InvalidArgumentError("`start` must be one point inside a region of `walls`.", start=start)
        self.start = found
        both = np.concatenate([walls.pairs, walls.pairs[:, ::-1]])
        order = np.argsort(both[:, 0], kind="stable")
        self._there = both[order, 1]
        self._first = np.searchsorted(both[order, 0], np.arange(len(walls.regions) + 1))
        self._visited: set[int] = set()

    @property
    def n_visited(self) -> int:
        """Regions whose neighbors have been asked for."""
        return len(self._visited)

    def neighbors(self, region: int) -> Indices:
        """The regions across the walls of one."""
        self._visited.add(region)
        there: Indices = self._there[self._first[region] : self._first[region + 1]]
        return there


class ExactNeighborhoods:
    """Neighbors from the facets of each region that is asked about, decided exactly when it is first asked about.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> graph = ExactNeighborhoods(pe.library.hat().network, [-1.0], None)
    >>> graph.neighbors(0), graph.neighbors(1), graph.n_visited
    (array([1]), array([0, 2]), 2)
    """

    def __init__(self, network: ReLUNetwork, start: Any, domain: HPolytope | None) -> None:
        domain = checked_domain(network, domain)
        x, signs = checked_start(network, start, domain)
        self.start = 0
        self._known: dict[int, Indices] = {}
        self._index = {signs.tobytes(): 0}
        chart = Chart(network, domain) if network.n_neurons else None
        if chart is None or chart.dimension == 0:
            self._known[0] = np.zeros(0, dtype=np.int64)
            return
        rows, looks = engine(chart, domain_facets=False)
        first = Pending(signs, 0, chart.to_working(x), a_middle(chart), None)
        self._walk = Walk(rows, looks, first)
        self._pending = {0: first}

    @property
    def n_visited(self) -> int:
        """Regions whose neighbors have been asked for."""
        return len(self._known)

    def neighbors(self, region: int) -> Indices:
        """The regions across the facets of one."""
        if region not in self._known:
            visit, sides = self._walk.visit(self._pending[region])
            there = []
            for side, crossing in zip(sides, visit.crossings, strict=True):
                number = self._index.setdefault(crossing.signs.tobytes(), len(self._index))
                there.append(number)
                if number not in self._pending:
                    on = None if side.on is None else side.on.copy()
                    beyond = None if side.beyond is None else side.beyond.copy()
                    self._pending[number] = Pending(crossing.signs, 0, on, beyond, side.vertex)
            self._known[region] = np.array(there, dtype=np.int64)
        return self._known[region]
