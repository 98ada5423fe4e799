"""The study of regions along training: its numbers by other ways, its sentences, its figures."""

from __future__ import annotations

import html
import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions.normal_angles import normal_angles
from polytope_engine.studies.data_sets import moons_domain, two_moons
from polytope_engine.studies.paired import compared, pairs_of
from polytope_engine.studies.plane_statistics import plane_statistics
from polytope_engine.studies.result import StudyResult, Table, load_study
from polytope_engine.studies.training import TABLES
from polytope_engine.studies.training_findings import findings
from polytope_engine.studies.training_loop import Recipe, train
from polytope_engine.studies.written_networks import WEIGHT_COLUMNS, network_of_rows, rows_of_network

SMALL: dict[str, Any] = {
    "hidden": (5, 4),
    "optimizers": ("adam", "sgd"),
    "regularizers": ("none", "dropout", "batch_norm"),
    "steps": (0, 40),
    "n_seeds": 2,
    "n_points": 60,
    "n_segments": 6,
}
NEVER: dict[str, Any] = {**SMALL, "n_seeds": 1, "steps": (0,)}


@pytest.fixture(scope="module")
def small() -> StudyResult:
    return pe.studies.training(**SMALL)


def networks(small: StudyResult) -> list[tuple[dict[str, Any], pe.ReLUNetwork]]:
    """The rows of the pictured networks, and these."""
    pictured, rows = small.tables["pictured"], small.tables["training"].where(seed=0, optimizer="adam")
    return [
        (row, network_of_rows(pictured.where(regularizer=row["regularizer"], step=row["step"])))
        for row in rows
    ]


def test_there_is_a_row_for_each_network_and_step(small: StudyResult) -> None:
    rows = small.tables["training"]
    keys = [(r["optimizer"], r["regularizer"], r["seed"], r["step"]) for r in rows]
    wanted = itertools.product(("sgd", "adam"), ("none", "dropout", "batch_norm"), (0, 1), (0, 40))
    assert sorted(keys) == sorted(wanted)
    assert len({tuple(r.values())[5:] for r in rows.where(seed=0, step=0, regularizer="none")}) == 1


def test_the_networks_are_those_of_the_training_loop(small: StudyResult) -> None:
    for row, network in networks(small):
        recipe = Recipe((5, 4), "adam", row["regularizer"], seed=0)
        (shot,) = train(two_moons(60, seed=0), recipe, (row["step"],))
        assert network.digest == shot.network.digest
        assert (row["train_loss"], row["test_accuracy"]) == (shot.train_loss, shot.test_accuracy)


def test_counts_are_those_of_patterns_on_a_fine_grid(small: StudyResult) -> None:
    grid = np.stack(np.meshgrid(np.linspace(-2, 2, 401), np.linspace(-1.25, 1.25, 401)), axis=-1).reshape(
        -1, 2
    )
    powers = 2 ** np.arange(9)
    for row, network in networks(small):
        patterns = network.activation_pattern(grid) @ powers
        n_patterns = len(np.unique(patterns))
        assert 0.8 * row["n_regions"] <= n_patterns <= row["n_regions"]
        scores = network(grid)
        n_crossed = len(np.unique(2 * patterns + (scores[:, 0] > scores[:, 1]))) - n_patterns
        assert n_crossed <= round(row["crossed_share"] * row["n_regions"]) <= 1.3 * n_crossed + 2
        assert row["n_affine"] <= row["n_open"] <= row["n_regions"]


def test_sizes_and_shapes_are_those_of_single_regions(small: StudyResult) -> None:
    row, network = networks(small)[-1]
    regions = pe.enumerate_regions(network, moons_domain())
    radii = [region.polytope.chebyshev_ball().radius for region in regions]
    assert row["inradius_median"] == pytest.approx(np.median(radii))
    assert row["inradius_quarter"] == pytest.approx(np.quantile(radii, 0.25))
    assert row["mean_facets"] == pytest.approx(np.mean([len(region.facets()) for region in regions]))
    located = regions.locate(two_moons(60, seed=0).points)
    assert row["inradius_of_data"] == pytest.approx(np.median([radii[k] for k in located if k >= 0]))
    cosines = []
    for region in regions:
        normals = [f.normal for f in region.facets() if f.labels[0][0] == "neuron"]
        cosines += [abs(float(a @ b)) for a, b in itertools.combinations(normals, 2)]
    assert row["mean_cosine"] == pytest.approx(np.mean(cosines))


