"""Reading ONNX files: which operators, in which form, and what is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from polytope_engine.errors import (
    FileFormatError,
    InvalidNetworkError,
    MissingDependencyError,
    PolytopeEngineError,
    UnsupportedLayerError,
)
from polytope_engine.network.loading import load_network
from polytope_engine.network.relu_network import ReLUNetwork

RNG = np.random.default_rng(0)
W = {f"W{n}{m}": RNG.normal(size=(n, m)).astype(np.float32) for n in range(1, 6) for m in range(1, 6)}
V = {f"v{n}": RNG.normal(size=n).astype(np.float32) for n in range(1, 6)}
COLUMNS = {f"c{n}": V[f"v{n}"].reshape(n, 1) for n in range(1, 6)}
CONSTANTS: dict[str, Any] = {
    **W, **V, **COLUMNS,
    "half": np.array(0.5, dtype=np.float32),
    "row3": V["v3"].reshape(1, 3),
    "variance": np.array([0.5, 1.0, 2.0], dtype=np.float32),
    "flat": np.array([-1, 4], dtype=np.int64),
    "kept": np.array([0, -1], dtype=np.int64),
    "to6": np.array([-1, 6], dtype=np.int64),
    "no": np.array(False), "yes": np.array(True),
    "ratio": np.array(0.5, dtype=np.float32),
}  # fmt: skip


def node(text: str, **attributes: Any) -> Any:
    """A node from `Op a,b`: each node's output is `h`, which `h` in the next one stands for."""
    op, inputs = text.split()
    return op, inputs.split(","), attributes


def write(path: Path, shape: list[Any], nodes: list[Any], output: str | None = None) -> Path:
    made, current = [], "x"
    for k, (op, inputs, attributes) in enumerate(nodes):
        names = [current if name == "h" else name for name in inputs]
        current = f"h{k}"
        made.append(helper.make_node(op, names, [current], name=f"n{k}", **attributes))
    used = {name for made_node in made for name in made_node.input}
    graph = helper.make_graph(
        made,
        "test",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(output or current, TensorProto.FLOAT, ["p", "q"])],
        [numpy_helper.from_array(value, name) for name, value in CONSTANTS.items() if name in used],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8), str(path))
    return path


def read(path: Path, shape: list[Any], nodes: list[Any]) -> ReLUNetwork:
    """The network of a model, after comparing it with the reference evaluation at 20 points."""
    write(path, shape, nodes)
    network = load_network(path)
    evaluator = ReferenceEvaluator(str(path))
    one = [s if isinstance(s, int) else 1 for s in shape]
    for _ in range(20):
        x = RNG.normal(size=network.input_dim).astype(np.float32)
        (y,) = evaluator.run(None, {"x": x.reshape(one)})
        assert np.allclose(y.ravel(), network(x), rtol=1e-4, atol=1e-5)
    return network


