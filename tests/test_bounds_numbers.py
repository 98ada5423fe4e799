"""The worked numbers of the literature's bounds: tables by hand, by brute force, and by exact counts."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polytope_engine as pe
from polytope_engine import bounds

# shape: 2^N, Raghu, Montufar 2017, Serra, one layer; lower: Pascanu, Montufar 2014, Serra (None: does not apply)
SHAPES = {
    (1, 2, 2): (16, 9, 9, 9, 5, 6, 6, None),
    (1, 3, 3): (64, 16, 16, 16, 7, 12, 12, 16),
    (1, 3, 3, 3): (512, 64, 64, 64, 10, 36, 36, 64),
    (2, 2, 2): (16, 16, 16, 11, 11, 4, 4, None),
    (2, 3, 3): (64, 49, 49, 40, 22, 7, 7, None),
    (2, 4, 3): (128, 77, 77, 77, 29, 14, 28, None),
    (2, 4, 4): (256, 121, 121, 121, 37, 22, 44, None),
    (2, 2, 4): (64, 44, 44, 22, 22, 11, 11, None),
    (2, 4, 2): (64, 44, 44, 44, 22, 8, 16, None),
    (2, 6, 6): (4096, 484, 484, 484, 79, 66, 198, 352),
    (2, 4, 4, 4): (4096, 1331, 1331, 1331, 79, 44, 176, None),
    (3, 3, 3): (64, 64, 64, 42, 42, 8, 8, None),
    (3, 3, 3, 3): (512, 512, 512, 211, 130, 8, 8, None),
    (3, 4, 4, 4): (4096, 3375, 3375, 1631, 299, 15, 15, None),
    (3, 9, 9): (2**18, 16900, 16900, 16900, 988, 390, 3510, 8320),
    (4, 4, 4): (256, 256, 256, 163, 163, 16, 16, None),
    (5, 3, 3): (64, 64, 64, 42, 63, 0, 0, None),
    (10, 10, 10): (2**20, 2**20, 2**20, 616666, 616666, 1024, 1024, None),
    (32, 16, 16, 16): (2**48, 2**48, 2**48, 90033673127858, 279605521026469, 0, 0, None),
}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_bounds_of_a_shape(shape: tuple[int, ...]) -> None:
    d, *widths = shape
    trivial, raghu, montufar, serra, shallow, pascanu, folding, zigzag = SHAPES[shape]
    assert bounds.montufar_2014_upper(widths) == trivial
    assert bounds.raghu_2017_upper(d, widths) == raghu
    assert bounds.montufar_2017_upper(d, widths) == montufar
    assert bounds.serra_2018_upper(d, widths) == serra
    assert bounds.buck_1943_upper(sum(widths), d) == shallow
    assert bounds.pascanu_2013_lower(d, widths) == pascanu
    assert bounds.montufar_2014_lower(d, widths) == folding
    if zigzag is not None:
        assert bounds.serra_2018_lower(d, widths) == zigzag
    elif len(widths) > 1:
        with pytest.raises(ValueError, match="at least 3 times"):
            bounds.serra_2018_lower(d, widths)
    for histogram, value in (("naive", trivial), ("montufar", montufar), ("serra", serra)):
        assert bounds.hinz_van_de_geer_2019_upper(d, widths, histogram) == value


def serra_by_brute_force(d: int, widths: list[int], ranks: list[int]) -> int:
    """The sum over the index set as the theorem writes it."""
    total = 0
    for j in product(*(range(n + 1) for n in widths)):
        if all(j[k] <= min([d, ranks[k], *(widths[i] - j[i] for i in range(k))]) for k in range(len(widths))):
            total += prod(comb(n, i) for n, i in zip(widths, j, strict=True))
    return total


@settings(max_examples=60)
@given(st.integers(1, 5), st.lists(st.integers(1, 5), min_size=1, max_size=4), st.data())
def test_the_recurrences_agree_with_the_sums_of_the_theorems(
    d: int, widths: list[int], data: st.DataObject
) -> None:
    assert bounds.serra_2018_upper(d, widths) == serra_by_brute_force(d, widths, widths)
    seen = [min([d, *widths[:k]]) for k in range(len(widths))]
    product_of_layers = prod(sum(comb(n, j) for j in range(i + 1)) for n, i in zip(widths, seen, strict=True))
    assert bounds.montufar_2017_upper(d, widths) == product_of_layers
    assert bounds.goujon_2024_upper(d, [[2] * n for n in widths]) == product_of_layers
    assert bounds.mixed_upper(d, widths, [False] * len(widths)) == product_of_layers
    assert bounds.serra_2018_maxout_upper(d, widths, 2) == product_of_layers
    none = [0] * len(widths)
    assert bounds.stable_neurons_upper(d, none, widths) == bounds.serra_2018_upper(d, widths)
    assert bounds.stable_neurons_upper(d, none, widths, is_relu=False) == bounds.raghu_2017_upper(d, widths)
    ranks = [data.draw(st.integers(0, n)) for n in widths]
    # with ranks, the dimension that a layer sees is at most its rank; the index set of the theorem is larger
    assert bounds.serra_2018_upper(d, widths, ranks) <= serra_by_brute_force(d, widths, ranks)
    one_histogram = bounds.hinz_van_de_geer_2019_upper(
        d, widths, lambda i, n: [comb(n, n - a) if n - a <= i else 0 for a in range(n + 1)], ranks
    )
    assert bounds.serra_2018_upper(d, widths, ranks) == one_histogram
    assert (
        bounds.serra_2018_upper(d, widths)
        <= product_of_layers
        <= bounds.raghu_2017_upper(d, widths)
        <= bounds.montufar_2014_upper(widths)
    )


def test_a_smaller_histogram_for_four_neurons_in_the_plane_gives_smaller_bounds() -> None:
    def gamma(i: int, n: int) -> list[int]:
        if (i, n) == (2, 4):
            return [0, 2, 4, 4, 1]
        return [comb(n, n - a) if n - a <= i else 0 for a in range(n + 1)]

    values = {(4, 3): 71, (4, 4): 109, (4, 2): 42, (4, 4, 4): 1031, (2, 4): 22}
    for widths, value in values.items():
        assert bounds.hinz_van_de_geer_2019_upper(2, widths, gamma) == value


def test_tightness_of_the_upper_bound() -> None:
    library = pe.library
    assert int(pe.count_regions(library.tight_plane().network)) == bounds.serra_2018_upper(2, [2, 2]) == 11
    assert int(pe.count_regions(library.tight_line().network)) == 7 < bounds.serra_2018_upper(1, [2, 2]) == 9
    assert int(pe.count_regions(library.leaky_line().network)) == bounds.montufar_2017_upper(1, [2, 2]) == 9
    assert bounds.serra_2018_upper(1, [2, 2, 2]) == 27
    assert bounds.montufar_2017_upper(2, [2, 2]) == 16
    # deep against shallow: with as many inputs as neurons, one layer may have more than deep networks can
    assert bounds.buck_1943_upper(6, 6) == 64 > bounds.serra_2018_upper(6, [3, 3]) == 42


@pytest.mark.parametrize(
    ("generators", "width", "depth", "formula"),
    [(2, 2, 1, 8), (2, 2, 2, 16), (3, 2, 1, 12), (3, 3, 1, 18), (3, 2, 2, 24)],
)
def test_numbers_of_arora(generators: int, width: int, depth: int, formula: int) -> None:
    assert bounds.arora_2018_lower(2, [2 * generators] + [width] * depth) == formula
    assert bounds.arora_2018_lower(2, [2 * generators + 1] + [width] * depth) == formula


def test_the_bound_in_doubt_is_refused_for_widths_of_two() -> None:
    with pytest.raises(ValueError, match="the others at least 3"):
        bounds.serra_2018_zonotope_lower(1, [2, 2, 2])
    assert bounds.serra_2018_zonotope_lower(1, [2, 3, 3]) == 32


# n, d: f, bounded f
GENERIC = {
    (3, 2): ((3, 9, 7), (3, 3, 1)),
    (5, 2): ((10, 25, 16), (10, 15, 6)),
    (10, 2): ((45, 100, 56), (45, 80, 36)),
    (4, 3): ((4, 18, 28, 15), (4, 6, 4, 1)),
    (6, 3): ((20, 75, 96, 42), (20, 45, 36, 10)),
    (12, 3): ((220, 726, 804, 299), (220, 594, 540, 165)),
    (5, 4): ((5, 30, 70, 75, 31), (5, 10, 10, 5, 1)),
}


@pytest.mark.parametrize(("n", "d"), GENERIC)
def test_general_position(n: int, d: int) -> None:
    f, bounded = GENERIC[n, d]
    network = pe.library.generic(n, d).network
    assert bounds.buck_1943_faces(n, d) == bounds.zaslavsky_1975_faces(network) == f
    assert bounds.bounded_faces(n, d) == bounded
    assert bounds.buck_1943_upper(n, d) == bounds.zaslavsky_1975(network) == f[-1]
    assert bounds.zaslavsky_1975_bounded(network) == bounded[-1] == comb(n - 1, d)
    assert bounds.characteristic_polynomial(network) == tuple(
        (-1) ** (d - k) * comb(n, d - k) for k in range(d + 1)
    )
    assert bounds.average_facets(n, d) == Fraction(2 * f[d - 1], f[d])


@pytest.mark.parametrize(("n", "d"), [(0, 2), (1, 1), (1, 3), (2, 3), (3, 3), (4, 2), (0, 1), (7, 1)])
def test_few_hyperplanes_in_general_position(n: int, d: int) -> None:
    named = pe.library.generic(n, d) if n else None
    f = named.f_vector if named else (*[0] * d, 1)
    bounded = named.bounded_f_vector if named else (0,) * (d + 1)
    assert bounds.buck_1943_faces(n, d) == f
    assert bounds.bounded_faces(n, d) == bounded


@pytest.mark.parametrize(
    ("n", "d", "f"),
    [(5, 2, (1, 10, 10)), (5, 3, (1, 20, 40, 22)), (8, 3, (1, 56, 112, 58)), (6, 4, (1, 40, 120, 132, 52))],
)
def test_hyperplanes_through_the_origin(n: int, d: int, f: tuple[int, ...]) -> None:
    network = pe.library.central_generic(n, d).network
    assert bounds.central_faces(n, d) == bounds.zaslavsky_1975_faces(network) == f
    assert bounds.central_arrangement_upper(n, d) == bounds.central_upper(d, [n]) == f[-1]
    assert bounds.average_facets_central(n, d) == Fraction(2 * f[d - 1], f[d])


def test_parallel_families() -> None:
    assert bounds.parallel_families_regions((2, 2, 2), 2) == 19
    network = pe.library.parallel_families((3, 1, 2), 3).network
    assert bounds.parallel_families_regions((3, 1, 2), 3) == bounds.zaslavsky_1975(network)
    assert bounds.goujon_2024_upper(3, [[4, 2, 3]]) == bounds.zaslavsky_1975(network)


def test_average_facets() -> None:
    values = {(5, 2): 3.125, (10, 2): 3.5714, (6, 3): 4.5714, (12, 3): 5.3779, (5, 4): 4.8387}
    for (n, d), value in values.items():
        assert round(float(bounds.average_facets(n, d)), 4) == value
    assert bounds.average_facets_central(5, 3) == Fraction(40, 11)
    means = [bounds.average_facets(n, 3) for n in range(3, 40)]
    assert means == sorted(means)
    assert means[-1] < bounds.fukuda_1991_upper(3, [40])  # type: ignore[operator]
    assert 6 - bounds.average_facets(10**6, 3) < Fraction(1, 10**4)
    assert 4 - bounds.average_facets_central(10**6, 3) < Fraction(1, 10**4)


ONE_LAYER = [
    net
    for net in pe.library.catalog(max_regions=5_000)
    if net.network.n_hidden_layers == 1 and net.network.n_neurons <= 40
]  # fmt: skip


@pytest.mark.parametrize("named", ONE_LAYER, ids=lambda named: named.name)
def test_zaslavsky_counts_every_arrangement_of_the_library(named: pe.library.NamedNetwork) -> None:
    assert bounds.zaslavsky_1975(named.network) == named.n_regions
    if named.n_bounded is not None:
        assert bounds.zaslavsky_1975_bounded(named.network) == named.n_bounded
    if named.characteristic_polynomial is not None:
        assert bounds.characteristic_polynomial(named.network) == named.characteristic_polynomial
    if named.f_vector is not None and (named.n_regions or 0) < 400:
        assert bounds.zaslavsky_1975_faces(named.network) == named.f_vector


def test_convolutions() -> None:
    for n, regions in zip((1, 2, 3, 4), (4, 15, 40, 85), strict=True):
        assert bounds.xiong_2020_one_layer(3, 2, n) == regions
        assert bounds.zaslavsky_1975(pe.library.convolution(3, 2, n).network) == regions
    assert [bounds.xiong_2020_one_layer(4, 2, n) for n in (2, 3)] == [55, 217]
    assert bounds.xiong_2020_one_layer(4, 3, 2) == 16
    assert bounds.xiong_2020_one_layer(4, 2, 3, stride=2) == 49
    # without shared weights, as many generic neurons have
    assert [bounds.buck_1943_upper(2 * n, 3) for n in (1, 2, 3, 4)] == [4, 15, 42, 93]
    assert bounds.xiong_2020_upper(3, 1, [(2, 2)]) == bounds.xiong_2020_lower(3, 1, [(2, 2)]) == 15
    layers = [(2, 2), (2, 2)]
    assert bounds.xiong_2020_lower(4, 1, layers) == 15 * 2**3
    assert bounds.xiong_2020_upper(4, 1, layers) == 55 * bounds.buck_1943_upper(4, 4)


def test_graph_convolutions() -> None:
    for (d, n), (biased, central) in {(1, 2): (27, 8), (2, 2): (64, 64), (2, 3): (343, 216)}.items():
        assert bounds.graph_convolution_regions(3, d, n) == biased
        assert bounds.graph_convolution_regions(3, d, n, bias=False) == central
        path = ((1, 1, 0), (1, 1, 1), (0, 1, 1))
        assert bounds.zaslavsky_1975(pe.library.graph_convolution(path, d, n).network) == biased
    singular = [bounds.graph_convolution_regions(1, d, n) for d, n in ((1, 2), (2, 2), (2, 3))]
    assert singular == [3, 4, 7]


def test_maxout_leaky_and_residual() -> None:
    for (m, k, d), (best, serra) in {(2, 3, 2): (9, 22), (3, 3, 2): (19, 46), (2, 4, 2): (16, 79)}.items():
        assert bounds.montufar_ren_zhang_2022_maxout(d, m, k) == best
        assert bounds.serra_2018_maxout_upper(d, [m], k) == serra
    assert bounds.montufar_ren_zhang_2022_maxout(3, 2, 3) == 9
    assert bounds.residual_upper(2, [3, 3]) == 49 > bounds.serra_2018_upper(2, [3, 3]) == 40
    # leaky layers that are one to one: all four lines are lines of the plane
    assert bounds.buck_1943_upper(4, 2) == 11


def maxout_regions(rng: np.random.Generator, m: int, k: int, d: int) -> int:
    points = rng.normal(size=(60_000, d)) * 4
    values = points @ rng.normal(size=(d, m * k)) + rng.normal(size=m * k)
    return len(set((values.reshape(-1, m, k).argmax(axis=2) @ k ** np.arange(m)).tolist()))


def test_random_maxout_layers_stay_below_their_bound() -> None:
    rng = np.random.default_rng(0)
    seen = [maxout_regions(rng, 2, 3, 2) for _ in range(40)]
    assert max(seen) == bounds.montufar_ren_zhang_2022_maxout(2, 2, 3) == 9


def test_bounds_for_random_networks() -> None:
    assert bounds.hanin_rolnick_2019_expected_upper(2, 10, T=Fraction(1, 2), volume=4) == 50
    assert bounds.hanin_rolnick_2019_expected_upper(3, 2, T=7) == 4
    assert bounds.hanin_rolnick_2019_expected_upper(784, 10**4, T=1).numerator > 2**1000
    assert bounds.petersen_zech_2024_expected_upper([4, 3], 2.0, 0.5) == pytest.approx(
        5 + 4 * (1 + np.log(8)) * 3
    )
    assert bounds.petersen_zech_2024_upper([5, 3, 2], 3) == 15**3
    assert bounds.cai_2023_expected_upper(2, [2, 2], [[0, 0.5, 0.5], [0, 0, 1]]) == 10
    assert float(bounds.cai_2023_expected_upper(1, [2], [[0.7, 0.2, 0.1]])) == pytest.approx(0.7 + 0.3 * 3)


def test_gaussian_neurons_change_their_sign_with_the_angle() -> None:
    assert bounds.gaussian_sign_change([0.0, 0.0], [1.0, 0.0]) == 0.25
    assert bounds.gaussian_sign_change([1.0, 0.0], [-1.0, 0.0], sigma_b=0) == 1
    assert bounds.gaussian_sign_change([1.0, 2.0], [1.0, 2.0]) == 0
    # the density of crossings along a line through the origin
    assert bounds.gaussian_sign_change([0.0], [1e-6]) / 1e-6 == pytest.approx(1 / np.pi)
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(200_000, 3)) * [2.0, 2.0, 0.5]
    changed = (rows @ [1.0, 0.0, 1.0] > 0) != (rows @ [0.5, -1.0, 1.0] > 0)
    expected = bounds.gaussian_sign_change([1.0, 0.0], [0.5, -1.0], sigma_w=2.0, sigma_b=0.5)
    assert abs(changed.mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / len(rows))


def regions_near_the_origin(regions: pe.RegionSet) -> int:
    """How many regions come nearer to the origin than 1: their nearest point is it, a foot on a line, or a corner."""
    W, b = regions.network.weights[0]
    feet = -W * (b / (W**2).sum(axis=1))[:, None]
    i, j = np.triu_indices(len(b), 1)
    corners = np.linalg.solve(np.stack([W[i], W[j]], axis=1), -np.stack([b[i], b[j]], axis=1)[:, :, None])[
        :, :, 0
    ]
    points = np.vstack([np.zeros((1, 2)), feet, corners])
    on = np.zeros((len(points), len(b)), dtype=bool)
    on[1 : 1 + len(b)] = np.eye(len(b), dtype=bool)
    on[1 + len(b) + np.arange(len(i)), i] = on[1 + len(b) + np.arange(len(j)), j] = True
    values = np.where(on, 0, np.sign(points @ W.T + b))[np.linalg.norm(points, axis=1) < 1]
    touches = (values[None] * regions.sign_vectors[:, None] >= 0).all(axis=2)
    return int(touches.any(axis=1).sum())


def test_three_thousand_gaussian_layers_have_as_many_regions_near_the_origin_as_expected() -> None:
    rng = np.random.default_rng(5)
    output = (np.ones((1, 10)), [0.0])
    seen = np.array(
        [
            regions_near_the_origin(pe.enumerate_regions(pe.ReLUNetwork([(rows[:, :2], rows[:, 2]), output])))
            for rows in rng.normal(size=(3_000, 10, 3))
        ]
    )
    expected = bounds.gaussian_disc_expected(10)
    assert round(expected, 4) == 21.2513
    assert abs(seen.mean() - expected) < 3 * seen.std(ddof=1) / np.sqrt(len(seen))


def test_widths_of_a_thousand_overflow_nothing() -> None:
    widths = [1000] * 10
    for d in (1, 10, 784, 1000):
        chain = [
            bounds.serra_2018_upper(d, widths),
            bounds.montufar_2017_upper(d, widths),
            bounds.raghu_2017_upper(d, widths),
            bounds.montufar_2014_upper(widths),
        ]
        assert all(isinstance(value, int) for value in chain)
        assert chain == sorted(chain)
        assert bounds.montufar_2014_lower(d, widths) <= chain[0]
    assert bounds.montufar_2014_upper(widths) == 2**10000
    assert bounds.serra_2018_upper(1, widths) == bounds.serra_2018_line(widths) == 1001**10
