"""How long do segments take? Pieces are proven, or agree with other means, before the clock starts; one core, warm."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import polytope_engine as pe


def he_network(*widths: int, seed: int, bias: float = 1.0) -> pe.ReLUNetwork:
    """Weights of variance 2 / fan-in, normal biases."""
    rng = np.random.default_rng(seed)
    return pe.ReLUNetwork(
        [(rng.normal(size=(b, a)) * np.sqrt(2 / a), bias * rng.normal(size=b)) for a, b in pairwise(widths)]
    )


def check(segment: pe.SegmentRegions) -> None:
    """Signs at points in the middle of pieces, and the number of crossings, as exact signs at these points say."""
    network, t = segment.network, segment.midpoints
    is_wide = (
        np.diff(segment.breakpoints) > 2 * segment.breakpoint_errors[1:] + 2 * segment.breakpoint_errors[:-1]
    )
    places = np.flatnonzero(is_wide)
    assert len(places) > 0.9 * len(segment)
    assert np.array_equal(network.sign_vector(segment.points(t[places])), segment.sign_vectors[places])


def digits() -> Any:
    """Handwritten digits of 8 x 8 pixels, repeated to 784 coordinates."""
    load = pytest.importorskip("sklearn.datasets").load_digits
    return np.kron(load().data.reshape(-1, 8, 8), np.ones((4, 4)))[:, 2:30, 2:30].reshape(-1, 784)


CASES = {
    # name: widths, bias, factor of the points
    "784-512-512-10, normal points": ((784, 512, 512, 10), 1.0, 1.0),
    "784-512-512-10, digits": ((784, 512, 512, 10), 1.0, None),
    "784-512-512-512-512-10, normal points": ((784, 512, 512, 512, 512, 10), 1.0, 1.0),
    "784-2048-2048-10, normal points": ((784, 2048, 2048, 10), 1.0, 1.0),
}


@pytest.mark.parametrize("name", CASES)
def test_one_segment(benchmark: Any, name: str) -> None:
    widths, bias, factor = CASES[name]
    network = he_network(*widths, seed=0, bias=bias)
    x0, x1 = digits()[:2] if factor is None else np.random.default_rng(1).normal(size=(2, 784)) * factor
    check(pe.regions_on_segment(network, x0, x1))
    start = time.process_time()
    segment = benchmark.pedantic(pe.regions_on_segment, args=(network, x0, x1), rounds=1, iterations=1)
    seconds = time.process_time() - start
    benchmark.extra_info.update(
        regions=len(segment), seconds=round(seconds, 3), n_exact=segment.segments.n_exact
    )
    assert seconds < 2


def test_a_segment_with_thousands_of_breakpoints(benchmark: Any) -> None:
    """Sixteen neurons of the second layer zigzag between the zeros of the first; the others are random."""
    rng = np.random.default_rng(0)
    direction = rng.normal(size=784)
    along = direction / (direction @ direction)
    first = along + 1e-4 * rng.normal(size=(512, 784)) / 28
    places = (np.arange(512) + 0.02 * rng.uniform(size=512)) / 512
    second = rng.normal(size=(512, 512)) / 16
    second[:16] = 2.0 * (-1.0) ** np.arange(512)
    second[:16, 0] = 1.0
    biases = -rng.uniform(0, 2e-3, 512)
    network = pe.ReLUNetwork(
        [(first, -places), (second, biases), (rng.normal(size=(10, 512)) / 16, np.zeros(10))]
    )
    check(pe.regions_on_segment(network, np.zeros(784), direction))
    start = time.process_time()
    segment = benchmark.pedantic(
        pe.regions_on_segment, args=(network, np.zeros(784), direction), rounds=1, iterations=1
    )
    seconds = time.process_time() - start
    benchmark.extra_info.update(
        regions=len(segment), seconds=round(seconds, 3), n_exact=segment.segments.n_exact
    )
    assert len(segment) > 4000
    assert seconds < 2


@pytest.mark.parametrize(
    ("widths", "m", "least"),
    [((784, 512, 512, 10), 100, 20), ((64, 64, 64, 10), 2000, 500), ((4, 16, 16, 1), 20000, 10_000)],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_segments_a_second(benchmark: Any, widths: tuple[int, ...], m: int, least: int) -> None:
    network = he_network(*widths, seed=0)
    x0, x1 = np.random.default_rng(1).normal(size=(2, m, widths[0]))
    for segment in pe.regions_on_segments(network, x0, x1)[:: m // 5]:
        if len(segment) > 10:
            check(segment)
    start = time.process_time()
    segments = benchmark.pedantic(pe.regions_on_segments, args=(network, x0, x1), rounds=1, iterations=1)
    seconds = time.process_time() - start
    benchmark.extra_info.update(
        segments_a_second=round(m / seconds),
        regions_a_second=round(int(segments.n_regions.sum()) / seconds),
        n_exact=segments.n_exact,
    )
    assert m / seconds > least


@pytest.mark.parametrize("kind", ["integers", "zero biases", "twins"])
def test_where_everything_ties(benchmark: Any, kind: str) -> None:
    rng = np.random.default_rng(3)
    layers = [(rng.integers(-3, 4, (b, a)), rng.integers(-3, 4, b)) for a, b in ((16, 32), (32, 32), (32, 2))]
    if kind == "zero biases":
        layers = [(W, 0 * b) for W, b in layers]
    if kind == "twins":
        (W, b), (V, c), out = layers
        layers = [(np.vstack([W, -W]), np.append(b, -b)), (np.hstack([V, 2 * V]), c), out]
    network = pe.ReLUNetwork(layers)
    x0, x1 = rng.integers(-4, 5, (2, 200, 16))
    for segment in pe.regions_on_segments(network, x0, x1)[::50]:
        check(segment)
    start = time.process_time()
    segments = benchmark.pedantic(pe.regions_on_segments, args=(network, x0, x1), rounds=1, iterations=1)
    seconds = time.process_time() - start
    benchmark.extra_info.update(segments_a_second=round(200 / seconds), n_exact=segments.n_exact)
    assert 200 / seconds > 20
