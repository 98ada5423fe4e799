"""How large regions are: their inscribed balls and volumes."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.measured import Progress, are_complete, measured, meets_clip
from polytope_engine.regions.measurements import Measurements
from polytope_engine.regions.region_set import RegionSet

FloatArray = NDArray[np.float64]
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)

# -- inradii ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Inradii:
    """The Chebyshev radii of regions, and of those of given points.

    Attributes
    ----------
    radii : float64 array, shape (n_regions,)
        Radius of a largest ball inside each region, inf where balls of any size fit.
    at_points : float64 array, shape (n_located,), or None
        That of the region of each point; points that are not inside a region that was measured are left out.
    n_outside, n_on_walls, n_missing : int
        Points outside the domain or the clip; on a bent hyperplane; in a region that was not found or not
        measured.
    is_complete : bool
        Whether every region of the network was looked at.
    """

    radii: FloatArray
    at_points: FloatArray | None
    n_outside: int
    n_on_walls: int
    n_missing: int
    is_complete: bool

    @property
    def quantiles(self) -> dict[float, float]:
        """Quantiles 0, 0.05, 0.25, 0.5, 0.75, 0.95 and 1 of the finite radii; empty if there is none."""
        return _quantiles(self.radii)

    @property
    def n_infinite(self) -> int:
        """Number of regions that contain balls of any size."""
        return int(np.isinf(self.radii).sum())

    @property
    def quantiles_at_points(self) -> dict[float, float]:
        """The same quantiles over the points; empty without points."""
        return {} if self.at_points is None else _quantiles(self.at_points)

    @property
    def n_infinite_at_points(self) -> int:
        """Number of points whose region contains balls of any size."""
        return 0 if self.at_points is None else int(np.isinf(self.at_points).sum())


def inradii(
    regions: RegionSet,
    points: Any = None,
    clip: HPolytope | None = None,
    *,
    measurements: Measurements | None = None,
    progress: Progress | None = None,
) -> Inradii:
    """Measure the largest ball inside each region, and inside the regions of data points.

    Parameters
    ----------
    regions : RegionSet
        Regions of a network.
    points : array_like, shape (n_points, d), optional
        Data points. Each counts once, so a region with many of them counts as often.
    clip : HPolytope, optional
        Cut every region to this first; points beyond it count as outside.
    measurements : Measurements, optional
        Columns `n_facets` and `chebyshev_radius` of these regions, measured with this clip.
    progress : callable, optional
        Called several times a second as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    Inradii

    Notes
    -----
    The ball lies in the region cut to the domain. Regions of data points are larger than others as a rule, because
    large regions hold more points; the two distributions are not estimates of one another.

    References
    ----------
    X. Zhang, D. Wu, "Empirical Studies on the Properties of Linear Regions in Deep Neural Networks", ICLR 2020,
    arXiv:2001.01072.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
    >>> regions = pe.enumerate_regions(net, pe.box([-1, -2], [3, 4]))
    >>> balls = pe.statistics.inradii(regions, [[1, 1], [2, 3], [0, 1], [9, 9]])
    >>> sorted(balls.radii.tolist()), balls.at_points, balls.n_on_walls, balls.n_outside
    ([0.5, 0.5, 1.0, 1.5], array([1.5, 1.5]), 1, 1)
    """
    columns = measured(regions, ("n_facets", "chebyshev_radius"), None, clip, measurements, progress)
    all_radii = columns["chebyshev_radius"].astype(np.float64)
    at_points, n_outside, n_on_walls, n_missing = None, 0, 0, 0
    if points is not None:
        where = np.atleast_1d(regions.locate(points))
        if columns.clip is not None and len(where):
            where = np.where(np.atleast_1d(columns.clip.contains(points)), where, -1)
        n_outside, n_on_walls = int((where == -1).sum()), int((where == -2).sum())
        located = where[(where >= 0) & (where < len(all_radii))]
        n_missing = len(where) - len(located) - n_outside - n_on_walls
        at_points = all_radii[located]
    return Inradii(
        radii=all_radii[meets_clip(columns)],
        at_points=at_points,
        n_outside=n_outside,
        n_on_walls=n_on_walls,
        n_missing=n_missing,
        is_complete=are_complete(regions, columns),
    )


# -- volumes ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Volumes:
    """The volumes of regions.

    Attributes
    ----------
    volumes : float64 array, shape (n_regions,)
        inf for unbounded regions.
    of_domain : float
        Volume of the domain, or of its part in the clip.
    is_complete : bool
        Whether every region of the network was looked at.
    """

    volumes: FloatArray
    of_domain: float
    is_complete: bool

    @property
    def total(self) -> float:
        """Sum of all volumes; that of the domain if all regions are there."""
        return fsum(self.volumes.tolist())

    @property
    def n_infinite(self) -> int:
        """Number of regions of infinite volume."""
        return int(np.isinf(self.volumes).sum())

    def share_of_largest(self, n: int = 1) -> float | None:
        """Share of the total volume in the n largest regions; None if the total is infinite or 0.

        Raises
        ------
        InvalidArgumentError
            If n is no integer of at least 1.
        """
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
            raise InvalidArgumentError(f"`n` is {n!r}; it must be a positive integer, a number of regions.")
        if not 0 < self.total < np.inf:
            return None
        return fsum(np.sort(self.volumes)[::-1][:n].tolist()) / self.total

    def n_largest_with(self, share: float) -> int | None:
        """Fewest regions that hold this share of the total volume; None if the total is infinite or 0.

        Raises
        ------
        InvalidArgumentError
            If the share is no number above 0 and at most 1.
        """
        if isinstance(share, bool) or not isinstance(share, float | int | np.floating) or not 0 < share <= 1:
            raise InvalidArgumentError(f"`share` is {share!r}; it must be a number above 0 and at most 1.")
        if not 0 < self.total < np.inf:
            return None
        held = np.cumsum(np.sort(self.volumes)[::-1]) / self.total
        return min(int(np.searchsorted(held, share * (1 - 1e-12))) + 1, len(held))


def volumes(
    regions: RegionSet,
    clip: HPolytope | None = None,
    *,
    measurements: Measurements | None = None,
    progress: Progress | None = None,
) -> Volumes:
    """Measure the volume of each region, and of all of them beside that of the domain.

    Parameters
    ----------
    regions : RegionSet
        Regions of a network.
    clip : HPolytope, optional
        Cut every region to this first.
    measurements : Measurements, optional
        Columns `n_facets` and `volume` of these regions, measured with this clip.
    progress : callable, optional
        Called several times a second as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    Volumes

    Notes
    -----
    Distinct regions do not overlap, so their volumes add up to that of the domain if and only if none is missing.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
    >>> volumes = pe.statistics.volumes(pe.enumerate_regions(net, pe.box([-1, -2], [3, 4])))
    >>> round(volumes.total, 9), round(volumes.of_domain, 9)
    (24.0, 24.0)
    >>> round(volumes.share_of_largest(), 9), volumes.n_largest_with(0.75)
    (0.5, 2)
    """
    columns = measured(regions, ("n_facets", "volume"), None, clip, measurements, progress)
    return Volumes(
        volumes=columns["volume"].astype(np.float64)[meets_clip(columns)],
        of_domain=_volume_of_domain(regions, columns.clip),
        is_complete=are_complete(regions, columns),
    )


def _volume_of_domain(regions: RegionSet, clip: HPolytope | None) -> float:
    """Volume of the domain's part in the clip: that of the one region of a network without neurons."""
    from polytope_engine.regions.enumeration import enumerate_regions

    d = regions.network.input_dim
    one = enumerate_regions(ReLUNetwork([(np.zeros((1, d)), [0.0])]), regions.domain)
    columns = one.measure("volume", clip=clip)
    if not columns.is_complete:
        raise KeyboardInterrupt  # which `measure` took for the end of its columns
    return float(columns["volume"][0])


def _quantiles(values: FloatArray) -> dict[float, float]:
    finite = values[np.isfinite(values)]
    return {q: float(np.quantile(finite, q)) for q in QUANTILES} if len(finite) else {}
