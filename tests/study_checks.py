"""What holds of every study: the same settings find the same, Ctrl-C keeps rows, figures are labeled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polytope_engine.studies import StudyResult, run


def same_tables(one: StudyResult, other: StudyResult) -> bool:
    return {name: table.rows for name, table in one.tables.items()} == {
        name: table.rows for name, table in other.tables.items()
    }


def stop_after(n_steps: int) -> Callable[[int, float], None]:
    """Progress that presses Ctrl-C after so many steps."""

    def progress(n_done: int, fraction: float) -> None:
        assert 0 < fraction <= 1
        if n_done == n_steps:
            raise KeyboardInterrupt

    return progress


def assert_settings_repeat(study: StudyResult) -> None:
    assert same_tables(run(study.name, **study.settings), study)


def assert_figures_are_labeled(study: StudyResult, names: list[str]) -> None:
    drawn = study.figures()
    assert [one.name for one in drawn] == names
    for one in drawn:
        assert len(one.caption) > 80
        assert one.caption.endswith(".")
        shown = [axes for axes in one.figure.axes if axes.axison]
        assert all(axes.get_xlabel() or not _is_lowest(axes) for axes in shown)
        assert all(axes.get_title() for axes in shown)
        assert any(axes.get_ylabel() for axes in shown)
        assert one.figure.legends or any(axes.get_legend() is not None for axes in one.figure.axes)


def _is_lowest(axes: Any) -> bool:
    return bool(axes.get_subplotspec().is_last_row())
