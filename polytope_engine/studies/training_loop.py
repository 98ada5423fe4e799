"""Training of small ReLU networks, and the network at chosen steps of it. Needs the extra `train` (torch)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from polytope_engine.errors import InvalidArgumentError, MissingDependencyError, NumericalError
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.studies.checked_settings import (
    checked_choices,
    checked_integer,
    checked_integers,
    checked_seed,
)
from polytope_engine.studies.data_sets import DataSet, FloatArray, Targets

RATES = {"sgd": 0.1, "momentum": 0.05, "adam": 0.01}
"""The optimizers, and the learning rate that each has unless another is given."""

STRENGTHS = {"none": 0.0, "weight_decay": 0.01, "dropout": 0.2, "batch_norm": 0.0}
"""The regularizers, and the strength of each unless another is given: the factor of weight decay (with "adam", where it
is decoupled, ten times as much), or the probability of dropout."""

MOMENTUM = 0.9


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes
    ----------
    hidden : sequence of int
        Neurons of each hidden layer.
    optimizer : str
        "sgd" (plain stochastic gradient descent), "momentum" (the same with momentum 0.9) or "adam".
    regularizer : str
        "none", "weight_decay" (with "adam" decoupled, as in AdamW), "dropout" (after each ReLU) or "batch_norm" (of
        pre-activations).
    rate : float, optional
        The learning rate; by default that of `RATES`.
    strength : float, optional
        Of the regularizer; by default that of `STRENGTHS`.
    batch : int
        Points of a step; every point comes once before one comes again. At most as many as there are.
    falls : bool
        Whether the learning rate falls to zero along a cosine; otherwise it stays.
    seed : int
        Of first weights (torch's uniform ones), batches and dropout.

    Raises
    ------
    InvalidArgumentError
        If one of these is not what it must be.

    Examples
    --------
    >>> Recipe((16, 16), optimizer="adam").learning_rate
    0.01
    >>> Recipe(8, optimizer="lion")
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `optimizer` is 'lion'; it must be sgd, momentum or adam.
    """

    hidden: Sequence[int] | int
    optimizer: str = "adam"
    regularizer: str = "none"
    rate: float | None = None
    strength: float | None = None
    batch: int = 32
    falls: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", checked_integers(self.hidden, "hidden"))
        checked_choices(self.optimizer, RATES, "optimizer")
        checked_choices(self.regularizer, STRENGTHS, "regularizer")
        if not _is_number(self.learning_rate) or not 0 < self.learning_rate < np.inf:
            raise InvalidArgumentError(
                f"`rate` is {self.rate!r}; it must be a positive number.", rate=self.rate
            )
        most = 1.0 if self.regularizer == "dropout" else np.inf
        if not _is_number(self.how_strong) or not 0 <= self.how_strong < most:
            limit = "a number from 0" + (" and below 1" if most == 1 else "")
            raise InvalidArgumentError(f"`strength` is {self.strength!r}; it must be {limit}.")
        checked_integer(self.batch, "batch", least=2 if self.regularizer == "batch_norm" else 1)
        checked_seed(self.seed)

    @property
    def learning_rate(self) -> float:
        """The learning rate, given or by default."""
        return RATES[self.optimizer] if self.rate is None else self.rate

    @property
    def how_strong(self) -> float:
        """The strength of the regularizer, given or by default."""
        if self.strength is not None:
            return self.strength
        is_decoupled = self.optimizer == "adam" and self.regularizer == "weight_decay"
        return STRENGTHS[self.regularizer] * (10.0 if is_decoupled else 1.0)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A network at a step of its training.

    Attributes
    ----------
    step : int
        Steps of the optimizer done; 0 before the first.
    network : ReLUNetwork
        As it answers after training: without dropout, and batch norm folded into the affine maps, with the running
        means and variances; these are products and sums in rational arithmetic, rounded once.
    train_loss, test_loss : float
        Mean cross-entropy (nats) of this network for classes, mean squared error for values.
    train_accuracy, test_accuracy : float or None
        The share of points whose class has the highest score; None for values.
    """

    step: int
    network: ReLUNetwork
    train_loss: float
    test_loss: float
    train_accuracy: float | None
    test_accuracy: float | None


def train(data: DataSet, recipe: Recipe, steps: Sequence[int]) -> Iterator[Snapshot]:
    """Train a network, and give it at some steps.

    Parameters
    ----------
    data : DataSet
    recipe : Recipe
    steps : sequence of int
        At which, ascending, from 0 (before training); the last is where training ends.

    Yields
    ------
    Snapshot
        One for each of the steps. What one step gives does not depend on which others are asked for, save that a rate
        that falls does so until the last of them.

    Raises
    ------
    InvalidArgumentError
        If the steps do not ascend from 0, or the batch of batch norm has one point.
    NumericalError
        If weights become infinite.
    MissingDependencyError
        If torch is not installed.

    Notes
    -----
    In float32, on one thread, by deterministic algorithms: the same recipe gives the same network on the same kind of
    processor with the same version of torch. Torch's number of threads, deterministic flag and random state are
    those of the caller again whenever a snapshot is given. Losses and accuracies are of the network that is given,
    in float64.

    Examples
    --------
    >>> from polytope_engine.studies.data_sets import two_moons
    >>> first, last = train(two_moons(), Recipe((8, 8)), steps=(0, 300))
    >>> last.network, last.train_loss < first.train_loss, last.test_accuracy > 0.9
    (<ReLUNetwork 2-8-8-2, 16 neurons>, True, True)
    """
    ends = checked_steps(steps)
    batch = min(recipe.batch, len(data.points))
    if recipe.regularizer == "batch_norm" and batch < 2:
        raise InvalidArgumentError("Batch norm needs two points in a batch, but `data` has one point.")
    return _snapshots(data, recipe, ends, batch)


def _snapshots(data: DataSet, recipe: Recipe, ends: Sequence[int], batch: int) -> Iterator[Snapshot]:
    work = _Training(data, recipe, ends[-1], batch)
    for end in ends:
        with work.own_state():
            work.run_until(end)
            network = work.network()
        yield _snapshot(end, network, data)


def _snapshot(step: int, network: ReLUNetwork, data: DataSet) -> Snapshot:
    on_train = _performance(network, data.points, data.targets)
    on_test = _performance(network, data.test_points, data.test_targets)
    return Snapshot(step, network, on_train[0], on_test[0], on_train[1], on_test[1])


def _performance(network: ReLUNetwork, points: FloatArray, targets: Targets) -> tuple[float, float | None]:
    """Loss and accuracy."""
    outputs = network(points)
    if targets.ndim == 2:
        return float(((outputs - targets) ** 2).mean()), None
    top = outputs.max(axis=1)
    log_sums = top + np.log(np.exp(outputs - top[:, np.newaxis]).sum(axis=1))
    own = outputs[np.arange(len(targets)), targets]
    return float((log_sums - own).mean()), float((outputs.argmax(axis=1) == targets).mean())


class _Training:
    """A torch module under training, with a random state of its own."""

    def __init__(self, data: DataSet, recipe: Recipe, n_steps: int, batch: int) -> None:
        self._torch = torch = _import_torch()
        self._recipe, self._batch, self._n_done = recipe, batch, 0
        self._random_state = torch.Generator().manual_seed(recipe.seed).get_state()
        functions = torch.nn.functional
        self._loss = functions.cross_entropy if data.is_classification else functions.mse_loss
        with self.own_state():
            self._order = torch.zeros(0, dtype=torch.int64)
            self._points = torch.tensor(data.points, dtype=torch.float32)
            kind = torch.int64 if data.is_classification else torch.float32
            self._targets = torch.tensor(data.targets, dtype=kind)
            self._module = _module(torch, (data.n_inputs, *_widths(recipe), data.n_outputs), recipe)
            self._optimizer = _optimizer(torch, self._module.parameters(), recipe)
            schedules = torch.optim.lr_scheduler
            self._schedule = (
                schedules.CosineAnnealingLR(self._optimizer, T_max=n_steps)
                if recipe.falls and n_steps
                else None
            )

    @contextmanager
    def own_state(self) -> Iterator[None]:
        """Full precision, gradients, one thread of the processor, deterministic algorithms and the random state of this
        training; then the caller's again."""
        torch = self._torch
        threads, random_state = torch.get_num_threads(), torch.get_rng_state()
        flag = torch.are_deterministic_algorithms_enabled()
        warns = torch.is_deterministic_algorithms_warn_only_enabled()
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(mode=True)
        torch.set_rng_state(self._random_state)
        try:
            is_processor = torch.empty(0).device.type == "cpu"
            with (
                nullcontext() if is_processor else torch.device("cpu"),
                torch.inference_mode(mode=False),
                torch.enable_grad(),
                torch.autocast("cpu", enabled=False),
            ):
                yield
        finally:
            self._random_state = torch.get_rng_state()
            torch.set_rng_state(random_state)
            torch.use_deterministic_algorithms(flag, warn_only=warns)
            torch.set_num_threads(threads)

    def run_until(self, end: int) -> None:
        self._module.train()
        while self._n_done < end:
            chosen = self._next_batch()
            self._optimizer.zero_grad()
            self._loss(self._module(self._points[chosen]), self._targets[chosen]).backward()
            self._optimizer.step()
            if self._schedule is not None:
                self._schedule.step()
            self._n_done += 1

    def network(self) -> ReLUNetwork:
        numbers = self._module.state_dict().values()
        if not all(bool(self._torch.isfinite(tensor).all()) for tensor in numbers):
            raise NumericalError(
                f"After {self._n_done} steps of {self._recipe.optimizer} weights are infinite; take a learning rate "
                f"below {self._recipe.learning_rate}.",
                step=self._n_done,
            )
        return ReLUNetwork.from_torch(self._module)

    def _next_batch(self) -> Any:
        """The next points, of one random order after another."""
        torch, n = self._torch, self._batch
        while len(self._order) < n:
            self._order = torch.cat([self._order, torch.randperm(len(self._points))])
        chosen, self._order = self._order[:n], self._order[n:]
        return chosen


