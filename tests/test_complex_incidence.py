"""What cells of every dimension border on, against geometry: polytopes glued together, and points that move."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from complex_networks import complexes, network_of
from hypothesis import given, settings
from hypothesis import strategies as st

import polytope_engine as pe
from polytope_engine.complexes.incidence import ordered_pairs
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.exact.face_lattice import face_lattice
from polytope_engine.regions.outcome import Status

Placed = tuple[pe.ReLUNetwork, pe.HPolytope | None, bool]
Face = tuple[frozenset[tuple[int, ...]], frozenset[tuple[int, ...]]]  # its points and its rays
TINY = Fraction(1, 2**400)  # far below the distance from a point to what the rows of these networks cut


# -- a second way to all cells: the faces of all regions, glued where their generators are the same --------


def glued_faces(network: pe.ReLUNetwork, domain: pe.HPolytope | None) -> dict[Face, tuple[int, bool, bool]]:
    """Faces of the closed regions: dimension, whether it is bounded, whether it lies in the domain's boundary."""
    faces = {}
    d = network.input_dim
    for region in pe.enumerate_regions(network, domain):
        p = region.polytope.exact.polyhedron
        generators = [*p.points, *((*ray, 0) for ray in p.rays)]
        levels = face_lattice(p).levels((1 << len(generators)) - 1)
        for step, level in enumerate(levels):
            for mask in level:
                of_face = [vector for k, vector in enumerate(generators) if mask >> k & 1]
                is_boundary = domain is not None and any(
                    any(row) and not any(np.dot(row, vector) for vector in of_face)
                    for row in domain.exact_rows
                )
                points = frozenset(vector for vector in of_face if vector[-1])
                rays = frozenset(of_face) - points
                faces[points, rays] = (d - step, not rays and not p.lines, is_boundary)
    return faces


def counted(dimensions: list[int], d: int) -> tuple[int, ...]:
    return tuple(np.bincount(np.array(dimensions, dtype=int), minlength=d + 1).tolist())


@settings(max_examples=40)
@given(complexes())
def test_sign_cells_are_the_faces_of_regions_glued_together(placed: Placed) -> None:
    network, domain, closed = placed
    d = network.input_dim
    faces = {
        face: (dimension, is_bounded)
        for face, (dimension, is_bounded, is_boundary) in glued_faces(network, domain).items()
        if closed or not is_boundary
    }
    cells = pe.sign_cells(network, domain, closed=closed)
    assert cells.f_vector() == counted([dimension for dimension, _ in faces.values()], d)
    bounded = [dimension for dimension, is_bounded in faces.values() if is_bounded]
    assert cells.f_vector(bounded=True) == counted(bounded, d)
    by_dimension: list[list[Face]] = [[] for _ in range(d + 1)]
    for face, (dimension, _) in faces.items():
        by_dimension[dimension].append(face)
    for k in range(d):
        n_pairs = sum(
            low[0] <= high[0] and low[1] <= high[1]
            for low, high in product(by_dimension[k], by_dimension[k + 1])
        )
        assert cells.incidence(k).sum() == n_pairs


# -- a second way to incidence: walk from a point of one cell a tiny step towards a point of another ------


@settings(max_examples=30)
@given(complexes(), st.integers(0, 10**6))
def test_a_cell_lies_in_the_closure_of_another_if_a_tiny_step_leads_from_it_into_the_other(
    placed: Placed, seed: int
) -> None:
    network, domain, closed = placed
    cells = pe.sign_cells(network, domain, closed=closed)
    rows = () if domain is None else domain.exact_rows
    rng = np.random.default_rng(seed)
    for k in range(network.input_dim):
        for j in range(k + 1, network.input_dim + 1):
            lower, upper = cells.cells_of_dimension(k), cells.cells_of_dimension(j)
            table = cells.incidence(k, j).toarray()
            assert table.shape == (len(lower), len(upper))
            pairs = [*np.argwhere(table)[:20], *np.argwhere(table == 0)[:200]]
            for i in rng.permutation(len(pairs))[:25]:
                a, b = pairs[i]
                p, q = (cells.exact_interior_points[int(x)] for x in (lower[a], upper[b]))
                near = [x + TINY * (y - x) for x, y in zip(p, q, strict=True)]
                signs = network.exact.signs_at(near).tolist()
                on = [int(sum(r * x for r, x in zip(row, (*near, 1), strict=True)) > 0) for row in rows]
                is_reached = (
                    signs == cells.sign_vectors[upper[b]].tolist()
                    and on == cells.domain_signs[upper[b]].tolist()
                )
                assert is_reached == bool(table[a, b])


