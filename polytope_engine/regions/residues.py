"""A network's weights modulo primes, for the kernel's proofs that something is exactly zero."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from math import gcd, log2
from typing import NamedTuple

import numpy as np
from flint import fmpz
from numpy.typing import NDArray

from polytope_engine.kernels import search_state as state
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.regions.working_space import WorkingSpace

LARGEST_PRIME = 2**30


class IntegerLayer(NamedTuple):
    """One hidden layer with its rows scaled to integers, for inputs scaled to integers."""

    weights: list[list[int]]  # (n_out, n_in)
    biases: list[int]
    below: list[int]  # what the activation multiplies by where a neuron is negative
    above: int  # and where it is positive


class IntegerNetwork:
    """The hidden layers of a network with integer entries, and bounds of its rows.

    Every pre-activation is the network's own times one positive integer a layer: multiplying a layer's
    outputs by a positive number multiplies what follows, except for biases, which are multiplied here.
    """

    def __init__(self, network: ReLUNetwork, space: WorkingSpace) -> None:
        self.network = network
        self.space = space
        self.primes: list[int] = []

    @cached_property
    def layers(self) -> list[IntegerLayer]:
        """The hidden layers, input side first; the first one in the working coordinates."""
        exact, layers = self.network.exact, []
        outputs_scale = 1  # integer outputs of the layer before = this times its outputs
        for index, ((weights, biases, denominator), (below, above)) in enumerate(
            zip(exact.integer_layers(), exact.integer_slopes(), strict=True)
        ):
            rows = [[row[k] for k in self.space.columns] for row in weights] if index == 0 else weights
            constants = [bias * outputs_scale for bias in biases]
            divisor = gcd(*(x for row in rows for x in row), *constants) or 1
            if divisor > 1:
                # Only a common factor of the scale, too, leaves it an integer.
                divisor = gcd(divisor, outputs_scale * denominator)
            layers.append(
                IntegerLayer(
                    [[x // divisor for x in row] for row in rows],
                    [x // divisor for x in constants],
                    below,
                    above,
                )
            )
            outputs_scale = outputs_scale * denominator // divisor * above
        return layers

    @cached_property
    def bits(self) -> NDArray[np.float64]:
        """Upper bounds of log2 of the lengths of the integer rows: of all neurons, then of the domain."""
        r = self.space.dimension
        bounds: list[int] = []
        before = [1] * r
        for layer in self.layers:
            # every coefficient of every output on every cell is at most `before`
            sizes = [
                sum(abs(w) * size for w, size in zip(row, before, strict=True)) + abs(bias)
                for row, bias in zip(layer.weights, layer.biases, strict=True)
            ]
            bounds.extend(sizes)
            before = [
                size * max(abs(below), layer.above) for size, below in zip(sizes, layer.below, strict=True)
            ]
        bounds.extend(max(abs(int(x)) for x in row) for row in self.space.domain_rows)
        return np.array([log2(max(size, 1)) + log2(r + 1) / 2 + 1e-6 for size in bounds])

    def residues(self, n_primes: int, depth: int) -> state.Residues:
        """The tables that the kernel reads, for the first primes below 2**30."""
        primes = list(_first_primes(n_primes))
        weights = [w for layer in self.layers for column in zip(*layer.weights, strict=True) for w in column]
        biases = [b for layer in self.layers for b in layer.biases]
        below = [s for layer in self.layers for s in layer.below]
        above = [layer.above for layer in self.layers for _ in layer.biases]
        r = self.space.dimension
        widest = max(len(layer.biases) for layer in self.layers)
        rows = np.zeros((n_primes, depth, r + 1), dtype=np.uint64)
        for q, prime in enumerate(primes):
            for p, row in enumerate(self.space.domain_rows):
                rows[q, p] = _modulo([int(x) for x in row], prime)
        return state.Residues(
            primes=np.array(primes, dtype=np.uint64),
            weights=_tables(weights, primes),
            biases=_tables(biases, primes),
            slopes=np.stack([_tables(below, primes), _tables(above, primes)], axis=1),
            bits=self.bits
            if n_primes
            else np.full(self.network.n_neurons + len(self.space.domain_rows), 1.0),
            rows=rows,
            matrix=np.zeros((r + 2, r + 1), dtype=np.uint64),
            vectors=np.zeros((2, max(widest, r)), dtype=np.uint64),
        )


def _first_primes(n: int) -> Iterator[int]:
    candidate = LARGEST_PRIME
    while n > 0:
        candidate -= 1
        if fmpz(candidate).is_prime():
            yield candidate
            n -= 1


def _modulo(integers: Sequence[int], prime: int) -> NDArray[np.uint64]:
    return np.array([x % prime for x in integers], dtype=np.uint64)


def _tables(integers: Sequence[int], primes: Sequence[int]) -> NDArray[np.uint64]:
    table = np.zeros((len(primes), len(integers)), dtype=np.uint64)
    for q, prime in enumerate(primes):
        table[q] = _modulo(integers, prime)
    return table
