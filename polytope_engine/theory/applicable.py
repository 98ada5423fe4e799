"""Which bounds apply to a network, and their values."""

from __future__ import annotations

from math import comb
from typing import NamedTuple

from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.theory import lower, upper
from polytope_engine.theory.activations import petersen_zech_2024_upper
from polytope_engine.theory.arrangements import zaslavsky_1975
from polytope_engine.theory.ranks import stored_layers, weight_ranks
from polytope_engine.theory.stable_neurons import stable_neurons, stable_neurons_upper

# beyond these sizes, exact counts by deletion and restriction, and intervals in rationals, would take long
_MOST_FLATS = 5_000
_MOST_FLATS_IN_DOMAIN = 300
_MOST_WEIGHTS = 20_000
_MOST_INPUTS = 50
_BEST = "the best network of these widths"


class Applicable(NamedTuple):
    """A bound that applies: the name of its function, its value, what it uses, and what it is here."""

    name: str
    value: int
    note: str
    kind: str


def applicable_bounds(network: ReLUNetwork, domain: HPolytope | None) -> list[Applicable]:
    """All that apply: exact numbers, then upper bounds, then lower bounds, each the largest first.

    Bounds that only repeat another are left out: Goujon et al. 2024 for two pieces is Montufar 2017, Hinz and van
    de Geer 2019 is Serra et al. 2018.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> [row.name for row in applicable_bounds(pe.library.leaky_line().network, None)][-2:]
    ['raghu_2017_upper', 'montufar_2017_upper']
    """
    exact = _exact(network, domain)
    uppers = _uppers(network, domain)
    lowers = [] if any(any(slope) for slope in network.exact_slopes) else _lowers(network)
    return [
        *exact,
        *sorted(uppers, key=lambda row: -row.value),
        *sorted(lowers, key=lambda row: (-row.value, row.name)),
    ]


def _exact(network: ReLUNetwork, domain: HPolytope | None) -> list[Applicable]:
    n, d = network.n_neurons, network.input_dim
    if network.n_hidden_layers > 1 or sum(comb(n, j) for j in range(min(n, d))) > _MOST_FLATS:
        return []
    if domain is not None and sum(comb(n, j) for j in range(min(n, d) + 1)) <= _MOST_FLATS_IN_DOMAIN:
        return [Applicable("zaslavsky_1975", zaslavsky_1975(network, domain), "this network", "exact")]
    kind, note = ("exact", "this network") if domain is None else ("upper", "this network on all of R^d")
    return [Applicable("zaslavsky_1975", zaslavsky_1975(network), note, kind)]


def _uppers(network: ReLUNetwork, domain: HPolytope | None) -> list[Applicable]:
    d, widths = network.input_dim, network.hidden_widths
    is_relu = [not any(slope) for slope in network.exact_slopes]
    ranks = weight_ranks(network)
    of_ranks = (
        f"widths, ranks {', '.join(map(str, ranks))}" if len(ranks) <= 4 else "widths, ranks of the weights"
    )
    found = [
        Applicable("montufar_2014_upper", upper.montufar_2014_upper(widths), "2^N", "upper"),
        Applicable("raghu_2017_upper", upper.raghu_2017_upper(d, widths), "widths", "upper"),
        Applicable("montufar_2017_upper", upper.montufar_2017_upper(d, widths), "widths", "upper"),
    ]
    best = upper.montufar_2017_upper(d, widths)
    with_ranks = upper.montufar_2017_upper(d, widths, ranks)
    if with_ranks < best:
        found.append(Applicable("montufar_2017_upper", with_ranks, of_ranks, "upper"))
    if any(is_relu):
        name = "serra_2018_upper" if all(is_relu) else "mixed_upper"
        best = upper.mixed_upper(d, widths, is_relu)
        found.append(Applicable(name, best, "widths", "upper"))
        with_ranks = upper.mixed_upper(d, widths, is_relu, ranks)
        if with_ranks < best:
            found.append(Applicable(name, with_ranks, of_ranks, "upper"))
    if not any((b != 0).any() for _, b in stored_layers(network)):
        value = upper.central_upper(d, widths, ranks)
        found.append(Applicable("central_upper", value, "widths, ranks, no biases", "upper"))
    if d == 1:
        found.append(
            Applicable("petersen_zech_2024_upper", petersen_zech_2024_upper(widths), "widths", "upper")
        )
    if sum(W.size for W, _ in network.weights) <= _MOST_WEIGHTS and d <= _MOST_INPUTS:
        active, open_ = stable_neurons(network, domain)
        if open_ != widths:
            value = stable_neurons_upper(d, active, open_, is_relu=all(is_relu))
            if value >= min(row.value for row in found):
                return found
            n_fixed = sum(widths) - sum(open_)
            note = f"{n_fixed} neuron{'' if n_fixed == 1 else 's'} of one sign"
            found.append(Applicable("stable_neurons_upper", value, note, "upper"))
    return found


def _lowers(network: ReLUNetwork) -> list[Applicable]:
    d, widths = network.input_dim, network.hidden_widths
    values = {
        "pascanu_2013_lower": lower.pascanu_2013_lower(d, widths),
        "montufar_2014_lower": lower.montufar_2014_lower(d, widths),
    }
    later = min(widths[1:], default=3)
    if widths[0] >= 2 and later >= 2:
        values["arora_2018_lower"] = lower.arora_2018_lower(d, widths)
    if widths[0] >= 2 and later >= 3:
        values["serra_2018_zonotope_lower"] = lower.serra_2018_zonotope_lower(d, widths)
    if min(widths[:-1], default=3 * d) >= 3 * d:
        values["serra_2018_lower"] = lower.serra_2018_lower(d, widths)
    if d == 1 and min(widths) >= 3:
        values["serra_2018_line"] = lower.serra_2018_line(widths)
    return [Applicable(name, value, _BEST, "lower") for name, value in values.items() if value > 1]
