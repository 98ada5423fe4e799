"""Betti numbers over the field with two elements, from boundary matrices in sparse columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence

Columns = Sequence[Collection[int]]


def betti_numbers(n_cells: Sequence[int], boundaries: Sequence[Columns]) -> tuple[int, ...]:
    """Return the Betti numbers over GF(2) of a complex of cells.

    Parameters
    ----------
    n_cells : sequence of int
        The number of cells of each dimension, from 0.
    boundaries : sequence of sequences of collections of int
        ``boundaries[k][j]`` are the (k - 1)-cells on the boundary of k-cell j; ``boundaries[0]`` is not looked at.

    Returns
    -------
    tuple of int
        The k-th is dim ker - dim im in dimension k: the number of components, of independent loops, of
        enclosed hollows, ...

    Notes
    -----
    The columns are reduced from the highest dimension down. A cell whose row is the lowest entry of a reduced
    column is itself a boundary's leader, so its own column reduces to zero and need not be reduced (the
    "clearing" of Chen and Kerber, 2011).

    Examples
    --------
    A triangle without its inside, and with it:

    >>> edges = [(0, 1), (1, 2), (0, 2)]
    >>> betti_numbers([3, 3], [[], edges])
    (1, 1)
    >>> betti_numbers([3, 3, 1], [[], edges, [(0, 1, 2)]])
    (1, 0, 0)
    """
    ranks = [0] * (len(n_cells) + 1)
    cleared: Collection[int] = ()
    for k in range(len(n_cells) - 1, 0, -1):
        leaders = _leaders(boundaries[k], cleared)
        ranks[k] = len(leaders)
        cleared = leaders
    return tuple(n - ranks[k] - ranks[k + 1] for k, n in enumerate(n_cells))


def _leaders(columns: Columns, cleared: Collection[int]) -> set[int]:
    """The lowest entries of the reduced columns; their number is the rank."""
    reduced: dict[int, set[int]] = {}
    for j, column in enumerate(columns):
        if j in cleared:
            continue
        rest = set(column)
        while rest:
            lowest = max(rest)
            known = reduced.get(lowest)
            if known is None:
                reduced[lowest] = rest
                break
            rest ^= known
    return set(reduced)
