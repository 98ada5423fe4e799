"""Networks from torch modules: what `torch.fx` sees in the forward pass, translated step by step."""

from __future__ import annotations

from typing import Any

from polytope_engine.errors import InvalidArgumentError, MissingDependencyError, UnsupportedLayerError
from polytope_engine.network.chain import LayerChain
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.network.torch_agreement import check_agreement
from polytope_engine.network.torch_meanings import FLOW, SUPPORTED, Meanings, Size
from polytope_engine.network.torch_tracing import evaluation_mode, traced, unwrapped


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
    >>> from torch import nn
    >>> read_module(nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.1), nn.Linear(4, 2)))
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
            f"`module` has type {type(module).__name__}, but must be a torch.nn.Module{hint}."
        )
    module = unwrapped(module)
    with evaluation_mode(module):
        network = _Translation(module, traced(module)).network()
        check_agreement(module, network)
    return network


class _Translation:
    """Walks through the traced graph and builds the chain."""

    def __init__(self, module: Any, graph: Any) -> None:
        self._module = module
        self._graph = graph
        self._chain = LayerChain()
        self._meanings = Meanings(self._chain)
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
            return FLOW if len(self._inputs) == 1 else None
        if node.op == "get_attr":
            return _attribute(self._module, node.target)
        if node.op == "output":
            if len(node.args) != 1 or self._values.get(_key(node.args[0])) is not FLOW:
                raise UnsupportedLayerError(
                    f"{type(self._module).__name__} must return one tensor that depends on its input."
                )
            return None
        if not any(
            self._values[source] is FLOW or isinstance(self._values[source], Size)
            for source in node.all_input_nodes
        ):
            return self._constant(node)
        if node.op == "call_module":
            self._require_flow(node, node.args)
            self._meanings.module(node.target, self._module.get_submodule(node.target))
            return FLOW
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
        if len(args) != 1 or self._values.get(_key(args[0])) is not FLOW:
            raise UnsupportedLayerError(
                f"Layer `{_name(node)}` must be called with one tensor and nothing else."
            )

    def _push_function(self, node: Any) -> Any:
        args, kwargs = self._arguments(node)
        if _is_size(node):
            return _size(node, args, kwargs)
        self._meanings.function(_name(node), _function_name(node), args, kwargs)
        return FLOW


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


def _size(node: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Size:
    if _function_name(node) == "getattr":
        return Size()
    axis = kwargs.get("dim", args[1] if len(args) > 1 else None)
    return Size(axis if isinstance(axis, int) else None)


def _is_constant(node: Any, values: dict[Any, Any]) -> bool:
    sources = node.all_input_nodes
    return node.op != "placeholder" and not any(values.get(source) is FLOW for source in sources)
