"""A count under way as a file: what is left to search, and the counters of the same instant."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import FileFormatError, InvalidArgumentError
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.archive import Arrays, check_digest, named_file, read_archive, write_archive
from polytope_engine.regions.outcome import Certificate, Work
from polytope_engine.regions.subtree import Subtree
from polytope_engine.regions.tallies import Tally

FORMAT = "polytope_engine checkpoint"
# 2: a node with a dictionary says which neurons wait.
FORMAT_VERSION = 2


@dataclass(frozen=True)
class Checkpoint:
    """Everything that a count needs to go on.

    Attributes
    ----------
    n_regions : int
        Counted so far.
    work : Work
    certificate : Certificate
    subtrees : sequence of Subtree
        What is left to search; none if the count is complete.
    tallies : dict of str to Tally
        Of the regions counted so far.
    """

    n_regions: int
    work: Work
    certificate: Certificate
    subtrees: Sequence[Subtree]
    tallies: dict[str, Tally]


@dataclass(frozen=True)
class Question:
    """What is counted: a checkpoint of anything else is refused.

    Attributes
    ----------
    network : ReLUNetwork
    domain : HPolytope or None
    method : {"lp", "vertex"}
        The engine; its trees are its own.
    statistics : tuple of str
        What is tallied.
    """

    network: ReLUNetwork
    domain: HPolytope | None
    method: str
    statistics: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, str]:
        """What is written down, and compared."""
        from polytope_engine import __version__

        domain = None if self.domain is None else [list(map(str, row)) for row in self.domain.exact_rows]
        return {
            "network": self.network.digest,
            "domain": json.dumps(domain),
            "method": self.method,
            "statistics": json.dumps(self.statistics),
            "version": __version__,
        }


def write_checkpoint(path: Path, question: Question, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; an older one stays until the new one is complete.

    Raises
    ------
    InvalidArgumentError, MissingFileError
        If the file cannot be written, or its folder does not exist.
    """
    header = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "question": question.as_dict(),
        "n_regions": checkpoint.n_regions,
        "work": checkpoint.work.as_dict(),
        "certificate": checkpoint.certificate.as_dict(),
        "n_subtrees": len(checkpoint.subtrees),
        "tallies": [tally.as_dict() for tally in checkpoint.tallies.values()],
    }
    write_archive(path, {"header": np.array(json.dumps(header)), **_packed(checkpoint.subtrees)})


def read_checkpoint(path: Path, question: Question) -> Checkpoint | None:
    """Read a checkpoint of the same question; None if there is no such file.

    Raises
    ------
    FileFormatError
        If the file is no checkpoint, or damaged.
    InvalidArgumentError
        If it is about something else.
    """
    if not path.exists():
        return None
    arrays = read_archive(path, "a count under way")
    no_checkpoint = FileFormatError(
        f"{str(path)!r} is no checkpoint that this version reads; remove it, or choose another name."
    )
    if not {"header", "digest"} <= arrays.keys():  # a network, say
        raise no_checkpoint
    check_digest(arrays, path)
    try:
        header = json.loads(str(arrays["header"]))
        if header["format"] != FORMAT or header["format_version"] != FORMAT_VERSION:
            raise KeyError("format")
        written = header["question"]
        subtrees = _unpacked(arrays, header["n_subtrees"])
        tallies = [Tally.from_dict(facts) for facts in header["tallies"]]
        found = Checkpoint(
            header["n_regions"],
            Work(**header["work"]),
            Certificate(**header["certificate"]),
            subtrees,
            {tally.name: tally for tally in tallies},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise no_checkpoint from error
    differing = [name for name, value in question.as_dict().items() if written.get(name) != value]
    if differing:
        raise InvalidArgumentError(
            f"`checkpoint` {str(path)!r} was written with another {' and another '.join(differing)}; choose another "
            "name, or remove the file to count from the beginning.",
            path=path,
        )
    return found


def checked_path(path: object) -> Path:
    """A path whose folder exists."""
    target = named_file(path)
    if target is None:
        raise InvalidArgumentError(
            f"`checkpoint` is {reprlib.repr(path)}; it must be the name of a file.", path=path
        )
    if target.is_dir() or not target.parent.is_dir():
        what = "is a folder" if target.is_dir() else f"lies in {str(target.parent)!r}, which is no folder"
        raise InvalidArgumentError(f"`checkpoint` {str(target)!r} {what}; it must be the name of a file.")
    return target


def _packed(subtrees: Sequence[Subtree]) -> Arrays:
    """All arrays of a name behind one another, and their shapes."""
    arrays: Arrays = {}
    for name in (field.name for field in fields(Subtree)):
        parts: list[NDArray[Any]] = [getattr(subtree, name) for subtree in subtrees]
        if parts:
            arrays[name] = np.concatenate([part.ravel() for part in parts])
            arrays[f"{name}_shapes"] = np.array([part.shape for part in parts], dtype=np.int64)
    return arrays


def _unpacked(arrays: Arrays, n: int) -> list[Subtree]:
    columns: dict[str, list[NDArray[Any]]] = {}
    for name in (field.name for field in fields(Subtree)) if n else ():
        shapes = arrays[f"{name}_shapes"]
        ends = np.cumsum(np.prod(shapes, axis=1))
        if len(shapes) != n or ends[-1] != len(arrays[name]):
            raise ValueError(name)
        parts = np.split(arrays[name], ends[:-1])
        columns[name] = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
    return [Subtree(**{name: column[k] for name, column in columns.items()}) for k in range(n)]
