"""The study `linear_regions`: its numbers by other routes, its sentences from its numbers, its figures."""

from __future__ import annotations

import statistics
from fractions import Fraction
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.studies.linear_regions_findings import findings
from polytope_engine.studies.merging import (
    MERGING_COLUMNS,
    expected_inactive_volume,
    last_inactive_layer,
    merging_of,
)
from polytope_engine.studies.random_networks import he_network
from polytope_engine.studies.result import StudyResult, Table

SMALL: dict[str, Any] = {
    "width": 5,
    "last_widths": (1, 3),
    "narrow": 2,
    "depths": (1, 3),
    "denominators": (1, 8),
    "n_outputs": 3,
    "n_random": 3,
    "trained": "two_moons",
    "seed": 7,
}
SQUARE = pe.box(-1, 1, dimension=2)


@pytest.fixture(scope="module")
def found() -> StudyResult:
    return pe.studies.linear_regions(**SMALL)


def network_of(row: dict[str, Any]) -> pe.ReLUNetwork:
    return he_network([int(n) for n in row["widths"].split("-")], np.random.default_rng(row["seed"]))


def exact_map(network: pe.ReLUNetwork, signs: np.ndarray) -> tuple[tuple[Fraction, ...], ...]:
    """The output map where neurons have these signs, in Fractions, layer by layer."""
    A = [[Fraction(int(i == j)) for j in range(network.input_dim)] for i in range(network.input_dim)]
    rows = [[*row, Fraction(0)] for row in A]
    at = 0
    for layer, (W, b) in enumerate(network.exact_weights):
        rows = [
            [
                sum((w * r[j] for w, r in zip(weights, rows, strict=True)), Fraction(0))
                for j in range(len(rows[0]))
            ]
            for weights in W
        ]
        for row, bias in zip(rows, b, strict=True):
            row[-1] += bias
        if layer < network.n_hidden_layers:
            rows = [row if signs[at + i] > 0 else [Fraction(0)] * len(row) for i, row in enumerate(rows)]
            at += len(rows)
    return tuple(map(tuple, rows))


def counts_by_hand(network: pe.ReLUNetwork, domain: Any = None) -> dict[str, int]:
    """R2, R4, R6, walls, and walls between equal maps, from neighbors and maps in Fractions."""
    regions = pe.enumerate_regions(network, domain)
    maps = [exact_map(network, signs) for signs in regions.sign_vectors]
    walls = {frozenset((region.index, n.index)) for region in regions for n in region.neighbors()}
    equal = [tuple(wall) for wall in walls if len({maps[k] for k in wall}) == 1]
    graph = nx.Graph(equal)
    graph.add_nodes_from(range(len(regions)))
    return {
        "n_regions": len(regions),
        "n_open": nx.number_connected_components(graph),
        "n_affine": len(set(maps)),
        "n_walls": len(walls),
        "n_merging": len(equal),
    }


def test_random_rows_are_those_of_maps_in_fractions(found: StudyResult) -> None:
    rows = [*found.tables["random"].where(depth=2), *found.tables["random"].where(depth=3)]
    assert len(rows) == 9
    for row in rows:
        by_hand = counts_by_hand(network_of(row), SQUARE)
        assert {name: row[name] for name in by_hand} == by_hand


def test_rounded_rows_are_those_of_maps_in_fractions(found: StudyResult) -> None:
    for row in found.tables["quantized"].where(q=1):
        network = network_of(row)
        rounded = pe.ReLUNetwork([(np.round(W), np.round(b)) for W, b in network.weights])
        by_hand = counts_by_hand(rounded, SQUARE)
        assert {name: row[name] for name in by_hand} == by_hand


@pytest.mark.parametrize(
    "name", ["hat()", "dead_layer()", "cancelled_neurons()", "touching_quadrants()", "zero_plateau()"]
)
def test_networks_of_the_library_are_counted_by_hand(found: StudyResult, name: str) -> None:
    named = pe.library.named(name)
    (row,) = found.tables["named"].where(network=named.name)
    by_hand = counts_by_hand(named.network)
    assert {key: row[key] for key in by_hand} == by_hand
    assert row["n_closed"] == named.counts["R5"]
    assert row["is_as_known"] is True


