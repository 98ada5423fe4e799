"""Cells by their vertices: the same regions as by linear programs, and vertices that are where they are said to be."""

from __future__ import annotations

from fractions import Fraction

import numba
import numpy as np
import pytest
from flint import fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import random_network
from test_enumeration_laws import integer_networks, sign_set

import polytope_engine as pe
from polytope_engine.exact.polyhedron import polyhedron
from polytope_engine.kernels import search_state as state
from polytope_engine.kernels import vertex_tree
from polytope_engine.regions.root_vertices import root_vertices
from polytope_engine.regions.search import CellSearch
from polytope_engine.regions.working_space import working_space

NETWORKS = {
    "2-8-8": (random_network(2, 8, 8, 1), None),
    "3-6-6-6": (random_network(3, 6, 6, 6, 1), None),
    "4-7-7": (random_network(4, 7, 7, 1), None),
    "5-6-6": (random_network(5, 6, 6, 1), None),
    "on a line": (random_network(1, 9, 9, 1), None),
    "far from one": (random_network(3, 6, 6, 1), pe.box([-1e-3, -3, -3], [2e-3, 1e3, 40])),
    "in a simplex": (
        random_network(3, 7, 7, 1),
        pe.HPolytope([*np.diag([-1.0] * 3), [1, 1, 1]], [0, 0, 0, 1]),
    ),
    "in an octahedron, which is not simple": (
        random_network(3, 7, 7, 1),
        pe.HPolytope([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], [1] * 8),
    ),
}


def domain_of(network: pe.ReLUNetwork, domain: pe.HPolytope | None) -> pe.HPolytope:
    return pe.box(-1, 1, dimension=network.input_dim) if domain is None else domain


def both(network: pe.ReLUNetwork, domain: pe.HPolytope) -> tuple[pe.RegionSet, pe.RegionSet]:
    return pe.enumerate_regions(network, domain, "lp"), pe.enumerate_regions(network, domain, "vertex")


@pytest.mark.parametrize("name", NETWORKS)
def test_both_engines_find_the_same_regions(name: str) -> None:
    network, domain = NETWORKS[name]
    by_programs, by_vertices = both(network, domain_of(network, domain))
    assert len(by_vertices) == len(by_programs) > 3
    assert sign_set(by_vertices) == sign_set(by_programs)
    assert by_vertices.status.is_complete


def test_both_engines_find_the_same_regions_of_the_networks_of_a_folder(
    counted_network: tuple[str, pe.ReLUNetwork, dict[str, int]],
) -> None:
    _, network, known = counted_network
    domain = pe.box(-1, 1, dimension=network.input_dim)
    if network.input_dim <= 6 and known.get("box_1", 0) <= 50_000:
        by_programs, by_vertices = both(network, domain)
        assert len(by_vertices) == len(by_programs) == known.get("box_1", len(by_programs))
        assert sign_set(by_vertices) == sign_set(by_programs)


@pytest.mark.nets
def test_both_engines_find_the_same_regions_of_a_trained_network(
    real_network: tuple[pe.ReLUNetwork, pe.HPolytope, int],
) -> None:
    network, domain, n_regions = real_network
    if network.input_dim <= 6:
        by_programs, by_vertices = both(network, domain)
        assert len(by_vertices) == len(by_programs) == n_regions
        assert sign_set(by_vertices) == sign_set(by_programs)


@pytest.mark.parametrize("name", [name for name in NETWORKS if "not simple" not in name])
def test_generic_networks_need_no_linear_program(name: str) -> None:
    network, domain = NETWORKS[name]
    work = pe.count_regions(network, domain_of(network, domain), "vertex").work
    assert work.n_linear_programs == work.n_exact_decisions == 0
    assert work.n_vertex_decisions > 0


def test_a_domain_that_is_not_simple_is_searched_by_linear_programs() -> None:
    network, octahedron = NETWORKS["in an octahedron, which is not simple"]
    work = pe.count_regions(network, octahedron, "vertex").work
    assert work.n_vertex_decisions == 0
    assert work.n_linear_programs > 0


@settings(max_examples=80)
@given(integer_networks(), st.integers(1, 3))
def test_both_engines_find_the_same_regions_of_degenerate_networks(
    network: pe.ReLUNetwork, size: int
) -> None:
    by_programs, by_vertices = both(network, pe.box(-size, size, dimension=network.input_dim))
    assert len(by_vertices) == len(sign_set(by_vertices))
    assert sign_set(by_vertices) == sign_set(by_programs)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 4), st.sampled_from([1.0, 1e-3, 1e3]), st.booleans())
