"""Side by side: all scopes are read at once, each in order, none holding back another.

Each scope has a thread that lists its tuning jobs and passes on what its workers read
ahead of it. What was read comes out as events, a scope's own in the order of its
visits. What is read ahead is bounded for the whole run, so that memory depends neither
on how much there is to read nor on how fast the target takes it; and all threads are
daemons: a stop waits for none.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from tap_sagemaker_tuning.exceptions import readable
from tap_sagemaker_tuning.replication.tally import Tally
from tap_sagemaker_tuning.sync.doubt import Doubt
from tap_sagemaker_tuning.sync.events import (
    Event,
    Finished,
    Listed,
    PageRead,
    Visited,
    is_deleted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.sync.events import Fetch

_EVENTS_AHEAD = 16  # of the whole run
_PAGES_AHEAD = 1  # of one visit, beside the one that its worker holds
_POLL = 0.2  # seconds between looks at whether to stop


@dataclass(frozen=True, slots=True)
class _Task:
    """A visit that a worker is to read; its pages end with a tally or an error.

    Its scope drops it when the scope itself fails: nobody takes its pages then.
    """

    visit: Visit
    pages: queue.Queue[Any] = field(
        default_factory=lambda: queue.Queue(maxsize=_PAGES_AHEAD)
    )
    dropped: threading.Event = field(default_factory=threading.Event)


class Workers:
    """Threads that read scopes. Use it as a context: leaving it stops them."""

    def __init__(
        self,
        visits: Callable[[Client], Sequence[Visit]],
        fetch: Fetch,
        visits_ahead: int,
    ) -> None:
        """Prepare to read.

        Args:
            visits: Lists a scope, and says which visits to make of it.
            fetch: Reads a visit.
            visits_ahead: How many visits of all scopes are read ahead; each scope has
                its next one at least.
        """
        self._visits = visits
        self._fetch = fetch
        self._visits_ahead = visits_ahead
        self._events: queue.Queue[Event] = queue.Queue(maxsize=_EVENTS_AHEAD)
        self._stopped = threading.Event()
        self._running = 0

    def __enter__(self) -> Self:
        """Start nothing yet: `events` does."""
        return self

    def __exit__(self, *_: object) -> None:
        """Tell the threads to stop, and wait for none."""
        self._stopped.set()

    def events(
        self, clients: Sequence[Client], concurrency: int
    ) -> Iterator[Event | None]:
        """Read all scopes.

        Args:
            clients: One per scope.
            concurrency: Most calls in flight in one scope; 0: a visit makes no call.

        Yields:
            Events; None now and then, so that the caller can look at something else.
            The last event of each scope is its `Finished`.
        """
        self._running = len(clients)
        for client in clients:
            self._start(self._read_scope, client, concurrency)
        while self._running:
            try:
                event = self._events.get(timeout=_POLL)
            except queue.Empty:
                yield None
                continue
            if isinstance(event, Finished):
                self._running -= 1
            yield event

    def _read_scope(self, client: Client, concurrency: int) -> None:
        try:
            visits = self._visits(client)
            self._put(self._events, Listed(client, len(visits)))
            if concurrency:
                self._read_ahead(client, visits, concurrency)
            else:
                self._read_in_place(client, visits)
        except _StoppedError:
            raise
        except Exception as error:  # noqa: BLE001 - the main thread looks at it
            self._put(self._events, Finished(client, error))
        else:
            self._put(self._events, Finished(client, None))

    def _read_in_place(self, client: Client, visits: Sequence[Visit]) -> None:
        """Read visits that make no call: no worker has to wait for an answer."""
        for visit in visits:
            task = _Task(visit, queue.Queue())
            self._read(client, task)
            self._pass_on(client, task, self._get(task.pages))

    def _read_ahead(
        self, client: Client, visits: Sequence[Visit], concurrency: int
    ) -> None:
        """Read visits ahead of their turn, and pass on what was read in their order."""
        tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        ahead: deque[_Task] = deque()
        left = deque(visits)
        workers = 0
        failed: list[Visited] = []  # in a row, at their first call; not passed on yet
        doubt = Doubt(client, visits, self._fetch)
        try:
            while left or ahead:
                share = self._visits_ahead // max(self._running, 1)
                most = max(1, min(2 * concurrency, share))
                while left and len(ahead) < most:
                    ahead.append(_Task(left.popleft()))
                    tasks.put(ahead[-1])
                    if workers < min(concurrency, len(ahead)):
                        workers += 1
                        self._start(self._work, client, tasks)
                task = ahead.popleft()
                item = self._get(task.pages)
                has_failed = isinstance(item, Exception) and not is_deleted(item)
                if has_failed:
                    failed.append(Visited(client, task.visit, None, item))
                    if doubt.grows(item):
                        continue
                else:
                    doubt.ends()
                self._put_all(failed)
                failed.clear()
                if not has_failed:
                    self._pass_on(client, task, item)
            self._put_all(failed)
        finally:
            # A worker that kept waiting could hold what another scope waits for.
            for task in ahead:
                task.dropped.set()
            for _ in range(workers):
                tasks.put(None)

    def _pass_on(self, client: Client, task: _Task, item: Any) -> None:
        """Pass on what a visit gives, beginning with this item, to its end."""
        while isinstance(item, list):
            self._put(self._events, PageRead(client, task.visit, item))
            item = self._get(task.pages)
        is_error = isinstance(item, Exception)
        tally, error = (None, item) if is_error else (item, None)
        self._put(self._events, Visited(client, task.visit, tally, error))

    def _work(self, client: Client, tasks: queue.SimpleQueue[_Task | None]) -> None:
        while task := self._get(tasks):
            if not task.dropped.is_set():
                self._read(client, task)

    def _read(self, client: Client, task: _Task) -> None:
        """Read a visit: pages, and then its tally or the error that ended it."""
        try:
            with readable("the tuning job"):
                tally = Tally(task.visit.job.summary)
            for page in self._fetch(client, task.visit, tally):
                self._put(task.pages, page, task.dropped)
        except _StoppedError:
            raise
        except Exception as error:  # noqa: BLE001 - the main thread looks at it
            self._put(task.pages, error, task.dropped)
        else:
            self._put(task.pages, tally, task.dropped)

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

    def _put(
        self,
        where: queue.Queue[Any],
        item: object,
        dropped: threading.Event | None = None,
    ) -> None:
        while not (self._stopped.is_set() or (dropped and dropped.is_set())):
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
