"""Identities that every complex of sign cells obeys, generic or not, in open and closed domains."""

from __future__ import annotations

from math import comb

import numpy as np
from complex_networks import KINDS, complexes, network_of, networks, truncated
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

import polytope_engine as pe

Placed = tuple[pe.ReLUNetwork, pe.HPolytope | None, bool]


def cells_in(placed: Placed) -> pe.SignCells:
    network, domain, closed = placed
    return pe.sign_cells(network, domain, closed=closed)


def lies_in_the_boundary(cells: pe.SignCells) -> np.ndarray:
    if cells.domain is None:
        return np.zeros(len(cells), dtype=bool)
    matters = [any(row) for row in cells.domain.exact_rows]
    return (cells.domain_signs[:, matters] == 0).any(axis=1)


def signed(dimensions: np.ndarray) -> np.ndarray:
    return np.where(dimensions % 2, -1, 1)


# -- Euler ----------------------------------------------------------------------------------------------


def closed_characteristic(domain: pe.HPolytope | None, d: int) -> int:
    """Of a convex polyhedron with l lines that is bounded otherwise (-1)^l, of any other one 0."""
    if domain is None:
        return (-1) ** d
    p = domain.exact
    return 0 if p.rays() else (-1) ** len(p.lines())


@settings(max_examples=60)
@given(complexes())
def test_alternating_sums_of_f_vectors_depend_on_the_domain_alone(placed: Placed) -> None:
    network, domain, closed = placed
    d = network.input_dim
    expected = closed_characteristic(domain, d) if closed else (-1) ** d
    assert cells_in(placed).euler_characteristic() == expected


@settings(max_examples=30)
@given(complexes(is_closed=True))
def test_the_cells_of_a_closed_domain_are_those_of_its_interior_and_those_of_its_boundary(
    placed: Placed,
) -> None:
    network, domain, _ = placed
    closed, opened = cells_in(placed), pe.sign_cells(network, domain)
    inside = ~lies_in_the_boundary(closed)
    assert {row.tobytes() for row in closed.sign_vectors[inside]} == {
        row.tobytes() for row in opened.sign_vectors
    }
    assert np.bincount(closed.dimensions[inside], minlength=len(opened.f_vector())).tolist() == list(
        opened.f_vector()
    )
    assert len({row.tobytes() for row in np.hstack([closed.sign_vectors, closed.domain_signs])}) == len(
        closed
    )
    assert closed.n_regions == opened.n_regions
    assert closed.n_activation_patterns >= opened.n_activation_patterns
    for signs, domain_signs, point in zip(
        closed.sign_vectors, closed.domain_signs, closed.exact_interior_points, strict=True
    ):
        assert network.exact.signs_at(point).tolist() == signs.tolist()
        values = [
            sum(a * x for a, x in zip(row, (*point, 1), strict=True))
            for row in (() if domain is None else domain.exact_rows)
        ]
        assert [int(value > 0) for value in values] == domain_signs.tolist()
        assert all(value >= 0 for value in values)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 6), st.sampled_from(KINDS))
def test_bounded_faces_of_an_arrangement_with_a_vertex_sum_up_to_one(
    seed: int, d: int, n: int, kind: str
) -> None:
    cells = pe.sign_cells(network_of(seed, (d, n), kind))
    assert cells.euler_characteristic(bounded=True) == (1 if cells.f_vector()[0] else 0)


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from([(2, 4), (2, 4, 3), (3, 4, 2)]), st.sampled_from(KINDS))
def test_without_biases_all_cells_are_cones_with_one_apex_if_any(
    seed: int, widths: tuple[int, ...], kind: str
) -> None:
    layers = [(W, 0 * b) for W, b in network_of(seed, widths, kind).exact_weights]
    cells = pe.sign_cells(pe.ReLUNetwork(layers))
    first = np.array(layers[0][0], dtype=float)
    has_apex = np.linalg.matrix_rank(first) == widths[0]
    assert cells.f_vector()[0] == cells.f_vector(bounded=True)[0] == int(has_apex)
    assert sum(cells.f_vector(bounded=True)) == int(has_apex)


