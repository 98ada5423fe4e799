"""Checks of a region set that its user can run: theorems that every right set obeys."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from polytope_engine.complexes.checks import CHECKS, Skipped, Subject
from polytope_engine.errors import PolytopeEngineError
from polytope_engine.regions.arguments import check_limits, check_progress
from polytope_engine.regions.region_set import RegionSet

Progress = Callable[[int, float], None]

_WORDS = {True: "passed", False: "FAILED", None: "skipped"}
# What calculations with inconsistent regions end in.
_BREAKDOWNS = (PolytopeEngineError, ArithmeticError, LookupError, ValueError, StopIteration)


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    Attributes
    ----------
    name : str
        What was checked.
    passed : bool or None
        None if it was skipped.
    detail : str
        What was compared, how much of it, and the figures; or why it was skipped.
    seconds : float
        Wall time.
    """

    name: str
    passed: bool | None
    detail: str
    seconds: float

    def __str__(self) -> str:
        return f"{_WORDS[self.passed]:8s}{self.name:18s}{self.detail}"


@dataclass(frozen=True)
class SelfTestReport:
    """What all checks found; true iff none failed. Made by `RegionSet.self_test`.

    Attributes
    ----------
    checks : tuple of CheckResult
        In the order in which they ran.
    """

    checks: tuple[CheckResult, ...]

    def __bool__(self) -> bool:
        return not self.failed

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.passed is False)

    def __getitem__(self, name: str) -> CheckResult:
        """The check of that name."""
        for check in self.checks:
            if check.name == name:
                return check
        raise KeyError(f"{name!r}; the checks are: {', '.join(check.name for check in self.checks)}")

    def __str__(self) -> str:
        return "\n".join([*map(str, self.checks), self._summary()])

    def __repr__(self) -> str:
        return f"<SelfTestReport: {self._summary()}>"

    def _summary(self) -> str:
        counts = {word: sum(check.passed is key for check in self.checks) for key, word in _WORDS.items()}
        parts = [f"{counts['passed']} of {len(self.checks)} checks passed"]
        parts += [f"{n} {word.lower()}" for word, n in counts.items() if n and word != "passed"]
        return ", ".join(parts)


def self_test(
    regions: RegionSet,
    n_samples: int | None = 1_000,
    time_limit: float | None = 60.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> SelfTestReport:
    """Check a region set; see `RegionSet.self_test`."""
    check_limits(time_limit=time_limit, n_samples=n_samples)
    check_progress(progress, "n_checks")
    n_samples = len(regions) * (regions.network.n_neurons + 1) if n_samples is None else int(n_samples)
    subject = Subject(regions, n_samples=n_samples, time_limit=time_limit, seed=seed)
    results: list[CheckResult] = []
    interrupted = False
    for name, check in CHECKS.items():
        start = time.perf_counter()
        passed: bool | None
        try:
            if interrupted:
                raise Skipped("interrupted")
            passed, detail = check(subject)
        except Skipped as reason:
            passed, detail = None, str(reason)
        except KeyboardInterrupt:
            interrupted = True
            passed, detail = None, "interrupted"
        except _BREAKDOWNS as failure:
            passed, detail = False, f"could not be carried out: {failure}"
        results.append(CheckResult(name, passed, detail, time.perf_counter() - start))
        if progress is not None:
            try:
                progress(len(results), len(results) / len(CHECKS))
            except KeyboardInterrupt:
                interrupted = True
    return SelfTestReport(tuple(results))
