"""Reads scopes concurrently in threads, each in order, without one blocking another.

Each open scope has a thread that lists its tuning jobs and passes on what its workers
read ahead. What is read ahead is bounded across all scopes, so memory depends neither
on the amount of data nor on the speed of the target. All threads are daemons: a stop
waits for none of them.
"""

from __future__ import annotations

import ctypes
import queue
import threading
from contextlib import closing, suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, Self

from tap_sagemaker_tuning.sync.outcomes import Closed, Records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_sagemaker_tuning.sync.outcomes import Event, Visited
    from tap_sagemaker_tuning.sync.scope_reading import Items, ReadAhead
    from tap_sagemaker_tuning.sync.scope_run import ScopeRun

    ReadScope = Callable[[ScopeRun, ReadAhead], Iterator[Event]]

_SCOPES_AT_ONCE = 32
_EVENTS_AHEAD = 16  # in all scopes
_RECORDS_AHEAD = 10  # in one tuning job, before its worker waits to add more
_POINTS_PER_RECORD = 1000  # of a time series, which take the memory of a record
_POLL = 0.2  # seconds between checks whether to stop
_M_ARENA_MAX = -8  # of glibc's malloc.h
_END = None  # follows the last item of a tuning job


class Workers(Protocol):
    """Reads scopes, and yields their events one at a time."""

    def events(
        self, scopes: Iterable[ScopeRun], read_scope: ReadScope
    ) -> Iterator[tuple[ScopeRun, Event] | None]:
        """Read scopes.

        Args:
            scopes: The scopes.
            read_scope: Reads one; see `scope_reading.read_scope`.

        Yields:
            Each scope's events, in order; None now and then, so that the caller gets a
            turn while there are none.
        """


class Threads:
    """Workers that are threads. A context manager: leaving it stops them."""

    def __init__(self, concurrency: int, visits_ahead: int) -> None:
        """Prepare to read.

        Args:
            concurrency: The most calls in flight per scope; 0: no stream makes calls.
            visits_ahead: How many tuning jobs are read ahead in all scopes; each open
                scope reads at least its next one.
        """
        self.concurrency = concurrency
        self.visits_ahead = visits_ahead
        self.open_scopes = 0
        self._events: queue.Queue[tuple[ScopeRun, Event]] = queue.Queue(_EVENTS_AHEAD)
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        """Return the workers; `events` starts their threads."""
        _share_memory()
        return self

    def __exit__(self, *_: object) -> None:
        """Tell the threads to stop, without waiting for them."""
        self._stopped.set()

    def events(
        self, scopes: Iterable[ScopeRun], read_scope: ReadScope
    ) -> Iterator[tuple[ScopeRun, Event] | None]:
        """Read scopes in their order, up to 32 at a time; see `Workers`."""
        left = iter(scopes)
        # Before any thread starts: the number of open scopes limits each read-ahead.
        first = list(islice(left, _SCOPES_AT_ONCE))
        self.open_scopes = len(first)
        for scope in first:
            self._open(scope, read_scope)
        while self.open_scopes:
            try:
                scope, event = self._events.get(timeout=_POLL)
            except queue.Empty:
                yield None
                continue
            yield scope, event
            if isinstance(event, Closed):
                following = next(left, None)
                if following is None:
                    self.open_scopes -= 1
                else:
                    self._open(following, read_scope)

    def start_thread(self, target: Callable[[], None]) -> None:
        """Start a thread that ends quietly when the workers are stopped."""

        def run() -> None:
            try:
                target()
            except StoppedError:
                return

        threading.Thread(target=run, daemon=True).start()

    def check(self, dropped: threading.Event | None = None) -> None:
        """End the calling thread if nobody waits for it.

        Raises:
            StoppedError: The threads are stopped, or `dropped` is set.
        """
        if self._stopped.is_set() or (dropped and dropped.is_set()):
            raise StoppedError

    def get(self, where: Any) -> Any:
        """Wait for the next item of a queue.

        Raises:
            StoppedError: The threads are stopped.
        """
        while True:
            self.check()
            try:
                return where.get(timeout=_POLL)
            except queue.Empty:
                continue

    def _put(self, scope: ScopeRun, event: Event) -> None:
        """Hand over an event as soon as there is room.

        Raises:
            StoppedError: The threads are stopped.
        """
        while True:
            self.check()
            try:
                self._events.put((scope, event), timeout=_POLL)
            except queue.Full:
                continue
            return

    def _open(self, scope: ScopeRun, read_scope: ReadScope) -> None:
        def run() -> None:
            ahead = _ScopeThreads(self)
            try:
                for event in read_scope(scope, ahead):
                    self._put(scope, event)
            except StoppedError:
                raise
            except BaseException as bug:  # noqa: BLE001 - the main loop would wait
                self._put(scope, Closed(bug))
            finally:
                ahead.stop()

        self.start_thread(run)


