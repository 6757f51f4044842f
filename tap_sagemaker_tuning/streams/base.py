"""What all streams share: the SDK's hooks, and schemas from files.

Those of the SDK's hooks whose name begins with an underscore are private, and
overridden here only: tests/test_hooks.py fails when the SDK stops calling them.
"""

from __future__ import annotations

import abc
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from singer_sdk import SchemaDirectory, Stream, StreamSchema
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.metrics import Status, Tag, Timer
from singer_sdk.singerlib import RecordMessage, StateMessage
from typing_extensions import override

from tap_sagemaker_tuning import schemas_root

if TYPE_CHECKING:
    import logging
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from singer_sdk.helpers.types import Context

    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.replication.state import Entry, Filters
    from tap_sagemaker_tuning.settings import Settings
    from tap_sagemaker_tuning.sync.run import Run
    from tap_sagemaker_tuning.values import Record

SCHEMAS = SchemaDirectory(schemas_root())
_BEGINNING = "Beginning sync of"  # the SDK's line before each stream


def _is_no_beginning(record: logging.LogRecord) -> bool:
    """Drop the SDK's line: the first stream that reads lists for all."""
    return not str(record.msg).startswith(_BEGINNING)


def _key(context: Mapping[str, str]) -> tuple[str, ...]:
    return context["account_id"], context["region"]


class Host(Protocol):
    """What a stream asks of its tap, which stands a floor above it."""

    @property
    def settings(self) -> Settings:
        """The settings."""

    @property
    def run(self) -> Run:
        """What all streams of a run share."""

    def check_signal(self) -> None:
        """Stop, between two records, if a signal asked for it."""

    def flush(self) -> None:
        """Write the records that are held back."""

    def read_all(self) -> None:
        """Read all streams that share the commit loop, unless that is done."""

    def finish(self) -> None:
        """End the run, once all streams are read."""


class TapStream(Stream):
    """A stream that keeps its own state per scope, and serves all scopes at once.

    The SDK's own bookmark would follow the replication key of each record: its hooks
    for that do nothing here.
    """

    schema: ClassVar[StreamSchema[str]] = StreamSchema(SCHEMAS)
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # records fit by construction

    operations: ClassVar[tuple[Operation, ...]] = ()
    """What it calls, beside what the way in needs."""
    methods: ClassVar[tuple[str, ...]] = ("FULL_TABLE",)
    """The replication methods that a catalog may choose."""

    is_read_last: ClassVar[bool] = False
    """Whether it reports on the others, and so comes after them."""

    has_failed: bool
    """Whether something that it should have read was not."""
    _timer: Timer

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_failed = False
        chosen = self.config.get("streams")
        if isinstance(chosen, list):
            self.selected_by_default = self.name in chosen
        self.logger.addFilter(_is_no_beginning)

    @property
    def problems(self) -> list[str]:
        """What it cannot do of the settings, a sentence each."""
        return []

    @classmethod
    @abc.abstractmethod
    def check_state(cls, entry: Entry, filters: Filters) -> None:
        """Check the state of one scope.

        Raises:
            StateError: It cannot be read.
        """

    @abc.abstractmethod
    def read(self) -> Iterator[Record]:
        """Give the records of all scopes."""

    @property
    def host(self) -> Host:
        """The tap."""
        return cast("Host", self._tap)

    @property
    def settings(self) -> Settings:
        """The settings."""
        return self.host.settings

    def write_state(self) -> None:
        """Write a STATE message, if the state has changed.

        Past the SDK's StateWriter, which makes two copies of the whole state each time:
        with 240 scopes that was two thirds of the CPU (0.54.9, November 2026).
        """
        self._tap.write_message(StateMessage(value=self.tap_state))

    def saved(self, context: Mapping[str, str]) -> dict[str, Any]:
        """The state of a scope, as it is saved; empty if there is none."""
        place = self._places.get(_key(context))
        return {} if place is None else dict(self.stream_state["partitions"][place])

    def save(self, context: Mapping[str, str], entry: Mapping[str, Any]) -> None:
        """Put the state of a scope where the next STATE message takes it from.

        Replaces the entry atomically: what the new state leaves out must not stay, and
        the SDK may write a STATE between any two records.
        """
        made = {"context": {**context}, **entry}
        entries = self.stream_state.setdefault("partitions", [])
        place = self._places.setdefault(_key(context), len(entries))
        entries[place : place + 1] = [made]

    @cached_property
    def _places(self) -> dict[tuple[str, ...], int]:
        """By scope, where its state is in the list: none is taken out, or moved."""
        entries = self.stream_state.get("partitions", [])
        return {_key(entry["context"]): place for place, entry in enumerate(entries)}

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
        in November 2026, see tap_tools/benchmarks/README.md).
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
    def get_sync_timer(self) -> Timer:
        """Keep the SDK's timer, to tell it what came of the stream."""
        self._timer = super().get_sync_timer()
        return self._timer

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Read all scopes; even on failure, no record stays in the writer."""
        try:
            yield from self.read()
        finally:
            if self.has_failed:
                self._timer.tags[Tag.STATUS] = Status.FAILED
            self.host.flush()

    @override
    def post_process(self, row: Record, context: Context | None = None) -> Record:
        """Make a null object an empty one where the SDK flattens.

        It leaves a null object as it is, in a column that the flattened schema lacks.
        """
        if self.config.get("flattening_enabled"):
            for column in self._objects:
                if row[column] is None:
                    row[column] = {}
        return row

    @cached_property
    def _objects(self) -> list[str]:
        """The columns that flattening takes apart."""
        columns: dict[str, Any] = self.schema["properties"]
        return [name for name, column in columns.items() if "properties" in column]

    @override
    def log_sync_costs(self) -> None:
        """End the run: the SDK calls this, its last hook, when all streams are read."""
        self.host.finish()
