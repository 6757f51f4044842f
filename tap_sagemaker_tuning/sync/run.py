"""One run of the tap: its scopes, what its streams share of them, and what failed."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from tap_sagemaker_tuning.replication.listing import Wanted
from tap_sagemaker_tuning.sync.events import (
    Event,
    Finished,
    Listed,
    PageRead,
    Visited,
    is_deleted,
)
from tap_sagemaker_tuning.sync.failures import Failure, Failures, some_of
from tap_sagemaker_tuning.sync.list_jobs import list_tuning_jobs
from tap_sagemaker_tuning.sync.progress import Progress
from tap_sagemaker_tuning.sync.results import ScopeResult
from tap_sagemaker_tuning.sync.watched import watched
from tap_sagemaker_tuning.sync.workers import Workers
from tap_sagemaker_tuning.values import timestamp

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.replication.listing import Listing
    from tap_sagemaker_tuning.replication.plan import Plan, Visit
    from tap_sagemaker_tuning.replication.state import Filters
    from tap_sagemaker_tuning.replication.tally import Tally
    from tap_sagemaker_tuning.values import Record

Plans = dict["Client", "Plan"]
"""What one stream reads, by the scope's client."""


class Reader(Protocol):
    """A stream, as far as a run looks at it: see `VisitingStream`."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def plans(self) -> Plans:
        """What it reads of each scope."""

    @property
    def of_trials(self) -> bool:
        """Whether its rows are trials."""

    @property
    def is_capped(self) -> bool:
        """Whether it may leave out rows of the filters: known once it is read."""

    @property
    def makes_calls(self) -> bool:
        """Whether a visit calls the API."""

    @property
    def visits_ahead(self) -> int:
        """How many visits of all scopes are read ahead."""

    def fetch(
        self, client: Client, visit: Visit, tally: Tally
    ) -> Iterator[list[Record]]:
        """Read a visit."""


class Run:
    """One run of the tap.

    Attributes:
        filters: What the run is limited by.
        clients: One per scope, in the order of the settings; none if that failed.
        results: By client, what became of its scope.
        streams: The streams that are read by visits to tuning jobs.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        filters: Filters,
        logger: logging.Logger,
        check_signal: Callable[[], None],
    ) -> None:
        """Open the scopes.

        Args:
            config: The settings.
            filters: What the run is limited by.
            logger: Where progress and failures go.
            check_signal: Raises if the run is to stop.
        """
        self.clients: list[Client] = []
        self._failures = Failures()
        self._config = config
        self.filters = filters
        self._logger = logger
        self._check_signal = check_signal
        self._progress = Progress(logger)
        self._wanted: dict[Client, list[Wanted]] = {}
        self._listings: dict[Client, Listing | Exception] = {}
        self._unknown_names: list[str] | None = None
        self._began = time.monotonic()
        self._open()
        self.streams: list[Reader] = []
        self.results = {client: ScopeResult(now()) for client in self.clients}

    def want(self, stream: Reader) -> None:
        """Take a stream, its plans made, for one that will be read.

        The listing of each scope serves it, too.
        """
        self.streams.append(stream)
        for client, plan in stream.plans.items():
            self._wanted.setdefault(client, []).append(plan.wanted)

    @property
    def failures(self) -> list[Failure]:
        """What was not read."""
        return self._failures.all

    def failures_of(self, client: Client) -> list[Failure]:
        """What was not read of a scope."""
        return self._failures.of(client.scope)

    def status_of(self, client: Client) -> str:
        """How much of a scope was read: complete, incomplete, failed or "not read"."""
        failures = self.failures_of(client)
        if any(failure.tuning_job is None for failure in failures):
            return "failed"
        if failures:
            return "incomplete"
        return "complete" if self.results[client].began else "not read"

    def listing(self, client: Client) -> Listing:
        """The tuning jobs of a scope: listed once in a run, whoever asks first.

        Raises:
            Exception: It cannot be listed; the same one, however often it is asked.
        """
        found = self._listings.get(client)
        if found is None:
            found = self._listings[client] = self._list(client)
        if isinstance(found, Exception):
            raise found
        return found

    def read(self, stream: Reader) -> Iterator[Event | None]:
        """Read what a stream wants of all scopes.

        Args:
            stream: The stream, its plans made.

        Yields:
            What `Workers.events` gives, and None now and then. Failures are noted
            already.

        Raises:
            SystemExit: A signal asked for it.
        """

        def visits(client: Client) -> list[Visit]:
            return list(stream.plans[client].visits(self.listing(client)))

        concurrency = self._config["concurrency"] if stream.makes_calls else 0
        self._progress.start(self.clients)
        with Workers(visits, stream.fetch, stream.visits_ahead) as workers:
            for event in workers.events(self.clients, concurrency):
                self._check_signal()
                self._note(stream, event)
                yield event
                if isinstance(event, Finished):
                    plan = stream.plans[event.client]
                    self.results[event.client].open |= plan.state.open.keys()
        self._warn_of_unknown_names()

    def summary(self) -> str:
        """What the run came to, in one line."""
        results, clients = list(self.results.values()), self.clients
        statuses = Counter(self.status_of(client) for client in clients)
        complete = statuses["complete"]
        scopes = f"{complete} of {len(clients)} accounts and regions complete"
        for status in ("incomplete", "failed", "not read"):
            if statuses[status]:
                scopes += f", {statuses[status]} {status}"
        if self._unknown_names:
            scopes += f"; tuning_job_names not found: {some_of(self._unknown_names)}"
        trials = sum(result.trials_read for result in results)
        return (
            f"{scopes}; "
            f"tuning jobs: {sum(result.read for result in results)} read, "
            f"{sum(len(result.open) for result in results)} still open; "
            f"trials: {trials} read; "
            f"calls: {sum(client.calls for client in clients)}, "
            f"{sum(client.throttled for client in clients)} of them throttled; "
            f"{time.monotonic() - self._began:.1f} s"
        )

    def fail(
        self, client: Client | None, tuning_job: str | None, error: Exception
    ) -> None:
        """Note that a scope, or one tuning job of it, was not read, and go on."""
        scope = client.scope if client else None
        failure = Failure(scope=scope, tuning_job=tuning_job, error=error)
        if self._failures.add(failure):
            self._logger.debug("%s", failure, exc_info=failure.error)

    def _list(self, client: Client) -> Listing | Exception:
        wanted = Wanted.of_all(self._wanted[client])
        try:
            listing = list_tuning_jobs(client, wanted, self.filters)
        except Exception as error:  # noqa: BLE001 - each stream's scope fails of it
            return error
        for name, why in [*listing.unreadable, *listing.denied]:
            self.fail(client, name, why)
            self.results[client].unlisted.add(name.lower())
        return listing

    def _open(self) -> None:
        """Open the clients: for that STS is asked."""
        # Imported here: it brings boto3, and --version, --about and --discover do not
        # need that.
        from tap_sagemaker_tuning.aws.sessions import open_clients  # noqa: PLC0415

        try:
            self.clients = watched(
                lambda: open_clients(self._config), self._check_signal
            )
        except Exception as error:  # noqa: BLE001 - it is told in the end
            self.fail(None, None, error)

    def _note(self, stream: Reader, event: Event | None) -> None:
        """Take from an event what the whole run has to know."""
        self._progress.tell()
        if event is None:
            return
        progress = self._progress.scopes[event.client]
        result = self.results[event.client]
        match event:
            case Listed(client, visits):
                listing = self.listing(client)
                result.began, result.listed = listing.began, len(listing)
                progress.to_read = visits
            case PageRead(_, _, records):
                progress.rows += len(records)
            case Visited(_, visit, tally, error):
                progress.read += 1
                if tally:
                    result.visited.add(visit.job.name)
                    if stream.of_trials:
                        result.trials[stream.name] += tally.rows
                elif error and not is_deleted(error):
                    result.visited.add(visit.job.name)
                    result.failed.add(visit.job.key)
                    self.fail(event.client, visit.job.name, error)
            case Finished(_, error):
                progress.is_over = True
                result.ended_at = now()
                if error:
                    self.fail(event.client, None, error)

    def _warn_of_unknown_names(self) -> None:
        """Warn once of names in `tuning_job_names` that no scope has."""
        listings = [
            found
            for found in self._listings.values()
            if not isinstance(found, Exception)
        ]
        # A scope that could not be listed may have any name.
        is_known = len(listings) == len(self.clients) > 0
        if self._unknown_names is not None or not is_known:
            return
        denied = {failure.tuning_job for failure in self.failures}
        self._unknown_names = [
            name
            for name in self._config.get("tuning_job_names", ())
            if name.lower() not in denied
            and not any(listing.find(name) for listing in listings)
        ]
        for name in self._unknown_names:
            self._logger.warning("tuning_job_names: no scope has %s", name)


def now() -> str:
    """This machine's time."""
    return timestamp(datetime.now(tz=UTC).isoformat())
