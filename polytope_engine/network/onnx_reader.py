"""Networks from ONNX files, read node by node."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from polytope_engine.errors import (
    FileFormatError,
    MissingDependencyError,
    PolytopeEngineError,
    UnsupportedLayerError,
)
from polytope_engine.network.arrays import FloatArray
from polytope_engine.network.chain import LayerChain
from polytope_engine.network.onnx_agreement import check_agreement
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.network.tensors import tensor_to_float64

SUPPORTED = (
    "Gemm, MatMul, Add, Sub, Relu, LeakyRelu, PRelu, BatchNormalization, Flatten, "
    "Reshape, Dropout, Identity, "
    "Constant"
)
_FOLDED = ("Identity", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten")


def read_onnx(path: str | os.PathLike[str]) -> ReLUNetwork:
    """The network of an ONNX file.

    Understood are one chain of the operators Gemm, MatMul, Add and Sub with constants, Relu,
    LeakyRelu, PRelu, BatchNormalization, Flatten, Reshape to one row a point, Dropout and
    Identity, with constants as initializers or Constant nodes. Inputs of any shape are taken flat.

    Returns
    -------
    ReLUNetwork
        Consecutive affine operators are composed in rational arithmetic, and each entry is
        rounded once to the nearest float64 where it is not one; see `rounded_layers`.

    Raises
    ------
    UnsupportedLayerError
        If an operator is not understood, the graph branches, or the result does not agree with
        the reference evaluation of ONNX.
    FileFormatError
        If the file is no ONNX model.
    MissingDependencyError
        If onnx is not installed.
    """
    try:
        import onnx
    except ImportError as failure:
        raise MissingDependencyError(
            'Reading .onnx files needs onnx: pip install "polytope_engine[onnx]"', package="onnx"
        ) from failure
    name = Path(path).name
    try:
        model = onnx.load(os.fspath(path))
        onnx.checker.check_model(model)
    except FileNotFoundError:
        raise
    except Exception as failure:
        reason = str(failure).strip().split("\n")[0].rstrip(".") or "it is damaged or something else"
        raise FileFormatError(f"`{name}` is not a valid ONNX model: {reason}.") from failure
    try:
        translation = _Translation(model.graph, name)
        network = translation.network()
        check_agreement(model, network, translation.input_shape, name)
    except PolytopeEngineError:
        raise
    except (ValueError, KeyError, TypeError, IndexError) as failure:
        raise FileFormatError(
            f"`{name}` is damaged: its graph or its constants do not fit together ({failure})."
        ) from failure
    return network


class _Translation:
    """Walks through the nodes and builds the chain.

    One point in flight is either a row, shape (1, n) or (1, ..., 1, n), a plain vector (n,), or a
    column (n, 1); what a product from the left or from the right means depends on that.
    """

    def __init__(self, graph: Any, name: str) -> None:
        from onnx import numpy_helper

        self._graph = graph
        self._name = name
        self._chain = LayerChain()
        self._constants: dict[str, Any] = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        inputs = [value for value in graph.input if value.name not in self._constants]
        if len(inputs) != 1 or len(graph.output) != 1:
            raise UnsupportedLayerError(
                f"`{name}` has {len(inputs)} inputs and {len(graph.output)} outputs, "
                "but must have one of each."
            )
        self._flow: str = inputs[0].name
        dims = inputs[0].type.tensor_type.shape.dim
        self.input_shape = tuple(d.dim_value if d.HasField("dim_value") else None for d in dims)
        is_column = len(dims) == 2 and self.input_shape[1] == 1 and (self.input_shape[0] or 0) > 1
        self._form = "vector" if len(dims) == 1 else ("column" if is_column else "row")

    def network(self) -> ReLUNetwork:
        for position, node in enumerate(self._graph.node):
            label = node.name or f"{node.op_type} {position}"
            if node.op_type == "Constant":
                self._constants[node.output[0]] = self._constant(node, label)
                continue
            if self._is_constant(node):
                self._fold(node)
                continue
            if self._flow not in node.input:
                raise UnsupportedLayerError(
                    f"Node `{label}` ({node.op_type}) does not take the output of the node before it: skip "
                    f"connections, branches and operations on constants are not supported.",
                    node=label,
                )
            handler = getattr(self, f"_node_{node.op_type.lower()}", None)
            if handler is None or node.domain not in ("", "ai.onnx"):
                raise UnsupportedLayerError(
                    f"Node `{label}` is the operator {node.op_type}, which is not supported. "
                    f"Supported: {SUPPORTED}.",
                    node=label,
                    operator=node.op_type,
                )
            if list(node.input).count(self._flow) != 1:
                raise UnsupportedLayerError(
                    f"Node `{label}` ({node.op_type}) takes the same value twice, which is not supported."
                )
            handler(node, label)
            self._flow = node.output[0]
        if self._flow != self._graph.output[0].name:
            raise UnsupportedLayerError(f"The output of `{self._name}` is not the result of its last node.")
        return self._chain.network()

    def _is_constant(self, node: Any) -> bool:
        return node.op_type in _FOLDED and all(key in self._constants for key in node.input if key)

    def _fold(self, node: Any) -> None:
        """Evaluate a node that only rearranges constants."""
        from onnx.reference import ReferenceEvaluator

        feeds = {key: self._constants[key] for key in node.input if key}
        results: Any = ReferenceEvaluator(node).run(None, feeds)
        self._constants[node.output[0]] = results[0]

    # -- parts of nodes ---------------------------------------------------------------------

    def _attributes(self, node: Any) -> dict[str, Any]:
        from onnx import helper

        return {a.name: helper.get_attribute_value(a) for a in node.attribute}

    def _constant(self, node: Any, label: str) -> Any:
        from onnx import numpy_helper

        attributes = self._attributes(node)
        if "value" in attributes:
            return numpy_helper.to_array(attributes["value"])
        for key in ("value_float", "value_floats", "value_int", "value_ints"):
            if key in attributes:
                return np.asarray(attributes[key])
        raise UnsupportedLayerError(f"Node `{label}` is a Constant that holds neither numbers nor a tensor.")

    def _array(self, node: Any, index: int, label: str) -> FloatArray:
        """The constant that is an input of a node, as float64."""
        key = node.input[index]
        if key not in self._constants:
            raise UnsupportedLayerError(
                f"Node `{label}` ({node.op_type}) takes `{key}`, which is not a "
                "constant; only products and sums "
                f"with constants are supported.",
                node=label,
            )
        return tensor_to_float64(self._constants[key], f"`{key}` of node `{label}`")

    def _side(self, node: Any) -> int:
        """Which of its inputs is the value in flight."""
        return list(node.input).index(self._flow)

    def _matrix(self, node: Any, index: int, label: str) -> FloatArray:
        matrix = self._array(node, index, label)
        while matrix.ndim > 2 and matrix.shape[0] == 1:
            matrix = matrix[0]
        if matrix.ndim != 2:
            raise UnsupportedLayerError(
                f"Node `{label}` multiplies by shape {matrix.shape}, but must by a matrix."
            )
        return matrix

    def _vector(self, array: FloatArray, width: int, label: str) -> FloatArray:
        """A constant that is added to a point of `width` values, one entry a value."""
        if array.size not in (1, width) or (array.size > 1 and max(array.shape) != array.size):
            raise UnsupportedLayerError(
                f"Node `{label}` has a constant of shape {array.shape}, but must have one entry for each of "
                f"the {width} values.",
                node=label,
            )
        return np.array(np.broadcast_to(array.ravel(), (width,)))

    def _refuse(self, node: Any, label: str, why: str) -> UnsupportedLayerError:
        return UnsupportedLayerError(f"Node `{label}` ({node.op_type}) {why}.", node=label)

    # -- operators --------------------------------------------------------------------------

    def _node_gemm(self, node: Any, label: str) -> None:
        options = self._attributes(node)
        side = self._side(node)
        if side > 1:
            raise self._refuse(node, label, "adds the value in flight to a product, which is not supported")
        matrix = self._matrix(node, 1 - side, label)
        if options.get("transB" if side == 0 else "transA", 0):
            matrix = matrix.T
        flow_is_turned = bool(options.get("transA" if side == 0 else "transB", 0))
        comes_as = "column" if flow_is_turned == (side == 0) else "row"
        if self._form != comes_as:
            raise self._refuse(node, label, f"needs its input as a {comes_as}, but it is a {self._form}")
        self._form = "row" if side == 0 else "column"
        W = np.ascontiguousarray(matrix.T if side == 0 else matrix)
        offset = np.zeros(W.shape[0])
        if len(node.input) > 2 and node.input[2]:
            offset = self._vector(self._array(node, 2, label), W.shape[0], label)
        self._chain.scaled_affine(label, W, offset, options.get("alpha", 1.0), options.get("beta", 1.0))

    def _node_matmul(self, node: Any, label: str) -> None:
        side = self._side(node)
        matrix = self._matrix(node, 1 - side, label)
        wrong = "column" if side == 0 else "row"
        if self._form == wrong:
            raise self._refuse(node, label, f"multiplies a {wrong} from the wrong side")
        self._chain.affine(label, matrix.T if side == 0 else matrix)

    def _node_add(self, node: Any, label: str) -> None:
        self._shift(node, label, 1.0, 1.0)

    def _node_sub(self, node: Any, label: str) -> None:
        if self._side(node) == 0:
            self._shift(node, label, 1.0, -1.0)
        else:
            self._shift(node, label, -1.0, 1.0)

    def _shift(self, node: Any, label: str, factor: float, sign: float) -> None:
        constant = self._array(node, 1 - self._side(node), label)
        self._chain.shift(label, constant, factor=factor, sign=sign)

    def _node_relu(self, node: Any, label: str) -> None:
        self._chain.activation(label, 0.0)

    def _node_leakyrelu(self, node: Any, label: str) -> None:
        default = float(np.float32(0.01))
        self._chain.activation(label, self._attributes(node).get("alpha", default))

    def _node_prelu(self, node: Any, label: str) -> None:
        if self._side(node) != 0:
            raise self._refuse(node, label, "takes the value in flight as its slope")
        slope = self._array(node, 1, label)
        width = self._chain.width or slope.size
        self._chain.activation(label, self._vector(slope, width, label))

    def _node_batchnormalization(self, node: Any, label: str) -> None:
        options = self._attributes(node)
        if options.get("training_mode", 0) or len([o for o in node.output if o]) > 1:
            raise self._refuse(node, label, "is in training mode; export the model in evaluation mode")
        if self._form != "row" or self._side(node) != 0:
            raise self._refuse(node, label, "needs one row a point as its input")
        gamma, beta, mean, variance = (self._array(node, k, label) for k in (1, 2, 3, 4))
        epsilon = options.get("epsilon", float(np.float32(1e-5)))
        self._chain.batch_norm(label, gamma, beta, mean, variance, epsilon)

    def _node_flatten(self, node: Any, label: str) -> None:
        axis = self._attributes(node).get("axis", 1)
        if self._form != "row" or axis != 1:
            raise self._refuse(
                node, label, f"flattens a {self._form} at axis {axis}; it must keep the points apart"
            )

    def _node_reshape(self, node: Any, label: str) -> None:
        if self._side(node) != 0:
            raise self._refuse(node, label, "takes the value in flight as its shape")
        shape = [int(k) for k in self._array(node, 1, label)]
        if len(shape) != 2 or shape[0] not in (-1, 0, 1) or self._form == "column":
            raise self._refuse(node, label, f"reshapes to {shape}, but must make one row of each point")
        self._form = "row"
        if shape[1] > 0:
            self._chain.expect_width(label, shape[1])

    def _node_identity(self, node: Any, label: str) -> None:
        """Nothing changes."""

    def _node_dropout(self, node: Any, label: str) -> None:
        is_training = len(node.input) > 2 and node.input[2] and bool(self._array_of_bool(node, label))
        if is_training:
            raise self._refuse(node, label, "is in training mode; export the model in evaluation mode")

    def _array_of_bool(self, node: Any, label: str) -> Any:
        if node.input[2] not in self._constants:
            raise self._refuse(node, label, "does not say as a constant whether it is in training mode")
        return np.asarray(self._constants[node.input[2]]).any()
