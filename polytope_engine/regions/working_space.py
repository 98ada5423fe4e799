"""The coordinates that a search runs in, found once and exactly.

The first layer's normals and the domain's normals span a space of dimension r. Nothing changes along
the directions that all of them kill (the lineality space), and r of the input coordinates are enough
to tell the cosets apart: the search runs in those, with the others fixed to zero. Each working
coordinate is scaled by a power of two, which rounds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import EmptyDomainError, FlatDomainError, InvalidDomainError
from polytope_engine.exact.decisions import feasible_basis, outer_box, rank_columns
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope

Row = Sequence[int]
LARGEST_SHIFT = 200


@dataclass(frozen=True)
class WorkingSpace:
    """Where and in which coordinates the regions of a network are looked for.

    Attributes
    ----------
    columns : tuple of int
        The input coordinates that the search runs in; the others are zero.
    domain_rows : list of rows
        Integer rows (a, b) of the domain in these coordinates, meaning a . x + b >= 0.
    root_rows : tuple of int
        Domain rows that are tight at the root, as indices into `domain_rows`.
    forced : tuple of int
        First-layer neurons whose hyperplanes complete the root's vertex; each cuts every cell that
        the ones before it leave.
    box : list of (Fraction, Fraction), or None
        Exact bounds of the domain in the working coordinates; None if it is unbounded.
    shifts : int array, shape (r,)
        The search runs in x_k / 2**shifts[k].
    """

    columns: tuple[int, ...]
    domain_rows: list[Row]
    root_rows: tuple[int, ...]
    forced: tuple[int, ...]
    box: list[tuple[Fraction, Fraction]] | None
    shifts: NDArray[np.int64]

    @property
    def dimension(self) -> int:
        """Number of working coordinates."""
        return len(self.columns)


def checked_domain(network: ReLUNetwork, domain: object) -> HPolytope | None:
    """The domain, if it can be used with this network; otherwise an error that says why not."""
    if domain is None:
        return None
    if not isinstance(domain, HPolytope):
        raise InvalidDomainError(
            f"`domain` has type {type(domain).__name__}; it must be a polytope such as "
            f"pe.box(-1, 1, dimension={network.input_dim}) or pe.HPolytope(A, b), or None for all of "
            f"R^{network.input_dim}.",
            domain=domain,
        )
    if domain.dimension != network.input_dim:
        raise InvalidDomainError(
            f"`domain` lies in R^{domain.dimension}, but the network has {network.input_dim} inputs; "
            f"pass a domain in R^{network.input_dim}.",
            domain_dimension=domain.dimension,
            input_dim=network.input_dim,
        )
    if axis_aligned_bounds(domain) is None and not domain.is_full_dimensional():
        if domain.is_empty():
            raise EmptyDomainError(
                "`domain` is empty: no point satisfies all of its inequalities; check the signs of A and b "
                "(A @ x <= b)."
            )
        raise FlatDomainError(
            "`domain` is flat: it has no interior, so it holds no full-dimensional region; pass a domain "
            "with interior, or restrict the network to the flat's own coordinates."
        )
    return domain


def axis_aligned_bounds(domain: HPolytope) -> list[tuple[int, int]] | None:
    """For a box that is not flat, the rows of each coordinate's lower and upper bound; else None.

    Exact rows are read: an entry of `domain.A` may be zero only because it is too small for a float.
    """
    rows_of: list[list[int]] = [[] for _ in range(domain.dimension)]
    for i, row in enumerate(domain.exact_rows):
        columns = [k for k, entry in enumerate(row[:-1]) if entry]
        if len(columns) != 1:
            return None
        rows_of[columns[0]].append(i)
    bounds = []
    for k, rows in enumerate(rows_of):
        best: dict[int, tuple[Fraction, int]] = {}
        for i in rows:
            a, b = int(domain.exact_rows[i][k]), int(domain.exact_rows[i][-1])
            side = 1 if a > 0 else -1
            limit = Fraction(-b, a) * side
            if side not in best or limit > best[side][0]:
                best[side] = (limit, i)
        if len(best) < 2 or best[1][0] >= -best[-1][0]:
            return None
        bounds.append((best[1][1], best[-1][1]))
    return bounds


def working_space(network: ReLUNetwork, domain: HPolytope | None) -> WorkingSpace:
    """Find the working coordinates, the root's tight rows and the bounds of the domain, exactly."""
    first_rows, _ = network.exact.pre_activation_rows(0, np.zeros(0, dtype=np.int8))
    if domain is not None:
        bounds = axis_aligned_bounds(domain)
        if bounds is not None:
            return _box_space(network, domain, bounds)
    domain_rows = [] if domain is None else [row for row in domain.exact_rows if any(row[:-1])]
    gradients = [list(row[:-1]) for row in domain_rows] + [list(row[:-1]) for row in first_rows]
    _, independent, columns = rank_columns(gradients)
    columns = tuple(columns)
    reduced = [restrict(row, columns) for row in domain_rows]
    forced = tuple(i - len(domain_rows) for i in independent if i >= len(domain_rows))
    root = tuple(feasible_basis(reduced, len(columns)) or ())
    box: list[tuple[Fraction, Fraction]] | None = None
    if reduced and not forced:
        outer = outer_box(reduced, len(columns)) or []
        finite = [(low, high) for low, high in outer if low is not None and high is not None]
        if len(finite) == len(columns):
            box = finite
    shifts = _shifts(network, columns, box)
    return WorkingSpace(columns, reduced, root, forced, box, shifts)


