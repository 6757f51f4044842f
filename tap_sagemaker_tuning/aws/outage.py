"""Notices when a service fails again and again, so that nobody waits for it."""

from __future__ import annotations

import copy
import threading

from tap_sagemaker_tuning.aws.errors import is_transient


class Outage:
    """Counts the calls that failed in a row, for one service or operation in a scope.

    Each took all its attempts: a minute, with the default settings. Thread-safe.
    """

    def __init__(self, most: int) -> None:
        """Start without failures.

        Args:
            most: How many transient failures in a row make an outage, which lasts until
                the end of the sync.
        """
        self._most = most
        self._in_a_row = 0
        self._last: Exception | None = None
        self._lock = threading.Lock()

    def check(self) -> None:
        """Fail in place of a call that would most likely fail.

        Raises:
            Exception: A copy of the last failure, if there is an outage.
        """
        if self._last is not None:
            raise copy.copy(self._last)

    def note(self, error: Exception | None) -> None:
        """Note the outcome of a call.

        Args:
            error: Why it failed, after all attempts; None: it did not.
        """
        with self._lock:
            is_failure = error is not None and is_transient(error)
            self._in_a_row = self._in_a_row + 1 if is_failure else 0
            if error and self._in_a_row >= self._most:
                self._last = copy.copy(error)  # callers add notes to theirs
