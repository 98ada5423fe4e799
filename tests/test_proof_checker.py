"""Recorded proofs: valid ones are accepted, whoever wrote them, and all others are refused."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_prover import STYLES, Recorder, prove, recorded, statement_of, write

import polytope_engine as pe
from polytope_engine.exact import checker, proof_writer
from polytope_engine.exact.checker import check_proof
from polytope_engine.exact.proof_writer import ProofWriter
from polytope_engine.exact.statement import Statement

CATALOG = {net.name: net for net in pe.library.catalog()}
SMALL = [name for name, net in CATALOG.items() if net.n_regions is not None and net.n_regions <= 24]
TRIANGLE = pe.HPolytope([[-1, 0.25], [0, -1], [3, 1]], [1, 1, 2])


def assert_proves(path: Path, n: int) -> None:
    verdict = check_proof(path)
    assert verdict.is_proven, verdict.sentence
    assert verdict.n_regions == n
    assert f"has exactly {n} activation region" in verdict.sentence


# -- what is accepted ---------------------------------------------------------------------------


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", SMALL)
def test_library_counts_are_proven_in_all_of_space(name: str, style: str, tmp_path: Path) -> None:
    net = CATALOG[name]
    assert prove(tmp_path / "proof", net.network, None, style, seed=1) == net.n_regions
    assert_proves(tmp_path / "proof", net.n_regions)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", SMALL)
def test_library_counts_are_proven_in_a_box(name: str, style: str, tmp_path: Path) -> None:
    network = CATALOG[name].network
    box = pe.box(-1, 1.5, dimension=network.input_dim)
    n = prove(tmp_path / "proof", network, box, style)
    assert n == int(pe.count_regions(network, box))
    assert_proves(tmp_path / "proof", n)


def test_styles_prove_in_different_ways() -> None:
    kinds = {}
    net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, 1]), ([[1, -1, 2]], [1]), ([[1]], [0])])
    for style in STYLES:
        events = recorded(net, pe.box(-1, 1, dimension=2), style).events
        drops = [e for name, e in events if name == "drop" and len(e) == 4]
        kinds[style] = {type(e[3][0]) for e in drops} | {name for name, _ in events if name == "empty"}
    assert kinds["tight"] == set()
    assert kinds["exact"] == {Fraction}
    assert float in kinds["floats"]
    assert kinds["eager"] == kinds["late"] == {"empty"}


@pytest.mark.parametrize(
    ("W", "domain"),
    [
        ([[1, 2, 3], [2, 4, 6], [1, 2, 4]], None),
        ([[0, 0, 0], [0, 0, 0]], None),
        ([[1, 2, 3], [2, 4, 6], [1, 2, 4]], pe.HPolytope([[1, 2, 3], [0, 0, 0]], [5, 1])),
    ],
)
def test_a_first_layer_of_low_rank(W: list[list[int]], domain: pe.HPolytope | None, tmp_path: Path) -> None:
    network = pe.ReLUNetwork([(W, np.arange(len(W))), (np.ones((1, len(W))), [0])])
    n = prove(tmp_path / "proof", network, domain)
    assert n == int(pe.count_regions(network, domain))
    assert_proves(tmp_path / "proof", n)


def test_a_network_without_hidden_neurons_has_one_region(tmp_path: Path) -> None:
    prove(tmp_path / "proof", pe.ReLUNetwork([([[1, 2]], [0])]), TRIANGLE)
    assert_proves(tmp_path / "proof", 1)


integers = st.integers(-3, 3)


@st.composite
def networks(draw: st.DrawFn) -> pe.ReLUNetwork:
    widths = [draw(st.integers(1, 2)), *draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))]
    layers = []
    for n_in, n in pairwise(widths):
        rows = draw(st.lists(st.lists(integers, min_size=n_in, max_size=n_in), min_size=n, max_size=n))
        if n > 1 and draw(st.booleans()):
            rows[1] = [draw(st.sampled_from((-2, 1))) * w for w in rows[0]]
        layers.append((rows, draw(st.lists(integers, min_size=n, max_size=n))))
    slope = draw(st.sampled_from((0.0, 0.25, -1.0, 0.1)))
    return pe.ReLUNetwork([*layers, (np.ones((1, widths[-1])), [0])], negative_slope=slope)


@settings(max_examples=60)
@given(network=networks(), shape=st.sampled_from(("space", "box", "wedge")), style=st.sampled_from(STYLES))
def test_random_integer_networks(
    tmp_path_factory: pytest.TempPathFactory, network: pe.ReLUNetwork, shape: str, style: str
) -> None:
    d = network.input_dim
    wedge = pe.HPolytope(-np.eye(d), np.ones(d))
    domain = {"space": None, "box": pe.box(-2, 1, dimension=d), "wedge": wedge}[shape]
    path = tmp_path_factory.mktemp("proofs") / "proof"
    n = prove(path, network, domain, style, seed=0)
    assert n == int(pe.count_regions(network, domain))
    assert_proves(path, n)


def test_the_order_of_events_within_a_layer_is_free(tmp_path: Path) -> None:
    network = CATALOG["folding_plane(4,3)"].network
    trees = set()
    for seed in range(3):
        prove(tmp_path / "proof", network, None, "tight", seed)
        assert_proves(tmp_path / "proof", 37)
        trees.add(read_tree(tmp_path / "proof"))
    assert len(trees) == 3


# -- what is refused ----------------------------------------------------------------------------


def demo() -> Recorder:
    """Splits, drops of every sign, a neuron that vanishes, and layers: 2-4-2-1 in a triangle."""
    first = ([[1, 0], [0, 1], [-1, -1], [0, 0]], [0, 0, 2.75, -1])
    network = pe.ReLUNetwork([first, ([[1, 1, 0, 0], [1, -1, 0, 0]], [0, 0.25]), ([[1, 1]], [0])])
    return recorded(network, TRIANGLE, "exact")


Events = list[tuple[str, tuple[Any, ...]]]


def changed(
    events: Events, name: str, change: Callable[..., tuple[Any, ...] | None], which: int = 0
) -> Events:
    """The events with one changed, or dropped where the change gives None."""
    result, seen = [], 0
    for event, arguments in events:
        new: tuple[Any, ...] | None = arguments
        if event == name:
            if seen == which:
                new = change(*arguments)
            seen += 1
        if new is not None:
            result.append((event, new))
    assert seen > which
    return result


def with_proof(k: int = 0) -> Callable[..., int]:
    """Which drop is the k-th one with multipliers."""
    places = [i for i, e in enumerate(e for n, e in demo().events if n == "drop") if len(e) == 4]
    return places[k]


N_REGIONS = sum(name == "region" for name, _ in demo().events)
SABOTAGE: dict[str, Callable[[Events], Events]] = {
    "flipped sign": lambda e: changed(e, "drop", lambda n, s, *rest: (n, -s, *rest), with_proof()),
    "flipped sign of a constant": lambda e: changed(
        e, "drop", lambda n, s, *rest: (n, -s, *rest), next(i for i, (_, a) in enumerate(
            [x for x in e if x[0] == "drop"]) if len(a) == 2)),
    "dropped region": lambda e: changed(e, "region", lambda p: None),
    "dropped last region": lambda e: changed(e, "region", lambda p: None, N_REGIONS - 1),
    "duplicated region": lambda e: e[:next(i for i, x in enumerate(e) if x[0] == "region")]
    + [next(x for x in e if x[0] == "region")] + e[next(i for i, x in enumerate(e) if x[0] == "region"):],
    "region after the end": lambda e: [*e, e[-1]],
    "negated multiplier": lambda e: changed(
        e, "drop", lambda n, s, at, m: (n, s, at, [-m[0], *m[1:]]), with_proof()),
    "multiplier without its bound": lambda e: changed(
        e, "drop", lambda n, s, at, m: (n, s, at, [1000 * m[0], *m[1:]]), with_proof()),
    "no multipliers": lambda e: changed(e, "drop", lambda n, s, at, m: (n, s, at, [0 * x for x in m]), with_proof()),
    "infinite multiplier": lambda e: changed(
        e, "drop", lambda n, s, at, m: (n, s, at, [float("inf")] * len(m)), with_proof()),
    "row beyond the path": lambda e: changed(
        e, "drop", lambda n, s, at, m: (n, s, [99] * len(at), m), with_proof()),
    "tight rows that are dependent": lambda e: changed(
        e, "drop", lambda n, s, at, m: (n, s, [0, 0]), with_proof()),
    "tight rows that prove the other sign": lambda e: changed(
        e, "drop", lambda n, s, at, m: (n, -s, at), with_proof()),
    "no reason": lambda e: changed(e, "drop", lambda n, s, at, m: (n, s), with_proof()),
    "point across a wall": lambda e: changed(e, "region", lambda p: ([-float(x) for x in p],)),
    "point on a wall": lambda e: changed(e, "region", lambda p: ([0.0, 0.0],)),
    "point outside the domain": lambda e: changed(e, "region", lambda p: ([1e3, 1e3],)),
    "point that is none": lambda e: changed(e, "region", lambda p: ([float("nan")] * 2,)),
    "region said to be empty": lambda e: [("empty", ([0], [Fraction(1)])) if i == next(
        j for j, x in enumerate(e) if x[0] == "region") else x for i, x in enumerate(e)],
    "region too early": lambda e: e[: next(i for i, x in enumerate(e) if x[0] == "region") - 1]
    + e[next(i for i, x in enumerate(e) if x[0] == "region"):],
    "neuron twice": lambda e: [e[0], e[0], *e[1:]],
    "neuron of no layer": lambda e: changed(e, "split", lambda n: (77,)),
    "zero that is not": lambda e: [("zero", (0,)), *e],
    "split of a zero": lambda e: [("split", x[1]) if x[0] == "zero" else x for x in e],
    "cut short": lambda e: e[: len(e) // 2],
    "nothing": lambda e: [],
}  # fmt: skip


def test_the_demo_has_everything_and_is_proven(tmp_path: Path) -> None:
    recorder = demo()
    assert {name for name, _ in recorder.events} == {"split", "drop", "zero", "region"}
    assert_proves(write(tmp_path / "proof", recorder.statement, recorder.events), N_REGIONS)


@pytest.mark.parametrize("kind", SABOTAGE)
def test_sabotage_is_refused(kind: str, tmp_path: Path) -> None:
    recorder = demo()
    path = write(tmp_path / "proof", recorder.statement, SABOTAGE[kind](recorder.events))
    verdict = check_proof(path)
    assert not verdict.is_proven, kind
    assert verdict.sentence.startswith("Refused at event ")
    assert "Error" not in verdict.sentence or "IndexError" in verdict.sentence
    assert verdict.byte_offset is not None


def lines(*rows: tuple[float, float]) -> Statement:
    """Neurons a x + b on the line, in all of R."""
    return Statement.of(1, [([[a] for a, _ in rows], [b for _, b in rows], [0] * len(rows))])


ZERO_AND_X = lines((0, 0), (1, 0))
X_AND_MINUS_X = lines((1, 0), (-1, 0))
ONE, MINUS_ONE = [Fraction(1)], [Fraction(-1)]
# Each of them would prove something false, or at least in a wrong way, if one condition were not looked at.
FALSE: dict[str, tuple[Statement, Events]] = {
    "exact multiplier below 0": (X_AND_MINUS_X, [
        ("split", (0,)), ("drop", (1, 1, [0], MINUS_ONE)), ("region", ([1.0],)),
        ("drop", (1, 1, [0], ONE)), ("region", ([-1.0],))]),
    "float multiplier below 0": (X_AND_MINUS_X, [
        ("split", (0,)), ("drop", (1, 1, [0], [-1.0])), ("region", ([1.0],)),
        ("drop", (1, 1, [0], ONE)), ("region", ([-1.0],))]),
    "solved multiplier below 0": (X_AND_MINUS_X, [
        ("split", (0,)), ("drop", (1, 1, [0])), ("region", ([1.0],)),
        ("drop", (1, 1, [0], ONE)), ("region", ([-1.0],))]),
    "zero taken for positive": (ZERO_AND_X, [
        ("drop", (0, 1)), ("split", (1,)), ("region", ([1.0],)), ("region", ([-1.0],))]),
    "zero taken for negative": (ZERO_AND_X, [
        ("drop", (0, -1)), ("split", (1,)), ("region", ([1.0],)), ("region", ([-1.0],))]),
    "split of zero, with two empty sides": (lines((0, 0)), [
        ("split", (0,)), ("empty", ([0], ONE)), ("empty", ([0], ONE))]),
    "zero that is not": (lines((1, 0)), [("zero", (0,)), ("region", ([1.0],))]),
    "cell called empty": (lines((1, 0)), [("split", (0,)), ("empty", ([0], ONE)), ("region", ([-1.0],))]),
    "cell called empty for nothing": (lines((1, 0)), [
        ("split", (0,)), ("empty", ([], [])), ("region", ([-1.0],))]),
    "neuron split twice": (lines((1, 0), (1, 1)), [
        ("split", (0,)), ("split", (0,)), ("drop", (1, 1, [0])), ("region", ([1.0],)),
        ("empty", ([0, 1], ONE * 2)), ("split", (1,)), ("region", ([-0.5],)), ("region", ([-2.0],))]),
    "region before all neurons have signs": (lines((1, 0), (1, 1)), [
        ("split", (0,)), ("region", ([1.0],)), ("region", ([-2.0],))]),
    "point on a wall": (lines((1, 0)), [("split", (0,)), ("region", ([0.0],)), ("region", ([-1.0],))]),
}  # fmt: skip


@pytest.mark.parametrize("kind", FALSE)
def test_false_proofs_are_refused(kind: str, tmp_path: Path) -> None:
    statement, events = FALSE[kind]
    verdict = check_proof(write(tmp_path / "proof", statement, events))
    assert not verdict.is_proven, kind


@pytest.mark.parametrize("n", [1, 0, 255])
def test_a_denominator_that_is_not_positive_is_refused(n: int, tmp_path: Path) -> None:
    with ProofWriter(tmp_path / "proof", lines((1, 0))) as writer:
        writer.split(0)
        writer.write(bytes([proof_writer.REGION + proof_writer.EXACT, 1, n, 1, 1]), 1, 1)  # the point 1 / n
        writer.region([-1.0])
    assert check_proof(tmp_path / "proof").is_proven == (n == 1)


def test_a_constant_neuron_may_split_into_an_empty_side(tmp_path: Path) -> None:
    events = [("split", (0,)), ("region", ([0.0],)), ("empty", ([0], ONE))]
    assert_proves(write(tmp_path / "proof", lines((0, 1)), events), 1)


def test_an_outer_box_from_negative_multipliers_is_refused(proof: Path) -> None:
    network = pe.ReLUNetwork([([[2]], [1]), ([[1]], [0])])  # zero at -1/2
    statement = statement_of(network, pe.HPolytope([[-1], [1]], [1, 1]))
    write(proof, statement, [("drop", (0, 1, [], [])), ("region", ([0.0],))])
    assert not check_proof(proof).is_proven
    false_bound = {"rows": [0, 1], "multipliers": [2, -1]}  # 2 (x + 1) - (1 - x) = 3 x + 1
    assert not check_proof(rewritten(proof, set_at("outer_box", 0, 0, to=false_bound))).is_proven


def test_more_bytes_after_the_last_event_are_refused(proof: Path) -> None:
    tree = read_tree(proof)
    assert check_proof(rewritten(proof, lambda s: None, tree)).is_proven
    verdict = check_proof(rewritten(proof, lambda s: None, tree + b"\0"))
    assert "something follows after the proof" in verdict.sentence


def test_a_refusal_says_where(tmp_path: Path) -> None:
    recorder = demo()
    events = changed(recorder.events, "drop", lambda n, s, *rest: (n, -s, *rest), with_proof())
    verdict = check_proof(write(tmp_path / "proof", recorder.statement, events))
    place = next(i for i, e in enumerate(events) if e != recorder.events[i])
    assert verdict.n_events == place + 1
    assert verdict.neuron == (0, events[place][1][0])
    assert f"event {place + 1} (byte {verdict.byte_offset}, layer 0, neuron" in verdict.sentence


@pytest.mark.parametrize("style", ["tight", "exact"])
def test_other_multipliers_and_points_are_accepted(style: str, tmp_path: Path) -> None:
    recorder = demo()
    events = [
        (name, e[:3] if name == "drop" and style == "tight" else e)
        if name != "region"
        else (name, ([Fraction(x) * Fraction(1_000_001, 1_000_000) for x in e[0]],))
        for name, e in recorder.events
    ]
    assert events != recorder.events
    assert_proves(write(tmp_path / "proof", recorder.statement, events), N_REGIONS)


def test_float_multipliers_may_be_off_where_the_domain_is_bounded(tmp_path: Path) -> None:
    recorder = demo()

    def rough(n: int, s: int, labels: list[int], multipliers: list[Fraction]) -> tuple[Any, ...]:
        return n, s, labels, [float(x) * 0.999 for x in multipliers]

    events = changed(recorder.events, "drop", rough, with_proof())
    assert_proves(write(tmp_path / "proof", recorder.statement, events), N_REGIONS)
    open_statement = statement_of(demo_network := pe.ReLUNetwork([([[1], [1]], [0, 1]), ([[1, 1]], [0])]))
    steps = recorded(demo_network).events
    assert [name for name, _ in steps] == ["split", "drop", "region", "split", "region", "region"]
    exact = [("drop", (1, 1, [0], [1.0])) if name == "drop" else (name, e) for name, e in steps]
    assert_proves(write(tmp_path / "proof", open_statement, exact), 3)
    off = [("drop", (1, 1, [0], [0.999])) if name == "drop" else (name, e) for name, e in steps]
    assert not check_proof(write(tmp_path / "proof", open_statement, off)).is_proven


# -- files --------------------------------------------------------------------------------------


def read_tree(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read("tree")


def rewritten(path: Path, change: Callable[[dict[str, Any]], None], tree: bytes | None = None) -> Path:
    """The same proof with another statement (digests made right again) or tree."""
    with zipfile.ZipFile(path) as archive:
        data, old = json.loads(archive.read("statement.json")), archive.read("tree")
    digests = dict(data["digests"])
    change(data)
    if data.get("digests") == digests and {"network", "domain"} <= set(data):
        for part in ("network", "domain"):
            text = json.dumps(data[part], sort_keys=True)
            data["digests"][part] = hashlib.sha256(text.encode()).hexdigest()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("statement.json", json.dumps(data))
        archive.writestr("tree", old if tree is None else tree)
    return path


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    recorder = demo()
    return write(tmp_path / "demo.proof", recorder.statement, recorder.events)


def set_at(*keys: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: Any) -> None:
        for key in keys[:-1]:
            data = data[key]
        data[keys[-1]] = to

    return change


LAYER = ("network", "layers", 0)
BAD_STATEMENTS = {
    "format": set_at("format", to="another"),
    "version": set_at("version", to=2),
    "count": set_at("n_regions", to=N_REGIONS + 1),
    "count that is none": set_at("n_regions", to="many"),
    "weight": set_at(*LAYER, "weights", 2, 0, to=-999),
    "bias": set_at(*LAYER, "biases", 3, to=1),
    "denominator": set_at(*LAYER, "denominator", to=0),
    "negative denominator": set_at(*LAYER, "denominator", to=-2),
    "float": set_at(*LAYER, "weights", 0, 0, to=1.0),
    "boolean": set_at(*LAYER, "weights", 0, 0, to=True),
    "short row": set_at(*LAYER, "weights", 0, to=[1]),
    "no rows": set_at(*LAYER, "weights", to=[]),
    "no layers": set_at("network", "layers", to=[]),
    "dimension": set_at("network", "input_dimension", to=3),
    "absurd dimension": set_at("network", "input_dimension", to=10**9),
    "no domain": set_at("domain", to=None),
    "domain": set_at("domain", "rows", 0, to=[1, 0, -100]),
    "domain row without x": set_at("domain", "rows", 0, to=[0, 0, 1]),
    "box without a bound": set_at("outer_box", to=[[]]),
    "box with a negative multiplier": lambda s: set_at("outer_box", 0, 0, "multipliers", to=[
        -m for m in s["outer_box"][0][0]["multipliers"]])(s),
    "box with a wrong multiplier": lambda s: set_at("outer_box", 0, 0, "multipliers", 0, to=
        s["outer_box"][0][0]["multipliers"][0] + 1)(s),
    "box with a wrong row": set_at("outer_box", 0, 0, "rows", 0, to=99),
    "box of other sides": lambda s: s["outer_box"][0].reverse(),
    "digest": set_at("digests", "network", to="0" * 64),
    "nothing": lambda s: s.clear(),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_STATEMENTS)
def test_a_bad_statement_is_refused(kind: str, proof: Path) -> None:
    assert not check_proof(rewritten(proof, BAD_STATEMENTS[kind])).is_proven


def test_a_statement_in_other_words_is_accepted(proof: Path) -> None:
    assert_proves(rewritten(proof, lambda s: None), N_REGIONS)
    hexadecimal = set_at(*LAYER, "biases", 3, to="-2")
    assert_proves(rewritten(proof, hexadecimal), N_REGIONS)


def test_every_shorter_file_is_refused(proof: Path) -> None:
    data = proof.read_bytes()
    for n in range(len(data)):
        proof.write_bytes(data[:n])
        assert not check_proof(proof).is_proven


def test_garbage_around_the_archive_is_refused(proof: Path) -> None:
    data = proof.read_bytes()
    for garbage in (data + b"\0", data + b"PK", b"\0" + data, data + data):
        proof.write_bytes(garbage)
        assert not check_proof(proof).is_proven


def test_a_changed_byte_never_changes_what_is_proven(proof: Path) -> None:
    data = proof.read_bytes()
    generator = random.Random(0)
    for n in range(len(data)):
        proof.write_bytes(data[:n] + bytes([data[n] ^ 1 << generator.randrange(8)]) + data[n + 1 :])
        verdict = check_proof(proof)
        assert not verdict.is_proven or verdict.n_regions == N_REGIONS


@pytest.mark.parametrize("which", range(3))
def test_random_trees_are_refused(which: int, proof: Path) -> None:
    generator = random.Random(which)
    tree = read_tree(proof)
    for _ in range(300):
        n = generator.randrange(len(tree))
        other = tree[:n] + generator.randbytes(generator.randrange(1, 4)) + tree[n + which :]
        verdict = check_proof(rewritten(proof, lambda s: None, other))
        assert not verdict.is_proven or verdict.n_regions == N_REGIONS


@pytest.mark.parametrize(
    "tree",
    [b"\0" * 1_000_000, bytes([17, 0]) + b"\xff" * 100, bytes([19, 0, 1, 0]) + b"\xff" * 8 + b"\0", b"\x0a"],
)
def test_absurd_sizes_are_refused(tree: bytes, proof: Path) -> None:
    assert not check_proof(rewritten(proof, lambda s: None, tree)).is_proven


def test_something_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for data in (b"", b"PK", b"hello" * 100):
        file.write_bytes(data)
        assert check_proof(file).sentence.startswith("Refused: ")
    for members in (
        {},
        {"tree": b""},
        {"statement.json": b"[", "tree": b""},
        {"statement.json": b"[" * 100_000, "tree": b""},
    ):
        with zipfile.ZipFile(file, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        assert check_proof(file).sentence.startswith("Refused: ")


def test_an_archive_with_more_in_it_is_refused(proof: Path) -> None:
    with zipfile.ZipFile(proof, "a") as archive:
        archive.writestr("more", b"")
    assert not check_proof(proof).is_proven


def test_another_network_or_domain_is_refused(proof: Path) -> None:
    statement = demo().statement
    right = {"network": statement.network_digest, "domain": statement.domain_digest}
    assert check_proof(proof, right).is_proven
    other = Statement.of(2, [([[1, 0]], [0], [0])], pe.box(-1, 1, dimension=2).exact_rows)
    assert "another network" in check_proof(proof, {"network": other.network_digest}).sentence
    assert "another domain" in check_proof(proof, {**right, "domain": other.domain_digest}).sentence


@pytest.mark.parametrize("module", ["checker", "closure"])
def test_the_checkers_run_alone(module: str, tmp_path: Path) -> None:
    network = CATALOG["hat"].network
    file = tmp_path / "hat.npz"
    prove(file, network) if module == "checker" else pe.enumerate_regions(network).save(file)
    source = Path(checker.__file__).with_name(f"{module}.py")
    assert len(source.read_text().splitlines()) <= 300
    alone = [sys.executable, "-I", "-S", str(source), str(file)]
    done = subprocess.run(alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "has exactly 4 activation regions with nonempty interior in all of R^" in done.stdout
    wrong = subprocess.run([*alone, "0" * 64], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert "another network" in wrong.stdout


# -- the writer ---------------------------------------------------------------------------------


def test_nothing_is_left_of_a_proof_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "proof"
    path.write_text("older")

    def fail() -> None:
        with ProofWriter(path, demo().statement) as writer:
            writer.split(0)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [file.name for file in tmp_path.iterdir()] == ["proof"]
    assert path.read_text() == "older"


@pytest.mark.parametrize("buffer", [1, 7, 1 << 20])
def test_rewinding_takes_back_what_was_written(
    buffer: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof_writer, "_BUFFER", buffer)
    recorder = demo()
    with ProofWriter(tmp_path / "proof", recorder.statement) as writer:
        for name, arguments in recorder.events:
            place = writer.mark()
            writer.split(3)
            writer.region([1.0, 2.0])
            writer.rewind(place)
            assert writer.mark() == place
            getattr(writer, name)(*arguments)
        assert writer.n_events == len(recorder.events)
    assert_proves(tmp_path / "proof", N_REGIONS)


def test_events_in_bulk_are_the_same_bytes() -> None:
    generator = random.Random(5)
    statement = demo().statement
    codes, neurons, starts, labels, multipliers, points = [], [], [0], [], [], []
    expected = bytearray()
    for _ in range(500):
        code = generator.choice((0, 4, 10, 14, 16, 17, 18, 20, 21, 22))
        neuron = generator.choice((0, 5, 127, 128, 16383, 16384, 3_000_000))
        n = generator.randrange(200) if code in (14, 17, 18, 21, 22) else 0
        some = [generator.choice((3, 127, 128, 20_000)) for _ in range(n)]
        factors = [generator.random() for _ in some]
        expected += bytes([code])
        if code not in (10, 14):
            expected += proof_writer._varint(neuron)
        if code in (14, 17, 18, 21, 22):
            expected += proof_writer._labels(some)
        if code in (14, 18, 22):
            expected += proof_writer._doubles(factors)
        if code == 10:
            points.append([generator.random(), generator.random()])
            expected += proof_writer._doubles(points[-1])
        codes.append(code)
        neurons.append(neuron)
        starts.append(starts[-1] + n)
        labels += some
        multipliers += factors
    arrays = [np.array(x) for x in (codes, neurons, starts, labels, multipliers, points)]
    encoded, n_regions = proof_writer.encode(*arrays)
    assert bytes(encoded) == bytes(expected)
    assert n_regions == len(points)
    assert statement.is_bounded


def test_a_proof_in_bulk_is_accepted(tmp_path: Path) -> None:
    statement = statement_of(CATALOG["thin_region"].network)
    with ProofWriter(tmp_path / "proof", statement) as writer:
        codes = [proof_writer.SPLIT, proof_writer.POSITIVE + proof_writer.TIGHT, 10, proof_writer.SPLIT]
        network = CATALOG["thin_region"].network
        events = recorded(network).events
        assert [name for name, _ in events] == ["split", "split", "region", "region", "drop", "region"]
        writer.extend([0, 0], [0, 1], [0, 0, 0], [], [], np.zeros((0, 1)))
        writer.region(events[2][1][0])
        writer.region(events[3][1][0])
        code = proof_writer.NEGATIVE + proof_writer.TIGHT
        writer.extend([code, 10], [1, 0], [0, 1, 1], [0], [0.0], [events[5][1][0]])
        assert codes
    assert_proves(tmp_path / "proof", 3)


def test_bulk_events_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    with ProofWriter(tmp_path / "proof", demo().statement) as writer:
        none = np.zeros((0, 2))
        for codes, starts in (([11], [0, 0]), ([10], [0, 0]), ([0], [0, 1]), ([99], [0, 0])):
            with pytest.raises(ValueError, match="unknown kind"):
                writer.extend(codes, [0], starts, [0], [1.0], none)
        with pytest.raises(ValueError, match="between 0 and"):
            writer.extend([0], [-1], [0, 0], [], [], none)
