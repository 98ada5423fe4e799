"""The instances of the library's families that are listed by name."""

from __future__ import annotations

from polytope_engine.network.library import arrangements as flat
from polytope_engine.network.library import definitions, folding, graphs, reflections, traps
from polytope_engine.network.library.cubes import folded_cube, generic_in_cube, zigzag_cube
from polytope_engine.network.library.deformations import braid, catalan, linial, semiorder, shi
from polytope_engine.network.library.named_network import NamedNetwork
from polytope_engine.network.library.parameters import checked_integer
from polytope_engine.network.library.products import side_by_side
from polytope_engine.network.library.weight_sharing import convolution, graph_convolution
from polytope_engine.network.library.zigzags import zigzag, zigzag_plane, zigzag_zonotope


def catalog(max_regions: int | None = None) -> list[NamedNetwork]:
    """The networks with known counts that are listed by name, of up to about 100,000 regions each.

    Larger ones, and other parameters, come from the constructors: ``resonance(6)`` has 1,066,044 regions.

    Parameters
    ----------
    max_regions : int, optional
        Leave out those that have more regions than this, or an unknown number of them.

    Returns
    -------
    list of NamedNetwork
        Degenerate ones among them: repeated, opposite, parallel and dead neurons, neurons that
        vanish identically, central arrangements, regions too thin for floats.

    Raises
    ------
    InvalidArgumentError
        If `max_regions` is no positive integer.

    Examples
    --------
    >>> max(catalog(), key=lambda net: net.n_regions)
    <NamedNetwork threshold(5): <ReLUNetwork 6-32-1, 32 neurons>, 94,572 regions>
    >>> max(net.n_regions for net in catalog(max_regions=100))
    85
    """
    listed = [
        *_definitions(),
        *_deep(),
        *_traps(),
        *_arrangements(),
        *_graphs(),
        *_layers_with_shared_weights(),
    ]
    if max_regions is None:
        return listed
    most = checked_integer("max_regions", max_regions, 1)
    return [net for net in listed if net.n_regions is not None and net.n_regions <= most]


def _definitions() -> list[NamedNetwork]:
    return [
        definitions.stargalla(), definitions.hat(), definitions.touching_quadrants(), definitions.identity(),
        definitions.dead_layer(), definitions.cancelled_neurons(), definitions.l1_norm(), definitions.zero_plateau(),
        definitions.disconnected_wall(), definitions.hamming_trap(), definitions.duplicate_neuron(),
    ]  # fmt: skip


def _deep() -> list[NamedNetwork]:
    e1, e2 = (1, 0), (0, 1)
    zonotope = folding.zonotope
    return [
        *(folding.sawtooth(depth) for depth in range(1, 6)),
        *(folding.folding_line(*p) for p in ((2, 2), (3, 3), (2, 2, 2), (3, 2), (4, 4))),
        *(folding.folding_plane(*widths) for widths in ((4, 3), (4, 4), (6, 4), (4, 4, 3))),
        zigzag((3,)), zigzag((3, 3)), zigzag((3, 3, 3)), zigzag((4, 4)), zigzag((5, 5)),
        zigzag((3,), (3,), (3,)), zigzag((3, 3), (4, 4)), zigzag_plane(3), zigzag_plane(6),
        zonotope([e1, e2], 2, 1), zonotope([e1, e2], 2, 2), zonotope([e1, e2, (1, 1)], 2, 1),
        zonotope([e1, e2, (1, 1)], 3, 1), zonotope([e1, e2, (1, 1)], 2, 2),
        zonotope([(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)], 2, 1),
        side_by_side(folding.sawtooth(1), definitions.hat()),
        side_by_side(folding.sawtooth(2), definitions.zero_plateau()),
        side_by_side(folding.folding_line(3, 2), zigzag((3, 3))),
        side_by_side(definitions.hat(), folding.sawtooth(3)),
        folded_cube(1, 4, 3), zigzag_cube(2, 7, 5), zigzag_cube(3, 9, 4), zigzag_zonotope([e1, e2, (1, 1)], 3),
        generic_in_cube(6, 3), traps.tight_plane(5),
    ]  # fmt: skip


