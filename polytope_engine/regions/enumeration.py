"""Find the regions of a network, or count them: the two functions that most users call."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.arguments import check_limits, check_network, check_progress, checked_workers
from polytope_engine.regions.cell_measuring import Task
from polytope_engine.regions.checkpoint import Question, checked_path, read_checkpoint, write_checkpoint
from polytope_engine.regions.crew import SECONDS_A_ROUND, UNLIMITED, Crew
from polytope_engine.regions.engines import METHODS, chosen_method
from polytope_engine.regions.outcome import Certificate, Status, Work
from polytope_engine.regions.recording import ProofRecorder, write_single_region
from polytope_engine.regions.region_set import RegionSet
from polytope_engine.regions.search import CellSearch, nearest_finite
from polytope_engine.regions.tallies import CellTallier, Tally, checked_statistics
from polytope_engine.regions.working_space import checked_domain, working_space

Progress = Callable[[int, float], None]
SECONDS_BETWEEN_CHECKPOINTS = 60.0
# What a count that goes on from a checkpoint takes at least, however short its limit, lest it never get anywhere.
SECONDS_AT_LEAST = 0.03
ACCURACY = 1e-7


@dataclass(frozen=True)
class _How:
    """What a caller asked for."""

    method: str
    progress: Progress | None
    max_regions: int | None
    time_limit: float | None
    n_workers: int
    checkpoint: Path | None = None
    statistics: tuple[str, ...] = ()


@dataclass(frozen=True)
class RegionCount:
    """A number of regions and why it can be believed.

    Attributes
    ----------
    n_regions : int
        Regions proven; ``int(count)`` gives it too.
    status : Status
        Whether that is all of them.
    work : Work
        What the run cost.
    certificate : Certificate
        How its decisions were proven.
    statistics : dict of str to Tally
        How often each value of the columns that were asked for occurs.
    """

    n_regions: int
    status: Status
    work: Work
    certificate: Certificate
    statistics: Mapping[str, Tally] = field(default_factory=dict)

    def __int__(self) -> int:
        return self.n_regions

    def __repr__(self) -> str:
        state = "complete" if self.status.is_complete else "incomplete"
        return f"<RegionCount: {self.n_regions}, {state}>"


def enumerate_regions(
    network: ReLUNetwork,
    domain: HPolytope | None = None,
    method: str = "auto",
    *,
    progress: Progress | None = None,
    max_regions: int | None = None,
    time_limit: float | None = None,
    n_workers: int | None = None,
    record_proof: bool | str | os.PathLike[str] = False,
) -> RegionSet:
    """Find every region of a network, with a proof that none is missing.

    A region is a full-dimensional cell of the domain on which every hidden neuron has one sign
    (an activation region; definition R2 of [1]_, told apart by signs in {-1, 0, +1}). Neurons are
    inserted one at a time, layer by layer; a linear program decides whether a neuron's hyperplane
    cuts a cell; every answer is proven, in floating point with rigorous error bounds where that is
    enough and in rational arithmetic where it is not.

    Parameters
    ----------
    network : ReLUNetwork
        The network; its weights are taken as the rational numbers that they are.
    domain : HPolytope, optional
        Where regions are looked for: a full-dimensional polyhedron in R^d, for example
        ``pe.box(-1, 1, dimension=2)``. All of R^d by default.
    method : {"auto", "lp", "vertex"}
        How cuts are decided: "lp" by linear programs, with a simplex dictionary for each cell; "vertex" by the
        signs at the cell's vertices, and by linear programs where these are not certain; it needs a bounded domain.
        "auto" takes the faster one. Both find the same regions, in another order.
    progress : callable, optional
        Called several times a second as ``progress(n_regions, fraction_done)``.
    max_regions : int, optional
        Stop when that many regions are found.
    time_limit : float, optional
        Stop after about that many seconds.
    n_workers : int, optional
        Threads; all cores by default. Regions, their order and their interior points are the same with any number;
        `certificate` and `work` may count more with several, where floats propose sides that are proven empty. One
        thread searches where `max_regions` or `record_proof` is given.
    record_proof : bool or path, optional
        Write the proof down, step by step, for `regions.proof` and the command ``polytope-engine check``: into
        a file with this name, or, if True, into a temporary one. An incomplete run leaves no proof.

    Returns
    -------
    RegionSet
        The regions; ``regions.status`` says whether they are all, ``regions.certificate`` how they
        were proven. Ctrl-C ends the run cleanly, with what was found.

    Raises
    ------
    InvalidNetworkError, InvalidDomainError, InvalidArgumentError
        If an argument is not what it must be.

    Notes
    -----
    Time is proportional to the size of the tree, a small multiple of the number of regions; memory,
    beside the result, to its depth.

    References
    ----------
    .. [1] M. Stargalla, C. Hertrich, D. Reichman, "The Computational Complexity of Counting Linear
       Regions in ReLU Neural Networks", NeurIPS 2025, arXiv:2505.16716.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> len(pe.enumerate_regions(net))
    7
    >>> len(pe.enumerate_regions(net, pe.box(0, 1, dimension=2)))
    2
    """
    domain = _checked(network, domain, method, max_regions, time_limit, progress)
    how = _How(method, progress, max_regions, time_limit, checked_workers(n_workers))
    if record_proof is False:
        return _enumerate(network, domain, how, None)
    recorder = ProofRecorder(network, domain, record_proof)
    try:
        regions = _enumerate(network, domain, how, recorder)
        if regions.status.is_complete:
            regions.proof = recorder.finish()
    finally:
        recorder.discard()
    return regions


def _enumerate(
    network: ReLUNetwork,
    domain: HPolytope | None,
    how: _How,
    recorder: ProofRecorder | None,
) -> RegionSet:
    crew, status, seconds = _run(network, domain, how, store=True, recorder=recorder)
    if crew is None:
        sign_vectors, points, exact = _single_region(network, domain)
        work, certificate = _NO_WORK, _constant_neurons(sign_vectors[0])
        if recorder is not None:
            write_single_region(
                recorder, sign_vectors[0], exact.get(0, tuple(map(Fraction, points[0].tolist())))
            )
    else:
        space = crew.workers[0].search.space
        sign_vectors, points, exact = crew.harvest().in_input_coordinates(
            space, network.input_dim, network.n_neurons
        )
        work, certificate = crew.work(seconds), crew.certificate()
    return RegionSet(
        network,
        domain,
        sign_vectors,
        points,
        exact_interior_points=exact,
        status=status,
        work=work,
        certificate=certificate,
    )


def count_regions(
    network: ReLUNetwork,
    domain: HPolytope | None = None,
    method: str = "auto",
    *,
    progress: Progress | None = None,
    time_limit: float | None = None,
    n_workers: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    statistics: Sequence[str] = (),
) -> RegionCount:
    """Count the regions of a network without keeping them; memory does not grow with their number.

    Other parameters, errors and proof are those of :func:`enumerate_regions`.

    Parameters
    ----------
    checkpoint : path, optional
        A file for what is left to search. It is written at once, every minute, at the end, at a limit, and on Ctrl-C;
        if it is there already, the count goes on from it, with as many workers as now. A file of another network,
        domain, method or version is refused.
    statistics : sequence of str, optional
        Columns of `RegionSet.measure`, such as "n_facets" or "volume", whose values are tallied on the way; see
        `Tally`. Regions are then measured, which takes longer.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.ReLUNetwork([([[1], [-1]], [0, 5]), ([[2, 1]], [-5.5]), ([[1]], [0])])
    >>> count = pe.count_regions(net)
    >>> count
    <RegionCount: 5, complete>
    >>> int(count)
    5
    """
    domain = _checked(network, domain, method, None, time_limit, progress)
    path = None if checkpoint is None else checked_path(checkpoint)
    names = checked_statistics(statistics)
    how = _How(method, progress, None, time_limit, checked_workers(n_workers), path, names)
    crew, status, seconds = _run(network, domain, how, store=bool(names))
    if crew is None:
        sign_vectors, _, _ = _single_region(network, checked_domain(network, domain))
        return RegionCount(
            1, status, _NO_WORK, _constant_neurons(sign_vectors[0]), _of_one_region(network, domain, names)
        )
    return RegionCount(crew.n_regions, status, crew.work(seconds), crew.certificate(), crew.tallies())


def _run(
    network: ReLUNetwork,
    domain: HPolytope | None,
    how: _How,
    *,
    store: bool,
    recorder: ProofRecorder | None = None,
) -> tuple[Crew | None, Status, float]:
    """Walk the tree. No crew where there is nothing to cut."""
    start = time.perf_counter()
    if network.n_neurons == 0:
        return None, Status.COMPLETE, time.perf_counter() - start
    space = working_space(network, domain)
    if space.dimension == 0:
        return None, Status.COMPLETE, time.perf_counter() - start
    method = "lp" if recorder is not None else chosen_method(how.method, network, space)
    tallier = None
    if how.statistics:
        n_rows = 0 if domain is None else domain.n_rows
        tallier = CellTallier(
            Task(network, domain, n_rows, space, how.statistics, "pulling", exact=False, accuracy=ACCURACY)
        )
    search = CellSearch(network, space, store, recorder=recorder, on_cells=tallier, method=method)
    if tallier is not None:
        tallier.search = search
    alone = recorder is not None or how.max_regions is not None
    limit = UNLIMITED if how.max_regions is None else min(how.max_regions, UNLIMITED)
    crew = Crew(search, 1 if alone else how.n_workers, limit)
    if how.checkpoint is None:
        status = _walk(crew, limit, how, start)
    else:
        crew, status = _walk_with_checkpoints(
            search, Question(network, domain, method, how.statistics), how.checkpoint, how
        )
    return crew, status, time.perf_counter() - start


def _walk_with_checkpoints(
    search: CellSearch, question: Question, path: Path, how: _How
) -> tuple[Crew, Status]:
    """Go on from a checkpoint, or begin, and write one now and then."""
    start = time.perf_counter()
    before = read_checkpoint(path, question)
    if before is None:
        crew = Crew(search, how.n_workers)
    else:
        crew = Crew(search.another(), how.n_workers, subtrees=list(before.subtrees))
        crew.before = before
    crew.hire()

    def keep() -> None:
        write_checkpoint(path, question, crew.checkpoint(time.perf_counter() - start))

    if before is None:  # a path that cannot be written is better known now
        keep()
    status = _walk(crew, UNLIMITED, how, start, keep)
    return crew, status


def _walk(crew: Crew, limit: int, how: _How, start: float, keep: Callable[[], None] | None = None) -> Status:
    """Walk the tree to its end, to a limit, or to Ctrl-C; `keep` writes down where it is."""
    status = Status.COMPLETE
    least = 0.0 if keep is None else SECONDS_AT_LEAST
    kept = time.perf_counter()
    try:
        while not crew.advance(_round(how.time_limit, start, least)):
            if how.progress is not None:
                how.progress(crew.n_regions, crew.fraction_done)
            now = time.perf_counter()
            if crew.n_regions >= limit:
                status = Status.MAX_REGIONS
                break
            if how.time_limit is not None and now - start >= how.time_limit:
                status = Status.TIME_LIMIT
                break
            if keep is not None and now - kept >= SECONDS_BETWEEN_CHECKPOINTS:
                keep()
                kept = time.perf_counter()
        else:
            if how.progress is not None:
                how.progress(crew.n_regions, 1.0)
    except KeyboardInterrupt:
        status = Status.INTERRUPTED
    if keep is not None:
        keep()
    crew.close()
    return status


def _round(time_limit: float | None, start: float, least: float) -> float:
    """How long the next round may be."""
    if time_limit is None:
        return SECONDS_A_ROUND
    return min(SECONDS_A_ROUND, max(start + float(time_limit) - time.perf_counter(), least))


def _checked(
    network: ReLUNetwork,
    domain: object,
    method: object,
    max_regions: object,
    time_limit: object,
    progress: object,
) -> HPolytope | None:
    check_network(network)
    if method not in METHODS:
        raise InvalidArgumentError(
            f"`method` is {method!r}; it must be 'auto', 'lp' or 'vertex'.", method=method
        )
    check_limits(time_limit=time_limit, max_regions=max_regions)
    check_progress(progress, "n_regions")
    return checked_domain(network, domain)


def _of_one_region(
    network: ReLUNetwork, domain: HPolytope | None, names: tuple[str, ...]
) -> dict[str, Tally]:
    """The tallies of a network whose only region is its domain."""
    tallies = {name: Tally(name) for name in names}
    if names:
        columns = enumerate_regions(network, domain).measure(*names)
        for name, tally in tallies.items():
            tally.add(np.asarray(columns[name]))
    return tallies


_NO_WORK = Work(0, 0, 0, 0, 0, 0, 0.0)


def _constant_neurons(signs: np.ndarray) -> Certificate:
    """How the only region was proven: each neuron's constant is a rational number, and has a sign."""
    n_zero = int(np.count_nonzero(signs == 0))
    return Certificate(0, 1, 0, 0, len(signs) - n_zero, n_zero, 0, 0)


def _single_region(
    network: ReLUNetwork, domain: HPolytope | None
) -> tuple[np.ndarray, np.ndarray, dict[int, tuple[Fraction, ...]]]:
    """The only region of a network whose hidden neurons, if it has any, are all constant."""
    point = [Fraction(0)] * network.input_dim if domain is None else list(domain.interior_point())
    signs = np.array(network.exact.signs_at(point), dtype=np.int8).reshape(1, network.n_neurons)
    rounded = np.array([[nearest_finite(x) for x in point]])
    exact = {} if all(Fraction(v) == x for v, x in zip(rounded[0], point, strict=True)) else {0: tuple(point)}
    return signs, rounded, exact
