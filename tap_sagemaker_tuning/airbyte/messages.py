"""What the tap says, in messages of the Airbyte protocol."""

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

from tap_sagemaker_tuning.log import METRICS
from tap_sagemaker_tuning.output import BlockWriter

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
        content: All of it.
    """

    content: dict[str, Any]

    @override
    def to_dict(self) -> dict[str, Any]:
        return self.content


class AirbyteWriter(BlockWriter):
    """Writes Singer's messages as Airbyte's.

    A STATE of Singer's is that of all streams: of it each stream's own is written, if
    it has changed. Log messages of other threads wait for the main one, which alone
    writes.
    """

    def __init__(self) -> None:
        """Start with nothing to write."""
        super().__init__()
        self._states: dict[str, bytes] = {}
        self._with_state: set[str] = set()  # streams that have written one
        self._since_state: Counter[str] = Counter()  # records
        self._running: set[str] = set()
        self._log: deque[dict[str, Any]] = deque()
        self._is_writing = False

    def know(self, states: Mapping[str, Any]) -> None:
        """Take the states that a read starts with: they need not be written again."""
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
            kind: Its type.
            name: The field that has what it says.
            content: What it says.
        """
        super().write_message(AirbyteMessage({"type": kind, name: content}))

    def start(self, stream: str) -> None:
        """Say that a stream is being read."""
        self.status(stream, "STARTED")

    def end(self, stream: str, state: dict[str, Any], *, is_complete: bool) -> None:
        """Say that a stream has ended; one that is complete has written a state."""
        is_owed = is_complete and stream not in self._with_state
        if is_owed or _encoded(state) != self._states.get(stream, _NO_STATE):
            self._state(stream, state)
        self.status(stream, "COMPLETE" if is_complete else "INCOMPLETE")

    def status(self, stream: str, status: str) -> None:
        """Say where a stream stands."""
        told = {"stream_descriptor": {"name": stream}, "status": status}
        self._trace("STREAM_STATUS", "stream_status", told)

    def error(
        self, failure_type: str, message: str, stack_trace: str | None = None
    ) -> None:
        """Say what failed, in one line, and whose it is to mend."""
        told = {"message": message, "failure_type": failure_type}
        if stack_trace:
            told["stack_trace"] = stack_trace
        self._trace("ERROR", "error", told)

    def log(self, level: int, message: str, stack_trace: str | None) -> None:
        """Write a log message, from any thread, as soon as the main one can."""
        told = {"level": _LEVELS.get(level, "INFO"), "message": message}
        if stack_trace:
            told["stack_trace"] = stack_trace
        self._log.append(told)
        if threading.current_thread() is threading.main_thread():
            self.write_log()

    def write_log(self) -> None:
        """Write the log messages that wait; not in the middle of another message."""
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
    """Hands what is logged to the writer."""

    def __init__(self, writer: AirbyteWriter) -> None:
        """Hand it to this writer."""
        super().__init__()
        self._writer = writer
        # A STATE, and Airbyte itself, tell counts and seconds as well.
        self.addFilter(lambda record: record.name != METRICS)
        self.setFormatter(logging.Formatter())

    @override
    def emit(self, record: logging.LogRecord) -> None:
        trace = None
        if record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info)
        self._writer.log(record.levelno, record.getMessage(), trace)


def _encoded(state: Mapping[str, Any]) -> bytes:
    """A state as text: the cheapest copy of one, and to compare."""
    return msgspec.json.encode(state, order="sorted")


_NO_STATE = _encoded({})


def _now() -> int:
    """This machine's time, in milliseconds."""
    return time.time_ns() // 1_000_000