def _traps() -> list[NamedNetwork]:
    return [
        traps.tight_plane(), traps.tight_line(), traps.leaky_line(), traps.periodic_surface(1),
        traps.periodic_surface(5), traps.periodic_surface(12), traps.generic_surface(), traps.falling_average(),
        traps.falling_average(10), traps.hamming_cycle(), traps.false_cut(), traps.thin_region(),
        traps.parallel_lines(), traps.parallel_lines(1e-12), traps.tiny_triangle(), traps.tiny_triangle(1e-13),
        traps.dead_neuron(),
    ]  # fmt: skip


def _arrangements() -> list[NamedNetwork]:
    generic = ((3, 1), (2, 3), (3, 2), (5, 2), (10, 2), (4, 3), (6, 3), (12, 3), (5, 4))
    return [
        *(flat.boolean(n) for n in (1, 2, 3, 4)),
        *(flat.generic(n, d) for n, d in generic),
        *(flat.central_generic(n, d) for n, d in ((2, 4), (5, 2), (5, 3), (8, 3), (6, 4))),
        flat.grid(3, 2), flat.grid(4), flat.grid(1, 2, 3),
        *(flat.parallel_families(p, d) for p, d in (((2, 2, 2), 2), ((3, 1, 2), 3), ((3, 2), 3))),
        *(braid(n) for n in (2, 3, 4, 5, 6)),
        *(reflections.type_b(n) for n in (1, 2, 3, 4, 5, 6)),
        *(reflections.type_d(n) for n in (2, 3, 4, 5, 6)),
        *(reflections.exceptional(kind) for kind in ("G2", "F4", "E6")),
        reflections.icosahedron(), reflections.icosahedron(1.6), reflections.six_hundred_cell(),
        *(shi(n) for n in (2, 3, 4, 5, 6)),
        *(catalan(n) for n in (2, 3, 4, 5)),
        *(linial(n) for n in (2, 3, 4, 5, 6)),
        *(semiorder(n) for n in (2, 3, 4, 5, 6)),
        *(flat.threshold(n) for n in (1, 2, 3, 4, 5)),
        *(flat.resonance(n) for n in (1, 2, 3, 4, 5)),
    ]  # fmt: skip


def _graphs() -> list[NamedNetwork]:
    return [
        graphs.path(5), graphs.cycle(3), graphs.cycle(4), graphs.cycle(5), graphs.wheel(4),
        graphs.complete_bipartite(3, 3), graphs.cube_graph(3), graphs.petersen(),
        graphs.graphical(4, [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]), graphs.graphical(4, [(0, 1), (2, 3)]),
    ]  # fmt: skip


def _layers_with_shared_weights() -> list[NamedNetwork]:
    on_a_path = ((1, 1, 0), (1, 1, 1), (0, 1, 1))
    singular = ((1, 1), (1, 1))
    features = ((1, 2), (2, 2), (2, 3))
    return [
        *(convolution(3, 2, n) for n in (1, 2, 3, 4)), convolution(4, 2, 2), convolution(4, 2, 3),
        convolution(4, 3, 2), convolution(4, 2, 3, 2), convolution((2, 3), (2, 2), 2), convolution(2, 1, 3, 1, 2),
        *(convolution(3, 2, n, bias=False) for n in (1, 2, 3, 4)), convolution(4, 2, 2, bias=False),
        convolution(4, 2, 3, bias=False), convolution(4, 3, 2, bias=False),
        *(graph_convolution(on_a_path, *f) for f in features),
        *(graph_convolution(on_a_path, *f, bias=False) for f in features),
        *(graph_convolution(singular, *f) for f in features), graph_convolution(singular, 2, 3, bias=False),
    ]  # fmt: skip
