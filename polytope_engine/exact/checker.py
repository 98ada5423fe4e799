"""Check a recorded proof of how many regions a ReLU network has, in plain Python integers.

This file needs nothing else: python checker.py FILE [SHA-256 of the network [SHA-256 of the domain]]

docs/proof-format.md has the format, and says why what is accepted here is a proof. A row of integers
(a_1, ..., a_d, b) stands for the affine function a . x + b, divided by a positive denominator.
"""

import hashlib
import io
import json
import struct
import sys
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import count
from math import inf
from operator import mul
from types import MappingProxyType
from typing import Any, NamedTuple

SPLIT, ZERO, REGION, EMPTY, POSITIVE, NEGATIVE = 0, 1, 2, 3, 4, 5  # a byte is 4 times one of these,
CONSTANT, TIGHT, FLOATS, EXACT = 0, 1, 2, 3  # plus the kind of proof
MOST_STATEMENT_BYTES, MOST_NUMBER_BYTES, MOST_DIMENSIONS = 1 << 28, 1 << 20, 1 << 16
MOST_REMEMBERED, PROGRESS_EVERY, SERIALS = 1 << 18, 1 << 12, count(1)
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, LookupError, TypeError, RuntimeError)
Values = tuple[int, ...]
Row = tuple[Values, int, int]  # an affine function: integers, their denominator, a number of its own


class Verdict(NamedTuple):
    """What came out, in a sentence; the place of the first step that fails, if one does."""

    is_proven: bool
    sentence: str
    n_regions: int = 0
    n_events: int = 0
    byte_offset: int | None = None
    neuron: tuple[int, int] | None = None  # layer, and place in the layer


class RefusedError(Exception):
    """A step that proves nothing; the message says why."""


def require(condition: object, reason: str) -> None:
    """Refuse, unless a condition holds."""
    if not condition:
        raise RefusedError(reason)


def integers(entries: Any, n: int) -> Values:
    """A list of n integers of the statement: JSON numbers, or strings of hexadecimal digits."""
    require(type(entries) is list and len(entries) == n, f"the statement lacks a list of {n} integers")
    require(all(type(entry) in (int, str) for entry in entries), "a number of the statement is no integer")
    return tuple(entry if type(entry) is int else int(entry, 16) for entry in entries)


class Layer:
    """A hidden layer in integers: z = (weights h + biases) / q, times slope / p where it is negative."""

    def __init__(self, data: Any, n_inputs: int) -> None:
        self.weights = [integers(row, n_inputs) for row in data["weights"]]
        self.width = len(self.weights)
        self.biases, self.slopes = integers(data["biases"], self.width), integers(data["slopes"], self.width)
        self.q, self.p = integers([data["denominator"], data["slope_denominator"]], 2)
        require(self.width and self.q > 0 and self.p > 0, "a layer is empty, or has no positive denominator")


class Statement:
    """The network, the domain and the number of regions that a file claims."""

    def __init__(self, data: Any) -> None:
        require(data["format"] == "polytope_engine proof" and data["version"] == 1, "it is of another format")
        texts = {part: json.dumps(data[part], sort_keys=True) for part in ("network", "domain")}
        self.digests = {part: hashlib.sha256(text.encode()).hexdigest() for part, text in texts.items()}
        require(data["digests"] == self.digests, "the digests are not those of the network and the domain")
        self.d, self.n_regions = integers([data["network"]["input_dimension"], data["n_regions"]], 2)
        require(0 < self.d <= MOST_DIMENSIONS, f"the network has {self.d} inputs")
        self.layers: list[Layer] = []
        for layer in data["network"]["layers"]:
            self.layers.append(Layer(layer, self.layers[-1].width if self.layers else self.d))
        rows = [integers(row, self.d + 1) for row in data["domain"]["rows"]] if data["domain"] else []
        require(all(any(row[:-1]) for row in rows), "a row of the domain has no x in it")
        self.domain: list[Row] = [(row, 1, next(SERIALS)) for row in rows]
        bounds = data["outer_box"] or []
        require(len(bounds) in (0, self.d), "the outer box lacks a bound")
        self.box = [(self.bound(k, low, 1), self.bound(k, high, -1)) for k, (low, high) in enumerate(bounds)]

    def bound(self, k: int, proof: Any, side: int) -> Fraction:
        """The lower (side 1) or upper (-1) bound of x_k that rows of the domain prove."""
        indices, multipliers = (integers(proof[key], len(proof["rows"])) for key in ("rows", "multipliers"))
        require(min(0, *indices, *multipliers) == 0, f"a bound of x_{k} has a negative multiplier")
        rows = [self.domain[index][0] for index in indices]
        *gradient, constant = residual(0, [0] * (self.d + 1), multipliers, rows)
        scale = -side * gradient.pop(k)
        require(scale > 0 and not any(gradient), f"a bound of x_{k} in the outer box is not proven")
        return Fraction(side * constant, scale)


