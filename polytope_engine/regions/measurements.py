"""What was measured of each region: columns, and files of them."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import FileFormatError, InvalidArgumentError, MissingDependencyError
from polytope_engine.network.rationals import number_from_text, number_text
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.archive import (
    Arrays,
    check_digest,
    existing_file,
    read_archive,
    write_archive,
    write_whole,
)

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "polytope_engine measurements"
FORMAT_VERSION = 1
SUFFIXES = (".csv", ".npz")
# What is no column in a file.
_RESERVED = ("header", "clip_rows", "digest")
_NOT_RATIONAL = {b"inf": float("inf"), b"-inf": float("-inf"), b"nan": float("nan")}


class Measurements(dict[str, NDArray[Any]]):
    """Columns with one row for each region, by name.

    A dict of arrays, with what is common to them. Made by `RegionSet.measure`.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n_regions,) or (n_regions, d)
        All of one length. Rational numbers are in arrays of Fractions, of dtype object.
    is_complete : bool
        Whether every region was reached. If not, the columns hold the first ones.
    n_exact : int
        Regions of which something was decided in rational arithmetic.
    rule : str
        How regions were triangulated, "pulling" or "delaunay".
    clip : HPolytope or None
        What each region was cut to before it was measured.

    Attributes
    ----------
    n_regions : int
        Number of rows.
    is_complete, n_exact, rule, clip
        As given.

    Raises
    ------
    InvalidArgumentError
        If the columns are not all of one length.

    Examples
    --------
    >>> columns = Measurements({"n_facets": [3, 2], "volume": [0.5, np.inf]})
    >>> columns
    <Measurements of 2 regions: n_facets, volume>
    >>> columns["volume"]
    array([0.5, inf])
    """

    def __init__(
        self,
        columns: Mapping[str, Any],
        *,
        is_complete: bool = True,
        n_exact: int = 0,
        rule: str = "pulling",
        clip: HPolytope | None = None,
        accuracy: float = 0.0,
    ) -> None:
        super().__init__({name: np.asarray(column) for name, column in columns.items()})
        self.is_complete = is_complete
        self.n_exact = n_exact
        self.rule = rule
        self.clip = clip
        self.accuracy = accuracy
        self._check_lengths()

    def _check_lengths(self) -> None:
        n = self.n_regions
        for name, column in self.items():
            if column.ndim not in (1, 2) or len(column) != n:
                raise InvalidArgumentError(
                    f"Column `{name}` has shape {column.shape}, but must have {n} rows, like the first column.",
                    shape=column.shape,
                )

    @property
    def n_regions(self) -> int:
        """Number of rows; 0 if there is no column."""
        return next((len(column) if np.ndim(column) else 0 for column in self.values()), 0)

    def __repr__(self) -> str:
        count = f"{self.n_regions:,} region" + ("" if self.n_regions == 1 else "s")
        notes = [", ".join(self) or "no columns"]
        if self.clip is not None:
            notes.append(f"cut to {self.clip!r}")
        if not self.is_complete:
            notes.append("incomplete")
        return f"<Measurements of {count}: {'; '.join(notes)}>"

    def to_pandas(self) -> pd.DataFrame:
        """Return a table with a row for each region.

        A column of vectors becomes d columns, ``centroid_0, centroid_1, ...``.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.

        Examples
        --------
        >>> columns = Measurements({"n_facets": [3], "centroid": [[0.5, 0.25]]})
        >>> columns.to_pandas()                                        # doctest: +SKIP
           n_facets  centroid_0  centroid_1
        0         3         0.5        0.25
        """
        try:
            import pandas as pd
        except ImportError as failure:
            raise MissingDependencyError(
                "Tables need pandas, which is not installed; run: pip install 'polytope_engine[pandas]'."
            ) from failure
        return pd.DataFrame(dict(self._flat_columns()))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the columns to a `.csv` or an `.npz` file, which appears only when it is complete.

        Parameters
        ----------
        path : path
            ``.csv``: a header, then a row for each region; columns of vectors as in `to_pandas`, floats with all
            their digits, ``inf`` and ``nan`` as such, Fractions as ``p/q``. ``.npz``: an array for each
            column, and everything else that :func:`load_measurements` needs.

        Raises
        ------
        InvalidArgumentError
            If the name ends in something else, a column has a name that the file needs, or the file
            cannot be written.
        MissingFileError
            If the folder does not exist.
        """
        target = Path(path)
        self._check_lengths()
        suffix = target.suffix.lower()
        if suffix == ".csv":
            write_whole(target, lambda file: file.write(self._as_csv().encode()))
        elif suffix == ".npz":
            write_archive(target, self._arrays())
        else:
            raise InvalidArgumentError(
                f"`path` is {target.name!r}, but must end in {' or '.join(SUFFIXES)}.", path=target
            )

    def _flat_columns(self) -> Iterator[tuple[str, NDArray[Any]]]:
        for name, column in self.items():
            if column.ndim == 1:
                yield name, column
            else:
                yield from ((f"{name}_{k}", column[:, k]) for k in range(column.shape[1]))

    def _as_csv(self) -> str:
        flat = dict(self._flat_columns())
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(flat)
        writer.writerows(zip(*(map(_cell, column.tolist()) for column in flat.values()), strict=True))
        return text.getvalue()

    def _arrays(self) -> Arrays:
        from polytope_engine import __version__

        for name in _RESERVED:
            if name in self:
                raise InvalidArgumentError(
                    f"Column `{name}` has a name that .npz files of measurements keep for themselves; rename it."
                )
        clip = self.clip
        header = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "package_version": __version__,
            "is_complete": bool(self.is_complete),
            "n_exact": int(self.n_exact),
            "rule": self.rule,
            "columns": list(self),
            "clip_dimension": None if clip is None else clip.dimension,
        }
        arrays: Arrays = {"header": np.array(json.dumps(header))}
        if clip is not None:
            A, b = clip.exact_inequalities
            arrays["clip_rows"] = _text_array(np.column_stack([A, b]))
        for name, column in self.items():
            arrays[name] = _text_array(column) if column.dtype == object else column
        return arrays


