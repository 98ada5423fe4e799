"""Sign cells of one layer against Zaslavsky's theorem: every f-vector from the poset of flats."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polytope_engine as pe

Row = tuple[Fraction, ...]
Flat = frozenset[int]  # all hyperplanes that contain it


def reduced(row: Row, basis: dict[int, Row]) -> Row:
    for k, pivot in basis.items():
        row = tuple(a - row[k] * b for a, b in zip(row, pivot, strict=True))
    return row


def basis_of(rows: list[Row]) -> dict[int, Row] | None:
    """Equations of the intersection by the coordinate that each determines, or None if it is empty."""
    basis: dict[int, Row] = {}
    for row in rows:
        row = reduced(row, basis)
        k = next((k for k, a in enumerate(row) if a), None)
        if k is None:
            continue
        if k == len(row) - 1:
            return None
        row = tuple(a / row[k] for a in row)
        basis = {j: tuple(a - old[k] * b for a, b in zip(old, row, strict=True)) for j, old in basis.items()}
        basis[k] = row
    return basis


def flats(rows: list[Row]) -> dict[Flat, int]:
    """Every nonempty intersection of hyperplanes, and its codimension."""
    found: dict[Flat, int] = {frozenset(): 0}
    waiting: list[Flat] = [frozenset()]
    while waiting:
        flat = waiting.pop()
        for i in set(range(len(rows))) - flat:
            basis = basis_of([rows[j] for j in (*flat, i)])
            if basis is None:
                continue
            closed = frozenset(j for j, row in enumerate(rows) if not any(reduced(row, basis)))
            if closed not in found:
                found[closed] = len(basis)
                waiting.append(closed)
    return found


def zaslavsky_f_vector(rows: list[Row], dimension: int) -> tuple[int, ...]:
    """f_k = sum over the k-dimensional flats F of sum(abs(mu(F, G)) for the flats G inside F)."""
    codimensions = flats(rows)

    @cache
    def mu(outer: Flat, inner: Flat) -> int:
        if outer == inner:
            return 1
        return -sum(mu(outer, middle) for middle in codimensions if outer <= middle < inner)

    f_vector = [0] * (dimension + 1)
    for outer, codimension in codimensions.items():
        f_vector[dimension - codimension] += sum(
            abs(mu(outer, inner)) for inner in codimensions if outer <= inner
        )
    return tuple(f_vector)


def rows_of(network: pe.ReLUNetwork) -> list[Row]:
    """The hyperplanes of the first layer."""
    (W, b), _ = network.weights
    rows = [
        tuple(map(Fraction, [*normal, offset])) for normal, offset in zip(W.tolist(), b.tolist(), strict=True)
    ]
    return [row for row in rows if any(row[:-1])]


ARRANGEMENTS = [
    named
    for named in pe.library.catalog()
    if named.network.n_hidden_layers == 1 and named.network.n_neurons <= 16 and (named.n_regions or 0) <= 500
]


@pytest.mark.parametrize("named", ARRANGEMENTS, ids=lambda named: named.name)
def test_arrangements_of_the_library_have_the_f_vector_of_their_flats(named: pe.library.NamedNetwork) -> None:
    f_vector = zaslavsky_f_vector(rows_of(named.network), named.network.input_dim)
    assert pe.sign_cells(named.network).f_vector() == f_vector


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 7), st.booleans())
def test_small_integer_arrangements_have_the_f_vector_of_their_flats(
    seed: int, dimension: int, n: int, is_central: bool
) -> None:
    """Parallel, equal, concurrent and missing hyperplanes among them."""
    rng = np.random.default_rng(seed)
    W = rng.integers(-1, 2, (n, dimension))
    b = np.zeros(n) if is_central else rng.integers(-1, 2, n)
    network = pe.ReLUNetwork([(W, b), (np.ones((1, n)), [0])])
    assert pe.sign_cells(network).f_vector() == zaslavsky_f_vector(rows_of(network), dimension)