def _module(torch: Any, widths: Sequence[int], recipe: Recipe) -> Any:
    nn, layers = torch.nn, []
    for n_in, n_out in pairwise(widths[:-1]):
        layers.append(nn.Linear(n_in, n_out, dtype=torch.float32, device="cpu"))
        if recipe.regularizer == "batch_norm":
            layers.append(nn.BatchNorm1d(n_out, dtype=torch.float32, device="cpu"))
        layers.append(nn.ReLU())
        if recipe.regularizer == "dropout":
            layers.append(nn.Dropout(recipe.how_strong))
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1], dtype=torch.float32, device="cpu"))


def _optimizer(torch: Any, parameters: Any, recipe: Recipe) -> Any:
    options = {"lr": recipe.learning_rate, "weight_decay": 0.0}
    if recipe.regularizer == "weight_decay":
        options["weight_decay"] = recipe.how_strong
    if recipe.optimizer == "adam":
        return torch.optim.AdamW(parameters, **options)
    return torch.optim.SGD(
        parameters, momentum=MOMENTUM if recipe.optimizer == "momentum" else 0.0, **options
    )


def _widths(recipe: Recipe) -> tuple[int, ...]:
    return checked_integers(recipe.hidden, "hidden")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def in_words(regularizer: str) -> str:
    """A regularizer as sentences and figures call it.

    Examples
    --------
    >>> in_words("none"), in_words("batch_norm")
    ('no regularizer', 'batch norm')
    """
    return "no regularizer" if regularizer == "none" else regularizer.replace("_", " ")


def checked_steps(steps: object) -> tuple[int, ...]:
    """Steps of training: integers from 0, ascending.

    Examples
    --------
    >>> checked_steps([0, 20, 10])
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `steps` is [0, 20, 10]; each must be larger than the one before.
    """
    listed = checked_integers(steps, "steps", least=0)
    if any(first >= second for first, second in pairwise(listed)):
        raise InvalidArgumentError(f"`steps` is {list(listed)}; each must be larger than the one before.")
    return listed


def _import_torch() -> Any:
    try:
        import torch
    except ImportError as failure:
        raise MissingDependencyError(
            'Training networks needs torch: pip install "polytope_engine[train]"', package="torch"
        ) from failure
    return torch
