"""Decision boundaries and level sets of networks whose boundaries are known."""

from __future__ import annotations

from fractions import Fraction
from math import inf, sqrt
from typing import Any

import numpy as np
import pytest
from random_networks import random_network

import polytope_engine as pe
from polytope_engine.complexes.ties import Argmax, Level
from polytope_engine.errors import InvalidArgumentError, UnboundedError
from polytope_engine.regions.outcome import Status


def norm_network(d: int, copies: int = 1, scale: int = 1) -> pe.ReLUNetwork:
    """The L1 norm as a sum of relu(x_i) + relu(-x_i), each neuron several times, scaled."""
    W = np.vstack([np.eye(d), -np.eye(d)] * copies) * scale
    return pe.ReLUNetwork(
        [(W, np.zeros(len(W))), (np.ones((1, len(W))), [0])], denominators=[1, copies * scale]
    )


def affine(*rows: list[int]) -> pe.ReLUNetwork:
    """A network without hidden layers: a row (a, b) for each output."""
    table = np.array(rows)
    return pe.ReLUNetwork([(table[:, :-1], table[:, -1])])


def level(network: pe.ReLUNetwork, value: Any = 0, domain: Any = None, output: int = 0) -> pe.Boundary:
    return pe.enumerate_regions(network, domain).level_set(value, output)


def decision(network: pe.ReLUNetwork, domain: Any = None) -> pe.Boundary:
    return pe.enumerate_regions(network, domain).decision_boundary()


# -- the L1 norm ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("copies", "scale"), [(1, 1), (2, 1), (1, 3), (3, 2)])
def test_the_unit_circle_of_the_l1_norm_is_a_closed_curve_of_four_segments(copies: int, scale: int) -> None:
    square = level(norm_network(2, copies, scale), 1)
    assert (len(square), square.f_vector(), square.n_connected_components) == (4, (4, 4), 1)
    assert square.is_closed_manifold()
    assert (square.euler_characteristic(), square.betti_numbers()) == (0, (1, 1))
    assert square.total_area == pytest.approx(4 * sqrt(2), rel=1e-15)
    assert [square.squared_area(k) for k in range(4)] == [2] * 4
    corners = {vertex for k in range(4) for vertex in square.piece(k).exact.vertices()}
    assert corners == {(1, 0), (-1, 0), (0, 1), (0, -1)}
    assert square.crossed_regions.tolist() == square.region_indices.tolist() == [0, 1, 2, 3]
    assert not square.is_wall.any()


def test_the_unit_sphere_of_the_l1_norm_is_an_octahedron() -> None:
    octahedron = level(norm_network(3), 1)
    assert (len(octahedron), octahedron.f_vector()) == (8, (6, 12, 8))
    assert (octahedron.euler_characteristic(), octahedron.betti_numbers()) == (2, (1, 0, 1))
    assert octahedron.is_closed_manifold()
    assert octahedron.genus() == 0
    assert octahedron.total_area == pytest.approx(4 * sqrt(3), rel=1e-15)


def test_the_unit_sphere_in_four_dimensions_has_sixteen_solid_pieces() -> None:
    sphere = level(norm_network(4), 1)
    assert sphere.f_vector() == (8, 24, 32, 16)
    assert sphere.betti_numbers() == (1, 0, 0, 1)
    # regular simplices with edges of length sqrt 2, of volume 1 / 3
    np.testing.assert_allclose(sphere.areas(), np.full(16, 1 / 3), rtol=1e-14)
    with pytest.raises(InvalidArgumentError, match="has 4 inputs; whether a boundary is a closed manifold"):
        sphere.is_closed_manifold()


def test_two_points_are_the_unit_sphere_of_the_line() -> None:
    points = level(norm_network(1), Fraction(1, 3))
    assert points.areas().tolist() == [1, 1]
    ends = {points.piece(k).exact.vertices() for k in range(2)}
    assert ends == {((Fraction(-1, 3),),), ((Fraction(1, 3),),)}
    assert points.n_connected_components == 2
    assert (points.f_vector(), points.betti_numbers(), points.is_closed_manifold()) == ((2,), (2,), True)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_level_below_the_minimum_is_empty_and_the_minimum_touches(d: int) -> None:
    below = level(norm_network(d), -1)
    assert (len(below), below.total_area, below.message, below.is_closed_manifold()) == (0, 0.0, "", False)
    assert below.betti_numbers() == (0,) * d
    assert below.areas().shape == (0,)
    at = level(norm_network(d), 0)
    if d == 1:  # a point is a piece of the line
        assert (len(at), at.is_wall.tolist(), at.winners.tolist()) == (1, [True], [[1, 1]])
        return
    assert (len(at), len(at.touching), at.touching[0].dimension, at.n_connected_components) == (0, 1, 0, 1)
    assert at.message == "1 cell of smaller dimension touches"
    assert not at.is_closed_manifold()


