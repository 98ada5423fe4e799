"""Rows of the cell tree worked out again in twice the precision, one at a time.

The search keeps rows with bounds of their errors that are good enough for yes or no. In a network of many layers
they are a hundred thousand times larger than the rounding of the row itself, too much for volumes and radii. So
the few rows that are facets are found again: back through the layers, from the neuron to the input, with numbers
that are unevaluated sums of two floats (Dekker 1971; Ogita, Rump, Oishi 2005).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polytope_engine.kernels.jit import hot, inner
from polytope_engine.kernels.search_state import (
    LABEL_LAYER,
    LABEL_NEURON,
    LABEL_SIGN,
    OFFSET,
    START,
    UNIT,
    WIDTH,
    Cells,
    Layers,
)

Floats = NDArray[np.float64]
Bytes = NDArray[np.int8]

# Places in `Chain.result`.
VALUE = 0
VALUE_ERROR = 1
GRADIENT_ERROR = 2
CHAIN_LARGEST = 3


class Chain(NamedTuple):
    """Numbers on their way back through the layers: sums of two floats, and sums of absolute values."""

    high: Floats  # (2, widest): at the end, the gradient
    low: Floats  # (2, widest)
    size: Floats  # (2, widest)
    result: Floats  # (4,): value at the cell's point, bounds of its error and of the gradient's, largest coefficient


def new_chain(r: int, widest: int) -> Chain:
    """Scratch for layers of up to this width."""
    width = max(r, widest)
    return Chain(
        high=np.zeros((2, width)), low=np.zeros((2, width)), size=np.zeros((2, width)), result=np.zeros(4)
    )


@hot
def product_error(a: float, b: float, product: float) -> float:
    """What a rounded product lacks (Dekker 1971)."""
    split = 134217729.0 * a
    a_high = split - (split - a)
    a_low = a - a_high
    split = 134217729.0 * b
    b_high = split - (split - b)
    b_low = b - b_high
    return a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)


@hot
def is_safe(product: float) -> bool:
    """Whether a product of numbers that are not zero, and what it lacks, are far from the ends of the floats."""
    return 1e-200 < abs(product) < 1e280


@inner
def activated(layers: Layers, layer: int, signs: Bytes, chain: Chain) -> bool:
    """Multiply the chain's numbers by the slopes of a layer on this cell. False if a product is out of range."""
    is_in_range = True
    width = layers.shape[WIDTH, layer]
    offset = layers.shape[OFFSET, layer]
    for j in range(width):
        slope = 1.0
        if signs[offset + j] <= 0:
            slope = layers.slopes[offset + j] if signs[offset + j] < 0 else 0.0
        if slope == 1.0:
            continue
        high = chain.high[0, j] * slope
        if high != 0.0 or (slope != 0.0 and chain.high[0, j] != 0.0):
            is_in_range = is_in_range and is_safe(high)
        chain.low[0, j] = chain.low[0, j] * slope + product_error(chain.high[0, j], slope, high)
        chain.high[0, j] = high
        chain.size[0, j] *= abs(slope)
    return is_in_range


@inner
def apply_layer(layers: Layers, layer: int, n_before: int, chain: Chain) -> bool:
    """Multiply the chain's numbers, one for each neuron of a layer, by its weights: one for each of its inputs.

    False if a product is out of range.
    """
    is_in_range = True
    width = layers.shape[WIDTH, layer]
    start = layers.shape[START, layer]
    for k in range(n_before):
        total = 0.0
        rest = 0.0
        size = 0.0
        for j in range(width):
            a = chain.high[0, j]
            if a == 0.0:
                continue
            b = layers.weights[start + k * width + j]
            if b == 0.0:
                continue
            product = a * b
            is_in_range = is_in_range and is_safe(product)
            rest += product_error(a, b, product) + chain.low[0, j] * b
            following = total + product
            part = following - total
            rest += (total - (following - part)) + (product - part)
            total = following
            size += chain.size[0, j] * abs(b)
        chain.high[1, k] = total + rest
        chain.low[1, k] = rest - (chain.high[1, k] - total)
        chain.size[1, k] = size
    for k in range(n_before):
        chain.high[0, k] = chain.high[1, k]
        chain.low[0, k] = chain.low[1, k]
        chain.size[0, k] = chain.size[1, k]
    return is_in_range


