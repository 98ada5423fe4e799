"""Deep networks that fold space: constructions that attain lower bounds, with their counts."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.arrays import FloatArray
from polytope_engine.network.library.named_network import NamedNetwork, hidden_layers
from polytope_engine.network.relu_network import ReLUNetwork

_TELGARSKY = "M. Telgarsky, Benefits of depth in neural networks, COLT 2016"
_MONTUFAR = "G. Montufar, R. Pascanu, K. Cho, Y. Bengio, On the number of linear regions, NIPS 2014"
_SERRA = "T. Serra, C. Tjandraatmadja, S. Ramalingam, Bounding and counting linear regions, ICML 2018"
_ARORA = "R. Arora, A. Basu, P. Mianjy, A. Mukherjee, Understanding deep neural networks, ICLR 2018"

# lines a x + b y = (a + b) / 2 + o in general position, all crossings inside the unit square
_LINES = (
    (1, 0, 0.0),
    (0, 1, 0.0),
    (1, 1, 1 / 20),
    (1, -1, -1 / 50),
    (1, 2, 3 / 32),
    (2, -1, 5 / 64),
)
_SAWTOOTH = {1: (3, 3, 3, 3), 2: (6, 6, 6, 5), 3: (11, 10, 10, 9), 4: (21, 18, 18, 17), 5: (41, 34, 34, 33)}
_ON_THE_LINE = {(2, 2): 6, (3, 3): 10, (2, 2, 2): 10, (3, 2): 7, (4, 4): 18}
_IN_THE_PLANE = {(4, 3): (28, 37), (4, 4): (44, 56), (6, 4): (99, 117), (4, 4, 3): (112, 148)}


def sawtooth(depth: int) -> NamedNetwork:
    """The tent map composed `depth` times: 2^depth pieces on [0, 1] from two neurons a layer.

    Examples
    --------
    >>> sawtooth(5)
    <NamedNetwork sawtooth(5): <ReLUNetwork 1-2-2-2-2-2-1, 10 neurons>, 34 regions>
    """
    if depth < 1:
        raise InvalidArgumentError(f"`depth` is {depth}, but must be at least 1.")
    layers = [([[1], [1]], [0, -0.5])] + [([[2, -4], [2, -4]], [0, -0.5])] * (depth - 1)
    n_regions = 3 if depth == 1 else 2**depth + 2
    known = _SAWTOOTH.get(depth)
    counts = {}
    if known is not None:
        counts = {"R1": known[0], "R2": known[1], "R4": known[2], "R5": known[2], "R6": known[3]}
    return NamedNetwork(
        f"sawtooth({depth})", hidden_layers(*layers, output=[2, -4]),
        "a degenerate network: neurons vanish identically, walls coincide", _TELGARSKY,
        n_regions=n_regions, n_bounded=n_regions - 2, f_vector=(n_regions - 1, n_regions), counts=counts,
        domain_bounds=((0.0,), (1.0,)), n_regions_in_domain=2**depth,
    )  # fmt: skip


def _fold(p: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Slopes, biases and output signs of p neurons that fold [0, 1] p times."""
    slopes = np.array([p] + [2 * p] * (p - 1), dtype=float)
    biases = np.array([0] + [-2 * k for k in range(1, p)], dtype=float)
    return slopes, biases, np.array([(-1.0) ** k for k in range(p)])


def _folded_layers(
    reading: FloatArray, folds: Sequence[int]
) -> tuple[list[tuple[FloatArray, FloatArray]], FloatArray]:
    """Layers that fold each coordinate read by `reading`, and how to read the result."""
    layers = []
    for p in folds:
        slopes, biases, signs = _fold(p)
        n = reading.shape[0]
        layers.append((_copies(n, slopes[:, None]) @ reading, np.tile(biases, n)))
        reading = _copies(n, signs[None, :])
    return layers, reading


def _copies(n: int, block: FloatArray) -> FloatArray:
    """The block-diagonal matrix of n copies of one block."""
    return np.asarray(np.kron(np.eye(n), block), dtype=np.float64)


def folding_line(*folds: int) -> NamedNetwork:
    """[0, 1] folded p times by each layer of p neurons: the product of the p pieces inside."""
    if not folds or min(folds) < 2:
        raise InvalidArgumentError(f"`folds` is {folds}, but must hold numbers of at least 2.")
    layers, reading = _folded_layers(np.eye(1), folds)
    n_regions = _ON_THE_LINE.get(folds)
    return NamedNetwork(
        f"folding_line({','.join(map(str, folds))})", hidden_layers(*layers, output=reading),
        "folding on the line", _MONTUFAR,
        n_regions=n_regions, f_vector=None if n_regions is None else (n_regions - 1, n_regions),
        domain_bounds=((0.0,), (1.0,)), n_regions_in_domain=prod(folds),
    )  # fmt: skip


