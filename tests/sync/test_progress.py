"""What a person reads while a long sync runs, and at its end."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import pytest

from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.sync.progress import Progress


@dataclass(frozen=True)
class FakeClient:
    """A scope's client that has made some calls."""

    scope: Scope
    calls: int = 40
    throttled: int = 3


@pytest.fixture
def clock() -> list[float]:
    """The time, to be set."""
    return [100.0]


@pytest.fixture
def progress(clock: list[float]) -> Progress:
    """Progress on a clock that the test sets."""
    return Progress(logging.getLogger("progress"), clock=lambda: clock[0])


def clients(count: int) -> list[Any]:
    """Some clients."""
    return [
        FakeClient(Scope(f"{number:012}", "us-east-1"))
        for number in range(1, count + 1)
    ]


def test_lines_every_ten_seconds(
    progress: Progress, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """A line tells of all scopes, and one of each that is being read; not more often
    than every ten seconds."""
    caplog.set_level(logging.INFO)
    first, second = clients(2)
    progress.start([first, second])
    clock[0] += 9
    progress.tell()
    assert caplog.messages == []
    clock[0] += 11
    scope = progress.scopes[first]
    scope.to_read, scope.read, scope.rows = 500, 50, 700
    progress.tell()
    progress.tell()
    assert caplog.messages == [
        (
            "0 of 2 accounts and regions read; 50 of 500 tuning jobs (1 still being "
            "listed); 700 rows; 80 calls, 6 of them throttled"
        ),
        f"{second.scope}: listing tuning jobs; 40 calls, 3 throttled",
        (
            f"{first.scope}: 50 of 500 tuning jobs, 700 rows; 40 calls, 3 throttled; "
            "time left: about 3 min"
        ),
    ]


def test_one_scope_takes_one_line(
    progress: Progress, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """Of a single scope the line for all says everything, and how long it will take."""
    caplog.set_level(logging.INFO)
    (only,) = clients(1)
    progress.start([only])
    scope = progress.scopes[only]
    scope.to_read, scope.read, scope.rows = 30, 20, 90
    clock[0] += 10
    progress.tell()
    assert caplog.messages == [
        (
            "0 of 1 accounts and regions read; 20 of 30 tuning jobs; 90 rows; "
            "40 calls, 3 of them throttled; time left: under a minute"
        )
    ]


def test_many_scopes_take_few_lines(
    progress: Progress, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """Of many scopes the slowest three are told of, and how many more there are; what
    is read to its end is not told of."""
    caplog.set_level(logging.INFO)
    many = clients(40)
    progress.start(many)
    for left, client in enumerate(many):
        progress.scopes[client].to_read = 100
        progress.scopes[client].read = 100 - left
    progress.scopes[many[-1]].is_over = progress.scopes[many[0]].is_over = True
    clock[0] += 10
    progress.tell()
    told = [line.partition(": ")[0] for line in caplog.messages[1:-1]]
    assert told == [str(client.scope) for client in (many[38], many[37], many[36])]
    assert caplog.messages[0].startswith("2 of 40 accounts and regions read; ")
    assert caplog.messages[-1] == "35 more accounts and regions are being read"


def test_before_anything_is_read(
    progress: Progress, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """Where nothing is read yet nobody knows how long it will take."""
    caplog.set_level(logging.INFO)
    (only,) = clients(1)
    progress.start([only])
    progress.scopes[only].to_read = 30
    clock[0] += 10
    progress.tell()
    (line,) = caplog.messages
    assert line.endswith("time left: unknown")
