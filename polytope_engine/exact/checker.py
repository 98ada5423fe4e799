"""Check a recorded proof of how many regions a ReLU network has, in plain Python integers.

This file runs alone: python checker.py FILE [SHA-256 of the network [SHA-256 of the domain]]
docs/proof-format.md has the format, and says why what is accepted here is a proof.
"""

import hashlib
import io
import json
import struct
import sys
import zipfile
from fractions import Fraction
from itertools import count
from math import inf
from operator import mul
from typing import Any, NamedTuple

SPLIT, ZERO, REGION, EMPTY, POSITIVE, NEGATIVE = 0, 1, 2, 3, 4, 5  # a byte is 4 times one of these,
CONSTANT, TIGHT, FLOATS, EXACT = 0, 1, 2, 3  # plus the kind of proof
MOST_STATEMENT_BYTES, MOST_NUMBER_BYTES, MOST_DIMENSIONS = 1 << 26, 1 << 20, 1 << 16
MOST_REMEMBERED, PROGRESS_EVERY, SERIALS = 1 << 18, 1 << 12, count(1)
Values = tuple[int, ...]
Row = tuple[Values, int, int]  # (a, b) of (a . x + b) / denominator, the denominator, a number of its own


class Verdict(NamedTuple):
    """What came out, in a sentence; the place of the first step that fails, if one does."""

    is_proven: bool
    sentence: str
    n_regions: int = 0
    n_events: int = 0
    byte_offset: int | None = None
    neuron: tuple[int, int] | None = None  # layer, and place in the layer


def require(condition: object, reason: str) -> None:
    """Refuse, unless a condition holds."""
    if not condition:
        raise ValueError(reason)


def integers(entries: Any, n: int) -> Values:
    """A list of n integers of the statement: JSON numbers, or strings of hexadecimal digits."""
    is_list = type(entries) is list and len(entries) == n and {type(entry) for entry in entries} <= {int, str}
    require(is_list, f"the statement lacks a list of {n} integers")
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
        self.box: list[Any] = [[self.bound(k, b[i], 1 - 2 * i) for i in (0, 1)] for k, b in enumerate(bounds)]

    def bound(self, k: int, proof: Any, side: int) -> Fraction:
        """The lower (side 1) or upper (-1) bound of x_k that rows of the domain prove."""
        indices, multipliers = (integers(proof[key], len(proof["rows"])) for key in ("rows", "multipliers"))
        require(min(0, *indices, *multipliers) == 0, f"a bound of x_{k} has a negative multiplier")
        rows = [self.domain[index][0] for index in indices]
        *gradient, constant = residual(0, (0,) * (self.d + 1), list(multipliers), rows)
        scale = -side * gradient.pop(k)
        require(scale > 0 and not any(gradient), f"a bound of x_{k} in the outer box is not proven")
        return Fraction(side * constant, scale)


def residual(scale: int, target: Values, multipliers: list[int], rows: list[Values]) -> list[int]:
    """Return scale * target - sum(multiplier * row)."""
    result = [scale * entry for entry in target]
    for m, row in zip(multipliers, rows, strict=True):
        result = [entry - m * other for entry, other in zip(result, row, strict=True)]
    return result