def test_a_network_without_known_numbers_has_no_verdict(found: StudyResult) -> None:
    verdicts = {row["network"]: row["is_as_known"] for row in found.tables["named"]}
    assert verdicts["dead_neuron"] is None
    assert verdicts["two_moons"] is None
    assert list(verdicts.values()).count(False) == 0


def test_cancelled_neurons_merge_without_inactive_layers_and_dead_ones_with() -> None:
    cancelled = merging_of(pe.library.cancelled_neurons().network).numbers
    dead = merging_of(pe.library.dead_layer().network).numbers
    assert (cancelled["n_merging"], cancelled["n_merging_inactive"]) == (4, 0)
    assert (dead["n_merging"], dead["n_merging_inactive"], dead["n_inactive"]) == (4, 4, 4)
    assert cancelled.keys() == MERGING_COLUMNS.keys()


def test_two_inactive_layers_make_two_constants() -> None:
    # relu(x) feeds relu(1 - h), which feeds the output: constant 1 for x < 0, and 0 for x > 1
    network = pe.ReLUNetwork([([[1]], [0]), ([[-1]], [1]), ([[1]], [0])])
    numbers = merging_of(network).numbers
    assert numbers["n_regions"] == numbers["n_affine"] == numbers["n_affine_generic"] == 3
    assert numbers["n_inactive"] == 2
    assert last_inactive_layer(network, np.array([[-1, 1], [1, 1], [1, -1], [-1, -1]])).tolist() == [
        0,
        -1,
        1,
        1,
    ]


def test_leaky_layers_are_never_inactive() -> None:
    network = pe.ReLUNetwork([([[1]], [0]), ([[1]], [0])], negative_slope=0.1)
    assert last_inactive_layer(network, np.array([[-1], [1]])).tolist() == [-1, -1]


@settings(max_examples=15)
@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(1, 4), min_size=1, max_size=4),
    st.integers(1, 2),
    st.integers(1, 2),
)
def test_generic_weights_merge_only_where_layers_are_inactive(
    seed: int, hidden: list[int], n_inputs: int, n_outputs: int
) -> None:
    network = he_network((n_inputs, *hidden, n_outputs), np.random.default_rng(seed))
    numbers = merging_of(network, pe.box(-2, 2, dimension=n_inputs)).numbers
    assert numbers["n_affine"] == numbers["n_affine_generic"]
    assert numbers["n_merging"] == numbers["n_merging_inactive"]
    assert numbers["n_affine"] <= numbers["n_closed"] == numbers["n_open"] <= numbers["n_regions"]


def test_the_inactive_volume_is_the_share_of_random_points(found: StudyResult) -> None:
    points = np.random.default_rng(0).uniform(-1, 1, size=(10_000, 2))
    for row in found.tables["random"].where(varied="last width", last_width=1):
        network = network_of(row)
        active = network.pre_activations(points) > 0
        layers = np.split(active, network.layer_offsets[1:], axis=1)
        share = np.any([~layer.any(axis=1) for layer in layers], axis=0).mean()
        assert row["inactive_volume"] == pytest.approx(share, abs=0.02)


def test_the_mean_inactive_volume_is_that_of_many_draws() -> None:
    generator, n = np.random.default_rng(1), 4_000
    shares = []
    for _ in range(n):
        z = generator.normal(size=2)
        is_dead = False
        for n_in, n_out in ((2, 2), (2, 1)):
            z = generator.normal(size=(n_out, n_in)) @ z + generator.normal(size=n_out)
            is_dead |= bool((z < 0).all())
            z = np.maximum(z, 0)
        shares.append(is_dead)
    assert expected_inactive_volume((2, 1)) == 1 - 0.75 * 0.5
    assert statistics.fmean(shares) == pytest.approx(0.625, abs=0.03)


