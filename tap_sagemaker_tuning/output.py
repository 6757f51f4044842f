"""Singer messages on stdout: whole lines, in blocks, with nothing left behind."""

from __future__ import annotations

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

    def write_message(self, message: Message) -> None:
        """Write a message, a record perhaps later."""
        self._block += self.format_message(message)
        if not isinstance(message, RecordMessage) or len(self._block) >= _BLOCK:
            self.flush()

    def flush(self) -> None:
        """Write what is held back.

        Raises:
            BrokenPipeError: Nobody reads it any more.
        """
        if self._block:
            block, self._block = self._block, bytearray()
            sys.stdout.buffer.write(block)
            sys.stdout.flush()
