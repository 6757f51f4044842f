"""CloudWatch's GetMetricData, for the namespace of training jobs.

There is no public recording of the real one. Shapes and names come from the service
model; retention, limits and rounding from its reference.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator import metrics
from sagemaker_tuning_emulator.errors import ServiceError, invalid
from sagemaker_tuning_emulator.metrics import MINUTE
from sagemaker_tuning_emulator.paging import Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sagemaker_tuning_emulator.metrics import Point
    from sagemaker_tuning_emulator.paging import Place
    from sagemaker_tuning_emulator.request import Request

NAMESPACE = "/aws/sagemaker/TrainingJobs"
CONTENT_TYPE = "application/x-amz-json-1.0"
MOST_QUERIES = 500
MOST_POINTS = 100_800
DAY = 86_400
AGES = ((3600, 455 * DAY), (300, 63 * DAY), (MINUTE, 15 * DAY))
"""How long points are kept, by the longest of these periods that divides theirs."""

QUERY_CODES = {
    "AccessDeniedException": "AccessDenied",
    "ExpiredTokenException": "ExpiredToken",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "ThrottlingException": "Throttling",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "ValidationException": "ValidationError",
}
"""Codes of the older query protocol.

The service sends them in a header along with its JSON, and clients use that code."""

_TOO_MANY = "Maximum number of allowed metrics exceeded"

_SERVER = 500

_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A requested metric.

    Attributes:
        id: `Id` of its query.
        label: `Label` of its result.
        name: `MetricName`.
        trial: Name of the training job; empty if the metric is not about one.
        points: Start and value of its readable periods, in the requested order.
    """

    id: str
    label: str
    name: str
    trial: str
    points: list[tuple[int, float]]


def metric_data(request: Request) -> dict[str, Any]:
    """GetMetricData.

    Pages are filled with as many points as allowed. Metrics come in the service's own
    order, and a metric can continue on the next page.

    Raises:
        ServiceError: The request is invalid.
    """
    params = request.params
    size = params.get("MaxDatapoints", MOST_POINTS)
    _check(params, size)
    asked = _in_own_order(list(_asked(request)))
    for one in asked:
        if request.metric_fault("refused", one.name, one.trial):
            message = "The value for parameter MetricName is not valid."
            raise invalid(message)
    shown = [
        one
        for one in asked
        if not request.metric_fault("left_out", one.name, one.trial)
    ]
    endless = [
        one
        for one in shown
        if request.metric_fault("partial_data", one.name, one.trial)
    ]
    rows: list[tuple[Asked, tuple[int, float] | None]] = [
        (one, point) for one in shown for point in (one.points or (None,))
    ]

    def cut(after: Place | int | None) -> Page[dict[str, Any]]:
        begun = after if isinstance(after, int) else 0
        end = begun + size
        last = end if end < len(rows) else None
        unended = [*endless, *([rows[end][0]] if last is not None else [])]
        if last is None and endless:
            last = max(begun, len(rows)) + 1
        items = [
            _result(
                request,
                one,
                [point for _, point in group if point is not None],
                complete=one not in unended,
            )
            for one, group in groupby(rows[begun:end], lambda row: row[0])
        ]
        if begun >= len(rows):
            items = [_result(request, one, [], complete=False) for one in endless]
        return Page(items, last)

    try:
        results, token = request.page(cut)
    except ServiceError as error:
        code = "InvalidNextToken"
        raise ServiceError(code, error.message) from error
    told = {"Code": "MaxMetricsExceeded", "Value": _TOO_MANY}
    messages = [told] if len(shown) < len(asked) else []
    return {"MetricDataResults": results, "Messages": messages, **token}


def query_error(error: ServiceError) -> str:
    """Return the value of the query protocol's error header."""
    blamed = "Sender" if error.status < _SERVER else "Receiver"
    return f"{QUERY_CODES.get(error.code, error.code)};{blamed}"


def _check(params: Mapping[str, Any], size: int) -> None:
    """Refuse what the service refuses in addition to its model."""
    queries = params["MetricDataQueries"]
    if len(queries) > MOST_QUERIES:
        message = (
            "The collection MetricDataQueries must not have a size greater than "
            f"{MOST_QUERIES}."
        )
        raise invalid(message)
    if not queries:
        message = "The parameter MetricDataQueries is required."
        raise invalid(message)
    if len({query["Id"] for query in queries}) < len(queries):
        message = "The values for parameter id in MetricDataQueries are not unique."
        raise invalid(message)
    if not 1 <= size <= MOST_POINTS:
        message = (
            f"The value {size} for parameter MaxDatapoints is not valid: it must be "
            f"between 1 and {MOST_POINTS}."
        )
        raise invalid(message)
    if params["StartTime"] >= params["EndTime"]:
        message = "The parameter StartTime must be less than the parameter EndTime."
        raise invalid(message)
    for query in queries:
        _check_one(query)


