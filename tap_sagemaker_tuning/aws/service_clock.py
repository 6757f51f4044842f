"""The service's clock, by the `Date` of its responses."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.values import moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable


TOLERANCE = 60.0
"""Seconds by which a `Date` may be ahead: it is cut to the second, and responses take
different times."""


class ServiceClock:
    """Tells the service's time, which no single `Date` can move ahead. Thread-safe.

    Each `Date` sets the service's clock against this machine's monotonic one. One that
    is ahead of the earliest setting does not count: the tap then reads a little too
    much, never too little.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start without a time.

        Args:
            monotonic: A monotonic clock, in seconds.
        """
        self._monotonic = monotonic
        self._first: tuple[float, float] | None = None  # this machine's, the service's
        self._offset = math.inf
        self._lock = threading.Lock()

    def at(self, date: str) -> str:
        """The time of a response.

        Args:
            date: Its `Date`, as `values.timestamp` formats it.

        Returns:
            The same; or the time by the earlier responses, if it is ahead of them.
        """
        now, seconds = self._monotonic(), moment(date).timestamp()
        with self._lock:
            self._offset = min(self._offset, seconds - now)
            self._first = self._first or (now, seconds)
            return self._checked(now, seconds)

    @property
    def began(self) -> str | None:
        """The time of the first response, checked against all so far; None: none."""
        return self._first and self._checked(*self._first)

    def _checked(self, now: float, seconds: float) -> str:
        by_others = now + self._offset
        return timestamp(seconds if seconds - by_others <= TOLERANCE else by_others)
