"""Several threads share one tree: the same result with any number, in the same order; checkpoints go on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from random_networks import random_network

import polytope_engine as pe
from polytope_engine.kernels import search_state as state
from polytope_engine.network import exact_maps
from polytope_engine.regions import crew, enumeration
from polytope_engine.regions.archive import read_archive, write_archive
from polytope_engine.regions.search import CellSearch
from polytope_engine.regions.subtree import Subtree, adopt, take_last_subtree, waiting_subtrees
from polytope_engine.regions.working_space import working_space

WIDE = random_network(3, 20, 20, 1)


def with_copies() -> pe.ReLUNetwork:
    """Every neuron of the first layer twice, and each pair cancelling in part of the second: ties everywhere."""
    (W, b), (V, c), last = random_network(3, 9, 9, 1).weights
    return pe.ReLUNetwork([(np.vstack([W, W]), np.tile(b, 2)), (np.hstack([V, -V / 2]), c), last])


RUNS = {
    "by vertices": (WIDE, pe.box(-1, 1, dimension=3), "vertex"),
    "by linear programs": (WIDE, None, "lp"),
    "by both": (with_copies(), pe.box(-1, 1, dimension=3), "vertex"),
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds so short that small trees have many."""
    monkeypatch.setattr(enumeration, "SECONDS_A_ROUND", 0.002)
    monkeypatch.setattr(crew, "SECONDS_A_STEP", 0.0005)
    monkeypatch.setattr(crew, "FIRST_BUDGET", 50)


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.usefixtures("impatient")
def test_any_number_of_workers_finds_the_same_in_the_same_order(name: str) -> None:
    network, domain, method = RUNS[name]
    alone = pe.enumerate_regions(network, domain, method, n_workers=1)
    for n_workers in (2, 3, 7):
        together = pe.enumerate_regions(network, domain, method, n_workers=n_workers)
        assert np.array_equal(together.sign_vectors, alone.sign_vectors)
        assert np.array_equal(together.interior_points, alone.interior_points)
        assert together.exact_interior_points == alone.exact_interior_points
        assert together.certificate == alone.certificate
        assert together.work.n_splits == alone.work.n_splits
        assert int(pe.count_regions(network, domain, method, n_workers=n_workers)) == len(alone)


@pytest.mark.parametrize("name", RUNS)
def test_subtrees_that_are_taken_and_those_that_stay_make_the_tree(name: str) -> None:
    network, domain, method = RUNS[name]
    expected = int(pe.count_regions(network, domain, method))
    search = CellSearch(network, working_space(network, domain), store=False, method=method)
    other, n_taken = search.another(), 0
    while not search.advance(40, 1 << 62):
        subtree = take_last_subtree(search) if search.is_between_cells else None
        if subtree is not None:
            n_taken += 1
            adopt(other, subtree)
            while not other.advance(1000, 1 << 62):
                pass
    assert n_taken > 2
    assert search.n_regions + other.n_regions == expected


@pytest.mark.parametrize("method", ["lp", "vertex"])
@pytest.mark.parametrize("seed", [1, 2, 4])
def test_primes_that_are_missing_at_first_change_nothing(seed: int, method: str) -> None:
    """Who takes a subtree over may have fewer primes than who would have searched it."""
    generator = np.random.default_rng(seed)
    layers = [
        (generator.integers(-3, 4, size=(b, a)), np.zeros(b, dtype=int)) for a, b in ((3, 7), (7, 6), (6, 1))
    ]
    network = pe.ReLUNetwork(layers)
    A = np.vstack([generator.normal(size=(6, 3)), np.eye(3), -np.eye(3)])
    space = working_space(network, pe.HPolytope(A, [*generator.random(6), *[2.0] * 6]))
    without, ready = (CellSearch(network, space, method=method) for _ in range(2))
    ready.control[state.PRIMES_WANTED] = 40
    ready._add_primes()
    harvests = []
    for search in (without, ready):
        while not search.advance(1000, 1 << 62):
            pass
        harvests.append(search.harvest())
    assert 0 < len(without.residues.primes) < len(ready.residues.primes)
    assert np.array_equal(harvests[0].signs[-1], harvests[1].signs[-1])
    assert np.array_equal(harvests[0].points[-1], harvests[1].points[-1])
    assert without.work(0.0) == ready.work(0.0)


