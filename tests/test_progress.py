"""What a person reads while a long sync runs, and at its end."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from tap_sagemaker_tuning.aws.client import Scope
from tap_sagemaker_tuning.sync.progress import Progress

CALLED = "40 calls, 2.0 a second, 3 throttled"
LEFT = "time left: about 3 min"


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


def test_line_every_ten_seconds(
    progress: Progress, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """A line a scope tells how far it is, how fast, and what is left; not more often
    than every ten seconds."""
    caplog.set_level(logging.INFO)
    first, second = clients(2)
    progress.start([first, second])
    clock[0] += 9
    progress.tell()
    assert caplog.messages == []
    clock[0] += 11
    scope = progress.scopes[first]
    scope.visits, scope.visited, scope.trials = 500, 50, 700
    progress.tell()
    progress.tell()
    assert caplog.messages == [
        f"{first.scope}: 50 of 500 tuning jobs, 700 trials; {CALLED}; {LEFT}",
        f"{second.scope}: listing tuning jobs; {CALLED}",
    ]


def test_many_scopes_take_few_lines(
    progress: Progress, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """Of many scopes a few are told of, and how many more there are."""
    caplog.set_level(logging.INFO)
    progress.start(clients(40))
    clock[0] += 10
    progress.tell()
    assert len(caplog.messages) == 6
    assert caplog.messages[-1] == "and 35 more accounts and regions are being read"


def test_summary_of_a_scope(
    progress: Progress, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """At its end a scope has one line of what it came to."""
    caplog.set_level(logging.INFO)
    (one,) = clients(1)
    progress.start([one])
    scope = progress.scopes[one]
    scope.listed, scope.visits, scope.visited, scope.trials = 12, 4, 4, 90
    clock[0] += 2.5
    plan: Any = SimpleNamespace(visited_jobs=4, settled=3, gone_jobs=1)
    progress.end(one, plan)
    (line,) = caplog.messages
    told, counted = line.split("; ", 1)
    assert told == (
        f"{one.scope}: tuning jobs: 12 listed, 4 visited, 3 settled, 1 gone"
    )
    assert counted == "trials: 90; calls: 40, 3 of them throttled; 2.5 s"
    assert progress.scopes == {}
