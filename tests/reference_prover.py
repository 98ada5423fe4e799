"""A slow prover: walks the cell tree in exact arithmetic and records the proof."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

import polytope_engine as pe
from polytope_engine.exact.decisions import CUT, ZERO, interior_point, outer_box, sign_on_cell
from polytope_engine.exact.proof_writer import ProofWriter
from polytope_engine.exact.rational import significant
from polytope_engine.exact.statement import Statement

STYLES = ("tight", "exact", "floats", "mixed", "eager", "late")


def statement_of(network: pe.ReLUNetwork, domain: pe.HPolytope | None = None) -> Statement:
    layers = [
        (W, b, slopes) for (W, b), slopes in zip(network.weights[:-1], network.negative_slopes, strict=True)
    ]
    return Statement.of(network.input_dim, layers, None if domain is None else domain.exact_rows)


def prove(
    path: Path,
    network: pe.ReLUNetwork,
    domain: pe.HPolytope | None = None,
    style: str = "tight",
    seed: int | None = None,
) -> int:
    """Write a proof and return its number of regions; a seed shuffles the neurons of each layer."""
    with ProofWriter(path, statement_of(network, domain)) as writer:
        Prover(network, writer, style, seed).run()
        return writer.n_regions


class EmptyCellError(Exception):
    """The first rows of the path have no common interior."""

    def __init__(self, n_rows: int, multipliers: dict[int, Fraction]) -> None:
        self.n_rows, self.multipliers = n_rows, multipliers


class Prover:
    """One walk.

    Styles: how one sign is proven ("tight", "exact", "floats" where the domain is bounded, or "mixed"),
    or that nothing is asked before a split, and empty sides are seen at once ("eager") or at the leaf
    and taken back ("late").
    """

    def __init__(self, network: pe.ReLUNetwork, writer: ProofWriter, style: str, seed: int | None) -> None:
        self.network, self.writer, self.style, self.seed = network, writer, style, seed
        self.random = random.Random(seed)
        self.rows = [list(row) for row in writer.statement.domain_rows or ()]
        self.units = [Fraction(1)] * len(self.rows)
        self.signs = np.zeros(network.n_neurons, dtype=np.int8)

    def run(self) -> None:
        if self.network.n_neurons:
            self.walk(0, self.order(0))
        else:
            self.leaf()

    def order(self, layer: int) -> list[int]:
        neurons = list(range(self.network.hidden_widths[layer]))
        if self.seed is not None:
            self.random.shuffle(neurons)
        return neurons

    def walk(self, layer: int, left: list[int]) -> None:
        if not left:
            layer += 1
            if layer == len(self.network.hidden_widths):
                self.leaf()
                return
            left = self.order(layer)
        start = self.start = self.network.layer_offsets[layer]
        neuron, *rest = left
        table, unit = self.network.exact.pre_activation_rows(layer, self.signs[:start])
        target = [int(entry) for entry in table[neuron]]
        if any(target) and self.style in ("eager", "late"):
            verdict = CUT
        else:
            decision = sign_on_cell(self.rows, target)
            verdict = decision.verdict
        if verdict == ZERO:
            self.writer.zero(neuron)
            self.signs[start + neuron] = 0
            self.walk(layer, rest)
        elif verdict == CUT:
            self.writer.split(neuron)
            for sign in (1, -1):
                self.side(layer, neuron, sign, [sign * entry for entry in target], unit, rest)
        else:
            self.drop(neuron, verdict, decision.multipliers, unit)
            self.signs[start + neuron] = verdict
            self.walk(layer, rest)

    def side(
        self, layer: int, neuron: int, sign: int, row: list[int], unit: Fraction, rest: list[int]
    ) -> None:
        place, depth = self.writer.mark(), len(self.rows)
        self.rows.append(row)
        self.units.append(unit)
        self.signs[self.network.layer_offsets[layer] + neuron] = sign
        try:
            if self.style == "eager":
                self.require_interior()
            self.walk(layer, rest)
        except EmptyCellError as empty:
            if empty.n_rows <= depth:
                raise
            self.writer.rewind(place)
            labels = list(empty.multipliers)
            scale = [1 / self.units[label] for label in labels]
            self.writer.empty(labels, [m * s for m, s in zip(empty.multipliers.values(), scale, strict=True)])
        finally:
            del self.rows[depth:], self.units[depth:]

    def require_interior(self) -> Sequence[Fraction]:
        found = interior_point(self.rows, self.network.input_dim)
        if found.point is None:
            raise EmptyCellError(found.empty_prefix, found.multipliers)
        return found.point

    def leaf(self) -> None:
        point = self.require_interior()
        floats = [float(x) for x in point]
        is_exact = any(Fraction(x) != y for x, y in zip(floats, point, strict=True)) or self.style == "exact"
        self.writer.region(point if is_exact else floats)

    def drop(self, neuron: int, sign: int, multipliers: dict[int, Fraction], unit: Fraction) -> None:
        style = self.style if self.style != "mixed" else self.random.choice(("tight", "exact", "floats"))
        labels = list(multipliers)
        values = [m * unit / self.units[label] for label, m in multipliers.items()]
        if not labels:
            self.writer.drop(neuron, sign)
        elif style == "exact":
            self.writer.drop(neuron, sign, labels, values)
        elif style == "floats" and (floats := self.float_proof(neuron, sign, labels, values, unit)):
            self.writer.drop(neuron, sign, labels, floats)
        else:
            self.writer.drop(neuron, sign, labels)

    def float_proof(
        self, neuron: int, sign: int, labels: list[int], values: list[Fraction], unit: Fraction
    ) -> list[float] | None:
        """The multipliers as floats of 20 bits, if they prove the sign over the domain's outer box."""
        if not self.writer.statement.is_bounded:
            return None
        d = self.network.input_dim
        floats = [float(significant(x, 20)) for x in values]
        layer = int(np.searchsorted(self.network.layer_offsets, self.start, side="left"))
        table, _ = self.network.exact.pre_activation_rows(layer, self.signs[: self.start])
        residual = [sign * int(entry) * unit for entry in table[neuron]]
        for label, multiplier in zip(labels, floats, strict=True):
            scale = Fraction(multiplier) * self.units[label]
            residual = [r - scale * entry for r, entry in zip(residual, self.rows[label], strict=True)]
        box = outer_box(self.writer.statement.domain_rows, d)
        least = residual[d] + sum(
            min(r * low, r * high) for r, (low, high) in zip(residual[:d], box, strict=True)
        )
        return floats if least > 0 else None


class Recorder:
    """Takes the events of a prover as a list of (method, arguments), to be changed and written."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.events: list[tuple[str, tuple]] = []

    def __getattr__(self, name: str):
        return lambda *arguments: self.events.append((name, arguments))

    def mark(self) -> int:
        return len(self.events)

    def rewind(self, place: int) -> None:
        del self.events[place:]


def recorded(network: pe.ReLUNetwork, domain: pe.HPolytope | None = None, style: str = "tight") -> Recorder:
    recorder = Recorder(statement_of(network, domain))
    Prover(network, recorder, style, None).run()
    return recorder


def write(path: Path, statement: Statement, events: Sequence[tuple[str, tuple]]) -> Path:
    with ProofWriter(path, statement) as writer:
        for name, arguments in events:
            getattr(writer, name)(*arguments)
    return path