def test_both_engines_find_the_same_regions_of_networks_with_near_ties(
    seed: int, d: int, scale: float, is_nearly_parallel: bool
) -> None:
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(6, d)) * scale, rng.normal(size=6) / 3
    W[3:] = W[:3] + (1e-9 * rng.normal(size=(3, d)) if is_nearly_parallel else 0)
    b[3:] = b[:3] + 1e-12 * rng.normal(size=3)
    network = pe.ReLUNetwork([(W, b), (rng.normal(size=(5, 6)), rng.normal(size=5)), (np.ones((1, 5)), [0])])
    by_programs, by_vertices = both(network, pe.box(-1, 1, dimension=d))
    assert sign_set(by_vertices) == sign_set(by_programs)


def test_the_library_has_the_same_regions_in_boxes() -> None:
    names = ("sawtooth(5)", "folded_cube(2,4,3)", "generic(6,3)", "braid(4)", "resonance(3)", "hamming_trap")
    for name in names:
        network = pe.library.named(name).network
        by_programs, by_vertices = both(network, pe.box(-3, 2, dimension=network.input_dim))
        assert sign_set(by_vertices) == sign_set(by_programs), name


def leaves(network: pe.ReLUNetwork, domain: pe.HPolytope, rough: float | None = None) -> list[CellSearch]:
    """A search at each region in turn, whose vertices still stand above the stack."""
    search = CellSearch(network, working_space(network, domain), method="vertex")
    found = 0
    while not search.advance(1 << 30, found + 1):
        if search.n_regions == found:
            break
        found = search.n_regions
        yield search
    if search.n_regions > found:
        yield search


@pytest.mark.nojit
@pytest.mark.parametrize("rough", [vertex_tree.ROUGH, 0.0])  # compiled code keeps the first
@pytest.mark.parametrize("name", ["2-8-8", "3-6-6-6", "far from one", "in a simplex"])
def test_vertices_are_those_of_the_exact_cell_within_their_radius(
    name: str, rough: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vertex_tree, "ROUGH", rough)
    network, domain = NETWORKS[name]
    n_cells = 0
    for search in leaves(network, domain_of(network, domain)):
        n_cells += 1
        if n_cells > 25:
            break
        corners, r = search.corners, search.space.dimension
        assert corners is not None
        node = corners.nodes[search.control[state.N_CORNER_NODES]]
        first, n = int(node[vertex_tree.NODE_FIRST]), int(node[vertex_tree.NODE_SIZE])
        depth = int(node[vertex_tree.NODE_DEPTH])
        search.control[state.DEPTH] = depth
        rows = search.exact_path()
        exact = polyhedron(rows, r)
        assert n == exact.n_vertices
        tables = corners.tables[search.control[state.N_CORNER_NODES]]
        seen = set()
        for v in range(first, first + n):
            labels = [int(tables[bit]) for bit in range(64) if int(corners.facets[v]) >> bit & 1]
            assert len(labels) == r
            vertex = solved([rows[p] for p in labels])
            seen.add(vertex)
            shifts = [Fraction(2) ** int(s) for s in search.space.shifts]
            off = max(
                abs(Fraction(x) - y / s)
                for x, y, s in zip(corners.points[v].tolist(), vertex, shifts, strict=True)
            )
            assert off <= Fraction(float(corners.radii[v]))
            assert corners.radii[v] < 1e-5
            assert_values_are_within_their_margins(search, corners, v, vertex)
        assert seen == set(exact.vertices)
    assert n_cells > 3


def assert_values_are_within_their_margins(
    search: CellSearch, corners: vertex_tree.Corners, v: int, vertex: tuple[Fraction, ...]
) -> None:
    """The value of every neuron at the point differs from that at the exact vertex by no more than is said."""
    r = search.space.dimension
    for layer, width in enumerate(search.network.hidden_widths):
        before = search.signs[: search.layers.shape[state.OFFSET, layer]]
        rows, unit = search.network.exact.pre_activation_rows(layer, before)
        for neuron in range(width):
            row = [rows[neuron][k] for k in search.space.columns]
            exact = (
                sum((int(a) * x for a, x in zip(row, vertex, strict=True)), Fraction(0))
                + int(rows[neuron][-1])
            ) * unit
            values = search.maps.values[layer, :, neuron]
            value = float(values[r] + sum(values[k] * corners.points[v, k] for k in range(r)))
            a, b = (Fraction(float(x)) for x in corners.margins[layer, :, neuron])
            off = abs(Fraction(value) - exact)
            shifts = [Fraction(2) ** int(s) for s in search.space.shifts]
            assert sum(abs(int(x)) * unit * s for x, s in zip(row, shifts, strict=True)) <= b
            assert off <= a + b * Fraction(float(corners.radii[v]))
            assert a + b * Fraction(float(corners.radii[v])) < Fraction(1, 100)


def solved(rows: list[list[int]]) -> tuple[Fraction, ...]:
    """Where r rows vanish."""
    A = fmpq_mat([[int(x) for x in row[:-1]] for row in rows])
    x = A.solve(fmpq_mat([[-int(row[-1])] for row in rows]))
    return tuple(Fraction(int(x[k, 0].p), int(x[k, 0].q)) for k in range(len(rows)))


