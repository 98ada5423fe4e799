"""A relatively open cell by its generators, in integers: which signs a function takes there, and cutting it.

The closure of a cell is all ``sum(c_j v_j) + sum(c_j r_j) + lines`` with c_j >= 0 and the c_j of the vertices
adding up to 1. With one more coordinate, t = 1 at points and t = 0 at directions, vertices and rays are alike,
multiples of a generator mean the same, and every generator is a vector of integers.

An affine function on the closed cell is a combination of its values at the generators, and the relative
interior holds exactly the combinations in which every generator has a positive share. So the function is
positive on the open cell iff no value is negative and some value is positive; it is zero iff all values are; and
if two values have opposite signs then all three signs occur. No linear program is needed, and no dimension is
special: a cell inside a hyperplane has its generators there.

Cutting is the double description method (Motzkin, Raiffa, Thompson, Thrall 1953): the generators on a side
stay, and every edge that changes sides gives a new one. Which pairs span an edge is read off the rows that are
tight at both: no third generator is tight at all of them (Fukuda, Prodon 1996).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

from flint import fmpz_mat

from polytope_engine.exact.decisions import CUT, NEGATIVE, POSITIVE, ZERO
from polytope_engine.exact.rational import Row

Vector = list[int]


@dataclass(frozen=True, slots=True)
class OpenCell:
    """A relatively open polyhedron, given by what generates its closure.

    Attributes
    ----------
    ambient : int
        d: the cell lies in R^d.
    dimension : int
        The dimension of the cell itself.
    lines : list of vectors
        A basis of the directions that never leave the cell.
    generators : list of vectors
        Vertices and rays, up to lines. A vector is d coordinates, then t, positive at vertices (which are
        the coordinates divided by t) and zero at rays, then the values of the functions that were asked for.
    tight : list of int
        For each generator, the set of cuts (as bits) that it lies on. Bit 0 stands for t >= 0.
    n_cuts : int
        Number of bits in use.

    Examples
    --------
    The line cut at 0, the positive half cut at 2:

    >>> line = OpenCell.whole_space(1).with_functions([(1, 0), (1, -2)])
    >>> line.sign(2), line.sign(3)
    (2, 2)
    >>> _, _, positive = line.with_functions([(1, 0)]).cut(2)
    >>> below, at, above = positive.with_functions([(1, -2)]).cut(2)
    >>> [(cell.dimension, cell.is_bounded(), cell.interior_point()) for cell in (below, at, above)]
    [(1, True, (1, 1)), (0, True, (2, 1)), (1, False, (3, 1))]
    """

    ambient: int
    dimension: int
    lines: list[Vector]
    generators: list[Vector]
    tight: list[int]
    n_cuts: int

    @classmethod
    def whole_space(cls, dimension: int) -> OpenCell:
        """Return R^d: the origin, and d lines."""
        lines = [[int(i == k) for i in range(dimension + 1)] for k in range(dimension)]
        return cls(dimension, dimension, lines, [[0] * dimension + [1]], [0], 1)

    def with_functions(self, rows: Sequence[Row]) -> OpenCell:
        """Return the same cell, asked for the values of some functions instead of those before.

        Function k, an integer row ``(a, b)`` that stands for ``a . x + b``, is entry d + 1 + k of each vector.
        """
        width = self.ambient + 1
        vectors = [vector[:width] for vector in (*self.lines, *self.generators)]
        flat = [entry for vector in vectors for entry in vector]
        functions = fmpz_mat(len(rows), width, [entry for row in rows for entry in row])
        values = (fmpz_mat(len(vectors), width, flat) * functions.transpose()).tolist()
        for vector, extension in zip(vectors, values, strict=True):
            vector += map(int, extension)
        n_lines = len(self.lines)
        return OpenCell(
            self.ambient, self.dimension, vectors[:n_lines], vectors[n_lines:], self.tight, self.n_cuts
        )

    def sign(self, entry: int) -> int:
        """Return the sign of a function on the cell: `POSITIVE`, `NEGATIVE`, `ZERO`, or `CUT`: all three."""
        for line in self.lines:
            if line[entry]:
                return CUT
        values = [vector[entry] for vector in self.generators]
        low, high = min(values), max(values)
        if low < 0:
            return CUT if high > 0 else NEGATIVE
        return POSITIVE if high > 0 else ZERO

    def cut(self, entry: int) -> tuple[OpenCell, OpenCell, OpenCell]:
        """Return the parts where a function that cuts the cell is negative, zero and positive.

        The vectors of the parts end before that entry, so functions are best taken from the last to the first.
        """
        for position, line in enumerate(self.lines):
            if line[entry]:
                return self._cut_across(position, entry)
        return self._cut_between(entry)

    def _cut_across(self, position: int, entry: int) -> tuple[OpenCell, OpenCell, OpenCell]:
        """Cut where a line crosses: everything else is moved along that line into the hyperplane."""
        width = self.ambient + 1
        line = self.lines[position]
        if line[entry] < 0:
            line = [-x for x in line]
        others = self.lines[:position] + self.lines[position + 1 :]
        lines = [_moved(other, line, entry, width) for other in others]
        generators = [_moved(vector, line, entry, width) for vector in self.generators]
        upward = line[:entry]
        downward = [-x for x in upward]
        bit = 1 << self.n_cuts
        tight = [*(mask | bit for mask in self.tight), bit - 1]  # a line lies on every cut before this one
        n_cuts = self.n_cuts + 1
        return (
            OpenCell(self.ambient, self.dimension, lines, [*generators, downward], tight, n_cuts),
            OpenCell(self.ambient, self.dimension - 1, lines, generators, self.tight, self.n_cuts),
            OpenCell(self.ambient, self.dimension, lines, [*generators, upward], tight, n_cuts),
        )

    def _cut_between(self, entry: int) -> tuple[OpenCell, OpenCell, OpenCell]:
        above: list[int] = []
        at: list[int] = []
        below: list[int] = []
        vectors, tight = self.generators, self.tight
        for position, vector in enumerate(vectors):
            value = vector[entry]
            (above if value > 0 else below if value < 0 else at).append(position)
        new, shared = self._new_generators(above, below, entry)
        bit = 1 << self.n_cuts
        on = [*(vectors[i] for i in at), *new]
        on_tight = [*(tight[i] for i in at), *shared]
        walled = [mask | bit for mask in on_tight]

        def side(kept: list[int]) -> OpenCell:
            generators = [*(vectors[i] for i in kept), *on]
            masks = [*(tight[i] for i in kept), *walled]
            return OpenCell(self.ambient, self.dimension, self.lines, generators, masks, self.n_cuts + 1)

        middle = OpenCell(self.ambient, self.dimension - 1, self.lines, on, on_tight, self.n_cuts)
        return side(below), middle, side(above)

    def _new_generators(
        self, above: list[int], below: list[int], entry: int
    ) -> tuple[list[Vector], list[int]]:
        """Return where the edges that change sides meet the hyperplane, and the cuts they lie on."""
        vectors, tight = self.generators, self.tight
        width = self.ambient + 1
        rank = self.dimension - len(self.lines) - 1  # of the cuts that an edge lies on
        new: list[Vector] = []
        shared: list[int] = []
        for i in above:
            mask, upper = tight[i], vectors[i]
            is_simple = mask.bit_count() == rank + 1
            for j in below:
                common = mask & tight[j]
                if common.bit_count() < rank:
                    continue
                # The cuts at a simple generator are independent: enough of them are an edge.
                if not (is_simple or tight[j].bit_count() == rank + 1 or _are_alone(tight, common)):
                    continue
                lower = vectors[j]
                a, b = -lower[entry], upper[entry]
                meeting = [a * x + b * y for x, y in zip(upper[:entry], lower, strict=False)]
                new.append(_reduced(meeting, width))
                shared.append(common)
        return new, shared

    def is_bounded(self) -> bool:
        """Say whether the cell lies in some ball."""
        t = self.ambient
        return not self.lines and all(vector[t] for vector in self.generators)

    def interior_point(self) -> tuple[int, ...]:
        """Return a point of the open cell: d integers and their common positive denominator.

        A sum of all generators, each scaled by a power of two: vertices to denominators of like size, which
        puts the point near their center, rays to a length of about 1.
        """
        t = self.ambient
        width = t + 1
        sizes = [
            vector[t].bit_length() if vector[t] else max(abs(x) for x in vector[:t]).bit_length()
            for vector in self.generators
        ]
        largest = max(sizes)
        scaled = [
            [x << (largest - size) for x in vector[:width]]
            for vector, size in zip(self.generators, sizes, strict=True)
        ]
        total = [sum(column) for column in zip(*scaled, strict=True)]
        return tuple(_reduced(total, width))


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
    """Move a vector along a line, on which the function grows, to where the function is zero."""
    value, rate = vector[entry], line[entry]
    if not value:
        return vector
    return _reduced([rate * x - value * y for x, y in zip(vector[:entry], line, strict=False)], width)


def _reduced(vector: Vector, width: int) -> Vector:
    """Divide a vector by the common divisor of its coordinates; values are integer combinations of those."""
    divisor = gcd(*vector[:width])
    return vector if divisor <= 1 else [x // divisor for x in vector]
