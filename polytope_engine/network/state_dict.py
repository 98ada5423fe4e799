"""Networks from state dicts: weights by key, in order, without any activation."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from polytope_engine.errors import (
    FileFormatError,
    InvalidArgumentError,
    InvalidNetworkError,
    MissingDependencyError,
    UnsupportedLayerError,
)
from polytope_engine.network.arrays import FloatArray
from polytope_engine.network.chain import LayerChain
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.network.tensors import tensor_to_float64

BATCH_NORM_EPSILON = 1e-5
_BATCH_NORM = {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}
_CHOICES = '"relu", "leaky_relu", ("leaky_relu", slope), "leaky_relu:0.2" or "prelu"'


def read_state_dict(state_dict: Mapping[str, Any], activation: Any = None) -> ReLUNetwork:
    """The fully connected network with the weights of a state dict.

    Layers are taken in the order of the keys. A two-dimensional `*.weight`, with or without
    `*.bias`, is a linear layer. The activation stands between every two linear layers, after the
    batch normalization if there is one. A group with `running_mean` and `running_var` is a batch
    normalization of the linear layer before it; a state dict does not hold its epsilon, so 1e-5,
    the default of torch, is taken.

    Parameters
    ----------
    state_dict : mapping of str to tensors or arrays
        All keys must be read, or the state dict is refused.
    activation : {"relu", "leaky_relu", ("leaky_relu", slope), "leaky_relu:slope", "prelu"}
        Required, for a state dict does not say. Leaky ReLU has slope 0.01 unless another is
        given. For "prelu" the one-dimensional `*.weight` between linear layers are the slopes.

    Returns
    -------
    ReLUNetwork

    Raises
    ------
    InvalidArgumentError
        If `activation` is left out or not one of these.
    UnsupportedLayerError
        If a key belongs to a convolution or to anything else that is not understood.
    InvalidNetworkError
        If the layers do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> state_dict = {"fc.weight": np.ones((3, 2)), "out.weight": np.ones((1, 3))}
    >>> read_state_dict(state_dict, activation="leaky_relu:0.5")
    <ReLUNetwork 2-3-1, 3 neurons, leaky>
    """
    slope = _slope(activation)
    if not isinstance(state_dict, Mapping):
        raise InvalidArgumentError(
            f"`state_dict` has type {type(state_dict).__name__}, but must map keys to tensors; "
            f"pass `model.state_dict()`."
        )
    steps = _steps(_groups(state_dict), is_prelu=slope is None)
    linear = [k for k, (kind, _, _) in enumerate(steps) if kind == "linear"]
    if not linear:
        raise InvalidNetworkError("The state dict has no linear layer: no two-dimensional `*.weight`.")
    chain = LayerChain(label="{}".format)
    for k, (kind, prefix, parts) in enumerate(steps):
        name = f"Layer {linear.index(k)}" if kind == "linear" else f"`{prefix}`"
        if kind == "linear":
            _check_bias_only(parts, prefix)
            chain.affine(name, parts["weight"], parts.get("bias"))
        elif kind == "batch_norm":
            _push_batch_norm(chain, name, parts)
        else:
            chain.activation(name, parts["weight"])
            continue
        following = steps[k + 1][0] if k + 1 < len(steps) else "end"
        if slope is not None and following == "linear" and any(j <= k for j in linear):
            chain.activation(f"{name} activation", slope)
    return chain.network()


def _slope(activation: Any) -> float | None:
    """The slope that `activation` names, or None for "prelu"."""
    if activation is None:
        raise InvalidArgumentError(
            f"`activation` is missing: a state dict does not say which activation stands between its layers. "
            f"Pass {_CHOICES}."
        )
    name, value = activation, None
    if isinstance(activation, tuple | list) and len(activation) == 2:
        name, value = activation
    elif isinstance(activation, str) and ":" in activation:
        name, _, value = activation.partition(":")
    if name == "relu" and value is None:
        return 0.0
    if name == "prelu" and value is None:
        return None
    if name == "leaky_relu":
        try:
            slope = 0.01 if value is None else float(value)
        except (TypeError, ValueError):
            slope = math.nan
        if math.isfinite(slope):
            return slope
    raise InvalidArgumentError(
        f"`activation` is {activation!r}, but must be {_CHOICES}.", activation=activation
    )


def _groups(state_dict: Mapping[str, Any]) -> dict[str, dict[str, FloatArray]]:
    """Arrays by layer name, then by parameter name, in the order of the keys."""
    groups: dict[str, dict[str, FloatArray]] = {}
    for key, value in state_dict.items():
        if not isinstance(key, str) or not hasattr(value, "shape"):
            raise UnsupportedLayerError(
                f"Key `{key}` of the state dict holds a value of type {type(value).__name__}, but must hold a tensor; "
                "of a checkpoint, save the state dict alone.",
                key=key,
            )
        prefix, _, name = key.rpartition(".")
        if name not in _BATCH_NORM:
            raise UnsupportedLayerError(
                f"Key `{key}` of the state dict is not understood. Keys must end in weight or bias of a "
                f"linear layer, or belong to a batch normalization.",
                key=key,
            )
        groups.setdefault(prefix, {})[name] = tensor_to_float64(value, f"`{key}`")
    return groups


def _steps(
    groups: dict[str, dict[str, FloatArray]], *, is_prelu: bool
) -> list[tuple[str, str, dict[str, FloatArray]]]:
    steps: list[tuple[str, str, dict[str, FloatArray]]] = []
    for prefix, parts in groups.items():
        kind = _kind(prefix, parts, is_prelu=is_prelu)
        previous = steps[-1][0] if steps else "start"
        if kind == "batch_norm" and steps and (previous != "linear" or _has_gap(steps[-1][1], prefix)):
            raise UnsupportedLayerError(
                f"`{prefix}` is a batch normalization that does not follow a linear layer directly, so the "
                f"state dict does not say where it acts; use `ReLUNetwork.from_torch(module)`.",
                key=prefix,
            )
        if kind == "prelu" and previous not in ("linear", "batch_norm"):
            raise UnsupportedLayerError(
                f"`{prefix}.weight` is a PReLU that follows no linear layer.", key=prefix
            )
        if (
            kind == "linear"
            and is_prelu
            and previous in ("linear", "batch_norm")
            and any(step[0] == "linear" for step in steps)
        ):
            raise UnsupportedLayerError(
                f"There is no PReLU weight between `{steps[-1][1]}` and `{prefix}`; "
                f"use `ReLUNetwork.from_torch(module)`, which sees the activations.",
                key=prefix,
            )
        steps.append((kind, prefix, parts))
    linear = [k for k, step in enumerate(steps) if step[0] == "linear"]
    if linear and steps[-1][0] == "batch_norm" and len(linear) > 1:
        raise UnsupportedLayerError(
            f"`{steps[-1][1]}` is a batch normalization after the last linear layer, so the state dict does "
            f"not say where it acts; use `ReLUNetwork.from_torch(module)`.",
            key=steps[-1][1],
        )
    return steps


def _kind(prefix: str, parts: dict[str, FloatArray], *, is_prelu: bool) -> str:
    if "running_mean" in parts and "running_var" in parts:
        return "batch_norm"
    leftover = [name for name in parts if name not in ("weight", "bias")]
    if leftover or "weight" not in parts:
        name = leftover[0] if leftover else "bias"
        raise UnsupportedLayerError(
            f"Key `{prefix}.{name}` of the state dict belongs to no linear layer and "
            "to no batch normalization.",
            key=f"{prefix}.{name}",
        )
    weight = parts["weight"]
    if weight.ndim == 2:
        return "linear"
    if weight.ndim >= 3:
        raise UnsupportedLayerError(
            f"Key `{prefix}.weight` has shape {weight.shape}: a convolution, which is not supported. "
            f"Supported: linear layers, batch normalization, PReLU.",
            key=f"{prefix}.weight",
        )
    if is_prelu and "bias" not in parts:
        return "prelu"
    what = (
        "the weight of a LayerNorm or of another normalization, which is not supported"
        if "bias" in parts
        else 'neither a linear layer nor a batch normalization; if it is a PReLU, pass `activation="prelu"`'
    )
    raise UnsupportedLayerError(
        f"Key `{prefix}.weight` has shape {weight.shape}: {what}.", key=f"{prefix}.weight"
    )


def _has_gap(before: str, after: str) -> bool:
    """Whether numbered names, as in `0` and `2`, leave room for a layer between them."""
    (stem, _, first), (other, _, second) = before.rpartition("."), after.rpartition(".")
    return stem == other and first.isdigit() and second.isdigit() and int(second) != int(first) + 1


def _check_bias_only(parts: dict[str, FloatArray], prefix: str) -> None:
    bias, weight = parts.get("bias"), parts["weight"]
    if bias is not None and bias.shape != (weight.shape[0],):
        raise InvalidNetworkError(
            f"`{prefix}.bias` has shape {bias.shape}, but must be ({weight.shape[0]},), because "
            f"`{prefix}.weight` has shape {weight.shape}.",
            key=f"{prefix}.bias",
        )


def _push_batch_norm(chain: LayerChain, name: str, parts: dict[str, FloatArray]) -> None:
    mean = parts["running_mean"]
    chain.batch_norm(
        name,
        parts.get("weight", np.ones_like(mean)),
        parts.get("bias", np.zeros_like(mean)),
        mean,
        parts["running_var"],
        BATCH_NORM_EPSILON,
    )


def read_checkpoint(path: str | os.PathLike[str], activation: Any) -> ReLUNetwork:
    """The network of a `.pt` or `.pth` file that holds a state dict.

    A checkpoint dictionary with the state dict under `state_dict` or `model_state_dict` is read
    too; its other entries are not looked at. Nothing in the file is executed.

    Raises
    ------
    MissingDependencyError
        If torch is not installed.
    FileFormatError
        If the file holds no state dict, or is not a file of torch.
    """
    name = Path(path).name
    loaded = _loaded(path, name)
    _slope(activation)
    if isinstance(loaded, Mapping):
        for key in ("state_dict", "model_state_dict"):
            if isinstance(loaded.get(key), Mapping):
                return read_state_dict(loaded[key], activation)
        return read_state_dict(loaded, activation)
    raise FileFormatError(
        f"`{name}` holds a value of type {type(loaded).__name__}, but must hold a state dict; "
        f"save one with `torch.save(model.state_dict(), path)`."
    )


def _loaded(path: str | os.PathLike[str], name: str) -> Any:
    import pickle
    import warnings

    try:
        import torch
    except ImportError as failure:
        raise MissingDependencyError(
            'Reading .pt and .pth files needs torch: pip install "polytope_engine[torch]"', package="torch"
        ) from failure
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, weights_only=True, map_location="cpu")
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, AttributeError) as failure:
        text = str(failure)
        if "Weights only load failed" in text or "TorchScript" in text:
            raise FileFormatError(
                f"`{name}` holds more than tensors (a whole module, perhaps), or is "
                "damaged; it is not loaded, "
                f"for that could run code. Save the state dict: `torch.save(model.state_dict(), path)`."
            ) from failure
        raise FileFormatError(
            f"`{name}` is not a readable file of torch: it is damaged or something else."
        ) from (failure)
