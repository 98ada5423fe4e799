"""Networks side by side, on inputs of their own: all numbers of cells multiply."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.arrays import FloatArray
from polytope_engine.network.library.counting import times
from polytope_engine.network.library.named_network import NamedNetwork
from polytope_engine.network.library.parameters import check_size
from polytope_engine.network.relu_network import ReLUNetwork


def block_diagonal(parts: list[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    """Layers (weights, biases) side by side, each on inputs of its own."""
    W = np.zeros((sum(a.shape[0] for a, _ in parts), sum(a.shape[1] for a, _ in parts)))
    row = column = 0
    for a, _ in parts:
        W[row : row + a.shape[0], column : column + a.shape[1]] = a
        row, column = row + a.shape[0], column + a.shape[1]
    return W, np.concatenate([b for _, b in parts])


def side_by_side(*networks: NamedNetwork) -> NamedNetwork:
    """Networks side by side, each on inputs of its own, with all their outputs: a block-diagonal network.

    Its cells are the products of theirs, so numbers of regions multiply, and so do the polynomials with the
    f-vectors as coefficients, and characteristic polynomials. For networks on the line with R regions each:
    (R - 1 + R t) for each. Source: products of polyhedral complexes.

    Parameters
    ----------
    *networks : NamedNetwork
        At least one, with equally many hidden layers.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> from polytope_engine.network.library.definitions import hat, identity
    >>> side_by_side(hat(), identity()).f_vector
    (3, 10, 8)
    """
    if not networks or not all(isinstance(part, NamedNetwork) for part in networks):
        raise InvalidArgumentError("`networks` must be networks of the library, at least one.")
    depths = [part.network.n_hidden_layers for part in networks]
    if len(set(depths)) > 1:
        raise InvalidArgumentError(
            f"`networks` have {', '.join(map(str, depths))} hidden layers, but must have equally many.",
            depths=depths,
        )
    widths = [sum(part.network.hidden_widths[k] for part in networks) for k in range(depths[0])]
    before = [sum(part.network.input_dim for part in networks), *widths[:-1]]
    for n_rows, n_columns in zip(widths, before, strict=True):
        check_size(n_rows, n_columns)
    layers = [
        block_diagonal(list(level)) for level in zip(*(p.network.weights for p in networks), strict=True)
    ]
    slopes = zip(*(part.network.negative_slopes for part in networks), strict=True)
    return NamedNetwork(
        f"side_by_side({','.join(part.name for part in networks)})",
        ReLUNetwork(layers, [np.concatenate(level) for level in slopes]),
        "a product: all numbers of cells multiply",
        "; ".join(dict.fromkeys(part.source for part in networks)),
        **_products(networks),
    )


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
