"""Exact ranks of a network's weights."""

from __future__ import annotations

from typing import Any

from flint import fmpz_mat, nmod_mat

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
    return tuple(_rank(W) for W, _, _ in network.exact.integer_layers())


def _rank(rows: list[list[Any]]) -> int:
    # zero rows and columns, as pruned networks have them, change nothing
    kept = [row for row in rows if any(row)]
    columns = [k for k in range(len(rows[0])) if any(row[k] for row in kept)]
    if not columns:
        return 0
    entries = [[int(row[k]) for k in columns] for row in kept]
    modulo = nmod_mat(len(entries), len(columns), [a % _PRIME for row in entries for a in row], _PRIME)
    found = int(modulo.rank())
    if found == min(len(entries), len(columns)):
        return found
    return int(fmpz_mat(entries).rank())
