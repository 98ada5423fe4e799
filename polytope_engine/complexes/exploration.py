"""What a walk from region to region has found."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.walls import Walls
from polytope_engine.regions.outcome import Status, Work
from polytope_engine.regions.region_set import RegionSet

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Signs = NDArray[np.int8]


class Exploration:
    """The regions around a point, with their walls, facets and largest balls.

    Made by :func:`polytope_engine.explore`.

    Parameters
    ----------
    regions : RegionSet
        The n regions, in the order in which they were found; the first one holds the start.
    walls : Walls
        The walls between them.
    distances : ndarray of int64, shape (n,)
        How many walls lie between a region and the first one, on the shortest way; exact, whatever was not found.
    n_neuron_facets, n_domain_facets : ndarray of int64, shape (n,)
        Facets in the interior of the domain, beyond which another region begins, and facets on its boundary; the
        latter -1 where that was not decided.
    chebyshev_radius : ndarray of float64, shape (n,)
        Of a largest ball inside, proven up to a relative error of 1e-9; inf if there are balls of any size, nan
        where neither was proven.
    chebyshev_center : ndarray of float64, shape (n, d)
        The center of one largest ball, of those the nearest to the start where a region contains lines; nan if the
        radius is inf.
    exits : list of n lists of (neurons, signs)
        For each region, the facets that lead to regions which were not visited.
    n_exact : int
        Questions that were decided in rational arithmetic.

    Attributes
    ----------
    regions, walls, distances, n_neuron_facets, n_domain_facets, chebyshev_radius, chebyshev_center, n_exact
        As given; arrays are read-only.
    n_exits : ndarray of int64, shape (n,)
        Facets that lead to regions which were not visited.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.library.generic(5, 2).network
    >>> found = pe.explore(net, [0.1, 0.2], max_regions=4)
    >>> found
    <Exploration: 4 regions within distance 1 in R^2, 3 walls, incomplete>
    >>> found.distances
    array([0, 1, 1, 1])
    >>> pe.explore(net, [0.1, 0.2]).status.is_complete
    True
    """

    def __init__(
        self,
        regions: RegionSet,
        walls: Walls,
        *,
        distances: Indices,
        n_neuron_facets: Indices,
        n_domain_facets: Indices,
        chebyshev_radius: Floats,
        chebyshev_center: Floats,
        exits: list[list[tuple[tuple[int, ...], Signs]]],
        n_exact: int,
    ) -> None:
        self.regions = regions
        self.walls = walls
        self.distances: Indices = _read_only(distances)
        self.n_neuron_facets: Indices = _read_only(n_neuron_facets)
        self.n_domain_facets: Indices = _read_only(n_domain_facets)
        self.chebyshev_radius: Floats = _read_only(chebyshev_radius)
        self.chebyshev_center: Floats = _read_only(chebyshev_center)
        self.n_exits: Indices = _read_only(np.array([len(there) for there in exits], dtype=np.int64))
        self.n_exact = n_exact
        self._exits = exits

    def __len__(self) -> int:
        """The number of regions."""
        return len(self.regions)

    def __repr__(self) -> str:
        n, n_walls = len(self), len(self.walls)
        state = "complete" if self.status.is_complete else "incomplete"
        return (
            f"<Exploration: {n:,} region{'' if n == 1 else 's'} within distance {self.distances.max(initial=0)} in "
            f"R^{self.regions.network.input_dim}, {n_walls:,} wall{'' if n_walls == 1 else 's'}, {state}>"
        )

    @property
    def status(self) -> Status:
        """Why the walk ended; complete if no facet leads to a region that was not visited."""
        return self.regions.status

    @property
    def work(self) -> Work:
        """What the walk cost."""
        return self.regions.work

    @property
    def n_facets(self) -> Indices:
        """All facets of each region, shape (n,); -1 where those on the domain's boundary were not decided."""
        known = self.n_domain_facets >= 0
        return np.where(known, self.n_neuron_facets + self.n_domain_facets, -1)

    def exits(self, region: int) -> tuple[list[tuple[int, ...]], Signs]:
        """The facets of a region that lead to regions which were not visited.

        Parameters
        ----------
        region : int

        Returns
        -------
        neurons : list of k tuples of int
            The neurons that vanish on each of them, by their places in the sign vector.
        sign_vectors : ndarray of int8, shape (k, N)
            The signs of the regions beyond.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> found = pe.explore(pe.library.generic(3, 1).network, [-10.0], max_regions=2)
        >>> found.exits(0), found.exits(1)
        (([], array([], shape=(0, 3), dtype=int8)), ([(1,)], array([[-1,  1,  1]], dtype=int8)))
        """
        there = self._exits[region]
        signs = np.array([signs for _, signs in there], dtype=np.int8)
        return [neurons for neurons, _ in there], signs.reshape(len(there), self.regions.network.n_neurons)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
