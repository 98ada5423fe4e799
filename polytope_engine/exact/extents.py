"""Rank, a first basis, and how far a cell extends: boxes and directions that never leave it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import fmpz, fmpz_mat

from polytope_engine.exact.dictionary import Dictionary
from polytope_engine.exact.rational import Row, primitive_row


def rank_columns(matrix: Sequence[Sequence[int | fmpz]]) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """Return the rank, and the first independent rows and columns, of an integer matrix.

    Each row (column) is chosen if it does not depend on those before it; the square submatrix of
    the chosen rows and columns is invertible.

    Examples
    --------
    >>> rank_columns([[0, 1, 2], [0, 2, 4], [0, 0, 1]])
    (2, (0, 2), (1, 2))
    """
    return len(rows := independent_rows(matrix)), tuple(rows), tuple(_pivot_columns(_matrix(matrix)))


def independent_rows(matrix: Sequence[Sequence[int | fmpz]]) -> list[int]:
    """Return the indices of the rows that do not depend on the rows before them.

    Examples
    --------
    >>> independent_rows([[0, 0], [1, 1], [2, 2], [0, 1]])
    [1, 3]
    """
    return _pivot_columns(_matrix(matrix).transpose())


def _matrix(matrix: Sequence[Sequence[int | fmpz]]) -> fmpz_mat:
    n_columns = len(matrix[0]) if len(matrix) else 0
    return fmpz_mat(len(matrix), n_columns, [entry for row in matrix for entry in row])


def _pivot_columns(matrix: fmpz_mat) -> list[int]:
    reduced, _, rank = matrix.rref()
    n_columns = matrix.ncols()
    pivots = []
    column = 0
    for row in range(rank):
        while column < n_columns and reduced[row, column] == 0:
            column += 1
        pivots.append(column)
    return pivots


def basis_from_hint(cell: Dictionary, hint: Sequence[int]) -> list[int]:
    """Return labels for `Dictionary.move_to`: the hint's independent rows, and free coordinates.

    Examples
    --------
    >>> basis_from_hint(Dictionary([(1, 0, 0), (2, 0, 5), (1, 1, 0)], 2), [0, 1])
    [0, -2]
    """
    d = cell.dimension
    candidates: list[list[int | fmpz]] = [[cell.matrix[label, k] for k in range(d)] for label in hint]
    candidates += [[int(i == k) for i in range(d)] for k in range(d)]
    chosen = independent_rows(candidates)
    return [hint[i] if i < len(hint) else -1 - (i - len(hint)) for i in chosen]


def feasible_basis(rows: Sequence[Row], dimension: int) -> list[int] | None:
    """Return rank-many independent rows that vanish at one point of the closed cell.

    The point is a vertex if the rows have rank d, otherwise a minimal face. None if the closed cell is
    empty.

    Examples
    --------
    >>> feasible_basis([(1, 1), (-1, 1), (1, -5)], 1) is None     # -1 <= x <= 1 and x >= 5
    True
    >>> feasible_basis([(1, 1, -3), (-1, 0, 5)], 2)
    [0, 1]
    """
    cell = Dictionary(rows, dimension)
    if cell.insert_all(range(len(rows))) is not None:
        return None
    cell.drop_free_coordinates()
    return sorted(cell.row_labels())


def outer_box(rows: Sequence[Row], dimension: int) -> list[tuple[Fraction | None, Fraction | None]] | None:
    """Return the exact lower and upper bound of each coordinate on the closed cell.

    None stands for a bound that does not exist; the whole answer is None if the closed cell is empty.

    Examples
    --------
    >>> outer_box([(3, 0, 1), (-1, -1, 1)], 2)
    [(Fraction(-1, 3), None), (None, Fraction(4, 3))]
    """
    units = [[int(i == k) for i in range(dimension)] + [0] for k in range(dimension)]
    cell = Dictionary([*rows, *units], dimension)
    if cell.insert_all(range(len(rows))) is not None:
        return None
    cell.drop_free_coordinates()
    return [(_extreme(cell, len(rows) + k, -1), _extreme(cell, len(rows) + k, 1)) for k in range(dimension)]


def _extreme(cell: Dictionary, target: int, sign: int) -> Fraction | None:
    if not cell.raise_to_end(target, sign):
        return None
    return Fraction(int(cell.values[target]), int(cell.determinant))


def recession_ray(rows: Sequence[Row], dimension: int) -> tuple[int, ...] | None:
    """Return a direction v != 0 with ``a . v >= 0`` for every row, or None if there is none.

    A nonempty closed cell contains a ray in direction v from each of its points; it is bounded
    iff there is no such direction.

    Examples
    --------
    >>> recession_ray([(1, 0, 0), (0, 1, 0), (-1, 1, 7)], 2)
    (0, 1)
    >>> recession_ray([(1, 0), (-1, 1)], 1) is None
    True

    Notes
    -----
    If the rows have rank d, the sum of all rows is positive on every v != 0 of the cone, so one
    linear program answers. Otherwise a direction of the null space does.
    """
    normals = [row[:dimension] for row in rows if any(row[:dimension])]
    rank, chosen, pivots = rank_columns(normals)
    if rank < dimension:
        return _null_direction(normals, dimension, pivots)
    total = [sum((normal[k] for normal in normals), fmpz(0)) for k in range(dimension)]
    cone = Dictionary([*([*normal, 0] for normal in normals), [*total, 0]], dimension)
    cone.move_to(chosen)
    cone.insert_all(range(len(normals)))
    edge = cone.climb(len(normals))
    if edge is None:
        return None
    return primitive_row(cone.direction(edge.position))


def _null_direction(
    normals: Sequence[Sequence[int | fmpz]], dimension: int, pivots: Sequence[int]
) -> tuple[int, ...]:
    free = next(k for k in range(dimension) if k not in pivots)
    direction = [0] * dimension
    if not normals:
        direction[free] = 1
        return tuple(direction)
    reduced, scale, _ = _matrix(normals).rref()
    direction[free] = int(scale)
    for row, pivot in enumerate(pivots):
        direction[pivot] = -int(reduced[row, free])
    return primitive_row(direction)


def is_bounded(rows: Sequence[Row], dimension: int) -> bool:
    """Say whether the recession cone of the rows is {0}; if they have a point in common, whether the
    closed cell is bounded.

    Examples
    --------
    >>> is_bounded([(1, 0), (-1, 1)], 1), is_bounded([(1, 0)], 1)
    (True, False)
    """
    sides = {(k, row[k] > 0) for row in rows for k in _only_coefficient(row, dimension)}
    return len(sides) == 2 * dimension or recession_ray(rows, dimension) is None


def _only_coefficient(row: Row, dimension: int) -> list[int]:
    """The place of a normal's only nonzero coefficient, if it has just one."""
    places = [k for k in range(dimension) if row[k]]
    return places if len(places) == 1 else []
