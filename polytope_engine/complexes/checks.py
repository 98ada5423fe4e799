"""The checks that a self-test consists of. Each compares two ways to one thing, and says what it found."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.components import components
from polytope_engine.complexes.neighbors import neighbors
from polytope_engine.complexes.sign_cells import sign_cells
from polytope_engine.complexes.wall_search import all_walls
from polytope_engine.complexes.walls import Walls
from polytope_engine.exact.rational import nearest_floats
from polytope_engine.regions.region_set import RegionSet

Finding = tuple[bool, str]

_MOST_INPUTS_FOR_VOLUMES = 6
_FEW_REGIONS = 100
_FEW_INPUTS = 3
_VOLUME_ACCURACY = 1e-7
_MOST_REGIONS_FOR_CELLS = 10_000
_MOST_CELLS = 300_000
_SAMPLED_CHECKS = 4
_MOST_TOLD = 3


class Skipped(Exception):  # noqa: N818  (nothing went wrong)
    """A check that says nothing about a set, and why."""


class Subject:
    """A region set under test, with what several checks need.

    Parameters
    ----------
    regions : RegionSet
    n_samples : int
        How many regions or walls checks in rational arithmetic look at; all, if there are no more.
    time_limit : float or None
        Seconds that all such checks together may take.
    seed : int
        For the choice of samples.
    """

    def __init__(self, regions: RegionSet, *, n_samples: int, time_limit: float | None, seed: int) -> None:
        self.regions = regions
        self.n_samples = n_samples
        self.share = math.inf if time_limit is None else time_limit / _SAMPLED_CHECKS
        self.has_wrong_points = False
        self._random = np.random.default_rng(seed)

    @cached_property
    def walls(self) -> Walls:
        """The walls; if there are contradictions in finding them, the same again for each check that asks."""
        if isinstance(self._walls_or_failure, Exception):
            raise self._walls_or_failure
        return self._walls_or_failure

    @cached_property
    def _walls_or_failure(self) -> Walls | Exception:
        try:
            return all_walls(self.regions)
        except (ArithmeticError, LookupError, ValueError) as failure:
            return failure

    def sample(self, n: int) -> Iterator[int]:
        """All of n numbers, or a random sample in random order, until the time is over."""
        end = time.perf_counter() + self.share
        chosen = (
            np.arange(n) if n <= self.n_samples else self._random.choice(n, self.n_samples, replace=False)
        )
        for k in chosen.tolist():
            yield k
            if time.perf_counter() > end:
                return

    def needs_shapes(self) -> None:
        """Skip a check of the shapes of regions, which rest on their interior points and may not be found otherwise."""
        if self.has_wrong_points:
            raise Skipped("it rests on the interior points, and some of them are wrong")

    def needs_all(self) -> None:
        """Skip a check that is a theorem about complete sets."""
        if not self.regions.status.is_complete:
            raise Skipped("the set is not complete")


# -- one region at a time -----------------------------------------------------------------------


def check_interior_points(subject: Subject) -> Finding:
    """Each interior point has its region's signs, and is strictly inside the domain."""
    regions = subject.regions
    exact = regions.exact_interior_points
    is_float = np.ones(len(regions), dtype=bool)
    is_float[list(exact)] = False
    where = np.flatnonzero(is_float)
    wrong = np.zeros(len(regions), dtype=bool)
    if len(where):
        points = regions.interior_points[where]
        signs = regions.network.sign_vector(points)
        wrong[where] = (signs != regions.sign_vectors[where]).any(axis=1) | ~_strictly_inside(regions, points)
    for k, point in exact.items():
        has_signs = np.array_equal(regions.network.exact.signs_at(point), regions.sign_vectors[k])
        wrong[k] = not has_signs or not _is_strictly_inside(regions, point)
    bad = np.flatnonzero(wrong).tolist()
    subject.has_wrong_points = bool(bad)
    inside = "" if regions.domain is None else " and lie strictly inside the domain"
    return _told(
        len(regions) - len(bad), len(regions), f"points have their region's signs{inside}", bad, "region"
    )


