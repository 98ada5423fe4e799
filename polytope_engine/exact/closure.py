"""Check a saved region set by itself, without the tree that found it, in plain Python integers.

The facet graph of a convex domain's regions is connected. So regions that are there, at least one, and
such that no facet of theirs leads out of the set, are all there are. This file runs alone:
python closure.py FILE [SHA-256 of the network [SHA-256 of the domain]], digests as in docs/proof-format.md.
"""

import ast
import hashlib
import json
import struct
import sys
import zipfile
from fractions import Fraction
from math import gcd, lcm, prod
from operator import mul
from typing import Any, NamedTuple

MOST_BYTES, MOST_REMEMBERED, FORMAT = 1 << 31, 1 << 12, ("polytope_engine regions", 1)
FOUR_SIGNS = [bytes(code >> k & 3 for k in (0, 2, 4, 6)) for code in range(256)]  # 0, 1, 2 for -1, 0, +1
Values = tuple[int, ...]  # as a row (a, b): a positive multiple of a . x + b


class Verdict(NamedTuple):
    """What came out, in a sentence; the region that fails first, and the neurons on its wall, if one does."""

    is_proven: bool
    sentence: str
    n_regions: int = 0
    n_walls: int = 0
    region: int | None = None
    wall: tuple[tuple[int, int], ...] = ()


def require(condition: object, reason: str) -> None:
    """Refuse, unless a condition holds."""
    if not condition:
        raise ValueError(reason)


def read_array(archive: zipfile.ZipFile, name: str) -> list[Any]:
    """An array of an .npz file as a list, and a list of lists if it has two dimensions."""
    data = archive.open(f"{name}.npy").read(MOST_BYTES)
    require(data[:6] == b"\x93NUMPY" and len(data) < MOST_BYTES, f"{name} is no array, or absurdly large")
    start, layout = (10, "<H") if data[6] == 1 else (12, "<I")
    end = start + struct.unpack(layout, data[8:start])[0]
    header = ast.literal_eval(data[start:end].decode("latin1"))
    kind, shape, body = header["descr"], header["shape"], data[end:]
    size = int(kind[2:]) * (4 if kind[1] == "U" else 1)
    require(len(shape) < 3 and size * prod(shape) == len(body), f"{name} has another size than it says")
    if kind[1] in "SU":
        code = "ascii" if kind[1] == "S" else "utf-32-le"
        flat: list[Any] = [body[k : k + size].decode(code).rstrip("\0") for k in range(0, len(body), size)]
    else:
        flat = list(struct.unpack(f"<{prod(shape)}{ {'<f8': 'd', '<i8': 'q', '|u1': 'B'}[kind] }", body))
    if len(shape) < 2:
        return flat
    n, m = shape
    return [flat[i::n] if header["fortran_order"] else flat[i * m : i * m + m] for i in range(n)]