# -- handshake ------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(complexes())
def test_regions_have_as_many_facets_as_there_are_sides_of_cells_of_dimension_d_less_one(
    placed: Placed,
) -> None:
    """The facets of regions come from their polytopes, one by one."""
    network, domain, _ = placed
    d = network.input_dim
    regions, cells = pe.enumerate_regions(network, domain), cells_in((network, domain, True))
    facets = [facet for region in regions for facet in region.facets()]
    n_inside = sum(all(label[0] == "neuron" for label in facet.labels) for facet in facets)
    walls = cells.dimensions == d - 1
    assert n_inside == 2 * int((walls & ~lies_in_the_boundary(cells)).sum())
    assert len(facets) - n_inside == int((walls & lies_in_the_boundary(cells)).sum())
    assert regions.f_vector()[d - 1] == n_inside // 2


@settings(max_examples=60)
@given(complexes())
def test_walls_have_two_sides_or_one_in_the_boundary_and_edges_two_ends_at_most(placed: Placed) -> None:
    cells = cells_in(placed)
    d = cells.network.input_dim
    walls = cells.cells_of_dimension(d - 1)
    sides = cells.incidence(d - 1).sum(axis=1)
    assert sides.tolist() == np.where(lies_in_the_boundary(cells)[walls], 1, 2).tolist()
    edges, ends = cells.cells_of_dimension(1), cells.incidence(0).sum(axis=0)
    assert (ends <= 2).all()
    assert cells.n_open_ends == (2 - ends).sum() >= 0
    if cells.is_closed:
        assert ((ends == 2) == cells.is_bounded[edges]).all()


@settings(max_examples=60)
@given(complexes())
def test_between_cells_two_dimensions_apart_there_are_none_or_two(placed: Placed) -> None:
    cells = cells_in(placed)
    for k in range(cells.network.input_dim - 1):
        between = cells.incidence(k) @ cells.incidence(k + 1)
        assert set(between.data.tolist()) <= {2}


@settings(max_examples=40)
@given(complexes())
def test_around_each_cell_and_on_each_bounded_closed_cell_alternating_sums_are_those_of_balls(
    placed: Placed,
) -> None:
    cells = cells_in(placed)
    d = cells.network.input_dim
    above, below = signed(cells.dimensions).astype(int), signed(cells.dimensions).astype(int)
    for k in range(d):
        for j in range(k + 1, d + 1):
            lower, upper = cells.cells_of_dimension(k), cells.cells_of_dimension(j)
            pairs = cells.incidence(k, j)
            above[lower] += (-1) ** j * pairs.sum(axis=1)
            below[upper] += (-1) ** k * pairs.sum(axis=0)
    inside = ~lies_in_the_boundary(cells)
    assert set(above[inside].tolist()) <= {(-1) ** d}
    assert set(above[~inside].tolist()) <= {0}
    if cells.is_closed:
        assert set(below[cells.is_bounded].tolist()) <= {1}


# -- general position -----------------------------------------------------------------------------------


@settings(max_examples=30)
@given(complexes(["generic"], is_closed=False))
def test_in_general_position_complexes_are_cubical_around_every_cell(placed: Placed) -> None:
    cells = cells_in(placed)
    d, f = cells.network.input_dim, cells.f_vector()
    if (
        not cells.is_generic()
    ):  # a later neuron may vanish where earlier ones are dead, but hardly with biases
        raise AssertionError("normal weights are not generic")
    assert len({row.tobytes() for row in cells.sign_vectors}) == len(cells)
    for k in range(d):
        for j in range(k + 1, d + 1):
            n_above = 2 ** (j - k) * comb(d - k, j - k)
            assert set(cells.incidence(k, j).sum(axis=1).tolist()) <= {n_above}
            assert cells.incidence(k, j).sum() == n_above * f[k]
    assert cells.n_open_ends == 2 * f[1] - 2 * d * f[0]


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([(2, 5), (2, 4, 3), (2, 3, 3, 2), (2, 6, 5)]))
def test_generic_planar_regions_are_counted_by_vertices_and_open_curves(
    seed: int, widths: tuple[int, ...]
) -> None:
    """f_2 = 1 + f_0 + the components of all bent lines that are not closed."""
    cells = pe.sign_cells(network_of(seed, widths))
    edges, ends = cells.cells_of_dimension(1), cells.incidence(0).T.tocsr()
    n_open = 0
    for neuron in range(cells.network.n_neurons):
        curve = np.flatnonzero(cells.sign_vectors[edges, neuron] == 0)
        on_curve = ends[curve]
        n_components, component = connected_components(on_curve @ on_curve.T, directed=False)
        loose = 2 - on_curve.sum(axis=1)
        n_open += sum(bool(loose[component == c].any()) for c in range(n_components))
    f = cells.f_vector()
    assert f[2] == 1 + f[0] + n_open


