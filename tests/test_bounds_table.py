"""Tables of bounds: what they list, how they print, what they refuse; records; and the command line."""

from __future__ import annotations

import inspect
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shell import Shell

import polytope_engine as pe
from polytope_engine import bounds
from polytope_engine.errors import InvalidArgumentError, InvalidDomainError, InvalidNetworkError
from polytope_engine.theory.table import short

HOW_TO = Path(__file__).resolve().parent.parent / "docs" / "how-to.md"
ONE = ([[1.0, 1.0]], [0.0])


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


def names(network: pe.ReLUNetwork, domain: pe.HPolytope | None = None) -> list[str]:
    return [row.name for row in bounds.table(network, domain, count=False)]


def test_what_is_listed_depends_on_the_network() -> None:
    assert "zaslavsky_1975" in names(pe.library.hat().network)
    assert "zaslavsky_1975" not in names(pe.library.tight_plane().network)
    assert "serra_2018_upper" not in names(pe.library.leaky_line().network)
    assert not any("lower" in name for name in names(pe.library.leaky_line().network))
    assert "central_upper" in names(pe.library.l1_norm().network)
    assert "central_upper" not in names(pe.library.hat().network)
    assert "petersen_zech_2024_upper" in names(pe.library.hat().network)
    assert "serra_2018_line" in names(pe.library.zigzag((3, 4)).network)
    assert "serra_2018_zonotope_lower" not in names(pe.library.tight_plane().network)
    mixed = pe.ReLUNetwork(
        [([[1, 0], [0, 1]], [1, 1]), ([[1, 1], [1, 2]], [1, 1]), ONE], negative_slope=[0, 0.5]
    )
    assert "mixed_upper" in names(mixed)
    assert "stable_neurons_upper" in names(mixed, pe.box(0, 1, dimension=2))


def test_a_large_arrangement_in_a_box_has_its_count_on_all_of_space_as_an_upper_bound() -> None:
    small, large = pe.library.generic(5, 2).network, pe.library.generic(30, 2).network
    assert bounds.table(large, count=False)["zaslavsky_1975"].kind == "exact"
    box = pe.box(-8, 8, dimension=2)
    row = bounds.table(small, box)["zaslavsky_1975"]
    assert (row.kind, row.ratio) == ("exact", 1)
    row = bounds.table(large, box, count=False)["zaslavsky_1975"]
    assert (row.kind, row.value, row.note) == ("upper", 466, "this network on all of R^d")


def test_low_ranks_give_rows_of_their_own() -> None:
    network = pe.ReLUNetwork(
        [([[1, 2], [2, 4], [3, 6], [-1, -2]], [0, 1, 2, 3]), ([[1, 1, 1, 1]], [-1]), ([[1]], [0])]
    )
    table = bounds.table(network)
    ranked = [row for row in table if row.note == "widths, ranks 1, 1"]
    assert [(row.name, row.value) for row in ranked] == [
        ("montufar_2017_upper", 10),
        ("serra_2018_upper", 10),
    ]
    assert table["serra_2018_upper"].value == 10
    assert table.n_regions is not None
    assert table.n_regions <= 10


def test_a_table_has_the_count_and_the_ratios() -> None:
    network = pe.library.folding_plane(4, 3).network
    table = bounds.table(network)
    assert (table.n_regions, table.is_complete) == (37, True)
    assert table["serra_2018_upper"].ratio == 77 / 37
    inside = bounds.table(network, pe.box(0, 1, dimension=2))
    assert inside["montufar_2014_lower"].ratio == 1
    known = bounds.table(network, count=37)
    assert [row.ratio for row in known] == [row.ratio for row in table]
    assert bounds.table(network, count=pe.count_regions(network)).rows == table.rows
    assert bounds.table(network, count=np.int64(37)).rows == table.rows  # type: ignore[arg-type]
    assert all(row.ratio is None for row in bounds.table(network, count=False))


