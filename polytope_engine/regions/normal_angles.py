"""Angles between the facets of regions."""

from __future__ import annotations

from dataclasses import dataclass
from math import gamma, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions.measured import Progress
from polytope_engine.regions.region import Region
from polytope_engine.regions.region_set import RegionSet

FloatArray = NDArray[np.float64]
# From here on gamma functions are replaced by their asymptotics, before they overflow.
_LARGE = 300


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
        Regions in the set.
    dimension : int
        d.
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
    n_sampled : int, optional
        Look at so many regions, drawn at random without repetition; all by default, or if there are fewer.
    seed : int
        Of that draw.
    progress : callable, optional
        Called as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    NormalAngles

    Raises
    ------
    InvalidArgumentError
        If a number is not what it must be.

    Notes
    -----
    A facet belongs to the layer of the first neuron that vanishes on it. Facets on the boundary of the domain
    are left out. A pair of neurons counts once for each region on which both have a facet. Which rows are facets is
    decided exactly; the cosines are floats. Ctrl-C ends the run with what it has.

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
    chosen = np.arange(len(regions))
    if n_sampled is not None and n_sampled < len(regions):
        chosen = np.sort(np.random.default_rng(seed).choice(len(regions), n_sampled, replace=False))
    n_layers = regions.network.n_hidden_layers
    counts = np.zeros((n_layers + 1, n_bins), dtype=np.int64)
    sums = np.zeros(n_layers + 1)
    n_looked_at = 0
    try:
        for index in chosen:
            normals, layers = _facet_normals(regions[index])
            add_cosines(normals, layers, counts, sums)
            n_looked_at += 1
            if progress is not None:
                progress(n_looked_at, n_looked_at / len(chosen))
    except KeyboardInterrupt:
        pass
    return NormalAngles(
        edges=np.linspace(0.0, 1.0, n_bins + 1),
        within=counts[:-1],
        across=counts[-1],
        sums=sums,
        n_looked_at=n_looked_at,
        n_regions=len(regions),
        dimension=regions.network.input_dim,
        is_complete=n_looked_at == len(chosen),
    )


def add_cosines(
    normals: FloatArray, layers: NDArray[np.int64], counts: NDArray[np.int64], sums: FloatArray
) -> None:
    """Add the pairs of facets of one region to histograms of |cos|.

    Parameters
    ----------
    normals : float64 array, shape (n_facets, d)
        Of length 1.
    layers : int64 array, shape (n_facets,)
        The layer of each.
    counts : int64 array, shape (n_layers + 1, n_bins)
        Pairs within each layer, then across layers; added to.
    sums : float64 array, shape (n_layers + 1,)
        Sums of |cos|; added to.
    """
    first, second = np.triu_indices(len(normals), 1)
    cosines = np.minimum(np.abs(np.einsum("pk,pk->p", normals[first], normals[second])), 1.0)
    n_bins = counts.shape[1]
    bins = np.minimum((cosines * n_bins).astype(np.int64), n_bins - 1)
    kinds = np.where(layers[first] == layers[second], layers[first], len(counts) - 1)
    np.add.at(counts, (kinds, bins), 1)
    np.add.at(sums, kinds, cosines)


def _facet_normals(region: Region) -> tuple[FloatArray, NDArray[np.int64]]:
    """Unit normals and layers of the facets on which a neuron vanishes, and the domain's boundary is not."""
    facets = [
        (facet.normal, next(label[1] for label in facet.labels if label[0] == "neuron"))
        for facet in region.facets()
        if all(label[0] == "neuron" for label in facet.labels)
    ]
    d = region.regions.network.input_dim
    normals = np.array([normal for normal, _ in facets], dtype=np.float64).reshape(-1, d)
    return normals, np.array([layer for _, layer in facets], dtype=np.int64)


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
