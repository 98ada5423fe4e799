"""Angles between the facets of regions."""

from __future__ import annotations

from dataclasses import dataclass
from math import gamma, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.kernels import search_state as state
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.arguments import check_progress
from polytope_engine.regions.cell_measuring import CellMeasurer, Task
from polytope_engine.regions.cell_walk import CellWalk, Rows, checked_clip, clipped, selected
from polytope_engine.regions.facet_normals import FacetNormals, facet_normals, lift_of
from polytope_engine.regions.measured import Progress
from polytope_engine.regions.region_set import RegionSet
from polytope_engine.regions.working_space import working_space

FloatArray = NDArray[np.float64]
# From here on gamma functions are replaced by their asymptotics, before they overflow.
_LARGE = 300
# Cosines this close below the edge of a bin are taken to lie on it.
_ON_EDGE = 1e-9
_MOST_PAIRS = 1 << 20


@dataclass(frozen=True, eq=False)
class NormalAngles:
    """Histograms of |cos| of the angle between the normals of two facets of one region.

    Attributes
    ----------
    edges : float64 array, shape (n_bins + 1,)
        Ends of the bins, from 0 (orthogonal) to 1 (parallel).
    within : int64 array, shape (n_layers, n_bins)
        Pairs of facets of one layer, for each hidden layer.
    across : int64 array, shape (n_bins,)
        Pairs of facets of two different layers.
    sums : float64 array, shape (n_layers + 1,)
        Sum of |cos| over the pairs within each layer, then across layers.
    n_looked_at : int
        Regions looked at.
    n_regions : int
        Regions there are to look at: those of the set, without those that miss the clip.
    dimension : int
        d.
    clip : HPolytope or None
        What each region was cut to before.
    is_complete : bool
        Whether the run reached every region that it was to look at.
    """

    edges: FloatArray
    within: NDArray[np.int64]
    across: NDArray[np.int64]
    sums: FloatArray
    n_looked_at: int
    n_regions: int
    dimension: int
    clip: HPolytope | None
    is_complete: bool

    @property
    def means_within(self) -> list[float | None]:
        """Mean of |cos| over the pairs within each hidden layer; None where there is no pair."""
        return [_ratio(total, n) for total, n in zip(self.sums, self.within.sum(axis=1), strict=False)]

    @property
    def mean_within(self) -> float | None:
        """Mean of |cos| over all pairs of facets of one layer; None if there is no pair."""
        return _ratio(self.sums[:-1].sum(), self.within.sum())

    @property
    def mean_across(self) -> float | None:
        """Mean of |cos| over all pairs of facets of two layers; None if there is no pair."""
        return _ratio(self.sums[-1], self.across.sum())

    @property
    def mean_of_random_directions(self) -> float:
        """Mean of |cos| for two independent random directions of R^d."""
        d = self.dimension
        return gamma(d / 2) / (sqrt(pi) * gamma((d + 1) / 2)) if d < _LARGE else sqrt(2 / (pi * d))


