"""Training of small networks: what it gives, that it repeats, and that it leaves torch as it was."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from polytope_engine import ReLUNetwork
from polytope_engine.errors import InvalidArgumentError, MissingDependencyError, NumericalError
from polytope_engine.studies.data_sets import DataSet, digits, moons_domain, two_moons
from polytope_engine.studies.training_loop import RATES, STRENGTHS, Recipe, Snapshot, train

MOONS = two_moons(40, 60, seed=3)
LINE = DataSet(np.linspace(-1, 1, 20)[:, None], np.ones((20, 2)), np.zeros((3, 1)), np.ones((3, 2)))


def same(first: ReLUNetwork, second: ReLUNetwork) -> bool:
    return first.digest == second.digest


def last(data: DataSet, recipe: Recipe, *steps: int) -> Snapshot:
    return list(train(data, recipe, steps))[-1]


@pytest.mark.parametrize("optimizer", RATES)
@pytest.mark.parametrize("regularizer", STRENGTHS)
def test_every_recipe_repeats_whatever_else_is_asked_for_and_learns(optimizer: str, regularizer: str) -> None:
    recipe = Recipe((6, 5), optimizer, regularizer, batch=16, seed=4)
    first, _, third = train(MOONS, recipe, (0, 7, 60))
    torch.manual_seed(11)
    assert same(third.network, last(MOONS, recipe, 60).network)
    assert not same(third.network, last(MOONS, replace(recipe, seed=5), 60).network)
    assert third.train_loss < first.train_loss
    assert (first.network.hidden_widths, first.network.output_dim) == ((6, 5), 2)


def test_plain_gradient_descent_on_all_points_takes_the_steps_that_are_written_by_hand() -> None:
    recipe = Recipe(4, "sgd", rate=0.3, batch=1_000, seed=1)
    before, after = (shot.network for shot in train(MOONS, recipe, (0, 2)))
    (W, b), (V, c) = [[array.copy() for array in pair] for pair in before.weights]
    x, n = MOONS.points, len(MOONS.points)
    for _ in range(2):
        z = x @ W.T + b
        hidden = np.maximum(z, 0)
        scores = np.exp(hidden @ V.T + c)
        error = scores / scores.sum(axis=1, keepdims=True) - np.eye(2)[MOONS.targets]
        back = (error @ V) * (z > 0)
        for array, slope in ((W, back.T @ x), (b, back.sum(0)), (V, error.T @ hidden), (c, error.sum(0))):
            array -= 0.3 * slope / n
    for made, own in zip(after.weights, ((W, b), (V, c)), strict=True):
        np.testing.assert_allclose(made[0], own[0], atol=1e-5)
        np.testing.assert_allclose(made[1], own[1], atol=1e-5)


def test_momentum_weight_decay_and_adam_take_the_first_steps_of_their_definitions() -> None:
    def weights(optimizer: str, regularizer: str, n: int) -> np.ndarray:
        recipe = Recipe(4, optimizer, regularizer, rate=0.1, strength=0.5, batch=1_000)
        return last(MOONS, recipe, n).network.weights[0][0]

    start, plain = weights("sgd", "none", 0), weights("sgd", "none", 1)
    slope = (start - plain) / 0.1
    np.testing.assert_allclose(weights("momentum", "none", 1), plain, atol=1e-7)
    # The second step adds 0.9 of the first one, from where plain descent takes the same gradient.
    second = weights("sgd", "none", 2) + 0.9 * (plain - start)
    np.testing.assert_allclose(weights("momentum", "none", 2), second, atol=1e-6)
    np.testing.assert_allclose(
        weights("sgd", "weight_decay", 1), start - 0.1 * (slope + 0.5 * start), atol=1e-6
    )
    np.testing.assert_allclose(weights("adam", "none", 1), start - 0.1 * np.sign(slope), atol=1e-4)
    np.testing.assert_allclose(
        weights("adam", "weight_decay", 1), 0.95 * start - 0.1 * np.sign(slope), atol=1e-4
    )


def test_every_point_comes_once_before_one_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[torch.Tensor] = []
    data = DataSet(np.arange(12.0)[:, None], np.zeros((12, 1)), np.zeros((1, 1)), np.zeros((1, 1)))
    original = nn.functional.mse_loss
    numbered = replace(data, targets=np.arange(12.0)[:, None])
    monkeypatch.setattr(
        nn.functional, "mse_loss", lambda y, t: (seen.extend(t.ravel().tolist()), original(y, t))[1]
    )
    last(numbered, Recipe(2, "sgd", rate=1e-6, batch=5), 5)
    assert len(seen) == 25
    assert sorted(seen[:12]) == sorted(seen[12:24]) == list(range(12))
    assert seen[:12] != seen[12:24]


def test_losses_and_accuracies_are_those_of_the_network_that_is_given() -> None:
    shot = last(MOONS, Recipe((5, 4), regularizer="batch_norm"), 40)
    for points, classes, loss, accuracy in (
        (MOONS.points, MOONS.targets, shot.train_loss, shot.train_accuracy),
        (MOONS.test_points, MOONS.test_targets, shot.test_loss, shot.test_accuracy),
    ):
        scores = torch.tensor(shot.network(points))
        assert loss == pytest.approx(
            nn.functional.cross_entropy(scores, torch.tensor(classes)).item(), rel=1e-12
        )
        assert accuracy == (scores.argmax(dim=1).numpy() == classes).mean()
    values = last(LINE, Recipe(5), 30)
    assert values.train_loss == pytest.approx(((values.network(LINE.points) - 1) ** 2).mean())
    assert (values.train_accuracy, values.test_accuracy, values.network.output_dim) == (None, None, 2)


def test_a_falling_rate_ends_at_zero() -> None:
    def moved(*, falls: bool) -> float:
        _, first, second = train(MOONS, Recipe(8, "sgd", rate=0.1, batch=1_000, falls=falls), (0, 99, 100))
        return float(np.abs(first.network.weights[0][0] - second.network.weights[0][0]).max())

    assert moved(falls=True) < 1e-2 * moved(falls=False)


@pytest.mark.parametrize("is_deterministic", [False, True])
def test_torch_is_as_it_was_after_each_snapshot_and_after_a_failure(*, is_deterministic: bool) -> None:
    kept = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()

    def state() -> tuple[int, bool, bytes]:
        return (
            torch.get_num_threads(),
            torch.are_deterministic_algorithms_enabled(),
            torch.get_rng_state().numpy().tobytes(),
        )

    try:
        torch.set_num_threads(2)
        torch.use_deterministic_algorithms(is_deterministic)
        torch.manual_seed(9)
        before = state()
        for _ in train(MOONS, Recipe(4, regularizer="dropout"), (0, 3, 6)):
            assert state() == before
        assert state() == before
        with pytest.raises(NumericalError, match="learning rate"):
            last(LINE, Recipe(4, "sgd", rate=1e30), 30)
        assert state() == before
    finally:
        torch.set_num_threads(kept[0])
        torch.use_deterministic_algorithms(kept[1])


@pytest.mark.parametrize(
    "surroundings",
    [torch.no_grad, torch.inference_mode, lambda: torch.autocast("cpu"), lambda: torch.device("meta")],
)
def test_training_is_the_same_whatever_mode_torch_is_in(surroundings: Callable[[], Any]) -> None:
    recipe = Recipe(4, regularizer="batch_norm")
    with surroundings():
        quiet = [shot.network for shot in train(MOONS, recipe, (0, 2, 5))]
    for one, other in zip(quiet, train(MOONS, recipe, (0, 2, 5)), strict=True):
        assert same(one, other.network)


def test_batch_norm_is_folded_with_running_statistics() -> None:
    recipe = Recipe(6, "sgd", "batch_norm", rate=1e-12, batch=1_000)
    start, end = (shot.network for shot in train(MOONS, recipe, (0, 300)))
    # Weights hardly move, but running means and variances come to be those of the points.
    z = MOONS.points @ start.weights[0][0].T + start.weights[0][1]
    of_points = (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0, ddof=1) + 1e-5)
    np.testing.assert_allclose(end.pre_activations(MOONS.points), of_points, atol=1e-3)


def test_two_moons_lie_on_half_circles_that_interleave_and_in_their_domain() -> None:
    clean = two_moons(50, 2, noise=0.0, seed=1)
    first, second = (clean.points[clean.targets == k] + [0.5, 0.25] for k in (0, 1))
    assert len(first) == len(second) == 25
    np.testing.assert_allclose(np.hypot(*first.T), 1)
    np.testing.assert_allclose(np.hypot(*(second - [1.0, 0.5]).T), 1)
    assert first[:, 1].min() >= 0
    assert second[:, 1].max() <= 0.5
    noisy = two_moons(2_000, 2_000, seed=2)
    is_inside = (np.abs(noisy.points) <= [2, 1.25]).all(axis=1)
    assert is_inside.mean() > 0.99
    np.testing.assert_array_equal(moons_domain().contains(noisy.points), is_inside)
    np.testing.assert_array_equal(two_moons(20, seed=6).points, two_moons(20, seed=6).points)


def test_digits_are_split_without_overlap_and_noise_is_only_in_what_is_trained_on() -> None:
    clean, noisy = digits(900, seed=2), digits(900, label_noise=0.2, seed=2)
    assert len(clean.points) + len(clean.test_points) == 1_797
    assert (clean.points.min(), clean.points.max()) == (0, 1)
    np.testing.assert_array_equal(clean.points, noisy.points)
    np.testing.assert_array_equal(clean.test_targets, noisy.test_targets)
    assert (clean.targets != noisy.targets).sum() == 180
    together = np.vstack([clean.points, clean.test_points])
    assert len(np.unique(together, axis=0)) == len(np.unique(digits(5, seed=0).points, axis=0)) + len(
        np.unique(digits(5, seed=0).test_points, axis=0)
    )


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        (lambda: Recipe(()), "`hidden` is empty"),
        (lambda: Recipe(3, "lion"), "`optimizer` is 'lion'; it must be sgd, momentum or adam"),
        (lambda: Recipe(3, regularizer="early"), "`regularizer` is 'early'"),
        (lambda: Recipe(3, rate=0), "`rate` is 0"),
        (lambda: Recipe(3, rate=float("nan")), "`rate` is nan"),
        (lambda: Recipe(3, regularizer="dropout", strength=1.0), "a number from 0 and below 1"),
        (lambda: Recipe(3, regularizer="weight_decay", strength=-1), "`strength` is -1"),
        (
            lambda: Recipe(3, regularizer="batch_norm", batch=1),
            "`batch` is 1; it must be one integer, from 2",
        ),
        (lambda: Recipe(3, seed=-1), "`seed` is -1"),
        (lambda: train(MOONS, Recipe(3), ()), "`steps` is empty"),
        (lambda: train(MOONS, Recipe(3), (5, 5)), "larger than the one before"),
        (lambda: two_moons(1), "n_points"),
        (lambda: two_moons(noise=-1), "`noise` is -1"),
        (lambda: digits(1_797), "at most 1796"),
        (lambda: digits(label_noise=2), "`label_noise` is 2"),
        (lambda: replace(MOONS, targets=MOONS.targets[1:]), "39"),
        (lambda: replace(MOONS, targets=-MOONS.targets), "negative"),
        (lambda: replace(MOONS, test_points=MOONS.test_points[:, :1]), "`test_points` has shape"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_a_sentence(refused: object, sentence: str) -> None:
    with pytest.raises(InvalidArgumentError, match=sentence):
        refused()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("package", "work"), [("torch", lambda: last(MOONS, Recipe(3), 1)), ("sklearn", digits)]
)
def test_a_missing_package_is_named_with_what_to_install(
    package: str, work: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setitem(sys.modules, f"{package}.datasets", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "polytope_engine\[train\]"'):
        work()  # type: ignore[operator]


def test_every_regularizer_starts_from_the_same_weights_and_does_something() -> None:
    plain, *others = (list(train(MOONS, Recipe(6, regularizer=name), (0, 5))) for name in STRENGTHS)
    for start, end in others:
        np.testing.assert_allclose(start.network.weights[-1][0], plain[0].network.weights[-1][0], atol=1e-7)
        assert not same(end.network, plain[1].network)


def test_decoupled_weight_decay_is_ten_times_as_strong_unless_it_is_given() -> None:
    strengths = [Recipe(3, optimizer, "weight_decay").how_strong for optimizer in RATES]
    assert strengths == [0.01, 0.01, 0.1]
    assert Recipe(3, "adam", "weight_decay", strength=0.5).how_strong == 0.5
    assert Recipe(3, "adam", "dropout").how_strong == 0.2
