"""What the regions of a set look like, in bulk.

Facets, boundedness, Chebyshev radii, and neurons that are dead or always active.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.exact.decisions import interior_point, irredundant_rows, is_bounded
from polytope_engine.exact.rational import nearest_floats
from polytope_engine.kernels import cell_tree as tree
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.chebyshev import chebyshev_radius
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.polytope.rows import row_length
from polytope_engine.regions.region_set import RegionSet
from polytope_engine.regions.search import CellSearch
from polytope_engine.regions.working_space import WorkingSpace, restrict, working_space

Progress = Callable[[int, float], None]
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
SECONDS_A_STEP = 0.1


@dataclass(frozen=True)
class Shapes:
    """The shape of each region, in columns.

    Attributes
    ----------
    n_facets : int32 array, shape (n_regions,)
        Number of facets, those on the domain's boundary included. Exact.
    is_bounded : bool array, shape (n_regions,)
        Whether the region is bounded. Exact.
    chebyshev_radius : float64 array, shape (n_regions,)
        Radius of a largest inscribed ball; inf exactly where there are balls of any size.
    n_exact_decisions : int
        Regions of which something had to be decided in rational arithmetic.
    is_complete : bool
        Whether every region of the set was reached; if not, the columns are shorter.
    """

    n_facets: NDArray[np.int32]
    is_bounded: NDArray[np.bool_]
    chebyshev_radius: NDArray[np.float64]
    n_exact_decisions: int
    is_complete: bool


@dataclass(frozen=True)
class Description:
    """A summary of the regions of a network.

    Attributes
    ----------
    n_regions : int
        Regions in the set.
    n_described : int
        Regions that the shape figures below rest on: all of them, unless the run was interrupted.
    n_bounded : int
        Bounded regions among those.
    facet_histogram : dict of int to int
        Number of facets to number of regions.
    chebyshev_radius_quantiles : dict of float to float
        Quantiles of the finite Chebyshev radii; empty if there are none.
    n_infinite_chebyshev_radius : int
        Regions that contain balls of any size.
    dead_neurons, always_active_neurons : list of (layer, neuron)
        Neurons that are nowhere positive, or everywhere positive, on the regions of the set.
    """

    n_regions: int
    n_described: int
    n_bounded: int
    facet_histogram: dict[int, int]
    chebyshev_radius_quantiles: dict[float, float]
    n_infinite_chebyshev_radius: int
    dead_neurons: list[tuple[int, int]]
    always_active_neurons: list[tuple[int, int]]


def describe_regions(regions: RegionSet, progress: Progress | None = None) -> Description:
    """Summarize the regions of a set.

    Parameters
    ----------
    regions : RegionSet
        Any set that :func:`enumerate_regions` made, complete or not, or one that was loaded.
    progress : callable, optional
        Called several times a second as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    Description

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> summary = describe_regions(pe.enumerate_regions(net))
    >>> summary.n_bounded, summary.facet_histogram
    (1, {2: 3, 3: 4})
    """
    shapes = region_shapes(regions, progress)
    finite = shapes.chebyshev_radius[np.isfinite(shapes.chebyshev_radius)]
    quantiles = {q: float(np.quantile(finite, q)) for q in QUANTILES} if len(finite) else {}
    counts = np.bincount(shapes.n_facets) if len(shapes.n_facets) else np.zeros(0, dtype=int)
    signs = regions.sign_vectors
    nowhere = np.flatnonzero(~(signs > 0).any(axis=0)) if len(signs) else np.zeros(0, dtype=int)
    everywhere = np.flatnonzero((signs > 0).all(axis=0)) if len(signs) else np.zeros(0, dtype=int)
    return Description(
        n_regions=len(regions),
        n_described=len(shapes.n_facets),
        n_bounded=int(np.count_nonzero(shapes.is_bounded)),
        facet_histogram={int(k): int(counts[k]) for k in np.flatnonzero(counts)},
        chebyshev_radius_quantiles=quantiles,
        n_infinite_chebyshev_radius=int(np.count_nonzero(np.isinf(shapes.chebyshev_radius))),
        dead_neurons=_places(regions.network, nowhere),
        always_active_neurons=_places(regions.network, everywhere),
    )


def region_shapes(regions: RegionSet, progress: Progress | None = None) -> Shapes:
    """Facets, boundedness and Chebyshev radius of every region of a set, in its order.

    The cell tree is walked once more, because at each of its leaves the dictionary of the region
    stands ready. A row is a facet if a point is proven to lie beyond it and inside all other rows,
    and is none if multipliers prove it redundant; ties are decided in rational arithmetic.
    """
    n = len(regions)
    network, domain = regions.network, regions.domain
    if network.n_neurons == 0 or n == 0:
        return _shapes_one_by_one(regions)
    space = working_space(network, domain)
    if space.dimension == 0:
        return _shapes_one_by_one(regions)
    walk = _ShapeWalk(network, domain, space, n)
    finished = False
    start, budget = time.perf_counter(), 500
    try:
        while not finished and walk.n_seen < n:
            before = time.perf_counter()
            finished = walk.search.advance(budget, n)
            taken = max(time.perf_counter() - before, 1e-6)
            budget = int(np.clip(budget * SECONDS_A_STEP / taken, 100, 10 * budget))
            if progress is not None and before - start > 0:
                progress(walk.n_seen, walk.n_seen / n)
    except KeyboardInterrupt:
        pass
    seen = walk.n_seen
    signs, _, _ = walk.search.results()
    if not np.array_equal(signs[:seen], regions.sign_vectors[:seen]):
        raise InvalidArgumentError(
            "`regions` does not hold its regions in the order of the search that found them; describe the "
            "set that enumerate_regions or load_regions returned."
        )
    return Shapes(
        walk.n_facets[:seen],
        walk.bounded[:seen],
        walk.chebyshev_radius[:seen],
        walk.n_exact_decisions,
        seen == n,
    )


class _ShapeWalk:
    """A search that measures each region it comes to."""

    def __init__(self, network: ReLUNetwork, domain: HPolytope | None, space: WorkingSpace, n: int) -> None:
        self.network, self.space = network, space
        self.domain_rows = [] if domain is None else [row for row in domain.exact_rows if any(row[:-1])]
        self.search = CellSearch(network, space, store=True, on_region=self._measure)
        self.n_facets = np.zeros(n, dtype=np.int32)
        self.bounded = np.zeros(n, dtype=np.bool_)
        self.chebyshev_radius = np.zeros(n)
        self.n_seen = 0
        self.n_exact_decisions = 0
        r = space.dimension
        deepest = len(self.search.path.rows)
        metric, unit = _metric(network, domain, space)
        directions = _spanning_directions(r)
        self.shape = tree.Shape(
            metric=metric,
            lengths=np.sqrt(np.diag(metric)) * (1 + 1e-12),
            metric_error=(3 * network.input_dim + 2 * r + 20) * 2 * tree.UNIT,
            unit=unit,
            directions=directions,
            recover=_absolute_inverse(directions[:-1]),
            extents=np.zeros(r + 1),
            reach=np.zeros(r + 1),
            facet=np.zeros(deepest, dtype=np.int64),
            answers=np.zeros(3, dtype=np.int64),
            radius=np.zeros(1),
        )
        self.ball = tree.new_dictionary(r + 1, deepest + 1)
        self.ball_path = tree.new_path(r + 1, deepest + 1)
        self.ball_frame = tree.new_frame(r + 1, 1)

    def _measure(self) -> None:
        search, shape = self.search, self.shape
        if self.n_seen == len(self.n_facets):
            return
        tree.measure(
            search.layers,
            search.kernel_space,
            search.path,
            search.dictionary,
            search.frame,
            search.signs,
            search.control,
            shape,
            self.ball,
            self.ball_path,
            self.ball_frame,
        )
        n_facets, bounded, infinite = (int(answer) for answer in shape.answers)
        radius = float(shape.radius[0])
        if tree.UNKNOWN in (n_facets, bounded, infinite) or np.isnan(radius):
            self.n_exact_decisions += 1
            n_facets, bounded, radius = self._exactly(n_facets, bounded, infinite, radius)
        if self.space.dimension < self.network.input_dim:
            bounded = tree.NO
        at = self.n_seen
        self.n_facets[at], self.bounded[at], self.chebyshev_radius[at] = n_facets, bounded == tree.YES, radius
        self.n_seen = at + 1

    def _exactly(self, n_facets: int, bounded: int, infinite: int, radius: float) -> tuple[int, int, float]:
        rows = self.search.exact_path()
        r = self.space.dimension
        if n_facets == tree.UNKNOWN:
            n_facets = len(irredundant_rows(rows, r))
        if bounded == tree.UNKNOWN:
            bounded = tree.YES if is_bounded(rows, r) else tree.NO
        if infinite == tree.UNKNOWN:
            cone = [[*row[:-1], 0] for row in rows]
            infinite = tree.NO if bounded == tree.YES or interior_point(cone, r).point is None else tree.YES
        if infinite == tree.YES:
            radius = np.inf
        elif not np.isfinite(radius):
            radius = self._exact_radius()
        return n_facets, bounded, radius

    def _exact_radius(self) -> float:
        """The radius by a linear program in rationals that starts where floats ended."""
        search, space, shape = self.search, self.space, self.shape
        depth = int(search.control[tree.DEPTH])
        kept = [p for p in range(depth) if shape.facet[p] != tree.NO]
        full = [self._full_row(*search.path.labels[p]) for p in kept]
        where = {p: index for index, p in enumerate(kept)}
        ends = (int(self.ball_path.labels[row, 0]) for row in self.ball.col_label)
        tight = [where[p] for p in ends if p in where]
        lengths = [row_length(row) for row in full]
        return chebyshev_radius([restrict(row, space.columns) for row in full], lengths, tight)

    def _full_row(self, layer: int, neuron: int, sign: int) -> list[int]:
        """A row of the path in input coordinates."""
        if layer < 0:
            return [int(entry) for entry in self.domain_rows[neuron]]
        rows, _ = self.network.exact.pre_activation_rows(layer, self.search.signs)
        return [int(sign * entry) for entry in rows[neuron]]


def _shapes_one_by_one(regions: RegionSet) -> Shapes:
    """The shapes of the few regions that need no search."""
    polytopes = [region.polytope for region in regions]
    return Shapes(
        np.array([len(p.facets()) for p in polytopes], dtype=np.int32),
        np.array([p.is_bounded() for p in polytopes], dtype=np.bool_),
        np.array([p.chebyshev_ball().radius for p in polytopes], dtype=np.float64),
        len(polytopes),
        is_complete=True,
    )


def _places(network: ReLUNetwork, neurons: NDArray[np.int64]) -> list[tuple[int, int]]:
    starts = np.array(network.layer_offsets[: len(network.hidden_widths)])
    layers = np.searchsorted(starts, neurons, side="right") - 1
    return [(int(layer), int(i - starts[layer])) for layer, i in zip(layers, neurons, strict=True)]


def _spanning_directions(r: int) -> NDArray[np.float64]:
    """R integer directions that are a basis, and minus their sum: together they span positively."""
    generator = np.random.default_rng(0)
    while True:
        basis = generator.integers(-1000, 1001, size=(r, r))
        if fmpq_mat(r, r, [int(v) for v in basis.ravel()]).rank() == r:
            return np.vstack([basis, -basis.sum(axis=0)]).astype(np.float64)


def _absolute_inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Absolute values of the inverse of an integer matrix, rounded up."""
    r = len(matrix)
    inverse = fmpq_mat(r, r, [int(v) for v in matrix.ravel()]).inv()
    exact = [abs(Fraction(int(inverse[i, k].p), int(inverse[i, k].q))) for i in range(r) for k in range(r)]
    return np.array(nearest_floats(exact)).reshape(r, r) * (1 + 1e-12)


