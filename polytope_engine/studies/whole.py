"""Searches and measurements that are complete or not at all, lest Ctrl-C within one leave a wrong number in a table.

Elsewhere a search that is interrupted answers with what it found, and says that it is not all. In a study that would be
one more row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.enumeration import count_regions, enumerate_regions
from polytope_engine.regions.region_set import RegionSet


def number_of_regions(network: ReLUNetwork, domain: HPolytope | None = None) -> int:
    """How many regions there are.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> number_of_regions(pe.library.generic(3, 2).network)
    7
    """
    counted = count_regions(network, domain)
    if not counted.status.is_complete:
        raise KeyboardInterrupt
    return counted.n_regions


def all_regions(network: ReLUNetwork, domain: HPolytope | None = None) -> RegionSet:
    """All regions; otherwise as `number_of_regions`."""
    regions = enumerate_regions(network, domain)
    if not regions.status.is_complete:
        raise KeyboardInterrupt
    return regions


def all_volumes(regions: RegionSet) -> NDArray[np.float64]:
    """The volumes of regions; otherwise as `number_of_regions`.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> all_volumes(all_regions(pe.library.hat().network, pe.box(0, 1, dimension=1))).tolist()
    [0.5, 0.5]
    """
    columns = regions.measure("volume")
    if not columns.is_complete:
        raise KeyboardInterrupt
    return np.asarray(columns["volume"], dtype=np.float64)
