"""How long does a boundary take? Answers are checked before the clock starts; one core, warm."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import polytope_engine as pe
from polytope_engine.data import load_demo

TORUS = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "surfaces" / "torus.npz"


def seconds(task: Callable[[], object]) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def test_the_boundary_of_a_trained_classifier_takes_a_second_at_most() -> None:
    regions = pe.enumerate_regions(*load_demo("two_moons"))
    boundary = regions.decision_boundary()
    assert (len(regions), len(boundary), boundary.euler_characteristic()) == (1_383, 46, 1)
    took = seconds(regions.decision_boundary)
    assert took < 1


def test_the_surface_of_a_trained_torus_takes_ten_seconds_at_most() -> None:
    regions = pe.enumerate_regions(pe.load_network(TORUS), pe.box(-1, 1, dimension=3))
    surface = regions.level_set(0)
    assert (len(regions), len(surface), surface.genus()) == (7_546, 1_188, 1)
    took = seconds(lambda: regions.level_set(0).betti_numbers())
    assert took < 10


def test_a_level_set_in_space_takes_tens_of_seconds_at_most() -> None:
    generator = np.random.default_rng(0)
    layers = [
        (generator.normal(size=(b, a)), generator.normal(size=b) / 2) for a, b in ((3, 32), (32, 32), (32, 1))
    ]
    network = pe.ReLUNetwork(layers)
    regions = pe.enumerate_regions(network, pe.box(-1, 1, dimension=3))
    value = float(np.median(network(regions.interior_points)))
    surface = regions.level_set(value)
    assert (len(surface), surface.n_exact) == (len(surface.crossed_regions), len(surface))
    took = seconds(lambda: regions.level_set(value))
    assert took < 30
