"""What estimators take, checked at the door."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError, UnboundedError
from polytope_engine.estimators.domain_sizes import is_bounded
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.arguments import check_network
from polytope_engine.regions.working_space import checked_domain

Generator = np.random.Generator
Seed = int | np.integer[Any] | Generator


def as_generator(rng: Seed) -> Generator:
    """The generator that a seed stands for, or the generator itself, which goes on from where it is.

    Raises
    ------
    InvalidArgumentError
        If `rng` is neither a non-negative integer nor a `numpy.random.Generator`.

    Examples
    --------
    >>> as_generator(1).integers(100) == as_generator(1).integers(100)
    np.True_
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, bool) or not isinstance(rng, int | np.integer) or rng < 0:
        raise InvalidArgumentError(
            f"`rng` is {rng!r}; it must be a seed, an integer from 0, or a numpy.random.Generator.", rng=rng
        )
    return np.random.default_rng(int(rng))


def bounded_domain(network: ReLUNetwork, domain: object) -> HPolytope:
    """The domain, if points can be drawn uniformly from it.

    Raises
    ------
    InvalidNetworkError, InvalidDomainError, UnboundedError
        If the network is none, or the domain is no full-dimensional bounded polytope in its input space.
    """
    check_network(network)
    checked = checked_domain(network, domain)
    if checked is None or not is_bounded(checked):
        what = "None, all of the input space" if checked is None else "unbounded"
        raise UnboundedError(
            f"`domain` is {what}, where no point is uniformly random; pass a bounded one such as "
            f"pe.box(-1, 1, dimension={network.input_dim})."
        )
    return checked


def check_same(
    name: str, network: ReLUNetwork, domain: HPolytope | None, of: ReLUNetwork, inside: HPolytope | None
) -> None:
    """Refuse what is at hand, if it is about another network or another domain.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> hat, identity = pe.library.hat().network, pe.library.identity().network
    >>> check_same("walls", hat, None, identity, None)
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `walls` is about another network; pass that of ...
    """
    if of is not network and of.digest != network.digest:
        raise InvalidArgumentError(f"`{name}` is about another network; pass that of `network`, or none.")
    rows, others = ((None if p is None else p.exact_rows) for p in (domain, inside))
    if rows != others:
        raise InvalidArgumentError(f"`{name}` is about another domain; pass that of `domain`, or none.")


def as_counts(counts: Any) -> NDArray[np.int64]:
    """How often each pattern was seen, as an array of positive integers; zeros are left out.

    Raises
    ------
    InvalidArgumentError
        If an entry is no integer from 0, or none is positive.
    """
    array = np.asarray(counts)
    if array.ndim != 1 or array.dtype.kind not in "iu" or (array.size and int(array.min()) < 0):
        raise InvalidArgumentError(
            f"`counts` has shape {array.shape} and dtype {array.dtype}; it must be a sequence of integers from 0, "
            "how often each pattern was seen."
        )
    positive: NDArray[np.int64] = array[array > 0].astype(np.int64)
    if not len(positive):
        raise InvalidArgumentError("`counts` has no positive entry; pass how often each pattern was seen.")
    return positive
