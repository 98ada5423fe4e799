"""A box in the kernels' coordinates, rounded outward and inward."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.network.rationals import nearest_float
from polytope_engine.regions.working_space import WorkingSpace

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FloatBox:
    """Bounds of each coordinate.

    Attributes
    ----------
    low, high : ndarray of float64, shape (r,)
        A box that contains the exact one.
    inner_low, inner_high : ndarray of float64, shape (r,)
        A box that the exact one contains.
    error : float
        How far they are apart, at most.
    """

    low: Floats
    high: Floats
    inner_low: Floats
    inner_high: Floats
    error: float

    @classmethod
    def of(cls, space: WorkingSpace) -> FloatBox:
        """The box of a bounded domain.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> from polytope_engine.regions.working_space import working_space
        >>> net = pe.ReLUNetwork([([[1.0]], [0.0]), ([[1.0]], [0.0])])
        >>> box = FloatBox.of(working_space(net, pe.box([Fraction(1, 3)], [1])))
        >>> box.low < box.inner_low, box.high == box.inner_high, 0 < box.error < 1e-15
        (array([ True]), array([ True]), True)
        """
        exact = [
            [bound / Fraction(2) ** int(shift) for bound in bounds]
            for bounds, shift in zip(space.box or [], space.shifts, strict=True)
        ]
        low = np.array([_rounded(bounds[0], -1) for bounds in exact])
        inner_low = np.array([_rounded(bounds[0], 1) for bounds in exact])
        inner_high = np.array([_rounded(bounds[1], -1) for bounds in exact])
        high = np.array([_rounded(bounds[1], 1) for bounds in exact])
        error = max(np.max(inner_low - low, initial=0.0), np.max(high - inner_high, initial=0.0))
        return cls(low, high, inner_low, inner_high, 2 * float(error))

    def contains(self, y: Floats) -> bool:
        """Whether a point is proven to lie strictly inside."""
        return bool(np.all((y > self.inner_low) & (y < self.inner_high)))

    def reach(self, y: Floats, direction: Floats) -> float:
        """How far a ray from a point inside stays inside, about."""
        with np.errstate(all="ignore"):
            ends = np.where(direction > 0, self.inner_high - y, self.inner_low - y) / direction
        return float(np.min(ends[direction != 0], initial=np.inf))

    def without(self, k: int, side: int, width: float) -> FloatBox:
        """The box whose lower (side 1) or upper (side -1) bound in one coordinate is further away."""
        low, high = self.inner_low.copy(), self.inner_high.copy()
        (low if side > 0 else high)[k] -= side * width
        return replace(self, inner_low=low, inner_high=high)


def exact_sides(space: WorkingSpace) -> list[list[Any]]:
    """The sides as integer rows in the kernels' coordinates: for each one the lower, then the upper."""
    rows: list[list[Any]] = []
    for k, (bounds, shift) in enumerate(zip(space.box or [], space.shifts, strict=True)):
        for sign, bound in zip((1, -1), bounds, strict=True):
            scaled = bound / Fraction(2) ** int(shift)
            row = [0] * (space.dimension + 1)
            row[k], row[-1] = sign * scaled.denominator, -sign * scaled.numerator
            rows.append(row)
    return rows


def _rounded(x: Fraction, direction: int) -> float:
    """A float that is not below x (direction 1), or not above (-1)."""
    value = nearest_float(x)
    if (Fraction(value) - x) * direction < 0:
        value = float(np.nextafter(value, direction * np.inf))
    return value
