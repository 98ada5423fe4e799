"""Activation regions against linear regions by three definitions: how many merge, and why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polytope_engine.complexes.wall_search import all_walls
from polytope_engine.data import DOMAIN_BOUNDS, load_demo
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network import library
from polytope_engine.network.library.named_network import NamedNetwork
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.boxes import box
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.enumeration import enumerate_regions
from polytope_engine.studies.checked_settings import (
    checked_choices,
    checked_integer,
    checked_integers,
    checked_seed,
)
from polytope_engine.studies.linear_regions_findings import findings
from polytope_engine.studies.merging import MERGING_COLUMNS, expected_inactive_volume, merging_of
from polytope_engine.studies.random_networks import he_network
from polytope_engine.studies.recorder import About, Progress, Recorder
from polytope_engine.studies.result import StudyResult, Table
from polytope_engine.studies.whole import whole
from polytope_engine.studies.written_networks import widths_of

ABOUT = About(
    "linear_regions",
    "Activation regions and linear regions",
    "How many activation regions (R2) merge into linear regions by the definitions R4, R5 and R6, and why?",
    (
        "Stargalla, Hertrich, Reichman 2025, arXiv:2505.16716: the definitions",
        "Hanin, Rolnick 2019, arXiv:1906.00904: activation regions and linear regions of random networks",
        "Derived here: for almost all weights regions share an affine map only where layers are inactive",
    ),
)
TABLES = {
    "random": Table(
        "One row a random network with one output: Gaussian weights of variance 2 / inputs of the layer, biases of "
        "deviation 0.5.",
        {
            "varied": "`last width`, or `depth`",
            "widths": "inputs, hidden layers, outputs",
            "depth": "hidden layers",
            "last_width": "neurons of the last hidden layer",
            "seed": "of the weights",
            **MERGING_COLUMNS,
            "inactive_volume": "share of the cube's volume on which some hidden layer is inactive",
            "inactive_volume_mean": "the mean of this share over all weights, 1 - (1 - 2^-n_1) ... (1 - 2^-n_L)",
        },
    ),
    "quantized": Table(
        "One row a random network whose weights and biases are rounded to multiples of 1/q.",
        {"q": "q", "widths": "as above", "seed": "of the weights", **MERGING_COLUMNS},
    ),
    "outputs": Table(
        "One row a network with several outputs: of all outputs, of the first alone, and of the decision between them.",
        {
            "network": "`random`, or a trained network that comes with the package",
            "widths": "as above",
            "n_outputs": "outputs",
            "seed": "of the weights; none if trained",
            "n_regions": "activation regions (R2)",
            "n_open": "linear regions (R4) of the map to all outputs",
            "n_open_first": "linear regions (R4) of the first output",
            "n_cut": "regions after cutting along the surfaces on which two outputs are equal",
            "n_open_argmax": "connected sets (R4) on which the argmax is one class",
            "n_closed_argmax": "the same, closed connected (R5)",
            "n_affine_argmax": "classes that are the argmax somewhere (R6)",
        },
    ),
    "named": Table(
        "One row a network that comes with the package: trained ones in their domains, those of the library in R^d.",
        {
            "network": "its name",
            "is_trained": "whether it was trained",
            "widths": "as above",
            **MERGING_COLUMNS,
            "is_as_known": "whether R2, R4, R5, R6 are the numbers that the library states, if it does",
        },
    ),
}
_SMALL = (
    "stargalla()",
    "hat()",
    "touching_quadrants()",
    "identity()",
    "dead_layer()",
    "cancelled_neurons()",
    "zero_plateau()",
    "disconnected_wall()",
    "hamming_trap()",
    "duplicate_neuron()",
    "dead_neuron()",
    "sawtooth(2)",
    "sawtooth(5)",
)
_LARGEST_POWER = 2**40
_DEFINITIONS = {"R2": "n_regions", "R4": "n_open", "R5": "n_closed", "R6": "n_affine"}


def linear_regions(
    *,
    n_inputs: int = 2,
    width: int = 8,
    last_widths: Sequence[int] | int = (1, 2, 3, 4, 6, 8, 12, 16),
    narrow: int = 4,
    depths: Sequence[int] | int = (1, 2, 3, 4, 6, 8),
    denominators: Sequence[int] | int = (1, 2, 4, 8, 16, 64),
    n_outputs: Sequence[int] | int = (2, 3, 5, 10),
    n_random: int = 40,
    trained: Sequence[str] | str = ("two_moons", "cart_pole"),
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
) -> StudyResult:
    """Count activation regions (R2) and linear regions (R4, R5, R6) of random, quantized, trained and special networks.

    Parameters
    ----------
    n_inputs : int
        Inputs d of the random networks, whose domain is the cube [-1, 1]^d.
    width, last_widths : int, and int or sequence of int
        Networks with hidden layers of `width` and of each of `last_widths` neurons.
    narrow, depths : int, and int or sequence of int
        Networks with each number of hidden layers of `narrow` neurons.
    denominators : int or sequence of int
        Powers of two q: two layers of `width` neurons, their weights and biases rounded to multiples of 1/q.
    n_outputs : int or sequence of int
        Numbers of outputs, from 2, of networks with two layers of `width` neurons.
    n_random : int
        Random networks of each kind.
    trained : str or sequence of str
        Networks that come with the package, or none; see `polytope_engine.data.load_demo`.
    seed : int
        Of the first random network; the others follow.
    quick : bool
        Take fewer and smaller networks, whatever all settings but `n_inputs`, `width`, `narrow` and `seed` say, so that
        it takes seconds.
    progress : callable, optional
        Called as ``progress(n_networks, fraction_done)``.

    Returns
    -------
    StudyResult
        Tables `random`, `quantized`, `outputs` and `named`.

    Raises
    ------
    InvalidArgumentError
        If an argument is not what it must be.

    Notes
    -----
    For almost all weights and biases, two regions have one affine map exactly if on each of them all neurons of some
    hidden layer are inactive, and the last such layer is the same. For the entries of the matrix are polynomials
    in the weights with one term for each path of active neurons, and these paths tell the pattern, unless a layer is
    inactive; then the matrix is 0, and the constants are polynomials in the weights and biases behind that layer,
    where signs do not depend on the input. So R6 can be read off the patterns (column `n_affine_generic`), and R2 - R4
    counts mergers of such regions. In general position they meet in walls if they meet at all, so that R5 = R4.
    All of it is derived here, and compared with the exact counts.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> found = pe.studies.linear_regions(
    ...     width=4, last_widths=1, narrow=2, depths=2, denominators=1, n_outputs=2, n_random=1, trained="two_moons"
    ... )
    >>> (row,) = found.tables["named"].where(network="two_moons")
    >>> row["n_regions"], row["n_open"], row["n_closed"], row["n_affine"]
    (1383, 1383, 1383, 1383)
    """
    if quick:
        last_widths, depths, denominators, n_outputs = (1, 2, 4, 8), (1, 3, 5), (1, 4, 16), (2, 5)
        n_random, trained = 8, ("two_moons",)
    d = checked_integer(n_inputs, "n_inputs")
    n, n_narrow = checked_integer(width, "width"), checked_integer(narrow, "narrow")
    n_draws, first = checked_integer(n_random, "n_random"), checked_seed(seed)
    names = list(checked_choices(trained, DOMAIN_BOUNDS, "trained")) if trained else []
    demos = {name: load_demo(name) for name in names}
    ends, layers = (
        checked_integers(last_widths, "last_widths", are_distinct=True),
        checked_integers(depths, "depths", are_distinct=True),
    )
    powers, outputs = (
        _checked_powers(denominators),
        checked_integers(n_outputs, "n_outputs", least=2, are_distinct=True),
    )
    settings = {
        "n_inputs": d,
        "width": n,
        "last_widths": list(ends),
        "narrow": n_narrow,
        "depths": list(layers),
        "denominators": list(powers),
        "n_outputs": list(outputs),
        "n_random": n_draws,
        "trained": names,
        "seed": first,
    }
    varied = [("last width", (n, end)) for end in ends] + [("depth", (n_narrow,) * k) for k in layers]
    decided = [demo for demo in demos.items() if demo[1][0].output_dim > 1]
    n_networks = len(varied) + len(powers) + len(outputs)
    n_steps = len(_SMALL) + len(demos) + len(decided) + n_draws * n_networks
    recorder = Recorder(ABOUT, settings, TABLES, n_steps, progress)
    with recorder.running():
        for name in _SMALL:
            _add_named(recorder, library.named(name))
        for k in range(first, first + n_draws):
            for what, hidden in varied:
                _add_random(recorder, what, (d, *hidden, 1), k)
            for q in powers:
                _add_quantized(recorder, q, (d, n, n, 1), k)
            for m in outputs:
                network = he_network((d, n, n, m), np.random.default_rng(k))
                _add_outputs(recorder, "random", network, box(-1, 1, dimension=d), k)
        for name, (network, domain) in decided:
            _add_outputs(recorder, name, network, domain, None)
        for name, (network, domain) in demos.items():
            _add_trained(recorder, name, network, domain)
    return recorder.result(findings)


def _checked_powers(values: Sequence[int] | int) -> tuple[int, ...]:
    """Powers of two, by which floats are divided without rounding."""
    powers = checked_integers(values, "denominators", are_distinct=True)
    for q in powers:
        if q & (q - 1) or q > _LARGEST_POWER:
            raise InvalidArgumentError(
                f"`denominators` has {q}; each must be a power of two, at most {_LARGEST_POWER}, so that floats hold "
                "multiples of 1/q exactly.",
                value=q,
            )
    return powers


# -- the rows -----------------------------------------------------------------------------------


def _add_named(recorder: Recorder, named: NamedNetwork) -> None:
    numbers = merging_of(named.network).numbers
    known = {_DEFINITIONS[which]: n for which, n in named.counts.items() if which in _DEFINITIONS}
    recorder.add(
        "named",
        network=named.name,
        is_trained=False,
        widths=widths_of(named.network),
        **numbers,
        is_as_known=all(numbers[column] == n for column, n in known.items()) if known else None,
    )
    recorder.step()


def _add_trained(recorder: Recorder, name: str, network: ReLUNetwork, domain: HPolytope) -> None:
    numbers = merging_of(network, domain).numbers
    recorder.add(
        "named", network=name, is_trained=True, widths=widths_of(network), **numbers, is_as_known=None
    )
    recorder.step()


def _add_random(recorder: Recorder, varied: str, widths: Sequence[int], seed: int) -> None:
    network = he_network(widths, np.random.default_rng(seed))
    found = merging_of(network, box(-1, 1, dimension=widths[0]))
    recorder.add(
        "random",
        varied=varied,
        widths=widths_of(network),
        depth=network.n_hidden_layers,
        last_width=network.hidden_widths[-1],
        seed=seed,
        **found.numbers,
        inactive_volume=found.inactive_volume(),
        inactive_volume_mean=expected_inactive_volume(network.hidden_widths),
    )
    recorder.step()


def _add_quantized(recorder: Recorder, q: int, widths: Sequence[int], seed: int) -> None:
    network = he_network(widths, np.random.default_rng(seed))
    rounded = ReLUNetwork([(np.round(q * W) / q, np.round(q * b) / q) for W, b in network.weights])
    numbers = merging_of(rounded, box(-1, 1, dimension=widths[0])).numbers
    recorder.add("quantized", q=q, widths=widths_of(network), seed=seed, **numbers)
    recorder.step()


def _add_outputs(
    recorder: Recorder, name: str, network: ReLUNetwork, domain: HPolytope, seed: int | None
) -> None:
    regions = whole(enumerate_regions(network, domain))
    walls = all_walls(regions)
    decisions = {how: regions.linear_regions(how, "argmax") for how in ("open", "closed", "affine")}
    recorder.add(
        "outputs",
        network=name,
        widths=widths_of(network),
        n_outputs=network.output_dim,
        seed=seed,
        n_regions=len(regions),
        n_open=len(regions.linear_regions("open", walls=walls)),
        n_open_first=len(regions.linear_regions("open", 0, walls=walls)),
        n_cut=len(decisions["open"].regions),
        **{f"n_{how}_argmax": len(found) for how, found in decisions.items()},
    )
    recorder.step()
