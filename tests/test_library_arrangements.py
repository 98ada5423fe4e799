"""Networks with one hidden layer, counted independently by deletion and restriction."""

from __future__ import annotations

import numpy as np
import pytest
from deletion_restriction import characteristic_polynomial, f_vectors, hyperplanes, n_bounded, n_regions

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network import library
from polytope_engine.network.library import NamedNetwork
from polytope_engine.network.library.counting import value_at

SHALLOW = [named for named in library.catalog() if named.network.n_hidden_layers == 1]


# of the larger ones those that the search counts within seconds; deletion and restriction counts all of them
LARGER = [library.shi(5), library.linial(6), library.semiorder(5), library.convolution(5, 2, 4)]
OTHER_PARAMETERS = [
    library.generic(4, 5), library.central_generic(3, 5), library.grid(2, 2, 2, 1), library.type_d(3), library.cycle(6),
    library.parallel_families((1, 2, 1, 3), 2), library.wheel(3), library.wheel(5), library.complete_bipartite(2, 4),
    library.complete_bipartite(1, 3), library.cube_graph(2), library.convolution((3, 3), (2, 2), 1),
    library.convolution((2, 3), (2, 2), 3), library.convolution(5, 2, 2), library.convolution(4, 2, 2, n_channels=2),
    library.graph_convolution([(0, 1), (2, 3)], 2, 3), library.graph_convolution([(1, 1), (2, 2)], 1, 3),
    library.graph_convolution([(1, 1), (2, 2)], 2, 3, bias=False), library.graph_convolution([(0, 0), (1, 1)], 2, 3),
    library.graphical(6, [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5)]),
]  # fmt: skip


@pytest.mark.parametrize("named", [*SHALLOW, *OTHER_PARAMETERS], ids=lambda named: named.name)
def test_shallow_counts_agree_with_deletion_and_restriction(named: NamedNetwork) -> None:
    d, rows = named.network.input_dim, hyperplanes(named.network)
    if named.n_regions is not None:
        assert named.n_regions == n_regions(d, rows)
    assert named.n_bounded in (None, n_bounded(d, rows))
    assert named.characteristic_polynomial in (None, characteristic_polynomial(d, rows))


@pytest.mark.parametrize(
    "named",
    [
        n
        for n in (*SHALLOW, *OTHER_PARAMETERS)
        if (n.f_vector or n.bounded_f_vector)
        and n.network.input_dim <= 5
        and n.network.n_neurons <= 24
        and (n.n_regions or 0) <= 2_000
    ],
    ids=lambda named: named.name,
)
def test_shallow_f_vectors_agree_with_the_sum_over_flats(named: NamedNetwork) -> None:
    f_vector, bounded = f_vectors(named.network.input_dim, hyperplanes(named.network))
    assert named.f_vector in (None, f_vector)
    assert named.bounded_f_vector in (None, bounded)


@pytest.mark.parametrize("named", LARGER, ids=lambda named: named.name)
def test_larger_networks_have_their_known_number_of_regions(named: NamedNetwork) -> None:
    count = pe.count_regions(named.network)
    assert count.status.is_complete
    assert int(count) == named.n_regions


def test_a_characteristic_polynomial_counts_regions() -> None:
    """At -1 all of them, at 1 the bounded ones if the arrangement is essential [Zaslavsky 1975]."""
    known = [net for net in library.catalog() if net.characteristic_polynomial is not None]
    assert len(known) > 80
    for named in known:
        chi = named.characteristic_polynomial
        assert chi is not None
        assert abs(value_at(chi, -1)) == named.n_regions
        if chi[0]:
            assert abs(value_at(chi, 1)) == named.n_bounded


@pytest.mark.parametrize(
    "named", [n for n in library.catalog() if n.f_vector is not None], ids=lambda n: n.name
)
def test_f_vectors_satisfy_euler_in_the_whole_space(named: NamedNetwork) -> None:
    assert named.f_vector is not None
    d = named.network.input_dim
    assert len(named.f_vector) == d + 1
    assert sum((-1) ** k * f for k, f in enumerate(named.f_vector)) == (-1) ** d
    assert named.f_vector[-1] == named.n_regions
    assert named.n_walls == named.f_vector[-2]


@pytest.mark.parametrize(
    ("family", "first", "values"),
    [
        (library.boolean, 1, [2, 4, 8]),
        (library.braid, 2, [2, 6, 24, 120, 720]),
        (library.type_b, 1, [2, 8, 48, 384, 3840, 46080]),
        (library.type_d, 2, [4, 24, 192, 1920, 23040]),
        (library.shi, 2, [3, 16, 125, 1296, 16807]),
        (library.catalan, 2, [4, 30, 336, 5040]),
        (library.linial, 2, [2, 7, 36, 246, 2104]),
        (library.semiorder, 2, [3, 19, 183, 2371, 38703]),
        (library.threshold, 1, [4, 14, 104, 1882, 94572]),
        (library.resonance, 1, [2, 6, 32, 370, 11292, 1066044]),
    ],
)
def test_families_give_the_published_numbers(family: object, first: int, values: list[int]) -> None:
    assert [family(n).n_regions for n in range(first, first + len(values))] == values  # type: ignore[operator]


