"""The smallest ball around points, in rationals: its center, and the square of its radius."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import fmpq, fmpq_mat, fmpz

from polytope_engine.exact.rational import Point

SquaredBall = tuple[Point, Fraction]
Vector = tuple[fmpz, ...]
Ball = tuple[Vector, fmpq]


def enclosing_ball(points: Sequence[Point]) -> SquaredBall:
    """Return the center and the squared radius of the smallest ball that contains all points (one or more).

    Examples
    --------
    >>> corners = [(Fraction(0), Fraction(0)), (Fraction(2), Fraction(0)), (Fraction(1), Fraction(1, 2))]
    >>> enclosing_ball(corners)
    ((Fraction(1, 1), Fraction(0, 1)), Fraction(1, 1))

    Notes
    -----
    The ball of a few points grows until it holds all: the point farthest outside joins those that carry the ball,
    and the smallest ball of these is found by Welzl's recursion. The radius grows with every step, so no set of
    carriers returns.

    References
    ----------
    E. Welzl, Smallest enclosing disks (balls and ellipsoids), 1991.
    """
    exact = [_vector(point) for point in points]
    carriers = [exact[0]]
    center, square = exact[0], fmpq(0)
    while True:
        distances = [_squared_distance(point, center) for point in exact]
        farthest = max(range(len(exact)), key=distances.__getitem__)
        if distances[farthest] <= square:
            *numerators, unit = center
            return tuple(Fraction(int(x), int(unit)) for x in numerators), Fraction(
                int(square.p), int(square.q)
            )
        carriers.append(exact[farthest])
        center, square = ball = _ball(carriers, [])
        carriers = [point for point in carriers if _squared_distance(point, center) == square]
        if len(carriers) > len(center):
            carriers = _independent(carriers, ball)


def _independent(carriers: list[Vector], ball: Ball) -> list[Vector]:
    """Leave out points without which the ball is the same."""
    kept = list(carriers)
    for point in carriers:
        others = [other for other in kept if other is not point]
        if others and _ball(others, [])[1] == ball[1]:
            kept = others
    return kept


def _ball(points: list[Vector], boundary: list[Vector]) -> Ball:
    """Return the smallest ball around `points` with `boundary` on its sphere; of nothing, a negative square."""
    if not points:
        return _circumscribed(boundary) if boundary else ((), fmpq(-1))
    *others, last = points
    ball = _ball(others, boundary)
    if ball[1] >= 0 and _squared_distance(last, ball[0]) <= ball[1]:
        return ball
    return _ball(others, [*boundary, last])


def _circumscribed(points: list[Vector]) -> Ball:
    """Return the smallest ball with affinely independent points on its sphere."""
    *origin, unit = points[0]
    edges = []  # each of them times the denominators of both ends
    for *point, t in points[1:]:
        edges.append([x * unit - y * t for x, y in zip(point, origin, strict=True)])
    n = len(edges)
    if not n:
        return points[0], fmpq(0)
    gram = [[_dot(a, b) for b in edges] for a in edges]
    system = fmpq_mat(n, n, [2 * entry for row in gram for entry in row])
    lengths = [fmpq(gram[k][k], points[k + 1][-1] * unit) for k in range(n)]
    shares = system.solve(fmpq_mat(n, 1, lengths)).entries()
    center = [
        fmpq(x, unit) + sum((share * edge[k] for share, edge in zip(shares, edges, strict=True)), fmpq(0))
        for k, x in enumerate(origin)
    ]
    vector = _vector(center)
    return vector, _squared_distance(vector, points[0])


def _vector(point: Sequence[Fraction] | Sequence[fmpq]) -> Vector:
    """Write a point as numerators and their common denominator."""
    pairs = [(fmpz(x.numerator), fmpz(x.denominator)) for x in point]
    unit = fmpz(1)
    for _, denominator in pairs:
        unit = unit.lcm(denominator)
    return (*(x * (unit // denominator) for x, denominator in pairs), unit)


def _dot(a: Sequence[fmpz], b: Sequence[fmpz]) -> fmpz:
    return sum((x * y for x, y in zip(a, b, strict=True)), fmpz(0))


def _squared_distance(a: Vector, b: Vector) -> fmpq:
    s, t = a[-1], b[-1]
    difference = [x * t - y * s for x, y in zip(a[:-1], b[:-1], strict=True)]
    return fmpq(_dot(difference, difference), (s * t) ** 2)
