"""Open cells by their generators: against cddlib, and against decisions by linear programs."""

from __future__ import annotations

from fractions import Fraction

import cdd.gmp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polytope_engine as pe
from polytope_engine.complexes.sign_tree import domain_cell
from polytope_engine.exact.decisions import CUT, NEGATIVE, POSITIVE, ZERO, sign_on_cell
from polytope_engine.exact.generators import OpenCell


def polytopes(seed: int) -> pe.HPolytope | None:
    """A polyhedron with small integers, bounded or not, many of its vertices degenerate; None if it is flat."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 5))
    m = int(rng.integers(1, 9))
    domain = pe.HPolytope(rng.integers(-1, 2, (m, d)), rng.integers(0, 3, m))
    return domain if domain.is_full_dimensional() else None


def cddlib_generators(domain: pe.HPolytope) -> tuple[set[tuple[Fraction, ...]], int]:
    """Vertices as (x, 1), rays as primitive (r, 0), and the number of lines."""
    rows = [[Fraction(row[-1]), *map(Fraction, row[:-1])] for row in domain.exact_rows]
    matrix = cdd.gmp.matrix_from_array(rows, rep_type=cdd.RepType.INEQUALITY)
    generators = cdd.gmp.copy_generators(cdd.gmp.polyhedron_from_matrix(matrix))
    found = set()
    for i, (t, *x) in enumerate(generators.array):
        if i not in generators.lin_set:
            found.add(normal_form([*x, t]))
    if not any(vector[-1] for vector in found):  # of a cone, cddlib leaves out the apex
        found.add(normal_form([0] * domain.dimension + [1]))
    return found, len(generators.lin_set)


def normal_form(vector: list[Fraction] | list[int]) -> tuple[Fraction, ...]:
    scale = Fraction(vector[-1]) or max(abs(Fraction(x)) for x in vector)
    return tuple(Fraction(x) / scale for x in vector)


@settings(max_examples=80)
@given(st.integers(0, 10**6))
def test_the_generators_of_a_polyhedron_are_those_that_cddlib_finds(seed: int) -> None:
    domain = polytopes(seed)
    if domain is None:
        return
    cell = domain_cell(domain, domain.dimension)
    expected, n_lines = cddlib_generators(domain)
    assert len(cell.lines) == n_lines
    assert cell.is_bounded() == domain.is_bounded()
    if n_lines:
        assert len(cell.generators) == len(expected)  # which vectors stand for them is a matter of choice
        return
    found = [normal_form(vector[: domain.dimension + 1]) for vector in cell.generators]
    assert len(set(found)) == len(found)
    assert set(found) == expected


@settings(max_examples=80)
@given(st.integers(0, 10**6))
def test_signs_at_the_generators_are_those_that_linear_programs_decide(seed: int) -> None:
    domain = polytopes(seed)
    if domain is None:
        return
    rng = np.random.default_rng(seed)
    d = domain.dimension
    targets = rng.integers(-2, 3, (6, d + 1)).tolist()
    rows = [row for row in domain.exact_rows if any(row[:-1])]
    cell = domain_cell(domain, d).with_functions(targets)
    for k, target in enumerate(targets):
        assert cell.sign(d + 1 + k) == sign_on_cell(rows, target).verdict


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_the_parts_of_a_cut_hold_their_interior_points_and_have_the_signs_of_the_cut(seed: int) -> None:
    """Cut again and again, into cells of every dimension."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 5))
    waiting = [(OpenCell.whole_space(d), ())]
    for target in rng.integers(-1, 2, (4, d + 1)).tolist():
        parts = []
        for cell, signs in waiting:
            asked = cell.with_functions([target])
            verdict = asked.sign(d + 1)
            if verdict == CUT:
                below, at, above = asked.cut(d + 1)
                assert (below.dimension, at.dimension, above.dimension) == tuple(
                    cell.dimension - k for k in (0, 1, 0)
                )
                halves = ((below, NEGATIVE), (at, ZERO), (above, POSITIVE))
                parts += [(part, (*signs, (target, sign))) for part, sign in halves]
            else:
                parts.append((asked, (*signs, (target, verdict))))
        waiting = parts
    for cell, signs in waiting:
        point = cell.interior_point()
        assert point[-1] > 0
        for target, sign in signs:
            value = sum(a * x for a, x in zip(target, point, strict=True))
            assert (value > 0) - (value < 0) == sign
        rank = np.linalg.matrix_rank([vector[: d + 1] for vector in (*cell.lines, *cell.generators)])
        assert rank == cell.dimension + 1


def test_diagonals_of_a_face_are_no_edges_even_if_a_redundant_cut_touches_the_face() -> None:
    """x + y >= 0 touches {x, y >= 0, 0 <= z, w <= 1} in a square, which z = w cuts from corner to corner."""
    cuts = [(1, 1, 0, 0, 0), (1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 0, 1, 0, 0), (0, 0, 0, 1, 0)]
    cell = OpenCell.whole_space(4)
    for row in [*cuts, (0, 0, -1, 0, 1), (0, 0, 0, -1, 1)]:
        _, _, cell = cell.with_functions([row]).cut(5)
    _, middle, _ = cell.with_functions([(0, 0, 1, -1, 0)]).cut(5)
    assert {tuple(vector[:5]) for vector in middle.generators} == {
        (0, 0, 0, 0, 1), (0, 0, 1, 1, 1), (1, 0, 0, 0, 0), (0, 1, 0, 0, 0),
    }  # fmt: skip


@pytest.mark.parametrize("d", [1, 3, 8])
def test_a_box_has_its_corners_as_generators(d: int) -> None:
    cell = domain_cell(pe.box(0, 1, dimension=d), d)
    assert len(cell.generators) == 2**d
    assert {tuple(vector[:d]) for vector in cell.generators} == set(np.ndindex(*[2] * d))
    assert cell.interior_point() == (*[1] * d, 2)


def test_interior_points_stay_near_the_middle_where_denominators_differ() -> None:
    """The corners 0 and 1 + 2^-40 of an interval: adding up numerators and denominators would end near 1."""
    cell = domain_cell(pe.box(0, 1 + 2.0**-40, dimension=1), 1)
    numerator, denominator = cell.interior_point()
    assert Fraction(1, 3) < Fraction(numerator, denominator) < Fraction(2, 3)
