"""`estimate`: what it prints, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from random_networks import random_network
from shell import Shell

import polytope_engine as pe
from polytope_engine.regions import enumeration
from polytope_engine.regions.outcome import Status


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def net(tmp_path: Path) -> Path:
    file = tmp_path / "net.npz"
    random_network(2, 5, 4, 1).save(file)
    return file


def test_it_prints_each_estimate_beside_the_exact_number(run: Shell, net: Path) -> None:
    answer = run(
        "estimate", net, "--box", -1, 1, "--samples", 500, "--chords", 20, "--steps", 30, "--seed", 3
    )
    assert answer.code == 0
    n = len(pe.enumerate_regions(pe.load_network(net), pe.box(-1, 1, dimension=2)))
    assert f"regions     {n}, proven\n" in answer.out
    found = pe.estimators.richness(pe.load_network(net), pe.box(-1, 1, dimension=2), 500, rng=3)
    value = found["chao1"].value
    row = next(line for line in answer.out.splitlines() if " Chao1 " in line)
    assert row.split()[1] == f"{value:.5g}"
    assert row.endswith(f"{value / n:.3f}")
    for name in (
        "unique patterns",
        "inverse volume",
        "random walk, simple",
        "wall area",
        "Good-Turing coverage",
    ):
        assert name in answer.out


def test_json_holds_the_same_and_a_seed_gives_the_same_answer(run: Shell, net: Path) -> None:
    line = ("estimate", net, "--box", -1, 1, "--samples", 200, "--chords", 5, "--json")
    facts = run(*line).json
    assert facts == run(*line).json
    assert facts["command"] == "estimate"
    assert facts["n_regions"] == int(pe.count_regions(pe.load_network(net), pe.box(-1, 1, dimension=2)))
    unique = facts["estimates"]["unique_patterns"]
    assert unique["interval"] == [unique["value"], None]
    assert {"name", "value", "interval", "n_samples", "definition", "bias", "source"} <= set(unique)
    assert "random_walk" not in facts["estimates"]
    assert facts["estimates"] != run(*line, "--seed", 1).json["estimates"]


def test_the_exact_count_can_be_left_out(run: Shell, net: Path) -> None:
    answer = run("estimate", net, "--box", -1, 1, "--samples", 50, "--chords", 0, "--time-limit", 0)
    assert "regions     not counted within the time limit\n" in answer.out
    assert "of exact" not in answer.out
    assert "wall area" not in answer.out


def test_ctrl_c_during_the_walk_ends_the_rest_too(
    run: Shell, net: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = pe.estimators.random_walk

    def shorter(
        network: pe.ReLUNetwork, start: object, domain: object, n: int, rng: int, **_: object
    ) -> object:
        return walk(network, start, domain, n // 2, rng)  # what is left of a walk after Ctrl-C

    monkeypatch.setattr(pe.estimators, "random_walk", shorter)
    answer = run("estimate", net, "--box", -1, 1, "--samples", 50, "--steps", 20)
    assert answer.code == 130
    assert "regions     not counted: interrupted\n" in answer.out
    assert "random walk" in answer.out
    assert "wall area" not in answer.out


@pytest.mark.parametrize(
    ("options", "word"),
    [((), "--box"), (("--box", -1, 1, "--time-limit", -1), "--time-limit"), (("--lower", "0,0"), "--upper")],
)
def test_what_cannot_be_sampled_is_refused(
    run: Shell, net: Path, options: tuple[object, ...], word: str
) -> None:
    answer = run("estimate", net, *options)
    assert answer.code == 2
    assert word in answer.err
    assert answer.out == ""


def test_ctrl_c_keeps_the_estimates_that_are_done(
    run: Shell, net: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pe.estimators, "line_crossings", interrupted)
    answer = run("estimate", net, "--box", -1, 1, "--samples", 50)
    assert answer.code == 130
    assert "regions     not counted: interrupted\n" in answer.out
    assert "inverse volume" in answer.out
    assert "wall area" not in answer.out


def test_ctrl_c_during_the_exact_count_is_told(
    run: Shell, net: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_regions = pe.count_regions

    def interrupted(*arguments: object, **_: object) -> object:
        return replace(count_regions(*arguments), status=Status.INTERRUPTED)

    monkeypatch.setattr(enumeration, "count_regions", interrupted)
    answer = run("estimate", net, "--box", -1, 1, "--samples", 50, "--chords", 5)
    assert answer.code == 130
    assert "regions     not counted: interrupted\n" in answer.out
    assert "wall area" in answer.out


def test_a_walk_of_one_region_is_refused_before_anything_is_sampled(run: Shell, net: Path) -> None:
    answer = run("estimate", net, "--box", -1, 1, "--steps", 1)
    assert answer.code == 2
    assert "--steps is 1; a walk compares regions" in answer.err
