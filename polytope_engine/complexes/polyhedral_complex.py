"""Closed convex polyhedra that are glued along common faces, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray

from polytope_engine.complexes.homology import betti_numbers
from polytope_engine.exact.generators import OpenCell
from polytope_engine.exact.rational import Point, nearest_floats

Key = frozenset[int]
Vector = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Face:
    """A closed face: its generators (vertices and rays, by number) and its facets among the faces."""

    key: Key
    facets: tuple[int, ...]
    is_bounded: bool


class PolyhedralComplex:
    """Polyhedra and all their faces; two of them meet in a common face or not at all.

    A face is known by its generators: its vertices, as rational points, and its extreme rays, both up to the
    lines that all of the complex contains. Faces of two polyhedra are the same if and only if those agree, so gluing
    needs no tolerance.

    Parameters
    ----------
    dimension : int
        d: the complex lies in R^d.
    lines : sequence of integer vectors
        A basis of the directions that all its polyhedra contain.

    Attributes
    ----------
    faces : list of lists of Face
        ``faces[k]`` are those of dimension k, made when first asked for. With l lines the smallest have dimension l.
    generators : list of tuples of d + 1 int
        Coprime integers; the last is positive at vertices (the denominator of the others) and 0 at rays.
    lines : list of tuples of d + 1 int
        The basis in reduced echelon form; generators are 0 at its pivots.

    Examples
    --------
    Two unit squares side by side:

    >>> from polytope_engine.exact.closed_section import closed_section
    >>> squares = PolyhedralComplex(2)
    >>> for x in (0, 1):
    ...     cell = closed_section(2, (0, 0, 0), [(1, 0, -x), (-1, 0, x + 1), (0, 1, 0), (0, -1, 1)]).cell
    ...     squares.add(cell)
    >>> squares.f_vector(), squares.euler_characteristic(), squares.betti_numbers()
    ((6, 7, 2), 1, (1, 0, 0))
    """

    def __init__(self, dimension: int, lines: Sequence[Sequence[int]] = ()) -> None:
        self.dimension = dimension
        self.generators: list[Vector] = []
        self.lines, self._pivots = _echelon(lines, dimension + 1)
        self._faces: list[list[Face]] = [[] for _ in range(dimension + 1)]
        self._waiting: list[tuple[list[int], list[int], int]] = []
        self._numbers: dict[Vector, int] = {}
        self._places: list[dict[Key, int]] = [{} for _ in range(dimension + 1)]

    # -- making it ------------------------------------------------------------------------------

    def key(self, cell: OpenCell) -> Key:
        """Return what names the closure of a cell: the numbers of its generators."""
        return frozenset(self._number(vector) for vector in cell.generators)

    def add(self, cell: OpenCell) -> None:
        """Add the closure of a cell with all its faces."""
        numbers = [self._number(vector) for vector in cell.generators]
        self._waiting.append((numbers, cell.tight, cell.dimension))

    @property
    def faces(self) -> list[list[Face]]:
        """The faces of each dimension."""
        while self._waiting:
            self._add(*self._waiting[-1])
            self._waiting.pop()
        return self._faces

    def face(self, key: Key, dimension: int) -> Face:
        """Return the face with these generators.

        Raises
        ------
        KeyError
            If there is none of that dimension.
        """
        faces = self.faces[dimension]
        return faces[self._places[dimension][key]]

    def _number(self, vector: Sequence[int]) -> int:
        canonical = self._canonical(vector)
        number = self._numbers.setdefault(canonical, len(self.generators))
        if number == len(self.generators):
            self.generators.append(canonical)
        return number

    def _canonical(self, vector: Sequence[int]) -> Vector:
        entries = [int(x) for x in vector[: self.dimension + 1]]
        for line, pivot in zip(self.lines, self._pivots, strict=True):
            if entries[pivot]:
                scale, factor = line[pivot], entries[pivot]
                entries = [scale * x - factor * y for x, y in zip(entries, line, strict=True)]
        divisor = gcd(*entries)
        return tuple(entries) if divisor <= 1 else tuple(x // divisor for x in entries)

    def _add(self, numbers: Sequence[int], tight: Sequence[int], dimension: int) -> int:
        key = frozenset(numbers)
        place = self._places[dimension].get(key)
        if place is not None:
            return place
        facets = [
            self._add([numbers[k] for k in part], [tight[k] for k in part], dimension - 1)
            for part in self._facets(numbers, tight, dimension)
        ]
        is_bounded = not self.lines and all(self.generators[number][-1] for number in numbers)
        place = self._places[dimension][key] = len(self._faces[dimension])
        self._faces[dimension].append(Face(key, tuple(sorted(facets)), is_bounded))
        return place

    def _facets(self, numbers: Sequence[int], tight: Sequence[int], dimension: int) -> list[tuple[int, ...]]:
        """The positions of the generators of each facet: the largest proper sets that lie on a cut."""
        if dimension == len(self.lines):
            return []
        cuts = 0
        for mask in tight:
            cuts |= mask
        parts = set()
        for bit in range(cuts.bit_length()):
            part = tuple(k for k, mask in enumerate(tight) if mask >> bit & 1)
            if 0 < len(part) < len(numbers):
                parts.add(part)
        sets = [(part, set(part)) for part in sorted(parts)]
        return [
            part
            for part, held in sets
            if not any(held < other for _, other in sets) and any(self._is_vertex(numbers[k]) for k in part)
        ]

    def _is_vertex(self, number: int) -> bool:
        return self.generators[number][-1] > 0

    # -- what there is --------------------------------------------------------------------------

    def f_vector(self, *, bounded: bool = False) -> tuple[int, ...]:
        """Return the number of closed faces of each dimension 0, ..., d (or of the bounded ones only)."""
        return tuple(sum(face.is_bounded or not bounded for face in faces) for faces in self.faces)

    def vertices_of(self, key: Iterable[int]) -> list[int]:
        """Return the numbers of the vertices among generators, sorted."""
        return sorted(number for number in key if self._is_vertex(number))

    def rays_of(self, key: Iterable[int]) -> list[int]:
        """Return the numbers of the rays among generators, sorted."""
        return sorted(number for number in key if not self._is_vertex(number))

    def point(self, number: int) -> Point:
        """Return a vertex as d Fractions."""
        *numerators, denominator = self.generators[number]
        return tuple(Fraction(x, denominator) for x in numerators)

    def float_points(self, numbers: Iterable[int]) -> NDArray[np.float64]:
        """Return vertices as floats, each coordinate rounded once; shape (n, d)."""
        rows = [nearest_floats(self.point(number)) for number in numbers]
        return np.array(rows, dtype=np.float64).reshape(len(rows), self.dimension)

    @cached_property
    def lineality_dimension(self) -> int:
        """The dimension of the space of lines that every polyhedron contains."""
        return len(self.lines)

    # -- connection -----------------------------------------------------------------------------

    def components(self, keys: Sequence[Key]) -> NDArray[np.int64]:
        """Return the component of each of some faces, numbered from 0; faces that share a vertex are connected.

        Two closed polyhedra that meet share a smallest face, which up to lines is a vertex.
        """
        parent = list(range(len(self.generators)))

        def root(k: int) -> int:
            while parent[k] != k:
                parent[k] = parent[parent[k]]
                k = parent[k]
            return k

        for key in keys:
            first, *others = self.vertices_of(key)
            for other in others:
                parent[root(other)] = root(first)
        numbers: dict[int, int] = {}
        found = [numbers.setdefault(root(self.vertices_of(key)[0]), len(numbers)) for key in keys]
        return np.array(found, dtype=np.int64)

    # -- the bounded part -----------------------------------------------------------------------

    def boundary_columns(self, dimension: int) -> list[tuple[int, ...]]:
        """Return for each bounded face of a dimension its facets, by their places among bounded faces."""
        below = self._bounded_places(dimension - 1) if dimension else {}
        return [
            tuple(below[k] for k in self.faces[dimension][j].facets) for j in self._bounded_places(dimension)
        ]

    def _bounded_places(self, dimension: int) -> dict[int, int]:
        bounded = (j for j, face in enumerate(self.faces[dimension]) if face.is_bounded)
        return {j: k for k, j in enumerate(bounded)}

    def euler_characteristic(self) -> int:
        """Return the alternating sum of the numbers of bounded faces."""
        return sum((-1) ** k * n for k, n in enumerate(self.f_vector(bounded=True)))

    def betti_numbers(self) -> tuple[int, ...]:
        """Return the Betti numbers over GF(2) of the bounded part, for the dimensions 0, ..., d."""
        columns = [self.boundary_columns(k) for k in range(self.dimension + 1)]
        return betti_numbers([len(part) for part in columns], columns)

    def iter_incidences(self, dimension: int) -> Iterator[tuple[int, int]]:
        """Iterate over pairs (face, facet) of places, for all faces of a dimension."""
        for j, face in enumerate(self.faces[dimension]):
            for k in face.facets:
                yield j, k


def _echelon(lines: Sequence[Sequence[int]], width: int) -> tuple[list[Vector], list[int]]:
    """A basis of the lines in reduced echelon form, with positive pivots, and the places of the pivots."""
    if not lines:
        return [], []
    flat = [int(x) for line in lines for x in line[:width]]
    reduced, _, rank = fmpz_mat(len(lines), width, flat).rref()
    basis, pivots = [], []
    for row in reduced.tolist()[:rank]:
        entries = [int(x) for x in row]
        pivot = next(k for k, x in enumerate(entries) if x)
        divisor = gcd(*entries) * (1 if entries[pivot] > 0 else -1)
        basis.append(tuple(x // divisor for x in entries))
        pivots.append(pivot)
    return basis, pivots
