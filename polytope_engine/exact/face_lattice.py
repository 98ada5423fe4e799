"""The faces of a polyhedron from which generators lie on which facets: sets of generators, as bits.

Every face is the intersection of the facets around it, and a facet of a face is a largest proper intersection of
the face with a facet of the polyhedron (Kaibel, Pfetsch 2002). Intersections without a point, only with rays, are
faces at infinity; those are no faces.
"""

from __future__ import annotations

from collections.abc import Iterable

from polytope_engine.exact.polyhedron import Polyhedron, is_maximal

Simplex = tuple[int, ...]


class FaceLattice:
    """The faces below a set of facets.

    Parameters
    ----------
    facets : iterable of int
        For each facet its generators, as bits.
    points : int
        The generators that are points, not rays.

    Examples
    --------
    A square, its vertices 0, 1, 2, 3 in the order of the coordinates:

    >>> square = FaceLattice([0b0011, 0b1100, 0b0101, 0b1010], 0b1111)
    >>> [len(level) for level in square.levels(0b1111)]
    [1, 4, 4]
    >>> square.pulled(0b1111)
    [(0, 2, 3), (0, 1, 3)]
    """

    def __init__(self, facets: Iterable[int], points: int) -> None:
        self.facets = tuple(facets)
        self.points = points
        self._below: dict[int, tuple[int, ...]] = {}
        self._pulled: dict[int, list[Simplex]] = {}

    def facets_of(self, face: int) -> tuple[int, ...]:
        """Return the facets of a face, in the order of the facets that cut them out."""
        found = self._below.get(face)
        if found is None:
            parts = dict.fromkeys(face & facet for facet in self.facets)
            parts.pop(face, None)
            proper = [part for part in parts if part & self.points]
            found = self._below[face] = tuple(part for part in proper if is_maximal(part, proper))
        return found

    def levels(self, face: int) -> list[tuple[int, ...]]:
        """Return the faces of a face, itself included, one tuple for each dimension, from the highest down."""
        levels: list[tuple[int, ...]] = [(face,)]
        while below := tuple(dict.fromkeys(part for upper in levels[-1] for part in self.facets_of(upper))):
            levels.append(below)
        return levels

    def pulled(self, face: int) -> list[Simplex]:
        """Return the pulling triangulation of a bounded face, for the order of the generators' bits.

        The first vertex of the face is joined with the triangulations of the facets of the face that do not
        contain it. A simplex is a tuple of vertices in their order.
        """
        found = self._pulled.get(face)
        if found is None:
            first = face & -face
            apex = first.bit_length() - 1
            if face == first:
                found = [(apex,)]
            else:
                found = [
                    (apex, *simplex)
                    for part in self.facets_of(face)
                    if not part & first
                    for simplex in self.pulled(part)
                ]
            self._pulled[face] = found
        return found


def face_lattice(p: Polyhedron) -> FaceLattice:
    """Return the faces of a polyhedron, as sets of its generators (modulo lines).

    Examples
    --------
    >>> from polytope_engine.exact.polyhedron import polyhedron
    >>> face_lattice(polyhedron([(1, 0, 0), (0, 1, 0)], 2)).levels(0b111)     # a vertex and two rays
    [(7,), (3, 5), (1,)]
    """
    return FaceLattice(p.tight, (1 << len(p.points)) - 1)


def f_vector(p: Polyhedron) -> tuple[int, ...]:
    """Return the number of faces of each dimension from 0 to that of the polyhedron, which is its own face.

    A polyhedron with l independent lines has no face of dimension below l: its k-dimensional faces stand for the
    (k - l)-dimensional ones of a section without lines. The empty polyhedron has no faces here.

    Examples
    --------
    A square, a half-plane, and a wedge times a line:

    >>> from polytope_engine.exact.polyhedron import polyhedron
    >>> f_vector(polyhedron([(1, 0, 0), (0, 1, 0), (-1, 0, 1), (0, -1, 1)], 2))
    (4, 4, 1)
    >>> f_vector(polyhedron([(1, 0, 0)], 2))
    (0, 1, 1)
    >>> f_vector(polyhedron([(1, 0, 0, 0), (0, 1, 0, 0)], 3))
    (0, 1, 2, 1)
    """
    if p.dimension < 0:
        return ()
    whole = (1 << (len(p.points) + len(p.rays))) - 1
    counts = [len(level) for level in face_lattice(p).levels(whole)]
    return (*[0] * len(p.lines), *reversed(counts))
