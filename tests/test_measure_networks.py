"""The networks of the folder: volumes fill the box, walls have two sides, vertices are those counted elsewhere."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import polytope_engine as pe

FOR_ALL = 1_000  # regions that networks of the package are measured with; the rest wait for --nets
MOST = 120_000
RATIONAL = 5_000
MOST_INPUTS = 6


def assert_measured(network: pe.ReLUNetwork, domain: pe.HPolytope, n_regions: int, most_rational: int) -> int:
    """Check a network's regions in a box against it; the number of their vertices."""
    regions = pe.enumerate_regions(network, domain)
    assert len(regions) == n_regions
    lower, upper = domain.bounding_box()
    found = regions.measure("volume", "centroid", "n_neuron_facets", "n_vertices", "is_bounded", "n_rays")
    whole = np.prod(upper - lower)
    assert found["volume"].min() > 0
    assert found["volume"].sum() == pytest.approx(whole, rel=1e-9)
    center = found["volume"] @ found["centroid"] / whole
    np.testing.assert_allclose(center, 0.5 * (lower + upper), atol=1e-8 * (upper - lower).max())
    assert found["is_bounded"].all()
    assert not found["n_rays"].any()
    assert found["n_neuron_facets"].sum() % 2 == 0
    if n_regions <= most_rational:
        true = regions.measure("volume", "n_neuron_facets", "n_vertices", exact=True)
        assert sum(true["volume"]) == domain.exact.volume()
        accuracy = Fraction(1, 10**7)
        for x, y in zip(found["volume"].tolist(), true["volume"], strict=True):
            assert abs(Fraction(x) - y) <= accuracy * y
        for name in ("n_neuron_facets", "n_vertices"):
            np.testing.assert_array_equal(found[name], true[name])
    return int(found["n_vertices"].sum())


def test_regions_of_a_network_of_the_folder_fill_its_box(
    counted_network: tuple[str, pe.ReLUNetwork, dict[str, int]], request: pytest.FixtureRequest
) -> None:
    _, network, known = counted_network
    is_asked = request.config.getoption("--nets") is not None
    boxes = [int(words[4:]) for words in known if words.startswith("box_")]
    for size in boxes if network.input_dim <= MOST_INPUTS else []:
        n_regions = known[f"box_{size}"]
        if n_regions > (MOST if is_asked else FOR_ALL):
            continue
        domain = pe.box(-size, size, dimension=network.input_dim)
        n_vertices = assert_measured(network, domain, n_regions, RATIONAL if is_asked else 0)
        assert n_vertices == known.get(f"vertices_over_regions_box_{size}", n_vertices)


def test_walls_and_bounded_regions_of_the_folder_are_those_counted(
    counted_network: tuple[str, pe.ReLUNetwork, dict[str, int]],
) -> None:
    _, network, known = counted_network
    if {"walls_whole_space", "bounded_whole_space"} & set(known):
        found = pe.enumerate_regions(network).measure("n_neuron_facets", "n_vertices", "is_bounded")
        n_sides, n_bounded = int(found["n_neuron_facets"].sum()), int(found["is_bounded"].sum())
        assert n_sides == 2 * known.get("walls_whole_space", n_sides // 2)
        assert n_bounded == known.get("bounded_whole_space", n_bounded)


@pytest.mark.nets
def test_regions_of_a_real_network_of_the_folder_fill_its_box(
    real_network: tuple[pe.ReLUNetwork, pe.HPolytope, int],
) -> None:
    network, domain, n_regions = real_network
    if network.input_dim <= MOST_INPUTS and n_regions <= MOST:
        assert_measured(network, domain, n_regions, RATIONAL)
