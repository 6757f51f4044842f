"""The base class of all streams: SDK hooks, and schemas loaded from files.

Records go to the SDK's messages directly, not through its loop over records. Only this
package overrides private hooks of the SDK's Stream, whose names begin with an
underscore. tests/test_hooks.py fails if the SDK stops calling them.
"""

from __future__ import annotations

import abc
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from singer_sdk import SchemaDirectory, Stream, StreamSchema
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.metrics import Status, Tag
from singer_sdk.singerlib import RecordMessage, StateMessage
from typing_extensions import override

from tap_sagemaker_tuning import schemas_root
from tap_sagemaker_tuning.settings import DEFAULT_STREAMS

if TYPE_CHECKING:
    import logging
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from singer_sdk.helpers.types import Context
    from singer_sdk.metrics import Counter

    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.replication.state import Entry, Filters
    from tap_sagemaker_tuning.settings import Settings
    from tap_sagemaker_tuning.sync.run import Run
    from tap_sagemaker_tuning.values import Record

SCHEMAS = SchemaDirectory(schemas_root())
_BEGINNING = "Beginning sync of"  # how the SDK's log line before each stream starts


def _is_no_beginning(record: logging.LogRecord) -> bool:
    """Drop the SDK's line, which would mislead: one pass reads all streams."""
    return not str(record.msg).startswith(_BEGINNING)


def _key(context: Mapping[str, str]) -> tuple[str, ...]:
    return context["account_id"], context["region"]


class Host(Protocol):
    """The parts of the tap that a stream needs, without importing the tap."""

    @property
    def settings(self) -> Settings:
        """The settings."""

    @property
    def run(self) -> Run:
        """The run, shared by all streams."""

    def check_signal(self) -> None:
        """Stop between two records if a signal arrived."""

    def flush(self) -> None:
        """Write out buffered records."""

    def read_all(self) -> None:
        """Read all streams that share the commit loop, unless already done."""

    def finish(self) -> None:
        """End the run, after all streams have been read."""


class TapStream(Stream):
    """A stream that reads all scopes at once and keeps its own state for each.

    The SDK would move a bookmark with the replication key of each record. The hooks
    that do so are overridden here to do nothing.
    """

    schema: ClassVar[StreamSchema[str]] = StreamSchema(SCHEMAS)
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # records fit by construction

    operations: ClassVar[tuple[Operation, ...]] = ()
    """The operations it calls, besides those that find accounts and regions."""
    methods: ClassVar[tuple[str, ...]] = ("FULL_TABLE",)
    """The replication methods that a catalog may choose."""

    is_read_last: ClassVar[bool] = False
    """Whether it is read after all others, because it reports on them."""

    has_failed: bool
    """Whether it could not read everything it should have."""
    _counter: Counter

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_failed = False
        self._has_schema = False
        chosen = self.config.get("streams")
        names = chosen if isinstance(chosen, list) else DEFAULT_STREAMS
        self.selected_by_default = self.name in names
        self.logger.addFilter(_is_no_beginning)

    @property
    def problems(self) -> list[str]:
        """The settings that this stream cannot honor, one sentence each."""
        return []

    @classmethod
    @abc.abstractmethod
    def check_state(cls, entry: Entry, filters: Filters) -> None:
        """Check the state of one scope.

        Raises:
            StateError: The state cannot be read.
        """

    @property
    def host(self) -> Host:
        """The tap."""
        return cast("Host", self._tap)

    @property
    def settings(self) -> Settings:
        """The settings."""
        return self.host.settings

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write the SCHEMA message, then count and time the records, as the SDK does.

        In the end it logs both, and flushes the writer even on failure.
        """
        self._write_schema_message()
        with self.get_record_counter() as self._counter, self.get_sync_timer() as timer:
            try:
                yield
            finally:
                if self.has_failed:
                    timer.tags[Tag.STATUS] = Status.FAILED
                self.host.flush()

    def write(self, record: Record) -> None:
        """Write a record, as selection, flattening and stream maps change it.

        Args:
            record: A record that fits the schema; may be changed.
        """
        for message in self._generate_record_messages(self.post_process(record)):
            self._tap.write_message(message)
        self._counter.increment()

    def write_state(self) -> None:
        """Write a STATE message if the state has changed.

        Bypasses the SDK's StateWriter, which copies the whole state twice each time:
        with 240 scopes that took two thirds of the CPU (0.54.9, November 2026).
        """
        self._tap.write_message(StateMessage(value=self.tap_state))

    def saved(self, context: Mapping[str, str]) -> dict[str, Any]:
        """The saved state of a scope; empty if there is none."""
        place = self._places.get(_key(context))
        return {} if place is None else dict(self.stream_state["partitions"][place])

    def save(self, context: Mapping[str, str], entry: Mapping[str, Any]) -> None:
        """Set the state of a scope, for the next STATE message.

        Replaces the whole entry atomically: members that the new state lacks must not
        survive, and the SDK may write a STATE message between any two records.
        """
        made = {"context": {**context}, **entry}
        entries = self.stream_state.setdefault("partitions", [])
        place = self._places.setdefault(_key(context), len(entries))
        entries[place : place + 1] = [made]

    @cached_property
    def _places(self) -> dict[tuple[str, ...], int]:
        """The index of each scope's state in the list; entries never move."""
        entries = self.stream_state.get("partitions", [])
        return {_key(entry["context"]): place for place, entry in enumerate(entries)}

    @property
    @override
    def partitions(self) -> None:
        """None: one call of `get_records` serves all scopes."""

    @override
    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """No signpost: state never uses the local clock."""

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, Any, Any]:
        # Private in the SDK, whose method also keeps a bookmark per record.
        with self.writing():
            for record in self.get_records(context):
                self.write(record)
        yield from ()

    @override
    def _write_schema_message(self) -> None:
        # Private in the SDK, which asks for it as well. A second SCHEMA message would
        # make some targets flush.
        if not self._has_schema:
            self._has_schema = True
            super()._write_schema_message()

    @override
    def _generate_record_messages(
        self, record: dict[str, Any]
    ) -> Generator[RecordMessage, None, None]:
        """Skip the SDK's walk over each record if no column is deselected.

        The walk takes a quarter of the time per record and would remove nothing
        (measured in November 2026, see tap_tools/benchmarks/README.md).
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
    @abc.abstractmethod
    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Yield the records of all scopes."""

    @override
    def post_process(self, row: Record, context: Context | None = None) -> Record:
        """Replace null objects with empty ones if the SDK flattens records.

        The SDK does not flatten a null object: it would stay, under a column name that
        the flattened schema lacks.
        """
        if self.config.get("flattening_enabled"):
            for column in self._objects:
                if row[column] is None:
                    row[column] = {}
        return row

    @cached_property
    def _objects(self) -> list[str]:
        """The columns that flattening splits up."""
        columns: dict[str, Any] = self.schema["properties"]
        return [name for name, column in columns.items() if "properties" in column]

    @override
    def log_sync_costs(self) -> None:
        """End the run: this is the SDK's last hook, called after all streams."""
        self.host.finish()
