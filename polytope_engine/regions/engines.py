"""Which engine searches: linear programs, or the cells' vertices."""

from __future__ import annotations

from polytope_engine.errors import UnboundedError
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.regions.root_vertices import MOST_VERTICES
from polytope_engine.regions.working_space import WorkingSpace

METHODS = ("auto", "lp", "vertex")
# Beyond, cells have too many vertices; see docs/performance.md.
MOST_DIMENSIONS = 5


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
    is_small = space.dimension <= MOST_DIMENSIONS and 2**space.dimension <= MOST_VERTICES
    return "vertex" if space.box is not None and is_small else "lp"
