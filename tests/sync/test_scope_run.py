"""One scope during one sync: what it counts, what failed, and what is complete."""

from __future__ import annotations

import gc
import logging
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning.aws.operations import DESCRIBE_TUNING_JOB, LIST_TRIALS
from tap_sagemaker_tuning.exceptions import TapError, UnreadableError
from tap_sagemaker_tuning.replication.listing import Listing
from tap_sagemaker_tuning.replication.state import Filters
from tap_sagemaker_tuning.replication.tally import Tally
from tap_sagemaker_tuning.sync.failures import Failure
from tap_sagemaker_tuning.sync.outcomes import (
    Complete,
    Ended,
    Failed,
    Gone,
    Listed,
    Read,
    Unread,
    Visited,
)
from tap_sagemaker_tuning.sync.scope_run import Counts, ScopeRun
from tests.sync.factories import FakeClient, answer, visits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.sync.outcomes import Outcome

DENIED = answer("AccessDeniedException", LIST_TRIALS)


@dataclass(frozen=True)
class Stream:
    """A stream as the loop sees it."""

    name: str = "jobs"
    of_trials: bool = False
    is_incremental: bool = True


JOBS: Any = Stream()
TRIALS: Any = Stream("trials", of_trials=True)


def scope_of(*readers: Any, **filters: Any) -> ScopeRun:
    """A scope with a plan for each of these streams."""
    client: Any = FakeClient()
    scope = ScopeRun(client, Filters(**filters))
    for reader in readers or (JOBS,):
        assert scope.plan(reader, {}) is None
    return scope


def listing_of(count: int, **more: Any) -> Listing:
    """A listing of this many tuning jobs."""
    listing = Listing()
    listing.began = "2026-03-02T09:00:00.000Z"
    listing.add(visit.job for visit in visits(count))
    for name, value in more.items():
        setattr(listing, name, value)
    return listing


def read(scope: ScopeRun, listing: Listing, *outcomes: Outcome, of: Any = JOBS) -> None:
    """List a scope, visit its tuning jobs with these outcomes, and end it."""
    planned = visits(len(outcomes))
    scope.note_listing(Listed(listing, len(planned)))
    for visit, outcome in zip(planned, outcomes, strict=True):
        assert [*scope.commit(of, Visited(of.name, visit, outcome))] == []
    assert [*scope.finish(of, Ended(of.name, Complete(listing)))] == []


class Trying(FakeClient):
    """A client whose calls are denied, except from a certain one on.

    Attributes:
        tried: The operation and the tuning job of each call.
    """

    def __init__(self, works_at: int) -> None:
        """Let this call succeed."""
        super().__init__()
        self.tried: list[tuple[str, str]] = []
        self._works_at = works_at

    def trials(self, name: str) -> Iterator[None]:
        """List trials."""
        self._try(LIST_TRIALS, name)
        yield None

    def tuning_job(self, name: str) -> None:
        """Describe a tuning job."""
        self._try(DESCRIBE_TUNING_JOB, name)

    def _try(self, operation: Operation, name: str) -> None:
        self.tried.append((operation.name, name))
        if len(self.tried) < self._works_at:
            raise DENIED
        self.succeeded.add((operation.name, name))


def passed(scope: ScopeRun, operation: Operation, name: str = "another") -> None:
    """Let an operation have succeeded for a tuning job."""
    client: Any = scope.client
    client.succeeded.add((operation.name, name))


OLD, OLD_ASKED = "2026-02-01T00:00:00.000Z", "2026-02-28T00:00:00.000Z"


def state_with(name: str, **more: Any) -> dict[str, Any]:
    """A state in which this tuning job, the first of `visits`, is open."""
    created = "2026-03-01T00:00:00.000Z"
    return {"version": 1, "open": {name: {"created": created, **more}}}


def tally(trials: int = 0) -> Tally:
    """A tuning job that was read, with this many trials."""
    counted = Tally({})
    for number in range(trials):
        key = {"TrainingJobName": str(number), "CreationTime": "2026-03-01T00:00:00Z"}
        counted.add(key)
    return counted


