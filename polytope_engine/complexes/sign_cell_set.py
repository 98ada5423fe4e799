"""The sign cells of a network, kept as columns, and the numbers that they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from polytope_engine.complexes.exact_points import ExactPoints
from polytope_engine.complexes.incidence import ordered_pairs
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.exact.rational import Point, nearest_floats
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.arguments import check_flag
from polytope_engine.regions.outcome import Status


@dataclass(frozen=True)
class SignCellWork:
    """What finding the cells cost.

    Attributes
    ----------
    n_decisions : int
        Questions "which signs does this neuron take on this cell?", each answered exactly.
    n_cuts : int
        Those answered "all three": (n - 1) / 2 for n cells of an open domain, if all are found, and (n - F) / 2
        for those of a closed one with F faces.
    seconds : float
        Wall time.
    """

    n_decisions: int
    n_cuts: int
    seconds: float

    def as_dict(self) -> dict[str, int | float]:
        """The fields as a dictionary."""
        return asdict(self)


class SignCells:
    """All sign cells of a network in an open or closed domain: arrays with one row for each.

    A *sign cell* is the set of all points of the open domain at which the hidden neurons have the signs
    of one vector in {-1, 0, +1}^N: a relatively open convex polyhedron of any dimension. The sign cells
    partition the domain's interior. In a closed domain, its faces are cut up in the same way, each for itself:
    a cell is where the neurons have the signs of one vector, and the domain's rows those of another.
    Made by :func:`polytope_engine.sign_cells`.

    Parameters
    ----------
    network : ReLUNetwork
        The network, with N hidden neurons and d inputs.
    domain : HPolytope or None
        Where the cells are; None for all of R^d.
    sign_vectors : ndarray of int8, shape (n, N)
        The signs of all hidden neurons on each cell, in layer order; no two rows are equal, unless the domain is
        closed.
    dimensions : ndarray of int64, shape (n,)
        The dimension of each cell, directions along which nothing changes included.
    is_bounded : ndarray of bool, shape (n,)
        Whether the cell lies in some ball.
    points : sequence of n tuples of d + 1 int
        A point of each cell: numerators and their positive denominator.
    domain_signs : ndarray of int8, shape (n, m)
        0 where one of the domain's m rows vanishes on the cell, and 1 elsewhere. No two rows of sign vectors
        and domain signs together are equal.
    is_closed : bool
        Whether the cells are those of the closed domain; those of its interior else.
    status : Status
        Whether these are all the cells, or why not.
    work : SignCellWork
        What finding them cost.

    Attributes
    ----------
    sign_vectors, dimensions, is_bounded, domain_signs : read-only ndarray
    exact_interior_points : sequence of n tuples of d Fractions
        A rational point in each cell, in the interior relative to the cell's own dimension: that of
        cell i is ``exact_interior_points[i]``.
    network, domain, is_closed, status, work
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
        domain_signs: NDArray[np.int8],
        is_closed: bool,
        status: Status,
        work: SignCellWork,
    ) -> None:
        self.network = network
        self.domain = domain
        self.sign_vectors: NDArray[np.int8] = _read_only(sign_vectors)
        self.dimensions: NDArray[np.int64] = _read_only(dimensions)
        self.is_bounded: NDArray[np.bool_] = _read_only(is_bounded)
        self.exact_interior_points = ExactPoints(points)
        self.domain_signs: NDArray[np.int8] = _read_only(domain_signs)
        self.is_closed = is_closed
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
        where = f"R^{net.input_dim}" + (" and a closed domain" if self.is_closed and self.domain else "")
        return f"<SignCells: {count} of {shape} in {where}, f-vector {self.f_vector()}, {state}>"

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

    def cells_of_dimension(self, k: int) -> NDArray[np.int64]:
        """The indices of all cells of dimension k, in increasing order.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> cells = pe.sign_cells(pe.library.stargalla().network)
        >>> cells.sign_vectors[cells.cells_of_dimension(0)]
        array([[0, 0, 0, 0, 0]], dtype=int8)
        """
        return np.flatnonzero(self.dimensions == checked_dimension("k", k, self.network.input_dim))

    @property
    def vertices(self) -> NDArray[np.float64]:
        """The cells of dimension 0, in their order, each coordinate rounded to the nearest float64; shape (f_0, d)."""
        return self.interior_points[self.cells_of_dimension(0)]

    @property
    def exact_vertices(self) -> list[Point]:
        """The cells of dimension 0, in their order, each as a tuple of d Fractions."""
        return [self.exact_interior_points[int(i)] for i in self.cells_of_dimension(0)]

    # -- numbers --------------------------------------------------------------------------------

    def f_vector(self, *, bounded: bool = False) -> tuple[int, ...]:
        """The number of cells of each dimension 0, ..., d.

        In all of R^d, of a network whose first layer has rank r < d, the first d - r entries are zero: every
        cell contains lines.

        Parameters
        ----------
        bounded : bool
            Count only the cells that lie in some ball.

        Examples
        --------
        Three lines in general position have 3 points, 9 edges and 7 regions; the triangle between them is bounded:

        >>> import polytope_engine as pe
        >>> cells = pe.sign_cells(pe.library.generic(3, 2).network)
        >>> cells.f_vector(), cells.f_vector(bounded=True)
        ((3, 9, 7), (3, 3, 1))
        """
        check_flag("bounded", bounded)
        dimensions = self.dimensions[self.is_bounded] if bounded else self.dimensions
        counts = np.bincount(dimensions, minlength=self.network.input_dim + 1)
        return tuple(int(n) for n in counts)

    def euler_characteristic(self, *, bounded: bool = False) -> int:
        """The number of cells of even dimension less that of odd dimension, of all cells or the bounded ones.

        Notes
        -----
        This is the Euler characteristic with compact support of what the cells cover, which depends on that set
        alone [3]_. All cells of an open domain, or of R^d, have (-1)^d. Those of a bounded closed domain have 1; of
        an unbounded closed one 0, or (-1)^l if it is a bounded set times l lines.

        The bounded cells of R^d are a closed complex, and this is its topological Euler characteristic: 1 for
        hyperplane arrangements with a vertex, whose bounded cells can be shrunk to a point, but any number for deep
        networks.

        References
        ----------
        .. [3] L. van den Dries, "Tame Topology and O-minimal Structures", Cambridge University Press (1998), chapter 4.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> cells = pe.sign_cells(pe.library.generic(3, 2).network)
        >>> cells.euler_characteristic(), cells.euler_characteristic(bounded=True)
        (1, 1)
        """
        return sum((-1) ** k * n for k, n in enumerate(self.f_vector(bounded=bounded)))

    def is_generic(self) -> bool:
        """Whether every cell of dimension k lies on exactly d - k walls: of neurons, or of a closed domain.

        Then the complex is cubical around every cell: a cell of dimension k lies in 2^(j - k) C(d - k, j - k) cells
        of dimension j, in an open domain. Networks in general position in the sense of Grigsby and Lindsey [2]_ have
        this property. One that does not may have repeated neurons, walls that meet too often, or neurons that vanish
        on a region.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.sign_cells(pe.library.generic(3, 2).network).is_generic()
        True
        >>> pe.sign_cells(pe.library.braid(3).network).is_generic()
        False
        """
        n_zeros = (self.sign_vectors == 0).sum(axis=1)
        if self.domain is not None:
            bounds = np.array([any(row) for row in self.domain.exact_rows], dtype=bool)
            n_zeros += (self.domain_signs[:, bounds] == 0).sum(axis=1)
        return bool(np.array_equal(n_zeros, self.network.input_dim - self.dimensions))

    # -- incidence ------------------------------------------------------------------------------

    def incidence(self, k: int, j: int | None = None) -> csr_array:
        """Which cells of dimension k lie in the closure of which cells of dimension j.

        Parameters
        ----------
        k : int
            The smaller dimension.
        j : int, optional
            The larger dimension, k + 1 by default.

        Returns
        -------
        scipy.sparse.csr_array of int32, shape (f_k, f_j)
            1 for each pair; rows and columns in the order of `cells_of_dimension`.

        Raises
        ------
        InvalidArgumentError
            If not 0 <= k < j <= d.

        Notes
        -----
        Cell F lies in the closure of G if and only if all entries of its sign vector are 0 or equal those of G
        (and the same for domain signs): see `polytope_engine.complexes.incidence.ordered_pairs`. The cells in
        the closure of G, without the domain's boundary if that is open, are the faces of a polyhedron. So between G and
        a cell in its closure that has two dimensions less there are exactly two others; and every cell of dimension
        d - 1 lies in exactly two of dimension d, or one, if it is in the boundary of a closed domain.

        In general position the time is that of a few searches a cell. Otherwise it grows with f_k f_j: about a
        second for 30,000 cells each.

        Examples
        --------
        Three lines: each point lies on four edges, and each edge ends at one point or at two:

        >>> import polytope_engine as pe
        >>> cells = pe.sign_cells(pe.library.generic(3, 2).network)
        >>> ends = cells.incidence(0)
        >>> ends.sum(axis=1), ends.sum(axis=0)
        (array([4, 4, 4]), array([1, 1, 1, 2, 1, 2, 1, 2, 1]))
        >>> cells.incidence(0, 2).sum(axis=1)
        array([4, 4, 4])
        """
        d = self.network.input_dim
        k = checked_dimension("k", k, d - 1)
        j = k + 1 if j is None else checked_dimension("j", j, d, at_least=k + 1)
        if j > k + 1 and self.status.is_complete:
            product = self.incidence(k) @ self.incidence(k + 1, j)
            product.data[:] = 1
            return product
        below, above = self.cells_of_dimension(k), self.cells_of_dimension(j)
        rows, columns = ordered_pairs(self._signs[below], self._signs[above])
        ones = np.ones(len(rows), dtype=np.int32)
        return csr_array((ones, (rows, columns)), shape=(len(below), len(above)))

    @property
    def n_open_ends(self) -> int:
        """The number of ends of edges that no cell of dimension 0 closes.

        They run to infinity, or to the boundary of an open domain. In general position there are
        2 f_1 - 2 d f_0 of them.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> pe.sign_cells(pe.library.generic(3, 2).network).n_open_ends
        6
        """
        return 2 * len(self.cells_of_dimension(1)) - int(self.incidence(0).sum())

    # -- regions by each definition ---------------------------------------------------------------

    @cached_property
    def n_activation_patterns(self) -> int:
        """The number of activation patterns that occur at any point of the domain: the open one, unless `is_closed`.

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
    def _signs(self) -> NDArray[np.int8]:
        """What tells the cells apart: the signs of neurons and domain rows."""
        return np.concatenate([self.sign_vectors, self.domain_signs], axis=1)

    @property
    def _is_full(self) -> NDArray[np.bool_]:
        return np.equal(self.dimensions, self.network.input_dim)


def checked_dimension(name: str, value: object, at_most: int, at_least: int = 0) -> int:
    """The dimension of cells, if it is one."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not at_least <= value <= at_most:
        raise InvalidArgumentError(
            f"`{name}` is {value!r}; it must be an integer from {at_least} to {at_most}, a dimension of cells.",
            **{name: value},
        )
    return int(value)


def _n_distinct(rows: NDArray[Any]) -> int:
    return len({row.tobytes() for row in rows})


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view: NDArray[Any] = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
