"""Networks that zigzag: each layer makes one piece more of each piece than it has neurons, which is the most."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, prod

import numpy as np

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.arrays import FloatArray
from polytope_engine.network.library.counting import times
from polytope_engine.network.library.folding import (
    LINES,
    Layer,
    are_generic,
    checked_generators,
    cones_and_shells,
    opposite_rows,
    with_lines,
)
from polytope_engine.network.library.named_network import NamedNetwork, hidden_layers
from polytope_engine.network.library.parameters import call, check_size, checked_integer, checked_integers
from polytope_engine.network.library.products import block_diagonal

SERRA = "T. Serra, C. Tjandraatmadja, S. Ramalingam, Bounding and counting linear regions, ICML 2018"


def _zigzag_neurons(n: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Slopes, biases and output weights of a zigzag with n + 1 pieces, each onto [0, 1]; add -4."""
    slopes, biases = np.ones(n), -np.arange(n, dtype=float)
    slopes[2], biases[2] = -1.0, 2.0
    weights = [3.0, -2.0, 2.0] + [-2.0 if k % 2 == 0 else 2.0 for k in range(4, n + 1)]
    return slopes, biases, np.array(weights)


def zigzag_layers(
    widths: Sequence[int], first_reading: FloatArray | None = None
) -> tuple[list[Layer], FloatArray]:
    """Layers on one coordinate, and the output weights that read the last of them (add -4).

    The coordinate is the only input; or, with `first_reading`, what that reads of a layer before, and only its
    positive values matter: then the first breakpoint is at 1.
    """
    layers: list[Layer] = []
    reading, constant = np.eye(1) if first_reading is None else first_reading, 0.0
    for k, n in enumerate(widths):
        check_size(n, reading.shape[1])
        slopes, biases, weights = _zigzag_neurons(n)
        factor, shift = (1.0, 0.0) if k == 0 else (n + 1.0, -1.0)
        if k == 0 and first_reading is not None:
            shift = -1.0
        layers.append((slopes[:, None] * factor * reading, slopes * (factor * constant + shift) + biases))
        reading, constant = weights[None, :], -4.0
    return layers, reading


def zigzag_product(groups: Sequence[Sequence[int]]) -> tuple[list[Layer], FloatArray]:
    """Layers of zigzags side by side, each on an input of its own, and how to read their coordinates (add -4)."""
    parts = [zigzag_layers(widths) for widths in groups]
    layers = [block_diagonal(list(level)) for level in zip(*(layers for layers, _ in parts), strict=True)]
    reading, _ = block_diagonal([(reading, np.zeros(1)) for _, reading in parts])
    return layers, reading


def zigzag(*groups: Sequence[int]) -> NamedNetwork:
    """Zigzags on one coordinate each; layer widths of at least 3 make the product of n + 1 regions.

    That attains the upper bound on the line. On several coordinates the f-polynomials (R - 1) + R t multiply.
    Source: Serra et al. 2018, Theorem 5.

    Parameters
    ----------
    *groups : sequences of int
        The widths of the layers on each coordinate, at least 3, equally many for each.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> zigzag((3, 3)).n_regions
    16
    >>> zigzag((3, 3), (4, 4)).f_vector
    (360, 759, 400)
    """
    groups = tuple(checked_integers(f"groups[{k}]", group, 3) for k, group in enumerate(groups))
    if not groups or len(set(map(len, groups))) != 1:
        raise InvalidArgumentError(
            f"`groups` is {groups}, but must hold sequences of equal length with widths of at least 3."
        )
    layers, reading = zigzag_product(groups)
    totals = [prod(n + 1 for n in g) for g in groups]
    total = prod(totals)
    return NamedNetwork(
        call("zigzag", *groups), hidden_layers(*layers, output=reading),
        "attains the upper bound on the line; products of such", f"{SERRA}, Theorem 5",
        n_regions=total, n_bounded=prod(r - 2 for r in totals),
        f_vector=times(*((r - 1, r) for r in totals)), bounded_f_vector=times(*((r - 1, r - 2) for r in totals)),
        counts=dict.fromkeys(("R1", "R2", "R4", "R5", "R6"), total) if len(groups) == 1 else {},
    )  # fmt: skip


def zigzag_plane(n_lines: int) -> NamedNetwork:
    """Two zigzags of three neurons, then lines: 16 times the regions of the lines, in all of R^2.

    That is the lower bound of Serra et al. 2018, Theorem 6.

    Parameters
    ----------
    n_lines : int
        The number of lines, from 1 to 6.

    Raises
    ------
    InvalidArgumentError
        If it is not that.

    Examples
    --------
    >>> zigzag_plane(6).n_regions
    352
    """
    n_lines = checked_integer("n_lines", n_lines, 1, len(LINES))
    layers, reading = zigzag_product([(3,), (3,)])
    network = with_lines(layers, reading, n_lines, shift=np.array([-4.0, -4.0]))
    return NamedNetwork(
        call("zigzag_plane", n_lines), network, "attains a lower bound on the maximum", f"{SERRA}, Theorem 6",
        n_regions=16 * (1 + comb(n_lines + 1, 2)),
    )  # fmt: skip


def zigzag_zonotope(generators: Sequence[Sequence[int]], *widths: int) -> NamedNetwork:
    """The norm sum |g.x| over m generators g, and zigzags of it: widths + 1 pieces of each piece, in all of R^d.

    The norm is linear on c = 2 (C(m-1,0) + ... + C(m-1,d-1)) cones. There are c (w + 1) ... regions for
    widths w, which is the lower bound of Serra et al. 2018, Theorem 7. Unlike in `zonotope`, no region is outside.

    Parameters
    ----------
    generators : sequence of rows of int
        The m generators, at least as many as their dimension d. The counts are None if d of them are
        dependent, or there are more than 100,000 sets of d.
    *widths : int
        The widths of the layers that zigzag, at least 3.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> zigzag_zonotope([(1, 0), (0, 1), (1, 1)], 3, 3)
    <NamedNetwork zigzag_zonotope(((1,0),(0,1),(1,1)),3,3): <ReLUNetwork 2-6-3-3-1, 12 neurons>, 96 regions>
    """
    rows = checked_generators(generators)
    widths = checked_integers("widths", widths, 3)
    layers, reading = zigzag_layers(widths, np.ones((1, 2 * len(rows))))
    return NamedNetwork(
        call("zigzag_zonotope", rows, *widths), hidden_layers(opposite_rows(rows), *layers, output=reading),
        "opposite neurons, and zigzags of a norm", f"{SERRA}, Theorem 7",
        **(cones_and_shells(len(rows), len(rows[0]), prod(n + 1 for n in widths)) if are_generic(rows) else {}),
    )  # fmt: skip
