"""The sign cells of a network, kept as columns, and the numbers that they give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from polytope_engine.exact.rational import Point, nearest_floats
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.outcome import Status


@dataclass(frozen=True)
class SignCellWork:
    """What finding the cells cost.

    Attributes
    ----------
    n_decisions : int
        Questions "which signs does this neuron take on this cell?", each answered exactly.
    n_cuts : int
        Those answered "all three": (n - 1) / 2 for n cells, if all are found.
    seconds : float
        Wall time.
    """

    n_decisions: int
    n_cuts: int
    seconds: float

    def as_dict(self) -> dict[str, int | float]:
        """The fields as a dictionary."""
        return asdict(self)


class ExactPoints(Sequence[Point]):
    """Rational points, stored as integers over a common denominator; each is a tuple of d Fractions."""

    def __init__(self, homogeneous: Sequence[tuple[int, ...]]) -> None:
        self._homogeneous = homogeneous

    def __len__(self) -> int:
        return len(self._homogeneous)

    @overload
    def __getitem__(self, index: int) -> Point: ...
    @overload
    def __getitem__(self, index: slice) -> ExactPoints: ...
    def __getitem__(self, index: int | slice) -> Point | ExactPoints:
        if isinstance(index, slice):
            return ExactPoints(self._homogeneous[index])
        *numerators, denominator = self._homogeneous[index]
        return tuple(Fraction(x, denominator) for x in numerators)

    def __iter__(self) -> Iterator[Point]:
        return (self[k] for k in range(len(self)))

    def __repr__(self) -> str:
        return f"<ExactPoints: {len(self)}>"


class SignCells:
    """All sign cells of a network in an open domain: arrays with one row for each.

    A *sign cell* is the set of all points of the open domain at which the hidden neurons have the signs
    of one vector in {-1, 0, +1}^N: a relatively open convex polyhedron of any dimension. The sign cells
    partition the domain's interior. Made by :func:`polytope_engine.sign_cells`.

    Parameters
    ----------
    network : ReLUNetwork
        The network, with N hidden neurons and d inputs.
    domain : HPolytope or None
        The cells are those of its interior; None for all of R^d.
    sign_vectors : ndarray of int8, shape (n, N)
        The signs of all hidden neurons on each cell, in layer order; no two rows are equal.
    dimensions : ndarray of int64, shape (n,)
        The dimension of each cell, directions along which nothing changes included.
    is_bounded : ndarray of bool, shape (n,)
        Whether the cell lies in some ball.
    points : sequence of n tuples of d + 1 int
        A point of each cell: numerators and their positive denominator.
    status : Status
        Whether these are all the cells, or why not.
    work : SignCellWork
        What finding them cost.

    Attributes
    ----------
    sign_vectors, dimensions, is_bounded : read-only ndarray
    exact_interior_points : sequence of n tuples of d Fractions
        A rational point in each cell, in the interior relative to the cell's own dimension: that of
        cell i is ``exact_interior_points[i]``.
    network, domain, status, work
        As given.

    Examples
    --------
    Two opposite neurons on the line. The point 0 is a cell of its own, and the only place where neither is
    active:

    >>> import polytope_engine as pe
    >>> cells = pe.sign_cells(pe.ReLUNetwork([([[1], [-1]], [0, 0]), ([[1, -1]], [0])]))
    >>> cells
    <SignCells: 3 sign cells of 1-2-1 in R^1, f-vector (1, 2), complete>
    >>> cells.sign_vectors.tolist(), cells.dimensions.tolist()
    ([[-1, 1], [0, 0], [1, -1]], [1, 0, 1])
    >>> cells.exact_interior_points[1]
    (Fraction(0, 1),)
    >>> cells.n_activation_patterns, cells.n_proper_activation_regions, cells.n_regions, len(cells)
    (3, 2, 2, 3)

    References
    ----------
    .. [1] M. Stargalla, C. Hertrich, D. Reichman, "The Computational Complexity of Counting Linear
       Regions in ReLU Neural Networks", NeurIPS 2025, arXiv:2505.16716.
    .. [2] J. E. Grigsby, K. Lindsey, "On Transversality of Bent Hyperplane Arrangements and the
       Topological Expressiveness of ReLU Neural Networks", SIAM J. Appl. Algebra Geom. 6 (2022).
    """

    def __init__(
        self,
        network: ReLUNetwork,
        domain: HPolytope | None,
        sign_vectors: NDArray[np.int8],
        dimensions: NDArray[np.int64],
        is_bounded: NDArray[np.bool_],
        points: Sequence[tuple[int, ...]],
        *,
        status: Status,
        work: SignCellWork,
    ) -> None:
        self.network = network
        self.domain = domain
        self.sign_vectors: NDArray[np.int8] = _read_only(sign_vectors)
        self.dimensions: NDArray[np.int64] = _read_only(dimensions)
        self.is_bounded: NDArray[np.bool_] = _read_only(is_bounded)
        self.exact_interior_points = ExactPoints(points)
        self.status = status
        self.work = work

    def __len__(self) -> int:
        """The number of sign cells of every dimension."""
        return len(self.sign_vectors)

    def __repr__(self) -> str:
        net = self.network
        shape = "-".join(str(n) for n in (net.input_dim, *net.hidden_widths, net.output_dim))
        count = f"{len(self)} sign cell" + ("" if len(self) == 1 else "s")
        state = "complete" if self.status.is_complete else "incomplete"
        return f"<SignCells: {count} of {shape} in R^{net.input_dim}, f-vector {self.f_vector()}, {state}>"

    @cached_property
    def interior_points(self) -> NDArray[np.float64]:
        """The exact interior points, each coordinate rounded to the nearest float64; shape (n, d).

        Rounding may leave the cell, and for cells without interior it mostly does; what must be in the cell
        is in `exact_interior_points`.
        """
        rows = [nearest_floats(point) for point in self.exact_interior_points]
        points = np.array(rows, dtype=np.float64).reshape(len(self), self.network.input_dim)
        points.flags.writeable = False
        return points

    # -- numbers --------------------------------------------------------------------------------

    def f_vector(self) -> tuple[int, ...]:
        """The number of cells of each dimension 0, ..., d.

        In all of R^d, of a network whose first layer has rank r < d, the first d - r entries are zero: every
        cell contains lines.

        Notes
        -----
        The alternating sum of the f-vector of all cells of an open convex domain is (-1)^d (Euler).

        Examples
        --------
        Three lines in general position have 3 points, 9 edges and 7 regions:

        >>> import polytope_engine as pe
        >>> pe.sign_cells(pe.library.generic(3, 2).network).f_vector()
        (3, 9, 7)
        """
        counts = np.bincount(self.dimensions, minlength=self.network.input_dim + 1)
        return tuple(int(n) for n in counts)

    @cached_property
    def n_activation_patterns(self) -> int:
        """The number of activation patterns that occur at any point of the open domain.

        A pattern says which neurons are positive. These are the *activation regions* of [1]_ (definition
        R1 in docs/concepts.md), some of which may have no interior.
        """
        return _n_distinct(self.sign_vectors > 0)

    @cached_property
    def n_proper_activation_regions(self) -> int:
        """The number of activation patterns whose set of points has interior.

        These are the *proper activation regions* of [1]_ (definition R2). Of a complete set there are
        `n_regions`: where patterns agree, so do the affine functions that the neurons are, and a neuron
        is identically zero on both regions or on neither.
        """
        return _n_distinct(self.sign_vectors[self._is_full] > 0)

    @cached_property
    def n_regions(self) -> int:
        """The number of full-dimensional sign cells (R2'), which `enumerate_regions` finds.

        Grigsby and Lindsey [2]_ call them the d-cells of the canonical polyhedral complex.
        """
        return int(np.count_nonzero(self._is_full))

    @property
    def _is_full(self) -> NDArray[np.bool_]:
        return np.equal(self.dimensions, self.network.input_dim)


def _n_distinct(rows: NDArray[Any]) -> int:
    return len({row.tobytes() for row in rows})


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view: NDArray[Any] = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
