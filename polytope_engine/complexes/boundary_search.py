"""Find decision boundaries and level sets: first the regions that they meet, then the pieces, exactly."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.boundary import Boundary, Piece, Tie, Touching
from polytope_engine.complexes.polyhedral_complex import Key, PolyhedralComplex
from polytope_engine.complexes.region_rows import region_rows
from polytope_engine.complexes.ties import Competition, IntegerRow, difference, pairs, slab_network
from polytope_engine.errors import InvalidArgumentError, InvalidNetworkError
from polytope_engine.exact.closed_section import closed_section
from polytope_engine.exact.decisions import interior_point
from polytope_engine.exact.generators import OpenCell
from polytope_engine.exact.rational import nearest_floats
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.regions.arguments import check_progress
from polytope_engine.regions.enumeration import enumerate_regions
from polytope_engine.regions.outcome import Status
from polytope_engine.regions.region_set import RegionSet

Progress = Callable[[int, float], None]
_SECONDS_A_REPORT = 0.1
_SHARE_OF_SCREENING = 0.2

# For each region, the pairs that may tie in its closure, each with a point where they nearly do.
Candidates = dict[int, dict[tuple[int, int], NDArray[np.float64]]]


def find_boundary(regions: RegionSet, competition: Competition, progress: Progress | None = None) -> Boundary:
    """Find where two functions that differ on a region tie for the largest, in the closures of a set's regions.

    Parameters
    ----------
    regions : RegionSet
    competition : Competition
        The functions.
    progress : callable, optional
        Called several times a second as ``progress(n_pieces, fraction_done)``.

    Notes
    -----
    In the closure of a region all functions are affine. Where two of them that differ are equal and no other is
    larger there is a convex polyhedron, the closure of one cell of the complex that hidden neurons and
    functions make. It may run through the region or lie in a wall, and each point where the winner is not alone,
    except inside a set of full dimension where functions tie identically, lies in such a polyhedron of
    some region. Those of dimension d - 1 are the pieces; others that are no face of a piece touch.

    Which regions to look at comes from an enumeration of the network with two more neurons, proven like any other
    (`slab_network`), for each pair of functions; regions of an incomplete set are all looked at. The rest is done
    in integers.
    """
    check_progress(progress, "n_pieces")
    candidates = _candidates(regions, competition, progress)
    search = _Search(regions, competition)
    next_report = time.perf_counter()
    for k, index in enumerate(sorted(candidates)):
        search.look_at(index, candidates[index])
        now = time.perf_counter()
        if progress is not None and now >= next_report:
            share = (k + 1) / len(candidates)
            progress(len(search.seen), _SHARE_OF_SCREENING + (1 - _SHARE_OF_SCREENING) * share)
            next_report = now + _SECONDS_A_REPORT
    boundary = search.boundary()
    if progress is not None:
        progress(len(boundary), 1.0)
    return boundary


# -- which regions --------------------------------------------------------------------------------


def _candidates(regions: RegionSet, competition: Competition, progress: Progress | None) -> Candidates:
    found: Candidates = {}
    if not len(regions):
        return found
    if not regions.status.is_complete:
        for index, point in enumerate(regions.interior_points):
            found[index] = dict.fromkeys(pairs(competition), point)
        return found
    sizes = _usual_differences(regions, competition)
    tasks = pairs(competition)
    for k, (p, q) in enumerate(tasks):
        try:
            network = slab_network(competition, p, q, sizes[p, q])
        except InvalidNetworkError:  # numbers too far apart for floats
            for index, point in enumerate(regions.interior_points):
                found.setdefault(index, {})[p, q] = point
            continue
        seen = enumerate_regions(network, regions.domain, progress=_screening(progress, k, len(tasks)))
        if seen.status is Status.INTERRUPTED:
            raise KeyboardInterrupt
        within = np.flatnonzero((seen.sign_vectors[:, -2] <= 0) & (seen.sign_vectors[:, -1] >= 0))
        owners = regions.sign_index.find(np.ascontiguousarray(seen.sign_vectors[within, :-2]))
        if (owners < 0).any():
            raise InvalidArgumentError(
                "The region set says that it is complete, but lacks a region of its network; find the regions again."
            )
        for index, row in zip(owners.tolist(), within.tolist(), strict=True):
            found.setdefault(index, {})[p, q] = seen.interior_points[row]
    return found


def _screening(progress: Progress | None, k: int, n: int) -> Progress | None:
    if progress is None:
        return None
    return lambda _n_found, share: progress(0, _SHARE_OF_SCREENING * (k + share) / n)


def _usual_differences(regions: RegionSet, competition: Competition) -> dict[tuple[int, int], float]:
    """The median of |function p - function q| over interior points, in floating point: it decides nothing."""
    step = max(1, len(regions) // 1000)
    sizes = {}
    with np.errstate(all="ignore"):
        hidden = _last_hidden(regions.network, regions.interior_points[::step])
        for p, q in pairs(competition):
            W, b = competition.difference(p, q)
            *weights, bias = nearest_floats([*W, b])
            sizes[p, q] = float(np.median(np.abs(hidden @ np.array(weights) + bias)))
    return sizes


def _last_hidden(network: ReLUNetwork, points: NDArray[np.float64]) -> NDArray[np.float64]:
    h = points
    for (W, b), slope in zip(network.weights[:-1], network.negative_slopes, strict=True):
        z = h @ W.T + b
        h = np.where(z > 0, z, slope * z)
    return h


# -- pieces ---------------------------------------------------------------------------------------


@dataclass
class _Seen:
    """A cell of dimension d - 1, as seen from the regions beside it."""

    region: int
    terms: tuple[int, int]
    tied: tuple[int, ...]
    winners: dict[int, int]
    winner_beyond: int | None


class _Search:
    """What was found so far; one region after the other."""

    def __init__(self, regions: RegionSet, competition: Competition) -> None:
        self.regions = regions
        self.competition = competition
        self.dimension = regions.network.input_dim
        self.complex: PolyhedralComplex | None = None
        self.seen: dict[Key, _Seen] = {}
        self.small: dict[tuple[int, Key], tuple[OpenCell, int]] = {}
        self.ties: list[Tie] = []
        self.n_sections = 0

    def look_at(self, index: int, candidates: Mapping[tuple[int, int], NDArray[np.float64]]) -> None:
        """Find all closed sections of one region, and the functions that tie all over it."""
        functions = self.competition.rows(self.regions.sign_vectors[index])
        groups: dict[IntegerRow, list[int]] = {}
        for k, row in enumerate(functions):
            groups.setdefault(row, []).append(k)
        first = {k: group[0] for group in groups.values() for k in group}
        rows, labels = region_rows(self.regions, index, next(iter(candidates.values())))
        self._look_for_ties(index, groups, rows)
        for p, q in sorted({(first[p], first[q]) for p, q in candidates if first[p] != first[q]}):
            equation = difference(functions[p], functions[q])
            if not any(equation[:-1]):
                continue
            leads = [difference(functions[p], row) for row, (k, *_) in groups.items() if k not in (p, q)]
            self.n_sections += 1
            part = closed_section(self.dimension, equation, [*leads, *rows])
            if part is None:
                continue
            on = [k - len(leads) for k in part.on if k >= len(leads)]
            if not any(labels[k][0] == "domain" for k in on):
                self._keep(index, equation, functions, part.cell, rows[on[0]] if on else None)

    def _look_for_ties(
        self, index: int, groups: Mapping[IntegerRow, Sequence[int]], rows: Sequence[IntegerRow]
    ) -> None:
        """Functions that are equal on the whole region, if they win on an open part of it."""
        for row, group in groups.items():
            if len(group) < 2:
                continue
            leads = [difference(row, other) for other in groups if other != row]
            if all(any(lead[:-1]) or lead[-1] > 0 for lead in leads):
                inside = [lead for lead in leads if any(lead[:-1])]
                if not inside or interior_point([*rows, *inside], self.dimension).point is not None:
                    self.ties.append(Tie(index, tuple(group)))

    def _keep(
        self,
        index: int,
        equation: IntegerRow,
        functions: Sequence[IntegerRow],
        cell: OpenCell,
        wall: IntegerRow | None,
    ) -> None:
        """Put a closed section where it belongs; `wall` is a row of the region that vanishes on it, if any does."""
        if self.complex is None:
            self.complex = PolyhedralComplex(self.dimension, cell.lines)
        key = self.complex.key(cell)
        if cell.dimension < self.dimension - 1:
            self.small.setdefault((cell.dimension, key), (cell, index))
            return
        seen = self.seen.get(key)
        if seen is not None and index in seen.winners:
            return
        tied = _tied(functions, cell)
        if wall is None:
            least, most = _winner(functions, tied, equation, -1), _winner(functions, tied, equation, 1)
            terms, sides = (min(least, most), max(least, most)), {index: least}
            self.seen[key] = _Seen(index, terms, tied, sides, most)
        elif seen is not None:
            seen.winners[index] = _winner(functions, tied, wall, 1)
            return
        else:
            winner = _winner(functions, tied, wall, 1)
            other = next(k for k in tied if functions[k] != functions[winner])
            terms = (min(winner, other), max(winner, other))
            self.seen[key] = _Seen(index, terms, tied, {index: winner}, None)
        self.complex.add(cell)

    def boundary(self) -> Boundary:
        """All of it, in the order of regions."""
        complex_ = self.complex or PolyhedralComplex(self.dimension)
        pieces = [_piece(key, seen) for key, seen in self.seen.items()]
        pieces.sort(key=lambda piece: (piece.region, piece.classes))
        return Boundary(
            self.regions,
            self.competition,
            complex_,
            pieces,
            self._touching(complex_),
            self.ties,
            n_exact=self.n_sections,
        )

    def _touching(self, complex_: PolyhedralComplex) -> list[Touching]:
        """Add the cells of smaller dimension that are no faces, the largest first.

        In a complex a cell is a face of another if and only if it has a part of its generators.
        """
        touching: list[Touching] = []
        if not self.small:
            return touching
        at: dict[int, list[Key]] = {}
        for key in self.seen:
            for number in key:
                at.setdefault(number, []).append(key)
        largest_first = sorted(self.small.items(), key=lambda item: (-item[0][0], item[1][1]))
        for (dimension, key), (cell, index) in largest_first:
            if not any(key <= other for other in at.get(min(key), ())):
                complex_.add(cell)
                touching.append(Touching(index, dimension, key))
                for number in key:
                    at.setdefault(number, []).append(key)
        return touching


def _piece(key: Key, seen: _Seen) -> Piece:
    sides = list(seen.winners.values())
    is_wall = seen.winner_beyond is None
    if seen.winner_beyond is not None:
        sides.append(seen.winner_beyond)
    low, high = sorted(sides) if len(sides) > 1 else (-1, sides[0])
    return Piece(seen.region, seen.terms, (low, high), seen.tied, is_wall, key)


def _tied(functions: Sequence[IntegerRow], cell: OpenCell) -> tuple[int, ...]:
    """All functions that are equal to the largest on a cell on which one of them is the largest throughout.

    The difference of that one and any other is not negative on the cell; so it is zero everywhere if it is at an
    interior point.
    """
    point = cell.interior_point()
    values = [_dot(row, point) for row in functions]
    return tuple(k for k, value in enumerate(values) if value == max(values))


def _winner(functions: Sequence[IntegerRow], tied: Sequence[int], row: IntegerRow, side: int) -> int:
    """The first of the tied functions that is largest where a row is positive (side 1) or negative (side -1)."""
    return max(tied, key=lambda k: (side * _dot(functions[k][:-1], row[:-1]), -k))


def _dot(row: Sequence[int], vector: Sequence[int]) -> int:
    return sum(int(a) * int(x) for a, x in zip(row, vector, strict=True))
