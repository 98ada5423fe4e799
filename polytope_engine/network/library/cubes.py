"""Constructions for any number of inputs and any widths, with hyperplanes that all cross in a cube."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, prod
from typing import Any

import numpy as np

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.arrays import FloatArray
from polytope_engine.network.library.counting import elementary_symmetric, where_generic_sets_meet
from polytope_engine.network.library.folding import folded_layers, is_cut_at_one, on_the_line
from polytope_engine.network.library.named_network import NamedNetwork, hidden_layers
from polytope_engine.network.library.parameters import call, check_size, checked_integer, checked_integers
from polytope_engine.network.library.zigzags import SERRA, zigzag_product
from polytope_engine.network.rationals import Fractions
from polytope_engine.network.relu_network import ReLUNetwork

_MONTUFAR = "G. Montufar, R. Pascanu, K. Cho, Y. Bengio, On the number of linear regions, NIPS 2014"
_OWN = "elementary symmetric polynomials of the points on a moment curve"


def rows_crossing_in_the_cube(n: int, d: int) -> tuple[list[list[int]], list[int]]:
    """Integer rows a and offsets c of n hyperplanes a.x + c = 0 in general position that all cross inside (0, 1)^d.

    Hyperplane t, for t = 1, 2, ..., says that t is a root of z^d + y_(d-1) z^(d-1) + ... + y_0. Any d + 1 are
    independent (Vandermonde), and d of them meet where these d numbers are the roots: there (-1)^(d-k) y_k is the
    elementary symmetric polynomial e_(d-k) of the d numbers. As they are positive, that lies between its values at
    the smallest d of them and at the largest; x_k is this range, widened by 1 on both sides, brought to [0, 1]. If n
    < d the rows are the first of d, whose only crossing is inside, so that all intersections of fewer pass through
    the cube.

    Examples
    --------
    >>> rows_crossing_in_the_cube(3, 1)
    ([[-4], [-4], [-4]], [1, 2, 3])
    >>> rows_crossing_in_the_cube(2, 2)
    ([[2, -2], [2, -4]], [0, 1])
    """
    m = max(n, d)
    least, most = elementary_symmetric(range(1, d + 1)), elementary_symmetric(range(m - d + 1, m + 1))
    rows, offsets = [], []
    for t in range(1, n + 1):
        signed = [(-1) ** (d - k) * t**k for k in range(d)]
        rows.append([a * (most[d - k] - least[d - k] + 2) for k, a in enumerate(signed)])
        offsets.append(t**d + sum(a * (least[d - k] - 1) for k, a in enumerate(signed)))
    return rows, offsets


def generic_in_cube(n: int, d: int) -> NamedNetwork:
    """Hyperplanes (n of them) of R^d in general position, all of whose crossings lie inside the cube (0, 1)^d.

    So all of their C(n,0) + ... + C(n,d) regions meet the cube. Source: elementary symmetric polynomials of the
    points on a moment curve.

    Parameters
    ----------
    n, d : int
        How many, and in which dimension; at least 1.

    Raises
    ------
    InvalidArgumentError
        If they are not that, or too large to write down.

    Examples
    --------
    >>> generic_in_cube(4, 2).n_regions_in_domain
    11
    """
    n, d = checked_integer("n", n, 1), checked_integer("d", d, 1)
    check_size(n, d)
    known = where_generic_sets_meet([comb(n, j) for j in range(n + 1)], d)
    return NamedNetwork(
        call("generic_in_cube", n, d), hidden_layers(_crossing_rows(n, d)),
        "hyperplanes in general position that cross in a cube", _OWN,
        domain_bounds=((0.0,) * d, (1.0,) * d), n_regions_in_domain=known["n_regions"], **known,
    )  # fmt: skip


def folded_cube(n_inputs: int, *widths: int) -> NamedNetwork:
    """The cube [0, 1]^d folded by all layers but the last, whose hyperplanes all cross inside it.

    Each layer's neurons are dealt to the coordinates, and p neurons fold one p times. Inside the cube there are as
    many regions as the lower bound of Montufar et al. 2014 says, the product of floor(n / d)^d for the layers but
    the last times C(n_L,0) + ... + C(n_L,d); more if d does not divide a width, for no neuron is left out. If n_L > d
    they are as many linear regions (R4); with fewer hyperplanes there are regions where all neurons of the last layer
    are inactive, which have one map with their mirror images. On all of R^d there are more regions still; their
    number is None for d > 1 (`folding_plane` has it for two inputs and up to six lines).

    Parameters
    ----------
    n_inputs : int
        The number d of inputs.
    *widths : int
        The widths of the layers: at least d, but for the last, which is at least 1.

    Raises
    ------
    InvalidArgumentError
        If they are not that, or too large to write down.

    Examples
    --------
    >>> folded_cube(2, 4, 3).n_regions_in_domain, folded_cube(3, 6, 4).n_regions_in_domain
    (28, 120)
    """
    d, folds, n_last = _checked(n_inputs, widths, 1)
    layers, reading = folded_layers(np.eye(d), folds)
    n_inside = prod(map(prod, folds)) * sum(comb(n_last, j) for j in range(d + 1))
    known: dict[str, Any] = {}
    if d == 1:
        known = on_the_line(n_inside + 1 + is_cut_at_one([p for (p,) in folds]))
    return NamedNetwork(
        call("folded_cube", n_inputs, *widths), _with_crossing_rows(layers, reading, n_last, 0),
        "attains a lower bound on the maximum, in a cube", _MONTUFAR,
        domain_bounds=((0.0,) * d, (1.0,) * d), n_regions_in_domain=n_inside, **known,
    )  # fmt: skip


def zigzag_cube(n_inputs: int, *widths: int) -> NamedNetwork:
    """Zigzags on each coordinate by all layers but the last, whose hyperplanes all cross inside the covered cube.

    Each layer's neurons are dealt to the coordinates, and p of them make p + 1 pieces, each onto [0, 1] or more. On
    all of R^d there are as many regions as the lower bound of Serra et al. 2018, Theorem 6, says, the product of
    (floor(n / d) + 1)^d for the layers but the last times C(n_L,0) + ... + C(n_L,d); more if d does not divide a
    width. If n_L > d they are as many linear regions (R4), as in `folded_cube`.

    Parameters
    ----------
    n_inputs : int
        The number d of inputs.
    *widths : int
        The widths of the layers: at least 3 d, but for the last, which is at least 1.

    Raises
    ------
    InvalidArgumentError
        If they are not that, or too large to write down.

    Examples
    --------
    >>> zigzag_cube(2, 6, 6)
    <NamedNetwork zigzag_cube(2,6,6): <ReLUNetwork 2-6-6-1, 12 neurons>, 352 regions>
    """
    d, numbers, n_last = _checked(n_inputs, widths, 3)
    layers, reading = zigzag_product(list(zip(*numbers, strict=True)))
    n_pieces = prod(prod(p + 1 for p in layer) for layer in numbers)
    n_regions = n_pieces * sum(comb(n_last, j) for j in range(d + 1))
    return NamedNetwork(
        call("zigzag_cube", n_inputs, *widths), _with_crossing_rows(layers, reading, n_last, -4),
        "attains a lower bound on the maximum", f"{SERRA}, Theorem 6",
        **(on_the_line(n_regions) if d == 1 else {"n_regions": n_regions}),
    )  # fmt: skip


def _checked(n_inputs: Any, widths: Sequence[Any], least: int) -> tuple[int, list[list[int]], int]:
    """The dimension, the number of neurons for each coordinate in each layer but the last, and the last width."""
    d = checked_integer("n_inputs", n_inputs, 1)
    *before, n_last = checked_integers("widths", widths, 1)
    if not before or min(before) < least * d:
        raise InvalidArgumentError(
            f"`widths` is {(*before, n_last)}, but must be numbers from {least * d}, {least} for each input, then the "
            "number of hyperplanes.",
            widths=(*before, n_last),
        )
    check_size(max(before), max(before[:-1], default=d))
    check_size(n_last, before[-1])
    return d, [[n // d + (k < n % d) for k in range(d)] for n in before], n_last


def _crossing_rows(n: int, d: int) -> tuple[Fractions, Fractions]:
    """The rows as arrays of integers of any size."""
    rows, offsets = rows_crossing_in_the_cube(n, d)
    return np.array(rows, dtype=object), np.array(offsets, dtype=object)


def _with_crossing_rows(layers: Sequence[Any], reading: FloatArray, n: int, shift: int) -> ReLUNetwork:
    """The network whose last hidden layer has these hyperplanes, in the coordinates that are read, plus `shift`.

    Every other row is turned around, and so is its output weight. The values of a polynomial of degree d with leading
    coefficient 1 at n > d numbers do not alternate up to a negative last one, so in no region all neurons are
    inactive. The output's derivatives by the coordinates are sums, of one sign, over the active neurons, so none is
    zero: regions on both sides of a fold have different maps.
    """
    rows, offsets = _crossing_rows(n, reading.shape[0])
    turns = np.array([(-1) ** (n - t) for t in range(1, n + 1)], dtype=object)
    rows, offsets = rows * turns[:, None], offsets * turns
    integers = reading.astype(int).astype(object)
    return hidden_layers(*layers, (rows @ integers, offsets + shift * rows.sum(axis=1)), output=turns)
