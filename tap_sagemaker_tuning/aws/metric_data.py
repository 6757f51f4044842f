"""CloudWatch's metrics of trials in one scope, over HTTP.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.errors import code, is_transient
from tap_sagemaker_tuning.aws.operations import GET_METRIC_DATA
from tap_sagemaker_tuning.aws.pages import checked, parsed
from tap_sagemaker_tuning.aws.series import Window
from tap_sagemaker_tuning.exceptions import NoResultError, readable
from tap_sagemaker_tuning.values import OddError, finite, items, members, required_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_sagemaker_tuning.aws.retries import Retries
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.aws.series import Series

_MOST_PERIODS = 180_000
"""The most periods that one call asks for: so many a second are allowed, counted over
the whole window whether there are points or not.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"""

_MOST_POINTS = 50_400
"""The most points that one call can bring: half an answer of the service's. So no call
goes on in a second answer, which is counted and billed again, and four answers are held
in 90 MiB (measured in November 2026)."""

_COMPLETE = "Complete"

_REFUSED = {"InvalidParameterCombination", "InvalidParameterValue", "ValidationError"}
"""Codes with which CloudWatch refuses a call for something that it asks."""

_MOST_OUTAGES = 3

Points = dict[str, float | None]
"""Values by the time at which their period starts; None: CloudWatch has no number."""


@dataclass(slots=True)
class _Answer:
    """What the pages of one call have of a series; the last status counts."""

    points: Points = field(default_factory=dict)
    status: str = _COMPLETE


class MetricData:
    """Reads series of trials. It can be called from several threads.

    Attributes:
        asked: How many metrics were asked for: what CloudWatch bills.
    """

    def __init__(
        self, scope: Scope, connect: Callable[[], Any], retries: Retries
    ) -> None:
        """Prepare to read.

        Args:
            scope: The account and region.
            connect: Makes a boto3 client of CloudWatch there: when it is first needed.
            retries: How often, and how soon, a series is asked for again.
        """
        self.asked = 0
        self._scope = scope
        self._connect = connect
        self._retries = retries
        self._lock = threading.Lock()
        self._api: Any = None
        self._outages = 0  # in a row
        self._last: Exception | None = None

    def close(self) -> None:
        """Let go of the boto3 client; the count stays."""
        with self._lock:
            if self._api:
                self._api.close()
            self._api = None

    def points(
        self, series: Sequence[Series]
    ) -> tuple[dict[Series, Points], dict[Series, Exception]]:
        """Read series, all of one period, in one call or few.

        If CloudWatch refuses a call for something in it, such as a metric's name, the
        series are halved until it is alone. If it can't be reached three times in a
        row, every further call of this sync fails at once: each would take minutes.

        Args:
            series: At most as many as `fit` into a call.

        Returns:
            The points of those that have any, and why others could not be read.

        Raises:
            BotoCoreError, ClientError, TapError: None could be read.
        """
        if self._outages >= _MOST_OUTAGES and self._last:
            raise self._last
        try:
            return self._read(series)
        except ClientError as error:
            if code(error) not in _REFUSED:
                self._note(error)
                raise
            if len(series) == 1:
                return {}, {series[0]: error}
        except Exception as error:
            self._note(error)
            raise
        half = len(series) // 2
        found, failed = self.points(series[:half])
        others, also_failed = self.points(series[half:])
        return found | others, failed | also_failed

    def _note(self, error: Exception) -> None:
        """Count an outage."""
        with self._lock:
            self._outages = self._outages + 1 if is_transient(error) else 0
            self._last = error

    def _read(
        self, series: Sequence[Series]
    ) -> tuple[dict[Series, Points], dict[Series, Exception]]:
        """Ask until every series is complete, or all tries are spent."""
        found: dict[Series, Points] = {}
        left = list(series)
        cut: dict[Series, _Answer] = {}
        for attempt in range(self._retries.max_attempts):
            if attempt:
                time.sleep(self._retries.pause(attempt))
            # What was cut once is not complete because a later answer leaves it out.
            answers = cut | self._ask(left)
            self._outages = 0
            left = [one for one in answers if answers[one].status != _COMPLETE]
            cut = {one: _Answer(status=answers[one].status) for one in left}
            found |= {
                one: answer.points
                for one, answer in answers.items()
                if answer.points and answer.status == _COMPLETE
            }
            if not left:
                return found, {}
        return found, {one: _failure(one, answers[one].status) for one in left}

    def _ask(self, series: Sequence[Series]) -> dict[Series, _Answer]:
        """Ask once, and take all pages: an Id can be on several, in any order."""
        by_id = {f"m{number}": one for number, one in enumerate(series)}
        window = reduce(Window.joined, [one.window for one in series])
        pages = (
            self._open()
            .get_paginator(GET_METRIC_DATA.method)
            .paginate(
                MetricDataQueries=[one.query(name) for name, one in by_id.items()],
                StartTime=window.start,
                EndTime=window.end,
                ScanBy="TimestampAscending",
            )
        )
        found: dict[Series, _Answer] = {}
        with parsed(GET_METRIC_DATA), readable("what CloudWatch sent"):
            for page in checked(GET_METRIC_DATA, pages, self._scope):
                with self._lock:
                    self.asked += len(by_id)
                for result in map(members, page.items):
                    one = by_id.get(required_text(result, "Id"))
                    if one is not None:
                        answer = found.setdefault(one, _Answer())
                        answer.points |= _points(result)
                        answer.status = result.get("StatusCode") or _COMPLETE
        return found

    def _open(self) -> Any:
        """Give the boto3 client, which is made when it is first needed."""
        with self._lock:
            if self._api is None:
                self._api = self._connect()
            return self._api


def _failure(series: Series, status: str) -> NoResultError:
    where = f"{series.metric_name} of {series.host or 'the algorithm'}"
    msg = (
        f"{GET_METRIC_DATA.name}: {status} for {where} at every try; later syncs retry"
    )
    return NoResultError(msg)


def _points(result: dict[str, Any]) -> Points:
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
    """Say how many of these series, from the first on, one call may ask for.

    Args:
        series: Series of one period; at least one.
    """
    window, points = series[0].window, 0
    for number, one in enumerate(series):
        window = window.joined(one.window)
        points += one.window.periods
        is_too_long = (number + 1) * window.periods > _MOST_PERIODS
        is_too_long |= points > _MOST_POINTS
        if number == GET_METRIC_DATA.page_limit or (number and is_too_long):
            return number
    return len(series)
