"""What the benchmarks need: a folder of networks, and a Python that has the peers."""

from __future__ import annotations

from pathlib import Path

import pytest

DEFAULT_NETS = Path(__file__).parent.parent / "tests" / "fixtures" / "nets"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--peers", metavar="PYTHON", help="a Python interpreter that can import affinitree")


@pytest.fixture
def nets_folder(request: pytest.FixtureRequest) -> Path:
    return Path(request.config.getoption("--nets") or DEFAULT_NETS)


@pytest.fixture
def peers_python(request: pytest.FixtureRequest) -> Path:
    python = request.config.getoption("--peers")
    if python is None:
        pytest.skip("no environment with the peers; `make benchmark` makes one, or name it with --peers PYTHON")
    return Path(python)
