"""Workers: scopes side by side, each in order, and never too far ahead."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning.aws.operations import LIST_TRIALS
from tap_sagemaker_tuning.exceptions import GoneError, UnreadableError
from tap_sagemaker_tuning.sync.events import Finished, Listed, PageRead, Visited
from tap_sagemaker_tuning.sync.workers import Workers
from tests.sync.made import FakeClient, answer, visits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_sagemaker_tuning.replication.plan import Visit

AHEAD = 64  # visits
SOON = 5.0  # seconds in which what is to happen has happened
EVENTS = 16  # that wait to be taken: two of each visit
FINISH = 0.3  # seconds in which nothing more happens


def number_of(visit: Visit) -> int:
    """Which visit it is."""
    return int(visit.job.name.removeprefix("job-"))


def one_page(_: Any, visit: Visit, tally: Any) -> Iterator[list[dict[str, Any]]]:
    """A page of one record: the number of the visit."""
    tally.add({"TrainingJobName": visit.job.name, "CreationTime": visit.job.created})
    yield [{"number": number_of(visit)}]


def read(
    fetch: Any,
    clients: list[Any],
    count: int = 6,
    *,
    concurrency: int = 2,
    listing: Callable[[Any], Any] | None = None,
) -> list[Any]:
    """All events of a run, but for those that only pass the time."""
    listing = listing or (lambda _: visits(count))
    with Workers(listing, fetch, AHEAD) as workers:
        events = workers.events(clients, concurrency)
        return [event for event in events if event is not None]


def failing(error: Exception) -> Any:
    """Reads no visit, but fails each time."""

    def fetch(*_: Any) -> Iterator[list[Any]]:
        yield from ()
        raise error

    return fetch


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something that comes soon."""
    deadline = time.monotonic() + SOON
    while not is_so():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.002)


class TestOrder:
    """What comes out, and when."""

    @pytest.mark.parametrize("concurrency", [0, 1, 4])
    def test_a_scopes_events(self, concurrency: int) -> None:
        """A scope is listed, its visits come in their order, each with its pages and
        then its tally, and in the end it is finished."""
        client: Any = FakeClient()
        first, *events, last = read(one_page, [client], concurrency=concurrency)
        assert first == Listed(client, 6)
        assert last == Finished(client, None)
        assert [type(event) for event in events] == [PageRead, Visited] * 6
        pages, ends = events[::2], events[1::2]
        assert [page.records for page in pages] == [[{"number": n}] for n in range(6)]
        assert [number_of(end.visit) for end in ends] == list(range(6))
        assert [(end.tally.rows, end.error) for end in ends] == [(1, None)] * 6

    def test_a_slow_visit_is_waited_for(self) -> None:
        """A visit that is read sooner than one before it does not come out sooner."""
        second = threading.Event()

        def fetch(client: Any, visit: Visit, tally: Any) -> Iterator[list[Any]]:
            if number_of(visit) == 0:
                assert second.wait(SOON)
            yield from one_page(client, visit, tally)
            second.set()

        events = read(fetch, [FakeClient()], 3)
        ends = [event for event in events if isinstance(event, Visited)]
        assert [number_of(end.visit) for end in ends] == [0, 1, 2]
        assert {end.error for end in ends} == {None}

    def test_a_slow_scope_holds_nobody_back(self) -> None:
        """Another scope is read to its end while one gives nothing."""
        slow: Any = FakeClient("eu-west-1")
        quick: Any = FakeClient()
        done = threading.Event()

        def fetch(client: Any, visit: Visit, tally: Any) -> Iterator[list[Any]]:
            if client is slow:
                assert done.wait(SOON)
            yield from one_page(client, visit, tally)

        finished = []
        with Workers(lambda _: visits(9), fetch, AHEAD) as workers:
            for event in workers.events([slow, quick], 2):
                if isinstance(event, Finished):
                    finished.append(event.client)
                    done.set()
        assert finished == [quick, slow]

    def test_it_gives_back_control_while_nothing_comes(self) -> None:
        """The caller is asked in now and then, to look for a signal."""
        over = threading.Event()

        def fetch(client: Any, visit: Visit, tally: Any) -> Iterator[list[Any]]:
            assert over.wait(SOON)
            yield from one_page(client, visit, tally)

        seen: list[Any] = []
        client: Any = FakeClient()
        with Workers(lambda _: visits(1), fetch, AHEAD) as workers:
            for event in workers.events([client], 1):
                seen.append(event)
                if event is None:
                    over.set()
        assert None in seen


