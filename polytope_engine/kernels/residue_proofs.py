"""Proofs that integers are zero: modulo enough primes."""

from __future__ import annotations

import numpy as np

from polytope_engine.kernels.jit import counter, inner
from polytope_engine.kernels.search_state import (
    LABEL_LAYER,
    LABEL_NEURON,
    MORE_PRIMES,
    MOST_PRIMES,
    NO,
    OFFSET,
    PRIME_BITS,
    PRIMES_WANTED,
    START,
    WIDTH,
    YES,
    Bytes,
    Dictionary,
    Frame,
    Ints,
    Layers,
    Path,
    Residues,
    Words,
)


@inner
def row_modulo(
    q: int, layer: int, neuron: int, r: int, layers: Layers, residues: Residues, signs: Bytes, out: Words
) -> None:
    """A neuron's integer row on the current cell modulo prime q, back through the layers."""
    prime = residues.primes[q]
    weights = residues.weights[q]
    biases = residues.biases[q]
    slopes = residues.slopes[q]
    vector = residues.vectors[0]
    product = residues.vectors[1]
    constant = biases[layers.shape[OFFSET, layer] + neuron]
    n = layers.shape[WIDTH, layer]
    start = layers.shape[START, layer]
    if layer == 0:
        for k in range(r):
            out[k] = weights[start + k * n + neuron]
        out[r] = constant
        return
    previous = layer - 1
    for j in range(layers.shape[WIDTH, previous]):
        vector[j] = weights[start + j * n + neuron]
    while True:
        width = layers.shape[WIDTH, previous]
        offset = layers.shape[OFFSET, previous]
        start = layers.shape[START, previous]
        n_active = counter(0)
        for j in range(width):
            if signs[offset + j] > 0:
                vector[j] = vector[j] * slopes[1, offset + j] % prime
            elif signs[offset + j] < 0:
                vector[j] = vector[j] * slopes[0, offset + j] % prime
            else:
                vector[j] = 0
            if vector[j] != 0:
                constant = (constant + vector[j] * biases[offset + j]) % prime
                n_active += 1
        n_before = r if previous == 0 else layers.shape[WIDTH, previous - 1]
        for k in range(n_before):
            total = np.uint64(0)
            if n_active > 0:
                row = weights[start + k * width : start + (k + 1) * width]
                for j in range(width):
                    # fifteen products below 2**60 fit into 64 bits
                    total += vector[j] * row[j]
                    if j % 15 == 14:
                        total %= prime
            product[k] = total % prime
        if previous == 0:
            break
        for k in range(n_before):
            vector[k] = product[k]
        previous -= 1
    for k in range(r):
        out[k] = product[k]
    out[r] = constant


@inner
def first_dependent_row(matrix: Words, n_rows: int, n_columns: int, prime: np.uint64) -> int:
    """The first row that depends on those before it modulo a prime, or ``n_rows``; the matrix is destroyed."""
    for i in range(n_rows):
        top = counter(-1)
        for c in range(n_columns):
            if matrix[i, c] != 0:
                top = c
                break
        if top < 0:
            return i
        head = matrix[i, top]
        for m in range(i + 1, n_rows):
            factor = matrix[m, top]
            if factor != 0:
                factor = prime - factor
                for c in range(n_columns):
                    matrix[m, c] = (matrix[m, c] * head + matrix[i, c] * factor) % prime
    return n_rows


@inner
def row_bits(path: Path, p: int, layers: Layers, residues: Residues) -> float:
    """Bound of log2 of the length of a row of the path, scaled to integers."""
    layer = path.labels[p, LABEL_LAYER]
    neuron = path.labels[p, LABEL_NEURON]
    place = layers.biases.shape[0] if layer < 0 else layers.shape[OFFSET, layer]
    bits: float = residues.bits[place + neuron]
    return bits


@inner
def tie_is_proven(
    layer: int,
    neuron: int,
    r: int,
    layers: Layers,
    path: Path,
    D: Dictionary,
    frame: Frame,
    residues: Residues,
    signs: Bytes,
    most: int,
    control: Ints,
) -> int:
    """Prove that all suspects of `count_suspects` are zero. YES, NO, or MORE_PRIMES.

    The tight rows are independent; the suspects among the multipliers are zero if and only if the
    asked row is a combination of the k other tight rows, that is, if all minors of order k + 1 of
    these k + 1 integer rows vanish. A minor is at most the product of the rows' lengths (Hadamard),
    and is zero if it is divisible by primes with a larger product. Where the constant is a suspect,
    the rows are taken with their constants; where it is not, without.
    """
    bits = residues.bits[layers.shape[OFFSET, layer] + neuron] + 1.0
    for j in range(r):
        if frame.suspects[j] == 0:
            bits += row_bits(path, D.col_label[j], layers, residues)
    n_primes = int(bits / PRIME_BITS) + 1
    if n_primes > most:
        return NO
    if n_primes > residues.primes.shape[0]:
        control[PRIMES_WANTED] = n_primes
        return MORE_PRIMES
    n_columns = r + frame.suspects[r]
    for q in range(n_primes):
        n_rows = counter(0)
        for j in range(r):
            if frame.suspects[j] == 0:
                p = D.col_label[j]
                if path.n_residues[p] <= q:
                    row_modulo(
                        q,
                        path.labels[p, LABEL_LAYER],
                        path.labels[p, LABEL_NEURON],
                        r,
                        layers,
                        residues,
                        signs,
                        residues.rows[q, p],
                    )
                    path.n_residues[p] = q + 1
                row = residues.rows[q, p]
                for k in range(n_columns):
                    residues.matrix[n_rows, k] = row[k]
                n_rows += 1
        row_modulo(q, layer, neuron, r, layers, residues, signs, residues.matrix[n_rows])
        if first_dependent_row(residues.matrix, n_rows + 1, n_columns, residues.primes[q]) > n_rows:
            return NO
    return YES


@inner
def row_vanishes(
    layer: int,
    neuron: int,
    n_columns: int,
    r: int,
    layers: Layers,
    residues: Residues,
    signs: Bytes,
    control: Ints,
) -> int:
    """Prove that the first coefficients of a neuron's row are zero on the cell. YES, NO or MORE_PRIMES."""
    n_primes = int((residues.bits[layers.shape[OFFSET, layer] + neuron] + 1.0) / PRIME_BITS) + 1
    if n_primes > MOST_PRIMES:
        return NO
    if n_primes > residues.primes.shape[0]:
        control[PRIMES_WANTED] = n_primes
        return MORE_PRIMES
    row = residues.matrix[0]
    for q in range(n_primes):
        row_modulo(q, layer, neuron, r, layers, residues, signs, row)
        for k in range(n_columns):
            if row[k] != 0:
                return NO
    return YES
