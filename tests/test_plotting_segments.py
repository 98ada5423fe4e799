"""Pictures of outputs along a segment."""

from __future__ import annotations

import numpy as np
import pytest
from random_networks import random_network

import polytope_engine as pe
from polytope_engine.plotting import new_axes, plot_segment


def test_lines_are_the_outputs_and_each_layer_has_its_row_of_ticks() -> None:
    network = random_network(5, 9, 7, 3, seed=2)
    segment = pe.regions_on_segment(network, *np.random.default_rng(0).normal(size=(2, 5)) * 3)
    ax = plot_segment(segment)
    drawn = [line for line in ax.get_lines() if str(line.get_label()).startswith("output")]
    assert [line.get_label() for line in drawn] == ["output 0", "output 1", "output 2"]
    for k, line in enumerate(drawn):
        assert np.array_equal(line.get_xdata(), segment.breakpoints)
        assert np.array_equal(line.get_ydata(), segment.outputs[:, k])
    rows = [len(collection.get_segments()) for collection in ax.collections]
    in_layer_0 = sum(segment.neurons_at(k)[0] < 9 for k in range(1, len(segment)))
    assert rows == [in_layer_0, len(segment) - 1 - in_layer_0]
    assert [text.get_text() for text in ax.texts] == [f"layer 0: {rows[0]}", f"layer 1: {rows[1]}"]
    # ticks stand below all lines
    highest = max(path[:, 1].max() for collection in ax.collections for path in collection.get_segments())
    assert highest < segment.outputs.min()
    assert ax.get_legend() is not None


def test_outputs_can_be_chosen_and_axes_given() -> None:
    segment = pe.regions_on_segment(random_network(2, 4, 3), [0, 0], [1, 1])
    ax = new_axes()
    assert plot_segment(segment, ax, outputs=[2]) is ax
    assert [line.get_label() for line in ax.get_lines()][:1] == ["output 2"]
    assert ax.get_legend() is None


def test_segments_without_breakpoints_or_neurons_can_be_drawn() -> None:
    for network in (pe.ReLUNetwork([([[1, 2]], [3])]), random_network(2, 4, 3)):
        ax = plot_segment(pe.regions_on_segment(network, [1, 1], [1, 1]))
        ax.figure.canvas.draw()


def test_bad_arguments_are_named() -> None:
    segment = pe.regions_on_segment(random_network(2, 4, 3), [0, 0], [1, 1])
    with pytest.raises(
        pe.errors.InvalidArgumentError, match="`outputs` has 3, but the network has 3 outputs"
    ):
        plot_segment(segment, outputs=[3])
    for none in (0, "a", [0.5], [[0]]):
        with pytest.raises(pe.errors.InvalidArgumentError, match="must be a sequence of integers"):
            plot_segment(segment, outputs=none)
    with pytest.raises(pe.errors.InvalidArgumentError, match="`segment` has type int"):
        plot_segment(3)  # type: ignore[arg-type]
