"""Laws that measured columns obey as a whole, and numbers that are known."""

from __future__ import annotations

import json
from fractions import Fraction
from math import factorial, sqrt
from pathlib import Path
from typing import Any

import make_nets
import numpy as np
import pytest
from measuring import cross_polytope, one_layer, one_region, prism, random_network, simplex, without_neurons

import polytope_engine as pe
from polytope_engine.regions.measurements import Measurements

NETS = Path(make_nets.__file__).parent / "nets"
COUNTED = {
    named.name: named
    for named in pe.library.catalog(max_regions=400)
    if named.f_vector is not None and named.n_regions is not None and named.n_regions <= 400
}


def dyadic_layers(*widths: int, seed: int) -> list[tuple[Any, Any]]:
    """Quarters, so that what is added, scaled and moved below stays a float."""
    generator = np.random.default_rng(seed)
    return [
        (generator.integers(-8, 9, (n_out, n_in)) / 4, generator.integers(-8, 9, n_out) / 4)
        for n_in, n_out in zip(widths[:-1], widths[1:], strict=True)
    ]


# -- volumes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("widths", [(1, 9, 5, 1), (2, 16, 16, 1), (3, 8, 8, 1), (4, 7, 5, 1), (5, 8, 1)])
def test_volumes_fill_the_box_and_balance_about_its_center(widths: tuple[int, ...]) -> None:
    d = widths[0]
    lower, upper = np.linspace(-1.0, -0.25, d), np.linspace(0.5, 1.0, d)
    regions = pe.enumerate_regions(random_network(*widths, seed=5), pe.box(lower, upper))
    found = regions.measure("volume", "centroid")
    whole = np.prod(upper - lower)
    assert found["volume"].sum() == pytest.approx(whole, rel=1e-9)
    center = found["volume"] @ found["centroid"] / whole
    np.testing.assert_allclose(center, 0.5 * (lower + upper), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("widths", [(1, 5, 3, 1), (2, 7, 5, 1), (3, 6, 4, 1), (4, 5, 3, 1), (2, 4, 3, 3, 1)])
def test_rational_volumes_fill_the_box_exactly(widths: tuple[int, ...]) -> None:
    d = widths[0]
    regions = pe.enumerate_regions(random_network(*widths, seed=6), pe.box(-1, Fraction(4, 3), dimension=d))
    found = regions.measure("volume", "centroid", exact=True)
    assert sum(found["volume"]) == Fraction(7, 3) ** d
    for k in range(d):
        moments = (v * c for v, c in zip(found["volume"], found["centroid"][:, k], strict=True))
        assert sum(moments) == Fraction(7, 3) ** d * Fraction(1, 6)


@pytest.mark.parametrize("seed", range(3))
def test_clipped_volumes_fill_what_clip_and_domain_share(seed: int) -> None:
    generator = np.random.default_rng(seed)
    network = random_network(3, 6, 4, 1, seed=seed)
    domain = simplex(3, 2).intersection(pe.box(-1, 1, dimension=3))
    clip = pe.HPolytope(generator.normal(size=(5, 3)), generator.random(5)).intersection(
        pe.box(-3, 3, dimension=3)
    )
    shared = domain.intersection(clip).exact.volume()
    assert shared > 0
    regions = pe.enumerate_regions(network, domain)
    assert sum(regions.measure("volume", clip=clip, exact=True)["volume"]) == shared
    assert regions.measure("volume", clip=clip)["volume"].sum() == pytest.approx(float(shared), rel=1e-9)
    everywhere = pe.enumerate_regions(network)
    assert everywhere.measure("volume", clip=clip)["volume"].sum() == pytest.approx(clip.volume(), rel=1e-9)


def test_areas_of_both_sides_and_of_the_boundary_add_up() -> None:
    """Two planes of area 4 through a cube, each with two sides, and its boundary of area 24."""
    regions = pe.enumerate_regions(
        one_layer([[1, 0, 0], [0, 1, 0]], [Fraction(1, 3), Fraction(-1, 7)]), pe.box(-1, 1, dimension=3)
    )
    assert regions.measure("surface_area")["surface_area"].sum() == pytest.approx(24 + 2 * 2 * 4, rel=1e-12)


def test_unbounded_regions_have_infinite_sizes_and_no_centers() -> None:
    """Two half-strips between four quadrants: only the strips have a largest ball, and many of them."""
    regions = pe.enumerate_regions(one_layer([[1, 0], [0, 1], [1, 0]], [0, 0, -1]))
    for exact in (False, True):
        names = () if exact else ("aspect", "diameter", "surface_area", "chebyshev_radius")
        found = regions.measure(
            "volume", "centroid", "n_simplices", "is_bounded", "n_rays", *names, exact=exact
        )
        assert not found["is_bounded"].any()
        assert sorted(found["n_rays"].tolist()) == [1, 1, 2, 2, 2, 2]
        for name in ("volume", "diameter", "surface_area"):
            if name in found:
                assert np.all(found[name].astype(np.float64) == np.inf), name
        for name in ("centroid", "n_simplices", "aspect"):
            if name in found:
                assert np.all(np.isnan(found[name].astype(np.float64))), name
    balls = regions.measure("chebyshev_radius", "chebyshev_center")
    is_strip = np.isfinite(balls["chebyshev_radius"])
    assert is_strip.sum() == 2
    np.testing.assert_array_equal(balls["chebyshev_radius"][is_strip], [0.5, 0.5])
    np.testing.assert_array_equal(balls["chebyshev_center"][is_strip][:, 0], [0.5, 0.5])
    assert np.all(np.isnan(balls["chebyshev_center"][~is_strip]))


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_whole_space_has_infinite_sizes_and_no_surface(d: int, exact: bool) -> None:
    regions = pe.enumerate_regions(without_neurons(d))
    names = ("n_facets", "n_vertices", "n_rays", "volume") + (() if exact else ("surface_area", "diameter"))
    found = regions.measure(*names, exact=exact)
    assert [found[name][0] for name in names] == [0, 0, 0, np.inf] + ([] if exact else [0, np.inf])


def test_the_surface_of_a_half_line_is_its_end_and_that_of_a_half_plane_is_infinite() -> None:
    line = pe.enumerate_regions(pe.ReLUNetwork([([[1.0], [2.0]], [0.0, 1.0]), ([[1.0, 1.0]], [0.0])]))
    areas = line.measure("surface_area")["surface_area"]
    assert areas.tolist() == [region.polytope.surface_area() for region in line]
    assert sorted(areas.tolist()) == [1.0, 1.0, 2.0]
    plane = pe.enumerate_regions(pe.ReLUNetwork([([[1.0, 1.0]], [0.0]), ([[1.0]], [0.0])]))
    assert np.all(np.isinf(plane.measure("surface_area")["surface_area"]))


# -- counts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", COUNTED.values(), ids=COUNTED.keys())
def test_each_wall_is_a_facet_of_two_regions(named: pe.library.NamedNetwork) -> None:
    regions = pe.enumerate_regions(named.network)
    for names in (
        ("n_neuron_facets", "n_facets", "is_bounded"),
        ("n_neuron_facets", "is_bounded", "n_vertices"),
    ):
        found = regions.measure(*names)
        assert found["n_neuron_facets"].sum() == 2 * named.f_vector[-2]
        if named.n_bounded is not None:
            assert found["is_bounded"].sum() == named.n_bounded


@pytest.mark.parametrize(("n", "d"), [(3, 1), (5, 2), (10, 2), (4, 3), (6, 3), (12, 3), (5, 4)])
def test_vertices_and_rays_of_generic_arrangements_are_counted_by_their_faces(n: int, d: int) -> None:
    """Each vertex is one of 2^d regions; each edge one of 2^(d-1), and its ends are vertices or infinite."""
    named = COUNTED[f"generic({n},{d})"]
    found = pe.enumerate_regions(named.network).measure("n_vertices", "n_rays")
    f = named.f_vector
    assert found["n_vertices"].sum() == 2**d * f[0]
    assert found["n_rays"].sum() == 2 ** (d - 1) * (2 * f[1] - 2 * d * f[0])


@pytest.mark.parametrize(
    ("name", "n_facets"),
    [
        ("braid(3)", 2),
        ("braid(4)", 3),
        ("braid(5)", 4),
        ("type_b(3)", 3),
        ("type_d(4)", 4),
        ("boolean(4)", 4),
    ],
)
def test_chambers_of_reflection_arrangements_have_as_many_facets_as_their_rank(
    name: str, n_facets: int
) -> None:
    found = pe.enumerate_regions(COUNTED[name].network).measure()
    for column in ("n_facets", "n_rays"):
        assert set(found[column].tolist()) == {n_facets}
    assert set(found["n_vertices"].tolist()) == {1}
    assert set(found["chebyshev_radius"].tolist()) == {np.inf}


@pytest.mark.parametrize("name", ["2-10-5-1", "2-16-16-1", "3-12-12-1"])
def test_counted_walls_of_random_networks_are_found(name: str) -> None:
    known = json.loads((NETS / "counts.json").read_text())[f"random/{name}"]
    regions = pe.enumerate_regions(pe.load_network(NETS / "random" / f"{name}.npz"))
    found = regions.measure("n_neuron_facets", "is_bounded", "n_vertices")
    assert found["n_neuron_facets"].sum() == 2 * known["walls_whole_space"]
    assert found["is_bounded"].sum() == known["bounded_whole_space"]


def test_three_copies_of_a_surface_leave_more_than_six_facets_a_region() -> None:
    """Twelve planes and five levels of a bent surface of genus 5: the mean 536/89 exceeds 2d = 6."""
    W = np.zeros((12, 3))
    W[range(12), np.repeat(range(3), 4)] = 1
    layers = [
        (W, -np.tile(np.arange(4.0), 3)),
        (np.tile([-35, 55, -40, 40], (5, 3)), np.arange(73, 78)),
        (np.ones((1, 5)), [0.0]),
    ]
    found = pe.enumerate_regions(pe.ReLUNetwork(layers)).measure("n_facets", "n_vertices")
    assert len(found["n_facets"]) == 445
    assert Fraction(int(found["n_facets"].sum()), 445) == Fraction(536, 89)
    alone = pe.enumerate_regions(pe.ReLUNetwork([layers[0], (np.ones((1, 12)), [0.0])])).measure("n_facets")
    assert (len(alone["n_facets"]), alone["n_facets"].sum()) == (125, 600)


@pytest.mark.nets
def test_a_generic_network_has_more_than_six_facets_a_region(nets_folder: Path) -> None:
    path = nets_folder / "generic_3_13_8.json"
    if not path.is_file():
        pytest.skip(f"there is no {path.name} in the folder")
    exact = {
        key: [[Fraction(x) for x in row] if isinstance(row, list) else Fraction(row) for row in value]
        for key, value in json.loads(path.read_text()).items()
        if key in ("W1", "b1", "W2", "b2")
    }
    network = pe.ReLUNetwork(
        [(exact["W1"], exact["b1"]), (exact["W2"], exact["b2"]), (np.ones((1, 8)), [0.0])]
    )
    for names in (("n_facets",), ("n_facets", "n_vertices")):
        found = pe.enumerate_regions(network).measure(*names)
        assert (len(found["n_facets"]), found["n_facets"].sum()) == (890, 5382)
        assert Fraction(5382, 890) == Fraction(2691, 445)
    assert found["n_vertices"].sum() == 2**3 * 862


# -- one region --------------------------------------------------------------------------------------

HEXAGON = pe.HPolytope([[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, -1]], [2, 2, 2, 2, 3, 3])
BODIES = {
    "segment": (pe.box(0, 1, dimension=1), 2, 2, 1, 1),
    "triangle": (simplex(2), 3, 3, 1, 1),
    "square": (pe.box(0, 1, dimension=2), 4, 4, 2, 2),
    "hexagon": (HEXAGON, 6, 6, 4, 4),
    "tetrahedron": (simplex(3), 4, 4, 1, 1),
    "cube": (pe.box(0, 1, dimension=3), 6, 8, 6, 6),
    "triangular prism": (prism(simplex(2)), 5, 6, 3, 3),
    "octahedron": (cross_polytope(3), 8, 6, 4, 4),
    "4-cube": (pe.box(0, 1, dimension=4), 8, 16, 24, None),
    "4-cross-polytope": (cross_polytope(4), 16, 8, 8, 8),
    "4-simplex": (simplex(4), 5, 5, 1, 1),
    "prism of a prism": (prism(prism(simplex(2))), 7, 12, 12, None),
    "5-cube": (pe.box(0, 1, dimension=5), 10, 32, 120, None),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_bodies_have_their_facets_vertices_and_simplices(
    body: tuple[pe.HPolytope, int, int, int, int | None],
) -> None:
    domain, n_facets, n_vertices, n_pulled, n_delaunay = body
    regions = one_region(domain)
    found = regions.measure()
    assert (found["n_facets"][0], found["n_domain_facets"][0]) == (n_facets, n_facets)
    assert (found["n_vertices"][0], found["n_rays"][0], found["n_simplices"][0]) == (n_vertices, 0, n_pulled)
    if n_delaunay is not None:  # of others Qhull divides points on a sphere as it likes
        assert regions.measure("n_simplices", rule="delaunay")["n_simplices"][0] == n_delaunay


@pytest.mark.parametrize("d", [2, 3, 4, 5])
def test_simplices_cubes_and_cross_polytopes_have_their_sizes(d: int) -> None:
    names = ("volume", "surface_area", "diameter", "chebyshev_radius", "aspect")
    sizes = {
        simplex(d): (1 / factorial(d), (d + sqrt(d)) / factorial(d - 1), sqrt(2), 1 / (d + sqrt(d)), None),
        pe.box(0, 1, dimension=d): (1, 2 * d, sqrt(d), 0.5, 1 / sqrt(d)),
        cross_polytope(d): (
            2**d / factorial(d),
            2**d * sqrt(d) / factorial(d - 1),
            2,
            1 / sqrt(d),
            1 / sqrt(d),
        ),
    }
    for body, known in sizes.items():
        found = one_region(body).measure(*names)
        for name, value in zip(names, known, strict=True):
            if value is not None:
                assert found[name][0] == pytest.approx(value, rel=1e-12), name


def test_twelve_of_sixteen_cells_of_a_grid_are_unbounded() -> None:
    found = pe.enumerate_regions(pe.load_network(NETS / "hard" / "grid2.npz")).measure(
        "is_bounded", "n_vertices"
    )
    assert (len(found["is_bounded"]), (~found["is_bounded"]).sum()) == (16, 12)
    assert sorted(found["n_vertices"].tolist()) == [1] * 4 + [2] * 8 + [4] * 4


@pytest.mark.parametrize("name", ["tiny_1e-05", "tiny_1e-07", "tiny_1e-09", "tiny_1e-11", "tiny_off_1e-09"])
def test_a_tiny_triangle_has_three_vertices(name: str) -> None:
    found = pe.enumerate_regions(pe.load_network(NETS / "hard" / f"{name}.npz")).measure()
    bounded = found["is_bounded"]
    assert bounded.sum() == 1
    assert [found[kind][bounded][0] for kind in ("n_vertices", "n_facets", "n_simplices")] == [3, 3, 1]


# -- invariance --------------------------------------------------------------------------------------


def by_signs(regions: pe.RegionSet, found: Measurements, order: list[int] | None = None) -> dict[bytes, Any]:
    """The columns of each region by its signs, those of neurons in an order."""
    signs = regions.sign_vectors if order is None else regions.sign_vectors[:, order]
    rows = zip(*(found[name].tolist() for name in found), strict=True)
    return dict(zip((row.tobytes() for row in signs), rows, strict=True))


@pytest.mark.parametrize("widths", [(2, 6, 5, 1), (3, 5, 4, 1)])
@pytest.mark.parametrize("is_bounded", [True, False])
def test_columns_do_not_hang_on_the_order_and_length_of_neurons_rows(
    widths: tuple[int, ...], is_bounded: bool
) -> None:
    layers = dyadic_layers(*widths, seed=12)
    domain = pe.box(-2, 2, dimension=widths[0]) if is_bounded else None
    generator = np.random.default_rng(1)
    (W1, b1), (W2, b2), output = layers
    first, second = generator.permutation(len(b1)), generator.permutation(len(b2))
    permuted = [(W1[first], b1[first]), (W2[second][:, first], b2[second]), (output[0][:, second], output[1])]
    scale = 2.0 ** generator.integers(-9, 10, len(b1))
    scaled = [(W1 * scale[:, None], b1 * scale), (W2 / scale, b2), output]
    back = [*np.argsort(first), *(len(b1) + np.argsort(second))]
    for exact in (True, False):
        regions = pe.enumerate_regions(pe.ReLUNetwork(layers), domain)
        names = () if exact else ("n_facets", "n_vertices", "n_rays", "n_simplices", "is_bounded")
        known = by_signs(regions, regions.measure(*names, exact=exact))
        for others, order in ((permuted, back), (scaled, None)):
            regions = pe.enumerate_regions(pe.ReLUNetwork(others), domain)
            found = by_signs(regions, regions.measure(*names, exact=exact), order)
            assert found.keys() == known.keys()
            assert str(found) == str({signs: known[signs] for signs in found})  # nan is nan
            assert len(found) > 20


@pytest.mark.parametrize("widths", [(2, 6, 5, 1), (3, 5, 4, 1)])
def test_columns_move_with_the_input(widths: tuple[int, ...]) -> None:
    d = widths[0]
    layers = dyadic_layers(*widths, seed=13)
    shift = np.array([1024.125, -3.5, 77.0625])[:d]
    moved = [(layers[0][0], layers[0][1] - layers[0][0] @ shift), *layers[1:]]
    here = pe.enumerate_regions(pe.ReLUNetwork(layers), pe.box(-2, 2, dimension=d))
    there = pe.enumerate_regions(pe.ReLUNetwork(moved), pe.box(shift - 2, shift + 2))
    order = there.sign_index.find(here.sign_vectors)
    assert np.all(order >= 0)
    assert len(here) == len(there) > 20
    known, found = here.measure(), there.measure()
    for name, column in known.items():
        offset = shift if name in ("centroid", "chebyshev_center") else 0
        np.testing.assert_allclose(found[name][order], column + offset, rtol=1e-9, atol=1e-9, err_msg=name)
    true, same = here.measure(exact=True), there.measure(exact=True)
    move = np.array([Fraction(x) for x in shift])
    for name, column in true.items():
        assert np.array_equal(same[name][order], column + move if name == "centroid" else column), name
