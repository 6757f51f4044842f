"""Decides whether consecutive failures come from tuning jobs or from their scope.

If the scope fails, one line reports it instead of one per tuning job, and the rest of
it is not asked for. Denials fail a scope only if nothing in it can be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.errors import DATA, is_denied
from tap_sagemaker_tuning.exceptions import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_sagemaker_tuning.replication.plan import Visit

_SUSPICIOUS = 3  # consecutive failures between two checks of the scope
# Consecutive failures that fail the scope, at the next check; denials only after a
# sample.
_HOPELESS = 250
_SAMPLES = 50  # tuning jobs, at least, if there are as many


class CircuitBreaker:
    """Watches the results of one stream's visits in one scope."""

    def __init__(
        self,
        visits: Sequence[Visit],
        can_read: Callable[[Visit], bool],
        ask: Callable[[], object],
    ) -> None:
        """Start with no failures.

        Args:
            visits: All visits of the stream in this scope.
            can_read: Tries to read a tuning job; returns whether that worked.
            ask: Makes another call in the scope; raises if that fails too.
        """
        self._visits = visits
        self._can_read = can_read
        self._ask = ask
        self._in_a_row = 0
        self._has_read = False

    def note_success(self) -> None:
        """Record that a tuning job could be read."""
        self._in_a_row = 0
        self._has_read = True

    def note_failure(self, error: Exception) -> bool:
        """Record that a tuning job failed before it yielded any record.

        Returns:
            Whether to hold this failure back until the next result is known.

        Raises:
            Exception: The error to report once for the scope; the stream stops there.
        """
        self._in_a_row += 1
        if isinstance(error, UnreadableError):
            return False
        if is_denied(error):
            if self._has_read:
                return False
            if self._in_a_row == _HOPELESS and not self._can_read_any():
                raise error
            return self._in_a_row < _HOPELESS
        if self._in_a_row % _SUSPICIOUS:
            return True
        self._look_at_the_scope()
        if self._in_a_row >= _HOPELESS:
            raise error
        return False

    def _can_read_any(self) -> bool:
        """Whether any tuning job in an evenly spread sample can be read."""
        step = max(1, len(self._visits) // _SAMPLES)
        return any(self._can_read(visit) for visit in self._visits[::step])

    def _look_at_the_scope(self) -> None:
        """Raise the scope's error if another call fails too, unless it is denied."""
        try:
            self._ask()
        except DATA as error:
            if not is_denied(error):
                raise