def test_a_closed_curve_and_a_point_that_touches_are_no_manifold_together() -> None:
    """h(x) + |y| = 1 with h = |x| up to 2, where it begins to fall to its second minimum, 1 at x = 3."""
    W = [[1, 0], [-1, 0], [1, 0], [1, 0], [0, 1], [0, -1]]
    both = level(pe.ReLUNetwork([(W, [0, 0, -2, -3, 0, 0]), ([[1, 1, -2, 2, 1, 1]], [0])]), 1)
    assert (len(both), len(both.touching), both.n_connected_components) == (4, 1, 2)
    assert both.complex.point(*both.touching[0].key) == (3, 0)
    assert both.betti_numbers() == (2, 1)
    assert not both.is_closed_manifold()


# -- walls, vertices, plateaus --------------------------------------------------------------------


def test_a_level_set_inside_a_wall_is_one_piece_between_its_regions() -> None:
    """relu(x) + relu(-x) is |x|: the zero set is the wall x = 0, where nothing changes sign."""
    wall = level(pe.ReLUNetwork([([[1, 0], [-1, 0]], [0, 0]), ([[1, 1]], [0])]))
    assert (len(wall), wall.is_wall.tolist(), wall.crossed_regions.tolist()) == (1, [True], [])
    assert wall.winners.tolist() == [[1, 1]]
    # relu(x) - relu(-x) is x, whose sign changes there
    crossing = level(pe.ReLUNetwork([([[1, 0], [-1, 0]], [0, 0]), ([[1, -1]], [0])]))
    assert (len(crossing), crossing.is_wall.tolist(), crossing.winners.tolist()) == (1, [True], [[0, 1]])
    assert crossing.region_indices.tolist() == [0]


def test_a_level_set_through_a_vertex_of_the_regions_is_glued_there() -> None:
    """relu(x) + relu(-x) - relu(y) - relu(-y) vanishes on the two diagonals, which meet at the origin."""
    diagonals = level(
        pe.ReLUNetwork([([[1, 0], [-1, 0], [0, 1], [0, -1]], [0] * 4), ([[1, 1, -1, -1]], [0])])
    )
    assert (len(diagonals), diagonals.f_vector(), diagonals.f_vector(bounded=True)) == (4, (1, 4), (1, 0))
    assert diagonals.n_connected_components == 1
    assert diagonals.betti_numbers() == (1, 0)
    assert diagonals.areas().tolist() == [inf] * 4


def test_a_region_that_has_one_point_of_a_piece_does_not_touch() -> None:
    """x + y = 0 runs through two quadrants, and meets the closures of the others in the origin only."""
    W = [[1, 0], [-1, 0], [0, 1], [0, -1]]
    line = level(pe.ReLUNetwork([(W, [0] * 4), ([[1, -1, 1, -1]], [0])]))
    assert (len(line), len(line.touching), line.n_exact, line.f_vector()) == (2, 0, 4, (1, 2))


def test_a_plateau_is_reported_and_its_border_is_a_piece() -> None:
    ramp = level(pe.ReLUNetwork([([[1, 0]], [0]), ([[1]], [0])]))  # relu(x)
    assert (len(ramp), ramp.is_wall.tolist(), ramp.winners.tolist()) == (1, [True], [[-1, 1]])
    off = int(ramp.regions.locate([-1.0, 0.0]))
    assert [tie.region for tie in ramp.ties] == [off]
    assert ramp.message == "on 1 region the output has that value identically; the pieces are around them"
    assert "1 with identical ties" in repr(ramp)


def test_the_wall_between_two_plateaus_is_no_piece() -> None:
    both = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 0]], [0])])  # relu(x), whatever relu(y) is
    ramp = level(both)
    assert (len(ramp), len(ramp.ties), ramp.f_vector()) == (2, 2, (1, 2))


