"""The study `bounds`: counts by other routes, bounds by their formulas, and sentences as the numbers are."""

from __future__ import annotations

import html
import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from study_checks import assert_figures_are_labeled, assert_settings_repeat, same_tables, stop_after

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions.search import CellSearch
from polytope_engine.studies import Finding, StudyResult, Table, bounds_findings
from polytope_engine.studies.bounds import TABLES, _Bound, _listed, bounds, slope

SEED = 5
INPUTS, NEURONS, DEPTHS = (1, 2, 3), (4, 6, 8), (1, 2)
SCALE = 0.7


@pytest.fixture(scope="module")
def study() -> StudyResult:
    return bounds(
        n_inputs=INPUTS,
        n_neurons=NEURONS,
        depths=DEPTHS,
        n_random=3,
        bias_scale=SCALE,
        most_everywhere=6,
        seed=SEED,
    )


def drawn(row: dict[str, int]) -> pe.ReLUNetwork:
    """The network of a row, by what its columns say."""
    d, N, depth = row["n_inputs"], row["n_neurons"], row["depth"]
    rng = np.random.default_rng([SEED, d, N, depth, row["draw"]])
    widths = [d, *[row["width"]] * depth, 1]
    return pe.ReLUNetwork(
        [
            (rng.normal(scale=math.sqrt(2 / a), size=(b, a)), rng.normal(scale=SCALE, size=b))
            for a, b in pairwise(widths)
        ]
    )


def up_to(n: int, d: int) -> int:
    return sum(math.comb(n, j) for j in range(d + 1))


def test_counts_of_one_layer_are_zaslavskys_and_on_the_line_those_of_the_segment(study: StudyResult) -> None:
    n_compared = 0
    for row in study.tables["networks"]:
        network, cube = drawn(row), pe.box(-1, 1, dimension=row["n_inputs"])
        if row["depth"] == 1:
            assert row["n_regions"] == pe.bounds.zaslavsky_1975(network, cube)
            if row["n_neurons"] <= 6:
                assert row["n_regions_everywhere"] == up_to(row["n_neurons"], row["n_inputs"])
            n_compared += 1
        elif row["n_inputs"] == 1:
            assert row["n_regions"] == len(pe.regions_on_segment(network, [-1], [1]))
            n_compared += 1
        assert (row["n_regions_everywhere"] is None) == (row["n_neurons"] > 6)
    assert n_compared == 3 * 3 * (3 + 1)


def test_means_and_ratios_are_those_of_the_networks(study: StudyResult) -> None:
    for row in study.tables["counts"]:
        shape = {name: row[name] for name in ("n_inputs", "n_neurons", "depth")}
        column = "n_regions" if row["domain"] == "box" else "n_regions_everywhere"
        counts = study.tables["networks"].where(**shape)[column]
        assert (row["n_networks"], row["least"], row["most"]) == (3, min(counts), max(counts))
        assert row["mean"] == pytest.approx(sum(counts) / 3)
        assert row["standard_error"] == pytest.approx(np.std(counts, ddof=1) / math.sqrt(3))
        d, N = row["n_inputs"], row["n_neurons"]
        assert row["natural"] == pytest.approx(N**d / math.factorial(d))
        assert row["ratio"] * row["natural"] == pytest.approx(row["mean"])
        if row["domain"] == "box":
            form = pe.bounds.hanin_rolnick_2019_expected_upper(d, N, row["constant"], volume=2**d)
            assert float(form) == pytest.approx(row["mean"])
        else:
            assert row["constant"] is None


