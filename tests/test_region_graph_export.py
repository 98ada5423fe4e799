"""Graphs of regions for networkx, and as GraphML."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from region_graphs import SAME_PLANES, graph_of, medium, one_layer

import polytope_engine as pe
from polytope_engine.errors import MissingFileError


def test_nodes_and_edges_carry_signs_points_and_neurons() -> None:
    graph = pe.enumerate_regions(one_layer(SAME_PLANES["duplicated"]))
    peer = graph.adjacency_graph({"half": np.arange(7) / 2, "pair": np.eye(7, 2, dtype=int)})
    assert list(peer) == list(range(7))
    for k, region in enumerate(graph):
        node = peer.nodes[k]
        assert node["signs"] == "".join("-0+"[s + 1] for s in region.sign_vector)
        assert [node["point_0"], node["point_1"]] == region.interior_point.tolist()
        assert (node["half"], node["pair_0"], node["pair_1"]) == (k / 2, int(k == 0), int(k == 1))
    walls = graph.walls()
    for a, b, edge in peer.edges(data=True):
        assert walls.pairs[edge["wall"]].tolist() == sorted([a, b])
        labels = [f"{layer}:{i}" for _, layer, i in walls.labels(edge["wall"])]
        assert len(labels) == 2
        assert edge["neurons"] == " ".join(labels)
        assert (edge["neuron"], edge["layer"]) == (walls.neurons[edge["wall"]], 0)


def test_layers_are_told_apart_and_wide_inputs_bring_no_coordinates() -> None:
    peer = graph_of("hamming_trap").to_networkx()
    assert all(len(node["signs"]) == 4 and node["signs"][2] == "|" for _, node in peer.nodes(data=True))
    assert {edge["layer"] for _, _, edge in peer.edges(data=True)} == {0, 1}
    wide = pe.enumerate_regions(pe.ReLUNetwork([(np.eye(2, 11), [0, 0]), ([[1, 1]], [0])])).adjacency_graph()
    assert set(wide.nodes[0]) == {"signs"}


def test_graphml_reads_back_as_the_same_graph(tmp_path: Path) -> None:
    graph = medium()
    columns: dict[str, Any] = dict(graph.regions.measure("is_bounded", "volume", "n_facets"))
    columns["volume"] = np.where(graph.degrees == 2, np.inf, columns["volume"])
    columns["third"] = [Fraction(1, 3)] * len(graph.regions)
    columns['<&">'] = ['<&">'] * len(graph.regions)
    graph.save_graphml(tmp_path / "g.graphml", columns)
    read, made = nx.read_graphml(tmp_path / "g.graphml", node_type=int), graph.to_networkx(columns)
    assert dict(read.nodes(data=True)) == dict(made.nodes(data=True))
    assert {tuple(sorted((a, b))): e for a, b, e in read.edges(data=True)} == {
        tuple(sorted((a, b))): e for a, b, e in made.edges(data=True)
    }
    assert type(read.nodes[0]["is_bounded"]) is bool
    assert [path.name for path in tmp_path.iterdir()] == ["g.graphml"]
    nx.write_graphml(made, tmp_path / "theirs.graphml")


def test_a_graph_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MissingFileError):
        medium().save_graphml(tmp_path / "none" / "g.graphml")

    def interrupted(*_: Any) -> Any:
        yield b"<?xml"
        raise KeyboardInterrupt

    monkeypatch.setattr("polytope_engine.complexes.region_graph.graphml", interrupted)
    with pytest.raises(KeyboardInterrupt):
        medium().save_graphml(tmp_path / "g.graphml")
    assert not list(tmp_path.iterdir())
