"""The emulator's clock, which stands still or runs at a rate, and can be advanced."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


def instant(value: datetime | str | None) -> datetime:
    """Convert ISO 8601 text or an aware datetime to UTC; None is the current time.

    Raises:
        ValueError: The text is not ISO 8601, or there is no time zone.
    """
    if value is None:
        return datetime.now(UTC)
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if value.tzinfo is None:
        message = f"a time needs a time zone: {value.isoformat()}"
        raise ValueError(message)
    return value.astimezone(UTC)


class Clock:
    """Emulated time.

    Args:
        start: The start time; None for the current time.
        rate: Emulated seconds per real second; with 0, only `move` and `tick` advance
            it.

    Attributes:
        rate: Emulated seconds per real second.
        tick: Emulated seconds by which each answered call advances it.
    """

    def __init__(self, start: datetime | str | None = None, rate: float = 0.0) -> None:
        self.rate = rate
        self.tick = 0.0
        self._base = instant(start)
        self._since = time.monotonic()
        self._lock = threading.Lock()

    @property
    def now(self) -> datetime:
        """The emulated time, in UTC."""
        with self._lock:
            return self._read()

    def move(self, delta: timedelta | None = None, *, seconds: float = 0.0) -> datetime:
        """Advance by a timedelta or by seconds, and return the new time.

        Raises:
            ValueError: The step is negative, or leads beyond the year 9999.
        """
        step = (delta or timedelta()) + timedelta(seconds=seconds)
        if step < timedelta():
            message = "emulated time cannot go backward"
            raise ValueError(message)
        with self._lock:
            try:
                self._base = self._read() + step
            except OverflowError as error:
                message = "emulated time ends with the year 9999"
                raise ValueError(message) from error
            self._since = time.monotonic()
            return self._base

    def answering(self) -> datetime:
        """Return the time for an answer, then advance by `tick`."""
        with self._lock:
            now = self._read()
            self._base += timedelta(seconds=self.tick)
            return now

    def _read(self) -> datetime:
        passed = (time.monotonic() - self._since) * self.rate
        return self._base + timedelta(seconds=passed)
