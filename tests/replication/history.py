"""A tuning API in a few lines, to run thousands of histories through replication.

Its time is a number of seconds. Tuning jobs and trials are schedules; what the API
shows is a function of the schedule and the time, as in the real one: CreationTime never
moves, counters lag behind, listings are late, tokens may be offsets into rows that
shift, items are odd for a while, things are deleted, between two pages too. Each call
takes time, and so does whatever stands between reading ahead and writing.
"""

from __future__ import annotations

import json
import math
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.client import Page
from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TUNING_JOB,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
)
from tap_sagemaker_tuning.exceptions import UnreadableError, readable
from tap_sagemaker_tuning.replication.completeness import complete_until
from tap_sagemaker_tuning.replication.listing import Wanted
from tap_sagemaker_tuning.replication.plan import Plan
from tap_sagemaker_tuning.replication.state import Filters, ScopeState
from tap_sagemaker_tuning.replication.tally import Tally
from tap_sagemaker_tuning.streams.training_job_summaries import since
from tap_sagemaker_tuning.sync.list_jobs import list_tuning_jobs
from tap_sagemaker_tuning.values import shift, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_sagemaker_tuning.replication.listing import Listing
    from tap_sagemaker_tuning.replication.plan import Visit

START = 1_772_442_000  # 2026-03-02T09:00:00Z
NEVER = 10**9
NOT_FOUND = "ResourceNotFound"
STREAMS = ("details", "trials", "tuning_jobs")
"""Two of trials, of which one goes on changing after their end, and one of jobs."""
ARN = "arn:aws:sagemaker:ap-southeast-2:123456789012:hyper-parameter-tuning-job"
AFTERMATH = 79
"""Seconds for which what `details` tells of a trial changes after its end."""
Row = dict[str, Any]
Place = tuple[float, str]
"""What rows are sorted by: creation time and name."""


@cache
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
    objective: str = "shown"  # or "absent", or "late": only once it is settled
    listed: int = 0
    deleted: float = NEVER
    odd_until: int = 0

    @property
    def over(self) -> int:
        """From when on nothing of it changes any more."""
        return max(self.ended + AFTERMATH, self.settled)

    @property
    def final(self) -> int:
        """From when on its summary does not change any more."""
        return max(self.ended, self.settled)

    @property
    def place(self) -> Place:
        """Where it stands in a listing."""
        return self.created, self.name

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
        if now >= self.ended:
            seen["TrainingEndTime"] = at(self.ended)
        if now < self.settled and self.objective == "shown":
            seen["ObjectiveStatus"] = "Pending"
        if now >= self.settled and self.objective != "absent":
            seen["ObjectiveStatus"] = "Succeeded"
        if now < self.odd_until:
            del seen["CreationTime"]
        return seen

    def details(self, now: float) -> dict[str, Any]:
        """What the API tells of it alone."""
        is_late = now >= self.ended + AFTERMATH
        return {**self.view(now), "LastModifiedTime": "late" if is_late else "early"}


