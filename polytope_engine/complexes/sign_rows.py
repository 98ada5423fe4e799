"""The rows of a region that is known by its signs: floats with bounds of their errors, and integers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpz
from numpy.typing import NDArray

from polytope_engine.complexes.chart import Chart
from polytope_engine.complexes.float_box import FloatBox, exact_sides
from polytope_engine.exact.decisions import interior_point
from polytope_engine.exact.redundancy import coincident_rows
from polytope_engine.kernels import search_state as state
from polytope_engine.kernels.lone_cells import first_missed, write_rows
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.regions.search import float_row, kernel_layers, kernel_space

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Signs = NDArray[np.int8]

# Unit normals that are closer than this may be parallel, for all that floats say.
NEARLY_PARALLEL = 1e-5
# Lengths below this are not told from zero.
TINY = 1e-280


@dataclass(frozen=True, eq=False)
class SignCell:
    """A closed region as rows ``a . y + b >= 0`` in the kernels' coordinates, one for each hyperplane.

    Attributes
    ----------
    signs : ndarray of int8, shape (N,)
    rows : ndarray of float64, shape (m, r + 1)
        Without constant rows, and with one row, the first, of each set of coincident ones.
    bounds : ndarray of float64, shape (m, 4)
        As in `kernels.search_state.Path`.
    labels : ndarray of int64, shape (m, 3)
        Layer (-1 for the domain), neuron, sign.
    places : ndarray of int64, shape (m,)
        A number for each row that is the same in all regions: domain rows first, then neurons.
    partners : dict of int to tuple of int
        All places of coincident rows, by the place of the first.
    leaders : dict of int to int
        The first place for every place whose row coincides with an earlier one.
    """

    signs: Signs
    rows: Floats
    bounds: Floats
    labels: Ints
    places: Ints
    partners: dict[int, tuple[int, ...]]
    leaders: dict[int, int]

    def on_facet(self, row: int) -> tuple[int, ...]:
        """All places whose rows vanish on the hyperplane of a row."""
        place = int(self.places[row])
        return self.partners.get(place, (place,))

    def rows_at(self, places: tuple[int, ...]) -> Ints | None:
        """The rows with these places, or None if one is missing or two coincide."""
        index = {int(place): row for row, place in enumerate(self.places)}
        found = [index.get(self.leaders.get(place, place), -1) for place in places]
        return None if -1 in found or len(set(found)) < len(found) else np.array(found, dtype=np.int64)


class SignRows:
    """Makes the rows of regions of one network from their signs.

    Parameters
    ----------
    chart : Chart
    with_domain : bool
        Whether the domain's rows are among those of every region. Otherwise the domain is a box.

    Attributes
    ----------
    box : FloatBox or None
        The domain, if its rows are left out.
    """

    def __init__(self, chart: Chart, *, with_domain: bool = True) -> None:
        self.chart = chart
        self.r = r = chart.dimension
        network, space = chart.working, chart.space
        self.layers = kernel_layers(network, space)
        self.space = kernel_space(space)
        widest = max(network.hidden_widths)
        self.maps = state.new_maps(r, network.n_hidden_layers, widest, 0)
        self.domain_rows = list(space.domain_rows) if with_domain else []
        self.n_domain = len(self.domain_rows)
        self.box = None if with_domain else FloatBox.of(space)
        self.deepest = self.n_domain + network.n_neurons
        self.path = state.new_path(r, max(self.deepest, 1))
        for p, row in enumerate(self.domain_rows):
            values, gradient_error, constant_error, _ = float_row(row, space.shifts)
            self.path.rows[p] = values
            self.path.bounds[p] = np.abs(values[:-1]).max(), abs(values[-1]), gradient_error, constant_error
            self.path.labels[p] = -1, p, 1
        self.least_shift = min(0, int(space.shifts.min(initial=0)))
        self.offsets = np.array(network.layer_offsets, dtype=np.int64)
        self.scratch = state.new_path(r, max(self.deepest, 1))
        self._last: tuple[bytes, dict[tuple[bool, int], tuple[list[list[Any]], Fraction]]] = (b"", {})

    def cell(self, signs: Signs) -> SignCell:
        """The rows of the region with these signs."""
        path, n_domain = self.path, self.n_domain
        depth = write_rows(self.layers, self.space, self.maps, signs, path, n_domain)
        labels = path.labels[:depth]
        places = np.arange(depth)
        places[n_domain:] = n_domain + self.offsets[labels[n_domain:, 0]] + labels[n_domain:, 1]
        rows, bounds = path.rows[:depth], path.bounds[:depth]
        kept = np.ones(depth, dtype=np.bool_)
        for p in np.flatnonzero(np.abs(rows[:, :-1]).max(axis=1, initial=0.0) <= bounds[:, state.EG]):
            kept[p] = any(self.exact_row(int(places[p]), signs)[0][:-1])
        partners: dict[int, tuple[int, ...]] = {}
        leaders: dict[int, int] = {}
        close = self._nearly_parallel(rows, bounds, kept)
        if len(close):
            exact = [self.exact_row(int(places[p]), signs)[0] for p in close]
            groups = coincident_rows(exact, self.r)
            kept[close] = False
            for group in groups:
                first, *others = (int(places[close[k]]) for k in group)
                kept[close[group[0]]] = True
                if others:
                    partners[first] = (first, *others)
                    leaders.update(dict.fromkeys(others, first))
        return SignCell(
            signs,
            rows[kept].copy(),
            bounds[kept].copy(),
            labels[kept].copy(),
            places[kept],
            partners,
            leaders,
        )

    def _nearly_parallel(self, rows: Floats, bounds: Floats, kept: NDArray[np.bool_]) -> Ints:
        """Rows whose normals may be positive multiples of another row's."""
        normals = rows[:, :-1]
        with np.errstate(all="ignore"):
            lengths = np.linalg.norm(normals, axis=1)
            units = normals / lengths[:, np.newaxis]
            vague = bounds[:, state.EG] * np.sqrt(self.r) * 1e6 > lengths
            vague |= ~np.isfinite(units).all(axis=1)
        units[vague] = 0.0
        near = units @ units.T > 1.0 - NEARLY_PARALLEL**2
        near |= vague[:, np.newaxis] | vague
        near &= kept[:, np.newaxis] & kept
        np.fill_diagonal(near, val=False)
        return np.flatnonzero(near.any(axis=1))

    def _functions(self, network: ReLUNetwork, layer: int, signs: Signs) -> tuple[list[list[Any]], Fraction]:
        """A layer's exact functions; those of the last cell are kept."""
        key = signs.tobytes()
        if key != self._last[0]:
            self._last = (key, {})
        known = self._last[1]
        place = (network is self.chart.network, layer)
        if place not in known:
            known[place] = network.exact.pre_activation_rows(layer, signs)
        return known[place]

    def exact_row(self, place: int, signs: Signs) -> tuple[list[Any], Fraction]:
        """A row in the kernels' coordinates: integers, and the factor that makes the neuron of them.

        Times the factor and the sign, the row is the neuron's pre-activation, or the domain's exact row.
        """
        row: Any
        if place < self.n_domain:
            row, unit, sign = self.domain_rows[place], Fraction(1), 1
        else:
            neuron = place - self.n_domain
            layer = int(np.searchsorted(self.offsets, neuron, side="right")) - 1
            rows, unit = self._functions(self.chart.working, layer, signs)
            full = rows[neuron - int(self.offsets[layer])]
            row = (
                full if len(full) == self.r + 1 else [*(full[k] for k in self.chart.space.columns), full[-1]]
            )
            sign = -1 if signs[neuron] < 0 else 1
        least = self.least_shift
        scaled = [
            sign * int(a) << (int(s) - least) for a, s in zip(row[:-1], self.chart.space.shifts, strict=True)
        ]
        return [*scaled, sign * int(row[-1]) << -least], unit * Fraction(2) ** least

    def exact_rows(self, cell: SignCell, rows: Any = None) -> list[list[Any]]:
        """The integer rows of a region, or some of them."""
        chosen = range(len(cell.places)) if rows is None else rows
        return [self.exact_row(int(cell.places[k]), cell.signs)[0] for k in chosen]

    def length(self, place: int, signs: Signs) -> Fraction | None:
        """The length of a row's normal in input coordinates, to a few roundings; None beyond the range of floats."""
        chart = self.chart
        normal: Any
        if place < self.n_domain:
            domain = chart.domain
            known = [] if domain is None else [row for row in domain.exact_rows if any(row[:-1])]
            normal, unit = known[place][:-1], Fraction(1)
        else:
            neuron = place - self.n_domain
            layer = int(np.searchsorted(self.offsets, neuron, side="right")) - 1
            rows, unit = self._functions(chart.network, layer, signs)
            normal = rows[neuron - int(self.offsets[layer])][:-1]
        _, factor = self.exact_row(place, signs)
        square = sum((fmpz(a) * fmpz(a) for a in normal), fmpz(0))
        try:
            size = math.sqrt(int(square) * unit**2)
        except OverflowError:
            return None
        return Fraction(size) / factor if size > TINY else None

    def signs_across(self, cell: SignCell, row: int) -> Signs | None:
        """The signs beyond the facet of a row; None if that is on the domain's boundary.

        References
        ----------
        The notes of `polytope_engine.complexes.neighbors.neighbors`: beyond the facet every neuron on it, and
        every neuron that vanishes on the region, is a multiple of the facet's own function.
        """
        on = np.array(cell.on_facet(row), dtype=np.int64) - self.n_domain
        if on[0] < 0:
            return None
        signs = cell.signs.copy()
        if len(on) == 1 and np.all(signs):
            signs[on[0]] = -signs[on[0]]
            return signs
        is_open = signs == 0
        is_open[on] = True
        inward = self.exact_row(int(cell.places[row]), cell.signs)[0]
        pivot = next(k for k in range(self.r) if inward[k])
        column = self.chart.space.columns[pivot]
        growth = -1 if inward[pivot] > 0 else 1
        network = self.chart.working
        for layer, (start, width) in enumerate(
            zip(network.layer_offsets, network.hidden_widths, strict=True)
        ):
            open_neurons = np.flatnonzero(is_open[start : start + width])
            if len(open_neurons):
                functions, _ = network.exact.pre_activation_rows(layer, signs)
                for i in open_neurons:
                    entry = functions[i][column] * growth
                    signs[start + i] = (entry > 0) - (entry < 0)
        return signs

    def is_inside(self, cell: SignCell, y: Floats) -> bool:
        """Whether a point is proven in floats to lie strictly inside."""
        m = len(cell.rows)
        self.scratch.rows[:m] = cell.rows
        self.scratch.bounds[:m] = cell.bounds
        if self.box is not None and not self.box.contains(y):
            return False
        return first_missed(self.scratch, m, self.r, y, -1) < 0

    def interior_point(self, cell: SignCell) -> tuple[Fraction, ...] | None:
        """A point strictly inside, in rational arithmetic."""
        sides = [] if self.box is None else exact_sides(self.chart.space)
        return interior_point([*sides, *self.exact_rows(cell)], self.r).point
