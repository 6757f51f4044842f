"""Side by side: all scopes are read at once, each in order, none holding back another.

Each scope has a thread that lists its tuning jobs, and workers that read their trials
ahead of it, with `concurrency` calls in flight. What was read comes out as events,
a scope's own in the order of its visits. Queues are short, so that memory does not
depend on how much there is to read, and all threads are daemons: a stop waits for none.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from tap_sagemaker_tuning.aws.client import Client
from tap_sagemaker_tuning.aws.errors import NOT_FOUND, code, is_denied
from tap_sagemaker_tuning.replication.listing import Listing, Unread, list_tuning_jobs
from tap_sagemaker_tuning.replication.plan import Plan, Visit
from tap_sagemaker_tuning.values import Summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_sagemaker_tuning.replication.state import Filters

Read = Callable[[Client, Visit], Iterator[list[Summary]]]
"""Reads a visit's trials, page by page."""

_SUSPICIOUS = 3  # visits that fail in a row, after which the scope is looked at
_PAGES_AHEAD = 2
_POLL = 0.2  # seconds between looks at whether to stop


@dataclass(frozen=True, slots=True)
class Listed:
    """A scope's tuning jobs were listed."""

    client: Client
    listing: Listing
    visits: list[Visit]
    unread: Unread  # of the tuning jobs that were asked for by name


@dataclass(frozen=True, slots=True)
class Page:
    """Some trials of a visit."""

    client: Client
    visit: Visit
    trials: list[Summary]


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit's end; with an error, it was not read to its end."""

    client: Client
    visit: Visit
    error: Exception | None


@dataclass(frozen=True, slots=True)
class Finished:
    """A scope's end; with an error, the scope was not read to its end."""

    client: Client
    error: Exception | None


Event = Listed | Page | Visited | Finished


