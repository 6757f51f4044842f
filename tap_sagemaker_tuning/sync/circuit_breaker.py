"""Whether failures in a row are each one tuning job's own, or the whole scope's.

If they are the scope's, one line reports it instead of one per tuning job, and none of
them is abandoned for it. But a scope fails only if nothing in it can be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.errors import is_denied
from tap_sagemaker_tuning.exceptions import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_sagemaker_tuning.replication.plan import Visit

_SUSPICIOUS = 3  # failures in a row, after which the scope is looked at
_HOPELESS = 250  # failures in a row, after which the other tuning jobs are sampled
_SAMPLES = 50


class CircuitBreaker:
    """Watches how the visits of one stream in one scope end."""

    def __init__(
        self,
        visits: Sequence[Visit],
        can_read: Callable[[Visit], bool],
        ask: Callable[[], object],
    ) -> None:
        """Start without a suspicion.

        Args:
            visits: All visits of the stream in this scope.
            can_read: Says whether a tuning job can be read, by reading it.
            ask: Asks for something else of the scope; raises what the scope fails with.
        """
        self._visits = visits
        self._can_read = can_read
        self._ask = ask
        self._in_a_row = 0
        self._has_read = False

    def note_success(self) -> None:
        """Note that a tuning job could be read."""
        self._in_a_row = 0
        self._has_read = True

    def note_failure(self, error: Exception) -> bool:
        """Note that nothing of a tuning job could be read.

        Returns:
            Whether to hold this failure back until the next result is known.

        Raises:
            Exception: The scope's error: nothing in it can be read.
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
        """Whether any of a sample of tuning jobs, spread over all, can be read."""
        step = max(1, len(self._visits) // _SAMPLES)
        return any(self._can_read(visit) for visit in self._visits[::step])

    def _look_at_the_scope(self) -> None:
        """Raise the scope's own error, if it answers nothing else either."""
        try:
            self._ask()
        except Exception as error:
            if not is_denied(error):
                raise
