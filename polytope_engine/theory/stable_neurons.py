"""Neurons of one sign on the whole domain: fewer regions than the architecture allows."""

from __future__ import annotations

from collections.abc import Sequence

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.library.parameters import checked_integer, checked_integers
from polytope_engine.theory.histograms import binomials
from polytope_engine.theory.record import bound


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
        after: dict[int, int] = {}
        for i, number in by_dimension.items():
            for j, sets in enumerate(binomials(u, i)):
                passed_on = min(i, s + u - j) if is_relu else i
                after[passed_on] = after.get(passed_on, 0) + number * sets
        by_dimension = after
    return sum(by_dimension.values())
