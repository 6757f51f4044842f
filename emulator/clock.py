"""The emulator's clock: it stands still, or runs at a rate, and can be moved."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


def instant(value: datetime | str | None) -> datetime:
    """An aware datetime in UTC from ISO 8601 text or a datetime; None: now."""
    if value is None:
        return datetime.now(UTC)
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if value.tzinfo is None:
        message = f"an instant needs a time zone: {value.isoformat()}"
        raise ValueError(message)
    return value.astimezone(UTC)


class Clock:
    """Emulated time.

    Args:
        start: Where it starts; None: at the real time.
        rate: Emulated seconds a real second; 0: it moves only by `move` and `tick`.

    Attributes:
        rate: As given.
        tick: Emulated seconds by which each answered call moves it on.
    """

    def __init__(self, start: datetime | str | None = None, rate: float = 0.0) -> None:
        self.rate = rate
        self.tick = 0.0
        self._base = instant(start)
        self._since = time.monotonic()
        self._lock = threading.Lock()

    @property
    def now(self) -> datetime:
        """The emulated instant, in UTC."""
        with self._lock:
            return self._read()

    def move(self, delta: timedelta | None = None, *, seconds: float = 0.0) -> datetime:
        """Move forward by a timedelta or by seconds; gives the new instant."""
        step = (delta or timedelta()) + timedelta(seconds=seconds)
        if step < timedelta():
            message = "emulated time does not run backwards"
            raise ValueError(message)
        with self._lock:
            self._base = self._read() + step
            self._since = time.monotonic()
            return self._base

    def answering(self) -> datetime:
        """The instant of an answer; the clock then moves on by `tick`."""
        with self._lock:
            now = self._read()
            self._base += timedelta(seconds=self.tick)
            return now

    def _read(self) -> datetime:
        passed = (time.monotonic() - self._since) * self.rate
        return self._base + timedelta(seconds=passed)
