"""One facet of a polytope."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from polytope_engine.exact.rational import nearest_floats, square_root
from polytope_engine.exact.redundancy import facet_point
from polytope_engine.polytope.exact_polytope import ExactPolytope
from polytope_engine.polytope.inputs import Label

ExactRow = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Facet:
    """A face of dimension d - 1, with every row of the polytope that lies on it.

    Attributes
    ----------
    normal : float64 array, shape (d,)
        Outward, of Euclidean length 1.
    offset : float
        The facet lies on ``normal @ x == offset``, the polytope in ``normal @ x <= offset``.
    labels : tuple of labels
        The labels of `rows`; more than one if several neurons or bounds share the facet.
    rows : tuple of int
        Indices of the polytope's rows on this facet.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> facet = pe.box(0, 2, dimension=2).facets()[0]
    >>> facet
    <Facet of a polytope in R^2, on ('domain', 0)>
    >>> facet.normal, facet.offset, facet.interior_point()
    (array([1., 0.]), 2.0, (Fraction(2, 1), Fraction(1, 1)))
    """

    normal: NDArray[np.float64]
    offset: float
    labels: tuple[Label, ...]
    rows: tuple[int, ...]
    _walls: tuple[ExactRow, ...] = field(repr=False)
    _position: int = field(repr=False)
    _polytope: ExactPolytope = field(repr=False)

    @property
    def exact_row(self) -> ExactRow:
        """Integers (a, b): the polytope lies in ``a . x + b >= 0``; -a is the outward normal."""
        return self._walls[self._position]

    def interior_point(self) -> tuple[Fraction, ...]:
        """Return a rational point of the facet that lies on no other facet."""
        point = facet_point(self._walls, self._position, len(self.normal))
        if point is None:
            raise ArithmeticError("a facet without relative interior")
        return point

    def squared_area(self) -> Fraction | float:
        """Return the square of the (d - 1)-volume, a rational number, or ``math.inf``; in R^1 it is 1.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.HPolytope([[-1, 0], [0, -1], [1, 1]], [0, 0, 1]).facets()[2].squared_area()
        Fraction(2, 1)
        """
        return self._polytope.squared_facet_area(self._position)

    def area(self) -> float:
        """Return the (d - 1)-volume: the length of an edge in R^2, the area of a side in R^3; in R^1 it is 1.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> triangle = pe.HPolytope([[-1, 0], [0, -1], [1, 1]], [0, 0, 1])
        >>> [facet.area() for facet in triangle.facets()]
        [1.0, 1.0, 1.4142135623730951]
        """
        square = self.squared_area()
        return nearest_floats([square_root(square)])[0] if isinstance(square, Fraction) else square

    def __repr__(self) -> str:
        names = ", ".join(str(label) for label in self.labels)
        return f"<Facet of a polytope in R^{len(self.normal)}, on {names}>"
