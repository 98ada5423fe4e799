"""Worked numbers of the theory that no other file asserts, each counted through the public functions."""

from __future__ import annotations

import math
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

import polytope_engine as pe
from polytope_engine import bounds, estimators

E1, E2, E3 = (1, 0, 0), (0, 1, 0), (0, 0, 1)


def counts(network: pe.ReLUNetwork) -> tuple[int, ...]:
    """R2, R1, R4, R5 and R6."""
    regions = pe.enumerate_regions(network)
    linear = [len(regions.linear_regions(definition)) for definition in ("open", "closed", "affine")]
    return len(regions), pe.sign_cells(network).n_activation_patterns, *linear


# -- constructions ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("depth", "known", "inside"),
    [
        (1, (3, 3, 3, 3, 3), 2),
        (2, (6, 6, 6, 6, 5), 4),
        (3, (10, 11, 10, 10, 9), 8),
        (4, (18, 21, 18, 18, 17), 16),
        (5, (34, 41, 34, 34, 33), 32),
    ],
)
def test_sawtooths_by_every_definition(depth: int, known: tuple[int, ...], inside: int) -> None:
    network = pe.library.sawtooth(depth).network
    assert counts(network) == known
    assert int(pe.count_regions(network, pe.box(0, 1, dimension=1))) == inside


@pytest.mark.parametrize(
    ("folds", "inside", "everywhere"),
    [((2, 2), 4, 6), ((3, 3), 9, 10), ((2, 2, 2), 8, 10), ((3, 2), 6, 7), ((4, 4), 16, 18)],
)
def test_folds_of_the_line(folds: tuple[int, ...], inside: int, everywhere: int) -> None:
    network = pe.library.folding_line(*folds).network
    assert int(pe.count_regions(network)) == everywhere
    assert int(pe.count_regions(network, pe.box(0, 1, dimension=1))) == inside


@pytest.mark.parametrize(
    ("widths", "inside", "everywhere"),
    [((4, 3), 28, 37), ((4, 4), 44, 56), ((6, 4), 99, 117), ((4, 4, 3), 112, 148)],
)
def test_folds_of_the_plane(widths: tuple[int, ...], inside: int, everywhere: int) -> None:
    network = pe.library.folding_plane(*widths).network
    assert int(pe.count_regions(network)) == everywhere
    domain = pe.box(0, 1, dimension=2)
    assert int(pe.count_regions(network, domain)) == inside == bounds.montufar_2014_lower(2, widths)


@pytest.mark.parametrize(
    ("widths", "n"), [((3,), 4), ((3, 3), 16), ((3, 3, 3), 64), ((4, 4), 25), ((5, 5), 36)], ids=str
)
def test_zigzags_have_one_number_by_all_definitions(widths: tuple[int, ...], n: int) -> None:
    network = pe.library.zigzag(widths).network
    assert counts(network) == (n,) * 5
    assert pe.enumerate_regions(network).f_vector() == (n - 1, n)


@pytest.mark.parametrize(("n_lines", "n"), [(3, 112), (6, 352)])
def test_zigzags_before_lines(n_lines: int, n: int) -> None:
    assert int(pe.count_regions(pe.library.zigzag_plane(n_lines).network)) == n
    assert bounds.serra_2018_lower(2, [6, n_lines]) == n


@pytest.mark.parametrize(
    ("generators", "width", "depth", "formula", "known"),
    [
        ((E1, E2), 2, 1, 8, (8, 17, 8, 8, 8)),
        ((E1, E2), 2, 2, 16, (20, 41, 17, 17, 17)),
        ((E1, E2, (1, 1, 0)), 2, 1, 12, (12, 25, 12, 12, 12)),
        ((E1, E2, (1, 1, 0)), 3, 1, 18, (18, 37, 18, 18, 18)),
        ((E1, E2, (1, 1, 0)), 2, 2, 24, (30, 61, 25, 25, 25)),
    ],
)
def test_zonotopes_of_the_plane_by_every_definition(
    generators: tuple[tuple[int, ...], ...], width: int, depth: int, formula: int, known: tuple[int, ...]
) -> None:
    plane = [g[:2] for g in generators]
    assert counts(pe.library.zonotope(plane, width, depth).network) == known
    assert bounds.arora_2018_lower(2, [2 * len(plane)] + [width] * depth) == formula


