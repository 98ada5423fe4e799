"""Regions whose signs differ in one entry: a rule for adjacency in the literature, and a wrong one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions.region_set import RegionSet

Indices = NDArray[np.int64]


def hamming_pairs(regions: RegionSet) -> Indices:
    """The pairs of regions whose sign vectors differ in exactly one entry.

    Compare `RegionSet.walls`: in deep networks some of these pairs share no facet, and at walls that several neurons
    share, or beyond which a neuron vanishes identically, more than one entry changes.

    Parameters
    ----------
    regions : RegionSet
        n regions of a network with N neurons.

    Returns
    -------
    ndarray of int64, shape (n_pairs, 2)
        The smaller index first; rows in lexicographic order.

    Notes
    -----
    At most N look-ups for each region.

    Examples
    --------
    Five intervals on the line, four of which this rule joins to a cycle:

    >>> import polytope_engine as pe
    >>> regions = pe.enumerate_regions(pe.library.hamming_trap().network)
    >>> len(hamming_pairs(regions)), len(regions.walls())
    (5, 4)
    """
    if not isinstance(regions, RegionSet):
        raise InvalidArgumentError(
            f"`regions` has type {type(regions).__name__}; it must be a RegionSet, as enumerate_regions returns."
        )
    signs = regions.sign_vectors
    found = [np.zeros((0, 2), dtype=np.int64)]
    for neuron in range(signs.shape[1]):
        # Each pair once, from its region with the negative sign. Never does one of the two have the sign 0: where
        # all earlier signs agree, the neuron is one affine function, zero on both regions or on neither.
        rows = np.flatnonzero(signs[:, neuron] < 0)
        changed = signs[rows]
        changed[:, neuron] = 1
        places = regions.sign_index.find(changed)
        pairs = np.column_stack([rows, places])[places >= 0]
        found.append(np.sort(pairs, axis=1))
    pairs = np.concatenate(found)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
