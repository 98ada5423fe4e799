"""Which of many affine maps are equal: floats tell most apart, rational arithmetic decides the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.components import in_order_of_appearance
from polytope_engine.complexes.output_maps import Floats, Indices, OutputMaps

Progress = Callable[[int, float], None]

_N_COMBINATIONS = 4
_UNIT = 2.0**-52


class MapClasses(NamedTuple):
    """The classes of equal maps.

    Attributes
    ----------
    class_of : ndarray of int64, shape (n,)
        The class of each cell, numbered from 0 in the order of the first cell that has it.
    n_exact : int
        Maps that were compared in rational arithmetic.
    """

    class_of: Indices
    n_exact: int


def equal_maps(maps: OutputMaps, progress: Progress | None = None) -> MapClasses:
    """Sort cells by their affine output map, exactly.

    Parameters
    ----------
    maps : OutputMaps
    progress : callable, optional
        Called as ``progress(n_keys_done, fraction_done)``.

    Notes
    -----
    Each distinct key gives a few random combinations of its map's entries, with bounds of their errors. Maps whose
    intervals for some combination do not meet, not even through a chain of others, are different. What remains
    together is compared entry by entry: as floats if the network is such that nothing is ever rounded, else in
    rational arithmetic.

    Examples
    --------
    The hat: zero on both sides, two slopes between.

    >>> import polytope_engine as pe
    >>> regions = pe.enumerate_regions(pe.library.hat().network)
    >>> found = equal_maps(OutputMaps(regions.network, regions.sign_vectors))
    >>> len(set(found.class_of.tolist())), len(regions)
    (3, 4)
    """
    n = len(maps)
    values, errors = _combinations(maps, progress)
    groups = clusters(values - errors, values + errors)
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    sizes = np.diff(starts, append=n)
    labels = groups.copy()
    n_exact = 0
    n_labels = len(starts)
    for start, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
        members = order[start : start + size]
        found = _compared(maps, members)
        labels[members] = np.where(found == 0, groups[members], n_labels - 1 + found)
        n_labels += int(found.max())
        n_exact += 0 if maps.is_exact_in_floats else size
        if progress is not None:
            progress(start + size, 0.5 + 0.5 * (start + size) / n)
    if progress is not None:
        progress(n, 1.0)
    return MapClasses(in_order_of_appearance(labels[maps.key_of]), n_exact)


def _combinations(maps: OutputMaps, progress: Progress | None) -> tuple[Floats, Floats]:
    """Random combinations of each map's entries, and bounds of their errors; shape (n_keys, n_combinations)."""
    size = maps.shape[0] * maps.shape[1]
    R = np.random.default_rng(0).uniform(0.5, 1.0, (size, _N_COMBINATIONS))
    gamma = (size + 8) * _UNIT
    values = np.empty((len(maps), _N_COMBINATIONS))
    errors = np.empty((len(maps), _N_COMBINATIONS))
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for part, V, E in maps.chunks():
            flat, error = V.reshape(len(V), size), E.reshape(len(V), size)
            values[part] = flat @ R
            errors[part] = ((error + gamma * np.abs(flat)) @ R) * (1 + gamma) + 2.0**-1030
            if progress is not None:
                progress(part.stop, 0.5 * part.stop / len(maps))
        lost = ~(np.isfinite(values) & np.isfinite(errors))
    values[lost], errors[lost] = 0.0, np.inf
    return values, errors


def clusters(low: Floats, high: Floats) -> NDArray[np.int64]:
    """Divide boxes into groups such that boxes of different groups do not meet.

    Parameters
    ----------
    low, high : ndarray, shape (n, n_coordinates)
        Closed boxes.

    Returns
    -------
    ndarray of int64, shape (n,)
        The group of each box, from 0.

    Notes
    -----
    Coordinate after coordinate, each group falls apart where its intervals leave a gap; repeated until nothing
    changes. The bounds are made in floats, so a gap of rounding errors must not count: intervals are widened by one
    unit in the last place on both sides.

    Examples
    --------
    >>> clusters(np.array([[0.0], [5.0], [1.0]]), np.array([[2.0], [6.0], [3.0]]))
    array([0, 1, 0])
    """
    n, n_coordinates = low.shape
    low, high = np.nextafter(low, -np.inf), np.nextafter(high, np.inf)
    groups = np.zeros(n, dtype=np.int64)
    n_groups = min(n, 1)
    while True:
        before = n_groups
        for k in range(n_coordinates):
            groups = _split(groups, low[:, k], high[:, k])
        n_groups = int(groups.max(initial=-1)) + 1
        if n_groups in (before, n):
            return groups


def _split(groups: Indices, low: Floats, high: Floats) -> Indices:
    """Split each group where intervals leave a gap."""
    n = len(groups)
    if not n:
        return groups
    order = np.lexsort((low, groups))
    ordered = groups[order]
    # The largest upper end so far within the group: by rank, so that one running maximum serves all groups.
    by_high = np.argsort(high[order], kind="stable")
    rank = np.empty(n, dtype=np.int64)
    rank[by_high] = np.arange(n)
    reach = np.maximum.accumulate(ordered * n + rank) % n
    is_new = np.ones(n, dtype=bool)
    is_new[1:] = (ordered[1:] != ordered[:-1]) | (low[order][1:] > high[order][by_high[reach[:-1]]])
    split = np.empty(n, dtype=np.int64)
    split[order] = np.cumsum(is_new) - 1
    return split


def _compared(maps: OutputMaps, members: Indices) -> Indices:
    """Number the different maps among some keys, given in increasing order, from 0, exactly."""
    known: dict[object, int] = {}
    found = np.empty(len(members), dtype=np.int64)
    if not maps.is_exact_in_floats:
        for k, key in enumerate(members.tolist()):
            found[k] = known.setdefault(maps.exact(key), len(known))
        return found
    step = maps.keys_at_once
    for start in range(0, len(members), step):
        values, _ = maps.values(members[start : start + step])
        for k, entries in enumerate(values + 0.0):  # there are no negative zeros
            found[start + k] = known.setdefault(entries.tobytes(), len(known))
    return found
