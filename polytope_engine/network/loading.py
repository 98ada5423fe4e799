"""Networks from files, by suffix."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from polytope_engine.errors import FileFormatError, InvalidArgumentError, MissingFileError
from polytope_engine.network.relu_network import ReLUNetwork

SUPPORTED = ".npz, .pt, .pth, .nnet, .onnx"


def load_network(
    path: str | os.PathLike[str], activation: Any = None, *, normalize_inputs: bool = False
) -> ReLUNetwork:
    """Read a network from a file.

    Parameters
    ----------
    path : path
        `.npz` (arrays W0, b0, W1, b1, ..., slope0, ...; what `ReLUNetwork.save` writes),
        `.pt` or `.pth` (a state dict), `.nnet`, or `.onnx`.
    activation : optional
        For `.pt` and `.pth` only, and required there: "relu", "leaky_relu",
        ("leaky_relu", slope), "leaky_relu:slope" or "prelu".
    normalize_inputs : bool, optional
        For `.nnet` only: compose the normalization in the file's header with the network, so that
        it takes raw inputs and gives raw outputs.

    Returns
    -------
    ReLUNetwork

    Raises
    ------
    MissingFileError
        If there is no such file.
    FileFormatError
        If the suffix is unknown, or the file is damaged or incomplete.
    InvalidArgumentError
        If an option does not belong to this kind of file.
    InvalidNetworkError, UnsupportedLayerError
        If the file holds no ReLU network.
    MissingDependencyError
        If the package that reads this kind of file is not installed.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> net = ReLUNetwork([([[1], [1]], [0, -0.5]), ([[2, -4]], [0])])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     net.save(pathlib.Path(folder) / "tent.npz")
    ...     load_network(pathlib.Path(folder) / "tent.npz")
    <ReLUNetwork 1-2-1, 2 neurons>
    """
    if not isinstance(path, str | os.PathLike):
        raise InvalidArgumentError(
            f"`path` has type {type(path).__name__}, but must be the path of a file of a network, a string or a Path.",
            path=path,
        )
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in SUPPORTED.split(", "):
        raise FileFormatError(
            f"`{file.name}` has the suffix {file.suffix!r}, but networks are read from {SUPPORTED}.",
            suffix=file.suffix,
        )
    if file.is_dir():
        raise MissingFileError(f"`{file}` is a folder; pass a file.", path=file)
    if not file.is_file():
        raise MissingFileError(f"There is no file `{file}`; check the path.", path=file)
    is_checkpoint = suffix in (".pt", ".pth")
    if activation is not None and not is_checkpoint:
        raise InvalidArgumentError(
            f"`activation` is for .pt and .pth files; a {suffix} file says itself what its activations are. "
            f"Leave it out."
        )
    if normalize_inputs and suffix != ".nnet":
        raise InvalidArgumentError(
            f"`normalize_inputs` is for .nnet files; a {suffix} file has no normalization beside the network."
        )
    if suffix == ".npz":
        from polytope_engine.network.npz import read_npz

        return read_npz(file)
    if suffix == ".nnet":
        from polytope_engine.network.nnet import read_nnet

        return read_nnet(file, normalize_inputs=normalize_inputs)
    if suffix == ".onnx":
        from polytope_engine.network.onnx_reader import read_onnx

        return read_onnx(file)
    from polytope_engine.network.state_dict import read_checkpoint

    return read_checkpoint(file, activation)
