"""How many regions merge into linear regions, and how many of them because a layer is inactive."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.wall_search import all_walls
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.enumeration import enumerate_regions
from polytope_engine.regions.region_set import RegionSet
from polytope_engine.studies.whole import all_measured, whole

MERGING_COLUMNS = {
    "n_regions": "activation regions (R2)",
    "n_open": "linear regions, open connected (R4), of the map to all outputs",
    "n_closed": "the same, closed connected (R5)",
    "n_affine": "distinct affine maps (R6)",
    "n_walls": "walls between two regions",
    "n_merging": "walls between two regions with one affine map",
    "n_merging_inactive": "those of them on both of whose sides a hidden layer is inactive",
    "n_inactive": "regions on which all neurons of some hidden layer are inactive, so that the outputs are constant",
    "n_affine_generic": "regions without such a layer, and one more for each layer that is the last such one "
    "somewhere: the number of affine maps (R6) for almost all weights",
}
"""What `merging_of` counts."""


@dataclass(frozen=True)
class Merging:
    """The numbers of `MERGING_COLUMNS`, and where a layer is inactive.

    Attributes
    ----------
    regions : RegionSet
    numbers : dict of str to int
    is_inactive : bool array, shape (n_regions,)
        Where all neurons of some hidden layer are inactive.
    """

    regions: RegionSet
    numbers: dict[str, int]
    is_inactive: NDArray[np.bool_]

    def inactive_volume(self) -> float:
        """The share of the domain, by volume, on which a hidden layer is inactive; the domain must be bounded."""
        volumes = all_measured(self.regions.measure("volume"))
        return float(volumes["volume"][self.is_inactive].sum() / volumes["volume"].sum())


def merging_of(network: ReLUNetwork, domain: HPolytope | None = None) -> Merging:
    """Count regions, linear regions by each definition, and the walls that they lose.

    Examples
    --------
    >>> from polytope_engine.network import library
    >>> found = merging_of(library.dead_layer().network).numbers
    >>> [found[name] for name in ("n_regions", "n_open", "n_affine", "n_walls", "n_merging", "n_merging_inactive")]
    [4, 1, 1, 4, 4, 4]
    """
    regions = whole(enumerate_regions(network, domain))
    walls = all_walls(regions)
    n_open, n_closed = (len(regions.linear_regions(how, walls=walls)) for how in ("open", "closed"))
    affine = regions.linear_regions("affine", walls=walls)
    last = last_inactive_layer(network, regions.sign_vectors)
    first, second = walls.pairs.T
    merging = affine.labels[first] == affine.labels[second]
    because = merging & (last[first] >= 0) & (last[second] >= 0)
    return Merging(
        regions,
        {
            "n_regions": len(regions),
            "n_open": n_open,
            "n_closed": n_closed,
            "n_affine": len(affine),
            "n_walls": len(merging),
            "n_merging": int(merging.sum()),
            "n_merging_inactive": int(because.sum()),
            "n_inactive": int((last >= 0).sum()),
            "n_affine_generic": int((last < 0).sum()) + len(np.unique(last[last >= 0])),
        },
        last >= 0,
    )


def last_inactive_layer(network: ReLUNetwork, sign_vectors: NDArray[np.int8]) -> NDArray[np.int64]:
    """The last hidden layer all of whose neurons are inactive, counted from 0; -1 where there is none.

    Layers with slopes other than 0 are never inactive.

    Examples
    --------
    >>> network = ReLUNetwork([([[1], [-1]], [0, 0]), ([[1, 1]], [-1]), ([[1]], [0])])
    >>> last_inactive_layer(network, np.array([[1, -1, -1], [1, -1, 1], [0, 0, 1]])).tolist()
    [1, -1, 0]
    """
    last = np.full(len(sign_vectors), -1, dtype=np.int64)
    for layer, (begin, width) in enumerate(zip(network.layer_offsets, network.hidden_widths, strict=True)):
        if not any(network.exact_slopes[layer]):
            last[(sign_vectors[:, begin : begin + width] <= 0).all(axis=1)] = layer
    return last


def expected_inactive_volume(hidden_widths: Sequence[int]) -> float:
    """1 - (1 - 2^-n_1) ... (1 - 2^-n_L): the mean share of a domain's volume on which some hidden layer is inactive.

    Hypotheses: weights and biases independent, symmetric, with a continuous distribution. Given what the layers
    before do at a point, the n_l pre-activations of layer l there are independent, and each is negative with
    probability 1/2. Source: derived here.

    Examples
    --------
    >>> expected_inactive_volume([1]), expected_inactive_volume([2, 1])
    (0.5, 0.625)
    """
    return 1 - math.prod(1 - 0.5**width for width in hidden_widths)
