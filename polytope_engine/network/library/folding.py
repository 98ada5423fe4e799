"""Deep networks that fold space: constructions that attain lower bounds, with their counts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, product
from math import comb, inf, prod
from typing import Any

import numpy as np

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.arrays import FloatArray
from polytope_engine.network.library.counting import rank_of, through_the_origin
from polytope_engine.network.library.named_network import NamedNetwork, hidden_layers
from polytope_engine.network.library.parameters import call, check_size, checked_integer, checked_integers
from polytope_engine.network.library.products import block_diagonal
from polytope_engine.network.relu_network import ReLUNetwork

_TELGARSKY = "M. Telgarsky, Benefits of depth in neural networks, COLT 2016"
_MONTUFAR = "G. Montufar, R. Pascanu, K. Cho, Y. Bengio, On the number of linear regions, NIPS 2014"
_ARORA = "R. Arora, A. Basu, P. Mianjy, A. Mukherjee, Understanding deep neural networks, ICLR 2018"

# lines a x + b y = c in general position, all crossings inside the unit square
LINES = ((2, 0, 1), (0, 2, 1), (20, 20, 21), (50, -50, -1), (32, 64, 51), (128, -64, 37))

Layer = tuple[Any, Any]
# of more sets of generators it is not found out whether they are independent
_MOST_SETS = 100_000


def on_the_line(n_regions: int) -> dict[str, Any]:
    """The counts of a network on the line, from its number of regions."""
    return {
        "n_regions": n_regions,
        "n_bounded": max(n_regions - 2, 0),
        "f_vector": (n_regions - 1, n_regions),
        "bounded_f_vector": (n_regions - 1, max(n_regions - 2, 0)),
    }


def sawtooth(depth: int) -> NamedNetwork:
    """The tent map composed `depth` times: 2^depth pieces on [0, 1] from two neurons a layer.

    For depth > 1 there are 2^depth + 2 regions on the line, and 2^depth + 1 affine maps; 5 * 2^(depth - 2) + 1
    activation patterns, as 2^(depth - 2) - 1 of them hold at single points only. Source: Telgarsky 2016.

    Parameters
    ----------
    depth : int
        The number of layers, from 1 to 50.

    Raises
    ------
    InvalidArgumentError
        If `depth` is not that.

    Examples
    --------
    >>> sawtooth(5)
    <NamedNetwork sawtooth(5): <ReLUNetwork 1-2-2-2-2-2-1, 10 neurons>, 34 regions>
    """
    depth = checked_integer("depth", depth, 1, 50)
    layers = [([[1], [1]], [0, -0.5])] + [([[2, -4], [2, -4]], [0, -0.5])] * (depth - 1)
    n_regions = 3 if depth == 1 else 2**depth + 2
    counts = {"R1": 3 if depth == 1 else 5 * 2**depth // 4 + 1, "R6": 3 if depth == 1 else 2**depth + 1}
    return NamedNetwork(
        call("sawtooth", depth), hidden_layers(*layers, output=[2, -4]),
        "a degenerate network: neurons vanish identically, walls coincide", _TELGARSKY,
        counts={**counts, **dict.fromkeys(("R2", "R4", "R5"), n_regions)},
        domain_bounds=((0.0,), (1.0,)), n_regions_in_domain=2**depth, **on_the_line(n_regions),
    )  # fmt: skip


def _fold(p: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Slopes, biases and output signs of p neurons that fold [0, 1] p times."""
    slopes = np.array([p] + [2 * p] * (p - 1), dtype=float)
    biases = np.array([0] + [-2 * k for k in range(1, p)], dtype=float)
    return slopes, biases, np.array([(-1.0) ** k for k in range(p)])


def folded_layers(
    reading: FloatArray, folds: Sequence[Sequence[int]]
) -> tuple[list[tuple[FloatArray, FloatArray]], FloatArray]:
    """Layers that fold each coordinate read by `reading`, and how to read the result.

    Parameters
    ----------
    reading : ndarray, shape (n_coordinates, n_inputs)
        The coordinates, of which [0, 1] is folded.
    folds : sequence of sequences of int
        For each layer, how often it folds each coordinate: by as many neurons.

    Examples
    --------
    >>> layers, reading = folded_layers(np.eye(1), [[2]])
    >>> layers[0][0].tolist(), layers[0][1].tolist(), reading.tolist()
    ([[2.0], [4.0]], [0.0, -2.0], [[1.0, -1.0]])
    """
    layers = []
    for numbers in folds:
        check_size(sum(numbers), reading.shape[1])
        parts = [_fold(p) for p in numbers]
        W, biases = block_diagonal([(slopes[:, None], b) for slopes, b, _ in parts])
        layers.append((W @ reading, biases))
        reading, _ = block_diagonal([(signs[None, :], np.zeros(1)) for _, _, signs in parts])
    return layers, reading


