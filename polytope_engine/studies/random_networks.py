"""Random networks as deep learning starts from them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from polytope_engine.network.relu_network import ReLUNetwork


def he_network(
    widths: Sequence[int], generator: np.random.Generator, *, bias_scale: float = 0.5
) -> ReLUNetwork:
    """Independent normal weights of variance 2 / n for n inputs of the layer; biases of deviation `bias_scale`.

    Parameters
    ----------
    widths : sequence of int
        Inputs, hidden layers, outputs.
    generator : numpy.random.Generator
    bias_scale : float
        Standard deviation of the biases; with 0 all hyperplanes of the first layer go through the origin.

    Notes
    -----
    Source: He et al. 2015, arXiv:1502.01852; with normal biases, Hanin and Rolnick 2019, arXiv:1901.09021.

    Examples
    --------
    >>> he_network((2, 3, 1), np.random.default_rng(0))
    <ReLUNetwork 2-3-1, 3 neurons>
    """
    return ReLUNetwork(
        [
            (
                generator.normal(scale=np.sqrt(2 / n_in), size=(n_out, n_in)),
                generator.normal(scale=bias_scale, size=n_out),
            )
            for n_in, n_out in pairwise(widths)
        ]
    )
