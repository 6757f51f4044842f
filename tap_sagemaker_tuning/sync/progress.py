"""What a person reads in the log while a long sync runs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable

    from tap_sagemaker_tuning.aws.client import Client

_SECONDS_BETWEEN_LINES = 10.0
_MOST_LINES = 3  # scopes told of at a time, the slowest


@dataclass
class ScopeProgress:
    """How far one stream has come in one scope.

    Attributes:
        client: Its client, which counts the calls.
        to_read: Tuning jobs to read; None before they are listed.
        read: Tuning jobs that were read, or failed.
        rows: Records read.
        is_over: Whether the scope is read to its end, or failed.
    """

    client: Client
    to_read: int | None = None
    read: int = 0
    rows: int = 0
    is_over: bool = False


@dataclass
class Progress:
    """How far one stream has come: every ten seconds a line for all, and a few more.

    Attributes:
        logger: Where the lines go.
        clock: Seconds that only grow.
        scopes: All scopes, by client.
    """

    logger: logging.Logger
    clock: Callable[[], float] = time.monotonic
    scopes: dict[Client, ScopeProgress] = field(default_factory=dict)
    _began: float = 0
    _told_at: float = 0

    def start(self, clients: Iterable[Client]) -> None:
        """Begin with these scopes."""
        self._began = self._told_at = self.clock()
        self.scopes = {client: ScopeProgress(client) for client in clients}

    def tell(self) -> None:
        """Write where things stand, if the last lines are old enough."""
        now = self.clock()
        if now - self._told_at < _SECONDS_BETWEEN_LINES:
            return
        self._told_at = now
        seconds = now - self._began
        self.logger.info(self._so_far(seconds))
        if len(self.scopes) == 1:
            return
        under_way = [scope for scope in self.scopes.values() if not scope.is_over]
        slowest = sorted(under_way, key=lambda scope: -_left(scope))[:_MOST_LINES]
        for scope in slowest:
            self.logger.info("%s: %s", scope.client.scope, _state_of(scope, seconds))
        if more := len(under_way) - len(slowest):
            self.logger.info("%d more accounts and regions are being read", more)

    def _so_far(self, seconds: float) -> str:
        scopes = list(self.scopes.values())
        calls = sum(scope.client.calls for scope in scopes)
        throttled = sum(scope.client.throttled for scope in scopes)
        read = sum(scope.read for scope in scopes)
        to_read = sum(scope.to_read or 0 for scope in scopes)
        done = sum(scope.is_over for scope in scopes)
        listing = sum(scope.to_read is None and not scope.is_over for scope in scopes)
        parts = [
            f"{done} of {len(scopes)} accounts and regions read",
            f"{read} of {to_read} tuning jobs"
            + (f" ({listing} still being listed)" if listing else ""),
            f"{sum(scope.rows for scope in scopes)} rows",
            f"{calls} calls, {throttled} of them throttled",
        ]
        if not listing:
            parts.append(f"time left: {_time_left(read, to_read, seconds)}")
        return "; ".join(parts)


def _left(scope: ScopeProgress) -> float:
    """How much there is left to read; most where nothing is known yet."""
    return float("inf") if scope.to_read is None else scope.to_read - scope.read


def _state_of(scope: ScopeProgress, seconds: float) -> str:
    called = f"{scope.client.calls} calls, {scope.client.throttled} throttled"
    if scope.to_read is None:
        return f"listing tuning jobs; {called}"
    left = _time_left(scope.read, scope.to_read, seconds)
    return (
        f"{scope.read} of {scope.to_read} tuning jobs, {scope.rows} rows; {called}; "
        f"time left: {left}"
    )


def _time_left(read: int, to_read: int, seconds: float) -> str:
    """An estimate: what a tuning job costs varies with its trials."""
    if not read:
        return "unknown"
    minutes = seconds * (to_read - read) / read / 60
    return "under a minute" if minutes < 1 else f"about {minutes:.0f} min"
