"""The commit loop: writes records, then advances the state over them, then saves it.

It runs on the main thread and replaces one stream's state in one scope as a whole, so a
stop or a kill at any moment loses nothing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.sync.outcomes import (
    Closed,
    Ended,
    Event,
    Listed,
    Records,
    Visited,
)
from tap_sagemaker_tuning.sync.scope_reading import read_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tap_sagemaker_tuning.sync.interfaces import Reader, Sink
    from tap_sagemaker_tuning.sync.scope_reading import ReadAhead
    from tap_sagemaker_tuning.sync.scope_run import ScopeRun, Sentence
    from tap_sagemaker_tuning.sync.workers import Workers

STATE_INTERVAL = 5.0
"""The least number of seconds between two STATE messages."""


class CommitLoop:
    """Reads scopes for some streams, and saves their state."""

    def __init__(
        self, readers: Iterable[Reader], sink: Sink, clock: Callable[[], float]
    ) -> None:
        """Prepare to read.

        Args:
            readers: The streams.
            sink: Takes records and state.
            clock: A monotonic clock, in seconds.
        """
        self._readers = {reader.name: reader for reader in readers}
        self._sink = sink
        self._clock = clock
        self._changed: set[tuple[ScopeRun, str]] = set()
        self._saved_at = 0.0

    def read(
        self,
        scopes: Sequence[ScopeRun],
        workers: Workers,
        pause: Callable[[], None],
    ) -> None:
        """Read scopes completely.

        Args:
            scopes: The scopes.
            workers: Reads them.
            pause: Called between two events, and regularly while there are none.

        Raises:
            SystemExit: The sink or `pause` asked to stop.
        """
        # A STATE message precedes the first record, so that after a kill the state
        # shows the filters under which the records were read.
        self._save_as_planned(scopes)
        self._save()
        try:
            for next_event in workers.events(self._opened(scopes), self._read_scope):
                pause()
                if next_event:
                    self._take(*next_event)
                if self._clock() - self._saved_at >= STATE_INTERVAL:
                    self._save()
        finally:
            # After a signal or an error too: the plans cover exactly what is written.
            self._save()

    def _save_as_planned(self, scopes: Iterable[ScopeRun]) -> None:
        """Save the states that the scopes start with, which may be new ones."""
        # A plain bookmark applies to every scope, so plan all before saving any.
        entries = []
        for scope in scopes:
            self._plan(scope)
            entries += [
                (name, scope.scope, scope.state_of(name))
                for name, reader in self._readers.items()
                if reader.is_incremental
            ]
            scope.forget_plans()
        for entry in entries:
            self._sink.save(*entry)

    def _opened(self, scopes: Iterable[ScopeRun]) -> Iterator[ScopeRun]:
        """Open each scope when its turn comes."""
        for scope in scopes:
            self._plan(scope)
            scope.open()
            yield scope

    def _plan(self, scope: ScopeRun) -> None:
        for name, reader in self._readers.items():
            saved = self._sink.saved(name, scope.scope)
            if warning := scope.plan(reader, saved):
                self._sink.log(logging.WARNING, name, scope.scope, warning)

    def _read_scope(self, scope: ScopeRun, ahead: ReadAhead) -> Iterator[Event]:
        return read_scope(scope, self._readers, ahead)

    def _take(self, scope: ScopeRun, event: Event) -> None:
        match event:
            case Listed():
                scope.note_listing(event)
            case Records(stream, records):
                for record in records:
                    self._sink.write(stream, record)
                scope.rows += len(records)
            case Visited(stream):
                self._note(scope, stream, scope.commit(self._readers[stream], event))
            case Ended(stream):
                self._note(scope, stream, scope.finish(self._readers[stream], event))
            case Closed(bug):
                if bug:
                    scope.break_off(bug)
                for stream in self._readers:
                    self._save_one(scope, stream)
                scope.close()

    def _note(
        self, scope: ScopeRun, stream: str, sentences: Iterable[Sentence]
    ) -> None:
        for level, sentence in sentences:
            self._sink.log(level, stream, scope.scope, sentence)
        self._changed.add((scope, stream))

    def _save_one(self, scope: ScopeRun, stream: str) -> None:
        """Save the state of a stream in a scope, if it has changed."""
        if (scope, stream) in self._changed:
            self._changed.remove((scope, stream))
            if self._readers[stream].is_incremental:
                self._sink.save(stream, scope.scope, scope.state_of(stream))

    def _save(self) -> None:
        """Save the states that have changed, and write a STATE message."""
        for scope, stream in list(self._changed):
            self._save_one(scope, stream)
        self._sink.write_state()
        self._saved_at = self._clock()
