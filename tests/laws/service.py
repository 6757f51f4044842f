"""A fake tuning API, small and fast enough to sync thousands of histories.

Time is a number of seconds. Tuning jobs and trials are schedules, and what the API
shows is a function of the schedule and the time. As in the real API, CreationTime never
moves, counters lag, listings are late, tokens may be offsets into rows that shift,
items are odd for a while, and things are deleted, even between two pages. Each call
takes time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.metric_data import Answers, Points
from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TUNING_JOB,
    GET_METRIC_DATA,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
)
from tap_sagemaker_tuning.aws.outage import Outage
from tap_sagemaker_tuning.aws.pages import Page
from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.aws.service_clock import ServiceClock
from tap_sagemaker_tuning.exceptions import NoResultError
from tap_sagemaker_tuning.values import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_sagemaker_tuning.aws.series import Series

START = 1_772_442_000  # 2026-03-02T09:00:00Z
NEVER = 10**9
NOT_FOUND = "ResourceNotFound"
FAILURE = "InternalFailure"
ARN = "arn:aws:sagemaker:ap-southeast-2:123456789012:hyper-parameter-tuning-job"
AFTERMATH = 79
"""How many seconds after a trial's end its `details` still change."""
POINTS_LATE = 299
"""How many seconds after a measurement its point becomes readable."""
DAYS_KEPT = 63
"""How many days CloudWatch keeps a point."""
Row = dict[str, Any]
Place = tuple[float, str]
"""The sort key of rows: creation time and name."""


@cache
def at(seconds: float) -> str:
    """A time of the history, as text in the API's format."""
    return timestamp(START + seconds)


