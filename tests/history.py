"""A tuning API in a few lines, to run thousands of histories through replication.

Its time is a number of seconds. Tuning jobs and trials are schedules; what the API
shows is a function of the schedule and the time, as in the real one: CreationTime never
moves, counters lag behind, listings are late, things are deleted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TUNING_JOB,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
)
from tap_sagemaker_tuning.replication.listing import Listing, list_tuning_jobs
from tap_sagemaker_tuning.replication.plan import Plan
from tap_sagemaker_tuning.replication.state import Filters, ScopeState
from tap_sagemaker_tuning.replication.tally import Tally
from tap_sagemaker_tuning.sync.workers import read_since
from tap_sagemaker_tuning.values import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

START = 1_772_442_000  # 2026-03-02T09:00:00Z
NEVER = 10**9
NOT_FOUND = "ResourceNotFound"


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

    def is_over(self, now: float) -> bool:
        """Whether nothing of it changes any more."""
        return now >= max(self.ended, self.settled)

    def view(self, now: float) -> dict[str, Any]:
        """What the API shows of it."""
        seen: dict[str, Any] = {
            "TrainingJobName": self.name,
            "CreationTime": at(self.created),
            "TrainingJobStatus": self.status if now >= self.ended else "InProgress",
        }
        if self.has_objective:
            seen["ObjectiveStatus"] = "Succeeded" if now >= self.settled else "Pending"
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

    def exists(self, now: float) -> bool:
        """Whether the API knows it."""
        return self.created <= now < self.deleted

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
            seen["HyperParameterTuningJobStatus"] = "Completed"
            seen["HyperParameterTuningEndTime"] = at(self.ended)
        return seen


class Killed(Exception):  # noqa: N818 - it is an event, not an error
    """The tap was killed."""


@dataclass
class FakeService:
    """The API: `listing.Source`, and a tuning job's trials."""

    jobs: list[FakeJob]
    now: float = 0
    tick: float = 0
    page_size: int = 2
    denied: set[str] = field(default_factory=set)
    may_describe: bool = True
    may_list: bool = True
    calls: list[str] = field(default_factory=list)

    def _call(self, name: str) -> None:
        self.calls.append(name)
        self.now += self.tick

    def tuning_jobs(self, name_contains: str | None) -> Iterator[list[dict[str, Any]]]:
        """Pages of tuning jobs, newest first."""
        if not self.may_list:
            raise denied(LIST_TUNING_JOBS)
        shown = [
            job
            for job in self.jobs
            if job.exists(self.now)
            and max(job.created, job.listed) <= self.now
            and (name_contains or "") in job.name
        ]
        shown.sort(key=lambda job: (job.created, job.name), reverse=True)
        for start in range(0, max(len(shown), 1), self.page_size):
            self._call("list")
            page = shown[start : start + self.page_size]
            yield [job.view(self.now) for job in page if job.exists(self.now)]

    def tuning_job(self, name: str) -> dict[str, Any] | None:
        """One tuning job, whether listed or not."""
        self._call("describe")
        if not self.may_describe:
            raise denied(DESCRIBE_TUNING_JOB)
        job = self._find(name)
        return None if job is None else job.view(self.now)

    def trials(self, name: str) -> Iterator[list[dict[str, Any]]]:
        """Pages of a tuning job's trials, newest first."""
        job = self._find(name)
        if job is None:
            raise answer(NOT_FOUND, LIST_TRIALS)
        if name in self.denied:
            raise denied(LIST_TRIALS)
        shown = [
            trial
            for trial in job.trials
            if max(trial.created, trial.listed) <= self.now < trial.deleted
        ]
        shown.sort(key=lambda trial: (trial.created, trial.name), reverse=True)
        for start in range(0, max(len(shown), 1), self.page_size):
            self._call(f"trials {name}")
            page = shown[start : start + self.page_size]
            yield [trial.view(self.now) for trial in page]

    def _find(self, name: str) -> FakeJob | None:
        for job in self.jobs:
            if job.name.lower() == name.lower() and job.exists(self.now):
                return job
        return None


@dataclass
class FakeTap:
    """The tap and its warehouse: what was written, and the state that came with it."""

    service: FakeService
    filters: Filters = field(default_factory=Filters)
    trials: dict[str, dict[str, Any]] = field(default_factory=dict)
    tuning_jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    written: int = 0
    visited: int = 0

    def plan(self, stream: str) -> Plan:
        """What a stream reads, from the state that it was given."""
        raw = json.loads(self.states.get(stream, "{}"))
        return Plan(ScopeState.from_json(raw, self.filters)[0])

    def save(self, stream: str, plan: Plan) -> None:
        """Write a STATE."""
        plan.prune()
        self.states[stream] = json.dumps(plan.state.to_json())

    def sync(self, kill_after: int | None = None, save_every: int = 1) -> None:
        """Run both streams, as `streams` and `reading` do, in one thread.

        Raises:
            Killed: After that many records; the state is the last one that was saved.
        """
        plans = {"trials": self.plan("trials"), "tuning_jobs": self.plan("tuning_jobs")}
        listing, _ = list_tuning_jobs(self.service, list(plans.values()), self.filters)
        left = [kill_after]
        plan = plans["trials"]
        for number, visit in enumerate(list(plan.visits(listing))):
            self.visited += 1
            self._visit(plan, visit, left)
            if number % save_every == 0:
                self.save("trials", plan)
        self._drop(plan, listing)
        plan.finish(listing)
        self.save("trials", plan)
        plan = plans["tuning_jobs"]
        self._drop(plan, listing)
        for visit in plan.visits(listing):
            self._write(self.tuning_jobs, _identity(visit.job), visit.job, left)
            self._warn(plan.visited(visit, None, at(self.service.now)))
        plan.finish(listing)
        self.save("tuning_jobs", plan)

    def _visit(self, plan: Plan, visit: Any, left: list[int | None]) -> None:
        tally = Tally(visit.job)
        try:
            for page in read_since(self.service, visit):  # type: ignore[arg-type]
                for trial in page:
                    tally.add(trial)
                    only = self.filters.status_equals
                    if only in {None, trial["TrainingJobStatus"]}:
                        self._write(self.trials, trial["TrainingJobName"], trial, left)
        except ClientError as error:
            if error.response["Error"]["Code"] == NOT_FOUND:
                plan.gone(visit)
            else:
                self._warn(plan.failed(visit, at(self.service.now)))
        else:
            self._warn(plan.visited(visit, tally, at(self.service.now)))

    def _write(
        self, table: dict[str, Any], key: str, row: Any, left: list[int | None]
    ) -> None:
        if left[0] is not None:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
        table[key] = row
        self.written += 1

    def _drop(self, plan: Plan, listing: Listing) -> None:
        self._warn(*plan.drop_gone(listing))
        self._warn(*plan.drop_unlisted(listing, at(self.service.now)))

    def _warn(self, *sentences: str | None) -> None:
        self.warnings += [sentence for sentence in sentences if sentence]


def _identity(job: dict[str, Any]) -> str:
    return f"{job['HyperParameterTuningJobName']} {job['CreationTime']}"


def answer(code: str, operation: str) -> ClientError:
    """An error of the service's."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


def denied(operation: str) -> ClientError:
    """The service's answer where a permission is missing."""
    return answer("AccessDeniedException", operation)
