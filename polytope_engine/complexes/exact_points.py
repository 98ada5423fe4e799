"""Rational points as a sequence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import overload

from polytope_engine.exact.rational import Point


class ExactPoints(Sequence[Point]):
    """Rational points, stored as integers over a common denominator; each is a tuple of d Fractions."""

    def __init__(self, homogeneous: Sequence[tuple[int, ...]]) -> None:
        self._homogeneous = homogeneous

    def __len__(self) -> int:
        return len(self._homogeneous)

    @overload
    def __getitem__(self, index: int) -> Point: ...
    @overload
    def __getitem__(self, index: slice) -> ExactPoints: ...
    def __getitem__(self, index: int | slice) -> Point | ExactPoints:
        if isinstance(index, slice):
            return ExactPoints(self._homogeneous[index])
        *numerators, denominator = self._homogeneous[index]
        return tuple(Fraction(x, denominator) for x in numerators)

    def __iter__(self) -> Iterator[Point]:
        return (self[k] for k in range(len(self)))

    def __repr__(self) -> str:
        return f"<ExactPoints: {len(self)}>"
