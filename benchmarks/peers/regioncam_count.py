"""Count the regions of a network in [-1, 1]^2 with regioncam, in its own environment: a line of JSON."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from regioncam import Regioncam


def main() -> None:
    arrays = np.load(sys.argv[1])
    n_layers = sum(name.startswith("W") for name in arrays.files)
    # x @ weight + bias; the last layer has no ReLU and cuts nothing
    layers = [
        (
            np.ascontiguousarray(arrays[f"W{k}"].T, dtype=np.float32),
            arrays[f"b{k}"].astype(np.float32),
        )
        for k in range(n_layers - 1)
    ]
    rounds = []
    for _ in range(3):
        start = time.process_time()
        plane = Regioncam(size=1)
        for weight, bias in layers:
            plane.linear(weight, bias)
            plane.relu()
        rounds.append(time.process_time() - start)
    answer = {"n_regions": plane.num_faces, "seconds": min(rounds)}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