@pytest.mark.nojit
@pytest.mark.parametrize(("b", "c"), [(-0.75, 0.75), (-0.6, -0.9), (0.6, -0.75), (-0.75, -0.6)])
@pytest.mark.parametrize("size", [1.1e308, -1.1e308, 1e301, 1e299])
def test_differences_of_values_that_overflow_place_no_vertex(size: float, b: float, c: float) -> None:
    """Values of 1.6e308 and -0.6e308 are floats, and their difference is infinite."""
    network = pe.ReLUNetwork([([[size], [1.0], [1.0]], [size / 2, b, c]), (np.ones((1, 3)), [0])])
    with np.errstate(over="ignore", invalid="ignore"):  # in plain Python
        by_programs, by_vertices = both(network, pe.box(-1, 1, dimension=1))
    assert len(by_vertices) == 4
    assert sign_set(by_vertices) == sign_set(by_programs)


@pytest.mark.nojit
@pytest.mark.skipif(not numba.config.DISABLE_JIT, reason="compiled code alone can call these")
@pytest.mark.parametrize(
    "rows", [[[1.0, 0.5], [1.0, 0.5]], [[np.nan, 0.5], [1.0, 1.0]], [[np.inf, 0.5], [1.0, 1.0]]]
)
def test_rows_that_meet_nowhere_leave_a_vertex_where_it_is(rows: list[list[float]]) -> None:
    path, frame = state.new_path(2, 2), state.new_frame(2, 1)
    path.rows[:, :2] = rows
    frame.scratch[2] = 17.0  # of the vertex before
    point, facets = np.array([0.25, -0.5]), np.array([3], dtype=np.uint64)
    table, radii = np.arange(vertex_tree.MOST_FACETS, dtype=np.int32), np.array([1e-9])
    points = point[np.newaxis].copy()
    with np.errstate(all="ignore"):
        vertex_tree.sharpen(0, 1, table, 2, path, frame, points, radii, facets)
    assert np.array_equal(points[0], point)
    assert radii[0] == 1e-9


def test_cells_with_more_facets_than_bits_are_handed_over() -> None:
    """Seventy tangents of a circle: the cell in the middle has seventy facets."""
    angles = 2 * np.pi * np.arange(70) / 70
    W = np.column_stack([np.cos(angles), np.sin(angles)])
    network = pe.ReLUNetwork([(W, -np.ones(70)), (np.ones((1, 70)), [0])])
    by_programs, by_vertices = both(network, pe.box(-1.5, 1.5, dimension=2))
    assert sign_set(by_vertices) == sign_set(by_programs)
    assert by_vertices.work.n_linear_programs > 0
    middle = by_vertices[by_vertices.locate([0.0, 0.0])]
    assert len(middle.facets()) == 70


def test_room_for_vertices_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    network, domain = NETWORKS["4-7-7"]
    expected = pe.count_regions(network, domain_of(network, domain), "vertex").n_regions
    search = CellSearch(network, working_space(network, domain_of(network, domain)), method="vertex")
    assert search.corners is not None
    small = {name: getattr(search.corners, name)[:20] for name in ("points", "radii", "facets", "heights")}
    search.corners = search.corners._replace(**small)
    assert search.advance(1 << 30, 1 << 62)
    assert search.n_regions == expected
    assert len(search.corners.points) > 20


def test_the_unbounded_space_has_no_vertices_to_begin_with() -> None:
    network, _ = NETWORKS["2-8-8"]
    with pytest.raises(pe.errors.UnboundedError, match="needs a bounded domain; pass one such as"):
        pe.count_regions(network, method="vertex")
    with pytest.raises(pe.errors.UnboundedError, match="'vertex'"):
        pe.count_regions(network, pe.HPolytope([[1.0, 0.0]], [0.0]), "vertex")
    assert pe.count_regions(network).work.n_vertex_decisions == 0


def test_vertices_of_a_box_are_its_corners_and_of_a_simplex_its_own() -> None:
    network, _ = NETWORKS["3-6-6-6"]
    box = root_vertices(working_space(network, pe.box([0, 0.1, -2], [1, 0.3, 5])))
    assert box is not None
    assert len(box.points) == 8
    assert {int(mask).bit_count() for mask in box.facets} == {3}
    simplex = root_vertices(working_space(network, NETWORKS["in a simplex"][1]))
    assert simplex is not None
    assert len(simplex.points) == 4
    doubled = pe.HPolytope([*np.eye(3), *-np.eye(3), [2, 0, 0]], [1] * 6 + [2])
    assert root_vertices(working_space(network, doubled)) is None
    assert int(pe.count_regions(network, doubled, "vertex")) == int(pe.count_regions(network, doubled, "lp"))


def test_recorded_proofs_are_those_of_linear_programs() -> None:
    network, _ = NETWORKS["2-8-8"]
    regions = pe.enumerate_regions(network, pe.box(-1, 1, dimension=2), "vertex", record_proof=True)
    assert regions.proof is not None
    assert regions.work.n_vertex_decisions == 0
