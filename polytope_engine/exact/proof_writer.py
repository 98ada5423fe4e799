"""Record a proof, event by event; docs/proof-format.md says what the bytes mean."""

from __future__ import annotations

import os
import shutil
import struct
import zipfile
from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polytope_engine.exact.rational import fraction
from polytope_engine.exact.statement import Statement

# A byte is the event plus the kind of its proof; splits and zeros have none, and regions and empty
# cells have floats or exact numbers.
SPLIT, ZERO, REGION, EMPTY, POSITIVE, NEGATIVE = 0, 4, 8, 12, 16, 20
CONSTANT, TIGHT, FLOATS, EXACT = 0, 1, 2, 3

_DROPS = np.array([sign + kind for sign in (POSITIVE, NEGATIVE) for kind in (CONSTANT, TIGHT, FLOATS)])
_IN_BULK = np.array([SPLIT, ZERO, REGION + FLOATS, EMPTY + FLOATS, *_DROPS])
_BUFFER = 1 << 20

Multipliers = Sequence[float] | Sequence[Fraction] | NDArray[np.float64]


class Mark(NamedTuple):
    """A place in a proof that is being written; see `ProofWriter.mark`."""

    n_bytes: int
    n_events: int
    n_regions: int


class ProofWriter:
    """Writes the proof of one statement, in the order of a depth-first walk, positive sides first.

    Nothing is verified here: the checker does that. The file appears when the proof is finished, whole;
    until then there is a second file beside it whose name ends in `.unfinished`.

    Parameters
    ----------
    path : path
        The file to write; an older one is replaced.
    statement : Statement
        What is proven.

    Attributes
    ----------
    n_events, n_regions, n_bytes : int
        What was written so far (bytes before compression).

    Examples
    --------
    One neuron on the line, with a region on each side:

    >>> import pathlib, tempfile
    >>> from polytope_engine.exact.checker import check_proof
    >>> statement = Statement.of(1, [([[2]], [1], [0])])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "two.proof"
    ...     with ProofWriter(file, statement) as proof:
    ...         proof.split(0)
    ...         proof.region([0.0])
    ...         proof.region([-1.0])
    ...     check_proof(file).n_regions
    2
    """

    def __init__(self, path: str | os.PathLike[str], statement: Statement) -> None:
        self.statement = statement
        self.n_events = self.n_regions = 0
        self._target = Path(path)
        self._tree = self._target.with_name(f"{self._target.name}.{os.getpid()}.tree.unfinished")
        self._file = self._tree.open("w+b")
        self._n_flushed = 0
        self._buffer = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self.discard()

    # -- events, one at a time -----------------------------------------------------------------

    def split(self, neuron: int) -> None:
        """The neuron (counted in its layer) is not constant on this cell: the positive side comes next."""
        self._event(bytes([SPLIT]) + _varint(neuron))

    def zero(self, neuron: int) -> None:
        """The neuron vanishes identically on this cell."""
        self._event(bytes([ZERO]) + _varint(neuron))

    def drop(
        self, neuron: int, sign: int, labels: Sequence[int] = (), multipliers: Multipliers | None = None
    ) -> None:
        """The neuron has one sign on the whole cell.

        Parameters
        ----------
        neuron, sign : int
            The neuron in its layer, and +1 or -1.
        labels : sequence of int
            Places of rows on the path: the domain's first, then one for each split. None for a neuron
            whose gradient is zero.
        multipliers : sequence of nonnegative floats, or of Fractions and integers, optional
            One for each label: sign * neuron = sum(multiplier * row) + what is not negative. The rows are
            the pre-activations themselves, with the sign they have on the cell, and the domain's rows as
            they stand in the statement. Left out, the checker solves for them.
        """
        event = NEGATIVE if sign < 0 else POSITIVE
        if multipliers is None:
            kind, proof = (TIGHT, _labels(labels)) if len(labels) else (CONSTANT, b"")
        else:
            is_exact, proof = _multipliers(labels, multipliers)
            kind = EXACT if is_exact else FLOATS
        self._event(bytes([event + kind]) + _varint(neuron) + proof)

    def region(self, point: Sequence[float] | Sequence[Fraction] | NDArray[np.float64]) -> None:
        """Every neuron has a sign here; a point (d floats, or Fractions) strictly inside."""
        if _is_exact(point):
            exact = [fraction(x) for x in point]
            denominator = lcm(*(x.denominator for x in exact))
            numerators = [x.numerator * (denominator // x.denominator) for x in exact]
            self._event(bytes([REGION + EXACT]) + b"".join(map(_integer, [denominator, *numerators])))
        else:
            self._event(bytes([REGION + FLOATS]) + _doubles(point))
        self.n_regions += 1

    def empty(self, labels: Sequence[int], multipliers: Multipliers) -> None:
        """The open cell holds no point: 0 = sum(multiplier * row) + what is not negative."""
        is_exact, proof = _multipliers(labels, multipliers)
        self._event(bytes([EMPTY + (EXACT if is_exact else FLOATS)]) + proof)

    def _event(self, encoded: bytes) -> None:
        self._buffer += encoded
        self.n_events += 1
        self._flush(_BUFFER)

    # -- events, many at a time ----------------------------------------------------------------

    def extend(
        self,
        codes: ArrayLike,
        neurons: ArrayLike,
        starts: ArrayLike,
        labels: ArrayLike,
        multipliers: ArrayLike,
        points: ArrayLike,
    ) -> None:
        """Write many events at once.

        Parameters
        ----------
        codes : uint8 array, shape (n,)
            `SPLIT`, `ZERO`, `REGION` + `FLOATS`, `EMPTY` + `FLOATS`, or one of `POSITIVE`, `NEGATIVE` plus
            one of `CONSTANT`, `TIGHT`, `FLOATS`.
        neurons : int array, shape (n,)
            The neuron in its layer; not looked at for regions and empty cells.
        starts : int array, shape (n + 1,)
            The labels of event i are ``labels[starts[i]:starts[i + 1]]``.
        labels : int array, shape (n_labels,)
        multipliers : float array, shape (n_labels,)
            Not looked at for `TIGHT`.
        points : float array, shape (n_regions, d)
            One row for each region.
        """
        encoded, n_regions = encode(
            np.asarray(codes, dtype=np.int64),
            np.asarray(neurons, dtype=np.int64),
            np.asarray(starts, dtype=np.int64),
            np.asarray(labels, dtype=np.int64),
            np.asarray(multipliers, dtype="<f8"),
            np.asarray(points, dtype="<f8").reshape(-1, self.statement.input_dimension),
        )
        self.write(encoded, len(np.asarray(codes)), n_regions)

    def write(self, encoded: bytes | NDArray[np.uint8], n_events: int, n_regions: int) -> None:
        """Write events that are encoded already; how many they are, and how many of them are regions."""
        self._buffer += bytes(encoded)
        self.n_events += n_events
        self.n_regions += n_regions
        self._flush(_BUFFER)

    # -- taking back ---------------------------------------------------------------------------

    @property
    def n_bytes(self) -> int:
        """Bytes written so far, before compression."""
        return self._n_flushed + len(self._buffer)

    def mark(self) -> Mark:
        """This place, for `rewind`."""
        return Mark(self.n_bytes, self.n_events, self.n_regions)

    def rewind(self, mark: Mark) -> None:
        """Take back everything since a mark: what was walked since then turned out to be empty, say."""
        if mark.n_bytes > self.n_bytes:
            raise ValueError("the mark lies behind the end of what is written")
        if mark.n_bytes >= self._n_flushed:
            del self._buffer[mark.n_bytes - self._n_flushed :]
        else:
            self._buffer.clear()
            self._file.seek(mark.n_bytes)
            self._file.truncate()
            self._n_flushed = mark.n_bytes
        self.n_events, self.n_regions = mark.n_events, mark.n_regions

    # -- the file ------------------------------------------------------------------------------

    def _flush(self, at_least: int) -> None:
        if len(self._buffer) >= at_least:
            self._file.write(self._buffer)
            self._n_flushed += len(self._buffer)
            self._buffer.clear()

    def finish(self) -> None:
        """Compress what was written, and put it in its place."""
        self._flush(1)
        self._file.flush()
        self._file.seek(0)
        unfinished = self._target.with_name(f"{self._target.name}.{os.getpid()}.unfinished")
        try:
            with unfinished.open("wb") as file:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                    archive.writestr("statement.json", self.statement.to_json(self.n_regions))
                    with archive.open("tree", "w", force_zip64=True) as tree:
                        shutil.copyfileobj(self._file, tree, _BUFFER)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self._target)
        finally:
            unfinished.unlink(missing_ok=True)
            self.discard()

    def discard(self) -> None:
        """Leave no file."""
        self._file.close()
        self._tree.unlink(missing_ok=True)


# -- bytes ----------------------------------------------------------------------------------------


def _varint(value: int) -> bytes:
    if value < 0:
        raise ValueError(f"{value} is negative; neurons and labels count from 0")
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    digits.append(value)
    return bytes(digits)


def _integer(value: int) -> bytes:
    """The number of bytes, then the integer in two's complement, lowest byte first."""
    n_bytes = value.bit_length() // 8 + 1
    return _varint(n_bytes) + value.to_bytes(n_bytes, "little", signed=True)


def _doubles(values: Sequence[float] | Sequence[Fraction] | NDArray[np.float64]) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


def _labels(labels: Sequence[int]) -> bytes:
    return _varint(len(labels)) + b"".join(_varint(int(label)) for label in labels)


def _is_exact(numbers: Sequence[float] | Sequence[Fraction] | NDArray[np.float64]) -> bool:
    return not isinstance(numbers, np.ndarray) and any(not isinstance(x, float) for x in numbers)


def _multipliers(labels: Sequence[int], multipliers: Multipliers) -> tuple[bool, bytes]:
    if len(labels) != len(multipliers):
        raise ValueError(f"{len(labels)} labels have {len(multipliers)} multipliers")
    if not _is_exact(multipliers):
        return False, _labels(labels) + _doubles(multipliers)
    exact = [fraction(x) for x in multipliers]
    denominator = lcm(*(x.denominator for x in exact))
    numerators = [x.numerator * (denominator // x.denominator) for x in exact]
    return True, _labels(labels) + b"".join(map(_integer, [denominator, *numerators]))


Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def encode(
    codes: Ints, neurons: Ints, starts: Ints, labels: Ints, multipliers: Floats, points: Floats
) -> tuple[NDArray[np.uint8], int]:
    """The bytes of many events, and how many of them are regions; see `ProofWriter.extend`."""
    counts = np.diff(starts)
    kind, is_region = codes & 3, codes == REGION + FLOATS
    has_neuron = ~np.isin(codes, (REGION + FLOATS, EMPTY + FLOATS))
    has_labels, has_floats = (kind > 0) & ~is_region, (kind == FLOATS) & ~is_region
    if not np.isin(codes, _IN_BULK).all() or counts[~has_labels].any() or is_region.sum() != len(points):
        raise ValueError("events of an unknown kind, or with labels or points that they do not have")
    width = _varint_lengths(labels)
    end = np.concatenate([[0], np.cumsum(width)])
    before_labels = 1 + has_neuron * _varint_lengths(neurons) + has_labels * _varint_lengths(counts)
    before_floats = before_labels + end[starts[1:]] - end[starts[:-1]]
    sizes = before_floats + has_floats * 8 * counts + is_region * 8 * points.shape[1]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    out = np.zeros(offsets[-1], dtype=np.uint8)
    at = offsets[:-1]
    out[at] = codes
    _put_varints(out, at[has_neuron] + 1, neurons[has_neuron])
    place = at + before_labels - _varint_lengths(counts)
    _put_varints(out, place[has_labels], counts[has_labels])
    event = np.repeat(np.arange(len(codes)), counts)
    _put_varints(out, (at + before_labels)[event] + end[:-1] - end[starts[event]], labels)
    of_floats = has_floats[event]
    index = np.arange(len(labels)) - starts[event]
    _put_doubles(
        out, ((at + before_floats)[event] + 8 * index)[of_floats], multipliers.reshape(-1, 1)[of_floats]
    )
    _put_doubles(out, at[is_region] + 1, points)
    return out, int(is_region.sum())


def _varint_lengths(values: Ints) -> Ints:
    if values.size and (values.min() < 0 or values.max() >= 1 << 35):
        raise ValueError("neurons and labels must lie between 0 and 2^35")
    lengths = np.ones(values.shape, dtype=np.int64)
    for shift in (7, 14, 21, 28):
        lengths += values >> shift > 0
    return lengths


def _put_varints(out: NDArray[np.uint8], places: Ints, values: Ints) -> None:
    while len(values):
        rest = values >> 7
        out[places] = values & 127 | (rest > 0) * 128
        more = rest > 0
        places, values = places[more] + 1, rest[more]


def _put_doubles(out: NDArray[np.uint8], places: Ints, values: Floats) -> None:
    encoded = np.ascontiguousarray(values, dtype="<f8").view(np.uint8)
    out[places[:, np.newaxis] + np.arange(encoded.shape[1])] = encoded