BATCH_NORM = node("BatchNormalization h,v3,v3,v3,variance", epsilon=1e-3)
MODELS: dict[str, tuple[list[Any], list[Any]]] = {
    "Gemm": ([1, 4], [node("Gemm h,W43,v3"), node("Relu h"), node("Gemm h,W32,v2")]),
    "Gemm with open batch": (["batch", 4], [node("Gemm h,W43"), node("Relu h"), node("Gemm h,W32")]),
    "Gemm transposed and scaled": (
        [1, 4],
        [node("Gemm h,W34,row3", transB=1, alpha=0.5, beta=3.0), node("Relu h")],
    ),
    "Gemm from the left": ([4, 1], [node("Gemm W34,h,c3"), node("Relu h"), node("Gemm W32,h,c2", transA=1)]),
    "Gemm turning a column": ([4, 1], [node("Gemm h,W43,v3", transA=1), node("Relu h"), node("Gemm h,W32")]),
    "Gemm turning a row": ([1, 4], [node("Gemm W34,h,c3", transB=1), node("Relu h"), node("MatMul W23,h")]),
    "MatMul on the right": (
        [1, 4],
        [node("MatMul h,W43"), node("Add h,v3"), node("Relu h"), node("MatMul h,W32")],
    ),
    "MatMul on the left": (
        [4],
        [node("MatMul W34,h"), node("Add v3,h"), node("Relu h"), node("MatMul W23,h")],
    ),
    "MatMul of a vector on the right": ([4], [node("MatMul h,W43"), node("Relu h"), node("MatMul h,W32")]),
    "MatMul of a column": (
        [4, 1],
        [node("MatMul W34,h"), node("Add h,c3"), node("Relu h"), node("MatMul W23,h")],
    ),
    "Sub": (
        [1, 4],
        [node("Sub h,half"), node("Gemm h,W43"), node("Sub row3,h"), node("Relu h"), node("Sub h,v3")],
    ),
    "LeakyRelu": ([1, 4], [node("Gemm h,W43"), node("LeakyRelu h", alpha=0.2), node("Gemm h,W32")]),
    "LeakyRelu by default": ([1, 4], [node("Gemm h,W43"), node("LeakyRelu h"), node("Gemm h,W32")]),
    "PRelu": ([1, 4], [node("Gemm h,W43"), node("PRelu h,v3"), node("PRelu h,half"), node("Gemm h,W32")]),
    "BatchNormalization": ([1, 4], [node("Gemm h,W43"), BATCH_NORM, node("Relu h"), node("Gemm h,W32")]),
    "Flatten": ([1, 1, 2, 2], [node("Flatten h"), node("Gemm h,W43"), node("Relu h")]),
    "ACAS shape": ([1, 1, 1, 4], [node("Sub h,v4"), node("Flatten h"), node("MatMul h,W43"), node("Relu h")]),
    "Reshape": (
        [1, 2, 2],
        [node("Reshape h,flat"), node("Gemm h,W43"), node("Reshape h,kept"), node("Relu h")],
    ),
    "Identity and Dropout": (
        [1, 4],
        [
            node("Identity h"),
            node("Gemm h,W43"),
            node("Dropout h,ratio,no"),
            node("Dropout h"),
            node("Relu h"),
        ],
    ),
}


@pytest.mark.parametrize(("shape", "nodes"), MODELS.values(), ids=MODELS.keys())
def test_operators_are_understood(tmp_path: Path, shape: list[Any], nodes: list[Any]) -> None:
    network = read(tmp_path / "net.onnx", shape, nodes)
    assert network.input_dim == 4
    assert network.n_hidden_layers >= 1


def test_weights_are_taken_exactly(tmp_path: Path) -> None:
    network = read(tmp_path / "net.onnx", [1, 4], MODELS["MatMul on the right"][1])
    assert network.weights[0][0].tolist() == W["W43"].T.astype(float).tolist()
    assert network.weights[0][1].tolist() == V["v3"].astype(float).tolist()
    assert network.rounded_layers == ()


def test_batch_normalization_is_named_as_rounded(tmp_path: Path) -> None:
    network = read(tmp_path / "net.onnx", [1, 4], MODELS["BatchNormalization"][1])
    assert network.rounded_layers == ("n0 + n1",)


def test_the_slope_of_leaky_relu_is_the_float32_in_the_file(tmp_path: Path) -> None:
    network = read(tmp_path / "net.onnx", [1, 4], MODELS["LeakyRelu"][1])
    assert network.negative_slopes[0].tolist() == [float(np.float32(0.2))] * 3


def test_constant_nodes_and_rearranged_constants_are_read(tmp_path: Path) -> None:
    weight = numpy_helper.from_array(W["W34"], "weight")
    nodes = [
        helper.make_node("Constant", [], ["w"], value=weight),
        helper.make_node("Transpose", ["w"], ["turned"], perm=[1, 0]),
        helper.make_node("Constant", [], ["s"], value_float=0.25),
        helper.make_node("MatMul", ["x", "turned"], ["a"]),
        helper.make_node("Add", ["a", "s"], ["b"]),
        helper.make_node("Relu", ["b"], ["y"]),
    ]
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, s]) for n, s in (("x", 4), ("y", 3))]
    model = helper.make_model(helper.make_graph(nodes, "g", values[:1], values[1:]), ir_version=8,
                              opset_imports=[helper.make_opsetid("", 14)])  # fmt: skip
    onnx.save(model, str(tmp_path / "net.onnx"))
    network = load_network(tmp_path / "net.onnx")
    assert network.weights[0][0].tolist() == W["W34"].astype(float).tolist()
    assert network.weights[0][1].tolist() == [0.25] * 3


