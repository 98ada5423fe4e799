"""Matrices of dyadic rationals: integers times one common power of two, multiplied exactly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray


def nearest_float(numerator: int, exponent: int) -> float:
    """The float64 nearest to ``numerator * 2**exponent``, ties to even.

    Raises
    ------
    OverflowError
        If the number is beyond the largest float64.

    Examples
    --------
    >>> nearest_float(3, -1)
    1.5
    """
    if exponent >= 0:
        return float(numerator << exponent)
    return numerator / (1 << -exponent)


def integers_and_exponent(values: Iterable[float]) -> tuple[list[int], int]:
    """Integers k_i and one exponent e with ``values[i] == k_i * 2**e``, e as large as possible.

    Examples
    --------
    >>> integers_and_exponent([1.5, -0.25, 0.0])
    ([6, -1, 0], -2)
    """
    array = np.asarray(values, dtype=np.float64).ravel()
    mantissas, exponents = np.frexp(array)
    integers = np.ldexp(mantissas, 53).astype(np.int64)
    nonzero = integers != 0
    if not nonzero.any():
        return [0] * array.size, 0
    trailing = np.zeros(array.size, dtype=np.int64)
    lowest_bit = integers[nonzero] & -integers[nonzero]
    trailing[nonzero] = np.frexp(lowest_bit.astype(np.float64))[1] - 1
    lowest = exponents.astype(np.int64) - 53 + trailing
    exponent = int(lowest[nonzero].min())
    odd = (integers >> trailing).tolist()
    shifts = np.where(nonzero, lowest - exponent, 0).tolist()
    return [k << s for k, s in zip(odd, shifts, strict=True)], exponent


class DyadicMatrix:
    """A matrix of integers times a power of two.

    Parameters
    ----------
    integers : flint.fmpz_mat
        The integers.
    exponent : int
        The matrix is ``integers * 2**exponent``.

    Examples
    --------
    >>> a = DyadicMatrix.from_floats([[0.5, 1.0], [0.0, 3.0]])
    >>> (a @ a).to_floats()
    array([[0.25, 3.5 ],
           [0.  , 9.  ]])
    """

    __slots__ = ("exponent", "integers")

    def __init__(self, integers: flint.fmpz_mat, exponent: int) -> None:
        self.integers = integers
        self.exponent = exponent

    @classmethod
    def from_floats(cls, matrix: Sequence[Sequence[float]] | NDArray[np.float64]) -> DyadicMatrix:
        """The matrix of the rational numbers that the floats are; a vector becomes one column."""
        array = np.asarray(matrix, dtype=np.float64)
        rows, columns = (array.shape[0], 1) if array.ndim == 1 else array.shape
        integers, exponent = integers_and_exponent(array.ravel())
        return cls(flint.fmpz_mat(rows, columns, integers), exponent)

    @classmethod
    def diagonal(cls, entries: DyadicMatrix) -> DyadicMatrix:
        """The square matrix with the one column `entries` on its diagonal."""
        column = entries.integers.entries()
        n = len(column)
        flat: list[Any] = [0] * (n * n)
        flat[:: n + 1] = column
        return cls(flint.fmpz_mat(n, n, flat), entries.exponent)

    @property
    def shape(self) -> tuple[int, int]:
        """(number of rows, number of columns)."""
        return self.integers.nrows(), self.integers.ncols()

    def __matmul__(self, other: DyadicMatrix) -> DyadicMatrix:
        return DyadicMatrix(self.integers * other.integers, self.exponent + other.exponent)

    def __add__(self, other: DyadicMatrix) -> DyadicMatrix:
        exponent = min(self.exponent, other.exponent)
        return DyadicMatrix(
            self.integers * (1 << (self.exponent - exponent))
            + other.integers * (1 << (other.exponent - exponent)),
            exponent,
        )

    def fractions(self) -> list[list[Fraction]]:
        """The entries as a list of rows."""
        scale = Fraction(2) ** self.exponent
        return [[int(k) * scale for k in row] for row in self.integers.tolist()]

    def to_floats(self) -> NDArray[np.float64]:
        """Each entry rounded once, to the nearest float64.

        Raises
        ------
        OverflowError
            If an entry is beyond the largest float64.
        """
        flat = [nearest_float(int(k), self.exponent) for k in self.integers.entries()]
        return np.array(flat, dtype=np.float64).reshape(self.shape)

    def equals_floats(self, matrix: NDArray[np.float64]) -> bool:
        """Whether the matrix is exactly the matrix of these floats."""
        other = DyadicMatrix.from_floats(matrix)
        exponent = min(self.exponent, other.exponent)
        mine = self.integers * (1 << (self.exponent - exponent))
        return bool(mine == other.integers * (1 << (other.exponent - exponent)))
