"""The service's clock: no single `Date` can move it ahead."""

from __future__ import annotations

import pytest

from tap_sagemaker_tuning.aws.service_clock import ServiceClock
from tests.laws.service import at


@pytest.mark.parametrize(
    ("readings", "times", "began"),
    [
        # (monotonic clock, Date)
        ([(5, 100)], [100], 100),
        # a Date is cut to the second, and responses take different times
        ([(5, 100), (5.9, 100), (6.1, 102), (7, 162)], [100, 100, 102, 101.1], 100),
        ([(5, 100), (5, 160), (5, 161)], [100, 160, 100], 100),
        # two hours ahead, in the middle or first
        ([(5, 100), (6, 7301), (7, 102)], [100, 101, 102], 100),
        ([(5, 7300), (6, 101)], [7300, 101], 100),
        # a step back stays
        ([(5, 100), (6, 31), (7, 102)], [100, 31, 32], 30),
    ],
)
def test_earliest_setting_counts(
    readings: list[tuple[float, float]], times: list[float], began: float
) -> None:
    """Each response's time follows from the earliest setting of the clock so far, as
    does the time at which the first response came."""
    monotonic = iter([clock for clock, _ in readings])
    clock = ServiceClock(lambda: next(monotonic))
    assert clock.began is None
    assert [clock.at(at(date)) for _, date in readings] == [at(time) for time in times]
    assert clock.began == at(began)