def test_a_constant_output_is_equal_to_its_value_everywhere() -> None:
    flat = level(pe.ReLUNetwork([([[1, 0]], [0]), ([[0]], [2])]), 2)
    assert (len(flat), len(flat.ties)) == (0, 2)
    assert len(level(pe.ReLUNetwork([([[1, 0]], [0]), ([[0]], [2])]), 3).ties) == 0


def test_dead_and_opposite_neurons_change_nothing() -> None:
    value = random_network(2, 5, 4, 1)([0.1, 0.2])[0]
    plain = level(random_network(2, 5, 4, 1), value, pe.box(-1, 1, dimension=2))
    (W, b), (V, c), out = random_network(2, 5, 4, 1).weights
    more = pe.ReLUNetwork(
        [
            (np.vstack([W, np.zeros((1, 2)), -W[:1], 2 * W[:1]]), [*b, -1, -b[0], 2 * b[0]]),
            (np.hstack([V, np.zeros((4, 3))]), c),
            out,
        ]
    )
    other = level(more, value, pe.box(-1, 1, dimension=2))
    assert len(plain) == len(other) > 0
    np.testing.assert_array_equal(np.sort(plain.areas()), np.sort(other.areas()))


def test_a_level_set_in_the_boundary_of_the_domain_is_not_inside() -> None:
    edge = level(affine([1, 0, 0]), 0, pe.box(0, 1, dimension=2))
    assert (len(edge), edge.f_vector()) == (0, (0, 0))
    ends = level(affine([1, 1, 0]), 1, pe.box(0, 1, dimension=2))
    assert (len(ends), ends.f_vector(), ends.is_closed_manifold()) == (1, (2, 1), False)
    assert ends.squared_area(0) == 2


def test_rows_of_the_domain_that_say_nothing_do_no_harm() -> None:
    domain = pe.HPolytope([[1, 0], [-1, 0], [0, 0], [0, 1], [0, -1], [1, 0]], [1, 1, 0, 1, 1, 5])
    line = level(affine([1, 1, 0]), 1, domain)
    assert (len(line), line.squared_area(0)) == (1, 2)
    assert ("domain", 2) not in line.piece(0).labels


@pytest.mark.parametrize("rows", [[[1, 0, 0], [0, 1, 0]], [[1, 1, 0], [0, 2, 3]], [[1, -2, 5], [3, 1, 1]]])
def test_lines_in_the_level_set_are_split_off(rows: list[list[int]]) -> None:
    """In R^3, |u . x| + |v . x| = 1 is a square times a line: connected, and no face of it is bounded."""
    W = np.array([[s * x for x in row] for row in rows for s in (1, -1)])
    tube = level(pe.ReLUNetwork([(W, np.zeros(4)), (np.ones((1, 4)), [0])]), 1)
    assert (len(tube), tube.f_vector(), tube.f_vector(bounded=True)) == (4, (0, 4, 4), (0, 0, 0))
    assert tube.n_connected_components == 1
    assert not tube.is_bounded.any()
    assert tube.areas().tolist() == [inf] * 4
    with pytest.raises(UnboundedError, match="4 of 4 pieces are unbounded, piece 0 for one"):
        tube.mesh()


def test_a_plane_is_one_piece_without_vertices() -> None:
    planes = level(affine([0, 0, 1, 0]), 5)
    assert (len(planes), planes.f_vector(), planes.piece(0).exact.lineality_dimension()) == (1, (0, 0, 1), 2)


def test_values_are_exact_rational_numbers() -> None:
    third = level(affine([3, 0]), Fraction(1, 1))
    assert third.piece(0).exact.vertices() == ((Fraction(1, 3),),)
    assert level(affine([3, 0]), 0.1).piece(0).exact.vertices() == ((Fraction(0.1) / 3,),)
    assert (third.value, third.output, third.title) == (1, 0, "output 0 = 1")
    far = level(affine([3, 0]), 10**400)  # beyond the floats
    assert (far.title, far.piece(0).exact.vertices()) == ("output 0 = 1e+400", ((Fraction(10**400, 3),),))
    assert level(affine([3, 0]), 10**40).piece(0).exact.vertices() == ((Fraction(10**40, 3),),)


# -- classes --------------------------------------------------------------------------------------