class TestBounds:
    """How much is read ahead of a caller who does not take it."""

    @pytest.fixture(autouse=True)
    def nothing_taken(self) -> None:
        """Events that were taken."""
        self.taken: list[Any] = []

    def started(self, clients: int, concurrency: int, ahead: int) -> list[int]:
        """How many visits of each scope are begun with, once all are listed and
        nobody reads on."""
        begun: dict[Any, int] = {}
        lock = threading.Lock()

        def fetch(client: Any, visit: Visit, tally: Any) -> Iterator[list[Any]]:
            with lock:
                begun[client] = begun.get(client, 0) + 1
            yield from one_page(client, visit, tally)

        scopes: list[Any] = [FakeClient(f"r-{number}") for number in range(clients)]
        with Workers(lambda _: visits(500), fetch, ahead) as workers:
            events = workers.events(scopes, concurrency)
            while sum(isinstance(event, Listed) for event in self.taken) < clients:
                self.taken.append(next(events))
            time.sleep(FINISH)
            return sorted(begun.values())

    def test_in_one_scope(self) -> None:
        """Visits that wait to be passed on are twice those in flight at most."""
        (begun,) = self.started(1, concurrency=4, ahead=64)
        assert 4 <= begun <= 2 * 4 + 1 + EVENTS / 2

    def test_in_many(self) -> None:
        """They share what may be read ahead; each has its next visit at least."""
        begun = self.started(8, concurrency=64, ahead=16)
        assert min(begun) >= 1
        assert sum(begun) <= 16 + 8 + EVENTS / 2 + len(self.taken)

    @pytest.mark.parametrize("concurrency", [1, 3])
    def test_calls_in_flight(self, concurrency: int) -> None:
        """In one scope no more visits are read at once than calls may be in flight."""
        lock = threading.Lock()
        now, most = 0, 0

        def fetch(client: Any, visit: Visit, tally: Any) -> Iterator[list[Any]]:
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.002)
            yield from one_page(client, visit, tally)
            with lock:
                now -= 1

        read(fetch, [FakeClient()], 30, concurrency=concurrency)
        assert most == concurrency

    def test_no_thread_more_than_visits(self) -> None:
        """Threads are there for visits that are read, not for those that may be."""
        seen: set[str] = set()

        def fetch(client: Any, visit: Visit, tally: Any) -> Iterator[list[Any]]:
            seen.add(threading.current_thread().name)
            yield from one_page(client, visit, tally)

        read(fetch, [FakeClient()], 2, concurrency=64)
        assert 1 <= len(seen) <= 2

    @pytest.mark.parametrize("concurrency", [0, 3])
    def test_leaving_ends_all_threads(self, concurrency: int) -> None:
        """Once nobody waits for what they read, threads end by themselves."""
        before = set(threading.enumerate())
        with Workers(lambda _: visits(500), one_page, AHEAD) as workers:
            scopes: list[Any] = [FakeClient(), FakeClient("eu-west-1")]
            assert next(workers.events(scopes, concurrency)) is not None
            assert set(threading.enumerate()) - before
        wait_until(lambda: not set(threading.enumerate()) - before)


