"""In which region does a point lie?"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions.outcome import Status
from polytope_engine.regions.point_location import SignIndex
from polytope_engine.regions.region_set import RegionSet

CATALOG = {net.name: net for net in pe.library.catalog(max_regions=2_000)}
MODERATE = [net for net in CATALOG.values() if (net.n_regions or 0) <= 400]
CROSS = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])


@cache
def regions_of(name: str) -> RegionSet:
    return pe.enumerate_regions(CATALOG[name].network)


def gaussian(seed: int, *widths: int) -> pe.ReLUNetwork:
    rng = np.random.default_rng(seed)
    pairs = zip(widths, [*widths[1:], 1], strict=True)
    return pe.ReLUNetwork([(rng.normal(size=(n, m)), rng.normal(size=n)) for m, n in pairs])


def part_of(regions: RegionSet, keep: list[int], status: Status = Status.MAX_REGIONS) -> RegionSet:
    """A set that holds some of the regions."""
    return RegionSet(
        regions.network,
        regions.domain,
        regions.sign_vectors[keep],
        regions.interior_points[keep],
        exact_interior_points={},
        status=status,
        work=regions.work,
        certificate=regions.certificate,
    )


@pytest.mark.parametrize("named", MODERATE, ids=lambda named: named.name)
def test_each_interior_point_lies_in_its_own_region(named: pe.library.NamedNetwork) -> None:
    regions = regions_of(named.name)
    exact = np.array([region.exact_interior_point for region in regions], dtype=object)
    assert regions.locate(exact).tolist() == list(range(len(regions)))
    floats = [k for k in range(len(regions)) if k not in regions.exact_interior_points]
    assert regions.locate(regions.interior_points[floats]).tolist() == floats


@pytest.mark.parametrize("named", MODERATE[:40], ids=lambda named: named.name)
def test_points_on_facets_lie_on_a_wall(named: pe.library.NamedNetwork) -> None:
    regions = regions_of(named.name)
    for region in regions[:: max(1, len(regions) // 5)]:
        points = np.array([facet.interior_point() for facet in region.facets()], dtype=object)
        assert set(regions.locate(points).tolist()) == {-2}


def test_points_outside_the_domain_are_told_apart_from_points_on_its_boundary() -> None:
    regions = pe.enumerate_regions(CROSS, pe.box(-1, 1, dimension=2))
    beyond = np.nextafter(1.0, 2.0)
    where = regions.locate([[beyond, 0.5], [1.0, 0.5], [1.0, 1.0], [1.0, 0.0], [0.5, -beyond], [0.5, 0.5]])
    assert where.tolist() == [-1, where[5], where[5], -2, -1, where[5]]
    assert where[5] >= 0


def test_where_a_cell_only_touches_the_domain_there_is_a_wall() -> None:
    network = pe.ReLUNetwork([([[1.0, 0.0], [0.0, 1.0]], [-1.0, -1.0]), ([[1.0, 1.0]], [0.0])])
    regions = pe.enumerate_regions(network, pe.box(0, 1, dimension=2))
    assert len(regions) == 1
    assert regions.locate([[1.0, 0.5], [1.0, 1.0], [0.5, 0.0]]).tolist() == [-2, -2, 0]


def test_a_set_that_wrongly_claims_to_be_complete_does_not_call_its_gap_a_wall() -> None:
    everything = pe.enumerate_regions(CROSS)
    false_claim = part_of(everything, [0, 1, 2], Status.COMPLETE)
    assert false_claim.locate(everything.interior_points).tolist() == [0, 1, 2, -3]


def test_a_region_whose_neuron_vanishes_identically_is_found_by_its_sign_zero() -> None:
    regions = regions_of("zero_plateau")
    k = regions.locate([-1.0, -2.0])
    assert regions[k].sign_vector.tolist() == [-1, -1, 0]
    assert regions.locate([-1.0, 0.0]) == -2


def test_a_region_that_holds_no_float_is_found_by_a_fraction() -> None:
    regions = pe.enumerate_regions(pe.ReLUNetwork([([[1], [3]], [-1, -3.0000000000000004]), ([[1, 1]], [0])]))
    assert len(regions) == 3
    ((middle, point),) = regions.exact_interior_points.items()
    assert regions.locate(point) == middle
    step = np.nextafter(1.0, 2.0)
    assert regions.locate([[1.0], [step]]).tolist() == [
        -2,
        next(k for k in range(3) if regions[k].sign_vector.min() > 0),
    ]
    assert regions.locate([Fraction(30000000000000004, 30000000000000000) + 1]) == regions.locate([2.0])


def test_rounding_does_not_decide_on_which_side_a_float_lies() -> None:
    regions = pe.enumerate_regions(pe.ReLUNetwork([([[10.0]], [-1.0]), ([[1.0]], [0.0])]))
    assert 10 * 0.1 - 1 == 0
    assert regions.locate([0.1]) == regions.locate([1.0]) >= 0


def test_an_incomplete_set_tells_missing_regions_from_walls() -> None:
    network = CATALOG["zero_plateau"].network
    everything = pe.enumerate_regions(network)
    plateau = everything.locate([-1.0, -2.0])
    regions = part_of(everything, [k for k in range(len(everything)) if k != plateau])
    # signs (-, -, 0): no region has them any more, and the point is on no wall
    assert regions.locate([[-1.0, -2.0], [-1.0, 0.0], [0.0, -1.0]]).tolist() == [-3, -2, -2]
    only = part_of(everything, [int(plateau)])
    assert only.locate([[-1.0, -2.0], [3.0, 1.0], [1.0, 1.0]]).tolist() == [0, -3, -2]


def test_a_complete_set_finds_every_point() -> None:
    network = gaussian(3, 3, 8, 8)
    regions = pe.enumerate_regions(network)
    points = np.random.default_rng(0).normal(size=(100_000, 3)) * 3
    where = regions.locate(points)
    assert where.dtype == np.int64
    assert where.min() >= 0
    assert np.array_equal(regions.sign_vectors[where], network.sign_vector(points))


def test_one_point_gives_one_index() -> None:
    regions = pe.enumerate_regions(CROSS)
    assert isinstance(regions.locate([1.0, 1.0]), int)
    assert regions.locate([[1.0, 1.0]]).shape == (1,)
    assert regions.locate(np.zeros((0, 2))).shape == (0,)


def test_a_network_without_neurons_has_one_place() -> None:
    regions = pe.enumerate_regions(pe.ReLUNetwork([([[1.0, 2.0]], [0.0])]), pe.box(0, 1, dimension=2))
    assert regions.locate([[0.5, 0.5], [2.0, 0.5]]).tolist() == [0, -1]


def test_an_empty_set_finds_nothing() -> None:
    assert part_of(pe.enumerate_regions(CROSS), []).locate([[1.0, 1.0], [0.0, 1.0]]).tolist() == [-3, -2]


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        ([[np.nan, 0.0]], r"`points` is NaN at position \(0, 0\), but every entry must be a finite number."),
        ([[0.0, np.inf]], r"`points` is infinite at position \(0, 1\)"),
        (
            [[0.0, 1.0, 2.0]],
            r"`points` has shape \(1, 3\), but must be \(2,\) for one point or \(n_points, 2\)",
        ),
        (1.0, r"`points` has shape \(\)"),
        ([[0.0], [1.0, 2.0]], "`points` cannot be read as an array of numbers"),
        ([["a", "b"]], "`points` has dtype"),
        ([[Fraction(1, 3), None]], r"`points` has dtype object and holds a NoneType at position \(0, 1\)"),
        (
            [[Fraction(1, 3), np.nan]],
            r"`points` is NaN at position \(0, 1\), but every entry must be a finite number.",
        ),
        ([[Fraction(1, 3)]], r"`points` has shape \(1, 1\), but must be"),
    ],
)
def test_points_that_cannot_be_located_are_refused_in_one_sentence(points: object, sentence: str) -> None:
    with pytest.raises(InvalidArgumentError, match=sentence):
        pe.enumerate_regions(CROSS).locate(points)


def test_the_index_of_many_sign_vectors_finds_each_and_no_other() -> None:
    rng = np.random.default_rng(1)
    signs = np.unique(rng.integers(-1, 2, (5_000, 12)).astype(np.int8), axis=0)
    rng.shuffle(signs)
    kept, left_out = signs[:3_000], signs[3_000:]
    index = SignIndex(kept)
    assert index.find(kept).tolist() == list(range(3_000))
    assert set(index.find(left_out).tolist()) == {-1}
