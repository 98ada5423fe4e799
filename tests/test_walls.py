"""Walls in bulk: those that the exact facets of every region say, and no others."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polytope_engine as pe
from polytope_engine.complexes.neighbors import neighbors
from polytope_engine.kernels import float_proofs
from polytope_engine.kernels import search_state as state
from polytope_engine.kernels import walls as kernel
from polytope_engine.regions.region_set import RegionSet

CATALOG = {net.name: net for net in pe.library.catalog(max_regions=2_000)}
SMALL = [net for net in CATALOG.values() if (net.n_regions or 0) <= 100]
COUNTED = [net for net in CATALOG.values() if net.n_walls is not None]

Found = dict[tuple[int, int], tuple[int, ...]]


@cache
def regions_of(name: str) -> RegionSet:
    return pe.enumerate_regions(CATALOG[name].network)


def by_facets(regions: RegionSet) -> Found:
    """Walls from the rational facets of both regions; a neuron that is zero on one side is seen from the other."""
    offsets = regions.network.layer_offsets
    found: Found = {}
    for region in regions:
        for neighbor in neighbors(region):
            if neighbor.index is not None:
                on = {offsets[layer] + i for _, layer, i in neighbor.facet.labels}
                key = (min(region.index, neighbor.index), max(region.index, neighbor.index))
                found[key] = tuple(sorted(on | set(found.get(key, ()))))
    return found


def in_bulk(regions: RegionSet, **options: Any) -> Found:
    walls = regions.walls(**options)
    assert walls.is_complete
    assert walls.pairs.tolist() == sorted(walls.pairs.tolist())
    assert all(len(on) > 1 for on in walls.shared.values())
    assert all(walls.neurons_on(k)[0] == walls.neurons[k] for k in range(len(walls)))
    found = {(int(a), int(b)): walls.neurons_on(k) for k, (a, b) in enumerate(walls.pairs)}
    assert len(found) == len(walls)
    return found


def random_network(seed: int, kind: str, *widths: int, slope: float = 0.0) -> pe.ReLUNetwork:
    """Integer or normal weights; `twins` repeats neurons of every layer, also opposite and scaled."""
    rng = np.random.default_rng(seed)
    layers: list[tuple[Any, Any]] = []
    n_in = widths[0]
    for n_out in (*widths[1:], 1):
        if kind == "generic":
            W, b = rng.normal(size=(n_out, n_in)), rng.normal(size=n_out)
        else:
            W, b = rng.integers(-1, 2, (n_out, n_in)), rng.integers(-1, 2, n_out)
        if kind == "twins" and len(layers) + 1 < len(widths):
            chosen = rng.integers(0, n_out, 2)
            factors = rng.choice([1, -1, 2, -3], 2)
            W = np.vstack([W, W[chosen] * factors[:, np.newaxis]])
            b = np.concatenate([b, b[chosen] * factors])
        layers.append((W, b))
        n_in = len(b)
    return pe.ReLUNetwork(layers, slope)


@pytest.mark.parametrize("named", SMALL, ids=lambda named: named.name)
def test_walls_of_the_library_are_the_facets_that_two_regions_share(named: pe.library.NamedNetwork) -> None:
    assert in_bulk(regions_of(named.name)) == by_facets(regions_of(named.name))


@pytest.mark.parametrize("named", COUNTED, ids=lambda named: named.name)
def test_the_library_has_as_many_walls_as_the_theory_says(named: pe.library.NamedNetwork) -> None:
    assert len(regions_of(named.name).walls()) == named.n_walls


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["generic", "integer", "twins"]),
    widths=st.sampled_from([(1, 3, 2), (2, 4, 3), (2, 3, 3, 2), (3, 4, 2), (4, 3, 2)]),
    slope=st.sampled_from([0.0, 0.5, -1.0]),
    side=st.sampled_from([None, 1, 2]),
)
def test_walls_of_random_networks_are_the_facets_that_two_regions_share(
    seed: int, kind: str, widths: tuple[int, ...], slope: float, side: int | None
) -> None:
    domain = None if side is None else pe.box(-side, side, dimension=widths[0])
    regions = pe.enumerate_regions(random_network(seed, kind, *widths, slope=slope), domain)
    assert in_bulk(regions) == by_facets(regions)


@pytest.mark.nojit
def with_planes(seed: int, kind: str) -> pe.ReLUNetwork:
    """Planes through one point, whose copies tie at a vertex that floats may not know well."""
    rng = np.random.default_rng(seed)
    if kind == "nearly parallel":
        angle = rng.uniform(0, 2 * np.pi) + np.array([0, 10.0 ** -rng.integers(2, 7)])
        W = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        b = -W @ (3 * rng.normal(size=2))
    elif kind == "integer":
        W, b = rng.integers(-2, 3, (4, 3)), np.zeros(4)
    else:
        W, b = rng.normal(size=(4, 3)), np.zeros(4)
    n = len(W)
    copies: list[tuple[Any, Any]] = [
        (np.vstack([W, 2 * W]), np.concatenate([b, 2 * b])),
        (rng.integers(-1, 2, (n, 2 * n)), np.zeros(n)),
    ]
    layers = (
        copies
        if kind == "twins"
        else [(W, b), (np.eye(n), np.zeros(n)), (rng.integers(-1, 2, (3, n)), [0] * 3)]
    )
    return pe.ReLUNetwork([*layers, (np.ones((1, len(layers[-1][1]))), [0])])


@pytest.mark.parametrize("kind", ["pass-through", "twins", "integer", "nearly parallel"])
@pytest.mark.parametrize("is_boxed", [False, True])
def test_planes_through_one_point_have_all_their_walls(kind: str, is_boxed: bool) -> None:
    for seed in range(12):
        network = with_planes(seed, kind)
        domain = pe.box(-11, 12, dimension=network.input_dim) if is_boxed else None
        regions = pe.enumerate_regions(network, domain)
        assert in_bulk(regions) == by_facets(regions), seed


@pytest.mark.nojit
@pytest.mark.skipif(not numba.config.DISABLE_JIT, reason="compiled code alone can call these")
@pytest.mark.parametrize("factor", [1.0, -1.0, 0.75, -1.5])
def test_a_row_resembles_its_multiples_as_far_as_errors_reach(factor: float) -> None:
    rng = np.random.default_rng(5)
    path, dictionary = state.new_path(3, 4), state.new_dictionary(3, 4)
    path.rows[:2] = rng.normal(size=(2, 4))
    dictionary.g[:] = factor * path.rows[1]

    def resembles(depth: int) -> bool:
        return float_proofs.resembles_a_row(dictionary.g, path.rows, path.bounds, depth, 3)

    assert resembles(2)
    assert not resembles(1)
    for k in range(4):
        moved = dictionary.g.copy()
        dictionary.g[k] += 1e-12
        assert not resembles(2), k
        path.bounds[1, state.EG if k < 3 else state.EC] = 1e-11
        assert resembles(2), k
        path.bounds[1] = 0
        dictionary.g[:] = moved


@pytest.mark.nojit
@pytest.mark.skipif(not numba.config.DISABLE_JIT, reason="compiled code alone can call these")
@pytest.mark.parametrize("size", [2.0**-1074, 2.0**-1030, 2.0**-1022, 2.0**1023])
def test_a_row_resembles_its_multiples_of_any_size(size: float) -> None:
    path, g = state.new_path(3, 4), np.array([1.0, 0.0, -1.0, 1.0]) * size
    path.rows[0] = 1.5, 0.0, -1.5, 1.5
    with np.errstate(all="ignore"):
        assert float_proofs.resembles_a_row(g, path.rows, path.bounds, 1, 3)


@pytest.mark.nojit
def test_flipping_one_sign_makes_a_cycle_of_five_intervals_and_walls_do_not() -> None:
    # z1 = x, z2 = 5 - x, then 2 relu(z1) + relu(z2) - 5.5
    regions = pe.enumerate_regions(pe.library.hamming_cycle().network)
    signs = regions.sign_vectors
    flips = sum(int((signs[i] != signs[j]).sum() == 1) for i in range(5) for j in range(i))
    assert (len(regions), flips, len(regions.walls())) == (5, 5, 4)


@pytest.mark.nojit
def test_neurons_that_share_a_wall_are_all_named() -> None:
    W = [[1, 0], [-2, 0], [0, 1], [3, 0]]
    regions = pe.enumerate_regions(pe.ReLUNetwork([(W, [1, -2, 0, 3]), ([[1, 1, 1, 1]], [0])]))
    walls = regions.walls()
    assert sorted(walls.labels(k) for k in range(len(walls))) == [
        (("neuron", 0, 0), ("neuron", 0, 1), ("neuron", 0, 3)),
        (("neuron", 0, 0), ("neuron", 0, 1), ("neuron", 0, 3)),
        (("neuron", 0, 2),),
        (("neuron", 0, 2),),
    ]


@pytest.mark.nojit
def test_a_neuron_that_touches_a_wall_from_both_sides_is_named() -> None:
    # the second layer is |x|: positive on both sides of the wall on which it vanishes
    net = pe.ReLUNetwork([([[1], [-1]], [0, 0]), ([[1, 1]], [0]), ([[1]], [0])])
    walls = pe.enumerate_regions(net).walls()
    assert walls.labels(0) == (("neuron", 0, 0), ("neuron", 0, 1), ("neuron", 1, 0))


def test_pruned_neurons_that_are_zero_everywhere_change_nothing() -> None:
    rng = np.random.default_rng(4)
    first, second = rng.integers(-3, 4, (6, 2)), rng.integers(-3, 4, (4, 6))
    biases = rng.integers(-3, 4, 4)
    second[1:3], biases[1:3] = 0, 0
    regions = pe.enumerate_regions(
        pe.ReLUNetwork([(first, rng.integers(-3, 4, 6)), (second, biases), (rng.integers(1, 4, (1, 4)), [0])])
    )
    assert (regions.sign_vectors[:, 7:9] == 0).all()
    assert in_bulk(regions) == by_facets(regions)


def test_ties_that_only_rational_arithmetic_can_decide_are_noted_too() -> None:
    # so many bits that no table of primes holds a proof by residues
    a, b = Fraction(3**2600 + 1, 2**4100 + 1), Fraction(5**1700 + 2, 2**4000 - 1)
    first = [[a, 1], [1, b], [2 * a, 2]]
    regions = pe.enumerate_regions(pe.ReLUNetwork([(first, [b, a, 2 * b]), ([[1, 1, 1]], [0])]))
    assert regions.certificate.n_drops_exact > 0
    assert in_bulk(regions) == by_facets(regions)
    assert set(regions.walls().shared.values()) == {(0, 2)}


@pytest.mark.nojit
@pytest.mark.skipif(not numba.config.DISABLE_JIT, reason="compiled code alone can call these")
def test_a_line_to_another_region_proves_a_facet_only_if_errors_allow() -> None:
    path = state.new_path(2, 2)
    path.rows[:] = [[1, 0, 0], [0, 1, 0]]  # x >= 0, y >= 0
    inside, beyond, trial = np.array([1.0, 1.0]), np.array([-1.0, 0.5]), np.zeros(2)
    assert kernel.is_crossed(path, 2, 2, inside, beyond, 0, trial)
    assert not kernel.is_crossed(path, 2, 2, inside, beyond, 1, trial)
    assert not kernel.is_crossed(path, 2, 2, inside, np.array([-1.0, -1.0]), 0, trial)
    path.bounds[1, state.EC] = 0.8  # y >= 0 may be y >= 0.8
    assert not kernel.is_crossed(path, 2, 2, inside, beyond, 0, trial)


def test_a_neuron_on_the_boundary_of_the_domain_makes_no_wall() -> None:
    net = pe.ReLUNetwork([([[1, 0], [0, 1]], [-1, 0]), ([[1, 1]], [0])])
    assert len(pe.enumerate_regions(net, pe.box(-1, 1, dimension=2)).walls()) == 1


def test_an_incomplete_set_has_the_walls_between_the_regions_that_it_has() -> None:
    network = random_network(3, "generic", 3, 6, 4)
    regions = pe.enumerate_regions(network, max_regions=40)
    assert not regions.status.is_complete
    assert in_bulk(regions) == by_facets(regions)


@pytest.mark.parametrize("n_workers", [1, 2, 5])
def test_walls_are_the_same_whatever_the_number_of_threads(n_workers: int) -> None:
    regions = pe.enumerate_regions(random_network(5, "twins", 3, 12, 8))
    assert in_bulk(regions, n_workers=n_workers) == in_bulk(regions)


def test_an_interrupted_run_says_so_and_keeps_what_it_found() -> None:
    regions = pe.enumerate_regions(random_network(7, "generic", 4, 12, 12))
    calls = 0

    def interrupt(n_regions: int, fraction_done: float) -> None:
        nonlocal calls
        calls += 1
        if n_regions:
            raise KeyboardInterrupt

    walls = regions.walls(progress=interrupt, n_workers=1)
    assert calls
    assert not walls.is_complete
    assert "incomplete" in repr(walls)
    everything = {tuple(pair) for pair in regions.walls().pairs.tolist()}
    assert {tuple(pair) for pair in walls.pairs.tolist()} < everything


def test_generic_networks_need_no_rational_arithmetic() -> None:
    walls = pe.enumerate_regions(random_network(11, "generic", 3, 10, 8)).walls()
    assert (walls.n_exact, walls.shared) == (0, {})


@pytest.mark.parametrize("domain", [None, pe.box(0, 1, dimension=2)])
def test_a_network_without_neurons_has_no_walls(domain: pe.HPolytope | None) -> None:
    walls = pe.enumerate_regions(pe.ReLUNetwork([([[1, 2]], [0])]), domain).walls()
    assert (len(walls), walls.pairs.shape) == (0, (0, 2))


def test_the_facet_of_a_wall_belongs_to_its_first_region() -> None:
    walls = regions_of("hamming_trap").walls()
    for k in range(len(walls)):
        facet = walls.facet(k)
        assert walls.labels(k)[0] in facet.labels
        assert walls.regions[int(walls.pairs[k, 0])].polytope.contains([facet.interior_point()])


def test_bad_arguments_are_named() -> None:
    regions = regions_of("hamming_trap")
    with pytest.raises(pe.errors.InvalidArgumentError, match="`n_workers` is 0"):
        regions.walls(n_workers=0)
    with pytest.raises(pe.errors.InvalidArgumentError, match="`progress` is 3"):
        regions.walls(progress=3)  # type: ignore[arg-type]


@pytest.mark.nets
@pytest.mark.parametrize(("name", "n_walls"), [("2-16-16-1", 1111), ("3-12-12-1", 5846)])
def test_random_networks_of_the_folder_have_known_walls(nets_folder: Path, name: str, n_walls: int) -> None:
    regions = pe.enumerate_regions(pe.load_network(nets_folder / "random" / f"{name}.npz"))
    assert len(regions.walls()) == n_walls


@pytest.mark.nets
def test_twice_the_walls_are_the_facets_of_real_networks(nets_folder: Path) -> None:
    catalog = json.loads((nets_folder / "real" / "catalog.json").read_text())
    for entry in catalog:
        if entry["input_dim"] <= 6 and 1 < (entry.get("regions_in_domain") or 0) <= 120_000:
            network = pe.load_network(nets_folder / "real" / entry["file"])
            regions = pe.enumerate_regions(network, pe.box(*entry["domain"]))
            n_facets = regions.measure("n_neuron_facets")["n_neuron_facets"].sum()
            assert 2 * len(regions.walls()) == n_facets, entry["file"]
