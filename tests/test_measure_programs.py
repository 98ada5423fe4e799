"""Columns beside other programs: Qhull's volumes and hulls, and cddlib's double description in rationals."""

from __future__ import annotations

import numpy as np
import pytest
from measuring import random_network
from scipy.spatial import ConvexHull, HalfspaceIntersection, QhullError

import polytope_engine as pe

# 200 cells in each dimension.
NETWORKS = {2: (2, 16, 12, 1), 3: (3, 10, 6, 1), 4: (4, 9, 4, 1), 5: (5, 9, 1), 6: (6, 9, 1)}
N_CELLS = 200


def chosen(d: int) -> tuple[pe.RegionSet, np.ndarray]:
    """The regions of a random network in a box, and which of them are looked at."""
    regions = pe.enumerate_regions(random_network(*NETWORKS[d], seed=d), pe.box(-2, 2, dimension=d))
    assert len(regions) >= N_CELLS
    return regions, np.random.default_rng(d).choice(len(regions), N_CELLS, replace=False)


@pytest.mark.parametrize("d", NETWORKS)
def test_volumes_areas_and_vertices_are_those_of_qhull(d: int) -> None:
    regions, picked = chosen(d)
    found = regions.measure(
        "volume", "surface_area", "n_vertices", "diameter", "centroid", "chebyshev_radius"
    )
    n_compared = 0
    for i in picked:
        A, b = (np.array(part, dtype=float) for part in regions[i].polytope.exact_inequalities)
        norms = np.linalg.norm(A, axis=1)
        kept = norms > 0
        half_spaces = np.column_stack([A, -b])[kept] / norms[kept, None]
        if found["chebyshev_radius"][i] < 1e-4:
            continue  # nothing is well separated there
        points = HalfspaceIntersection(half_spaces, found["centroid"][i]).intersections
        try:
            hull = ConvexHull(points)
        except QhullError:
            continue  # it merged too much
        assert found["volume"][i] == pytest.approx(hull.volume, rel=1e-6)
        assert found["surface_area"][i] == pytest.approx(hull.area, rel=1e-6)
        distances = np.linalg.norm(points[:, None] - points[None, :], axis=2)
        assert found["diameter"][i] == pytest.approx(distances.max(), rel=1e-9)
        apart = np.unique(np.round(points, 8), axis=0)
        gaps = np.linalg.norm(apart[:, None] - apart[None, :], axis=2) + 9 * np.eye(len(apart))
        if gaps.min() > 1e-4:
            n_compared += 1
            assert found["n_vertices"][i] == len(apart)
    assert n_compared > N_CELLS // 2


@pytest.mark.parametrize("is_bounded", [True, False])
@pytest.mark.parametrize("d", NETWORKS)
def test_generators_and_facets_are_those_of_cddlib(d: int, is_bounded: bool) -> None:
    gmp = pytest.importorskip("cdd.gmp")
    import cdd

    regions, picked = chosen(d)
    if not is_bounded:
        regions = pe.enumerate_regions(regions.network)
        picked = picked[picked < len(regions)][:60]
    found = regions.measure("n_facets", "n_vertices", "n_rays")
    for i in picked[:: 1 if d < 4 else 2]:
        rows = [[row[-1], *row[:-1]] for row in regions[i].polytope.exact_rows if any(row[:-1])]
        matrix = gmp.matrix_from_array(rows, rep_type=cdd.RepType.INEQUALITY)
        generators = gmp.copy_generators(gmp.polyhedron_from_matrix(matrix))
        kinds = [row[0] for row in generators.array]
        assert not generators.lin_set
        assert (found["n_vertices"][i], found["n_rays"][i]) == (kinds.count(1), kinds.count(0))
        assert found["n_facets"][i] == len(rows) - len(gmp.redundant_rows(matrix))
