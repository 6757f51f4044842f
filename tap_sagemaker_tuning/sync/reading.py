"""The commit loop: what was read is written, then noted in the state, then saved.

State moves only over what is written, on the main thread, and one stream's state in
one scope is replaced whole; so a stop or a kill at any moment loses nothing.
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

    from tap_sagemaker_tuning.sync.readers import Reader, Sink
    from tap_sagemaker_tuning.sync.scope_reading import ReadAhead
    from tap_sagemaker_tuning.sync.scope_run import ScopeRun, Sentence
    from tap_sagemaker_tuning.sync.workers import Workers

STATE_INTERVAL = 5.0
"""Seconds between two STATE messages, at least."""


class CommitLoop:
    """Reads scopes for some streams, and keeps their state."""

    def __init__(
        self, readers: Iterable[Reader], sink: Sink, clock: Callable[[], float]
    ) -> None:
        """Prepare to read.

        Args:
            readers: The streams.
            sink: Where records and state go.
            clock: Seconds that only grow.
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
        """Read scopes to their ends.

        Args:
            scopes: The scopes.
            workers: What reads them.
            pause: Called between two events, and while nothing comes.

        Raises:
            SystemExit: The sink, or `pause`, asked to stop.
        """
        # The first STATE comes before the first record: after a kill it says under
        # which filters the records were read that came after it.
        self._save_as_planned(scopes)
        self._save()
        try:
            for found in workers.events(self._opened(scopes), self._read_scope):
                pause()
                if found:
                    self._take(*found)
                if self._clock() - self._saved_at >= STATE_INTERVAL:
                    self._save()
        finally:
            # A signal or an error may end it: the plans are at what is written.
            self._save()

    def _save_as_planned(self, scopes: Iterable[ScopeRun]) -> None:
        """Save the states that the scopes begin with; some start from scratch."""
        # A plain bookmark stands for every scope: all is read before any is saved.
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
        """Open each scope when it is its turn to be read."""
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
            case Closed():
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
