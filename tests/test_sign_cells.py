"""Sign cells of networks with known f-vectors and counts, and the identities that all of them obey."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polytope_engine as pe
from polytope_engine.complexes import sign_cells as module
from polytope_engine.errors import (
    EmptyDomainError,
    FlatDomainError,
    InvalidArgumentError,
    InvalidDomainError,
    InvalidNetworkError,
)
from polytope_engine.regions.outcome import Status

CATALOG = {net.name: net for net in pe.library.catalog() if (net.n_regions or 0) <= 500}


@cache
def cells_of(name: str) -> pe.SignCells:
    return pe.sign_cells(CATALOG[name].network)


def euler_characteristic(cells: pe.SignCells) -> int:
    return sum((-1) ** k * n for k, n in enumerate(cells.f_vector()))


def random_network(seed: int, *widths: int, slope: float = 0.0) -> pe.ReLUNetwork:
    rng = np.random.default_rng(seed)
    return pe.ReLUNetwork([(rng.normal(size=(n, m)), rng.normal(size=n)) for m, n in pairwise(widths)], slope)


def sign_set(rows: np.ndarray) -> set[bytes]:
    return {row.tobytes() for row in rows}


def signs_by_dimension(cells: pe.SignCells) -> set[tuple[int, ...]]:
    return {
        (dimension, *signs)
        for dimension, signs in zip(cells.dimensions.tolist(), cells.sign_vectors.tolist(), strict=True)
    }


# -- known numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CATALOG)
def test_networks_of_the_library_have_their_known_numbers(name: str) -> None:
    named, cells = CATALOG[name], cells_of(name)
    assert cells.status is Status.COMPLETE
    if named.f_vector is not None:
        assert cells.f_vector() == named.f_vector
    known = {"R1": cells.n_activation_patterns, "R2": cells.n_proper_activation_regions}
    for definition, n in known.items():
        assert n == named.counts.get(definition, n), definition
    assert cells.n_regions == (named.n_regions if named.n_regions is not None else cells.n_regions)
    if named.n_bounded is not None:
        is_full = cells.dimensions == named.network.input_dim
        assert int(cells.is_bounded[is_full].sum()) == named.n_bounded


@pytest.mark.parametrize("name", CATALOG)
def test_identities_hold_for_networks_of_the_library(name: str) -> None:
    named, cells = CATALOG[name], cells_of(name)
    d = named.network.input_dim
    assert euler_characteristic(cells) == (-1) ** d
    assert cells.n_proper_activation_regions == cells.n_regions <= cells.n_activation_patterns <= len(cells)
    assert (
        2 * cells.work.n_cuts + 1 == len(cells) == len(sign_set(cells.sign_vectors)) == sum(cells.f_vector())
    )
    if cells.n_regions <= 200:
        regions = pe.enumerate_regions(named.network)
        assert sign_set(cells.sign_vectors[cells.dimensions == d]) == sign_set(regions.sign_vectors)


@pytest.mark.parametrize(
    ("named", "bounded"),
    [
        (pe.library.generic(5, 2), [10, 15, 6]),
        (pe.library.generic(10, 2), [45, 80, 36]),
        (pe.library.generic(6, 3), [20, 45, 36, 10]),
        (pe.library.generic(12, 3), [220, 594, 540, 165]),
        (pe.library.grid(3, 2), [6, 7, 2]),
        (pe.library.shi(4), [24, 72, 76, 27]),
        (pe.library.catalan(3), [13, 24, 12]),
        (pe.library.linial(4), [10, 21, 16, 4]),
        (pe.library.semiorder(3), [12, 18, 7]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_arrangements_have_the_bounded_cells_that_zaslavsky_counts(
    named: pe.library.NamedNetwork, bounded: list[int]
) -> None:
    cells = pe.sign_cells(named.network)
    assert np.bincount(cells.dimensions[cells.is_bounded]).tolist() == bounded


def test_a_network_in_general_position_has_more_than_six_facets_a_region_on_average() -> None:
    """Against Theorem 3.4 of Gaines and Bi (2026): a closed surface of high genus, perturbed to be generic.

    Three zigzags are added up, and eight copies of the sum are cut at different levels; the first layer's
    weights are moved by ten-thousandths, the second's by millionths, and both are scaled to integers.
    """
    W1 = [[1, -5, 3], [-7, 8, -6], [9, -8, 7], [-8, -7, 4], [-7, -2, -7], [4, -8, 9], [-2, 9, -8], [9, 3, -8],
          [-8, 8, -5], [4, -5, 8], [9, 0, 8], [-6, 9, 9], [0, 0, 0]]  # fmt: skip
    b1 = [-8, 2, -3, 4, 8, -6, 9, -2, 0, -6, -4, -3, 0]
    W2 = [[2, -6, 8, -7, 9, -8, -3, 6, 8, 4, 1, 5, 9], [5, 2, 0, -2, -4, -2, -7, 9, 0, 7, 6, 1, 5],
          [0, -7, -6, 7, 4, -4, 1, -5, 6, 4, -8, -7, 8], [9, 1, 1, 2, 6, 9, 5, -7, -7, -1, 6, -7, -8],
          [0, 9, 5, 0, 3, 2, -9, 5, 2, -4, -6, 6, -8], [-3, 0, -5, -2, 3, 3, 6, -7, -4, 5, 3, 8, -1],
          [-5, 4, 8, -1, 4, 2, 3, -2, -5, -7, -4, -5, -2], [-2, -9, 6, 9, -4, -1, 0, -9, -5, 4, 8, 2, 9]]  # fmt: skip
    axes = np.vstack([np.repeat(np.eye(3), 4, axis=0), -np.ones(3)])
    kinks = [-1.0 * (i % 4) for i in range(12)]
    zigzag = np.array([-2_500_000, 3_500_000, -2_000_000, 2_000_000] * 3 + [4_000_000])
    levels = 377 + 2 * np.arange(8)
    first = (10_000 * axes + W1, 10_000 * np.array([*kinks, -4]) + b1)
    second = (np.array(W2) + zigzag, levels * (10**10 / 64))
    cells = pe.sign_cells(pe.ReLUNetwork([first, second, (np.ones((1, 8)), [0])]))
    assert cells.f_vector() == (862, 2664, 2691, 890)
    n_zeros = (cells.sign_vectors == 0).sum(axis=1)
    assert np.array_equal(n_zeros, 3 - cells.dimensions)
    assert 2 * 2691 / 890 > 6


def test_one_neuron_more_in_the_last_layer_lowers_the_average_degree() -> None:
    """Against Theorem 3.6 of Gaines and Bi (2026), in the plane."""
    network = pe.library.falling_average().network
    (W1, b1), (_, _), _ = network.weights
    before = pe.sign_cells(pe.ReLUNetwork([(W1, b1), (np.ones((1, len(W1))), [0])])).f_vector()
    after = pe.sign_cells(network).f_vector()
    assert (before, after) == ((21, 49, 29), (23, 54, 32))
    assert 2 * after[1] / after[2] < 2 * before[1] / before[2]


def test_planes_of_the_braid_arrangement_with_the_diagonal_left_in_share_a_line() -> None:
    """x_i = x_j in R^4, not in the quotient: the same cells, each one dimension larger."""
    rows = [[int(k == i) - int(k == j) for k in range(4)] for i in range(4) for j in range(i)]
    cells = pe.sign_cells(pe.ReLUNetwork([(rows, [0] * 6), (np.ones((1, 6)), [0])]))
    assert cells.f_vector() == (0, 1, 14, 36, 24)
    assert not cells.is_bounded.any()
    assert euler_characteristic(cells) == 1


def test_the_cells_of_an_open_domain_leave_its_boundary_out() -> None:
    """x = 0, y = 0, x + y = 1 in a square; and opposite neurons whose wall is the domain's boundary."""
    lines = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    assert pe.sign_cells(lines, pe.box(-2, 2, dimension=2)).f_vector() == (3, 9, 7)
    opposite = pe.library.identity().network
    cells = pe.sign_cells(opposite, pe.box(0, 1, dimension=1))
    assert cells.sign_vectors.tolist() == [[1, -1]]
    assert cells.n_activation_patterns == 1
    assert pe.sign_cells(opposite).n_activation_patterns == 3