def test_three_classes_meet_in_a_point_which_is_no_manifold() -> None:
    rays = decision(affine([1, 0, 0], [0, 1, 0], [0, 0, 0]))
    assert rays.classes.tolist() == rays.winners.tolist() == [[0, 1], [0, 2], [1, 2]]
    assert (rays.f_vector(), rays.betti_numbers(), rays.is_closed_manifold()) == ((1, 3), (1, 0), False)
    inside = decision(affine([1, 0, 0], [0, 1, 0], [0, 0, 0]), pe.box(-1, 1, dimension=2))
    assert (inside.f_vector(), inside.is_closed_manifold()) == ((4, 3), False)
    assert sorted(inside.areas().tolist()) == [1, 1, pytest.approx(sqrt(2))]


def test_a_class_that_only_ties_is_named_beside_the_two_that_win() -> None:
    """Class 1 is the mean of classes 0 and 2, so it is largest only where all three are equal."""
    line = decision(affine([2, 0, 0], [0, 0, 0], [-2, 0, 0]))
    assert (line.classes.tolist(), line.winners.tolist(), line.tied_classes(0)) == (
        [[0, 2]],
        [[0, 2]],
        (0, 1, 2),
    )


def test_a_class_that_never_wins_has_no_boundary() -> None:
    line = decision(affine([1, 0, 0], [-1, 0, 0], [0, 0, -1]))
    assert line.classes.tolist() == [[0, 1]]
    assert line.tied_classes(0) == (0, 1)


def test_outputs_that_are_equal_everywhere_are_reported_where_they_win() -> None:
    twins = decision(affine([1, 0, 0], [1, 0, 0], [-1, 0, 0]))
    assert [(tie.region, tie.classes) for tie in twins.ties] == [(0, (0, 1))]
    assert (twins.classes.tolist(), twins.tied_classes(0)) == ([[0, 2]], (0, 1, 2))
    losing = decision(affine([1, 0, 0], [-1, 0, 0], [0, 0, -1], [0, 0, -1]))
    assert not losing.ties
    always = decision(affine([1, 0, 0], [1, 0, 0]))
    assert (len(always), len(always.ties)) == (0, 1)
    assert always.message == "on 1 region classes tie for the largest identically; the pieces are around them"


def test_two_classes_are_the_level_set_of_their_difference() -> None:
    network = random_network(2, 8, 6, 2)
    (W, b) = network.exact_weights[-1]
    difference = pe.ReLUNetwork([*network.exact_weights[:-1], (W[1:] - W[:1], b[1:] - b[:1])])
    box = pe.box(-2, 2, dimension=2)
    two, one = decision(network, box), level(difference, 0, box)
    assert len(two) == len(one) > 0
    np.testing.assert_array_equal(two.region_indices, one.region_indices)
    np.testing.assert_array_equal(two.areas(), one.areas())
    for k in range(len(two)):
        assert two.piece(k).exact.vertices() == one.piece(k).exact.vertices()


def test_the_equation_grows_towards_the_second_class() -> None:
    rays = decision(affine([1, 0, 0], [0, 1, 0], [0, 0, 0]))
    for k, (low, high) in enumerate(rays.winners.tolist()):
        a, b, _ = rays.equation(k)
        middle = np.mean(
            np.vstack([rays.vertices(k), rays.piece(k).rays().sum(axis=0, keepdims=True)]), axis=0
        )
        ahead = middle + 1e-3 * np.array([a, b])
        assert rays.regions.network(ahead).argmax() == high
        assert rays.regions.network(2 * middle - ahead).argmax() == low


# -- a trained classifier -------------------------------------------------------------------------


def test_the_shipped_classifier_has_a_curve_that_nothing_was_subdivided_for() -> None:
    from polytope_engine.data import load_demo

    boundary = decision(*load_demo("two_moons"))
    assert len(boundary) == len(boundary.crossed_regions)
    vertices, segments = boundary.f_vector()
    assert (vertices - segments, boundary.n_connected_components) == (1, 1)
    # a section for each region that comes within a millionth of the boundary, and none for the others
    assert boundary.n_exact <= len(boundary) + 2
    points = np.vstack([boundary.vertices(k).mean(axis=0) for k in range(len(boundary))])
    scores = boundary.regions.network(points)
    assert np.abs(scores[:, 0] - scores[:, 1]).max() < 1e-12


# -- behavior -------------------------------------------------------------------------------------


