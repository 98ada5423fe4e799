"""The study `estimators`: numbers as the estimators and formulas give them, sentences as the numbers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from study_checks import assert_figures_are_labeled, assert_settings_repeat, same_tables, stop_after

import polytope_engine as pe
from polytope_engine import estimators as by_hand
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.estimators.inverse_volume import inverse_volume_at
from polytope_engine.regions.search import CellSearch
from polytope_engine.studies import StudyResult, Table, estimators_findings
from polytope_engine.studies.estimators import TABLES, _samples_for, estimators
from polytope_engine.studies.known_networks import known_network

NAMES = ("2-5", "sawtooth(3)", "folded_cube(2,4,3)")
N_SEEDS = 3
SEED = 7


@pytest.fixture(scope="module")
def study() -> StudyResult:
    return estimators(networks=NAMES, n_seeds=N_SEEDS, samples_per_region=4, n_walk=32, seed=SEED)


def networks() -> list[tuple[str, pe.ReLUNetwork, pe.HPolytope]]:
    return [
        (name, *known_network(name, np.random.default_rng([SEED, 0, place])))
        for place, name in enumerate(NAMES, 1)
    ]


def sizes(study: StudyResult, name: str) -> list[int]:
    return study.tables["patterns"].where(network=name)["n_samples"]


def row_of(study: StudyResult, name: str, estimator: str, n: int) -> dict[str, float]:
    (row,) = study.tables["estimates"].where(network=name, estimator=estimator, n_samples=n).rows
    return row


def test_known_facts_are_those_of_counts_and_volumes(study: StudyResult) -> None:
    for name, network, domain in networks():
        (row,) = study.tables["networks"].where(network=name).rows
        assert row["n_regions"] == pe.count_regions(network, domain).n_regions
        shares = np.array(pe.enumerate_regions(network, domain).measure("volume")["volume"])
        shares /= shares.sum()
        assert row["smallest_share"] == pytest.approx(shares.min())
        assert row["largest_share"] == pytest.approx(shares.max())
        assert row["inverse_volume_sd"] == pytest.approx(
            math.sqrt(max((1 / shares).sum() - len(shares) ** 2, 0)) / len(shares), abs=1e-6
        )
        sample = sizes(study, name)
        assert sample == [8 * 2**k for k in range(len(sample))]
        assert sample[-1] >= 4 * row["n_regions"] > sample[-2]


def test_every_number_of_regions_is_estimated_from_the_first_points_of_each_seed(study: StudyResult) -> None:
    for name, network, domain in networks():
        n_regions = pe.count_regions(network, domain).n_regions
        for n in sizes(study, name):
            found = [
                by_hand.richness(network, domain, n, np.random.default_rng([SEED, k]))
                for k in range(1, N_SEEDS + 1)
            ]
            for estimator in (
                "unique_patterns",
                "chao1",
                "chao1_bias_corrected",
                "ace",
                "jackknife1",
                "jackknife2",
            ):
                row = row_of(study, name, estimator, n)
                values = sorted(one[estimator].value / n_regions for one in found)
                assert row["mean"] == pytest.approx(np.mean(values), rel=1e-12)
                assert (row["low"], row["median"], row["high"]) == pytest.approx(values)
                if estimator == "unique_patterns":
                    assert row["coverage"] is None
                else:
                    share = np.mean([one[estimator].contains(n_regions) for one in found])
                    assert row["coverage"] == pytest.approx(share)


def test_inverse_volumes_and_coverage_are_those_of_full_estimators(study: StudyResult) -> None:
    for name, network, domain in networks():
        regions = pe.enumerate_regions(network, domain)
        volumes = np.array(regions.measure("volume")["volume"])
        n = sizes(study, name)[1]
        by_volume, turing, covered = [], [], []
        for k in range(1, N_SEEDS + 1):
            sample = by_hand.sample_patterns(network, domain, n, np.random.default_rng([SEED, k]))
            by_volume.append(by_hand.inverse_volume(network, domain, n, sample=sample).value / len(regions))
            seen = np.unique(regions.locate(sample.points))
            covered.append(volumes[seen].sum() / volumes.sum())
            turing.append(by_hand.good_turing_coverage(sample.counts).value / covered[-1])
        assert row_of(study, name, "inverse_volume", n)["mean"] == pytest.approx(np.mean(by_volume), rel=1e-9)
        assert row_of(study, name, "good_turing_coverage", n)["mean"] == pytest.approx(
            np.mean(turing), rel=1e-9
        )
        (row,) = study.tables["patterns"].where(network=name, n_samples=n).rows
        assert row["covered"] == pytest.approx(np.mean(covered), rel=1e-9)


def test_walks_and_grids_are_those_of_their_estimators(study: StudyResult) -> None:
    name, network, domain = networks()[0]
    regions = pe.enumerate_regions(network, domain)
    walls = regions.walls()
    values = []
    for k in range(1, N_SEEDS + 1):
        (start,) = pe.estimators.uniform_points(domain, 1, np.random.default_rng([SEED, k]))
        rng = np.random.default_rng([SEED, k, 16])
        values.append(by_hand.random_walk(network, start, domain, 16, rng, walls=walls).value / len(regions))
    assert row_of(study, name, "random_walk", 16)["mean"] == pytest.approx(np.mean(values))
    for row in study.tables["estimates"].where(network=name, estimator="grid"):
        side = round(row["n_samples"] ** 0.5)
        assert side**2 == row["n_samples"]
        ticks = {-1 + i * spacing for spacing in [spacing_of(side)] for i in range(side)}
        grid = np.array([[x, y] for x in ticks for y in ticks])
        met = len(np.unique(regions.locate(grid)))
        assert row["mean"] == met / len(regions)
        assert row["low"] == row["high"] == row["mean"]


def spacing_of(side: int) -> float:
    """The one that the study takes for its powers of two, of those that give so many points on a side of length 2."""
    (spacing,) = {
        2 / (math.sqrt(n) + 0.5) for n in (2**k for k in range(3, 12)) if int(math.sqrt(n) + 0.5) + 1 == side
    }
    return spacing


def test_expectations_are_the_formula_and_deviations_are_in_standard_errors(study: StudyResult) -> None:
    for name, network, domain in networks():
        p = np.array(pe.enumerate_regions(network, domain).measure("volume")["volume"])
        p /= p.sum()
        for row in study.tables["patterns"].where(network=name):
            n = row["n_samples"]
            assert row["expected"] == pytest.approx(np.mean(1 - (1 - p) ** n))
            assert row["expected_covered"] == pytest.approx(1 - p @ (1 - p) ** n)
            assert row["mean"] == row_of(study, name, "unique_patterns", n)["mean"]
            error = row["expected_sd"] / math.sqrt(N_SEEDS)
            assert row["deviation"] * error == pytest.approx(row["mean"] - row["expected"], abs=1e-12)


@pytest.mark.parametrize("shares", [[1.0], [0.5, 0.5], [0.9, 0.05, 0.05], [0.25] * 4, [0.999, 0.001]])
@pytest.mark.parametrize("part", [0.4, 0.9, 0.99])
def test_needed_samples_are_the_first_that_suffice(shares: list[float], part: float) -> None:
    p = np.array(shares)
    n = next(n for n in range(1, 10_000) if np.mean(1 - (1 - p) ** n) >= part)
    assert _samples_for(p, part) == n


def test_equal_volumes_make_inverse_volumes_exact(study: StudyResult) -> None:
    rows = study.tables["estimates"].where(network="sawtooth(3)", estimator="inverse_volume")
    assert set(rows["mean"]) == {1.0}
    assert set(rows["coverage"]) == {1.0}
    assert inverse_volume_at([3, 2], [0.5, 0.5], 1.0).interval == (2.0, 2.0)


def test_a_network_of_one_region_is_estimated_exactly() -> None:
    seed = next(
        seed
        for seed in range(50)
        if pe.count_regions(*known_network("1-1", np.random.default_rng([seed, 0, 1]))).n_regions == 1
    )
    found = estimators(networks="1-1", n_seeds=2, samples_per_region=1, n_walk=16, seed=seed)
    assert found.is_finished
    assert found.tables["networks"]["n_regions"] == [1]
    assert len(found.figures()) == 3
    assert set(found.tables["estimates"].where(estimator="chao1")["mean"]) == {1.0}


def test_the_same_seed_finds_the_same_and_another_does_not(study: StudyResult) -> None:
    assert_settings_repeat(study)
    other = estimators(**{**study.settings, "networks": ["2-5"], "seed": SEED + 1})
    assert not same_tables(other, estimators(**{**study.settings, "networks": ["2-5"]}))


def test_ctrl_c_keeps_the_seeds_so_far(study: StudyResult) -> None:
    settings = {**study.settings, "networks": list(NAMES[:2])}
    cut = estimators(**settings, progress=stop_after(1 + N_SEEDS + 1 + 2))
    assert not cut.is_finished
    assert cut.findings == ()
    assert set(cut.tables["estimates"].where(network=NAMES[0], estimator="ace")["n_seeds"]) == {N_SEEDS}
    assert set(cut.tables["estimates"].where(network=NAMES[1], estimator="ace")["n_seeds"]) == {2}
    assert cut.figures()
    assert len(estimators(**settings, progress=stop_after(1 + N_SEEDS + 1)).figures()) == 3
    early = estimators(**settings, progress=stop_after(1))
    assert len(early.tables["networks"]) == 1
    assert set(early.tables["estimates"]["estimator"]) == {"grid"}
    assert early.figures() == []


def test_ctrl_c_within_a_search_leaves_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(CellSearch, "advance", interrupted)
    cut = estimators(networks="2-5", n_seeds=2)
    assert not cut.is_finished
    assert not any(len(table) for table in cut.tables.values())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"networks": ()}, "must be names"),
        ({"networks": 3}, "must be names"),
        ({"networks": ["2-4", "2-4"]}, "'2-4' twice"),
        ({"networks": "hat"}, "knows no box"),
        ({"networks": "two_suns"}, "no network"),
        ({"n_seeds": 0}, "`n_seeds` is 0"),
        ({"samples_per_region": 0.5}, "`samples_per_region` is 0.5"),
        ({"n_walk": 8}, "from 16"),
        ({"seed": -1}, "`seed` is -1"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        estimators(**settings)  # type: ignore[arg-type]


def with_column(table: Table, column: str, value: object, **where: object) -> Table:
    rows = tuple(
        {**row, column: value} if all(row[k] == v for k, v in where.items()) else row for row in table.rows
    )
    return replace(table, rows=rows)


def test_sentences_follow_the_numbers(study: StudyResult) -> None:
    tables = dict(study.tables)
    sentences = [str(finding) for finding in estimators_findings.findings(tables)]
    assert sentences == [str(finding) for finding in study.findings]
    n_cases = len(tables["patterns"])
    away = {**tables, "patterns": with_column(tables["patterns"], "deviation", -4.0)}
    first = estimators_findings.findings(away)[0]
    assert f"in 0 of {n_cases} cases; the largest deviation is 4.0" in first.sentence
    biased = {
        **tables,
        "estimates": with_column(tables["estimates"], "mean", 9.0, estimator="inverse_volume"),
    }
    assert "as an unbiased estimate should" not in str(estimators_findings.findings(biased)[5])
    assert "exact number for 0 of 3 networks" in str(estimators_findings.findings(biased)[5])
    slow = {**tables, "networks": with_column(tables["networks"], "spectral_gap", 0.01)}
    assert "100 steps; at twenty steps its samples depend" in str(estimators_findings.findings(slow)[-1])
    fast = {**tables, "networks": with_column(tables["networks"], "spectral_gap", 0.5)}
    assert str(estimators_findings.findings(fast)[-1]).endswith("relaxation time of 2 steps.")


def test_sentences_quote_the_largest_samples(study: StudyResult) -> None:
    rows = [row_of(study, name, "ace", sizes(study, name)[-1]) for name in NAMES]
    by_numbers = study.findings[3].numbers
    assert by_numbers["ace_least"] == min(row["mean"] for row in rows)
    assert f"ACE {min(row['mean'] for row in rows):.2f} to {max(row['mean'] for row in rows):.2f}" in str(
        study.findings[3]
    )
    assert study.findings[4].numbers["ace_n_well"] == sum(row["coverage"] >= 0.9 for row in rows)


def test_rows_have_all_columns_and_figures_their_labels(study: StudyResult) -> None:
    assert {name: table.columns for name, table in study.tables.items()} == {
        name: table.columns for name, table in TABLES.items()
    }
    assert_figures_are_labeled(study, ["estimators_values", "estimators_intervals", "estimators_covered"])
    values = study.figures()[0].figure
    (line,) = [line for line in values.axes[3].lines if line.get_label() == "2-5"]
    rows = study.tables["estimates"].where(network="2-5", estimator="chao1")
    assert list(line.get_ydata()) == rows["mean"]
    assert list(line.get_xdata()) == rows["samples_per_region"]


def test_networks_come_by_widths_by_trained_names_and_from_the_library() -> None:
    rng = np.random.default_rng(0)
    assert known_network("3-4-2", rng)[0].hidden_widths == (4, 2)
    assert known_network("two_moons", rng)[1].dimension == 2
    network, domain = known_network("generic_in_cube(5,2)", rng)
    assert pe.count_regions(network, domain).n_regions == 16
