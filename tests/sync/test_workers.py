"""Worker threads read scopes side by side, each in order, with bounded read-ahead."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning.aws.operations import LIST_TRIALS
from tap_sagemaker_tuning.exceptions import GoneError, UnreadableError
from tap_sagemaker_tuning.sync import scope_reading
from tap_sagemaker_tuning.sync.outcomes import (
    Closed,
    Complete,
    Ended,
    Failed,
    Gone,
    Listed,
    Read,
    Records,
    Visited,
)
from tap_sagemaker_tuning.sync.scope_reading import _Passing, read_scope
from tap_sagemaker_tuning.sync.workers import Threads, _Task
from tests.sync.factories import FakeScope, answer, visits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_sagemaker_tuning.replication.plan import Visit

AHEAD = 64  # number of visits
SOON = 5.0  # seconds within which an expected event happens
EVENTS = 16  # results ready to be taken: two per visit
FINISH = 0.3  # seconds in which nothing more happens

# What the threads of a scope do.
STEPS: dict[str, tuple[Any, str]] = {
    "list": (FakeScope, "list_visits"),
    "begin to read": (scope_reading, "read_tuning_job"),
    "wait for room": (_Task, "_wait_for_room"),
    "take an item": (_Passing, "take"),
    "hand over": (Threads, "_put"),
    "end": (_Passing, "end"),
}


@dataclass(frozen=True)
class Jobs:
    """A stream whose rows come from a function."""

    rows: Callable[[Any, Visit, Any], Iterator[list[Any]]]
    name: str = "jobs"
    of_trials: bool = False


def number_of(visit: Visit) -> int:
    """The number of a visit."""
    return int(visit.job.name.removeprefix("job-"))


def one_page(_: Any, visit: Visit, __: Any) -> Iterator[list[dict[str, Any]]]:
    """A page with one record: the number of the visit."""
    yield [{"number": number_of(visit)}]


def events_of(
    workers: Threads, jobs: Any, scopes: Iterable[Any]
) -> Iterator[tuple[Any, Any] | None]:
    """The events of scopes that one stream reads."""
    return workers.events(scopes, lambda *of: read_scope(of[0], {"jobs": jobs}, of[1]))


def read(
    rows: Any, *scopes: FakeScope, concurrency: int = 2
) -> list[tuple[FakeScope, Any]]:
    """All events of some scopes, without those that only pass the time."""
    with Threads(concurrency, AHEAD) as workers:
        return [event for event in events_of(workers, Jobs(rows), scopes) if event]


def ends_of(events: list[tuple[FakeScope, Any]]) -> list[Visited]:
    """The ends of visits among some events."""
    return [event for _, event in events if isinstance(event, Visited)]


def errors_of(events: list[tuple[FakeScope, Any]]) -> list[Exception | None]:
    """The error of each visit, or None."""
    outcomes = [end.outcome for end in ends_of(events)]
    return [
        outcome.error if isinstance(outcome, Failed) else None for outcome in outcomes
    ]


def outcomes_of(events: list[tuple[FakeScope, Any]]) -> dict[FakeScope, Any]:
    """How each scope ended."""
    return {s: event.outcome for s, event in events if isinstance(event, Ended)}


def closed_of(events: list[tuple[FakeScope, Any]]) -> dict[FakeScope, Closed]:
    """The last event of each scope."""
    return {s: event for s, event in events if isinstance(event, Closed)}


def failing(error: Exception) -> Any:
    """Fails at each visit without reading it."""

    def rows(*_: Any) -> Iterator[list[Any]]:
        yield from ()
        raise error

    return rows


class Unreachable(FakeScope):
    """A scope that answers no call after its listing."""

    def __init__(self, error: Exception, *of: Any) -> None:
        """Fail with this error."""
        super().__init__(*of)
        self.lost = error

    def ask(self) -> None:
        """Fail."""
        raise self.lost


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something that happens soon."""
    deadline = time.monotonic() + SOON
    while not is_so():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.002)


