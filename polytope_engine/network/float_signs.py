"""Signs of pre-activations in floating point, with a rigorous bound on the error of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from polytope_engine.network.arrays import FloatArray

_UNIT_ROUNDOFF = 2.0**-53
# Above the error that a product, or a number flushed to zero, can have by underflow.
_UNDERFLOW = 2.0**-1020


def bounded_signs(
    weights: Sequence[tuple[FloatArray, FloatArray]],
    slopes: Sequence[FloatArray],
    points: FloatArray,
    rounding: float = 0.0,
) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """Signs of all hidden neurons at float points, and which of them are proven.

    Parameters
    ----------
    weights : sequence of (W, b)
        All layers; the output layer is not looked at.
    slopes : sequence of ndarray
        One array a hidden layer.
    points : ndarray, shape (n_points, d)
    rounding : float
        Twice the relative error of weights, biases and slopes; see `FloatForm`.

    Returns
    -------
    signs : ndarray of int8, shape (n_points, N)
    proven : ndarray of bool, shape (n_points, N)
        True where the float value is larger than the bound on its error.

    Notes
    -----
    A sum of k floats in any order, fused or not, has an error of at most k u / (1 - k u) times
    the sum of the absolute values, u = 2**-53 [1]_. The bound follows the layers: the error of
    h enters the next layer through the absolute weights. It is computed in floats too; its sums
    have non-negative terms only, so a factor 1 + 4 (k + 5) u covers its own rounding. The errors
    of the weights add to those of the products. Where a value is beyond the float range its error counts as infinite.

    References
    ----------
    .. [1] N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, §3.1.
    """
    n_points = points.shape[0]
    signs = [np.empty((n_points, 0), dtype=np.int8)]
    proven = [np.empty((n_points, 0), dtype=np.bool_)]
    h = points
    h_error = np.zeros_like(points)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for (W, b), slope in zip(weights[:-1], slopes, strict=True):
            z = h @ W.T + b
            error = _product_error(W, b, h, h_error, rounding)
            is_finite = np.isfinite(z)
            error[~is_finite] = np.inf
            is_proven = np.abs(z) > error
            signs.append(np.sign(np.where(is_finite, z, 0.0)).astype(np.int8))
            proven.append(is_proven)
            h = np.where(z > 0, z, slope * z)
            h_error = _activation_error(z, error, is_proven, slope, rounding)
    return np.concatenate(signs, axis=1), np.concatenate(proven, axis=1)


def _product_error(
    W: FloatArray, b: FloatArray, h: FloatArray, h_error: FloatArray, rounding: float
) -> FloatArray:
    n_terms = W.shape[1] + 1
    gamma = (n_terms + 1) * _UNIT_ROUNDOFF + 2 * rounding
    size = np.abs(h)
    error: FloatArray = (h_error + gamma * size + _UNDERFLOW) @ np.abs(W).T
    error += gamma * np.abs(b)
    error += _UNDERFLOW * (size.sum(axis=1, keepdims=True) + n_terms)
    error *= 1.0 + 4 * (n_terms + 5) * _UNIT_ROUNDOFF + 2 * rounding
    return error


def _activation_error(
    z: FloatArray, error: FloatArray, is_proven: NDArray[np.bool_], slope: FloatArray, rounding: float
) -> FloatArray:
    factor_rounding = 4 * _UNIT_ROUNDOFF + 2 * rounding
    steepest = np.maximum(np.abs(slope), 1.0)
    factor = np.where(is_proven, np.where(z > 0, 1.0, np.abs(slope)), steepest)
    # where the factor is 0 the neuron is proven inactive: its output is 0 without any error
    own = (2 * _UNIT_ROUNDOFF + rounding) * np.abs(slope * z) + _UNDERFLOW
    own = np.where((z > 0) | (slope == 0.0), 0.0, own)
    scaled: FloatArray = np.where(factor == 0.0, 0.0, factor * error * (1.0 + factor_rounding))
    result: FloatArray = scaled + own * (1.0 + factor_rounding)
    return np.where(np.isnan(result), np.inf, result)
