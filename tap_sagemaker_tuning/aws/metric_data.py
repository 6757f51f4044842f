"""Reads the metrics of trials in one scope from CloudWatch.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

import threading
import time
from array import array
from dataclasses import dataclass, field
from functools import reduce
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.errors import DATA, code
from tap_sagemaker_tuning.aws.operations import GET_METRIC_DATA
from tap_sagemaker_tuning.aws.outage import Outage
from tap_sagemaker_tuning.aws.pages import checked
from tap_sagemaker_tuning.aws.series import Window
from tap_sagemaker_tuning.exceptions import NoResultError, UnboundedError, readable
from tap_sagemaker_tuning.printable import printable
from tap_sagemaker_tuning.values import (
    OddError,
    finite,
    items,
    members,
    moment,
    required_text,
    timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tap_sagemaker_tuning.aws.retries import Retries
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.aws.series import Series

_MOST_PERIODS = 180_000
"""The most periods per call. It is the quota per second, which counts every period of
the window, with or without a point.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"""

_MOST_POINTS = 25_200
"""The most points per call, apart from a single series that has more: a quarter of what
one response can hold. So no call needs a second page, which would be counted and billed
again, and four responses fit in 50 MiB while they are parsed (measured in December
2026)."""

_COMPLETE, _PARTIAL, _FORBIDDEN = "Complete", "PartialData", "Forbidden"
_MISSING = "no result"

_REFUSED = {"InvalidParameterCombination", "InvalidParameterValue", "ValidationError"}
"""Codes with which CloudWatch refuses a call because of its parameters."""

_MOST_OUTAGES = 3  # in a row, before every further call fails at once


@dataclass(frozen=True, slots=True)
class Points:
    """A series' points in order of time: an iterable of times and values.

    A value is None if CloudWatch returned no finite number. A point takes 16 bytes: as
    text and a float in a dictionary, it would take 300, and a series can have 20,000.
    """

    _milliseconds: array[int]  # since 1970
    _values: array[float]

    @classmethod
    def of(cls, values: Mapping[str, float | None]) -> Points:
        """Take the points by the start of their period, in any order."""
        times = sorted(values)
        finite_values = (values[time] for time in times)
        return cls(
            array("q", (round(moment(time).timestamp() * 1000) for time in times)),
            array("d", (nan if it is None else it for it in finite_values)),
        )

    def __len__(self) -> int:
        """How many there are."""
        return len(self._values)

    def __iter__(self) -> Iterator[tuple[str, float | None]]:
        """Yield the start of each period, and its value."""
        for milliseconds, value in zip(self._milliseconds, self._values, strict=True):
            yield timestamp(milliseconds / 1000), None if isnan(value) else value


@dataclass(slots=True)
class Answers:
    """What CloudWatch returned for some series.

    Attributes:
        points: The points of each series that has any.
        complete: How many series were returned completely, with points or without.
        failed: Why each of the others was not, unless its metric was refused.
        refused: The metric names that CloudWatch refuses, and how.
        seen: The service's time of the earliest response; empty: there was none.
    """

    points: dict[Series, Points] = field(default_factory=dict)
    complete: int = 0
    failed: dict[Series, Exception] = field(default_factory=dict)
    refused: dict[str, Exception] = field(default_factory=dict)
    seen: str = ""


@dataclass(slots=True)
class _Answer:
    """A series' points on the pages of one call, and its status."""

    points: dict[str, float | None] = field(default_factory=dict)
    status: str = _MISSING

    def add(self, result: dict[str, Any]) -> None:
        """Add its part of a page.

        PartialData means that a later page has the rest. Any other failure stays, as
        that page lacks points.
        """
        self.points |= _points(result)
        if self.status in {_MISSING, _COMPLETE, _PARTIAL}:
            self.status = result.get("StatusCode") or _COMPLETE  # fact 80


