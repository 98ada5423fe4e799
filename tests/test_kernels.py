"""The kernels themselves: small enough to run as plain Python, where indices are checked."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.kernels import float_proofs
from polytope_engine.kernels import search_state as state
from polytope_engine.regions.search import CellSearch
from polytope_engine.regions.working_space import working_space

pytestmark = pytest.mark.nojit


def random_network(*widths: int, seed: int = 0, slope: float = 0.0) -> pe.ReLUNetwork:
    generator = np.random.default_rng(seed)
    layers = [
        (generator.normal(size=(n_out, n_in)), generator.normal(size=n_out))
        for n_in, n_out in zip(widths[:-1], widths[1:], strict=True)
    ]
    return pe.ReLUNetwork(layers, negative_slope=slope)


@pytest.mark.parametrize("slope", [0.0, 0.25, -0.5])
@pytest.mark.parametrize("domain", [None, pe.box(-1, 1, dimension=2), pe.HPolytope([[1, 1]], [0.5])])
def test_float_maps_stay_within_their_error_bounds(slope: float, domain: pe.HPolytope | None) -> None:
    """At each leaf, every layer's float map is compared with the exact one, entry by entry."""
    network = random_network(2, 4, 3, 3, 1, seed=3, slope=slope)
    space = working_space(network, domain)
    seen = []

    def compare() -> None:
        seen.append(True)
        for layer, (offset, width) in enumerate(
            zip(network.layer_offsets, network.hidden_widths, strict=False)
        ):
            rows, unit = network.exact.pre_activation_rows(layer, search.signs[:offset])
            for i in range(width):
                exact = [Fraction(int(entry)) * unit for entry in rows[i]]
                scaled = [a * Fraction(2) ** int(s) for a, s in zip(exact[:-1], space.shifts, strict=True)]
                for k, value in enumerate([*scaled, exact[-1]]):
                    found = Fraction(float(search.maps.values[layer, k, i]))
                    bound = search.maps.bounds[layer, state.EC if k == space.dimension else state.EG, i]
                    assert abs(found - value) <= Fraction(float(bound))

    search = CellSearch(network, space, on_region=compare)
    while not search.advance(1000, 1 << 40):
        pass
    assert len(seen) == search.n_regions > 5


def test_path_rows_stay_within_their_error_bounds() -> None:
    network = random_network(3, 5, 4, 1, seed=7)
    space = working_space(network, pe.box(-2, 2, dimension=3))

    def compare() -> None:
        for p, row in enumerate(search.exact_path()):
            floats = search.path.rows[p]
            factors = [Fraction(2) ** int(s) for s in space.shifts] + [Fraction(1)]
            exact = [Fraction(int(a)) * f for a, f in zip(row, factors, strict=True)]
            largest = max(range(3), key=lambda k: abs(exact[k]))
            scale = exact[largest] / Fraction(float(floats[largest]))
            bounds = search.path.bounds[p]
            power = Fraction(2) ** round(np.log2(float(abs(scale))))
            for k in range(4):
                allowed = Fraction(float(bounds[state.EC if k == 3 else state.EG]))
                assert abs(exact[k] / power - Fraction(float(floats[k]))) <= allowed

    search = CellSearch(network, space, on_region=compare)
    while not search.advance(1000, 1 << 40):
        pass
    assert search.n_regions > 20


@pytest.mark.parametrize(
    ("name", "n_regions"),
    [("braid(3)", 6), ("hamming trap", 5), ("zero plateau", 5), ("thin_region", 3), ("false_cut", 2)],
)
def test_ties_are_settled_as_plain_python_too(name: str, n_regions: int) -> None:
    known = {named.name.replace("_", " "): named for named in pe.library.catalog()}
    named = known.get(name.replace("_", " "))
    if named is None:
        named = getattr(pe.library, name)()
    assert len(pe.enumerate_regions(named.network)) == n_regions == named.n_regions


def test_shapes_are_measured_as_plain_python_too() -> None:
    network = random_network(2, 5, 3, 1, seed=1)
    regions = pe.enumerate_regions(network)
    shapes = regions.measure("n_facets", "is_bounded", "chebyshev_radius")
    for index, region in enumerate(regions):
        assert shapes["n_facets"][index] == len(region.facets())
        assert shapes["is_bounded"][index] == region.is_bounded()
        radius = region.chebyshev_ball().radius
        assert shapes["chebyshev_radius"][index] == pytest.approx(radius, rel=1e-9)


def exact_identity_holds(rows: np.ndarray, target: np.ndarray) -> bool:
    """Whether target = constant + sum of nonnegative multiples of the rows, the constant positive."""
    from polytope_engine.exact.decisions import POSITIVE, sign_on_cell
    from polytope_engine.exact.rational import integer_row

    decision = sign_on_cell([integer_row(row) for row in rows], integer_row(target))
    return decision.verdict == POSITIVE and decision.constant > 0


