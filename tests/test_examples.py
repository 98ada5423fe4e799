"""The networks that come with the package, and the scripts that made them."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

import polytope_engine as pe
from polytope_engine.data import DOMAIN_BOUNDS, load_demo

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def script(monkeypatch: pytest.MonkeyPatch, name: str) -> ModuleType:
    """A training script as a module."""
    monkeypatch.syspath_prepend(EXAMPLES)
    return __import__(name)


Cell = tuple[NDArray[np.float64], NDArray[np.bool_]]


def halves(vertices: NDArray[np.float64], facets: NDArray[np.bool_], row: NDArray[np.float64]) -> list[Cell]:
    """The two parts into which a hyperplane cuts a simple polytope; none if it misses it.

    Another way than the package's: no linear programs, but vertices and the facets they are on. Two
    vertices are ends of an edge if they share d - 1 facets.
    """
    values = vertices @ row[:-1] + row[-1]
    above = values > 0
    if above.all() or not above.any():
        return []
    shared = facets[above].astype(np.int64) @ facets[~above].T.astype(np.int64)
    i, j = np.nonzero(shared >= vertices.shape[1] - 1)
    p, q = values[above][i], values[~above][j]
    ends = vertices[above][i], vertices[~above][j]
    new = ends[0] + (p / (p - q))[:, np.newaxis] * (ends[1] - ends[0])
    of_new = facets[above][i] & facets[~above][j]
    parts = []
    for side in (above, ~above):
        old, on_cut = vertices[side], np.repeat([False, True], [side.sum(), len(new)])
        on = np.column_stack([np.vstack([facets[side], of_new]), on_cut])
        parts.append((np.vstack([old, new]), on[:, on.any(axis=0)]))
    return parts


def n_regions_by_vertices(network: pe.ReLUNetwork, lower: list[float], upper: list[float]) -> int:
    """Count the regions in a box by cutting it, in floating point: right for generic weights."""
    corners = np.array(list(product(*zip(lower, upper, strict=True))))
    box = corners, np.hstack([corners == lower, corners == upper])

    def count(cell: Cell, layer: int, maps: NDArray[np.float64]) -> int:
        if layer == network.n_hidden_layers:
            return 1
        W, b = network.weights[layer]
        rows = W @ maps
        rows[:, -1] += b
        pieces = [(cell, np.zeros_like(rows))]
        for k, row in enumerate(rows):
            cut = []
            for (vertices, facets), active in pieces:
                positive = active.copy()
                positive[k] = row
                parts = halves(vertices, facets, row)
                if parts:
                    cut += [(parts[0], positive), (parts[1], active)]
                else:
                    is_positive = bool(vertices[0] @ row[:-1] + row[-1] > 0)
                    cut.append(((vertices, facets), positive if is_positive else active))
            pieces = cut
        return sum(count(piece, layer + 1, active) for piece, active in pieces)

    return count(box, 0, np.eye(network.input_dim + 1)[:-1])


@pytest.mark.parametrize("name", DOMAIN_BOUNDS)
def test_counting_with_vertices_gives_the_same_number_for_a_shipped_network(name: str) -> None:
    network, domain = load_demo(name)
    assert n_regions_by_vertices(network, *DOMAIN_BOUNDS[name]) == int(pe.count_regions(network, domain))


@pytest.mark.parametrize(("name", "n_regions"), [("two_moons", 1_383), ("cart_pole", 20_701)])
def test_a_shipped_network_has_as_many_regions_as_its_table_says(name: str, n_regions: int) -> None:
    count = pe.count_regions(*load_demo(name))
    assert (count.n_regions, count.status.is_complete) == (n_regions, True)
    table = (Path(pe.__file__).parent / "data" / "README.md").read_text()
    assert f"{n_regions:,}" in table
    network, _ = load_demo(name)
    assert "-".join(map(str, (network.input_dim, *network.hidden_widths, network.output_dim))) in table


@pytest.mark.parametrize("name", DOMAIN_BOUNDS)
def test_no_two_samples_of_a_region_disagree_with_the_enumeration_of_a_shipped_network(name: str) -> None:
    network, domain = load_demo(name)
    regions = pe.enumerate_regions(network, domain)
    points = np.random.default_rng(0).uniform(*DOMAIN_BOUNDS[name], size=(5_000, network.input_dim))
    found = regions.locate(points)
    assert (found >= 0).all()
    np.testing.assert_array_equal(regions.sign_vectors[found], network.sign_vector(points))


@pytest.mark.parametrize("name", DOMAIN_BOUNDS)
def test_the_weights_of_a_shipped_network_are_float32_numbers(name: str) -> None:
    for weight, bias in load_demo(name)[0].weights:
        for array in (weight, bias):
            np.testing.assert_array_equal(array, array.astype(np.float32).astype(np.float64))


def test_the_shipped_classifier_tells_the_moons_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    moons = script(monkeypatch, "train_two_moons")
    network, _ = load_demo("two_moons")
    points, classes = moons.centered_moons(2_000, seed=7)
    assert (network(points).argmax(axis=1) == classes).mean() > 0.97


@pytest.mark.parametrize("starts", ["UPRIGHT", "ANYWHERE"])
def test_the_shipped_controller_balances_the_pole_from_every_start(
    monkeypatch: pytest.MonkeyPatch, starts: str
) -> None:
    cart_pole = script(monkeypatch, "train_cartpole")
    network, _ = load_demo("cart_pole")
    box = getattr(cart_pole, starts)
    states = np.random.default_rng(5).uniform(-box, box, size=(200, 4))
    assert cart_pole.share_balanced(lambda s: network(s)[:, 0], states) == 1.0
    assert cart_pole.share_balanced(lambda s: np.zeros(len(s)), states) == 0.0


def test_the_cart_and_pole_keep_their_energy_when_no_force_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    cart_pole = script(monkeypatch, "train_cartpole")
    states = np.random.default_rng(6).uniform(-1, 1, size=(50, 4)) * cart_pole.ANYWHERE
    path = cart_pole.paths(lambda s: np.zeros(len(s)), states, seconds=5.0)

    def energy(states: np.ndarray) -> np.ndarray:
        _, velocity, angle, spin = states.T
        m, half = cart_pole.POLE_MASS, cart_pole.HALF_LENGTH
        moving = 0.5 * (cart_pole.CART_MASS + m) * velocity**2 + m * half * velocity * spin * np.cos(angle)
        return moving + 2 / 3 * m * half**2 * spin**2 + m * cart_pole.GRAVITY * half * np.cos(angle)

    np.testing.assert_allclose(energy(path[-1]), energy(path[0]), atol=1e-4)


@pytest.mark.parametrize(("name", "saved"), [("two_moons", "two_moons"), ("cartpole", "cart_pole")])
def test_a_training_script_writes_a_network_of_the_shipped_shape(
    name: str, saved: str, tmp_path: Path
) -> None:
    command = [sys.executable, EXAMPLES / f"train_{name}.py", "--quick", "--output", tmp_path]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"saved {tmp_path / saved}.npz" in run.stdout
    made, (shipped, _) = pe.load_network(tmp_path / f"{saved}.npz"), load_demo(saved)
    assert [w.shape for w, _ in made.weights] == [w.shape for w, _ in shipped.weights]


def test_a_quick_run_leaves_the_shipped_networks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    training = script(monkeypatch, "training")
    monkeypatch.setattr(sys, "argv", ["train.py", "--quick"])
    quick = training.options("What it does.", n_steps=100)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    full = training.options("What it does.", n_steps=100)
    assert (full.output, full.steps) == (Path(pe.__file__).parent / "data", 100)
    assert quick.output.is_dir()
    assert quick.output != full.output
    assert quick.steps < full.steps
    quick.output.rmdir()


def test_the_quickstart_counts_the_shipped_classifier() -> None:
    run = subprocess.run(
        [sys.executable, EXAMPLES / "quickstart.py"], capture_output=True, text=True, check=True
    )
    assert "<RegionSet: 1383 regions of 2-24-24-2 in R^2, complete>" in run.stdout
    assert "On all of R^2 it has 1,582 regions." in run.stdout


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(pe.errors.InvalidArgumentError, match=r"'three_moons'.*'two_moons' and 'cart_pole'"):
        load_demo("three_moons")
