"""How `measure` is called: workers, progress, Ctrl-C, incomplete and reordered sets, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from measuring import random_network, simplex

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions.columns import COLUMNS
from polytope_engine.regions.region_set import RegionSet

SQUARE = pe.box(-1, 1, dimension=2)
LARGE = pe.enumerate_regions(random_network(2, 40, 30, 1, seed=3), pe.box(-3, 3, dimension=2))
SMALL = pe.enumerate_regions(random_network(2, 6, 4, 1, seed=3), SQUARE)


@pytest.mark.parametrize("clip", [None, SQUARE])
@pytest.mark.parametrize("domain", [pe.box(-1, 1, dimension=3), None])
def test_any_number_of_workers_gives_the_same_columns(
    domain: pe.HPolytope | None, clip: pe.HPolytope | None
) -> None:
    regions = pe.enumerate_regions(random_network(3, 14, 10, 1, seed=1), domain)
    clip = None if clip is None else simplex(3, 0.75)
    one = regions.measure(clip=clip, n_workers=1)
    for n_workers in (2, 4, None):
        found = regions.measure(clip=clip, n_workers=n_workers)
        assert found.n_exact == one.n_exact
        for name, column in one.items():
            np.testing.assert_array_equal(found[name], column, err_msg=name)


def test_columns_asked_for_alone_are_those_of_all() -> None:
    everything = SMALL.measure(n_workers=1)
    assert list(everything) == list(COLUMNS)
    for name, column in everything.items():
        alone = SMALL.measure(name, n_workers=1)
        assert list(alone) == [name]
        np.testing.assert_allclose(alone[name], column, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("n_workers", [1, 2])
def test_progress_goes_up_to_all_regions(n_workers: int) -> None:
    told: list[tuple[int, float]] = []
    LARGE.measure(progress=lambda n, done: told.append((n, done)), n_workers=n_workers)
    numbers = [n for n, _ in told]
    assert len(told) > 2
    assert numbers == sorted(numbers)
    assert told[-1] == (len(LARGE), 1.0)
    assert all(done == n / len(LARGE) for n, done in told)
    told.clear()
    LARGE.measure("volume", progress=lambda n, done: told.append((n, done)), clip=SQUARE, n_workers=n_workers)
    assert told[-1] == (len(LARGE), 1.0)  # those that miss the clip are measured, too


@pytest.mark.parametrize("n_workers", [1, 3])
@pytest.mark.parametrize("exact", [False, True])
def test_after_an_interruption_the_columns_hold_the_first_regions(n_workers: int, exact: bool) -> None:
    def stop(n: int, done: float) -> None:
        if n > 0:
            raise KeyboardInterrupt

    names = ("n_facets", "volume", "centroid")
    found = LARGE.measure(*names, progress=stop, n_workers=n_workers, exact=exact)
    whole = LARGE.measure(*names)
    assert not found.is_complete
    assert "incomplete" in repr(found)
    n = found.n_regions
    assert 0 < n < len(LARGE)
    np.testing.assert_array_equal(found["n_facets"], whole["n_facets"][:n])
    for name in ("volume", "centroid"):
        np.testing.assert_allclose(found[name].astype(np.float64), whole[name][:n], rtol=1e-7, atol=1e-9)


def test_the_regions_of_a_search_that_stopped_early_are_measured() -> None:
    network, domain = random_network(2, 16, 12, 1, seed=3), pe.box(-3, 3, dimension=2)
    whole = pe.enumerate_regions(network, domain)
    some = pe.enumerate_regions(network, domain, max_regions=40)
    assert (len(some), some.status.is_complete) == (40, False)
    known, found = whole.measure(), some.measure()
    assert (found.n_regions, found.is_complete) == (40, True)
    order = whole.sign_index.find(some.sign_vectors)
    for name, column in found.items():
        np.testing.assert_allclose(column, known[name][order], rtol=1e-12, atol=1e-14, err_msg=name)


def reordered(regions: RegionSet, order: np.ndarray) -> RegionSet:
    """The same set in another order."""
    new = {int(old): k for k, old in enumerate(order)}
    return RegionSet(
        regions.network,
        regions.domain,
        regions.sign_vectors[order],
        regions.interior_points[order],
        exact_interior_points={new[i]: point for i, point in regions.exact_interior_points.items()},
        status=regions.status,
        work=regions.work,
        certificate=regions.certificate,
    )


def test_columns_follow_the_order_of_the_set() -> None:
    order = np.random.default_rng(0).permutation(len(SMALL))
    moved = reordered(SMALL, order)
    np.testing.assert_array_equal(moved.sign_vectors, SMALL.sign_vectors[order])
    known = SMALL.measure(n_workers=1)
    for name, column in moved.measure(n_workers=2).items():
        np.testing.assert_array_equal(column, known[name][order], err_msg=name)


def test_a_tight_accuracy_makes_more_regions_rational_and_a_loose_one_fewer() -> None:
    loose, tight = (SMALL.measure("volume", "diameter", accuracy=a, n_workers=1) for a in (0.5, 1e-300))
    assert (loose.n_exact, tight.n_exact) == (0, len(SMALL))
    np.testing.assert_allclose(loose["volume"], tight["volume"], rtol=1e-9)
    exact = SMALL.measure("volume", exact=True)["volume"]
    assert tight["volume"].tolist() == [float(v) for v in exact]


def test_delaunay_counts_of_generic_cells_are_those_of_single_polytopes() -> None:
    for d, widths in ((2, (2, 9, 6, 1)), (3, (3, 7, 5, 1)), (4, (4, 6, 3, 1))):
        network = random_network(*widths, seed=9)
        regions = pe.enumerate_regions(network, pe.box(-1, 1, dimension=d))
        clip = simplex(d, 0.7)
        found = regions.measure("n_simplices", "n_vertices", rule="delaunay", clip=clip, n_workers=1)
        for region, n, n_vertices in zip(regions, found["n_simplices"], found["n_vertices"], strict=True):
            if n_vertices:
                assert n == len(region.polytope.intersection(clip).triangulation("delaunay"))
            else:
                assert n == 0


# -- refusals ----------------------------------------------------------------------------------------

WRONG: dict[str, tuple[tuple[Any, ...], dict[str, Any], str]] = {
    "no such column": (("size",), {}, "'size'"),
    "a column that is no name": ((3,), {}, "3"),
    "a list of columns": ((["volume"],), {}, "volume"),
    "clip of another dimension": ((), {"clip": pe.box(0, 1, dimension=3)}, "`clip`"),
    "clip of another type": ((), {"clip": [(0, 1), (0, 1)]}, "`clip`"),
    "flat clip": ((), {"clip": pe.HPolytope([[1, 0], [-1, 0]], [0, 0])}, "`clip`"),
    "empty clip": ((), {"clip": pe.HPolytope([[1, 0], [-1, 0]], [0, -1])}, "`clip`"),
    "accuracy 0": ((), {"accuracy": 0.0}, "`accuracy`"),
    "accuracy 2": ((), {"accuracy": 2.0}, "`accuracy`"),
    "accuracy nan": ((), {"accuracy": float("nan")}, "`accuracy`"),
    "accuracy of a word": ((), {"accuracy": "x"}, "`accuracy`"),
    "accuracy True": ((), {"accuracy": True}, "`accuracy`"),
    "no workers": ((), {"n_workers": 0}, "`n_workers`"),
    "True workers": ((), {"n_workers": True}, "`n_workers`"),
    "half a worker": ((), {"n_workers": 0.5}, "`n_workers`"),
    "another rule": ((), {"rule": "fan"}, "`rule`"),
    "a rule that is no word": ((), {"rule": ["pulling"]}, "`rule`"),
    "progress that cannot be called": ((), {"progress": 3}, "`progress`"),
    "a rational diameter": (("diameter",), {"exact": True}, "`diameter`"),
    "a rational ball": (("volume", "chebyshev_radius"), {"exact": True}, "`chebyshev_radius`"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_what_measure_refuses_it_names_in_a_sentence(
    wrong: tuple[tuple[Any, ...], dict[str, Any], str],
) -> None:
    names, arguments, named = wrong
    with pytest.raises(InvalidArgumentError) as refusal:
        SMALL.measure(*names, **arguments)
    sentence = str(refusal.value)
    assert named in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
