"""Set-up for all tests: where compiled kernels are kept, and which networks are counted."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_NETS = ROOT / "tests" / "fixtures" / "nets"


def _cache_directory() -> Path:
    """A directory for compiled kernels that no older source has written to.

    Numba's cache looks at the file of a function only; kernels inline functions of other files.
    """
    digest = hashlib.sha256()
    for source in sorted((ROOT / "polytope_engine" / "kernels").glob("*.py")):
        digest.update(source.read_bytes())
    return ROOT / ".numba_cache" / digest.hexdigest()[:16]


os.environ["NUMBA_CACHE_DIR"] = str(_cache_directory())

# The first example that reaches a kernel waits for its compilation.
settings.register_profile("default", deadline=None)
settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--nets",
        type=Path,
        default=None,
        metavar="DIR",
        help="a folder of .npz networks with counts.json (and real/catalog.json) to count",
    )


def pytest_configure(config: pytest.Config) -> None:
    folder = config.getoption("--nets")
    if folder is not None and not folder.is_dir():
        raise pytest.UsageError(f"--nets {folder}: no such folder")


def pytest_report_header(config: pytest.Config) -> str:
    folder = config.getoption("--nets")
    if folder is None:
        return f"networks: {DEFAULT_NETS.relative_to(ROOT)}; real networks are left out (give --nets DIR)"
    return f"networks: {folder}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what needs a folder of networks that was not given; the header says so."""
    if config.getoption("--nets") is not None:
        return
    without = [item for item in items if item.get_closest_marker("nets") is not None]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item.get_closest_marker("nets") is None]
