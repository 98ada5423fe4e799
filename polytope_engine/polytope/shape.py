"""What the vertices of a polytope tell: its faces, size and simplices, as floats rounded from exact answers."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from math import inf

import numpy as np
from numpy.typing import NDArray

from polytope_engine.exact.rational import nearest_floats, square_root
from polytope_engine.network.arrays import FloatArray
from polytope_engine.polytope.chebyshev import Ball
from polytope_engine.polytope.ellipsoid import Ellipsoid, inscribed_ellipsoid
from polytope_engine.polytope.exact_polytope import ExactPolytope
from polytope_engine.polytope.inputs import query_points
from polytope_engine.polytope.triangulation import Triangulation


class Shape:
    """The part of `HPolytope` that needs vertices. Each number is the float64 nearest to the exact one."""

    @property
    def exact_rows(self) -> tuple[tuple[int, ...], ...]:
        """Coprime integers (a, c) for each row: ``a . x + c >= 0``."""
        raise NotImplementedError

    @property
    def dimension(self) -> int:
        """The dimension d of the space around it."""
        raise NotImplementedError

    def chebyshev_ball(self) -> Ball:
        """Return the largest ball inside."""
        raise NotImplementedError

    @cached_property
    def exact(self) -> ExactPolytope:
        """The same polytope, whose methods of the same names answer in Fractions and integers.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.box(0, Fraction(1, 3), dimension=2).exact.volume()
        Fraction(1, 9)
        """
        return ExactPolytope(self.exact_rows, self.dimension)

    # -- generators and faces -------------------------------------------------------------------

    def vertices(self) -> FloatArray:
        """Return the vertices, sorted by their exact coordinates.

        Returns
        -------
        float64 array, shape (n_vertices, d)
            The polytope is conv(vertices) + cone(rays) + span(lines). If it contains lines it has no vertices,
            strictly (``f_vector()[0]`` is 0); then there is one point of each minimal face.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.HPolytope([[-1, 0], [0, -1], [1, 1]], [0, 0, 1]).vertices()
        array([[0., 0.], [0., 1.], [1., 0.]])
        """
        points = [nearest_floats(point) for point in self.exact.vertices()]
        return np.array(points, dtype=np.float64).reshape(-1, self.dimension)

    def rays(self) -> FloatArray:
        """Return the directions of the unbounded edges, of which the largest entry has absolute value 1.

        Returns
        -------
        float64 array, shape (n_rays, d)

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.HPolytope([[-1, 0], [0, -1], [3, -2]], [0, 0, 0]).rays().round(3)     # y >= 1.5 x, x >= 0
        array([[0.   , 1.   ], [0.667, 1.   ]])
        """
        return self._directions(self.exact.rays())

    def lines(self) -> FloatArray:
        """Return a basis of the lines in the polytope, scaled like rays.

        Returns
        -------
        float64 array, shape (n_lines, d)

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.HPolytope([[2, 1]], [0]).lines()
        array([[ 0.5, -1. ]])
        """
        return self._directions(self.exact.lines())

    def _directions(self, vectors: tuple[tuple[int, ...], ...]) -> FloatArray:
        scaled = [nearest_floats([Fraction(x, max(map(abs, vector))) for x in vector]) for vector in vectors]
        return np.array(scaled, dtype=np.float64).reshape(-1, self.dimension)

    def incidence(self) -> NDArray[np.bool_]:
        """Return which facet contains which vertex.

        Returns
        -------
        bool array, shape (n_facets, n_vertices)
            In the order of `facets` and of `vertices`. Facets of a flat polytope are those within its affine
            hull, in the order of ``exact.facets()``.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.box(0, 1, dimension=1).incidence()
        array([[False,  True], [ True, False]])
        """
        return self.exact.incidence()

    def f_vector(self) -> NDArray[np.int64]:
        """Return the number of faces of dimension 0, 1, ..., `affine_dimension()`: the last is the polytope itself.

        If the polytope contains l independent lines, all of its faces do, and the first l entries are 0.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.box(0, 1, dimension=3).f_vector()
        array([ 8, 12,  6,  1])
        >>> pe.HPolytope([[1, 0]], [0]).f_vector()       # a half-plane has an edge, and no vertex
        array([0, 1, 1])
        """
        return np.array(self.exact.f_vector(), dtype=np.int64)

    def affine_dimension(self) -> int:
        """Return the dimension of the affine hull: d unless the polytope is flat, -1 if it is empty.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.HPolytope([[1, 0], [-1, 0]], [2, -2]).affine_dimension()
        1
        """
        return self.exact.affine_dimension()

    def lineality_dimension(self) -> int:
        """Return how many independent lines the polytope contains.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.HPolytope([[1, 0], [-1, 0]], [2, -2]).lineality_dimension()
        1
        """
        return self.exact.lineality_dimension()

    # -- measures -------------------------------------------------------------------------------

    def triangulation(self, rule: str = "pulling") -> Triangulation:
        """Cut the polytope into simplices whose corners are its vertices.

        Parameters
        ----------
        rule : {"pulling", "delaunay"}
            "pulling" joins the smallest vertex v of a face, in lexicographic order, with the pulled facets
            of the face that do not contain v: it depends on the vertices only. "delaunay" is Qhull's
            Delaunay triangulation, if its exact volumes add up, else the exact subdivision with pulled cells;
            how Qhull divides points on a common sphere is its own choice.

        Raises
        ------
        EmptyDomainError, FlatDomainError, UnboundedError
            If the polytope has no interior, or is unbounded.
        InvalidArgumentError
            If the rule is another one.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> cube = pe.box(0, 1, dimension=3)
        >>> len(cube.triangulation()), cube.triangulation("delaunay")
        (6, <Triangulation of 8 points in R^3, 6 simplices, delaunay>)
        """
        return self.exact.triangulation(rule).rounded()

    def volume(self) -> float:
        """Return the volume: 0 if the polytope is flat or empty, infinite if it is unbounded.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.box([0, 0], [2, 0.25]).volume()
        0.5
        """
        return _rounded(self.exact.volume())

    def centroid(self) -> FloatArray:
        """Return the center of mass.

        Returns
        -------
        float64 array, shape (d,)

        Raises
        ------
        EmptyDomainError, FlatDomainError, UnboundedError
            If the polytope has no interior, or is unbounded.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.HPolytope([[-1, 0], [0, -1], [1, 1]], [0, 0, 3]).centroid()
        array([1., 1.])
        """
        return np.array(nearest_floats(self.exact.centroid()))

    def surface_area(self) -> float:
        """Return the sum of the areas of the facets: infinite if one of them is unbounded.

        Raises
        ------
        EmptyDomainError, FlatDomainError
            If the polytope has no interior.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.box(0, 1, dimension=3).surface_area()
        6.0
        """
        self.exact.interior_or_refusal("the area of its surface")
        total = Fraction(0)
        for square in self.exact.squared_facet_areas():
            if not isinstance(square, Fraction):
                return inf
            total += square_root(square)
        return _rounded(total)

    def diameter(self) -> float:
        """Return the largest distance of two points, infinite if the polytope is unbounded.

        Raises
        ------
        EmptyDomainError
            If no point satisfies all rows.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.box([0, 0], [3, 4]).diameter()
        5.0
        """
        return _rounded_root(self.exact.squared_diameter())

    def circumradius(self) -> float:
        """Return the radius of the smallest ball around the polytope, infinite if that is unbounded.

        Raises
        ------
        EmptyDomainError
            If no point satisfies all rows.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.box([0, 0], [3, 4]).circumradius()
        2.5
        """
        return _rounded_root(self.exact.squared_circumradius())

    def aspect(self) -> float:
        """Return the radius of the largest ball inside over that of the smallest ball around: 1 for an interval.

        It is 0 for flat polytopes, and near 0 for thin ones.

        Raises
        ------
        EmptyDomainError, UnboundedError
            If no point satisfies all rows, or the polytope is unbounded.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> round(pe.box(0, 1, dimension=2).aspect(), 6)
        0.707107
        """
        _, square = self.exact.enclosing_ball()
        if not self.exact.is_full_dimensional():
            return 0.0
        radius = Fraction(self.chebyshev_ball().radius)
        return min(_rounded(radius / square_root(square)), 1.0)

    def project(self, point: object) -> FloatArray:
        """Return the nearest point of the polytope, found in rationals.

        Parameters
        ----------
        point : array_like of float or Fraction, shape (d,) or (n, d)

        Returns
        -------
        float64 array of the same shape

        Raises
        ------
        EmptyDomainError
            If no point satisfies all rows.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.box(0, 1, dimension=2).project([3, 0.5])
        array([1. , 0.5])
        """
        rows, single = query_points(point, self.dimension)
        nearest = [nearest_floats(self.exact.project([Fraction(x) for x in row])) for row in rows.tolist()]
        found = np.array(nearest, dtype=np.float64).reshape(-1, self.dimension)
        return found[0] if single else found

    def inscribed_ellipsoid(self) -> Ellipsoid:
        """Return the ellipsoid of largest volume inside, which is unique. Needs cvxpy, the extra `cvx`.

        Raises
        ------
        EmptyDomainError, FlatDomainError, UnboundedError
            If the polytope has no interior, or is unbounded.
        MissingDependencyError
            If cvxpy is not installed.
        NumericalError
            If the solver fails.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.box([0, 0], [2, 1]).inscribed_ellipsoid()
        <Ellipsoid of volume 1.5708 at (1, 0.5)>
        """
        return inscribed_ellipsoid(self.exact)


def _rounded(value: Fraction | float) -> float:
    return nearest_floats([value])[0] if isinstance(value, Fraction) else value


def _rounded_root(square: Fraction | float) -> float:
    return _rounded(square_root(square)) if isinstance(square, Fraction) else square
