"""Networks and domains of rational numbers: which regions they have, against exact brute force."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.errors import InvalidNetworkError
from polytope_engine.exact.decisions import interior_point
from polytope_engine.exact.rational import integer_row

F = Fraction
Function = list[Fraction]
# 53 bits do not hold the common denominator of two of these, so that no factor makes their floats exact.
PRIMES = (10**17 + 3, 10**17 + 13, 10**17 + 19, 10**17 + 21)


def cell(network: pe.ReLUNetwork, pattern: tuple[int, ...]) -> tuple[tuple[int, ...], list[Function]]:
    """Signs, with 0 where a neuron vanishes identically, and the functions that must be positive."""
    d = network.input_dim
    h = [[F(int(i == k)) for i in range(d + 1)] for k in range(d)]
    signs: list[int] = []
    rows: list[Function] = []
    for (W, b), slopes in zip(network.exact_weights[:-1], network.exact_slopes, strict=True):
        outputs = []
        for weights, bias, slope in zip(W.tolist(), b.tolist(), slopes.tolist(), strict=True):
            z = [sum((w * g[k] for w, g in zip(weights, h, strict=True)), F(0)) for k in range(d + 1)]
            z[-1] += bias
            sign = pattern[len(signs)] if any(z) else 0
            signs.append(sign)
            if sign:
                rows.append([sign * entry for entry in z])
            outputs.append([(1 if sign > 0 else slope) * entry for entry in z])
        h = outputs
    return tuple(signs), rows


def brute_force(network: pe.ReLUNetwork, domain: pe.HPolytope | None) -> set[tuple[int, ...]]:
    """The signs of all patterns that hold somewhere, each decided by one exact linear program."""
    bounds = [] if domain is None else list(domain.exact_rows)
    found = set()
    for pattern in product((-1, 1), repeat=network.n_neurons):
        signs, rows = cell(network, pattern)
        system = [*bounds, *(integer_row(row) for row in rows)]
        if interior_point(system, network.input_dim).point is not None:
            found.add(signs)
    return found


def check(network: pe.ReLUNetwork, domain: pe.HPolytope | None) -> pe.RegionSet:
    """Compare an enumeration with brute force, and each region's exact point with its signs."""
    regions = pe.enumerate_regions(network, domain)
    found = [tuple(signs) for signs in regions.sign_vectors.tolist()]
    assert len(set(found)) == len(found)
    assert set(found) == brute_force(network, domain)
    assert pe.count_regions(network, domain).n_regions == len(found)
    for region in regions:
        assert network.exact.signs_at(region.exact_interior_point).tolist() == region.sign_vector.tolist()
        assert regions.locate([region.exact_interior_point]).tolist() == [region.index]
    return regions


def number(rng: np.random.Generator, kind: str) -> Fraction:
    if kind == "small":
        return F(int(rng.integers(-3, 4)), int(rng.choice([1, 2, 3, 7])))
    if kind == "mixed":
        return F(float(rng.normal())) if rng.random() < 0.5 else F(int(rng.integers(-9, 10)), 7)
    return F(int(rng.integers(-(10**17), 10**17)), int(rng.choice(PRIMES)))


def random_network(rng: np.random.Generator, widths: tuple[int, ...], kind: str) -> pe.ReLUNetwork:
    d, *hidden = widths
    layers = []
    for n_in, n_out in zip([d, *hidden], [*hidden, 1], strict=True):
        W = [[number(rng, kind.split(maxsplit=1)[0]) for _ in range(n_in)] for _ in range(n_out)]
        b = [number(rng, kind.split(maxsplit=1)[0]) for _ in range(n_out)]
        if "tied" in kind and n_out > 2:  # the third neuron is a combination of the first two
            W[2] = [x / 3 + y / 7 for x, y in zip(W[0], W[1], strict=True)]
            b[2] = b[0] / 3 + b[1] / 7
        layers.append((W, b))
    slope: object = 0
    if "leaky" in kind:
        slopes = [F(0), F(1, 3), F(-2, 7), 1 + F(1, 10**30), F(5), F(1)]
        slope = [[slopes[k] for k in rng.integers(0, len(slopes), n)] for n in hidden]
    return pe.ReLUNetwork(layers, slope)


def cases() -> Iterator[tuple[tuple[int, ...], str, int]]:
    for widths in ((1, 3, 3), (2, 4, 2), (2, 2, 2, 2), (3, 4, 2)):
        for kind in ("small", "small leaky", "mixed", "large", "large tied", "large leaky"):
            for seed in range(2):
                yield widths, kind, seed