def dimensions_of_prefixes(cells: pe.SignCells, n_neurons: int) -> dict[bytes, int]:
    """The cells of the first neurons, whose dimensions are the largest ones of the cells inside."""
    found: dict[bytes, int] = {}
    for row, dimension in zip(cells.sign_vectors[:, :n_neurons], cells.dimensions.tolist(), strict=True):
        key = row.tobytes()
        found[key] = max(found.get(key, 0), dimension)
    return found


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.sampled_from([(3, 5), (3, 4, 3), (3, 3, 2, 2), (3, 6, 4)]))
def test_walls_and_regions_of_generic_networks_in_space_differ_by_what_surfaces_they_make(
    seed: int, widths: tuple[int, ...]
) -> None:
    """3 f_3 - f_2 = 3 + the sum of 2 chi(h) + (ends of edges at infinity) / 2 over all bent planes h.

    h is cut by the neurons before it, and chi(h) = f_0(h) - f_1(h) + f_2(h).
    """
    cells = pe.sign_cells(network_of(seed, widths))
    total = 0
    for neuron in range(cells.network.n_neurons):
        part = pe.sign_cells(truncated(cells.network, neuron + 1))
        is_on = part.sign_vectors[:, neuron] == 0
        f_0, f_1, f_2, _ = np.bincount(part.dimensions[is_on], minlength=4).tolist()
        edges = is_on[part.cells_of_dimension(1)]
        n_ends = 2 * f_1 - int(part.incidence(0)[:, edges].sum())
        assert n_ends % 2 == 0
        total += 2 * (f_0 - f_1 + f_2) + n_ends // 2
    f = cells.f_vector()
    assert 3 * f[3] - f[2] == 3 + total


# -- refinement -----------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(complexes())
def test_each_neuron_adds_as_many_regions_as_it_has_walls_when_it_is_inserted(placed: Placed) -> None:
    """f_d = 1 + the sum over neurons of the (d - 1)-cells that they cut out of regions; in any network."""
    network, domain, _ = placed
    d = network.input_dim
    cells = pe.sign_cells(network, domain)
    n_regions = 1
    before = {b"": d}
    for neuron in range(network.n_neurons):
        after = dimensions_of_prefixes(cells, neuron + 1)
        n_regions += sum(
            dimension == d - 1 and key[-1] == 0 and before[key[:-1]] == d for key, dimension in after.items()
        )
        assert n_regions == sum(dimension == d for dimension in after.values())
        before = after
    assert n_regions == cells.n_regions


@settings(max_examples=30)
@given(complexes(), st.integers(1, 7))
def test_the_complex_of_the_first_neurons_is_refined_by_that_of_all(placed: Placed, n_neurons: int) -> None:
    """Its cells are what the others agree on, of the largest dimension among them."""
    network, domain, _ = placed
    if n_neurons > network.n_neurons:
        return
    fine, coarse = pe.sign_cells(network, domain), pe.sign_cells(truncated(network, n_neurons), domain)
    signs = (row.tobytes() for row in coarse.sign_vectors)
    assert dict(zip(signs, coarse.dimensions.tolist(), strict=True)) == dimensions_of_prefixes(
        fine, n_neurons
    )


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([(2, 4, 2), (3, 4, 2)]))
def test_a_generic_neuron_more_adds_its_own_cells_and_cuts_those_that_it_meets(
    seed: int, widths: tuple[int, ...]
) -> None:
    """f_k(C) = f_k(C - h) + f_k(h) + f_(k - 1)(h), h among the cells of C."""
    network = network_of(seed, widths)
    with_h, without = pe.sign_cells(network), pe.sign_cells(truncated(network, network.n_neurons - 1))
    of_h = with_h.dimensions[with_h.sign_vectors[:, -1] == 0]
    f_h = np.bincount(of_h, minlength=widths[0] + 1)
    added = f_h + np.concatenate([[0], f_h[:-1]])
    assert with_h.f_vector() == tuple((np.array(without.f_vector()) + added).tolist())


