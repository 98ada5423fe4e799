"""Torch tensors and arrays as float64 arrays, without importing torch."""

from __future__ import annotations

from typing import Any

from polytope_engine.errors import InvalidNetworkError
from polytope_engine.network.arrays import FloatArray, exact_float64


def tensor_to_float64(value: Any, name: str) -> FloatArray:
    """A float64 array with exactly the entries of a tensor or array.

    Parameters
    ----------
    value : torch.Tensor or array_like
        Floats of 16 (also bfloat16), 32 or 64 bits, or integers.
    name : str
        What the value is called in the error message.

    Raises
    ------
    InvalidNetworkError
        If the value is not a plain tensor of numbers that float64 holds.
    """
    if hasattr(value, "detach") and hasattr(value, "is_floating_point"):
        if value.is_complex() or getattr(value, "is_quantized", False):
            raise InvalidNetworkError(
                f"{name} has dtype {value.dtype}, but must hold real floating point numbers."
            )
        try:
            value = value.detach().cpu()
            value = (value.double() if value.is_floating_point() else value).numpy()
        except (NotImplementedError, TypeError, RuntimeError, ValueError) as failure:
            raise InvalidNetworkError(
                f"{name} cannot be read as a dense tensor of numbers: {_first_line(failure)}"
            ) from failure
    return exact_float64(value, name)


def _first_line(failure: BaseException) -> str:
    return str(failure).strip().split("\n")[0].split(". ")[0]
