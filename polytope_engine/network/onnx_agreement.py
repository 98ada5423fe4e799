"""Whether a network agrees with the reference evaluation of the ONNX model it was read from."""

from __future__ import annotations

from typing import Any

import numpy as np

from polytope_engine.errors import UnsupportedLayerError
from polytope_engine.network.agreement import rounding_tolerance
from polytope_engine.network.relu_network import ReLUNetwork

_N_POINTS = 8
_SCALES = (0.0, 0.1, 1.0, 100.0)


def check_agreement(model: Any, network: ReLUNetwork, input_shape: tuple[int | None, ...], name: str) -> None:
    """Compare a network with `onnx.reference` on random points, one at a time.

    Raises
    ------
    UnsupportedLayerError
        If the model cannot be evaluated, or its values are others.
    """
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    graph_input = next(
        v for v in model.graph.input if v.name not in {t.name for t in model.graph.initializer}
    )
    dtype = helper.tensor_dtype_to_np_dtype(graph_input.type.tensor_type.elem_type)
    if dtype not in (np.float16, np.float32, np.float64):
        raise UnsupportedLayerError(f"The input of `{name}` has dtype {dtype}, but must be floating point.")
    shape = _shape_of_one_point(input_shape, network.input_dim, name)
    generator = np.random.default_rng(0)
    points = np.concatenate(
        [s * generator.standard_normal((_N_POINTS, network.input_dim)) for s in _SCALES]
    ).astype(dtype)
    evaluator = ReferenceEvaluator(model)
    expected = network(points)
    tolerance = rounding_tolerance(network, points.astype(np.float64), float(np.finfo(dtype).eps))
    for point, wanted, allowed in zip(points, expected, tolerance, strict=True):
        try:
            (value,) = evaluator.run(None, {graph_input.name: point.reshape(shape)})
        except Exception as failure:
            reason = str(failure).strip().split("\n")[0]
            raise UnsupportedLayerError(f"`{name}` cannot be evaluated on one point: {reason}.") from failure
        value = np.asarray(value, dtype=np.float64).ravel()
        if value.shape != wanted.shape or not (np.abs(value - wanted) <= allowed).all():
            raise UnsupportedLayerError(
                f"`{name}` does not agree with the network that was read from it: it "
                f"gives {value[:4].tolist()} in "
                f"the reference evaluation and {wanted[:4].tolist()} as a network, at {point[:4].tolist()}.",
                point=point,
            )


def _shape_of_one_point(input_shape: tuple[int | None, ...], dimension: int, name: str) -> tuple[int, ...]:
    """The declared shape with every open size 1, except for one that must hold the values."""
    sizes = [1 if size in (None, 0) else int(size or 1) for size in input_shape]
    if np.prod(sizes) != dimension and input_shape and input_shape[-1] in (None, 0):
        sizes[-1] = dimension // int(np.prod(sizes[:-1]))
    if np.prod(sizes) != dimension:
        raise UnsupportedLayerError(
            f"The input of `{name}` has shape {list(input_shape)}, which does not hold one point of "
            f"{dimension} values; a fixed number of points must be 1."
        )
    return tuple(sizes)
