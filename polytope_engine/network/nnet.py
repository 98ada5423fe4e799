"""Networks as `.nnet` text files, the format of the ACAS Xu networks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NoReturn

import numpy as np

from polytope_engine.errors import FileFormatError
from polytope_engine.network.arrays import FloatArray
from polytope_engine.network.relu_network import ReLUNetwork


def read_nnet(path: str | os.PathLike[str], *, normalize_inputs: bool = False) -> ReLUNetwork:
    """The network of a `.nnet` file.

    Parameters
    ----------
    path : path
        The file.
    normalize_inputs : bool
        False: the network as stored, on normalized inputs. True: compose
        ``(x - mean) / range`` in front and ``range * y + mean`` behind, so that the network takes
        raw inputs and gives raw outputs. The compositions are formed in rational arithmetic and
        each entry is rounded once, to the nearest float64; `rounded_layers` names what was
        rounded. The clipping of inputs to the box in the header is left out in both cases.

    Raises
    ------
    FileFormatError
        If the file ends early, or a line does not hold the numbers that belong there.

    References
    ----------
    K. Julian, "NNet", Stanford Intelligent Systems Laboratory, github.com/sisl/NNet.
    """
    lines = _Lines(path)
    n_layers = lines.integers("the header", 1)[0]
    sizes = lines.integers("the layer sizes", n_layers + 1)
    if n_layers < 1 or min(sizes[: n_layers + 1]) < 1:
        raise FileFormatError(f"`{lines.name}` has layer sizes {sizes}, but they must be positive.")
    for part in ("the unused flag", "the input minima", "the input maxima"):
        lines.text(part)
    means, ranges = lines.text("the means"), lines.text("the ranges")
    layers = []
    for k in range(n_layers):
        W = [lines.floats(f"row {i} of the weights of layer {k}", sizes[k]) for i in range(sizes[k + 1])]
        b = [lines.floats(f"bias {i} of layer {k}", 1) for i in range(sizes[k + 1])]
        layers.append((np.array(W), np.array(b)[:, 0]))
    lines.end()
    if not normalize_inputs:
        return ReLUNetwork(layers)
    scaling = _Scaling.parsed(lines, means, ranges, sizes[0])
    return _with_normalization(layers, scaling)


class _Lines:
    """The lines of the file that are not comments, one after another."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.name = Path(path).name
        try:
            text = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError as failure:
            raise FileFormatError(f"`{self.name}` is not a text file, so it is no .nnet file.") from failure
        rows = ((k, line.strip()) for k, line in enumerate(text.splitlines(), start=1))
        self._rows = [(k, line) for k, line in rows if line and not line.startswith("//")]
        self._position = 0

    def text(self, part: str) -> str:
        if self._position == len(self._rows):
            raise FileFormatError(f"`{self.name}` ends where {part} should stand.", missing=part)
        line = self._rows[self._position][1]
        self._position += 1
        return line

    def floats(self, part: str, count: int) -> list[float]:
        line = self.text(part)
        values = self._parsed(line, part)
        if len(values) != count:
            self._refuse(f"holds {len(values)} numbers, but {part} has {count}")
        return values

    def integers(self, part: str, at_least: int) -> list[int]:
        values = self._parsed(self.text(part), part)
        if len(values) < at_least or any(v != int(v) for v in values):
            self._refuse(f"must hold {part}: {at_least} whole numbers")
        return [int(v) for v in values]

    def end(self) -> None:
        if self._position < len(self._rows):
            self._position += 1
            self._refuse("stands after the last bias, where the file should end")

    def _parsed(self, line: str, part: str) -> list[float]:
        fields = line.rstrip(", \t").split(",")
        try:
            values = [float(field) for field in fields]
        except ValueError:
            self._refuse(f"must hold {part}, but reads {line[:40]!r}")
        if not np.isfinite(values).all():
            self._refuse(f"holds a number that is not finite, where {part} should stand")
        return values

    def _refuse(self, what: str) -> NoReturn:
        number = self._rows[self._position - 1][0]
        raise FileFormatError(f"Line {number} of `{self.name}` {what}.", line=number)


@dataclass(frozen=True)
class _Scaling:
    means: list[Fraction]
    ranges: list[Fraction]

    @classmethod
    def parsed(cls, lines: _Lines, means: str, ranges: str, n_inputs: int) -> _Scaling:
        parts = []
        for name, line in (("means", means), ("ranges", ranges)):
            try:
                values = [Fraction(float(field)) for field in line.rstrip(", \t").split(",")]
            except (ValueError, OverflowError):
                values = []
            if len(values) != n_inputs + 1 or (name == "ranges" and 0 in values):
                raise FileFormatError(
                    f"`{lines.name}` cannot be normalized: its {name} must be {n_inputs + 1} numbers, one an "
                    f"input and one for all outputs{', none of them 0' if name == 'ranges' else ''}; "
                    f"load it with `normalize_inputs=False`.",
                    part=name,
                )
            parts.append(values)
        return cls(*parts)


def _with_normalization(layers: list[tuple[FloatArray, FloatArray]], scaling: _Scaling) -> ReLUNetwork:
    exact = [
        ([[Fraction(w) for w in row] for row in W.tolist()], [Fraction(c) for c in b.tolist()])
        for W, b in (layers[0], layers[-1])
    ]
    is_single = len(layers) == 1
    inputs = list(zip(scaling.means, scaling.ranges, strict=True))[:-1]
    W, b = exact[0]
    W = [[w / r for w, (_, r) in zip(row, inputs, strict=True)] for row in W]
    b = [
        c - sum((w * m for w, (m, _) in zip(row, inputs, strict=True)), Fraction(0))
        for c, row in zip(b, W, strict=True)
    ]
    mean, scale = scaling.means[-1], scaling.ranges[-1]
    V, c = (W, b) if is_single else exact[1]
    V = [[v * scale for v in row] for row in V]
    c = [v * scale + mean for v in c]
    rounded: list[str] = []
    result = list(layers)
    if not is_single:
        result[0] = _nearest(W, b, "layer 0", rounded)
    result[-1] = _nearest(V, c, f"layer {len(layers) - 1}", rounded)
    return ReLUNetwork(result, rounded_layers=rounded)


def _nearest(
    W: list[list[Fraction]], b: list[Fraction], name: str, rounded: list[str]
) -> tuple[FloatArray, FloatArray]:
    values = [x for row in W for x in row] + b
    if any(Fraction(float(x)) != x for x in values):
        rounded.append(name)
    return np.array([[float(x) for x in row] for row in W]), np.array([float(x) for x in b])