class Reading:
    """Reads scopes in threads. Use it as a context: leaving it stops the threads."""

    def __init__(
        self,
        plans: Mapping[Client, Sequence[Plan]],
        filters: Filters,
        *,
        first_page_only: bool = False,
    ) -> None:
        """Prepare to read.

        Args:
            plans: For each scope's client the plans that its listing has to serve. The
                first says which visits to make.
            filters: What the sync is limited by.
            first_page_only: List one page of tuning jobs only: a connection test.
        """
        self._plans = plans
        self._filters = filters
        self._first_page_only = first_page_only
        self._events: queue.Queue[Event] = queue.Queue(maxsize=2 * len(plans))
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        """Start nothing yet: `events` does."""
        return self

    def __exit__(self, *_: object) -> None:
        """Tell the threads to stop, and wait for none."""
        self._stopped.set()

    def events(self, read: Read | None, concurrency: int) -> Iterator[Event | None]:
        """Read all scopes.

        Args:
            read: Reads a visit's trials; None: tuning jobs are listed only.
            concurrency: Most calls in flight in one scope.

        Yields:
            Events; None now and then while there is none, so that the caller can look
            at other things.
        """
        for client in self._plans:
            self._start(self._read_scope, client, read, concurrency)
        running = len(self._plans)
        while running:
            try:
                event = self._events.get(timeout=_POLL)
            except queue.Empty:
                yield None
                continue
            running -= isinstance(event, Finished)
            yield event

    def _read_scope(self, client: Client, read: Read | None, concurrency: int) -> None:
        try:
            listed = self._list(client)
            self._put(self._events, listed)
            if read is not None:
                self._read_visits(client, listed.visits, read, concurrency)
        except Exception as error:  # noqa: BLE001 - the main thread looks at it
            self._put(self._events, Finished(client, error))
        else:
            self._put(self._events, Finished(client, None))

    def _list(self, client: Client) -> Listed:
        plans = self._plans[client]
        listing, unread = list_tuning_jobs(
            client, plans, self._filters, first_page_only=self._first_page_only
        )
        return Listed(client, listing, list(plans[0].visits(listing)), unread)

    def _read_visits(
        self, client: Client, visits: Sequence[Visit], read: Read, concurrency: int
    ) -> None:
        """Read visits ahead of their turn, and pass on what was read in their order."""
        tasks: queue.SimpleQueue[tuple[Visit, queue.Queue[Any]]] = queue.SimpleQueue()
        for _ in range(min(concurrency, len(visits))):
            self._start(self._work, client, tasks, read)
        ahead: deque[tuple[Visit, queue.Queue[Any]]] = deque()
        left = iter(visits)
        failed: list[Visited] = []  # in a row, at their first call; not passed on yet
        has_read = False
        while True:
            while len(ahead) < 2 * concurrency and (visit := next(left, None)):
                ahead.append((visit, queue.Queue(maxsize=_PAGES_AHEAD)))
                tasks.put(ahead[-1])
            if not ahead:
                break
            visit, pages = ahead.popleft()
            item = self._get(pages)
            has_failed = isinstance(item, Exception) and not is_deleted(item)
            if has_failed:
                failed.append(Visited(client, visit, item))
                # A denial is one tuning job's, unless nothing at all can be read.
                is_single = is_denied(item) and has_read
                if not is_single and len(failed) < _SUSPICIOUS:
                    continue
                if not is_single and (error := _error_of_all(client, visits, read)):
                    # One line instead of thousands; none is given up for it.
                    raise error
            self._put_all(failed)
            failed = []
            if has_failed:
                continue
            has_read = True
            while isinstance(item, list):
                self._put(self._events, Page(client, visit, item))
                item = self._get(pages)
            self._put(self._events, Visited(client, visit, item))
        self._put_all(failed)

    def _work(self, client: Client, tasks: queue.SimpleQueue[Any], read: Read) -> None:
        """Read visits: pages, and then None or the error that ended them."""
        while True:
            visit, pages = self._get(tasks)
            try:
                for page in read(client, visit):
                    self._put(pages, page)
            except _StoppedError:
                raise
            except Exception as error:  # noqa: BLE001 - the main thread looks at it
                self._put(pages, error)
            else:
                self._put(pages, None)

    def _start(self, target: Callable[..., None], *args: Any) -> None:
        def run() -> None:
            try:
                target(*args)
            except _StoppedError:
                return

        threading.Thread(target=run, daemon=True).start()

    def _put_all(self, events: Sequence[Event]) -> None:
        for event in events:
            self._put(self._events, event)

    def _put(self, where: queue.Queue[Any], item: object) -> None:
        while not self._stopped.is_set():
            try:
                where.put(item, timeout=_POLL)
            except queue.Full:
                continue
            return
        raise _StoppedError

    def _get(self, where: Any) -> Any:
        while not self._stopped.is_set():
            try:
                return where.get(timeout=_POLL)
            except queue.Empty:
                continue
        raise _StoppedError


class _StoppedError(Exception):
    """Nobody waits for what a thread reads any more."""


def _error_of_all(
    client: Client, visits: Sequence[Visit], read: Read
) -> Exception | None:
    """Try some visits: an error if all are denied or the calls fail; None if not."""
    last = None
    for part in (1, 0.75, 0.5, 0.25):
        try:
            next(read(client, visits[int(part * (len(visits) - 1))]), None)
        except Exception as error:  # noqa: BLE001 - whatever it is, it failed
            if is_deleted(error):
                continue
            if not is_denied(error):
                return error
            last = error
        else:
            return None
    return last


def read_since(client: Client, visit: Visit) -> Iterator[list[Summary]]:
    """Read a tuning job's trials, newest first, down to the time that a visit says."""
    since = visit.since
    for page in client.trials(visit.job["HyperParameterTuningJobName"]):
        if since is None:
            yield page
            continue
        yield [trial for trial in page if trial["CreationTime"] >= since]
        if page and page[-1]["CreationTime"] < since:
            return


def is_deleted(error: Exception | None) -> bool:
    """Whether a visit ended because its tuning job does not exist any more."""
    return error is not None and code(error) in NOT_FOUND
