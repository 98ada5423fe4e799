"""Deep against shallow networks of equally many neurons: what depth can do, and what it does at random."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network import library
from polytope_engine.polytope.boxes import box
from polytope_engine.studies.checked_settings import checked_integer, checked_integers, checked_seed
from polytope_engine.studies.means import standard_error, with_error
from polytope_engine.studies.random_networks import he_network
from polytope_engine.studies.recorder import About, Progress, Recorder, Tables
from polytope_engine.studies.result import Finding, StudyResult, Table
from polytope_engine.studies.whole import number_of_regions
from polytope_engine.theory import bounds

ABOUT = About(
    "depth",
    "Deep against shallow networks of equally many neurons",
    "How many more regions can a deep network have than a shallow one with as many neurons, and does it at random?",
    (
        "Pascanu, Montúfar, Bengio 2013, arXiv:1312.6098: the most regions of one layer, a lower bound for more",
        "Montúfar, Pascanu, Cho, Bengio 2014, arXiv:1402.1869: folding",
        "Serra, Tjandraatmadja, Ramalingam 2018, arXiv:1711.02114, Theorem 6: zigzags",
        "Hanin, Rolnick 2019, arXiv:1906.00904: depth does little at random",
    ),
)
TABLES = {
    "constructions": Table(
        "One row a depth: networks of the library with `depth` equal layers, and one layer of as many neurons.",
        {
            "n_inputs": "inputs d",
            "width": "neurons of a layer",
            "depth": "hidden layers",
            "n_neurons": "neurons in all",
            "shallow": "regions of one layer of as many neurons, in general position (counted exactly)",
            "shallow_most": "the most that one such layer can have",
            "folded": "regions inside the cube of folding layers, `folded_cube` (counted exactly)",
            "zigzag": "regions in all of R^d of zigzag layers, `zigzag_cube` (counted exactly); none if width < 3 d",
            "pascanu_2013_lower": "lower bound for the best network of these widths",
            "montufar_2014_lower": "lower bound for the best network of these widths",
            "serra_2018_lower": "the same; none if width < 3 d",
            "serra_2018_upper": "upper bound for every network of these widths",
        },
    ),
    "random": Table(
        "One row a random network: Gaussian weights of variance 2 / inputs of the layer, biases of deviation 0.5.",
        {
            "n_inputs": "inputs d",
            "width": "neurons of a layer",
            "depth": "hidden layers",
            "n_neurons": "neurons in all",
            "shape": "`deep`, or `shallow`: one layer of as many neurons",
            "seed": "of the weights",
            "n_regions": "regions in the cube [-1, 1]^d (counted exactly)",
        },
    ),
}


def depth(
    *,
    n_inputs: int = 2,
    widths: Sequence[int] | int = (4, 6, 8),
    depths: Sequence[int] | int = (1, 2, 3, 4),
    n_random: int = 20,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
) -> StudyResult:
    """Count the regions of deep constructions, of one layer of as many neurons, and of random networks of both shapes.

    Parameters
    ----------
    n_inputs : int
        Inputs d of all networks.
    widths, depths : int or sequence of int
        Neurons of a layer, at least `n_inputs`, and numbers of hidden layers.
    n_random : int
        Random networks of each shape.
    seed : int
        Of the first random network; the others follow.
    quick : bool
        Take smaller networks and fewer, whatever `widths`, `depths` and `n_random` say, so that it takes seconds.
    progress : callable, optional
        Called as ``progress(n_networks, fraction_done)``.

    Returns
    -------
    StudyResult
        Tables `constructions` and `random`.

    Raises
    ------
    InvalidArgumentError
        If an argument is not what it must be.

    Notes
    -----
    Source: Pascanu et al. 2013; the constructions are those of Montúfar et al. 2014 and Serra et al. 2018.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> found = pe.studies.depth(n_inputs=1, widths=3, depths=(1, 2), n_random=1)
    >>> found.tables["constructions"]["zigzag"], found.tables["constructions"]["shallow"]
    ([4, 16], [4, 7])
    """
    d = checked_integer(n_inputs, "n_inputs")
    if quick:
        widths, depths, n_random = (6,), (1, 2, 3), 5
    all_widths = checked_integers(widths, "widths", are_distinct=True)
    if min(all_widths) < d:
        raise InvalidArgumentError(
            f"`widths` has {min(all_widths)}, but the networks have {d} inputs; the constructions need layers of at "
            f"least as many neurons as there are inputs.",
            width=min(all_widths),
        )
    all_depths = checked_integers(depths, "depths", are_distinct=True)
    n_draws = checked_integer(n_random, "n_random")
    first = checked_seed(seed)
    settings = {
        "n_inputs": d,
        "widths": list(all_widths),
        "depths": list(all_depths),
        "n_random": n_draws,
        "seed": first,
    }
    n_steps = len(all_widths) * len(all_depths) * (1 + 2 * n_draws)
    recorder = Recorder(ABOUT, settings, TABLES, n_steps, progress)
    with recorder.running():
        for width in all_widths:
            for n_layers in all_depths:
                _add_constructions(recorder, d, width, n_layers)
                recorder.step()
        for width in all_widths:
            for n_layers in all_depths:
                for k in range(n_draws):
                    _add_random(recorder, d, width, n_layers, first + k)
    return recorder.result(_findings)


def _add_constructions(recorder: Recorder, d: int, width: int, n_layers: int) -> None:
    hidden = (width,) * n_layers
    n_neurons = width * n_layers
    cube = box(0, 1, dimension=d)
    one_layer = library.generic_in_cube(width, d).network
    folded = one_layer if n_layers == 1 else library.folded_cube(d, *hidden).network
    zigzag = one_layer if n_layers == 1 else None
    if n_layers > 1 and width >= 3 * d:
        zigzag = library.zigzag_cube(d, *hidden).network
    recorder.add(
        "constructions",
        n_inputs=d,
        width=width,
        depth=n_layers,
        n_neurons=n_neurons,
        shallow=number_of_regions(library.generic(n_neurons, d).network),
        shallow_most=bounds.buck_1943_upper(n_neurons, d),
        folded=number_of_regions(folded, cube),
        zigzag=None if zigzag is None else number_of_regions(zigzag),
        pascanu_2013_lower=bounds.pascanu_2013_lower(d, hidden),
        montufar_2014_lower=bounds.montufar_2014_lower(d, hidden),
        serra_2018_lower=None if zigzag is None else bounds.serra_2018_lower(d, hidden),
        serra_2018_upper=bounds.serra_2018_upper(d, hidden),
    )


def _add_random(recorder: Recorder, d: int, width: int, n_layers: int, seed: int) -> None:
    for shape, hidden in (("deep", (width,) * n_layers), ("shallow", (width * n_layers,))):
        network = he_network((d, *hidden, 1), np.random.default_rng(seed))
        recorder.add(
            "random",
            n_inputs=d,
            width=width,
            depth=n_layers,
            n_neurons=width * n_layers,
            shape=shape,
            seed=seed,
            n_regions=number_of_regions(network, box(-1, 1, dimension=d)),
        )
        recorder.step()


def _findings(tables: Tables) -> list[Finding]:
    """What depth can do, what it does at random, and that no bound is broken."""
    made, random = tables["constructions"], tables["random"]
    found = []
    for width in made.distinct("width"):
        last = max(made.where(width=width), key=lambda row: row["depth"])
        best = max(last["folded"], last["zigzag"] or 0)
        ratio = best / last["shallow_most"]
        times = f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"
        name = "zigzag" if best == last["zigzag"] else "folded"
        found.append(
            Finding(
                f"{_layers(last['depth'])} of {width} neurons: {best:,} regions by construction ({name}), {times} "
                f"times the {last['shallow_most']:,} that one layer of {last['n_neurons']} neurons can have.",
                {
                    "width": width,
                    "depth": last["depth"],
                    "deep": best,
                    "shallow": last["shallow_most"],
                    "ratio": ratio,
                },
            )
        )
    kept = [
        row["folded"] >= row["montufar_2014_lower"] >= row["pascanu_2013_lower"]
        and row["folded"] <= row["serra_2018_upper"]
        and (row["zigzag"] is None or row["serra_2018_lower"] <= row["zigzag"] <= row["serra_2018_upper"])
        and row["shallow"] == row["shallow_most"]
        for row in made
    ]
    found.append(
        Finding(
            f"In {sum(kept)} of {len(kept)} rows the constructions have at least as many regions as their lower bounds "
            "say, at most as many as the upper bound, and the shallow ones exactly the most.",
            {"n_kept": sum(kept), "n_rows": len(kept)},
        )
    )
    found.append(_at_random(random))
    return found


def _at_random(random: Table) -> Finding:
    """How deep and shallow random networks compare at the greatest width and depth."""
    width, n_layers = max(random["width"]), max(random["depth"])
    counts = {
        shape: random.where(width=width, depth=n_layers, shape=shape)["n_regions"]
        for shape in ("deep", "shallow")
    }
    means = {shape: statistics.fmean(numbers) for shape, numbers in counts.items()}
    said = {shape: with_error(means[shape], standard_error(counts[shape]), ",.1f") for shape in counts}
    n_networks = len(counts["deep"])
    ratio = means["deep"] / means["shallow"]
    return Finding(
        f"At random weights, {_layers(n_layers)} of {width} neurons have {said['deep']} regions in the cube on "
        f"average, one layer of {width * n_layers} has {said['shallow']} ({n_networks} networks each; ± one standard "
        f"error): the deep ones have {ratio:.2f} times as many.",
        {"width": width, "depth": n_layers, "n_networks": n_networks, **means, "ratio": ratio},
    )


def _layers(n: int) -> str:
    return f"{n} layer{'' if n == 1 else 's'}"
