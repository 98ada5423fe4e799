"""How many simplices and facets regions have."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.polytope.triangulation import checked_rule
from polytope_engine.regions.measured import Progress, are_complete, measured, meets_clip
from polytope_engine.regions.measurements import Measurements
from polytope_engine.regions.region_set import RegionSet

# -- simplices ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class SimplicesHistogram:
    """How many simplices the triangulated regions have.

    Attributes
    ----------
    counts : dict of int to int
        Number of simplices to number of bounded regions, in increasing order.
    n_regions : int
        Regions, those left out included, those that miss the clip not.
    n_unbounded : int
        Unbounded regions, which no simplices fill; they are left out.
    rule : str
        How regions were triangulated, "pulling" or "delaunay".
    clip : HPolytope or None
        What each region was cut to before.
    is_complete : bool
        Whether every region of the network was looked at.
    """

    counts: dict[int, int]
    n_regions: int
    n_unbounded: int
    rule: str
    clip: HPolytope | None
    is_complete: bool

    @property
    def n_bounded(self) -> int:
        """Number of regions in the histogram."""
        return sum(self.counts.values())

    @property
    def mean(self) -> Fraction | None:
        """Simplices of a bounded region on average; None if there is none."""
        return _mean(self.counts)

    @property
    def share_of_simplest(self) -> float | None:
        """Share of bounded regions that have the fewest simplices of all; None if there is none."""
        return self.counts[min(self.counts)] / self.n_bounded if self.counts else None

    def share_up_to(self, n_simplices: int) -> float | None:
        """Share of bounded regions that have at most so many simplices; None if there is none."""
        if not self.counts:
            return None
        return sum(n for k, n in self.counts.items() if k <= n_simplices) / self.n_bounded


def simplices_histogram(
    regions: RegionSet,
    rule: str = "pulling",
    clip: HPolytope | None = None,
    *,
    measurements: Measurements | None = None,
    progress: Progress | None = None,
) -> SimplicesHistogram:
    """Count the simplices into which each region is triangulated.

    Parameters
    ----------
    regions : RegionSet
        Regions of a network.
    rule : {"pulling", "delaunay"}
        "pulling": from the lexicographically first vertex, facet by facet; the number depends on the faces and
        the order of the vertices alone. "delaunay": of the vertices, as in the paper; the number depends on
        lengths and angles too.
    clip : HPolytope, optional
        Cut every region to this first; a bounded one leaves no region out.
    measurements : Measurements, optional
        Columns `n_facets` and `n_simplices` of these regions, measured with this rule and clip.
    progress : callable, optional
        Called several times a second as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    SimplicesHistogram

    Raises
    ------
    InvalidArgumentError
        If the rule is none of the two, or `measurements` are not those of these arguments.

    Notes
    -----
    The number of simplices of a polytope is no invariant: a cube has five to six, an irregular one with eight
    vertices up to twelve by the Delaunay rule. So a histogram is stated with its rule and its clip. In the plane
    every rule gives the number of vertices less two.

    References
    ----------
    F.-L. Fan, W. Huang, X. Zhong, L. Ruan, T. Zeng, H. Xiong, F. Wang, "Deep ReLU Networks Have Surprisingly
    Simple Polytopes", arXiv:2305.09145v1 (2023), whose later version counts facets instead.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> histogram = pe.statistics.simplices_histogram(pe.enumerate_regions(net, pe.box(-1, 2, dimension=2)))
    >>> histogram.counts, histogram.share_of_simplest, histogram.mean
    ({1: 3, 2: 3, 3: 1}, 0.42857142857142855, Fraction(12, 7))
    """
    checked_rule(rule)
    columns = measured(regions, ("n_facets", "n_simplices"), rule, clip, measurements, progress)
    is_there = meets_clip(columns)
    simplices = columns["n_simplices"][is_there]
    bounded = simplices[np.isfinite(simplices)].astype(np.int64)
    return SimplicesHistogram(
        counts=_counts(bounded),
        n_regions=int(is_there.sum()),
        n_unbounded=len(simplices) - len(bounded),
        rule=columns.rule,
        clip=columns.clip,
        is_complete=are_complete(regions, columns),
    )


# -- facets -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FacetStatistics:
    """How many facets the regions have.

    Attributes
    ----------
    counts : dict of int to int
        Number of facets to number of regions, in increasing order.
    wall_counts : dict of int to int
        The same for neuron facets alone.
    n_regions : int
        Regions, those that miss the clip not counted.
    n_neuron_facets : int
        Facets of all regions in the interior of the domain (and of the clip): the walls between two
        regions, each counted from both sides.
    n_domain_facets : int
        Facets of all regions on the boundary of the domain or of the clip.
    dimension : int
        d.
    is_complete : bool
        Whether every region of the network was looked at.
    """

    counts: dict[int, int]
    wall_counts: dict[int, int]
    n_regions: int
    n_neuron_facets: int
    n_domain_facets: int
    dimension: int
    is_complete: bool

    @property
    def n_walls(self) -> Fraction:
        """Half the neuron facets: the number of walls between two regions, if all regions are there."""
        return Fraction(self.n_neuron_facets, 2)

    @property
    def mean(self) -> Fraction | None:
        """Facets of a region on average, those on the boundary included; None if there is no region."""
        return _mean(self.counts)

    @property
    def mean_neuron_facets(self) -> Fraction | None:
        """Walls of a region on average, which is its mean number of neighbors, 2 n_walls / n_regions."""
        return Fraction(self.n_neuron_facets, self.n_regions) if self.n_regions else None

    @property
    def twice_dimension(self) -> int:
        """The number 2d, beside which the mean number of walls is stated."""
        return 2 * self.dimension


def facets_per_region(
    regions: RegionSet,
    clip: HPolytope | None = None,
    *,
    measurements: Measurements | None = None,
    progress: Progress | None = None,
) -> FacetStatistics:
    """Count the facets of each region, and average them.

    Parameters
    ----------
    regions : RegionSet
        Regions of a network.
    clip : HPolytope, optional
        Cut every region to this first.
    measurements : Measurements, optional
        Columns `n_facets`, `n_neuron_facets` of these regions, measured with this clip.
    progress : callable, optional
        Called several times a second as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    FacetStatistics

    Notes
    -----
    Each wall is a facet of the two regions that it separates, so in a complete set the neuron facets are
    twice the walls.

    In any convex domain the mean number of walls of a region is at most 2d for networks with one hidden
    layer, and for all networks with d <= 2. For deep networks with d >= 3 it need not be, not even in general
    position: there is a 3-13-8 network with 890 regions whose mean is 2691/445 > 6.

    References
    ----------
    F.-L. Fan, W. Huang, X. Zhong, L. Ruan, T. Zeng, H. Xiong, F. Wang, "Deep ReLU Networks Have Surprisingly
    Simple Polytopes", arXiv:2305.09145v2 (2024).
    K. Fukuda, S. Saito, A. Tamura, T. Tokuyama, "Bounding the number of k-faces in arrangements of
    hyperplanes", Discrete Applied Mathematics 31 (1991), for one hidden layer.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> facets = pe.statistics.facets_per_region(pe.enumerate_regions(net))
    >>> facets.counts, facets.mean, facets.twice_dimension, facets.n_walls
    ({2: 3, 3: 4}, Fraction(18, 7), 4, Fraction(9, 1))
    """
    columns = measured(regions, ("n_facets", "n_neuron_facets"), None, clip, measurements, progress)
    is_there = meets_clip(columns)
    facets, walls = columns["n_facets"][is_there], columns["n_neuron_facets"][is_there]
    n_neuron_facets = int(walls.sum())
    return FacetStatistics(
        counts=_counts(facets),
        wall_counts=_counts(walls),
        n_regions=len(facets),
        n_neuron_facets=n_neuron_facets,
        n_domain_facets=int(facets.sum()) - n_neuron_facets,
        dimension=regions.network.input_dim,
        is_complete=are_complete(regions, columns),
    )


# -- common parts -------------------------------------------------------------------------------


def _counts(values: NDArray[np.int64]) -> dict[int, int]:
    found, n = np.unique(values, return_counts=True)
    return dict(zip(found.tolist(), n.tolist(), strict=True))


def _mean(counts: dict[int, int]) -> Fraction | None:
    n = sum(counts.values())
    return Fraction(sum(k * times for k, times in counts.items()), n) if n else None
