"""Radii of thin and degenerate regions: proven in floats to nine digits, or decided in rationals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.polytope.chebyshev import chebyshev_radius
from polytope_engine.polytope.rows import row_length
from polytope_engine.regions.description import describe_regions

pytestmark = pytest.mark.nojit


def exact_radii(regions: pe.RegionSet) -> np.ndarray:
    """Each region's radius by a linear program in rationals that knows nothing of the search."""
    radii = []
    for region in regions:
        rows = [row for row in region.polytope.exact_rows if any(row[:-1])]
        radii.append(chebyshev_radius(rows, [row_length(row) for row in rows]))
    return np.array(radii)


@pytest.mark.parametrize("spread", [1e-4, 1e-7, 1e-8, 1e-10, 1e-13])
@pytest.mark.parametrize("seed", range(3))
def test_five_nearly_parallel_lines_leave_thin_regions_with_true_radii(spread: float, seed: int) -> None:
    generator = np.random.default_rng(seed)
    weight = np.array([0.6, 0.8]) + spread * generator.normal(size=(5, 2))
    network = pe.ReLUNetwork([(weight, spread * generator.normal(size=5)), (np.ones((1, 5)), [0.0])])
    for domain in (pe.box(-1, 1, dimension=2), None):
        regions = pe.enumerate_regions(network, domain)
        found = regions.measure("chebyshev_radius")["chebyshev_radius"]
        assert np.all(found > 0)
        np.testing.assert_allclose(found, exact_radii(regions), rtol=1e-9)


def test_a_region_that_only_rational_arithmetic_measures_keeps_its_own_radius() -> None:
    """Strips along a line have no end and hold no large ball: each has half its own width."""
    offsets = [0.0, 1.0, 3.0, 7.0, 15.0]
    network = pe.ReLUNetwork([([[1.0, 2.0]] * 5, [-c for c in offsets]), (np.ones((1, 5)), [0.0])])
    slabs = pe.ReLUNetwork(
        [
            (np.vstack([[[1.0, 2.0]] * 5, [[1.0, -1.0]]]), [*(-c for c in offsets), 0.0]),
            (np.ones((1, 6)), [0.0]),
        ]
    )
    for net in (network, slabs):
        regions = pe.enumerate_regions(net)
        np.testing.assert_allclose(
            regions.measure("chebyshev_radius")["chebyshev_radius"], exact_radii(regions), rtol=1e-12
        )


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_radii_of_boxes_and_of_badly_scaled_inputs_are_true(scale: float) -> None:
    """Balls that touch two facets of four tie: multipliers vanish, the bounded domain decides."""
    weight, bias = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], [0.0, 0.25, -0.3]
    network = pe.ReLUNetwork([(np.array(weight) / [scale, 1.0], bias), (np.ones((1, 3)), [0.0])])
    regions = pe.enumerate_regions(network, pe.box([-scale, -1.0], [scale, 1.0]))
    assert len(regions) == 6
    np.testing.assert_allclose(
        regions.measure("chebyshev_radius")["chebyshev_radius"], exact_radii(regions), rtol=1e-9
    )


def test_radii_where_the_network_ignores_a_direction_are_measured_in_input_lengths() -> None:
    weight = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 1.0], [3.0, 6.0, 4.5], [1.0, 2.0, -1.0]])
    network = pe.ReLUNetwork([(weight, [0.1, -0.2, 0.7, 0.4]), (np.ones((1, 4)), [0.0])])
    regions = pe.enumerate_regions(network)
    np.testing.assert_allclose(
        regions.measure("chebyshev_radius")["chebyshev_radius"], exact_radii(regions), rtol=1e-9
    )


def test_few_radii_of_an_ordinary_network_need_rational_arithmetic() -> None:
    generator = np.random.default_rng(0)
    layers = [
        (generator.normal(size=(n_out, n_in)), 0.3 * generator.normal(size=n_out))
        for n_in, n_out in ((2, 12), (12, 8), (8, 1))
    ]
    for domain in (None, pe.box(-1, 1, dimension=2)):
        regions = pe.enumerate_regions(pe.ReLUNetwork(layers), domain)
        shapes = regions.measure("n_facets", "is_bounded", "chebyshev_radius")
        assert shapes.n_exact <= max(1, len(regions) // 50)
        np.testing.assert_allclose(shapes["chebyshev_radius"], exact_radii(regions), rtol=1e-9)


def test_a_hint_for_the_radius_may_be_anything() -> None:
    rows = [(1, 0, 0), (0, 1, 0), (-1, -1, 2)]
    lengths = [row_length(row) for row in rows]
    radii = {chebyshev_radius(rows, lengths, hint) for hint in ([], [0], [0, 0, 0], [2, 1, 0], [1, 1, 2])}
    assert radii == {float(Fraction(2) / (2 + row_length(rows[2])))}
    assert chebyshev_radius(rows[:2], lengths[:2]) == np.inf


def test_a_description_takes_columns_that_are_measured_already(monkeypatch: pytest.MonkeyPatch) -> None:
    regions = pe.enumerate_regions(pe.ReLUNetwork([(np.eye(2), [0, 0]), ([[1, 1]], [0])]))
    names = ("n_facets", "is_bounded", "chebyshev_radius")
    columns, expected = regions.measure(*names), describe_regions(regions)
    cut = regions.measure(*names, clip=pe.box(-1, 1, dimension=2))
    monkeypatch.setattr(pe.RegionSet, "measure", None)
    assert describe_regions(regions, measurements=columns) == expected
    with pytest.raises(InvalidArgumentError, match="`measurements` are those of regions cut to a clip"):
        describe_regions(regions, measurements=cut)
