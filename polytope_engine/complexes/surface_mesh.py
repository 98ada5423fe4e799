"""Closed curves and surfaces: are they manifolds, which way do they face, and as files for other programs."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.polyhedral_complex import Key, PolyhedralComplex
from polytope_engine.errors import InvalidArgumentError, UnboundedError
from polytope_engine.regions.archive import write_whole

if TYPE_CHECKING:
    from polytope_engine.complexes.boundary import Boundary

_SUFFIXES = (".ply", ".obj")


@dataclass(frozen=True, eq=False)
class SurfaceMesh:
    """Convex polygons in space over shared vertices.

    Attributes
    ----------
    vertices : float64 array, shape (n_vertices, 3)
        Each coordinate is the exact one, rounded once.
    polygons : list of int64 arrays
        The vertices of each polygon, counterclockwise as seen from the side to which the level set's output grows
        (or on which the second of the two classes wins).
    """

    vertices: NDArray[np.float64]
    polygons: list[NDArray[np.int64]]

    def triangles(self) -> NDArray[np.int64]:
        """Return the polygons cut into triangles from their first vertices, shape (n_triangles, 3).

        Examples
        --------
        >>> SurfaceMesh(np.zeros((4, 3)), [np.arange(4)]).triangles().tolist()
        [[0, 1, 2], [0, 2, 3]]
        """
        cut = [(p[0], p[k], p[k + 1]) for p in self.polygons for k in range(1, len(p) - 1)]
        return np.array(cut, dtype=np.int64).reshape(-1, 3)

    def euler_characteristic(self) -> int:
        """Return V - E + F.

        Examples
        --------
        >>> SurfaceMesh(np.zeros((4, 3)), [np.arange(4)]).euler_characteristic()
        1
        """
        edges = {frozenset(edge) for polygon in self.polygons for edge in _edges(polygon)}
        used = {int(vertex) for polygon in self.polygons for vertex in polygon}
        return len(used) - len(edges) + len(self.polygons)

    def is_consistently_oriented(self) -> bool:
        """Say whether no two polygons run along an edge in the same direction.

        Examples
        --------
        >>> SurfaceMesh(np.zeros((4, 3)), [np.array([0, 1, 2]), np.array([0, 2, 3])]).is_consistently_oriented()
        True
        """
        edges = [edge for polygon in self.polygons for edge in _edges(polygon)]
        return len(set(edges)) == len(edges)

    def save(self, path: str | os.PathLike[str], *, triangles: bool = False) -> None:
        """Write the mesh as `.ply` or `.obj`, as text, with all digits of the coordinates.

        Raises
        ------
        InvalidArgumentError
            If the file name ends in something else, or the file cannot be written.
        MissingFileError
            If the folder does not exist.
        """
        target = Path(path)
        if target.suffix.lower() not in _SUFFIXES:
            raise InvalidArgumentError(
                f"`path` is {target.name!r}, but must end in {' or '.join(_SUFFIXES)}; meshes are saved in no other "
                "format.",
                path=target,
            )
        faces: Sequence[NDArray[np.int64]] = list(self.triangles()) if triangles else self.polygons
        lines = _ply(self.vertices, faces) if target.suffix.lower() == ".ply" else _obj(self.vertices, faces)
        text = "\n".join(lines) + "\n"
        write_whole(target, lambda file: file.write(text.encode("ascii")))


def _edges(polygon: NDArray[np.int64]) -> list[tuple[int, int]]:
    numbers = [int(vertex) for vertex in polygon]
    return list(zip(numbers, [*numbers[1:], numbers[0]], strict=True))


def _ply(vertices: NDArray[np.float64], faces: Sequence[NDArray[np.int64]]) -> list[str]:
    return [
        "ply",
        "format ascii 1.0",
        "comment made by polytope_engine",
        f"element vertex {len(vertices)}",
        *(f"property double {name}" for name in "xyz"),
        f"element face {len(faces)}",
        "property list uchar int vertex_indices"
        if max(map(len, faces), default=0) < 256
        else "property list int int vertex_indices",
        "end_header",
        *(" ".join(map(repr, point)) for point in vertices.tolist()),
        *(" ".join(map(str, [len(face), *face.tolist()])) for face in faces),
    ]


def _obj(vertices: NDArray[np.float64], faces: Sequence[NDArray[np.int64]]) -> list[str]:
    return [
        "# made by polytope_engine",
        *("v " + " ".join(map(repr, point)) for point in vertices.tolist()),
        *("f " + " ".join(str(k + 1) for k in face.tolist()) for face in faces),
    ]


# -- from a boundary ------------------------------------------------------------------------------


def surface_mesh(boundary: Boundary) -> SurfaceMesh:
    """Return the polygons of a boundary in R^3; see `Boundary.mesh`."""
    if boundary.dimension != 3:
        raise InvalidArgumentError(
            f"The network has {boundary.dimension} input{'' if boundary.dimension == 1 else 's'}; only a boundary in "
            "R^3 is a mesh of polygons.",
            input_dim=boundary.dimension,
        )
    if not boundary.is_bounded.all():
        first = int(np.flatnonzero(~boundary.is_bounded)[0])
        n = int(np.count_nonzero(~boundary.is_bounded))
        raise UnboundedError(
            f"{n:,} of {len(boundary):,} pieces are unbounded, piece {first} for one, and a mesh has finite polygons; "
            "find the regions in a box, `pe.enumerate_regions(net, pe.box(-1, 1, dimension=3))`.",
            piece=first,
        )
    polygons = [_outward(boundary, piece) for piece in range(len(boundary))]
    numbers = sorted({number for polygon in polygons for number in polygon})
    places = {number: k for k, number in enumerate(numbers)}
    return SurfaceMesh(
        boundary.complex.float_points(numbers),
        [np.array([places[number] for number in polygon], dtype=np.int64) for polygon in polygons],
    )


def _outward(boundary: Boundary, piece: int) -> list[int]:
    """The vertices of a piece, counterclockwise as seen from where its equation is positive."""
    numbers = boundary.vertex_numbers(piece)
    a, b, c = ([*boundary.complex.generators[number]] for number in numbers[:3])
    u = [y * a[3] - x * b[3] for x, y in zip(a[:3], b[:3], strict=True)]
    v = [y * a[3] - x * c[3] for x, y in zip(a[:3], c[:3], strict=True)]
    cross = [u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3] for k in range(3)]
    normal = boundary.equation(piece)[:3]
    return numbers if sum(x * n for x, n in zip(cross, normal, strict=True)) > 0 else numbers[::-1]


def cycle(complex_: PolyhedralComplex, key: Key) -> list[int]:
    """Return the vertices of a bounded polygon in their order around it, from the one with the smallest number."""
    neighbors: dict[int, list[int]] = defaultdict(list)
    for edge in complex_.face(key, 2).facets:
        first, second = complex_.vertices_of(complex_.faces[1][edge].key)
        neighbors[first].append(second)
        neighbors[second].append(first)
    start = min(neighbors)
    path, before, here = [start], start, min(neighbors[start])
    while here != start:
        path.append(here)
        one, other = neighbors[here]
        before, here = here, other if one == before else one
    return path


# -- manifolds ------------------------------------------------------------------------------------


def is_closed_manifold(boundary: Boundary) -> bool:
    """Say whether a boundary in R^1, R^2 or R^3 is a closed manifold; see `Boundary.is_closed_manifold`."""
    d = boundary.dimension
    if d > 3:
        raise InvalidArgumentError(
            f"The network has {d} inputs; whether a boundary is a closed manifold is decided for up to 3.",
            input_dim=d,
        )
    if not len(boundary) or boundary.touching or not boundary.is_bounded.all():
        return False
    if d == 1:
        return True
    around: dict[int, list[int]] = defaultdict(list)
    for piece, ridge in boundary.complex.iter_incidences(d - 1):
        around[ridge].append(piece)
    if any(len(pieces) != 2 for pieces in around.values()):
        return False
    return d == 2 or _links_are_cycles(boundary.complex)


def _links_are_cycles(complex_: PolyhedralComplex) -> bool:
    """Whether the polygons around each vertex are connected through edges at that vertex.

    Each edge belongs to two polygons, and each polygon has two edges at each of its vertices, so they form
    cycles; one if connected.
    """
    edges_at: dict[int, set[int]] = defaultdict(set)
    polygons_at: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for edge, vertex in complex_.iter_incidences(1):
        edges_at[vertex].add(edge)
    ends: dict[int, tuple[int, ...]] = {j: face.facets for j, face in enumerate(complex_.faces[1])}
    for polygon in complex_.faces[2]:
        here: dict[int, list[int]] = defaultdict(list)
        for edge in polygon.facets:
            for vertex in ends[edge]:
                here[vertex].append(edge)
        for vertex, pair in here.items():
            polygons_at[vertex].append(tuple(pair))
    return all(_is_connected(edges, polygons_at[vertex]) for vertex, edges in edges_at.items())


def _is_connected(nodes: set[int], pairs: Sequence[tuple[int, ...]]) -> bool:
    beside: dict[int, list[int]] = defaultdict(list)
    for first, second in pairs:
        beside[first].append(second)
        beside[second].append(first)
    start = next(iter(nodes))
    reached, waiting = {start}, [start]
    while waiting:
        for node in beside[waiting.pop()]:
            if node not in reached:
                reached.add(node)
                waiting.append(node)
    return reached == nodes


def genus(boundary: Boundary) -> int:
    """Return the number of handles of a closed surface in R^3; see `Boundary.genus`."""
    if boundary.dimension != 3 or not is_closed_manifold(boundary):
        raise InvalidArgumentError(
            f"This boundary in R^{boundary.dimension} is no closed surface in R^3, so it has no genus; "
            "`is_closed_manifold` tells.",
            input_dim=boundary.dimension,
        )
    return boundary.n_connected_components - boundary.euler_characteristic() // 2
