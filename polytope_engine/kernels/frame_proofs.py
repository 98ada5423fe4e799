"""Proofs in the coordinates of an earlier layer's active outputs, where multipliers are zero by structure."""

from __future__ import annotations

from polytope_engine.kernels.float_proofs import count_suspects, distance_from_inverse, refine
from polytope_engine.kernels.jit import counter, inner
from polytope_engine.kernels.layer_maps import multiplier, power_of_two_scale, rounded_error
from polytope_engine.kernels.search_state import (
    EC,
    EG,
    LABEL_LAYER,
    LABEL_NEURON,
    LABEL_SIGN,
    OFFSET,
    PROOF_SIZE,
    START,
    TINY,
    UNIT,
    WIDTH,
    Bytes,
    Dictionary,
    Frame,
    Ints,
    Layers,
    Path,
)
from polytope_engine.kernels.simplex import invert


@inner
def put_row_in_frame(
    layer: int,
    neuron: int,
    sign: int,
    frame_layer: int,
    n_units: int,
    layers: Layers,
    signs: Bytes,
    frame: Frame,
    out: int,
) -> None:
    """Write sign times a neuron's pre-activation as an affine function of a layer's active outputs.

    The row of the frame is scaled by a power of two, like every row.
    """
    units = frame.indices[0]
    constant = 0.0
    constant_error = 0.0
    error = 0.0
    if layer == frame_layer:
        index = layers.shape[OFFSET, layer] + neuron
        factor = multiplier(signs[index], layers.slopes[index])
        for u in range(n_units):
            frame.rows[out, u] = 1.0 / factor if units[u] == neuron else 0.0
        if factor != 1.0 or layers.rounding > 0.0:
            error = (2.0 * UNIT + 2.0 * layers.rounding) / abs(factor) + TINY
    else:
        vector = frame.vectors[0]
        vector_error = frame.vectors[1]
        n = layers.shape[WIDTH, layer]
        start = layers.shape[START, layer]
        previous = layer - 1
        for j in range(layers.shape[WIDTH, previous]):
            vector[j] = layers.weights[start + j * n + neuron]
            vector_error[j] = rounded_error(vector[j], layers.rounding)
        constant = layers.biases[layers.shape[OFFSET, layer] + neuron]
        constant_size = abs(constant)
        constant_error = rounded_error(constant, layers.rounding)
        while previous > frame_layer:
            width = layers.shape[WIDTH, previous]
            offset = layers.shape[OFFSET, previous]
            n_before = layers.shape[WIDTH, previous - 1]
            start = layers.shape[START, previous]
            gamma = (width + 4.0) * 2.0 * UNIT + 2.0 * layers.rounding
            for j in range(width):
                factor = multiplier(signs[offset + j], layers.slopes[offset + j])
                if factor == 0.0:  # and not 0 * infinity
                    vector[j] = 0.0
                    vector_error[j] = 0.0
                    continue
                vector[j] *= factor
                vector_error[j] *= abs(factor)
                if factor != 1.0 or layers.rounding > 0.0:
                    vector_error[j] += (2.0 * UNIT + 2.0 * layers.rounding) * abs(vector[j]) + TINY
                bias = layers.biases[offset + j]
                term = vector[j] * bias
                constant += term
                constant_size += abs(term)
                constant_error += vector_error[j] * abs(bias)
                constant_error += abs(vector[j]) * rounded_error(bias, layers.rounding)
            constant_error = (constant_error + gamma * constant_size) * (1.0 + gamma) + TINY
            for k in range(n_before):
                value = 0.0
                size = 0.0
                inherited = 0.0
                for j in range(width):
                    w = layers.weights[start + k * width + j]
                    term = vector[j] * w
                    value += term
                    size += abs(term)
                    inherited += vector_error[j] * abs(w)
                frame.vectors[2, k] = value
                frame.vectors[3, k] = (inherited + gamma * size) * (1.0 + gamma) + TINY
            for k in range(n_before):
                vector[k] = frame.vectors[2, k]
                vector_error[k] = frame.vectors[3, k]
            previous -= 1
        for u in range(n_units):
            frame.rows[out, u] = vector[units[u]]
            if not (vector_error[units[u]] <= error):  # and not max, which forgets a NaN
                error = vector_error[units[u]]
    size = 0.0
    for u in range(n_units):
        size = max(size, abs(frame.rows[out, u]))
    scale = power_of_two_scale(size)
    for u in range(n_units):
        frame.rows[out, u] *= sign * scale
    frame.rows[out, n_units] = constant * sign * scale
    frame.bounds[out, EG] = error * scale + TINY
    frame.bounds[out, EC] = constant_error * scale + TINY


