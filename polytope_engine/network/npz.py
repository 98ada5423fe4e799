"""Networks as `.npz` files: arrays W0, b0, W1, b1, ... and, for leaky layers, slope0, slope1, ...

Arrays of numbers that are no floats are arrays of text, "n/m" or "n", and then there is an array
`rational_format` beside them, the version of this way of writing.
"""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from polytope_engine.errors import FileFormatError, InvalidArgumentError
from polytope_engine.network.rationals import (
    ExactArray,
    as_floats_if_exact,
    from_text_array,
    is_float_array,
    text_array,
)
from polytope_engine.network.relu_network import ReLUNetwork

RATIONAL_FORMAT = 1
_RATIONAL_FORMAT_KEY = "rational_format"
_KEY = re.compile(r"(W|b|slope)(0|[1-9][0-9]*)")


def read_npz(path: str | os.PathLike[str]) -> ReLUNetwork:
    """The network of an `.npz` file.

    The arrays `W0, b0, W1, b1, ...` are weights of shape (n_out, n_in) and biases of shape
    (n_out,), the last pair being the linear output layer. `slope0, slope1, ...` are the slopes of
    hidden layers, a number or one number a neuron; a layer without one is plain ReLU. Where
    `rational_format` stands beside them, arrays of text such as "1/3" are exact rational numbers.

    Raises
    ------
    FileFormatError
        If the file is no `.npz` file, holds pickled objects, or has a missing or unknown key.
    InvalidNetworkError
        If the arrays make no network.
    """
    name = Path(path).name
    arrays = _read_arrays(path, name)
    if _RATIONAL_FORMAT_KEY in arrays:
        _read_rationals(arrays, name)
    found: dict[str, dict[int, Any]] = {"W": {}, "b": {}, "slope": {}}
    for key, array in arrays.items():
        match = _KEY.fullmatch(key)
        if match is None:
            raise FileFormatError(
                f"`{name}` has the unknown key `{key}`; keys are W0, b0, W1, b1, ... and slope0, slope1, ...",
                key=key,
            )
        found[match[1]][int(match[2])] = array
    n_layers = 1 + max([*found["W"], *found["b"]], default=-1)
    if n_layers == 0:
        raise FileFormatError(f"`{name}` has no weights; it must hold W0, b0, W1, b1, ...")
    for k in range(n_layers):
        for kind, other in (("W", "b"), ("b", "W")):
            if k not in found[kind]:
                beside = f"{other}{k}" if k in found[other] else f"W{n_layers - 1}"
                raise FileFormatError(
                    f"`{name}` has `{beside}`, but no `{kind}{k}`; every layer needs weights and biases.",
                    key=f"{kind}{k}",
                )
    for k in found["slope"]:
        if k >= n_layers - 1:
            raise FileFormatError(
                f"`{name}` has `slope{k}`, but only {n_layers - 1} hidden layers (counted from 0).", key=k
            )
    layers = [(found["W"][k], found["b"][k]) for k in range(n_layers)]
    return ReLUNetwork(layers, [found["slope"].get(k, 0.0) for k in range(n_layers - 1)])


def _read_rationals(arrays: dict[str, Any], name: str) -> None:
    """Turn arrays of text into exact numbers, in place."""
    version = arrays.pop(_RATIONAL_FORMAT_KEY)
    if version.shape != () or version != RATIONAL_FORMAT:
        raise FileFormatError(
            f"`{name}` has rational numbers in format {version}, but this polytope_engine reads format "
            f"{RATIONAL_FORMAT}; update polytope_engine, or save the network again.",
            version=version,
        )
    for key, array in arrays.items():
        if array.dtype.kind == "S":
            try:
                arrays[key] = from_text_array(array)
            except ValueError as failure:
                raise FileFormatError(f"`{name}` is damaged: in `{key}`, {failure}.", key=key) from failure


def _read_arrays(path: str | os.PathLike[str], name: str) -> dict[str, Any]:
    try:
        with Path(path).open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise FileFormatError(f"`{name}` holds a single array, but must be an .npz archive.")
            return {key: archive[key] for key in archive.files}
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error, KeyError) as failure:
        if isinstance(failure, FileFormatError | FileNotFoundError | PermissionError):
            raise
        if "allow_pickle" in str(failure) and zipfile.is_zipfile(path):
            raise FileFormatError(
                f"`{name}` holds Python objects, which are not loaded; save plain arrays of floats."
            ) from failure
        raise FileFormatError(
            f"`{name}` is not a readable .npz file: it is damaged or something else."
        ) from (failure)


def write_npz(network: ReLUNetwork, path: str | os.PathLike[str]) -> None:
    """Write a network as `.npz`; the file appears only when it is complete.

    Raises
    ------
    InvalidArgumentError
        If the file name does not end in `.npz`.
    """
    target = Path(path)
    if target.suffix != ".npz":
        raise InvalidArgumentError(
            f"`path` is {target.name!r}, but must end in .npz; a network is saved in no other format."
        )
    arrays = network_arrays(network)
    for k, slope in enumerate(network.negative_slopes):
        if not slope.any():
            del arrays[f"slope{k}"]
    if network.is_rational:
        arrays[_RATIONAL_FORMAT_KEY] = np.array(RATIONAL_FORMAT)
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        with unfinished.open("wb") as file:
            np.savez(file, **arrays)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def network_arrays(network: ReLUNetwork) -> dict[str, Any]:
    """Weights, biases and slopes as arrays that a file can keep: floats, or text where floats do not do."""
    weights: Any = network.exact_weights if network.is_rational else network.weights
    slopes: Any = network.exact_slopes if network.is_rational else network.negative_slopes
    arrays: dict[str, Any] = {}
    for k, (W, b) in enumerate(weights):
        arrays[f"W{k}"], arrays[f"b{k}"] = _kept(W), _kept(b)
    for k, slope in enumerate(slopes):
        arrays[f"slope{k}"] = _kept(slope)
    return arrays


def _kept(array: ExactArray) -> Any:
    exact = array if is_float_array(array) else as_floats_if_exact(array)
    return exact if is_float_array(exact) else text_array(exact)
