"""Simplices and facets of regions, at initialization and after training, and how many facets there are on average."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from polytope_engine.complexes.sign_cells import sign_cells
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network import library
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.boxes import box
from polytope_engine.regions import statistics as shapes
from polytope_engine.regions.enumeration import enumerate_regions
from polytope_engine.regions.measurements import Measurements
from polytope_engine.regions.region_set import RegionSet
from polytope_engine.studies.checked_settings import checked_integer, checked_integers, checked_seed
from polytope_engine.studies.data_sets import DataSet
from polytope_engine.studies.random_networks import he_network
from polytope_engine.studies.recorder import About, Progress, Recorder
from polytope_engine.studies.result import StudyResult, Table
from polytope_engine.studies.simplices_findings import findings
from polytope_engine.studies.training_loop import Recipe, Snapshot, train
from polytope_engine.studies.whole import all_measured, whole
from polytope_engine.studies.written_networks import widths_of
from polytope_engine.theory import bounds

ABOUT = About(
    "simplices",
    "Simplices and facets of regions",
    "How many simplices and facets have regions before and after training, and is the average number of facets "
    "at most 2d?",
    (
        "Fan et al. 2023, arXiv:2305.09145 (version 1 counts simplices, version 2 facets): simple regions dominate",
        "Fukuda, Saito, Tamura, Tokuyama 1991, Discrete Applied Mathematics 31: at most 2d for hyperplanes",
        "Gaines, Bi 2026, arXiv:2606.07728, Theorem 3.4: at most 2d for deep networks; it holds for d = 2 only",
        "The same, Theorem 3.6: one more neuron of the last layer does not make the average less; it fails from d = 2",
    ),
)
_MOST_INPUTS = 6
_HOW = {
    "simplices, pulling": "pulling triangulation of the region cut to the cube",
    "simplices, Delaunay": "Delaunay triangulation of the same, flat simplices left out",
    "facets in the cube": "facets of the region cut to the cube, those on the cube's boundary among them",
    "walls in R^d": "facets of the region in all of R^d, each a wall to another region",
}
TABLES = {
    "networks": Table(
        "One row a network, before and after training: two classes, inside and outside a ball in the cube [-1, 1]^d.",
        {
            "n_inputs": "inputs d",
            "widths": "inputs, hidden layers, outputs",
            "seed": "of data, first weights and batches",
            "state": "`initial` (torch's uniform weights) or `trained` (Adam)",
            "test_accuracy": "share of other points whose class has the highest score",
            "n_regions": "regions (R2) in the cube",
            "mean_pulling": "simplices of a region cut to the cube, on average, by the pulling rule",
            "mean_delaunay": "the same by Delaunay's rule; flat simplices are not counted",
            "mean_facets": "facets of a region cut to the cube, those on its boundary included, on average",
            "mean_walls_in_cube": "the same without those on the cube's boundary",
            "n_regions_in_space": "regions (R2) in all of R^d",
            "n_walls_in_space": "walls between them",
            "mean_walls": "facets of a region in all of R^d, on average: 2 walls / regions, exactly",
            "mean_walls_float": "the same as a float",
            "twice_dimension": "2d",
        },
    ),
    "histograms": Table(
        "How many regions of a network have how many simplices or facets. "
        + "; ".join(f"`{what}`: {how}" for what, how in _HOW.items())
        + ".",
        {
            "n_inputs": "inputs d",
            "state": "as above",
            "seed": "as above",
            "of": "what is counted",
            "number": "how many of them a region has",
            "n_regions": "regions that have so many",
        },
    ),
    "one_layer": Table(
        "One row a random network with one hidden layer (Gaussian weights and biases), in all of R^d.",
        {
            "n_inputs": "inputs d",
            "n_neurons": "neurons n",
            "mean_walls": "facets of a region on average, counted exactly",
            "mean_walls_float": "the same as a float",
            "general_position": "2 n Z(n-1, d-1) / Z(n, d), Z(n, d) = C(n, 0) + ... + C(n, d): theorem",
            "twice_dimension": "2d",
        },
    ),
    "special": Table(
        "One row a network of the library, in all of R^d, for which a published statement fails.",
        {
            "network": "its name",
            "widths": "inputs, hidden layers, outputs",
            "n_regions": "regions (R2)",
            "n_walls": "walls between them",
            "mean_walls": "facets of a region on average, 2 walls / regions",
            "mean_walls_float": "the same as a float",
            "mean_walls_before": "the same without the last neuron of the last hidden layer",
            "is_generic": "whether each cell of dimension k lies on d - k bent hyperplanes (some may be parallel)",
            "twice_dimension": "2d",
        },
    ),
}
SPECIAL = ("periodic_surface(5)", "generic_surface()", "falling_average(7)", "falling_average(10)")


def simplices(
    *,
    dimensions: Sequence[int] | int = (2, 3, 4),
    hidden: Sequence[int] | int = (10, 10),
    n_networks: int = 5,
    n_steps: int = 1_000,
    n_neurons: Sequence[int] | int = (2, 4, 6, 8, 12, 16, 24),
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
) -> StudyResult:
    """Count simplices and facets of all regions before and after training, and compare averages with 2d.

    Parameters
    ----------
    dimensions : int or sequence of int
        Inputs d, from 2.
    hidden : int or sequence of int
        Neurons of each hidden layer of the trained networks.
    n_networks : int
        Networks that are trained for each d.
    n_steps : int
        Steps of Adam, of 32 points each.
    n_neurons : int or sequence of int
        Widths of random networks with one hidden layer.
    seed : int
        Of the first network; the others follow.
    quick : bool
        Take fewer and smaller networks, whatever all settings but `dimensions` and `seed` say, so that it
        takes seconds.
    progress : callable, optional
        Called as ``progress(n_networks, fraction_done)``.

    Returns
    -------
    StudyResult
        Tables `networks`, `histograms`, `one_layer` and `special`.

    Raises
    ------
    InvalidArgumentError
        If an argument is not what it must be.
    MissingDependencyError
        If torch is not installed.

    Notes
    -----
    The number of simplices depends on the rule and on what regions are cut to: here on the cube [-1, 1]^d, by pulling
    and by Delaunay's rule (of which Qhull's flat simplices, whose exact volume is 0, are left out). Facets in the cube
    count pieces of its boundary, too: in the plane their average is then exactly 4 for networks in general position, by
    Euler's formula (derived here). The theorems are about walls, here in all of R^d. That 2d bounds their average is
    proven for one hidden layer and for d = 2, and false for d = 3, where the surfaces of `special` exceed it; beside a
    line with 42 breakpoints or more, the generic one exceeds it for d = 4, and so on (averages of products add).

    Examples
    --------
    >>> import polytope_engine as pe
    >>> found = pe.studies.simplices(dimensions=2, hidden=4, n_networks=1, n_steps=10, n_neurons=5)
    >>> (row,) = found.tables["special"].where(network="generic_surface()")
    >>> row["n_walls"], row["n_regions"], row["mean_walls"]
    (2691, 890, '2691/445')
    """
    if quick:
        hidden, n_networks, n_steps, n_neurons = (6, 6), 2, 300, (3, 6, 12)
    all_d = checked_integers(dimensions, "dimensions", least=2, are_distinct=True)
    if max(all_d) > _MOST_INPUTS:
        raise InvalidArgumentError(
            f"`dimensions` has {max(all_d)}; it must be at most {_MOST_INPUTS}, because all vertices are found.",
            dimension=max(all_d),
        )
    widths, neurons = (
        checked_integers(hidden, "hidden"),
        checked_integers(n_neurons, "n_neurons", are_distinct=True),
    )
    n_draws, end = checked_integer(n_networks, "n_networks"), checked_integer(n_steps, "n_steps")
    first = checked_seed(seed)
    settings = {
        "dimensions": list(all_d),
        "hidden": list(widths),
        "n_networks": n_draws,
        "n_steps": end,
        "n_neurons": list(neurons),
        "seed": first,
    }
    n_all = len(SPECIAL) + len(all_d) * (len(neurons) + 2 * n_draws)
    recorder = Recorder(ABOUT, settings, TABLES, n_all, progress)
    with recorder.running():
        for name in SPECIAL:
            _add_special(recorder, name)
        for d in all_d:
            for n in neurons:
                _add_one_layer(recorder, d, n, first)
        for d in all_d:
            for k in range(first, first + n_draws):
                snapshots = train(ball(d, seed=k), Recipe(widths, seed=k), (0, end))
                for state, snapshot in zip(("initial", "trained"), snapshots, strict=True):
                    _add_network(recorder, state, k, snapshot)
    return recorder.result(findings)


def ball(d: int, n_points: int = 400, n_test: int = 1_000, *, seed: int = 0) -> DataSet:
    """Even points of the cube [-1, 1]^d, and whether they are in a ball around the origin that holds half of them.

    Parameters
    ----------
    d, n_points, n_test, seed : int

    Examples
    --------
    >>> int(ball(3).targets.sum()), ball(3).test_points.shape
    (200, (1000, 3))
    """
    points = np.random.default_rng(seed).uniform(-1, 1, size=(n_points + n_test, d))
    radii = np.linalg.norm(points, axis=1)
    classes = (radii < np.median(radii[:n_points])).astype(np.int64)
    return DataSet(points[:n_points], classes[:n_points], points[n_points:], classes[n_points:])


# -- the rows -----------------------------------------------------------------------------------


def _add_network(recorder: Recorder, state: str, seed: int, snapshot: Snapshot) -> None:
    network = snapshot.network
    d = network.input_dim
    regions = whole(enumerate_regions(network, box(-1, 1, dimension=d)))
    pulled = _measured(regions, "pulling", "n_facets", "n_neuron_facets", "n_simplices")
    facets = shapes.facets_per_region(regions, measurements=pulled)
    by_pulling = shapes.simplices_histogram(regions, measurements=pulled)
    by_delaunay = shapes.simplices_histogram(
        regions, "delaunay", measurements=_measured(regions, "delaunay", "n_facets", "n_simplices")
    )
    everywhere = _walls(network)
    histograms = (by_pulling.counts, by_delaunay.counts, facets.counts, everywhere.wall_counts)
    for what, counts in zip(_HOW, histograms, strict=True):
        for number, n in counts.items():
            recorder.add(
                "histograms", n_inputs=d, state=state, seed=seed, of=what, number=number, n_regions=n
            )
    recorder.add(
        "networks",
        n_inputs=d,
        widths=widths_of(network),
        seed=seed,
        state=state,
        test_accuracy=snapshot.test_accuracy,
        n_regions=len(regions),
        mean_pulling=float(by_pulling.mean or 0),
        mean_delaunay=float(by_delaunay.mean or 0),
        mean_facets=float(facets.mean or 0),
        mean_walls_in_cube=float(facets.mean_neuron_facets or 0),
        n_regions_in_space=everywhere.n_regions,
        n_walls_in_space=int(everywhere.n_walls),
        **_average(everywhere),
    )
    recorder.step()


def _add_one_layer(recorder: Recorder, d: int, n: int, seed: int) -> None:
    network = he_network((d, n, 1), np.random.default_rng(seed))
    recorder.add(
        "one_layer",
        n_inputs=d,
        n_neurons=n,
        **_average(_walls(network)),
        general_position=str(bounds.average_facets(n, d)),
    )
    recorder.step()


def _add_special(recorder: Recorder, name: str) -> None:
    network = library.named(name).network
    found = _walls(network)
    recorder.add(
        "special",
        network=name,
        widths=widths_of(network),
        n_regions=found.n_regions,
        n_walls=int(found.n_walls),
        **_average(found),
        mean_walls_before=str(_walls(without_last_neuron(network)).mean_neuron_facets),
        is_generic=whole(sign_cells(network)).is_generic(),
    )
    recorder.step()


def _measured(regions: RegionSet, rule: str, *names: str) -> Measurements:
    return all_measured(regions.measure(*names, rule=rule))


def _walls(network: ReLUNetwork) -> shapes.FacetStatistics:
    """Facets of all regions in all of R^d, where each is a wall."""
    regions = whole(enumerate_regions(network))
    measured = _measured(regions, "pulling", "n_facets", "n_neuron_facets")
    return shapes.facets_per_region(regions, measurements=measured)


def _average(found: shapes.FacetStatistics) -> dict[str, Any]:
    mean = found.mean_neuron_facets or Fraction(0)
    return {
        "mean_walls": str(mean),
        "mean_walls_float": float(mean),
        "twice_dimension": found.twice_dimension,
    }


def without_last_neuron(network: ReLUNetwork) -> ReLUNetwork:
    """The network without the last neuron of its last hidden layer, or without that layer if it has one neuron.

    Its outputs are all ones of what is left, because only regions are asked for.

    Examples
    --------
    >>> without_last_neuron(library.falling_average().network)
    <ReLUNetwork 2-7-1, 7 neurons>
    """
    *before, (W, b), _ = network.exact_weights
    hidden = [*before, (W[:-1], b[:-1])] if len(W) > 1 else before
    return ReLUNetwork([*hidden, (np.ones((1, len(hidden[-1][0]))), np.zeros(1))])
