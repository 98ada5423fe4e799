"""What a recorded proof is about, as plain data: the network, the domain, and an outer box of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

from polytope_engine.exact.decisions import POSITIVE, sign_on_cell
from polytope_engine.exact.extents import outer_box
from polytope_engine.exact.rational import Row, fraction, primitive_row

FORMAT = "polytope_engine proof"
VERSION = 1
_SMALL = 1 << 53

Layer = tuple[Any, Any, Any]
Json = dict[str, Any]


@dataclass(frozen=True)
class Statement:
    """The network and the domain of a proof; `of` makes one.

    Attributes
    ----------
    input_dimension : int
        d.
    network : dict
        The hidden layers, as they stand in the file.
    domain_rows : tuple of integer rows, or None
        Rows (a, b) with a != 0, meaning a . x + b >= 0; None for all of R^d. Labels of a proof count them.
    domain_indices : tuple of int
        For each of those rows, its index among the rows that were given.
    outer_box : list or None
        For each coordinate the proofs of its lower and upper bound, if the domain is bounded.
    """

    input_dimension: int
    network: Json
    domain_rows: tuple[tuple[int, ...], ...] | None
    domain_indices: tuple[int, ...]
    outer_box: list[list[Json]] | None

    @classmethod
    def of(
        cls, input_dimension: int, layers: Iterable[Layer], domain_rows: Sequence[Row] | None = None
    ) -> Statement:
        """Word what is to be proven.

        Parameters
        ----------
        input_dimension : int
            d.
        layers : iterable of (W, b, slopes)
            The hidden layers: arrays or lists of floats, integers or Fractions, of shapes (n, n_in), (n,)
            and (n,); a neuron multiplies by its slope where it is negative.
        domain_rows : sequence of integer rows, optional
            The domain, full-dimensional. Rows without x in them are left out; none of them may be false.

        Examples
        --------
        >>> statement = Statement.of(1, [([[2], [4]], [-1, 0.5], [0, 0])], [(1, 1), (-1, 1)])
        >>> statement.network["layers"][0]["weights"], statement.network["layers"][0]["denominator"]
        ([[4], [8]], 2)
        >>> statement.outer_box
        [[{'rows': [0], 'multipliers': [1]}, {'rows': [1], 'multipliers': [1]}]]
        """
        network = {"input_dimension": input_dimension, "layers": [_layer(*layer) for layer in layers]}
        if domain_rows is None:
            return cls(input_dimension, network, None, (), None)
        if any(not any(row[:-1]) and row[-1] < 0 for row in domain_rows):
            raise ValueError("the domain is empty: one of its rows is a negative constant")
        kept = tuple(i for i, row in enumerate(domain_rows) if any(row[:-1]))
        rows = tuple(primitive_row(domain_rows[i]) for i in kept)
        return cls(input_dimension, network, rows, kept, _outer_box(rows, input_dimension))

    @property
    def is_bounded(self) -> bool:
        """Whether proofs may leave a residual, to be bounded over the outer box."""
        return self.outer_box is not None

    @property
    def network_digest(self) -> str:
        """SHA-256 of the hidden layers as they stand in the file."""
        return _digest(self.network)

    @property
    def domain_digest(self) -> str:
        """SHA-256 of the domain's rows as they stand in the file."""
        return _digest(self._domain)

    @property
    def _domain(self) -> Json | None:
        return None if self.domain_rows is None else {"rows": [list(row) for row in self.domain_rows]}

    def to_json(self, n_regions: int) -> str:
        """The text of `statement.json`."""
        whole = {
            "format": FORMAT,
            "version": VERSION,
            "network": self.network,
            "domain": self._domain,
            "outer_box": self.outer_box,
            "n_regions": n_regions,
            "digests": {"network": self.network_digest, "domain": self.domain_digest},
        }
        return json.dumps(_written(whole))


def _layer(weights: Any, biases: Any, slopes: Any) -> Json:
    rows = [[fraction(w) for w in row] for row in weights]
    constants = [fraction(b) for b in biases]
    factors = [fraction(s) for s in slopes]
    if not len(rows) == len(constants) == len(factors):
        raise ValueError("weights, biases and slopes of a layer have different lengths")
    denominator = lcm(*(w.denominator for row in rows for w in row), *(b.denominator for b in constants))
    slope_denominator = lcm(*(s.denominator for s in factors))
    return {
        "denominator": denominator,
        "weights": [_numerators(row, denominator) for row in rows],
        "biases": _numerators(constants, denominator),
        "slope_denominator": slope_denominator,
        "slopes": _numerators(factors, slope_denominator),
    }


def _numerators(numbers: Sequence[Fraction], denominator: int) -> list[int]:
    return [x.numerator * (denominator // x.denominator) for x in numbers]


def _outer_box(rows: Sequence[Row], dimension: int) -> list[list[Json]] | None:
    bounds = outer_box(rows, dimension)
    if bounds is None:
        raise ValueError("the domain is empty")
    if any(low is None or high is None for low, high in bounds):
        return None
    return [
        [_bound(rows, dimension, k, side, bound) for side, bound in zip((1, -1), both, strict=True)]
        for k, both in enumerate(bounds)
    ]


def _bound(rows: Sequence[Row], dimension: int, k: int, side: int, bound: Fraction | None) -> Json:
    """Multipliers that prove ``side * (x_k - bound) >= 0`` on the domain."""
    q, n = (1, 0) if bound is None else (bound.denominator, bound.numerator)
    target = [0] * (dimension + 1)
    target[k], target[dimension] = side * q, -side * n
    decision = sign_on_cell(rows, target)
    if decision.verdict != POSITIVE:
        raise ArithmeticError("a bound of the domain is none")
    multipliers = decision.multipliers
    denominator = lcm(*(value.denominator for value in multipliers.values()))
    return {
        "rows": list(multipliers),
        "multipliers": _numerators(list(multipliers.values()), denominator),
    }


def _written(value: Any) -> Any:
    """Integers beyond 2^53 as hexadecimal strings, which any JSON reader keeps."""
    if isinstance(value, dict):
        return {key: _written(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_written(entry) for entry in value]
    if isinstance(value, int) and abs(value) >= _SMALL:
        return f"{value:x}"
    return value


def _digest(part: Json | None) -> str:
    return hashlib.sha256(json.dumps(_written(part), sort_keys=True).encode()).hexdigest()