def test_a_zonotope_of_space() -> None:
    network = pe.library.zonotope((E1, E2, E3, (1, 1, 1)), 2, 1).network
    assert int(pe.count_regions(network)) == bounds.arora_2018_lower(3, [8, 2]) == 28


@pytest.mark.parametrize("folds", [(2, 3), (3, 2), (3, 4, 2), (5, 2)])
@pytest.mark.parametrize("n_idle", [0, 1])
def test_zonotopes_folded_by_unequal_widths_have_as_many_linear_regions(
    folds: tuple[int, ...], n_idle: int
) -> None:
    """The theorem is for equal widths, and an even first one; its construction is not."""
    generators = np.array([E1[:2], E2[:2], (1, 1)])
    first = np.vstack([generators, -generators, np.zeros((n_idle, 2))])
    layers, read = [(first, np.zeros(len(first)))], np.ones((1, len(first)))
    for n in folds:  # |x| in [0, 1] onto [0, 1], n times
        slopes = np.array([n] + [2 * n] * (n - 1))
        layers.append((slopes[:, None] * read, -2.0 * np.arange(n)))
        read = (-1.0) ** np.arange(n)[None, :]
    regions = pe.enumerate_regions(pe.ReLUNetwork([*layers, (read, [0])]))
    bound = bounds.arora_2018_lower(2, [len(first), *folds])
    assert bound == 6 * math.prod(folds)
    # outside of the unit ball, a multiple of the last fold, or nothing that changes
    assert bound <= len(regions.linear_regions("open")) <= bound + 6


# -- how tight bounds are -----------------------------------------------------------------------


def test_three_layers_of_two_neurons_may_have_fifteen_regions_on_the_line() -> None:
    """The most that any search has found; the bound says 27, and a theorem that is in doubt promises 18."""
    mirror = [[2, -4], [2, -4]]
    layers = [
        ([[1], [1]], [0, -0.5]),
        (mirror, [-1 / 16, -7 / 16]),
        (mirror, [-5 / 8, -7 / 16]),
        ([[1, 1]], [0]),
    ]
    network = pe.ReLUNetwork(layers)
    assert len(pe.regions_on_segment(network, [-9], [9])) == int(pe.count_regions(network)) == 15
    assert bounds.serra_2018_upper(1, [2, 2, 2]) == 27


def test_two_layers_of_two_leaky_neurons_have_as_many_regions_as_four_lines_of_the_plane() -> None:
    """The first layer is one to one and onto, so its lines and those of the second are four lines of its image."""
    rng = np.random.default_rng(0)
    found = set()
    for _ in range(300):
        hidden = [(rng.normal(size=(2, 2)), rng.normal(size=2)) for _ in range(2)]
        found.add(int(pe.count_regions(pe.ReLUNetwork([*hidden, ([[1, 1]], [0])], negative_slope=0.1))))
    assert max(found) == bounds.buck_1943_upper(4, 2) == 11 < bounds.montufar_2017_upper(2, [2, 2]) == 16