# -- the search for pairs ---------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(0, 25), st.integers(0, 25))
def test_pairs_of_sign_vectors_are_those_of_the_definition(seed: int, width: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    lower, upper = (rng.integers(-1, 2, (size, width)).astype(np.int8) for size in (n, m))
    if width > 2:  # copies and opposites, dead columns
        lower[:, 0], upper[:, 0] = -lower[:, 1], -upper[:, 1]
    upper = np.unique(upper, axis=0)
    taken = {row.tobytes() for row in upper}
    lower = np.array([row for row in lower if row.tobytes() not in taken], dtype=np.int8).reshape(-1, width)
    expected = [
        (i, j)
        for i, low in enumerate(lower)
        for j, high in enumerate(upper)
        if ((low == 0) | (low == high)).all()
    ]
    rows, columns = ordered_pairs(lower, upper)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == expected


def test_pairs_are_found_in_small_blocks_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    from polytope_engine.complexes import incidence as module

    cells = pe.sign_cells(pe.library.braid(4).network)
    whole = [cells.incidence(k).toarray() for k in range(3)]
    monkeypatch.setattr(module, "_SIGNS_AT_ONCE", 10)
    monkeypatch.setattr(module, "_PRODUCTS_AT_ONCE", 10)
    for k in range(3):
        assert (cells.incidence(k).toarray() == whole[k]).all()


def test_repeated_and_opposite_neurons_change_no_incidence() -> None:
    W, b = np.random.default_rng(3).normal(size=(5, 2)), np.random.default_rng(4).normal(size=5)
    plain = pe.sign_cells(pe.ReLUNetwork([(W, b), (np.ones((1, 5)), [0])]))
    copies = pe.ReLUNetwork(
        [(np.vstack([W, -W, 2 * W, 0 * W]), np.concatenate([b, -b, 2 * b, 0 * b])), (np.ones((1, 20)), [0])]
    )
    cells = pe.sign_cells(copies)
    assert not cells.is_generic()
    for k, j in ((0, 1), (1, 2), (0, 2)):
        assert (cells.incidence(k, j) != plain.incidence(k, j)).nnz == 0


# -- columns ----------------------------------------------------------------------------------------------


def test_vertices_are_the_cells_of_dimension_0() -> None:
    """x = 0, y = 0 and 3 x + 3 y = 1."""
    network = pe.ReLUNetwork([([[1, 0], [0, 1], [3, 3]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    cells = pe.sign_cells(network)
    third = Fraction(1, 3)
    assert sorted(cells.exact_vertices) == [(0, 0), (0, third), (third, 0)]
    assert sorted(cells.vertices.tolist()) == [[0, 0], [0, 1 / 3], [1 / 3, 0]]
    assert cells.vertices.shape == (3, 2)
    numbers = np.concatenate([cells.cells_of_dimension(k) for k in range(3)])
    assert sorted(numbers.tolist()) == list(range(len(cells)))
    with pytest.raises(ValueError, match="read-only"):
        cells.domain_signs[0] = 0


def test_a_complex_without_vertices_has_none() -> None:
    cells = pe.sign_cells(pe.library.dead_neuron().network)
    assert (cells.f_vector(), cells.vertices.shape, cells.exact_vertices) == ((0, 1, 2), (0, 2), [])
    assert cells.incidence(0).shape == (0, 1)
    assert cells.incidence(0, 2).shape == (0, 2)
    assert cells.n_open_ends == 2


def test_a_cell_that_is_alone_borders_on_nothing() -> None:
    cells = pe.sign_cells(pe.ReLUNetwork([([[1.0, 2.0]], [3.0])]))
    assert [cells.incidence(0, 1).shape, cells.incidence(1).shape] == [(0, 0), (0, 1)]
    assert cells.is_generic()


def test_an_incomplete_set_has_the_incidence_of_the_cells_that_it_has() -> None:
    network = network_of(5, (3, 5, 3))
    whole, part = pe.sign_cells(network), pe.sign_cells(network, max_cells=150)
    assert not part.status.is_complete
    for k, j in ((0, 1), (1, 2), (2, 3), (0, 2), (1, 3), (0, 3)):
        n, m = (len(part.cells_of_dimension(dimension)) for dimension in (k, j))
        assert (part.incidence(k, j).toarray() == whole.incidence(k, j).toarray()[:n, :m]).all()


def test_cells_border_on_one_another_even_if_all_between_them_are_missing() -> None:
    whole = pe.sign_cells(pe.library.generic(4, 3).network)
    kept = np.flatnonzero((whole.dimensions == 0) | (whole.dimensions == 3))
    part = pe.SignCells(
        whole.network, None, whole.sign_vectors[kept], whole.dimensions[kept], whole.is_bounded[kept], [],
        domain_signs=whole.domain_signs[kept], is_closed=False, status=Status.MAX_CELLS, work=whole.work,
    )  # fmt: skip
    assert (part.incidence(0, 3) != whole.incidence(0, 3)).nnz == 0
    assert part.incidence(0, 3).sum() == 8 * 4


@pytest.mark.parametrize(
    ("k", "j", "sentence"),
    [
        (2, None, "`k` is 2; it must be an integer from 0 to 1"),
        (-1, None, "`k` is -1"),
        (0, 0, "`j` is 0; it must be an integer from 1 to 2"),
        (1, 3, "`j` is 3; it must be an integer from 2 to 2"),
        (True, None, "`k` is True"),
        (0.5, None, "`k` is 0.5"),
    ],
)
def test_dimensions_that_are_none_are_refused(k: object, j: object, sentence: str) -> None:
    cells = pe.sign_cells(pe.library.stargalla().network)
    with pytest.raises(InvalidArgumentError, match=sentence):
        cells.incidence(k, j)  # type: ignore[arg-type]


def test_dimensions_of_cells_are_refused_outside_of_space() -> None:
    with pytest.raises(InvalidArgumentError, match="`k` is 3; it must be an integer from 0 to 2"):
        pe.sign_cells(pe.library.stargalla().network).cells_of_dimension(3)


def test_closed_is_true_or_false() -> None:
    with pytest.raises(InvalidArgumentError, match="`closed` is 'yes'; it must be True or False"):
        pe.sign_cells(pe.library.stargalla().network, closed="yes")  # type: ignore[arg-type]


def test_the_name_of_a_set_says_whether_its_domain_is_closed() -> None:
    network, interval = pe.library.identity().network, pe.box(-1, 1, dimension=1)
    assert repr(pe.sign_cells(network, interval, closed=True)) == (
        "<SignCells: 5 sign cells of 1-2-1 in R^1 and a closed domain, f-vector (3, 2), complete>"
    )
    assert "closed" not in repr(pe.sign_cells(network, closed=True))


# -- limits -----------------------------------------------------------------------------------------------


def test_limits_and_progress_hold_in_closed_domains_too() -> None:
    network, cube = network_of(0, (3, 8, 8)), pe.box(-1, 1, dimension=3)
    whole = pe.sign_cells(network, cube, closed=True)
    part = pe.sign_cells(network, cube, max_cells=100, closed=True)
    assert (len(part), part.status.is_complete) == (100, False)
    assert (part.domain_signs == whole.domain_signs[:100]).all()
    seen: list[tuple[int, float]] = []
    pe.sign_cells(network, cube, lambda n, done: seen.append((n, done)), closed=True)
    assert seen == sorted(seen)
    assert seen[-1] == (len(whole), 1.0)
    assert 2 * whole.work.n_cuts + 27 == len(whole)