def _strictly_inside(regions: RegionSet, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say of points that are floats whether they are in the open domain: floats where they can, else rationals."""
    inside = np.ones(len(points), dtype=bool)
    if regions.domain is None:
        return inside
    A, b = regions.domain.A, regions.domain.b
    with np.errstate(over="ignore", invalid="ignore"):
        slack = b - points @ A.T
        error = (A.shape[1] + 8) * 2.0**-51 * (np.abs(b) + np.abs(points) @ np.abs(A).T) + 2.0**-1030
        is_open = ~(np.abs(slack) > error).all(axis=1)
    inside[~is_open] = (slack[~is_open] > 0).all(axis=1)
    for k in np.flatnonzero(is_open).tolist():
        inside[k] = _is_strictly_inside(regions, tuple(map(Fraction, points[k].tolist())))
    return inside


def _is_strictly_inside(regions: RegionSet, point: tuple[Fraction, ...]) -> bool:
    rows = [] if regions.domain is None else regions.domain.exact_rows
    return all(_value(row, point) > 0 for row in rows if any(row[:-1]))


def check_sign_vectors(subject: Subject) -> Finding:
    """No two regions have the same signs."""
    signs = subject.regions.sign_vectors
    n_distinct = len({row.tobytes() for row in signs})
    return n_distinct == len(signs), f"{n_distinct:,} different ones of {_counted(len(signs), 'region')}"


def check_affine_maps(subject: Subject) -> Finding:
    """The network's value at a point is that of the region's affine map, worked out neuron by neuron in Fractions."""
    regions, bad, n = subject.regions, [], 0
    weights, slopes = regions.network.exact_weights, regions.network.exact_slopes
    for k in subject.sample(len(regions)):
        region = regions[k]
        point = region.exact_interior_point
        rows, unit = regions.network.exact.output_rows(region.sign_vector)
        by_map = [unit * _value(row, point) for row in rows]
        h = np.array(point, dtype=object)
        for (W, b), slope in zip(weights[:-1], slopes, strict=True):
            z = W @ h + b
            h = np.where(z > 0, z, slope * z)
        by_network = (weights[-1][0] @ h + weights[-1][1]).tolist()
        n += 1
        if by_map != by_network or not _vanish(regions, region.sign_vector):
            bad.append(k)
    return _told(
        n - len(bad),
        n,
        "maps give the network's exact output at the interior point",
        bad,
        "region",
        of=len(regions),
    )


def _vanish(regions: RegionSet, signs: NDArray[np.int8]) -> bool:
    """Whether the neurons with sign 0 vanish identically."""
    network = regions.network
    for layer, (start, width) in enumerate(zip(network.layer_offsets, network.hidden_widths, strict=True)):
        zeros = np.flatnonzero(signs[start : start + width] == 0)
        if len(zeros):
            functions, _ = network.exact.pre_activation_rows(layer, signs)
            if any(any(functions[i]) for i in zeros):
                return False
    return True


# -- regions and their neighbors ----------------------------------------------------------------


def check_graph(subject: Subject) -> Finding:
    """The domain being convex, every region can be reached from every other across walls."""
    subject.needs_shapes()
    subject.needs_all()
    n = len(subject.regions)
    parts = int(components(n, subject.walls.pairs).max(initial=-1)) + 1
    return (
        parts == 1,
        f"{_counted(n, 'region')} and {_counted(len(subject.walls), 'wall')}, {_counted(parts, 'component')}",
    )


def check_closure(subject: Subject) -> Finding:
    """Across every facet in the domain's interior lies a region of the set."""
    subject.needs_shapes()
    subject.needs_all()
    bad, n, n_facets = [], 0, 0
    for k in subject.sample(len(subject.regions)):
        found = neighbors(subject.regions[k])
        n += 1
        n_facets += len(found)
        if any(neighbor.index is None for neighbor in found):
            bad.append(k)
    what = f"regions have only regions of the set across their facets ({n_facets:,} facets)"
    return _told(n - len(bad), n, what, bad, "region", of=len(subject.regions))


def check_handshake(subject: Subject) -> Finding:
    """Each wall is a facet of two regions."""
    subject.needs_shapes()
    subject.needs_all()
    measured = subject.regions.measure("n_neuron_facets")
    if not measured.is_complete:
        raise KeyboardInterrupt
    n_facets, n_walls = int(measured["n_neuron_facets"].sum()), len(subject.walls)
    return (
        n_facets == 2 * n_walls,
        f"{n_facets:,} facets of regions, two for each of {_counted(n_walls, 'wall')}",
    )


def check_continuity(subject: Subject) -> Finding:
    """The maps on both sides of a wall agree on its hyperplane: their difference is u (n, c)^T, of rank one or zero."""
    subject.needs_shapes()
    walls, bad, n = subject.walls, [], 0
    exact = subject.regions.network.exact
    for k in subject.sample(len(walls)):
        signs = [subject.regions.sign_vectors[i] for i in walls.pairs[k]]
        (P, p), (Q, q) = (exact.output_rows(s) for s in signs)
        _, layer, i = walls.labels(k)[0]
        plane = exact.pre_activation_rows(layer, signs[0])[0][i]
        n += 1
        differences = [
            [p * int(x) - q * int(y) for x, y in zip(*rows, strict=True)] for rows in zip(P, Q, strict=True)
        ]
        if not all(_is_multiple(row, plane) for row in differences):
            bad.append(k)
    return _told(n - len(bad), n, "pairs of maps agree on the wall between them", bad, "wall", of=len(walls))


def _is_multiple(row: list[Fraction], plane: list[Any]) -> bool:
    """Whether a function is a multiple of one that is not constant."""
    pivot = next((k for k, entry in enumerate(plane[:-1]) if entry), None)
    if pivot is None:
        return False
    factor = row[pivot] / int(plane[pivot])
    return all(x == factor * int(y) for x, y in zip(row, plane, strict=True))


# -- all regions together -----------------------------------------------------------------------


def check_volumes(subject: Subject) -> Finding:
    """The regions fill the domain."""
    subject.needs_shapes()
    subject.needs_all()
    regions = subject.regions
    d = regions.network.input_dim
    if regions.domain is None or not regions.domain.is_bounded():
        raise Skipped("the domain is not bounded")
    if d > _MOST_INPUTS_FOR_VOLUMES:
        raise Skipped(f"in more than {_MOST_INPUTS_FOR_VOLUMES} inputs, volumes take too long")
    is_exact = len(regions) <= _FEW_REGIONS and d <= _FEW_INPUTS
    measured = regions.measure("volume", exact=is_exact)
    if not measured.is_complete:
        raise KeyboardInterrupt
    whole = Fraction(regions.domain.exact.volume())
    volumes = measured["volume"].tolist()
    if not all(isinstance(volume, Fraction) or math.isfinite(volume) for volume in volumes):
        if not math.isfinite(nearest_floats([whole])[0]):
            raise Skipped("volumes are beyond the range of floats")
        return False, "a region of a bounded domain has no finite volume"
    total = sum(map(Fraction, volumes), Fraction(0))
    known = "exactly" if is_exact else f"each known to {_VOLUME_ACCURACY:g}"
    allowed = 0 if is_exact else Fraction(_VOLUME_ACCURACY) * total
    shown = nearest_floats([total, whole])
    sums = f"volumes add up to {shown[0]:.9g}, {known}; the domain has {shown[1]:.9g}"
    return abs(total - whole) <= allowed, f"{_counted(len(regions), 'region')}, whose {sums}"


def check_euler(subject: Subject) -> Finding:
    """The cells of all dimensions, found on their own, have the regions among them and obey Euler's formula."""
    subject.needs_all()
    regions = subject.regions
    if len(regions) > _MOST_REGIONS_FOR_CELLS:
        raise Skipped(
            f"more than {_MOST_REGIONS_FOR_CELLS:,} regions; finding the cells of every dimension takes too long"
        )
    limit = None if math.isinf(subject.share) else subject.share
    cells = sign_cells(regions.network, regions.domain, max_cells=_MOST_CELLS, time_limit=limit)
    if not cells.status.is_complete:
        raise Skipped(f"more than {len(cells):,} cells; finding them takes too long")
    f_vector, d = cells.f_vector(), regions.network.input_dim
    alternating = sum((-1) ** k * f for k, f in enumerate(f_vector))
    full = {row.tobytes() for row in cells.sign_vectors[cells.dimensions == d]}
    agrees = full == {row.tobytes() for row in regions.sign_vectors}
    same = "the same" if agrees else "NOT the same"
    detail = f"f-vector {f_vector}, alternating sum {alternating}, {same} {_counted(len(regions), 'region')}"
    return agrees and alternating == (-1) ** d and f_vector[d] == len(regions), detail


CHECKS: dict[str, Callable[[Subject], Finding]] = {
    "interior points": check_interior_points,
    "sign vectors": check_sign_vectors,
    "affine maps": check_affine_maps,
    "graph": check_graph,
    "closure": check_closure,
    "handshake": check_handshake,
    "continuity": check_continuity,
    "volumes": check_volumes,
    "Euler": check_euler,
}


def _value(row: Any, point: tuple[Fraction, ...]) -> Fraction:
    """The value of an affine function ``(a, c)`` at a point."""
    return sum((int(a) * x for a, x in zip(row, point, strict=False)), Fraction(int(row[-1])))


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _told(n_right: int, n: int, what: str, bad: list[int], noun: str, of: int | None = None) -> Finding:
    """Say how many of how many are right, of which sample, and which are wrong."""
    among = "" if of is None or of == n else f", a sample of {of:,}"
    wrong = ""
    if bad:
        more = ", ..." if len(bad) > _MOST_TOLD else ""
        wrong = f"; not {noun} {', '.join(map(str, bad[:_MOST_TOLD]))}{more}"
    return not bad, f"{n_right:,} of {n:,} {what}{among}{wrong}"