def _check_one(query: Mapping[str, Any]) -> None:
    """Refuse a query unless it is for a metric with a period of whole minutes."""
    if not _ID.fullmatch(query["Id"]):
        message = (
            f"The value {query['Id']} for parameter id in MetricDataQueries is not "
            "valid: it must match ^[a-z][a-zA-Z0-9_]*$."
        )
        raise invalid(message)
    if "MetricStat" not in query or "Expression" in query:
        message = f"No expression is known here: {query['Id']}."
        raise invalid(message)
    period, statistic = query["MetricStat"]["Period"], query["MetricStat"]["Stat"]
    if period % MINUTE:
        message = f"Period must be a multiple of {MINUTE}: {period}."
        raise invalid(message)
    if statistic not in metrics.STATISTICS:
        message = f"No statistic {statistic} is known here."
        raise invalid(message)


def _asked(request: Request) -> Iterator[Asked]:
    """Yield the requested metrics with their points."""
    descending = request.params.get("ScanBy") != "TimestampAscending"
    sources: dict[str, list[metrics.Source]] = {}
    for query in request.params["MetricDataQueries"]:
        if not query.get("ReturnData", True):
            continue
        stat = query["MetricStat"]
        name = stat["Metric"].get("MetricName", "")
        trial, host = _about(stat["Metric"])
        if trial not in sources:
            scope = request.scope
            sources[trial] = [
                metrics.source(job, each, scope.home)
                for job, each in scope.trials([trial])
                if each.name == trial
            ]
        samples = [
            point for each in sources[trial] for point in each.points(name, host)
        ]
        points = _readable(request, sorted(samples), stat["Period"], stat["Stat"])
        yield Asked(
            query["Id"],
            query.get("Label", f"{name} {stat['Stat']}"),
            name,
            trial,
            points[::-1] if descending else points,
        )


def _about(metric: Mapping[str, Any]) -> tuple[str, str]:
    """Return the training job and the host of a metric; either can be empty."""
    dimensions = metric.get("Dimensions", [])
    if metric.get("Namespace") == NAMESPACE and len(dimensions) == 1:
        (only,) = dimensions
        if only["Name"] == "TrainingJobName":
            return only["Value"], ""
        if only["Name"] == "Host" and "/" in only["Value"]:
            trial, host = only["Value"].split("/", 1)
            return trial, host
    return "", ""


def _readable(
    request: Request, samples: Sequence[Point], period: int, statistic: str
) -> list[tuple[int, float]]:
    """Return the periods in the requested span that have arrived and not expired."""
    now = request.now.timestamp()
    start, end = (request.params[name].timestamp() for name in ("StartTime", "EndTime"))
    step = next((step for step, life in AGES[::-1] if now - start < life), AGES[0][0])
    start = start // step * step
    life = next(life for step, life in AGES if period % step == 0)
    arrived = [point for point in samples if point.seen <= now]
    return [
        (at, value)
        for at, value in metrics.aggregated(arrived, period, statistic)
        if start <= at < end and now - at < life
    ]


def _in_own_order(asked: list[Asked]) -> list[Asked]:
    """Return the metrics in an order that differs from the request's."""
    mixed = sorted(asked, key=lambda one: (zlib.crc32(one.id.encode()), one.id))
    return mixed if mixed != asked else mixed[::-1]


def _result(
    request: Request, one: Asked, points: list[tuple[int, float]], *, complete: bool
) -> dict[str, Any]:
    """Return a metric's part of a page, with any faults applied."""
    status, told = "Complete" if complete else "PartialData", []
    if request.metric_fault("internal_error", one.name, one.trial):
        status, points = "InternalError", points[: len(points) // 2]
        told = [{"Code": "InternalError", "Value": "An internal error occurred."}]
    if request.metric_fault("forbidden", one.name, one.trial):
        status, points = "Forbidden", []
        told = [{"Code": "Forbidden", "Value": "You may not read this metric."}]
    return {
        "Id": one.id,
        "Label": one.label,
        "Timestamps": [datetime.fromtimestamp(at, UTC) for at, _ in points],
        "Values": [metrics.sent(value) for _, value in points],
        "StatusCode": status,
        **({"Messages": told} if told else {}),
    }
