"""Train the controller `cart_pole.npz`: it swings a pole on a cart up, and balances it there.

    python examples/train_cartpole.py [--quick] [--output DIR]

The state is (position of the cart in m, its velocity, angle of the pole from upright in rad, its
angular velocity), the angle taken between -pi and pi. The teacher knows the physics: far from
upright it moves the cart so that the pole gains the energy that it lacks (K. Astrom, K. Furuta,
"Swinging up a pendulum by energy control", Automatica 2000), close to upright it is the
linear-quadratic regulator of the linearized system, and in between a blend of both; its force
approaches 30 N smoothly. The pupil, with 4 inputs, 32 + 32 hidden neurons and 1 output (the force
as a fraction of 30 N), learns the teacher's force by regression: on states spread over the box, on
states that the teacher visits, and then on states that it visits itself (DAgger: S. Ross,
G. Gordon, D. Bagnell, AISTATS 2011). Takes some fifteen seconds on one core. Needs the extra `train`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import training
from numpy.typing import NDArray
from scipy.linalg import solve_continuous_are

WIDTHS = (4, 32, 32, 1)
SEED = 0
N_STEPS = 20_000
WEIGHT_DECAY = 1e-3

GRAVITY = 9.81
CART_MASS, POLE_MASS = 1.0, 0.1
HALF_LENGTH = 0.5
LARGEST_FORCE = 30.0
PUMPING = 0.3
STATE_BOX = np.array([2.4, 4.0, np.pi, 8.0])
UPRIGHT = np.array([1.0, 0.5, 0.4, 0.5])
ANYWHERE = np.array([0.5, 0.5, np.pi, 1.0])
TIME_STEP = 0.02

FloatArray = NDArray[np.float64]
Controller = Callable[[FloatArray], FloatArray]


def motion(states: FloatArray, force: FloatArray) -> FloatArray:
    """The time derivative of states, shape (n, 4), under forces, shape (n,).

    Equations of a frictionless cart and pole as in A. Barto, R. Sutton, C. Anderson, "Neuronlike
    adaptive elements that can solve difficult learning control problems", IEEE Trans. SMC, 1983.
    """
    _, velocity, angle, spin = states.T
    sine, cosine = np.sin(angle), np.cos(angle)
    mass = CART_MASS + POLE_MASS
    push = (force + POLE_MASS * HALF_LENGTH * spin**2 * sine) / mass
    turn = (GRAVITY * sine - cosine * push) / (HALF_LENGTH * (4 / 3 - POLE_MASS * cosine**2 / mass))
    slide = push - POLE_MASS * HALF_LENGTH * turn * cosine / mass
    return np.column_stack([velocity, slide, spin, turn])


def linearized() -> tuple[FloatArray, FloatArray]:
    """A, shape (4, 4), and B, shape (4,), of the motion A s + B f near rest, pole upright."""
    step, rest, still = 1e-6, np.zeros((1, 4)), np.zeros(1)
    columns = [
        (motion(step * e[np.newaxis], still) - motion(-step * e[np.newaxis], still))[0] for e in np.eye(4)
    ]
    B = (motion(rest, still + step) - motion(rest, still - step))[0]
    return np.column_stack(columns) / (2 * step), B / (2 * step)


def teacher() -> Controller:
    """Energy control far from upright, the linear regulator close to it; a fraction of the largest force."""
    A, B = linearized()
    cost, effort = np.diag([1.0, 0.1, 10.0, 0.1]), 0.1
    gains = B @ solve_continuous_are(A, B[:, np.newaxis], cost, [[effort]]) / effort

    def controller(states: FloatArray) -> FloatArray:
        position, velocity, angle, spin = states.T
        lacking = GRAVITY * (1 - np.cos(angle)) - 2 / 3 * HALF_LENGTH * spin**2
        slide = -PUMPING * lacking * spin * np.cos(angle) - 2.0 * position - 2.0 * velocity
        # the acceleration of the cart is affine in the force
        at_rest = motion(states, np.zeros(len(states)))[:, 1]
        a_newton = motion(states, np.ones(len(states)))[:, 1] - at_rest
        pump = (slide - at_rest) / a_newton
        near = np.exp(-((angle / 0.6) ** 2 + (spin / 3.0) ** 2))
        force: FloatArray = near * -(states @ gains) + (1 - near) * pump
        return np.tanh(force / LARGEST_FORCE)

    return controller


def pupil(network: torch.nn.Module) -> Controller:
    """The network as a controller."""

    def controller(states: FloatArray) -> FloatArray:
        with torch.no_grad():
            outputs: FloatArray = network(torch.tensor(states, dtype=torch.float32)).numpy()[:, 0]
        return outputs.astype(np.float64)

    return controller


def paths(controller: Controller, states: FloatArray, seconds: float) -> FloatArray:
    """The states that a controller goes through, shape (n_times, n, 4): Runge-Kutta, force held a step."""
    path = [states]
    for _ in range(round(seconds / TIME_STEP)):
        force = LARGEST_FORCE * np.clip(controller(states), -1, 1)
        k1 = motion(states, force)
        k2 = motion(states + TIME_STEP / 2 * k1, force)
        k3 = motion(states + TIME_STEP / 2 * k2, force)
        k4 = motion(states + TIME_STEP * k3, force)
        states = states + TIME_STEP / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states[:, 2] = (states[:, 2] + np.pi) % (2 * np.pi) - np.pi
        path.append(states)
    return np.array(path)


def share_balanced(controller: Controller, starts: FloatArray, seconds: float = 15.0) -> float:
    """The share of starts from which the pole ends upright, and everything at rest near the middle."""
    last = paths(controller, starts, seconds)[-1]
    return float((np.abs(last) <= [0.2, 0.1, 0.05, 0.1]).all(axis=1).mean())


def visited(controller: Controller, n: int, generator: np.random.Generator) -> FloatArray:
    """States inside the box that a controller goes through from random starts in four seconds."""
    path = paths(controller, generator.uniform(-STATE_BOX, STATE_BOX, size=(n, 4)), 4.0)
    states = path[::10].reshape(-1, 4)
    return states[(np.abs(states) <= STATE_BOX).all(axis=1)]


def root_mean_square(network: torch.nn.Module, expert: Controller, states: FloatArray) -> float:
    """The typical difference between pupil and teacher, in newtons."""
    return float(LARGEST_FORCE * np.sqrt(np.mean((pupil(network)(states) - expert(states)) ** 2)))


def squared(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean squared error."""
    return torch.nn.functional.mse_loss(outputs[:, 0], targets)


