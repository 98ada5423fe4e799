"""Count the regions of a network with relucent, in its own environment: a line of JSON."""

from __future__ import annotations

import json
import os
import sys

import numpy as np
import torch
from relucent import Complex


def seconds() -> float:
    """Processor time, with that of processes that have ended."""
    return sum(os.times()[:4])


def main() -> None:
    torch.set_num_threads(1)
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
    start = seconds()
    cells.bfs(nworkers=1)
    answer = {"n_regions": len(cells), "seconds": seconds() - start}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
