"""Angles between the facets of regions, beside those that one region at a time says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from random_networks import random_network

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions import facet_normals, normal_angles, search
from polytope_engine.regions.facet_normals import FacetNormals

SQUARE = pe.box(-1, 1, dimension=2)


def axes(d: int) -> pe.ReLUNetwork:
    return pe.ReLUNetwork([(np.eye(d), np.zeros(d)), (np.ones((1, d)), [0])])


@pytest.fixture(scope="module")
def unbounded() -> pe.RegionSet:
    return pe.enumerate_regions(random_network(2, 6, 5, 2))


def one_by_one(regions: pe.RegionSet | list[pe.Region], n_bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Histograms and sums of |cos|, from each region's own facets."""
    n_layers = regions[0].regions.network.n_hidden_layers
    counts, sums = np.zeros((n_layers + 1, n_bins), dtype=int), np.zeros(n_layers + 1)
    for region in regions:
        facets = [facet for facet in region.facets() if all(label[0] == "neuron" for label in facet.labels)]
        for i, one in enumerate(facets):
            for other in facets[:i]:
                layers = one.labels[0][1], other.labels[0][1]
                kind = layers[0] if layers[0] == layers[1] else n_layers
                cosine = abs(float(one.normal @ other.normal))
                counts[kind, min(int((cosine + 1e-9) * n_bins), n_bins - 1)] += 1
                sums[kind] += cosine
    return counts, sums


def assert_same(angles: pe.statistics.NormalAngles, expected: tuple[np.ndarray, np.ndarray]) -> None:
    np.testing.assert_array_equal([*angles.within, angles.across], expected[0])
    np.testing.assert_allclose(angles.sums, expected[1], rtol=1e-8, atol=1e-9)


def half_blind() -> pe.ReLUNetwork:
    """Four inputs, of which the first layer sees three combinations only."""
    seen = np.array([[1.0, 0.0, 2.0, 0.5], [0.25, 1.0, 0.0, -3.0], [0.0, 0.0, 64.0, 1.0]])
    first, *rest = random_network(3, 5, 4, 1, seed=3).weights
    return pe.ReLUNetwork([(np.round(16 * first[0]) @ seen, first[1]), *rest])


