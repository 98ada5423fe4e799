"""The point of a closed polyhedron that is nearest to a given one, in rationals."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import fmpq, fmpq_mat

from polytope_engine.exact.rational import Point, Row, row_value


def nearest_point(rows: Sequence[Row], point: Sequence[Fraction]) -> Point | None:
    """Return the point nearest to `point` that satisfies all integer rows; None if none does.

    Examples
    --------
    >>> quadrant = [(-1, 0, 0), (0, -1, 0)]
    >>> nearest_point(quadrant, (Fraction(1), Fraction(-1, 3)))
    (Fraction(0, 1), Fraction(-1, 3))
    >>> nearest_point([(1, 0), (-1, -1)], (Fraction(0),)) is None
    True

    Notes
    -----
    The dual active-set method of Goldfarb and Idnani (1983): the point is always the nearest one for the
    independent rows that are held, whose multipliers are positive. A violated row is pushed against until it
    holds; rows whose multiplier reaches zero are let go on the way. In rationals there is nothing to tolerate, and
    since the distance grows the method ends.
    """
    search = _Search(rows, point)
    while (row := search.most_violated()) is not None:
        if not search.push_against(row):
            return None
    return tuple(search.point)


class _Search:
    def __init__(self, rows: Sequence[Row], point: Sequence[Fraction]) -> None:
        self.rows = [[int(entry) for entry in row] for row in rows]
        self.squares = [sum(entry * entry for entry in row[:-1]) for row in self.rows]
        self.point = list(point)
        self.held: list[int] = []
        self.multipliers: list[Fraction] = []

    def most_violated(self) -> int | None:
        """Return the row at the largest distance, if any is violated; a constant row is the farthest."""
        worst, found = Fraction(0), None
        for k, row in enumerate(self.rows):
            value = row_value(row, self.point)
            if value < 0:
                if not self.squares[k]:
                    return k
                distance = value * value / self.squares[k]
                if distance > worst:
                    worst, found = distance, k
        return found

    def push_against(self, row: int) -> bool:
        """Move to the nearest point for the held rows and this one; False if no point satisfies them."""
        normal = self.rows[row][:-1]
        multiplier = Fraction(0)
        while True:
            shares = self._shares(normal)
            step = [Fraction(entry) for entry in normal]
            for share, held in zip(shares, self.held, strict=True):
                step = [x - share * a for x, a in zip(step, self.rows[held][:-1], strict=True)]
            square = sum((x * x for x in step), Fraction(0))
            limits = [
                (self.multipliers[k] / share, k) for k, share in enumerate(shares) if share > 0
            ]  # where a multiplier reaches zero
            first, leaving = min(limits, default=(None, -1))
            reach = -row_value(self.rows[row], self.point) / square if square else None
            if reach is None and first is None:
                return False
            if first is not None and (reach is None or first < reach):
                length = first
            else:
                length, leaving = reach or Fraction(0), -1
            self.point = [x + length * y for x, y in zip(self.point, step, strict=True)]
            self.multipliers = [u - length * share for u, share in zip(self.multipliers, shares, strict=True)]
            multiplier += length
            if leaving < 0:
                self.held.append(row)
                self.multipliers.append(multiplier)
                return True
            del self.held[leaving], self.multipliers[leaving]

    def _shares(self, normal: Sequence[int]) -> list[Fraction]:
        """Return the coefficients of the normal's projection on the span of the held normals."""
        n = len(self.held)
        if not n:
            return []
        normals = [self.rows[held][:-1] for held in self.held]
        gram = [sum(x * y for x, y in zip(a, b, strict=True)) for a in normals for b in normals]
        image = [sum(x * y for x, y in zip(a, normal, strict=True)) for a in normals]
        solution = fmpq_mat(n, n, [fmpq(x) for x in gram]).solve(fmpq_mat(n, 1, [fmpq(x) for x in image]))
        return [Fraction(int(x.p), int(x.q)) for x in solution.entries()]
