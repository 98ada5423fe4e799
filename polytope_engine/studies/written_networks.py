"""Networks as rows of a table, so that a study that is loaded again can draw them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.studies.result import Table

WEIGHT_COLUMNS = {
    "layer": "number of the layer, from 0",
    "neuron": "number of the neuron in its layer, from 0",
    "bias": "its bias",
    "weights": "its weights, one for each neuron of the layer before, as text",
}


def widths_of(network: ReLUNetwork) -> str:
    """Its widths as text: inputs, hidden layers, outputs.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> widths_of(pe.library.dead_layer().network)
    '2-2-1-1'
    """
    return "-".join(map(str, (network.input_dim, *network.hidden_widths, network.output_dim)))


def rows_of_network(network: ReLUNetwork) -> Iterator[dict[str, Any]]:
    """The rows of a ReLU network, with `WEIGHT_COLUMNS`.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> next(rows_of_network(pe.ReLUNetwork([([[1, 0.1]], [0]), ([[1]], [0])])))
    {'layer': 0, 'neuron': 0, 'bias': 0.0, 'weights': '1.0 0.1'}
    """
    for k, (W, b) in enumerate(network.weights):
        for neuron, (weights, bias) in enumerate(zip(W.tolist(), b.tolist(), strict=True)):
            yield {"layer": k, "neuron": neuron, "bias": bias, "weights": " ".join(map(repr, weights))}


def network_of_rows(table: Table) -> ReLUNetwork:
    """The network of such rows, to the last bit; they hold one network only.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.library.hat().network
    >>> table = Table("", WEIGHT_COLUMNS, tuple(rows_of_network(net)))
    >>> network_of_rows(table).digest == net.digest
    True
    """
    layers = []
    for k in table.distinct("layer"):
        rows = table.where(layer=k)
        layers.append(([[float(w) for w in text.split()] for text in rows["weights"]], rows["bias"]))
    return ReLUNetwork(layers)