def test_the_argmax_is_counted_by_its_winners(found: StudyResult) -> None:
    table = found.tables["outputs"]
    (trained,) = table.where(network="two_moons")
    assert (trained["n_regions"], trained["seed"], trained["n_affine_argmax"]) == (1383, None, 2)
    points = np.random.default_rng(0).uniform(-1, 1, size=(20_000, 2))
    for row in table.where(network="random"):
        winners = set(network_of(row)(points).argmax(axis=1).tolist())
        assert len(winners) <= row["n_affine_argmax"] <= row["n_closed_argmax"] <= row["n_open_argmax"]
        assert row["n_regions"] <= row["n_cut"]
        assert row["n_open_first"] <= row["n_open"] <= row["n_regions"]


def test_sentences_say_the_numbers(found: StudyResult) -> None:
    said = [str(finding) for finding in found.findings]
    random = found.tables["random"]
    by_width = random.where(varied="last width")
    n_fewer = sum(row["n_open"] < row["n_regions"] for row in by_width)
    share = statistics.fmean(1 - row["n_open"] / row["n_regions"] for row in by_width.where(last_width=1))
    assert said[0].startswith(f"Random networks, last width varied: {n_fewer} of 6 have fewer linear regions")
    assert f"{100 * share:.3g}% on average at last width 1" in said[0]
    n_merging = sum(random["n_merging"])
    assert f"{n_merging:,} separate regions with one affine map, and all of them have" in said[2]
    assert found.findings[2].numbers["n_as_said"] == len(random) == 12
    assert "argmax of two_moons has 2 connected sets for 1,383 regions" in said[5]
    assert "R2 = R4 = R5 = R6 = 1,383" in said[6]
    assert said[6].endswith("7 have R4 < R2, and 12 of 12 the numbers stated there.")


def changed(found: StudyResult, table: str, **values: Any) -> dict[str, Table]:
    """The tables, with other values in the first row of one."""
    old = found.tables[table]
    rows = ({**old.rows[0], **values}, *old.rows[1:])
    return {**found.tables, table: Table(old.about, old.columns, rows)}


def test_sentences_follow_other_numbers(found: StudyResult) -> None:
    row = found.tables["random"].rows[0]
    more = findings(changed(found, "random", n_merging=row["n_merging"] + 5, n_affine_generic=0))
    assert "and 5 have not, an inactive hidden layer" in str(more[2])
    assert more[2].numbers["n_as_said"] == 11
    old = found.tables["random"]
    twice = {**found.tables, "random": Table(old.about, old.columns, old.rows * 2)}
    assert found.findings[3].numbers["n_shapes"] >= 3
    assert findings(twice)[3] == found.findings[3]
    one = Table("", found.tables["random"].columns, found.tables["random"].rows[:1])
    none = {"n_merging": 0, "n_merging_inactive": 0}
    bare = Table("", one.columns, ({**one.rows[0], **none, "n_affine": row["n_closed"]},))
    _, why, volumes, *_ = map(str, findings({**found.tables, "random": bare}))
    assert "0 separate regions with one affine map. R6 is" in why
    assert why.endswith("R6 < R5 in none.")
    assert "standard errors" not in volumes


def test_a_cause_is_named_only_where_there_is_something_to_explain(found: StudyResult) -> None:
    row = {**found.tables["quantized"].rows[0], "q": 4, "n_merging": 3}
    for n_inactive, rest in (
        (3, "both sides. R5"),
        (1, "both sides: there terms cancel, or weights are 0. R5"),
    ):
        table = Table("", found.tables["quantized"].columns, ({**row, "n_merging_inactive": n_inactive},))
        said = str(findings({**found.tables, "quantized": table})[4])
        assert f"At 1/4 {3 - n_inactive} of 3 merging walls have no inactive layer on {rest}" in said
        assert said.count("1/4") == 2
    wrong = findings(changed(found, "named", is_as_known=False))
    assert "11 of 12 the numbers stated there" in str(wrong[6])


