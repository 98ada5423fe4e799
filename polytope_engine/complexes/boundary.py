"""Decision boundaries and level sets: pieces of hyperplanes, one for each region and pair of classes."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.complexes.polyhedral_complex import Key, PolyhedralComplex
from polytope_engine.complexes.region_rows import region_rows
from polytope_engine.complexes.ties import Competition, IntegerRow, Level, difference
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.exact.rational import nearest_floats, square_root
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.region_set import RegionSet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from polytope_engine.complexes.surface_mesh import SurfaceMesh

Indices = NDArray[np.int64]
_LONGEST_VALUE = 9


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece as the search found it: see the columns of `Boundary`."""

    region: int
    classes: tuple[int, int]
    winners: tuple[int, int]
    tied: tuple[int, ...]
    is_wall: bool
    key: Key


@dataclass(frozen=True, slots=True)
class Tie:
    """A region in an open part of which these classes tie for the largest, identically."""

    region: int
    classes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Touching:
    """A closed cell of dimension less than d - 1 that is no face of a piece, and a region that has it as a face."""

    region: int
    dimension: int
    key: Key


class Boundary:
    """Where the largest output of a network changes, or where one output has a value.

    On each region the outputs are affine. A *piece* is a convex polyhedron of dimension d - 1 in the closure of a
    region: where two outputs that differ on the region are equal and none is larger (or where the chosen output is
    equal to the value). It may run through the region, or lie in a wall. Pieces and their faces make
    a complex: two pieces meet in a common face or not at all. Made by `RegionSet.decision_boundary` and
    `RegionSet.level_set`; everything about it is exact, but for lengths and areas, which are rounded once.

    Attributes
    ----------
    regions : RegionSet
        The regions; pieces lie in their closures, and not in the boundary of the domain.
    region_indices : ndarray of int64, shape (n_pieces,), read-only
        The region that each piece lies in, or, for a piece in a wall, the first of those beside it on which the
        outputs in question differ.
    classes : ndarray of int64, shape (n_pieces, 2), read-only
        Two classes that tie on the piece, the smaller first. For a level set class 0 is the value, and class 1 the
        output: where class 1 wins the output is larger.
    winners : ndarray of int64, shape (n_pieces, 2), read-only
        The class that wins on each side, the smaller first. They are equal where the output touches the value in a
        wall. -1 stands for a side on which classes tie identically, or that an incomplete set lacks.
    is_wall : ndarray of bool, shape (n_pieces,), read-only
        Whether a piece lies in a wall between regions.
    ties : tuple of Tie
        Regions with an open part on which classes tie identically: there the boundary has interior, and the pieces
        are around it.
    touching : tuple of Touching
        Cells of smaller dimension that are no face of a piece: there the winner is tied with, but wins all around.
    complex : PolyhedralComplex
        All pieces, what touches, and all faces of them.
    n_exact : int
        Sections of regions that were worked out in rational arithmetic.

    Examples
    --------
    The square |x| + |y| = 1:

    >>> import polytope_engine as pe
    >>> W = [[1, 0], [-1, 0], [0, 1], [0, -1]]
    >>> net = pe.ReLUNetwork([(W, [0] * 4), ([[1] * 4], [0])])
    >>> square = pe.enumerate_regions(net).level_set(1)
    >>> square
    <Boundary: output 0 = 1 in R^2, 4 pieces in 4 regions>
    >>> square.total_area, square.is_closed_manifold(), square.betti_numbers()
    (5.65685424949238..., True, (1, 1))
    >>> sorted(square.piece(k).exact.vertices() for k in range(4))[0]
    ((Fraction(-1, 1), Fraction(0, 1)), (Fraction(0, 1), Fraction(-1, 1)))
    """

    def __init__(
        self,
        regions: RegionSet,
        competition: Competition,
        complex_: PolyhedralComplex,
        pieces: Sequence[Piece],
        touching: Sequence[Touching],
        ties: Sequence[Tie],
        *,
        n_exact: int,
    ) -> None:
        self.regions = regions
        self.complex = complex_
        self.touching = tuple(touching)
        self.ties = tuple(ties)
        self.n_exact = n_exact
        self.region_indices = _column([piece.region for piece in pieces])
        self.classes = _column([piece.classes for piece in pieces], 2)
        self.winners = _column([piece.winners for piece in pieces], 2)
        self.is_wall: NDArray[np.bool_] = np.array([piece.is_wall for piece in pieces], dtype=np.bool_)
        self.is_wall.flags.writeable = False
        self._competition = competition
        self._tied = {k: piece.tied for k, piece in enumerate(pieces) if len(piece.tied) > 2}
        self._keys = [piece.key for piece in pieces]

    def __len__(self) -> int:
        """The number of pieces."""
        return len(self._keys)

    def __repr__(self) -> str:
        n, crossed = len(self), len(self.crossed_regions)
        more = f", {len(self.ties)} with identical ties" if self.ties else ""
        more += f", {len(self.touching)} cells that touch" if self.touching else ""
        state = "" if self.regions.status.is_complete else ", incomplete"
        pieces, where = f"{n:,} piece{_s(n)}", f"{crossed:,} region{_s(crossed)}"
        return f"<Boundary: {self.title} in R^{self.dimension}, {pieces} in {where}{more}{state}>"

    # -- what it is of ----------------------------------------------------------------------------

    @property
    def dimension(self) -> int:
        """The dimension d of the input; pieces have dimension d - 1."""
        return self.regions.network.input_dim

    @property
    def output(self) -> int | None:
        """The output of a level set; None for a decision boundary."""
        return self._competition.output if isinstance(self._competition, Level) else None

    @property
    def value(self) -> Fraction | None:
        """The value of a level set; None for a decision boundary."""
        return self._competition.value if isinstance(self._competition, Level) else None

    @property
    def title(self) -> str:
        """What is equal on it, in words."""
        if self.value is None:
            return f"decision boundary of {self._competition.n_classes} classes"
        value = str(self.value)
        if len(value) > _LONGEST_VALUE:
            (near,) = nearest_floats([self.value])
            is_float = math.isfinite(near) and near != 0
            decimal = Context(prec=6).divide(Decimal(self.value.numerator), Decimal(self.value.denominator))
            value = f"{near:g}" if is_float else f"{decimal.normalize():g}"
        return f"output {self.output} = {value}"

    @property
    def message(self) -> str:
        """What its columns do not show: identical ties, cells that touch, missing regions; or nothing."""
        parts = []
        if self.ties:
            n = len({tie.region for tie in self.ties})
            what = "classes tie for the largest" if self.value is None else "the output has that value"
            parts.append(f"on {n:,} region{_s(n)} {what} identically; the pieces are around them")
        if self.touching:
            n = len(self.touching)
            parts.append(f"{n:,} cell{_s(n)} of smaller dimension touch{'es' if n == 1 else ''}")
        if not self.regions.status.is_complete:
            parts.append("regions are missing, and what lies in them is too")
        return "; ".join(parts)

    # -- pieces -----------------------------------------------------------------------------------

    @cached_property
    def crossed_regions(self) -> Indices:
        """The regions whose interior the boundary meets with a piece, sorted."""
        return _column(np.unique(self.region_indices[~self.is_wall]))

    @cached_property
    def is_bounded(self) -> NDArray[np.bool_]:
        """Whether each piece lies in some ball, shape (n_pieces,)."""
        has_lines = bool(self.complex.lines)
        return np.array([not (has_lines or self.complex.rays_of(key)) for key in self._keys], dtype=np.bool_)

    def tied_classes(self, piece: int) -> tuple[int, ...]:
        """All classes that tie for the largest on a piece."""
        piece = range(len(self))[piece]
        return self._tied.get(piece) or tuple(self.classes[piece].tolist())

    def equation(self, piece: int) -> IntegerRow:
        """Return integers (a, b) with ``a . x + b = 0`` on a piece: the second class minus the first on its region.

        So it grows towards the side where the second class, or a larger output, wins, if it does on one side only.
        """
        functions = self._competition.rows(self.regions.sign_vectors[self.region_indices[piece]])
        low, high = self.classes[piece]
        return difference(functions[high], functions[low])

    def piece(self, piece: int) -> HPolytope:
        """Return a piece as a flat polytope in R^d: its hyperplane twice, the other classes, its region's rows.

        Labels are ``("tie", p, q)``, ``("class", r)``, ``("neuron", layer, i)`` and ``("domain", k)``.
        """
        index = int(self.region_indices[piece])
        functions = self._competition.rows(self.regions.sign_vectors[index])
        low, high = self.classes[piece].tolist()
        equation = difference(functions[high], functions[low])
        rows, labels = region_rows(self.regions, index)
        others = [k for k in range(len(functions)) if k not in (low, high)]
        return HPolytope.from_exact_rows(
            [
                equation,
                tuple(-entry for entry in equation),
                *(difference(functions[high], functions[k]) for k in others),
                *rows,
            ],
            [("tie", low, high), ("tie", low, high), *(("class", k) for k in others), *labels],
            dimension=self.dimension,
        )

    def key(self, piece: int) -> Key:
        """Return what names a piece among the faces of the complex: the numbers of its vertices and rays."""
        return self._keys[piece]

    def vertices(self, piece: int) -> NDArray[np.float64]:
        """Return the vertices of a piece, rounded, shape (n, d); in R^3 in their order around it."""
        return self.complex.float_points(self.vertex_numbers(piece))

    def vertex_numbers(self, piece: int) -> list[int]:
        """Return the vertices of a piece by their numbers in the complex; around it, if it is a bounded polygon."""
        from polytope_engine.complexes.surface_mesh import cycle

        key = self._keys[piece]
        numbers = self.complex.vertices_of(key)
        if self.dimension != 3 or len(numbers) < 3 or self.complex.rays_of(key):
            return numbers
        return cycle(self.complex, key)

    def squared_area(self, piece: int) -> Fraction | float:
        """Return the square of a piece's (d - 1)-volume, which is rational, or ``math.inf``; a point has area 1."""
        from polytope_engine.complexes.piece_areas import squared_area

        return squared_area(self, piece)

    def areas(self) -> NDArray[np.float64]:
        """Return the (d - 1)-volume of each piece, inf if it is unbounded; shape (n_pieces,)."""
        squares = [self.squared_area(piece) for piece in range(len(self))]
        return np.array(
            [nearest_floats([square_root(x)])[0] if isinstance(x, Fraction) else x for x in squares]
        )

    @property
    def total_area(self) -> float:
        """The sum of the areas."""
        return float(self.areas().sum())

    # -- as a whole -------------------------------------------------------------------------------

    @cached_property
    def components(self) -> Indices:
        """The connected component of each piece, numbered from 0; closed pieces that meet are connected."""
        return _column(self._components[: len(self)])

    @property
    def n_connected_components(self) -> int:
        """The number of connected components, cells that touch included."""
        return len(set(self._components.tolist()))

    @cached_property
    def _components(self) -> Indices:
        return self.complex.components([*self._keys, *(cell.key for cell in self.touching)])

    def f_vector(self, *, bounded: bool = False) -> tuple[int, ...]:
        """Return the number of closed faces of each dimension 0, ..., d - 1; with `bounded`, of bounded ones only.

        Faces in the boundary of a closed domain count, too.
        """
        return self.complex.f_vector(bounded=bounded)[: self.dimension]

    def euler_characteristic(self) -> int:
        """Return the Euler characteristic of the compact part, which is all bounded faces."""
        return self.complex.euler_characteristic()

    def betti_numbers(self) -> tuple[int, ...]:
        """Return the Betti numbers over GF(2) of the compact part, for the dimensions 0, ..., d - 1.

        For a closed surface in R^3: components, independent loops, enclosed hollows.
        """
        return self.complex.betti_numbers()[: self.dimension]

    def is_closed_manifold(self) -> bool:
        """Say whether this is a closed curve or surface (or several): compact, without edges and junctions.

        Raises
        ------
        InvalidArgumentError
            If the network has more than three inputs.

        Notes
        -----
        In R^3: all pieces are bounded, each edge belongs to two of them, and those around each vertex follow one
        another in one cycle. In R^2: each vertex belongs to two segments. In R^1 points always do. An empty
        boundary is none, nor is one with a region on which there is an identical tie.
        """
        from polytope_engine.complexes.surface_mesh import is_closed_manifold

        return not self.ties and is_closed_manifold(self)

    def genus(self) -> int:
        """Return the number of handles of a closed surface in R^3, of all its components together.

        Raises
        ------
        InvalidArgumentError
            If this is no closed surface in R^3.

        Notes
        -----
        A closed surface in R^3 is orientable, so V - E + F = 2 - 2 g on each component.
        """
        from polytope_engine.complexes.surface_mesh import genus

        return genus(self)

    def mesh(self) -> SurfaceMesh:
        """Return the polygons of a boundary in R^3, oriented, over shared vertices.

        Raises
        ------
        InvalidArgumentError, UnboundedError
            If the network does not have three inputs, or a piece is unbounded.
        """
        from polytope_engine.complexes.surface_mesh import surface_mesh

        return surface_mesh(self)

    def save(self, path: str | os.PathLike[str], *, triangles: bool = False) -> None:
        """Write a surface in R^3 as `.ply` or `.obj`: polygons, or, if asked, triangles.

        Raises
        ------
        InvalidArgumentError, UnboundedError, MissingFileError
            As `mesh`; or if the file name ends in something else, or the file cannot be written.
        """
        self.mesh().save(path, triangles=triangles)

    def plot(self, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw it: over the regions in R^2, in space in R^3.

        See `polytope_engine.plotting.plot_boundary` and `plot_surface` for the options.

        Raises
        ------
        InvalidArgumentError
            If the network has neither two nor three inputs, or there is no such option.
        """
        from polytope_engine.plotting import plot_boundary, plot_surface

        draw: Callable[..., Any] = plot_surface if self.dimension == 3 else plot_boundary
        known = [
            name
            for name in inspect.signature(draw).parameters
            if name not in ("boundary", "boundaries", "ax")
        ]
        for name in options:
            if name not in known:
                raise InvalidArgumentError(f"`{name}` is no option of plot; it takes ax, {', '.join(known)}.")
        axes: Axes = draw(self, ax=ax, **options)
        return axes


def _column(values: Any, width: int | None = None) -> Indices:
    array: Indices = np.asarray(values, dtype=np.int64)
    if width is not None:
        array = array.reshape(-1, width)
    view = array.view()
    view.flags.writeable = False
    return view


def _s(n: int) -> str:
    return "" if n == 1 else "s"
