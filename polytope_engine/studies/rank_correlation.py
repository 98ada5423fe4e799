"""Spearman's rank correlation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> float | None:
    """Spearman's rank correlation, equal values sharing their mean rank; None if all of x or of y are equal.

    Parameters
    ----------
    x, y : sequence of float, of one length

    Examples
    --------
    >>> rank_correlation([1, 2, 3], [10, 100, 1000]), rank_correlation([1, 2, 3], [3, 2, 1])
    (1.0, -1.0)
    >>> rank_correlation([1, 2, 3], [7, 7, 7]) is None
    True
    """
    from scipy.stats import rankdata

    ranks = [rankdata(values) - (len(values) + 1) / 2 for values in (x, y)]
    squares = [float(r @ r) for r in ranks]
    if not all(squares):
        return None
    return float(ranks[0] @ ranks[1] / np.sqrt(squares[0] * squares[1]))
