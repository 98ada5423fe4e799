"""Networks from torch modules: what `torch.fx` sees in the forward pass, translated step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from polytope_engine.errors import InvalidArgumentError, MissingDependencyError, UnsupportedLayerError
from polytope_engine.network.chain import LayerChain
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.network.tensors import tensor_to_float64
from polytope_engine.network.torch_agreement import check_agreement
from polytope_engine.network.torch_tracing import evaluation_mode, traced, unwrapped

SUPPORTED = "Linear, ReLU, LeakyReLU, PReLU, Flatten, Dropout, Identity, BatchNorm1d"
_NOT_PIECEWISE_LINEAR = frozenset(
    "Tanh Sigmoid GELU SiLU Softplus LayerNorm RMSNorm GroupNorm Softmax LogSoftmax Softmin ELU SELU CELU Mish "
    "LogSigmoid Softsign Tanhshrink InstanceNorm1d MultiheadAttention LSTM GRU RNN "
    "tanh sigmoid gelu silu softplus layer_norm rms_norm group_norm softmax log_softmax elu selu celu mish "
    "logsigmoid softsign tanhshrink exp log sqrt pow sin cos square normalize instance_norm tanh_ sigmoid_".split()
)


def read_module(module: Any) -> ReLUNetwork:
    """The network that a `torch.nn.Module` computes in evaluation mode.

    The forward pass is traced with `torch.fx`. Understood are Linear (`F.linear`, `x @ W`), ReLU
    (`torch.relu`, `F.relu`, `x.relu()`, `x.clamp(min=0)`), LeakyReLU, PReLU, BatchNorm1d with
    running statistics, Flatten and reshapes that keep each point's values, Dropout and Identity,
    in modules nested or written by hand, as one chain without branches. The input is taken as a
    batch (n_points, d).

    Parameters
    ----------
    module : torch.nn.Module
        Its training flags are left as they are; parameters of 16, 32 or 64 bits are taken exactly.

    Returns
    -------
    ReLUNetwork
        Consecutive affine layers are composed in rational arithmetic, and each entry is rounded
        once to the nearest float64 where it is not one already; `rounded_layers` names the layers
        to which that happened. An activation at the end gets an identity as output layer. The
        slope of a LeakyReLU is the Python float that the module stores.

    Raises
    ------
    UnsupportedLayerError
        If a layer is not piecewise linear or not understood, the forward pass branches or depends
        on the data, or the result does not agree with the module's own forward pass.
    InvalidNetworkError
        If layers do not fit, or there is no linear layer.
    MissingDependencyError
        If torch is not installed.

    Examples
    --------
    >>> import torch
    >>> read_module(torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.LeakyReLU(0.1), torch.nn.Linear(4, 2)))
    <ReLUNetwork 3-4-2, 4 neurons, leaky>
    """
    try:
        import torch
    except ImportError as failure:
        raise MissingDependencyError(
            'Reading torch modules needs torch: pip install "polytope_engine[torch]"', package="torch"
        ) from failure
    if not isinstance(module, torch.nn.Module):
        hint = "; for a state dict use `ReLUNetwork.from_state_dict`" if isinstance(module, dict) else ""
        raise InvalidArgumentError(
            f"`module` is a {type(module).__name__}, but must be a torch.nn.Module{hint}."
        )
    module = unwrapped(module)
    with evaluation_mode(module):
        network = _Translation(module, traced(module)).network()
        check_agreement(module, network)
    return network


class _Size:
    """The shape of a value in flight, or one entry of it."""

    def __init__(self, axis: int | None = None) -> None:
        self.axis = axis


_FLOW = object()


class _Translation:
    """Walks through the traced graph and builds the chain."""

    def __init__(self, module: Any, graph: Any) -> None:
        self._module = module
        self._graph = graph
        self._chain = LayerChain()
        self._values: dict[Any, Any] = {}
        self._inputs: list[Any] = []

    def network(self) -> ReLUNetwork:
        for node in self._graph.nodes:
            self._refuse_branches(node)
            self._values[node] = self._value(node)
        if not self._chain.has_affine:
            raise UnsupportedLayerError(
                f"{type(self._module).__name__} has no Linear layer, so the number of inputs is not known."
            )
        return self._chain.network()

    def _value(self, node: Any) -> Any:
        if node.op == "placeholder":
            self._inputs.append(node)
            return _FLOW if len(self._inputs) == 1 else None
        if node.op == "get_attr":
            return _attribute(self._module, node.target)
        if node.op == "output":
            if len(node.args) != 1 or self._values.get(_key(node.args[0])) is not _FLOW:
                raise UnsupportedLayerError(
                    f"{type(self._module).__name__} must return one tensor that depends on its input."
                )
            return None
        if not any(self._values[source] is _FLOW or isinstance(self._values[source], _Size)
                   for source in node.all_input_nodes):
            return self._constant(node)
        if node.op == "call_module":
            self._require_flow(node, node.args)
            self._push_module(node.target, self._module.get_submodule(node.target))
            return _FLOW
        return self._push_function(node)

    def _refuse_branches(self, node: Any) -> None:
        users = [user for user in node.users if not _is_size(user)]
        is_flow = node.op in ("call_module", "call_function", "call_method") or node is self._first_input()
        if is_flow and len(users) > 1 and not _is_size(node) and not _is_constant(node, self._values):
            names = " and ".join(f"`{_name(user)}`" for user in users[:2])
            raise UnsupportedLayerError(
                f"The output of `{_name(node)}` is used by {names}: skip connections and branches are not "
                f"supported. Supported: one chain of {SUPPORTED}.",
                layer=_name(node),
            )

    def _first_input(self) -> Any:
        return next(iter(self._graph.nodes))

    def _constant(self, node: Any) -> Any:
        """The value of an operation on weights alone."""
        if _function_name(node).startswith("_assert"):
            return None
        if any(source.op == "placeholder" for source in node.all_input_nodes):
            raise UnsupportedLayerError(
                f"{type(self._module).__name__} uses more than one input, in `{_name(node)}`; "
                f"a network takes one."
            )
        args, kwargs = self._arguments(node)
        if node.op == "call_module":
            return self._module.get_submodule(node.target)(*args, **kwargs)
        if node.op == "call_method":
            return getattr(args[0], node.target)(*args[1:], **kwargs)
        return node.target(*args, **kwargs)

    def _arguments(self, node: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        from torch.fx.node import map_arg

        args: tuple[Any, ...] = map_arg(node.args, self._values.__getitem__)
        kwargs: dict[str, Any] = map_arg(node.kwargs, self._values.__getitem__)
        return args, kwargs

    def _require_flow(self, node: Any, args: tuple[Any, ...]) -> None:
        if len(args) != 1 or self._values.get(_key(args[0])) is not _FLOW:
            raise UnsupportedLayerError(f"Layer `{_name(node)}` must be called with one tensor and nothing else.")

    # -- layers -----------------------------------------------------------------------------

    def _push_module(self, name: str, part: Any) -> None:
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

    def _push_function(self, node: Any) -> Any:
        args, kwargs = self._arguments(node)
        if _is_size(node):
            return _size(node, args, kwargs)
        name, kind = _name(node), _function_name(node)
        n_flows = sum(value is _FLOW for value in (*args, *kwargs.values()))
        if n_flows > 1:
            raise UnsupportedLayerError(
                f"Operation `{name}` joins two branches (a skip connection), which is not supported. "
                f"Supported: one chain of {SUPPORTED}."
            )
        handler: Callable[..., None] | None = getattr(self, f"_function_{kind}", None)
        if handler is None or n_flows == 0:
            raise _unsupported(f"Operation `{name}`", kind)
        if args and args[0] is not _FLOW and "input" not in kwargs and kind not in _EITHER_ORDER:
            raise _unsupported(f"Operation `{name}`", kind)
        flow_first = [a for a in args if a is not _FLOW] if kind not in _EITHER_ORDER else list(args)
        kwargs = {key: value for key, value in kwargs.items() if value is not _FLOW}
        try:
            handler(name, *flow_first, **kwargs)
        except TypeError as failure:
            raise UnsupportedLayerError(
                f"Operation `{name}` ({kind}) is called in a way that is not understood: {failure}."
            ) from failure
        return _FLOW

    def _function_relu(self, name: str, inplace: bool = False) -> None:
        self._chain.activation(name, 0.0)

    _function_relu_ = _function_relu

    def _function_leaky_relu(self, name: str, negative_slope: float = 0.01, inplace: bool = False) -> None:
        self._chain.activation(name, negative_slope)

    _function_leaky_relu_ = _function_leaky_relu

    def _function_prelu(self, name: str, weight: Any) -> None:
        self._chain.activation(name, tensor_to_float64(weight, f"The slope of `{name}`"))

    def _function_clamp(self, name: str, min: Any = None, max: Any = None) -> None:  # noqa: A002
        if max is not None or not isinstance(min, int | float) or min != 0:
            raise UnsupportedLayerError(
                f"Operation `{name}` clamps to [{min}, {max}]; only `clamp(min=0)`, which is ReLU, is supported."
            )
        self._chain.activation(name, 0.0)

    _function_clamp_ = _function_clip = _function_clamp_min = _function_clamp_min_ = _function_clamp

    def _function_linear(self, name: str, weight: Any, bias: Any = None) -> None:
        self._push_linear(name, weight, bias)

    def _function_matmul(self, name: str, left: Any, right: Any) -> None:
        if left is not _FLOW or getattr(right, "ndim", 0) != 2:
            raise UnsupportedLayerError(f"Operation `{name}` must multiply the points by a matrix on their right.")
        self._push_linear(name, right.T, None)

    def _function_add(self, name: str, left: Any, right: Any, *, alpha: Any = 1) -> None:
        if alpha != 1:
            raise UnsupportedLayerError(f"Operation `{name}` adds with alpha={alpha}, which is not supported.")
        self._push_shift(name, right if left is _FLOW else left, 1.0, 1.0)

    _function_iadd = _function_add

    def _function_sub(self, name: str, left: Any, right: Any, *, alpha: Any = 1) -> None:
        if alpha != 1:
            raise UnsupportedLayerError(f"Operation `{name}` subtracts with alpha={alpha}, which is not supported.")
        if left is _FLOW:
            self._push_shift(name, right, 1.0, -1.0)
        else:
            self._push_shift(name, left, -1.0, 1.0)

    def _push_shift(self, name: str, constant: Any, factor: float, sign: float) -> None:
        offset = tensor_to_float64(constant, f"The constant of `{name}`")
        self._chain.shift(name, offset, factor=factor, sign=sign)

    def _function_dropout(self, name: str, p: float = 0.5, training: bool = True, inplace: bool = False) -> None:
        if training and p != 0:
            raise UnsupportedLayerError(
                f"Operation `{name}` drops values at random also in evaluation; pass `training=self.training`."
            )

    def _function_flatten(self, name: str, start_dim: int = 0, end_dim: int = -1) -> None:
        self._push_flatten(name, start_dim, end_dim)

    def _function_reshape(self, name: str, *shape: Any) -> None:
        sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
        keeps_points = len(sizes) == 2 and (sizes[0] == -1 or (isinstance(sizes[0], _Size) and sizes[0].axis == 0))
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


_EITHER_ORDER = ("matmul", "add", "iadd", "sub")


def _attribute(module: Any, target: str) -> Any:
    value = module
    for part in target.split("."):
        value = getattr(value, part)
    return value


def _key(argument: Any) -> Any:
    """The argument where it is a node of the graph; otherwise something that is no node."""
    return argument if hasattr(argument, "all_input_nodes") else None


def _name(node: Any) -> str:
    return str(node.target) if node.op == "call_module" else str(node.name)


def _function_name(node: Any) -> str:
    if node.op == "call_method":
        return str(node.target)
    name = str(getattr(node.target, "__name__", node.target))
    return name.strip("_") if name.startswith("__") else name


def _is_size(node: Any) -> bool:
    """Whether a node asks for the shape of a tensor, or for an entry of such a shape."""
    if node.op == "call_method" and node.target == "size":
        return True
    if node.op != "call_function":
        return False
    name = _function_name(node)
    return (name == "getattr" and node.args[1] == "shape") or (
        name == "getitem" and hasattr(node.args[0], "op") and _is_size(node.args[0])
    )


def _size(node: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Size:
    if _function_name(node) == "getattr":
        return _Size()
    axis = kwargs.get("dim", args[1] if len(args) > 1 else None)
    return _Size(axis if isinstance(axis, int) else None)


def _is_constant(node: Any, values: dict[Any, Any]) -> bool:
    sources = node.all_input_nodes
    return node.op != "placeholder" and not any(values.get(source) is _FLOW for source in sources)


def _unsupported(what: str, kind: str) -> UnsupportedLayerError:
    article = "an" if kind[:1] in "AEIOUaeiou" or kind == "LSTM" else "a"
    reason = "not piecewise linear" if kind in _NOT_PIECEWISE_LINEAR else "not supported"
    return UnsupportedLayerError(
        f"{what} is {article} {kind}, which is {reason}. Supported: {SUPPORTED}.", kind=kind
    )
