"""Reading and writing .npz, reading .nnet, and choosing a reader by suffix."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polytope_engine.errors import (
    FileFormatError,
    InvalidArgumentError,
    InvalidNetworkError,
    MissingFileError,
)
from polytope_engine.network.loading import load_network
from polytope_engine.network.relu_network import ReLUNetwork

ARRAYS: dict[str, Any] = {
    "W0": np.array([[1.0, 2.0], [3.0, 4.0], [0.1, 0.2]]),
    "b0": np.zeros(3),
    "W1": np.ones((1, 3)),
    "b1": np.array([0.5]),
}

NNET = """// a network by hand
// second line
2, 2, 1, 3,
2, 3, 1,
This line is not used
-1.0,-1.0,
1.0,1.0,
0.5,0.25,3.0,
2.0,3.0,10.0,
1.0,2.0,
3.0,-4.0,
0.1,1e-2,
0.5,
-0.5
1,
1.0,2.0,3.0,
7.0,
"""


# -- npz -------------------------------------------------------------------------------------


@pytest.mark.parametrize("slope", [0.0, 0.1, [[0.1, 0.2, 0.3], 0.0]])
def test_a_saved_network_comes_back_bit_by_bit(tmp_path: Path, slope: Any) -> None:
    rng = np.random.default_rng(0)
    sizes = [2, 3, 2, 1]
    network = ReLUNetwork(
        [(rng.normal(size=(m, n)), rng.normal(size=m)) for n, m in pairwise(sizes)],
        slope if isinstance(slope, list) else [slope, 0.5],
    )
    network.save(tmp_path / "net.npz")
    assert load_network(tmp_path / "net.npz").digest == network.digest
    assert [p.name for p in tmp_path.iterdir()] == ["net.npz"]


def test_slopes_in_a_file_are_numbers_or_one_a_neuron(tmp_path: Path) -> None:
    for slope in (np.array(0.25), np.array([0.1, 0.2, 0.3])):
        np.savez(tmp_path / "net.npz", **ARRAYS, slope0=slope)
        assert (load_network(str(tmp_path / "net.npz")).negative_slopes[0] == slope).all()


def test_a_network_is_saved_as_npz_only(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=r"`path` is 'net.pt', but must end in .npz"):
        ReLUNetwork([([[1.0]], [0.0])]).save(tmp_path / "net.pt")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bias": np.ones(1)}, "has the unknown key `bias`"),
        ({"W01": np.ones(1)}, "has the unknown key `W01`"),
        ({"b0": None}, "has `W0`, but no `b0`"),
        ({"W1": None}, "has `b1`, but no `W1`"),
        ({"W1": None, "b1": None, "W2": np.ones((1, 3)), "b2": np.ones(1)}, "has `W2`, but no `W1`"),
        ({"slope1": np.array(0.1)}, "has `slope1`, but only 1 hidden layers"),
        (dict.fromkeys(ARRAYS), "has no weights"),
    ],
)
def test_npz_files_with_missing_or_unknown_keys_are_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    arrays = {key: value for key, value in (ARRAYS | changes).items() if value is not None}
    np.savez(tmp_path / "net.npz", **arrays)
    with pytest.raises(FileFormatError, match=message):
        load_network(tmp_path / "net.npz")


def test_npz_files_whose_layers_do_not_fit_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "net.npz", **(ARRAYS | {"W1": np.ones((1, 4))}))
    with pytest.raises(InvalidNetworkError, match=r"^Layer 1 expects 4 inputs, but layer 0 has 3 outputs.$"):
        load_network(tmp_path / "net.npz")


def test_npz_files_with_python_objects_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "net.npz", W0=np.array([[None]], dtype=object), b0=np.zeros(1))
    with pytest.raises(FileFormatError, match="holds Python objects, which are not loaded"):
        load_network(tmp_path / "net.npz")


def test_damaged_npz_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    np.savez(path, **ARRAYS)
    content = path.read_bytes()
    spoiled = content[:200] + bytes([content[200] ^ 255]) + content[201:]
    for damaged in (b"", b"not a network", content[: len(content) // 2], content[:-1], spoiled):
        path.write_bytes(damaged)
        with pytest.raises(FileFormatError, match=r"`net\.npz` is not a readable \.npz file"):
            load_network(path)
    with path.open("wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(FileFormatError, match="holds a single array"):
        load_network(path)


# -- nnet ------------------------------------------------------------------------------------


def test_nnet_files_are_read_as_stored(tmp_path: Path) -> None:
    (tmp_path / "net.nnet").write_text(NNET)
    network = load_network(tmp_path / "net.nnet")
    assert network.weights[0][0].tolist() == [[1, 2], [3, -4], [0.1, 0.01]]
    assert network.weights[0][1].tolist() == [0.5, -0.5, 1]
    assert network.weights[1][0].tolist() == [[1, 2, 3]]
    assert network.weights[1][1].tolist() == [7]
    assert network.rounded_layers == ()


def test_normalization_of_nnet_files_is_composed_exactly_and_rounded_once(tmp_path: Path) -> None:
    (tmp_path / "net.nnet").write_text(NNET)
    network = load_network(tmp_path / "net.nnet", normalize_inputs=True)
    exact = Fraction(0.1) / 2, Fraction(0.01) / 3
    assert network.weights[0][0][2].tolist() == [float(x) for x in exact]
    assert network.weights[0][1][2] == float(1 - exact[0] * Fraction(0.5) - exact[1] * Fraction(0.25))
    assert network.weights[1][0].tolist() == [[10, 20, 30]]
    assert network.weights[1][1].tolist() == [73]
    assert network.rounded_layers == ("layer 0",)
    x = np.array([[0.3, -0.7], [5.0, 2.0]])
    stored = load_network(tmp_path / "net.nnet")
    assert np.allclose(network(x), stored((x - [0.5, 0.25]) / [2, 3]) * 10 + 3)


def test_normalization_of_an_affine_nnet_file(tmp_path: Path) -> None:
    (tmp_path / "net.nnet").write_text("1,1,1,1\n1,1\n0\n0\n0\n1.0,2.0\n4.0,8.0\n3.0\n5.0\n")
    network = load_network(tmp_path / "net.nnet", normalize_inputs=True)
    assert (network.weights[0][0].item(), network.weights[0][1].item()) == (6.0, 5 * 8 - 3 / 4 * 8 + 2)
    assert network.rounded_layers == ()


LINES = NNET.splitlines(keepends=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ends where the header should stand"),
        ("".join(LINES[:3]), "ends where the layer sizes should stand"),
        ("".join(LINES[:11]), "ends where row 2 of the weights of layer 0 should stand"),
        ("".join(LINES[:14]), "ends where bias 2 of layer 0 should stand"),
        ("".join(LINES[:-1]), "ends where bias 0 of layer 1 should stand"),
        (NNET + "1.0\n", "Line 18 of `net.nnet` stands after the last bias"),
        (NNET.replace("3.0,-4.0", "3.0"), "Line 11 of `net.nnet` holds 1 numbers, but row 1 .* has 2"),
        (NNET.replace("3.0,-4.0", "3.0,x"), "Line 11 of `net.nnet` must hold row 1 .* but reads '3.0,x,'"),
        (NNET.replace("3.0,-4.0", "3.0,nan"), "Line 11 of `net.nnet` holds a number that is not finite"),
        (NNET.replace("2, 3, 1,", "2, 3,"), "must hold the layer sizes: 3 whole numbers"),
        (NNET.replace("2, 3, 1,", "2, 0, 1,"), "must be positive"),
        (NNET.replace("2, 3, 1,", "2, 2.5, 1,"), "whole numbers"),
    ],
)
def test_damaged_nnet_files_are_refused_with_what_is_missing(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "net.nnet").write_text(text)
    with pytest.raises(FileFormatError, match=message):
        load_network(tmp_path / "net.nnet")


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("0.5,0.25,3.0,", "0,", "means"),
        ("2.0,3.0,10.0,", "2.0,0.0,10.0,", "ranges"),
        ("2.0,3.0,10.0,", "x", "ranges"),
    ],
)
def test_nnet_files_without_normalization_cannot_be_normalized(
    tmp_path: Path, old: str, new: str, part: str
) -> None:
    (tmp_path / "net.nnet").write_text(NNET.replace(old, new))
    assert load_network(tmp_path / "net.nnet").n_neurons == 3
    with pytest.raises(FileFormatError, match=f"its {part} must be 3 numbers"):
        load_network(tmp_path / "net.nnet", normalize_inputs=True)


def test_a_binary_file_is_no_nnet_file(tmp_path: Path) -> None:
    (tmp_path / "net.nnet").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(FileFormatError, match="is not a text file"):
        load_network(tmp_path / "net.nnet")


# -- by suffix -------------------------------------------------------------------------------


def test_missing_files_are_named(tmp_path: Path) -> None:
    for suffix in ("npz", "pt", "nnet", "onnx"):
        with pytest.raises(MissingFileError, match=r"There is no file .*nowhere"):
            load_network(tmp_path / f"nowhere.{suffix}")
    with pytest.raises(FileNotFoundError):
        load_network(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("name", ["net.h5", "net", "net.npz.gz"])
def test_unknown_suffixes_are_refused_with_the_known_ones(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(FileFormatError, match=r"networks are read from .npz, .pt, .pth, .nnet, .onnx"):
        load_network(tmp_path / name)


def test_options_that_do_not_belong_to_the_file_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "net.npz", **ARRAYS)
    (tmp_path / "net.nnet").write_text(NNET)
    for name in ("net.npz", "net.nnet"):
        with pytest.raises(InvalidArgumentError, match=r"`activation` is for \.pt and \.pth files"):
            load_network(tmp_path / name, activation="relu")
    with pytest.raises(InvalidArgumentError, match=r"`normalize_inputs` is for \.nnet files"):
        load_network(tmp_path / "net.npz", normalize_inputs=True)
