"""Numbers near the ends of the floats: a product that is too small for one is no zero, and no tie."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numba
import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.kernels import generators, sharp_rows

ONLY_AS_PYTHON = pytest.mark.skipif(not numba.config.DISABLE_JIT, reason="compiled code alone can call these")
WHOLE = ("n_facets", "n_vertices", "n_rays")


@pytest.mark.parametrize("exponent", [-150, -165, -180, -190])
def test_entries_whose_products_vanish_in_floats_are_not_zero(exponent: int) -> None:
    """Inverses of such rows have entries that no float holds; read as zeros they once lost facets and rays."""
    x = 10.0**exponent
    for order in itertools.permutations(range(3)):
        rows = np.array([[1, x, 0], [0, 1, x], [0, 0, 1], [1, 0, 0]])[:, order]
        regions = pe.enumerate_regions(pe.ReLUNetwork([(rows, np.zeros(4)), (np.ones((1, 4)), [0.0])]))
        found, true = regions.measure(*WHOLE), regions.measure(*WHOLE, exact=True)
        for name in WHOLE:
            np.testing.assert_array_equal(found[name], true[name])


@pytest.mark.parametrize(("a", "b"), [(1.1e-161, 3e-162), (1.1e-155, 1.3e-160)])
def test_layers_that_scale_down_and_up_again_keep_their_rows(a: float, b: float) -> None:
    c = 1.7e298
    layers = [(np.eye(2), [3.0, 3.0]), ([[c, 0.3 * c]], [0.0]), ([[a]], [0.0]), ([[b]], [-3.9 * a * b * c])]
    regions = pe.enumerate_regions(pe.ReLUNetwork([*layers, ([[1.0]], [0.0])]), pe.box(-1, 1, dimension=2))
    found, true = regions.measure("volume", "chebyshev_radius"), regions.measure("volume", exact=True)
    np.testing.assert_allclose(found["volume"], true["volume"].astype(float), rtol=1e-7)
    radii = [region.chebyshev_ball().radius for region in regions]
    np.testing.assert_allclose(found["chebyshev_radius"], radii, rtol=2e-9)


@pytest.mark.parametrize("side", [1.1e-80, 1e-100, 1e60])
def test_boxes_as_small_or_large_as_floats_go_have_their_own_sizes(side: float) -> None:
    network = pe.ReLUNetwork([(np.ones((1, 4)), [5.0 * max(1.0, side)]), ([[1.0]], [0.0])])
    regions = pe.enumerate_regions(network, pe.box(0, side, dimension=4))
    found = regions.measure("surface_area", "volume", "diameter", "aspect")
    exact = Fraction(side)
    assert found["surface_area"][0] == pytest.approx(float(8 * exact**3), rel=1e-7, abs=1e-320)
    assert found["volume"][0] == pytest.approx(float(exact**4), rel=1e-7, abs=1e-320)
    assert found["diameter"][0] == pytest.approx(2 * side, rel=1e-7)
    assert found["aspect"][0] == pytest.approx(0.5, rel=1e-7)


@pytest.mark.nojit
@ONLY_AS_PYTHON
def test_a_generator_is_not_solved_for_where_the_sign_of_its_largest_coordinate_is_open() -> None:
    workspace = generators.new_workspace(2, 63, 8, 4)
    cone = workspace.cone
    cone.rows[1] = [1.0, 0.0, 0.0]
    cone.rows[2] = [0.0, 1.0, 0.0]
    cone.tight[0, 0] = np.uint64(0b110)
    cone.state[0, generators.N_TIGHT] = 2
    cone.y[0] = [0.0, 0.0, -1.0]
    cone.error[0] = [0.0, 0.0, 3.0]
    assert not generators.solve_for(cone, workspace.solver, 0, 2, 1)
    cone.error[0] = [0.0, 0.0, 0.5]
    assert generators.solve_for(cone, workspace.solver, 0, 2, 1)


@pytest.mark.nojit
@ONLY_AS_PYTHON
@pytest.mark.parametrize("product", [0.0, 1e-250, -1e290, np.inf, np.nan])
def test_products_near_the_ends_of_the_floats_are_not_safe(product: float) -> None:
    assert not sharp_rows.is_safe(product)
    assert sharp_rows.is_safe(-1e-100)
