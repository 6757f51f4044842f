"""Singer messages on stdout: whole lines, in blocks, with nothing left behind."""

from __future__ import annotations

import select
import sys
from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib import RecordMessage

if TYPE_CHECKING:
    from singer_sdk.singerlib.encoding.simple import Message

_BLOCK = 64 * 1024  # bytes


class BlockWriter(MsgSpecWriter):
    """Writes records in blocks: the SDK's own writer flushes after each one.

    Anything but a record is written at once, after the records before it. At the end
    of a stream, on an error and before an exit `flush` has to be called: a STATE that
    equals the last one is never sent, so nothing else would write the last records.
    """

    def __init__(self) -> None:
        """Start with nothing to write."""
        super().__init__()
        self._block = bytearray()
        self._is_read = True

    def write_message(self, message: Message) -> None:
        """Write a message, a record perhaps later.

        Raises:
            SystemExit: With 1: nobody reads it any more.
        """
        self._block += self.format_message(message)
        if not isinstance(message, RecordMessage) or len(self._block) >= _BLOCK:
            self.flush()

    def flush(self) -> None:
        """Write what is held back.

        Raises:
            SystemExit: With 1: nobody reads it any more, or it can not be written.
                Only once.
        """
        block, self._block = self._block, bytearray()
        if not self._is_read:
            return
        try:
            _write(block)
        except BrokenPipeError as error:
            # The target is gone, and says why itself: no traceback of ours beside it.
            self._is_read = False
            raise SystemExit(1) from error
        except OSError as error:
            self._is_read = False
            msg = f"Error: the output can not be written: {error.strerror}"
            raise SystemExit(msg) from error


def _write(block: bytearray) -> None:
    """Write all of a block, whatever interrupts it.

    Past Python's own buffer: when a signal interrupts a write to a full pipe, that
    loses bytes (114 of 65,592, and so tears a line: CPython 3.11.7, November 2026).
    """
    # Tests put a stream without a file in the place of stdout.
    out = getattr(sys.stdout.buffer, "raw", sys.stdout.buffer)
    left = memoryview(block)
    while left:
        written = out.write(left)
        if written is None:  # a pipe that does not block, and is full
            select.select([], [out], [])
        else:
            left = left[written:]
