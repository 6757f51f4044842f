"""A tuning API in a few lines, to run thousands of histories through the commit loop.

Its time is a number of seconds. Tuning jobs and trials are schedules; what the API
shows is a function of the schedule and the time, as in the real one: CreationTime never
moves, counters lag behind, listings are late, tokens may be offsets into rows that
shift, items are odd for a while, things are deleted, between two pages too. Each call
takes time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TUNING_JOB,
    GET_METRIC_DATA,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
)
from tap_sagemaker_tuning.aws.pages import Page, until
from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.values import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_sagemaker_tuning.aws.series import Series

START = 1_772_442_000  # 2026-03-02T09:00:00Z
NEVER = 10**9
NOT_FOUND = "ResourceNotFound"
ARN = "arn:aws:sagemaker:ap-southeast-2:123456789012:hyper-parameter-tuning-job"
AFTERMATH = 79
"""Seconds for which what `details` tells of a trial changes after its end."""
POINTS_LATE = 299
"""How many seconds after they were measured a trial's points can be read."""
DAYS_KEPT = 63
"""How many days after its end a trial's points are there."""
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
            "TrainingJobArn": f"{ARN}/{self.name}",
            "CreationTime": at(self.created),
            "TrainingStartTime": at(self.created),
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

    def points(self, now: float, period: int) -> list[dict[str, Any]]:
        """What CloudWatch has of its only metric: the last ones come late.

        Args:
            now: The time.
            period: The length of a period in seconds.
        """
        first, last = START + self.created, START + self.ended
        return [
            {"timestamp": timestamp(start), "value": float(start - start % period)}
            for start in range(first - first % period, last + 1, period)
            if min(start + period, last) + POINTS_LATE <= START + now
        ]


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


@dataclass
class FakeService:
    """The API, as an `aws.client.Client` of one scope.

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
        may_read_metrics: Whether CloudWatch may be asked.
        asked: The trials whose metrics were asked for, as often as they were.
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
    may_read_metrics: bool = True
    asked: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    doomed: dict[int, str] = field(default_factory=dict)
    passed_over: set[Place] = field(default_factory=set)
    scope: ClassVar[Scope] = Scope("123456789012", "ap-southeast-2")

    def open(self) -> None:
        """Answer, from now on."""

    def close(self) -> None:
        """Nobody asks any more."""

    def tuning_jobs(self, name_contains: str | None = None) -> Iterator[Page]:
        """Pages of tuning jobs, newest first."""

        def rows() -> Sequence[FakeJob]:
            if not self.may_list:
                raise denied(LIST_TUNING_JOBS.name)
            return [job for job in self.jobs if (name_contains or "") in job.name]

        return self._pages("list", rows)

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
        more = {
            "HyperParameterTuningJobArn": arn,
            "HyperParameterTuningJobConfig": {
                "HyperParameterTuningJobObjective": {"MetricName": "loss"}
            },
            "TrainingJobDefinition": {"RoleArn": ARN},
        }
        return {**view, **more}, at(int(now))

    def trials(self, name: str, since: str | None) -> Iterator[Page]:
        """Pages of a tuning job's trials, newest first, down to a creation time."""

        def rows() -> Sequence[FakeTrial]:
            if name in self.denied:
                raise denied(LIST_TRIALS.name)
            job = self._find(name, self.now)
            if job is None:
                raise answer(NOT_FOUND, LIST_TRIALS.name)
            return job.trials

        return until(self._pages(f"trials {name}", rows), since)

    def details(self, name: str) -> dict[str, Any] | None:
        """One trial; None: it was deleted."""
        for job in self.jobs:
            for trial in job.trials:
                if trial.name == name and trial.is_shown(self.now):
                    return trial.details(self.now)
        return None

    @property
    def metric_data(self) -> FakeService:
        """CloudWatch, as an `aws.metric_data.MetricData`."""
        return self

    def points(
        self, series: Sequence[Series]
    ) -> tuple[dict[Series, dict[str, float]], dict[Series, Exception]]:
        """What there is of some series; of machines nothing is."""
        now = self._pass_time("metrics")
        if not self.may_read_metrics:
            raise denied(GET_METRIC_DATA.name)
        trials = {trial.name: trial for job in self.jobs for trial in job.trials}
        found = {}
        for one in series:
            if one.metric_name == "loss":
                self.asked.append(one.trial)
                points = trials[one.trial].points(now, one.window.period)
                kept = [
                    p for p in points if at(now - DAYS_KEPT * 86_400) <= p["timestamp"]
                ]
                found[one] = {point["timestamp"]: point["value"] for point in kept}
        return found, {}

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


def answer(code: str, operation: str) -> ClientError:
    """An error of the service's."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


def denied(operation: str) -> ClientError:
    """The service's answer where a permission is missing."""
    return answer("AccessDeniedException", operation)
