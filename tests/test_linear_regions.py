"""Linear regions by each definition: known counts, laws, and a brute force in rationals."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polytope_engine as pe
from polytope_engine.complexes.components import DisjointSets
from polytope_engine.regions.outcome import Status
from polytope_engine.regions.region_set import RegionSet

CATALOG = {net.name: net for net in pe.library.catalog(max_regions=200)}
DEFINITIONS = {"open": "R4", "closed": "R5", "affine": "R6"}
KNOWN = [
    (net.name, definition)
    for net in CATALOG.values()
    for definition, number in DEFINITIONS.items()
    if number in net.counts
]
# d, generators, width, depth: regions, and linear regions of each definition
ZONOTOPES: list[tuple[Any, int, int, int, int]] = [
    ([(1, 0), (0, 1)], 2, 1, 8, 8),
    ([(1, 0), (0, 1)], 2, 2, 20, 17),
    ([(1, 0), (0, 1), (1, 1)], 2, 1, 12, 12),
    ([(1, 0), (0, 1), (1, 1)], 3, 1, 18, 18),
    ([(1, 0), (0, 1), (1, 1)], 2, 2, 30, 25),
]


@cache
def regions_of(name: str) -> RegionSet:
    return pe.enumerate_regions(CATALOG[name].network)


def random_layers(rng: np.random.Generator, widths: tuple[int, ...], kind: str) -> list[Any]:
    layers = []
    for n_in, n_out in zip(widths[:-1], widths[1:], strict=True):
        if kind == "integer":
            layers.append((rng.integers(-1, 2, (n_out, n_in)), rng.integers(-1, 2, n_out)))
            continue
        W, b = rng.normal(size=(n_out, n_in)), rng.normal(size=n_out)
        if kind == "duplicated":
            W[-1], b[-1] = 2 * W[0], 2 * b[0]
            if n_out > 2:
                W[1], b[1] = -W[0], -b[0]
        layers.append((W, np.zeros(n_out) if kind == "zero bias" else b))
    return layers


def random_network(
    seed: int, widths: tuple[int, ...], kind: str = "generic", slope: Any = 0
) -> pe.ReLUNetwork:
    rng = np.random.default_rng(seed)
    if kind == "thirds":
        return pe.ReLUNetwork(random_layers(rng, widths, "integer"), slope, denominators=3)
    return pe.ReLUNetwork(random_layers(rng, widths, kind), slope)


# -- a brute force ------------------------------------------------------------------------------


def fraction_map(
    network: pe.ReLUNetwork, pattern: np.ndarray, output: int | None
) -> tuple[tuple[Fraction, ...], ...]:
    """The output map where these neurons are active, in Fractions, layer by layer."""
    d = network.input_dim
    rows = [[Fraction(int(i == k)) for i in range(d + 1)] for k in range(d)]
    at = 0
    for layer, (W, b) in enumerate(network.exact_weights):
        products = [
            [
                sum(((w * row[k]) for w, row in zip(weights, rows, strict=True)), Fraction(0))
                for k in range(d + 1)
            ]
            for weights in W
        ]
        rows = [[*z[:-1], z[-1] + bias] for z, bias in zip(products, b, strict=True)]
        if layer < network.n_hidden_layers:
            slopes = network.exact_slopes[layer]
            rows = [
                [(1 if pattern[at + i] else slopes[i]) * entry for entry in row] for i, row in enumerate(rows)
            ]
            at += len(rows)
    kept = rows if output is None else [rows[output]]
    return tuple(tuple(row) for row in kept)


def brute_force(regions: RegionSet, definition: str, values: list[Any]) -> list[int]:
    """Join regions of equal value pair by pair; the root of each region's part."""
    sets = DisjointSets(len(regions))
    for i, region in enumerate(regions):
        near = {neighbor.index for neighbor in region.neighbors()}
        for j in range(i):
            if values[i] == values[j] and (
                definition == "affine"
                or j in near
                or (
                    definition == "closed"
                    and not region.polytope.intersection(regions[j].polytope).is_empty()
                )
            ):
                sets.join(i, j)
    return [sets.root(k) for k in range(len(regions))]