# -- invariance -----------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(networks(), st.integers(0, 10**6))
def test_affine_maps_of_the_input_that_can_be_undone_leave_f_vectors_as_they_are(
    network: pe.ReLUNetwork, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    d = network.input_dim
    upper = np.triu(rng.integers(-3, 4, (d, d)), 1) + np.diag(rng.choice([-2, -1, 1, 3], d))
    M = np.array(upper[rng.permutation(d)], dtype=object)
    shift = np.array(rng.integers(-5, 6, d), dtype=object)
    (W, b), *rest = network.exact_weights
    moved = pe.ReLUNetwork([(W @ M, W @ shift + b), *rest], float(network.negative_slopes[0][0]))
    before, after = pe.sign_cells(network), pe.sign_cells(moved)
    for bounded in (False, True):
        assert after.f_vector(bounded=bounded) == before.f_vector(bounded=bounded)


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 5), st.sampled_from(KINDS))
def test_the_other_sign_of_a_row_of_the_only_layer_leaves_its_f_vector(
    seed: int, d: int, n: int, kind: str
) -> None:
    (W, b), output = network_of(seed, (d, n), kind).exact_weights
    turned = W.copy(), b.copy()
    turned[0][seed % n] *= -1
    turned[1][seed % n] *= -1
    assert (
        pe.sign_cells(pe.ReLUNetwork([turned, output])).f_vector()
        == pe.sign_cells(pe.ReLUNetwork([(W, b), output])).f_vector()
    )


@settings(max_examples=20)
@given(
    st.integers(0, 10**6), st.sampled_from([(1, 3), (1, 2, 2)]), st.sampled_from([(1, 3), (2, 2)]),
    st.sampled_from(KINDS), st.booleans(), st.booleans(),
)  # fmt: skip
def test_f_vectors_of_networks_side_by_side_multiply(
    seed: int, left: tuple[int, ...], right: tuple[int, ...], kind: str, in_box: bool, closed: bool
) -> None:
    """The shorter one is carried on by neurons that repeat its own, which make no cells."""
    parts = [network_of(seed, left, kind), network_of(seed + 1, right, kind)]
    depth = max(part.n_hidden_layers for part in parts)
    layers = [list(part.exact_weights[:-1]) for part in parts]
    for part in layers:
        while len(part) < depth:  # positive where the neuron is, and zero where it is not
            width = len(part[-1][1])
            part.append((np.eye(width, dtype=int).astype(object), np.zeros(width, dtype=int).astype(object)))
    wide = []
    for (W, b), (V, c) in zip(*layers, strict=True):
        top = np.hstack([W, np.zeros((len(b), V.shape[1]), dtype=int)])
        bottom = np.hstack([np.zeros((len(c), W.shape[1]), dtype=int), V])
        wide.append((np.vstack([top, bottom]), np.concatenate([b, c])))
    both = pe.ReLUNetwork([*wide, (np.ones((1, len(wide[-1][1]))), [0])])

    def cells(network: pe.ReLUNetwork) -> pe.SignCells:
        domain = pe.box(-1, 1, dimension=network.input_dim) if in_box else None
        return pe.sign_cells(network, domain, closed=closed)

    for bounded in (False, True):
        first, second = (cells(part).f_vector(bounded=bounded) for part in parts)
        assert cells(both).f_vector(bounded=bounded) == tuple(np.convolve(first, second).tolist())
