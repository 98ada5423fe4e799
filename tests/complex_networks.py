"""Networks and domains for the laws of complexes: generic, degenerate and rational ones, open and closed."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

import polytope_engine as pe

WIDTHS = [(1, 4), (1, 3, 3), (2, 5), (2, 4, 3), (2, 3, 2, 2), (3, 5), (3, 4, 2)]


def layers_of(rng: np.random.Generator, widths: tuple[int, ...], kind: str) -> list[tuple[Any, Any]]:
    """Weights and biases: "generic" floats, "rational" ninths, or small "integer" ones, some neurons planted."""
    layers: list[tuple[Any, Any]] = []
    for n_in, n_out in pairwise((*widths, 1)):
        if kind == "generic":
            W, b = rng.normal(size=(n_out, n_in)), rng.normal(size=n_out)
        elif kind == "rational":
            numerators = rng.integers(-20, 21, (n_out, n_in + 1))
            table = np.array([[Fraction(int(a), 9) for a in row] for row in numerators], dtype=object)
            W, b = table[:, :-1], table[:, -1]
        else:
            W, b = rng.integers(-2, 3, (n_out, n_in)), rng.integers(-1, 2, n_out) * int(rng.integers(2))
            if n_out > 1:  # repeated, opposite, scaled, dead
                source, target = rng.integers(0, n_out, 2)
                factor = int(rng.integers(-2, 3))
                W[target], b[target] = factor * W[source], factor * b[source]
        layers.append((W, b))
    return layers


def network_of(
    seed: int, widths: tuple[int, ...], kind: str = "generic", slope: float = 0.0
) -> pe.ReLUNetwork:
    """A network of that kind with one output."""
    return pe.ReLUNetwork(layers_of(np.random.default_rng(seed), widths, kind), slope)


def domains(d: int) -> list[pe.HPolytope | None]:
    """R^d, boxes, a simplex with its corner at 0, a half-space, a wedge with repeated and touching rows, a strip."""
    eye = np.eye(d)
    ones = np.ones((1, d))
    touching = pe.HPolytope(np.vstack([-eye, -2 * eye, -ones, ones]), [*[0.0] * (2 * d + 1), 1.5])
    strip = np.vstack([eye[:1], -eye[:1]])
    return [
        None,
        pe.box(-1, 1, dimension=d),
        pe.box(-0.75, 2, dimension=d),
        pe.HPolytope(np.vstack([-eye, ones]), [*[0.0] * d, 1.5]),
        pe.HPolytope(ones, [0.5]),
        touching,
        pe.HPolytope(strip, [1.0, 1.0]),
    ]


KINDS = ["generic", "integer", "integer", "rational"]


@st.composite
def networks(draw: st.DrawFn, kinds: list[str] = KINDS) -> pe.ReLUNetwork:
    """A network of at most seven neurons or so."""
    seed, widths = draw(st.integers(0, 10**6)), draw(st.sampled_from(WIDTHS))
    slope = draw(st.sampled_from([0.0, 0.0, 0.0, 0.5, -1.0]))
    return network_of(seed, widths, draw(st.sampled_from(kinds)), slope)


@st.composite
def complexes(
    draw: st.DrawFn, kinds: list[str] = KINDS, *, is_closed: bool | None = None
) -> tuple[pe.ReLUNetwork, pe.HPolytope | None, bool]:
    """A network, a domain or None, and whether the domain is closed."""
    network = draw(networks(kinds))
    domain = draw(st.sampled_from(domains(network.input_dim)))
    return network, domain, draw(st.booleans()) if is_closed is None else is_closed


def truncated(network: pe.ReLUNetwork, n_neurons: int) -> pe.ReLUNetwork:
    """The network of the first neurons, in layer order."""
    layers: list[tuple[Any, Any]] = []
    left = n_neurons
    for W, b in network.exact_weights[:-1]:
        if left <= 0:
            break
        layers.append((np.asarray(W)[:left], np.asarray(b)[:left]))
        left -= len(b)
    width = len(layers[-1][1]) if layers else network.input_dim
    return pe.ReLUNetwork([*layers, (np.ones((1, width)), [0])], float(network.negative_slopes[0][0]))
