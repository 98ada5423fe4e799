"""Data that studies train networks on: points, what to say of them, and others to test with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError, MissingDependencyError
from polytope_engine.polytope.boxes import box
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.studies.checked_settings import (
    checked_integer,
    checked_integers,
    checked_number,
    checked_seed,
    checked_share,
)

FloatArray = NDArray[np.float64]
Targets = NDArray[np.int64] | FloatArray

N_DIGITS = 1_797


@dataclass(frozen=True, eq=False)
class DataSet:
    """Points to train and to test with.

    Attributes
    ----------
    points, test_points : float64 array, shapes (n, d) and (n_test, d)
    targets, test_targets : array
        Classes as integers from 0, shapes (n,) and (n_test,); or values as floats, shapes (n, m) and (n_test, m).

    Raises
    ------
    InvalidArgumentError
        If the shapes do not fit, or a class is negative.

    Examples
    --------
    >>> data = DataSet(np.zeros((3, 2)), np.array([0, 1, 1]), np.zeros((1, 2)), np.array([0]))
    >>> data.is_classification, data.n_outputs
    (True, 2)
    """

    points: FloatArray
    targets: Targets
    test_points: FloatArray
    test_targets: Targets

    def __post_init__(self) -> None:
        d = self.points.shape[-1]
        for name, points, targets in (
            ("points", self.points, self.targets),
            ("test_points", self.test_points, self.test_targets),
        ):
            if points.ndim != 2 or not len(points) or points.shape[1] != d:
                raise InvalidArgumentError(
                    f"`{name}` has shape {points.shape}; it must be (n, {d}), a row for each point."
                )
            if len(targets) != len(points) or targets.ndim != (1 if self.is_classification else 2):
                raise InvalidArgumentError(
                    f"The targets of `{name}` have shape {targets.shape}, with {len(points)} points; they must be "
                    "integers of shape (n,), the classes, or floats of shape (n, m)."
                )
            if self.is_classification and targets.min() < 0:
                raise InvalidArgumentError("Classes must be integers from 0, but there is a negative one.")

    @property
    def is_classification(self) -> bool:
        """Whether the targets are classes."""
        return bool(np.issubdtype(self.targets.dtype, np.integer))

    @property
    def n_inputs(self) -> int:
        """Coordinates d of a point."""
        return int(self.points.shape[1])

    @property
    def n_outputs(self) -> int:
        """Outputs that a network for it has: one score for each class, or one for each value."""
        if self.is_classification:
            return max(int(self.targets.max()), int(self.test_targets.max())) + 1
        return int(self.targets.shape[1])


def two_moons(n_points: int = 200, n_test: int = 1_000, *, noise: float = 0.15, seed: int = 0) -> DataSet:
    """Points on two interleaved half circles in the plane, with normal noise; which of both is a point from?

    Parameters
    ----------
    n_points, n_test : int
        Half of each, rounded up, on the first half circle.
    noise : float
        Standard deviation of the noise of each coordinate; the half circles have radius 1.
    seed : int

    Returns
    -------
    DataSet
        Both half circles together are centered at the origin.

    Raises
    ------
    InvalidArgumentError
        If an argument is not what it must be.

    Examples
    --------
    >>> moons = two_moons(4, noise=0.0)
    >>> np.hypot(*(moons.points[:2] + [0.5, 0.25]).T), moons.targets
    (array([1., 1.]), array([0, 0, 1, 1]))
    """
    n_train, n_others = checked_integers((n_points, n_test), "n_points, n_test", least=2)
    deviation, generator = checked_number(noise, "noise"), np.random.default_rng(checked_seed(seed))
    return DataSet(*_moons(n_train, deviation, generator), *_moons(n_others, deviation, generator))


def moons_domain() -> HPolytope:
    """The box [-2, 2] x [-1.25, 1.25], about three standard deviations of the noise larger than the half circles."""
    return box([-2.0, -1.25], [2.0, 1.25])


def _moons(n: int, noise: float, generator: np.random.Generator) -> tuple[FloatArray, NDArray[np.int64]]:
    n_first = (n + 1) // 2
    angles = generator.uniform(0, np.pi, size=n)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    circle[n_first:] = [1.0, 0.5] - circle[n_first:]
    points = circle - [0.5, 0.25] + noise * generator.standard_normal((n, 2))
    return points, (np.arange(n) >= n_first).astype(np.int64)


def digits(n_points: int = 1_000, *, label_noise: float = 0.0, seed: int = 0) -> DataSet:
    """Handwritten digits of 8 x 8 pixels (scikit-learn's copy of the UCI test set); 1,797 of them.

    Parameters
    ----------
    n_points : int
        Drawn to train with, at most 1,796; all others are to test with.
    label_noise : float
        The share of the points to train with, rounded, whose class is replaced by another, drawn evenly.
    seed : int
        Of both draws.

    Returns
    -------
    DataSet
        64 pixels from 0 to 1, row by row; ten classes.

    Raises
    ------
    InvalidArgumentError
        If an argument is not what it must be.
    MissingDependencyError
        If scikit-learn is not installed.

    Examples
    --------
    >>> clean, noisy = digits(100), digits(100, label_noise=0.25)
    >>> clean.points.shape, clean.test_points.shape, int((clean.targets != noisy.targets).sum())
    ((100, 64), (1697, 64), 25)
    """
    n_train = checked_integer(n_points, "n_points")
    if n_train >= N_DIGITS:
        raise InvalidArgumentError(
            f"`n_points` is {n_train}; it must be at most {N_DIGITS - 1}, so that one digit is left to test with.",
            n_points=n_train,
        )
    share = checked_share(label_noise, "label_noise")
    images, classes = _all_digits()
    generator = np.random.default_rng(checked_seed(seed))
    order = generator.permutation(N_DIGITS)
    chosen, others = order[:n_train], order[n_train:]
    targets = classes[chosen].copy()
    wrong = generator.permutation(n_train)[: round(share * n_train)]
    targets[wrong] = (targets[wrong] + generator.integers(1, 10, size=len(wrong))) % 10
    return DataSet(images[chosen], targets, images[others], classes[others])


def _all_digits() -> tuple[Any, Any]:
    try:
        from sklearn.datasets import load_digits
    except ImportError as failure:
        raise MissingDependencyError(
            'The handwritten digits come with scikit-learn: pip install "polytope_engine[train]"',
            package="scikit-learn",
        ) from failure
    images, classes = load_digits(return_X_y=True)
    return images / 16.0, classes.astype(np.int64)