def restrict(row: Row, columns: Sequence[int]) -> Row:
    """A row (a, b) with the coefficients of some coordinates only."""
    if len(columns) == len(row) - 1:
        return row
    return [row[k] for k in columns] + [row[-1]]


def _box_space(network: ReLUNetwork, domain: HPolytope, bounds: list[tuple[int, int]]) -> WorkingSpace:
    columns = tuple(range(domain.dimension))
    box = []
    for k, (lower, upper) in enumerate(bounds):
        low, high = domain.exact_rows[lower], domain.exact_rows[upper]
        box.append((Fraction(-int(low[-1]), int(low[k])), Fraction(-int(high[-1]), int(high[k]))))
    return WorkingSpace(
        columns,
        list(domain.exact_rows),
        tuple(lower for lower, _ in bounds),
        (),
        box,
        _shifts(network, columns, box),
    )


def _exponent(size: Fraction) -> int:
    """The exponent e of 2^(e - 1) <= size < 2^e, or one more; 0 for 0. However large the number is."""
    if not size:
        return 0
    return size.numerator.bit_length() - size.denominator.bit_length() + 1


def _shifts(
    network: ReLUNetwork, columns: tuple[int, ...], box: list[tuple[Fraction, Fraction]] | None
) -> NDArray[np.int64]:
    """Powers of two that bring the working coordinates, or their weights, to size about one.

    Where weights are roundings of rational numbers, the powers change no relative error.
    """
    shifts = np.zeros(len(columns), dtype=np.int64)
    weight = network.float_form.weights[0][0]
    for position, k in enumerate(columns):
        if box is not None:
            low, high = box[position]
            shift = _exponent(max(abs(low), abs(high)))
        else:
            size = float(np.max(np.abs(weight[:, k]), initial=0.0))
            shift = -int(np.frexp(size)[1]) if size > 0 else 0
        shift = int(np.clip(shift, -LARGEST_SHIFT, LARGEST_SHIFT))
        with np.errstate(over="ignore", under="ignore"):
            scaled = np.ldexp(weight[:, k], shift)
            is_exact = np.array_equal(np.ldexp(scaled, -shift), weight[:, k])
        if is_exact and np.all(np.isfinite(scaled)):
            shifts[position] = shift
    return shifts
