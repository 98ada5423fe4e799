"""Triangulations of a bounded polytope with interior, and the volumes of simplices, in rationals.

Points are integer tuples: d numerators and their positive denominator.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import factorial, prod

from flint import fmpz_mat

from polytope_engine.exact.face_lattice import FaceLattice, Simplex, face_lattice
from polytope_engine.exact.polyhedron import Polyhedron, polyhedron
from polytope_engine.exact.rational import total

Homogeneous = Sequence[int]


def pulling_simplices(p: Polyhedron) -> list[Simplex]:
    """Return the pulling triangulation for the lexicographic order of the vertices, sorted.

    pull(face) joins v, the smallest vertex of the face, with pull(G) for each facet G of the face that does not
    contain v. It depends on the set of vertices only.

    Examples
    --------
    >>> square = polyhedron([(1, 0, 0), (0, 1, 0), (-1, 0, 1), (0, -1, 1)], 2)
    >>> pulling_simplices(square)
    [(0, 1, 3), (0, 2, 3)]

    References
    ----------
    J. A. De Loera, J. Rambau, F. Santos, Triangulations, 2010, section 4.3.2.
    """
    return sorted(face_lattice(p).pulled((1 << len(p.points)) - 1))


def delaunay_simplices(points: Sequence[Homogeneous]) -> list[Simplex]:
    """Return the Delaunay subdivision of points, each cell of it pulled in the order of the points, sorted.

    The points must span R^d. Only those that are vertices of a cell appear.

    Examples
    --------
    Four corners on a circle are one cell; with one of them further out, the other diagonal is right:

    >>> delaunay_simplices([(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1)])
    [(0, 1, 3), (0, 2, 3)]
    >>> delaunay_simplices([(0, 0, 1), (0, 1, 1), (1, 0, 1), (2, 2, 1)])
    [(0, 1, 2), (1, 2, 3)]

    Notes
    -----
    On the paraboloid x_{d+1} = |x|^2 a cell is a lower facet of the convex hull (Brown 1979). Its hyperplanes
    are the vertices (a, c) of the polyhedron of all ``a . p + c + |p|^2 >= 0``, and the rays of the same
    polyhedron are the facets of the points' own hull.
    """
    d = len(points[0]) - 1
    rows = [
        (*(x * t for x in numerators), t * t, sum(x * x for x in numerators)) for *numerators, t in points
    ]
    dual = polyhedron(rows, d + 1)
    parts = [0] * (len(dual.points) + len(dual.rays))
    generators = (*dual.points, *((*ray, 0) for ray in dual.rays))
    for k, row in enumerate(rows):
        for position, generator in enumerate(generators):
            if not sum(a * x for a, x in zip(row, generator, strict=True)):
                parts[position] |= 1 << k
    lattice = FaceLattice(parts, (1 << len(points)) - 1)
    return sorted(simplex for cell in parts[: len(dual.points)] for simplex in lattice.pulled(cell))


def simplex_volumes(points: Sequence[Homogeneous], simplices: Sequence[Sequence[int]]) -> list[Fraction]:
    """Return the volume of each simplex of d + 1 points of R^d; of dimension 0, the number 1.

    Examples
    --------
    >>> simplex_volumes([(0, 0, 1), (1, 0, 1), (0, 1, 3)], [(0, 1, 2), (1, 1, 2)])
    [Fraction(1, 6), Fraction(0, 1)]
    """
    volumes = []
    for simplex in simplices:
        corners = [points[k] for k in simplex]
        n = len(corners)
        determinant = abs(int(fmpz_mat(n, n, [x for corner in corners for x in corner]).det()))
        volumes.append(Fraction(determinant, factorial(n - 1) * prod(corner[-1] for corner in corners)))
    return volumes


def facet_content(p: Polyhedron, lattice: FaceLattice, mask: int, row: Sequence[int]) -> Fraction | None:
    """Return the (d - 1)-volume of a facet divided by the length of its row's normal; None if it is unbounded.

    Examples
    --------
    The long side of a right triangle has the length sqrt(2), and so has its normal:

    >>> triangle = polyhedron([(1, 0, 0), (0, 1, 0), (-1, -1, 1)], 2)
    >>> facet_content(triangle, face_lattice(triangle), triangle.tight[2], (-1, -1, 1))
    Fraction(1, 1)
    """
    if p.lines or mask >> len(p.points):
        return None
    simplices = lattice.pulled(mask)
    # Along a coordinate in which the normal is not zero the facet projects onto its shadow.
    k = next(k for k, entry in enumerate(row[:-1]) if entry)
    shadows = [(*point[:k], *point[k + 1 :]) for point in p.points]
    return total(simplex_volumes(shadows, simplices)) / abs(row[k])


def squared_distance(a: Homogeneous, b: Homogeneous) -> Fraction:
    """Return the square of the distance of two points.

    Examples
    --------
    >>> squared_distance((1, 0, 2), (0, 1, 1))
    Fraction(5, 4)
    """
    s, t = a[-1], b[-1]
    return Fraction(sum((x * t - y * s) ** 2 for x, y in zip(a[:-1], b[:-1], strict=True)), (s * t) ** 2)
