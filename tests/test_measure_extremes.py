"""Numbers near the ends of the floats: a product that is too small for one is no zero, and no tie."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numba
import numpy as np
import pytest
from measuring import is_close, random_network

import polytope_engine as pe
from polytope_engine.kernels import generators, sharp_rows
from polytope_engine.kernels import search_state as state
from polytope_engine.regions.exact_row import exact_row

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


def two_walls(y: list[float], error: list[float], tight: int) -> tuple[state.Cells, generators.Workspace]:
    """The cell x >= 0, y >= 0, around (1, 1), and a generator on some of its rows that is known up to these errors."""
    workspace = generators.new_workspace(2, 63, 8, 4)
    cone = workspace.cone
    cone.rows[:3] = [[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]
    cone.tight[0, 0] = np.uint64(tight)
    cone.state[0, generators.N_TIGHT] = 2
    cone.y[0], cone.error[0] = y, error
    nothing = dict.fromkeys(state.Cells._fields, np.zeros((1, 0)))
    return state.Cells(**(nothing | {"bases": np.array([[0, 1]])})), workspace


@pytest.mark.nojit
@ONLY_AS_PYTHON
@pytest.mark.parametrize(
    ("tight", "y", "solved"),
    [
        (0b110, [1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]),
        (0b110, [-1.5, -1.0, 1.0], [-1.5, -1.5, 1.5]),
        (0b011, [0.0, -1.0, 0.0], [0.0, 1.0, 0.0]),
        (0b101, [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]),
    ],
)
@pytest.mark.parametrize("size", [0.5, 3.0, np.inf])
def test_a_generator_turns_to_the_side_of_the_basis(
    tight: int, y: list[float], solved: list[float], size: float
) -> None:
    """Where not even the sign of its largest coordinate is proven, its rows give it up to a factor of any sign."""
    cells, workspace = two_walls(y, [size] * 3, tight)
    if size == 0.5:  # the signs are proven then, so they must be right
        workspace.cone.y[0] = solved
    assert generators.solve_for(cells, 0, 0, 2, 1, workspace.cone, workspace.solver)
    np.testing.assert_allclose(workspace.cone.y[0], solved, rtol=1e-15)
    assert np.all(workspace.cone.error[0] < 1e-14)


@pytest.mark.nojit
@ONLY_AS_PYTHON
def test_a_generator_whose_side_no_row_proves_is_not_solved_for() -> None:
    cells, workspace = two_walls([0.0, -1.0, 0.0], [3.0, 3.0, 3.0], 0b011)
    workspace.cone.row_errors[2, generators.COEFFICIENT] = 2.0
    assert not generators.solve_for(cells, 0, 0, 2, 1, workspace.cone, workspace.solver)


def test_generators_whose_errors_have_outgrown_them_are_found_again() -> None:
    """Region 946 of this network goes through some of which not even the sign of the largest coordinate is known."""
    regions = pe.enumerate_regions(random_network(6, 8, 8, 1, seed=3), pe.box(-1, 1, dimension=6))
    found = regions.measure("volume", *WHOLE, n_workers=1)
    assert found.n_exact == 0
    assert found["volume"].sum() == pytest.approx(64.0, rel=1e-12)
    true = exact_row(regions[946].polytope, ("volume", *WHOLE), "pulling", exact=True)
    assert is_close(found["volume"][946], true["volume"])
    assert [found[name][946] for name in WHOLE] == [true[name] for name in WHOLE]


@pytest.mark.nojit
@ONLY_AS_PYTHON
@pytest.mark.parametrize("product", [0.0, 1e-250, -1e290, np.inf, np.nan])
def test_products_near_the_ends_of_the_floats_are_not_safe(product: float) -> None:
    assert not sharp_rows.is_safe(product)
    assert sharp_rows.is_safe(-1e-100)
