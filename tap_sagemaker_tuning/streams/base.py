"""The two Singer streams: independent of each other, and of one listing.

Each keeps its own state. `replication` says what to read and what the state is after
it; `reading` reads it; here it becomes records, and the state is saved.
"""

from __future__ import annotations

import abc
import sys
import time
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import SchemaDirectory, Stream, StreamSchema
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib import RecordMessage

from tap_sagemaker_tuning import schemas_root, values
from tap_sagemaker_tuning.replication.plan import Plan
from tap_sagemaker_tuning.replication.state import ScopeState
from tap_sagemaker_tuning.replication.tally import Tally
from tap_sagemaker_tuning.streams.full_table import FULL_TABLE, FullRead
from tap_sagemaker_tuning.sync.workers import (
    Finished,
    Page,
    Visited,
    is_deleted,
    read_since,
)

if sys.version_info >= (3, 12):
    from typing import override
else:
    from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from singer_sdk.helpers.types import Context

    from tap_sagemaker_tuning.aws.client import Client, Scope
    from tap_sagemaker_tuning.tap import TapSageMakerTuning

_SECONDS_BETWEEN_STATES = 5.0

SCHEMAS = SchemaDirectory(schemas_root())


class TuningStream(Stream):
    """What both streams share: schema from a file, and state a scope.

    The SDK's own bookmark would follow the replication key of each record. Here the
    state is saved whole instead, so three of the SDK's hooks do nothing. Those of its
    hooks whose name begins with an underscore are private: tests/test_command_line.py
    fails when the SDK stops calling them.
    """

    schema: ClassVar[StreamSchema[str]] = StreamSchema(SCHEMAS)
    replication_key = "creation_time"
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # records fit by construction
    nested: ClassVar[str]
    """The one column that is an object or null."""

    _tap: TapSageMakerTuning

    @property
    @override
    def partitions(self) -> None:
        """One call of `get_records` serves all scopes."""

    @override
    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """State may point to no time of this machine's."""

    @override
    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Leave the state as it is."""

    @override
    def _increment_stream_state(self, *_: Any, **__: Any) -> None:
        """Leave the state as it is."""

    @override
    def _generate_record_messages(
        self, record: dict[str, Any]
    ) -> Generator[RecordMessage, None, None]:
        """Leave out the SDK's walk over each record where nothing is deselected.

        It is a quarter of what a record costs, and then takes nothing out (measured
        in November 2026, see benchmarks/README.md).
        """
        if not self._is_all_selected:
            yield from super()._generate_record_messages(record)
            return
        for stream_map in self.stream_maps:
            mapped = stream_map.transform(record)
            if mapped is not None:
                yield RecordMessage(
                    stream=stream_map.stream_alias,
                    record=mapped,
                    time_extracted=datetime.now(UTC),
                )

    @cached_property
    def _is_all_selected(self) -> bool:
        return all(self.mask.values())

    @override
    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """Read all scopes; whatever happens, no record stays in the writer."""
        try:
            yield from self.read()
        finally:
            self._tap.message_writer.flush()

    @abc.abstractmethod
    def read(self) -> Iterator[dict[str, Any]]:
        """Give the records of all scopes, and save their state on the way."""

    @override
    def post_process(
        self, row: dict[str, Any], context: Context | None = None
    ) -> dict[str, Any]:
        """Make a null object an empty one where the SDK flattens.

        It leaves a null object as it is, in a column that the flattened schema lacks.
        """
        if self.config.get("flattening_enabled") and row[self.nested] is None:
            row[self.nested] = {}
        return row

    @override
    def log_sync_costs(self) -> None:
        """Say what failed, after the last stream: this is the SDK's last hook."""
        if self is list(self._tap.streams.values())[-1]:
            self._tap.finish()

    def plan(self, scope: Scope) -> Plan:
        """Plan what to read of a scope from its state; in FULL_TABLE from none."""
        filters = self._tap.filters
        if self.replication_method == FULL_TABLE:
            return Plan(ScopeState(filters))
        state, note = ScopeState.from_json(self.saved(scope), filters)
        if note:
            self.logger.warning("%s: %s", scope, note)
        return Plan(state)

    def saved(self, scope: Scope) -> dict[str, Any]:
        """The state of a scope, as it is saved; empty if there is none."""
        for entry in self.stream_state.get("partitions", []):
            if entry["context"] == scope.context:
                return dict(entry)
        # A plain Singer bookmark, of a tap that knew no scopes, stands for each.
        plain = self.stream_state.get("replication_key_value")
        return {"replication_key_value": plain} if plain else {}

    def save(self, scope: Scope, plan: Plan) -> None:
        """Put the state of a scope where the next STATE message takes it from.

        The entry is made anew, in one step: what the new state leaves out must not
        stay, and the SDK may write a STATE between any two records.
        """
        if self.replication_method == FULL_TABLE:
            return
        plan.prune()
        old = self.get_context_state(scope.context)
        entries = self.stream_state["partitions"]
        entries[entries.index(old)] = {
            **{part: old[part] for part in ("context", "resume") if part in old},
            **plan.state.to_json(),
        }
        for plain in ("replication_key", "replication_key_value"):
            self.stream_state.pop(plain, None)

    def write_state(self) -> None:
        """Write a STATE message, if the state has changed."""
        self._tap.state_writer.write_state(self.tap_state)