def test_no_false_statement_is_proven_from_tight_rows() -> None:
    """Targets that are nearly, but not quite, positive combinations are never proven."""
    generator = np.random.default_rng(5)
    proven = 0
    for trial in range(300):
        r = int(generator.integers(1, 5))
        rows = generator.integers(-4, 5, size=(r, r)).astype(float)
        if abs(np.linalg.det(rows)) < 0.5:
            continue
        multipliers = generator.integers(0, 3, size=r) * 1.0
        off = 10.0 ** -float(generator.integers(10, 18))
        multipliers[generator.integers(r)] += generator.choice([-off, off, 1.0])
        target = multipliers @ rows
        constant = float(generator.choice([-1e-17, 0.0, 1e-17, 1e-12, 1.0]))
        rows, labels = np.column_stack([rows, np.zeros(r)]), np.arange(r)
        inverse = np.linalg.inv(rows[:, :r])
        T, bounds = np.vstack([np.zeros(r), inverse.T]), np.zeros((r, 4))
        norm = distance_from_inverse(T, rows, bounds, labels, np.zeros(r), r)
        g, z = np.append(target, constant), np.append(0.0, target @ inverse)
        suspects, scratch = np.zeros(r + 1, dtype=np.int64), np.zeros((3, r))
        if count_suspects(T, rows, bounds, labels, norm, g, 0.0, 0.0, z, scratch, suspects, r) == 0:
            proven += 1
            assert exact_identity_holds(rows, g), trial
    assert proven > 20


def test_no_false_statement_is_proven_on_a_box() -> None:
    """Constants within rounding of what the residual takes away are never taken for more than they are."""
    from polytope_engine.exact.decisions import POSITIVE, sign_on_cell
    from polytope_engine.exact.rational import integer_row

    generator = np.random.default_rng(6)
    proven = refused = 0
    for trial in range(400):
        r = int(generator.integers(1, 4))
        rows = np.column_stack([generator.normal(size=(r, r)), 0.1 + np.abs(generator.normal(size=r))])
        multipliers = np.abs(generator.normal(size=r))
        if trial % 2:  # a corner of the box decides
            rows[:, r] += 10.0
            multipliers[:] = 0.0
        target = multipliers @ rows
        residual = generator.normal(size=r) * generator.choice([0.0, 1e-16, 1.0])
        target[:r] += residual
        margin = float(generator.choice([-1e-15, -1e-17, 0.0, 1e-17, 1e-13, 1.0]))
        target[r] += np.abs(residual).sum() + margin
        space = state.Space(r, 0, True, np.ones(r), float(r))
        dictionary, path = state.new_dictionary(r, r), state.new_path(r, r)
        path.rows[:] = rows
        path.bounds[:, state.TG] = np.abs(rows[:, :r]).max(axis=1)
        dictionary.col_label[:] = np.arange(r)
        dictionary.g[:] = target
        dictionary.z[1:] = multipliers
        size = float(np.abs(target[:r]).max())
        if proven_bounded(dictionary, path, space, 0.0, 0.0, size, abs(float(target[r]))):
            proven += 1
            box = np.vstack([np.eye(r + 1)[:r], -np.eye(r + 1)[:r]])
            box[:, r] = 1.0
            cell = [integer_row(row) for row in np.vstack([rows, box])]
            decision = sign_on_cell(cell, integer_row(target))
            assert decision.verdict == POSITIVE, trial
        else:
            refused += 1
    assert proven > 50
    assert refused > 50


def test_errors_of_rows_are_subtracted_before_anything_is_proven_on_a_box() -> None:
    space = state.Space(1, 0, True, np.ones(1), 1.0)
    dictionary, path = state.new_dictionary(1, 1), state.new_path(1, 1)
    path.rows[:] = [[1.0, 0.0]]
    path.bounds[:, state.TG] = 1.0
    dictionary.g[:] = [1.0, 1e-6]
    dictionary.z[:] = [0.0, 1.0]
    assert proven_bounded(dictionary, path, space, 0.0, 0.0, 1.0, 1e-6)
    assert not proven_bounded(dictionary, path, space, 0.0, 2e-6, 1.0, 1e-6)
    assert not proven_bounded(dictionary, path, space, 2e-6, 0.0, 1.0, 1e-6)
    path.bounds[:, state.EC] = 2e-6
    assert not proven_bounded(dictionary, path, space, 0.0, 0.0, 1.0, 1e-6)


@pytest.mark.parametrize("seed", range(120))
def test_a_neuron_that_cancels_exactly_is_not_cut_by_the_noise_of_floats(seed: int) -> None:
    """Copies of one neuron under a row whose entries sum to zero: identically zero, floats say otherwise."""
    generator = np.random.default_rng(seed)
    n_inputs = 1 + seed % 3
    weight, bias = generator.choice([0.36, 0.1, 0.7, 1.3, 0.29], size=n_inputs), generator.uniform(-1, 1)
    row = generator.integers(-20, 21, size=3)
    others = generator.normal(size=(n_inputs, n_inputs))
    layers = [
        (np.vstack([np.tile(weight, (4, 1)), others]), [bias] * 4 + [0.3] * n_inputs),
        ([[*row, -row.sum(), *[0] * n_inputs]], [0.0]),
        ([[1.0]], [0.0]),
    ]
    network = pe.ReLUNetwork(layers)
    regions = pe.enumerate_regions(network)
    assert not regions.sign_vectors[:, -1].any()
    first_layer_alone = pe.ReLUNetwork([layers[0], (np.ones((1, 4 + n_inputs)), [0.0])])
    assert len(regions) == len(pe.enumerate_regions(first_layer_alone))


