"""Networks and polytopes of rational numbers: what is read, what is kept, what is refused."""

from __future__ import annotations

import json
import pickle
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.errors import FileFormatError, InvalidNetworkError

F = Fraction
HUGE = 10**5000 + 1
RATIONAL = [
    ([[F(1, 3), 0.1], [2**70 + 1, np.float32(0.5)]], [F(2, 7), np.int64(3)]),
    ([[F(10**17, 10**17 + 3), -1]], [0]),
    ([[F(1, HUGE)], [HUGE]], [F(-5, 3), 1]),
]
SLOPES = [[F(1, 3), 0.1], 0]


def network() -> pe.ReLUNetwork:
    return pe.ReLUNetwork(RATIONAL, SLOPES)


def same_network(first: pe.ReLUNetwork, second: pe.ReLUNetwork) -> bool:
    pairs = zip(first.exact_weights, second.exact_weights, strict=True)
    return (
        all((W == V).all() and (b == c).all() for (W, b), (V, c) in pairs)
        and all((s == t).all() for s, t in zip(first.exact_slopes, second.exact_slopes, strict=True))
        and first.digest == second.digest
    )


# -- what is read -----------------------------------------------------------------------------------


def test_every_number_is_the_one_that_was_passed() -> None:
    net = network()
    assert net.is_rational
    W, b = net.exact_weights[0]
    assert W.tolist() == [[F(1, 3), F(0.1)], [2**70 + 1, F(1, 2)]]
    assert b.tolist() == [F(2, 7), 3]
    assert net.exact_slopes[0].tolist() == [F(1, 3), F(0.1)]
    assert net.weights[0][0].tolist() == [[1 / 3, 0.1], [2.0**70, 0.5]]
    assert net.weights[2][0].tolist() == [[0.0], [np.inf]]
    assert net.negative_slopes[0].tolist() == [1 / 3, 0.1]


@pytest.mark.parametrize(
    "W",
    [
        [[1, 2]],
        np.array([[1, 2]], dtype=np.int8),
        np.array([[1, 2]], dtype=np.uint64),
        [[F(1), F(2)]],
        np.array([[F(3, 3), 2.0]], dtype=object),
        [[1.0, 2]],
    ],
)
def test_numbers_that_are_floats_make_a_float_network(W: object) -> None:
    net = pe.ReLUNetwork([(W, [0]), ([[1]], [0])])
    assert not net.is_rational
    assert net.digest == pe.ReLUNetwork([([[1.0, 2.0]], [0.0]), ([[1.0]], [0.0])]).digest


@pytest.mark.parametrize(
    ("W", "entry"),
    [
        ([[2**53 + 1, 0.5]], 2**53 + 1),  # numpy alone would make 2**53 of it
        ([[2**63, -1]], 2**63),
        ([[2**63 + 1, -1]], 2**63 + 1),
        (np.array([[2**53 + 1, 0]]), 2**53 + 1),
        (np.array([[2**64 - 1, 0]], dtype=np.uint64), 2**64 - 1),
        ([[-(10**400), 0.5]], -(10**400)),
        ([np.array([2**60 + 1, 0])], 2**60 + 1),
    ],
)
def test_no_integer_is_rounded(W: object, entry: int) -> None:
    net = pe.ReLUNetwork([(W, [0]), ([[1]], [0])])
    assert net.exact_weights[0][0][0, 0] == entry
    assert net.is_rational == (entry != 2**63)


def test_denominators_divide_weights_and_biases_exactly() -> None:
    W, b = np.array([[1, -2], [3, 4]], dtype=np.int8), np.array([5, -6], dtype=np.int32)
    net = pe.ReLUNetwork([(W, b), ([[1.5, 1]], [0])], denominators=[7, 1])
    assert net.exact_weights[0][0].tolist() == [[F(1, 7), F(-2, 7)], [F(3, 7), F(4, 7)]]
    assert net.exact_weights[0][1].tolist() == [F(5, 7), F(-6, 7)]
    assert net.exact_weights[1][0].tolist() == [[1.5, 1]]
    everywhere = pe.ReLUNetwork([(W, b), ([[1.5, 1]], [0])], denominators=np.int64(7))
    assert everywhere.exact_weights[1][0].tolist() == [[F(3, 14), F(1, 7)]]
    assert not pe.ReLUNetwork([(W, b), ([[1.5, 1]], [0])], denominators=4).is_rational


