"""A rational point strictly inside a cell, or the proof that there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpz, fmpz_mat

from polytope_engine.exact.centering import analytic_step
from polytope_engine.exact.dictionary import Dictionary
from polytope_engine.exact.rational import Point, Row, fraction, homogeneous, nearest_floats, significant


@dataclass(frozen=True, slots=True)
class InteriorPoint:
    """The answer of `interior_point`: a point, or why there is none.

    Attributes
    ----------
    point : tuple of Fraction or None
        Strictly inside every row.
    empty_prefix : int or None
        The smallest k such that the first k rows already have no interior.
    multipliers : dict of int to Fraction, or None
        Nonnegative, not all zero, over the first k rows: their combination has no x in it and a
        constant that is not positive, so no point makes all of those rows positive (Motzkin).
    n_pivots : int
        Work done.
    """

    point: Point | None
    empty_prefix: int | None
    multipliers: dict[int, Fraction] | None
    n_pivots: int


def interior_point(rows: Sequence[Row], dimension: int) -> InteriorPoint:
    """Find a rational point with ``a . x + b > 0`` for every row, or prove that there is none.

    Rows are taken in their order, so an empty answer names the shortest empty prefix. Cells may be
    unbounded, thin, degenerate, or contain lines.

    Parameters
    ----------
    rows : sequence of integer rows
        Half-spaces ``a . x + b >= 0``.
    dimension : int
        d.

    Returns
    -------
    InteriorPoint
        Its point is moved towards the analytic center and rounded to few bits: its coordinates are
        float64 numbers wherever rounding to nearest stays strictly inside.

    Examples
    --------
    >>> interior_point([(1, 0, 0), (0, 1, 0), (-1, -1, 1)], 2).point
    (Fraction(21, 64), Fraction(21, 64))
    >>> found = interior_point([(1, 0), (-1, 0)], 1)      # x > 0 and -x > 0
    >>> found.empty_prefix, found.multipliers
    (2, {0: Fraction(1, 1), 1: Fraction(1, 1)})

    Notes
    -----
    A point that satisfies the first k rows strictly is kept. When row k + 1 is not positive there,
    the row is raised over the closed cell of the first k: its maximum is not positive (empty, and the
    coefficients are the multipliers), or some point or ray makes it positive, and the segment towards it
    contains a point strictly inside all k + 1.
    """
    cell = Dictionary(rows, dimension)
    point: Point = (Fraction(0),) * dimension
    for k in range(len(rows)):
        values, scale = _values(cell, point)
        if values[k] > 0:
            continue
        moved = _uphill(cell, point, values, scale, k) if values[k] == 0 else None
        if moved is None:
            target = _positive_point(cell, k)
            if target is None:
                return _empty(cell, k)
            moved = _towards(point, target, Fraction(int(values[k]), int(scale)), _row_at(cell, k, target))
        point = _rounded(cell, moved, k + 1)
    point = _rounded(cell, _centered(cell, point), len(rows), for_output=True)
    return InteriorPoint(point, None, None, cell.n_pivots)


def strictly_inside(rows: Sequence[Row], point: Sequence[object]) -> bool:
    """Say, exactly, whether every row is positive at a point (floats, integers or Fractions).

    Examples
    --------
    >>> strictly_inside([(1, 0), (-1, 1)], [0.5]), strictly_inside([(1, 0)], [0])
    (True, False)
    """
    numerators, scale = homogeneous([fraction(x) for x in point])
    homogeneous_point = [*numerators, scale]
    if not rows:
        return True
    matrix = fmpz_mat(len(rows), len(homogeneous_point), [entry for row in rows for entry in row])
    return all(
        value > 0 for value in (matrix * fmpz_mat(len(homogeneous_point), 1, homogeneous_point)).entries()
    )


def _values(cell: Dictionary, point: Point) -> tuple[list[fmpz], fmpz]:
    numerators, scale = homogeneous(point)
    return cell.evaluate([*numerators, scale]), fmpz(scale)


def _row_at(cell: Dictionary, row: int, point: Point) -> Fraction:
    values, scale = _values(cell, point)
    return Fraction(int(values[row]), int(scale))


def _positive_point(cell: Dictionary, k: int) -> Point | None:
    """Return a point of the closed cell of rows 0..k-1 where row k is positive, or None.

    The open cell of those rows is known to contain a point, so all of them can be inserted.
    """
    cell.insert_all(range(k))
    if cell.values[k] > 0:
        return cell.point()
    edge = cell.climb(k)
    return None if edge is None else cell.far_point(edge, k)


def _empty(cell: Dictionary, k: int) -> InteriorPoint:
    """Word the proof: row k has a maximum that is not positive over the rows before it."""
    determinant = int(cell.determinant)
    multipliers = {k: Fraction(1)}
    for label, coefficient in cell.multipliers(k).items():
        multipliers[label] = Fraction(-int(coefficient), determinant)
    return InteriorPoint(None, k + 1, dict(sorted(multipliers.items())), cell.n_pivots)


def _uphill(cell: Dictionary, point: Point, values: list[fmpz], scale: fmpz, k: int) -> Point | None:
    """Step from a point with row k = 0 along that row's normal, staying strictly inside rows 0..k-1."""
    normal = [cell.matrix[k, i] for i in range(cell.dimension)]
    length = max(map(abs, normal), default=fmpz(0))
    if length == 0:
        return None
    below, _ = chord(values[:k], cell.evaluate([*normal, 0])[:k], scale)
    step = Fraction(1, int(length))
    if below is not None:
        step = min(step, below / 2)
    step = significant(step, 2)
    return tuple(x + step * int(a) for x, a in zip(point, normal, strict=True))


