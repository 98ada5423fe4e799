"""What a polytope accepts at the door: finite rational numbers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import (
    EmptyDomainError,
    FlatDomainError,
    InvalidArgumentError,
    InvalidDomainError,
)
from polytope_engine.network.rationals import ExactArray, as_floats_if_exact, as_fraction, unrounded_array

Label = tuple[Any, ...]


def exact_numbers(value: object, name: str, error: type[Exception] = InvalidArgumentError) -> ExactArray:
    """Return a new array of the numbers in `value`: of float64 if it holds all of them exactly, else of Fractions.

    Raises
    ------
    InvalidArgumentError, or `error`
        If something is not a number, or not finite.
    """
    try:
        array = unrounded_array(value)
    except (ValueError, TypeError) as problem:
        raise error(f"`{name}` is ragged; it must be a rectangular array of numbers.") from problem
    if array.dtype.kind == "f" and array.dtype.itemsize <= 8:
        converted = np.array(array, dtype=np.float64, order="C")
        bad = np.argwhere(~np.isfinite(converted))
        if len(bad):
            place = tuple(int(i) for i in bad[0])
            raise error(f"`{_entry(name, place)}` is {converted[place]}; it must be a finite number.")
        return converted
    if array.dtype.kind not in "iufO":
        raise error(f"`{name}` holds {array.dtype} entries; it must hold real numbers.")
    fractions = np.empty(array.shape, dtype=object)
    for place, entry in np.ndenumerate(array):
        fractions[place] = _exact_entry(entry, _entry(name, place), error)
    return as_floats_if_exact(fractions)


def _exact_entry(entry: object, name: str, error: type[Exception]) -> Fraction:
    number = as_fraction(entry)
    if number is None and isinstance(entry, np.floating) and np.isfinite(entry):
        number = Fraction(*entry.as_integer_ratio())
    if number is None:
        if isinstance(entry, (float, np.floating)):
            raise error(f"`{name}` is {entry}; it must be a finite number.")
        raise error(f"`{name}` is of type {type(entry).__name__}; it must be a real number.")
    return number


def _entry(name: str, place: Sequence[int]) -> str:
    return name + "".join(f"[{i}]" for i in place)


def half_spaces(A: object, b: object) -> tuple[ExactArray, ExactArray]:
    """Check `A` of shape (m, d) and `b` of shape (m,), and return read-only copies."""
    matrix = exact_numbers(A, "A")
    offsets = exact_numbers(b, "b")
    if matrix.ndim != 2 or matrix.shape[1] == 0:
        raise InvalidArgumentError(
            f"`A` has shape {matrix.shape}; it must have shape (m, d) with d >= 1, one row for each half-space.",
            shape=matrix.shape,
        )
    if offsets.shape != matrix.shape[:1]:
        raise InvalidArgumentError(
            f"`b` has shape {offsets.shape}; it must have shape ({len(matrix)},), one entry for each row of `A`.",
            shape=offsets.shape,
        )
    matrix.flags.writeable = offsets.flags.writeable = False
    return matrix, offsets


def row_labels(labels: Sequence[Label] | None, n_rows: int) -> tuple[Label, ...]:
    """Check one label for each row; without labels, row k is ("domain", k)."""
    if labels is None:
        return tuple(("domain", k) for k in range(n_rows))
    checked = tuple(tuple(label) for label in labels)
    if len(checked) != n_rows:
        raise InvalidArgumentError(
            f"`labels` has {len(checked)} entries; it must have {n_rows}, one for each row.",
            n_labels=len(checked),
        )
    return checked


def box_bounds(lower: object, upper: object, dimension: int | None) -> tuple[ExactArray, ExactArray]:
    """Check the bounds of a box and return both with shape (d,)."""
    bounds = {
        "lower": exact_numbers(lower, "lower", InvalidDomainError),
        "upper": exact_numbers(upper, "upper", InvalidDomainError),
    }
    for name, bound in bounds.items():
        if bound.ndim > 1:
            raise InvalidDomainError(
                f"`{name}` has shape {bound.shape}; it must be a number or a list of d numbers.",
                shape=bound.shape,
            )
    d = _box_dimension(bounds, dimension)
    low, high = (np.broadcast_to(bound, (d,)).copy() for bound in bounds.values())
    for k in range(d):
        if low[k] > high[k]:
            raise EmptyDomainError(
                f"The box is empty: `lower[{k}]` is {low[k]} and `upper[{k}]` is {high[k]}; lower must be below upper.",
                coordinate=k,
            )
        if low[k] == high[k]:
            raise FlatDomainError(
                f"The box is flat: `lower[{k}]` and `upper[{k}]` are both {low[k]}; lower must be below upper. "
                "Fix that input and analyze the network in the other inputs instead.",
                coordinate=k,
            )
    return low, high


def _box_dimension(bounds: dict[str, ExactArray], dimension: int | None) -> int:
    if dimension is not None and (
        isinstance(dimension, bool) or not isinstance(dimension, (int, np.integer)) or dimension < 1
    ):
        raise InvalidDomainError(
            f"`dimension` is {dimension!r}; it must be a positive integer.", dimension=dimension
        )
    lengths = {name: len(bound) for name, bound in bounds.items() if bound.ndim == 1}
    if dimension is not None:
        lengths["dimension"] = int(dimension)
    if not lengths:
        raise InvalidDomainError(
            "`lower` and `upper` are both single numbers; pass `dimension`, the number of inputs, as well."
        )
    if len(set(lengths.values())) > 1:
        found = ", ".join(
            f"`dimension` is {n}" if name == "dimension" else f"`{name}` has {n} entries"
            for name, n in lengths.items()
        )
        raise InvalidDomainError(f"The box has no one dimension: {found}; they must agree.", **lengths)
    d = next(iter(lengths.values()))
    if d == 0:
        raise InvalidDomainError("`lower` and `upper` are empty; a box needs at least one coordinate.")
    return d


def query_points(points: object, dimension: int) -> tuple[NDArray[Any], bool]:
    """Check points of shape (n, d) or (d,); return them as (n, d), and whether there was only one.

    They are Fractions (an object array) where float64 does not hold all of them.
    """
    array = exact_numbers(points, "points")
    single = array.ndim == 1
    rows = array[np.newaxis] if single else array
    if rows.ndim != 2 or rows.shape[1] != dimension:
        raise InvalidArgumentError(
            f"`points` has shape {array.shape}; it must have shape (n, {dimension}) or ({dimension},).",
            shape=array.shape,
        )
    return rows, single
