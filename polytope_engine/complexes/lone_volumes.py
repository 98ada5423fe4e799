"""Volumes of single regions that are known by their signs, without finding the others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.cell_looks import nearby_vertex
from polytope_engine.complexes.chart import Chart
from polytope_engine.complexes.sign_rows import SignCell, SignRows
from polytope_engine.exact.decisions import feasible_basis
from polytope_engine.kernels import search_state as state
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.cell_measuring import CellMeasurer, Task
from polytope_engine.regions.search import CellSearch

Floats = NDArray[np.float64]
Signs = NDArray[np.int8]
Progress = Callable[[int, float], None]

_AT_ONCE = 64


def lone_volumes(
    network: ReLUNetwork,
    domain: HPolytope,
    sign_vectors: Signs,
    points: Floats,
    accuracy: float = 1e-7,
    progress: Progress | None = None,
) -> tuple[Floats, int]:
    """Measure regions that are known by their signs, each from its own half-spaces.

    Parameters
    ----------
    network : ReLUNetwork
    domain : HPolytope
        Bounded, with interior; regions are cut to it.
    sign_vectors : ndarray of int8, shape (n, N)
        Of n regions that meet the interior of the domain.
    points : ndarray of float64, shape (n, d)
        A point in each: a hint only.
    accuracy : float
        The largest relative error; where bounds on rounding errors exceed it, volumes come from rational arithmetic.
    progress : callable, optional
        Called as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    volumes : ndarray of float64, shape (n,)
    n_exact : int
        How many of them come from rational arithmetic.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> x = np.array([[0.2, 0.3], [-1.0, -1.0]])
    >>> lone_volumes(net, pe.box(-2, 2, dimension=2), net.sign_vector(x), x)
    (array([0.5, 4. ]), 0)
    """
    volumes = np.empty(len(sign_vectors))
    chart = Chart(network, domain) if network.n_neurons else None
    if chart is None or chart.dimension == 0:
        volumes[:] = domain.volume()
        return volumes, len(volumes)
    rows = SignRows(chart)
    task = Task(
        network, domain, domain.n_rows, chart.space, ("volume",), "pulling", exact=False, accuracy=accuracy
    )
    measurer = CellMeasurer(task, CellSearch(network, chart.space))
    for start in range(0, len(volumes), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        cells = [rows.cell(signs) for signs in sign_vectors[part]]
        inside = np.array([chart.to_working(x) for x in points[part]])
        volumes[part] = measurer.measure(_batch(rows, cells, inside))["volume"]
        if progress is not None:
            progress(min(part.stop, len(volumes)), min(part.stop / len(volumes), 1.0))
    return volumes, measurer.n_exact


def _batch(rows: SignRows, cells: list[SignCell], inside: Floats) -> state.Cells:
    """Cells as the tree's leaves come, each with a vertex."""
    n = len(cells)
    return state.Cells(
        rows=np.concatenate([cell.rows for cell in cells]),
        bounds=np.concatenate([cell.bounds for cell in cells]),
        labels=np.concatenate([cell.labels for cell in cells]),
        starts=np.concatenate([[0], np.cumsum([len(cell.rows) for cell in cells])]),
        bases=np.array([_vertex(rows, cell, y) for cell, y in zip(cells, inside, strict=True)]),
        points=np.ascontiguousarray(inside),
        signs=np.array([cell.signs for cell in cells]),
        ties=np.zeros((0, 2), dtype=np.int64),
        tie_starts=np.zeros(n + 1, dtype=np.int64),
    )


def _vertex(rows: SignRows, cell: SignCell, y: Floats) -> NDArray[np.int64]:
    found = nearby_vertex(cell.rows, y)
    if len(found) < rows.r:
        found = np.array(feasible_basis(rows.exact_rows(cell), rows.r), dtype=np.int64)
    return found
