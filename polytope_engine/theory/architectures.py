"""Networks that are not fully connected: convolutions, convolutions of graphs, and residual blocks."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.library.parameters import (
    checked_flag,
    checked_integer,
    checked_integers,
    checked_sequence,
)
from polytope_engine.network.library.weight_sharing import independent_sets, layer_shape, receptive_fields
from polytope_engine.theory.histograms import general_position, through_origin
from polytope_engine.theory.record import bound
from polytope_engine.theory.upper import raghu_2017_upper

_XIONG = "Xiong, Huang, Yu, Liu, Zhu and Shao, ICML 2020"
Side = int | Sequence[int]
ConvolutionLayer = tuple[Side, int] | tuple[Side, int, int]


@bound(
    "exact",
    "one convolutional layer with biases, almost all weights",
    f"{_XIONG}, Theorem 2, arXiv 2006.00978",
    needs_generic=True,
    attained_by="convolution",
)
def xiong_2020_one_layer(
    size: Side, kernel: Side, n_filters: int, stride: int = 1, n_channels: int = 1
) -> int:
    """One convolutional layer: the sum over t of the product over positions of C(n_filters, t_position).

    t runs over the vectors in which any positions together have at most as many neurons as they see inputs. It is
    also the most that such a layer can have, and the expectation for weights with a density.

    Hypotheses: biases; no padding; general position. Source: Xiong, Huang, Yu, Liu, Zhu and Shao, "On the number of
    linear regions of convolutional neural networks", ICML 2020, arXiv 2006.00978, Theorem 2, compared with exact
    counts.

    Parameters
    ----------
    size, kernel : int or pair of int
        How many inputs, in a row or in rows and columns, and how many a filter sees.
    n_filters, stride, n_channels : int
        As in `library.convolution`.

    Raises
    ------
    InvalidArgumentError
        If a parameter is not what it must be, or the sum is too long.

    Examples
    --------
    >>> xiong_2020_one_layer(3, 2, 2), xiong_2020_one_layer(4, 2, 3, stride=2)
    (15, 49)
    """
    n_filters = checked_integer("n_filters", n_filters, 1)
    n_channels = checked_integer("n_channels", n_channels, 1)
    fields = receptive_fields(size, kernel, stride, n_channels)
    sets = independent_sets(fields, n_filters)
    if sets is None:
        raise InvalidArgumentError(
            f"The layer has {len(fields)} positions and {n_filters} filters, which makes a sum of too many terms; "
            "take at most 12 positions and fewer filters.",
            n_positions=len(fields),
        )
    return sum(sets)


def _positions(
    size: Side, n_channels: int, layers: Sequence[ConvolutionLayer]
) -> list[tuple[tuple[int, int], tuple[int, int], int, tuple[int, int], int]]:
    """Of each layer: sides of its input, sides of its output, number of filters, kernel, stride."""
    rows = checked_sequence("layers", layers, "(kernel, n_filters)")
    if not rows:
        raise InvalidArgumentError("`layers` is empty, but must hold at least one (kernel, n_filters).")
    result = []
    for k, row in enumerate(rows):
        layer = checked_sequence(f"layers[{k}]", row, "kernel, n_filters and perhaps stride")
        if len(layer) not in (2, 3):
            raise InvalidArgumentError(
                f"`layers[{k}]` is {layer}, but must be (kernel, n_filters) or (kernel, n_filters, stride)."
            )
        kernel, n_filters, stride = (*layer, 1)[:3]
        n_filters = checked_integer(f"layers[{k}][1]", n_filters, 1)
        shape, window, places = layer_shape(size, kernel, stride)
        result.append((shape, places, n_filters, window, stride))
        size = places
    checked_integer("n_channels", n_channels, 1)
    return result


@bound(
    "upper",
    "convolutional layers",
    f"{_XIONG}, Theorem 5, arXiv 2006.00978",
    verified=False,
)
def xiong_2020_upper(size: Side, n_channels: int, layers: Sequence[ConvolutionLayer]) -> int:
    """Convolutional layers: the first one's regions, times C(N_l, 0) + ... + C(N_l, inputs) for each layer after it.

    N_l is the number of neurons of layer l, positions times filters. **Unverified**: the statement was compared with
    a secondary source only; that it is an upper bound follows from `raghu_2017_upper`, with the first factor the
    most that one convolutional layer can have.

    Hypotheses: none beyond the architecture. Source: Xiong et al., ICML 2020, arXiv 2006.00978, Theorem 5.

    Parameters
    ----------
    size : int or pair of int
        How many inputs, in a row or in rows and columns.
    n_channels : int
        The number of values at each.
    layers : sequence of (kernel, n_filters) or (kernel, n_filters, stride)
        The convolutional layers.

    Raises
    ------
    InvalidArgumentError
        If a parameter is not what it must be, or the first layer's sum is too long.

    Examples
    --------
    >>> xiong_2020_upper(3, 1, [(2, 2), (2, 1)])
    30
    """
    shapes = _positions(size, n_channels, layers)
    n_inputs = prod(shapes[0][0]) * n_channels
    _, _, n_filters, window, stride = shapes[0]
    first = xiong_2020_one_layer(shapes[0][0], window, n_filters, stride, n_channels)
    return first * prod(general_position(prod(places) * n, n_inputs) for _, places, n, _, _ in shapes[1:])


@bound(
    "lower",
    "the best network of these convolutional layers",
    f"{_XIONG}, Theorem 5, arXiv 2006.00978",
    region_definition="R4",
    verified=False,
)
def xiong_2020_lower(size: Side, n_channels: int, layers: Sequence[ConvolutionLayer]) -> int:
    """Convolutional layers: the last one's regions, times floor(d_l / d_0)^(d_0 positions of layer l) for the others.

    d_l is the number of filters of layer l, d_0 that of channels; the last layer is taken alone, on what is left of
    the positions, with d_0 channels. **Unverified**: compared with a secondary source only.

    Hypotheses: at least as many filters as channels. Source: Xiong et al., ICML 2020, arXiv 2006.00978, Theorem 5.

    Parameters
    ----------
    size, n_channels, layers
        As in `xiong_2020_upper`.

    Raises
    ------
    InvalidArgumentError
        If a parameter is not what it must be, or the last layer's sum is too long.

    Examples
    --------
    >>> xiong_2020_lower(4, 1, [(2, 2), (2, 2)])
    120
    """
    shapes = _positions(size, n_channels, layers)
    shape, _, n_filters, window, stride = shapes[-1]
    last = xiong_2020_one_layer(shape, window, n_filters, stride, n_channels)
    powers = [(n // n_channels) ** (prod(places) * n_channels) for _, places, n, _, _ in shapes[:-1]]
    return last * int(prod(powers))


@bound(
    "exact",
    "one layer of a graph network with an invertible matrix, almost all weights",
    "derived here; compare Chen, Wang and Xiong, Neural Networks 168 (2023), arXiv 2206.00228",
    needs_generic=True,
    attained_by="graph_convolution",
)
def graph_convolution_regions(n_nodes: int, n_inputs: int, n_features: int, *, bias: bool = True) -> int:
    """One layer relu(A X W + b) of a graph network with n_nodes nodes and invertible A: a power of a generic count.

    In the coordinates Y = A X the nodes are separate: (C(n, 0) + ... + C(n, d))^n_nodes for n features and d inputs
    a node, or with hyperplanes through the origin if there are no biases. For singular A see
    `library.graph_convolution`.

    Hypotheses: A invertible; W and b in general position. Source: derived here; the optimal bound of Chen, Wang and
    Xiong, "On the number of linear regions of graph convolutional networks", Neural Networks 168 (2023) 394-404,
    arXiv 2206.00228, was not compared.

    Parameters
    ----------
    n_nodes, n_inputs, n_features : int
        The numbers of nodes, and of values at each before and after.
    bias : bool
        Whether each feature has a bias.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> graph_convolution_regions(3, 2, 3), graph_convolution_regions(3, 2, 3, bias=False)
    (343, 216)
    """
    n_nodes, d, n = checked_integers("sizes", (n_nodes, n_inputs, n_features), 1)
    one = general_position(n, d) if checked_flag("bias", bias) else through_origin(n, d)
    return int(one**n_nodes)


@bound("upper", "residual blocks", "derived here")
def residual_upper(input_dim: int, block_widths: Sequence[int]) -> int:
    """Residual blocks x + V relu(W x + b): the product of C(n, 0) + ... + C(n, input_dim).

    The stream keeps its input_dim dimensions, so every block cuts a region as n hyperplanes in R^input_dim, and no
    inactive neuron takes a dimension away: this is `raghu_2017_upper`, and may exceed `serra_2018_upper`.

    Hypotheses: each block has one hidden layer, whose neurons have two pieces. Source: derived here.

    Parameters
    ----------
    input_dim : int
        The dimension of the stream.
    block_widths : sequence of int
        The number of neurons in each block.

    Raises
    ------
    InvalidArgumentError
        If they are no positive integers.

    Examples
    --------
    >>> residual_upper(2, [3, 3])
    49
    """
    return raghu_2017_upper(input_dim, block_widths)
