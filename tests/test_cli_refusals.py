"""Bad input at the command line: exit code 2, one line, and no work done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.cli.application import application


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a few files in it, to which names are relative."""
    monkeypatch.chdir(tmp_path)
    net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    net.save("net.npz")
    pe.ReLUNetwork([(np.eye(3), np.zeros(3)), (np.ones((1, 3)), [0])]).save("three.npz")
    pe.enumerate_regions(net).save("regions.npz")
    Path("broken.npz").write_bytes(Path("net.npz").read_bytes()[:100])
    Path("changed.npz").write_bytes(Path("regions.npz").read_bytes()[:-40])
    Path("text.txt").write_text("hello", encoding="utf-8")
    Path("folder.npz").mkdir()
    return tmp_path


REFUSALS = {
    "count": "Missing argument",
    "count none.npz": "There is no file `none.npz`",
    "count folder.npz": "is a folder",
    "count text.txt": "'.txt'",
    "count broken.npz": "`broken.npz` is not a readable .npz file",
    "count regions.npz": "holds saved regions, not a network",
    "describe changed.npz": "`changed.npz`",
    "describe regions.npz --box -1 1": "so --box says nothing new",
    "describe regions.npz --time-limit 3": "so --time-limit says nothing new",
    "count net.npz --box 1": "'--box' requires 2 arguments",
    "count net.npz --box a b": "--box",
    "count net.npz --box 1 -1": "1 and -1 make no box",
    "count net.npz --box 1 1": "make no box",
    "count net.npz --box nan 1": "make no box",
    "count net.npz --box -inf inf": "make no box",
    "count net.npz --box -1 1 --whole-space": "--box and --whole-space are two domains",
    "count net.npz --box -1 1 --lower 0,0 --upper 1,1": "--box and --lower with --upper are two domains",
    "count net.npz --lower 0,0": "--lower needs --upper",
    "count net.npz --upper 0,0": "--upper needs --lower",
    "count net.npz --lower 0 --upper 1": "--lower has 1 number, but the network has 2 inputs",
    "count net.npz --lower 0,x --upper 1,1": '--lower is "0,x"',
    "count net.npz --lower 0,2 --upper 1,1": "2 and 1 make no box",
    "count net.npz --time-limit 0": "--time-limit is 0",
    "count net.npz --time-limit nan": "--time-limit is nan",
    "count net.npz --time-limit soon": "--time-limit",
    "count net.npz --method magic": "--method is 'magic'",
    "count net.npz --activation relu": "`activation` is for .pt and .pth files",
    "count net.npz --normalize-inputs": "`normalize_inputs` is for .nnet files",
    "count net.npz --nonsense": "--nonsense",
    "count net.npz three.npz": "three.npz",
    "conut net.npz": "'conut'",
    "enumerate net.npz": "'--out'",
    "enumerate net.npz --out found.txt": "must end in .npz",
    "enumerate net.npz --out nowhere/found.npz": "There is no folder `nowhere`",
    "enumerate net.npz --out text.txt/found.npz": "There is no folder `text.txt`",
    "enumerate net.npz --out folder.npz": "which is a folder",
    "enumerate net.npz --out net.npz": "the input itself",
    "enumerate net.npz --out found.npz --max-regions 0": "--max-regions",
    "plot three.npz --out x.png": "The network has 3 inputs",
    "plot net.npz --out x.jpeg": "must end in .png or .pdf or .svg",
    "plot net.npz --out nowhere/x.png": "There is no folder",
    "plot net.npz --out x.png --color red": "`color` is 'red'",
    "plot net.npz --out x.png --output 1": "`output` is 1",
    "plot net.npz --out x.png --output first": "--output is 'first'",
    "plot net.npz --out x.png --view 1 0": "--view is 1 0",
    "plot net.npz --out x.png --size 1 3": "--size is 1 3",
    "plot net.npz --out x.png --dpi 3": "--dpi",
    "plot regions.npz --out x.png --normalize-inputs": "so --normalize-inputs says nothing new",
    "demo --out text.txt": "which is a file",
    "demo --out nowhere/deeper": "There is no folder `nowhere`",
}


@pytest.mark.parametrize("line", REFUSALS)
@pytest.mark.usefixtures("folder")
def test_bad_input_is_refused_in_one_line_before_any_work(
    line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_work(*_: object, **__: object) -> None:
        raise AssertionError("work was begun")

    monkeypatch.setattr("polytope_engine.regions.enumeration.enumerate_regions", no_work)
    monkeypatch.setattr("polytope_engine.regions.enumeration.count_regions", no_work)
    before = sorted(Path().iterdir())
    code = application(line.split(), prog_name="polytope-engine", standalone_mode=False)
    out, err = capsys.readouterr()
    assert code == 2
    assert not out
    assert err.startswith("polytope-engine: ")
    assert err.count("\n") == 1
    assert REFUSALS[line] in err
    assert sorted(Path().iterdir()) == before


@pytest.mark.usefixtures("folder")
def test_a_folder_that_takes_no_files_is_refused_before_any_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    code = application(["enumerate", "net.npz", "--out", "found.npz"], standalone_mode=False)
    assert code == 2
    assert "Nothing can be written in `.` (Permission denied)" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        (OSError(28, "No space left on device", "found.npz"), 2, "`found.npz`: No space left on device."),
        (MemoryError(), 1, "out of memory"),
        (
            ZeroDivisionError("by zero"),
            1,
            "something went wrong inside polytope_engine (ZeroDivisionError: by zero)",
        ),
    ],
)
def test_whatever_else_goes_wrong_is_one_line_too(
    failure: Exception,
    code: int,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(pe.RegionSet, "save", fails)
    assert application(["enumerate", "net.npz", "--out", "found.npz"], standalone_mode=False) == code
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
