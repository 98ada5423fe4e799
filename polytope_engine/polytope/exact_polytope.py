"""The geometry of one polytope in Fractions and integers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import EmptyDomainError, FlatDomainError, UnboundedError
from polytope_engine.exact.enclosing_ball import SquaredBall, enclosing_ball
from polytope_engine.exact.extents import outer_box
from polytope_engine.exact.face_lattice import FaceLattice, f_vector, face_lattice
from polytope_engine.exact.nearest_point import nearest_point
from polytope_engine.exact.polyhedron import Polyhedron, polyhedron
from polytope_engine.exact.rational import Point, Row, primitive_row, total, weighted_total
from polytope_engine.exact.simplices import facet_content, squared_distance
from polytope_engine.polytope.triangulation import (
    ExactTriangulation,
    checked_rule,
    delaunay_triangulation,
    pulling_triangulation,
    unit_sized,
)

EMPTY = "The polytope is empty: no point satisfies all of its rows."


class ExactPolytope:
    """What `HPolytope` answers in floats, under the same names, before rounding.

    Parameters
    ----------
    rows : sequence of integer rows
        Half-spaces ``a . x + c >= 0``.
    dimension : int
        d.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> p = pe.HPolytope([[-1, 0], [0, -1], [1, 1]], [0, 0, Fraction(1, 3)]).exact
    >>> p
    <ExactPolytope in R^2, 3 rows>
    >>> p.vertices()[1], p.volume(), p.centroid()
    ((Fraction(0, 1), Fraction(1, 3)), Fraction(1, 18), (Fraction(1, 9), Fraction(1, 9)))
    >>> p.squared_facet_areas()
    (Fraction(1, 9), Fraction(1, 9), Fraction(2, 9))
    """

    def __init__(self, rows: Sequence[Row], dimension: int) -> None:
        self.rows = tuple(primitive_row(row) for row in rows)
        self.dimension = dimension
        self._triangulations: dict[str, ExactTriangulation] = {}

    def __repr__(self) -> str:
        rows = "1 row" if len(self.rows) == 1 else f"{len(self.rows)} rows"
        return f"<ExactPolytope in R^{self.dimension}, {rows}>"

    @cached_property
    def polyhedron(self) -> Polyhedron:
        """Generators and facets as integers and bits."""
        return polyhedron(self.rows, self.dimension)

    @cached_property
    def _lattice(self) -> FaceLattice:
        return face_lattice(self.polyhedron)

    # -- yes or no, and dimensions --------------------------------------------------------------

    def is_empty(self) -> bool:
        """Say whether no point satisfies all rows."""
        return self.polyhedron.dimension < 0

    def is_full_dimensional(self) -> bool:
        """Say whether some point satisfies all rows strictly."""
        return self.polyhedron.is_full_dimensional

    def is_bounded(self) -> bool:
        """Say whether the polytope lies in some ball (the empty one does)."""
        return self.polyhedron.is_bounded

    def affine_dimension(self) -> int:
        """Return the dimension of the affine hull, -1 if the polytope is empty."""
        return self.polyhedron.dimension

    def lineality_dimension(self) -> int:
        """Return the number of independent lines that the polytope contains."""
        return len(self.polyhedron.lines)

    # -- generators and faces -------------------------------------------------------------------

    def vertices(self) -> tuple[Point, ...]:
        """Return the vertices, sorted by their coordinates.

        If there are lines, there is no vertex; then one point for each minimal face, see `Polyhedron`.
        """
        return self.polyhedron.vertices

    def rays(self) -> tuple[tuple[int, ...], ...]:
        """Return the extreme rays as coprime integers, sorted.

        Examples
        --------
        >>> wedge = ExactPolytope([(2, -1, 0), (-1, 2, 0)], 2)
        >>> wedge.rays(), wedge.is_bounded(), wedge.volume()
        (((1, 2), (2, 1)), False, inf)
        """
        return self.polyhedron.rays

    def lines(self) -> tuple[tuple[int, ...], ...]:
        """Return a basis of the lines, in reduced echelon form, as coprime integers.

        Examples
        --------
        >>> strip = ExactPolytope([(1, 2, 0), (-1, -2, 3)], 2)
        >>> strip.lines(), strip.lineality_dimension()
        (((2, -1),), 1)
        """
        return self.polyhedron.lines

    def equalities(self) -> tuple[int, ...]:
        """Return the rows that vanish on the whole polytope.

        Examples
        --------
        >>> segment = ExactPolytope([(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 1)], 2)
        >>> segment.equalities(), segment.facets(), segment.affine_dimension()
        ((0, 1), ((2,), (3,)), 1)
        """
        return self.polyhedron.equalities

    def facets(self) -> tuple[tuple[int, ...], ...]:
        """Return for each facet the rows on it, sorted by the first; facets relative to the affine hull."""
        return self.polyhedron.facets

    def irredundant(self) -> tuple[int, ...]:
        """Return rows that describe the polytope: the different equalities, and the first row of each facet.

        Raises
        ------
        EmptyDomainError
            If no point satisfies all rows.

        Examples
        --------
        >>> ExactPolytope([(1, 0), (2, 0), (-1, 1), (-1, 7)], 1).irredundant()
        (0, 2)
        """
        self._refuse_empty()
        equalities = {self.rows[row]: row for row in reversed(self.equalities())}
        return tuple(sorted([*equalities.values(), *(rows[0] for rows in self.facets())]))

    def incidence(self) -> NDArray[np.bool_]:
        """Return which facet (row) contains which vertex (column)."""
        p = self.polyhedron
        table = [[bool(mask >> k & 1) for k in range(len(p.points))] for mask in p.tight]
        return np.array(table, dtype=bool).reshape(len(p.facets), len(p.points))

    def f_vector(self) -> tuple[int, ...]:
        """Return the number of faces of each dimension, from 0 to that of the polytope itself."""
        return f_vector(self.polyhedron)

    # -- measures -------------------------------------------------------------------------------

    def triangulation(self, rule: str = "pulling") -> ExactTriangulation:
        """Cut a bounded polytope with interior into simplices; `HPolytope.triangulation` tells the rules."""
        if checked_rule(rule) not in self._triangulations:
            self._refuse_unbounded("A triangulation")
            self._refuse_flat("a triangulation")
            self._triangulations[rule] = (
                pulling_triangulation(self.polyhedron)
                if rule == "pulling"
                else delaunay_triangulation(self.polyhedron, self._volume)
            )
        return self._triangulations[rule]

    def volume(self) -> Fraction | float:
        """Return the volume: 0 if the polytope is empty or flat, else ``math.inf`` if it is unbounded."""
        if not self.is_full_dimensional():
            return Fraction(0)
        if not self.is_bounded():
            return float("inf")
        return self._volume

    @cached_property
    def _volume(self) -> Fraction:
        return total(self.triangulation().volumes)

    def centroid(self) -> Point:
        """Return the center of mass of a bounded polytope with interior.

        Examples
        --------
        >>> ExactPolytope([(1, 0, 0), (0, 1, 0), (-1, -2, 2)], 2).centroid()
        (Fraction(2, 3), Fraction(1, 3))
        """
        self._refuse_unbounded("A centroid")
        self._refuse_flat("a centroid")
        found = self.triangulation()
        around: list[list[Fraction]] = [[] for _ in found.points]
        for simplex, volume in zip(found.simplices, found.volumes, strict=True):
            for vertex in simplex:
                around[vertex].append(volume)
        weights = [total(volumes) for volumes in around]
        whole = (self.dimension + 1) * self._volume
        return tuple(
            weighted_total((w, point[k]) for w, point in zip(weights, found.points, strict=True)) / whole
            for k in range(self.dimension)
        )

    def squared_facet_areas(self) -> tuple[Fraction | float, ...]:
        """Return the square of each facet's (d - 1)-volume, ``math.inf`` where a facet is unbounded."""
        return tuple(self.squared_facet_area(position) for position in range(len(self.facets())))

    def squared_facet_area(self, facet: int) -> Fraction | float:
        """Return the square of one facet's (d - 1)-volume; in R^1 a facet is a point, of area 1.

        Raises
        ------
        EmptyDomainError, FlatDomainError
            If the polytope has no interior.
        """
        self.interior_or_refusal("the area of a facet")
        p = self.polyhedron
        row = self.rows[p.facets[facet][0]]
        content = facet_content(p, self._lattice, p.tight[facet], row)
        if content is None:
            return float("inf")
        return content**2 * sum(entry * entry for entry in row[:-1])

    def squared_diameter(self) -> Fraction | float:
        """Return the square of the largest distance of two points.

        Examples
        --------
        >>> p = ExactPolytope([(1, 0, 0), (0, 1, 0), (-2, -3, 1)], 2)
        >>> p.squared_diameter(), p.squared_circumradius()
        (Fraction(13, 36), Fraction(13, 144))
        """
        self._refuse_empty()
        if not self.is_bounded():
            return float("inf")
        points = self.polyhedron.points
        if len(points) == 1:
            return Fraction(0)
        floats = unit_sized(points)
        squares = ((floats[:, np.newaxis] - floats) ** 2).sum(axis=2)
        # coordinates below 1 are rounded by less than 2^-53 each
        candidates = np.argwhere(np.triu(squares >= squares.max() - 1e-12 * self.dimension))
        return max(squared_distance(points[i], points[j]) for i, j in candidates.tolist())

    def enclosing_ball(self) -> SquaredBall:
        """Return the center and the squared radius of the smallest ball around a bounded polytope.

        Examples
        --------
        >>> ExactPolytope([(1, 0), (-1, 3)], 1).enclosing_ball()
        ((Fraction(3, 2),), Fraction(9, 4))
        """
        self._refuse_unbounded("The smallest ball around it")
        return self._enclosing_ball

    @cached_property
    def _enclosing_ball(self) -> SquaredBall:
        return enclosing_ball(self.vertices())

    def squared_circumradius(self) -> Fraction | float:
        """Return the squared radius of the smallest ball around the polytope."""
        self._refuse_empty()
        return self.enclosing_ball()[1] if self.is_bounded() else float("inf")

    def bounding_box(self) -> list[tuple[Fraction | None, Fraction | None]]:
        """Return the bounds of each coordinate; None where there is no bound.

        Raises
        ------
        EmptyDomainError
            If no point satisfies all rows.

        Examples
        --------
        >>> ExactPolytope([(3, 0, 1), (-1, -1, 1)], 2).bounding_box()
        [(Fraction(-1, 3), None), (None, Fraction(4, 3))]
        """
        bounds = outer_box(self.rows, self.dimension)
        if bounds is None:
            raise EmptyDomainError(EMPTY)
        return bounds

    def project(self, point: Sequence[Fraction]) -> Point:
        """Return the point of the polytope that is nearest to a rational point.

        Raises
        ------
        EmptyDomainError
            If no point satisfies all rows.

        Examples
        --------
        >>> ExactPolytope([(-1, -2, 0)], 2).project((Fraction(1), Fraction(0)))
        (Fraction(4, 5), Fraction(-2, 5))
        """
        found = nearest_point(self.rows, point)
        if found is None:
            raise EmptyDomainError(EMPTY)
        return found

    # -- refusals -------------------------------------------------------------------------------

    def interior_or_refusal(self, what: str) -> None:
        """Refuse an empty or flat polytope, of which `what` is asked.

        Raises
        ------
        EmptyDomainError, FlatDomainError
            If the polytope has no interior.
        """
        self._refuse_empty()
        self._refuse_flat(what)

    def _refuse_empty(self) -> None:
        if self.is_empty():
            raise EmptyDomainError(EMPTY)

    def _refuse_unbounded(self, what: str) -> None:
        self._refuse_empty()
        if not self.is_bounded():
            direction = (*self.lines(), *self.rays())[0]
            raise UnboundedError(
                f"The polytope is unbounded: direction {direction} never leaves it. {what} needs a bounded one; "
                "intersect it with a box, `p.intersection(pe.box(...))`.",
                direction=direction,
            )

    def _refuse_flat(self, what: str) -> None:
        if not self.is_full_dimensional():
            raise FlatDomainError(
                f"The polytope is flat: its affine dimension is {self.affine_dimension()} in R^{self.dimension}, so "
                f"it has no interior, which {what} needs. `slice` describes it in the coordinates of its affine hull.",
                affine_dimension=self.affine_dimension(),
            )
