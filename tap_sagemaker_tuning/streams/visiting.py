"""Streams whose rows come of visits to tuning jobs: what is read, and when it counts.

Each plans for itself, from its own state, and reads for itself; they share only the
listing. So no selection of streams can lose a row of one.
"""

from __future__ import annotations

import abc
import sys
import time
from typing import TYPE_CHECKING, ClassVar

from tap_sagemaker_tuning.aws.operations import DESCRIBE_TUNING_JOB, LIST_TUNING_JOBS
from tap_sagemaker_tuning.replication.plan import Plan
from tap_sagemaker_tuning.replication.state import ScopeState
from tap_sagemaker_tuning.replication.tally import FINAL_STATUSES
from tap_sagemaker_tuning.streams.base import TapStream
from tap_sagemaker_tuning.sync.events import Finished, PageRead, Visited, is_deleted

if sys.version_info >= (3, 12):
    from typing import override
else:
    from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.replication.state import Entry, Filters
    from tap_sagemaker_tuning.replication.tally import Tally
    from tap_sagemaker_tuning.sync.run import Plans
    from tap_sagemaker_tuning.values import Record

FULL_TABLE = "FULL_TABLE"
"""Singer's name of the replication method."""

_SECONDS_BETWEEN_STATES = 5.0


class VisitingStream(TapStream):
    """A stream whose rows come of visits to the tuning jobs that a listing shows.

    Attributes:
        plans: What is read of each scope, by its client; made before anything is read.
    """

    replication_key = "creation_time"
    operations: ClassVar[tuple[Operation, ...]] = (
        LIST_TUNING_JOBS,
        DESCRIBE_TUNING_JOB,
    )
    methods = ("INCREMENTAL", FULL_TABLE)

    of_trials: ClassVar[bool]
    """Whether its rows are trials; if not, they are tuning jobs."""
    makes_calls: ClassVar[bool] = True
    """Whether a visit calls the API."""
    visits_ahead: ClassVar[int] = 64
    """How many visits of all scopes together are read ahead: a bound of memory."""

    plans: Plans

    @property
    def is_capped(self) -> bool:
        """Whether a full read may leave out rows that the filters let in."""
        return False

    @property
    def problems(self) -> list[str]:
        """What of the settings it cannot do, a sentence each."""
        only = self.config.get("status_equals")
        is_full = self.replication_method == FULL_TABLE
        if not self.of_trials or is_full or only in {None, *FINAL_STATUSES}:
            return []
        finals = ", ".join(FINAL_STATUSES)
        place = f"in incremental replication of {self.name} one of {finals}"
        return [f"status_equals: {only!r} is not final: {place}"]

    @abc.abstractmethod
    def fetch(
        self, client: Client, visit: Visit, tally: Tally
    ) -> Iterator[list[Record]]:
        """Read a visit, in a thread of its own.

        Args:
            client: The scope's client.
            visit: The tuning job, and down to which creation time to read it.
            tally: Counts its trials: each that is shown has to be added.

        Yields:
            Its records, page by page.

        Raises:
            Exception: It cannot be read to its end: that is this visit's failure.
        """

    @classmethod
    @override
    def check_state(cls, entry: Entry, filters: Filters) -> None:
        ScopeState.from_json(entry, filters)

    def make_plans(self, clients: list[Client], filters: Filters) -> None:
        """Plan what to read of each scope from its state; in FULL_TABLE from none."""
        self.plans = {client: self._plan(client, filters) for client in clients}

    @override
    def read(self) -> Iterator[Record]:
        """Give the records of all scopes, each scope's tuning jobs oldest first."""
        run = self.host.run  # the first stream that asks for it has the plans made
        # The first STATE comes before the first record: after a kill it tells what
        # the records that came were read under.
        changed = set(self.plans)
        self._save_all(changed)
        saved_at = time.monotonic()
        try:
            for event in run.read(self):
                match event:
                    case PageRead():
                        for record in event.records:
                            yield record
                            self.host.check_signal()
                        continue
                    case Visited():
                        self._take(event)
                        changed.add(event.client)
                    case Finished(client, None):
                        self._finish(client)
                        changed.add(client)
                    case Finished():
                        self.has_failed = True
                    case _:
                        pass
                is_end = isinstance(event, Finished)
                if is_end or time.monotonic() - saved_at > _SECONDS_BETWEEN_STATES:
                    self._save_all(changed)
                    saved_at = time.monotonic()
        finally:
            # Also when a signal or an error ends it: the plans are at what is written.
            self._save_all(changed)

    def _plan(self, client: Client, filters: Filters) -> Plan:
        state = ScopeState(filters)
        if self.replication_method != FULL_TABLE:
            # A plain Singer bookmark, of a tap that knew no scopes, stands for each.
            raw = self.saved(client.scope.context) or {
                name: value
                for name, value in self.stream_state.items()
                if name == "replication_key_value"
            }
            state, note = ScopeState.from_json(raw, filters)
            if note:
                self.logger.warning("%s: %s", client.scope, note)
        return Plan(state, filters, of_trials=self.of_trials)

    def _take(self, event: Visited) -> None:
        """Take into the state how a visit ended: all its records are written."""
        client, visit = event.client, event.visit
        plan = self.plans[client]
        warning = None
        if event.tally:
            # A full read says nothing of what is open: its own filters may cut it.
            if self.replication_method != FULL_TABLE:
                warning = plan.visited(visit, event.tally)
        elif is_deleted(event.error):
            plan.gone(visit)
        else:
            self.has_failed = True
            warning = plan.failed(visit)
        if warning:
            self.logger.warning("%s: %s", client.scope, warning)

    def _finish(self, client: Client) -> None:
        """Take into the state that all of a scope was read."""
        plan, listing = self.plans[client], self.host.run.listing(client)
        for sentence in plan.drop_gone(listing):
            self.logger.info("%s: %s", client.scope, sentence)
        for sentence in plan.drop_unlisted(listing):
            self.logger.warning("%s: %s", client.scope, sentence)
        plan.finish(listing)

    def _save_all(self, changed: set[Client]) -> None:
        """Save the states of these scopes, and write a STATE message."""
        if self.replication_method != FULL_TABLE:
            for client in changed:
                plan = self.plans[client]
                plan.prune()
                old = self.saved(client.scope.context)
                kept = {"resume": old["resume"]} if "resume" in old else {}
                self.save(client.scope.context, {**kept, **plan.state.to_json()})
            for plain in ("replication_key", "replication_key_value"):
                self.stream_state.pop(plain, None)
        changed.clear()
        self.write_state()
