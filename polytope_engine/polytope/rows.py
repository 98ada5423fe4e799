"""Float rows from integer rows, and exact questions about points, boxes and unit normals."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import inf, isqrt, nextafter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.exact.rational import Row, nearest_floats, row_value
from polytope_engine.network.rationals import ExactArray
from polytope_engine.network.rationals import nearest_floats as nearest_numbers

FloatArray = NDArray[np.float64]
_UNIT_ROUNDOFF = 2.0**-53
_LARGEST = float(np.finfo(np.float64).max)
_SMALLEST_NORMAL = 2.0**-1022


def float_rows(rows: Sequence[Row], dimension: int) -> tuple[FloatArray, FloatArray]:
    """Return `A`, `b` of ``A @ x <= b`` for integer rows ``a . x + b >= 0``, each entry rounded once.

    Each row is scaled by the power of two that brings its largest normal entry into [1, 2).
    """
    A, b = np.empty((len(rows), dimension)), np.empty(len(rows))
    for i, row in enumerate(rows):
        integers = [int(entry) for entry in row]
        largest = max(map(abs, integers[:dimension])) or abs(integers[dimension]) or 1
        unit = 1 << (largest.bit_length() - 1)
        A[i] = [-entry / unit if entry else 0.0 for entry in integers[:dimension]]
        (b[i],) = nearest_floats([Fraction(integers[dimension], unit)])
    np.clip(b, -_LARGEST, _LARGEST, out=b)
    A.flags.writeable = b.flags.writeable = False
    return A, b


def nearest_inequalities(A: ExactArray, b: ExactArray, rows: Sequence[Row]) -> tuple[FloatArray, FloatArray]:
    """Return the floats nearest to `A`, `b`; rows beyond the range of floats are scaled as in `float_rows`."""
    floats = np.column_stack([nearest_numbers(A), nearest_numbers(b)])
    exact = np.column_stack([A, b])
    is_fine = np.isfinite(floats) & ((np.abs(floats) >= _SMALLEST_NORMAL) | (exact == 0))
    for i in np.flatnonzero(~is_fine.all(axis=1)).tolist():
        row_A, row_b = float_rows([rows[i]], A.shape[1])
        floats[i] = [*row_A[0], row_b[0]]
    nearest_A, nearest_b = floats[:, :-1].copy(), floats[:, -1].copy()
    nearest_A.flags.writeable = nearest_b.flags.writeable = False
    return nearest_A, nearest_b


def unit_row(row: Row) -> tuple[FloatArray, float]:
    """Return the outward unit normal n and the offset c of ``n @ x <= c`` for an integer row."""
    normal, length = [int(entry) for entry in row[:-1]], row_length(row)
    direction = np.array([float(-Fraction(entry) / length) if entry else 0.0 for entry in normal])
    offset = nearest_floats([Fraction(int(row[-1])) / length])[0]
    return direction, min(max(offset, -_LARGEST), _LARGEST)


def row_length(row: Row) -> Fraction:
    """Return the Euclidean length of a row's normal, to about 64 significant bits."""
    square = sum(int(entry) ** 2 for entry in row[:-1])
    shift = max(0, 130 - square.bit_length())
    shift += shift % 2
    return Fraction(isqrt(square << shift), 1 << (shift // 2))


def distances(rows: Sequence[Row], point: Sequence[Fraction]) -> FloatArray:
    """Return the signed distance of a rational point from each row's hyperplane, positive inside."""
    return np.array(nearest_floats([row_value(row, point) / row_length(row) for row in rows]))


def satisfied(A: FloatArray, b: FloatArray, rows: Sequence[Row], points: NDArray[Any]) -> NDArray[np.bool_]:
    """Say for each point, exactly, whether it satisfies all integer rows (boundaries included).

    Float values decide where they exceed a bound of their rounding errors (of the dot product, and of
    `A`, `b` as roundings of the integer rows); integers decide the rest.
    """
    if points.dtype == object:
        return np.array([_satisfies(rows, [Fraction(x) for x in point]) for point in points], dtype=bool)
    d = A.shape[1]
    with np.errstate(all="ignore"):
        slack = b - points @ A.T
        magnitude = np.abs(b) + np.abs(points) @ np.abs(A).T
        # what underflows is off by less than the smallest normal number, times a coordinate where it is in A
        tiny = (d + 2 + np.abs(points).sum(axis=1, keepdims=True)) * _SMALLEST_NORMAL
        error = (d + 5) * _UNIT_ROUNDOFF * magnitude + tiny
        surely = np.isfinite(magnitude) & (np.abs(slack) > error) & (np.abs(b) < _LARGEST)
    inside = np.all(slack >= 0, axis=1)
    outside = np.any(surely & (slack < 0), axis=1)
    for i in np.flatnonzero(~outside & ~np.all(surely, axis=1)):
        open_rows = [rows[int(j)] for j in np.flatnonzero(~surely[i])]
        inside[i] = _satisfies(open_rows, [Fraction(float(x)) for x in points[i]])
    inside[outside] = False
    return np.asarray(inside, dtype=bool)


def _satisfies(rows: Sequence[Row], point: Sequence[Fraction]) -> bool:
    return all(row_value(row, point) >= 0 for row in rows)


def outward(lower: Fraction | None, upper: Fraction | None) -> tuple[float, float]:
    """Return the nearest floats that enclose an exact interval; None is infinite."""
    low, high = -inf, inf
    if lower is not None:
        (low,) = nearest_floats([lower])
        if low == inf or (low > -inf and Fraction(low) > lower):
            low = nextafter(low, -inf)
    if upper is not None:
        (high,) = nearest_floats([upper])
        if high == -inf or (high < inf and Fraction(high) < upper):
            high = nextafter(high, inf)
    return low, high
