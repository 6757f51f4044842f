"""Reads the metrics of trials in one scope from CloudWatch.

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
"""The most periods per call. It is the quota per second, which counts every period of
the window, with or without a point.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"""

_MOST_POINTS = 50_400
"""The most points per call: half of what one response can hold. So no call needs a
second page, which would be counted and billed again, and four responses fit in 90 MiB
(measured in November 2026)."""

_COMPLETE = "Complete"

_REFUSED = {"InvalidParameterCombination", "InvalidParameterValue", "ValidationError"}
"""Codes with which CloudWatch refuses a call because of its parameters."""

_MOST_OUTAGES = 3  # in a row, before every further call fails at once

Points = dict[str, float | None]
"""Values by the start of their period; None: CloudWatch returned no finite number."""


@dataclass(slots=True)
class _Answer:
    """A series' points on the pages of one call, and its last status."""

    points: Points = field(default_factory=dict)
    status: str = _COMPLETE


class MetricData:
    """Reads series of trials. Thread-safe.

    Attributes:
        asked: Metrics requested, counted once per page, as CloudWatch bills them.
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
        self._scope = scope
        self._connect = connect
        self._retries = retries
        self._lock = threading.Lock()
        self._api: Any = None
        self._outages = 0  # in a row
        self._last: Exception | None = None

    def close(self) -> None:
        """Close the boto3 client, but keep the count."""
        with self._lock:
            if self._api:
                self._api.close()
            self._api = None

    def points(
        self, series: Sequence[Series]
    ) -> tuple[dict[Series, Points], dict[Series, Exception]]:
        """Read series of one period, in a single call if possible.

        If CloudWatch refuses the call because of some series, such as one with an
        invalid metric name, the call is split in half until that series is alone. After
        three outages in a row, every further call fails at once, since each would take
        minutes.

        Args:
            series: At most as many as `fit` into a call.

        Returns:
            The points of each series that has any, and the error of each series that
            could not be read.

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
        """Count consecutive outages."""
        with self._lock:
            self._outages = self._outages + 1 if is_transient(error) else 0
            self._last = error

    def _read(
        self, series: Sequence[Series]
    ) -> tuple[dict[Series, Points], dict[Series, Exception]]:
        """Request series until all are complete, or all attempts are used up."""
        found: dict[Series, Points] = {}
        left = list(series)
        cut: dict[Series, _Answer] = {}
        for attempt in range(self._retries.max_attempts):
            if attempt:
                time.sleep(self._retries.pause(attempt))
            # A series that was cut is not complete if the next response omits it.
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
        """Make one request and read all its pages: an Id can be on any of them."""
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
        with parsed(GET_METRIC_DATA), readable("CloudWatch's response"):
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
        """Return the boto3 client, created on first use."""
        with self._lock:
            if self._api is None:
                self._api = self._connect()
            return self._api


def _failure(series: Series, status: str) -> NoResultError:
    where = f"{series.metric_name} of {series.host}"
    msg = (
        f"{GET_METRIC_DATA.name}: {status} for {where} on every attempt; later syncs "
        "retry"
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
    """Return how many of these series, from the first on, fit into one call.

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
