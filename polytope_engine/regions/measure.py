"""STAND-IN, slow: dropped for the compiled `measure`. One region at a time, with scipy."""
# mypy: ignore-errors

from __future__ import annotations

import math

import numpy as np

from polytope_engine.exact.decisions import interior_point
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.measurements import Measurements

_INTS = ("n_facets", "n_neuron_facets", "n_domain_facets", "n_clip_facets", "n_vertices", "n_rays")
_VECTORS = ("chebyshev_center", "centroid")


def measure(
    regions, *names, clip=None, rule="pulling", exact=False, progress=None, n_workers=None
) -> Measurements:
    rows = []
    complete = True
    try:
        for k, region in enumerate(regions):
            rows.append(_one(region, clip, rule, set(names)))
            if progress is not None:
                progress(k + 1, (k + 1) / len(regions))
    except KeyboardInterrupt:
        complete = False
    d = regions.network.input_dim
    columns = {}
    for name in names:
        dtype = np.int64 if name in _INTS else bool if name == "is_bounded" else float
        shape = (len(rows), d) if name in _VECTORS else (len(rows),)
        columns[name] = np.array([row[name] for row in rows], dtype=dtype).reshape(shape)
    return Measurements(columns, is_complete=complete, n_exact=0, rule=rule, clip=clip)


def _one(region, clip, rule, names):
    p = region.polytope
    d = p.dimension
    if clip is not None:
        rows = [*p.exact_rows, *clip.exact_rows]
        labels = [*p.labels, *(("clip", k) for k in range(clip.n_rows))]
        p = HPolytope.from_exact_rows(rows, labels, dimension=d)
        if not p.is_full_dimensional():
            nan = np.full(d, np.nan)
            return dict.fromkeys(
                [*_INTS, "chebyshev_radius", "volume", "n_simplices", "diameter", "surface_area", "aspect"], 0
            ) | {"is_bounded": True, "chebyshev_center": nan, "centroid": nan}
    facets = p.facets()
    kinds = [{label[0] for label in f.labels} for f in facets]
    row = {
        "n_facets": len(facets),
        "n_clip_facets": sum("clip" in k for k in kinds),
        "n_domain_facets": sum("domain" in k and "clip" not in k for k in kinds),
        "n_neuron_facets": sum(k == {"neuron"} for k in kinds),
        "is_bounded": p.is_bounded(),
        "n_rays": 0,
    }
    if names & {"chebyshev_radius", "chebyshev_center"}:
        ball = p.chebyshev_ball()
        row |= {"chebyshev_radius": ball.radius, "chebyshev_center": ball.center}
    row |= {"volume": math.inf, "diameter": math.inf, "surface_area": math.inf, "n_vertices": 0}
    row |= {"n_simplices": math.nan, "aspect": math.nan, "centroid": np.full(d, np.nan)}
    if row["is_bounded"] and names & {"volume", "n_simplices", "n_vertices", "centroid"}:
        x = [float(v) for v in p.interior_point()]
        A = np.array([f.normal for f in facets])
        b = np.array([f.offset for f in facets])
        if d == 1:
            ends = sorted(b / A[:, 0])
            row |= {"volume": ends[1] - ends[0], "n_vertices": 2, "n_simplices": 1, "centroid": np.mean(ends)}
        else:
            from scipy.spatial import ConvexHull, Delaunay, HalfspaceIntersection

            points = HalfspaceIntersection(np.column_stack([A, -b]), np.array(x)).intersections
            scale = np.abs(points - x).max()
            _, first = np.unique(np.round((points - x) / scale, 9), axis=0, return_index=True)
            points = points[first]
            row |= {
                "volume": ConvexHull(points).volume,
                "n_vertices": len(points),
                "n_simplices": len(points) - 2 if d == 2 else len(Delaunay(points).simplices),
                "centroid": points.mean(axis=0),
            }
    return row
