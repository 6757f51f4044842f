"""Writes Singer messages to standard output, in blocks of whole lines."""

from __future__ import annotations

import errno
import select
import stat
import struct
import sys
import time
from os import fstat
from typing import TYPE_CHECKING, Any

from singer_sdk.contrib.msgspec import MsgSpecWriter, serialize_jsonl
from singer_sdk.singerlib import RecordMessage, StateMessage

if sys.platform != "win32":
    import fcntl
    import termios

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from singer_sdk.singerlib.encoding.simple import Message

_BLOCK = 60 * 1024  # bytes; with its last record it fits a pipe, which has 64 KiB
_PAGE = 4096  # bytes in a page of a pipe; a write of up to one page is atomic
_POLL = 0.2  # seconds between checks for a signal while nobody reads


class BlockWriter(MsgSpecWriter):
    """Writes records in blocks, where the SDK's own writer flushes after each one.

    Any other message is written at once, after the records before it. Call `flush` at
    the end of a stream, after an error and before exiting: a STATE that equals the last
    one is not written, so nothing else would flush the last records.

    Attributes:
        check_signal: Raises SystemExit if a signal asked to stop. Called while a full
            pipe or socket blocks a write, so that a target that does not read cannot
            prevent a stop. Messages not written by then are lost, including STATE.
    """

    def __init__(self) -> None:
        """Start with nothing to write."""
        super().__init__()
        self.check_signal: Callable[[], None] = lambda: None
        self._block = bytearray()
        self._last_state = b""
        self._is_open = True

    def write_message(self, message: Message) -> None:
        """Write a message, or buffer it if it is a record; skip a repeated STATE.

        Raises:
            SystemExit: The output was closed or cannot be written (exit code 1), or a
                signal asked to stop.
        """
        line = self.format_message(message)
        if isinstance(message, StateMessage):
            if line == self._last_state:
                self.flush()
                return
            self._last_state = bytes(line)
        self._block += line
        if not isinstance(message, RecordMessage) or len(self._block) >= _BLOCK:
            self.flush()

    def serialize_message(self, message: Message) -> bytearray:
        """Serialize a message to a line; a STATE without the SDK's deep copy."""
        if isinstance(message, StateMessage):
            return serialize_jsonl({"type": "STATE", "value": message.value})
        return super().serialize_message(message)

    def flush(self) -> None:
        """Write the buffered records.

        Raises:
            SystemExit: The output was closed or cannot be written (exit code 1), or a
                signal asked to stop. After that, `flush` does nothing.
        """
        block, self._block = self._block, bytearray()
        if not self._is_open:
            return
        try:
            _write(block, self.check_signal)
        except SystemExit:
            self._is_open = False
            raise
        except BrokenPipeError as error:
            self._is_open = False
            msg = (
                "Error: the target closed its input before the end. Read the target's "
                "own error, in its log or above: this tap has not failed"
            )
            raise SystemExit(msg) from error
        except OSError as error:
            self._is_open = False
            msg = f"Error: the output cannot be written: {error.strerror}"
            raise SystemExit(msg) from error


def _write(block: bytearray, check_signal: Callable[[], None]) -> None:
    """Write a block, or whole lines of it until a signal asks to stop.

    Bypasses Python's buffer, which loses bytes when a signal interrupts a write to a
    full pipe, and so tears a line (114 of 65,592: CPython 3.11.7, November 2026).
    """
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:  # Python's stdout is None if the descriptor is closed
        raise OSError(errno.EBADF, "standard output is closed")
    # Tests replace stdout with a stream without a file.
    out = getattr(buffer, "raw", buffer)
    view = memoryview(block)
    mode = _mode(out)
    is_pipe = stat.S_ISFIFO(mode)
    if not (is_pipe or stat.S_ISSOCK(mode)) or (is_pipe and len(block) <= _room(out)):
        _write_all(out, view)
        return
    for part in _whole_lines(view):
        if len(part) > _PAGE and is_pipe:
            # A stop can still tear a line, but only one larger than the pipe.
            while _room(out) < min(len(part), _capacity(out)) and _has_reader(out):
                check_signal()
                time.sleep(0.001)
        for start in range(0, len(part), _PAGE):
            while not select.select([], [out], [], _POLL)[1]:
                check_signal()
            _write_all(out, part[start : start + _PAGE])


def _has_reader(out: Any) -> bool:
    """Whether a pipe still has a reader; if not, a write to it fails."""
    poll = select.poll()
    poll.register(out, 0)  # POLLERR is always reported
    return not poll.poll(0)


def _write_all(out: Any, left: memoryview) -> None:
    while left:
        written = out.write(left)
        if written is None:  # a non-blocking pipe that is full
            select.select([], [out], [], _POLL)
        else:
            left = left[written:]


def _mode(out: Any) -> int:
    """The file mode of an output; 0: unknown, so write to it directly."""
    if sys.platform == "win32":
        return 0
    try:
        return fstat(out.fileno()).st_mode
    except (AttributeError, OSError):
        return 0


def _whole_lines(block: memoryview) -> Iterator[memoryview]:
    """Split a block into runs of whole lines that fit a page, or single longer lines.

    The pipe gets such a run whole or not at all, whenever the tap is stopped.
    """
    text = bytes(block)
    start = end = 0
    while end < len(text):
        line_end = text.index(b"\n", end) + 1
        if line_end - start > _PAGE and end > start:
            yield block[start:end]
            start = end
        end = line_end
    if end > start:
        yield block[start:end]


def _capacity(out: Any) -> int:
    """The capacity of a pipe in bytes; one page if it is unknown."""
    try:
        return int(fcntl.fcntl(out, fcntl.F_GETPIPE_SZ))
    except (AttributeError, OSError):  # not Linux
        return _PAGE


def _room(out: Any) -> int:
    """A lower bound of the free bytes in a pipe.

    A write fills up the last page if it fits there, so any two consecutive pages hold
    more than one page of data, except for the first, which may be partly read, and the
    last.
    """
    (waiting,) = struct.unpack("i", fcntl.ioctl(out, termios.FIONREAD, b"\0" * 4))
    if waiting == 0:
        return _capacity(out)
    return _capacity(out) - 2 * int(waiting) - 4 * _PAGE