def _metric(
    network: ReLUNetwork, domain: HPolytope | None, space: WorkingSpace
) -> tuple[NDArray[np.float64], float]:
    """G with a G a = (|normal| unit)^2: from scaled working coordinates to the length of the full normal.

    The coordinates that the search leaves out are combinations of those it keeps: with N the normals
    that span the row space, N = N[:, columns] (I | Q), and G = I + Q Q^T, scaled. The unit is a power
    of two that brings the largest entry near 1.
    """
    r, d = space.dimension, network.input_dim
    metric = np.eye(r)
    if r < d:
        first, _ = network.exact.pre_activation_rows(0, np.zeros(0, dtype=np.int8))
        normals = [[Fraction(int(v)) for v in row[:-1]] for row in first]
        if domain is not None:
            normals += [[Fraction(int(v)) for v in row[:-1]] for row in domain.exact_rows]
        full = fmpq_mat(len(normals), d, [fmpq(v.numerator, v.denominator) for row in normals for v in row])
        order = [*space.columns, *(k for k in range(d) if k not in space.columns)]
        arranged = fmpq_mat(len(normals), d, [full[i, k] for i in range(len(normals)) for k in order])
        reduced, _ = arranged.rref()
        exact = [Fraction(int(reduced[i, k].p), int(reduced[i, k].q)) for i in range(r) for k in range(r, d)]
        rest = np.array(nearest_floats(exact)).reshape(r, d - r)
        with np.errstate(all="ignore"):  # what is too large for floats leads to rational arithmetic
            metric = metric + rest @ rest.T
    scale = np.exp2(-space.shifts.astype(float))
    with np.errstate(all="ignore"):
        metric = metric * np.outer(scale, scale)
    largest = np.sqrt(np.diag(metric).max())
    exponent = int(np.frexp(largest)[1]) if np.isfinite(largest) else 0
    return np.ascontiguousarray(np.ldexp(metric, -2 * exponent)), float(np.ldexp(1.0, -exponent))
