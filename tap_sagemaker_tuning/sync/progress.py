"""What a person reads in the log while a long sync runs, and at its end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.replication.plan import Plan

_SECONDS_BETWEEN_LINES = 10.0
_MOST_LINES = 5  # scopes told of at a time


@dataclass
class ScopeProgress:
    """How far one scope has come.

    Attributes:
        client: Its client, which counts the calls.
        since: When it began, in seconds of the clock.
        listed: Tuning jobs listed.
        visits: Tuning jobs to visit; None before the listing is there.
        visited: Tuning jobs visited.
        trials: Trials read.
    """

    client: Client
    since: float
    listed: int = 0
    visits: int | None = None
    visited: int = 0
    trials: int = 0


@dataclass
class Progress:
    """How far all scopes have come; one line each, every ten seconds.

    Attributes:
        logger: Where the lines go.
        clock: Seconds that only grow.
        scopes: Those under way, by client.
    """

    logger: logging.Logger
    clock: Callable[[], float] = time.monotonic
    scopes: dict[Client, ScopeProgress] = field(default_factory=dict)
    _told_at: float = 0

    def start(self, clients: Iterable[Client]) -> None:
        """Begin with these scopes."""
        self._told_at = self.clock()
        self.scopes = {
            client: ScopeProgress(client, self._told_at) for client in clients
        }

    def tell(self) -> None:
        """Write a line for each scope under way, if the last ones are old enough."""
        now = self.clock()
        if now - self._told_at < _SECONDS_BETWEEN_LINES:
            return
        self._told_at = now
        under_way = list(self.scopes.values())
        for scope in under_way[:_MOST_LINES]:
            self.logger.info(_so_far(scope, now - scope.since))
        if len(under_way) > _MOST_LINES:
            more = len(under_way) - _MOST_LINES
            self.logger.info("and %d more accounts and regions are being read", more)

    def end(self, client: Client, plan: Plan) -> None:
        """Write the summary of a scope, which is not under way any more."""
        scope = self.scopes.pop(client)
        self.logger.info(
            "%s: tuning jobs: %d listed, %d visited, %d settled, %d gone; "
            "trials: %d; calls: %d, %d of them throttled; %.1f s",
            client.scope,
            scope.listed,
            plan.visited_jobs,
            plan.settled,
            plan.gone_jobs,
            scope.trials,
            client.calls,
            client.throttled,
            self.clock() - scope.since,
        )


def _so_far(scope: ScopeProgress, seconds: float) -> str:
    calls, rate = scope.client.calls, scope.client.calls / seconds
    called = f"{calls} calls, {rate:.1f} a second, {scope.client.throttled} throttled"
    if scope.visits is None:
        return f"{scope.client.scope}: listing tuning jobs; {called}"
    left = "unknown"
    if scope.visited:
        # What a tuning job costs varies with its trials: an estimate, no more.
        minutes = seconds * (scope.visits - scope.visited) / scope.visited / 60
        left = "under a minute" if minutes < 1 else f"about {minutes:.0f} min"
    return (
        f"{scope.client.scope}: {scope.visited} of {scope.visits} tuning jobs, "
        f"{scope.trials} trials; {called}; time left: {left}"
    )