@dataclass(frozen=True, kw_only=True)
class FakeJob:
    """A tuning job's schedule, in seconds."""

    name: str
    created: float
    ended: int
    trials: tuple[FakeTrial, ...] = ()
    listed: float = 0
    deleted: float = NEVER
    counters_lag: int = 0
    status: str = "Completed"
    deleting_until: float = 0
    has_end_time: bool = True
    odd_until: int = 0

    @property
    def over(self) -> float:
        """From when on nothing of it and of its trials changes any more."""
        overs = (trial.over for trial in self.trials)
        return max([self.ended, self.deleting_until, *overs])

    @property
    def final(self) -> float:
        """From when on its summary does not change any more, but for late counters."""
        finals = (trial.final for trial in self.trials)
        return max([self.ended, self.deleting_until, *finals])

    @property
    def moments(self) -> set[float]:
        """When something of it, or of its trials, begins, is listed or ends."""
        found = {self.created, self.listed, self.ended, self.deleted}
        for trial in self.trials:
            found |= {trial.created, trial.listed, trial.ended, trial.settled}
        return found

    @property
    def place(self) -> Place:
        """Where it stands in a listing."""
        return self.created, self.name

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
        pending = sum(
            then < trial.settled for trial in born if trial.objective != "absent"
        )
        seen: dict[str, Any] = {
            "HyperParameterTuningJobName": self.name,
            "HyperParameterTuningJobArn": f"{ARN}/{self.name}",
            "HyperParameterTuningJobStatus": "InProgress",
            "CreationTime": at(self.created),
            "TrainingJobStatusCounters": {
                "Completed": over,
                "InProgress": len(born) - over,
            },
            "ObjectiveStatusCounters": {"Pending": pending},
        }
        if now >= self.ended:
            is_over = now >= self.deleting_until
            seen["HyperParameterTuningJobStatus"] = (
                self.status if is_over else "Deleting"
            )
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
        has_empty_pages: Whether an empty page comes before each.
        has_offsets: Whether tokens are offsets into the rows as they are by then, or
            the place of the last row that was given.
        denied: Names of the tuning jobs whose trials may not be listed.
        may_describe: Whether tuning jobs may be asked for by name.
        may_list: Whether they may be listed.
        calls: What was called.
        doomed: What is deleted meanwhile, by the number of the call before which.
        passed_over: Places of what no page showed, though it was there all the time:
            a row before it was deleted, and tokens are offsets.
    """

    jobs: list[FakeJob]
    now: float = 0
    tick: float = 0
    page_size: int = 2
    has_empty_pages: bool = False
    has_offsets: bool = False
    denied: set[str] = field(default_factory=set)
    may_describe: bool = True
    may_list: bool = True
    calls: list[str] = field(default_factory=list)
    doomed: dict[int, str] = field(default_factory=dict)
    passed_over: set[Place] = field(default_factory=set)

    def tuning_jobs(self, name_contains: str | None) -> Iterator[Page]:
        """Pages of tuning jobs, newest first."""
        if not self.may_list:
            raise denied(LIST_TUNING_JOBS.name)
        part = name_contains or ""
        return self._pages(
            "list", lambda: [job for job in self.jobs if part in job.name]
        )

    def tuning_job(self, name: str) -> tuple[dict[str, Any] | None, str]:
        """One tuning job, whether listed or not; its ARN in another case."""
        now = self._pass_time("describe")
        job = self._find(name, now)
        if not self.may_describe:
            raise denied(DESCRIBE_TUNING_JOB.name)
        if job is None:
            return None, at(int(now))
        view = job.view(now)
        arn = view["HyperParameterTuningJobArn"].lower()
        more = {"HyperParameterTuningJobArn": arn, "HyperParameterTuningJobConfig": {}}
        return {**view, **more}, at(int(now))

    def trials(self, name: str) -> Iterator[Page]:
        """Pages of a tuning job's trials, newest first."""
        if name in self.denied:
            raise denied(LIST_TRIALS.name)

        def rows() -> Sequence[FakeTrial]:
            job = self._find(name, self.now)
            if job is None:
                raise answer(NOT_FOUND, LIST_TRIALS.name)
            return job.trials

        return self._pages(f"trials {name}", rows)

    def details(self, name: str) -> dict[str, Any] | None:
        """One trial; None: it was deleted."""
        for job in self.jobs:
            for trial in job.trials:
                if trial.name == name and trial.is_shown(self.now):
                    return trial.details(self.now)
        return None

    def _pages(
        self, call: str, rows: Callable[[], Sequence[FakeJob | FakeTrial]]
    ) -> Iterator[Page]:
        """Pages of rows as they are when each is asked for, newest first."""
        offset, last = 0, (math.inf, "")
        before: set[Place] = set()
        given: set[Place] = set()
        while True:
            now = self._pass_time(call)
            shown = sorted(
                (row for row in rows() if row.is_shown(now)),
                key=lambda row: row.place,
                reverse=True,
            )
            if not self.has_offsets:
                shown = [row for row in shown if row.place < last]
                offset = 0
            passed = {row.place for row in shown[:offset]} & before
            self.passed_over |= passed - given
            before = {row.place for row in shown}
            page = shown[offset : offset + self.page_size]
            given |= {row.place for row in page}
            if self.has_empty_pages:
                yield Page([], at(int(now)))
            yield Page([row.view(now) for row in page], at(int(now)))
            offset += self.page_size
            if offset >= len(shown):
                return
            last = page[-1].place

    def _pass_time(self, call: str) -> float:
        """When a call is answered; it took its time."""
        self.calls.append(call)
        self._delete(self.doomed.pop(len(self.calls), None))
        now = self.now
        self.now += self.tick
        return now

    def _delete(self, name: str | None) -> None:
        """Delete the tuning job or the trial of this name, if there is one now."""

        def as_deleted(thing: Any) -> Any:
            is_there = thing.created <= self.now < thing.deleted
            return replace(thing, deleted=self.now) if is_there else thing

        for number, job in enumerate(self.jobs):
            trials = tuple(
                as_deleted(trial) if trial.name == name else trial
                for trial in job.trials
            )
            if job.name == name:
                self.jobs[number] = as_deleted(job)
            elif trials != job.trials:
                self.jobs[number] = replace(job, trials=trials)

    def _find(self, name: str, now: float) -> FakeJob | None:
        for job in self.jobs:
            if job.name.lower() == name.lower() and job.exists(now):
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

    Attributes:
        service: What it reads.
        filters: The settings of the next sync.
        tables: The rows, by stream and key.
        states: The states that were saved, by stream.
        warnings: What was warned of, each with its stream.
        written: How many rows came.
        visited: How many visits were made.
        complete_as_of: Until when each stream is complete.
        made_under: The filters of a stream's last sync.
        starts: The start_date of its first sync under such filters.
        followed: Keys of the rows that were written since then.
    """

    service: FakeService
    filters: Filters = field(default_factory=Filters)
    tables: dict[str, dict[str, Row]] = field(
        default_factory=lambda: {stream: {} for stream in STREAMS}
    )
    states: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    written: int = 0
    visited: int = 0
    complete_as_of: dict[str, str] = field(default_factory=dict)
    starts: dict[str, str] = field(default_factory=dict)
    made_under: dict[str, Filters] = field(default_factory=dict)
    followed: dict[str, set[str]] = field(
        default_factory=lambda: {stream: set() for stream in STREAMS}
    )
    _left: float = math.inf
    _is_complete: bool = True

    @property
    def trials(self) -> dict[str, Row]:
        """The rows of `trials`, by their names."""
        return self.tables["trials"]

    @property
    def tuning_jobs(self) -> dict[str, Row]:
        """The rows of `tuning_jobs`, by name and creation time."""
        return self.tables["tuning_jobs"]

    def plan(self, stream: str) -> Plan:
        """What a stream reads, from the state that it was given."""
        raw = json.loads(self.states.get(stream, "{}"))
        state, _ = ScopeState.from_json(raw, self.filters)
        return Plan(state, self.filters, of_trials=stream != "tuning_jobs")

    def save(self, stream: str, plan: Plan) -> None:
        """Write a STATE."""
        plan.prune()
        self.states[stream] = json.dumps(plan.state.to_json())

    def sync(self, how: Circumstances | None = None) -> None:
        """Run the selected streams.

        Raises:
            Killed: After that many records; the state is the last one that was saved.
            ClientError: Nothing can be listed.
        """
        how = how or Circumstances()
        self._left = math.inf if how.kill_after is None else how.kill_after
        plans = {stream: self.plan(stream) for stream in how.streams}
        wanted = Wanted.of_all([plan.wanted for plan in plans.values()])
        listing = list_tuning_jobs(self.service, wanted, self.filters)
        for stream, plan in plans.items():
            if not self.filters.follow(self.made_under.get(stream, self.filters)):
                del self.starts[stream]
                self.complete_as_of.pop(stream, None)
                self.followed[stream].clear()
            self.made_under[stream] = self.filters
            # What it is asked for first is read before a later start_date takes over.
            self.starts.setdefault(stream, self.filters.start_date or "")
            self._is_complete = not (listing.unreadable or listing.denied)
            self._read(stream, plan, listing, how)
            if self._is_complete and listing.began:
                self.complete_as_of[stream] = complete_until(listing.began)

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
        self._warn(stream, *plan.drop_gone(listing))
        self._warn(stream, *plan.drop_unlisted(listing))
        plan.finish(listing)
        self.save(stream, plan)

    def _fetch(self, stream: str, visit: Visit) -> Any:
        """Read a visit: its rows and tally, or the rows and the error that ended it."""
        self.visited += 1
        rows: list[Row] = []
        tally = Tally(visit.job.summary)
        if stream == "tuning_jobs":
            return [visit.job.summary], tally
        has_details = stream == "details"
        try:
            for page in since(self.service, visit):  # type: ignore[arg-type]
                with readable("a trial"):
                    for trial in page.items:
                        may_change = has_details and _may_change(trial, page.seen)
                        tally.add(trial, may_change=may_change)
                rows += self._details(page.items) if has_details else page.items
        except (ClientError, UnreadableError) as error:
            return rows, error
        return rows, tally

    def _details(self, trials: list[Row]) -> list[Row]:
        found = [self.service.details(trial["TrainingJobName"]) for trial in trials]
        return [details for details in found if details is not None]

    def _take(self, stream: str, plan: Plan, visit: Visit, found: Any) -> None:
        rows, end = found
        only = self.filters.status_equals
        for row in rows:
            if stream == "tuning_jobs":
                self._write(stream, key_of(visit.job.name, visit.job.created), row)
            elif only in {None, row["TrainingJobStatus"]}:
                self._write(stream, row["TrainingJobName"], row)
        if isinstance(end, Tally):
            self._warn(stream, plan.visited(visit, end))
        elif isinstance(end, ClientError) and _code(end) == NOT_FOUND:
            plan.gone(visit)
        else:
            self._is_complete = False
            self._warn(stream, plan.failed(visit))

    def _write(self, stream: str, key: str, row: Row) -> None:
        if self._left <= 0:
            raise Killed
        self._left -= 1
        self.tables[stream][key] = row
        self.followed[stream].add(key)
        self.written += 1

    def _warn(self, stream: str, *sentences: str | None) -> None:
        self.warnings += [f"{stream}: {said}" for said in sentences if said]


def key_of(name: str, created: str) -> str:
    """The key of a tuning job's row."""
    return f"{name} {created}"


def _may_change(trial: Row, seen: str) -> bool:
    end = trial.get("TrainingEndTime")
    return end is not None and seen < shift(end, timedelta(minutes=2))


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def answer(code: str, operation: str) -> ClientError:
    """An error of the service's."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


def denied(operation: str) -> ClientError:
    """The service's answer where a permission is missing."""
    return answer("AccessDeniedException", operation)
