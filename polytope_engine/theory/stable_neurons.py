"""Neurons of one sign on the whole domain: fewer regions than the architecture allows."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import inf

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.library.parameters import checked_integer, checked_integers
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.arguments import check_network
from polytope_engine.regions.working_space import axis_aligned_bounds, checked_domain
from polytope_engine.theory.histograms import after_relu, general_position
from polytope_engine.theory.record import bound

Bound = Fraction | float
Interval = tuple[Bound, Bound]


@bound(
    "upper",
    "ReLU on a domain, stable neurons known",
    "derived here, after Serra and Ramalingam, AAAI 2020, arXiv 1810.03370",
)
def stable_neurons_upper(
    input_dim: int, stably_active: Sequence[int], unstable: Sequence[int], *, is_relu: bool = True
) -> int:
    """The bound of Serra et al. where some neurons have one sign on the whole domain.

    Only the u unstable neurons of a layer cut, and C(n, j) becomes C(u, j), with j at most u; what the layer passes
    on has at most as many dimensions as it has stably active and active unstable neurons.

    Hypotheses: ReLU; each neuron that is in neither count is inactive on the whole domain. With `is_relu` false, for
    leaky ReLU, no dimension is lost. Source: derived here, of the kind of Serra and Ramalingam, "Empirical bounds on
    linear regions of deep rectifier networks", AAAI 2020, arXiv 1810.03370, whose own statement was not seen.

    Parameters
    ----------
    input_dim : int
        The number of inputs.
    stably_active, unstable : sequence of int
        How many neurons of each hidden layer are active on the whole domain, and of how many nothing is known.
    is_relu : bool
        Whether inactive neurons are constant.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> stable_neurons_upper(2, [0, 0], [4, 4]), stable_neurons_upper(2, [1, 0], [2, 3])
    (121, 25)
    """
    d = checked_integer("input_dim", input_dim, 1)
    active = checked_integers("stably_active", stably_active, 0)
    open_ = checked_integers("unstable", unstable, 0)
    if len(active) != len(open_):
        raise InvalidArgumentError(
            f"`stably_active` has {len(active)} numbers and `unstable` {len(open_)}, but there must be one of each "
            "for every hidden layer."
        )
    by_dimension = {d: 1}
    for s, u in zip(active, open_, strict=True):
        if is_relu:
            by_dimension = after_relu(by_dimension, u, s)
        else:
            by_dimension = {i: number * general_position(u, i) for i, number in by_dimension.items()}
    return sum(by_dimension.values())


def stable_neurons(
    network: ReLUNetwork, domain: HPolytope | None = None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many neurons of each layer are shown to be active on the whole domain, and how many are left open.

    By intervals in rational arithmetic, from the domain's bounds on each input. Neurons that are shown to be zero at
    most, and those that are identically zero, are neither; others may be open though they have one sign.

    Parameters
    ----------
    network : ReLUNetwork
        The network.
    domain : HPolytope, optional
        The domain; all of R^d by default, where some neurons of later layers may have one sign, too.

    Returns
    -------
    stably_active, open : tuple of int
        One number for each hidden layer, for `stable_neurons_upper`.

    Raises
    ------
    InvalidNetworkError, InvalidDomainError
        If an argument is not what it must be.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1], [1], [1]], [0, 2, -2]), ([[1, 1, 1]], [1]), ([[1]], [0])])
    >>> stable_neurons(net, pe.box(-1, 1, dimension=1))
    ((1, 1), (1, 0))
    """
    check_network(network)
    intervals = _bounds(checked_domain(network, domain), network.input_dim)
    active, open_ = [], []
    for (W, b), slopes in zip(network.exact_weights[:-1], network.exact_slopes, strict=True):
        z = [_affine(row, bias, intervals) for row, bias in zip(W.tolist(), b.tolist(), strict=True)]
        active.append(sum(0 <= low < high or low > 0 for low, high in z))
        open_.append(sum(low < 0 < high for low, high in z))
        intervals = [_activated(*interval, slope) for interval, slope in zip(z, slopes.tolist(), strict=True)]
    return tuple(active), tuple(open_)


def _bounds(domain: HPolytope | None, d: int) -> list[Interval]:
    """Bounds on each input, exactly; infinite where there is none."""
    if domain is None:
        return [(-inf, inf)] * d
    rows = axis_aligned_bounds(domain)
    if rows is None:
        found = domain.exact.bounding_box()
        return [(-inf if a is None else a, inf if b is None else b) for a, b in found]
    exact = domain.exact_rows
    return [
        (
            Fraction(-int(exact[low][-1]), int(exact[low][k])),
            Fraction(-int(exact[high][-1]), int(exact[high][k])),
        )
        for k, (low, high) in enumerate(rows)
    ]


def _affine(row: Sequence[Fraction], bias: Fraction, intervals: Sequence[Interval]) -> Interval:
    low: Bound = bias
    high: Bound = bias
    for weight, (a, b) in zip(row, intervals, strict=True):
        if weight:
            ends = sorted((_times(weight, a), _times(weight, b)))
            low, high = _plus(low, ends[0]), _plus(high, ends[1])
    return low, high


def _times(weight: Fraction, value: Bound) -> Bound:
    """The product with a weight that is not zero; exact, or infinite: floats are infinities, and nothing else."""
    if isinstance(value, float):
        return value if weight > 0 else -value
    return weight * value


def _plus(a: Bound, b: Bound) -> Bound:
    """The sum of two lower, or of two upper, bounds: infinities have one sign."""
    return a if isinstance(a, float) else (b if isinstance(b, float) else a + b)


def _activated(low: Bound, high: Bound, slope: Fraction) -> Interval:
    ends = [z if z > 0 else (_times(slope, z) if slope else Fraction(0)) for z in (low, high)]
    if low < 0 < high:
        ends.append(Fraction(0))
    return min(ends), max(ends)