def test_walls_near_a_boundary_are_counted_against_those_in_the_box() -> None:
    # Walls x = 0 and the boundary x = 0.05: every wall is near. Walls in the box: 2.5 on an area of 10.
    net = pe.ReLUNetwork([([[1, 0]], [0]), ([[1], [0]], [0, 0.05])])
    data = np.ones((1, 2))
    found = plane_statistics(net, moons_domain(), data, 20_000, np.random.default_rng(0))
    # At distance 0.05 a segment of reach 0.1 on both sides crosses the wall with probability 2 arccos(1/2) / pi.
    wanted = (2 * np.arccos(0.5) / np.pi) / 0.2 / (2 / np.pi * 0.25)
    assert found["concentration"] == pytest.approx(wanted, rel=0.02)
    assert (found["boundary_length"], found["crossed_share"]) == (pytest.approx(2.5), 0.5)
    flat = pe.ReLUNetwork([([[1, 0]], [0]), ([[0], [0]], [0, 1])])
    found = plane_statistics(flat, moons_domain(), data, 5, np.random.default_rng(0))
    assert (found["concentration"], found["crossed_share"], found["boundary_length"]) == (None, 0, 0)


def test_a_boundary_that_walls_cut_unevenly_is_walked_by_length() -> None:
    # Walls y = 0 and y = 1.15 and the boundary x = 0, which they cut in pieces of lengths 1.25, 1.15 and 0.1. Their
    # length per area is the same near it as in the box: the ratio is 1.
    net = pe.ReLUNetwork([([[0, 1], [0, 1], [1, 0]], [0, -1.15, 9]), ([[0, 0, 1], [0, 0, 0]], [0, 9])])
    found = plane_statistics(net, moons_domain(), np.ones((1, 2)), 40_000, np.random.default_rng(0))
    assert found["boundary_length"] == pytest.approx(2.5)
    assert found["concentration"] == pytest.approx(1.0, rel=0.05)


def test_a_network_without_walls_has_one_region_and_no_angles() -> None:
    dead = pe.ReLUNetwork([([[1, 0]], [5]), ([[1], [-1]], [0, 0])])
    found = plane_statistics(dead, moons_domain(), np.zeros((1, 2)), 5, np.random.default_rng(0))
    assert (found["n_regions"], found["n_open"], found["mean_cosine"], found["mean_facets"]) == (
        1,
        1,
        None,
        4,
    )
    assert found["concentration"] is None


def test_angles_of_some_regions_are_those_of_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(regions: pe.RegionSet) -> Any:
        def stop(_n: int, _fraction: float) -> None:
            raise KeyboardInterrupt

        return normal_angles(regions, progress=stop)

    monkeypatch.setattr("polytope_engine.studies.plane_statistics.normal_angles", interrupted)
    with pytest.raises(KeyboardInterrupt):
        plane_statistics(
            pe.library.touching_quadrants().network,
            moons_domain(),
            np.ones((1, 2)),
            5,
            np.random.default_rng(0),
        )


def test_density_is_that_of_single_segments(small: StudyResult) -> None:
    row, network = networks(small)[-1]
    points, generator = two_moons(60, seed=0).points, np.random.default_rng([0, 1])
    n, length = 0, 0.0
    for _ in range(6):
        i, j = generator.choice(60, 2, replace=False)
        samples = network.activation_pattern(
            points[i] + np.linspace(0, 1, 20_001)[:, None] * (points[j] - points[i])
        )
        n += int((samples[1:] != samples[:-1]).sum())
        length += float(np.linalg.norm(points[i] - points[j]))
    assert row["density"] == pytest.approx(n / length)


