"""Networks with random weights."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

import polytope_engine as pe


def random_network(*widths: int, seed: int = 0) -> pe.ReLUNetwork:
    """Normal weights, and biases of half their size."""
    generator = np.random.default_rng(seed)
    pairs = pairwise(widths)
    return pe.ReLUNetwork([(generator.normal(size=(b, a)), generator.normal(size=b) / 2) for a, b in pairs])
