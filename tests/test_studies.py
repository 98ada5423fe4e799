"""The frame of studies: tables, findings, files, pages, interruption, and the command."""

from __future__ import annotations

import inspect
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shell import Shell

import polytope_engine as pe
from polytope_engine.errors import FileFormatError, InvalidArgumentError, MissingFileError
from polytope_engine.plotting.study_figures import _DRAWN_BY, StudyFigure, draw_study
from polytope_engine.plotting.study_page import _text
from polytope_engine.regions.outcome import Status
from polytope_engine.studies.checked_settings import checked_integer, checked_integers, checked_seed
from polytope_engine.studies.recorder import About, Recorder
from polytope_engine.studies.result import Finding, StudyResult, Table
from polytope_engine.studies.whole import all_measured, whole

ABOUT = About("odd", "Odd <numbers> & signs", "Is 1 < 2 & 3 > 2?", ("A paper, <i>not</i> in italics",))
COLUMNS = {"name": "a text", "n": "a number <", "is_odd": "a truth value", "bound": "a bound, or none"}
ROWS = (
    {"name": "one", "n": 1, "is_odd": True, "bound": None},
    {"name": "two", "n": 2, "is_odd": False, "bound": math.inf},
    {"name": "<b>two</b>", "n": 10**30, "is_odd": False, "bound": -math.inf},
)


def of(rows: tuple[dict[str, Any], ...] = ROWS) -> Table:
    return Table("One row a <number>.", COLUMNS, rows)