def test_a_table_prints_within_a_hundred_columns() -> None:
    rng = np.random.default_rng(0)
    wide = pe.ReLUNetwork(
        [(rng.normal(size=(n, d)), rng.normal(size=n)) for d, n in ((4, 90), (90, 80), (80, 1))]
    )
    for network, count in ((wide, True), (wide, False), (pe.library.resonance(4).network, True)):
        table = bounds.table(network, count=count, time_limit=0.2)
        text = str(table)
        assert max(map(len, text.splitlines())) <= 100
        assert text.isascii()
        if network is wide and count:
            assert not table.is_complete
            assert "at least" in text
            assert "<= " in text


def test_ratios_beyond_floats_are_shown_too() -> None:
    rows = ([[1.0]] * 2_000, [0.0] * 2_000)
    table = bounds.table(pe.ReLUNetwork([rows, ([[1.0] * 2_000], [0.0])]))
    assert table.n_regions == 2
    assert table["montufar_2014_upper"].ratio == float("inf")
    assert "~5.741e+601" in str(table)
    assert table["montufar_2014_upper"].as_dict()["ratio"] is None


def test_ctrl_c_leaves_a_table_of_what_was_found() -> None:
    def interrupt(n_regions: int, fraction_done: float) -> None:
        raise KeyboardInterrupt

    rng = np.random.default_rng(0)
    network = pe.ReLUNetwork(
        [(rng.normal(size=(n, d)), rng.normal(size=n)) for d, n in ((6, 40), (40, 40), (40, 1))]
    )
    table = bounds.table(network, progress=interrupt)
    assert not table.is_complete
    assert table.count is not None
    assert table.count.status.name == "INTERRUPTED"
    assert "serra_2018_upper" in str(table)


def test_large_numbers_are_short() -> None:
    assert short(10**15 - 1) == "999,999,999,999,999"
    assert short(10**15) == "~1.000e+15"
    assert short(99_999_999_999_999_999) == "~1.000e+17"
    assert short(2**30_000) == "~7.941e+9030"
    for value in (3**40, 7**500, 10**300 - 1, 2**64, 12345678901234567890):
        mantissa, exponent = short(value)[1:].split("e+")
        assert abs(Fraction(mantissa) * 10 ** int(exponent) / value - 1) <= Fraction(1, 1999)


