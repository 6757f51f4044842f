"""A warehouse that the commit loop fills from a service in `tests.laws.service`.

The loop, the plans and the listing are the package's own. The workers run inline, so
that every history runs the same way each time, and the streams are minimal.
"""

from __future__ import annotations

import json
import logging
import math
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from tap_sagemaker_tuning.replication.state import Filters
from tap_sagemaker_tuning.replication.tally import ALLOWED_LATENESS
from tap_sagemaker_tuning.streams.training_job_metrics import (
    TrainingJobMetrics,
    TrialSeries,
)
from tap_sagemaker_tuning.sync.commit_loop import STATE_INTERVAL, CommitLoop
from tap_sagemaker_tuning.sync.interfaces import TrialRows
from tap_sagemaker_tuning.sync.scope_run import ScopeRun
from tap_sagemaker_tuning.values import shift

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tap_sagemaker_tuning.aws.pages import Page
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.sync.interfaces import Describe, Reader, TrialVisit
    from tap_sagemaker_tuning.sync.outcomes import Event
    from tap_sagemaker_tuning.sync.scope_reading import Items, ReadAhead
    from tests.laws.service import FakeService, Row

STREAMS = ("details", "metrics", "trials", "tuning_jobs")
"""Three streams of trials, one with rows that still change after a trial's end and one
that is read once, five minutes after it; and one stream of tuning jobs."""


class Killed(Exception):  # noqa: N818 - it is an event, not an error
    """The tap was killed or told to stop."""


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """How one sync goes.

    Attributes:
        streams: The selected streams.
        kill_after: After how many records it is killed, or None.
        is_stop: Whether it is stopped by a signal instead, which saves the state.
        save_every: How many events there are between two STATE messages.
        ahead: How many tuning jobs are read before the first of them is written.
        pause: How many seconds the target takes per tuning job.
    """

    streams: tuple[str, ...] = STREAMS
    kill_after: int | None = None
    is_stop: bool = False
    save_every: int = 1
    ahead: int = 1
    pause: float = 0


@dataclass
class Warehouse:
    """What was written, and the state that came with it; implements
    `sync.interfaces.Sink`.

    Attributes:
        service: The service to read.
        filters: The settings of the next sync.
        tables: The rows, by stream and key.
        states: The states that were saved, by stream.
        warnings: The warnings about tuning jobs, each with its stream.
        restarted: The streams that reported starting from scratch.
        written: How many rows were written.
        visited: How many tuning jobs were read.
        complete_as_of: How far each stream is known to be complete.
        made_under: The filters of each stream's last sync.
        starts: The start_date of each stream's first sync with such filters.
        followed: Keys of the rows written since that sync.
    """

    service: FakeService
    filters: Filters = field(default_factory=Filters)
    tables: dict[str, dict[str, Row]] = field(
        default_factory=lambda: {stream: {} for stream in STREAMS}
    )
    states: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    restarted: list[str] = field(default_factory=list)
    written: int = 0
    visited: int = 0
    complete_as_of: dict[str, str] = field(default_factory=dict)
    starts: dict[str, str] = field(default_factory=dict)
    made_under: dict[str, Filters] = field(default_factory=dict)
    followed: dict[str, set[str]] = field(
        default_factory=lambda: {stream: set() for stream in STREAMS}
    )
    _left: float = math.inf
    _is_dead: bool = False
    _saved: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def trials(self) -> dict[str, Row]:
        """The rows of `trials`, by name."""
        return self.tables["trials"]

    @property
    def tuning_jobs(self) -> dict[str, Row]:
        """The rows of `tuning_jobs`, by name and creation time."""
        return self.tables["tuning_jobs"]

    def sync(self, how: Circumstances | None = None) -> ScopeRun:
        """Sync the selected streams.

        Raises:
            Killed: After this many records; the state is the last one saved.
        """
        how = how or Circumstances()
        self._left = math.inf if how.kill_after is None else how.kill_after
        self._is_dead = False
        self._is_stop = how.is_stop
        for stream in how.streams:
            if not self.filters.follow(self.made_under.get(stream, self.filters)):
                del self.starts[stream]
                self.complete_as_of.pop(stream, None)
                self.followed[stream].clear()
            self.made_under[stream] = self.filters
            # A first request is completed before a later start_date applies.
            self.starts.setdefault(stream, self.filters.start_date or "")
        client: Any = self.service
        scope = ScopeRun(client, self.filters)
        readers = [reader_of(stream, self) for stream in how.streams]
        events = count()
        loop = CommitLoop(
            readers, self, lambda: next(events) * STATE_INTERVAL / how.save_every
        )
        try:
            loop.read([scope], Inline(self, how), lambda: None)
        finally:
            if scope.began:
                self.complete_as_of |= {
                    reader.name: shift(scope.began, -reader.lateness)
                    for reader in readers
                    if reader.name in scope.whole
                }
        return scope

    def write(self, stream: str, record: Row) -> None:
        """Take a row, or get killed."""
        if self._left <= 0:
            self._is_dead = not self._is_stop
            raise Killed
        self._left -= 1
        key = KEYS[stream](record)
        self.tables[stream][key] = record
        self.followed[stream].add(key)
        self.written += 1

    def saved(self, stream: str, scope: Scope) -> Mapping[str, Any]:
        """The last saved state of a stream."""
        assert scope == self.service.scope
        found: dict[str, Any] = json.loads(self.states.get(stream, "{}"))
        return found

    def save(self, stream: str, scope: Scope, entry: Mapping[str, Any]) -> None:
        """Keep a state for the next STATE."""
        assert scope == self.service.scope
        self._saved[stream] = entry

    def write_state(self) -> None:
        """Take a STATE; a killed sync writes none."""
        if not self._is_dead:
            self.states |= {
                name: json.dumps(state) for name, state in self._saved.items()
            }
        self._saved = {}

    def log(self, level: int, stream: str, scope: Scope, sentence: str) -> None:
        """Record a log message."""
        assert level in {logging.INFO, logging.WARNING}
        assert scope == self.service.scope
        if sentence == "the filters have changed: everything is read again":
            self.restarted.append(stream)
        else:
            self.warnings.append(f"{stream}: {sentence}")


