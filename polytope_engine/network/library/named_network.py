"""A network with known answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from polytope_engine.network.relu_network import ReLUNetwork


@dataclass(frozen=True, eq=False)
class NamedNetwork:
    """A network together with what is known about its regions.

    Attributes
    ----------
    name : str
        Unique in the library, such as ``"resonance(4)"``.
    network : ReLUNetwork
        The network.
    description : str
        What it shows.
    source : str
        Where it or its count comes from.
    n_regions : int or None
        Number of regions in all of R^d; None where it is not known.
    n_bounded : int or None
        How many of them are bounded.
    f_vector : tuple of int or None
        Numbers of cells of dimension 0, ..., d in all of R^d.
    bounded_f_vector : tuple of int or None
        How many of those cells are bounded, by dimension.
    characteristic_polynomial : tuple of int or None
        For hyperplane arrangements: the coefficients of chi(t), constant first. |chi(-1)| is the
        number of regions and, where some hyperplanes meet in a point, |chi(1)| that of bounded ones.
    counts : mapping of str to int
        Numbers of regions by definition, where they are known: "R1" activation patterns, "R2"
        those with interior, "R4" and "R5" open and closed linear regions, "R6" affine maps.
    domain_bounds : pair of tuples of float, or None
        Lower and upper corner of a box in which the regions were counted too.
    n_regions_in_domain : int or None
        Number of regions that meet the interior of that box.
    """

    name: str
    network: ReLUNetwork
    description: str
    source: str
    n_regions: int | None = None
    n_bounded: int | None = None
    f_vector: tuple[int, ...] | None = None
    bounded_f_vector: tuple[int, ...] | None = None
    characteristic_polynomial: tuple[int, ...] | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    domain_bounds: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    n_regions_in_domain: int | None = None

    @property
    def n_walls(self) -> int | None:
        """Number of cells of dimension d - 1, the edges of the adjacency graph, where known."""
        return None if self.f_vector is None else self.f_vector[-2]

    def __repr__(self) -> str:
        known = "" if self.n_regions is None else f", {self.n_regions:,} regions"
        return f"<NamedNetwork {self.name}: {self.network!r}{known}>"


def hidden_layers(*layers: tuple[Any, Any], output: Any = None) -> ReLUNetwork:
    """The network with these hidden layers and an output row (all ones if left out), bias 0."""
    width = np.shape(layers[-1][0])[0]
    rows = np.ones((1, width)) if output is None else np.atleast_2d(np.asarray(output, dtype=float))
    return ReLUNetwork([*layers, (rows, np.zeros(rows.shape[0]))])


def arrangement(normals: Sequence[Sequence[float]], offsets: Sequence[float] | None = None) -> ReLUNetwork:
    """One hidden layer whose bent hyperplanes are ``normal @ x + offset = 0``."""
    W = np.asarray(normals, dtype=float)
    return hidden_layers((W, np.zeros(len(W)) if offsets is None else np.asarray(offsets, dtype=float)))
