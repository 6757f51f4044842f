"""The service's clock, by the `Date` of its responses."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.values import moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable


class ServiceClock:
    """Tells the service's time, which no single `Date` can move ahead. Thread-safe.

    Each `Date` sets the service's clock against this machine's monotonic one. The
    earliest setting counts: the tap then reads a little too much, never too little.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start without a time.

        Args:
            monotonic: A monotonic clock, in seconds.
        """
        self._monotonic = monotonic
        self._first: float | None = None
        self._offset: float | None = None
        self._lock = threading.Lock()

    def at(self, date: str) -> str:
        """The time of a response.

        Args:
            date: Its `Date`, as `values.timestamp` formats it.

        Returns:
            The time, not later than `date`.
        """
        now = self._monotonic()
        with self._lock:
            offset = moment(date).timestamp() - now
            self._offset = min(offset, offset if self._offset is None else self._offset)
            self._first = now if self._first is None else self._first
            return timestamp(now + self._offset)

    @property
    def began(self) -> str | None:
        """The time of the first response, as all so far set the clock; None: none."""
        if self._first is None or self._offset is None:
            return None
        return timestamp(self._first + self._offset)
