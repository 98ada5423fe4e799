"""The regions of a network while it is trained, by optimizers and regularizers."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from polytope_engine.complexes.segments.walk import regions_on_segments
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.studies.data_sets import DataSet, FloatArray, moons_domain, two_moons
from polytope_engine.studies.paired import compared, geometric_mean, pairs_of
from polytope_engine.studies.plane_statistics import plane_statistics
from polytope_engine.studies.recorder import (
    About,
    Progress,
    Recorder,
    Tables,
    checked_integer,
    checked_integers,
    checked_seed,
)
from polytope_engine.studies.result import Finding, StudyResult, Table
from polytope_engine.studies.training_loop import (
    RATES,
    STRENGTHS,
    Recipe,
    Snapshot,
    checked_names,
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
    "optimizer": "`sgd`, `momentum` or `adam`",
    "regularizer": "`none`, `weight_decay`, `dropout` or `batch_norm`",
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
        "optimizers": list(dict.fromkeys(checked_names(optimizers, RATES, "optimizers"))),
        "regularizers": list(dict.fromkeys(checked_names(regularizers, STRENGTHS, "regularizers"))),
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
    return recorder.result(_findings)


def _add(recorder: Recorder, recipe: Recipe, data: DataSet, shot: Snapshot) -> None:
    settings = recorder.settings
    generator = np.random.default_rng(recipe.seed)
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


def _findings(tables: Tables) -> list[Finding]:
    """What training does, what regularizers change, and how that compares with Zhang and Wu."""
    rows = tables["training"]
    last = rows.where(step=max(rows["step"]))
    found = [*_growth(rows, last), *_spread(last)]
    trained = rows.distinct("regularizer")
    if last["step"][0]:
        found += [
            _held(rows, last, claim) for claim in _CLAIMS if {claim.regularizer, "none"} <= set(trained)
        ]
    found.append(_linear(rows))
    return found


class _Claim(NamedTuple):
    """What Zhang and Wu 2020 report of a regularizer, and a column that says whether it is so here."""

    regularizer: str
    report: str
    column: str
    words: str
    becomes: str


_CLAIMS = (
    _Claim(
        "batch_norm", "smaller regions", "inradius_median", "the median inradius of all regions", "smaller"
    ),
    _Claim(
        "batch_norm",
        "smaller regions",
        "inradius_of_data",
        "the median inradius of the regions of data",
        "smaller",
    ),
    _Claim(
        "batch_norm", "more orthogonal normals", "mean_cosine", "the mean |cos| between normals", "smaller"
    ),
    _Claim(
        "dropout",
        "regions that gather at decision boundaries",
        "concentration",
        "the density of walls near the decision boundary, over that in the box,",
        "larger",
    ),
    _Claim(
        "dropout",
        "regions that gather at decision boundaries",
        "crossed_share",
        "the share of regions that the decision boundary crosses",
        "larger",
    ),
    _Claim("dropout", "less orthogonal normals", "mean_cosine", "the mean |cos| between normals", "larger"),
)


def _held(rows: Table, last: Table, claim: _Claim) -> Finding:
    """A claim beside the numbers at the end, and how it is on the way there."""
    treatments = (claim.regularizer, "none")
    found = compared(
        pairs_of(last, "regularizer", treatments, ("optimizer", "seed"), claim.column),
        f"After {last['step'][0]:,} steps {claim.words} is",
        f"with {_plain(claim.regularizer)} than without",
        "of networks with the same optimizer, first weights and points",
        f"Zhang and Wu report {claim.report}",
        becomes_larger=claim.becomes == "larger",
        numbers={"regularizer": claim.regularizer, "column": claim.column},
    )
    between = [step for step in rows.distinct("step") if min(rows["step"]) < step < last["step"][0]]
    pairs = []
    for step in between:
        pairs += pairs_of(
            rows.where(step=step), "regularizer", treatments, ("optimizer", "seed"), claim.column
        )
    if not pairs:
        return found
    n_so = sum(x > y if claim.becomes == "larger" else x < y for x, y in pairs)
    when = f"From step {between[0]:,} to {between[-1]:,}" if len(between) > 1 else f"At step {between[0]:,}"
    return Finding(
        f"{found.sentence} {when} it is {claim.becomes} in {n_so} of {len(pairs)} pairs.",
        {**found.numbers, "n_pairs_before": len(pairs), "n_so_before": n_so},
    )


def _growth(rows: Table, last: Table) -> list[Finding]:
    """Regions at the end against those before training, for each regularizer."""
    start = rows.where(step=min(rows["step"]))
    if start["step"][0] == last["step"][0]:
        return []
    found = []
    for regularizer in rows.distinct("regularizer"):
        ratios = [
            after["n_regions"] / before["n_regions"]
            for after, before in zip(
                last.where(regularizer=regularizer), start.where(regularizer=regularizer), strict=True
            )
        ]
        mean = geometric_mean(ratios)
        name = _named(regularizer)
        found.append(
            Finding(
                f"{name}: after {last['step'][0]:,} steps there are {mean:.2f} times as many regions as after "
                f"{start['step'][0]:,} (geometric mean of {len(ratios)} networks, from {min(ratios):.2f} to "
                f"{max(ratios):.2f} times).",
                {"regularizer": regularizer, "ratio": mean, "least": min(ratios), "most": max(ratios)},
            )
        )
    return found


def _spread(last: Table) -> list[Finding]:
    """How much accuracy and regions differ between recipes, if there are several that differ."""
    means: dict[str, list[tuple[float, str]]] = {"test_accuracy": [], "n_regions": [], "inradius_median": []}
    for optimizer in last.distinct("optimizer"):
        for regularizer in last.distinct("regularizer"):
            chosen = last.where(optimizer=optimizer, regularizer=regularizer)
            for column, values in means.items():
                name = f"{optimizer}, {_plain(regularizer)}"
                values.append((statistics.fmean(chosen[column]), name))
    if len(means["n_regions"]) < 2 or not last["step"][0]:
        return []
    (low, high), (few, many), (small, large) = ((min(values), max(values)) for values in means.values())
    found = Finding(
        f"Between {len(means['n_regions'])} recipes of optimizer and regularizer the mean test accuracy goes from "
        f"{low[0]:.1%} to {high[0]:.1%}, the mean number of regions from {few[0]:.0f} ({few[1]}) to {many[0]:.0f} "
        f"({many[1]}), and the mean of the median inradius from {small[0]:.3g} ({small[1]}) to {large[0]:.3g} "
        f"({large[1]}).",
        {
            "least_accuracy": low[0],
            "most_accuracy": high[0],
            "fewest_regions": few[0],
            "most_regions": many[0],
            "least_inradius": small[0],
            "most_inradius": large[0],
        },
    )
    return [found]


def _linear(rows: Table) -> Finding:
    """How far linear regions are from activation regions."""
    n_fewer = sum(row["n_open"] < row["n_regions"] for row in rows)
    n_apart = sum(row["n_affine"] < row["n_open"] for row in rows)
    share = min(row["n_open"] / row["n_regions"] for row in rows)
    numbers = {"n_fewer": n_fewer, "n_networks": len(rows), "least_share": share, "n_apart": n_apart}
    if not n_fewer:
        sentence = (
            f"In all {len(rows)} networks every activation region (R2) is a linear region (R4) of its own"
        )
    else:
        sentence = (
            f"In {n_fewer} of {len(rows)} networks there are fewer linear regions (R4) than activation regions (R2), "
            f"at the least {share:.1%} as many"
        )
    apart = f"in {n_apart} of all {len(rows)}" if n_apart else "in none"
    return Finding(f"{sentence}; {apart} do two linear regions share an affine map (R6).", numbers)


def _named(regularizer: str) -> str:
    return "Without regularizer" if regularizer == "none" else f"With {_plain(regularizer)}"


def _plain(regularizer: str) -> str:
    return "no regularizer" if regularizer == "none" else regularizer.replace("_", " ")
