"""One layer whose neurons share weights: convolutions of a grid, and of a graph."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import comb, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.arrays import FloatArray
from polytope_engine.network.library.arrangements import moment_rows
from polytope_engine.network.library.counting import (
    Polynomial,
    rank_of,
    through_the_origin,
    times,
    where_generic_sets_meet,
)
from polytope_engine.network.library.named_network import NamedNetwork, arrangement
from polytope_engine.network.library.parameters import (
    call,
    check_size,
    checked_flag,
    checked_integer,
    checked_integers,
)

_XIONG = (
    "H. Xiong et al., On the number of linear regions of convolutional neural networks, ICML 2020, Theorem 2"
)
_CHEN = "H. Chen, Y. G. Wang, H. Xiong, Neural Networks 168 (2023); a product of generic arrangements after Y = A X"
_PRIME, _ROOT = 10007, 5
# more independent sets (by how many neurons each position has in them) are not added up
_MOST_TERMS = 50_000
# without biases no formula is known: (size, filter, number of filters) -> regions, one channel, stride 1
_WITHOUT_BIAS = {
    ((1, 3), (1, 2)): {1: 4, 2: 14, 3: 28, 4: 46},
    ((1, 4), (1, 2)): {2: 48, 3: 128},
    ((1, 4), (1, 3)): {2: 16},
}


def convolution(
    size: int | Sequence[int],
    kernel: int | Sequence[int],
    n_filters: int,
    stride: int = 1,
    n_channels: int = 1,
    bias: bool = True,
) -> NamedNetwork:
    """One convolutional layer, whose filters slide over a line or a rectangle of inputs without padding.

    Let S_p be the inputs that position p of the filters sees. For almost all weights and biases the
    number of regions is the sum over the vectors t of C(n_filters, t_1) C(n_filters, t_2) ..., where
    any positions together have at most as many neurons in t as they see inputs (t is a set of
    neurons with independent normals, by positions). Source: Xiong et al. 2020, Theorem 2.

    The weights here are fixed integers. That they are among "almost all" is checked, by deletion and
    restriction, for the networks in `catalog`. Without biases no formula is known: the counts
    are a table for a few layers, and None for others, as they are where the sum is very long.

    Parameters
    ----------
    size : int or pair of int
        How many inputs in a row, or rows and columns of inputs.
    kernel : int or pair of int
        How many of them a filter sees; at most `size`.
    n_filters : int
        The number of filters, at least 1.
    stride : int
        How far filters move, in each direction.
    n_channels : int
        The number of values at each input.
    bias : bool
        Whether each filter has a bias, the same at all positions.

    Raises
    ------
    InvalidArgumentError
        If a parameter is not what it must be.

    Examples
    --------
    >>> convolution(3, 2, 2)
    <NamedNetwork convolution(3,2,2): <ReLUNetwork 3-4-1, 4 neurons>, 15 regions>
    >>> convolution((2, 3), (2, 2), 2, bias=False).name
    'convolution((2,3),(2,2),2,1,1,False)'
    """
    shape, window, places = layer_shape(size, kernel, stride)
    n_filters = checked_integer("n_filters", n_filters, 1)
    n_channels, bias = checked_integer("n_channels", n_channels, 1), checked_flag("bias", bias)
    d = prod(shape) * n_channels
    n_positions = prod(places)
    check_size(n_positions * n_filters, d)
    fields = receptive_fields(size, kernel, stride, n_channels)
    n_weights = prod(window) * n_channels
    filters = _unrelated(n_filters * (n_weights + 1)).reshape(n_filters, n_weights + 1)
    normals = np.zeros((n_positions * n_filters, d))
    for p, field in enumerate(fields):
        normals[p * n_filters : (p + 1) * n_filters, field] = filters[:, :-1]
    offsets = np.tile(filters[:, -1] * int(bias), n_positions)
    known: dict[str, Any] = {}
    if bias:
        independent = independent_sets(fields, n_filters)
        known = {} if independent is None else where_generic_sets_meet(independent, d)
    else:
        known = {"n_bounded": 0}
        if stride == n_channels == 1:
            known["n_regions"] = _WITHOUT_BIAS.get((shape, window), {}).get(n_filters)
    optional = [stride, n_channels, bias]
    while optional and optional[-1] == (1, 1, True)[len(optional) - 1]:
        optional.pop()
    sides = [_shortest("size", size), _shortest("kernel", kernel)]
    return NamedNetwork(
        call("convolution", *sides, n_filters, *optional),
        arrangement(normals.tolist(), offsets.tolist()),
        "a convolutional layer" if bias else "a convolutional layer without biases",
        _XIONG if bias else "exact deletion and restriction",
        **known,
    )


def layer_shape(
    size: int | Sequence[int], kernel: int | Sequence[int], stride: int = 1
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """The sides of the inputs, of a filter, and of the grid of positions that it takes.

    Raises
    ------
    InvalidArgumentError
        If they are not positive, or the filter is larger than what it slides over.

    Examples
    --------
    >>> layer_shape(4, 2), layer_shape((3, 5), (2, 2), 2)
    (((1, 4), (1, 2), (1, 3)), ((3, 5), (2, 2), (1, 2)))
    """
    shape, window = _two_sides("size", size), _two_sides("kernel", kernel)
    if any(k > s for k, s in zip(window, shape, strict=True)):
        raise InvalidArgumentError(
            f"`kernel` is {kernel} and `size` is {size}, but a filter must not be larger than what it slides over."
        )
    step = checked_integer("stride", stride, 1)
    rows, columns = ((s - k) // step + 1 for s, k in zip(shape, window, strict=True))
    return shape, window, (rows, columns)


def receptive_fields(
    size: int | Sequence[int], kernel: int | Sequence[int], stride: int = 1, n_channels: int = 1
) -> list[NDArray[np.intp]]:
    """The numbers of the inputs that a filter sees, at each of its positions.

    Examples
    --------
    >>> [field.tolist() for field in receptive_fields(3, 2)]
    [[0, 1], [1, 2]]
    """
    shape, window, places = layer_shape(size, kernel, stride)
    inputs = np.arange(prod(shape) * n_channels).reshape(*shape, n_channels)
    return [
        inputs[i * stride : i * stride + window[0], j * stride : j * stride + window[1]].ravel()
        for i, j in product(*map(range, places))
    ]


def _two_sides(name: str, value: Any) -> tuple[int, int]:
    """A row of one line, or rows and columns."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        sides = checked_integers(name, value, 1)
        if len(sides) == 2:
            return sides[0], sides[1]
        raise InvalidArgumentError(f"`{name}` has {len(sides)} numbers, but must have one or two.", name=name)
    return 1, checked_integer(name, value, 1)


