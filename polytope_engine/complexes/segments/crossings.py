"""Where the neurons of a layer vanish inside the pieces of the layers before, in proven order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from flint import fmpq
from numpy.typing import NDArray

from polytope_engine.complexes.segments.bounds import SLACK, UNIT

FloatArray = NDArray[np.float64]
Indices = NDArray[np.int64]
# Zeros that floats place less well than this on the segment are worked out, so that what follows is sharp.
_VAGUE = 2.0**-20

Roots = Callable[[int, Sequence[int]], list[fmpq]]
Place = Callable[[int, fmpq], float]


class Crossings(NamedTuple):
    """Zeros of a layer's neurons inside pieces, by piece and along it.

    Attributes
    ----------
    piece, neuron : int64 arrays, shape (n,)
        Which neuron vanishes inside which piece.
    share, share_error : float64 arrays, shape (n,)
        Where: the share of the piece before the zero, and a bound on its error.
    is_new : bool array, shape (n,)
        False where the zero is that of the row before, at the same point.
    exact : object array, shape (n,)
        The point on the segment as flint.fmpq where it was worked out, else None.
    n_exact : int
        How many were worked out.
    """

    piece: Indices
    neuron: Indices
    share: FloatArray
    share_error: FloatArray
    is_new: NDArray[np.bool_]
    exact: NDArray[np.object_]
    n_exact: int


def shares(before: FloatArray, after: FloatArray, error: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where affine functions vanish between two points, given the sizes of their values there, of opposite signs.

    With a, b > 0 and errors of at most e, the share a / (a + b) is off by at most e / (a + b - 2 e).

    Parameters
    ----------
    before, after : float64 arrays, shape (n,)
        Absolute values at both ends.
    error : float64 array, shape (n,)
        Bound on the errors of both.

    Returns
    -------
    share, share_error : float64 arrays, shape (n,)
        Between 0 and 1.

    Examples
    --------
    >>> share, error = shares(np.array([1.0]), np.array([3.0]), np.array([0.5]))
    >>> share[0], 0.16 < error[0] < 0.17
    (np.float64(0.25), np.True_)
    """
    with np.errstate(all="ignore"):
        total = before + after
        share = before / total
        bound = (error / (total - 2.0 * error * SLACK)) * SLACK + 8.0 * UNIT
        is_known = (bound >= 0.0) & (bound < 1.0) & np.isfinite(share)
    return np.where(is_known, share, 0.5), np.where(is_known, bound, 1.0)


def ordered(
    piece: Indices,
    neuron: Indices,
    share: FloatArray,
    error: FloatArray,
    length: FloatArray,
    roots: Roots,
    place: Place,
) -> Crossings:
    """Sort zeros by piece and along it; what floats cannot tell apart is compared in rational arithmetic.

    Parameters
    ----------
    piece, neuron, share, error : arrays, shape (n,)
        The zeros, and bounds on the errors of their places.
    length : float64 array, shape (n_pieces,)
        Of every piece.
    roots : callable
        ``roots(piece, neurons)`` are the points where neurons vanish, exactly.
    place : callable
        ``place(piece, t)`` is the share of a piece before a point, rounded from the exact one.
    """
    order = np.lexsort((share, piece))
    piece, neuron, share, error = piece[order], neuron[order], share[order].copy(), error[order].copy()
    n = len(piece)
    exact = np.full(n, None, dtype=object)
    is_new = np.ones(n, dtype=np.bool_)
    if n == 0:
        return Crossings(piece, neuron, share, error, is_new, exact, 0)
    apart = np.ones(n + 1, dtype=np.bool_)
    latest = running_max(share + error, piece)
    earliest = -running_max((error - share)[::-1], piece[::-1])[::-1]
    apart[1:-1] = (piece[1:] != piece[:-1]) | (latest[:-1] < earliest[1:])
    borders = np.flatnonzero(apart)
    is_open = (np.diff(borders) > 1) | (error[borders[:-1]] * length[piece[borders[:-1]]] > _VAGUE)
    n_exact = 0
    for k in np.flatnonzero(is_open).tolist():
        first, last = int(borders[k]), int(borders[k + 1])
        here = int(piece[first])
        members = neuron[first:last].tolist()
        found = roots(here, members)
        n_exact += len(members)
        ranking = [j for _, _, j in sorted(zip(found, members, range(len(members)), strict=True))]
        for row, j in enumerate(ranking, first):
            neuron[row], exact[row] = members[j], found[j]
            is_new[row] = row == first or found[j] != exact[row - 1]
            share[row] = place(here, found[j]) if is_new[row] else share[row - 1]
            error[row] = 2.0 * UNIT
    return Crossings(piece, neuron, share, error, is_new, exact, n_exact)


def running_max(values: FloatArray, piece: Indices) -> FloatArray:
    """The largest value so far within the same piece; rows of a piece stand together."""
    result = values.copy()
    starts = np.flatnonzero(np.diff(piece, prepend=piece[0] - 1))
    longest = int(np.diff(starts, append=len(piece)).max())
    step = 1
    while step < longest:
        is_same = piece[step:] == piece[:-step]
        result[step:] = np.where(is_same, np.maximum(result[step:], result[:-step]), result[step:])
        step *= 2
    return result