def load_measurements(path: str | os.PathLike[str]) -> Measurements:
    """Read the `.npz` file that `Measurements.save` wrote.

    Raises
    ------
    MissingFileError
        If there is no such file.
    FileFormatError
        If it is something else, damaged, changed, or of a newer format.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Measurements({"n_facets": [3, 2]}).save(pathlib.Path(folder) / "shapes.npz")
    ...     load_measurements(pathlib.Path(folder) / "shapes.npz")
    <Measurements of 2 regions: n_facets>
    """
    file = existing_file(path, "measurements")
    arrays = read_archive(file, "measurements")
    header = _header(arrays, file)
    check_digest(arrays, file)
    try:
        clip = None
        if header["clip_dimension"] is not None:
            rows = _from_text_array(arrays["clip_rows"]).reshape(-1, header["clip_dimension"] + 1)
            clip = HPolytope(rows[:, :-1], rows[:, -1])
        columns = {
            name: _from_text_array(arrays[name]) if arrays[name].dtype.kind == "S" else arrays[name]
            for name in header["columns"]
        }
        return Measurements(
            columns,
            is_complete=header["is_complete"],
            n_exact=header["n_exact"],
            rule=header["rule"],
            clip=clip,
        )
    except (LookupError, ValueError, TypeError) as failure:
        raise FileFormatError(
            f"`{file.name}` is incomplete or inconsistent; save the measurements again.", path=file
        ) from failure


def _header(arrays: Arrays, file: Path) -> dict[str, Any]:
    try:
        header = json.loads(str(arrays["header"]))
        is_ours = header["format"] == FORMAT
        version = header["format_version"]
    except (KeyError, ValueError, TypeError):
        is_ours = False
    if not is_ours:
        raise FileFormatError(
            f"`{file.name}` is an .npz file, but not one of measurements; pass a file that Measurements.save wrote.",
            path=file,
        )
    if version != FORMAT_VERSION:
        raise FileFormatError(
            f"`{file.name}` has format version {version}, but this polytope_engine reads version "
            f"{FORMAT_VERSION}; update polytope_engine, or measure again.",
            version=version,
        )
    return dict(header)


def _cell(value: Any) -> str:
    """One entry as text that says all of it.

    Examples
    --------
    >>> _cell(0.1), _cell(float("inf")), _cell(Fraction(1, 3)), _cell(3), _cell(True)
    ('0.1', 'inf', '1/3', '3', 'True')
    """
    return number_text(value) if isinstance(value, Fraction) else str(value)


def _text_array(column: NDArray[Any]) -> NDArray[np.bytes_]:
    flat = [_cell(value if _is_special(value) else Fraction(value)) for value in column.ravel().tolist()]
    return np.array(flat, dtype=np.bytes_).reshape(column.shape)


def _is_special(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _from_text_array(array: NDArray[np.bytes_]) -> NDArray[Any]:
    """The Fractions that `_text_array` wrote; inf and nan as floats."""
    result = np.empty(array.shape, dtype=object)
    for place, text in np.ndenumerate(array):
        result[place] = _NOT_RATIONAL[text] if text in _NOT_RATIONAL else number_from_text(text)
    return result
