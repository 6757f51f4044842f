"""All that belongs to one account in one region during a sync."""

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
"""What a person should know, with the level to log it at."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the tuning jobs of a scope.

    Attributes:
        seen: Those whose visit has ended for some stream.
        read: Those that were read by every stream that visited them.
        failed: Those that some stream has failed to read, or that could not be listed.
        open: Those that can still change.
    """

    seen: int
    read: int
    failed: int
    open: int


@dataclass(slots=True)
class _Keys:
    """The keys of tuning jobs that some stream has seen, visited, failed to read, …."""

    seen: set[str] = field(default_factory=set)
    visited: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)

    @property
    def counts(self) -> Counts:
        """How many they are."""
        return Counts(
            seen=len(self.seen),
            read=len(self.visited) - len(self.failed),
            failed=len(self.failed | self.unlisted),
            open=len(self.open),
        )


class ScopeRun:
    """One scope during one sync: its client, plans, listing, counters and failures.

    Its client and plans are there while it is open. What is known of each of its tuning
    jobs goes when it is closed, and the counts stay: memory does not grow with what
    earlier scopes had. Only `list_visits` runs outside the main thread, before the
    scope's first event.

    Attributes:
        client: The scope's client.
        failures: What was not read, each under a key that equal failures share.
        failed_streams: Names of the streams that did not read all they should.
        whole: Names of the streams that read all that the filters let in.
        began: The service's time when the listing began; None: it did not.
        started_at: This machine's time when the scope was opened, or the sync began.
        is_open: Whether it is being read.
        ended_at: This machine's time when it was done with the scope; None: not yet.
        listed: How many tuning jobs were listed.
        to_visit: How many of them are visited; None: not known yet.
        unknown_names: Keys of `tuning_job_names` that it has not.
        rows: How many records were read.
    """

    def __init__(self, client: Client, filters: Filters) -> None:
        """Read nothing yet."""
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
        self._counts: Counts | None = None  # once it is closed
        self._refusal: Exception | None = None  # of its client's
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
        """What became of its tuning jobs so far."""
        return self._counts or self._keys.counts

    @property
    def trials_read(self) -> int:
        """How many trials were read, by the stream that read most of them."""
        return max(self._trials.values(), default=0)

    def plan(self, reader: Reader, saved: Mapping[str, Any]) -> str | None:
        """Plan what a stream reads.

        Args:
            reader: The stream.
            saved: Its state in this scope, empty if there is none.

        Returns:
            A warning, if its state is of no use and all is read again.
        """
        state, warning = ScopeState(self._filters), None
        if reader.is_incremental:
            state, warning = ScopeState.from_json(saved, self._filters)
        plan = Plan(state, self._filters, of_trials=reader.of_trials)
        self._plans[reader.name] = plan
        return warning

    def state_of(self, stream: str) -> dict[str, Any]:
        """The state of a stream as of what is written so far, without its context."""
        plan = self._plans[stream]
        plan.prune()
        return plan.state.to_json()

    def open(self) -> None:
        """Open its client. That it cannot be opened is what `list_visits` raises."""
        self.is_open = True
        self.started_at = now()
        try:
            self.client.open()
        except Exception as error:  # noqa: BLE001 - the scope fails alone
            self._refusal = error

    def list_visits(self) -> tuple[Listing, list[dict[str, Visit]]]:
        """List the tuning jobs.

        Returns:
            The listing; and for each tuning job to read, oldest first, how each stream
            that wants it reads it.

        Raises:
            Exception: They cannot be listed.
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
        """Ask the scope for something, to see whether it answers.

        Raises:
            Exception: It does not.
        """
        next(self.client.tuning_jobs(), None)

    def note_listing(self, event: Listed) -> None:
        """Note what was listed, and what could not be."""
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
        """Take into a stream's state how a visit ended: its records are written."""
        plan, visit, warning = self._plans[reader.name], event.visit, None
        self._keys.seen.add(visit.job.key)
        match event.outcome:
            case Read(tally):
                self._keys.visited.add(visit.job.key)
                if reader.of_trials:
                    self._trials[reader.name] += tally.rows
                # A full read may be cut by filters of its own.
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
        """Take into a stream's state how the scope ended for it."""
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
        """Let go of the client, the plans and what is known of each tuning job."""
        self.client.close()
        self.is_open = False
        self.ended_at = now()
        self._counts = self._keys.counts
        self._keys = _Keys()
        self._plans.clear()

    def forget_plans(self) -> None:
        """Let go of the plans, until it is the scope's turn."""
        self._plans.clear()

    def fail(self, tuning_job: str | None, error: Exception) -> None:
        """Note that the scope, or one tuning job of it, was not read."""
        failure = Failure(scope=self.scope, tuning_job=tuning_job, error=error)
        if failure.key not in self.failures:
            self.failures[failure.key] = failure
            _LOGGER.debug("%s", failure, exc_info=error)
        _forget_frames(error)


def _forget_frames(error: BaseException | None) -> None:
    """Let go of what an error's traceback holds: a page of trials, or more."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def now() -> str:
    """This machine's time."""
    return timestamp(datetime.now(tz=UTC).isoformat())
