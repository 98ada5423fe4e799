"""The rounding that a float form states is in every error bound.

At 2**-53 other errors hide it, so the forms here are rounded to a few bits, and say so. The answers must be
those of the exact network all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from test_rational_counts import brute_force

import polytope_engine as pe
from polytope_engine.kernels import frame_proofs
from polytope_engine.kernels import search_state as state
from polytope_engine.kernels.jit import kernel
from polytope_engine.network.float_form import FloatForm
from polytope_engine.network.float_signs import bounded_signs
from polytope_engine.regions.search import CellSearch
from polytope_engine.regions.working_space import working_space

BITS = 12
# Rounded down by nearly as much as can be.
DOWN = 1 + 0.98 * 2.0**-BITS
SLOPES = (0.0, 1 / 3, -2 / 7, 1 + 2.0**-30, 5.0, 0.1)


def rounded(array: np.ndarray) -> np.ndarray:
    mantissas, exponents = np.frexp(array)
    return np.ldexp(np.rint(np.ldexp(mantissas, BITS)), exponents - BITS)


def coarse(network: pe.ReLUNetwork) -> pe.ReLUNetwork:
    """The same network with a float form of few bits."""
    network.float_form = FloatForm(
        tuple((rounded(W), rounded(b)) for W, b in network.weights),
        tuple(rounded(slope) for slope in network.negative_slopes),
        2.0 ** (1 - BITS),
        None,
    )
    return network


def random_network(rng: np.random.Generator, widths: tuple[int, ...], kind: str) -> pe.ReLUNetwork:
    """Generic numbers, multiples of one another (ties that rounding breaks), or all rounded the same way."""
    d, *hidden = widths
    layers = []
    for n_in, n_out in zip([d, *hidden], [*hidden, 1], strict=True):
        W, b = rng.normal(size=(n_out, n_in)), rng.normal(size=n_out)
        if "tied" in kind:
            factors = rng.choice([-3, 3, 5, 7], n_out)
            rows = rng.integers(0, 2, n_out)
            W, b = np.ldexp(np.rint(np.ldexp(W, 20)), -20), np.ldexp(np.rint(np.ldexp(b, 20)), -20)
            W, b = factors[:, np.newaxis] * W[rows % n_out], factors * b[rows % n_out]
        if "biased" in kind:
            W, b = DOWN * np.exp2(rng.integers(-1, 2, W.shape)), DOWN * np.exp2(rng.integers(-1, 2, b.shape))
        layers.append((W, b))
    slope: object = DOWN if "biased" in kind else 0.0
    if "leaky" in kind:
        slope = [rng.choice(SLOPES, n) for n in hidden]
    return pe.ReLUNetwork(layers, slope)


def cases() -> Iterator[tuple[tuple[int, ...], str, int]]:
    for widths in ((1, 3, 3), (2, 4, 3), (2, 2, 3, 2), (3, 4, 3), (4, 3, 2, 2)):
        for kind in ("generic", "leaky", "tied", "tied leaky"):
            for seed in range(3):
                yield widths, kind, seed


def domains(d: int) -> list[pe.HPolytope | None]:
    return [None, pe.box(-1, 1, dimension=d), pe.HPolytope([[1] * d], [0.5])]


@pytest.mark.parametrize(("widths", "kind", "seed"), list(cases()))
def test_rounding_changes_no_answer(widths: tuple[int, ...], kind: str, seed: int) -> None:
    network = coarse(random_network(np.random.default_rng([seed, *widths]), widths, kind))
    for domain in domains(widths[0]):
        regions = pe.enumerate_regions(network, domain)
        found = {tuple(signs) for signs in regions.sign_vectors.tolist()}
        assert len(found) == len(regions)
        assert found == brute_force(network, domain)
        for region in regions:
            assert network.exact.signs_at(region.exact_interior_point).tolist() == region.sign_vector.tolist()


@pytest.mark.nojit
@pytest.mark.parametrize("kind", ["generic", "leaky", "tied leaky", "biased"])
def test_maps_and_rows_stay_within_their_error_bounds(kind: str) -> None:
    network = coarse(random_network(np.random.default_rng(3), (2, 4, 3, 3, 3, 3), kind))
    for domain in domains(2):
        space = working_space(network, domain)
        shifts = [Fraction(2) ** int(s) for s in space.shifts] + [Fraction(1)]

        def compare(search: CellSearch, shifts: list[Fraction]) -> None:
            for layer, offset in enumerate(network.layer_offsets):
                rows, unit = network.exact.pre_activation_rows(layer, search.signs[:offset])
                for i, row in enumerate(rows):
                    exact = [int(entry) * unit * shift for entry, shift in zip(row, shifts, strict=True)]
                    bounds = [Fraction(float(x)) for x in search.maps.bounds[layer, :, i]]
                    found = [Fraction(float(x)) for x in search.maps.values[layer, :, i]]
                    for value, near in zip(exact[:-1], found, strict=False):
                        assert abs(value - near) <= bounds[state.EG]
                        assert abs(value) <= bounds[state.TG]
                    assert abs(exact[-1] - found[2]) <= bounds[state.EC]

        search = CellSearch(network, space, on_region=lambda: compare(search, shifts))  # noqa: B023
        while not search.advance(1000, 1 << 40):
            pass
        assert search.n_regions > 1


@kernel
def put_row_in_frame(layer, neuron, frame_layer, n_units, layers, signs, frame):
    frame_proofs.put_row_in_frame(layer, neuron, 1, frame_layer, n_units, layers, signs, frame, 0)


@pytest.mark.parametrize("kind", ["leaky", "biased"])
def test_rows_in_the_coordinates_of_a_layer_stay_within_their_error_bounds(kind: str) -> None:
    """A neuron as a function of an earlier layer's outputs, against the same in Fractions."""
    network = coarse(random_network(np.random.default_rng(5), (4, *[3] * 6), kind))
    space = working_space(network, None)
    search = CellSearch(network, space)
    signs = np.array([1, -1, 1, -1, 1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, -1, 1, -1], dtype=np.int8)
    weights, slopes = network.exact_weights, network.exact_slopes
    for frame_layer in range(5):
        offset = network.layer_offsets[frame_layer]
        units = [
            j for j in range(3) if signs[offset + j] > 0 or network.float_form.slopes[frame_layer][j] != 0
        ]
        search.frame.indices[0, : len(units)] = units
        for layer in range(frame_layer, 6):
            for neuron in range(3) if layer > frame_layer else units:
                put_row_in_frame(layer, neuron, frame_layer, len(units), search.layers, signs, search.frame)
                row, constant = weights[layer][0][neuron], weights[layer][1][neuron]
                if layer == frame_layer:  # a unit's own row: its output over its slope
                    slope = Fraction(1) if signs[offset + neuron] > 0 else slopes[layer][neuron]
                    row, constant = np.array([Fraction(int(j == neuron)) / slope for j in range(3)]), 0
                for before in range(layer - 1, frame_layer, -1):
                    start = network.layer_offsets[before]
                    factors = [Fraction(1) if signs[start + j] > 0 else slopes[before][j] for j in range(3)]
                    row = row * np.array(factors, dtype=object)
                    constant = constant + row @ weights[before][1]
                    row = row @ weights[before][0]
                bounds = search.frame.bounds[0]
                found = [Fraction(float(x)) for x in search.frame.rows[0, : len(units)]]
                place = int(np.argmax(np.abs(search.frame.rows[0, : len(units)])))
                scale = Fraction(2) ** round(np.log2(abs(float(row[units[place]] / found[place]))))
                for j, near in zip(units, found, strict=True):
                    assert abs(row[j] / scale - near) <= Fraction(float(bounds[state.EG]))
                error = abs(constant / scale - Fraction(float(search.frame.rows[0, len(units)])))
                assert error <= Fraction(float(bounds[state.EC]))


