"""Expectations over random weights and biases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from math import comb, factorial
from typing import Any

import numpy as np

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.arrays import exact_float64
from polytope_engine.network.library.parameters import checked_integer, checked_integers, checked_sequence
from polytope_engine.theory.arguments import checked_number, checked_shape
from polytope_engine.theory.histograms import binomials
from polytope_engine.theory.record import bound

_HANIN = "Hanin and Rolnick, NeurIPS 2019, arXiv 1906.00904"
_ROUNDING = Fraction(1, 2**53)
_GAUSSIAN = "derived here; the first formula compared with simulation"


@bound(
    "expectation",
    "ReLU with random weights and biases that have densities",
    _HANIN,
    region_definition="R2 that meet a cube",
    verified=False,
)
def hanin_rolnick_2019_expected_upper(
    input_dim: int, n_neurons: int, T: float | Fraction, volume: float | Fraction = 1
) -> Fraction:
    """(T N)^d / d! for each unit of volume, if N >= d; 2^N otherwise: a bound on the expected number in a cube.

    The constant T depends on the distribution and is not known; it is a parameter here, for comparison with counts.
    The bound is about the mean over random parameters, and says nothing of one network. **Unverified**: its form was
    compared with the abstract, the hypotheses with secondary sources.

    Hypotheses: biases have conditional densities bounded by a constant, gradients of neurons bounded moments, and
    the cube is larger than some size. Source: Hanin and Rolnick, "Deep ReLU networks have surprisingly few
    activation patterns", NeurIPS 2019, arXiv 1906.00904.

    Parameters
    ----------
    input_dim, n_neurons : int
        d and N.
    T : number
        The constant.
    volume : number
        That of the cube.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> hanin_rolnick_2019_expected_upper(2, 10, T=1)
    Fraction(50, 1)
    """
    d, N = checked_integer("input_dim", input_dim, 1), checked_integer("n_neurons", n_neurons, 1)
    t, v = checked_number("T", T), checked_number("volume", volume)
    return v * (t * N) ** d / factorial(d) if d <= N else v * 2**N


@bound(
    "expectation",
    "ReLU with random weights and biases that have densities",
    _HANIN,
    region_definition="volume where k bent hyperplanes meet, a unit of volume",
    verified=False,
)
def hanin_rolnick_2019_crossings_upper(
    n_neurons: int, k: int, c_grad: float | Fraction, c_bias: float | Fraction
) -> Fraction:
    """C(N, k) (2 C_grad C_bias)^k: the expected (d-k)-volume where k bent hyperplanes meet, a unit of volume.

    **Unverified**: recalled, and not compared with the paper. Hypotheses and source: as
    `hanin_rolnick_2019_expected_upper`.

    Parameters
    ----------
    n_neurons, k : int
        The number of neurons, and of bent hyperplanes that meet.
    c_grad, c_bias : number
        The bounds on gradients and on the densities of biases.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> hanin_rolnick_2019_crossings_upper(10, 2, 1, Fraction(1, 2))
    Fraction(45, 1)
    """
    N, k = checked_integer("n_neurons", n_neurons, 1), checked_integer("k", k, 0)
    return comb(N, k) * (2 * checked_number("c_grad", c_grad) * checked_number("c_bias", c_bias)) ** k


@bound(
    "expectation",
    "one input, random uniform biases",
    "Petersen and Zech, Mathematical theory of deep learning, Theorem 6.9, arXiv 2407.18384",
    region_definition="R4 on a segment of length 1",
)
def petersen_zech_2024_expected_upper(hidden_widths: Sequence[int], c_nu: float, delta: float) -> float:
    """1 + d_1 + (C / delta) (1 + (L-1) ln(2 width)) (d_2 + ... + d_L): expected pieces on a unit segment.

    Hypotheses: ReLU, biases independent and uniform in [-delta/2, delta/2], derivatives of neurons at most C. Source:
    Petersen and Zech, "Mathematical theory of deep learning", arXiv 2407.18384, Theorem 6.9.

    Parameters
    ----------
    hidden_widths : sequence of int
        The widths d_1, ..., d_L of the hidden layers.
    c_nu, delta : float
        The largest derivative C, and the length of the biases' interval, positive.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> petersen_zech_2024_expected_upper([10], 1.0, 1.0)
    11.0
    """
    widths = checked_integers("hidden_widths", hidden_widths, 1)
    c, length = float(checked_number("c_nu", c_nu)), float(checked_number("delta", delta))
    if length == 0:
        raise InvalidArgumentError("`delta` is 0, but must be positive.", delta=delta)
    later = (1 + (len(widths) - 1) * math.log(2 * max(widths))) * sum(widths[1:])
    return 1 + widths[0] + c / length * later


@bound(
    "expectation",
    "one hidden layer, two inputs, standard normal weights and biases",
    _GAUSSIAN,
    region_definition="R2 that meet the open unit disc",
)
def gaussian_disc_expected(n_neurons: int) -> float:
    """The expected number of regions at distance less than 1 from the origin: 1 + n/sqrt(2) + C(n, 2) (1 - 1/sqrt(2)).

    A line meets the disc with probability 1/sqrt(2), and two lines meet inside it with probability 1 - 1/sqrt(2).
    Hypotheses: one hidden layer on R^2 whose rows (w, b) are independent and standard normal. Source: derived here.

    Parameters
    ----------
    n_neurons : int
        The number of neurons, at least 0.

    Raises
    ------
    InvalidArgumentError
        If it is not that.

    Examples
    --------
    >>> round(gaussian_disc_expected(10), 4)
    21.2513
    """
    n = checked_integer("n_neurons", n_neurons, 0)
    return 1 + n / math.sqrt(2) + comb(n, 2) * (1 - 1 / math.sqrt(2))


@bound(
    "expectation",
    "one neuron with normal weights and bias",
    _GAUSSIAN,
    region_definition="probability that a neuron changes its sign between two points",
)
def gaussian_sign_change(x0: Any, x1: Any, sigma_w: float = 1.0, sigma_b: float = 1.0) -> float:
    """The probability that a normal neuron changes its sign between two points: their angle over pi.

    The angle is that of (sigma_w x, sigma_b) at the two points. Hypotheses: weights and bias independent and normal
    with these standard deviations. Source: derived here.

    Parameters
    ----------
    x0, x1 : array_like of float, shape (d,)
        The points.
    sigma_w, sigma_b : float
        Standard deviations.

    Raises
    ------
    InvalidArgumentError
        If the points have no common dimension.

    Examples
    --------
    >>> gaussian_sign_change([0, 0], [1, 0])
    0.25
    """
    points = exact_float64([x0, x1], "the points", InvalidArgumentError)
    if points.ndim != 2:
        raise InvalidArgumentError("`x0` and `x1` must be points, sequences of equally many numbers.")
    w, b = float(checked_number("sigma_w", sigma_w)), float(checked_number("sigma_b", sigma_b))
    u, v = np.hstack([w * points, np.full((2, 1), b)])
    longer, other = np.linalg.norm(u) * v, np.linalg.norm(v) * u
    # stable for small and large angles alike
    return float(2 * np.arctan2(np.linalg.norm(longer - other), np.linalg.norm(longer + other)) / np.pi)


@bound(
    "expectation",
    "ReLU with random sparse masks",
    "Cai et al., CPAIOR 2023, arXiv 2301.07966",
    verified=False,
)
def cai_2023_expected_upper(
    input_dim: int, hidden_widths: Sequence[int], rank_probabilities: Sequence[Sequence[Fraction | float]]
) -> Fraction:
    """A bound on the expected number of regions of randomly pruned networks, by the ranks of the masks.

    R(l, d) is the sum over k of P(rank of layer l is k) times the sum over j <= min(d, k) of
    C(n_l, j) R(l + 1, min(n_l - j, d, k)). **Unverified**: the formula is from a secondary source, and was not
    compared with the paper.

    Hypotheses: ReLU; masks of different layers are independent. Source: Cai et al. 2023, arXiv 2301.07966.

    Parameters
    ----------
    input_dim : int
        The number of inputs.
    hidden_widths : sequence of int
        The widths of the hidden layers.
    rank_probabilities : sequence of sequences of numbers
        For each hidden layer, the probability of rank 0, 1, 2, ....

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> cai_2023_expected_upper(2, [2, 2], [[0, 0, 1], [0, 0, 1]])
    Fraction(11, 1)
    """
    d, widths = checked_shape(input_dim, hidden_widths)
    rows = checked_sequence("rank_probabilities", rank_probabilities, "sequences of probabilities")
    if len(rows) != len(widths):
        raise InvalidArgumentError(
            f"`rank_probabilities` has {len(rows)} entries, but must have one for each of "
            f"{len(widths)} layers.",
            rank_probabilities=rank_probabilities,
        )
    by_dimension = {d: Fraction(1)}
    for layer, (n, row) in enumerate(zip(widths, rows, strict=True)):
        shares = _shares(f"rank_probabilities[{layer}]", row, n)
        after: dict[int, Fraction] = {}
        for i, number in by_dimension.items():
            for k, share in enumerate(shares):
                for j, sets in enumerate(binomials(n, min(i, k))):
                    left = min(i, k, n - j)
                    after[left] = after.get(left, Fraction(0)) + number * share * sets
        by_dimension = after
    return sum(by_dimension.values(), Fraction(0))


def _shares(name: str, probabilities: object, n: int) -> list[Fraction]:
    """The probabilities of ranks 0, 1, ..., at most n, exactly; they add up to 1 but for the rounding of floats."""
    shares = [checked_number(name, p) for p in checked_sequence(name, probabilities, "probabilities")]
    total = sum(shares, Fraction(0))
    if len(shares) > n + 1 or abs(total - 1) > len(shares) * _ROUNDING:
        raise InvalidArgumentError(
            f"`{name}` has {len(shares)} probabilities that add up to {float(total):g}, but must have those "
            f"of ranks 0 to {n}, which add up to 1.",
            name=name,
            total=total,
        )
    return shares
