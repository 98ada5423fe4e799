"""Golden counts: each comes from a theorem, a paper, exact arithmetic, or two independent programs."""

from __future__ import annotations

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.network.library import NamedNetwork

CATALOG = {named.name: named for named in pe.library.catalog(max_regions=1_900)}
BIG = 3_000


def assert_proven(regions: pe.RegionSet) -> None:
    """Every region carries a proof of its existence, and the run decided everything."""
    certificate = regions.certificate
    assert regions.status.is_complete
    assert certificate.n_regions_float + certificate.n_regions_exact == len(regions)
    assert len(np.unique(regions.sign_vectors, axis=0)) == len(regions)


@pytest.mark.parametrize("named", CATALOG.values(), ids=CATALOG.keys())
def test_a_named_network_has_its_known_number_of_regions(named: NamedNetwork) -> None:
    if named.n_regions is not None:
        regions = pe.enumerate_regions(named.network)
        assert len(regions) == named.n_regions
        assert_proven(regions)
        patterns = np.unique(regions.sign_vectors > 0, axis=0)
        assert len(patterns) == named.counts.get("R2", len(patterns))
        if named.n_bounded is not None or named.n_walls is not None:
            shapes = regions.measure("n_facets", "is_bounded", "chebyshev_radius")
            if named.n_bounded is not None:
                assert int(shapes["is_bounded"].sum()) == named.n_bounded
            if named.n_walls is not None:
                assert int(shapes["n_facets"].sum()) == 2 * named.n_walls
    if named.n_regions_in_domain is not None and named.domain_bounds is not None:
        domain = pe.box(*named.domain_bounds)
        regions = pe.enumerate_regions(named.network, domain)
        assert len(regions) == named.n_regions_in_domain
        assert_proven(regions)


def domain_named(words: str, dimension: int) -> pe.HPolytope | None:
    """`whole_space`, or `box_k` for [-k, k]^d."""
    return None if words == "whole_space" else pe.box(-int(words[4:]), int(words[4:]), dimension=dimension)


def test_a_network_of_the_folder_has_its_known_number_of_regions(
    counted_network: tuple[str, pe.ReLUNetwork, dict[str, int]],
) -> None:
    """For each domain of `counts.json` that names at most 3,000 regions, everything is compared."""
    _, network, known = counted_network
    for words, n_regions in known.items():
        if not words.startswith(("whole_space", "box_")):
            continue
        domain = domain_named(words, network.input_dim)
        if n_regions > BIG:
            count = pe.count_regions(network, domain)
            assert (count.n_regions, count.status.is_complete) == (n_regions, True)
            continue
        regions = pe.enumerate_regions(network, domain)
        assert len(regions) == n_regions
        assert_proven(regions)
        if words == "whole_space" and {"bounded_whole_space", "walls_whole_space"} & set(known):
            shapes = regions.measure("n_facets", "is_bounded", "chebyshev_radius")
            assert int(shapes["is_bounded"].sum()) == known.get(
                "bounded_whole_space", int(shapes["is_bounded"].sum())
            )
            n_walls = int(shapes["n_facets"].sum()) // 2
            assert n_walls == known.get("walls_whole_space", n_walls)


@pytest.mark.nets
def test_a_real_network_of_the_folder_has_its_known_number_of_regions(
    real_network: tuple[pe.ReLUNetwork, pe.HPolytope, int],
) -> None:
    network, domain, n_regions = real_network
    count = pe.count_regions(network, domain)
    assert (count.n_regions, count.status.is_complete) == (n_regions, True)
