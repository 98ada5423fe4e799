"""Means of samples, and how sure they are."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence


def standard_error(values: Sequence[float]) -> float | None:
    """The standard error of the mean of independent values: their deviation (n - 1) / sqrt(n); None for a single one.

    Examples
    --------
    >>> standard_error([1, 3]), standard_error([5])
    (1.0, None)
    """
    if len(values) < 2:
        return None
    return statistics.stdev(map(float, values)) / math.sqrt(len(values))


def geometric_mean(ratios: Sequence[float]) -> float:
    """The geometric mean of positive numbers; 0 if one is 0.

    Examples
    --------
    >>> round(geometric_mean([2, 8]), 9), geometric_mean([0, 3])
    (4.0, 0.0)
    """
    if min(ratios) <= 0:
        return 0.0
    return math.exp(statistics.fmean(math.log(ratio) for ratio in ratios))


def with_error(value: float, error: float | None, form: str = ".2f") -> str:
    """A number, with its standard error if there is one.

    Examples
    --------
    >>> with_error(1.5, 0.125), with_error(2, None), with_error(1234.5, 9.6, ",.0f")
    ('1.50 ± 0.12', '2.00', '1,234 ± 10')
    """
    return f"{value:{form}}" if not error else f"{value:{form}} ± {error:{form}}"
