"""Set-up of all tests, doctests and benchmarks: the kernel cache, and folders of networks to count.

Numba's cache on disk notices an edit in the file of a compiled function, but not in files whose
functions it calls. So the cache has a folder of its own for each state of the kernel sources and each
version of numba. Its name is in the environment before numba is imported, and subprocesses inherit it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import make_nets
import pytest
from hypothesis import settings

ROOT = Path(__file__).parent
FIXTURES = ROOT / "tests" / "fixtures" / "nets"
# Programs to compare with run in an environment of their own.
collect_ignore = ["benchmarks/peers"]

N_LEFT_OUT = pytest.StashKey[int]()
# The key under which a worker of xdist tells its number to the process that prints the summary.
LEFT_OUT_BY_WORKER = "n_left_out"


def kernel_state() -> str:
    """A name for the present state of the kernel sources and their compiler."""
    digest = hashlib.sha256(version("numba").encode() + b"\0")
    for path in sorted((ROOT / "polytope_engine" / "kernels").glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


os.environ["NUMBA_CACHE_DIR"] = str(ROOT / ".numba_cache" / kernel_state())

# The first example that reaches a kernel waits for its compilation.
settings.register_profile("default", deadline=None)
settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --nets and --peers."""
    parser.addoption(
        "--nets",
        metavar="DIR",
        help="folder of networks with known counts (counts.json, and real/catalog.json for trained ones); "
        "tests/fixtures/nets by default, which has no trained ones",
    )
    parser.addoption(
        "--peers", metavar="PYTHON", help="a Python interpreter that can import the programs to compare with"
    )


def nets_folder_of(config: pytest.Config) -> Path:
    """The folder of networks."""
    return Path(config.getoption("--nets") or FIXTURES).expanduser()


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a folder that holds no counts."""
    folder = nets_folder_of(config)
    if not (folder / "counts.json").is_file():
        raise pytest.UsageError(
            f"--nets {folder}: there is no counts.json in that folder; name one that has it."
        )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests on trained networks where there are none."""
    if (nets_folder_of(config) / "real" / "catalog.json").is_file():
        return
    left_out = [item for item in items if item.get_closest_marker("nets")]
    config.stash[N_LEFT_OUT] = len(left_out)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("nets")]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a worker of xdist: hand the number of tests left out to the process that reports."""
    told: dict[str, int] | None = getattr(session.config, "workeroutput", None)
    if told is not None:
        told[LEFT_OUT_BY_WORKER] = session.config.stash.get(N_LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take that number; all workers collect the same tests. A worker that crashed tells nothing."""
    told = getattr(node, "workeroutput", {}).get(LEFT_OUT_BY_WORKER, 0)
    node.config.stash[N_LEFT_OUT] = max(told, node.config.stash.get(N_LEFT_OUT, 0))


def pytest_report_header(config: pytest.Config) -> str:
    """Say which networks are counted."""
    folder = nets_folder_of(config)
    trained = "" if (folder / "real").is_dir() else "; trained networks are left out (--nets DIR brings some)"
    return f"networks: {folder}{trained}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how many tests were left out, and why."""
    n = config.stash.get(N_LEFT_OUT, 0)
    if n:
        plural = "s were" if n > 1 else " was"
        terminalreporter.write_line(
            f"{n} test{plural} left out: no folder of trained networks. Give one with --nets DIR."
        )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each network of the folder that it asks for."""
    folder = nets_folder_of(metafunc.config)
    sources = {"counted_network": counted_networks, "real_network": real_networks}
    for fixture, source in sources.items():
        if fixture in metafunc.fixturenames:
            found = list(source(folder))
            metafunc.parametrize(
                fixture, [f for _, f in found], ids=[name for name, _ in found], indirect=True
            )


def counted_networks(folder: Path) -> Iterator[tuple[str, tuple[Path, dict[str, int]]]]:
    """The networks of counts.json: name, then file and counts."""
    counts = json.loads((folder / "counts.json").read_text())
    for name, known in counts.items():
        if not name.startswith("_"):
            yield name, (folder / f"{name}.npz", known)


def real_networks(folder: Path) -> Iterator[tuple[str, tuple[Path, list[list[float]], int]]]:
    """The trained networks of real/catalog.json whose number of regions is known."""
    catalog = folder / "real" / "catalog.json"
    entries: list[dict[str, Any]] = json.loads(catalog.read_text()) if catalog.is_file() else []
    for entry in entries:
        path = catalog.parent / entry["file"]
        for box in ("domain", "property_3_box"):
            n_regions = entry.get(f"regions_in_{box}")
            if n_regions is not None:
                yield f"{entry['name']} {box}", (path, entry[box], n_regions)


@pytest.fixture
def counted_network(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Any, dict[str, int]]:
    """A network with its name and its known counts, by what was counted."""
    import polytope_engine as pe

    path, known = request.param
    if path.stem in make_nets.MADE_ON_DEMAND and not path.is_file():
        path = make_nets.write_random(tmp_path, make_nets.MADE_ON_DEMAND[path.stem])
    return path.stem, pe.load_network(path), known


@pytest.fixture
def real_network(request: pytest.FixtureRequest) -> tuple[Any, Any, int]:
    """A trained network, its domain, and the known number of regions there."""
    import polytope_engine as pe

    path, (lower, upper), n_regions = request.param
    return pe.load_network(path), pe.box(lower, upper), n_regions


@pytest.fixture
def nets_folder(request: pytest.FixtureRequest) -> Path:
    """The folder of networks."""
    return nets_folder_of(request.config)


@pytest.fixture
def peers_python(request: pytest.FixtureRequest) -> Path:
    """A Python that has the programs to compare with."""
    python = request.config.getoption("--peers")
    if python is None:
        pytest.skip("no Python with the peers: `make benchmark` makes one, or name one with --peers PYTHON")
    return Path(python)
