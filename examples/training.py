"""What the training scripts share: a seeded ReLU network, a training loop, and the file format.

Needs the extra `train` (torch, scikit-learn).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

SHIPPED = Path(__file__).resolve().parent.parent / "polytope_engine" / "data"


def options(description: str, n_steps: int, folder: Path = SHIPPED) -> argparse.Namespace:
    """The options of a training script: `output`, a folder, and `steps`, of the optimizer."""
    default = "where the package keeps it" if folder == SHIPPED else str(folder)
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, metavar="DIR", help=f"where the .npz goes; default: {default}")
    parser.add_argument(
        "--quick", action="store_true", help="only see that it runs: two steps, into a new temporary folder"
    )
    chosen = parser.parse_args()
    chosen.steps = 2 if chosen.quick else n_steps
    if chosen.output is None:
        chosen.output = Path(tempfile.mkdtemp(prefix="polytope_engine_")) if chosen.quick else folder
    return chosen


def relu_network(widths: tuple[int, ...], seed: int) -> torch.nn.Sequential:
    """A network with ReLU between its linear layers; one thread, so that a run repeats to the bit."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    layers: list[torch.nn.Module] = []
    for n_in, n_out in pairwise(widths):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def train(
    network: torch.nn.Sequential,
    inputs: NDArray[np.float64],
    targets: NDArray[np.generic],
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    *,
    n_steps: int,
    weight_decay: float,
    batch: int = 256,
    rate: float = 5e-3,
) -> None:
    """AdamW on random batches; the learning rate falls to zero along a cosine."""
    x = torch.tensor(inputs, dtype=torch.float32)
    y = torch.as_tensor(targets)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=n_steps)
    for _ in range(n_steps):
        chosen = torch.randint(len(x), (batch,))
        optimizer.zero_grad()
        loss(network(x[chosen]), y[chosen]).backward()
        optimizer.step()
        schedule.step()


def save(network: torch.nn.Sequential, path: Path) -> None:
    """Write W0, b0, W1, b1, ... as float64, which holds the trained float32 weights exactly."""
    linear = [layer for layer in network if isinstance(layer, torch.nn.Linear)]
    arrays = {}
    for k, layer in enumerate(linear):
        arrays[f"W{k}"] = layer.weight.detach().numpy().astype(np.float64)
        arrays[f"b{k}"] = layer.bias.detach().numpy().astype(np.float64)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
    print(f"saved {path}")
