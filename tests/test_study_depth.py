"""The study `depth`: its numbers by other routes, its sentences from its numbers, its figure."""

from __future__ import annotations

import math
import statistics
from typing import Any

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.studies.random_networks import he_network
from polytope_engine.studies.result import StudyResult


@pytest.fixture(scope="module")
def found() -> StudyResult:
    return pe.studies.depth(n_inputs=2, widths=(4, 6), depths=(1, 2), n_random=2, seed=3)


def test_one_layer_has_the_binomial_sum(found: StudyResult) -> None:
    for row in found.tables["constructions"]:
        n = row["width"] * row["depth"]
        assert row["n_neurons"] == n
        assert row["shallow"] == row["shallow_most"] == 1 + n + math.comb(n, 2)


def test_foldings_and_zigzags_have_the_published_numbers(found: StudyResult) -> None:
    for row in found.tables["constructions"].where(depth=2):
        k = row["width"] // 2
        last = 1 + row["width"] + math.comb(row["width"], 2)
        assert row["folded"] == k**2 * last
        assert row["zigzag"] == (None if k < 3 else (k + 1) ** 2 * last)


def test_the_bounds_enclose_the_constructions(found: StudyResult) -> None:
    for row in found.tables["constructions"]:
        assert (
            row["pascanu_2013_lower"]
            <= row["montufar_2014_lower"]
            <= row["folded"]
            <= row["serra_2018_upper"]
        )
        assert (row["serra_2018_lower"] is None) == (row["zigzag"] is None)


def test_random_networks_are_counted_as_enumeration_finds_them(found: StudyResult) -> None:
    cube = pe.box(-1, 1, dimension=2)
    table = found.tables["random"]
    assert len(table) == 2 * 2 * 2 * 2
    for row in table.where(width=6, depth=2):
        hidden = (6, 6) if row["shape"] == "deep" else (12,)
        network = he_network((2, *hidden, 1), np.random.default_rng(row["seed"]))
        assert row["n_regions"] == len(pe.enumerate_regions(network, cube))
    assert table.distinct("seed") == [3, 4]


def test_with_one_layer_deep_and_shallow_are_the_same(found: StudyResult) -> None:
    random = found.tables["random"].where(depth=1)
    assert random.where(shape="deep")["n_regions"] == random.where(shape="shallow")["n_regions"]


def test_sentences_say_the_numbers(found: StudyResult) -> None:
    first, second, kept, random = found.findings
    assert str(first) == (
        "2 layers of 4 neurons: 44 regions by construction (folded), 1.19 times the 37 that one layer of 8 neurons "
        "can have."
    )
    assert str(second).startswith(
        "2 layers of 6 neurons: 352 regions by construction (zigzag), 4.46 times the 79 "
    )
    assert kept.numbers == {"n_kept": 4, "n_rows": 4}
    rows = found.tables["random"].where(width=6, depth=2)
    deep, shallow = (statistics.fmean(rows.where(shape=s)["n_regions"]) for s in ("deep", "shallow"))
    assert f"the deep ones have {deep / shallow:.2f} times as many" in str(random)
    first, second = rows.where(shape="deep")["n_regions"]
    error = abs(first - second) / 2
    assert f"2 layers of 6 neurons have {deep:,.1f} ± {error:.1f} regions in the cube on average" in str(
        random
    )


def test_the_seed_decides_everything(found: StudyResult) -> None:
    again = pe.studies.run("depth", **found.settings)
    other = pe.studies.run("depth", **{**found.settings, "seed": 100})
    assert again.tables == found.tables
    assert other.tables["constructions"] == found.tables["constructions"]
    assert other.tables["random"] != found.tables["random"]


def test_a_broken_promise_is_counted_and_not_hidden(found: StudyResult) -> None:
    from polytope_engine.studies.depth import _findings
    from polytope_engine.studies.result import Table

    made = found.tables["constructions"]
    rows = ({**made.rows[0], "shallow": 1}, *made.rows[1:])
    broken = _findings({**found.tables, "constructions": Table(made.about, made.columns, rows)})
    assert str(broken[2]).startswith("In 3 of 4 rows ")
    rows = ({**made.rows[0], "folded": made.rows[0]["serra_2018_upper"] + 1}, *made.rows[1:])
    broken = _findings({**found.tables, "constructions": Table(made.about, made.columns, rows)})
    assert str(broken[2]).startswith("In 3 of 4 rows ")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"widths": (4, 1)},
            r"`widths` has 1, but the networks have 2 inputs; the constructions need layers",
        ),
        ({"depths": 0}, r"`depths` has 0; each must be an integer from 1\."),
        ({"n_random": 0}, r"`n_random` is 0; "),
        ({"n_inputs": "2"}, r"`n_inputs` is '2'; "),
        ({"seed": -1}, r"`seed` is -1; "),
    ],
)
def test_bad_settings_are_refused_in_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidArgumentError, match=sentence):
        pe.studies.depth(**changes)


@pytest.mark.parametrize("n_steps", [1, 2, 3, 6, 9])
def test_an_interrupted_run_keeps_its_rows_and_can_be_drawn(n_steps: int) -> None:
    def stop(n: int, _fraction: float) -> None:
        if n == n_steps:
            raise KeyboardInterrupt

    found = pe.studies.depth(n_inputs=1, widths=3, depths=(1, 2), n_random=2, progress=stop)
    assert not found.is_finished
    assert sum(len(table) for table in found.tables.values()) == n_steps
    assert len(found.figures()) == (n_steps > 2)


def test_progress_reaches_one_with_the_last_network() -> None:
    told: list[tuple[int, float]] = []
    pe.studies.depth(
        n_inputs=1,
        widths=3,
        depths=(1, 2),
        n_random=2,
        progress=lambda n, fraction: told.append((n, fraction)),
    )
    assert [n for n, _ in told] == list(range(1, 11))
    assert told[-1][1] == 1.0


def test_the_figure_has_a_panel_for_each_width_and_one_legend(found: StudyResult) -> None:
    (drawn,) = found.figures()
    assert [axes.get_title() for axes in drawn.figure.axes] == ["width 4", "width 6"]
    assert len({axes.get_ylim() for axes in drawn.figure.axes}) == 1
    for axes in drawn.figure.axes:
        assert axes.get_ylabel() == "regions"
        assert axes.get_xlabel().startswith("hidden layers of ")
        assert axes.get_yscale() == "log"
    (legend,) = drawn.figure.legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert len(labels) == len(set(labels)) == 7
    zigzags = [line for line in drawn.figure.axes[0].lines if line.get_label() == "deep: zigzags"]
    assert zigzags == []
    assert "2 random networks in the cube [-1, 1]^2" in drawn.caption