def signs_are_right(network: pe.ReLUNetwork, domain: pe.HPolytope | None) -> pe.RegionSet:
    """Every region has the signs that its point has in exact arithmetic, and no two are one."""
    regions = pe.enumerate_regions(network, domain)
    assert len(np.unique(regions.sign_vectors, axis=0)) == len(regions)
    for index, signs in enumerate(regions.sign_vectors):
        point = regions.exact_interior_points.get(index, regions.interior_points[index].tolist())
        assert np.array_equal(network.exact.signs_at(point), signs)
    return regions


def test_a_gradient_that_underflows_is_not_taken_for_zero() -> None:
    network = pe.ReLUNetwork(
        [([[1e-300]], [0.0]), ([[1.0]], [1e-285]), ([[1.0]], [0.0])], negative_slope=1e-290
    )
    assert len(signs_are_right(network, pe.box(-1e308, 1e308, dimension=1))) == 3
    network = pe.ReLUNetwork([([[1.0]], [0.0]), ([[1.0]], [1.0]), ([[1.0]], [0.0])], negative_slope=1e-300)
    assert len(signs_are_right(network, None)) == 3


@pytest.mark.filterwarnings("ignore:overflow encountered", "ignore:invalid value encountered")
@pytest.mark.parametrize("seed", range(40))
def test_error_bounds_that_overflow_prove_nothing(seed: int) -> None:
    """Two copies of one function, summed in two orders, beside a neuron whose error bound is infinite."""
    generator = np.random.default_rng(seed)
    reach = 2.0**30
    slanted = np.column_stack([generator.uniform(0.1, 0.44, 3), generator.uniform(-0.1, 0.1, 3)])
    W = np.vstack([slanted, [0.9, 0.1]])
    b = np.append(generator.uniform(0.6, 1, 3), 0.5)
    c = generator.uniform(-1, 1, 3)
    huge, one, other = np.zeros(8), np.zeros(8), np.zeros(8)
    huge[[3, 7]] = 1.3e308 / reach, -1.3e308 / reach
    one[:3] = c
    other[[2, 4, 5]] = c[2], c[0], c[1]
    second = ([huge, one, other], [1.0, 0.0, 0.0])
    network = pe.ReLUNetwork(
        [(np.vstack([W, W]), np.concatenate([b, b])), second, ([[0.0, 1.0, -1.0]], [0.0]), ([[1.0]], [0.0])]
    )
    regions = signs_are_right(network, pe.box(-0.99 * reach, 0.99 * reach, dimension=2))
    assert not regions.sign_vectors[:, -1].any()


def plain(function: object) -> object:
    """A kernel as plain Python."""
    return getattr(function, "py_func", function)


distance_from_inverse = plain(float_proofs.distance_from_inverse)
count_suspects = plain(float_proofs.count_suspects)
proven_bounded = plain(float_proofs.proven_bounded)


def test_no_false_tie_is_proven_by_residues() -> None:
    """Targets that tie exactly are proven, and those that miss a tie by one unit are not."""
    from polytope_engine.exact.decisions import sign_on_cell

    generator = np.random.default_rng(8)
    proven = refused = 0
    for trial in range(300):
        r = int(generator.integers(2, 5))
        size = int(generator.choice([3, 1000, 2**26]))
        rows = generator.integers(-size, size + 1, size=(r, r + 1))
        if abs(np.linalg.det(rows[:, :r].astype(float))) < 0.5:
            continue
        multipliers = generator.integers(0, 3, size=r)
        target = multipliers @ rows
        if trial % 3 == 0:
            target[generator.integers(r + 1)] += int(generator.choice([-1, 1]))
        if not target[:r].any():
            continue
        network = pe.ReLUNetwork(
            [
                (
                    np.vstack([rows[:, :r], target[:r]]).astype(float),
                    np.append(rows[:, r], target[r]).astype(float),
                ),
                (np.ones((1, r + 1)), [0.0]),
            ]
        )
        cell = [[int(x) for x in row] for row in rows]
        decision = sign_on_cell(cell, [int(x) for x in target])
        regions = pe.enumerate_regions(network)
        inside = regions.sign_vectors[(regions.sign_vectors[:, :r] > 0).all(axis=1), r]
        assert sorted(inside) == ([decision.verdict] if decision.verdict in (1, -1) else [-1, 1])
        ties = regions.certificate.n_drops_residues
        proven += ties > 0
        refused += ties == 0
    assert proven > 50
    assert refused > 20
