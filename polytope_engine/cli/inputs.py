"""From what was typed to networks, domains, region sets, and files that can be written."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from polytope_engine.errors import InvalidArgumentError, InvalidDomainError, MissingFileError

if TYPE_CHECKING:
    from polytope_engine.network.relu_network import ReLUNetwork
    from polytope_engine.polytope.hpolytope import HPolytope
    from polytope_engine.regions.region_set import RegionSet


@dataclass(frozen=True)
class NetworkOptions:
    """How a network file is to be read."""

    activation: str | None
    normalize_inputs: bool

    def given(self) -> list[str]:
        """The options that were given."""
        flags = {"--activation": self.activation is not None, "--normalize-inputs": self.normalize_inputs}
        return [name for name, is_given in flags.items() if is_given]


@dataclass(frozen=True)
class DomainOptions:
    """Where regions are to be looked for."""

    box: tuple[float, float] | None
    lower: str | None
    upper: str | None
    whole_space: bool

    def given(self) -> list[str]:
        """The options that were given."""
        flags = {
            "--box": self.box is not None,
            "--lower": self.lower is not None,
            "--upper": self.upper is not None,
            "--whole-space": self.whole_space,
        }
        return [name for name, is_given in flags.items() if is_given]


# -- networks and region sets ---------------------------------------------------------------------


def holds_regions(file: Path) -> bool:
    """Whether a file is a saved region set, by its content."""
    try:
        with zipfile.ZipFile(file) as archive:
            return {"header.npy", "packed_signs.npy"} <= set(archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def read_network(file: Path, options: NetworkOptions) -> ReLUNetwork:
    """Read a network file; a saved region set is refused, with what can be done with it.

    Raises
    ------
    PolytopeEngineError
        If the file cannot be read as a network.
    """
    from polytope_engine.network.loading import load_network

    check_readable(file)
    if holds_regions(file):
        raise InvalidArgumentError(
            f"`{file}` holds saved regions, not a network; give the network file, or use `describe` or `plot`."
        )
    return load_network(file, options.activation, normalize_inputs=options.normalize_inputs)


def read_regions(file: Path, refused: Sequence[str]) -> RegionSet:
    """Read a saved region set; options that it leaves no room for are refused.

    Raises
    ------
    PolytopeEngineError
        If the file cannot be read, or `refused` names an option.
    """
    from polytope_engine.regions.storage import load_regions

    check_readable(file)
    if refused:
        raise InvalidArgumentError(
            f"`{file}` holds saved regions, with their network and domain, so {refused[0]} says nothing new; "
            "leave it out, or give a network file."
        )
    return load_regions(file)


def check_readable(file: Path) -> None:
    """Refuse a file that is not there, or cannot be read.

    Raises
    ------
    PolytopeEngineError, OSError
        If it is not there, is a folder, or must not be read.
    """
    if not file.exists():
        raise MissingFileError(f"There is no file `{file}`; check the path.", path=file)
    if file.is_dir():
        raise InvalidArgumentError(f"`{file}` is a folder; give a file in it.", path=file)
    with file.open("rb"):
        pass


# -- domains --------------------------------------------------------------------------------------


def chosen_domain(network: ReLUNetwork, options: DomainOptions) -> HPolytope | None:
    """The domain that the options describe; None for all of R^d.

    Raises
    ------
    InvalidDomainError
        If options contradict one another, or their numbers make no box for this network.
    """
    from polytope_engine.polytope.boxes import box

    given = options.given()
    kinds = {"--lower": "--lower with --upper", "--upper": "--lower with --upper"}
    chosen = sorted({kinds.get(name, name) for name in given})
    if len(chosen) > 1:
        raise InvalidDomainError(f"{' and '.join(chosen)} are two domains; give one of them.")
    if options.box is not None:
        low, high = options.box
        _check_bounds("--box", [low], [high])
        return box(low, high, dimension=network.input_dim)
    if options.lower is None and options.upper is None:
        return None
    if options.lower is None or options.upper is None:
        missing = "--upper" if options.upper is None else "--lower"
        raise InvalidDomainError(f"{given[0]} needs {missing} beside it: a box has both bounds.")
    d = network.input_dim
    lower, upper = _numbers("--lower", options.lower, d), _numbers("--upper", options.upper, d)
    _check_bounds("--lower and --upper", lower, upper)
    return box(lower, upper)


def _numbers(name: str, text: str, d: int) -> list[float]:
    parts = [part for part in text.replace(",", " ").split() if part]
    try:
        numbers = [float(part) for part in parts]
    except ValueError as failure:
        raise InvalidDomainError(
            f'{name} is "{text}"; it must be numbers with commas between them, as in {name} "-1,-1".'
        ) from failure
    if len(numbers) != d:
        raise InvalidDomainError(
            f"{name} has {len(numbers)} number{'' if len(numbers) == 1 else 's'}, but the network has {d} "
            f"input{'' if d == 1 else 's'}; give one for each."
        )
    return numbers


def _check_bounds(name: str, lower: Sequence[float], upper: Sequence[float]) -> None:
    for low, high in zip(lower, upper, strict=True):
        # not (low < high) holds for nan too
        if not low < high or low == -float("inf") or high == float("inf"):
            raise InvalidDomainError(
                f"{name}: the bounds {low:g} and {high:g} make no box; they must be finite, the lower one below "
                "the upper one."
            )


# -- files to write -------------------------------------------------------------------------------

PICTURES = (".png", ".pdf", ".svg")


def check_writable(
    target: Path, suffixes: Sequence[str], not_this: Path | None = None, option: str = "--out"
) -> None:
    """Refuse a file that could not be written, before any work is done.

    Parameters
    ----------
    target : Path
        The file.
    suffixes : sequence of str
        What its name may end in.
    not_this : Path, optional
        The input, which is never overwritten.
    option : str
        What names the file on the command line.

    Raises
    ------
    InvalidArgumentError, MissingFileError
        If the name is wrong, the folder is not there, or nothing can be written there.
    """
    if target.suffix.lower() not in suffixes:
        raise InvalidArgumentError(
            f"{option} is `{target}`, but its name must end in {' or '.join(suffixes)}.", path=target
        )
    if target.is_dir():
        raise InvalidArgumentError(
            f"{option} is `{target}`, which is a folder; name a file in it.", path=target
        )
    if not_this is not None and target.exists() and target.samefile(not_this):
        raise InvalidArgumentError(
            f"{option} is `{target}`, the input itself; give another name.", path=target
        )
    check_writable_folder(target.parent, option)
    if target.exists() and not os.access(target, os.W_OK):
        raise InvalidArgumentError(
            f"{option} is `{target}`, which is write-protected; give another name.", path=target
        )


def check_writable_folder(folder: Path, option: str = "--out") -> None:
    """Refuse a folder in which no file can be made.

    Raises
    ------
    InvalidArgumentError, MissingFileError
        If it is not there, or is write-protected.
    """
    if not folder.is_dir():
        raise MissingFileError(f"There is no folder `{folder}` for {option}; make it first.", path=folder)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as failure:
        raise InvalidArgumentError(
            f"Nothing can be written in `{folder}` ({failure.strerror}); choose another {option}.",
            path=folder,
        ) from failure