def test_an_incomplete_set_has_the_pieces_in_its_regions_and_says_so() -> None:
    network, box = random_network(2, 8, 6, 1), pe.box(-2, 2, dimension=2)
    whole = level(network, 0, box)
    part = pe.enumerate_regions(network, box, max_regions=30)
    some = part.level_set(0)
    assert part.status is Status.MAX_REGIONS
    assert repr(some).endswith("incomplete>")
    assert some.message == "regions are missing, and what lies in them is too"
    signs = {part.sign_vectors[k].tobytes() for k in range(len(part))}
    wanted = [whole.regions.sign_vectors[k].tobytes() in signs for k in whole.region_indices]
    assert len(some) == sum(wanted) > 0


def test_progress_is_told_and_ends_at_one() -> None:
    told: list[tuple[int, float]] = []
    regions = pe.enumerate_regions(random_network(2, 8, 6, 3), pe.box(-2, 2, dimension=2))
    boundary = regions.decision_boundary(progress=lambda n, share: told.append((n, share)))
    assert told[-1] == (len(boundary), 1.0)
    assert [share for _, share in told] == sorted(share for _, share in told)


def test_ctrl_c_ends_it_cleanly() -> None:
    def interrupt(_n: int, share: float) -> None:
        raise KeyboardInterrupt

    regions = pe.enumerate_regions(random_network(2, 16, 16, 1), pe.box(-2, 2, dimension=2))
    with pytest.raises(KeyboardInterrupt):
        regions.level_set(0, progress=interrupt)


def test_columns_are_read_only() -> None:
    square = level(norm_network(2), 1)
    for column in (
        square.region_indices,
        square.classes,
        square.winners,
        square.is_wall,
        square.crossed_regions,
    ):
        with pytest.raises(ValueError, match="read-only"):
            column[...] = 0


REFUSALS: list[tuple[Any, str]] = [
    (
        lambda r: r.decision_boundary(),
        "The network has 1 output; a decision boundary needs two or more classes",
    ),
    (lambda r: r.level_set(float("nan")), "`value` is nan; it must be a finite number"),
    (lambda r: r.level_set("1"), "`value` is '1'; it must be a finite number"),
    (lambda r: r.level_set(0, 1), "`output` is 1; the network has 1 output, so it must be 0."),
    (lambda r: r.level_set(0, True), "`output` is True"),
    (
        lambda r: r.level_set(0, progress=3),
        "`progress` is 3; it must be a function of (n_pieces, fraction_done)",
    ),
    (
        lambda r: r.level_set(1).mesh(),
        "The network has 2 inputs; only a boundary in R^3 is a mesh of polygons.",
    ),
    (
        lambda r: r.level_set(1).genus(),
        "This boundary in R^2 is no closed surface in R^3, so it has no genus",
    ),
    (
        lambda r: r.level_set(1).plot(size=3),
        "`size` is no option of plot; it takes ax, bounds, walls, legend.",
    ),
]


@pytest.mark.parametrize(("call", "message"), REFUSALS, ids=[message for _, message in REFUSALS])
def test_what_makes_no_sense_is_refused(call: Any, message: str) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        call(pe.enumerate_regions(norm_network(2)))
    assert message in str(refused.value)


def test_a_competition_is_the_same_in_weights_and_on_regions() -> None:
    network = random_network(2, 4, 3)
    signs = network.sign_vector([0.1, 0.2])
    for competition in (Argmax(network), Level(network, 2, Fraction(1, 3))):
        w, c = competition.difference(0, 1)
        hidden = np.maximum(network.pre_activations([0.1, 0.2]), 0)
        first, second = competition.rows(signs)[:2]
        point = np.array([0.1, 0.2, 1.0])
        ratio = float(hidden @ np.array(w, dtype=float) + float(c)) / float(
            (np.array(first, dtype=float) - np.array(second, dtype=float)) @ point
        )
        assert ratio > 0


def test_a_boundary_with_an_identical_tie_is_no_closed_curve() -> None:
    # relu(|x| + |y| - 1) is zero on a square, with interior
    first = ([[1, 0], [-1, 0], [0, 1], [0, -1]], [0, 0, 0, 0])
    net = pe.ReLUNetwork([first, ([[1, 1, 1, 1]], [-1]), ([[1]], [0])])
    boundary = pe.enumerate_regions(net, pe.box(-2, 2, dimension=2)).level_set(0)
    assert boundary.ties
    assert not boundary.is_closed_manifold()