def over_one_denominator(numbers: list[Any]) -> tuple[int, list[int]]:
    """Finite floats, or decimal strings "n" and "n/m", as integers over one positive denominator."""
    fractions = [Fraction(x) if type(x) is float else Fraction(*map(int, x.split("/"))) for x in numbers]
    denominator = lcm(*(x.denominator for x in fractions))
    return denominator, [x.numerator * (denominator // x.denominator) for x in fractions]


class Layer:
    """A hidden layer in integers: z = (weights h + biases) / q, times slope / p where it is negative."""

    def __init__(self, archive: zipfile.ZipFile, k: int, n_inputs: int, offset: int) -> None:
        weights, biases, slopes = (read_array(archive, f"{name}{k}") for name in ("W", "b", "slope"))
        fits = len(weights) == len(biases) == len(slopes) and all(len(row) == n_inputs for row in weights)
        require(fits, f"layer {k} does not fit")
        self.n, self.offset = len(biases), offset
        self.q, numbers = over_one_denominator([w for row in weights for w in row] + biases)
        self.weights = [numbers[i * n_inputs : (i + 1) * n_inputs] for i in range(self.n)]
        self.biases, (self.p, self.slopes) = numbers[self.n * n_inputs :], over_one_denominator(slopes)
        self.known: dict[bytes, list[Values]] = {}

    def written(self) -> dict[str, Any]:
        """The layer as it stands in a proof."""
        numbers = {"weights": self.weights, "biases": self.biases, "slopes": self.slopes}
        return {**numbers, "denominator": self.q, "slope_denominator": self.p}


class Network:
    """The hidden layers, and the affine functions that their neurons are on a cell."""

    def __init__(self, archive: zipfile.ZipFile, n_hidden: int) -> None:
        self.d, self.n, self.layers = len(read_array(archive, "W0")[0]), 0, list[Layer]()
        for k in range(n_hidden):
            self.layers.append(Layer(archive, k, self.layers[-1].n if k else self.d, self.n))
            self.n += self.layers[-1].n

    def rows(self, k: int, signs: bytes) -> list[Values]:
        """The pre-activations of layer k where the earlier layers have these signs."""
        layer, before = self.layers[k], signs[: self.layers[k].offset]
        if before not in layer.known:
            if len(layer.known) >= MOST_REMEMBERED:
                layer.known.clear()
            inputs, scale = {i: tuple(int(i == j) for j in range(self.d + 1)) for i in range(self.d)}, 1
            if k:
                last, rows = self.layers[k - 1], self.rows(k - 1, signs)
                scale = prod(other.q * other.p for other in self.layers[:k])
                factors = [(last.slopes[i], 0, last.p)[s] for i, s in enumerate(before[last.offset :])]
                inputs = {i: tuple(f * v for v in rows[i]) for i, f in enumerate(factors) if f}
            columns = list(zip(*inputs.values(), strict=True)) or [()] * (self.d + 1)
            weights = [[row[i] for i in inputs] for row in layer.weights]
            table = [[sum(map(mul, row, column)) for column in columns] for row in weights]
            layer.known[before] = [
                (*g, c + b * scale) for (*g, c), b in zip(table, layer.biases, strict=True)
            ]
        return layer.known[before]

    def beyond(self, signs: bytes, wall: Values, on_wall: list[int]) -> bytes:
        """The signs beyond a facet where exactly these neurons vanish; `wall` is its row, positive inside."""
        if len(on_wall) == 1 and 1 not in signs:
            i = on_wall[0]
            return signs[:i] + bytes([2 - signs[i]]) + signs[i + 1 :]
        result = bytearray(signs)  # the others vanish on the facet: their derivatives across it decide
        for k, layer in enumerate(self.layers):
            for i in range(layer.offset, layer.offset + layer.n):
                if i in on_wall or signs[i] == 1:
                    row = self.rows(k, bytes(result))[i - layer.offset]
                    inward = sum(map(mul, row[:-1], wall))
                    result[i] = 1 if inward == 0 else 0 if inward > 0 else 2
        return bytes(result)


class Shape:
    """Which rows of a cell are facets: a simplex dictionary, kept feasible, that starts at an inner point.

    T[i] = D * (slack of row i) in terms of the columns' slacks; columns below 0 are free coordinates.
    """

    def __init__(self, rows: list[Values], point: Values) -> None:
        d = len(point) - 1
        self.T = {i: [sum(map(mul, row, point)), *row[:d]] for i, row in enumerate(rows)}
        self.D, self.columns = 1, [-1 - k for k in range(d)]
        self.is_facet: dict[int, bool] = {}

    def facets(self) -> list[int]:
        """The rows whose hyperplanes meet the cell in a facet."""
        for i in range(len(self.T)):
            while i not in self.is_facet:
                self.step(i)
        return [i for i, is_facet in sorted(self.is_facet.items()) if is_facet]

    def step(self, i: int) -> None:
        """One pivot that lowers row i over all other rows, or the answer: facet if it becomes negative."""
        if i in self.columns:
            column, sign, rate, here = self.columns.index(i), -1, -1, 0
        else:
            row = self.T[i]
            ways = [(c, j) for j, c in enumerate(self.columns) if row[1 + j] < 0 or (c < 0 and row[1 + j])]
            if not ways:
                self.is_facet[i] = False
                return
            column = min(ways)[1]  # by the smallest label (Bland), so that no cycle is possible
            sign = -1 if row[1 + column] > 0 else 1
            rate, here = sign * row[1 + column], row[0]
        best: tuple[int, int, int] | None = None  # value, fall, row: the first row to block
        for j, other in self.T.items():
            fall = -sign * other[1 + column]
            if fall > 0 and j != i:
                order = -1 if best is None else other[0] * best[1] - best[0] * fall
                if best is None or order < 0 or (order == 0 and j < best[2]):
                    best = other[0], fall, j
        if best is None or here * best[1] + rate * best[0] < 0:
            self.is_facet[i] = True
        else:
            self.pivot(best[2], column)

    def pivot(self, i: int, column: int) -> None:
        """Row i takes over a column (fraction-free); what the new vertex says of all rows is noted."""
        leaving, c = self.T.pop(i), 1 + column
        p, old = leaving[c], self.columns[column]
        sign = 1 if p > 0 else -1
        for j, row in self.T.items():
            self.T[j] = [sign * (p * x - row[c] * y) // self.D for x, y in zip(row, leaving, strict=True)]
            self.T[j][c] = sign * row[c]
        if old >= 0:
            self.T[old] = [-sign * x for x in leaving]
            self.T[old][c] = sign * self.D
        self.columns[column], self.D = i, abs(p)
        # rows that the tight ones imply are no facets; if no other row is tight, the tight ones are
        free = [1 + j for j, c in enumerate(self.columns) if c < 0]
        for i, row in self.T.items():
            if i not in self.is_facet and min(row) >= 0 and not any(row[j] for j in free):
                self.is_facet[i] = False
        if all(row[0] > 0 and not any(row[j] for j in free) for row in self.T.values()):
            self.is_facet.update({c: True for c in self.columns if c >= 0})


class Closure:
    """A saved region set, read and ready to be checked."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        header = json.loads(read_array(archive, "header")[0])
        require((header["format"], header["format_version"]) == FORMAT, "it is of another format")
        self.network = network = Network(archive, header["n_layers"] - 1)
        has_domain = header["domain_labels"] is not None
        rows = [[int(x) for x in row] for row in (read_array(archive, "domain_rows") if has_domain else [])]
        is_good = all(len(row) == network.d + 1 and (any(row[:-1]) or row[-1] >= 0) for row in rows)
        require(is_good, "the domain is empty, or has another dimension")
        self.domain = [tuple(x // gcd(*row) for x in row) for row in rows if any(row[:-1])]
        packed = read_array(archive, "packed_signs")
        self.signs = [b"".join(FOUR_SIGNS[code] for code in row)[: network.n] for row in packed]
        self.points = read_array(archive, "interior_points")
        exact = read_array(archive, "exact_points")
        for index, point in zip(read_array(archive, "exact_indices"), exact, strict=True):
            self.points[index] = point
        self.at, self.n_walls, self.wall = 0, 0, list[int]()
        layers = [layer.written() for layer in network.layers]
        parts = {"network": {"input_dimension": network.d, "layers": layers}, "domain": {"rows": self.domain}}
        texts = {part: json.dumps(in_hexadecimal(value), sort_keys=True) for part, value in parts.items()}
        texts["domain"] = texts["domain"] if has_domain else "null"
        self.digests = {part: hashlib.sha256(text.encode()).hexdigest() for part, text in texts.items()}

    def run(self, progress: Any) -> None:
        """Check every region and all of its walls."""
        n, is_there = len(self.signs), set(self.signs)
        require(n and n == len(self.points), "the set is empty, or has not a point for each region")
        for self.at in range(n):
            signs, point, self.wall = self.signs[self.at], self.points[self.at], []
            if progress is not None and self.at % 16 == 0:
                progress(self.at, self.at / n)
            groups, at = self.groups(signs, point)
            rows = list(groups)
            for index in Shape(rows, at).facets():
                on_wall = groups[rows[index]]
                if min(on_wall) >= 0:
                    self.wall = on_wall
                    beyond = self.network.beyond(signs, rows[index], on_wall)
                    require(beyond in is_there, "the region beyond this wall is not in the set")
                    self.n_walls += 1
        require(len(is_there) == n, "a region is there twice")

    def groups(self, signs: bytes, point: list[Any]) -> tuple[dict[Values, list[int]], Values]:
        """The cell's rows with the neurons that vanish on each (-1: the domain); the point is inside."""
        q, numerators = over_one_denominator(point)
        at = (*numerators, q)
        require((len(point), len(signs)) == (self.network.d, self.network.n), "a point or signs are short")
        require(all(sum(map(mul, row, at)) > 0 for row in self.domain), "the point is not inside the domain")
        groups = {row: [-1] for row in self.domain}
        for k, layer in enumerate(self.network.layers):
            for i, row in enumerate(self.network.rows(k, signs), layer.offset):
                s = signs[i] - 1
                is_right = s < 2 and (s * sum(map(mul, row, at)) > 0 if s else not any(row))
                require(is_right, f"neuron {i - layer.offset} of layer {k} has another sign at the point")
                if any(row[:-1]):
                    g = s * gcd(*row)
                    groups.setdefault(tuple(x // g for x in row), []).append(i)
        return groups, at


def in_hexadecimal(value: Any) -> Any:
    """Integers of 2^53 and more as strings."""
    if isinstance(value, dict):
        return {key: in_hexadecimal(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [in_hexadecimal(entry) for entry in value]
    return f"{value:x}" if isinstance(value, int) and abs(value) >= 1 << 53 else value


def check_closure(path: Any, expected: Any = None, progress: Any = None) -> Verdict:
    """Check a file, and its SHA-256 of "network" and "domain" where `expected` has them."""
    closure = None
    with open(path, "rb") as file:  # noqa: PTH123  any path
        try:
            with zipfile.ZipFile(file) as archive:
                closure = Closure(archive)
            for part, digest in closure.digests.items():
                require((expected or {}).get(part, digest) == digest, f"it is about another {part}: {digest}")
            closure.run(progress)
            n, network, domain = len(closure.signs), closure.digests["network"], closure.digests["domain"]
            where = f"the domain with SHA-256 {domain}" if closure.domain else f"all of R^{closure.network.d}"
            what = f"exactly {n} activation region{'s' if n != 1 else ''} with nonempty interior in {where}"
            sentence = f"The network with SHA-256 {network} has {what}, those of the set."
            return Verdict(True, sentence, n, closure.n_walls)  # noqa: FBT003
        except Exception as problem:  # noqa: BLE001  whatever goes wrong, nothing is proven
            reason = f"{'' if type(problem) is ValueError else type(problem).__name__ + ': '}{problem}"
    if closure is None:
        return Verdict(False, f"Refused: {reason}.")  # noqa: FBT003
    layers = list(enumerate(closure.network.layers))
    wall = [next((k, i - at.offset) for k, at in layers if i < at.offset + at.n) for i in closure.wall]
    where = f"region {closure.at}" + "".join(f", layer {k}, neuron {i}" for k, i in wall)
    place = closure.at, closure.n_walls, closure.at, tuple(wall)
    return Verdict(False, f"Refused at {where}: {reason}.", *place)  # noqa: FBT003


if __name__ == "__main__":
    verdict = check_closure(sys.argv[1], dict(zip(("network", "domain"), sys.argv[2:], strict=False)))
    print(verdict.sentence)  # noqa: T201
    sys.exit(not verdict.is_proven)