def residual(scale: int, target: Sequence[int], multipliers: Sequence[int], rows: list[Values]) -> list[int]:
    """Return scale * target - sum(multiplier * row)."""
    result = [scale * entry for entry in target]
    for m, row in zip(multipliers, rows, strict=True):
        result = [entry - m * other for entry, other in zip(result, row, strict=True)]
    return result


def solve(target: Values, rows: list[Values]) -> tuple[int, list[int]]:
    """Integers for which scale * target - sum(multiplier * row) has no x in it, if there are any; scale > 0.

    Fraction-free elimination; equations that are left over show in the residual if they do not hold.
    """
    equations = [list(equation) for equation in zip(*rows, target, strict=True)][:-1]
    scale = 1
    for c in range(len(rows)):
        k = next((k for k in range(c, len(equations)) if equations[k][c]), -1)
        require(k >= 0, "the tight rows are dependent")
        equations[c], equations[k] = equations[k], equations[c]
        row, p = equations[c], equations[c][c]
        for k, other in enumerate(equations):
            if k != c:
                f = other[c]
                equations[k] = [(p * x - f * y) // scale for x, y in zip(other, row, strict=True)]
        scale = p
    sign = 1 if scale > 0 else -1
    return sign * scale, [sign * equation[-1] for equation in equations[: len(rows)]]


class Cell:
    """The pre-activations of one layer, on a cell where they are affine."""

    def __init__(self, statement: Statement, index: int, inputs: dict[int, Values], denominator: int) -> None:
        self.index, self.layer = index, statement.layers[index]
        self.used, self.denominator = list(inputs), denominator
        self.columns = list(zip(*inputs.values(), strict=True)) or [()] * (statement.d + 1)
        self.rows: dict[tuple[int, int], Row] = {}

    def row(self, neuron: int, sign: int) -> Row:
        """The pre-activation of a neuron times a sign; formed once."""
        if (neuron, sign) not in self.rows:
            weights = [sign * self.layer.weights[neuron][j] for j in self.used]
            *gradient, constant = [sum(map(mul, weights, column)) for column in self.columns]
            constant += sign * self.layer.biases[neuron] * self.denominator
            denominator = self.layer.q * self.denominator
            self.rows[neuron, sign] = (*gradient, constant), denominator, next(SERIALS)
        return self.rows[neuron, sign]


class Walk:
    """The walk through the tree, which follows a stream of bytes and believes nothing in it."""

    def __init__(self, statement: Statement, file: Any) -> None:
        self.statement, self.file, self.offset = statement, io.BufferedReader(file, MOST_NUMBER_BYTES), 0
        self.n_events = self.n_regions = self.start = 0
        self.path, self.neuron = list(statement.domain), -1
        self.waiting: list[tuple[Cell, list[int | None], int, int]] = []  # cell, signs, neuron, depth
        self.proven: set[Values] = set()
        self.signs: list[int | None] = []
        units = {k: tuple(int(i == k) for i in range(statement.d + 1)) for k in range(statement.d)}
        self.cell: Cell | None = Cell(statement, 0, units, 1) if statement.layers else None

    def take(self, n: int) -> bytes:
        """The next n bytes."""
        require(n <= MOST_NUMBER_BYTES, f"something has {n} bytes, which is absurd")
        data = self.file.read(n)
        require(len(data) == n, "the proof ends too early")
        self.offset += n
        return data

    def varint(self) -> int:
        """A natural number."""
        value = shift = 0
        while (byte := self.take(1)[0]) > 127:
            value, shift = value | (byte & 127) << shift, shift + 7
            require(shift < 63, "a number is absurdly large")
        return value | byte << shift

    def numbers(self, n: int, kind: int) -> tuple[int, list[int]]:
        """N floats or exact rationals, as integers over one positive denominator."""
        if kind == FLOATS:
            floats = struct.unpack(f"<{n}d", self.take(8 * n))
            require(all(-inf < x < inf for x in floats), "a number is infinite, or none")
            ratios = [x.as_integer_ratio() for x in floats]
            denominator = max((q for _, q in ratios), default=1)  # all of them are powers of two
            return denominator, [p * (denominator // q) for p, q in ratios]
        written = [self.take(self.varint()) for _ in range(n + 1)]
        denominator, *numerators = [int.from_bytes(digits, "little", signed=True) for digits in written]
        require(denominator > 0, "a denominator is not positive")
        return denominator, numerators

    def run(self, size: int, progress: Any) -> None:
        """Follow all events to the end of the stream."""
        while True:
            if progress is not None and self.n_events % PROGRESS_EVERY == 0:
                progress(self.n_regions, min(self.offset / max(size, 1), 1.0))
            self.neuron, self.start, self.n_events = -1, self.offset, self.n_events + 1
            event, kind = divmod(self.take(1)[0], 4)
            if event not in (REGION, EMPTY):
                self.decide(event, kind)
                continue
            self.leaf(event, kind)
            if not self.waiting:
                break
            cell, self.signs, neuron, depth = self.waiting.pop()
            self.path[depth:] = [cell.row(neuron, -1)]
            self.give_sign(cell, neuron, -1)
        require(not self.file.read(1), "something follows after the proof")
        n = self.statement.n_regions
        require(self.n_regions == n, f"the statement claims {n} regions, and {self.n_regions} are there")

    def decide(self, event: int, kind: int) -> None:
        """Give one neuron its sign on this cell, or split the cell."""
        is_drop = event in (POSITIVE, NEGATIVE)
        require(is_drop or (event in (SPLIT, ZERO) and kind == 0), f"there is no event {4 * event + kind}")
        cell, neuron, sign = self.cell, self.varint(), {ZERO: 0, NEGATIVE: -1}.get(event, 1)
        self.neuron = neuron
        self.signs = self.signs or [None] * (cell.layer.width if cell else 0)
        if cell is None or neuron >= cell.layer.width or self.signs[neuron] is not None:
            raise RefusedError("there is no such neuron in this layer, or it has a sign already")
        row = cell.row(neuron, sign or 1)
        if is_drop:
            self.prove(row, kind)
        else:
            require(any(row[0]) == (event == SPLIT), "the neuron is zero and splits, or is not zero")
        if event == SPLIT:
            self.waiting.append((cell, self.signs.copy(), neuron, len(self.path)))
            self.path.append(row)
        self.give_sign(cell, neuron, sign)

    def give_sign(self, cell: Cell, neuron: int, sign: int) -> None:
        """Note a neuron's sign; when it was the last of its layer, go to the next one, or behind the last."""
        self.cell, self.signs[neuron] = cell, sign
        if None not in self.signs:
            layer, index, inputs = cell.layer, cell.index + 1, {}
            for j, (s, slope) in enumerate(zip(self.signs, layer.slopes, strict=True)):
                if factor := (layer.p if s == 1 else slope if s == -1 else 0):
                    inputs[j] = tuple(factor * value for value in cell.row(j, 1)[0])
            is_layer, denominator = index < len(self.statement.layers), layer.p * layer.q * cell.denominator
            self.cell = Cell(self.statement, index, inputs, denominator) if is_layer else None
            self.signs = []

    def leaf(self, event: int, kind: int) -> None:
        """A region, with a point at which every row of its path is positive; or a proof that there is none."""
        require(kind in (FLOATS, EXACT), f"there is no event {4 * event + kind}")
        if event == EMPTY:
            common = max((denominator for _, denominator, _ in self.path), default=1)  # the others divide it
            self.prove(((0,) * (self.statement.d + 1), common, 0), kind)
            return
        denominator, point = self.numbers(self.statement.d, kind)
        require(self.cell is None, "neurons without a sign are left")
        point.append(denominator)
        for label, (values, _, _) in enumerate(self.path):
            require(
                sum(map(mul, values, point)) > 0, f"the point is not strictly inside row {label} of its path"
            )
        self.n_regions += 1

    def prove(self, target: Row, kind: int) -> None:
        """Read and verify why a function is positive on the open cell; if it is zero, there is no cell."""
        n, length = 0 if kind == CONSTANT else self.varint(), len(self.path)
        labels = [self.varint() for _ in range(min(n, length + 1))]
        require(max(n - 1, *labels, 0) < max(length, 1), f"rows are named beyond the {length} of the path")
        used = [self.path[label] for label in labels]
        rows, key = [row for row, _, _ in used], (target[2], *(serial for _, _, serial in used))
        if kind == TIGHT and key in self.proven:
            return
        if kind in (CONSTANT, TIGHT):
            scale, multipliers = solve(target[0], rows)
        else:
            scale, given = self.numbers(n, kind)
            multipliers = [
                m * (target[1] // denominator) for m, (_, denominator, _) in zip(given, used, strict=True)
            ]
        require(min(multipliers, default=0) >= 0, "a multiplier is negative")
        *gradient, constant = residual(scale, target[0], multipliers, rows)
        least = Fraction(constant)
        if any(gradient):
            require(kind in (FLOATS, EXACT) and self.statement.box, "the rows named do not span the gradient")
            least += sum(g * bounds[g < 0] for g, bounds in zip(gradient, self.statement.box, strict=True))
        require(least > 0 or (least == 0 and any(multipliers)), "the multipliers do not prove this")
        if kind == TIGHT and len(self.proven) < MOST_REMEMBERED:
            self.proven.add(key)


def check_proof(
    path: Any, expected: Mapping[str, str] = MappingProxyType({}), progress: Any = None
) -> Verdict:
    """Check a file; also that its network and domain have certain digests, where those are expected."""
    walk, n, where = None, 0, ""
    with open(path, "rb") as file:  # noqa: PTH123  any path
        try:
            require(file.read(4) == b"PK\3\4", "the file is not a ZIP archive")
            file.seek(-22, io.SEEK_END)
            require(
                file.read(4) == b"PK\5\6" and file.read()[-2:] == b"\0\0", "the archive has no proper end"
            )
            with zipfile.ZipFile(file) as archive:
                require(
                    sorted(archive.namelist()) == ["statement.json", "tree"], "the archive holds other files"
                )
                with archive.open("statement.json") as member:
                    text = member.read(MOST_STATEMENT_BYTES + 1)
                require(len(text) <= MOST_STATEMENT_BYTES, "the statement is absurdly long")
                statement = Statement(json.loads(text))
                for part, found in statement.digests.items():
                    require(
                        expected.get(part, found) == found, f"it is about another {part}: SHA-256 {found}"
                    )
                with archive.open("tree") as member:
                    walk = Walk(statement, member)
                    walk.run(archive.getinfo("tree").file_size, progress)
            n, m, place = walk.n_regions, len(statement.domain), f"all of R^{statement.d}"
            if m:
                place = f"the domain with SHA-256 {statement.digests['domain']} ({m} rows, R^{statement.d})"
            regions = f"{n} activation region{'s' if n != 1 else ''} with nonempty interior in {place}."
            sentence = f"The network with SHA-256 {statement.digests['network']} has exactly {regions}"
            return Verdict(True, sentence, n, walk.n_events)  # noqa: FBT003
        except RefusedError as refused:
            reason = str(refused)
        except DAMAGE as damage:
            reason = f"the file is damaged ({type(damage).__name__}: {damage})"
    if walk is None:
        return Verdict(False, f"Refused: {reason}.")  # noqa: FBT003
    neuron = (walk.cell.index, walk.neuron) if walk.cell and walk.neuron >= 0 else None
    where = f", layer {neuron[0]}, neuron {neuron[1]}" if neuron else ""
    sentence = f"Refused at event {walk.n_events} (byte {walk.start}{where}): {reason}."
    return Verdict(False, sentence, walk.n_regions, walk.n_events, walk.start, neuron)  # noqa: FBT003


if __name__ == "__main__":
    verdict = check_proof(sys.argv[1], dict(zip(("network", "domain"), sys.argv[2:], strict=False)))
    sys.stdout.write(f"{verdict.sentence}\n")
    sys.exit(not verdict.is_proven)