@pytest.mark.parametrize(
    ("denominators", "message"),
    [
        (0, "`denominators` holds 0, but must be a positive integer"),
        (-3, "`denominators` holds -3"),
        (0.5, "`denominators` holds 0.5"),
        (True, "`denominators` holds True"),
        ("7", "`denominators` holds '7'"),
        ([7], "`denominators` has 1 entries, but there are 2 layers, the output layer included"),
        ([7, None], "`denominators` holds None"),
        ([[7, 7]], r"`denominators` holds \[\[7, 7\]\]"),
    ],
)
def test_denominators_that_are_none_are_refused(denominators: object, message: str) -> None:
    with pytest.raises(InvalidNetworkError, match=message):
        pe.ReLUNetwork([([[1]], [0]), ([[1]], [0])], denominators=denominators)  # type: ignore[arg-type]


# -- exact answers ----------------------------------------------------------------------------------


def value(net: pe.ReLUNetwork, x: list[Fraction]) -> tuple[list[int], list[Fraction]]:
    """Signs and outputs at a point, in Fractions."""
    h = np.array(x, dtype=object)
    signs: list[int] = []
    for (W, b), slopes in zip(net.exact_weights[:-1], net.exact_slopes, strict=True):
        z = W @ h + b
        signs += [(v > 0) - (v < 0) for v in z]
        h = np.array([v if v > 0 else s * v for v, s in zip(z, slopes, strict=True)], dtype=object)
    W, b = net.exact_weights[-1]
    return signs, (W @ h + b).tolist()


def test_signs_and_maps_are_those_of_the_fractions() -> None:
    net = network()
    rng = np.random.default_rng(0)
    for _ in range(50):
        x = [F(int(a), int(c)) for a, c in rng.integers(1, 2**40, (2, 2))]
        x[0] *= rng.choice([-1, 1])
        signs, output = value(net, x)
        assert net.sign_vector(x).tolist() == signs
        assert net.exact.signs_at(x).tolist() == signs
        rows, unit = net.exact.output_rows(np.array(signs, dtype=np.int8))
        found = [unit * sum(int(a) * t for a, t in zip(row, [*x, 1], strict=True)) for row in rows]
        assert found == output
        floats = [float(t) for t in x]
        assert net.sign_vector(floats).tolist() == value(net, [F(t) for t in floats])[0]
        assert net.exact.directional_signs(x, [0, 0]).tolist() == signs


def test_affine_maps_are_rounded_once() -> None:
    net = pe.ReLUNetwork([([[F(1, 3)]], [F(1, 7)]), ([[F(3, 5)]], [F(1, 9)])])
    A, c = net.affine_map([1])
    assert (A.tolist(), c.tolist()) == ([[float(F(1, 5))]], [float(F(3, 35) + F(1, 9))])
    with pytest.raises(OverflowError):
        network().affine_map([1, 1, 1])


def test_values_in_floats_are_near_the_exact_ones_even_beyond_their_range() -> None:
    big = 10**400
    net = pe.ReLUNetwork([([[big], [F(1, 3)]], [-big, F(1, 7)]), ([[F(1, big), 1]], [0])])
    _, exact = value(net, [F(3, 2)])
    assert net([1.5]) == pytest.approx([float(exact[0])], rel=1e-14)
    assert net.pre_activations([1.5]).tolist() == [np.inf, pytest.approx(0.5 + 1 / 7)]


