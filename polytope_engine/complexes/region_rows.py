"""The rows of a closed region, those of likely facets first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.ties import IntegerRow
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.polytope.inputs import Label
from polytope_engine.regions.region_set import RegionSet


def region_rows(
    regions: RegionSet, index: int, point: NDArray[np.float64] | None = None
) -> tuple[list[IntegerRow], list[Label]]:
    """Return the integer rows of a region and their labels, as `Region.polytope`, but for rows without a normal.

    Parameters
    ----------
    regions : RegionSet
    index : int
    point : ndarray of float64, shape (d,), optional
        Rows come in the order of their hyperplanes' distances from this point, in floating point; by default
        neurons in layer order come first, then the domain's rows.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> regions = pe.enumerate_regions(pe.library.identity().network, pe.box(-3, 1, dimension=1))
    >>> region_rows(regions, regions.locate([0.25]), np.array([0.9]))[1]
    [('domain', 0), ('neuron', 0, 0), ('neuron', 0, 1), ('domain', 1)]
    """
    network, signs = regions.network, regions.sign_vectors[index]
    rows: list[Any] = []
    labels: list[Label] = []
    places = []
    for layer, start in enumerate(network.layer_offsets):
        functions, _ = network.exact.pre_activation_rows(layer, signs)
        for i, function in enumerate(functions):
            if any(function[:-1]):
                rows.append(function if signs[start + i] > 0 else [-entry for entry in function])
                labels.append(("neuron", layer, i))
                places.append(start + i)
    if regions.domain is not None:
        for k, row in enumerate(regions.domain.exact_rows):
            if any(row[:-1]):
                rows.append(row)
                labels.append(("domain", k))
                places.append(network.n_neurons + k)
    if point is None:
        return rows, labels
    distances = np.nan_to_num(_distances(network, regions.domain, signs, point)[places], nan=np.inf)
    order = np.argsort(distances, kind="stable").tolist()
    return [rows[k] for k in order], [labels[k] for k in order]


def _distances(
    network: ReLUNetwork, domain: HPolytope | None, signs: NDArray[np.int8], point: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Rough distances from a point: of the neurons' hyperplanes on the region with these signs, then the domain's."""
    parts = [np.zeros(0)]
    h, linear = point, np.eye(network.input_dim)
    form = network.float_form
    with np.errstate(all="ignore"):
        for (W, b), slope, start in zip(form.weights[:-1], form.slopes, network.layer_offsets, strict=True):
            z, linear = W @ h + b, W @ linear
            parts.append(np.abs(z) / np.linalg.norm(linear, axis=1))
            factor = np.where(signs[start : start + len(b)] > 0, 1.0, slope)
            h, linear = factor * z, factor[:, np.newaxis] * linear
        if domain is not None:
            parts.append(np.abs(domain.b - domain.A @ point) / np.linalg.norm(domain.A, axis=1))
    return np.concatenate(parts)
