"""Networks with known numbers of regions, by name.

Each function returns a `NamedNetwork`: a network, what it shows, where its count comes from, and
the counts. `catalog` lists the small ones, which drive tests, examples and pictures alike.

Examples
--------
>>> from polytope_engine import library
>>> library.resonance(4).n_regions
370
>>> len({net.name for net in library.catalog()}) == len(library.catalog())
True
"""

from __future__ import annotations

from polytope_engine.network.library.arrangements import (
    boolean,
    braid,
    catalan,
    central_generic,
    generic,
    grid,
    linial,
    parallel_families,
    resonance,
    semiorder,
    shi,
    threshold,
    type_b,
    type_d,
)
from polytope_engine.network.library.definitions import (
    cancelled_neurons,
    dead_layer,
    disconnected_wall,
    duplicate_neuron,
    hamming_trap,
    hat,
    identity,
    l1_norm,
    stargalla,
    touching_quadrants,
    zero_plateau,
)
from polytope_engine.network.library.folding import (
    folding_line,
    folding_plane,
    sawtooth,
    zigzag,
    zigzag_plane,
    zonotope,
)
from polytope_engine.network.library.named_network import NamedNetwork
from polytope_engine.network.library.roots import exceptional, graphical, icosahedron, petersen
from polytope_engine.network.library.traps import (
    dead_neuron,
    falling_average,
    false_cut,
    hamming_cycle,
    leaky_line,
    parallel_lines,
    periodic_surface,
    thin_region,
    tight_line,
    tight_plane,
    tiny_triangle,
)

__all__ = [
    "NamedNetwork",
    "boolean",
    "braid",
    "cancelled_neurons",
    "catalan",
    "catalog",
    "central_generic",
    "dead_layer",
    "dead_neuron",
    "disconnected_wall",
    "duplicate_neuron",
    "exceptional",
    "falling_average",
    "false_cut",
    "folding_line",
    "folding_plane",
    "generic",
    "graphical",
    "grid",
    "hamming_cycle",
    "hamming_trap",
    "hat",
    "icosahedron",
    "identity",
    "l1_norm",
    "leaky_line",
    "linial",
    "parallel_families",
    "parallel_lines",
    "periodic_surface",
    "petersen",
    "resonance",
    "sawtooth",
    "semiorder",
    "shi",
    "stargalla",
    "thin_region",
    "threshold",
    "tight_line",
    "tight_plane",
    "tiny_triangle",
    "touching_quadrants",
    "type_b",
    "type_d",
    "zero_plateau",
    "zigzag",
    "zigzag_plane",
    "zonotope",
]


def catalog() -> list[NamedNetwork]:
    """All small networks with known counts: at most about 2000 regions each.

    Returns
    -------
    list of NamedNetwork
        Degenerate ones among them: repeated, opposite, parallel and dead neurons, neurons that
        vanish identically, central arrangements, regions too thin for floats.
    """
    return [*_definitions(), *_deep(), *_traps(), *_arrangements()]


def _definitions() -> list[NamedNetwork]:
    return [
        stargalla(), hat(), touching_quadrants(), identity(), dead_layer(), cancelled_neurons(),
        l1_norm(), zero_plateau(), disconnected_wall(), hamming_trap(), duplicate_neuron(),
    ]  # fmt: skip


def _deep() -> list[NamedNetwork]:
    e1, e2 = (1, 0), (0, 1)
    return [
        *(sawtooth(depth) for depth in range(1, 6)),
        *(folding_line(*p) for p in ((2, 2), (3, 3), (2, 2, 2), (3, 2), (4, 4))),
        *(folding_plane(*widths) for widths in ((4, 3), (4, 4), (6, 4), (4, 4, 3))),
        zigzag((3,)), zigzag((3, 3)), zigzag((3, 3, 3)), zigzag((4, 4)), zigzag((5, 5)),
        zigzag((3,), (3,), (3,)), zigzag((3, 3), (4, 4)), zigzag_plane(3), zigzag_plane(6),
        zonotope([e1, e2], 2, 1), zonotope([e1, e2], 2, 2), zonotope([e1, e2, (1, 1)], 2, 1),
        zonotope([e1, e2, (1, 1)], 3, 1), zonotope([e1, e2, (1, 1)], 2, 2),
        zonotope([(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)], 2, 1),
    ]  # fmt: skip


def _traps() -> list[NamedNetwork]:
    return [
        tight_plane(), tight_line(), leaky_line(), periodic_surface(1), periodic_surface(5),
        falling_average(), hamming_cycle(), false_cut(), thin_region(), parallel_lines(),
        parallel_lines(1e-12), tiny_triangle(), tiny_triangle(1e-13), dead_neuron(),
    ]  # fmt: skip


def _arrangements() -> list[NamedNetwork]:
    return [
        *(boolean(n) for n in (1, 2, 3, 4)),
        *(generic(n, d) for n, d in ((3, 1), (3, 2), (5, 2), (10, 2), (4, 3), (6, 3), (12, 3), (5, 4))),
        *(central_generic(n, d) for n, d in ((5, 2), (5, 3), (8, 3), (6, 4))),
        grid(3, 2), grid(4), grid(1, 2, 3), parallel_families((2, 2, 2), 2), parallel_families((3, 1, 2), 3),
        *(braid(n) for n in (2, 3, 4, 5)),
        *(type_b(n) for n in (1, 2, 3, 4)),
        *(type_d(n) for n in (2, 3, 4)),
        *(shi(n) for n in (2, 3, 4)),
        *(catalan(n) for n in (2, 3, 4)),
        *(linial(n) for n in (2, 3, 4, 5)),
        *(semiorder(n) for n in (2, 3, 4)),
        *(threshold(n) for n in (1, 2, 3, 4)),
        *(resonance(n) for n in (1, 2, 3, 4)),
        exceptional("G2"), exceptional("F4"), icosahedron(),
        graphical(4, [(0, 1), (1, 2), (2, 3), (3, 0)], name="4-cycle"),
        graphical(5, [(0, 1), (1, 2), (2, 3), (3, 4)], name="path on 5"),
        graphical(6, [(i, 3 + j) for i in range(3) for j in range(3)], name="K33"),
    ]  # fmt: skip
