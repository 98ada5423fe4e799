"""The kernels of vertices and volumes, small enough to run as plain Python, where indices are checked."""

from __future__ import annotations

from fractions import Fraction

import numba
import numpy as np
import pytest
from measuring import assert_floats_are_exact_numbers_rounded, one_layer, one_region, random_network, simplex

import polytope_engine as pe
from polytope_engine.kernels import generators as kernel
from polytope_engine.regions import cell_measuring

pytestmark = pytest.mark.nojit

# Four planes through (1/3, 1/3, 1/3), which is no float, and one parallel to another.
CONCURRENT = one_layer([[3, 6, 0], [0, 9, 3], [3, 15, 6], [6, 3, -3], [3, 6, 0]], [-3, -4, -8, -2, 4])
THIRDS = pe.ReLUNetwork(
    [
        (
            [[Fraction(1, 3), Fraction(2, 7)], [Fraction(5, 3), Fraction(-1, 7)], [2, Fraction(1, 7)]],
            [0, 0, 0],
        ),
        ([[1, Fraction(1, 3), 1]], [-1]),
        ([[1]], [0]),
    ]
)


@pytest.mark.parametrize("domain", [None, pe.box(-1, 1, dimension=2), simplex(2, 2)])
def test_columns_by_plain_python_are_exact_numbers_rounded(domain: pe.HPolytope | None) -> None:
    assert_floats_are_exact_numbers_rounded(pe.enumerate_regions(random_network(2, 3, 2, 1, seed=2), domain))


def test_ties_are_settled_by_residues() -> None:
    """Planes through a common point, where floats decide nothing; and rows that are no floats."""
    regions = pe.enumerate_regions(CONCURRENT)
    found, _ = assert_floats_are_exact_numbers_rounded(regions)
    counts = regions.measure("n_vertices", "n_rays", "is_bounded")
    assert counts.n_exact == 0
    assert found["n_vertices"].max() > 1
    # three lines through the origin, bent along the walls of the second layer
    assert_floats_are_exact_numbers_rounded(pe.enumerate_regions(THIRDS))


def test_a_small_workspace_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    cube = one_region(pe.box(0, 1, dimension=3))
    monkeypatch.setattr(cell_measuring, "FEW_GENERATORS", 5)
    monkeypatch.setattr(cell_measuring, "VERTICES_A_CELL", 1)
    names = ("n_vertices", "n_simplices", "volume", "n_facets")
    for rule in ("pulling", "delaunay"):
        found = cube.measure(*names, rule=rule, n_workers=1)
        assert [found[name][0] for name in names] == [8, 6, pytest.approx(1.0), 6]
        assert found.n_exact == 0
    assert_floats_are_exact_numbers_rounded(
        pe.enumerate_regions(CONCURRENT, pe.box(-3, 3, dimension=3)), rule="delaunay"
    )


def test_a_cell_with_too_many_generators_is_measured_in_rationals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell_measuring, "FEW_GENERATORS", 5)
    monkeypatch.setattr(cell_measuring, "MOST_GENERATORS", 5)
    found = one_region(pe.box(0, 1, dimension=3)).measure("n_vertices", "volume", n_workers=1)
    assert (found["n_vertices"][0], found["volume"][0], found.n_exact) == (8, 1.0, 1)


def test_missing_primes_are_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    reasons: list[int] = []
    grow = cell_measuring.CellMeasurer._with_more_room

    def watched(self: cell_measuring.CellMeasurer, at: int, answers: kernel.Answers) -> kernel.Answers:
        reasons.append(int(answers.status[at]))
        return grow(self, at, answers)

    monkeypatch.setattr(cell_measuring.CellMeasurer, "_with_more_room", watched)
    regions = pe.enumerate_regions(CONCURRENT)
    found = regions.measure("n_vertices", "n_rays", n_workers=1)
    assert set(reasons) == {kernel.MORE_PRIMES}
    assert found.n_exact == 0
    cube = one_region(pe.box(0, 1, dimension=2))
    reasons.clear()
    monkeypatch.setattr(cell_measuring, "VERTICES_A_CELL", 3)
    cube.measure("n_simplices", rule="delaunay", n_workers=1)
    assert reasons == [kernel.MORE_VERTICES]
    reasons.clear()
    monkeypatch.setattr(cell_measuring, "FEW_GENERATORS", 4)
    cube.measure("n_simplices", n_workers=1)
    assert reasons == [kernel.TOO_SMALL]


@pytest.mark.skipif(not numba.config.DISABLE_JIT, reason="compiled code alone can call these")
def test_bits_are_counted_and_found() -> None:
    for word in (0, 1, 3, 2**63, 2**64 - 1, 0x123456789ABCDEF):
        assert kernel.count_bits(np.uint64(word)) == word.bit_count()
    words = np.zeros(3, dtype=np.uint64)
    assert kernel.lowest_bit(words, 3) == -1
    for bit in (191, 130, 64, 63, 5, 0):
        kernel.set_bit(words, bit)
        assert kernel.has_bit(words, bit)
        assert not kernel.has_bit(words, 100)
        assert kernel.lowest_bit(words, 3) == bit
