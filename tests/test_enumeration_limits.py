"""Runs that are cut short keep what they found, and arguments are checked at the door."""

from __future__ import annotations

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.errors import (
    EmptyDomainError,
    FlatDomainError,
    InvalidArgumentError,
    InvalidDomainError,
    InvalidNetworkError,
)
from polytope_engine.regions.outcome import Status


def random_network(*widths: int, seed: int = 0) -> pe.ReLUNetwork:
    generator = np.random.default_rng(seed)
    return pe.ReLUNetwork(
        [
            (generator.normal(size=(n_out, n_in)), generator.normal(size=n_out))
            for n_in, n_out in zip(widths[:-1], widths[1:], strict=True)
        ]
    )


def test_max_regions_keeps_exactly_that_many_and_says_that_the_result_is_incomplete() -> None:
    network = random_network(3, 12, 12, 1)
    whole = pe.enumerate_regions(network)
    part = pe.enumerate_regions(network, max_regions=100)
    assert len(part) == 100
    assert part.status is Status.MAX_REGIONS
    assert "max_regions" in str(part.status)
    assert np.array_equal(part.sign_vectors, whole.sign_vectors[:100])


def test_max_regions_that_is_just_enough_is_complete() -> None:
    network = random_network(2, 6, 1)
    n_regions = len(pe.enumerate_regions(network))
    assert n_regions == 22
    for extra in (0, 1):
        regions = pe.enumerate_regions(network, max_regions=n_regions + extra)
        assert regions.status is Status.COMPLETE
        assert len(regions) == n_regions


def test_max_regions_holds_where_regions_are_found_in_rationals() -> None:
    braid = pe.library.braid(4).network
    for limit in (1, 2, 7, 23):
        part = pe.enumerate_regions(braid, max_regions=limit)
        assert (len(part), part.status) == (limit, Status.MAX_REGIONS)
    assert len(pe.enumerate_regions(braid, max_regions=100)) == 24


def test_time_limit_ends_a_long_run_soon_and_keeps_what_was_found() -> None:
    pe.count_regions(random_network(2, 3, 1))
    regions = pe.enumerate_regions(random_network(8, 24, 24, 1), time_limit=0.3)
    assert regions.status is Status.TIME_LIMIT
    assert len(regions) > 0
    assert regions.work.seconds < 5.0
    assert np.array_equal(regions.locate(regions.interior_points[:50]), np.arange(50))


def test_time_limit_holds_where_no_linear_program_is_asked() -> None:
    """More inputs than neurons: every hyperplane cuts every cell, all 2^30 of them."""
    generator = np.random.default_rng(0)
    layers = [(generator.normal(size=(30, 100)), generator.normal(size=30)), (np.ones((1, 30)), [0.0])]
    count = pe.count_regions(pe.ReLUNetwork(layers), time_limit=0.5)
    assert count.status is Status.TIME_LIMIT
    assert count.n_regions > 100
    assert count.work.seconds < 10
    huge = pe.enumerate_regions(pe.ReLUNetwork(layers), max_regions=10**30, time_limit=0.5)
    assert huge.status is Status.TIME_LIMIT


def test_control_c_ends_a_run_cleanly_with_what_was_found() -> None:
    def interrupt(n_regions: int, fraction_done: float) -> None:
        if n_regions > 1000:
            raise KeyboardInterrupt

    regions = pe.enumerate_regions(random_network(8, 24, 24, 1), progress=interrupt)
    assert regions.status is Status.INTERRUPTED
    assert len(regions) > 1000
    count = pe.count_regions(random_network(8, 24, 24, 1), progress=interrupt)
    assert count.status is Status.INTERRUPTED
    assert int(count) > 1000


class InterruptedList(list[object]):
    """A list that takes an entry, and then Control-C comes."""

    def append(self, entry: object) -> None:
        super().append(entry)
        raise KeyboardInterrupt


def test_control_c_between_two_steps_repeats_no_region_and_loses_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from polytope_engine.regions import search

    monkeypatch.setattr(search, "BUFFER_ROWS", 64)
    begin = search.CellSearch.__init__

    def with_interrupted_chunks(self: search.CellSearch, *arguments: object, **more: object) -> None:
        begin(self, *arguments, **more)  # type: ignore[arg-type]
        self.chunks = InterruptedList()  # type: ignore[assignment]

    whole = pe.enumerate_regions(random_network(3, 12, 12, 1))
    monkeypatch.setattr(search.CellSearch, "__init__", with_interrupted_chunks)
    regions = pe.enumerate_regions(random_network(3, 12, 12, 1))
    assert regions.status is Status.INTERRUPTED
    assert len(regions) == 64 == regions.certificate.n_regions_float
    assert np.array_equal(regions.sign_vectors, whole.sign_vectors[:64])


@pytest.mark.parametrize("before", [True, False])
def test_control_c_around_a_rational_region_counts_it_once_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    from polytope_engine.regions import search

    store = search.CellSearch._store_exact

    def interrupted(self: search.CellSearch, point: object) -> None:
        if not before:
            store(self, point)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(search.CellSearch, "_store_exact", interrupted)
    regions = pe.enumerate_regions(pe.library.thin_region().network)
    assert regions.status is Status.INTERRUPTED
    certificate = regions.certificate
    assert len(regions) == certificate.n_regions_float + certificate.n_regions_exact
    assert certificate.n_regions_exact == 0
    assert not regions.exact_interior_points


