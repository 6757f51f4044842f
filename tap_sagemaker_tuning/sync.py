"""One run of the tap: its scopes, what both streams share of them, and what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from tap_sagemaker_tuning.errors import Failure, NoListError, explain
from tap_sagemaker_tuning.reading import Finished, Listed, Reading
from tap_sagemaker_tuning.sessions import open_clients

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Sequence

    from tap_sagemaker_tuning.client import Client
    from tap_sagemaker_tuning.listing import Listing
    from tap_sagemaker_tuning.reading import Event, Read
    from tap_sagemaker_tuning.replication import Plan
    from tap_sagemaker_tuning.streams import TuningStream
    from tap_sagemaker_tuning.tap import TapSageMakerTuning

_SERVICE_ERRORS = (BotoCoreError, ClientError, NoListError)
# What can go wrong with a call. Anything else is a fault of this program.


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
        try:
            self.clients = open_clients(tap.config)
        except _SERVICE_ERRORS as error:
            self.clients = []
            self.failures.append(
                Failure(scope=None, tuning_job=None, reason=explain(error))
            )
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
        with Reading(plans, self._filters, first_page_only=self._is_test) as reading:
            for event in reading.events(read, self._config["concurrency"]):
                if isinstance(event, Listed):
                    self._note_listed(event)
                elif isinstance(event, Finished) and event.error:
                    self.fail(event.client, None, event.error)
                if isinstance(event, Listed | Finished):
                    unlisted.discard(event.client)
                held.append(event)
                if not unlisted:
                    yield from held
                    held.clear()
        self.is_listed = True
        self._warn_of_unknown_names()

    def fail(self, client: Client, tuning_job: str | None, error: Exception) -> None:
        """Note that a scope, or one tuning job of it, was not read.

        Raises:
            Exception: The error, if it is not one of the service's or the network's.
        """
        if not isinstance(error, _SERVICE_ERRORS):
            raise error
        self.failures.append(
            Failure(scope=client.scope, tuning_job=tuning_job, reason=explain(error))
        )

    def note_gone(
        self, stream: TuningStream, client: Client, plan: Plan, listing: Listing
    ) -> None:
        """Forget the open tuning jobs that do not exist any more, and say so."""
        for sentence in plan.drop_gone(listing, client.now):
            stream.logger.info("%s: %s", client.scope, sentence)

    def _note_listed(self, event: Listed) -> None:
        self.listings[event.client] = event.listing
        for name, error in event.unread:
            self.fail(event.client, name, error)

    def _warn_of_unknown_names(self) -> None:
        """Warn of names in `tuning_job_names` that no scope has."""
        if any(failure.tuning_job is None for failure in self.failures):
            return
        denied = {failure.tuning_job for failure in self.failures}
        for name in self._config.get("tuning_job_names", ()):
            known = any(listing.created(name) for listing in self.listings.values())
            if not known and name.lower() not in denied:
                self._logger.warning("tuning_job_names: no scope has %s", name)