@pytest.mark.parametrize(
    ("arguments", "keywords", "error", "message"),
    [
        (("net",), {}, InvalidNetworkError, "`network` has type str"),
        ((pe.ReLUNetwork([([[1]], [0])]),), {}, InvalidNetworkError, "no hidden layer"),
        ((pe.library.hat().network, pe.box(0, 1, dimension=2)), {}, InvalidDomainError, "lies in R.2"),
        ((pe.library.hat().network,), {"count": 0}, InvalidArgumentError, "`count` is 0"),
        ((pe.library.hat().network,), {"count": "all"}, InvalidArgumentError, "`count` is 'all'"),
        ((pe.library.hat().network,), {"time_limit": 0}, InvalidArgumentError, "`time_limit` is 0"),
        ((pe.library.hat().network,), {"progress": 3}, InvalidArgumentError, "`progress` is 3"),
    ],
)
def test_a_table_refuses(arguments: Any, keywords: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        bounds.table(*arguments, **keywords)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bounds.serra_2018_upper(0, [1]), "`input_dim` is 0, but must be at least 1"),
        (lambda: bounds.serra_2018_upper(2, 4), "`hidden_widths` is 4, but must be a sequence"),
        (lambda: bounds.serra_2018_upper(2, []), "`hidden_widths` is empty"),
        (lambda: bounds.serra_2018_upper(2, np.array(4)), r"`hidden_widths` is array\(4\), but must be a sequence"),
        (lambda: bounds.serra_2018_upper(2, {4, 3}), "but must be a sequence of integers"),  # type: ignore[arg-type]
        (lambda: bounds.goujon_2024_upper(2, 3), "`pieces` is 3, but must be a sequence"),  # type: ignore[arg-type]
        (lambda: bounds.goujon_2024_upper(2, []), "`pieces` is empty"),
        (lambda: bounds.mixed_upper(2, [3], True), "`is_relu` is True, but must be a sequence"),  # type: ignore[arg-type]
        (lambda: bounds.mixed_upper(2, [3, 3], "no"), "`is_relu` is 'no', but must be a sequence"),  # type: ignore[arg-type]
        (lambda: bounds.mixed_upper(2, [3], [1]), r"`is_relu\[0\]` is 1, but must be True or False"),  # type: ignore[list-item]
        (lambda: bounds.xiong_2020_upper(4, 1, 2), "`layers` is 2, but must be a sequence"),  # type: ignore[arg-type]
        (lambda: bounds.xiong_2020_upper(4, 1, (2, 3)), r"`layers\[0\]` is 2, but must be a sequence"),  # type: ignore[arg-type]
        (lambda: bounds.cai_2023_expected_upper(2, [2], 0.5), "`rank_probabilities` is 0.5"),  # type: ignore[arg-type]
        (lambda: bounds.cai_2023_expected_upper(2, [2], [1]), r"`rank_probabilities\[0\]` is 1"),  # type: ignore[list-item]
        (lambda: bounds.cai_2023_expected_upper(2, [2], [[0.5, 0.2]]), "add up to 0.7"),
        (lambda: bounds.serra_2018_upper(2, [3, 2.5]), r"`hidden_widths\[1\]` is 2.5, but must be an integer"),
        (lambda: bounds.serra_2018_upper(2, [3, 3], ranks=[3]), "must have one number for each of the layers"),
        (lambda: bounds.serra_2018_upper(2, [3, 3], ranks=[3, 4]), "at most that width"),
        (lambda: bounds.hinz_van_de_geer_2019_upper(2, [3], "best"), "`histogram` is 'best', but must be naive"),
        (lambda: bounds.hinz_van_de_geer_2019_upper(2, [3], lambda i, n: [1]), "gave 1 numbers for 3 neurons"),
        (lambda: bounds.mixed_upper(2, [3], [True, False]), "`is_relu` has 2 entries"),
        (lambda: bounds.stable_neurons_upper(2, [1], [1, 2]), "there must be one of each"),
        (lambda: bounds.serra_2018_line([3, 2]), "all must be at least 3"),
        (lambda: bounds.arora_2018_lower(2, [1, 2]), "the first must be at least 2"),
        (lambda: bounds.xiong_2020_one_layer(30, 2, 9), "makes a sum of too many terms"),
        (lambda: bounds.xiong_2020_one_layer(2, 3, 1), "must not be larger than what it slides over"),
        (lambda: bounds.xiong_2020_upper(4, 1, []), "`layers` is empty"),
        (lambda: bounds.xiong_2020_upper(4, 1, [(2,)]), r"must be \(kernel, n_filters\)"),  # type: ignore[list-item]
        (lambda: bounds.hanin_rolnick_2019_expected_upper(2, 3, T=-1), "`T` is -1, but must be a finite number"),
        (lambda: bounds.petersen_zech_2024_expected_upper([3], 1.0, 0.0), "`delta` is 0, but must be positive"),
        (lambda: bounds.gaussian_sign_change([0.0], 1.0), "must be points|inhomogeneous|equally many"),
        (lambda: bounds.cai_2023_expected_upper(2, [2], []), "`rank_probabilities` has 0 entries"),
        (lambda: bounds.cai_2023_expected_upper(2, [2], [[0.5, 0.25]]), "which add up to 1"),
        (lambda: bounds.cai_2023_expected_upper(2, [2], [[0, 0, 0, 1]]), "of ranks 0 to 2"),
        (lambda: bounds.zaslavsky_1975(pe.library.tight_plane().network), "has 2 hidden layers"),
        (lambda: bounds.zaslavsky_1975([[1, 2]]), "`network` has type list"),
        (lambda: bounds.records("upwards"), "`kind` is 'upwards', but must be one of upper"),
        (lambda: bounds.record("euler"), "`name` is 'euler', but must be that of a bound"),
    ],
)  # fmt: skip
def test_arguments_that_are_none_are_refused_in_a_sentence(call: Any, message: str) -> None:
    with pytest.raises((InvalidArgumentError, InvalidNetworkError), match=message):
        call()


