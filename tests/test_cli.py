"""The command line, in this process: what it prints, writes, and answers with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from random_networks import random_network
from shell import Shell

import polytope_engine as pe
from polytope_engine.regions import enumeration


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def net(tmp_path: Path) -> Path:
    file = tmp_path / "net.npz"
    random_network(2, 6, 5, 2).save(file)
    return file


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    file = tmp_path / "regions.npz"
    pe.enumerate_regions(random_network(2, 6, 5, 2), pe.box(-1, 1, dimension=2)).save(file)
    return file


def test_count_says_how_many_and_why_it_can_be_believed(run: Shell, net: Path) -> None:
    answer = run("count", net, "--box", -1, 1)
    expected = int(pe.count_regions(pe.load_network(net), pe.box(-1, 1, dimension=2)))
    assert answer.code == 0
    assert f"regions     {expected}\n" in answer.out
    assert "the box [-1, 1]^2" in answer.out
    assert "complete: every region was found and proven" in answer.out
    assert "proven to exist" in answer.out


def test_the_domain_is_the_whole_space_unless_said_otherwise(run: Shell, net: Path) -> None:
    silent, said = run("count", net, "--json").json, run("count", net, "--whole-space", "--json").json
    assert silent["domain"] == said["domain"] == {"kind": "whole_space", "dimension": 2}
    assert silent["n_regions"] == said["n_regions"] == int(pe.count_regions(pe.load_network(net)))
    assert "all of R^2" in run("count", net).out


def test_bounds_for_each_input_make_a_box(run: Shell, net: Path) -> None:
    answer = run("count", net, "--lower", "-1,-2.5", "--upper", "-0.5, 1e0", "--json").json
    assert answer["domain"] == {"kind": "box", "dimension": 2, "lower": [-1, -2.5], "upper": [-0.5, 1]}
    assert answer["n_regions"] == int(pe.count_regions(pe.load_network(net), pe.box([-1, -2.5], [-0.5, 1])))


def test_the_keys_of_json_stay_what_they_are(run: Shell, net: Path) -> None:
    facts = run("count", net, "--json").json
    assert list(facts) == [
        "command", "network", "domain", "n_regions", "complete", "status", "status_text", "seconds", "work",
        "certificate",
    ]  # fmt: skip
    assert facts["network"]["hidden_widths"] == [6, 5]
    assert facts["network"]["digest"] == pe.load_network(net).digest
    assert facts["status"] == "complete"
    assert facts["certificate"]["n_regions_float"] == facts["n_regions"]
    assert facts["work"]["n_linear_programs"] > 0


def test_sign_cells_are_counted_by_dimension_and_by_definition(run: Shell, tmp_path: Path) -> None:
    file = tmp_path / "stargalla.npz"
    pe.library.stargalla().network.save(file)
    answer = run("count", file, "--sign-cells")
    assert answer.code == 0
    for line in (
        "sign cells  11\n            1 of dimension 0, 5 of dimension 1, 5 of dimension 2\n",
        "bounded     1\n            1 of dimension 0, 0 of dimension 1, 0 of dimension 2\n",
        "Euler       1, cells of even dimension less those of odd dimension\n",
        "regions     5, the cells with interior (R2')\n",
        "patterns    7 activation patterns (R1), 5 of them with interior (R2)\n",
        "status      complete: every sign cell was found and proven\n",
    ):
        assert line in answer.out
    facts = run("count", file, "--sign-cells", "--box", 1, 2, "--json").json
    assert list(facts) == [
        "command", "network", "domain", "n_sign_cells", "f_vector", "bounded_f_vector", "euler_characteristic",
        "closed", "n_regions", "n_activation_patterns", "n_proper_activation_regions", "complete", "status",
        "status_text", "seconds", "work",
    ]  # fmt: skip
    assert (facts["f_vector"], facts["n_regions"], facts["complete"]) == ([0, 1, 2], 2, True)
    assert (facts["bounded_f_vector"], facts["euler_characteristic"], facts["closed"]) == (
        [0, 1, 2],
        1,
        False,
    )


def test_sign_cells_of_a_closed_box_have_its_corners(run: Shell, tmp_path: Path) -> None:
    """A square that one wall cuts along its diagonal."""
    file = tmp_path / "stargalla.npz"
    pe.library.stargalla().network.save(file)
    answer = run("count", file, "--sign-cells", "--box", 1, 2, "--closed")
    assert "sign cells  11, those in the domain's boundary included\n" in answer.out
    facts = run("count", file, "--sign-cells", "--box", 1, 2, "--closed", "--json").json
    assert (facts["f_vector"], facts["euler_characteristic"], facts["closed"]) == ([4, 5, 2], 1, True)
    everywhere = run("count", file, "--sign-cells", "--closed")
    assert "sign cells  11\n" in everywhere.out
    refused = run("count", file, "--closed")
    assert refused.code == 2
    assert "--closed is about cells in the domain's boundary; add --sign-cells." in refused.err


def test_sign_cells_keep_to_a_time_limit_and_have_no_method(run: Shell, tmp_path: Path) -> None:
    file = tmp_path / "large.npz"
    random_network(6, 20, 20, 1).save(file)
    answer = run("count", file, "--sign-cells", "--time-limit", 0.1)
    assert answer.code == 3
    assert "incomplete: stopped at --time-limit" in answer.out
    refused = run("count", file, "--sign-cells", "--method", "lp")
    assert refused.code == 2
    assert "--method says how regions are found; leave it out with --sign-cells." in refused.err


def test_enumerate_saves_what_load_regions_reads(run: Shell, net: Path, tmp_path: Path) -> None:
    out = tmp_path / "found.npz"
    answer = run("enumerate", net, "--box", -1, 1, "--out", out)
    assert answer.code == 0
    assert f"saved       {out}" in answer.out
    assert len(pe.load_regions(out)) == len(
        pe.enumerate_regions(pe.load_network(net), pe.box(-1, 1, dimension=2))
    )


def test_a_limit_that_is_reached_gives_exit_code_3(run: Shell, net: Path, tmp_path: Path) -> None:
    out = tmp_path / "some.npz"
    answer = run("enumerate", net, "--max-regions", 5, "--out", out, "--json")
    assert answer.code == 3
    assert (answer.json["n_regions"], answer.json["complete"], answer.json["status"]) == (
        5,
        False,
        "max_regions",
    )
    assert "--max-regions" in answer.json["status_text"]
    assert len(pe.load_regions(out)) == 5
    described = run("describe", out)
    assert described.code == 3
    assert "regions are missing" in described.out


def test_a_time_limit_gives_exit_code_3(run: Shell, tmp_path: Path) -> None:
    random_network(6, 20, 20, 1).save(tmp_path / "large.npz")
    answer = run("count", tmp_path / "large.npz", "--time-limit", 0.01)
    assert answer.code == 3
    assert "incomplete: stopped at --time-limit" in answer.out


def test_ctrl_c_gives_exit_code_130_and_saves_what_was_found(
    run: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random_network(6, 20, 20, 1).save(tmp_path / "large.npz")
    advance, n_calls = enumeration.CellSearch.advance, 0

    def interrupted(self: Any, *arguments: Any) -> bool:
        nonlocal n_calls
        n_calls += 1
        if n_calls == 3:
            raise KeyboardInterrupt
        return advance(self, *arguments)

    monkeypatch.setattr(enumeration.CellSearch, "advance", interrupted)
    answer = run("enumerate", tmp_path / "large.npz", "--out", tmp_path / "found.npz")
    assert answer.code == 130
    assert "incomplete: interrupted" in answer.out
    monkeypatch.undo()
    assert len(pe.load_regions(tmp_path / "found.npz")) > 0
    # the set is incomplete for good, but nobody interrupts this run
    assert run("describe", tmp_path / "found.npz").code == 3


def test_ctrl_c_before_the_first_region_is_one_line(
    run: Shell, net: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("polytope_engine.cli.search.read_network", interrupted)
    answer = run("count", net)
    assert (answer.code, answer.out) == (130, "")
    assert answer.err == "polytope-engine: interrupted before there was anything to report.\n"


def test_ctrl_c_that_comes_wrapped_is_no_failure(
    run: Shell, net: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Python wraps what happens while a class is made, in the middle of an import."""

    def interrupted(*_: Any, **__: Any) -> None:
        raise RuntimeError(
            "Error calling __set_name__ on 'cached_property' instance"
        ) from KeyboardInterrupt()

    monkeypatch.setattr("polytope_engine.cli.search.read_network", interrupted)
    answer = run("count", net)
    assert (answer.code, answer.out) == (130, "")
    assert answer.err == "polytope-engine: interrupted before there was anything to report.\n"


