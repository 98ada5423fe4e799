"""The figures of studies, by the study's name."""

from __future__ import annotations

from collections.abc import Callable

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.plotting.study_figures.bounds import draw_bounds
from polytope_engine.plotting.study_figures.depth import draw_depth
from polytope_engine.plotting.study_figures.estimators import draw_estimators
from polytope_engine.plotting.study_figures.style import StudyFigure
from polytope_engine.studies.result import StudyResult

__all__ = ["StudyFigure", "draw_study"]

_DRAWN_BY: dict[str, Callable[[StudyResult], list[StudyFigure]]] = {
    "bounds": draw_bounds,
    "depth": draw_depth,
    "estimators": draw_estimators,
}


def draw_study(study: StudyResult) -> list[StudyFigure]:
    """Draw what a study found; nothing, if it was interrupted before there was anything to draw.

    Parameters
    ----------
    study : StudyResult

    Returns
    -------
    list of StudyFigure

    Raises
    ------
    InvalidArgumentError
        If `study` is none.
    """
    if not isinstance(study, StudyResult):
        raise InvalidArgumentError(
            f"`study` has type {type(study).__name__}; it must be a StudyResult, as pe.studies.run returns.",
            study=study,
        )
    if not all(len(table) for table in study.tables.values()):
        return []
    return _DRAWN_BY[study.name](study)
