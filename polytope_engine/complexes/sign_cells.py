"""Find all sign cells of a network, those without interior too."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from polytope_engine.complexes.sign_cell_set import SignCells, SignCellWork
from polytope_engine.complexes.sign_tree import SignTree
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.arguments import check_flag, check_limits, check_network, check_progress
from polytope_engine.regions.outcome import Status
from polytope_engine.regions.working_space import checked_domain

Progress = Callable[[int, float], None]
SECONDS_A_REPORT = 0.1


def sign_cells(
    network: ReLUNetwork,
    domain: HPolytope | None = None,
    progress: Progress | None = None,
    max_cells: int | None = None,
    time_limit: float | None = None,
    *,
    closed: bool = False,
) -> SignCells:
    """Find every sign cell of a network, of every dimension, exactly.

    A sign cell is the set of all points of the open domain at which the hidden neurons have the signs of one
    vector in {-1, 0, +1}^N; of the closed domain, if that is asked for, all points of one of its relatively open
    faces with the same signs. Neurons are inserted one at a time, layer by layer; on each cell a neuron
    has one sign, possibly 0, or divides it into three. Everything is decided in integers, at the
    generators of each cell, so all cells are there and none is invented, for degenerate networks too.

    Parameters
    ----------
    network : ReLUNetwork
        The network; its float weights are taken as the rational numbers that they are.
    domain : HPolytope, optional
        A full-dimensional polyhedron in R^d, bounded or not. The cells are those of its *interior*, unless `closed`
        says otherwise: what meets only its boundary is not counted, and a cell that reaches the boundary ends
        there. All of R^d by default.
    progress : callable, optional
        Called several times a second as ``progress(n_cells, fraction_done)``.
    max_cells : int, optional
        Stop when that many cells are found.
    time_limit : float, optional
        Stop after about that many seconds.
    closed : bool
        Find the cells in the domain's boundary, too: those of each of its faces. Which of the domain's rows vanish
        on a cell is in ``cells.domain_signs``; rows that are redundant or repeated make no faces of their own.

    Returns
    -------
    SignCells
        The cells as columns; ``cells.status`` says whether they are all. Ctrl-C ends the run cleanly,
        with what was found.

    Raises
    ------
    InvalidNetworkError, InvalidDomainError, InvalidArgumentError
        If an argument is not what it must be.

    Notes
    -----
    Meant for small networks: five to forty thousand cells a second, in few dimensions. There are many more
    cells than regions (3^d for each 2^d around a generic vertex), and a cell in d dimensions may have
    many vertices: the domain ``pe.box(-1, 1, dimension=d)`` itself has 2^d.

    In the closed domain `SignCells.n_activation_patterns` may be larger than in the open one, as
    patterns may occur on its boundary only; the regions are the same.

    References
    ----------
    .. [1] J. E. Grigsby, K. Lindsey, "On Transversality of Bent Hyperplane Arrangements and the
       Topological Expressiveness of ReLU Neural Networks", SIAM J. Appl. Algebra Geom. 6 (2022).

    Examples
    --------
    The network max(-y, min(0, -x)) of Stargalla, Hertrich and Reichman (2025) has five regions, which
    meet along five rays from the origin. Two more activation patterns occur on the rays:

    >>> import polytope_engine as pe
    >>> cells = pe.sign_cells(pe.library.stargalla().network)
    >>> cells.f_vector(), cells.n_regions, cells.n_activation_patterns
    ((1, 5, 5), 5, 7)
    >>> pe.sign_cells(pe.library.stargalla().network, pe.box(1, 2, dimension=2)).f_vector()
    (0, 1, 2)

    Three lines in a square, without its boundary and with it: four corners, and six points where lines end:

    >>> lines = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> square = pe.box(-2, 2, dimension=2)
    >>> pe.sign_cells(lines, square).f_vector(), pe.sign_cells(lines, square, closed=True).f_vector()
    ((3, 9, 7), (13, 19, 7))
    """
    start = time.perf_counter()
    check_network(network)
    check_limits(time_limit=time_limit, max_cells=max_cells)
    check_progress(progress, "n_cells")
    check_flag("closed", closed)
    domain = checked_domain(network, domain)
    tree = SignTree(network, domain, closed=closed)
    limit = None if max_cells is None else int(max_cells)
    deadline = None if time_limit is None else start + time_limit
    status = _walk(tree, limit, deadline, progress)
    work = SignCellWork(tree.n_decisions, tree.n_cuts, time.perf_counter() - start)
    return _columns(tree, status, work)


def _walk(tree: SignTree, limit: int | None, deadline: float | None, progress: Progress | None) -> Status:
    try:
        next_report = time.perf_counter()
        while tree.waiting:
            tree.step()
            if not tree.waiting:
                break
            now = time.perf_counter()
            if progress is not None and now >= next_report:
                progress(len(tree.found), tree.fraction_done)
                next_report = now + SECONDS_A_REPORT
            if len(tree.found) == limit:
                return Status.MAX_CELLS
            if deadline is not None and now >= deadline:
                return Status.TIME_LIMIT
        if progress is not None:
            progress(len(tree.found), 1.0)
    except KeyboardInterrupt:
        return Status.INTERRUPTED if tree.waiting else Status.COMPLETE
    return Status.COMPLETE


def _columns(tree: SignTree, status: Status, work: SignCellWork) -> SignCells:
    found, network = tree.found, tree.network
    width = network.n_neurons + (0 if tree.domain is None else tree.domain.n_rows)
    signs = np.frombuffer(b"".join(cell.signs for cell in found), dtype=np.int8).reshape(len(found), width)
    return SignCells(
        network,
        tree.domain,
        signs[:, : network.n_neurons],
        np.array([cell.dimension for cell in found], dtype=np.int64),
        np.array([cell.is_bounded for cell in found], dtype=np.bool_),
        [cell.point for cell in found],
        domain_signs=signs[:, network.n_neurons :],
        is_closed=tree.closed,
        status=status,
        work=work,
    )