class _ScopeThreads:
    """The workers of one scope."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._workers = 0
        self._begun = 0

    @property
    def most(self) -> int:
        """How many tuning jobs may be in progress now; at least one."""
        share = self._threads.visits_ahead // max(self._threads.open_scopes, 1)
        return max(1, min(2 * self._threads.concurrency, share))

    def start(self, read: Callable[[], Items]) -> Items | _Task:
        """Hand a tuning job to the next free worker."""
        if not self._threads.concurrency:
            return read()  # without calls, there is no response to wait for
        task = _Task(read, self._threads)
        self._begun += 1
        if self._workers < min(self._threads.concurrency, self.most, self._begun):
            # Before queuing the task, since this can fail: a worker must not read a
            # task that the caller did not get and cannot close.
            self._threads.start_thread(self._run)
            self._workers += 1
        self._tasks.put(task)
        return task

    def stop(self) -> None:
        """Let the workers end after the tasks queued so far."""
        for _ in range(self._workers):
            self._tasks.put(None)

    def _run(self) -> None:
        while task := self._threads.get(self._tasks):
            task.run()


class _Task:
    """A tuning job that a worker reads ahead of its turn."""

    def __init__(self, read: Callable[[], Items], threads: Threads) -> None:
        self._read = read
        self._threads = threads
        self._items: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._records = 0  # queued
        self._taken = threading.Condition()
        self._dropped = threading.Event()

    def __iter__(self) -> Iterator[Records | Visited]:
        """Yield its items in order, and wait for those still to come."""
        while (item := self._threads.get(self._items)) is not _END:
            if isinstance(item, BaseException):
                raise item
            if isinstance(item, Records):
                with self._taken:
                    self._records -= _weight(item)
                    self._taken.notify()
            yield item

    def close(self) -> None:
        """Stop reading it, or do not start."""
        self._dropped.set()

    def run(self) -> None:
        """Read the tuning job, in a worker."""
        if self._dropped.is_set():
            return
        try:
            with closing(self._read()) as items:
                for item in items:
                    if isinstance(item, Records):
                        self._wait_for_room(_weight(item))
                    self._items.put(item)
            self._items.put(_END)
        except StoppedError:
            return
        except BaseException as bug:  # noqa: BLE001 - raised in the scope's thread
            self._items.put(bug)

    def _wait_for_room(self, records: int) -> None:
        with self._taken:
            while self._records >= _RECORDS_AHEAD:
                self._threads.check(self._dropped)
                self._taken.wait(_POLL)
            self._records += records


def _share_memory() -> None:
    """Let all threads allocate from the same memory, where the C library can.

    glibc keeps what each thread has freed for that thread: a fifth of the memory of 32
    scopes with long time series (measured in December 2026). Python's lock lets only
    one thread at a time allocate, so nobody waits.
    """
    with suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _weight(item: Records) -> int:
    """How many records without a time series take as much memory."""
    return len(item.records) + item.points // _POINTS_PER_RECORD


class StoppedError(Exception):
    """Nobody waits for what the thread reads."""
