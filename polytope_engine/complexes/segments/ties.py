"""Decisions along one segment that floats leave open, in rational arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property

import numpy as np
from flint import fmpq
from numpy.typing import NDArray

from polytope_engine.network.exact_maps import ExactMaps
from polytope_engine.network.rationals import ExactArray
from polytope_engine.network.relu_network import ReLUNetwork

Signs = NDArray[np.int8]


class ExactSegment:
    """A network on the segment ``start + t (end - start)``: on a piece, each neuron is an affine function of t.

    Parameters
    ----------
    network : ReLUNetwork
        The network.
    start, end : ndarray, shape (d,)
        Of floats or of Fractions.
    """

    def __init__(self, network: ReLUNetwork, start: ExactArray, end: ExactArray) -> None:
        self.network = network
        self.start = start
        self.end = end

    @cached_property
    def maps(self) -> ExactMaps:
        """The affine maps of the network with one input, t."""
        return self.network.exact.along(self.start.tolist(), self.end.tolist())

    def signs(self, layer: int, neurons: Sequence[int], before: Signs, t: fmpq) -> list[int]:
        """The signs of some neurons of a layer at t, which lies on a piece with these signs before the layer."""
        rows, _ = self.maps.pre_activation_rows(layer, before)
        p, q = t.p, t.q
        values = [rows[i][0] * p + rows[i][1] * q for i in neurons]
        return [(value > 0) - (value < 0) for value in values]

    def roots(self, layer: int, neurons: Sequence[int], before: Signs) -> list[fmpq]:
        """Where some neurons of a layer vanish; on the piece with these signs none of them is constant."""
        rows, _ = self.maps.pre_activation_rows(layer, before)
        return [fmpq(-rows[i][1], rows[i][0]) for i in neurons]

    def output_map(self, signs: Signs) -> tuple[list[Fraction], list[Fraction]]:
        """The outputs on a piece: their derivatives by t, and their values at t = 0 of the affine function."""
        rows, unit = self.maps.output_rows(signs)
        return [int(row[0]) * unit for row in rows], [int(row[1]) * unit for row in rows]


def as_fraction(number: fmpq) -> Fraction:
    """The same number as a Fraction.

    Examples
    --------
    >>> as_fraction(fmpq(2, 6))
    Fraction(1, 3)
    """
    return Fraction(int(number.p), int(number.q))


def nearest(number: fmpq) -> float:
    """The float64 nearest to a number of the size of floats.

    Examples
    --------
    >>> nearest(fmpq(1, 3))
    0.3333333333333333
    """
    return int(number.p) / int(number.q)