def test_describe_takes_a_network_or_saved_regions_and_says_the_same(
    run: Shell, net: Path, saved: Path
) -> None:
    of_net, of_saved = run("describe", net, "--box", -1, 1), run("describe", saved)
    assert of_net.code == of_saved.code == 0
    assert "saved regions" in of_saved.out
    assert "█" in of_net.out
    shapes = [answer.out[answer.out.index("bounded") :] for answer in (of_net, of_saved)]
    assert shapes[0] == shapes[1]


def test_describe_counts_facets_and_dead_neurons(run: Shell, tmp_path: Path) -> None:
    layers = [([[1, 0], [0, 1], [0, 0], [0, 0]], [0, 0, 1, -1]), ([[1, 1, 1, 1]], [0])]
    pe.ReLUNetwork(layers).save(tmp_path / "quadrants.npz")
    shape = run("describe", tmp_path / "quadrants.npz", "--json").json["description"]
    assert shape["facet_histogram"] == {"2": 4}
    assert shape["mean_facets"] == 2
    assert (shape["n_bounded"], shape["n_unbounded"], shape["n_infinite_chebyshev_radius"]) == (0, 4, 4)
    assert shape["dead_neurons"] == [[0, 3]]
    assert shape["always_active_neurons"] == [[0, 2]]
    text = run("describe", tmp_path / "quadrants.npz").out
    assert "dead        layer 0: 1 of 4 neurons (3)" in text
    assert "4 regions hold balls of any size" in text


