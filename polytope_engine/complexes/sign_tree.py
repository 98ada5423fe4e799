"""The tree of all sign cells: each neuron divides a cell into up to three.

A node is a relatively open cell of any dimension on which the neurons so far have constant signs; all earlier
layers are affine on it. A neuron that takes both signs there takes all three, and gives three children: two of the
same dimension, and one that is smaller by one. Any other neuron, one that vanishes on the whole cell included, has
one sign and adds nothing. So no node is ever empty, and n cells cost (n - 1) / 2 cuts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polytope_engine.exact.decisions import CUT
from polytope_engine.exact.generators import OpenCell
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope


@dataclass(frozen=True, slots=True)
class Node:
    """A cell that waits for its remaining neurons.

    Attributes
    ----------
    cell : OpenCell
        The cell; its vectors hold the values of the current layer's waiting neurons.
    layer, n_waiting : int
        The last `n_waiting` neurons of this layer have not been looked at; of those, the first is the last
        entry of the cell's vectors.
    signs : bytearray of length N
        Signs of the others so far, as int8.
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
    """A sign cell: its signs as int8 bytes, its dimension, and an interior point over a denominator."""

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
        Cells are looked for in its interior, or in R^d.

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

    def __init__(self, network: ReLUNetwork, domain: HPolytope | None) -> None:
        self.network = network
        self.domain = domain
        self.found: list[FoundCell] = []
        self.n_decisions = 0
        self.n_cuts = 0
        self._done = 0.0
        root = OpenCell.whole_space(network.input_dim)
        self.waiting = [Node(root, -1, 0, bytearray(network.n_neurons), 1.0)]

    @property
    def fraction_done(self) -> float:
        """An estimate of how much of the work is done, from 0 to 1."""
        return min(self._done, 1.0)

    def step(self) -> None:
        """Take the last waiting node, and find its cell, or put its three children in its place."""
        node = self.waiting[-1]
        if node.layer < 0:
            node = self._entered(domain_cell(self.domain, self.network.input_dim), 0, node)
        while node.layer < self.network.n_hidden_layers:
            children = self._children(node)
            if children:
                self.waiting[-1:] = children
                return
            node = self._entered(node.cell, node.layer + 1, node)
        cell = node.cell
        found = FoundCell(bytes(node.signs), cell.dimension, cell.is_bounded(), cell.interior_point())
        self.found.append(found)
        self.waiting.pop()
        self._done += node.share

    def _entered(self, cell: OpenCell, layer: int, node: Node) -> Node:
        """The node at the beginning of a layer."""
        if layer == self.network.n_hidden_layers:
            return Node(cell, layer, 0, node.signs, node.share)
        rows, _ = self.network.exact.pre_activation_rows(layer, np.frombuffer(node.signs, dtype=np.int8))
        return Node(cell.with_functions(rows[::-1]), layer, len(rows), node.signs, node.share)

    def _children(self, node: Node) -> list[Node]:
        """Look at a layer's neurons until one cuts the cell: its three parts, the negative one on top."""
        cell, signs = node.cell, node.signs
        end = self.network.layer_offsets[node.layer] + self.network.hidden_widths[node.layer]
        for waiting in range(node.n_waiting, 0, -1):
            entry = cell.ambient + waiting
            sign = cell.sign(entry)
            self.n_decisions += 1
            if sign == CUT:
                self.n_cuts += 1
                below, at, above = cell.cut(entry)
                return [
                    Node(part, node.layer, waiting - 1, _with(signs, end - waiting, s), node.share / 3)
                    for part, s in ((above, 1), (at, 0), (below, -1))
                ]
            signs[end - waiting] = sign & 255
        return []


def _with(signs: bytearray, neuron: int, sign: int) -> bytearray:
    copy = bytearray(signs)
    copy[neuron] = sign & 255
    return copy
