"""A few Newton steps towards the analytic center of a cell, in floats.

A proposal only: whoever uses it verifies the point in rationals. The analytic center is the point where
the product of all row values is largest.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, inf

_MAX_STEPS = 10
_RIDGE = 1e-10


def analytic_step(rows: Sequence[Sequence[float]], dimension: int) -> list[float]:
    """Return a displacement from the origin towards the maximum of ``sum(log(1 + u . y))``.

    Parameters
    ----------
    rows : sequence of u, each of d floats
        Normals of the cell's rows, each divided by its row's value at the origin.
    dimension : int
        d.

    Examples
    --------
    From a point at 1/10 of the interval [0, 1], so that the rows are 1 + 10 y and 1 - y / 0.9:

    >>> [round(y, 3) for y in analytic_step([[10.0], [-1 / 0.9]], 1)]
    [0.4]
    """
    total = [0.0] * dimension
    values = [1.0] * len(rows)
    for _ in range(_MAX_STEPS):
        step = _newton_step(rows, values, dimension)
        if step is None:
            break
        rates = [_dot(row, step) for row in rows]
        room = min(
            (-value / rate for value, rate in zip(values, rates, strict=True) if rate < 0), default=inf
        )
        share = 1.0 if room > 1.25 else 0.75 * room
        moved = [value + share * rate for value, rate in zip(values, rates, strict=True)]
        if not all(0.0 < value < inf for value in moved):
            break
        largest = max((abs(rate) / value for value, rate in zip(values, rates, strict=True)), default=0.0)
        values = moved
        total = [x + share * y for x, y in zip(total, step, strict=True)]
        if largest < 0.1:
            break
    return total


def _dot(row: Sequence[float], vector: Sequence[float]) -> float:
    return sum([a * x for a, x in zip(row, vector, strict=True)])


def _newton_step(
    rows: Sequence[Sequence[float]], values: Sequence[float], dimension: int
) -> list[float] | None:
    """Solve (Hessian + ridge) step = gradient of the sum of logarithms; None if floats fail."""
    scaled = [[a / value for a in row] for row, value in zip(rows, values, strict=True)]
    columns = [[row[k] for row in scaled] for k in range(dimension)]
    hessian = [[_dot(columns[i], columns[k]) for k in range(i + 1)] for i in range(dimension)]
    ridge = _RIDGE * max((hessian[k][k] for k in range(dimension)), default=0.0)
    if not 0.0 < ridge < inf:
        return None
    for k in range(dimension):
        hessian[k][k] += ridge
    # squares have a finite sum: nothing overflows here
    return _solve(hessian, [fsum(column) for column in columns])


def _solve(lower: list[list[float]], right: Sequence[float]) -> list[float] | None:
    """Solve a positive definite system, given its lower triangle, by Cholesky's factors."""
    d = len(right)
    factor: list[list[float]] = []
    forward: list[float] = []
    for i in range(d):
        row: list[float] = []
        for k in range(i):
            row.append((lower[i][k] - _dot(row, factor[k][:k])) / factor[k][k])
        pivot = lower[i][i] - _dot(row, row)
        if not pivot > 0.0:
            return None
        row.append(pivot**0.5)
        factor.append(row)
        forward.append((right[i] - _dot(row[:i], forward)) / row[i])
    solution = [0.0] * d
    for i in reversed(range(d)):
        rest = sum(factor[k][i] * solution[k] for k in range(i + 1, d))
        solution[i] = (forward[i] - rest) / factor[i][i]
    return solution