@pytest.mark.parametrize(
    ("family", "values"),
    [
        (library.shi, [1, 4, 27, 256, 3125]),
        (library.catalan, [2, 12, 120, 1680]),
        (library.linial, [0, 1, 4, 26, 212]),
        (library.semiorder, [1, 7, 61, 751, 11821]),
    ],
)
def test_families_give_the_published_numbers_of_bounded_regions(family: object, values: list[int]) -> None:
    assert [family(n).n_bounded for n in range(2, 2 + len(values))] == values  # type: ignore[operator]


def test_reflection_groups_have_the_right_numbers_of_mirrors_and_chambers() -> None:
    found = {k: library.exceptional(k) for k in ("G2", "F4", "E6", "E7", "E8")}
    assert [n.network.n_neurons for n in found.values()] == [6, 24, 36, 63, 120]
    assert [n.n_regions for n in found.values()] == [12, 1152, 51840, 2903040, 696729600]


def test_graphs_count_their_acyclic_orientations() -> None:
    assert [library.path(5).n_regions, library.cycle(4).n_regions, library.cycle(5).n_regions] == [16, 14, 30]
    assert library.wheel(4).n_regions == 78
    assert library.complete_bipartite(3, 3).n_regions == 230
    assert library.cube_graph(3).n_regions == 1862
    assert library.petersen().n_regions == 16680


def test_named_graphs_are_the_graphs_of_their_names() -> None:
    cube = [(i, i | 1 << k) for i in range(8) for k in range(3) if not i & 1 << k]
    wheel = [(0, 1), (1, 2), (2, 3), (3, 0), (4, 0), (4, 1), (4, 2), (4, 3)]
    for named, same in (
        (library.cube_graph(3), library.graphical(8, cube)),
        (library.wheel(4), library.graphical(5, wheel)),
        (library.braid(4), library.graphical(4, [(i, j) for i in range(4) for j in range(i)])),
    ):
        assert hyperplanes(named.network) == hyperplanes(same.network)
        assert named.characteristic_polynomial == same.characteristic_polynomial


def test_the_icosahedron_in_floats_has_48_regions_more_than_the_ideal_one() -> None:
    for ratio in (1.6, float(np.float32((1 + 5**0.5) / 2)), (1 + 5**0.5) / 2):
        named = library.icosahedron(ratio)
        assert n_regions(3, hyperplanes(named.network)) == 120 + 48
    assert library.icosahedron(1.61803).n_regions is None
    assert library.icosahedron(1.75).n_regions is None


def test_layers_with_shared_weights_have_the_published_numbers() -> None:
    assert [library.convolution(3, 2, n).n_regions for n in (1, 2, 3, 4)] == [4, 15, 40, 85]
    assert [library.convolution(4, 2, n).n_regions for n in (2, 3)] == [55, 217]
    assert library.convolution(4, 3, 2).n_regions == 16
    assert library.convolution(4, 2, 3, stride=2).n_regions == 49
    path = [(1, 1, 0), (1, 1, 1), (0, 1, 1)]
    sizes = ((1, 2), (2, 2), (2, 3))
    assert [library.graph_convolution(path, *s).n_regions for s in sizes] == [27, 64, 343]
    assert [library.graph_convolution(path, *s, bias=False).n_regions for s in sizes] == [8, 64, 216]
    for n in (2, 3):
        ones = [[1] * n] * n
        assert [library.graph_convolution(ones, *s).n_regions for s in sizes] == [3, 4, 7]


def test_what_is_not_known_is_none() -> None:
    assert library.threshold(10).n_regions is None
    assert library.resonance(10).n_regions is None
    assert library.resonance(9).n_regions == 1955230985997140
    assert library.linial(7).f_vector is None
    assert library.convolution(5, 2, 2, bias=False).n_regions is None
    assert library.graph_convolution([(1, 0), (2, 0)], 1, 2).n_regions is None
    assert library.zonotope([(1, 0), (2, 0), (0, 1)], 2, 1).n_regions is None
    assert library.graphical(13, [(0, 1)]).n_regions is None
    assert library.six_hundred_cell(1.5).n_regions is None


