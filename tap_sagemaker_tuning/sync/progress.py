"""Logs the progress of a long sync."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Sequence

    from tap_sagemaker_tuning.sync.scope_run import ScopeRun

_SECONDS_BETWEEN_LINES = 10.0
_MOST_LINES = 3  # the slowest scopes in each report


class Progress:
    """Reports every ten seconds: a line for the sync, then its slowest scopes."""

    def __init__(
        self,
        scopes: Sequence[ScopeRun],
        logger: logging.Logger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the clock.

        Args:
            scopes: All scopes of the sync.
            logger: Logs the lines.
            clock: A monotonic clock, in seconds.
        """
        self._scopes = scopes
        self._logger = logger
        self._clock = clock
        self._began = self._told_at = clock()

    def tell(self) -> None:
        """Log the progress, unless the last report is under ten seconds old."""
        now = self._clock()
        if now - self._told_at < _SECONDS_BETWEEN_LINES:
            return
        self._told_at = now
        seconds = now - self._began
        self._logger.info(self._so_far(seconds))
        if len(self._scopes) == 1:
            return
        under_way = [scope for scope in self._scopes if scope.is_open]
        slowest = sorted(under_way, key=lambda scope: -_left(scope))[:_MOST_LINES]
        for scope in slowest:
            self._logger.info("%s: %s", scope.scope, _state_of(scope, seconds))
        if more := len(under_way) - len(slowest):
            self._logger.info("%d more accounts and regions are being read", more)

    def _so_far(self, seconds: float) -> str:
        scopes = self._scopes
        calls = sum(scope.client.calls for scope in scopes)
        throttled = sum(scope.client.throttled for scope in scopes)
        read = sum(scope.counts.seen for scope in scopes)
        to_read = sum(scope.to_visit or 0 for scope in scopes)
        done = sum(scope.ended_at is not None for scope in scopes)
        listing = sum(scope.is_open and scope.to_visit is None for scope in scopes)
        waiting = sum(not scope.is_open for scope in scopes) - done
        parts = [
            f"{done} of {len(scopes)} accounts and regions done",
            f"{read} of {to_read} tuning jobs"
            + (f" (still listing {listing} accounts and regions)" if listing else ""),
            f"{sum(scope.rows for scope in scopes)} rows",
            f"{calls} calls, {throttled} of them throttled",
        ]
        if waiting:
            parts[0] += f", {waiting} not begun"
            parts.append(f"time left: {_time_left(done, len(scopes), seconds)}")
        elif not listing:
            parts.append(f"time left: {_time_left(read, to_read, seconds)}")
        return "; ".join(parts)


def _left(scope: ScopeRun) -> float:
    """How many tuning jobs are left to read; infinite while they are being listed."""
    return math.inf if scope.to_visit is None else scope.to_visit - scope.counts.seen


def _state_of(scope: ScopeRun, seconds: float) -> str:
    called = f"{scope.client.calls} calls, {scope.client.throttled} throttled"
    if scope.to_visit is None:
        return f"listing tuning jobs; {called}"
    read = scope.counts.seen
    return (
        f"{read} of {scope.to_visit} tuning jobs, {scope.rows} rows; {called}; "
        f"time left: {_time_left(read, scope.to_visit, seconds)}"
    )


def _time_left(read: int, to_read: int, seconds: float) -> str:
    """Estimate the time left from the pace so far; tuning jobs differ in size."""
    if not read:
        return "unknown"
    minutes = seconds * (to_read - read) / read / 60
    return "under a minute" if minutes < 1 else f"about {minutes:.0f} min"
