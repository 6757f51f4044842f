"""Says how far a run is: a line that counts in a terminal, plain lines without one."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, TextIO

from tap_sagemaker_tuning.cli.terminal import is_terminal, laid_out, with_remedy

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS_BETWEEN_COUNTS = 0.1
_SECONDS_BETWEEN_LINES = 30.0
_SECONDS_TO_ESTIMATE = 2.0
_CLEAR = "\r\x1b[2K"


class Progress:
    """Writes one line per stage, once it has ended.

    Until then, a terminal shows how far the stage is, and how long it may take if the
    stage knows. Without a terminal, a line says how far it is every 30 seconds.

    Args:
        stream: Where to; None for nowhere, as `sys.stderr` is if it was closed.
        clock: A monotonic clock, in seconds.
    """

    def __init__(
        self, stream: TextIO | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._is_terminal = is_terminal(stream)
        self._began = self._said_at = clock()
        self._stage = ""
        self._is_shown = False

    def begin(self, stage: str) -> None:
        """Begin a stage."""
        self._stage = stage
        self._began = self._said_at = self._clock()
        if self._is_terminal:
            self._show(f"{stage} …")

    def count(self, text: str, share: float = 0.0) -> None:
        """Say how far the stage is, unless it was said a moment ago.

        Args:
            text: What has been done.
            share: The share of the stage that has been done; 0 if it is unknown.
        """
        now = self._clock()
        pause = _SECONDS_BETWEEN_COUNTS if self._is_terminal else _SECONDS_BETWEEN_LINES
        if now - self._said_at < pause:
            return
        self._said_at = now
        line = f"{self._stage} … {text}"
        if self._is_terminal:
            self._show(line + _time_left(now - self._began, share))
        else:
            self.say(line)

    def end(self, text: str) -> None:
        """End the stage, and say what came of it."""
        seconds = self._clock() - self._began
        self._write(f"{self._stage}: ", f"{text} ({seconds:.1f} s)", hue="green")

    def say(self, line: str) -> None:
        """Write a line."""
        self._write("", line)

    def fail(self, line: str) -> None:
        """Write an error; its last sentence says what to do."""
        self._write("Error: ", *with_remedy(line), hue="red")

    def clear(self) -> None:
        """Remove what a terminal shows of the current stage."""
        if self._is_shown:
            self._put(_CLEAR)
        self._is_shown = False

    def _write(self, head: str, *parts: str, hue: str | None = None) -> None:
        self.clear()
        self._put(f"{laid_out(self._stream, head, parts, hue)}\n")

    def _show(self, line: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        self._put(_CLEAR + line[:width])
        self._is_shown = True

    def _put(self, text: str) -> None:
        if self._stream:
            self._stream.write(text)
            self._stream.flush()


def _time_left(seconds: float, share: float) -> str:
    if not share or seconds < _SECONDS_TO_ESTIMATE:
        return ""
    left = seconds * (1 - share) / share
    return f", about {left:.0f} s left"


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural unless it is one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
