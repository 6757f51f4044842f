"""One scope during one sync: what it counts, what failed, and what is complete."""

from __future__ import annotations

import gc
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning.aws.operations import LIST_TRIALS
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
    Visited,
)
from tap_sagemaker_tuning.sync.scope_run import Counts, ScopeRun
from tests.sync.factories import FakeClient, answer, visits

if TYPE_CHECKING:
    from tap_sagemaker_tuning.sync.outcomes import Outcome

DENIED = answer("AccessDeniedException", LIST_TRIALS)


@dataclass(frozen=True)
class Stream:
    """A stream as the loop sees it."""

    name: str = "jobs"
    of_trials: bool = False
    is_incremental: bool = True
    is_partial: bool = False


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
    found = visits(len(outcomes))
    scope.note_listing(Listed(listing, len(found)))
    for visit, outcome in zip(found, outcomes, strict=True):
        assert [*scope.commit(of, Visited(of.name, visit, outcome))] == []
    assert [*scope.finish(of, Ended(of.name, Complete(listing)))] == []


def tally(trials: int = 0) -> Tally:
    """A tuning job that was read, with this many trials."""
    found = Tally({})
    for number in range(trials):
        key = {"TrainingJobName": str(number), "CreationTime": "2026-03-01T00:00:00Z"}
        found.add(key)
    return found


class TestStatus:
    """The status says how much of a scope was read."""

    def test_not_read(self) -> None:
        """A scope that was never reached is not read."""
        scope = scope_of()
        assert (scope.status, scope.whole, scope.began) == ("not read", set(), None)

    def test_complete(self) -> None:
        """A scope is complete if every listed tuning job was read or has been
        deleted."""
        scope = scope_of()
        read(scope, listing_of(3), Read(tally()), Gone(), Read(tally()))
        assert (scope.status, scope.whole) == ("complete", {"jobs"})
        assert scope.listed == 3
        assert scope.counts == Counts(seen=3, read=2, failed=0, open=2)
        assert scope.began == "2026-03-02T09:00:00.000Z"

    def test_incomplete(self) -> None:
        """If a tuning job fails, the stream is incomplete and the tuning job stays
        open."""
        scope = scope_of()
        read(scope, listing_of(2), Read(tally()), Failed(DENIED))
        assert (scope.status, scope.whole) == ("incomplete", set())
        assert scope.failed_streams == {"jobs"}
        assert scope.counts == Counts(seen=2, read=1, failed=1, open=2)

    @pytest.mark.parametrize("part", ["unreadable", "denied"])
    def test_what_is_not_listed(self, part: str) -> None:
        """A tuning job that cannot be listed makes every stream incomplete."""
        scope = scope_of(JOBS, TRIALS)
        read(scope, listing_of(1, **{part: [("Odd", TapError("odd"))]}), Read(tally()))
        assert (scope.status, scope.whole) == ("incomplete", set())
        assert scope.failed_streams == {"jobs", "trials"}
        assert (scope.counts.read, scope.counts.failed) == (1, 1)

    def test_failed(self) -> None:
        """If one stream cannot read anything, the scope has failed, but other streams
        can be complete."""
        scope = scope_of(JOBS, TRIALS)
        read(scope, listing_of(1), Read(tally()))
        assert [*scope.finish(TRIALS, Ended("trials", Failed(DENIED)))] == []
        assert (scope.status, scope.whole) == ("failed", {"jobs"})

    def test_partial(self) -> None:
        """A stream that leaves out rows is never complete."""
        partial: Any = Stream(is_partial=True, is_incremental=False)
        scope = scope_of(partial)
        read(scope, listing_of(1), Read(tally()), of=partial)
        assert (scope.status, scope.whole) == ("complete", set())


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
    read(scope, listing_of(1, unreadable=[("Denied", DENIED)]), Read(tally()))
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
