"""Small networks on which the definitions of "region" give different numbers."""

from __future__ import annotations

from polytope_engine.network.library.named_network import NamedNetwork, hidden_layers

_OWN = "exact enumeration of all cells"
_STARGALLA = (
    "M. Stargalla, C. Hertrich, D. Reichman, The computational complexity of counting linear regions in ReLU "
    "neural networks, NeurIPS 2025 (arXiv 2505.16716)"
)
_SERRA = "T. Serra, C. Tjandraatmadja, S. Ramalingam, Bounding and counting linear regions, ICML 2018"
_IDENTITY = [[1, 0], [0, 1]]


def _counts(r1: int, r2: int, r4: int, r5: int, r6: int) -> dict[str, int]:
    return {"R1": r1, "R2": r2, "R4": r4, "R5": r5, "R6": r6}


def stargalla() -> NamedNetwork:
    """max(-y, min(0, -x)): five regions, three linear regions, four convex pieces at least.

    Examples
    --------
    >>> stargalla().counts["R2"], stargalla().counts["R6"]
    (5, 3)
    """
    network = hidden_layers(
        ([[1, 0], [0, 1], [0, -1]], [0, 0, 0]), ([[1, 0, 0], [1, -1, 1]], [0, 0]), output=[-1, 1]
    )
    return NamedNetwork(
        "stargalla", network, "linear regions that are not convex", _STARGALLA,
        n_regions=5, n_bounded=0, f_vector=(1, 5, 5), counts=_counts(7, 5, 3, 3, 3),
    )  # fmt: skip


def hat() -> NamedNetwork:
    """A hat on the line: two of its four regions share one affine map without touching.

    Examples
    --------
    >>> hat().counts["R2"], hat().counts["R6"]
    (4, 3)
    """
    network = hidden_layers(([[1], [2], [1]], [0, -1, -1]), output=[1, -1, 1])
    return NamedNetwork(
        "hat", network, "one affine map on two separate regions", _OWN,
        n_regions=4, n_bounded=2, f_vector=(3, 4), counts=_counts(4, 4, 4, 4, 3),
    )  # fmt: skip


def touching_quadrants() -> NamedNetwork:
    """Two regions with one affine map that touch in a single point.

    Examples
    --------
    >>> touching_quadrants().counts["R2"], touching_quadrants().counts["R6"]
    (6, 5)
    """
    network = hidden_layers(
        ([[1, 0], [1, -1], [-1, 0], [-1, 1]], [0, 0, 0, 0]), ([[1, -1, 0, 0], [0, 0, 1, -1]], [0, 0])
    )
    return NamedNetwork(
        "touching_quadrants", network, "open and closed linear regions differ", _OWN,
        n_regions=6, n_bounded=0, f_vector=(1, 6, 6), counts=_counts(11, 6, 6, 5, 5),
    )  # fmt: skip


def identity() -> NamedNetwork:
    """relu(x) - relu(-x) = x: two regions, one linear region.

    Examples
    --------
    >>> identity().counts["R2"], identity().counts["R6"]
    (2, 1)
    """
    network = hidden_layers(([[1], [-1]], [0, 0]), output=[1, -1])
    return NamedNetwork(
        "identity", network, "neighbors that differ in two signs", _OWN,
        n_regions=2, n_bounded=0, f_vector=(1, 2), counts=_counts(3, 2, 1, 1, 1),
    )  # fmt: skip


def dead_layer() -> NamedNetwork:
    """Four quadrants before a neuron that is never active.

    Examples
    --------
    >>> dead_layer().counts["R2"], dead_layer().counts["R6"]
    (4, 1)
    """
    network = hidden_layers((_IDENTITY, [0, 0]), ([[-1, -1]], [-1]))
    return NamedNetwork(
        "dead_layer", network, "a constant function with four regions", _OWN,
        n_regions=4, n_bounded=0, f_vector=(1, 4, 4), counts=_counts(4, 4, 1, 1, 1),
    )  # fmt: skip


