"""The tree of all sign cells: each neuron divides a cell into up to three.

A node is a relatively open cell of any dimension on which the neurons so far have constant signs; all earlier
layers are affine on it. A neuron that takes both signs there takes all three, and gives three children: two of the
same dimension, and one that is smaller by one. Any other neuron, one that vanishes on the whole cell included, has
one sign and adds nothing. So no node is ever empty, and n cells cost (n - 1) / 2 cuts.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from polytope_engine.exact.decisions import CUT
from polytope_engine.exact.generators import OpenCell
from polytope_engine.network.relu_network import ReLUNetwork


@dataclass(frozen=True, slots=True)
class Node:
    """A cell that waits for its remaining neurons.

    Attributes
    ----------
    cell : OpenCell
        The cell; its vectors hold the values of the current layer's waiting neurons.
    layer, n_waiting : int
        The first `n_waiting` neurons of this layer have not been looked at.
    signs : bytearray of length N
        Signs of the others so far, as int8.
    share : Fraction
        The part of the tree that this node stands for, in an estimate of the work done.
    """

    cell: OpenCell
    layer: int
    n_waiting: int
    signs: bytearray
    share: Fraction


@dataclass(frozen=True, slots=True)
class FoundCell:
    """A sign cell: its signs as int8 bytes, its dimension, and an interior point over a denominator."""

    signs: bytes
    dimension: int
    is_bounded: bool
    point: tuple[int, ...]


class SignTree:
    """The walk, depth first, so that memory is the depth of the tree beside what was found.

    Parameters
    ----------
    network : ReLUNetwork
    domain : OpenCell
        Where cells are looked for.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> tree = SignTree(pe.library.identity().network, OpenCell.whole_space(1))
    >>> while not tree.is_finished:
    ...     tree.step()
    >>> [(cell.dimension, list(cell.signs)) for cell in tree.found]        # 255 stands for -1
    [(1, [255, 1]), (0, [0, 0]), (1, [1, 255])]
    """

    def __init__(self, network: ReLUNetwork, domain: OpenCell) -> None:
        self.network = network
        self.found: list[FoundCell] = []
        self.n_decisions = 0
        self.n_cuts = 0
        self.done = Fraction(0)
        self.waiting = [self._entered(domain, 0, bytearray(network.n_neurons), Fraction(1))]

    @property
    def is_finished(self) -> bool:
        """Whether all cells are found; as long as it is not, at least one is missing."""
        return not self.waiting

    def _entered(self, cell: OpenCell, layer: int, signs: bytearray, share: Fraction) -> Node:
        """The node where a layer begins."""
        if layer == self.network.n_hidden_layers:
            return Node(cell, layer, 0, signs, share)
        rows, _ = self.network.exact.pre_activation_rows(layer, np.frombuffer(signs, dtype=np.int8))
        return Node(cell.with_functions(rows), layer, len(rows), signs, share)

    def step(self) -> None:
        """Take a node, and find its cell, or its three children."""
        node = self.waiting.pop()
        while node.layer < self.network.n_hidden_layers:
            if self._divided(node):
                return
            node = self._entered(node.cell, node.layer + 1, node.signs, node.share)
        cell = node.cell
        self.found.append(
            FoundCell(bytes(node.signs), cell.dimension, cell.is_bounded(), cell.interior_point())
        )
        self.done += node.share

    def _divided(self, node: Node) -> bool:
        """Look at a layer's neurons, from the last to the first, until one cuts the cell."""
        cell, signs = node.cell, node.signs
        first_entry = cell.ambient + 1
        first_neuron = self.network.layer_offsets[node.layer]
        for neuron in reversed(range(node.n_waiting)):
            sign = cell.sign(first_entry + neuron)
            self.n_decisions += 1
            if sign == CUT:
                self.n_cuts += 1
                children = zip(cell.cut(first_entry + neuron), (-1, 0, 1), strict=True)
                self.waiting += [
                    Node(part, node.layer, neuron, _with(signs, first_neuron + neuron, s), node.share / 3)
                    for part, s in reversed(list(children))
                ]
                return True
            signs[first_neuron + neuron] = sign & 255
        return False


def _with(signs: bytearray, neuron: int, sign: int) -> bytearray:
    copy = bytearray(signs)
    copy[neuron] = sign & 255
    return copy
