"""A tuning API in a few lines, to run thousands of histories through replication.

Its time is a number of seconds. Tuning jobs and trials are schedules; what the API
shows is a function of the schedule and the time, as in the real one: CreationTime never
moves, counters lag behind, listings are late, tokens may be offsets into rows that
shift, items are odd for a while, things are deleted. Each call takes time, and so does
whatever stands between reading ahead and writing.
"""

from __future__ import annotations

import json
import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.client import Page
from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TUNING_JOB,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
)
from tap_sagemaker_tuning.exceptions import UnreadableError, readable
from tap_sagemaker_tuning.replication.listing import Wanted
from tap_sagemaker_tuning.replication.plan import Plan
from tap_sagemaker_tuning.replication.state import Filters, ScopeState
from tap_sagemaker_tuning.replication.tally import Tally
from tap_sagemaker_tuning.streams.training_job_summaries import since
from tap_sagemaker_tuning.sync.list_jobs import list_tuning_jobs
from tap_sagemaker_tuning.values import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_sagemaker_tuning.replication.listing import Listing
    from tap_sagemaker_tuning.replication.plan import Visit

START = 1_772_442_000  # 2026-03-02T09:00:00Z
NEVER = 10**9
NOT_FOUND = "ResourceNotFound"
STREAMS = ("trials", "tuning_jobs")


def at(seconds: float) -> str:
    """A time of the history, as the API's times are read."""
    return timestamp(START + seconds)


@dataclass(frozen=True, kw_only=True)
class FakeTrial:
    """A trial's schedule, in seconds."""

    name: str
    created: int
    ended: int
    settled: int
    status: str = "Completed"
    has_objective: bool = True
    listed: int = 0
    deleted: int = NEVER
    odd_until: int = 0

    def is_over(self, now: float) -> bool:
        """Whether nothing of it changes any more."""
        return now >= max(self.ended, self.settled)

    def is_shown(self, now: float) -> bool:
        """Whether a listing has it."""
        return max(self.created, self.listed) <= now < self.deleted

    def view(self, now: float) -> dict[str, Any]:
        """What the API shows of it."""
        seen: dict[str, Any] = {
            "TrainingJobName": self.name,
            "CreationTime": at(self.created),
            "TrainingJobStatus": self.status if now >= self.ended else "InProgress",
        }
        if self.has_objective:
            seen["ObjectiveStatus"] = "Succeeded" if now >= self.settled else "Pending"
        if now < self.odd_until:
            del seen["CreationTime"]
        return seen


@dataclass(frozen=True, kw_only=True)
class FakeJob:
    """A tuning job's schedule, in seconds."""

    name: str
    created: float
    ended: int
    trials: tuple[FakeTrial, ...] = ()
    listed: float = 0
    deleted: int = NEVER
    counters_lag: int = 0
    status: str = "Completed"
    has_end_time: bool = True
    odd_until: int = 0

    def exists(self, now: float) -> bool:
        """Whether the API knows it."""
        return self.created <= now < self.deleted

    def is_shown(self, now: float) -> bool:
        """Whether a listing has it."""
        return self.exists(now) and self.listed <= now

    def view(self, now: float) -> dict[str, Any]:
        """What the API shows of it."""
        then = now - self.counters_lag
        born = [trial for trial in self.trials if trial.created <= then]
        over = sum(then >= trial.ended for trial in born)
        pending = sum(then < trial.settled for trial in born if trial.has_objective)
        seen: dict[str, Any] = {
            "HyperParameterTuningJobName": self.name,
            "HyperParameterTuningJobStatus": "InProgress",
            "CreationTime": at(self.created),
            "TrainingJobStatusCounters": {
                "Completed": over,
                "InProgress": len(born) - over,
            },
            "ObjectiveStatusCounters": {"Pending": pending},
        }
        if now >= self.ended:
            seen["HyperParameterTuningJobStatus"] = self.status
            if self.has_end_time:
                seen["HyperParameterTuningEndTime"] = at(self.ended)
        if now < self.odd_until:
            del seen["CreationTime"]
        return seen