@pytest.mark.parametrize(("n", "d"), [(4, 2), (7, 2), (5, 3), (6, 4)])
def test_lines_that_all_meet_inside_a_box_give_the_simple_arrangement_there(n: int, d: int) -> None:
    named = pe.library.generic(n, d)
    cells = pe.sign_cells(named.network, pe.box(-1000, 1000, dimension=d))
    assert cells.f_vector() == tuple(
        sum(comb(n, i) * comb(i, d - k) for i in range(d - k, d + 1)) for k in range(d + 1)
    )
    assert cells.is_bounded.all()


def test_a_network_of_the_folder_has_its_known_number_of_regions_bounded_ones_and_walls(
    counted_network: tuple[str, pe.ReLUNetwork, dict[str, int]],
) -> None:
    """For each domain of `counts.json` that names at most 500 regions."""
    _, network, known = counted_network
    d = network.input_dim
    for words, n_regions in known.items():
        if n_regions > 500 or not words.startswith(("whole_space", "box_")):
            continue
        size = 0 if words == "whole_space" else int(words[4:])
        cells = pe.sign_cells(network, pe.box(-size, size, dimension=d) if size else None)
        assert cells.n_regions == n_regions
        assert euler_characteristic(cells) == (-1) ** d
        if not size:
            n_bounded = int(cells.is_bounded[cells.dimensions == d].sum())
            assert n_bounded == known.get("bounded_whole_space", n_bounded)
            n_walls = cells.f_vector()[d - 1]
            assert n_walls == known.get("walls_whole_space", n_walls)


