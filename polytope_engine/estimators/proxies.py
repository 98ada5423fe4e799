"""Numbers that stand in for a number of regions, from the patterns of a batch of points.

They estimate no number of regions: each is a number of its own, exact for its batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray

from polytope_engine.complexes.walls import Walls
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.estimators.estimate import Estimate
from polytope_engine.estimators.patterns import distinct_rows
from polytope_engine.network.rationals import as_exact_points
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.regions.arguments import check_network

_ACTIVE = "a neuron is active where its pre-activation is positive, decided exactly"


def swap_score(network: ReLUNetwork, x: Any) -> Estimate:
    """Count the distinct columns of the table that says which neurons are active at which points.

    Parameters
    ----------
    network : ReLUNetwork
    x : array_like, shape (n_points, d)
        The batch.

    Returns
    -------
    Estimate
        The number of neurons that tell the points apart in different ways, at most N. ``details``: ``n_rows``, the
        number of distinct patterns among the points.

    References
    ----------
    Y. Peng, A. Song, H. M. Fayek, V. Ciesielski, X. Chang, "SWAP-NAS: Sample-Wise Activation Patterns for Ultra-fast
    NAS", ICLR 2024, arXiv:2403.04161.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.library.duplicate_neuron().network
    >>> found = swap_score(net, [[-1.0], [1.0], [2.0]])
    >>> found.value, found.details["n_rows"]
    (1.0, 2)
    """
    table = _patterns(network, x)
    n_rows = len(distinct_rows(table)[0])
    return Estimate(
        "SWAP score",
        float(len(distinct_rows(np.ascontiguousarray(table.T))[0])),
        None,
        len(table),
        f"number of neurons with distinct patterns over the batch; {_ACTIVE}",
        "no estimate of a number of regions; at most the number of neurons",
        "Peng et al. 2024: distinct columns",
        None,
        {"n_rows": n_rows},
    )


def naswot(network: ReLUNetwork, x: Any) -> Estimate:
    """The logarithm of the determinant of the kernel ``K_ij = N - Hamming distance of the patterns of x_i and x_j``.

    Minus infinity where the determinant is 0, decided in integers: if two points have the same pattern, if there are
    more than N + 1 points, and sometimes otherwise, as for one point in each quadrant and the neurons x and y.

    References
    ----------
    J. Mellor, J. Turner, A. Storkey, E. J. Crowley, "Neural Architecture Search without Training", ICML 2021,
    arXiv:2006.04647.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.library.hat().network
    >>> naswot(net, [[-1.0], [0.25]]).value, naswot(net, [[3.0], [4.0]]).value     # det [[3, 2], [2, 3]] = 5
    (1.6094..., -inf)
    """
    table = _patterns(network, x).astype(np.float64)
    kernel = table @ table.T + (1 - table) @ (1 - table).T
    value = float(np.linalg.slogdet(kernel)[1]) if _is_regular(kernel.astype(np.int64), table) else -np.inf
    return Estimate(
        "NASWOT",
        value,
        None,
        len(table),
        f"log det of the Hamming kernel of the batch; {_ACTIVE}",
        "no estimate of a number of regions",
        "Mellor et al. 2021: log det of N - Hamming distances",
    )


def _is_regular(kernel: NDArray[np.int64], table: NDArray[np.float64]) -> bool:
    """Whether the determinant is not 0; its columns are combinations of those of the table and of ones."""
    n_points, n_neurons = table.shape
    if n_points > n_neurons + 1:
        return False
    return bool(fmpz_mat(kernel.tolist()).rank() == n_points)


def jacobian_nonlinearity(walls: Walls, weights: str = "walls") -> Estimate:
    """The mean of ``|A_P - A_Q| / (|A_P| + |A_Q|)`` over all walls, with the Jacobians of the regions on both sides.

    Parameters
    ----------
    walls : Walls
        As ``regions.walls()`` gives.
    weights : {"walls", "areas"}
        Whether all walls weigh the same, or by their areas, which must be finite.

    Examples
    --------
    relu(x) bends from 0 to 1 at one point:

    >>> import polytope_engine as pe
    >>> regions = pe.enumerate_regions(pe.ReLUNetwork([([[1]], [0]), ([[1]], [0])]))
    >>> jacobian_nonlinearity(regions.walls()).value
    1.0
    """
    if not isinstance(walls, Walls):
        raise InvalidArgumentError("`walls` must be walls of a region set, as regions.walls() gives.")
    if weights not in ("walls", "areas"):
        raise InvalidArgumentError(
            f"`weights` is {weights!r}; it must be 'walls' or 'areas'.", weights=weights
        )
    ratios = walls.jumps().nonlinearity
    sizes = np.ones(len(walls)) if weights == "walls" else walls.areas()
    if not np.all(np.isfinite(sizes)):
        raise InvalidArgumentError(
            "`weights` is 'areas', but some wall is unbounded; take regions in a bounded domain."
        )
    value = float(ratios @ sizes / sizes.sum()) if len(walls) else 0.0
    return Estimate(
        "Jacobian nonlinearity",
        value,
        None,
        len(walls),
        f"mean relative jump of the Jacobian across walls, weighed by {'area' if weights == 'areas' else 'number'}",
        "none: exact, if these are all walls",
        "after Zhang & Wu 2020, arXiv:2001.01072",
    )


def _patterns(network: ReLUNetwork, x: Any) -> NDArray[np.int8]:
    check_network(network)
    points, single = as_exact_points(x, network.input_dim)
    if single or not len(points):
        raise InvalidArgumentError(
            f"`x` is {'one point' if single else 'empty'}; it must be a batch, of shape "
            f"(n_points, {network.input_dim}).",
            shape=np.shape(x),
        )
    return np.atleast_2d(network.activation_pattern(points)).astype(np.int8)
