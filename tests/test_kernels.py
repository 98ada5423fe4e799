"""The kernels themselves: small enough to run as plain Python, where indices are checked."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.kernels import cell_tree as tree
from polytope_engine.regions.description import region_shapes
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
            rows, exponent = network.exact.pre_activation_rows(layer, search.signs[:offset])
            for i in range(width):
                exact = [Fraction(int(entry)) * Fraction(2) ** exponent for entry in rows[i]]
                scaled = [a * Fraction(2) ** int(s) for a, s in zip(exact[:-1], space.shifts, strict=True)]
                for k, value in enumerate([*scaled, exact[-1]]):
                    found = Fraction(float(search.maps.values[layer, k, i]))
                    bound = search.maps.bounds[layer, tree.EC if k == space.dimension else tree.EG, i]
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
                allowed = Fraction(float(bounds[tree.EC if k == 3 else tree.EG]))
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
    shapes = region_shapes(regions)
    for index, region in enumerate(regions):
        assert shapes.n_facets[index] == len(region.facets())
        assert shapes.is_bounded[index] == region.is_bounded()
        radius = region.chebyshev_ball().radius
        assert shapes.inradius[index] == pytest.approx(radius, rel=1e-9)


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
        frame = tree.new_frame(r, 1)
        frame.rows[:r] = rows
        frame.rows[r] = target
        frame.sides[r, tree.SIDE_CONSTANT] = constant
        frame.inverse[:] = np.linalg.inv(rows)
        bound_theta(frame, r)
        if proven_by_inverse(frame, r):
            proven += 1
            stacked = np.column_stack([rows, np.zeros(r)])
            assert exact_identity_holds(stacked, np.append(target, constant)), trial
    assert proven > 20


def plain(function: object) -> object:
    """A kernel as plain Python."""
    return getattr(function, "py_func", function)


bound_theta = plain(tree.bound_theta)
proven_by_inverse = plain(tree.proven_by_inverse)
