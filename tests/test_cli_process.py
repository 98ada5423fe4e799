"""The command line as a process: exit codes, streams, Ctrl-C, terminals."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import polytope_engine as pe

COMMAND = [sys.executable, "-m", "polytope_engine"]


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A network with more regions than anybody waits for."""
    generator = np.random.default_rng(3)
    file = tmp_path / "large.npz"
    layers = [
        (generator.normal(size=(b, a)), generator.normal(size=b)) for a, b in [(6, 30), (30, 30), (30, 1)]
    ]
    pe.ReLUNetwork(layers).save(file)
    # what is compiled here is compiled for the processes too
    pe.count_regions(pe.load_network(file), time_limit=0.01)
    return file


def test_bad_input_is_one_line_on_stderr_and_exit_code_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "count", tmp_path / "none.npz"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "There is no file" in done.stderr


def test_json_is_all_there_is_on_stdout(tmp_path: Path) -> None:
    pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])]).save(tmp_path / "net.npz")
    done = subprocess.run(
        [*COMMAND, "count", tmp_path / "net.npz", "--json"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["n_regions"] == 4


def test_ctrl_c_at_a_terminal_ends_the_bar_saves_and_gives_130(large: Path, tmp_path: Path) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "enumerate", large, "--out", tmp_path / "found.npz"],
        stdout=subprocess.PIPE,
        stderr=slave,
        env={**os.environ, "COLUMNS": "160", "TERM": "xterm"},
    )
    os.close(slave)
    shown = b""
    while re.search(rb"\d regions", shown) is None:
        shown += os.read(master, 4096)
    process.send_signal(signal.SIGINT)
    while True:
        try:
            shown += os.read(master, 4096)
        except OSError:
            break
    out, _ = process.communicate(timeout=60)
    os.close(master)
    assert process.returncode == 130
    assert b"finding regions" in shown
    assert b"Traceback" not in shown
    assert b"incomplete: interrupted" in out
    n_saved = len(pe.load_regions(tmp_path / "found.npz"))
    assert f"regions     {n_saved:,}\n".encode() in out


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    process = subprocess.Popen([*COMMAND, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1
