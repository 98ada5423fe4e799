"""Partitions of integers: connected components, disjoint sets, and how their parts are numbered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Indices = NDArray[np.int64]


class DisjointSets:
    """A partition of 0, ..., n - 1 that grows coarser.

    Examples
    --------
    >>> sets = DisjointSets(3)
    >>> sets.join(0, 2)
    >>> sets.root(0) == sets.root(2), sets.root(0) == sets.root(1), len(sets)
    (True, False, 3)
    """

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def __len__(self) -> int:
        """The number of integers."""
        return len(self._parent)

    def root(self, k: int) -> int:
        """The integer that stands for the part of `k`."""
        parent = self._parent
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    def join(self, i: int, j: int) -> None:
        """Make one part of the parts of `i` and `j`."""
        self._parent[self.root(i)] = self.root(j)


def components(n: int, pairs: Indices) -> Indices:
    """The connected component of each of n nodes, numbered in the order of appearance.

    Examples
    --------
    >>> components(4, np.array([[1, 3]]))
    array([0, 1, 2, 1])
    """
    edges = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return in_order_of_appearance(connected_components(edges, directed=False)[1].astype(np.int64))


def in_order_of_appearance(labels: Indices) -> Indices:
    """Number labels anew, from 0, in the order in which they first appear.

    Examples
    --------
    >>> in_order_of_appearance(np.array([7, 3, 7, 5]))
    array([0, 1, 0, 2])
    """
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    numbered: Indices = rank[inverse.ravel()]
    return numbered
