"""`graph`: what it prints, writes, draws, and answers with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from random_networks import random_network
from shell import Shell

import polytope_engine as pe
from polytope_engine.complexes.diameter import Diameter
from polytope_engine.complexes.region_graph import RegionGraph


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def net(tmp_path: Path) -> Path:
    file = tmp_path / "net.npz"
    random_network(2, 6, 5, 2).save(file)
    return file


@pytest.fixture
def line(tmp_path: Path) -> Path:
    file = tmp_path / "line.npz"
    pe.library.hamming_trap().network.save(file)
    return file


def regions_in(net: Path, radius: float | None = 1) -> pe.RegionSet:
    network = pe.load_network(net)
    return pe.enumerate_regions(
        network, None if radius is None else pe.box(-radius, radius, dimension=network.input_dim)
    )


def test_it_prints_walls_degrees_components_and_diameter(run: Shell, line: Path) -> None:
    answer = run("graph", line)
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert "walls       4, each a facet of two regions" in lines
    assert "degrees     1 to 2 walls of a region, on average 1.6 = 8/5" in lines
    assert [text.split()[0] for text in lines if "█" in text or "#" in text] == ["1", "2"]
    assert "components  1, connected" in lines
    assert any(text.startswith("diameter    4, as from region ") for text in lines)
    labels = [text[:12].strip() for text in lines if text[:1].strip()]
    assert labels[-4:] == ["walls", "degrees", "components", "diameter"]
    assert "boundary" not in answer.out


def test_facets_on_the_boundary_of_the_domain_are_told_apart(run: Shell, net: Path, line: Path) -> None:
    regions = regions_in(net)
    n = int(regions.measure("n_domain_facets")["n_domain_facets"].sum())
    out = run("graph", net, "--box", -1, 1).out
    assert f"walls       {len(regions.walls())}, each a facet of two regions\n" in out
    assert f"            {n} more facets lie on the boundary of the domain\n" in out
    assert (
        "            2 more facets lie on the boundary of the domain\n"
        in run("graph", line, "--box", -30, 30).out
    )


def test_json_holds_the_same_as_plain_numbers(run: Shell, net: Path) -> None:
    facts = run("graph", net, "--box", -1, 1, "--json").json
    assert facts["command"] == "graph"
    peer = regions_in(net).adjacency_graph()
    graph = facts["graph"]
    assert list(graph) == [
        "n_walls", "n_domain_facets", "smallest_degree", "mean_degree", "mean_degree_exact", "largest_degree",
        "degree_histogram", "n_components", "largest_component", "diameter_lower", "diameter_upper",
        "diameter_is_exact", "farthest_regions", "n_searches",
    ]  # fmt: skip
    histogram = {str(k): n for k, n in enumerate(nx.degree_histogram(peer)) if n}
    assert graph["degree_histogram"] == histogram
    assert graph["mean_degree"] == pytest.approx(2 * len(peer.edges) / len(peer))
    assert (graph["n_walls"], graph["n_components"], graph["largest_component"]) == (
        len(peer.edges),
        1,
        len(peer),
    )
    assert graph["diameter_lower"] == graph["diameter_upper"] == nx.diameter(peer)
    assert nx.shortest_path_length(peer, *graph["farthest_regions"]) == nx.diameter(peer)


def test_a_shortest_path_names_each_wall_and_region(run: Shell, line: Path) -> None:
    out = run("graph", line, "--from", "-20", "--to", "20").out
    regions = regions_in(line, None)
    first, last = regions.locate([[-20.0], [20.0]])
    assert f"path        4 walls from region {first} to region {last}\n" in out
    walls = [
        text.split(" to region")[0].strip() for text in out.splitlines() if text.strip().startswith("across")
    ]
    assert walls == [f"across neuron {i} of layer {layer}" for layer, i in ((1, 0), (0, 0), (1, 0), (0, 1))]
    path = run("graph", line, "--from", "-20", "--to", "20", "--json").json["graph"]["path"]
    assert path["regions"][0] == first
    assert path["regions"][-1] == last
    assert path["walls"] == [[[1, 0]], [[0, 0]], [[1, 0]], [[0, 1]]]


def test_neurons_that_share_a_wall_are_all_named(run: Shell, tmp_path: Path) -> None:
    pe.library.duplicate_neuron().network.save(tmp_path / "twice.npz")
    out = run("graph", tmp_path / "twice.npz", "--from", "-1", "--to", "1").out
    assert "across neuron 0 of layer 0, neuron 1 of layer 0 to region" in out


def test_a_long_path_is_cut_short_in_words_but_not_in_json(run: Shell, tmp_path: Path) -> None:
    ramp = pe.ReLUNetwork([(np.ones((50, 1)), -np.arange(50.0)), (np.ones((1, 50)), [0])])
    ramp.save(tmp_path / "ramp.npz")
    line = ("graph", tmp_path / "ramp.npz", "--from", "-1", "--to", "60")
    assert "and so on; --json prints all 50\n" in run(*line).out
    assert run(*line).out.count("across neuron") == 40
    assert len(run(*line, "--json").json["graph"]["path"]["walls"]) == 50
    assert run(*line).out.count("█") + run(*line).out.count("#") > 0


def test_the_graph_is_saved_and_the_figure_drawn(run: Shell, net: Path, line: Path, tmp_path: Path) -> None:
    saved, figure = tmp_path / "g.graphml", tmp_path / "g.png"
    answer = run("graph", net, "--box", -1, 1, "--save", saved, "--figure", figure)
    assert f"saved       {saved}\n" in answer.out
    assert f"figure      {figure}\n" in answer.out
    read = nx.read_graphml(saved, node_type=int)
    made = regions_in(net).adjacency_graph()
    assert read.adj == made.adj
    assert dict(read.nodes) == dict(made.nodes)
    assert figure.read_bytes().startswith(b"\x89PNG")
    facts = run("graph", line, "--figure", tmp_path / "line.svg", "--json").json
    assert facts["graph"]["figure"] == str(tmp_path / "line.svg")
    assert "its degree in the adjacency graph" in (tmp_path / "line.svg").read_text(encoding="utf-8")


def test_saved_regions_will_do(run: Shell, net: Path, tmp_path: Path) -> None:
    file = tmp_path / "regions.npz"
    regions_in(net).save(file)
    direct = run("graph", net, "--box", -1, 1, "--json").json
    assert run("graph", file, "--json").json["graph"] == direct["graph"]
    assert f"(from the saved regions {file})" in run("graph", file).out


def test_an_incomplete_set_says_what_it_is_about(run: Shell, net: Path) -> None:
    answer = run("graph", net, "--max-regions", 5)
    assert answer.code == 3
    assert "regions are missing: all of this is about those that were found" in answer.out


def test_no_path_within_an_incomplete_set_is_an_answer(
    run: Shell, line: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RegionGraph, "connected_components", lambda graph: np.arange(len(graph.regions)))
    answer = run("graph", line, "--from", "-20", "--to", "20")
    assert "path        none from region " in answer.out
    assert "components  5, the largest of 1 region\n" in answer.out
    assert run("graph", line, "--from", "-20", "--to", "20", "--json").json["graph"]["path"] is None


def test_bounds_on_a_diameter_are_called_bounds(
    run: Shell, line: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RegionGraph, "diameter", lambda *_, **__: Diameter(3, 1234, (0, 1), 16))
    out = run("graph", line).out
    assert "diameter    between 3 and 1,234, proven bounds; searches made: 16\n" in out
    assert "            regions 0 and 1 are 3 apart\n" in out


def test_ctrl_c_says_what_there_is(
    run: Shell, line: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pe.RegionSet, "walls", interrupted)
        answer = run("graph", line)
        assert answer.code == 130
        assert "note        interrupted: there is no graph\n" in answer.out
        assert "regions     5\n" in answer.out
    with monkeypatch.context() as patch:
        nothing = np.zeros((0, 2), dtype=np.int64)
        patch.setattr(
            pe.RegionSet, "walls", lambda r, *_: pe.Walls(r, nothing, nothing[:, 0], {}, is_complete=False)
        )
        assert run("graph", line).code == 130
    with monkeypatch.context() as patch:
        patch.setattr(RegionGraph, "save_graphml", interrupted)
        answer = run("graph", line, "--save", tmp_path / "g.graphml")
        assert answer.code == 130
        assert "walls       4, each" in answer.out
        assert "note        interrupted: not every file was written\n" in answer.out
    monkeypatch.setattr(
        RegionGraph, "diameter", lambda *_, **__: Diameter(3, 4, (0, 1), 1, is_interrupted=True)
    )
    answer = run("graph", line)
    assert answer.code == 130
    assert "interrupted: the bounds on the diameter may be far apart" in answer.out


REFUSALS = {
    "--from 0,0": "--from needs --to beside it: a path has two ends.",
    "--to 0,0": "--to needs --from beside it: a path has two ends.",
    "--from 0 --to 0,0": '--from is "0"; it must be 2 finite numbers, one for each input, with commas between.',
    "--from 0,0 --to 0,x": '--to is "0,x"',
    "--from 0,0 --to 0,nan": '--to is "0,nan"',
    "--save g.xml": "--save is `g.xml`, but its name must end in .graphml.",
    "--save none/g.graphml": "There is no folder `none` for --save; make it first.",
    "--figure g.csv": "--figure is `g.csv`, but its name must end in .png or .pdf or .svg.",
    "--box -1 1 --from 3,0 --to 0.5,0.5": "`--from` is (3.0, 0.0), outside the domain",
}


@pytest.mark.parametrize("options", REFUSALS)
def test_options_that_make_no_sense_are_refused_in_a_line(
    run: Shell, net: Path, options: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_work(*_: object, **__: object) -> None:
        raise AssertionError("work was begun")

    monkeypatch.chdir(net.parent)
    monkeypatch.setattr(pe.RegionSet, "walls", no_work)
    answer = run("graph", "net.npz", *options.split())
    assert (answer.code, answer.out) == (2, "")
    assert REFUSALS[options] in answer.err
    assert len(answer.err.splitlines()) == 1


def test_a_point_on_a_wall_has_no_region(run: Shell, line: Path) -> None:
    answer = run("graph", line, "--from", 0, "--to", 1)
    assert answer.code == 2
    assert "`--from` is (0.0), exactly on a wall, where no region is; move it to one side." in answer.err