def test_copies_of_all_that_waits_are_what_is_left() -> None:
    network, domain, method = RUNS["by both"]
    expected = int(pe.count_regions(network, domain, method))
    search = CellSearch(network, working_space(network, domain), store=False, method=method)
    search.advance(60, 1 << 62)
    while not search.is_between_cells:
        search.advance(1, 1 << 62)
    n_before = search.n_regions
    other = search.another()
    for subtree in waiting_subtrees(search):
        adopt(other, subtree)
        while not other.advance(1000, 1 << 62):
            pass
    assert 0 < n_before < expected
    assert n_before + other.n_regions == expected


@pytest.mark.usefixtures("impatient")
def test_progress_and_limits_work_with_several_workers() -> None:
    network, domain, method = RUNS["by vertices"]
    told: list[tuple[int, float]] = []
    pe.count_regions(network, domain, method, n_workers=3, progress=lambda n, share: told.append((n, share)))
    assert [n for n, _ in told] == sorted(n for n, _ in told)
    assert all(0 <= share <= 1 for _, share in told)
    assert told[-1][1] == 1.0
    some = pe.enumerate_regions(network, domain, method, max_regions=100, n_workers=3)
    assert len(some) == 100
    assert some.status.name == "MAX_REGIONS"


@pytest.mark.usefixtures("impatient")
def test_ctrl_c_keeps_what_all_workers_found() -> None:
    network, domain, method = RUNS["by vertices"]
    everything = {s.tobytes() for s in pe.enumerate_regions(network, domain, method).sign_vectors}

    def stop(n: int, _share: float) -> None:
        if n > 300:
            raise KeyboardInterrupt

    some = pe.enumerate_regions(network, domain, method, n_workers=3, progress=stop)
    assert some.status.name == "INTERRUPTED"
    found = {s.tobytes() for s in some.sign_vectors}
    assert 300 < len(found) == len(some) < len(everything)
    assert found < everything
    for index in (0, len(some) // 2, len(some) - 1):
        assert (
            list(network.exact.signs_at(some[index].exact_interior_point))
            == some.sign_vectors[index].tolist()
        )


@pytest.mark.parametrize("n_workers", [0, -1, 1.5, "two", True])
def test_numbers_of_workers_that_are_none_are_refused(n_workers: object) -> None:
    with pytest.raises(
        pe.errors.InvalidArgumentError, match="must be a positive integer, or None for all cores"
    ):
        pe.count_regions(WIDE, n_workers=n_workers)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.usefixtures("impatient")
def test_a_count_in_many_sittings_equals_one_in_one(name: str, tmp_path: Path) -> None:
    network, domain, method = RUNS[name]
    expected = pe.count_regions(network, domain, method)
    path, counts = tmp_path / "count.npz", []
    for k in range(1000):
        n_calls = iter((False, True, *[False] * 10**6))

        def stop_at_the_second(_n: int, _share: float, is_last: object = n_calls) -> None:
            if next(is_last):  # type: ignore[call-overload]
                raise KeyboardInterrupt

        so_far = pe.count_regions(
            network, domain, method, checkpoint=path, n_workers=1 + k % 3, progress=stop_at_the_second
        )
        counts.append(so_far.n_regions)
        if so_far.status.is_complete:
            break
    assert len(counts) > 1
    assert counts == sorted(counts)
    assert counts[-1] == expected.n_regions
    assert so_far.certificate == expected.certificate
    assert so_far.work.n_splits == expected.work.n_splits
    once_more = pe.count_regions(network, domain, method, checkpoint=path)
    assert once_more.n_regions == expected.n_regions
    assert once_more.status.is_complete


class Nag:
    """A worker who, once, asks for Ctrl-C twice in the middle of a round, and then does something."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, then: Callable[[], None] = lambda: None) -> None:
        self.busy: set[int] = set()
        self.busy_while_written: list[int] = []
        self.rounds = iter(range(10**9))
        heard = threading.Event()
        work, copies, apart = crew.Worker.work, crew.waiting_subtrees, crew.Crew._apart
        main = threading.main_thread().ident or 0

        def listening(everybody: crew.Crew, *arguments: object) -> object:
            try:
                return apart(everybody, *arguments)  # type: ignore[arg-type]
            except KeyboardInterrupt:
                heard.set()
                raise

        def nagging(worker: crew.Worker, *arguments: object) -> None:
            self.busy.add(id(worker))
            try:
                work(worker, *arguments)  # type: ignore[arg-type]
                if next(self.rounds) == 1:  # the first on a thread
                    for _ in range(200):  # one that comes just before a thread falls asleep is heard late
                        signal.pthread_kill(main, signal.SIGINT)
                        if heard.wait(0.3):  # two that come before the first is heard are one
                            break
                    time.sleep(0.05)
                    signal.pthread_kill(main, signal.SIGINT)
                    time.sleep(0.1)
                    then()
            finally:
                self.busy.discard(id(worker))

        def watched(search: CellSearch) -> list[Subtree]:
            self.busy_while_written.append(len(self.busy))
            return copies(search)

        monkeypatch.setattr(crew.Worker, "work", nagging)
        monkeypatch.setattr(crew.Crew, "_apart", listening)
        monkeypatch.setattr(crew, "waiting_subtrees", watched)


@pytest.mark.usefixtures("impatient")
def test_nobody_works_while_a_count_is_written_down_however_often_ctrl_c_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, domain, method = RUNS["by vertices"]
    expected = int(pe.count_regions(network, domain, method))
    nag, path = Nag(monkeypatch), tmp_path / "count.npz"
    with pytest.raises(KeyboardInterrupt):
        pe.count_regions(network, domain, method, n_workers=3, checkpoint=path)
    assert int(pe.count_regions(network, domain, method, checkpoint=path)) == expected
    assert set(nag.busy_while_written) == {0}


@pytest.mark.usefixtures("impatient")
def test_a_search_that_failed_is_not_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("broken")

    network, domain, method = RUNS["by vertices"]
    path, written = tmp_path / "count.npz", []
    write = enumeration.write_checkpoint
    monkeypatch.setattr(enumeration, "write_checkpoint", lambda *all: written.append(all) or write(*all))
    Nag(monkeypatch, fail)
    with pytest.raises((RuntimeError, KeyboardInterrupt)):
        pe.count_regions(network, domain, method, n_workers=3, checkpoint=path)
    assert len(written) == 1  # at the beginning


@pytest.mark.usefixtures("impatient")
def test_a_count_keeps_nothing_of_what_is_done() -> None:
    network, domain, method = RUNS["by vertices"]
    everybody = crew.Crew(
        CellSearch(network, working_space(network, domain), store=False, method=method), n_workers=3
    )
    while not everybody.advance(0.002):
        pass
    everybody.close()
    assert everybody.n_regions == int(pe.count_regions(network, domain, method))
    assert [piece.found for piece in everybody.pieces()] == [[]]


def test_exact_maps_are_found_by_many_threads_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact_maps, "_MAX_ENTRIES", 4)
    network = random_network(2, 3, 3, 1)
    vectors = [np.array(signs, dtype=np.int8) for signs in product((-1, 1), repeat=3)]
    expected = [network.exact.pre_activation_rows(1, signs)[0] for signs in vectors]

    def ask(start: int) -> bool:
        order = [(start + k // 3) % 8 for k in range(4000)]
        return all(network.exact.pre_activation_rows(1, vectors[k])[0] == expected[k] for k in order)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(ask, (0, 3, 5, 6)))
    finally:
        sys.setswitchinterval(interval)


SLOW = """
import sys
import numpy as np
import polytope_engine as pe
from polytope_engine.regions import enumeration
enumeration.SECONDS_BETWEEN_CHECKPOINTS = 0.05
rng = np.random.default_rng(0)
widths = (5, 16, 16, 1)
net = pe.ReLUNetwork([(rng.normal(size=(b, a)), rng.normal(size=b)) for a, b in zip(widths, widths[1:])])
print(pe.count_regions(net, checkpoint=sys.argv[1]).n_regions)
"""


def test_a_count_that_was_killed_goes_on_to_the_same_number(tmp_path: Path) -> None:
    path, code = tmp_path / "count.npz", [sys.executable, "-c", SLOW]
    run = subprocess.Popen([*code, str(path)], stdout=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while not path.exists() and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    run.kill()
    run.communicate()
    assert path.exists()
    killed = run.returncode != 0
    resumed = subprocess.run([*code, str(path)], capture_output=True, text=True, check=True).stdout
    whole = subprocess.run(
        [*code, str(tmp_path / "other.npz")], capture_output=True, text=True, check=True
    ).stdout
    assert killed
    assert resumed == whole
    assert not list(tmp_path.glob("*.unfinished"))


def test_a_count_gets_on_however_short_its_limit(tmp_path: Path) -> None:
    network, domain, method = RUNS["by vertices"]
    path, found = tmp_path / "count.npz", [0]
    for _ in range(200):
        count = pe.count_regions(network, domain, method, time_limit=1e-9, checkpoint=path)
        found.append(count.n_regions)
        if count.status.is_complete:
            break
        assert found[-1] > found[-2]
    assert found[-1] == pe.count_regions(network, domain, method).n_regions


def test_checkpoints_of_something_else_and_broken_ones_are_refused(tmp_path: Path) -> None:
    network, domain, method = RUNS["by vertices"]
    path = tmp_path / "count.npz"
    pe.count_regions(network, domain, method, time_limit=0.001, checkpoint=path)
    refused = pe.errors.InvalidArgumentError
    with pytest.raises(refused, match="was written with another network; choose another name"):
        pe.count_regions(random_network(3, 14, 14, 1, seed=1), domain, method, checkpoint=path)
    with pytest.raises(refused, match="another domain and another method"):
        pe.count_regions(network, pe.box(-2, 1, dimension=3), "lp", checkpoint=path)
    with pytest.raises(refused, match="which is no folder; it must be the name of a file"):
        pe.count_regions(network, domain, checkpoint=tmp_path / "nowhere" / "count.npz")
    with pytest.raises(refused, match="is a folder"):
        pe.count_regions(network, domain, checkpoint=tmp_path)
    names: list[object] = ["", 3, b"count.npz", "a\0b", "n" * 5000]
    for name in names:
        with pytest.raises(refused, match=r"`checkpoint` is .*; it must be the name of a file"):
            pe.count_regions(network, domain, checkpoint=name)  # type: ignore[arg-type]
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(pe.errors.FileFormatError, match="not a readable"):
        pe.count_regions(network, domain, method, checkpoint=path)
    path.write_text("nothing of the kind")
    with pytest.raises(pe.errors.FileFormatError):
        pe.count_regions(network, domain, method, checkpoint=path)
    np.savez(path, a=np.zeros(3))
    for _ in range(2):
        with pytest.raises(pe.errors.FileFormatError, match="is no checkpoint that this version reads"):
            pe.count_regions(network, domain, method, checkpoint=path)
        network.save(path)  # somebody's network, which stays what it is
    assert pe.load_network(path).digest == network.digest


def test_checkpoints_without_lists_of_waiting_neurons_are_refused(tmp_path: Path) -> None:
    network, domain, method = RUNS["by linear programs"]
    path = tmp_path / "count.npz"
    pe.count_regions(network, domain, method, time_limit=0.001, checkpoint=path)
    arrays = read_archive(path, "a count under way")
    header = {**json.loads(str(arrays["header"])), "format_version": 1}
    write_archive(path, {**arrays, "header": np.array(json.dumps(header))})
    with pytest.raises(pe.errors.FileFormatError, match="is no checkpoint that this version reads"):
        pe.count_regions(network, domain, method, checkpoint=path)
