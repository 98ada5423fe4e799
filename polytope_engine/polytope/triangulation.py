"""A polytope cut into simplices: which ones, in rationals and rounded, and Qhull's Delaunay triangulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError, NumericalError
from polytope_engine.exact import simplices as exact_simplices
from polytope_engine.exact.polyhedron import Polyhedron
from polytope_engine.exact.rational import Point, nearest_floats, total

FloatArray = NDArray[np.float64]
RULES = ("pulling", "delaunay")


@dataclass(frozen=True, eq=False)
class Triangulation:
    """A bounded polytope as simplices without common interior points.

    They meet in common faces, unless `n_flat` is positive: the faces on the two sides of a flat simplex of Qhull
    fill the same polytope in different ways.

    Attributes
    ----------
    points : float64 array, shape (n_vertices, d)
        The vertices, in lexicographic order of their exact coordinates.
    simplices : int64 array, shape (n_simplices, d + 1)
        Indices of vertices, ascending in each row; the rows are sorted.
    volumes : float64 array, shape (n_simplices,)
        Exact volumes, rounded.
    rule : {"pulling", "delaunay"}
    method : {"exact", "qhull"}
        What found the simplices. Those of Qhull fill the polytope by their exact volumes.
    n_flat : int
        How many simplices of Qhull were left out because their exact volume is 0.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> found = pe.box(0, 1, dimension=2).triangulation()
    >>> found
    <Triangulation of 4 points in R^2, 2 simplices, pulling>
    >>> found.simplices
    array([[0, 1, 3], [0, 2, 3]])
    """

    points: FloatArray
    simplices: NDArray[np.int64]
    volumes: FloatArray
    rule: str
    method: str
    n_flat: int

    def __len__(self) -> int:
        return len(self.simplices)

    def __repr__(self) -> str:
        n, d = self.points.shape
        return f"<Triangulation of {n} points in R^{d}, {len(self)} simplices, {self.rule}>"


@dataclass(frozen=True)
class ExactTriangulation:
    """The same in Fractions: `points` are tuples of d Fractions, `simplices` tuples of d + 1 indices.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> pe.box(0, Fraction(1, 3), dimension=2).exact.triangulation().volumes
    (Fraction(1, 18), Fraction(1, 18))
    """

    points: tuple[Point, ...]
    simplices: tuple[tuple[int, ...], ...]
    volumes: tuple[Fraction, ...]
    rule: str
    method: str
    n_flat: int

    def __len__(self) -> int:
        return len(self.simplices)

    def rounded(self) -> Triangulation:
        """Return it in floats."""
        return Triangulation(
            np.array([nearest_floats(point) for point in self.points]),
            np.array(self.simplices, dtype=np.int64),
            np.array(nearest_floats(self.volumes)),
            self.rule,
            self.method,
            self.n_flat,
        )


def checked_rule(rule: object) -> str:
    """Return the name of a rule, or refuse it.

    Raises
    ------
    InvalidArgumentError
        If there is no such rule.

    Examples
    --------
    >>> checked_rule("delaunay")
    'delaunay'
    """
    if not isinstance(rule, str) or rule not in RULES:
        names = " or ".join(f'"{name}"' for name in RULES)
        raise InvalidArgumentError(f"`rule` is {rule!r}; it must be {names}.", rule=rule)
    return rule


def pulling_triangulation(p: Polyhedron) -> ExactTriangulation:
    """Pull the vertices of a bounded polytope with interior in lexicographic order.

    Notes
    -----
    pull(face) joins v, the smallest vertex of the face, with pull(G) for each facet G of the face that does not
    contain v. So the simplices depend on the set of vertices only.

    Examples
    --------
    >>> from polytope_engine.exact.polyhedron import polyhedron
    >>> pulling_triangulation(polyhedron([(1, 0), (-1, 2)], 1)).volumes
    (Fraction(2, 1),)
    """
    simplices = exact_simplices.pulling_simplices(p)
    volumes = exact_simplices.simplex_volumes(p.points, simplices)
    return ExactTriangulation(p.vertices, tuple(simplices), tuple(volumes), "pulling", "exact", 0)


def delaunay_triangulation(p: Polyhedron, volume: Fraction) -> ExactTriangulation:
    """Triangulate the vertices of a bounded polytope with interior by Delaunay's rule.

    Qhull's answer stands if the exact volumes of its simplices add up to `volume`. Otherwise the Delaunay
    subdivision is found in rationals, and its cells are pulled.

    Examples
    --------
    >>> from polytope_engine.exact.polyhedron import polyhedron
    >>> trapezoid = polyhedron([(1, 0, 0), (0, 1, 0), (0, -1, 1), (-1, -1, 3)], 2)
    >>> found = delaunay_triangulation(trapezoid, Fraction(5, 2))
    >>> found.simplices, found.method
    (((0, 1, 2), (0, 2, 3)), 'qhull')
    """
    method, n_flat = "qhull", 0
    try:
        proposed = [tuple(row) for row in delaunay_simplices(unit_sized(p.points)).tolist()]
        volumes = exact_simplices.simplex_volumes(p.points, proposed)
        simplices = [simplex for simplex, v in zip(proposed, volumes, strict=True) if v]
        n_flat = len(proposed) - len(simplices)
        volumes = [v for v in volumes if v]
        is_right = total(volumes) == volume
    except NumericalError:
        is_right = False
    if not is_right:
        method, n_flat = "exact", 0
        simplices = exact_simplices.delaunay_simplices(p.points)
        volumes = exact_simplices.simplex_volumes(p.points, simplices)
    return ExactTriangulation(p.vertices, tuple(simplices), tuple(volumes), "delaunay", method, n_flat)


def unit_sized(points: Sequence[Sequence[int]]) -> FloatArray:
    """Move the first of some points (numerators and denominator) to 0, scale them by a power of two, and round.

    Examples
    --------
    >>> unit_sized([(10**20, 1), (10**20 + 3, 1)])
    array([[0.  ], [0.75]])
    """
    *origin, unit = points[0]
    moved = []
    for *numerators, t in points:
        common = gcd(t, unit)
        moved.append(
            [
                Fraction(x * (unit // common) - y * (t // common), lcm(t, unit))
                for x, y in zip(numerators, origin, strict=True)
            ]
        )
    largest = max(abs(x) for point in moved for x in point)
    exponent = largest.numerator.bit_length() - largest.denominator.bit_length()
    scale = Fraction(1, 1 << exponent) if exponent >= 0 else Fraction(1 << -exponent)
    if largest * scale >= 1:
        scale /= 2
    return np.array([nearest_floats([x * scale for x in point]) for point in moved])


def delaunay_simplices(points: NDArray[Any]) -> NDArray[np.int64]:
    """Return Qhull's Delaunay triangulation of points that span R^d.

    Parameters
    ----------
    points : float array, shape (n_points, d)
        At least d + 1. They are moved to the first one and scaled by a power of two before Qhull sees them.

    Returns
    -------
    int64 array, shape (n_simplices, d + 1)
        Ascending in each row, rows sorted. Some simplices may be flat, as Qhull makes them of points on a sphere.

    Raises
    ------
    NumericalError
        If Qhull fails.

    Examples
    --------
    >>> delaunay_simplices(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]))
    array([[0, 1, 2], [1, 2, 3]])

    References
    ----------
    C. B. Barber, D. P. Dobkin, H. Huhdanpaa, The Quickhull algorithm for convex hulls, ACM TOMS 22, 1996.
    """
    shifted = np.asarray(points, dtype=np.float64)
    shifted = shifted - shifted[0]
    if shifted.shape[1] == 1:
        order = np.argsort(shifted[:, 0], kind="stable")
        simplices = np.column_stack([order[:-1], order[1:]])
    else:
        from scipy.spatial import Delaunay, QhullError

        _, exponent = np.frexp(np.abs(shifted).max(initial=0.0))
        try:
            simplices = Delaunay(np.ldexp(shifted, -exponent)).simplices
        except (QhullError, ValueError) as failure:
            reason = str(failure).strip().split("\n")[0]
            raise NumericalError(
                f"Qhull found no Delaunay triangulation of the {len(shifted)} points: {reason}."
            ) from failure
    rows = np.sort(simplices, axis=1).astype(np.int64)
    return rows[np.lexsort(rows.T[::-1])]
