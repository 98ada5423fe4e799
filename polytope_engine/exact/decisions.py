"""Which sign does an affine function have on an open cell? Decided exactly, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

from flint import fmpz, fmpz_mat

from polytope_engine.exact.dictionary import Dictionary, Edge
from polytope_engine.exact.extents import (
    basis_from_hint,
    feasible_basis,
    is_bounded,
    outer_box,
    rank_columns,
    recession_ray,
)
from polytope_engine.exact.interior import InteriorPoint, interior_point, strictly_inside
from polytope_engine.exact.rational import Row
from polytope_engine.exact.redundancy import facet_point, irredundant_rows

__all__ = [
    "CUT",
    "EMPTY",
    "NEGATIVE",
    "POSITIVE",
    "ZERO",
    "InteriorPoint",
    "SignDecision",
    "facet_point",
    "feasible_basis",
    "interior_point",
    "irredundant_rows",
    "is_bounded",
    "outer_box",
    "rank_columns",
    "recession_ray",
    "sign_on_cell",
    "strictly_inside",
]

POSITIVE, NEGATIVE, ZERO, CUT, EMPTY = 1, -1, 0, 2, 3


@dataclass(frozen=True, slots=True)
class SignDecision:
    """The sign of a target row on an open cell, and why.

    Attributes
    ----------
    verdict : int
        `POSITIVE` (1) or `NEGATIVE` (-1): everywhere in the open cell. `ZERO` (0): the target is the
        zero function. `CUT` (2): both signs occur. `EMPTY` (3): the open cell is empty.
    basis : tuple of int or None
        For `CUT`: d labels, the target's (``len(rows)``) among them, whose hyperplanes meet in one point;
        it is a vertex of both children of the cell.
    n_pivots : int
        Work done.
    """

    verdict: int
    basis: tuple[int, ...] | None = None
    n_pivots: int = 0
    _proof: dict[int, fmpz] = field(default_factory=dict, repr=False)
    _constant: fmpz = field(default=fmpz(0), repr=False)
    _scale: fmpz = field(default=fmpz(1), repr=False)

    @property
    def multipliers(self) -> dict[int, Fraction]:
        """Row index to nonnegative multiplier (only those that are not zero).

        For verdicts 1 and -1: ``verdict * target = constant + sum(multiplier * row)``. For `EMPTY`:
        ``0 = constant + sum(multiplier * row)`` with a multiplier that is positive.
        """
        scale = int(self._scale)
        return {row: Fraction(int(value), scale) for row, value in sorted(self._proof.items()) if value}

    @property
    def constant(self) -> Fraction:
        """The constant of the identity, not negative."""
        return Fraction(int(self._constant), int(self._scale))


def sign_on_cell(
    rows: Sequence[Row],
    target: Row,
    basis: Sequence[int] | None = None,
    interior: Sequence[Fraction] | None = None,
) -> SignDecision:
    """Decide the sign of an affine function on the open cell of some half-spaces.

    Parameters
    ----------
    rows : sequence of integer rows, each of length d + 1
        The cell: ``a . x + b > 0`` for each row ``(a, b)``. It may be unbounded.
    target : integer row
        The function in question.
    basis : sequence of int, optional
        d rows believed to be tight where the target is smallest in absolute value. If they prove the
        answer, one d by d system is all it takes. They may be anything: too few, dependent or wrong.
    interior : sequence of Fraction, optional
        A point strictly inside, if one is known. It saves the question whether the cell is empty.

    Returns
    -------
    SignDecision

    Examples
    --------
    On the triangle x > 0, y > 0, x + y < 1 the function x + y + 1 is positive and x - y has both signs:

    >>> triangle = [(1, 0, 0), (0, 1, 0), (-1, -1, 1)]
    >>> answer = sign_on_cell(triangle, (1, 1, 1))
    >>> answer.verdict, answer.constant, answer.multipliers
    (1, Fraction(1, 1), {0: Fraction(1, 1), 1: Fraction(1, 1)})
    >>> sign_on_cell(triangle, (1, -1, 0)).verdict
    2

    Notes
    -----
    If the open cell is empty, any identity with nonnegative multipliers is still true, and an answer
    1 or -1 may be given; a cut is reported only for a cell that has interior points.
    """
    dimension = len(target) - 1
    if not any(target[:dimension]):
        return _constant_sign(fmpz(target[dimension]))
    if basis is not None and len(basis) == dimension:
        decided = _by_basis(rows, target, basis)
        if decided is not None:
            return decided
    return _Search(rows, target).run(basis or (), interior)


def _constant_sign(value: fmpz) -> SignDecision:
    if not value:
        return SignDecision(ZERO)
    return SignDecision(POSITIVE if value > 0 else NEGATIVE, _constant=abs(value))


def _by_basis(rows: Sequence[Row], target: Row, basis: Sequence[int]) -> SignDecision | None:
    """Solve for the multipliers on d rows; None if they prove nothing."""
    d = len(target) - 1
    chosen = [rows[label] for label in basis]
    system = [entry for k in range(d) for entry in (*(row[k] for row in chosen), target[k])]
    reduced, scale, _ = fmpz_mat(d, d + 1, system).rref()
    if reduced[d - 1, d - 1] == 0:
        return None
    solution = [reduced[k, d] for k in range(d)]
    if scale < 0:
        scale, solution = -scale, [-value for value in solution]
    sign = next((1 if value > 0 else -1 for value in solution if value), 0)
    if sign == 0 or any(value and (value > 0) != (sign > 0) for value in solution):
        return None
    constant = scale * target[d]
    for row, value in zip(chosen, solution, strict=True):
        constant -= value * row[d]
    if constant and (constant > 0) != (sign > 0):
        return None
    return SignDecision(
        sign,
        _proof={label: abs(value) for label, value in zip(basis, solution, strict=True)},
        _constant=abs(constant),
        _scale=scale,
    )


class _Search:
    """One decision by the simplex method."""

    def __init__(self, rows: Sequence[Row], target: Row) -> None:
        self.rows, self.target = rows, target
        self.label = len(rows)
        self.cell = Dictionary([*rows, target], len(target) - 1)

    def run(self, hint: Sequence[int], interior: Sequence[Fraction] | None) -> SignDecision:
        cell, label = self.cell, self.label
        if hint:
            cell.move_to(basis_from_hint(cell, hint))
        infeasible = cell.insert_all(range(label))
        if infeasible is not None:
            return self._empty_closed_cell(infeasible)
        cell.drop_free_coordinates()
        value = cell.values[label]
        edge = cell.climb(label, 1 if value < 0 else -1)
        if edge is None:
            return self._one_sign(NEGATIVE if value < 0 else POSITIVE)
        if value == 0:
            # One sign occurs; the target is still zero at this vertex, and the other sign is open.
            edge = cell.climb(label, 1)
            if edge is None:
                return self._one_sign(NEGATIVE)
        return self._cut(edge, interior)

    def _one_sign(self, sign: int) -> SignDecision:
        cell = self.cell
        proof = cell.multipliers(self.label)
        return SignDecision(
            sign,
            n_pivots=cell.n_pivots,
            _proof={row: abs(value) for row, value in proof.items()},
            _constant=abs(cell.values[self.label]),
            _scale=cell.determinant,
        )

    def _empty_closed_cell(self, row: int) -> SignDecision:
        cell = self.cell
        proof = {label: -value for label, value in cell.multipliers(row).items()}
        proof[row] = cell.determinant
        return SignDecision(
            EMPTY,
            n_pivots=cell.n_pivots,
            _proof=proof,
            _constant=-cell.values[row],
            _scale=cell.determinant,
        )

    def _cut(self, edge: Edge, interior: Sequence[Fraction] | None) -> SignDecision:
        cell = self.cell
        tight = [label for position, label in enumerate(cell.labels) if position != edge.position]
        known = interior is not None and strictly_inside(self.rows, interior)
        if not known and not self._only_the_edge_is_tight(edge, tight):
            found = interior_point(self.rows, cell.dimension)
            if found.multipliers is not None:
                return self._empty_interior(found.multipliers, found.n_pivots)
        return SignDecision(
            CUT,
            basis=(*(label for label in tight if label >= 0), self.label),
            n_pivots=cell.n_pivots,
        )

    def _only_the_edge_is_tight(self, edge: Edge, tight: Sequence[int]) -> bool:
        """Whether the inside of the edge satisfies all other rows strictly: then the cell has interior.

        The edge has positive length, since the target changes sign inside it.
        """
        cell = self.cell
        column = cell.column(edge.position)
        return all(cell.values[row] > 0 or column[row] != 0 for row in range(self.label) if row not in tight)

    def _empty_interior(self, multipliers: dict[int, Fraction], n_pivots: int) -> SignDecision:
        scale = 1
        for value in multipliers.values():
            scale = lcm(scale, value.denominator)
        proof = {row: fmpz(int(value * scale)) for row, value in multipliers.items()}
        constant = -sum((value * self.rows[row][-1] for row, value in proof.items()), fmpz(0))
        return SignDecision(
            EMPTY,
            n_pivots=self.cell.n_pivots + n_pivots,
            _proof=proof,
            _constant=constant,
            _scale=fmpz(scale),
        )
