"""How many regions paths between data cross, and how far the output goes up and down there, as width grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from polytope_engine.complexes.segments import variation
from polytope_engine.complexes.segments.path_regions import regions_on_path
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.studies.checked_settings import (
    checked_integer,
    checked_integers,
    checked_seed,
    checked_share,
)
from polytope_engine.studies.data_sets import DataSet, FloatArray, digits
from polytope_engine.studies.density_findings import findings
from polytope_engine.studies.recorder import About, Progress, Recorder
from polytope_engine.studies.result import StudyResult, Table
from polytope_engine.studies.training_loop import Recipe, Snapshot, train

ABOUT = About(
    "density",
    "Density of regions along data paths against variation of the function",
    "As networks grow wider, does the number of regions along paths between data follow the test error, or does the "
    "variation of the output?",
    (
        "Gamba, Chmielewski-Anders, Sullivan, Azizpour, Björkman 2022, arXiv:2202.11749: paths, density and deviation",
        "Belkin, Hsu, Ma, Mandal 2019, arXiv:1812.11118: double descent",
    ),
)
TABLES = {
    "density": Table(
        "Two rows a network: along paths around images it was trained on, and along paths around others. A path is "
        "closed, and has the image moved by one pixel in each of the eight directions as its corners. Sums are over "
        "all paths, divided by their length.",
        {
            "width": "neurons of each hidden layer",
            "seed": "of data, first weights and batches",
            "train_error": "share of the images trained on whose class (some are wrong) has not the highest score",
            "test_error": "the same of other images, whose classes are right",
            "train_loss": "mean cross-entropy on the images trained on, in nats",
            "test_loss": "the same on others",
            "images": "`train` or `test`: around which images the paths go",
            "n_crossings": "changes of sign of neurons along all paths, counted exactly",
            "length": "Euclidean length of all paths",
            "density": "crossings a unit of length",
            "total_variation": "sum over scores of the integral of |derivative| along the paths, a unit of length",
            "deviation": "sum over scores of the integral of |score - chord| of each segment, a unit of length",
            "released_deviation": "the upper bound of it that the program of Gamba et al. gives, a unit of length",
        },
    )
}


def density(
    *,
    widths: Sequence[int] | int = (4, 6, 8, 12, 16, 24, 32, 64, 128, 256, 512),
    n_layers: int = 1,
    n_seeds: int = 5,
    n_points: int = 600,
    label_noise: float = 0.15,
    n_steps: int = 4_000,
    n_paths: int = 20,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
) -> StudyResult:
    """Train wider and wider networks on handwritten digits, and walk around images.

    Parameters
    ----------
    widths : int or sequence of int
        Neurons of each hidden layer, ascending.
    n_layers : int
        Hidden layers.
    n_seeds : int
        Networks for each width.
    n_points : int
        Images of 8 x 8 pixels to train with; the other ones of 1,797 are to test with.
    label_noise : float
        The share of the images trained on that are given a wrong class.
    n_steps : int
        Steps of gradient descent with momentum, on batches of 64, with a learning rate that falls from 0.1 to 0.
    n_paths : int
        Images to walk around, of those trained on, and as many others.
    seed : int
        The first seed; the others follow.
    quick : bool
        Fewer widths, seeds, steps and paths, whatever these settings say, so that it takes seconds.
    progress : callable, optional
        Called as ``progress(n_networks, fraction_done)``.

    Returns
    -------
    StudyResult
        Table `density`.

    Raises
    ------
    InvalidArgumentError
        If an argument is not what it must be.
    MissingDependencyError
        If torch or scikit-learn is not installed.

    Notes
    -----
    Source: Gamba et al. 2022, who move and turn larger images, train deeper networks, and step over regions shorter
    than 1e-6 of a segment. Here every region is found, and deviations are integrals, with the bound that their program
    gives beside them.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> found = pe.studies.density(widths=(3, 30), n_seeds=1, n_steps=50, n_paths=1)
    >>> train_paths = found.tables["density"].where(images="train")
    >>> train_paths["width"], train_paths["density"][0] < train_paths["density"][1]
    ([3, 30], True)
    """
    if quick:
        widths, n_seeds, n_steps, n_paths = (4, 8, 16, 32, 64), 2, 1_500, 5
    settings: dict[str, Any] = {
        "widths": sorted(set(checked_integers(widths, "widths"))),
        "n_layers": checked_integer(n_layers, "n_layers"),
        "n_seeds": checked_integer(n_seeds, "n_seeds"),
        "n_points": checked_integer(n_points, "n_points", least=2),
        "label_noise": checked_share(label_noise, "label_noise"),
        "n_steps": checked_integer(n_steps, "n_steps"),
        "n_paths": checked_integer(n_paths, "n_paths"),
        "seed": checked_seed(seed),
    }
    data = digits(settings["n_points"])  # refuses what cannot be before anything else is done
    most = min(len(data.points), len(data.test_points))
    if settings["n_paths"] > most:
        raise InvalidArgumentError(
            f"`n_paths` is {settings['n_paths']}; it must be at most {most}, the images to walk around of each kind.",
            n_paths=settings["n_paths"],
        )
    recorder = Recorder(ABOUT, settings, TABLES, settings["n_seeds"] * len(settings["widths"]), progress)
    with recorder.running():
        for number in range(settings["seed"], settings["seed"] + settings["n_seeds"]):
            data = digits(settings["n_points"], label_noise=settings["label_noise"], seed=number)
            for width in settings["widths"]:
                recipe = Recipe(
                    (width,) * settings["n_layers"], "momentum", rate=0.1, batch=64, falls=True, seed=number
                )
                for shot in train(data, recipe, (settings["n_steps"],)):
                    _add(recorder, width, number, data, shot)
                recorder.step()
    return recorder.result(findings)


def _add(recorder: Recorder, width: int, seed: int, data: DataSet, shot: Snapshot) -> None:
    n_paths = recorder.settings["n_paths"]
    for kind, images in (("train", data.points), ("test", data.test_points)):
        recorder.add(
            "density",
            width=width,
            seed=seed,
            train_error=_error(shot.train_accuracy),
            test_error=_error(shot.test_accuracy),
            train_loss=shot.train_loss,
            test_loss=shot.test_loss,
            images=kind,
            **along_paths(shot.network, (moved(image) for image in images[:n_paths])),
        )


def _error(accuracy: float | None) -> float:
    """The share of mistakes, without the rounding error of the difference: 1 - 0.99 is 0.01."""
    return 1.0 if accuracy is None else round(1 - accuracy, 12)


def moved(image: FloatArray) -> FloatArray:
    """An image of 8 x 8 pixels, moved by one pixel in each of eight directions; what moves in is empty.

    Parameters
    ----------
    image : float64 array, shape (64,)

    Returns
    -------
    float64 array, shape (8, 64)
        In the order of a circle: up, up and right, right, and so on.

    Examples
    --------
    >>> image = np.zeros((8, 8))
    >>> image[0, 7], image[4, 4] = 1, 2
    >>> up, _, right, *_ = moved(image.ravel()).reshape(8, 8, 8)
    >>> up[3, 4], right[4, 5], up.sum()
    (np.float64(2.0), np.float64(2.0), np.float64(2.0))
    """
    framed = np.pad(image.reshape(8, 8), 1)
    circle = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
    return np.array([framed[1 - down : 9 - down, 1 - right : 9 - right].ravel() for down, right in circle])


def along_paths(network: ReLUNetwork, paths: Iterator[FloatArray]) -> dict[str, int | float]:
    """Crossings, variation and deviation along closed paths, by the names of the table's columns.

    Examples
    --------
    Up and down again, twice; the chords are flat:

    >>> import polytope_engine as pe
    >>> found = along_paths(pe.library.hat().network, iter([np.array([[0.0], [1.0]])]))
    >>> found["length"], found["density"], found["total_variation"], found["deviation"]
    (2.0, 1.0, 1.0, 0.25)
    """
    n_crossings, length, sums = 0, 0.0, np.zeros(3)
    for corners in paths:
        path = regions_on_path(network, corners, closed=True)
        n_crossings += path.n_crossings
        length += path.length
        for segment in path.segments:
            sums += [
                variation.total_variation(segment).sum(),
                variation.deviation_from_chord(segment).sum(),
                variation.released_deviation_from_chord(segment).sum(),
            ]
    return {
        "n_crossings": n_crossings,
        "length": length,
        "density": n_crossings / length,
        "total_variation": float(sums[0] / length),
        "deviation": float(sums[1] / length),
        "released_deviation": float(sums[2] / length),
    }
