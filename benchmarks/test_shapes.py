"""How long does it take to measure every cell? Answers are checked before the clock starts; one core, warm."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cdd
import cvxpy
import numpy as np
import pytest
from numpy.typing import NDArray

import polytope_engine as pe
from polytope_engine.kernels import search_state as state
from polytope_engine.regions.search import CellSearch
from polytope_engine.regions.working_space import working_space

PENDULUM = "real/double_pendulum_more_robust"
SHAPE = ("chebyshev_radius", "chebyshev_center", "n_facets", "n_vertices", "volume", "n_simplices")

# Network, half the side of the box, cells, and the least ratio to cddlib given all rows. With fewer neurons
# cddlib has fewer redundant rows to insert; there the ratio is only reported.
AGAINST_CDDLIB = [(PENDULUM, 2, 59_714, 20), ("random/3-12-12-1", 1, 529, 0), ("random/4-10-10-1", 1, 555, 0)]

# Network, where its box is kept, cells.
COLUMN_GROUPS = [
    ("random/6-16-16-1", "", 35_227),
    ("real/hcas_pra0_tau00_5x25", "domain", 111_254),
    ("real/acasxu_1_1", "property_3_box", 71_930),
]
GROUPS = {
    "facets": ("n_facets",),
    "balls": ("chebyshev_radius", "chebyshev_center"),
    "vertices": ("n_vertices", "n_rays"),
    "simplices": ("n_simplices",),
    "volumes": ("volume", "centroid"),
    "areas": ("surface_area",),
    "diameters": ("diameter",),
    "aspects": ("aspect",),
    "all": (),
}


def network_named(folder: Path, name: str) -> pe.ReLUNetwork:
    path = folder / f"{name}.npz"
    if not path.exists():
        pytest.skip(f"no {name}.npz in the folder of networks; give another with --nets DIR")
    return pe.load_network(path)


def regions_of(folder: Path, name: str, half: int, n_regions: int) -> pe.RegionSet:
    network = network_named(folder, name)
    # in the order in which `path_tables` comes to them
    regions = pe.enumerate_regions(network, pe.box(-half, half, dimension=network.input_dim), "lp")
    assert (len(regions), regions.status.is_complete) == (n_regions, True)
    return regions


def seconds(run: Callable[[], Any]) -> float:
    """Processor time of one run."""
    start = time.process_time()
    run()
    return time.process_time() - start


def sample(regions: pe.RegionSet, n: int) -> NDArray[np.int64]:
    rng = np.random.default_rng(0)
    return np.sort(rng.choice(len(regions), min(n, len(regions)), replace=False))


# -- all cells of one network ------------------------------------------------------------------------


def test_shapes_of_a_controller(benchmark: Any, nets_folder: Path) -> None:
    regions = regions_of(nets_folder, PENDULUM, 2, 59_714)
    found = regions.measure(*SHAPE, n_workers=1)
    assert found["volume"].sum() == pytest.approx(256, rel=1e-9)
    assert (found["n_facets"].sum(), found["n_vertices"].sum()) == (478_105, 956_996)
    benchmark.pedantic(regions.measure, args=SHAPE, kwargs={"n_workers": 1}, rounds=3, iterations=1)
    benchmark.extra_info.update(
        cells_per_second=round(len(regions) / benchmark.stats.stats.median), cells_in_rationals=found.n_exact
    )
    assert benchmark.stats.stats.median < 15


def test_delaunay_counts_of_a_controller(benchmark: Any, nets_folder: Path) -> None:
    regions = regions_of(nets_folder, PENDULUM, 2, 59_714)
    options = {"rule": "delaunay", "n_workers": 1}
    few = pe.box(0, 0.2, dimension=4)
    cut = regions.measure("n_simplices", clip=few, **options)["n_simplices"]
    inside = np.flatnonzero(cut)
    for k in inside[:: max(1, len(inside) // 20)].tolist():
        polytope = regions[k].polytope.intersection(few)
        assert len(polytope.triangulation("delaunay")) == cut[k]
    found = benchmark.pedantic(regions.measure, args=("n_simplices",), kwargs=options, rounds=1, iterations=1)
    assert found["n_simplices"].sum() == 1_614_556
    assert benchmark.stats.stats.median < 90


# -- beside other programs ---------------------------------------------------------------------------


def n_vertices_by_cddlib(table: NDArray[np.float64]) -> int:
    """Vertices of ``table @ (1, x) >= 0``, in floats."""
    matrix = cdd.matrix_from_array(table, rep_type=cdd.RepType.INEQUALITY)
    return len(cdd.copy_generators(cdd.polyhedron_from_matrix(matrix)).array)


def table_of(polytope: pe.HPolytope) -> NDArray[np.float64]:
    return np.column_stack([polytope.b, -polytope.A])


def path_tables(regions: pe.RegionSet, chosen: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    """The rows that were split on the way to each cell, and those of the domain."""
    tables: list[NDArray[np.float64]] = []

    def keep(first: int, cells: state.Cells) -> None:
        assert first == len(tables)
        for start, stop in zip(cells.starts[:-1], cells.starts[1:], strict=True):
            rows = cells.rows[start:stop]
            tables.append(np.column_stack([rows[:, -1], rows[:, :-1]]))

    search = CellSearch(regions.network, working_space(regions.network, regions.domain), on_cells=keep)
    while not search.advance(1 << 20, 1 << 62):
        pass
    search.flush()
    return [tables[k] for k in chosen]


@pytest.mark.parametrize(
    ("name", "half", "n_regions", "least"), AGAINST_CDDLIB, ids=[row[0] for row in AGAINST_CDDLIB]
)
def test_vertices_against_cddlib_in_floats(
    benchmark: Any, nets_folder: Path, name: str, half: int, n_regions: int, least: int
) -> None:
    regions = regions_of(nets_folder, name, half, n_regions)
    chosen = sample(regions, 500)
    expected = regions.measure("n_vertices", n_workers=1)["n_vertices"][chosen].tolist()
    polytopes = [regions[k].polytope for k in chosen.tolist()]
    tables = {
        "all_rows": [table_of(p) for p in polytopes],
        "rows_of_the_path": path_tables(regions, chosen),
        "irredundant_rows": [table_of(p.irredundant()) for p in polytopes],
    }
    theirs = {}
    for rows, given in tables.items():
        assert [n_vertices_by_cddlib(table) for table in given] == expected
        theirs[rows] = seconds(lambda given=given: [n_vertices_by_cddlib(t) for t in given]) / len(given)
    own = min(seconds(lambda: regions.measure("n_vertices", n_workers=1)) for _ in range(3)) / n_regions
    benchmark.pedantic(regions.measure, args=("n_vertices",), kwargs={"n_workers": 1}, rounds=3, iterations=1)
    benchmark.extra_info.update(microseconds_per_cell=round(1e6 * own, 1))
    benchmark.extra_info.update({f"ratio_given_{rows}": round(t / own, 1) for rows, t in theirs.items()})
    assert theirs["all_rows"] >= least * own


def radius_by_cvxpy(polytope: pe.HPolytope) -> tuple[float, float]:
    """The Chebyshev radius, and the seconds that the solver itself took."""
    center, radius = cvxpy.Variable(polytope.dimension), cvxpy.Variable()
    lengths = np.linalg.norm(polytope.A, axis=1)
    rows = [polytope.A @ center + lengths * radius <= polytope.b]
    problem = cvxpy.Problem(cvxpy.Maximize(radius), rows)
    problem.solve(solver=cvxpy.CLARABEL)
    return float(radius.value), float(problem.solver_stats.solve_time)


def test_chebyshev_balls_against_cvxpy(benchmark: Any, nets_folder: Path) -> None:
    regions = regions_of(nets_folder, PENDULUM, 2, 59_714)
    chosen = sample(regions, 30)
    expected = regions.measure("chebyshev_radius", n_workers=1)["chebyshev_radius"][chosen]
    polytopes = [regions[k].polytope for k in chosen.tolist()]
    found, solver = zip(*map(radius_by_cvxpy, polytopes), strict=True)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    theirs = seconds(lambda: [radius_by_cvxpy(p) for p in polytopes]) / len(polytopes)
    own = min(seconds(lambda: regions.measure("chebyshev_radius", n_workers=1)) for _ in range(3))
    own /= len(regions)
    benchmark.pedantic(
        regions.measure, args=("chebyshev_radius",), kwargs={"n_workers": 1}, rounds=3, iterations=1
    )
    benchmark.extra_info.update(
        microseconds_per_cell=round(1e6 * own, 1),
        ratio=round(theirs / own, 1),
        ratio_to_the_solver_alone=round(float(np.mean(solver)) / own, 1),
    )
    assert theirs >= 100 * own


# -- what each column costs --------------------------------------------------------------------------


def cataloged_box(folder: Path, name: str, words: str) -> pe.HPolytope:
    entries: Sequence[dict[str, Any]] = json.loads((folder / "real" / "catalog.json").read_text())
    (entry,) = (e for e in entries if e["name"] == Path(name).name)
    return pe.box(*entry[words])


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(("name", "words", "n_regions"), COLUMN_GROUPS, ids=[row[0] for row in COLUMN_GROUPS])
def test_time_a_cell_of_each_column(
    benchmark: Any, nets_folder: Path, name: str, words: str, n_regions: int, group: str
) -> None:
    network = network_named(nets_folder, name)
    domain = cataloged_box(nets_folder, name, words) if words else pe.box(-1, 1, dimension=network.input_dim)
    regions = pe.enumerate_regions(network, domain)
    assert (len(regions), regions.status.is_complete) == (n_regions, True)
    found = benchmark.pedantic(
        regions.measure, args=GROUPS[group], kwargs={"n_workers": 1}, rounds=1, iterations=1
    )
    if "volume" in found:
        lower, upper = domain.bounding_box()
        assert found["volume"].sum() == pytest.approx(float(np.prod(upper - lower)), rel=1e-7)
    benchmark.extra_info.update(
        microseconds_per_cell=round(1e6 * benchmark.stats.stats.median / n_regions, 1),
        cells_in_rationals=found.n_exact,
    )
