"""F-vectors that are known by formula, or from two programs, of all cells and of the bounded ones."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from itertools import combinations
from math import comb, prod
from pathlib import Path

import numpy as np
import pytest

import polytope_engine as pe


def one_layer(rows: object, offsets: object) -> pe.ReLUNetwork:
    rows = np.asarray(rows)
    return pe.ReLUNetwork([(rows, offsets), (np.ones((1, len(rows))), [0])])


# -- small networks on which definitions differ ---------------------------------------------------------

SMALL = {
    "stargalla": ([1, 5, 5], 5),
    "hat": ([3, 4], 3),
    "touching_quadrants": ([1, 6, 6], 6),
    "identity": ([1, 2], 1),
    "dead_layer": ([1, 4, 4], 4),
    "cancelled_neurons": ([1, 4, 4], 4),
    "l1_norm": ([1, 4, 4], 4),
    "zero_plateau": ([1, 5, 5], 5),
    "disconnected_wall": ([4, 5], 4),
    "hamming_trap": ([4, 5], 4),
    "duplicate_neuron": ([1, 2], 1),
}


@pytest.mark.parametrize("name", SMALL)
def test_region_sets_count_their_cells_and_their_walls(name: str) -> None:
    f_vector, n_walls = SMALL[name]
    regions = pe.enumerate_regions(pe.library.named(name).network)
    assert regions.f_vector() == tuple(f_vector)
    assert regions.f_vector()[-2] == n_walls == len(regions.walls())
    assert sum(len(region.neighbors()) for region in regions) == 2 * n_walls


# -- arrangements by formula ----------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "d"), [(1, 1), (7, 1), (3, 2), (5, 2), (8, 2), (4, 3), (6, 3), (5, 4), (6, 5)])
def test_hyperplanes_in_general_position_have_the_cells_of_schlafli_and_buck(n: int, d: int) -> None:
    """On the moment curve: rows (1, t, ..., t^(d - 1)), offsets t^d."""
    t = np.arange(1, n + 1)
    cells = pe.sign_cells(one_layer(t[:, None] ** np.arange(d), t**d))
    through = [comb(n, d - k) for k in range(d + 1)]
    assert cells.f_vector() == tuple(
        through[k] * sum(comb(n - d + k, i) for i in range(k + 1)) for k in range(d + 1)
    )
    if n >= d:
        bounded = tuple(through[k] * (comb(n - d + k - 1, k) if k else 1) for k in range(d + 1))
        assert cells.f_vector(bounded=True) == bounded
    assert cells.is_generic()


@pytest.mark.parametrize(("n", "d"), [(3, 2), (5, 2), (5, 3), (8, 3), (6, 4)])
def test_hyperplanes_through_the_origin_have_the_cells_of_a_generic_zonotope(n: int, d: int) -> None:
    t = np.arange(1, n + 1)
    cells = pe.sign_cells(one_layer(t[:, None] ** np.arange(d), np.zeros(n)))
    expected = [
        comb(n, d - k) * 2 * sum(comb(n - d + k - 1, i) for i in range(k)) if k else 1 for k in range(d + 1)
    ]
    assert cells.f_vector() == tuple(expected)
    assert cells.f_vector(bounded=True) == (1, *[0] * d)
    assert cells.is_generic() == (n == d)


@pytest.mark.parametrize(("sizes", "d"), [((2, 2, 2), 2), ((1, 3), 2), ((3, 2, 1, 1), 2), ((2, 1, 3, 1), 3)])
def test_families_of_parallel_hyperplanes_have_elementary_symmetric_numbers_of_cells(
    sizes: tuple[int, ...], d: int
) -> None:
    """A k-dimensional flat lies on one member each of d - k families, and the other families cut it."""

    def n_regions(others: list[int], k: int) -> int:
        return sum(prod(chosen) for j in range(k + 1) for chosen in combinations(others, j))

    rows = [[t**i for i in range(d)] for t, size in enumerate(sizes, 1) for _ in range(size)]
    offsets = [1000 * t**d + 7 * i + i * i * t for t, size in enumerate(sizes, 1) for i in range(size)]
    expected = [0] * (d + 1)
    for k in range(d + 1):
        for families in combinations(range(len(sizes)), d - k):
            others = [size for i, size in enumerate(sizes) if i not in families]
            expected[k] += prod(sizes[i] for i in families) * n_regions(others, k)
    assert pe.sign_cells(one_layer(rows, offsets)).f_vector() == tuple(expected)


@pytest.mark.parametrize("sizes", [(3, 2), (1, 2, 3), (2, 2, 2)])
def test_grids_have_the_products_of_their_lines(sizes: tuple[int, ...]) -> None:
    """Open, bounded, and cut to a box whose boundary they end at."""
    network = pe.library.grid(*sizes).network
    d = len(sizes)

    def product(factors: list[tuple[int, int]]) -> tuple[int, ...]:
        polynomial = np.array([1])
        for factor in factors:
            polynomial = np.convolve(polynomial, factor)
        return tuple(polynomial.tolist())

    cells = pe.sign_cells(network)
    assert cells.f_vector() == product([(p, p + 1) for p in sizes])
    assert cells.f_vector(bounded=True) == product([(p, p - 1) for p in sizes])
    regions = pe.enumerate_regions(network, pe.box(-1, 4, dimension=d))
    assert regions.f_vector() == product([(p, p + 1) for p in sizes])
    assert regions.f_vector(closed=True) == product([(p + 2, p + 1) for p in sizes])
    touching = pe.box([0] * d, [p - 1 + (p == 1) for p in sizes])  # the outermost planes are its boundary
    assert pe.sign_cells(network, touching, closed=True).f_vector() == product(
        [(max(p, 2), max(p, 2) - 1) for p in sizes]
    )


SMALL_CATALOG = [
    named
    for named in pe.library.catalog()
    if named.bounded_f_vector is not None and named.f_vector is not None and sum(named.f_vector) <= 2_000
]


@pytest.mark.parametrize("named", SMALL_CATALOG, ids=lambda named: named.name)
def test_networks_of_the_library_have_as_many_bounded_cells_as_their_theorems_say(
    named: pe.library.NamedNetwork,
) -> None:
    cells = pe.sign_cells(named.network)
    assert cells.f_vector(bounded=True) == named.bounded_f_vector
    assert cells.f_vector() == named.f_vector


@pytest.mark.parametrize("n", [3, 4, 5])
def test_cells_of_the_braid_arrangement_are_ordered_partitions(n: int) -> None:
    """f_k = (k + 1)! S(n, k + 1), Stirling numbers of the second kind."""
    f_vector = [sum((-1) ** i * comb(k, i) * (k - i) ** n for i in range(k + 1)) for k in range(1, n + 1)]
    assert f_vector[-1] == math.factorial(n)
    cells = pe.sign_cells(pe.library.braid(n).network)
    assert cells.f_vector() == tuple(f_vector)
    assert not cells.is_generic() or n == 2


# -- deep networks --------------------------------------------------------------------------------------


def test_eleven_regions_of_two_layers_of_two_have_known_cells() -> None:
    layers = [([[3, 0], [1, -3]], [-2, -2]), ([[1, 2], [2, 1]], [-2, -2]), ([[1, 1]], [0])]
    regions = pe.enumerate_regions(pe.ReLUNetwork(layers))
    assert (regions.f_vector(), regions.f_vector(bounded=True)) == ((6, 16, 11), (6, 8, 3))
    assert regions.euler_characteristic() == regions.euler_characteristic(bounded=True) == 1


def test_copies_of_a_closed_surface_add_its_cells_once_each() -> None:
    """Three zigzags added up: each level set is a closed surface of 64 hexagons, of characteristic -8, so genus 5."""
    W1, b1 = np.repeat(np.eye(3), 4, axis=0), [0, -1, -2, -3] * 3
    zigzags = [-35, 55, -40, 40] * 3

    def cells(levels: list[int]) -> pe.SignCells:
        second = ([zigzags] * len(levels), [75 + level for level in levels])
        hidden = [(W1, b1), second] if levels else [(W1, b1)]
        return pe.sign_cells(pe.ReLUNetwork([*hidden, (np.ones((1, len(levels) or 12)), [0])]))

    first, one, five = cells([]), cells([0]), cells([-2, -1, 0, 1, 2])
    assert first.f_vector() == (64, 240, 300, 125)
    assert one.f_vector() == (136, 456, 508, 189)
    assert five.f_vector() == (424, 1320, 1340, 445)
    assert 2 * 1340 / 445 > 6 > 2 * 508 / 189
    surface = five.dimensions[five.sign_vectors[:, 12] == 0]
    assert np.bincount(surface).tolist() == [72, 144, 64]
    assert five.is_bounded[five.sign_vectors[:, 12] == 0].all()
    steps = np.array(five.f_vector()) - np.array(one.f_vector())
    assert steps.tolist() == [4 * 72, 4 * (144 + 72), 4 * (64 + 144), 4 * 64]


def test_a_generic_network_in_space_has_known_cells_and_walls_around_every_one_of_them() -> None:
    named = pe.library.generic_surface()
    cells = pe.sign_cells(named.network)
    assert cells.f_vector() == (862, 2664, 2691, 890)
    assert cells.is_generic()
    for k, j, n_above in [(0, 1, 6), (1, 2, 4), (2, 3, 2), (0, 2, 12), (0, 3, 8), (1, 3, 4)]:
        assert set(cells.incidence(k, j).sum(axis=1).tolist()) == {n_above}
    assert cells.n_open_ends == 2 * 2664 - 6 * 862
    levels = cells.sign_vectors[:, 13:] == 0  # eight closed surfaces of genus 5 that miss one another
    for level in range(8):
        f = np.bincount(cells.dimensions[levels[:, level]])
        assert f[0] - f[1] + f[2] == -8
    assert levels.sum(axis=1).max() == 1


@pytest.mark.parametrize(
    ("factors", "expected"), [([(3,)] * 3, [27, 108, 144, 64]), ([(3, 3), (4, 4)], [360, 759, 400])]
)
def test_zigzags_side_by_side_multiply(factors: list[tuple[int, ...]], expected: list[int]) -> None:
    polynomial = np.array([1])
    for factor in factors:
        f = pe.sign_cells(pe.library.zigzag(factor).network).f_vector()
        n_pieces = prod(n + 1 for n in factor)
        assert f == (n_pieces - 1, n_pieces)
        polynomial = np.convolve(polynomial, f)
    assert pe.sign_cells(pe.library.zigzag(*factors).network).f_vector() == tuple(expected)
    assert polynomial.tolist() == expected


def test_zonotopes_folded_have_known_cells() -> None:
    known = {
        (((1, 0), (0, 1)), 2, 1): (5, 12, 8),
        (((1, 0), (0, 1)), 2, 2): (17, 36, 20),
        (((1, 0), (0, 1), (1, 1)), 2, 1): (7, 18, 12),
        (((1, 0), (0, 1), (1, 1)), 3, 1): (13, 30, 18),
        (((1, 0), (0, 1), (1, 1)), 2, 2): (25, 54, 30),
    }
    for arguments, f_vector in known.items():
        regions = pe.enumerate_regions(pe.library.zonotope(*arguments).network)
        assert regions.f_vector() == f_vector


# -- domains --------------------------------------------------------------------------------------------


def test_three_lines_in_a_closed_square_have_corners_and_ends() -> None:
    lines = one_layer([[1, 0], [0, 1], [1, 1]], [0, 0, -1])
    regions = pe.enumerate_regions(lines, pe.box(-2, 2, dimension=2))
    assert (regions.f_vector(), regions.f_vector(closed=True)) == ((3, 9, 7), (13, 19, 7))
    assert (regions.euler_characteristic(), regions.euler_characteristic(closed=True)) == (1, 1)
    assert regions.f_vector(bounded=True) == (3, 9, 7)


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_a_closed_cube_alone_has_its_faces_and_a_simplex_its_own(d: int) -> None:
    nothing = pe.ReLUNetwork([(np.ones((1, d)), [0])])
    cube = pe.sign_cells(nothing, pe.box(0, 1, dimension=d), closed=True)
    assert cube.f_vector() == tuple(comb(d, k) * 2 ** (d - k) for k in range(d + 1))
    corner = pe.HPolytope(np.vstack([-np.eye(d), np.ones(d)]), [*[0] * d, 1])
    simplex = pe.sign_cells(nothing, corner, closed=True)
    assert simplex.f_vector() == tuple(comb(d + 1, k + 1) for k in range(d + 1))
    assert cube.is_generic()
    assert simplex.is_generic()


def test_rows_that_repeat_or_touch_make_no_faces() -> None:
    """A square by seven rows: one twice, one scaled, one through a corner, one along an edge's line, one 0 <= 0."""
    rows = [[-1, 0], [-2, 0], [0, -1], [1, 0], [0, 1], [-1, -1], [0, 0], [3, 0]]
    square = pe.HPolytope(rows, [0, 0, 0, 1, 1, 0, 0, 4])
    nothing = pe.ReLUNetwork([([[1, 1]], [0])])
    cells = pe.sign_cells(nothing, square, closed=True)
    assert cells.f_vector() == (4, 4, 1)
    corner = int(np.flatnonzero((cells.vertices == 0).all(axis=1))[0])
    index = int(cells.cells_of_dimension(0)[corner])
    assert cells.domain_signs[index].tolist() == [0, 0, 0, 1, 1, 0, 0, 1]
    assert pe.sign_cells(nothing, square).domain_signs.tolist() == [[1, 1, 1, 1, 1, 1, 0, 1]]
    assert not cells.is_generic()


