"""Count the regions of a network with affinitree, in its own environment: a line of JSON."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from affinitree import AffFunc, Architecture, builder


def main() -> None:
    arrays = np.load(sys.argv[1])
    n_layers = sum(name.startswith("W") for name in arrays.files)
    architecture = Architecture(arrays["W0"].shape[1])
    for k in range(n_layers):
        architecture.linear(AffFunc.from_mats(arrays[f"W{k}"], arrays[f"b{k}"]))
        if k < n_layers - 1:
            architecture.relu()
    rounds: list[float] = []
    while len(rounds) < 3 and sum(rounds) < 2:
        start = time.process_time()
        tree = builder.from_layers(architecture)
        rounds.append(time.process_time() - start)
    seconds = min(rounds)
    sys.stdout.write("\n" + json.dumps({"n_regions": tree.num_terminals(), "seconds": seconds}) + "\n")


if __name__ == "__main__":
    main()
