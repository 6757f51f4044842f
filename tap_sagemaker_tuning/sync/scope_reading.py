"""Reads one scope: lists its tuning jobs, then reads them ahead but yields in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Protocol

from tap_sagemaker_tuning.aws.errors import DATA, is_denied
from tap_sagemaker_tuning.exceptions import UnreadableError
from tap_sagemaker_tuning.replication.judge import Judge, Step, Why, sample
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
    from tap_sagemaker_tuning.sync.interfaces import Reader
    from tap_sagemaker_tuning.sync.outcomes import Event, ScopeOutcome
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
    streams = [_Passing(scope, reader, visits) for reader in readers.values()]
    by_name = dict(zip(readers, streams, strict=True))
    yield from _read_visits(scope, readers, by_name, visits, ahead)
    for stream in streams:
        yield from stream.end(listing)
    yield Closed()


def _read_visits(
    scope: ScopeRun,
    readers: Mapping[str, Reader],
    streams: Mapping[str, _Passing],
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


class _Passing:
    """Passes on one stream's items, and holds back what its judge says.

    Attributes:
        failure: The error that keeps the stream from reading the scope at all, if any.
    """

    def __init__(
        self, scope: ScopeRun, reader: Reader, visits: Sequence[Mapping[str, Visit]]
    ) -> None:
        self.failure: Exception | None = None
        self._scope = scope
        self._reader = reader
        self._visits = [of[reader.name] for of in visits if reader.name in of]
        self._judge = Judge()
        self._held: list[Visited] = []
        self._has_begun = False  # whether the current tuning job has yielded records

    def take(self, item: Records | Visited) -> Iterator[Records | Visited]:
        """Yield an item, unless it is a failure that may be the scope's."""
        if self.failure:
            return
        if isinstance(item, Records):
            self._has_begun = True
            yield item
            return
        match item.outcome:
            case Failed(error):
                if self._held:  # the first keeps its traceback, for the log
                    forget_frames(error)
                self._held.append(item)
                why = Why.BROKEN_OFF if self._has_begun else _why(error)
                yield from self._go(self._judge.failed(why), error)
            case outcome:
                self._held.append(item)
                is_read = isinstance(outcome, Read)
                yield from self._go(self._judge.passed(is_read=is_read))
        self._has_begun = False

    def end(self, listing: Listing) -> Iterator[Visited | Ended]:
        """Yield what is still held, if it concerns only these tuning jobs; and the end.

        Args:
            listing: The tuning jobs of the scope.
        """
        outcome: ScopeOutcome = Complete(listing)
        if self.failure:
            outcome = Failed(self.failure)
        else:
            unread = self._unread
            step = self._judge.end([_why(error) for _, error in unread])
            if step is Step.COMPARE and self._are_allowed_for_others(listing):
                step = Step.READ_ON
            yield from self._go(step)
            if self._held:
                outcome = Unread(unread)
        yield Ended(self._reader.name, outcome)

    def _go(self, step: Step, error: Exception | None = None) -> Iterator[Visited]:
        """Take a step; `error` is that of the last visit, if it failed."""
        if step is Step.LIST:
            lost = self._lost()
            step = self._judge.listed(_why(lost) if lost else None)
            error = error if lost is None or is_denied(lost) else lost
        elif step is Step.SAMPLE:
            sampled = (self._visits[number] for number in sample(len(self._visits)))
            step = self._judge.sampled(has_read=any(map(self._can_read, sampled)))
        if step is Step.STOP:
            self.failure = error
            self._held.clear()
        elif step is Step.READ_ON:
            held, self._held = self._held, []
            yield from held

    def _lost(self) -> Exception | None:
        """Make another call in the scope, and return its error, if it fails."""
        try:
            self._scope.ask()
        except DATA as error:
            return error
        return None

    def _can_read(self, visit: Visit) -> bool:
        """Try to read a tuning job."""
        name = self._reader.name
        work = read_tuning_job(self._scope.client, {name: visit}, {name: self._reader})
        match next(work):
            case Visited(outcome=Failed()):
                return False
            case _:
                return True

    @property
    def _unread(self) -> list[tuple[Visit, Exception]]:
        """The visits held that failed, each with its error."""
        return [
            (held.visit, held.outcome.error)
            for held in self._held
            if isinstance(held.outcome, Failed)
        ]

    def _are_allowed_for_others(self, listing: Listing) -> bool:
        """Whether AWS allows for other tuning jobs what it denies for those held."""
        failed = {visit.job.key for visit, _ in self._unread}
        others = [job for job in reversed(listing.jobs()) if job.key not in failed]
        return all(
            self._scope.is_allowed(error, visit.job.key, others)
            for visit, error in self._unread
        )


def _why(error: Exception) -> Why:
    """The kind of a failure."""
    if isinstance(error, UnreadableError):
        return Why.MALFORMED
    return Why.DENIED if is_denied(error) else Why.FAILED