class Killed(Exception):  # noqa: N818 - it is an event, not an error
    """The tap was killed."""


@dataclass
class FakeService:
    """The API: `list_jobs.Source`, and a tuning job's trials.

    Attributes:
        jobs: All there ever are.
        now: The time.
        tick: How long a call takes.
        page_size: Items a page.
        has_offsets: Whether tokens are offsets into the rows as they are by then, or
            the place of the last row that was given.
        denied: Names of the tuning jobs whose trials may not be listed.
        may_describe: Whether tuning jobs may be asked for by name.
        may_list: Whether they may be listed.
        calls: What was called.
    """

    jobs: list[FakeJob]
    now: float = 0
    tick: float = 0
    page_size: int = 2
    has_offsets: bool = False
    denied: set[str] = field(default_factory=set)
    may_describe: bool = True
    may_list: bool = True
    calls: list[str] = field(default_factory=list)

    def tuning_jobs(self, name_contains: str | None) -> Iterator[Page]:
        """Pages of tuning jobs, newest first."""
        if not self.may_list:
            raise denied(LIST_TUNING_JOBS.name)
        part = name_contains or ""
        return self._pages(
            "list",
            [job for job in self.jobs if part in job.name],
            lambda job: (job.created, job.name),
        )

    def tuning_job(self, name: str) -> tuple[dict[str, Any], str] | None:
        """One tuning job, whether listed or not."""
        self.calls.append("describe")
        job, now = self._find(name), self._pass_time()
        if not self.may_describe:
            raise denied(DESCRIBE_TUNING_JOB.name)
        if job is None:
            return None
        return {**job.view(now), "HyperParameterTuningJobConfig": {}}, at(int(now))

    def trials(self, name: str) -> Iterator[Page]:
        """Pages of a tuning job's trials, newest first."""
        job = self._find(name)
        if job is None:
            raise answer(NOT_FOUND, LIST_TRIALS.name)
        if name in self.denied:
            raise denied(LIST_TRIALS.name)
        return self._pages(
            f"trials {name}", job.trials, lambda trial: (trial.created, trial.name)
        )

    def _pages(
        self, call: str, rows: Sequence[Any], place: Callable[[Any], tuple[float, str]]
    ) -> Iterator[Page]:
        """Pages of rows as they are when each is asked for, newest first."""
        offset, last = 0, (math.inf, "")
        while True:
            self.calls.append(call)
            now = self._pass_time()
            shown = sorted(
                (row for row in rows if row.is_shown(now)), key=place, reverse=True
            )
            if not self.has_offsets:
                shown = [row for row in shown if place(row) < last]
                offset = 0
            page = shown[offset : offset + self.page_size]
            yield Page([row.view(now) for row in page], at(int(now)))
            offset += self.page_size
            if offset >= len(shown):
                return
            last = place(page[-1])

    def _pass_time(self) -> float:
        """When a call is answered; it took its time."""
        now = self.now
        self.now += self.tick
        return now

    def _find(self, name: str) -> FakeJob | None:
        for job in self.jobs:
            if job.name.lower() == name.lower() and job.exists(self.now):
                return job
        return None


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """How one sync goes.

    Attributes:
        streams: Which are selected.
        kill_after: After so many records it is killed; None: it is not.
        save_every: A STATE comes after each of so many visits.
        ahead: How many visits are read before the first of them is written.
        pause: How long the target takes for a visit.
    """

    streams: tuple[str, ...] = STREAMS
    kill_after: int | None = None
    save_every: int = 1
    ahead: int = 1
    pause: float = 0