@inner
def exact_offset(row: Floats, x: Floats, r: int) -> float:
    """``a . x + b``, as if in twice the precision."""
    total: float = row[r]
    rest = 0.0
    for k in range(r):
        product = row[k] * x[k]
        rest += product_error(row[k], x[k], product)
        following = total + product
        part = following - total
        rest += (total - (following - part)) + (product - part)
        total = following
    return total + rest


@inner
def sharpen(cells: Cells, i: int, p: int, r: int, layers: Layers, chain: Chain) -> bool:
    """Work out the row of neuron p of a cell's path: the gradient, and the value at the cell's point.

    Each step is a sum of products of sums of two floats. With N numbers added up on the way, its error is at most a
    small multiple of N^2 u^2 times the sum of the absolute values, u = 2^-53 (Ogita, Rump, Oishi 2005, Proposition
    5.5). False where numbers are out of the range in which that holds.
    """
    start = cells.starts[i]
    layer = cells.labels[start + p, LABEL_LAYER]
    neuron = cells.labels[start + p, LABEL_NEURON]
    signs = cells.signs[i]
    for j in range(layers.shape[WIDTH, layer]):
        chain.high[0, j] = 0.0
        chain.low[0, j] = 0.0
        chain.size[0, j] = 0.0
    chain.high[0, neuron] = float(cells.labels[start + p, LABEL_SIGN])
    chain.size[0, neuron] = 1.0
    value = 0.0
    rest = 0.0
    size = 0.0
    is_in_range = True
    n_terms = r + 4.0
    while True:
        width = layers.shape[WIDTH, layer]
        offset = layers.shape[OFFSET, layer]
        for j in range(width):
            a = chain.high[0, j]
            if a == 0.0:
                continue
            b = layers.biases[offset + j]
            if b == 0.0:
                continue
            product = a * b
            is_in_range = is_in_range and is_safe(product)
            rest += product_error(a, b, product) + chain.low[0, j] * b
            following = value + product
            part = following - value
            rest += (value - (following - part)) + (product - part)
            value = following
            size += chain.size[0, j] * abs(b)
        n_terms += width + 4.0
        n_before = r if layer == 0 else layers.shape[WIDTH, layer - 1]
        is_in_range = apply_layer(layers, layer, n_before, chain) and is_in_range
        if layer == 0:
            break
        layer -= 1
        is_in_range = activated(layers, layer, signs, chain) and is_in_range
    largest = 0.0
    gradient_size = 0.0
    for k in range(r):
        a = chain.high[0, k]
        b = cells.points[i, k]
        product = a * b
        if a != 0.0 and b != 0.0:
            is_in_range = is_in_range and is_safe(product)
        rest += product_error(a, b, product) + chain.low[0, k] * b
        following = value + product
        part = following - value
        rest += (value - (following - part)) + (product - part)
        value = following
        largest = max(largest, abs(a))
        gradient_size = max(gradient_size, chain.size[0, k])
        size += chain.size[0, k] * abs(b)
    value += rest
    if not (is_in_range and largest > 1e-150 and largest < 1e150 and size < 1e150 and gradient_size < 1e150):
        return False
    square = 8.0 * n_terms * n_terms * UNIT * UNIT
    chain.result[VALUE] = value
    chain.result[VALUE_ERROR] = (2.0 * UNIT * abs(value) + square * size) * (1.0 + 1e-12)
    chain.result[GRADIENT_ERROR] = (2.0 * UNIT * largest + square * gradient_size) * (1.0 + 1e-12)
    chain.result[CHAIN_LARGEST] = largest
    return True