class TestStatus:
    """The status says how much of a scope was read."""

    def test_not_read(self) -> None:
        """A scope that was never reached is not read."""
        scope = scope_of()
        assert (scope.status, scope.whole, scope.began) == ("not read", set(), None)

    def test_complete(self) -> None:
        """A scope is complete if every listed tuning job was read."""
        scope = scope_of()
        read(scope, listing_of(3), *[Read(tally())] * 3)
        assert (scope.status, scope.whole) == ("complete", {"jobs"})
        assert scope.listed == 3
        assert scope.counts == Counts(seen=3, read=3, failed=0, denied=0, open=3)
        assert scope.began == "2026-03-02T09:00:00.000Z"

    def test_incomplete(self) -> None:
        """If a tuning job fails, the stream is incomplete and the tuning job stays
        open."""
        scope = scope_of()
        read(scope, listing_of(2), Read(tally()), Failed(DENIED))
        assert (scope.status, scope.whole) == ("incomplete", set())
        assert scope.failed_streams == {"jobs"}
        assert scope.counts == Counts(seen=2, read=1, failed=1, denied=0, open=2)

    def test_what_is_not_listed(self) -> None:
        """A tuning job that cannot be listed makes every stream incomplete."""
        scope = scope_of(JOBS, TRIALS)
        read(scope, listing_of(1, unread=[("Odd", TapError("odd"))]), Read(tally()))
        assert (scope.status, scope.whole) == ("incomplete", set())
        assert scope.failed_streams == {"jobs", "trials"}
        assert (scope.counts.read, scope.counts.failed) == (1, 1)

    def test_what_is_neither_listed_nor_may_be_described(self) -> None:
        """An open tuning job that is not found makes the streams incomplete in whose
        state it is open."""
        scope = scope_of(JOBS, TRIALS)
        scope.plan(TRIALS, state_with("Odd"))
        read(scope, listing_of(1, denied=[("Odd", DENIED)]), Read(tally()))
        assert (scope.status, scope.whole) == ("incomplete", {"jobs"})
        assert (scope.counts.read, scope.counts.failed) == (1, 1)

    def test_what_cannot_be_described(self) -> None:
        """An open tuning job that could not be described makes the streams incomplete
        in whose state it is open."""
        scope = scope_of(JOBS, TRIALS)
        scope.plan(TRIALS, state_with("Odd"))
        read(scope, listing_of(1, failed=[("Odd", TapError("no"))]), Read(tally()))
        assert (scope.status, scope.whole) == ("incomplete", {"jobs"})

    def test_denied_alone(self) -> None:
        """A tuning job that was denied for seven days while others were described
        counts as denied, and leaves the scope complete."""
        scope = scope_of()
        scope.plan(JOBS, state_with("Odd", failed=OLD, asked=OLD_ASKED, denied=1))
        passed(scope, DESCRIBE_TUNING_JOB)
        read(scope, listing_of(1, denied=[("Odd", DENIED)]), Read(tally()))
        assert (scope.status, scope.whole) == ("complete", {"jobs"})
        assert (scope.counts.failed, scope.counts.denied) == (0, 1)

    @pytest.mark.parametrize("denied", [0, 1])
    def test_postponed(self, denied: int) -> None:
        """A tuning job that could not be read for seven days, and is not due, still
        counts: as denied if it was denied alone, otherwise as failed."""
        asked = "2026-03-02T08:00:00.000Z"
        scope = scope_of()
        scope.plan(JOBS, state_with("Odd", failed=OLD, asked=asked, denied=denied))
        listing = listing_of(1)
        assert [*scope._plans["jobs"].visits(listing)] != []  # noqa: SLF001
        read(scope, listing, Read(tally()))
        assert (scope.counts.failed, scope.counts.denied) == (1 - denied, denied)
        assert scope.status == ("complete" if denied else "incomplete")

    def test_doubtful(self) -> None:
        """If two calls disagree on whether something exists, the scope is not complete
        as of this sync, but nothing failed."""
        scope = scope_of()
        gone, there = visits(2)
        scope.note_listing(Listed(listing_of(2), 2))
        (level, sentence), *_ = scope.commit(JOBS, Visited("jobs", gone, Gone()))
        assert (level, "does not exist" in sentence) == (logging.INFO, True)
        scope.commit(JOBS, Visited("jobs", there, Read(tally())))
        assert [*scope.finish(JOBS, Ended("jobs", Complete(listing_of(2))))] == []
        assert (scope.status, scope.whole, scope.failures) == ("complete", set(), {})

    def test_missing_trial(self) -> None:
        """A trial that is listed but not found holds back its stream's time."""
        scope, (visit,) = scope_of(), visits(1)
        counts = tally(2)
        counts.miss("1")
        scope.note_listing(Listed(listing_of(1), 1))
        ((level, sentence),) = scope.commit(JOBS, Visited("jobs", visit, Read(counts)))
        assert (level, " lists 1, but " in sentence) == (logging.WARNING, True)
        assert [*scope.finish(JOBS, Ended("jobs", Complete(listing_of(1))))] == []
        assert (scope.status, scope.whole) == ("complete", set())

    def test_denials_are_judged_in_the_end(self) -> None:
        """A denial fails its tuning job if the call never works elsewhere, even if it
        was denied for long."""
        scope, (visit,) = scope_of(), visits(1)
        old = {"failed": OLD, "asked": OLD_ASKED, "denied": 1}
        scope.plan(JOBS, state_with("job-0", **old))
        read(scope, listing_of(1), Failed(DENIED))
        assert (scope.status, scope.counts.failed) == ("incomplete", 1)
        again = scope_of()
        again.plan(JOBS, state_with("job-0", **old))
        passed(again, LIST_TRIALS)
        again.note_listing(Listed(listing_of(1), 1))
        assert [*again.commit(JOBS, Visited("jobs", visit, Failed(DENIED)))] == []
        ((level, sentence),) = again.finish(
            JOBS, Ended("jobs", Complete(listing_of(1)))
        )
        assert (level, "AccessDenied" in sentence) == (logging.WARNING, True)
        assert (again.status, again.counts.denied) == ("complete", 1)
        assert again.state_of("jobs")["open"]["job-0"]["denied"] == 1

    def test_its_own_success_proves_nothing(self) -> None:
        """If a call passed only for the tuning job itself, such as its first page, a
        denial is a failure, however long it has lasted."""
        scope = scope_of()
        old = {"failed": OLD, "asked": OLD_ASKED, "denied": 1}
        scope.plan(JOBS, state_with("job-0", **old))
        passed(scope, LIST_TRIALS, "job-0")
        read(scope, listing_of(1), Failed(DENIED))
        assert (scope.status, scope.counts.denied) == ("incomplete", 0)

    def test_a_denial_after_another_failure(self) -> None:
        """The seven days of a denial begin with the first denial, not with an earlier
        failure of another kind."""
        scope = scope_of()
        scope.plan(JOBS, state_with("job-0", failed=OLD, asked=OLD_ASKED))
        passed(scope, LIST_TRIALS)
        read(scope, listing_of(1), Failed(DENIED))
        assert (scope.status, scope.counts.denied) == ("incomplete", 0)
        now = "2026-03-02T09:00:00.000Z"
        job = scope.state_of("jobs")["open"]["job-0"]
        assert (job["failed"], job["denied"]) == (now, 1)

    def test_another_failure_after_a_denial(self) -> None:
        """A tuning job that was denied for long and fails once for another reason is
        read again in the next sync."""
        scope = scope_of()
        old = {"failed": OLD, "asked": OLD_ASKED, "denied": 1}
        scope.plan(JOBS, state_with("job-0", **old))
        lost = answer("InternalFailure", LIST_TRIALS)
        read(scope, listing_of(2), Failed(lost), Read(tally()))
        again = scope_of()
        again.plan(JOBS, scope.state_of("jobs"))
        again.note_listing(Listed(listing_of(2), 2))
        assert again.status == "complete"
        assert not again._plans["jobs"].postponed  # noqa: SLF001

    def test_a_stop_after_a_denial(self) -> None:
        """A sync that stops before its end leaves what is known of a denial."""
        scope = scope_of()
        old = {"failed": OLD, "asked": OLD_ASKED, "denied": 1}
        scope.plan(JOBS, state_with("job-0", **old))
        (visit,) = visits(1)
        scope.note_listing(Listed(listing_of(1), 1))
        assert [*scope.commit(JOBS, Visited("jobs", visit, Failed(DENIED)))] == []
        kept = scope.state_of("jobs")["open"]["job-0"]
        assert {name: kept.get(name) for name in old} == old

    def test_malformed_is_not_denied(self) -> None:
        """An open tuning job that is not listed, and whose description is malformed, is
        never counted as denied."""
        scope = scope_of()
        old = {"failed": OLD, "asked": OLD_ASKED}
        scope.plan(JOBS, state_with("Odd", **old))
        passed(scope, DESCRIBE_TUNING_JOB)
        odd = [("Odd", UnreadableError("odd"))]
        read(scope, listing_of(1, is_whole=True, unread=odd), Read(tally()))
        assert "denied" not in scope.state_of("jobs")["open"]["Odd"]

    def test_recent_denial_fails(self) -> None:
        """An open tuning job that is neither listed nor may be described fails, even if
        others may be described, until that has lasted for seven days."""
        scope = scope_of()
        scope.plan(JOBS, state_with("Odd"))
        passed(scope, DESCRIBE_TUNING_JOB)
        read(scope, listing_of(1, denied=[("Odd", DENIED)]), Read(tally()))
        assert (scope.status, scope.counts.failed) == ("incomplete", 1)

    def test_only_denials_count_apart(self) -> None:
        """A tuning job that fails for another reason fails the scope, however long."""
        down = answer("InternalFailure", LIST_TRIALS)
        scope = scope_of()
        old = {"failed": OLD, "asked": OLD_ASKED}
        scope.plan(JOBS, state_with("job-0", **old))
        passed(scope, LIST_TRIALS)
        read(scope, listing_of(1), Failed(down))
        assert (scope.status, scope.counts.failed) == ("incomplete", 1)
        assert scope.counts.denied == 0

    @pytest.mark.parametrize("operation", [LIST_TRIALS, DESCRIBE_TUNING_JOB])
    def test_call_is_tried_for_others(self, operation: Operation) -> None:
        """Whether a denied call works for others is found out with at most three of
        them, and not at all once it has worked."""
        scope = scope_of()
        client: Any = Trying(works_at=2)
        scope.client = client
        others = [visit.job for visit in visits(5)]
        denial = answer("AccessDeniedException", operation)
        assert scope.is_allowed(denial, "denied", others)
        assert client.tried == [(operation.name, "job-0"), (operation.name, "job-1")]
        assert scope.is_allowed(denial, "denied", others)
        assert len(client.tried) == 2
        client = Trying(works_at=4)
        scope.client = client
        assert not scope.is_allowed(denial, "denied", others)
        assert len(client.tried) == 3

    def test_call_is_not_tried_for_those_that_fail(self) -> None:
        """Tuning jobs that could not be read before say nothing about others."""
        scope = scope_of()
        scope.plan(JOBS, state_with("job-0", failed=OLD, asked=OLD_ASKED))
        client: Any = Trying(works_at=1)
        scope.client = client
        denial = answer("AccessDeniedException", LIST_TRIALS)
        assert not scope.is_allowed(denial, "denied", [visits(1)[0].job])
        assert client.tried == []

    def test_nothing_could_be_read(self) -> None:
        """If no tuning job could be read, each is a failure and the state stays."""
        scope, planned = scope_of(), visits(2)
        before = scope.state_of("jobs")
        scope.note_listing(Listed(listing_of(2), 2))
        unread = Unread([(visit, DENIED) for visit in planned])
        assert [*scope.finish(JOBS, Ended("jobs", unread))] == []
        assert (scope.status, scope.whole) == ("incomplete", set())
        assert (scope.counts.read, scope.counts.failed) == (0, 2)
        assert scope.state_of("jobs") == before

    def test_failed(self) -> None:
        """If one stream cannot read anything, the scope has failed, but other streams
        can be complete."""
        scope = scope_of(JOBS, TRIALS)
        read(scope, listing_of(1), Read(tally()))
        assert [*scope.finish(TRIALS, Ended("trials", Failed(DENIED)))] == []
        assert scope.failed_streams == {"trials"}
        assert (scope.status, scope.whole) == ("failed", {"jobs"})

    def test_partial(self) -> None:
        """A stream that leaves out rows is never complete."""
        full: Any = Stream(is_incremental=False)
        scope = scope_of(full)
        partial = tally()
        partial.is_partial = True
        read(scope, listing_of(1), Read(partial), of=full)
        assert (scope.status, scope.whole) == ("complete", set())


