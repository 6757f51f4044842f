"""Writes the tap's records, state, log and failures as Airbyte protocol messages."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.contrib.msgspec import serialize_jsonl
from singer_sdk.singerlib import RecordMessage, StateMessage
from singer_sdk.singerlib.messages import Message
from typing_extensions import override

from tap_sagemaker_tuning.cli.log import METRICS
from tap_sagemaker_tuning.cli.output import BlockWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEVELS = {
    logging.CRITICAL: "FATAL",
    logging.ERROR: "ERROR",
    logging.WARNING: "WARN",
    logging.INFO: "INFO",
    logging.DEBUG: "DEBUG",
}


@dataclass(slots=True, eq=False, repr=False)
class AirbyteMessage(Message):
    """A message of the protocol.

    Attributes:
        content: The whole message.
    """

    content: dict[str, Any]

    @override
    def to_dict(self) -> dict[str, Any]:
        return self.content


class AirbyteWriter(BlockWriter):
    """Writes Singer messages as Airbyte messages.

    A Singer STATE covers all streams; this writes one message for each stream whose
    state has changed. Only the main thread writes, so log messages from other threads
    wait for it.
    """

    def __init__(self) -> None:
        """Start with nothing to write."""
        super().__init__()
        self._states: dict[str, bytes] = {}
        self._with_state: set[str] = set()  # streams with at least one STATE message
        self._since_state: Counter[str] = Counter()  # records since the last STATE
        self._running: set[str] = set()
        self._log: deque[dict[str, Any]] = deque()
        self._is_writing = False

    def know(self, states: Mapping[str, Any]) -> None:
        """Remember the states that a read starts with, so as not to repeat them."""
        self._states = {name: _encoded(state) for name, state in states.items()}

    @override
    def write_message(self, message: Message) -> None:
        if isinstance(message, RecordMessage):
            self._since_state[message.stream] += 1
            if message.stream not in self._running:
                self._running.add(message.stream)
                self.status(message.stream, "RUNNING")
            super().write_message(message)
        elif isinstance(message, StateMessage):
            for stream, state in message.value.get("bookmarks", {}).items():
                if _encoded(state) != self._states.get(stream, _NO_STATE):
                    self._state(stream, state)

    @override
    def serialize_message(self, message: Message) -> bytearray:
        if not isinstance(message, RecordMessage):
            return super().serialize_message(message)
        record = {
            "stream": message.stream,
            "data": message.record,
            "emitted_at": _now(),
        }
        return serialize_jsonl({"type": "RECORD", "record": record})

    @override
    def flush(self) -> None:
        self._is_writing = True
        try:
            super().flush()
        finally:
            self._is_writing = False

    def send(self, kind: str, name: str, content: dict[str, Any]) -> None:
        """Write a message at once.

        Args:
            kind: The message's type.
            name: The field that holds its content.
            content: The content.
        """
        super().write_message(AirbyteMessage({"type": kind, name: content}))

    def start(self, stream: str) -> None:
        """Write that a stream is being read."""
        self.status(stream, "STARTED")

    def end(self, stream: str, state: dict[str, Any], *, is_complete: bool) -> None:
        """Write that a stream has ended, after its state if that is due.

        Args:
            stream: The stream's name.
            state: Its final state, written if it has changed, or if a complete stream
                has not written any yet.
            is_complete: Whether the stream was read completely.
        """
        is_owed = is_complete and stream not in self._with_state
        if is_owed or _encoded(state) != self._states.get(stream, _NO_STATE):
            self._state(stream, state)
        self.status(stream, "COMPLETE" if is_complete else "INCOMPLETE")

    def status(self, stream: str, status: str) -> None:
        """Write the status of a stream."""
        change = {"stream_descriptor": {"name": stream}, "status": status}
        self._trace("STREAM_STATUS", "stream_status", change)

    def error(
        self, failure_type: str, message: str, stack_trace: str | None = None
    ) -> None:
        """Write an error.

        Args:
            failure_type: Who has to act: one of `source.FAILURE_TYPES`.
            message: What failed, in one line.
            stack_trace: The traceback, if it helps.
        """
        report = {"message": message, "failure_type": failure_type}
        if stack_trace:
            report["stack_trace"] = stack_trace
        self._trace("ERROR", "error", report)

    def log(self, level: int, message: str, stack_trace: str | None) -> None:
        """Write a log message from any thread, as soon as the main thread can."""
        line = {"level": _LEVELS.get(level, "INFO"), "message": message}
        if stack_trace:
            line["stack_trace"] = stack_trace
        self._log.append(line)
        if threading.current_thread() is threading.main_thread():
            self.write_log()

    def write_log(self) -> None:
        """Write the waiting log messages, unless another message is being written."""
        while self._log and not self._is_writing:
            self.send("LOG", "log", self._log.popleft())

    def _state(self, stream: str, state: dict[str, Any]) -> None:
        own = {"stream_descriptor": {"name": stream}, "stream_state": state}
        # The protocol wants a number with a decimal point.
        count = {"recordCount": float(self._since_state.pop(stream, 0))}
        self.send(
            "STATE", "state", {"type": "STREAM", "stream": own, "sourceStats": count}
        )
        self._states[stream] = _encoded(state)
        self._with_state.add(stream)

    def _trace(self, kind: str, name: str, content: dict[str, Any]) -> None:
        self.send(
            "TRACE", "trace", {"type": kind, "emitted_at": float(_now()), name: content}
        )


class LogHandler(logging.Handler):
    """A logging handler that passes records to the writer."""

    def __init__(self, writer: AirbyteWriter) -> None:
        """Pass records to this writer."""
        super().__init__()
        self._writer = writer
        # Without the SDK's metrics: STATE messages and Airbyte have counts and times.
        self.addFilter(lambda record: record.name != METRICS)
        self.setFormatter(logging.Formatter())

    @override
    def emit(self, record: logging.LogRecord) -> None:
        trace = None
        if record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info)
        self._writer.log(record.levelno, record.getMessage(), trace)


def _encoded(state: Mapping[str, Any]) -> bytes:
    """Serialize a state, to copy and compare it cheaply."""
    return msgspec.json.encode(state, order="sorted")


_NO_STATE = _encoded({})


def _now() -> int:
    """The local clock's time, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
