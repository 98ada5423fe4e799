"""A polytope cut by an affine subspace, in the coordinates of the subspace."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.exact.extents import independent_rows
from polytope_engine.exact.rational import Row, integer_row
from polytope_engine.polytope.inputs import exact_numbers


def sliced_rows(rows: Sequence[Row], dimension: int, origin: object, basis: object) -> list[tuple[int, ...]]:
    """Return the rows in t of the points ``origin + t @ basis``, one for each row.

    Parameters
    ----------
    rows : sequence of integer rows
        Half-spaces ``a . x + c >= 0``.
    dimension : int
        d.
    origin : array_like of float or Fraction, shape (d,)
    basis : array_like of float or Fraction, shape (k, d), independent

    Raises
    ------
    InvalidArgumentError
        If a shape does not fit, or the basis is dependent.

    Examples
    --------
    >>> sliced_rows([(1, 0, 0), (-1, -1, 3)], 2, [1, 0], [[0, 0.5]])
    [(0, 1), (-1, 4)]
    """
    start = exact_numbers(origin, "origin")
    if start.shape != (dimension,):
        raise InvalidArgumentError(
            f"`origin` has shape {start.shape}; it must have shape ({dimension},).", shape=start.shape
        )
    directions = exact_numbers(basis, "basis")
    if directions.ndim != 2 or directions.shape[1] != dimension or not len(directions):
        raise InvalidArgumentError(
            f"`basis` has shape {directions.shape}; it must have shape (k, {dimension}) with k >= 1, one row for "
            "each direction.",
            shape=directions.shape,
        )
    if len(independent_rows([integer_row(direction) for direction in directions])) < len(directions):
        raise InvalidArgumentError(
            "`basis` is dependent; its rows must be independent directions.", n_rows=len(directions)
        )
    point = [Fraction(x) for x in start.tolist()]
    edges = [[Fraction(x) for x in direction] for direction in directions.tolist()]
    sliced = []
    for row in rows:
        normal, offset = [int(a) for a in row[:-1]], int(row[-1])
        rates = [sum((a * x for a, x in zip(normal, edge, strict=True)), Fraction(0)) for edge in edges]
        value = sum((a * x for a, x in zip(normal, point, strict=True)), Fraction(offset))
        sliced.append(integer_row([*rates, value]))
    return sliced
