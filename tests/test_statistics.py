"""Statistics of shapes: simplices, facets, inscribed balls, volumes, angles."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_networks import random_network

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions.measurements import Measurements

SQUARE = pe.box(-1, 1, dimension=2)


def axes(d: int) -> pe.ReLUNetwork:
    return pe.ReLUNetwork([(np.eye(d), np.zeros(d)), (np.ones((1, d)), [0])])


@pytest.fixture(scope="module")
def deep() -> pe.RegionSet:
    return pe.enumerate_regions(random_network(2, 6, 5, 2), pe.box(-2, 2, dimension=2))


@pytest.fixture(scope="module")
def unbounded() -> pe.RegionSet:
    return pe.enumerate_regions(random_network(2, 6, 5, 2))


# -- simplices ----------------------------------------------------------------------------------


def test_polygons_have_two_simplices_less_than_facets(deep: pe.RegionSet) -> None:
    histogram = pe.statistics.simplices_histogram(deep)
    facets = pe.statistics.facets_per_region(deep)
    assert histogram.counts == {k - 2: n for k, n in facets.counts.items()}
    assert (histogram.rule, histogram.clip, histogram.is_complete) == ("pulling", None, True)
    assert histogram.n_bounded == histogram.n_regions == len(deep)
    assert histogram.mean == facets.mean - 2


def test_unbounded_regions_are_left_out_until_a_clip_cuts_them(unbounded: pe.RegionSet) -> None:
    whole = pe.statistics.simplices_histogram(unbounded)
    assert whole.n_unbounded == 20
    assert whole.n_bounded + whole.n_unbounded == whole.n_regions == len(unbounded)
    cut = pe.statistics.simplices_histogram(unbounded, "delaunay", SQUARE)
    inside = pe.enumerate_regions(unbounded.network, SQUARE)
    assert (cut.n_unbounded, cut.n_regions, cut.rule) == (0, len(inside), "delaunay")
    assert cut.counts == pe.statistics.simplices_histogram(inside, "delaunay").counts


def test_shares_of_simple_regions_add_up() -> None:
    histogram = pe.statistics.SimplicesHistogram({2: 3, 5: 1}, 6, 2, "pulling", None, is_complete=True)
    assert histogram.share_of_simplest == histogram.share_up_to(4) == 0.75
    assert (histogram.share_up_to(1), histogram.share_up_to(5)) == (0, 1)
    assert histogram.mean == Fraction(11, 4)
    empty = pe.statistics.simplices_histogram(pe.enumerate_regions(axes(2)))
    assert (empty.counts, empty.mean, empty.share_of_simplest, empty.share_up_to(3)) == ({}, None, None, None)
    assert empty.n_unbounded == 4


def test_measured_columns_say_the_same_and_must_be_those_of_the_arguments(deep: pe.RegionSet) -> None:
    columns = deep.measure("n_facets", "n_simplices", rule="delaunay", clip=SQUARE)
    given = pe.statistics.simplices_histogram(deep, "delaunay", measurements=columns)
    assert given.counts == pe.statistics.simplices_histogram(deep, "delaunay", SQUARE).counts
    assert given.clip is SQUARE
    refused: dict[str, dict[str, Any]] = {
        "`rule` is 'pulling', but `measurements` were made with 'delaunay'": {},
        "`clip` is not that of `measurements`": {"rule": "delaunay", "clip": pe.box(0, 1, dimension=2)},
        "`rule` is 'fan'": {"rule": "fan"},
    }
    for message, arguments in refused.items():
        with pytest.raises(InvalidArgumentError, match=message):
            pe.statistics.simplices_histogram(deep, measurements=columns, **arguments)
    with pytest.raises(InvalidArgumentError, match="lack the column volume"):
        pe.statistics.volumes(deep, measurements=columns)
    with pytest.raises(InvalidArgumentError, match="have 1 rows, but `regions` has"):
        pe.statistics.volumes(deep, measurements=Measurements({"n_facets": [1], "volume": [1.0]}))
    with pytest.raises(InvalidArgumentError, match="`regions` has type list"):
        pe.statistics.volumes([])  # type: ignore[arg-type]


def test_an_interrupted_measurement_is_incomplete(deep: pe.RegionSet) -> None:
    columns = Measurements({"n_facets": [3, 4], "n_simplices": [1.0, np.nan]}, is_complete=False)
    histogram = pe.statistics.simplices_histogram(deep, measurements=columns)
    assert (histogram.counts, histogram.n_unbounded, histogram.is_complete) == ({1: 1}, 1, False)


# -- facets -------------------------------------------------------------------------------------


def test_each_wall_is_a_facet_of_two_regions(unbounded: pe.RegionSet) -> None:
    n_walls = sum(len(region.neighbors()) for region in unbounded)
    facets = pe.statistics.facets_per_region(unbounded)
    assert facets.n_neuron_facets == n_walls == 2 * facets.n_walls
    assert facets.mean == facets.mean_neuron_facets == Fraction(n_walls, len(unbounded))
    assert facets.n_domain_facets == 0
    assert facets.counts == facets.wall_counts


def test_facets_on_the_boundary_are_counted_apart() -> None:
    facets = pe.statistics.facets_per_region(pe.enumerate_regions(axes(3), pe.box(-1, 1, dimension=3)))
    assert (facets.counts, facets.wall_counts) == ({6: 8}, {3: 8})
    assert (facets.n_neuron_facets, facets.n_domain_facets, facets.n_walls) == (24, 24, 12)
    assert (facets.mean, facets.mean_neuron_facets, facets.twice_dimension) == (6, 3, 6)
    cut = pe.statistics.facets_per_region(pe.enumerate_regions(axes(3)), pe.box([-1, -1, 1], [1, 1, 2]))
    assert (cut.n_regions, cut.counts, cut.wall_counts, cut.n_walls) == (4, {6: 4}, {2: 4}, 4)


def test_a_generic_deep_network_has_more_than_2d_facets_a_region() -> None:
    regions = pe.enumerate_regions(pe.library.generic_surface().network)
    facets = pe.statistics.facets_per_region(regions)
    assert (facets.n_regions, facets.n_walls) == (890, 2691)
    assert facets.mean == Fraction(2691, 445)
    assert facets.mean > facets.twice_dimension


# -- inscribed balls ----------------------------------------------------------------------------


def test_points_bring_the_radii_of_their_regions() -> None:
    regions = pe.enumerate_regions(axes(2), pe.box([-1, -2], [3, 4]))
    points = [[1, 1], [1.0, 2.0], [-0.5, -1], [0, 1], [0, 0], [7, 7], [-1, -2]]
    balls = pe.statistics.inradii(regions, points)
    assert sorted(balls.radii.tolist()) == [0.5, 0.5, 1.0, 1.5]
    assert balls.at_points is not None
    assert balls.at_points.tolist() == [1.5, 1.5, 0.5, 0.5]
    assert (balls.n_on_walls, balls.n_outside, balls.n_missing) == (2, 1, 0)
    assert (balls.quantiles[0.5], balls.quantiles_at_points[1.0]) == (0.75, 1.5)
    assert pe.statistics.inradii(regions).at_points is None
    assert pe.statistics.inradii(regions).quantiles_at_points == {}


def test_points_beyond_the_clip_are_outside() -> None:
    regions = pe.enumerate_regions(axes(2))
    clip = pe.box([-1, 1], [2, 2])
    balls = pe.statistics.inradii(regions, [[1, 1.5], [1, 3], [1, -1]], clip)
    assert sorted(balls.radii.tolist()) == [0.5, 0.5]
    assert balls.at_points is not None
    assert (balls.at_points.tolist(), balls.n_outside) == ([0.5], 2)


def test_infinite_radii_are_counted_and_stay_out_of_the_quantiles(unbounded: pe.RegionSet) -> None:
    balls = pe.statistics.inradii(unbounded, [[1e3, 1e3], [-1e3, 1e3]])
    assert balls.n_infinite == int(np.isinf(balls.radii).sum()) > 0
    assert np.isfinite(list(balls.quantiles.values())).all()
    assert balls.n_infinite_at_points == 2
    quadrants = pe.statistics.inradii(pe.enumerate_regions(axes(2)))
    assert (quadrants.n_infinite, quadrants.quantiles) == (4, {})


def test_points_in_regions_that_are_not_there_are_missing() -> None:
    some = pe.enumerate_regions(axes(2), max_regions=1)
    points = [[1, 1], [1, -1], [-1, 1], [-1, -1]]
    balls = pe.statistics.inradii(some, points)
    assert balls.at_points is not None
    assert (len(balls.at_points), balls.n_missing, balls.is_complete) == (1, 3, False)


# -- volumes ------------------------------------------------------------------------------------


def test_volumes_add_up_to_that_of_the_domain(deep: pe.RegionSet) -> None:
    volumes = pe.statistics.volumes(deep)
    assert volumes.total == pytest.approx(16, rel=1e-9)
    assert volumes.of_domain == pytest.approx(16, rel=1e-9)
    assert volumes.share_of_largest(len(deep)) == pytest.approx(1)
    assert volumes.n_largest_with(1.0) == len(deep)
    n = volumes.n_largest_with(0.5)
    assert n is not None
    assert volumes.share_of_largest(n - 1) < 0.5 <= volumes.share_of_largest(n)  # type: ignore[operator]


def test_infinite_volumes_have_no_shares(unbounded: pe.RegionSet) -> None:
    volumes = pe.statistics.volumes(unbounded)
    assert (volumes.total, volumes.of_domain, volumes.n_infinite) == (np.inf, np.inf, 20)
    assert volumes.share_of_largest() is volumes.n_largest_with(0.5) is None
    cut = pe.statistics.volumes(unbounded, SQUARE)
    assert cut.total == pytest.approx(4)
    assert cut.of_domain == pytest.approx(4)
    assert cut.n_infinite == 0


def test_a_clip_that_leaves_the_domain_has_only_the_common_volume() -> None:
    volumes = pe.statistics.volumes(pe.enumerate_regions(axes(2), SQUARE), pe.box([0.5, -3], [9, 3]))
    assert volumes.volumes.tolist() == pytest.approx([0.5, 0.5])
    assert volumes.of_domain == pytest.approx(1)


def test_ctrl_c_while_the_domain_is_measured_is_passed_on(
    deep: pe.RegionSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = deep.measure("n_facets", "volume")
    nothing = Measurements({"volume": np.zeros(0)}, is_complete=False)
    monkeypatch.setattr(pe.RegionSet, "measure", lambda *_, **__: nothing)
    with pytest.raises(KeyboardInterrupt):
        pe.statistics.volumes(deep, measurements=columns)


# -- documentation ------------------------------------------------------------------------------


def test_the_code_of_the_how_to_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    how_to = (Path(__file__).parent.parent / "docs" / "how-to.md").read_text(encoding="utf-8")
    section = how_to.split("## The shape of every region")[1].split("\n## ")[0]
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for code in re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL):
        exec(compile(code, "how-to.md", "exec"), names)
    assert names["columns"]["volume"].sum() == pytest.approx(64)
    assert names["facets"].n_neuron_facets == 2 * names["facets"].n_walls
    assert {path.name for path in tmp_path.iterdir()} == {"shapes.csv", "facets.png", "shapes.png"}