class TestPlan:
    """What a stream's state becomes."""

    def test_an_unusable_state(self) -> None:
        """A state that cannot be used is a warning, and everything is planned again."""
        scope = scope_of()
        warning = scope.plan(JOBS, {"replication_key_value": "2026-03-01T00:00:00Z"})
        assert "everything is read again" in str(warning)
        assert scope.state_of("jobs") == scope_of().state_of("jobs")

    def test_a_stream_without_state(self) -> None:
        """A stream that rereads everything ignores a saved state, even if damaged."""
        full: Any = Stream(is_incremental=False)
        scope = scope_of(full)
        assert scope.plan(full, {"version": "damaged"}) is None

    def test_what_is_settled_leaves_the_state(self) -> None:
        """A state keeps settled tuning jobs only within the lookback window."""
        saved = scope_of().state_of("jobs")
        saved |= {
            "replication_key_value": "2026-03-02T09:00:00.000Z",
            "settled": {
                "old": "2026-03-01T09:00:00.000Z",
                "new": "2026-03-02T08:59:00.000Z",
            },
        }
        scope = scope_of()
        assert scope.plan(JOBS, saved) is None
        assert scope.state_of("jobs")["settled"].keys() == {"new"}


def test_trials_are_counted_once() -> None:
    """Trials that two streams read count once."""
    details: Any = Stream("details", of_trials=True)
    scope = scope_of(TRIALS, details)
    read(scope, listing_of(2), Read(tally(3)), Read(tally(4)), of=TRIALS)
    read(scope, listing_of(1), Read(tally(3)), of=details)
    assert scope.trials_read == 7