class TestOrder:
    """What comes out, and in which order."""

    @pytest.mark.parametrize("concurrency", [0, 1, 4])
    def test_a_scopes_events(self, concurrency: int) -> None:
        """A scope is listed, its visits come in order, each with its pages and then its
        outcome, and then the scope is closed."""
        scope = FakeScope()
        of_scopes = read(one_page, scope, concurrency=concurrency)
        assert {of for of, _ in of_scopes} == {scope}
        first, *events, last, closed = [event for _, event in of_scopes]
        assert isinstance(first, Listed)
        assert first.visits == 6
        assert last == Ended("jobs", Complete(first.listing))
        assert closed == Closed()
        assert [type(event) for event in events] == [Records, Visited] * 6
        pages, ends = events[::2], events[1::2]
        assert [page.records for page in pages] == [[{"number": n}] for n in range(6)]
        assert [number_of(end.visit) for end in ends] == list(range(6))
        assert [type(end.outcome) for end in ends] == [Read] * 6

    def test_a_slow_visit_is_waited_for(self) -> None:
        """A visit that is read sooner than an earlier one still comes after it."""
        second = threading.Event()

        def rows(client: Any, visit: Visit, describe: Any) -> Iterator[list[Any]]:
            if number_of(visit) == 0:
                assert second.wait(SOON)
            yield from one_page(client, visit, describe)
            second.set()

        events = read(rows, FakeScope(listed=visits(3)))
        assert [number_of(end.visit) for end in ends_of(events)] == [0, 1, 2]
        assert errors_of(events) == [None] * 3

    def test_a_slow_scope_holds_nobody_back(self) -> None:
        """A slow scope does not block another one."""
        slow, quick = FakeScope("eu-west-1", visits(9)), FakeScope(listed=visits(9))
        done = threading.Event()

        def rows(client: Any, visit: Visit, describe: Any) -> Iterator[list[Any]]:
            if client is slow.client:
                assert done.wait(SOON)
            yield from one_page(client, visit, describe)

        closed = []
        with Threads(2, AHEAD) as workers:
            for scope, event in filter(
                None, events_of(workers, Jobs(rows), [slow, quick])
            ):
                if isinstance(event, Closed):
                    closed.append(scope)
                    done.set()
        assert closed == [quick, slow]

    def test_it_gives_back_control_while_nothing_comes(self) -> None:
        """While no event comes, the caller gets control now and then to check for
        signals."""
        over = threading.Event()

        def rows(client: Any, visit: Visit, describe: Any) -> Iterator[list[Any]]:
            assert over.wait(SOON)
            yield from one_page(client, visit, describe)

        seen: list[Any] = []
        with Threads(1, AHEAD) as workers:
            for event in events_of(workers, Jobs(rows), [FakeScope(listed=visits(1))]):
                seen.append(event)
                if event is None:
                    over.set()
        assert None in seen

    def test_scopes_are_open_a_few_at_a_time(self) -> None:
        """Of 40 scopes, at most 32 are open at a time, and others follow as these
        close."""
        scopes = [FakeScope(f"r-{number}", visits(1)) for number in range(40)]
        are_listed = threading.Event()

        def rows(client: Any, visit: Visit, describe: Any) -> Iterator[list[Any]]:
            assert are_listed.wait(SOON)
            yield from one_page(client, visit, describe)

        listed, closed, most = 0, 0, 0
        with Threads(1, AHEAD) as workers:
            for _, event in filter(None, events_of(workers, Jobs(rows), scopes)):
                listed += isinstance(event, Listed)
                if listed == 32:
                    are_listed.set()
                most = max(most, listed - closed)
                closed += isinstance(event, Closed)
        assert (closed, most) == (40, 32)


