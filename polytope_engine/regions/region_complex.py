"""How the regions of a set fit together: what a region set can be asked that `complexes` answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from networkx import Graph
    from scipy.sparse import csr_array

    from polytope_engine.complexes.boundary import Boundary
    from polytope_engine.complexes.linear_regions import LinearRegions
    from polytope_engine.complexes.region_graph import RegionGraph
    from polytope_engine.complexes.self_test import SelfTestReport
    from polytope_engine.complexes.walls import Walls
    from polytope_engine.regions.region_set import RegionSet


class RegionComplex:
    """Walls, graphs, linear regions, cells of every dimension and boundaries: methods of `RegionSet`."""

    @property
    def _regions(self) -> RegionSet:
        return cast("RegionSet", self)

    def walls(
        self, progress: Callable[[int, float], None] | None = None, n_workers: int | None = None
    ) -> Walls:
        """Find every wall: the facets that two regions of the set share, with the neurons that vanish there.

        Parameters
        ----------
        progress : callable, optional
            Called several times a second as ``progress(n_regions, fraction_done)``.
        n_workers : int, optional
            Threads; all cores by default.

        Returns
        -------
        Walls
            Pairs of regions and the neurons between them, as columns. Of an incomplete set these are the walls
            between the regions that it has.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.enumerate_regions(pe.library.generic(3, 2).network).walls()
        <Walls: 9 between 7 regions>
        """
        from polytope_engine.complexes.wall_search import find_walls

        return find_walls(self._regions, progress=progress, n_workers=n_workers)

    def graph(
        self, progress: Callable[[int, float], None] | None = None, n_workers: int | None = None
    ) -> RegionGraph:
        """Find every wall, and answer for the graph of regions: degrees, components, distances, paths, diameter.

        Parameters
        ----------
        progress, n_workers
            As in `walls`.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C: a part of the graph would answer wrongly.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.enumerate_regions(pe.library.generic(3, 2).network).graph().diameter()
        <Diameter: 3, regions ... and ... are 3 apart>
        """
        from polytope_engine.complexes.region_graph import RegionGraph
        from polytope_engine.complexes.wall_search import all_walls

        return RegionGraph(all_walls(self._regions, progress, n_workers))

    def adjacency(
        self, progress: Callable[[int, float], None] | None = None, n_workers: int | None = None
    ) -> csr_array:
        """Find every wall, and give them as a sparse matrix.

        Parameters
        ----------
        progress, n_workers
            As in `walls`.

        Returns
        -------
        scipy.sparse.csr_array of int, shape (n, n)
            Symmetric, with an entry for each pair of regions that share a facet: **one more than** the first neuron
            that vanishes there (its place in the sign vector), so that no entry is zero.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.enumerate_regions(pe.library.identity().network).adjacency().toarray()
        array([[0, 1],
               [1, 0]], dtype=int32)
        """
        return self.graph(progress, n_workers).matrix

    def adjacency_graph(
        self,
        columns: Mapping[str, Any] | None = None,
        progress: Callable[[int, float], None] | None = None,
        n_workers: int | None = None,
    ) -> Graph:
        """Find every wall, and give the graph of regions to networkx.

        Parameters
        ----------
        columns : mapping of str to array_like, shape (n,) or (n, k), optional
            More attributes of the regions, for example ``regions.measure("is_bounded", "volume")``.
        progress, n_workers
            As in `walls`.

        Returns
        -------
        networkx.Graph
            Nodes 0, ..., n - 1 with ``signs``, the interior point (``point_0``, ...; up to ten inputs) and the columns;
            edges with ``wall``, ``neuron``, ``layer`` and ``neurons``, all that vanish there as ``"layer:i"``.
            Every attribute is a number or text, as GraphML wants it.

        Raises
        ------
        InvalidArgumentError
            If a column does not fit.

        Notes
        -----
        A graph of Python objects: 10^5 regions take seconds and some hundred MB. For millions use `adjacency`, or
        `graph`, which keep arrays.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> graph = pe.enumerate_regions(pe.library.duplicate_neuron().network).adjacency_graph()
        >>> graph.nodes[0]["signs"], graph.edges[0, 1]["neurons"]
        ('++', '0:0 0:1')
        """
        return self.graph(progress, n_workers).to_networkx(columns)

    def linear_regions(
        self,
        definition: str = "open",
        output: int | str | None = None,
        *,
        walls: Walls | None = None,
        progress: Callable[[int, float], None] | None = None,
    ) -> LinearRegions:
        """Join the regions on which the network's output is one affine map, decided exactly.

        Parameters
        ----------
        definition : {"open", "closed", "affine"}
            What a linear region is: a maximal open connected set with one affine map (R4 in docs/concepts.md), a
            maximal closed connected one (R5), or a maximal set, connected or not, so that distinct maps are
            counted (R6). There are no more of the latter than of the former.
        output : int or "argmax", optional
            Look at one output only, counted from 0, or at the decision: connected sets on which one output is the
            largest. By default, all outputs together are one map.
        walls : Walls, optional
            What `walls` returned, if it is at hand; it is not needed for "affine" and "argmax".
        progress : callable, optional
            Called several times a second as ``progress(n_done, fraction_done)``, once through for each step.

        Returns
        -------
        LinearRegions
            The linear region of each region. For "argmax", `LinearRegions.regions` are other regions: those of this
            set, cut where two outputs are equal.

        Raises
        ------
        InvalidArgumentError
            If an argument is not what it must be.

        Notes
        -----
        Sets are taken within the domain. Of an incomplete set, these are the linear regions of the union of the
        regions that it has.

        Floats with rigorous error bounds tell maps apart; only maps whose bounds meet are compared in rational
        arithmetic. Closures meet where they share a vertex; vertices are rational, and take milliseconds a region, but
        only regions with one map on separate open linear regions are asked.

        References
        ----------
        M. Stargalla, C. Hertrich, D. Reichman, "The Computational Complexity of Counting Linear Regions in ReLU
        Neural Networks", NeurIPS 2025, arXiv:2505.16716, for the definitions.

        Examples
        --------
        relu(min(x, y)) + relu(min(-x, -y)) is zero on two quadrants, which touch in one point:

        >>> import polytope_engine as pe
        >>> regions = pe.enumerate_regions(pe.library.touching_quadrants().network)
        >>> regions.linear_regions("open")
        <LinearRegions: 6 open connected (R4) of 6 regions of the map R^2 -> R^1>
        >>> regions.linear_regions("closed")
        <LinearRegions: 5 closed connected (R5) of 6 regions of the map R^2 -> R^1>
        """
        from polytope_engine.complexes.linear_regions import linear_regions

        return linear_regions(self._regions, definition, output, walls=walls, progress=progress)

    def self_test(
        self,
        n_samples: int | None = 1_000,
        time_limit: float | None = 60.0,
        seed: int = 0,
        progress: Callable[[int, float], None] | None = None,
    ) -> SelfTestReport:
        """Check this set against theorems that every right one obeys, each by two ways to the same thing.

        Parameters
        ----------
        n_samples : int
            How many regions or walls each check in rational arithmetic looks at: all, if there are no more, else a
            random sample. The report says which.
        time_limit : float or None
            About how many seconds these checks may take together; each makes do with fewer samples then. What is
            measured of all regions in compiled code, walls and volumes, is not limited by it.
        seed : int
            For the choice of samples.
        progress : callable, optional
            Called after each check as ``progress(n_checks, fraction_done)``.

        Returns
        -------
        SelfTestReport
            A line for each check; it is true iff none failed. After Ctrl-C, the checks that were made, and the others
            as skipped.

        Notes
        -----
        *Of any set*: interior points have the signs of their region and lie in the open domain; sign vectors are
        distinct; the network's exact output at an interior point, neuron by neuron, is that of the affine map; maps
        on both sides of a wall agree on the wall. *Of complete sets*: the graph is connected; across each facet lies
        a region of the set; facets are twice as many as walls; volumes add up to that of a bounded domain; and the
        cells of all dimensions, found separately, have an alternating sum of (-1)^d, and these regions among them.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> regions = pe.enumerate_regions(pe.library.generic(3, 2).network, pe.box(-9, 9, dimension=2))
        >>> print(regions.self_test())
        passed  interior points   7 of 7 points have their region's signs and lie strictly inside the domain
        passed  sign vectors      7 different ones of 7 regions
        passed  affine maps       7 of 7 maps give the network's exact output at the interior point
        passed  graph             7 regions and 9 walls, 1 component
        passed  closure           7 of 7 regions have only regions of the set across their facets (18 facets)
        passed  handshake         18 facets of regions, two for each of 9 walls
        passed  continuity        9 of 9 pairs of maps agree on the wall between them
        passed  volumes           7 regions, whose volumes add up to 324, exactly; the domain has 324
        passed  Euler             f-vector (3, 9, 7), alternating sum 1, the same 7 regions
        9 of 9 checks passed
        """
        from polytope_engine.complexes.self_test import self_test

        return self_test(
            self._regions, n_samples=n_samples, time_limit=time_limit, seed=seed, progress=progress
        )

    def f_vector(
        self,
        *,
        bounded: bool = False,
        closed: bool = False,
        progress: Callable[[int, float], None] | None = None,
    ) -> tuple[int, ...]:
        """Count the cells of each dimension 0, ..., d: points where walls meet, edges, ..., walls, regions.

        Parameters
        ----------
        bounded : bool
            Count only the cells that lie in some ball.
        closed : bool
            Count the cells in the domain's boundary, too: its corners, its edges cut where walls end, and so on.
            They are left out otherwise, and change nothing if the domain is all of R^d.
        progress : callable, optional
            Called several times a second as ``progress(n_cells, fraction_done)``.

        Returns
        -------
        tuple of d + 1 int
            The last is the number of regions (of bounded ones, if `bounded`), and the one before, in the open
            domain, that of walls.

        Raises
        ------
        InvalidArgumentError
            If the set is incomplete, or its regions are not those of its network and domain.

        Notes
        -----
        The cells are found anew, exactly, by :func:`polytope_engine.sign_cells`, which knows more about
        them. That is meant for few dimensions: there are many more cells than regions.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
        >>> pe.enumerate_regions(net).f_vector(), pe.enumerate_regions(net).f_vector(bounded=True)
        ((3, 9, 7), (3, 3, 1))
        >>> regions = pe.enumerate_regions(net, pe.box(-2, 2, dimension=2))
        >>> regions.f_vector(), regions.f_vector(closed=True)
        ((3, 9, 7), (13, 19, 7))
        """
        from polytope_engine.complexes.cells_of_regions import cells_of_regions

        return cells_of_regions(self._regions, closed=closed, progress=progress).f_vector(bounded=bounded)

    def euler_characteristic(
        self,
        *,
        bounded: bool = False,
        closed: bool = False,
        progress: Callable[[int, float], None] | None = None,
    ) -> int:
        """The alternating sum of the `f_vector` with these arguments.

        It is (-1)^d for all cells of an open domain or R^d, and 1 for those of a bounded closed domain: an identity
        to check the regions and everything below them by. See `SignCells.euler_characteristic`.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> regions = pe.enumerate_regions(pe.library.hat().network, pe.box(0, 1, dimension=1))
        >>> regions.euler_characteristic(), regions.euler_characteristic(closed=True)
        (-1, 1)
        """
        from polytope_engine.complexes.cells_of_regions import cells_of_regions

        return cells_of_regions(self._regions, closed=closed, progress=progress).euler_characteristic(
            bounded=bounded
        )

    def decision_boundary(self, progress: Callable[[int, float], None] | None = None) -> Boundary:
        """Find where the largest output changes: the decision boundary of a classifier, as exact pieces.

        Parameters
        ----------
        progress : callable, optional
            Called several times a second as ``progress(n_pieces, fraction_done)``.

        Returns
        -------
        Boundary

        Raises
        ------
        InvalidArgumentError
            If the network has fewer than two outputs.
        KeyboardInterrupt
            On Ctrl-C: a part of a boundary would look like all of one.

        Notes
        -----
        Regions that the boundary meets are found by an enumeration for each pair of classes, of the network with two
        more neurons; each then costs about a millisecond in two or three dimensions, and more where pieces
        have many vertices.

        Examples
        --------
        The classes x, y and 0 meet along three rays:

        >>> import polytope_engine as pe
        >>> net = pe.ReLUNetwork([([[1, 0], [0, 1], [0, 0]], [0, 0, 0])])
        >>> boundary = pe.enumerate_regions(net).decision_boundary()
        >>> boundary.classes.tolist(), boundary.n_connected_components, boundary.is_closed_manifold()
        ([[0, 1], [0, 2], [1, 2]], 1, False)
        """
        from polytope_engine.complexes.boundary_search import find_boundary
        from polytope_engine.complexes.ties import argmax

        return find_boundary(self._regions, argmax(self._regions.network), progress)

    def level_set(
        self, value: Any = 0, output: int = 0, *, progress: Callable[[int, float], None] | None = None
    ) -> Boundary:
        """Find where an output has a value: a polyhedral curve in R^2, a surface in R^3, as exact pieces.

        Parameters
        ----------
        value : int, float or Fraction
            Taken as the rational number that it is.
        output : int
            Which output, counted from 0.
        progress : callable, optional
            Called several times a second as ``progress(n_pieces, fraction_done)``.

        Returns
        -------
        Boundary

        Raises
        ------
        InvalidArgumentError
            If an argument is not what it must be.
        KeyboardInterrupt
            On Ctrl-C, as in `decision_boundary`.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> regions = pe.enumerate_regions(pe.ReLUNetwork([([[1], [-1]], [0, 0]), ([[1, 1]], [0])]))    # |x|
        >>> two, touching, none = [regions.level_set(value) for value in (1, 0, -1)]
        >>> len(two), two.region_indices.tolist(), touching.winners.tolist(), len(none)
        (2, [0, 1], [[1, 1]], 0)
        """
        from polytope_engine.complexes.boundary_search import find_boundary
        from polytope_engine.complexes.ties import level

        return find_boundary(self._regions, level(self._regions.network, value, output), progress)
