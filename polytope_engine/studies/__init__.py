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
from polytope_engine.studies.depth import ABOUT as _DEPTH
from polytope_engine.studies.depth import depth
from polytope_engine.studies.estimators import ABOUT as _ESTIMATORS
from polytope_engine.studies.estimators import estimators
from polytope_engine.studies.recorder import About
from polytope_engine.studies.result import Finding, StudyResult, Table, load_study

STUDIES: dict[str, tuple[About, Callable[..., StudyResult]]] = {
    about.name: (about, function)
    for about, function in ((_DEPTH, depth), (_ESTIMATORS, estimators), (_BOUNDS, bounds))
}
"""What each study is about, and its function, by its name."""

__all__ = ["STUDIES", "Finding", "StudyResult", "Table", "bounds", "depth", "estimators", "load_study", "run"]


def run(name: str, **arguments: Any) -> StudyResult:
    """Run a study by its name, with the arguments of its function.

    Raises
    ------
    InvalidArgumentError
        If there is no such study, or an argument is not what it must be.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> pe.studies.run("depths")
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: There is no study 'depths'; there are depth, ...
    """
    if name not in STUDIES:
        raise InvalidArgumentError(f"There is no study {name!r}; there are {', '.join(STUDIES)}.", study=name)
    return STUDIES[name][1](**arguments)
