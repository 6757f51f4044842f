"""The stream `training_job_metrics`: a trial's metrics over time, from CloudWatch.

CloudWatch bills each requested metric, so a trial is read only once, five minutes after
its end, and many trials share a call.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_sagemaker_tuning.aws.errors import explain
from tap_sagemaker_tuning.aws.metric_data import fit
from tap_sagemaker_tuning.aws.operations import GET_METRIC_DATA
from tap_sagemaker_tuning.aws.series import (
    LATENESS,
    STATISTIC,
    Measured,
    Window,
    measured,
)
from tap_sagemaker_tuning.exceptions import readable
from tap_sagemaker_tuning.replication.state import ReadOnce
from tap_sagemaker_tuning.replication.tally import ALLOWED_LATENESS, FINAL_STATUSES
from tap_sagemaker_tuning.streams.trial_failures import TrialFailures
from tap_sagemaker_tuning.streams.visiting import TrialStream, keys_of
from tap_sagemaker_tuning.sync.failures import some_of
from tap_sagemaker_tuning.sync.interfaces import TrialRows
from tap_sagemaker_tuning.values import required_text, shift, storable, text_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.metric_data import Points
    from tap_sagemaker_tuning.aws.pages import Page
    from tap_sagemaker_tuning.aws.series import Series
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.sync.interfaces import Describe, TrialVisit
    from tap_sagemaker_tuning.values import Record, Summary

_LOGGER = logging.getLogger("tap-sagemaker-tuning")

_CALLS_AT_ONCE = 4
"""The most responses of all scopes parsed at once, with up to 25,200 points each."""

_RECORDS_AT_ONCE = 10
_POINTS_AT_ONCE = 5000
"""The most records, and points in them, that are handed on at once."""

_IDENTITY = ("TrainingJobName", "CreationTime")


class TrainingJobMetrics(TrialStream):
    """Every series that CloudWatch has for a trial, once the trial has ended."""

    name = "training_job_metrics"
    primary_keys = ("training_job_arn", "metric_name", "host")
    operations = (*TrialStream.operations, GET_METRIC_DATA)
    lateness = ALLOWED_LATENESS + LATENESS
    visits_ahead = _CALLS_AT_ONCE

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._calls_at_once = threading.BoundedSemaphore(_CALLS_AT_ONCE)

    @override
    def start(self, client: Client, visit: Visit, describe: Describe) -> TrialVisit:
        only = self.settings.status_equals
        return TrialSeries(client, visit, describe, only, self._calls_at_once)


class TrialSeries:
    """Makes the records of one tuning job's trials, which share calls."""

    def __init__(
        self,
        client: Client,
        visit: Visit,
        describe: Describe,
        status: str | None,
        calls_at_once: AbstractContextManager[object],
    ) -> None:
        """Prepare to read.

        Args:
            client: The scope's client.
            visit: The tuning job.
            describe: Gets the tuning job's description.
            status: Read only trials with this status; None for all.
            calls_at_once: Held during a call.

        Raises:
            UnreadableError: The tuning job has no ARN.
            Exception: CloudWatch failed several times in a row, in this sync.
        """
        client.metric_data.outage.check()
        self._client = client
        self._visit = visit
        self._describe = describe
        self._status = status
        self._calls_at_once = calls_at_once
        self._failures = TrialFailures()
        self._measured: dict[str | None, Measured] | None = None
        self._trials: dict[str, dict[str, str]] = {}  # by name, columns of all its rows
        self._complete_at: dict[str, str] = {}  # by name, when all points have arrived
        self._before = visit.read_once or ReadOnce(until="")
        self._unread = set(self._before.unread)
        self._newest = self._before.newest
        self._refused: dict[str, Exception] = {}  # newly refused metrics, by name
        self._has_answer = False
        self._now: str | None = None  # the time of the first page
        self._waiting: dict[int, list[Series]] = defaultdict(list)  # by period
        self._keys = keys_of(client, visit)

    def _read_once(self, now: str) -> ReadOnce:
        """Which trials have been read."""
        return ReadOnce(
            until=max(self._before.until, now),
            newest=self._newest,
            unread=tuple(sorted(self._unread)),
            refused=tuple(sorted({*self._before.refused, *self._refused})),
        )

    def rows(self, page: Page) -> Iterator[TrialRows]:
        """Queue the series of a page's trials, and read those that fill a call."""
        # The first page's time, for all pages: the next visit resumes there.
        self._now = self._now or page.seen
        with readable("a trial"):
            for trial in page.items:
                self._look_at(trial, self._now)
        yield TrialRows([], self._unread & {it["TrainingJobName"] for it in page.items})
        for series in self._waiting.values():
            while series and fit(series) < len(series):
                yield from self._read(series)

    def end(self) -> Iterator[TrialRows]:
        """Read the remaining series."""
        for series in self._waiting.values():
            while series:
                yield from self._read(series)
        if self._now:
            yield TrialRows([], (), read_once=self._read_once(self._now))
        self._warn_of_refused()
        self._failures.end()

    def _warn_of_refused(self) -> None:
        """Log the metrics that CloudWatch newly refuses.

        Raises:
            Exception: It refused every call, so the reason may be another one.
        """
        if not self._refused:
            return
        error = next(iter(self._refused.values()))
        if not self._has_answer:
            raise error
        _LOGGER.warning(
            "%s: tuning job %s: CloudWatch refuses metrics (%s), so they have no rows: "
            "%s",
            self._client.scope,
            self._visit.job.name,
            some_of(sorted(self._refused)),
            explain(error),
        )

    def _end_of(self, trial: Summary, now: str) -> str:
        """When a trial ended: its own end time, its tuning job's, or else now."""
        return trial.get("TrainingEndTime") or self._visit.job.end or now

    def _look_at(self, trial: Summary, now: str) -> None:
        """Queue a trial, or note that it is not read yet."""
        name, created = (required_text(trial, it) for it in _IDENTITY)
        self._newest = max(self._newest, created)
        has_ended = trial.get("TrainingJobStatus") in FINAL_STATUSES
        complete_at = shift(self._end_of(trial, now), LATENESS)
        is_wanted = self._status in (None, trial.get("TrainingJobStatus"))
        if not has_ended:
            self._unread.add(name)
        elif trial.get("TrainingStartTime") is None or not is_wanted:
            self._unread.discard(name)
        elif not self._before.has_read(name, created, complete_at):
            if complete_at <= now:
                self._complete_at[name] = complete_at
                self._add(trial, now)
                self._unread.discard(name)
            else:
                self._unread.add(name)

    def _add(self, trial: Summary, now: str) -> None:
        """Queue a trial's series for the next call, if CloudWatch still has them."""
        start = required_text(trial, "TrainingStartTime")
        window = Window.of(start, self._end_of(trial, now), now)
        name = required_text(trial, "TrainingJobName")
        if window is None or name in self._trials:  # a page can repeat a trial
            return
        self._trials[name] = {
            "training_job_name": storable(name),
            "training_job_arn": storable(required_text(trial, "TrainingJobArn")),
            "creation_time": storable(required_text(trial, "CreationTime")),
        }
        self._waiting[window.period] += [
            series
            for series in self._measured_of(trial).series(name, window)
            if series.metric_name not in self._before.refused
            and series.metric_name not in self._refused
        ]

    def _measured_of(self, trial: Summary) -> Measured:
        """What CloudWatch measures for a trial, from its tuning job's description."""
        if self._measured is None:
            self._measured = measured(self._describe())
        name = text_or_none(trial.get("TrainingJobDefinitionName"))
        return self._measured.get(name) or self._measured[None]

    def _read(self, waiting: list[Series]) -> Iterator[TrialRows]:
        """Read as many series as fit into a call, removing them from the list."""
        series = waiting[: fit(waiting)]
        del waiting[: len(series)]
        with self._calls_at_once:
            answers = self._client.metric_data.points(series)
        self._refused |= answers.refused
        self._has_answer |= answers.complete > 0 or len(answers.failed) > 0
        for others in self._waiting.values():
            others[:] = [
                metric for metric in others if metric.metric_name not in self._refused
            ]
        yield from self._rows_of(answers.points)
        # By CloudWatch's own time: that of the listing may have been ahead.
        trials = {metric.trial for metric in series}
        early = {it for it in trials if answers.seen < self._complete_at[it]}
        self._unread |= early
        yield TrialRows([], early)
        for trial, error in {
            it.trial: why for it, why in answers.failed.items()
        }.items():
            self._failures.note(trial, error)
        if answers.failed and not answers.complete:
            self._failures.end()  # more calls would most likely fail as well

    def _rows_of(self, by_series: dict[Series, Points]) -> Iterator[TrialRows]:
        """Yield the records of some series, in parts that take little memory."""
        part: list[tuple[Series, Points]] = []
        size = 0
        for metric, points in by_series.items():
            if part and (
                size + len(points) > _POINTS_AT_ONCE or len(part) == _RECORDS_AT_ONCE
            ):
                yield TrialRows(
                    _Records(part, self._keys, self._trials), (), points=size
                )
                part, size = [], 0
            part.append((metric, points))
            size += len(points)
        if part:
            yield TrialRows(_Records(part, self._keys, self._trials), (), points=size)


@dataclass(frozen=True, slots=True)
class _Records(Collection["Record"]):
    """Records of series, each made only when it is written: until then it is small."""

    series: Sequence[tuple[Series, Points]]
    keys: dict[str, str]
    trials: dict[str, dict[str, str]]

    @override
    def __len__(self) -> int:
        return len(self.series)

    @override
    def __iter__(self) -> Iterator[Record]:
        for metric, points in self.series:
            yield record_of(metric, points, self.keys | self.trials[metric.trial])

    @override
    def __contains__(self, record: object) -> bool:
        return any(record == made for made in self)


def record_of(series: Series, points: Points, keys: dict[str, str]) -> Record:
    """Make the record of a series.

    Args:
        series: The series.
        points: Its points.
        keys: The columns shared by all series of its trial.

    Returns:
        A record of the stream `training_job_metrics`.
    """
    return {
        **keys,
        "metric_name": storable(series.metric_name),
        "host": series.host,
        "statistic": STATISTIC,
        "period_in_seconds": series.window.period,
        "points": [{"timestamp": time, "value": value} for time, value in points],
    }