@dataclass(frozen=True, kw_only=True)
class FakeTrial:
    """A trial's schedule, in seconds.

    Attributes:
        end_late: How long after its end the listing shows that it has ended.
    """

    name: str
    created: int
    ended: int
    settled: int
    end_late: int = 0
    status: str = "Completed"
    objective: str = "shown"  # or "absent", or "late": shown when it has settled
    listed: int = 0
    deleted: float = NEVER
    odd_until: int = 0

    @property
    def end_shown(self) -> int:
        """When the listing shows that it has ended."""
        return self.ended + self.end_late

    @property
    def over(self) -> int:
        """When its last change is over."""
        return max(self.ended + AFTERMATH, self.final)

    @property
    def final(self) -> int:
        """When the last change of its summary is over."""
        return max(self.end_shown, self.settled)

    @property
    def place(self) -> Place:
        """Its position in a listing."""
        return self.created, self.name

    def is_shown(self, now: float) -> bool:
        """Whether a listing shows it."""
        return max(self.created, self.listed) <= now < self.deleted

    def view(self, now: float) -> dict[str, Any]:
        """Its summary in a listing."""
        seen: dict[str, Any] = {
            "TrainingJobName": self.name,
            "TrainingJobArn": f"{ARN}/{self.name}",
            "CreationTime": at(self.created),
            "TrainingStartTime": at(self.created),
            "TrainingJobStatus": (
                self.status if now >= self.end_shown else "InProgress"
            ),
        }
        if now >= self.end_shown:
            seen["TrainingEndTime"] = at(self.ended)
        if now < self.settled and self.objective == "shown":
            seen["ObjectiveStatus"] = "Pending"
        if now >= self.settled and self.objective != "absent":
            seen["ObjectiveStatus"] = "Succeeded"
        if now < self.odd_until:
            del seen["CreationTime"]
        return seen

    def details(self, now: float) -> dict[str, Any]:
        """Its description."""
        is_late = now >= self.ended + AFTERMATH
        return {**self.view(now), "LastModifiedTime": "late" if is_late else "early"}

    def points(self, now: float, period: int) -> list[dict[str, Any]]:
        """The points of its only metric in CloudWatch, where the last ones come late.

        Args:
            now: The current time.
            period: Length of a period in seconds.
        """
        first, last = START + self.created, START + self.ended
        return [
            {"timestamp": at(start - START), "value": float(start - start % period)}
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
    exists_from: float | None = None

    @property
    def over(self) -> float:
        """When the last change of it and its trials is over."""
        overs = (trial.over for trial in self.trials)
        return max([self.ended, self.deleting_until, *overs])

    @property
    def final(self) -> float:
        """When the last change of its summary is over, apart from late counters."""
        finals = (trial.final for trial in self.trials)
        return max([self.ended, self.deleting_until, *finals])

    @property
    def moments(self) -> set[float]:
        """The times at which it or one of its trials begins, is listed or ends."""
        found = {self.created, self.listed, self.ended, self.deleted}
        for trial in self.trials:
            found |= {trial.created, trial.listed, trial.ended, trial.settled}
            found.add(trial.end_shown)
        return found

    @property
    def place(self) -> Place:
        """Its position in a listing."""
        return self.created, self.name

    def exists(self, now: float) -> bool:
        """Whether the API knows it."""
        begin = self.created if self.exists_from is None else self.exists_from
        return begin <= now < self.deleted

    def is_shown(self, now: float) -> bool:
        """Whether a listing shows it."""
        return self.exists(now) and self.listed <= now

    def view(self, now: float) -> dict[str, Any]:
        """Its summary in a listing."""
        then = now - self.counters_lag
        born = [trial for trial in self.trials if trial.created <= then]
        over = sum(then >= trial.end_shown for trial in born)
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
    """The API, in place of the `aws.client.Client` of one scope.

    Attributes:
        jobs: All tuning jobs that ever exist.
        now: The current time.
        tick: How many seconds a call takes.
        page_size: Items per page.
        has_empty_pages: Whether an empty page comes before each page.
        has_offsets: Whether tokens are offsets into the current rows; otherwise a token
            is the place of the last row returned.
        denied: Names of the tuning jobs whose trials must not be listed.
        may_describe: Whether Describe of a tuning job is allowed.
        may_list: Whether listing tuning jobs is allowed.
        may_list_trials: Whether listing trials is allowed.
        is_down: Whether listing trials fails with a server error.
        lies: Numbers of the calls about trials that say that what they ask for does
            not exist, though it does.
        cuts_times: Whether a description's CreationTime is cut to the second.
        may_read_metrics: Whether reading CloudWatch is allowed.
        breaks_metrics: CloudWatch fails for one in so many series; 0: for none.
        asked: The trial of each request for metrics, in order.
        calls: The calls, in order.
        ahead: How many seconds the time of a response is ahead of the truth, by the
            number of the call.
        doomed: What to delete during the sync, by the number of the call before which
            it is deleted.
        passed_over: Places of rows that no page showed although they existed all the
            time: with offsets, deleting a row hides another.
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
    may_list_trials: bool = True
    is_down: bool = False
    lies: set[int] = field(default_factory=set)
    cuts_times: bool = False
    may_read_metrics: bool = True
    breaks_metrics: int = 0
    asked: list[str] = field(default_factory=list)
    succeeded: set[tuple[str, str]] = field(default_factory=set)
    clock: ClassVar[ServiceClock] = ServiceClock()
    calls: list[str] = field(default_factory=list)
    ahead: dict[int, int] = field(default_factory=dict)
    doomed: dict[int, str] = field(default_factory=dict)
    passed_over: set[Place] = field(default_factory=set)
    scope: ClassVar[Scope] = Scope("123456789012", "ap-southeast-2")

    def open(self) -> None:
        """Accept calls."""

    def close(self) -> None:
        """Do nothing: there is no connection to close."""

    def has_passed(self, operation: str, key: str) -> bool:
        """Whether an operation has succeeded for another tuning job."""
        return any(of == operation and name != key for of, name in self.succeeded)

    def tuning_jobs(self, name_contains: str | None = None) -> Iterator[Page]:
        """Pages of tuning jobs, newest first."""

        def rows() -> Sequence[FakeJob]:
            if not self.may_list:
                raise denied(LIST_TUNING_JOBS.name)
            return [job for job in self.jobs if (name_contains or "") in job.name]

        return self._pages("list", rows)

    def tuning_job(self, name: str) -> tuple[dict[str, Any] | None, str]:
        """Describe a tuning job, listed or not; its ARN comes in another case."""
        now = self._pass_time("describe")
        job = self._find(name, now)
        if not self.may_describe:
            raise denied(DESCRIBE_TUNING_JOB.name)
        self.succeeded.add((DESCRIBE_TUNING_JOB.name, name.lower()))
        if job is None:
            return None, at(int(now))
        view = job.view(now)
        if self.cuts_times and "CreationTime" in view:
            view["CreationTime"] = at(math.floor(job.created))
        arn = view["HyperParameterTuningJobArn"].lower()
        more = {
            "HyperParameterTuningJobArn": arn,
            "HyperParameterTuningJobConfig": {
                "HyperParameterTuningJobObjective": {"MetricName": "loss"}
            },
            "TrainingJobDefinition": {"RoleArn": ARN},
        }
        return {**view, **more}, at(int(now))

    def trials(self, name: str) -> Iterator[Page]:
        """Pages of a tuning job's trials, newest first."""

        def rows() -> Sequence[FakeTrial]:
            if self.is_down:
                raise answer(FAILURE, LIST_TRIALS.name)
            if name in self.denied or not self.may_list_trials:
                raise denied(LIST_TRIALS.name)
            job = self._find(name, self.now)
            if job is None or len(self.calls) in self.lies:
                raise answer(NOT_FOUND, LIST_TRIALS.name)
            self.succeeded.add((LIST_TRIALS.name, name.lower()))
            return job.trials

        return self._pages(f"trials {name}", rows)

    def details(self, name: str) -> dict[str, Any] | None:
        """The description of a trial, or None if it was deleted."""
        self.calls.append(f"describe {name}")
        if len(self.calls) in self.lies:
            return None
        for job in self.jobs:
            for trial in job.trials:
                if trial.name == name and trial.is_shown(self.now):
                    return trial.details(self.now)
        return None

    @property
    def metric_data(self) -> FakeService:
        """CloudWatch, in place of an `aws.metric_data.MetricData`."""
        return self

    @property
    def outage(self) -> Outage:
        """An outage that never begins."""
        return Outage(NEVER)

    def points(self, series: Sequence[Series]) -> Answers:
        """The points of some series; instance metrics have none."""
        now = self._pass_time("metrics")
        if not self.may_read_metrics:
            raise denied(GET_METRIC_DATA.name)
        trials = {trial.name: trial for job in self.jobs for trial in job.trials}
        found = Answers(complete=len(series), seen=at(int(now)))
        for one in series:
            if one.metric_name == "loss":
                self.asked.append(one.trial)
                points = trials[one.trial].points(now, one.window.period)
                kept = [
                    p for p in points if at(now - DAYS_KEPT * 86_400) <= p["timestamp"]
                ]
                if self.breaks_metrics and len(self.asked) % self.breaks_metrics == 0:
                    found.failed[one] = NoResultError("no result")
                    found.complete -= 1
                elif kept:
                    values = {point["timestamp"]: point["value"] for point in kept}
                    found.points[one] = Points.of(values)
        return found

    def _pages(
        self, call: str, rows: Callable[[], Sequence[FakeJob | FakeTrial]]
    ) -> Iterator[Page]:
        """Pages of rows, newest first, each with the rows at the time of its
        request."""
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
            seen = at(int(now) + self.ahead.get(len(self.calls), 0))
            if self.has_empty_pages:
                yield Page([], seen)
            yield Page([row.view(now) for row in page], seen)
            offset += self.page_size
            if offset >= len(shown):
                return
            last = page[-1].place

    def _pass_time(self, call: str) -> float:
        """Let a call take its time, and return when it was made."""
        self.calls.append(call)
        self._delete(self.doomed.pop(len(self.calls), None))
        now = self.now
        self.now += self.tick
        return now

    def _delete(self, name: str | None) -> None:
        """Delete the tuning job or trial of this name if it exists now."""

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
    """An error response of the service."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


def denied(operation: str) -> ClientError:
    """The service's response if a permission is missing."""
    return answer("AccessDeniedException", operation)
