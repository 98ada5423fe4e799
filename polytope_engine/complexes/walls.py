"""The walls of a region set: facets that two regions share, as columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.polytope.facet import Facet
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.region_set import RegionSet

if TYPE_CHECKING:
    from polytope_engine.complexes.jumps import Jumps, SimilarityByDistance

Indices = NDArray[np.int64]
Progress = Callable[[int, float], None]
NeuronLabel = tuple[str, int, int]


class Walls:
    """All walls between the regions of a set: arrays with one row for each.

    A *wall* is a facet of two regions, and lies in the interior of the domain. Facets on the domain's boundary are
    no walls. Made by `RegionSet.walls`.

    Parameters
    ----------
    regions : RegionSet
        The set.
    pairs : ndarray of int64, shape (n_walls, 2)
        The two regions of each wall, the smaller index first; rows in lexicographic order, no two equal.
    neurons : ndarray of int64, shape (n_walls,)
        The first neuron that vanishes on the wall, by its place in the sign vector.
    shared : mapping of int to tuple of int
        All neurons that vanish on a wall, in layer order, for the walls on which several do. Neurons that vanish on
        both regions altogether are not named.
    n_exact : int
        Rows of regions of which only rational arithmetic could tell whether they are walls.
    is_complete : bool
        Whether these are all the walls between the regions of the set; False after Ctrl-C.

    Attributes
    ----------
    regions, pairs, neurons, shared, n_exact, is_complete
        As given; the arrays are read-only.

    Examples
    --------
    Five intervals on the line, and the four points between them:

    >>> import polytope_engine as pe
    >>> regions = pe.enumerate_regions(pe.library.hamming_trap().network)
    >>> walls = regions.walls()
    >>> walls
    <Walls: 4 between 5 regions>
    >>> sorted(walls.labels(k) for k in range(len(walls)))
    [(('neuron', 0, 0),), (('neuron', 0, 1),), (('neuron', 1, 0),), (('neuron', 1, 0),)]
    """

    def __init__(
        self,
        regions: RegionSet,
        pairs: Indices,
        neurons: Indices,
        shared: Mapping[int, tuple[int, ...]],
        n_exact: int = 0,
        *,
        is_complete: bool = True,
    ) -> None:
        self.regions = regions
        self.pairs = _read_only(pairs)
        self.neurons = _read_only(neurons)
        self.shared = dict(shared)
        self.n_exact = n_exact
        self.is_complete = is_complete

    def __len__(self) -> int:
        """The number of walls."""
        return len(self.pairs)

    def __repr__(self) -> str:
        n = len(self.regions)
        state = "" if self.regions.status.is_complete else " of an incomplete set"
        state += "" if self.is_complete else ", incomplete"
        return f"<Walls: {len(self):,} between {n:,} region{'' if n == 1 else 's'}{state}>"

    def neurons_on(self, wall: int) -> tuple[int, ...]:
        """All neurons that vanish on a wall, by their places in the sign vector."""
        wall = range(len(self))[wall]
        return self.shared.get(wall) or (int(self.neurons[wall]),)

    def labels(self, wall: int) -> tuple[NeuronLabel, ...]:
        """All neurons that vanish on a wall, as ``("neuron", layer, i)``."""
        return tuple(self._label(neuron) for neuron in self.neurons_on(wall))

    def _label(self, neuron: int) -> NeuronLabel:
        offsets = np.asarray(self.regions.network.layer_offsets)
        layer = int(np.searchsorted(offsets, neuron, side="right")) - 1
        return ("neuron", layer, int(neuron - offsets[layer]))

    @property
    def layers(self) -> Indices:
        """The layer of each wall's first neuron, shape (n_walls,)."""
        offsets = np.asarray(self.regions.network.layer_offsets)
        found: Indices = np.searchsorted(offsets, self.neurons, side="right") - 1
        return found

    def areas(
        self,
        clip: HPolytope | None = None,
        accuracy: float = 1e-7,
        progress: Callable[[int, float], None] | None = None,
        n_workers: int | None = None,
    ) -> NDArray[np.float64]:
        """Measure every wall: its (d - 1)-volume, that is, a length in R^2 and an area in R^3.

        Parameters
        ----------
        clip : HPolytope, optional
            Measure only what lies in the interior of this polytope; walls that miss it have area 0.
        accuracy : float
            The largest relative error. Where the bounds on rounding errors exceed it, the area comes from rational
            arithmetic.
        progress : callable, optional
            Called several times a second as ``progress(n_regions, fraction_done)``.
        n_workers : int, optional
            Threads; all cores by default.

        Returns
        -------
        ndarray of float64, shape (n_walls,)
            inf where a wall is unbounded. In R^1 walls are points, of area 1.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C: the areas of some walls alone would be of little use.

        Examples
        --------
        The three lines x = 0, y = 0 and x + y = 1, in the square of side 4 around the origin:

        >>> import polytope_engine as pe
        >>> net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
        >>> walls = pe.enumerate_regions(net).walls()
        >>> walls.areas(clip=pe.box(-2, 2, dimension=2)).sum()    # 8 + 3 sqrt(2)
        np.float64(12.24264...)
        """
        from polytope_engine.complexes.wall_areas import wall_areas

        return wall_areas(self, clip, accuracy, progress, n_workers)

    def facet(self, wall: int) -> Facet:
        """The wall as a facet of the first of its regions, exactly."""
        first, label = int(self.pairs[wall, 0]), self.labels(wall)[0]
        return next(facet for facet in self.regions[first].facets() if label in facet.labels)

    # -- how the output changes ----------------------------------------------------------------

    def jumps(self, output: int | None = None, progress: Progress | None = None) -> Jumps:
        """Compare the Jacobians of the output on both sides of each wall.

        Parameters
        ----------
        output : int, optional
            One output, counted from 0; by default all of them, as one matrix.
        progress : callable, optional
            Called as ``progress(n_walls, fraction_done)``.

        Returns
        -------
        Jumps
            Norms of the jumps, cosine similarities, and ratios of nonlinearity, as columns.

        References
        ----------
        X. Zhang, D. Wu, "Empirical Studies on the Properties of Linear Regions in Deep Neural Networks", ICLR 2020,
        arXiv:2001.01072.

        Examples
        --------
        |x| jumps from -1 to 1:

        >>> import polytope_engine as pe
        >>> regions = pe.enumerate_regions(pe.ReLUNetwork([([[1], [-1]], [0, 0]), ([[1, 1]], [0])]))
        >>> found = regions.walls().jumps()
        >>> found.norms, found.cosines, found.nonlinearity
        (array([2.]), array([-1.]), array([1.]))
        """
        from polytope_engine.complexes.jumps import jumps

        return jumps(self, output, progress)

    def similarity_by_distance(
        self, region: int, output: int | None = None, progress: Progress | None = None
    ) -> SimilarityByDistance:
        """Compare the Jacobian on one region to those on all others, by distance in the graph of regions.

        Parameters
        ----------
        region : int
            The index of the region.
        output : int, optional
            One output, counted from 0; by default all of them, as one matrix.
        progress : callable, optional
            Called as ``progress(n_regions, fraction_done)``.

        Returns
        -------
        SimilarityByDistance
            Mean cosine similarity and mean difference at each distance.

        References
        ----------
        X. Zhang, D. Wu, "Empirical Studies on the Properties of Linear Regions in Deep Neural Networks", ICLR 2020,
        arXiv:2001.01072, who call it the relevance of surrounding regions.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> regions = pe.enumerate_regions(pe.ReLUNetwork([([[1], [1], [1]], [0, -1, -2]), ([[1, -2, 2]], [0])]))
        >>> print(regions.walls().similarity_by_distance(regions.locate([0.5])))
        distance    regions  mean cosine  mean difference
               0          1       1.0000                0
               1          2      -1.0000              1.5
               2          1       1.0000                0
        """
        from polytope_engine.complexes.jumps import similarity_by_distance

        return similarity_by_distance(self, region, output, progress)

    def total_gradient_variation(
        self,
        output: int | None = None,
        clip: HPolytope | None = None,
        progress: Progress | None = None,
    ) -> float:
        """Add up, over all walls, the norm of the Jacobian's jump times the area of the wall.

        It is the total variation of the Jacobian in the domain, as long as the set is complete.

        Parameters
        ----------
        output : int, optional
            One output, counted from 0; by default all of them, as one matrix.
        clip : HPolytope, optional
            Count only what lies in this bounded polytope.
        progress : callable, optional
            Called as ``progress(n_done, fraction_done)``, once through for areas and once for jumps.

        Raises
        ------
        UnboundedError
            If the domain is unbounded, and so is the clip.

        Examples
        --------
        relu(x) jumps by 1 along a segment of length 2:

        >>> import polytope_engine as pe
        >>> net = pe.ReLUNetwork([([[1, 0]], [0]), ([[1]], [0])])
        >>> pe.enumerate_regions(net, pe.box(-1, 1, dimension=2)).walls().total_gradient_variation()
        2.0
        """
        from polytope_engine.complexes.jumps import total_gradient_variation

        return total_gradient_variation(self, output, clip, progress)


def checked_complete(walls: Walls) -> Walls:
    """Return walls, if none is missing.

    Raises
    ------
    InvalidArgumentError
        If the search for them was interrupted.
    """
    if not walls.is_complete:
        raise InvalidArgumentError(
            "`walls` lacks some, because the search for them was interrupted; find them again with `regions.walls()`."
        )
    return walls


def _read_only(array: Any) -> Indices:
    view: Indices = np.ascontiguousarray(array, dtype=np.int64).view()
    view.flags.writeable = False
    return view
