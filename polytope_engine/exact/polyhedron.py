"""A closed polyhedron by what generates it: vertices, rays, lines, and which rows are tight where, in integers.

The half-spaces ``a . x + c >= 0`` become a cone ``a . x + c t >= 0, t >= 0`` with one more coordinate, so that
vertices (t > 0) and rays (t = 0) are alike. The double description method inserts the rows one at a time: the
generators on the right side stay, and every edge that changes sides gives a new one (Motzkin, Raiffa, Thompson,
Thrall 1953). Which pairs span an edge is read off the rows that are tight at both (Fukuda, Prodon 1996). A row
that leaves nothing but a face is an equality from then on; nothing else is special about flat polyhedra.

The next row is always one that cuts off the most generators: such rows tend to be facets, and rows that cut off
nothing are redundant and never inserted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from flint import fmpz_mat

from polytope_engine.exact.rational import Point, Row, primitive_row

Vector = list[int]


@dataclass(frozen=True, slots=True)
class Polyhedron:
    """The set ``conv(vertices) + cone(rays) + span(lines)``, with its facets.

    Attributes
    ----------
    ambient : int
        d: it lies in R^d.
    dimension : int
        Its own (affine) dimension; -1 if it is empty.
    points : tuple of tuples of int
        One for each vertex: d coprime numerators and their positive denominator, sorted by the coordinates that
        they stand for. If there are lines then there is no vertex, strictly; these are the vertices of the
        section by the coordinate subspace in which the pivots of `lines` are zero.
    rays : tuple of tuples of int
        Coprime directions of the edges that never end (of the same section), sorted.
    lines : tuple of tuples of int
        A basis of the directions that never leave in either sense: the reduced echelon form, as coprime integers.
    equalities : tuple of int
        The rows that vanish everywhere on it (constant rows ``0 . x + 0`` left out).
    facets : tuple of tuples of int
        For each facet all rows that vanish on it and nowhere inside, sorted by the first.
    tight : tuple of int
        For each facet its generators, as bits: bit k is point k, then come the rays.

    Examples
    --------
    >>> p = polyhedron([(1, 0, 0), (0, 1, 0), (1, 1, -1), (2, 0, 0)], 2)     # x, y >= 0, x + y >= 1
    >>> p.vertices, p.rays
    (((Fraction(0, 1), Fraction(1, 1)), (Fraction(1, 1), Fraction(0, 1))), ((0, 1), (1, 0)))
    >>> p.facets, [bin(mask) for mask in p.tight]
    (((0, 3), (1,), (2,)), ['0b101', '0b1010', '0b11'])
    """

    ambient: int
    dimension: int
    points: tuple[tuple[int, ...], ...]
    rays: tuple[tuple[int, ...], ...]
    lines: tuple[tuple[int, ...], ...]
    equalities: tuple[int, ...]
    facets: tuple[tuple[int, ...], ...]
    tight: tuple[int, ...]

    @property
    def vertices(self) -> tuple[Point, ...]:
        """The points, in Fractions."""
        return tuple(tuple(Fraction(x, t) for x in numerators) for *numerators, t in self.points)

    @property
    def n_vertices(self) -> int:
        """The number of faces of dimension 0: none if there are lines."""
        return 0 if self.lines else len(self.points)

    @property
    def is_bounded(self) -> bool:
        """Whether it lies in some ball."""
        return not self.rays and not self.lines

    @property
    def is_full_dimensional(self) -> bool:
        """Whether it has an interior."""
        return self.dimension == self.ambient


def polyhedron(rows: Sequence[Row], dimension: int, *, engine: str | None = None) -> Polyhedron:
    """Find the generators and the facets of a closed polyhedron.

    Parameters
    ----------
    rows : sequence of integer rows
        Half-spaces ``a . x + c >= 0``.
    dimension : int
        d.
    engine : {None, "own", "cdd"}
        "cdd" leaves the generators to cddlib (the extra `cdd`); None is "own". The answers are equal.

    Raises
    ------
    ValueError
        If the engine has another name.
    MissingDependencyError
        If cddlib is asked for and not installed.

    Examples
    --------
    A segment in the plane, a strip, and nothing at all:

    >>> segment = polyhedron([(1, 1, -1), (-1, -1, 1), (1, 0, 0), (0, 1, 0)], 2)
    >>> segment.dimension, segment.equalities, segment.facets, segment.n_vertices
    (1, (0, 1), ((2,), (3,)), 2)
    >>> strip = polyhedron([(1, 0, 0), (-1, 0, 1)], 2)
    >>> strip.points, strip.lines, strip.n_vertices
    (((0, 0, 1), (1, 0, 1)), ((0, 1),), 0)
    >>> polyhedron([(1, 0), (-1, -1)], 1).dimension
    -1

    References
    ----------
    K. Fukuda, A. Prodon, Double description method revisited, Combinatorics and Computer Science, 1996.
    """
    if engine == "cdd":
        from polytope_engine.exact.cddlib import cdd_generators

        lines, vectors = cdd_generators(rows, dimension)
    elif engine in (None, "own"):
        cone = _Cone(rows, dimension)
        cone.insert_all()
        lines, vectors = cone.lines, cone.vectors
    else:
        raise ValueError(f"`engine` is {engine!r}; it must be 'own', 'cdd' or None.")
    return _assembled(rows, dimension, lines, vectors)


class _Cone:
    """The cone over the rows inserted so far.

    A vector is d coordinates, then t, then the value of each row: those of a new vector are combined like its
    coordinates, so that the signs of all rows are there to be read.
    """

    def __init__(self, rows: Sequence[Row], dimension: int) -> None:
        integers = [[int(entry) for entry in row] for row in rows]
        columns = list(zip(*integers, strict=True)) if rows else [()] * (dimension + 1)
        self.width = dimension + 1
        self.lines: list[Vector] = []
        for k in range(dimension):
            self.lines.append([int(i == k) for i in range(self.width)] + [*columns[k]])
        self.vectors: list[Vector] = [[0] * dimension + [1, *columns[dimension]]]
        self.tight = [0]
        self.n_cuts = 1  # bit 0 is the cut t >= 0
        self.rank = 0  # of the cuts that a generator of the cone lies on
        self.waiting = list(range(self.width, self.width + len(rows)))

    def insert_all(self) -> None:
        """Cut with every row that is not redundant; of an empty polyhedron nothing is left."""
        while self.lines:
            entry = next((e for e in self.waiting if any(line[e] for line in self.lines)), None)
            if entry is None:
                break
            self.waiting.remove(entry)
            self._cut_across(entry)
        while (entry := self._next_row()) is not None:
            self.waiting.remove(entry)
            self._cut_between(entry)
            if not any(vector[self.width - 1] for vector in self.vectors):
                self.vectors, self.lines = [], []
                return

    def _next_row(self) -> int | None:
        """Return the row that is negative at the most generators, and forget those that are nowhere."""
        best, most, open_rows = None, 0, []
        for entry in self.waiting:
            n = 0
            for vector in self.vectors:
                if vector[entry] < 0:
                    n += 1
            if n:
                open_rows.append(entry)
                if n > most:
                    best, most = entry, n
        self.waiting = open_rows
        return best

    def _cut_across(self, entry: int) -> None:
        """Cut where a line crosses: everything else is moved along that line into the hyperplane."""
        position = next(k for k, line in enumerate(self.lines) if line[entry])
        line = self.lines.pop(position)
        if line[entry] < 0:
            line = [-x for x in line]
        self.lines = [_moved(other, line, entry, self.width) for other in self.lines]
        bit = 1 << self.n_cuts
        self.vectors = [_moved(vector, line, entry, self.width) for vector in self.vectors] + [line]
        self.tight = [
            *(mask | bit for mask in self.tight),
            bit - 1,
        ]  # a line lies on every cut before this one
        self.n_cuts += 1
        self.rank += 1

    def _cut_between(self, entry: int) -> None:
        above: list[int] = []
        at: list[int] = []
        below: list[int] = []
        for position, vector in enumerate(self.vectors):
            value = vector[entry]
            (above if value > 0 else below if value < 0 else at).append(position)
        bit = 1 << self.n_cuts
        self.n_cuts += 1
        vectors, tight = self.vectors, self.tight
        new, shared = self._new_vectors(above, below, entry)
        self.vectors = [*(vectors[i] for i in above), *(vectors[i] for i in at), *new]
        self.tight = [
            *(tight[i] for i in above),
            *(tight[i] | bit for i in at),
            *(mask | bit for mask in shared),
        ]
        if not above:
            spanning = [vector[: self.width] for vector in (*self.lines, *self.vectors)]
            self.rank = _rank(spanning) - len(self.lines) - 1

    def _new_vectors(self, above: list[int], below: list[int], entry: int) -> tuple[list[Vector], list[int]]:
        """Return where the edges that change sides meet the hyperplane, and the cuts they lie on."""
        vectors, tight, rank, width = self.vectors, self.tight, self.rank - 1, self.width
        new: list[Vector] = []
        shared: list[int] = []
        lower = [(tight[j], vectors[j], tight[j].bit_count() == rank + 1) for j in below]
        for i in above:
            mask, up = tight[i], vectors[i]
            rise = up[entry]
            is_simple = mask.bit_count() == rank + 1
            for other, down, is_other_simple in lower:
                common = mask & other
                if common.bit_count() < rank:
                    continue
                # The cuts at a simple generator are independent: enough of them are an edge.
                if not (is_simple or is_other_simple or _are_alone(tight, common)):
                    continue
                fall = -down[entry]
                divisor = gcd(rise, fall)
                a, b = fall // divisor, rise // divisor
                meeting = [a * x + b * y for x, y in zip(up, down, strict=True)]
                new.append(_reduced(meeting, width))
                shared.append(common)
        return new, shared


def _are_alone(tight: list[int], common: int) -> bool:
    """Say whether only two generators lie on all of these cuts."""
    n = 0
    for mask in tight:
        if mask & common == common:
            n += 1
            if n > 2:
                return False
    return True


def _moved(vector: Vector, line: Vector, entry: int, width: int) -> Vector:
    """Move a vector along a line, on which the row grows, to where the row is zero."""
    value, rate = vector[entry], line[entry]
    if not value:
        return vector
    return _reduced([rate * x - value * y for x, y in zip(vector, line, strict=True)], width)


def _reduced(vector: Vector, width: int) -> Vector:
    """Divide a vector by the common divisor of its coordinates; values are integer combinations of those."""
    divisor = gcd(*vector[:width])
    return vector if divisor <= 1 else [x // divisor for x in vector]


def _rank(vectors: Sequence[Sequence[int]]) -> int:
    if not vectors:
        return 0
    return int(fmpz_mat(len(vectors), len(vectors[0]), [x for vector in vectors for x in vector]).rank())


def _assembled(
    rows: Sequence[Row], dimension: int, lines: Sequence[Sequence[int]], vectors: Sequence[Sequence[int]]
) -> Polyhedron:
    """Bring generators, each followed by its values of the rows, into their normal form, and name the facets."""
    width = dimension + 1
    if not vectors:
        return Polyhedron(dimension, -1, (), (), (), (), (), ())
    basis, pivots = _echelon([line[:dimension] for line in lines])
    normal = [(_without_lines(vector[:width], basis, pivots), vector) for vector in vectors]
    points = [(tuple(Fraction(x, g[-1]) for x in g[:-1]), g, vector) for g, vector in normal if g[-1]]
    points.sort(key=lambda point: point[0])
    rays = sorted((g[:-1], vector) for g, vector in normal if not g[-1])
    ordered = [vector for *_, vector in points] + [vector for _, vector in rays]
    spanning = [[*g] for _, g, _ in points] + [[*ray, 0] for ray, _ in rays]
    own_dimension = _rank(spanning) + len(basis) - 1
    inside = (1 << len(points)) - 1
    whole = (1 << len(ordered)) - 1
    masks = {}
    for k, row in enumerate(rows):
        if any(row[:dimension]):
            mask = 0
            for position, vector in enumerate(ordered):
                if not vector[width + k]:
                    mask |= 1 << position
            masks[k] = mask
    equalities = tuple(k for k, mask in masks.items() if mask == whole)
    groups: dict[int, list[int]] = {}
    for k, mask in masks.items():
        if mask & inside and mask != whole:
            groups.setdefault(mask, []).append(k)
    found = [(tuple(group), mask) for mask, group in groups.items() if is_maximal(mask, groups)]
    return Polyhedron(
        dimension,
        own_dimension,
        tuple(g for _, g, _ in points),
        tuple(ray for ray, _ in rays),
        tuple(basis),
        equalities,
        tuple(group for group, _ in found),
        tuple(mask for _, mask in found),
    )


def is_maximal(mask: int, masks: Iterable[int]) -> bool:
    """Say whether a set of bits lies in no other set of a collection.

    Examples
    --------
    >>> is_maximal(0b011, [0b011, 0b110]), is_maximal(0b010, [0b011, 0b010])
    (True, False)
    """
    return not any(mask & other == mask and mask != other for other in masks)


def _echelon(lines: Sequence[Sequence[int]]) -> tuple[list[tuple[int, ...]], list[int]]:
    """Return the reduced echelon form of independent vectors, as coprime integers, and its pivot columns."""
    if not lines:
        return [], []
    reduced, _, _ = fmpz_mat(len(lines), len(lines[0]), [x for line in lines for x in line]).rref()
    basis = []
    for entries in reduced.tolist():
        row = primitive_row(entries)
        lead = next(x for x in row if x)
        basis.append(row if lead > 0 else tuple(-x for x in row))
    return basis, [next(k for k, x in enumerate(row) if x) for row in basis]


def _without_lines(
    vector: Sequence[int], basis: Sequence[Sequence[int]], pivots: Sequence[int]
) -> tuple[int, ...]:
    """Move a generator along the lines to where their pivot coordinates are zero."""
    moved = [*vector]
    for line, pivot in zip(basis, pivots, strict=True):
        value, rate = moved[pivot], line[pivot]
        if value:
            moved = [rate * x - value * y for x, y in zip(moved, (*line, 0), strict=True)]
    return primitive_row(moved)
