"""`check` at the command line: proven, refused, bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from reference_prover import prove, recorded, write
from shell import Shell

import polytope_engine as pe


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    box = pe.box(0, 1, dimension=2)
    net.save("net.npz")
    pe.ReLUNetwork([(np.eye(2), [0, 1]), ([[1, 1]], [0])]).save("other.npz")
    prove(Path("net.proof"), net)
    prove(Path("box.proof"), net, box)
    pe.enumerate_regions(net).save("regions.npz")
    pe.enumerate_regions(net, box).save("box.npz")
    pe.enumerate_regions(net, max_regions=3).save("some.npz")
    events = recorded(net).events
    write(Path("bad.proof"), recorded(net).statement, [*events[:-1], ("region", ([9.0, 9.0],))])
    Path("cut.proof").write_bytes(Path("net.proof").read_bytes()[:-30])
    Path("text.txt").write_text("hello", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "net.proof",
        "regions.npz",
        "net.proof --network net.npz",
        "net.proof --network net.npz --whole-space",
        "regions.npz --network net.npz --whole-space",
        "box.proof --network net.npz --box 0 1",
        "box.npz --network net.npz --lower 0,0 --upper 1,1",
    ],
)
def test_what_is_right_is_proven(line: str, folder: Path, run: Shell) -> None:
    answer = run("check", *line.split())
    n = 2 if line.startswith("box") else 7
    assert answer.code == 0
    assert "verdict     proven" in answer.out
    assert f"has exactly {n} activation regions with nonempty interior in " in answer.out
    assert ("compared" in answer.out) == ("--network" in line)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("bad.proof", "the point is not strictly inside"),
        ("cut.proof", "archive"),
        ("some.npz", "the region beyond this wall is not in the set"),
        ("net.proof --network other.npz", "it is about another network"),
        ("regions.npz --network other.npz", "it is about another network"),
        ("box.proof --network net.npz --box 0 2", "it is about another domain"),
        ("box.proof --network net.npz --whole-space", "it is about another domain"),
        ("regions.npz --network net.npz --box 0 1", "it is about another domain"),
    ],
)
def test_what_is_wrong_is_refused(line: str, reason: str, folder: Path, run: Shell) -> None:
    answer = run("check", *line.split())
    assert answer.code == 1
    assert "verdict     refused" in answer.out
    assert reason in answer.out


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("none.proof", "There is no file `none.proof`"),
        ("text.txt", "is neither a proof nor a file of saved regions"),
        ("net.npz", "is neither a proof nor a file of saved regions"),
        ("net.proof --box 0 1", "--box needs --network beside it"),
        ("net.proof --network text.txt", "'.txt'"),
        ("net.proof --network net.npz --box 1 0", "make no box"),
    ],
)
def test_bad_input_is_told_apart(line: str, reason: str, folder: Path, run: Shell) -> None:
    answer = run("check", *line.split())
    assert answer.code == 2
    assert answer.out == ""
    assert reason in answer.err


def test_json_has_the_verdict_and_the_place(folder: Path, run: Shell) -> None:
    good = run("check", "regions.npz", "--network", "net.npz", "--json").json
    assert (good["kind"], good["proven"], good["n_regions"], good["n_walls"]) == ("regions", True, 7, 18)
    assert good["compared_with"] == ["network"]
    bad = run("check", "bad.proof", "--json").json
    assert (bad["kind"], bad["proven"]) == ("proof", False)
    assert bad["byte_offset"] > 0
    assert bad["sentence"].startswith("Refused at event ")


def test_the_proof_that_enumerate_writes_is_accepted(folder: Path, run: Shell) -> None:
    line = "enumerate net.npz --box 0 1 --out new.npz --proof new.proof"
    made = run(*line.split())
    assert made.code == 0
    assert "new.proof" in made.out
    line = "check new.proof --network net.npz --box 0 1"
    assert run(*line.split()).code == 0


def test_an_incomplete_enumeration_says_that_there_is_no_proof(folder: Path, run: Shell) -> None:
    line = "enumerate net.npz --out new.npz --proof new.proof --max-regions 2"
    assert "none, for the run is incomplete" in run(*line.split()).out
    assert not Path("new.proof").exists()


@pytest.mark.parametrize("name", ["new.txt", "nowhere/new.proof"])
def test_a_proof_goes_into_a_file_of_its_kind(folder: Path, run: Shell, name: str) -> None:
    answer = run("enumerate", "net.npz", "--out", "new.npz", "--proof", name)
    assert answer.code == 2
    assert "--proof" in answer.err