class TuningJobs(TuningStream):
    """Every tuning job: a HyperParameterTuningJobSummary each."""

    name = "tuning_jobs"
    primary_keys = ("tuning_job_arn",)
    nested = "resource_limits"

    @override
    def read(self) -> Iterator[dict[str, Any]]:
        """Give what is new or was still open in the listing of this sync."""
        run = self._tap.run
        if not run.is_listed:
            for event in run.events(None):
                if event is None:
                    self._tap.check_signal()
        for client, listing in run.listings.items():
            scope, plan = client.scope, run.plans[self.name][client]
            visits = list(plan.visits(listing))
            run.note_gone(self, client, plan, listing)
            for visit in visits:
                self._tap.check_signal()
                yield values.tuning_job(
                    visit.job, account_id=scope.account_id, region=scope.region
                )
                if warning := plan.visited(visit, None, client.now):
                    self.logger.warning("%s: %s", scope, warning)
            plan.finish(listing)
            run.end(client, plan)
            self.save(scope, plan)
            self.write_state()


class TrainingJobSummaries(TuningStream):
    """Every trial: a HyperParameterTrainingJobSummary each."""

    name = "training_job_summaries"
    primary_keys = ("training_job_arn",)
    nested = "final_hyper_parameter_tuning_job_objective_metric"

    @override
    def read(self) -> Iterator[dict[str, Any]]:
        """Give the trials of the tuning jobs to visit, each scope's oldest first."""
        full = FullRead(self) if self.replication_method == FULL_TABLE else None
        only = None if full else self.config.get("status_equals")
        tallies: dict[Client, Tally] = {}  # of the visit that each scope is at
        changed: set[Client] = set()
        saved_at = time.monotonic()
        try:
            for event in self._tap.run.events(full or read_since):
                self._tap.check_signal()
                if isinstance(event, Page):
                    tally = tallies.setdefault(event.client, Tally(event.visit.job))
                    for trial in event.trials:
                        tally.add(trial)
                        if only is None or trial["TrainingJobStatus"] == only:
                            yield _trial(event, trial)
                            self._tap.check_signal()
                    continue
                if isinstance(event, Visited):
                    tally = tallies.pop(event.client, Tally(event.visit.job))
                    self._take(event, tally)
                    changed.add(event.client)
                elif isinstance(event, Finished):
                    self._end(event)
                    changed.add(event.client)
                is_end = isinstance(event, Finished)
                if is_end or time.monotonic() - saved_at > _SECONDS_BETWEEN_STATES:
                    self._save_all(changed)
                    saved_at = time.monotonic()
        finally:
            # Also when a signal or an error ends it: the plans are at what is written.
            self._save_all(changed)
        if full:
            full.save_token()

    def _take(self, event: Visited, tally: Tally) -> None:
        """Take into the state how a visit ended: all its records are written."""
        run, client, visit = self._tap.run, event.client, event.visit
        plan = run.plans[self.name][client]
        warning = None
        if event.error is None:
            # A full read says nothing of what is open: its own filters may cut it.
            if self.replication_method != FULL_TABLE:
                warning = plan.visited(visit, tally, client.now)
        elif is_deleted(event.error):
            plan.gone(visit)
        else:
            run.fail(client, visit.job["HyperParameterTuningJobName"], event.error)
            warning = plan.failed(visit, client.now)
        if warning:
            self.logger.warning("%s: %s", client.scope, warning)

    def _end(self, event: Finished) -> None:
        """Take into the state that all of a scope was read, if it was."""
        run, client = self._tap.run, event.client
        if event.error is None:
            plan, listing = run.plans[self.name][client], run.listings[client]
            run.note_gone(self, client, plan, listing)
            plan.finish(listing)

    def _save_all(self, changed: set[Client]) -> None:
        for client in changed:
            self.save(client.scope, self._tap.run.plans[self.name][client])
        changed.clear()
        self.write_state()


def _trial(event: Page, trial: values.Summary) -> values.Record:
    scope, job = event.client.scope, event.visit.job
    return values.training_job(
        trial,
        account_id=scope.account_id,
        region=scope.region,
        tuning_job_name=job["HyperParameterTuningJobName"],
        tuning_job_arn=job["HyperParameterTuningJobArn"],
    )
