"""GetMetricData over HTTP, with results in any order, split anywhere, with any
status."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import botocore.exceptions as aws
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from emulator import Fault
from tap_sagemaker_tuning.aws.operations import GET_METRIC_DATA
from tap_sagemaker_tuning.aws.series import ALGORITHM, Series, Window
from tap_sagemaker_tuning.exceptions import NoResultError, UnreadableError
from tap_sagemaker_tuning.values import timestamp
from tests.profiles import examples

if TYPE_CHECKING:
    from emulator import Emulator
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


def points(*minutes: int) -> dict[str, float]:
    """The points of these minutes."""
    return {timestamp(START + 60 * minute): float(minute) for minute in minutes}


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


@pytest.fixture
def client(connect: Open) -> Client:
    """A client that makes at most two attempts."""
    (found,) = connect(max_attempts=2)
    return found


def test_pages_in_any_order(emulator: Emulator, client: Client) -> None:
    """A metric's points can be on several pages, repeated, and in any order; an unknown
    Id is skipped."""
    give(
        emulator,
        [result(1, 5, 4, status="PartialData"), result(0, 1)],
        [],
        [result(9, 1), result(1, 4, 3)],
    )
    found, failed = client.metric_data.points(SERIES)
    assert (found, failed) == ({A: points(1), B: points(3, 4, 5)}, {})
    assert client.metric_data.asked == 3 * 3
    assert client.calls == 3


def test_what_is_partial_is_asked_for_again(emulator: Emulator, client: Client) -> None:
    """Only partial metrics are requested again, and their earlier points are
    discarded."""
    give(emulator, [result(0, 1), result(1, 1, 2, status="PartialData"), result(2, 3)])
    give(emulator, [result(0, 2)])
    found, failed = client.metric_data.points(SERIES)
    assert (found, failed) == ({A: points(1), B: points(2), C: points(3)}, {})
    again = emulator.calls[-1].params["MetricDataQueries"]
    assert [each["MetricStat"]["Metric"]["MetricName"] for each in again] == ["b"]
    assert client.metric_data.asked == 3 + 1


def test_what_stays_partial_fails(emulator: Emulator, client: Client) -> None:
    """A metric that stays partial fails without its points; the others are returned."""
    give(emulator, [result(0, 1), result(1, 1, status="InternalError")])
    give(emulator, [result(0, 1, 2, status="PartialData")])
    found, failed = client.metric_data.points(SERIES)
    assert found == {A: points(1)}
    assert list(failed) == [B]
    assert isinstance(failed[B], NoResultError)
    assert "PartialData for b of algorithm" in str(failed[B])


def test_no_points(emulator: Emulator, client: Client) -> None:
    """A metric without points or without a result has no series, and is not requested
    again."""
    give(emulator, [result(0), {"Id": "m1"}])
    assert client.metric_data.points(SERIES) == ({}, {})
    assert client.calls == 1


def test_what_is_cut_stays_so(emulator: Emulator, client: Client) -> None:
    """A series that was partial and is missing from the next response has failed."""
    give(emulator, [result(0, 1, status="PartialData"), result(1, 2)])
    give(emulator, [])
    found, failed = client.metric_data.points(SERIES)
    assert (found, list(failed)) == ({B: points(2)}, [A])


def test_a_refused_name_costs_itself_alone(emulator: Emulator, client: Client) -> None:
    """If CloudWatch refuses a whole call because of one metric, the others are still
    read."""
    refusal: Any = (400, {}, {"__type": "ValidationError", "message": "MetricName"})
    emulator.serve(GET_METRIC_DATA.name, [refusal, refusal])
    give(emulator, [result(0, 1), result(1, 2)])
    found, failed = client.metric_data.points(SERIES)
    assert found == {B: points(1), C: points(2)}
    assert list(failed) == [A]
    assert "MetricName" in str(failed[A])


def test_an_outage_ends_the_reading(emulator: Emulator, client: Client) -> None:
    """After three calls in a row without a response, the sync makes no more; a response
    resets the count."""
    fault = emulator.faults.add(Fault("drop", operation=GET_METRIC_DATA.name))
    for _ in range(2):
        with pytest.raises(aws.HTTPClientError):
            client.metric_data.points(SERIES)
    emulator.faults.remove(fault)
    assert client.metric_data.points(SERIES) == ({}, {})
    emulator.faults.add(fault)
    for _ in range(5):
        with pytest.raises(aws.HTTPClientError):
            client.metric_data.points(SERIES)
    calls = [c for c in emulator.calls if c.operation == GET_METRIC_DATA.name]
    assert len(calls) == 2 * 2 + 1 + 3 * 2


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
        found, _ = client.metric_data.points([A])
        assert found == {A: {timestamp(START + 60): None}}


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
    give(emulator, *[[result(*each) for each in page] for page in cuts])
    wanted: dict[Series, dict[str, float]] = {}
    for number, minute in (each for page in cuts for each in page):
        wanted.setdefault(SERIES[number], {}).update(points(minute))
    assert client.metric_data.points(SERIES) == (wanted, {})