@dataclass
class FakeTap:
    """The tap and its warehouse: what was written, and the state that came with it.

    It does as `VisitingStream`, `Run` and `Workers` do, in one thread.
    """

    service: FakeService
    filters: Filters = field(default_factory=Filters)
    trials: dict[str, dict[str, Any]] = field(default_factory=dict)
    tuning_jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    written: int = 0
    visited: int = 0
    complete_as_of: dict[str, str] = field(default_factory=dict)
    starts: dict[str, str] = field(default_factory=dict)
    _left: float = math.inf
    _is_complete: bool = True

    def plan(self, stream: str) -> Plan:
        """What a stream reads, from the state that it was given."""
        raw = json.loads(self.states.get(stream, "{}"))
        state, _ = ScopeState.from_json(raw, self.filters)
        return Plan(state, self.filters, of_trials=stream == "trials")

    def save(self, stream: str, plan: Plan) -> None:
        """Write a STATE."""
        plan.prune()
        self.states[stream] = json.dumps(plan.state.to_json())

    def sync(self, how: Circumstances | None = None) -> None:
        """Run the selected streams.

        Raises:
            Killed: After that many records; the state is the last one that was saved.
        """
        how = how or Circumstances()
        self._left = math.inf if how.kill_after is None else how.kill_after
        plans = {stream: self.plan(stream) for stream in how.streams}
        wanted = Wanted.of_all([plan.wanted for plan in plans.values()])
        listing, unread = list_tuning_jobs(self.service, wanted, self.filters)
        for stream, plan in plans.items():
            # What it is asked for first is read before a later start_date takes over.
            self.starts.setdefault(stream, self.filters.start_date or "")
            self._is_complete = not unread and not listing.unreadable
            self._read(stream, plan, listing, how)
            if self._is_complete:
                self.complete_as_of[stream] = listing.began

    def _read(
        self, stream: str, plan: Plan, listing: Listing, how: Circumstances
    ) -> None:
        self.save(stream, plan)
        ahead: deque[tuple[Visit, Any]] = deque()
        left = deque(plan.visits(listing))
        number = 0
        while left or ahead:
            while left and len(ahead) < how.ahead:
                visit = left.popleft()
                ahead.append((visit, self._fetch(stream, visit)))
            self.service.now += how.pause
            visit, found = ahead.popleft()
            self._take(stream, plan, visit, found)
            number += 1
            if number % how.save_every == 0:
                self.save(stream, plan)
        self._warn(*plan.drop_gone(listing))
        self._warn(*plan.drop_unlisted(listing))
        plan.finish(listing)
        self.save(stream, plan)

    def _fetch(self, stream: str, visit: Visit) -> Any:
        """Read a visit: its rows and tally, or the rows and the error that ended it."""
        self.visited += 1
        rows: list[dict[str, Any]] = []
        tally = Tally(visit.job.summary)
        if stream == "tuning_jobs":
            return [visit.job.summary], tally
        try:
            for page in since(self.service, visit):  # type: ignore[arg-type]
                with readable("a trial"):
                    for trial in page.items:
                        tally.add(trial)
                rows += page.items
        except (ClientError, UnreadableError) as error:
            return rows, error
        return rows, tally

    def _take(self, stream: str, plan: Plan, visit: Visit, found: Any) -> None:
        rows, end = found
        only = self.filters.status_equals
        for row in rows:
            if stream == "tuning_jobs":
                self._write(self.tuning_jobs, _identity(row), row)
            elif only in {None, row["TrainingJobStatus"]}:
                self._write(self.trials, row["TrainingJobName"], row)
        if isinstance(end, Tally):
            self._warn(plan.visited(visit, end))
        elif isinstance(end, ClientError) and _code(end) == NOT_FOUND:
            plan.gone(visit)
        else:
            self._is_complete = False
            self._warn(plan.failed(visit))

    def _write(self, table: dict[str, Any], key: str, row: Any) -> None:
        if self._left <= 0:
            raise Killed
        self._left -= 1
        table[key] = row
        self.written += 1

    def _warn(self, *sentences: str | None) -> None:
        self.warnings += [sentence for sentence in sentences if sentence]


def _identity(job: dict[str, Any]) -> str:
    return f"{job['HyperParameterTuningJobName']} {job['CreationTime']}"


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def answer(code: str, operation: str) -> ClientError:
    """An error of the service's."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


def denied(operation: str) -> ClientError:
    """The service's answer where a permission is missing."""
    return answer("AccessDeniedException", operation)