class TestBounds:
    """How much is read ahead of a caller that takes nothing."""

    @pytest.fixture(autouse=True)
    def nothing_taken(self) -> None:
        """The events that were taken."""
        self.taken: list[Any] = []

    def started(self, clients: int, concurrency: int, ahead: int) -> list[int]:
        """How many visits of each scope are started once all scopes are listed and the
        caller takes no more events."""
        begun: dict[Any, int] = {}
        lock = threading.Lock()

        def rows(client: Any, visit: Visit, describe: Any) -> Iterator[list[Any]]:
            with lock:
                begun[client] = begun.get(client, 0) + 1
            yield from one_page(client, visit, describe)

        scopes = [FakeScope(f"r-{number}", visits(500)) for number in range(clients)]
        with Threads(concurrency, ahead) as workers:
            events = events_of(workers, Jobs(rows), scopes)
            while sum(isinstance(event, Listed) for event in self.taken) < clients:
                self.taken.append((next(events) or (None, None))[1])
            time.sleep(FINISH)
            return sorted(begun.values())

    def test_in_one_scope(self) -> None:
        """In one scope, twice as many visits can wait for the caller as can be in
        flight."""
        (begun,) = self.started(1, concurrency=4, ahead=64)
        assert 4 <= begun <= 2 * 4 + 1 + EVENTS / 2

    def test_in_many(self) -> None:
        """Scopes share the read-ahead, but each has at least its next visit."""
        begun = self.started(8, concurrency=64, ahead=16)
        assert min(begun) >= 1
        assert sum(begun) <= 16 + 8 + EVENTS / 2 + len(self.taken)

    @pytest.mark.parametrize("concurrency", [1, 3])
    def test_calls_in_flight(self, concurrency: int) -> None:
        """No more visits of a scope are read at once than calls may be in flight."""
        lock = threading.Lock()
        now, most = 0, 0

        def rows(client: Any, visit: Visit, describe: Any) -> Iterator[list[Any]]:
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.002)
            yield from one_page(client, visit, describe)
            with lock:
                now -= 1

        read(rows, FakeScope(listed=visits(30)), concurrency=concurrency)
        assert most == concurrency

    def test_a_light_record_holds_no_call_back(self) -> None:
        """A stream that yields its record first does not serialize the calls that
        follow."""
        at_once = threading.Barrier(3)

        def rows(client: Any, visit: Visit, describe: Any) -> Iterator[list[Any]]:
            yield from one_page(client, visit, describe)
            at_once.wait(SOON)
            yield from one_page(client, visit, describe)

        events = read(rows, FakeScope(listed=visits(9)), concurrency=3)
        assert errors_of(events) == [None] * 9

    def test_pages_of_one_visit_are_not_read_far_ahead(self) -> None:
        """Before its turn, a visit has one page waiting and holds one more."""
        pages: dict[int, int] = {}
        is_turn = threading.Event()

        def rows(_: Any, visit: Visit, __: Any) -> Iterator[list[Any]]:
            if number_of(visit) == 0:
                assert is_turn.wait(SOON)
            for page in range(20):
                pages[number_of(visit)] = page + 1
                yield [{}] * 100

        with Threads(2, AHEAD) as workers:
            events = events_of(workers, Jobs(rows), [FakeScope(listed=visits(2))])
            next(events)
            wait_until(lambda: pages.get(1, 0) == 2)
            time.sleep(FINISH)
            assert pages == {1: 2}
            is_turn.set()
            records = [event[1] for event in events if event]
        assert sum(isinstance(event, Records) for event in records) == 40

    def test_points_wait_like_records(self) -> None:
        """A record with a long time series fills the room of one tuning job."""
        made: list[int] = []
        is_turn = threading.Event()

        def long() -> Iterator[Records]:
            for number in range(5):
                made.append(number)
                yield Records("metrics", [{}], 20_000)

        def read_one(_: Any, ahead: Any) -> Iterator[Any]:
            started = ahead.start(long)
            assert is_turn.wait(SOON)
            yield from started
            yield Closed()

        scopes: list[Any] = [FakeScope()]
        with Threads(1, AHEAD) as workers:
            events = workers.events(scopes, read_one)
            next(events)
            wait_until(lambda: len(made) == 2)
            time.sleep(FINISH)
            assert made == [0, 1]
            is_turn.set()
            assert len([event for event in events if event]) == 5 + 1

    def test_no_thread_more_than_visits(self) -> None:
        """No more threads are started than there are visits to read."""
        seen: set[str] = set()

        def rows(client: Any, visit: Visit, describe: Any) -> Iterator[list[Any]]:
            seen.add(threading.current_thread().name)
            yield from one_page(client, visit, describe)

        read(rows, FakeScope(listed=visits(2)), concurrency=64)
        assert 1 <= len(seen) <= 2

    @pytest.mark.parametrize("concurrency", [0, 3])
    def test_leaving_ends_all_threads(self, concurrency: int) -> None:
        """When the caller leaves, all threads end."""
        before = set(threading.enumerate())
        scopes = [
            FakeScope(region, visits(500)) for region in ("us-east-1", "eu-west-1")
        ]
        with Threads(concurrency, AHEAD) as workers:
            assert next(events_of(workers, Jobs(one_page), scopes)) is not None
            assert set(threading.enumerate()) - before
        wait_until(lambda: not set(threading.enumerate()) - before)


