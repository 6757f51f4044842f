"""Whether visits that fail in a row are each one's own failure, or their scope's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.errors import is_denied
from tap_sagemaker_tuning.exceptions import UnreadableError
from tap_sagemaker_tuning.replication.tally import Tally
from tap_sagemaker_tuning.sync.events import is_deleted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.sync.events import Fetch

_SUSPICIOUS = 3  # visits that fail in a row, after which the scope is looked at
_HOPELESS = 250  # visits that fail in a row, after which the others are sampled
_SAMPLES = 50


class Doubt:
    """Whether visits that fail in a row are each one's own failure, or their scope's.

    One line tells then of the scope, instead of one per visit, and none is given up for
    it. But a scope fails only if nothing in it can be read.
    """

    def __init__(self, client: Client, visits: Sequence[Visit], fetch: Fetch) -> None:
        """Doubt nothing yet."""
        self._client = client
        self._visits = visits
        self._fetch = fetch
        self._in_a_row = 0
        self._has_read = False

    def ends(self) -> None:
        """Take note that a visit could be read."""
        self._in_a_row = 0
        self._has_read = True

    def grows(self, error: Exception) -> bool:
        """Take note that a visit failed.

        Returns:
            Whether to wait with it for what becomes of the next.

        Raises:
            Exception: The scope's error: nothing in it can be read.
        """
        self._in_a_row += 1
        if isinstance(error, UnreadableError):
            return False
        if is_denied(error):
            if self._has_read:
                return False
            if self._in_a_row == _HOPELESS and not self._sample():
                raise error
            return self._in_a_row < _HOPELESS
        if self._in_a_row % _SUSPICIOUS:
            return True
        self._look_at_the_scope()
        if self._in_a_row >= _HOPELESS:
            raise error
        return False

    def _sample(self) -> bool:
        """Whether any of some visits, spread over all, can be read."""
        step = max(1, len(self._visits) // _SAMPLES)
        for visit in self._visits[::step]:
            try:
                next(self._fetch(self._client, visit, Tally(visit.job.summary)), None)
            except Exception as error:  # noqa: BLE001 - whatever it is, it failed
                if is_deleted(error):
                    return True
            else:
                return True
        return False

    def _look_at_the_scope(self) -> None:
        """Ask for something else of the scope: its error, if that fails too."""
        try:
            next(self._client.tuning_jobs(None), None)
        except Exception as error:
            if not is_denied(error):
                raise