def test_published_characteristic_polynomials() -> None:
    for named, known in (
        (library.type_b(3), (-15, 23, -9, 1)),
        (library.exceptional("F4"), (385, -552, 190, -24, 1)),
        (library.shi(4), (-64, 48, -12, 1)),
        (library.catalan(4), (-210, 107, -18, 1)),
        (library.resonance(4), (104, -170, 80, -15, 1)),
        (library.threshold(4), (-465, 820, -460, 120, -16, 1)),
        (library.petersen(), (-704, 2606, -4305, 4275, -2861, 1353, -455, 105, -15, 1)),
        (library.icosahedron(), (-69, 83, -15, 1)),
    ):
        assert named.characteristic_polynomial == known


def test_published_f_vectors() -> None:
    for named, cells, bounded in (
        (library.generic(12, 3), (220, 726, 804, 299), (220, 594, 540, 165)),
        (library.grid(3, 2), (6, 17, 12), (6, 7, 2)),
        (library.shi(4), (24, 144, 244, 125), (24, 72, 76, 27)),
        (library.catalan(3), (13, 42, 30), (13, 24, 12)),
        (library.linial(4), (10, 51, 76, 36), (10, 21, 16, 4)),
        (library.semiorder(3), (12, 30, 19), (12, 18, 7)),
        (library.type_d(4), (1, 48, 240, 384, 192), (1, 0, 0, 0, 0)),
    ):
        assert (named.f_vector, named.bounded_f_vector) == (cells, bounded)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: library.boolean(0), "`n` is 0, but must be at least 1"),
        (lambda: library.boolean(2.5), "`n` is 2.5, but must be an integer, at least 1"),
        (lambda: library.boolean(True), "`n` is True, but must be an integer"),
        (lambda: library.resonance(40), "1,099,511,627,776 neurons on R.40, but a layer"),
        (lambda: library.parallel_families((), 2), "`sizes` is empty"),
        (lambda: library.parallel_families("22", 2), "`sizes` is '22', but must be a sequence"),
        (lambda: library.icosahedron(3.0), "`golden_ratio` is 3.0, but must be a number between 1 and 2"),
        (lambda: library.wheel(2), "`n` is 2, but must be at least 3"),
        (lambda: library.graphical(3, []), "at least one"),
        (lambda: library.convolution(2, 3, 1), "a filter must not be larger"),
        (lambda: library.convolution((2, 2, 2), 2, 1), "has 3 numbers, but must have one or two"),
        (lambda: library.convolution(3, 2, 1, bias=1), "`bias` is 1, but must be True or False"),
        (lambda: library.graph_convolution([(1, 2)], 1, 1), "must be square"),
        (lambda: library.graph_convolution(3, 1, 1), "must be rows of integers"),
        (lambda: library.side_by_side(), "at least one"),
        (lambda: library.side_by_side(library.hat(), "hat"), "must be networks of the library"),
        (lambda: library.folded_cube(2, 1, 3), "must be numbers from 2, 1 for each input"),
        (lambda: library.folded_cube(2, 4), "then the number of hyperplanes"),
        (lambda: library.zigzag_cube(2, 5, 3), "must be numbers from 6, 3 for each input"),
        (lambda: library.zigzag_zonotope([(1, 0)], 2), "must be at least 3"),
        (lambda: library.generic_in_cube(2000, 1000), "at most"),
        (lambda: library.tight_plane(0), "`n_lines` is 0"),
        (lambda: library.zonotope([(1, 0), (0, 0)], 2, 1), "none of them zero"),
        (lambda: library.periodic_surface(0), "`n_copies` is 0"),
        (lambda: library.parallel_lines(0), "`distance` is 0, but must be a positive number"),
        (lambda: library.catalog(0), "`max_regions` is 0"),
        (lambda: library.braid(1), "`n` is 1, but must be at least 2"),
        (lambda: library.grid(2, 0), "must be at least 1"),
        (lambda: library.generic(100, 9), r"n\*\*d must be at most"),
        (lambda: library.parallel_families((9,) * 9, 4), "do not fit into float64"),
        (lambda: library.exceptional("H3"), "`kind` is 'H3', but must be one of G2, F4"),
        (lambda: library.graphical(3, [(0, 3)]), "must be pairs of different numbers from 0 to 2"),
        (lambda: library.sawtooth(0), "`depth` is 0"),
        (lambda: library.folding_line(1), "must be at least 2"),
        (lambda: library.folding_plane(3, 3), "must be even numbers"),
        (lambda: library.zigzag((3,), (3, 3)), "sequences of equal length"),
        (lambda: library.zigzag_plane(7), "must be from 1 to 6"),
        (lambda: library.zonotope([(1, 0)], 1, 1), "`width` is 1, but must be at least 2"),
    ],
)
def test_parameters_without_a_network_are_refused(make: object, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        make()  # type: ignore[operator]
