"""Domains whose numbers do not fit into floats, and points that do not either."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.exact.decisions import CUT, SignDecision
from polytope_engine.regions import search as search_module

LINE = pe.ReLUNetwork([([[1.0]], [0.0]), ([[1.0]], [0.0])])
PLANE = pe.ReLUNetwork([([[1.0, 1.0]], [0.0]), ([[1.0]], [0.0])])


def test_an_entry_that_floats_lose_still_makes_a_domain_empty() -> None:
    """0 <= 2^1100 x + y <= 1 - 2 y and 1 <= y <= 2: empty, though A shows a box."""
    big = 1 << 1100
    rows = [[big, 1, 0], [-big, -3, 1], [0, 1, -1], [0, -1, 2]]
    assert not pe.HPolytope.from_exact_rows(rows).A[0, 1]
    with pytest.raises(pe.errors.EmptyDomainError):
        pe.enumerate_regions(PLANE, pe.HPolytope.from_exact_rows(rows))


def test_an_entry_that_floats_lose_still_slants_a_facet() -> None:
    big = 1 << 1100
    rows = [[big, 1, 0], [-big, 0, 1], [0, 1, 1], [0, -1, 1]]
    domain = pe.HPolytope.from_exact_rows(rows)
    left_of_zero = pe.ReLUNetwork([([[1.0, 0.0]], [0.0]), ([[1.0]], [0.0])])
    assert len(pe.enumerate_regions(left_of_zero, domain)) == 2


def test_a_domain_with_bounds_beyond_all_floats_is_searched() -> None:
    domain = pe.HPolytope([[1e-300], [-1e-300]], [1e300, 1e300])
    regions = pe.enumerate_regions(LINE, domain)
    assert len(regions) == 2
    assert np.all(np.isfinite(regions.interior_points))
    for index, sign in enumerate(regions.sign_vectors[:, 0]):
        point = regions.exact_interior_points.get(index)
        x = Fraction(float(regions.interior_points[index, 0])) if point is None else point[0]
        assert x * int(sign) > 0
        assert abs(x) < Fraction(1e300) / Fraction(1e-300)


def test_a_single_region_beyond_all_floats_keeps_its_exact_point() -> None:
    domain = pe.HPolytope([[1e-300], [-1e-300]], [2e300, -1e300])
    for network in (pe.ReLUNetwork([([[0.0]], [1.0]), ([[1.0]], [0.0])]), LINE):
        (region,) = pe.enumerate_regions(network, domain)
        assert np.all(np.isfinite(region.interior_point))
        (x,) = pe.enumerate_regions(network, domain).exact_interior_points[0]
        assert 1 < x * Fraction(1e-300) / Fraction(1e300) < 2


def test_a_cut_without_a_place_to_cut_is_no_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    from polytope_engine.regions.working_space import working_space

    cells = search_module.CellSearch(LINE, working_space(LINE, pe.box(-1, 1, dimension=1)))
    monkeypatch.setattr(search_module, "sign_on_cell", lambda *_, **__: SignDecision(CUT))
    with pytest.raises(AssertionError, match="verdict 2"):
        cells._answer_decision()
