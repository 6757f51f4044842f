"""Keeps everything about one scope (one account in one region) during a sync."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.errors import DATA, explain, is_denied
from tap_sagemaker_tuning.aws.operations import DESCRIBE_TUNING_JOB, LIST_TRIALS
from tap_sagemaker_tuning.exceptions import InternalError, NotReadError
from tap_sagemaker_tuning.replication.listing import Wanted
from tap_sagemaker_tuning.replication.plan import Plan
from tap_sagemaker_tuning.replication.state import ScopeState
from tap_sagemaker_tuning.sync.failures import Failure, forget_frames, some_of
from tap_sagemaker_tuning.sync.list_jobs import list_tuning_jobs
from tap_sagemaker_tuning.sync.outcomes import (
    Complete,
    Failed,
    Gone,
    Read,
    Unread,
)
from tap_sagemaker_tuning.values import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.replication.listing import ListedJob, Listing
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.replication.state import Filters
    from tap_sagemaker_tuning.sync.interfaces import Reader
    from tap_sagemaker_tuning.sync.outcomes import Ended, Listed, Visited

_LOGGER = logging.getLogger("tap-sagemaker-tuning")

Status = Literal["complete", "incomplete", "failed", "not read"]
"""How much of a scope was read; "not read": no selected stream reads scopes."""

Sentence = tuple[int, str]
"""A sentence to log, after its level."""

_SAMPLES = 3
"""The most tuning jobs to try, to see whether a denial concerns all of them."""

_GONE = (
    "is listed, but does not exist when described: the next sync decides whether it "
    "was deleted"
)
_MISSING = (
    "but DescribeTrainingJob does not find what it lists: the next sync reads it again"
)
_POSTPONED = (
    "it could not be read for 7 days, so it is retried only once a day: an earlier "
    "log has the cause"
)
_DENIED_ALONE = (
    "has been denied for 7 days, while others can be read: it counts in "
    "tuning_jobs_denied, is retried once a day, and no longer makes the sync incomplete"
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of a scope's tuning jobs.

    Attributes:
        seen: Those whose visit has ended for some stream.
        read: Those that every stream that visited them has read.
        failed: Those that some stream failed to read, or that could not be listed.
        denied: Those that AWS has denied one by one for seven days or more.
        open: Those that can still change.
    """

    seen: int
    read: int
    failed: int
    denied: int
    open: int


@dataclass(slots=True)
class _Keys:
    """Keys of the tuning jobs that some stream has seen, visited, failed to read, …."""

    seen: set[str] = field(default_factory=set)
    visited: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)

    @property
    def counts(self) -> Counts:
        """How many of each."""
        failed = self.failed | self.unlisted
        return Counts(
            seen=len(self.seen),
            read=len(self.visited - self.failed - self.denied),
            failed=len(failed),
            denied=len(self.denied - failed),
            open=len(self.open),
        )


