"""One scope's events: how far it reads ahead, and which failures are the scope's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning.aws.operations import LIST_TRIALS, LIST_TUNING_JOBS
from tap_sagemaker_tuning.sync.outcomes import (
    Closed,
    Complete,
    Ended,
    Failed,
    Gone,
    Listed,
    Read,
    Records,
    Unread,
    Visited,
)
from tap_sagemaker_tuning.sync.scope_reading import read_scope
from tests.sync.factories import FakeClient, FakeScope, answer, visits

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from tap_sagemaker_tuning.replication.listing import Listing
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.sync.outcomes import Event
    from tap_sagemaker_tuning.sync.scope_reading import Items

DENIED = answer("AccessDeniedException", LIST_TRIALS)
DOWN = answer("InternalFailure", LIST_TRIALS)
LOST = answer("ServiceUnavailable", LIST_TUNING_JOBS)


class Scope(FakeScope):
    """A scope in which every stream visits each tuning job.

    Attributes:
        streams: Their names.
    """

    streams: tuple[str, ...] = ("jobs",)

    def __init__(
        self,
        count: int = 6,
        *,
        lost: Exception | None = None,
        is_allowed: bool = False,
    ) -> None:
        """List this many visits; let other calls fail with this error."""
        super().__init__(listed=visits(count))
        self._lost = lost
        self._is_allowed = is_allowed

    def list_visits(self) -> tuple[Listing, list[dict[str, Visit]]]:
        """List the tuning jobs."""
        listing, _ = super().list_visits()
        return listing, [dict.fromkeys(self.streams, of) for of in self.listed]

    def ask(self) -> None:
        """Answer any other call, or fail."""
        if self._lost:
            raise self._lost

    def is_allowed(self, *_: Any) -> bool:
        """Whether the call that was denied works for another tuning job."""
        return self._is_allowed


class Emptied(FakeClient):
    """A client of a scope without tuning jobs."""

    def tuning_job(self, _: str) -> tuple[None, str]:
        """Find no tuning job."""
        return None, "2026-03-02T09:00:00.000Z"


class Jobs:
    """A stream with a record per tuning job, except where it fails.

    Attributes:
        tried: The numbers of the tuning jobs that it tried to read.
    """

    of_trials = False

    def __init__(
        self,
        errors: Mapping[int, Exception] | None = None,
        *,
        name: str = "jobs",
        begun: Collection[int] = (),
    ) -> None:
        """Fail at some tuning jobs, by number; at those begun, after a record."""
        self.name = name
        self.tried: list[int] = []
        self._errors = errors or {}
        self._begun = begun

    def rows(self, _: Any, visit: Visit, __: Any) -> Iterator[list[dict[str, int]]]:
        """Yield the record of a tuning job, or fail."""
        number = number_of(visit)
        self.tried.append(number)
        if number in self._errors:
            yield from [[{"number": number}]] * (number in self._begun)
            raise self._errors[number]
        yield [{"number": number}]


class Begun:
    """A tuning job that is read when its turn comes."""

    def __init__(self, items: Items) -> None:
        """Take what reads it."""
        self._items = items
        self.is_over = False
        self.is_closed = False

    def __iter__(self) -> Iterator[Records | Visited]:
        """Read it."""
        yield from self._items
        self.is_over = True

    def close(self) -> None:
        """Stop."""
        self.is_closed = True


class Ahead:
    """Begins to read tuning jobs ahead, without threads.

    Attributes:
        begun: Those begun.
        most_at_once: How many were in progress at a time, at most.
    """

    def __init__(self, most: int = 1) -> None:
        """Allow this many at a time."""
        self.most = most
        self.begun: list[Begun] = []
        self.most_at_once = 0

    def start(self, read: Callable[[], Items]) -> Begun:
        """Begin one."""
        self.begun.append(Begun(read()))
        at_once = sum(not begun.is_over for begun in self.begun)
        self.most_at_once = max(self.most_at_once, at_once)
        return self.begun[-1]


def number_of(visit: Visit) -> int:
    """The number of a visit."""
    return int(visit.job.name.removeprefix("job-"))


def events(scope: Any, *streams: Any, ahead: Ahead | None = None) -> list[Event]:
    """All events of a scope that these streams read."""
    readers = {stream.name: stream for stream in streams}
    scope.streams = tuple(readers)
    return [*read_scope(scope, readers, ahead or Ahead())]


def outcomes(seen: list[Event], stream: str = "jobs") -> dict[int, Any]:
    """How each visit of a stream ended, by the number of its tuning job."""
    return {
        number_of(event.visit): event.outcome
        for event in seen
        if isinstance(event, Visited) and event.stream == stream
    }


def end(seen: list[Event], stream: str = "jobs") -> Any:
    """How the scope ended for a stream; every scope is closed after that."""
    assert seen[-1] == Closed()
    (ended,) = (of for of in seen if isinstance(of, Ended) and of.stream == stream)
    return ended.outcome


def all_failing(error: Exception, count: int) -> dict[int, Exception]:
    """Errors with which all of these tuning jobs fail."""
    return dict.fromkeys(range(count), error)


class TestReadAhead:
    """Tuning jobs are read before their turn, within bounds."""

    @pytest.mark.parametrize("most", [1, 2, 5])
    def test_it_is_bounded(self, most: int) -> None:
        """At most this many tuning jobs are in progress, and as many if there are."""
        ahead = Ahead(most)
        seen = events(Scope(), Jobs(), ahead=ahead)
        assert [*outcomes(seen)] == list(range(6))
        assert ahead.most_at_once == most
        assert len(ahead.begun) == 6

    def test_an_end_before_the_last_event(self) -> None:
        """If nobody takes further events, everything in progress is stopped: its worker
        could otherwise wait for ever."""
        ahead = Ahead(3)
        scope: Any = Scope()
        jobs: Any = Jobs()
        seen = read_scope(scope, {"jobs": jobs}, ahead)
        assert isinstance(next(seen), Listed)
        assert isinstance(next(seen), Records)
        seen.close()  # type: ignore[attr-defined]
        assert [begun.is_closed for begun in ahead.begun] == [True] * 3


class TestTheScopeFails:
    """Failures that show that the scope cannot be read."""

    def test_the_error_is_the_scopes(self) -> None:
        """If three tuning jobs in a row fail and so does another call, the stream fails
        with the error of that call, and reads no further."""
        jobs = Jobs(all_failing(DOWN, 6))
        seen = events(Scope(lost=LOST), jobs)
        assert end(seen) == Failed(LOST)
        assert jobs.tried == [0, 1, 2]
        assert outcomes(seen) == {}

    def test_other_streams_are_read_on(self) -> None:
        """A stream that cannot read the scope does not stop another one."""
        jobs, others = Jobs(all_failing(DOWN, 6)), Jobs(name="others")
        seen = events(Scope(lost=LOST), jobs, others)
        assert end(seen) == Failed(LOST)
        assert isinstance(end(seen, "others"), Complete)
        assert [*outcomes(seen, "others")] == list(range(6))
        assert jobs.tried == [0, 1, 2]

    def test_a_listing_that_fails(self) -> None:
        """If the tuning jobs cannot be listed, every stream fails with that error."""
        scope = Scope()
        scope.error = LOST
        seen = events(scope, Jobs(), Jobs(name="others"))
        assert seen == [
            Ended("jobs", Failed(LOST)),
            Ended("others", Failed(LOST)),
            Closed(),
        ]

    def test_all_are_denied(self) -> None:
        """After 250 denials, a sample of all tuning jobs is tried. If none can be read,
        the stream fails, and reads no further."""
        jobs = Jobs(all_failing(DENIED, 260))
        assert end(events(Scope(260), jobs)) == Failed(DENIED)
        assert [number for number in jobs.tried if number % 5] == [
            number for number in range(250) if number % 5
        ]

    def test_after_a_success(self) -> None:
        """Failures that show that the scope fails are not passed on as those of their
        tuning jobs, even if others were read before."""
        seen = events(Scope(lost=LOST), Jobs(dict.fromkeys(range(2, 6), DOWN)))
        assert end(seen) == Failed(LOST)
        assert [*outcomes(seen)] == [0, 1]

    def test_after_a_failure_with_records(self) -> None:
        """A tuning job that fails after its first record does not excuse those after
        it."""
        jobs = Jobs(all_failing(DOWN, 6), begun=[0])
        assert end(events(Scope(lost=LOST), jobs)) == Failed(LOST)
        assert jobs.tried == [0, 1, 2, 3]

    @pytest.mark.parametrize("is_allowed", [True, False])
    def test_nothing_could_be_read(self, *, is_allowed: bool) -> None:
        """If no tuning job could be read, none of them is to blame: the visits come
        with the end of the scope, and the state does not move over them."""
        scope = Scope(2, is_allowed=is_allowed)
        seen = events(scope, Jobs(all_failing(DOWN, 2)))
        ended = end(seen)
        assert isinstance(ended, Unread)
        assert [(number_of(visit), error) for visit, error in ended.visits] == [
            (0, DOWN),
            (1, DOWN),
        ]
        assert outcomes(seen) == {}


class TestTuningJobsFail:
    """Failures that are those of their own tuning jobs."""

    def test_all_are_gone(self) -> None:
        """If all tuning jobs were deleted, nothing has failed."""
        scope = Scope(2)
        scope.client = Emptied()
        missing = answer("ResourceNotFound", LIST_TRIALS)
        seen = events(scope, Jobs(all_failing(missing, 2)))
        assert isinstance(end(seen), Complete)
        assert outcomes(seen) == {0: Gone(), 1: Gone()}

    def test_failures_that_are_not_in_a_row(self) -> None:
        """However many tuning jobs fail, the scope is not suspected while others in
        between are read."""
        failing = {number: DOWN for number in range(60) if number % 3}
        seen = events(Scope(60, lost=LOST), Jobs(failing))
        assert isinstance(end(seen), Complete)
        ends = outcomes(seen)
        assert {n for n, of in ends.items() if of == Failed(DOWN)} == {*failing}
        assert {n for n, of in ends.items() if isinstance(of, Read)} == {
            *range(0, 60, 3)
        }

    def test_failures_after_a_record(self) -> None:
        """A tuning job that fails after its first record could be read."""
        failing = all_failing(DOWN, 5)
        seen = events(Scope(6, lost=LOST), Jobs(failing, begun=range(5)))
        assert isinstance(end(seen), Complete)
        assert [*outcomes(seen)] == list(range(6))

    def test_one_of_many_is_allowed(self) -> None:
        """If a tuning job of the sample can be read, each denial is its own."""
        failing = all_failing(DENIED, 260)
        del failing[255]
        seen = events(Scope(260), Jobs(failing))
        assert isinstance(end(seen), Complete)
        ends = outcomes(seen)
        assert {n for n, of in ends.items() if of == Failed(DENIED)} == {*failing}
        assert isinstance(ends[255], Read)

    def test_denied_alone(self) -> None:
        """If AWS allows the call for other tuning jobs, a denial is the tuning job's
        own, even if no other is to be read."""
        seen = events(Scope(1, is_allowed=True), Jobs({0: DENIED}))
        assert isinstance(end(seen), Complete)
        assert outcomes(seen) == {0: Failed(DENIED)}

    def test_a_denial_beside_another_failure(self) -> None:
        """If a tuning job is denied alone and the only other one fails for another
        reason, nothing could be read."""
        failing = {0: DENIED, 1: DOWN}
        seen = events(Scope(2, is_allowed=True), Jobs(failing))
        assert isinstance(end(seen), Unread)
        assert outcomes(seen) == {}
