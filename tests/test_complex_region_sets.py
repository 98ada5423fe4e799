"""`f_vector` and `euler_characteristic` of region sets: what they take, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from complex_networks import complexes
from hypothesis import given, settings

import polytope_engine as pe
from polytope_engine.complexes import cells_of_regions as module
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions.region_set import RegionSet

Placed = tuple[pe.ReLUNetwork, pe.HPolytope | None, bool]


@settings(max_examples=25)
@given(complexes())
def test_the_last_numbers_of_an_f_vector_are_those_of_regions_and_walls(placed: Placed) -> None:
    network, domain, closed = placed
    regions = pe.enumerate_regions(network, domain)
    f = regions.f_vector(closed=closed)
    assert f[-1] == len(regions)
    assert regions.f_vector()[-2] == len(regions.walls())
    assert regions.f_vector(bounded=True, closed=closed)[-1] == sum(r.is_bounded() for r in regions)
    alternating = sum((-1) ** k * n for k, n in enumerate(f))
    assert regions.euler_characteristic(closed=closed) == alternating
    cells = pe.sign_cells(network, domain, closed=closed)
    assert regions.euler_characteristic(bounded=True, closed=closed) == cells.euler_characteristic(
        bounded=True
    )


def test_an_incomplete_set_is_refused_with_what_to_do() -> None:
    regions = pe.enumerate_regions(pe.library.generic(6, 3).network, max_regions=5)
    sentence = "`regions` is incomplete \\(5 regions; .*max_regions.*enumerate them without limits"
    for ask in (regions.f_vector, regions.euler_characteristic):
        with pytest.raises(InvalidArgumentError, match=sentence) as caught:
            ask()
        assert (caught.value.n_regions, caught.value.status) == (5, regions.status)


@pytest.mark.parametrize("lie", ["one is missing", "one is another", "one too many"])
def test_a_set_that_is_not_that_of_its_network_is_refused(lie: str) -> None:
    true = pe.enumerate_regions(pe.library.stargalla().network)
    kept = {"one is missing": range(4), "one is another": range(5), "one too many": [0, 1, 2, 3, 4, 0]}[lie]
    signs = true.sign_vectors[kept].copy()
    if lie != "one is missing":
        signs[-1] = [1, 1, 1, 1, 1]  # y and -y are never positive both
    false = RegionSet(
        true.network, None, signs, true.interior_points[kept],
        exact_interior_points={}, status=true.status, work=true.work, certificate=true.certificate,
    )  # fmt: skip
    with pytest.raises(
        InvalidArgumentError, match=f"`regions` has {len(signs)} regions, but its network has 5 cells"
    ):
        false.f_vector()


def test_flags_are_flags() -> None:
    regions = pe.enumerate_regions(pe.library.hat().network)
    with pytest.raises(InvalidArgumentError, match="`closed` is 1; it must be True or False"):
        regions.f_vector(closed=1)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="`bounded` is None; it must be True or False"):
        regions.euler_characteristic(bounded=None)  # type: ignore[arg-type]


def test_progress_is_told_and_control_c_gives_no_number() -> None:
    regions = pe.enumerate_regions(pe.library.generic(8, 3).network)
    seen: list[tuple[int, float]] = []
    regions.f_vector(progress=lambda n, done: seen.append((n, done)))
    assert seen[-1] == (sum(regions.f_vector()), 1.0)

    def interrupt(n_cells: int, fraction_done: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        regions.f_vector(progress=interrupt)


def test_loaded_regions_have_the_same_cells(tmp_path: object) -> None:
    regions = pe.enumerate_regions(pe.library.named("tight_plane").network, pe.box(-3, 3, dimension=2))
    regions.save(tmp_path / "regions.npz")  # type: ignore[operator]
    loaded = pe.load_regions(tmp_path / "regions.npz")  # type: ignore[operator]
    assert loaded.f_vector(closed=True) == regions.f_vector(closed=True)
    assert np.array_equal(
        module.cells_of_regions(loaded).sign_vectors, module.cells_of_regions(regions).sign_vectors
    )