def test_unknown_names() -> None:
    """A named tuning job is unknown if it was neither found nor denied."""
    scope = scope_of(tuning_job_names=("job-0", "denied", "nobody"))
    read(scope, listing_of(1, unread=[("Denied", DENIED)]), Read(tally()))
    assert scope.unknown_names == {"nobody"}


class TestFailures:
    """Each failure is recorded once, in linear time."""

    def test_once(self) -> None:
        """Two streams that fail for the same cause or on the same odd item are one
        failure."""
        scope = scope_of()
        for name in ("b", "a", "b"):
            scope.fail(name, DENIED)
        scope.fail("c", UnreadableError("one way"))
        scope.fail("c", UnreadableError("another way"))
        named = [failure.tuning_job for failure in scope.failures.values()]
        assert named == ["b", "a", "c"]

    def test_no_page_is_kept(self) -> None:
        """A failure keeps no reference to the page that was being read."""

        class Page:
            """An object that a stack frame holds."""

        def read(page: Page) -> None:
            try:
                int(str(page))
            except ValueError as error:
                msg = "no trial"
                raise TapError(msg) from error

        scope, held = scope_of(), []
        for name in ("churn", "churn"):
            page = Page()
            held.append(weakref.ref(page))
            with pytest.raises(TapError) as caught:
                read(page)
            scope.fail(name, caught.value)
            del caught, page
        gc.collect()
        assert [each() for each in held] == [None, None]

    def test_linear(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each failure is compared once or twice, however many there are already."""
        looks = 0
        cause = Failure.cause.fget  # type: ignore[attr-defined]

        def counted(each: Failure) -> Any:
            nonlocal looks
            looks += 1
            return cause(each)

        monkeypatch.setattr(Failure, "cause", property(counted))
        scope = scope_of()
        for number in range(2000):
            scope.fail(f"churn-{number}", DENIED)
        assert len(scope.failures) == 2000
        assert looks <= 2 * 2000