# -- what each cell carries -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "domain"),
    [
        (random_network(0, 2, 5, 4, 2), None),
        (random_network(1, 3, 5, 3, 1, slope=0.1), pe.box(-1, 1, dimension=3)),
        (pe.library.thin_region().network, None),
        (pe.library.stargalla().network, pe.HPolytope([[-1.0, -1.0]], [0.0])),
        (pe.library.dead_neuron().network, None),
    ],
)
def test_every_cell_holds_its_interior_point(network: pe.ReLUNetwork, domain: pe.HPolytope | None) -> None:
    cells = pe.sign_cells(network, domain)
    assert len(cells.exact_interior_points) == len(cells.interior_points) == len(cells)
    for signs, point in zip(cells.sign_vectors, cells.exact_interior_points, strict=True):
        assert np.array_equal(network.exact.signs_at(point), signs)
        if domain is not None:
            assert all(
                sum(a * x for a, x in zip(row, (*point, 1), strict=True)) > 0 for row in domain.exact_rows
            )
    nearest = [[float(x) for x in point] for point in cells.exact_interior_points]
    assert cells.interior_points.tolist() == nearest


def test_columns_cannot_be_written_to_and_points_can_be_sliced() -> None:
    cells = cells_of("stargalla")
    for column in (cells.sign_vectors, cells.dimensions, cells.is_bounded, cells.interior_points):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 0
    points = cells.exact_interior_points
    assert list(points[2:4]) == [points[2], points[3]]
    assert len(list(points)) == len(cells)
    assert repr(points) == "<ExactPoints: 11>"
    with pytest.raises(IndexError):
        points[11]


def test_a_network_without_hidden_neurons_has_one_cell() -> None:
    for domain in (None, pe.box(1, 2, dimension=2)):
        cells = pe.sign_cells(pe.ReLUNetwork([([[1.0, 2.0]], [3.0])]), domain)
        assert cells.f_vector() == (0, 0, 1)
        assert (cells.sign_vectors.shape, cells.n_activation_patterns, cells.n_regions) == ((1, 0), 1, 1)


def test_a_neuron_that_is_zero_everywhere_has_one_cell_with_sign_0() -> None:
    cells = pe.sign_cells(pe.ReLUNetwork([([[0.0, 0.0]], [0.0]), ([[1.0]], [0.0])]))
    assert (cells.sign_vectors.tolist(), cells.f_vector()) == ([[0]], (0, 0, 1))


# -- invariance -----------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_order_and_scale_of_neurons_change_nothing(seed: int) -> None:
    """Permuting a layer permutes columns; a positive factor that the next layer divides by does nothing."""
    rng = np.random.default_rng(seed)
    W1, b1 = rng.integers(-2, 3, (4, 2)), rng.integers(-1, 2, 4)
    W2, b2 = rng.integers(-2, 3, (3, 4)), rng.integers(-1, 2, 3)
    order, scale = rng.permutation(4), 2.0 ** rng.integers(-3, 4, 4)
    plain = pe.ReLUNetwork([(W1, b1), (W2, b2), (np.ones((1, 3)), [0])])
    changed = pe.ReLUNetwork(
        [
            (scale[:, None] * W1[order], scale * b1[order]),
            (W2[:, order] / scale, b2),
            (np.ones((1, 3)), [0]),
        ]
    )
    expected = {
        (row[0], *np.array(row[1:5])[order].tolist(), *row[5:])
        for row in signs_by_dimension(pe.sign_cells(plain))
    }
    assert signs_by_dimension(pe.sign_cells(changed)) == expected


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from([(1, 6, 3), (2, 6, 4), (3, 5, 3), (4, 5, 3)]), st.booleans())
def test_full_dimensional_cells_are_the_regions(seed: int, widths: tuple[int, ...], in_box: bool) -> None:
    rng = np.random.default_rng(seed)
    layers = [(rng.integers(-2, 3, (n, m)), rng.integers(-2, 3, n)) for m, n in pairwise((*widths, 1))]
    network = pe.ReLUNetwork(layers, float(rng.choice([0.0, 0.5])))
    domain = pe.box(-1, 1, dimension=widths[0]) if in_box else None
    cells = pe.sign_cells(network, domain)
    regions = pe.enumerate_regions(network, domain)
    assert sign_set(cells.sign_vectors[cells.dimensions == widths[0]]) == sign_set(regions.sign_vectors)
    assert euler_characteristic(cells) == (-1) ** widths[0]
    assert cells.n_proper_activation_regions == cells.n_regions