def _shortest(name: str, value: Any) -> int | tuple[int, int]:
    sides = _two_sides(name, value)
    return sides if isinstance(value, Sequence) else sides[1]


def _unrelated(n: int) -> FloatArray:
    """Integers of at most 5003 in size: powers of a primitive root, at squares, to no common ratio."""
    powers = [pow(_ROOT, k * k + 7, _PRIME) for k in range(n)]
    return np.array([p if p <= _PRIME // 2 else p - _PRIME for p in powers], dtype=np.float64)


def independent_sets(fields: Sequence[Any], n_filters: int) -> Polynomial | None:
    """The numbers of sets of 0, 1, 2, ... neurons with independent normals; None if there are too many.

    The neurons sit at positions, `n_filters` at each, whose generic filters see the inputs in `fields`. The sum is
    over the vectors t of Xiong et al. 2020, Theorem 2: any positions together have at most as many neurons as they
    see inputs.

    Examples
    --------
    >>> independent_sets([[0, 1], [1, 2]], 2)
    (1, 4, 6, 4, 0)
    """
    most = [min(n_filters, len(field)) for field in fields]
    if prod(m + 1 for m in most) > _MOST_TERMS or len(fields) > 12:
        return None
    seen = [0] * (1 << len(fields))  # the inputs that a set of positions sees, as bits
    for mask in range(1, len(seen)):
        lowest = (mask & -mask).bit_length() - 1
        seen[mask] = seen[mask & (mask - 1)] | sum(1 << int(i) for i in fields[lowest])
    total = [0] * (sum(most) + 1)

    def add(position: int, chosen: list[int], sets: int) -> None:
        """Go on from t_0, ..., t_(position-1); `chosen` has its sum over each set of these positions."""
        if position == len(fields):
            total[chosen[-1]] += sets
            return
        for t in range(most[position] + 1):
            longer = chosen + [c + t for c in chosen]
            if any(c > seen[mask].bit_count() for mask, c in enumerate(longer)):
                return
            add(position + 1, longer, sets * comb(n_filters, t))

    add(0, [0], 1)
    return tuple(total)


def graph_convolution(
    matrix: Sequence[Sequence[int]], n_inputs: int, n_features: int, bias: bool = True
) -> NamedNetwork:
    """One layer relu(A X W + b) of a graph network: V nodes with `n_inputs` values each, `n_features` new ones.

    If A is invertible, the regions are those of a product of V generic arrangements in the coordinates Y = A X:
    (C(n_features,0) + ... + C(n_features,n_inputs))^V, or with hyperplanes through the origin if there are no
    biases. More generally the power is the number of different rows of A that are not zero (without biases: that
    are not proportional), if these are independent; otherwise the counts are None. Source: Chen, Wang and Xiong 2023.

    Parameters
    ----------
    matrix : sequence of rows of int
        The square matrix A of the graph, such as its adjacency matrix plus the identity.
    n_inputs, n_features : int
        The numbers of values at each node before and after, at least 1.
    bias : bool
        Whether each feature has a bias, the same at all nodes.

    Raises
    ------
    InvalidArgumentError
        If a parameter is not what it must be.

    Examples
    --------
    >>> graph_convolution([(1, 1, 0), (1, 1, 1), (0, 1, 1)], n_inputs=2, n_features=3).n_regions
    343
    """
    A = _checked_matrix(matrix)
    d, n = checked_integer("n_inputs", n_inputs, 1), checked_integer("n_features", n_features, 1)
    bias = checked_flag("bias", bias)
    V = len(A)
    check_size(V * n, V * d)
    normals, offsets = moment_rows(n, d)
    rows = [[a * w for a in line for w in normal] for line in A for normal in normals]
    # lines of A that give different hyperplanes; without biases proportional ones give the same
    lines = {line if bias else _direction(line) for line in A if any(line)}
    rank = rank_of(lines)
    known: dict[str, Any] = {}
    if rank == len(lines):
        one = (
            where_generic_sets_meet([comb(n, j) for j in range(n + 1)], d)
            if bias
            else through_the_origin(n, d)
        )
        free: dict[str, Polynomial] = {
            "f_vector": (0,) * ((V - rank) * d) + (1,),
            "bounded_f_vector": (0,) * ((V - rank) * d + 1) if rank < V else (1,),
            "characteristic_polynomial": (0,) * ((V - rank) * d) + (1,),
        }
        known = {key: times(*[one[key]] * rank, rest) for key, rest in free.items()}
        known["n_regions"] = one["n_regions"] ** rank
        known["n_bounded"] = one["n_bounded"] ** V if rank == V else 0
    return NamedNetwork(
        call("graph_convolution", A, d, n, *(() if bias else (False,))),
        arrangement(rows, offsets * V if bias else None),
        "a graph convolution" if bias else "a graph convolution without biases",
        _CHEN,
        **known,
    )


def _checked_matrix(matrix: Any) -> tuple[tuple[int, ...], ...]:
    if isinstance(matrix, str) or not hasattr(matrix, "__iter__"):
        raise InvalidArgumentError(f"`matrix` is {matrix!r}, but must be rows of integers.")
    A = tuple(
        checked_integers(f"matrix[{k}]", list(row) if hasattr(row, "__iter__") else row, -(2**20), 2**20)
        for k, row in enumerate(matrix)
    )
    if not A or any(len(row) != len(A) for row in A):
        raise InvalidArgumentError(
            f"`matrix` has {len(A)} rows of {sorted({len(row) for row in A})} numbers, but must be square."
        )
    return A


def _direction(line: tuple[int, ...]) -> tuple[int, ...]:
    common = int(np.gcd.reduce(line)) * (1 if next(a for a in line if a) > 0 else -1)
    return tuple(a // common for a in line)
