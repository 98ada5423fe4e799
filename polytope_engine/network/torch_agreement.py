"""Whether a network agrees with the forward pass of the torch module that it was read from."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from polytope_engine.errors import UnsupportedLayerError
from polytope_engine.network.agreement import rounding_tolerance, term_sizes
from polytope_engine.network.arrays import FloatArray
from polytope_engine.network.relu_network import ReLUNetwork

_N_POINTS = 64
_SCALES = (0.0, 1e-3, 0.1, 1.0, 10.0, 1000.0)


def check_agreement(module: Any, network: ReLUNetwork) -> None:
    """Compare a network with a module on random points of several sizes.

    The module runs in its own number type. A module of 16 bits runs once more as a copy in
    float64, so that it is checked as sharply as any other.

    Raises
    ------
    UnsupportedLayerError
        If the module cannot be run on points (n_points, d), or its values are others.
    """
    import torch

    parameters = [p for p in (*module.parameters(), *module.buffers()) if p.is_floating_point()]
    dtype, device = parameters[0].dtype, parameters[0].device
    scales = [s for s in _SCALES if s <= 10] if dtype == torch.float16 else list(_SCALES)
    generator = np.random.default_rng(0)
    points = np.concatenate([s * generator.standard_normal((_N_POINTS, network.input_dim)) for s in scales])
    rounded = torch.from_numpy(points).to(dtype).double().numpy()
    _compare(module, network, rounded, dtype, device)
    if dtype in (torch.float16, torch.bfloat16):
        try:
            wide = copy.deepcopy(module).double()
            _forward(wide, points, torch.float64, device)
        except Exception:  # noqa: BLE001  (whatever a foreign module raises)
            # a module that insists on its own number type was compared in that type alone
            return
        _compare(wide, network, points, torch.float64, device)


def _compare(module: Any, network: ReLUNetwork, points: FloatArray, dtype: Any, device: Any) -> None:
    import torch

    name = type(module).__name__
    try:
        values = _forward(module, points, dtype, device)
    except Exception as failure:
        reason = str(failure).strip().split("\n")[0]
        raise UnsupportedLayerError(
            f"{name} cannot be run on points of shape {points.shape}: {reason}."
        ) from failure
    expected = network(points)
    if values.shape != expected.shape:
        raise UnsupportedLayerError(
            f"{name} returns shape {values.shape} for points of shape {points.shape}, "
            "but as a network it must "
            f"return {expected.shape}."
        )
    tolerance = rounding_tolerance(network, points, torch.finfo(dtype).eps)
    # sizes beyond the range of the number type show in the module's values only
    comparable = np.isfinite(values) & (term_sizes(network, points) < torch.finfo(dtype).max / 16)
    wrong = comparable & (np.abs(values - expected) > tolerance)
    if wrong.any() or not comparable.any():
        row, column = (int(k) for k in np.argwhere(wrong)[0]) if wrong.any() else (0, 0)
        raise UnsupportedLayerError(
            f"{name} does not agree with the network that was read from it: output {column} is "
            f"{values[row, column]:.6g} in the module's own forward pass and "
            f"{expected[row, column]:.6g} in the "
            f"network, at the point {points[row][:4].tolist()}. It does something that "
            "the reader does not see "
            f"(a hook, perhaps).",
            point=points[row],
        )


def _forward(module: Any, points: FloatArray, dtype: Any, device: Any) -> FloatArray:
    import torch

    with torch.no_grad():
        values = module(torch.from_numpy(points).to(device=device, dtype=dtype))
    result: FloatArray = values.detach().cpu().double().numpy()
    return result
