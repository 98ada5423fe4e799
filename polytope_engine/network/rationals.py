"""Arrays of exact numbers: float64 where float64 holds every entry, else objects that are Fractions."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from math import lcm
from numbers import Rational
from typing import Any

import numpy as np
from flint import fmpz
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError, InvalidNetworkError, PolytopeEngineError
from polytope_engine.network.arrays import LARGEST_EXACT_INTEGER, FloatArray, as_points, exact_float64

Fractions = NDArray[np.object_]
# Of float64 or of Fractions.
ExactArray = NDArray[Any]

_NUMBER = re.compile(rb"(-?[0-9]+)(?:/([0-9]+))?")


def unrounded_array(value: Any) -> NDArray[Any]:
    """`value` as an array in which no integer was rounded, as numpy does to large ones beside floats.

    Raises
    ------
    ValueError, TypeError, RuntimeError
        Where numpy makes no array of it.

    Examples
    --------
    >>> unrounded_array([2**53 + 1, 0.5])
    array([9007199254740993, 0.5], dtype=object)
    """
    array = np.asarray(value)
    if array.dtype.kind == "f" and not isinstance(value, np.ndarray):
        with np.errstate(invalid="ignore"):
            is_large = bool((np.abs(array) >= LARGEST_EXACT_INTEGER).any())
        if is_large:
            array = np.asarray(value, dtype=object)
    return array


def as_fraction(entry: object) -> Fraction | None:
    """The rational number that an entry is; None for nan, infinity and what is no real number.

    Examples
    --------
    >>> as_fraction(0.5), as_fraction(3), as_fraction(float("nan"))
    (Fraction(1, 2), Fraction(3, 1), None)
    """
    if isinstance(entry, Fraction):
        return entry
    if isinstance(entry, bool | np.bool_):
        return None
    if isinstance(entry, Rational):
        return Fraction(int(entry.numerator), int(entry.denominator))
    if isinstance(entry, float | np.float16 | np.float32) and math.isfinite(entry):
        return Fraction(float(entry))
    return None


def exact_numbers(
    value: Any, name: str, error: type[PolytopeEngineError] = InvalidNetworkError, denominator: int = 1
) -> ExactArray:
    """An array of exactly the numbers of `value`, each divided by `denominator`.

    Parameters
    ----------
    value : array_like
        Floats of 16, 32 or 64 bits, integers of any size, Fractions, or a mixture.
    name : str
        What the array is called in the error message.
    error : type
        The exception to raise.
    denominator : int
        A positive integer.

    Returns
    -------
    ndarray
        Of float64 if float64 holds every entry exactly, else of Fractions.

    Raises
    ------
    PolytopeEngineError
        Of type `error`, where an entry is no finite rational number.

    Examples
    --------
    >>> exact_numbers([1, Fraction(1, 2)], "weights")
    array([1. , 0.5])
    >>> exact_numbers([2, 3], "weights", denominator=3)
    array([Fraction(2, 3), Fraction(1, 1)], dtype=object)
    """
    try:
        array = value if isinstance(value, np.ma.MaskedArray) else unrounded_array(value)
    except (ValueError, TypeError, RuntimeError):
        return exact_float64(value, name, error)  # which says why not
    is_rational = array.dtype.kind == "O" or _has_large_integers(array)
    if not is_rational and denominator == 1:
        return exact_float64(array, name, error)
    if not is_rational:
        array = exact_float64(array, name, error)
    fractions = np.empty(array.shape, dtype=object)
    for place, entry in np.ndenumerate(array.astype(object)):
        number = as_fraction(entry)
        if number is None:
            raise _refusal(entry, place, name, error)
        fractions[place] = number if denominator == 1 else number / denominator
    return as_floats_if_exact(fractions)


def _has_large_integers(array: NDArray[Any]) -> bool:
    if array.dtype.kind not in "iu" or isinstance(array, np.ma.MaskedArray) or not array.size:
        return False
    return bool(array.max() > LARGEST_EXACT_INTEGER or array.min() < -LARGEST_EXACT_INTEGER)


def _refusal(
    entry: object, place: tuple[int, ...], name: str, error: type[PolytopeEngineError]
) -> PolytopeEngineError:
    where = f" at position {place[0] if len(place) == 1 else place}" if place else ""
    if isinstance(entry, float | np.floating) and not np.isfinite(entry):
        what = "NaN" if np.isnan(entry) else "infinite"
        return error(
            f"{name} is {what}{where}, but every entry must be a finite number.", name=name, position=place
        )
    return error(
        f"{name} has dtype object and holds a {type(entry).__name__}{where}, but must hold integers, Fractions "
        f"or floats of at most 64 bits.",
        name=name,
        position=place,
    )


def as_floats_if_exact(fractions: Fractions) -> ExactArray:
    """The same numbers as float64 if float64 holds all of them, else the array itself."""
    floats = nearest_floats(fractions)
    for value, number in zip(floats.ravel().tolist(), fractions.ravel(), strict=True):
        if not math.isfinite(value) or Fraction(value) != number:
            return fractions
    return floats


def is_float_array(array: ExactArray) -> bool:
    """Whether an exact array is one of floats."""
    return array.dtype != object


def nearest_float(number: Fraction) -> float:
    """The float64 nearest to a rational number, infinite beyond the largest.

    Examples
    --------
    >>> nearest_float(Fraction(1, 3)), nearest_float(-Fraction(10) ** 400)
    (0.3333333333333333, -inf)
    """
    try:
        return number.numerator / number.denominator
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def nearest_floats(array: ExactArray) -> FloatArray:
    """The float64 nearest to each entry, infinite beyond the largest."""
    if array.dtype != object:
        return np.array(array, dtype=np.float64)
    flat = [nearest_float(number) for number in array.ravel()]
    return np.array(flat, dtype=np.float64).reshape(array.shape)


def as_fractions(array: ExactArray) -> Fractions:
    """The entries as Fractions, in a new array of the same shape.

    Examples
    --------
    >>> as_fractions(np.array([0.5]))
    array([Fraction(1, 2)], dtype=object)
    """
    result = np.empty(array.shape, dtype=object)
    for place, entry in np.ndenumerate(array):
        result[place] = Fraction(entry)
    return result


def integers_and_denominator(array: Fractions) -> tuple[list[int], int]:
    """Integers and the least denominator that turn into the entries, row by row.

    Examples
    --------
    >>> integers_and_denominator(as_fractions(np.array([[0.5, 3.0]])))
    ([1, 6], 2)
    """
    denominator = lcm(*(number.denominator for number in array.ravel()))
    return [number.numerator * (denominator // number.denominator) for number in array.ravel()], denominator


def as_exact_points(x: Any, dimension: int, name: str = "x") -> tuple[ExactArray, bool]:
    """Points as rows, of floats or, where integers beyond 2**53 or Fractions are given, of Fractions.

    Parameters
    ----------
    x : array_like of float, int or Fraction, shape (n_points, d) or (d,)
        The points.
    dimension : int
        d, the number of coordinates that a point must have.
    name : str
        What the points are called in the error message.

    Returns
    -------
    points : ndarray, shape (n_points, d)
    is_single : bool

    Raises
    ------
    InvalidArgumentError
        If the shape does not fit, or a coordinate is not a finite number.

    Examples
    --------
    >>> as_exact_points([Fraction(1, 3), 2], 2)
    (array([[Fraction(1, 3), Fraction(2, 1)]], dtype=object), True)
    """
    points = exact_numbers(x, f"`{name}`", InvalidArgumentError)
    if is_float_array(points):
        return as_points(points, dimension, name)
    if points.ndim not in (1, 2) or points.shape[-1] != dimension:
        as_points(np.zeros(points.shape), dimension, name)  # which says what is wrong
    return np.atleast_2d(points), points.ndim == 1


# -- as text ------------------------------------------------------------------------------------


def number_text(number: Fraction) -> str:
    """A rational number as "n/m", an integer as "n", however long.

    Examples
    --------
    >>> number_text(Fraction(-2, 6)), number_text(Fraction(5))
    ('-1/3', '5')
    """
    # fmpz, because Python refuses to print integers of more than 4300 digits
    numerator = str(fmpz(number.numerator))
    return numerator if number.denominator == 1 else f"{numerator}/{fmpz(number.denominator)}"


def number_from_text(text: bytes) -> Fraction:
    """The rational number that `number_text` wrote.

    Raises
    ------
    ValueError
        If the text is no number.

    Examples
    --------
    >>> number_from_text(b"-1/3")
    Fraction(-1, 3)
    """
    match = _NUMBER.fullmatch(text)
    if match is None or (match[2] is not None and not match[2].strip(b"0")):
        raise ValueError(f"{text[:40]!r} is no rational number")
    return Fraction(int(fmpz(match[1].decode())), int(fmpz((match[2] or b"1").decode())))


def text_array(array: ExactArray) -> NDArray[np.bytes_]:
    """The entries as text, in an array of the same shape that a file can keep.

    Examples
    --------
    >>> text_array(np.array([[Fraction(1, 3), Fraction(2)]]))
    array([[b'1/3', b'2']], dtype='|S3')
    """
    flat = [number_text(number) for number in as_fractions(array).ravel()]
    return np.array(flat, dtype=np.bytes_).reshape(array.shape)


def from_text_array(array: NDArray[np.bytes_]) -> ExactArray:
    """The numbers that `text_array` wrote.

    Raises
    ------
    ValueError
        If an entry is no number.
    """
    result = np.empty(array.shape, dtype=object)
    for place, text in np.ndenumerate(array):
        result[place] = number_from_text(text)
    return as_floats_if_exact(result)
