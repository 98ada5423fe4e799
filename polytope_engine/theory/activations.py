"""Fully connected networks whose activations have several pieces."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, prod

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.library.parameters import checked_integer, checked_integers, checked_sequence
from polytope_engine.theory.arguments import checked_shape
from polytope_engine.theory.histograms import general_position, most_dimensions, truncated_product
from polytope_engine.theory.record import bound


@bound(
    "upper",
    "one maxout layer",
    "Montufar, Ren and Zhang, SIAM J. Appl. Algebra Geometry 6 (2022), arXiv 2104.08135",
    region_definition="R4",
    verified=False,
    attained_by="parallel_families",
)
def montufar_ren_zhang_2022_maxout(input_dim: int, n_units: int, rank: int) -> int:
    """One layer of maxout units of some rank: the most regions are the sum of C(n_units, j) (rank-1)^j, j <= input_dim.

    It is attained by parallel hyperplanes in generic directions, rank - 1 for each unit. Hypotheses: one layer.
    Source: Montufar, Ren and Zhang, "Sharp bounds for the number of regions of maxout networks and vertices of
    Minkowski sums", SIAM J. Appl. Algebra Geometry 6 (2022) 618-649, arXiv 2104.08135.
    **Unverified**: the formula was compared with random search, not with the paper.

    Parameters
    ----------
    input_dim, n_units, rank : int
        The numbers of inputs, of units, and of linear functions of which a unit takes the largest.

    Raises
    ------
    InvalidArgumentError
        If they are no positive integers.

    Examples
    --------
    >>> montufar_ren_zhang_2022_maxout(2, 3, 3)
    19
    """
    d, m = checked_integer("input_dim", input_dim, 1), checked_integer("n_units", n_units, 1)
    k = checked_integer("rank", rank, 1)
    return sum(comb(m, j) * (k - 1) ** j for j in range(min(m, d) + 1))


@bound(
    "upper",
    "maxout, any number of layers",
    "Serra, Tjandraatmadja and Ramalingam, ICML 2018, Theorem 8, arXiv 1711.02114",
)
def serra_2018_maxout_upper(input_dim: int, hidden_widths: Sequence[int], rank: int) -> int:
    """Maxout layers: the product of the sums of C(n_l k (k-1) / 2, j), j <= d_l, with k the rank.

    A unit of rank k has at most k (k-1) / 2 hyperplanes, where two of its functions are equal; d_l is the least
    of the inputs and the widths so far. With k = 2 it is `montufar_2017_upper`.

    Hypotheses: none beyond the architecture. Source: Serra et al., ICML 2018, arXiv 1711.02114, Theorem 8
    (numbered as in the preprint).

    Parameters
    ----------
    input_dim : int
        The number of inputs.
    hidden_widths : sequence of int
        The numbers of units of the layers.
    rank : int
        The number of linear functions of which a unit takes the largest.

    Raises
    ------
    InvalidArgumentError
        If they are no positive integers.

    Examples
    --------
    >>> serra_2018_maxout_upper(2, [3], 3)
    46
    """
    d, widths = checked_shape(input_dim, hidden_widths)
    k = checked_integer("rank", rank, 1)
    least = [min(i, n) for i, n in zip(most_dimensions(d, widths), widths, strict=True)]
    return prod(general_position(n * k * (k - 1) // 2, i) for n, i in zip(widths, least, strict=True))


@bound(
    "upper",
    "activations with several pieces, fully connected",
    "Goujon, Etemadi and Unser 2024, arXiv 2206.08615; layer formula derived here",
    attained_by="parallel_families",
)
def goujon_2024_upper(input_dim: int, pieces: Sequence[Sequence[int]]) -> int:
    """Activations with kappa pieces: the product over layers of e_0 + ... + e_(d_l) of the numbers kappa - 1.

    e_j are the elementary symmetric polynomials, and d_l is the least of the inputs and the widths so far. A
    neuron with kappa pieces is kappa - 1 parallel hyperplanes; with kappa = 2 this is `montufar_2017_upper`.

    Hypotheses: continuous piecewise linear activations with the given numbers of pieces. Source: of the kind of
    Goujon, Etemadi and Unser, "On the number of regions of piecewise linear neural networks", J. Comput. Appl. Math.
    441 (2024) 115667, arXiv 2206.08615, whose own theorem was not compared; the formula is derived here from the
    characteristic polynomial of parallel families.

    Parameters
    ----------
    input_dim : int
        The number of inputs.
    pieces : sequence of sequences of int
        For each hidden layer, the number of pieces of each neuron's activation.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> goujon_2024_upper(2, [[3, 3, 3]]), goujon_2024_upper(2, [[2, 2, 2, 2], [2, 2, 2]])
    (19, 77)
    """
    d = checked_integer("input_dim", input_dim, 1)
    layers = checked_sequence("pieces", pieces, "sequences of integers")
    if not layers:
        raise InvalidArgumentError("`pieces` is empty, but must hold at least one layer.")
    rows = [checked_integers(f"pieces[{k}]", row, 1) for k, row in enumerate(layers)]
    seen = most_dimensions(d, [len(row) for row in rows])
    return prod(truncated_product([p - 1 for p in row], k) for row, k in zip(rows, seen, strict=True))


@bound(
    "upper",
    "piecewise linear activations, one input",
    "Petersen and Zech, Mathematical theory of deep learning, Theorem 6.3, arXiv 2407.18384",
)
def petersen_zech_2024_upper(hidden_widths: Sequence[int], n_pieces: int = 2) -> int:
    """On a line: at most (n_pieces * width)^L pieces, where `width` is the largest.

    The theorem is about linear regions (R4). It holds for R2 as well, for it is at least `goujon_2024_upper`, whose
    factors are n (n_pieces - 1) + 1 here.

    Hypotheses: one input; continuous piecewise linear activations with `n_pieces` pieces. Source: Petersen and Zech,
    "Mathematical theory of deep learning", arXiv 2407.18384, Theorem 6.3.

    Parameters
    ----------
    hidden_widths : sequence of int
        The widths of the hidden layers.
    n_pieces : int
        The number of pieces of the activation, 2 for ReLU.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> petersen_zech_2024_upper([3, 3])
    36
    """
    widths = checked_integers("hidden_widths", hidden_widths, 1)
    return int((checked_integer("n_pieces", n_pieces, 1) * max(widths)) ** len(widths))
