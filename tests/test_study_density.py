"""The study of density along data paths: its numbers by other ways, its sentences, its figure."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.studies.data_sets import digits
from polytope_engine.studies.density import TABLES, along_paths, moved
from polytope_engine.studies.density_findings import findings, first_that_interpolates
from polytope_engine.studies.rank_correlation import rank_correlation
from polytope_engine.studies.result import StudyResult, Table, load_study
from polytope_engine.studies.training_loop import Recipe, train

SMALL: dict[str, Any] = {
    "widths": (12, 3),
    "n_seeds": 2,
    "n_points": 100,
    "label_noise": 0.1,
    "n_steps": 60,
    "n_paths": 2,
}


@pytest.fixture(scope="module")
def small() -> StudyResult:
    return pe.studies.density(**SMALL)


def test_there_are_two_rows_a_network_in_the_order_of_widths(small: StudyResult) -> None:
    rows = small.tables["density"]
    assert [(r["seed"], r["width"], r["images"]) for r in rows] == [
        (seed, width, images) for seed in (0, 1) for width in (3, 12) for images in ("train", "test")
    ]


@pytest.mark.parametrize("images", ["train", "test"])
def test_crossings_variation_and_deviation_are_those_of_dense_samples(
    small: StudyResult, images: str
) -> None:
    data = digits(100, label_noise=0.1, seed=1)
    (shot,) = train(data, Recipe(12, "momentum", rate=0.1, batch=64, falls=True, seed=1), (60,))
    (row,) = small.tables["density"].where(images=images, seed=1, width=12)
    assert (row["train_loss"], row["test_loss"]) == (shot.train_loss, shot.test_loss)
    assert round(100 * row["train_error"]) == (shot.network(data.points).argmax(axis=1) != data.targets).sum()
    assert row["train_error"] in np.arange(101) / 100
    assert row["test_error"] == pytest.approx(1 - shot.test_accuracy)
    points = data.points if images == "train" else data.test_points
    t = np.linspace(0, 1, 5_001)[:, None]
    n, length, variation, deviation = 0, 0.0, 0.0, 0.0
    for image in points[:2]:
        corners = moved(image)
        for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            samples = start + t * (end - start)
            patterns, scores = shot.network.activation_pattern(samples), shot.network(samples)
            n += int((patterns[1:] != patterns[:-1]).sum())
            step = float(np.linalg.norm(end - start))
            length += step
            variation += float(np.abs(np.diff(scores, axis=0)).sum())
            off = np.abs(scores - ((1 - t) * scores[0] + t * scores[-1]))
            deviation += step * float((off[1:] + off[:-1]).sum()) / 2 / (len(t) - 1)
    assert row["n_crossings"] == n
    assert row["length"] == pytest.approx(length)
    assert row["density"] == pytest.approx(n / length)
    assert row["total_variation"] == pytest.approx(variation / length, rel=1e-4)
    assert row["deviation"] == pytest.approx(deviation / length, rel=1e-4)
    assert row["released_deviation"] >= row["deviation"]


def test_a_zigzag_by_hand() -> None:
    # 0 -> 4 and back: up 1, down 2, up 1 about a flat chord, as in the docstring of the released bound
    net = pe.ReLUNetwork([([[1], [1], [1]], [0, -1, -3]), ([[1, -2, 2]], [0])])
    found = along_paths(net, iter([np.array([[0.0], [4.0]])] * 3))
    assert (found["length"], found["density"]) == (24.0, 12 / 24)
    assert found["total_variation"] == pytest.approx(8 / 8)
    assert found["deviation"] == pytest.approx(4 / 8)
    assert found["released_deviation"] >= 16 / 8


def test_neurons_that_change_sign_together_count_each() -> None:
    twins = pe.ReLUNetwork([([[1], [2], [-1]], [0, 0, 0]), ([[1, 1, 1]], [0])])
    assert along_paths(twins, iter([np.array([[-1.0], [1.0]])]))["n_crossings"] == 6


def test_an_image_is_moved_once_in_each_direction_and_never_stays() -> None:
    image = np.zeros((8, 8))
    image[3, 3] = 1.0
    places = [tuple(int(k) for k in np.argwhere(m.reshape(8, 8))[0]) for m in moved(image.ravel())]
    assert sorted(places) == sorted((3 + i, 3 + j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j)
    assert all(
        abs(a - c) + abs(b - d) == 1 for (a, b), (c, d) in zip(places, [*places[1:], places[0]], strict=True)
    )


def rows_of(numbers: list[tuple[int, float, float, float, float]]) -> dict[str, Table]:
    """Tables with given width, train error, test error, density and variation."""
    rows = [
        {
            **dict.fromkeys(TABLES["density"].columns, 1.0),
            "images": images,
            "width": width,
            "train_error": train_error,
            "test_error": test_error,
            "density": crossings,
            "total_variation": variation,
            "deviation": 2 * variation,
            "released_deviation": 8 * variation,
        }
        for width, train_error, test_error, crossings, variation in numbers
        for images in ("train", "test")
    ]
    return {"density": Table("", TABLES["density"].columns, tuple(rows))}


def test_findings_of_a_double_descent_that_variation_follows() -> None:
    tables = rows_of(
        [
            (4, 0.5, 0.25, 1, 2),
            (8, 0.125, 0.5, 2, 4),
            (16, 0, 0.25, 4, 3),
            (32, 0, 0.125, 8, 2),
            (64, 0, 0.0, 16, 1),
        ]
    )
    sentences = [str(found) for found in findings(tables)]
    assert sentences[0] == (
        "The mean train error is at most 1% from width 16 on. The mean test error rises from 25.0% at width 4 to 50.0% "
        "at width 8 (in 1 of 1 pairs of networks on the same data), and is 0.0% at width 64."
    )
    assert (
        "density grows from 1 to 16 crossings a unit of length, at every step, from width 4 to 64"
        in sentences[1]
    )
    assert (
        "total variation is largest at width 8, deviation at width 8. The largest rise of the mean test error ends at "
        "width 8." in sentences[1]
    )
    r, s = (
        spearmanr([0.25, 0.5, 0.25, 0.125, 0], values).statistic
        for values in ([1, 2, 4, 8, 16], [2, 4, 3, 2, 1])
    )
    assert (
        f"density of crossings {r:+.2f}, total variation {s:+.2f}, deviation from the chord {s:+.2f}"
        in sentences[2]
    )
    assert sentences[2].endswith("The largest is that of total variation. That of density is negative.")
    assert "over 3 networks that interpolate" in sentences[3]
    assert "density of crossings -1.00, total variation +1.00" in sentences[3]
    assert (
        "4.00 times the exact integral (geometric mean of 10 rows; from 4.00 to 4.00 times)" in sentences[-1]
    )


@pytest.mark.parametrize(("spread", "is_clear"), [(0.125, False), (0.0625, True)])
def test_a_rise_is_one_from_two_standard_errors_on(spread: float, is_clear: bool) -> None:
    rows = []
    for seed, shift in enumerate((-spread, spread)):
        of_seed = rows_of([(4, 0.5, 0.25, 1, 1), (8, 0.5, 0.5 + shift, 2, 1), (16, 0.5, 0.25, 3, 1)])[
            "density"
        ]
        rows += [{**row, "seed": seed} for row in of_seed]
    found = findings({"density": Table("", TABLES["density"].columns, tuple(rows))})
    said = (
        f"from 25.0% at width 4 to 50.0% at width 8 (by 25.00 ± {100 * spread:.2f} points; in 2 of 2 pairs of"
    )
    assert said in str(found[0])
    assert found[0].numbers["error"] == pytest.approx(spread)
    assert (
        "No rise of the mean test error with width exceeds two standard errors" in str(found[0])
    ) != is_clear
    assert ("The largest rise of the mean test error ends at width 8." in str(found[1])) == is_clear


def test_findings_where_density_wins_and_where_nothing_is_fitted() -> None:
    tables = rows_of([(4, 0.5, 0.5, 8, 1), (8, 0.5, 0.25, 4, 2), (16, 0.5, 0.125, 2, 3)])
    sentences = [str(found) for found in findings(tables)]
    assert sentences[0] == (
        "From no width on is the mean train error at most 1%. The mean test error never rises with width: from "
        "50.0% to 12.5%."
    )
    assert "density does not grow from 8 to 2" in sentences[1]
    assert sentences[2].endswith("The largest is that of density of crossings.")
    assert not any("that interpolate" in sentence for sentence in sentences)
    assert first_that_interpolates(tables["density"]) is None


def test_findings_where_nothing_varies() -> None:
    tables = rows_of([(4, 0.5, 0.5, 1, 0), (8, 0.5, 0.5, 1, 0), (16, 0.5, 0.5, 1, 0)])
    together = "\n".join(map(str, findings(tables)))
    assert "total variation undefined" in together
    assert "released bound of the deviation" not in together
    alone = rows_of([(4, 0.5, 0.5, 1, 1)])
    descent, train_images, *_ = map(str, findings(alone))
    assert descent.endswith("The mean test error is 50.0% at width 4.")
    assert train_images == "Around train images density is 1 crossings a unit of length at width 4."


def test_a_width_between_that_does_not_interpolate_is_not_hidden() -> None:
    table = rows_of([(4, 0, 0.5, 1, 1), (8, 0.5, 0.5, 1, 1), (16, 0.0, 0.5, 1, 1)])["density"]
    assert first_that_interpolates(table) == 16
    table = rows_of([(4, 0, 0.5, 1, 1), (8, 0.5, 0.5, 1, 1)])["density"]
    assert first_that_interpolates(table) is None


def test_rank_correlation_is_that_of_scipy() -> None:
    generator = np.random.default_rng(3)
    for n in (2, 5, 40):
        x, y = generator.integers(0, n, n).tolist(), generator.integers(0, n, n).tolist()
        if len(set(x)) > 1 < len(set(y)):
            assert rank_correlation(x, y) == pytest.approx(spearmanr(x, y).statistic)


def test_the_settings_repeat_the_run(small: StudyResult) -> None:
    assert pe.studies.run("density", **small.settings).tables["density"].rows == small.tables["density"].rows


def test_the_page_prints_a_call_that_repeats_the_run(small: StudyResult, tmp_path: Path) -> None:
    page = html.unescape(small.save(tmp_path).read_text(encoding="utf-8"))
    (call,) = re.findall(r"pe\.studies\.run\((.*)\)</code>", page)
    assert eval(f"dict(name={call})") == {"name": "density", **small.settings}


def test_paths_without_crossings_are_drawn_without_a_warning() -> None:
    found = pe.studies.density(
        **{**SMALL, "widths": 1, "n_seeds": 1, "n_steps": 300, "n_paths": 1, "seed": 0}
    )
    table = Table(
        "", TABLES["density"].columns, tuple({**row, "density": 0.0} for row in found.tables["density"])
    )
    (drawn,) = replace(found, tables={"density": table}).figures()
    assert drawn.figure.axes[1].get_yscale() == "linear"
    assert drawn.figure.axes[3].get_yscale() == "log"


def test_an_interrupted_run_keeps_its_rows() -> None:
    def stop(n: int, _: float) -> None:
        raise KeyboardInterrupt

    found = pe.studies.density(**SMALL, progress=stop)
    assert (found.is_finished, len(found.tables["density"]), found.findings) == (False, 2, ())
    assert [drawn.name for drawn in found.figures()] == ["density"]


def test_the_figure_has_labels_legends_and_a_caption_after_saving_and_loading(
    small: StudyResult, tmp_path: Path
) -> None:
    small.save(tmp_path)
    (drawn,) = load_study(tmp_path).figures()
    errors, crossings, up_and_down, apart = drawn.figure.axes
    for axes, n_lines in ((errors, 2), (crossings, 2), (up_and_down, 2), (apart, 4)):
        assert axes.get_xlabel() == "neurons of the hidden layer"
        assert axes.get_ylabel()
        assert len(axes.get_legend().get_texts()) == n_lines
    rows = small.tables["density"]
    for axes, drawn_columns in (
        (errors, ["train_error", "test_error"]),
        (crossings, ["density"] * 2),
        (up_and_down, ["total_variation"] * 2),
        (apart, ["deviation", "released_deviation"] * 2),
    ):
        kinds = ["train"] * 2 if axes is errors else np.repeat(["train", "test"], len(drawn_columns) // 2)
        for lines, column, images in zip(axes.containers, drawn_columns, kinds, strict=True):
            wanted = [np.mean(rows.where(images=str(images), width=width)[column]) for width in (3, 12)]
            np.testing.assert_allclose(lines.lines[0].get_ydata(orig=False), wanted)
    assert "100 handwritten digits" in drawn.caption
    assert "10% of them" in drawn.caption


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"widths": ()}, "`widths` is empty"),
        ({"n_layers": 0}, "`n_layers` is 0"),
        ({"label_noise": -0.1}, "`label_noise` is -0.1"),
        ({"n_points": 1_797}, "`n_points` is 1797"),
        ({"n_paths": 101}, "`n_paths` is 101; it must be at most 100"),
        ({"n_points": 1_700, "n_paths": 98}, "`n_paths` is 98; it must be at most 97"),
        ({"n_steps": 0}, "`n_steps` is 0"),
        ({"n_paths": True}, "`n_paths` is True"),
        ({"seed": 0.5}, "`seed` is 0.5"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidArgumentError, match=sentence):
        pe.studies.density(**{**SMALL, **wrong})