class TestErrors:
    """What fails, and what that costs."""

    def test_a_visit_that_fails(self) -> None:
        """It costs itself, after what was read of it."""
        error = ValueError("odd")

        def fetch(client: Any, visit: Visit, tally: Any) -> Iterator[list[Any]]:
            yield from one_page(client, visit, tally)
            if number_of(visit) == 1:
                raise error

        events = read(fetch, [FakeClient()], 3)
        ends = [event for event in events if isinstance(event, Visited)]
        assert [end.error for end in ends] == [None, error, None]
        assert [end.tally is None for end in ends] == [False, True, False]
        assert events[-1].error is None

    @pytest.mark.parametrize("failed", [{4, 5}, {0, 1}, {1, 2, 4}], ids=str)
    def test_failures_in_a_row(self, failed: set[int]) -> None:
        """What may be the scope's failure is held back, and comes in its turn."""
        lost = answer("InternalFailure", LIST_TRIALS)

        def fetch(client: Any, visit: Visit, tally: Any) -> Iterator[list[Any]]:
            if number_of(visit) in failed:
                raise lost
            yield from one_page(client, visit, tally)

        events = read(fetch, [FakeClient()])
        ends = [event for event in events if isinstance(event, Visited)]
        assert [number_of(end.visit) for end in ends] == list(range(6))
        assert {number_of(end.visit) for end in ends if end.error} == failed

    @pytest.mark.parametrize(
        "error", [GoneError("deleted"), answer("ResourceNotFound", LIST_TRIALS)]
    )
    def test_deleted_ones_say_nothing_of_the_scope(self, error: Exception) -> None:
        """However many tuning jobs are gone, each is only gone."""
        events = read(failing(error), [FakeClient()], 20)
        ends = [event for event in events if isinstance(event, Visited)]
        assert [end.error for end in ends] == [error] * 20
        assert events[-1].error is None

    def test_an_odd_summary(self) -> None:
        """What cannot be counted is that visit's failure, in words."""
        odd = visits(1, TrainingJobStatusCounters={"Completed": "many"})
        events = read(one_page, [FakeClient()], listing=lambda _: odd)
        (end,) = (event for event in events if isinstance(event, Visited))
        assert isinstance(end.error, UnreadableError)

    def test_a_scope_that_cannot_be_listed(self) -> None:
        """It costs the scope, and no other."""
        error = answer("AccessDeniedException", LIST_TRIALS)
        denied: Any = FakeClient("eu-west-1")
        well: Any = FakeClient()

        def listing(client: Any) -> Any:
            if client is denied:
                raise error
            return visits(2)

        events = read(one_page, [denied, well], listing=listing)
        ends = {e.client: e.error for e in events if isinstance(e, Finished)}
        assert ends == {denied: error, well: None}

    def test_a_scope_in_which_nothing_can_be_read(self) -> None:
        """It fails with its own error, and none of its visits is told of."""
        lost = answer("InternalFailure", LIST_TRIALS)

        class Unreachable(FakeClient):
            def tuning_jobs(self, _: Any) -> Any:
                raise lost

        events = read(failing(lost), [Unreachable()], 20)
        assert [type(event) for event in events] == [Listed, Finished]
        assert events[-1].error is lost

    def test_a_scope_that_fails_holds_nothing_back(self) -> None:
        """What was read ahead of it is dropped, with what its readers hold while they
        wait: another scope may wait for that."""
        lost = answer("InternalFailure", LIST_TRIALS)
        slots = threading.Semaphore(2)
        held = threading.Barrier(5)

        class Unreachable(FakeClient):
            def tuning_jobs(self, _: Any) -> Any:
                raise lost

        unreachable: Any = Unreachable("eu-west-1")
        well: Any = FakeClient()
        are_held = threading.Event()

        def fetch(client: Any, visit: Visit, tally: Any) -> Iterator[list[Any]]:
            if client is unreachable and number_of(visit) < 3:
                held.wait(SOON)
                are_held.set()
                raise lost
            if client is well:
                assert are_held.wait(SOON)
            assert slots.acquire(timeout=SOON)
            try:
                if client is unreachable:
                    held.wait(SOON)
                for _ in range(1 if client is well else 3):
                    yield from one_page(client, visit, tally)
            finally:
                slots.release()

        events = read(
            fetch, [unreachable, well], concurrency=5, listing=lambda _: visits(5)
        )
        ends = {e.client: e.error for e in events if isinstance(e, Finished)}
        assert ends == {unreachable: lost, well: None}
        visited = [e for e in events if isinstance(e, Visited) and e.client is well]
        assert [end.error for end in visited] == [None] * 5