def test_the_extremal_histogram_on_the_line_makes_no_difference() -> None:
    def gamma(i: int, n: int) -> list[int]:
        """Regions by active neurons; n points of the line, each active to one of its sides, towards the middle."""
        if i != 1 or n < 2:
            return [comb(n, n - a) if n - a <= i else 0 for a in range(n + 1)]
        found = [0] * (n + 1)
        for region in range(n + 1):
            found[n - abs(region - n // 2)] += 1
        return found

    assert gamma(1, 4) == [0, 0, 2, 2, 1]
    for widths in ((4,), (4, 4), (2, 2), (3, 2, 5), (1, 4, 1, 2)):
        upper = bounds.hinz_van_de_geer_2019_upper(1, widths, gamma)
        assert upper == bounds.serra_2018_upper(1, widths)


@pytest.mark.parametrize(("d", "width", "depth"), [(4, 2, 2), (6, 3, 2), (6, 2, 3), (20, 10, 2)])
def test_one_layer_beats_deep_ones_where_there_are_as_many_inputs_as_neurons(
    d: int, width: int, depth: int
) -> None:
    shallow = bounds.buck_1943_upper(width * depth, d)
    assert shallow == bounds.montufar_2014_upper([width] * depth)
    assert shallow > bounds.serra_2018_upper(d, [width] * depth)


@settings(max_examples=40)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 4))
def test_pieces_on_the_line_are_at_least_the_regions_that_a_bound_allows(widths: list[int], p: int) -> None:
    regions = bounds.goujon_2024_upper(1, [[p] * n for n in widths])
    assert regions == math.prod(n * (p - 1) + 1 for n in widths) <= bounds.petersen_zech_2024_upper(widths, p)


