"""Closed sections, the complexes they are glued to, and their homology."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polytope_engine as pe
from polytope_engine.complexes.homology import betti_numbers
from polytope_engine.complexes.polyhedral_complex import PolyhedralComplex
from polytope_engine.exact.closed_section import closed_section
from polytope_engine.exact.generators import OpenCell
from polytope_engine.polytope.hpolytope import HPolytope

CUBE = [[*(sign * int(i == k) for i in range(3)), 1] for k in range(3) for sign in (1, -1)]

row = st.lists(st.integers(-2, 2), min_size=4, max_size=4)
# with the rows of a cube among them most hyperplanes meet something, and many of them a face only
some_rows = st.one_of(
    st.lists(row, max_size=9), st.lists(row, max_size=4).flatmap(lambda rows: st.permutations([*rows, *CUBE]))
)


# -- sections -------------------------------------------------------------------------------------


@given(equation=row, rows=some_rows)
@settings(max_examples=400)
def test_a_closed_section_is_the_flat_polytope_that_its_rows_describe(
    equation: list[int], rows: list[list[int]]
) -> None:
    part = closed_section(3, equation, rows)
    flat = HPolytope.from_exact_rows([equation, [-x for x in equation], *rows])
    if part is None:
        assert flat.is_empty()
        return
    assert part.cell.dimension == flat.exact.affine_dimension()
    assert len(part.cell.lines) == flat.exact.lineality_dimension()
    on = {k for k in part.on if any(rows[k][:-1])}
    assert {k - 2 for k in flat.exact.equalities() if k >= 2} == on
    assert {k for k, entries in enumerate(rows) if not any(entries)} == set(part.on) - on
    if not part.cell.lines:
        vectors = [vector[:4] for vector in part.cell.generators]
        points = {tuple(Fraction(x, v[3]) for x in v[:3]) for v in vectors if v[3]}
        assert points == set(flat.exact.vertices())
        assert sum(not v[3] for v in vectors) == len(flat.exact.rays())


@given(equation=row, rows=some_rows)
@settings(max_examples=400)
def test_a_complex_of_one_polytope_has_its_faces(equation: list[int], rows: list[list[int]]) -> None:
    part = closed_section(3, equation, rows)
    if part is None or part.cell.lines:
        return
    alone = PolyhedralComplex(3)
    alone.add(part.cell)
    flat = HPolytope.from_exact_rows([equation, [-x for x in equation], *rows])
    counts = flat.exact.f_vector()
    assert alone.f_vector() == (*counts, *(0,) * (4 - len(counts)))
    # the bounded faces of a pointed polyhedron can be contracted to a point
    assert alone.betti_numbers() == (1, 0, 0, 0)
    assert alone.euler_characteristic() == 1


def boxes(corners: list[tuple[int, int, int]]) -> PolyhedralComplex:
    """Unit cubes at integer corners."""
    cubes = PolyhedralComplex(3)
    for corner in corners:
        p = pe.box(list(corner), [x + 1 for x in corner])
        part = closed_section(3, (0, 0, 0, 0), p.exact_rows)
        assert part is not None
        cubes.add(part.cell)
    return cubes


SHELL = [corner for corner in product(range(3), repeat=3) if corner != (1, 1, 1)]
RING = [(x, y, 0) for x, y in product(range(3), repeat=2) if (x, y) != (1, 1)]


@pytest.mark.parametrize(
    ("corners", "f_vector", "betti"),
    [
        ([(0, 0, 0)], (8, 12, 6, 1), (1, 0, 0, 0)),
        ([(0, 0, 0), (1, 0, 0)], (12, 20, 11, 2), (1, 0, 0, 0)),
        ([(0, 0, 0), (1, 1, 1)], (15, 24, 12, 2), (1, 0, 0, 0)),
        ([(0, 0, 0), (2, 0, 0)], (16, 24, 12, 2), (2, 0, 0, 0)),
        (RING, (32, 64, 40, 8), (1, 1, 0, 0)),
        (SHELL, (64, 144, 108, 26), (1, 0, 1, 0)),
    ],
    ids=["one", "beside", "corner to corner", "apart", "ring", "shell"],
)
def test_cubes_that_are_glued_have_the_topology_of_what_they_make(
    corners: list[tuple[int, int, int]], f_vector: tuple[int, ...], betti: tuple[int, ...]
) -> None:
    cubes = boxes(corners)
    assert (cubes.f_vector(), cubes.betti_numbers()) == (f_vector, betti)
    assert cubes.euler_characteristic() == sum((-1) ** k * b for k, b in enumerate(betti))
    numbers = cubes.components([face.key for face in cubes.faces[3]])
    assert len(set(numbers.tolist())) == betti[0]


def test_rays_and_lines_are_no_part_of_the_bounded_faces() -> None:
    quadrant = PolyhedralComplex(2)
    part = closed_section(2, (0, 0, 0), [(1, 0, 0), (0, 1, 0)])
    assert part is not None
    quadrant.add(part.cell)
    assert (quadrant.f_vector(), quadrant.f_vector(bounded=True)) == ((1, 2, 1), (1, 0, 0))
    strip = closed_section(2, (0, 0, 0), [(1, 0, 0), (-1, 0, 1)])
    assert strip is not None
    band = PolyhedralComplex(2, strip.cell.lines)
    band.add(strip.cell)
    assert (band.f_vector(), band.f_vector(bounded=True), band.lineality_dimension) == (
        (0, 2, 1),
        (0, 0, 0),
        1,
    )
    assert band.betti_numbers() == (0, 0, 0)


def test_generators_that_differ_by_a_line_are_the_same() -> None:
    strip = closed_section(2, (0, 0, 0), [(1, 1, 0), (-1, -1, 1)])
    assert strip is not None
    cell = strip.cell
    (line,) = cell.lines
    shifted = [[x + 5 * v[2] * y for x, y in zip(v[:3], line[:3], strict=True)] for v in cell.generators]
    moved = OpenCell(2, 2, cell.lines, shifted, cell.tight, cell.n_cuts)
    band = PolyhedralComplex(2, cell.lines)
    assert band.key(cell) == band.key(moved)
    assert len(band.generators) == 2


# -- homology -------------------------------------------------------------------------------------


def rank_mod_2(matrix: np.ndarray) -> int:
    """Gaussian elimination on a dense matrix."""
    m = matrix.astype(np.uint8) % 2
    rank = 0
    for column in range(m.shape[1]):
        pivots = np.flatnonzero(m[rank:, column]) + rank
        if not len(pivots):
            continue
        m[[rank, pivots[0]]] = m[[pivots[0], rank]]
        others = np.flatnonzero(m[:, column])
        others = others[others != rank]
        m[others] ^= m[rank]
        rank += 1
        if rank == len(m):
            break
    return rank


@given(st.sets(st.frozensets(st.integers(0, 6), min_size=1, max_size=4), max_size=12))
def test_betti_numbers_are_those_of_dense_elimination(generators: set[frozenset[int]]) -> None:
    simplices = {
        frozenset(f) for g in generators for k in range(1, len(g) + 1) for f in combinations(sorted(g), k)
    }
    by_dimension = [sorted((s for s in simplices if len(s) == k + 1), key=sorted) for k in range(4)]
    places = [{s: k for k, s in enumerate(part)} for part in by_dimension]
    columns = [
        [tuple(places[k - 1][s - {v}] for v in s) if k else () for s in part]
        for k, part in enumerate(by_dimension)
    ]
    counts = [len(part) for part in by_dimension]
    ranks = [0]
    for k in range(1, 4):
        matrix = np.zeros((counts[k - 1], counts[k]), dtype=np.uint8)
        for j, column in enumerate(columns[k]):
            matrix[list(column), j] = 1
        ranks.append(rank_mod_2(matrix) if matrix.size else 0)
    ranks.append(0)
    expected = tuple(n - ranks[k] - ranks[k + 1] for k, n in enumerate(counts))
    assert betti_numbers(counts, columns) == expected


def test_boundaries_of_boundaries_vanish() -> None:
    cubes = boxes(SHELL)
    for k in (1, 2, 3):
        for facets in cubes.boundary_columns(k):
            total: set[int] = set()
            for facet in facets:
                total ^= set(cubes.boundary_columns(k - 1)[facet]) if k > 1 else set()
            assert not total


def test_the_projective_plane_has_a_loop_over_two_elements() -> None:
    """Six vertices and ten triangles: twice the loop is a boundary, so only GF(2) sees it and the inside."""
    triangles = ["012", "023", "034", "045", "051", "124", "235", "341", "452", "513"]
    sets = [frozenset(map(int, t)) for t in triangles]
    edges = sorted({frozenset(e) for t in sets for e in combinations(sorted(t), 2)}, key=sorted)
    assert len(edges) == 15
    places = {e: k for k, e in enumerate(edges)}
    columns = [tuple(places[frozenset(e)] for e in combinations(sorted(t), 2)) for t in sets]
    assert betti_numbers([6, 15, 10], [[], [tuple(e) for e in edges], columns]) == (1, 1, 1)
