"""What lies across the facets of a region, decided exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.network.exact_maps import ExactMaps
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.facet import Facet

if TYPE_CHECKING:
    from polytope_engine.regions.region import Region

Signs = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Neighbor:
    """A region across a facet.

    Attributes
    ----------
    facet : Facet
        The shared facet, with the outward normal of the region that was asked.
    sign_vector : ndarray of int8, shape (N,)
        The signs beyond the facet.
    index : int or None
        The region's index in the set; None if the set, being incomplete, lacks it.
    """

    facet: Facet
    sign_vector: Signs
    index: int | None

    def __repr__(self) -> str:
        where = "a region that the set lacks" if self.index is None else f"region {self.index}"
        names = ", ".join(str(label) for label in self.facet.labels)
        return f"<Neighbor: {where} across {names}>"


def neighbors(region: Region) -> list[Neighbor]:
    """The regions that share a facet with a region, one for each facet inside the domain.

    A facet on a domain row is the domain's boundary, even if neurons vanish there too: nothing lies
    beyond.

    Notes
    -----
    *Every other facet is shared with exactly one region, in full.* On the closed region each neuron is
    affine and keeps its sign, so in the facet's relative interior exactly those neurons vanish that are
    zero on the facet's whole hyperplane or on the whole region; the others keep their signs nearby.
    Beyond the facet, layer after layer, a neuron of the first kind is affine as well and, the network
    being continuous, vanishes on the facet: it is a multiple of the facet's own function, so its sign
    is that of its derivative along the outward normal, and the same all along the facet. So no wall
    begins or ends inside a facet, and no point of the facet is needed to see what lies beyond.

    The cost is that of the region's facets; only layers with a neuron on the facet, or identically
    zero, are looked at again.

    Examples
    --------
    Two entries change across the wall of two neurons that share it:

    >>> import polytope_engine as pe
    >>> regions = pe.enumerate_regions(pe.ReLUNetwork([([[1], [-2]], [0, 0]), ([[1, 1]], [0])]))
    >>> left = regions[regions.locate([-1.0])]
    >>> left.sign_vector, [neighbor.sign_vector for neighbor in neighbors(left)]
    (array([-1,  1], dtype=int8), [array([ 1, -1], dtype=int8)])
    """
    regions = region.regions
    facets = [facet for facet in region.facets() if all(label[0] == "neuron" for label in facet.labels)]
    if not facets:
        return []
    beyond = np.array([signs_beyond(regions.network, region.sign_vector, facet) for facet in facets])
    found = regions.sign_index.find(beyond)
    return [
        Neighbor(facet, signs, int(k) if k >= 0 else None)
        for facet, signs, k in zip(facets, beyond, found, strict=True)
    ]


def signs_beyond(network: ReLUNetwork, sign_vector: Signs, facet: Facet) -> Signs:
    """The sign vector across a facet that carries neurons only.

    Parameters
    ----------
    network : ReLUNetwork
    sign_vector : ndarray of int8, shape (N,)
        The signs on this side.
    facet : Facet
        A facet of the cell with these signs, labeled with all its neurons.

    Returns
    -------
    ndarray of int8, shape (N,)

    References
    ----------
    The derivation stands in the notes of `neighbors`.
    """
    on_facet = [network.layer_offsets[layer] + i for _, layer, i in facet.labels]
    return signs_across(
        network.exact, network.layer_offsets, sign_vector, on_facet, list(facet.exact_row[:-1])
    )


def signs_across(
    maps: ExactMaps,
    layer_offsets: Sequence[int] | NDArray[np.int64],
    sign_vector: Signs,
    on_facet: Sequence[int],
    inward: Sequence[Any],
) -> Signs:
    """The sign vector across a facet.

    Parameters
    ----------
    maps : ExactMaps
        The network's affine maps.
    layer_offsets : sequence of int
        Where each hidden layer begins in the sign vector.
    sign_vector : ndarray of int8, shape (N,)
        The signs on this side.
    on_facet : sequence of int
        The neurons that vanish on the facet, by their places in the sign vector; those that vanish on the whole
        cell need not be named.
    inward : sequence of d integers
        A normal of the facet that points into the cell.

    Returns
    -------
    ndarray of int8, shape (N,)

    References
    ----------
    The derivation stands in the notes of `neighbors`.
    """
    is_open = sign_vector == 0
    is_open[list(on_facet)] = True
    signs = sign_vector.copy()
    ends = [*layer_offsets[1:], len(signs)]
    for layer, (start, end) in enumerate(zip(layer_offsets, ends, strict=True)):
        open_neurons = np.flatnonzero(is_open[start:end])
        if not len(open_neurons):
            continue
        functions, _ = maps.pre_activation_rows(layer, signs)
        for i in open_neurons:
            derivative = -sum(a * n for a, n in zip(functions[i], inward, strict=False))
            signs[start + i] = (derivative > 0) - (derivative < 0)
    return signs
