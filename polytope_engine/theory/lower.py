"""Lower bounds on the most regions that a fully connected ReLU network of some shape can have.

Each is attained by a construction, mostly one of `pe.library`; they say nothing of any other network. What is
counted are linear regions (R4), so that R2 is at least as large, or R2 where the record says so. Where all neurons of
the last layer are inactive regions merge, so that constructions whose last layer is narrow have fewer linear regions
than regions. Constructions may be shrunk, so the bounds hold on every domain with interior, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.library.parameters import checked_integer
from polytope_engine.theory.arguments import checked_shape
from polytope_engine.theory.histograms import general_position, through_origin
from polytope_engine.theory.record import bound

_BEST = "the best fully connected ReLU network of the shape"
_SERRA = "Serra, Tjandraatmadja and Ramalingam, ICML 2018"


@bound("lower", _BEST, "Pascanu, Montufar and Bengio, ICLR 2014, arXiv 1312.6098", region_definition="R4")
def pascanu_2013_lower(input_dim: int, hidden_widths: Sequence[int]) -> int:
    """The product of floor(n_l / n_0) over all hidden layers but the last, times C(n_L, 0) + ... + C(n_L, n_0).

    Hypotheses: widths before the last of at least `input_dim`; otherwise it is 0, and says nothing. Source: Pascanu,
    Montufar and Bengio, "On the number of response regions of deep feed forward networks with piece-wise
    linear activations", ICLR 2014, arXiv 1312.6098, compared with the abstract. `montufar_2014_lower` is larger.

    Parameters
    ----------
    input_dim : int
        The number of inputs n_0.
    hidden_widths : sequence of int
        The widths of the hidden layers.

    Raises
    ------
    InvalidArgumentError
        If they are no positive integers.

    Examples
    --------
    >>> pascanu_2013_lower(2, [6, 6])
    66
    """
    d, (*before, last) = checked_shape(input_dim, hidden_widths)
    return prod(n // d for n in before) * general_position(last, d)


@bound(
    "lower",
    _BEST,
    "Montufar, Pascanu, Cho and Bengio, NIPS 2014, arXiv 1402.1869, as quoted by Serra et al. 2018",
    region_definition="R4",
    attained_by="folded_cube",
)
def montufar_2014_lower(input_dim: int, hidden_widths: Sequence[int]) -> int:
    """The product of floor(n_l / n_0)^n_0 over all hidden layers but the last, times C(n_L, 0) + ... + C(n_L, n_0).

    These are the regions inside a cube, each coordinate of which the layers fold; all of R^d has more.

    Hypotheses: widths before the last of at least `input_dim`; otherwise it is 0, and says nothing. Source: Montufar,
    Pascanu, Cho and Bengio, "On the number of linear regions of deep neural networks", NIPS 2014,
    arXiv 1402.1869, as Serra et al. 2018 quote it; attained by `library.folded_cube` in the cube, by linear regions if
    n_L > n_0, else by R2.

    Parameters
    ----------
    input_dim : int
        The number of inputs n_0.
    hidden_widths : sequence of int
        The widths of the hidden layers.

    Raises
    ------
    InvalidArgumentError
        If they are no positive integers.

    Examples
    --------
    >>> montufar_2014_lower(2, [6, 6]), montufar_2014_lower(2, [4, 3])
    (198, 28)
    """
    d, (*before, last) = checked_shape(input_dim, hidden_widths)
    return int(prod((n // d) ** d for n in before)) * general_position(last, d)


@bound(
    "lower",
    "one input, two neurons a layer, on [0, 1]",
    "Telgarsky, COLT 2016, arXiv 1602.04485",
    region_definition="R6",
    attained_by="sawtooth",
)
def telgarsky_2016_lower(depth: int) -> int:
    """2^depth affine pieces on [0, 1], of two neurons a layer.

    Hypotheses: one input, `depth` hidden layers of at least two ReLU neurons. Source: Telgarsky, "Benefits of depth
    in neural networks", COLT 2016, arXiv 1602.04485: the tent map composed with itself, `library.sawtooth`.

    Parameters
    ----------
    depth : int
        The number of hidden layers.

    Raises
    ------
    InvalidArgumentError
        If it is no positive integer.

    Examples
    --------
    >>> telgarsky_2016_lower(5)
    32
    """
    return int(2 ** checked_integer("depth", depth, 1))


@bound(
    "lower",
    _BEST,
    "Arora, Basu, Mianjy and Mukherjee, ICLR 2018, Theorem 3.9, arXiv 1611.01491",
    region_definition="R4",
    attained_by="zonotope",
)
def arora_2018_lower(input_dim: int, hidden_widths: Sequence[int]) -> int:
    """2 (C(m-1, 0) + ... + C(m-1, n_0-1)) times the product of the later widths, with n_1 = 2 m or 2 m + 1.

    The first layer makes a norm, the sum of |g.x| over m generators; later layers fold it. The count leaves out what
    is outside the unit ball of that norm.

    Hypotheses: n_1 of at least 2, later widths of at least 2. Source: Arora, Basu, Mianjy and Mukherjee,
    "Understanding deep neural networks with rectified linear units", ICLR 2018, arXiv 1611.01491, Theorem 3.9,
    for equal widths w: w^(L-1). That widths may differ, and one neuron idle, is seen from the construction.

    Parameters
    ----------
    input_dim : int
        The number of inputs n_0.
    hidden_widths : sequence of int
        The widths of the hidden layers.

    Raises
    ------
    InvalidArgumentError
        If the hypotheses do not hold.

    Examples
    --------
    >>> arora_2018_lower(2, [6, 2, 2]), arora_2018_lower(3, [8, 2])
    (24, 28)
    """
    d, widths = _generators_and_widths("arora_2018_lower", input_dim, hidden_widths, 2)
    return through_origin(widths[0] // 2, d) * prod(widths[1:])


def _generators_and_widths(
    name: str, input_dim: int, hidden_widths: Sequence[int], least: int
) -> tuple[int, tuple[int, ...]]:
    d, widths = checked_shape(input_dim, hidden_widths)
    if widths[0] < 2 or any(n < least for n in widths[1:]):
        raise InvalidArgumentError(
            f"`hidden_widths` is {widths}, but for `{name}` the first must be at least 2 and the others at least "
            f"{least}.",
            hidden_widths=widths,
        )
    return d, widths


@bound(
    "exact",
    "the best ReLU network with one input, widths of at least 3",
    f"{_SERRA}, Theorem 5, arXiv 1711.02114",
    region_definition="R2, R4, R5 and R6",
    attained_by="zigzag",
)
def serra_2018_line(hidden_widths: Sequence[int]) -> int:
    """On a line, the most regions are the product of n_l + 1.

    Hypotheses: one input, widths of at least 3. With widths 2, 2 the most are 7, not 9: `library.tight_line`.
    Source: Serra et al., ICML 2018, arXiv 1711.02114, Theorem 5 (numbered as in the preprint).

    Parameters
    ----------
    hidden_widths : sequence of int
        The widths of the hidden layers.

    Raises
    ------
    InvalidArgumentError
        If the hypotheses do not hold.

    Examples
    --------
    >>> serra_2018_line([3, 3, 3])
    64
    """
    _, widths = checked_shape(1, hidden_widths)
    if min(widths) < 3:
        raise InvalidArgumentError(
            f"`hidden_widths` is {widths}, but all must be at least 3: with 2, 2 there are at most 7 regions.",
            hidden_widths=widths,
        )
    return prod(n + 1 for n in widths)


@bound(
    "lower",
    _BEST,
    f"{_SERRA}, Theorem 6, arXiv 1711.02114",
    region_definition="R2",
    attained_by="zigzag_cube",
)
def serra_2018_lower(input_dim: int, hidden_widths: Sequence[int]) -> int:
    """The product of (floor(n_l / n_0) + 1)^n_0 over all layers but the last, times C(n_L, 0) + ... + C(n_L, n_0).

    Hypotheses: widths before the last of at least 3 n_0. (The theorem wants it of the last, too, which its
    construction does not need.) Source: Serra et al., ICML 2018, arXiv 1711.02114, Theorem 6 (numbered as in
    the preprint). On the line the last factor is n_L + 1.

    Parameters
    ----------
    input_dim : int
        The number of inputs n_0.
    hidden_widths : sequence of int
        The widths of the hidden layers.

    Raises
    ------
    InvalidArgumentError
        If the hypotheses do not hold.

    Examples
    --------
    >>> serra_2018_lower(2, [6, 6]), serra_2018_lower(3, [9, 9])
    (352, 8320)
    """
    d, (*before, last) = checked_shape(input_dim, hidden_widths)
    if any(n < 3 * d for n in before):
        raise InvalidArgumentError(
            f"`hidden_widths` is {(*before, last)}, but all but the last must be at least 3 times the {d} inputs.",
            hidden_widths=(*before, last),
        )
    return int(prod((n // d + 1) ** d for n in before)) * general_position(last, d)


@bound(
    "lower",
    _BEST,
    f"{_SERRA}, Theorem 7, arXiv 1711.02114, for later widths of at least 3",
    region_definition="R2",
    attained_by="zigzag_zonotope",
)
def serra_2018_zonotope_lower(input_dim: int, hidden_widths: Sequence[int]) -> int:
    """2 (C(m-1, 0) + ... + C(m-1, n_0-1)) times the product of later widths plus one, with n_1 = 2 m or 2 m + 1.

    Hypotheses: n_1 of at least 2, later widths of at least 3. The preprint says at least 2, but then the statement
    is in doubt: for one input and widths 2, 2, 2 it claims 18 regions, and a long search found 15 at most. Source:
    Serra et al., ICML 2018, arXiv 1711.02114, Theorem 7 (numbered as in the preprint); attained by
    `library.zigzag_zonotope`.

    Parameters
    ----------
    input_dim : int
        The number of inputs n_0.
    hidden_widths : sequence of int
        The widths of the hidden layers.

    Raises
    ------
    InvalidArgumentError
        If the hypotheses do not hold.

    Examples
    --------
    >>> serra_2018_zonotope_lower(2, [6, 3])
    24
    """
    d, widths = _generators_and_widths("serra_2018_zonotope_lower", input_dim, hidden_widths, 3)
    return through_origin(widths[0] // 2, d) * prod(n + 1 for n in widths[1:])
