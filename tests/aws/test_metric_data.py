"""GetMetricData over HTTP, with results in any order, split anywhere, with any
status."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import botocore.exceptions as aws
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from sagemaker_tuning_emulator import Fault
from tap_sagemaker_tuning.aws.metric_data import Points
from tap_sagemaker_tuning.aws.operations import GET_METRIC_DATA
from tap_sagemaker_tuning.aws.series import ALGORITHM, Series, Window
from tap_sagemaker_tuning.exceptions import NoResultError, UnreadableError
from tap_sagemaker_tuning.values import timestamp
from tests.profiles import examples

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tap_sagemaker_tuning.aws.client import Client
    from tests.aws.conftest import Open

START = 1_772_442_000  # 2026-03-02T09:00:00Z
WINDOW = Window(
    datetime.fromtimestamp(START, UTC), datetime.fromtimestamp(START + 3600, UTC), 60
)
SERIES = [Series("trial", name, ALGORITHM, WINDOW) for name in ("a", "b", "c")]
A, B, C = SERIES


def result(number: int, *minutes: float, status: str = "Complete") -> dict[str, Any]:
    """A MetricDataResult in which each minute's value is its number."""
    return {
        "Id": f"m{number}",
        "Label": "the same for all",
        "Timestamps": [START + 60 * minute for minute in minutes],
        "Values": [float(minute) for minute in minutes],
        "StatusCode": status,
    }


def points(*minutes: int) -> Points:
    """The points of these minutes."""
    values = {timestamp(START + 60 * minute): float(minute) for minute in minutes}
    return Points.of(values)


def give(emulator: Emulator, *pages: list[dict[str, Any]]) -> None:
    """Respond with these pages."""
    last = len(pages) - 1
    emulator.serve(
        GET_METRIC_DATA.name,
        [
            (
                200,
                {},
                {"MetricDataResults": page, "Messages": []}
                | ({"NextToken": f"page-{number}"} if number < last else {}),
            )
            for number, page in enumerate(pages)
        ],
    )


def requested(emulator: Emulator) -> list[list[str]]:
    """The metrics' names of each call so far."""
    return [
        [each["MetricStat"]["Metric"]["MetricName"] for each in queries]
        for call in emulator.calls
        if call.operation == GET_METRIC_DATA.name
        for queries in [call.params["MetricDataQueries"]]
    ]