def test_bounds_from_widths_are_their_formulas(study: StudyResult) -> None:
    for row in study.tables["bounds"]:
        d, N, width, depth = row["n_inputs"], row["n_neurons"], row["width"], row["depth"]
        by_formula = {
            "montufar_2014_upper": 2**N,
            "raghu_2017_upper": up_to(width, d) ** depth,
            "montufar_2017_upper": up_to(width, min(d, width)) ** depth,
            "pascanu_2013_lower": (width // d) ** (depth - 1) * up_to(width, d),
            "montufar_2014_lower": (width // d) ** (d * (depth - 1)) * up_to(width, d),
        }
        if row["bound"] in by_formula:
            assert row["least"] == row["most"] == by_formula[row["bound"]]
        if row["bound"] == "serra_2018_upper":
            assert row["most"] <= by_formula["montufar_2017_upper"]
        shape = {name: row[name] for name in ("n_inputs", "n_neurons", "depth")}
        counts = study.tables["networks"].where(**shape)[
            "n_regions" if row["domain"] == "box" else "n_regions_everywhere"
        ]
        if row["least"] == row["most"] and row["n_networks"] == 3:
            assert row["mean_ratio"] == pytest.approx(sum(counts) / 3 / row["least"])
            assert row["most_ratio"] == pytest.approx(max(counts) / row["least"])


def test_of_a_bound_that_applies_twice_the_tighter_is_kept() -> None:
    network = pe.ReLUNetwork(
        [
            ([[1, 0], [0, 1], [1, 1]], [1, 2, 3]),
            ([[1, 1, 1], [2, 2, 2], [3, 3, 3]], [-1, -1, 1]),
            ([[1] * 3], [0]),
        ]
    )
    rows = [row for row in pe.bounds.table(network) if row.name == "montufar_2017_upper"]
    assert [row.value for row in rows] == sorted({row.value for row in rows}, reverse=True)
    assert len(rows) == 2
    assert _listed(network, None, 5)["montufar_2017_upper"] == ("upper", rows[-1].value)


def test_no_bound_is_broken_and_every_kind_is_there(study: StudyResult) -> None:
    rows = study.tables["bounds"]
    assert set(rows["kind"]) == {"exact", "upper", "lower"}
    for row in rows:
        assert (row["n_violated"] is None) == (row["kind"] == "lower")
        assert not row["n_violated"]
        if row["kind"] == "exact":
            assert row["mean_ratio"] == 1.0
    assert "None of " in str(study.findings[0])


@pytest.mark.parametrize(
    ("kind", "values", "counts", "n"),
    [("upper", [5, 5], [5, 6], 1), ("exact", [5, 5, 5], [4, 5, 6], 2), ("lower", [5], [1], None)],
)
def test_broken_bounds_are_counted(kind: str, values: list[int], counts: list[int], n: int | None) -> None:
    assert _Bound(kind, values, counts).n_violated() == n


def test_slopes_are_least_squares_and_errors_those_of_simulated_means() -> None:
    x, y = np.array([12.0, 24.0, 36.0, 96.0]), np.array([30.0, 140.0, 300.0, 2000.0])
    errors = 0.01 * y * np.array([1, 2, 1, 3])
    exponent, error = slope(list(zip(x, y, errors, strict=True)))
    assert exponent == pytest.approx(np.polyfit(np.log(x), np.log(y), 1)[0])
    noise = np.random.default_rng(0).normal(size=(4000, 4)) * errors + y
    slopes = np.polyfit(np.log(x), np.log(noise).T, 1)[0]
    assert error == pytest.approx(np.std(slopes), rel=0.05)
    exponent, unknown = slope([(1.0, 2.0, None), (2.0, 8.0, 0.1)])
    assert exponent == pytest.approx(2.0)
    assert unknown is None


def test_growth_is_the_slope_of_the_means(study: StudyResult) -> None:
    for row in study.tables["growth"]:
        means = study.tables["counts"].where(
            n_inputs=row["n_inputs"], depth=row["depth"], domain=row["domain"]
        )
        x, y = np.log(means["n_neurons"]), np.log(means["mean"])
        assert row["n_points"] == len(x) == (3 if row["domain"] == "box" else 2)
        assert row["exponent"] == pytest.approx(np.polyfit(x, y, 1)[0])
        assert row["last_exponent"] == pytest.approx((y[-1] - y[-2]) / (x[-1] - x[-2]))


def test_the_settings_repeat_the_run_and_another_seed_does_not(study: StudyResult) -> None:
    assert_settings_repeat(study)
    settings = {**study.settings, "n_inputs": [2], "n_neurons": [4]}
    assert not same_tables(bounds(**settings), bounds(**{**settings, "seed": SEED + 1}))


def test_the_call_on_the_page_is_python_and_repeats_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StudyResult, "figures", lambda _: [])
    found = bounds(n_inputs=2, n_neurons=4, depths=1, n_random=1)
    text = html.unescape(found.save(tmp_path).read_text(encoding="utf-8"))
    start = text.index("pe.studies.run(")
    again = eval(text[start : text.index("</code>", start)], {"pe": pe})
    assert same_tables(again, found)


def test_ctrl_c_keeps_the_networks_so_far(study: StudyResult) -> None:
    cut = bounds(**study.settings, progress=stop_after(3 * 3 + 2))
    assert not cut.is_finished
    assert cut.findings == ()
    assert len(cut.tables["networks"]) == 3 * 3 + 2
    assert cut.tables["counts"]["n_networks"][-2:] == [2, 2]
    assert len(cut.tables["growth"]) == 2
    assert len(cut.figures()) == 2
    assert bounds(**study.settings, progress=stop_after(1)).figures() == []


def test_ctrl_c_within_a_search_leaves_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(CellSearch, "advance", interrupted)
    for name in ("bounds", "depth"):
        cut = pe.studies.run(name, n_inputs=2)
        assert not cut.is_finished
        assert not any(len(table) for table in cut.tables.values())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_neurons": 10, "depths": (1, 4)}, "`n_neurons` has 10, which 4 layers cannot share"),
        ({"n_inputs": 0}, "`n_inputs` has 0"),
        ({"n_random": True}, "`n_random` is True"),
        ({"bias_scale": -1}, "`bias_scale` is -1"),
        ({"bias_scale": math.nan}, "`bias_scale` is nan"),
        ({"most_everywhere": -1}, "`most_everywhere` is -1"),
        ({"seed": 0.5}, "`seed` is 0.5"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        bounds(**settings)  # type: ignore[arg-type]


def with_column(table: Table, column: str, values: list[object]) -> Table:
    rows = [{**row, column: value} for row, value in zip(table.rows, values, strict=False)]
    return replace(table, rows=(*rows, *table.rows[len(rows) :]))


def growing(exponents: list[float], error: float | None) -> list[Finding]:
    columns = TABLES["growth"].columns
    rows = tuple(
        dict(zip(columns, (2, depth, "box", 3, exponent, error, exponent, error), strict=True))
        for depth, exponent in enumerate(exponents, 1)
    )
    return [bounds_findings._growth(Table("", columns, rows), 2)]


def test_verdicts_on_growth_follow_exponents_and_errors() -> None:
    assert "in agreement with N^2 at all depths" in str(growing([1.9, 2.1], 0.06)[0])
    assert "steeper than N^2 at depth 2, flatter than N^2 at depth 1" in str(growing([1.9, 2.1], 0.04)[0])
    assert ": flatter than N^2 at depth 1, 2, by more" in str(growing([1.5, 1.5], 0.1)[0])
    assert "exponent 1.50 (depth 1): one network each, so that errors are unknown" in str(
        growing([1.5], None)[0]
    )


def of_depth_two(counts: Table) -> Finding:
    return bounds_findings._of_depth(counts.where(n_inputs=2, domain="box"))


def test_sentences_follow_the_numbers(study: StudyResult) -> None:
    tables = dict(study.tables)
    assert bounds_findings.findings(tables) == list(study.findings)
    checked = [row for row in tables["bounds"] if row["n_violated"] is not None]
    assert study.findings[0].numbers["n_compared"] == sum(row["n_networks"] for row in checked)
    broken = {**tables, "bounds": with_column(tables["bounds"], "n_violated", [2, 1])}
    assert str(bounds_findings.findings(broken)[0]).startswith("3 of ")
    last = study.findings[-1]
    constants = [row["constant"] for row in tables["counts"] if row["constant"] is not None]
    assert f"all means in the cube is {max(constants):.2f} " in str(last)
    rows = tables["counts"].where(n_inputs=2, n_neurons=8, domain="box")
    everywhere = [str(f) for f in study.findings if "in all of R^" in str(f)]
    assert [text[:12] for text in everywhere] == ["d = 1, N = 6", "d = 2, N = 6", "d = 3, N = 6"]
    (of_depth,) = [f for f in study.findings if "N = 8: mean number" in str(f) and f.numbers["n_inputs"] == 2]
    assert of_depth.numbers["factor"] == pytest.approx(rows["mean"][1] / rows["mean"][0])
    one, two = rows.rows
    error = math.hypot(one["standard_error"], two["standard_error"])
    assert of_depth.numbers["deviation"] == pytest.approx((two["mean"] - one["mean"]) / error)
    same = {**tables, "counts": with_column(tables["counts"], "mean", [3.0] * len(tables["counts"]))}
    assert "a factor 1.00, by 0.0 standard errors, so that no dependence" in str(of_depth_two(same["counts"]))
    sure = {
        **tables,
        "counts": with_column(tables["counts"], "standard_error", [1e-9] * len(tables["counts"])),
    }
    assert "and so depends on depth" in str(of_depth_two(sure["counts"]))


def test_one_size_without_later_layers_has_no_growth() -> None:
    found = bounds(n_inputs=2, n_neurons=4, depths=1, n_random=1, bias_scale=0.0)
    assert found.is_finished
    assert found.tables["growth"]["exponent"] == [None, None]
    assert not any("exponent" in str(finding) for finding in found.findings)
    assert len(found.figures()) == 2
    assert set(found.tables["counts"]["standard_error"]) == {None}
    assert found.tables["networks"]["n_regions"] == [8]
    assert "central_upper" in found.tables["bounds"]["bound"]


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [
        (1.9, "no dependence"),
        (-1.9, "no dependence"),
        (2.1, "not a strong one"),
        (-2.9, "not a strong one"),
        (3.1, "and so depends on"),
        (-3.1, "and so depends on"),
    ],
)
def test_depth_matters_from_three_standard_errors(
    study: StudyResult, difference: float, verdict: str
) -> None:
    two = study.tables["counts"].where(n_inputs=2, n_neurons=8, domain="box")
    two = with_column(with_column(two, "standard_error", [0.6, 0.8]), "mean", [10.0, 10.0 + difference])
    assert f"by {abs(difference)} standard errors" in str(bounds_findings._of_depth(two))
    assert verdict in str(bounds_findings._of_depth(two))


def test_fewer_neurons_than_inputs_have_no_constant() -> None:
    found = bounds(n_inputs=3, n_neurons=2, depths=1, n_random=1)
    assert found.tables["counts"]["constant"] == [None, None]
    assert not any("Hanin" in str(finding) for finding in found.findings)


def test_figures_have_their_labels(study: StudyResult) -> None:
    assert_figures_are_labeled(study, ["bounds", "bounds_growth"])
    (axes,) = [axes for axes in study.figures()[1].figure.axes if axes.get_title().startswith("d = 2, cube")]
    rows = study.tables["counts"].where(n_inputs=2, depth=2, domain="box")
    assert [np.asarray(line.get_ydata()).tolist() for line in axes.lines].count(rows["ratio"]) == 1
