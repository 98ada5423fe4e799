"""The sign cells below the regions of a set."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from polytope_engine.complexes.sign_cell_set import SignCells
from polytope_engine.complexes.sign_cells import sign_cells
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions.region_set import RegionSet


def cells_of_regions(
    regions: RegionSet, *, closed: bool = False, progress: Callable[[int, float], None] | None = None
) -> SignCells:
    """Find the cells of every dimension whose full-dimensional ones are the regions of a complete set.

    Raises
    ------
    InvalidArgumentError
        If the set is incomplete, or its regions are not those of its network and domain.
    KeyboardInterrupt
        After Ctrl-C, for numbers of some cells are no answer.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> cells_of_regions(pe.enumerate_regions(pe.library.hat().network))
    <SignCells: 7 sign cells of 1-3-1 in R^1, f-vector (3, 4), complete>
    """
    if not regions.status.is_complete:
        raise InvalidArgumentError(
            f"`regions` is incomplete ({len(regions):,} regions; {regions.status}); the cells of every dimension "
            "are counted for all regions: enumerate them without limits, or call pe.sign_cells(network, domain, "
            "time_limit=...), which keeps what it finds.",
            status=regions.status,
            n_regions=len(regions),
        )
    cells = sign_cells(regions.network, regions.domain, progress, closed=closed)
    if not cells.status.is_complete:
        raise KeyboardInterrupt
    full = cells.cells_of_dimension(regions.network.input_dim)
    places = regions.sign_index.find(cells.sign_vectors[full])
    if len(full) != len(regions) or np.any(places < 0):
        raise InvalidArgumentError(
            f"`regions` has {len(regions):,} regions, but its network has {len(full):,} cells with interior in the "
            "domain, or has others; the set must be that of its network: enumerate the regions again.",
            n_regions=len(regions),
            n_cells=len(full),
        )
    return cells
