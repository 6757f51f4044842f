"""Runs one sync: finds the scopes, reads them, and reports failures and totals."""

from __future__ import annotations

import time
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.sync.commit_loop import CommitLoop
from tap_sagemaker_tuning.sync.discovery import Discovered, discover
from tap_sagemaker_tuning.sync.failures import Failure, report, some_of
from tap_sagemaker_tuning.sync.progress import Progress
from tap_sagemaker_tuning.sync.scope_run import ScopeRun, now
from tap_sagemaker_tuning.sync.workers import Threads

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Sequence

    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.replication.state import Filters
    from tap_sagemaker_tuning.settings import Settings
    from tap_sagemaker_tuning.sync.interfaces import Reader, Sink
    from tap_sagemaker_tuning.sync.scope_run import Status


class Run:
    """One sync.

    Attributes:
        filters: The filters of the sync.
        discovered: The accounts and regions; empty before `discover`.
        scopes: The scopes, in the order of the settings; empty if they are unknown.
        readers: The streams that the commit loop reads.
        removed: How many scopes the state has that the settings no longer reach, once
            the stream `scopes` has been read.
        started_at: The local clock's time when the sync began.
    """

    def __init__(
        self,
        settings: Settings,
        filters: Filters,
        logger: logging.Logger,
        check_signal: Callable[[], None],
    ) -> None:
        """Begin, without a call.

        Args:
            settings: The settings.
            filters: The filters of the sync.
            logger: Logs progress and failures.
            check_signal: Raises SystemExit if the sync should stop.
        """
        self.filters = filters
        self.readers: Sequence[Reader] = ()
        self.removed = 0
        self._failures: list[Failure] = []
        self._settings = settings
        self._logger = logger
        self._check_signal = check_signal
        self.started_at = now()
        self._began = time.monotonic()
        self.discovered = Discovered()
        self.scopes: list[ScopeRun] = []
        self._by_scope: dict[Scope, ScopeRun] = {}

    def discover(self) -> None:
        """Find the scopes, and log what AWS listed and what it did not.

        Raises:
            SystemExit: A signal asked to stop.
        """
        self.discovered = discover(self._settings, self._check_signal)
        for sentence in self.discovered.listed:
            self._logger.info(sentence)
        for sentence in self.discovered.warnings:
            self._logger.warning(sentence)
        for failure in self.discovered.failures:
            self._logger.debug("%s", failure, exc_info=failure.error)
        clients = self.discovered.clients
        self.scopes = [ScopeRun(client, self.filters) for client in clients]
        self._by_scope = {scope.scope: scope for scope in self.scopes}

    @property
    def failures(self) -> list[Failure]:
        """What was not read, first outside of any scope and then in each."""
        of_scopes = (scope.failures.values() for scope in self.scopes)
        of_no_scope = self.discovered.failures + self._failures
        return [*of_no_scope, *chain.from_iterable(of_scopes)]

    def fail(self, error: Exception) -> None:
        """Record a failure that belongs to no scope."""
        failure = Failure(scope=None, tuning_job=None, error=error)
        self._logger.debug("%s", failure, exc_info=error)
        self._failures.append(failure)

    def read(self, readers: Sequence[Reader], sink: Sink) -> None:
        """Read all scopes for some streams.

        Args:
            readers: The streams.
            sink: Takes records and state.

        Raises:
            SystemExit: A signal asked to stop, or the output was closed.
        """
        self.readers = readers
        progress = Progress(self.scopes, self._logger)

        def pause() -> None:
            self._check_signal()
            progress.tell()

        makes_calls = any(reader.makes_calls for reader in readers)
        concurrency = self._settings.concurrency if makes_calls else 0
        visits_ahead = min(reader.visits_ahead for reader in readers)
        with Threads(concurrency, visits_ahead) as workers:
            loop = CommitLoop(readers, sink, time.monotonic)
            loop.read(self.scopes, workers, pause)
        for name in self._unknown_names():
            self._logger.warning(
                "tuning_job_names: %s was not found in any account and region", name
            )

    def is_whole(self, stream: str, scope: Scope) -> bool:
        """Whether this sync has read a stream to its end in a scope."""
        return stream in self._by_scope[scope].whole

    def report(self) -> list[str]:
        """Summarize what was not read, in one line per cause and place."""
        return report(self.failures, len(self.scopes))

    def summary(self) -> str:
        """Summarize the sync in one line."""
        scopes = self.scopes
        counted = Counter(scope.status for scope in scopes)
        said = f"{counted['complete']} of {len(scopes)} accounts and regions complete"
        others: tuple[Status, ...] = ("incomplete", "failed", "not read")
        for status in others:
            if counted[status]:
                said += f", {counted[status]} {status}"
        if self.removed:
            said += f", {self.removed} removed"
        accounts = len({scope.scope.account_id for scope in scopes})
        regions = len({scope.scope.region for scope in scopes})
        said += f"; accounts: {accounts}, regions: {regions}"
        if unknown := self._unknown_names():
            said += f"; tuning_job_names not found: {some_of(unknown)}"
        asked = sum(scope.client.metric_data.asked for scope in scopes)
        metrics = f"CloudWatch metrics: {asked} requested; " if asked else ""
        return (
            f"{said}; "
            f"tuning jobs: {sum(scope.counts.read for scope in scopes)} read, "
            f"{sum(scope.counts.open for scope in scopes)} still open; "
            f"trials: {sum(scope.trials_read for scope in scopes)} read; "
            f"calls: {sum(scope.client.calls for scope in scopes)}, "
            f"{sum(scope.client.throttled for scope in scopes)} of them throttled; "
            f"{metrics}"
            f"{time.monotonic() - self._began:.1f} s"
        )

    def _unknown_names(self) -> list[str]:
        """The names in `tuning_job_names` that no scope has."""
        # A scope that could not be opened or listed might have any of them.
        are_listed = [scope.to_visit is not None for scope in self.scopes]
        if self.discovered.failures or not (are_listed and all(are_listed)):
            return []
        return [
            name
            for name in self._settings.tuning_job_names or ()
            if all(name.lower() in scope.unknown_names for scope in self.scopes)
        ]