def test_a_block_diagonal_network_has_the_product_of_the_f_vectors() -> None:
    first, second = pe.library.hat().network, pe.library.stargalla().network
    (V, c), (W1, b1), (W2, b2) = first.weights[0], *second.weights[:2]
    W = np.block([[V, np.zeros((3, 2))], [np.zeros((3, 1)), W1]])
    wide = np.hstack([np.zeros((2, 3)), W2])
    product = pe.ReLUNetwork([(W, [*c, *b1]), (wide, b2), (np.ones((1, 2)), [0])])
    expected = np.convolve(pe.sign_cells(first).f_vector(), pe.sign_cells(second).f_vector())
    assert pe.sign_cells(product).f_vector() == tuple(expected)


# -- limits and arguments -------------------------------------------------------------------------------


def test_max_cells_keeps_exactly_that_many() -> None:
    network = random_network(0, 3, 8, 8, 1)
    whole = pe.sign_cells(network)
    part = pe.sign_cells(network, max_cells=100)
    assert (len(part), part.status) == (100, Status.MAX_CELLS)
    assert "max_cells" in str(part.status)
    assert np.array_equal(part.sign_vectors, whole.sign_vectors[:100])
    assert "incomplete" in repr(part)
    assert pe.sign_cells(network, max_cells=len(whole)).status is Status.COMPLETE
    assert pe.sign_cells(network, max_cells=len(whole) - 1).status is Status.MAX_CELLS


def test_time_limit_ends_a_long_run_soon() -> None:
    cells = pe.sign_cells(random_network(0, 5, 20, 20, 1), time_limit=0.2)
    assert cells.status is Status.TIME_LIMIT
    assert len(cells) > 0
    assert cells.work.seconds < 5
    assert set(cells.work.as_dict()) == {"n_decisions", "n_cuts", "seconds"}


def test_control_c_keeps_what_was_found() -> None:
    def interrupt(n_cells: int, fraction_done: float) -> None:
        if n_cells:
            raise KeyboardInterrupt

    cells = pe.sign_cells(random_network(0, 5, 20, 20, 1), progress=interrupt)
    assert cells.status is Status.INTERRUPTED
    assert len(cells) > 0


def test_control_c_in_the_middle_of_a_step_is_never_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even at the last cell of all."""

    class Interrupted(module.SignTree):
        def step(self) -> None:
            super().step()
            if len(self.found) == 10:
                self.waiting[:] = self.waiting[-1:]
                self._children = self._interrupt
                self._entered = self._interrupt

        def _interrupt(self, *_arguments: object) -> list[object]:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "SignTree", Interrupted)
    cells = pe.sign_cells(pe.library.stargalla().network)
    assert (len(cells), cells.status) == (10, Status.INTERRUPTED)


def test_progress_grows_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS_A_REPORT", 0.0)
    seen: list[tuple[int, float]] = []
    cells = pe.sign_cells(random_network(0, 2, 6, 4, 1), progress=lambda n, done: seen.append((n, done)))
    assert seen[-1] == (len(cells), 1.0)
    assert seen == sorted(seen)
    assert len(seen) > 100


def test_arguments_are_checked_at_the_door() -> None:
    network = pe.library.stargalla().network
    with pytest.raises(InvalidNetworkError, match="`network` has type int"):
        pe.sign_cells(3)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="`max_cells` is 0"):
        pe.sign_cells(network, max_cells=0)
    with pytest.raises(InvalidArgumentError, match="`time_limit` is -1"):
        pe.sign_cells(network, time_limit=-1)
    with pytest.raises(InvalidArgumentError, match="n_cells, fraction_done"):
        pe.sign_cells(network, progress=1)  # type: ignore[arg-type]
    with pytest.raises(InvalidDomainError, match="R\\^3"):
        pe.sign_cells(network, pe.box(0, 1, dimension=3))
    with pytest.raises(FlatDomainError):
        pe.sign_cells(network, pe.HPolytope([[1, 0], [-1, 0]], [0, 0]))
    with pytest.raises(EmptyDomainError):
        pe.sign_cells(network, pe.HPolytope([[1, 0], [-1, 0]], [0, -1]))


# -- work -----------------------------------------------------------------------------------------------


def test_the_work_stays_what_it_is() -> None:
    """Everything is in integers, so the numbers are the same on any machine."""
    resonance = pe.sign_cells(pe.library.resonance(4).network)
    assert resonance.f_vector() == (1, 90, 480, 760, 370)
    assert resonance.work.n_decisions <= 6_800
    deep = pe.sign_cells(random_network(0, 3, 8, 8, 1))
    assert deep.work.n_decisions <= 21_000