def is_cut_at_one(folds: Sequence[int]) -> bool:
    """Whether the folded coordinate has a kink at 1: where it returns to 0 before a layer that sees that."""
    return any(p % 2 == 0 for p in folds[:-1])


def folding_line(*folds: int) -> NamedNetwork:
    """[0, 1] folded p times by each layer of p neurons: the product of the p pieces inside.

    On the line there is one region more to the left of 0, and one to the right of 1 if a layer before the last
    has even width. Source: Montufar et al. 2014.

    Parameters
    ----------
    *folds : int
        The widths p of the layers, at least 2.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> folding_line(3, 2).n_regions, folding_line(3, 2).n_regions_in_domain
    (7, 6)
    """
    folds = checked_integers("folds", folds, 2)
    layers, reading = folded_layers(np.eye(1), [[p] for p in folds])
    return NamedNetwork(
        call("folding_line", *folds), hidden_layers(*layers, output=reading),
        "folding on the line", _MONTUFAR,
        domain_bounds=((0.0,), (1.0,)), n_regions_in_domain=prod(folds),
        **on_the_line(1 + prod(folds) + is_cut_at_one(folds)),
    )  # fmt: skip


def folding_plane(*widths: int) -> NamedNetwork:
    """The unit square folded by all layers but the last, whose neurons are lines inside it.

    Each of the two inputs is folded by half of a layer's neurons. Inside the square the count is the lower bound
    of Montufar et al. 2014, (n/2)^2 for each layer but the last times the regions of the lines; the
    whole plane has more: the lines' regions, summed over all products of two pieces of the folded line.

    Parameters
    ----------
    *widths : int
        Even numbers from 4, then the number of lines, from 1 to 6.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> net = folding_plane(4, 3)
    >>> net.n_regions_in_domain, net.n_regions
    (28, 37)
    """
    widths = checked_integers("widths", widths, 1)
    *folded, n_lines = widths
    if not folded or any(n < 4 or n % 2 for n in folded) or n_lines > len(LINES):
        raise InvalidArgumentError(
            f"`widths` is {widths}, but must be even numbers from 4, then one from 1 to {len(LINES)}."
        )
    folds = [n // 2 for n in folded]
    layers, reading = folded_layers(np.eye(2), [[p, p] for p in folds])
    return NamedNetwork(
        call("folding_plane", *widths), with_lines(layers, reading, n_lines),
        "the count in the square is a lower bound that the plane exceeds", _MONTUFAR,
        n_regions=sum(
            number * other * _regions_of_lines(n_lines, u, v)
            for (u, number), (v, other) in product(_pieces(folds), repeat=2)
        ),
        domain_bounds=((0.0, 0.0), (1.0, 1.0)), n_regions_in_domain=prod(folds) ** 2 * (1 + comb(n_lines + 1, 2)),
    )  # fmt: skip


def _pieces(folds: Sequence[int]) -> list[tuple[tuple[float, float], int]]:
    """What values the folded coordinate takes on each piece of the line, and how many such pieces there are."""
    inside, whole, constant = prod(folds), (0.0, 1.0), (0.0, 0.0)
    if is_cut_at_one(folds):
        return [(whole, inside), (constant, 2)]
    # the last piece goes on beyond 1, downward if the last layer turned it
    last = (-inf, 1.0) if folds[-1] % 2 == 0 else (0.0, inf)
    return [(whole, inside - 1), (last, 1), (constant, 1)]


def _regions_of_lines(n_lines: int, u: tuple[float, float], v: tuple[float, float]) -> int:
    """How many regions the lines make in the product of two open intervals, or of points in their place."""
    lines = LINES[:n_lines]
    if u == v == (0.0, 0.0):
        return 1
    if u[0] == u[1]:
        return 1 + len({Fraction(c, b) for _, b, c in lines if b and v[0] < Fraction(c, b) < v[1]})
    if v[0] == v[1]:
        return 1 + len({Fraction(c, a) for a, _, c in lines if a and u[0] < Fraction(c, a) < u[1]})
    # all lines and all of their crossings meet the unit square, which is in the product
    return 1 + comb(n_lines + 1, 2)


def with_lines(
    layers: Sequence[Layer], reading: FloatArray, n_lines: int, shift: FloatArray | None = None
) -> ReLUNetwork:
    """The network whose last hidden layer has the first lines, in the coordinates that are read, plus `shift`."""
    normals = np.array([(a, b) for a, b, _ in LINES[:n_lines]], dtype=float)
    offsets = np.array([-c for _, _, c in LINES[:n_lines]], dtype=float)
    if shift is not None:
        offsets = offsets + normals @ shift
    return hidden_layers(*layers, (normals @ reading, offsets))


def zonotope(generators: Sequence[Sequence[int]], width: int, depth: int) -> NamedNetwork:
    """The norm sum |g.x| over m generators g, folded `depth` times by layers of `width` neurons.

    The norm is linear on c = 2 (C(m-1,0) + ... + C(m-1,d-1)) cones. There are c width^depth regions where it is at
    most 1, the published formula, and c more outside if `depth` > 1 and `width` is even, which are one linear region
    in d > 1 dimensions. Source: Arora et al. 2018, Theorem 3.9.

    Parameters
    ----------
    generators : sequence of rows of int
        The m generators, at least as many as their dimension d. The counts are None if d of them are
        dependent, or there are more than 100,000 sets of d.
    width, depth : int
        Width (at least 2) and number (at least 1) of the layers that fold.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> zonotope([(1, 0), (0, 1), (1, 1)], width=2, depth=2)
    <NamedNetwork zonotope(((1,0),(0,1),(1,1)),2,2): <ReLUNetwork 2-6-2-2-1, 10 neurons>, 30 regions>
    """
    rows = checked_generators(generators)
    width, depth = checked_integer("width", width, 2), checked_integer("depth", depth, 1)
    m, d = len(rows), len(rows[0])
    layers, reading = folded_layers(np.ones((1, 2 * m)), [[width]] * depth)
    is_generic = are_generic(rows)
    return NamedNetwork(
        call("zonotope", rows, width, depth), hidden_layers(opposite_rows(rows), *layers, output=reading),
        "opposite neurons; the published formula leaves out the outside", f"{_ARORA}, Theorem 3.9",
        **(_folded_cones(m, d, width, depth) if is_generic else {}),
    )  # fmt: skip


def opposite_rows(rows: Sequence[Sequence[int]]) -> Layer:
    """A layer with each row and its opposite, without biases: its sum is the norm sum |g.x|."""
    signs = np.tile([1.0, -1.0], len(rows))
    return np.repeat(np.array(rows, dtype=float), 2, axis=0) * signs[:, None], np.zeros(2 * len(rows))


def are_generic(rows: Sequence[Sequence[int]]) -> bool:
    """Whether any d of the rows are independent, and there are that many; not said of very many rows."""
    d = len(rows[0])
    return (
        len(rows) >= d
        and comb(len(rows), d) <= _MOST_SETS
        and all(rank_of(chosen) == d for chosen in combinations(rows, d))
    )


def checked_generators(generators: Any) -> tuple[tuple[int, ...], ...]:
    """Rows of integers of equal length, none of them zero, as tuples."""
    if isinstance(generators, str) or not hasattr(generators, "__iter__"):
        raise InvalidArgumentError(f"`generators` is {generators!r}, but must be rows of integers.")
    rows = tuple(
        checked_integers(f"generators[{k}]", list(row) if hasattr(row, "__iter__") else row, -(2**20), 2**20)
        for k, row in enumerate(generators)
    )
    if not rows or len({len(row) for row in rows}) > 1 or not all(map(any, rows)):
        raise InvalidArgumentError(
            "`generators` must be rows of equal length, at least one, none of them zero."
        )
    check_size(2 * len(rows), len(rows[0]))
    return rows


def cones_and_shells(m: int, d: int, pieces: int) -> dict[str, Any]:
    """The counts of m generic generators in R^d: each cone but the origin is cut by shells where the norm has a kink.

    Examples
    --------
    >>> cones_and_shells(3, 2, 3)
    {'n_regions': 18, 'n_bounded': 12, 'f_vector': (13, 30, 18)}
    """
    cones = through_the_origin(m, d)["f_vector"]
    f_vector = [cones[k] * pieces + (cones[k + 1] * (pieces - 1) if k < d else 0) for k in range(1, d + 1)]
    return {
        "n_regions": cones[d] * pieces,
        "n_bounded": cones[d] * (pieces - 1),
        "f_vector": (1 + cones[1] * (pieces - 1), *f_vector),
    }


def _folded_cones(m: int, d: int, width: int, depth: int) -> dict[str, Any]:
    cones = through_the_origin(m, d)["f_vector"]
    is_cut = is_cut_at_one([width] * depth)
    known = cones_and_shells(m, d, width**depth + is_cut)
    counts = {"R2": known["n_regions"]}
    if d > 1:
        counts |= dict.fromkeys(("R4", "R5", "R6"), cones[d] * width**depth + is_cut)
    if depth == 1 or width == 2:
        patterns = (
            2**depth + 2 ** (depth - 2) if depth > 1 else width
        )  # on a ray, with those at single points
        counts["R1"] = 1 + (sum(cones) - 1) * patterns
    return {**known, "counts": counts}