class ScopeRun:
    """One scope during one sync: its client, plans, listing, counts and failures.

    It has an open client and plans only while it is read. Closing it drops what is
    known about single tuning jobs and keeps the counts, so memory does not grow with
    the number of scopes read. The main thread runs everything except `list_visits`,
    which runs before the scope's first event, and `ask` and `is_allowed`, which use
    nothing that changes after it.

    Attributes:
        client: The scope's client.
        failures: What was not read, by `Failure.key`, so that duplicates merge.
        failed_streams: Names of the streams that could not read everything.
        whole: Names of the streams that read everything the filters let in.
        began: The service's time when the listing began; None: it did not.
        started_at: The local clock's time when the scope was opened; before that, when
            the sync began.
        is_open: Whether it is being read.
        ended_at: The local clock's time when it was closed; None: not yet.
        listed: How many tuning jobs were listed.
        to_visit: How many of them to visit; None: unknown, or listing failed.
        unknown_names: Those of `tuning_job_names` that the scope does not have, in
            lower case.
        rows: How many records were written.
    """

    def __init__(self, client: Client, filters: Filters) -> None:
        """Prepare to read, without any call."""
        self.client = client
        self.failures: dict[object, Failure] = {}
        self.failed_streams: set[str] = set()
        self.whole: set[str] = set()
        self.began: str | None = None
        self.started_at = now()
        self.is_open = False
        self.ended_at: str | None = None
        self.listed = 0
        self.to_visit: int | None = None
        self.unknown_names: set[str] = set()
        self.rows = 0
        self._keys = _Keys()
        self._counts: Counts | None = None  # set when closed
        self._refusal: Exception | None = None  # why the client could not be opened
        self._filters = filters
        self._plans: dict[str, Plan] = {}
        self._denials: dict[str, list[tuple[Visit, ClientError]]] = {}  # by stream
        self._doubtful: set[str] = set()  # streams to which two calls said two things
        self._partial: set[str] = set()  # streams that left out rows
        self._ended: set[str] = set()  # streams
        self._failing: set[str] = set()  # keys of what the last sync could not read
        self._trials: Counter[str] = Counter()

    @property
    def scope(self) -> Scope:
        """The account and region."""
        return self.client.scope

    @property
    def status(self) -> Status:
        """How much of it was read."""
        if any(failure.tuning_job is None for failure in self.failures.values()):
            return "failed"
        if self.failures:
            return "incomplete"
        return "not read" if self.to_visit is None else "complete"

    @property
    def counts(self) -> Counts:
        """Counts of its tuning jobs so far."""
        return self._counts or self._keys.counts

    @property
    def trials_read(self) -> int:
        """How many trials were read, by the stream that read the most."""
        return max(self._trials.values(), default=0)

    def plan(self, reader: Reader, saved: Mapping[str, Any]) -> str | None:
        """Plan what a stream reads.

        Args:
            reader: The stream.
            saved: Its saved state in this scope; empty if there is none.

        Returns:
            A warning if that state is unusable and everything is read again.

        Raises:
            StateError: The state is damaged, or its version is unknown.
        """
        state, warning = ScopeState(self._filters), None
        if reader.is_incremental:
            state, warning = ScopeState.from_json(saved, self._filters)
        self._failing |= {key for key, job in state.open.items() if job.failed}
        plan = Plan(state, self._filters, of_trials=reader.of_trials)
        self._plans[reader.name] = plan
        return warning

    def state_of(self, stream: str) -> dict[str, Any]:
        """A stream's state, up to the records written so far, without its context."""
        plan = self._plans[stream]
        plan.prune()
        return plan.state.to_json()

    def open(self) -> None:
        """Open the client; if that fails, `list_visits` raises the error."""
        self.is_open = True
        self.started_at = now()
        try:
            self.client.open()
        except DATA as error:  # the scope fails alone
            self._refusal = error

    def list_visits(self) -> tuple[Listing, list[dict[str, Visit]]]:
        """List the tuning jobs.

        Returns:
            The listing; and for each tuning job to read, oldest first, the visit of
            each stream that wants it, by the stream's name.

        Raises:
            Exception: The client could not be opened, or a call failed.
        """
        if self._refusal:
            raise self._refusal
        wanted = Wanted.of_all([plan.wanted for plan in self._plans.values()])
        listing = list_tuning_jobs(self.client, wanted, self._filters)
        visits: dict[str, dict[str, Visit]] = {}  # by tuning job
        for stream, plan in self._plans.items():
            for visit in plan.visits(listing):
                visits.setdefault(visit.job.key, {})[stream] = visit
        return listing, [visits[job.key] for job in listing.jobs() if job.key in visits]

    def ask(self) -> None:
        """Make a small call, to see whether the scope responds.

        Raises:
            Exception: The call failed.
        """
        next(self.client.tuning_jobs(), None)

    def is_allowed(
        self, denial: Exception, key: str, others: Sequence[ListedJob]
    ) -> bool:
        """Whether a call that was denied works for another tuning job.

        Args:
            denial: The error of the call.
            key: The tuning job's name in lower case.
            others: Other tuning jobs; a few are tried if the call never worked.
        """
        operation = getattr(denial, "operation_name", "")
        readable = [job for job in others if job.key not in self._failing]
        for job in readable[:_SAMPLES]:
            if self.client.has_passed(operation, key):
                break
            with suppress(*DATA):
                if operation == LIST_TRIALS.name:
                    next(self.client.trials(job.name), None)
                if operation == DESCRIBE_TUNING_JOB.name:
                    self.client.tuning_job(job.name)
        return self.client.has_passed(operation, key)

    def note_listing(self, event: Listed) -> None:
        """Record what was listed, what could not be, and what was left for later."""
        self.began = event.listing.began or None
        self.listed = len(event.listing)
        self.to_visit = event.visits
        for name, error in event.listing.unread:
            self._note_unlisted(name, error, self._plans)
        for name, error in event.listing.denied:
            self._note_denied_listing(name, error)
        for name, error in event.listing.failed:
            plans = self._plans.items()
            having = [of for of, plan in plans if name.lower() in plan.state.open]
            self._note_unlisted(name, error, having)
        for stream, plan in self._plans.items():
            for job in plan.postponed:
                if job.denied:
                    self._keys.denied.add(job.name.lower())
                else:
                    self._note_unlisted(job.name, NotReadError(_POSTPONED), [stream])
        names = self._filters.tuning_job_names or ()
        listed = {name for name in names if event.listing.find(name)}
        self.unknown_names = set(names) - listed - self._keys.unlisted

    def _note_unlisted(
        self, name: str, error: Exception, streams: Iterable[str]
    ) -> None:
        self._keys.unlisted.add(name.lower())
        self.failed_streams.update(streams)
        self.fail(name, error)

    def _note_denied_listing(self, name: str, error: Exception) -> None:
        """Record that an open tuning job was neither listed nor may be described."""
        key = name.lower()
        is_alone = self._may_describe(key)
        for stream, plan in self._plans.items():
            if is_alone and plan.is_long_denied(key):
                self._keys.denied.add(key)
            elif key in plan.state.open:
                self._note_unlisted(name, error, [stream])

    def _may_describe(self, key: str) -> bool:
        """Whether a tuning job other than this one could be described."""
        return self.client.has_passed(DESCRIBE_TUNING_JOB.name, key)

    def commit(self, reader: Reader, event: Visited) -> Iterator[Sentence]:
        """Advance a stream's state over a visit whose records are written."""
        plan, visit = self._plans[reader.name], event.visit
        self._keys.seen.add(visit.job.key)
        match event.outcome:
            case Read(tally):
                self._keys.visited.add(visit.job.key)
                if reader.of_trials:
                    self._trials[reader.name] += tally.rows
                if tally.is_partial:
                    self._partial.add(reader.name)
                if tally.missing:
                    self._doubtful.add(reader.name)
                    trials = some_of(sorted(tally.missing))
                    sentence = f"{_which(visit)} lists {trials}, {_MISSING}"
                    yield logging.WARNING, sentence
                # A full read may apply filters of its own, and keeps no state.
                if reader.is_incremental and (warning := plan.visited(visit, tally)):
                    yield logging.WARNING, warning
            case Gone():
                self._doubtful.add(reader.name)
                plan.stays_open(visit)
                yield logging.INFO, f"{_which(visit)} {_GONE}"
            case Failed(error):
                self._keys.visited.add(visit.job.key)
                if isinstance(error, ClientError) and is_denied(error):
                    # Only at the end is it known whether others are denied as well.
                    plan.stays_open(visit)
                    self._denials.setdefault(reader.name, []).append((visit, error))
                else:
                    plan.failed(visit, is_denied=False)
                    self._note_failure(reader, visit, error)

    def finish(self, reader: Reader, event: Ended) -> Iterator[Sentence]:
        """Advance a stream's state over the end of the scope."""
        self._ended.add(reader.name)
        plan = self._plans[reader.name]
        denials = self._denials.pop(reader.name, [])
        match event.outcome:
            case Complete(listing):
                for visit, denial in denials:
                    key, operation = visit.job.key, denial.operation_name
                    is_alone = self.client.has_passed(operation, key)
                    plan.failed(visit, is_denied=is_alone)
                    if plan.is_long_denied(key):
                        self._keys.denied.add(key)
                        sentence = f"{_which(visit)} {_DENIED_ALONE}"
                        yield logging.WARNING, f"{sentence}. {explain(denial)}"
                    else:
                        self._note_failure(reader, visit, denial)
                for sentence in plan.drop_gone(listing):
                    yield logging.INFO, sentence
                plan.note_unlisted(listing, self._may_describe)
                plan.finish(listing)
                lacking = self.failed_streams | self._doubtful | self._partial
                if reader.name not in lacking:
                    self.whole.add(reader.name)
            case Unread(visits):
                for visit, error in visits:
                    self._keys.visited.add(visit.job.key)
                    self._note_failure(reader, visit, error)
            case Failed(error):
                for visit, denial in denials:
                    self._note_failure(reader, visit, denial)
                self.failed_streams.add(reader.name)
                self.fail(None, error)
        self._keys.open |= plan.state.open.keys()

    def _note_failure(self, reader: Reader, visit: Visit, error: Exception) -> None:
        self._keys.failed.add(visit.job.key)
        self.failed_streams.add(reader.name)
        self.fail(visit.job.name, error)

    def break_off(self, bug: BaseException) -> None:
        """Record that a bug of the tap stopped the scope, and log its traceback."""
        said = f"{type(bug).__name__}: {bug}".removesuffix(": ")
        error = InternalError(
            f"a bug of the tap stopped the scope: {said}. Please report it with the "
            "traceback in the log"
        )
        _LOGGER.error("%s: a bug of the tap", self.scope, exc_info=bug)
        for name, plan in self._plans.items():
            if name not in self._ended:
                self.failed_streams.add(name)
                self._keys.open |= plan.state.open.keys()
        self.fail(None, error)

    def close(self) -> None:
        """Close the client, and drop the plans and what is known per tuning job."""
        self.client.close()
        if self.began:
            self.began = min(self.began, self.client.clock.began or self.began)
        self.is_open = False
        self.ended_at = now()
        self._counts = self._keys.counts
        self._keys = _Keys()
        self._plans.clear()

    def forget_plans(self) -> None:
        """Drop the plans until the scope's turn comes."""
        self._plans.clear()

    def fail(self, tuning_job: str | None, error: Exception) -> None:
        """Record that the scope, or one of its tuning jobs, was not read."""
        failure = Failure(scope=self.scope, tuning_job=tuning_job, error=error)
        if failure.key not in self.failures:
            self.failures[failure.key] = failure
            _LOGGER.debug("%s", failure, exc_info=error)
        forget_frames(error)


def _which(visit: Visit) -> str:
    return f"tuning job {visit.job.name} (created {visit.job.created})"


def now() -> str:
    """The local clock's time, as `values.timestamp` formats it."""
    return timestamp(datetime.now(tz=UTC).isoformat())
