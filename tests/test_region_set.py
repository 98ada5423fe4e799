"""The set of regions: counts, columns, and the sequence that it is."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions.outcome import Status
from polytope_engine.regions.region_set import RegionSet

CATALOG = {net.name: net for net in pe.library.catalog(max_regions=2_000)}
QUICK = [net for net in CATALOG.values() if (net.n_regions or 0) <= 600]
CROSS = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])


@cache
def regions_of(name: str) -> RegionSet:
    return pe.enumerate_regions(CATALOG[name].network)


@pytest.mark.parametrize("named", QUICK, ids=lambda named: named.name)
def test_as_many_regions_are_found_as_the_library_knows(named: pe.library.NamedNetwork) -> None:
    regions = regions_of(named.name)
    assert regions.status is Status.COMPLETE
    assert len(regions) == named.n_regions
    assert len(np.unique(regions.sign_vectors, axis=0)) == len(regions)
    patterns = regions.sign_vectors > 0
    assert len(np.unique(patterns, axis=0)) == named.counts.get("R2", len(np.unique(patterns, axis=0)))


@pytest.mark.parametrize(
    "named", [net for net in CATALOG.values() if net.n_regions_in_domain], ids=lambda named: named.name
)
def test_as_many_regions_meet_a_box_as_the_library_knows(named: pe.library.NamedNetwork) -> None:
    assert named.domain_bounds is not None
    regions = pe.enumerate_regions(named.network, pe.box(*named.domain_bounds))
    assert len(regions) == named.n_regions_in_domain


@pytest.mark.parametrize("named", QUICK[:60], ids=lambda named: named.name)
def test_each_exact_interior_point_has_the_signs_of_its_region(named: pe.library.NamedNetwork) -> None:
    regions = regions_of(named.name)
    for region in regions:
        assert np.array_equal(named.network.exact.signs_at(region.exact_interior_point), region.sign_vector)


def test_a_set_is_a_sequence_of_views() -> None:
    regions = pe.enumerate_regions(CROSS)
    assert len(regions) == 4
    assert [region.index for region in regions] == [0, 1, 2, 3]
    assert regions[-1] == regions[3] == regions[np.int64(3)]
    assert [region.index for region in regions[1:3]] == [1, 2]
    assert repr(regions) == "<RegionSet: 4 regions of 2-2-1 in R^2, complete>"


@pytest.mark.parametrize("index", [4, -5])
def test_an_index_beyond_the_end_is_refused(index: int) -> None:
    with pytest.raises(IndexError, match=f"There is no region {index}; the set has 4, counted from 0."):
        pe.enumerate_regions(CROSS)[index]


def test_columns_cannot_be_written_to() -> None:
    regions = pe.enumerate_regions(CROSS)
    for column in (regions.sign_vectors, regions.interior_points, regions[0].sign_vector):
        with pytest.raises(ValueError, match="read-only"):
            column[...] = 0


def test_a_set_that_was_stopped_says_so() -> None:
    regions = pe.enumerate_regions(CROSS, max_regions=1)
    assert regions.status is Status.MAX_REGIONS
    assert repr(regions) == "<RegionSet: 1 region of 2-2-1 in R^2, incomplete>"


def test_columns_are_not_copied() -> None:
    signs = np.array([[1, 1]], dtype=np.int8)
    found = pe.enumerate_regions(CROSS)
    regions = RegionSet(CROSS, None, signs, np.ones((1, 2)), **described(found))
    assert np.shares_memory(regions.sign_vectors, signs)
    assert signs.flags.writeable


def described(regions: RegionSet) -> dict[str, Any]:
    return {
        "exact_interior_points": {},
        "status": regions.status,
        "work": regions.work,
        "certificate": regions.certificate,
    }


@pytest.mark.parametrize(
    ("signs", "points", "name"),
    [
        (np.ones((2, 3)), np.ones((2, 2)), "sign_vectors"),
        (np.ones((2, 2)), np.ones((3, 2)), "interior_points"),
        (np.ones((2, 2)), np.ones((2, 1)), "interior_points"),
        (np.ones(2), np.ones((2, 2)), "sign_vectors"),
    ],
)
def test_columns_that_do_not_fit_are_refused(signs: np.ndarray, points: np.ndarray, name: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"`{name}` has shape .*, but must be"):
        RegionSet(CROSS, None, signs, points, **described(pe.enumerate_regions(CROSS)))


@pytest.mark.parametrize(
    ("weights", "domain", "lineality"),
    [
        ([[1, 0, 0]], None, 2),
        ([[1, 0, 0], [2, 0, 0], [0, 1, 1]], None, 1),
        ([[1, 0, 0]], pe.HPolytope([[0, 1, 0]], [1]), 1),
        ([[1, 0, 0]], pe.box(-1, 1, dimension=3), 0),
        ([[0, 0, 0]], None, 3),
        # equal in floats after one step of elimination, but not equal
        ([[1, 1 / 3, 0], [3, 1, 0]], None, 1),
    ],
)
def test_the_lineality_is_what_no_row_sees(
    weights: list[list[float]], domain: pe.HPolytope, lineality: int
) -> None:
    network = pe.ReLUNetwork([(weights, np.zeros(len(weights))), (np.ones((1, len(weights))), [0])])
    assert pe.enumerate_regions(network, domain).lineality_dimension == lineality


def test_without_neurons_every_direction_is_a_line() -> None:
    affine = pe.ReLUNetwork([([[1.0, 2.0]], [0.0])])
    assert pe.enumerate_regions(affine).lineality_dimension == 2
    assert pe.enumerate_regions(affine, pe.box(0, 1, dimension=2)).lineality_dimension == 0
