"""The affine map of each layer on the current cell, with bounds on its errors, and the rows that it gives."""

from __future__ import annotations

import math

from polytope_engine.kernels.jit import hot, inner
from polytope_engine.kernels.search_state import (
    EC,
    EG,
    LABEL_LAYER,
    LABEL_NEURON,
    LABEL_SIGN,
    LARGEST,
    OFFSET,
    SCALE,
    START,
    TC,
    TG,
    TINY,
    UNIT,
    WIDTH,
    Bytes,
    Dictionary,
    Floats,
    Layers,
    Maps,
    Path,
    Space,
)


@inner
def multiplier(sign: int, slope: float) -> float:
    """What the activation multiplies by where the pre-activation has this sign."""
    if sign > 0:
        return 1.0
    if sign < 0:
        return slope
    return 0.0


@inner
def power_of_two_scale(size: float) -> float:
    """The power of two that brings ``size`` into [1, 2); 1 for extreme sizes."""
    if not (1e-250 <= size <= 1e250):
        return 1.0
    _, exponent = math.frexp(size)
    return math.ldexp(1.0, 1 - exponent)


@inner
def rounded_error(value: float, rounding: float) -> float:
    """The error of a weight or bias that stands for a rational number: none where it is zero."""
    if rounding == 0.0 or value == 0.0:
        return 0.0
    return rounding * abs(value) + TINY


@inner
def first_layer_map(layers: Layers, space: Space, maps: Maps) -> None:
    """The first layer's rows, which are exact up to the rounding of the weights."""
    r = space.dimension
    n = layers.shape[WIDTH, 0]
    start = layers.shape[START, 0]
    for i in range(n):
        size = 0.0
        for k in range(r):
            value = layers.weights[start + k * n + i]
            maps.values[0, k, i] = value
            size = max(size, abs(value))
        maps.values[0, r, i] = layers.biases[i]
        maps.bounds[0, EG, i] = rounded_error(size, layers.rounding)
        maps.bounds[0, EC, i] = rounded_error(layers.biases[i], layers.rounding)
        maps.bounds[0, TG, i] = size + 2.0 * maps.bounds[0, EG, i]
        maps.bounds[0, TC, i] = abs(layers.biases[i]) + 2.0 * maps.bounds[0, EC, i]
        maps.bounds[0, SCALE, i] = power_of_two_scale(size)


@inner
def begin_sums(layer: int, level: int, r: int, layers: Layers, maps: Maps) -> None:
    """Begin the map of a layer with its biases: no unit before it has a sign yet."""
    sums = maps.sums[level]
    for i in range(layers.shape[WIDTH, layer]):
        for k in range(r + 5):
            sums[k, i] = 0.0
        bias = layers.biases[layers.shape[OFFSET, layer] + i]
        sums[r, i] = bias
        sums[r + 1 + TC, i] = abs(bias)
        sums[r + 1 + EC, i] = rounded_error(bias, layers.rounding)
    maps.n_used[level] = 0


@inner
def add_unit(
    unit: int, factor: float, r: int, n: int, weights: Floats, values: Floats, bounds: Floats, sums: Floats
) -> int:
    """Add what a unit passes on to the map of the next layer; 1 if that is anything.

    Forward error analysis: a sum of n products, each of a weight and an entry with error e and
    size t, has error at most sum |w| e + gamma (sum |w| t), gamma = (n + 3) units in the last place,
    and where weights and slopes are roundings, one relative error of each more.
    """
    size = abs(factor)
    tg = size * bounds[TG, unit]
    tc = size * bounds[TC, unit]
    eg = size * bounds[EG, unit]
    ec = size * bounds[EC, unit]
    if factor != 1.0:
        if bounds[TG, unit] > 0.0:  # the product may underflow, and is not zero by structure
            eg += 2.0 * UNIT * tg + TINY
            tg += TINY
        ec += 2.0 * UNIT * tc + TINY
    if tg == 0.0 and tc == 0.0 and ec == 0.0:
        return 0
    weight = weights[unit * n : (unit + 1) * n]
    if tg > 0.0:
        for k in range(r):
            entry = factor * values[k, unit]
            row = sums[k]
            for i in range(n):
                row[i] += weight[i] * entry
    entry = factor * values[r, unit]
    row = sums[r]
    for i in range(n):
        row[i] += weight[i] * entry
    tg_row = sums[r + 1 + TG]
    tc_row = sums[r + 1 + TC]
    eg_row = sums[r + 1 + EG]
    ec_row = sums[r + 1 + EC]
    for i in range(n):
        w = abs(weight[i])
        tg_row[i] += w * tg
        tc_row[i] += w * tc
        eg_row[i] += w * eg
        ec_row[i] += w * ec
    if tg > 0.0:
        for i in range(n):
            if weight[i] != 0.0:
                tg_row[i] += TINY
    return 1


