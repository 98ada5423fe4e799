"""The forward pass of a torch module as a graph, traced in evaluation mode."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from polytope_engine.errors import UnsupportedLayerError


def unwrapped(module: Any) -> Any:
    """The module inside a DataParallel or `torch.compile` wrapper."""
    name = type(module).__name__
    if name in ("DataParallel", "DistributedDataParallel"):
        return module.module
    return getattr(module, "_orig_mod", module) if name == "OptimizedModule" else module


@contextmanager
def evaluation_mode(module: Any) -> Iterator[None]:
    """All training flags off inside the block, and as they were behind it."""
    flags = [(part, part.training) for part in module.modules()]
    try:
        for part, _ in flags:
            part.training = False
        yield
    finally:
        for part, flag in flags:
            part.training = flag


def traced(module: Any) -> Any:
    """The graph of the forward pass as `torch.fx` sees it.

    Raises
    ------
    UnsupportedLayerError
        If the forward pass cannot be traced, with the reason.
    """
    import torch
    from torch import nn

    known = (nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.Flatten, nn.Dropout)

    class Tracer(torch.fx.Tracer):
        """Stops at the layers that are understood, and at all others of torch itself."""

        def is_leaf_module(self, part: Any, qualified_name: str) -> bool:
            if any(type(part).forward is kind.forward for kind in known):
                return True
            return bool(super().is_leaf_module(part, qualified_name))

    if isinstance(module, torch.jit.ScriptModule):
        raise UnsupportedLayerError(
            "`module` is a compiled TorchScript module, which cannot be traced; pass "
            "the module it was made from."
        )
    parameters = list(inspect.signature(module.forward).parameters.values())[1:]
    fixed = {p.name: p.default for p in parameters if p.default is None}
    try:
        return Tracer().trace(module, concrete_args=fixed or None)
    except Exception as failure:
        reason = str(failure).strip().split("\n")[0]
        raise UnsupportedLayerError(
            f"The forward pass of {type(module).__name__} cannot be traced: {reason}. "
            "It must not depend on the "
            f"values or the number of points (no `if`, loop or `len` on them).",
            module=type(module).__name__,
        ) from failure
