"""Networks on which bounds are tight, theorems fail, or floating point goes wrong."""

from __future__ import annotations

import numpy as np

from polytope_engine.network.library.named_network import NamedNetwork, hidden_layers
from polytope_engine.network.relu_network import ReLUNetwork

_OWN = "exact enumeration of all cells"
_GAINES_BI = "counterexample to Gaines & Bi, Characterizing the discrete geometry of ReLU networks, ICLR 2026"


def tight_plane() -> NamedNetwork:
    """Widths 2, 2 on the plane: the bound of Serra et al., 11 regions, is attained."""
    network = hidden_layers(([[3, 0], [1, -3]], [-2, -2]), ([[1, 2], [2, 1]], [-2, -2]))
    return NamedNetwork(
        "tight_plane", network, "attains an upper bound", _OWN,
        n_regions=11, n_bounded=3, f_vector=(6, 16, 11),
    )  # fmt: skip


def tight_line() -> NamedNetwork:
    """Widths 2, 2 on the line: 7 regions are the most, although the bound says 9."""
    network = hidden_layers(([[1], [1]], [0, -0.5]), ([[2, -4], [2, -4]], [-0.25, -0.5]))
    return NamedNetwork(
        "tight_line", network, "the true maximum, below the upper bound", _OWN,
        n_regions=7, n_bounded=5, f_vector=(6, 7),
    )  # fmt: skip


def leaky_line() -> NamedNetwork:
    """Widths 2, 2 on the line with leaky ReLU: 9 regions, two more than ReLU can have.

    The slope is the float64 nearest to 1/10.
    """
    network = ReLUNetwork(
        [([[-7], [-8]], [1, -5]), ([[2, -6], [-5, 8]], [-8, 5]), ([[1, 1]], [0])], negative_slope=0.1
    )
    return NamedNetwork(
        "leaky_line", network, "leaky ReLU beats ReLU", _OWN, n_regions=9, n_bounded=7, f_vector=(8, 9)
    )


def periodic_surface(n_copies: int = 5) -> NamedNetwork:
    """A neuron of the second layer whose bent hyperplane is a closed surface of genus 5.

    With five parallel copies the regions have more than 2 d = 6 facets on average.

    Examples
    --------
    >>> periodic_surface().f_vector
    (424, 1320, 1340, 445)
    """
    first = (np.kron(np.eye(3), np.ones((4, 1))), np.tile([0.0, -1.0, -2.0, -3.0], 3))
    row = np.tile([-35.0, 55.0, -40.0, 40.0], 3)
    levels = np.arange(n_copies) - n_copies // 2
    network = hidden_layers(first, (np.tile(row, (n_copies, 1)), 75.0 + levels))
    known = {1: (136, 456, 508, 189), 5: (424, 1320, 1340, 445)}
    f_vector = known.get(n_copies)
    return NamedNetwork(
        f"periodic_surface({n_copies})", network, "more than 2 d facets a region on average", _GAINES_BI,
        n_regions=None if f_vector is None else f_vector[-1], f_vector=f_vector,
    )  # fmt: skip


def falling_average() -> NamedNetwork:
    """One more neuron of the last layer lowers the average number of facets a region.

    The bias 1/1000 is the float64 nearest to it.
    """
    normals = [[-1, -t] for t in range(1, 7)] + [[1, 7]]
    offsets = [-(t**2) for t in range(1, 7)] + [49]
    network = hidden_layers((normals, offsets), ([[-1] * 7], [0.001]))
    return NamedNetwork(
        "falling_average", network, "the average number of facets is not monotone", _GAINES_BI,
        n_regions=32, f_vector=(23, 54, 32),
    )  # fmt: skip


def hamming_cycle() -> NamedNetwork:
    """2 relu(x) + relu(5 - x) - 5.5: joining patterns at distance 1 makes a cycle of a line."""
    network = hidden_layers(([[1], [-1]], [0, 5]), ([[2, 1]], [-5.5]))
    return NamedNetwork(
        "hamming_cycle", network, "patterns at Hamming distance 1 that are not neighbors", _OWN,
        n_regions=5, n_bounded=3, f_vector=(4, 5),
    )  # fmt: skip


def false_cut() -> NamedNetwork:
    """Four copies of one neuron that cancel exactly, but not in floats: two regions."""
    network = hidden_layers(([[0.36]] * 4, [0.29] * 4), ([[7, 5, 6, -18]], [0]))
    return NamedNetwork(
        "false_cut", network, "an identically zero neuron with float noise", _OWN,
        n_regions=2, n_bounded=0, f_vector=(1, 2),
    )  # fmt: skip


def thin_region() -> NamedNetwork:
    """Three regions, the middle one between two neighboring floats."""
    network = hidden_layers(([[1], [3]], [-1, -3.0000000000000004]))
    return NamedNetwork(
        "thin_region", network, "a region that holds no float64 point", _OWN,
        n_regions=3, n_bounded=1, f_vector=(2, 3),
    )  # fmt: skip


def parallel_lines(distance: float = 1e-9) -> NamedNetwork:
    """Two parallel lines of R^2 close together, and a third across: six regions."""
    network = hidden_layers(([[1, 0], [1, 0], [0, 1]], [0, -distance, 0]))
    return NamedNetwork(
        f"parallel_lines({distance:g})", network, "a thin strip; no tolerance may swallow it", _OWN,
        n_regions=6, n_bounded=0, f_vector=(2, 7, 6),
    )  # fmt: skip


def tiny_triangle(size: float = 1e-9) -> NamedNetwork:
    """Three lines around a triangle of a given size: seven regions, one bounded."""
    network = hidden_layers(([[1, 0], [0, 1], [1, 1]], [0, 0, -size]))
    return NamedNetwork(
        f"tiny_triangle({size:g})", network, "a bounded region much smaller than 1", _OWN,
        n_regions=7, n_bounded=1, f_vector=(3, 9, 7),
    )  # fmt: skip


def dead_neuron() -> NamedNetwork:
    """Zero rows: one with bias 0 (identically zero), one with a positive and one with a negative bias."""
    network = hidden_layers(([[1, 0], [0, 0], [0, 0], [0, 0]], [0, 0, 1, -1]))
    return NamedNetwork(
        "dead_neuron", network, "neurons without a hyperplane; a line of symmetry", _OWN,
        n_regions=2, n_bounded=0, f_vector=(0, 1, 2),
    )  # fmt: skip