def test_findings_say_what_the_rows_say(small: StudyResult) -> None:
    rows = [dict(row) for row in small.tables["training"]]
    for row in rows:
        is_norm = row["regularizer"] == "batch_norm"
        row["n_regions"] = (30 if row["step"] else 10) * (2 if is_norm and row["step"] else 1)
        row["n_open"] = row["n_affine"] = row["n_regions"]
        row["inradius_median"] = 0.5 if is_norm else 0.25
        row["mean_cosine"] = 0.5 if is_norm else 0.625
        row["test_accuracy"] = 0.75 if is_norm else 0.5
    table = Table("", TABLES["training"].columns, tuple(rows))
    sentences = [str(found) for found in findings({"training": table})]
    together = "\n".join(sentences)
    assert "Without regularizer: after 40 steps there are 3.00 times as many regions as after 0" in together
    assert "With batch norm: after 40 steps there are 6.00 times" in together
    assert (
        "from 50.0% to 75.0%, the mean number of regions from 30 (adam, dropout) to 60 (sgd, batch norm)"
        in together
    )
    radius = next(s for s in sentences if "median inradius of all regions is" in s)
    assert "larger with batch norm than without in 4 of 4 pairs" in radius
    assert (
        "(means 0.5 and 0.25). Zhang and Wu report smaller regions; here it is the other way round, in few pairs."
        in radius
    )
    angle = next(s for s in sentences if "|cos|" in s and "batch norm" in s)
    assert angle.endswith(
        "(means 0.5 and 0.625). Zhang and Wu report more orthogonal normals; here it is so, in few pairs."
    )
    midway = [
        {**row, "step": 20, "mean_cosine": 1.0 + (row["regularizer"] != "none")}
        for row in rows
        if row["step"]
    ]
    again = map(str, findings({"training": Table("", TABLES["training"].columns, (*rows, *midway))}))
    assert any(s == f"{angle} At step 20 it is smaller in 0 of 4 pairs." for s in again)
    assert "In all 24 networks every activation region (R2) is a linear region" in together
    rows[3]["n_open"], rows[3]["n_affine"] = 6, 5
    rows[3]["n_regions"] = 10
    last = str(findings({"training": Table("", TABLES["training"].columns, tuple(rows))})[-1])
    assert "In 1 of 24 networks there are fewer linear regions (R4)" in last
    assert "at the least 60.0% as many; in 1 of all 24 do" in last


def test_no_direction_is_claimed_where_pairs_disagree_or_are_missing() -> None:
    words = "Loss is", "with X than with Y", "of networks", "Others report more"

    def verdict(pairs: list[tuple[float, float]]) -> str:
        return str(compared(pairs, *words, becomes_larger=True, numbers={}))

    assert verdict([(2, 1), (1, 2), (2, 1)]).endswith("no direction is clear here.")
    assert "larger with X than with Y in 2 of 3 pairs" in verdict([(2, 1), (1, 2), (2, 1)])
    assert "here it is the other way round" in verdict([(0, 1), (1, 2)])
    assert verdict([(2, 1)] * 5).endswith("here it is so, in few pairs.")
    assert verdict([(2, 1)] * 6).endswith("here it is so.")
    assert verdict([(2, 1)] * 4 + [(1, 1)] * 2).endswith("no direction is clear here.")
    assert "no direction is clear" in verdict([(1, 1), (1, 1)])
    assert "Loss is neither larger nor smaller with X than with Y in 2 of 2 pairs" in verdict(
        [(1, 1), (1, 1)]
    )
    assert "no pairs" in verdict([])
    table = Table("", dict.fromkeys("abv", ""), ({"a": 1, "b": 1, "v": None}, {"a": 2, "b": 1, "v": 3}))
    assert pairs_of(table, "a", (1, 2), ("b",), "v") == []


def test_the_settings_repeat_the_run_whatever_torch_did_before(small: StudyResult) -> None:
    torch.manual_seed(77)
    again = pe.studies.run("training", **{**small.settings, "optimizers": ["adam", "sgd", "adam"]})
    assert again.tables["training"].rows == small.tables["training"].rows
    assert again.tables["pictured"].rows == small.tables["pictured"].rows
    other = pe.studies.training(**{**NEVER, "seed": 5})
    assert (
        other.tables["training"]["n_regions"] != small.tables["training"].where(step=0, seed=0)["n_regions"]
    )


