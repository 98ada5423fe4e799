"""The networks kept beside the tests are the ones that their script writes."""

from __future__ import annotations

import json
from pathlib import Path

import make_nets
import numpy as np
import pytest

KEPT = Path(make_nets.__file__).parent / "nets"
FILES = sorted(path.relative_to(KEPT).as_posix() for path in KEPT.glob("*/*.npz"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the script has just filled."""
    folder = tmp_path_factory.mktemp("nets")
    make_nets.write_all(folder)
    return folder


def test_the_script_writes_the_kept_files_and_no_others(written: Path) -> None:
    assert sorted(path.relative_to(written).as_posix() for path in written.glob("*/*.npz")) == FILES


@pytest.mark.parametrize("file", FILES)
def test_the_script_writes_a_kept_network_bit_for_bit(written: Path, file: str) -> None:
    with np.load(written / file) as made, np.load(KEPT / file) as kept:
        assert made.files == kept.files
        for name in kept.files:
            assert made[name].dtype == kept[name].dtype == np.float64
            assert made[name].shape == kept[name].shape
            assert made[name].tobytes() == kept[name].tobytes()


def test_every_counted_network_is_kept_or_made_on_demand() -> None:
    counted = {name for name in json.loads((KEPT / "counts.json").read_text()) if not name.startswith("_")}
    kept = {file.removesuffix(".npz") for file in FILES}
    assert counted == kept | {f"random/{name}" for name in make_nets.MADE_ON_DEMAND}


def test_the_weights_of_random_networks_are_float32_numbers() -> None:
    for path in (KEPT / "random").glob("*.npz"):
        with np.load(path) as arrays:
            for array in arrays.values():
                np.testing.assert_array_equal(array, array.astype(np.float32).astype(np.float64))
