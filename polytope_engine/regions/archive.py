"""`.npz` files of plain arrays: written under their name only when complete, and checked when read."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import FileFormatError, InvalidArgumentError, MissingFileError

Arrays = dict[str, NDArray[Any]]


def digest_of(arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 of the names, types, shapes and bytes of all arrays except `digest`.

    Examples
    --------
    >>> digest_of({"a": np.zeros(2)}) == digest_of({"a": np.zeros(2), "digest": np.array("...")})
    True
    """
    state = hashlib.sha256()
    for name in sorted(arrays):
        if name != "digest":
            array = np.ascontiguousarray(arrays[name])
            state.update(f"{name} {array.dtype.str} {array.shape}".encode())
            state.update(array.tobytes())
    return state.hexdigest()


def write_archive(target: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays and their `digest` to an `.npz` file.

    Raises
    ------
    InvalidArgumentError, MissingFileError
        If the file cannot be written, or its folder does not exist.
    """
    complete = {**arrays, "digest": np.array(digest_of(arrays))}
    write_whole(target, lambda file: np.savez(file, **complete))  # type: ignore[arg-type]


def write_whole(target: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file that appears under its name only when it is complete.

    Parameters
    ----------
    target : Path
        The file; an older one is replaced.
    write : callable
        Called once, with the open file.

    Raises
    ------
    InvalidArgumentError, MissingFileError
        If the file cannot be written, or its folder does not exist.
    """
    if not target.parent.is_dir():
        raise MissingFileError(f"There is no folder `{target.parent}`; make it first.", path=target.parent)
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    except OSError as failure:
        if failure.filename is None:  # a full disk, say, and not the path
            raise
        raise InvalidArgumentError(
            f"`{target}` cannot be written ({failure.strerror}); pass another path.",
            path=target,
        ) from failure
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def named_file(path: object) -> Path | None:
    """The path that a name stands for; None where no file can have it.

    Examples
    --------
    >>> named_file("counts.npz")
    PosixPath('counts.npz')
    >>> print(named_file(""), named_file(3), named_file("a" * 5000))
    None None None
    """
    name = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(name, str) or not name or "\0" in name:
        return None
    try:
        Path(name).stat()
    except OSError as failure:
        if failure.errno in (errno.ENAMETOOLONG, errno.EINVAL):
            return None
    return Path(name)


def existing_file(path: object, content: str) -> Path:
    """The path of a file that is there; `content` says in an error what it must hold.

    Raises
    ------
    InvalidArgumentError, MissingFileError
        If `path` is no path, or there is no such file.
    """
    if not isinstance(path, str | os.PathLike):
        raise InvalidArgumentError(
            f"`path` has type {type(path).__name__}, but must be the path of a file of {content}, a string or "
            "a Path.",
            path=path,
        )
    file = Path(path)
    if file.is_dir():
        raise MissingFileError(f"`{file}` is a folder; pass a file.", path=file)
    if not file.is_file():
        raise MissingFileError(f"There is no file `{file}`; check the path.", path=file)
    return file


def read_archive(file: Path, content: str) -> Arrays:
    """All arrays of an `.npz` file; `content` says in an error what it must hold.

    Raises
    ------
    FileFormatError
        If it is no such file, or a damaged one.
    """
    try:
        # opened here, because numpy leaves a damaged file open
        with file.open("rb") as stream:
            archive = np.load(stream, allow_pickle=False)
            if isinstance(archive, np.lib.npyio.NpzFile):
                return {name: archive[name] for name in archive.files}
    except PermissionError:
        raise
    except (
        ValueError,
        EOFError,
        OSError,
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        NotImplementedError,
    ) as failure:
        raise FileFormatError(
            f"`{file.name}` is not a readable .npz file: it is truncated, damaged or something else.",
            path=file,
        ) from failure
    raise FileFormatError(f"`{file.name}` holds a single array, but must be a file of {content}.", path=file)


def check_digest(arrays: Arrays, file: Path) -> None:
    """Refuse arrays that are not those that were written.

    Raises
    ------
    FileFormatError
        If the digest differs.
    """
    if str(arrays.get("digest", "")) != digest_of(arrays):
        raise FileFormatError(
            f"`{file.name}` does not match its own digest: it was changed after it was saved; save it again.",
            path=file,
        )
