"""Networks by a text that names them, each with a bounded domain: random, trained, or of the library."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from polytope_engine.data import DOMAIN_BOUNDS, load_demo
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network import library
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.boxes import box
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.studies.random_networks import he_network

_WIDTHS = re.compile(r"[1-9]\d*(-[1-9]\d*)+")


def known_network(name: str, generator: np.random.Generator) -> tuple[ReLUNetwork, HPolytope]:
    """The network that a text names, and its domain.

    Parameters
    ----------
    name : str
        Widths of inputs and hidden layers, such as ``"2-16-16"``: a random network (`he_network`) on [-1, 1]^d; a
        network that comes with the package, ``"two_moons"``; or a network of the library that is known in a box,
        such as ``"sawtooth(5)"``.
    generator : numpy.random.Generator
        Of the weights of random ones.

    Raises
    ------
    InvalidArgumentError
        If there is no such network, or the library knows no box for it.

    Examples
    --------
    >>> known_network("2-4-4", np.random.default_rng(0))
    (<ReLUNetwork 2-4-4-1, 8 neurons>, <HPolytope in R^2, 4 rows>)
    >>> known_network("sawtooth(3)", np.random.default_rng(0))[1]
    <HPolytope in R^1, 2 rows>
    """
    if _WIDTHS.fullmatch(name):
        widths = [int(width) for width in name.split("-")]
        return he_network([*widths, 1], generator), box(-1, 1, dimension=widths[0])
    if name in DOMAIN_BOUNDS:
        return load_demo(name)
    found = library.named(name)
    if found.domain_bounds is None:
        raise InvalidArgumentError(
            f"`networks` has {name!r}, for which the library knows no box; pass one that it counts in a box, such as "
            "'sawtooth(5)', widths such as '2-16-16', or 'two_moons'.",
            name=name,
        )
    return found.network, box(*found.domain_bounds)


def checked_names(networks: Any) -> tuple[str, ...]:
    """One name or several, each different.

    Examples
    --------
    >>> checked_names(["2-4", "2-4"])
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `networks` has '2-4' twice; pass each name once.
    """
    names: Sequence[Any] = (networks,) if isinstance(networks, str) else networks
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) for name in names):
        raise InvalidArgumentError(
            f"`networks` is {networks!r}; it must be names of networks, such as ('2-16-16', 'two_moons').",
            networks=networks,
        )
    for name in names:
        if names.count(name) > 1:
            raise InvalidArgumentError(f"`networks` has {name!r} twice; pass each name once.", name=name)
    return tuple(names)
