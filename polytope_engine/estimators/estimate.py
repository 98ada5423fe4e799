"""What an estimator answers with, and the normal interval that several of them share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Z_95 = 1.959963984540054
"""The 97.5 % quantile of the standard normal law: half the width of a 95 % interval, in standard errors."""


@dataclass(frozen=True, eq=False, repr=False)
class Estimate:
    """A number that a sample suggests, with what it estimates and how far it may be trusted.

    Attributes
    ----------
    name : str
        Of the estimator.
    value : float
        The estimate.
    interval : tuple of two floats, or None
        A 95 % confidence interval, as far as the estimator's assumptions hold; None where no source gives one.
    n_samples : int
        How many points, lines or steps it rests on.
    definition : str
        What is estimated; for numbers of regions, by which definition.
    bias : str
        What is known of its bias.
    source : str
        Paper and formula.
    standard_error : float or None
        As estimated from the sample.
    details : mapping of str to anything
        Further numbers; each estimator says which.

    Examples
    --------
    >>> Estimate("mean", 4.0, (3.0, 5.0), 25, "the mean", "unbiased", "folklore")
    <Estimate mean: 4 in [3, 5] from 25 samples>
    """

    name: str
    value: float
    interval: tuple[float, float] | None
    n_samples: int
    definition: str
    bias: str
    source: str
    standard_error: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def __float__(self) -> float:
        return float(self.value)

    def contains(self, value: float) -> bool:
        """Whether a value lies in the interval; without an interval, False."""
        return self.interval is not None and self.interval[0] <= value <= self.interval[1]

    def __repr__(self) -> str:
        return f"<Estimate {self.name}: {self._numbers()}>"

    def __str__(self) -> str:
        lines = [
            f"{self.name}: {self._numbers()}",
            f"  estimates  {self.definition}",
            f"  bias       {self.bias}",
            f"  source     {self.source}",
        ]
        return "\n".join(lines)

    def _numbers(self) -> str:
        within = "" if self.interval is None else f" in [{self.interval[0]:.6g}, {self.interval[1]:.6g}]"
        plural = "" if self.n_samples == 1 else "s"
        return f"{self.value:.6g}{within} from {self.n_samples:,} sample{plural}"


def normal_interval(
    value: float, standard_error: float, low: float = -math.inf, high: float = math.inf
) -> tuple[float, float]:
    """The 95 % interval of a normal law, cut to [low, high].

    Examples
    --------
    >>> low, high = normal_interval(10.0, 1.0)
    >>> round(low, 6), round(high, 6)
    (8.040036, 11.959964)
    """
    reach = Z_95 * standard_error
    return max(low, value - reach), min(high, value + reach)


def at_least(certain: float, interval: tuple[float, float]) -> tuple[float, float]:
    """An interval without what is below a number that is certain: regions that were met exist.

    Examples
    --------
    >>> at_least(7, (6.5, 8.0)), at_least(7, (2.0, 6.0))
    ((7.0, 8.0), (7.0, 7.0))
    """
    low, high = interval
    return max(float(certain), low), max(float(certain), high)
