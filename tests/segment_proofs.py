"""What is true of the regions along a segment, shown in rational arithmetic and by other means than the sweep."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

import polytope_engine as pe

Point = list[Fraction]


def fractions(point: Any) -> Point:
    return [Fraction(x) for x in np.asarray(point).tolist()]


def point_at(segment: pe.SegmentRegions, t: Fraction) -> Point:
    return [a + t * (b - a) for a, b in zip(fractions(segment.start), fractions(segment.end), strict=True)]


def homogeneous(point: Point) -> list[int]:
    """Integers in proportion to the coordinates and 1."""
    scale = lcm(*(x.denominator for x in point))
    return [int(x * scale) for x in point] + [scale]


def own_network(network: pe.ReLUNetwork, x0: Any, x1: Any) -> pe.ReLUNetwork:
    """The network with one input t whose values are those on the segment."""
    start, end = np.array(fractions(x0), dtype=object), np.array(fractions(x1), dtype=object)
    (W, b), *rest = network.exact_weights
    first = (W @ (end - start)).reshape(-1, 1), W @ start + b
    return pe.ReLUNetwork([first, *rest], list(network.exact_slopes))


def sign(number: Any) -> int:
    return int(number > 0) - int(number < 0)


def prove(segment: pe.SegmentRegions) -> None:
    """Assert that these are all pieces of the segment, in order: between two nodes each neuron is affine."""
    network, signs = segment.network, segment.sign_vectors
    t = segment.exact_breakpoints()
    assert t[0] == 0
    assert t[-1] == 1
    assert all(a < b for a, b in zip(t[:-1], t[1:], strict=True))
    nodes = [homogeneous(point_at(segment, place)) for place in t]
    zeros: list[set[int]] = [set() for _ in t]
    for k, piece in enumerate(signs):
        for layer, first in enumerate(network.layer_offsets):
            rows, _ = network.exact.pre_activation_rows(layer, piece)
            for i, row in enumerate(rows):
                at_ends = [
                    sign(sum(int(a) * x for a, x in zip(row, point, strict=True)))
                    for point in nodes[k : k + 2]
                ]
                expected = piece[first + i]
                if segment.length == 0:
                    assert at_ends == [expected, expected]
                    continue
                # never the other sign, and zero at both ends only if zero in between
                assert {*at_ends, expected} - {0} == ({int(expected)} if expected else set())
                assert any(at_ends) == (expected != 0)
                for node in (0, 1):
                    if expected and not at_ends[node]:
                        zeros[k + node].add(first + i)
    assert [set(segment.neurons_at(k)) for k in range(len(t))] == zeros
    for k in range(1, len(signs)):
        assert (signs[k] != signs[k - 1]).any()
    assert segment.n_crossings == int((signs[1:] != signs[:-1]).sum())
    off = [abs(Fraction(a) - b) for a, b in zip(segment.breakpoints.tolist(), t, strict=True)]
    assert all(a <= b for a, b in zip(off, segment.breakpoint_errors.tolist(), strict=True))
    assert (np.diff(segment.breakpoints) >= 0).all()


def by_enumeration(network: pe.ReLUNetwork, x0: Any, x1: Any) -> set[tuple[int, ...]]:
    """The signs of all regions of the segment's own network."""
    regions = pe.enumerate_regions(own_network(network, x0, x1), pe.box(0, 1, dimension=1))
    assert regions.status.is_complete
    return {tuple(row) for row in regions.sign_vectors.tolist()}
