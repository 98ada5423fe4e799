"""How many facets regions have on average, which is the mean degree of the adjacency graph."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from polytope_engine.network.library.parameters import checked_integer
from polytope_engine.theory.arguments import checked_shape
from polytope_engine.theory.histograms import general_position, through_origin
from polytope_engine.theory.record import bound

_FUKUDA = "Fukuda, Saito, Tamura and Tokuyama, Discrete Applied Mathematics 31 (1991)"
_GAINES_BI = (
    "Gaines and Bi, Characterizing the discrete geometry of ReLU networks, ICLR 2026, arXiv 2606.07728"
)


@bound(
    "exact",
    "one hidden layer in general position",
    "derived here from Buck 1943; compare Fan et al. 2023, arXiv 2305.09145",
    needs_generic=True,
    region_definition="facets a region of R2",
    attained_by="generic",
)
def average_facets(n_hyperplanes: int, dimension: int) -> Fraction:
    """2 n Z(n-1, d-1) / Z(n, d), with Z(n, d) = C(n, 0) + ... + C(n, d): the mean number of facets a region.

    It grows with n, stays below 2d, and tends to 2d. Hypotheses: one hidden layer in general position. Source:
    derived here, as twice the number of walls over that of regions; the theorems of Fan et al. 2023, arXiv
    2305.09145, were not compared.

    Parameters
    ----------
    n_hyperplanes, dimension : int
        At least 1.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> average_facets(5, 2)
    Fraction(25, 8)
    """
    n, d = checked_integer("n_hyperplanes", n_hyperplanes, 1), checked_integer("dimension", dimension, 1)
    return Fraction(2 * n * general_position(n - 1, d - 1), general_position(n, d))


@bound(
    "exact",
    "one hidden layer without biases, generic weights",
    "derived here; compare Fan et al. 2023, arXiv 2305.09145",
    needs_generic=True,
    region_definition="facets a region of R2",
    attained_by="central_generic",
)
def average_facets_central(n_hyperplanes: int, dimension: int) -> Fraction:
    """Without biases: 2 n r(n-1, d-1) / r(n, d), with r(n, d) = 2 (C(n-1, 0) + ... + C(n-1, d-1)).

    It tends to 2 (d - 1). Hypotheses: one hidden layer without biases, any d normals independent. Source: derived
    here, as twice the number of walls over that of regions.

    Parameters
    ----------
    n_hyperplanes, dimension : int
        At least 1.

    Raises
    ------
    InvalidArgumentError
        If they are not that.

    Examples
    --------
    >>> average_facets_central(5, 3)
    Fraction(40, 11)
    """
    n, d = checked_integer("n_hyperplanes", n_hyperplanes, 1), checked_integer("dimension", dimension, 1)
    if d == 1:
        return Fraction(1)
    return Fraction(2 * n * through_origin(n - 1, d - 1), through_origin(n, d))


@bound(
    "upper",
    "one hidden layer, or deep networks with at most two inputs",
    f"{_FUKUDA}; for two inputs derived here",
    region_definition="facets a region of R2, on average",
)
def fukuda_1991_upper(input_dim: int, hidden_widths: Sequence[int]) -> int | None:
    """2 input_dim: no more facets has a region on average, where that is known; None where it is not so.

    For one hidden layer it is a theorem, and for deep networks with one or two inputs, too (bent hyperplanes are
    then unions of curves). For deep networks with three or more inputs it was published (Gaines and Bi, ICLR 2026,
    Theorems 3.1 and 3.4), but does not hold: `library.generic_surface`, in general position, has a mean of 2691/445
    > 6. Nor does the mean always grow with the last layer (their Theorem 3.6): `library.falling_average`.

    Hypotheses: walls only; facets on the boundary of a domain come on top. Source: Fukuda, Saito, Tamura and
    Tokuyama, "Bounding the number of k-faces in arrangements of hyperplanes", Discrete Applied Mathematics 31
    (1991), as cited by Gaines and Bi.

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
    >>> fukuda_1991_upper(3, [12]), fukuda_1991_upper(2, [7, 5]), fukuda_1991_upper(3, [12, 5])
    (6, 4, None)
    """
    d, widths = checked_shape(input_dim, hidden_widths)
    return 2 * d if len(widths) == 1 or d <= 2 else None


@bound(
    "lower",
    "ReLU in general position",
    f"{_GAINES_BI}, Theorem 3.5",
    needs_generic=True,
    region_definition="facets of every region of R2",
)
def gaines_bi_2026_least_facets(input_dim: int, hidden_widths: Sequence[int]) -> int:
    """min(n_1, d): every region has at least as many facets.

    Hypotheses: general position. Source: Gaines and Bi, "Characterizing the discrete geometry of ReLU networks", ICLR
    2026, Theorem 3.5.

    Parameters
    ----------
    input_dim : int
        The number of inputs d.
    hidden_widths : sequence of int
        The widths of the hidden layers.

    Raises
    ------
    InvalidArgumentError
        If they are no positive integers.

    Examples
    --------
    >>> gaines_bi_2026_least_facets(3, [2, 5])
    2
    """
    d, widths = checked_shape(input_dim, hidden_widths)
    return min(d, widths[0])