PATH = ((1, 1, 0), (1, 1, 1), (0, 1, 1))
# what a record says is attained: the bound, and the network of the family that attains it
ATTAINED = {
    "arora_2018_lower": (bounds.arora_2018_lower(2, [6, 3]), pe.library.zonotope([E1[:2], E2[:2], (1, 1)], 3, 1)),
    "average_facets": (bounds.average_facets(6, 3), pe.library.generic(6, 3)),
    "average_facets_central": (bounds.average_facets_central(5, 3), pe.library.central_generic(5, 3)),
    "bounded_faces": (bounds.bounded_faces(6, 3), pe.library.generic(6, 3)),
    "buck_1943_faces": (bounds.buck_1943_faces(6, 3), pe.library.generic(6, 3)),
    "buck_1943_upper": (bounds.buck_1943_upper(6, 3), pe.library.generic(6, 3)),
    "central_arrangement_upper": (bounds.central_arrangement_upper(5, 3), pe.library.central_generic(5, 3)),
    "central_faces": (bounds.central_faces(5, 3), pe.library.central_generic(5, 3)),
    "central_upper": (bounds.central_upper(3, [5]), pe.library.central_generic(5, 3)),
    "goujon_2024_upper": (
        bounds.goujon_2024_upper(2, [[4, 2, 3]]), pe.library.parallel_families((3, 1, 2), 2)
    ),
    "graph_convolution_regions": (
        bounds.graph_convolution_regions(3, 1, 2), pe.library.graph_convolution(PATH, 1, 2)
    ),
    "montufar_2014_lower": (bounds.montufar_2014_lower(2, [4, 3]), pe.library.folded_cube(2, 4, 3)),
    "montufar_ren_zhang_2022_maxout": (
        bounds.montufar_ren_zhang_2022_maxout(2, 3, 3), pe.library.parallel_families((2, 2, 2), 2)
    ),
    "parallel_families_regions": (
        bounds.parallel_families_regions((3, 1, 2), 2), pe.library.parallel_families((3, 1, 2), 2)
    ),
    "serra_2018_line": (bounds.serra_2018_line([3, 4]), pe.library.zigzag((3, 4))),
    "serra_2018_lower": (bounds.serra_2018_lower(2, [6, 2]), pe.library.zigzag_cube(2, 6, 2)),
    "serra_2018_upper": (bounds.serra_2018_upper(2, [2, 3]), pe.library.tight_plane(3)),
    "serra_2018_zonotope_lower": (
        bounds.serra_2018_zonotope_lower(2, [4, 3]), pe.library.zigzag_zonotope([E1[:2], E2[:2]], 3)
    ),
    "telgarsky_2016_lower": (bounds.telgarsky_2016_lower(3), pe.library.sawtooth(3)),
    "xiong_2020_one_layer": (bounds.xiong_2020_one_layer(3, 2, 2), pe.library.convolution(3, 2, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", [r.name for r in bounds.records() if r.attained_by is not None])
def test_what_a_record_says_is_attained_is(name: str) -> None:
    value, named = ATTAINED[name]
    record = bounds.record(name)
    assert named.name.startswith(record.attained_by or "")
    domain = None
    if record.kind == "lower" and named.domain_bounds is not None:
        domain = pe.box(*named.domain_bounds)
    regions = pe.enumerate_regions(named.network, domain)
    if record.region_definition.startswith("bounded"):
        assert regions.f_vector(bounded=True) == value
    elif record.region_definition.startswith("cells"):
        assert regions.f_vector() == value
    elif record.region_definition.startswith("facets"):
        assert regions.measure("n_facets")["n_facets"].sum() == value * len(regions)
    else:
        assert len(regions) == value


# -- layers with shared weights -----------------------------------------------------------------


def test_convolutions_without_biases() -> None:
    for arguments, known in (
        ((3, 2), {1: 4, 2: 14, 3: 28, 4: 46}),
        ((4, 2), {2: 48, 3: 128}),
        ((4, 3), {2: 16}),
    ):
        for n, regions in known.items():
            network = pe.library.convolution(*arguments, n, bias=False).network
            assert bounds.zaslavsky_1975(network) == int(pe.count_regions(network)) == regions
    two_by_two = pe.library.convolution(4, 2, 3, stride=2, bias=False).network
    assert bounds.zaslavsky_1975(two_by_two) == int(pe.count_regions(two_by_two)) == 36
    assert bounds.central_arrangement_upper(3, 2) ** 2 == 36  # the two places share no input


def test_as_many_neurons_that_share_nothing_have_more_regions() -> None:
    # inputs, filter, filters, stride: regions of the layer, and of as many generic neurons
    for (size, kernel, n, stride), (shared, generic) in {
        (4, 2, 2, 1): (55, 57),
        (4, 2, 3, 1): (217, 256),
        (4, 3, 2, 1): (16, 16),
        (4, 2, 3, 2): (49, 57),
    }.items():
        named = pe.library.convolution(size, kernel, n, stride)
        assert int(pe.count_regions(named.network)) == shared
        n_neurons = named.network.n_neurons
        assert bounds.buck_1943_upper(n_neurons, size) == generic
        assert int(pe.count_regions(pe.library.generic(n_neurons, size).network)) == generic


# -- arrangements -------------------------------------------------------------------------------


def rank(rows: list[tuple[int, ...]]) -> int:
    return int(np.linalg.matrix_rank(np.array(rows, dtype=float))) if rows else 0


@settings(max_examples=40)
@given(st.integers(1, 3), st.lists(st.tuples(*[st.integers(-2, 2)] * 4), min_size=1, max_size=6))
def test_regions_are_the_alternating_sum_over_central_sets(d: int, rows: list[tuple[int, ...]]) -> None:
    """Whitney's theorem: the sum of (-1)^(#B - rank B) over the sets B of hyperplanes that share a point."""
    network = pe.ReLUNetwork(
        [([row[:d] for row in rows], [row[-1] for row in rows]), ([[1] * len(rows)], [0])]
    )
    planes = set()
    for row in rows:
        plane = (*row[:d], row[-1])
        common = math.gcd(*plane) or 1
        if any(plane[:-1]):
            first = next(a for a in plane if a)
            planes.add(tuple(a // (common if first > 0 else -common) for a in plane))
    total, polynomial = 0, [0] * (d + 1)
    for k in range(len(planes) + 1):
        for chosen in combinations(sorted(planes), k):
            r = rank([plane[:-1] for plane in chosen])
            if r == rank(list(chosen)):
                total += (-1) ** (k - r)
                polynomial[d - r] += (-1) ** k
    assert bounds.zaslavsky_1975(network) == total
    assert bounds.characteristic_polynomial(network) == tuple(polynomial)


@pytest.mark.parametrize(("n", "d", "regions"), [(5, 2, 10), (5, 3, 22), (8, 3, 58), (6, 4, 52)])
def test_central_arrangements_have_the_vertices_of_a_zonotope(n: int, d: int, regions: int) -> None:
    normals = np.array(pe.library.central_generic(n, d).network.weights[0][0])
    normals = normals / np.linalg.norm(normals, axis=1)[:, None]
    signs = np.array(np.meshgrid(*[[-1, 1]] * n)).reshape(n, -1).T
    assert len(ConvexHull(signs @ normals).vertices) == regions
    assert bounds.central_arrangement_upper(n, d) == regions


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 9))
def test_lines_in_a_square_are_counted_by_those_that_meet_it_and_their_crossings(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(n, 2)), rng.normal(size=n)
    n_lines = int((np.abs(b) < np.abs(W).sum(axis=1)).sum())
    i, j = np.triu_indices(n, 1)
    corners = np.array([np.linalg.solve(W[[p, q]], -b[[p, q]]) for p, q in zip(i, j, strict=True)])
    n_crossings = int((np.abs(corners).max(axis=1) < 1).sum()) if len(corners) else 0
    square = pe.box(-1, 1, dimension=2)
    network = pe.ReLUNetwork([(W, b), (np.ones((1, n)), [0])])
    assert bounds.zaslavsky_1975(network, square) == 1 + n_lines + n_crossings
    assert int(pe.count_regions(network, square)) == 1 + n_lines + n_crossings


# -- random layers and random lines -------------------------------------------------------------


def test_a_gaussian_neuron_has_half_a_unit_of_wall_on_each_unit_of_area_at_the_origin() -> None:
    """1/pi crossings a unit of length, over the mean 2/pi of |cos|; and by the walls in a small square."""
    crossings = bounds.gaussian_sign_change([0, 0], [1e-6, 0]) / 1e-6
    assert crossings == pytest.approx(1 / math.pi)
    assert crossings / estimators.crossing_constant(2) == pytest.approx(1 / 2)
    rng, n, side = np.random.default_rng(3), 8, 0.2
    square = pe.box(-side / 2, side / 2, dimension=2)
    densities = np.array(
        [
            pe.enumerate_regions(pe.ReLUNetwork([(W[:, :2], W[:, 2]), (np.ones((1, n)), [0])]), square)
            .walls()
            .areas()
            .sum()
            / (n * side**2)
            for W in rng.normal(size=(400, n, 3))
        ]
    )
    # at distance r from the origin it is less, by a factor of 1 - O(r^2), which is within a hundredth here
    error = densities.std(ddof=1) / math.sqrt(len(densities))
    assert abs(densities.mean() - 0.5) < 3 * error + 0.005
    assert error < 0.04


@pytest.mark.parametrize(("widths", "seed"), [((1, 6, 4, 1), 0), ((4, 7, 1), 1)])
def test_crofton_holds_on_the_line_and_in_four_dimensions(widths: tuple[int, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    layers = [
        (rng.normal(size=(n, m)), 0.3 * rng.normal(size=n)) for m, n in zip(widths, widths[1:], strict=False)
    ]
    network, domain = pe.ReLUNetwork(layers), pe.box(-1, 1, dimension=widths[0])
    exact = pe.enumerate_regions(network, domain).walls().areas().sum()
    area = estimators.line_crossings(network, domain, 2000, rng=1).wall_area
    assert area is not None
    assert abs(area.value - exact) <= 3 * (area.standard_error or 0) + 1e-9 * exact
    assert area.value == pytest.approx(exact, rel=0.02)
