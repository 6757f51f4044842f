"""Emulated time stands still, runs at a rate, or advances with each call."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from sagemaker_tuning_emulator import Clock, Fault

from .calling import START, after

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator

    from .calling import Client


def test_clock_runs_at_its_rate() -> None:
    """Emulated seconds pass at the rate, and never backward."""
    clock = Clock(START, rate=3600.0)
    time.sleep(0.02)
    assert clock.now >= after(60)
    with pytest.raises(ValueError, match="cannot go backward"):
        clock.move(seconds=-1)


def test_clock_needs_a_zone() -> None:
    """A start without a time zone is refused."""
    with pytest.raises(ValueError, match="time zone"):
        Clock("2026-03-02T09:00:00")


def test_time_passes_from_call_to_call(emulator: Emulator, client: Client) -> None:
    """Each call is answered `tick` later than the previous one, even a failed call."""
    emulator.clock.tick = 90
    dates = []
    for _ in range(2):
        page = client.list_hyper_parameter_tuning_jobs()
        dates.append(page["ResponseMetadata"]["HTTPHeaders"]["date"])
    emulator.faults.add(Fault("error"))
    with pytest.raises(ClientError) as caught:
        client.list_hyper_parameter_tuning_jobs()
    dates.append(caught.value.response["ResponseMetadata"]["HTTPHeaders"]["date"])
    instants = [after(0), after(90), after(180)]
    assert [parsedate_to_datetime(date) for date in dates] == instants
    assert [call.at for call in emulator.calls] == instants
    assert emulator.clock.now == after(270)


def test_an_answer_shows_its_own_instant(emulator: Emulator, client: Client) -> None:
    """A response shows what was true at the time in its `Date`."""
    emulator.scope().plan("soon", created=after(30))
    emulator.clock.tick = 30
    sizes = [
        len(
            client.list_hyper_parameter_tuning_jobs()[
                "HyperParameterTuningJobSummaries"
            ]
        )
        for _ in range(2)
    ]
    assert sizes == [0, 1]


def test_a_late_answer_is_made_late(emulator: Emulator, client: Client) -> None:
    """A delayed call is answered as of the end of the delay."""
    emulator.clock.rate = 1000
    emulator.faults.add(Fault("latency", seconds=0.1))
    client.list_hyper_parameter_tuning_jobs()
    assert emulator.calls[0].at >= after(100)


def test_no_two_answers_share_an_instant(emulator: Emulator, client: Client) -> None:
    """Even simultaneous calls are answered one tick apart."""
    emulator.clock.tick = 5
    with ThreadPoolExecutor(8) as pool:
        for _ in range(40):
            pool.submit(client.list_hyper_parameter_tuning_jobs)
    assert {call.at for call in emulator.calls} == {after(5 * n) for n in range(40)}
