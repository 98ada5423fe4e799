"""The study `simplices`: its numbers by other routes, its sentences from its numbers, its figures."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import Any

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.studies.random_networks import he_network
from polytope_engine.studies.result import StudyResult, Table
from polytope_engine.studies.simplices import ball, without_last_neuron
from polytope_engine.studies.simplices_findings import counted, findings
from polytope_engine.studies.training_loop import Recipe, train

pytest.importorskip("torch")

SMALL: dict[str, Any] = {
    "dimensions": (2, 3),
    "hidden": (4, 3),
    "n_networks": 2,
    "n_steps": 20,
    "n_neurons": (1, 5),
    "seed": 4,
}


@pytest.fixture(scope="module")
def found() -> StudyResult:
    return pe.studies.simplices(**SMALL)


def trained_networks(d: int, seed: int) -> dict[str, pe.ReLUNetwork]:
    first, last = train(ball(d, seed=seed), Recipe((4, 3), seed=seed), (0, 20))
    return {"initial": first.network, "trained": last.network}


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("state", ["initial", "trained"])
def test_rows_are_those_of_single_regions(found: StudyResult, d: int, state: str) -> None:
    (row,) = found.tables["networks"].where(n_inputs=d, state=state, seed=4)
    network = trained_networks(d, 4)[state]
    regions = pe.enumerate_regions(network, pe.box(-1, 1, dimension=d))
    assert row["n_regions"] == len(regions)
    polytopes = [region.polytope for region in regions]
    means = {
        "mean_pulling": [len(p.triangulation().simplices) for p in polytopes],
        "mean_delaunay": [len(p.triangulation("delaunay").simplices) for p in polytopes],
        "mean_facets": [len(region.facets()) for region in regions],
        "mean_walls_in_cube": [len(region.neighbors()) for region in regions],
    }
    assert {name: row[name] for name in means} == pytest.approx({k: np.mean(v) for k, v in means.items()})
    histograms = found.tables["histograms"].where(n_inputs=d, state=state, seed=4)
    for of, values in (
        ("simplices, pulling", means["mean_pulling"]),
        ("facets in the cube", means["mean_facets"]),
    ):
        rows = histograms.where(of=of)
        assert dict(zip(rows["number"], rows["n_regions"], strict=True)) == {
            k: values.count(k) for k in sorted(set(values))
        }


def test_walls_in_space_are_the_edges_of_the_graph(found: StudyResult) -> None:
    for row in found.tables["networks"].where(seed=5):
        regions = pe.enumerate_regions(trained_networks(row["n_inputs"], 5)[row["state"]])
        n_walls = len(regions.walls().pairs)
        assert (row["n_regions_in_space"], row["n_walls_in_space"]) == (len(regions), n_walls)
        assert Fraction(row["mean_walls"]) == Fraction(2 * n_walls, len(regions))
        assert row["mean_walls_float"] == float(Fraction(row["mean_walls"]))


def test_histograms_hold_every_region(found: StudyResult) -> None:
    histograms = found.tables["histograms"]
    for row in found.tables["networks"]:
        same = histograms.where(n_inputs=row["n_inputs"], state=row["state"], seed=row["seed"])
        totals = {of: sum(same.where(of=of)["n_regions"]) for of in histograms.distinct("of")}
        n, everywhere = row["n_regions"], row["n_regions_in_space"]
        assert list(totals.values()) == [n, n, n, everywhere]


def test_in_the_plane_the_average_in_the_square_is_four_and_two_simplices(found: StudyResult) -> None:
    for row in found.tables["networks"].where(n_inputs=2):
        assert row["mean_facets"] == 4.0
        assert row["mean_pulling"] == row["mean_delaunay"] == 2.0


def test_one_layer_is_as_zaslavsky_says(found: StudyResult) -> None:
    for row in found.tables["one_layer"]:
        n, d = row["n_neurons"], row["n_inputs"]
        n_regions = sum(comb(n, k) for k in range(d + 1))
        n_walls = n * sum(comb(n - 1, k) for k in range(d))
        assert (
            Fraction(row["mean_walls"])
            == Fraction(row["general_position"])
            == Fraction(2 * n_walls, n_regions)
        )
        assert len(pe.enumerate_regions(he_network((d, n, 1), np.random.default_rng(4)))) == n_regions


def test_the_special_networks_have_the_f_vectors_that_are_known(found: StudyResult) -> None:
    table = found.tables["special"]
    for row in table:
        named = pe.library.named(row["network"])
        assert (row["n_walls"], row["n_regions"]) == named.f_vector[-2:]
        assert Fraction(row["mean_walls"]) == Fraction(2 * named.n_walls, named.n_regions)
    assert table["mean_walls"] == ["536/89", "2691/445", "27/8", "210/59"]
    assert table["mean_walls_before"] == ["2264/381", "2483/413", "98/29", "25/7"]
    assert table["is_generic"] == [True] * 4


def test_the_last_neuron_is_left_out() -> None:
    surface = without_last_neuron(pe.library.periodic_surface(5).network)
    assert pe.count_regions(surface).n_regions == pe.library.periodic_surface(4).n_regions
    rows = [[1, 2], [3, 4], [5, 6]]
    plain = without_last_neuron(pe.ReLUNetwork([(rows, [7, 8, 9]), ([[1, 1, 1]], [0])]))
    assert [array.tolist() for array in plain.weights[0]] == [rows[:2], [7, 8]]
    lines = without_last_neuron(pe.library.falling_average(7).network)
    assert lines.hidden_widths == (7,)
    assert pe.count_regions(lines).n_regions == 1 + 7 + comb(7, 2)


def test_sentences_say_the_numbers(found: StudyResult) -> None:
    said = [str(finding) for finding in found.findings]
    counts = counted(found.tables["histograms"].where(n_inputs=3), "simplices, pulling", "trained")
    values = sorted(counts.elements())
    assert f"trained: {np.mean(values):.2f} simplices on average" in said[1]
    assert (
        f"at most {values[(len(values) - 1) // 2]} in half of the regions, {values[-1]} at most;" in said[1]
    )
    above = sum(Fraction(row["mean_walls"]) > row["twice_dimension"] for row in found.tables["networks"])
    assert f"above 2d in {above} of 8 networks" in said[2]
    assert "which none of 4 break" in said[2]
    assert said[3].startswith("One hidden layer: in 4 of 4 networks the average is exactly")
    assert "2691/445 = 6.0472 walls of a region on average, above 2d = 6" in said[5]
    assert said[6].endswith("without the last neuron 98/29 = 3.3793, so that neuron makes it less.")


def test_sentences_follow_other_numbers(found: StudyResult) -> None:
    old = found.tables["special"]
    row = {**old.rows[0], "mean_walls": "5", "is_generic": False, "mean_walls_before": "5"}
    said = findings({**found.tables, "special": Table(old.about, old.columns, (row,))})
    assert len(said) == 5
    assert "degenerate cells" in str(said[-1])
    assert "not above 2d = 6" in str(said[-1])
    assert "as much" in str(said[-1])
    networks = found.tables["networks"]
    broken = ({**networks.rows[0], "mean_walls": "9/2"}, *networks.rows[1:])
    said = findings({**found.tables, "networks": Table(networks.about, networks.columns, broken)})
    assert "which 1 of 4 break" in str(said[2])
    assert said[2].numbers["n_above"] == 1


def test_balls_are_balanced_and_seeded() -> None:
    data = ball(3, 100, 50, seed=2)
    assert int(data.targets.sum()) == 50
    assert np.abs(data.points).max() <= 1
    radii = np.linalg.norm(data.points, axis=1)
    assert radii[data.targets == 1].max() < radii[data.targets == 0].min()
    assert np.array_equal(data.points, ball(3, 100, 50, seed=2).points)
    assert not np.array_equal(data.points, ball(3, 100, 50, seed=3).points)


def test_the_settings_repeat_the_run_and_the_seed_matters(found: StudyResult) -> None:
    again = pe.studies.run("simplices", **found.settings)
    assert again.tables == found.tables
    other = pe.studies.simplices(**{**SMALL, "dimensions": 2, "n_networks": 1, "seed": 0})
    assert other.tables["networks"].rows[0] != found.tables["networks"].rows[0]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"dimensions": 1}, r"`dimensions` has 1; each must be an integer from 2\."),
        ({"dimensions": (2, 7)}, r"`dimensions` has 7; it must be at most 6"),
        ({"hidden": (4, 0)}, r"`hidden` has 0; "),
        ({"n_steps": 0}, r"`n_steps` is 0; "),
        ({"seed": -2}, r"`seed` is -2; "),
    ],
)
def test_bad_settings_are_refused_in_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidArgumentError, match=sentence):
        pe.studies.simplices(**changes)


@pytest.mark.parametrize(("n_steps", "n_rows"), [(3, 3), (9, 9), (11, 11)])
def test_an_interrupted_run_keeps_its_rows_and_can_be_drawn(n_steps: int, n_rows: int) -> None:
    def stop(n: int, _fraction: float) -> None:
        if n == n_steps:
            raise KeyboardInterrupt

    found = pe.studies.simplices(**SMALL, progress=stop)
    assert not found.is_finished
    assert sum(len(table) for name, table in found.tables.items() if name != "histograms") == n_rows
    assert len(found.figures()) == (2 if n_steps > 8 else 0)


def test_progress_ends_at_one() -> None:
    told: list[tuple[int, float]] = []
    small = {**SMALL, "dimensions": 2, "n_networks": 1}
    pe.studies.simplices(**small, progress=lambda n, fraction: told.append((n, fraction)))
    assert [n for n, _ in told] == list(range(1, 9))
    assert told[-1][1] == 1.0


def test_figures_are_labelled(found: StudyResult) -> None:
    histograms, averages = found.figures()
    panels = histograms.figure.axes
    assert len(panels) == 8
    assert [axes.get_title() for axes in panels[:2]] == ["d = 2", "d = 3"]
    assert [axes.get_xlabel() for axes in panels[::2]] == [
        "simplices of a region (pulling)",
        "simplices of a region (Delaunay)",
        "facets of a region in the cube",
        "facets of a region in R^d",
    ]
    (legend,) = histograms.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["before training", "after training", "2d"]
    bars = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in panels[4].containers[0]}
    counts = counted(found.tables["histograms"].where(n_inputs=2), "facets in the cube", "initial")
    for k, n in counts.items():
        assert bars[k] == pytest.approx(100 * n / counts.total())
    assert [axes.get_title() for axes in averages.figure.axes] == [
        "one hidden layer",
        "trained networks",
        "networks of the library",
    ]
    assert all(axes.get_legend() is not None for axes in averages.figure.axes)
    assert "2691/445" in [text.get_text() for text in averages.figure.axes[2].texts]
