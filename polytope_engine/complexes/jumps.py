"""How the derivative of the output changes from region to region."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from operator import index as as_integer

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from polytope_engine.complexes.equal_maps import equal_maps
from polytope_engine.complexes.linear_regions import checked_output
from polytope_engine.complexes.output_maps import OutputMaps
from polytope_engine.complexes.walls import Walls, checked_complete
from polytope_engine.errors import InvalidArgumentError, UnboundedError
from polytope_engine.exact.rational import nearest_floats, square_root
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.arguments import check_progress

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Progress = Callable[[int, float], None]

# The largest relative error of norms; where floats are worse, rational arithmetic takes over.
ACCURACY = 1e-7
_MOST_NUMBERS = 1 << 24
# Differences near the smallest floats have lost digits.
SMALLEST = 1e-280


@dataclass(frozen=True, eq=False)
class Jumps:
    """What happens to the output's Jacobian across each wall, as columns.

    Between two regions with Jacobians A and B, of shape (n_out, d):

    Attributes
    ----------
    norms : ndarray of float64, shape (n_walls,)
        The size of the jump, the Frobenius norm of A - B; 0 iff the maps are equal, decided exactly.
    cosines : ndarray of float64, shape (n_walls,)
        Cosine similarity of A and B as vectors; nan where one of them is zero, or has entries beyond the floats.
    nonlinearity : ndarray of float64, shape (n_walls,)
        ``norm(A - B) / (norm(A) + norm(B))``, from 0 to 1; 0 where both are zero.
    n_exact : int
        Jacobians and differences that were worked out in rational arithmetic.

    Notes
    -----
    Relative errors of norms are below 1e-7, however small a jump is beside the Jacobians.
    """

    norms: Floats
    cosines: Floats
    nonlinearity: Floats
    n_exact: int

    def __repr__(self) -> str:
        n = len(self.norms)
        mean = f"mean norm {self.norms.mean():.4g}, " if n else ""
        return f"<Jumps: {n:,} wall{'' if n == 1 else 's'}, {mean}{np.count_nonzero(self.norms == 0):,} zero>"


@dataclass(frozen=True, eq=False)
class SimilarityByDistance:
    """How much the Jacobians of regions resemble that of one region, by their distance in the graph of regions.

    Attributes
    ----------
    region : int
        The one.
    distances : ndarray of int64, shape (n,)
        Numbers of walls on a shortest way: 0, 1, ..., up to the farthest region that can be reached.
    n_regions : ndarray of int64, shape (n,)
        How many regions there are at each distance.
    mean_cosines : ndarray of float64, shape (n,)
        Mean cosine similarity of their Jacobians to the one's, over those that are not zero; nan if there are none.
    mean_differences : ndarray of float64, shape (n,)
        Mean Frobenius norm of the difference.
    """

    region: int
    distances: Indices
    n_regions: Indices
    mean_cosines: Floats
    mean_differences: Floats

    def __len__(self) -> int:
        """The number of distances."""
        return len(self.distances)

    def __str__(self) -> str:
        lines = ["distance    regions  mean cosine  mean difference"]
        columns = zip(self.distances, self.n_regions, self.mean_cosines, self.mean_differences, strict=True)
        lines += [f"{k:8d} {n:10,d} {cosine:12.4f} {norm:16.4g}" for k, n, cosine, norm in columns]
        return "\n".join(lines)


def jumps(walls: Walls, output: int | None = None, progress: Progress | None = None) -> Jumps:
    """Compare the Jacobians of the two regions of each wall; see `Walls.jumps`."""
    jacobians = _Jacobians(walls, output, progress)
    classes = equal_maps(jacobians.maps)
    first, second = walls.pairs[:, 0], walls.pairs[:, 1]
    is_equal = classes.class_of[first] == classes.class_of[second]
    norms, cosines, nonlinearity = (np.zeros(len(walls)) for _ in range(3))
    for part, p, q in jacobians.of_pairs(first, second):
        norms[part], cosines[part], sizes = jacobians.compared(p, q, is_equal[part])
        with np.errstate(invalid="ignore"):
            nonlinearity[part] = np.where(sizes > 0, norms[part] / np.where(sizes > 0, sizes, 1), 0.0)
        if progress is not None:
            progress(part.stop, part.stop / len(walls))
    return Jumps(norms, cosines, nonlinearity, jacobians.n_exact + classes.n_exact)


def similarity_by_distance(
    walls: Walls, region: int, output: int | None = None, progress: Progress | None = None
) -> SimilarityByDistance:
    """Compare the Jacobian of one region to those of all others; see `Walls.similarity_by_distance`."""
    n = len(walls.regions)
    k = as_integer(region)
    if not -n <= k < n:
        raise InvalidArgumentError(
            f"`region` is {region}, but there are {n:,} regions, counted from 0.", region=region
        )
    k %= n
    jacobians = _Jacobians(walls, output, progress)
    classes = equal_maps(jacobians.maps)
    pairs = checked_complete(walls).pairs
    graph = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n)).tocsr()
    away = dijkstra(graph, directed=False, indices=k, unweighted=True)
    reached = np.flatnonzero(np.isfinite(away))
    distance = away[reached].astype(np.int64)
    norms, cosines = np.zeros(len(reached)), np.zeros(len(reached))
    is_equal = classes.class_of[reached] == classes.class_of[k]
    for part, p, q in jacobians.of_pairs(np.full(len(reached), k, dtype=np.int64), reached):
        norms[part], cosines[part], _ = jacobians.compared(p, q, is_equal[part])
        if progress is not None:
            progress(part.stop, part.stop / len(reached))
    counts = np.bincount(distance)
    is_known = ~np.isnan(cosines)
    n_known = np.bincount(distance[is_known], minlength=len(counts))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(distance[is_known], cosines[is_known], minlength=len(counts)) / n_known
    differences = np.bincount(distance, norms) / counts
    return SimilarityByDistance(k, np.arange(len(counts)), counts, mean, differences)


def total_gradient_variation(
    walls: Walls,
    output: int | None = None,
    clip: HPolytope | None = None,
    progress: Progress | None = None,
) -> float:
    """Add up jumps times areas; see `Walls.total_gradient_variation`."""
    domain = walls.regions.domain
    bounds = [part for part in (domain, clip) if isinstance(part, HPolytope)]
    if not any(part.is_bounded() for part in bounds):
        what = "all of R^d" if domain is None else "unbounded"
        raise UnboundedError(
            f"The total gradient variation needs a bounded domain, but the domain of these regions is {what}; "
            f"pass `clip=`, a bounded polytope such as pe.box(-1, 1, dimension={walls.regions.network.input_dim})."
        )
    areas = checked_complete(walls).areas(clip=clip, progress=progress)
    norms = jumps(walls, output, progress).norms
    with np.errstate(over="ignore"):
        return float(np.where(norms > 0, norms, 0.0) @ np.where(norms > 0, areas, 0.0))


class _Jacobians:
    """Jacobians of regions in floats that are good to 1e-7 of their norm, a part at a time if they are many."""

    def __init__(self, walls: Walls, output: int | None, progress: Progress | None) -> None:
        network = walls.regions.network
        check_progress(progress, "n_done")
        if output is not None:
            checked_output(output, network.output_dim, takes_argmax=False)
        self.maps = OutputMaps(network, walls.regions.sign_vectors, None if output is None else [output])
        self.n_exact = 0
        self.size = self.maps.shape[0] * network.input_dim
        self._all = None
        if len(self.maps) * self.size <= _MOST_NUMBERS:
            self._all = self._of_keys(np.arange(len(self.maps)))

    def of_pairs(self, first: Indices, second: Indices) -> Iterator[tuple[slice, _Part, _Part]]:
        """Yield pairs of regions in parts, with the Jacobians of either side."""
        step = max(1, _MOST_NUMBERS // (8 * max(1, self.size)))
        for start in range(0, len(first), step):
            part = slice(start, min(start + step, len(first)))
            p, q = self.maps.key_of[first[part]], self.maps.key_of[second[part]]
            if self._all is not None:
                yield part, self._all.rows(p), self._all.rows(q)
                continue
            keys, places = np.unique(np.concatenate([p, q]), return_inverse=True)
            known = self._of_keys(keys)
            yield part, known.rows(places[: len(p)]), known.rows(places[len(p) :])

    def _of_keys(self, keys: Indices) -> _Part:
        values, errors = np.empty((len(keys), self.size)), np.empty(len(keys))
        step = self.maps.keys_at_once
        for start in range(0, len(keys), step):
            part = slice(start, min(start + step, len(keys)))
            V, E = self.maps.values(keys[part])
            values[part] = V[:, :, :-1].reshape(len(V), self.size)
            errors[part] = row_norms(E[:, :, :-1].reshape(len(V), self.size))
        norms = row_norms(values)
        for k in np.flatnonzero(~(errors <= ACCURACY / 4 * norms)).tolist():
            values[k] = self.maps.rounded(int(keys[k]))[0].ravel()
            norms[k] = row_norms(values[k][np.newaxis])[0]
            errors[k] = norms[k] * 2.0**-52
            self.n_exact += 1
        return _Part(keys, values, norms, errors)

    def compared(self, p: _Part, q: _Part, is_equal: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
        """Norms of the differences, cosines, and sums of the norms."""
        differences = p.values - q.values
        norms = row_norms(differences)
        sizes = p.norms + q.norms
        errors = p.errors + q.errors + 2.0**-52 * norms
        is_known = (errors <= ACCURACY / 2 * norms) & (norms > SMALLEST)
        for k in np.flatnonzero(~is_equal & ~is_known).tolist():
            norms[k] = self._exact_norm(int(p.keys[k]), int(q.keys[k]))
            self.n_exact += 1
        norms[is_equal] = 0.0
        with np.errstate(invalid="ignore", divide="ignore"):
            units = p.values / p.norms[:, np.newaxis], q.values / q.norms[:, np.newaxis]
            cosines = np.clip((units[0] * units[1]).sum(axis=1), -1.0, 1.0)
        is_zero = (p.norms == 0) | (q.norms == 0)
        cosines[is_equal] = 1.0
        cosines[is_zero] = np.nan
        return norms, cosines, sizes

    def _exact_norm(self, p: int, q: int) -> float:
        (a, unit_a), (b, unit_b) = self.maps.exact(p), self.maps.exact(q)
        width = self.maps.shape[1]
        entries = [
            Fraction(int(x)) * unit_a - Fraction(int(y)) * unit_b
            for k, (x, y) in enumerate(zip(a, b, strict=True))
            if (k + 1) % width
        ]
        return nearest_floats([square_root(sum((x * x for x in entries), Fraction(0)))])[0]


@dataclass(frozen=True, slots=True)
class _Part:
    """Some Jacobians: their keys, entries, norms, and bounds on the errors (as norms)."""

    keys: Indices
    values: Floats
    norms: Floats
    errors: Floats

    def rows(self, k: Indices) -> _Part:
        return _Part(self.keys[k], self.values[k], self.norms[k], self.errors[k])


def row_norms(rows: Floats) -> Floats:
    """Euclidean norms of rows, whatever the size of the entries.

    Examples
    --------
    >>> row_norms(np.array([[3e-200, 4e-200], [3e200, 4e200], [0.0, 0.0]]))
    array([5.e-200, 5.e+200, 0.e+000])
    """
    largest = np.abs(rows).max(axis=1, initial=0.0)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
    norms: Floats = scale * np.sqrt(((rows / scale[:, np.newaxis]) ** 2).sum(axis=1))
    return norms