def chord(
    values: Sequence[fmpz], rates: Sequence[fmpz], scale: fmpz
) -> tuple[Fraction | None, Fraction | None]:
    """Return how far one may go forward and backward before a row vanishes (None: for ever).

    `values` are those at the point times `scale`, `rates` the rows' growth along the direction.
    """
    forward: tuple[fmpz, fmpz] | None = None
    backward: tuple[fmpz, fmpz] | None = None
    for value, rate in zip(values, rates, strict=True):
        if rate < 0:
            if forward is None or value * forward[1] < -forward[0] * rate:
                forward = (value, -rate)
        elif rate > 0 and (backward is None or value * backward[1] < backward[0] * rate):
            backward = (value, rate)
    return _quotient(forward, scale), _quotient(backward, scale)


def _quotient(pair: tuple[fmpz, fmpz] | None, scale: fmpz) -> Fraction | None:
    return None if pair is None else Fraction(int(pair[0]), int(pair[1] * scale))


def _towards(point: Point, target: Point, here: Fraction, there: Fraction) -> Point:
    """Return the point halfway between the zero of a row on the segment and the segment's end.

    The row has the value `here` <= 0 at the point and `there` > 0 at the target.
    """
    crossing = -here / (there - here)
    share = (1 + crossing) / 2
    if crossing < Fraction(1, 2):
        share = Fraction(3, 4)
    return tuple(x + share * (y - x) for x, y in zip(point, target, strict=True))


# -- depth and rounding -----------------------------------------------------------------------------


def _centered(cell: Dictionary, point: Point) -> Point:
    """Move an interior point away from the rows.

    Floats propose a point near the analytic center; where that fails (cells so thin that floats
    cannot see them), the middles of the chords along the axes do.
    """
    values, scale = _values(cell, point)
    rows = _relative_rows(cell, values, scale)
    if rows is not None:
        moved = tuple(
            x + Fraction(y) for x, y in zip(point, analytic_step(rows, cell.dimension), strict=True)
        )
        if all(value > 0 for value in _values(cell, moved)[0]):
            return moved
    for k in range(cell.dimension):
        point = _middle_of_chord(cell, point, [int(i == k) for i in range(cell.dimension)])
    return point


def _relative_rows(cell: Dictionary, values: list[fmpz], scale: fmpz) -> list[list[float]] | None:
    """Return the normals of the rows divided by their values at the point; None if floats overflow."""
    d = cell.dimension
    entries = cell.matrix.entries()
    rows = []
    try:
        for row, value in enumerate(values):
            normal = entries[row * (d + 1) : row * (d + 1) + d]
            if any(normal):
                divisor = int(value)
                rows.append([int(a * scale) / divisor for a in normal])
    except OverflowError:
        return None
    return rows


def _middle_of_chord(cell: Dictionary, point: Point, direction: list[int]) -> Point:
    values, scale = _values(cell, point)
    forward, backward = chord(values, cell.evaluate([*direction, 0]), scale)
    if forward is not None and backward is not None:
        shift = (forward - backward) / 2
    elif forward is not None:
        shift = min(forward - 1, Fraction(0))
    elif backward is not None:
        shift = max(1 - backward, Fraction(0))
    else:
        return point
    moved = tuple(x + shift * a for x, a in zip(point, direction, strict=True))
    return _rounded(cell, moved, cell.n_rows)


def _rounded(cell: Dictionary, point: Point, n_rows: int, *, for_output: bool = False) -> Point:
    """Return a point of few bits that is still strictly inside the first `n_rows` rows.

    A rounding is taken if every row keeps half of its value; for output, the float64 nearest to
    each coordinate is taken whenever it is inside at all.
    """
    values, scale = _values(cell, point)
    for bits in (4, 8, 16, 32):
        candidate = tuple(significant(x, bits) for x in point)
        if _keeps_half(cell, candidate, values, scale, n_rows):
            return candidate
    nearest = nearest_floats(point)
    if all(abs(x) < float("inf") for x in nearest):
        candidate = tuple(map(Fraction, nearest))
        if _keeps_half(cell, candidate, values, scale, n_rows):
            return candidate
        if for_output and all(value > 0 for value in _values(cell, candidate)[0][:n_rows]):
            return candidate
    bits, size = 64, max((x.numerator.bit_length() + x.denominator.bit_length() for x in point), default=0)
    while bits < size:
        candidate = tuple(significant(x, bits) for x in point)
        if _keeps_half(cell, candidate, values, scale, n_rows):
            return candidate
        bits *= 2
    return point


def _keeps_half(cell: Dictionary, candidate: Point, values: list[fmpz], scale: fmpz, n_rows: int) -> bool:
    rounded, unit = _values(cell, candidate)
    double = 2 * scale
    return all(double * new >= old * unit for new, old in zip(rounded[:n_rows], values, strict=False))
