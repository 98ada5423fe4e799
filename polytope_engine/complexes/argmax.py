"""Linear regions of a decision: connected sets on which the argmax of the outputs is one class."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.linear_regions import ARGMAX, LinearRegions, joined
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.regions.enumeration import enumerate_regions
from polytope_engine.regions.region_set import RegionSet

Indices = NDArray[np.int64]
Progress = Callable[[int, float], None]


def argmax_regions(regions: RegionSet, definition: str, progress: Progress | None = None) -> LinearRegions:
    """Join the regions on which one output is the largest.

    The regions are found anew, cut along the surfaces on which two outputs are equal; the result's `regions` are
    those. Where outputs are equal on a whole region, the smallest of their numbers is its class.

    Raises
    ------
    InvalidArgumentError
        If the set is not complete.

    Examples
    --------
    Of x, -x and 1, the largest changes twice; the regions are also cut at 0, where the neurons are, and where x = -x:

    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1], [-1]], [0, 0]), ([[1, -1], [-1, 1], [0, 0]], [0, 0, 1])])
    >>> linear = argmax_regions(pe.enumerate_regions(net), "open")
    >>> linear
    <LinearRegions: 3 open connected (R4) of 4 regions of the argmax of the map R^1 -> R^3>
    >>> sorted(linear.classes.tolist())
    [0, 1, 2]
    """
    if not regions.status.is_complete:
        raise InvalidArgumentError(
            "`linear_regions` of the argmax was asked of a set that is not complete, but the regions are found anew "
            "for it, all of them; enumerate the whole domain first, or a smaller one.",
            status=regions.status,
        )
    network = compared_outputs(regions.network)
    cut = enumerate_regions(network, regions.domain, progress=progress)
    if not cut.status.is_complete:
        raise KeyboardInterrupt
    winners = largest_output(cut.sign_vectors[:, regions.network.n_neurons :], regions.network.output_dim)
    labels, n_exact = joined(cut, winners, definition, None, progress)
    first = np.unique(labels, return_index=True)[1]
    return LinearRegions(
        cut, labels, definition, ARGMAX, classes=winners[first], n_exact=n_exact, network=regions.network
    )


def compared_outputs(network: ReLUNetwork) -> ReLUNetwork:
    """The network with one more hidden layer: the differences ``f_p - f_q`` of its outputs, for all p < q.

    Its outputs are those of the last hidden layer, the positive parts of the differences.

    Examples
    --------
    >>> compared_outputs(ReLUNetwork([([[1], [1], [2]], [0, 1, 0])])).exact_weights[0][0].ravel().tolist()
    [Fraction(0, 1), Fraction(-1, 1), Fraction(-1, 1)]
    """
    *hidden, (W, b) = network.exact_weights
    pairs = list(combinations(range(network.output_dim), 2))
    p, q = [p for p, _ in pairs], [q for _, q in pairs]
    n = len(pairs)
    layers = [*hidden, (W[p] - W[q], b[p] - b[q]), (np.eye(n), np.zeros(n))]
    return ReLUNetwork(layers, [*network.exact_slopes, 0])


def largest_output(signs: NDArray[np.int8], output_dim: int) -> Indices:
    """The first largest output, by the signs of all differences ``f_p - f_q``, p < q.

    Examples
    --------
    >>> largest_output(np.array([[1, 1, -1], [-1, 0, 1], [0, 1, 1]], dtype=np.int8), 3)
    array([0, 1, 0])
    """
    loses = np.zeros((len(signs), output_dim), dtype=bool)
    for column, (p, q) in enumerate(combinations(range(output_dim), 2)):
        loses[:, q] |= signs[:, column] > 0
        loses[:, p] |= signs[:, column] < 0
    winners: Indices = np.argmin(loses, axis=1).astype(np.int64)
    return winners
