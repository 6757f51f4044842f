"""Judges failures: whose they are, and how long to ask again in every sync.

Pure: it takes kinds of failures, not exceptions, and names the next step; the caller
makes the calls.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.values import shift

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tap_sagemaker_tuning.replication.state import OpenJob

PATIENCE = timedelta(days=7)  # facts 39, 50
"""How long the tap waits before it abandons a tuning job that was read and has ended,
but does not settle; and before it retries one that cannot be read less often."""

RETRY_INTERVAL = timedelta(days=1)
"""How often a tuning job is retried once it could not be read for `PATIENCE`."""

MOST_RETRIES = 20
"""The most such tuning jobs that one sync retries in a scope."""

_SUSPICIOUS = 3
"""Failures in a row after which the scope is checked; then again after as many."""

_HOPELESS = 250
"""Failures in a row that fail the scope; denials, only after a sample."""

_SAMPLES = 50
"""Tuning jobs in a sample, at least, if there are as many."""


class Why(Enum):
    """Why a tuning job could not be read.

    Attributes:
        DENIED: AWS denied a call.
        MALFORMED: A response is malformed: never the scope's failure.
        BROKEN_OFF: It failed after its first records.
        FAILED: Anything else.
    """

    DENIED = auto()
    MALFORMED = auto()
    BROKEN_OFF = auto()
    FAILED = auto()


class Step(Enum):
    """What to do next.

    Attributes:
        READ_ON: Pass on what is held back: each failure is its tuning job's own.
        HOLD: Read on, but hold back how visits ended: it may be the scope that fails.
        LIST: Make another call in the scope, and pass the result to `Judge.listed`.
        SAMPLE: Try a sample of the tuning jobs, and pass the result to `Judge.sampled`.
        COMPARE: Try the denied calls for other tuning jobs; if each passes, read on.
        STOP: Stop: the scope fails.
    """

    READ_ON = auto()
    HOLD = auto()
    LIST = auto()
    SAMPLE = auto()
    COMPARE = auto()
    STOP = auto()


class Judge:
    """Judges how one stream's visits of tuning jobs in one scope end, in their order.

    Until one of them has been read, nothing shows that the stream can read the scope,
    and the state must not move over a scope that cannot be read.
    """

    def __init__(self) -> None:
        """Start with no visits."""
        self._has_read = False
        self._in_a_row = 0  # failures

    def passed(self, *, is_read: bool) -> Step:
        """Take a visit that did not fail.

        Args:
            is_read: Whether the tuning job was read; else it was deleted.
        """
        self._in_a_row = 0
        self._has_read = self._has_read or is_read
        return self._own

    def failed(self, why: Why) -> Step:
        """Take a visit that failed."""
        self._in_a_row = 0 if why is Why.BROKEN_OFF else self._in_a_row + 1
        match why:
            case Why.DENIED if not self._has_read and self._in_a_row == _HOPELESS:
                return Step.SAMPLE
            case Why.FAILED if self._in_a_row % _SUSPICIOUS:
                return Step.HOLD
            case Why.FAILED:
                return Step.LIST
            case _:
                return self._own

    def listed(self, why: Why | None) -> Step:
        """Take the result of another call in the scope: why it failed, if it did.

        A denial is an answer, so it does not show that the scope fails.
        """
        is_lost = why not in (None, Why.DENIED)
        return Step.STOP if is_lost or self._in_a_row >= _HOPELESS else self._own

    def sampled(self, *, has_read: bool) -> Step:
        """Take whether any tuning job of a sample could be read."""
        self._has_read = has_read
        return self._own if has_read else Step.STOP

    def end(self, held: Collection[Why]) -> Step:
        """Take the end of the last visit.

        Args:
            held: Why each visit failed that is still held back.
        """
        if self._has_read or not held:
            return Step.READ_ON
        are_denied = all(why is Why.DENIED for why in held)
        return Step.COMPARE if are_denied else Step.HOLD

    @property
    def _own(self) -> Step:
        """The step after a failure that is its tuning job's own."""
        return Step.READ_ON if self._has_read else Step.HOLD


def sample(visits: int) -> range:
    """The numbers of the visits to try, evenly spread.

    Args:
        visits: How many there are.
    """
    return range(0, visits, max(1, visits // _SAMPLES))


def failed_again(job: OpenJob, now: str, *, is_denied: bool) -> OpenJob:
    """Note in a tuning job's state that it was asked for in vain.

    Its time starts again when the kind of failure changes.

    Args:
        job: Its state.
        now: The service's time.
        is_denied: Whether AWS denies access to this tuning job, but not to others.
    """
    is_same = job.failed is not None and bool(job.denied) == is_denied
    began = job.failed if is_same else now
    return replace(job, failed=began, asked=now, denied=int(is_denied))


def is_long_unread(job: OpenJob) -> bool:
    """Whether a tuning job could not be read for `PATIENCE` when last asked for."""
    return bool(job.failed and job.asked and job.asked > shift(job.failed, PATIENCE))


def retry_times(open_jobs: Mapping[str, OpenJob]) -> dict[str, str | None]:
    """When to retry the tuning jobs that could not be read for long, by key.

    Returns:
        The time for those asked longest ago; None for the others: not in this sync.
    """
    unread = {key: job for key, job in open_jobs.items() if is_long_unread(job)}
    longest_ago = sorted(unread, key=lambda key: (unread[key].asked or "", key))
    times: dict[str, str | None] = dict.fromkeys(longest_ago)
    for key in longest_ago[:MOST_RETRIES]:
        times[key] = shift(unread[key].asked or "", RETRY_INTERVAL)
    return times
