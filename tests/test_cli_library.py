"""The command `library`: the networks with known counts, listed, shown and saved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import polytope_engine as pe
from polytope_engine.cli.application import application


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    code = application([str(a) for a in arguments], prog_name="polytope-engine", standalone_mode=False)
    return (code, *capsys.readouterr())


def test_the_table_has_a_line_for_each_network(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "library")
    lines = out.splitlines()
    assert code == 0
    assert lines[0].split() == ["name", "shape", "regions", "bounded", "description"]
    catalog = pe.library.catalog()
    assert len(lines) == len(catalog) + 3
    for line, net in zip(lines[1:], catalog, strict=False):
        assert line.startswith(net.name)
        assert line.endswith(net.description)
    assert "resonance(5)" in out
    assert "5-31-1          11,292        0  sums over all sets" in out
    assert "unknown" in out


def test_one_network_is_shown_with_everything_known(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "library", "type_b(3)")
    assert code == 0
    assert "3-9-1, 9 ReLU neurons" in out
    assert "regions     48 in all of R^3" in out
    assert "cells       (1, 26, 72, 48) of dimension 0, 1, ..." in out
    assert "polynomial  t^3 - 9 t^2 + 23 t - 15" in out
    assert "Stanley" in out
    shown = run(capsys, "library", "sawtooth(3)")[1]
    assert "11 activation patterns (R1)" in shown
    assert "in a box    8 regions in [0, 1]" in shown


def test_parameters_need_not_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "1,066,044 in all of R^6" in run(capsys, "library", "resonance(6)")[1]
    assert "regions     unknown" in run(capsys, "library", " threshold( 10 ) ")[1]


def test_json_has_everything_known(capsys: pytest.CaptureFixture[str]) -> None:
    facts = json.loads(run(capsys, "library", "resonance(4)", "--json")[1])
    assert list(facts) == [
        "command", "name", "description", "source", "network", "n_regions", "n_bounded", "f_vector",
        "bounded_f_vector", "characteristic_polynomial", "counts", "domain",
    ]  # fmt: skip
    assert facts["n_regions"] == 370
    assert facts["characteristic_polynomial"] == [104, -170, 80, -15, 1]
    assert facts["network"]["digest"] == pe.library.resonance(4).network.digest
    listed = json.loads(run(capsys, "library", "--json")[1])["networks"]
    assert [net["name"] for net in listed] == [net.name for net in pe.library.catalog()]
    assert facts == {"command": "library", **next(net for net in listed if net["name"] == "resonance(4)")}
    assert json.loads(run(capsys, "library", "sawtooth(2)", "--json")[1])["domain"] == {
        "lower": [0.0], "upper": [1.0], "n_regions": 4,
    }  # fmt: skip


def test_a_saved_network_is_read_by_the_other_commands(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "shi.npz"
    code, out, _ = run(capsys, "library", "shi(4)", "--out", file)
    assert code == 0
    assert f"saved       {file}" in out
    assert json.loads(run(capsys, "count", file, "--json")[1])["n_regions"] == 125


@pytest.mark.parametrize("named", pe.library.catalog(), ids=lambda named: named.name)
def test_every_name_is_the_call_that_makes_the_network(named: pe.library.NamedNetwork) -> None:
    again = pe.library.named(named.name)
    assert again.name == named.name
    assert again.network.digest == named.network.digest
    assert again.n_regions == named.n_regions


REFUSALS = {
    "resonanc(4)": 'no network "resonanc(4)" in the library; did you mean resonance(4)?',
    "hatt": "did you mean hat?",
    "foo": "names are calls such as resonance(4)",
    "))": 'There is no network "))"',
    "": 'There is no network ""',
    "4": 'There is no network "4"',
    "resonance(__import__('os'))": "There is no network",
    "resonance": "`resonance` takes (n), as in resonance(1): missing a required argument",
    "hat(3)": "`hat` takes no parameters: too many positional arguments",
    "boolean(0)": "`n` is 0, but must be at least 1",
    "resonance(x)": "`n` is 'x', but must be an integer, at least 1",
    "exceptional(H3)": "`kind` is 'H3', but must be one of G2, F4, E6, E7, E8",
    "boolean(n=2, n=3)": "There is no network",
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_name_that_is_none_is_refused_in_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "library", name)
    assert code == 2
    assert not out
    assert err.startswith("polytope-engine: ")
    assert err.count("\n") == 1
    assert REFUSALS[name] in err


def test_close_names_are_on_the_error() -> None:
    with pytest.raises(pe.errors.InvalidArgumentError) as raised:
        pe.library.named("shy(4)")
    assert "shi(4)" in raised.value.close_matches


def test_a_file_is_refused_before_anything_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "must end in .npz" in run(capsys, "library", "hat", "--out", tmp_path / "hat.txt")[2]
    assert "There is no folder" in run(capsys, "library", "hat", "--out", tmp_path / "none" / "hat.npz")[2]
    code, _, err = run(capsys, "library", "--out", tmp_path / "all.npz")
    assert code == 2
    assert "Which network is to be saved?" in err
    assert not list(tmp_path.iterdir())