@inner
def follows_in_frame(frame: Frame, n: int) -> bool:
    """Prove that the last of n + 1 rows of the frame is a positive combination of the others and 1."""
    if not invert(frame.matrix, frame.inverse, n):
        return False
    for j in range(n):
        value = 0.0
        for k in range(n):
            frame.T[1 + j, k] = frame.inverse[k, j]
            value += frame.rows[n, k] * frame.inverse[k, j]
        frame.z[1 + j] = value
    refine(frame.T, frame.rows, frame.labels, frame.rows[n], frame.z, frame.scratch[0], n)
    norm = distance_from_inverse(frame.T, frame.rows, frame.bounds, frame.labels, frame.scratch[0], n)
    n_suspects = count_suspects(
        frame.T,
        frame.rows,
        frame.bounds,
        frame.labels,
        norm,
        frame.rows[n],
        frame.bounds[n, EG],
        frame.bounds[n, EC],
        frame.z,
        frame.scratch,
        frame.suspects_inside,
        n,
    )
    return n_suspects == 0


@inner
def proven_in_frame(
    D: Dictionary,
    path: Path,
    layers: Layers,
    r: int,
    signs: Bytes,
    frame: Frame,
    layer: int,
    neuron: int,
    sign: int,
    control: Ints,
) -> bool:
    """Prove a dropped side in the coordinates of an earlier layer's active outputs.

    Where a layer has k < r active units, every later row is a function of those k outputs. If k of
    the tight rows are, too, the other multipliers are zero by structure and are left out.
    """
    units = frame.indices[0]
    columns = frame.indices[1]
    for frame_layer in range(layer - 1, -1, -1):
        offset = layers.shape[OFFSET, frame_layer]
        n_units = counter(0)
        for j in range(layers.shape[WIDTH, frame_layer]):
            if multiplier(signs[offset + j], layers.slopes[offset + j]) != 0.0:
                if n_units < r:
                    units[n_units] = j
                n_units += 1
        if n_units >= r or n_units == 0:
            continue
        n_inside = 0
        for j in range(r):
            p = D.col_label[j]
            inside = path.labels[p, LABEL_LAYER] > frame_layer
            if path.labels[p, LABEL_LAYER] == frame_layer:
                index = offset + path.labels[p, LABEL_NEURON]
                inside = multiplier(signs[index], layers.slopes[index]) != 0.0
            if inside:
                columns[n_inside] = p
                n_inside += 1
        if n_inside != n_units:
            continue
        for c in range(n_units + 1):
            row_layer = layer
            row_neuron = neuron
            row_sign = sign
            if c < n_units:
                p = columns[c]
                row_layer = path.labels[p, LABEL_LAYER]
                row_neuron = path.labels[p, LABEL_NEURON]
                row_sign = path.labels[p, LABEL_SIGN]
            put_row_in_frame(row_layer, row_neuron, row_sign, frame_layer, n_units, layers, signs, frame, c)
        for i in range(n_units):
            for k in range(n_units):
                frame.matrix[i, k] = frame.rows[i, k]
        if follows_in_frame(frame, n_units):
            control[PROOF_SIZE] = n_units
            return True
    return False