def same_partition(first: Any, second: Any) -> bool:
    pairs = set(zip(list(first), list(second), strict=True))
    return len(pairs) == len(set(first)) == len(set(second))


# -- known counts -------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "definition"), KNOWN)
def test_counts_of_the_library_are_found(name: str, definition: str) -> None:
    linear = regions_of(name).linear_regions(definition)
    assert len(linear) == CATALOG[name].counts[DEFINITIONS[definition]]


def test_the_library_tells_the_definitions_apart() -> None:
    counts = {
        tuple(net.counts[k] for k in ("R2", "R4", "R5", "R6"))
        for net in CATALOG.values()
        if "R6" in net.counts
    }
    assert {(4, 4, 4, 3), (6, 6, 5, 5), (5, 3, 3, 3), (4, 1, 1, 1)} <= counts


@pytest.mark.parametrize(("depth", "counts"), [(1, (3, 3, 3, 3)), (2, (6, 6, 6, 5)), (4, (18, 18, 18, 17))])
def test_the_sawtooth_is_zero_on_both_sides(depth: int, counts: tuple[int, ...]) -> None:
    regions = pe.enumerate_regions(pe.library.sawtooth(depth).network)
    found = (len(regions), *(len(regions.linear_regions(definition)) for definition in DEFINITIONS))
    assert found == counts


@pytest.mark.parametrize(("generators", "width", "depth", "n_regions", "n_linear"), ZONOTOPES)
def test_zonotope_networks_are_zero_outside(
    generators: Any, width: int, depth: int, n_regions: int, n_linear: int
) -> None:
    rows = np.array([sign * np.array(g) for g in generators for sign in (1, -1)])
    layers = [(rows, np.zeros(len(rows)))]
    read = np.ones((1, len(rows)))
    for _ in range(depth):  # fold [0, 1] `width` times
        slopes = np.array([width] + [2 * width] * (width - 1))
        layers.append((slopes[:, np.newaxis] * read, -2.0 * np.arange(width)))
        read = np.array([[(-1.0) ** k for k in range(width)]])
    regions = pe.enumerate_regions(pe.ReLUNetwork([*layers, (read, [0])]))
    assert len(regions) == n_regions
    assert {len(regions.linear_regions(definition)) for definition in DEFINITIONS} == {n_linear}


@pytest.mark.parametrize("name", [name for name in CATALOG if name.startswith("zigzag(")])
def test_all_definitions_agree_on_zigzags(name: str) -> None:
    regions = regions_of(name)
    assert {len(regions.linear_regions(definition)) for definition in DEFINITIONS} == {len(regions)}


def test_neurons_of_later_layers_that_are_dead_merge_generic_regions() -> None:
    strict = 0
    for seed in range(8):
        regions = pe.enumerate_regions(random_network(seed, (2, 4, 4, 1)))
        n_open = len(regions.linear_regions("open"))
        assert n_open <= len(regions)
        strict += n_open < len(regions)
    assert strict > 0


# -- laws ---------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    widths=st.sampled_from([(1, 3, 2, 1), (2, 3, 3, 1), (2, 4, 2), (3, 3, 2, 2)]),
    kind=st.sampled_from(["generic", "integer", "duplicated", "zero bias", "thirds"]),
    slope=st.sampled_from([0, 0.5, Fraction(-1, 3)]),
    in_box=st.booleans(),
)
def test_each_definition_refines_the_next(
    seed: int, widths: tuple[int, ...], kind: str, slope: Any, in_box: bool
) -> None:
    network = random_network(seed, widths, kind, slope)
    regions = pe.enumerate_regions(network, pe.box(-1, 1, dimension=widths[0]) if in_box else None)
    walls = regions.walls()
    finer = np.arange(len(regions))
    for definition in DEFINITIONS:
        labels = regions.linear_regions(definition, walls=walls).labels
        assert len(set(zip(finer.tolist(), labels.tolist(), strict=True))) == len(set(finer.tolist()))
        finer = labels


