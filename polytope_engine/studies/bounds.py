"""Exact numbers of regions of random networks against every bound, and how they grow with the number of neurons."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.boxes import box
from polytope_engine.studies.bounds_findings import findings
from polytope_engine.studies.checked_settings import (
    checked_integer,
    checked_integers,
    checked_number,
    checked_seed,
)
from polytope_engine.studies.means import standard_error
from polytope_engine.studies.random_networks import he_network
from polytope_engine.studies.recorder import About, Progress, Recorder
from polytope_engine.studies.result import StudyResult, Table
from polytope_engine.studies.whole import number_of_regions
from polytope_engine.theory.random_networks import hanin_rolnick_2019_expected_upper
from polytope_engine.theory.table import table

ABOUT = About(
    "bounds",
    "Exact numbers of regions of random networks against every bound",
    "How far below the bounds are random networks, and does their number of regions grow like N^d / d! at any depth?",
    (
        "Zaslavsky 1975: the exact number for one layer",
        "Pascanu, Montúfar, Bengio 2013, arXiv:1312.6098: a lower bound for the best network of its widths",
        "Montúfar, Pascanu, Cho, Bengio 2014, arXiv:1402.1869: 2^N, and a lower bound for the best",
        "Raghu et al. 2017, arXiv:1606.05336; Montúfar 2017 (SampTA): upper bounds from widths",
        "Arora, Basu, Mianjy, Mukherjee 2018, arXiv:1611.01491: a lower bound for the best",
        "Serra, Tjandraatmadja, Ramalingam 2018, arXiv:1711.02114: an upper bound from widths, lower ones for the best",
        "Hanin, Rolnick 2019, arXiv:1906.00904: on average at most (T N)^d / d! in a unit of volume, at any depth",
    ),
)
_SHAPE = {
    "n_inputs": "inputs d",
    "n_neurons": "neurons in all, N",
    "depth": "hidden layers, all equally wide",
    "width": "neurons of a layer",
}
_DOMAIN = "`box`: the cube [-1, 1]^d; `everywhere`: all of R^d"
TABLES = {
    "networks": Table(
        "One row a random network: normal weights of variance 2 / inputs of the layer, normal biases.",
        {
            **_SHAPE,
            "draw": "k: weights and biases come from numpy's default_rng([seed, d, N, depth, k])",
            "n_regions": "regions (R2, activation regions with interior) in the cube [-1, 1]^d (counted exactly)",
            "n_regions_everywhere": "regions in all of R^d (counted exactly); none where N is too large",
        },
    ),
    "counts": Table(
        "One row an architecture and domain: the number of regions over random networks.",
        {
            **_SHAPE,
            "domain": _DOMAIN,
            "n_networks": "random networks",
            "mean": "mean number of regions",
            "standard_error": "of the mean; none for a single network",
            "least": "least number of regions",
            "most": "most regions",
            "natural": "N^d / d!",
            "ratio": "mean / natural",
            "constant": "T for which (T N)^d / d! in each unit of volume is the mean; none for all of R^d",
        },
    ),
    "bounds": Table(
        "One row an architecture, domain and bound of `pe.bounds` that applies; the tighter, if one applies twice.",
        {
            **_SHAPE,
            "domain": _DOMAIN,
            "bound": "function in `pe.bounds`",
            "kind": "`exact`, `upper`: for the network itself; `lower`: for the best network of these widths",
            "n_networks": "random networks to which it applies",
            "least": "least value of the bound",
            "most": "largest value of the bound",
            "mean_ratio": "mean of number of regions / bound",
            "most_ratio": "largest of the same",
            "n_violated": "networks that break the bound; none for lower bounds, which say nothing of random networks",
        },
    ),
    "growth": Table(
        "One row a number of inputs, depth and domain: the slope of log(mean number of regions) against log(N).",
        {
            "n_inputs": "inputs d",
            "depth": "hidden layers",
            "domain": _DOMAIN,
            "n_points": "numbers of neurons",
            "exponent": "slope of the least-squares line; none for a single point",
            "standard_error": "of the slope, from those of the means; how well a line fits is not in it",
            "last_exponent": "slope between the two largest numbers of neurons",
            "last_error": "its standard error",
        },
    ),
}


def bounds(
    *,
    n_inputs: Sequence[int] | int = (1, 2, 3),
    n_neurons: Sequence[int] | int = (12, 24, 36, 48, 72, 96),
    depths: Sequence[int] | int = (1, 2, 3, 4),
    n_random: int = 20,
    bias_scale: float = 0.5,
    most_everywhere: int = 72,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
) -> StudyResult:
    """Count the regions of random networks with N neurons in 1, 2, ... layers, beside every bound that applies.

    Parameters
    ----------
    n_inputs : int or sequence of int
        Inputs d.
    n_neurons : int or sequence of int
        Neurons in all, N; each a multiple of every depth, so that networks of all depths have equally many.
    depths : int or sequence of int
        Numbers of hidden layers.
    n_random : int
        Random networks of each architecture.
    bias_scale : float
        Standard deviation of the biases, from 0.
    most_everywhere : int
        Regions in all of R^d are counted, too, up to that many neurons.
    seed : int
        Of all weights and biases.
    quick : bool
        Take smaller networks and fewer, whatever all settings but `bias_scale` and `seed` say, so that it takes
        seconds.
    progress : callable, optional
        Called as ``progress(n_networks, fraction_done)``.

    Returns
    -------
    StudyResult
        Tables `networks`, `counts`, `bounds` and `growth`.

    Raises
    ------
    InvalidArgumentError
        If an argument is not what it must be.

    Notes
    -----
    Source: B. Hanin, D. Rolnick, "Deep ReLU networks have surprisingly few activation patterns", NeurIPS 2019,
    arXiv 1906.00904, for the growth: an upper bound on the mean over random weights and biases, for large enough
    cubes, with a constant T that depends on their distribution, and not on the depth otherwise.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> found = pe.studies.bounds(n_inputs=2, n_neurons=(4, 8), depths=(1, 2), n_random=2)
    >>> found.tables["counts"].where(domain="everywhere", depth=1)["mean"]
    [11.0, 37.0]
    """
    if quick:
        n_inputs, n_neurons, depths, n_random, most_everywhere = (1, 2, 3), (12, 24, 36), (1, 3), 6, 24
    all_inputs, all_depths = (
        checked_integers(n_inputs, "n_inputs", are_distinct=True),
        checked_integers(depths, "depths", are_distinct=True),
    )
    all_neurons = checked_integers(n_neurons, "n_neurons", are_distinct=True)
    _check_multiples(all_neurons, all_depths)
    n_draws = checked_integer(n_random, "n_random")
    most = checked_integer(most_everywhere, "most_everywhere", 0)
    settings = {
        "n_inputs": list(all_inputs),
        "n_neurons": list(all_neurons),
        "depths": list(all_depths),
        "n_random": n_draws,
        "bias_scale": checked_number(bias_scale, "bias_scale"),
        "most_everywhere": most,
        "seed": checked_seed(seed),
    }
    n_steps = len(all_inputs) * len(all_depths) * len(all_neurons) * n_draws
    recorder = Recorder(ABOUT, settings, TABLES, n_steps, progress)
    with recorder.running():
        for d in all_inputs:
            for depth in all_depths:
                _add_depth(recorder, d, depth)
    return recorder.result(findings)


def _check_multiples(n_neurons: tuple[int, ...], depths: tuple[int, ...]) -> None:
    for n in n_neurons:
        for depth in depths:
            if n % depth:
                raise InvalidArgumentError(
                    f"`n_neurons` has {n}, which {depth} layers cannot share equally; pass multiples of all `depths`.",
                    n_neurons=n,
                    depth=depth,
                )


@dataclass(frozen=True)
class _Shape:
    """An architecture: d inputs, and N neurons in equally wide layers."""

    n_inputs: int
    n_neurons: int
    depth: int

    def columns(self) -> dict[str, int]:
        return {
            "n_inputs": self.n_inputs,
            "n_neurons": self.n_neurons,
            "depth": self.depth,
            "width": self.n_neurons // self.depth,
        }


@dataclass
class _Bound:
    """A bound for networks of an architecture: its values, and the numbers of regions beside them."""

    kind: str
    values: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def n_violated(self) -> int | None:
        """How many networks break it."""
        if self.kind == "lower":
            return None
        both = zip(self.counts, self.values, strict=True)
        return sum(number != value if self.kind == "exact" else number > value for number, value in both)


@dataclass
class _Found:
    """The numbers of regions of one architecture in one domain, and its bounds by name."""

    counts: list[int] = field(default_factory=list)
    bounds: dict[str, _Bound] = field(default_factory=dict)


def _add_depth(recorder: Recorder, d: int, depth: int) -> None:
    """All networks of one depth, and how their numbers of regions grow."""
    points: dict[str, list[tuple[float, float, float | None]]] = {"box": [], "everywhere": []}
    for n_neurons in sorted(set(recorder.settings["n_neurons"])):
        shape = _Shape(d, n_neurons, depth)
        found: dict[str, _Found] = {}
        try:
            _draw(recorder, shape, found)
        finally:
            for domain, numbers in found.items():
                _add_rows(recorder, shape, domain, numbers)
        for domain, numbers in found.items():
            points[domain].append((n_neurons, float(np.mean(numbers.counts)), standard_error(numbers.counts)))
    for domain, listed in points.items():
        if listed:
            exponent, error = slope(listed)
            last_exponent, last_error = slope(listed[-2:])
            recorder.add(
                "growth",
                n_inputs=d,
                depth=depth,
                domain=domain,
                n_points=len(listed),
                exponent=exponent,
                standard_error=error,
                last_exponent=last_exponent,
                last_error=last_error,
            )


def _draw(recorder: Recorder, shape: _Shape, found: dict[str, _Found]) -> None:
    """Draw the networks of an architecture, count their regions, and list their bounds."""
    settings, d = recorder.settings, shape.n_inputs
    widths = (d, *[shape.n_neurons // shape.depth] * shape.depth, 1)
    for k in range(settings["n_random"]):
        generator = np.random.default_rng([settings["seed"], d, shape.n_neurons, shape.depth, k])
        network = he_network(widths, generator, bias_scale=settings["bias_scale"])
        domains: dict[str, Any] = {"box": box(-1, 1, dimension=d)}
        if shape.n_neurons <= settings["most_everywhere"]:
            domains["everywhere"] = None
        counts = {name: number_of_regions(network, domain) for name, domain in domains.items()}
        listed = {name: _listed(network, domain, counts[name]) for name, domain in domains.items()}
        for name, n_regions in counts.items():
            _keep(found.setdefault(name, _Found()), n_regions, listed[name])
        everywhere = counts.get("everywhere")
        recorder.add(
            "networks", **shape.columns(), draw=k, n_regions=counts["box"], n_regions_everywhere=everywhere
        )
        recorder.step()


def _listed(network: ReLUNetwork, domain: Any, n_regions: int) -> dict[str, tuple[str, int]]:
    """The bounds that apply: kind and value by name, the tightest of each name."""
    rows = sorted(table(network, domain, count=n_regions), key=lambda row: -row.value)
    return {row.name: (row.kind, row.value) for row in rows}


def _keep(found: _Found, n_regions: int, listed: dict[str, tuple[str, int]]) -> None:
    found.counts.append(n_regions)
    for name, (kind, value) in listed.items():
        known = found.bounds.setdefault(name, _Bound(kind))
        known.values.append(value)
        known.counts.append(n_regions)


def _add_rows(recorder: Recorder, shape: _Shape, domain: str, found: _Found) -> None:
    d, n, mean = shape.n_inputs, shape.n_neurons, float(np.mean(found.counts))
    natural = n**d / math.factorial(d)
    constant = None
    if domain == "box" and d <= n:
        constant = (mean / float(hanin_rolnick_2019_expected_upper(d, n, 1, 2**d))) ** (1 / d)
    recorder.add(
        "counts",
        **shape.columns(),
        domain=domain,
        n_networks=len(found.counts),
        mean=mean,
        standard_error=standard_error(found.counts),
        least=min(found.counts),
        most=max(found.counts),
        natural=natural,
        ratio=mean / natural,
        constant=constant,
    )
    for name, known in found.bounds.items():
        ratios = [number / value for number, value in zip(known.counts, known.values, strict=True)]
        recorder.add(
            "bounds",
            **shape.columns(),
            domain=domain,
            bound=name,
            kind=known.kind,
            n_networks=len(known.counts),
            least=min(known.values),
            most=max(known.values),
            mean_ratio=float(np.mean(ratios)),
            most_ratio=max(ratios),
            n_violated=known.n_violated(),
        )


def slope(points: Sequence[tuple[float, float, float | None]]) -> tuple[float | None, float | None]:
    """The slope of the least-squares line through (log x, log y), and its standard error from those of y.

    Parameters
    ----------
    points : sequence of (x, y, standard error of y or None)

    Returns
    -------
    float, float
        None for a single point; the error None where one is unknown.

    Examples
    --------
    >>> exponent, error = slope([(1, 3, 0.3), (2, 12, 1.2), (4, 48, 4.8)])
    >>> round(exponent, 12), round(error, 4)
    (2.0, 0.102)
    """
    if len(points) < 2:
        return None, None
    x, y, errors = zip(*points, strict=True)
    u = np.log(x) - np.mean(np.log(x))
    share = u / float(u @ u)
    exponent = float(share @ np.log(y))
    if None in errors:
        return exponent, None
    return exponent, float(np.linalg.norm(share * np.array(errors) / np.array(y)))