def test_integer_layers_are_the_hidden_layers() -> None:
    for net in (network(), pe.ReLUNetwork([([[0.1, 3], [1e-5, 2.0**60]], [0.5, 0]), ([[1, 1]], [0])], 0.1)):
        layers, slopes = net.exact.integer_layers(), net.exact.integer_slopes()
        assert len(layers) == len(slopes) == net.n_hidden_layers
        for (W, b, denominator), (exact_W, exact_b) in zip(layers, net.exact_weights[:-1], strict=True):
            assert [[F(w, denominator) for w in row] for row in W] == exact_W.tolist()
            assert [F(k, denominator) for k in b] == exact_b.tolist()
            assert all(type(k) is int for k in [*W[0], *b, denominator])
        for (integers, denominator), exact in zip(slopes, net.exact_slopes, strict=True):
            assert [F(k, denominator) for k in integers] == exact.tolist()


def test_neighbors_and_facets_are_those_of_the_fractions() -> None:
    net = pe.ReLUNetwork(
        [([[F(1, 3), F(1, 7)], [F(1, 7), -1]], [0, F(1, 9)]), ([[F(1, 3), 1]], [F(-1, 5)]), ([[1]], [0])]
    )
    regions = pe.enumerate_regions(net, pe.box(F(-1, 3), F(2, 3), dimension=2))
    for region in regions:
        for neighbor in region.neighbors():
            assert neighbor.index is not None
            back = [other.index for other in regions[neighbor.index].neighbors()]
            assert region.index in back
    on_a_wall, outside = [F(0), F(1, 9)], [F(-1, 3) - F(1, 10**40), 0]
    assert regions.locate([on_a_wall, outside]).tolist() == [-2, -1]


# -- files and copies -------------------------------------------------------------------------------


def test_saved_loaded_and_pickled_networks_are_the_same(tmp_path: Path) -> None:
    net = network()
    net.save(tmp_path / "net.npz")
    loaded = pe.load_network(tmp_path / "net.npz")
    assert same_network(loaded, net)
    assert same_network(pickle.loads(pickle.dumps(net)), net)
    with np.load(tmp_path / "net.npz") as archive:
        assert archive["rational_format"] == 1
        assert archive["W0"].dtype.kind == "S"
        assert archive["b1"].tolist() == [0.0]


def test_float_networks_are_saved_as_ever(tmp_path: Path) -> None:
    net = pe.ReLUNetwork([([[0.5, 1]], [0.25]), ([[1]], [0])], 0.1)
    net.save(tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as archive:
        assert sorted(archive.files) == ["W0", "W1", "b0", "b1", "slope0"]
        assert all(archive[name].dtype == np.float64 for name in archive.files)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"rational_format": np.array(2)},
            "has rational numbers in format 2, but this polytope_engine reads format 1",
        ),
        (
            {"W0": np.array([[b"1/3", b"1"], [b"1/0", b"1"]])},
            "is damaged: in `W0`, b'1/0' is no rational number",
        ),
        (
            {"W0": np.array([[b"1/3", b"1"], [b"one", b"1"]])},
            "is damaged: in `W0`, b'one' is no rational number",
        ),
        ({"W0": np.array([[b"1/3"]])}, r"The bias of layer 0 has shape \(2,\)"),
    ],
)
def test_files_that_hold_no_rational_network_are_refused(tmp_path: Path, change: dict, message: str) -> None:
    network().save(tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    np.savez(tmp_path / "net.npz", **{**arrays, **change})
    with pytest.raises((FileFormatError, InvalidNetworkError), match=message):
        pe.load_network(tmp_path / "net.npz")


def test_text_without_its_format_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "net.npz", W0=np.array([[b"1/3"]]), b0=np.array([0.0]))
    with pytest.raises(InvalidNetworkError, match="dtype"):
        pe.load_network(tmp_path / "net.npz")


