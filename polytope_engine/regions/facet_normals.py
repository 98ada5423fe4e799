"""Unit normals of the facets of a batch of cells, those on which a neuron vanishes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polytope_engine.kernels import search_state as state
from polytope_engine.polytope.rows import unit_row
from polytope_engine.regions.cell_measuring import CellMeasurer, Task
from polytope_engine.regions.metric import full_normals

FloatArray = NDArray[np.float64]

# The largest error of a normal of length 1 that floats may be proven to have.
ACCURACY = 1e-10


@dataclass(frozen=True, eq=False)
class FacetNormals:
    """The neuron facets of several regions, those of one region one after the other.

    Attributes
    ----------
    normals : float64 array, shape (n_facets, d)
        Of length 1, in input coordinates, to one side or the other.
    layers : int64 array, shape (n_facets,)
        The layer of the first neuron that vanishes on each.
    n_facets : int64 array, shape (n_regions,)
        How many facets each region has.
    """

    normals: FloatArray
    layers: NDArray[np.int64]
    n_facets: NDArray[np.int64]


def lift_of(task: Task) -> FloatArray:
    """L, shape (r, d): a row a of the search stands for the normal a L."""
    with np.errstate(all="ignore"):  # what is too large for floats is looked up exactly
        return full_normals(task.network, task.domain, task.space)


def facet_normals(measurer: CellMeasurer, lift: FloatArray, cells: state.Cells) -> FacetNormals:
    """Return the unit normals of a batch's neuron facets.

    Which rows are facets is decided exactly. A float normal whose proven error exceeds 1e-10 is replaced by that
    of the exact row.

    Notes
    -----
    Rows are inserted layer by layer, and one that coincides with a facet of the cell cuts nothing. So the row that
    a facet lies on is that of the first layer with a neuron that vanishes on it.
    """
    facet, is_open = measurer.facets(cells)
    is_wall = facet & (cells.labels[:, 0] >= 0)
    for i in np.flatnonzero(is_open):
        start = int(cells.starts[i])
        is_wall[start : int(cells.starts[i + 1])] = False
        polytope = measurer.polytope(cells, int(i))
        for found in polytope.facets():
            if all(label[0] == "neuron" for label in found.labels):
                is_wall[start + min(found.rows)] = True
    walls = np.flatnonzero(is_wall)
    sums = np.concatenate([[0], np.cumsum(is_wall)])
    return FacetNormals(
        normals=_unit_normals(measurer, lift, cells, walls),
        layers=cells.labels[walls, 0],
        n_facets=sums[cells.starts[1:]] - sums[cells.starts[:-1]],
    )


def _unit_normals(
    measurer: CellMeasurer, lift: FloatArray, cells: state.Cells, walls: NDArray[np.intp]
) -> FloatArray:
    with np.errstate(all="ignore"):
        normals = cells.rows[walls, :-1] @ lift
        lengths = np.linalg.norm(normals, axis=1)
        errors = cells.bounds[walls, state.EG] * np.linalg.norm(lift, axis=1).sum()
        is_known = (errors <= ACCURACY * lengths) & np.isfinite(lengths) & (lengths > 1e-150)
        normals /= lengths[:, np.newaxis]
    for k in np.flatnonzero(~is_known):
        wall = int(walls[k])
        layer, neuron = cells.labels[wall, :2].tolist()
        i = int(np.searchsorted(cells.starts, wall, side="right")) - 1
        rows, _ = measurer.maps.pre_activation_rows(layer, cells.signs[i])
        normals[k], _ = unit_row(rows[neuron])
    return normals