@pytest.mark.parametrize(
    ("widths", "kind", "slope", "domain"),
    [
        ((2, 4, 3, 1), "generic", 0, None),
        ((2, 4, 3, 2), "integer", 0, None),
        ((2, 4, 3, 2), "integer", 0, pe.box(-1, 1, dimension=2)),
        ((2, 3, 3, 1), "duplicated", 0, None),
        ((2, 4, 2, 1), "thirds", Fraction(1, 3), None),
        ((1, 4, 3, 1), "integer", 0, pe.box(0, 2, dimension=1)),
        ((3, 3, 3, 1), "integer", 0, None),
        ((3, 2, 3, 1), "integer", 0, None),  # every region contains lines
        ((2, 3, 3, 1), "zero bias", 0, pe.HPolytope([[1, 1]], [0])),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_a_brute_force_in_rationals_agrees(
    widths: tuple[int, ...], kind: str, slope: Any, domain: pe.HPolytope | None, seed: int
) -> None:
    regions = pe.enumerate_regions(random_network(seed, widths, kind, slope), domain)
    for output in (None, widths[-1] - 1):
        maps = [fraction_map(regions.network, region.activation_pattern, output) for region in regions]
        for definition in DEFINITIONS:
            linear = regions.linear_regions(definition, output)
            assert same_partition(linear.labels.tolist(), brute_force(regions, definition, maps))


@pytest.mark.parametrize("name", ["touching_quadrants", "hat", "stargalla", "zero_plateau", "identity"])
def test_the_brute_force_finds_the_counts_of_the_library_too(name: str) -> None:
    regions = regions_of(name)
    maps = [fraction_map(regions.network, region.activation_pattern, None) for region in regions]
    for definition, number in DEFINITIONS.items():
        assert len(set(brute_force(regions, definition, maps))) == CATALOG[name].counts[number]


def test_maps_that_differ_by_less_than_floats_hold_are_different() -> None:
    tiny = Fraction(1, 2**80)
    network = pe.ReLUNetwork([([[1], [1]], [0, -1]), ([[1, tiny]], [0])])
    regions = pe.enumerate_regions(network)
    linear = regions.linear_regions("affine")
    assert (len(regions), len(linear), linear.n_exact) == (3, 3, 2)
    same = pe.ReLUNetwork([([[1], [-1], [1]], [0, 0, -1]), ([[tiny, -tiny, 0]], [0])])
    assert len(pe.enumerate_regions(same).linear_regions("affine")) == 1


@pytest.mark.parametrize("size", [1e-200, 1e-160, 1e150])
def test_numbers_at_the_ends_of_the_floats_are_compared_exactly(size: float) -> None:
    network = pe.ReLUNetwork([([[1], [-1], [1]], [0, 0, -1]), ([[size, -size, size]], [0]), ([[size]], [0])])
    regions = pe.enumerate_regions(network)
    maps = {fraction_map(network, region.activation_pattern, None) for region in regions}
    assert len(regions.linear_regions("affine")) == len(maps) == 3


def test_a_network_without_outputs_has_one_linear_region() -> None:
    regions = pe.enumerate_regions(pe.ReLUNetwork([([[1], [2]], [0, 1]), (np.zeros((0, 2)), np.zeros(0))]))
    assert [len(regions.linear_regions(definition)) for definition in DEFINITIONS] == [1, 1, 1]


def test_a_network_without_neurons_has_one_linear_region() -> None:
    regions = pe.enumerate_regions(pe.ReLUNetwork([([[1, 2]], [0])]))
    assert [len(regions.linear_regions(definition)) for definition in DEFINITIONS] == [1, 1, 1]


# -- outputs and decisions ----------------------------------------------------------------------


def test_each_output_has_its_own_linear_regions() -> None:
    network = pe.ReLUNetwork([([[1], [1]], [0, -1]), ([[1, 0], [0, 1], [1, 1]], [0, 0, 0])])
    regions = pe.enumerate_regions(network)
    assert [len(regions.linear_regions(output=k)) for k in (0, 1, 2)] == [2, 2, 3]
    linear = regions.linear_regions(output=np.int64(1))
    assert (
        repr(linear)
        == "<LinearRegions: 2 open connected (R4) of 3 regions of output 1 of the map R^1 -> R^3>"
    )
    k = int(linear.labels[regions.locate([0.5])])
    assert linear.members(k).tolist() == sorted(regions.locate([[-1.0], [0.5]]).tolist())
    A, c = linear.affine_map(k)
    assert (A.tolist(), c.tolist()) == ([[0.0]], [0.0])


@pytest.mark.parametrize("kind", ["generic", "integer", "duplicated", "thirds"])
@pytest.mark.parametrize(("seed", "slope"), [(0, 0), (1, 0), (2, Fraction(-1, 3))])
def test_the_argmax_is_constant_on_linear_regions_of_the_decision(kind: str, seed: int, slope: Any) -> None:
    network = random_network(seed, (2, 4, 3), kind, slope)
    regions = pe.enumerate_regions(network)
    winners: list[Any] = []
    for definition in DEFINITIONS:
        linear = regions.linear_regions(definition, "argmax")
        cut = linear.regions
        assert linear.classes is not None
        if not winners:
            for region in cut:
                rows = fraction_map(network, region.activation_pattern, None)
                x = (*region.exact_interior_point, Fraction(1))
                y = [sum(a * t for a, t in zip(row, x, strict=True)) for row in rows]
                winners.append(y.index(max(y)))
        assert linear.classes[linear.labels].tolist() == winners
        assert same_partition(linear.labels.tolist(), brute_force(cut, definition, winners))


def test_equal_outputs_belong_to_the_smaller_class() -> None:
    network = pe.ReLUNetwork([([[1]], [0]), ([[1], [1], [0]], [0, 0, 0])])
    linear = pe.enumerate_regions(network).linear_regions(output="argmax")
    assert linear.classes is not None
    assert (len(linear), linear.classes.tolist()) == (1, [0])


def test_differences_of_outputs_that_floats_would_round_are_exact() -> None:
    network = pe.ReLUNetwork([([[1]], [0]), ([[1], [1 + 2**-52]], [1, 2.0**-60])])
    linear = pe.enumerate_regions(network).linear_regions(output="argmax")
    crossing = (1 - Fraction(1, 2**60)) * 2**52
    cut = linear.regions
    where = cut.locate([[crossing - 1], [crossing], [crossing + 1]])
    assert where[1] == -2
    assert linear.classes is not None
    assert linear.classes[linear.labels[where[[0, 2]]]].tolist() == [0, 1]


# -- the result itself --------------------------------------------------------------------------


def test_members_and_sizes_partition_the_regions() -> None:
    regions = pe.enumerate_regions(random_network(3, (2, 4, 4, 1)))
    linear = regions.linear_regions()
    members = [linear.members(k).tolist() for k in range(len(linear))]
    assert sorted(k for part in members for k in part) == list(range(len(regions)))
    assert [len(part) for part in members] == linear.sizes.tolist()
    assert [part[0] for part in members] == sorted(part[0] for part in members)
    assert all(linear.labels[part].tolist() == [k] * len(part) for k, part in enumerate(members))
    assert linear.members(-1).tolist() == members[-1]
    with pytest.raises(IndexError, match=f"There is no linear region {len(linear)}"):
        linear.members(len(linear))


def test_the_definition_is_always_named() -> None:
    regions = regions_of("hat")
    assert [repr(regions.linear_regions(name)) for name in DEFINITIONS] == [
        "<LinearRegions: 4 open connected (R4) of 4 regions of the map R^1 -> R^1>",
        "<LinearRegions: 4 closed connected (R5) of 4 regions of the map R^1 -> R^1>",
        "<LinearRegions: 3 affine (R6) of 4 regions of the map R^1 -> R^1>",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"definition": "R4"}, "`definition` is 'R4'; it must be"),
        ({"output": 1}, "`output` is 1, but the network has 1 output; it must be 0 or"),
        ({"output": -1}, "`output` is -1, but the network has 1 output"),
        ({"output": "first"}, "`output` is 'first'; it must be"),
        ({"output": True}, "`output` is True; it must be"),
        ({"output": "argmax"}, "a decision needs two"),
        ({"walls": 3}, "`walls` must be the walls of this very set"),
        ({"progress": 3}, "`progress` is 3"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(pe.errors.InvalidArgumentError, match=message):
        regions_of("hat").linear_regions(**arguments)


def test_the_argmax_of_an_incomplete_set_is_refused() -> None:
    regions = pe.enumerate_regions(random_network(0, (2, 4, 3)), max_regions=3)
    with pytest.raises(pe.errors.InvalidArgumentError, match="is not complete"):
        regions.linear_regions(output="argmax")
    assert len(regions.linear_regions("affine")) <= 3


def test_regions_of_an_incomplete_set_touch_though_all_between_them_is_missing() -> None:
    whole = regions_of("touching_quadrants")
    labels = whole.linear_regions("closed").labels
    pair = np.flatnonzero(labels == np.bincount(labels).argmax())
    assert len(pair) == 2
    regions = RegionSet(
        whole.network,
        None,
        whole.sign_vectors[pair],
        whole.interior_points[pair],
        exact_interior_points={},
        status=Status.MAX_REGIONS,
        work=whole.work,
        certificate=whole.certificate,
    )
    assert [len(regions.linear_regions(definition)) for definition in DEFINITIONS] == [2, 1, 1]


def test_progress_is_told_and_may_interrupt() -> None:
    calls: list[float] = []
    regions_of("touching_quadrants").linear_regions(
        "closed", progress=lambda _, fraction: calls.append(fraction)
    )
    assert calls
    assert all(0 <= fraction <= 1 for fraction in calls)

    def interrupt(_: int, __: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        regions_of("touching_quadrants").linear_regions("closed", progress=interrupt)


@pytest.mark.nets
def test_affine_maps_of_a_trained_network_are_told_apart_without_rationals(real_network: Any) -> None:
    network, domain, n_regions = real_network
    if not 1_000 < n_regions < 120_000:
        pytest.skip("too few to be worth it, or too many to wait for")
    regions = pe.enumerate_regions(network, domain)
    linear = regions.linear_regions("affine")
    assert len(linear) <= n_regions
    assert linear.n_exact <= n_regions // 100


def test_a_rational_slope_next_to_one_is_not_one() -> None:
    slope = Fraction(10**30 + 1, 10**30)
    regions = pe.enumerate_regions(pe.ReLUNetwork([([[1]], [0]), ([[1]], [0])], negative_slope=slope))
    assert [len(regions.linear_regions(kind)) for kind in ("open", "closed", "affine")] == [2, 2, 2]
    assert regions.walls().jumps().norms.tolist() == [1e-30]


def test_walls_that_were_interrupted_are_refused() -> None:
    regions = regions_of("touching_quadrants")
    everything = regions.walls()
    part = pe.Walls(regions, everything.pairs[:2], everything.neurons[:2], {}, is_complete=False)
    for ask in (
        lambda: regions.linear_regions("open", walls=part),
        lambda: part.similarity_by_distance(0),
        lambda: part.total_gradient_variation(clip=pe.box(-1, 1, dimension=2)),
        lambda: pe.RegionGraph(part),
    ):
        with pytest.raises(pe.errors.InvalidArgumentError, match="`walls` lacks some"):
            ask()


def test_an_interrupt_in_finding_walls_leaves_no_linear_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    regions = regions_of("touching_quadrants")

    def interrupted(*_: object, **__: object) -> pe.Walls:
        return pe.Walls(
            regions, np.zeros((0, 2), dtype=np.int64), np.zeros(0, dtype=np.int64), {}, is_complete=False
        )

    monkeypatch.setattr("polytope_engine.complexes.wall_search.find_walls", interrupted)
    for ask in (regions.linear_regions, regions.graph, regions.adjacency):
        with pytest.raises(KeyboardInterrupt):
            ask()