def test_a_row_without_a_normal_is_no_wall() -> None:
    """0 <= 0, and 0 <= 1."""
    interval = pe.HPolytope([[1], [0], [-1], [0]], [1, 0, 1, 1])
    for closed in (False, True):
        assert pe.sign_cells(one_layer([[1]], [0]), interval, closed=closed).is_generic()


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_a_domains_rows_says_nothing(seed: int) -> None:
    """Of a cube with rows far outside, one through an edge, one through a corner, and copies of its own."""
    eye = np.eye(3)
    rows = np.vstack([eye, -eye, eye, -2 * eye, [[1, 1, 0], [1, 1, 1]], eye[:1]])
    offsets = np.array([1.0] * 6 + [2, 3, 4] + [2, 2, 2] + [2, 3, 1])
    order = np.random.default_rng(seed).permutation(len(rows))
    diagonal = one_layer([[1, -1, 0]], [0])
    regions = pe.enumerate_regions(diagonal, pe.HPolytope(rows[order], offsets[order]))
    assert regions.f_vector(closed=True) == (8, 14, 9, 2)
    assert regions.f_vector() == (0, 0, 1, 2)


def test_patterns_may_occur_on_the_boundary_of_a_closed_domain_only() -> None:
    opposite = pe.library.identity().network
    interval = pe.box(0, 1, dimension=1)
    opened, closed = (pe.sign_cells(opposite, interval, closed=closed) for closed in (False, True))
    assert (opened.f_vector(), closed.f_vector()) == ((0, 1), (2, 1))
    assert (opened.n_activation_patterns, closed.n_activation_patterns) == (1, 2)
    assert opened.n_regions == closed.n_regions == 1


