"""How far two evaluations of one network may lie apart, because each rounds in its own way."""

from __future__ import annotations

import numpy as np

from polytope_engine.network.arrays import FloatArray
from polytope_engine.network.relu_network import ReLUNetwork


def term_sizes(network: ReLUNetwork, points: FloatArray) -> FloatArray:
    """The sum of the absolute values of all terms behind each output, shape (n_points, n_out)."""
    h = np.abs(points)
    for (W, b), slope in zip(network.weights, [*network.negative_slopes, np.ones(1)], strict=True):
        h = (h @ np.abs(W).T + np.abs(b)) * np.maximum(np.abs(slope), 1.0)
    return h


def rounding_tolerance(network: ReLUNetwork, points: FloatArray, epsilon: float) -> FloatArray:
    """The difference that rounding may make at points, in a number type with machine epsilon.

    It is a yardstick for telling another function from another rounding, not a rigorous bound.
    """
    return 16 * epsilon * (network.n_hidden_layers + 2) * term_sizes(network, points)
