"""Bounds on the rounding errors of a layer that is evaluated at many points, as lengths of vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polytope_engine.network.float_form import FloatForm

FloatArray = NDArray[np.float64]

UNIT = 2.0**-53
# Above whatever underflow can take from a product of numbers in range.
TINY = 2.0**-1000
# Covers the rounding of the bounds themselves: they are sums of few nonnegative terms.
SLACK = 1.0 + 2.0**-20
_SMALL, _LARGE = 2.0**-480, 2.0**480
_N_SQUARINGS = 3


@dataclass(frozen=True)
class LayerBounds:
    """What the errors of one hidden layer's pre-activations are bounded with.

    Attributes
    ----------
    rows : float64 array, shape (n_l,)
        Euclidean lengths of the rows of W.
    biases : float64 array, shape (n_l,)
        Absolute values.
    frobenius, spectral, bias_length : float
        Upper bounds of the norms of W and of the length of b.
    gamma : float
        Relative error of a sum of products, and of the layer's numbers.
    steepest : float
        The largest factor that an activation multiplies with.
    rounding : float
        Relative error of the layer's numbers.
    """

    rows: FloatArray
    biases: FloatArray
    frobenius: float
    spectral: float
    bias_length: float
    gamma: float
    steepest: float
    rounding: float


def layer_bounds(form: FloatForm) -> list[LayerBounds]:
    """Return the bounds of each hidden layer.

    Notes
    -----
    A sum of n products has an error of at most (n + 2) u / (1 - (n + 2) u) times the sum of absolute values
    [1]_, which by Cauchy and Schwarz is at most the product of two lengths. So if h has an error of length e, that
    of W h + b is at most |row| (e + gamma |h|) + gamma |b| in each entry, and ||W|| e + gamma (||W||_F |h| + |b|) in
    length. From layer to layer it grows by the spectral norm of W, which is far smaller than that of |W|.

    References
    ----------
    .. [1] N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, §3.1.
    """
    result = []
    with np.errstate(all="ignore"):
        for layer, ((W, b), slopes) in enumerate(zip(form.weights[:-1], form.slopes, strict=True)):
            # the first layer's input is exact, and nothing rests on the errors behind the last one
            is_between = 0 < layer < len(form.weights) - 2
            frobenius = float(lengths(W.reshape(1, -1))[0])
            result.append(
                LayerBounds(
                    rows=lengths(W) * SLACK,
                    biases=np.abs(b),
                    frobenius=frobenius * SLACK,
                    spectral=(spectral_norm_bound(W) if is_between else frobenius) * SLACK,
                    bias_length=float(lengths(b.reshape(1, -1))[0]) * SLACK,
                    gamma=2.0 * (W.shape[1] + 6) * UNIT + 2.0 * form.rounding,
                    steepest=float(np.max(np.abs(slopes), initial=1.0)),
                    rounding=form.rounding,
                )
            )
    return result


def lengths(vectors: FloatArray) -> FloatArray:
    """Euclidean lengths of rows, right to a small relative error even where squares are out of range.

    Examples
    --------
    >>> lengths(np.array([[3.0, 4.0], [3e-200, 4e-200], [0.0, 0.0]]))
    array([5.e+000, 5.e-200, 0.e+000])
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        result: FloatArray = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        rows = np.flatnonzero(~((result > _SMALL) & (result < _LARGE)))
        if len(rows):
            largest = np.max(np.abs(vectors[rows]), axis=1, initial=0.0)
            is_scaled = (largest > 0.0) & np.isfinite(largest)
            rows, exponents = rows[is_scaled], np.frexp(largest[is_scaled])[1]
            scaled = np.ldexp(vectors[rows], -exponents[:, np.newaxis])
            result[rows] = np.ldexp(np.sqrt(np.einsum("ij,ij->i", scaled, scaled)), exponents)
    return result


def spectral_norm_bound(W: FloatArray) -> float:
    """A proven upper bound of the largest singular value.

    Notes
    -----
    ||W||^16 = ||G^8|| <= ||G^8||_F for G = W W^T, scaled to Frobenius norm 1; the error of each square is bounded like
    that of any product of matrices.

    Examples
    --------
    >>> 5.0 <= spectral_norm_bound(np.diag([5.0, 4.0, 3.0])) < 5.1
    True
    """
    scale = float(lengths(W.reshape(1, -1))[0])
    if not 0.0 < scale < np.inf:
        return scale
    V = W / scale
    if V.shape[0] > V.shape[1]:
        V = V.T
    error = 4.0 * (W.shape[0] + W.shape[1] + 6) * UNIT
    G = V @ V.T
    return scale * float(np.sqrt(_symmetric_norm_bound(G, error, _N_SQUARINGS) + error)) * SLACK


def _symmetric_norm_bound(G: FloatArray, error: float, n_squarings: int) -> float:
    """An upper bound of the spectral norm of a matrix that is symmetric but for rounding."""
    size = float(np.linalg.norm(G)) * SLACK
    if n_squarings == 0:
        return size
    G = (G + G.T) / 2
    squared = _symmetric_norm_bound(G @ G, error, n_squarings - 1)
    return min(size, float(np.sqrt(squared + error * size * size)) * SLACK + error)