NETWORKS = {
    "deep": (random_network(3, 6, 5, 2), None),
    "in a box": (random_network(2, 6, 6, 1, seed=1), pe.box([-3, -1000], [0.25, 2000])),
    "ignores directions": (half_blind(), None),
    "ignores directions in a wedge": (half_blind(), pe.HPolytope([[1.0, 1.0, 0.0, 0.0]], [0.5])),
    "an arrangement with ties": (pe.library.braid(4).network, None),
    "generic": (random_network(2, 9, 1), pe.HPolytope([[1, 1], [-1, 0], [0, -1], [2, 2]], [1, 0, 0, 2])),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_angles_are_those_of_each_region(name: str) -> None:
    regions = pe.enumerate_regions(*NETWORKS[name])
    angles = pe.statistics.normal_angles(regions, 7)
    assert_same(angles, one_by_one(regions, 7))
    assert (angles.n_looked_at, angles.n_regions, angles.is_complete) == (len(regions), len(regions), True)


def test_means_are_those_of_the_pairs(unbounded: pe.RegionSet) -> None:
    angles = pe.statistics.normal_angles(unbounded)
    counts, sums = one_by_one(unbounded, 20)
    means = sums / counts.sum(axis=1)
    assert [*angles.means_within, angles.mean_across] == pytest.approx(means.tolist())
    assert angles.mean_within == pytest.approx(sums[:2].sum() / counts[:2].sum())


def test_the_facets_of_an_orthant_are_orthogonal() -> None:
    angles = pe.statistics.normal_angles(pe.enumerate_regions(axes(3), pe.box(-1, 1, dimension=3)), 10)
    assert angles.within.tolist() == [[24, *[0] * 9]]
    assert (angles.means_within, angles.mean_within, angles.mean_across) == ([0.0], 0.0, None)
    assert (angles.n_looked_at, angles.n_regions, angles.is_complete) == (8, 8, True)


@pytest.mark.parametrize(
    "facet_accuracy", [1e-10, -1.0], ids=["floats", "exact rows, as where floats prove too little"]
)
def test_exact_rows_stand_in_for_floats(
    unbounded: pe.RegionSet, monkeypatch: pytest.MonkeyPatch, facet_accuracy: float
) -> None:
    monkeypatch.setattr(facet_normals, "ACCURACY", facet_accuracy)
    assert_same(pe.statistics.normal_angles(unbounded, 7), one_by_one(unbounded, 7))


def test_facets_that_floats_leave_open_are_decided_exactly(
    unbounded: pe.RegionSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    facets = facet_normals.CellMeasurer.facets

    def left_open(self: Any, cells: Any) -> Any:
        flags, is_open = facets(self, cells)
        is_open[::2] = True
        return flags ^ np.repeat(is_open, np.diff(cells.starts)), is_open

    monkeypatch.setattr(facet_normals.CellMeasurer, "facets", left_open)
    assert_same(pe.statistics.normal_angles(unbounded, 7), one_by_one(unbounded, 7))


# -- parts of a set -----------------------------------------------------------------------------


def test_with_a_clip_they_are_those_of_the_regions_in_it(unbounded: pe.RegionSet) -> None:
    cut = pe.statistics.normal_angles(unbounded, 7, SQUARE)
    inside = pe.enumerate_regions(unbounded.network, SQUARE)
    assert_same(cut, one_by_one(inside, 7))
    assert (cut.n_looked_at, cut.n_regions, cut.clip) == (len(inside), len(inside), SQUARE)
    assert cut.is_complete


def test_a_clip_away_from_every_region_leaves_none(unbounded: pe.RegionSet) -> None:
    box = pe.enumerate_regions(unbounded.network, SQUARE)
    cut = pe.statistics.normal_angles(box, clip=pe.box(2, 3, dimension=2))
    assert (cut.n_looked_at, cut.n_regions, cut.is_complete) == (0, 0, True)
    assert (cut.mean_within, cut.mean_across) == (None, None)
    with pytest.raises(InvalidArgumentError, match="`clip` has type int"):
        pe.statistics.normal_angles(box, clip=3)  # type: ignore[arg-type]


def test_a_network_without_facets_has_no_angles() -> None:
    one = pe.enumerate_regions(pe.ReLUNetwork([([[0.0, 0.0]], [1]), ([[1]], [0])]))
    angles = pe.statistics.normal_angles(one, 4)
    assert (angles.within.tolist(), angles.n_looked_at, angles.n_regions) == ([[0, 0, 0, 0]], 1, 1)


def test_a_sample_of_regions_is_the_same_for_the_same_seed(unbounded: pe.RegionSet) -> None:
    one, same, other = (pe.statistics.normal_angles(unbounded, n_sampled=20, seed=seed) for seed in (1, 1, 2))
    assert (one.n_looked_at, one.n_regions) == (20, len(unbounded))
    assert one.across.tolist() == same.across.tolist()
    assert (one.sums != other.sums).any()
    assert pe.statistics.normal_angles(unbounded, n_sampled=10**6).n_looked_at == len(unbounded)
    drawn = np.sort(np.random.default_rng(1).choice(len(unbounded), 20, replace=False))
    assert_same(one, one_by_one([unbounded[k] for k in drawn], 20))


def test_ctrl_c_keeps_the_angles_that_are_there(
    unbounded: pe.RegionSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "BATCH_CELLS", 8)

    def stop(n: int, fraction: float) -> None:
        assert fraction == n / len(unbounded)
        if n:
            raise KeyboardInterrupt

    angles = pe.statistics.normal_angles(unbounded, progress=stop)
    assert 0 < angles.n_looked_at < len(unbounded)
    assert not angles.is_complete
    assert angles.across.sum() > 0


# -- histograms ---------------------------------------------------------------------------------


def test_pairs_of_one_region_go_by_layer_and_parallel_ones_to_the_last_bin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    normals = np.array([[0.6, 0.8], [-0.6, -0.8], [0.8, -0.6], [1, 0], [0, 1], [1, 0], [0, 1]])
    layers = np.array([0, 0, 0, 0, 1, 0, 1])
    facets = FacetNormals(normals, layers, np.array([3, 0, 2, 2]))
    for most_pairs in (1 << 20, 1):
        monkeypatch.setattr(normal_angles, "_MOST_PAIRS", most_pairs)
        batch = normal_angles._histogram(facets, 3, 4)
        assert batch.counts.tolist() == [[2, 0, 0, 1], [0, 0, 0, 0], [2, 0, 0, 0]]
        assert batch.sums.tolist() == pytest.approx([1, 0, 0])
        assert batch.n_regions == 4


def test_what_rounding_takes_off_an_edge_is_on_it() -> None:
    sixty_degrees = pe.ReLUNetwork([([[1, 1, 0], [1, 0, 1], [0, 1, 1]], [0, 0, 0]), ([[1, 1, 1]], [0])])
    angles = pe.statistics.normal_angles(pe.enumerate_regions(sixty_degrees), 20)
    assert np.flatnonzero(angles.within[0]).tolist() == [10]
    assert angles.within[0, 10] == 24


@pytest.mark.parametrize("options", [{"n_bins": 0}, {"n_bins": 2.5}, {"n_sampled": 0}, {"n_sampled": True}])
def test_numbers_that_are_none_are_refused(unbounded: pe.RegionSet, options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(InvalidArgumentError, match=f"`{name}` is .*; it must be a positive integer"):
        pe.statistics.normal_angles(unbounded, **options)


@pytest.mark.parametrize("d", [2, 3, 5, 30])
def test_random_directions_have_the_density_that_is_drawn(d: int) -> None:
    generator = np.random.default_rng(d)
    pairs = generator.normal(size=(2, 40_000, d))
    unit = pairs / np.linalg.norm(pairs, axis=2, keepdims=True)
    cosines = np.abs(np.einsum("nk,nk->n", *unit))
    t = np.linspace(0, 0.9, 901)
    density = pe.statistics.random_direction_density(d, t)
    below = np.sum((density[:-1] + density[1:]) / 2 * np.diff(t))
    assert below == pytest.approx((cosines < 0.9).mean(), abs=0.01)
    mean = pe.statistics.normal_angles(pe.enumerate_regions(axes(d), max_regions=1)).mean_of_random_directions
    assert mean == pytest.approx(cosines.mean(), abs=0.005)


def test_densities_in_many_dimensions_stay_finite() -> None:
    near, far = (pe.statistics.random_direction_density(d, [0.0, 0.01]) for d in (299, 301))
    np.testing.assert_allclose(near, far, rtol=0.02)
    with pytest.raises(InvalidArgumentError, match="`dimension` is 1"):
        pe.statistics.random_direction_density(1, 0.5)
