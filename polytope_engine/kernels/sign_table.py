"""A hash table of sign vectors: which row of an array is a given one?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polytope_engine.kernels.jit import inner, kernel

Ints = NDArray[np.int64]
Places = NDArray[np.int32]
Bytes = NDArray[np.int8]
Words = NDArray[np.uint64]

NOWHERE = -1
SEED = 20_240_607


class SignTable(NamedTuple):
    """Rows of signs, and their places by the exclusive or of one random word for each sign (Zobrist)."""

    signs: Bytes  # (n, N)
    words: Words  # (N, 3): for the signs -1, 0, +1
    hashes: Words  # (capacity,), the capacity a power of two of at least 2 n
    places: Places  # (capacity,): rows of `signs`, NOWHERE where nothing stands


def new_table(signs: Bytes) -> SignTable:
    """The table of the rows of an array; of equal rows the first stands in it."""
    n, n_neurons = signs.shape
    capacity = 1 << max(2 * n, 2).bit_length()
    words = np.random.default_rng(SEED).integers(0, 1 << 64, size=(n_neurons, 3), dtype=np.uint64)
    table = SignTable(
        signs=signs,
        words=words,
        hashes=np.zeros(capacity, dtype=np.uint64),
        places=np.full(capacity, NOWHERE, dtype=np.int32),
    )
    fill_table(table)
    return table


@inner
def hash_of(words: Words, signs: Bytes) -> np.uint64:
    """The exclusive or of the words of a row's signs."""
    total = np.uint64(0)
    for j in range(signs.shape[0]):
        total ^= words[j, signs[j] + 1]
    return total


@inner
def slot_of(table: SignTable, total: np.uint64, signs: Bytes) -> np.int64:
    """Where a row with this hash stands, or the free slot where it would."""
    mask = table.places.shape[0] - 1
    slot = np.int64(total & np.uint64(mask))
    while table.places[slot] >= 0:
        if table.hashes[slot] == total:
            row = table.signs[table.places[slot]]
            is_same = True
            for j in range(signs.shape[0]):
                if row[j] != signs[j]:
                    is_same = False
                    break
            if is_same:
                break
        slot = (slot + 1) & mask
    return slot


@kernel
def fill_table(table: SignTable) -> None:
    """Enter every row."""
    for i in range(table.signs.shape[0]):
        signs = table.signs[i]
        total = hash_of(table.words, signs)
        slot = slot_of(table, total, signs)
        if table.places[slot] < 0:
            table.places[slot] = i
            table.hashes[slot] = total


@kernel
def find_rows(table: SignTable, queries: Bytes, found: Ints) -> None:
    """The place of each row of ``queries`` (n, N), or NOWHERE."""
    for i in range(queries.shape[0]):
        signs = queries[i]
        found[i] = table.places[slot_of(table, hash_of(table.words, signs), signs)]
