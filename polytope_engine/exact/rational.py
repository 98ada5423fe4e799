"""Numbers without rounding: floats, integers and fractions as rows of integers, and back.

A row ``(a_1, ..., a_d, b)`` of integers means the half-space ``a . x + b >= 0``. Multiplying it by a
positive number changes nothing, so every row of finite floats has an integer row that means the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd, isqrt, lcm

from flint import fmpq, fmpz

Integer = int | fmpz
Row = Sequence[Integer]
Point = tuple[Fraction, ...]

_ZERO = Fraction(0)


def integer_row(values: Iterable[object]) -> tuple[int, ...]:
    """Return the primitive integer row that is a positive multiple of `values`.

    Parameters
    ----------
    values : iterable of int, float, Fraction or numpy scalars
        Finite numbers; each is taken as the rational number that it is.

    Returns
    -------
    tuple of int
        Coprime integers (all zero if `values` are).

    Raises
    ------
    ValueError, OverflowError
        If a number is nan or infinite.

    Examples
    --------
    >>> integer_row([0.5, -0.25, 1])
    (2, -1, 4)
    """
    exact = [
        fraction(value) if value else _ZERO for value in values
    ]  # boxes in 784 dimensions are zeros, mostly
    scale = lcm(*(number.denominator for number in exact))
    return primitive_row([number.numerator * (scale // number.denominator) for number in exact])


def fraction(value: object) -> Fraction:
    """Return the rational number that `value` (int, float, Fraction, fmpz, numpy scalar) is.

    Examples
    --------
    >>> fraction(0.1)
    Fraction(3602879701896397, 36028797018963968)
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, fmpz):
        return Fraction(int(value))
    ratio = getattr(value, "as_integer_ratio", None)
    if ratio is not None:
        numerator, denominator = ratio()
        return Fraction(int(numerator), int(denominator))
    return Fraction(int(value))  # type: ignore[call-overload]


def primitive_row(row: Row) -> tuple[int, ...]:
    """Return `row` divided by the greatest common divisor of its entries.

    Examples
    --------
    >>> primitive_row([4, -6, 0])
    (2, -3, 0)
    """
    integers = [int(entry) for entry in row]
    divisor = gcd(*integers)
    if divisor <= 1:
        return tuple(integers)
    return tuple(entry // divisor for entry in integers)


def row_value(row: Row, point: Sequence[Fraction]) -> Fraction:
    """Return ``a . x + b`` at a rational point.

    Examples
    --------
    >>> row_value((2, -1, 4), (Fraction(1, 2), Fraction(1)))
    Fraction(4, 1)
    """
    total = Fraction(int(row[-1]))
    for entry, coordinate in zip(row[:-1], point, strict=True):
        total += int(entry) * coordinate
    return total


def homogeneous(point: Sequence[Fraction]) -> tuple[list[int], int]:
    """Return integers and one positive denominator with ``point = integers / denominator``.

    Examples
    --------
    >>> homogeneous((Fraction(1, 2), Fraction(2, 3)))
    ([3, 4], 6)
    """
    denominator = lcm(*(coordinate.denominator for coordinate in point))
    return [c.numerator * (denominator // c.denominator) for c in point], denominator


def nearest_floats(point: Iterable[Fraction]) -> tuple[float, ...]:
    """Return the float64 nearest to each coordinate (infinite beyond the range of float64).

    Examples
    --------
    >>> nearest_floats((Fraction(1, 3), Fraction(10) ** 400))
    (0.3333333333333333, inf)
    """
    return tuple(_nearest_float(coordinate) for coordinate in point)


def _nearest_float(value: Fraction) -> float:
    try:
        return value.numerator / value.denominator
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def significant(value: Fraction, bits: int) -> Fraction:
    """Return `value` rounded to `bits` significant binary digits, ties to even.

    Examples
    --------
    >>> significant(Fraction(1, 3), 2)
    Fraction(3, 8)
    """
    if value == 0:
        return value
    excess = value.numerator.bit_length() - value.denominator.bit_length() - bits
    unit = Fraction(1 << excess) if excess >= 0 else Fraction(1, 1 << -excess)
    return round(value / unit) * unit


def square_root(value: Fraction, bits: int = 80) -> Fraction:
    """Return the square root of a nonnegative number, rounded down to at least `bits` significant bits.

    Squares of rational numbers of fewer bits come out exactly.

    Examples
    --------
    >>> square_root(Fraction(9, 4)), float(square_root(Fraction(2)))
    (Fraction(3, 2), 1.4142135623730951)
    """
    radicand = value.numerator * value.denominator
    shift = max(0, bits + 1 - radicand.bit_length() // 2)
    return Fraction(isqrt(radicand << (2 * shift)), value.denominator << shift)


def total(numbers: Iterable[Fraction]) -> Fraction:
    """Return a sum; halves are added up first, so that most additions are of short numbers.

    Examples
    --------
    >>> total([Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)])
    Fraction(1, 1)
    """
    return weighted_total((number, 1) for number in numbers)


def weighted_total(pairs: Iterable[tuple[Fraction, Fraction | int]]) -> Fraction:
    """Return a sum of products.

    Examples
    --------
    >>> weighted_total([(Fraction(1, 2), 3), (Fraction(1, 3), Fraction(3, 2))])
    Fraction(2, 1)
    """
    terms = [
        fmpq(number.numerator, number.denominator) * fmpq(weight.numerator, weight.denominator)
        for number, weight in pairs
    ]
    while len(terms) > 1:
        terms = [sum(terms[k : k + 2], fmpq(0)) for k in range(0, len(terms), 2)]
    return Fraction(int(terms[0].p), int(terms[0].q)) if terms else Fraction(0)