START = node("Gemm h,W43,v3")
REFUSED: dict[str, tuple[list[Any], list[Any]]] = {
    "Node `n1` is the operator Tanh, which is not supported. Supported: Gemm": (
        [1, 4],
        [START, node("Tanh h")],
    ),
    "Node `n1` is the operator Softmax": ([1, 4], [START, node("Softmax h")]),
    "Node `n1` is the operator Mul": ([1, 4], [START, node("Mul h,half")]),
    "Node `n0` is the operator Conv": ([1, 1, 4], [node("Conv h,W43")]),
    r"Node `n2` \(Add\) takes `h0`, which is not a constant": (
        [1, 4],
        [START, node("Relu h"), node("Add h,h0")],
    ),
    r"Node `n2` \(Relu\) does not take the output of the node before it": (
        [1, 4],
        [START, node("Relu h"), node("Relu h0")],
    ),
    r"Node `n1` \(Add\) takes the same value twice": ([1, 4], [START, node("Add h,h")]),
    r"Node `n1` \(Flatten\) flattens a row at axis 0": ([1, 4], [START, node("Flatten h", axis=0)]),
    r"Node `n1` \(Reshape\) reshapes to \[-1, 6\]|`n1` expects 6 inputs": (
        [1, 4],
        [START, node("Reshape h,to6")],
    ),
    r"Node `n1` \(Dropout\) is in training mode": ([1, 4], [START, node("Dropout h,ratio,yes")]),
    r"Node `n0` \(MatMul\) multiplies a column from the wrong side": ([4, 1], [node("MatMul h,W13")]),
    r"Node `n0` \(Gemm\) needs its input as a row, but it is a column": ([4, 1], [node("Gemm h,W13")]),
    r"Node `n1` \(PRelu\) takes the value in flight as its slope": ([1, 4], [START, node("PRelu v3,h")]),
    r"Node `n0` \(Gemm\) adds the value in flight": ([1, 3], [node("Gemm W43,W33,h")]),
    r"The input of `net.onnx` has shape \[2, 4\]": ([2, 4], [START]),
}


@pytest.mark.parametrize(("message", "model"), REFUSED.items(), ids=REFUSED.keys())
def test_what_is_not_understood_is_refused_by_name(
    tmp_path: Path, message: str, model: tuple[list[Any], list[Any]]
) -> None:
    with pytest.raises(PolytopeEngineError, match=message):
        load_network(write(tmp_path / "net.onnx", *model))


def test_layers_that_do_not_fit_are_refused_before_they_are_run(tmp_path: Path) -> None:
    path = write(tmp_path / "net.onnx", [1, 4], [START, node("Relu h"), node("MatMul h,W42")])
    with pytest.raises(InvalidNetworkError, match=r"`n2` expects 4 inputs, but layer `n0` has 3 outputs"):
        load_network(path)


def test_an_output_that_is_not_the_last_value_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "net.onnx", [1, 4], [START, node("Relu h")], output="h0")
    with pytest.raises(UnsupportedLayerError, match="is not the result of its last node"):
        load_network(path)


def test_a_network_that_differs_from_the_model_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from polytope_engine.network import onnx_reader

    def halved(self: Any, node: Any, label: str) -> None:
        self._chain.activation(label, 0.001)

    monkeypatch.setattr(onnx_reader._Translation, "_node_relu", halved)
    path = write(tmp_path / "net.onnx", *MODELS["Gemm"])
    with pytest.raises(UnsupportedLayerError, match="does not agree with the network that was read from it"):
        load_network(path)


def test_damaged_onnx_files_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "net.onnx", *MODELS["Gemm"])
    content = path.read_bytes()
    for damaged in (b"", b"not a network", content[: len(content) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(FileFormatError, match=r"`net\.onnx` is not a valid ONNX model: "):
            load_network(path)


def test_without_onnx_the_error_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net.onnx").write_bytes(b"")
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "polytope_engine\[onnx\]"'):
        load_network(tmp_path / "net.onnx")
