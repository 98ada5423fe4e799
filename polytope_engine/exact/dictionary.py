"""The simplex dictionary of a cell, in integers.

A cell is a list of integer rows ``(a, b)``, each meaning ``a . x + b >= 0``. A dictionary stands at the
point where d of the rows vanish (its *basis*) and writes every other row as a constant plus a combination
of those d. Integers only: with ``adjugate / determinant`` the inverse of the basis, the point, every
row's value there and every coefficient are integers over the one common determinant, and all of them are
minors of the rows, so that nothing grows from pivot to pivot (Edmonds 1967, Bareiss 1968).

Only what a pivot reads is formed: the values of all rows, one row of coefficients, one column. That is
a matrix-vector product in FLINT each, and the new adjugate costs no more afresh than by updating.

Rows are labelled 0, 1, ...; the coordinate x_k is labelled -1 - k and is *free*: it may have any sign, and
once it has left the basis it stays out. Entering and leaving follow Bland's rule by label.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpz, fmpz_mat

from polytope_engine.exact.rational import Point, Row

_ZERO = fmpz(0)


@dataclass(frozen=True, slots=True)
class Edge:
    """A direction out of the current vertex along which a row becomes positive.

    Attributes
    ----------
    position : int
        Which label of the basis is relaxed.
    direction : int
        +1, or -1 where a free coordinate decreases.
    leaving : int or None
        The row that ends the edge; None for a ray.
    """

    position: int
    direction: int
    leaving: int | None


class Dictionary:
    """A vertex of a cell and the exact affine functions seen from it.

    Parameters
    ----------
    rows : sequence of integer rows, each of length dimension + 1
        The half-spaces ``a . x + b >= 0``, and any other affine functions of interest.
    dimension : int
        d, the number of variables.

    Notes
    -----
    Rows are enforced only once they are *active*; rows that are not active may be negative and
    serve as objectives. A dictionary starts at the origin with all coordinates free.

    Examples
    --------
    The triangle x >= 0, y >= 0, 1 - x - y >= 0 and the function 2 - x - y:

    >>> d = Dictionary([(1, 0, 0), (0, 1, 0), (-1, -1, 1), (-1, -1, 2)], 2)
    >>> [d.insert(row) for row in range(3)], d.point()
    ([True, True, True], (Fraction(0, 1), Fraction(0, 1)))
    >>> d.climb(3, -1) is None     # 2 - x - y becomes nowhere negative
    True
    """

    def __init__(self, rows: Sequence[Row], dimension: int) -> None:
        self.dimension = dimension
        self.n_rows = len(rows)
        self.matrix = fmpz_mat(self.n_rows, dimension + 1, [entry for row in rows for entry in row])
        self.active = bytearray(self.n_rows)
        self.n_pivots = 0
        self.labels = [-1 - k for k in range(dimension)]
        self._refresh()

    # -- where it stands ------------------------------------------------------------------------

    def move_to(self, labels: Sequence[int]) -> bool:
        """Stand where the rows `labels` vanish; False (and unmoved) if they are dependent."""
        previous = self.labels
        self.labels = list(labels)
        if self._refresh():
            return True
        self.labels = previous
        self._refresh()
        return False

    def _refresh(self) -> bool:
        """Form adjugate, determinant, vertex and values of the basis; False if it is singular."""
        d, matrix = self.dimension, self.matrix
        if d == 0:
            self.adjugate: list[list[fmpz]] = []
            self.determinant = fmpz(1)
            self.vertex: list[fmpz] = []
            self._inverse = fmpz_mat(0, 0, [])
            self.values = matrix.entries()
            return True
        system: list[int | fmpz] = []
        for k, label in enumerate(self.labels):
            if label >= 0:
                system += [matrix[label, i] for i in range(d)]
                offset = -matrix[label, d]
            else:
                system += [0] * d
                system[-1 - label - d] = 1
                offset = _ZERO
            system += [0] * d
            system[k - d] = 1
            system.append(offset)
        reduced, determinant, _ = fmpz_mat(d, 2 * d + 1, system).rref()
        if reduced[d - 1, d - 1] == 0:
            return False
        if determinant < 0:
            reduced, determinant = -reduced, -determinant
        entries = reduced.entries()
        width = 2 * d + 1
        self.adjugate = [entries[i * width + d : i * width + 2 * d] for i in range(d)]
        self._inverse = fmpz_mat(d, d, [entry for row in self.adjugate for entry in row])
        self.determinant = determinant
        self.vertex = [entries[i * width + 2 * d] for i in range(d)]
        self.values = self.evaluate([*self.vertex, determinant])
        return True

    def evaluate(self, homogeneous: Sequence[int | fmpz]) -> list[fmpz]:
        """Return every row at the d + 1 homogeneous coordinates, times the last of them."""
        return (self.matrix * fmpz_mat(self.dimension + 1, 1, homogeneous)).entries()

    def point(self) -> Point:
        """Return the current vertex."""
        return tuple(Fraction(int(x), int(self.determinant)) for x in self.vertex)

    def coefficients(self, row: int) -> list[fmpz]:
        """Return the row's coefficients in the basis, times the determinant."""
        d = self.dimension
        normal = fmpz_mat(1, d, [self.matrix[row, k] for k in range(d)])
        return (normal * self._inverse).entries()

    def direction(self, position: int) -> list[fmpz]:
        """Return the direction in which only that member of the basis grows, times the determinant."""
        return [row[position] for row in self.adjugate]

    def column(self, position: int) -> list[fmpz]:
        """Return every row's coefficient at one member of the basis, times the determinant."""
        return self.evaluate([*self.direction(position), 0])

    def row_labels(self) -> list[int]:
        """Return the rows of the basis, without free coordinates."""
        return [label for label in self.labels if label >= 0]

    # -- moves ----------------------------------------------------------------------------------

    def pivot(self, position: int, entering: int) -> None:
        """Let `entering` vanish in place of the basis's member at `position`."""
        self.labels[position] = entering
        self.n_pivots += 1
        if not self._refresh():
            raise ArithmeticError("a pivot on a zero coefficient")

    def _end_of_edge(self, position: int, direction: int) -> tuple[int | None, list[fmpz]]:
        """Return the active row that ends an edge (smallest label among ties), and the column."""
        column = self.column(position)
        values, active = self.values, self.active
        leaving: int | None = None
        best_value = best_rate = _ZERO
        for row, entry in enumerate(column):
            if not active[row]:
                continue
            rate = -entry if direction > 0 else entry
            if rate <= 0:
                continue
            if leaving is None or values[row] * best_rate < best_value * rate:
                leaving, best_value, best_rate = row, values[row], rate
        return leaving, column

    def _entering(self, coefficients: Sequence[fmpz]) -> int | None:
        """Return the position of the smallest label that raises the objective."""
        best: int | None = None
        for position, coefficient in enumerate(coefficients):
            label = self.labels[position]
            if (coefficient > 0 or (label < 0 and coefficient < 0)) and (
                best is None or label < self.labels[best]
            ):
                best = position
        return best

    def climb(self, target: int, sign: int = 1, *, to_zero: bool = False) -> Edge | None:
        """Raise ``sign * target`` over the active rows until it is about to become positive.

        The current vertex must satisfy the active rows, and ``sign * target`` must be at most 0 there.

        Parameters
        ----------
        target : int
            The row to raise.
        sign : {1, -1}
            -1 lowers the row until it is about to become negative.
        to_zero : bool
            Stop at a vertex where the target is zero, too.

        Returns
        -------
        Edge or None
            The edge along which it becomes strictly positive. None if it has its maximum at the
            current vertex (or, with `to_zero`, is zero there): then ``-sign * target`` equals its value
            here plus nonnegative multiples of the basis's rows, `multipliers` says which.
        """
        while not (to_zero and self.values[target] == 0):
            coefficients = self.coefficients(target)
            if sign < 0:
                coefficients = [-c for c in coefficients]
            position = self._entering(coefficients)
            if position is None:
                return None
            rate = coefficients[position]
            direction = 1 if rate > 0 else -1
            leaving, column = self._end_of_edge(position, direction)
            if leaving is None:
                return Edge(position, direction, None)
            # The target reaches zero strictly before the edge ends.
            height = -self.values[target] if sign > 0 else self.values[target]
            if height * abs(column[leaving]) < self.values[leaving] * abs(rate):
                return Edge(position, direction, leaving)
            self.pivot(position, leaving)
        return None

    def raise_to_end(self, target: int, sign: int = 1) -> bool:
        """Maximize ``sign * target`` over the active rows; False if it is unbounded."""
        while True:
            coefficients = self.coefficients(target)
            if sign < 0:
                coefficients = [-c for c in coefficients]
            position = self._entering(coefficients)
            if position is None:
                return True
            leaving, _ = self._end_of_edge(position, 1 if coefficients[position] > 0 else -1)
            if leaving is None:
                return False
            self.pivot(position, leaving)

    def insert(self, row: int) -> bool:
        """Enforce a row: move to a vertex that satisfies it and all active rows.

        Returns False if there is none; then the row's maximum over the active rows is at the current
        vertex and negative, and `multipliers` proves it.
        """
        if self.values[row] < 0:
            edge = self.climb(row, to_zero=True)
            if edge is not None:
                self.pivot(edge.position, row)
            elif self.values[row] < 0:
                return False
        self.active[row] = 1
        return True

    def insert_all(self, rows: Iterable[int]) -> int | None:
        """Enforce rows, first all that hold here already; return the first that cannot hold, or None."""
        waiting = []
        for row in rows:
            if self.values[row] >= 0:
                self.active[row] = 1
            elif not self.active[row]:
                waiting.append(row)
        for row in waiting:
            if not self.insert(row):
                return row
        return None

    def drop_free_coordinates(self) -> None:
        """Exchange free coordinates for active rows, as far as the rows have rank."""
        for position in range(self.dimension):
            if self.labels[position] >= 0:
                continue
            leaving, _ = self._end_of_edge(position, 1)
            if leaving is None:
                leaving, _ = self._end_of_edge(position, -1)
            if leaving is not None:
                self.pivot(position, leaving)

    # -- proofs ---------------------------------------------------------------------------------

    def multipliers(self, target: int) -> dict[int, fmpz]:
        """Return the target's nonzero coefficients by row label, times the determinant.

        ``target = values[target] / determinant + sum(multiplier / determinant * row)``, exactly,
        whenever no free coordinate has a coefficient.
        """
        return {
            label: coefficient
            for label, coefficient in zip(self.labels, self.coefficients(target), strict=True)
            if coefficient
        }

    def far_point(self, edge: Edge, target: int) -> Point:
        """Return a point of the edge, beyond the place where the target becomes positive."""
        direction = [edge.direction * entry for entry in self.direction(edge.position)]
        start, det = self.vertex, self.determinant
        column = self.column(edge.position)
        if edge.leaving is not None:
            value, rate = self.values[edge.leaving], abs(column[edge.leaving])
        else:
            # Twice as far as the zero of the target, and at least a length of about 1.
            rate = abs(column[target])
            value = (
                2 * abs(self.values[target])
                + max(rate // max(abs(entry) for entry in direction), fmpz(1)) * det
            )
        scale = det * rate
        return tuple(
            Fraction(int(x * rate + value * step), int(scale))
            for x, step in zip(start, direction, strict=True)
        )
