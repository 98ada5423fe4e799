"""A proof written down while it is found: the kernel's events in bulk, exact answers one by one."""

from __future__ import annotations

import os
import reprlib
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.exact.checker import Verdict, check_proof
from polytope_engine.exact.proof_writer import Mark, ProofWriter
from polytope_engine.exact.statement import Statement
from polytope_engine.kernels import search_state as state
from polytope_engine.network.rationals import nearest_float
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.archive import named_file
from polytope_engine.regions.working_space import WorkingSpace

BUFFER_EVENTS = 1 << 15


class RecordedProof:
    """A finished proof in a file, which anybody can check; docs/proof-format.md describes it.

    Attributes
    ----------
    path : pathlib.Path
        The file. Without a name given it is a temporary one, deleted with this object.
    n_events : int
        Steps of the proof.
    n_bytes : int
        Size of the file.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> regions = pe.enumerate_regions(pe.library.resonance(3).network, record_proof=True)
    >>> regions.proof
    <RecordedProof: 32 regions, 103 steps>
    >>> regions.proof.check().is_proven
    True
    """

    def __init__(self, path: Path, n_regions: int, n_events: int, folder: str | None = None) -> None:
        self.path = path
        self.n_regions = n_regions
        self.n_events = n_events
        if folder is not None:
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    @property
    def n_bytes(self) -> int:
        """Size of the file."""
        return self.path.stat().st_size

    def check(self) -> Verdict:
        """Verify every step in plain integers, with nothing of the search."""
        return check_proof(self.path)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Copy the file."""
        shutil.copyfile(self.path, path)

    def __repr__(self) -> str:
        return f"<RecordedProof: {self.n_regions:,} regions, {self.n_events:,} steps>"


class ProofRecorder:
    """Writes the proof of one run, and takes back what turns out to be empty.

    Parameters
    ----------
    network, domain : ReLUNetwork, HPolytope or None
        What the proof is about.
    destination : path, or True
        The file; True for a temporary one.
    """

    def __init__(self, network: ReLUNetwork, domain: HPolytope | None, destination: object) -> None:
        layers = [
            (W, b, slopes)
            for (W, b), slopes in zip(network.exact_weights[:-1], network.exact_slopes, strict=True)
        ]
        rows = None if domain is None else domain.exact_rows
        self.statement = Statement.of(network.input_dim, layers, rows)
        self.network = network
        self._folder: str | None = None
        if destination is True:
            self._folder = tempfile.mkdtemp(prefix="polytope_engine_")
            self.path = Path(self._folder) / "regions.proof"
        else:
            self.path = _checked_path(destination)
        try:
            self.writer = ProofWriter(self.path, self.statement)
        except OSError as failure:
            self._drop_folder()
            raise InvalidArgumentError(
                f"`record_proof` is {str(self.path)!r}, where no file can be written ({failure.strerror}); "
                "name a file in a folder that exists.",
                path=str(self.path),
            ) from failure
        self.buffer: state.Record | None = None
        self._is_finished = False
        self._marks: dict[int, Mark] = {}

    # -- the kernel's events -----------------------------------------------------------------------

    def attach(self, space: WorkingSpace, depth: int, row_scales: NDArray[np.float64]) -> state.Record:
        """The buffer that the kernel writes into.

        ``row_scales`` are the powers of two by which the domain's exact rows were multiplied.
        """
        self.space = space
        form = self.network.float_form
        neurons = [1.0] * self.network.n_neurons
        if form.scales is not None:
            neurons = [nearest_float(scale) for layer in form.scales for scale in layer]
        rows = row_scales * np.array([nearest_float(x) for x in self.domain_factors(space)], dtype=np.float64)
        scales = np.concatenate([neurons, rows])
        n_events = max(BUFFER_EVENTS, 2 * max(self.network.hidden_widths))
        self.buffer = state.new_record(space.dimension, depth, n_events, scales)
        return self.buffer

    def domain_factors(self, space: WorkingSpace) -> list[Fraction]:
        """What each of the search's domain rows is the statement's row times."""
        stated = self.statement.domain_rows or ()
        return [_ratio(row, used) for row, used in zip(stated, space.domain_rows, strict=True)]

    def flush(self, depth: int) -> None:
        """Write the buffer's events; remember where the sides begin that the walk is inside of."""
        buffer = self.buffer
        if buffer is None:
            return
        n, written = int(buffer.sizes[state.N_EVENTS]), int(buffer.sizes[state.N_WRITTEN])
        sides = sorted({int(side) - written for side in buffer.sides[: depth + 1]})
        begin = 0
        for end in [*(side for side in sides if 0 <= side <= n), n]:
            self._extend(buffer, begin, end)
            self._marks[written + end] = self.writer.mark()
            begin = end
        buffer.sizes[:] = 0
        buffer.sizes[state.N_WRITTEN] = written + n
        # Only beginnings of sides that are still open can be gone back to.
        alive = {int(side) for side in buffer.sides[: depth + 1]}
        self._marks = {place: mark for place, mark in self._marks.items() if place in alive}

    def _extend(self, buffer: state.Record, begin: int, end: int) -> None:
        if begin == end:
            return
        codes = buffer.codes[begin:end]
        is_region = buffer.codes[:end] == state.EVENT_REGION
        first, last = int(is_region[:begin].sum()), int(is_region.sum())
        start, stop = int(buffer.starts[begin]), int(buffer.starts[end])
        scaled = buffer.points[first:last]
        points = np.zeros((last - first, self.network.input_dim))
        points[:, list(self.space.columns)] = np.ldexp(scaled, self.space.shifts)
        self.writer.extend(
            codes,
            buffer.neurons[begin:end],
            buffer.starts[begin : end + 1] - start,
            buffer.labels[start:stop],
            buffer.multipliers[start:stop],
            points,
        )

    # -- exact answers -----------------------------------------------------------------------------

    def _write_one(self, depth: int) -> ProofWriter:
        self.flush(depth)
        if self.buffer is not None:
            self.buffer.sizes[state.N_WRITTEN] += 1
        return self.writer

    def zero(self, neuron: int, depth: int) -> None:
        """A neuron vanishes on the cell."""
        self._write_one(depth).zero(neuron)

    def drop(self, neuron: int, sign: int, labels: Sequence[int], depth: int) -> None:
        """A side is empty: the labels of independent rows of which the neuron is a combination."""
        self._write_one(depth).drop(neuron, sign, sorted(labels))

    def region(self, point: Sequence[Fraction], depth: int) -> None:
        """A region, with a rational point in all input coordinates."""
        self._write_one(depth).region([Fraction(x) for x in point])

    def empty(self, multipliers: Mapping[int, Fraction], side: int, depth: int) -> None:
        """The side that begins at depth ``side`` holds no point: what was written of it is taken back.

        The multipliers belong to the path's rows as they are in the statement, by label.
        """
        if self.buffer is not None:
            self.flush(depth)
            place = int(self.buffer.sides[side])
            self.writer.rewind(self._marks[place])
            self._marks = {other: mark for other, mark in self._marks.items() if other <= place}
            self.buffer.sizes[state.N_WRITTEN] = place + 1
        labels = sorted(multipliers)
        self.writer.empty(labels, [multipliers[label] for label in labels])

    # -- the end -----------------------------------------------------------------------------------

    def finish(self) -> RecordedProof:
        """Put the file in its place."""
        self.flush(0)
        self.writer.finish()
        self._is_finished = True
        return RecordedProof(self.path, self.writer.n_regions, self.writer.n_events, self._folder)

    def discard(self) -> None:
        """Leave nothing behind, unless it is finished."""
        if self._is_finished:
            return
        self.writer.discard()
        self._drop_folder()

    def _drop_folder(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def write_single_region(recorder: ProofRecorder, signs: NDArray[np.int8], point: Sequence[Fraction]) -> None:
    """The proof where every hidden neuron is constant: nothing is ever split."""
    network = recorder.network
    for offset, width in zip(network.layer_offsets, network.hidden_widths, strict=True):
        for neuron in range(width):
            sign = int(signs[offset + neuron])
            if sign:
                recorder.writer.drop(neuron, sign)
            else:
                recorder.writer.zero(neuron)
    recorder.writer.region([Fraction(x) for x in point])


def _ratio(stated: Sequence[int], used: Sequence[int]) -> Fraction:
    """The factor between two integer rows of one half-space, the used one perhaps with fewer coordinates."""
    largest = max(map(abs, (int(a) for a in used[:-1])))
    return Fraction(largest, max(map(abs, stated[:-1])))


def _checked_path(destination: object) -> Path:
    target = named_file(destination)
    if target is None or target.is_dir():
        what = reprlib.repr(destination) if target is None else f"{str(target)!r}, a folder"
        raise InvalidArgumentError(
            f"`record_proof` is {what}; it must be True, False, or the name of a file to write.",
            record_proof=destination,
        )
    return target
