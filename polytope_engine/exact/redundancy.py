"""Which rows of a cell are its facets? Decided exactly, coincident rows kept together."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import fmpz

from polytope_engine.exact.dictionary import Dictionary
from polytope_engine.exact.extents import rank_columns
from polytope_engine.exact.interior import interior_point
from polytope_engine.exact.rational import Point, Row, homogeneous, primitive_row, row_value


def irredundant_rows(
    rows: Sequence[Row], dimension: int, interior: Sequence[Fraction] | None = None
) -> list[list[int]]:
    """Return the facets of a cell with interior, each as the list of all rows that lie on it.

    Rows that are positive multiples of one another share a facet. Rows that hold with no facet of
    their own (also those that only touch the cell in a lower face) are left out.

    Parameters
    ----------
    rows : sequence of integer rows
        Half-spaces ``a . x + b >= 0``.
    dimension : int
        d.
    interior : sequence of Fraction, optional
        A point strictly inside, if known.

    Returns
    -------
    list of list of int
        Sorted by the first row of each facet.

    Raises
    ------
    ValueError
        If no point is strictly inside, or `interior` is not.

    Examples
    --------
    A square, one side given twice, and two rows that only touch its corners:

    >>> square = [(1, 0, 0), (0, 1, 0), (-1, 0, 1), (0, -1, 1)]
    >>> irredundant_rows([*square, (3, 0, 0), (1, 1, 0), (-1, -1, 2)], 2)
    [[0, 4], [1], [2], [3]]

    References
    ----------
    K. L. Clarkson, More output-sensitive geometric algorithms, FOCS 1994: a row is tested against the
    facets found so far only, and a failure finds a new facet by ray shooting.
    """
    rank, _, columns = rank_columns([row[:dimension] for row in rows]) if rows else (0, (), ())
    if rank < dimension:
        # The cell contains lines: its facets are those of its section by a complement of them.
        section = [[*(row[k] for k in columns), row[dimension]] for row in rows]
        return irredundant_rows(section, rank) if rank else []
    if interior is None:
        # a row 0 . x + b >= 0 with b >= 0 holds everywhere
        binding = [row for row in rows if any(row[:dimension]) or row[dimension] < 0]
        interior = interior_point(binding, dimension).point
        if interior is None:
            raise ValueError("The rows leave no point strictly inside, so there are no facets to name.")
    groups = coincident_rows(rows, dimension)
    planes = _HalfSpaces([primitive_row(rows[group[0]]) for group in groups], dimension, tuple(interior))
    if any(value <= 0 for value in planes.values):
        raise ValueError(
            "`interior` lies outside a row or on it; facets are found from a point strictly inside."
        )
    return [groups[k] for k in planes.facets()]


def facet_point(rows: Sequence[Row], facet: int, dimension: int) -> Point | None:
    """Return a rational point of one row's hyperplane where every other row is positive.

    Other rows that are positive multiples of that row vanish there, too. None if there is no such point,
    that is, if the row is not a facet.

    Examples
    --------
    >>> facet_point([(1, 0, 0), (0, 1, 0), (-1, -1, 1)], 2, 2)
    (Fraction(1, 2), Fraction(1, 2))
    >>> facet_point([(1, 0, 0), (0, 1, 0), (1, 1, 0)], 2, 2) is None
    True
    """
    plane = [int(entry) for entry in rows[facet]]
    pivot = next((k for k in range(dimension) if plane[k]), None)
    if pivot is None:
        return None
    sign = 1 if plane[pivot] > 0 else -1
    inside = []
    for row in rows:
        reduced = [
            sign * (int(x) * plane[pivot] - int(row[pivot]) * a) for x, a in zip(row, plane, strict=True)
        ]
        del reduced[pivot]
        if any(reduced):
            inside.append(primitive_row(reduced))
        elif int(row[pivot]) * sign < 0:
            return None
    point = interior_point(inside, dimension - 1).point
    if point is None:
        return None
    others = plane[:pivot] + plane[pivot + 1 :]
    return (*point[:pivot], -row_value(others, point) / plane[pivot], *point[pivot:])


def coincident_rows(rows: Sequence[Row], dimension: int) -> list[list[int]]:
    """Group positive multiples, and keep the tightest of parallel groups; constant rows are left out.

    Examples
    --------
    >>> coincident_rows([(1, 0, 1), (0, 1, 0), (2, 0, 2), (1, 0, 5)], 2)
    [[0, 2], [1]]
    """
    groups: dict[tuple[int, ...], tuple[Fraction, list[int]]] = {}
    for index, row in enumerate(rows):
        normal = primitive_row(row[:dimension])
        k = next((k for k, entry in enumerate(normal) if entry), None)
        if k is None:
            continue
        offset = Fraction(int(row[dimension]) * normal[k], int(row[k]))
        best = groups.get(normal)
        if best is None or offset < best[0]:
            groups[normal] = (offset, [index])
        elif offset == best[0]:
            best[1].append(index)
    return sorted((group for _, group in groups.values()), key=lambda group: group[0])


class _HalfSpaces:
    """Clarkson's search on rows of pairwise different outward normals."""

    def __init__(self, rows: Sequence[Row], dimension: int, interior: Point) -> None:
        self.n_rows = len(rows)
        self.dimension = dimension
        self.cell = Dictionary(rows, dimension)
        self.interior = interior
        self._set_origin(interior)
        self.found: set[int] = set()

    def _set_origin(self, origin: Point) -> None:
        numerators, scale = homogeneous(origin)
        self.scale = fmpz(scale)
        self.values = self.cell.evaluate([*numerators, scale])
        self.origin = origin

    def facets(self) -> list[int]:
        for row in range(self.n_rows):
            inward = [self.cell.matrix[row, k] for k in range(self.dimension)]
            self._shoot([-entry for entry in inward])
        open_rows = [row for row in range(self.n_rows) if row not in self.found]
        for row in open_rows:
            while row not in self.found and not self._is_redundant(row):
                pass
        return sorted(self.found)

    def _shoot(self, direction: Sequence[int | fmpz]) -> bool:
        """Note the row that a ray from the origin meets first; False if two or more tie."""
        rates = self.cell.evaluate([*direction, 0])
        first: list[int] = []
        for row, rate in enumerate(rates):
            if rate >= 0:
                continue
            if first:
                order = self.values[row] * rates[first[0]] - self.values[first[0]] * rate
                if order < 0:
                    continue
                if order == 0:
                    first.append(row)
                    continue
            first = [row]
        if len(first) > 1:
            return False
        self.found.update(first)
        return True

    def _is_redundant(self, row: int) -> bool:
        """Test a row against the facets found so far; if they do not imply it, find one more facet."""
        cell = self.cell
        cell.insert_all(sorted(self.found))
        if cell.values[row] >= 0:
            edge = cell.climb(row, -1)
            if edge is None:
                return True
            beyond = cell.far_point(edge, row)
        else:
            beyond = cell.point()
        self._find_facet_towards(beyond)
        return False

    def _find_facet_towards(self, beyond: Point) -> None:
        """Shoot at a point outside from points near the interior point until one row is met first.

        The point satisfies all facets found so far, so the row is a new one.
        """
        attempt = 0
        self._set_origin(self.interior)
        while not self._shoot(self._direction_to(beyond)):
            attempt += 1
            self._set_origin(self._nearby(attempt))
        self._set_origin(self.interior)

    def _direction_to(self, beyond: Point) -> list[int]:
        return homogeneous([y - x for x, y in zip(self.origin, beyond, strict=True)])[0]

    def _nearby(self, attempt: int) -> Point:
        """Return an interior point off the old one, on a moment curve so that few can be in a hyperplane."""
        offset = [Fraction(1, (attempt + 1) ** (k + 1)) for k in range(self.dimension)]
        numerators, _ = homogeneous(offset)
        interior, scale = homogeneous(self.interior)
        values = self.cell.evaluate([*interior, scale])
        step = Fraction(1)
        for value, rate in zip(values, self.cell.evaluate([*numerators, 0]), strict=True):
            if rate < 0:
                step = min(step, Fraction(int(value), int(-rate * 2 * scale)))
        return tuple(x + step * a for x, a in zip(self.interior, numerators, strict=True))
