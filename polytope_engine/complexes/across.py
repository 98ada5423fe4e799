"""Which region lies across each row of a batch of cells, by a hash of sign vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.neighbors import signs_across
from polytope_engine.kernels import search_state as state
from polytope_engine.kernels import walls as kernel
from polytope_engine.regions.cell_measuring import CellMeasurer
from polytope_engine.regions.region_set import RegionSet

Indices = NDArray[np.int64]

NOWHERE = kernel.NOWHERE
OUTSIDE = kernel.OUTSIDE


class Across:
    """Looks up what lies across the rows of cells.

    Parameters
    ----------
    regions : RegionSet

    Attributes
    ----------
    table : SignTable
        The sign vectors of the regions.
    offsets : int array, shape (n_layers,)
        Where each hidden layer begins in the sign vector.
    """

    def __init__(self, regions: RegionSet) -> None:
        self.index = regions.sign_index
        self.table = self.index.table
        self.offsets = np.asarray(regions.network.layer_offsets)
        self.layer_of = np.repeat(np.arange(len(self.offsets)), regions.network.hidden_widths)
        is_zero = [
            not any(row) and not bias for W, b in _hidden(regions) for row, bias in zip(W, b, strict=True)
        ]
        self.layer_of[is_zero] = -1

    def places(self, measurer: CellMeasurer, cells: state.Cells) -> Indices:
        """For each row of the cells, the region beyond it if it is a facet; NOWHERE, or OUTSIDE the domain."""
        across = np.empty(len(cells.rows), dtype=np.int64)
        scratch = np.empty(len(self.layer_of), dtype=np.int8)
        kernel.find_across(cells, measurer.layers, self.layer_of, self.table, scratch, across)
        asked = np.flatnonzero(across == kernel.ASK_RATIONALS)
        if len(asked):
            cell_of = np.searchsorted(cells.starts, asked, side="right") - 1
            beyond = [
                self._signs_beyond(measurer, cells, int(i), int(row))
                for i, row in zip(cell_of, asked, strict=True)
            ]
            across[asked] = self.index.find(np.array(beyond))
        return across

    def _signs_beyond(self, measurer: CellMeasurer, cells: state.Cells, i: int, row: int) -> NDArray[np.int8]:
        layer, neuron, sign = (int(label) for label in cells.labels[row])
        signs = cells.signs[i]
        functions, _ = measurer.maps.pre_activation_rows(layer, signs)
        inward = [sign * entry for entry in functions[neuron][:-1]]
        on_facet = [int(self.offsets[layer]) + neuron, *tied(cells, i, row)]
        return signs_across(measurer.maps, self.offsets, signs, on_facet, inward)


def _hidden(regions: RegionSet) -> list[tuple[Any, Any]]:
    """Weights and biases of the hidden layers."""
    network = regions.network
    return list((network.exact_weights if network.is_rational else network.weights)[:-1])


def tied(cells: state.Cells, i: int, row: int) -> list[int]:
    """The neurons that are positive multiples of a row of cell i, by their places in the sign vector."""
    ties = cells.ties[cells.tie_starts[i] : cells.tie_starts[i + 1]]
    found: list[int] = ties[ties[:, state.TIE_ROW] == row - cells.starts[i], state.TIE_NEURON].tolist()
    return found
