"""The walls of a region set: facets that two regions share, as columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.polytope.facet import Facet
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.region_set import RegionSet

Indices = NDArray[np.int64]
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
        Walls about which something was decided in rational arithmetic.
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
        state = "" if self.is_complete else ", incomplete"
        return f"<Walls: {len(self):,} between {len(self.regions):,} regions{state}>"

    def neurons_on(self, wall: int) -> tuple[int, ...]:
        """All neurons that vanish on a wall, by their places in the sign vector."""
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


def _read_only(array: Any) -> Indices:
    view: Indices = np.ascontiguousarray(array, dtype=np.int64).view()
    view.flags.writeable = False
    return view
