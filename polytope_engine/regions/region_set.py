"""The regions of a network, kept as columns."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from operator import index as as_integer
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.exact.decisions import rank_columns
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.outcome import Certificate, Status, Work
from polytope_engine.regions.point_location import SignIndex, locate
from polytope_engine.regions.recording import RecordedProof
from polytope_engine.regions.region import Region
from polytope_engine.regions.region_complex import RegionComplex

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from polytope_engine.regions.measurements import Measurements


class RegionSet(RegionComplex):
    """Regions of a network: arrays with one row for each, and light views of single rows.

    Made by :func:`polytope_engine.enumerate_regions` and :func:`polytope_engine.load_regions`.

    Parameters
    ----------
    network : ReLUNetwork
        The network, with N hidden neurons and d inputs.
    domain : HPolytope or None
        Where regions were looked for; None for all of R^d.
    sign_vectors : ndarray of int8, shape (n, N)
        -1, 0 or +1 for each hidden neuron, in layer order; no two rows are equal.
    interior_points : ndarray of float64, shape (n, d)
        A point strictly inside each region, or, where none was found among the floats, the nearest
        float to the one in `exact_interior_points`.
    exact_interior_points : mapping of int to tuple of d Fractions
        The points that are no floats, by the index of their region.
    status : Status
        Whether these are all the regions, or why not.
    work : Work
        What finding them cost.
    certificate : Certificate
        How they were proven.

    Attributes
    ----------
    sign_vectors, interior_points : read-only ndarray
    network, domain, exact_interior_points, status, work, certificate
        As given.
    proof : RecordedProof or None
        The proof, step by step, if `enumerate_regions` was asked to record it and found every region.

    Raises
    ------
    InvalidArgumentError
        If the shapes of the arrays do not fit the network or one another.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1], [-1]], [0, 10]), ([[2, 1]], [-11]), ([[1]], [0])])
    >>> regions = pe.enumerate_regions(net)
    >>> regions
    <RegionSet: 5 regions of 1-2-1-1 in R^1, complete>
    >>> sum(region.is_bounded() for region in regions)
    3
    >>> regions[regions.locate([4.0])].activation_pattern
    array([ True,  True,  True])

    A region is a view of one row; what it is asked for is worked out anew each time:

    >>> region = regions[regions.locate([-1.0])]
    >>> [facet.labels for facet in region.facets()]
    [(('neuron', 1, 0),)]
    >>> [neighbor.sign_vector for neighbor in region.neighbors()]
    [array([-1,  1, -1], dtype=int8)]
    """

    def __init__(
        self,
        network: ReLUNetwork,
        domain: HPolytope | None,
        sign_vectors: NDArray[np.int8],
        interior_points: NDArray[np.float64],
        *,
        exact_interior_points: Mapping[int, tuple[Fraction, ...]],
        status: Status,
        work: Work,
        certificate: Certificate,
    ) -> None:
        self.network = network
        self.domain = domain
        self.sign_vectors: NDArray[np.int8] = _read_only(sign_vectors, np.int8)
        self.interior_points: NDArray[np.float64] = _read_only(interior_points, np.float64)
        self.exact_interior_points = dict(exact_interior_points)
        self.status = status
        self.work = work
        self.certificate = certificate
        self.proof: RecordedProof | None = None
        self._check_shapes()

    def _check_shapes(self) -> None:
        n = len(self.sign_vectors) if self.sign_vectors.ndim else 0
        wanted = {
            "sign_vectors": (self.sign_vectors.shape, (n, self.network.n_neurons)),
            "interior_points": (self.interior_points.shape, (n, self.network.input_dim)),
        }
        for name, (found, must) in wanted.items():
            if found != must:
                raise InvalidArgumentError(
                    f"`{name}` has shape {found}, but must be {must} for this network and number of regions.",
                    shape=found,
                )

    # -- a sequence of regions ----------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.sign_vectors)

    @overload
    def __getitem__(self, index: int | np.integer[Any]) -> Region: ...
    @overload
    def __getitem__(self, index: slice) -> list[Region]: ...
    def __getitem__(self, index: int | np.integer[Any] | slice) -> Region | list[Region]:
        if isinstance(index, slice):
            return [Region(self, k) for k in range(*index.indices(len(self)))]
        position = as_integer(index)
        if not -len(self) <= position < len(self):
            raise IndexError(f"There is no region {position}; the set has {len(self)}, counted from 0.")
        return Region(self, position % len(self))

    def __iter__(self) -> Iterator[Region]:
        return (Region(self, k) for k in range(len(self)))

    def __repr__(self) -> str:
        net = self.network
        shape = "-".join(str(n) for n in (net.input_dim, *net.hidden_widths, net.output_dim))
        count = f"{len(self)} region" + ("" if len(self) == 1 else "s")
        state = "complete" if self.status.is_complete else "incomplete"
        return f"<RegionSet: {count} of {shape} in R^{net.input_dim}, {state}>"

    # -- questions about all of them -----------------------------------------------------------

    @cached_property
    def lineality_dimension(self) -> int:
        """Dimension of the space of directions along which nothing ever changes.

        These are the directions that the first layer's weights and the domain's normals all send to
        zero (decided exactly). Every region contains all lines in these directions.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> strip = pe.enumerate_regions(pe.ReLUNetwork([([[1, 1, 0]], [0]), ([[1]], [0])]))
        >>> len(strip), strip.lineality_dimension
        (2, 2)
        """
        rows: list[Any] = []
        if self.domain is not None:
            rows += [list(row[:-1]) for row in self.domain.exact_rows]
        if self.network.n_hidden_layers:
            first, _ = self.network.exact.pre_activation_rows(0, np.zeros(0, dtype=np.int8))
            rows += [row[:-1] for row in first]
        rank = rank_columns(rows)[0] if rows else 0
        return self.network.input_dim - rank

    @cached_property
    def sign_index(self) -> SignIndex:
        """The sorted sign vectors, which find the row of a given one; made when first needed."""
        return SignIndex(self.sign_vectors)

    def locate(self, points: Any) -> Any:
        """Find the region of each point, decided exactly.

        Parameters
        ----------
        points : array_like of float or Fraction, shape (n_points, d) or (d,)
            Points, taken as the rational numbers that they are.

        Returns
        -------
        ndarray of int64, shape (n_points,), or int for a single point
            The index of the region, or

            * -1: outside the domain;
            * -2: on a bent hyperplane, that is, some neuron is zero there without being zero all around;
            * -3: in a region that the set lacks. Only if the set is not complete.

        Raises
        ------
        InvalidArgumentError
            If the shape does not fit, or a coordinate is not a finite number.

        Notes
        -----
        The domain is closed: a point on its boundary has the region whose signs it has. A point that is
        on no bent hyperplane has neighbors with the same signs inside the domain, so in a complete set every point
        of the domain is in a region or on a bent hyperplane.

        Signs come from floating point with rigorous error bounds, and from integers where those leave
        them open. The time for n_points is that of n_points forward passes and binary searches.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> net = pe.ReLUNetwork([([[10.0]], [-1.0]), ([[1.0]], [0.0])])
        >>> regions = pe.enumerate_regions(net, pe.box(0, 1, dimension=1))
        >>> where = regions.locate([[0.0], [0.1], [1.5]])
        >>> [regions[k].activation_pattern.tolist() for k in where[:2]], int(where[2])
        ([[False], [True]], -1)
        >>> pe.enumerate_regions(net).locate([[0.1]]) == pe.enumerate_regions(net).locate([[0.5]])
        array([ True])
        """
        return locate(self, points)

    def measure(
        self,
        *names: str,
        clip: HPolytope | None = None,
        rule: str = "pulling",
        exact: bool = False,
        accuracy: float = 1e-7,
        progress: Callable[[int, float], None] | None = None,
        n_workers: int | None = None,
    ) -> Measurements:
        """Measure every region: facets, balls, vertices, volumes and more, in columns.

        Parameters
        ----------
        *names : str
            Columns, all of them if none is named:

            ``n_facets``
                facets, of which ``n_neuron_facets`` lie in the interior of the domain, where another region
                begins, ``n_domain_facets`` on the domain's boundary, and ``n_clip_facets`` on the clip's;
            ``is_bounded``
                whether the region lies in some ball;
            ``n_vertices``, ``n_rays``
                vertices (none if the region contains lines) and extreme rays (up to lines);
            ``chebyshev_radius``, ``chebyshev_center`` (n, d)
                of a largest inscribed ball; radius inf, and center nan, if there are balls of any size. The center is
                that of `Region.chebyshev_ball`;
            ``volume``, ``surface_area``, ``diameter``
                inf if the region is unbounded; only a surface without facets has area 0, and in R^1 each end has 1;
            ``centroid`` (n, d)
                the center of mass; nan if the region is unbounded;
            ``n_simplices``
                simplices of the triangulation by `rule`; nan if the region is unbounded;
            ``aspect``
                inradius over circumradius: the radius of a largest ball inside over that of the smallest ball
                around the vertices; nan if the region is unbounded.
        clip : HPolytope, optional
            Cut every region to this polytope first. Regions that miss its interior have counts and sizes 0, and
            centers nan.
        rule : {"pulling", "delaunay"}
            How `n_simplices` triangulates; see `HPolytope.triangulation`.
        exact : bool
            Give rational numbers as Fractions, all worked out in rational arithmetic. Milliseconds a region.
            Lengths and areas are no rational numbers, so the columns that are have no such form.
        accuracy : float
            The largest relative error of volumes, areas, lengths and aspects; most are far better. A region for
            which the bounds on rounding errors exceed it is measured in rational arithmetic.
        progress : callable, optional
            Called several times a second as ``progress(n_regions, fraction_done)``.
        n_workers : int, optional
            Threads that measure; all cores by default.

        Returns
        -------
        Measurements
            A dict of arrays by name, int64, bool, or float64 (of Fractions if `exact`), in the order of the set. After
            Ctrl-C it holds the first regions, and says so.

        Raises
        ------
        InvalidArgumentError
            If an argument is not what it must be.

        Notes
        -----
        Whatever is yes or no or a number of things is proven: signs of rows at vertices come from floats with
        bounds of their errors, from residues modulo primes where they tie, and else from rational
        arithmetic. Volumes, areas and lengths come with bounds of their errors, too. Radii are proven to a relative
        error of 1e-9. Centers and centroids are as good, but come without such a proof.

        Examples
        --------
        >>> import polytope_engine as pe
        >>> net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
        >>> regions = pe.enumerate_regions(net)
        >>> found = regions.measure("n_facets", "volume")
        >>> sorted(found["n_facets"].tolist()), found["volume"].min()
        ([2, 2, 2, 3, 3, 3, 3], np.float64(0.5))
        >>> cut = regions.measure("volume", clip=pe.box(-1, 1, dimension=2))
        >>> cut["volume"].sum()
        np.float64(4.0)
        """
        from polytope_engine.regions.measure import measure

        return measure(
            self,
            *names,
            clip=clip,
            rule=rule,
            exact=exact,
            accuracy=accuracy,
            progress=progress,
            n_workers=n_workers,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to a `.npz` file that :func:`polytope_engine.load_regions` reads.

        Raises
        ------
        InvalidArgumentError
            If the file name does not end in `.npz`, or the file cannot be written.
        MissingFileError
            If the folder does not exist.

        Notes
        -----
        The file appears under its name only when it is complete. It holds plain arrays, no pickled
        objects: two bits a sign, weights, slopes, the domain, and exact numbers in decimal.
        """
        from polytope_engine.regions.storage import save_regions

        save_regions(self, path)

    def plot(self, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw the regions of a network with two inputs; see `polytope_engine.plotting`."""
        from polytope_engine.plotting import plot_regions

        known = [name for name in inspect.signature(plot_regions).parameters if name not in ("regions", "ax")]
        for name in options:
            if name not in known:
                raise InvalidArgumentError(f"`{name}` is no option of plot; it takes ax, {', '.join(known)}.")
        return plot_regions(self, ax=ax, **options)


def _read_only(array: Any, dtype: type) -> NDArray[Any]:
    """A view that cannot be written to, of the array itself where its type is right already."""
    view: NDArray[Any] = np.ascontiguousarray(array, dtype=dtype).view()
    view.flags.writeable = False
    return view
