"""Surfaces of networks with three inputs: closed, oriented, and the same when read back from their files."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from fractions import Fraction
from math import pi
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_networks import random_network

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError, MissingFileError

BOX = pe.box(-1, 1, dimension=3)
TORUS = Path(__file__).parent / "fixtures" / "surfaces" / "torus.npz"
Mesh = tuple[np.ndarray, list[list[int]]]


@pytest.fixture(scope="module")
def torus() -> pe.Boundary:
    """The zero set of a network trained by examples/train_torus.py."""
    return pe.enumerate_regions(pe.load_network(TORUS), BOX).level_set(0)


@pytest.fixture(scope="module")
def octahedron() -> pe.Boundary:
    W = np.vstack([np.eye(3), -np.eye(3)])
    return pe.enumerate_regions(pe.ReLUNetwork([(W, np.zeros(6)), (np.ones((1, 6)), [0])])).level_set(1)


# -- reading files, in another way than writing them ----------------------------------------------


def read_ply(path: Path) -> Mesh:
    lines = path.read_text(encoding="ascii").splitlines()
    assert lines[:2] == ["ply", "format ascii 1.0"]
    counts = {words[1]: int(words[2]) for words in map(str.split, lines) if words[0] == "element"}
    body = lines[lines.index("end_header") + 1 :]
    n = counts["vertex"]
    assert len(body) == n + counts["face"]
    vertices = np.array([[float(x) for x in line.split()] for line in body[:n]])
    faces = [[int(k) for k in line.split()] for line in body[n:]]
    assert all(len(face) == face[0] + 1 for face in faces)
    return vertices, [face[1:] for face in faces]


def read_obj(path: Path) -> Mesh:
    words = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    vertices = np.array([[float(x) for x in w[1:]] for w in words if w[0] == "v"])
    return vertices, [[int(k) - 1 for k in w[1:]] for w in words if w[0] == "f"]


def directed_edges(faces: list[list[int]]) -> Counter[tuple[int, int]]:
    return Counter((a, b) for face in faces for a, b in zip(face, face[1:] + face[:1], strict=True))


def euler_characteristic(mesh: Mesh) -> int:
    vertices, faces = mesh
    return len(vertices) - len({frozenset(edge) for edge in directed_edges(faces)}) + len(faces)


def is_closed_and_oriented(mesh: Mesh) -> bool:
    """Each edge is run along once in each direction."""
    edges = directed_edges(mesh[1])
    return all(n == 1 and edges[b, a] == 1 for (a, b), n in edges.items())


def volume_inside(mesh: Mesh) -> float:
    """The sum of signed volumes of tetrahedra with the origin (the divergence theorem)."""
    vertices, faces = mesh
    return sum(
        float(np.linalg.det(vertices[[face[0], face[k], face[k + 1]]])) / 6
        for face in faces
        for k in range(1, len(face) - 1)
    )


# -- the torus ------------------------------------------------------------------------------------


def test_the_surface_of_the_trained_torus_is_closed_and_has_genus_one(torus: pe.Boundary) -> None:
    assert torus.is_closed_manifold()
    assert torus.genus() == 1
    vertices, edges, pieces = torus.f_vector()
    assert vertices - edges + pieces == torus.euler_characteristic() == 0
    assert torus.betti_numbers() == (1, 2, 1)
    assert torus.n_connected_components == 1
    assert (torus.message, len(torus)) == ("", 1_188)
    assert len(torus.crossed_regions) == len(torus)
    assert torus.total_area == pytest.approx(4 * pi**2 * 0.6 * 0.25, rel=0.03)


@pytest.mark.parametrize("name", ["torus.ply", "torus.obj"])
@pytest.mark.parametrize("triangles", [False, True])
def test_the_file_of_the_torus_alone_says_so(
    torus: pe.Boundary, tmp_path: Path, name: str, triangles: bool
) -> None:
    torus.save(tmp_path / name, triangles=triangles)
    mesh = (read_ply if name.endswith("ply") else read_obj)(tmp_path / name)
    assert euler_characteristic(mesh) == 2 - 2 * 1
    assert is_closed_and_oriented(mesh)
    # outward is towards larger values of the signed distance, so the volume inside is positive
    assert volume_inside(mesh) == pytest.approx(2 * pi**2 * 0.6 * 0.25**2, rel=0.05)
    assert np.abs(torus.regions.network(mesh[0])).max() < 1e-12
    if triangles:
        assert {len(face) for face in mesh[1]} == {3}
    else:
        assert len(mesh[1]) == len(torus)


def test_slices_of_the_torus_are_what_the_surface_says(torus: pe.Boundary) -> None:
    """On the plane x3 = 0 the network has two inputs, and its zero set is two closed curves around the axis."""
    (W, b), *others = torus.regions.network.weights
    flat = pe.ReLUNetwork([(W[:, :2], b), *others])
    curves = pe.enumerate_regions(flat, pe.box(-1, 1, dimension=2)).level_set(0)
    assert (curves.n_connected_components, curves.betti_numbers()) == (2, (2, 2))
    assert curves.is_closed_manifold()


# -- manifolds and what is none -------------------------------------------------------------------


def test_the_octahedron_faces_outward(octahedron: pe.Boundary, tmp_path: Path) -> None:
    mesh = octahedron.mesh()
    assert mesh.is_consistently_oriented()
    assert (mesh.euler_characteristic(), mesh.triangles().shape) == (2, (8, 3))
    octahedron.save(tmp_path / "o.ply")
    assert volume_inside(read_ply(tmp_path / "o.ply")) == pytest.approx(4 / 3)


def test_two_spheres_are_two_components_of_genus_zero_together() -> None:
    """max(|x| + |y| + |z| - 1, ...) apart from its mirror image: min of two distances, by relu."""
    eye = np.eye(3)
    W = np.vstack([eye, -eye, eye[:1], -eye[:1]])
    b = np.array([0, 0, 0, 0, 0, 0, 0, 0.0])
    # | |x| - 2 | + |y| + |z| = 1: first |x| is relu(x) + relu(-x), then relu(|x| - 2) + relu(2 - |x|)
    second = np.zeros((6, 8))
    second[0, [0, 3]], second[1, [0, 3]] = 1, -1
    for row, neuron in zip((2, 3, 4, 5), (1, 4, 2, 5), strict=True):
        second[row, neuron] = 1
    network = pe.ReLUNetwork([(W, b), (second, [-2, 2, 0, 0, 0, 0]), (np.ones((1, 6)), [0])])
    spheres = pe.enumerate_regions(network).level_set(1)
    assert spheres.is_closed_manifold()
    assert (spheres.n_connected_components, spheres.genus(), spheres.betti_numbers()) == (2, 0, (2, 0, 2))
    assert sorted(np.bincount(spheres.components).tolist()) == [8, 8]
    touching = pe.enumerate_regions(network).level_set(2)  # they meet in the origin
    assert (touching.n_connected_components, touching.betti_numbers()) == (1, (1, 0, 2))
    assert not touching.is_closed_manifold()
    with pytest.raises(InvalidArgumentError, match="is no closed surface in R"):
        touching.genus()


def test_a_surface_that_leaves_the_box_is_not_closed(octahedron: pe.Boundary) -> None:
    cut = pe.enumerate_regions(octahedron.regions.network, pe.box(-1, 1, dimension=3)).level_set(
        Fraction(3, 2)
    )
    assert not cut.is_closed_manifold()
    assert cut.betti_numbers() == (1, 5, 0)  # a sphere with six holes
    assert not is_closed_and_oriented(
        (np.zeros((0, 3)), [polygon.tolist() for polygon in cut.mesh().polygons])
    )
    assert cut.mesh().is_consistently_oriented()


def test_a_sheet_of_three_classes_is_no_manifold() -> None:
    network = pe.ReLUNetwork([([[1, 0, 0], [0, 1, 0], [0, 0, 0]], [0, 0, 0])])
    book = pe.enumerate_regions(network, BOX).decision_boundary()
    assert (len(book), book.is_closed_manifold(), book.euler_characteristic()) == (3, False, 1)


@pytest.mark.parametrize("seed", range(4))
def test_random_surfaces_are_oriented_and_their_vertices_lie_on_the_level(seed: int) -> None:
    network = random_network(3, 8, 6, 1, seed=seed)
    value = float(network(np.zeros(3))[0])
    surface = pe.enumerate_regions(network, BOX).level_set(value)
    mesh = surface.mesh()
    assert len(mesh.polygons) == len(surface) > 5
    assert mesh.is_consistently_oriented()
    np.testing.assert_allclose(network(mesh.vertices)[:, 0], value, atol=1e-12)
    triangles = mesh.vertices[mesh.triangles()]
    crosses = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    assert np.linalg.norm(crosses, axis=1).sum() / 2 == pytest.approx(surface.total_area)
    # a step along each polygon's normal raises the output
    for polygon, piece in zip(mesh.polygons, range(len(surface)), strict=True):
        corners = mesh.vertices[polygon]
        normal = np.cross(corners[1:-1] - corners[0], corners[2:] - corners[0]).sum(axis=0)
        A, _ = surface.regions[int(surface.region_indices[piece])].affine_map
        assert A[0] @ normal > 0


def test_vertices_are_in_their_order_around_each_polygon(torus: pe.Boundary) -> None:
    for piece in range(0, len(torus), 100):
        corners = torus.vertices(piece)
        middle = corners.mean(axis=0)
        turns = np.cross(corners - middle, np.roll(corners, -1, axis=0) - middle)
        assert (turns @ turns[0] > 0).all()
        exact = torus.piece(piece).vertices()
        assert {tuple(corner) for corner in corners.tolist()} == {tuple(corner) for corner in exact.tolist()}


REFUSALS: list[tuple[str, type[Exception], str]] = [
    ("surface.stl", InvalidArgumentError, "`path` is 'surface.stl', but must end in .ply or .obj"),
    ("none/surface.ply", MissingFileError, "There is no folder"),
]


@pytest.mark.parametrize(("name", "error", "message"), REFUSALS)
def test_files_that_cannot_be_written_are_refused(
    octahedron: pe.Boundary, tmp_path: Path, name: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        octahedron.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_the_training_script_writes_network_surface_and_picture(tmp_path: Path) -> None:
    script = Path(__file__).resolve().parent.parent / "examples" / "train_torus.py"
    run = subprocess.run(
        [sys.executable, script, "--quick", "--output", tmp_path], capture_output=True, text=True, check=True
    )
    assert f"saved {tmp_path / 'torus.npz'}\n" in run.stdout
    assert "closed surface" in run.stdout
    made, known = pe.load_network(tmp_path / "torus.npz"), pe.load_network(TORUS)
    assert [w.shape for w, _ in made.weights] == [w.shape for w, _ in known.weights]
    assert read_ply(tmp_path / "torus.ply")
    assert (tmp_path / "torus.png").read_bytes().startswith(b"\x89PNG")


def test_an_empty_surface_is_an_empty_file(octahedron: pe.Boundary, tmp_path: Path) -> None:
    empty: Any = octahedron.regions.level_set(-1)
    empty.save(tmp_path / "empty.ply")
    assert [len(part) for part in read_ply(tmp_path / "empty.ply")] == [0, 0]