@pytest.fixture
def client(connect: Open) -> Client:
    """A client that makes at most two attempts."""
    (only,) = connect(max_attempts=2)
    return only


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds waited before series were requested again; nobody waits."""
    seconds: list[float] = []
    sleep = "tap_sagemaker_tuning.aws.metric_data.time"
    monkeypatch.setattr(sleep, SimpleNamespace(sleep=seconds.append))
    return seconds


def test_pages_in_any_order(emulator: Emulator, client: Client) -> None:
    """A metric's points can be on several pages, repeated, and in any order; an unknown
    Id is skipped."""
    give(
        emulator,
        [result(1, 5, 4, status="PartialData"), result(0, 1)],
        [result(2)],
        [result(9, 1), result(1, 4, 3)],
    )
    answers = client.metric_data.points(SERIES)
    assert answers.points == {A: points(1), B: points(3, 4, 5)}
    assert (answers.failed, answers.complete) == ({}, 3)
    assert client.metric_data.asked == 3 * 3
    assert client.calls == 3


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Unheard"])
def test_what_is_incomplete_is_asked_for_again(
    emulator: Emulator, client: Client, pauses: list[float], status: str
) -> None:
    """Only incomplete metrics are requested again, after a pause, and their earlier
    points are discarded."""
    give(emulator, [result(0, 1), result(1, 1, 2, status=status), result(2, 3)])
    give(emulator, [result(0, 2)])
    answers = client.metric_data.points(SERIES)
    assert answers.points == {A: points(1), B: points(2), C: points(3)}
    assert answers.failed == {}
    assert requested(emulator) == [["a", "b", "c"], ["b"]]
    assert len(pauses) == 1
    assert client.metric_data.asked == 3 + 1


@pytest.mark.parametrize("order", [1, -1], ids=["first", "last"])
@pytest.mark.parametrize("status", ["InternalError", "Unheard"])
def test_a_failure_on_one_page_is_not_forgotten(
    emulator: Emulator, client: Client, status: str, order: int
) -> None:
    """A page lacks points if its status says so, even if another page of the same
    metric is complete."""
    pages = [[result(0, 1, status=status)], [result(0, 2)]][::order]
    give(emulator, *pages)
    give(emulator, [result(0, 1, 2)])
    answers = client.metric_data.points([A])
    assert answers.points == {A: points(1, 2)}
    assert client.calls == 3


def test_a_result_that_is_left_out_was_not_read(
    emulator: Emulator, client: Client
) -> None:
    """A metric without a result is requested again, as long as any others have one;
    the number requested follows what CloudWatch returned."""
    series = [replace(A, trial=f"trial-{number}") for number in range(20)]
    give(emulator, [result(number, 1) for number in range(3)])
    give(emulator, [result(number, 1) for number in range(3)])
    answers = client.metric_data.points(series)
    assert [len(names) for names in requested(emulator)] == [20, 6, 6, 8]
    assert (answers.failed, answers.complete) == ({}, 20)
    assert client.metric_data.asked == 40


def test_what_stays_out_fails(emulator: Emulator, client: Client) -> None:
    """Metrics that have no result on every attempt fail; the others are returned."""
    give(emulator, [result(1, 1)])
    give(emulator, [])
    message = {"Code": "MaxMetricsExceeded", "Value": "Too many\nmetrics"}
    page = {"MetricDataResults": [], "Messages": [message]}
    emulator.serve(GET_METRIC_DATA.name, [(200, {}, page)])
    answers = client.metric_data.points(SERIES)
    assert (answers.points, list(answers.failed)) == ({B: points(1)}, [C, A])
    said = "GetMetricData: no result (Too many metrics) for a of algorithm on every"
    assert said in {str(error)[: len(said)] for error in answers.failed.values()}


def test_what_stays_partial_fails(emulator: Emulator, client: Client) -> None:
    """A metric that stays partial fails without its points; the others are returned."""
    give(emulator, [result(0, 1), result(1, 1, status="InternalError"), result(2)])
    give(emulator, [result(0, 1, 2, status="PartialData")])
    answers = client.metric_data.points(SERIES)
    assert answers.points == {A: points(1)}
    assert list(answers.failed) == [B]
    assert isinstance(answers.failed[B], NoResultError)
    assert "PartialData for b of algorithm on every attempt" in str(answers.failed[B])
    assert client.calls == 2


def test_an_outage_is_not_billed_for_every_metric(
    emulator: Emulator, connect: Open
) -> None:
    """While CloudWatch returns nothing, a single metric is requested, each time
    another one; afterwards, all are."""
    (client,) = connect(max_attempts=5)
    give(emulator, [result(number, status="InternalError") for number in range(3)])
    give(emulator, [result(0, status="InternalError")])
    give(emulator, [result(0, status="InternalError")])
    answers = client.metric_data.points(SERIES)
    assert (answers.failed, answers.complete) == ({}, 3)
    assert requested(emulator) == [["a", "b", "c"], ["a"], ["b"], ["c"], ["a", "b"]]


def test_what_is_forbidden_is_not_asked_for_again(
    emulator: Emulator, client: Client
) -> None:
    """A metric that is forbidden fails at once, with the IAM action."""
    give(emulator, [result(0, status="Forbidden"), result(1, 1), result(2)])
    answers = client.metric_data.points(SERIES)
    assert answers.points == {B: points(1)}
    assert "Forbidden for a of algorithm. Allow cloudwatch:" in str(answers.failed[A])
    assert client.calls == 1


def test_no_points(emulator: Emulator, client: Client) -> None:
    """A metric without points has no series, and is not requested again."""
    give(emulator, [result(0), {"Id": "m1"}])
    answers = client.metric_data.points([A, B])
    assert (answers.points, answers.failed, answers.complete) == ({}, {}, 2)
    assert client.calls == 1


@pytest.mark.parametrize("seconds", [(5, 7), (7, 5)], ids=["later", "earlier"])
def test_when_cloudwatch_answered(
    emulator: Emulator, client: Client, seconds: tuple[int, int]
) -> None:
    """The answers have the earliest time of the responses."""
    pages: list[dict[str, Any]] = [
        {"MetricDataResults": [result(0, 1)], "NextToken": "more"},
        {"MetricDataResults": [result(0, 2)]},
    ]
    dates = [{"Date": f"Mon, 02 Mar 2026 09:00:0{second} GMT"} for second in seconds]
    emulator.serve(
        GET_METRIC_DATA.name,
        [(200, date, page) for date, page in zip(dates, pages, strict=True)],
    )
    assert client.metric_data.points([A]).seen == "2026-03-02T09:00:05.000Z"


def test_a_refused_name_costs_itself_alone(emulator: Emulator, client: Client) -> None:
    """If CloudWatch refuses a whole call because of one name, all series of the other
    names are still read, and none of them twice."""
    series = [
        replace(A, trial=f"trial-{number}", metric_name=name)
        for number in range(10)
        for name in "abcde"
    ]
    refusal: Any = (400, {}, {"__type": "ValidationError", "message": "MetricName"})
    emulator.serve(GET_METRIC_DATA.name, [refusal, refusal, refusal])
    answers = client.metric_data.points(series)
    assert list(answers.refused) == ["a"]
    assert "MetricName" in str(answers.refused["a"])
    assert (answers.complete, answers.failed) == (40, {})
    assert ["".join(dict.fromkeys(names)) for names in requested(emulator)] == [
        "abcde",
        "ab",
        "a",
        "b",
        "cde",
    ]


def test_an_outage_ends_the_reading(emulator: Emulator, client: Client) -> None:
    """After three calls in a row without a response, the sync makes no more; a response
    resets the count."""
    fault = emulator.faults.add(Fault("drop", operation=GET_METRIC_DATA.name))
    for _ in range(2):
        with pytest.raises(aws.HTTPClientError):
            client.metric_data.points(SERIES)
    emulator.faults.remove(fault)
    assert client.metric_data.points(SERIES).complete == 3
    emulator.faults.add(fault)
    for _ in range(5):
        with pytest.raises(aws.HTTPClientError):
            client.metric_data.points(SERIES)
    calls = [c for c in emulator.calls if c.operation == GET_METRIC_DATA.name]
    assert len(calls) == 2 * 2 + 1 + 3 * 2


def test_internal_errors_are_an_outage_too(emulator: Emulator, client: Client) -> None:
    """After three calls in a row in which every metric failed, the sync makes no
    more."""
    emulator.faults.add(Fault("internal_error"))
    for _ in range(3):
        assert len(client.metric_data.points(SERIES).failed) == 3
    with pytest.raises(NoResultError, match="InternalError for b of algorithm"):
        client.metric_data.points(SERIES)
    assert client.metric_data.asked == 3 * (3 + 1)


@pytest.mark.parametrize(
    "odd",
    [
        {"Id": 7},
        {"Timestamps": [START]},
        {"Id": "m0", "Timestamps": [START], "Values": []},
        {"Id": "m0", "Timestamps": [START], "Values": [{}]},
        "text",
    ],
)
def test_odd_answers(emulator: Emulator, client: Client, odd: Any) -> None:
    """A response that cannot be parsed is an error with a message; no point is lost
    silently."""
    give(emulator, [odd])
    with pytest.raises((UnreadableError, NoResultError)):
        client.metric_data.points(SERIES)


@pytest.mark.parametrize("wire", ["NaN", "Infinity", "-Infinity"])
def test_no_number(emulator: Emulator, client: Client, wire: str) -> None:
    """NaN is read both as text, as in the protocol, and as a bare literal."""
    for value in (wire, float(wire.replace("Infinity", "inf"))):
        assert not math.isfinite(float(value))
        give(emulator, [{**result(0, 1), "Values": [value]}])
        points_of = client.metric_data.points([A]).points
        assert list(points_of[A]) == [(timestamp(START + 60), None)]


@examples(30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(
        st.lists(st.tuples(st.integers(0, 2), st.integers(0, 59)), max_size=9),
        min_size=1,
        max_size=4,
    )
)
def test_any_cut(
    emulator: Emulator, client: Client, cuts: list[list[tuple[int, int]]]
) -> None:
    """Wherever results are split into pages, every point is there once."""
    ends = [result(number) for number in range(3)]
    give(emulator, *[[result(*each) for each in page] for page in cuts], ends)
    wanted: dict[Series, set[int]] = {}
    for number, minute in (each for page in cuts for each in page):
        wanted.setdefault(SERIES[number], set()).add(minute)
    answers = client.metric_data.points(SERIES)
    assert answers.points == {metric: points(*wanted[metric]) for metric in wanted}
    assert answers.failed == {}
