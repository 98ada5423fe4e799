"""How long does each study take with `quick`? It must have ended, with findings and figures, before that counts."""

from __future__ import annotations

import time
from typing import Any

import pytest

import polytope_engine as pe

MOST_SECONDS = 60


@pytest.mark.parametrize("name", pe.studies.STUDIES)
def test_quick_studies(benchmark: Any, name: str) -> None:
    def run() -> tuple[pe.studies.StudyResult, float]:
        start = time.process_time()
        found = pe.studies.run(name, quick=True)
        return found, time.process_time() - start

    # kernels compile in the first run
    pe.studies.depth(n_inputs=1, widths=3, depths=1, n_random=1)
    found, seconds = benchmark.pedantic(run, rounds=1, iterations=1)
    assert found.is_finished
    assert found.findings
    assert all(len(table) for table in found.tables.values())
    assert found.figures()
    benchmark.extra_info.update(n_rows=sum(len(table) for table in found.tables.values()))
    assert seconds < MOST_SECONDS
