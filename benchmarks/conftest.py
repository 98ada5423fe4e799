"""Every benchmark leaves rows in one table, which a run writes: results/table.md and results/table.json.

A test's row is its question (the first sentence of its file), its case, the median of its rounds, and what it put
in ``benchmark.extra_info``. A test that measures more than one thing calls ``record(**columns)`` for each row. Rows
of a test that failed say so, so a disagreement stays in the table.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

import polytope_engine as pe

HERE = Path(__file__).parent
RESULTS = HERE / "results"
ROWS = pytest.StashKey[list[dict[str, Any]]]()
LEADING = [
    "question",
    "case",
    "regions",
    "seconds",
    "regions_per_second",
    "ratio",
    "beside",
    "asked",
    "remark",
]
PACKAGES = ["numpy", "numba", "scipy", "python-flint"]
PEERS = ["affinitree", "relucent", "regioncam"]
# What is installed there, by name.
VERSIONS = (
    "import json, sys; from importlib.metadata import distributions; "
    "print(json.dumps({d.metadata['Name']: d.version for d in distributions()}))"
)

Record = Callable[..., None]
Peer = Callable[..., dict[str, Any]]


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Record:
    """Add a row to the table, with these columns."""
    rows = request.node.stash.setdefault(ROWS, [])
    return lambda **columns: rows.append(columns)


@pytest.fixture
def peer(peers_python: Path) -> Peer:
    """Run a program of peers/ on a file: its line of JSON, or ``error`` with the last words of its traceback."""

    def run(program: str, *arguments: object) -> dict[str, Any]:
        if program.partition("_")[0] not in peer_versions(peers_python):
            pytest.skip(f"{peers_python} has no {program.partition('_')[0]}")
        command = [peers_python, "-W", "ignore", HERE / "peers" / f"{program}.py", *arguments]
        run = subprocess.run([str(word) for word in command], check=False, capture_output=True, text=True)
        if run.returncode:
            return {"error": (run.stderr.strip().splitlines() or [f"exit {run.returncode}"])[-1]}
        answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
        return answer

    return run


def peer_versions(python: Path) -> dict[str, str]:
    """The versions of the peers that an interpreter has."""
    answer = subprocess.run([str(python), "-c", VERSIONS], check=True, capture_output=True, text=True).stdout
    found: dict[str, str] = json.loads(answer)
    return {name: found[name] for name in PEERS if name in found}


def question_of(item: pytest.Item) -> str:
    """The first sentence of a benchmark's file."""
    words = (getattr(item, "module", None) and item.module.__doc__) or item.path.stem  # type: ignore[attr-defined]
    sentence = words.strip().splitlines()[0]
    return sentence[: sentence.index("?") + 1] if "?" in sentence else sentence


def case_of(item: pytest.Item) -> str:
    """The test's name as words, and what it was run with."""
    words, _, parameters = item.name.removeprefix("test_").partition("[")
    return ": ".join(filter(None, [words.replace("_", " "), parameters.removesuffix("]")]))


def rows_of(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
) -> Iterator[dict[str, Any]]:
    """The rows that a test leaves."""
    rows = list(item.stash.get(ROWS, []))
    benchmark = getattr(item, "funcargs", {}).get("benchmark")
    if benchmark is not None and benchmark.stats is not None:
        rows.append({"seconds": benchmark.stats.stats.median, **benchmark.extra_info})
    elif not rows and not report.skipped:
        rows.append({"seconds": report.duration, "remark": "the whole test, with its checks"})
    failure = {"failed": call.excinfo.exconly().splitlines()[0]} if report.failed and call.excinfo else {}
    for columns in rows:
        yield {"question": question_of(item), "case": case_of(item), **columns, **failure}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Collect the rows of a test that has run."""
    report = yield
    if call.when == "call":
        item.config.stash.setdefault(ROWS, []).extend(rows_of(item, call, report))
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the table."""
    rows = session.config.stash.get(ROWS, [])
    if not rows:
        return
    machine = machine_of(session.config)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "table.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=1, default=str))
    (RESULTS / "table.md").write_text(markdown(machine, rows))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say where the table is."""
    if config.stash.get(ROWS, []):
        terminalreporter.write_line(f"{len(config.stash[ROWS])} rows in {RESULTS / 'table.md'}")


def machine_of(config: pytest.Config) -> dict[str, str]:
    """What was measured on, and the versions of everything that counts."""
    info = Path("/proc/cpuinfo")
    models = [line for line in info.read_text().splitlines() if "model name" in line] if info.exists() else []
    versions = {"polytope_engine": pe.__version__}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    peers = config.getoption("--peers")
    if peers is not None:
        versions.update(peer_versions(Path(peers)))
    return {
        "processor": models[0].partition(":")[2].strip() if models else platform.processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **versions,
    }


def markdown(machine: dict[str, str], rows: list[dict[str, Any]]) -> str:
    """The table for people: common columns, and the rest in the last."""
    lines = [", ".join(f"{key} {value}" for key, value in machine.items()), ""]
    lines += ["| " + " | ".join([*LEADING, "more"]) + " |", "|---" * (len(LEADING) + 1) + "|"]
    for row in rows:
        more = ", ".join(f"{key} {shown(value)}" for key, value in row.items() if key not in LEADING)
        cells = [shown(row.get(key, "")) for key in LEADING]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in [*cells, more]) + " |")
    return "\n".join(lines) + "\n"


def shown(value: object) -> str:
    """A number with three digits that count, thousands separated; anything else as it is."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
