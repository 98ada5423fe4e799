"""The affine output maps of many regions: in floats with bounds of their errors, and in rationals.

What the output depends on is less than the sign vector: a neuron matters only if something that it passes on reaches
the output. Regions that agree on the neurons that matter have one *key*, and one map by structure, without any
arithmetic; in deep networks these are many.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytope_engine.network.exact_maps import ExactMaps
from polytope_engine.network.float_form import ROUNDING
from polytope_engine.network.rationals import nearest_float
from polytope_engine.network.relu_network import ReLUNetwork

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]
Keys = NDArray[np.int8]
ExactMap = tuple[tuple[int, ...], Fraction]

# Twice the largest relative error of one operation; more than all that underflow can lose in one sum.
_UNIT = 2.0**-52
_TINY = 2.0**-1030
# Far more than rounding loses of a weight that is next to zero, divided by the smallest gamma.
_SMALL_WEIGHT = 2.0**-1000
_EXACT_INTEGER = 2.0**53
_NUMBERS_AT_ONCE = 1 << 21
_REGIONS_AT_ONCE = 1 << 16


class OutputMaps:
    """The affine output maps of a network on cells that are given by their signs.

    Parameters
    ----------
    network : ReLUNetwork
    sign_vectors : ndarray of int8, shape (n, N)
        Any number of cells.
    outputs : sequence of int, optional
        Which outputs the map consists of; all by default.

    Attributes
    ----------
    keys : ndarray of int8, shape (n_keys, N)
        The neurons that matter: +1 for those that pass on what they get, -1 for those that pass on a multiple of
        it, 0 for all others. No two rows are equal; rows that begin alike stand together.
    key_of : ndarray of int64, shape (n,)
        The row of `keys` of each cell.

    Examples
    --------
    The first layer does not matter where the second is dead:

    >>> import polytope_engine as pe
    >>> net = pe.library.dead_layer().network
    >>> regions = pe.enumerate_regions(net)
    >>> maps = OutputMaps(net, regions.sign_vectors)
    >>> maps.keys, maps.key_of
    (array([[0, 0, 0]], dtype=int8), array([0, 0, 0, 0]))
    >>> maps.values(slice(None))
    (array([[[0., 0., 0.]]]), array([[[0., 0., 0.]]]))
    """

    def __init__(
        self, network: ReLUNetwork, sign_vectors: NDArray[np.int8], outputs: Sequence[int] | None = None
    ) -> None:
        self.network = network
        self.outputs = list(range(network.output_dim)) if outputs is None else list(outputs)
        self._exact_output = [array[self.outputs] for array in network.exact_weights[-1]]
        keys = np.empty(sign_vectors.shape, dtype=np.int8)
        for start in range(0, len(keys), _REGIONS_AT_ONCE):
            part = slice(start, start + _REGIONS_AT_ONCE)
            keys[part] = self._what_matters(sign_vectors[part])
        first, self.key_of = sorted_distinct_rows(keys)
        self.keys: Keys = keys[first]

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Number of outputs, and d + 1: the shape of one map."""
        return len(self.outputs), self.network.input_dim + 1

    def __len__(self) -> int:
        """The number of keys."""
        return len(self.keys)

    # -- keys ---------------------------------------------------------------------------------

    def _what_matters(self, signs: NDArray[np.int8]) -> Keys:
        """Go from the output to the input and keep what is passed on to something that matters."""
        network, slopes = self.network, self.network.float_form.slopes
        # A rational slope next to 1 is not 1.
        is_one = [np.array([slope == 1 for slope in exact], dtype=np.bool_) for exact in network.exact_slopes]
        keys = np.zeros(signs.shape, dtype=np.int8)
        reaches = np.broadcast_to((self._exact_output[0] != 0).any(axis=0), (len(signs), self._last_width))
        for layer in reversed(range(network.n_hidden_layers)):
            part = slice(network.layer_offsets[layer], network.layer_offsets[layer] + reaches.shape[1])
            is_whole = (signs[:, part] > 0) | is_one[layer]
            matters = reaches & (is_whole | (slopes[layer] != 0.0))
            keys[:, part] = np.where(matters, np.where(is_whole, 1, -1), 0)
            if layer:
                has_weight = (network.float_form.weights[layer][0] != 0).astype(np.float32)
                reaches = matters.astype(np.float32) @ has_weight > 0
        return keys

    @property
    def _last_width(self) -> int:
        return int(self.network.weights[-1][0].shape[1])

    # -- floats -------------------------------------------------------------------------------

    def chunks(self, step: int | None = None) -> Iterator[tuple[slice, Floats, Floats]]:
        """Yield all maps in parts that fit into memory: which keys, and their `values`."""
        step = step or self.keys_at_once
        for start in range(0, len(self), step):
            part = slice(start, min(start + step, len(self)))
            yield part, *self.values(part)

    @property
    def keys_at_once(self) -> int:
        """How many keys `values` should be asked for at once."""
        widest = max([*self.network.hidden_widths, self.network.output_dim, 1])
        return max(1, _NUMBERS_AT_ONCE // (widest * self.shape[1]))

    def values(self, which: slice | Indices) -> tuple[Floats, Floats]:
        """Work out maps in floating point.

        Parameters
        ----------
        which : slice or ndarray of int64
            Rows of `keys`; the work is shared between rows that begin alike and stand together.

        Returns
        -------
        values, errors : ndarray, shape (n_which, n_out, d + 1)
            The entries of (A, c), and bounds on how far each is from the exact one; infinite where
            floats overflow.

        Notes
        -----
        Forward error analysis: a sum of n products ``w * h`` has error at most ``gamma * sum |w h|`` with
        gamma = n u / (1 - n u), in any order and with fused operations, beside ``sum |w| err(h)``; weights that are
        rounded add one relative error each.

        References
        ----------
        N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., SIAM 2002, section 3.1.
        """
        keys = self.keys[which]
        form, depth = self.network.float_form, self.network.n_hidden_layers
        W, b = (a[self.outputs] for a in form.weights[-1]) if not depth else form.weights[0]
        V = np.concatenate([W, b[:, np.newaxis]], axis=1)[:, np.newaxis, :]
        rounding = self._output_rounding if not depth else form.rounding
        E = rounding * np.abs(V) + (_TINY if rounding else 0.0)
        parent = np.zeros(len(keys), dtype=np.int64)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            for layer in range(depth):
                start, n = self.network.layer_offsets[layer], self.network.hidden_widths[layer]
                first, position = _runs(keys[:, : start + n])
                factors = self._factors(keys[first, start : start + n], layer)
                H = V[:, parent[first], :] * factors
                EH = np.abs(factors) * E[:, parent[first], :]
                is_last = layer + 1 == depth
                W, b = (a[self.outputs] for a in form.weights[-1]) if is_last else form.weights[layer + 1]
                rounding = max(form.rounding, self._output_rounding) if is_last else form.rounding
                gamma = (n + 8) * 2 * _UNIT + 4 * rounding
                EH += gamma * np.abs(H) + _TINY * (factors != 0)
                E = _product(np.abs(W) + (_SMALL_WEIGHT if rounding else 0.0), EH)
                E[:, :, -1] += (gamma * np.abs(b))[:, np.newaxis]
                E *= 1 + gamma
                E += _TINY
                V = _product(W, H)
                V[:, :, -1] += b[:, np.newaxis]
                parent = position
            lost = ~(np.isfinite(V) & np.isfinite(E))
        V[lost], E[lost] = 0.0, np.inf
        values, errors = np.moveaxis(V, 0, 1)[parent], np.moveaxis(E, 0, 1)[parent]
        if self.is_exact_in_floats:
            errors[:] = 0.0
        return values, errors

    def _factors(self, keys: Keys, layer: int) -> Floats:
        slopes = self.network.float_form.slopes[layer]
        factors: Floats = np.where(keys > 0, 1.0, np.where(keys < 0, slopes, 0.0)).T[:, :, np.newaxis]
        return factors

    @property
    def _output_rounding(self) -> float:
        return ROUNDING if self.network.is_rational else 0.0

    @cached_property
    def is_exact_in_floats(self) -> bool:
        """Whether every number that `values` meets is a small enough multiple of one power of two: none is rounded."""
        if self.network.is_rational:
            return False
        form = self.network.float_form
        unit, largest = 1.0, 1.0
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            for layer, (W, b) in enumerate(form.weights):
                if layer:
                    slopes = form.slopes[layer - 1]
                    unit *= min(1.0, _unit(slopes))
                    largest *= max(1.0, float(np.abs(slopes).max(initial=0.0)))
                unit = min(unit * _unit(W), _unit(b))
                largest = float((np.abs(W).sum(axis=1) * largest + np.abs(b)).max(initial=0.0))
                if not (unit > 2.0**-900 and largest < 2.0**900 and largest / unit <= _EXACT_INTEGER):
                    return False
        return True

    # -- rationals ----------------------------------------------------------------------------

    @cached_property
    def exact_maps(self) -> ExactMaps:
        """The network's maps in exact arithmetic."""
        return self.network.exact

    def exact(self, key: int) -> ExactMap:
        """One map in rationals, in a form in which equal maps are equal: integers, row by row, and their unit."""
        rows, unit = self.exact_maps.output_rows(self.keys[key])
        flat = [int(k) for i in self.outputs for k in rows[i]]
        together = 0
        for k in flat:
            together |= k
        if not together:
            return tuple(flat), Fraction(1)
        zeros = (together & -together).bit_length() - 1
        return tuple(k >> zeros for k in flat), unit * (1 << zeros)

    def rounded(self, key: int) -> tuple[Floats, Floats]:
        """One map, A of shape (n_out, d) and c, each entry rounded once from its rationals, to infinity if it must."""
        integers, unit = self.exact(key)
        flat = [nearest_float(k * unit) for k in integers]
        both: Floats = np.array(flat, dtype=np.float64).reshape(self.shape)
        return both[:, :-1].copy(), both[:, -1].copy()


def _product(W: Floats, H: Floats) -> Floats:
    """W times each of the matrices H[:, k, :]."""
    n_in, n, width = H.shape
    product: Floats = (W @ H.reshape(n_in, n * width)).reshape(len(W), n, width)
    return product


def _unit(array: Floats) -> float:
    """The largest power of two that divides every entry; 1 if all are zero."""
    entries = array[array != 0]
    if not entries.size:
        return 1.0
    mantissas, exponents = np.frexp(entries)
    integers = np.ldexp(mantissas, 53).astype(np.int64)
    lowest = np.frexp((integers & -integers).astype(np.float64))[1] - 1
    return float(np.exp2(np.min(exponents - 53 + lowest).astype(np.float64)))


def _runs(rows: Keys) -> tuple[Indices, Indices]:
    """The first row of each run of equal rows, and the run of each row."""
    is_new = np.ones(len(rows), dtype=bool)
    if len(rows):
        is_new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return np.flatnonzero(is_new), np.cumsum(is_new) - 1


def sorted_distinct_rows(rows: Keys) -> tuple[Indices, Indices]:
    """Sort rows with entries -1, 0, 1 so that those that begin alike stand together, and keep one of each kind.

    Returns
    -------
    first : ndarray of int64, shape (n_distinct,)
        The first row of each kind.
    kind : ndarray of int64, shape (n,)
        The kind of each row.

    Examples
    --------
    >>> first, kind = sorted_distinct_rows(np.array([[1, 0], [0, 1], [1, 0]], dtype=np.int8))
    >>> first, kind
    (array([1, 0]), array([1, 0, 1]))
    """
    n = len(rows)
    if not n:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    columns = _words(rows)
    order = np.lexsort(columns[::-1])
    is_new = np.zeros(n, dtype=bool)
    is_new[0] = True
    for column in columns:
        ordered = column[order]
        is_new[1:] |= ordered[1:] != ordered[:-1]
    kind = np.empty(n, dtype=np.int64)
    kind[order] = np.cumsum(is_new) - 1
    return order[is_new], kind


def _words(rows: Keys) -> list[NDArray[Any]]:
    """The rows packed into 64-bit words that sort as the rows do, word by word."""
    n = len(rows)
    is_binary = not (rows < 0).any()
    bits = (rows > 0)[:, :, np.newaxis] if is_binary else np.stack([rows > 0, rows < 0], axis=2)
    packed = np.packbits(bits.reshape(n, -1), axis=1)
    padded = np.zeros((n, max(8, -(-packed.shape[1] // 8) * 8)), dtype=np.uint8)
    padded[:, : packed.shape[1]] = packed
    words = padded.view(">u8")
    return [words[:, k].astype(np.uint64) for k in range(words.shape[1])]