def study(**changes: Any) -> StudyResult:
    facts: dict[str, Any] = {
        "name": "odd",
        "title": ABOUT.title,
        "question": ABOUT.question,
        "settings": {"widths": [1, 2], "quick": True, "least": math.inf, "said": "a 'b' <c>"},
        "tables": {"numbers": of()},
        "findings": (Finding("Of 3 numbers 1 is < 2.", {"share": 1 / 3, "most": math.inf}),),
        "sources": ABOUT.sources,
        "is_finished": True,
        "seconds": 0.25,
        "version": "1",
    }
    return StudyResult(**{**facts, **changes})


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The study `odd` has a figure."""

    def draw(found: StudyResult) -> list[StudyFigure]:
        from polytope_engine.plotting.figure import new_axes

        axes = new_axes((2, 2))
        axes.plot([0, len(found.tables["numbers"])])
        return [StudyFigure("odd", 'A line & a <caption> with "quotes"', axes.get_figure())]  # type: ignore[arg-type]

    monkeypatch.setitem(_DRAWN_BY, "odd", draw)


# -- tables and results -------------------------------------------------------------------------


def test_a_table_gives_its_columns_its_rows_and_those_that_match() -> None:
    table = of()
    assert table["n"] == [1, 2, 10**30]
    assert [row["name"] for row in table] == ["one", "two", "<b>two</b>"]
    assert table.where(is_odd=False, n=2).rows == ROWS[1:2]
    assert table.where(bound=None)["n"] == [1]
    assert table.distinct("is_odd") == [True, False]
    assert len(table) == 3
    assert repr(table) == "<Table: 3 rows of name, n, is_odd, bound>"


def test_an_unknown_column_is_refused_by_name() -> None:
    with pytest.raises(
        InvalidArgumentError, match=r"no column 'm'; the columns are name, n, is_odd, bound\."
    ):
        of()["m"]


def test_a_result_is_said_in_a_line() -> None:
    assert repr(study()) == "<StudyResult odd: 3 rows in 1 table, 1 finding>"
    assert (
        repr(study(is_finished=False, findings=(), tables={"a": of(), "b": of(())}))
        == "<StudyResult odd: 3 rows in 2 tables, 0 findings, interrupted>"
    )


def test_everything_comes_back_from_the_file(tmp_path: Path) -> None:
    found = study(tables={"numbers": of(), "none": of(())})
    (tmp_path / "study.json").write_text(found.to_json(), encoding="utf-8")
    for path in (tmp_path, tmp_path / "study.json"):
        back = pe.studies.load_study(path)
        assert back.as_dict() == found.as_dict()
        assert back.tables["numbers"].rows == ROWS
        assert [type(value) for value in back.tables["numbers"]["bound"]] == [type(None), float, float]
        assert back.findings[0].numbers["most"] == math.inf
        assert back.settings["least"] == math.inf


def test_the_file_is_json_that_every_reader_takes() -> None:
    def refused(constant: str) -> Any:
        raise AssertionError(constant)

    facts = json.loads(study(seconds=math.nan).to_json(), parse_constant=refused)
    assert facts["tables"]["numbers"]["values"]["bound"] == [None, "Infinity", "-Infinity"]
    assert facts["tables"]["numbers"]["values"]["is_odd"] == [True, False, False]
    assert facts["seconds"] == "NaN"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": "polytope_engine study", "format_version": 2}',
        '{"format": "polytope_engine study", "format_version": 0}',
        '{"format": "x", "format_version": 1}',
        "[" * 100_000,
    ],
)
def test_a_file_that_holds_no_study_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "study.json").write_text(text)
    with pytest.raises(
        FileFormatError, match=r"holds no study that this version reads; run the study again\."
    ):
        pe.studies.load_study(tmp_path)


def test_a_file_that_is_not_there_is_missed(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"study\.json"):
        pe.studies.load_study(tmp_path)


# -- the recorder -------------------------------------------------------------------------------


def recorder(progress: Any = None, n_steps: int = 3) -> Recorder:
    return Recorder(ABOUT, {}, {"numbers": of(())}, n_steps, progress)


def counted(tables: Any) -> list[Finding]:
    return [Finding(f"There are {len(tables['numbers'])}.", {"n": len(tables["numbers"])})]


def run_all(kept: Recorder) -> StudyResult:
    with kept.running():
        for row in ROWS:
            kept.add("numbers", **row)
            kept.step()
    return kept.result(counted)


def test_progress_is_told_after_each_step() -> None:
    told: list[tuple[int, float]] = []
    found = run_all(recorder(lambda n, fraction: told.append((n, fraction))))
    assert told == [(1, 1 / 3), (2, 2 / 3), (3, 1.0)]
    assert found.is_finished
    assert found.tables["numbers"].rows == ROWS
    assert found.findings[0].sentence == "There are 3."


def test_an_interrupted_run_keeps_its_rows_and_says_no_sentence() -> None:
    def stop(n: int, _fraction: float) -> None:
        if n == 2:
            raise KeyboardInterrupt

    found = run_all(recorder(stop))
    assert not found.is_finished
    assert found.tables["numbers"].rows == ROWS[:2]
    assert found.findings == ()


def test_only_an_interruption_is_survived() -> None:
    kept = recorder()
    with pytest.raises(ZeroDivisionError), kept.running():
        raise ZeroDivisionError


def test_a_row_has_a_value_for_each_column_and_for_nothing_else() -> None:
    for values in ({"n": 1}, {**ROWS[0], "m": 2}):
        with pytest.raises(KeyError):
            recorder().add("numbers", **values)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no number"):
        recorder().add("numbers", **{**ROWS[0], "n": [1]})


def test_numbers_of_numpy_become_those_of_python() -> None:
    kept = recorder()
    kept.add("numbers", name="a", n=np.int64(3), is_odd=np.bool_(True), bound=np.float32(0.5))  # type: ignore[arg-type]
    (row,) = kept.result(counted).tables["numbers"]
    assert [type(value) for value in row.values()] == [str, int, bool, float]


def test_a_count_that_was_interrupted_is_no_count() -> None:
    network = pe.library.generic(8, 2).network
    assert whole(pe.count_regions(network)).n_regions == 37
    partial = pe.enumerate_regions(network, max_regions=5)
    assert partial.status is Status.MAX_REGIONS
    with pytest.raises(KeyboardInterrupt):
        whole(partial)


def test_measurements_that_were_interrupted_are_none() -> None:
    regions = pe.enumerate_regions(pe.library.generic(8, 2).network)

    def stop(_n: int, _fraction: float) -> None:
        raise KeyboardInterrupt

    assert all_measured(regions.measure("n_facets")).n_regions == 37
    with pytest.raises(KeyboardInterrupt):
        all_measured(regions.measure("n_facets", progress=stop))


@pytest.mark.parametrize("seed", [-1, 1.0, True, None, "1", 2**63, np.float64(1)])
def test_a_seed_is_an_integer_from_0(seed: Any) -> None:
    with pytest.raises(
        InvalidArgumentError, match=r"`seed` is .*; it must be an integer from 0 to 2\^63 - 1\."
    ):
        checked_seed(seed)


@pytest.mark.parametrize("values", [0, (1, 0), [2.0], (True,), "12", (), None])
def test_integers_are_integers(values: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"`widths` (has .*|is empty; .*)integer from 1\."):
        checked_integers(values, "widths")


def test_one_integer_is_as_good_as_a_list() -> None:
    assert checked_integers(3, "widths") == checked_integers([3], "widths") == (3,)
    assert checked_integers(range(1, 4), "widths") == (1, 2, 3)


def test_integers_of_numpy_become_those_of_python() -> None:
    for found in (
        *checked_integers(np.array([3, 4]), "widths"),
        *checked_integers(np.int64(3), "widths"),
        checked_integer(np.int32(3), "width"),
        checked_seed(np.uint8(3)),
    ):
        assert type(found) is int
        assert found in (3, 4)


@pytest.mark.parametrize("value", [0, (1, 2), [3], 2.0, True, "12", (), None])
def test_one_integer_is_no_list(value: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"`n_random` is .*; it must be one integer, from 1\."):
        checked_integer(value, "n_random")


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("depth", "n_inputs"),
        ("depth", "n_random"),
        ("bounds", "n_random"),
        ("bounds", "most_everywhere"),
        ("estimators", "n_seeds"),
        ("training", "n_seeds"),
        ("simplices", "n_steps"),
        ("density", "n_layers"),
        ("linear_regions", "width"),
        ("linear_regions", "narrow"),
    ],
)
def test_several_numbers_where_one_is_meant_are_refused(name: str, setting: str) -> None:
    with pytest.raises(InvalidArgumentError, match=rf"`{setting}` is \(3, 4\); it must be one integer"):
        pe.studies.run(name, **{setting: (3, 4)})


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("depth", "widths"),
        ("depth", "depths"),
        ("bounds", "n_inputs"),
        ("bounds", "n_neurons"),
        ("bounds", "depths"),
        ("simplices", "dimensions"),
        ("simplices", "n_neurons"),
        ("linear_regions", "last_widths"),
        ("linear_regions", "denominators"),
        ("linear_regions", "n_outputs"),
    ],
)
def test_what_is_listed_twice_would_be_counted_twice_and_is_refused(name: str, setting: str) -> None:
    with pytest.raises(InvalidArgumentError, match=rf"`{setting}` has 4 twice; pass each once\."):
        pe.studies.run(name, **{setting: (4, 4)})


@pytest.mark.parametrize("name", [["depth"], None, 3])
def test_a_name_that_is_no_text_names_no_study(name: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="There is no study"):
        pe.studies.run(name)


@pytest.mark.parametrize(
    ("place", "value"),
    [("name", 3), ("is_finished", "no"), ("seconds", "long"), ("columns", ["name", "n", "is_odd", "bound"])],
)
def test_a_file_with_a_wrong_fact_is_refused(tmp_path: Path, place: str, value: Any) -> None:
    facts = json.loads(study().to_json())
    (tmp_path / "study.json").write_text(json.dumps(facts))
    assert pe.studies.load_study(tmp_path).name == "odd"
    (facts["tables"]["numbers"] if place == "columns" else facts)[place] = value
    (tmp_path / "study.json").write_text(json.dumps(facts))
    with pytest.raises(FileFormatError, match="holds no study"):
        pe.studies.load_study(tmp_path)


def test_captions_of_an_interrupted_run_promise_no_numbers(drawn: None) -> None:
    (finished,), (cut,) = study().figures(), study(is_finished=False).figures()
    assert cut.caption.startswith(finished.caption)
    assert cut.caption.endswith(
        "The run was interrupted: fewer networks and samples are drawn than it was to have."
    )
    assert "interrupted" not in finished.caption


def test_a_study_of_another_version_has_no_figures() -> None:
    with pytest.raises(InvalidArgumentError, match="There are no figures of a study 'odd' in this version"):
        study().figures()


# -- pages --------------------------------------------------------------------------------------

VOID = {"meta", "img", "br", "link"}


class Page(HTMLParser):
    """The tags, links and texts of a page, whose tags must close in order."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.alternatives: list[str] = []
        self.text = ""
        self.tags: list[str] = []
        self.feed(file.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.alternatives += [value or "" for name, value in attrs if name == "alt"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_well_formed_escaped_and_its_links_exist(drawn: None, tmp_path: Path) -> None:
    file = study().save(tmp_path / "new" / "folder")
    page = Page(file)
    assert file.name == "index.html"
    assert {"odd.pdf", "odd.png", "study.json"} <= set(page.links)
    assert all((file.parent / link).is_file() for link in page.links)
    assert page.alternatives == ['A line & a <caption> with "quotes"']
    for text in (ABOUT.title, ABOUT.question, *ABOUT.sources, "Of 3 numbers 1 is < 2.", "<b>two</b>"):
        assert text in page.text
    assert "i" not in page.tags
    assert "b" not in page.tags
    assert "This run was interrupted" not in page.text
    assert (file.parent / "odd.png").read_bytes().startswith(b"\x89PNG")
    assert (file.parent / "odd.pdf").read_bytes().startswith(b"%PDF")


def test_the_page_of_an_interrupted_run_says_so_and_needs_no_rows(drawn: None, tmp_path: Path) -> None:
    found = study(is_finished=False, findings=(), tables={"numbers": of(()), "more": of()})
    assert found.figures() == []
    page = Page(found.save(tmp_path))
    assert "This run was interrupted" in page.text
    assert "No rows yet." in page.text
    assert "Findings" not in page.text
    assert not pe.studies.load_study(tmp_path).is_finished


def test_a_page_shows_the_first_rows_of_a_long_table(drawn: None, tmp_path: Path) -> None:
    rows = tuple({"name": f"row {k}", "n": k, "is_odd": bool(k % 2), "bound": None} for k in range(50))
    page = Page(study(tables={"numbers": of(rows)}).save(tmp_path))
    assert "The first 40 of 50 rows" in page.text
    assert "row 39" in page.text
    assert "row 40" not in page.text


def test_values_are_written_for_people() -> None:
    shown = [_text(value) for value in (math.inf, True, 1234567, 1234.5678, "a", None, 1e-9)]
    assert shown == ["inf", "yes", "1,234,567", "1,234.6", "a", "–", "1e-09"]


def test_saving_again_replaces_the_files(drawn: None, tmp_path: Path) -> None:
    study().save(tmp_path)
    study(title="Another").save(tmp_path)
    assert pe.studies.load_study(tmp_path).title == "Another"
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "index.html",
        "odd.pdf",
        "odd.png",
        "study.json",
    ]


def test_a_folder_that_cannot_be_written_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(
            InvalidArgumentError, match=r"`directory` is '.*', where no files can be written \(.*name"
        ):
            study().save(folder)


def test_only_studies_are_drawn() -> None:
    with pytest.raises(InvalidArgumentError, match="`study` has type dict"):
        draw_study({})  # type: ignore[arg-type]


# -- all studies --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", pe.studies.STUDIES)
def test_every_study_has_the_same_form(name: str) -> None:
    about, function = pe.studies.STUDIES[name]
    assert about.name == name == function.__name__
    assert getattr(pe.studies, name) is function
    assert name in pe.studies.__all__
    assert name in _DRAWN_BY
    assert about.question.endswith("?")
    parameters = inspect.signature(function).parameters
    assert {"seed", "quick", "progress"} <= parameters.keys()
    assert all(p.kind is p.KEYWORD_ONLY and p.default is not p.empty for p in parameters.values())


@pytest.mark.parametrize("name", pe.studies.STUDIES)
def test_a_study_that_ends_at_its_first_step_is_still_a_page(name: str, tmp_path: Path) -> None:
    def stop(_n: int, _fraction: float) -> None:
        raise KeyboardInterrupt

    found = pe.studies.run(name, quick=True, progress=stop)
    assert not found.is_finished
    Page(found.save(tmp_path))
    # The settings are those that `quick` chose, so that a change to one of them is heeded.
    assert "quick" not in found.settings
    again = pe.studies.run(name, **found.settings, progress=stop)
    assert again.settings == found.settings
    assert again.tables == found.tables


def test_an_unknown_study_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidArgumentError, match=r"There is no study 'odd'; the studies are .*depth"):
        pe.studies.run("odd")


