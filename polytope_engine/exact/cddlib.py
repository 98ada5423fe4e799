"""The generators of a polyhedron by cddlib in rational arithmetic: an independent program for the same answer."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from polytope_engine.errors import MissingDependencyError
from polytope_engine.exact.rational import Row, integer_row

Vector = list[int]


def cdd_generators(rows: Sequence[Row], dimension: int) -> tuple[list[Vector], list[Vector]]:
    """Return lines and generators: d coordinates, t (positive at vertices, 0 at rays), the value of each row.

    Raises
    ------
    MissingDependencyError
        If cddlib is not installed.

    Examples
    --------
    >>> lines, vectors = cdd_generators([(1, 0, 0), (-1, 0, 2)], 2)      # the strip 0 <= x <= 2
    >>> lines, sorted(vectors)
    ([[0, 1, 0, 0, 0]], [[0, 0, 1, 0, 2], [2, 0, 1, 2, 0]])
    """
    try:
        import cdd
        import cdd.gmp
    except ImportError as failure:
        raise MissingDependencyError(
            'The engine "cdd" needs pycddlib: pip install "polytope_engine[cdd]"', package="pycddlib"
        ) from failure
    integers = [[int(entry) for entry in row] for row in rows]
    # to keep the number of columns even where there are no rows
    table = [[1, *[0] * dimension], *([row[-1], *row[:-1]] for row in integers)]
    matrix = cdd.gmp.matrix_from_array(
        [[Fraction(x) for x in row] for row in table], rep_type=cdd.RepType.INEQUALITY
    )
    generators = cdd.gmp.copy_generators(cdd.gmp.polyhedron_from_matrix(matrix))
    lines: list[Vector] = []
    vectors: list[Vector] = []
    for k, (t, *x) in enumerate(generators.array):
        vector = [*integer_row([*x, t])]
        vector += [sum(a * b for a, b in zip(row, vector, strict=True)) for row in integers]
        (lines if k in generators.lin_set else vectors).append(vector)
    if not any(vector[dimension] for vector in vectors):
        return [], []
    return lines, vectors
