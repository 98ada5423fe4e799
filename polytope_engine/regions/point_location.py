"""In which region does a point lie? Decided exactly, by its signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.kernels.sign_table import find_rows, new_table
from polytope_engine.network.rationals import as_exact_points
from polytope_engine.network.relu_network import ReLUNetwork

if TYPE_CHECKING:
    from polytope_engine.regions.region_set import RegionSet

Signs = NDArray[np.int8]
Indices = NDArray[np.int64]

OUTSIDE, ON_A_WALL, NOT_FOUND = -1, -2, -3
_POINTS_AT_ONCE = 1 << 15


class SignIndex:
    """Finds the row of a sign vector among many, by a hash table.

    Parameters
    ----------
    sign_vectors : ndarray of int8, shape (n, N)
        No two rows equal.

    Attributes
    ----------
    table : SignTable
        What compiled code looks rows up in.

    Examples
    --------
    >>> index = SignIndex(np.array([[1, -1], [-1, 0], [1, 1]], dtype=np.int8))
    >>> index.find(np.array([[1, 1], [-1, 0], [0, 0]], dtype=np.int8))
    array([ 2,  1, -1])
    """

    def __init__(self, sign_vectors: Signs) -> None:
        self.table = new_table(np.array(sign_vectors, dtype=np.int8, order="C"))

    def find(self, sign_vectors: Signs) -> Indices:
        """Row of each sign vector, or -1 where there is none; shape (n_queries,)."""
        found = np.empty(len(sign_vectors), dtype=np.int64)
        find_rows(self.table, np.ascontiguousarray(sign_vectors, dtype=np.int8), found)
        return found


def locate(regions: RegionSet, points: Any) -> Any:
    """The index of each point's region, or a negative answer; see `RegionSet.locate`."""
    rows, is_single = as_exact_points(points, regions.network.input_dim, "points")
    answers = np.empty(len(rows), dtype=np.int64)
    for start in range(0, len(rows), _POINTS_AT_ONCE):
        part = slice(start, start + _POINTS_AT_ONCE)
        answers[part] = _locate_some(regions, rows[part])
    return int(answers[0]) if is_single else answers


def _locate_some(regions: RegionSet, rows: NDArray[Any]) -> Indices:
    answers = np.full(len(rows), OUTSIDE, dtype=np.int64)
    inside = np.arange(len(rows))
    if regions.domain is not None:
        inside = np.flatnonzero(regions.domain.contains(rows)) if len(rows) else inside
    if not len(inside):
        return answers
    signs = regions.network.sign_vector(rows[inside])
    found = regions.sign_index.find(signs)
    missing = np.flatnonzero(found < 0)
    has_zero = (signs[missing] == 0).any(axis=1)
    found[missing] = np.where(has_zero, ON_A_WALL, NOT_FOUND)
    if not regions.status.is_complete:
        for k in missing[has_zero]:
            if not is_on_a_wall(regions.network, signs[k]):
                found[k] = NOT_FOUND
    answers[inside] = found
    return answers


def is_on_a_wall(network: ReLUNetwork, signs: Signs) -> bool:
    """Whether some neuron is zero at a point with these signs without vanishing all around it.

    If every neuron that is zero at the point vanishes identically on the cell that the signs before
    it describe, then, layer after layer, the signs are the same all around the point.
    """
    for layer, (start, width) in enumerate(zip(network.layer_offsets, network.hidden_widths, strict=True)):
        zeros = np.flatnonzero(signs[start : start + width] == 0)
        if len(zeros):
            functions, _ = network.exact.pre_activation_rows(layer, signs)
            if any(any(functions[i]) for i in zeros):
                return True
    return False
