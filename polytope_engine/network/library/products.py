"""Networks side by side, on inputs of their own: all numbers of cells multiply."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.library.counting import times
from polytope_engine.network.library.named_network import NamedNetwork
from polytope_engine.network.library.parameters import check_size
from polytope_engine.network.rationals import ExactArray
from polytope_engine.network.relu_network import ReLUNetwork


def block_diagonal(parts: Sequence[tuple[ExactArray, ExactArray]]) -> tuple[ExactArray, ExactArray]:
    """Layers (weights, biases) side by side, each on inputs of its own; of floats, or of any exact numbers."""
    shape = (sum(a.shape[0] for a, _ in parts), sum(a.shape[1] for a, _ in parts))
    W = np.zeros(shape, dtype=np.result_type(*(a for a, _ in parts)))
    row = column = 0
    for a, _ in parts:
        W[row : row + a.shape[0], column : column + a.shape[1]] = a
        row, column = row + a.shape[0], column + a.shape[1]
    return W, np.concatenate([b for _, b in parts])


def side_by_side(*networks: NamedNetwork) -> NamedNetwork:
    """Networks side by side, each on inputs of its own, with all their outputs: a block-diagonal network.

    Shorter ones pass their last hidden layer on, by neurons that cut nothing. The cells are the products of theirs,
    so numbers of regions multiply, and so do the polynomials with the f-vectors as coefficients, and characteristic
    polynomials. For networks on the line with R regions each:
    (R - 1 + R t) for each. Source: products of polyhedral complexes.

    Parameters
    ----------
    *networks : NamedNetwork
        At least one, of any depths and widths.

    Raises
    ------
    InvalidArgumentError
        If they are not that, or the product is too large to write down.

    Examples
    --------
    >>> from polytope_engine.network.library.definitions import hat, identity, zero_plateau
    >>> side_by_side(hat(), identity()).f_vector
    (3, 10, 8)
    >>> side_by_side(hat(), zero_plateau())
    <NamedNetwork side_by_side(hat,zero_plateau): <ReLUNetwork 3-5-4-2, 9 neurons>, 20 regions>
    """
    if not networks or not all(isinstance(part, NamedNetwork) for part in networks):
        raise InvalidArgumentError("`networks` must be networks of the library, at least one.")
    depth = max(part.network.n_hidden_layers for part in networks)
    widths = [sum(_width(part.network, k) for part in networks) for k in range(depth)]
    before = [sum(part.network.input_dim for part in networks), *widths[:-1]]
    for n_rows, n_columns in zip(widths, before, strict=True):
        check_size(n_rows, n_columns)
    parts = [_deepened(part.network, depth) for part in networks]
    layers = [block_diagonal(level) for level in zip(*(layers for layers, _ in parts), strict=True)]
    slopes = zip(*(slopes for _, slopes in parts), strict=True)
    return NamedNetwork(
        f"side_by_side({','.join(part.name for part in networks)})",
        ReLUNetwork(layers, [np.concatenate(level) for level in slopes]),
        "a product: all numbers of cells multiply",
        "; ".join(dict.fromkeys(part.source for part in networks)),
        **_products(networks),
    )


def _width(network: ReLUNetwork, layer: int) -> int:
    return network.hidden_widths[min(layer, network.n_hidden_layers - 1)]


def _deepened(
    network: ReLUNetwork, depth: int
) -> tuple[list[tuple[ExactArray, ExactArray]], list[ExactArray]]:
    """The layers and slopes of the same function with `depth` hidden layers.

    The last hidden layer's values go through neurons whose slope is 0 where that of the value was, and 1 elsewhere. A
    ReLU's value is positive or zero throughout a cell, and the sign of any other is that of its neuron, turned
    perhaps: no cell is divided.
    """
    exact = network.is_rational
    layers: list[tuple[ExactArray, ExactArray]] = [*(network.exact_weights if exact else network.weights)]
    hidden, output = layers[:-1], layers[-1]
    slopes: list[ExactArray] = list(network.exact_slopes if exact else network.negative_slopes)
    n = network.hidden_widths[-1]
    for _ in range(depth - len(hidden)):
        hidden.append((np.eye(n), np.zeros(n)))
        slopes.append(np.array([float(slope != 0) for slope in slopes[-1]]))
    return [*hidden, output], slopes


def _products(networks: tuple[NamedNetwork, ...]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for key in ("n_regions", "n_bounded", "n_regions_in_domain"):
        values = [getattr(part, key) for part in networks]
        known[key] = None if None in values else prod(values)
    for key in ("f_vector", "bounded_f_vector", "characteristic_polynomial"):
        vectors = [getattr(part, key) for part in networks]
        known[key] = None if None in vectors else times(*vectors)
    shared = set.intersection(*(set(part.counts) for part in networks))
    known["counts"] = {key: prod(part.counts[key] for part in networks) for key in sorted(shared)}
    if known["n_regions_in_domain"] is not None:
        corners = zip(*(part.domain_bounds for part in networks if part.domain_bounds), strict=True)
        known["domain_bounds"] = tuple(tuple(x for corner in side for x in corner) for side in corners)
    return known
