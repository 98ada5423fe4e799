"""Networks with torch's default initialization, files of them, and seconds of one core."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import make_nets
import numpy as np

import polytope_engine as pe

# Without the processor's other work: one thread runs, or all of its threads count.
CLOCK = time.process_time


def torch_default(*widths: int, seed: int = 0) -> pe.ReLUNetwork:
    """Uniform weights and biases within 1 / sqrt(fan-in), in the float32 that torch would hold."""
    rng = np.random.default_rng(seed)
    layers = []
    for n_in, n_out in pairwise(widths):
        bound = 1 / np.sqrt(n_in)
        drawn = [rng.uniform(-bound, bound, shape).astype(np.float32) for shape in ((n_out, n_in), (n_out,))]
        layers.append((drawn[0].astype(float), drawn[1].astype(float)))
    return pe.ReLUNetwork(layers)


def file_named(folder: Path, scratch: Path, name: str) -> Path | None:
    """The file of a network of the folder, made now if that is how it is kept; or None."""
    path = folder / f"{name}.npz"
    if not path.is_file() and path.stem in make_nets.MADE_ON_DEMAND:
        return make_nets.write_random(scratch, make_nets.MADE_ON_DEMAND[path.stem])
    return path if path.is_file() else None


def seconds_of(function: Callable[[], object], rounds: int = 3) -> float:
    """The median of some rounds."""
    seconds = []
    for _ in range(rounds):
        start = CLOCK()
        function()
        seconds.append(CLOCK() - start)
    return statistics.median(seconds)