def test_describe_says_along_how_many_directions_nothing_changes(run: Shell, tmp_path: Path) -> None:
    pe.ReLUNetwork([([[1, 1, 0]], [0]), ([[1]], [0])]).save(tmp_path / "strip.npz")
    assert "nothing changes along 2 directions of the input" in run("describe", tmp_path / "strip.npz").out


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_plot_writes_a_picture(run: Shell, saved: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"picture{suffix}"
    answer = run("plot", saved, "--out", out, "--size", 3, 3, "--dpi", 50, "--output", "1-0", "--title", "T")
    assert answer.code == 0
    assert f"picture     {out}" in answer.out
    assert out.stat().st_size > 1000


def test_plot_finds_the_regions_of_a_network_first(run: Shell, net: Path, tmp_path: Path) -> None:
    answer = run(
        "plot", net, "--view", -2, 2, "--color", "random", "--no-legend", "--no-bent-hyperplanes", "--dpi", 50,
        "--out", tmp_path / "all.png", "--json",
    )  # fmt: skip
    assert answer.code == 0
    assert answer.json["out"] == str(tmp_path / "all.png")


def test_the_demo_describes_both_networks_and_says_where_the_picture_is(
    run: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = run("demo")
    assert answer.code == 0
    assert answer.out.count("complete: every region was found and proven") == 2
    assert "polytope_engine_demo/two_moons.png" in answer.out
    assert (tmp_path / "polytope_engine_demo" / "two_moons.png").stat().st_size > 10_000
    facts = run("demo", "--out", tmp_path / "elsewhere", "--json").json
    assert set(facts["networks"]) == {"two_moons", "cart_pole"}
    assert (tmp_path / "elsewhere" / "two_moons.png").exists()


def test_state_dicts_need_their_activation(run: Shell, tmp_path: Path) -> None:
    import torch

    torch.save(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1)).state_dict(),
               tmp_path / "model.pt")  # fmt: skip
    assert run("count", tmp_path / "model.pt").code == 2
    assert run("count", tmp_path / "model.pt", "--activation", "relu").code == 0
    leaky = run("count", tmp_path / "model.pt", "--activation", "leaky_relu:0.01", "--json").json
    assert leaky["network"]["is_leaky"] is True


@pytest.mark.parametrize(
    "command", ["", "demo", "count", "enumerate", "describe", "plot", "graph", "estimate", "library"]
)
def test_every_command_has_help_with_an_example(run: Shell, command: str) -> None:
    answer = run(*command.split(), "--help")
    assert answer.code == 0
    assert f"  polytope-engine {command}" in answer.out
    assert "3 incomplete" in answer.out


def test_no_command_prints_the_help(run: Shell) -> None:
    assert run().out == run("--help").out


def test_the_version_is_that_of_the_package(run: Shell) -> None:
    assert run("--version").out == f"polytope-engine {pe.__version__}\n"


def test_a_terminal_that_cannot_print_blocks_gets_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from polytope_engine.cli.text import description_lines

    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    shape = {
        "n_described": 1, "n_bounded": 1, "n_unbounded": 0, "lineality_dimension": 0, "facet_histogram": {"3": 1},
        "mean_facets": 3.0, "chebyshev_radius_quantiles": {}, "n_infinite_chebyshev_radius": 0, "dead_neurons": [],
        "always_active_neurons": [],
    }  # fmt: skip
    assert "#" in "\n".join(description_lines(shape, [1]))


def test_a_count_tallies_columns_and_goes_on_from_a_checkpoint(run: Shell, tmp_path: Path) -> None:
    file, kept = tmp_path / "net.npz", tmp_path / "count.npz"
    pe.library.generic(5, 2).network.save(file)
    options = ("count", file, "--checkpoint", kept, "--workers", 2, "--statistics", "n_facets,volume")
    answer = run(*options)
    assert answer.code == 0
    assert "\nn_facets\n" in answer.out
    assert "infinite: 10" in answer.out
    facts = run(*options, "--json").json
    assert sum(facts["statistics"]["n_facets"]["counts"].values()) == facts["n_regions"] == 16
    refused = run("count", file, "--sign-cells", "--workers", 2)
    assert refused.code == 2
    assert "--checkpoint, --workers and --statistics are about regions" in refused.err
