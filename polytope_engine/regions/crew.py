"""One search on several cores: parts of the tree that wait go to whoever has nothing to do."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TypeVar

from polytope_engine.regions.checkpoint import Checkpoint
from polytope_engine.regions.harvest import Harvest
from polytope_engine.regions.outcome import Certificate, Work
from polytope_engine.regions.search import CellSearch
from polytope_engine.regions.subtree import Subtree, adopt, take_last_subtree, waiting_subtrees
from polytope_engine.regions.tallies import Tally

# A search that ends in this time is on one thread.
SECONDS_ALONE = 0.03
SECONDS_A_ROUND = 0.1
SECONDS_A_STEP = 0.015
FIRST_BUDGET = 2_000
# Subtrees that wait for each worker at the beginning of a round.
WAITING_FOR_EACH = 3
UNLIMITED = 1 << 62

T = TypeVar("T")


@dataclass(eq=False)
class Piece:
    """The regions of one subtree, but for those of the subtrees that were taken from it.

    Pieces form a list in the order of the tree: what is taken from a subtree is what it would have come to last.
    """

    subtree: Subtree | None
    after: Piece | None = None
    found: list[Harvest] = field(default_factory=list)


class Worker:
    """A search, the piece that it is at, and how many steps it takes in a while."""

    def __init__(self, search: CellSearch, piece: Piece | None, limit: int = UNLIMITED) -> None:
        self.search = search
        self.piece = piece
        self.limit = limit
        self.budget = FIRST_BUDGET

    def work(self, waiting: deque[Piece], deadline: Deadline) -> None:
        """Search until the deadline, or until nothing waits any more."""
        while (left := deadline.time - time.perf_counter()) > 0.0 and self.search.n_regions < self.limit:
            if self.piece is None:
                try:
                    self.piece = waiting.popleft()
                except IndexError:
                    return
                if self.piece.subtree is not None:
                    adopt(self.search, self.piece.subtree)
                    self.piece.subtree = None
            self.advance(left)

    def advance(self, seconds: float) -> None:
        """Some steps, fewer where that many seconds are left: whoever is late has all others wait."""
        budget = max(int(self.budget * min(seconds / SECONDS_A_STEP, 1.0)), 100)
        before = time.perf_counter()
        finished = self.search.advance(budget, self.limit)
        taken = max(time.perf_counter() - before, 1e-6)
        if finished:
            self.put_down()
        else:
            self.budget = int(min(max(budget * SECONDS_A_STEP / taken, 100), 10 * self.budget))

    def put_down(self) -> None:
        """The piece is at its end, or the search."""
        if self.piece is not None:
            found = self.search.harvest()
            if self.search.keeps_regions:
                self.piece.found.append(found)
            self.piece = None


@dataclass
class Deadline:
    """A time that another thread may bring forward."""

    time: float


class Crew:
    """Several searches that share one tree, in rounds: between two of them nobody works.

    All that changes a search happens on threads of the crew's own, one thing after the other: Ctrl-C, which comes to
    the main thread, interrupts nothing but the waiting for it, however often it comes. (One worker alone is on the
    caller's thread; after Ctrl-C what it found is taken, and its search does not go on.)

    Parameters
    ----------
    search : CellSearch
        Planted at the root, or with nothing to do; the others are made like it.
    n_workers : int
        Threads.
    limit : int, optional
        Stop at this many regions; for one worker.
    subtrees : sequence of Subtree, optional
        What is left to search, instead of what `search` is at.
    """

    def __init__(
        self,
        search: CellSearch,
        n_workers: int,
        limit: int = UNLIMITED,
        subtrees: list[Subtree] | None = None,
    ) -> None:
        self.n_workers = n_workers
        self.waiting: deque[Piece] = deque()
        self.first = Piece(None)
        self.workers = [Worker(search, self.first if subtrees is None else None, limit)]
        self.pool: ThreadPoolExecutor | None = None
        self.foreman: ThreadPoolExecutor | None = None
        self.deadline = Deadline(0.0)
        self.failure: Exception | None = None
        self.before: Checkpoint | None = None
        last = self.first
        for subtree in subtrees or ():
            last.after = Piece(subtree)
            last = last.after
            self.waiting.append(last)

    # -- walking -----------------------------------------------------------------------------------

    def advance(self, seconds: float = SECONDS_A_ROUND) -> bool:
        """One round. True when the tree is finished; on Ctrl-C what was found is kept, and everybody stops."""
        foreman, pool = self.foreman, self.pool
        if foreman is not None and pool is not None:
            return self._apart(foreman, lambda: self._round(pool, seconds))
        alone = seconds if self.n_workers == 1 else min(seconds, SECONDS_ALONE)
        self.workers[0].work(self.waiting, Deadline(time.perf_counter() + alone))
        if self.is_finished:
            return True
        if self.n_workers > 1:
            self.hire()
        return False

    def hire(self) -> None:
        """From now on everybody is on a thread, and so is the foreman, who does one thing after the other."""
        self.pool = ThreadPoolExecutor(self.n_workers)
        model = self.workers[0].search
        while len(self.workers) < self.n_workers:
            self.workers.append(Worker(model.another(), None))
        self.foreman = ThreadPoolExecutor(1)

    def _apart(self, foreman: ThreadPoolExecutor, task: Callable[[], T]) -> T:
        """Have the foreman do something, after all that he was told before; Ctrl-C makes that short."""
        try:
            return foreman.submit(task).result()
        except KeyboardInterrupt:
            self.deadline.time = 0.0
            raise

    def _round(self, pool: ThreadPoolExecutor, seconds: float) -> bool:
        """Everybody works until a deadline."""
        self._raise_failure()
        self.deadline = Deadline(time.perf_counter() + seconds)
        try:
            self._share()
            futures = [pool.submit(worker.work, self.waiting, self.deadline) for worker in self.workers]
            wait(futures)
            for future in futures:
                future.result()
        except Exception as failure:
            self.failure = failure
            raise
        return self.is_finished

    def _raise_failure(self) -> None:
        """A search that failed is in no state to go on, or to be written down, even if nobody heard of it."""
        if self.failure is not None:
            raise self.failure

    def _share(self) -> None:
        """Take subtrees from those who have many until enough wait for the next round."""
        wanted = WAITING_FOR_EACH * len(self.workers)
        givers = [worker for worker in self.workers if worker.piece is not None]
        while givers and len(self.waiting) < wanted:
            for worker in list(givers):
                subtree = take_last_subtree(worker.search)
                if subtree is None or worker.piece is None:
                    givers.remove(worker)
                    continue
                piece = Piece(subtree)
                if (
                    worker.search.keeps_regions
                ):  # who only counts needs no order, and no memory of what is done
                    piece.after = worker.piece.after
                    worker.piece.after = piece
                self.waiting.append(piece)

    def close(self) -> None:
        """Let the threads go, and set aside what they have found."""
        for threads in (self.foreman, self.pool):
            if threads is not None:
                threads.shutdown(wait=True)
        self._raise_failure()
        for worker in self.workers:
            worker.put_down()

    # -- what is known ---------------------------------------------------------------------------------

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to search."""
        return not self.waiting and all(worker.piece is None for worker in self.workers)

    @property
    def n_regions(self) -> int:
        """Regions proven so far."""
        here = sum(worker.search.n_regions_in_all for worker in self.workers)
        return here if self.before is None else self.before.n_regions + here

    @property
    def fraction_done(self) -> float:
        """Share of the tree that is finished, each split halving its parent's share."""
        search = self.workers[0].search
        left = sum(worker.search.fraction_left for worker in self.workers if worker.piece is not None)
        left += sum(search.share(piece.subtree.depth) for piece in self.waiting if piece.subtree is not None)
        return min(max(1.0 - left, 0.0), 1.0)

    def _subtrees_left(self) -> list[Subtree]:
        """Copies of everything that is left to search; together with what was found so far, all of the tree."""
        left = [piece.subtree for piece in self.waiting if piece.subtree is not None]
        for worker in self.workers:
            while worker.piece is not None and not worker.search.is_between_cells:
                if worker.search.advance(1, UNLIMITED):
                    worker.put_down()
            if worker.piece is not None:
                left += waiting_subtrees(worker.search)
        return left

    def pieces(self) -> Iterator[Piece]:
        """All pieces, in the order of the tree."""
        piece: Piece | None = self.first
        while piece is not None:
            yield piece
            piece = piece.after

    def harvest(self) -> Harvest:
        """Everything that was found, in the order of the tree, whoever found it."""
        return Harvest.joined([found for piece in self.pieces() for found in piece.found])

    def work(self, seconds: float) -> Work:
        """What it cost."""
        parts = [worker.search.work(0.0) for worker in self.workers]
        if self.before is not None:
            parts.append(self.before.work)
            seconds += self.before.work.seconds
        return Work.total(parts, seconds)

    def certificate(self) -> Certificate:
        """How its decisions were proven."""
        parts = [worker.search.certificate() for worker in self.workers]
        return Certificate.total(parts if self.before is None else [self.before.certificate, *parts])

    def checkpoint(self, seconds: float) -> Checkpoint:
        """Everything that is needed to go on from here, of one instant; the crew must be hired."""
        if self.foreman is None:
            raise AssertionError("a search on the caller's thread may be in the middle of something")
        return self._apart(self.foreman, lambda: self._checkpoint(seconds))

    def _checkpoint(self, seconds: float) -> Checkpoint:
        self._raise_failure()
        try:
            left = self._subtrees_left()
            for worker in self.workers:
                worker.search.flush()
        except Exception as failure:
            self.failure = failure
            raise
        return Checkpoint(self.n_regions, self.work(seconds), self.certificate(), left, self.tallies())

    def tallies(self) -> dict[str, Tally]:
        """What was tallied of all regions so far."""
        parts = [worker.search.on_cells.tallies for worker in self.workers if worker.search.on_cells]
        if self.before is not None:
            parts.append(self.before.tallies)
        names = parts[0] if parts else ()
        return {name: Tally.total(name, [part[name] for part in parts]) for name in names}
