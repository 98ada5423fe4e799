"""Train the signed distance function of a torus, and look at the surface that the network makes of it.

    python examples/train_torus.py [--quick] [--output DIR]

3 inputs, 24 + 24 hidden neurons, 1 output: the distance to the torus, negative inside. The set where it is zero
consists of flat polygons, one in each region that it crosses. That they close up to a surface of genus 1 is counted,
not seen. Writes `torus.npz`, `torus.ply` and `torus.png`. Takes about a minute on one core. Needs the extra `train`.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
import training

import polytope_engine as pe

WIDTHS = (3, 24, 24, 1)
SEED = 0
MAJOR, MINOR = 0.6, 0.25
N_POINTS = 20_000
N_STEPS = 6_000
WEIGHT_DECAY = 1e-4
BOX = pe.box(-1, 1, dimension=3)


def distance(points: np.ndarray) -> np.ndarray:
    """The signed distance from a torus around the z axis: MAJOR from the axis to the middle of the tube."""
    from_axis = np.hypot(points[:, 0], points[:, 1])
    return np.hypot(from_axis - MAJOR, points[:, 2]) - MINOR


def sample(n: int, seed: int) -> np.ndarray:
    """Points of the cube, three quarters of them near the surface."""
    generator = np.random.default_rng(seed)
    around, tube = generator.uniform(0, 2 * np.pi, size=(2, 3 * n // 4))
    reach = MINOR + generator.normal(scale=0.1, size=len(around))
    from_axis = MAJOR + reach * np.cos(tube)
    near = np.column_stack([from_axis * np.cos(around), from_axis * np.sin(around), reach * np.sin(tube)])
    return np.vstack([near, generator.uniform(-1, 1, size=(n - len(near), 3))])


def trained(n_steps: int) -> torch.nn.Sequential:
    """The network."""
    points = sample(N_POINTS, seed=1)
    network = training.relu_network(WIDTHS, SEED)
    training.train(
        network,
        points,
        distance(points)[:, np.newaxis].astype(np.float32),
        torch.nn.functional.smooth_l1_loss,
        n_steps=n_steps,
        weight_decay=WEIGHT_DECAY,
    )
    return network


def say_what_surface(surface: pe.Boundary) -> None:
    """Print the numbers of the surface, and which one it is."""
    print(surface)
    vertices, edges, pieces = surface.f_vector()
    print(f"{vertices:,} vertices - {edges:,} edges + {pieces:,} polygons = {surface.euler_characteristic()}")
    print(f"Betti numbers over GF(2): {surface.betti_numbers()}; area {surface.total_area:.4f}", end="")
    print(f" (a smooth torus has {4 * np.pi**2 * MAJOR * MINOR:.4f})")
    if surface.is_closed_manifold():
        n = surface.n_connected_components
        print(f"a closed surface with {n} component{'' if n == 1 else 's'}, genus {surface.genus()}")
    else:
        print("not a closed surface")


def main() -> None:
    """Train, find the surface, say what it is, save and draw it."""
    options = training.options(__doc__, N_STEPS, Path("torus"))
    network = trained(options.steps)
    training.save(network, options.output / "torus.npz")
    start = time.perf_counter()
    regions = pe.enumerate_regions(pe.ReLUNetwork.from_torch(network), BOX)
    print(regions)
    surface = regions.level_set(0)
    say_what_surface(surface)
    print(f"regions and surface took {time.perf_counter() - start:.1f} s")
    if surface.is_bounded.all():
        surface.save(options.output / "torus.ply")
        print(f"saved {options.output / 'torus.ply'}")
    surface.plot().figure.savefig(options.output / "torus.png", dpi=150)
    print(f"saved {options.output / 'torus.png'}")


if __name__ == "__main__":
    main()
