"""The tap as an Airbyte source: discovers, tests and reads its streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_sagemaker_tuning.airbyte.messages import AirbyteWriter
from tap_sagemaker_tuning.aws.errors import is_mendable, is_transient
from tap_sagemaker_tuning.exceptions import (
    IncompleteError,
    NotReadError,
    SettingsError,
    TapError,
)
from tap_sagemaker_tuning.settings.schema import schema
from tap_sagemaker_tuning.streams.scopes import Scopes
from tap_sagemaker_tuning.streams.visiting import FULL_TABLE, VisitingStream
from tap_sagemaker_tuning.sync.failures import report
from tap_sagemaker_tuning.tap import TapSageMakerTuning

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_sagemaker_tuning.streams.base import TapStream

CONFIG_ERROR = "config_error"
TRANSIENT_ERROR = "transient_error"
SYSTEM_ERROR = "system_error"
FAILURE_TYPES = (CONFIG_ERROR, TRANSIENT_ERROR, SYSTEM_ERROR)
"""Who has to act: the user, nobody (transient), or a maintainer of this source."""

_INCREMENTAL = "incremental"
_CURSORS = {Scopes.name: "started_at"}
"""Cursors of streams that keep state but have no replication key."""


class AirbyteTap(TapSageMakerTuning):
    """The tap, run by Airbyte."""

    config_jsonschema: ClassVar[dict[str, Any]] = schema()
    message_writer_class = AirbyteWriter
    message_writer: AirbyteWriter

    @override
    def __init__(
        self,
        *,
        chosen: Mapping[str, Mapping[str, Any]] | None = None,
        states: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Create the tap.

        Args:
            chosen: The streams of a ConfiguredAirbyteCatalog, by name; None: the
                streams that are selected by default.
            states: Each stream's state from the last read, by name.
            **options: Options of the SDK's tap.
        """
        self._chosen = chosen
        state = {"bookmarks": self._kept(states)} if states else {}
        super().__init__(state=state, **options)

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Leave out the SDK's stream maps and flattening.

        With them, records would differ from the schemas that `discover` reports.
        """

    def _kept(self, states: Mapping[str, Any]) -> dict[str, Any]:
        """The states of incremental streams; a full refresh starts without state."""
        return {
            name: states[name]
            for name, stream in (self._chosen or {}).items()
            if stream["sync_mode"] == _INCREMENTAL and states.get(name)
        }

    @override
    def discover_streams(self) -> Sequence[TapStream]:
        streams = super().discover_streams()
        if self._chosen is None:
            return streams
        configured = [stream for stream in streams if stream.name in self._chosen]
        for stream in configured:
            _configure(stream, self._chosen[stream.name])
        return configured

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        super().load_state(state)
        self.message_writer.know(self.state.get("bookmarks", {}))

    @override
    def check_signal(self) -> None:
        # Called between records and while idle: a chance to write the log.
        self.message_writer.write_log()
        super().check_signal()

    def describe(self) -> dict[str, Any]:
        """The streams as an AirbyteCatalog."""
        return {"streams": [_described(stream) for stream in self._own]}

    def check(self) -> list[str]:
        """Test whether the streams selected by default can read what they need.

        Returns:
            One line per problem.
        """
        return [
            line for result in self.probe() if result.problems for line in result.lines
        ]

    def read(self) -> list[tuple[str, str]]:
        """Read the chosen streams.

        Returns:
            The failures, each as its type and a line.
        """
        of_one_pass = [of for of in self._own if isinstance(of, VisitingStream)]
        self._sync(of_one_pass)
        for stream in self._own:
            if stream not in of_one_pass:
                self._sync([stream])
        unknown = (self._chosen or {}).keys() - self.streams.keys()
        for name in sorted(unknown):
            self.message_writer.end(name, {}, is_complete=False)
        try:
            self.finish()
        except IncompleteError:
            problems = self._problems()
        else:
            problems = []
        return problems + [
            (CONFIG_ERROR, f"{name}: no such stream. Refresh the source's schema")
            for name in sorted(unknown)
        ]

    def _sync(self, streams: Sequence[TapStream]) -> None:
        """Read streams in one pass: all start before any ends."""
        complete = set()
        for stream in streams:
            self.message_writer.start(stream.name)
        try:
            for stream in streams:
                stream.sync()
            # Without scopes nothing was read, though no stream has failed.
            if streams and self.run.scopes:
                complete = {stream.name for stream in streams if not stream.has_failed}
        finally:
            for stream in streams:
                self.message_writer.end(
                    stream.name,
                    stream.stream_state,
                    is_complete=stream.name in complete,
                )

    def _problems(self) -> list[tuple[str, str]]:
        """The failures in the lines that the tap reports, grouped by type."""
        failures = self.run.failures
        types = {failure_type(failure.error): None for failure in failures}
        return [
            (kind, line)
            for kind in types
            for line in report(
                [
                    failure
                    for failure in failures
                    if failure_type(failure.error) == kind
                ],
                len(self.run.scopes),
            )
        ]


def failure_type(error: Exception) -> str:
    """Classify an error by who has to act: one of `FAILURE_TYPES`."""
    if type(error) is TapError and isinstance(error.__cause__, Exception):
        return failure_type(error.__cause__)
    if isinstance(error, NotReadError | SettingsError):
        return CONFIG_ERROR
    if is_transient(error):
        return TRANSIENT_ERROR
    return CONFIG_ERROR if is_mendable(error) else SYSTEM_ERROR


def _configure(stream: TapStream, configured: Mapping[str, Any]) -> None:
    """Apply a configured stream's columns and sync mode.

    PyAirbyte requests an incremental read of every stream; one that has none is read in
    full.
    """
    columns = configured["stream"].get("json_schema", {}).get("properties")
    if columns:
        for name in stream.schema["properties"].keys() - columns.keys():
            stream.metadata["properties", name].selected = False
    stream.selected = True
    if configured["sync_mode"] != _INCREMENTAL:
        stream.forced_replication_method = FULL_TABLE


def _described(stream: TapStream) -> dict[str, Any]:
    """A stream as an AirbyteStream."""
    cursor = _CURSORS.get(stream.name, stream.replication_key)
    # Not is_resumable, which would let the platform resume a full refresh midway.
    return {
        "name": stream.name,
        "json_schema": _typed(stream.schema),
        "supported_sync_modes": ["full_refresh"] + [_INCREMENTAL] * bool(cursor),
        **(
            {"source_defined_cursor": True, "default_cursor_field": [cursor]}
            if cursor
            else {}
        ),
        "source_defined_primary_key": [[key] for key in stream.primary_keys],
    }


def _typed(schema: Any) -> Any:
    """Mark every date-time as having a time zone, which JSON Schema cannot express."""
    if isinstance(schema, list):
        return [_typed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    marked = {name: _typed(part) for name, part in schema.items()}
    if schema.get("format") == "date-time":
        marked["airbyte_type"] = "timestamp_with_timezone"
    return marked
