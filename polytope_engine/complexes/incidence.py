"""Which sign cells lie in the closure of which others, read off their sign vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polytope_engine.regions.point_location import SignIndex

Signs = NDArray[np.int8]
Indices = NDArray[np.int64]
Pairs = tuple[Indices, Indices]

_SIGNS_AT_ONCE = 2**25
_PRODUCTS_AT_ONCE = 2**23


def ordered_pairs(lower: Signs, upper: Signs) -> Pairs:
    """Find all pairs of a lower and an upper sign vector that agree wherever the lower one is not zero.

    Parameters
    ----------
    lower, upper : ndarray of int8, shape (n, N) and (m, N)
        Entries -1, 0 and +1. No two rows of `upper` are equal, and no row is in both.

    Returns
    -------
    Two arrays of int64, of one length
        Rows of `lower` and of `upper`, in lexicographic order.

    Notes
    -----
    Sign vectors of cells F and G are ordered in this way if and only if F lies in the closure of G. On the
    segment from a point of F to one of G all neurons are affine and, if the vectors agree where that of F is not
    zero, have the signs of G on all of it but its first point: by induction over the layers, for such a neuron
    begins at zero or with the sign that it ends with. Conversely, what is positive or negative at a limit of
    points of G is so near it.

    Pairs that differ in one entry, which are all there are between cells of successive dimensions in general
    position, are looked up: n z searches for vectors with z zeros each. The others are found where a product of
    sign vectors counts all entries of the lower one that are not zero, in blocks of matrices: n m N additions and
    multiplications, in floats, but of integers below 2^24.

    Examples
    --------
    The point 0 on the line, of two neurons that both vanish there, and the two rays:

    >>> ordered_pairs(np.array([[0, 0]], dtype=np.int8), np.array([[-1, 1], [1, -1]], dtype=np.int8))
    (array([0, 0]), array([0, 1]))
    """
    lower, upper = _without_copies(lower, upper)
    found = [*_one_apart(lower, upper), *_further_apart(lower, upper)]
    rows = np.concatenate([rows for rows, _ in found]) if found else np.zeros(0, dtype=np.int64)
    columns = np.concatenate([columns for _, columns in found]) if found else np.zeros(0, dtype=np.int64)
    order = np.lexsort((columns, rows))
    return rows[order], columns[order]


def _without_copies(lower: Signs, upper: Signs) -> tuple[Signs, Signs]:
    """The columns without those that repeat another one, or its negative, or say nothing."""
    signs = np.concatenate([lower, upper])
    if not signs.size:
        return lower, upper
    first = np.take_along_axis(signs, (signs != 0).argmax(axis=0)[np.newaxis], axis=0)
    columns = np.ascontiguousarray((signs * first).T)
    _, kept = np.unique(columns.view(f"V{columns.shape[1]}").ravel(), return_index=True)
    kept = kept[(first[0, kept] != 0)]
    return lower[:, np.sort(kept)], upper[:, np.sort(kept)]


def _one_apart(lower: Signs, upper: Signs) -> list[Pairs]:
    """The pairs that differ in one entry."""
    index = SignIndex(upper)
    rows, columns = np.nonzero(lower == 0)
    at_once = max(1, _SIGNS_AT_ONCE // max(1, lower.shape[1]))
    found = []
    for start in range(0, len(rows), at_once):
        part = slice(start, start + at_once)
        asked = lower[rows[part]]
        for sign in (-1, 1):
            asked[np.arange(len(asked)), columns[part]] = sign
            places = index.find(asked)
            is_there = places >= 0
            found.append((rows[part][is_there].astype(np.int64), places[is_there]))
    return found


def _further_apart(lower: Signs, upper: Signs) -> list[Pairs]:
    """The pairs that differ in more entries than one, by matrix products; only where the zeros leave room for them."""
    n_zeros_below, n_zeros_above = (lower == 0).sum(axis=1), (upper == 0).sum(axis=1)
    found = []
    for n_zeros in np.unique(n_zeros_below):
        below = np.flatnonzero(n_zeros_below == n_zeros)
        above = np.flatnonzero(n_zeros_above <= n_zeros - 2)
        factors = upper[above].astype(np.float32)
        at_once = max(1, _PRODUCTS_AT_ONCE // max(1, len(above)))
        for start in range(0, len(below) if len(above) else 0, at_once):
            part = below[start : start + at_once]
            n_equal = lower[part].astype(np.float32) @ factors.T
            i, j = np.nonzero(n_equal == lower.shape[1] - n_zeros)
            found.append((part[i].astype(np.int64), above[j].astype(np.int64)))
    return found