def solve(target: Values, rows: list[Values]) -> tuple[int, list[int]]:
    """The integers for which scale * target - sum(multiplier * row) has no x in it, if any; scale > 0."""
    equations, scale = [list(equation) for equation in zip(*rows, target, strict=True)][:-1], 1
    for c in range(len(rows)):
        k = next((k for k in range(c, len(equations)) if equations[k][c]), -1)
        require(k >= 0, "the tight rows are dependent")
        equations[c], equations[k] = equations[k], equations[c]
        row, p = equations[c], equations[c][c]
        for k, other in enumerate(equations):
            if k != c:
                equations[k] = [(p * x - other[c] * y) // scale for x, y in zip(other, row, strict=True)]
        scale = p
    return abs(scale), [equation[-1] if scale > 0 else -equation[-1] for equation in equations[: len(rows)]]


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
            self.rows[neuron, sign] = (*gradient, constant), self.layer.q * self.denominator, next(SERIALS)
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
        data = self.file.read(min(n, MOST_NUMBER_BYTES))
        require(len(data) == n, f"the proof ends too early, or something has {n} bytes, which is absurd")
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
        q, *p = [int.from_bytes(self.take(self.varint()), "little", signed=True) for _ in range(n + 1)]
        require(q > 0, "a denominator is not positive")
        return q, p

    def run(self, size: int, progress: Any) -> None:
        """Follow all events to the end of the stream."""
        while True:
            if progress is not None and self.n_events % PROGRESS_EVERY == 0:
                progress(self.n_regions, min(self.offset / max(size, 1), 1.0))
            self.neuron, self.start, self.n_events = -1, self.offset, self.n_events + 1
            event, kind = divmod(self.take(1)[0], 4)
            if event not in (REGION, EMPTY):
                self.decide(event, kind)
            elif self.leaf(event, kind):
                break
        require(not self.file.read(1), "something follows after the proof")
        n, claimed = self.n_regions, self.statement.n_regions
        require(n == claimed, f"the statement claims {claimed} regions, and {n} are there")

    def decide(self, event: int, kind: int) -> None:
        """Give one neuron its sign on this cell, or split the cell."""
        is_drop = event in (POSITIVE, NEGATIVE)
        require(is_drop or (event in (SPLIT, ZERO) and kind == 0), f"there is no event {4 * event + kind}")
        cell, sign, neuron = self.cell, {ZERO: 0, NEGATIVE: -1}.get(event, 1), self.varint()
        self.neuron = neuron
        self.signs = self.signs or [None] * (cell.layer.width if cell else 0)
        if cell is None or neuron >= cell.layer.width or self.signs[neuron] is not None:
            raise ValueError("there is no such neuron in this layer, or it has a sign already")
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
            layer, index = cell.layer, cell.index + 1
            factors = [layer.p if s == 1 else layer.slopes[j] if s else 0 for j, s in enumerate(self.signs)]
            inputs = {j: tuple(f * v for v in cell.row(j, 1)[0]) for j, f in enumerate(factors) if f}
            is_layer, denominator = index < len(self.statement.layers), layer.p * layer.q * cell.denominator
            self.cell = Cell(self.statement, index, inputs, denominator) if is_layer else None
            self.signs = []

    def leaf(self, event: int, kind: int) -> bool:
        """A region with a point strictly inside, or a proof that there is none; whether that was all."""
        require(kind in (FLOATS, EXACT), f"there is no event {4 * event + kind}")
        if event == EMPTY:
            common = max((denominator for _, denominator, _ in self.path), default=1)  # the others divide it
            self.prove(((0,) * (self.statement.d + 1), common, 0), kind)
        else:
            denominator, point = self.numbers(self.statement.d, kind)
            require(self.cell is None, "neurons without a sign are left")
            values = [sum(map(mul, row, (*point, denominator))) for row, _, _ in self.path]
            require(min(values, default=1) > 0, "the point is not strictly inside all rows of the path")
            self.n_regions += 1
        if not self.waiting:
            return True
        cell, self.signs, neuron, depth = self.waiting.pop()
        self.path[depth:] = [cell.row(neuron, -1)]
        self.give_sign(cell, neuron, -1)
        return False

    def prove(self, target: Row, kind: int) -> None:
        """Read and verify why a function is positive on the open cell; if it is zero, there is no cell."""
        n = 0 if kind == CONSTANT else self.varint()
        require(n <= len(self.path), f"{n} rows are named, and the path has {len(self.path)}")
        used = [self.path[self.varint()] for _ in range(n)]
        rows, key = [row for row, _, _ in used], (target[2], *(serial for _, _, serial in used))
        if kind == TIGHT and key in self.proven:
            return
        if kind in (CONSTANT, TIGHT):
            scale, multipliers = solve(target[0], rows)
        else:
            scale, given = self.numbers(n, kind)
            multipliers = [m * (target[1] // row[1]) for m, row in zip(given, used, strict=True)]
        require(min(multipliers, default=0) >= 0, "a multiplier is negative")
        *gradient, least = residual(scale, target[0], multipliers, rows)
        if any(gradient):
            require(kind in (FLOATS, EXACT) and self.statement.box, "the rows named do not span the gradient")
            least += sum(g * bounds[g < 0] for g, bounds in zip(gradient, self.statement.box, strict=True))
        require(least > 0 or (least == 0 and any(multipliers)), "the multipliers do not prove this")
        if kind == TIGHT and len(self.proven) < MOST_REMEMBERED:
            self.proven.add(key)


def check_proof(path: Any, expected: Any = None, progress: Any = None) -> Verdict:
    """Check a file, and its SHA-256 of "network" and "domain" where `expected` has them."""
    walk = None
    with open(path, "rb") as file:  # noqa: PTH123  any path
        try:
            start, _, end = file.read(4), file.seek(-22, io.SEEK_END), file.read()
            require((start, end[:4], end[20:]) == (b"PK\3\4", b"PK\5\6", b"\0\0"), "it is no whole archive")
            with zipfile.ZipFile(file) as archive:
                members = [(member.filename, member.header_offset > 0) for member in archive.infolist()]
                require(members == [("statement.json", False), ("tree", True)], "the archive has other parts")
                text = archive.open("statement.json").read(MOST_STATEMENT_BYTES + 1)
                require(len(text) <= MOST_STATEMENT_BYTES, "the statement is absurdly long")
                statement = Statement(json.loads(text))
                for part, digest in statement.digests.items():
                    found = (expected or {}).get(part, digest) == digest
                    require(found, f"it is about another {part}, with SHA-256 {digest}")
                with archive.open("tree") as member:
                    walk = Walk(statement, member)
                    walk.run(archive.getinfo("tree").file_size, progress)
            n, network, domain = walk.n_regions, statement.digests["network"], statement.digests["domain"]
            where = f"the domain with SHA-256 {domain}" if statement.domain else f"all of R^{statement.d}"
            what = f"exactly {n} activation region{'s' if n != 1 else ''} with nonempty interior in {where}"
            return Verdict(True, f"The network with SHA-256 {network} has {what}.", n, walk.n_events)  # noqa: FBT003
        except Exception as problem:  # noqa: BLE001  whatever goes wrong, nothing is proven
            reason = f"{'' if type(problem) is ValueError else type(problem).__name__ + ': '}{problem}"
    if walk is None:
        return Verdict(False, f"Refused: {reason}.")  # noqa: FBT003
    place = (walk.cell.index, walk.neuron) if walk.cell and walk.neuron >= 0 else None
    where = f", layer {place[0]}, neuron {place[1]}" if place else ""
    sentence = f"Refused at event {walk.n_events} (byte {walk.start}{where}): {reason}."
    return Verdict(False, sentence, walk.n_regions, walk.n_events, walk.start, place)  # noqa: FBT003


if __name__ == "__main__":
    verdict = check_proof(sys.argv[1], dict(zip(("network", "domain"), sys.argv[2:], strict=False)))
    print(verdict.sentence)  # noqa: T201
    sys.exit(not verdict.is_proven)
