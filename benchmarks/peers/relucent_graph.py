"""The dual graph of a network by relucent, in its own environment: a line of JSON."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import torch
from relucent import Complex


def main() -> None:
    arrays = np.load(sys.argv[1])
    n_layers = sum(name.startswith("W") for name in arrays.files)
    layers: list[torch.nn.Module] = []
    for k in range(n_layers):
        weights, biases = torch.tensor(arrays[f"W{k}"]), torch.tensor(arrays[f"b{k}"])
        linear = torch.nn.Linear(weights.shape[1], weights.shape[0]).double()
        with torch.no_grad():
            linear.weight.copy_(weights)
            linear.bias.copy_(biases)
        layers += [linear] if k == n_layers - 1 else [linear, torch.nn.ReLU()]
    cells = Complex(torch.nn.Sequential(*layers))
    start = time.perf_counter()
    cells.bfs(nworkers=1)
    graph = cells.dual_graph()
    seconds = time.perf_counter() - start
    answer = {"n_regions": graph.number_of_nodes(), "n_walls": graph.number_of_edges(), "seconds": seconds}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