def call_on(page: Page) -> str:
    (call,) = re.findall(r"pe\.studies\.run\(.*?\)(?=\.\s*polytope_engine)", page.text, flags=re.DOTALL)
    return str(call)


def test_the_call_on_the_page_repeats_the_run(tmp_path: Path) -> None:
    found = pe.studies.depth(n_inputs=1, widths=(3, 4), depths=2, n_random=1, seed=5)
    again = eval(call_on(Page(found.save(tmp_path))), {"pe": pe})
    assert again.tables == found.tables
    assert again.settings == found.settings
    assert pe.studies.run(found.name, **pe.studies.load_study(tmp_path).settings).tables == found.tables


def test_the_page_of_loaded_files_is_that_of_the_run(tmp_path: Path) -> None:
    found = pe.studies.depth(n_inputs=1, widths=3, depths=(1, 2), n_random=1)
    first = found.save(tmp_path / "first").read_text()
    assert pe.studies.load_study(tmp_path / "first").save(tmp_path / "second").read_text() == first


# -- the command --------------------------------------------------------------------------------


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(capsys)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, drawn: None) -> list[dict[str, Any]]:
    """A study `odd` that ends early where the seed is 1; what it was asked."""
    asked: list[dict[str, Any]] = []

    def odd(**arguments: Any) -> StudyResult:
        def stop(n: int, _fraction: float) -> None:
            if arguments["seed"] == 1 and n == 2:
                raise KeyboardInterrupt

        asked.append(arguments)
        return run_all(recorder(stop))

    monkeypatch.setitem(pe.studies.STUDIES, "odd", (ABOUT, odd))
    return asked