def test_progress_grows_to_one() -> None:
    seen: list[tuple[int, float]] = []
    regions = pe.enumerate_regions(
        random_network(4, 16, 16, 1), progress=lambda n, done: seen.append((n, done))
    )
    assert seen[-1] == (len(regions), 1.0)
    assert [n for n, _ in seen] == sorted(n for n, _ in seen)
    assert [done for _, done in seen] == sorted(done for _, done in seen)


def test_counting_gives_the_number_and_the_certificate_of_enumerating() -> None:
    network = random_network(3, 10, 10, 2)
    domain = pe.box(-1, 1, dimension=3)
    regions, count = pe.enumerate_regions(network, domain), pe.count_regions(network, domain)
    assert count.n_regions == int(count) == len(regions)
    assert count.certificate == regions.certificate
    assert count.status is Status.COMPLETE


def test_two_runs_give_the_same_regions_in_the_same_order() -> None:
    network = random_network(3, 10, 10, 2)
    first, second = pe.enumerate_regions(network), pe.enumerate_regions(network)
    assert np.array_equal(first.sign_vectors, second.sign_vectors)
    assert np.array_equal(first.interior_points, second.interior_points)


def test_a_network_without_hidden_layer_has_one_region() -> None:
    network = pe.ReLUNetwork([([[1.0, 2.0]], [3.0])])
    for domain in (None, pe.box(1, 2, dimension=2)):
        regions = pe.enumerate_regions(network, domain)
        assert len(regions) == 1
        assert regions.status is Status.COMPLETE
        assert int(pe.count_regions(network, domain)) == 1
        assert regions.sign_vectors.shape == (1, 0)
    assert np.all(np.abs(regions.interior_points - 1.5) < 0.5)


def test_a_network_whose_hidden_neurons_are_constant_has_one_region() -> None:
    network = pe.ReLUNetwork(
        [
            ([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]], [1.0, -1.0, 0.0]),
            ([[1.0, 5.0, 5.0]], [-1.0]),
            ([[1.0]], [0.0]),
        ]
    )
    for domain in (None, pe.box(-1, 1, dimension=2)):
        regions = pe.enumerate_regions(network, domain)
        assert regions.sign_vectors.tolist() == [[1, -1, 0, 0]]
        assert regions.status is Status.COMPLETE


def test_constant_neurons_are_counted_in_the_certificate_of_the_only_region() -> None:
    network = pe.ReLUNetwork([([[0.0]] * 3, [0.0, 2.0, -1.0]), ([[1.0] * 3], [0.0])])
    for result in (pe.enumerate_regions(network), pe.count_regions(network)):
        assert result.certificate.n_identically_zero == 1
        assert result.certificate.n_drops_exact == 2
        assert result.certificate.n_regions_exact == 1


def test_zero_outputs_do_not_change_the_regions() -> None:
    network = pe.ReLUNetwork([([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0]), (np.zeros((0, 2)), np.zeros(0))])
    assert len(pe.enumerate_regions(network)) == 4


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"network": 3}, InvalidNetworkError, "`network` has type int"),
        ({"domain": [[0, 1]]}, InvalidDomainError, "`domain` has type list"),
        ({"progress": 3}, InvalidArgumentError, "`progress` is 3"),
        (
            {"domain": pe.box(0, 1, dimension=3)},
            InvalidDomainError,
            r"lies in R\^3, but the network has 2 inputs",
        ),
        ({"method": "magic"}, InvalidArgumentError, "`method` is 'magic'"),
        ({"max_regions": 0}, InvalidArgumentError, "`max_regions` is 0"),
        ({"max_regions": 2.5}, InvalidArgumentError, "`max_regions` is 2.5"),
        ({"max_regions": True}, InvalidArgumentError, "`max_regions` is True"),
        ({"time_limit": -1}, InvalidArgumentError, "`time_limit` is -1"),
        ({"time_limit": float("nan")}, InvalidArgumentError, "`time_limit` is nan"),
        ({"domain": pe.HPolytope([[1, 0], [-1, 0]], [0, -1])}, EmptyDomainError, "`domain` is empty"),
        ({"domain": pe.HPolytope([[1, 0], [-1, 0]], [1, -1])}, FlatDomainError, "`domain` is flat"),
        ({"domain": pe.HPolytope([[1, 1], [-1, -1]], [1, -1])}, FlatDomainError, "`domain` is flat"),
    ],
)
def test_a_bad_argument_gets_one_sentence(arguments: dict[str, object], error: type, words: str) -> None:
    call = {"network": random_network(2, 3, 1), **arguments}
    for function in (pe.enumerate_regions, pe.count_regions):
        if function is pe.count_regions and "max_regions" in arguments:
            continue
        with pytest.raises(error, match=words) as caught:
            function(**call)  # type: ignore[arg-type]
        assert "\n" not in str(caught.value)
