"""The regions of a network while it is trained, by optimizers and regularizers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from polytope_engine.complexes.segments.walk import regions_on_segments
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.studies.checked_settings import (
    checked_choices,
    checked_integer,
    checked_integers,
    checked_seed,
)
from polytope_engine.studies.data_sets import DataSet, FloatArray, moons_domain, two_moons
from polytope_engine.studies.plane_statistics import plane_statistics
from polytope_engine.studies.recorder import About, Progress, Recorder
from polytope_engine.studies.result import StudyResult, Table
from polytope_engine.studies.training_findings import findings
from polytope_engine.studies.training_loop import (
    MOMENTUM,
    RATES,
    STRENGTHS,
    Recipe,
    Snapshot,
    checked_steps,
    train,
)
from polytope_engine.studies.written_networks import WEIGHT_COLUMNS, rows_of_network

ABOUT = About(
    "training",
    "The regions of a network while it is trained",
    "How do number, size, shape and place of the regions change in training, by optimizer and regularizer?",
    (
        "Zhang, Wu 2020, arXiv:2001.01072: balls, normals and decision boundaries, with batch norm and dropout",
        "Hanin, Rolnick 2019, arXiv:1906.00904: the number of regions in training",
        "Gamba et al. 2022, arXiv:2202.11749: crossings along segments",
    ),
)
_OF = {
    "optimizer": f"`sgd` (learning rate {RATES['sgd']}), `momentum` (learning rate {RATES['momentum']}, momentum "
    f"{MOMENTUM}) or `adam` (learning rate {RATES['adam']})",
    "regularizer": f"`none`, `weight_decay` (factor {STRENGTHS['weight_decay']}; with `adam` decoupled, ten times as "
    f"much), `dropout` (probability {STRENGTHS['dropout']}) or `batch_norm`",
    "seed": "of data, first weights, batches and dropout",
    "step": "steps of the optimizer done",
}
TABLES = {
    "training": Table(
        "One row a network, as it is at a step of its training on two moons. Regions are those in the box "
        "[-2, 2] x [-1.25, 1.25], and cut to it.",
        {
            **_OF,
            "train_loss": "mean cross-entropy on the points trained on, in nats",
            "test_loss": "the same on other points",
            "train_accuracy": "share of the points trained on whose class has the higher score",
            "test_accuracy": "the same on other points",
            "n_regions": "activation regions (R2), counted exactly",
            "n_open": "linear regions: open connected (R4), counted exactly",
            "n_affine": "affine pieces (R6): different affine maps, counted exactly",
            "inradius_quarter": "a quarter of the regions have at most this inradius",
            "inradius_median": "median of the inradius of the regions",
            "inradius_three_quarters": "three quarters of the regions have at most this inradius",
            "inradius_of_data": "median, over the points trained on, of the inradius of their regions",
            "mean_facets": "mean number of facets of a region, those on the box included",
            "density": "crossings of neurons' zeros a unit of length, along segments between points trained on",
            "mean_cosine": "mean |cos| between the normals of two facets of a region, those on the box left out",
            "cosine_within": "the same for two facets of neurons of one layer",
            "cosine_across": "the same for facets of two layers",
            "boundary_length": "length of the decision boundary in the box",
            "crossed_share": "share of the regions that the decision boundary crosses",
            "concentration": "length of walls per area near the decision boundary over that in the box; near it by "
            "the crossings of segments of length 0.2 that lie at random places of it in random directions (Crofton)",
        },
    ),
    "pictured": Table(
        "One row a neuron of the networks that are drawn: the first seed and the first optimizer. The outputs are "
        "the layer after the hidden ones.",
        {"regularizer": _OF["regularizer"], "step": _OF["step"], **WEIGHT_COLUMNS},
    ),
}


def training(
    *,
    hidden: Sequence[int] | int = (20, 20),
    optimizers: Sequence[str] | str = ("adam", "sgd", "momentum"),
    regularizers: Sequence[str] | str = ("none", "weight_decay", "dropout", "batch_norm"),
    steps: Sequence[int] = (0, 10, 30, 100, 300, 1_000, 3_000),
    n_seeds: int = 5,
    n_points: int = 300,
    n_segments: int = 100,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
) -> StudyResult:
    """Look at all regions in the box around two moons at steps of training.

    Parameters
    ----------
    hidden : int or sequence of int
        Neurons of each hidden layer.
    optimizers, regularizers : str or sequence of str
        As in `polytope_engine.studies.training_loop.Recipe`, with its learning rates and strengths. Networks of the
        first optimizer are drawn.
    steps : sequence of int
        When to look, ascending; 0 is before training.
    n_seeds : int
        Networks for each optimizer and regularizer.
    n_points : int
        Points to train with, in batches of 32.
    n_segments : int
        Segments between random pairs of these points, for the density of crossings, and as many short ones at the
        decision boundary.
    seed : int
        The first seed; the others follow. Networks with the same seed start from the same weights, on the same points.
    quick : bool
        Fewer recipes, seeds and steps, whatever all settings but `seed` say, so that it takes seconds.
    progress : callable, optional
        Called as ``progress(n_networks, fraction_done)``.

    Returns
    -------
    StudyResult
        Tables `training` and `pictured`.

    Raises
    ------
    InvalidArgumentError
        If an argument is not what it must be.
    MissingDependencyError
        If torch is not installed.

    Notes
    -----
    Networks are taken as they answer: without dropout, and with the running means and variances of batch norm, which
    at step 0 are 0 and 1. Inradii, facets and angles are those of `pe.statistics`. X. Zhang and D. Wu (ICLR 2020)
    looked at the regions of images; in the plane the angles of a region are tied to one another by its shape.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> found = pe.studies.training(hidden=4, optimizers="adam", regularizers="none", steps=(0, 50), n_seeds=1)
    >>> found.tables["training"]["step"], found.tables["training"]["n_regions"][0] <= 11
    ([0, 50], True)
    """
    if quick:
        optimizers, regularizers = ("adam", "sgd"), ("none", "dropout", "batch_norm")
        hidden, steps, n_seeds, n_points, n_segments = (12, 12), (0, 30, 300), 2, 200, 40
    settings: dict[str, Any] = {
        "hidden": list(checked_integers(hidden, "hidden")),
        "optimizers": list(dict.fromkeys(checked_choices(optimizers, RATES, "optimizers"))),
        "regularizers": list(dict.fromkeys(checked_choices(regularizers, STRENGTHS, "regularizers"))),
        "steps": list(checked_integers(steps, "steps", least=0)),
        "n_seeds": checked_integer(n_seeds, "n_seeds"),
        "n_points": checked_integer(n_points, "n_points", least=2),
        "n_segments": checked_integer(n_segments, "n_segments"),
        "seed": checked_seed(seed),
    }
    checked_steps(settings["steps"])
    n_recipes = len(settings["optimizers"]) * len(settings["regularizers"])
    recorder = Recorder(
        ABOUT, settings, TABLES, n_recipes * settings["n_seeds"] * len(settings["steps"]), progress
    )
    with recorder.running():
        for number in range(settings["n_seeds"]):
            data = two_moons(settings["n_points"], seed=settings["seed"] + number)
            for optimizer in settings["optimizers"]:
                for regularizer in settings["regularizers"]:
                    recipe = Recipe(
                        settings["hidden"], optimizer, regularizer, seed=settings["seed"] + number
                    )
                    for shot in train(data, recipe, settings["steps"]):
                        _add(recorder, recipe, data, shot)
                        recorder.step()
    return recorder.result(findings)


def _add(recorder: Recorder, recipe: Recipe, data: DataSet, shot: Snapshot) -> None:
    settings = recorder.settings
    generator = np.random.default_rng([recipe.seed, 1])  # not the stream that the data are from
    n_segments = settings["n_segments"]
    recorder.add(
        "training",
        optimizer=recipe.optimizer,
        regularizer=recipe.regularizer,
        seed=recipe.seed,
        step=shot.step,
        train_loss=shot.train_loss,
        test_loss=shot.test_loss,
        train_accuracy=shot.train_accuracy,
        test_accuracy=shot.test_accuracy,
        density=_density(shot.network, data.points, n_segments, generator),
        **plane_statistics(shot.network, moons_domain(), data.points, n_segments, generator),
    )
    if recipe.seed == settings["seed"] and recipe.optimizer == settings["optimizers"][0]:
        for row in rows_of_network(shot.network):
            recorder.add("pictured", regularizer=recipe.regularizer, step=shot.step, **row)


def _density(
    network: ReLUNetwork, points: FloatArray, n_segments: int, generator: np.random.Generator
) -> float:
    """Crossings a unit of length, along segments between random pairs of different points."""
    pairs = np.array([generator.choice(len(points), 2, replace=False) for _ in range(n_segments)])
    segments = regions_on_segments(network, points[pairs[:, 0]], points[pairs[:, 1]])
    return float(segments.n_crossings.sum() / segments.lengths.sum())