def test_without_a_name_the_studies_are_listed(run: Shell) -> None:
    answer = run("study")
    assert answer.code == 0
    for about, _ in pe.studies.STUDIES.values():
        assert re.search(rf"^{about.name} +{re.escape(about.question)}$", answer.out, flags=re.MULTILINE)
    listed = run("study", "--json").json["studies"]
    assert listed == [{"name": a.name, "question": a.question} for a, _ in pe.studies.STUDIES.values()]


def test_a_study_prints_its_findings_and_writes_its_page(run: Shell, tiny: Any, tmp_path: Path) -> None:
    answer = run("study", "odd", "--quick", "--seed", 3)
    assert answer.code == 0
    assert "findings    - There are 3.\n" in answer.out
    assert "page        study_odd/index.html\n" in answer.out
    assert (tmp_path / "study_odd" / "index.html").is_file()
    assert [(a["quick"], a["seed"]) for a in tiny] == [(True, 3)]


def test_json_is_the_file_that_is_saved(run: Shell, tiny: Any, tmp_path: Path) -> None:
    answer = run("study", "odd", "--json", "--out", tmp_path / "a")
    assert answer.code == 0
    assert answer.out == (tmp_path / "a" / "study.json").read_text()


def test_an_interrupted_study_ends_with_130_and_a_page(run: Shell, tiny: Any, tmp_path: Path) -> None:
    answer = run("study", "odd", "--seed", 1)
    assert answer.code == 130
    assert "interrupted; the page has what was done until then" in answer.out
    assert len(pe.studies.load_study(tmp_path / "study_odd").tables["numbers"]) == 2


def test_an_interruption_while_pictures_are_drawn_keeps_the_numbers(
    run: Shell, tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_study: StudyResult) -> list[StudyFigure]:
        raise KeyboardInterrupt

    monkeypatch.setitem(_DRAWN_BY, "odd", interrupted)
    answer = run("study", "odd")
    assert answer.code == 130
    assert "interrupted while the page was written; all numbers are in study_odd/study.json" in answer.err
    assert pe.studies.load_study(tmp_path / "study_odd").is_finished


def test_a_bad_name_or_seed_is_a_line_and_makes_no_folder(run: Shell, tiny: Any, tmp_path: Path) -> None:
    answer = run("study", "even")
    assert answer.code == 2
    assert "There is no study 'even'; the studies are" in answer.err
    assert run("study", "odd", "--seed", -1).code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_refused_before_the_run(
    run: Shell, tiny: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    answer = run("study", "odd", "--out", tmp_path / "file")
    assert answer.code == 2
    assert "where no files can be written" in answer.err
    assert answer.err.count("\n") == 1
    assert tiny == []
