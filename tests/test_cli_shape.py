"""`describe --shape`: what it prints, writes, draws, and answers with."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_networks import random_network
from shell import Shell

import polytope_engine as pe


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def net(tmp_path: Path) -> Path:
    file = tmp_path / "net.npz"
    random_network(2, 6, 5, 2).save(file)
    return file


def test_without_shape_nothing_is_said_of_it(run: Shell, net: Path) -> None:
    answer = run("describe", net, "--box", -1, 1)
    shaped = run("describe", net, "--box", -1, 1, "--shape")
    assert answer.code == shaped.code == 0
    assert "volume" not in answer.out
    assert "shape" not in json.loads(run("describe", net, "--json").out)
    described = answer.out[answer.out.index("bounded") :]
    assert described in shaped.out


def test_the_section_says_volume_vertices_simplices_walls_and_angles(run: Shell, net: Path) -> None:
    out = run("describe", net, "--box", -2, 2, "--shape").out
    labels = [line[:12].strip() for line in out.splitlines() if line[:1].strip()]
    assert labels[-5:] == ["volume", "vertices", "simplices", "walls", "angles"]
    assert "16 in all, which is that of the domain\n" in out
    assert "by the pulling rule" in out
    assert "on average; 2d is 4\n" in out
    assert "within layer 0" in out
    assert "0.637 for random directions" in out


def test_the_handshake_is_printed_with_its_numbers(run: Shell, net: Path) -> None:
    regions = pe.enumerate_regions(pe.load_network(net))
    n = sum(len(region.neighbors()) for region in regions) // 2
    expected = f"two for each wall: 2 x {n:,} / {len(regions):,} = {Fraction(2 * n, len(regions))}\n"
    assert expected in run("describe", net, "--shape").out


def test_on_all_of_space_the_volume_is_infinite_and_a_clip_helps(run: Shell, net: Path) -> None:
    out = run("describe", net, "--shape").out
    assert "volume      infinite, that of 20 regions\n" in out
    assert "20 unbounded regions left out; --clip cuts them off" in out
    cut = run("describe", net, "--shape", "--clip", -1, 1).out
    assert "clip        regions are cut to [-1, 1]^2; 30 regions meet it\n" in cut
    assert "4 in all, which is that of the domain in the clip\n" in cut
    assert "inradius    Chebyshev radius" in cut


def test_json_holds_the_same_as_plain_numbers(run: Shell, net: Path) -> None:
    shape = run("describe", net, "--shape", "--clip", -1, 1, "--rule", "delaunay", "--json").json["shape"]
    assert list(shape) == [
        "clip", "rule", "n_measured", "n_in_clip", "complete", "total_volume", "domain_volume",
        "n_infinite_volume", "share_of_largest", "n_largest_with_half", "n_vertices", "simplices_histogram",
        "mean_simplices", "share_of_simplest", "n_unbounded", "mean_facets", "n_neuron_facets",
        "n_domain_facets", "mean_walls", "mean_walls_exact", "twice_dimension", "inradius_quantiles",
        "n_infinite_inradius", "angles",
    ]  # fmt: skip
    assert (shape["clip"], shape["rule"], shape["n_in_clip"], shape["complete"]) == (
        [-1, 1],
        "delaunay",
        30,
        True,
    )
    assert shape["total_volume"] == pytest.approx(4)
    assert sum(shape["simplices_histogram"].values()) == 30
    assert np.sum(shape["angles"]["across_layers"]) > 0
    whole = run("describe", net, "--shape", "--json").json["shape"]
    assert (whole["total_volume"], whole["domain_volume"], whole["n_infinite_volume"]) == (None, None, 20)


def test_columns_are_written_as_csv_and_npz(run: Shell, net: Path, tmp_path: Path) -> None:
    table, archive = tmp_path / "shapes.csv", tmp_path / "shapes.npz"
    answer = run("describe", net, "--box", -1, 1, "--shape", "--columns", table)
    assert f"columns     {table}\n" in answer.out
    assert run("describe", net, "--box", -1, 1, "--shape", "--columns", archive, "--json").json["shape"][
        "columns"
    ] == str(archive)
    columns = pe.load_measurements(archive)
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (
        columns.n_regions
        == len(rows)
        == int(pe.count_regions(pe.load_network(net), pe.box(-1, 1, dimension=2)))
    )
    assert [float(row["volume"]) for row in rows] == columns["volume"].tolist()
    assert {"centroid", "chebyshev_center", "surface_area"} < set(columns)


def test_the_figure_is_written(run: Shell, net: Path, tmp_path: Path) -> None:
    out = tmp_path / "shapes.png"
    answer = run("describe", net, "--box", -1, 1, "--shape", "--figure", out)
    assert answer.code == 0
    assert f"figure      {out}\n" in answer.out
    assert out.read_bytes().startswith(b"\x89PNG")


def test_an_incomplete_set_claims_no_handshake(run: Shell, net: Path) -> None:
    answer = run("describe", net, "--shape", "--max-regions", 5)
    assert answer.code == 3
    assert "on average; 2d is 4" in answer.out
    assert "two for each wall" not in answer.out


@pytest.mark.parametrize(("clip", "n_walks"), [([], 1), (["--clip", -1, 1], 2)])
def test_all_columns_are_measured_in_one_walk_unless_there_is_a_clip(
    run: Shell, net: Path, monkeypatch: pytest.MonkeyPatch, clip: list[Any], n_walks: int
) -> None:
    sizes = []
    measure = pe.RegionSet.measure

    def counting(self: pe.RegionSet, *names: str, **options: Any) -> Any:
        sizes.append(len(self))
        return measure(self, *names, **options)

    monkeypatch.setattr(pe.RegionSet, "measure", counting)
    shape = run("describe", net, "--shape", *clip, "--json").json["shape"]
    assert sum(size > 1 for size in sizes) == n_walks
    assert shape["angles"]["n_regions"] == shape["n_in_clip"]


@pytest.mark.parametrize("n", [9, 0])
def test_ctrl_c_while_measuring_keeps_the_first_regions(
    run: Shell, net: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    measure = pe.RegionSet.measure

    def interrupted(self: pe.RegionSet, *names: str, **options: Any) -> Any:
        columns = measure(self, *names, **options)
        if len(self) == 1 or "volume" not in names:  # the domain; the description without --shape
            return columns
        first = {name: column[:n] for name, column in columns.items()}
        return pe.Measurements(first, is_complete=False, rule=columns.rule, clip=columns.clip)

    monkeypatch.setattr(pe.RegionSet, "measure", interrupted)
    files = "--columns", tmp_path / "c.csv", "--figure", tmp_path / "f.png"
    answer = run("describe", net, "--box", -1, 1, "--shape", *files)
    assert answer.code == 130
    assert (
        answer.out.count(f"interrupted: shapes are those of the first {n} regions, and there is no figure\n")
        == 1
    )
    assert len((tmp_path / "c.csv").read_text(encoding="utf-8").splitlines()) == n + 1
    assert not (tmp_path / "f.png").exists()
    assert "angles" not in answer.out


def test_ctrl_c_while_drawing_still_says_what_was_measured(
    run: Shell, net: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("polytope_engine.plotting.plot_shapes", interrupted)
    answer = run("describe", net, "--box", -1, 1, "--shape", "--figure", tmp_path / "f.png")
    assert answer.code == 130
    assert "4 in all" in answer.out
    assert "note        interrupted" in answer.out


REFUSALS = {
    "--clip -1 1": "--clip is about what --shape measures; add --shape.",
    "--columns c.csv": "--columns is about what --shape measures; add --shape.",
    "--figure f.png": "--figure is about what --shape measures; add --shape.",
    "--rule delaunay": "--rule is about what --shape measures; add --shape.",
    "--shape --rule fan": "--rule is 'fan'; it must be pulling or delaunay.",
    "--shape --clip 1 -1": "--clip is 1 -1; it must be two finite numbers, the lower one first.",
    "--shape --clip 0 nan": "--clip is 0 nan",
    "--shape --columns c.txt": "--columns is `c.txt`, but its name must end in .csv or .npz.",
    "--shape --columns net.npz": "--columns is `net.npz`, the input itself; give another name.",
    "--shape --figure none/f.png": "There is no folder `none` for --figure; make it first.",
    "--shape --figure f.csv": "--figure is `f.csv`, but its name must end in .png or .pdf or .svg.",
}


@pytest.mark.parametrize("options", REFUSALS)
def test_options_that_make_no_sense_are_refused_in_a_line(
    run: Shell, net: Path, options: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(net.parent)
    answer = run("describe", "net.npz", *options.split())
    assert (answer.code, answer.out) == (2, "")
    assert REFUSALS[options] in answer.err
    assert len(answer.err.splitlines()) == 1
