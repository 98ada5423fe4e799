"""The regions that a search has found, before they become a set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from polytope_engine.regions.working_space import WorkingSpace

LARGEST = float(np.finfo(np.float64).max)

Point = tuple[Fraction, ...]


@dataclass
class Harvest:
    """Regions in the order in which they were found.

    Attributes
    ----------
    n_regions : int
        How many.
    n_exact : int
        How many of them were verified in rational arithmetic.
    signs : list of int8 arrays
        Their sign vectors, in pieces; none where regions are only counted.
    points : list of float64 arrays
        Their interior points, in pieces, in scaled working coordinates.
    exact_points : dict of int to tuple of Fraction
        Interior points, in input coordinates, that are no floats.
    """

    n_regions: int = 0
    n_exact: int = 0
    signs: list[NDArray[np.int8]] = field(default_factory=list)
    points: list[NDArray[np.float64]] = field(default_factory=list)
    exact_points: dict[int, Point] = field(default_factory=dict)

    @classmethod
    def joined(cls, harvests: Sequence[Harvest]) -> Harvest:
        """One after the other."""
        total = cls()
        for harvest in harvests:
            for index, point in harvest.exact_points.items():
                total.exact_points[total.n_regions + index] = point
            total.signs += harvest.signs
            total.points += harvest.points
            total.n_regions += harvest.n_regions
            total.n_exact += harvest.n_exact
        return total

    def in_input_coordinates(
        self, space: WorkingSpace, input_dim: int, n_neurons: int
    ) -> tuple[NDArray[np.int8], NDArray[np.float64], dict[int, Point]]:
        """Sign vectors, interior points in input coordinates, and the points that are no floats."""
        sign_vectors = np.concatenate([np.zeros((0, n_neurons), dtype=np.int8), *self.signs])
        working = np.concatenate([np.zeros((0, space.dimension)), *self.points])
        exact = dict(self.exact_points)
        with np.errstate(over="ignore"):
            unscaled = np.clip(_scaled(working, space.shifts), -LARGEST, LARGEST)
        lossy = np.flatnonzero((_scaled(unscaled, -space.shifts) != working).any(axis=1))
        for i in lossy:
            if int(i) not in exact:
                scaled = zip(working[i], space.shifts, strict=True)
                exact[int(i)] = full_point(
                    [Fraction(float(x)) * Fraction(2) ** int(s) for x, s in scaled], space, input_dim
                )
        if space.columns == tuple(range(input_dim)):
            return sign_vectors, unscaled, exact
        points = np.zeros((len(working), input_dim))
        points[:, list(space.columns)] = unscaled
        return sign_vectors, points, exact


def _scaled(points: NDArray[np.float64], shifts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Points times powers of two, as by ldexp; a product with a power that is a float is the same, and faster."""
    if np.all(np.abs(shifts) < 1000):
        return points * np.ldexp(1.0, shifts)
    return np.asarray(np.ldexp(points, shifts))


def full_point(point: Sequence[Fraction], space: WorkingSpace, input_dim: int) -> Point:
    """A point of the working space in input coordinates; those that nothing depends on are zero."""
    full = [Fraction(0)] * input_dim
    for k, x in zip(space.columns, point, strict=True):
        full[k] = Fraction(x)
    return tuple(full)
