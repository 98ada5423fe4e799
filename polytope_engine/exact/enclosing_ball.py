"""The smallest ball around points, in rationals: its center, and the square of its radius."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import fmpq, fmpq_mat

from polytope_engine.exact.rational import Point

SquaredBall = tuple[Point, Fraction]


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
    carriers: list[Point] = [points[0]]
    center, square = points[0], Fraction(0)
    while True:
        distance, farthest = max(
            ((_squared_distance(point, center), point) for point in points), key=lambda pair: pair[0]
        )
        if distance <= square:
            return center, square
        center, square = ball = _ball([*carriers, farthest], [])
        carriers = [point for point in [*carriers, farthest] if _squared_distance(point, center) == square]
        if len(carriers) > len(center) + 1:
            carriers = _independent(carriers, ball)


def _independent(carriers: list[Point], ball: SquaredBall) -> list[Point]:
    """Leave out points without which the ball is the same."""
    kept = list(carriers)
    for point in carriers:
        others = [other for other in kept if other is not point]
        if others and _ball(others, [])[1] == ball[1]:
            kept = others
    return kept


def _ball(points: list[Point], boundary: list[Point]) -> SquaredBall:
    """Return the smallest ball around `points` with `boundary` on its sphere."""
    if not points:
        return _circumscribed(boundary) if boundary else ((), Fraction(-1))
    *others, last = points
    ball = _ball(others, boundary)
    if ball[1] >= 0 and _squared_distance(last, ball[0]) <= ball[1]:
        return ball
    return _ball(others, [*boundary, last])


def _circumscribed(points: list[Point]) -> SquaredBall:
    """Return the smallest ball with affinely independent points on its sphere."""
    origin = points[0]
    edges = [[x - y for x, y in zip(point, origin, strict=True)] for point in points[1:]]
    n = len(edges)
    if not n:
        return origin, Fraction(0)
    gram = [[_dot(a, b) for b in edges] for a in edges]
    system = fmpq_mat(n, n, [_rational(2 * entry) for row in gram for entry in row])
    weights = system.solve(fmpq_mat(n, 1, [_rational(gram[k][k]) for k in range(n)])).entries()
    shares = [Fraction(int(weight.p), int(weight.q)) for weight in weights]
    offset = [
        sum((share * edge[k] for share, edge in zip(shares, edges, strict=True)), Fraction(0))
        for k in range(len(origin))
    ]
    center = tuple(x + y for x, y in zip(origin, offset, strict=True))
    return center, _dot(offset, offset)


def _dot(a: Sequence[Fraction], b: Sequence[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def _squared_distance(a: Point, b: Point) -> Fraction:
    return sum(((x - y) ** 2 for x, y in zip(a, b, strict=True)), Fraction(0))


def _rational(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)
