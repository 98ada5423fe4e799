"""Half-spaces stacked into one polytope: ``A @ x <= b``."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from polytope_engine.errors import EmptyDomainError, FlatDomainError, InvalidArgumentError
from polytope_engine.exact.dictionary import Dictionary
from polytope_engine.exact.extents import feasible_basis, is_bounded, outer_box
from polytope_engine.exact.interior import InteriorPoint, interior_point
from polytope_engine.exact.rational import Row, integer_row, nearest_floats, primitive_row
from polytope_engine.exact.redundancy import irredundant_rows
from polytope_engine.network.arrays import FloatArray
from polytope_engine.network.rationals import ExactArray, Fractions, as_fractions, is_float_array
from polytope_engine.polytope.chebyshev import Ball, chebyshev_ball
from polytope_engine.polytope.exact_polytope import EMPTY
from polytope_engine.polytope.facet import Facet
from polytope_engine.polytope.inputs import (
    Label,
    half_spaces,
    query_points,
    row_labels,
)
from polytope_engine.polytope.rows import float_rows, nearest_inequalities, outward, satisfied, unit_row
from polytope_engine.polytope.sections import sliced_rows
from polytope_engine.polytope.shape import Shape


class HPolytope(Shape):
    """The points x with ``A @ x <= b``: a convex polyhedron, bounded or not, possibly flat or empty.

    Everything that is yes or no about it is decided exactly, for the rational numbers that are passed (or,
    with `from_exact_rows`, for the integer rows).

    Parameters
    ----------
    A : array_like, shape (m, d)
        Outward normals, one row for each half-space: finite floats, integers of any size, Fractions, or a
        mixture, taken as the rational numbers that they are. A row of zeros is allowed: it holds everywhere,
        or, if its entry of `b` is negative, nowhere.
    b : array_like, shape (m,)
        Offsets.
    labels : sequence of m tuples, optional
        A name for each row, such as ``("neuron", layer, i)``; without it row k is ``("domain", k)``.

    Attributes
    ----------
    A : float64 array, shape (m, d), read-only
    b : float64 array, shape (m,), read-only
        The numbers that were passed, rounded to the nearest floats where they are none (a row beyond the range
        of floats is scaled by a power of two first). Nothing that is decided rests on them.
    dimension, n_rows : int
        d and m.
    labels : tuple of tuples
    exact_rows : tuple of tuples of int
        Coprime integers ``(a_1, ..., a_d, c)`` for each row, which means ``a . x + c >= 0`` (so a is
        a positive multiple of the negative row of `A`).

    Raises
    ------
    InvalidArgumentError
        If shapes do not fit, or something is no finite rational number.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> triangle = pe.HPolytope([[-1, 0], [0, -1], [1, 1]], [0, 0, 1])
    >>> triangle
    <HPolytope in R^2, 3 rows>
    >>> triangle.contains([[0.5, 0.5], [0.5, 0.6]])
    array([ True, False])
    >>> triangle.chebyshev_ball()
    <Ball of radius 0.292893 at (0.292893, 0.292893)>
    >>> p = pe.HPolytope([[Fraction(1, 3)], [-1]], [Fraction(1, 7), 0])    # 0 <= x <= 3/7
    >>> p.exact_rows, p.contains([Fraction(3, 7)])
    (((-7, 3), (1, 0)), True)
    """

    def __init__(self, A: object, b: object, labels: Sequence[Label] | None = None) -> None:
        matrix, offsets = half_spaces(A, b)
        self.labels = row_labels(labels, len(matrix))
        self._rows: tuple[tuple[int, ...], ...] | None = None
        self._fractions: tuple[ExactArray, ExactArray] | None = None
        self._is_made_of_rows = False
        if is_float_array(matrix) and is_float_array(offsets):
            self.A, self.b = matrix, offsets
        else:
            self._fractions = matrix, offsets
            self._rows = tuple(integer_row([*(-row), c]) for row, c in zip(matrix, offsets, strict=True))
            self.A, self.b = nearest_inequalities(matrix, offsets, self._rows)

    @classmethod
    def from_exact_rows(
        cls,
        rows: Sequence[Row],
        labels: Sequence[Label] | None = None,
        *,
        dimension: int | None = None,
        interior: Sequence[Fraction] | None = None,
    ) -> HPolytope:
        """Make a polytope of integer rows ``(a, c)``, each meaning ``a . x + c >= 0``.

        `A` and `b` are those rows scaled by powers of two, so that each normal's largest entry lies in
        [1, 2), and rounded. `dimension` is needed only if there are no rows. A point that is known to
        lie strictly inside may be given as `interior`; it is not checked.

        Examples
        --------
        >>> p = HPolytope.from_exact_rows([(3, 1), (-3, 1)])      # -1/3 <= x <= 1/3
        >>> p.A.tolist(), p.b.tolist()
        ([[-1.5], [1.5]], [0.5, 0.5])
        >>> p.bounding_box()
        (array([-0.33333333]), array([0.33333333]))
        """
        if dimension is None:
            if not len(rows):
                raise InvalidArgumentError("`rows` is empty; pass `dimension` as well.")
            dimension = len(rows[0]) - 1
        if dimension < 1 or any(len(row) != dimension + 1 for row in rows):
            raise InvalidArgumentError(
                f"`rows` must be integer rows of d + 1 = {dimension + 1} entries each, with d >= 1."
            )
        polytope = cls.__new__(cls)
        exact = tuple(primitive_row(row) for row in rows)
        polytope._rows = exact  # noqa: SLF001  (this is a constructor)
        polytope._fractions = None  # noqa: SLF001
        polytope._is_made_of_rows = True  # noqa: SLF001
        polytope.A, polytope.b = float_rows(exact, dimension)
        polytope.labels = row_labels(labels, len(rows))
        if interior is not None:
            polytope.__dict__["_interior"] = InteriorPoint(tuple(interior), None, None, 0)
        return polytope

    @property
    def dimension(self) -> int:
        """The dimension d of the space around it."""
        return int(self.A.shape[1])

    @property
    def n_rows(self) -> int:
        """The number m of half-spaces, redundant ones included."""
        return int(self.A.shape[0])

    @property
    def exact_rows(self) -> tuple[tuple[int, ...], ...]:
        """Coprime integers (a, c) for each row: ``a . x + c >= 0``."""
        if self._rows is None:
            self._rows = tuple(integer_row([*(-row), c]) for row, c in zip(self.A, self.b, strict=True))
        return self._rows

    @property
    def exact_inequalities(self) -> tuple[Fractions, Fractions]:
        """The numbers that were passed as `A` and `b`, as arrays of Fractions made anew each time.

        For a polytope made with `from_exact_rows`, the entries of its rows.
        """
        if self._fractions is not None:
            matrix, offsets = self._fractions
            return as_fractions(matrix), as_fractions(offsets)
        if self._is_made_of_rows:
            table = np.empty((self.n_rows, self.dimension + 1), dtype=object)
            for i, row in enumerate(self.exact_rows):
                table[i] = [*(Fraction(-entry) for entry in row[:-1]), Fraction(row[-1])]
            return table[:, :-1].copy(), table[:, -1].copy()
        return as_fractions(self.A), as_fractions(self.b)

    def __repr__(self) -> str:
        rows = "1 row" if self.n_rows == 1 else f"{self.n_rows} rows"
        return f"<HPolytope in R^{self.dimension}, {rows}>"

    # -- yes or no ------------------------------------------------------------------------------

    def contains(self, points: object) -> Any:
        """Say for each point, exactly, whether it lies in the polytope or on its boundary.

        Parameters
        ----------
        points : array_like of float or Fraction, shape (n, d) or (d,)

        Returns
        -------
        bool array, shape (n,), or bool for a single point

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.box(0, 1, dimension=2).contains((1.0, 1.0000000000000002))
        False
        """
        rows, single = query_points(points, self.dimension)
        inside = satisfied(self.A, self.b, self.exact_rows, rows)
        return bool(inside[0]) if single else inside

    def is_empty(self) -> bool:
        """Say whether no point satisfies all rows."""
        return feasible_basis(self.exact_rows, self.dimension) is None

    def is_full_dimensional(self) -> bool:
        """Say whether some point satisfies all rows strictly."""
        return self._interior.point is not None

    def is_bounded(self) -> bool:
        """Say whether the polytope lies in some ball (the empty one does)."""
        return is_bounded(self.exact_rows, self.dimension) or self.is_empty()

    # -- points and extents ---------------------------------------------------------------------

    @cached_property
    def _interior(self) -> InteriorPoint:
        return interior_point(self._binding_rows(), self.dimension)

    @property
    def _known_interior(self) -> tuple[Fraction, ...] | None:
        known = self.__dict__.get("_interior")
        return None if known is None else known.point

    def _binding_rows(self) -> list[tuple[int, ...]]:
        """Return the rows without those that hold everywhere (``0 <= b``)."""
        return [row for row in self.exact_rows if any(row[:-1]) or row[-1] < 0]

    def interior_point(self) -> tuple[Fraction, ...]:
        """Return a rational point strictly inside; a float64 point wherever rounding allows.

        Raises
        ------
        EmptyDomainError, FlatDomainError
            If there is no such point.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.box(0, 1, dimension=2).interior_point()
        (Fraction(1, 2), Fraction(1, 2))
        """
        if self._interior.point is None:
            self._refuse_empty()
            raise FlatDomainError(
                "The polytope is flat: it lies in a hyperplane, so it has no interior point."
            )
        return self._interior.point

    def _refuse_empty(self) -> None:
        if self.is_empty():
            raise EmptyDomainError(EMPTY)

    def bounding_box(self) -> tuple[FloatArray, FloatArray]:
        """Return the lowest and highest value of each coordinate, rounded outward to float64.

        Returns
        -------
        lower, upper : float64 arrays, shape (d,)
            Infinite where the polytope is unbounded.

        Raises
        ------
        EmptyDomainError
            If no point satisfies all rows.
        """
        bounds = outer_box(self.exact_rows, self.dimension)
        if bounds is None:
            raise EmptyDomainError(EMPTY)
        enclosing = np.array([outward(low, high) for low, high in bounds])
        return enclosing[:, 0].copy(), enclosing[:, 1].copy()

    def chebyshev_ball(self) -> Ball:
        """Return the largest ball inside.

        Returns
        -------
        Ball
            ``center`` (d,) and ``radius``. The radius is infinite iff the recession cone has interior (decided
            exactly), and then the center is `interior_point`. It is 0 for a flat polytope, and then the center
            is one of its points.

        Raises
        ------
        EmptyDomainError
            If no point satisfies all rows.

        Notes
        -----
        Found by exact linear programs (lengths of normals to 64 bits) and rounded to floats at the end.
        The center of a largest ball need not be unique; this one is lexicographic: half-spaces that touch every
        largest ball are fixed, then the smallest distance to the others is made as large as possible, and
        so on. Only facets count: redundant, duplicate and reordered rows do not change it.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.box([0, 0], [2, 1]).chebyshev_ball()
        <Ball of radius 0.5 at (1, 0.5)>
        """
        if self._interior.point is None:
            self._refuse_empty()
            return Ball(np.array(nearest_floats(self._some_point())), 0.0)
        interior = self._interior.point
        facets = irredundant_rows(self.exact_rows, self.dimension, interior)
        return chebyshev_ball([self.exact_rows[rows[0]] for rows in facets], self.dimension, interior)

    def _some_point(self) -> tuple[Fraction, ...]:
        cell = Dictionary(self.exact_rows, self.dimension)
        cell.insert_all(range(self.n_rows))
        return cell.point()

    # -- faces ----------------------------------------------------------------------------------

    def facets(self) -> list[Facet]:
        """Return the facets; rows without a facet of their own are left out, coincident rows are one facet.

        Raises
        ------
        EmptyDomainError, FlatDomainError
            If the polytope has no interior point.

        Examples
        --------
        >>> p = HPolytope([[1.0], [2.0], [1.0], [-1.0]], [1.0, 2.0, 5.0, 0.0])     # x <= 1 twice, x <= 5, x >= 0
        >>> [facet.rows for facet in p.facets()]
        [(0, 1), (3,)]
        """
        try:
            groups = irredundant_rows(self.exact_rows, self.dimension, self._known_interior)
        except ValueError:
            self.interior_point()  # says whether the polytope is empty or flat
            raise
        planes = tuple(self.exact_rows[group[0]] for group in groups)
        facets = []
        for position, group in enumerate(groups):
            normal, offset = unit_row(planes[position])
            names = tuple(self.labels[row] for row in group)
            facets.append(Facet(normal, offset, names, tuple(group), planes, position, self.exact))
        return facets

    # -- other polytopes ------------------------------------------------------------------------

    def irredundant(self) -> HPolytope:
        """Return the same polytope with one row for each facet, the first that lies on it; labels stay.

        A flat polytope keeps also the rows that vanish everywhere on it.

        Raises
        ------
        EmptyDomainError
            If no point satisfies all rows.

        Examples
        --------
        >>> HPolytope([[1.0], [2.0], [1.0], [-1.0]], [1.0, 2.0, 5.0, 0.0]).irredundant().labels
        (('domain', 0), ('domain', 3))
        """
        kept = np.array(self.exact.irredundant(), dtype=np.intp)
        names = [self.labels[row] for row in kept.tolist()]
        if self._is_made_of_rows:
            rows = [self.exact_rows[row] for row in kept.tolist()]
            return HPolytope.from_exact_rows(rows, names, dimension=self.dimension)
        A, b = self.exact_inequalities
        return HPolytope(A[kept], b[kept], names)

    def intersection(self, other: HPolytope) -> HPolytope:
        """Return the points of both polytopes: the rows of this one, then those of the other, with their labels.

        Raises
        ------
        InvalidArgumentError
            If the dimensions differ.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> both = pe.box(0, 2, dimension=1).intersection(pe.box(1, 3, dimension=1))
        >>> both, both.vertices().tolist()
        (<HPolytope in R^1, 4 rows>, [[1.0], [2.0]])
        """
        if not isinstance(other, HPolytope):
            raise InvalidArgumentError(
                f"`other` has type {type(other).__name__}; it must be an HPolytope in R^{self.dimension}."
            )
        if other.dimension != self.dimension:
            raise InvalidArgumentError(
                f"`other` lies in R^{other.dimension}; it must lie in R^{self.dimension}, like this polytope.",
                dimension=other.dimension,
            )
        names = [*self.labels, *other.labels]
        if self._is_made_of_rows or other._is_made_of_rows:
            rows = [*self.exact_rows, *other.exact_rows]
            return HPolytope.from_exact_rows(rows, names, dimension=self.dimension)
        pairs = zip(self.exact_inequalities, other.exact_inequalities, strict=True)
        A, b = (np.concatenate(pair) for pair in pairs)
        return HPolytope(A, b, names)

    def slice(self, origin: object, basis: object) -> HPolytope:
        """Return the section by an affine subspace: all t with ``origin + t @ basis`` in the polytope.

        Parameters
        ----------
        origin : array_like of float or Fraction, shape (d,)
        basis : array_like of float or Fraction, shape (k, d)
            Independent directions. All numbers are taken as the rational numbers that they are.

        Returns
        -------
        HPolytope
            In R^k, with the same number of rows and the same labels. A row that is constant on the subspace has
            the normal 0: it holds everywhere, or the section is empty.

        Raises
        ------
        InvalidArgumentError
            If a shape does not fit, or the directions are dependent.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.box(0, 1, dimension=3).slice([0, 0, 0.5], [[1, 1, 0]]).vertices().tolist()
        [[0.0], [1.0]]
        """
        rows = sliced_rows(self.exact_rows, self.dimension, origin, basis)
        k = len(np.asarray(basis, dtype=object))
        return HPolytope.from_exact_rows(rows, self.labels, dimension=k)