@pytest.mark.parametrize(("widths", "kind", "seed"), list(cases()))
def test_every_feasible_pattern_is_a_region_and_no_other(
    widths: tuple[int, ...], kind: str, seed: int
) -> None:
    rng = np.random.default_rng([seed, *widths])
    network = random_network(rng, widths, kind)
    d = widths[0]
    check(network, None)
    check(network, pe.box(F(-1, 3), F(10**20 + 1, 10**20), dimension=d))
    check(network, pe.HPolytope([*(-np.eye(d)), [F(1, 3)] * d], [F(2, 7)] * (d + 1)))


@pytest.mark.nojit
def test_fractions_that_cancel_leave_two_regions() -> None:
    """Four copies of 0.36 x + 0.29 under [7, 5, 6, -18]: in floats a neuron seems to cut, and does not."""
    layers = [([[F(9, 25)]] * 4, [F(29, 100)] * 4), ([[7, 5, 6, -18]], [0]), ([[1]], [0])]
    for domain in (None, pe.box(-3, 3, dimension=1)):
        assert len(check(pe.ReLUNetwork(layers), domain)) == 2


CANCELLING = [
    (W, b, k)
    for k, (W, b) in enumerate(
        (F(int(a), PRIMES[0]), F(int(c), PRIMES[1]))
        for a, c in np.random.default_rng(3).integers(10**16, 10**17, (12, 2))
    )
]


@pytest.mark.parametrize(("w", "b", "seed"), CANCELLING)
def test_neurons_that_cancel_are_zero_whatever_their_roundings_say(
    w: Fraction, b: Fraction, seed: int
) -> None:
    """Multiples of one neuron that add to nothing: each multiple is rounded on its own."""
    rng = np.random.default_rng(seed)
    factors = [F(int(k), int(m)) for k, m in zip(rng.integers(1, 10, 5), PRIMES + PRIMES[:1], strict=True)]
    weights = [F(int(k), 7) for k in rng.integers(-9, 10, 4)]
    weights.append(-sum((u * f for u, f in zip(weights, factors, strict=False)), F(0)) / factors[4])
    layers = [
        ([[w * f, b * f / 3] for f in factors], [b * f for f in factors]),
        ([weights, [F(1, 3)] * 5], [0, F(-1, 7)]),
        ([[1, 1]], [0]),
    ]
    network = pe.ReLUNetwork(layers)
    assert network.float_form.rounding > 0
    for domain in (None, pe.box(-30, 30, dimension=2)):
        check(network, domain)


@pytest.mark.parametrize("slope", [F(1, 3), F(2, 7), F(-1, 3), F(10**17, PRIMES[0])])
def test_leaky_neurons_that_cancel_are_zero_whatever_their_slopes_round_to(slope: Fraction) -> None:
    """Where it is negative, a leaky neuron is as large as the linear one beside it, which is subtracted."""
    layers = [
        ([[1, 3], [slope, 3 * slope]], [5, 5 * slope + 100]),
        ([[1, -1], [-3, 3]], [100, -300]),
        ([[1, 1]], [0]),
    ]
    network = pe.ReLUNetwork(layers, [[slope, 1], [0, 0]])
    assert network.float_form.rounding > 0
    for domain in (None, pe.box(-40, 40, dimension=2)):
        regions = check(network, domain)
        assert (regions.sign_vectors[:, 2:] == 0).any()


# -- arrangements that only rationals make degenerate -----------------------------------------------


def arrangement(lines: list[tuple[Fraction, Fraction, Fraction]]) -> pe.ReLUNetwork:
    return pe.ReLUNetwork(
        [([[a, b] for a, b, _ in lines], [c for _, _, c in lines]), ([[1] * len(lines)], [0])]
    )


def lines_through(
    x: Fraction, y: Fraction, n: int, denominator: int
) -> list[tuple[Fraction, Fraction, Fraction]]:
    directions = [(F(k + 1, denominator), F(3 - 2 * k, denominator + 10 * k + 10)) for k in range(n)]
    return [(a, b, -(a * x + b * y)) for a, b in directions]


