"""Train the classifier `two_moons.npz`: which of two interleaved half-moons is a point of?

    python examples/train_two_moons.py [--quick] [--output DIR]

2 inputs, 24 + 24 hidden neurons, 2 outputs (the scores of the two classes), cross-entropy loss with
weight decay. Takes some ten seconds on one core. Needs the extra `train`.
"""

from __future__ import annotations

import numpy as np
import torch
import training
from sklearn.datasets import make_moons

WIDTHS = (2, 24, 24, 2)
SEED = 0
NOISE = 0.15
N_TRAIN, N_TEST = 2_000, 2_000
N_STEPS = 6_000
WEIGHT_DECAY = 1e-2


def centered_moons(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of the two half-moons, shifted so that the pair is centered at the origin, and their classes."""
    points, classes = make_moons(n, noise=NOISE, random_state=seed)
    return 1.5 * (points - [0.5, 0.25]), classes


def accuracy(network: torch.nn.Module, points: np.ndarray, classes: np.ndarray) -> float:
    """The share of points whose class has the higher score."""
    with torch.no_grad():
        scores = network(torch.tensor(points, dtype=torch.float32))
    return float((scores.argmax(dim=1).numpy() == classes).mean())


def main() -> None:
    """Train, say how well it went, save."""
    options = training.options(__doc__, N_STEPS)
    points, classes = centered_moons(N_TRAIN, seed=1)
    network = training.relu_network(WIDTHS, SEED)
    training.train(
        network,
        points,
        classes,
        torch.nn.functional.cross_entropy,
        n_steps=options.steps,
        weight_decay=WEIGHT_DECAY,
    )
    print(f"accuracy: {accuracy(network, points, classes):.2%} of the training points", end="")
    print(f", {accuracy(network, *centered_moons(N_TEST, seed=2)):.2%} of the test points")
    training.save(network, options.output / "two_moons.npz")


if __name__ == "__main__":
    main()