def cancelled_neurons() -> NamedNetwork:
    """Opposite neurons that cancel to a linear function, and one that the output ignores.

    Examples
    --------
    >>> cancelled_neurons().counts["R2"], cancelled_neurons().counts["R6"]
    (4, 1)
    """
    network = hidden_layers(([[1, 1], [-1, -1], [1, -1]], [0, 0, 0]), output=[1, -1, 0])
    return NamedNetwork(
        "cancelled_neurons", network, "a linear function with four regions", _OWN,
        n_regions=4, n_bounded=0, f_vector=(1, 4, 4), counts=_counts(6, 4, 1, 1, 1),
    )  # fmt: skip


def l1_norm() -> NamedNetwork:
    """|x| + |y| from two pairs of opposite neurons.

    Examples
    --------
    >>> l1_norm().counts["R2"], l1_norm().counts["R6"]
    (4, 4)
    """
    network = hidden_layers(([[1, 0], [-1, 0], [0, 1], [0, -1]], [0, 0, 0, 0]))
    return NamedNetwork(
        "l1_norm", network, "opposite neurons on every wall", _OWN,
        n_regions=4, n_bounded=0, f_vector=(1, 4, 4), counts=_counts(9, 4, 4, 4, 4),
    )  # fmt: skip


def zero_plateau() -> NamedNetwork:
    """relu(relu(x) - relu(y)): the second layer vanishes identically where x and y are negative.

    Examples
    --------
    >>> zero_plateau().counts["R2"], zero_plateau().counts["R6"]
    (5, 3)
    """
    network = hidden_layers((_IDENTITY, [0, 0]), ([[1, -1]], [0]))
    return NamedNetwork(
        "zero_plateau", network, "a neuron that is identically zero on a region", _OWN,
        n_regions=5, n_bounded=0, f_vector=(1, 5, 5), counts=_counts(5, 5, 3, 3, 3),
    )  # fmt: skip


def disconnected_wall() -> NamedNetwork:
    """A neuron of the second layer whose bent hyperplane consists of two points.

    Examples
    --------
    >>> disconnected_wall().counts["R2"], disconnected_wall().counts["R6"]
    (5, 4)
    """
    network = hidden_layers(([[1], [-1]], [0, 1]), ([[4, 2]], [-3]))
    return NamedNetwork(
        "disconnected_wall", network, "a bent hyperplane in two pieces", f"{_SERRA}, Figure 2",
        n_regions=5, n_bounded=3, f_vector=(4, 5), counts=_counts(5, 5, 4, 4, 4),
    )  # fmt: skip


def hamming_trap() -> NamedNetwork:
    """Five intervals whose activation patterns have five pairs that differ in one neuron.

    Examples
    --------
    >>> hamming_trap().counts["R2"], hamming_trap().counts["R6"]
    (5, 4)
    """
    network = hidden_layers(([[1], [-1]], [0, 10]), ([[2, 1]], [-11]))
    return NamedNetwork(
        "hamming_trap", network, "patterns at Hamming distance 1 that are not neighbors", _OWN,
        n_regions=5, n_bounded=3, f_vector=(4, 5), counts=_counts(5, 5, 4, 4, 4),
    )  # fmt: skip


def duplicate_neuron() -> NamedNetwork:
    """Two neurons on one wall: flipping one sign at a time never crosses it.

    Examples
    --------
    >>> duplicate_neuron().counts["R2"], duplicate_neuron().counts["R6"]
    (2, 2)
    """
    network = hidden_layers(([[1], [2]], [0, 0]))
    return NamedNetwork(
        "duplicate_neuron", network, "two signs change at the only wall", _OWN,
        n_regions=2, n_bounded=0, f_vector=(1, 2), counts=_counts(2, 2, 2, 2, 2),
    )  # fmt: skip
