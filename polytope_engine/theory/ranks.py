"""Exact ranks of a network's weights."""

from __future__ import annotations

import numpy as np
from flint import fmpz_mat, nmod_mat
from numpy.typing import NDArray

from polytope_engine.exact.rational import integer_row
from polytope_engine.network.arrays import FloatArray
from polytope_engine.network.rationals import ExactArray, is_float_array
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.regions.arguments import check_network

_PRIME = 2**31 - 1


def weight_ranks(network: ReLUNetwork) -> tuple[int, ...]:
    """The rank of each hidden layer's weight matrix, exactly.

    The rank modulo a prime is a lower bound, and is proof where it is as large as it can be; otherwise the rank is
    found in integers.

    Parameters
    ----------
    network : ReLUNetwork
        The network.

    Raises
    ------
    InvalidNetworkError
        If it is no network.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> weight_ranks(pe.ReLUNetwork([([[1, 2], [2, 4]], [0, 1]), ([[1, 0]], [0]), ([[1]], [0])]))
    (1, 1)
    """
    check_network(network)
    return tuple(_rank(W) for W, _ in stored_layers(network))


def stored_layers(network: ReLUNetwork) -> tuple[tuple[ExactArray, ExactArray], ...]:
    """Weights and biases of the hidden layers: floats where floats are exact, else Fractions."""
    return (network.exact_weights if network.is_rational else network.weights)[:-1]


def _rank(W: ExactArray) -> int:
    # zero rows and columns, as pruned networks have them, change nothing
    W = W[(W != 0).any(axis=1)]
    W = W[:, (W != 0).any(axis=0)]
    n_rows, n_columns = W.shape
    if not n_rows:
        return 0
    if is_float_array(W):
        found = int(nmod_mat(n_rows, n_columns, _residues(W).ravel().tolist(), _PRIME).rank())
        if found == min(W.shape):
            return found
    return int(fmpz_mat([[int(a) for a in integer_row(row)] for row in W.tolist()]).rank())


def _residues(W: FloatArray) -> NDArray[np.int64]:
    """The entries, integers times powers of two, modulo the prime."""
    fractions, exponents = np.frexp(W)
    integers = np.ldexp(fractions, 53).astype(np.int64) % _PRIME
    powers = {int(e): pow(2, int(e), _PRIME) for e in np.unique(exponents)}
    residues: NDArray[np.int64] = integers * np.vectorize(powers.__getitem__)(exponents) % _PRIME
    return residues
