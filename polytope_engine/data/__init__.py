"""The two trained networks that come with the package, each with the domain it is meant for.

What they do and how they were made is said in ``README.md`` beside them.
"""

from __future__ import annotations

import math
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from polytope_engine.network.relu_network import ReLUNetwork
    from polytope_engine.polytope.hpolytope import HPolytope

DOMAIN_BOUNDS: dict[str, tuple[list[float], list[float]]] = {
    "two_moons": ([-3.0, -3.0], [3.0, 3.0]),
    "cart_pole": ([-2.4, -4.0, -math.pi, -8.0], [2.4, 4.0, math.pi, 8.0]),
}


def load_demo(name: str) -> tuple[ReLUNetwork, HPolytope]:
    """Load a network that comes with the package, and its domain.

    Parameters
    ----------
    name : {"two_moons", "cart_pole"}
        "two_moons": a classifier of points of the plane, 2-24-24-2, on [-3, 3]^2.
        "cart_pole": a controller that swings a pole on a cart up and balances it, 4-32-32-1, on the
        states with at most 2.4 m, 4 m/s, pi rad and 8 rad/s either way.

    Returns
    -------
    network : ReLUNetwork
    domain : HPolytope
        A box.

    Raises
    ------
    InvalidArgumentError
        If there is no network of that name.

    Examples
    --------
    >>> network, domain = load_demo("two_moons")
    >>> network, domain
    (<ReLUNetwork 2-24-24-2, 48 neurons>, <HPolytope in R^2, 4 rows>)
    """
    from polytope_engine.errors import InvalidArgumentError
    from polytope_engine.network.loading import load_network
    from polytope_engine.polytope.boxes import box

    if name not in DOMAIN_BOUNDS:
        raise InvalidArgumentError(
            f"`name` is {name!r}; the networks that come with the package are "
            f"{' and '.join(repr(known) for known in DOMAIN_BOUNDS)}.",
            name=name,
        )
    with resources.as_file(resources.files(__name__) / f"{name}.npz") as path:
        return load_network(path), box(*DOMAIN_BOUNDS[name])
