"""What a user may get wrong with files and options is answered in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

import polytope_engine as pe
from polytope_engine.errors import FileFormatError, InvalidArgumentError, MissingFileError

REGIONS = pe.enumerate_regions(pe.ReLUNetwork([([[1.0, 0.0]], [0.0]), ([[1.0]], [0.0])]))


@pytest.mark.parametrize("load", [pe.load_network, pe.load_regions])
@pytest.mark.parametrize("path", [5, None, ["a.npz"]])
def test_what_is_no_path_is_refused_by_its_type(load: object, path: object) -> None:
    with pytest.raises(InvalidArgumentError, match="`path` has type"):
        load(path)  # type: ignore[operator]


def test_a_folder_is_called_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "set.npz"
    folder.mkdir()
    for load in (pe.load_network, pe.load_regions):
        with pytest.raises(MissingFileError, match=r"is a folder; pass a file\."):
            load(folder)


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "set.npz"
    folder.mkdir()
    with pytest.raises(InvalidArgumentError, match=r"set\.npz` cannot be written") as refusal:
        REGIONS.save(folder)
    assert "unfinished" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == [folder]


def test_an_unknown_option_of_a_picture_is_named_with_the_known_ones() -> None:
    with pytest.raises(InvalidArgumentError, match=r"`foo` is no option of plot; it takes .*bounds"):
        REGIONS.plot(foo=3)


def test_a_damaged_checkpoint_is_called_damaged_before_an_activation_is_asked_for(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    file = tmp_path / "net.pt"
    file.write_bytes(b"garbage")
    with pytest.raises(FileFormatError, match=r"net\.pt"):
        pe.load_network(file)