class MetricData:
    """Reads series of trials. Thread-safe.

    Attributes:
        asked: Metrics requested, counted once per page, as CloudWatch bills them.
        outage: Whether CloudWatch fails again and again.
    """

    def __init__(
        self, scope: Scope, connect: Callable[[], Any], retries: Retries
    ) -> None:
        """Prepare to read.

        Args:
            scope: The account and region.
            connect: Creates a boto3 client of CloudWatch there; called on first use.
            retries: Says how often and how soon to request an incomplete series again.
        """
        self.asked = 0
        self.outage = Outage(_MOST_OUTAGES)
        self._scope = scope
        self._connect = connect
        self._retries = retries
        self._lock = threading.Lock()
        self._api: Any = None

    def close(self) -> None:
        """Close the boto3 client, but keep the count."""
        with self._lock:
            if self._api:
                self._api.close()
            self._api = None

    def points(self, series: Sequence[Series]) -> Answers:
        """Read series of one period, in a single call if possible.

        If CloudWatch refuses the call because of a metric's name, the names are split
        in half until that one is alone. After three outages in a row, every further
        call fails at once.

        Args:
            series: At most as many as `fit` into a call.

        Raises:
            BotoCoreError, ClientError, TapError: None could be read.
        """
        self.outage.check()
        answers = Answers()
        try:
            self._read(series, answers)
        except DATA as error:
            self.outage.note(error)
            raise
        of_outage = (
            None if answers.complete else next(iter(answers.failed.values()), None)
        )
        self.outage.note(of_outage)
        return answers

    def _read(self, series: Sequence[Series], answers: Answers) -> None:
        """Read series, apart from those with a refused name."""
        try:
            self._complete(series, answers)
        except ClientError as error:
            if code(error) not in _REFUSED:
                raise
            names = list(dict.fromkeys(metric.metric_name for metric in series))
            if len(names) == 1:
                answers.refused[names[0]] = error
                return
            half = set(names[: len(names) // 2])
            self._read(
                [metric for metric in series if metric.metric_name in half], answers
            )
            self._read(
                [metric for metric in series if metric.metric_name not in half], answers
            )

    def _complete(self, series: Sequence[Series], answers: Answers) -> None:
        """Request series until all are complete, or too many attempts are in vain.

        CloudWatch bills what it does not return, too. So after an attempt that did not
        complete all, the next requests at most twice as many as that one completed: a
        single series while nothing is returned.
        """
        left, most, in_vain = list(series), len(series), 0
        statuses: dict[Series, str] = {}
        while left and in_vain < self._retries.max_attempts:
            if statuses:
                time.sleep(self._retries.pause(in_vain))
            requested, left = left[:most], left[most:]
            complete, has_failed = 0, False
            for metric, answer in self._ask(requested, answers).items():
                statuses[metric] = answer.status
                if answer.status == _COMPLETE:
                    complete += 1
                    if answer.points:
                        answers.points[metric] = Points.of(answer.points)
                elif answer.status == _FORBIDDEN:
                    answers.failed[metric] = _failure(metric, answer.status)
                else:
                    left.append(metric)
                    has_failed |= not answer.status.startswith(_MISSING)
            answers.complete += complete
            in_vain = int(has_failed) if complete else in_vain + 1
            most = max(1, 2 * complete)
        for metric in left:
            answers.failed[metric] = _failure(metric, statuses[metric])

    def _ask(self, series: Sequence[Series], answers: Answers) -> dict[Series, _Answer]:
        """Make one request and read all its pages: an Id can be on any of them."""
        by_id = {f"m{number}": metric for number, metric in enumerate(series)}
        window = reduce(Window.joined, [metric.window for metric in series])
        pages = (
            self._open()
            .get_paginator(GET_METRIC_DATA.method)
            .paginate(
                MetricDataQueries=[
                    metric.query(name) for name, metric in by_id.items()
                ],
                StartTime=window.start,
                EndTime=window.end,
                ScanBy="TimestampAscending",
            )
        )
        # CloudWatch can leave out results, for example if there are too many metrics.
        by_series = {metric: _Answer() for metric in series}
        said: list[str] = []
        try:
            with readable("CloudWatch's response"):
                for page in checked(
                    GET_METRIC_DATA, _noting_messages(pages, said), self._scope
                ):
                    answers.seen = min(answers.seen or page.seen, page.seen)
                    with self._lock:
                        self.asked += len(by_id)
                    for result in map(members, page.items):
                        metric = by_id.get(required_text(result, "Id"))  # fact 77
                        if metric is not None:
                            by_series[metric].add(result)
        except UnboundedError as error:
            # If the pages do not end, the series whose points do not end are to blame.
            endless = [it for it in by_series.values() if it.status == _PARTIAL]
            if not endless:
                raise
            for answer in endless:
                answer.status = f"{_PARTIAL} ({error})"
        for answer in by_series.values():
            if answer.status == _MISSING and said:
                answer.status = f"{_MISSING} ({said[0]})"
        return by_series

    def _open(self) -> Any:
        """Return the boto3 client, created on first use."""
        with self._lock:
            if self._api is None:
                self._api = self._connect()
            return self._api


def _noting_messages(
    pages: Iterable[dict[str, Any]], said: list[str]
) -> Iterator[dict[str, Any]]:
    """Yield pages, and note what CloudWatch says about each as a whole."""
    for page in pages:
        with readable("CloudWatch's response"):
            messages = [members(it) for it in items(page.get("Messages") or [])]
        said += [printable(str(message.get("Value") or "")) for message in messages]
        yield page


def _failure(series: Series, status: str) -> NoResultError:
    where = (
        f"{GET_METRIC_DATA.name}: {status} for {series.metric_name} of {series.host}"
    )
    if status == _FORBIDDEN:
        return NoResultError(f"{where}. Allow {GET_METRIC_DATA.iam_action}")
    return NoResultError(f"{where} on every attempt; later syncs retry")


def _points(result: dict[str, Any]) -> dict[str, float | None]:
    times = items(result.get("Timestamps") or [])
    values = items(result.get("Values") or [])
    if len(times) != len(values):
        msg = f"{len(times)} timestamps and {len(values)} values"
        raise OddError(msg)
    return {
        time: finite(value)[0]
        for time, value in zip(times, values, strict=False)
        if time is not None
    }


def fit(series: Sequence[Series]) -> int:
    """Return how many of these series, from the first on, fit into one call.

    Args:
        series: Series of one period; at least one.
    """
    window, points = series[0].window, 0
    for number, metric in enumerate(series):
        window = window.joined(metric.window)
        points += metric.window.periods
        is_too_long = (number + 1) * window.periods > _MOST_PERIODS
        is_too_long |= points > _MOST_POINTS
        if number == GET_METRIC_DATA.page_limit or (number and is_too_long):
            return number
    return len(series)
