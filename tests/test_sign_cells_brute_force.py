"""Sign cells against all 3^N sign vectors, each decided by elimination in Fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polytope_engine as pe

Function = tuple[Fraction, ...]  # coefficients, then the constant


def substituted(rows: list[Function], zero: Function, k: int) -> list[Function]:
    """The functions where `zero` vanishes, with x_k expressed by the other coordinates."""
    return [tuple(a - row[k] / zero[k] * z for a, z in zip(row, zero, strict=True)) for row in rows]


def cell_dimension(equations: list[Function], positive: list[Function], dimension: int) -> int | None:
    """The dimension of {x: equations = 0, positive > 0}, or None if it is empty.

    Gauss's elimination, then that of Fourier and Motzkin.
    """
    waiting, rows, free = list(equations), list(positive), dimension
    while waiting:
        zero = waiting.pop()
        k = next((k for k in range(dimension) if zero[k]), None)
        if k is None:
            if zero[-1]:
                return None
            continue
        waiting, rows, free = substituted(waiting, zero, k), substituted(rows, zero, k), free - 1
    for k in range(dimension):
        lower = [row for row in rows if row[k] > 0]
        upper = [row for row in rows if row[k] < 0]
        rows = [row for row in rows if not row[k]]
        rows += [
            tuple(a * -u[k] + b * low[k] for a, b in zip(low, u, strict=True))
            for low, u in product(lower, upper)
        ]
    return free if all(row[-1] > 0 for row in rows) else None


def functions(network: pe.ReLUNetwork, signs: tuple[int, ...]) -> list[Function]:
    """Every pre-activation as an affine function, if the neurons before it have these signs."""
    d = network.input_dim
    h: list[Function] = [tuple(Fraction(int(i == k)) for i in range(d + 1)) for k in range(d)]
    found: list[Function] = []
    for (W, b), slopes in zip(network.weights[:-1], network.negative_slopes, strict=True):
        z: list[Function] = []
        for weights, bias in zip(W.tolist(), b.tolist(), strict=True):
            row = [
                sum((Fraction(w) * f[k] for w, f in zip(weights, h, strict=True)), Fraction(0))
                for k in range(d + 1)
            ]
            z.append((*row[:-1], row[-1] + Fraction(bias)))
        active = signs[len(found) : len(found) + len(z)]
        h = [
            tuple((1 if sign > 0 else Fraction(slope)) * a for a in f)
            for f, sign, slope in zip(z, active, slopes.tolist(), strict=True)
        ]
        found += z
    return found


def brute_force(network: pe.ReLUNetwork, domain: pe.HPolytope | None) -> dict[tuple[int, ...], int]:
    bounds = [] if domain is None else [tuple(map(Fraction, row)) for row in domain.exact_rows]
    found = {}
    for signs in product((-1, 0, 1), repeat=network.n_neurons):
        z = functions(network, signs)
        equations = [f for f, sign in zip(z, signs, strict=True) if not sign]
        positive = [tuple(sign * a for a in f) for f, sign in zip(z, signs, strict=True) if sign]
        dimension = cell_dimension(equations, [*bounds, *positive], network.input_dim)
        if dimension is not None:
            found[signs] = dimension
    return found


def found_cells(network: pe.ReLUNetwork, domain: pe.HPolytope | None) -> dict[tuple[int, ...], int]:
    cells = pe.sign_cells(network, domain)
    assert cells.status.is_complete
    found = dict(zip(map(tuple, cells.sign_vectors.tolist()), cells.dimensions.tolist(), strict=True))
    assert len(found) == len(cells)
    return found


@st.composite
def small_networks(draw: st.DrawFn) -> pe.ReLUNetwork:
    """At most five neurons with small integers; repeated, opposite, scaled, dead and concurrent ones planted."""
    d = draw(st.integers(1, 3))
    hidden = draw(st.sampled_from([(2,), (4,), (5,), (2, 2), (3, 2), (2, 3), (1, 2, 2)]))
    entry = st.integers(-2, 2)
    layers = []
    for n_in, n_out in zip((d, *hidden), (*hidden, 1), strict=True):
        W = np.array(draw(st.lists(entry, min_size=n_in * n_out, max_size=n_in * n_out))).reshape(n_out, n_in)
        b = np.array(draw(st.lists(entry, min_size=n_out, max_size=n_out)))
        if draw(st.booleans()):
            b[:] = 0
        if n_out > 1 and draw(st.booleans()):
            source, target, factor = (draw(st.integers(0, n_out - 1)) for _ in range(3))
            W[target], b[target] = (factor - 1) * W[source], (factor - 1) * b[source]
        layers.append((W, b))
    return pe.ReLUNetwork(layers, draw(st.sampled_from([0.0, 0.0, 0.5, -1.0, 2.0])))


def domains(dimension: int) -> list[pe.HPolytope | None]:
    """All of space, boxes (one with corners on walls), a half-space, and a triangle or the like."""
    corner = pe.HPolytope(np.vstack([-np.eye(dimension), np.ones(dimension)]), [*[0.0] * dimension, 1.5])
    half = pe.HPolytope([[1.0] * dimension], [0.5])
    return [None, pe.box(-1, 1, dimension=dimension), pe.box(-0.75, 2, dimension=dimension), half, corner]


@settings(max_examples=60)
@given(small_networks(), st.integers(0, 4))
def test_the_sign_cells_are_the_sign_vectors_that_occur(network: pe.ReLUNetwork, which: int) -> None:
    domain = domains(network.input_dim)[which]
    assert found_cells(network, domain) == brute_force(network, domain)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("widths", [(1, 3, 3), (2, 4, 2), (2, 2, 2, 2), (3, 4, 2)])
def test_the_sign_cells_of_networks_of_floats_are_the_sign_vectors_that_occur(
    widths: tuple[int, ...], seed: int
) -> None:
    rng = np.random.default_rng([seed, *widths])
    shapes = zip(widths, (*widths[1:], 1), strict=True)
    network = pe.ReLUNetwork(
        [(rng.normal(size=(n, m)), rng.normal(size=n)) for m, n in shapes], 0.1 * (seed % 2)
    )
    domain = (None, pe.box(-1, 1, dimension=widths[0]))[seed % 2]
    assert found_cells(network, domain) == brute_force(network, domain)
