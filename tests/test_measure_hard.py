"""Tiny, far, thin and nearly parallel cells: every column is right to the accuracy promised."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from measuring import (
    WHOLE,
    assert_balls_and_lengths_are_those_of_polytopes,
    assert_floats_are_exact_numbers_rounded,
    one_layer,
)

import polytope_engine as pe

SIZES = ("volume", "centroid", "diameter", "surface_area", *WHOLE)


def assert_right(
    network: pe.ReLUNetwork, domain: pe.HPolytope | None, most_exact: int, clip: pe.HPolytope | None = None
) -> pe.RegionSet:
    """All columns, of which those that need vertices but no order of them are rational in few regions."""
    regions = pe.enumerate_regions(network, domain)
    found, _ = assert_floats_are_exact_numbers_rounded(regions, clip)
    assert_balls_and_lengths_are_those_of_polytopes(regions, found, clip)
    assert regions.measure(*SIZES, clip=clip, n_workers=1).n_exact <= most_exact
    return regions


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("size", [1e-9, 1e-12])
@pytest.mark.parametrize("place", [0.0, 1.0, 1e6])
def test_tiny_cells_near_and_far_are_measured(d: int, size: float, place: float) -> None:
    """A simplex of this size at this place, among the regions of its d + 1 walls."""
    generator = np.random.default_rng(d)
    W = np.vstack([np.eye(d), -np.ones((1, d))]) + 0.1 * generator.normal(size=(d + 1, d))
    offset = [-sum(Fraction(w) * Fraction(place) for w in row) for row in W.tolist()]
    offset[-1] += Fraction(size)
    network = one_layer(
        [[Fraction(w) for w in row] for row in W.tolist()],
        offset,
    )
    regions = assert_right(network, None, most_exact=2 ** (d + 1) - 2)
    found = regions.measure("is_bounded", "diameter")
    assert found["is_bounded"].sum() == 1
    assert 0.3 * size < found["diameter"][found["is_bounded"]][0] < 9 * size
    clip = pe.box([Fraction(place) - Fraction(size)] * d, [Fraction(place) + Fraction(size)] * d)
    assert_right(network, None, most_exact=2 ** (d + 1), clip=clip)


@pytest.mark.parametrize("place", [0.0, 1e6, -3e9])
def test_cells_of_ordinary_size_far_from_the_origin_are_measured(place: float) -> None:
    generator = np.random.default_rng(4)
    W = generator.normal(size=(7, 2))
    network = one_layer(W, generator.normal(size=7) - W @ [place, place])
    domain = pe.box(place - 2, place + 2, dimension=2)
    assert len(assert_right(network, domain, most_exact=3)) > 10


@pytest.mark.parametrize("thinness", [1e-4, 1e-8, 1e-12])
def test_needles_are_measured(thinness: float) -> None:
    """Two walls that open by a small angle, cut across: triangles of this aspect, and what is around them."""
    W = np.array([[thinness, 1.0], [thinness, -1.0], [0.6, 0.8], [1.0, 0.1]])
    network = one_layer(W, [0.0, 0.0, -0.3, -0.7])
    for domain in (pe.box(-1, 1, dimension=2), None):
        regions = assert_right(network, domain, most_exact=len(W) + 3)
        found = regions.measure("aspect")["aspect"]
        assert 0.01 * thinness < np.nanmin(found) < 10 * thinness
    W = np.column_stack([W, [0.3, -0.2, 0.5, -1.0]])
    assert_right(one_layer(W, [0.0, 1e-3, -0.3, -0.7]), pe.box(-1, 1, dimension=3), most_exact=8)


@pytest.mark.parametrize("spread", [1e-6, 1e-9, 1e-12, 1e-15])
@pytest.mark.parametrize("d", [2, 3])
def test_regions_between_nearly_parallel_walls_are_measured(spread: float, d: int) -> None:
    generator = np.random.default_rng(d)
    W = np.array([0.6, 0.8, -0.5])[:d] + spread * generator.normal(size=(4, d))
    network = one_layer(W, spread * generator.normal(size=4))
    domain = pe.box(-1, 1, dimension=d)
    regions = pe.enumerate_regions(network, domain)
    assert_right(network, domain, most_exact=len(regions))
    volumes = regions.measure("volume")["volume"]
    assert volumes.sum() == pytest.approx(2.0**d, rel=1e-12)
    assert volumes.min() < 10 * spread


def test_the_volume_of_a_tiny_simplex_is_right_to_thirteen_digits() -> None:
    """In local coordinates nothing is lost: 1e-9 at 1e6 has a volume of 1e-27 / 6.

    Its neighbors are so large that its corners are one point beside them: those are rational.
    """
    size, place = Fraction(1, 2**30), Fraction(2**20)
    rows = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, -1, -1]]
    regions = pe.enumerate_regions(one_layer(rows, [-place, -place, -place, 3 * place + size]))
    found = regions.measure("volume", "is_bounded", n_workers=1)
    assert found.n_exact < len(regions)
    assert found["volume"][found["is_bounded"]][0] == pytest.approx(float(size**3 / 6), rel=1e-13)


def test_few_regions_of_an_ordinary_network_are_rational() -> None:
    generator = np.random.default_rng(2)
    layers = [
        (generator.normal(size=(m, n)), 0.3 * generator.normal(size=m)) for n, m in ((3, 10), (10, 8), (8, 1))
    ]
    for domain in (None, pe.box(-1, 1, dimension=3)):
        regions = pe.enumerate_regions(pe.ReLUNetwork(layers), domain)
        assert len(regions) > 100
        assert regions.measure(*SIZES).n_exact <= len(regions) // 100