class TestErrors:
    """What fails, and what else that affects."""

    def test_a_visit_that_fails(self) -> None:
        """A failed visit affects only itself, and comes after its pages that were
        read."""
        error = UnreadableError("odd")

        def rows(client: Any, visit: Visit, describe: Any) -> Iterator[list[Any]]:
            yield from one_page(client, visit, describe)
            if number_of(visit) == 1:
                raise error

        events = read(rows, FakeScope(listed=visits(3)))
        assert errors_of(events) == [None, error, None]
        assert sum(isinstance(event, Records) for _, event in events) == 3
        assert [type(end) for end in outcomes_of(events).values()] == [Complete]

    @pytest.mark.parametrize("failed", [{4, 5}, {0, 1}, {1, 2, 4}], ids=str)
    def test_failures_in_a_row(self, failed: set[int]) -> None:
        """Failures that may be the scope's are held back, and come in order."""
        lost = answer("InternalFailure", LIST_TRIALS)

        def rows(client: Any, visit: Visit, describe: Any) -> Iterator[list[Any]]:
            if number_of(visit) in failed:
                raise lost
            yield from one_page(client, visit, describe)

        events = read(rows, FakeScope())
        ends = ends_of(events)
        assert [number_of(end.visit) for end in ends] == list(range(6))
        lost_ones = [number for number, error in enumerate(errors_of(events)) if error]
        assert set(lost_ones) == failed

    def test_deleted_ones_say_nothing_of_the_scope(self) -> None:
        """Deleted tuning jobs are only reported as deleted, however many they are."""
        events = read(failing(GoneError("deleted")), FakeScope(listed=visits(20)))
        assert [end.outcome for end in ends_of(events)] == [Gone()] * 20
        assert [type(end) for end in outcomes_of(events).values()] == [Complete]

    def test_a_scope_that_cannot_be_listed(self) -> None:
        """A scope that cannot be listed fails alone."""
        error = answer("AccessDeniedException", LIST_TRIALS)
        denied, well = FakeScope("eu-west-1", error=error), FakeScope()
        outcomes = outcomes_of(read(one_page, denied, well))
        assert outcomes[denied] == Failed(error)
        assert isinstance(outcomes[well], Complete)

    def test_a_scope_in_which_nothing_can_be_read(self) -> None:
        """A scope in which nothing can be read fails with its own error and reports no
        visits."""
        lost = answer("InternalFailure", LIST_TRIALS)
        events = [event for _, event in read(failing(lost), Unreachable(lost))]
        assert [type(event) for event in events] == [Listed, Ended, Closed]
        assert events[1] == Ended("jobs", Failed(lost))

    @pytest.mark.parametrize("bug", [ZeroDivisionError(), MemoryError(), SystemExit()])
    @pytest.mark.parametrize("step", STEPS)
    def test_a_death_ends_its_scope(
        self, monkeypatch: pytest.MonkeyPatch, step: str, bug: BaseException
    ) -> None:
        """A thread that dies of anything, at any step, ends its scope; the other scope
        goes on, and nothing waits forever."""
        where, name = STEPS[step]
        well = getattr(where, name)
        has_died = threading.Event()

        def dies_once(*of: Any) -> Any:
            if not has_died.is_set():
                has_died.set()
                raise bug
            return well(*of)

        monkeypatch.setattr(where, name, dies_once)
        events = read(one_page, FakeScope(), FakeScope("eu-west-1"))
        bugs = {scope: closed.bug for scope, closed in closed_of(events).items()}
        assert set(bugs.values()) == {bug, None}
        (goes_on,) = (scope for scope in bugs if bugs[scope] is None)
        assert [*outcomes_of(events)] == [goes_on]

    def test_no_thread_more_to_be_had(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """If no thread can be started, the scope fails and its workers stop."""
        error = RuntimeError("can't start new thread")
        begun: list[int] = []
        start = Threads.start_thread

        def start_two(threads: Threads, target: Callable[[], None]) -> None:
            begun.append(1)
            if len(begun) > 2:
                raise error
            start(threads, target)

        monkeypatch.setattr(Threads, "start_thread", start_two)
        before = set(threading.enumerate())
        scope = FakeScope()
        assert closed_of(read(one_page, scope)) == {scope: Closed(error)}
        wait_until(lambda: not set(threading.enumerate()) - before)

    def test_a_scope_that_fails_holds_nothing_back(self) -> None:
        """When a scope fails, its read-ahead is dropped and its readers release what
        they hold, because another scope may be waiting for it."""
        lost = answer("InternalFailure", LIST_TRIALS)
        slots = threading.Semaphore(2)
        held = threading.Barrier(5)

        unreachable = Unreachable(lost, "eu-west-1", visits(5))
        well = FakeScope(listed=visits(5))
        are_held = threading.Event()

        def rows(client: Any, visit: Visit, describe: Any) -> Iterator[list[Any]]:
            if client is unreachable.client and number_of(visit) < 3:
                held.wait(SOON)
                are_held.set()
                raise lost
            if client is well.client:
                assert are_held.wait(SOON)
            assert slots.acquire(timeout=SOON)
            try:
                if client is unreachable.client:
                    held.wait(SOON)
                for _ in range(1 if client is well.client else 3):
                    yield from one_page(client, visit, describe)
            finally:
                slots.release()

        events = read(rows, unreachable, well, concurrency=5)
        outcomes = outcomes_of(events)
        assert outcomes[unreachable] == Failed(lost)
        assert isinstance(outcomes[well], Complete)
        of_well = [each for each in events if each[0] is well]
        assert errors_of(of_well) == [None] * 5
