"""Upper bounds on the regions of fully connected networks; each holds for every network of the shape.

They bound R2, and so R3 to R6, in all of R^d and on every domain.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod

import numpy as np

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.library.parameters import checked_flag, checked_integers, checked_sequence
from polytope_engine.theory.arguments import checked_ranks, checked_shape
from polytope_engine.theory.histograms import (
    HISTOGRAMS,
    Histogram,
    central,
    general_position,
    montufar,
    regions_by_histograms,
    regions_through_layers,
)
from polytope_engine.theory.record import bound

_RELU = "fully connected ReLU"
_TWO_PIECES = "fully connected, activations with two pieces (ReLU, leaky ReLU)"


@bound("upper", _TWO_PIECES, "Montufar, Pascanu, Cho and Bengio, NIPS 2014, arXiv 1402.1869")
def montufar_2014_upper(hidden_widths: Sequence[int]) -> int:
    """2^N: each of the N neurons has one of two signs.

    Hypotheses: none beyond the architecture. Source: Montufar, Pascanu, Cho and Bengio, "On the number
    of linear regions of deep neural networks", NIPS 2014, arXiv 1402.1869.

    Parameters
    ----------
    hidden_widths : sequence of int
        The widths of the hidden layers.

    Raises
    ------
    InvalidArgumentError
        If they are no positive integers.

    Examples
    --------
    >>> montufar_2014_upper([4, 4])
    256
    """
    return int(2 ** sum(checked_integers("hidden_widths", hidden_widths, 1)))


@bound(
    "upper",
    _TWO_PIECES,
    "Raghu, Poole, Kleinberg, Ganguli and Sohl-Dickstein, ICML 2017, Theorem 1, arXiv 1606.05336",
)
def raghu_2017_upper(input_dim: int, hidden_widths: Sequence[int]) -> int:
    """The product over layers of C(n, 0) + ... + C(n, input_dim): every layer cuts every region as if it were R^d.

    Hypotheses: none beyond the architecture. Source: Raghu, Poole, Kleinberg, Ganguli and Sohl-Dickstein, "On the
    expressive power of deep neural networks", ICML 2017, arXiv 1606.05336, Theorem 1, which states the order of
    magnitude of this product.

    Parameters
    ----------
    input_dim : int
        The number of inputs.
    hidden_widths : sequence of int
        The widths of the hidden layers.

    Raises
    ------
    InvalidArgumentError
        If they are no positive integers.

    Examples
    --------
    >>> raghu_2017_upper(2, [2, 4])
    44
    """
    d, widths = checked_shape(input_dim, hidden_widths)
    return prod(general_position(n, d) for n in widths)


@bound(
    "upper",
    _TWO_PIECES,
    "Montufar, Notes on the number of linear regions of deep neural networks, SampTA 2017; with ranks derived here",
)
def montufar_2017_upper(
    input_dim: int, hidden_widths: Sequence[int], ranks: Sequence[int] | None = None
) -> int:
    """The product over layers of C(n, 0) + ... + C(n, d_l), with d_l the least of the inputs and the widths so far.

    A layer sees a space of at most d_l dimensions. It holds for every activation with two pieces, and for
    injective ones, which lose no dimension, it is the bound of choice: networks of widths 2, 2 on a line have up to 9
    regions with leaky ReLU (`library.leaky_line`), 7 with ReLU.

    Hypotheses: none beyond the architecture; with `ranks`, the ranks of the weight matrices, of which d_l is at most
    the least so far. Source: Montufar, "Notes on the number of linear regions of deep neural networks",
    SampTA 2017, as quoted by Serra et al. 2018; and their Theorem 8 for two pieces. The form with ranks is
    derived here: the rows of a layer, seen on a space of r dimensions, are hyperplanes in r dimensions.

    Parameters
    ----------
    input_dim : int
        The number of inputs.
    hidden_widths : sequence of int
        The widths of the hidden layers.
    ranks : sequence of int, optional
        The rank of each hidden layer's weights, or a bound on it; see `weight_ranks`.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> montufar_2017_upper(5, [3, 3]), montufar_2017_upper(5, [3, 3], ranks=[1, 3])
    (64, 16)
    """
    d, widths = checked_shape(input_dim, hidden_widths)
    return regions_by_histograms(d, widths, [montufar] * len(widths), checked_ranks(ranks, widths))


@bound(
    "upper",
    _RELU,
    "Serra, Tjandraatmadja and Ramalingam, ICML 2018, Theorem 1, arXiv 1711.02114",
    attained_by="tight_plane",
)
def serra_2018_upper(input_dim: int, hidden_widths: Sequence[int], ranks: Sequence[int] | None = None) -> int:
    """The sum over (j_1, ..., j_L) of C(n_1, j_1) ... C(n_L, j_L), where inactive neurons lower later dimensions.

    0 <= j_l <= min(n_0, n_1 - j_1, ..., n_(l-1) - j_(l-1), n_l). In these sums j_l stands for the number of
    inactive neurons of layer l; the others bound the dimension of what the layer passes on. It is tight for one
    layer, for widths of at least 3 on the line (`serra_2018_line`), and for 2 inputs and widths 2, n.

    Hypotheses: ReLU, so that inactive neurons are constant; for leaky ReLU take `montufar_2017_upper`. Source: Serra,
    Tjandraatmadja and Ramalingam, "Bounding and counting linear regions of deep neural networks", ICML 2018,
    arXiv 1711.02114, Theorem 1, and the remark after its proof for ranks. The numbering of theorems is that of
    the preprint.

    Parameters
    ----------
    input_dim : int
        The number of inputs.
    hidden_widths : sequence of int
        The widths of the hidden layers.
    ranks : sequence of int, optional
        The rank of each hidden layer's weights, in place of the last n_l in the condition on j_l; see `weight_ranks`.
        It also bounds the dimension of what the layer passes on, so the number may be smaller than the paper's.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> serra_2018_upper(2, [2, 2]), serra_2018_upper(32, [16, 16, 16])
    (11, 90033673127858)
    >>> serra_2018_upper(2, [4, 4], ranks=[2, 1])
    55
    """
    d, widths = checked_shape(input_dim, hidden_widths)
    return regions_through_layers(d, widths, [True] * len(widths), checked_ranks(ranks, widths))


@bound("upper", _RELU, "Hinz and van de Geer, IEEE Access 2019, arXiv 1806.01918")
def hinz_van_de_geer_2019_upper(
    input_dim: int,
    hidden_widths: Sequence[int],
    histogram: str | Histogram = "serra",
    ranks: Sequence[int] | None = None,
) -> int:
    """Regions by the dimension of their images, passed from layer to layer by an activation histogram.

    The histogram gamma(i, n) bounds, for n neurons on a space of dimension i, how many regions have at least a active
    neurons, for each a; and must do so for the space of each larger dimension, too. "naive" gives
    `montufar_2014_upper`, "montufar" gives `montufar_2017_upper`, "serra" gives `serra_2018_upper`. Smaller
    histograms give smaller bounds (Hinz, arXiv 2103.17174); those of that paper are not included, for they
    were not compared with it. On a line the smallest is known, with at most 2 m + 1 regions of up to m inactive
    neurons, but as only regions without any active neuron lose the dimension, it makes no difference.

    Hypotheses: ReLU; that the histogram is as it must be is the caller's word. Source: Hinz and van de Geer, "A
    framework for the construction of upper bounds on the number of affine linear regions of ReLU feed-forward neural
    networks", IEEE Access 2019, arXiv 1806.01918, in a notation of our own: the products of matrices written out.

    Parameters
    ----------
    input_dim : int
        The number of inputs.
    hidden_widths : sequence of int
        The widths of the hidden layers.
    histogram : {"serra", "montufar", "naive"} or callable
        A function of (i, n) that returns n + 1 integers: entry a is for a active neurons.
    ranks : sequence of int, optional
        The rank of each hidden layer's weights.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> [hinz_van_de_geer_2019_upper(2, [2, 4], name) for name in ("naive", "montufar", "serra")]
    [64, 44, 22]
    """
    d, widths = checked_shape(input_dim, hidden_widths)
    chosen = HISTOGRAMS.get(histogram) if isinstance(histogram, str) else histogram
    if not callable(chosen):
        raise InvalidArgumentError(
            f"`histogram` is {histogram!r}, but must be {', '.join(HISTOGRAMS)}, or a function of a dimension and a "
            "number of neurons.",
            histogram=histogram,
        )
    if histogram == "serra":  # the same, sooner
        return regions_through_layers(d, widths, [True] * len(widths), checked_ranks(ranks, widths))
    gamma = partial(_checked_histogram, chosen)
    return regions_by_histograms(d, widths, [gamma] * len(widths), checked_ranks(ranks, widths))


def _checked_histogram(gamma: Histogram, i: int, n: int) -> Sequence[int]:
    entries = gamma(i, n)
    if len(entries) != n + 1:
        raise InvalidArgumentError(
            f"`histogram` gave {len(entries)} numbers for {n} neurons, but must give {n + 1}, for 0 to {n} active.",
            n_neurons=n,
        )
    return entries


@bound(
    "upper", "fully connected, some layers ReLU", "derived here, after Serra et al. 2018, arXiv 1711.02114"
)
def mixed_upper(
    input_dim: int,
    hidden_widths: Sequence[int],
    is_relu: Sequence[bool],
    ranks: Sequence[int] | None = None,
) -> int:
    """The bound of Serra et al. through ReLU layers, that of Montufar 2017 through layers with another neuron.

    Hypotheses: activations with two pieces; a layer counts as ReLU if all of its slopes are 0. Source: derived here,
    each layer having the activation histogram of its kind.

    Parameters
    ----------
    input_dim : int
        The number of inputs.
    hidden_widths : sequence of int
        The widths of the hidden layers.
    is_relu : sequence of bool
        For each of them whether all of its neurons are ReLU.
    ranks : sequence of int, optional
        The rank of each hidden layer's weights.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> mixed_upper(2, [2, 4], [True, True]), mixed_upper(2, [2, 4], [False, True])
    (22, 44)
    """
    d, widths = checked_shape(input_dim, hidden_widths)
    flags = checked_sequence("is_relu", is_relu, "True and False")
    if len(flags) != len(widths):
        raise InvalidArgumentError(
            f"`is_relu` has {len(flags)} entries, but must have one for each of {len(widths)} layers.",
            is_relu=is_relu,
        )
    relu = [
        checked_flag(f"is_relu[{k}]", bool(flag) if isinstance(flag, np.bool_) else flag)
        for k, flag in enumerate(flags)
    ]
    return regions_through_layers(d, widths, relu, checked_ranks(ranks, widths))


@bound("upper", "two-piece activations, no biases", "derived here", attained_by="central_generic")
def central_upper(input_dim: int, hidden_widths: Sequence[int], ranks: Sequence[int] | None = None) -> int:
    """Without biases: the product over layers of the most regions that hyperplanes through the origin have.

    That is 2 (C(n-1, 0) + ... + C(n-1, d_l - 1)), with d_l the least of the inputs and the widths so far. Regions are
    cones on which the network is linear, so every layer sees hyperplanes through the origin.

    Hypotheses: all biases of hidden layers are zero; activations with two pieces. Source: derived here.

    Parameters
    ----------
    input_dim : int
        The number of inputs.
    hidden_widths : sequence of int
        The widths of the hidden layers.
    ranks : sequence of int, optional
        The rank of each hidden layer's weights.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> central_upper(3, [5]), central_upper(2, [3, 3])
    (22, 36)
    """
    d, widths = checked_shape(input_dim, hidden_widths)
    return regions_by_histograms(d, widths, [central] * len(widths), checked_ranks(ranks, widths))
