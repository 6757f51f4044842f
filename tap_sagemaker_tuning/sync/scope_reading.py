"""Reads one scope: lists its tuning jobs, then reads them ahead but yields in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Protocol

from tap_sagemaker_tuning.aws.errors import DATA, is_denied
from tap_sagemaker_tuning.sync.circuit_breaker import CircuitBreaker
from tap_sagemaker_tuning.sync.failures import forget_frames
from tap_sagemaker_tuning.sync.outcomes import (
    Closed,
    Complete,
    Ended,
    Failed,
    Listed,
    Read,
    Records,
    Unread,
    Visited,
)
from tap_sagemaker_tuning.sync.visits import read_tuning_job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tap_sagemaker_tuning.replication.listing import Listing
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.sync.outcomes import Event, ScopeOutcome
    from tap_sagemaker_tuning.sync.readers import Reader
    from tap_sagemaker_tuning.sync.scope_run import ScopeRun


class Started(Protocol):
    """A tuning job that is being read."""

    def __iter__(self) -> Iterator[Records | Visited]:
        """Yield its items in order, and wait for those still to come."""

    def close(self) -> None:
        """Stop reading it: nobody waits for it."""


Items = Generator[Records | Visited, None, None]
"""A generator that reads a tuning job and yields its items."""


class ReadAhead(Protocol):
    """Reads one scope's tuning jobs before their turn."""

    @property
    def most(self) -> int:
        """How many may be in progress now; at least one."""

    def start(self, read: Callable[[], Items]) -> Started:
        """Start to read a tuning job by calling `read`."""


def read_scope(
    scope: ScopeRun, readers: Mapping[str, Reader], ahead: ReadAhead
) -> Iterator[Event]:
    """Read a scope for all streams.

    Args:
        scope: The scope, with a plan for each stream.
        readers: The streams, by name.
        ahead: Reads tuning jobs before their turn.

    Yields:
        One `Listed` if listing succeeds; each stream's records and visits, in the order
        of its visits; one `Ended` per stream; and `Closed`.

    Raises:
        Exception: The tap has a bug. Streams that have not ended have failed.
    """
    try:
        listing, visits = scope.list_visits()
    except DATA as error:
        yield from (Ended(name, Failed(error)) for name in readers)
        yield Closed()
        return
    yield Listed(listing, len(visits))
    streams = [_Stream(scope, reader, visits) for reader in readers.values()]
    by_name = dict(zip(readers, streams, strict=True))
    yield from _read_visits(scope, readers, by_name, visits, ahead)
    for name, stream in by_name.items():
        yield from stream.release_if_known(listing)
        yield Ended(name, stream.outcome(listing))
    yield Closed()


def _read_visits(
    scope: ScopeRun,
    readers: Mapping[str, Reader],
    streams: Mapping[str, _Stream],
    visits: Sequence[Mapping[str, Visit]],
    ahead: ReadAhead,
) -> Iterator[Records | Visited]:
    """Read tuning jobs ahead, and yield their items in the order of the visits."""
    left = deque(visits)
    begun: deque[Started] = deque()
    try:
        while left or begun:
            while left and len(begun) < ahead.most:
                of_streams = {
                    stream: visit
                    for stream, visit in left.popleft().items()
                    if streams[stream].failure is None
                }
                if of_streams:
                    read = partial(read_tuning_job, scope.client, of_streams, readers)
                    begun.append(ahead.start(read))
            if begun:
                for item in begun[0]:
                    yield from streams[item.stream].take(item)
                begun.popleft()
    finally:
        # Otherwise their workers could keep waiting, holding what other scopes need.
        for started in begun:
            started.close()


class _Stream:
    """Passes on one stream's items, but holds failures that may be the scope's.

    Until the stream has read a tuning job, nothing shows that it can, so it holds the
    end of every visit: the state must not move over a scope that cannot be read.

    Attributes:
        failure: The error that keeps the stream from reading the scope at all, if any.
    """

    def __init__(
        self, scope: ScopeRun, reader: Reader, visits: Sequence[Mapping[str, Visit]]
    ) -> None:
        def can_read(visit: Visit) -> bool:
            work = read_tuning_job(
                scope.client, {reader.name: visit}, {reader.name: reader}
            )
            match next(work):
                case Visited(outcome=Failed()):
                    return False
                case _:
                    return True

        own = [of[reader.name] for of in visits if reader.name in of]
        self.failure: Exception | None = None
        self._scope = scope
        self._breaker = CircuitBreaker(own, can_read, scope.ask)
        self._held: list[Visited] = []
        self._has_read = False
        self._has_begun = False  # whether the current tuning job has yielded records

    def take(self, item: Records | Visited) -> Iterator[Records | Visited]:
        """Yield an item, unless it is a failure that may be the scope's."""
        if self.failure:
            return
        match item:
            case Records():
                self._has_begun = True
                self._breaker.note_success()
                yield item
            case Visited(outcome=Failed(error)):
                if self._held:  # the first keeps its traceback, for the log
                    forget_frames(error)
                self._held.append(item)
                is_held = self._note_failure(error)
                self._has_begun = False
                if self._has_read and not is_held:
                    yield from self._release()
            case Visited(outcome=outcome):
                self._breaker.note_success()
                self._has_begun = False
                self._held.append(item)
                self._has_read = self._has_read or isinstance(outcome, Read)
                if self._has_read:
                    yield from self._release()

    def release_if_known(self, listing: Listing) -> Iterator[Visited]:
        """Yield what is still held, if it concerns only these tuning jobs."""
        if self._has_read or not self._unread or self._are_denied_alone(listing):
            yield from self._release()

    def outcome(self, listing: Listing) -> ScopeOutcome:
        """How the scope ended for the stream."""
        if self.failure:
            return Failed(self.failure)
        return Unread(self._unread) if self._held else Complete(listing)

    def _note_failure(self, error: Exception) -> bool:
        """Tell the circuit breaker; returns whether to hold the failure back."""
        if self._has_begun:
            self._breaker.note_success()
            return False
        try:
            return self._breaker.note_failure(error)
        except DATA as scope_error:
            self.failure = scope_error
            self._held.clear()
            return True

    @property
    def _unread(self) -> list[tuple[Visit, Exception]]:
        """The visits held that failed, each with its error."""
        return [
            (held.visit, held.outcome.error)
            for held in self._held
            if isinstance(held.outcome, Failed)
        ]

    def _are_denied_alone(self, listing: Listing) -> bool:
        """Whether AWS denies access to just these tuning jobs, and allows others."""
        failed = {visit.job.key for visit, _ in self._unread}
        others = [job for job in reversed(listing.jobs()) if job.key not in failed]
        return all(
            is_denied(error) and self._scope.is_allowed(error, others)
            for _, error in self._unread
        )

    def _release(self) -> Iterator[Visited]:
        """Yield what was held back."""
        held, self._held = self._held, []
        yield from held
