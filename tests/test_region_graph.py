"""The graph of regions against networkx, theorems, and the mistakes that others make."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from region_graphs import PLANES, SAME_PLANES, graph_of, medium, one_layer, some_of, two_pieces

import polytope_engine as pe
from polytope_engine.complexes.diameter import breadth_first, diameter_bounds
from polytope_engine.complexes.region_graph import RegionGraph, segment_bound
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions.region_set import RegionSet

# Regions and edges, by exact enumeration of all cells.
EDGES = {
    "stargalla": (5, 5), "hat": (4, 3), "touching_quadrants": (6, 6), "identity": (2, 1), "dead_layer": (4, 4),
    "cancelled_neurons": (4, 4), "l1_norm": (4, 4), "zero_plateau": (5, 5), "disconnected_wall": (5, 4),
    "hamming_trap": (5, 4), "duplicate_neuron": (2, 1), "hamming_cycle": (5, 4),
}  # fmt: skip


# -- the matrix ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EDGES)
def test_the_small_networks_have_the_edges_that_their_cells_say(name: str) -> None:
    graph = graph_of(name)
    assert (len(graph.regions), len(graph.walls)) == EDGES[name]
    assert graph.matrix.nnz == 2 * EDGES[name][1]
    assert pe.library.named(name).n_walls == EDGES[name][1]


@pytest.mark.parametrize("name", [*EDGES, "resonance(3)", "shi(3)", "periodic_surface(1)"])
def test_the_matrix_is_symmetric_with_the_first_neuron_plus_one(name: str) -> None:
    graph = graph_of(name)
    matrix = graph.regions.adjacency()
    assert matrix.format == "csr"
    assert matrix.dtype.kind == "i"
    assert matrix.has_canonical_format
    assert (matrix != matrix.T).nnz == 0
    expected = np.zeros(matrix.shape, dtype=int)
    for k, (a, b) in enumerate(graph.walls.pairs):
        expected[a, b] = expected[b, a] = min(graph.walls.neurons_on(k)) + 1
    assert np.array_equal(matrix.toarray(), expected)
    assert matrix.data.min() > 0


def test_indices_are_as_small_as_they_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    regions = graph_of("stargalla").regions
    small = regions.adjacency()
    assert small.indices.dtype == small.indptr.dtype == np.int32
    monkeypatch.setattr("polytope_engine.complexes.adjacency._LARGEST_INT32", 9)
    large = regions.adjacency()
    assert large.indices.dtype == large.indptr.dtype == np.int64
    assert (large != small).nnz == 0
    monkeypatch.setattr("polytope_engine.complexes.adjacency._LARGEST_INT32", 10)
    assert regions.adjacency().indices.dtype == np.int32


@pytest.mark.parametrize("name", [*EDGES, "resonance(3)", "periodic_surface(1)"])
@pytest.mark.parametrize("in_a_box", [False, True])
def test_degrees_are_the_facets_on_neurons(name: str, in_a_box: bool) -> None:
    network = pe.library.named(name).network
    domain = pe.box(-2, 3, dimension=network.input_dim) if in_a_box else None
    regions = pe.enumerate_regions(network, domain)
    measured = regions.measure("n_facets", "n_neuron_facets", "n_domain_facets")
    graph = regions.graph()
    assert np.array_equal(graph.degrees, measured["n_neuron_facets"])
    assert measured["n_facets"].sum() == 2 * len(graph.walls) + measured["n_domain_facets"].sum()
    assert graph.is_connected()


def test_the_average_degree_of_a_periodic_surface_exceeds_twice_the_dimension() -> None:
    graph = graph_of("periodic_surface")
    assert (len(graph.regions), len(graph.walls)) == (445, 1340)
    assert Fraction(int(graph.degrees.sum()), 445) == Fraction(536, 89)


def test_the_average_degree_of_a_generic_surface_exceeds_twice_the_dimension() -> None:
    graph = graph_of("generic_surface")
    assert (len(graph.regions), len(graph.walls)) == (890, 2691)
    assert Fraction(int(graph.degrees.sum()), 890) == Fraction(2691, 445)


@pytest.mark.parametrize("planes", SAME_PLANES.values(), ids=SAME_PLANES)
def test_neurons_that_repeat_others_leave_the_graph_as_it_is(planes: list[Any]) -> None:
    graph = pe.enumerate_regions(one_layer(planes)).graph()
    assert (len(graph.regions), len(graph.walls)) == (7, 9)
    first = pe.enumerate_regions(one_layer(PLANES)).graph()
    assert nx.is_isomorphic(graph.to_networkx(), first.to_networkx())
    assert graph.diameter().upper == segment_bound(graph.walls) == 3


def test_a_network_without_walls_has_one_node() -> None:
    graph = pe.enumerate_regions(pe.ReLUNetwork([([[1.0, 2.0]], [0.0])])).graph()
    assert graph.matrix.toarray().tolist() == [[0]]
    assert (graph.degrees.tolist(), graph.is_connected(), graph.eccentricity(0)) == ([0], True, 0)
    assert repr(graph) == "<RegionGraph: 1 region, 0 walls>"
    assert (graph.diameter().upper, graph.diameter().ends) == (0, (0, 0))
    assert graph.shortest_path(0, [3.0, 4.0]).regions.tolist() == [0]
    assert graph.to_networkx().nodes[0]["signs"] == ""


def test_an_empty_set_has_an_empty_graph() -> None:
    full = pe.enumerate_regions(pe.library.identity().network)
    none = RegionSet(
        full.network, None, full.sign_vectors[:0], full.interior_points[:0],
        exact_interior_points={}, status=full.status, work=full.work, certificate=full.certificate,
    )  # fmt: skip
    graph = none.graph()
    assert graph.matrix.shape == (0, 0)
    assert (len(graph.degrees), len(graph.connected_components()), graph.is_connected()) == (0, 0, True)
    assert (graph.diameter().lower, graph.diameter().ends) == (0, None)
    assert len(graph.to_networkx()) == 0


# -- the wrong rule ------------------------------------------------------------------------------


def test_pairs_at_hamming_distance_one_are_those_of_the_definition() -> None:
    for name in ("hamming_trap", "zero_plateau", "duplicate_neuron", "stargalla"):
        regions = graph_of(name).regions
        rows = list(enumerate(regions.sign_vectors))
        expected = [
            [i, j] for (i, p), (j, q) in itertools.combinations(rows, 2) if np.count_nonzero(p != q) == 1
        ]
        assert pe.hamming_pairs(regions).tolist() == expected


def test_five_intervals_make_a_path_and_the_wrong_rule_closes_a_cycle() -> None:
    for name in ("hamming_trap", "hamming_cycle"):
        graph = graph_of(name)
        wrong = nx.Graph(pe.hamming_pairs(graph.regions).tolist())
        assert nx.is_isomorphic(graph.to_networkx(), nx.path_graph(5))
        assert [len(cycle) for cycle in nx.cycle_basis(wrong)] == [4]
    assert len(pe.hamming_pairs(graph_of("duplicate_neuron").regions)) == 0


@pytest.mark.parametrize(
    ("name", "n_walls", "n_pairs"), [("2-16-16-1", 1111, 1115), ("3-12-12-1", 5846, 5889)]
)
def test_in_random_networks_some_pairs_at_hamming_distance_one_are_no_neighbors(
    nets_folder: Path, name: str, n_walls: int, n_pairs: int
) -> None:
    regions = pe.enumerate_regions(pe.load_network(nets_folder / "random" / f"{name}.npz"))
    walls = regions.walls()
    pairs = pe.hamming_pairs(regions)
    assert (len(walls), len(pairs)) == (n_walls, n_pairs)
    assert {*map(tuple, walls.pairs.tolist())} < {*map(tuple, pairs.tolist())}


# -- connection ----------------------------------------------------------------------------------


@st.composite
def networks(draw: st.DrawFn) -> pe.ReLUNetwork:
    """Generic or integer weights, some neurons repeated, opposite or scaled, in one to three hidden layers."""
    d = draw(st.integers(1, 2))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    is_integer, widths = draw(st.booleans()), draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    pairs, n_in = [], d
    for n_out in widths:
        rows = generator.integers(-2, 3, (n_out, n_in + 1)).astype(float)
        if not is_integer:
            rows = generator.normal(size=rows.shape)
        repeats = draw(st.lists(st.sampled_from([1.0, -1.0, 2.0]), max_size=2))
        rows = np.vstack([rows, *(c * rows[:1] for c in repeats)])
        pairs.append((rows[:, :-1], rows[:, -1]))
        n_in = len(rows)
    return pe.ReLUNetwork([*pairs, (np.ones((1, n_in)), [0.0])])


@settings(max_examples=40, deadline=None)
@given(networks(), st.sampled_from([None, 0.5, 2]))
def test_on_a_convex_domain_the_graph_is_connected_and_no_path_is_longer_than_a_segment(
    network: pe.ReLUNetwork, radius: float | None
) -> None:
    domain = None if radius is None else pe.box(-radius, radius, dimension=network.input_dim)
    regions = pe.enumerate_regions(network, domain)
    graph = regions.graph()
    assert graph.is_connected()
    assert np.array_equal(graph.degrees, regions.measure("n_neuron_facets")["n_neuron_facets"])
    longest = nx.diameter(graph.to_networkx())
    assert longest <= segment_bound(graph.walls)
    found = graph.diameter()
    assert (found.lower, found.upper) == (longest, longest)
    assert found.ends is not None
    assert len(graph.shortest_path(*found.ends)) == longest


def test_the_pieces_of_an_incomplete_set_are_told_apart() -> None:
    graph = two_pieces()
    assert graph.connected_components().tolist() == [0, 1, 0, 1]
    assert not graph.is_connected()
    assert graph.distances_from(0).tolist() == [0, -1, 1, -1]
    assert (graph.diameter().lower, graph.diameter().is_exact) == (1, True)
    with pytest.raises(
        InvalidArgumentError, match="No path leads from region 0 to region 3 within this incomplete"
    ):
        graph.shortest_path(0, 3)


@pytest.mark.parametrize("seed", range(5))
def test_pieces_are_numbered_by_their_first_regions(seed: int) -> None:
    whole = medium().regions
    chosen = np.random.default_rng(seed).permutation(len(whole))[: len(whole) // 3]
    graph = some_of(whole, chosen).graph()
    pieces = sorted(nx.connected_components(graph.to_networkx()), key=min)
    assert len(pieces) > 2
    found = graph.connected_components()
    assert [set(np.flatnonzero(found == k).tolist()) for k in range(len(pieces))] == pieces


def test_in_an_incomplete_set_a_path_may_be_longer_than_any_segment() -> None:
    # Of three by three squares, the ring without one of them, along which all paths lead.
    squares = pe.enumerate_regions(one_layer([([1, 0], 0), ([1, 0], -1), ([0, 1], 0), ([0, 1], -1)]))
    left_out = squares.locate([[0.5, 0.5], [0.5, 1.5]])
    graph = some_of(squares, np.setdiff1d(np.arange(9), left_out)).graph()
    assert segment_bound(graph.walls) == 4
    assert nx.is_isomorphic(graph.to_networkx(), nx.path_graph(7))
    assert (graph.diameter().lower, graph.diameter().upper) == (6, 6)


# -- distances -----------------------------------------------------------------------------------


def test_distances_components_and_diameter_are_those_of_networkx() -> None:
    graph = medium()
    peer = graph.to_networkx()
    for k in range(0, len(graph.regions), 7):
        expected = nx.single_source_shortest_path_length(peer, k)
        assert graph.distances_from(k).tolist() == [expected[i] for i in range(len(graph.regions))]
        assert graph.eccentricity(k) == max(expected.values())
    assert graph.diameter().lower == graph.diameter().upper == nx.diameter(peer)


@pytest.mark.parametrize("seed", range(30))
def test_the_bounds_close_in_on_the_diameter_of_any_graph(seed: int) -> None:
    n = 12 + seed
    peer = nx.gnp_random_graph(n, 1.6 / n, seed=seed)  # in several pieces
    matrix = nx.to_scipy_sparse_array(peer, format="csr")
    parts = [peer.subgraph(nodes) for nodes in nx.connected_components(peer)]
    limit = np.zeros(n, dtype=np.int64)
    for part in parts:
        limit[list(part)] = len(part) - 1
    longest = max(nx.diameter(part) for part in parts)
    for n_searches in (1, 2, 4, 8, n):
        found = diameter_bounds(matrix, limit, n_searches)
        assert found.lower <= longest <= found.upper
        assert found.ends is not None
        assert breadth_first(matrix, found.ends[0])[0][found.ends[1]] == found.lower
    assert (found.lower, found.upper) == (longest, longest)


def test_few_searches_give_bounds_and_say_that_they_are_bounds() -> None:
    graph = medium()
    found = diameter_bounds(graph.matrix, np.full(len(graph.regions), len(graph.regions) - 1), max_searches=1)
    longest = nx.diameter(graph.to_networkx())
    assert found.n_searches == 1
    assert not found.is_exact
    assert found.lower <= longest <= found.upper
    assert f"<Diameter: {found.lower} to {found.upper}, regions " in repr(found)
    assert graph.diameter(max_searches=1).n_searches == 1


def test_the_diameter_of_an_arrangement_is_the_number_of_its_planes_at_once() -> None:
    # Regions on opposite sides of every plane are as far apart as there are planes.
    for name, n in (("boolean(6)", 6), ("resonance(4)", 15), ("braid(4)", 6)):
        found = graph_of(name).diameter()
        assert (found.lower, found.upper, found.n_searches) == (n, n, 1)


def test_ctrl_c_leaves_the_bounds_of_the_searches_so_far() -> None:
    graph = medium()
    said = []

    def stop(n_regions: int, fraction_done: float) -> None:
        said.append((n_regions, fraction_done))
        raise KeyboardInterrupt

    limit = np.full(len(graph.regions), len(graph.regions) - 1)
    found = diameter_bounds(graph.matrix, limit, progress=stop)
    assert found.is_interrupted
    assert found.n_searches == 1
    assert found.lower <= nx.diameter(graph.to_networkx()) <= found.upper
    assert 0 <= said[0][1] <= 1


def test_a_shortest_path_crosses_the_walls_that_it_names() -> None:
    graph = medium()
    peer = graph.to_networkx()
    for a, b in [(0, len(peer) - 1), (3, 17), (5, 5)]:
        path = graph.shortest_path(a, b)
        assert (path.regions[0], path.regions[-1]) == (a, b)
        assert len(path) == len(path.walls) == nx.shortest_path_length(peer, a, b)
        steps = [sorted(step) for step in itertools.pairwise(path.regions.tolist())]
        assert graph.walls.pairs[path.walls].tolist() == steps
    assert repr(graph.shortest_path(5, 5)) == "<RegionPath: from region 5 to region 5 across 0 walls>"


def test_a_region_may_be_named_by_index_view_or_point() -> None:
    graph = medium()
    k = int(graph.regions.locate([0.25, 0.5]))
    for where in (k, np.int64(k), graph.regions[k], [0.25, 0.5], (Fraction(1, 4), Fraction(1, 2))):
        assert graph.shortest_path(where, 0).regions[0] == k
    line = graph_of("identity")
    assert graph_of("identity").distances_from([1.0])[line.regions.locate([-1.0])] == 1


REFUSALS = {
    "no such index": (lambda: medium().eccentricity(10_000), "`region` is 10000; it must be an index from 0 to"),
    "negative": (lambda: medium().shortest_path(-1, 0), "`start` is -1; it must be an index"),
    "no index": (lambda: medium().shortest_path(0, 1.5), "`end` is 1.5; it must be an index"),
    "bool": (lambda: medium().distances_from(True), "`region` is True; it must be an index"),
    "another set": (lambda: medium().eccentricity(graph_of("hat").regions[0]), "`region` is a region of another set"),
    "outside": (lambda: medium().shortest_path([3.0, 0.0], 0), "`start` is (3.0, 0.0), outside the domain"),
    "on a wall": (lambda: graph_of("identity").shortest_path(0, [0]), "`end` is (0), exactly on a wall"),
    "lacking": (lambda: two_pieces().eccentricity([0.5]), "`region` is (0.5), in a region that the set, being"),
    "two points": (lambda: medium().eccentricity([[0, 0], [0, 0]]), "`region` has shape (2, 2); it must be a single"),
    "no point": (lambda: medium().eccentricity([0, 0, 0]), "shape"),
    "no searches": (lambda: medium().diameter(max_searches=0), "`max_searches` is 0"),
    "no progress": (lambda: medium().diameter(progress=3), "`progress` is 3"),  # type: ignore[arg-type]
    "no walls": (lambda: RegionGraph(medium().regions), "`walls` has type RegionSet"),  # type: ignore[arg-type]
    "short column": (lambda: medium().to_networkx({"a": [1]}), "`columns['a']` has shape (1,); it must have a row"),
    "name taken": (
        lambda: graph_of("hat").to_networkx({"point_0": [1, 2, 3, 4]}),
        "`columns` names 'point_0' twice over",
    ),
    "suffix": (lambda: medium().save_graphml("graph.xml"), "`path` is 'graph.xml', but must end in .graphml."),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_what_makes_no_sense_is_refused_in_a_sentence(name: str) -> None:
    call, sentence = REFUSALS[name]
    with pytest.raises(InvalidArgumentError) as refusal:
        call()
    assert sentence in str(refusal.value)


def test_a_search_for_walls_that_ctrl_c_ended_is_never_taken_for_the_graph(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    regions, walls = graph_of("boolean(4)").regions, graph_of("boolean(4)").walls
    some = pe.Walls(regions, walls.pairs[:3], walls.neurons[:3], {}, is_complete=False)
    monkeypatch.setattr(RegionSet, "walls", lambda *_: some)
    with pytest.raises(
        InvalidArgumentError, match="`walls` lacks some, because the search for them was interr"
    ):
        RegionGraph(some)
    for take in (regions.graph, regions.adjacency, regions.adjacency_graph):
        with pytest.raises(KeyboardInterrupt):
            take()


def test_progress_ends_with_everything_done() -> None:
    said: list[tuple[int, float]] = []
    medium().diameter(progress=lambda *told: said.append(told))
    assert said[-1] == (len(medium().regions), 1.0)
