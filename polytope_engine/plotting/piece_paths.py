"""The pieces of a boundary in the plane as curves: joined where they share a vertex, exactly."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from polytope_engine.complexes.boundary import Boundary
from polytope_engine.plotting.polygons import FloatArray


def paths(boundary: Boundary, lower: FloatArray, upper: FloatArray) -> list[FloatArray]:
    """Return the curves that the pieces make up, each of shape (n_points, 2).

    Parameters
    ----------
    boundary : Boundary
        Of a network with two inputs.
    lower, upper : float64 arrays, shape (2,)
        A rectangle; unbounded pieces end outside it.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> W = [[1, 0], [-1, 0], [0, 1], [0, -1]]
    >>> net = pe.ReLUNetwork([(W, [0] * 4), ([[1] * 4], [0])])
    >>> square, = paths(pe.enumerate_regions(net).level_set(1), np.full(2, -2.0), np.full(2, 2.0))
    >>> len(square), (square[0] == square[-1]).all()
    (5, np.True_)
    """
    complex_ = boundary.complex
    points: dict[int, FloatArray] = {}
    links: dict[int, list[int]] = defaultdict(list)
    for piece in range(len(boundary)):
        key = boundary.key(piece)
        ends = complex_.vertices_of(key)
        points.update(zip(ends, complex_.float_points(ends), strict=True))
        directions = [complex_.generators[ray][:2] for ray in complex_.rays_of(key)]
        for line in complex_.lines:
            directions += [line[:2], tuple(-x for x in line[:2])]
        start = ends[0]
        for direction in directions:
            number = -1 - len(points)
            points[number] = _far(points[start], np.array(_scaled(direction)), lower, upper)
            ends.append(number)
        if complex_.lines:
            ends.remove(start)
        first, second = ends
        links[first].append(second)
        links[second].append(first)
    curves = []
    for start in [*(k for k, near in links.items() if len(near) != 2), *links]:
        while links[start]:
            curves.append(np.array([points[number] for number in _walk(links, start)]))
    return curves


def touching_points(boundary: Boundary) -> FloatArray:
    """Return the points of the plane at which the boundary only touches, shape (n, 2)."""
    numbers = [number for cell in boundary.touching for number in boundary.complex.vertices_of(cell.key)]
    return boundary.complex.float_points(numbers)


def _walk(links: dict[int, list[int]], start: int) -> list[int]:
    """Follow links from a point, taking each away, to the next junction or end."""
    path, here = [start], start
    while links[here]:
        there = links[here].pop()
        links[there].remove(here)
        path.append(there)
        here = there
        if len(links[here]) != 1:
            break
    return path


def _scaled(direction: tuple[int, ...]) -> list[float]:
    """Integers of any size as floats, the largest about 1."""
    shift = max(map(abs, direction)).bit_length()
    return [x / (1 << shift) if x else 0.0 for x in direction]


def _far(point: FloatArray, direction: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """A point on a half-line that is outside a rectangle for good."""
    reach = 2 * float(np.abs(upper - lower).max() + np.maximum(abs(point - lower), abs(point - upper)).max())
    far: FloatArray = point + reach / np.linalg.norm(direction) * direction
    return far
