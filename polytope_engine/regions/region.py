"""One region, as a view of one row of a region set."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.exact.decisions import is_bounded
from polytope_engine.polytope.chebyshev import Ball
from polytope_engine.polytope.facet import Facet
from polytope_engine.polytope.hpolytope import HPolytope

if TYPE_CHECKING:
    from polytope_engine.complexes.neighbors import Neighbor
    from polytope_engine.regions.region_set import RegionSet

_LONGEST_SIGNS = 60
_MOST_ENTRIES_IN_REPR = 5_000


class Region:
    """A full-dimensional cell of the domain on which every hidden neuron has one sign.

    A region holds a region set and an index, nothing else: whatever it is asked for is worked out
    from the set's columns and the network's weights, each time. Keep what is needed twice.

    Parameters
    ----------
    regions : RegionSet
        The set it belongs to.
    index : int
        Its row, from 0 to ``len(regions) - 1``.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1]], [0, 0]), ([[1, -1]], [0]), ([[1]], [0])])
    >>> regions = pe.enumerate_regions(net)
    >>> region = regions[regions.locate([2.0, 1.0])]
    >>> region.sign_vector, region.affine_map
    (array([1, 1, 1], dtype=int8), (array([[ 1., -1.]]), array([0.])))
    >>> region.polytope.labels
    (('neuron', 0, 0), ('neuron', 0, 1), ('neuron', 1, 0))
    >>> [facet.labels for facet in region.facets()]
    [(('neuron', 0, 1),), (('neuron', 1, 0),)]
    >>> region.is_bounded()
    False
    """

    __slots__ = ("index", "regions")

    def __init__(self, regions: RegionSet, index: int) -> None:
        self.regions = regions
        self.index = index

    # -- columns ------------------------------------------------------------------------------

    @property
    def sign_vector(self) -> NDArray[np.int8]:
        """Sign of each hidden neuron, shape (N,); 0 where it vanishes on the whole region."""
        signs: NDArray[np.int8] = self.regions.sign_vectors[self.index]
        return signs

    @property
    def activation_pattern(self) -> NDArray[np.bool_]:
        """Which hidden neurons are positive, shape (N,)."""
        pattern: NDArray[np.bool_] = self.sign_vector > 0
        return pattern

    @property
    def interior_point(self) -> NDArray[np.float64]:
        """A point strictly inside, shape (d,); the nearest float to one if the region is too thin."""
        point: NDArray[np.float64] = self.regions.interior_points[self.index]
        return point

    @property
    def exact_interior_point(self) -> tuple[Fraction, ...]:
        """A point strictly inside, always: d Fractions."""
        known = self.regions.exact_interior_points.get(self.index)
        return known if known is not None else tuple(Fraction(x) for x in self.interior_point.tolist())

    # -- shape --------------------------------------------------------------------------------

    @property
    def affine_map(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The network's output here, ``y = A x + c``: A of shape (n_out, d) and c of shape (n_out,)."""
        return self.regions.network.affine_map(self.sign_vector)

    @property
    def polytope(self) -> HPolytope:
        """The closed region: a row for each neuron that is not constant here, then the domain's rows.

        Its exact rows are those of the network; labels are ``("neuron", layer, i)`` and
        ``("domain", k)``. Redundant rows are kept: `facets` says which ones matter.
        """
        network, signs = self.regions.network, self.sign_vector
        rows: list[Any] = []
        labels: list[tuple[str, int] | tuple[str, int, int]] = []
        for layer, start in enumerate(network.layer_offsets):
            functions, _ = network.exact.pre_activation_rows(layer, signs)
            for i, function in enumerate(functions):
                if any(function[:-1]):
                    rows.append(function if signs[start + i] > 0 else [-entry for entry in function])
                    labels.append(("neuron", layer, i))
        if self.regions.domain is not None:
            for k, row in enumerate(self.regions.domain.exact_rows):
                rows.append(row)
                labels.append(("domain", k))
        return HPolytope.from_exact_rows(
            rows, labels, dimension=network.input_dim, interior=self.exact_interior_point
        )

    def facets(self) -> list[Facet]:
        """The facets, decided exactly; each names every neuron and domain row that lies on it."""
        return self.polytope.facets()

    def is_bounded(self) -> bool:
        """Whether the region lies in some ball (its recession cone is a point), decided exactly."""
        return is_bounded(self.polytope.exact_rows, self.regions.network.input_dim)

    def chebyshev_ball(self) -> Ball:
        """The largest ball inside; see `HPolytope.chebyshev_ball`."""
        return self.polytope.chebyshev_ball()

    # -- surroundings -------------------------------------------------------------------------

    def neighbors(self) -> list[Neighbor]:
        """The regions that share a facet with this one, decided exactly.

        Returns
        -------
        list of Neighbor
            One for each facet in the interior of the domain: the facet, the sign vector beyond it,
            and the index of the region there (None if an incomplete set lacks it).
        """
        from polytope_engine.complexes.neighbors import neighbors

        return neighbors(self)

    # -- identity -----------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Region):
            return NotImplemented
        return self.regions is other.regions and self.index == other.index

    def __hash__(self) -> int:
        return hash((id(self.regions), self.index))

    def __repr__(self) -> str:
        network = self.regions.network
        facets = ""
        polytope = self.polytope
        if polytope.n_rows * polytope.dimension <= _MOST_ENTRIES_IN_REPR:
            n_facets = len(polytope.facets())
            facets = f", {n_facets} facet" + ("" if n_facets == 1 else "s")
        return f"<Region {self.index}: {self._signs_in_short()} in R^{network.input_dim}{facets}>"

    def _signs_in_short(self) -> str:
        signs, network = self.sign_vector, self.regions.network
        text = "|".join(
            "".join("-0+"[sign + 1] for sign in signs[start : start + width])
            for start, width in zip(network.layer_offsets, network.hidden_widths, strict=True)
        )
        if not text:
            return "no neurons"
        return text if len(text) <= _LONGEST_SIGNS else text[: _LONGEST_SIGNS - 3] + "..."
