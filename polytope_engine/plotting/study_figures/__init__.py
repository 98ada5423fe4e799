"""The figures of studies, by the study's name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.plotting.study_figures.bounds import draw_bounds
from polytope_engine.plotting.study_figures.density import draw_density
from polytope_engine.plotting.study_figures.depth import draw_depth
from polytope_engine.plotting.study_figures.estimators import draw_estimators
from polytope_engine.plotting.study_figures.linear_regions import draw_linear_regions
from polytope_engine.plotting.study_figures.simplices import draw_simplices
from polytope_engine.plotting.study_figures.style import StudyFigure
from polytope_engine.plotting.study_figures.training import draw_training
from polytope_engine.studies.result import StudyResult

__all__ = ["StudyFigure", "draw_study"]

_DRAWN_BY: dict[str, Callable[[StudyResult], list[StudyFigure]]] = {
    "estimators": draw_estimators,
    "bounds": draw_bounds,
    "depth": draw_depth,
    "training": draw_training,
    "simplices": draw_simplices,
    "density": draw_density,
    "linear_regions": draw_linear_regions,
}


_INTERRUPTED = " The run was interrupted: fewer networks and samples are drawn than it was to have."


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
        If `study` is none, or one that this version does not know.
    """
    if not isinstance(study, StudyResult):
        raise InvalidArgumentError(
            f"`study` has type {type(study).__name__}; it must be a StudyResult, as pe.studies.run returns.",
            study=study,
        )
    if study.name not in _DRAWN_BY:
        raise InvalidArgumentError(
            f"There are no figures of a study {study.name!r} in this version; there are of {', '.join(_DRAWN_BY)}.",
            study=study.name,
        )
    if not all(len(table) for table in study.tables.values()):
        return []
    figures = _DRAWN_BY[study.name](study)
    if study.is_finished:
        return figures
    return [replace(drawn, caption=drawn.caption + _INTERRUPTED) for drawn in figures]
