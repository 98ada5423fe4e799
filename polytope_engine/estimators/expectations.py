"""What sampling finds on average, from the exact volumes of all regions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.library.parameters import checked_integer
from polytope_engine.regions.arguments import check_progress

Floats = NDArray[np.float64]
Progress = Callable[[int, float], None]

_ROWS_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class ExpectedPatterns:
    """The law of the number D_n of distinct regions that n uniform points meet.

    Attributes
    ----------
    n_samples : int
        n.
    mean, standard_deviation : float
        Of D_n.
    missing_mass : float
        The expected share of the volume in regions that were not met.
    """

    n_samples: int
    mean: float
    standard_deviation: float
    missing_mass: float


def expected_patterns(volumes: Any, n_samples: int, progress: Progress | None = None) -> ExpectedPatterns:
    """Mean and standard deviation of the number of regions met by uniform points, and the volume they miss.

    With probabilities p_i, the shares of the volumes, and q_i = (1 - p_i)^n: the mean is ``sum (1 - q_i)``, the
    variance ``sum q_i (1 - q_i) + 2 sum_{i<j} ((1 - p_i - p_j)^n - q_i q_j)``, the missing mass ``sum p_i q_i``.

    Parameters
    ----------
    volumes : array_like of float, shape (n_regions,)
        Of all regions, as ``regions.measure("volume")["volume"]`` gives them; finite, not negative, not all 0.
    n_samples : int
        The number of points.
    progress : callable, optional
        Called as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    ExpectedPatterns

    Raises
    ------
    InvalidArgumentError
        If the volumes are none.

    Notes
    -----
    Time grows with the square of the number of different volumes.

    Examples
    --------
    The lines x = 0, y = 0 and x + y = 1 in the square of side 4 around the origin:

    >>> found = expected_patterns([0.5, 3.5, 4, 0.5, 3.5, 0.5, 3.5], 10)
    >>> round(found.mean, 6), round(found.standard_deviation, 6)
    (4.505648, 0.826742)
    """
    p = _shares(volumes)
    n = checked_integer("n_samples", n_samples, 1)
    check_progress(progress, "n_regions")
    if len(p) == 1:
        return ExpectedPatterns(n, 1.0, 0.0, 0.0)
    p, times = np.unique(p, return_counts=True)
    rest = 1 - p
    if times[-1] == 1:
        rest[-1] = times[:-1] @ p[:-1]  # which 1 - p forgets, if a single region is nearly all
    logs_of_rest = np.where(p < 0.5, np.log1p(-np.minimum(p, 0.5)), np.log(rest))
    q = np.exp(n * logs_of_rest)
    mean = float(times @ -np.expm1(n * logs_of_rest))
    variance = float(times @ (q * (1 - q)))
    odds, step = p / rest, max(_ROWS_AT_ONCE // len(p), 1)
    for start in range(0, len(p), step):
        rows = slice(start, start + step)
        with np.errstate(divide="ignore"):
            logs = np.log1p(-np.minimum(np.outer(odds[rows], odds), 1.0))
        pairs = np.outer(q[rows], q) * np.expm1(n * logs)
        number = np.outer(times[rows], times).astype(np.float64)
        own = np.arange(start, min(start + step, len(p)))
        number[own - start, own] -= times[rows]
        variance += float((number * pairs).sum())
        if progress is not None:
            progress(len(p), min((start + step) / len(p), 1.0))
    return ExpectedPatterns(n, mean, float(np.sqrt(max(variance, 0.0))), float(times @ (p * q)))


def expected_inverse_volume(volumes: Any) -> tuple[float, float]:
    """Mean and standard deviation of vol(K) / vol(cell(x)) at one uniform point x of K, the union of the cells.

    The mean is the number R of regions, the variance ``vol(K) sum 1/vol_i - R^2``.

    Examples
    --------
    >>> mean, sd = expected_inverse_volume([1, 3])
    >>> mean, round(sd, 6)
    (2.0, 1.154701)
    """
    p = _shares(volumes)
    return float(len(p)), float(np.sqrt(max(float((1 / p).sum()) - len(p) ** 2, 0.0)))


def _shares(volumes: Any) -> Floats:
    array = np.asarray(volumes)
    if array.ndim == 1 and array.dtype.kind in "iufO":
        array = array.astype(np.float64)
        if len(array) and np.all(np.isfinite(array)) and np.all(array >= 0) and array.max() > 0:
            array = array[array > 0]
            array /= array.max()  # so that sums do not overflow
            shares: Floats = array / array.sum()
            return shares
    raise InvalidArgumentError(
        "`volumes` must be a sequence of finite numbers from 0, not all 0: the volumes of the regions in a bounded "
        'domain, as regions.measure("volume")["volume"].'
    )