def test_a_region_may_only_touch_a_domain_that_is_closed() -> None:
    """The wall x = 1 of one neuron is the boundary; that of another one misses the domain."""
    network = one_layer([[1.0], [1.0]], [-1.0, -2.0])
    interval = pe.box(0, 1, dimension=1)
    assert pe.sign_cells(network, interval, closed=True).sign_vectors.tolist() == [
        [-1, -1],
        [-1, -1],
        [0, -1],
    ]
    unbounded = pe.sign_cells(network, pe.HPolytope([[1.0]], [1.0]), closed=True)
    assert (unbounded.f_vector(), unbounded.f_vector(bounded=True)) == ((1, 1), (1, 0))
    assert unbounded.euler_characteristic() == 0


# -- networks of the folder -----------------------------------------------------------------------------


@pytest.mark.nets
@pytest.mark.parametrize(
    ("file", "half_width"),
    [("single_pendulum", 0.5), ("tll_n2_N8_0_0", 0.5), ("vcas_pra01_5x20", 0.05), ("hcas_pra0_tau00_5x25", 0.003),
     ("cartpole_3x16", 0.1)],
)  # fmt: skip
def test_trained_networks_obey_the_identities_in_a_small_box(
    nets_folder: Path, file: str, half_width: float
) -> None:
    network = pe.load_network(nets_folder / "real" / f"{file}.npz")
    d = network.input_dim
    box = pe.box(-half_width, half_width, dimension=d)
    regions = pe.enumerate_regions(network, box)
    opened, closed = (pe.sign_cells(network, box, closed=closed) for closed in (False, True))
    assert opened.n_regions == closed.n_regions == len(regions)
    assert (opened.euler_characteristic(), closed.euler_characteristic()) == ((-1) ** d, 1)
    assert set(opened.incidence(d - 1).sum(axis=1).tolist()) <= {2}
    columns = regions.measure("n_neuron_facets", "n_domain_facets", "n_vertices")
    assert columns["n_neuron_facets"].sum() == 2 * opened.f_vector()[d - 1]
    n_in_boundary = closed.f_vector()[d - 1] - opened.f_vector()[d - 1]
    assert columns["n_domain_facets"].sum() == n_in_boundary
    assert columns["n_vertices"].sum() == closed.incidence(0, d).sum()


@pytest.mark.nets
def test_a_generic_network_of_the_folder_has_known_cells(nets_folder: Path) -> None:
    path = nets_folder / "generic_3_13_8.json"
    if not path.is_file():
        pytest.skip("the folder has no generic_3_13_8.json")
    table = json.loads(path.read_text())
    W1, W2 = ([[Fraction(entry) for entry in row] for row in table[name]] for name in ("W1", "W2"))
    b1, b2 = ([Fraction(entry) for entry in table[name]] for name in ("b1", "b2"))
    regions = pe.enumerate_regions(pe.ReLUNetwork([(W1, b1), (W2, b2), ([[1] * 8], [0])]))
    assert regions.f_vector() == (862, 2664, 2691, 890)
    assert regions.f_vector(bounded=True) == pe.sign_cells(pe.library.generic_surface().network).f_vector(
        bounded=True
    )