@pytest.mark.nojit
@pytest.mark.parametrize("denominator", [7, 10**17 + 3])
@pytest.mark.parametrize("n", [3, 5])
def test_concurrent_lines_make_two_regions_each(n: int, denominator: int) -> None:
    """n lines through (1/3, 1/7): 2 n regions; roundings make triangles, and other counts."""
    network = arrangement(lines_through(F(1, 3), F(1, 7), n, denominator))
    assert pe.count_regions(network).n_regions == 2 * n
    assert pe.count_regions(network, pe.box(-1, 1, dimension=2)).n_regions == 2 * n
    on_float_weights = pe.ReLUNetwork(network.weights)
    assert pe.count_regions(on_float_weights).n_regions > 2 * n


def test_three_neurons_of_one_input_meet_in_one_rational_point() -> None:
    """x/3, x/7 and 10 x/21 = x/3 + x/7, shifted to the same zero: two regions."""
    zero = F(10, 21)
    slopes = [F(1, 3), F(1, 7), F(10, 21)]
    network = pe.ReLUNetwork(
        [([[s] for s in slopes], [-s * zero for s in slopes]), ([[1, 1, -1]], [0]), ([[1]], [0])]
    )
    regions = check(network, None)
    assert len(regions) == 2
    assert (regions.sign_vectors[:, 3] == 0).all()
    assert regions.locate([[zero], [zero + F(1, 10**400)], [zero - F(1, 10**400)]]).tolist()[0] == -2


@pytest.mark.parametrize("size", [F(1, 10**30), F(1, 10**300)])
def test_a_tiny_triangle_is_a_region(size: Fraction) -> None:
    """Lines x = 1/3, y = 1/7 and x + y = 10/21 + size: seven regions, one of them tiny."""
    network = arrangement([(F(1), F(0), F(-1, 3)), (F(0), F(1), F(-1, 7)), (F(1), F(1), -F(10, 21) - size)])
    assert pe.count_regions(network).n_regions == 7
    regions = check(network, pe.box(-1, 1, dimension=2))
    assert len(regions) == 7
    inside = [F(1, 3) + size / 3, F(1, 7) + size / 3]
    index = regions.locate(inside)
    assert regions.sign_vectors[index].tolist() == [1, 1, -1]
    assert index in regions.exact_interior_points
    assert regions[index].is_bounded()
    assert len(regions[index].neighbors()) == 3


@pytest.mark.parametrize("power", [60, 400, 4000])
def test_integers_and_fractions_of_any_size_are_searched(power: int) -> None:
    """The same seven regions, whatever each line is multiplied by."""
    lines = [(1, 0, F(-1, 3)), (0, 1, F(-1, 7)), (1, 1, F(-11, 21))]
    for factors in ([10**power] * 3, [1, 10**power, F(1, 10**power)]):
        scaled = [tuple(f * entry for entry in line) for f, line in zip(factors, lines, strict=True)]
        network = arrangement(scaled)
        assert network.is_rational
        for domain in (None, pe.box(-1, 1, dimension=2)):
            assert len(check(network, domain)) == 7
    # the next layer sees numbers of very different sizes, and divides by the factors
    big, small = 10**power, F(1, 10**power)
    deep = pe.ReLUNetwork(
        [([[big, 0], [0, small]], [-big, small]), ([[small, big], [big, 0]], [F(-1, 3), 1]), ([[1, 1]], [0])]
    )
    check(deep, None)


def test_offsets_below_the_range_of_floats_are_told_apart() -> None:
    """x = -10**-400 and x = -2 * 10**-400: three regions, one of them between two floats."""
    tiny = F(1, 10**400)
    network = pe.ReLUNetwork([([[1], [1]], [tiny, 2 * tiny]), ([[1, 1]], [0])])
    for domain in (None, pe.box(-1, 1, dimension=1), pe.box(-tiny * F(3, 2), tiny, dimension=1)):
        check(network, domain)
    assert pe.count_regions(network).n_regions == 3


def test_numbers_too_far_apart_are_refused_in_one_sentence() -> None:
    with pytest.raises(
        InvalidNetworkError, match=r"Neuron 1 of layer 0 has weights of about 2\*\*-3321 beside"
    ):
        pe.ReLUNetwork([([[1, 1], [10**400, F(1, 10**1000)]], [0, 0]), ([[1, 1]], [0])])
    with pytest.raises(InvalidNetworkError, match="which no scaling brings into the range of float64"):
        pe.ReLUNetwork([([[1]], [10**1000]), ([[1]], [0])])
    with pytest.raises(InvalidNetworkError, match=r"`negative_slope` of layer 0 is about 2\*\*1328, beyond"):
        pe.ReLUNetwork([([[1]], [0]), ([[1]], [0])], 10**400)
    with pytest.raises(InvalidNetworkError, match=r"`negative_slope` of layer 0 is about 2\*\*-1328, beyond"):
        pe.ReLUNetwork([([[1]], [0]), ([[1]], [0])], F(1, 10**400))


