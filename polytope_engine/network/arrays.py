"""Which arrays are admitted as weights, slopes and points: those that float64 holds exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError, InvalidNetworkError, PolytopeEngineError

FloatArray = NDArray[np.float64]

LARGEST_EXACT_INTEGER = 2**53


def exact_float64(
    value: Any, name: str, error: type[PolytopeEngineError] = InvalidNetworkError
) -> FloatArray:
    """A C-contiguous float64 copy of `value` in which no entry was rounded, NaN or infinite.

    Parameters
    ----------
    value : array_like
        Floats of 16, 32 or 64 bits, or integers up to 2**53 in size.
    name : str
        What the array is called in the error message.
    error : type
        The exception to raise.

    Raises
    ------
    PolytopeEngineError
        Of type `error`, where float64 does not hold the entries, or one of them is not a number.

    Examples
    --------
    >>> exact_float64([[1, 2]], "weights")
    array([[1., 2.]])
    """
    if isinstance(value, np.ma.MaskedArray):
        raise error(f"{name} is a masked array; pass a plain array, without masked entries.", name=name)
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as failure:
        raise error(
            f"{name} cannot be read as an array of numbers ({failure}); pass a numpy array.", name=name
        ) from failure
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind in "iu":
        _refuse_large_integers(array, name, error)
    elif kind != "f" or size > 8:
        raise error(
            f"{name} has dtype {array.dtype}, but must hold floats of at most 64 bits or integers; "
            f"convert it, for example with `.astype(float)`.",
            name=name,
            dtype=array.dtype,
        )
    # adding 0.0 copies, and turns -0.0 into 0.0, so that equal networks have equal bytes
    result: FloatArray = np.add(array.astype(np.float64), 0.0, order="C")
    if not np.isfinite(result).all():
        position = tuple(int(k) for k in np.argwhere(~np.isfinite(result))[0])
        what = "NaN" if np.isnan(result[position]) else "infinite"
        place = f" at position {position[0] if len(position) == 1 else position}" if position else ""
        raise error(
            f"{name} is {what}{place}, but every entry must be a finite number.",
            name=name,
            position=position,
        )
    return result


def _refuse_large_integers(array: NDArray[Any], name: str, error: type[PolytopeEngineError]) -> None:
    if array.size == 0:
        return
    if array.max() > LARGEST_EXACT_INTEGER or array.min() < -LARGEST_EXACT_INTEGER:
        raise error(
            f"{name} holds integers beyond 2**53, which float64 would round; "
            f"scale them down or convert them to float yourself.",
            name=name,
        )


def frozen(array: FloatArray) -> FloatArray:
    """The same array, no longer writable."""
    array.flags.writeable = False
    return array


def as_points(x: Any, dimension: int, name: str = "x") -> tuple[FloatArray, bool]:
    """Points as rows, and whether a single point was given.

    Parameters
    ----------
    x : array_like, shape (n_points, d) or (d,)
        The points.
    dimension : int
        d, the number of coordinates that a point must have.
    name : str
        What the points are called in the error message.

    Returns
    -------
    points : ndarray, shape (n_points, d)
    is_single : bool

    Raises
    ------
    InvalidArgumentError
        If the shape does not fit, or a coordinate is not a finite number.

    Examples
    --------
    >>> as_points([0.5, 2], 2)
    (array([[0.5, 2. ]]), True)
    """
    points = exact_float64(x, f"`{name}`", InvalidArgumentError)
    if points.ndim not in (1, 2) or points.shape[-1] != dimension:
        if points.size == 0 and points.ndim == 1 and dimension != 0:
            return points.reshape(0, dimension), False
        raise InvalidArgumentError(
            f"`{name}` has shape {points.shape}, but must be ({dimension},) for one point or "
            f"(n_points, {dimension}) for several.",
            shape=points.shape,
            dimension=dimension,
        )
    return np.atleast_2d(points), points.ndim == 1
