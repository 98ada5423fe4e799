"""Networks to walk through, and the comparison of a walk with the enumeration."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from random_networks import random_network

import polytope_engine as pe

rng = np.random.default_rng(7)
W, b = rng.integers(-3, 4, (5, 2)), rng.integers(-3, 4, 5)
DUPLICATED = [
    np.vstack([W, W[:2], -W[:2], 2 * W[2:4], 0 * W[:1]]),
    np.concatenate([b, b[:2], -b[:2], 2 * b[2:4], [0]]),
]
SECOND = rng.integers(-2, 3, (6, 12)), rng.integers(-2, 3, 6)
LAST = np.ones((1, 6)), [0.0]
QUADRANT = pe.HPolytope([[-1, 0], [0, -1]], [0, 0])
STRIP = pe.HPolytope([[0, 1], [0, -1]], [1, 0])
TRIANGLE = pe.HPolytope([[-1, 0], [0, -1], [1, 1]], [0, 0, 1])
THIRD = Fraction(1, 3)
LINEAL = pe.ReLUNetwork([(np.hstack([W, W[:, :1]]), b), (np.ones((3, 5)), [-1, -2, -3]), ([[1] * 3], [0])])
CENTRAL = pe.ReLUNetwork(
    [(rng.normal(size=(5, 3)), np.zeros(5)), (rng.normal(size=(4, 5)), np.zeros(4)), ([[1] * 4], [0])]
)
THIRDS = pe.ReLUNetwork(
    [
        ([[THIRD, 1], [2 * THIRD, 2], [1, THIRD]], [THIRD, 2 * THIRD, 0]),
        ([[1, -THIRD, 2]], [1]),
        ([[1]], [0]),
    ]
)

CASES: dict[str, tuple[pe.ReLUNetwork, pe.HPolytope | None]] = {
    "generic": (random_network(2, 8, 8, 1, seed=1), None),
    "generic in a box": (random_network(3, 8, 8, 1, seed=2), pe.box(-1, 1, dimension=3)),
    "more inputs than neurons": (random_network(6, 4, 5, 3, 1, seed=3), None),
    "as many inputs as neurons": (random_network(4, 4, 5, 1, seed=4), None),
    "duplicated, opposite, scaled and dead": (pe.ReLUNetwork([DUPLICATED, SECOND, LAST]), None),
    "the same with slopes": (pe.ReLUNetwork([DUPLICATED, SECOND, LAST], 0.25), None),
    "the same in a triangle": (pe.ReLUNetwork([DUPLICATED, SECOND, LAST]), TRIANGLE),
    "the same in a quadrant": (pe.ReLUNetwork([DUPLICATED, SECOND, LAST]), QUADRANT),
    "the same in a strip": (pe.ReLUNetwork([DUPLICATED, SECOND, LAST]), STRIP),
    "lineality": (LINEAL, None),
    "no biases": (CENTRAL, None),
    "thirds": (THIRDS, None),
    "a domain of thirds": (random_network(2, 6, 1, seed=5), pe.box(THIRD, 2, dimension=2)),
    "thin": (pe.ReLUNetwork([([[1], [3]], [-1, -3.0000000000000004]), ([[1, 1]], [0])]), None),
    "five intervals": (pe.library.hamming_trap().network, None),
    "one neuron": (pe.ReLUNetwork([([[2, 0]], [1]), ([[1]], [0])]), None),
    "no neurons": (pe.ReLUNetwork([([[1.0, 2.0]], [0])]), pe.box(0, 1, dimension=2)),
    "constant neurons": (pe.ReLUNetwork([([[0, 0]], [1]), ([[1]], [0])]), None),
}  # fmt: skip


def walls_of(walls: pe.Walls) -> set[tuple[frozenset[bytes], int]]:
    signs = walls.regions.sign_vectors
    return {
        (frozenset((signs[i].tobytes(), signs[j].tobytes())), int(neuron))
        for (i, j), neuron in zip(walls.pairs, walls.neurons, strict=True)
    }


def distances_by_hand(found: pe.Exploration) -> NDArray[np.int64]:
    """Distances from region 0 in the graph of the walls."""
    beside: list[list[int]] = [[] for _ in range(len(found))]
    for i, j in found.walls.pairs.tolist():
        beside[i].append(j)
        beside[j].append(i)
    reached, front = {0: 0}, [0]
    while front:
        front = [
            j
            for i in front
            for j in beside[i]
            if j not in reached and not reached.update({j: reached[i] + 1})
        ]
    return np.array([reached[k] for k in range(len(found))])


def assert_same(found: pe.Exploration, regions: pe.RegionSet) -> None:
    assert found.status.is_complete
    order = regions.sign_index.find(found.regions.sign_vectors)
    assert sorted(order) == list(range(len(regions)))
    known = regions.measure("n_neuron_facets", "n_domain_facets", "n_facets", "chebyshev_radius")
    np.testing.assert_array_equal(found.n_neuron_facets, known["n_neuron_facets"][order])
    np.testing.assert_array_equal(found.n_domain_facets, known["n_domain_facets"][order])
    np.testing.assert_array_equal(found.n_facets, known["n_facets"][order])
    np.testing.assert_allclose(found.chebyshev_radius, known["chebyshev_radius"][order], rtol=3e-9)
    assert walls_of(found.walls) == walls_of(regions.walls())
    assert not found.n_exits.any()
