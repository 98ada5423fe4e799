"""How long until the first result, and how much memory a million regions take?"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

FIRST_RESULT = """
import polytope_engine as pe
network = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
assert len(pe.enumerate_regions(network)) == 7
"""
MILLION = """
import resource, sys
import polytope_engine as pe
regions = pe.enumerate_regions(pe.load_network(sys.argv[1]))
assert len(regions) == 1_082_903 and regions.status.is_complete
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def seconds_of(code: str, cache: Path) -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    )
    return time.perf_counter() - start


def test_the_first_result_comes_soon_cold_and_at_once_warm(tmp_path: Path, record: Any) -> None:
    cold = seconds_of(FIRST_RESULT, tmp_path)
    warm = seconds_of(FIRST_RESULT, tmp_path)
    record(case="first result, nothing compiled", seconds=cold)
    record(case="first result, kernels compiled", seconds=warm)
    assert cold < 20
    assert warm < 3


def test_the_package_is_imported_in_less_than_a_second(tmp_path: Path, record: Any) -> None:
    seconds_of("import polytope_engine", tmp_path)
    seconds = seconds_of("import polytope_engine", tmp_path)
    record(case="import", seconds=seconds)
    assert seconds < 1


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read in Linux's units")
def test_a_million_regions_fit_in_a_gigabyte(nets_folder: Path, record: Any) -> None:
    command = [sys.executable, "-c", MILLION, str(nets_folder / "random" / "6-16-16-1.npz")]
    kilobytes = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    record(regions=1_082_903, megabytes=kilobytes // 1000)
    assert kilobytes < 1_000_000
