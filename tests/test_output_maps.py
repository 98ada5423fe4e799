"""Affine maps of many regions at once: within their error bounds, shared where the structure says so."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.complexes.equal_maps import clusters, equal_maps
from polytope_engine.complexes.output_maps import OutputMaps, sorted_distinct_rows


def random_network(seed: int, widths: tuple[int, ...], kind: str, slope: Any = 0) -> pe.ReLUNetwork:
    rng = np.random.default_rng(seed)
    layers: list[Any] = []
    for n_in, n_out in zip(widths[:-1], widths[1:], strict=True):
        if kind == "integer":
            layers.append((rng.integers(-3, 4, (n_out, n_in)), rng.integers(-3, 4, n_out)))
        else:
            size = {"generic": 1.0, "small": 1e-170, "large": 1e120}[kind]
            layers.append((size * rng.normal(size=(n_out, n_in)), size * rng.normal(size=n_out)))
    return pe.ReLUNetwork(layers, slope, denominators=7 if kind == "integer" and seed % 2 else None)


@pytest.mark.parametrize("slope", [0, 1, -0.25, Fraction(1, 3)])
@pytest.mark.parametrize("kind", ["generic", "integer", "small", "large"])
@pytest.mark.parametrize("seed", range(3))
def test_entries_are_within_their_error_bounds(seed: int, kind: str, slope: Any) -> None:
    network = random_network(seed, (3, 5, 4, 3, 2), kind, slope)
    signs = np.random.default_rng(seed).integers(-1, 2, (40, network.n_neurons)).astype(np.int8)
    for outputs in (None, [1]):
        maps = OutputMaps(network, signs, outputs)
        values, errors = maps.values(slice(None))
        for k, row in enumerate(signs):
            exact, unit = network.exact.output_rows(row)
            for entries, bounds, true in zip(
                values[maps.key_of[k]],
                errors[maps.key_of[k]],
                [exact[i] for i in maps.outputs],
                strict=True,
            ):
                for found, bound, integer in zip(entries.tolist(), bounds.tolist(), true, strict=True):
                    if bound < np.inf:
                        assert abs(Fraction(found) - int(integer) * unit) <= Fraction(bound)
        if kind == "generic":
            assert (errors <= 1e-11).all()


def test_small_integers_are_exact_in_floats_and_thirds_are_not() -> None:
    exact = {}
    for name, network in {
        "integers": random_network(0, (3, 5, 4, 2), "integer"),
        "sevenths": random_network(1, (3, 5, 4, 2), "integer"),
        "floats": random_network(0, (3, 5, 4, 2), "generic"),
        "half slopes": random_network(0, (3, 5, 4, 2), "integer", 0.5),
        "far apart": pe.ReLUNetwork([([[2.0**60]], [1]), ([[1]], [2.0**-40])]),
    }.items():
        maps = OutputMaps(network, np.ones((1, network.n_neurons), dtype=np.int8))
        exact[name] = (maps.is_exact_in_floats, bool((maps.values(slice(None))[1] == 0).all()))
    assert exact == {
        "integers": (True, True),
        "sevenths": (False, False),
        "floats": (False, False),
        "half slopes": (True, True),
        "far apart": (False, False),
    }


def test_keys_forget_what_does_not_reach_the_output() -> None:
    network = pe.ReLUNetwork([([[1], [2]], [0, 1]), ([[1, 0], [0, 1]], [0, 0]), ([[1, 0]], [0])])
    signs = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, 0, 1], [-1, 1, -1, 1]], dtype=np.int8)
    maps = OutputMaps(network, signs)
    assert maps.keys[maps.key_of].tolist() == [[1, 0, 1, 0], [1, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    leaky = pe.ReLUNetwork(network.weights, [[0.5, 1], [0.5, 0]])
    maps = OutputMaps(leaky, signs)
    assert maps.keys[maps.key_of].tolist() == [[1, 0, 1, 0], [1, 0, 1, 0], [1, 0, -1, 0], [-1, 0, -1, 0]]


@pytest.mark.parametrize("has_negative", [False, True])
@pytest.mark.parametrize("width", [0, 1, 31, 64, 65, 130])
def test_distinct_rows_are_sorted_and_found_again(width: int, has_negative: bool) -> None:
    rng = np.random.default_rng(width)
    rows = rng.integers(-1 if has_negative else 0, 2, (50, width)).astype(np.int8)
    rows = rows[rng.integers(0, 50, 120)]
    first, kind = sorted_distinct_rows(rows)
    assert np.array_equal(rows[first][kind], rows)
    assert len({row.tobytes() for row in rows}) == len(first)
    for k in range(width):
        prefixes = [row.tobytes() for row in rows[first][:, :k]]
        changes = sum(a != b for a, b in zip(prefixes, prefixes[1:], strict=False))
        assert changes == len(set(prefixes)) - 1


def test_boxes_fall_into_groups_that_do_not_meet() -> None:
    rng = np.random.default_rng(1)
    low = rng.integers(0, 60, (80, 2)).astype(float)
    high = low + rng.integers(0, 4, (80, 2))
    low[3], high[3] = (-np.inf, 5.0), (np.inf, 6.0)
    groups = clusters(low, high)
    assert 2 < groups.max() < 79
    for i in range(80):
        for j in range(i):
            if (low[i] <= high[j]).all() and (low[j] <= high[i]).all():
                assert groups[i] == groups[j]


def test_maps_of_many_neurons_are_compared_in_parts() -> None:
    network = random_network(0, (2, 6, 6, 2), "integer")
    regions = pe.enumerate_regions(network)
    maps = OutputMaps(network, regions.sign_vectors)
    whole, _ = maps.values(slice(None))
    parts = np.concatenate([values for _, values, _ in maps.chunks(5)])
    assert np.array_equal(whole, parts)
    rounded = np.array([np.column_stack(maps.rounded(k)) for k in range(len(maps))])
    assert np.array_equal(whole, rounded)


def test_classes_are_numbered_in_order_and_exact_work_is_counted() -> None:
    third = Fraction(1, 3)
    network = pe.ReLUNetwork([([[1], [-1], [1]], [0, 0, -1]), ([[third, -third, 1]], [0])])
    signs = np.array([[1, -1, 1], [1, -1, -1], [-1, 1, -1]], dtype=np.int8)
    found = equal_maps(OutputMaps(network, signs))
    assert (found.class_of.tolist(), found.n_exact) == ([0, 1, 1], 2)


def test_thirds_in_the_output_layer_are_not_exact_in_floats() -> None:
    network = pe.ReLUNetwork([([[1]], [0]), ([[Fraction(1, 3)]], [0])])
    assert not OutputMaps(network, np.ones((1, 1), dtype=np.int8)).is_exact_in_floats


def test_an_output_weight_below_all_floats_is_within_the_bounds() -> None:
    network = pe.ReLUNetwork([([[2**200]], [0]), ([[Fraction(1, 2**1080)]], [0])])
    values, errors = OutputMaps(network, np.ones((1, 1), dtype=np.int8)).values(slice(None))
    assert abs(Fraction(values[0, 0, 0]) - Fraction(1, 2**880)) <= Fraction(errors[0, 0, 0])


def test_exact_maps_are_those_of_the_network_whatever_their_unit() -> None:
    network = random_network(1, (2, 4, 3, 2), "integer", Fraction(1, 2))
    maps = OutputMaps(network, np.random.default_rng(0).integers(-1, 2, (30, 7)).astype(np.int8))
    for k, key in enumerate(maps.keys):
        integers, unit = maps.exact(k)
        rows, whole = network.exact.output_rows(key)
        assert [i * unit for i in integers] == [int(x) * whole for row in rows for x in row]
        assert not any(integers) or any(i % 2 for i in integers)


def test_equal_maps_that_floats_round_differently_are_equal() -> None:
    rng = np.random.default_rng(5)
    W, b, a = rng.normal(size=(8, 3)), rng.normal(size=8), rng.normal(size=8)
    W[-1], b[-1] = -(a[:-1] @ W[:-1]) / a[-1], -(a[:-1] @ b[:-1]) / a[-1]  # the sum is a few rounding errors
    network = pe.ReLUNetwork(
        [(np.vstack([W, -W]), np.concatenate([b, -b])), ([np.concatenate([a, -a])], [0])]
    )
    positive = rng.choice([-1, 1], (64, 8))
    maps = OutputMaps(network, np.hstack([positive, -positive]).astype(np.int8))
    values, _ = maps.values(slice(None))
    assert len(np.unique(values, axis=0)) > 1  # or else there is nothing to see here
    found = equal_maps(maps)
    assert not found.class_of.any()
    assert found.n_exact == len(maps)


def test_several_groups_of_close_maps_are_told_apart() -> None:
    tiny = Fraction(1, 2**80)
    network = pe.ReLUNetwork([(np.ones((4, 1)), [0, -1, -2, -3]), ([[1, tiny, 1, tiny]], [0])])
    signs = np.tril(np.full((5, 4), 2, dtype=np.int8), -1) - 1
    found = equal_maps(OutputMaps(network, signs.astype(np.int8)))
    assert (found.class_of.tolist(), found.n_exact) == ([0, 1, 2, 3, 4], 4)
