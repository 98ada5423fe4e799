"""How far the network's output is from affine along a segment: integrals that are exact on each piece."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.segments.segment_regions import SegmentRegions

FloatArray = NDArray[np.float64]


def total_variation(segment: SegmentRegions) -> FloatArray:
    """How far each output goes up and down along a segment, shape (n_out,).

    The sum over all pieces of |f_k(end of the piece) - f_k(start of the piece)|, which is the integral of |df_k/dt|.

    References
    ----------
    M. Gamba, A. Chmielewski-Anders, J. Sullivan, H. Azizpour, M. Björkman, "Are All Linear Regions Created Equal?",
    AISTATS 2022, arXiv:2202.11749.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1], [1]], [0, -0.5]), ([[2, -4]], [0])])
    >>> total_variation(pe.regions_on_segment(net, [-1], [1]))
    array([2.])
    """
    variation: FloatArray = np.abs(np.diff(segment.outputs, axis=0)).sum(axis=0)
    return variation


def output_length(segment: SegmentRegions) -> float:
    """The Euclidean length of the curve that the output follows along a segment.

    The sum of the lengths of its straight parts. Trajectory lengths of Raghu et al. are those of such curves.

    References
    ----------
    M. Raghu, B. Poole, J. Kleinberg, S. Ganguli, J. Sohl-Dickstein, "On the Expressive Power of Deep Neural Networks",
    ICML 2017, arXiv:1606.05336.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1], [1]], [0, 0]), ([[3, 0], [0, 4]], [0, 0])])
    >>> output_length(pe.regions_on_segment(net, [-1], [1]))
    5.0
    """
    return float(np.linalg.norm(np.diff(segment.outputs, axis=0), axis=1).sum())


def deviation_from_chord(segment: SegmentRegions) -> FloatArray:
    """The integral of |f_k - chord_k| along a segment, by Euclidean length, shape (n_out,).

    The chord is the affine function with the network's values at both ends. On each piece the difference is affine, and
    its absolute value is integrated in closed form, also where it changes sign within the piece.

    References
    ----------
    M. Gamba et al., AISTATS 2022, arXiv:2202.11749 (absolute deviation). Their released program computes what
    `released_deviation_from_chord` does.

    Examples
    --------
    A tent of height 1 over a segment of length 1:

    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1], [1]], [0, -0.5]), ([[2, -4]], [0])])
    >>> segment = pe.regions_on_segment(net, [0], [1])
    >>> deviation_from_chord(segment), released_deviation_from_chord(segment)
    (array([0.5]), array([2.]))
    """
    t = segment.breakpoints
    y = segment.outputs
    difference = y - ((1.0 - t)[:, np.newaxis] * y[0] + t[:, np.newaxis] * y[-1])
    means = mean_of_absolute(difference[:-1], difference[1:])
    integral: FloatArray = segment.length * (np.diff(t)[:, np.newaxis] * means).sum(axis=0)
    return integral


def mean_of_absolute(first: FloatArray, last: FloatArray) -> FloatArray:
    """The mean of the absolute value of an affine function on an interval, from its values at both ends.

    Examples
    --------
    >>> mean_of_absolute(np.array([1.0, 1.0]), np.array([0.0, -1.0]))
    array([0.5, 0.5])
    """
    before, after = np.abs(first), np.abs(last)
    total = before + after
    # two triangles, where there would be a trapezoid
    crossed = (before * before + after * after) / np.where(total > 0.0, total, 1.0)
    mean: FloatArray = 0.5 * np.where(first * last < 0.0, crossed, total)
    return mean


def released_deviation_from_chord(segment: SegmentRegions) -> FloatArray:
    """What the released program of Gamba et al. gives as the deviation from the chord: an upper bound, shape (n_out,).

    With the difference A + B t on a piece from t_0 to t_1 it adds up (t_1 - t_0) |A| + (t_1^2 - t_0^2) |B| / 2, which
    is at least the integral of |A + B t|, and mostly far more. For comparison with published numbers only.

    References
    ----------
    M. Gamba et al., AISTATS 2022, arXiv:2202.11749; https://github.com/magamba/linear-regions.

    Examples
    --------
    Up by 1, down by 2, up by 1, with a chord that is zero: four triangles.

    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1], [1], [1]], [0, -1, -3]), ([[1, -2, 2]], [0])])
    >>> segment = pe.regions_on_segment(net, [0], [4])
    >>> deviation_from_chord(segment), released_deviation_from_chord(segment)
    (array([2.]), array([16.]))
    """
    t = segment.breakpoints[:, np.newaxis]
    y = segment.outputs
    slopes = segment.slopes()
    constant = y[:-1] - slopes * t[:-1] - y[0]
    linear = slopes - (y[-1] - y[0])
    bound: FloatArray = segment.length * released_bound(constant, linear, t[:-1], t[1:]).sum(axis=0)
    return bound


def released_bound(constant: FloatArray, linear: FloatArray, t0: FloatArray, t1: FloatArray) -> FloatArray:
    """(t1 - t0) |A| + (t1^2 - t0^2) |B| / 2, at least the integral of |A + B t| from t0 >= 0 to t1.

    Examples
    --------
    >>> released_bound(np.array([1.0]), np.array([-1.0]), np.array([0.0]), np.array([1.0]))
    array([1.5])
    """
    bound: FloatArray = (t1 - t0) * np.abs(constant) + 0.5 * (t1 * t1 - t0 * t0) * np.abs(linear)
    return bound