def test_an_interrupted_run_keeps_its_rows() -> None:
    def stop(n: int, _: float) -> None:
        if n == 3:
            raise KeyboardInterrupt

    found = pe.studies.training(**SMALL, progress=stop)
    assert (found.is_finished, len(found.tables["training"]), found.findings) == (False, 3, ())
    assert [drawn.name for drawn in found.figures()] == [
        "training_sizes",
        "training_places",
        "training_regions",
    ]


@pytest.mark.parametrize(("steps", "at"), [((0,), "at the only step;"), ((0, 2), "at two steps;")])
def test_the_caption_counts_the_steps_that_are_drawn(steps: tuple[int, ...], at: str) -> None:
    found = pe.studies.training(**{**NEVER, "steps": steps, "hidden": 3})
    assert at in found.figures()[2].caption


def test_without_training_or_with_one_recipe_nothing_is_compared() -> None:
    (linear,) = map(str, pe.studies.training(**NEVER).findings)
    assert "affine map" in linear
    one = {"optimizers": "adam", "regularizers": "none", "steps": (0, 1), "hidden": 3}
    assert not any("recipes" in str(found) for found in pe.studies.training(**{**NEVER, **one}).findings)


def test_progress_reaches_one() -> None:
    seen: list[tuple[int, float]] = []
    pe.studies.training(**NEVER, progress=lambda n, share: seen.append((n, share)))
    assert seen == [(k, k / 6) for k in range(1, 7)]


def test_figures_have_labels_legends_and_captions_after_saving_and_loading(
    small: StudyResult, tmp_path: Path
) -> None:
    small.save(tmp_path)
    (call,) = re.findall(
        r"pe\.studies\.run\((.*)\)</code>", html.unescape((tmp_path / "index.html").read_text())
    )
    assert eval(f"dict(name={call})") == {"name": "training", **small.settings}
    figures = {drawn.name: drawn for drawn in load_study(tmp_path).figures()}
    assert list(figures) == ["training_sizes", "training_places", "training_regions"]
    for name in ("training_sizes", "training_places"):
        figure = figures[name].figure
        assert [text.get_text() for text in figure.legends[0].get_texts()] == [
            "no regularizer",
            "dropout",
            "batch norm",
        ]
        assert [axes.get_title() for axes in figure.axes[:2]] == ["adam", "sgd"]
        assert all(axes.get_ylabel() for axes in figure.axes[::2])
        assert {axes.get_xlabel() for axes in figure.axes[-2:]} == {"step"}
    line = figures["training_sizes"].figure.axes[0].lines[0]
    rows = small.tables["training"].where(optimizer="adam", regularizer="none")
    np.testing.assert_allclose(
        line.get_ydata(orig=False), [np.mean(rows.where(step=step)["n_regions"]) for step in (0, 40)]
    )
    titles = [axes.get_title() for axes in figures["training_regions"].figure.axes]
    n = small.tables["training"].where(optimizer="adam", seed=0, step=40, regularizer="batch_norm")[
        "n_regions"
    ][0]
    assert f"batch norm, step 40: {n} regions" in titles
    assert all("two" in figures[name].caption for name in figures)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"hidden": 0}, "`hidden` has 0"),
        ({"optimizers": "adagrad"}, "`optimizers` is 'adagrad'; it must be sgd, momentum or adam"),
        ({"regularizers": ("none", 3)}, "`regularizers` is 3"),
        (
            {"regularizers": ()},
            "`regularizers` is empty; pass at least one of none, weight_decay, dropout or batch_norm",
        ),
        ({"steps": (10, 0)}, "larger than the one before"),
        ({"n_points": 1}, "`n_points` is 1"),
        ({"n_seeds": 0}, "`n_seeds` is 0"),
        ({"n_segments": 1.5}, "`n_segments` is 1.5"),
        ({"seed": -1}, "`seed` is -1"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidArgumentError, match=sentence):
        pe.studies.training(**{**NEVER, **wrong})


def test_a_network_is_written_to_the_last_bit() -> None:
    (shot,) = train(two_moons(20), Recipe((3, 3), regularizer="batch_norm"), (20,))
    table = Table("", WEIGHT_COLUMNS, tuple(rows_of_network(shot.network)))
    assert network_of_rows(table).digest == shot.network.digest
