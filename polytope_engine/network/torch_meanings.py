"""What each torch layer and function does to the points, as a step of a chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from polytope_engine.errors import UnsupportedLayerError
from polytope_engine.network.chain import LayerChain
from polytope_engine.network.tensors import tensor_to_float64

SUPPORTED = "Linear, ReLU, LeakyReLU, PReLU, Flatten, Dropout, Identity, BatchNorm1d"
_NOT_PIECEWISE_LINEAR = frozenset(
    [
        "Tanh",
        "Sigmoid",
        "GELU",
        "SiLU",
        "Softplus",
        "LayerNorm",
        "RMSNorm",
        "GroupNorm",
        "Softmax",
        "LogSoftmax",
        "Softmin",
        "ELU",
        "SELU",
        "CELU",
        "Mish",
        "LogSigmoid",
        "Softsign",
        "Tanhshrink",
        "InstanceNorm1d",
        "MultiheadAttention",
        "LSTM",
        "GRU",
        "RNN",
        "tanh",
        "sigmoid",
        "gelu",
        "silu",
        "softplus",
        "layer_norm",
        "rms_norm",
        "group_norm",
        "softmax",
        "log_softmax",
        "elu",
        "selu",
        "celu",
        "mish",
        "logsigmoid",
        "softsign",
        "tanhshrink",
        "exp",
        "log",
        "sqrt",
        "pow",
        "sin",
        "cos",
        "square",
        "normalize",
        "instance_norm",
        "tanh_",
        "sigmoid_",
    ]
)
_EITHER_ORDER = ("matmul", "add", "iadd", "sub")


class Size:
    """The shape of a value in flight, or one entry of it."""

    def __init__(self, axis: int | None = None) -> None:
        self.axis = axis


FLOW = object()
"""Stands for the points wherever they are an argument."""


class Meanings:
    """Translates layers and functions, one at a time, into steps of a chain.

    Each function has a method `_function_<name>` with the arguments of torch, the points left out.
    """

    def __init__(self, chain: LayerChain) -> None:
        self._chain = chain

    # -- layers -----------------------------------------------------------------------------

    def module(self, name: str, part: Any) -> None:
        """Add the layer `part`, called `name`."""
        from torch import nn

        forward = type(part).forward
        if forward is nn.Linear.forward:
            self._push_linear(name, part.weight, part.bias)
        elif forward is nn.ReLU.forward:
            self._chain.activation(name, 0.0)
        elif forward is nn.LeakyReLU.forward:
            self._chain.activation(name, part.negative_slope)
        elif forward is nn.PReLU.forward:
            self._chain.activation(name, tensor_to_float64(part.weight, f"The slope of layer `{name}`"))
        elif isinstance(part, nn.BatchNorm1d) and forward is nn.BatchNorm1d.forward:
            self._push_batch_norm(name, part)
        elif forward is nn.Flatten.forward:
            self._push_flatten(name, part.start_dim, part.end_dim)
        elif forward not in (nn.Identity.forward, nn.Dropout.forward, nn.AlphaDropout.forward):
            raise _unsupported(f"Layer `{name}`", type(part).__name__)

    def _push_linear(self, name: str, weight: Any, bias: Any) -> None:
        W = tensor_to_float64(weight, f"The weight of layer `{name}`")
        b = None if bias is None else tensor_to_float64(bias, f"The bias of layer `{name}`")
        self._chain.affine(name, W, b)

    def _push_batch_norm(self, name: str, part: Any) -> None:
        if part.running_mean is None or part.running_var is None:
            raise UnsupportedLayerError(
                f"Layer `{name}` is a BatchNorm1d without running statistics, so its output depends on the "
                f"whole batch; make it with `track_running_stats=True`.",
                layer=name,
            )
        mean = tensor_to_float64(part.running_mean, f"The mean of layer `{name}`")
        variance = tensor_to_float64(part.running_var, f"The variance of layer `{name}`")
        gamma, beta = np.ones_like(mean), np.zeros_like(mean)
        if part.weight is not None:
            gamma = tensor_to_float64(part.weight, f"The weight of layer `{name}`")
        if part.bias is not None:
            beta = tensor_to_float64(part.bias, f"The bias of layer `{name}`")
        self._chain.batch_norm(name, gamma, beta, mean, variance, part.eps)

    def _push_flatten(self, name: str, start: Any, end: Any) -> None:
        if start not in (1, -1) or end not in (-1, 1):
            raise UnsupportedLayerError(
                f"Layer `{name}` flattens dimensions {start} to {end}, but only flattening everything after "
                f"the first dimension keeps the points apart.",
                layer=name,
            )

    # -- functions and methods --------------------------------------------------------------

    def function(self, name: str, kind: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Add the function or tensor method `kind`, called with these arguments."""
        n_flows = sum(value is FLOW for value in (*args, *kwargs.values()))
        if n_flows > 1:
            raise UnsupportedLayerError(
                f"Operation `{name}` joins two branches (a skip connection), which is not supported. "
                f"Supported: one chain of {SUPPORTED}."
            )
        handler: Callable[..., None] | None = getattr(self, f"_function_{kind}", None)
        if handler is None or n_flows == 0:
            raise _unsupported(f"Operation `{name}`", kind)
        if args and args[0] is not FLOW and "input" not in kwargs and kind not in _EITHER_ORDER:
            raise _unsupported(f"Operation `{name}`", kind)
        flow_first = [a for a in args if a is not FLOW] if kind not in _EITHER_ORDER else list(args)
        kwargs = {key: value for key, value in kwargs.items() if value is not FLOW}
        try:
            handler(name, *flow_first, **kwargs)
        except TypeError as failure:
            raise UnsupportedLayerError(
                f"Operation `{name}` ({kind}) is called in a way that is not understood: {failure}."
            ) from failure

    def _function_relu(self, name: str, inplace: bool = False) -> None:
        self._chain.activation(name, 0.0)

    _function_relu_ = _function_relu

    def _function_leaky_relu(self, name: str, negative_slope: float = 0.01, inplace: bool = False) -> None:
        self._chain.activation(name, negative_slope)

    _function_leaky_relu_ = _function_leaky_relu

    def _function_prelu(self, name: str, weight: Any) -> None:
        self._chain.activation(name, tensor_to_float64(weight, f"The slope of `{name}`"))

    def _function_clamp(self, name: str, min: Any = None, max: Any = None) -> None:
        if max is not None or not isinstance(min, int | float) or min != 0:
            raise UnsupportedLayerError(
                f"Operation `{name}` clamps to [{min}, {max}]; only `clamp(min=0)`, "
                "which is ReLU, is supported."
            )
        self._chain.activation(name, 0.0)

    _function_clamp_ = _function_clip = _function_clamp_min = _function_clamp_min_ = _function_clamp

    def _function_linear(self, name: str, weight: Any, bias: Any = None) -> None:
        self._push_linear(name, weight, bias)

    def _function_matmul(self, name: str, left: Any, right: Any) -> None:
        if left is not FLOW or getattr(right, "ndim", 0) != 2:
            raise UnsupportedLayerError(
                f"Operation `{name}` must multiply the points by a matrix on their right."
            )
        self._push_linear(name, right.T, None)

    def _function_add(self, name: str, left: Any, right: Any, *, alpha: Any = 1) -> None:
        if alpha != 1:
            raise UnsupportedLayerError(
                f"Operation `{name}` adds with alpha={alpha}, which is not supported."
            )
        self._push_shift(name, right if left is FLOW else left, 1.0, 1.0)

    _function_iadd = _function_add

    def _function_sub(self, name: str, left: Any, right: Any, *, alpha: Any = 1) -> None:
        if alpha != 1:
            raise UnsupportedLayerError(
                f"Operation `{name}` subtracts with alpha={alpha}, which is not supported."
            )
        if left is FLOW:
            self._push_shift(name, right, 1.0, -1.0)
        else:
            self._push_shift(name, left, -1.0, 1.0)

    def _push_shift(self, name: str, constant: Any, factor: float, sign: float) -> None:
        offset = tensor_to_float64(constant, f"The constant of `{name}`")
        self._chain.shift(name, offset, factor=factor, sign=sign)

    def _function_dropout(
        self, name: str, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> None:
        if training and p != 0:
            raise UnsupportedLayerError(
                f"Operation `{name}` drops values at random also in evaluation; pass "
                "`training=self.training`."
            )

    def _function_flatten(self, name: str, start_dim: int = 0, end_dim: int = -1) -> None:
        self._push_flatten(name, start_dim, end_dim)

    def _function_reshape(self, name: str, *shape: Any) -> None:
        sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
        keeps_points = len(sizes) == 2 and (
            sizes[0] == -1 or (isinstance(sizes[0], Size) and sizes[0].axis == 0)
        )
        if not keeps_points or (sizes[0] == -1 and not isinstance(sizes[1], int)):
            raise UnsupportedLayerError(
                f"Operation `{name}` reshapes to something else than (number of points, number of values)."
            )
        if isinstance(sizes[1], int) and sizes[1] != -1:
            self._chain.expect_width(name, sizes[1])

    _function_view = _function_reshape

    def _function_contiguous(self, name: str) -> None:
        """Nothing changes."""

    _function_clone = _function_detach = _function_float = _function_double = _function_contiguous


def _unsupported(what: str, kind: str) -> UnsupportedLayerError:
    article = "an" if kind[:1] in "AEIOUaeiou" or kind == "LSTM" else "a"
    reason = "not piecewise linear" if kind in _NOT_PIECEWISE_LINEAR else "not supported"
    return UnsupportedLayerError(
        f"{what} is {article} {kind}, which is {reason}. Supported: {SUPPORTED}.", kind=kind
    )
