"""Tallies of regions that are counted and not kept: those of the columns of a set that is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from random_networks import random_network
from test_workers import RUNS

import polytope_engine as pe
from polytope_engine.regions.tallies import Tally

NAMES = ("n_facets", "n_vertices", "is_bounded", "n_simplices", "volume", "chebyshev_radius")


def tallied(regions: pe.RegionSet, names: tuple[str, ...]) -> dict[str, Tally]:
    """The tallies of the columns of a set."""
    columns = regions.measure(*names)
    found = {}
    for name in names:
        found[name] = Tally(name)
        found[name].add(np.asarray(columns[name]))
    return found


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("n_workers", [1, 3])
def test_tallies_are_those_of_the_columns(name: str, n_workers: int) -> None:
    network, domain, method = RUNS[name]
    names = NAMES if domain is not None else ("n_facets", "n_vertices", "n_rays", "is_bounded")
    count = pe.count_regions(network, domain, method, statistics=names, n_workers=n_workers)
    expected = tallied(pe.enumerate_regions(network, domain, method), names)
    assert tuple(count.statistics) == names
    for column in names:
        assert count.statistics[column].n_regions == count.n_regions
        assert count.statistics[column].counts == expected[column].counts, column
        # cells are measured from another of their vertices: sizes are rounded elsewhere
        assert count.statistics[column].least == pytest.approx(expected[column].least, rel=1e-6)
        assert count.statistics[column].greatest == pytest.approx(expected[column].greatest, rel=1e-6)


def test_bins_hold_the_sizes_between_their_edges() -> None:
    sizes = np.array([0.3, 1.0, 1.05, 1.2, 5.0, 5.9])
    tally = Tally("volume")
    tally.add(sizes)
    expected = Counter(
        next(k for k in range(-40, 40) if tally.edges(k)[0] <= size < tally.edges(k)[1]) for size in sizes
    )
    assert tally.counts == dict(sorted(expected.items()))
    assert tally.mean is None
    assert Tally.from_dict(tally.as_dict()) == tally
    assert Tally.total("volume", [tally, tally]).counts == {k: 2 * n for k, n in tally.counts.items()}


@pytest.mark.parametrize("name", ["by vertices", "by both"])
def test_tallies_go_on_from_checkpoints(name: str, tmp_path: Path) -> None:
    network, domain, method = RUNS[name]
    path, names = tmp_path / "count.npz", ("n_facets", "volume")

    def stop(n: int, _share: float) -> None:
        raise KeyboardInterrupt

    part = pe.count_regions(network, domain, method, checkpoint=path, statistics=names, progress=stop)
    assert part.statistics["n_facets"].n_regions == part.n_regions
    with pytest.raises(pe.errors.InvalidArgumentError, match="another statistics"):
        pe.count_regions(network, domain, method, checkpoint=path)
    whole = pe.count_regions(network, domain, method, checkpoint=path, statistics=names)
    assert whole.statistics == pe.count_regions(network, domain, method, statistics=names).statistics


def test_a_network_without_hyperplanes_has_one_region_to_tally() -> None:
    network = pe.ReLUNetwork([([[0.0, 0.0]], [1.0]), ([[1.0]], [0.0])])
    count = pe.count_regions(network, pe.box(0, 1, dimension=2), statistics=["n_facets", "volume"])
    assert count.statistics["n_facets"].counts == {4: 1}
    assert count.statistics["volume"].counts == {0: 1}


def test_columns_that_are_none_are_refused() -> None:
    network = random_network(2, 4, 1)
    with pytest.raises(pe.errors.InvalidArgumentError, match="is no column"):
        pe.count_regions(network, statistics=["size"])
    with pytest.raises(pe.errors.InvalidArgumentError, match="holds points"):
        pe.count_regions(network, statistics="chebyshev_center")
