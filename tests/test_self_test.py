"""The self-test of region sets: right sets pass, and every sabotage is noticed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.complexes import checks
from polytope_engine.network.exact_maps import ExactMaps
from polytope_engine.regions.region_set import RegionSet

CATALOG = {net.name: net for net in pe.library.catalog(max_regions=40)}
SQUARE = pe.box(-1, 1, dimension=2)
NAMES = [
    "interior points",
    "sign vectors",
    "affine maps",
    "graph",
    "closure",
    "handshake",
    "continuity",
    "volumes",
    "Euler",
]


def random_network(seed: int, *widths: int, integer: bool = False, slope: Any = 0) -> pe.ReLUNetwork:
    rng = np.random.default_rng(seed)
    pairs = list(zip(widths[:-1], widths[1:], strict=True))
    if integer:
        return pe.ReLUNetwork(
            [(rng.integers(-2, 3, (n, m)), rng.integers(-2, 3, n)) for m, n in pairs], slope
        )
    return pe.ReLUNetwork([(rng.normal(size=(n, m)), rng.normal(size=n)) for m, n in pairs], slope)


def regions_of(seed: int = 0, domain: pe.HPolytope | None = SQUARE) -> RegionSet:
    return pe.enumerate_regions(random_network(seed, 2, 4, 3, 2), domain)


def changed(regions: RegionSet, **columns: Any) -> RegionSet:
    """The same set with other columns, and the same claims."""
    given = {
        "sign_vectors": regions.sign_vectors,
        "interior_points": regions.interior_points,
        "exact_interior_points": regions.exact_interior_points,
        "status": regions.status,
    } | columns
    return RegionSet(
        regions.network,
        regions.domain,
        given.pop("sign_vectors"),
        given.pop("interior_points"),
        work=regions.work,
        certificate=regions.certificate,
        **given,
    )


def failures(regions: RegionSet, **options: Any) -> set[str]:
    report = regions.self_test(**options)
    assert bool(report) == (not report.failed)
    return {check.name for check in report.failed}


@pytest.mark.parametrize("name", CATALOG)
def test_right_sets_of_the_library_pass(name: str) -> None:
    report = pe.enumerate_regions(CATALOG[name].network).self_test()
    assert report, report
    assert [check.name for check in report.checks] == NAMES
    assert [check.name for check in report.checks if check.passed is None] == ["volumes"]


@pytest.mark.parametrize(
    ("network", "domain"),
    [
        (random_network(1, 2, 4, 3, 2), SQUARE),
        (random_network(1, 2, 4, 3, 1, integer=True), SQUARE),
        (random_network(2, 3, 3, 2, 1, slope=Fraction(1, 3)), pe.box(-1, 1, dimension=3)),
        (random_network(3, 3, 2, 2, 1), None),  # regions that contain lines
        (pe.library.duplicate_neuron().network, pe.box(-1, 3, dimension=1)),
        (pe.library.thin_region().network, pe.box(-1, 1, dimension=1)),
        (pe.library.dead_layer().network, SQUARE),
        (pe.library.zero_plateau().network, pe.HPolytope([[1, 1], [-1, 0], [0, -1]], [3, 1, 1])),
        (random_network(4, 2, 3, 1), pe.HPolytope([[1, 1]], [Fraction(1, 3)])),
        (pe.ReLUNetwork([([[1, 2]], [0])]), SQUARE),
        (pe.ReLUNetwork([([[1], [2]], [0, 1]), (np.zeros((0, 2)), np.zeros(0))]), None),
    ],
    ids=lambda value: repr(value),
)
def test_right_sets_pass(network: pe.ReLUNetwork, domain: pe.HPolytope | None) -> None:
    report = pe.enumerate_regions(network, domain).self_test()
    assert report, report
    assert len(report.checks) == len(NAMES)


def test_a_dropped_region_of_a_set_called_complete_is_noticed() -> None:
    regions = regions_of()
    for k in range(0, len(regions), 3):
        kept = np.delete(np.arange(len(regions)), k)
        fewer = changed(
            regions, sign_vectors=regions.sign_vectors[kept], interior_points=regions.interior_points[kept]
        )
        assert failures(fewer) >= {"closure", "handshake", "volumes", "Euler"}


def test_a_dropped_region_of_a_larger_set_is_noticed_in_all_of_the_plane() -> None:
    regions = pe.enumerate_regions(random_network(0, 2, 8, 8, 1))
    assert len(regions) > 100
    fewer = changed(
        regions, sign_vectors=regions.sign_vectors[1:], interior_points=regions.interior_points[1:]
    )
    assert failures(fewer) >= {"closure", "handshake", "Euler"}


def test_an_incomplete_set_is_not_blamed_for_what_it_lacks() -> None:
    regions = pe.enumerate_regions(random_network(0, 2, 6, 4, 1), SQUARE, max_regions=7)
    report = regions.self_test()
    assert report, report
    assert {check.name for check in report.checks if check.passed} == {
        "interior points", "sign vectors", "affine maps", "continuity"
    }  # fmt: skip
    assert report["closure"].detail == "the set is not complete"


def test_a_flipped_sign_is_noticed() -> None:
    regions = regions_of()
    for k, neuron in [(0, 0), (3, 4), (len(regions) - 1, 6)]:
        signs = regions.sign_vectors.copy()
        signs[k, neuron] *= -1
        assert failures(changed(regions, sign_vectors=signs)) >= {"interior points", "Euler"}


def test_a_sign_of_zero_that_is_none_is_noticed() -> None:
    regions = pe.enumerate_regions(pe.ReLUNetwork([([[1]], [0]), ([[1]], [0])]))
    broken = changed(
        regions, sign_vectors=np.array([[0], [1]], dtype=np.int8), interior_points=np.array([[0.0], [1.0]])
    )
    assert failures(broken) >= {"affine maps"}


def test_a_region_that_stands_twice_is_noticed() -> None:
    regions = regions_of()
    twice = np.append(np.arange(len(regions)), 2)
    more = changed(
        regions, sign_vectors=regions.sign_vectors[twice], interior_points=regions.interior_points[twice]
    )
    assert failures(more) >= {"sign vectors", "Euler"}


def test_a_moved_interior_point_is_noticed() -> None:
    regions = regions_of()
    points = regions.interior_points.copy()
    points[[0, 1]] = points[[1, 0]]
    broken = changed(regions, interior_points=points)
    assert failures(broken) == {"interior points", "affine maps"}
    assert (
        broken.self_test()["closure"].detail == "it rests on the interior points, and some of them are wrong"
    )


@pytest.mark.parametrize("corner", [1.0, np.nextafter(1.0, 2), 7.0])
def test_an_interior_point_on_the_domains_boundary_or_beyond_is_noticed(corner: float) -> None:
    regions = pe.enumerate_regions(pe.ReLUNetwork([([[1, 0]], [0]), ([[1]], [0])]), SQUARE)
    k = int(regions.locate([0.5, 0.5]))
    points = regions.interior_points.copy()
    points[k] = (corner, 0.5)
    broken = changed(regions, interior_points=points)
    assert failures(broken) == {"interior points"}
    points[k] = (np.nextafter(1.0, 0), 0.5)
    assert not failures(changed(regions, interior_points=points))
    exact = {k: (Fraction(corner), Fraction(1, 2))}
    assert failures(changed(regions, exact_interior_points=exact)) == {"interior points"}


def test_a_perturbed_map_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    regions = regions_of()
    victim = regions.sign_vectors[len(regions) // 2].tobytes()
    right = ExactMaps.output_rows

    def wrong(maps: ExactMaps, signs: np.ndarray) -> Any:
        rows, unit = right(maps, signs)
        if signs.tobytes() == victim:
            rows = [[*rows[0][:-1], rows[0][-1] + 1], *rows[1:]]
        return rows, unit

    monkeypatch.setattr(ExactMaps, "output_rows", wrong)
    assert failures(regions) == {"affine maps", "continuity"}


def test_a_missing_wall_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    regions = regions_of()
    walls = regions.walls()
    fewer = type(walls)(regions, walls.pairs[1:], walls.neurons[1:], {})
    monkeypatch.setattr(RegionSet, "walls", lambda self, *_: fewer)
    assert failures(regions) == {"handshake"}
    none = type(walls)(regions, walls.pairs[:0], walls.neurons[:0], {})
    monkeypatch.setattr(RegionSet, "walls", lambda self, *_: none)
    assert failures(regions) == {"graph", "handshake"}


def test_a_wall_between_regions_that_share_none_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    regions = regions_of()
    walls = regions.walls()
    neurons = walls.neurons.copy()
    neurons[0] = (neurons[0] + 1) % 4
    wrong = type(walls)(regions, walls.pairs, neurons, {})
    monkeypatch.setattr(RegionSet, "walls", lambda self, *_: wrong)
    assert failures(regions) == {"continuity"}


def test_a_breakdown_is_a_failure_and_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: RegionSet, *_: Any) -> Any:
        raise ArithmeticError("a facet without relative interior")

    monkeypatch.setattr(RegionSet, "walls", broken)
    report = regions_of().self_test()
    assert {check.name for check in report.failed} == {"graph", "handshake", "continuity"}
    assert report["graph"].detail == "could not be carried out: a facet without relative interior"


def test_samples_are_named_as_such() -> None:
    regions = pe.enumerate_regions(random_network(0, 2, 6, 4, 1), SQUARE)
    report = regions.self_test(n_samples=5)
    assert report
    for name in ("affine maps", "closure", "continuity"):
        assert report[name].detail.startswith("5 of 5 ")
        assert "a sample of" in report[name].detail
    assert "a sample of" not in str(regions.self_test())
    assert str(regions.self_test(n_samples=5, seed=1)) == str(regions.self_test(n_samples=5, seed=1))


def test_little_time_means_few_samples() -> None:
    report = regions_of().self_test(time_limit=1e-9)
    assert report
    assert report["affine maps"].detail.startswith("1 of 1 ")
    assert report["Euler"].passed is None


def test_what_would_take_too_long_is_skipped_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_MOST_REGIONS_FOR_CELLS", 3)
    monkeypatch.setattr(checks, "_MOST_INPUTS_FOR_VOLUMES", 1)
    report = regions_of().self_test()
    assert report
    assert [check.name for check in report.checks if check.passed is None] == ["volumes", "Euler"]
    assert repr(report) == "<SelfTestReport: 7 of 9 checks passed, 2 skipped>"
    assert "skipped Euler" in str(report)


def test_an_interrupt_leaves_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: RegionSet, *_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("polytope_engine.complexes.checks.all_walls", interrupt)
    calls: list[tuple[int, float]] = []
    report = regions_of().self_test(progress=lambda n, fraction: calls.append((n, fraction)))
    assert [check.passed for check in report.checks] == [True] * 3 + [None] * 6
    assert report["Euler"].detail == "interrupted"
    assert calls[-1] == (9, 1.0)


def test_a_failing_report_says_which_regions() -> None:
    regions = regions_of()
    signs = regions.sign_vectors.copy()
    signs[2, 0] *= -1
    report = changed(regions, sign_vectors=signs).self_test()
    assert not report
    assert report["interior points"].detail.endswith("; not region 2")
    assert "FAILED  interior points" in str(report)
    with pytest.raises(KeyError, match="the checks are: interior points, "):
        report["volume"]


def test_measured_volumes_are_compared_to_their_accuracy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_FEW_REGIONS", 0)
    regions = regions_of()
    assert regions.self_test()["volumes"].passed
    smaller = changed(regions)
    smaller.domain = pe.box(-1, 1 - 1e-5, dimension=2)
    assert regions.measure("volume")["volume"].sum() != pytest.approx(
        float(smaller.domain.volume()), rel=1e-6
    )
    larger = changed(
        regions, sign_vectors=regions.sign_vectors[1:], interior_points=regions.interior_points[1:]
    )
    assert larger.self_test()["volumes"].passed is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_samples": 0}, "`n_samples` is 0; it must be a positive integer"),
        ({"time_limit": -1}, "`time_limit` is -1; it must be a positive number"),
        ({"progress": "bar"}, "`progress` is 'bar'"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(pe.errors.InvalidArgumentError, match=message):
        regions_of().self_test(**arguments)