@inner
def finish_map(layer: int, level: int, r: int, layers: Layers, maps: Maps) -> None:
    """The map of a layer, all units before it having a sign, and its error bounds."""
    sums = maps.sums[level]
    values = maps.values[layer]
    bounds = maps.bounds[layer]
    n_used = maps.n_used[level]
    n = layers.shape[WIDTH, layer]
    for k in range(r + 1):
        for i in range(n):
            values[k, i] = sums[k, i]
    for k in range(4):
        for i in range(n):
            bounds[k, i] = sums[r + 1 + k, i]
    gamma = (n_used + 6.0) * 2.0 * UNIT + 2.0 * layers.rounding
    for i in range(n):
        if bounds[TG, i] == 0.0:
            bounds[EG, i] = 0.0
            bounds[SCALE, i] = 1.0
        else:
            bounds[EG, i] = (bounds[EG, i] + gamma * bounds[TG, i]) * (1.0 + gamma) + TINY
            size = 0.0
            for k in range(r):
                size = max(size, abs(values[k, i]))
            # tg is a bound on the exact entries, too
            bounds[TG, i] = size + 2.0 * bounds[EG, i]
            bounds[SCALE, i] = power_of_two_scale(size)
            if not (bounds[EG, i] <= LARGEST):  # overflow: nothing is known
                bounds[EG, i] = math.inf
                bounds[TG, i] = math.inf
        if n_used > 0:
            bounds[EC, i] = (bounds[EC, i] + gamma * bounds[TC, i]) * (1.0 + gamma) + TINY
            bounds[TC, i] = abs(values[r, i]) + 2.0 * bounds[EC, i]
            if not (bounds[EC, i] <= LARGEST):
                bounds[EC, i] = math.inf
                bounds[TC, i] = math.inf


@inner
def next_layer_map(layer: int, layers: Layers, space: Space, maps: Maps, signs: Bytes) -> None:
    """Form the map of ``layer`` from the map and all signs of the layer before it."""
    begin_sums(layer, 0, space.dimension, layers, maps)
    for unit in range(layers.shape[WIDTH, layer - 1]):
        add_to_next_layer(
            layer - 1, unit, signs[layers.shape[OFFSET, layer - 1] + unit], 0, space.dimension, layers, maps
        )
    finish_map(layer, 0, space.dimension, layers, maps)


@hot
def add_to_next_layer(
    layer: int, unit: int, sign: int, level: int, r: int, layers: Layers, maps: Maps
) -> None:
    """Add to the sums of a level what a unit passes on, its sign being known."""
    factor = multiplier(sign, layers.slopes[layers.shape[OFFSET, layer] + unit])
    if factor != 0.0:
        start = layers.shape[START, layer + 1]
        maps.n_used[level] += add_unit(
            unit,
            factor,
            r,
            layers.shape[WIDTH, layer + 1],
            layers.weights[start:],
            maps.values[layer],
            maps.bounds[layer],
            maps.sums[level],
        )


@inner
def enter_side(layer: int, unit: int, sign: int, level: int, r: int, layers: Layers, maps: Maps) -> None:
    """The sums of one side of a split: those of the level before, and what the unit that was split passes on."""
    n = layers.shape[WIDTH, layer + 1]
    for k in range(r + 5):
        before = maps.sums[level - 1, k]
        row = maps.sums[level, k]
        for i in range(n):
            row[i] = before[i]
    maps.n_used[level] = maps.n_used[level - 1]
    add_to_next_layer(layer, unit, sign, level, r, layers, maps)


@inner
def load_row(layer: int, neuron: int, r: int, maps: Maps, D: Dictionary) -> None:
    """Put a neuron's normalized row into ``g``."""
    scale = maps.bounds[layer, SCALE, neuron]
    for k in range(r + 1):
        D.g[k] = maps.values[layer, k, neuron] * scale


@inner
def errors_of(bounds: Floats) -> tuple[float, float]:
    """Bounds on the errors of a normalized row: of each coefficient, and of the constant."""
    scale = bounds[SCALE]
    underflow = TINY if scale < 1.0 else 0.0  # of small entries
    return bounds[EG] * scale + underflow, bounds[EC] * scale + underflow


@inner
def append_row(layer: int, neuron: int, r: int, maps: Maps, path: Path, depth: int) -> None:
    """Append a neuron's positive side to the path."""
    scale = maps.bounds[layer, SCALE, neuron]
    for k in range(r + 1):
        path.rows[depth, k] = maps.values[layer, k, neuron] * scale
    eg, ec = errors_of(maps.bounds[layer, :, neuron])
    path.bounds[depth, EG] = eg
    path.bounds[depth, EC] = ec
    path.bounds[depth, TG] = maps.bounds[layer, TG, neuron] * scale
    path.labels[depth, LABEL_LAYER] = layer
    path.labels[depth, LABEL_NEURON] = neuron
    path.labels[depth, LABEL_SIGN] = 1
    path.n_residues[depth] = 0
