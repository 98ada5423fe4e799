"""The vertices of a bounded domain, where the search on vertices begins."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from polytope_engine.exact.polyhedron import polyhedron
from polytope_engine.network.rationals import nearest_float
from polytope_engine.regions.working_space import WorkingSpace

# More are no place to begin: 2^d for a box.
MOST_VERTICES = 1 << 12
MOST_ROWS = 60


@dataclass(frozen=True)
class RootVertices:
    """The vertices of a domain whose vertices lie on no more rows than they must.

    Attributes
    ----------
    points : float64 array, shape (n, r)
        In scaled working coordinates, rounded.
    radii : float64 array, shape (n,)
        Bounds of the rounding errors of all coordinates.
    facets : uint64 array, shape (n,)
        Bit p is set if the vertex lies on row p of the domain.
    """

    points: NDArray[np.float64]
    radii: NDArray[np.float64]
    facets: NDArray[np.uint64]


def root_vertices(space: WorkingSpace) -> RootVertices | None:
    """The vertices of a domain, or None if it is not bounded, or not simple, or has too many of them.

    Simple means that each vertex lies on exactly r of the rows, r the dimension. Boxes are, unless a row is there
    twice.
    """
    r = space.dimension
    if space.box is None or len(space.domain_rows) > MOST_ROWS:
        return None
    vertices = _box_vertices(space) or _general_vertices(space)
    if vertices is None:
        return None
    points, radii, facets = [], [], []
    for vertex, tight in vertices:
        if len(tight) != r:
            return None
        scaled = [x / Fraction(2) ** int(s) for x, s in zip(vertex, space.shifts, strict=True)]
        rounded = [nearest_float(x) for x in scaled]
        if not np.all(np.isfinite(rounded)):
            return None
        errors = [abs(Fraction(value) - x) for value, x in zip(rounded, scaled, strict=True)]
        largest = max(errors)
        points.append(rounded)
        radii.append(
            0.0 if largest == 0 else float(np.nextafter(nearest_float(largest) * (1 + 1e-12), np.inf))
        )
        facets.append(sum(1 << p for p in tight))
    return RootVertices(np.array(points), np.array(radii), np.array(facets, dtype=np.uint64))


Vertex = tuple[tuple[Fraction, ...], list[int]]


def _box_vertices(space: WorkingSpace) -> list[Vertex] | None:
    """The corners of a domain with two rows for each coordinate, and no others."""
    r = space.dimension
    sides: list[list[tuple[Fraction, int]]] = [[] for _ in range(r)]
    for p, row in enumerate(space.domain_rows):
        columns = [k for k in range(r) if row[k]]
        if len(columns) != 1:
            return None
        (k,) = columns
        sides[k].append((Fraction(-int(row[-1]), int(row[k])), p))
    if any(len(side) != 2 for side in sides) or 2**r > MOST_VERTICES:
        return None
    return [
        (tuple(value for value, _ in corner), [p for _, p in corner]) for corner in itertools.product(*sides)
    ]


def _general_vertices(space: WorkingSpace) -> list[Vertex] | None:
    """The vertices of any small polytope, and all rows that each lies on."""
    if len(space.domain_rows) > 4 * space.dimension + 8 or space.dimension > 6:
        return None
    found = polyhedron(space.domain_rows, space.dimension)
    if len(found.vertices) > MOST_VERTICES:
        return None
    vertices: list[Vertex] = []
    for vertex in found.vertices:
        tight = []
        for p, row in enumerate(space.domain_rows):
            if sum((int(a) * x for a, x in zip(row[:-1], vertex, strict=True)), Fraction(int(row[-1]))) == 0:
                tight.append(p)
        vertices.append((tuple(vertex), tight))
    return vertices