def normal_angles(
    regions: RegionSet,
    n_bins: int = 20,
    clip: HPolytope | None = None,
    *,
    n_sampled: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> NormalAngles:
    """Collect the angles between the normals of the facets of each region.

    Parameters
    ----------
    regions : RegionSet
        Regions of a network.
    n_bins : int
        Number of bins of |cos|, of equal width in [0, 1]. What lies on an edge goes to the bin above.
    clip : HPolytope, optional
        Cut every region to this first. Facets on its boundary are left out.
    n_sampled : int, optional
        Look at so many regions, drawn at random without repetition; all by default, or if there are fewer. Those
        drawn that miss the clip are not looked at.
    seed : int
        Of that draw.
    progress : callable, optional
        Called several times a second as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    NormalAngles

    Raises
    ------
    InvalidArgumentError
        If an argument is not what it must be.

    Notes
    -----
    A facet belongs to the layer of the first neuron that vanishes on it. Facets on the boundary of the domain
    are left out. A pair of neurons counts once for each region on which both have a facet. Which rows are facets is
    decided exactly; the cosines are floats, right to 1e-9, and one that is closer than that below an edge of two
    bins is taken to lie on it. Ctrl-C ends the run with what it has.

    References
    ----------
    X. Zhang, D. Wu, "Empirical Studies on the Properties of Linear Regions in Deep Neural Networks", ICLR 2020,
    arXiv:2001.01072, where orthogonal normals are a finding about batch normalization.

    Examples
    --------
    Two axes, and a diagonal of the second layer in the one region where both neurons are active:

    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, -1]], [0]), ([[1]], [0])])
    >>> angles = pe.statistics.normal_angles(pe.enumerate_regions(net), n_bins=4)
    >>> angles.within.tolist(), angles.across.tolist()
    ([[3, 0, 0, 0], [0, 0, 0, 0]], [0, 0, 2, 0])
    >>> round(angles.mean_across, 9), round(angles.mean_of_random_directions, 9)
    (0.707106781, 0.636619772)
    """
    _check_positive("n_bins", n_bins)
    if n_sampled is not None:
        _check_positive("n_sampled", n_sampled)
    check_progress(progress, "n_regions")
    domain, meets = clipped(regions, checked_clip(regions.network, clip))
    n, network = len(regions), regions.network
    is_chosen = np.ones(n, dtype=np.bool_)
    if n_sampled is not None and n_sampled < n:
        is_chosen[:] = False
        is_chosen[np.random.default_rng(seed).choice(n, n_sampled, replace=False)] = True
    space = working_space(network, domain) if meets and network.n_neurons and n else None
    shape = network.n_hidden_layers + 1, n_bins
    if space is None or space.dimension == 0:
        # No neuron cuts what is left of the domain.
        n_met = n if meets else 0
        batches, n_looked_at, is_complete = [_Batch.empty(shape)], min(n_met, int(is_chosen.sum())), True
    else:
        n_domain_rows = 0 if regions.domain is None else regions.domain.n_rows
        task = Task(
            network, domain, n_domain_rows, space, ("n_facets",), "pulling", exact=False, accuracy=1.0
        )
        batches, lift = [_Batch.empty(shape)], lift_of(task)

        def look(measurer: CellMeasurer, rows: Rows, cells: state.Cells) -> _Batch:
            chosen = selected(cells, is_chosen[rows])
            return _histogram(facet_normals(measurer, lift, chosen), *shape)

        walk = CellWalk(regions, task, look, lambda _, batch: batches.append(batch), progress)
        walk.walk()
        n_met, is_complete = walk.n_done, walk.is_finished
        n_looked_at = sum(batch.n_regions for batch in batches)
    counts = np.sum([batch.counts for batch in batches], axis=0)
    return NormalAngles(
        edges=np.linspace(0.0, 1.0, n_bins + 1),
        within=counts[:-1],
        across=counts[-1],
        sums=np.sum([batch.sums for batch in batches], axis=0),
        n_looked_at=n_looked_at,
        n_regions=n if clip is None else n_met,
        dimension=network.input_dim,
        clip=clip,
        is_complete=is_complete,
    )


@dataclass(frozen=True, eq=False)
class _Batch:
    """The histograms of a few regions: pairs within each layer, then across layers."""

    counts: NDArray[np.int64]
    sums: FloatArray
    n_regions: int

    @staticmethod
    def empty(shape: tuple[int, int]) -> _Batch:
        return _Batch(np.zeros(shape, dtype=np.int64), np.zeros(shape[0]), 0)


def _histogram(facets: FacetNormals, n_kinds: int, n_bins: int) -> _Batch:
    """Sort the pairs of facets of each region into histograms; regions with as many facets go together."""
    counts = np.zeros(n_kinds * n_bins, dtype=np.int64)
    sums = np.zeros(n_kinds)
    starts = np.cumsum(facets.n_facets) - facets.n_facets
    for m in np.unique(facets.n_facets[facets.n_facets > 1]).tolist():
        first, second = np.triu_indices(m, 1)
        together = np.flatnonzero(facets.n_facets == m)
        for part in np.array_split(together, 1 + len(together) * m * m // _MOST_PAIRS):
            members = starts[part][:, np.newaxis] + np.arange(m)
            normals, layers = facets.normals[members], facets.layers[members]
            cosines = np.abs(normals @ normals.transpose(0, 2, 1))[:, first, second].ravel()
            kinds = np.where(layers[:, first] == layers[:, second], layers[:, first], n_kinds - 1).ravel()
            places = kinds * n_bins + bins_of(cosines, n_bins)
            counts += np.bincount(places, minlength=len(counts))
            sums += np.bincount(kinds, weights=np.minimum(cosines, 1.0), minlength=n_kinds)
    return _Batch(counts.reshape(n_kinds, n_bins), sums, len(facets.n_facets))


def bins_of(cosines: FloatArray, n_bins: int) -> NDArray[np.int64]:
    """Return the bin of each |cos|; what lies on an edge, up to rounding, goes to the bin above.

    Examples
    --------
    >>> bins_of(np.array([0.0, 0.2499, np.sqrt(0.5) ** 2, 1.0]), 4)
    array([0, 0, 2, 3])
    """
    bins = np.minimum(((cosines + _ON_EDGE) * n_bins).astype(np.int64), n_bins - 1)
    return np.asarray(bins, dtype=np.int64)


def random_direction_density(dimension: int, cosines: Any) -> FloatArray:
    """Density of |cos| of the angle between two independent random directions of R^d, d >= 2.

    It is 2 Γ(d/2) / (√π Γ((d-1)/2)) (1 - t²)^((d-3)/2) at t in [0, 1].

    Examples
    --------
    >>> random_direction_density(3, [0.0, 0.5])
    array([1., 1.])
    """
    if dimension < 2:
        raise InvalidArgumentError(
            f"`dimension` is {dimension}, but directions have a density of |cos| from 2 on only."
        )
    t = np.asarray(cosines, dtype=np.float64)
    d = dimension
    factor = gamma(d / 2) / gamma((d - 1) / 2) if d < _LARGE else sqrt(d / 2)
    with np.errstate(divide="ignore"):
        density = 2 / sqrt(pi) * factor * (1 - t * t) ** ((d - 3) / 2)
    return np.asarray(density, dtype=np.float64)


def _check_positive(name: str, number: object) -> None:
    if not isinstance(number, int | np.integer) or isinstance(number, bool) or number < 1:
        raise InvalidArgumentError(f"`{name}` is {number!r}; it must be a positive integer.")


def _ratio(total: Any, n: Any) -> float | None:
    return float(total) / int(n) if n else None