def main() -> None:
    """Teach, say how well it went, save."""
    options = training.options(__doc__, N_STEPS)
    generator = np.random.default_rng(SEED)
    expert = teacher()
    states = np.vstack(
        [generator.uniform(-STATE_BOX, STATE_BOX, size=(20_000, 4)), visited(expert, 500, generator)]
    )
    network = training.relu_network(WIDTHS, SEED)
    for lesson in range(2):
        if lesson:
            states = np.vstack([states, visited(pupil(network), 500, generator)])
        training.train(
            network,
            states,
            expert(states).astype(np.float32),
            squared,
            n_steps=options.steps // 2,
            weight_decay=WEIGHT_DECAY,
        )
    fresh = np.random.default_rng(SEED + 1)
    tests = np.vstack([fresh.uniform(-STATE_BOX, STATE_BOX, size=(5_000, 4)), visited(expert, 100, fresh)])
    print(
        f"root mean square error: {root_mean_square(network, expert, states):.3f} N on {len(states):,} training "
        f"states, {root_mean_square(network, expert, tests):.3f} N on {len(tests):,} test states"
    )
    for words, box in (("upright", UPRIGHT), ("anywhere", ANYWHERE)):
        starts = fresh.uniform(-box, box, size=(1_000, 4))
        print(
            f"balanced 15 s after 1,000 random starts, {words}: {share_balanced(pupil(network), starts):.1%} "
            f"by the network, {share_balanced(expert, starts):.1%} by its teacher"
        )
    training.save(network, options.output / "cart_pole.npz")


if __name__ == "__main__":
    main()
