"""The tree of all sign cells: each neuron divides a cell into up to three.

A node is a relatively open cell of any dimension on which the neurons so far have constant signs; all earlier
layers are affine on it. A neuron that takes both signs there takes all three, and gives three children: two of the
same dimension, and one that is smaller by one. Any other neuron, one that vanishes on the whole cell included, has
one sign and adds nothing. So no node is ever empty, and n cells cost (n - 1) / 2 cuts.

The walk begins with the domain's interior; or, in a closed domain, with its rows in the place of neurons that may be
zero or positive. What is left after them is one cell for each set of rows that vanish together: a face of the domain.
A row that touches the domain in a face only, or repeats another one, vanishes where others do, and adds no face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polytope_engine.exact.decisions import CUT, NEGATIVE
from polytope_engine.exact.generators import OpenCell
from polytope_engine.exact.rational import Row
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope

START, DOMAIN = -2, -1  # what comes before layer 0


@dataclass(frozen=True, slots=True)
class Node:
    """A cell that waits for its remaining neurons.

    Attributes
    ----------
    cell : OpenCell
        The cell; its vectors hold the values of the current layer's waiting neurons.
    layer, n_waiting : int
        The last `n_waiting` neurons of this layer have not been looked at; of those, the first is the last
        entry of the cell's vectors. Layer -1 is the domain's rows, and -2 comes before everything.
    signs : bytearray of length N + m
        Signs of the others so far, as int8; those of the domain's m rows at the end.
    share : float
        The part of the tree that this node stands for, in an estimate of the work done.
    """

    cell: OpenCell
    layer: int
    n_waiting: int
    signs: bytearray
    share: float


@dataclass(frozen=True, slots=True)
class FoundCell:
    """A sign cell: signs of neurons and of domain rows as int8 bytes, dimension, interior point over a denominator."""

    signs: bytes
    dimension: int
    is_bounded: bool
    point: tuple[int, ...]


def domain_cell(domain: HPolytope | None, dimension: int) -> OpenCell:
    """The interior of a full-dimensional domain, or R^d.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> square = domain_cell(pe.box(0, 1, dimension=2), 2)
    >>> sorted(vertex[:2] for vertex in square.generators)
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    whole = OpenCell.whole_space(dimension)
    if domain is None:
        return whole
    cell = whole.with_functions(domain.exact_rows)
    for entry in reversed(range(dimension + 1, dimension + 1 + domain.n_rows)):
        if cell.sign(entry) == CUT:
            _, _, cell = cell.cut(entry)
    return cell


class SignTree:
    """The walk, depth first, so that memory is the depth of the tree beside what was found.

    Parameters
    ----------
    network : ReLUNetwork
    domain : HPolytope or None
        Where cells are looked for; None for R^d.
    closed : bool
        Whether the cells in the domain's boundary count as well, or those of its interior only.

    Attributes
    ----------
    found : list of FoundCell
    waiting : list of Node
        A stack. A node stays there until it is done with, so as long as it is not empty something may be missing,
        wherever the walk was interrupted.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> tree = SignTree(pe.library.identity().network, None)
    >>> while tree.waiting:
    ...     tree.step()
    >>> [(cell.dimension, list(cell.signs)) for cell in tree.found]        # 255 stands for -1
    [(1, [255, 1]), (0, [0, 0]), (1, [1, 255])]
    """

    def __init__(self, network: ReLUNetwork, domain: HPolytope | None, *, closed: bool = False) -> None:
        self.network = network
        self.domain = domain
        self.closed = closed
        self._domain_rows = () if domain is None else domain.exact_rows
        self.found: list[FoundCell] = []
        self.n_decisions = 0
        self.n_cuts = 0
        self._done = 0.0
        root = OpenCell.whole_space(network.input_dim)
        inside = bytearray(any(row) for row in self._domain_rows)
        self.waiting = [Node(root, START, 0, bytearray(network.n_neurons) + inside, 1.0)]

    @property
    def fraction_done(self) -> float:
        """An estimate of how much of the work is done, from 0 to 1."""
        return min(self._done, 1.0)

    def step(self) -> None:
        """Take the last waiting node, and find its cell, or put its parts in its place."""
        node = self.waiting[-1]
        while node.layer < self.network.n_hidden_layers:
            parts = self._parts(node)
            if parts is not None:
                self.waiting[-1:] = parts
                self._done += 0.0 if parts else node.share
                return
            node = self._entered(node, node.layer + 1)
        cell = node.cell
        found = FoundCell(bytes(node.signs), cell.dimension, cell.is_bounded(), cell.interior_point())
        self.found.append(found)
        self.waiting.pop()
        self._done += node.share

    def _entered(self, node: Node, layer: int) -> Node:
        """The node at the beginning of a layer."""
        rows: Sequence[Row]
        if layer == DOMAIN:
            if not self.closed:
                interior = domain_cell(self.domain, self.network.input_dim)
                return Node(interior, layer, 0, node.signs, node.share)
            rows = self._domain_rows
        elif layer < self.network.n_hidden_layers:
            rows, _ = self.network.exact.pre_activation_rows(layer, np.frombuffer(node.signs, dtype=np.int8))
        else:
            return Node(node.cell, layer, 0, node.signs, node.share)
        return Node(node.cell.with_functions(rows[::-1]), layer, len(rows), node.signs, node.share)

    def _parts(self, node: Node) -> list[Node] | None:
        """Look at a layer until a function cuts the cell: its parts, the negative one on top; none if it is outside.

        None, not a list, if no function cuts the cell; its signs are known then.
        """
        if node.layer == DOMAIN:
            return self._parts_inside(node)
        cell, signs, layer = node.cell, node.signs, node.layer
        end = 0 if layer == START else self.network.layer_offsets[layer] + self.network.hidden_widths[layer]
        for waiting in range(node.n_waiting, 0, -1):
            entry = cell.ambient + waiting
            sign = cell.sign(entry)
            self.n_decisions += 1
            if sign == CUT:
                self.n_cuts += 1
                below, at, above = cell.cut(entry)
                return [
                    Node(part, layer, waiting - 1, _with(signs, end - waiting, s), node.share / 3)
                    for part, s in ((above, 1), (at, 0), (below, -1))
                ]
            signs[end - waiting] = sign & 255
        return None

    def _parts_inside(self, node: Node) -> list[Node] | None:
        """The same for the rows of the domain, which are nowhere negative."""
        cell, signs = node.cell, node.signs
        for waiting in range(node.n_waiting, 0, -1):
            entry = cell.ambient + waiting
            sign = cell.sign(entry)
            if sign == NEGATIVE:
                return []
            if sign == CUT:
                _, at, above = cell.cut(entry)
                return [
                    Node(part, DOMAIN, waiting - 1, _with(signs, len(signs) - waiting, s), node.share / 2)
                    for part, s in ((at, 0), (above, 1))
                ]
            signs[len(signs) - waiting] = sign
        return None


def _with(signs: bytearray, neuron: int, sign: int) -> bytearray:
    copy = bytearray(signs)
    copy[neuron] = sign & 255
    return copy