@pytest.mark.parametrize("kind", ["generic", "leaky", "tied leaky"])
def test_shapes_are_those_of_the_exact_regions(kind: str) -> None:
    network = coarse(random_network(np.random.default_rng(8), (2, 4, 3), kind))
    for domain in domains(2):
        regions = pe.enumerate_regions(network, domain)
        shapes = regions.measure("n_facets", "is_bounded", "chebyshev_radius")
        polytopes = [region.polytope for region in regions]
        assert shapes["n_facets"].tolist() == [len(p.facets()) for p in polytopes]
        assert shapes["is_bounded"].tolist() == [p.is_bounded() for p in polytopes]


@pytest.mark.parametrize("kind", ["generic", "leaky", "tied leaky"])
def test_signs_that_floats_prove_are_those_of_the_exact_network(kind: str) -> None:
    """At points within a rounding of the walls of each region."""
    rng = np.random.default_rng(2)
    network = coarse(random_network(rng, (2, 4, 4, 4), kind))
    points = [rng.normal(size=(300, 2))]
    for region in pe.enumerate_regions(network, pe.box(-2, 2, dimension=2)):
        center = region.interior_point
        for facet in region.facets():
            distance = facet.offset - facet.normal @ center
            points += [center + (1 + 2.0**-k) * distance * facet.normal[np.newaxis] for k in (6, 10, 14, 20)]
    near = np.concatenate(points)
    form = network.float_form
    signs, proven = bounded_signs(form.weights, form.slopes, near, form.rounding)
    exact = network.exact.signs_at_floats(near)
    assert (signs == exact)[proven].all()
    assert 0.3 < proven.mean() < 1
    assert (network.sign_vector(near) == exact).all()
