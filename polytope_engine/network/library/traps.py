"""Networks on which bounds are tight, theorems fail, or floating point goes wrong."""

from __future__ import annotations

import numpy as np

from polytope_engine.network.library.arrangements import unit_row
from polytope_engine.network.library.counting import where_generic_sets_meet
from polytope_engine.network.library.named_network import NamedNetwork, hidden_layers
from polytope_engine.network.library.parameters import call, check_size, checked_integer, checked_positive
from polytope_engine.network.relu_network import ReLUNetwork

_OWN = "exact enumeration of all cells"
_GAINES_BI = "counterexample to Gaines & Bi, Characterizing the discrete geometry of ReLU networks, ICLR 2026"
# what one more copy of the closed surface adds to the cells of dimension 0, ..., 3
_SURFACE = (72, 216, 208, 64)


def tight_plane(n_lines: int = 2) -> NamedNetwork:
    """Widths 2, n on the plane: the bound of Serra et al., C(n+2,0) + C(n+2,1) + C(n+2,2) regions, is attained.

    In the quadrant where both neurons of the first layer are active, u, v > 0, each line of the second, u + t^2 v =
    t for t = 1, ..., n, meets both sides, and crosses the others at v = 1 / (t + t'). So there are 1 + n + C(n, 2)
    regions there, n + 1 in each of the quadrants where one neuron is active, and 1 in the last.

    Parameters
    ----------
    n_lines : int
        n, from 1 to 10,000.

    Raises
    ------
    InvalidArgumentError
        If it is not that.

    Examples
    --------
    >>> tight_plane().n_regions, tight_plane(4).n_regions
    (11, 22)
    """
    n = checked_integer("n_lines", n_lines, 1, 10_000)
    if n == 2:
        first, lines = ([[3, 0], [1, -3]], [-2, -2]), ([[1, 2], [2, 1]], [-2, -2])
    else:
        first = ([[1, 0], [0, 1]], [0, 0])
        lines = ([[1, t * t] for t in range(1, n + 1)], [-t for t in range(1, n + 1)])
    n_crossings = n * (n - 1) // 2
    n_vertices, n_regions = n_crossings + 2 * n + 1, n_crossings + 3 * n + 4
    return NamedNetwork(
        "tight_plane" if n == 2 else call("tight_plane", n), hidden_layers(first, lines),
        "attains an upper bound", _OWN,
        n_regions=n_regions, n_bounded=n_crossings + n,
        f_vector=(n_vertices, n_vertices + n_regions - 1, n_regions),
    )  # fmt: skip


def tight_line() -> NamedNetwork:
    """Widths 2, 2 on the line: 7 regions are the most, although the bound says 9.

    Examples
    --------
    >>> tight_line().n_regions
    7
    """
    network = hidden_layers(([[1], [1]], [0, -0.5]), ([[2, -4], [2, -4]], [-0.25, -0.5]))
    return NamedNetwork(
        "tight_line", network, "the true maximum, below the upper bound", _OWN,
        n_regions=7, n_bounded=5, f_vector=(6, 7),
    )  # fmt: skip


def leaky_line() -> NamedNetwork:
    """Widths 2, 2 on the line with leaky ReLU: 9 regions, two more than ReLU can have.

    The slope is the float64 nearest to 1/10.

    Examples
    --------
    >>> leaky_line().n_regions
    9
    """
    network = ReLUNetwork(
        [([[-7], [-8]], [1, -5]), ([[2, -6], [-5, 8]], [-8, 5]), ([[1, 1]], [0])], negative_slope=0.1
    )
    return NamedNetwork(
        "leaky_line", network, "leaky ReLU beats ReLU", _OWN, n_regions=9, n_bounded=7, f_vector=(8, 9)
    )


