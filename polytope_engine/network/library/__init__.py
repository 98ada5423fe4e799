"""Networks with known numbers of regions, by name.

Each function returns a `NamedNetwork`: a network, what it shows, where its count comes from, and
the counts. `catalog` lists instances, which drive tests, examples and pictures alike; `named` finds a
network by its name, which is the call that makes it.

Examples
--------
>>> from polytope_engine import library
>>> library.resonance(4).n_regions
370
>>> library.named("resonance(4)").network.n_neurons
15
>>> len({net.name for net in library.catalog()}) == len(library.catalog())
True
"""

from __future__ import annotations

from polytope_engine.network.library.arrangements import (
    boolean,
    central_generic,
    generic,
    grid,
    parallel_families,
    resonance,
    threshold,
)
from polytope_engine.network.library.cubes import folded_cube, generic_in_cube, zigzag_cube
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
from polytope_engine.network.library.deformations import braid, catalan, linial, semiorder, shi
from polytope_engine.network.library.folding import (
    folding_line,
    folding_plane,
    sawtooth,
    zonotope,
)
from polytope_engine.network.library.graphs import (
    complete_bipartite,
    cube_graph,
    cycle,
    graphical,
    path,
    petersen,
    wheel,
)
from polytope_engine.network.library.instances import catalog
from polytope_engine.network.library.named_network import NamedNetwork
from polytope_engine.network.library.names import FAMILIES, named
from polytope_engine.network.library.products import side_by_side
from polytope_engine.network.library.reflections import (
    exceptional,
    icosahedron,
    six_hundred_cell,
    type_b,
    type_d,
)
from polytope_engine.network.library.traps import (
    dead_neuron,
    falling_average,
    false_cut,
    generic_surface,
    hamming_cycle,
    leaky_line,
    parallel_lines,
    periodic_surface,
    thin_region,
    tight_line,
    tight_plane,
    tiny_triangle,
)
from polytope_engine.network.library.weight_sharing import convolution, graph_convolution
from polytope_engine.network.library.zigzags import zigzag, zigzag_plane, zigzag_zonotope

__all__ = [
    "FAMILIES",
    "NamedNetwork",
    "boolean",
    "braid",
    "cancelled_neurons",
    "catalan",
    "catalog",
    "central_generic",
    "complete_bipartite",
    "convolution",
    "cube_graph",
    "cycle",
    "dead_layer",
    "dead_neuron",
    "disconnected_wall",
    "duplicate_neuron",
    "exceptional",
    "falling_average",
    "false_cut",
    "folded_cube",
    "folding_line",
    "folding_plane",
    "generic",
    "generic_in_cube",
    "generic_surface",
    "graph_convolution",
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
    "named",
    "parallel_families",
    "parallel_lines",
    "path",
    "periodic_surface",
    "petersen",
    "resonance",
    "sawtooth",
    "semiorder",
    "shi",
    "side_by_side",
    "six_hundred_cell",
    "stargalla",
    "thin_region",
    "threshold",
    "tight_line",
    "tight_plane",
    "tiny_triangle",
    "touching_quadrants",
    "type_b",
    "type_d",
    "wheel",
    "zero_plateau",
    "zigzag",
    "zigzag_cube",
    "zigzag_plane",
    "zigzag_zonotope",
    "zonotope",
]
