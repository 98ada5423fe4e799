"""What happens along a polygonal path: transitions, crossings, lengths, and how far the output is from affine.

Exact along the whole path: nothing that lies between points is missed. A path is given by its corners, shape (k, d);
a closed one returns from the last corner to the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.segments import variation
from polytope_engine.complexes.segments.segment_regions import SegmentRegions
from polytope_engine.complexes.segments.walk import regions_on_segments
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.estimators.estimate import Estimate
from polytope_engine.network.rationals import ExactArray, as_exact_points
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.regions.arguments import check_flag, check_network, check_progress

Floats = NDArray[np.float64]
Signs = NDArray[np.int8]
Progress = Callable[[int, float], None]

_AT_ONCE = 64
_NOVAK = "R. Novak et al., ICLR 2018, arXiv:1802.08760"
_RAGHU = "M. Raghu et al., ICML 2017, arXiv:1606.05336"
_GAMBA = "M. Gamba et al., AISTATS 2022, arXiv:2202.11749"


def sampled_transitions(network: ReLUNetwork, points: Any, *, closed: bool = True) -> Estimate:
    """Count the neurons that are active at one of two consecutive points, and not at the other.

    References
    ----------
    R. Novak, Y. Bahri, D. A. Abolafia, J. Pennington, J. Sohl-Dickstein, "Sensitivity and Generalization in Neural
    Networks: an Empirical Study", ICLR 2018, arXiv:1802.08760.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.library.hamming_trap().network
    >>> sampled_transitions(net, [[-20], [20]], closed=False).value, transitions(net, [[-20], [20]], closed=False).value
    (2.0, 4.0)
    """
    corners = _corners(network, points, closed=closed)
    patterns = network.activation_pattern(corners)
    n = int(np.count_nonzero(patterns[1:] != patterns[:-1]))
    return Estimate(
        "sampled transitions",
        float(n),
        None,
        len(corners) - closed,
        "number of changes of single neurons from active to inactive or back, along the path",
        "a lower bound; neurons that change and change back between two points are missed",
        _NOVAK,
    )


def transitions(
    network: ReLUNetwork, points: Any, *, closed: bool = True, progress: Progress | None = None
) -> Estimate:
    """Count all changes of neurons from active to inactive or back along a path, exactly.

    ``details``: ``n_crossings``, the number of walls that are crossed, at some of which several neurons change.

    References
    ----------
    Novak et al. 2018, as in `sampled_transitions`, in the limit of infinitely many points.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> found = transitions(pe.library.duplicate_neuron().network, [[-1], [1]], closed=False)
    >>> found.value, found.details["n_crossings"]
    (2.0, 1)
    """
    n_changes, n_crossings, n_segments = 0, 0, 0
    first, last = None, None
    for segment in _segments(network, points, progress, closed=closed):
        signs = segment.sign_vectors
        if last is None:
            first = signs[:1]
        else:
            signs = np.concatenate([last, signs])
        n_changes, n_crossings = n_changes + _switches(signs), n_crossings + _borders(signs)
        n_segments, last = n_segments + 1, signs[-1:]
    if closed and first is not None and last is not None:
        around = np.concatenate([last, first])
        n_changes, n_crossings = n_changes + _switches(around), n_crossings + _borders(around)
    return _exact(
        "transitions",
        float(n_changes),
        n_segments,
        "number of changes of single neurons from active to inactive or back, along the path",
        _NOVAK,
        n_crossings=n_crossings,
    )


def crossing_count(
    network: ReLUNetwork, points: Any, *, closed: bool = False, progress: Progress | None = None
) -> Estimate:
    """Count the walls that a path crosses, exactly: the density of Gamba et al., who count crossings, not regions.

    A wall that is crossed in a corner counts; one that is only touched there does not. ``details``: ``density``,
    crossings a unit of length.

    References
    ----------
    M. Gamba, A. Chmielewski-Anders, J. Sullivan, H. Azizpour, M. Bjorkman, "Are All Linear Regions Created Equal?",
    AISTATS 2022, arXiv:2202.11749. Their program steps over regions shorter than 1e-6.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> crossing_count(pe.library.hamming_trap().network, [[-20], [20]])
    <Estimate crossings: 4 from 1 sample>
    """
    n, length, n_segments = 0, 0.0, 0
    first, last = None, None
    for segment in _segments(network, points, progress, closed=closed):
        starts, ends = segment.sign_vector(0), segment.sign_vector(-1)
        n += len(segment) - 1
        if last is None:
            first = starts
        else:
            n += int((last != starts).any())
        length, n_segments, last = length + segment.length, n_segments + 1, ends
    if closed and last is not None:
        n += int((last != first).any())
    density = n / length if length else 0.0
    return _exact(
        "crossings",
        float(n),
        n_segments,
        "number of walls crossed, at corners too",
        _GAMBA,
        density=density,
    )


def trajectory_length(
    network: ReLUNetwork,
    points: Any,
    layer: int | None = None,
    *,
    closed: bool = False,
    progress: Progress | None = None,
) -> Estimate:
    """Measure the curve that the output, or a hidden layer, follows along a path: the sum of |J v| over all pieces.

    Parameters
    ----------
    network, points, closed, progress
        The network and the path.
    layer : int, optional
        The hidden layer whose activations are looked at, counted from 0; the output by default.

    Returns
    -------
    Estimate
        ``details``: ``growth``, the length divided by that of the path.

    References
    ----------
    M. Raghu, B. Poole, J. Kleinberg, S. Ganguli, J. Sohl-Dickstein, "On the Expressive Power of Deep Neural Networks",
    ICML 2017, arXiv:1606.05336.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> trajectory_length(pe.library.hat().network, [[-1], [2]]).value
    1.0
    """
    looked_at = network if layer is None else _up_to(network, layer)
    total, length, n_segments = 0.0, 0.0, 0
    for segment in _segments(looked_at, points, progress, closed=closed):
        total += variation.output_length(segment)
        length, n_segments = length + segment.length, n_segments + 1
    growth = total / length if length else 0.0
    return _exact("trajectory length", total, n_segments, "length of the path's image", _RAGHU, growth=growth)


def total_variation(
    network: ReLUNetwork, points: Any, *, closed: bool = False, progress: Progress | None = None
) -> Estimate:
    """Add up how far the outputs go up and down along a path: ``sum |f_k(end) - f_k(start)|`` over pieces and outputs.

    ``details``: ``per_output``.

    References
    ----------
    Gamba et al. 2022, as in `crossing_count`.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> total_variation(pe.library.hat().network, [[-1], [2]]).value
    1.0
    """
    check_network(network)
    per_output, n_segments = np.zeros(network.output_dim), 0
    for segment in _segments(network, points, progress, closed=closed):
        per_output += variation.total_variation(segment)
        n_segments += 1
    return _exact(
        "total variation",
        float(per_output.sum()),
        n_segments,
        "integral of the absolute derivative of the outputs along the path",
        _GAMBA,
        per_output=per_output,
    )


def absolute_deviation(
    network: ReLUNetwork, points: Any, *, closed: bool = False, progress: Progress | None = None
) -> Estimate:
    """Integrate, by length, how far the outputs are from the chord of each segment: ``sum_k int |f_k - chord_k|``.

    ``details``: ``per_output``.

    References
    ----------
    Gamba et al. 2022, as in `crossing_count`: the integral as defined, not what their program computes, which is
    `released_absolute_deviation`.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> absolute_deviation(pe.library.hat().network, [[0], [1]]).value
    0.25
    """
    return _deviation(
        network, points, variation.deviation_from_chord, "absolute deviation", progress, closed=closed
    )


def released_absolute_deviation(
    network: ReLUNetwork, points: Any, *, closed: bool = False, progress: Progress | None = None
) -> Estimate:
    """What the released program of Gamba et al. gives for `absolute_deviation`: an upper bound of it.

    References
    ----------
    github.com/magamba/linear-regions, which adds up an upper bound of the integral on each piece.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> released_absolute_deviation(pe.library.hat().network, [[0], [1]]).value
    1.0
    """
    name = "released absolute deviation"
    return _deviation(network, points, variation.released_deviation_from_chord, name, progress, closed=closed)


# -- what they share ------------------------------------------------------------------------------


def _deviation(
    network: ReLUNetwork,
    points: Any,
    integral: Callable[[SegmentRegions], Floats],
    name: str,
    progress: Progress | None,
    *,
    closed: bool,
) -> Estimate:
    check_network(network)
    per_output, n_segments = np.zeros(network.output_dim), 0
    for segment in _segments(network, points, progress, closed=closed):
        per_output += integral(segment)
        n_segments += 1
    is_released = integral is variation.released_deviation_from_chord
    return Estimate(
        name,
        float(per_output.sum()),
        None,
        n_segments,
        "integral of the absolute difference from the chord of each segment",
        "an upper bound, often far too large" if is_released else "none: exact along the path",
        _GAMBA + (", as released" if is_released else ""),
        None,
        {"per_output": per_output},
    )


def _exact(
    name: str, value: float, n_segments: int, definition: str, source: str, **details: Any
) -> Estimate:
    return Estimate(
        name, value, None, n_segments, definition, "none: exact along the path", source, None, details
    )


def _segments(
    network: ReLUNetwork, points: Any, progress: Progress | None, *, closed: bool
) -> Iterator[SegmentRegions]:
    """The pieces of each segment of a path that has a length, some segments at a time."""
    corners = _corners(network, points, closed=closed)
    check_progress(progress, "n_segments")
    starts, ends = corners[:-1], corners[1:]
    n = len(starts)
    for k in range(0, n, _AT_ONCE):
        part = slice(k, k + _AT_ONCE)
        has_length = (starts[part] != ends[part]).any(axis=1)
        told = None if progress is None else partial(_tell, progress, k, len(has_length), n)
        yield from regions_on_segments(
            network, starts[part][has_length], ends[part][has_length], progress=told
        )


def _tell(progress: Progress, n_before: int, n_here: int, n: int, _n_regions: int, share: float) -> None:
    """Say how many of n segments are followed: those before, and a share of these."""
    progress(n_before + int(share * n_here), (n_before + share * n_here) / n)


def _switches(signs: Signs) -> int:
    """How many neurons become active or inactive from one row to the next."""
    is_active = signs > 0
    return int(np.count_nonzero(is_active[1:] != is_active[:-1]))


def _borders(signs: Signs) -> int:
    """How many rows differ from the one before."""
    return int((signs[1:] != signs[:-1]).any(axis=1).sum())


def _corners(network: ReLUNetwork, points: Any, *, closed: bool) -> ExactArray:
    check_network(network)
    check_flag("closed", closed)
    corners, single = as_exact_points(points, network.input_dim, "points")
    if single or len(corners) < 2:
        raise InvalidArgumentError(
            f"`points` has shape {np.shape(points)}; a path needs two corners or more, shape (k, {network.input_dim}).",
            shape=np.shape(points),
        )
    return np.concatenate([corners, corners[:1]]) if closed else corners


def _up_to(network: ReLUNetwork, layer: int) -> ReLUNetwork:
    """The network whose outputs are the activations of a hidden layer."""
    check_network(network)
    if isinstance(layer, bool) or not isinstance(layer, int) or not 0 <= layer < network.n_hidden_layers:
        raise InvalidArgumentError(
            f"`layer` is {layer!r}; the network has {network.n_hidden_layers} hidden layers, counted from 0.",
            layer=layer,
        )
    width = network.hidden_widths[layer]
    layers = [*network.exact_weights[: layer + 1], (np.eye(width), np.zeros(width))]
    return ReLUNetwork(layers, list(network.exact_slopes[: layer + 1]))
