"""The enumeration against all 2^N sign patterns, each decided by one exact linear program."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.exact.decisions import interior_point
from polytope_engine.exact.rational import integer_row

Function = list[Fraction]


def affine_functions(W: np.ndarray, b: np.ndarray, inputs: list[Function]) -> list[Function]:
    """W h + b for inputs h that are affine functions themselves, in Fractions."""
    width = len(inputs[0])
    result = []
    for weights, bias in zip(W.tolist(), b.tolist(), strict=True):
        total = [
            sum((Fraction(w) * h[k] for w, h in zip(weights, inputs, strict=True)), Fraction(0))
            for k in range(width)
        ]
        total[-1] += Fraction(bias)
        result.append(total)
    return result


def cell(network: pe.ReLUNetwork, pattern: tuple[int, ...]) -> tuple[tuple[int, ...], list[Function]]:
    """Signs, with 0 where a neuron vanishes identically, and the functions that must be positive."""
    d = network.input_dim
    h = [[Fraction(int(i == k)) for i in range(d + 1)] for k in range(d)]
    signs: list[int] = []
    rows: list[Function] = []
    for (W, b), slopes in zip(network.weights[:-1], network.negative_slopes, strict=True):
        outputs = []
        for z, slope in zip(affine_functions(W, b, h), slopes.tolist(), strict=True):
            sign = pattern[len(signs)] if any(z) else 0
            signs.append(sign)
            if sign:
                rows.append([sign * entry for entry in z])
            factor = Fraction(1) if sign > 0 else Fraction(slope)
            outputs.append([factor * entry for entry in z])
        h = outputs
    return tuple(signs), rows


def brute_force(network: pe.ReLUNetwork, domain: pe.HPolytope | None) -> set[tuple[int, ...]]:
    bounds = [] if domain is None else list(domain.exact_rows)
    found = set()
    for pattern in product((-1, 1), repeat=network.n_neurons):
        signs, rows = cell(network, pattern)
        system = [*bounds, *(integer_row(row) for row in rows)]
        if interior_point(system, network.input_dim).point is not None:
            found.add(signs)
    return found


def random_network(rng: np.random.Generator, widths: tuple[int, ...], kind: str) -> pe.ReLUNetwork:
    d, *hidden = widths
    layers = []
    for n_in, n_out in zip([d, *hidden], [*hidden, 1], strict=True):
        if kind.startswith("integer"):
            layers.append((rng.integers(-1, 2, (n_out, n_in)), rng.integers(-1, 2, n_out)))
        elif kind == "no bias":
            layers.append((rng.integers(-2, 3, (n_out, n_in)), np.zeros(n_out)))
        else:
            layers.append((rng.normal(size=(n_out, n_in)), rng.normal(size=n_out)))
    slope = 0.0
    if kind in ("leaky", "integer leaky"):
        slope = [rng.choice([0.0, 0.25, -1.0, 2.0, -0.1], size=n) for n in hidden]
    return pe.ReLUNetwork(layers, slope)


def cases() -> Iterator[tuple[tuple[int, ...], str, int]]:
    for widths in ((1, 3, 3), (2, 4, 2), (2, 2, 2, 2), (3, 4, 2)):
        for kind in ("generic", "integer", "no bias", "leaky", "integer leaky"):
            for seed in range(3):
                yield widths, kind, seed


@pytest.mark.parametrize(("widths", "kind", "seed"), list(cases()))
def test_every_feasible_pattern_is_a_region_and_no_other(
    widths: tuple[int, ...], kind: str, seed: int
) -> None:
    rng = np.random.default_rng([seed, *widths])
    network = random_network(rng, widths, kind)
    for domain in (None, pe.box(-1, 1, dimension=widths[0])):
        regions = pe.enumerate_regions(network, domain)
        found = [tuple(signs) for signs in regions.sign_vectors.tolist()]
        assert len(set(found)) == len(found)
        assert set(found) == brute_force(network, domain)


def test_a_network_of_one_layer_cuts_a_domain_that_is_no_box() -> None:
    rng = np.random.default_rng(5)
    network = random_network(rng, (2, 6), "generic")
    triangle = pe.HPolytope([[-1, 0.5], [0, -1], [1, 1]], [0.75, 0.5, 1])
    found = {tuple(signs) for signs in pe.enumerate_regions(network, triangle).sign_vectors.tolist()}
    assert found == brute_force(network, triangle)
