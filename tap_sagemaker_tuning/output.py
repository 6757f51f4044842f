"""Singer messages on stdout: whole lines, in blocks, with nothing left behind."""

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

_BLOCK = 60 * 1024  # bytes: with its last record it fits a pipe, which has 64 KiB
_PAGE = 4096  # bytes of a pipe's page; a write of no more goes in whole or not at all
_POLL = 0.2  # seconds between looks at whether to stop, while nobody reads


class BlockWriter(MsgSpecWriter):
    """Writes records in blocks: the SDK's own writer flushes after each one.

    Anything but a record is written at once, after the records before it. At the end
    of a stream, on an error and before an exit `flush` has to be called: a STATE that
    equals the last one is never sent, so nothing else would write the last records.

    Attributes:
        check_signal: Raises SystemExit if a signal asked to stop. It is called while a
            full pipe or socket holds a write back, so that a target that does not read
            holds no stop back. What is not written then never is, STATE included.
    """

    def __init__(self) -> None:
        """Start with nothing to write."""
        super().__init__()
        self.check_signal: Callable[[], None] = lambda: None
        self._block = bytearray()
        self._last_state = b""
        self._is_open = True

    def write_message(self, message: Message) -> None:
        """Write a message, a record perhaps later; not the same STATE twice in a row.

        Raises:
            SystemExit: With 1: nobody reads it any more. Or a signal asked to stop.
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
        """Make a line of a message; of a STATE without the SDK's copy of it."""
        if isinstance(message, StateMessage):
            return serialize_jsonl({"type": "STATE", "value": message.value})
        return super().serialize_message(message)

    def flush(self) -> None:
        """Write what is held back.

        Raises:
            SystemExit: With 1: nobody reads it any more, or it cannot be written.
                Only once. Or a signal asked to stop.
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
            msg = "Error: the target closed its input: see its own error"
            raise SystemExit(msg) from error
        except OSError as error:
            self._is_open = False
            msg = f"Error: the output cannot be written: {error.strerror}"
            raise SystemExit(msg) from error


def _write(block: bytearray, check_signal: Callable[[], None]) -> None:
    """Write all of a block, or whole lines of it until a signal asks to stop.

    Past Python's own buffer: when a signal interrupts a write to a full pipe, that
    loses bytes (114 of 65,592, and so tears a line: CPython 3.11.7, November 2026).
    """
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:  # as Python has it where the descriptor is closed
        raise OSError(errno.EBADF, "standard output is closed")
    # Tests replace stdout by a stream without a file.
    out = getattr(buffer, "raw", buffer)
    view = memoryview(block)
    mode = _mode(out)
    is_pipe = stat.S_ISFIFO(mode)
    if not (is_pipe or stat.S_ISSOCK(mode)) or (is_pipe and len(block) <= _room(out)):
        _write_all(out, view)
        return
    for part in _whole_lines(view):
        if len(part) > _PAGE and is_pipe:
            # Only a line that no pipe can hold may still be torn by a stop.
            while _room(out) < min(len(part), _capacity(out)) and _has_reader(out):
                check_signal()
                time.sleep(0.001)
        for start in range(0, len(part), _PAGE):
            while not select.select([], [out], [], _POLL)[1]:
                check_signal()
            _write_all(out, part[start : start + _PAGE])


def _has_reader(out: Any) -> bool:
    """Whether anybody can still read a pipe: if not, a write to it fails."""
    poll = select.poll()
    poll.register(out, 0)  # errors are told unasked
    return not poll.poll(0)


def _write_all(out: Any, left: memoryview) -> None:
    while left:
        written = out.write(left)
        if written is None:  # a pipe that does not block, and is full
            select.select([], [out], [], _POLL)
        else:
            left = left[written:]


def _mode(out: Any) -> int:
    """What kind of file an output is; 0: one that is written to at once."""
    if sys.platform == "win32":
        return 0
    try:
        return fstat(out.fileno()).st_mode
    except (AttributeError, OSError):
        return 0


def _whole_lines(block: memoryview) -> Iterator[memoryview]:
    """Cut a block into runs of whole lines that fit a page, or one line that does not.

    Such a run is in the pipe whole or not at all, whenever the tap is stopped.
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
    """How many bytes a pipe holds; where it cannot be asked: a page."""
    try:
        return int(fcntl.fcntl(out, fcntl.F_GETPIPE_SZ))
    except (AttributeError, OSError):  # not Linux
        return _PAGE


def _room(out: Any) -> int:
    """How many bytes a pipe surely has room for.

    Its free pages are counted from below: a write fills up the last page if it fits
    there, so two pages in a row hold more than one page does, but for the first, which
    may be half read, and the last.
    """
    (waiting,) = struct.unpack("i", fcntl.ioctl(out, termios.FIONREAD, b"\0" * 4))
    if waiting == 0:
        return _capacity(out)
    return _capacity(out) - 2 * int(waiting) - 4 * _PAGE