# -- invariance -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["small", "mixed", "large"])
def test_positive_factors_of_neurons_change_no_count(kind: str) -> None:
    """Rows times a positive rational, the next layer's columns divided by it."""
    rng = np.random.default_rng(11)
    network = random_network(rng, (3, 6, 5), kind)
    scaled, before = [], None
    for W, b in network.exact_weights:
        columns = W if before is None else W / before
        before = np.array([F(int(k), int(m)) for k, m in rng.integers(1, 10**6, (len(b), 2))], dtype=object)
        scaled.append((columns * before[:, np.newaxis], b * before))
    other = pe.ReLUNetwork(scaled)
    for domain in (None, pe.box(-2, 2, dimension=3)):
        first, second = (pe.enumerate_regions(net, domain).sign_vectors for net in (network, other))
        assert set(map(tuple, first.tolist())) == set(map(tuple, second.tolist()))


@pytest.mark.parametrize("seed", range(4))
def test_a_network_over_a_common_denominator_costs_what_its_integers_cost(seed: int) -> None:
    """Clearing denominators by positive homogeneity turns the network into floats, and nothing is rounded."""
    rng = np.random.default_rng(seed)
    W1, b1, W2, b2 = (rng.integers(-9, 10, shape) for shape in ((8, 3), 8, (6, 8), 6))
    rational = pe.ReLUNetwork([(W1, b1), (W2, b2), ([[1] * 6], [0])], denominators=[127, 1000, 1])
    integers = pe.ReLUNetwork([(W1, b1), (W2, 127 * b2), ([[1] * 6], [0])])
    assert rational.is_rational
    assert not integers.is_rational
    assert rational.float_form.rounding == 0.0
    first, second = pe.count_regions(rational), pe.count_regions(integers)
    assert first.n_regions == second.n_regions
    assert first.work.n_linear_programs == second.work.n_linear_programs
    assert first.work.n_exact_decisions == second.work.n_exact_decisions


def test_rounded_weights_cost_no_exact_decisions_where_nothing_ties() -> None:
    rng = np.random.default_rng(0)
    network = random_network(rng, (4, 10, 8), "large")
    assert network.float_form.rounding > 0
    for domain in (None, pe.box(-1, 1, dimension=4)):
        count = pe.count_regions(network, domain)
        floats = pe.count_regions(pe.ReLUNetwork(network.weights), domain)
        assert count.n_regions == floats.n_regions
        assert count.work.n_linear_programs <= 1.01 * floats.work.n_linear_programs + 10
        assert count.work.n_exact_decisions <= floats.work.n_exact_decisions + 5


def test_float_networks_are_searched_as_they_are() -> None:
    network = pe.ReLUNetwork([([[0.1, 1e300]], [0.3]), ([[1]], [0])])
    assert network.float_form == (network.weights, network.negative_slopes, 0.0, None)


def test_a_wide_domain_is_searched_beyond_the_range_of_floats() -> None:
    network = pe.ReLUNetwork([([[1, 0], [F(1, 3), 1]], [0, 0]), ([[1, 1]], [0])])
    assert len(check(network, pe.box(-(10**400), 10**400, dimension=2))) == 4
    assert len(check(network, pe.box(F(1, 10**400), F(2, 10**400), dimension=2))) == 1
    constant = pe.ReLUNetwork([([[0, 0]], [F(1, 3)]), ([[1]], [0])])
    assert len(check(constant, pe.box(10**400, 10**401, dimension=2))) == 1
    assert len(check(network, pe.box(10**400, 10**401, dimension=2))) == 1


def test_rows_with_entries_that_vanish_in_floats_are_no_box() -> None:
    """x + 10**-400 y <= 1 cuts off a corner far away, where a neuron changes its sign."""
    tiny = F(1, 10**400)
    domain = pe.HPolytope([[1, tiny], [-1, 0], [0, 1], [0, -1]], [1, 0, 10**400, 0])
    network = pe.ReLUNetwork([([[1, 0], [0, 1]], [F(-1, 2), F(-(10**400), 2)]), ([[1, 1]], [0])])
    assert len(check(network, domain)) == 3