def test_every_bound_has_a_record_and_a_docstring_that_says_the_same() -> None:
    not_bounds = {"table", "record", "records", "weight_ranks", "stable_neurons", "characteristic_polynomial"}
    functions = {name for name in bounds.__all__ if inspect.isfunction(getattr(bounds, name))} - not_bounds
    assert functions == {record.name for record in bounds.records()}
    for record in bounds.records():
        text = inspect.getdoc(getattr(bounds, record.name)) or ""
        assert "Hypotheses" in text or "Source" in text, record.name
        assert ">>>" in text, record.name
        assert ("Unverified" in text) == (not record.verified), record.name
        assert record.source, record.name
        assert record.applies_to, record.name
        if record.attained_by is not None:
            assert record.attained_by in pe.library.FAMILIES
        assert json.dumps(record.as_dict())
    kinds = [record.kind for record in bounds.records()]
    assert kinds == sorted(kinds, key=["upper", "lower", "exact", "expectation"].index)


def test_the_command_line_prints_the_table(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "net.npz"
    pe.library.folding_plane(4, 3).network.save(file)
    answer = shell("bounds", file, "--box", 0, 1)
    assert answer.code == 0
    assert "the box [0, 1]^2" in answer.out
    assert "regions     28" in answer.out
    assert "montufar_2014_lower" in answer.out
    assert max(map(len, answer.out.splitlines()[4:])) <= 100
    facts = shell("bounds", file, "--json").json
    assert (facts["n_regions"], facts["complete"], facts["status"]) == (37, True, "complete")
    by_name = {row["name"]: row for row in facts["bounds"]}
    assert by_name["serra_2018_upper"]["value"] == "77"
    assert by_name["serra_2018_upper"]["ratio"] == 77 / 37
    assert by_name["serra_2018_upper"]["region_definition"] == "R2"
    uncounted = shell("bounds", file, "--no-count", "--json").json
    assert (uncounted["n_regions"], uncounted["status"]) == (None, None)
    assert "value/regions" not in shell("bounds", file, "--no-count").out


def test_the_command_line_says_when_the_count_is_incomplete(shell: Shell, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    network = pe.ReLUNetwork(
        [(rng.normal(size=(n, d)), rng.normal(size=n)) for d, n in ((6, 40), (40, 40), (40, 1))]
    )
    network.save(tmp_path / "wide.npz")
    answer = shell("bounds", tmp_path / "wide.npz", "--time-limit", 0.2)
    assert answer.code == 3
    assert "incomplete: stopped at --time-limit" in answer.out
    assert "<= " in answer.out


def test_integers_of_any_length_are_written(shell: Shell, tmp_path: Path) -> None:
    layers = [(np.ones((15_000, 1)), np.arange(15_000.0)), (np.ones((1, 15_000)), [0.0])]
    pe.ReLUNetwork(layers).save(tmp_path / "wide.npz")
    facts = shell("bounds", tmp_path / "wide.npz", "--no-count", "--json").json
    assert max(len(row["value"]) for row in facts["bounds"]) == 4516
    assert facts["bounds"][0]["value"] == "15001"
    assert "e+4515" in shell("bounds", tmp_path / "wide.npz", "--no-count").out


def test_the_code_of_the_how_to_runs() -> None:
    section = HOW_TO.read_text(encoding="utf-8").split("## Put bounds beside a count")[1].split("\n## ")[0]
    space: dict[str, Any] = {}
    for code in section.split("```python\n")[1:]:
        exec(compile(code.split("```")[0], "how-to.md", "exec"), space)
