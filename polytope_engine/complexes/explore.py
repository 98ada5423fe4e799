"""Walk outward from a point, region by region, without finding all of them first."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.cell_looks import DictionaryLooks
from polytope_engine.complexes.chart import Chart
from polytope_engine.complexes.exploration import Exploration
from polytope_engine.complexes.large_boxes import BoxLooks
from polytope_engine.complexes.sign_rows import SignRows
from polytope_engine.complexes.walk import Crossing, Looks, Pending, Visit, Walk
from polytope_engine.complexes.walls import Walls
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.rationals import as_exact_points
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.arguments import check_limits, check_network, check_progress
from polytope_engine.regions.enumeration import enumerate_regions
from polytope_engine.regions.outcome import Certificate, Status, Work
from polytope_engine.regions.region_set import RegionSet
from polytope_engine.regions.search import nearest_finite
from polytope_engine.regions.working_space import axis_aligned_bounds, checked_domain

Progress = Callable[[int, float], None]
Floats = NDArray[np.float64]
Signs = NDArray[np.int8]

# Boxes in more dimensions than this are left to a solver that keeps bounds out of its rows.
LARGE_BOX = 100


def explore(
    network: ReLUNetwork,
    start: Any,
    domain: HPolytope | None = None,
    *,
    max_regions: int | None = None,
    max_distance: int | None = None,
    time_limit: float | None = None,
    domain_facets: bool = False,
    progress: Progress | None = None,
) -> Exploration:
    """Walk outward from a point, from region to region across their walls, nearest regions first.

    Parameters
    ----------
    network : ReLUNetwork
        The network, with d inputs; its weights are taken as the rational numbers that they are.
    start : array_like of float or Fraction, shape (d,)
        Where to begin: a point of the domain, its boundary included, on no wall.
    domain : HPolytope, optional
        Where to stay: a full-dimensional polyhedron in R^d, for example ``pe.box(0, 1, dimension=784)``. All of
        R^d by default.
    max_regions : int, optional
        Stop when that many regions have been visited.
    max_distance : int, optional
        Visit only regions that are at most so many walls away from the first; 0 visits that one alone.
    time_limit : float, optional
        Stop after about that many seconds.
    domain_facets : bool
        Also decide which sides of a box in more than 100 inputs are facets of each region, which takes two linear
        programs an input. In other domains that is always decided.
    progress : callable, optional
        Called several times a second as ``progress(n_regions, fraction_done)``.

    Returns
    -------
    Exploration
        The regions visited, in that order; their distances from the first, walls, numbers of facets and largest
        balls; and the facets that lead on. If none does, the regions are all there are in the domain, and the
        status says complete. Ctrl-C ends the walk cleanly, with what was found.

    Raises
    ------
    InvalidNetworkError, InvalidDomainError, InvalidArgumentError
        If an argument is not what it must be; if the start lies outside the domain or exactly on a wall.

    Notes
    -----
    *Everything is proven.* A region by a point inside; a facet by a point beyond it and inside all other
    half-spaces; that a half-space is no facet, by nonnegative multipliers; a radius by a ball and by multipliers
    that leave no room for a larger one. Floats with bounds of their errors, or else rational numbers. The sign
    vector beyond a facet follows from the facet alone, also where several neurons share it.

    *An empty queue is a proof of completeness*: a generic segment between two points of a convex domain crosses
    walls only, one after the other, so every region can be reached.

    The one thing that may stay open is a radius, beyond 12 inputs and where a cell is so degenerate or thin that
    neither kind of proof succeeds: it is nan then.

    On all of R^d the walk takes place in as many coordinates as the first layer has rank: 784 inputs cost no more
    than 64, if there are 64 neurons in the first layer.

    Examples
    --------
    >>> import numpy as np, polytope_engine as pe
    >>> rng = np.random.default_rng(0)
    >>> layers = [(rng.normal(size=(8, 100)), rng.normal(size=8)), (np.ones((1, 8)), np.zeros(1))]
    >>> found = pe.explore(pe.ReLUNetwork(layers), np.zeros(100), max_distance=1)
    >>> found
    <Exploration: 9 regions within distance 1 in R^100, 8 walls, incomplete>
    >>> found.n_facets[0], found.chebyshev_radius[0], found.regions.lineality_dimension
    (np.int64(8), np.float64(inf), 92)
    """
    begin = time.perf_counter()
    check_network(network)
    check_limits(time_limit=time_limit, max_regions=max_regions)
    _check_distance(max_distance)
    check_progress(progress, "n_regions")
    domain = checked_domain(network, domain)
    x, signs = checked_start(network, start, domain)
    chart = Chart(network, domain) if network.n_neurons else None
    if chart is None or chart.dimension == 0:
        return _only_region(network, domain)
    rows, looks = engine(chart, domain_facets=domain_facets)
    first = Pending(signs, 0, chart.to_working(x), a_middle(chart), None)
    walk = Walk(rows, looks, first)
    status = walk.run(max_regions, max_distance, time_limit, progress, begin)
    return _result(walk, chart, looks, status, x, begin)


def engine(chart: Chart, *, domain_facets: bool) -> tuple[SignRows, Looks]:
    """What finds the rows of regions and looks at them: in large boxes, a solver that knows bounds of variables."""
    domain = chart.domain
    is_large = chart.dimension > LARGE_BOX and domain is not None and _is_box(domain)
    rows = SignRows(chart, with_domain=not is_large)
    return rows, BoxLooks(rows, domain_facets=domain_facets) if is_large else DictionaryLooks(rows)


def a_middle(chart: Chart) -> Floats | None:
    """A point inside the domain, to step towards from a start on its boundary."""
    if chart.domain is None:
        return None
    if _is_box(chart.domain):
        inside = [(low + high) / 2 for low, high in chart.space.box or []]
    else:
        inside = list(chart.domain.interior_point())
    return chart.to_working(np.array([nearest_finite(v) for v in inside]))


def _is_box(domain: HPolytope) -> bool:
    return axis_aligned_bounds(domain) is not None


def _check_distance(max_distance: object) -> None:
    if max_distance is not None and (
        isinstance(max_distance, bool) or not isinstance(max_distance, int | np.integer) or max_distance < 0
    ):
        raise InvalidArgumentError(
            f"`max_distance` is {max_distance!r}; it must be an integer from 0, or None for no limit.",
            max_distance=max_distance,
        )


def checked_start(network: ReLUNetwork, start: Any, domain: HPolytope | None) -> tuple[Floats, Signs]:
    """The start in floats, and the signs of its region."""
    points, is_single = as_exact_points(start, network.input_dim, "start")
    if not is_single:
        raise InvalidArgumentError(
            f"`start` has shape {np.shape(start)}; it must be one point, of shape ({network.input_dim},).",
            shape=np.shape(start),
        )
    if domain is not None and not domain.contains(points)[0]:
        raise InvalidArgumentError(
            "`start` lies outside `domain`; pass a point of it, or a larger domain.", start=start
        )
    signs = network.sign_vector(points)[0]
    for layer, (offset, width) in enumerate(zip(network.layer_offsets, network.hidden_widths, strict=True)):
        zeros = np.flatnonzero(signs[offset : offset + width] == 0)
        if not len(zeros):
            continue
        functions, _ = network.exact.pre_activation_rows(layer, signs)
        for i in zeros:
            if any(functions[i]):
                raise InvalidArgumentError(
                    f"`start` lies on a wall: neuron {int(i)} of layer {layer} is exactly zero there and not around "
                    "it, so the point is inside no region; pass one a little to one side.",
                    neuron=("neuron", layer, int(i)),
                )
    return np.array([nearest_finite(Fraction(v)) for v in points[0].tolist()]), signs


def _only_region(network: ReLUNetwork, domain: HPolytope | None) -> Exploration:
    """The whole domain, where no hidden neuron changes its sign."""
    regions = enumerate_regions(network, domain)
    found = regions.measure("n_domain_facets", "chebyshev_radius", "chebyshev_center")
    nothing = np.zeros(0, dtype=np.int64)
    return Exploration(
        regions,
        Walls(regions, nothing.reshape(0, 2), nothing, {}),
        distances=np.zeros(1, dtype=np.int64),
        n_neuron_facets=np.zeros(1, dtype=np.int64),
        n_domain_facets=found["n_domain_facets"],
        chebyshev_radius=found["chebyshev_radius"],
        chebyshev_center=found["chebyshev_center"],
        exits=[[]],
        n_exact=0,
    )


def _result(walk: Walk, chart: Chart, looks: Looks, status: Status, x: Floats, begin: float) -> Exploration:
    visits = walk.visits
    index = {visit.signs.tobytes(): k for k, visit in enumerate(visits)}
    regions = _region_set(visits, chart, looks, status, x, begin)
    exits: list[list[tuple[tuple[int, ...], Signs]]] = []
    walls: dict[tuple[int, int], Crossing] = {}
    for k, visit in enumerate(visits):
        exits.append([])
        for crossing in visit.crossings:
            other = index.get(crossing.signs.tobytes())
            if other is None:
                exits[-1].append((crossing.neurons, crossing.signs))
            elif other > k:
                walls[k, other] = crossing
    pairs = sorted(walls)
    n_exact = sum(visit.look.n_exact for visit in visits)
    centers = np.full((len(visits), chart.network.input_dim), np.nan)
    for k, visit in enumerate(visits):
        if np.all(np.isfinite(visit.look.center)):
            centers[k] = chart.near(visit.look.center, x)
    n_crossings = [len(visit.crossings) for visit in visits]
    n_outer = [visit.look.n_domain_facets for visit in visits]
    return Exploration(
        regions,
        Walls(
            regions,
            np.array(pairs, dtype=np.int64).reshape(len(pairs), 2),
            np.array([walls[pair].neurons[0] for pair in pairs], dtype=np.int64),
            {k: walls[pair].neurons for k, pair in enumerate(pairs) if len(walls[pair].neurons) > 1},
            sum(crossing.is_exact for crossing in walls.values()),
        ),
        distances=np.array([visit.distance for visit in visits], dtype=np.int64),
        n_neuron_facets=np.array(n_crossings, dtype=np.int64),
        n_domain_facets=np.array(n_outer, dtype=np.int64),
        chebyshev_radius=np.array([visit.look.radius for visit in visits], dtype=np.float64),
        chebyshev_center=centers,
        exits=exits,
        n_exact=n_exact,
    )


def _region_set(
    visits: list[Visit], chart: Chart, looks: Looks, status: Status, x: Floats, begin: float
) -> RegionSet:
    network = chart.network
    points = np.zeros((len(visits), network.input_dim))
    exact = {}
    for k, visit in enumerate(visits):
        points[k], known = chart.interior_input(visit.signs, visit.y, visit.exact, x)
        if known is not None:
            exact[k] = known
    n_rational = sum(visit.exact is not None for visit in visits)
    n_drops = sum(visit.look.n_drops for visit in visits)
    n_drops_exact = sum(visit.look.n_drops_exact for visit in visits)
    n_programs, n_pivots, n_rebuilds = looks.counts
    return RegionSet(
        network,
        chart.domain,
        np.array([visit.signs for visit in visits], dtype=np.int8).reshape(len(visits), network.n_neurons),
        points,
        exact_interior_points=exact,
        status=status,
        work=Work(
            n_linear_programs=n_programs,
            n_pivots=n_pivots,
            n_splits=0,
            n_rebuilds=n_rebuilds,
            n_residue_decisions=0,
            n_exact_decisions=sum(visit.look.n_exact for visit in visits),
            seconds=time.perf_counter() - begin,
        ),
        certificate=Certificate(
            n_regions_float=len(visits) - n_rational,
            n_regions_exact=n_rational,
            n_drops_float=n_drops - n_drops_exact,
            n_drops_residues=0,
            n_drops_exact=n_drops_exact,
            n_identically_zero=int(sum(np.count_nonzero(visit.signs == 0) for visit in visits)),
            n_cuts_exact=0,
            n_empty_sides=0,
        ),
    )