def test_a_cause_of_merging_walls_is_named_only_where_there_are_some(found: StudyResult) -> None:
    old = found.tables["quantized"]
    rows = [{**row, "n_merging_inactive": row["n_merging"]} for row in old]
    explained = findings({**found.tables, "quantized": Table(old.about, old.columns, tuple(rows))})
    assert "no inactive layer on both sides: there terms cancel" in str(found.findings[4])
    assert " 0 of " in str(explained[4])
    assert "no inactive layer on both sides. R5 < R4" in str(explained[4])


def test_the_settings_repeat_the_run_and_the_seed_matters(found: StudyResult) -> None:
    again = pe.studies.run("linear_regions", **found.settings)
    assert again.tables == found.tables
    assert again.findings == found.findings
    one = {**SMALL, "n_random": 1, "trained": []}
    other = pe.studies.linear_regions(**{**one, "seed": 8})
    assert other.tables["random"] != pe.studies.linear_regions(**one).tables["random"]
    assert other.findings


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"denominators": (2, 3)}, r"`denominators` has 3; each must be a power of two"),
        ({"denominators": 2**41}, r"`denominators` has 2199023255552; "),
        ({"n_outputs": 1}, r"`n_outputs` has 1; each must be an integer from 2\."),
        ({"last_widths": ()}, r"`last_widths` is empty"),
        ({"trained": "three_moons"}, r"`trained` is 'three_moons'; it must be two_moons or cart_pole"),
        ({"trained": ("two_moons", 5)}, r"`trained` is 5; "),
        ({"seed": 0.5}, r"`seed` is 0\.5; "),
    ],
)
def test_bad_settings_are_refused_in_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidArgumentError, match=sentence):
        pe.studies.linear_regions(**changes)


@pytest.mark.parametrize("n_steps", [1, 14, 20])
def test_an_interrupted_run_keeps_its_rows_and_can_be_drawn(n_steps: int) -> None:
    def stop(n: int, _fraction: float) -> None:
        if n == n_steps:
            raise KeyboardInterrupt

    found = pe.studies.linear_regions(**SMALL, progress=stop)
    assert not found.is_finished
    assert sum(len(table) for table in found.tables.values()) == n_steps
    assert len(found.figures()) == (2 if n_steps == 20 else 0)


def test_ctrl_c_within_the_search_for_walls_leaves_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    walls = pe.RegionSet.walls

    def interrupted(regions: pe.RegionSet, *_: Any) -> Any:
        def stop(_n: int, _fraction: float) -> None:
            raise KeyboardInterrupt

        return walls(regions, stop)

    monkeypatch.setattr(pe.RegionSet, "walls", interrupted)
    cut = pe.studies.linear_regions(**SMALL)
    assert not cut.is_finished
    assert not any(len(table) for table in cut.tables.values())


def test_progress_ends_at_one() -> None:
    told: list[tuple[int, float]] = []
    one = {**SMALL, "n_random": 1}
    pe.studies.linear_regions(**one, progress=lambda n, fraction: told.append((n, fraction)))
    assert [n for n, _ in told] == list(range(1, 23))
    assert told[-1][1] == 1.0


def test_figures_are_labelled(found: StudyResult) -> None:
    ratios, inactive = found.figures()
    assert [axes.get_xlabel() for axes in ratios.figure.axes] == [
        "neurons of the last hidden layer",
        "hidden layers",
        "weights are multiples of",
    ]
    (legend,) = ratios.figure.legends
    assert [text.get_text()[:7] for text in legend.get_texts()] == ["R4 / R2", "R5 / R2", "R6 / R2"]
    line = ratios.figure.axes[0].get_legend_handles_labels()[0][0].lines[0]
    by_width = found.tables["random"].where(varied="last width")
    means = [
        statistics.fmean(row["n_open"] / row["n_regions"] for row in by_width.where(last_width=width))
        for width in (1, 3)
    ]
    assert line.get_ydata() == pytest.approx(means)
    assert all(axes.get_legend() is not None and axes.get_ylabel() for axes in inactive.figure.axes)
    assert "3 draws" in ratios.caption
    assert "3 draws" in inactive.caption
