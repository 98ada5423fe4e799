"""Columns in floats beside columns in rationals, and networks whose cells are worth measuring."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

import polytope_engine as pe
from polytope_engine.regions.measurements import Measurements

FACETS = ("n_facets", "n_neuron_facets", "n_domain_facets", "n_clip_facets")
WHOLE = (*FACETS, "is_bounded", "n_vertices", "n_rays")
ACCURACY = Fraction(1, 10**7)


def random_network(*widths: int, seed: int = 0, slope: float = 0.0) -> pe.ReLUNetwork:
    generator = np.random.default_rng(seed)
    layers = [
        (generator.normal(size=(n_out, n_in)) / np.sqrt(n_in), 0.5 * generator.normal(size=n_out))
        for n_in, n_out in zip(widths[:-1], widths[1:], strict=True)
    ]
    return pe.ReLUNetwork(layers, negative_slope=slope)


def one_layer(rows: Any, offsets: Any) -> pe.ReLUNetwork:
    return pe.ReLUNetwork([(rows, offsets), (np.ones((1, len(offsets))), [0.0])])


def without_neurons(d: int) -> pe.ReLUNetwork:
    return pe.ReLUNetwork([(np.ones((1, d)), [0.0])])


def one_region(domain: pe.HPolytope) -> pe.RegionSet:
    """The domain as the only region, found by the search: the network's plane is far away."""
    d = domain.dimension
    return pe.enumerate_regions(one_layer([[1.0] + [0.0] * (d - 1)], [2.0**40]), domain)


def simplex(d: int, size: Any = 1) -> pe.HPolytope:
    return pe.HPolytope([*(-np.eye(d, dtype=int)).tolist(), [1] * d], [*[0] * d, size])


def cross_polytope(d: int) -> pe.HPolytope:
    return pe.HPolytope(list(product((1, -1), repeat=d)), [1] * 2**d)


def prism(base: pe.HPolytope) -> pe.HPolytope:
    """A polytope times [0, 1]."""
    A, b = base.exact_inequalities
    rows = [[*row, 0] for row in A.tolist()]
    return pe.HPolytope([*rows, [0] * base.dimension + [1], [0] * base.dimension + [-1]], [*b.tolist(), 1, 0])


def is_close(found: float, true: Any, accuracy: Fraction = ACCURACY) -> bool:
    """Whether a float is a rational number to the accuracy; both may be infinite or nan."""
    if isinstance(true, float) and not np.isfinite(true):
        return bool(np.array_equal(found, true, equal_nan=True))
    true = Fraction(true)
    return np.isfinite(found) and abs(Fraction(float(found)) - true) <= accuracy * abs(true)


def assert_close_centers(found: np.ndarray, true: np.ndarray, sizes: Sequence[float]) -> None:
    """Centers are right to the accuracy of the size of their cell, and to what floats can say."""
    for center, exact, size in zip(found, true, sizes, strict=True):
        if isinstance(exact[0], float) and np.isnan(exact[0]):
            assert np.all(np.isnan(center))
            continue
        for x, y in zip(center.tolist(), exact, strict=True):
            slack = ACCURACY * Fraction(size) + abs(Fraction(y)) * Fraction(1, 2**51)
            assert abs(Fraction(x) - Fraction(y)) <= slack


def assert_floats_are_exact_numbers_rounded(
    regions: pe.RegionSet, clip: pe.HPolytope | None = None, rule: str = "pulling", n_workers: int = 1
) -> tuple[Measurements, Measurements]:
    """Every column that has rational values: by three ways of the kernels, and by the double description of rationals.

    All columns at once; those that need vertices but no balls, so that ties between centers make no region
    rational; and those that linear programs find without vertices.
    """
    true = regions.measure(clip=clip, rule=rule, exact=True, n_workers=1)
    assert (true.is_complete, true.n_regions) == (True, len(regions))
    chosen = {
        "all": (),
        "generators": ("volume", "centroid", "n_simplices", "diameter", "surface_area", *WHOLE),
        "programs": (*FACETS, "is_bounded", "chebyshev_radius"),
    }
    columns = {
        way: regions.measure(*names, clip=clip, rule=rule, n_workers=n_workers)
        for way, names in chosen.items()
    }
    for found in columns.values():
        assert (found.is_complete, found.n_regions) == (True, len(regions))
        assert (found.clip, found.rule) == (clip, rule)
        for name in WHOLE:
            if name in found:
                assert found[name].dtype == true[name].dtype
                np.testing.assert_array_equal(found[name], true[name], err_msg=name)
        parts = found["n_neuron_facets"] + found["n_domain_facets"] + found["n_clip_facets"]
        np.testing.assert_array_equal(parts, found["n_facets"])
    for way in ("all", "generators"):
        assert_sizes_are_right(columns[way], true)
    found = columns["all"]
    np.testing.assert_array_equal(np.isfinite(found["aspect"]), found["is_bounded"] & (found["volume"] > 0))
    for name in ("diameter", "surface_area"):
        np.testing.assert_allclose(columns["generators"][name], found[name], rtol=2e-7, err_msg=name)
    radii = columns["programs"]["chebyshev_radius"]
    np.testing.assert_allclose(radii, found["chebyshev_radius"], rtol=2e-9)
    return found, true


def assert_sizes_are_right(found: Measurements, true: Measurements) -> None:
    for x, y in zip(found["volume"], true["volume"], strict=True):
        assert is_close(x, y)
    np.testing.assert_array_equal(found["n_simplices"], true["n_simplices"].astype(np.float64))
    is_bounded = found["is_bounded"]
    for name in ("volume", "diameter", "n_simplices"):
        np.testing.assert_array_equal(np.isfinite(found[name]), is_bounded, err_msg=name)
    assert not np.any(np.isnan(found["volume"] + found["diameter"] + found["surface_area"]))
    assert_close_centers(found["centroid"], true["centroid"], found["diameter"])


def cut(region: pe.Region, clip: pe.HPolytope | None) -> pe.HPolytope:
    return region.polytope if clip is None else region.polytope.intersection(clip)


def assert_balls_and_lengths_are_those_of_polytopes(
    regions: pe.RegionSet, found: Measurements, clip: pe.HPolytope | None = None, every: int = 1
) -> None:
    """The columns of floats beside what single polytopes say, for some of the regions."""
    for i in range(0, len(regions), every):
        polytope = cut(regions[i], clip)
        if not polytope.is_full_dimensional():
            assert found["chebyshev_radius"][i] == found["diameter"][i] == found["surface_area"][i] == 0
            assert (
                found["volume"][i]
                == found["n_facets"][i]
                == found["n_vertices"][i]
                == found["n_rays"][i]
                == 0
            )
            assert np.isnan(found["aspect"][i])
            assert np.all(np.isnan(found["chebyshev_center"][i]))
            assert np.all(np.isnan(found["centroid"][i]))
            continue
        ball = polytope.chebyshev_ball()
        assert is_close(found["chebyshev_radius"][i], ball.radius, Fraction(1, 10**9))
        if np.isinf(ball.radius):
            assert np.all(np.isnan(found["chebyshev_center"][i]))
        else:
            slack = 1e-7 * ball.radius + 1e-9 * np.abs(ball.center)
            assert np.all(np.abs(found["chebyshev_center"][i] - ball.center) <= slack + 1e-300)
        assert is_close(found["diameter"][i], polytope.diameter())
        if polytope.is_bounded():
            assert is_close(found["surface_area"][i], polytope.surface_area())
            assert is_close(found["aspect"][i], polytope.aspect())
