"""Reads one scope: lists its tuning jobs, then reads them ahead but yields in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Protocol

from tap_sagemaker_tuning.sync.circuit_breaker import CircuitBreaker
from tap_sagemaker_tuning.sync.outcomes import (
    Closed,
    Complete,
    Ended,
    Failed,
    Listed,
    Records,
    Visited,
)
from tap_sagemaker_tuning.sync.visits import read_tuning_job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.sync.outcomes import Event
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
    """
    try:
        listing, visits = scope.list_visits()
        yield Listed(listing, len(visits))
        streams = [_Stream(scope, reader, visits) for reader in readers.values()]
        by_name = dict(zip(readers, streams, strict=True))
        yield from _read_visits(scope, readers, by_name, visits, ahead)
    except Exception as error:  # noqa: BLE001 - the commit loop looks at it
        for name in readers:
            yield Ended(name, Failed(error))
    else:
        for name, stream in by_name.items():
            failure = stream.failure
            yield Ended(name, Failed(failure) if failure else Complete(listing))
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
        for stream in streams.values():
            yield from stream.release()
    finally:
        # Otherwise their workers could keep waiting, holding what other scopes need.
        for started in begun:
            started.close()


class _Stream:
    """Passes on one stream's items, but holds failures that may be the scope's.

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
        self._breaker = CircuitBreaker(own, can_read, scope.ask)
        self._held: list[Visited] = []
        self._has_begun = False  # whether the current tuning job has yielded records

    def take(self, item: Records | Visited) -> Iterator[Records | Visited]:
        """Yield an item, unless it is a failure that may be the scope's."""
        if self.failure:
            return
        match item:
            case Visited(outcome=Failed(error)) if not self._has_begun:
                self._held.append(item)
                try:
                    is_held = self._breaker.note_failure(error)
                except Exception as found:  # noqa: BLE001 - the commit loop looks at it
                    self.failure = found
                    self._held.clear()
                    return
                if not is_held:
                    yield from self.release()
            case _:
                self._breaker.note_success()
                yield from self.release()
                self._has_begun = isinstance(item, Records)
                yield item

    def release(self) -> Iterator[Visited]:
        """Yield the failures that were held back."""
        held, self._held = self._held, []
        yield from held
