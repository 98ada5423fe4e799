"""Linear regions: where neighboring regions have one affine output map, by three definitions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from operator import index as as_integer
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.components import components, in_order_of_appearance
from polytope_engine.complexes.equal_maps import equal_maps
from polytope_engine.complexes.output_maps import OutputMaps
from polytope_engine.complexes.touching import join_touching
from polytope_engine.complexes.wall_search import all_walls
from polytope_engine.complexes.walls import Walls, checked_complete
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.regions.arguments import check_progress
from polytope_engine.regions.region_set import RegionSet

Indices = NDArray[np.int64]
Progress = Callable[[int, float], None]
AffineMap = tuple[NDArray[np.float64], NDArray[np.float64]]

DEFINITIONS = {
    "open": ("open connected", "R4"),
    "closed": ("closed connected", "R5"),
    "affine": ("affine", "R6"),
}
ARGMAX = "argmax"


class LinearRegions:
    """The linear regions of a network, as a partition of its regions. Made by `RegionSet.linear_regions`.

    Parameters
    ----------
    regions : RegionSet
        The regions that are grouped.
    labels : ndarray of int64, shape (n_regions,)
        The linear region of each region, numbered from 0 in the order of their first regions.
    definition : {"open", "closed", "affine"}
        What a linear region is.
    output : int, "argmax" or None
        Of which output, of the decision between the outputs, or of all outputs.
    classes : ndarray of int64, shape (n_linear_regions,), or None
        For "argmax", the class of each linear region.
    n_exact : int
        Decisions that needed rational arithmetic: maps compared, and regions whose vertices were found.
    network : ReLUNetwork, optional
        The network in question, if it is not that of the regions.

    Attributes
    ----------
    regions, labels, definition, output, classes, n_exact, network
        As given; arrays are read-only.

    Examples
    --------
    The network max(-y, min(0, -x)) of Stargalla, Hertrich and Reichman has five regions and three maps:

    >>> import polytope_engine as pe
    >>> regions = pe.enumerate_regions(pe.library.stargalla().network)
    >>> linear = regions.linear_regions("open")
    >>> linear
    <LinearRegions: 3 open connected (R4) of 5 regions of the map R^2 -> R^1>
    >>> len(linear), sorted(linear.sizes.tolist())
    (3, [1, 1, 3])
    >>> largest = int(linear.sizes.argmax())
    >>> len({linear.affine_map(linear.labels[k])[0].tobytes() for k in linear.members(largest)})
    1
    """

    def __init__(
        self,
        regions: RegionSet,
        labels: Indices,
        definition: str,
        output: int | str | None = None,
        *,
        classes: Indices | None = None,
        n_exact: int = 0,
        network: ReLUNetwork | None = None,
    ) -> None:
        self.regions = regions
        self.network = regions.network if network is None else network
        self.labels = _read_only(labels)
        self.definition = definition
        self.output = output
        self.classes = None if classes is None else _read_only(classes)
        self.n_exact = n_exact

    def __len__(self) -> int:
        """The number of linear regions."""
        return len(self.sizes)

    def __repr__(self) -> str:
        n, network = len(self.regions), self.network
        name, number = DEFINITIONS[self.definition]
        of = (
            ""
            if self.output is None
            else "the argmax of "
            if self.output == ARGMAX
            else f"output {self.output} of "
        )
        size = f"{n:,} region" + ("" if n == 1 else "s")
        size += "" if self.regions.status.is_complete else ", an incomplete set,"
        space = f"R^{network.input_dim} -> R^{network.output_dim}"
        return f"<LinearRegions: {len(self):,} {name} ({number}) of {size} of {of}the map {space}>"

    @cached_property
    def sizes(self) -> Indices:
        """How many regions each linear region consists of, shape (n_linear_regions,)."""
        return _read_only(np.bincount(self.labels))

    @cached_property
    def _order(self) -> Indices:
        return np.argsort(self.labels, kind="stable")

    @cached_property
    def _ends(self) -> Indices:
        return np.cumsum(self.sizes)

    def members(self, k: int) -> Indices:
        """The regions that linear region `k` consists of, in increasing order."""
        k = self._checked(k)
        end = int(self._ends[k])
        members: Indices = self._order[end - int(self.sizes[k]) : end]
        return members

    def affine_map(self, k: int) -> AffineMap:
        """The affine map on linear region `k`: A of shape (n_out, d) and c of shape (n_out,), each entry rounded once.

        For one output there is one row. The argmax has one class, and not one map, on each of its regions.

        Raises
        ------
        InvalidArgumentError
            For the linear regions of the argmax.
        """
        if self.output == ARGMAX:
            raise InvalidArgumentError(
                "`affine_map` was asked of linear regions of the argmax, on which there is one class, but not one map; "
                "see `classes`, or ask each of the regions that `members` gives."
            )
        A, c = self.regions[int(self.members(k)[0])].affine_map
        return (A[[self.output]], c[[self.output]]) if isinstance(self.output, int) else (A, c)

    def _checked(self, k: int) -> int:
        k = as_integer(k)
        if not -len(self) <= k < len(self):
            raise IndexError(f"There is no linear region {k}; there are {len(self)}, counted from 0.")
        return k % len(self)


def linear_regions(
    regions: RegionSet,
    definition: str = "open",
    output: int | str | None = None,
    *,
    walls: Walls | None = None,
    progress: Progress | None = None,
) -> LinearRegions:
    """Join the regions on which the output is one affine map; see `RegionSet.linear_regions`."""
    check_definition(definition)
    chosen = checked_output(output, regions.network.output_dim)
    check_progress(progress, "n_done")
    if walls is not None and (not isinstance(walls, Walls) or walls.regions is not regions):
        raise InvalidArgumentError(
            "`walls` must be the walls of this very set: pass what its method `walls` returned, or leave them out."
        )
    if walls is not None:
        checked_complete(walls)
    if chosen == ARGMAX:
        from polytope_engine.complexes.argmax import argmax_regions

        return argmax_regions(regions, definition, progress)
    outputs = [chosen] if isinstance(chosen, int) else None
    classes, n_exact = equal_maps(OutputMaps(regions.network, regions.sign_vectors, outputs), progress)
    labels, n_touching = joined(regions, classes, definition, walls, progress)
    return LinearRegions(regions, labels, definition, chosen, n_exact=n_exact + n_touching)


def joined(
    regions: RegionSet, classes: Indices, definition: str, walls: Walls | None, progress: Progress | None
) -> tuple[Indices, int]:
    """Join regions of the same class by a definition.

    Returns
    -------
    labels : ndarray of int64, shape (n,)
        Numbered in the order of appearance.
    n_exact : int
        Regions whose vertices were found in rational arithmetic.
    """
    if definition == "affine" or not len(regions):
        return in_order_of_appearance(classes), 0
    pairs = (all_walls(regions, progress) if walls is None else walls).pairs
    labels = components(len(regions), pairs[classes[pairs[:, 0]] == classes[pairs[:, 1]]])
    if definition == "open":
        return labels, 0
    return join_touching(regions, classes, labels, pairs, progress)


def check_definition(definition: object) -> None:
    """Refuse what names no definition."""
    if not isinstance(definition, str) or definition not in DEFINITIONS:
        raise InvalidArgumentError(
            f'`definition` is {definition!r}; it must be "open" (connected through walls), "closed" (connected through '
            f'closures) or "affine" (the same map, connected or not).',
            definition=definition,
        )


def checked_output(output: Any, output_dim: int, *, takes_argmax: bool = True) -> int | str | None:
    """Refuse what names no output; integers come back as int.

    Examples
    --------
    >>> checked_output(3, 2)
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `output` is 3, but the network has 2 outputs; it must be 0 to 1, ...
    """
    if output is None or (takes_argmax and isinstance(output, str) and output == ARGMAX):
        if output is not None and output_dim < 2:
            raise InvalidArgumentError(
                f'`output` is "argmax", but the network has {output_dim} output{"" if output_dim == 1 else "s"}, and a '
                f"decision needs two; leave `output` out.",
                output_dim=output_dim,
            )
        return output
    if isinstance(output, bool | np.bool_) or not isinstance(output, int | np.integer):
        argmax = '"argmax", ' if takes_argmax else ""
        raise InvalidArgumentError(
            f"`output` is {output!r}; it must be the number of an output, {argmax}or None for all outputs.",
            output=output,
        )
    if not 0 <= output < output_dim:
        has = f"{output_dim} output" + ("" if output_dim == 1 else "s")
        which = f"0 to {output_dim - 1}, counted from 0," if output_dim > 1 else "0"
        raise InvalidArgumentError(
            f"`output` is {output}, but the network has {has}; it must be {which} or None for all outputs.",
            output=output,
        )
    return int(output)


def _read_only(array: Any) -> Indices:
    view: Indices = np.ascontiguousarray(array, dtype=np.int64).view()
    view.flags.writeable = False
    return view