def folding_plane(*widths: int) -> NamedNetwork:
    """The unit square folded by all layers but the last, whose neurons are lines inside it.

    All widths but the last are even, and the last is at most 6. Inside the square the count is
    the lower bound of Montufar et al.; the whole plane has more regions.

    Examples
    --------
    >>> net = folding_plane(4, 3)
    >>> net.n_regions_in_domain, net.n_regions
    (28, 37)
    """
    *folded, n_lines = widths
    if not folded or any(n < 4 or n % 2 for n in folded) or not 1 <= n_lines <= len(_LINES):
        raise InvalidArgumentError(
            f"`widths` is {widths}, but must be even numbers from 4, then one from 1 to {len(_LINES)}."
        )
    layers, reading = _folded_layers(np.eye(2), [n // 2 for n in folded])
    inside = prod((n // 2) ** 2 for n in folded) * (1 + n_lines + n_lines * (n_lines - 1) // 2)
    _, n_regions = _IN_THE_PLANE.get(widths, (inside, None))
    return NamedNetwork(
        f"folding_plane({','.join(map(str, widths))})", _with_lines(layers, reading, n_lines),
        "the count in the square is a lower bound that the plane exceeds", _MONTUFAR,
        n_regions=n_regions, domain_bounds=((0.0, 0.0), (1.0, 1.0)), n_regions_in_domain=inside,
    )  # fmt: skip


def _with_lines(
    layers: Sequence[tuple[FloatArray, FloatArray]],
    reading: FloatArray,
    n_lines: int,
    shift: FloatArray | None = None,
) -> ReLUNetwork:
    normals = np.array([(a, b) for a, b, _ in _LINES[:n_lines]], dtype=float)
    offsets = np.array([-(a + b) / 2 - o for a, b, o in _LINES[:n_lines]])
    if shift is not None:
        offsets = offsets + normals @ shift
    return hidden_layers(*layers, (normals @ reading, offsets))


def _zigzag_neurons(n: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Slopes, biases and output weights of a zigzag with n + 1 pieces, each onto [0, 1]; add -4."""
    slopes, biases = np.ones(n), -np.arange(n, dtype=float)
    slopes[2], biases[2] = -1.0, 2.0
    weights = [3.0, -2.0, 2.0] + [-2.0 if k % 2 == 0 else 2.0 for k in range(4, n + 1)]
    return slopes, biases, np.array(weights)


def _zigzag_layers(widths: Sequence[int]) -> tuple[list[tuple[FloatArray, FloatArray]], FloatArray]:
    """Layers on one input, and the output weights that read the last of them (add -4)."""
    layers: list[tuple[FloatArray, FloatArray]] = []
    reading, constant = np.eye(1), 0.0
    for k, n in enumerate(widths):
        slopes, biases, weights = _zigzag_neurons(n)
        factor, shift = (1.0, 0.0) if k == 0 else (n + 1.0, -1.0)
        layers.append((slopes[:, None] * factor * reading, slopes * (factor * constant + shift) + biases))
        reading, constant = weights[None, :], -4.0
    return layers, reading


def _block_diagonal(parts: Sequence[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    W = np.zeros((sum(a.shape[0] for a, _ in parts), sum(a.shape[1] for a, _ in parts)))
    row = column = 0
    for a, _ in parts:
        W[row : row + a.shape[0], column : column + a.shape[1]] = a
        row, column = row + a.shape[0], column + a.shape[1]
    return W, np.concatenate([b for _, b in parts])


def _zigzag_product(
    groups: Sequence[Sequence[int]],
) -> tuple[list[tuple[FloatArray, FloatArray]], FloatArray]:
    parts = [_zigzag_layers(widths) for widths in groups]
    layers = [_block_diagonal(level) for level in zip(*(layers for layers, _ in parts), strict=True)]
    reading, _ = _block_diagonal([(reading, np.zeros(1)) for _, reading in parts])
    return layers, reading


def zigzag(*groups: Sequence[int]) -> NamedNetwork:
    """Zigzags on one coordinate each; layer widths of at least 3 make the product of n + 1 regions.

    Parameters
    ----------
    *groups : sequences of int
        The widths of the layers on each coordinate, equally many for each.

    Examples
    --------
    >>> zigzag((3, 3)).n_regions
    16
    >>> zigzag((3, 3), (4, 4)).f_vector
    (360, 759, 400)
    """
    if not groups or len({len(g) for g in groups}) != 1 or any(n < 3 for g in groups for n in g):
        raise InvalidArgumentError(
            f"`groups` is {groups}, but must hold sequences of equal length with widths of at least 3."
        )
    layers, reading = _zigzag_product(groups)
    totals = [prod(n + 1 for n in g) for g in groups]
    f_vector = [1]
    for r in totals:
        f_vector = [
            (f_vector[k] * (r - 1) if k < len(f_vector) else 0) + (f_vector[k - 1] * r if k else 0)
            for k in range(len(f_vector) + 1)
        ]
    total = prod(totals)
    name = ";".join(",".join(map(str, g)) for g in groups)
    return NamedNetwork(
        f"zigzag({name})", hidden_layers(*layers, output=reading),
        "attains the upper bound on the line; products of such", f"{_SERRA}, Theorem 5",
        n_regions=total, n_bounded=prod(r - 2 for r in totals), f_vector=tuple(f_vector),
        counts=dict.fromkeys(("R1", "R2", "R4", "R5", "R6"), total) if len(groups) == 1 else {},
    )  # fmt: skip


def zigzag_plane(n_lines: int) -> NamedNetwork:
    """Two zigzags of three neurons, then lines: 16 times the regions of the lines, in all of R^2."""
    if not 1 <= n_lines <= len(_LINES):
        raise InvalidArgumentError(f"`n_lines` is {n_lines}, but must be from 1 to {len(_LINES)}.")
    layers, reading = _zigzag_product([(3,), (3,)])
    network = _with_lines(layers, reading, n_lines, shift=np.array([-4.0, -4.0]))
    return NamedNetwork(
        f"zigzag_plane({n_lines})", network, "attains a lower bound on the maximum", f"{_SERRA}, Theorem 6",
        n_regions=16 * (1 + n_lines + n_lines * (n_lines - 1) // 2),
    )  # fmt: skip


def zonotope(generators: Sequence[Sequence[int]], width: int, depth: int) -> NamedNetwork:
    """The norm sum |g.x| over generators g, folded `depth` times by layers of `width` neurons.

    Examples
    --------
    >>> zonotope([(1, 0), (0, 1), (1, 1)], width=2, depth=2)
    <NamedNetwork zonotope(2,3,2,2): <ReLUNetwork 2-6-2-2-1, 10 neurons>, 30 regions>
    """
    g = np.asarray(generators, dtype=float)
    if g.ndim != 2 or width < 2 or depth < 1:
        raise InvalidArgumentError("`generators` must be rows, `width` at least 2 and `depth` at least 1.")
    m, d = g.shape
    first = (np.repeat(g, 2, axis=0) * np.tile([1.0, -1.0], m)[:, None], np.zeros(2 * m))
    layers, reading = _folded_layers(np.ones((1, 2 * m)), [width] * depth)
    r1, r2, merged, f_vector = _ZONOTOPES.get((d, m, width, depth, _digits(g)), (None, None, None, None))
    counts = {}
    if r1 is not None and r2 is not None and merged is not None:
        counts = {"R1": r1, "R2": r2, "R4": merged, "R5": merged, "R6": merged}
    return NamedNetwork(
        f"zonotope({d},{m},{width},{depth})", hidden_layers(first, *layers, output=reading),
        "opposite neurons; the published formula leaves out the outside",
        f"{_ARORA}, Theorem 3.9",
        n_regions=r2, f_vector=f_vector, counts=counts,
    )  # fmt: skip


def _digits(g: FloatArray) -> str:
    return " ".join("".join(str(int(x)) for x in row) for row in g)


# (R1, R2, R4 = R5 = R6, f-vector) by dimension, number of generators, width, depth and generators
_Known = tuple[int | None, int | None, int | None, tuple[int, ...] | None]
_ZONOTOPES: dict[tuple[int, int, int, int, str], _Known] = {
    (2, 2, 2, 1, "10 01"): (17, 8, 8, (5, 12, 8)),
    (2, 2, 2, 2, "10 01"): (41, 20, 17, (17, 36, 20)),
    (2, 3, 2, 1, "10 01 11"): (25, 12, 12, (7, 18, 12)),
    (2, 3, 3, 1, "10 01 11"): (37, 18, 18, (13, 30, 18)),
    (2, 3, 2, 2, "10 01 11"): (61, 30, 25, (25, 54, 30)),
    (3, 4, 2, 1, "100 010 001 111"): (None, 28, None, None),
}
