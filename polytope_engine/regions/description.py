"""What the regions of a set look like, in bulk.

Facets, boundedness, Chebyshev radii, and neurons that are dead or always active.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.regions.measured import Progress, measured
from polytope_engine.regions.measurements import Measurements
from polytope_engine.regions.region_set import RegionSet
from polytope_engine.regions.sizes import QUANTILES


@dataclass(frozen=True)
class Description:
    """A summary of the regions of a network.

    Attributes
    ----------
    n_regions : int
        Regions in the set.
    n_described : int
        Regions that the shape figures below rest on: all of them, unless the run was interrupted.
    n_bounded : int
        Bounded regions among those.
    facet_histogram : dict of int to int
        Number of facets to number of regions.
    chebyshev_radius_quantiles : dict of float to float
        Quantiles of the finite Chebyshev radii; empty if there are none.
    n_infinite_chebyshev_radius : int
        Regions that contain balls of any size.
    dead_neurons, always_active_neurons : list of (layer, neuron)
        Neurons that are nowhere positive, or everywhere positive, on the regions of the set.
    """

    n_regions: int
    n_described: int
    n_bounded: int
    facet_histogram: dict[int, int]
    chebyshev_radius_quantiles: dict[float, float]
    n_infinite_chebyshev_radius: int
    dead_neurons: list[tuple[int, int]]
    always_active_neurons: list[tuple[int, int]]


def describe_regions(
    regions: RegionSet, progress: Progress | None = None, *, measurements: Measurements | None = None
) -> Description:
    """Summarize the regions of a set.

    Parameters
    ----------
    regions : RegionSet
        Any set that :func:`enumerate_regions` made, complete or not, or one that was loaded.
    progress : callable, optional
        Called several times a second as ``progress(n_regions, fraction_done)``.
    measurements : Measurements, optional
        Columns `n_facets`, `is_bounded` and `chebyshev_radius` of these regions, measured without a clip.

    Returns
    -------
    Description

    Raises
    ------
    InvalidArgumentError
        If `measurements` lack a column, are not those of these regions, or were made with a clip.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> summary = describe_regions(pe.enumerate_regions(net))
    >>> summary.n_bounded, summary.facet_histogram
    (1, {2: 3, 3: 4})
    """
    if measurements is not None and measurements.clip is not None:
        raise InvalidArgumentError(
            "`measurements` are those of regions cut to a clip, but whole regions are described; measure them "
            "without `clip`."
        )
    names = ("n_facets", "is_bounded", "chebyshev_radius")
    shapes = measured(regions, names, None, None, measurements, progress)
    radii, n_facets = shapes["chebyshev_radius"], shapes["n_facets"]
    finite = radii[np.isfinite(radii)]
    quantiles = {q: float(np.quantile(finite, q)) for q in QUANTILES} if len(finite) else {}
    counts = np.bincount(n_facets) if len(n_facets) else np.zeros(0, dtype=int)
    signs = regions.sign_vectors
    nowhere = np.flatnonzero(~(signs > 0).any(axis=0)) if len(signs) else np.zeros(0, dtype=int)
    everywhere = np.flatnonzero((signs > 0).all(axis=0)) if len(signs) else np.zeros(0, dtype=int)
    return Description(
        n_regions=len(regions),
        n_described=shapes.n_regions,
        n_bounded=int(np.count_nonzero(shapes["is_bounded"])),
        facet_histogram={int(k): int(counts[k]) for k in np.flatnonzero(counts)},
        chebyshev_radius_quantiles=quantiles,
        n_infinite_chebyshev_radius=int(np.count_nonzero(np.isinf(radii))),
        dead_neurons=_places(regions.network, nowhere),
        always_active_neurons=_places(regions.network, everywhere),
    )


def _places(network: ReLUNetwork, neurons: NDArray[np.int64]) -> list[tuple[int, int]]:
    starts = np.array(network.layer_offsets[: len(network.hidden_widths)])
    layers = np.searchsorted(starts, neurons, side="right") - 1
    return [(int(layer), int(i - starts[layer])) for layer, i in zip(layers, neurons, strict=True)]