def periodic_surface(n_copies: int = 5) -> NamedNetwork:
    """A neuron of the second layer whose bent hyperplane is a closed surface of genus 5, and parallel copies.

    The first layer cuts R^3 into 5^3 boxes by x_i = 0, 1, 2, 3. The surface crosses 64 of them in one polygon each;
    its own cells are (72, 144, 64), so each copy adds (72, 216, 208, 64) cells of dimension 0, ..., 3. With five
    copies the regions have 1340 / 445 * 2 > 2 d = 6 facets on average, more than Theorem 3.4 of Gaines and Bi 2026
    says.

    Parameters
    ----------
    n_copies : int
        How many copies there are, at least 1.

    Raises
    ------
    InvalidArgumentError
        If it is not that.

    Examples
    --------
    >>> periodic_surface().f_vector
    (424, 1320, 1340, 445)
    """
    n_copies = checked_integer("n_copies", n_copies, 1)
    check_size(n_copies, 12)
    first = (np.kron(np.eye(3), np.ones((4, 1))), np.tile([0.0, -1.0, -2.0, -3.0], 3))
    # at the corners of the boxes the level is at least 5 and at most -10 times this, so no copy meets one
    scale = n_copies // 10 + 1
    row = scale * np.tile([-35.0, 55.0, -40.0, 40.0], 3)
    levels = np.arange(n_copies) - n_copies // 2
    network = hidden_layers(first, (np.tile(row, (n_copies, 1)), 75.0 * scale + levels))
    f_vector = tuple(a + n_copies * b for a, b in zip((64, 240, 300, 125), _SURFACE, strict=True))
    return NamedNetwork(
        call("periodic_surface", n_copies), network, "more than 2 d facets a region on average", _GAINES_BI,
        n_regions=f_vector[-1], n_bounded=27 + 64 * n_copies, f_vector=f_vector,
    )  # fmt: skip


def generic_surface() -> NamedNetwork:
    """A generic network with more than 2 d facets a region on average: 2691 / 445 * 2 = 6.047 in R^3.

    The closed surface of `periodic_surface` with a first layer in general position: its twelve planes are tilted a
    little, and a thirteenth, x + y + z = -4, raises the second layer where tilted planes meet far away. Thirteen
    generic planes have (286, 936, 1027, 378) cells, and each of the eight copies of the surface adds
    (72, 216, 208, 64). Counterexample to Theorem 3.4 of Gaines and Bi 2026.

    Examples
    --------
    >>> generic_surface().f_vector
    (862, 2664, 2691, 890)
    """
    # ten thousand times the rows e_i | -k and (-1, -1, -1) | -4, each entry moved by at most 9
    rows = [[*unit_row(i, 3), -k] for i in range(3) for k in range(4)] + [[-1, -1, -1, -4]]
    tilts = np.array([pow(5, k, 10007) % 19 - 9 for k in range(4 * len(rows))]).reshape(len(rows), 4)
    tilted = 10_000 * np.array(rows) + tilts
    # 64 times: zigzags through 2, -1/2, 1/2, -1/2 at 0, 1, 2, 3 in each coordinate, and 4 relu(-x - y - z - 4)
    row = [*([-160, 224, -128, 128] * 3), 256]
    levels = [10_000 * (3 * 2 * 64 + 2 * c - 7) for c in range(8)]
    network = hidden_layers((tilted[:, :3], tilted[:, 3]), ([row] * 8, levels))
    planes = where_generic_sets_meet([1, 13, 78, 286], 3)
    f_vector = tuple(a + 8 * b for a, b in zip(planes["f_vector"], _SURFACE, strict=True))
    return NamedNetwork(
        "generic_surface", network, "generic, and more than 2 d facets a region on average", _GAINES_BI,
        n_regions=f_vector[-1], n_bounded=220 + 8 * 64, f_vector=f_vector,
    )  # fmt: skip


