"""What GetMetricData answers, over HTTP: any order, any cut, any status."""

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
from tap_sagemaker_tuning.aws.series import Series, Window
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
SERIES = [Series("trial", name, "", WINDOW) for name in ("a", "b", "c")]
A, B, C = SERIES


def result(number: int, *minutes: float, status: str = "Complete") -> dict[str, Any]:
    """A MetricDataResult: each minute's value is its number."""
    return {
        "Id": f"m{number}",
        "Label": "the same for all",
        "Timestamps": [START + 60 * minute for minute in minutes],
        "Values": [float(minute) for minute in minutes],
        "StatusCode": status,
    }


def points(*minutes: int) -> dict[str, float]:
    """What comes of these minutes."""
    return {timestamp(START + 60 * minute): float(minute) for minute in minutes}


def give(emulator: Emulator, *pages: list[dict[str, Any]]) -> None:
    """Answer with these pages."""
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
    """A client that tries twice."""
    (found,) = connect(max_attempts=2)
    return found


def test_pages_in_any_order(emulator: Emulator, client: Client) -> None:
    """A metric's points can be on several pages, repeated, and in any order; an Id that
    nobody asked for is passed over."""
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
    """And nothing else is; what came before does not count."""
    give(emulator, [result(0, 1), result(1, 1, 2, status="PartialData"), result(2, 3)])
    give(emulator, [result(0, 2)])
    found, failed = client.metric_data.points(SERIES)
    assert (found, failed) == ({A: points(1), B: points(2), C: points(3)}, {})
    again = emulator.calls[-1].params["MetricDataQueries"]
    assert [each["MetricStat"]["Metric"]["MetricName"] for each in again] == ["b"]
    assert client.metric_data.asked == 3 + 1


def test_what_stays_partial_fails(emulator: Emulator, client: Client) -> None:
    """Alone, without the points that came; the others are there."""
    give(emulator, [result(0, 1), result(1, 1, status="InternalError")])
    give(emulator, [result(0, 1, 2, status="PartialData")])
    found, failed = client.metric_data.points(SERIES)
    assert found == {A: points(1)}
    assert list(failed) == [B]
    assert isinstance(failed[B], NoResultError)
    assert "PartialData for b of the algorithm" in str(failed[B])


def test_no_points(emulator: Emulator, client: Client) -> None:
    """A metric without points, or without a result, has no series: no reason to ask
    again."""
    give(emulator, [result(0), {"Id": "m1"}])
    assert client.metric_data.points(SERIES) == ({}, {})
    assert client.calls == 1


def test_what_is_cut_stays_so(emulator: Emulator, client: Client) -> None:
    """A series that was partial, and is missing from the next answer, has failed."""
    give(emulator, [result(0, 1, status="PartialData"), result(1, 2)])
    give(emulator, [])
    found, failed = client.metric_data.points(SERIES)
    assert (found, list(failed)) == ({B: points(2)}, [A])


def test_a_refused_name_costs_itself_alone(emulator: Emulator, client: Client) -> None:
    """CloudWatch refuses the whole call for one metric: the others are read."""
    refusal: Any = (400, {}, {"__type": "ValidationError", "message": "MetricName"})
    emulator.serve(GET_METRIC_DATA.name, [refusal, refusal])
    give(emulator, [result(0, 1), result(1, 2)])
    found, failed = client.metric_data.points(SERIES)
    assert found == {B: points(1), C: points(2)}
    assert list(failed) == [A]
    assert "MetricName" in str(failed[A])


def test_an_outage_ends_the_reading(emulator: Emulator, client: Client) -> None:
    """After three calls in a row that nobody answers, none is made in this sync; one
    that is answered starts the count again."""
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
    """What cannot be read is told in words: no point is lost in silence."""
    give(emulator, [odd])
    with pytest.raises((UnreadableError, NoResultError)):
        client.metric_data.points(SERIES)


@pytest.mark.parametrize("wire", ["NaN", "Infinity", "-Infinity"])
def test_no_number(emulator: Emulator, client: Client, wire: str) -> None:
    """As text, as the protocol has it, and as a bare literal."""
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
    """However results are cut into pages, every point is there once."""
    give(emulator, *[[result(*each) for each in page] for page in cuts])
    wanted: dict[Series, dict[str, float]] = {}
    for number, minute in (each for page in cuts for each in page):
        wanted.setdefault(SERIES[number], {}).update(points(minute))
    assert client.metric_data.points(SERIES) == (wanted, {})
