"""Columns of measurements: what they hold, and what comes back from files."""

from __future__ import annotations

import csv
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.errors import (
    FileFormatError,
    InvalidArgumentError,
    MissingDependencyError,
    MissingFileError,
)
from polytope_engine.regions import archive
from polytope_engine.regions.measurements import Measurements, load_measurements

THIRD = Fraction(1, 3)


@pytest.fixture
def columns() -> Measurements:
    exact = np.array([Fraction(2, 7), THIRD, float("inf")], dtype=object)
    return Measurements(
        {
            "n_facets": np.array([3, 4, 2]),
            "is_bounded": np.array([True, True, False]),
            "volume": np.array([0.1, 1e-320, np.inf]),
            "centroid": np.array([[0.1, -0.0], [2 / 3, 1e300], [np.nan, np.nan]]),
            "exact_volume": exact,
        },
        is_complete=False,
        n_exact=5,
        rule="delaunay",
        clip=pe.HPolytope([[1, 0], [0, THIRD], [-1, -1]], [1, 2, Fraction(1, 7)]),
    )


def test_columns_are_those_of_a_dict_with_what_is_common_to_them(columns: Measurements) -> None:
    assert list(columns) == ["n_facets", "is_bounded", "volume", "centroid", "exact_volume"]
    assert (columns.n_regions, columns.is_complete, columns.n_exact, columns.rule) == (
        3,
        False,
        5,
        "delaunay",
    )
    assert repr(columns) == (
        "<Measurements of 3 regions: n_facets, is_bounded, volume, centroid, exact_volume; "
        "cut to <HPolytope in R^2, 3 rows>; incomplete>"
    )
    assert repr(Measurements({})) == "<Measurements of 0 regions: no columns>"


def test_columns_of_two_lengths_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match=r"Column `b` has shape \(1,\), but must have 2 rows"):
        Measurements({"a": [1, 2], "b": [1]})
    columns = Measurements({"a": [1, 2]})
    columns["b"] = np.zeros(3)
    with pytest.raises(InvalidArgumentError, match="Column `b`"):
        columns.save("never.npz")


def test_npz_files_bring_back_everything(columns: Measurements, tmp_path: Path) -> None:
    columns.save(tmp_path / "shapes.npz")
    back = load_measurements(tmp_path / "shapes.npz")
    assert list(back) == list(columns)
    for name, column in columns.items():
        assert back[name].dtype == column.dtype
        np.testing.assert_array_equal(back[name], column)
    assert back["exact_volume"].tolist() == [Fraction(2, 7), THIRD, float("inf")]
    assert np.signbit(back["centroid"][0, 1])
    assert (back.is_complete, back.n_exact, back.rule) == (False, 5, "delaunay")
    assert back.clip is not None
    assert columns.clip is not None
    assert back.clip.exact_rows == columns.clip.exact_rows


def test_npz_files_are_plain_arrays(columns: Measurements, tmp_path: Path) -> None:
    columns.save(tmp_path / "shapes.npz")
    with np.load(tmp_path / "shapes.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["volume"], columns["volume"])
        assert arrays["exact_volume"].tolist() == [b"2/7", b"1/3", b"inf"]
        assert json.loads(str(arrays["header"]))["rule"] == "delaunay"


def test_csv_files_have_a_header_and_all_digits(columns: Measurements, tmp_path: Path) -> None:
    columns.save(tmp_path / "shapes.csv")
    with (tmp_path / "shapes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["n_facets", "is_bounded", "volume", "centroid_0", "centroid_1", "exact_volume"]
    assert [float(row["volume"]) for row in rows] == columns["volume"].tolist()
    assert [row["exact_volume"] for row in rows] == ["2/7", "1/3", "inf"]
    assert rows[2]["volume"] == "inf"
    assert rows[2]["centroid_0"] == "nan"
    assert float(rows[1]["centroid_0"]) == 2 / 3
    assert rows[0]["n_facets"] == "3"


def test_tables_of_pandas_have_a_column_for_each_coordinate(columns: Measurements) -> None:
    pytest.importorskip("pandas")
    table = columns.to_pandas()
    assert list(table.columns) == [
        "n_facets", "is_bounded", "volume", "centroid_0", "centroid_1", "exact_volume",
    ]  # fmt: skip
    assert table["n_facets"].dtype == np.int64
    assert table["centroid_1"].tolist()[1] == 1e300
    assert table["exact_volume"][1] == THIRD


def test_without_pandas_a_line_says_what_to_install(
    columns: Measurements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'polytope_engine\[pandas\]'"):
        columns.to_pandas()


def test_other_files_are_refused(columns: Measurements, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=r"`path` is 'a.txt', but must end in .csv or .npz"):
        columns.save(tmp_path / "a.txt")
    with pytest.raises(MissingFileError, match="There is no folder"):
        columns.save(tmp_path / "none" / "a.csv")
    with pytest.raises(InvalidArgumentError, match="Column `header` has a name"):
        Measurements({"header": [1]}).save(tmp_path / "a.npz")
    assert not list(tmp_path.iterdir())


def test_a_file_appears_only_when_it_is_complete(
    columns: Measurements, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(file: Any, **_: Any) -> None:
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.np, "savez", full_disk)
    with pytest.raises(OSError, match="No space left"):
        columns.save(tmp_path / "shapes.npz")
    assert not list(tmp_path.iterdir())


def rewrite(path: Path, **changes: Any) -> None:
    with np.load(path) as loaded:
        arrays = {**loaded, **{name: np.asarray(value) for name, value in changes.items()}}
    arrays["digest"] = np.array(archive.digest_of(arrays))
    np.savez(path, **arrays)


def test_files_that_are_something_else_are_refused(columns: Measurements, tmp_path: Path) -> None:
    path = tmp_path / "shapes.npz"
    columns.save(path)
    with np.load(path) as loaded:
        np.savez(tmp_path / "changed.npz", **{**loaded, "n_facets": np.array([9, 9, 9])})
        header = json.loads(str(loaded["header"]))
    with pytest.raises(FileFormatError, match="does not match its own digest"):
        load_measurements(tmp_path / "changed.npz")
    rewrite(path, header=json.dumps({**header, "format_version": 9}))
    with pytest.raises(FileFormatError, match="format version 9"):
        load_measurements(path)
    rewrite(path, header=json.dumps({**header, "columns": ["nothing"]}))
    with pytest.raises(FileFormatError, match="incomplete or inconsistent"):
        load_measurements(path)
    np.savez(path, a=np.zeros(3))
    with pytest.raises(FileFormatError, match="but not one of measurements"):
        load_measurements(path)
    with pytest.raises(MissingFileError, match="There is no file"):
        load_measurements(tmp_path / "none.npz")
