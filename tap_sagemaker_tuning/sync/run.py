"""One run of the tap: its scopes, what both streams share of them, and what failed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.errors import Failure
from tap_sagemaker_tuning.sync.progress import Progress
from tap_sagemaker_tuning.sync.workers import Finished, Listed, Page, Reading, Visited

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Sequence

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.replication.listing import Listing
    from tap_sagemaker_tuning.replication.plan import Plan
    from tap_sagemaker_tuning.streams.base import TuningStream
    from tap_sagemaker_tuning.sync.workers import Event, Read
    from tap_sagemaker_tuning.tap import TapSageMakerTuning


class Sync:
    """One run of the tap.

    Attributes:
        clients: One a scope, in the order of the settings; none if that failed.
        plans: By stream and client, what to read.
        listings: By client, the tuning jobs that were listed.
        is_listed: Whether all of them were, or failed.
        failures: What was not read.
    """

    def __init__(self, tap: TapSageMakerTuning) -> None:
        """Open the scopes, and plan what the selected streams read of each."""
        self.failures: list[Failure] = []
        self.listings: dict[Client, Listing] = {}
        self.is_listed = False
        self._config = tap.config
        self._filters = tap.filters
        self._logger: logging.Logger = tap.logger
        self._progress = Progress(tap.logger)
        self.clients: list[Client] = []
        self._open(tap)
        streams: Sequence[TuningStream] = tap.selected_streams
        self._is_test = any(stream.ABORT_AT_RECORD_COUNT for stream in streams)
        self.plans: dict[str, dict[Client, Plan]] = {
            stream.name: {client: stream.plan(client.scope) for client in self.clients}
            for stream in streams
        }

    def events(self, read: Read | None) -> Iterator[Event | None]:
        """List all scopes' tuning jobs, and read their trials.

        Args:
            read: Reads the trials of a visit; None: tuning jobs are listed only.

        Yields:
            What `Reading.events` gives; failures of scopes are noted already. In a
            connection test, nothing until each scope was listed or failed.
        """
        plans = {
            client: [of_stream[client] for of_stream in self.plans.values()]
            for client in self.clients
        }
        held: list[Event | None] = []
        unlisted = set(self.clients) if self._is_test else set()
        self._progress.start(self.clients)
        with Reading(plans, self._filters, first_page_only=self._is_test) as reading:
            concurrency = 1 if self._is_test else self._config["concurrency"]
            for event in reading.events(read, concurrency):
                self._note(event)
                if isinstance(event, Listed | Finished):
                    unlisted.discard(event.client)
                held.append(event)
                if not unlisted:
                    self.is_listed = self._is_test
                    yield from held
                    held.clear()
                if isinstance(event, Finished) and read is not None:
                    self.end(event.client, plans[event.client][0])
        self.is_listed = True
        self._warn_of_unknown_names()

    def fail(self, client: Client, tuning_job: str | None, error: Exception) -> None:
        """Note that a scope, or one tuning job of it, was not read, and go on."""
        scope = client.scope
        self._fail(Failure(scope=scope, tuning_job=tuning_job, error=error))

    def _fail(self, failure: Failure) -> None:
        self._logger.debug("%s", failure, exc_info=failure.error)
        self.failures.append(failure)

    def end(self, client: Client, plan: Plan) -> None:
        """Log what a scope came to, once."""
        if client in self._progress.scopes:
            self._progress.end(client, plan)

    def note_gone(
        self, stream: TuningStream, client: Client, plan: Plan, listing: Listing
    ) -> None:
        """Forget the open tuning jobs that do not exist any more, and say so."""
        for sentence in plan.drop_gone(listing):
            stream.logger.info("%s: %s", client.scope, sentence)
        for sentence in plan.drop_unlisted(listing, client.now):
            stream.logger.warning("%s: %s", client.scope, sentence)

    def _open(self, tap: TapSageMakerTuning) -> None:
        """Open the clients, in a thread, so that a signal need not wait for STS."""
        # Imported here: it brings boto3, and --version, --about and --discover do not
        # need that.
        from tap_sagemaker_tuning.aws.sessions import open_clients  # noqa: PLC0415

        failed: list[Exception] = []

        def run() -> None:
            try:
                self.clients = open_clients(tap.config)
            except Exception as error:  # noqa: BLE001 - looked at below
                failed.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(timeout=0.2)
            tap.check_signal()
        for error in failed:
            self._fail(Failure(scope=None, tuning_job=None, error=error))

    def _note(self, event: Event | None) -> None:
        """Take from an event what the whole run has to know."""
        self._progress.tell()
        match event:
            case Listed(client, listing, visits, unread):
                self.listings[client] = listing
                for name, error in unread:
                    self.fail(client, name, error)
                scope = self._progress.scopes[client]
                scope.listed, scope.visits = len(listing.jobs()), len(visits)
            case Page(client, _, trials):
                self._progress.scopes[client].trials += len(trials)
            case Visited(client):
                self._progress.scopes[client].visited += 1
            case Finished(client, Exception() as error):
                self.fail(client, None, error)
            case _:
                pass

    def _warn_of_unknown_names(self) -> None:
        """Warn of names in `tuning_job_names` that no scope has."""
        if any(failure.tuning_job is None for failure in self.failures):
            return
        denied = {failure.tuning_job for failure in self.failures}
        for name in self._config.get("tuning_job_names", ()):
            known = any(listing.created(name) for listing in self.listings.values())
            if not known and name.lower() not in denied:
                self._logger.warning("tuning_job_names: no scope has %s", name)
