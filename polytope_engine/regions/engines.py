"""Which engine searches: linear programs, or the cells' vertices."""

from __future__ import annotations

from polytope_engine.errors import UnboundedError
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.regions.working_space import WorkingSpace

METHODS = ("auto", "lp", "vertex")
# Vertices a cell double with each dimension; linear programs a cell grow with the layers it passes. Up to three
# dimensions vertices are faster, in four from three hidden layers on. Measured: docs/performance.md, "Which engine".
FEWEST_LAYERS = {1: 1, 2: 1, 3: 1, 4: 3}


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
    fewest = FEWEST_LAYERS.get(space.dimension)
    is_faster = fewest is not None and len(network.hidden_widths) >= fewest
    return "vertex" if space.box is not None and is_faster else "lp"
