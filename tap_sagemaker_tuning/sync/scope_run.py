"""Keeps everything about one scope (one account in one region) during a sync."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from tap_sagemaker_tuning.replication.listing import Wanted
from tap_sagemaker_tuning.replication.plan import Plan
from tap_sagemaker_tuning.replication.state import ScopeState
from tap_sagemaker_tuning.sync.failures import Failure
from tap_sagemaker_tuning.sync.list_jobs import list_tuning_jobs
from tap_sagemaker_tuning.sync.outcomes import Complete, Failed, Gone, Read
from tap_sagemaker_tuning.values import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.replication.listing import Listing
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.replication.state import Filters
    from tap_sagemaker_tuning.sync.outcomes import Ended, Listed, Visited
    from tap_sagemaker_tuning.sync.readers import Reader

_LOGGER = logging.getLogger("tap-sagemaker-tuning")

Status = Literal["complete", "incomplete", "failed", "not read"]
"""How much of a scope was read; "not read": no selected stream reads scopes."""

Sentence = tuple[int, str]
"""A sentence to log, after its level."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of a scope's tuning jobs.

    Attributes:
        seen: Those whose visit has ended for some stream.
        read: Those that every stream that visited them has read.
        failed: Those that some stream failed to read, or that could not be listed.
        open: Those that can still change.
    """

    seen: int
    read: int
    failed: int
    open: int


@dataclass(slots=True)
class _Keys:
    """Keys of the tuning jobs that some stream has seen, visited, failed to read, …."""

    seen: set[str] = field(default_factory=set)
    visited: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)

    @property
    def counts(self) -> Counts:
        """How many of each."""
        return Counts(
            seen=len(self.seen),
            read=len(self.visited) - len(self.failed),
            failed=len(self.failed | self.unlisted),
            open=len(self.open),
        )


class ScopeRun:
    """One scope during one sync: its client, plans, listing, counts and failures.

    It has an open client and plans only while it is read. Closing it drops what is
    known about single tuning jobs and keeps the counts, so memory does not grow with
    the number of scopes read. The main thread runs everything except `list_visits`,
    which runs before the scope's first event, and `ask`.

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
        except Exception as error:  # noqa: BLE001 - the scope fails alone
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
        found: dict[str, dict[str, Visit]] = {}
        for stream, plan in self._plans.items():
            for visit in plan.visits(listing):
                found.setdefault(visit.job.key, {})[stream] = visit
        return listing, [found[job.key] for job in listing.jobs() if job.key in found]

    def ask(self) -> None:
        """Make a small call, to see whether the scope responds.

        Raises:
            Exception: The call failed.
        """
        next(self.client.tuning_jobs(), None)

    def note_listing(self, event: Listed) -> None:
        """Record what was listed, and what could not be."""
        self.began = event.listing.began or None
        self.listed = len(event.listing)
        self.to_visit = event.visits
        for name, error in [*event.listing.unreadable, *event.listing.denied]:
            self._keys.unlisted.add(name.lower())
            self.failed_streams |= self._plans.keys()
            self.fail(name, error)
        names = self._filters.tuning_job_names or ()
        listed = {name for name in names if event.listing.find(name)}
        self.unknown_names = set(names) - listed - self._keys.unlisted

    def commit(self, reader: Reader, event: Visited) -> Iterator[Sentence]:
        """Advance a stream's state over a visit whose records are written."""
        plan, visit, warning = self._plans[reader.name], event.visit, None
        self._keys.seen.add(visit.job.key)
        match event.outcome:
            case Read(tally):
                self._keys.visited.add(visit.job.key)
                if reader.of_trials:
                    self._trials[reader.name] += tally.rows
                # A full read may apply filters of its own, and keeps no state.
                if reader.is_incremental:
                    warning = plan.visited(visit, tally)
            case Gone():
                plan.gone(visit)
            case Failed(error):
                self._keys.visited.add(visit.job.key)
                self._keys.failed.add(visit.job.key)
                self.failed_streams.add(reader.name)
                self.fail(visit.job.name, error)
                warning = plan.failed(visit)
        if warning:
            yield logging.WARNING, warning

    def finish(self, reader: Reader, event: Ended) -> Iterator[Sentence]:
        """Advance a stream's state over the end of the scope."""
        plan = self._plans[reader.name]
        match event.outcome:
            case Complete(listing):
                for sentence in plan.drop_gone(listing):
                    yield logging.INFO, sentence
                for sentence in plan.drop_unlisted(listing):
                    yield logging.WARNING, sentence
                plan.finish(listing)
                if not (reader.is_partial or reader.name in self.failed_streams):
                    self.whole.add(reader.name)
            case Failed(error):
                self.failed_streams.add(reader.name)
                self.fail(None, error)
        self._keys.open |= plan.state.open.keys()

    def close(self) -> None:
        """Close the client, and drop the plans and what is known per tuning job."""
        self.client.close()
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
        _forget_frames(error)


def _forget_frames(error: BaseException | None) -> None:
    """Drop an error's tracebacks, whose frames hold a page of trials or more."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def now() -> str:
    """The local clock's time, as `values.timestamp` formats it."""
    return timestamp(datetime.now(tz=UTC).isoformat())