@pytest.mark.parametrize("rational_network", [True, False])
@pytest.mark.parametrize("rational_domain", [True, False])
def test_region_sets_come_back_as_they_were(
    tmp_path: Path, rational_network: bool, rational_domain: bool
) -> None:
    third = F(1, 3) if rational_network else 0.5
    net = pe.ReLUNetwork([([[third, 1], [1, -1]], [0, third]), ([[1, third]], [0])], third)
    domain = pe.box(F(-1, 7) if rational_domain else -1, 1, dimension=2)
    regions = pe.enumerate_regions(net, domain)
    regions.save(tmp_path / "regions.npz")
    loaded = pe.load_regions(tmp_path / "regions.npz")
    assert same_network(loaded.network, net)
    assert loaded.domain is not None
    assert loaded.domain.exact_rows == domain.exact_rows
    assert np.array_equal(loaded.domain.A, domain.A)
    assert np.array_equal(loaded.domain.b, domain.b)
    assert np.array_equal(loaded.sign_vectors, regions.sign_vectors)
    assert [r.exact_interior_point for r in loaded] == [r.exact_interior_point for r in regions]
    with np.load(tmp_path / "regions.npz") as archive:
        version = json.loads(str(archive["header"]))["format_version"]
    assert version == (2 if rational_network or rational_domain else 1)


# -- polytopes --------------------------------------------------------------------------------------


def test_polytopes_are_those_of_the_fractions() -> None:
    p = pe.HPolytope([[F(1, 3), F(-1, 7)], [2**60 + 1, 0.5]], [F(1, 9), 10**400])
    assert p.exact_rows[0] == (-21, 9, 7)
    assert p.exact_rows[1] == (-2 * (2**60 + 1), -1, 2 * 10**400)
    A, b = p.exact_inequalities
    assert A.tolist() == [[F(1, 3), F(-1, 7)], [2**60 + 1, F(1, 2)]]
    assert b.tolist() == [F(1, 9), 10**400]
    assert p.A[0].tolist() == [1 / 3, -1 / 7]
    assert np.isfinite(p.A).all()
    assert np.isfinite(p.b).all()
    assert pickle.loads(pickle.dumps(p)).exact_rows == p.exact_rows
    rows = pe.HPolytope.from_exact_rows([(3, 1)])
    assert [x.tolist() for x in rows.exact_inequalities] == [[[-3]], [1]]
    floats = pe.HPolytope([[0.5]], [3])
    assert floats.exact_rows == ((-1, 6),)
    assert [x.tolist() for x in floats.exact_inequalities] == [[[F(1, 2)]], [3]]


def test_points_are_in_a_rational_box_up_to_its_walls_and_no_further() -> None:
    box = pe.box([F(1, 3), 0], [F(2, 3), F(1, 7)])
    tiny = F(1, 10**50)
    points = [
        [F(1, 3), 0],
        [F(1, 3) - tiny, 0],
        [F(2, 3), F(1, 7)],
        [F(2, 3), F(1, 7) + tiny],
        [0.5, 2**53 + 1],
    ]
    assert box.contains(points).tolist() == [True, False, True, False, False]
    assert box.contains([[1 / 3, 0.0], [2 / 3, 0.0], [0.5, 1 / 7]]).tolist() == [
        F(1 / 3) >= F(1, 3),
        F(2 / 3) <= F(2, 3),
        F(1 / 7) <= F(1, 7),
    ]
    low, high = box.bounding_box()
    assert F(low[0]) <= F(1, 3) < F(np.nextafter(low[0], 1))
    assert F(high[1]) >= F(1, 7) > F(np.nextafter(high[1], 0))


def test_a_coordinate_that_vanishes_in_floats_counts_far_away() -> None:
    """x + 10**-330 y <= 10**-30 at (0, 1e308): in floats 10**-330 is zero."""
    p = pe.HPolytope([[1, F(1, 10**330)]], [F(1, 10**30)])
    assert p.contains([[0.0, 1e308], [0.0, 1.0], [0.0, -1e308]]).tolist() == [False, True, True]


def test_bounds_one_rounding_apart_make_a_box() -> None:
    box = pe.box(F(1, 3), F(1, 3) + F(1, 10**30), dimension=1)
    net = pe.ReLUNetwork([([[1]], [-F(1, 3) - F(1, 2 * 10**30)]), ([[1]], [0])])
    assert pe.count_regions(net, box).n_regions == 2
    assert pe.count_regions(net, pe.box(F(1, 3), F(1, 3) + F(1, 2 * 10**30), dimension=1)).n_regions == 1
