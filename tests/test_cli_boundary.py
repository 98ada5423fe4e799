"""`boundary`: what it prints, writes, draws, and answers with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_networks import random_network
from shell import Shell

import polytope_engine as pe

TORUS = Path(__file__).parent / "fixtures" / "surfaces" / "torus.npz"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def classifier(tmp_path: Path) -> Path:
    file = tmp_path / "classifier.npz"
    pe.ReLUNetwork([([[1, 0], [0, 1], [0, 0]], [0, 0, 0])]).save(file)
    return file


@pytest.fixture
def norm(tmp_path: Path) -> Path:
    """The L1 norm in R^2, with one output."""
    file = tmp_path / "norm.npz"
    W = [[1, 0], [-1, 0], [0, 1], [0, -1]]
    pe.ReLUNetwork([(W, [0] * 4), ([[1] * 4], [0])]).save(file)
    return file


@pytest.fixture
def octahedron(tmp_path: Path) -> Path:
    """The L1 norm in R^3, minus 1."""
    file = tmp_path / "octahedron.npz"
    W = np.vstack([np.eye(3), -np.eye(3)])
    pe.ReLUNetwork([(W, np.zeros(6)), (np.ones((1, 6)), [-1])]).save(file)
    return file


def test_a_classifier_has_its_decision_boundary_described(run: Shell, classifier: Path) -> None:
    answer = run("boundary", classifier, "--box", -1, 1)
    assert answer.code == 0
    section = answer.out[answer.out.index("boundary ") :]
    assert section == (
        "boundary    decision boundary of 3 classes\n"
        "pieces      3, all bounded\n"
        "            1 region is crossed, 100 % of all\n"
        "length      3.41421 in all\n"
        "connected   1 component\n"
        "faces       4 vertices, 3 edges\n"
        "topology    Euler characteristic 1, Betti numbers 1, 0 over GF(2)\n"
        "            not a closed curve\n"
    )


def test_unbounded_pieces_have_an_infinite_length_and_bounded_faces(run: Shell, classifier: Path) -> None:
    out = run("boundary", classifier).out
    assert "pieces      3, 0 of them bounded\n" in out
    assert "length      infinite, that of 3 unbounded pieces\n" in out
    assert "faces       1 vertex, 3 edges\n            bounded: 1, 0\n" in out
    assert "over GF(2), of the bounded faces\n" in out


def test_a_level_set_is_asked_for_by_a_level_or_an_output(run: Shell, classifier: Path, norm: Path) -> None:
    assert "boundary    output 1 = 0\n" in run("boundary", classifier, "--output", 1).out
    assert "boundary    output 0 = 1/3\n" in run("boundary", classifier, "--level", "1/3").out
    out = run("boundary", norm, "--level", 1).out
    assert "length      5.65685 in all\n" in out
    assert "            a closed curve\n" in out
    facts = run("boundary", norm, "--level", "0.1", "--json").json["boundary"]
    assert facts["value"] == "1/10"


def test_notes_say_what_the_pieces_do_not(run: Shell, norm: Path, tmp_path: Path) -> None:
    out = run("boundary", norm).out
    assert "boundary    output 0 = 0\npieces      none\nfaces       1 vertex, 0 edges\n" in out
    assert "note        1 cell of smaller dimension touches\n" in out
    assert "topology" not in run("boundary", norm, "--level", -1).out
    ramp = tmp_path / "ramp.npz"
    pe.ReLUNetwork([([[1, 0]], [0]), ([[1]], [0])]).save(ramp)
    out = run("boundary", ramp).out
    assert "            1 piece in walls between regions\n" in out
    assert (
        "note        on 1 region the output has that value identically; the pieces are around them\n"
        in out.replace("identically\n            the", "identically; the")
    )


def test_json_holds_the_same_as_plain_numbers(run: Shell, octahedron: Path) -> None:
    facts = run("boundary", octahedron, "--json").json
    assert (facts["command"], facts["n_regions"]) == ("boundary", 8)
    boundary = facts["boundary"]
    assert boundary.pop("total_area") == pytest.approx(4 * 3**0.5)
    assert boundary == {
        "kind": "level_set",
        "title": "output 0 = 0",
        "value": "0",
        "output": 0,
        "dimension": 2,
        "n_pieces": 8,
        "n_bounded_pieces": 8,
        "n_wall_pieces": 0,
        "n_crossed_regions": 8,
        "n_regions": 8,
        "n_connected_components": 1,
        "f_vector": [6, 12, 8],
        "bounded_f_vector": [6, 12, 8],
        "euler_characteristic": 2,
        "betti_numbers": [1, 0, 1],
        "is_closed_manifold": True,
        "genus": 0,
        "n_identical_ties": 0,
        "n_touching": 0,
        "message": "",
        "n_exact": 8,
    }
    assert run("boundary", octahedron, "--level", 1e9, "--json").json["boundary"]["total_area"] > 1e18


def test_a_surface_is_saved_and_drawn(run: Shell, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("surface.ply", "surface.png", "surface.obj", "surface.html")]
    answer = run("boundary", TORUS, "--box", -1, 1, "--save", files[0], "--figure", files[1])
    assert answer.code == 0
    assert "            a closed surface of genus 1\n" in answer.out
    assert f"saved       {files[0]}\nfigure      {files[1]}\n" in answer.out
    assert files[1].read_bytes().startswith(b"\x89PNG")
    facts = run("boundary", TORUS, "--box", -1, 1, "--save", files[2], "--figure", files[3], "--json").json
    assert (facts["save"], facts["figure"]) == (str(files[2]), str(files[3]))
    assert all(file.stat().st_size > 10_000 for file in files)


def test_unbounded_surfaces_are_not_saved_and_it_says_so(run: Shell, tmp_path: Path) -> None:
    plane = tmp_path / "plane.npz"
    pe.ReLUNetwork([([[1, 0, 0]], [0])]).save(plane)
    answer = run("boundary", plane, "--save", tmp_path / "plane.ply")
    assert answer.code == 2
    assert "saved       nothing, for pieces are unbounded; --box cuts them off\n" in answer.out
    assert not (tmp_path / "plane.ply").exists()


def test_saved_regions_serve_as_well_as_the_network(run: Shell, norm: Path, tmp_path: Path) -> None:
    regions = tmp_path / "regions.npz"
    run("enumerate", norm, "--box", -2, 2, "--out", regions)
    direct = run("boundary", norm, "--box", -2, 2, "--level", 1, "--json").json["boundary"]
    assert run("boundary", regions, "--level", 1, "--json").json["boundary"] == direct


def test_more_than_three_inputs_have_a_volume_and_no_manifold_check(run: Shell, tmp_path: Path) -> None:
    file = tmp_path / "four.npz"
    random_network(4, 4, 2).save(file)
    out = run("boundary", file, "--box", -1, 1).out
    assert "volume " in out
    assert "closed" not in out


def test_an_incomplete_search_ends_with_its_code_and_a_note(run: Shell, tmp_path: Path) -> None:
    file = tmp_path / "net.npz"
    random_network(2, 8, 6, 2).save(file)
    answer = run("boundary", file, "--max-regions", 5)
    assert answer.code == 3
    assert "note        regions are missing, and what lies in them is too\n" in answer.out


@pytest.mark.parametrize(
    ("where", "note"),
    [
        ("polytope_engine.complexes.boundary_search.find_boundary", "interrupted: there is no boundary"),
        ("polytope_engine.complexes.boundary.Boundary.plot", "interrupted: not all files were written"),
    ],
)
def test_ctrl_c_says_what_there_is(
    run: Shell, norm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, note: str
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(where, interrupted)
    answer = run("boundary", norm, "--level", 1, "--figure", tmp_path / "f.png")
    assert answer.code == 130
    assert f"note        {note}\n" in answer.out
    assert "regions     4\n" in answer.out


REFUSALS = {
    "norm.npz --level one": "--level is 'one'; it must be a number, as in 0, 0.25 or 1/3.",
    "norm.npz --level 1/0": "--level is '1/0'",
    "norm.npz --output 1": "--output is 1; the network has 1 output, counted from 0.",
    "norm.npz --output -1": "--output is -1; the network has 1 output, counted from 0.",
    "norm.npz --save s.ply": "--save writes a surface in R^3, but the network has 2 inputs; leave it out.",
    "norm.npz --save s.stl": "--save is `s.stl`, but its name must end in .ply or .obj.",
    "norm.npz --figure f.html": "--figure is `f.html`, but only surfaces in R^3 are drawn as .html",
    "norm.npz --figure f.csv": "--figure is `f.csv`, but its name must end in .png or .pdf or .svg or .html.",
    "norm.npz --figure none/f.png": "There is no folder `none` for --figure; make it first.",
    "four.npz --figure f.png": "--figure draws in R^2 and R^3, but the network has 4 inputs; leave it out.",
    "mute.npz": "The network has no output, so there is no boundary.",
}


@pytest.mark.parametrize("options", REFUSALS)
def test_options_that_make_no_sense_are_refused_in_a_line(
    run: Shell, norm: Path, options: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(norm.parent)
    random_network(4, 2, 1).save("four.npz")
    pe.ReLUNetwork([([[1.0]], [0.0]), (np.zeros((0, 1)), np.zeros(0))]).save("mute.npz")
    answer = run("boundary", *options.split())
    assert (answer.code, answer.out) == (2, "")
    assert REFUSALS[options] in answer.err
    assert len(answer.err.splitlines()) == 1
