"""Regions whose closures meet, though perhaps only in a corner."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.components import DisjointSets, in_order_of_appearance
from polytope_engine.regions.region_set import RegionSet

Indices = NDArray[np.int64]
Progress = Callable[[int, float], None]


def join_touching(
    regions: RegionSet,
    classes: Indices,
    labels: Indices,
    pairs: Indices,
    progress: Progress | None = None,
) -> tuple[Indices, int]:
    """Join groups of regions of one class where their closures intersect.

    Parameters
    ----------
    regions : RegionSet
    classes, labels : ndarray of int64, shape (n,)
        The class and the group of each region; a group has one class, and is connected through walls.
    pairs : ndarray of int64, shape (n_walls, 2)
        The regions on both sides of each wall.
    progress : callable, optional
        Called as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    labels : ndarray of int64, shape (n,)
        The groups of groups, numbered in the order of appearance.
    n_exact : int
        Regions whose vertices were found.

    Notes
    -----
    *Closures intersect iff they share a vertex.* The points of the closed domain with one sign vector, the
    domain's rows included, form a relatively open cell. It lies in the closure of a region or misses it, and if it does
    lie there then its closure is a face of the region's. All regions contain the same lines; up to those, faces have
    vertices, and a vertex of a face of two polyhedra is a vertex of both. So it is enough to collect the exact vertices
    of the regions of each class that has several groups.

    *Only regions at the rim of their group matter*, if the set is complete. The regions around a vertex are connected
    through walls that end there, the domain being convex. If there are regions of two groups among them, then on the
    way from one to the other some region of the first group has a wall to a region outside, and so has one of the
    second.
    """
    groups = DisjointSets(int(labels.max(initial=-1)) + 1)
    first = np.unique(labels, return_index=True)[1]
    n_groups = np.bincount(classes[first])
    at_rim = np.full(len(labels), not regions.status.is_complete)
    at_rim[pairs[labels[pairs[:, 0]] != labels[pairs[:, 1]]]] = True
    wanted = np.flatnonzero((n_groups[classes] > 1) & at_rim)
    wanted = wanted[np.argsort(classes[wanted], kind="stable")]
    corners: dict[tuple[int, ...], int] = {}
    current = -1
    for done, k in enumerate(wanted.tolist()):
        if classes[k] != current:
            current = int(classes[k])
            corners.clear()
        group = int(labels[k])
        for vertex in regions[k].polytope.exact.polyhedron.points:
            groups.join(group, corners.setdefault(vertex, group))
        if progress is not None:
            progress(done + 1, (done + 1) / len(wanted))
    roots = np.array([groups.root(k) for k in range(len(groups))], dtype=np.int64)
    return in_order_of_appearance(roots[labels]), len(wanted)
