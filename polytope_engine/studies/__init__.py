"""Experiments that put exact numbers, bounds and estimates side by side: `pe.studies`.

Each is a function that returns a `StudyResult` (tables of numbers, and sentences computed from them), a command
(``polytope-engine study NAME``), and a page with figures (`StudyResult.save`). With the same arguments it finds the
same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.studies.bounds import ABOUT as _BOUNDS
from polytope_engine.studies.bounds import bounds
from polytope_engine.studies.density import ABOUT as _DENSITY
from polytope_engine.studies.density import density
from polytope_engine.studies.depth import ABOUT as _DEPTH
from polytope_engine.studies.depth import depth
from polytope_engine.studies.estimators import ABOUT as _ESTIMATORS
from polytope_engine.studies.estimators import estimators
from polytope_engine.studies.linear_regions import ABOUT as _LINEAR_REGIONS
from polytope_engine.studies.linear_regions import linear_regions
from polytope_engine.studies.recorder import About
from polytope_engine.studies.result import Finding, StudyResult, Table, load_study
from polytope_engine.studies.simplices import ABOUT as _SIMPLICES
from polytope_engine.studies.simplices import simplices
from polytope_engine.studies.training import ABOUT as _TRAINING
from polytope_engine.studies.training import training

STUDIES: dict[str, tuple[About, Callable[..., StudyResult]]] = {
    about.name: (about, function)
    for about, function in (
        (_ESTIMATORS, estimators),
        (_BOUNDS, bounds),
        (_DEPTH, depth),
        (_TRAINING, training),
        (_SIMPLICES, simplices),
        (_DENSITY, density),
        (_LINEAR_REGIONS, linear_regions),
    )
}
"""What each study is about, and its function, by its name."""

__all__ = [
    "STUDIES",
    "Finding",
    "StudyResult",
    "Table",
    "bounds",
    "density",
    "depth",
    "estimators",
    "linear_regions",
    "load_study",
    "run",
    "simplices",
    "training",
]


def run(name: str, **arguments: Any) -> StudyResult:
    """Run a study by its name, with the arguments of its function.

    Raises
    ------
    InvalidArgumentError
        If there is no such study.
    TypeError
        If its function has no such argument.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> pe.studies.run("depths")
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: There is no study 'depths'; the studies are ...
    """
    return named(name)(**arguments)


def named(name: str) -> Callable[..., StudyResult]:
    """The function of a study.

    Raises
    ------
    InvalidArgumentError
        If there is no study of this name.
    """
    if not isinstance(name, str) or name not in STUDIES:
        raise InvalidArgumentError(
            f"There is no study {name!r}; the studies are {', '.join(STUDIES)}.", study=name
        )
    return STUDIES[name][1]