def falling_average(n: int = 7) -> NamedNetwork:
    """One more neuron of the last layer lowers the average number of facets a region.

    The first layer has n generic lines that leave one unbounded wedge where all are inactive; the neuron after it
    cuts off a corner of that wedge, and adds (2, 5, 3) cells. Counterexample to Theorem 3.6 of Gaines and Bi 2026.

    Parameters
    ----------
    n : int
        The number of lines, from 7 to 1000.

    Raises
    ------
    InvalidArgumentError
        If it is not that.

    Examples
    --------
    >>> falling_average().f_vector
    (23, 54, 32)
    """
    n = checked_integer("n", n, 7, 1000)
    normals = [[-1, -t] for t in range(1, n)] + [[1, n]]
    offsets = [-(t**2) for t in range(1, n)] + [n**2]
    network = hidden_layers((normals, offsets), ([[-1000] * n], [1]))
    lines = where_generic_sets_meet([1, n, n * (n - 1) // 2], 2)
    return NamedNetwork(
        "falling_average" if n == 7 else call("falling_average", n), network,
        "the average number of facets is not monotone", _GAINES_BI,
        n_regions=lines["n_regions"] + 3, n_bounded=lines["n_bounded"] + 1,
        f_vector=tuple(a + b for a, b in zip(lines["f_vector"], (2, 5, 3), strict=True)),
    )  # fmt: skip


def hamming_cycle() -> NamedNetwork:
    """2 relu(x) + relu(5 - x) - 5.5: joining patterns at distance 1 makes a cycle of a line.

    Examples
    --------
    >>> hamming_cycle().n_regions
    5
    """
    network = hidden_layers(([[1], [-1]], [0, 5]), ([[2, 1]], [-5.5]))
    return NamedNetwork(
        "hamming_cycle", network, "patterns at Hamming distance 1 that are not neighbors", _OWN,
        n_regions=5, n_bounded=3, f_vector=(4, 5),
    )  # fmt: skip


def false_cut() -> NamedNetwork:
    """Four copies of one neuron that cancel exactly, but not in floats: two regions.

    Examples
    --------
    >>> false_cut().n_regions
    2
    """
    network = hidden_layers(([[0.36]] * 4, [0.29] * 4), ([[7, 5, 6, -18]], [0]))
    return NamedNetwork(
        "false_cut", network, "an identically zero neuron with float noise", _OWN,
        n_regions=2, n_bounded=0, f_vector=(1, 2),
    )  # fmt: skip


def thin_region() -> NamedNetwork:
    """Three regions, the middle one between two neighboring floats.

    Examples
    --------
    >>> thin_region().n_regions
    3
    """
    network = hidden_layers(([[1], [3]], [-1, -3.0000000000000004]))
    return NamedNetwork(
        "thin_region", network, "a region that holds no float64 point", _OWN,
        n_regions=3, n_bounded=1, f_vector=(2, 3),
    )  # fmt: skip


def parallel_lines(distance: float = 1e-9) -> NamedNetwork:
    """Two parallel lines of R^2 close together, and a third across: six regions.

    Parameters
    ----------
    distance : float
        How far apart they are, positive.

    Raises
    ------
    InvalidArgumentError
        If it is not that.

    Examples
    --------
    >>> parallel_lines().n_regions
    6
    """
    distance = checked_positive("distance", distance)
    network = hidden_layers(([[1, 0], [1, 0], [0, 1]], [0, -distance, 0]))
    return NamedNetwork(
        call("parallel_lines", distance), network, "a thin strip; no tolerance may swallow it", _OWN,
        n_regions=6, n_bounded=0, f_vector=(2, 7, 6),
    )  # fmt: skip


def tiny_triangle(size: float = 1e-9) -> NamedNetwork:
    """Three lines around a triangle of a given size: seven regions, one bounded.

    Parameters
    ----------
    size : float
        The length of its legs, positive.

    Raises
    ------
    InvalidArgumentError
        If it is not that.

    Examples
    --------
    >>> tiny_triangle().n_regions
    7
    """
    size = checked_positive("size", size)
    network = hidden_layers(([[1, 0], [0, 1], [1, 1]], [0, 0, -size]))
    return NamedNetwork(
        call("tiny_triangle", size), network, "a bounded region much smaller than 1", _OWN,
        n_regions=7, n_bounded=1, f_vector=(3, 9, 7),
    )  # fmt: skip


def dead_neuron() -> NamedNetwork:
    """Zero rows: one with bias 0 (identically zero), one with a positive and one with a negative bias.

    Examples
    --------
    >>> dead_neuron().n_regions
    2
    """
    network = hidden_layers(([[1, 0], [0, 0], [0, 0], [0, 0]], [0, 0, 1, -1]))
    return NamedNetwork(
        "dead_neuron", network, "neurons without a hyperplane; a line of symmetry", _OWN,
        n_regions=2, n_bounded=0, f_vector=(0, 1, 2),
    )  # fmt: skip
