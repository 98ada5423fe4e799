"""Which engine searches: linear programs, or the cells' vertices."""

from __future__ import annotations

from polytope_engine.errors import UnboundedError
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.regions.working_space import WorkingSpace

METHODS = ("auto", "lp", "vertex")
# Vertices a cell double with each dimension, linear programs a cell grow with neurons: up to four dimensions vertices
# are faster, then from so many hidden neurons on, then never. Measured: docs/performance.md, "Which engine".
FEWEST_NEURONS = {1: 0, 2: 0, 3: 0, 4: 0, 5: 32, 6: 96}


def chosen_method(method: str, network: ReLUNetwork, space: WorkingSpace) -> str:
    """The engine for a network and a domain.

    Raises
    ------
    UnboundedError
        If "vertex" is asked for and the domain is not bounded.
    """
    if method == "vertex" and space.box is None:
        raise UnboundedError(
            f"`method` is 'vertex', which needs a bounded domain; pass one such as "
            f"pe.box(-1, 1, dimension={network.input_dim}), or take 'lp' or 'auto'."
        )
    if method != "auto":
        return method
    fewest = FEWEST_NEURONS.get(space.dimension)
    is_faster = fewest is not None and network.n_neurons >= fewest
    return "vertex" if space.box is not None and is_faster else "lp"