KEYS: dict[str, Callable[[Row], str]] = {
    "details": lambda row: str(row["TrainingJobName"]),
    "metrics": lambda row: str(row["training_job_name"]),
    "trials": lambda row: str(row["TrainingJobName"]),
    "tuning_jobs": lambda row: key_of(
        row["HyperParameterTuningJobName"], row["CreationTime"]
    ),
}


def key_of(name: str, created: str) -> str:
    """The key of a tuning job's row."""
    return f"{name} {created}"


class Inline:
    """Workers without threads that read tuning jobs in turn, some of them ahead."""

    def __init__(self, warehouse: Warehouse, how: Circumstances) -> None:
        """Read under these circumstances."""
        self.most = how.ahead
        self._warehouse = warehouse
        self._pause = how.pause

    def events(
        self,
        scopes: Iterable[ScopeRun],
        read_scope: Callable[[ScopeRun, ReadAhead], Iterator[Event]],
    ) -> Iterator[tuple[ScopeRun, Event] | None]:
        """Read scopes, one after the other."""
        for scope in scopes:
            for event in read_scope(scope, self):
                yield scope, event
                yield None

    def start(self, read: Callable[[], Items]) -> _Read:
        """Read a tuning job now."""
        self._warehouse.visited += 1
        return _Read(list(read()), self._wait)

    def _wait(self) -> None:
        self._warehouse.service.now += self._pause


@dataclass(frozen=True)
class _Read:
    """A tuning job that was read ahead of its turn."""

    items: list[Any]
    wait: Callable[[], None]

    def __iter__(self) -> Iterator[Any]:
        """Return its result when its turn comes."""
        self.wait()
        return iter(self.items)

    def close(self) -> None:
        """Do nothing: the result is no longer needed."""


@dataclass(frozen=True, kw_only=True)
class _Stream:
    """The common parts of a history's streams."""

    name: str
    warehouse: Warehouse
    is_incremental: bool = True
    lateness: timedelta = ALLOWED_LATENESS
    makes_calls: bool = True
    visits_ahead: int = 1


@dataclass(frozen=True, kw_only=True)
class _TuningJobs(_Stream):
    """Tuning jobs, as they are listed."""

    of_trials: Literal[False] = False

    def rows(self, _: Any, visit: Visit, __: Any) -> Iterator[list[Row]]:
        """Yield the row of a tuning job."""
        yield [visit.job.summary]


@dataclass(frozen=True, kw_only=True)
class _Trials(_Stream):
    """Trials, as they are listed."""

    of_trials: Literal[True] = True

    def start(self, _: Any, __: Visit, ___: Any) -> _Trials:
        """Return the stream itself: it keeps nothing between pages."""
        return self

    def rows(self, page: Page) -> Iterator[TrialRows]:
        """Yield the rows of a page that have the wanted status."""
        only = self.warehouse.filters.status_equals
        wanted = [t for t in page.items if only in {None, t.get("TrainingJobStatus")}]
        yield TrialRows(wanted, ())

    def end(self) -> Iterator[TrialRows]:
        """End a tuning job without any buffered records."""
        yield from ()


@dataclass(frozen=True, kw_only=True)
class _Details(_Trials):
    """The description of each trial, which changes for a while after its end."""

    def rows(self, page: Page) -> Iterator[TrialRows]:
        """Describe each trial of a page."""
        service = self.warehouse.service
        changing = [t for t in page.items if _may_change(t, page.seen)]
        for listed in super().rows(page):
            names = [trial["TrainingJobName"] for trial in listed.records]
            details = {name: service.details(name) for name in names}
            yield TrialRows(
                [record for record in details.values() if record is not None],
                [trial["TrainingJobName"] for trial in changing],
                [name for name, record in details.items() if record is None],
            )


@dataclass(frozen=True, kw_only=True)
class _Metrics(_Stream):
    """The metrics of each trial, as the package reads them."""

    of_trials: Literal[True] = True
    lateness: timedelta = TrainingJobMetrics.lateness

    def start(self, client: Any, visit: Visit, describe: Describe) -> TrialVisit:
        """Read a tuning job."""
        only = self.warehouse.filters.status_equals
        return TrialSeries(client, visit, describe, only, Lock())


def reader_of(stream: str, warehouse: Warehouse) -> Reader:
    """The reader of a stream, by name."""
    kinds = {
        "details": _Details,
        "metrics": _Metrics,
        "trials": _Trials,
        "tuning_jobs": _TuningJobs,
    }
    found: Any = kinds[stream](name=stream, warehouse=warehouse)
    reader: Reader = found
    return reader


def _may_change(trial: Row, seen: str) -> bool:
    end = trial.get("TrainingEndTime")
    return end is not None and seen < shift(end, timedelta(minutes=2))
